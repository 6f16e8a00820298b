/*
 * How long an update of the learner takes, beside the rate of the products that it is made
 * of: navigation with 3 and 6 agents, H = 128, B = 256, half of the messages requested.
 *
 *     make bench-learner
 *     build/release/tests/bench_learner N O THREADS     one case alone, for a profiler
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mc_blas.h"
#include "mc_learner.h"
#include "mc_rng.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static _Noreturn void die(const struct mc_err *e)
{
	char line[1024];

	mc_err_line(e, "bench_learner", line, sizeof line);
	fprintf(stderr, "%s\n", line);
	exit(1);
}

/* 10^9 operations a second of [m,k] x [k,n] products over matrices that stay in the cache. */
static double gemm_rate(size_t m, size_t n, size_t k, enum mc_op ta, enum mc_op tb)
{
	static mc_real a[512 * 512], b[512 * 512], c[512 * 512];
	const int times = (int)(4e8 / (2.0 * (double)(m * n * k))) + 1;
	double best = 1e9;

	mc_rng_uniform(a, 0, 512 * 512, 1, MC_RNG_INIT, 0, 0);
	mc_rng_uniform(b, 0, 512 * 512, 2, MC_RNG_INIT, 0, 0);
	for (int again = 0; again < 5; again++) {
		const double start = now();

		for (int i = 0; i < times; i++)
			mc_gemm(ta, tb, m, n, k, 1, a, ta == MC_T ? m : k, b, tb == MC_T ? k : n, 0, c, n);
		const double t = (now() - start) / times;

		best = t < best ? t : best;
	}
	return 2e-9 * (double)(m * n * k) / best;
}

static void fill(struct mc_learner *l, const struct mc_dims *x, struct mc_arena *arena)
{
	struct mc_err e;
	struct mc_traj t;

	if (mc_traj_new(&t, x, arena, &e) < 0)
		die(&e);
	memset(t.m, 1, (x->T + 1) * x->N * x->d);
	for (uint32_t k = 0; k < 200; k++) {
		mc_rng_normal(t.o, 0, (x->T + 1) * x->N * x->O, 1, MC_RNG_EXPLORE, 0, k);
		mc_rng_uniform(t.a, 0, x->T * x->N * x->A, 1, MC_RNG_PLAY, 0, k);
		mc_rng_uniform(t.r, 0, x->T, 1, MC_RNG_PLAY, 1, k);
		if (mc_learner_append(l, &t, &e) < 0)
			die(&e);
	}
}

static void bench(size_t N, size_t O, int threads)
{
	const struct mc_dims x = { .N = N, .d = N - 1, .T = 25, .O = O, .A = 2, .H = 128, .R = 128 };
	struct mc_learner_opts o;
	struct mc_learner_figures fig;
	struct mc_arena arena = { 0 };
	struct mc_err e;
	struct mc_pool *pool = mc_pool_new(threads, &e);
	struct mc_params comm;

	mc_learner_defaults(&o);
	struct mc_learner *l = mc_learner_new(&x, &o, pool, &e);

	if (!pool || !l || mc_params_new(&comm, MC_NET_COMM, &x, &arena, &e) < 0)
		die(&e);
	mc_learner_init(l);
	mc_params_init(&comm, 1, 0.1);
	mc_learner_take_comm(l, comm.v, 0);
	fill(l, &x, &arena);

	double best = 1e9, sum = 0;
	const int times = 60;

	for (int k = 1; k <= times + 5; k++) {
		const double start = now();

		if (mc_learner_update(l, (uint32_t)k, &fig, &e) < 0)
			die(&e);
		const double t = 1e3 * (now() - start);

		if (k > 5)
			sum += t;
		best = t < best ? t : best;
	}
	printf("N=%zu O=%zu threads %d: %.2f ms an update (best %.2f)\n", N, O, threads, sum / times, best);
	mc_learner_free(l);
	mc_pool_free(pool);
	mc_arena_free(&arena);
}

int main(int argc, char **argv)
{
	static const struct { size_t m, n, k; enum mc_op ta, tb; const char *what; } g[] = {
		{ 320, 512, 26, MC_N, MC_N, "messages x kernel_x" },
		{ 104, 512, 128, MC_N, MC_N, "h x kernel_h" },
		{ 104, 128, 512, MC_N, MC_T, "dgates x kernel_h^T" },
		{ 128, 512, 196, MC_T, MC_N, "h^T x dgates" },
		{ 26, 512, 320, MC_T, MC_N, "messages^T x dgates" },
		{ 128, 128, 128, MC_N, MC_N, "dense forward" },
		{ 128, 128, 128, MC_T, MC_N, "dense kernel gradient" },
		{ 128, 128, 128, MC_N, MC_T, "dense reverse" },
		{ 128, 2, 128, MC_N, MC_N, "to actions" },
		{ 128, 1, 128, MC_N, MC_N, "to Q" },
		{ 128, 128, 2, MC_N, MC_T, "from actions' adjoints" },
		{ 1, 512, 128, MC_N, MC_N, "h x kernel_h, one row" },
	};
	struct mc_err e;

	if (mc_blas_init(&e) < 0)
		die(&e);
	printf("%s, %s\n", mc_blas_version(), mc_blas_core());
	if (argc == 4) {
		bench((size_t)atoi(argv[1]), (size_t)atoi(argv[2]), atoi(argv[3]));
		return 0;
	}
	for (size_t i = 0; i < sizeof g / sizeof *g; i++)
		printf("%-24s [%3zu,%3zu,%3zu] %6.1f GFLOP/s\n", g[i].what, g[i].m, g[i].n, g[i].k,
		    gemm_rate(g[i].m, g[i].n, g[i].k, g[i].ta, g[i].tb));
	for (int threads = 1; threads <= 2; threads++) {
		bench(3, 14, threads);
		bench(6, 26, threads);
	}
	return 0;
}
