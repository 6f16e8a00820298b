/* The fast paths in AVX-512 registers: 32 of 16 floats. */
#include "mc_kernel_paths.h"

#ifdef MC_KERNEL_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* A tile: 28 sums, of 32 registers. The four panels of a gate's units go with every tile. */
#define LANES 16
#define TALL 14
#define GROUP 1

typedef __m512 vec;

INLINE __mmask16 first(size_t n)
{
	return (__mmask16)(n < LANES ? (1u << n) - 1 : 0xffff);
}

INLINE vec zero(void) { return _mm512_setzero_ps(); }
INLINE vec all(float x) { return _mm512_set1_ps(x); }
INLINE vec load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void store(float *p, vec x) { _mm512_storeu_ps(p, x); }
INLINE vec load_some(const float *p, size_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
INLINE void store_some(float *p, size_t n, vec x) { _mm512_mask_storeu_ps(p, first(n), x); }
INLINE vec add(vec x, vec y) { return _mm512_add_ps(x, y); }
INLINE vec sub(vec x, vec y) { return _mm512_sub_ps(x, y); }
INLINE vec mul(vec x, vec y) { return _mm512_mul_ps(x, y); }
INLINE vec mul_add(vec x, vec y, vec z) { return _mm512_fmadd_ps(x, y, z); }
INLINE vec minus_mul_add(vec x, vec y, vec z) { return _mm512_fnmadd_ps(x, y, z); }
INLINE vec lesser(vec x, vec y) { return _mm512_min_ps(x, y); }
INLINE vec greater(vec x, vec y) { return _mm512_max_ps(x, y); }

INLINE vec unless_below(vec y, vec x, vec least)
{
	return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, least, _CMP_NLT_UQ), y);
}

INLINE vec minus_abs(vec x)
{
	return _mm512_castsi512_ps(_mm512_or_epi32(_mm512_castps_si512(x), _mm512_set1_epi32((int)0x80000000u)));
}

INLINE vec with_sign(vec y, vec x)
{
	return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_set1_epi32((int)0x80000000u),
	    _mm512_castps_si512(x), _mm512_castps_si512(y), 0xca));
}

INLINE vec scaled(vec x, vec n)
{
	return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x),
	    _mm512_slli_epi32(_mm512_castps_si512(n), 23)));
}

/* 14 bits and one step of Newton's: a third of a division's time. */
INLINE vec reciprocal(vec a)
{
	const vec y = _mm512_rcp14_ps(a);

	return mul_add(minus_mul_add(a, y, all(1)), y, y);
}

INLINE void transpose(float *to, size_t ld_to, const float *from, size_t ld, size_t rows, size_t cols)
{
	vec r[16], s[16];

#pragma GCC unroll 16
	for (size_t i = 0; i < 16; i++)
		r[i] = i < rows ? load_some(from + i * ld, cols) : zero();
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
		const vec a = _mm512_shuffle_f32x4(r[i], r[4 + i], 0x88);
		const vec b = _mm512_shuffle_f32x4(r[8 + i], r[12 + i], 0x88);
		const vec c = _mm512_shuffle_f32x4(r[i], r[4 + i], 0xdd);
		const vec d = _mm512_shuffle_f32x4(r[8 + i], r[12 + i], 0xdd);

		s[i] = _mm512_shuffle_f32x4(a, b, 0x88);
		s[8 + i] = _mm512_shuffle_f32x4(a, b, 0xdd);
		s[4 + i] = _mm512_shuffle_f32x4(c, d, 0x88);
		s[12 + i] = _mm512_shuffle_f32x4(c, d, 0xdd);
	}
#pragma GCC unroll 16
	for (size_t i = 0; i < 16; i++)
		if (i < cols)
			store(to + i * ld_to, s[i]);
}

#include "mc_kernel_tiles.h"

const struct mc_kernel_paths mc_kernel_avx512 = PATHS("AVX-512");

#else
typedef int mc_kernel_avx512_is_empty;
#endif
