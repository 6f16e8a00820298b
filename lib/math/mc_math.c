#include "mc_math.h"

#include <stdint.h>
#include <string.h>

#include "mc_kernel.h"

/*
 * The vector functions work on blocks of BLOCK copied elements, the last one padded: every
 * element goes through the same instructions wherever it stands, y may be x, and the
 * compiler sees loops without aliases or tails, which it turns into vector code without
 * being allowed to reorder anything.
 */
enum { BLOCK = 64 };

#ifdef MC_DOUBLE

static void sigmoid_block(double *v)
{
	for (int i = 0; i < BLOCK; i++)
		v[i] = mc_sigmoid(v[i]);
}

static void tanh_block(double *v)
{
	for (int i = 0; i < BLOCK; i++)
		v[i] = tanh(v[i]);
}

#else

/* For x in [LOWEST, 0]: e^x = scale (1 + p), scale = 2^n a power of two. */
#define LOWEST (-87.3365448f) /* just inside -126 ln 2: e^x is a normal number */

static inline void exp_parts(float x, float *scale, float *p)
{
	/* adding 1.5 2^23 rounds x / ln 2 to the integer n, which then stands in the low bits */
	const float big = 12582912.0f;
	const float t = x * 1.44269504f + big;
	const float n = t - big;
	/* x - n ln 2, ln 2 in two parts: the product with the first, of few bits, is exact */
	const float r = n * -1.42860677e-6f + (n * -0.693145752f + x);
	uint32_t bits;

	memcpy(&bits, &t, sizeof bits);
	bits = (bits + 127) << 23;
	memcpy(scale, &bits, sizeof bits);

	/* e^r - 1 = r + r^2 q(r) on |r| <= ln 2 / 2; q fitted for the least largest error
	 * relative to the left side, 1.4e-8 */
	float q = 1.388251e-3f;

	q = q * r + 8.36658e-3f;
	q = q * r + 4.16672e-2f;
	q = q * r + 0.16666543f;
	q = q * r + 0.49999997f;
	*p = r * r * q + r;
}

static void sigmoid_block(float *v)
{
	for (int i = 0; i < BLOCK; i++) {
		const float x = v[i];
		const float minus = -fabsf(x);
		float scale, p;

		exp_parts(minus < LOWEST ? LOWEST : minus, &scale, &p);
		const float e = scale * p + scale;
		const float s = 1 / (1 + e);

		/* a NaN takes the last way, where s is NaN too */
		v[i] = x < LOWEST ? 0 : x < 0 ? e * s : s;
	}
}

/* tanh a = -E / (2 + E), E = e^(-2a) - 1: no digits are lost at small a. */
static void tanh_block(float *v)
{
	for (int i = 0; i < BLOCK; i++) {
		const float x = v[i];
		const float minus = -2 * fabsf(x);
		float scale, p;

		exp_parts(minus < LOWEST ? LOWEST : minus, &scale, &p);
		const float E = scale * p + (scale - 1);

		v[i] = copysignf(E / (2 + E), x);
	}
}

#endif

static inline void blockwise(void (*f)(mc_real *), mc_real *y, const mc_real *x, size_t n)
{
	mc_real v[BLOCK] = { 0 };

	for (size_t i = 0; i < n; i += BLOCK) {
		const size_t part = (n - i < BLOCK ? n - i : BLOCK) * sizeof *v;

		memcpy(v, x + i, part);
		f(v);
		memcpy(y + i, v, part);
	}
}

static void plain_sigmoid(mc_real *y, const mc_real *x, size_t n)
{
	blockwise(sigmoid_block, y, x, n);
}

static void plain_tanh(mc_real *y, const mc_real *x, size_t n)
{
	blockwise(tanh_block, y, x, n);
}

void mc_vec_sigmoid(mc_real *y, const mc_real *x, size_t n)
{
	if (!mc_kernel_sigmoid(y, x, n))
		plain_sigmoid(y, x, n);
}

void mc_vec_tanh(mc_real *y, const mc_real *x, size_t n)
{
	if (!mc_kernel_tanh(y, x, n))
		plain_tanh(y, x, n);
}

void mc_vec_relu(mc_real *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = y[i] > 0 ? y[i] : 0;
}

void mc_vec_relu_mask(mc_real *restrict dy, const mc_real *restrict y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dy[i] = y[i] > 0 ? dy[i] : 0;
}

void mc_vec_add(mc_real *restrict sum, const mc_real *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += x[i];
}

/* LANES sums side by side, then added in lane order: vector code with an order of its own. */
double mc_sumsq(const mc_real *x, size_t n)
{
	enum { LANES = 16 };
	double lane[LANES] = { 0 }, sum = 0;
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			lane[l] += (double)x[i + l] * (double)x[i + l];
	for (int l = 0; i < n; i++, l++)
		lane[l] += (double)x[i] * (double)x[i];
	for (int l = 0; l < LANES; l++)
		sum += lane[l];
	return sum;
}

/* Looks at exponents: arithmetic on values could be reordered for no gain, integers may be. */
int mc_all_finite(const mc_real *x, size_t n)
{
#ifdef MC_DOUBLE
	typedef uint64_t word;
	const word exponent = (word)0x7ff << 52;
#else
	typedef uint32_t word;
	const word exponent = (word)0xff << 23;
#endif
	word bad = 0;

	for (size_t i = 0; i < n; i++) {
		word bits;

		memcpy(&bits, x + i, sizeof bits);
		bad |= (bits & exponent) == exponent;
	}
	return !bad;
}
