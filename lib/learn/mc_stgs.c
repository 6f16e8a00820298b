#include "mc_stgs.h"

#include <string.h>

#include "mc_math.h"
#include "mc_mlp.h"
#include "mc_policy.h"
#include "mc_policy_step.h"

/* Scratch memory of one worker: a block's layers and their adjoints. */
struct scratch {
	struct mc_mlp_hidden hidden;  /* [rows,H] */
	mc_real *z, *dz;              /* [rows,d] */
};

struct mc_stgs {
	struct mc_dims dims;
	struct mc_params one;         /* layout of one agent's gradient */
	size_t rows;                  /* of a block */
	size_t parts;                 /* of an agent's gradient */
	struct scratch *scratch;      /* one for each worker */
};

/* One call: a decision's pieces are agent * blocks + block, a gradient's agent * parts + part. */
struct job {
	const struct mc_stgs *s;
	const struct mc_params *comm;
	const struct mc_stgs_batch *b;
	size_t blocks;                /* of an agent */
	mc_real *grad;
};

static int take(mc_real **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "straight-through step", e);
	return *p != NULL;
}

struct mc_stgs *mc_stgs_new(const struct mc_dims *dims, size_t B, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_stgs *s = mc_arena_alloc(arena, 1, sizeof *s, "straight-through step", e);
	struct mc_dims one = *dims;

	if (!s || !(s->scratch = mc_arena_alloc(arena, (size_t)workers, sizeof *s->scratch,
	    "straight-through step", e)))
		return NULL;
	one.share = 1;
	mc_params_layout(&s->one, MC_NET_COMM, &one);
	s->dims = *dims;
	s->rows = mc_policy_rows(dims);
	s->parts = mc_policy_parts(dims, B, 1) / (dims->share ? dims->N : 1);
	for (int i = 0; i < workers; i++) {
		struct scratch *w = &s->scratch[i];
		const size_t nH = s->rows * dims->H, nd = s->rows * dims->d;

		if (!take(&w->hidden.h[0], nH, arena, e) || !take(&w->hidden.h[1], nH, arena, e) ||
		    !take(&w->hidden.dh[0], nH, arena, e) || !take(&w->hidden.dh[1], nH, arena, e) ||
		    !take(&w->z, nd, arena, e) || !take(&w->dz, nd, arena, e))
			return NULL;
	}
	return s;
}

static struct job job_of(const struct mc_stgs *s, const struct mc_params *comm, const struct mc_stgs_batch *b)
{
	return (struct job){ .s = s, .comm = comm, .b = b, .blocks = (b->n + s->rows - 1) / s->rows };
}

/* Rows of a block, from its number. */
static size_t rows_of(const struct job *j, size_t block)
{
	const size_t rest = j->b->n - block * j->s->rows;

	return rest < j->s->rows ? rest : j->s->rows;
}

/* z of agent i for the n rows from `from`, with all layers kept in w. */
static void forward(const struct job *j, struct scratch *w, size_t i, size_t from, size_t n)
{
	const size_t O = j->s->dims.O, NO = j->s->dims.N * O;
	const struct mc_mlp net = mc_mlp_at(j->comm, j->comm->v, i);

	mc_mlp_forward(&net, n, j->b->o + from * NO + i * O, NO, &w->hidden, w->z, j->s->dims.d);
}

static void decide_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;
	const struct mc_stgs_batch *b = j->b;
	struct scratch *w = &j->s->scratch[worker];
	const size_t N = j->s->dims.N, d = j->s->dims.d, i = piece / j->blocks, block = piece % j->blocks;
	const size_t from = block * j->s->rows, n = rows_of(j, block);
	const mc_real temp = (mc_real)b->temp;

	forward(j, w, i, from, n);
	for (size_t row = 0; row < n; row++) {
		const size_t at = ((from + row) * N + i) * d;
		const mc_real *z = w->z + row * d;

		for (size_t k = 0; k < d; k++) {
			b->soft[at + k] = mc_sigmoid((z[k] + b->L[at + k]) / temp);
			b->I[at + k] = b->m[at + k] && b->soft[at + k] > (mc_real)0.5;
		}
		if (b->z)
			memcpy(b->z + at, z, d * sizeof *z);
	}
}

void mc_stgs_decide(struct mc_stgs *s, const struct mc_params *comm, const struct mc_stgs_batch *b,
    struct mc_pool *pool)
{
	struct job j = job_of(s, comm, b);

	mc_pool_run(pool, decide_piece, &j, s->dims.N * j.blocks);
}

/* One block of agent i, added to g. The layers are computed again: scratch memory is a worker's. */
static void backward(const struct job *j, struct scratch *w, const struct mc_mlp *g, size_t i,
    size_t from, size_t n)
{
	const size_t N = j->s->dims.N, d = j->s->dims.d, O = j->s->dims.O, NO = N * O;
	const struct mc_stgs_batch *b = j->b;
	const struct mc_mlp net = mc_mlp_at(j->comm, j->comm->v, i);
	const mc_real temp = (mc_real)b->temp;

	forward(j, w, i, from, n);
	for (size_t row = 0; row < n; row++) {
		const size_t at = ((from + row) * N + i) * d;

		for (size_t k = 0; k < d; k++) {
			const mc_real soft = b->soft[at + k];

			w->dz[row * d + k] = b->dI[at + k] * soft * (1 - soft) / temp;
		}
	}
	mc_mlp_backward(&net, g, n, b->o + from * NO + i * O, NO, &w->hidden, w->dz, d, NULL, 0);
}

static void gradient_piece(void *ctx, size_t piece, int worker)
{
	const struct job *j = ctx;
	const struct mc_stgs *s = j->s;
	const size_t i = piece / s->parts, part = piece % s->parts;
	mc_real *grad = j->grad + piece * s->one.size;
	const struct mc_mlp g = mc_mlp_at(&s->one, grad, 0);

	memset(grad, 0, s->one.size * sizeof *grad);
	for (size_t block = part * j->blocks / s->parts; block < (part + 1) * j->blocks / s->parts; block++)
		backward(j, &s->scratch[worker], &g, i, block * s->rows, rows_of(j, block));
}

void mc_stgs_gradient(struct mc_stgs *s, const struct mc_params *comm, const struct mc_stgs_batch *b,
    mc_real *grad, struct mc_pool *pool)
{
	struct job j = job_of(s, comm, b);

	j.grad = grad;
	mc_pool_run(pool, gradient_piece, &j, s->dims.N * s->parts);
}
