/*
 * How long one update and one meta-step take (not a test: `make bench-meta`, then run it on a
 * quiet machine). Times are medians.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mc_meta.h"
#include "tiny.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, compare);
	return v[n / 2];
}

static void bench(enum mc_method method, size_t N, size_t O, int K, int rounds)
{
	const struct mc_dims dims = { .N = N, .d = N - 1, .T = 25, .O = O, .A = 2, .H = 128, .R = 128 };
	struct mc_meta_opts o;
	struct mc_err e;

	mc_meta_defaults(&o);
	o.method = method;
	o.K = K;
	const int meta = method == MC_METHOD_META;
	struct mc_meta *x = mc_meta_new(&dims, &o, &tiny_arena, &e);
	double *update = calloc((size_t)(rounds * K), sizeof *update), *step = calloc((size_t)rounds, sizeof *step);

	mc_meta_init(x, 1);
	for (int i = 0; i < rounds; i++)
		for (int k = 0; k < K + meta; k++) {
			struct mc_traj t = tiny_traj(&dims, 0, (uint64_t)(i * (K + 1) + k));

			t.iteration = i * K + k;
			t.last = k == K;
			const double start = now();

			if (mc_meta_trajectory(x, &t, NULL, &e) < 0)
				abort();
			*(t.last ? &step[i] : &update[i * K + k]) = now() - start;
		}
	printf("%-9s N = %zu, K = %2d: update %.3f ms", mc_method_name(method), N, K,
	    median(update, (size_t)(rounds * K)));
	if (meta)
		printf(", meta-step %.3f ms", median(step, (size_t)rounds));
	printf("\n");
	free(update);
	free(step);
}

int main(void)
{
	tiny_start();
	printf("%s, %s\n", mc_blas_version(), mc_blas_core());
	bench(MC_METHOD_META, 3, 14, 10, 20);
	bench(MC_METHOD_META, 6, 26, 10, 20);
	bench(MC_METHOD_REINFORCE, 3, 14, 10, 20);
	bench(MC_METHOD_REINFORCE, 6, 26, 10, 20);
	mc_arena_free(&tiny_arena);
	return 0;
}
