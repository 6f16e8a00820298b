#include "mc_policy_step.h"

#include <string.h>

#include "mc_critic.h"
#include "mc_policy.h"
#include "mc_team.h"

/* A part of a team's gradient is worth its adding up from so many rows on. */
enum { PIECES = 12, TEAM_PART = 384 };

struct worker {
	struct mc_policy_work *policy; /* or */
	struct mc_team_work *team;
	struct mc_critic_work *critic;
	mc_real *a, *da, *q;          /* [rows,A], [rows,A], [rows] of the block at work */
	mc_real *a_team, *da_team;    /* [rows,N,A] */
};

struct mc_policy_step {
	struct mc_dims dims;
	struct mc_params one;         /* layout of one agent's gradient */
	int team;                     /* 1 = a part holds all agents; 0 = it is of one */
	size_t rows;                  /* most rows of a block of one agent */
	size_t parts, of_agent;       /* of each net's gradient; of them, how many an agent is in */
	struct worker *worker;
	mc_real *z1;                  /* [B,mc_critic_first_size] */
	double *sum;                  /* [N,of_agent] of q */
};

/* One call: its pieces are blocks for z1, then parts. */
struct job {
	const struct mc_policy_step *s;
	const struct mc_params *policy;
	struct mc_critic_net critic;
	const struct mc_policy_batch *b;
	mc_real *grad;
};

/* n reals of the arena at *p; 0 if there is no memory. */
static int take(mc_real **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "policy step", e);
	return *p != NULL;
}

/*
 * With few agents their blocks are pieces of their own, so that the pieces keep several
 * CPUs busy; with many an agent is one piece, which saves gradients to add up.
 */
static size_t parts_of_agent(const struct mc_dims *dims, size_t B)
{
	const size_t rows = mc_policy_rows(dims), blocks = (B + rows - 1) / rows;
	const size_t want = (PIECES + dims->N - 1) / dims->N;

	return blocks < want ? blocks : want;
}

static size_t parts_of_team(const struct mc_dims *dims, size_t B)
{
	const size_t parts = B * dims->N / TEAM_PART;

	return parts < 1 ? 1 : parts < PIECES ? parts : PIECES;
}

static int is_team(const struct mc_dims *dims, int gated)
{
	return !gated && mc_team_fits(dims);
}

size_t mc_policy_parts(const struct mc_dims *dims, size_t B, int gated)
{
	return is_team(dims, gated) ? parts_of_team(dims, B) : parts_of_agent(dims, B) * (dims->share ? dims->N : 1);
}

static int worker_new(struct worker *w, const struct mc_policy_step *s, size_t B, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_dims *x = &s->dims;
	const size_t rows = s->team ? B : s->rows;

	if (s->team && (!(w->team = mc_team_work_new(x, B, arena, e)) ||
	    !take(&w->a_team, B * x->N * x->A, arena, e) || !take(&w->da_team, B * x->N * x->A, arena, e)))
		return -1;
	if (!s->team && !(w->policy = mc_policy_work_new(x, s->rows, arena, e)))
		return -1;
	return (w->critic = mc_critic_work_new(x, rows, arena, e)) && take(&w->a, rows * x->A, arena, e) &&
	    take(&w->da, rows * x->A, arena, e) && take(&w->q, rows, arena, e) ? 0 : -1;
}

struct mc_policy_step *mc_policy_step_new(const struct mc_dims *dims, size_t B, int gated, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_policy_step *s = mc_arena_alloc(arena, 1, sizeof *s, "policy step", e);

	if (!s)
		return NULL;
	struct mc_dims one = *dims;
	one.share = 1;
	mc_params_layout(&s->one, MC_NET_POLICY, &one);
	s->dims = *dims;
	s->team = is_team(dims, gated);
	s->rows = mc_policy_rows(dims);
	s->parts = mc_policy_parts(dims, B, gated);
	s->of_agent = s->team ? s->parts : parts_of_agent(dims, B);
	s->worker = mc_arena_alloc(arena, (size_t)workers, sizeof *s->worker, "policy step", e);
	s->sum = mc_arena_alloc(arena, dims->N * s->of_agent, sizeof *s->sum, "policy step", e);
	if (!s->worker || !s->sum || !take(&s->z1, B * mc_critic_first_size(dims), arena, e))
		return NULL;
	for (int i = 0; i < workers; i++)
		if (worker_new(&s->worker[i], s, B, arena, e) < 0)
			return NULL;
	return s;
}

