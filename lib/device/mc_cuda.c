/* Stands in for mc_cuda.cu in a build without CUDA=1. */
#include "mc_cuda.h"

struct mc_device *mc_cuda_open(int tf32, struct mc_err *e)
{
	(void)tf32;
	(void)mc_err_set(e, MC_UNAVAILABLE, NULL, -1, "build it with make CUDA=1", "this build is without CUDA");
	return NULL;
}
