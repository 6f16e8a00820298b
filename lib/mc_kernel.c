#include "mc_kernel.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(MC_DOUBLE)

#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline)) AVX512

enum { LANES = 16 };

static int supported(void)
{
	return __builtin_cpu_supports("avx512f");
}

/* ---- products ---- */

/*
 * A tile of C is 14 rows of two registers: 28 sums, of 32 registers that there are. B goes
 * through a panel of DEPTH rows and WIDE columns, copied once, which stays in the first cache
 * while all rows of A pass by; A is read where it lies.
 */
enum { WIDE = 2 * LANES, TALL = 14, DEPTH = 256, LEAST_ROWS = 4, LEAST_COLUMNS = 6 };

/* One factor as rows (of the sum's order) and where the next one is. */
struct factor {
	const float *p;
	size_t row, col;
};

/* c [rows,WIDE] += or = a [rows,k] panel [k,WIDE], the sums in registers. */
INLINE void tile(int rows, size_t k, struct factor a, const float *panel, int add, float *c, size_t ldc)
{
	__m512 sum[TALL][2];

#pragma GCC unroll 14
	for (int r = 0; r < rows; r++) {
		sum[r][0] = add ? _mm512_loadu_ps(c + (size_t)r * ldc) : _mm512_setzero_ps();
		sum[r][1] = add ? _mm512_loadu_ps(c + (size_t)r * ldc + LANES) : _mm512_setzero_ps();
	}
	for (size_t q = 0; q < k; q++) {
		const __m512 b0 = _mm512_load_ps(panel + q * WIDE);
		const __m512 b1 = _mm512_load_ps(panel + q * WIDE + LANES);

#pragma GCC unroll 14
		for (int r = 0; r < rows; r++) {
			const __m512 x = _mm512_set1_ps(a.p[(size_t)r * a.row + q * a.col]);

			sum[r][0] = _mm512_fmadd_ps(x, b0, sum[r][0]);
			sum[r][1] = _mm512_fmadd_ps(x, b1, sum[r][1]);
		}
	}
#pragma GCC unroll 14
	for (int r = 0; r < rows; r++) {
		_mm512_storeu_ps(c + (size_t)r * ldc, sum[r][0]);
		_mm512_storeu_ps(c + (size_t)r * ldc + LANES, sum[r][1]);
	}
}

/* The compiler makes one loop for each number of rows. */
AVX512 static void tile_of(int rows, size_t k, struct factor a, const float *panel, int add, float *c,
    size_t ldc)
{
	switch (rows) {
	case 1: tile(1, k, a, panel, add, c, ldc); break;
	case 2: tile(2, k, a, panel, add, c, ldc); break;
	case 3: tile(3, k, a, panel, add, c, ldc); break;
	case 4: tile(4, k, a, panel, add, c, ldc); break;
	case 5: tile(5, k, a, panel, add, c, ldc); break;
	case 6: tile(6, k, a, panel, add, c, ldc); break;
	case 7: tile(7, k, a, panel, add, c, ldc); break;
	case 8: tile(8, k, a, panel, add, c, ldc); break;
	case 9: tile(9, k, a, panel, add, c, ldc); break;
	case 10: tile(10, k, a, panel, add, c, ldc); break;
	case 11: tile(11, k, a, panel, add, c, ldc); break;
	case 12: tile(12, k, a, panel, add, c, ldc); break;
	case 13: tile(13, k, a, panel, add, c, ldc); break;
	default: tile(TALL, k, a, panel, add, c, ldc); break;
	}
}

/* Columns beyond `wide` are 0, so that what the tile computes there is harmless. */
INLINE void copy_panel(float *panel, const float *b, size_t ldb, size_t k, size_t wide)
{
	const __mmask16 low = (__mmask16)(wide < LANES ? (1u << wide) - 1 : 0xffff);
	const __mmask16 high = (__mmask16)(wide < LANES ? 0 : (1u << (wide - LANES)) - 1);

	for (size_t q = 0; q < k; q++) {
		_mm512_store_ps(panel + q * WIDE, _mm512_maskz_loadu_ps(low, b + q * ldb));
		_mm512_store_ps(panel + q * WIDE + LANES,
		    high ? _mm512_maskz_loadu_ps(high, b + q * ldb + LANES) : _mm512_setzero_ps());
	}
}

