/* Names of tasks and what follows from them: the tables of metacomm(7). */
#include "mc_task.h"
#include "tap.h"

static void table(void)
{
	static const struct {
		const char *name;
		enum mc_task_kind kind;
		int N, M, L, l, agents, entities, scripted, obs_dim, prey_obs_dim;
		double arena;
	} v[] = {
		{ "navigation_N3_l3", MC_NAVIGATION, 3, 0, 3, 3, 3, 6, 0, 14, 0, 3.0 },
		{ "navigation_N6_l1", MC_NAVIGATION, 6, 0, 6, 1, 6, 12, 0, 16, 0, 1.5 },
		{ "navigation_N6_l6", MC_NAVIGATION, 6, 0, 6, 6, 6, 12, 0, 26, 0, 1.5 },
		{ "predator_prey_N3_l3", MC_PREDATOR_PREY, 3, 1, 2, 3, 3, 6, 1, 14, 14, 1.0 },
		{ "predator_prey_N6_l1", MC_PREDATOR_PREY, 6, 2, 3, 1, 6, 11, 2, 18, 26, 1.5 },
		{ "predator_prey_N6_l6", MC_PREDATOR_PREY, 6, 2, 3, 6, 6, 11, 2, 24, 26, 1.5 },
		{ "push_N3", MC_PUSH, 3, 0, 0, 0, 3, 5, 0, 12, 0, 1.0 },
		{ "push_N6", MC_PUSH, 6, 0, 0, 0, 6, 8, 0, 18, 0, 1.0 },
		{ "evade_N3", MC_EVADE, 3, 1, 2, 0, 1, 6, 3, 14, 14, 1.0 },
		{ "evade_N6", MC_EVADE, 6, 2, 3, 0, 2, 11, 6, 26, 26, 1.5 },
		/* parametric names */
		{ "navigation_N1_l1", MC_NAVIGATION, 1, 0, 1, 1, 1, 2, 0, 6, 0, 0.61237243569579452 },
		{ "navigation_N24_l2", MC_NAVIGATION, 24, 0, 24, 2, 24, 48, 0, 54, 0, 3.0 },
		{ "predator_prey_N9_l2", MC_PREDATOR_PREY, 9, 3, 4, 2, 9, 16, 3, 28, 38, 1.8708286933869707 },
		{ "predator_prey_N2_M5_L1_l256", MC_PREDATOR_PREY, 2, 5, 1, 256, 2, 8, 5, 18, 26, 0.76376261582597338 },
		{ "push_N256", MC_PUSH, 256, 0, 0, 0, 256, 258, 0, 518, 0, 1.0 },
		{ "evade_N3_M2_L1", MC_EVADE, 3, 2, 1, 0, 2, 6, 3, 16, 16, 1.0 },
		{ "navigation_N6_l6_v100", MC_NAVIGATION, 6, 0, 6, 6, 6, 12, 0, 32, 0, 1.5 },
		{ "navigation_N6_l6_i", MC_NAVIGATION, 6, 0, 6, 6, 6, 12, 0, 26, 0, 1.5 },
		{ "navigation_N6_l6_i_v100", MC_NAVIGATION, 6, 0, 6, 6, 6, 12, 0, 32, 0, 1.5 },
		{ "navigation_N3_l2_v999", MC_NAVIGATION, 3, 0, 3, 2, 3, 6, 0, 14, 0, 3.0 },
		{ "predator_prey_N6_l6_v75", MC_PREDATOR_PREY, 6, 2, 3, 6, 6, 11, 2, 26, 26, 1.5 },
		{ "predator_prey_N2_M5_L1_l3_v1", MC_PREDATOR_PREY, 2, 5, 1, 3, 2, 8, 5, 17, 26, 0.76376261582597338 },
		{ "reference_N3", MC_REFERENCE, 3, 0, 3, 0, 3, 6, 0, 15, 0, 1.0 },
		{ "reference_N2_s1", MC_REFERENCE, 2, 0, 3, 0, 2, 5, 0, 14, 0, 1.0 },
		{ "reference_N256_s255", MC_REFERENCE, 256, 0, 3, 0, 256, 259, 0, 268, 0, 1.0 },
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct mc_err e = { 0 };
		struct mc_task t;

		if (!ok(mc_task_parse(&t, v[i].name, &e) == 0, "%s is a task", v[i].name))
			continue;
		ok(t.kind == v[i].kind && t.N == v[i].N && t.M == v[i].M && t.L == v[i].L && t.l == v[i].l,
		    "%s: kind, N, M, L, l", v[i].name);
		ok(t.agents == v[i].agents && t.entities == v[i].entities && t.scripted == v[i].scripted &&
		    t.obs_dim == v[i].obs_dim && t.prey_obs_dim == v[i].prey_obs_dim, "%s: dimensions", v[i].name);
		is_near(t.arena, v[i].arena, 1e-15, v[i].name);
	}
}

