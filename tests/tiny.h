/*
 * Tiny problems for the tests of what mc-metalearn computes: nets and trajectories filled from
 * a seed, and the comparison of a gradient with central differences.
 */
#ifndef TINY_H
#define TINY_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "mc_arena.h"
#include "mc_blas.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_rng.h"
#include "mc_traj.h"
#include "tap.h"

static const struct mc_dims tiny = { .N = 2, .d = 1, .T = 3, .O = 3, .A = 2, .H = 4, .R = 5 };

/* Where it makes sense to take differences. */
enum { IN_DOUBLE = sizeof(mc_real) == sizeof(double) };

/* Memory of one test program; tests do not run out of it. */
static struct mc_arena tiny_arena;

/* The frame that was built on b, read back into f, whose maps last until the caller closes what this returns; NULL: e. */
__attribute__((unused))
static struct mc_in *tiny_read_back(struct mc_fb *b, struct mc_frame *f, struct mc_err *e)
{
	const unsigned char *bytes;
	size_t len;
	struct mc_in *in = mc_fb_end(b, 1, &bytes, &len, e) < 0 ? NULL : mc_in_memory(bytes, len, "state", 0, MC_FRAME_MAX, e);

	if (in && mc_in_frame(in, f, e) == MC_READ_FRAME)
		return in;
	mc_in_close(in);
	return NULL;
}

__attribute__((unused))
static void tiny_start(void)
{
	struct mc_err e;

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		exit(tap_done());
	}
}

__attribute__((unused))
static int tiny_done(void)
{
	mc_arena_free(&tiny_arena);
	return tap_done();
}

static mc_real *tiny_zeros(size_t n)
{
	struct mc_err e;
	mc_real *v = mc_arena_alloc(&tiny_arena, n, sizeof *v, "test", &e);

	if (!v)
		abort();
	return v;
}

/* n numbers, uniform in +-scale. */
__attribute__((unused))
static mc_real *tiny_random(size_t n, double scale, uint64_t seed)
{
	mc_real *v = tiny_zeros(n);

	mc_rng_uniform(v, 0, n, seed, MC_RNG_RANDOM, 0, 0);
	for (size_t i = 0; i < n; i++)
		v[i] = (2 * v[i] - 1) * (mc_real)scale;
	return v;
}

/* A net whose every value matters: biases are not 0, and the last layer is as large as the others. */
__attribute__((unused))
static struct mc_params tiny_net(enum mc_net net, const struct mc_dims *dims, uint64_t seed)
{
	struct mc_params p;

	mc_params_layout(&p, net, dims);
	p.v = tiny_random(p.size, 0.8, seed);
	return p;
}

/* A trajectory; with `masked` about a third of the slots hold no neighbour. */
__attribute__((unused))
static struct mc_traj tiny_traj(const struct mc_dims *dims, int masked, uint64_t seed)
{
	const size_t n = dims->T * dims->N * dims->d;
	struct mc_traj t;
	struct mc_err e;

	if (mc_traj_new(&t, dims, &tiny_arena, &e) < 0)
		abort();
	const size_t o = (dims->T + 1) * dims->N * dims->O;

	memcpy(t.o, tiny_random(o, 1.5, seed), o * sizeof *t.o);
	memcpy(t.r, tiny_random(dims->T, 1, seed + 1000), dims->T * sizeof *t.r);
	const mc_real *u = tiny_random(2 * n, 1, seed + 2000);

	for (size_t i = 0; i < n + dims->N * dims->d; i++)
		t.m[i] = 1;
	for (size_t i = 0; i < n; i++) {
		t.m[i] = !masked || u[i] > (mc_real)-0.3;
		t.I[i] = t.m[i] && u[n + i] > 0;
	}
	return t;
}

/*
 * Largest |g - central difference of f| over all of v[n], relative to the largest |g|. `step` is
 * h; f(ctx) is the value at the present v.
 */
__attribute__((unused))
static double tiny_error(double f(void *ctx), void *ctx, mc_real *v, const mc_real *g, size_t n,
    double step)
{
	double bad = 0, largest = 0;

	for (size_t i = 0; i < n; i++) {
		const mc_real kept = v[i];

		v[i] = kept + (mc_real)step;
		const double up = f(ctx);

		v[i] = kept - (mc_real)step;
		const double down = f(ctx);

		v[i] = kept;
		bad = fmax(bad, fabs((up - down) / (2 * step) - (double)g[i]));
		largest = fmax(largest, fabs((double)g[i]));
	}
	return largest > 0 ? bad / largest : INFINITY;
}

#endif