/* 16 rows of `cols` <= 16 elements become `cols` rows of 16. */
INLINE void transpose(float *to, const float *from, size_t ld, size_t rows, size_t cols)
{
	const __mmask16 there = (__mmask16)((1u << cols) - 1);
	__m512 r[16], s[16];

#pragma GCC unroll 16
	for (size_t i = 0; i < 16; i++)
		r[i] = i < rows ? _mm512_maskz_loadu_ps(there, from + i * ld) : _mm512_setzero_ps();
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++) {           /* pairs of rows, element by element */
		s[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
		s[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {           /* fours: column c of each quarter in r[4i + c] */
		r[4 * i] = _mm512_shuffle_ps(s[4 * i], s[4 * i + 2], 0x44);
		r[4 * i + 1] = _mm512_shuffle_ps(s[4 * i], s[4 * i + 2], 0xee);
		r[4 * i + 2] = _mm512_shuffle_ps(s[4 * i + 1], s[4 * i + 3], 0x44);
		r[4 * i + 3] = _mm512_shuffle_ps(s[4 * i + 1], s[4 * i + 3], 0xee);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {           /* quarters to their places */
		const __m512 a = _mm512_shuffle_f32x4(r[i], r[4 + i], 0x88);
		const __m512 b = _mm512_shuffle_f32x4(r[8 + i], r[12 + i], 0x88);
		const __m512 c = _mm512_shuffle_f32x4(r[i], r[4 + i], 0xdd);
		const __m512 d = _mm512_shuffle_f32x4(r[8 + i], r[12 + i], 0xdd);

		s[i] = _mm512_shuffle_f32x4(a, b, 0x88);
		s[8 + i] = _mm512_shuffle_f32x4(a, b, 0xdd);
		s[4 + i] = _mm512_shuffle_f32x4(c, d, 0x88);
		s[12 + i] = _mm512_shuffle_f32x4(c, d, 0xdd);
	}
#pragma GCC unroll 16
	for (size_t i = 0; i < 16; i++)
		if (i < cols)
			_mm512_store_ps(to + i * WIDE, s[i]);
}

/* From B as [n,k]: `wide` of its rows become the panel's columns. */
INLINE void transpose_panel(float *panel, const float *b, size_t ldb, size_t k, size_t wide)
{
	for (size_t q = 0; q < k; q += 16)
		for (size_t j = 0; j < WIDE; j += 16)
			transpose(panel + q * WIDE + j, b + j * ldb + q, ldb, j > wide ? 0 : wide - j,
			    k - q < 16 ? k - q : 16);
}

/* All rows against one panel, in tiles of nearly the same height. */
AVX512 static void sweep(size_t m, size_t k, struct factor a, const float *panel, size_t wide, int add,
    float *c, size_t ldc)
{
	const size_t tiles = (m + TALL - 1) / TALL;
	float edge[TALL * WIDE];

	for (size_t t = 0; t < tiles; t++) {
		const size_t from = t * m / tiles, rows = (t + 1) * m / tiles - from;
		const struct factor at = { a.p + from * a.row, a.row, a.col };
		float *to = c + from * ldc;

		if (wide == WIDE) {
			tile_of((int)rows, k, at, panel, add, to, ldc);
			continue;
		}
		for (size_t r = 0; r < rows && add; r++)
			memcpy(edge + r * WIDE, to + r * ldc, wide * sizeof *c);
		tile_of((int)rows, k, at, panel, add, edge, WIDE);
		for (size_t r = 0; r < rows; r++)
			memcpy(to + r * ldc, edge + r * WIDE, wide * sizeof *c);
	}
}

AVX512 static void product(int tb, size_t m, size_t n, size_t k, struct factor a, const float *b,
    size_t ldb, int add, float *c, size_t ldc)
{
	float panel[DEPTH * WIDE] __attribute__((aligned(64)));

	for (size_t j = 0; j < n; j += WIDE) {
		const size_t wide = n - j < WIDE ? n - j : WIDE;

		for (size_t q = 0; q < k; q += DEPTH) {
			const size_t deep = k - q < DEPTH ? k - q : DEPTH;
			const struct factor at = { a.p + q * a.col, a.row, a.col };

			if (tb)
				transpose_panel(panel, b + j * ldb + q, ldb, deep, wide);
			else
				copy_panel(panel, b + q * ldb + j, ldb, deep, wide);
			sweep(m, deep, at, panel, wide, add || q > 0, c + j, ldc);
		}
	}
}

int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, int add, mc_real *c, size_t ldc)
{
	const struct factor f = { a, ta ? 1 : lda, ta ? lda : 1 };

	if (m < LEAST_ROWS || n < LEAST_COLUMNS || !supported())
		return 0;
	product(tb, m, n, k, f, b, ldb, add, c, ldc);
	return 1;
}

/* ---- sigmoid and tanh ---- */

/*
 * For |x| up to LARGEST e^x = 2^n e^r, n an integer; the polynomial is that of mc_math, where it
 * is explained. *power holds n in its low bits. A NaN stays one.
 */
#define LARGEST 87.0f

INLINE __m512 reduce(__m512 x, __m512i *power)
{
	const __m512 big = _mm512_set1_ps(12582912.0f); /* 1.5 2^23: adding it rounds to an integer */
	const __m512 t = _mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), big), n = _mm512_sub_ps(t, big);
	const __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693145752f), x);

	*power = _mm512_castps_si512(t);
	return _mm512_fnmadd_ps(n, _mm512_set1_ps(1.42860677e-6f), r);
}

