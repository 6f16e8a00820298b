/*
 * mc_device.h on an NVIDIA GPU: one stream, cuBLAS for the products, CUDA graphs for what is
 * recorded. cuBLAS gives the same bits from run to run on one kind of GPU as long as one stream uses
 * it and its workspace is ours; the kernels use no atomics.
 */
#ifdef MC_DOUBLE
#error "float only"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cublas_v2.h>
#include <cuda_runtime.h>

extern "C" {
#include "mc_cuda.h"
}
#include "mc_device_body.h"

enum { THREADS = 128, WORKSPACE = 32 << 20 };

struct block {
	struct block *older;
	void *p;
	int on_host;
};

struct cuda {
	struct mc_device base;
	cudaStream_t stream;
	cublasHandle_t blas;
	void *workspace;
	cudaGraphExec_t sequence;     /* what was recorded; NULL = nothing */
	cudaEvent_t start, mark;
	struct block *blocks;
};

static struct cuda *of(struct mc_device *dev)
{
	return (struct cuda *)(void *)dev;
}

/* ---- failures ---- */

static void failed(struct mc_device *dev, const char *what, const char *why)
{
	if (!dev->err.code)
		(void)mc_err_set(&dev->err, MC_OSERR, dev->name, -1, "run it again to continue", "%s: %s", what, why);
}

static int good(struct mc_device *dev, cudaError_t r, const char *what)
{
	if (r != cudaSuccess)
		failed(dev, what, cudaGetErrorString(r));
	return r == cudaSuccess;
}

static int good_blas(struct mc_device *dev, cublasStatus_t r, const char *what)
{
	if (r != CUBLAS_STATUS_SUCCESS)
		failed(dev, what, cublasGetStatusString(r));
	return r == CUBLAS_STATUS_SUCCESS;
}

/* ---- memory ---- */

static void *keep(struct cuda *c, void *p, int on_host)
{
	struct block *b = (struct block *)malloc(sizeof *b);

	if (!b) {
		(void)(on_host ? cudaFreeHost(p) : cudaFree(p));
		return NULL;
	}
	b->older = c->blocks;
	b->p = p;
	b->on_host = on_host;
	c->blocks = b;
	return p;
}

static void *cuda_alloc(struct mc_device *dev, size_t bytes, const char *what, struct mc_err *e)
{
	struct cuda *c = of(dev);
	size_t there = 0, all = 0;
	void *p = NULL;
	const cudaError_t r = cudaMalloc(&p, bytes);

	if (r != cudaSuccess) {
		(void)cudaGetLastError();
		(void)cudaMemGetInfo(&there, &all);
		(void)mc_err_set(e, MC_UNAVAILABLE, dev->name, -1, "--replay makes D smaller; fewer runs leave more for each",
		    "%s: the %s needs %zu bytes, %zu of %zu are free", cudaGetErrorString(r), what, bytes, there, all);
		return NULL;
	}
	if (!(p = keep(c, p, 0))) {
		(void)mc_err_nomem(e, what, sizeof(struct block));
		return NULL;
	}
	(void)good(dev, cudaMemsetAsync(p, 0, bytes, c->stream), "cudaMemset");
	return p;
}

static void *cuda_host_alloc(struct mc_device *dev, size_t bytes, const char *what, struct mc_err *e)
{
	void *p = NULL;

	if (cudaMallocHost(&p, bytes) != cudaSuccess || !(p = keep(of(dev), p, 1))) {
		(void)cudaGetLastError();
		(void)mc_err_nomem(e, what, bytes);
		return NULL;
	}
	memset(p, 0, bytes);
	return p;
}

/* From memory that is not pinned it returns when that has been read. */
static void cuda_put(struct mc_device *dev, void *to, const void *from, size_t bytes)
{
	(void)good(dev, cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, of(dev)->stream), "a copy to the device");
}

