/*
 * The body of mc-metalearn(1).
 */
#ifndef MC_RUN_METALEARN_H
#define MC_RUN_METALEARN_H

#include "mc_err.h"

/* argv as main got it. The exit status, or -1 with `e` filled. */
int mc_run_metalearn(int argc, char **argv, struct mc_err *e);

#endif
