#include "mc_device.h"

#include <string.h>

void mc_device_close(struct mc_device *dev)
{
	if (dev)
		dev->ops->close(dev);
}

/* n * size, at least a byte; 0 when that is more than there can be. */
static size_t bytes_of(size_t n, size_t size, const char *what, struct mc_err *e)
{
	if (size > 0 && n > SIZE_MAX / 2 / size) {
		(void)mc_err_nomem(e, what, SIZE_MAX);
		return 0;
	}
	return n > 0 && size > 0 ? n * size : 1;
}

void *mc_device_alloc(struct mc_device *dev, size_t n, size_t size, const char *what, struct mc_err *e)
{
	const size_t bytes = bytes_of(n, size, what, e);

	return bytes ? dev->ops->alloc(dev, bytes, what, e) : NULL;
}

void *mc_device_host_alloc(struct mc_device *dev, size_t n, size_t size, const char *what, struct mc_err *e)
{
	const size_t bytes = bytes_of(n, size, what, e);

	return bytes ? dev->ops->host_alloc(dev, bytes, what, e) : NULL;
}

void mc_device_put(struct mc_device *dev, void *to, const void *from, size_t bytes)
{
	if (bytes)
		dev->ops->put(dev, to, from, bytes);
}

void mc_device_get(struct mc_device *dev, void *to, const void *from, size_t bytes)
{
	if (bytes)
		dev->ops->get(dev, to, from, bytes);
}

void mc_device_launch(struct mc_device *dev, enum mc_kernel_id kernel, size_t n, const void *args, size_t size)
{
	if (n > UINT32_MAX && !dev->err.code)
		(void)mc_err_set(&dev->err, MC_BUG, NULL, -1, NULL, "a kernel for %zu elements", n);
	else if (n)
		dev->ops->launch(dev, kernel, (uint32_t)n, args, size);
}

void mc_device_gemm(struct mc_device *dev, const struct mc_device_gemm *g)
{
	if (!g->m || !g->n || !g->k || !g->batch)
		return;
	dev->flops += 2 * (uint64_t)g->m * g->n * g->k * g->batch;
	dev->bytes += sizeof(mc_real) * (uint64_t)g->batch * (g->m * g->k + g->k * g->n + g->m * g->n);
	dev->ops->gemm(dev, g);
}

void mc_device_branch(struct mc_device *dev, int k)
{
	dev->ops->branch(dev, k);
}

void mc_device_join(struct mc_device *dev, int k)
{
	dev->ops->join(dev, k);
}

void mc_device_record(struct mc_device *dev)
{
	dev->ops->record(dev, 1);
}

void mc_device_recorded(struct mc_device *dev)
{
	dev->ops->record(dev, 0);
}

void mc_device_replay(struct mc_device *dev)
{
	dev->ops->replay(dev);
}

double mc_device_clock(struct mc_device *dev)
{
	return dev->ops->clock(dev);
}

int mc_device_wait(struct mc_device *dev, struct mc_err *e)
{
	dev->ops->wait(dev);
	if (!dev->err.code)
		return 0;
	*e = dev->err;
	dev->err.code = 0;
	return -1;
}
