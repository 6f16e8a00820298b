/*
 * A GPU that computes: memory of its own, kernels from a fixed list, row-major products, and a
 * sequence of these that is recorded once and then run as often as wanted. Two
 * implementations: mc_cuda, and one on the CPU that stands in for it in the tests.
 *
 * All work is done in the order in which it is asked for, but for branches, which are beside it. What fails is remembered and comes out
 * of the next mc_device_wait: calls that return nothing need no check of their own. Memory of a
 * device lives until it is closed.
 */
#ifndef MC_DEVICE_H
#define MC_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"
#include "mc_real.h"

/* The kernels, each with its struct mc_k_NAME of arguments: mc_device_kernel.h. */
#define MC_KERNELS(each) \
	each(sample) each(dense) each(decide) each(cell) each(cell_backward) each(act) \
	each(first) each(top) each(value) each(action) each(back) each(relu_backward) each(top_backward) each(error) \
	each(gate_backward) each(pool) each(pool_top) each(pool_backward) each(move) each(feel) \
	each(gradients) each(fold) each(sums) each(sum_squares) each(clip) each(metrics) each(adam) each(rmsprop)

enum mc_kernel_id {
#define MC_KERNEL_ID(name) MC_K_##name,
	MC_KERNELS(MC_KERNEL_ID)
#undef MC_KERNEL_ID
	MC_KERNEL_COUNT
};

/*
 * `batch` products C = op(A) op(B) + beta C, C [m,n], k inner, all row-major; lda, ldb, ldc from
 * one row to the next as stored, sa, sb, sc from one matrix to the next (0 of an operand: the
 * same for all). ta, tb: transposed. Nothing is done unless m, n, k >= 1. C overlaps neither A nor B, nor another C of the batch.
 */
struct mc_device_gemm {
	int ta, tb;
	size_t m, n, k;
	const mc_real *a; size_t lda, sa;
	const mc_real *b; size_t ldb, sb;
	mc_real beta;
	mc_real *c; size_t ldc, sc;
	size_t batch;
};

struct mc_device;

struct mc_device_ops {
	void (*close)(struct mc_device *dev);
	void *(*alloc)(struct mc_device *dev, size_t bytes, const char *what, struct mc_err *e);
	void *(*host_alloc)(struct mc_device *dev, size_t bytes, const char *what, struct mc_err *e);
	void (*put)(struct mc_device *dev, void *to, const void *from, size_t bytes);
	void (*get)(struct mc_device *dev, void *to, const void *from, size_t bytes);
	void (*launch)(struct mc_device *dev, enum mc_kernel_id kernel, uint32_t n, const void *args, size_t size);
	void (*gemm)(struct mc_device *dev, const struct mc_device_gemm *g);
	void (*branch)(struct mc_device *dev, int k);
	void (*join)(struct mc_device *dev, int k);
	void (*record)(struct mc_device *dev, int on);
	void (*replay)(struct mc_device *dev);
	double (*clock)(struct mc_device *dev);
	void (*wait)(struct mc_device *dev);
};

/* What every implementation begins with. */
struct mc_device {
	const struct mc_device_ops *ops;
	char name[96];        /* "NVIDIA H200, cuBLAS 13.0" */
	struct mc_err err;    /* the first failure since the last mc_device_wait; code 0 = none */
	uint64_t flops, bytes; /* of all products asked for: 2mnk, and operands and results once */
};

/* NULL is allowed. */
void mc_device_close(struct mc_device *dev);

/*
 * n elements on the device, zeroed, aligned to 64 bytes; n may be 0. NULL with `e` filled
 * (MC_UNAVAILABLE: what was needed and what is there) when there is no room for them.
 */
void *mc_device_alloc(struct mc_device *dev, size_t n, size_t size, const char *what, struct mc_err *e);

/* The same in this program's memory, where a mc_device_get arrives fastest. */
void *mc_device_host_alloc(struct mc_device *dev, size_t n, size_t size, const char *what, struct mc_err *e);

/*
 * To the device: `from` is free at once, after mc_device_wait if it came from mc_device_host_alloc. From
 * the device: `to` is there after mc_device_wait.
 */
void mc_device_put(struct mc_device *dev, void *to, const void *from, size_t bytes);
void mc_device_get(struct mc_device *dev, void *to, const void *from, size_t bytes);

/* Calls the kernel for 0 ... n-1, in any order. args: its struct, copied. */
void mc_device_launch(struct mc_device *dev, enum mc_kernel_id kernel, size_t n, const void *args, size_t size);
#define MC_LAUNCH(dev, kernel, n, ...) \
	mc_device_launch(dev, MC_K_##kernel, n, &(const struct mc_k_##kernel){ __VA_ARGS__ }, sizeof(struct mc_k_##kernel))

void mc_device_gemm(struct mc_device *dev, const struct mc_device_gemm *g);
#define MC_PRODUCT(dev, ...) mc_device_gemm(dev, &(const struct mc_device_gemm){ __VA_ARGS__ })

/*
 * Launches and products after it are branch k's, 1 ... MC_DEVICE_BRANCHES, which begins when all is done that was asked
 * for so far outside of branches, and is then beside what follows outside; k = 0: outside again. After mc_device_join
 * what follows outside begins when the branch is done. Every branch is joined before a wait, and before the end of
 * what is recorded; joining one that did not begin does nothing.
 */
enum { MC_DEVICE_BRANCHES = 3 };
void mc_device_branch(struct mc_device *dev, int k);
void mc_device_join(struct mc_device *dev, int k);

/*
 * What is asked for between the two is noted and not done; each mc_device_replay does all of it. Copies among it are to and
 * from memory of mc_device_host_alloc, as it is when they are done.
 */
void mc_device_record(struct mc_device *dev);
void mc_device_recorded(struct mc_device *dev);
void mc_device_replay(struct mc_device *dev);

/* Milliseconds on the device's own clock, once all before is done. */
double mc_device_clock(struct mc_device *dev);

/* All is done; 0, or -1 with the first failure since the last call. */
int mc_device_wait(struct mc_device *dev, struct mc_err *e);

#endif
