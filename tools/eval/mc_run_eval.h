/*
 * The body of mc-eval(1).
 */
#ifndef MC_RUN_EVAL_H
#define MC_RUN_EVAL_H

#include "mc_err.h"

/* argv as main got it. The exit status, or -1 with `e` filled. */
int mc_run_eval(int argc, char **argv, struct mc_err *e);

#endif
