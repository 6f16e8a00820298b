#include "mc_learner_cpu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_critic.h"
#include "mc_math.h"
#include "mc_optim.h"
#include "mc_policy_step.h"
#include "mc_replay.h"
#include "mc_rng.h"
#include "mc_stgs.h"

enum {
	SAMPLE = 64,     /* rows of a piece of sampling */
	CHUNK = 16384,   /* most elements of a piece of an optimiser step */
	NEAR = 2048,     /* of those, what is done at once: it stays in the first cache */
};

/* A piece of an optimiser step: elements of one tensor of one owner. */
struct range {
	size_t theta;        /* first element in the net's block */
	size_t grad;         /* first element in one gradient */
	size_t n;
	size_t owner;
	int lstm;            /* it is of the LSTM, whose gradient is 0 in silent parts */
	mc_real *sum;        /* its gradient; NULL: 0, and its step was made */
	int rests;           /* 1 = a step with a gradient of 0 changes nothing */
	double sumsq;        /* of its gradient */
	int finite;          /* are its parameters and moments, after the step? */
};

/*
 * A net that is learned here, and its gradient in parts. An agent that has a net of its own is an
 * owner; the critic and shared nets have one owner.
 */
struct trained {
	struct mc_learner_net *net;
	int ascend;
	double clip;         /* bound of each owner's norm; 0 = none */
	size_t owners, parts; /* parts of each owner's gradient */
	size_t one;          /* elements of one gradient */
	mc_real *part;       /* [owners,parts,one] */
	uint8_t *silent;     /* [owners,parts] parts without messages (mc_policy_step.h) */
	double *scale;       /* [owners] of the gradient, by clipping */
	struct range *range;
	size_t ranges;
};

struct cpu {
	struct mc_learner base;
	struct mc_pool *pool;
	struct mc_replay *D;
	struct trained policy, critic, comm; /* comm: under stgs */

	struct mc_actor *actor;
	struct mc_critic_step *critic_step;
	struct mc_policy_step *policy_step;
	struct mc_stgs *stgs; /* NULL but for stgs */
	uint32_t *word;      /* [B] replay draws */
	struct mc_batch batch;
	mc_real *discount;   /* [B] of Q' with n_step > 1, else NULL */
	mc_real *u, *u_next; /* [B,N,d] draws of C^i (under stgs logistic noise) and C' */
	uint8_t *I, *I_next; /* [B,N,d] C^i and C' */
	mc_real *soft, *dI;  /* [B,N,d] under stgs: I before rounding; the objective's derivative */
	mc_real *z;          /* [B,N,d] under stgs: logits, for the metrics */
	mc_real *a_next;     /* [B,N,A] target policies' actions */
	mc_real *q_next, *y, *q; /* [B] */

	uint32_t k;          /* the iteration at work */
};

static struct cpu *of(struct mc_learner *l)
{
	return (struct cpu *)(void *)l;
}

/* ---- making one ---- */

static void *take(struct cpu *l, size_t n, size_t size, struct mc_err *e)
{
	return mc_arena_alloc(&l->base.arena, n, size, "learner", e);
}

/* The ranges of all owners, tensor after tensor; with to = NULL they are counted. */
static size_t cut_ranges(const struct trained *t, struct range *to)
{
	const struct mc_params *p = &t->net->p;
	size_t n = 0;

	for (size_t owner = 0; owner < t->owners; owner++)
		for (int i = 0; i < p->tensors; i++) {
			const struct mc_tensor *x = &p->tensor[i];
			const size_t count = x->count / p->P;

			for (size_t from = 0; from < count; from += CHUNK, n++)
				if (to)
					to[n] = (struct range){
						.theta = x->offset + owner * x->stride + from,
						.grad = x->offset / p->P + from,
						.n = count - from < CHUNK ? count - from : CHUNK,
						.owner = owner,
						.lstm = strcmp(x->layer, "lstm") == 0,
					};
		}
	return n;
}

