#include "mc_advantage.h"

#include <math.h>

static size_t pairs_of(const struct mc_advantage *a)
{
	return a->N * a->d;
}

static int new_pair(struct mc_advantage_pair *p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	p->raw = mc_arena_alloc(arena, n, sizeof *p->raw, "advantages", e);
	p->normal = p->raw ? mc_arena_alloc(arena, n, sizeof *p->normal, "advantages", e) : NULL;
	return p->normal ? 0 : -1;
}

int mc_advantage_new(struct mc_advantage *a, const struct mc_dims *dims, int reinforce, int initial,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t n = dims->T * dims->N * dims->d;

	*a = (struct mc_advantage){ .T = dims->T, .N = dims->N, .d = dims->d };
	a->m = mc_arena_alloc(arena, n, sizeof *a->m, "advantages", e);
	if (!a->m || new_pair(&a->learned, n, arena, e) < 0 ||
	    (reinforce && new_pair(&a->reinforce, dims->T, arena, e) < 0))
		return -1;
	return initial ? new_pair(&a->initial, n, arena, e) : 0;
}

/* ---- normalising ---- */

/* Relative deviation below which a series is constant: single precision knows no smaller one. */
static const double constant = 1e-6;

void mc_advantage_normalise(mc_real *out, const mc_real *x, const uint8_t *live, size_t T, size_t stride)
{
	double n = 0, mean = 0, square = 0, largest = 0;

	for (size_t t = 0; t < T; t++)
		if (!live || live[t * stride]) {
			n++;
			mean += (double)x[t * stride];
			largest = fmax(largest, fabs((double)x[t * stride]));
		}
	mean = n > 0 ? mean / n : 0;
	for (size_t t = 0; t < T; t++)
		if (!live || live[t * stride])
			square += ((double)x[t * stride] - mean) * ((double)x[t * stride] - mean);
	const double deviation = n > 0 ? sqrt(square / n) : 0;

	for (size_t t = 0; t < T; t++)
		out[t * stride] = (live && !live[t * stride]) || deviation <= constant * largest ? 0
		    : (mc_real)(((double)x[t * stride] - mean) / deviation);
}

static void finish_pairs(const struct mc_advantage *a, const struct mc_advantage_pair *p)
{
	for (size_t k = 0; p->raw && k < pairs_of(a); k++)
		mc_advantage_normalise(p->normal + k, p->raw + k, a->m + k, a->T, pairs_of(a));
}

void mc_advantage_finish(struct mc_advantage *a)
{
	if (a->reinforce.raw)
		mc_advantage_normalise(a->reinforce.normal, a->reinforce.raw, NULL, a->T, 1);
	finish_pairs(a, &a->learned);
	finish_pairs(a, &a->initial);
}

/* ---- the frame ---- */

void mc_advantage_pack(struct mc_fb *b, const struct mc_advantage *a)
{
	const size_t shape[] = { a->T, a->N, a->d };

	mc_fb_begin(b, "advantage");
	mc_fb_int(b, "iteration", a->iteration);
	mc_fb_int(b, "episode", a->episode);
	mc_fb_array(b, "m", MC_U8, 3, shape, a->m);
	if (a->reinforce.raw) {
		mc_fb_reals(b, "reinforce", 1, shape, a->reinforce.normal);
		mc_fb_reals(b, "reinforce_raw", 1, shape, a->reinforce.raw);
	}
	mc_fb_reals(b, "A_hat", 3, shape, a->learned.normal);
	mc_fb_reals(b, "A_hat_raw", 3, shape, a->learned.raw);
	if (a->initial.raw) {
		mc_fb_reals(b, "A_hat_initial", 3, shape, a->initial.normal);
		mc_fb_reals(b, "A_hat_initial_raw", 3, shape, a->initial.raw);
	}
}

/* T, N and d are the shape of A_hat. */
static int read_dims(const struct mc_frame *f, struct mc_dims *dims, struct mc_err *e)
{
	struct mc_array A;

	if (mc_map_array(&f->map, "A_hat", &A, e) < 0)
		return -1;
	if (A.ndim != 3 || A.shape[0] == 0 || A.shape[1] < 2 || A.shape[2] != A.shape[1] - 1)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL,
		    "advantage frame: A_hat's shape is not [T,N,N-1]");
	*dims = (struct mc_dims){ .T = A.shape[0], .N = A.shape[1], .d = A.shape[2] };
	return 0;
}

int mc_advantage_unpack(const struct mc_frame *f, struct mc_advantage *a, struct mc_arena *arena,
    struct mc_err *e)
{
	const struct mc_map *m = &f->map;
	struct mc_dims dims;

	if (read_dims(f, &dims, e) < 0 ||
	    mc_advantage_new(a, &dims, mc_map_has(m, "reinforce"), mc_map_has(m, "A_hat_initial"), arena, e) < 0)
		return -1;
	const size_t shape[] = { a->T, a->N, a->d };

	if (mc_map_int(m, "iteration", &a->iteration, e) < 0 || mc_map_int(m, "episode", &a->episode, e) < 0 ||
	    mc_map_bytes(m, "m", 3, shape, a->m, e) < 0 ||
	    mc_map_reals(m, "A_hat", 3, shape, a->learned.normal, e) < 0 ||
	    mc_map_reals(m, "A_hat_raw", 3, shape, a->learned.raw, e) < 0)
		return -1;
	if (a->reinforce.raw && (mc_map_reals(m, "reinforce", 1, shape, a->reinforce.normal, e) < 0 ||
	    mc_map_reals(m, "reinforce_raw", 1, shape, a->reinforce.raw, e) < 0))
		return -1;
	if (a->initial.raw && (mc_map_reals(m, "A_hat_initial", 3, shape, a->initial.normal, e) < 0 ||
	    mc_map_reals(m, "A_hat_initial_raw", 3, shape, a->initial.raw, e) < 0))
		return -1;
	return 0;
}
