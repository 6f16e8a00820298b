/*
 * Optimisers over one block of parameters, and clipping of the global norm.
 */
#ifndef MC_OPTIM_H
#define MC_OPTIM_H

#include <stddef.h>
#include <stdint.h>

#include "mc_real.h"

/* Adam: theta -+ lr m^ / (sqrt(v^) + eps), both moments bias-corrected. */
struct mc_adam {
	double lr, b1, b2, eps;
	mc_real *m, *v;    /* [size], zero at the start; not owned */
	int64_t step;      /* steps made */
};

/* What all elements of a step are multiplied by: a function of its number. lr has the sign of the step. */
struct mc_adam_factors {
	mc_real b1, rest1, b2, rest2; /* of the moments and of the gradient: b and 1 - b */
	mc_real lr, scale;            /* +-lr / (1 - b1^step), 1 / (1 - b2^step) */
	mc_real eps;
};

/* Those of the step that comes: a->step + 1. */
struct mc_adam_factors mc_adam_factors(const struct mc_adam *a, int ascend);

/* A part of that step: n elements, their moments and gradient. When all parts are done, count it: a->step++. */
void mc_adam_range(const struct mc_adam_factors *f, mc_real *theta, mc_real *m, mc_real *v, const mc_real *grad,
    size_t n);

/* The whole block, and a->step++. */
void mc_adam_step(struct mc_adam *a, mc_real *theta, const mc_real *grad, size_t n, int ascend);

/* RMSprop, ascending: nu <- rho nu + (1-rho) g^2; theta <- theta + lr g / sqrt(nu + eps). */
void mc_rmsprop_step(mc_real *theta, mc_real *nu, const mc_real *grad, size_t n,
    double lr, double rho, double eps);

/* Scales g by max/norm where norm > max (max <= 0: never); returns the norm before. */
double mc_clip_norm(mc_real *grad, size_t n, double max);

/* target <- (1 - tau) target + tau theta */
void mc_polyak(mc_real *target, const mc_real *theta, size_t n, double tau);

#endif
