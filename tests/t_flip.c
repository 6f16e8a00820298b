/* The sign-flip test: by hand, against all patterns of signs, and at its level where nothing differs. */
#include <stdint.h>
#include <stdlib.h>

#include "mc_flip.h"
#include "mc_rng.h"
#include "tap.h"

static struct mc_flip make(const double *d, size_t n)
{
	struct mc_flip f;
	struct mc_err e = { 0 };

	if (mc_flip_make(&f, d, n, &e) < 0)
		diag("%s", e.what);
	return f;
}

static double p_of(const double *d, size_t n, int side)
{
	struct mc_flip f = make(d, n);
	const double p = mc_flip_p(&f, side);

	mc_flip_release(&f);
	return p;
}

static void by_hand(void)
{
	static const double six[] = { 3, 1, 2, 6, 4, 5 }, mixed[] = { -1, 2, 3 }, even[] = { -2, 2 }, none[] = { 0, 0, 0 };
	struct mc_flip f = make(six, 6);
	double ci[2];

	is_near(mc_flip_p(&f, 1), 1.0 / 64, 0, "six differences on one side: p is 2^-6");
	is_near(mc_flip_p(&f, -1), 1, 0, "and on the other side 1");
	mc_flip_interval(ci, &f, 0.05);
	ok(ci[0] == 1 && ci[1] == 6, "the 95 %% interval of six is their range");
	mc_flip_interval(ci, &f, 0.0625); /* the two that are lowest: 1 and the mean of 1 and 2 */
	ok(ci[0] == 1.5 && ci[1] == 5.5, "a narrower one leaves out a mean at each end");
	mc_flip_interval(ci, &f, 0.03);
	ok(isnan(ci[0]) && isnan(ci[1]), "six have none at 97 %%");
	mc_flip_release(&f);
	/* -1+2+3 = 4 or more: with the signs given, and with the first flipped */
	is_near(p_of(mixed, 3, 1), 2.0 / 8, 0, "two of eight patterns are as high as -1, 2, 3");
	is_near(p_of(mixed, 3, -1), 7.0 / 8, 0, "seven are as low");
	is_near(p_of(even, 2, 1), 3.0 / 4, 0, "a tie counts against it");
	is_near(p_of(none, 3, 1), 1, 0, "no difference at all: 1");
	is_near(p_of(none, 0, 1), 1, 0, "nor any pair");
	is_int((long long)mc_flip_needs(0.05), 6, "a 95 % verdict needs six pairs");
	is_int((long long)mc_flip_needs(0.05 / 4), 8, "one of four choices eight");
	is_int((long long)mc_flip_needs(0.0625), 5, "2^-5 is 1/32");
}

/* A number in [0, 1) for experiment x, value k. */
static double uniform(uint32_t x, size_t k)
{
	uint32_t w;

	mc_rng_word(&w, k, 1, 99, MC_RNG_BOOTSTRAP, x, 1);
	return ((double)w + 0.5) / 4294967296.0;
}

/* Every pattern of signs, each sum compared with the sum as it is. */
static double plain_p(const double *d, size_t n)
{
	double sum = 0;
	size_t least = 0;

	for (size_t k = 0; k < n; k++)
		sum += d[k];
	for (size_t signs = 0; signs < (size_t)1 << n; signs++) {
		double flipped = 0;

		for (size_t k = 0; k < n; k++)
			flipped += signs >> k & 1 ? -d[k] : d[k];
		least += flipped >= sum - 1e-9;
	}
	return (double)least / (double)((size_t)1 << n);
}

static void against_all_patterns(void)
{
	double d[10], worst = 0;

	for (uint32_t x = 0; x < 60; x++) {
		const size_t n = 1 + x % 10;

		for (size_t k = 0; k < n; k++)
			d[k] = uniform(x, k) - 0.4;
		worst = fmax(worst, fabs(p_of(d, n, 1) - plain_p(d, n)));
	}
	is_near(worst, 0, 1e-12, "p is the share of the patterns whose sum is as high");
}

/* The interval and the test agree, for exact and for drawn subsets. */
static void interval_is_the_test(void)
{
	double d[40], ci[2];
	size_t disagree = 0, told = 0;

	for (uint32_t x = 0; x < 200; x++) {
		const size_t n = x % 2 ? 20 + x % 20 : 6 + x % 9;
		struct mc_flip f;

		for (size_t k = 0; k < n; k++)
			d[k] = uniform(1000 + x, k) - 0.35;
		f = make(d, n);
		mc_flip_interval(ci, &f, 0.05);
		disagree += (ci[0] > 0) != (mc_flip_p(&f, 1) <= 0.025) || (ci[1] < 0) != (mc_flip_p(&f, -1) <= 0.025);
		told += ci[0] > 0;
		mc_flip_release(&f);
	}
	is_int((long long)disagree, 0, "the interval excludes 0 just where the test tells it");
	ok(told > 20 && told < 180, "which is so for some: %zu of 200", told);
}

/* Returns of two methods that do not differ, of this kind: even, heavy tails, two outcomes, skewed. */
static double drawn(int kind, double u)
{
	return kind == 0 ? u : kind == 1 ? tan(3.14159265 * (u - 0.5)) : kind == 2 ? (u < 0.3 ? -80 : -40) + u : -log(u);
}

static void level(void)
{
	static const char *const name[] = { "even returns", "heavy tails", "two outcomes", "skewed returns" };
	static const size_t seeds[] = { 3, 5, 6, 10, 16 };

	for (int kind = 0; kind < 4; kind++)
		for (size_t i = 0; i < 5; i++) {
			const double tries = seeds[i] > 10 ? 200 : 1000, most = 0.05 * tries + 3 * sqrt(0.05 * 0.95 * tries);
			size_t told = 0;

			for (uint32_t x = 0; x < tries; x++) {
				double d[20];
				struct mc_flip f;

				for (size_t k = 0; k < seeds[i]; k++)
					d[k] = drawn(kind, uniform(5000 + x, 2 * k)) - drawn(kind, uniform(5000 + x, 2 * k + 1));
				f = make(d, seeds[i]);
				told += mc_flip_p(&f, 1) <= 0.025 || mc_flip_p(&f, -1) <= 0.025;
				mc_flip_release(&f);
			}
			ok((double)told <= most && (seeds[i] >= 6 || told == 0), "%s, %zu seeds: told apart %zu times in %.0f", name[kind],
			    seeds[i], told, tries);
		}
}

int main(void)
{
	by_hand();
	against_all_patterns();
	interval_is_the_test();
	level();
	return tap_done();
}
