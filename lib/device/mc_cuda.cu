/*
 * mc_device.h on an NVIDIA GPU: a stream, one more for each branch, cuBLAS for the products, CUDA graphs for
 * what is recorded. cuBLAS gives the same bits from run to run on one kind of GPU as long as every stream
 * has a handle and a workspace of its own; the kernels use no atomics.
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

enum { THREADS = 128, WORKSPACE = 32 << 20, STREAMS = 1 + MC_DEVICE_BRANCHES };

struct block {
	struct block *older;
	void *p;
	int on_host;
};

/* Where work goes: 0 outside of branches, else a branch. */
struct lane {
	cudaStream_t stream;
	cublasHandle_t blas;
	void *workspace;
	cudaEvent_t reached;          /* where a branch begins (lane 0), or ends */
	int begun;                    /* a branch that is not joined yet */
};

struct cuda {
	struct mc_device base;
	struct lane lane[STREAMS];
	int at;                       /* the lane that work goes to */
	cudaGraphExec_t sequence;     /* what was recorded; NULL = nothing */
	cudaEvent_t start, mark;
	struct block *blocks;
};

static struct cuda *of(struct mc_device *dev)
{
	return (struct cuda *)(void *)dev;
}

/* Outside of branches: the clock, what is recorded. */
static cudaStream_t main_stream(struct mc_device *dev)
{
	return of(dev)->lane[0].stream;
}

static const struct lane *lane_at(struct mc_device *dev)
{
	return &of(dev)->lane[of(dev)->at];
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
	(void)good(dev, cudaMemsetAsync(p, 0, bytes, main_stream(dev)), "cudaMemset");
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
	(void)good(dev, cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, lane_at(dev)->stream), "a copy to the device");
}

static void cuda_get(struct mc_device *dev, void *to, const void *from, size_t bytes)
{
	(void)good(dev, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, lane_at(dev)->stream), "a copy from the device");
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
	launch[kernel](args, n, lane_at(dev)->stream);
	(void)good(dev, cudaGetLastError(), "a kernel");
}

/* Column-major, a row-major C = op(A) op(B) is C^T = op(B)^T op(A)^T. */
static void cuda_gemm(struct mc_device *dev, const struct mc_device_gemm *g)
{
	const float one = 1;

	(void)good_blas(dev, cublasSgemmStridedBatched(lane_at(dev)->blas, g->tb ? CUBLAS_OP_T : CUBLAS_OP_N,
	    g->ta ? CUBLAS_OP_T : CUBLAS_OP_N, (int)g->n, (int)g->m, (int)g->k, &one, g->b, (int)g->ldb, (long long)g->sb,
	    g->a, (int)g->lda, (long long)g->sa, &g->beta, g->c, (int)g->ldc, (long long)g->sc, (int)g->batch), "a product");
}

/* ---- branches ---- */

/* While a sequence is recorded, the wait draws the branch into it. */
static void cuda_branch(struct mc_device *dev, int k)
{
	struct cuda *c = of(dev);
	struct lane *outside = &c->lane[0], *branch = &c->lane[k];

	c->at = k;
	if (k && good(dev, cudaEventRecord(outside->reached, outside->stream), "a branch") &&
	    good(dev, cudaStreamWaitEvent(branch->stream, outside->reached, 0), "a branch"))
		branch->begun = 1;
}

static void cuda_join(struct mc_device *dev, int k)
{
	struct cuda *c = of(dev);
	struct lane *branch = &c->lane[k];

	if (branch->begun && good(dev, cudaEventRecord(branch->reached, branch->stream), "a branch"))
		(void)good(dev, cudaStreamWaitEvent(c->lane[0].stream, branch->reached, 0), "a branch");
	branch->begun = 0;
}

/* ---- what is recorded ---- */

