#include "mc_act.h"

#include <string.h>

#include "mc_math.h"
#include "mc_mlp.h"
#include "mc_policy.h"
#include "mc_team.h"

/* Scratch memory of one worker: the communication net's layers and the policy's. */
struct scratch {
	mc_real *y0, *y1;     /* [rows,H] */
	mc_real *z, *c;       /* [rows,d] */
	struct mc_policy_work *policy; /* or */
	struct mc_team_work *team;
};

struct mc_actor {
	struct mc_dims dims;
	int team;             /* 1 = a piece holds all agents (mc_team.h); 0 = it is of one */
	size_t rows;          /* most joint observations of a piece */
	int turn;             /* of the last call: 1 = its pieces were taken from the last to the first */
	int held;             /* 1 = the teams have their net already (mc_actor_hold) */
	int workers;
	struct scratch *scratch; /* one for each worker */
};

/* One call: its pieces are agent * blocks + block; of a team, blocks. */
struct job {
	const struct mc_actor *x;
	const struct mc_params *comm, *policy;
	const struct mc_act_batch *b;
	size_t blocks;
	size_t pieces;
	mc_piece *piece;
};

static int scratch_new(struct scratch *s, const struct mc_actor *actor, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_dims *x = &actor->dims;
	const size_t R = sizeof(mc_real), rows = actor->team ? actor->rows * x->N : actor->rows;

	return (s->y0 = mc_arena_alloc(arena, rows * x->H, R, "actor", e)) &&
	    (s->y1 = mc_arena_alloc(arena, rows * x->H, R, "actor", e)) &&
	    (s->z = mc_arena_alloc(arena, rows * x->d, R, "actor", e)) &&
	    (s->c = mc_arena_alloc(arena, rows * x->d, R, "actor", e)) &&
	    (actor->team ? (s->team = mc_team_work_new(x, actor->rows, arena, e)) != NULL :
	    (s->policy = mc_policy_work_new(x, rows, arena, e)) != NULL) ? 0 : -1;
}

struct mc_actor *mc_actor_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t rows = mc_team_fits(dims) ? mc_team_most(dims) : mc_policy_rows(dims);
	struct mc_actor *x = mc_arena_alloc(arena, 1, sizeof *x, "actor", e);

	if (!x || !(x->scratch = mc_arena_alloc(arena, (size_t)workers, sizeof *x->scratch, "actor", e)))
		return NULL;
	x->dims = *dims;
	x->workers = workers;
	x->team = mc_team_fits(dims);
	x->rows = rows < max ? rows : max;
	for (int i = 0; i < workers; i++)
		if (scratch_new(&x->scratch[i], x, arena, e) < 0)
			return NULL;
	return x;
}

/* The first row of the piece's block, and its rows in *n. */
static size_t block_of(const struct job *j, size_t piece, size_t *n)
{
	const size_t from = piece % j->blocks * j->x->rows, rest = j->b->n - from;

	*n = rest < j->x->rows ? rest : j->x->rows;
	return from;
}

static void backward_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;

	j->piece(ctx, j->pieces - 1 - piece, worker);
}

/*
 * Pieces are taken forward and backward in turn: in acting, where a net serves one row, the time is that
 * of reading all nets, and those that a core read last are still in its cache when it begins with them.
 */
static void run(struct mc_actor *x, const struct mc_params *comm, const struct mc_params *policy,
    const struct mc_act_batch *b, mc_piece *piece, struct mc_pool *pool)
{
	struct job j = { .x = x, .comm = comm, .policy = policy, .b = b, .piece = piece,
		.blocks = (b->n + x->rows - 1) / x->rows };

	j.pieces = j.blocks * (x->team ? 1 : x->dims.N);
	x->turn = !x->turn;
	mc_pool_run(pool, x->turn ? piece : backward_piece, &j, j.pieces);
}

/* ---- decisions ---- */

/* Some rows: each an agent's observation, and its decisions. */
struct rows {
	size_t agent, n;      /* whose net it is */
	size_t o, ldo;        /* the first one's place in the batch, and from one to the next */
	size_t pair, ldp;     /* likewise of its d pairs */
};

/* Those of a piece. */
static struct rows rows_of(const struct job *j, size_t piece)
{
	const size_t N = j->x->dims.N, O = j->x->dims.O, d = j->x->dims.d;
	size_t n;
	const size_t from = block_of(j, piece, &n), i = piece / j->blocks;

	return j->x->team ? (struct rows){ .n = n * N, .o = from * N * O, .ldo = O, .pair = from * N * d, .ldp = d } :
	    (struct rows){ .agent = i, .n = n, .o = (from * N + i) * O, .ldo = N * O, .pair = (from * N + i) * d, .ldp = N * d };
}

