#include "mc_learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_critic.h"
#include "mc_math.h"
#include "mc_optim.h"
#include "mc_policy.h"
#include "mc_replay.h"
#include "mc_rng.h"
#include "mc_stgs.h"

enum {
	SAMPLE = 64,     /* rows of a piece of sampling */
	CHUNK = 16384,   /* most elements of a piece of an optimiser step */
};

/* A piece of an optimiser step: elements of one tensor of one owner. */
struct range {
	size_t theta;        /* first element in the net's block */
	size_t grad;         /* first element in one gradient */
	size_t n;
	size_t owner;
	double sumsq;        /* of its gradient */
	int finite;          /* are its parameters and moments, after the step? */
};

/*
 * A net that is learned here: parameters, target, moments, and its gradient in parts. An
 * agent that has a net of its own is an owner; the critic and shared nets have one owner.
 * Another program's comm has parameters and target only.
 */
struct trained {
	struct mc_params p, target;
	struct mc_adam adam; /* policies, critic */
	mc_real *nu;         /* [size] RMSprop of comm under stgs; NULL: Adam */
	int ascend;
	double clip;         /* bound of each owner's norm; 0 = none */
	size_t owners, parts; /* parts of each owner's gradient */
	size_t one;          /* elements of one gradient */
	mc_real *part;       /* [owners,parts,one] */
	double *scale;       /* [owners] of the gradient, by clipping */
	struct range *range;
	size_t ranges;
};

struct mc_learner {
	struct mc_dims dims;
	struct mc_learner_opts o;
	struct mc_pool *pool;
	struct mc_arena arena;
	struct mc_replay *D;
	struct trained policy, critic, comm;
	int comm_known;      /* comm holds parameters, its target those that follow them */

	struct mc_actor *actor;
	struct mc_critic_step *critic_step;
	struct mc_policy_step *policy_step;
	struct mc_stgs *stgs; /* NULL but for stgs */
	uint32_t *word;      /* [B] replay draws */
	struct mc_batch batch;
	mc_real *u, *u_next; /* [B,N,d] draws of C^i (under stgs logistic noise) and C' */
	uint8_t *I, *I_next; /* [B,N,d] C^i and C' */
	mc_real *soft, *dI;  /* [B,N,d] under stgs: I before rounding; the objective's derivative */
	mc_real *z, *c;      /* [B,N,d] under stgs: logits and, for the figures, probabilities */
	mc_real *a_next;     /* [B,N,A] target policies' actions */
	mc_real *q_next, *y, *q; /* [B] */

	uint32_t k;          /* the iteration at work */
	struct trained *at_work;
};

void mc_learner_defaults(struct mc_learner_opts *o)
{
	*o = (struct mc_learner_opts){
		.decide = MC_LEARNED, .seed = 1, .B = 256, .replay = 1000000,
		.gamma = 0.95, .tau = 0.01,
		.lr_critic = 1e-3, .lr_policy = 1e-3, .b1 = 0.9, .b2 = 0.999, .adam_eps = 1e-8,
		.lr_comm = 1e-3, .rho = 0.9, .eps = 1e-8, .temp = 1,
		.scale_policy = 0.1, .scale_comm = 0.1,
	};
}

static int has_comm(const struct mc_learner *l)
{
	return l->o.decide == MC_LEARNED;
}

/* ---- making one ---- */

static void *take(struct mc_learner *l, size_t n, size_t size, struct mc_err *e)
{
	return mc_arena_alloc(&l->arena, n, size, "learner", e);
}

/* The ranges of all owners, tensor after tensor; with to = NULL they are counted. */
static size_t cut_ranges(const struct trained *t, struct range *to)
{
	const struct mc_params *p = &t->p;
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
					};
		}
	return n;
}

static int nets_new(struct mc_learner *l, struct trained *t, enum mc_net net, struct mc_err *e)
{
	if (mc_params_new(&t->p, net, &l->dims, &l->arena, e) < 0)
		return -1;
	return mc_params_new(&t->target, net, &l->dims, &l->arena, e);
}

/* Room for t's gradient; parts: of that of each of the N agents, or of the critic. */
static int gradient_new(struct mc_learner *l, struct trained *t, size_t parts, struct mc_err *e)
{
	const int critic = t->p.net == MC_NET_CRITIC;

	t->owners = t->p.P;
	t->parts = critic ? parts : parts * l->dims.N / t->p.P;
	t->one = t->p.size / t->p.P;
	t->ascend = !critic;
	t->ranges = cut_ranges(t, NULL);
	t->part = take(l, t->owners * t->parts * t->one, sizeof *t->part, e);
	t->scale = take(l, t->owners, sizeof *t->scale, e);
	t->range = take(l, t->ranges, sizeof *t->range, e);
	if (!t->part || !t->scale || !t->range)
		return -1;
	(void)cut_ranges(t, t->range);
	return 0;
}

