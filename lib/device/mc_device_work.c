#include "mc_device_work.h"

enum { LANES = MC_DEVICE_LANES };

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

/* The tables of a net, and its values. */
static void take_net(struct mc_device_work *s, struct taker *t, int which, enum mc_net net)
{
	struct mc_device_net *n = &s->net[which];

	mc_params_layout(&n->grad, net, &s->dims);
	n->p = n->target = n->grad;
	for (int k = 0; k < n->p.tensors; k++) {
		n->p.tensor[k].offset = 2 * n->grad.tensor[k].offset;
		n->target.tensor[k].offset = n->p.tensor[k].offset + n->grad.tensor[k].count;
	}
	if (net != MC_NET_COMM || s->o.decide == MC_LEARNED)
		n->p.v = n->target.v = reals(t, 2 * n->p.size);
}

/* What Adam, or RMSprop, keeps, and the gradient. */
static void take_trained(struct taker *t, struct mc_device_net *net, double clip)
{
	const size_t size = net->p.size;

	if (net->p.net == MC_NET_COMM) {
		net->nu = reals(t, size);
	} else {
		net->m = reals(t, size);
		net->v = reals(t, size);
	}
	net->grad.v = reals(t, size);
	net->clip = clip;
	net->lane = take(t, net->p.P * MC_DEVICE_GRADIENT_LANES, sizeof *net->lane, "learner");
	net->sumsq = take(t, net->p.P, sizeof *net->sumsq, "learner");
	net->scale = reals(t, net->p.P);
}

/* What goes home: metrics, and the nets that another program acts with. */
static void take_home(struct mc_device_work *s, struct taker *t)
{
	struct mc_device_net *policy = &s->net[MC_DEVICE_POLICY], *comm = &s->net[MC_DEVICE_COMM];

	s->home_bytes = MC_DEVICE_HEAD + (policy->p.size + (s->o.stgs ? comm->p.size : 0)) * sizeof(mc_real);
	unsigned char *home = take(t, s->home_bytes, 1, "learner");

	if (!home)
		return;
	s->metric = (double *)(void *)home;
	s->bad = (int *)(void *)(home + MC_DEVICE_METRICS * sizeof(double));
	policy->home = (mc_real *)(void *)(home + MC_DEVICE_HEAD);
	if (s->o.stgs)
		comm->home = policy->home + policy->p.size;
}

static void take_nets(struct mc_device_work *s, struct taker *t)
{
	take_net(s, t, MC_DEVICE_CRITIC, MC_NET_CRITIC);
	take_net(s, t, MC_DEVICE_POLICY, MC_NET_POLICY);
	take_net(s, t, MC_DEVICE_COMM, MC_NET_COMM);
	take_home(s, t);
	take_trained(t, &s->net[MC_DEVICE_CRITIC], s->o.clip_critic);
	take_trained(t, &s->net[MC_DEVICE_POLICY], s->o.clip_policy);
	if (s->o.stgs)
		take_trained(t, &s->net[MC_DEVICE_COMM], 0);
}

/* n reals to each. */
static void take_each(struct taker *t, mc_real **const to[], size_t n_to, size_t n)
{
	for (size_t k = 0; k < n_to; k++)
		*to[k] = reals(t, n);
}
#define TAKE_EACH(t, n, ...) \
	take_each(t, (mc_real **const[]){ __VA_ARGS__ }, sizeof((mc_real **const[]){ __VA_ARGS__ }) / sizeof(mc_real **), n)

static void take_batch(struct mc_device_work *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, d = s->x.d, O = s->x.O;

	s->now = take(t, 1, sizeof *s->now, "learner");
	s->oa = reals(t, 2 * B * s->x.W);
	s->oa_pi = s->o.joint ? reals(t, B * s->x.W) : s->oa;
	s->r = reals(t, B);
	s->discount = s->o.n_step > 1 ? reals(t, B) : NULL;
	s->own = reals(t, 2 * N * B * O);
	s->message = s->heard ? reals(t, 2 * N * d * B * O) : NULL;
	s->m = take(t, 2 * B * N * d, 1, "learner");
	s->I = take(t, 2 * B * N * d, 1, "learner");
	TAKE_EACH(t, N * B * d, &s->z, &s->soft, &s->dI, &s->dz0);
}

