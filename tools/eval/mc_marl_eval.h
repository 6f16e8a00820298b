/*
 * Runs as the JSON that the Python package marl-eval (PyPI: id-marl-eval) reads: environment, task,
 * algorithm, run; for each run its return at some counts of environment steps, and its final one.
 */
#ifndef MC_MARL_EVAL_H
#define MC_MARL_EVAL_H

#include "mc_scores.h"
#include "mc_curve.h"
#include "mc_err.h"

enum { MC_MARL_EVAL_POINTS = 20 }; /* of a run: each the mean return since the one before */

/* Replaces the file. Every run of rs is in ss. 0, or -1: MC_CANTCREAT, MC_IOERR, MC_OSERR. */
int mc_marl_eval_write(const char *path, const struct mc_runs *rs, const struct mc_scores *ss, struct mc_err *e);

#endif
