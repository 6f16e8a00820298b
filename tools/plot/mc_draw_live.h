/*
 * mc-plot live: learning curves of runs that go on, drawn anew as their logs grow.
 */
#ifndef MC_DRAW_LIVE_H
#define MC_DRAW_LIVE_H

#include "mc_draw.h"
#include "mc_err.h"

/*
 * Draws what mc_draw_curves draws, until every log has its end: on a terminal, where q ends it too;
 * into the output whenever there is more; where there is neither, once, at the end. The terminal is
 * left as it was found, also by a signal, which then does what it does.
 */
int mc_draw_live(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
