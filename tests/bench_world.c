/*
 * How many environment steps a second one core makes: batches of whole episodes, reset, random
 * actions, step, reward and observations, of each task.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "mc_rng.h"
#include "mc_world.h"

enum { BATCH = 1024, REPETITIONS = 7 };

/* Of this process, not of the machine. */
static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct place {
	struct mc_arena arena;
	struct mc_task task;
	struct mc_world *world;
	mc_real *a, *o, *r;
};

static size_t width(const struct place *p)
{
	return BATCH * 2 * (size_t)p->task.agents;
}

static void open_place(struct place *p, const char *name, int net)
{
	struct mc_params prey;
	struct mc_err e;

	*p = (struct place){ 0 };
	if (mc_task_parse(&p->task, name, &e) < 0)
		bench_die(&e);
	const struct mc_dims dims = { .O = (size_t)p->task.prey_obs_dim };
	const size_t obs = BATCH * (size_t)(p->task.agents * p->task.obs_dim);

	if (!(p->a = mc_arena_alloc(&p->arena, MC_EPISODE * width(p), sizeof *p->a, "a", &e)) ||
	    !(p->o = mc_arena_alloc(&p->arena, obs, sizeof *p->o, "o", &e)) ||
	    !(p->r = mc_arena_alloc(&p->arena, BATCH, sizeof *p->r, "r", &e)) ||
	    mc_params_new(&prey, MC_NET_PREY, &dims, &p->arena, &e) < 0)
		bench_die(&e);
	mc_params_init(&prey, 1, 1.0);
	mc_rng_uniform(p->a, 0, MC_EPISODE * width(p), 1, MC_RNG_RANDOM, 0, 0);
	for (size_t i = 0; i < MC_EPISODE * width(p); i++)
		p->a[i] = 2 * p->a[i] - 1;
	p->world = mc_world_new(&p->task, BATCH, net ? &prey : NULL, -1, &e);
	if (!p->world)
		bench_die(&e);
}

static void close_place(struct place *p)
{
	mc_world_free(p->world);
	mc_arena_free(&p->arena);
}

/* One episode of all environments; million steps a second. */
static double episode(struct place *p, uint32_t k)
{
	const double start = cpu_seconds();

	for (size_t i = 0; i < BATCH; i++)
		mc_world_reset(p->world, i, 1, (uint32_t)i, k);
	for (size_t s = 0; s < MC_EPISODE; s++) {
		if (mc_world_step(p->world, p->a + s * width(p), p->r, NULL, NULL) < 0)
			abort();
		mc_world_observe(p->world, p->o);
	}
	return 1e-6 * BATCH * MC_EPISODE / (cpu_seconds() - start);
}

static void bench(const char *name, int net)
{
	struct bench_samples s = { 0 };
	struct place p;
	char title[64];

	open_place(&p, name, net);
	(void)episode(&p, 0);
	for (uint32_t k = 1; k <= REPETITIONS; k++)
		bench_add(&s, episode(&p, k));
	close_place(&p);
	snprintf(title, sizeof title, "%s%s", name, net ? ", prey net" : "");
	bench_row(title, "M steps/s", &s, 0, 0);
}

void bench_worlds(void)
{
	bench_section("Environment steps, one core, 1024 environments", "Reset, step, reward, observations.");
	for (int i = 0; mc_task_name(i); i++)
		bench(mc_task_name(i), 0);
	bench("predator_prey_N3_l3", 1);
	bench("predator_prey_N6_l1", 1);
	bench("predator_prey_N6_l6", 1);
}
