#include "mc_device_step.h"

#include "mc_device_critic.h"
#include "mc_device_policy.h"

enum { LANES = MC_DEVICE_LANES, GRADIENT_LANES = MC_DEVICE_GRADIENT_LANES };

void mc_device_sample(struct mc_device_work *s)
{
	const size_t N = s->x.N;
	const struct mc_device_replay *D = &s->D;

	MC_LAUNCH(s->dev, sample, s->x.B * (2 * N * s->x.O + N * s->x.A + 1 + 2 * N * s->x.d), .x = s->x, .now = s->now,
	    .seed = s->o.seed, .slots = D->slots, .T = (uint32_t)s->dims.T, .steps = (uint32_t)s->o.n_step,
	    .D = D->memory, .slot_bytes = D->slot_bytes, .o_at = D->o_at, .a_at = D->a_at, .r_at = D->r_at, .m_at = D->m_at, .oa = s->oa,
	    .oa_pi = s->o.joint ? s->oa_pi : NULL, .own = s->own, .message = s->message, .r = s->r, .discount = s->discount, .m = s->m, .bad = s->bad);
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

/* Norms of the gradients of these nets, a bit for each, and the factors that keep them below their bounds. */
static void measure(struct mc_device_work *s, unsigned nets)
{
	struct mc_k_sum_squares lanes = { .lanes = GRADIENT_LANES };
	struct mc_k_clip all = { .lanes = GRADIENT_LANES };
	size_t owners = 0;

	for (int k = 0; k < MC_DEVICE_NETS; k++) {
		const struct mc_device_net *net = &s->net[k];

		if (!(nets >> k & 1))
			continue;
		lanes.net[lanes.nets++] = all.net[all.nets++] = (struct mc_k_measured){ .layout = layout_of(&net->grad),
			.grad = net->grad.v, .most = net->clip, .lane = net->lane, .sumsq = net->sumsq, .scale = net->scale };
		owners += net->p.P;
	}
	mc_device_launch(s->dev, MC_K_sum_squares, owners * GRADIENT_LANES, &lanes, sizeof lanes);
	mc_device_launch(s->dev, MC_K_clip, owners, &all, sizeof all);
}

static void adam(struct mc_device_work *s, const struct mc_device_net *net, int which, const mc_real *scale)
{
	const struct mc_learner_opts *o = &s->o;

	MC_LAUNCH(s->dev, adam, net->p.size, .layout = layout_of(&net->grad), .now = s->now, .which = (uint32_t)which,
	    .b1 = (mc_real)o->b1, .rest1 = (mc_real)(1 - o->b1), .b2 = (mc_real)o->b2, .rest2 = (mc_real)(1 - o->b2),
	    .eps = (mc_real)o->adam_eps, .keep = (mc_real)(1 - o->tau), .take = (mc_real)o->tau, .grad = net->grad.v,
	    .scale = scale, .theta = net->p.v, .m = net->m, .v = net->v, .home = net->home, .bad = s->bad + which);
}

static void rmsprop(struct mc_device_work *s, const struct mc_device_net *net, int which)
{
	const struct mc_learner_opts *o = &s->o;

	MC_LAUNCH(s->dev, rmsprop, net->p.size, .layout = layout_of(&net->grad), .lr = (mc_real)o->lr_comm, .rho = (mc_real)o->rho,
	    .rest = (mc_real)(1 - o->rho), .eps = (mc_real)o->eps, .keep = (mc_real)(1 - o->tau), .take = (mc_real)o->tau,
	    .grad = net->grad.v, .theta = net->p.v, .nu = net->nu, .home = net->home, .bad = s->bad + which);
}

/* Where nothing is clipped the norms are metrics alone: they can wait. */
void mc_device_optimise(struct mc_device_work *s, int which)
{
	const struct mc_device_net *net = &s->net[which];

	if (net->clip > 0)
		measure(s, 1U << which);
	if (net->nu)
		rmsprop(s, net, which);
	else
		adam(s, net, which, net->clip > 0 ? net->scale : NULL);
}

/* ---- all of it ---- */

void mc_device_metrics(struct mc_device_work *s)
{
	const struct mc_device_net *net = s->net;
	unsigned late = 0;

	for (int k = 0; k < MC_DEVICE_NETS; k++)
		late |= net[k].grad.v && !(net[k].clip > 0) ? 1U << k : 0;
	mc_device_branch(s->dev, MC_DEVICE_TOLD);
	if (late)
		measure(s, late);
	MC_LAUNCH(s->dev, sums, (2 + (size_t)s->x.N) * LANES, .error = s->error, .q = s->q, .q_pi = s->q_pi, .rows = s->x.B,
	    .lanes = LANES, .loss = s->loss, .q_sum = s->q_sum, .objective = s->objective);
	MC_LAUNCH(s->dev, metrics, MC_DEVICE_METRICS, .B = s->x.B, .N = s->x.N, .lanes = LANES, .loss = s->loss, .q = s->q_sum,
	    .objective = s->objective, .policy = net[MC_DEVICE_POLICY].sumsq, .critic = net[MC_DEVICE_CRITIC].sumsq,
	    .comm = net[MC_DEVICE_COMM].sumsq, .policies = (uint32_t)net[MC_DEVICE_POLICY].p.P, .metric = s->metric);
	mc_device_branch(s->dev, 0);
}

/* From ... to of what goes home. */
static void send_home(struct mc_device_work *s, size_t from, size_t to)
{
	if (s->here)
		mc_device_get(s->dev, s->here + from, (unsigned char *)s->metric + from, to - from);
}

/* The nets are on their way home while the metrics are still made. */
void mc_device_update(struct mc_device_work *s)
{
	const int clipped = s->net[MC_DEVICE_POLICY].clip > 0;

	if (s->here_now)
		mc_device_put(s->dev, s->now, s->here_now, sizeof *s->now);
	mc_device_sample(s);
	mc_device_act(s);
	mc_device_critic_gradient(s);
	mc_device_optimise(s, MC_DEVICE_CRITIC);
	mc_device_policy_gradient(s);
	if (!clipped)
		mc_device_metrics(s);
	mc_device_optimise(s, MC_DEVICE_POLICY);
	if (s->o.stgs)
		mc_device_optimise(s, MC_DEVICE_COMM);
	if (clipped)
		mc_device_metrics(s);
	send_home(s, MC_DEVICE_HEAD, s->home_bytes);
	mc_device_join(s->dev, MC_DEVICE_TOLD);
	send_home(s, 0, MC_DEVICE_HEAD);
}
