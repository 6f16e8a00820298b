#include "mc_device_work.h"

enum { LANES = MC_DEVICE_LANES, HEAD = 64 };

/* Memory of the device, until the first failure. */
struct taker {
	struct mc_device *dev;
	struct mc_err *e;
	int failed;
};

static void *take(struct taker *t, size_t n, size_t size, const char *what)
{
	void *p = t->failed ? NULL : mc_device_alloc(t->dev, n, size, what, t->e);

	t->failed |= !p;
	return p;
}

static mc_real *reals(struct taker *t, size_t n)
{
	return take(t, n, sizeof(mc_real), "learner");
}

/* What Adam, or RMSprop, keeps, and the gradient. */
static void take_trained(struct taker *t, struct mc_device_net *net, double clip)
{
	if (net->p.net == MC_NET_COMM) {
		net->nu = reals(t, net->p.size);
	} else {
		net->m = reals(t, net->p.size);
		net->v = reals(t, net->p.size);
	}
	net->grad = reals(t, net->p.size);
	net->clip = clip;
	net->lane = take(t, net->p.P * MC_DEVICE_GRADIENT_LANES, sizeof *net->lane, "learner");
	net->sumsq = take(t, net->p.P, sizeof *net->sumsq, "learner");
	net->scale = reals(t, net->p.P);
}

static void take_nets(struct mc_device_work *s, struct taker *t)
{
	struct mc_device_net *critic = &s->net[MC_DEVICE_CRITIC], *policy = &s->net[MC_DEVICE_POLICY];
	struct mc_device_net *comm = &s->net[MC_DEVICE_COMM];
	const size_t R = sizeof(mc_real);

	mc_params_layout(&critic->p, MC_NET_CRITIC, &s->dims);
	mc_params_layout(&policy->p, MC_NET_POLICY, &s->dims);
	mc_params_layout(&comm->p, MC_NET_COMM, &s->dims);
	critic->target = critic->p;
	policy->target = policy->p;
	comm->target = comm->p;

	s->home_bytes = HEAD + (policy->p.size + (s->o.stgs ? comm->p.size : 0)) * R;
	unsigned char *home = take(t, s->home_bytes, 1, "learner");

	if (!home)
		return;
	s->metric = (double *)(void *)home;
	s->bad = (int *)(void *)(home + MC_DEVICE_METRICS * sizeof(double));
	policy->p.v = (mc_real *)(void *)(home + HEAD);
	critic->p.v = reals(t, critic->p.size);
	policy->target.v = reals(t, policy->p.size);
	critic->target.v = reals(t, critic->p.size);
	if (s->o.decide == MC_LEARNED) {
		comm->p.v = s->o.stgs ? policy->p.v + policy->p.size : reals(t, comm->p.size);
		comm->target.v = reals(t, comm->p.size);
	}
	take_trained(t, critic, s->o.clip_critic);
	take_trained(t, policy, s->o.clip_policy);
	if (s->o.stgs)
		take_trained(t, comm, 0);
}

static void take_batch(struct mc_device_work *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, d = s->x.d, O = s->x.O;

	s->now = take(t, 1, sizeof *s->now, "learner");
	s->slot = take(t, B, sizeof *s->slot, "learner");
	s->step = take(t, B, sizeof *s->step, "learner");
	s->o_batch = reals(t, B * N * O);
	s->o_next = reals(t, B * N * O);
	s->a = reals(t, B * N * s->x.A);
	s->r = reals(t, B);
	s->m = take(t, B * N * d, 1, "learner");
	s->m_next = take(t, B * N * d, 1, "learner");
	s->I = take(t, B * N * d, 1, "learner");
	s->I_next = take(t, B * N * d, 1, "learner");
	s->here = (struct mc_device_seen){ s->o_batch, reals(t, N * B * O), reals(t, N * d * B * O) };
	s->next = (struct mc_device_seen){ s->o_next, reals(t, N * B * O), reals(t, N * d * B * O) };
	s->z = reals(t, B * N * d);
	s->soft = reals(t, B * N * d);
}

/* The layers of eq. 1 and of what eq. 3 shares. */
static void take_critic(struct mc_device_work *s, struct taker *t)
{
	const size_t BH = (size_t)s->x.B * s->x.H, NBH = s->x.N * BH;
	mc_real **const of_stored[] = { &s->k0, &s->k1, &s->z1 }, **const of_means[] = { &s->mean_h, &s->mean_e, &s->team };

	for (size_t k = 0; k < sizeof of_stored / sizeof *of_stored; k++)
		*of_stored[k] = reals(t, s->dims.invariant ? NBH : BH);
	if (!s->dims.invariant)
		return;
	for (size_t k = 0; k < sizeof of_means / sizeof *of_means; k++)
		*of_means[k] = reals(t, BH);
	s->moved = reals(t, NBH);
	s->felt = reals(t, 2 * NBH);
}

