#include "mc_device_invariant.h"

#include "mc_device_layer.h"
#include "mc_invariant.h"

/* The net's layers; team is a kernel alone. */
struct net {
	struct mc_device_mlp mlp;
	struct mc_device_layer team;
};

static struct net net_at(const struct mc_device_work *s)
{
	const struct mc_device_net *critic = &s->net[MC_DEVICE_CRITIC];
	const size_t H = s->x.H;

	return (struct net){ .mlp = mc_device_mlp_at(critic),
		.team = { .w = { .kernel = mc_invariant_at(&critic->p, critic->p.v, &s->dims).team, .in = H, .out = H },
			.g = { .kernel = mc_invariant_at(&critic->grad, critic->grad.v, &s->dims).team }, .stride = H * H } };
}

static struct mc_device_rows rows_of(const struct mc_device_work *s, size_t halves, size_t agents)
{
	return (struct mc_device_rows){ halves, agents * s->x.B };
}

/* oa kernel_0 of every agent to z, unless it is so small that the kernel which reads z makes it itself. */
static const mc_real *first_products(struct mc_device_work *s, const struct net *w, const mc_real *oa, size_t halves, mc_real *z)
{
	const struct mc_device_rows r = rows_of(s, halves, s->x.N);

	if (mc_device_layer_small(s, r, s->x.o_agent, s->x.H))
		return NULL;
	mc_device_layer_product(s, z, oa, &w->mlp.l[0], 0, s->x.o_agent, r);
	return z;
}

/* y = relu(z + bias + team) of layer l, and its mean over agents; z NULL: x kernel_0. */
static void pool(struct mc_device_work *s, const struct mc_device_layer *l, const mc_real *z, const mc_real *team, mc_real *y,
    mc_real *mean)
{
	MC_LAUNCH(s->dev, pool, 2 * (size_t)s->x.B * s->x.H, .x = s->x, .z = z, .oa = s->oa, .kernel = l->w.kernel, .bias = l->w.bias,
	    .team = team, .kernel_stride = l->stride, .bias_stride = l->bias, .y = y, .mean = mean);
}

void mc_device_invariant_values(struct mc_device_work *s)
{
	const struct net w = net_at(s);
	const size_t H = s->x.H;

	pool(s, &w.mlp.l[0], first_products(s, &w, s->oa, 2, s->k0), NULL, s->k0, s->mean_h);
	mc_device_branch(s->dev, MC_DEVICE_BESIDE);
	mc_device_layer_product(s, s->team, s->mean_h, &w.team, 0, H, rows_of(s, 2, 1));
	mc_device_branch(s->dev, 0);
	mc_device_layer_product(s, s->k1, s->k0, &w.mlp.l[1], 0, H, rows_of(s, 2, s->x.N));
	mc_device_join(s->dev, MC_DEVICE_BESIDE);
	pool(s, &w.mlp.l[1], s->k1, s->team, s->k1, s->mean_e);
}

void mc_device_invariant_backward(struct mc_device_work *s)
{
	const struct net w = net_at(s);
	const size_t B = s->x.B, N = s->x.N, H = s->x.H;
	const struct mc_device_rows one = rows_of(s, 1, 1), all = rows_of(s, 1, N);
	mc_real *dmean = s->mean_e + B * H; /* of the target, which is done */

	mc_device_layer_gradient(s, s->dq, s->mean_e, &w.mlp.l[2], 0, H, one);
	MC_LAUNCH(s->dev, pool_top, B * H, .x = s->x, .dq = s->dq, .w = w.mlp.l[2].w.kernel, .y = s->k1, .dy = s->d1,
	    .sum = s->team);
	mc_device_layer_gradient(s, s->d1, s->k0, &w.mlp.l[1], 0, H, all);
	mc_device_layer_kernel_gradient(s, s->team, s->mean_h, &w.team, 0, H, one);
	mc_device_branch(s->dev, MC_DEVICE_BESIDE);
	mc_device_layer_to_input(s, dmean, s->team, &w.team, H, one, NULL);
	mc_device_branch(s->dev, 0);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.mlp.l[1], H, all, NULL);
	mc_device_join(s->dev, MC_DEVICE_BESIDE);
	MC_LAUNCH(s->dev, pool_backward, B * N * H, .x = s->x, .y = s->k0, .dmean = dmean, .dy = s->d0);
	mc_device_layer_gradient(s, s->d0, s->oa, &w.mlp.l[0], 0, s->x.o_agent, all);
}

void mc_device_invariant_objectives(struct mc_device_work *s)
{
	const struct net w = net_at(s);
	const size_t N = s->x.N, B = s->x.B, H = s->x.H, NBH = N * B * H;
	const struct mc_device_rows all = rows_of(s, 1, N);
	mc_real *h = s->changed, *moved = h + NBH, *mean = moved + NBH;

	MC_LAUNCH(s->dev, move, B * H, .x = s->x, .z = first_products(s, &w, s->oa_pi, 1, h), .oa = s->oa_pi,
	    .kernel = w.mlp.l[0].w.kernel, .bias = w.mlp.l[0].w.bias, .a_pi = s->a_pi, .h = h, .mean = mean, .y = s->p0, .moved = moved);
	mc_device_branch(s->dev, MC_DEVICE_BESIDE);
	mc_device_layer_product(s, s->felt_team, moved, &w.team, 0, H, rows_of(s, 1, N + 1));
	mc_device_branch(s->dev, 0);
	mc_device_layer_product(s, s->felt, h, &w.mlp.l[1], 0, H, rows_of(s, 1, 2 * N));
	mc_device_join(s->dev, MC_DEVICE_BESIDE);
	MC_LAUNCH(s->dev, feel, NBH, .x = s->x, .z = s->felt, .bias = w.mlp.l[1].w.bias, .team = s->felt_team + NBH,
	    .own = s->felt + NBH, .all = s->felt_team, .w = w.mlp.l[2].w.kernel, .scale = 1 / (mc_real)B, .mean = s->p1,
	    .down = s->d1, .dall = moved);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.mlp.l[1], H, all, NULL);
	MC_PRODUCT(s->dev, .tb = 1, .m = N * B, .n = H, .k = H, .a = moved, .lda = H, .b = w.team.w.kernel, .ldb = H, .beta = 1,
	    .c = s->d0, .ldc = H, .batch = 1);
}
