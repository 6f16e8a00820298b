/*
 * CUDA and cuBLAS as a device (mc_device.h). In a build without CUDA=1 there is nothing behind it.
 */
#ifndef MC_CUDA_H
#define MC_CUDA_H

#include "mc_device.h"

/*
 * The first GPU that the process may use (CUDA_VISIBLE_DEVICES). tf32: products round their operands to
 * TF32. NULL with `e` filled: MC_UNAVAILABLE, where there is no GPU, no driver for it, or no CUDA
 * in this build.
 */
struct mc_device *mc_cuda_open(int tf32, struct mc_err *e);

#endif