static int adam_new(struct mc_learner *l, struct trained *t, double lr, double clip, struct mc_err *e)
{
	const struct mc_learner_opts *o = &l->o;

	t->clip = clip;
	t->adam = (struct mc_adam){ .lr = lr, .b1 = o->b1, .b2 = o->b2, .eps = o->adam_eps,
		.m = take(l, t->p.size, sizeof(mc_real), e),
		.v = take(l, t->p.size, sizeof(mc_real), e) };
	return t->adam.m && t->adam.v ? 0 : -1;
}

/* Communication nets of another program, or under stgs our own. */
static int comm_new(struct mc_learner *l, struct mc_err *e)
{
	const size_t pairs = l->o.B * l->dims.N * l->dims.d, R = sizeof(mc_real);
	struct trained *t = &l->comm;

	if (nets_new(l, t, MC_NET_COMM, e) < 0)
		return -1;
	if (!l->o.stgs)
		return 0;
	return gradient_new(l, t, mc_policy_parts(&l->dims, l->o.B), e) == 0 &&
	    (t->nu = take(l, t->p.size, R, e)) &&
	    (l->stgs = mc_stgs_new(&l->dims, l->o.B, mc_pool_threads(l->pool), &l->arena, e)) &&
	    (l->soft = take(l, pairs, R, e)) && (l->dI = take(l, pairs, R, e)) &&
	    (l->z = take(l, pairs, R, e)) && (l->c = take(l, pairs, R, e)) ? 0 : -1;
}

static int batch_new(struct mc_learner *l, struct mc_err *e)
{
	const size_t R = sizeof(mc_real), B = l->o.B, BN = B * l->dims.N;
	struct mc_batch *b = &l->batch;

	return (l->word = take(l, B, sizeof *l->word, e)) &&
	    (b->o = take(l, BN * l->dims.O, R, e)) && (b->o_next = take(l, BN * l->dims.O, R, e)) &&
	    (b->m = take(l, BN * l->dims.d, 1, e)) && (b->m_next = take(l, BN * l->dims.d, 1, e)) &&
	    (b->a = take(l, BN * l->dims.A, R, e)) && (b->r = take(l, B, R, e)) &&
	    (l->u = take(l, BN * l->dims.d, R, e)) && (l->u_next = take(l, BN * l->dims.d, R, e)) &&
	    (l->I = take(l, BN * l->dims.d, 1, e)) && (l->I_next = take(l, BN * l->dims.d, 1, e)) &&
	    (l->a_next = take(l, BN * l->dims.A, R, e)) && (l->q_next = take(l, B, R, e)) &&
	    (l->y = take(l, B, R, e)) && (l->q = take(l, B, R, e)) ? 0 : -1;
}

static int fill(struct mc_learner *l, struct mc_err *e)
{
	const struct mc_dims *x = &l->dims;
	const struct mc_learner_opts *o = &l->o;
	const int workers = mc_pool_threads(l->pool);

	if (nets_new(l, &l->policy, MC_NET_POLICY, e) < 0 ||
	    nets_new(l, &l->critic, MC_NET_CRITIC, e) < 0 ||
	    gradient_new(l, &l->policy, mc_policy_parts(x, o->B), e) < 0 ||
	    gradient_new(l, &l->critic, mc_critic_parts(o->B), e) < 0 ||
	    adam_new(l, &l->policy, o->lr_policy, o->clip_policy, e) < 0 ||
	    adam_new(l, &l->critic, o->lr_critic, o->clip_critic, e) < 0 ||
	    (has_comm(l) && comm_new(l, e) < 0))
		return -1;
	l->actor = mc_actor_new(x, o->B, workers, &l->arena, e);
	l->critic_step = mc_critic_step_new(x, o->B, workers, &l->arena, e);
	l->policy_step = mc_policy_step_new(x, o->B, workers, &l->arena, e);
	l->D = mc_replay_new(x, o->replay, e);
	return l->actor && l->critic_step && l->policy_step && l->D ? batch_new(l, e) : -1;
}

struct mc_learner *mc_learner_new(const struct mc_dims *dims, const struct mc_learner_opts *o,
    struct mc_pool *pool, struct mc_err *e)
{
	struct mc_learner *l = calloc(1, sizeof *l);

