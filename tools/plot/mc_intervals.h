/*
 * Points with intervals: a panel for each task, a point for each name, the interval around it, and
 * beside it the single values that it stands for. As text, a line for each name.
 */
#ifndef MC_INTERVALS_H
#define MC_INTERVALS_H

#include <stddef.h>

#include "mc_page.h"
#include "mc_picture.h"

struct mc_interval {
	const char *name;         /* first, for the legend; those of one name share colour and legend entry */
	size_t panel;
	double value;
	double lo, hi;            /* NaN = none */
	const double *each;       /* [n] */
	size_t n;
};

struct mc_intervals {
	struct mc_page page;      /* no place is empty */
	const struct mc_interval *of;
	size_t n;
};

/*
 * Draws it and puts it there. Its data have two blocks for each name of a panel, two empty lines between
 * blocks: the point (x value low high), and its single values (x value). In a panel, x counts the
 * points from 0. A panel's axis is fitted to all that is in it, and need not hold 0.
 */
int mc_intervals_put(const struct mc_intervals *v, const struct mc_picture *p, struct mc_err *e);

#endif
