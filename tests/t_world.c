/*
 * The particle world: its rules by hand, the edge cases, resets, and that an environment's
 * numbers depend on nothing but itself. Numbers in the comments are worked out by hand.
 */
#include "mc_world.h"

#include <stdlib.h>
#include <string.h>

#include "mc_math.h"
#include "tap.h"

/* Single precision leaves about 1e-7 of the values at hand. */
static const double tol = sizeof(mc_real) == sizeof(float) ? 1e-5 : 1e-12;

static struct mc_task task_of(const char *name)
{
	struct mc_task t;

	if (mc_task_parse(&t, name, NULL) < 0)
		abort();
	return t;
}

static struct mc_world *world_of(const char *name, size_t n)
{
	const struct mc_task t = task_of(name);
	struct mc_world *w = mc_world_new(&t, n, NULL, -1, NULL);

	if (!w)
		abort();
	return w;
}

/* One environment, with room for its state and what it says. */
struct one {
	struct mc_world *w;
	const struct mc_task *t;
	mc_real pos[64][2], vel[64][2], a[64][2], u[64][2], o[2048];
	mc_real r;
	int32_t C, hidden[64];
};

/* Entities far from each other and at rest. */
static void place(struct one *x, const char *name)
{
	memset(x, 0, sizeof *x);
	x->w = world_of(name, 1);
	x->t = mc_world_task(x->w);
	for (int i = 0; i < x->t->entities; i++) {
		x->pos[i][0] = (mc_real)(10 * i);
		x->pos[i][1] = (mc_real)(-20 * i);
	}
}

static void put(struct one *x, int i, double px, double py)
{
	x->pos[i][0] = (mc_real)px;
	x->pos[i][1] = (mc_real)py;
}

static void start(struct one *x)
{
	if (mc_world_set(x->w, 0, x->pos[0], x->vel[0], NULL) < 0)
		abort();
	mc_world_observe(x->w, x->o);
}

static void go(struct one *x)
{
	if (mc_world_step(x->w, x->a[0], &x->r, &x->C, NULL) < 0)
		abort();
	mc_world_get(x->w, 0, x->pos[0], x->vel[0]);
	mc_world_scripted(x->w, x->u[0]);
	mc_world_observe(x->w, x->o);
}

static void done(struct one *x)
{
	mc_world_free(x->w);
}

static void is_point(const mc_real *got, double wx, double wy, const char *name)
{
	if (!ok(fabs((double)got[0] - wx) <= tol && fabs((double)got[1] - wy) <= tol, "%s", name))
		diag("got (%.9g, %.9g), want (%.9g, %.9g)", (double)got[0], (double)got[1], wx, wy);
}

/* ---- physics ---- */

static void motion(void)
{
	struct one x;

	place(&x, "navigation_N3_l3");
	x.vel[1][0] = 2;
	x.a[0][0] = 1, x.a[0][1] = (mc_real)-0.5;
	x.a[2][0] = 7, x.a[2][1] = -8;
	start(&x);
	go(&x);
	is_point(x.vel[0], 0.5, -0.25, "v = force / mass dt: 5 * (1, -0.5) * 0.1");
	is_point(x.pos[0], 0.05, -0.025, "p moves with the new velocity");
	is_point(x.vel[1], 1.5, 0, "a velocity keeps three quarters a step");
	is_point(x.pos[1], 10.15, -20, "and moves on with what it keeps");
	is_point(x.vel[2], 0.5, -0.5, "an action is clipped by component");
	is_point(x.pos[3], 30, -60, "a landmark stays");
	go(&x);
	is_point(x.vel[0], 0.875, -0.4375, "second step: 0.75 v + 0.5");
	is_int(mc_world_time(x.w, 0), 2, "two steps are counted");
	done(&x);
}

static void speed_limit(void)
{
	struct one x;

	place(&x, "predator_prey_N3_l3");
	x.vel[0][0] = 3, x.vel[0][1] = 4;       /* 5, kept until the step: then 3.75 -> 1 */
	x.vel[3][0] = -5, x.vel[3][1] = 12;     /* the prey: 13 -> 1.3 */
	x.vel[1][0] = 1, x.a[1][0] = (mc_real)0.5;  /* 0.75 + 0.15 stays below 1 */
	put(&x, 3, 0, 1e4);  /* the pull of flee, at most 0.4 in y, turns the prey by little */
	start(&x);
	is_point(x.o, 3, 4, "a given speed above the limit is kept");
	go(&x);
	is_point(x.vel[0], 0.6, 0.8, "a predator is slowed to 1.0, in its direction");
	is_near(hypot((double)x.vel[3][0], (double)x.vel[3][1]), 1.3, tol, "a prey to 1.3");
	is_point(x.vel[1], 0.9, 0, "no limit below it");
	is_point(x.pos[1], 10.09, -20, "the position uses the limited velocity");
	done(&x);
	place(&x, "navigation_N3_l3");
	x.vel[0][0] = 40;
	start(&x);
	go(&x);
	is_point(x.vel[0], 30, 0, "an agent of navigation has no limit");
	done(&x);
}

/* pen = k (max(x, 0) + log1p(exp(-|x|))), x = (r_min - r) / k; f = 100 pen along d. */
static double force(double r_min, double r)
{
	const double x = (r_min - r) / 0.001;

	return 100 * 0.001 * ((x > 0 ? x : 0) + log1p(exp(-fabs(x))));
}

static void contact(void)
{
	struct one x;

	place(&x, "navigation_N3_l3");
	put(&x, 0, 0, 0);
	put(&x, 1, 0.15, 0.2);                  /* r = 0.25, r_min = 0.3 */
	start(&x);
	go(&x);
	is_point(x.vel[0], -0.1 * force(0.3, 0.25) * 0.6, -0.1 * force(0.3, 0.25) * 0.8,
	    "two agents push each other along their line");
	is_point(x.vel[1], 0.1 * force(0.3, 0.25) * 0.6, 0.1 * force(0.3, 0.25) * 0.8,
	    "with opposite forces");
	is_point(x.vel[2], 0, 0, "and nobody else");
	done(&x);

	place(&x, "navigation_N3_l3");
	put(&x, 0, 0, 0);
	put(&x, 1, 0.3, 0);
	start(&x);
	go(&x);
	is_near((double)x.vel[1][0], 0.1 * 0.1 * log(2), tol / 10, "at the sum of sizes the force is F_c k log 2");
	done(&x);

	/* 30 margins out nothing is left; 10 margins out e^-10 is */
	place(&x, "navigation_N3_l3");
	put(&x, 0, 0, 0);
	put(&x, 1, 0.31, 0);
	start(&x);
	go(&x);
	is_near((double)x.vel[1][0] / (0.1 * force(0.3, (double)(mc_real)0.31)), 1, 1e-3,
	    "the force reaches beyond the sum of sizes");
	done(&x);
	place(&x, "navigation_N3_l3");
	put(&x, 0, 0, 0);
	put(&x, 1, 0.34, 0);
	start(&x);
	go(&x);
	ok(x.vel[1][0] == 0 && x.vel[0][0] == 0, "and ends 30 margins beyond");
	done(&x);
}

