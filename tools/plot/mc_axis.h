/*
 * Axes that fit numbers: where they begin and end, and how far apart their tics are.
 */
#ifndef MC_AXIS_H
#define MC_AXIS_H

#include "mc_err.h"

struct mc_axis {
	double min, max, step;
};

/* 1, 2, 4 or 5 times a power of ten: three to six steps in a range, which is finite and above 0. */
double mc_axis_step(double range);

/*
 * From the tic at or below `min` to the one at or above `max`. Of one value alone (or of two that
 * differ by less than could be written), or of none (min > max, or NaN), there is an axis, too.
 */
struct mc_axis mc_axis_fit(double min, double max);

/* Can what lies between these be drawn? MC_DATA beyond 1e100, where a range might have no number. */
int mc_axis_check(double min, double max, struct mc_err *e);

#endif