static void cuda_record(struct mc_device *dev, int on)
{
	struct cuda *c = of(dev);
	cudaGraph_t graph = NULL;

	if (on) {
		(void)good(dev, cudaStreamBeginCapture(main_stream(dev), cudaStreamCaptureModeThreadLocal), "recording");
		return;
	}
	if (!good(dev, cudaStreamEndCapture(main_stream(dev), &graph), "recording"))
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
		(void)good(dev, cudaGraphLaunch(c->sequence, main_stream(dev)), "the update");
}

static double cuda_clock(struct mc_device *dev)
{
	struct cuda *c = of(dev);
	float ms = 0;

	if (good(dev, cudaEventRecord(c->mark, main_stream(dev)), "the clock") &&
	    good(dev, cudaEventSynchronize(c->mark), "the clock"))
		(void)good(dev, cudaEventElapsedTime(&ms, c->start, c->mark), "the clock");
	return (double)ms;
}

static void cuda_wait(struct mc_device *dev)
{
	(void)good(dev, cudaStreamSynchronize(main_stream(dev)), "the device");
}

/* ---- opening ---- */

static void close_lane(struct lane *l)
{
	if (l->blas)
		(void)cublasDestroy(l->blas);
	if (l->workspace)
		(void)cudaFree(l->workspace);
	if (l->reached)
		(void)cudaEventDestroy(l->reached);
	if (l->stream)
		(void)cudaStreamDestroy(l->stream);
}

static void cuda_close(struct mc_device *dev)
{
	struct cuda *c = of(dev);

	for (int k = 0; k < STREAMS; k++)
		if (c->lane[k].stream)
			(void)cudaStreamSynchronize(c->lane[k].stream);
	for (struct block *b = c->blocks, *older; b; b = older) {
		older = b->older;
		(void)(b->on_host ? cudaFreeHost(b->p) : cudaFree(b->p));
		free(b);
	}
	if (c->sequence)
		(void)cudaGraphExecDestroy(c->sequence);
	for (int k = 0; k < STREAMS; k++)
		close_lane(&c->lane[k]);
	if (c->start)
		(void)cudaEventDestroy(c->start);
	if (c->mark)
		(void)cudaEventDestroy(c->mark);
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

static int open_lane(struct mc_device *dev, struct lane *l, int tf32)
{
	return good(dev, cudaStreamCreateWithFlags(&l->stream, cudaStreamNonBlocking), "a stream") &&
	    good(dev, cudaEventCreateWithFlags(&l->reached, cudaEventDisableTiming), "an event") &&
	    good(dev, cudaMalloc(&l->workspace, WORKSPACE), "cuBLAS's workspace") &&
	    good_blas(dev, cublasCreate(&l->blas), "cuBLAS") &&
	    good_blas(dev, cublasSetStream(l->blas, l->stream), "cuBLAS") &&
	    good_blas(dev, cublasSetWorkspace(l->blas, l->workspace, WORKSPACE), "cuBLAS") &&
	    good_blas(dev, cublasSetAtomicsMode(l->blas, CUBLAS_ATOMICS_NOT_ALLOWED), "cuBLAS") &&
	    good_blas(dev, cublasSetMathMode(l->blas, tf32 ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_DEFAULT_MATH), "cuBLAS");
}

static int start(struct cuda *c, int tf32)
{
	struct mc_device *dev = &c->base;
	int opened = good(dev, cudaSetDevice(0), "the device");

	for (int k = 0; k < STREAMS && opened; k++)
		opened = open_lane(dev, &c->lane[k], tf32);
	return opened && good(dev, cudaEventCreate(&c->start), "an event") && good(dev, cudaEventCreate(&c->mark), "an event") &&
	    good(dev, cudaEventRecord(c->start, main_stream(dev)), "an event");
}

struct mc_device *mc_cuda_open(int tf32, struct mc_err *e)
{
	static const struct mc_device_ops ops = { cuda_close, cuda_alloc, cuda_host_alloc, cuda_put, cuda_get, cuda_launch,
		cuda_gemm, cuda_branch, cuda_join, cuda_record, cuda_replay, cuda_clock, cuda_wait };
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
