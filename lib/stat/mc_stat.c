#include "mc_stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_rng.h"

double mc_stat_mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return n ? sum / (double)n : (double)NAN;
}

double mc_stat_se(const double *x, size_t n)
{
	const double mean = mc_stat_mean(x, n);
	double sq = 0;

	if (n < 2)
		return (double)NAN;
	for (size_t i = 0; i < n; i++)
		sq += (x[i] - mean) * (x[i] - mean);
	return sqrt(sq / (double)(n - 1) / (double)n);
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void mc_stat_sort(double *x, size_t n)
{
	if (n > 1)
		qsort(x, n, sizeof *x, ascending);
}

double mc_stat_quantile(const double *sorted, size_t n, double q)
{
	double at, below;
	size_t i;

	if (n == 0)
		return (double)NAN;
	at = q * (double)(n - 1);
	below = floor(at);
	i = (size_t)below;
	return i + 1 < n ? sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

double mc_stat_iqm(const double *sorted, size_t n)
{
	const size_t cut = n / 4;

	return mc_stat_mean(sorted + cut, n - 2 * cut);
}

/*
 * The IQM of a resample in which sorted[i] occurs count[i] times: counting spares a sort
 * for each resample.
 */
static double counted_iqm(const double *sorted, const uint32_t *count, size_t n)
{
	size_t cut = n / 4, keep = n - 2 * cut;
	const double kept = (double)keep;
	double sum = 0;

	for (size_t i = 0; i < n && keep > 0; i++) {
		size_t times = count[i];
		const size_t low = times < cut ? times : cut;

		cut -= low;
		times -= low;
		if (times > keep)
			times = keep;
		keep -= times;
		sum += (double)times * sorted[i];
	}
	return sum / kept;
}

static double counted_mean(const double *sorted, const uint32_t *count, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)count[i] * sorted[i];
	return sum / (double)n;
}

void mc_stat_draw(uint32_t *count, uint32_t *words, size_t n, uint64_t seed, uint32_t b, uint32_t y)
{
	mc_rng_word(words, 0, n, seed, MC_RNG_BOOTSTRAP, b, y);
	memset(count, 0, n * sizeof *count);
	for (size_t k = 0; k < n; k++)
		count[((uint64_t)words[k] * n) >> 32]++;
}

void mc_stat_interval(double ci[2], double *metric, size_t resamples)
{
	mc_stat_sort(metric, resamples);
	ci[0] = mc_stat_quantile(metric, resamples, 0.025);
	ci[1] = mc_stat_quantile(metric, resamples, 0.975);
}

int mc_stat_bootstrap(double ci[2], enum mc_stat_kind kind, const double *sorted, size_t n,
    size_t resamples, uint64_t seed, struct mc_err *e)
{
	double *metric = calloc(resamples, sizeof *metric);
	uint32_t *words = calloc(n, sizeof *words), *count = calloc(n, sizeof *count);
	int r = 0;

	if (metric == NULL || words == NULL || count == NULL) {
		r = mc_err_nomem(e, "bootstrap", resamples * sizeof *metric + 2 * n * sizeof *words);
		goto done;
	}
	for (size_t b = 0; b < resamples; b++) {
		mc_stat_draw(count, words, n, seed, (uint32_t)b, 0);
		metric[b] = kind == MC_STAT_IQM ? counted_iqm(sorted, count, n)
		    : counted_mean(sorted, count, n);
	}
	mc_stat_interval(ci, metric, resamples);
done:
	free(metric);
	free(words);
	free(count);
	return r;
}
