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

/* One or two pairs of factors, whose products are added; their panels follow each other. */
struct terms {
	struct factor a;
	size_t k;
	struct factor a2;
	size_t k2;
};

INLINE void accumulate(int rows, __m512 sum[TALL][2], struct factor a, size_t k, const float *panel)
{
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
}

/* c [rows,WIDE] = f(s + the terms), the sums in registers. */
INLINE void tile(int rows, struct terms t, const float *panel, const float *s, size_t lds, int relu, float *c,
    size_t ldc)
{
	const __m512 zero = _mm512_setzero_ps();
	__m512 sum[TALL][2];

#pragma GCC unroll 14
	for (int r = 0; r < rows; r++) {
		sum[r][0] = s ? _mm512_loadu_ps(s + (size_t)r * lds) : zero;
		sum[r][1] = s ? _mm512_loadu_ps(s + (size_t)r * lds + LANES) : zero;
	}
	accumulate(rows, sum, t.a, t.k, panel);
	if (t.k2)
		accumulate(rows, sum, t.a2, t.k2, panel + t.k * WIDE);
#pragma GCC unroll 14
	for (int r = 0; r < rows; r++) {
		_mm512_storeu_ps(c + (size_t)r * ldc, relu ? _mm512_max_ps(sum[r][0], zero) : sum[r][0]);
		_mm512_storeu_ps(c + (size_t)r * ldc + LANES, relu ? _mm512_max_ps(sum[r][1], zero) : sum[r][1]);
	}
}

/* The compiler makes one loop for each number of rows. */
INLINE void tile_of(size_t rows, struct terms t, const float *panel, const float *s, size_t lds, int relu,
    float *c, size_t ldc)
{
	switch (rows) {
	case 1: tile(1, t, panel, s, lds, relu, c, ldc); break;
	case 2: tile(2, t, panel, s, lds, relu, c, ldc); break;
	case 3: tile(3, t, panel, s, lds, relu, c, ldc); break;
	case 4: tile(4, t, panel, s, lds, relu, c, ldc); break;
	case 5: tile(5, t, panel, s, lds, relu, c, ldc); break;
	case 6: tile(6, t, panel, s, lds, relu, c, ldc); break;
	case 7: tile(7, t, panel, s, lds, relu, c, ldc); break;
	case 8: tile(8, t, panel, s, lds, relu, c, ldc); break;
	case 9: tile(9, t, panel, s, lds, relu, c, ldc); break;
	case 10: tile(10, t, panel, s, lds, relu, c, ldc); break;
	case 11: tile(11, t, panel, s, lds, relu, c, ldc); break;
	case 12: tile(12, t, panel, s, lds, relu, c, ldc); break;
	case 13: tile(13, t, panel, s, lds, relu, c, ldc); break;
	default: tile(TALL, t, panel, s, lds, relu, c, ldc); break;
	}
}

/* The tiles of m rows, of nearly the same height: how many, and the first row of number t. */
static size_t tiles_of(size_t m)
{
	return (m + TALL - 1) / TALL;
}

static size_t first_row(size_t t, size_t m)
{
	return t * m / tiles_of(m);
}

static struct factor below(struct factor a, size_t rows)
{
	a.p += rows * a.row;
	return a;
}