static void cuda_get(struct mc_device *dev, void *to, const void *from, size_t bytes)
{
	(void)good(dev, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, of(dev)->stream), "a copy from the device");
}

/* ---- kernels and products ---- */

#define KERNEL(name) \
	static __global__ void name##_kernel(const __grid_constant__ struct mc_k_##name args, uint32_t n) \
	{ \
		const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; \
		if (i < n) \
			name(&args, i); \
	} \
	static void name##_launch(const void *args, uint32_t n, cudaStream_t stream) \
	{ \
		const uint32_t blocks = (uint32_t)(((uint64_t)n + THREADS - 1) / THREADS); \
		name##_kernel<<<blocks, THREADS, 0, stream>>>(*(const struct mc_k_##name *)args, n); \
	}
MC_KERNELS(KERNEL)

static void cuda_launch(struct mc_device *dev, enum mc_kernel_id kernel, uint32_t n, const void *args, size_t size)
{
	static void (*const launch[])(const void *args, uint32_t n, cudaStream_t stream) = {
#define ENTRY(name) name##_launch,
		MC_KERNELS(ENTRY)
	};

	(void)size;
	launch[kernel](args, n, of(dev)->stream);
	(void)good(dev, cudaGetLastError(), "a kernel");
}

/* Column-major, a row-major C = op(A) op(B) is C^T = op(B)^T op(A)^T. */
static void cuda_gemm(struct mc_device *dev, const struct mc_device_gemm *g)
{
	const float one = 1;

	(void)good_blas(dev, cublasSgemmStridedBatched(of(dev)->blas, g->tb ? CUBLAS_OP_T : CUBLAS_OP_N,
	    g->ta ? CUBLAS_OP_T : CUBLAS_OP_N, (int)g->n, (int)g->m, (int)g->k, &one, g->b, (int)g->ldb, (long long)g->sb,
	    g->a, (int)g->lda, (long long)g->sa, &g->beta, g->c, (int)g->ldc, (long long)g->sc, (int)g->batch), "a product");
}

/* ---- what is recorded ---- */

static void cuda_record(struct mc_device *dev, int on)
{
	struct cuda *c = of(dev);
	cudaGraph_t graph = NULL;

	if (on) {
		(void)good(dev, cudaStreamBeginCapture(c->stream, cudaStreamCaptureModeThreadLocal), "recording");
		return;
	}
	if (!good(dev, cudaStreamEndCapture(c->stream, &graph), "recording"))
		return;
	if (c->sequence)
		(void)cudaGraphExecDestroy(c->sequence);
	c->sequence = NULL;
	(void)good(dev, cudaGraphInstantiate(&c->sequence, graph, 0), "recording");
	(void)cudaGraphDestroy(graph);
}

static void cuda_replay(struct mc_device *dev)
{
	struct cuda *c = of(dev);

	if (c->sequence)
		(void)good(dev, cudaGraphLaunch(c->sequence, c->stream), "the update");
}

static double cuda_clock(struct mc_device *dev)
{
	struct cuda *c = of(dev);
	float ms = 0;

	if (good(dev, cudaEventRecord(c->mark, c->stream), "the clock") &&
	    good(dev, cudaEventSynchronize(c->mark), "the clock"))
		(void)good(dev, cudaEventElapsedTime(&ms, c->start, c->mark), "the clock");
	return (double)ms;
}

static void cuda_wait(struct mc_device *dev)
{
	(void)good(dev, cudaStreamSynchronize(of(dev)->stream), "the device");
}

/* ---- opening ---- */

static void cuda_close(struct mc_device *dev)
{
	struct cuda *c = of(dev);

	if (c->stream)
		(void)cudaStreamSynchronize(c->stream);
	for (struct block *b = c->blocks, *older; b; b = older) {
		older = b->older;
		(void)(b->on_host ? cudaFreeHost(b->p) : cudaFree(b->p));
		free(b);
	}
	if (c->sequence)
		(void)cudaGraphExecDestroy(c->sequence);
	if (c->blas)
		(void)cublasDestroy(c->blas);
	if (c->workspace)
		(void)cudaFree(c->workspace);
	if (c->start)
		(void)cudaEventDestroy(c->start);
	if (c->mark)
		(void)cudaEventDestroy(c->mark);
	if (c->stream)
		(void)cudaStreamDestroy(c->stream);
	free(c);
}

