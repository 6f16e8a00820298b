/*
 * The fast paths, over vectors of any width. Included once by each file that has such vectors,
 * and by no other: there stand LANES, TALL, GROUP, TARGET, INLINE, vec and these operations:
 *
 *   load, store           LANES floats, at any address
 *   load_some, store_some the first n of them: what is beyond is 0, or left alone; n >= 1
 *   all                   one float in every place
 *   mul_add, minus_mul_add  x y + z and z - x y, rounded once
 *   lesser, greater       y where one of both is a NaN
 *   unless_below          y, or 0 where x < least
 *   minus_abs, with_sign  -|x|; y with the sign of x
 *   scaled                2^n x where that is a normal number, n in the low bits of the second
 *   reciprocal            1 / a for a in [1, 2^127)
 *   transpose             LANES rows of which `rows` are there, the others 0, become `cols` <= LANES
 *                         rows of LANES floats
 */
#include <string.h>

/* ---- products ---- */

/*
 * A tile of C is TALL rows of two registers, its sums. B goes through a panel of DEPTH rows and WIDE
 * columns, which stays in the first cache while all rows of A pass by. A is read where it lies.
 */
enum { WIDE = 2 * LANES, DEPTH = 256, FEW = 4, FEW_TILES = 5, DEEP = 64 };

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

INLINE void accumulate(int rows, vec sum[TALL][2], struct factor a, size_t k, const float *panel, size_t ldp)
{
	for (size_t q = 0; q < k; q++) {
		const vec b0 = load(panel + q * ldp), b1 = load(panel + q * ldp + LANES);

#pragma GCC unroll 16
		for (int r = 0; r < rows; r++) {
			const vec x = all(a.p[(size_t)r * a.row + q * a.col]);

			sum[r][0] = mul_add(x, b0, sum[r][0]);
			sum[r][1] = mul_add(x, b1, sum[r][1]);
		}
	}
}

/* c [rows,WIDE] = f(s + the terms), the sums in registers. */
INLINE void tile(int rows, struct terms t, const float *panel, size_t ldp, const float *s, size_t lds, int relu, float *c,
    size_t ldc)
{
	vec sum[TALL][2];

#pragma GCC unroll 16
	for (int r = 0; r < rows; r++) {
		sum[r][0] = s ? load(s + (size_t)r * lds) : zero();
		sum[r][1] = s ? load(s + (size_t)r * lds + LANES) : zero();
	}
	accumulate(rows, sum, t.a, t.k, panel, ldp);
	if (t.k2)
		accumulate(rows, sum, t.a2, t.k2, panel + t.k * ldp, ldp);
#pragma GCC unroll 16
	for (int r = 0; r < rows; r++) {
		store(c + (size_t)r * ldc, relu ? greater(sum[r][0], zero()) : sum[r][0]);
		store(c + (size_t)r * ldc + LANES, relu ? greater(sum[r][1], zero()) : sum[r][1]);
	}
}

