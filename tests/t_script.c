/* Scripted teams: what they do where it can be worked out by hand, and that they use what they are told and nothing else. */
#include "mc_script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_rng.h"
#include "tap.h"

enum { MOST = 6, WIDE = 40 };

static const double tol = sizeof(mc_real) == sizeof(float) ? 1e-4 : 1e-9;

/* A script in a world of one environment. */
struct stage {
	struct mc_arena arena;
	struct mc_task t;
	struct mc_world *w;
	struct mc_script *s;
	mc_real o[MOST * WIDE], a[2 * MOST];
	uint8_t m[MOST * MOST], I[MOST * MOST];
};

static void open_stage(struct stage *x, const char *script, const char *task)
{
	memset(x, 0, sizeof *x);
	if (mc_task_parse(&x->t, task, NULL) < 0 || !(x->w = mc_world_new(&x->t, 1, NULL, -1, NULL)) ||
	    !(x->s = mc_script_new(script, &x->t, &x->arena, NULL)))
		abort();
	mc_world_reset(x->w, 0, 1, 0, 0);
}

static void close_stage(struct stage *x)
{
	mc_world_free(x->w);
	mc_arena_free(&x->arena);
}

/* Sets entities at points, at rest. */
static void place(struct stage *x, const double (*at)[2])
{
	mc_real pos[2 * 16], vel[2 * 16] = { 0 };

	for (int i = 0; i < 2 * x->t.entities; i++)
		pos[i] = (mc_real)at[i / 2][i % 2];
	if (mc_world_set(x->w, 0, pos, vel, NULL) < 0)
		abort();
}

/* Decides and acts; with `src`, whose messages come instead. */
static void act(struct stage *x, const uint8_t *src)
{
	const struct mc_script_place at = { 1, 0, 0, 1, 0 };

	mc_world_observe(x->w, x->o);
	mc_world_mask(x->w, x->m);
	mc_script_decide(x->s, 1, x->o, x->m, NULL, x->I);
	mc_script_act(x->s, &at, x->w, x->o, x->I, src, x->a);
}

static void is_action(const struct stage *x, int i, double ux, double uy, const char *name)
{
	const double gx = (double)x->a[2 * i], gy = (double)x->a[2 * i + 1];

	if (!ok(fabs(gx - ux) <= tol && fabs(gy - uy) <= tol, "%s", name))
		diag("got (%.9g, %.9g), want (%.9g, %.9g)", gx, gy, ux, uy);
}

static void names(void)
{
	struct mc_arena arena = { 0 };
	struct mc_err e = { 0 };
	struct mc_task t;
	int n = 0, floors = 1;

	while (mc_script_name(n))
		n++;
	is_int(n, 10, "ten names");
	(void)mc_task_parse(&t, "push_N3", NULL);
	ok(!mc_script_new("assign", &t, &arena, &e) && e.code == MC_USAGE && strstr(e.hint, "still, random, alone, told, push"),
	    "one of another task is refused, with those that there are");
	ok(mc_script_fits("push", &t) && !mc_script_fits("hunt", &t), "which fits, which not");
	for (int i = 0; mc_task_name(i); i++) {
		(void)mc_task_parse(&t, mc_task_name(i), NULL);
		floors &= mc_script_fits(mc_script_floor(&t), &t) && mc_script_fits(mc_script_alone(&t), &t) &&
		    mc_script_fits(mc_script_ceiling(&t), &t);
	}
	ok(floors, "every task has a floor, what can be had alone, and a ceiling");
	mc_arena_free(&arena);
}

/* Two agents between two landmarks: both are nearer to the same one. */
static void covering(void)
{
	static const double at[4][2] = { { 0, 0 }, { 0.01, 0 }, { 0.05, 0 }, { -0.05, 0 } };
	struct stage x;

	open_stage(&x, "assign", "navigation_N2_l2");
	place(&x, at);
	act(&x, NULL);
	is_action(&x, 0, -0.4, 0, "assign: 8 (g - p) to the farther one, as the sum is less");
	is_action(&x, 1, 0.32, 0, "and the other to the nearer one");
	close_stage(&x);
	open_stage(&x, "nearest", "navigation_N2_l2");
	place(&x, at);
	act(&x, NULL);
	is_action(&x, 0, 0.4, 0, "nearest: the lower index on a tie");
	is_action(&x, 1, 0.32, 0, "both to one");
	close_stage(&x);
}

/* What is out of view is not known alone, and known where somebody who is asked sees it. */
static void views(void)
{
	static const double at[4][2] = { { -1, -1 }, { 1, 1 }, { -0.95, -1 }, { -0.95, -0.95 } };
	struct stage x;

	open_stage(&x, "alone", "navigation_N2_l2_v50");
	place(&x, at);
	act(&x, NULL);
	for (int k = 0; k < 2; k++)
		ok(x.I[k] == 0, "alone asks nobody");
	/* agent 0 sees both landmarks, and gives the other agent the farther one: (0.05, 0) is its own */
	is_action(&x, 0, 0.4, 0, "alone: the landmark of one's own");
	ok(x.a[2] < 0 && x.a[3] < 0, "who sees none looks where it has not looked: the middle is behind it");
	close_stage(&x);
	open_stage(&x, "told", "navigation_N2_l2_v50");
	place(&x, at);
	act(&x, NULL);
	ok(x.I[0] == 1 && x.I[1] == 1, "told asks");
	is_action(&x, 0, 0.4, 0, "told: the same for the one");
	is_action(&x, 1, -1, -1, "and the other goes to what it is told of");
	memset(x.I, 0, sizeof x.I);
	close_stage(&x);
}