static void contact_pairs(void)
{
	struct one x;

	/* agent (0.06, mass 1) and ball (0.1, mass 2): r_min 0.16 */
	place(&x, "push_N3");
	put(&x, 0, 0, 0);
	put(&x, 3, 0, 0.1);
	put(&x, 4, 0, 0.1);
	start(&x);
	go(&x);
	is_point(x.vel[0], 0, -0.1 * force(0.16, 0.1), "an agent is pushed by the ball");
	is_point(x.vel[3], 0, 0.05 * force(0.16, 0.1), "the ball moves half as fast: its mass is 2");
	is_point(x.pos[4], 0, 0.1, "the target neither moves nor collides");
	done(&x);

	/* the ball of push_N6: mass 4, agents 0.04 */
	place(&x, "push_N6");
	put(&x, 5, 0.3, 0);
	put(&x, 6, 0.2, 0);
	start(&x);
	go(&x);
	is_point(x.vel[6], -0.025 * force(0.14, 0.1), 0, "push_N6: sizes 0.04 and 0.1, mass 4");
	done(&x);

	/* predator 0.075 on a landmark of 0.2; two landmarks on each other */
	place(&x, "predator_prey_N3_l3");
	put(&x, 1, 5.2, 5);
	put(&x, 4, 5, 5);
	put(&x, 5, 5.05, 5);
	start(&x);
	go(&x);
	is_point(x.pos[4], 5, 5, "a landmark takes no force");
	is_point(x.pos[5], 5.05, 5, "nor does the other");
	/* 0.1 (7.5 + 12.5) = 2 from both, limited to 1 */
	is_point(x.vel[1], 1, 0, "a predator is pushed by landmarks");
	done(&x);
}

/* Action force first, then contacts by ascending index of the other entity. */
static void contact_order(void)
{
	struct one x;
	mc_real f, d, want;

	place(&x, "navigation_N3_l3");
	put(&x, 0, 0, 0);
	put(&x, 1, 0.25, 0.125);
	put(&x, 2, -0.125, 0.25);
	x.a[1][0] = (mc_real)0.3;
	start(&x);
	const mc_real margin = (mc_real)0.001, r_min = (mc_real)0.3;

	f = 5 * (mc_real)0.3;
	for (int j = 0; j < 3; j += 2) {
		const mc_real dx = x.pos[1][0] - x.pos[j][0], dy = x.pos[1][1] - x.pos[j][1];
		const mc_real r2 = dx * dx + dy * dy;

		if (r2 > (mc_real)(0.33 * 0.33))
			continue;
		d = MC_M(sqrt)(r2);
		f += 100 * (margin * mc_softplus((r_min - d) / margin)) / d * dx;
	}
	go(&x);
	want = f * (mc_real)0.1;
	is_near((double)x.vel[1][0], (double)want, tol / 10, "forces add up in order");
	done(&x);
}

/* ---- edge cases ---- */

static void coincident(void)
{
	struct one x;

	place(&x, "navigation_N3_l3");
	put(&x, 0, 1, 1);
	put(&x, 1, 1, 1);
	start(&x);
	is_point(x.o + 10, 0, 0, "coincident: relative position (0, 0)");
	go(&x);
	is_point(x.vel[0], 0, 0, "coincident: no force");
	is_int(x.C, 2, "coincident: in contact, counted twice");
	done(&x);

	place(&x, "predator_prey_N3_l3");
	put(&x, 1, 2, -3);
	put(&x, 3, 2, -3);
	start(&x);
	go(&x);
	is_point(x.u[0], -1, 1, "a predator on the prey: flee only pulls to the centre");
	is_int(x.C, 1, "and they are in contact");
	done(&x);

	place(&x, "predator_prey_N3_l3");
	put(&x, 1, 0.5, -0.5);
	put(&x, 3, 0.5, -0.5);
	start(&x);
	go(&x);
	is_point(x.u[0], 0, 0, "inside 0.9 there is no pull either");
	done(&x);

	place(&x, "evade_N3");
	put(&x, 1, 2, -3);
	put(&x, 3, 2, -3);
	start(&x);
	go(&x);
	is_point(x.u[1], 0, 0, "a predator on the nearest prey does not move");
	is_int(x.C, 1, "and is in contact");
	done(&x);
}

/*
 * Predator and prey at one point, the prey moving: no force and no pull, so that it is known
 * where it stands after the step. 0.75 * 5/3 * 0.1 = 0.125 = 0.075 + 0.05.
 */
static void strict_contact(void)
{
	struct one x;

	for (int nearer = 0; nearer < 2; nearer++) {
		place(&x, "predator_prey_N3_l3");
		put(&x, 3, 0, 0);
		x.vel[3][0] = nearer ? (mc_real)1.666 : (mc_real)5 / 3;
		start(&x);
		go(&x);
		if (!nearer)
			ok(x.pos[3][0] == (mc_real)0.125 && x.pos[0][0] == 0, "at the sum of sizes exactly");
		is_int(x.C, nearer, nearer ? "a little nearer it is one" : "it is not a contact");
		done(&x);
	}
}

/* Rewards are those of the state after the step: worked out from it by these. */
static double dist(const struct one *x, int i, int j)
{
	return hypot((double)x->pos[i][0] - (double)x->pos[j][0], (double)x->pos[i][1] - (double)x->pos[j][1]);
}

static void scatter(struct one *x, double half, uint32_t s)
{
	for (int i = 0; i < 2 * x->t->entities; i++) {
		s = s * 1664525u + 1013904223u;
		x->pos[i / 2][i % 2] = (mc_real)(half * (2 * (double)(s >> 8) * 0x1p-24 - 1));
	}
	for (int i = 0; i < 2 * x->t->agents; i++) {
		s = s * 1664525u + 1013904223u;
		x->a[i / 2][i % 2] = (mc_real)(2 * (double)(s >> 8) * 0x1p-24 - 1);
	}
}

static double nearest(const struct one *x, int j, int first, int n)
{
	double best = INFINITY;

	for (int i = first; i < first + n; i++)
		best = fmin(best, dist(x, i, j));
	return best;
}

static int touching(const struct one *x, int i, int j, double sizes)
{
	return dist(x, i, j) < sizes;
}

static double bound(double v)
{
	v = fabs(v);
	return v < 0.9 ? 0 : v < 1 ? 10 * (v - 0.9) : fmin(exp(2 * v - 2), 10);
}