/* Room for t's gradient; parts: of that of each owner. */
static int trained_new(struct cpu *l, struct trained *t, struct mc_learner_net *net, size_t parts, double clip,
    struct mc_err *e)
{
	t->net = net;
	t->clip = clip;
	t->owners = t->net->p.P;
	t->parts = parts;
	t->one = t->net->p.size / t->net->p.P;
	t->ascend = net->p.net != MC_NET_CRITIC;
	t->ranges = cut_ranges(t, NULL);
	t->part = take(l, t->owners * t->parts * t->one, sizeof *t->part, e);
	t->silent = take(l, t->owners * t->parts, sizeof *t->silent, e);
	t->scale = take(l, t->owners, sizeof *t->scale, e);
	t->range = take(l, t->ranges, sizeof *t->range, e);
	if (!t->part || !t->silent || !t->scale || !t->range)
		return -1;
	(void)cut_ranges(t, t->range);
	return 0;
}

static int comm_new(struct cpu *l, struct mc_err *e)
{
	const size_t pairs = l->base.o.B * l->base.dims.N * l->base.dims.d, R = sizeof(mc_real);

	return trained_new(l, &l->comm, &l->base.comm, mc_policy_parts(&l->base.dims, l->base.o.B, 1), 0, e) == 0 &&
	    (l->stgs = mc_stgs_new(&l->base.dims, l->base.o.B, mc_pool_threads(l->pool), &l->base.arena, e)) &&
	    (l->soft = take(l, pairs, R, e)) && (l->dI = take(l, pairs, R, e)) && (l->z = take(l, pairs, R, e)) ? 0 : -1;
}

static int batch_new(struct cpu *l, struct mc_err *e)
{
	const size_t R = sizeof(mc_real), B = l->base.o.B, BN = B * l->base.dims.N;
	struct mc_batch *b = &l->batch;

	return (l->word = take(l, B, sizeof *l->word, e)) &&
	    (b->o = take(l, BN * l->base.dims.O, R, e)) && (b->o_next = take(l, BN * l->base.dims.O, R, e)) &&
	    (b->m = take(l, BN * l->base.dims.d, 1, e)) && (b->m_next = take(l, BN * l->base.dims.d, 1, e)) &&
	    (b->a = take(l, BN * l->base.dims.A, R, e)) && (b->r = take(l, B, R, e)) &&
	    (l->u = take(l, BN * l->base.dims.d, R, e)) && (l->u_next = take(l, BN * l->base.dims.d, R, e)) &&
	    (l->I = take(l, BN * l->base.dims.d, 1, e)) && (l->I_next = take(l, BN * l->base.dims.d, 1, e)) &&
	    (l->a_next = take(l, BN * l->base.dims.A, R, e)) && (l->q_next = take(l, B, R, e)) &&
	    (l->y = take(l, B, R, e)) && (l->q = take(l, B, R, e)) &&
	    (l->base.o.n_step <= 1 || (l->discount = take(l, B, R, e))) ? 0 : -1;
}

static int fill(struct cpu *l, struct mc_err *e)
{
	const struct mc_dims *x = &l->base.dims;
	const struct mc_learner_opts *o = &l->base.o;
	const int workers = mc_pool_threads(l->pool);

	if (trained_new(l, &l->policy, &l->base.policy, mc_policy_parts(x, o->B, o->stgs), o->clip_policy, e) < 0 ||
	    trained_new(l, &l->critic, &l->base.critic, mc_critic_parts(o->B), o->clip_critic, e) < 0 ||
	    (o->stgs && comm_new(l, e) < 0))
		return -1;
	l->actor = mc_actor_new(x, o->B, workers, &l->base.arena, e);
	l->critic_step = mc_critic_step_new(x, o->B, workers, &l->base.arena, e);
	l->policy_step = mc_policy_step_new(x, o->B, o->stgs, workers, &l->base.arena, e);
	l->D = mc_replay_new(x, o->replay, e);
	return l->actor && l->critic_step && l->policy_step && l->D ? batch_new(l, e) : -1;
}

static void cpu_free(struct mc_learner *l)
{
	mc_replay_free(of(l)->D);
	mc_arena_free(&l->arena);
	free(l);
}

/* ---- the replay buffer ---- */

static void append(struct mc_learner *l, const struct mc_traj *t)
{
	mc_replay_append(of(l)->D, t);
}

