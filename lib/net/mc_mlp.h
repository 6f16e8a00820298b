/*
 * A net of dense layers with ReLU between them: "dense_0", "dense_1" ... of one agent, found once.
 *
 *     h[0] = relu(dense_0(x)), h[1] = relu(dense_1(h[0])), y = dense_2(h[1])     (the rule: two layers)
 *
 * The critic and the policies make the first layer's products in pieces: they fill h[0] themselves, and
 * the rest is done by the functions that say _above.
 */
#ifndef MC_MLP_H
#define MC_MLP_H

#include <stddef.h>

#include "mc_dense.h"
#include "mc_params.h"
#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MC_MLP_LAYERS = 3 };

/* The layers in a block of values: parameters, or a gradient of the same layout. */
struct mc_mlp {
	int layers;
	struct mc_dense l[MC_MLP_LAYERS];
};

/* Hidden layers of n rows. Arrays belong to the caller. */
struct mc_mlp_hidden {
	mc_real *h[MC_MLP_LAYERS - 1];   /* [n,H] after ReLU: forward writes them, backward reads them */
	mc_real *dh[MC_MLP_LAYERS - 1];  /* [n,H] their adjoints: backward writes them; NULL if there is no backward */
};

/* All dense layers of `p` for one agent, their values at v (p->v, or a gradient block). */
struct mc_mlp mc_mlp_at(const struct mc_params *p, mc_real *v, size_t agent);

/* Of a gradient: fresh = 1, nothing is in it yet: the next backward overwrites it; 0, adds to it. */
void mc_mlp_fresh(struct mc_mlp *g, int fresh);

/* y [n,out] (rows ldy apart) of x [n,in] (rows ldx apart). */
void mc_mlp_forward(const struct mc_mlp *w, size_t n, const mc_real *x, size_t ldx,
    const struct mc_mlp_hidden *r, mc_real *y, size_t ldy);

/*
 * The backward pass of it.
 *   g    added to (overwritten where fresh)
 *   dy   in [n,out]  adjoint of y, rows lddy apart
 *   dx   overwritten with the adjoint of x, rows lddx apart; NULL = not wanted
 */
void mc_mlp_backward(const struct mc_mlp *w, const struct mc_mlp *g, size_t n, const mc_real *x, size_t ldx,
    const struct mc_mlp_hidden *r, mc_real *dy, size_t lddy, mc_real *dx, size_t lddx);

/* The same from h[0] on. Backward, to dh[0]: not yet zeroed where h[0] is 0. g = NULL: no gradient is wanted. */
void mc_mlp_forward_above(const struct mc_mlp *w, size_t n, const struct mc_mlp_hidden *r, mc_real *y, size_t ldy);
void mc_mlp_backward_above(const struct mc_mlp *w, const struct mc_mlp *g, size_t n,
    const struct mc_mlp_hidden *r, mc_real *dy, size_t lddy);

#ifdef __cplusplus
}
#endif

#endif
