/*
 * What a training step spends its time on, in AVX-512 registers: fast paths beside the plain
 * ones in mc_blas, mc_math and mc_lstm, which call them first and whose tests hold both to the
 * same definitions. A function returns 0, and has done nothing, where the processor or the
 * scalar type has no such path.
 */
#ifndef MC_KERNEL_H
#define MC_KERNEL_H

#include <stddef.h>

#include "mc_real.h"

/*
 * C [m,n] = op(A) op(B), added to C if `add`; row-major, arguments as in mc_gemm. For the small
 * matrices of the nets, where OpenBLAS spends a quarter of its time copying both factors into
 * its own order; 0 also for shapes that are better left to it. Every element of C is one chain
 * of fused multiply-adds in the order of k, wherever its row and column stand.
 */
int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, int add, mc_real *c, size_t ldc);

/* mc_vec_sigmoid and mc_vec_tanh; y may be x. */
int mc_kernel_sigmoid(mc_real *y, const mc_real *x, size_t n);
int mc_kernel_tanh(mc_real *y, const mc_real *x, size_t n);

/* mc_lstm_cell: bias, gates, cell and hidden state in one pass. */
int mc_kernel_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n);

#endif
