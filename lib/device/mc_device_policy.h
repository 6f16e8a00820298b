/*
 * Policies and communication nets on a device: decisions, eq. 2, eq. 3 and STGS (mc_policy.h, mc_stgs.h).
 * Every agent's rows meet every slot; what was not asked for is computed and dropped, which on a GPU
 * costs less than sorting the rows and asking how many there are.
 */
#ifndef MC_DEVICE_POLICY_H
#define MC_DEVICE_POLICY_H

#include "mc_device_work.h"

void mc_device_targets(struct mc_device_work *s);           /* I_next, a_next */
void mc_device_decide(struct mc_device_work *s);            /* I */
void mc_device_policy_gradient(struct mc_device_work *s);   /* eq. 3, and under stgs dI and comm's */

#endif