static size_t transitions(const struct mc_learner *l)
{
	return mc_replay_count(((const struct cpu *)(const void *)l)->D);
}

static void sample_piece(void *ctx, size_t piece, int worker)
{
	struct cpu *l = ctx;
	const size_t from = piece * SAMPLE, rest = l->base.o.B - from, n = rest < SAMPLE ? rest : SAMPLE;
	const size_t Nd = l->base.dims.N * l->base.dims.d, at = from * Nd;

	(void)worker;
	mc_replay_sample(l->D, l->word, from, n, &l->batch);
	if (l->discount)
		mc_replay_ahead(l->D, l->word, from, n, l->base.o.n_step, l->base.gamma, &l->batch, l->discount);
	if (l->base.o.decide != MC_LEARNED)
		return;
	mc_rng_uniform(l->u_next + at, at, n * Nd, l->base.o.seed, MC_RNG_ASK_TARGET, l->k, 0);
	if (l->stgs)
		mc_rng_logistic(l->u + at, at, n * Nd, l->base.o.seed, MC_RNG_LOGISTIC, l->k, 0);
	else
		mc_rng_uniform(l->u + at, at, n * Nd, l->base.o.seed, MC_RNG_ASK_POLICY, l->k, 0);
}

static void sample(struct cpu *l)
{
	mc_rng_word(l->word, 0, l->base.o.B, l->base.o.seed, MC_RNG_BATCH, l->k, 0);
	mc_pool_run(l->pool, sample_piece, l, (l->base.o.B + SAMPLE - 1) / SAMPLE);
}

/* ---- optimiser steps ---- */

/* The sum of the parts, in their order, where the first one was; NULL if it is 0, as no part had messages. */
static mc_real *add_parts(const struct trained *t, const struct range *r)
{
	mc_real *sum = NULL;

	for (size_t k = r->owner * t->parts; k < (r->owner + 1) * t->parts; k++) {
		mc_real *part = t->part + k * t->one + r->grad;

		if (r->lstm && t->silent[k])
			continue;
		if (sum)
			mc_vec_add(sum, part, r->n);
		else
			sum = part;
	}
	return sum;
}

/* One step of one net; its pieces are the net's ranges. */
struct step {
	const struct mc_learner_opts *o;
	struct trained *t;
	struct mc_adam_factors adam; /* unless it is RMSprop's */
};

/* Adam or RMSprop, and then the target's step (section 3, step 6), while all is near. 0 = no longer finite. */
static int apply(const struct step *s, size_t theta_at, mc_real *grad, size_t n, double scale)
{
	const struct mc_learner_opts *o = s->o;
	const struct trained *t = s->t;
	const struct mc_adam *adam = &t->net->adam;
	mc_real *theta = t->net->p.v + theta_at, *moment = (t->net->nu ? t->net->nu : adam->v) + theta_at;

	if (scale < 1)
		for (size_t k = 0; k < n; k++)
			grad[k] *= (mc_real)scale;
	if (t->net->nu)
		mc_rmsprop_step(theta, moment, grad, n, o->lr_comm, o->rho, o->eps);
	else
		mc_adam_range(&s->adam, theta, adam->m + theta_at, moment, grad, n);
	mc_polyak(t->net->target.v + theta_at, theta, n, o->tau);
	return mc_all_finite(theta, n) && mc_all_finite(moment, n);
}

static void apply_range(const struct step *s, struct range *r)
{
	r->finite = 1;
	for (size_t k = 0; k < r->n; k += NEAR)
		r->finite &= apply(s, r->theta + k, r->sum + k, r->n - k < NEAR ? r->n - k : NEAR, s->t->scale[r->owner]);
}

static int all_zero(const mc_real *x, size_t n)
{
	size_t k = 0;

	while (k < n && x[k] == 0)
		k++;
	return k == n;
}

/* With moments of 0 and a target where Polyak's step leaves it, a gradient of 0 changes no byte. */
static int at_rest(const struct step *s, const struct range *r)
{
	const struct mc_adam *adam = &s->t->net->adam;
	const mc_real keep = (mc_real)(1 - s->o->tau), follow = (mc_real)s->o->tau;
	const mc_real *theta = s->t->net->p.v + r->theta, *target = s->t->net->target.v + r->theta;
	size_t k = 0;

	if (!all_zero(adam->v + r->theta, r->n) || !all_zero(adam->m + r->theta, r->n))
		return 0;
	while (k < r->n && keep * target[k] + follow * theta[k] == target[k])
		k++;
	return k == r->n;
}