/* The reward by its formula, and the count C. */
static double by_formula(const struct one *x, int *C)
{
	const int N = x->t->N, M = x->t->M;
	double r = 0;

	*C = 0;
	switch (x->t->kind) {
	case MC_NAVIGATION:
		for (int j = N; j < 2 * N; j++)
			r -= nearest(x, j, 0, N);
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++)
				*C += i != j && touching(x, i, j, 0.3);
		return r - *C / (double)N;
	case MC_PUSH:
		for (int i = 0; i < N; i++)
			*C += touching(x, i, N, 0.36 / (N + 3) + 0.1);
		return -2 * dist(x, N, N + 1) - 0.1 * nearest(x, N, 0, N) + 0.1 * *C;
	case MC_REFERENCE:
		for (int i = 0; i < N; i++)
			r -= dist(x, i, N + x->hidden[i]) / N;
		return r;
	case MC_PREDATOR_PREY:
	case MC_EVADE:
		break;
	}
	for (int i = 0; i < N; i++)
		for (int j = N; j < N + M; j++)
			*C += touching(x, i, j, 0.125);
	if (x->t->kind == MC_PREDATOR_PREY) {
		for (int i = 0; i < N; i++)
			r -= 0.1 * nearest(x, i, N, M);
		return r + 10 * *C;
	}
	for (int j = N; j < N + M; j++)
		r -= bound((double)x->pos[j][0]) + bound((double)x->pos[j][1]);
	return r - 10 * *C;
}

/* One step from each of 200 scattered states. */
static void reward(const char *name, double half)
{
	struct one x;
	int contacts = 0, counted = 1;
	double worst = 0;
	const int meets = task_of(name).kind != MC_REFERENCE;

	for (uint32_t seed = 0; seed < 200; seed++) {
		int C;

		place(&x, name);
		scatter(&x, half, seed);
		mc_world_reset(x.w, 0, seed, 0, 0);     /* of which the hidden part remains */
		start(&x);
		mc_world_hidden(x.w, 0, x.hidden);
		go(&x);
		worst = fmax(worst, fabs(by_formula(&x, &C) - (double)x.r));
		counted &= C == x.C;
		contacts += C;
		done(&x);
	}
	ok(counted, "%s: the count C", name);
	is_near(worst, 0, 20 * tol, "and the reward, by their formulas");
	ok(meets ? contacts > 10 : contacts == 0, "with %d contacts", contacts);
}

static void rewards(void)
{
	reward("navigation_N6_l6", 0.8);
	reward("navigation_N3_l3", 0.4);
	reward("predator_prey_N6_l6", 0.5);
	reward("predator_prey_N2_M5_L1_l1", 0.4);
	reward("push_N6", 0.3);
	reward("push_N3", 0.25);
	reward("evade_N6", 0.8);
	reward("evade_N5_M3_L1", 1.5);
	reward("reference_N6", 1);
	reward("reference_N2", 0.02);
}

/* Prey that do not move stand where they were put: the bound's values themselves. */
static void bounds(void)
{
	static const double v[6][2] = { { 0.875, 0 }, { 0.9375, 0.375 }, { 1, 1 }, { 1.5, 2.718281828459045 },
		{ 2.25, 10 }, { 1000, 10 } };
	struct one x;

	for (int i = 0; i < 6; i++) {
		char name[64];

		place(&x, "evade_N1_M1_L1");
		put(&x, 1, -v[i][0], 0.25);
		put(&x, 0, 500, 500);
		start(&x);
		go(&x);
		snprintf(name, sizeof name, "bound(%g) = %g", v[i][0], v[i][1]);
		is_near(-(double)x.r, v[i][1], 10 * tol, name);
		done(&x);
	}
}

static void flee_rule(void)
{
	struct one x;

	place(&x, "predator_prey_N3_l3");
	put(&x, 0, 3, 0);
	put(&x, 1, 0, 0.5);                     /* as near as predator 2, lower index */
	put(&x, 2, 0.5, 0);
	put(&x, 3, 0, 0);
	start(&x);
	go(&x);
	is_point(x.u[0], 0, -1, "flee: from the nearest predator, lower index on a tie");
	done(&x);

	place(&x, "predator_prey_N3_l3");
	put(&x, 3, 0.95, -0.925);
	put(&x, 0, 1.55, -0.125);               /* e = (-0.6, -0.8) */
	start(&x);
	go(&x);
	is_point(x.u[0], -1, -0.55, "flee: pulled back beyond 0.9, clipped");
	done(&x);
}

static void pursuit(void)
{
	struct one x;

	place(&x, "evade_N6");
	put(&x, 0, 0, 0);
	put(&x, 6, 3, 4);
	put(&x, 7, -4, 3);                      /* as near */
	put(&x, 5, -4, 2);
	start(&x);
	go(&x);
	is_point(x.u[0], 0.6, 0.8, "pursuit: the nearest prey, lower index on a tie");
	is_point(x.u[5], 0, 1, "pursuit: each its own nearest");
	done(&x);
}

/* ---- observations ---- */

static void observations(void)
{
	struct one x;

	place(&x, "navigation_N3_l3");
	put(&x, 0, 1, 1);
	put(&x, 1, 2, 0);
	put(&x, 2, -1, 5);
	put(&x, 3, 1, 3);                       /* distance 2 */
	put(&x, 4, 3, 1);                       /* 2 as well */
	put(&x, 5, 1, 0);                       /* 1 */
	x.vel[0][0] = (mc_real)0.25, x.vel[0][1] = -2;
	start(&x);
	static const double want[14] = { 0.25, -2, 1, 1, 0, -1, 0, 2, 2, 0, 1, -1, -2, 4 };
	int good = 1;

	for (int i = 0; i < 14; i++)
		good &= fabs((double)x.o[i] - want[i]) <= tol;
	ok(good, "navigation: velocity, position, landmarks nearest first, others");
	is_point(x.o + 14 + 10, -1, 1, "the second agent's others start with the first");
	is_point(x.o + 28 + 12, 3, -5, "the last agent's end with the second");
	done(&x);

	/* l = 1 < L: only the nearest; M = 2 */
	place(&x, "predator_prey_N6_l1");
	put(&x, 0, 0, 0);
	put(&x, 6, 0, 4);
	put(&x, 7, 3, 0);
	put(&x, 8, 9, 0);
	put(&x, 9, 8, 0);
	put(&x, 10, -7, 0);
	start(&x);
	is_point(x.o + 4, -7, 0, "predator-prey l1: the nearest landmark");
	is_point(x.o + 6, 3, 0, "the nearest prey");
	is_point(x.o + 8, (double)x.pos[1][0], (double)x.pos[1][1], "then the other predators");
	done(&x);

	/* l > L, l > M: all of them, nothing padded */
	place(&x, "predator_prey_N3_l3");
	put(&x, 0, 0, 0);
	put(&x, 3, 1, 1);
	put(&x, 4, 6, 0);
	put(&x, 5, 5, 0);
	start(&x);
	is_point(x.o + 4, 5, 0, "l > L: all landmarks, nearest first");
	is_point(x.o + 6, 6, 0, "the farther one after it");
	is_point(x.o + 8, 1, 1, "l > M: all prey");
	is_point(x.o + 10, (double)x.pos[1][0], (double)x.pos[1][1], "and the others follow at once");
	done(&x);

	place(&x, "push_N3");
	put(&x, 1, 1, 2);
	put(&x, 3, 3, 3);
	put(&x, 4, -1, 0);
	start(&x);
	is_point(x.o + 12 + 4, 2, 1, "push: the ball");
	is_point(x.o + 12 + 6, -2, -2, "the target");
	done(&x);

	place(&x, "evade_N6");
	put(&x, 6, 1, 1);
	put(&x, 7, 5, 5);
	x.vel[7][0] = (mc_real)0.5;
	x.vel[6][1] = (mc_real)0.75;
	start(&x);
	is_point(x.o, 0, 0.75, "evade: own velocity");
	is_point(x.o + 4, 79, -161, "landmarks in index order");
	is_point(x.o + 10, -1, -1, "predators in index order");
	is_point(x.o + 22, 4, 4, "other prey");
	is_point(x.o + 24, 0.5, 0, "and their velocities");
	is_point(x.o + 26 + 22, -4, -4, "the second prey sees the first");
	is_point(x.o + 26 + 24, 0, 0.75, "and its velocity");
	done(&x);

	place(&x, "navigation_N1_l1");
	put(&x, 0, 0, 0);
	put(&x, 1, 3, 4);
	start(&x);
	go(&x);
	is_point(x.o + 4, 3, 4, "N = 1: no others");
	is_near((double)x.r, -5, tol, "N = 1: C is 0");
	done(&x);
}

