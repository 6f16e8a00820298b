/*
 * The invariant critic on a device: the equations of mc_invariant.h, for all agents at once.
 *
 * Arrays of stored actions are [B,N,.], as observations come; those of eq. 3, where agent i does
 * something else, are [N,B,.], agent after agent. Of the work space: k0 [B,N,H] is h, k1 [B,N,H] e,
 * mean_h and mean_e [B,H] their means.
 */
#ifndef MC_DEVICE_INVARIANT_H
#define MC_DEVICE_INVARIANT_H

#include "mc_device_work.h"

/* q [B] without the last bias, at o [B,N,O], a [B,N,A]; leaves k0, k1, mean_h, mean_e for the backward pass. */
void mc_device_invariant_values(struct mc_device_work *s, const struct mc_params *critic, const mc_real *o,
    const mc_real *a, mc_real *q);

/* The critic's gradient from the adjoint dq [B], after the values of o_batch, a. */
void mc_device_invariant_backward(struct mc_device_work *s);

/*
 * Eq. 3: q_pi [N,B] without the last bias, and da [N,B,A], the derivative of each agent's objective by its action
 * a_pi. h^i alone changes, by dh; every e^j gets dh kernel_team / N, and e^i dh kernel_1 as well.
 */
void mc_device_invariant_objectives(struct mc_device_work *s);

#endif
