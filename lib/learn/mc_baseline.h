/*
 * The baseline V(o; phi) of eq. 4 and 7, and its fit to the n-step return.
 */
#ifndef MC_BASELINE_H
#define MC_BASELINE_H

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_real.h"

/* Work space, and what the last mc_baseline_advantage found. Arrays belong to the arena. */
struct mc_baseline {
	struct mc_dims dims;
	mc_real *V;          /* [T+1]  V(o_t) */
	mc_real *G;          /* [T]    n-step return */
	mc_real *advantage;  /* [T]    G_t - V(o_t) */
	mc_real *h0, *h1;    /* [T+1,H] hidden layers */
	mc_real *dV;         /* [T] */
	mc_real *dh;         /* [2,T,H] */
};

int mc_baseline_init(struct mc_baseline *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e);

/*
 * V, G and the advantage G_t - V(o_t) under phi.
 *   o  in [T+1,N,O]
 *   r  in [T]
 */
void mc_baseline_advantage(struct mc_baseline *x, const struct mc_params *phi, const mc_real *o,
    const mc_real *r, double gamma, int n);

/*
 * The loss mean_t 1/2 (G_t - V(o_t))^2, G held constant, of the trajectory and the phi that
 * mc_baseline_advantage was called with last, and its gradient.
 *   grad  out [phi->size]  overwritten
 */
double mc_baseline_gradient(struct mc_baseline *x, const struct mc_params *phi, const mc_real *o,
    mc_real *grad);

#endif