	if (!l) {
		(void)mc_err_nomem(e, "learner", sizeof *l);
		return NULL;
	}
	l->dims = *dims;
	l->o = *o;
	l->pool = pool;
	if (fill(l, e) < 0) {
		mc_learner_free(l);
		return NULL;
	}
	return l;
}

void mc_learner_free(struct mc_learner *l)
{
	if (!l)
		return;
	mc_replay_free(l->D);
	mc_arena_free(&l->arena);
	free(l);
}

/* ---- parameters ---- */

static void trained_init(struct trained *t, uint64_t seed, double last_scale)
{
	const size_t bytes = t->p.size * sizeof(mc_real);

	mc_params_init(&t->p, seed, last_scale);
	memcpy(t->target.v, t->p.v, bytes);
	if (t->nu) {
		memset(t->nu, 0, bytes);
	} else {
		memset(t->adam.m, 0, bytes);
		memset(t->adam.v, 0, bytes);
		t->adam.step = 0;
	}
}

void mc_learner_init(struct mc_learner *l)
{
	trained_init(&l->policy, l->o.seed, l->o.scale_policy);
	trained_init(&l->critic, l->o.seed, 1);
	if (l->stgs)
		trained_init(&l->comm, l->o.seed, l->o.scale_comm);
	l->comm_known = l->stgs != NULL;
}

struct mc_params *mc_learner_params(struct mc_learner *l, enum mc_net net, int target)
{
	if (net == MC_NET_POLICY)
		return target ? &l->policy.target : &l->policy.p;
	if (net == MC_NET_CRITIC)
		return target ? &l->critic.target : &l->critic.p;
	if (net == MC_NET_COMM && has_comm(l))
		return target ? &l->comm.target : &l->comm.p;
	return NULL;
}

void mc_learner_changed(struct mc_learner *l)
{
	l->comm_known = 1;
}

void mc_learner_take_comm(struct mc_learner *l, const mc_real *theta_c, int move)
{
	struct mc_params *p = &l->comm.p, *target = &l->comm.target;

	if (!has_comm(l))
		return;
	memcpy(p->v, theta_c, p->size * sizeof *theta_c);
	if (!l->comm_known)
		memcpy(target->v, theta_c, p->size * sizeof *theta_c);
	else if (move)
		mc_polyak(target->v, p->v, p->size, l->o.tau);
	l->comm_known = 1;
}

/* ---- the replay buffer ---- */

int mc_learner_append(struct mc_learner *l, const struct mc_traj *t, struct mc_err *e)
{
	const struct mc_dims *x = &l->dims, *y = &t->dims;

	if (x->N != y->N || x->d != y->d || x->T != y->T || x->O != y->O || x->A != y->A)
		return mc_err_set(e, MC_BUG, NULL, -1, NULL, "a trajectory of other dimensions for D");
	mc_replay_append(l->D, t);
	return 0;
}

size_t mc_learner_transitions(const struct mc_learner *l)
{
	return mc_replay_count(l->D);
}

int mc_learner_ready(const struct mc_learner *l)
{
	const size_t n = mc_replay_count(l->D);

	return n >= l->o.B && n >= l->o.warmup;
}

static void sample_piece(void *ctx, size_t piece, int worker)
{
	struct mc_learner *l = ctx;
	const size_t from = piece * SAMPLE, rest = l->o.B - from, n = rest < SAMPLE ? rest : SAMPLE;
	const size_t Nd = l->dims.N * l->dims.d, at = from * Nd;

	(void)worker;
	mc_replay_sample(l->D, l->word, from, n, &l->batch);
	if (l->o.decide != MC_LEARNED)
		return;
	mc_rng_uniform(l->u_next + at, at, n * Nd, l->o.seed, MC_RNG_ASK_TARGET, l->k, 0);
	if (l->stgs)
		mc_rng_logistic(l->u + at, at, n * Nd, l->o.seed, MC_RNG_LOGISTIC, l->k, 0);
	else
		mc_rng_uniform(l->u + at, at, n * Nd, l->o.seed, MC_RNG_ASK_POLICY, l->k, 0);
}

static void sample(struct mc_learner *l)
{
	mc_rng_word(l->word, 0, l->o.B, l->o.seed, MC_RNG_BATCH, l->k, 0);
	mc_pool_run(l->pool, sample_piece, l, (l->o.B + SAMPLE - 1) / SAMPLE);
}

/* ---- optimiser steps ---- */

static void add_to(mc_real *restrict sum, const mc_real *restrict x, size_t n)
{
	for (size_t k = 0; k < n; k++)
		sum[k] += x[k];
}