/* A view of 1: what stands at 1 exactly is seen, what is beyond leaves zeros behind the others. */
static void limited_views(void)
{
	struct one x;
	static const double want[9] = { 0.6, 0.8 - 1e-3, 1, 0, -1, 1, 0, 0, 0 };
	int good = 1;

	place(&x, "navigation_N3_l3_v100");
	put(&x, 0, 0, 0);
	put(&x, 3, 0, -1);
	put(&x, 4, 0, 1.001);
	put(&x, 5, 0.6, 0.8 - 1e-3);
	start(&x);
	for (int k = 0; k < 9; k++)
		good &= fabs((double)x.o[4 + k] - want[k]) <= tol;
	ok(good, "view: landmarks up to 1, nearest first, with 1; else zeros");
	is_point(x.o + 13, (double)x.pos[1][0], (double)x.pos[1][1], "team mates are seen at any distance");
	go(&x);
	is_near((double)x.r, -(1 + 1.001 + hypot(0.6, 0.799)), 10 * tol, "and the reward is that of navigation");
	done(&x);

	place(&x, "navigation_N3_l2_v100");
	put(&x, 0, 0, 0);
	put(&x, 3, 0, 0.25);
	put(&x, 4, 0, -0.5);
	put(&x, 5, 0, 0.75);
	start(&x);
	is_point(x.o + 7, 0, -0.5, "l = 2: the two nearest alone");
	is_point(x.o + 10, (double)x.pos[1][0], (double)x.pos[1][1], "then the others");
	done(&x);

	place(&x, "predator_prey_N6_l6_v75");
	put(&x, 2, 0, 0);
	put(&x, 6, 0.8, 0);
	put(&x, 7, 0, 0.75);
	start(&x);
	const mc_real *own = x.o + 2 * 26;

	is_point(own + 4, (double)x.pos[8][0], (double)x.pos[8][1], "landmarks of predator-prey are seen at any distance");
	is_point(own + 10, 0, 0.75, "a prey at 0.75");
	is_near((double)own[12], 1, tol, "is marked as seen");
	is_point(own + 13, 0, 0, "one at 0.8 is not there");
	is_near((double)own[15], 0, tol, "nor marked");
	is_point(own + 16, (double)x.pos[0][0], (double)x.pos[0][1], "the other predators follow");
	done(&x);
}

/* ---- landmarks in index order ---- */

/* Numbers that say the same in another order: each of the m places of `list` that is not empty is the next one of `sorted`. */
static int sorted_is(const mc_real *sorted, const mc_real *list, int m, int wide)
{
	int left[16], n = 0, good = 1;

	for (int j = 0; j < m; j++)
		if (wide == 2 || list[wide * j + 2] > 0)
			left[n++] = j;
	for (int p = 0; p < m; p++) {
		static const mc_real empty[3];
		int best = 0;

		for (int k = 1; k < n; k++) {
			const mc_real *x = list + wide * left[k], *y = list + wide * left[best];

			if (x[0] * x[0] + x[1] * x[1] < y[0] * y[0] + y[1] * y[1])
				best = k;
		}
		good &= memcmp(sorted + wide * p, n ? list + wide * left[best] : empty, (size_t)wide * sizeof *list) == 0;
		if (n)
			memmove(left + best, left + best + 1, (size_t)(--n - best) * sizeof *left);
	}
	return good;
}

/* Index order against nearest first: the same episodes, rewards and all but the order, to the bit, in more environments than a block. */
static void same_but_in_order(const char *name, const char *plain)
{
	enum { N = 6, ENVS = 19, WIDE = 32 };
	struct mc_world *w[2] = { world_of(name, ENVS), world_of(plain, ENVS) };
	const struct mc_task *t = mc_world_task(w[0]);
	const int wide = t->view ? 3 : 2, behind = 4 + wide * N;
	static mc_real o[2][ENVS * N * WIDE], a[ENVS * N * 2];
	mc_real r[2][ENVS], pos[2 * 2 * N], vel[2 * 2 * N];
	int good = 1, placed = 1, moved = 0;

	for (uint32_t k = 0; k < 2 * ENVS; k++)
		mc_world_reset(w[k % 2], k / 2, 7, 0, k / 2);
	for (int step = 0; step < MC_EPISODE; step++) {
		for (int k = 0; k < ENVS * N * 2; k++)
			a[k] = (mc_real)((k * 5 + step * 3) % 9 - 4) / 4;
		for (int k = 0; k < 2; k++) {
			good &= mc_world_step(w[k], a, r[k], NULL, NULL) == 0;
			mc_world_observe(w[k], o[k]);
		}
		good &= memcmp(r[0], r[1], sizeof r[0]) == 0;
		for (int i = 0; i < ENVS * N; i++) {
			const mc_real *x = o[0] + i * t->obs_dim, *y = o[1] + i * t->obs_dim;

			good &= memcmp(x, y, 4 * sizeof *x) == 0 && sorted_is(y + 4, x + 4, N, wide);
			good &= memcmp(x + behind, y + behind, (size_t)(t->obs_dim - behind) * sizeof *x) == 0;
			moved |= memcmp(x + 4, y + 4, (size_t)wide * N * sizeof *x) != 0;
			mc_world_get(w[0], (size_t)(i / N), pos, vel);
			for (int j = 0; j < N; j++)
				placed &= (wide == 3 && x[4 + 3 * j + 2] <= 0) || (x[4 + wide * j] == pos[2 * (N + j)] - pos[2 * (i % N)] &&
				    x[5 + wide * j] == pos[2 * (N + j) + 1] - pos[2 * (i % N) + 1]);
		}
	}
	ok(good, "%s: rewards and, but for the order, observations of %s", name, plain);
	ok(placed && moved, "%s: landmark j is in place j", name);
	mc_world_free(w[0]);
	mc_world_free(w[1]);
}

