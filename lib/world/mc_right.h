/*
 * Right requests, in tasks where they are known: those that bring what the asker lacks. In a
 * reference task agent i's is to the agent that knows its goal, as its observation says; in each
 * step one of N-1, whatever the shift. Of requests that are made,
 *
 *   precision = right requests made / requests made
 *   recall    = right requests made / right requests that could be made (the one asked is in range)
 */
#ifndef MC_RIGHT_H
#define MC_RIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "mc_params.h"
#include "mc_real.h"
#include "mc_task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Are they known? */
int mc_right_known(const struct mc_task *t);

/* The task of this name, if it is one of these and has these N and O: 1, else 0. For names out of headers. */
int mc_right_task(struct mc_task *t, const char *name, const struct mc_dims *dims);

/* Is it right to ask the agent of this slot? `own`: the asker's observation [obs_dim]. */
int mc_right_request(const struct mc_task *t, const mc_real *own, size_t slot);

/* The landmark that is agent i's goal, as whoever knows it says, from the team's observations o [N, O]; -1 if nobody does. */
int mc_right_goal(const struct mc_task *t, const mc_real *o, size_t i);

/* Counts over [steps, N, d] decisions I and edges m, observations o [steps, N, O]: adds to both. */
void mc_right_count(int64_t *made, int64_t *edges, const struct mc_task *t, const mc_real *o, const uint8_t *I,
    const uint8_t *m, size_t steps);

#ifdef __cplusplus
}
#endif

#endif
