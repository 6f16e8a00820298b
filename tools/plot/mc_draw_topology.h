/*
 * mc-plot topology: who asks whom, over an episode or over training.
 */
#ifndef MC_DRAW_TOPOLOGY_H
#define MC_DRAW_TOPOLOGY_H

#include "mc_draw.h"
#include "mc_err.h"

/*
 * A row for each run, for a mean over runs would show a topology that none has: a heat map with a
 * line for each ordered pair, against the steps of an episode (from streams of trajectories, the mean
 * over the run's episodes, or the one that is asked for) or against environment steps (from logs); and beside it all of an episode, or the
 * last tenth of training, as a table. No file: standard input.
 */
int mc_draw_topology(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
