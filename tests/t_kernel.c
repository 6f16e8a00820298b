/*
 * The fast paths against the plain ones, whose modules are included for that: products, sigmoid
 * and tanh, the LSTM's cell; for every width of registers that the CPU has.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mc_kernel_paths.h"
#include "mc_lstm.c"
#include "mc_math.c"
#include "mc_rng.h"
#include "tap.h"

enum { MAX = 96 * 600 };

static mc_real a[MAX], b[MAX], c[MAX], before[MAX];

static double element(int ta, int tb, size_t i, size_t j, size_t k, size_t lda, size_t ldb)
{
	double s = 0;

	for (size_t q = 0; q < k; q++)
		s += (double)a[ta ? q * lda + i : i * lda + q] * (double)b[tb ? j * ldb + q : q * ldb + j];
	return s;
}

/* The largest error, relative to k; infinite if an element beside the product was touched. */
static double error_of(int ta, int tb, size_t m, size_t n, size_t k, int add)
{
	const size_t lda = (ta ? m : k) + 5, ldb = (tb ? k : n) + 3, ldc = n + 7;
	double worst = 0;

	memcpy(c, before, sizeof c);
	if (!mc_kernel_gemm(ta, tb, m, n, k, a, lda, b, ldb, add ? c : NULL, ldc, 0, c, ldc))
		return NAN;
	for (size_t i = 0; i <= m; i++)
		for (size_t j = 0; j < ldc; j++) {
			const double old = (double)before[i * ldc + j];

			if (i < m && j < n)
				worst = fmax(worst, fabs((double)c[i * ldc + j] - element(ta, tb, i, j, k, lda, ldb) -
				    (add ? old : 0)) / (double)k);
			else if (c[i * ldc + j] != before[i * ldc + j])
				return INFINITY;
		}
	return worst;
}

static void products(void)
{
	static const size_t shape[][3] = {
		{ 1, 6, 1 }, { 1, 130, 129 }, { 2, 33, 7 }, { 3, 64, 14 }, { 4, 6, 1 }, { 5, 31, 16 }, { 13, 32, 2 }, { 14, 33, 17 }, { 15, 48, 128 }, { 26, 70, 31 },
		{ 29, 8, 256 }, { 43, 17, 257 }, { 57, 40, 530 }, { 96, 96, 96 },
	};

	mc_rng_uniform(before, 0, MAX, 3, MC_RNG_INIT, 0, 0);

	for (size_t s = 0; s < sizeof shape / sizeof *shape; s++)
		for (int t = 0; t < 8; t++) {
			const size_t m = shape[s][0], n = shape[s][1], k = shape[s][2];

			if (m < 4 && (t & 3) == 3)   /* left to the BLAS */
				continue;
			ok(error_of(t & 1, t >> 1 & 1, m, n, k, t >> 2) < 1e-6, "[%zu,%zu] from %zu%s%s%s", m, n, k,
			    t & 1 ? ", A transposed" : "", t & 2 ? ", B transposed" : "", t & 4 ? ", added" : "");
		}
}

/* A row's result does not depend on the others, nor a column's. */
static void places(void)
{
	enum { M = 40, N = 50, K = 300 };
	mc_real one[4 * N], some[M * 6];

	(void)mc_kernel_gemm(0, 0, M, N, K, a, K, b, N, NULL, 0, 0, c, N);
	for (size_t m = 1; m <= 4; m += 3) {
		int same = 1;

		for (size_t i = 0; i + m <= M; i++) {
			(void)mc_kernel_gemm(0, 0, m, N, K, a + i * K, K, b, N, NULL, 0, 0, one, N);
			same = same && memcmp(one, c + i * N, m * N * sizeof *one) == 0;
		}
		ok(same, "rows, %zu at a time: the same bytes in every place", m);
	}
	int same = 1;

	for (size_t j = 0; j + 6 <= N; j++) {
		(void)mc_kernel_gemm(0, 0, M, 6, K, a, K, b + j, N, NULL, 0, 0, some, 6);
		for (size_t i = 0; i < M; i++)
			same = same && memcmp(some + i * 6, c + i * N + j, 6 * sizeof *some) == 0;
	}
	ok(same, "columns: the same bytes in every place");
}