static void refused(void)
{
	static const char *const v[] = {
		"", "push", "push_N", "push_N0", "push_N03", "push_N+3", "push_N-3", "push_N 3", "push_N257",
		"push_N99999999999999999999", "push_N3 ", "push_N3_l3", "Push_N3", "push_n3", "xpush_N3",
		"navigation_N3", "navigation_N3_l4", "navigation_N3_l0", "navigation_l3_N3",
		"predator_prey_N3", "predator_prey_N4_l1", "predator_prey_N3_M1_l3", "predator_prey_N3_L2_l3",
		"predator_prey_N3_M1_L2", "predator_prey_N3_M1_L2_l", "predator_prey_N3_M0_L2_l3",
		"navigation_N6_l6_v0", "navigation_N6_l6_v1000", "navigation_N6_l6_v01", "navigation_N6_l6_v", "navigation_N6_v100",
		"navigation_N6_l6_v100_v100", "navigation_N6_l6_v100 ", "predator_prey_N6_l6_v0", "predator_prey_N6_l6_v1000",
		"predator_prey_N6_l6_v075", "predator_prey_N6_v75", "push_N3_v100", "evade_N3_v100", "reference_N3_v100",
		"navigation_N6_i", "navigation_N6_l7_i", "navigation_N6_l6_i_i", "navigation_N6_l6_i6", "navigation_N6_l6i", "navigation_N6_l6_I",
		"navigation_N6_l6_v100_i", "navigation_N6_l6_i_v0", "navigation_N6_l5_i", "navigation_N6_l1_i_v100", "push_N3_i",
		"predator_prey_N6_l6_i", "predator_prey_N3_M1_L2_l2_i", "evade_N3_i", "reference_N3_i",
		"reference_N1", "reference_N1_s1", "reference_N3_s0", "reference_N3_s3", "reference_N3_s4", "reference_N3_s01",
		"reference_N3_s", "reference_N03", "reference_N257", "reference_N3_s1_s1", "reference_N3_l3",
		"evade_N4", "evade_N3_l3", "evade_N3_M1", "evade_N3_M1_L2_l3", "push_N3\n",
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct mc_err e = { 0 };
		struct mc_task t;

		ok(mc_task_parse(&t, v[i], &e) < 0 && e.code == MC_USAGE, "refused, case %zu", i);
	}
	struct mc_err e = { 0 };
	struct mc_task t;

	(void)mc_task_parse(&t, "push_N0", &e);
	ok(strstr(e.what, "\"push_N0\"") && strstr(e.hint, "push_N{n}"), "the message has the name and the forms");
	ok(strstr(e.hint, "mc-envsim --list explains") != NULL, "all of them: there is room");
	(void)mc_task_parse(&t, "navigation_N6_l1_i", &e);
	ok(strstr(e.what, "\"navigation_N6_l1_i\"") && strstr(e.what, "all 6 landmarks") && strstr(e.what, "here 1"),
	    "_i with fewer landmarks than there are: says so");
}

static void same(void)
{
	struct mc_task a, b;

	(void)mc_task_parse(&a, "predator_prey_N3_l3", NULL);
	(void)mc_task_parse(&b, "predator_prey_N3_M1_L2_l3", NULL);
	ok(mc_task_same(&a, &b), "short and long form are one task");
	is_str(b.name, "predator_prey_N3_M1_L2_l3", "a long form keeps its name");
	(void)mc_task_parse(&b, "predator_prey_N3_M1_L3_l3", NULL);
	ok(!mc_task_same(&a, &b), "another number of landmarks is another task");
	(void)mc_task_parse(&b, "evade_N3", NULL);
	ok(!mc_task_same(&a, &b), "so is another kind");
	(void)mc_task_parse(&a, "navigation_N6_l6", NULL);
	(void)mc_task_parse(&b, "navigation_N6_l6_v100", NULL);
	ok(a.view == 0 && b.view == 100 && !mc_task_same(&a, &b), "a limited view is another task");
	(void)mc_task_parse(&b, "navigation_N6_l6_i", NULL);
	ok(a.indexed == 0 && b.indexed == 1 && !mc_task_same(&a, &b), "so is index order");
	(void)mc_task_parse(&a, "navigation_N6_l6_i_v100", NULL);
	ok(a.indexed == 1 && a.view == 100 && !mc_task_same(&a, &b), "and both");
	(void)mc_task_parse(&a, "reference_N4", NULL);
	(void)mc_task_parse(&b, "reference_N4_s1", NULL);
	is_int(a.shift, 0, "without _s the shift is drawn");
	is_int(b.shift, 1, "with it, it is fixed");
	ok(a.hidden == 5 && b.hidden == 5, "four goals and a shift are hidden");
	ok(!mc_task_same(&a, &b), "which is another task");
}

static void listed(void)
{
	struct mc_task t;
	struct mc_env_dims dims;
	int n = 0;

	while (mc_task_name(n) && mc_task_parse(&t, mc_task_name(n), NULL) == 0)
		n++;
	is_int(n, 16, "sixteen named tasks, all valid");
	ok(!mc_task_name(n) && !mc_task_name(-1), "none beyond");
	(void)mc_task_parse(&t, "predator_prey_N6_l6", NULL);
	dims = mc_task_dims(&t);
	ok(dims.N == 6 && dims.d == 5 && dims.T == 25 && dims.O == 24 && dims.A == 2, "dimensions for the nets");
}

int main(void)
{
	table();
	refused();
	same();
	listed();
	return tap_done();
}
