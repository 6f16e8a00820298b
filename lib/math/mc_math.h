/*
 * Scalar functions in their stable forms, their vector versions, and norms.
 */
#ifndef MC_MATH_H
#define MC_MATH_H

#include <math.h>
#include <stddef.h>

#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The math functions of the scalar type in use. */
#ifdef MC_DOUBLE
#define MC_M(name) name
#else
#define MC_M(name) name##f
#endif

static inline MC_BOTH mc_real mc_sigmoid(mc_real x)
{
	return x >= 0 ? 1 / (1 + MC_M(exp)(-x)) : MC_M(exp)(x) / (1 + MC_M(exp)(x));
}

/* max(x, 0) + log1p(exp(-|x|)) for every x: no linear cut-off. */
static inline mc_real mc_softplus(mc_real x)
{
	return (x > 0 ? x : 0) + MC_M(log1p)(MC_M(exp)(-MC_M(fabs)(x)));
}

/*
 * y[i] = f(x[i]); y may be x. Relative error below 3e-7 in float (the plain scalar functions
 * in double); both saturate exactly: sigmoid to 1 and, below e^-87, to 0; tanh to -1 and 1. NaN
 * stays NaN. An element's result does not depend on n, its place, or alignment.
 */
void mc_vec_sigmoid(mc_real *y, const mc_real *x, size_t n);
void mc_vec_tanh(mc_real *y, const mc_real *x, size_t n);

/* y = max(y, 0), and its derivative: dy, an adjoint or a tangent of y, is 0 where y is. In place; they do not overlap. */
void mc_vec_relu(mc_real *y, size_t n);
void mc_vec_relu_mask(mc_real *dy, const mc_real *y, size_t n);

/* sum += x; they do not overlap. */
void mc_vec_add(mc_real *sum, const mc_real *x, size_t n);

/* Sum of squares, accumulated in double in an order that n alone fixes. */
double mc_sumsq(const mc_real *x, size_t n);

int mc_all_finite(const mc_real *x, size_t n);

#ifdef __cplusplus
}
#endif

#endif