/* The columns' sums of a panel are added to `sums`, row by row. */
INLINE void add_columns(float *sums, const float *panel, size_t k)
{
	__m512 sum0 = _mm512_loadu_ps(sums), sum1 = _mm512_loadu_ps(sums + LANES);

	for (size_t q = 0; q < k; q++) {
		sum0 = _mm512_add_ps(sum0, _mm512_load_ps(panel + q * WIDE));
		sum1 = _mm512_add_ps(sum1, _mm512_load_ps(panel + q * WIDE + LANES));
	}
	_mm512_storeu_ps(sums, sum0);
	_mm512_storeu_ps(sums + LANES, sum1);
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

/* What becomes of the sums, and where they begin. */
struct result {
	const float *s;
	size_t lds;
	int relu;
	float *c;
	size_t ldc;
};

/* Fewer than WIDE columns: through a tile of full width aside. */
AVX512 static void edge_tile(size_t rows, struct terms t, const float *panel, size_t wide, struct result r)
{
	float start[TALL * WIDE] = { 0 }, sum[TALL * WIDE];

	for (size_t i = 0; r.s && i < rows; i++)
		memcpy(start + i * WIDE, r.s + i * r.lds, wide * sizeof *start);
	tile_of(rows, t, panel, start, WIDE, r.relu, sum, WIDE);
	for (size_t i = 0; i < rows; i++)
		memcpy(r.c + i * r.ldc, sum + i * WIDE, wide * sizeof *sum);
}

/* All rows against one panel. */
AVX512 static void sweep(size_t m, struct terms t, const float *panel, size_t wide, struct result r)
{
	for (size_t i = 0; i < tiles_of(m); i++) {
		const size_t from = first_row(i, m), rows = first_row(i + 1, m) - from;
		const struct terms here = { below(t.a, from), t.k, below(t.a2, from), t.k2 };
		const struct result to = { r.s ? r.s + from * r.lds : NULL, r.lds, r.relu, r.c + from * r.ldc, r.ldc };

		if (wide == WIDE)
			tile_of(rows, here, panel, to.s, to.lds, to.relu, to.c, to.ldc);
		else
			edge_tile(rows, here, panel, wide, to);
	}
}

/* bias: NULL, or to be given the column sums of B, which is then not transposed; added to if bias_add. */
AVX512 static void product(int tb, size_t m, size_t n, size_t k, struct factor a, const float *b, size_t ldb,
    struct result r, float *bias, int bias_add)
{
	float panel[DEPTH * WIDE] __attribute__((aligned(64)));

	for (size_t j = 0; j < n; j += WIDE) {
		const size_t wide = n - j < WIDE ? n - j : WIDE;
		float sums[WIDE] = { 0 };

		if (bias && bias_add)
			memcpy(sums, bias + j, wide * sizeof *sums);
		for (size_t q = 0; q < k; q += DEPTH) {
			const size_t deep = k - q < DEPTH ? k - q : DEPTH;
			const struct terms t = { .a = { a.p + q * a.col, a.row, a.col }, .k = deep };
			const struct result to = {
				.s = q ? r.c + j : r.s ? r.s + j : NULL, .lds = q ? r.ldc : r.lds,
				.relu = r.relu && q + deep == k, .c = r.c + j, .ldc = r.ldc,
			};

			if (tb)
				transpose_panel(panel, b + j * ldb + q, ldb, deep, wide);
			else
				copy_panel(panel, b + q * ldb + j, ldb, deep, wide);
			if (bias)
				add_columns(sums, panel, deep);
			sweep(m, t, panel, wide, to);
		}
		if (bias)
			memcpy(bias + j, sums, wide * sizeof *sums);
	}
}

int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc)
{
	const struct factor f = { a, ta ? 1 : lda, ta ? lda : 1 };
	const struct result r = { s, lds, relu, c, ldc };

	if (m < LEAST_ROWS || n < LEAST_COLUMNS || k == 0 || !supported())
		return 0;
	product(tb, m, n, k, f, b, ldb, r, NULL, 0);
	return 1;
}

int mc_kernel_gradient(size_t m, size_t n, size_t k, const mc_real *x, size_t ldx, const mc_real *dy,
    size_t lddy, int add, mc_real *kernel, mc_real *bias)
{
	const struct factor f = { x, 1, ldx };
	const struct result r = { add ? kernel : NULL, n, 0, kernel, n };

	if (m < LEAST_ROWS || n < LEAST_COLUMNS || k == 0 || !supported())
		return 0;
	product(0, m, n, k, f, dy, lddy, r, bias, add);
	return 1;
}

/* ---- packed factors: panel after panel, each of full depth ---- */

size_t mc_kernel_packed(size_t n, size_t k)
{
	return (n + WIDE - 1) / WIDE * WIDE * k;
}

AVX512 static void pack(int tb, size_t n, size_t k, const float *b, size_t ldb, float *packed)
{
	for (size_t j = 0; j < n; j += WIDE) {
		const size_t wide = n - j < WIDE ? n - j : WIDE;

		if (tb)
			transpose_panel(packed + j * k, b + j * ldb, ldb, k, wide);
		else
			copy_panel(packed + j * k, b + j, ldb, k, wide);
	}
}