static void take_layers(struct mc_device_work *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, d = s->x.d, NBA = N * B * s->x.A, NBH = N * B * s->x.H;
	mc_real **const of_rows[] = { &s->c0, &s->c1, &s->h, &s->y0, &s->y1, &s->p0, &s->p1, &s->d0, &s->d1,
		&s->dh, &s->dc, &s->dh0, &s->gate };
	mc_real **const of_messages[] = { &s->h_before, &s->c_before, &s->tc };
	mc_real **const of_actions[] = { &s->za, &s->a_next, &s->a_pi, &s->da, &s->dza };
	mc_real **const of_pairs[] = { &s->z0, &s->dI, &s->dz0 };
	mc_real **const of_batch[] = { &s->q, &s->q_next, &s->y, &s->error, &s->dq };

	for (size_t k = 0; k < sizeof of_rows / sizeof *of_rows; k++)
		*of_rows[k] = reals(t, NBH);
	for (size_t k = 0; k < sizeof of_messages / sizeof *of_messages; k++)
		*of_messages[k] = reals(t, d * NBH);
	for (size_t k = 0; k < sizeof of_actions / sizeof *of_actions; k++)
		*of_actions[k] = reals(t, NBA);
	for (size_t k = 0; k < sizeof of_pairs / sizeof *of_pairs; k++)
		*of_pairs[k] = reals(t, N * B * d);
	for (size_t k = 0; k < sizeof of_batch / sizeof *of_batch; k++)
		*of_batch[k] = reals(t, B);
	s->gates = reals(t, 4 * d * NBH);
	take_critic(s, t);
	s->q_pi = reals(t, N * B);
	s->loss = take(t, LANES, sizeof *s->loss, "learner");
	s->q_sum = take(t, LANES, sizeof *s->q_sum, "learner");
	s->objective = take(t, N * LANES, sizeof *s->objective, "learner");
}

static void take_ones(struct mc_device_work *s, struct taker *t)
{
	enum { CHUNK = 4096 };
	const size_t n = s->x.N * s->x.B * (s->x.d ? s->x.d : 1);
	mc_real one[CHUNK];

	s->ones = reals(t, n);
	for (size_t k = 0; k < CHUNK; k++)
		one[k] = 1;
	for (size_t k = 0; k < n && s->ones; k += CHUNK)
		mc_device_put(s->dev, s->ones + k, one, (n - k < CHUNK ? n - k : CHUNK) * sizeof *one);
}

static void take_replay(struct mc_device_work *s, struct taker *t)
{
	const size_t T = s->dims.T, N = s->x.N, R = sizeof(mc_real), LINE = 64;
	struct mc_device_replay *D = &s->D;

	D->o_at = 0;
	D->a_at = D->o_at + (T + 1) * N * s->x.O * R;
	D->r_at = D->a_at + T * N * s->x.A * R;
	D->m_at = D->r_at + T * R;
	D->slot_bytes = (D->m_at + (T + 1) * N * s->x.d + LINE - 1) / LINE * LINE;
	D->slots = s->o.replay / T + 2;       /* the oldest trajectory may be partly out */
	D->memory = take(t, D->slots, D->slot_bytes, "replay buffer");
}

int mc_device_work_init(struct mc_device_work *s, struct mc_device *dev, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e)
{
	struct taker t = { dev, e, 0 };
	/* the widest array: kernels count in 32 bits */
	const double widest = (double)dims->N * (double)o->B * ((double)dims->d + 1) * 4 * (double)(dims->H + dims->O);

	*s = (struct mc_device_work){ .dev = dev, .dims = *dims, .o = *o,
		.heard = o->decide != MC_NONE && dims->d > 0,
		.x = { (uint32_t)dims->N, (uint32_t)dims->d, (uint32_t)o->B, (uint32_t)dims->O, (uint32_t)dims->A,
			(uint32_t)dims->H } };
	if (widest > UINT32_MAX)
		return mc_err_set(e, MC_USAGE, "--batch", -1, NULL, "%zu is too large for a device at this width", o->B);
	take_replay(s, &t);
	take_nets(s, &t);
	take_batch(s, &t);
	take_layers(s, &t);
	take_ones(s, &t);
	return t.failed ? -1 : 0;
}
