/*
 * The body of mc-envsim(1).
 */
#ifndef MC_RUN_ENVSIM_H
#define MC_RUN_ENVSIM_H

#include "mc_err.h"

/* argv as main got it. The exit status, or -1 with `e` filled. */
int mc_run_envsim(int argc, char **argv, struct mc_err *e);

#endif
