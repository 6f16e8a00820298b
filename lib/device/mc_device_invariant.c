#include "mc_device_invariant.h"

#include "mc_device_layer.h"
#include "mc_invariant.h"

/* The net's layers; team is a kernel alone. */
struct net {
	struct mc_device_mlp mlp;
	struct mc_device_layer team;
};

static struct net net_at(const struct mc_device_work *s, const struct mc_params *critic, mc_real *grad)
{
	const mc_real *w = mc_invariant_at(critic, critic->v, &s->dims).team;
	const size_t H = s->x.H, at = (size_t)(w - critic->v);

	return (struct net){ .mlp = mc_device_mlp_at(critic, grad),
		.team = { .w = { .kernel = critic->v + at, .in = H, .out = H }, .g = { .kernel = grad ? grad + at : NULL } } };
}

/* z [B,N,H] = x kernel_0, x = [o, a] of each agent, without bias */
static void first_products(struct mc_device_work *s, const struct mc_device_layer *l0, const mc_real *o, const mc_real *a, mc_real *z)
{
	const struct mc_device_rows r = { 1, (size_t)s->x.B * s->x.N };

	mc_device_layer_product(s, z, o, l0, 0, s->x.O, r, 0);
	mc_device_layer_product(s, z, a, l0, s->x.O, s->x.A, r, 1);
}

/* y = relu(z + bias + team), and its mean over agents; team NULL: 0. */
static void pool(struct mc_device_work *s, const mc_real *z, const mc_real *bias, const mc_real *team, mc_real *y, mc_real *mean)
{
	MC_LAUNCH(s->dev, pool, (size_t)s->x.B * s->x.H, .x = s->x, .z = z, .bias = bias, .team = team, .y = y, .mean = mean);
}

/* From z = x kernel_0: h to k0, and e before its bias and what the team gives to `e`, that to s->team. */
static void second_products(struct mc_device_work *s, const struct net *w, const mc_real *z, mc_real *e)
{
	const size_t B = s->x.B, H = s->x.H;

	pool(s, z, w->mlp.l[0].w.bias, NULL, s->k0, s->mean_h);
	mc_device_layer_product(s, s->team, s->mean_h, &w->team, 0, H, (struct mc_device_rows){ 1, B }, 0);
	mc_device_layer_product(s, e, s->k0, &w->mlp.l[1], 0, H, (struct mc_device_rows){ 1, B * s->x.N }, 0);
}

void mc_device_invariant_values(struct mc_device_work *s, const struct mc_params *critic, const mc_real *o,
    const mc_real *a, mc_real *q)
{
	const struct net w = net_at(s, critic, NULL);

	first_products(s, &w.mlp.l[0], o, a, s->k0);
	second_products(s, &w, s->k0, s->k1);
	pool(s, s->k1, w.mlp.l[1].w.bias, s->team, s->k1, s->mean_e);
	mc_device_layer_product(s, q, s->mean_e, &w.mlp.l[2], 0, s->x.H, (struct mc_device_rows){ 1, s->x.B }, 0);
}

void mc_device_invariant_backward(struct mc_device_work *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_CRITIC];
	const struct net w = net_at(s, &net->p, net->grad);
	const size_t B = s->x.B, N = s->x.N, H = s->x.H;
	const struct mc_device_rows one = { 1, B }, all = { 1, B * N };

	mc_device_layer_gradient(s, s->dq, s->mean_e, &w.mlp.l[2], one);
	MC_LAUNCH(s->dev, pool_top, B * H, .x = s->x, .dq = s->dq, .w = w.mlp.l[2].w.kernel, .y = s->k1, .dy = s->d1,
	    .sum = s->team);
	mc_device_layer_gradient(s, s->d1, s->k0, &w.mlp.l[1], all);
	mc_device_layer_kernel_gradient(s, s->team, s->mean_h, &w.team, 0, H, one);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.mlp.l[1], H, all, NULL);
	mc_device_layer_to_input(s, s->mean_e, s->team, &w.team, H, one, NULL);
	MC_LAUNCH(s->dev, pool_backward, B * N * H, .x = s->x, .y = s->k0, .dmean = s->mean_e, .dy = s->d0);
	mc_device_layer_kernel_gradient(s, s->d0, s->o_batch, &w.mlp.l[0], 0, s->x.O, all);
	mc_device_layer_kernel_gradient(s, s->d0, s->a, &w.mlp.l[0], s->x.O, s->x.A, all);
	mc_device_layer_bias_gradient(s, s->d0, &w.mlp.l[0], all);
}

/* moved [N,B,H] times kernel_1 and kernel_team, at once: felt [2,N,B,H]. */
static void move_products(struct mc_device_work *s, const struct net *w)
{
	const size_t rows = (size_t)s->x.N * s->x.B, H = s->x.H;
	const mc_real *kernel = w->mlp.l[1].w.kernel;

	MC_PRODUCT(s->dev, .m = rows, .n = H, .k = H, .a = s->moved, .lda = H, .b = kernel, .ldb = H,
	    .sb = (size_t)(w->team.w.kernel - kernel), .c = s->felt, .ldc = H, .sc = rows * H, .batch = 2);
}

void mc_device_invariant_objectives(struct mc_device_work *s)
{
	const struct net w = net_at(s, &s->net[MC_DEVICE_CRITIC].p, NULL);
	const size_t N = s->x.N, B = s->x.B, H = s->x.H, A = s->x.A;
	const struct mc_device_rows all = { 1, N * B };
	const mc_real *of_action = w.mlp.l[0].w.kernel + s->x.O * H;

	first_products(s, &w.mlp.l[0], s->o_batch, s->a, s->z1);
	second_products(s, &w, s->z1, s->k1);
	MC_LAUNCH(s->dev, move, N * B * H, .x = s->x, .z = s->z1, .bias = w.mlp.l[0].w.bias, .kernel = of_action, .a = s->a,
	    .a_pi = s->a_pi, .y = s->p0, .moved = s->moved);
	move_products(s, &w);
	MC_LAUNCH(s->dev, feel, N * B * H, .x = s->x, .z = s->k1, .bias = w.mlp.l[1].w.bias, .team = s->team, .own = s->felt,
	    .all = s->felt + N * B * H, .w = w.mlp.l[2].w.kernel, .scale = 1 / (mc_real)B, .mean = s->p1, .down = s->d1,
	    .dall = s->moved);
	mc_device_layer_product(s, s->q_pi, s->p1, &w.mlp.l[2], 0, H, all, 0);

	mc_device_layer_to_input(s, s->d0, s->d1, &w.mlp.l[1], H, all, NULL);
	MC_PRODUCT(s->dev, .tb = 1, .m = N * B, .n = H, .k = H, .a = s->moved, .lda = H, .b = w.team.w.kernel, .ldb = H,
	    .beta = 1, .c = s->d0, .ldc = H, .batch = 1);
	MC_LAUNCH(s->dev, relu_backward, N * B * H, .y = s->p0, .dy = s->d0);
	MC_PRODUCT(s->dev, .tb = 1, .m = N * B, .n = A, .k = H, .a = s->d0, .lda = H, .b = of_action, .ldb = H,
	    .c = s->da, .ldc = A, .batch = 1);
}
