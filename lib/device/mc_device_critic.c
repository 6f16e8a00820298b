#include "mc_device_critic.h"

#include "mc_device_invariant.h"
#include "mc_device_layer.h"

enum { LANES = MC_DEVICE_LANES };

/* z1 [B,H] without bias, of observations and actions [B,N,.] */
static void first_products(struct mc_device_work *s, const struct mc_device_layer *l0, const mc_real *o, const mc_real *a, mc_real *z1)
{
	const size_t NO = s->x.N * s->x.O, NA = s->x.N * s->x.A;
	const struct mc_device_rows r = { 1, s->x.B };

	mc_device_layer_product(s, z1, o, l0, 0, NO, r, 0);
	mc_device_layer_product(s, z1, a, l0, NO, NA, r, 1);
}

/* q [B] without the last bias; its layers stay in k0, k1. */
static void values(struct mc_device_work *s, const struct mc_params *critic, const mc_real *o, const mc_real *a, mc_real *q)
{
	const struct mc_device_rows r = { 1, s->x.B };
	const struct mc_device_mlp w = mc_device_mlp_at(critic, NULL);

	first_products(s, &w.l[0], o, a, s->k0);
	mc_device_layer_activate(s, s->k0, &w.l[0], r, 1);
	mc_device_layer_forward(s, s->k1, s->k0, &w.l[1], r);
	mc_device_layer_product(s, q, s->k1, &w.l[2], 0, s->x.H, r, 0);
}

static void sum(struct mc_device_work *s, const mc_real *x, size_t groups, int square, double *to)
{
	MC_LAUNCH(s->dev, sum, groups * LANES, .x = x, .rows = s->x.B, .lanes = LANES, .square = square, .sum = to);
}

static void backward(struct mc_device_work *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_CRITIC];
	const size_t B = s->x.B, H = s->x.H, NO = s->x.N * s->x.O, NA = s->x.N * s->x.A;
	const struct mc_device_rows r = { 1, B };
	const struct mc_device_mlp w = mc_device_mlp_at(&net->p, net->grad);

	mc_device_layer_gradient(s, s->dq, s->k1, &w.l[2], r);
	MC_LAUNCH(s->dev, top_backward, B * H, .H = (uint32_t)H, .dq = s->dq, .w = w.l[2].w.kernel, .y = s->k1, .dy = s->d1);
	mc_device_layer_gradient(s, s->d1, s->k0, &w.l[1], r);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.l[1], H, r, s->k0);
	mc_device_layer_kernel_gradient(s, s->d0, s->o_batch, &w.l[0], 0, NO, r);
	mc_device_layer_kernel_gradient(s, s->d0, s->a, &w.l[0], NO, NA, r);
	mc_device_layer_bias_gradient(s, s->d0, &w.l[0], r);
}

void mc_device_critic_gradient(struct mc_device_work *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_CRITIC];
	const struct mc_device_mlp w = mc_device_mlp_at(&net->p, NULL), next = mc_device_mlp_at(&net->target, NULL);
	void (*const value)(struct mc_device_work *, const struct mc_params *, const mc_real *, const mc_real *, mc_real *) =
	    s->dims.invariant ? mc_device_invariant_values : values;

	value(s, &net->target, s->o_next, s->a_next, s->q_next);
	value(s, &net->p, s->o_batch, s->a, s->q);
	MC_LAUNCH(s->dev, error, s->x.B, .now = s->now, .r = s->r, .bias = w.l[2].w.bias, .bias_next = next.l[2].w.bias,
	    .scale = 2 / (mc_real)s->x.B, .q = s->q, .q_next = s->q_next, .y = s->y, .error = s->error, .dq = s->dq);
	sum(s, s->error, 1, 1, s->loss);
	sum(s, s->q, 1, 0, s->q_sum);
	if (s->dims.invariant)
		mc_device_invariant_backward(s);
	else
		backward(s);
}

/* q_pi without the last bias, and da */
static void objectives(struct mc_device_work *s)
{
	const struct mc_params *critic = &s->net[MC_DEVICE_CRITIC].p;
	const size_t N = s->x.N, B = s->x.B, H = s->x.H, A = s->x.A;
	const struct mc_device_rows all = { 1, N * B };
	const struct mc_device_mlp w = mc_device_mlp_at(critic, NULL);
	const mc_real *of_actions = w.l[0].w.kernel + N * s->x.O * H;

	first_products(s, &w.l[0], s->o_batch, s->a, s->z1);
	MC_LAUNCH(s->dev, first, N * B * H, .x = s->x, .z1 = s->z1, .bias = w.l[0].w.bias, .kernel = of_actions, .a = s->a,
	    .a_pi = s->a_pi, .y = s->p0);
	mc_device_layer_forward(s, s->p1, s->p0, &w.l[1], all);
	mc_device_layer_product(s, s->q_pi, s->p1, &w.l[2], 0, H, all, 0);

	MC_LAUNCH(s->dev, top_backward, N * B * H, .H = (uint32_t)H, .scale = 1 / (mc_real)B, .w = w.l[2].w.kernel, .y = s->p1,
	    .dy = s->d1);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.l[1], H, all, s->p0);
	MC_PRODUCT(s->dev, .tb = 1, .m = B, .n = A, .k = H, .a = s->d0, .lda = H, .sa = B * H, .b = of_actions, .ldb = H,
	    .sb = A * H, .c = s->da, .ldc = A, .sc = B * A, .batch = N);
}

void mc_device_critic_objectives(struct mc_device_work *s)
{
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_CRITIC].p, NULL);

	if (s->dims.invariant)
		mc_device_invariant_objectives(s);
	else
		objectives(s);
	mc_device_layer_activate(s, s->q_pi, &w.l[2], (struct mc_device_rows){ 1, (size_t)s->x.N * s->x.B }, 0);
	sum(s, s->q_pi, s->x.N, 0, s->objective);
}