/* A right triangle's middle by its known coordinate; an obtuse one's is the corner. */
static void middles(void)
{
	/* agents, then landmarks (0,0), (0.06,0), (0,0.06): the Fermat point is at t (1,1), t = 0.06 (3 - sqrt 3) / 6 */
	static const double right[5][2] = { { 0, 0 }, { 0.02, 0.01 }, { 0, 0 }, { 0.06, 0 }, { 0, 0.06 } };
	static const double obtuse[5][2] = { { 0.01, 0 }, { 0, 0.01 }, { 0, 0 }, { 1, 0.1 }, { -1, 0.1 } };
	const double t = 0.06 * (3 - sqrt(3)) / 6;
	struct stage x;

	open_stage(&x, "alone", "reference_N2");
	place(&x, right);
	act(&x, NULL);
	is_action(&x, 0, 8 * t, 8 * t, "alone in reference: the point whose mean distance is least");
	is_action(&x, 1, 8 * (t - 0.02), 8 * (t - 0.01), "for everybody");
	place(&x, obtuse);
	act(&x, NULL);
	is_action(&x, 0, -0.08, 0, "an obtuse corner is that point itself");
	close_stage(&x);
}

static void goals(void)
{
	static const double at[6][2] = { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0.1, 0 }, { 0, 0.1 }, { -0.1, -0.1 } };
	static const uint8_t other[6] = { 2, 1, 2, 0, 1, 0 };    /* slots' agents exchanged */
	const int32_t hidden[4] = { 1, 2, 0, 1 };
	struct stage x;

	open_stage(&x, "told", "reference_N3");
	place(&x, at);
	if (mc_world_hide(x.w, 0, hidden, NULL) < 0)
		abort();
	act(&x, NULL);
	ok(memcmp(x.I, "\1\0\0\1\1\0", 6) == 0, "told asks whoever knows, and nobody else");
	is_action(&x, 0, 0, 0.8, "and goes to its goal: 1");
	is_action(&x, 1, -0.8, -0.8, "2");
	is_action(&x, 2, 0.8, 0, "0");
	act(&x, other);
	/* 0 hears agent 2, which knows 1's goal: 2 */
	is_action(&x, 0, -0.8, -0.8, "who is told another's goal goes there");
	close_stage(&x);
}

static void chases(void)
{
	static const double at[6][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 0.03, 0.04 }, { 5, 5 }, { 6, 6 } };
	struct stage x;

	open_stage(&x, "pursue", "predator_prey_N3_l3");
	place(&x, at);
	act(&x, NULL);
	is_action(&x, 0, 0.6, 0.8, "pursue: a unit vector");
	close_stage(&x);
	open_stage(&x, "hunt", "predator_prey_N3_l3");
	place(&x, at);
	act(&x, NULL);
	is_action(&x, 0, 0.6, 0.8, "hunt: 20 (p_j - p_i) where nothing moves");
	is_action(&x, 1, 0.6, -1, "clipped by component");
	close_stage(&x);
}

/* The draws of mc-envsim --random: component c of agent i at step t is draw (t N + i) 2 + c. */
static void random_draws(void)
{
	struct stage x;
	mc_real u[2 * 3 * 4];
	int same = 1;

	open_stage(&x, "random", "push_N3");
	for (size_t t = 0; t < 4; t++) {
		const struct mc_script_place at = { 7, 3, 11, 1, t };

		mc_rng_uniform(u, t * 6, 6, 7, MC_RNG_RANDOM, 3, 11);
		mc_script_act(x.s, &at, x.w, x.o, x.I, NULL, x.a);
		for (int k = 0; k < 6; k++)
			same &= x.a[k] == 2 * u[k] - 1;
	}
	ok(same, "random: the draws of --random");
	close_stage(&x);
}

/* Ten steps of every script in every named task: finite, within [-1, 1], and nobody asked who is out of range. */
static void all(void)
{
	for (int k = 0; mc_task_name(k); k++)
		for (int n = 0; mc_script_name(n); n++) {
			struct stage x;
			struct mc_task t;
			int good = 1;
			mc_real r;

			(void)mc_task_parse(&t, mc_task_name(k), NULL);
			if (!mc_script_fits(mc_script_name(n), &t))
				continue;
			open_stage(&x, mc_script_name(n), mc_task_name(k));
			for (int step = 0; step < 10; step++) {
				act(&x, NULL);
				for (int c = 0; c < 2 * x.t.agents; c++)
					good &= x.a[c] >= -1 && x.a[c] <= 1;
				good &= mc_world_step(x.w, x.a, &r, NULL, NULL) == 0;
			}
			ok(good, "%s in %s", mc_script_name(n), mc_task_name(k));
			close_stage(&x);
		}
}

int main(void)
{
	names();
	covering();
	views();
	middles();
	goals();
	chases();
	random_draws();
	all();
	return tap_done();
}
