/* Decisions and actions of batches: rules, masks, blocks, threads. */
#include <stdlib.h>

#include "mc_act.h"
#include "mc_blas.h"
#include "mc_rng.h"
#include "tap.h"

enum { N = 4, D = 3, O = 5, A = 2, n = 300 }; /* three blocks of rows */

static const struct mc_dims dims = { .N = N, .d = D, .T = 1, .O = O, .A = A, .H = 32, .R = 8 };
static struct mc_arena arena;
static struct mc_params comm, policy;
static mc_real o[n * N * O], u[n * N * D], c[n * N * D], z[n * N * D], a[n * N * A];
static uint8_t m[n * N * D], asked[n * N * D];

static void draw(void)
{
	(void)mc_params_new(&comm, MC_NET_COMM, &dims, &arena, NULL);
	(void)mc_params_new(&policy, MC_NET_POLICY, &dims, &arena, NULL);
	mc_params_init(&comm, 1, 2);
	mc_params_init(&policy, 1, 1);
	mc_rng_normal(o, 0, n * N * O, 1, MC_RNG_EXPLORE, 0, 0);
	mc_rng_uniform(u, 0, n * N * D, 1, MC_RNG_RANDOM, 0, 0);
	for (size_t k = 0; k < n * N * D; k++)
		m[k] = u[k] > (mc_real)0.25;
	mc_rng_uniform(u, 0, n * N * D, 1, MC_RNG_ASK, 1, 0);
}

/* The first `rows` observations. */
static struct mc_act_batch batch(size_t rows, uint8_t *I, mc_real *to)
{
	return (struct mc_act_batch){ .n = rows, .o = o, .m = m, .u = u, .I = I, .a = to };
}

static void decisions(struct mc_actor *x, struct mc_pool *pool)
{
	int none = 1, learned = 1, greedy = 1, sigmoid = 1, masked = 1;
	double share = 0;
	struct mc_act_batch b = batch(n, asked, NULL);

	memset(asked, 7, sizeof asked);
	mc_actor_decide(x, MC_NONE, NULL, &b, pool);
	for (size_t k = 0; k < n * N * D; k++)
		none &= asked[k] == 0;
	ok(none, "none: nobody asks");
	mc_actor_decide(x, MC_FULL, NULL, &b, pool);
	ok(memcmp(asked, m, sizeof m) == 0, "full: every neighbour is asked");
	b.c = c;
	b.z = z;
	mc_actor_decide(x, MC_LEARNED, &comm, &b, pool);
	for (size_t k = 0; k < n * N * D; k++) {
		sigmoid &= fabs(1 / (1 + exp(-(double)z[k])) - (double)c[k]) < 1e-6;
		learned &= asked[k] == (m[k] && u[k] < c[k]);
		masked &= m[k] || !asked[k];
		share += asked[k];
	}
	ok(sigmoid, "learned: c = sigmoid(z), masked or not");
	ok(learned && masked, "I = 1 where u < c and m = 1");
	ok(share > 0.2 * n * N * D && share < 0.6 * n * N * D, "about half of the neighbours are asked");
	for (size_t k = 0; k < n * N * D; k++)
		u[k] = (mc_real)0.5;
	b.c = b.z = NULL;
	mc_actor_decide(x, MC_LEARNED, &comm, &b, pool);
	for (size_t k = 0; k < n * N * D; k++)
		greedy &= asked[k] == (m[k] && c[k] > (mc_real)0.5);
	ok(greedy, "u = 1/2 is the greedy decision");
}

/* The same through a batch of one: what training does against what evaluation does. */
static void one_by_one(const mc_real *all, struct mc_pool *pool)
{
	struct mc_actor *x = mc_actor_new(&dims, 1, 1, &arena, NULL);
	mc_real one[N * A];
	double worst = 0;

	for (size_t b = 0; b < n; b++) {
		const struct mc_act_batch alone = { .n = 1, .o = o + b * N * O, .I = asked + b * N * D, .a = one };

		mc_actor_act(x, &policy, &alone, pool);
		for (size_t k = 0; k < N * A; k++)
			worst = fmax(worst, fabs((double)(one[k] - all[b * N * A + k])));
	}
	is_near(worst, 0, 2e-6, "a batch of one gives the same actions but for rounding");
}

