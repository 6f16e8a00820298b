/*
 * What methods came to over several tasks: their scaled final returns (mc_scores.h), as one
 * sample in strata (mc_strata.h), and how probably one method's run beats another's.
 */
#ifndef MC_ACROSS_H
#define MC_ACROSS_H

#include <stddef.h>

#include "mc_scores.h"
#include "mc_err.h"
#include "mc_strata.h"

/* One method over the tasks. Intervals are NaN where every task has one run alone. */
struct mc_across_of {
	const char *label;
	size_t runs;
	double metric[MC_METRIC_COUNT], ci[MC_METRIC_COUNT][2];
	double profile[MC_PROFILE], profile_ci[MC_PROFILE][2];
};

struct mc_improvement {
	const char *label, *than;
	double p, ci[2];       /* that a run of `label` has the higher return */
};

struct mc_across {
	size_t tasks;
	size_t n;
	struct mc_across_of *of;
	size_t pairs;
	struct mc_improvement *pair; /* [n (n - 1) / 2] each with those behind it */
	void *block;
};

/*
 * Over one task, or all (NULL), the methods that have runs in every one of them; none where a task
 * has no scale. 0, or -1 and MC_OSERR.
 */
int mc_across_make(struct mc_across *o, const struct mc_scores *ss, const char *task, struct mc_err *e);
void mc_across_release(struct mc_across *o);

#endif
