/*
 * What mc-plot pareto draws: what teams achieve against how much they talk.
 */
#ifndef MC_DRAW_PARETO_H
#define MC_DRAW_PARETO_H

#include "mc_draw.h"

/*
 * Return against requests in a step, from the lines of mc-eval --json in these files (none, or "-":
 * standard input): a panel for each task, a colour for each method, a point for each edge cost.
 */
int mc_draw_pareto(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
