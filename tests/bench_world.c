/*
 * How many environment steps a second one core makes: batches of whole episodes, reset, random
 * actions, step, reward and observations, of each task. Not part of make check:
 *
 *     make build/release/tests/bench_world && build/release/tests/bench_world [SECONDS [BATCH]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mc_rng.h"
#include "mc_world.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One episode of n environments; the time that each part took is added. */
static void episode(struct mc_world *w, size_t n, uint32_t k, const mc_real *a, mc_real *r, mc_real *o, double spent[3])
{
	const size_t wide = n * 2 * (size_t)mc_world_task(w)->agents;
	double t0 = now(), t1;

	for (size_t i = 0; i < n; i++)
		mc_world_reset(w, i, 1, (uint32_t)i, k);
	t1 = now();
	spent[0] += t1 - t0;
	for (size_t s = 0; s < MC_EPISODE; s++) {
		t0 = now();
		if (mc_world_step(w, a + s * wide, r, NULL, NULL) < 0)
			abort();
		t1 = now();
		mc_world_observe(w, o);
		spent[1] += t1 - t0;
		spent[2] += now() - t1;
	}
}

static void bench(const char *name, int net, double seconds, size_t n)
{
	struct mc_arena arena = { 0 };
	struct mc_params prey;
	struct mc_task t;

	if (mc_task_parse(&t, name, NULL) < 0)
		abort();
	const size_t wide = n * 2 * (size_t)t.agents;
	const struct mc_dims dims = { .O = (size_t)t.prey_obs_dim };
	mc_real *a = mc_arena_alloc(&arena, MC_EPISODE * wide, sizeof *a, "a", NULL);
	mc_real *o = mc_arena_alloc(&arena, n * (size_t)(t.agents * t.obs_dim), sizeof *o, "o", NULL);
	mc_real *r = mc_arena_alloc(&arena, n, sizeof *r, "r", NULL);
	double spent[3] = { 0 };
	size_t steps = 0;

	if (!a || !o || !r || mc_params_new(&prey, MC_NET_PREY, &dims, &arena, NULL) < 0)
		abort();
	mc_params_init(&prey, 1, 1.0);
	mc_rng_uniform(a, 0, MC_EPISODE * wide, 1, MC_RNG_PLAY, 0, 0);
	for (size_t i = 0; i < MC_EPISODE * wide; i++)
		a[i] = 2 * a[i] - 1;
	struct mc_world *w = mc_world_new(&t, n, net ? &prey : NULL, -1, NULL);

	if (!w)
		abort();
	for (uint32_t k = 0; spent[0] + spent[1] + spent[2] < seconds; k++, steps += n * MC_EPISODE)
		episode(w, n, k, a, r, o, spent);
	const double all = spent[0] + spent[1] + spent[2], per = 1e9 / (double)steps;

	printf("%-20s %s %8.2f M steps/s  %8.1f ns: reset %5.1f, step %6.1f, observe %6.1f\n", name, net ? "net" : "   ",
	    1e-6 * (double)steps / all, all * per, spent[0] * per, spent[1] * per, spent[2] * per);
	mc_world_free(w);
	mc_arena_free(&arena);
}

int main(int argc, char **argv)
{
	const double seconds = argc > 1 ? atof(argv[1]) : 0.5;
	const size_t n = argc > 2 ? (size_t)atol(argv[2]) : 1024;

	for (int i = 0; mc_task_name(i); i++)
		bench(mc_task_name(i), 0, seconds, n);
	bench("predator_prey_N3_l3", 1, seconds, n);
	bench("predator_prey_N6_l6", 1, seconds, n);
	return 0;
}
