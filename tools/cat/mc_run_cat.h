/*
 * The body of mc-cat(1).
 */
#ifndef MC_RUN_CAT_H
#define MC_RUN_CAT_H

#include "mc_err.h"

/* argv as main got it. The exit status, or -1 with `e` filled. */
int mc_run_cat(int argc, char **argv, struct mc_err *e);

#endif