static void index_order(void)
{
	static const double want[9] = { 0, -1, 1, 0, 0, 0, 0.25, 0, 1 };
	struct one x;
	int good = 1;

	place(&x, "navigation_N3_l3_i");
	put(&x, 0, 1, 1);
	put(&x, 3, 1, 3);
	put(&x, 4, 3, 1);
	put(&x, 5, 1, 0);
	start(&x);
	is_point(x.o + 4, 0, 2, "_i: landmark 0");
	is_point(x.o + 6, 2, 0, "landmark 1");
	is_point(x.o + 8, 0, -1, "landmark 2, though it is the nearest");
	is_point(x.o + 10, (double)x.pos[1][0] - 1, (double)x.pos[1][1] - 1, "then the others");
	done(&x);

	place(&x, "navigation_N3_l3_i_v100");
	put(&x, 0, 0, 0);
	put(&x, 3, 0, -1);
	put(&x, 4, 0, 1.001);
	put(&x, 5, 0.25, 0);
	start(&x);
	for (int k = 0; k < 9; k++)
		good &= fabs((double)x.o[4 + k] - want[k]) <= tol;
	ok(good, "_i_v: out of view a landmark leaves zeros in its own place");
	is_point(x.o + 13, (double)x.pos[1][0], (double)x.pos[1][1], "then the others");
	done(&x);
	same_but_in_order("navigation_N6_l6_i", "navigation_N6_l6");
	same_but_in_order("navigation_N6_l6_i_v100", "navigation_N6_l6_v100");
}

/* The largest sizes that names allow: everything listed, nearest first. */
static void large(void)
{
	struct mc_world *w = world_of("navigation_N256_l256", 1);
	const struct mc_task *t = mc_world_task(w);
	mc_real *a = calloc(512, sizeof *a), r;
	mc_real *o = calloc((size_t)t->agents * (size_t)t->obs_dim, sizeof *o);
	int sorted = 1;

	mc_world_reset(w, 0, 1, 0, 0);
	ok(mc_world_step(w, a, &r, NULL, NULL) == 0, "N = 256: a step");
	mc_world_observe(w, o);
	for (int i = 0; i < t->agents; i++)
		for (int j = 0; j + 1 < t->l; j++) {
			const mc_real *p = o + i * t->obs_dim + 4 + 2 * j;

			sorted &= p[0] * p[0] + p[1] * p[1] <= p[2] * p[2] + p[3] * p[3];
		}
	ok(sorted, "N = l = 256: landmarks are in order of distance");
	free(a);
	free(o);
	mc_world_free(w);
}

/* ---- hidden goals ---- */

/* o[first ... first+n-1] is 1 at `at` and 0 elsewhere. */
static void is_one_hot(const mc_real *o, int n, int at, const char *name)
{
	int good = 1;

	for (int k = 0; k < n; k++)
		good &= o[k] == (mc_real)(k == at);
	ok(good, "%s", name);
}

static void hidden_goals(void)
{
	static const int32_t hidden[5] = { 2, 0, 1, 0, 3 };   /* goals of four agents, shift 3 */
	struct one x;

	place(&x, "reference_N4");
	put(&x, 1, 1, 1);
	put(&x, 4, 3, 0);
	put(&x, 5, 1, 5);
	put(&x, 6, -2, 1);
	x.vel[1][0] = (mc_real)0.5;
	start(&x);
	ok(mc_world_hide(x.w, 0, hidden, NULL) == 0, "goals and shift can be given");
	mc_world_observe(x.w, x.o);
	const mc_real *own = x.o + 16;                        /* agent 1 */

	is_point(own, 0.5, 0, "reference: own velocity");
	is_point(own + 2, 1, 1, "own position");
	is_point(own + 4, 2, -1, "landmarks in index order, not by distance");
	is_point(own + 6, 0, 4, "the second");
	is_point(own + 8, -3, 0, "the third");
	is_one_hot(own + 10, 3, 0, "agent (1 + 3) mod 4 = 0, the first of its others, knows agent 1's goal");
	is_one_hot(own + 13, 3, 1, "and it knows that of agent (1 - 3) mod 4 = 2: landmark 1");
	is_one_hot(x.o + 10, 3, 2, "agent 3, the last of its others, knows agent 0's");
	is_one_hot(x.o + 13, 3, 0, "agent 0 knows agent 1's: landmark 0");
	is_one_hot(x.o + 48 + 10, 3, 2, "agent 2, the last of its others, knows agent 3's");
	is_one_hot(x.o + 48 + 13, 3, 2, "agent 3 knows agent 0's: landmark 2");
	go(&x);
	/* agent 1 is at (1.0375, 1) by then, its landmark 0 at (3, 0), the others have not moved */
	is_near((double)x.r, -(hypot(-2, 1) + hypot(1.9625, 1) + hypot(20 - 1, 40 + 5) + hypot(30 - 3, 60)) / 4, 4 * tol,
	    "the mean distance from the goals, after the step");
	start(&x);
	mc_world_hidden(x.w, 0, x.hidden);
	ok(memcmp(x.hidden, hidden, sizeof hidden) == 0, "a state that is set leaves them as they are");
	done(&x);
}

static void hide_refused(void)
{
	static const int32_t bad[][4] = { { 0, 3, 0, 1 }, { -1, 0, 0, 1 }, { 0, 0, 0, 0 }, { 0, 0, 0, 3 }, { 0, 0, 0, -1 } };
	struct mc_world *w = world_of("reference_N3", 1), *fixed = world_of("reference_N3_s2", 1);
	int32_t before[4], after[4];
	struct mc_err e = { 0 };

	mc_world_reset(w, 0, 1, 0, 0);
	mc_world_hidden(w, 0, before);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(mc_world_hide(w, 0, bad[i], &e) < 0 && e.code == MC_DATA, "goals or a shift that cannot be, case %zu", i);
	mc_world_hidden(w, 0, after);
	ok(memcmp(before, after, sizeof before) == 0, "and all stays as it was");
	ok(mc_world_hide(fixed, 0, (const int32_t[]){ 0, 1, 2, 1 }, &e) < 0 && strstr(e.what, "shift is 1, want 2"),
	    "another shift than the task's is refused");
	ok(mc_world_hide(fixed, 0, (const int32_t[]){ 0, 1, 2, 2 }, &e) == 0, "its own is not");
	mc_world_free(w);
	mc_world_free(fixed);
}

/* Over many resets each goal and each shift is drawn as often as the others; a fixed shift changes nothing else. */
static void hidden_draws(void)
{
	enum { N = 5, n = 2000 };
	struct mc_world *w = world_of("reference_N5", 1), *fixed = world_of("reference_N5_s2", 1);
	mc_real p[N + 3][2], q[N + 3][2], v[N + 3][2];
	int32_t a[N + 1], b[N + 1];
	int goals[3] = { 0 }, shifts[N] = { 0 }, same = 1;

	for (uint32_t k = 0; k < n; k++) {
		mc_world_reset(w, 0, 9, 1, k);
		mc_world_reset(fixed, 0, 9, 1, k);
		mc_world_get(w, 0, p[0], v[0]);
		mc_world_get(fixed, 0, q[0], v[0]);
		mc_world_hidden(w, 0, a);
		mc_world_hidden(fixed, 0, b);
		same &= memcmp(p, q, sizeof p) == 0 && memcmp(a, b, N * sizeof *a) == 0 && b[N] == 2;
		for (int i = 0; i < N; i++)
			goals[a[i]]++;
		shifts[a[N]]++;
	}
	ok(same, "with a fixed shift, positions and goals are those without");
	for (int g = 0; g < 3; g++)
		ok(abs(goals[g] - N * n / 3) < 190, "goal %d: %d times of %d", g, goals[g], N * n); /* 4 sd = 4 * 47 */
	ok(shifts[0] == 0, "nobody knows its own goal");
	for (int s = 1; s < N; s++)
		ok(abs(shifts[s] - n / (N - 1)) < 78, "shift %d: %d times of %d", s, shifts[s], n);  /* 4 sd = 4 * 19.4 */
	mc_world_free(w);
	mc_world_free(fixed);
}