/* A step of the LSTM without a message in the batch: most tensors of teams that never ask. */
static void rest_or_step(const struct step *s, struct range *r)
{
	r->sumsq = 0;
	r->finite = 1;
	if (r->rests)
		return;
	r->sum = s->t->part + r->owner * s->t->parts * s->t->one + r->grad;
	memset(r->sum, 0, r->n * sizeof *r->sum);
	apply_range(s, r);
	r->rests = at_rest(s, r);
	r->sum = NULL;
}

static void add_piece(void *ctx, size_t piece, int worker)
{
	const struct step *s = ctx;
	const struct trained *t = s->t;
	struct range *r = &t->range[piece];

	(void)worker;
	r->sum = add_parts(t, r);
	if (!r->sum) {
		rest_or_step(s, r);
		return;
	}
	r->rests = 0;
	r->sumsq = mc_sumsq(r->sum, r->n);
	if (!(t->clip > 0))
		apply_range(s, r);
}

static void clipped_piece(void *ctx, size_t piece, int worker)
{
	const struct step *s = ctx;
	struct range *r = &s->t->range[piece];

	(void)worker;
	if (r->sum)
		apply_range(s, r);
}

/* Each owner's factor from its norm; returns the norm over all owners. */
static double clip(struct trained *t)
{
	double all = 0;

	for (size_t owner = 0, k = 0; owner < t->owners; owner++) {
		double sumsq = 0;

		for (; k < t->ranges && t->range[k].owner == owner; k++)
			sumsq += t->range[k].sumsq;
		t->scale[owner] = t->clip > 0 && sqrt(sumsq) > t->clip ? t->clip / sqrt(sumsq) : 1;
		all += sumsq;
	}
	return sqrt(all);
}

/* One step of t from its gradient's parts. MC_DATA when numbers are no longer finite. */
static int optimise(struct cpu *l, struct trained *t, double *norm, struct mc_err *e)
{
	struct step s = { .o = &l->base.o, .t = t };

	if (!t->net->nu)
		s.adam = mc_adam_factors(&t->net->adam, t->ascend);
	for (size_t owner = 0; owner < t->owners; owner++)
		t->scale[owner] = 1;
	mc_pool_run(l->pool, add_piece, &s, t->ranges);
	*norm = clip(t);
	if (!isfinite(*norm))
		return mc_learner_diverged(e, t->net->p.net, "the gradient", l->k);
	if (t->clip > 0)
		mc_pool_run(l->pool, clipped_piece, &s, t->ranges);
	t->net->adam.step++;
	for (size_t k = 0; k < t->ranges; k++)
		if (!t->range[k].finite)
			return mc_learner_not_finite(e, t->net, l->k);
	return 0;
}

/* ---- one update ---- */

/* C' and a' of the target nets at the next step */
static void target_actions(struct cpu *l)
{
	const struct mc_batch *x = &l->batch;
	const struct mc_act_batch b = { .n = l->base.o.B, .o = x->o_next, .m = x->m_next, .u = l->u_next,
		.I = l->I_next, .a = l->a_next };

	mc_actor_decide(l->actor, l->base.o.decide, &l->base.comm.target, &b, l->pool);
	mc_actor_act(l->actor, &l->base.policy.target, &b, l->pool);
}

/* Eq. (1): section 3, step 3 */
static int update_critic(struct cpu *l, struct mc_learner_metrics *fig, struct mc_err *e)
{
	const struct mc_batch *x = &l->batch;
	const struct mc_critic_batch b = { .B = l->base.o.B, .o = x->o, .a = x->a, .r = x->r,
		.o_next = x->o_next, .a_next = l->a_next, .gamma = l->base.gamma, .discount = l->discount,
		.q_next = l->q_next, .y = l->y, .q = l->q };

	target_actions(l);
	fig->critic_loss = mc_critic_gradient(l->critic_step, &l->base.critic.p, &l->base.critic.target, &b,
	    l->critic.part, &fig->q_mean, l->pool);
	if (!isfinite(fig->critic_loss))
		return mc_learner_diverged(e, MC_NET_CRITIC, "the loss", l->k);
	return optimise(l, &l->critic, &fig->critic_norm, e);
}

