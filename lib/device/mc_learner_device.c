#include "mc_learner_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_device_step.h"

struct device_learner {
	struct mc_learner base;
	struct mc_device_work work;
	enum { NOT_YET, RUN_ONCE, RECORDED } stage; /* of the update's sequence */
	uint64_t trajectories;    /* appended so far */
	/* on their way to the device until the next wait: */
	int sending;              /* 1 = some of these are */
	struct mc_k_now *now;
	unsigned char *staged;    /* one slot of D */
	mc_real *both[MC_DEVICE_NETS]; /* values of a net and its target, as the device holds them */
	/* what comes back after an update, laid out as work.metric and what follows it */
	unsigned char *home;
	/* under stgs, for the metrics */
	mc_real *z;               /* [B,N,d] */
	uint8_t *I, *m;
};

static struct device_learner *of(struct mc_learner *l)
{
	return (struct device_learner *)(void *)l;
}

struct mc_device_work *mc_learner_device_work(struct mc_learner *l)
{
	return &of(l)->work;
}

/* ---- to the device and back ---- */

/* For callers that cannot fail: what fails comes out of the next update. */
static void settle(struct device_learner *l)
{
	struct mc_err e;

	if (mc_device_wait(l->work.dev, &e) < 0)
		l->work.dev->err = e;
	l->sending = 0;
}

/* Before what is on its way is written to. */
static void begin_sending(struct device_learner *l)
{
	if (l->sending)
		settle(l);
	l->sending = 1;
}

/* A tensor's values, copied between blocks of two layouts. */
static void copy_tensors(mc_real *to, const struct mc_params *to_as, const mc_real *from, const struct mc_params *from_as)
{
	for (int k = 0; k < to_as->tensors; k++)
		memcpy(to + to_as->tensor[k].offset, from + from_as->tensor[k].offset, to_as->tensor[k].count * sizeof *to);
}

/* What the optimiser keeps: a block here and its like there. */
struct pair {
	mc_real *here, *there;
};

static int moments_of(const struct mc_learner_net *a, const struct mc_device_net *b, struct pair to[2])
{
	const struct pair all[] = { { a->nu ? a->nu : a->adam.m, b->nu ? b->nu : b->m }, { a->adam.v, b->v } };
	int n = 0;

	for (int k = 0; k < 2; k++)
		if (all[k].here && all[k].there)
			to[n++] = all[k];
	return n;
}

static void put_values(struct device_learner *l, const struct mc_learner_net *a, int which)
{
	const struct mc_device_net *net = &l->work.net[which];
	mc_real *both = l->both[which];

	begin_sending(l);
	copy_tensors(both, &net->p, a->p.v, &a->p);
	copy_tensors(both, &net->target, a->target.v, &a->target);
	mc_device_put(l->work.dev, net->p.v, both, 2 * a->p.size * sizeof *both);
}

static void put_net(struct device_learner *l, const struct mc_learner_net *a, int which)
{
	struct pair pair[2];

	put_values(l, a, which);
	for (int k = 0, n = moments_of(a, &l->work.net[which], pair); k < n; k++)
		mc_device_put(l->work.dev, pair[k].there, pair[k].here, a->p.size * sizeof(mc_real));
}

static void ask_net(struct device_learner *l, const struct mc_learner_net *a, int which)
{
	struct pair pair[2];

	mc_device_get(l->work.dev, l->both[which], l->work.net[which].p.v, 2 * a->p.size * sizeof(mc_real));
	for (int k = 0, n = moments_of(a, &l->work.net[which], pair); k < n; k++)
		mc_device_get(l->work.dev, pair[k].here, pair[k].there, a->p.size * sizeof(mc_real));
}

/* After the wait. */
static void take_net(struct device_learner *l, const struct mc_learner_net *a, int which)
{
	const struct mc_device_net *net = &l->work.net[which];

	copy_tensors(a->p.v, &a->p, l->both[which], &net->p);
	copy_tensors(a->target.v, &a->target, l->both[which], &net->target);
}

/* Nothing else is known of the nets than what stands here. */
static void changed(struct mc_learner *base, int comm_alone)
{
	struct device_learner *l = of(base);

	if (mc_learner_has_comm(base) && comm_alone)
		put_values(l, &base->comm, MC_DEVICE_COMM);
	if (comm_alone)
		return;
	if (mc_learner_has_comm(base))
		put_net(l, &base->comm, MC_DEVICE_COMM);
	put_net(l, &base->policy, MC_DEVICE_POLICY);
	put_net(l, &base->critic, MC_DEVICE_CRITIC);
	settle(l);
}

