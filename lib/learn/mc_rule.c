#include "mc_rule.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "mc_blas.h"
#include "mc_lstm.h"
#include "mc_mlp.h"

enum { BEFORE_C = 3 }; /* r, d, gamma */
enum { EDGE_C = 3, EDGE_MEAN, EDGE_I, EDGE_SHARE, EDGE_ADVANTAGE };

int mc_rule_init(struct mc_rule *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t R = dims->R, Nd = dims->N * dims->d, S = mc_rule_rows(dims), n = dims->T * S;
	const size_t X = mc_rule_width(dims), edge = dims->rule.edge ? 2 : 0;
	mc_real *p = mc_arena_alloc(arena, n * (14 * R + X + edge) + 2 * dims->T * Nd + S * R, sizeof *p,
	    "update rule", e);

	if (!p)
		return -1;
	x->dims = *dims;
	x->S = S;
	x->X = X;
	x->gates = p;
	x->dgates = x->gates + n * 4 * R;
	x->cell = x->dgates + n * 4 * R;
	x->tc = x->cell + n * R;
	x->h = x->tc + n * R;
	x->y = x->h + n * R;
	x->dh = x->y + n * R;
	x->dy = x->dh + n * R;
	x->dcell = x->dy + n * R;
	x->x = x->dcell + S * R;
	x->A_hat = x->x + n * X;
	x->dc = x->A_hat + dims->T * Nd;
	x->dx = x->dc + dims->T * Nd;
	return 0;
}

int mc_rule_needs_advantage(const struct mc_rule_form *f)
{
	return f->advantage || f->residual;
}

/* ---- a rule that begins as the return-to-go ---- */

static const double open_gate = 3, step_of_r = 0.05;

/* Column `at` of a kernel becomes zeros. */
static void clear_column(const struct mc_params *eta, const char *layer, const char *name, size_t rows, size_t columns,
    size_t at)
{
	mc_real *v = mc_params_at(eta, layer, name, 0);

	for (size_t i = 0; i < rows; i++)
		v[i * columns + at] = 0;
}

/* Unit 0: c' = gamma c + sigmoid(open) tanh(step r~), h = sigmoid(open) tanh(c'). */
static void sum_in_unit_0(struct mc_params *eta, double gamma)
{
	const struct mc_lstm w = mc_lstm_at(eta, eta->v, 0);
	const double f = fmin(fmax(gamma, 1e-6), 1 - 1e-6), bias[] = { open_gate, log(f / (1 - f)), 0, open_gate };

	for (size_t gate = 0; gate < 4; gate++) {
		clear_column(eta, "lstm", "kernel_x", w.in, 4 * w.H, gate * w.H);
		clear_column(eta, "lstm", "kernel_h", w.H, 4 * w.H, gate * w.H);
		w.bias[gate * w.H] = (mc_real)bias[gate];
	}
	w.kernel_x[2 * w.H] = (mc_real)step_of_r;
}

void mc_rule_begin_return(struct mc_params *eta, double gamma)
{
	const struct mc_mlp w = mc_mlp_at(eta, eta->v, 0);
	const size_t R = w.l[0].out, out = w.l[1].out;
	const double opened = 1 / (1 + exp(-open_gate)), unit = 1 / (step_of_r * opened * opened);

	assert(R >= 2);
	sum_in_unit_0(eta, gamma);
	memset(w.l[1].kernel, 0, R * out * sizeof *w.l[1].kernel);
	for (size_t sign = 0; sign < 2; sign++) {
		clear_column(eta, "dense_0", "kernel", R, R, sign);
		w.l[0].kernel[sign] = sign ? -1 : 1;
		w.l[0].bias[sign] = 0;
		for (size_t i = 0; i < out; i++)
			w.l[1].kernel[sign * out + i] = (mc_real)(sign ? -unit : unit);
	}
}

/* ---- x ---- */

static void build_common(const struct mc_rule *x, mc_real *row, const struct mc_rule_input *in, size_t t)
{
	row[0] = (in->r[t] - (mc_real)in->mean) * (mc_real)in->scale;
	row[1] = t == x->dims.T - 1 ? 1 : 0;
	row[2] = (mc_real)in->gamma;
}

