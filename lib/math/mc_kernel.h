/*
 * What a training step spends its time on, in wide registers: fast paths beside the plain ones in
 * mc_blas, mc_math and mc_lstm, which call them first and whose tests hold both to the same
 * definitions. A function returns 0, and has done nothing, where the CPU or the scalar type
 * has no such path.
 */
#ifndef MC_KERNEL_H
#define MC_KERNEL_H

#include <stddef.h>

#include "mc_real.h"

/*
 * The widest registers that may be used: those of the BLAS's core (mc_blas_init), so that
 * OPENBLAS_CORETYPE chooses for both. Call it while no other thread computes. Beyond what the
 * CPU has it changes nothing.
 */
enum mc_kernel_width { MC_KERNEL_PLAIN, MC_KERNEL_NEON, MC_KERNEL_AVX2, MC_KERNEL_AVX512 };
void mc_kernel_limit(enum mc_kernel_width most);
/* The paths in use: "AVX-512", "AVX2", "NEON" or "plain". */
const char *mc_kernel_name(void);

/*
 * C [m,n] = f(S + op(A) op(B)), row-major, arguments as in mc_gemm. For the small matrices of the
 * nets, where OpenBLAS spends a quarter of its time copying both factors into its own order; 0
 * also for shapes that are better left to it. Every element of C is one chain of fused
 * multiply-adds in the order of k, wherever its row and column stand; but for fewer than four rows
 * by a transposed B.
 * Why not libxsmm, which makes such kernels while a program runs (1.17, one thread of AVX-512, GFLOP/s
 * of both in one run): as B lies, 320 x 512 x 26 147 and 170, 104 x 512 x 128 165 and 172, 128 x 128 x 128
 * 165 and 172, transposed A 128 x 512 x 196 159 and 171, with the same bits; but for a transposed B, a
 * quarter of the products, it has no kernel, and bias, ReLU and gates would be passes of their own. It
 * is x86 alone, and needs memory that is written and executed.
 *   s     in  [m,n]  rows lds apart; lds = 0: one row for all (a bias). It may be c. NULL = 0
 *   relu  f is max(., 0)
 */
int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc);

/*
 * A dense layer's gradient: kernel [m,n] = x^T dy and bias [n] = the column sums of dy, over k
 * rows; both added to what is there if `add`.
 */
int mc_kernel_gradient(size_t m, size_t n, size_t k, const mc_real *x, size_t ldx, const mc_real *dy,
    size_t lddy, int add, mc_real *kernel, mc_real *bias);

/*
 * A factor B, [k,n] or with tb [n,k], in the order of the products, for many of them; its size in
 * reals. Packed things are aligned to 64 bytes.
 */
size_t mc_kernel_packed(size_t n, size_t k);
int mc_kernel_pack(int tb, size_t n, size_t k, const mc_real *b, size_t ldb, mc_real *packed);
/* C [m,n] = A B with such a factor; m >= 1. Not to be called unless mc_kernel_pack gave 1. */
void mc_kernel_gemm_packed(size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *packed, mc_real *c, size_t ldc);

/* mc_vec_sigmoid and mc_vec_tanh; y may be x. */
int mc_kernel_sigmoid(mc_real *y, const mc_real *x, size_t n);
int mc_kernel_tanh(mc_real *y, const mc_real *x, size_t n);

/* mc_lstm_cell: bias, gates, cell and hidden state in one pass. */
int mc_kernel_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n);

/*
 * The LSTM's step whole: products, bias, gates, cell, so that the gates' sums are never written
 * to memory. mc_kernel_lstm_pack puts the kernels, (in + H) 4H reals, into the order of the
 * products; 0 also if H is not a multiple of 32 (AVX2: 16, NEON: 8).
 *   gates, tc  out, or both NULL: not kept
 *   h0, c0     in, or both NULL: the first step; c may be c0, h must not be h0
 */
int mc_kernel_lstm_pack(mc_real *packed, const mc_real *kernel_x, size_t in, const mc_real *kernel_h, size_t H);
void mc_kernel_lstm_step(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *x, size_t ldx, size_t in, const mc_real *h0, size_t ldh0, const mc_real *c0,
    const mc_real *packed, const mc_real *bias, size_t H, size_t n);

#endif