/* Is there a GPU, and a driver for it? */
static int find_gpu(struct cuda *c, struct mc_err *e)
{
	int n = 0, version = 0;
	struct cudaDeviceProp prop;
	cudaError_t r = cudaGetDeviceCount(&n);

	if (cudaDriverGetVersion(&version) != cudaSuccess || version == 0)
		return mc_err_set(e, MC_UNAVAILABLE, NULL, -1, "--device cpu computes without one",
		    "there is no driver for GPUs with CUDA");
	if (r == cudaSuccess && n == 0)
		r = cudaErrorNoDevice;
	if (r == cudaErrorInsufficientDriver)
		return mc_err_set(e, MC_UNAVAILABLE, NULL, -1, "install a newer driver, or use --device cpu",
		    "the driver knows CUDA %d.%d, this program needs %d.%d", version / 1000, version % 1000 / 10,
		    CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
	if (r != cudaSuccess)
		return mc_err_set(e, MC_UNAVAILABLE, NULL, -1, "--device cpu computes without one",
		    "no GPU can be used: %s", cudaGetErrorString(r));
	if ((r = cudaGetDeviceProperties(&prop, 0)) != cudaSuccess)
		return mc_err_set(e, MC_UNAVAILABLE, NULL, -1, "--device cpu computes without one",
		    "the GPU cannot be used: %s", cudaGetErrorString(r));
	(void)snprintf(c->base.name, sizeof c->base.name, "%.60s, cuBLAS %d.%d", prop.name, CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR);
	return 0;
}

static int start(struct cuda *c, int tf32)
{
	struct mc_device *dev = &c->base;

	return good(dev, cudaSetDevice(0), "the device") &&
	    good(dev, cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking), "a stream") &&
	    good(dev, cudaEventCreate(&c->start), "an event") && good(dev, cudaEventCreate(&c->mark), "an event") &&
	    good(dev, cudaEventRecord(c->start, c->stream), "an event") &&
	    good(dev, cudaMalloc(&c->workspace, WORKSPACE), "cuBLAS's workspace") &&
	    good_blas(dev, cublasCreate(&c->blas), "cuBLAS") &&
	    good_blas(dev, cublasSetStream(c->blas, c->stream), "cuBLAS") &&
	    good_blas(dev, cublasSetWorkspace(c->blas, c->workspace, WORKSPACE), "cuBLAS") &&
	    good_blas(dev, cublasSetAtomicsMode(c->blas, CUBLAS_ATOMICS_NOT_ALLOWED), "cuBLAS") &&
	    good_blas(dev, cublasSetMathMode(c->blas, tf32 ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_DEFAULT_MATH), "cuBLAS");
}

struct mc_device *mc_cuda_open(int tf32, struct mc_err *e)
{
	static const struct mc_device_ops ops = { cuda_close, cuda_alloc, cuda_host_alloc, cuda_put, cuda_get, cuda_launch,
		cuda_gemm, cuda_record, cuda_replay, cuda_clock, cuda_wait };
	struct cuda *c = (struct cuda *)calloc(1, sizeof *c);

	if (!c) {
		(void)mc_err_nomem(e, "device", sizeof *c);
		return NULL;
	}
	c->base.ops = &ops;
	if (find_gpu(c, e) < 0) {
		free(c);
		return NULL;
	}
	if (!start(c, tf32)) {
		*e = c->base.err;
		e->code = MC_UNAVAILABLE;
		cuda_close(&c->base);
		return NULL;
	}
	return &c->base;
}
