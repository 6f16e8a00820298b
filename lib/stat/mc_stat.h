/*
 * Statistics of a sample x[n] of episodic returns, or of one metric over several runs.
 * Sums are taken in the order of the array: the same array gives the same bytes.
 */
#ifndef MC_STAT_H
#define MC_STAT_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"

enum { MC_STAT_RESAMPLES = 2000 }; /* of every bootstrap interval that the programs report */

/* Arithmetic mean; NaN for n = 0. */
double mc_stat_mean(const double *x, size_t n);

/* Standard error of the mean: sqrt(sum (x - mean)^2 / (n - 1) / n); NaN for n < 2. */
double mc_stat_se(const double *x, size_t n);

/* Ascending, in place. No NaN may be among the values. */
void mc_stat_sort(double *x, size_t n);

/*
 * The quantile q in [0, 1] of ascending values, interpolated linearly between order
 * statistics at position q (n - 1) (numpy's default). NaN for n = 0.
 */
double mc_stat_quantile(const double *sorted, size_t n, double q);

/*
 * Interquartile mean of ascending values: the mean of what is left when floor(n/4) values
 * are cut from each end (scipy.stats.trim_mean(x, 0.25); rliable's IQM). NaN for n = 0.
 */
double mc_stat_iqm(const double *sorted, size_t n);

enum mc_stat_kind { MC_STAT_MEAN, MC_STAT_IQM };

/*
 * Resample b of n values, drawn with replacement: value i occurs count[i] times. Draw k is value
 * (w n) >> 32, w = word k of the stream (seed, MC_RNG_BOOTSTRAP, x = b, y). Counting spares a sort.
 *
 *   count  out [n]    words  work space [n]    1 <= n < 2^32
 */
void mc_stat_draw(uint32_t *count, uint32_t *words, size_t n, uint64_t seed, uint32_t b, uint32_t y);

/* 95 % percentile interval of a metric over resamples, which are sorted: its 2.5 % and 97.5 % quantile. */
void mc_stat_interval(double ci[2], double *metric, size_t resamples);

/*
 * 95 % percentile-bootstrap interval of the mean or the IQM of ascending values: that of the metric
 * over `resamples` resamples, drawn with y = 0. Needs 1 <= n < 2^32, resamples >= 1.
 * 0, or -1 and MC_OSERR.
 */
int mc_stat_bootstrap(double ci[2], enum mc_stat_kind kind, const double *sorted, size_t n,
    size_t resamples, uint64_t seed, struct mc_err *e);

#endif
