#include "mc_dense.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_kernel.h"
#include "mc_math.h"

/* y += bias, then max(., 0) if relu: one pass over a row while it is near. */
static void finish_row(mc_real *restrict y, const mc_real *restrict bias, size_t n, int relu)
{
	if (relu)
		for (size_t j = 0; j < n; j++) {
			const mc_real s = y[j] + bias[j];

			y[j] = s > 0 ? s : 0;
		}
	else
		for (size_t j = 0; j < n; j++)
			y[j] += bias[j];
}

void mc_dense_finish(mc_real *y, size_t ldy, const struct mc_dense *w, size_t n, int relu)
{
	for (size_t b = 0; b < n; b++)
		finish_row(y + b * ldy, w->bias, w->out, relu);
}

void mc_dense_forward(mc_real *y, size_t ldy, const mc_real *x, size_t ldx,
    const struct mc_dense *w, size_t n, int relu)
{
	if (mc_kernel_gemm(0, 0, n, w->out, w->in, x, ldx, w->kernel, w->out, w->bias, 0, relu, y, ldy))
		return;
	mc_gemm(MC_N, MC_N, n, w->out, w->in, 1, x, ldx, w->kernel, w->out, 0, y, ldy);
	mc_dense_finish(y, ldy, w, n, relu);
}

static void add_row(mc_real *restrict sum, const mc_real *restrict row, size_t n)
{
	for (size_t j = 0; j < n; j++)
		sum[j] += row[j];
}

/* kernel += x^T dy, bias += column sums of dy; = where the gradient is fresh. */
static void gradient(const struct mc_dense *g, const mc_real *dy, size_t lddy, const mc_real *x, size_t ldx,
    const struct mc_dense *w, size_t n)
{
	if (mc_kernel_gradient(w->in, w->out, n, x, ldx, dy, lddy, !g->fresh, g->kernel, g->bias))
		return;
	if (g->fresh)
		memset(g->bias, 0, w->out * sizeof *g->bias);
	for (size_t b = 0; b < n; b++)
		add_row(g->bias, dy + b * lddy, w->out);
	mc_gemm(MC_T, MC_N, w->in, w->out, n, 1, x, ldx, dy, lddy, g->fresh ? 0 : 1, g->kernel, w->out);
}

void mc_dense_backward(mc_real *dx, size_t lddx, const struct mc_dense *g,
    mc_real *dy, size_t lddy, const mc_real *y, size_t ldy,
    const mc_real *x, size_t ldx, const struct mc_dense *w, size_t n, int relu)
{
	for (size_t b = 0; b < n && relu; b++)
		mc_vec_relu_mask(dy + b * lddy, y + b * ldy, w->out);
	if (g)
		gradient(g, dy, lddy, x, ldx, w, n);
	if (dx)
		mc_gemm(MC_N, MC_T, n, w->in, w->out, 1, dy, lddy, w->kernel, w->out, 0, dx, lddx);
}
