/*
 * Both critics, the dense layers over everything and the one that does not see the agents' order: Q, Q with
 * one agent's action replaced, and what its derivative is, against plain loops; the gradient of
 * eq. (1) against central differences.
 */
#include <string.h>

#include "gradient.h"
#include "mc_blas.h"
#include "mc_critic.h"
#include "mc_rng.h"
#include "tap.h"

/* Two parts of rows; in float as wide as mc_kernel's fast path takes, in double small for the differences. */
enum { N = 3, O = 4, A = 2, H = sizeof(mc_real) == 4 ? 32 : 5, B = 70, CUT = 27, X = O + A };

static const double tolerance = sizeof(mc_real) == 4 ? 5e-6 : 1e-13;
static struct mc_arena arena;
static struct mc_dims dims;
static struct mc_params critic, target;
static mc_real o[B * N * O], a[B * N * A], o_next[B * N * O], a_next[B * N * A], r[B], a_pi[B * A];
static mc_real q[B], q_next[B], y[B], da[B * A], z1[B * 2 * N * H];
static struct mc_critic_work *work;
static struct mc_critic_step *step;
static struct mc_pool *pool;

/* ---- the slow reference ---- */

static void dense(double *to, const double *x, const struct mc_params *p, const char *layer, size_t in, size_t out)
{
	const mc_real *kernel = mc_params_at(p, layer, "kernel", 0), *bias = mc_params_at(p, layer, "bias", 0);

	for (size_t j = 0; j < out; j++) {
		to[j] = bias ? (double)bias[j] : 0;
		for (size_t i = 0; i < in; i++)
			to[j] += x[i] * (double)kernel[i * out + j];
	}
}

static void relu(double *x, size_t n)
{
	for (size_t k = 0; k < n; k++)
		x[k] = x[k] > 0 ? x[k] : 0;
}

static double plain_mlp(const struct mc_params *p, const double *ob, const double *ab)
{
	double x[N * X], h[H], e[H], value;

	memcpy(x, ob, dims.N * O * sizeof *x);
	memcpy(x + dims.N * O, ab, dims.N * A * sizeof *x);
	dense(h, x, p, "dense_0", dims.N * X, H);
	relu(h, H);
	dense(e, h, p, "dense_1", H, H);
	relu(e, H);
	dense(&value, e, p, "dense_2", H, 1);
	return value;
}

static double plain_invariant(const struct mc_params *p, const double *ob, const double *ab)
{
	double h[N][H], e[H], from_team[H], mean_h[H] = { 0 }, mean_e[H] = { 0 }, value;
	const double n = (double)dims.N;

	for (size_t i = 0; i < dims.N; i++) {
		double x[X];

		memcpy(x, ob + i * O, O * sizeof *x);
		memcpy(x + O, ab + i * A, A * sizeof *x);
		dense(h[i], x, p, "dense_0", X, H);
		relu(h[i], H);
		for (size_t k = 0; k < H; k++)
			mean_h[k] += h[i][k] / n;
	}
	dense(from_team, mean_h, p, "team", H, H);
	for (size_t i = 0; i < dims.N; i++) {
		dense(e, h[i], p, "dense_1", H, H);
		for (size_t k = 0; k < H; k++)
			mean_e[k] += fmax(e[k] + from_team[k], 0) / n;
	}
	dense(&value, mean_e, p, "dense_2", H, 1);
	return value;
}

/* Row b with agent i's action `other` in place of the stored one, unless it is NULL. */
static double plain_q(const struct mc_params *p, size_t b, size_t i, const double *other)
{
	double ob[N * O], ab[N * A];

	for (size_t k = 0; k < dims.N * O; k++)
		ob[k] = (double)o[b * dims.N * O + k];
	for (size_t k = 0; k < dims.N * A; k++)
		ab[k] = other && k / A == i ? other[k % A] : (double)a[b * dims.N * A + k];
	return dims.invariant ? plain_invariant(p, ob, ab) : plain_mlp(p, ob, ab);
}

/* ---- what is tested ---- */

