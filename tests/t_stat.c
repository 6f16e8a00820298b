/* Statistics against metrics worked out by hand, and the bootstrap against a plain one. */
#include <stdlib.h>

#include "mc_rng.h"
#include "mc_stat.h"
#include "tap.h"

static void by_hand(void)
{
	static const double x[] = { 2, 4, 4, 4, 5, 5, 7, 9 }; /* mean 5, squares 32, sd^2 32/7 */

	is_near(mc_stat_mean(x, 8), 5, 0, "mean of 2 4 4 4 5 5 7 9");
	is_near(mc_stat_se(x, 8), sqrt(32.0 / 7 / 8), 1e-15, "its standard error");
	is_near(mc_stat_mean(x, 1), 2, 0, "mean of one value");
	ok(isnan(mc_stat_se(x, 1)), "one value has no standard error");
	ok(isnan(mc_stat_mean(x, 0)), "nothing has no mean");
	is_near(mc_stat_quantile(x, 8, 0), 2, 0, "quantile 0 is the smallest");
	is_near(mc_stat_quantile(x, 8, 1), 9, 0, "quantile 1 is the largest");
	is_near(mc_stat_quantile(x, 8, 0.5), 4.5, 0, "the median lies between the middle two");
	is_near(mc_stat_quantile(x, 8, 0.9), 7.6, 1e-12, "quantile 0.9 is at position 6.3");
	is_near(mc_stat_quantile(x, 1, 0.3), 2, 0, "every quantile of one value is that value");
}

static void interquartile(void)
{
	static const double eight[] = { -100, 1, 3, 4, 5, 6, 50, 1000 };
	static const double five[] = { -7, 2, 3, 10, 100 };
	double mixed[] = { 3, 100, -7, 10, 2 };

	is_near(mc_stat_iqm(eight, 8), 4.5, 0, "IQM of 8 values: two cut from each end");
	is_near(mc_stat_iqm(five, 5), 5, 1e-15, "IQM of 5 values: one cut from each end");
	is_near(mc_stat_iqm(five, 3), -2.0 / 3, 1e-15, "IQM of 3 values: none cut");
	mc_stat_sort(mixed, 5);
	ok(memcmp(mixed, five, sizeof five) == 0, "sorted ascending");
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The definition, word for word: draw, sort, cut, average; and again. */
static void plain_bootstrap(double ci[2], enum mc_stat_kind kind, const double *x, size_t n,
    size_t resamples, uint64_t seed)
{
	double *y = malloc(n * sizeof *y), *metric = malloc(resamples * sizeof *metric);

	for (size_t b = 0; b < resamples; b++) {
		const size_t cut = kind == MC_STAT_IQM ? n / 4 : 0;

		for (size_t k = 0; k < n; k++) {
			uint32_t w;

			mc_rng_word(&w, k, 1, seed, MC_RNG_BOOTSTRAP, (uint32_t)b, 0);
			y[k] = x[((uint64_t)w * n) >> 32];
		}
		qsort(y, n, sizeof *y, ascending);
		metric[b] = 0;
		for (size_t k = cut; k < n - cut; k++)
			metric[b] += y[k] / (double)(n - 2 * cut);
	}
	qsort(metric, resamples, sizeof *metric, ascending);
	for (int side = 0; side < 2; side++) {
		const double at = (side ? 0.975 : 0.025) * (double)(resamples - 1);
		const size_t i = (size_t)at;

		ci[side] = metric[i] + (at - (double)i) * (metric[i + 1] - metric[i]);
	}
	free(y);
	free(metric);
}

static void bootstrap(void)
{
	static mc_real z[403];
	static double x[403];
	const size_t n = sizeof x / sizeof *x;
	const double constant[] = { 3, 3, 3, 3, 3 }, coin[] = { 0, 1 };
	struct mc_err e = { 0 };
	double ci[2], again[2], want[2], se;

	is_int(mc_stat_bootstrap(ci, MC_STAT_IQM, constant, 5, 100, 1, &e), 0, "bootstrap of a constant");
	ok(ci[0] == 3 && ci[1] == 3, "its interval is the constant");
	mc_stat_bootstrap(ci, MC_STAT_MEAN, coin, 2, 2000, 1, &e);
	ok(ci[0] == 0 && ci[1] == 1, "of 0 and 1, a quarter of the resamples is all 0, a quarter all 1");

	mc_rng_normal(z, 0, n, 5, MC_RNG_EXPLORE, 1, 0);
	for (size_t i = 0; i < n; i++)
		x[i] = 10 + 3 * (double)z[i];
	mc_stat_sort(x, n);
	for (int kind = MC_STAT_MEAN; kind <= MC_STAT_IQM; kind++) {
		const char *name = kind == MC_STAT_IQM ? "IQM" : "mean";

		mc_stat_bootstrap(ci, kind, x, n, 200, 9, &e);
		plain_bootstrap(want, kind, x, n, 200, 9);
		ok(fabs(ci[0] - want[0]) < 1e-12 && fabs(ci[1] - want[1]) < 1e-12,
		    "%s: the interval of the plain bootstrap", name);
		mc_stat_bootstrap(again, kind, x, n, 200, 9, &e);
		ok(memcmp(ci, again, sizeof ci) == 0, "%s: the same seed gives the same bytes", name);
		mc_stat_bootstrap(again, kind, x, n, 200, 10, &e);
		ok(memcmp(ci, again, sizeof ci) != 0, "%s: another seed gives another interval", name);
	}
	mc_stat_bootstrap(ci, MC_STAT_MEAN, x, n, MC_STAT_RESAMPLES, 1, &e);
	se = mc_stat_se(x, n);
	is_near(ci[0], mc_stat_mean(x, n) - 1.96 * se, 0.15 * se, "403 normals: lower end 1.96 standard errors below");
	is_near(ci[1], mc_stat_mean(x, n) + 1.96 * se, 0.15 * se, "upper end as far above");
}

int main(void)
{
	by_hand();
	interquartile();
	bootstrap();
	return tap_done();
}
