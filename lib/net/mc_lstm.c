#include "mc_lstm.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_kernel.h"
#include "mc_math.h"

struct mc_lstm mc_lstm_at(const struct mc_params *p, mc_real *v, size_t agent)
{
	struct mc_params q = *p;
	struct mc_lstm w = { 0 };

	q.v = v;
	w.kernel_x = mc_params_at(&q, "lstm", "kernel_x", agent);
	w.kernel_h = mc_params_at(&q, "lstm", "kernel_h", agent);
	w.bias = mc_params_at(&q, "lstm", "bias", agent);
	w.in = p->tensor[0].fan_in;   /* the LSTM is the first layer of every net that has one */
	w.H = p->tensor[1].fan_in;
	return w;
}

static void add_bias(mc_real *restrict gates, const mc_real *restrict bias, size_t n)
{
	for (size_t j = 0; j < n; j++)
		gates[j] += bias[j];
}

/* c = f c0 + i g */
static void new_cell(mc_real *c, const mc_real *c0, const mc_real *restrict i,
    const mc_real *restrict f, const mc_real *restrict g, size_t H)
{
	if (!c0)
		for (size_t j = 0; j < H; j++)
			c[j] = i[j] * g[j];
	else
		for (size_t j = 0; j < H; j++)
			c[j] = f[j] * c0[j] + i[j] * g[j];
}

/* h = o tanh(c) */
static void new_hidden(mc_real *restrict h, const mc_real *restrict o, const mc_real *restrict tc,
    size_t H)
{
	for (size_t j = 0; j < H; j++)
		h[j] = o[j] * tc[j];
}

static void plain_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n)
{
	for (size_t b = 0; b < n; b++) {
		mc_real *i = gates + b * 4 * H, *g = i + 2 * H, *o = i + 3 * H;

		add_bias(i, bias, 4 * H);
		mc_vec_sigmoid(i, i, 2 * H);
		mc_vec_tanh(g, g, H);
		mc_vec_sigmoid(o, o, H);
		new_cell(c + b * H, c0 ? c0 + b * H : NULL, i, i + H, g, H);
		mc_vec_tanh(tc + b * H, c + b * H, H);
		new_hidden(h + b * ldh, o, tc + b * H, H);
	}
}

void mc_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n)
{
	if (!mc_kernel_lstm_cell(gates, c, tc, h, ldh, c0, bias, H, n))
		plain_cell(gates, c, tc, h, ldh, c0, bias, H, n);
}

void mc_lstm_forward(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *x, size_t ldx, const mc_real *h0, const mc_real *c0,
    const struct mc_lstm *w, size_t n)
{
	const size_t H = w->H;

	mc_gemm(MC_N, MC_N, n, 4 * H, w->in, 1, x, ldx, w->kernel_x, 4 * H, 0, gates, 4 * H);
	if (h0)
		mc_gemm(MC_N, MC_N, n, 4 * H, H, 1, h0, ldh, w->kernel_h, 4 * H, 1, gates, 4 * H);
	mc_lstm_cell(gates, c, tc, h, ldh, c0, w->bias, H, n);
}

/* One row in place: `a` holds the gates i, f, g, o on entry, their adjoints on return. */
static void backward_row(mc_real *restrict a, mc_real *restrict dc, const mc_real *restrict dh,
    const mc_real *restrict tc, const mc_real *restrict c0, size_t H)
{
	for (size_t j = 0; j < H; j++) {
		const mc_real i = a[j], f = a[H + j], g = a[2 * H + j], o = a[3 * H + j];
		const mc_real s = dc[j] + dh[j] * o * (1 - tc[j] * tc[j]);

		a[j] = s * g * i * (1 - i);
		a[H + j] = s * c0[j] * f * (1 - f);
		a[2 * H + j] = s * i * (1 - g * g);
		a[3 * H + j] = dh[j] * tc[j] * o * (1 - o);
		dc[j] = s * f;
	}
}

/* The same where c0 = 0: nothing reaches f. */
static void backward_first_row(mc_real *restrict a, mc_real *restrict dc, const mc_real *restrict dh,
    const mc_real *restrict tc, size_t H)
{
	for (size_t j = 0; j < H; j++) {
		const mc_real i = a[j], f = a[H + j], g = a[2 * H + j], o = a[3 * H + j];
		const mc_real s = dc[j] + dh[j] * o * (1 - tc[j] * tc[j]);

		a[j] = s * g * i * (1 - i);
		a[H + j] = 0;
		a[2 * H + j] = s * i * (1 - g * g);
		a[3 * H + j] = dh[j] * tc[j] * o * (1 - o);
		dc[j] = s * f;
	}
}

void mc_lstm_backward(mc_real *dgates, mc_real *dc, const mc_real *dh, size_t lddh,
    const mc_real *gates, const mc_real *tc, const mc_real *c0, size_t H, size_t n)
{
	if (dgates != gates)
		memcpy(dgates, gates, n * 4 * H * sizeof *gates);
	for (size_t b = 0; b < n; b++) {
		mc_real *a = dgates + b * 4 * H;

		if (c0)
			backward_row(a, dc + b * H, dh + b * lddh, tc + b * H, c0 + b * H, H);
		else
			backward_first_row(a, dc + b * H, dh + b * lddh, tc + b * H, H);
	}
}
