/*
 * mc-plot advantages: the advantages of episodes (mc_advantage.h), a panel for each ordered pair.
 */
#ifndef MC_DRAW_ADVANTAGE_H
#define MC_DRAW_ADVANTAGE_H

#include "mc_draw.h"
#include "mc_err.h"

/*
 * From streams with `advantage` frames; no file: standard input. A row for each episode and agent,
 * a panel for each agent that it can ask: REINFORCE's advantage and the rule's, normalised.
 */
int mc_draw_advantages(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
