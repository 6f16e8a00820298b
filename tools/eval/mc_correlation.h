/*
 * Do advantages resemble each other? The rule's advantage of each ordered pair of agents
 * (mc_advantage.h) is correlated over the steps of an episode with three others.
 */
#ifndef MC_CORRELATION_H
#define MC_CORRELATION_H

#include <stddef.h>

#include "mc_advantage.h"
#include "mc_err.h"
#include "mc_claims.h"

enum mc_correlation_kind {
	MC_CORRELATION_INITIAL,      /* of the same pair under the initial rule */
	MC_CORRELATION_NEIGHBOURS,   /* of the same agent and another neighbour: each two of them once */
	MC_CORRELATION_REINFORCE,    /* REINFORCE's of that episode */
	MC_CORRELATIONS,
};

/* What claims call them in the column "than whom": "initial", "neighbours", "reinforce". */
const char *mc_correlation_name(enum mc_correlation_kind kind);

/*
 * Choice: two series resemble each other when their correlation r is at least 0.7: half of the
 * variance of one is then the other's. Series without variance are not compared.
 */
#define MC_CORRELATION_R 0.7

struct mc_correlation {
	size_t pairs;          /* compared, over all episodes */
	double mean;           /* of r; NaN for no pair, like all that follows */
	double lowest, highest;
	double share;          /* of the pairs that resemble each other: mean over the episodes */
	double ci[2];          /* its 95 % sign-flip interval over episodes (mc_flip.h); NaN for fewer than 6 */
	size_t episodes, room;
	double *by_episode;    /* [episodes] the share in each that has pairs */
};

/* Adds an episode to all kinds that it has; zero-initialise them. 0, or -1 and MC_OSERR. */
int mc_correlation_add(struct mc_correlation a[MC_CORRELATIONS], const struct mc_advantage *x, struct mc_err *e);

/* The metrics, once all episodes are added. 0, or -1 and MC_OSERR. */
int mc_correlation_finish(struct mc_correlation a[MC_CORRELATIONS], struct mc_err *e);
void mc_correlation_release(struct mc_correlation a[MC_CORRELATIONS]);

/*
 * Claims MC_IS_UNLIKE and MC_IS_SOMETIMES_LIKE. Choice: fewer than half of the pairs resemble each
 * other (the interval lies below 1/2): unlike. The same, and some pair does: sometimes like.
 * An interval above 1/2 disagrees with both, not a single pair with the second; all else, and
 * fewer episodes than have an interval, is cannot tell, and *why says so (else NULL). The episodes
 * are one team's: what they tell, they tell of it.
 */
enum mc_verdict mc_correlation_judge(const struct mc_correlation *a, enum mc_relation is, const char **why);

#endif
