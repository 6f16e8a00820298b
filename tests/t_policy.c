/*
 * Policies and eq. (3): against a slow reference in plain loops, and their gradients against
 * central differences; the gated pass against real-valued gates.
 */
#include <stdlib.h>

#include "gradient.h"
#include "mc_blas.h"
#include "mc_critic.h"
#include "mc_policy.h"
#include "mc_policy_step.h"
#include "mc_rng.h"
#include "tap.h"

/*
 * Four agents: with three messages, a gate has a cell before it and messages behind it. Two blocks of rows; in float as wide as mc_kernel's fast path takes, in double small for the differences.
 */
enum { N = 4, D = 3, O = 3, A = 2, H = sizeof(mc_real) == 4 ? 32 : 4, B = 133, G = 4 * H };

static const double tolerance = sizeof(mc_real) == 4 ? 5e-6 : 1e-13;
static struct mc_arena arena;
static struct mc_dims dims = { .N = N, .d = D, .T = 1, .O = O, .A = A, .H = H, .R = H };
static struct mc_params policy, critic;
static mc_real o[B * N * O], a[B * N * A], a_pi[B * N * A], q[N * B], da[B * N * A], dI[B * N * D];
static uint8_t m[B * N * D], asked[B * N * D];
static double objective[N];
static struct mc_pool *pool;

/* ---- the slow reference ---- */

static const mc_real *at(const struct mc_params *p, const char *layer, const char *name, size_t i)
{
	return mc_params_at(p, layer, name, i);
}

static void plain_dense(double *y, const double *x, const mc_real *k, const mc_real *bias, size_t in,
    size_t out, int relu)
{
	for (size_t j = 0; j < out; j++) {
		y[j] = (double)bias[j];
		for (size_t i = 0; i < in; i++)
			y[j] += x[i] * (double)k[i * out + j];
		y[j] = relu && y[j] < 0 ? 0 : y[j];
	}
}

static double logistic(double v)
{
	return 1 / (1 + exp(-v));
}

/* (h,c) <- gate LSTM((h,c), o^j) + (1 - gate) (h,c) */
static void plain_message(double *h, double *c, const mc_real *x, size_t i, double gate)
{
	const mc_real *kx = at(&policy, "lstm", "kernel_x", i), *kh = at(&policy, "lstm", "kernel_h", i);
	const mc_real *bias = at(&policy, "lstm", "bias", i);
	double z[G];

	for (size_t j = 0; j < G; j++) {
		z[j] = (double)bias[j];
		for (size_t k = 0; k < O; k++)
			z[j] += (double)x[k] * (double)kx[k * G + j];
		for (size_t k = 0; k < H; k++)
			z[j] += h[k] * (double)kh[k * G + j];
	}
	for (size_t j = 0; j < H; j++) {
		const double cell = logistic(z[H + j]) * c[j] + logistic(z[j]) * tanh(z[2 * H + j]);

		h[j] = gate * logistic(z[3 * H + j]) * tanh(cell) + (1 - gate) * h[j];
		c[j] = gate * cell + (1 - gate) * c[j];
	}
}

/* Q(o, a^i, a^-i) of row b with these gates; the action to `action`. */
static double plain_q(size_t i, size_t b, const double gate[D], double action[A])
{
	double h[H + O] = { 0 }, c[H] = { 0 }, y0[H], y1[H], x[N * (O + A)], value;

	for (size_t j = 0; j < D; j++)
		if (m[(b * N + i) * D + j])
			plain_message(h, c, o + (b * N + mc_slot_agent(i, j)) * O, i, gate[j]);
	for (size_t k = 0; k < O; k++)
		h[H + k] = (double)o[(b * N + i) * O + k];
	plain_dense(y0, h, at(&policy, "dense_0", "kernel", i), at(&policy, "dense_0", "bias", i), H + O, H, 1);
	plain_dense(y1, y0, at(&policy, "dense_1", "kernel", i), at(&policy, "dense_1", "bias", i), H, H, 1);
	plain_dense(action, y1, at(&policy, "dense_2", "kernel", i), at(&policy, "dense_2", "bias", i), H, A, 0);
	for (size_t k = 0; k < A; k++)
		action[k] = tanh(action[k]);

	for (size_t k = 0; k < N * O; k++)
		x[k] = (double)o[b * N * O + k];
	for (size_t k = 0; k < N * A; k++)
		x[N * O + k] = k / A == i ? action[k % A] : (double)a[b * N * A + k];
	plain_dense(y0, x, at(&critic, "dense_0", "kernel", 0), at(&critic, "dense_0", "bias", 0), N * (O + A), H, 1);
	plain_dense(y1, y0, at(&critic, "dense_1", "kernel", 0), at(&critic, "dense_1", "bias", 0), H, H, 1);
	plain_dense(&value, y1, at(&critic, "dense_2", "kernel", 0), at(&critic, "dense_2", "bias", 0), H, 1, 0);
	return value;
}

/* ---- what is tested ---- */

