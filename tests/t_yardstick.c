/* Yardsticks: every row is of a task, in order, and found under all names of it. */
#include "mc_yardstick.h"

#include <math.h>
#include <string.h>

#include "mc_prey.h"
#include "mc_script.h"
#include "tap.h"

static void rows(void)
{
	int valid = 1, ordered = 1, once = 1, named = 1;

	for (size_t i = 0; i < mc_yardstick_count; i++) {
		const struct mc_yardstick *y = &mc_yardsticks[i];
		struct mc_task t;

		valid &= mc_task_parse(&t, y->task, NULL) == 0 && (t.kind == MC_PREDATOR_PREY) != (strcmp(y->prey, "none") == 0);
		ordered &= y->floor.mean < y->alone.mean && y->alone.mean <= y->ceiling.mean + y->ceiling.se;
		ordered &= y->floor.se > 0 && y->alone.se > 0 && y->ceiling.se > 0;
		once &= mc_yardstick_find(y->task, y->prey) == y;
	}
	ok(valid, "every row is of a task, and says prey where there are some");
	ok(ordered, "floor, alone, ceiling: in this order");
	ok(once, "no task is given twice");
	ok(mc_yardstick_episodes >= 1000, "measured over %ld episodes", mc_yardstick_episodes);
	for (int i = 0; mc_task_name(i); i++)
		named &= mc_yardstick_find(mc_task_name(i), "none") || mc_yardstick_find(mc_task_name(i), "flee");
	ok(named, "all named tasks have one");
}

static void finding(void)
{
	const struct mc_yardstick *y = mc_yardstick_find("predator_prey_N3_M1_L2_l3", "flee");

	ok(y && y == mc_yardstick_find("predator_prey_N3_l3", "flee"), "a long name is the same task");
	ok(mc_yardstick_find("navigation_N6_l6_i", "none") == mc_yardstick_find("navigation_N6_l6", "none") &&
	    mc_yardstick_find("navigation_N6_l6_i_v100", "none") == mc_yardstick_find("navigation_N6_l6_v100", "none"),
	    "in index order a team sees the same");
	ok(y != mc_yardstick_find("predator_prey_N3_l3", "trained"), "other prey are another yardstick");
	ok(!mc_yardstick_find("predator_prey_N3_l3", "other"), "unknown prey have none");
	ok(!mc_yardstick_find("push_N4", "none") && !mc_yardstick_find("juggling_N3", "none"), "nor has a task that was not measured");
	y = mc_yardstick_find("push_N3", "none");
	is_near(mc_yardstick_score(y, y->floor.mean), 0, 1e-12, "0 at the floor");
	is_near(mc_yardstick_score(y, y->ceiling.mean), 1, 1e-12, "1 at the ceiling");
	is_near(mc_yardstick_score(y, 2 * y->ceiling.mean - y->floor.mean), 2, 1e-12, "and as far beyond");
}

static void prey(void)
{
	struct mc_arena arena = { 0 };
	struct mc_task t;
	struct mc_prey x;
	struct mc_err e;

	(void)mc_task_parse(&t, "predator_prey_N6_l6_v75", NULL);
	if (mc_prey_choose(&x, "auto", &t, &arena, &e) < 0)
		return;
	is_str(mc_yardstick_prey(x.how, &x.p, &t, &arena), "trained", "weights that are compiled in");
	x.p.v[0] += 1;
	is_str(mc_yardstick_prey(x.how, &x.p, &t, &arena), "other", "others than the yardsticks");
	is_str(mc_yardstick_prey("flee", &x.p, &t, &arena), "flee", "the flee rule");
	is_str(mc_yardstick_prey("none", &(struct mc_params){ .v = NULL }, &t, &arena), "none", "no prey");
	is_str(mc_yardstick_prey("mlp", &(struct mc_params){ .v = NULL }, &t, &arena), "other", "weights that are not there");
	mc_arena_free(&arena);
}

int main(void)
{
	rows();
	finding();
	prey();
	return tap_done();
}
