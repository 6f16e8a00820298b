/*
 * Pictures of lines over a common x, or of points with bars: panels of a page (mc_page.h) with
 * bands around lines. What is drawn comes from above; how it looks is decided here.
 */
#ifndef MC_PLOT_H
#define MC_PLOT_H

#include <stddef.h>

#include "mc_page.h"
#include "mc_picture.h"

struct mc_line {
	const char *name;         /* first, for the legend; lines of one name share colour and legend entry */
	size_t panel;
	size_t n;
	const double *x, *y;      /* [n]; NaN in y is a gap */
	const double *lo, *hi;    /* [n] band, or NULL */
};

/* A line that is points with bars, lo and hi up and down, joined by a thin line. */
struct mc_points {
	const double *xlo, *xhi;  /* [n] bars to the left and to the right */
	const char *const *label; /* [n] text beside each, may be empty */
};

/* The y of one panel. */
struct mc_scale {
	double min, max;          /* NaN = as the lines need */
	int log;
};

struct mc_figure {
	struct mc_page page;
	double xunit;             /* x is divided by this */
	double ymin, ymax;        /* NaN = as the lines need */
	const struct mc_scale *scale; /* [panels] each panel's own y, or NULL */
	int zero;                 /* 1 = a line at y = 0 */
	int edges;                /* 1 = bands that overlap much: paler, with edges */
	const struct mc_line *line;
	size_t lines;
	const struct mc_points *points; /* [lines] all lines are points, with lo and hi; or NULL */
};

/*
 * Draws it and puts it there (mc_picture.h). Its data have a block for each line that has points:
 * columns x, y, lo, hi and what points have; two empty lines between blocks.
 */
int mc_figure_put(const struct mc_figure *f, const struct mc_picture *p, struct mc_err *e);

#endif
