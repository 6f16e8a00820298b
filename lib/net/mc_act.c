#include "mc_act.h"

#include <string.h>

#include "mc_math.h"
#include "mc_mlp.h"
#include "mc_policy.h"

/* Scratch memory of one worker: the communication net's layers and the policy's. */
struct scratch {
	mc_real *y0, *y1;     /* [rows,H] */
	mc_real *z, *c;       /* [rows,d] */
	struct mc_policy_work *policy;
};

struct mc_actor {
	struct mc_dims dims;
	size_t rows;          /* of a piece */
	struct scratch *scratch;
	/* the call in progress */
	struct mc_params comm, policy;
	size_t n, blocks;
	const mc_real *o, *u;
	const uint8_t *m, *asked, *src;
	mc_real *c, *z, *a;
	uint8_t *I;
};

static int scratch_new(struct scratch *s, const struct mc_dims *x, size_t rows,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t R = sizeof(mc_real);

	return (s->y0 = mc_arena_alloc(arena, rows * x->H, R, "actor", e)) &&
	    (s->y1 = mc_arena_alloc(arena, rows * x->H, R, "actor", e)) &&
	    (s->z = mc_arena_alloc(arena, rows * x->d, R, "actor", e)) &&
	    (s->c = mc_arena_alloc(arena, rows * x->d, R, "actor", e)) &&
	    (s->policy = mc_policy_work_new(x, rows, arena, e)) ? 0 : -1;
}

struct mc_actor *mc_actor_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t rows = mc_policy_rows(dims);
	struct mc_actor *x = mc_arena_alloc(arena, 1, sizeof *x, "actor", e);

	if (!x || !(x->scratch = mc_arena_alloc(arena, (size_t)workers, sizeof *x->scratch, "actor", e)))
		return NULL;
	x->dims = *dims;
	x->rows = rows < max ? rows : max;
	for (int i = 0; i < workers; i++)
		if (scratch_new(&x->scratch[i], dims, x->rows, arena, e) < 0)
			return NULL;
	return x;
}

/* Piece = agent * blocks + block. The first row of the block, and its rows in *n. */
static size_t block_of(const struct mc_actor *x, size_t piece, size_t *n)
{
	const size_t from = piece % x->blocks * x->rows;

	*n = x->n - from < x->rows ? x->n - from : x->rows;
	return from;
}

static size_t cut(struct mc_actor *x, size_t n)
{
	x->n = n;
	x->blocks = (n + x->rows - 1) / x->rows;
	return x->blocks * x->dims.N;
}

/* ---- decisions ---- */

/* z [n,d] = the communication net of agent i at o^i */
static void logits(const struct mc_actor *x, struct scratch *s, size_t i, size_t from, size_t n)
{
	const size_t O = x->dims.O, NO = x->dims.N * O;
	const struct mc_mlp net = mc_mlp_at(&x->comm, x->comm.v, i);
	const struct mc_mlp_hidden hidden = { .h = { s->y0, s->y1 } };

	mc_mlp_forward(&net, n, x->o + from * NO + i * O, NO, &hidden, s->z, x->dims.d);
}

static void decide_piece(void *ctx, size_t piece, int worker)
{
	const struct mc_actor *x = ctx;
	struct scratch *s = &x->scratch[worker];
	const size_t N = x->dims.N, d = x->dims.d, i = piece / x->blocks;
	size_t n;
	const size_t from = block_of(x, piece, &n);

	logits(x, s, i, from, n);
	mc_vec_sigmoid(s->c, s->z, n * d);
	for (size_t b = 0; b < n; b++) {
		const size_t at = ((from + b) * N + i) * d;
		const mc_real *c = s->c + b * d;

		for (size_t j = 0; j < d; j++)
			x->I[at + j] = x->m[at + j] && x->u[at + j] < c[j];
		if (x->c)
			memcpy(x->c + at, c, d * sizeof *c);
		if (x->z)
			memcpy(x->z + at, s->z + b * d, d * sizeof *c);
	}
}

static void decide_alike(const struct mc_actor *x, enum mc_decide how, size_t n, const uint8_t *m,
    uint8_t *I)
{
	const size_t pairs = n * x->dims.N * x->dims.d;

	if (how == MC_NONE)
		memset(I, 0, pairs);
	else
		memcpy(I, m, pairs);
}

void mc_actor_decide(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm, size_t n,
    const mc_real *o, const uint8_t *m, const mc_real *u,
    mc_real *c, mc_real *z, uint8_t *I, struct mc_pool *pool)
{
	if (how != MC_LEARNED) {
		decide_alike(x, how, n, m, I);
		return;
	}
	x->comm = *comm;
	x->o = o;
	x->m = m;
	x->u = u;
	x->c = c;
	x->z = z;
	x->I = I;
	mc_pool_run(pool, decide_piece, x, cut(x, n));
}

/* ---- actions ---- */

static void act_piece(void *ctx, size_t piece, int worker)
{
	const struct mc_actor *x = ctx;
	const struct mc_dims *k = &x->dims;
	const size_t i = piece / x->blocks;
	const struct mc_policy_net net = mc_policy_at(&x->policy, x->policy.v, k, i);
	size_t n;
	const size_t from = block_of(x, piece, &n);

	mc_policy_act(x->scratch[worker].policy, &net, n, x->o + from * k->N * k->O,
	    x->asked + from * k->N * k->d, x->src ? x->src + from * k->N * k->d : NULL,
	    x->a + (from * k->N + i) * k->A, k->N * k->A);
}

void mc_actor_act_from(struct mc_actor *x, const struct mc_params *policy, size_t n,
    const mc_real *o, const uint8_t *I, const uint8_t *src, mc_real *a, struct mc_pool *pool)
{
	x->policy = *policy;
	x->o = o;
	x->asked = I;
	x->src = src;
	x->a = a;
	mc_pool_run(pool, act_piece, x, cut(x, n));
}

void mc_actor_act(struct mc_actor *x, const struct mc_params *policy, size_t n,
    const mc_real *o, const uint8_t *I, mc_real *a, struct mc_pool *pool)
{
	mc_actor_act_from(x, policy, n, o, I, NULL, a, pool);
}

/* ---- both ---- */

/* An agent's action depends on its own decisions only: no other piece need be waited for. */
static void decide_and_act_piece(void *ctx, size_t piece, int worker)
{
	decide_piece(ctx, piece, worker);
	act_piece(ctx, piece, worker);
}

void mc_actor_step(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm,
    const struct mc_params *policy, size_t n, const mc_real *o, const uint8_t *m, const mc_real *u,
    mc_real *c, uint8_t *I, mc_real *a, struct mc_pool *pool)
{
	if (how != MC_LEARNED) {
		decide_alike(x, how, n, m, I);
		mc_actor_act(x, policy, n, o, I, a, pool);
		return;
	}
	x->comm = *comm;
	x->policy = *policy;
	x->o = o;
	x->m = m;
	x->u = u;
	x->c = c;
	x->z = NULL;
	x->I = I;
	x->asked = I;
	x->src = NULL;
	x->a = a;
	mc_pool_run(pool, decide_and_act_piece, x, cut(x, n));
}
