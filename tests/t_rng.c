/* Philox against its published values; draws against their definition. */
#include "mc_rng.h"
#include "tap.h"

static void known_values(void)
{
	static const struct { uint32_t ctr[4], key[2], out[4]; } v[] = {
		{ { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
		  { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
		  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		uint32_t out[4];

		mc_philox(out, v[i].ctr, v[i].key);
		ok(memcmp(out, v[i].out, sizeof out) == 0, "philox known value %zu", i);
	}
}

/* A range of draws is the same whether asked for at once or in parts. */
static void parts(void)
{
	mc_real whole[64], part[64];

	mc_rng_uniform(whole, 0, 64, 7, MC_RNG_ASK, 1, 2);
	mc_rng_uniform(part, 0, 5, 7, MC_RNG_ASK, 1, 2);
	mc_rng_uniform(part + 5, 5, 59, 7, MC_RNG_ASK, 1, 2);
	ok(memcmp(whole, part, sizeof whole) == 0, "uniform draws do not depend on how they are asked for");
	mc_rng_normal(whole, 0, 64, 7, MC_RNG_EXPLORE, 1, 2);
	mc_rng_normal(part, 0, 6, 7, MC_RNG_EXPLORE, 1, 2);
	mc_rng_normal(part + 6, 6, 58, 7, MC_RNG_EXPLORE, 1, 2);
	ok(memcmp(whole, part, sizeof whole) == 0, "normal draws neither");
	mc_rng_logistic(whole, 0, 64, 7, MC_RNG_LOGISTIC, 1, 2);
	mc_rng_logistic(part, 0, 3, 7, MC_RNG_LOGISTIC, 1, 2);
	mc_rng_logistic(part + 3, 3, 61, 7, MC_RNG_LOGISTIC, 1, 2);
	ok(memcmp(whole, part, sizeof whole) == 0, "logistic draws neither");
}

/* Moments of 200,000 draws, at five standard errors; the seeds are fixed, so this cannot flicker. */
static void moments(void)
{
	static mc_real x[200000];
	const size_t n = sizeof x / sizeof *x;
	double sum = 0, sq = 0;

	mc_rng_normal(x, 0, n, 3, MC_RNG_EXPLORE, 1, 0);
	for (size_t i = 0; i < n; i++) {
		sum += (double)x[i];
		sq += (double)x[i] * (double)x[i];
	}
	is_near(sum / (double)n, 0, 5 / sqrt((double)n), "normal: mean 0");
	is_near(sq / (double)n, 1, 5 * sqrt(2 / (double)n), "normal: variance 1");
	sum = sq = 0;
	mc_rng_logistic(x, 0, n, 3, MC_RNG_LOGISTIC, 1, 0);
	for (size_t i = 0; i < n; i++) {
		sum += (double)x[i];
		sq += (double)x[i] * (double)x[i];
	}
	is_near(sum / (double)n, 0, 5 * 1.8138 / sqrt((double)n), "logistic: mean 0");
	is_near(sq / (double)n, 3.28987, 0.08, "logistic: variance pi^2/3");
}

int main(void)
{
	known_values();
	parts();
	moments();
	is_near((double)mc_rng_u(0xffffffff), 1 - 0x1p-24, 0, "u stays below 1");
	ok((double)mc_rng_u_open(0) > 0 && (double)mc_rng_u_open(0xffffffff) < 1, "u' lies inside (0, 1)");
	return tap_done();
}