/* The sum of the parts, in their order, where the first one was. */
static mc_real *add_parts(const struct trained *t, const struct range *r)
{
	mc_real *sum = t->part + r->owner * t->parts * t->one + r->grad;

	for (size_t p = 1; p < t->parts; p++)
		add_to(sum, sum + p * t->one, r->n);
	return sum;
}

/* Adam or RMSprop, and then the target's step (section 3, step 6), while all is near. */
static void apply(const struct mc_learner *l, const struct trained *t, struct range *r, mc_real *grad)
{
	const struct mc_learner_opts *o = &l->o;
	struct mc_adam adam = t->adam;
	mc_real *theta = t->p.v + r->theta;

	if (!t->nu) {
		adam.m += r->theta;
		adam.v += r->theta;
	}
	if (t->scale[r->owner] < 1)
		for (size_t k = 0; k < r->n; k++)
			grad[k] *= (mc_real)t->scale[r->owner];
	if (t->nu)
		mc_rmsprop_step(theta, t->nu + r->theta, grad, r->n, o->lr_comm, o->rho, o->eps);
	else
		mc_adam_range(&adam, t->adam.step + 1, theta, grad, 0, r->n, t->ascend);
	mc_polyak(t->target.v + r->theta, theta, r->n, o->tau);
	r->finite = mc_all_finite(theta, r->n) && mc_all_finite(t->nu ? t->nu + r->theta : adam.v, r->n);
}

static void add_piece(void *ctx, size_t piece, int worker)
{
	const struct mc_learner *l = ctx;
	const struct trained *t = l->at_work;
	struct range *r = &t->range[piece];
	mc_real *grad = add_parts(t, r);

	(void)worker;
	r->sumsq = mc_sumsq(grad, r->n);
	if (!(t->clip > 0))
		apply(l, t, r, grad);
}