static void build_joint(struct mc_rule *x, const struct mc_rule_input *in, size_t t)
{
	const size_t Nd = x->dims.N * x->dims.d;
	const mc_real *c = in->c + t * Nd;
	const uint8_t *m = in->m + t * Nd, *I = in->I + t * Nd;
	mc_real *row = x->x + t * x->X;

	build_common(x, row, in, t);
	for (size_t i = 0; i < Nd; i++)
		row[BEFORE_C + i] = m[i] ? c[i] : 0;
	for (size_t i = 0; x->dims.rule.decisions && i < Nd; i++)
		row[BEFORE_C + Nd + i] = m[i] ? I[i] : 0;
	if (x->dims.rule.advantage)
		row[x->X - 1] = in->advantage[t] * (mc_real)in->scale;
}

static size_t live(const uint8_t *m, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += m[i];
	return sum;
}

static mc_real mean_c(const mc_real *c, const uint8_t *m, size_t d)
{
	const size_t n = live(m, d);
	mc_real sum = 0;

	for (size_t j = 0; j < d; j++)
		sum += m[j] ? c[j] : 0;
	return n ? sum / (mc_real)n : 0;
}

static mc_real share_of_requests(const uint8_t *I, const uint8_t *m, size_t n)
{
	const size_t all = live(m, n);
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += m[i] && I[i];
	return all ? (mc_real)used / (mc_real)all : 0;
}

static void build_edges(struct mc_rule *x, const struct mc_rule_input *in, size_t t)
{
	const size_t d = x->dims.d, Nd = x->dims.N * d;
	const mc_real *c = in->c + t * Nd;
	const uint8_t *m = in->m + t * Nd, *I = in->I + t * Nd;
	const mc_real share = share_of_requests(I, m, Nd);

	for (size_t k = 0; k < Nd; k++) {
		mc_real *row = x->x + (t * Nd + k) * x->X;
		const size_t first = k - k % d;

		build_common(x, row, in, t);
		row[EDGE_C] = m[k] ? c[k] : 0;
		row[EDGE_MEAN] = mean_c(c + first, m + first, d);
		row[EDGE_I] = m[k] ? I[k] : 0;
		row[EDGE_SHARE] = share;
		if (x->dims.rule.advantage)
			row[EDGE_ADVANTAGE] = in->advantage[t] * (mc_real)in->scale;
	}
}

static void build_x(struct mc_rule *x, const struct mc_rule_input *in)
{
	for (size_t t = 0; t < x->dims.T; t++)
		if (x->dims.rule.edge)
			build_edges(x, in, t);
		else
			build_joint(x, in, t);
}

/* ---- both ways ---- */

/* The LSTM from t = T-1 down to 0: h_t from h_{t+1}. */
static void forward_lstm(struct mc_rule *x, const struct mc_lstm *w)
{
	const size_t T = x->dims.T, R = w->H, S = x->S, step = S * R;

	mc_gemm(MC_N, MC_N, T * S, 4 * R, w->in, 1, x->x, w->in, w->kernel_x, 4 * R, 0, x->gates, 4 * R);
	for (size_t t = T; t-- > 0; ) {
		mc_real *gates = x->gates + t * 4 * step;
		const int first = t == T - 1;

		if (!first)
			mc_gemm(MC_N, MC_N, S, 4 * R, R, 1, x->h + (t + 1) * step, R, w->kernel_h, 4 * R, 1,
			    gates, 4 * R);
		mc_lstm_cell(gates, x->cell + t * step, x->tc + t * step, x->h + t * step, R,
		    first ? NULL : x->cell + (t + 1) * step, w->bias, R, S);
	}
}

static void add_residual(struct mc_rule *x, const struct mc_rule_input *in)
{
	const size_t Nd = x->dims.N * x->dims.d;

	for (size_t k = 0; k < x->dims.T * Nd; k++)
		x->A_hat[k] += in->advantage[k / Nd] * (mc_real)in->scale;
}

void mc_rule_forward(struct mc_rule *x, const struct mc_params *eta, const struct mc_rule_input *in)
{
	const size_t n = x->dims.T * x->S, R = x->dims.R, out = mc_rule_outputs(&x->dims);
	const struct mc_lstm lstm = mc_lstm_at(eta, eta->v, 0);
	const struct mc_mlp w = mc_mlp_at(eta, eta->v, 0);
	const struct mc_mlp_hidden hidden = { .h = { x->y } };

	build_x(x, in);
	forward_lstm(x, &lstm);
	mc_mlp_forward(&w, n, x->h, R, &hidden, x->A_hat, out);
	if (x->dims.rule.residual)
		add_residual(x, in);
}

