/*
 * Returns of a trajectory.
 */
#ifndef MC_RETURN_H
#define MC_RETURN_H

#include <stddef.h>

#include "mc_real.h"

/*
 * n-step return with bootstrap: G_t = sum_{l<q} gamma^l r_{t+l} + gamma^q V_{t+q},
 * q = min(n, T - t).
 *
 *   G  out [T]    overwritten
 *   r  in  [T]    team reward
 *   V  in  [T+1]  baseline's values V(o_t)
 *
 * n >= T is Monte Carlo with a bootstrap from V(o_T): an episode ends by its time limit, which
 * is a truncation. Choice: the sum starts at r_t, and gamma counts from t.
 */
void mc_return_n_step(mc_real *G, const mc_real *r, const mc_real *V, size_t T, double gamma, int n);

#endif
