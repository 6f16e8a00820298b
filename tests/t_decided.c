/*
 * mc_decided: three agents' decisions by hand.
 */
#include "mc_decided.h"
#include "tap.h"

static const struct mc_dims dims = { .N = 3, .d = 2 };

static double h(double p)
{
	return -p * log(p) - (1 - p) * log(1 - p);
}

static void learned(struct mc_arena *arena)
{
	/* slots: 0 asks 1, 2; 1 asks 0, 2; 2 asks 0, 1 */
	const uint8_t m[12] = { 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1 };
	const uint8_t I[12] = { 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1 };
	const mc_real c[12] = { 1, (mc_real)0.5, (mc_real)0.25, 9, 0, (mc_real)0.995,
		(mc_real)0.5, (mc_real)0.5, (mc_real)0.75, 9, 9, (mc_real)0.985 };
	struct mc_decided x;
	struct mc_err e;

	if (mc_decided_new(&x, &dims, 1, arena, &e) < 0)
		return;
	mc_decided_add(&x, c, I, m, 1);
	mc_decided_add(&x, c + 6, I + 6, m + 6, 1);
	is_int((long long)mc_decided_edges(&x), 9, "edges");
	is_int((long long)mc_decided_requests(&x), 5, "requests");
	is_near(mc_decided_rate(&x), 5 / 9., 1e-12, "share of edges asked for");
	is_near(mc_decided_c(&x), (1 + 3 * 0.5 + 0.25 + 0.995 + 0.75 + 0.985) / 9, 1e-6, "mean c");
	is_near(mc_decided_saturated(&x), 3 / 9., 1e-12, "saturated: 1, 0 and 0.995, not 0.985");
	is_near(mc_decided_entropy(&x), (3 * log(2) + 2 * h(0.25) + h(0.995) + h(0.985)) / 9, 1e-6, "entropy, 0 at 0 and 1");
	is_near(mc_decided_pair_c(&x, 0, 1), 0.75, 1e-6, "c of 0 about 1");
	is_near(mc_decided_pair_rate(&x, 0, 1), 0.5, 0, "what it asked");
	is_near(mc_decided_pair_c(&x, 2, 0), 0, 0, "c of 2 about 0, live once");
	is_near(mc_decided_pair_rate(&x, 2, 1), 1, 0, "2 always asks 1");
	ok(isnan(mc_decided_pair_c(&x, 1, 2)) && isnan(mc_decided_pair_rate(&x, 1, 2)), "never neighbours: nothing");
	ok(isnan(mc_decided_pair_c(&x, 1, 1)) && isnan(mc_decided_pair_rate(&x, 0, 0)), "nobody asks himself");
}

static void forced(struct mc_arena *arena)
{
	const uint8_t m[6] = { 1, 1, 1, 1, 1, 0 };
	struct mc_decided x;
	struct mc_err e;

	if (mc_decided_new(&x, &dims, 0, arena, &e) < 0)
		return;
	ok(isnan(mc_decided_rate(&x)), "nothing yet");
	mc_decided_add(&x, NULL, m, m, 1);
	is_near(mc_decided_rate(&x), 1, 0, "full asks for every edge");
	is_near(mc_decided_pair_rate(&x, 1, 2), 1, 0, "of every pair");
	ok(isnan(mc_decided_c(&x)) && isnan(mc_decided_entropy(&x)) && isnan(mc_decided_saturated(&x)) &&
	    isnan(mc_decided_pair_c(&x, 1, 2)), "and has no c");
}

static void alone(struct mc_arena *arena)
{
	const struct mc_dims one = { .N = 1, .d = 0 };
	struct mc_decided x;
	struct mc_err e;

	ok(mc_decided_new(&x, &one, 0, arena, &e) == 0, "one agent");
	mc_decided_add(&x, NULL, NULL, NULL, 5);
	ok(mc_decided_edges(&x) == 0 && isnan(mc_decided_rate(&x)) && isnan(mc_decided_pair_rate(&x, 0, 0)), "has no edge");
}

int main(void)
{
	struct mc_arena arena = { 0 };

	learned(&arena);
	forced(&arena);
	alone(&arena);
	mc_arena_free(&arena);
	return tap_done();
}