static void add_rows(mc_real *restrict sum, const mc_real *rows, size_t n, size_t width)
{
	for (size_t b = 0; b < n; b++) {
		const mc_real *restrict row = rows + b * width;

		for (size_t j = 0; j < width; j++)
			sum[j] += row[j];
	}
}

/* The LSTM's backward pass, t = 0 up to T-1; x->dh holds the adjoint of every h from above. */
static void backward_lstm(struct mc_rule *x, const struct mc_lstm *w, const struct mc_lstm *g)
{
	const size_t T = x->dims.T, R = w->H, S = x->S, step = S * R;

	memset(x->dcell, 0, step * sizeof *x->dcell);
	for (size_t t = 0; t < T; t++) {
		mc_real *dgates = x->dgates + t * 4 * step, *dh = x->dh + t * step;
		const int first = t == T - 1;

		mc_lstm_backward(dgates, x->dcell, dh, R, x->gates + t * 4 * step, x->tc + t * step,
		    first ? NULL : x->cell + (t + 1) * step, R, S);
		if (!first)
			mc_gemm(MC_N, MC_T, S, R, 4 * R, 1, dgates, 4 * R, w->kernel_h, 4 * R, 1, dh + step, R);
	}
	mc_gemm(MC_T, MC_N, w->in, 4 * R, T * S, 1, x->x, w->in, x->dgates, 4 * R, 1, g->kernel_x, 4 * R);
	mc_gemm(MC_T, MC_N, R, 4 * R, (T - 1) * S, 1, x->h + step, R, x->dgates, 4 * R, 1, g->kernel_h, 4 * R);
	add_rows(g->bias, x->dgates, T * S, 4 * R);
}

static void joint_dc(struct mc_rule *x, const struct mc_lstm *w)
{
	const size_t T = x->dims.T, R = x->dims.R, Nd = x->dims.N * x->dims.d;

	mc_gemm(MC_N, MC_T, T, Nd, 4 * R, 1, x->dgates, 4 * R, w->kernel_x + BEFORE_C * 4 * R, 4 * R, 0,
	    x->dc, Nd);
}

/* An agent's c's reach its own rows, and through their mean all rows of the agent, dead ones too. */
static void edge_dc(struct mc_rule *x, const struct mc_lstm *w, const uint8_t *m)
{
	const size_t R = x->dims.R, d = x->dims.d, n = x->dims.T * x->S;

	mc_gemm(MC_N, MC_T, n, 2, 4 * R, 1, x->dgates, 4 * R, w->kernel_x + EDGE_C * 4 * R, 4 * R, 0, x->dx, 2);
	for (size_t first = 0; first < n; first += d) {
		const size_t slots = live(m + first, d);
		mc_real through_mean = 0;

		for (size_t k = first; k < first + d; k++)
			through_mean += x->dx[2 * k + 1];
		through_mean /= (mc_real)(slots ? slots : 1);
		for (size_t k = first; k < first + d; k++)
			x->dc[k] = x->dx[2 * k] + through_mean;
	}
}

void mc_rule_backward(struct mc_rule *x, const struct mc_params *eta, const uint8_t *m, mc_real *dA,
    mc_real *grad, int want_dc)
{
	const size_t n = x->dims.T * x->S, R = x->dims.R, out = mc_rule_outputs(&x->dims);
	const struct mc_lstm lstm = mc_lstm_at(eta, eta->v, 0), g = mc_lstm_at(eta, grad, 0);
	const struct mc_mlp w = mc_mlp_at(eta, eta->v, 0), g_mlp = mc_mlp_at(eta, grad, 0);
	const struct mc_mlp_hidden hidden = { .h = { x->y }, .dh = { x->dy } };

	mc_mlp_backward(&w, &g_mlp, n, x->h, R, &hidden, dA, out, x->dh, R);
	backward_lstm(x, &lstm, &g);
	if (!want_dc)
		return;
	if (x->dims.rule.edge)
		edge_dc(x, &lstm, m);
	else
		joint_dc(x, &lstm);
}
