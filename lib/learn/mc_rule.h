/*
 * The learned update rule A_hat = rule_eta(x): an LSTM that runs backwards over the steps of
 * a trajectory, a hidden layer, and one advantage for each pair and step.
 *
 *     x_t = [r_t, d_t, gamma, m c in (i, j) order], width X = 3 + N*d; d_t = 1 at t = T-1
 */
#ifndef MC_RULE_H
#define MC_RULE_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_real.h"

/* Work space; results of the last passes. Arrays belong to the arena. */
struct mc_rule {
	struct mc_dims dims;
	size_t X;            /* width of x_t */
	mc_real *x;          /* [T,X] */
	mc_real *A_hat;      /* [T,N,d] */
	mc_real *dc;         /* [T,N,d]  adjoint of the c's inside x, before the mask */
	mc_real *gates;      /* [T,4R] */
	mc_real *cell, *tc, *h; /* [T,R] */
	mc_real *y;          /* [T,R]  hidden layer */
	mc_real *dgates;     /* [T,4R] */
	mc_real *dh, *dy;    /* [T,R] */
	mc_real *dcell;      /* [R] */
};

int mc_rule_init(struct mc_rule *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e);

/*
 * x and A_hat under eta.
 *   r  in [T]
 *   c  in [T,N,d]  probabilities, not masked
 *   m  in [T,N,d]
 */
void mc_rule_forward(struct mc_rule *x, const struct mc_params *eta, const mc_real *r,
    const mc_real *c, const uint8_t *m, double gamma);

/*
 * After mc_rule_forward: grad += (dA_hat/deta)^T dA.
 *   dA       in/out [T,N,d]  adjoint of A_hat
 *   want_dc  1 = also x->dc, the entries of (dA_hat/dx)^T dA that belong to the c's
 */
void mc_rule_backward(struct mc_rule *x, const struct mc_params *eta, mc_real *dA, mc_real *grad,
    int want_dc);

#endif
