#include "mc_axis.h"

#include <math.h>

#define LEAST 1e-100
#define MOST 1e100

double mc_axis_step(double range)
{
	const double power = pow(10, floor(log10(range / 6)));
	const double want = range / 6 / power; /* in [1, 10) */

	return (want <= 1 ? 1 : want <= 2 ? 2 : want <= 4 ? 4 : want <= 5 ? 5 : 10) * power;
}

struct mc_axis mc_axis_fit(double min, double max)
{
	struct mc_axis a;

	if (!(max - min > 1e-9 * fmax(fabs(min), fabs(max)) && max - min > LEAST)) {
		const double middle = isfinite(min) ? min : isfinite(max) ? max : 0, room = fabs(middle) > LEAST ? 0.1 * fabs(middle) : 1;

		min = middle - room;
		max = middle + room;
	}
	a.step = mc_axis_step(max - min);
	a.min = a.step * floor(min / a.step);
	a.max = a.step * ceil(max / a.step);
	return a;
}

int mc_axis_check(double min, double max, struct mc_err *e)
{
	if (max < min || (min >= -MOST && max <= MOST)) /* none, or in reach */
		return 0;
	return mc_err_set(e, MC_DATA, NULL, -1, "are they right?", "numbers from %g to %g cannot be drawn", min, max);
}
