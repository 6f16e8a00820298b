#include "mc_kernel.h"

#include "mc_kernel_paths.h"

enum { LEAST_ROWS = 4, LEAST_COLUMNS = 6, WIDEST = 32 };

/* The most that mc_kernel_limit allows; one for the process, as the CPU is. */
static enum mc_kernel_width most = MC_KERNEL_AVX512;

static const struct mc_kernel_paths *paths(void)
{
#ifdef MC_KERNEL_X86
	if (most >= MC_KERNEL_AVX512 && __builtin_cpu_supports("avx512f"))
		return &mc_kernel_avx512;
	if (most >= MC_KERNEL_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return &mc_kernel_avx2;
#endif
#ifdef MC_KERNEL_ARM
	if (most >= MC_KERNEL_NEON)
		return &mc_kernel_neon;
#endif
	return NULL;
}

void mc_kernel_limit(enum mc_kernel_width width)
{
	most = width;
}

const char *mc_kernel_name(void)
{
	const struct mc_kernel_paths *p = paths();

	return p ? p->name : "plain";
}

int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc)
{
	const struct mc_kernel_paths *p = paths();

	if (!p || (ta && tb && m < LEAST_ROWS) || n < LEAST_COLUMNS || k == 0)
		return 0;
	p->gemm(ta, tb, m, n, k, a, lda, b, ldb, s, lds, relu, c, ldc);
	return 1;
}

int mc_kernel_gradient(size_t m, size_t n, size_t k, const mc_real *x, size_t ldx, const mc_real *dy,
    size_t lddy, int add, mc_real *kernel, mc_real *bias)
{
	const struct mc_kernel_paths *p = paths();

	if (!p || m < LEAST_ROWS || n < LEAST_COLUMNS || k == 0)
		return 0;
	p->gradient(m, n, k, x, ldx, dy, lddy, add, kernel, bias);
	return 1;
}

size_t mc_kernel_packed(size_t n, size_t k)
{
	return (n + WIDEST - 1) / WIDEST * WIDEST * k;
}

int mc_kernel_pack(int tb, size_t n, size_t k, const mc_real *b, size_t ldb, mc_real *packed)
{
	const struct mc_kernel_paths *p = paths();

	if (p)
		p->pack(tb, n, k, b, ldb, packed);
	return p != NULL;
}

void mc_kernel_gemm_packed(size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *packed, mc_real *c, size_t ldc)
{
	paths()->gemm_packed(m, n, k, a, lda, packed, c, ldc);
}

int mc_kernel_sigmoid(mc_real *y, const mc_real *x, size_t n)
{
	const struct mc_kernel_paths *p = paths();

	if (p)
		p->sigmoid(y, x, n);
	return p != NULL;
}

int mc_kernel_tanh(mc_real *y, const mc_real *x, size_t n)
{
	const struct mc_kernel_paths *p = paths();

	if (p)
		p->tanh(y, x, n);
	return p != NULL;
}

int mc_kernel_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n)
{
	const struct mc_kernel_paths *p = paths();

	if (p)
		p->lstm_cell(gates, c, tc, h, ldh, c0, bias, H, n);
	return p != NULL;
}

int mc_kernel_lstm_pack(mc_real *packed, const mc_real *kernel_x, size_t in, const mc_real *kernel_h, size_t H)
{
	const struct mc_kernel_paths *p = paths();

	if (!p || H % p->wide != 0)
		return 0;
	p->lstm_pack(packed, kernel_x, in, kernel_h, H);
	return 1;
}

void mc_kernel_lstm_step(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *x, size_t ldx, size_t in, const mc_real *h0, size_t ldh0, const mc_real *c0,
    const mc_real *packed, const mc_real *bias, size_t H, size_t n)
{
	paths()->lstm_step(gates, c, tc, h, ldh, x, ldx, in, h0, ldh0, c0, packed, bias, H, n);
}
