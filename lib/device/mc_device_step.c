#include "mc_device_step.h"

#include "mc_device_critic.h"
#include "mc_device_policy.h"

enum { LANES = MC_DEVICE_LANES, GRADIENT_LANES = MC_DEVICE_GRADIENT_LANES };

/* ---- the batch ---- */

void mc_device_sample(struct mc_device_work *s)
{
	const size_t N = s->x.N;
	const struct mc_device_replay *D = &s->D;

	MC_LAUNCH(s->dev, draw, s->x.B, .now = s->now, .seed = s->o.seed, .slots = D->slots, .T = (uint32_t)s->dims.T,
	    .slot = s->slot, .step = s->step, .bad = s->bad);
	MC_LAUNCH(s->dev, gather, s->x.B * (2 * N * s->x.O + N * s->x.A + 1 + 2 * N * s->x.d), .x = s->x, .D = D->memory,
	    .slot_bytes = D->slot_bytes, .o_at = D->o_at, .a_at = D->a_at, .r_at = D->r_at, .m_at = D->m_at,
	    .slot = s->slot, .step = s->step, .o = s->o_batch, .o_next = s->o_next, .a = s->a, .r = s->r,
	    .m = s->m, .m_next = s->m_next);
}

static void see(struct mc_device_work *s, const struct mc_device_seen *seen)
{
	MC_LAUNCH(s->dev, spread, (size_t)s->x.N * (s->x.d + 1) * s->x.B * s->x.O, .x = s->x, .o = seen->o,
	    .own = seen->own, .message = seen->message);
}

void mc_device_see(struct mc_device_work *s)
{
	see(s, &s->here);
	see(s, &s->next);
}

/* ---- optimisers ---- */

static struct mc_k_layout layout_of(const struct mc_params *p)
{
	struct mc_k_layout x = { .tensors = (uint32_t)p->tensors, .P = (uint32_t)p->P };

	for (int t = 0; t < p->tensors; t++) {
		x.offset[t] = p->tensor[t].offset;
		x.one[t] = p->tensor[t].count / p->P;
	}
	return x;
}

static void adam(struct mc_device_work *s, const struct mc_device_net *net, int which, const mc_real *scale)
{
	const struct mc_learner_opts *o = &s->o;

	MC_LAUNCH(s->dev, adam, net->p.size, .layout = layout_of(&net->p), .now = s->now, .which = (uint32_t)which,
	    .b1 = (mc_real)o->b1, .rest1 = (mc_real)(1 - o->b1), .b2 = (mc_real)o->b2, .rest2 = (mc_real)(1 - o->b2),
	    .eps = (mc_real)o->adam_eps, .keep = (mc_real)(1 - o->tau), .take = (mc_real)o->tau, .grad = net->grad,
	    .scale = scale, .theta = net->p.v, .m = net->m, .v = net->v, .target = net->target.v, .bad = s->bad + which);
}

static void rmsprop(struct mc_device_work *s, const struct mc_device_net *net, int which)
{
	const struct mc_learner_opts *o = &s->o;

	MC_LAUNCH(s->dev, rmsprop, net->p.size, .lr = (mc_real)o->lr_comm, .rho = (mc_real)o->rho, .rest = (mc_real)(1 - o->rho),
	    .eps = (mc_real)o->eps, .keep = (mc_real)(1 - o->tau), .take = (mc_real)o->tau, .grad = net->grad,
	    .theta = net->p.v, .nu = net->nu, .target = net->target.v, .bad = s->bad + which);
}

void mc_device_optimise(struct mc_device_work *s, int which)
{
	const struct mc_device_net *net = &s->net[which];
	const size_t P = net->p.P;

	MC_LAUNCH(s->dev, sum_squares, P * GRADIENT_LANES, .layout = layout_of(&net->p), .grad = net->grad,
	    .lanes = GRADIENT_LANES, .sum = net->lane);
	MC_LAUNCH(s->dev, clip, P, .lane = net->lane, .lanes = GRADIENT_LANES, .most = net->clip, .sumsq = net->sumsq,
	    .scale = net->scale);
	if (net->nu)
		rmsprop(s, net, which);
	else
		adam(s, net, which, net->clip > 0 ? net->scale : NULL);
}

/* ---- all of it ---- */

void mc_device_update(struct mc_device_work *s)
{
	const struct mc_device_net *net = s->net;

	mc_device_sample(s);
	mc_device_see(s);
	mc_device_targets(s);
	mc_device_critic_gradient(s);
	mc_device_optimise(s, MC_DEVICE_CRITIC);
	mc_device_decide(s);
	mc_device_policy_gradient(s);
	mc_device_optimise(s, MC_DEVICE_POLICY);
	if (s->o.stgs)
		mc_device_optimise(s, MC_DEVICE_COMM);
	MC_LAUNCH(s->dev, metrics, MC_DEVICE_METRICS, .B = s->x.B, .N = s->x.N, .lanes = LANES, .loss = s->loss, .q = s->q_sum,
	    .objective = s->objective, .policy = net[MC_DEVICE_POLICY].sumsq, .critic = net[MC_DEVICE_CRITIC].sumsq,
	    .comm = net[MC_DEVICE_COMM].sumsq, .policies = (uint32_t)net[MC_DEVICE_POLICY].p.P, .metric = s->metric);
}