/* The smallest and the largest team. */
static void hidden_sizes(void)
{
	struct mc_world *two = world_of("reference_N2", 1), *many = world_of("reference_N256_s255", 1);
	const size_t O = 256 + 12;
	mc_real *o = calloc(256 * O, sizeof *o), *a = calloc(512, sizeof *a), r;
	int32_t hidden[257];
	int good = 1;

	for (uint32_t k = 0; k < 50; k++) {
		mc_world_reset(two, 0, 1, 0, k);
		mc_world_hidden(two, 0, hidden);
		mc_world_observe(two, o);
		good &= hidden[2] == 1 && o[10] == 1 && o[14 + 10] == 1 && o[11 + hidden[1]] == 1 && o[14 + 11 + hidden[0]] == 1;
	}
	ok(good, "N = 2: each knows the other's goal");
	mc_world_reset(many, 0, 1, 0, 0);
	mc_world_hidden(many, 0, hidden);
	mc_world_observe(many, o);
	/* i asks (i + 255) mod 256 = i - 1: slot i - 1; agent 0 asks 255, slot 254 */
	good = o[10 + 254] == 1;
	for (size_t i = 1; i < 256; i++)
		good &= o[i * O + 10 + i - 1] == 1;
	for (size_t i = 0; i < 256; i++)
		good &= o[i * O + 10 + 255 + (size_t)hidden[(i + 1) % 256]] == 1;
	ok(good, "N = 256, shift 255: who knows, and what");
	ok(mc_world_step(many, a, &r, NULL, NULL) == 0 && r < 0 && r > (mc_real)-2.9, "and a step");
	mc_world_free(two);
	mc_world_free(many);
	free(o), free(a);
}

/* ---- refusals ---- */

static void refusals(void)
{
	const struct mc_task t = task_of("push_N3");
	struct mc_world *w = mc_world_new(&t, 3, NULL, -1, NULL);
	mc_real a[3][3][2] = { 0 }, r[3], p0[5][2], v0[5][2], p1[5][2], v1[5][2];
	struct mc_err e = { 0 };

	for (uint32_t k = 0; k < 3; k++)
		mc_world_reset(w, k, 1, 0, k);
	mc_world_get(w, 2, p0[0], v0[0]);
	for (int bad = 0; bad < 3; bad++) {
		a[2][1][1] = (mc_real)(bad == 0 ? NAN : bad == 1 ? INFINITY : -INFINITY);
		a[0][0][0] = 1;
		memset(&e, 0, sizeof e);
		ok(mc_world_step(w, a[0][0], r, NULL, &e) < 0 && e.code == MC_DATA, "an action that is not finite is refused");
	}
	ok(strstr(e.what, "environment 2") && strstr(e.what, "agent 1") && strstr(e.what, " y "),
	    "the message names environment, agent, component");
	mc_world_get(w, 2, p1[0], v1[0]);
	ok(memcmp(p0, p1, sizeof p0) == 0 && memcmp(v0, v1, sizeof v0) == 0 && mc_world_time(w, 0) == 0,
	    "and the state is as it was");

	a[2][1][1] = 0;
	p1[3][1] = NAN;
	ok(mc_world_set(w, 1, p1[0], v0[0], &e) < 0 && e.code == MC_DATA, "a NaN in a given position is refused");
	v1[0][0] = INFINITY;
	ok(mc_world_set(w, 1, p0[0], v1[0], &e) < 0 && e.code == MC_DATA, "an infinity in a given velocity too");

	for (int s = 0; s < MC_EPISODE; s++)
		ok(mc_world_step(w, a[0][0], r, NULL, &e) == 0, "step %d", s + 1);
	mc_world_get(w, 2, p0[0], v0[0]);
	ok(mc_world_step(w, a[0][0], r, NULL, &e) < 0 && e.code == MC_BUG, "a step after the 25th is refused");
	mc_world_get(w, 2, p1[0], v1[0]);
	ok(memcmp(p0, p1, sizeof p0) == 0, "and changes nothing");
	for (uint32_t k = 0; k < 3; k++)
		mc_world_reset(w, k, 1, 0, k);
	ok(mc_world_step(w, a[0][0], r, NULL, &e) == 0, "after a reset it goes on");
	mc_world_free(w);
}

/* ---- prey weights ---- */

static void prey_weights(void)
{
	const struct mc_task t = task_of("predator_prey_N3_l3"), push = task_of("push_N3");
	struct mc_dims dims = { .O = (size_t)t.prey_obs_dim };
	struct mc_arena arena = { 0 };
	struct mc_params p;
	struct mc_err e = { 0 };
	struct mc_world *w;
	mc_real a[3][2] = { 0 }, r, u[2];

	if (mc_params_new(&p, MC_NET_PREY, &dims, &arena, &e) < 0)
		abort();
	mc_params_at(&p, "dense_2", "bias", 0)[0] = (mc_real)0.5;
	mc_params_at(&p, "dense_2", "bias", 0)[1] = (mc_real)-0.25;
	w = mc_world_new(&t, 1, &p, -1, &e);
	mc_world_reset(w, 0, 1, 0, 0);
	ok(mc_world_step(w, a[0], &r, NULL, &e) == 0, "a step with given weights");
	mc_world_scripted(w, u);
	is_point(u, tanh(0.5), tanh(-0.25), "u is the tanh of the last layer");
	mc_world_free(w);

	/* one path through the net: input 2 (position x) -> unit 5 -> unit 7 -> u_y; relu stops the other sign */
	mc_params_at(&p, "dense_0", "kernel", 0)[2 * 64 + 5] = 1;
	mc_params_at(&p, "dense_1", "kernel", 0)[5 * 64 + 7] = 2;
	mc_params_at(&p, "dense_2", "kernel", 0)[7 * 2 + 1] = 3;
	w = mc_world_new(&t, 1, &p, -1, &e);
	for (int side = -1; side < 2; side += 2) {
		mc_real pos[6][2] = { { 5, 5 }, { 6, 6 }, { 7, 7 }, { (mc_real)(0.125 * side), 0 }, { 8, 8 }, { 9, 9 } };
		mc_real vel[6][2] = { 0 };

		if (mc_world_set(w, 0, pos[0], vel[0], &e) < 0 || mc_world_step(w, a[0], &r, NULL, &e) < 0)
			abort();
		mc_world_scripted(w, u);
		is_near((double)u[1], tanh(side > 0 ? 0.75 - 0.25 : -0.25), tol, "weights are [in, out], relu between");
	}
	mc_world_free(w);

	mc_params_at(&p, "dense_1", "kernel", 0)[17] = NAN;
	ok(!mc_world_new(&t, 1, &p, -1, &e) && e.code == MC_DATA, "weights that are not finite are refused");
	ok(!mc_world_new(&push, 1, &p, -1, &e) && e.code == MC_USAGE, "weights for a task without prey too");
	dims.O = 26;
	if (mc_params_new(&p, MC_NET_PREY, &dims, &arena, &e) < 0)
		abort();
	ok(!mc_world_new(&t, 1, &p, -1, &e) && e.code == MC_DATA && strstr(e.what, "dense_0"),
	    "so are weights of another width");
	mc_arena_free(&arena);
}

