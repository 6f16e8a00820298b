/* Which prey a task gets, and how hard the trained ones are to catch. */
#include <stdlib.h>

#include "mc_prey.h"
#include "mc_prey_weights.h"
#include "mc_world.h"
#include "tap.h"

static struct mc_arena arena;

static struct mc_task task_of(const char *name)
{
	struct mc_task t;

	if (mc_task_parse(&t, name, NULL) < 0)
		abort();
	return t;
}

/* ---- choosing ---- */

static void choosing(void)
{
	static const struct { const char *task, *which, *how; int trained; } want[] = {
		{ "predator_prey_N3_l3", "auto", "mlp", 0 },
		{ "predator_prey_N3_l1", "auto", "mlp", 0 },
		{ "predator_prey_N3_M1_L2_l3", "auto", "mlp", 0 },
		{ "predator_prey_N6_l1", "auto", "mlp", 1 },
		{ "predator_prey_N6_M2_L3_l6", "auto", "mlp", 1 },
		{ "predator_prey_N3_M2_L2_l3", "auto", "flee", -1 },
		{ "predator_prey_N3_M1_L3_l3", "auto", "flee", -1 },
		{ "predator_prey_N9_l3", "auto", "flee", -1 },
		/* as wide an observation as evade_N3's, of other things */
		{ "predator_prey_N2_M1_L3_l3", "auto", "flee", -1 },
		{ "predator_prey_N3_l3", "flee", "flee", -1 },
		{ "push_N3", "auto", "none", -1 },
		{ "evade_N3", "auto", "none", -1 },
		{ "navigation_N6_l1", "flee", "none", -1 },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const struct mc_task t = task_of(want[i].task);
		struct mc_err e = { 0 };
		struct mc_prey x;
		int right = mc_prey_choose(&x, want[i].which, &t, &arena, &e) == 0 && strcmp(x.how, want[i].how) == 0;

		if (right && want[i].trained < 0)
			right = !x.p.v;
		else
			for (size_t k = 0; right && k < x.p.size; k++)
				right = x.p.v[k] == (mc_real)mc_prey_trained[want[i].trained].v[k];
		ok(right, "%s: prey of %s are %s", want[i].which, want[i].task, want[i].how);
	}
}

static void refusals(void)
{
	const struct mc_task push = task_of("push_N3"), hunt = task_of("predator_prey_N3_l3");
	struct mc_err e = { 0 };
	struct mc_prey x;

	is_int(mc_prey_choose(&x, "some.file", &push, &arena, &e), -1, "a file for a task without prey");
	is_int(e.code, MC_USAGE, "... is wrong usage");
	is_int(mc_prey_choose(&x, "/nonexistent", &hunt, &arena, &e), -1, "a file that is not there");
	is_int(e.code, MC_NOINPUT, "... as input that is not there");
}

/* ---- hunting ---- */

enum { EPISODES = 200 };

struct outcome { double ret, contacts, outside; };

/* u towards the nearest prey, as long as 1. */
static void pursue(const struct mc_task *t, const mc_real *pos, int i, mc_real *u)
{
	double best = INFINITY;

	for (int j = t->N; j < t->N + t->M; j++) {
		const double x = (double)(pos[2 * j] - pos[2 * i]), y = (double)(pos[2 * j + 1] - pos[2 * i + 1]);
		const double far = sqrt(x * x + y * y);

		if (far >= best)
			continue;
		best = far;
		u[0] = (mc_real)(far > 0 ? x / far : 0);
		u[1] = (mc_real)(far > 0 ? y / far : 0);
	}
}

static double beyond(const struct mc_task *t, const mc_real *pos)
{
	double sum = 0;

	for (int c = 2 * t->N; c < 2 * (t->N + t->M); c++)
		sum += fmax(fabs((double)pos[c]) - 1, 0);
	return sum;
}

/* Predators that pursue, or stand still, against `prey`: episodes of environment 0, seed 1. */
static struct outcome hunt(const struct mc_task *t, const struct mc_prey *prey, int still)
{
	struct mc_world *w = mc_world_new(t, EPISODES, prey->p.v ? &prey->p : NULL, -1, NULL);
	struct outcome x = { 0, 0, 0 };
	mc_real *a = calloc(EPISODES * 2 * (size_t)t->N, sizeof *a);
	mc_real r[EPISODES], pos[64], vel[64];
	int32_t C[EPISODES];

	if (!w || !a)
		abort();
	for (uint32_t k = 0; k < EPISODES; k++)
		mc_world_reset(w, k, 1, 0, k);
	for (int s = 0; s < MC_EPISODE; s++) {
		for (int k = 0; k < EPISODES; k++) {
			mc_world_get(w, (size_t)k, pos, vel);
			for (int i = 0; i < t->N && !still; i++)
				pursue(t, pos, i, a + (k * t->N + i) * 2);
			x.outside += s > 5 ? beyond(t, pos) : 0;
		}
		if (mc_world_step(w, a, r, C, NULL) < 0)
			abort();
		for (int k = 0; k < EPISODES; k++) {
			x.ret += (double)r[k] / EPISODES;
			x.contacts += (double)C[k] / EPISODES;
		}
	}
	x.outside /= EPISODES * (MC_EPISODE - 6) * t->M;
	free(a);
	mc_world_free(w);
	return x;
}

static void hunts(const char *name)
{
	const struct mc_task t = task_of(name);
	struct mc_prey flee, trained;

	if (mc_prey_choose(&flee, "flee", &t, &arena, NULL) < 0 || mc_prey_choose(&trained, "auto", &t, &arena, NULL) < 0)
		abort();
	const struct outcome f = hunt(&t, &flee, 0), x = hunt(&t, &trained, 0), s = hunt(&t, &trained, 1);

	diag("%s: return %.1f against flee, %.1f against trained prey; contacts %.2f, %.2f (still: %.2f); beyond 1: %.3f, %.3f",
	    name, f.ret, x.ret, f.contacts, x.contacts, s.contacts, f.outside, x.outside);
	ok(x.contacts < 0.3 * f.contacts, "%s: trained prey are touched less than those that flee", name);
	ok(x.ret < f.ret - 20, "... the predators' return is lower");
	ok(x.outside < 0.02, "... they stay in the field");
	ok(s.contacts < 0.3, "... and seldom touch predators that stand still");
}

int main(void)
{
	choosing();
	refusals();
	hunts("predator_prey_N3_l3");
	hunts("predator_prey_N6_l6");
	mc_arena_free(&arena);
	return tap_done();
}
