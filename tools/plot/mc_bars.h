/*
 * Bars from zero: a panel for each task, a bar for each name, with an interval and the single values
 * that it stands for. As text, bars of characters that lie.
 */
#ifndef MC_BARS_H
#define MC_BARS_H

#include <stddef.h>

#include "mc_page.h"
#include "mc_picture.h"

struct mc_bar {
	const char *name;         /* first, for the legend; bars of one name share colour and legend entry */
	size_t panel;
	double value;
	double lo, hi;            /* the interval; NaN = none */
	const double *each;       /* [n] */
	size_t n;
};

struct mc_bars {
	struct mc_page page;      /* no place is empty */
	const struct mc_bar *bar;
	size_t bars;
};

/*
 * Draws it and puts it there. Its data have two blocks for each bar, two empty lines between
 * blocks: the bar (x value low high), and its single values (x value). In a panel, x counts the bars from 0.
 */
int mc_bars_put(const struct mc_bars *b, const struct mc_picture *p, struct mc_err *e);

#endif
