#include "mc_stgs.h"

#include <string.h>

#include "mc_math.h"
#include "mc_mlp.h"
#include "mc_policy.h"

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
	struct scratch *scratch;
	/* the call in progress, the gradient's from the last decision on */
	struct mc_params comm;
	size_t n;
	const mc_real *o, *L, *dI;
	const uint8_t *m;
	mc_real temp;
	uint8_t *I;
	mc_real *soft, *z, *grad;
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
	s->parts = mc_policy_parts(dims, B);
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

static size_t blocks_of(const struct mc_stgs *s)
{
	return (s->n + s->rows - 1) / s->rows;
}

/* Rows of a block, from its number. */
static size_t rows_of(const struct mc_stgs *s, size_t block)
{
	const size_t rest = s->n - block * s->rows;

	return rest < s->rows ? rest : s->rows;
}

/* z of agent i for the n rows from `from`, with all layers kept in w. */
static void forward(const struct mc_stgs *s, struct scratch *w, size_t i, size_t from, size_t n)
{
	const size_t O = s->dims.O, NO = s->dims.N * O;
	const struct mc_mlp net = mc_mlp_at(&s->comm, s->comm.v, i);

	mc_mlp_forward(&net, n, s->o + from * NO + i * O, NO, &w->hidden, w->z, s->dims.d);
}

static void decide_piece(void *ctx, size_t piece, int worker)
{
	const struct mc_stgs *s = ctx;
	struct scratch *w = &s->scratch[worker];
	const size_t N = s->dims.N, d = s->dims.d, i = piece / blocks_of(s), block = piece % blocks_of(s);
	const size_t from = block * s->rows, n = rows_of(s, block);

	forward(s, w, i, from, n);
	for (size_t b = 0; b < n; b++) {
		const size_t at = ((from + b) * N + i) * d;
		const mc_real *z = w->z + b * d;

		for (size_t j = 0; j < d; j++) {
			s->soft[at + j] = mc_sigmoid((z[j] + s->L[at + j]) / s->temp);
			s->I[at + j] = s->m[at + j] && s->soft[at + j] > (mc_real)0.5;
		}
		if (s->z)
			memcpy(s->z + at, z, d * sizeof *z);
	}
}

void mc_stgs_decide(struct mc_stgs *s, const struct mc_params *comm, size_t n, const mc_real *o,
    const uint8_t *m, const mc_real *L, double temp, uint8_t *I, mc_real *soft, mc_real *z,
    struct mc_pool *pool)
{
	s->comm = *comm;
	s->n = n;
	s->o = o;
	s->m = m;
	s->L = L;
	s->temp = (mc_real)temp;
	s->I = I;
	s->soft = soft;
	s->z = z;
	mc_pool_run(pool, decide_piece, s, s->dims.N * blocks_of(s));
}

/* One block of agent i, added to g. The layers are computed again: scratch memory is a worker's. */
static void backward(const struct mc_stgs *s, struct scratch *w, const struct mc_mlp *g, size_t i,
    size_t from, size_t n)
{
	const size_t N = s->dims.N, d = s->dims.d, O = s->dims.O, NO = N * O;
	const struct mc_mlp net = mc_mlp_at(&s->comm, s->comm.v, i);

	forward(s, w, i, from, n);
	for (size_t b = 0; b < n; b++) {
		const size_t at = ((from + b) * N + i) * d;

		for (size_t j = 0; j < d; j++) {
			const mc_real soft = s->soft[at + j];

			w->dz[b * d + j] = s->dI[at + j] * soft * (1 - soft) / s->temp;
		}
	}
	mc_mlp_backward(&net, g, n, s->o + from * NO + i * O, NO, &w->hidden, w->dz, d, NULL, 0);
}

static void gradient_piece(void *ctx, size_t piece, int worker)
{
	const struct mc_stgs *s = ctx;
	const size_t i = piece / s->parts, part = piece % s->parts, blocks = blocks_of(s);
	mc_real *grad = s->grad + piece * s->one.size;
	const struct mc_mlp g = mc_mlp_at(&s->one, grad, 0);

	memset(grad, 0, s->one.size * sizeof *grad);
	for (size_t block = part * blocks / s->parts; block < (part + 1) * blocks / s->parts; block++)
		backward(s, &s->scratch[worker], &g, i, block * s->rows, rows_of(s, block));
}

void mc_stgs_gradient(struct mc_stgs *s, const struct mc_params *comm, const mc_real *dI,
    mc_real *grad, struct mc_pool *pool)
{
	s->comm = *comm;
	s->dI = dI;
	s->grad = grad;
	mc_pool_run(pool, gradient_piece, s, s->dims.N * s->parts);
}