/* (e^r - 1 - r) / r^2 */
INLINE __m512 second_order(__m512 r)
{
	__m512 q = _mm512_set1_ps(1.388251e-3f);

	q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(8.36658e-3f));
	q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(4.16672e-2f));
	q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(0.16666543f));
	return _mm512_fmadd_ps(q, r, _mm512_set1_ps(0.49999997f));
}

/* 2^n x, where that is a normal number */
INLINE __m512 scaled(__m512 x, __m512i power)
{
	return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32(power, 23)));
}

/* 1 / a for a in [1, e^LARGEST + 1]: 14 bits and one step of Newton's, a third of a division's time. */
INLINE __m512 reciprocal(__m512 a, __mmask16 keep)
{
	const __m512 y = _mm512_rcp14_ps(a);

	return _mm512_maskz_fmadd_ps(keep, _mm512_fnmadd_ps(a, y, _mm512_set1_ps(1)), y, y);
}

/* 1 / (1 + e^-x); below -LARGEST 0 */
INLINE __m512 sigmoid(__m512 x)
{
	const __m512 one = _mm512_set1_ps(1), most = _mm512_set1_ps(LARGEST), least = _mm512_set1_ps(-LARGEST);
	const __m512 minus = _mm512_max_ps(least, _mm512_min_ps(most, _mm512_sub_ps(_mm512_setzero_ps(), x)));
	__m512i power;
	const __m512 r = reduce(minus, &power);
	const __m512 e = _mm512_fmadd_ps(_mm512_fmadd_ps(second_order(r), r, one), r, one);

	return reciprocal(_mm512_add_ps(one, scaled(e, power)), _mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ));
}

/* tanh a = -E / (2 + E), E = e^(-2a) - 1: no digits are lost at small a. */
INLINE __m512 hyperbolic_tangent(__m512 x)
{
	const __m512i sign = _mm512_set1_epi32((int)0x80000000u);
	const __m512 one = _mm512_set1_ps(1), two = _mm512_set1_ps(2), least = _mm512_set1_ps(-LARGEST / 2);
	const __m512 minus = _mm512_castsi512_ps(_mm512_or_epi32(_mm512_castps_si512(x), sign));
	__m512i power;
	const __m512 r = reduce(_mm512_mul_ps(_mm512_max_ps(least, minus), two), &power);
	const __m512 p = _mm512_fmadd_ps(_mm512_mul_ps(r, r), second_order(r), r), scale = scaled(one, power);
	const __m512 E = _mm512_fmadd_ps(scale, p, _mm512_sub_ps(scale, one));
	const __m512 y = _mm512_mul_ps(E, reciprocal(_mm512_add_ps(two, E), 0xffff));

	/* y, with the sign of x */
	return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(sign, _mm512_castps_si512(x), _mm512_castps_si512(y), 0xca));
}

