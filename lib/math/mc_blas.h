/*
 * Row-major matrix products; the only module that knows the BLAS.
 *
 * OpenBLAS is loaded at run time (libopenblas.so.0), so that its choice of kernels can be
 * checked and put right first: releases that are older than the machine fall back to
 * kernels several times slower than the CPU allows. Single-threaded always: threads
 * are mc_pool's.
 */
#ifndef MC_BLAS_H
#define MC_BLAS_H

#include <stddef.h>

#include "mc_err.h"
#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Loads the library; call once before the first product, from one thread. Sets
 * OPENBLAS_CORETYPE for the load if the user has not and the library's own choice is below
 * what the CPU can do; the environment is as before afterwards. Our own kernels
 * (mc_kernel.h) use no wider registers than the core does. A second call does
 * nothing. MC_OSERR with what to install when there is no library, or no memory; MC_USAGE when
 * OPENBLAS_CORETYPE names a core that the library does not have (it would take another).
 */
int mc_blas_init(struct mc_err *e);

/* "OpenBLAS 0.3.21" and the core in use, "SkylakeX"; "none" before mc_blas_init. */
const char *mc_blas_version(void);
const char *mc_blas_core(void);
/* The core that the library had chosen by itself. */
const char *mc_blas_core_default(void);

/*
 * The core to ask for in place of `core` on this CPU, NULL if `core` is as good as it
 * can be or not known here. This is what mc_blas_init asks.
 */
const char *mc_blas_better_core(const char *core);

enum mc_op { MC_N = 0, MC_T = 1 };

/*
 * C [m,n] = alpha op(A) op(B) + beta C, row-major; op(A) is [m,k], op(B) [k,n].
 * lda, ldb, ldc: elements from one row to the next of the matrix as stored.
 * m, n or k may be 0. C must not overlap A or B.
 */
void mc_gemm(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k,
    mc_real alpha, const mc_real *a, size_t lda, const mc_real *b, size_t ldb,
    mc_real beta, mc_real *c, size_t ldc);

/*
 * C [m,n] = f(S + op(A) op(B)), f = max(., 0) if relu: as mc_kernel_gemm, or with a copy of S where that has no
 * path. s [m,n], rows lds apart, may be c; k at least 1.
 */
void mc_gemm_onto(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k,
    const mc_real *a, size_t lda, const mc_real *b, size_t ldb,
    const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc);

/* mc_gemm by the library alone, without our kernels (mc_kernel.h); m, n, k at least 1. For comparison. */
void mc_blas_gemm(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k,
    mc_real alpha, const mc_real *a, size_t lda, const mc_real *b, size_t ldb,
    mc_real beta, mc_real *c, size_t ldc);

#ifdef __cplusplus
}
#endif

#endif