/* Biases away from 0: none of the rows stands on the kink of every ReLU. */
static void begin_net(struct mc_params *p, uint64_t seed)
{
	(void)mc_params_new(p, MC_NET_CRITIC, &dims, &arena, NULL);
	mc_params_init(p, seed, 1);
	for (int t = 0; t < p->tensors; t++)
		if (!p->tensor[t].fan_in)
			mc_rng_normal(p->v + p->tensor[t].offset, 0, p->tensor[t].count, seed, MC_RNG_EXPLORE, 9, (uint32_t)t);
}

static void start(size_t agents, int invariant)
{
	dims = (struct mc_dims){ .N = agents, .d = agents - 1, .T = 1, .O = O, .A = A, .H = H, .R = H, .invariant = invariant };
	begin_net(&critic, 3);
	begin_net(&target, 4);
	mc_rng_normal(o, 0, B * N * O, 1, MC_RNG_EXPLORE, 0, 0);
	mc_rng_normal(o_next, 0, B * N * O, 1, MC_RNG_EXPLORE, 1, 0);
	mc_rng_normal(r, 0, B, 1, MC_RNG_EXPLORE, 2, 0);
	mc_rng_uniform(a, 0, B * N * A, 1, MC_RNG_RANDOM, 0, 0);
	mc_rng_uniform(a_next, 0, B * N * A, 1, MC_RNG_RANDOM, 1, 0);
	mc_rng_uniform(a_pi, 0, B * A, 1, MC_RNG_RANDOM, 2, 0);
	work = mc_critic_work_new(&dims, B, &arena, NULL);
	step = mc_critic_step_new(&dims, B, 1, &arena, NULL);
}

static void values(void)
{
	const struct mc_critic_net net = mc_critic_at(&critic, critic.v, &dims);
	double worst = 0;

	mc_critic_forward(work, &net, B, o, a, q);
	for (size_t b = 0; b < B; b++)
		worst = fmax(worst, fabs((double)q[b] - plain_q(&critic, b, 0, NULL)));
	is_near(worst, 0, tolerance, "Q(o, a)");
}

/* Each agent's action in turn, with `scale`; what they share is made once, for all rows. */
static void actions(void)
{
	const struct mc_critic_net net = mc_critic_at(&critic, critic.v, &dims);
	const double scale = 0.75, h = 1e-6;
	double worst_q = 0, worst_da = 0;

	mc_critic_first(work, &net, B, o, a, z1);
	for (size_t i = 0; i < dims.N; i++) {
		mc_critic_action(work, &net, i, CUT, z1, a, a_pi, (mc_real)scale, q, da);
		mc_critic_action(work, &net, i, B - CUT, z1 + CUT * mc_critic_first_size(&dims), a + CUT * dims.N * A,
		    a_pi + CUT * A, (mc_real)scale, q + CUT, da + CUT * A);
		for (size_t b = 0; b < B; b++) {
			double other[A];

			for (size_t k = 0; k < A; k++)
				other[k] = (double)a_pi[b * A + k];
			worst_q = fmax(worst_q, fabs((double)q[b] - plain_q(&critic, b, i, other)));
			for (size_t k = 0; k < A; k++) {
				other[k] += h;
				const double above = plain_q(&critic, b, i, other);
				other[k] -= 2 * h;
				const double below = plain_q(&critic, b, i, other);
				other[k] += h;
				worst_da = fmax(worst_da, fabs(scale * (above - below) / (2 * h) - (double)da[b * A + k]));
			}
		}
	}
	is_near(worst_q, 0, tolerance, "Q with one agent's action replaced");
	is_near(worst_da, 0, sizeof(mc_real) == 4 ? 1e-5 : 1e-8, "its derivative by that action");
}

/* Eq. (1): the gradient of its parts, added up, to `grad` unless that is NULL. */
static double loss(mc_real *grad)
{
	const struct mc_critic_batch batch = { .B = B, .o = o, .a = a, .r = r, .o_next = o_next, .a_next = a_next,
		.gamma = 0.9, .q_next = q_next, .y = y, .q = q };
	const struct mc_arena_mark mark = mc_arena_mark(&arena);
	const size_t parts = mc_critic_parts(B);
	mc_real *part = mc_arena_alloc(&arena, parts * critic.size, sizeof *part, "parts", NULL);
	const double value = mc_critic_gradient(step, &critic, &target, &batch, part, NULL, pool);

	for (size_t k = 0; grad && k < critic.size; k++) {
		grad[k] = 0;
		for (size_t p = 0; p < parts; p++)
			grad[k] += part[p * critic.size + k];
	}
	mc_arena_reset(&arena, mark);
	return value;
}

