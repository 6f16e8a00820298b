/*
 * Products against the definition, and the choice of kernels: the module is included, so
 * that its loading can be done in parts.
 */
#include "mc_blas.c"
#include "mc_rng.h"
#include "tap.h"

enum { MAX = 140 };

static mc_real a[MAX * MAX], b[MAX * MAX], c[MAX * MAX], want[MAX * MAX];

/* op(A)[i,p] of a matrix stored with rows lda apart. */
static double at(const mc_real *x, size_t ld, enum mc_op t, size_t i, size_t p)
{
	return (double)(t == MC_T ? x[p * ld + i] : x[i * ld + p]);
}

static double error_of(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k, mc_real alpha,
    mc_real beta)
{
	const size_t lda = (ta == MC_T ? m : k) + 3, ldb = (tb == MC_T ? k : n) + 1, ldc = n + 2;
	double worst = 0;

	mc_rng_uniform(a, 0, MAX * MAX, 1, MC_RNG_INIT, 0, 0);
	mc_rng_uniform(b, 0, MAX * MAX, 2, MC_RNG_INIT, 0, 0);
	mc_rng_uniform(c, 0, MAX * MAX, 3, MC_RNG_INIT, 0, 0);
	memcpy(want, c, sizeof c);
	mc_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
	for (size_t i = 0; i < MAX * MAX; i++) {
		const size_t row = i / ldc, col = i % ldc;
		double s = (double)want[i];

		if (row < m && col < n) {
			s *= (double)beta;
			for (size_t p = 0; p < k; p++)
				s += (double)alpha * at(a, lda, ta, row, p) * at(b, ldb, tb, p, col);
		}
		worst = fmax(worst, fabs(s - (double)c[i]) / (1 + (double)k));
	}
	return worst;
}

static void products(void)
{
	static const size_t shape[][3] = {
		{ 1, 1, 1 }, { 1, 128, 14 }, { 3, 5, 7 }, { 17, 1, 128 }, { 128, 2, 33 }, { 14, 128, 77 },
		{ 100, 129, 1 }, { 31, 64, 130 }, { 0, 4, 4 }, { 4, 0, 4 }, { 4, 4, 0 },
	};
	const double tol = sizeof(mc_real) == 4 ? 1e-6 : 1e-14;

	for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
		const size_t m = shape[s][0], n = shape[s][1], k = shape[s][2];
		double worst = 0;

		for (int t = 0; t < 4; t++) {
			const enum mc_op ta = t & 1 ? MC_T : MC_N, tb = t & 2 ? MC_T : MC_N;

			worst = fmax(worst, error_of(ta, tb, m, n, k, 1, 0));
			worst = fmax(worst, error_of(ta, tb, m, n, k, (mc_real)0.5, 1));
			worst = fmax(worst, error_of(ta, tb, m, n, k, -1, (mc_real)0.25));
		}
		ok(worst < tol, "[%zu,%zu] from %zu, all transposes, alphas, betas", m, n, k);
	}
	c[0] = (mc_real)NAN;
	mc_gemm(MC_N, MC_N, 1, 1, 0, 1, a, 1, b, 1, 0, c, 1);
	ok(c[0] == 0, "beta = 0 overwrites, whatever was there");
}

/* f(S + op(A) op(B)) where S is a matrix of its own rows, and where it is C; what lies between C's rows stays. */
static double error_onto(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k, int relu, int itself)
{
	static mc_real start[MAX * MAX];
	const size_t lda = (ta == MC_T ? m : k) + 3, ldb = (tb == MC_T ? k : n) + 1, ldc = n + 2, lds = itself ? ldc : n + 5;
	double worst = 0;

	mc_rng_normal(a, 0, MAX * MAX, 1, MC_RNG_INIT, 0, 0);
	mc_rng_normal(b, 0, MAX * MAX, 2, MC_RNG_INIT, 0, 0);
	mc_rng_normal(c, 0, MAX * MAX, 3, MC_RNG_INIT, 0, 0);
	mc_rng_normal(start, 0, MAX * MAX, itself ? 3 : 4, MC_RNG_INIT, 0, 0);
	memcpy(want, c, sizeof c);
	mc_gemm_onto(ta, tb, m, n, k, a, lda, b, ldb, itself ? c : start, lds, relu, c, ldc);
	for (size_t i = 0; i < MAX * MAX; i++) {
		const size_t row = i / ldc, col = i % ldc;
		double s = (double)want[i];

		if (row < m && col < n) {
			s = (double)start[row * lds + col];
			for (size_t p = 0; p < k; p++)
				s += at(a, lda, ta, row, p) * at(b, ldb, tb, p, col);
			s = relu && s < 0 ? 0 : s;
		}
		worst = fmax(worst, fabs(s - (double)c[i]) / (1 + (double)k));
	}
	return worst;
}

