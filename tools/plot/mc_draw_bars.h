/*
 * mc-plot bars: what runs came to, a panel for each task, a point with its interval for each method.
 */
#ifndef MC_DRAW_BARS_H
#define MC_DRAW_BARS_H

#include "mc_draw.h"
#include "mc_err.h"

/* From runs' logs, the metrics of mc_scores.h; no file: standard input. */
int mc_draw_bars(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
