/*
 * A device that is none: the kernels of mc_device.h run one i after the other, and products go through
 * mc_gemm. It stands in for a GPU in the tests, so that every kernel, every shape and the
 * sequence of calls are run where there is no GPU.
 */
#ifndef DEVICE_HOST_H
#define DEVICE_HOST_H

#include "mc_device.h"

/* Memory for `room` bytes (0 = any number); a larger request fails as a GPU's would. */
struct mc_device *device_host_open(size_t room);

/*
 * From now on the kernels count down from n - 1, and branches are done when they are joined, not as they come: what depends
 * on either is seen.
 */
void device_host_reverse(struct mc_device *dev);

/* How many kernels and products the recorded sequence has: what a GPU launches. */
struct device_host_calls { size_t kernels, products; };
struct device_host_calls device_host_recorded(const struct mc_device *dev);

#endif
