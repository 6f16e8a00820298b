#include "mc_policy_step.h"

#include <string.h>

#include "mc_critic.h"
#include "mc_policy.h"

enum { PIECES = 12 };

struct worker {
	struct mc_policy_work *policy;
	struct mc_critic_work *critic;
	mc_real *a, *da, *q;          /* [rows,A], [rows,A], [rows] of the block at work */
};

struct mc_policy_step {
	struct mc_dims dims;
	struct mc_params one;         /* layout of one agent's gradient */
	size_t rows, parts;
	struct worker *worker;
	mc_real *z1;                  /* [B,H] */
	double *sum;                  /* [N*parts] of q */
};

/* One call: its pieces are blocks for z1, then agent * parts + part. */
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
size_t mc_policy_parts(const struct mc_dims *dims, size_t B)
{
	const size_t rows = mc_policy_rows(dims), blocks = (B + rows - 1) / rows;
	const size_t want = (PIECES + dims->N - 1) / dims->N;

	return blocks < want ? blocks : want;
}

struct mc_policy_step *mc_policy_step_new(const struct mc_dims *dims, size_t B, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_policy_step *s = mc_arena_alloc(arena, 1, sizeof *s, "policy step", e);

	if (!s)
		return NULL;
	struct mc_dims one = *dims;
	one.share = 1;
	mc_params_layout(&s->one, MC_NET_POLICY, &one);
	s->dims = *dims;
	s->rows = mc_policy_rows(dims);
	s->parts = mc_policy_parts(dims, B);
	s->worker = mc_arena_alloc(arena, (size_t)workers, sizeof *s->worker, "policy step", e);
	s->sum = mc_arena_alloc(arena, dims->N * s->parts, sizeof *s->sum, "policy step", e);
	if (!s->worker || !s->sum || !take(&s->z1, B * dims->H, arena, e))
		return NULL;
	for (int i = 0; i < workers; i++) {
		struct worker *w = &s->worker[i];

		if (!(w->policy = mc_policy_work_new(dims, s->rows, arena, e)) ||
		    !(w->critic = mc_critic_work_new(dims, s->rows, arena, e)) ||
		    !take(&w->a, s->rows * dims->A, arena, e) ||
		    !take(&w->da, s->rows * dims->A, arena, e) || !take(&w->q, s->rows, arena, e))
			return NULL;
	}
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

	(void)worker;
	mc_critic_first(&j->critic, rows_from(j, from), j->b->o + from * x->N * x->O, j->b->a + from * x->N * x->A,
	    j->s->z1 + from * x->H);
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

/* Rows from ... from+n-1 of agent i: forward, its objective's derivative, backward. The sum of q. */
static double one_block(const struct job *j, const struct worker *w,
    const struct mc_policy_net *net, const struct mc_policy_net *g, size_t from, size_t n)
{
	const struct mc_policy_batch *b = j->b;
	const struct mc_dims *x = &j->s->dims;
	const size_t pairs = from * x->N * x->d;
	const mc_real *o = b->o + from * x->N * x->O, *a = b->a + from * x->N * x->A;
	double sum = 0;

	/* gated: the straight-through pass of mc_stgs */
	if (b->dI)
		mc_policy_forward_gated(w->policy, net, n, o, b->m + pairs, b->I + pairs, w->a, x->A);
	else
		mc_policy_forward(w->policy, net, n, o, b->I + pairs, w->a, x->A);
	mc_critic_action(w->critic, &j->critic, net->agent, n, j->s->z1 + from * x->H, a, w->a,
	    1 / (mc_real)b->B, w->q, w->da);
	mc_policy_penalise(w->policy, (mc_real)(2 * b->penalty / (double)(b->B * x->A)));
	if (b->dI)
		mc_policy_backward_gated(w->policy, net, g, w->da, b->dI + pairs);
	else
		mc_policy_backward(w->policy, net, g, w->da);
	hand_out(b, x, net->agent, from, n, w);
	for (size_t k = 0; k < n; k++)
		sum += (double)w->q[k];
	return sum;
}

/* fresh: the next backward pass makes the gradient, later ones add to it. */
static void begin_gradient(struct mc_policy_net *g, int fresh)
{
	g->fresh = fresh;
	mc_mlp_fresh(&g->mlp, fresh);
}

static void policy_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;
	const struct mc_policy_step *s = j->s;
	const size_t i = piece / s->parts, part = piece % s->parts, blocks = blocks_of(s, j->b);
	const struct mc_policy_net net = mc_policy_at(j->policy, j->policy->v, &s->dims, i);
	mc_real *grad = j->grad + piece * s->one.size;
	struct mc_policy_net g = mc_policy_at(&s->one, grad, &s->dims, 0);

	begin_gradient(&g, 1);
	s->sum[piece] = 0;
	for (size_t block = part * blocks / s->parts; block < (part + 1) * blocks / s->parts; block++) {
		const size_t from = block * s->rows;

		s->sum[piece] += one_block(j, &s->worker[worker], &net, &g, from, rows_from(j, from));
		begin_gradient(&g, 0);
	}
}

double mc_policy_gradient(struct mc_policy_step *s, const struct mc_params *policy,
    const struct mc_params *critic, const struct mc_policy_batch *b, mc_real *grad,
    struct mc_pool *pool)
{
	struct job j = { .s = s, .policy = policy, .critic = mc_critic_at(critic, critic->v, &s->dims), .b = b,
		.grad = grad };
	double mean = 0;

	mc_pool_run(pool, first_piece, &j, blocks_of(s, b));
	mc_pool_run(pool, policy_piece, &j, s->dims.N * s->parts);
	for (size_t i = 0; i < s->dims.N; i++) {
		double sum = 0;

		for (size_t p = 0; p < s->parts; p++)
			sum += s->sum[i * s->parts + p];
		if (b->objective)
			b->objective[i] = sum / (double)b->B;
		mean += sum / (double)b->B / (double)s->dims.N;
	}
	return mean;
}
