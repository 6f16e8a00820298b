/*
 * mc-plot graph and episode: a team at one step, or moving through an episode, and who asks whom.
 */
#ifndef MC_DRAW_TEAM_H
#define MC_DRAW_TEAM_H

#include "mc_draw.h"
#include "mc_err.h"

/*
 * From a stream of trajectories of a task whose observations tell where everything is (mc_sight.h);
 * no file: standard input. The episode that is asked for, else the first.
 *
 * graph    a panel for each of the steps that are asked for
 * episode  all of its steps: a picture that moves, or a file for each; on a terminal it moves
 */
int mc_draw_graph(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);
int mc_draw_episode(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
