/*
 * The checks of fixture_learn_critic.c through the learner on a device.
 */
#ifndef FIXTURE_DEVICE_H
#define FIXTURE_DEVICE_H

#include "fixtures.h"

typedef void device_check(struct fixture *f, const struct mc_map *in, const struct mc_map *out, const struct mc_dims *x,
    size_t B);

device_check device_comm_forward, device_policy_forward, device_critic_loss, device_policy_gradient, device_stgs;

#endif