static void onto(void)
{
	static const size_t shape[][3] = { { 1, 1, 1 }, { 3, 5, 7 }, { 64, 128, 2 }, { 17, 1, 100 }, { 50, 70, 30 } };
	const double tol = sizeof(mc_real) == 4 ? 3e-6 : 1e-14;

	for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
		const size_t m = shape[s][0], n = shape[s][1], k = shape[s][2];
		double worst = 0;

		for (int t = 0; t < 16; t++)
			worst = fmax(worst, error_onto(t & 1 ? MC_T : MC_N, t & 2 ? MC_T : MC_N, m, n, k, !!(t & 4), !!(t & 8)));
		ok(worst < tol, "[%zu,%zu] from %zu onto another and itself, with ReLU and without", m, n, k);
	}
}

static void kernels(void)
{
	struct mc_err e = { 0 };

	is_str(mc_blas_core(), "none", "no core before the library is loaded");
	is_int(mc_blas_init(&e), 0, "the library loads");
	diag("%s, %s by itself, %s in use", mc_blas_version(), mc_blas_core_default(), mc_blas_core());
	ok(strncmp(mc_blas_version(), "OpenBLAS ", 9) == 0, "the version is known");
	if (getenv("OPENBLAS_CORETYPE"))
		tap_skip("the core is not below the CPU's", "OPENBLAS_CORETYPE is set");
	else
		ok(!mc_blas_better_core(mc_blas_core()), "the core is not below the CPU's");
	is_int(mc_blas_init(&e), 0, "a second call is harmless");
	ok(!mc_blas_better_core("FutureLake"), "an unknown core is left alone");
	ok(!getenv("OPENBLAS_NUM_THREADS"), "the environment is as it was");
}

/* A library that picks kernels of 2004, as old releases do on CPUs they do not know. */
static void wrong_choice(void)
{
	const char *name = "a poor choice is put right by loading again";
	const char *better = mc_blas_better_core("Prescott");
	struct setting s, threads;
	struct mc_err e = { 0 };
	struct lib l;
	char core[32] = "";

	ok(set_for_now(&threads, "OPENBLAS_NUM_THREADS", "1") == 0 && set_for_now(&s, "OPENBLAS_CORETYPE", "Prescott") == 0,
	    "variables for now");
	const int status = load(&l, &e);
	set_back(&s);
	if (status == 0)
		core_of(&l, core, sizeof core);
	if (status != 0 || strcmp(core, "Prescott") != 0 || !better) {
		tap_skip(name, "this library or CPU has no choice");
	} else {
		is_int(load_better(&l, better, &e), 0, name);
		core_of(&l, core, sizeof core);
		is_str(core, better, "the better core is in use");
	}
	if (status == 0 && l.corename) {
		is_int(check_choice(&l, core, &e), 0, "a choice that was met");
		is_int(check_choice(&l, "nonsense", &e), -1, "a core that the library does not have");
		is_int(e.code, MC_USAGE, "is refused");
	}
	set_back(&threads);
	if (status == 0)
		dlclose(l.handle);
}

/* OPENBLAS_CORETYPE chooses for our own kernels too. */
static void widths(void)
{
	is_int(width_of("Prescott"), MC_KERNEL_PLAIN, "a core without AVX2: plain kernels");
	is_int(width_of("Zen"), MC_KERNEL_AVX2, "a core with it");
	is_int(width_of("SkylakeX"), MC_KERNEL_AVX512, "a core with AVX-512, or one not known: as wide as there are");
}

int main(void)
{
	unsetenv("OPENBLAS_NUM_THREADS");
	wrong_choice();
	widths();
	kernels();
	products();
	onto();
	return tap_done();
}