/* ---- resets ---- */

static void golden_resets(void)
{
	static const struct {
		const char *name;
		uint64_t seed;
		uint32_t env, episode;
		int entities;
		float pos[6][2];
	} v[] = {
		{ "navigation_N3_l3", 1, 0, 0, 6, { { 2.34155488f, 2.36810803f }, { 0.514355421f, 1.2676084f },
			{ 1.03198957f, 2.24467134f }, { -0.146440744f, 0.936618805f }, { -1.5155915f, 0.339001179f },
			{ 1.27877784f, 2.52952981f } } },
		{ "predator_prey_N3_l3", 1, 0, 0, 6, { { 0.780518293f, 0.789369345f }, { 0.171451807f, 0.422536135f },
			{ 0.343996525f, 0.748223782f }, { -0.0488135815f, 0.312206268f }, { -0.454677463f, 0.101700351f },
			{ 0.383633345f, 0.758858919f } } },
		{ "push_N3", 1, 0, 0, 5, { { 0.780518293f, 0.789369345f }, { 0.171451807f, 0.422536135f },
			{ 0.343996525f, 0.748223782f }, { -0.0390508659f, 0.249765009f }, { 0.412202358f, -0.741529942f } } },
		{ "push_N3", 1099511627796u, 4095, 49999, 5, { { -0.448394775f, 0.573037982f },
			{ 0.798433542f, -0.820339084f }, { 0.529628396f, 0.873740911f }, { 0.276955426f, 0.266608536f },
			{ -0.290622622f, -0.655254364f } } },
	};

	for (size_t c = 0; c < sizeof v / sizeof *v; c++) {
		struct mc_world *w = world_of(v[c].name, 20);
		mc_real pos[6][2], vel[6][2];
		int good = 1;

		mc_world_reset(w, 17, v[c].seed, v[c].env, v[c].episode);
		mc_world_get(w, 17, pos[0], vel[0]);
		for (int i = 0; i < v[c].entities; i++)
			for (int k = 0; k < 2; k++)
				good &= pos[i][k] == (mc_real)v[c].pos[i][k] && vel[i][k] == 0;
		ok(good, "golden reset %zu, %s", c, v[c].name);
		mc_world_free(w);
	}
}

static void target_distance(void)
{
	struct mc_world *w = world_of("push_N3", 1);
	mc_real pos[5][2], vel[5][2];
	double least = 9;

	for (uint32_t k = 0; k < 2000; k++) {
		mc_world_reset(w, 0, 3, 2, k);
		mc_world_get(w, 0, pos[0], vel[0]);
		least = fmin(least, hypot((double)pos[3][0] - (double)pos[4][0], (double)pos[3][1] - (double)pos[4][1]));
	}
	ok(least >= 0.8 - 1e-6 && least < 0.81, "push: the target is at least 0.8 from the ball");
	mc_world_free(w);
}

/* ---- batches ---- */

static mc_real noise(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return (mc_real)(2.5 * ((double)(*s >> 8) * 0x1p-23 - 1));
}

/* n environments at once and each alone: the same bits, whatever the place. Crowded, so that
 * contacts are many. */
static void batch_equals_single(const char *name, const struct mc_params *prey)
{
	enum { n = 37 };
	const struct mc_task t = task_of(name);
	const size_t A = (size_t)t.agents * 2, E = (size_t)t.entities * 2;
	const size_t O = (size_t)t.agents * (size_t)t.obs_dim, D = (size_t)t.agents * (size_t)(t.agents - 1);
	struct mc_world *many = mc_world_new(&t, n, prey, 0.4, NULL), *one = mc_world_new(&t, 1, prey, 0.4, NULL);
	mc_real *a = calloc((size_t)MC_EPISODE * n * A, sizeof *a);
	mc_real *o = calloc((size_t)MC_EPISODE * n * O, sizeof *o), *o1 = calloc(O, sizeof *o1);
	mc_real *start_pos = calloc(n * E, sizeof *start_pos), *zero = calloc(E, sizeof *zero);
	uint8_t *m = calloc((size_t)MC_EPISODE * n * D + 1, 1), *m1 = calloc(D + 1, 1);
	mc_real r[MC_EPISODE][n], r1;
	int32_t C[MC_EPISODE][n], C1;
	uint32_t s = 77;
	int same = 1, contacts = 0;

	for (size_t i = 0; i < n * E; i++)
		start_pos[i] = (mc_real)0.2 * noise(&s);
	for (size_t i = 0; i < (size_t)MC_EPISODE * n * A; i++)
		a[i] = noise(&s);
	for (size_t k = 0; k < n; k++) {
		mc_world_reset(many, k, 1, 0, (uint32_t)k);
		if (mc_world_set(many, k, start_pos + k * E, zero, NULL) < 0)
			abort();
	}
	for (size_t step = 0; step < MC_EPISODE; step++) {
		if (mc_world_step(many, a + step * n * A, r[step], C[step], NULL) < 0)
			abort();
		mc_world_observe(many, o + step * n * O);
		mc_world_mask(many, m + step * n * D);
	}
	for (size_t k = 0; k < n; k++) {
		mc_world_reset(one, 0, 1, 0, (uint32_t)k);
		if (mc_world_set(one, 0, start_pos + k * E, zero, NULL) < 0)
			abort();
		for (size_t step = 0; step < MC_EPISODE; step++) {
			if (mc_world_step(one, a + (step * n + k) * A, &r1, &C1, NULL) < 0)
				abort();
			mc_world_observe(one, o1);
			mc_world_mask(one, m1);
			same &= memcmp(&r1, &r[step][k], sizeof r1) == 0 && C1 == C[step][k] &&
			    memcmp(o1, o + (step * n + k) * O, O * sizeof *o) == 0 &&
			    memcmp(m1, m + (step * n + k) * D, D) == 0;
			contacts += C1;
		}
	}
	ok(same, "%s: %d environments together and each alone, the same bits", name, n);
	ok(t.kind == MC_REFERENCE || contacts > 0, "%s: with contacts", name);
	mc_world_free(many);
	mc_world_free(one);
	free(a), free(o), free(o1), free(start_pos), free(zero), free(m), free(m1);
}

