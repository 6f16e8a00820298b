/*
 * What communication decisions were like over many steps: requests and, where nets decide, their
 * probabilities c, for each ordered pair and together.
 */
#ifndef MC_DECIDED_H
#define MC_DECIDED_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_right.h"

/* Sums over decisions that there were to make (m = 1); the functions below make means of them. */
struct mc_decided {
	size_t N, d;
	int learned;               /* there are c's */
	uint64_t *live, *asked;    /* [N,d] */
	double *c;                 /* [N,d]; zeros unless learned */
	double entropy;            /* of c, nats */
	uint64_t saturated;        /* c below 0.01 or above 0.99 */
	int right_known;           /* mc_decided_add_right was called, for all of them */
	int64_t right, right_edges; /* right requests made, and there to make (mc_right.h) */
};

int mc_decided_new(struct mc_decided *x, const struct mc_dims *dims, int learned, struct mc_arena *arena,
    struct mc_err *e);

/* Adds `steps` joint decisions. I, m, c are [steps,N,d]; c is not read unless learned. */
void mc_decided_add(struct mc_decided *x, const mc_real *c, const uint8_t *I, const uint8_t *m, size_t steps);

/* Counts the right ones among the same decisions of `task`; o [steps,N,O]. */
void mc_decided_add_right(struct mc_decided *x, const struct mc_task *task, const mc_real *o, const uint8_t *I, const uint8_t *m,
    size_t steps);

uint64_t mc_decided_requests(const struct mc_decided *x);
uint64_t mc_decided_edges(const struct mc_decided *x);

/* Means over all decisions: requests per edge; c, H(c) in nats, saturated share. NaN where there is none. */
double mc_decided_rate(const struct mc_decided *x);
double mc_decided_c(const struct mc_decided *x);
double mc_decided_entropy(const struct mc_decided *x);
double mc_decided_saturated(const struct mc_decided *x);

/* Of requests, where the right ones are known (mc_right.h); NaN elsewhere, and where there is none to divide by. */
double mc_decided_precision(const struct mc_decided *x);
double mc_decided_recall(const struct mc_decided *x);

/* Of agent i's decisions about agent `other`: NaN for i itself, and where it was never a neighbour. */
double mc_decided_pair_rate(const struct mc_decided *x, size_t i, size_t other);
double mc_decided_pair_c(const struct mc_decided *x, size_t i, size_t other);

#endif
