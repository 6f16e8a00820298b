/*
 * The critic on a device: eq. 1 (mc_critic.h), and eq. 3 as far as the agents' actions. With dense layers over
 * all agents it is computed here, the invariant one by mc_device_invariant.
 */
#ifndef MC_DEVICE_CRITIC_H
#define MC_DEVICE_CRITIC_H

#include "mc_device_work.h"

/* Eq. 1 on the batch, a_next in oa: q [2,B], y, error, dq [B], and the critic's gradient. */
void mc_device_critic_gradient(struct mc_device_work *s);

/*
 * Every agent's objective at a_pi: q_pi [N,B], when the branch MC_DEVICE_TOLD is joined; its derivative by the agent's own action, da [N,B,A], and by what
 * that is tanh of, dza, which has the penalty on it as well.
 */
void mc_device_critic_objectives(struct mc_device_work *s);

#endif
