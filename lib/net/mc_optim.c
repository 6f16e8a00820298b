#include "mc_optim.h"

#include <math.h>

#include "mc_math.h"

/* Taken in double: the corrections of the moments' bias are near 0 or 1. */
struct mc_adam_factors mc_adam_factors(const struct mc_adam *a, int ascend)
{
	const double step = (double)(a->step + 1), sign = ascend ? 1 : -1;

	return (struct mc_adam_factors){
		.b1 = (mc_real)a->b1, .rest1 = (mc_real)(1 - a->b1),
		.b2 = (mc_real)a->b2, .rest2 = (mc_real)(1 - a->b2),
		.lr = (mc_real)(sign * a->lr / (1 - pow(a->b1, step))),
		.scale = (mc_real)(1 / (1 - pow(a->b2, step))),
		.eps = (mc_real)a->eps,
	};
}

static void adam(mc_real *restrict theta, mc_real *restrict m, mc_real *restrict v,
    const mc_real *restrict g, size_t n, struct mc_adam_factors f)
{
	for (size_t i = 0; i < n; i++) {
		m[i] = f.b1 * m[i] + f.rest1 * g[i];
		v[i] = f.b2 * v[i] + f.rest2 * g[i] * g[i];
		theta[i] += f.lr * m[i] / (MC_M(sqrt)(v[i] * f.scale) + f.eps);
	}
}

void mc_adam_range(const struct mc_adam_factors *f, mc_real *theta, mc_real *m, mc_real *v, const mc_real *grad,
    size_t n)
{
	adam(theta, m, v, grad, n, *f);
}

void mc_adam_step(struct mc_adam *a, mc_real *theta, const mc_real *grad, size_t n, int ascend)
{
	const struct mc_adam_factors f = mc_adam_factors(a, ascend);

	mc_adam_range(&f, theta, a->m, a->v, grad, n);
	a->step++;
}

static void rmsprop(mc_real *restrict theta, mc_real *restrict nu, const mc_real *restrict g,
    size_t n, mc_real lr, mc_real rho, mc_real rest, mc_real eps)
{
	for (size_t i = 0; i < n; i++) {
		nu[i] = rho * nu[i] + rest * g[i] * g[i];
		theta[i] += lr * g[i] / MC_M(sqrt)(nu[i] + eps);
	}
}

void mc_rmsprop_step(mc_real *theta, mc_real *nu, const mc_real *grad, size_t n,
    double lr, double rho, double eps)
{
	rmsprop(theta, nu, grad, n, (mc_real)lr, (mc_real)rho, (mc_real)(1 - rho), (mc_real)eps);
}

double mc_clip_norm(mc_real *grad, size_t n, double max)
{
	const double norm = sqrt(mc_sumsq(grad, n));

	if (max > 0 && norm > max) {
		const mc_real scale = (mc_real)(max / norm);

		for (size_t i = 0; i < n; i++)
			grad[i] *= scale;
	}
	return norm;
}

static void polyak(mc_real *restrict target, const mc_real *restrict theta, size_t n, mc_real keep,
    mc_real take)
{
	for (size_t i = 0; i < n; i++)
		target[i] = keep * target[i] + take * theta[i];
}

void mc_polyak(mc_real *target, const mc_real *theta, size_t n, double tau)
{
	polyak(target, theta, n, (mc_real)(1 - tau), (mc_real)tau);
}