/* Sums that begin with a bias or another matrix, and end with a ReLU. */
static void beginnings(void)
{
	enum { M = 33, N = 41, K = 270 };
	static mc_real plain[M * N];
	double worst[2] = { 0 };

	(void)mc_kernel_gemm(0, 0, M, N, K, a, K, b, N, NULL, 0, 0, plain, N);
	for (int row = 0; row < 2; row++) {
		for (size_t k = 0; k < (size_t)M * N; k++)
			before[k] = (mc_real)(k % 13) * 11 - 140;
		(void)mc_kernel_gemm(0, 0, M, N, K, a, K, b, N, before, row ? 0 : N, 1, c, N);
		for (size_t k = 0; k < (size_t)M * N; k++)
			worst[row] = fmax(worst[row], fabs((double)c[k] -
			    fmax(0, (double)plain[k] + (double)before[row ? k % N : k])));
	}
	is_near(worst[0], 0, 1e-4, "max(0, S + A B)");
	is_near(worst[1], 0, 1e-4, "max(0, bias + A B)");
}

static void gradients(void)
{
	enum { M = 20, N = 45, K = 300 };
	static mc_real kernel[M * N], bias[N];
	double worst = 0;

	for (int add = 0; add < 2; add++) {
		(void)mc_kernel_gradient(M, N, K, a, M, b, N, add, kernel, bias);
		for (size_t j = 0; j < N; j++) {
			double sum = 0;

			for (size_t q = 0; q < K; q++)
				sum += (double)b[q * N + j];
			worst = fmax(worst, fabs((double)bias[j] - (add + 1) * sum));
			for (size_t i = 0; i < M; i++)
				worst = fmax(worst, fabs((double)kernel[i * N + j] - (add + 1) * element(1, 0, i, j, K, M, N)));
		}
	}
	is_near(worst, 0, 1e-3, "a layer's gradient, made and added to");
}

/* Of every height, so that each of a tile's has its turn. */
static void packed(void)
{
	enum { TALLEST = 30, N = 70, K = 300 };
	static mc_real p[96 * K] __attribute__((aligned(64)));
	double worst = 0;
	int beside = 0;

	ok(mc_kernel_packed(N, K) == 96 * K, "a packed factor's size");
	for (int tb = 0; tb < 2; tb++) {
		(void)mc_kernel_pack(tb, N, K, b, tb ? K : N, p);
		for (size_t m = 1; m <= TALLEST; m++) {
			memcpy(c, before, sizeof c);
			mc_kernel_gemm_packed(m, N, K, a, K, p, c, N);
			for (size_t i = 0; i < m; i++)
				for (size_t j = 0; j < N; j++)
					worst = fmax(worst, fabs((double)c[i * N + j] - element(0, tb, i, j, K, K, tb ? K : N)));
			beside = beside || memcmp(c + m * N, before + m * N, N * sizeof *c) != 0;
		}
	}
	is_near(worst, 0, 1e-3, "products with a packed factor");
	ok(!beside, "no row beside them is touched");
}

/* Largest difference from the plain path, relative to its result. */
static double difference(const mc_real *y, const mc_real *plain, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, plain[i] == y[i] ? 0 : fabs((double)y[i] / (double)plain[i] - 1));
	return worst;
}

static void functions(void)
{
	enum { n = 20001 };
	static mc_real x[n], y[n], plain[n];

	for (int i = 0; i < n; i++)
		x[i] = (mc_real)(i - n / 2) * (mc_real)0.0085;
	(void)mc_kernel_sigmoid(y, x, n);
	plain_sigmoid(plain, x, n);
	is_near(difference(y, plain, n), 0, 4e-7, "sigmoid");
	(void)mc_kernel_tanh(y, x, n);
	plain_tanh(plain, x, n);
	is_near(difference(y, plain, n), 0, 4e-7, "tanh");
}

