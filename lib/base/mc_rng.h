/*
 * Random numbers: Philox4x32-10, counter-based. A draw is a function of
 * (seed, what for, x, y, number of the draw) and of nothing else, so that neither
 * threads nor batch sizes nor a stop and a resume can move one.
 *
 *     key     = (seed mod 2^32, seed / 2^32)
 *     counter = (block, stream, x, y)
 *
 * Draw number n of a stream is word n mod 4 of block n / 4.
 */
#ifndef MC_RNG_H
#define MC_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a draw is for: the second counter word. Never renumber: runs would change. */
enum mc_stream {
	MC_RNG_RESET = 0,        /* x = environment, y = episode; mc_world.h */
	MC_RNG_ASK = 1,          /* decisions while acting: x = environment, y = episode; draw (t*N+i)*d+j */
	MC_RNG_EXPLORE = 2,      /* exploration: x = environment, y = episode; normal (t*N+i)*2+c */
	MC_RNG_BATCH = 3,        /* replay indices: x = iteration; draw b */
	MC_RNG_ASK_TARGET = 4,   /* C' at o': x = iteration; draw (b*N+i)*d+j */
	MC_RNG_ASK_POLICY = 5,   /* C^i at o: x = iteration; draw (b*N+i)*d+j */
	MC_RNG_LOGISTIC = 6,     /* stgs noise: x = iteration; draw (b*N+i)*d+j */
	MC_RNG_INIT = 7,         /* initial values: x = net, y = tensor; draw = element */
	MC_RNG_RANDOM = 8,       /* random actions in mc-envsim: x = environment, y = episode; draw (t*N+i)*2+c */
	MC_RNG_BOOTSTRAP = 9,    /* resamples: x = resample; draw = element */
	MC_RNG_DROP = 10,        /* messages lost in mc-eval: x = environment, y = episode; draw (t*N+i)*d+j */
	MC_RNG_SHUFFLE = 11,     /* whose observation comes in its place: x = environment, y = episode; draw (t*N+i)*d+j */
};

/* One block: out[4] = philox4x32-10(ctr[4], key[2]). */
static inline MC_BOTH void mc_philox(uint32_t out[4], const uint32_t ctr[4], const uint32_t key[2])
{
	uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
	uint32_t k0 = key[0], k1 = key[1];

	for (int round = 0; round < 10; round++) {
		const uint64_t a = (uint64_t)0xD2511F53u * c0;
		const uint64_t b = (uint64_t)0xCD9E8D57u * c2;

		c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)b;
		c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)a;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

/* Block number `block` of (seed, stream, x, y). */
static inline MC_BOTH void mc_rng_block(uint32_t out[4], uint64_t seed, uint32_t block,
    enum mc_stream stream, uint32_t x, uint32_t y)
{
	const uint32_t ctr[4] = { block, (uint32_t)stream, x, y };
	const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };

	mc_philox(out, ctr, key);
}

/* A word as u in [0, 1): (w >> 8) 2^-24, exact in float. */
static inline MC_BOTH mc_real mc_rng_u(uint32_t w)
{
	return (mc_real)(w >> 8) * ((mc_real)1 / (1 << 24));
}

/* A word as u strictly inside (0, 1), for logarithms: ((w >> 9) + 1/2) 2^-23, exact in float. */
static inline MC_BOTH mc_real mc_rng_u_open(uint32_t w)
{
	return ((mc_real)(w >> 9) + (mc_real)0.5) * ((mc_real)1 / (1 << 23));
}

/*
 * Draws first ... first+n-1 of a stream into out[n]:
 *   uniform   u in [0, 1)
 *   logistic  ln u' - ln(1 - u'), u' in (0, 1)
 *   normal    standard normal by Box-Muller: a pair from words 2p, 2p+1 gives
 *             draws 2p (cosine) and 2p+1 (sine); `first` must be even
 *   word      the 32-bit words
 */
void mc_rng_uniform(mc_real *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y);
void mc_rng_logistic(mc_real *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y);
void mc_rng_normal(mc_real *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y);
void mc_rng_word(uint32_t *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y);

#ifdef __cplusplus
}
#endif

#endif