/* A discount of each row's own: what follows counts as much as it says, in y and in nothing else. */
static void discounts(void)
{
	mc_real discount[B];
	struct mc_critic_batch batch = { .B = B, .o = o, .a = a, .r = r, .o_next = o_next, .a_next = a_next,
		.gamma = 0.9, .discount = discount, .q_next = q_next, .y = y, .q = q };
	mc_real *part = mc_arena_alloc(&arena, mc_critic_parts(B) * critic.size, sizeof *part, "parts", NULL);
	double worst = 0, expected = 0;

	for (size_t b = 0; b < B; b++)
		discount[b] = (mc_real)b / B;
	const double got = mc_critic_gradient(step, &critic, &target, &batch, part, NULL, pool);

	for (size_t b = 0; b < B; b++) {
		const double want = (double)r[b] + (double)b / B * (double)q_next[b];

		worst = fmax(worst, fabs((double)y[b] - want));
		expected += pow(plain_q(&critic, b, 0, NULL) - want, 2) / B;
	}
	is_near(worst, 0, tolerance, "y with discounts of rows");
	is_near(got, expected, 10 * tolerance, "and its loss");
}

static double loss_alone(void *unused)
{
	(void)unused;
	return loss(NULL);
}

static void gradients(void)
{
	mc_real *grad = mc_arena_alloc(&arena, critic.size, sizeof *grad, "gradient", NULL);
	double expected = 0, largest = 0;

	const double got = loss(grad);

	for (size_t b = 0; b < B; b++)
		expected += pow(plain_q(&critic, b, 0, NULL) - (double)r[b] - 0.9 * (double)q_next[b], 2) / B;
	is_near(got, expected, 10 * tolerance, "the loss of eq. 1");
	for (int t = 0; t < critic.tensors; t++) {
		largest = 0;
		for (size_t k = 0; k < critic.tensor[t].count; k++)
			largest = fmax(largest, fabs((double)grad[critic.tensor[t].offset + k]));
		ok(largest > 1e-3, "%s.%s has a gradient", critic.tensor[t].layer, critic.tensor[t].name);
	}
	if (sizeof(mc_real) == 8)
		is_near(gradient_error(loss_alone, NULL, critic.v, grad, critic.size), 0, 1e-7, "its gradient");
}

/* Agents change places, with all that is theirs: how far does Q move? */
static double moved_by_order(void)
{
	const struct mc_critic_net net = mc_critic_at(&critic, critic.v, &dims);
	mc_real oo[B * N * O], aa[B * N * A], other[B];
	double worst = 0;

	for (size_t b = 0; b < B; b++)
		for (size_t i = 0; i < dims.N; i++) {
			const size_t from = b * dims.N + (i + 1) % dims.N, to = b * dims.N + i;

			memcpy(oo + to * O, o + from * O, O * sizeof *o);
			memcpy(aa + to * A, a + from * A, A * sizeof *a);
		}
	mc_critic_forward(work, &net, B, o, a, q);
	mc_critic_forward(work, &net, B, oo, aa, other);
	for (size_t b = 0; b < B; b++)
		worst = fmax(worst, fabs((double)(q[b] - other[b])));
	return worst;
}

static void all(size_t agents, int invariant)
{
	start(agents, invariant);
	values();
	actions();
	gradients();
	discounts();
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0 || !(pool = mc_pool_new(1, &e))) {
		ok(0, "%s", e.what);
		return tap_done();
	}
	all(N, 0);
	ok(moved_by_order() > 0.01, "dense layers over all agents see their order");
	all(N, 1);
	is_near(moved_by_order(), 0, tolerance, "the invariant critic does not");
	all(1, 0);
	all(1, 1);
	mc_pool_free(pool);
	mc_arena_free(&arena);
	return tap_done();
}
