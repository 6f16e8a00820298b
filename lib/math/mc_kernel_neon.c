/* The fast paths in registers of NEON, which every 64-bit ARM has: 32 of 4 floats. */
#include "mc_kernel_paths.h"

#ifdef MC_KERNEL_ARM

#include <arm_neon.h>

#define TARGET
#define INLINE static inline __attribute__((always_inline))

/* A tile: 28 sums, of 32 registers. The four panels of a gate's units go with every tile. */
#define LANES 4
#define TALL 14
#define GROUP 1

typedef float32x4_t vec;

INLINE vec zero(void) { return vdupq_n_f32(0); }
INLINE vec all(float x) { return vdupq_n_f32(x); }
INLINE vec load(const float *p) { return vld1q_f32(p); }
INLINE void store(float *p, vec x) { vst1q_f32(p, x); }
INLINE vec add(vec x, vec y) { return vaddq_f32(x, y); }
INLINE vec sub(vec x, vec y) { return vsubq_f32(x, y); }
INLINE vec mul(vec x, vec y) { return vmulq_f32(x, y); }
INLINE vec mul_add(vec x, vec y, vec z) { return vfmaq_f32(z, x, y); }
INLINE vec minus_mul_add(vec x, vec y, vec z) { return vfmsq_f32(z, x, y); }

/* Comparisons, since NEON's minimum and maximum of a NaN and a number are the NaN. */
INLINE vec lesser(vec x, vec y) { return vbslq_f32(vcltq_f32(x, y), x, y); }
INLINE vec greater(vec x, vec y) { return vbslq_f32(vcgtq_f32(x, y), x, y); }

INLINE vec load_some(const float *p, size_t n)
{
	switch (n) {
	case 1: return vld1q_lane_f32(p, zero(), 0);
	case 2: return vcombine_f32(vld1_f32(p), vdup_n_f32(0));
	case 3: return vld1q_lane_f32(p + 2, vcombine_f32(vld1_f32(p), vdup_n_f32(0)), 2);
	default: return load(p);
	}
}

INLINE void store_some(float *p, size_t n, vec x)
{
	switch (n) {
	case 1: vst1q_lane_f32(p, x, 0); break;
	case 2: vst1_f32(p, vget_low_f32(x)); break;
	case 3: vst1_f32(p, vget_low_f32(x)); vst1q_lane_f32(p + 2, x, 2); break;
	default: store(p, x); break;
	}
}

INLINE vec unless_below(vec y, vec x, vec least)
{
	return vbslq_f32(vcltq_f32(x, least), zero(), y);
}

INLINE vec minus_abs(vec x)
{
	return vnegq_f32(vabsq_f32(x));
}

INLINE vec with_sign(vec y, vec x)
{
	return vbslq_f32(vdupq_n_u32(0x80000000u), x, y);
}

INLINE vec scaled(vec x, vec n)
{
	return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x),
	    vshlq_n_s32(vreinterpretq_s32_f32(n), 23)));
}

/* A division: the approximation in hardware has 8 bits. */
INLINE vec reciprocal(vec a)
{
	return vdivq_f32(all(1), a);
}

INLINE void transpose(float *to, size_t ld_to, const float *from, size_t ld, size_t rows, size_t cols)
{
	vec r[4], s[4];

#pragma GCC unroll 4
	for (size_t i = 0; i < 4; i++)
		r[i] = i < rows ? load_some(from + i * ld, cols) : zero();
#pragma GCC unroll 2
	for (int i = 0; i < 2; i++) {           /* pairs of rows: columns 0 and 2, 1 and 3 */
		s[2 * i] = vtrn1q_f32(r[2 * i], r[2 * i + 1]);
		s[2 * i + 1] = vtrn2q_f32(r[2 * i], r[2 * i + 1]);
	}
#pragma GCC unroll 2
	for (int i = 0; i < 2; i++) {           /* halves to their places */
		r[i] = vcombine_f32(vget_low_f32(s[i]), vget_low_f32(s[2 + i]));
		r[2 + i] = vcombine_f32(vget_high_f32(s[i]), vget_high_f32(s[2 + i]));
	}
#pragma GCC unroll 4
	for (size_t i = 0; i < 4; i++)
		if (i < cols)
			store(to + i * ld_to, r[i]);
}

#include "mc_kernel_tiles.h"

const struct mc_kernel_paths mc_kernel_neon = PATHS("NEON");

#else
typedef int mc_kernel_neon_is_empty;
#endif
