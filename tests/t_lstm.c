/* The LSTM step against its equations; a sequence's backward pass against central differences. */
#include "gradient.h"
#include "mc_blas.h"
#include "mc_lstm.h"
#include "mc_rng.h"
#include "tap.h"

enum { IN = 5, H = 6, ROWS = 4, STEPS = 3, G = 4 * H };

static mc_real kx[IN * G], kh[H * G], bias[G], x[STEPS * ROWS * IN], weight[ROWS * H];
static mc_real gates[STEPS][ROWS * G], c[STEPS][ROWS * H], tc[STEPS][ROWS * H], h[STEPS][ROWS * H];
static const struct mc_lstm lstm = { kx, kh, bias, IN, H };

static void draw(mc_real *v, size_t n, uint32_t what)
{
	mc_rng_normal(v, 0, n, 12, MC_RNG_EXPLORE, what, 0);
	for (size_t k = 0; k < n; k++)
		v[k] *= (mc_real)0.7;
}

/* The last hidden states' sum, weighted; everything kept for the backward pass. */
static double sequence(void *unused)
{
	double s = 0;

	(void)unused;
	for (int t = 0; t < STEPS; t++)
		mc_lstm_forward(gates[t], c[t], tc[t], h[t], H, x + t * ROWS * IN, IN,
		    t ? h[t - 1] : NULL, t ? c[t - 1] : NULL, &lstm, ROWS);
	for (size_t k = 0; k < ROWS * H; k++)
		s += (double)weight[k] * (double)h[STEPS - 1][k];
	return s;
}

static double logistic(double v)
{
	return 1 / (1 + exp(-v));
}

/* Row b in plain loops. */
static double error_of_row(size_t b)
{
	double cell[H] = { 0 }, hidden[H] = { 0 }, worst = 0;

	for (int t = 0; t < STEPS; t++) {
		double z[G];

		for (size_t j = 0; j < G; j++) {
			z[j] = (double)bias[j];
			for (size_t i = 0; i < IN; i++)
				z[j] += (double)x[(t * ROWS + b) * IN + i] * (double)kx[i * G + j];
			for (size_t i = 0; i < H; i++)
				z[j] += hidden[i] * (double)kh[i * G + j];
		}
		for (size_t j = 0; j < H; j++) {
			cell[j] = logistic(z[H + j]) * cell[j] + logistic(z[j]) * tanh(z[2 * H + j]);
			hidden[j] = logistic(z[3 * H + j]) * tanh(cell[j]);
			worst = fmax(worst, fabs(hidden[j] - (double)h[t][b * H + j]));
			worst = fmax(worst, fabs(cell[j] - (double)c[t][b * H + j]));
		}
	}
	return worst;
}

static void backward(void)
{
	static mc_real dkx[IN * G], dkh[H * G], dbias[G], dx[STEPS * ROWS * IN], dgates[ROWS * G];
	mc_real dh[ROWS * H], dc[ROWS * H] = { 0 };

	(void)sequence(NULL);
	memcpy(dh, weight, sizeof dh);
	for (int t = STEPS - 1; t >= 0; t--) {
		mc_lstm_backward(dgates, dc, dh, H, gates[t], tc[t], t ? c[t - 1] : NULL, H, ROWS);
		mc_gemm(MC_T, MC_N, IN, G, ROWS, 1, x + t * ROWS * IN, IN, dgates, G, 1, dkx, G);
		if (t)
			mc_gemm(MC_T, MC_N, H, G, ROWS, 1, h[t - 1], H, dgates, G, 1, dkh, G);
		for (size_t b = 0; b < ROWS; b++)
			for (size_t j = 0; j < G; j++)
				dbias[j] += dgates[b * G + j];
		mc_gemm(MC_N, MC_T, ROWS, IN, G, 1, dgates, G, kx, G, 0, dx + t * ROWS * IN, IN);
		mc_gemm(MC_N, MC_T, ROWS, H, G, 1, dgates, G, kh, G, 0, dh, H);
	}
	if (sizeof(mc_real) == 8) {
		is_near(gradient_error(sequence, NULL, kx, dkx, IN * G), 0, 1e-8, "d kernel_x");
		is_near(gradient_error(sequence, NULL, kh, dkh, H * G), 0, 1e-8, "d kernel_h");
		is_near(gradient_error(sequence, NULL, bias, dbias, G), 0, 1e-8, "d bias");
		is_near(gradient_error(sequence, NULL, x, dx, STEPS * ROWS * IN), 0, 1e-8, "dx");
	}
}

/* The backward pass may overwrite the gates with their adjoints. */
static void in_place(void)
{
	mc_real apart[ROWS * G], dc1[ROWS * H] = { 0 }, dc2[ROWS * H] = { 0 };

	(void)sequence(NULL);
	for (int t = 0; t < 2; t++) {
		memset(dc1, 0, sizeof dc1);
		memset(dc2, 0, sizeof dc2);
		mc_lstm_backward(apart, dc1, weight, H, gates[t], tc[t], t ? c[t - 1] : NULL, H, ROWS);
		mc_lstm_backward(gates[t], dc2, weight, H, gates[t], tc[t], t ? c[t - 1] : NULL, H, ROWS);
		ok(memcmp(apart, gates[t], sizeof apart) == 0 && memcmp(dc1, dc2, sizeof dc1) == 0,
		    "step %d: in place or not, the same", t);
	}
}

/* c may be c0. */
static void cell_in_place(void)
{
	mc_real cc[ROWS * H], g2[ROWS * G], t2[ROWS * H], h2[ROWS * H];

	(void)sequence(NULL);
	memcpy(cc, c[0], sizeof cc);
	mc_lstm_forward(g2, cc, t2, h2, H, x + ROWS * IN, IN, h[0], cc, &lstm, ROWS);
	ok(memcmp(cc, c[1], sizeof cc) == 0 && memcmp(h2, h[1], sizeof h2) == 0, "c may be c0");
}

int main(void)
{
	struct mc_err e = { 0 };
	double worst = 0;

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	draw(kx, IN * G, 1);
	draw(kh, H * G, 2);
	draw(bias, G, 3);
	draw(x, STEPS * ROWS * IN, 4);
	draw(weight, ROWS * H, 5);
	(void)sequence(NULL);
	for (size_t b = 0; b < ROWS; b++)
		worst = fmax(worst, error_of_row(b));
	is_near(worst, 0, sizeof(mc_real) == 4 ? 2e-6 : 1e-14, "states of three steps from their equations");
	backward();
	in_place();
	cell_in_place();
	return tap_done();
}
