#include "mc_learner_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_device_step.h"

struct device_learner {
	struct mc_learner base;
	struct mc_device_work step;
	enum { NOT_YET, RUN_ONCE, RECORDED } stage; /* of the update's sequence */
	struct mc_k_now now;
	uint64_t trajectories;    /* appended so far */
	unsigned char *staged;    /* one slot of D */
	/* what comes back after an update, laid out as step.metric and what follows it */
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
	return &of(l)->step;
}

/* ---- to the device and back ---- */

/* What is copied: a block here and its like there. */
struct pair {
	mc_real *here, *there;
	size_t n;
};

/* All blocks of a net, as far as it has them; returns how many. */
static int pairs_of(const struct mc_learner_net *a, const struct mc_device_net *b, struct pair to[4])
{
	const struct pair all[] = {
		{ a->p.v, b->p.v, a->p.size }, { a->target.v, b->target.v, a->p.size },
		{ a->nu ? a->nu : a->adam.m, b->nu ? b->nu : b->m, a->p.size }, { a->adam.v, b->v, a->p.size },
	};
	int n = 0;

	for (int k = 0; k < 4; k++)
		if (all[k].here && all[k].there)
			to[n++] = all[k];
	return n;
}

static void put_net(struct device_learner *l, const struct mc_learner_net *a, int which)
{
	struct pair pair[4];

	for (int k = 0, n = pairs_of(a, &l->step.net[which], pair); k < n; k++)
		mc_device_put(l->step.dev, pair[k].there, pair[k].here, pair[k].n * sizeof(mc_real));
}

static void get_net(struct device_learner *l, const struct mc_learner_net *a, int which)
{
	struct pair pair[4];

	for (int k = 0, n = pairs_of(a, &l->step.net[which], pair); k < n; k++)
		mc_device_get(l->step.dev, pair[k].here, pair[k].there, pair[k].n * sizeof(mc_real));
}

/* For callers that cannot fail: what fails comes out of the next update. */
static void settle(struct mc_device *dev)
{
	struct mc_err e;

	if (mc_device_wait(dev, &e) < 0)
		dev->err = e;
}

static void changed(struct mc_learner *base, int comm_alone)
{
	struct device_learner *l = of(base);

	if (mc_learner_has_comm(base))
		put_net(l, &base->comm, MC_DEVICE_COMM);
	if (comm_alone)
		return;
	put_net(l, &base->policy, MC_DEVICE_POLICY);
	put_net(l, &base->critic, MC_DEVICE_CRITIC);
	settle(l->step.dev);
}

static int fetch(struct mc_learner *base, struct mc_err *e)
{
	struct device_learner *l = of(base);

	get_net(l, &base->policy, MC_DEVICE_POLICY);
	get_net(l, &base->critic, MC_DEVICE_CRITIC);
	if (base->o.stgs)
		get_net(l, &base->comm, MC_DEVICE_COMM);
	return mc_device_wait(l->step.dev, e);
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
	const struct mc_device_replay *D = &l->step.D;
	const size_t R = sizeof(mc_real);

	memcpy(l->staged + D->o_at, t->o, (x->T + 1) * x->N * x->O * R);
	memcpy(l->staged + D->a_at, t->a, x->T * x->N * x->A * R);
	memcpy(l->staged + D->r_at, t->r, x->T * R);
	memcpy(l->staged + D->m_at, t->m, (x->T + 1) * x->N * x->d);
	mc_device_put(l->step.dev, D->memory + l->trajectories++ % D->slots * D->slot_bytes, l->staged, D->slot_bytes);
}

/* ---- updates ---- */

