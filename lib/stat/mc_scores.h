/*
 * What runs came to: the final return of each, combined over the runs of one task and one
 * label (the method), ranked within the task, and set against each other, paired by seed.
 */
#ifndef MC_SCORES_H
#define MC_SCORES_H

#include <stddef.h>
#include <stdint.h>

#include "mc_curve.h"
#include "mc_err.h"
#include "mc_strata.h"

/* How 0 and 1 of a task were chosen. */
enum mc_scaled_by { MC_BY_SCALE, MC_BY_YARDSTICK, MC_BY_RUNS };

/* "scale", "yardstick", "runs" */
const char *mc_scaled_by_name(enum mc_scaled_by by);

/*
 * The runs of one task and label.
 * Choice: a run's final return is the mean over the last 10 % of its episodes (`last`), as
 * learning saw them, with exploration.
 */
struct mc_score {
	const char *task, *label;
	size_t n;
	uint64_t *seed;        /* [n] ascending, all different */
	double *final;         /* [n] the run of that seed */
	int64_t episodes;      /* of the shortest run, or what the checkpoint was trained on */
	double low, high;      /* final returns that count as 0 and 1 in its task; equal: nothing can be scaled */
	enum mc_scaled_by by;  /* what says so */
	double *scaled;        /* [n] final returns on that scale, ascending */
	double metric[MC_METRIC_COUNT], ci[MC_METRIC_COUNT][2]; /* in the task's units, the gap scaled; NaN: no interval, no scale */
	size_t rank;           /* by the mean within its task: 1 + how many are higher */
};

struct mc_scores {
	size_t n;
	struct mc_score *score; /* by task, then label, each in the order of its first run */
	size_t resamples;       /* of its intervals */
	void *block;
};

enum { MC_SCORES_LAST = 10 }; /* per cent of the episodes, unless another part is given */

struct mc_scoring {
	double last;            /* the part of the episodes that counts, in (0, 1] */
	const char *scale;      /* "TASK=LOW,HIGH", several with colons (mc_scales.h), or NULL */
	size_t resamples;
};

/*
 * Scores of runs that were read with MC_SERIES_RETURN, whose strings they borrow. Each needs an
 * episode; a seed may occur once in a task and label. Of `last`, at least one episode is taken.
 * Choice: where `scale` does not say, the task's yardstick does (mc_yardstick.h), floor and ceiling, if there is one
 * for the prey of all its runs; else its lowest final return of all is 0 and its highest 1.
 * 0, or -1: MC_DATA, MC_USAGE (the scale), MC_OSERR.
 */
int mc_scores_make(struct mc_scores *ss, const struct mc_runs *rs, const struct mc_scoring *how, struct mc_err *e);
void mc_scores_release(struct mc_scores *ss);

/* Is score number i the first of its task? Those of a task follow each other. */
int mc_scores_begins_task(const struct mc_scores *ss, size_t i);

/* The score of a task and label, or NULL. */
const struct mc_score *mc_scores_find(const struct mc_scores *ss, const char *task, const char *label);

/*
 * The sum of weight[i] times the final return of s[i], for each seed that all n scores have, in
 * ascending order of the seeds. d has room for s[0]->n. Returns how many there are. n >= 1.
 */
size_t mc_scores_contrast(double *d, const struct mc_score *const *s, const double *weight, size_t n);

/*
 * The mean rank of a label over all tasks, if every task has it; else NaN.
 */
double mc_scores_mean_rank(const struct mc_scores *ss, const char *label);

#endif
