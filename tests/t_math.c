/* Vector sigmoid and tanh against double precision; saturation, NaN, place; sums and checks. */
#include <stdint.h>
#include <stdlib.h>

#include "mc_math.h"
#include "tap.h"

typedef void vector(mc_real *y, const mc_real *x, size_t n);

static double sigmoid(double x)
{
	return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/* Largest relative error over |x| from 1e-6 to `far`, both signs, in steps of about 1e-4 |x|. */
static double worst(vector *f, double (*exact)(double), double far)
{
	double bad = 0;

	for (double a = 1e-6; a < far; a *= 1.0001) {
		mc_real x[2] = { (mc_real)a, (mc_real)-a }, y[2];

		f(y, x, 2);
		for (int s = 0; s < 2; s++) {
			const double want = exact((double)x[s]);

			bad = fmax(bad, fabs((double)y[s] / want - 1));
		}
	}
	return bad;
}

static void accuracy(void)
{
	is_near(worst(mc_vec_sigmoid, sigmoid, 87), 0, 3e-7, "vector sigmoid, relative error");
	is_near(worst(mc_vec_tanh, tanh, 50), 0, 3e-7, "vector tanh, relative error");
}

static void ends(void)
{
	const mc_real big[] = { 40, 1000, (mc_real)1e30, (mc_real)INFINITY }, nan = (mc_real)NAN;
	mc_real y, x;

	for (size_t i = 0; i < sizeof big / sizeof *big; i++) {
		mc_vec_sigmoid(&y, &big[i], 1);
		ok(y == 1, "sigmoid(%g) is 1", (double)big[i]);
		mc_vec_tanh(&y, &big[i], 1);
		ok(y == 1, "tanh(%g) is 1", (double)big[i]);
		x = -big[i];
		mc_vec_tanh(&y, &x, 1);
		ok(y == -1, "tanh(%g) is -1", (double)x);
		mc_vec_sigmoid(&y, &x, 1);
		ok(i ? y == 0 : y > 0, "sigmoid(%g) is %s", (double)x, i ? "0" : "above 0");
	}
	x = 0;
	mc_vec_sigmoid(&y, &x, 1);
	ok(y == (mc_real)0.5, "sigmoid(0) is 1/2");
	x = -x;
	mc_vec_tanh(&y, &x, 1);
	ok(y == 0 && signbit(y), "tanh(-0) is -0");
	mc_vec_sigmoid(&y, &nan, 1);
	ok(isnan(y), "sigmoid of NaN is NaN");
	mc_vec_tanh(&y, &nan, 1);
	ok(isnan(y), "tanh of NaN is NaN");
}

/* Any part of an array gives the same bytes as the whole; y may be x. */
static void places(vector *f, const char *name)
{
	enum { n = 333 };
	mc_real x[n], whole[n], part[n];
	int same = 1;

	for (int i = 0; i < n; i++)
		x[i] = (mc_real)sin(i * 1.7) * 9;
	f(whole, x, n);
	for (size_t at = 0; at < 80; at += 7)
		for (size_t len = 1; at + len <= n; len = len * 2 + 1) {
			f(part, x + at, len);
			same = same && memcmp(part, whole + at, len * sizeof *part) == 0;
		}
	ok(same, "%s does not depend on place and length", name);
	memcpy(part, x, sizeof part);
	f(part, part, n);
	ok(memcmp(part, whole, sizeof part) == 0, "%s in place", name);
	part[1] = 7;
	f(part, x, 1);
	ok(part[1] == 7, "%s writes n elements and no more", name);
}

static void sums(void)
{
	mc_real x[100];

	for (int i = 0; i < 100; i++)
		x[i] = (mc_real)(i + 1);
	is_near(mc_sumsq(x, 100), 338350, 0, "sum of squares");
	is_near(mc_sumsq(x, 0), 0, 0, "sum of no squares");
	is_near(mc_sumsq(x, 3), 14, 0, "sum of three squares");
	ok(mc_all_finite(x, 100), "finite numbers");
	ok(mc_all_finite(x, 0), "no numbers are finite");
	x[99] = (mc_real)NAN;
	ok(!mc_all_finite(x, 100), "NaN is found");
	ok(mc_all_finite(x, 99), "NaN behind the end is not");
	x[99] = -(mc_real)INFINITY;
	ok(!mc_all_finite(x, 100), "infinity is found");
}

static void scalars(void)
{
	is_near((double)mc_softplus(0), log(2), 1e-7, "softplus(0)");
	ok(mc_softplus((mc_real)-20) > 0, "softplus has no cut-off");
	is_near((double)mc_softplus((mc_real)21), 21 + log1p(exp(-21)), 1e-6, "softplus(21)");
	ok(mc_softplus((mc_real)500) == 500, "softplus(500)");
	is_near((double)mc_sigmoid((mc_real)-3), sigmoid(-3), 1e-8, "sigmoid(-3)");
}

int main(void)
{
	accuracy();
	ends();
	places(mc_vec_sigmoid, "vector sigmoid");
	places(mc_vec_tanh, "vector tanh");
	sums();
	scalars();
	return tap_done();
}
