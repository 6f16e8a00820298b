/*
 * Metrics of a sample in strata, one for each task, each of some runs' scores; and bootstrap
 * intervals that draw runs anew within each task, so that the tasks stay the same (R. Agarwal et
 * al., Deep Reinforcement Learning at the Edge of the Statistical Precipice, 2021).
 */
#ifndef MC_STRATA_H
#define MC_STRATA_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"

struct mc_stratum {
	const double *x; /* [n] ascending */
	size_t n;        /* at least 1 */
};

/* Choice: of several tasks the median is that of their means, as in the paper; of one, that of its runs. */
enum mc_strata_metric {
	MC_METRIC_MEAN,   /* over tasks, of the mean over their runs */
	MC_METRIC_MEDIAN, /* over tasks, of the mean over their runs; of one task: over its runs */
	MC_METRIC_IQM,    /* mc_stat_iqm of all runs of all tasks */
	MC_METRIC_GAP,    /* optimality gap: by how much runs stay below `best`, mean over tasks, then runs */
	MC_METRIC_COUNT,
};

enum { MC_PROFILE = 21 }; /* scores at which a profile is taken: 0, 0.05, ... 1 */

/* "mean", "median", "iqm", "gap" */
const char *mc_strata_metric_name(enum mc_strata_metric which);

/* Score number k of a profile. */
double mc_profile_at(size_t k);

/* scratch: room for all scores, at least `strata`. */
void mc_strata_metrics(double out[MC_METRIC_COUNT], const struct mc_stratum *s, size_t strata, double best,
    double *scratch);

/* Performance profile: the share of the runs of all tasks that score more than mc_profile_at(k). */
void mc_strata_profile(double out[MC_PROFILE], const struct mc_stratum *s, size_t strata);

/*
 * Probability that a run of the first method scores more than one of the second, mean over tasks; a
 * tie counts half. s[0 ... tasks-1] are the first's, s[tasks ... 2 tasks-1] the second's.
 */
double mc_strata_improvement(const struct mc_stratum *s, size_t tasks);

/*
 * 95 % percentile-bootstrap intervals of the same, an interval for each metric. Element k of stratum i in resample b is
 * s[i].x[(w n) >> 32], w = word k of the stream (seed 1, MC_RNG_BOOTSTRAP, x = b, y = i): of one
 * stratum that is what mc_stat_bootstrap draws. 0, or -1 and MC_OSERR.
 */
int mc_strata_metrics_ci(double (*ci)[2], const struct mc_stratum *s, size_t strata, double best,
    size_t resamples, struct mc_err *e);
int mc_strata_profile_ci(double (*ci)[2], const struct mc_stratum *s, size_t strata, size_t resamples,
    struct mc_err *e);
int mc_strata_improvement_ci(double ci[2], const struct mc_stratum *s, size_t tasks, size_t resamples,
    struct mc_err *e);

#endif
