/*
 * Central differences: the reference for every backward pass. Meant for mc_real = double,
 * where a step of 1e-6 leaves about 1e-9; in float they tell nothing and are not made.
 */
#ifndef GRADIENT_H
#define GRADIENT_H

#include <math.h>
#include <stddef.h>

#include "mc_real.h"

/*
 * max |central difference - grad| / max |grad| over theta[n], f a function of theta (through
 * ctx). Kinks (ReLU) are excluded by where the caller's inputs lie: a step across one shows
 * as an error far above any tolerance.
 */
static inline double gradient_error(double f(void *ctx), void *ctx, mc_real *theta,
    const mc_real *grad, size_t n)
{
	const mc_real step = (mc_real)1e-6;
	double worst = 0, largest = 0;

	for (size_t k = 0; k < n; k++) {
		const mc_real was = theta[k];

		theta[k] = was + step;
		const double above = f(ctx);
		theta[k] = was - step;
		const double below = f(ctx);
		theta[k] = was;
		worst = fmax(worst, fabs((above - below) / (2 * (double)step) - (double)grad[k]));
		largest = fmax(largest, fabs((double)grad[k]));
	}
	return largest > 0 ? worst / largest : worst;
}

#endif