/* The first n of 16 elements. */
INLINE __mmask16 first(size_t n)
{
	return (__mmask16)(n < LANES ? (1u << n) - 1 : 0xffff);
}

AVX512 static void sigmoid_all(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES) {
		const __mmask16 some = first(n - i);

		_mm512_mask_storeu_ps(y + i, some, sigmoid(_mm512_maskz_loadu_ps(some, x + i)));
	}
}

AVX512 static void tanh_all(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES) {
		const __mmask16 some = first(n - i);

		_mm512_mask_storeu_ps(y + i, some, hyperbolic_tangent(_mm512_maskz_loadu_ps(some, x + i)));
	}
}

int mc_kernel_sigmoid(mc_real *y, const mc_real *x, size_t n)
{
	if (!supported())
		return 0;
	sigmoid_all(y, x, n);
	return 1;
}

int mc_kernel_tanh(mc_real *y, const mc_real *x, size_t n)
{
	if (!supported())
		return 0;
	tanh_all(y, x, n);
	return 1;
}

/* ---- the LSTM's cell ---- */

INLINE __m512 biased(const float *gate, const float *bias, __mmask16 some)
{
	return _mm512_add_ps(_mm512_maskz_loadu_ps(some, gate), _mm512_maskz_loadu_ps(some, bias));
}

/* Up to 16 units of one row; a = their gates, i f g o each H apart. */
INLINE void cell(float *a, const float *bias, size_t H, const float *c0, float *c, float *tc, float *h,
    __mmask16 some)
{
	const __m512 i = sigmoid(biased(a, bias, some)), f = sigmoid(biased(a + H, bias + H, some));
	const __m512 g = hyperbolic_tangent(biased(a + 2 * H, bias + 2 * H, some));
	const __m512 o = sigmoid(biased(a + 3 * H, bias + 3 * H, some));
	const __m512 ig = _mm512_mul_ps(i, g);
	const __m512 new = c0 ? _mm512_fmadd_ps(f, _mm512_maskz_loadu_ps(some, c0), ig) : ig;
	const __m512 t = hyperbolic_tangent(new);

	_mm512_mask_storeu_ps(a, some, i);
	_mm512_mask_storeu_ps(a + H, some, f);
	_mm512_mask_storeu_ps(a + 2 * H, some, g);
	_mm512_mask_storeu_ps(a + 3 * H, some, o);
	_mm512_mask_storeu_ps(c, some, new);
	_mm512_mask_storeu_ps(tc, some, t);
	_mm512_mask_storeu_ps(h, some, _mm512_mul_ps(o, t));
}

AVX512 static void cells(float *gates, float *c, float *tc, float *h, size_t ldh, const float *c0,
    const float *bias, size_t H, size_t n)
{
	for (size_t b = 0; b < n; b++)
		for (size_t j = 0; j < H; j += LANES)
			cell(gates + b * 4 * H + j, bias + j, H, c0 ? c0 + b * H + j : NULL, c + b * H + j,
			    tc + b * H + j, h + b * ldh + j, first(H - j));
}

int mc_kernel_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n)
{
	if (!supported())
		return 0;
	cells(gates, c, tc, h, ldh, c0, bias, H, n);
	return 1;
}

#else

int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, int add, mc_real *c, size_t ldc)
{
	(void)ta, (void)tb, (void)m, (void)n, (void)k, (void)a, (void)lda;
	(void)b, (void)ldb, (void)add, (void)c, (void)ldc;
	return 0;
}

int mc_kernel_sigmoid(mc_real *y, const mc_real *x, size_t n)
{
	(void)y, (void)x, (void)n;
	return 0;
}

int mc_kernel_tanh(mc_real *y, const mc_real *x, size_t n)
{
	(void)y, (void)x, (void)n;
	return 0;
}

int mc_kernel_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n)
{
	(void)gates, (void)c, (void)tc, (void)h, (void)ldh, (void)c0, (void)bias, (void)H, (void)n;
	return 0;
}

#endif