/* mc_actor_step against decisions and actions one after the other, for large batches and for one. */
static void steps_at_once(struct mc_actor *x, struct mc_pool *one, struct mc_pool *three)
{
	static mc_real both[2][n * N * A];
	static uint8_t I[2][n * N * D];

	for (size_t rows = n; rows > 0; rows = rows > 1) {
		const struct mc_act_batch first = batch(rows, I[0], both[0]), second = batch(rows, I[1], both[1]);

		mc_actor_decide(x, MC_LEARNED, &comm, &first, one);
		mc_actor_act(x, &policy, &first, one);
		mc_actor_step(x, MC_LEARNED, &comm, &policy, &second, three);
		ok(memcmp(both[0], both[1], rows * N * A * sizeof **both) == 0 && memcmp(I[0], I[1], rows * N * D) == 0,
		    "%zu at once: decisions and actions in one go", rows);
	}
}

/* Agents that share a net, whose values change between two rollouts, and do not during one. */
static void held(struct mc_pool *one)
{
	static mc_real plain[n * N * A], again[n * N * A];
	struct mc_dims alike = dims;
	struct mc_params net;

	alike.share = 1;
	struct mc_actor *x = mc_actor_new(&alike, n, 1, &arena, NULL), *keeps = mc_actor_new(&alike, n, 1, &arena, NULL);
	(void)mc_params_new(&net, MC_NET_POLICY, &alike, &arena, NULL);
	for (uint64_t seed = 1; seed <= 2; seed++) {
		const struct mc_act_batch here = batch(n, m, plain), other = batch(n, m, again);

		mc_params_init(&net, seed, 1);
		mc_actor_act(x, &net, &here, one);
		mc_actor_hold(keeps, &net);
		for (int times = 0; times < 2; times++) {
			mc_actor_act(keeps, &net, &other, one);
			ok(memcmp(plain, again, sizeof plain) == 0, "a policy that is held: the same bytes");
		}
		mc_actor_hold(keeps, NULL);
	}
	mc_params_init(&net, 3, 1);
	const struct mc_act_batch here = batch(n, m, plain), other = batch(n, m, again);

	mc_actor_act(x, &net, &here, one);
	mc_actor_act(keeps, &net, &other, one);
	ok(memcmp(plain, again, sizeof plain) == 0, "held no more: new values are seen");
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "%s", e.what);
		return tap_done();
	}
	struct mc_pool *one = mc_pool_new(1, &e), *three = mc_pool_new(3, &e);
	struct mc_actor *x = mc_actor_new(&dims, n, 3, &arena, &e);
	mc_real *again = mc_arena_alloc(&arena, n * N * A, sizeof *again, "actions", &e);
	uint8_t *I = mc_arena_alloc(&arena, n * N * D, 1, "decisions", &e);
	const struct mc_act_batch here = batch(n, asked, a);
	struct mc_act_batch other = batch(n, asked, again);
	int within = 1, differ = 0;

	draw();
	decisions(x, one);
	memcpy(I, asked, sizeof asked);
	mc_actor_decide(x, MC_LEARNED, &comm, &here, three);
	ok(memcmp(I, asked, sizeof asked) == 0, "decisions: the same from three threads");
	mc_actor_act(x, &policy, &here, one);
	mc_actor_act(x, &policy, &other, three);
	ok(memcmp(a, again, sizeof a) == 0, "actions: the same bytes from three threads");
	steps_at_once(x, one, three);
	held(one);
	for (size_t k = 0; k < n * N * A; k++) {
		within &= a[k] > -1 && a[k] < 1;
		differ |= a[k] != a[0];
	}
	ok(within && differ, "actions lie inside (-1, 1)");
	one_by_one(a, one);
	other.src = I;
	for (size_t k = 0; k < n * N * D; k++)
		I[k] = (uint8_t)mc_slot_agent(k / D % N, k % D);
	mc_actor_act(x, &policy, &other, one);
	ok(memcmp(a, again, sizeof a) == 0, "messages of those who were asked, said in so many words: the same bytes");
	for (size_t k = 0; k < n * N * D; k++)
		I[k] = (uint8_t)(k / D % N);
	mc_actor_act(x, &policy, &other, one);
	ok(memcmp(a, again, sizeof a) != 0, "messages of others give other actions");
	memset(asked, 0, sizeof asked);
	other.src = NULL;
	mc_actor_act(x, &policy, &other, one);
	ok(memcmp(a, again, sizeof a) != 0, "messages matter");
	mc_pool_free(one);
	mc_pool_free(three);
	mc_arena_free(&arena);
	return tap_done();
}