static size_t blocks_of(const struct mc_policy_step *s, const struct mc_policy_batch *b)
{
	return (b->B + s->rows - 1) / s->rows;
}

/* Rows of a block, from its first. */
static size_t rows_from(const struct job *j, size_t from)
{
	const size_t rest = j->b->B - from;

	return rest < j->s->rows ? rest : j->s->rows;
}

static void first_piece(void *ctx, size_t block, int worker)
{
	const struct job *j = ctx;
	const struct mc_dims *x = &j->s->dims;
	const size_t from = block * j->s->rows;

	mc_critic_first(j->s->worker[worker].critic, &j->critic, rows_from(j, from), j->b->o + from * x->N * x->O,
	    j->b->a + from * x->N * x->A, j->s->z1 + from * mc_critic_first_size(x));
}

/* What was asked for beside the gradient. */
static void hand_out(const struct mc_policy_batch *b, const struct mc_dims *x, size_t i, size_t from,
    size_t n, const struct worker *w)
{
	for (size_t k = 0; k < n; k++) {
		const size_t to = ((from + k) * x->N + i) * x->A;

		if (b->a_pi)
			memcpy(b->a_pi + to, w->a + k * x->A, x->A * sizeof *w->a);
		if (b->da)
			memcpy(b->da + to, w->da + k * x->A, x->A * sizeof *w->da);
		if (b->q)
			b->q[i * b->B + from + k] = w->q[k];
	}
}

/* Q and its derivative where agent i does what is in w->a. The sum of q. */
static double through_q(const struct job *j, const struct worker *w, size_t i, size_t from, size_t n)
{
	const struct mc_policy_batch *b = j->b;
	const struct mc_dims *x = &j->s->dims;
	double sum = 0;

	mc_critic_action(w->critic, &j->critic, i, n, j->s->z1 + from * mc_critic_first_size(x), b->a + from * x->N * x->A, w->a,
	    1 / (mc_real)b->B, w->q, w->da);
	hand_out(b, x, i, from, n, w);
	for (size_t k = 0; k < n; k++)
		sum += (double)w->q[k];
	return sum;
}

static mc_real penalty_of(const struct job *j)
{
	return (mc_real)(2 * j->b->penalty / (double)(j->b->B * j->s->dims.A));
}

/* fresh: the next backward pass makes the gradient, later ones add to it. */
static void begin_gradient(struct mc_policy_net *g, int fresh)
{
	g->fresh = fresh;
	mc_mlp_fresh(&g->mlp, fresh);
}

/* After a backward pass, which had messages or had none. */
static void add_from_now_on(struct mc_policy_net *g, int messages)
{
	if (messages)
		g->fresh = 0;
	mc_mlp_fresh(&g->mlp, 0);
}

/* Gradient `part`, after the last of its blocks. */
static void end_gradient(const struct job *j, const struct mc_policy_net *g, size_t part)
{
	if (j->b->silent)
		j->b->silent[part] = (uint8_t)g->fresh;
	else if (g->fresh)
		mc_policy_no_messages(g);
}

/* Rows from ... from+n-1 of agent i: forward, its objective's derivative, backward. The sum of q. */
static double one_block(const struct job *j, const struct worker *w,
    const struct mc_policy_net *net, struct mc_policy_net *g, size_t from, size_t n)
{
	const struct mc_policy_batch *b = j->b;
	const struct mc_dims *x = &j->s->dims;
	const size_t pairs = from * x->N * x->d;
	const mc_real *o = b->o + from * x->N * x->O;

	/* gated: the straight-through pass of mc_stgs */
	if (b->dI)
		mc_policy_forward_gated(w->policy, net, n, o, b->m + pairs, b->I + pairs, w->a, x->A);
	else
		mc_policy_forward(w->policy, net, n, o, b->I + pairs, w->a, x->A);
	const double sum = through_q(j, w, net->agent, from, n);

	mc_policy_penalise(w->policy, penalty_of(j));
	add_from_now_on(g, b->dI ? mc_policy_backward_gated(w->policy, net, g, w->da, b->dI + pairs) :
	    mc_policy_backward(w->policy, net, g, w->da));
	return sum;
}

