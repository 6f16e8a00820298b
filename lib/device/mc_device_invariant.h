/*
 * The invariant critic on a device: the equations of mc_invariant.h, for all agents at once.
 *
 * Arrays of stored actions are [B,N,.], as observations come; those of eq. 3, where agent i does
 * something else, are [N,B,.], agent after agent. Of the work space: k0 [2,B,N,H] is h, k1 [2,B,N,H] e,
 * mean_h and mean_e [2,B,H] their means.
 */
#ifndef MC_DEVICE_INVARIANT_H
#define MC_DEVICE_INVARIANT_H

#include "mc_device_work.h"

/* Both critics on oa, as far as mean_e, of which Q is one product; leaves k0, k1, mean_h for the backward pass. */
void mc_device_invariant_values(struct mc_device_work *s);

/* The critic's gradient from the adjoint dq [B] of q; small parts wait (mc_device_layer.h). */
void mc_device_invariant_backward(struct mc_device_work *s);

/*
 * Eq. 3 where agent i does a_pi: the mean of all e to p1 [N,B,H], h^i to p0 [N,B,H], and its adjoint to d0, not yet 0
 * where h^i is. h^i alone changes, by dh; every e^j gets dh kernel_team / N, and e^i dh kernel_1 as well.
 */
void mc_device_invariant_objectives(struct mc_device_work *s);

#endif