static void batches(void)
{
	const struct mc_task t = task_of("predator_prey_N6_l6");
	const struct mc_dims dims = { .O = (size_t)t.prey_obs_dim };
	struct mc_arena arena = { 0 };
	struct mc_params p;

	for (int i = 0; mc_task_name(i); i++)
		batch_equals_single(mc_task_name(i), NULL);
	if (mc_params_new(&p, MC_NET_PREY, &dims, &arena, NULL) < 0)
		abort();
	mc_params_init(&p, 5, 1.0);
	batch_equals_single("predator_prey_N6_l6", &p);
	mc_arena_free(&arena);
}

/* ---- masks ---- */

static void masks(void)
{
	const struct mc_task t = task_of("navigation_N3_l3");
	struct mc_world *w = mc_world_new(&t, 1, NULL, 0.5, NULL);
	/* agent 1 at 0.5 from agent 0 exactly, agent 2 beyond both */
	mc_real pos[6][2] = { { 0, 0 }, { 0.5, 0 }, { (mc_real)1.0001, 0 } }, vel[6][2] = { 0 };
	uint8_t m[6];
	static const uint8_t want[6] = { 1, 0, 1, 0, 0, 0 };

	if (mc_world_set(w, 0, pos[0], vel[0], NULL) < 0)
		abort();
	mc_world_mask(w, m);
	ok(memcmp(m, want, 6) == 0, "range: neighbours up to the distance, that included");
	mc_world_free(w);
	w = mc_world_new(&t, 1, NULL, -1, NULL);
	mc_world_reset(w, 0, 1, 0, 0);
	mc_world_mask(w, m);
	ok(memcmp(m, "\1\1\1\1\1\1", 6) == 0, "no range: all are neighbours");
	mc_world_free(w);
	w = mc_world_new(&t, 1, NULL, 0, NULL);
	memset(pos, 0, sizeof pos);
	pos[2][0] = 1;
	if (mc_world_set(w, 0, pos[0], vel[0], NULL) < 0)
		abort();
	mc_world_mask(w, m);
	ok(memcmp(m, "\1\0\1\0\0\0", 6) == 0, "range 0: those at the same point");
	mc_world_free(w);
}

/* ---- reference returns ---- */

/* Mean return and contacts over the 400 episodes of (seed 1, env 0) with u = 0. */
static void still(const char *name, const char *want_return, const char *want_contacts)
{
	enum { n = 400 };
	struct mc_world *w = world_of(name, n);
	const size_t wide = 2 * (size_t)mc_world_task(w)->agents;
	mc_real *a = calloc(n * wide, sizeof *a), r[n];
	int32_t C[n];
	double sum = 0, contacts = 0;
	char text[32];

	for (uint32_t k = 0; k < n; k++)
		mc_world_reset(w, k, 1, 0, k);
	for (int s = 0; s < MC_EPISODE; s++) {
		if (mc_world_step(w, a, r, C, NULL) < 0)
			abort();
		for (int k = 0; k < n; k++) {
			sum += (double)r[k] / n;
			contacts += (double)C[k] / n;
		}
	}
	snprintf(text, sizeof text, "%.3f", sum);
	is_str(text, want_return, name);
	snprintf(text, sizeof text, "%.4f", contacts);
	is_str(text, want_contacts, name);
	free(a);
	mc_world_free(w);
}

static void reference_returns(void)
{
	still("navigation_N3_l3", "-140.816", "0.0000");
	still("navigation_N6_l1", "-99.318", "0.2850");
	still("navigation_N6_l6", "-99.318", "0.2850");
	still("predator_prey_N3_l3", "-10.513", "0.0000");
	still("predator_prey_N6_l1", "-18.032", "0.0675");
	still("predator_prey_N6_l6", "-18.032", "0.0675");
	still("push_N3", "-57.880", "0.0175");
	still("push_N6", "-57.636", "0.0125");
	still("evade_N3", "-185.394", "16.4650");
	still("evade_N6", "-411.573", "30.0250");
}

/* Where entity i of [E, 2] goes to reach the nearest of n entities from `first`: a unit vector. */
static void towards(const mc_real *pos, int i, int first, int n, double u[2])
{
	double best = INFINITY;

	for (int j = first; j < first + n; j++) {
		const double x = (double)pos[2 * j] - (double)pos[2 * i], y = (double)pos[2 * j + 1] - (double)pos[2 * i + 1];
		const double d = hypot(x, y);

		if (d < best) {
			best = d;
			u[0] = d > 0 ? x / d : 0;
			u[1] = d > 0 ? y / d : 0;
		}
	}
}

/* The learning team on the rule of its kind (predators pursue, prey flee), 200 episodes. */
static void hunt(const char *name, double want, double contacts)
{
	enum { n = 200 };
	struct mc_world *w = world_of(name, n);
	const struct mc_task *t = mc_world_task(w);
	const int predators = t->kind == MC_PREDATOR_PREY, A = t->agents;
	const int first = predators ? 0 : t->N;
	mc_real *a = calloc(n * 2 * (size_t)A, sizeof *a), r[n], pos[128], vel[128];
	int32_t C[n];
	double sum = 0, touched = 0;

	for (uint32_t k = 0; k < n; k++)
		mc_world_reset(w, k, 1, 0, k);
	for (int s = 0; s < MC_EPISODE; s++) {
		for (int k = 0; k < n; k++) {
			mc_world_get(w, (size_t)k, pos, vel);
			for (int i = 0; i < A; i++) {
				const int e = first + i;
				double u[2] = { 0 };

				towards(pos, e, predators ? t->N : 0, predators ? t->M : t->N, u);
				for (int c = 0; c < 2; c++) {
					const double p = (double)pos[2 * e + c];
					const double pull = 10 * fmax(fabs(p) - 0.9, 0) * (p > 0 ? 1 : -1);

					a[(k * A + i) * 2 + c] = (mc_real)(predators ? u[c] : -u[c] - pull);
				}
			}
		}
		if (mc_world_step(w, a, r, C, NULL) < 0)
			abort();
		for (int k = 0; k < n; k++) {
			sum += (double)r[k] / n;
			touched += (double)C[k] / n;
		}
	}
	/* single precision takes other turns after contacts */
	is_near(sum, want, sizeof(mc_real) == sizeof(float) ? 1.5 : 0.051, name);
	if (contacts > 0)
		is_near(touched, contacts, sizeof(mc_real) == sizeof(float) ? 0.2 : 0.051, name);
	free(a);
	mc_world_free(w);
}

static void hunts(void)
{
	hunt("predator_prey_N3_l3", 17.4, 2.3);
	hunt("predator_prey_N6_l6", 42.4, 5.2);
	hunt("evade_N3", -38.3, 0);
	hunt("evade_N6", -80.1, 0);
}

int main(void)
{
	motion();
	speed_limit();
	contact();
	contact_pairs();
	contact_order();
	coincident();
	strict_contact();
	rewards();
	bounds();
	flee_rule();
	pursuit();
	observations();
	large();
	limited_views();
	index_order();
	hidden_goals();
	hide_refused();
	hidden_draws();
	hidden_sizes();
	refusals();
	prey_weights();
	golden_resets();
	target_distance();
	batches();
	masks();
	reference_returns();
	hunts();
	return tap_done();
}