/* Biases away from 0: a row whose layer below is all 0 would stand on the kink of every ReLU. */
static void move_biases(struct mc_params *p)
{
	for (int t = 0; t < p->tensors; t++)
		if (!p->tensor[t].fan_in)
			mc_rng_normal(p->v + p->tensor[t].offset, 0, p->tensor[t].count, 2, MC_RNG_EXPLORE,
			    (uint32_t)p->net, (uint32_t)t);
}

static void start(int share)
{
	mc_real u[B * N * D];

	dims.share = share;
	(void)mc_params_new(&policy, MC_NET_POLICY, &dims, &arena, NULL);
	(void)mc_params_new(&critic, MC_NET_CRITIC, &dims, &arena, NULL);
	mc_params_init(&policy, 3, 1);
	mc_params_init(&critic, 3, 1);
	move_biases(&policy);
	move_biases(&critic);
	mc_rng_normal(o, 0, B * N * O, 1, MC_RNG_EXPLORE, 0, 0);
	mc_rng_uniform(a, 0, B * N * A, 1, MC_RNG_RANDOM, 0, 0);
	mc_rng_uniform(u, 0, B * N * D, 1, MC_RNG_RANDOM, 1, 0);
	for (size_t k = 0; k < B * N * D; k++)
		m[k] = u[k] > (mc_real)0.2;
	mc_rng_uniform(u, 0, B * N * D, 1, MC_RNG_RANDOM, 2, 0);
	for (size_t k = 0; k < B * N * D; k++)
		asked[k] = m[k] && u[k] > (mc_real)0.4;
	memset(asked, 0, N * D);               /* a row without messages, one with all */
	memset(m + N * D, 1, N * D);
	memset(asked + N * D, 1, N * D);
}

static double penalty;

/* All agents' objectives and the gradient of their sum, in the policy's layout. */
static double gradient(mc_real *grad, mc_real *to_dI)
{
	const struct mc_policy_batch b = { .B = B, .o = o, .a = a, .I = asked, .m = m, .penalty = penalty, .dI = to_dI,
		.a_pi = a_pi, .q = q, .da = da, .objective = objective };
	const struct mc_arena_mark mark = mc_arena_mark(&arena);
	const size_t parts = mc_policy_parts(&dims, B, to_dI != NULL), one = policy.size / policy.P;
	struct mc_policy_step *s = mc_policy_step_new(&dims, B, to_dI != NULL, 1, &arena, NULL);
	mc_real *part = mc_arena_alloc(&arena, policy.P * parts * one, sizeof *part, "parts", NULL);
	const double mean = mc_policy_gradient(s, &policy, &critic, &b, part, pool);

	memset(grad, 0, policy.size * sizeof *grad);
	for (size_t p = 0; p < policy.P * parts; p++)
		for (int t = 0; t < policy.tensors; t++) {
			const struct mc_tensor *x = &policy.tensor[t];

			for (size_t k = 0; k < x->count / policy.P; k++)
				grad[x->offset + p / parts * x->stride + k] +=
				    part[p * one + x->offset / policy.P + k];
		}
	mc_arena_reset(&arena, mark);
	return mean * N;
}

static mc_real *scratch;

static double sum_of_objectives(void *unused)
{
	(void)unused;
	return gradient(scratch, NULL);
}

/* The same with the penalty, from the actions alone. */
static double sum_with_penalty(void *unused)
{
	double J = sum_of_objectives(unused);

	for (size_t k = 0; k < B * N * A; k++)
		J -= penalty * pow(atanh((double)a_pi[k]), 2) / (double)(B * A);
	return J;
}

/* mean Q(o, pi(o)) */
static double joint_objective(void *work)
{
	mc_real value[B];
	const struct mc_critic_net net = mc_critic_at(&critic, critic.v, &dims);
	double sum = 0;

	(void)gradient(scratch, NULL);
	mc_critic_forward(work, &net, B, o, a_pi, value);
	for (size_t b = 0; b < B; b++)
		sum += (double)value[b];
	return sum / B;
}

static void against_reference(void)
{
	double worst_a = 0, worst_q = 0, worst_J = 0;

	for (size_t i = 0; i < N; i++) {
		double sum = 0;

		for (size_t b = 0; b < B; b++) {
			double gate[D], action[A];

			for (size_t j = 0; j < D; j++)
				gate[j] = asked[(b * N + i) * D + j];
			const double value = plain_q(i, b, gate, action);

			sum += value;
			worst_q = fmax(worst_q, fabs(value - (double)q[i * B + b]));
			for (size_t k = 0; k < A; k++)
				worst_a = fmax(worst_a, fabs(action[k] - (double)a_pi[(b * N + i) * A + k]));
		}
		worst_J = fmax(worst_J, fabs(sum / B - objective[i]));
	}
	is_near(worst_a, 0, tolerance, "actions");
	is_near(worst_q, 0, tolerance, "Q with one agent's action replaced");
	is_near(worst_J, 0, tolerance, "objectives");
}