static void begin(struct device_learner *l, uint32_t k)
{
	const uint64_t count = transitions(&l->base);
	const struct mc_adam_factors critic = mc_adam_factors(&l->base.critic.adam, 0);
	const struct mc_adam_factors policy = mc_adam_factors(&l->base.policy.adam, 1);
	struct mc_k_now *now = &l->now;

	*now = (struct mc_k_now){ .count = count, .gone = l->trajectories * l->base.dims.T - count, .k = k,
		.gamma = (mc_real)l->base.gamma };
	now->lr[MC_DEVICE_CRITIC] = critic.lr;
	now->scale[MC_DEVICE_CRITIC] = critic.scale;
	now->lr[MC_DEVICE_POLICY] = policy.lr;
	now->scale[MC_DEVICE_POLICY] = policy.scale;
	mc_device_put(l->step.dev, l->step.now, now, sizeof *now);
}

/* Is the step of a net a good one? In the order in which mc_learner_cpu asks. */
static int check(struct device_learner *l, const struct mc_learner_net *net, int which, double loss, const char *name,
    double norm, uint32_t k, struct mc_err *e)
{
	const unsigned char *bad = l->home + ((unsigned char *)l->step.bad - (unsigned char *)l->step.metric);
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
	struct mc_device *dev = l->step.dev;

	if (l->stage == NOT_YET) {
		mc_device_update(&l->step);
		l->stage = RUN_ONCE;
		return;
	}
	if (l->stage == RUN_ONCE) {
		mc_device_record(dev);
		mc_device_update(&l->step);
		mc_device_recorded(dev);
		l->stage = RECORDED;
	}
	mc_device_replay(dev);
}

static int update(struct mc_learner *base, uint32_t k, struct mc_learner_metrics *fig, struct mc_err *e)
{
	struct device_learner *l = of(base);
	struct mc_device *dev = l->step.dev;

	begin(l, k);
	compute(l);
	mc_device_get(dev, l->home, l->step.metric, l->step.home_bytes);
	if (mc_device_wait(dev, e) < 0)
		return -1;
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
	struct mc_device *dev = l->step.dev;
	const size_t n = base->o.B * base->dims.N * base->dims.d;

	mc_device_get(dev, l->z, l->step.z, n * sizeof *l->z);
	mc_device_get(dev, l->I, l->step.I, n);
	mc_device_get(dev, l->m, l->step.m, n);
	settle(dev);
	*z = l->z;
	*I = l->I;
	*m = l->m;
}

/* ---- making one ---- */

static int fill(struct device_learner *l, struct mc_device *dev, struct mc_err *e)
{
	const struct mc_learner *base = &l->base;
	const size_t n = base->o.stgs ? base->o.B * base->dims.N * base->dims.d : 0;

	_Static_assert(sizeof(struct mc_learner_metrics) == 6 * sizeof(double), "the kernel's metrics are the learner's");
	if (mc_device_work_init(&l->step, dev, &base->dims, &base->o, e) < 0)
		return -1;
	return (l->staged = mc_arena_alloc(&l->base.arena, l->step.D.slot_bytes, 1, "learner", e)) &&
	    (l->home = mc_device_host_alloc(dev, l->step.home_bytes, 1, "learner", e)) &&
	    (l->z = mc_device_host_alloc(dev, n, sizeof *l->z, "learner", e)) &&
	    (l->I = mc_device_host_alloc(dev, n, 1, "learner", e)) &&
	    (l->m = mc_device_host_alloc(dev, n, 1, "learner", e)) ? 0 : -1;
}

/* The policies, and comm under stgs, are read where they arrive. */
static void read_at_home(struct device_learner *l)
{
	const unsigned char *from = (const unsigned char *)l->step.metric;
	const struct mc_device_net *net = l->step.net;

	l->base.policy.p.v = (mc_real *)(void *)(l->home + ((unsigned char *)net[MC_DEVICE_POLICY].p.v - from));
	if (l->base.o.stgs)
		l->base.comm.p.v = (mc_real *)(void *)(l->home + ((unsigned char *)net[MC_DEVICE_COMM].p.v - from));
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
	read_at_home(l);
	return &l->base;
}