static double distance(const mc_real *y, const mc_real *plain, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, fabs((double)y[i] - (double)plain[i]));
	return worst;
}

static void cell_of(size_t H, int first)
{
	enum { n = 5, room = n * 40 };
	mc_real gates[2][4 * room], out[2][3 * room] = { { 0 } }, bias[160], c0[room];
	const size_t ldh = H + 3;

	mc_rng_normal(gates[0], 0, n * 4 * H, 1, MC_RNG_EXPLORE, 1, 0);
	mc_rng_normal(bias, 0, 4 * H, 1, MC_RNG_EXPLORE, 2, 0);
	mc_rng_normal(c0, 0, n * H, 1, MC_RNG_EXPLORE, 3, 0);
	memcpy(gates[1], gates[0], sizeof *gates);
	(void)mc_kernel_lstm_cell(gates[0], out[0], out[0] + room, out[0] + 2 * room - 20, ldh, first ? NULL : c0, bias, H, n);
	plain_cell(gates[1], out[1], out[1] + room, out[1] + 2 * room - 20, ldh, first ? NULL : c0, bias, H, n);
	ok(distance(gates[0], gates[1], n * 4 * H) < 1e-6 && distance(out[0], out[1], 3 * room) < 1e-6,
	    "cell of %zu units%s", H, first ? ", the first" : "");
}

/* Against products and the plain cell; the same results where the backward pass's needs are not kept. */
static void step(int first, size_t n)
{
	enum { IN = 19, H = 64, MOST = 31, LDX = IN + 2, LDH = H + 5 };
	static mc_real p[(IN + H) * 4 * H] __attribute__((aligned(64))), kx[IN * 4 * H], kh[H * 4 * H], bias[4 * H];
	static mc_real x[MOST * LDX], h0[MOST * LDH], c0[MOST * H], gates[2][MOST * 4 * H];
	static mc_real cell[3][MOST * H], tc[2][MOST * H], h[3][MOST * LDH];

	mc_rng_normal(kx, 0, IN * 4 * H, 1, MC_RNG_EXPLORE, 4, 0);
	mc_rng_normal(kh, 0, H * 4 * H, 1, MC_RNG_EXPLORE, 5, 0);
	mc_rng_normal(bias, 0, 4 * H, 1, MC_RNG_EXPLORE, 6, 0);
	mc_rng_normal(x, 0, n * LDX - 1, 1, MC_RNG_EXPLORE, 7, 0);
	mc_rng_normal(h0, 0, n * LDH - 1, 1, MC_RNG_EXPLORE, 8, 0);
	mc_rng_normal(c0, 0, n * H, 1, MC_RNG_EXPLORE, 9, 0);
	memset(h, 0, sizeof h);
	const mc_real *hb = first ? NULL : h0, *cb = first ? NULL : c0;

	(void)mc_kernel_lstm_pack(p, kx, IN, kh, H);
	mc_kernel_lstm_step(gates[0], cell[0], tc[0], h[0], LDH, x, LDX, IN, hb, LDH, cb, p, bias, H, n);
	mc_kernel_lstm_step(NULL, cell[2], NULL, h[2], LDH, x, LDX, IN, hb, LDH, cb, p, bias, H, n);
	(void)mc_kernel_gemm(0, 0, n, 4 * H, IN, x, LDX, kx, 4 * H, NULL, 0, 0, gates[1], 4 * H);
	if (!first)
		(void)mc_kernel_gemm(0, 0, n, 4 * H, H, h0, LDH, kh, 4 * H, gates[1], 4 * H, 0, gates[1], 4 * H);
	plain_cell(gates[1], cell[1], tc[1], h[1], LDH, cb, bias, H, n);
	ok(distance(gates[0], gates[1], n * 4 * H) < 3e-5 && distance(cell[0], cell[1], n * H) < 1e-4 &&
	    distance(tc[0], tc[1], n * H) < 1e-4 && distance(h[0], h[1], n * LDH) < 1e-4, "%s step of an LSTM, %zu rows",
	    first ? "the first" : "a", n);
	ok(memcmp(cell[0], cell[2], sizeof *cell) == 0 && memcmp(h[0], h[2], sizeof *h) == 0, "the same bytes when nothing is kept");
}