static double largest_difference(const mc_real *x, const mc_real *y, size_t n)
{
	double worst = 0;

	for (size_t k = 0; k < n; k++)
		worst = fmax(worst, fabs((double)(x[k] - y[k])));
	return worst;
}

/* dI of every slot by central differences of the slow reference in its gate. */
static void gates(void)
{
	double worst = 0, away = 0;

	for (size_t i = 0; i < N; i++)
		for (size_t b = 0; b < B; b++)
			for (size_t j = 0; j < D; j++) {
				double gate[D], action[A];
				const size_t k = (b * N + i) * D + j;

				for (size_t s = 0; s < D; s++)
					gate[s] = asked[(b * N + i) * D + s];
				gate[j] += 1e-6;
				const double above = plain_q(i, b, gate, action);
				gate[j] -= 2e-6;
				const double below = plain_q(i, b, gate, action);

				worst = fmax(worst, fabs((above - below) / 2e-6 / B - (double)dI[k]));
				away = fmax(away, m[k] ? 0 : fabs((double)dI[k]));
			}
	is_near(worst * B, 0, sizeof(mc_real) == 4 ? 1e-5 : 1e-8, "dI, open and closed gates");
	is_near(away, 0, 0, "dI is 0 where m is 0");
}

/* The gradient with a penalty, and that with the present actions in place of the stored ones. */
static void options(mc_real *grad)
{
	struct mc_critic_work *work = mc_critic_work_new(&dims, B, &arena, NULL);

	(void)gradient(grad, NULL);
	memcpy(scratch, grad, policy.size * sizeof *grad);
	penalty = 0.25;
	(void)gradient(grad, NULL);
	ok(largest_difference(grad, scratch, policy.size) > 1e-3, "a penalty changes the gradient");
	if (sizeof(mc_real) == 8)
		is_near(gradient_error(sum_with_penalty, NULL, policy.v, grad, policy.size), 0, 1e-7, "to that of what it is for");
	penalty = 0;
	(void)gradient(grad, NULL);
	memcpy(a, a_pi, sizeof a);
	(void)gradient(grad, NULL);
	is_near(fabs(joint_objective(work) - objective[0]), 0, tolerance, "with present actions the objectives are one");
	if (sizeof(mc_real) == 8)
		is_near(gradient_error(joint_objective, work, policy.v, grad, policy.size), 0, 1e-7, "the joint gradient");
}

static void all(int share)
{
	mc_real *plain, *gated;

	start(share);
	plain = mc_arena_alloc(&arena, policy.size, sizeof *plain, "gradient", NULL);
	gated = mc_arena_alloc(&arena, policy.size, sizeof *gated, "gradient", NULL);
	scratch = mc_arena_alloc(&arena, policy.size, sizeof *scratch, "gradient", NULL);
	(void)gradient(plain, NULL);
	against_reference();
	if (sizeof(mc_real) == 8)
		is_near(gradient_error(sum_of_objectives, NULL, policy.v, plain, policy.size), 0, 1e-7,
		    "the policies' gradient");
	(void)gradient(gated, dI);
	against_reference();
	is_near(largest_difference(plain, gated, policy.size), 0, tolerance,
	    "the gated pass gives the same gradient");
	gates();
	options(plain);
}

/* One agent, no slots: the LSTM is never run and gets no gradient. */
static void alone(void)
{
	mc_real *grad;
	int lstm_zero = 1, rest = 0;

	dims.N = 1;
	dims.d = 0;
	(void)mc_params_new(&policy, MC_NET_POLICY, &dims, &arena, NULL);
	(void)mc_params_new(&critic, MC_NET_CRITIC, &dims, &arena, NULL);
	mc_params_init(&policy, 3, 1);
	mc_params_init(&critic, 3, 1);
	grad = mc_arena_alloc(&arena, policy.size, sizeof *grad, "gradient", NULL);
	const struct mc_policy_batch b = { .B = B, .o = o, .a = a, .I = asked };
	struct mc_policy_step *s = mc_policy_step_new(&dims, B, 0, 1, &arena, NULL);
	mc_real *part = mc_arena_alloc(&arena, mc_policy_parts(&dims, B, 0) * policy.size, sizeof *part, "p", NULL);

	(void)mc_policy_gradient(s, &policy, &critic, &b, part, pool);
	for (int t = 0; t < policy.tensors; t++)
		for (size_t k = 0; k < policy.tensor[t].count; k++) {
			const mc_real v = part[policy.tensor[t].offset + k];

			if (strcmp(policy.tensor[t].layer, "lstm") == 0)
				lstm_zero &= v == 0;
			else
				rest |= v != 0;
		}
	ok(lstm_zero && rest, "one agent: only the dense layers learn");
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0 || !(pool = mc_pool_new(1, &e))) {
		ok(0, "%s", e.what);
		return tap_done();
	}
	all(0);
	all(1);
	alone();
	mc_pool_free(pool);
	mc_arena_free(&arena);
	return tap_done();
}
