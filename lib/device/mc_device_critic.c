#include "mc_device_critic.h"

#include "mc_device_invariant.h"
#include "mc_device_layer.h"

static struct mc_device_rows rows_of(const struct mc_device_work *s, size_t halves)
{
	return (struct mc_device_rows){ halves, s->x.B };
}

/* ---- dense layers over all agents ---- */

/* The last hidden layer of both critics, to k1. */
static void values(struct mc_device_work *s, const struct mc_device_mlp *w)
{
	const struct mc_device_rows both = rows_of(s, 2);

	mc_device_layer_forward(s, s->k0, s->oa, &w->l[0], 0, s->x.W, both, 0);
	mc_device_layer_forward(s, s->k1, s->k0, &w->l[1], 0, s->x.H, both, 0);
}

static void backward(struct mc_device_work *s, const struct mc_device_mlp *w)
{
	const size_t B = s->x.B, H = s->x.H;
	const struct mc_device_rows r = rows_of(s, 1);

	mc_device_layer_gradient(s, s->dq, s->k1, &w->l[2], 0, H, r);
	MC_LAUNCH(s->dev, top_backward, B * H, .H = (uint32_t)H, .dq = s->dq, .w = w->l[2].w.kernel, .y = s->k1, .dy = s->d1);
	mc_device_layer_gradient(s, s->d1, s->k0, &w->l[1], 0, H, r);
	mc_device_layer_to_input(s, s->d0, s->d1, &w->l[1], H, r, s->k0);
	mc_device_layer_gradient(s, s->d0, s->oa, &w->l[0], 0, s->x.W, r);
}

/* The last hidden layer of every agent's objective to p1, and the adjoint of the first, p0, to d0. */
static void objectives(struct mc_device_work *s, const struct mc_device_mlp *w)
{
	const size_t N = s->x.N, B = s->x.B, H = s->x.H;
	const struct mc_device_rows all = { 1, N * B };
	const int small = mc_device_layer_small(s, rows_of(s, 1), s->x.W, H);

	if (!small)
		mc_device_layer_product(s, s->z1, s->oa_pi, &w->l[0], 0, s->x.W, rows_of(s, 1));
	MC_LAUNCH(s->dev, first, B * H, .x = s->x, .z1 = small ? NULL : s->z1, .oa = s->oa_pi, .kernel = w->l[0].w.kernel,
	    .bias = w->l[0].w.bias, .a_pi = s->a_pi, .y = s->p0);
	mc_device_layer_product(s, s->p1, s->p0, &w->l[1], 0, H, all);
	MC_LAUNCH(s->dev, top, N * B * H, .H = (uint32_t)H, .bias = w->l[1].w.bias, .w = w->l[2].w.kernel, .scale = 1 / (mc_real)B,
	    .y = s->p1, .dy = s->d1);
	mc_device_layer_to_input(s, s->d0, s->d1, &w->l[1], H, all, NULL);
}

/* ---- of either kind ---- */

void mc_device_critic_gradient(struct mc_device_work *s)
{
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_CRITIC]);
	const struct mc_device_layer *last = &w.l[2];

	if (s->dims.invariant)
		mc_device_invariant_values(s);
	else
		values(s, &w);
	MC_LAUNCH(s->dev, error, s->x.B, .B = s->x.B, .H = s->x.H, .now = s->now, .y1 = s->dims.invariant ? s->mean_e : s->k1,
	    .w = last->w.kernel, .bias = last->w.bias, .r = s->r, .discount = s->discount, .w_stride = last->stride, .scale = 2 / (mc_real)s->x.B,
	    .q = s->q, .y = s->y, .error = s->error, .dq = s->dq);
	if (s->dims.invariant)
		mc_device_invariant_backward(s);
	else
		backward(s, &w);
	mc_device_layer_gradients(s);
}

/* Of -penalty/2 sum of z^2 beside an objective, lambda mean z^2. */
static mc_real penalty_of(const struct mc_device_work *s)
{
	return (mc_real)(2 * s->o.penalty / (double)((size_t)s->x.B * s->x.A));
}

void mc_device_critic_objectives(struct mc_device_work *s)
{
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_CRITIC]);
	const size_t N = s->x.N, B = s->x.B, H = s->x.H;
	const int invariant = s->dims.invariant;

	if (invariant)
		mc_device_invariant_objectives(s);
	else
		objectives(s, &w);
	mc_device_branch(s->dev, MC_DEVICE_TOLD);
	MC_LAUNCH(s->dev, value, N * B, .H = (uint32_t)H, .y = s->p1, .w = w.l[2].w.kernel, .bias = w.l[2].w.bias, .q = s->q_pi);
	mc_device_branch(s->dev, 0);
	MC_LAUNCH(s->dev, action, N * B * s->x.A, .x = s->x, .y = s->p0, .dy = s->d0,
	    .kernel = w.l[0].w.kernel + s->x.a_at * H, .stride = invariant ? 0 : s->x.A * H, .a_pi = s->a_pi, .z = s->z_pi,
	    .penalty = penalty_of(s), .da = s->da, .dz = s->dza);
}
