#include "mc_blas.h"

#include <assert.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mc_kernel.h"
#include "mc_math.h"

/* The constants of the C interface to the BLAS. */
enum { ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112 };

typedef void gemm_fn(int order, int ta, int tb, int m, int n, int k, mc_real alpha,
    const mc_real *a, int lda, const mc_real *b, int ldb, mc_real beta, mc_real *c, int ldc);

#ifdef MC_DOUBLE
#define GEMM "cblas_dgemm"
#else
#define GEMM "cblas_sgemm"
#endif

static struct {
	gemm_fn *gemm;
	char version[64], core[32], core_default[32];
} blas = { NULL, "none", "none", "none" };

/* A library that was loaded, not yet decided on. Functions the library lacks stay NULL. */
struct lib {
	void *handle;
	gemm_fn *gemm;
	char *(*config)(void);
	char *(*corename)(void);
	void (*set_num_threads)(int);
};

/* dlsym gives an object pointer; POSIX promises that its bits are the function's. */
static void find(void *handle, const char *name, void *fn, size_t size)
{
	void *p = dlsym(handle, name);

	memcpy(fn, &p, size);
}

static int load(struct lib *l, struct mc_err *e)
{
	l->handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!l->handle)
		return mc_err_set(e, MC_OSERR, NULL, -1, "install it (Debian: libopenblas0-pthread)",
		    "cannot load libopenblas.so.0");
	find(l->handle, GEMM, &l->gemm, sizeof l->gemm);
	find(l->handle, "openblas_get_config", &l->config, sizeof l->config);
	find(l->handle, "openblas_get_corename", &l->corename, sizeof l->corename);
	find(l->handle, "openblas_set_num_threads", &l->set_num_threads, sizeof l->set_num_threads);
	return 0;
}

static void core_of(const struct lib *l, char *core, size_t size)
{
	(void)snprintf(core, size, "%s", l->corename ? l->corename() : "unknown");
}

/*
 * What a core's kernels use: 0 SSE, 1 AVX, 2 AVX2 with FMA, 3 AVX-512. A name that is not
 * here belongs to another architecture or to a library newer than this table, which knows
 * its machines: 4, never overruled.
 */