/* A copy of n numbers, at most 4096 bytes, whose end is that of the memory: what reads beyond them dies. */
static mc_real *at_the_end(const mc_real *from, size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *m = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED || mprotect(m + page, page, PROT_NONE) != 0)
		abort();
	return memcpy((mc_real *)(m + page) - n, from, n * sizeof *from);
}

/* Nothing beyond a matrix is read or written, not even what a mask would drop. */
static void ends(void)
{
	enum { MOST = 30 };
	int same = 1;

	for (size_t m = 1; m <= MOST; m += 7)
		for (size_t n = 6; n <= MOST; n += 5)
			for (int t = 0; t < 4; t++) {
				const int ta = t & 1, tb = t >> 1, k = 13;
				const size_t na = m * k, nb = n * k, nc = m * n, lda = ta ? m : k, ldb = tb ? k : n;
				mc_real *ea = at_the_end(a, na), *eb = at_the_end(b, nb), *ec = at_the_end(before, nc);
				const int done = mc_kernel_gemm(ta, tb, m, n, k, a, lda, b, ldb, before, n, 1, c, n);

				same = same && done == mc_kernel_gemm(ta, tb, m, n, k, ea, lda, eb, ldb, ec, n, 1, ec, n) &&
				    (!done || memcmp(ec, c, nc * sizeof *c) == 0);
			}
	ok(same, "products at the end of the memory");
	same = 1;
	for (size_t n = 1; n <= MOST; n++) {
		mc_real *e = at_the_end(a, n);

		(void)mc_kernel_sigmoid(c, a, n);
		(void)mc_kernel_tanh(c, c, n);
		(void)mc_kernel_sigmoid(e, e, n);
		(void)mc_kernel_tanh(e, e, n);
		same = same && memcmp(e, c, n * sizeof *c) == 0;
	}
	ok(same, "sigmoid and tanh at the end of the memory");
}

/* Everything in registers of one width. */
static void all_of(enum mc_kernel_width width, const char *name)
{
	mc_kernel_limit(width);
	if (strcmp(mc_kernel_name(), name) != 0) {
		tap_skip(name, "this CPU or scalar type has none");
		return;
	}
	diag("%s", name);
	products();
	ok(!mc_kernel_gemm(1, 1, 1, 128, 128, a, 128, b, 128, NULL, 0, 0, c, 128), "one row, both transposed, is left to the BLAS");
	places();
	beginnings();
	gradients();
	packed();
	ends();
	functions();
	for (size_t H = 1; H <= 33; H += 8) {
		cell_of(H, 0);
		cell_of(H, 1);
	}
	for (size_t n = 1; n <= 31; n += 3) {
		step(0, n);
		step(1, n);
	}
	ok(!mc_kernel_lstm_pack(c, a, 3, b, 36), "36 units are left to the plain path");
}

int main(void)
{
	mc_rng_uniform(a, 0, MAX, 1, MC_RNG_INIT, 0, 0);
	mc_rng_uniform(b, 0, MAX, 2, MC_RNG_INIT, 0, 0);
	mc_kernel_limit(MC_KERNEL_PLAIN);
	ok(!mc_kernel_sigmoid(c, a, 1), "the plain path, when no wider one may be used");
#ifdef MC_KERNEL_ARM
	all_of(MC_KERNEL_NEON, "NEON");
#else
	all_of(MC_KERNEL_AVX2, "AVX2");
	all_of(MC_KERNEL_AVX512, "AVX-512");
#endif
	return tap_done();
}
