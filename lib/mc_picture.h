/*
 * Where a picture goes: to the terminal, or into a file, with its script and data beside it.
 */
#ifndef MC_PICTURE_H
#define MC_PICTURE_H

#include "mc_err.h"
#include "mc_plot.h"

struct mc_picture {
	const char *output;  /* NULL = the terminal, or what standard output is */
	int emit;            /* 1 = leave .gp and .dat beside it; then there is an output */
};

/* Draws the figure and puts it there; a file is replaced once the picture is complete. */
int mc_picture_put(const struct mc_figure *f, const struct mc_picture *p, struct mc_err *e);

#endif
