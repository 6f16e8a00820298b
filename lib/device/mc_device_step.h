/*
 * One update of the learner on a device (metacomm-learning(7), section 3, steps 3, 4, 6, and STGS), as
 * a fixed sequence of kernels and products: sizes depend on dims and B alone, so that it can be
 * recorded once.
 */
#ifndef MC_DEVICE_STEP_H
#define MC_DEVICE_STEP_H

#include "mc_device_work.h"

/* The parts of an update beside those of mc_device_policy and mc_device_critic. */
void mc_device_sample(struct mc_device_work *s);            /* the batch from D, as the nets take it */
void mc_device_optimise(struct mc_device_work *s, int net); /* a step of the net and its target */
void mc_device_metrics(struct mc_device_work *s);           /* and norms that nothing waited for; in MC_DEVICE_TOLD */

/* All of them in their order, with what is told before and after: a call to the device once it is recorded. */
void mc_device_update(struct mc_device_work *s);

#endif