static int fetch(struct mc_learner *base, struct mc_err *e)
{
	struct device_learner *l = of(base);

	ask_net(l, &base->policy, MC_DEVICE_POLICY);
	ask_net(l, &base->critic, MC_DEVICE_CRITIC);
	if (base->o.stgs)
		ask_net(l, &base->comm, MC_DEVICE_COMM);
	if (mc_device_wait(l->work.dev, e) < 0)
		return -1;
	l->sending = 0;
	take_net(l, &base->policy, MC_DEVICE_POLICY);
	take_net(l, &base->critic, MC_DEVICE_CRITIC);
	if (base->o.stgs)
		take_net(l, &base->comm, MC_DEVICE_COMM);
	return 0;
}

/* ---- the replay buffer ---- */

static size_t transitions(const struct mc_learner *base)
{
	const struct device_learner *l = (const struct device_learner *)(const void *)base;
	const uint64_t all = l->trajectories * base->dims.T;

	return all < base->o.replay ? (size_t)all : base->o.replay;
}

static void append(struct mc_learner *base, const struct mc_traj *t)
{
	struct device_learner *l = of(base);
	const struct mc_dims *x = &base->dims;
	const struct mc_device_replay *D = &l->work.D;
	const size_t R = sizeof(mc_real);

	begin_sending(l);
	memcpy(l->staged + D->o_at, t->o, (x->T + 1) * x->N * x->O * R);
	memcpy(l->staged + D->a_at, t->a, x->T * x->N * x->A * R);
	memcpy(l->staged + D->r_at, t->r, x->T * R);
	memcpy(l->staged + D->m_at, t->m, (x->T + 1) * x->N * x->d);
	mc_device_put(l->work.dev, D->memory + l->trajectories++ % D->slots * D->slot_bytes, l->staged, D->slot_bytes);
}

/* ---- updates ---- */

static void begin(struct device_learner *l, uint32_t k)
{
	const uint64_t count = transitions(&l->base);
	const struct mc_adam_factors critic = mc_adam_factors(&l->base.critic.adam, 0);
	const struct mc_adam_factors policy = mc_adam_factors(&l->base.policy.adam, 1);
	struct mc_k_now *now = l->now;

	*now = (struct mc_k_now){ .count = count, .gone = l->trajectories * l->base.dims.T - count, .k = k, .gamma = l->base.gamma };
	now->lr[MC_DEVICE_CRITIC] = critic.lr;
	now->scale[MC_DEVICE_CRITIC] = critic.scale;
	now->lr[MC_DEVICE_POLICY] = policy.lr;
	now->scale[MC_DEVICE_POLICY] = policy.scale;
}

/* Is the step of a net a good one? In the order in which mc_learner_cpu asks. */
static int check(struct device_learner *l, const struct mc_learner_net *net, int which, double loss, const char *name,
    double norm, uint32_t k, struct mc_err *e)
{
	const unsigned char *bad = l->home + ((unsigned char *)l->work.bad - (unsigned char *)l->work.metric);
	int is_bad;

	memcpy(&is_bad, bad + (size_t)which * sizeof is_bad, sizeof is_bad);
	if (!isfinite(loss))
		return mc_learner_diverged(e, net->p.net, name, k);
	if (!isfinite(norm))
		return mc_learner_diverged(e, net->p.net, "the gradient", k);
	if (is_bad && fetch(&l->base, e) == 0)
		return mc_learner_not_finite(e, net, k);
	return is_bad ? -1 : 0;
}

/* The first update is made step by step: what a device does when it is used first cannot be recorded. */
static void compute(struct device_learner *l)
{
	struct mc_device *dev = l->work.dev;

	if (l->stage == NOT_YET) {
		mc_device_update(&l->work);
		l->stage = RUN_ONCE;
		return;
	}
	if (l->stage == RUN_ONCE) {
		mc_device_record(dev);
		mc_device_update(&l->work);
		mc_device_recorded(dev);
		l->stage = RECORDED;
	}
	mc_device_replay(dev);
}