/* z [n,d] = the communication net at the rows' observations */
static void logits(const struct job *j, struct scratch *s, const struct rows *r)
{
	const struct mc_mlp net = mc_mlp_at(j->comm, j->comm->v, r->agent);
	const struct mc_mlp_hidden hidden = { .h = { s->y0, s->y1 } };

	mc_mlp_forward(&net, r->n, j->b->o + r->o, r->ldo, &hidden, s->z, j->x->dims.d);
}

static void decide_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;
	const struct mc_act_batch *b = j->b;
	struct scratch *s = &j->x->scratch[worker];
	const size_t d = j->x->dims.d;
	const struct rows r = rows_of(j, piece);

	logits(j, s, &r);
	mc_vec_sigmoid(s->c, s->z, r.n * d);
	for (size_t row = 0; row < r.n; row++) {
		const size_t at = r.pair + row * r.ldp;
		const mc_real *c = s->c + row * d;

		for (size_t k = 0; k < d; k++)
			b->I[at + k] = b->m[at + k] && b->u[at + k] < c[k];
		if (b->c)
			memcpy(b->c + at, c, d * sizeof *c);
		if (b->z)
			memcpy(b->z + at, s->z + row * d, d * sizeof *c);
	}
}

static void decide_alike(const struct mc_actor *x, enum mc_decide how, const struct mc_act_batch *b)
{
	const size_t pairs = b->n * x->dims.N * x->dims.d;

	if (how == MC_NONE)
		memset(b->I, 0, pairs);
	else
		memcpy(b->I, b->m, pairs);
}

void mc_actor_decide(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm,
    const struct mc_act_batch *b, struct mc_pool *pool)
{
	if (how == MC_LEARNED)
		run(x, comm, NULL, b, decide_piece, pool);
	else
		decide_alike(x, how, b);
}

/* ---- actions ---- */

static void use(struct scratch *s, const struct mc_actor *x, const struct mc_params *policy)
{
	const struct mc_policy_net net = mc_policy_at(policy, policy->v, &x->dims, 0);

	mc_team_use(s->team, &net);
}

void mc_actor_hold(struct mc_actor *x, const struct mc_params *policy)
{
	x->held = policy != NULL;
	for (int i = 0; i < x->workers && policy && x->team; i++)
		use(&x->scratch[i], x, policy);
}

static void team_piece(const struct job *j, size_t piece, int worker)
{
	const struct mc_act_batch *b = j->b;
	const struct mc_dims *k = &j->x->dims;
	struct mc_team_work *team = j->x->scratch[worker].team;
	size_t n;
	const size_t from = block_of(j, piece, &n);

	if (!j->x->held)
		use(&j->x->scratch[worker], j->x, j->policy);
	for (size_t rows, row = from; row < from + n; row += rows) {
		const size_t pairs = row * k->N * k->d;

		rows = mc_team_rows(team, b->I + pairs, from + n - row);
		mc_team_forward(team, rows, b->o + row * k->N * k->O, b->I + pairs, b->src ? b->src + pairs : NULL, 0,
		    b->a + row * k->N * k->A);
	}
}

static void agent_piece(const struct job *j, size_t piece, int worker)
{
	const struct mc_act_batch *b = j->b;
	const struct mc_dims *k = &j->x->dims;
	const size_t i = piece / j->blocks;
	const struct mc_policy_net net = mc_policy_at(j->policy, j->policy->v, k, i);
	size_t n;
	const size_t from = block_of(j, piece, &n), pairs = from * k->N * k->d;

	mc_policy_act(j->x->scratch[worker].policy, &net, n, b->o + from * k->N * k->O, b->I + pairs,
	    b->src ? b->src + pairs : NULL, b->a + (from * k->N + i) * k->A, k->N * k->A);
}

static void act_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;

	if (j->x->team)
		team_piece(j, piece, worker);
	else
		agent_piece(j, piece, worker);
}

void mc_actor_act(struct mc_actor *x, const struct mc_params *policy, const struct mc_act_batch *b,
    struct mc_pool *pool)
{
	run(x, NULL, policy, b, act_piece, pool);
}

/* ---- both ---- */

/* An agent's action depends on its own decisions only, a piece's on its own: no other need be waited for. */
static void decide_and_act_piece(void *ctx, size_t piece, int worker)
{
	decide_piece(ctx, piece, worker);
	act_piece(ctx, piece, worker);
}

void mc_actor_step(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm,
    const struct mc_params *policy, const struct mc_act_batch *b, struct mc_pool *pool)
{
	if (how != MC_LEARNED)
		decide_alike(x, how, b);
	run(x, comm, policy, b, how == MC_LEARNED ? decide_and_act_piece : act_piece, pool);
}
