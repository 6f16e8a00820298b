/*
 * The sets of fast paths behind mc_kernel, one for each width of registers. Their source is one
 * (mc_kernel_tiles.h), compiled over the vectors of mc_kernel_avx2, mc_kernel_avx512 and
 * mc_kernel_neon; which set runs is decided at run time, in mc_kernel. Arguments as in mc_kernel.h.
 */
#ifndef MC_KERNEL_PATHS_H
#define MC_KERNEL_PATHS_H

#include <stddef.h>

#include "mc_real.h"

struct mc_kernel_paths {
	const char *name;
	size_t wide;                  /* columns of a panel */
	void (*gemm)(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
	    const mc_real *b, size_t ldb, const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc);
	void (*gradient)(size_t m, size_t n, size_t k, const mc_real *x, size_t ldx, const mc_real *dy,
	    size_t lddy, int add, mc_real *kernel, mc_real *bias);
	void (*pack)(int tb, size_t n, size_t k, const mc_real *b, size_t ldb, mc_real *packed);
	void (*gemm_packed)(size_t m, size_t n, size_t k, const mc_real *a, size_t lda, const mc_real *packed,
	    mc_real *c, size_t ldc);
	void (*sigmoid)(mc_real *y, const mc_real *x, size_t n);
	void (*tanh)(mc_real *y, const mc_real *x, size_t n);
	void (*lstm_cell)(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh, const mc_real *c0,
	    const mc_real *bias, size_t H, size_t n);
	void (*lstm_pack)(mc_real *packed, const mc_real *kernel_x, size_t in, const mc_real *kernel_h, size_t H);
	void (*lstm_step)(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh, const mc_real *x,
	    size_t ldx, size_t in, const mc_real *h0, size_t ldh0, const mc_real *c0, const mc_real *packed,
	    const mc_real *bias, size_t H, size_t n);
};

#if defined(__x86_64__) && defined(__GNUC__) && !defined(MC_DOUBLE)
#define MC_KERNEL_X86
extern const struct mc_kernel_paths mc_kernel_avx2, mc_kernel_avx512;
#elif defined(__aarch64__) && defined(__GNUC__) && !defined(MC_DOUBLE)
#define MC_KERNEL_ARM
extern const struct mc_kernel_paths mc_kernel_neon;
#endif

#endif
