/* Nets of dense layers against their definition, their backward pass against central differences. */
#include <string.h>

#include "gradient.h"
#include "mc_blas.h"
#include "mc_mlp.h"
#include "mc_rng.h"
#include "tap.h"

enum { N = 2, O = 4, H = 6, ROWS = 3, LDX = N * O, SIZE = 512 };

static const struct mc_dims dims = { .N = N, .d = N - 1, .T = 3, .O = O, .A = 2, .H = H, .R = 5 };
static struct mc_params p;
static mc_real v[SIZE], grad[SIZE], x[ROWS * LDX], y[ROWS], h[2][ROWS * H], dh[2][ROWS * H], weight[ROWS], half[SIZE];
static const struct mc_mlp_hidden hidden = { .h = { h[0], h[1] }, .dh = { dh[0], dh[1] } };

static void draw(mc_real *to, size_t n, uint32_t what)
{
	mc_rng_normal(to, 0, n, 11, MC_RNG_EXPLORE, what, 0);
}

static mc_real *at(const char *layer, const char *name, size_t agent)
{
	return mc_params_at(&p, layer, name, agent);
}

static void layers(void)
{
	mc_params_layout(&p, MC_NET_POLICY, &dims);
	p.v = v;
	const struct mc_mlp w = mc_mlp_at(&p, v, 1);

	ok(w.layers == 3 && w.l[0].kernel == at("dense_0", "kernel", 1) && w.l[1].bias == at("dense_1", "bias", 1) &&
	    w.l[2].kernel == at("dense_2", "kernel", 1) && w.l[0].in == H + O && w.l[0].out == H && w.l[2].out == 2,
	    "an agent's three dense layers, behind the LSTM");
	mc_params_layout(&p, MC_NET_RULE, &dims);
	p.v = v;
	const struct mc_mlp rule = mc_mlp_at(&p, v, 0);

	ok(rule.layers == 2 && rule.l[1].bias == at("dense_1", "bias", 0) && rule.l[1].out == N * (N - 1),
	    "the rule's two");
}

/* sum of weight * y for agent 1's rows of x */
static double loss(void *unused)
{
	const struct mc_mlp w = mc_mlp_at(&p, v, 1);
	double s = 0;

	(void)unused;
	mc_mlp_forward(&w, ROWS, x + O, LDX, &hidden, y, 1);
	for (size_t b = 0; b < ROWS; b++)
		s += (double)weight[b] * (double)y[b];
	return s;
}

static double plain(size_t b)
{
	double a[H], c[H], s = (double)at("dense_2", "bias", 1)[0];

	for (size_t j = 0; j < H; j++) {
		a[j] = (double)at("dense_0", "bias", 1)[j];
		for (size_t i = 0; i < O; i++)
			a[j] += (double)x[b * LDX + O + i] * (double)at("dense_0", "kernel", 1)[i * H + j];
	}
	for (size_t j = 0; j < H; j++) {
		c[j] = (double)at("dense_1", "bias", 1)[j];
		for (size_t i = 0; i < H; i++)
			c[j] += fmax(a[i], 0) * (double)at("dense_1", "kernel", 1)[i * H + j];
	}
	for (size_t i = 0; i < H; i++)
		s += fmax(c[i], 0) * (double)at("dense_2", "kernel", 1)[i];
	return s;
}

/* Agent 1's gradient is `times` the derivative of the loss, and agent 0's was not touched. */
static void check_gradient(const char *what, int times)
{
	double worst = 0, other = 0;

	for (int t = 0; t < p.tensors; t++) {
		const size_t from = p.tensor[t].offset + p.tensor[t].stride, n = p.tensor[t].stride;

		for (size_t k = 0; k < n; k++) {
			other = fmax(other, fabs((double)grad[p.tensor[t].offset + k] - 77));
			half[k] = grad[from + k] / (mc_real)times;
		}
		if (sizeof(mc_real) == 8)
			worst = fmax(worst, gradient_error(loss, NULL, v + from, half, n));
	}
	is_near(worst, 0, 1e-8, what);
	ok(other == 0, "the other agent's is left alone");
}

static void both_ways(void)
{
	const struct mc_mlp w = mc_mlp_at(&p, v, 1);
	struct mc_mlp g = mc_mlp_at(&p, grad, 1);
	mc_real dy[ROWS], dx[ROWS * O];
	double worst = 0;

	(void)loss(NULL);
	for (size_t b = 0; b < ROWS; b++)
		worst = fmax(worst, fabs(plain(b) - (double)y[b]));
	is_near(worst, 0, sizeof(mc_real) == 4 ? 5e-6 : 1e-13, "y is that of the definition");

	for (size_t k = 0; k < p.size; k++)
		grad[k] = 77;
	mc_mlp_fresh(&g, 1);
	memcpy(dy, weight, sizeof dy);
	mc_mlp_backward(&w, &g, ROWS, x + O, LDX, &hidden, dy, 1, dx, O);
	check_gradient("a fresh gradient", 1);
	if (sizeof(mc_real) == 8)
		for (size_t b = 0; b < ROWS; b++)
			is_near(gradient_error(loss, NULL, x + b * LDX + O, dx + b * O, O), 0, 1e-8, "dx");
	(void)loss(NULL);
	mc_mlp_fresh(&g, 0);
	memcpy(dy, weight, sizeof dy);
	mc_mlp_backward(&w, &g, ROWS, x + O, LDX, &hidden, dy, 1, NULL, 0);
	check_gradient("one that is added to", 2);
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	layers();
	mc_params_layout(&p, MC_NET_COMM, &dims);
	p.v = v;
	draw(v, p.size, 1);
	draw(x, ROWS * LDX, 2);
	draw(weight, ROWS, 3);
	both_ways();
	return tap_done();
}
