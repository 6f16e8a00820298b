#include "mc_rule.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_lstm.h"
#include "mc_mlp.h"

enum { BEFORE_C = 3 }; /* r, d, gamma */

int mc_rule_init(struct mc_rule *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t T = dims->T, R = dims->R, Nd = dims->N * dims->d, X = BEFORE_C + Nd;
	mc_real *p = mc_arena_alloc(arena, T * (14 * R + X + 2 * Nd) + R, sizeof *p, "update rule", e);

	if (!p)
		return -1;
	x->dims = *dims;
	x->X = X;
	x->gates = p;
	x->dgates = x->gates + T * 4 * R;
	x->cell = x->dgates + T * 4 * R;
	x->tc = x->cell + T * R;
	x->h = x->tc + T * R;
	x->y = x->h + T * R;
	x->dh = x->y + T * R;
	x->dy = x->dh + T * R;
	x->dcell = x->dy + T * R;
	x->x = x->dcell + R;
	x->A_hat = x->x + T * X;
	x->dc = x->A_hat + T * Nd;
	return 0;
}

static void build_x(struct mc_rule *x, const mc_real *r, const mc_real *c, const uint8_t *m,
    double gamma)
{
	const size_t T = x->dims.T, Nd = x->X - BEFORE_C;

	for (size_t t = 0; t < T; t++) {
		mc_real *row = x->x + t * x->X;

		row[0] = r[t];
		row[1] = t == T - 1 ? 1 : 0;
		row[2] = (mc_real)gamma;
		for (size_t i = 0; i < Nd; i++)
			row[BEFORE_C + i] = m[t * Nd + i] ? c[t * Nd + i] : 0;
	}
}

/* The LSTM from t = T-1 down to 0: h_t from h_{t+1}. */
static void forward_lstm(struct mc_rule *x, const struct mc_lstm *w)
{
	const size_t T = x->dims.T, R = w->H;

	mc_gemm(MC_N, MC_N, T, 4 * R, w->in, 1, x->x, w->in, w->kernel_x, 4 * R, 0, x->gates, 4 * R);
	for (size_t t = T; t-- > 0; ) {
		mc_real *gates = x->gates + t * 4 * R;
		const int first = t == T - 1;

		if (!first)
			mc_gemm(MC_N, MC_N, 1, 4 * R, R, 1, x->h + (t + 1) * R, R, w->kernel_h, 4 * R, 1,
			    gates, 4 * R);
		mc_lstm_cell(gates, x->cell + t * R, x->tc + t * R, x->h + t * R, R,
		    first ? NULL : x->cell + (t + 1) * R, w->bias, R, 1);
	}
}

void mc_rule_forward(struct mc_rule *x, const struct mc_params *eta, const mc_real *r,
    const mc_real *c, const uint8_t *m, double gamma)
{
	const size_t T = x->dims.T, R = x->dims.R, Nd = x->X - BEFORE_C;
	const struct mc_lstm lstm = mc_lstm_at(eta, eta->v, 0);
	const struct mc_mlp w = mc_mlp_at(eta, eta->v, 0);
	const struct mc_mlp_hidden hidden = { .h = { x->y } };

	build_x(x, r, c, m, gamma);
	forward_lstm(x, &lstm);
	mc_mlp_forward(&w, T, x->h, R, &hidden, x->A_hat, Nd);
}

static void add_rows(mc_real *restrict sum, const mc_real *rows, size_t n, size_t width)
{
	for (size_t b = 0; b < n; b++) {
		const mc_real *restrict row = rows + b * width;

		for (size_t j = 0; j < width; j++)
			sum[j] += row[j];
	}
}

/* The LSTM's reverse, t = 0 up to T-1; x->dh holds the adjoint of every h from above. */
static void backward_lstm(struct mc_rule *x, const struct mc_lstm *w, const struct mc_lstm *g)
{
	const size_t T = x->dims.T, R = w->H;

	memset(x->dcell, 0, R * sizeof *x->dcell);
	for (size_t t = 0; t < T; t++) {
		mc_real *dgates = x->dgates + t * 4 * R, *dh = x->dh + t * R;
		const int first = t == T - 1;

		mc_lstm_backward(dgates, x->dcell, dh, R, x->gates + t * 4 * R, x->tc + t * R,
		    first ? NULL : x->cell + (t + 1) * R, R, 1);
		if (!first)
			mc_gemm(MC_N, MC_T, 1, R, 4 * R, 1, dgates, 4 * R, w->kernel_h, 4 * R, 1, dh + R, R);
	}
	mc_gemm(MC_T, MC_N, w->in, 4 * R, T, 1, x->x, w->in, x->dgates, 4 * R, 1, g->kernel_x, 4 * R);
	mc_gemm(MC_T, MC_N, R, 4 * R, T - 1, 1, x->h + R, R, x->dgates, 4 * R, 1, g->kernel_h, 4 * R);
	add_rows(g->bias, x->dgates, T, 4 * R);
}

void mc_rule_backward(struct mc_rule *x, const struct mc_params *eta, mc_real *dA, mc_real *grad,
    int want_dc)
{
	const size_t T = x->dims.T, R = x->dims.R, Nd = x->X - BEFORE_C;
	const struct mc_lstm lstm = mc_lstm_at(eta, eta->v, 0), g = mc_lstm_at(eta, grad, 0);
	const struct mc_mlp w = mc_mlp_at(eta, eta->v, 0), g_mlp = mc_mlp_at(eta, grad, 0);
	const struct mc_mlp_hidden hidden = { .h = { x->y }, .dh = { x->dy } };

	mc_mlp_backward(&w, &g_mlp, T, x->h, R, &hidden, dA, Nd, x->dh, R);
	backward_lstm(x, &lstm, &g);
	if (want_dc)
		mc_gemm(MC_N, MC_T, T, Nd, 4 * R, 1, x->dgates, 4 * R,
		    lstm.kernel_x + BEFORE_C * 4 * R, 4 * R, 0, x->dc, Nd);
}