static struct mc_stgs_batch stgs_batch(const struct cpu *l)
{
	return (struct mc_stgs_batch){ .n = l->base.o.B, .o = l->batch.o, .m = l->batch.m, .L = l->u,
		.temp = l->base.o.temp, .I = l->I, .soft = l->soft, .z = l->z, .dI = l->dI };
}

/* C^i: sampled, or under stgs rounded from what has a derivative */
static void decide(struct cpu *l)
{
	const struct mc_act_batch sampled = { .n = l->base.o.B, .o = l->batch.o, .m = l->batch.m, .u = l->u, .I = l->I };
	const struct mc_stgs_batch rounded = stgs_batch(l);

	if (l->stgs)
		mc_stgs_decide(l->stgs, &l->base.comm.p, &rounded, l->pool);
	else
		mc_actor_decide(l->actor, l->base.o.decide, &l->base.comm.p, &sampled, l->pool);
}

/* Eq. (3): section 3, step 4; under stgs step 5 too, both gradients before either step. */
static int update_policies(struct cpu *l, struct mc_learner_metrics *fig, struct mc_err *e)
{
	const struct mc_batch *x = &l->batch;
	const struct mc_policy_batch b = { .B = l->base.o.B, .o = x->o, .a = x->a, .I = l->I,
		.m = x->m, .penalty = l->base.o.penalty, .dI = l->dI, .silent = l->policy.silent };
	const struct mc_stgs_batch rounded = stgs_batch(l);
	const struct mc_act_batch present = { .n = l->base.o.B, .o = x->o, .I = l->I, .a = x->a };

	decide(l);
	if (l->base.o.joint)
		mc_actor_act(l->actor, &l->base.policy.p, &present, l->pool);
	fig->objective = mc_policy_gradient(l->policy_step, &l->base.policy.p, &l->base.critic.p, &b,
	    l->policy.part, l->pool);
	if (!isfinite(fig->objective))
		return mc_learner_diverged(e, MC_NET_POLICY, "the objective", l->k);
	if (l->stgs)
		mc_stgs_gradient(l->stgs, &l->base.comm.p, &rounded, l->comm.part, l->pool);
	if (optimise(l, &l->policy, &fig->policy_norm, e) < 0)
		return -1;
	return l->stgs ? optimise(l, &l->comm, &fig->comm_norm, e) : 0;
}

static int update(struct mc_learner *base, uint32_t k, struct mc_learner_metrics *fig, struct mc_err *e)
{
	struct cpu *l = of(base);

	l->k = k;
	sample(l);
	if (update_critic(l, fig, e) < 0)
		return -1;
	return update_policies(l, fig, e);
}

/* Nothing is known of what was written there. */
static void changed(struct mc_learner *base, int comm_alone)
{
	struct trained *t = &of(base)->policy;

	for (size_t k = 0; k < t->ranges && !comm_alone; k++)
		t->range[k].rests = 0;
}

static void decided(struct mc_learner *base, const mc_real **z, const uint8_t **I, const uint8_t **m)
{
	const struct cpu *l = of(base);

	*z = l->z;
	*I = l->I;
	*m = l->batch.m;
}

struct mc_learner *mc_learner_cpu_new(const struct mc_dims *dims, const struct mc_learner_opts *o,
    struct mc_pool *pool, struct mc_err *e)
{
	static const struct mc_learner_ops ops = { .free = cpu_free, .append = append, .transitions = transitions,
		.update = update, .decided = decided, .changed = changed };
	struct cpu *l = calloc(1, sizeof *l);

	if (!l) {
		(void)mc_err_nomem(e, "learner", sizeof *l);
		return NULL;
	}
	l->pool = pool;
	if (mc_learner_begin(&l->base, &ops, dims, o, e) < 0 || fill(l, e) < 0) {
		cpu_free(&l->base);
		return NULL;
	}
	return &l->base;
}