int mc_kernel_pack(int tb, size_t n, size_t k, const mc_real *b, size_t ldb, mc_real *packed)
{
	if (!supported())
		return 0;
	pack(tb, n, k, b, ldb, packed);
	return 1;
}

void mc_kernel_gemm_packed(size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *packed, mc_real *c, size_t ldc)
{
	const struct terms t = { .a = { a, lda, 1 }, .k = k };

	for (size_t j = 0; j < n; j += WIDE) {
		const struct result r = { NULL, 0, 0, c + j, ldc };

		sweep(m, t, packed + j * k, n - j < WIDE ? n - j : WIDE, r);
	}
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

/* ---- the LSTM ---- */

/* What a step leaves for 16 units of one row: gates, i f g o each H apart, and tc may be NULL. */
struct cell {
	const float *c0;
	float *gates, *c, *tc, *h;
	size_t H;
};

/* z: the sums of i, f, g, o, bias included. */
INLINE void finish_cell(const __m512 z[4], struct cell x, __mmask16 some)
{
	const __m512 i = sigmoid(z[0]), f = sigmoid(z[1]), g = hyperbolic_tangent(z[2]), o = sigmoid(z[3]);
	const __m512 ig = _mm512_mul_ps(i, g);
	const __m512 c = x.c0 ? _mm512_fmadd_ps(f, _mm512_maskz_loadu_ps(some, x.c0), ig) : ig;
	const __m512 tc = hyperbolic_tangent(c);

	if (x.gates) {
		_mm512_mask_storeu_ps(x.gates, some, i);
		_mm512_mask_storeu_ps(x.gates + x.H, some, f);
		_mm512_mask_storeu_ps(x.gates + 2 * x.H, some, g);
		_mm512_mask_storeu_ps(x.gates + 3 * x.H, some, o);
		_mm512_mask_storeu_ps(x.tc, some, tc);
	}
	_mm512_mask_storeu_ps(x.c, some, c);
	_mm512_mask_storeu_ps(x.h, some, _mm512_mul_ps(o, tc));
}

INLINE __m512 biased(const float *gate, const float *bias, __mmask16 some)
{
	return _mm512_add_ps(_mm512_maskz_loadu_ps(some, gate), _mm512_maskz_loadu_ps(some, bias));
}

AVX512 static void cells(float *gates, float *c, float *tc, float *h, size_t ldh, const float *c0,
    const float *bias, size_t H, size_t n)
{
	for (size_t b = 0; b < n; b++)
		for (size_t j = 0; j < H; j += LANES) {
			const struct cell x = { c0 ? c0 + b * H + j : NULL, gates + b * 4 * H + j, c + b * H + j,
				tc + b * H + j, h + b * ldh + j, H };
			const __mmask16 some = first(H - j);
			__m512 z[4];

			for (size_t g = 0; g < 4; g++)
				z[g] = biased(x.gates + g * H, bias + g * H + j, some);
			finish_cell(z, x, some);
		}
}

int mc_kernel_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n)
{
	if (!supported())
		return 0;
	cells(gates, c, tc, h, ldh, c0, bias, H, n);
	return 1;
}

/* Groups of WIDE units; of each the four gates' panels, the rows of kernel_x and then those of kernel_h. */
AVX512 static void lstm_pack(float *packed, const float *kernel_x, size_t in, const float *kernel_h, size_t H)
{
	for (size_t u = 0; u < H; u += WIDE)
		for (size_t g = 0; g < 4; g++) {
			copy_panel(packed, kernel_x + g * H + u, 4 * H, in, WIDE);
			packed += in * WIDE;
			copy_panel(packed, kernel_h + g * H + u, 4 * H, H, WIDE);
			packed += H * WIDE;
		}
}

int mc_kernel_lstm_pack(mc_real *packed, const mc_real *kernel_x, size_t in, const mc_real *kernel_h, size_t H)
{
	if (H % WIDE != 0 || !supported())
		return 0;
	lstm_pack(packed, kernel_x, in, kernel_h, H);
	return 1;
}