static int update(struct mc_learner *base, uint32_t k, struct mc_learner_metrics *fig, struct mc_err *e)
{
	struct device_learner *l = of(base);
	struct mc_device *dev = l->work.dev;

	begin(l, k);
	compute(l);
	if (mc_device_wait(dev, e) < 0)
		return -1;
	l->sending = 0;
	base->critic.adam.step++;
	base->policy.adam.step++;
	memcpy(fig, l->home, sizeof *fig);
	if (!base->o.stgs)
		fig->comm_norm = NAN;
	if (check(l, &base->critic, MC_DEVICE_CRITIC, fig->critic_loss, "the loss", fig->critic_norm, k, e) < 0 ||
	    check(l, &base->policy, MC_DEVICE_POLICY, fig->objective, "the objective", fig->policy_norm, k, e) < 0)
		return -1;
	return base->o.stgs ? check(l, &base->comm, MC_DEVICE_COMM, 0, "", fig->comm_norm, k, e) : 0;
}

static void decided(struct mc_learner *base, const mc_real **z, const uint8_t **I, const uint8_t **m)
{
	struct device_learner *l = of(base);
	struct mc_device *dev = l->work.dev;
	const size_t n = base->o.B * base->dims.N * base->dims.d;

	mc_device_get(dev, l->z, l->work.z, n * sizeof *l->z);
	mc_device_get(dev, l->I, l->work.I, n);
	mc_device_get(dev, l->m, l->work.m, n);
	settle(l);
	*z = l->z;
	*I = l->I;
	*m = l->m;
}

/* ---- making one ---- */

/* Room of this program that the device reads and writes directly. */
static void *shared(struct device_learner *l, size_t n, size_t size, struct mc_err *e)
{
	return mc_device_host_alloc(l->work.dev, n, size, "learner", e);
}

static int fill(struct device_learner *l, struct mc_device *dev, struct mc_err *e)
{
	const struct mc_learner *base = &l->base;
	const size_t n = base->o.stgs ? base->o.B * base->dims.N * base->dims.d : 0;

	_Static_assert(sizeof(struct mc_learner_metrics) == MC_DEVICE_METRICS * sizeof(double), "the kernel's metrics are the learner's");
	if (mc_device_work_init(&l->work, dev, &base->dims, &base->o, e) < 0)
		return -1;
	for (int k = 0; k < MC_DEVICE_NETS; k++)
		if (l->work.net[k].p.v && !(l->both[k] = shared(l, 2 * l->work.net[k].p.size, sizeof(mc_real), e)))
			return -1;
	return (l->now = shared(l, 1, sizeof *l->now, e)) && (l->staged = shared(l, l->work.D.slot_bytes, 1, e)) &&
	    (l->home = shared(l, l->work.home_bytes, 1, e)) && (l->z = shared(l, n, sizeof *l->z, e)) &&
	    (l->I = shared(l, n, 1, e)) && (l->m = shared(l, n, 1, e)) ? 0 : -1;
}

/* What an update is told, and where what it tells arrives. */
static void meet(struct device_learner *l)
{
	l->work.here_now = l->now;
	l->work.here = l->home;
}

/* The policies, and comm under stgs, are read where they arrive. */
static void read_at_home(struct device_learner *l)
{
	const unsigned char *from = (const unsigned char *)l->work.metric;
	const struct mc_device_net *policy = &l->work.net[MC_DEVICE_POLICY], *comm = &l->work.net[MC_DEVICE_COMM];

	l->base.policy.p.v = (mc_real *)(void *)(l->home + ((unsigned char *)policy->home - from));
	if (comm->home)
		l->base.comm.p.v = (mc_real *)(void *)(l->home + ((unsigned char *)comm->home - from));
}

static void device_free(struct mc_learner *l)
{
	mc_arena_free(&l->arena);
	free(l);
}

struct mc_learner *mc_learner_device_new(const struct mc_dims *dims, const struct mc_learner_opts *o,
    struct mc_device *dev, struct mc_err *e)
{
	static const struct mc_learner_ops ops = { .free = device_free, .append = append, .transitions = transitions,
		.update = update, .decided = decided, .fetch = fetch, .changed = changed };
	struct device_learner *l = calloc(1, sizeof *l);

	if (!l) {
		(void)mc_err_nomem(e, "learner", sizeof *l);
		return NULL;
	}
	if (mc_learner_begin(&l->base, &ops, dims, o, e) < 0 || fill(l, dev, e) < 0) {
		device_free(&l->base);
		return NULL;
	}
	meet(l);
	read_at_home(l);
	return &l->base;
}