/* The layers of eq. 1 and eq. 3. */
static void take_critic(struct mc_device_work *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, H = s->x.H, NBH = N * B * H, stored = s->dims.invariant ? N * B * H : B * H;

	TAKE_EACH(t, B, &s->y, &s->error, &s->dq);
	TAKE_EACH(t, NBH, &s->p0, &s->p1, &s->d0, &s->d1);
	TAKE_EACH(t, 2 * stored, &s->k0, &s->k1);
	s->q = reals(t, 2 * B);
	s->q_pi = reals(t, N * B);
	s->z1 = reals(t, B * H);
	if (!s->dims.invariant)
		return;
	TAKE_EACH(t, 2 * B * H, &s->mean_h, &s->mean_e, &s->team);
	s->changed = reals(t, (2 * N + 1) * B * H);
	s->felt = reals(t, 2 * NBH);
	s->felt_team = reals(t, (N + 1) * B * H);
}

static void take_layers(struct mc_device_work *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, NBH = N * B * s->x.H, slots = s->heard ? s->x.d : 0;

	TAKE_EACH(t, 2 * NBH, &s->c0, &s->c1, &s->h, &s->y0, &s->y1);
	TAKE_EACH(t, 2 * slots * NBH, &s->h_before, &s->c_before, &s->tc);
	TAKE_EACH(t, NBH, &s->dh, &s->dc, &s->dh0);
	TAKE_EACH(t, N * B * s->x.A, &s->a_pi, &s->da, &s->dza);
	s->z_pi = s->o.penalty > 0 ? reals(t, N * B * s->x.A) : NULL;
	s->gates = reals(t, 8 * slots * NBH);
	s->lanes = reals(t, (size_t)MC_K_JOBS * MC_DEVICE_LANE_ROOM);
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

static struct mc_k_shape shape_of(const struct mc_dims *x, const struct mc_learner_opts *o)
{
	const size_t a_at = x->invariant ? x->O : x->N * x->O, both = x->O + x->A;

	return (struct mc_k_shape){ .N = (uint32_t)x->N, .d = (uint32_t)x->d, .B = (uint32_t)o->B, .O = (uint32_t)x->O,
		.A = (uint32_t)x->A, .H = (uint32_t)x->H, .P = x->share ? 1 : (uint32_t)x->N, .W = (uint32_t)(x->N * both),
		.o_agent = (uint32_t)(x->invariant ? both : x->O), .a_at = (uint32_t)a_at,
		.a_agent = (uint32_t)(x->invariant ? both : x->A) };
}

int mc_device_work_init(struct mc_device_work *s, struct mc_device *dev, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e)
{
	struct taker t = { dev, e, 0 };
	/* the widest array: kernels count in 32 bits */
	const double widest = 2 * (double)dims->N * (double)o->B * ((double)dims->d + 1) * 4 * (double)(dims->H + dims->O);

	*s = (struct mc_device_work){ .dev = dev, .dims = *dims, .o = *o, .x = shape_of(dims, o), .small = MC_DEVICE_SMALL,
		.heard = o->decide != MC_NONE && dims->d > 0 };
	if (widest > UINT32_MAX)
		return mc_err_set(e, MC_USAGE, "--batch", -1, NULL, "%zu is too large for a device at this width", o->B);
	take_replay(s, &t);
	take_nets(s, &t);
	take_batch(s, &t);
	take_critic(s, &t);
	take_layers(s, &t);
	take_ones(s, &t);
	return t.failed ? -1 : 0;
}