static void clipped_piece(void *ctx, size_t piece, int worker)
{
	const struct mc_learner *l = ctx;
	const struct trained *t = l->at_work;
	struct range *r = &t->range[piece];

	(void)worker;
	apply(l, t, r, t->part + r->owner * t->parts * t->one + r->grad);
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

static int diverged(struct mc_err *e, enum mc_net net, const char *what, uint32_t k)
{
	return mc_err_set(e, MC_DATA, mc_net_name(net), -1,
	    "the last checkpoint stands; try a lower learning rate",
	    "%s is not finite at iteration %u", what, (unsigned)k);
}

/* One step of t from its gradient's parts. MC_DATA when numbers are no longer finite. */
static int optimise(struct mc_learner *l, struct trained *t, double *norm, struct mc_err *e)
{
	char where[40] = "";

	l->at_work = t;
	for (size_t owner = 0; owner < t->owners; owner++)
		t->scale[owner] = 1;
	mc_pool_run(l->pool, add_piece, l, t->ranges);
	*norm = clip(t);
	if (!isfinite(*norm))
		return diverged(e, t->p.net, "the gradient", l->k);
	if (t->clip > 0)
		mc_pool_run(l->pool, clipped_piece, l, t->ranges);
	t->adam.step++;
	for (size_t k = 0; k < t->ranges; k++)
		if (!t->range[k].finite)
			return diverged(e, t->p.net, mc_params_finite(&t->p, where, sizeof where) ?
			    "the gradient's second moment" : where, l->k);
	return 0;
}

/* ---- one update ---- */

/* Eq. (1): section 3, step 3 */
static int update_critic(struct mc_learner *l, struct mc_learner_figures *fig, struct mc_err *e)
{
	const struct mc_batch *x = &l->batch;
	const struct mc_critic_batch b = { .B = l->o.B, .o = x->o, .a = x->a, .r = x->r,
		.o_next = x->o_next, .a_next = l->a_next, .gamma = l->o.gamma,
		.q_next = l->q_next, .y = l->y, .q = l->q };

	mc_actor_decide(l->actor, l->o.decide, &l->comm.target, l->o.B, x->o_next, x->m_next, l->u_next,
	    NULL, NULL, l->I_next, l->pool);
	mc_actor_act(l->actor, &l->policy.target, l->o.B, x->o_next, l->I_next, l->a_next, l->pool);
	fig->critic_loss = mc_critic_gradient(l->critic_step, &l->critic.p, &l->critic.target, &b,
	    l->critic.part, &fig->q_mean, l->pool);
	if (!isfinite(fig->critic_loss))
		return diverged(e, MC_NET_CRITIC, "the loss", l->k);
	return optimise(l, &l->critic, &fig->critic_norm, e);
}

/* C^i: sampled, or under stgs rounded from what has a derivative */
static void decide(struct mc_learner *l)
{
	const struct mc_batch *x = &l->batch;

	if (l->stgs)
		mc_stgs_decide(l->stgs, &l->comm.p, l->o.B, x->o, x->m, l->u, l->o.temp, l->I, l->soft,
		    l->z, l->pool);
	else
		mc_actor_decide(l->actor, l->o.decide, &l->comm.p, l->o.B, x->o, x->m, l->u,
		    NULL, NULL, l->I, l->pool);
}

/* Eq. (3): section 3, step 4; under stgs step 5 too, both gradients before either step. */
static int update_policies(struct mc_learner *l, struct mc_learner_figures *fig, struct mc_err *e)
{
	const struct mc_batch *x = &l->batch;
	const struct mc_policy_batch b = { .B = l->o.B, .o = x->o, .a = x->a, .I = l->I,
		.m = x->m, .dI = l->dI };

	decide(l);
	fig->objective = mc_policy_gradient(l->policy_step, &l->policy.p, &l->critic.p, &b,
	    l->policy.part, l->pool);
	if (!isfinite(fig->objective))
		return diverged(e, MC_NET_POLICY, "the objective", l->k);
	if (l->stgs)
		mc_stgs_gradient(l->stgs, &l->comm.p, l->dI, l->comm.part, l->pool);
	if (optimise(l, &l->policy, &fig->policy_norm, e) < 0)
		return -1;
	return l->stgs ? optimise(l, &l->comm, &fig->comm_norm, e) : 0;
}

void mc_learner_comm_stats(struct mc_learner *l, struct mc_comm_stats *s, mc_real *c_pair,
    mc_real *asked_pair)
{
	const size_t pairs = l->dims.N * l->dims.d;

	mc_vec_sigmoid(l->c, l->z, l->o.B * pairs);
	mc_comm_stats(s, l->z, l->c, l->batch.m, l->o.B * pairs);
	mc_comm_pairs(c_pair, asked_pair, l->c, l->I, l->batch.m, l->o.B, pairs);
}

int mc_learner_update(struct mc_learner *l, uint32_t k, struct mc_learner_figures *fig, struct mc_err *e)
{
	*fig = (struct mc_learner_figures){ NAN, NAN, NAN, NAN, NAN, NAN };
	if (!mc_learner_ready(l))
		return 0;
	if (has_comm(l) && !l->comm_known)
		return mc_err_set(e, MC_BUG, "comm", -1, NULL, "an update before the first parameters");
	l->k = k;
	sample(l);
	if (update_critic(l, fig, e) < 0)
		return -1;
	return update_policies(l, fig, e);
}

/* ---- state ---- */

static void adam_pack(struct mc_fb *b, const char *key, const struct trained *t)
{
	mc_fb_map(b, key);
	mc_fb_int(b, "step", t->adam.step);
	mc_params_pack(b, "m", &t->p, t->adam.m);
	mc_params_pack(b, "v", &t->p, t->adam.v);
	mc_fb_close(b);
}

static int adam_unpack(const struct mc_map *state, const char *key, struct trained *t, struct mc_err *e)
{
	struct mc_map map;

	if (mc_map_map(state, key, &map, e) < 0 || mc_map_int(&map, "step", &t->adam.step, e) < 0 ||
	    mc_params_unpack(&map, "m", &t->p, t->adam.m, e) < 0 ||
	    mc_params_unpack(&map, "v", &t->p, t->adam.v, e) < 0)
		return -1;
	if (t->adam.step < 0)
		return mc_err_set(e, MC_DATA, map.path, -1, NULL, "step is negative");
	return 0;
}

void mc_learner_state_pack(struct mc_fb *b, struct mc_learner *l)
{
	adam_pack(b, "policy", &l->policy);
	adam_pack(b, "critic", &l->critic);
	if (l->stgs) {
		mc_fb_map(b, "comm");
		mc_params_pack(b, "nu", &l->comm.p, l->comm.nu);
		mc_fb_close(b);
	}
}

int mc_learner_state_unpack(const struct mc_map *state, struct mc_learner *l, struct mc_err *e)
{
	struct mc_map map;

	if (adam_unpack(state, "policy", &l->policy, e) < 0 ||
	    adam_unpack(state, "critic", &l->critic, e) < 0)
		return -1;
	if (!l->stgs)
		return 0;
	if (mc_map_map(state, "comm", &map, e) < 0)
		return -1;
	return mc_params_unpack(&map, "nu", &l->comm.p, l->comm.nu, e);
}
