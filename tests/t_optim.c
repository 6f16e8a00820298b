/* Optimisers against their formulas in double, step by step; clipping; Polyak. */
#include <stdint.h>

#include "mc_math.h"
#include "mc_optim.h"
#include "tap.h"

enum { n = 37, STEPS = 5 };
static const double tol = sizeof(mc_real) == 4 ? 2e-6 : 1e-14;

static double gradient(int step, int i)
{
	return sin(step * 3.1 + i * 0.7) * pow(10, i % 5 - 4);
}

static void fill(mc_real *theta, mc_real *g, double *exact, int step)
{
	for (int i = 0; i < n; i++) {
		if (step == 1)
			theta[i] = (mc_real)(exact[i] = 0.01 * i - 0.2);
		g[i] = (mc_real)gradient(step, i);
	}
}

static double difference(const mc_real *x, const double *want)
{
	double bad = 0;

	for (int i = 0; i < n; i++)
		bad = fmax(bad, fabs((double)x[i] - want[i]));
	return bad;
}

static void adam(int ascend)
{
	mc_real theta[n], g[n], m[n] = { 0 }, v[n] = { 0 };
	double exact[n], em[n] = { 0 }, ev[n] = { 0 };
	struct mc_adam a = { .lr = 1e-2, .b1 = 0.9, .b2 = 0.999, .eps = 1e-8, .m = m, .v = v };

	for (int t = 1; t <= STEPS; t++) {
		fill(theta, g, exact, t);
		mc_adam_step(&a, theta, g, n, ascend);
		for (int i = 0; i < n; i++) {
			em[i] = 0.9 * em[i] + 0.1 * gradient(t, i);
			ev[i] = 0.999 * ev[i] + 0.001 * gradient(t, i) * gradient(t, i);
			exact[i] += (ascend ? 1 : -1) * 1e-2 * em[i] / (1 - pow(0.9, t))
			    / (sqrt(ev[i] / (1 - pow(0.999, t))) + 1e-8);
		}
	}
	is_near(difference(theta, exact), 0, tol, ascend ? "Adam, ascending" : "Adam, descending");
	is_int(a.step, STEPS, "Adam counts its steps");
}

/* Any cut into ranges gives the same bytes as the whole block. */
static void ranges(void)
{
	mc_real a_theta[n], b_theta[n], g[n], am[n] = { 0 }, av[n] = { 0 }, bm[n] = { 0 }, bv[n] = { 0 };
	double exact[n];
	struct mc_adam a = { 1e-3, 0.9, 0.999, 1e-8, am, av, 0 }, b = { 1e-3, 0.9, 0.999, 1e-8, bm, bv, 0 };

	fill(b_theta, g, exact, 1);
	fill(a_theta, g, exact, 1);
	mc_adam_step(&a, a_theta, g, n, 0);
	const struct mc_adam_factors f = mc_adam_factors(&b, 0);

	mc_adam_range(&f, b_theta + 5, bm + 5, bv + 5, g + 5, n - 5);
	mc_adam_range(&f, b_theta, bm, bv, g, 5);
	ok(memcmp(a_theta, b_theta, sizeof a_theta) == 0, "Adam in two ranges: parameters");
	ok(memcmp(am, bm, sizeof am) == 0 && memcmp(av, bv, sizeof av) == 0, "Adam in two ranges: moments");
	is_int(b.step, 0, "a range does not count the step");
}

static void rmsprop(void)
{
	mc_real theta[n], g[n], nu[n] = { 0 };
	double exact[n], enu[n] = { 0 };

	for (int t = 1; t <= STEPS; t++) {
		fill(theta, g, exact, t);
		mc_rmsprop_step(theta, nu, g, n, 1e-2, 0.9, 1e-8);
		for (int i = 0; i < n; i++) {
			enu[i] = 0.9 * enu[i] + (1 - 0.9) * gradient(t, i) * gradient(t, i);
			exact[i] += 1e-2 * gradient(t, i) / sqrt(enu[i] + 1e-8);
		}
	}
	is_near(difference(theta, exact), 0, tol, "RMSprop ascends");
	is_near(difference(nu, enu), 0, tol, "RMSprop's nu");
}

static void clip(void)
{
	mc_real g[2] = { 3, 4 };

	is_near(mc_clip_norm(g, 2, 10), 5, 0, "norm below the bound");
	ok(g[0] == 3 && g[1] == 4, "is left alone");
	is_near(mc_clip_norm(g, 2, 0), 5, 0, "no bound: the norm");
	ok(g[0] == 3 && g[1] == 4, "and the gradient as it was");
	is_near(mc_clip_norm(g, 2, 1), 5, 0, "norm above the bound");
	is_near((double)g[0], 0.6, 1e-7, "is scaled to it (1)");
	is_near((double)g[1], 0.8, 1e-7, "is scaled to it (2)");
	g[0] = (mc_real)NAN;
	ok(isnan(mc_clip_norm(g, 2, 1)), "the norm of NaN is NaN");
}

static void polyak(void)
{
	mc_real target[2] = { 1, -2 };
	const mc_real theta[2] = { 3, 0 };

	mc_polyak(target, theta, 2, 0.25);
	is_near((double)target[0], 1.5, 0, "Polyak (1)");
	is_near((double)target[1], -1.5, 0, "Polyak (2)");
}

int main(void)
{
	adam(0);
	adam(1);
	ranges();
	rmsprop();
	clip();
	polyak();
	return tap_done();
}
