/* Positions from observations: against the world that the observations are of. */
#include "mc_sight.h"

#include <math.h>
#include <stdlib.h>

#include "mc_world.h"
#include "tap.h"

enum { EPISODES = 20, STEPS = 25, MOST = 64 };

static double distance(const struct mc_seen *a, const mc_real *p)
{
	return hypot(a->x - (double)p[0], a->y - (double)p[1]);
}

/* The role of entity i, in the order of the task. */
static enum mc_role role_of(const struct mc_task *t, int i)
{
	if (t->kind == MC_PUSH)
		return i < t->N ? MC_ROLE_AGENT : i == t->N ? MC_ROLE_BALL : MC_ROLE_TARGET;
	if (i >= t->N + t->M)
		return MC_ROLE_LANDMARK;
	return t->kind == MC_EVADE ? (i < t->N ? MC_ROLE_PREDATOR : MC_ROLE_AGENT) : i < t->N ? MC_ROLE_AGENT : MC_ROLE_PREY;
}

/* Is everything that was seen where an entity of its role is, each at one of its own, agents in their order? */
static int agrees(const struct mc_sight *s, const struct mc_task *t, const mc_real *pos)
{
	int taken[MOST] = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		int at = -1, first = 0;

		while (role_of(t, first) != s->seen[i].role)
			first++;
		for (int k = 0; k < t->entities; k++)
			if (role_of(t, k) == s->seen[i].role && distance(&s->seen[i], pos + 2 * k) < 1e-5 && !taken[k])
				at = k;
		if (at < 0 || (s->seen[i].role == MC_ROLE_AGENT && at != first + (int)i))
			return 0;
		taken[at] = 1;
	}
	return 1;
}

/* What may be out of everybody's sight. */
static enum mc_role hides(const struct mc_task *t)
{
	return t->view && t->kind == MC_PREDATOR_PREY ? MC_ROLE_PREY : MC_ROLE_LANDMARK;
}

/* Returns how many of the role that hides are in sight at step 0, summed over the episodes; -1 if anything is in a wrong place. */
static long watch(const char *name, struct mc_task *t, int *complete)
{
	struct mc_err e;
	struct mc_world *w = mc_task_parse(t, name, &e) < 0 ? NULL : mc_world_new(t, 1, NULL, -1, &e);
	struct mc_seen seen[MOST];
	struct mc_sight s = { seen, 0 };
	mc_real pos[2 * MOST], vel[2 * MOST], o[MOST * MOST], a[2 * MOST], r;
	long seen_first = 0;

	*complete = 1;
	if (w == NULL)
		return -1;
	for (uint32_t episode = 0; episode < EPISODES; episode++) {
		mc_world_reset(w, 0, 1, 0, episode);
		for (int step = 0; step <= STEPS; step++) {
			mc_world_get(w, 0, pos, vel);
			mc_world_observe(w, o);
			if (mc_sight_read(&s, t, o) < 0 || !agrees(&s, t, pos))
				seen_first = -1000000;
			*complete &= s.n == (size_t)t->entities;
			seen_first += step == 0 ? (long)mc_sight_count(&s, hides(t)) : 0;
			for (int k = 0; k < 2 * t->agents; k++)
				a[k] = (mc_real)(((k * 7 + step * 3 + (int)episode) % 5) - 2) / 2;
			if (step < STEPS && mc_world_step(w, a, &r, NULL, &e) < 0)
				seen_first = -1000000;
		}
	}
	mc_world_free(w);
	return seen_first < 0 ? -1 : seen_first;
}

static void test_tasks(void)
{
	struct mc_task t;
	int complete;

	for (int i = 0; mc_task_name(i); i++) {
		const long seen_first = watch(mc_task_name(i), &t, &complete);
		/* Where everything is listed, everything is there. */
		const int sees_all = t.kind == MC_PUSH || t.kind == MC_EVADE || t.kind == MC_REFERENCE || (t.l >= t.N && !t.view);

		ok(seen_first >= 0, "%s: everything is where it is", mc_task_name(i));
		if (sees_all)
			ok(complete, "%s: and all of it", mc_task_name(i));
		else
			ok(!complete && seen_first > 0 && seen_first < EPISODES * (long)mc_role_count(&t, hides(&t)),
			    "%s: but what nobody sees", mc_task_name(i));
	}
}

/* In index order a list does not end at its last entity: what an agent sees, it sees to the end of its view. */
static void test_index_order(void)
{
	struct mc_task t, plain;
	int complete, last_seen = 0, good = 1;
	const long seen = watch("navigation_N6_l6_i_v100", &t, &complete);

	ok(seen > 0 && seen == watch("navigation_N6_l6_v100", &plain, &complete), "index order: as much is in sight as nearest first");
	struct mc_world *w = mc_world_new(&t, 1, NULL, -1, NULL);
	mc_real o[6 * 32];

	for (uint32_t episode = 0; w && episode < EPISODES; episode++) {
		mc_world_reset(w, 0, 1, 0, episode);
		mc_world_observe(w, o);
		for (int i = 0; i < t.agents; i++) {
			last_seen += o[32 * i + 4 + 3 * 6 - 1] > 0;
			good &= fabs(mc_sight_reach(&t, o + 32 * i) - 1) < 1e-12;
		}
	}
	ok(last_seen > 0 && good, "and as far, whichever of them is the last");
	mc_task_parse(&t, "navigation_N6_l6_i", NULL);
	ok(isinf(mc_sight_reach(&t, o)), "without a limit, at any distance");
	mc_world_free(w);
}

static void test_sizes(void)
{
	double size[MC_ROLES];
	struct mc_task t;
	struct mc_err e;

	mc_task_parse(&t, "evade_N3", &e);
	ok(mc_role_sizes(size, &t, &e) == 0 && fabs(size[MC_ROLE_AGENT] - 0.05) < 1e-9 && fabs(size[MC_ROLE_PREDATOR] - 0.075) < 1e-9 &&
	    fabs(size[MC_ROLE_LANDMARK] - 0.2) < 1e-9 && !(size[MC_ROLE_PREY] > 0), "sizes of evade: the team are the prey");
	mc_task_parse(&t, "push_N3", &e);
	ok(mc_role_sizes(size, &t, &e) == 0 && fabs(size[MC_ROLE_AGENT] - 0.06) < 1e-9 && fabs(size[MC_ROLE_BALL] - 0.1) < 1e-9 &&
	    fabs(size[MC_ROLE_TARGET] - 0.05) < 1e-9, "sizes of push");
}

static void test_strangers(void)
{
	struct mc_task t;
	struct mc_err e;
	struct mc_seen seen[MOST];
	struct mc_sight s = { seen, 0 };
	mc_real o[3 * 14] = { 0 };

	mc_task_parse(&t, "navigation_N3_l3", &e);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 6; k++)
			o[14 * i + 4 + k] = (mc_real)(i + k); /* agents at one place, that see different landmarks */
	ok(mc_sight_read(&s, &t, o) < 0, "more landmarks than the task has");
	ok(s.n <= (size_t)t.entities, "there is room for no more");
}

int main(void)
{
	test_tasks();
	test_index_order();
	test_sizes();
	test_strangers();
	return tap_done();
}
