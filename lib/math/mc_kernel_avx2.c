/* The fast paths in AVX2 registers, with fused multiply-adds: 16 of 8 floats. */
#include "mc_kernel_paths.h"

#ifdef MC_KERNEL_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* A tile: 12 sums, of 16 registers. A gate's panel stays in the first cache for a group of tiles. */
#define LANES 8
#define TALL 6
#define GROUP 4

typedef __m256 vec;

INLINE __m256i first(size_t n)
{
	static const int there[2 * LANES] = { -1, -1, -1, -1, -1, -1, -1, -1 };

	return _mm256_loadu_si256((const __m256i *)(there + LANES - n));
}

INLINE vec zero(void) { return _mm256_setzero_ps(); }
INLINE vec all(float x) { return _mm256_set1_ps(x); }
INLINE vec load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void store(float *p, vec x) { _mm256_storeu_ps(p, x); }
INLINE vec add(vec x, vec y) { return _mm256_add_ps(x, y); }
INLINE vec sub(vec x, vec y) { return _mm256_sub_ps(x, y); }
INLINE vec mul(vec x, vec y) { return _mm256_mul_ps(x, y); }
INLINE vec mul_add(vec x, vec y, vec z) { return _mm256_fmadd_ps(x, y, z); }
INLINE vec minus_mul_add(vec x, vec y, vec z) { return _mm256_fnmadd_ps(x, y, z); }
INLINE vec lesser(vec x, vec y) { return _mm256_min_ps(x, y); }
INLINE vec greater(vec x, vec y) { return _mm256_max_ps(x, y); }

/* Masks only where they are needed: some CPUs store slowly through them. */
INLINE vec load_some(const float *p, size_t n)
{
	return n < LANES ? _mm256_maskload_ps(p, first(n)) : load(p);
}

INLINE void store_some(float *p, size_t n, vec x)
{
	if (n < LANES)
		_mm256_maskstore_ps(p, first(n), x);
	else
		store(p, x);
}

INLINE vec unless_below(vec y, vec x, vec least)
{
	return _mm256_and_ps(_mm256_cmp_ps(x, least, _CMP_NLT_UQ), y);
}

INLINE vec minus_abs(vec x)
{
	return _mm256_or_ps(x, all(-0.0f));
}

INLINE vec with_sign(vec y, vec x)
{
	const vec sign = all(-0.0f);

	return _mm256_or_ps(_mm256_andnot_ps(sign, y), _mm256_and_ps(sign, x));
}

INLINE vec scaled(vec x, vec n)
{
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x),
	    _mm256_slli_epi32(_mm256_castps_si256(n), 23)));
}

/* A division: the approximation in hardware differs from maker to maker. */
INLINE vec reciprocal(vec a)
{
	return _mm256_div_ps(all(1), a);
}

INLINE void transpose(float *to, size_t ld_to, const float *from, size_t ld, size_t rows, size_t cols)
{
	vec r[8], s[8];

#pragma GCC unroll 8
	for (size_t i = 0; i < 8; i++)
		r[i] = i < rows ? load_some(from + i * ld, cols) : zero();
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {           /* pairs of rows, element by element */
		s[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
		s[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
	}
#pragma GCC unroll 2
	for (int i = 0; i < 2; i++) {           /* fours: column c of each half in r[4i + c] */
		r[4 * i] = _mm256_shuffle_ps(s[4 * i], s[4 * i + 2], 0x44);
		r[4 * i + 1] = _mm256_shuffle_ps(s[4 * i], s[4 * i + 2], 0xee);
		r[4 * i + 2] = _mm256_shuffle_ps(s[4 * i + 1], s[4 * i + 3], 0x44);
		r[4 * i + 3] = _mm256_shuffle_ps(s[4 * i + 1], s[4 * i + 3], 0xee);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {           /* halves to their places */
		s[i] = _mm256_permute2f128_ps(r[i], r[4 + i], 0x20);
		s[4 + i] = _mm256_permute2f128_ps(r[i], r[4 + i], 0x31);
	}
#pragma GCC unroll 8
	for (size_t i = 0; i < 8; i++)
		if (i < cols)
			store(to + i * ld_to, s[i]);
}

#include "mc_kernel_tiles.h"

const struct mc_kernel_paths mc_kernel_avx2 = PATHS("AVX2");

#else
typedef int mc_kernel_avx2_is_empty;
#endif
