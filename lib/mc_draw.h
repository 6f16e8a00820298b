/*
 * What mc-plot draws from runs' logs.
 */
#ifndef MC_DRAW_H
#define MC_DRAW_H

#include "mc_err.h"
#include "mc_picture.h"

struct mc_draw_opts {
	struct mc_picture picture;
	const char *title;   /* NULL = none */
	const char *y;       /* the series (mc_curve.h) */
	const char *by;      /* header entries that tell curves apart too, or NULL */
	const char *band;    /* "auto", "none", "range", "bootstrap" */
	long window;         /* episodes; 0 = 1 % of the longest run */
};

/* Learning curves: a panel for each task, a line for each method. No file: standard input. */
int mc_draw_curves(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