static void policy_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;
	const struct mc_policy_step *s = j->s;
	const size_t i = piece / s->of_agent, part = piece % s->of_agent, blocks = blocks_of(s, j->b);
	const struct mc_policy_net net = mc_policy_at(j->policy, j->policy->v, &s->dims, i);
	struct mc_policy_net g = mc_policy_at(&s->one, j->grad + piece * s->one.size, &s->dims, 0);

	begin_gradient(&g, 1);
	s->sum[piece] = 0;
	for (size_t block = part * blocks / s->of_agent; block < (part + 1) * blocks / s->of_agent; block++) {
		const size_t from = block * s->rows;

		s->sum[piece] += one_block(j, &s->worker[worker], &net, &g, from, rows_from(j, from));
	}
	end_gradient(j, &g, piece);
}

/* Column i of the team's actions, and back. */
static void pick(mc_real *a, const mc_real *team, const struct mc_dims *x, size_t i, size_t n)
{
	for (size_t k = 0; k < n; k++)
		memcpy(a + k * x->A, team + (k * x->N + i) * x->A, x->A * sizeof *a);
}

static void put(mc_real *team, const mc_real *a, const struct mc_dims *x, size_t i, size_t n)
{
	for (size_t k = 0; k < n; k++)
		memcpy(team + (k * x->N + i) * x->A, a + k * x->A, x->A * sizeof *a);
}

/* Rows from ... from+n-1 of all agents; the sums of q are added to those of `part`. */
static void team_block(const struct job *j, const struct worker *w, struct mc_policy_net *g, size_t part,
    size_t from, size_t n)
{
	const struct mc_policy_batch *b = j->b;
	const struct mc_dims *x = &j->s->dims;

	mc_team_forward(w->team, n, b->o + from * x->N * x->O, b->I + from * x->N * x->d, NULL, 1, w->a_team);
	for (size_t i = 0; i < x->N; i++) {
		pick(w->a, w->a_team, x, i, n);
		j->s->sum[i * j->s->parts + part] += through_q(j, w, i, from, n);
		put(w->da_team, w->da, x, i, n);
	}
	add_from_now_on(g, mc_team_backward(w->team, g, w->da_team, penalty_of(j)));
}

static void team_piece(void *ctx, size_t part, int worker)
{
	const struct job *j = ctx;
	const struct mc_policy_step *s = j->s;
	const struct worker *w = &s->worker[worker];
	const size_t to = (part + 1) * j->b->B / s->parts, pairs = s->dims.N * s->dims.d;
	const struct mc_policy_net net = mc_policy_at(j->policy, j->policy->v, &s->dims, 0);
	struct mc_policy_net g = mc_policy_at(&s->one, j->grad + part * s->one.size, &s->dims, 0);

	begin_gradient(&g, 1);
	mc_team_use(w->team, &net);
	for (size_t i = 0; i < s->dims.N; i++)
		s->sum[i * s->parts + part] = 0;
	for (size_t n, from = part * j->b->B / s->parts; from < to; from += n) {
		n = mc_team_rows(w->team, j->b->I + from * pairs, to - from);
		team_block(j, w, &g, part, from, n);
	}
	end_gradient(j, &g, part);
}

double mc_policy_gradient(struct mc_policy_step *s, const struct mc_params *policy,
    const struct mc_params *critic, const struct mc_policy_batch *b, mc_real *grad,
    struct mc_pool *pool)
{
	struct job j = { .s = s, .policy = policy, .critic = mc_critic_at(critic, critic->v, &s->dims), .b = b,
		.grad = grad };
	double mean = 0;

	mc_pool_run(pool, first_piece, &j, blocks_of(s, b));
	if (s->team)
		mc_pool_run(pool, team_piece, &j, s->parts);
	else
		mc_pool_run(pool, policy_piece, &j, s->dims.N * s->of_agent);
	for (size_t i = 0; i < s->dims.N; i++) {
		double sum = 0;

		for (size_t p = 0; p < s->of_agent; p++)
			sum += s->sum[i * s->of_agent + p];
		if (b->objective)
			b->objective[i] = sum / (double)b->B;
		mean += sum / (double)b->B / (double)s->dims.N;
	}
	return mean;
}