static int rank_of(const char *core)
{
	static const struct { const char *name; int rank; } known[] = {
		{ "Generic", 0 }, { "Katmai", 0 }, { "Coppermine", 0 }, { "Northwood", 0 },
		{ "Prescott", 0 }, { "Banias", 0 }, { "Core2", 0 }, { "Penryn", 0 },
		{ "Dunnington", 0 }, { "Nehalem", 0 }, { "Atom", 0 }, { "Athlon", 0 },
		{ "Opteron", 0 }, { "Opteron_SSE3", 0 }, { "Barcelona", 0 }, { "Nano", 0 },
		{ "Bobcat", 0 }, { "Sandybridge", 1 }, { "Bulldozer", 1 }, { "Piledriver", 1 },
		{ "Steamroller", 1 }, { "Excavator", 1 }, { "Haswell", 2 }, { "Zen", 2 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcasecmp(core, known[i].name) == 0)
			return known[i].rank;
	return 4;
}

static enum mc_kernel_width width_of(const char *core)
{
	const int rank = rank_of(core);

	return rank < 2 ? MC_KERNEL_PLAIN : rank == 2 ? MC_KERNEL_AVX2 : MC_KERNEL_AVX512;
}

/* The same scale for this CPU, its system's support for the registers included. */
static int rank_of_cpu(void)
{
#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512cd"))
		return 3;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return 2;
	if (__builtin_cpu_supports("avx"))
		return 1;
#endif
	return 0;
}

const char *mc_blas_better_core(const char *core)
{
	static const char *const name[] = { NULL, "Sandybridge", "Haswell", "SkylakeX" };
	const int can = rank_of_cpu();

	return rank_of(core) < can ? name[can] : NULL;
}

/* One environment variable, set for a while. */
struct setting {
	const char *name;
	char old[128];
	int had;
};

/* -1: no memory; nothing is set then, and nothing to set back. */
static int set_for_now(struct setting *s, const char *name, const char *value)
{
	const char *old = getenv(name);

	s->name = name;
	s->had = old != NULL;
	(void)snprintf(s->old, sizeof s->old, "%s", old ? old : "");
	return setenv(name, value, 1);
}

static void set_back(const struct setting *s)
{
	if (s->had)
		(void)setenv(s->name, s->old, 1);
	else
		(void)unsetenv(s->name);
}

/* Loads again asking for `better`; OpenBLAS chooses its kernels once, while it is loaded. */
static int load_better(struct lib *l, const char *better, struct mc_err *e)
{
	struct setting coretype;

	if (set_for_now(&coretype, "OPENBLAS_CORETYPE", better) < 0)
		return mc_err_nomem(e, "OPENBLAS_CORETYPE", strlen(better));
	(void)dlclose(l->handle);
	const int status = load(l, e);
	set_back(&coretype);
	return status;
}

/* The user's choice, which makes the numbers: the library passes over a name that it does not know. */
static int check_choice(const struct lib *l, const char *choice, struct mc_err *e)
{
	char core[sizeof blas.core];

	core_of(l, core, sizeof core);
	if (!l->corename || strcasecmp(core, choice) == 0)
		return 0;
	return mc_err_set(e, MC_USAGE, "OPENBLAS_CORETYPE", -1, "name a core that it has, or unset it",
	    "OpenBLAS has no core \"%.100s\" here, and would take %s", choice, core);
}

/*
 * The library makes its threads while it is loaded: told one, it makes none. The variable is
 * set back so that no child process inherits it.
 */
static int load_best(struct lib *l, char core_default[], size_t size, struct mc_err *e)
{
	const char *choice = getenv("OPENBLAS_CORETYPE");
	struct setting threads;
	int status;

	if (set_for_now(&threads, "OPENBLAS_NUM_THREADS", "1") < 0)
		return mc_err_nomem(e, "OPENBLAS_NUM_THREADS", 1);
	status = load(l, e);
	if (status == 0) {
		core_of(l, core_default, size);
		const char *better = mc_blas_better_core(core_default);

		if (choice && *choice)
			status = check_choice(l, choice, e);
		else if (better)
			status = load_better(l, better, e);
	}
	set_back(&threads);
	return status;
}

int mc_blas_init(struct mc_err *e)
{
	struct lib l = { 0 };
	char core_default[sizeof blas.core_default];

	if (blas.gemm)
		return 0;
	if (load_best(&l, core_default, sizeof core_default, e) < 0)
		return -1;
	if (!l.gemm) {
		(void)dlclose(l.handle);
		return mc_err_set(e, MC_OSERR, "libopenblas.so.0", -1, NULL, "it has no %s", GEMM);
	}
	if (l.set_num_threads)
		l.set_num_threads(1);
	if (l.config) {               /* "OpenBLAS 0.3.21 NO_LAPACKE ..." */
		char name[24] = "", number[24] = "";

		(void)sscanf(l.config(), "%23s %23s", name, number);
		(void)snprintf(blas.version, sizeof blas.version, "%s %s", name, number);
	}
	memcpy(blas.core_default, core_default, sizeof blas.core_default);
	core_of(&l, blas.core, sizeof blas.core);
	mc_kernel_limit(width_of(blas.core));
	blas.gemm = l.gemm;           /* never closed: products are made until the process ends */
	return 0;
}

const char *mc_blas_version(void)
{
	return blas.version;
}

const char *mc_blas_core(void)
{
	return blas.core;
}

const char *mc_blas_core_default(void)
{
	return blas.core_default;
}

static int as_int(size_t n)
{
	assert(n <= INT_MAX);
	return (int)n;
}

void mc_blas_gemm(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k,
    mc_real alpha, const mc_real *a, size_t lda, const mc_real *b, size_t ldb,
    mc_real beta, mc_real *c, size_t ldc)
{
	assert(blas.gemm);
	blas.gemm(ROW_MAJOR, ta == MC_T ? TRANS : NO_TRANS, tb == MC_T ? TRANS : NO_TRANS,
	    as_int(m), as_int(n), as_int(k), alpha, a, as_int(lda), b, as_int(ldb),
	    beta, c, as_int(ldc));
}

void mc_gemm(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k,
    mc_real alpha, const mc_real *a, size_t lda, const mc_real *b, size_t ldb,
    mc_real beta, mc_real *c, size_t ldc)
{
	if (m == 0 || n == 0)
		return;
	if (k == 0 && beta == 1)
		return;
	if (k == 0) {                 /* leading dimensions may be 0 here: not for the BLAS */
		for (size_t i = 0; i < m; i++)
			for (size_t j = 0; j < n; j++)
				c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
		return;
	}
	if (alpha == 1 && (beta == 0 || beta == 1) &&
	    mc_kernel_gemm(ta == MC_T, tb == MC_T, m, n, k, a, lda, b, ldb, beta == 1 ? c : NULL, ldc, 0, c, ldc))
		return;
	mc_blas_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void mc_gemm_onto(enum mc_op ta, enum mc_op tb, size_t m, size_t n, size_t k,
    const mc_real *a, size_t lda, const mc_real *b, size_t ldb,
    const mc_real *s, size_t lds, int relu, mc_real *c, size_t ldc)
{
	if (mc_kernel_gemm(ta == MC_T, tb == MC_T, m, n, k, a, lda, b, ldb, s, lds, relu, c, ldc))
		return;
	for (size_t i = 0; i < m && s != c; i++)
		memcpy(c + i * ldc, s + i * lds, n * sizeof *c);
	mc_blas_gemm(ta, tb, m, n, k, 1, a, lda, b, ldb, 1, c, ldc);
	for (size_t i = 0; i < m && relu; i++)
		mc_vec_relu(c + i * ldc, n);
}
