/*
 * The learner on a device: D and all nets live there, a trajectory goes up when it is appended, an
 * update is one recorded sequence (mc_device_step), in which what the ring needs comes back as soon as it is
 * there. The draws are those of mc_learner_cpu; results agree with it as far as the scalar type does,
 * and are the same bytes on the same kind of device.
 */
#ifndef MC_LEARNER_DEVICE_H
#define MC_LEARNER_DEVICE_H

#include "mc_device.h"
#include "mc_device_work.h"
#include "mc_learner.h"

/*
 * NULL with `e` filled: MC_OSERR, or MC_UNAVAILABLE where the device has too little memory. `dev` must
 * outlive it, and serves it alone.
 */
struct mc_learner *mc_learner_device_new(const struct mc_dims *dims, const struct mc_learner_opts *o,
    struct mc_device *dev, struct mc_err *e);

/* What it works with, for tests and benchmarks. */
struct mc_device_work *mc_learner_device_work(struct mc_learner *l);

#endif
