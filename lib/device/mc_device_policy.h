/*
 * Policies and communication nets on a device: decisions, eq. 2, eq. 3 and STGS (mc_policy.h, mc_stgs.h).
 * Present nets at o and target nets at o' are one sequence of kernels. Every agent's rows meet every slot; what was
 * not asked for is computed and dropped, which on a GPU costs less than sorting the rows and asking
 * how many there are.
 */
#ifndef MC_DEVICE_POLICY_H
#define MC_DEVICE_POLICY_H

#include "mc_device_work.h"

void mc_device_decide(struct mc_device_work *s);            /* I of both halves, where it is learned */
void mc_device_act(struct mc_device_work *s);               /* decisions, a_pi, and a_next into oa */
void mc_device_policy_gradient(struct mc_device_work *s);   /* eq. 3, and under stgs dI and comm's */

#endif