/* z [rows][4][WIDE]: the gates' sums of a tile of rows. */
AVX512 static void finish_tile(const float *z, struct cell x, size_t ldh, size_t rows)
{
	const size_t H = x.H;

	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < WIDE; j += LANES) {
			const struct cell at = { x.c0 ? x.c0 + r * H + j : NULL, x.gates ? x.gates + r * 4 * H + j : NULL,
				x.c + r * H + j, x.gates ? x.tc + r * H + j : NULL, x.h + r * ldh + j, H };
			__m512 sum[4];

			for (size_t g = 0; g < 4; g++)
				sum[g] = _mm512_load_ps(z + (r * 4 + g) * WIDE + j);
			finish_cell(sum, at, 0xffff);
		}
}

AVX512 void mc_kernel_lstm_step(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *x, size_t ldx, size_t in, const mc_real *h0, size_t ldh0, const mc_real *c0,
    const mc_real *packed, const mc_real *bias, size_t H, size_t n)
{
	const size_t depth = (in + H) * WIDE;  /* of a panel */
	const struct terms all = { { x, ldx, 1 }, in, { h0 ? h0 : x, ldh0, 1 }, h0 ? H : 0 };
	float z[TALL * 4 * WIDE] __attribute__((aligned(64)));

	for (size_t u = 0; u < H; u += WIDE)
		for (size_t i = 0; i < tiles_of(n); i++) {
			const size_t b = first_row(i, n), rows = first_row(i + 1, n) - b;
			const struct terms t = { below(all.a, b), all.k, below(all.a2, b), all.k2 };
			const struct cell at = { c0 ? c0 + b * H + u : NULL, gates ? gates + b * 4 * H + u : NULL,
				c + b * H + u, gates ? tc + b * H + u : NULL, h + b * ldh + u, H };

			for (size_t g = 0; g < 4; g++)
				tile_of(rows, t, packed + (u / WIDE * 4 + g) * depth, bias + g * H + u, 0, 0, z + g * WIDE,
				    4 * WIDE);
			finish_tile(z, at, ldh, rows);
		}
}

#else

int mc_kernel_gemm(int ta, int tb, size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *b, size_t ldb, const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc)
{
	(void)ta, (void)tb, (void)m, (void)n, (void)k, (void)a, (void)lda, (void)b, (void)ldb;
	(void)s, (void)lds, (void)relu, (void)c, (void)ldc;
	return 0;
}

int mc_kernel_gradient(size_t m, size_t n, size_t k, const mc_real *x, size_t ldx, const mc_real *dy,
    size_t lddy, int add, mc_real *kernel, mc_real *bias)
{
	(void)m, (void)n, (void)k, (void)x, (void)ldx, (void)dy, (void)lddy, (void)add, (void)kernel, (void)bias;
	return 0;
}

size_t mc_kernel_packed(size_t n, size_t k)
{
	(void)n, (void)k;
	return 0;
}

int mc_kernel_pack(int tb, size_t n, size_t k, const mc_real *b, size_t ldb, mc_real *packed)
{
	(void)tb, (void)n, (void)k, (void)b, (void)ldb, (void)packed;
	return 0;
}

void mc_kernel_gemm_packed(size_t m, size_t n, size_t k, const mc_real *a, size_t lda,
    const mc_real *packed, mc_real *c, size_t ldc)
{
	(void)m, (void)n, (void)k, (void)a, (void)lda, (void)packed, (void)c, (void)ldc;
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

int mc_kernel_lstm_pack(mc_real *packed, const mc_real *kernel_x, size_t in, const mc_real *kernel_h, size_t H)
{
	(void)packed, (void)kernel_x, (void)in, (void)kernel_h, (void)H;
	return 0;
}

void mc_kernel_lstm_step(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *x, size_t ldx, size_t in, const mc_real *h0, size_t ldh0, const mc_real *c0,
    const mc_real *packed, const mc_real *bias, size_t H, size_t n)
{
	(void)gates, (void)c, (void)tc, (void)h, (void)ldh, (void)x, (void)ldx, (void)in, (void)h0, (void)ldh0;
	(void)c0, (void)packed, (void)bias, (void)H, (void)n;
}

#endif
