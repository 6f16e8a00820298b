/*
 * Agents that share a net, all in one product: actions and gradients against those of one agent after
 * another (mc_policy), whatever was asked; what a block takes.
 */
#include <stdlib.h>

#include "mc_blas.h"
#include "mc_policy.h"
#include "mc_rng.h"
#include "mc_team.h"
#include "tap.h"

enum { N = 9, D = 8, O = 5, A = 2, H = sizeof(mc_real) == 4 ? 32 : 8, B = 60 };

static const double tolerance = sizeof(mc_real) == 4 ? 5e-6 : 1e-13;
static const struct mc_dims dims = { .N = N, .d = D, .T = 1, .O = O, .A = A, .H = H, .R = H, .share = 1 };
static struct mc_arena arena;
static struct mc_params policy;
static struct mc_team_work *team;
static struct mc_policy_work *alone;
static struct mc_policy_net net, g_team, g_alone;
static mc_real o[B * N * O], a[B * N * A], a_alone[B * N * A], da[B * N * A];
static mc_real *grad, *grad_alone;
static uint8_t I[B * N * D], src[B * N * D];

static void start(void)
{
	(void)mc_params_new(&policy, MC_NET_POLICY, &dims, &arena, NULL);
	mc_params_init(&policy, 3, 1);
	for (int t = 0; t < policy.tensors; t++)
		if (!policy.tensor[t].fan_in)
			mc_rng_normal(policy.v + policy.tensor[t].offset, 0, policy.tensor[t].count, 2, MC_RNG_EXPLORE, 1, (uint32_t)t);
	mc_rng_normal(o, 0, B * N * O, 1, MC_RNG_EXPLORE, 0, 0);
	mc_rng_normal(da, 0, B * N * A, 1, MC_RNG_EXPLORE, 0, 1);
	team = mc_team_work_new(&dims, B, &arena, NULL);
	alone = mc_policy_work_new(&dims, B, &arena, NULL);
	grad = mc_arena_alloc(&arena, policy.size, sizeof *grad, "gradient", NULL);
	grad_alone = mc_arena_alloc(&arena, policy.size, sizeof *grad, "gradient", NULL);
}

/* Every request with this probability; src: any agent. */
static void ask(double probability)
{
	mc_real u[B * N * D];

	mc_rng_uniform(u, 0, B * N * D, 1, MC_RNG_RANDOM, 0, 0);
	for (size_t k = 0; k < B * N * D; k++)
		I[k] = (double)u[k] < probability;
	mc_rng_uniform(u, 0, B * N * D, 1, MC_RNG_RANDOM, 1, 0);
	for (size_t k = 0; k < B * N * D; k++)
		src[k] = (uint8_t)(u[k] * N);
}

static double largest_difference(const mc_real *x, const mc_real *y, size_t n)
{
	double worst = 0;

	for (size_t k = 0; k < n; k++)
		worst = fmax(worst, fabs((double)(x[k] - y[k])));
	return worst;
}

/* The gradient of all agents' objectives, one after another. */
static void one_after_another(mc_real penalty)
{
	mc_real a_i[B * A], da_i[B * A];

	memset(grad_alone, 0, policy.size * sizeof *grad);
	g_alone = mc_policy_at(&policy, grad_alone, &dims, 0);
	mc_policy_penalise(alone, penalty);
	for (size_t i = 0; i < N; i++) {
		net = mc_policy_at(&policy, policy.v, &dims, i);
		mc_policy_forward(alone, &net, B, o, I, a_i, A);
		for (size_t b = 0; b < B; b++)
			for (size_t k = 0; k < A; k++) {
				a_alone[(b * N + i) * A + k] = a_i[b * A + k];
				da_i[b * A + k] = da[(b * N + i) * A + k];
			}
		(void)mc_policy_backward(alone, &net, &g_alone, da_i);
	}
}

/* All at once, in blocks; whether there was a message. */
static int together(mc_real penalty)
{
	int messages = 0;

	g_team = mc_policy_at(&policy, grad, &dims, 0);
	g_team.fresh = 1;
	mc_mlp_fresh(&g_team.mlp, 1);
	net = mc_policy_at(&policy, policy.v, &dims, 0);
	mc_team_use(team, &net);
	for (size_t n, b = 0; b < B; b += n) {
		n = mc_team_rows(team, I + b * N * D, B - b);
		mc_team_forward(team, n, o + b * N * O, I + b * N * D, NULL, 1, a + b * N * A);
		if (mc_team_backward(team, &g_team, da + b * N * A, penalty)) {
			messages = 1;
			g_team.fresh = 0;
		}
		mc_mlp_fresh(&g_team.mlp, 0);
	}
	if (!messages)
		mc_policy_no_messages(&g_team);
	return messages;
}

static void as_one_by_one(double probability, const char *name)
{
	double size = 0;

	ask(probability);
	memset(grad, 0x7f, policy.size * sizeof *grad); /* fresh: overwritten */
	ok(together((mc_real)0.3) == (probability > 0), "%s: there are messages, or none", name);
	one_after_another((mc_real)0.3);
	is_near(largest_difference(a, a_alone, B * N * A), 0, tolerance, "the actions are those of one agent after another");
	for (size_t k = 0; k < policy.size; k++)
		size = fmax(size, fabs((double)grad_alone[k]));
	is_near(largest_difference(grad, grad_alone, policy.size) / size, 0, tolerance, "and so is the gradient");
}

/* Where no backward pass follows; one joint observation at a time; others heard than were asked. */
static void acting(void)
{
	mc_real all[B * N * A];

	ask(0.5);
	(void)together(0);
	memcpy(all, a, sizeof all);
	for (size_t b = 0; b < B; b++)
		mc_team_forward(team, 1, o + b * N * O, I + b * N * D, NULL, 0, a + b * N * A);
	is_near(largest_difference(a, all, B * N * A), 0, tolerance, "one joint observation at a time: the same actions");
	for (size_t i = 0; i < N; i++) {
		net = mc_policy_at(&policy, policy.v, &dims, i);
		mc_policy_act(alone, &net, B, o, I, src, a_alone + i * A, N * A);
	}
	for (size_t b = 0; b < B; b++)
		mc_team_forward(team, 1, o + b * N * O, I + b * N * D, src + b * N * D, 0, a + b * N * A);
	is_near(largest_difference(a, a_alone, B * N * A), 0, tolerance, "hearing others than those that were asked");
	ok(largest_difference(a, all, B * N * A) > 1e-3, "which is something else");
}

static void blocks(void)
{
	const struct mc_dims many = { .N = 65, .d = 64, .share = 1 }, most = { .N = 64, .d = 63, .share = 1 };
	const struct mc_dims own = { .N = 3, .d = 2 };

	ask(0);
	is_int((long long)mc_team_most(&dims), 42, "nine agents: a block takes 42 joint observations");
	is_int((long long)mc_team_rows(team, I, B), 42, "without messages so many");
	is_int((long long)mc_team_rows(team, I, 5), 5, "or all that there are");
	ask(2);
	is_int((long long)mc_team_rows(team, I, B), 14, "with all messages 14, of 72 each");
	ok(mc_team_fits(&most) && !mc_team_fits(&many), "teams of up to 64 fit");
	ok(!mc_team_fits(&own), "agents with nets of their own do not");
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "%s", e.what);
		return tap_done();
	}
	start();
	as_one_by_one(0, "nobody asks");
	as_one_by_one(0.02, "few ask");
	as_one_by_one(0.5, "half of all requests");
	as_one_by_one(2, "everybody asks everybody");
	acting();
	blocks();
	mc_arena_free(&arena);
	return tap_done();
}