/* The compiler makes one loop for each number of rows. */
INLINE void tile_of(size_t rows, struct terms t, const float *panel, size_t ldp, const float *s, size_t lds, int relu,
    float *c, size_t ldc)
{
	switch (rows) {
	case 1: tile(1, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 2: tile(2, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 3: tile(3, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 4: tile(4, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 5: tile(5, t, panel, ldp, s, lds, relu, c, ldc); break;
#if TALL > 6
	case 6: tile(6, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 7: tile(7, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 8: tile(8, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 9: tile(9, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 10: tile(10, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 11: tile(11, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 12: tile(12, t, panel, ldp, s, lds, relu, c, ldc); break;
	case 13: tile(13, t, panel, ldp, s, lds, relu, c, ldc); break;
#endif
	default: tile(TALL, t, panel, ldp, s, lds, relu, c, ldc); break;
	}
}

/* m rows in parts of at most `most`, of nearly the same height: how many, and the first row of number t. */
static size_t parts_of(size_t m, size_t most)
{
	return (m + most - 1) / most;
}

static size_t first_row(size_t t, size_t m, size_t most)
{
	return t * m / parts_of(m, most);
}

static struct factor below(struct factor a, size_t rows)
{
	a.p += rows * a.row;
	return a;
}

/* The columns' sums of a panel are added to `sums`, row by row. */
INLINE void add_columns(float *sums, const float *panel, size_t ldp, size_t k)
{
	vec sum0 = load(sums), sum1 = load(sums + LANES);

	for (size_t q = 0; q < k; q++) {
		sum0 = add(sum0, load(panel + q * ldp));
		sum1 = add(sum1, load(panel + q * ldp + LANES));
	}
	store(sums, sum0);
	store(sums + LANES, sum1);
}

/* Columns beyond `wide` are 0, so that what the tile computes there is harmless. */
INLINE void copy_panel(float *panel, const float *b, size_t ldb, size_t k, size_t wide)
{
	const size_t low = wide < LANES ? wide : LANES, high = wide - low;

	for (size_t q = 0; q < k; q++) {
		store(panel + q * WIDE, load_some(b + q * ldb, low));
		store(panel + q * WIDE + LANES, high ? load_some(b + q * ldb + LANES, high) : zero());
	}
}

/* From B as [n,k]: `wide` of its rows become the panel's columns. */
INLINE void transpose_panel(float *panel, const float *b, size_t ldb, size_t k, size_t wide)
{
	for (size_t q = 0; q < k; q += LANES)
		for (size_t j = 0; j < WIDE; j += LANES)
			transpose(panel + q * WIDE + j, WIDE, b + j * ldb + q, ldb, j > wide ? 0 : wide - j,
			    k - q < LANES ? k - q : LANES);
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
TARGET static void edge_tile(size_t rows, struct terms t, const float *panel, size_t ldp, size_t wide, struct result r)
{
	float start[TALL * WIDE] = { 0 }, sum[TALL * WIDE];

	for (size_t i = 0; r.s && i < rows; i++)
		memcpy(start + i * WIDE, r.s + i * r.lds, wide * sizeof *start);
	tile_of(rows, t, panel, ldp, start, WIDE, r.relu, sum, WIDE);
	for (size_t i = 0; i < rows; i++)
		memcpy(r.c + i * r.ldc, sum + i * WIDE, wide * sizeof *sum);
}

/* All rows against one panel. */
TARGET static void sweep(size_t m, struct terms t, const float *panel, size_t ldp, size_t wide, struct result r)
{
	for (size_t i = 0; i < parts_of(m, TALL); i++) {
		const size_t from = first_row(i, m, TALL), rows = first_row(i + 1, m, TALL) - from;
		const struct terms here = { below(t.a, from), t.k, below(t.a2, from), t.k2 };
		const struct result to = { r.s ? r.s + from * r.lds : NULL, r.lds, r.relu, r.c + from * r.ldc, r.ldc };

		if (wide == WIDE)
			tile_of(rows, here, panel, ldp, to.s, to.lds, to.relu, to.c, to.ldc);
		else
			edge_tile(rows, here, panel, ldp, wide, to);
	}
}

/*
 * Is a panel read from B itself, or copied first? Measured, GFLOP/s copied and not, AVX-512: 6 rows of A
 * 99 and 165, 32 rows 140 and 172, 128 rows of 128 168 and 177; but 128 rows of 26 146 and 110, and
 * with A transposed, so that both are read across their rows, 128 of 640 153 and 128.
 */
static int is_read_there(size_t m, size_t k, struct factor a)
{
	return m <= TALL || (a.col == 1 && (m <= FEW_TILES * TALL || k >= DEEP));
}

/* bias: NULL, or to be given the column sums of B, which is then not transposed; added to if bias_add. */
TARGET static void product(int tb, size_t m, size_t n, size_t k, struct factor a, const float *b, size_t ldb,
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

			const int there = !tb && wide == WIDE && is_read_there(m, deep, a);
			const float *from = there ? b + q * ldb + j : panel;
			const size_t ldp = there ? ldb : WIDE;

			if (tb)
				transpose_panel(panel, b + j * ldb + q, ldb, deep, wide);
			else if (!there)
				copy_panel(panel, b + q * ldb + j, ldb, deep, wide);
			if (bias)
				add_columns(sums, from, ldp, deep);
			sweep(m, t, from, ldp, wide, to);
		}
		if (bias)
			memcpy(bias + j, sums, wide * sizeof *sums);
	}
}

/*
 * A few rows, as in acting: nothing would be gained by copying B, which is read once, four rows at
 * a time as it lies, while the rows of C stay near. Each element is the same chain as in a tile.
 */
INLINE void add_rows(int rows, float *c, const float *s, const float *a, size_t col, const float *b, size_t ldb,
    size_t n, int relu)
{
	vec x[4];

#pragma GCC unroll 4
	for (int r = 0; r < rows; r++)
		x[r] = all(a[(size_t)r * col]);
	for (size_t j = 0; j < n; j += LANES) {
		vec sum = s ? load_some(s + j, n - j) : zero();

#pragma GCC unroll 4
		for (int r = 0; r < rows; r++)
			sum = mul_add(x[r], load_some(b + (size_t)r * ldb + j, n - j), sum);
		store_some(c + j, n - j, relu ? greater(sum, zero()) : sum);
	}
}

TARGET static void few_rows(size_t m, size_t n, size_t k, struct factor a, const float *b, size_t ldb, struct result r)
{
	for (size_t q = 0; q < k; q += 4)
		for (size_t i = 0; i < m; i++) {
			const float *s = q ? r.c + i * r.ldc : r.s ? r.s + i * r.lds : NULL;
			const float *from = a.p + i * a.row + q * a.col;
			const int relu = r.relu && q + 4 >= k;

			switch (k - q) {
			case 1: add_rows(1, r.c + i * r.ldc, s, from, a.col, b + q * ldb, ldb, n, relu); break;
			case 2: add_rows(2, r.c + i * r.ldc, s, from, a.col, b + q * ldb, ldb, n, relu); break;
			case 3: add_rows(3, r.c + i * r.ldc, s, from, a.col, b + q * ldb, ldb, n, relu); break;
			default: add_rows(4, r.c + i * r.ldc, s, from, a.col, b + q * ldb, ldb, n, relu); break;
			}
		}
}

/* The sum of x y over k elements: 4 LANES partial sums, and they in their order. */
INLINE float dot(const float *x, const float *y, size_t k)
{
	vec sum[4] = { zero(), zero(), zero(), zero() };
	float lane[LANES], s = 0;

	for (size_t q = 0; q < k; q += 4 * LANES)
#pragma GCC unroll 4
		for (size_t u = 0; u < 4; u++) {
			const size_t at = q + u * LANES;

			if (at < k)
				sum[u] = mul_add(load_some(x + at, k - at), load_some(y + at, k - at), sum[u]);
		}
	store(lane, add(add(sum[0], sum[1]), add(sum[2], sum[3])));
	for (int l = 0; l < LANES; l++)
		s += lane[l];
	return s;
}

/* A few rows by B as [n,k]. Here alone the sums are not chains in the order of k. */
TARGET static void few_rows_transposed(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
    size_t ldb, struct result r)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			const float sum = (r.s ? r.s[i * r.lds + j] : 0) + dot(a + i * lda, b + j * ldb, k);

			r.c[i * r.ldc + j] = r.relu && !(sum > 0) ? 0 : sum;
		}
}

TARGET static void gemm(int ta, int tb, size_t m, size_t n, size_t k, const float *a, size_t lda,
    const float *b, size_t ldb, const float *s, size_t lds, int relu, float *c, size_t ldc)
{
	const struct factor f = { a, ta ? 1 : lda, ta ? lda : 1 };
	const struct result r = { s, lds, relu, c, ldc };

	if (m < FEW && !tb)
		few_rows(m, n, k, f, b, ldb, r);
	else if (m < FEW && !ta)
		few_rows_transposed(m, n, k, a, lda, b, ldb, r);
	else
		product(tb, m, n, k, f, b, ldb, r, NULL, 0);
}

TARGET static void gradient(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *dy,
    size_t lddy, int add_to, float *kernel, float *bias)
{
	const struct factor f = { x, 1, ldx };
	const struct result r = { add_to ? kernel : NULL, n, 0, kernel, n };

	product(0, m, n, k, f, dy, lddy, r, bias, add_to);
}

/* ---- packed factors: panel after panel, each of full depth ---- */

TARGET static void pack(int tb, size_t n, size_t k, const float *b, size_t ldb, float *packed)
{
	for (size_t j = 0; j < n; j += WIDE) {
		const size_t wide = n - j < WIDE ? n - j : WIDE;

		if (tb)
			transpose_panel(packed + j * k, b + j * ldb, ldb, k, wide);
		else
			copy_panel(packed + j * k, b + j, ldb, k, wide);
	}
}

TARGET static void gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed,
    float *c, size_t ldc)
{
	const struct terms t = { .a = { a, lda, 1 }, .k = k };

	for (size_t j = 0; j < n; j += WIDE) {
		const struct result r = { NULL, 0, 0, c + j, ldc };

		sweep(m, t, packed + j * k, WIDE, n - j < WIDE ? n - j : WIDE, r);
	}
}

/* ---- sigmoid and tanh ---- */

/*
 * For |x| up to LARGEST e^x = 2^n e^r, n an integer; the polynomial is that of mc_math, where it
 * is explained. *power holds n in its low bits. A NaN stays one.
 */
#define LARGEST 87.0f

INLINE vec reduce(vec x, vec *power)
{
	const vec big = all(12582912.0f); /* 1.5 2^23: adding it rounds to an integer */
	const vec t = mul_add(x, all(1.44269504f), big), n = sub(t, big);

	*power = t;
	return minus_mul_add(n, all(1.42860677e-6f), minus_mul_add(n, all(0.693145752f), x));
}

/* (e^r - 1 - r) / r^2 */
INLINE vec second_order(vec r)
{
	vec q = all(1.388251e-3f);

	q = mul_add(q, r, all(8.36658e-3f));
	q = mul_add(q, r, all(4.16672e-2f));
	q = mul_add(q, r, all(0.16666543f));
	return mul_add(q, r, all(0.49999997f));
}

/* 1 / (1 + e^-x); below -LARGEST 0 */
INLINE vec sigmoid(vec x)
{
	const vec one = all(1), least = all(-LARGEST);
	vec power;
	const vec r = reduce(greater(least, lesser(all(LARGEST), sub(zero(), x))), &power);
	const vec e = mul_add(mul_add(second_order(r), r, one), r, one);

	return unless_below(reciprocal(add(one, scaled(e, power))), x, least);
}

/* tanh a = -E / (2 + E), E = e^(-2a) - 1: no digits are lost at small a. */
INLINE vec hyperbolic_tangent(vec x)
{
	const vec one = all(1), two = all(2);
	vec power;
	const vec r = reduce(mul(greater(all(-LARGEST / 2), minus_abs(x)), two), &power);
	const vec p = mul_add(mul(r, r), second_order(r), r), scale = scaled(one, power);
	const vec E = mul_add(scale, p, sub(scale, one));

	return with_sign(mul(E, reciprocal(add(two, E))), x);
}

TARGET static void sigmoid_all(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
		store_some(y + i, n - i, sigmoid(load_some(x + i, n - i)));
}

TARGET static void tanh_all(float *y, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
		store_some(y + i, n - i, hyperbolic_tangent(load_some(x + i, n - i)));
}

/* ---- the LSTM ---- */

/* What a step leaves for LANES units of one row: gates, i f g o each H apart, and tc may be NULL. */
struct cell {
	const float *c0;
	float *gates, *c, *tc, *h;
	size_t H;
};

/* z: the sums of i, f, g, o, bias included, of `some` units. */
INLINE void finish_cell(const vec z[4], struct cell x, size_t some)
{
	const vec i = sigmoid(z[0]), f = sigmoid(z[1]), g = hyperbolic_tangent(z[2]), o = sigmoid(z[3]);
	const vec ig = mul(i, g), c = x.c0 ? mul_add(f, load_some(x.c0, some), ig) : ig;
	const vec tc = hyperbolic_tangent(c);

	if (x.gates) {
		store_some(x.gates, some, i);
		store_some(x.gates + x.H, some, f);
		store_some(x.gates + 2 * x.H, some, g);
		store_some(x.gates + 3 * x.H, some, o);
		store_some(x.tc, some, tc);
	}
	store_some(x.c, some, c);
	store_some(x.h, some, mul(o, tc));
}

TARGET static void lstm_cell(float *gates, float *c, float *tc, float *h, size_t ldh, const float *c0,
    const float *bias, size_t H, size_t n)
{
	for (size_t b = 0; b < n; b++)
		for (size_t j = 0; j < H; j += LANES) {
			const struct cell x = { c0 ? c0 + b * H + j : NULL, gates + b * 4 * H + j, c + b * H + j,
				tc + b * H + j, h + b * ldh + j, H };
			vec z[4];

			for (size_t g = 0; g < 4; g++)
				z[g] = add(load_some(x.gates + g * H, H - j), load_some(bias + g * H + j, H - j));
			finish_cell(z, x, H - j);
		}
}

/* Groups of WIDE units; of each the four gates' panels, the rows of kernel_x and then those of kernel_h. */
TARGET static void lstm_pack(float *packed, const float *kernel_x, size_t in, const float *kernel_h, size_t H)
{
	for (size_t u = 0; u < H; u += WIDE)
		for (size_t g = 0; g < 4; g++) {
			copy_panel(packed, kernel_x + g * H + u, 4 * H, in, WIDE);
			packed += in * WIDE;
			copy_panel(packed, kernel_h + g * H + u, 4 * H, H, WIDE);
			packed += H * WIDE;
		}
}

/* z [rows][4][WIDE]: the gates' sums of some rows. */
TARGET static void finish_rows(const float *z, struct cell x, size_t ldh, size_t rows)
{
	const size_t H = x.H;

	for (size_t r = 0; r < rows; r++)
		for (size_t j = 0; j < WIDE; j += LANES) {
			const struct cell at = { x.c0 ? x.c0 + r * H + j : NULL, x.gates ? x.gates + r * 4 * H + j : NULL,
				x.c + r * H + j, x.gates ? x.tc + r * H + j : NULL, x.h + r * ldh + j, H };
			vec sum[4];

			for (size_t g = 0; g < 4; g++)
				sum[g] = load(z + (r * 4 + g) * WIDE + j);
			finish_cell(sum, at, LANES);
		}
}

/* WIDE units at a time, and of them GROUP tiles of rows. */
TARGET static void lstm_step(float *gates, float *c, float *tc, float *h, size_t ldh, const float *x, size_t ldx,
    size_t in, const float *h0, size_t ldh0, const float *c0, const float *packed, const float *bias, size_t H,
    size_t n)
{
	enum { MOST = GROUP * TALL };
	const size_t depth = (in + H) * WIDE;  /* of a panel */
	const struct terms all_rows = { { x, ldx, 1 }, in, { h0 ? h0 : x, ldh0, 1 }, h0 ? H : 0 };
	float z[MOST * 4 * WIDE] __attribute__((aligned(64)));

	for (size_t u = 0; u < H; u += WIDE)
		for (size_t i = 0; i < parts_of(n, MOST); i++) {
			const size_t b = first_row(i, n, MOST), rows = first_row(i + 1, n, MOST) - b;
			const struct terms t = { below(all_rows.a, b), in, below(all_rows.a2, b), all_rows.k2 };
			const struct cell at = { c0 ? c0 + b * H + u : NULL, gates ? gates + b * 4 * H + u : NULL,
				c + b * H + u, gates ? tc + b * H + u : NULL, h + b * ldh + u, H };

			for (size_t g = 0; g < 4; g++) {
				const struct result r = { bias + g * H + u, 0, 0, z + g * WIDE, 4 * WIDE };

				sweep(rows, t, packed + (u / WIDE * 4 + g) * depth, WIDE, WIDE, r);
			}
			finish_rows(z, at, ldh, rows);
		}
}

#define PATHS(name) \
	{ name, WIDE, gemm, gradient, pack, gemm_packed, sigmoid_all, tanh_all, lstm_cell, lstm_pack, lstm_step }
