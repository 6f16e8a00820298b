#include "mc_rng.h"

#include <math.h>

/* The words of one stream from draw number `at` on, a block at a time. */
struct words {
	uint64_t seed;
	enum mc_stream stream;
	uint32_t x, y;
	size_t at;
	uint32_t block[4];
	int have;          /* is `block` the one of `at`? */
};

static uint32_t next_word(struct words *s)
{
	if (!s->have || s->at % 4 == 0) {
		mc_rng_block(s->block, s->seed, (uint32_t)(s->at / 4), s->stream, s->x, s->y);
		s->have = 1;
	}
	return s->block[s->at++ % 4];
}

void mc_rng_word(uint32_t *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y)
{
	struct words s = { .seed = seed, .stream = stream, .x = x, .y = y, .at = first };

	for (size_t i = 0; i < n; i++)
		out[i] = next_word(&s);
}

void mc_rng_uniform(mc_real *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y)
{
	struct words s = { .seed = seed, .stream = stream, .x = x, .y = y, .at = first };

	for (size_t i = 0; i < n; i++)
		out[i] = mc_rng_u(next_word(&s));
}

void mc_rng_logistic(mc_real *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y)
{
	struct words s = { .seed = seed, .stream = stream, .x = x, .y = y, .at = first };

	for (size_t i = 0; i < n; i++) {
		const double u = (double)mc_rng_u_open(next_word(&s));

		out[i] = (mc_real)(log(u) - log(1.0 - u));
	}
}

void mc_rng_normal(mc_real *out, size_t first, size_t n, uint64_t seed,
    enum mc_stream stream, uint32_t x, uint32_t y)
{
	const double two_pi = 6.283185307179586476925286766559;
	struct words s = { .seed = seed, .stream = stream, .x = x, .y = y, .at = first };

	for (size_t i = 0; i < n; i += 2) {
		const double radius = sqrt(-2.0 * log((double)mc_rng_u_open(next_word(&s))));
		const double angle = two_pi * (double)mc_rng_u_open(next_word(&s));

		out[i] = (mc_real)(radius * cos(angle));
		if (i + 1 < n)
			out[i + 1] = (mc_real)(radius * sin(angle));
	}
}
