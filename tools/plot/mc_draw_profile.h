/*
 * mc-plot profile: the share of runs above each final return, a panel for each task and one for
 * all, a line for each method.
 */
#ifndef MC_DRAW_PROFILE_H
#define MC_DRAW_PROFILE_H

#include "mc_draw.h"
#include "mc_err.h"

/* From runs' logs, the profiles of mc_across.h; no file: standard input. */
int mc_draw_profile(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
