/*
 * The body of mc-rollout(1).
 */
#ifndef MC_RUN_ROLLOUT_H
#define MC_RUN_ROLLOUT_H

#include "mc_err.h"

/* argv as main got it. The exit status, or -1 with `e` filled. */
int mc_run_rollout(int argc, char **argv, struct mc_err *e);

#endif
