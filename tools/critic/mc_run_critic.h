/*
 * The body of mc-critic(1).
 */
#ifndef MC_RUN_CRITIC_H
#define MC_RUN_CRITIC_H

#include "mc_err.h"

/* argv as main got it. The exit status, or -1 with `e` filled. */
int mc_run_critic(int argc, char **argv, struct mc_err *e);

#endif
