/*
 * The dense layer y = x kernel + bias, with or without ReLU, and its backward pass.
 */
#ifndef MC_DENSE_H
#define MC_DENSE_H

#include <stddef.h>

#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One agent's layer inside a block of parameters, or of gradients of the same layout. */
struct mc_dense {
	mc_real *kernel;   /* [in, out] */
	mc_real *bias;     /* [out] */
	size_t in, out;
	int fresh;         /* of a gradient: 1 = nothing is in it yet, it is overwritten, not added to */
};

/* y[n,out] (rows ldy apart) = x[n,in] (rows ldx apart) kernel + bias; relu: max(., 0). */
void mc_dense_forward(mc_real *y, size_t ldy, const mc_real *x, size_t ldx,
    const struct mc_dense *w, size_t n, int relu);

/* The last part of it alone, y += bias and max(., 0) with relu, for callers that make the products themselves. */
void mc_dense_finish(mc_real *y, size_t ldy, const struct mc_dense *w, size_t n, int relu);

/*
 * The backward pass of mc_dense_forward.
 *   dy   in/out [n,out]  adjoint of y; with relu it is zeroed where y is 0, in place
 *   g    added to: kernel += x^T dy, bias += column sums of dy (= if fresh); NULL = none wanted
 *   dx   overwritten with dy kernel^T; NULL = not wanted
 *   y    the forward result (read only with relu)
 */
void mc_dense_backward(mc_real *dx, size_t lddx, const struct mc_dense *g,
    mc_real *dy, size_t lddy, const mc_real *y, size_t ldy,
    const mc_real *x, size_t ldx, const struct mc_dense *w, size_t n, int relu);

#ifdef __cplusplus
}
#endif

#endif
