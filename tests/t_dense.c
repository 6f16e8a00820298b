/* The dense layer against its definition, its backward pass against central differences. */
#include <stdlib.h>

#include "gradient.h"
#include "mc_blas.h"
#include "mc_dense.h"
#include "mc_rng.h"
#include "tap.h"

enum { IN = 9, OUT = 7, ROWS = 8, LDX = IN + 2, LDY = OUT + 1 };

static mc_real kernel[IN * OUT], bias[OUT], x[ROWS * LDX], y[ROWS * LDY], weight[ROWS * LDY];
static const struct mc_dense layer = { kernel, bias, IN, OUT, 0 };

static void draw(mc_real *v, size_t n, uint32_t what)
{
	mc_rng_normal(v, 0, n, 11, MC_RNG_EXPLORE, what, 0);
}

static void forward(int relu)
{
	double worst = 0;

	for (size_t k = 0; k < ROWS * LDY; k++)
		y[k] = 77;
	mc_dense_forward(y, LDY, x, LDX, &layer, ROWS, relu);
	for (size_t b = 0; b < ROWS; b++) {
		for (size_t j = 0; j < OUT; j++) {
			double s = (double)bias[j];

			for (size_t i = 0; i < IN; i++)
				s += (double)x[b * LDX + i] * (double)kernel[i * OUT + j];
			s = relu && s < 0 ? 0 : s;
			worst = fmax(worst, fabs(s - (double)y[b * LDY + j]));
		}
		worst = fmax(worst, fabs((double)y[b * LDY + OUT] - 77));
	}
	is_near(worst, 0, sizeof(mc_real) == 4 ? 5e-6 : 1e-13, relu ? "y = max(0, x kernel + bias)" : "y = x kernel + bias");
}

/* A scalar function of the layer: sum of weight * y. */
static double scalar(void *relu)
{
	double s = 0;

	mc_dense_forward(y, LDY, x, LDX, &layer, ROWS, *(int *)relu);
	for (size_t b = 0; b < ROWS; b++)
		for (size_t j = 0; j < OUT; j++)
			s += (double)weight[b * LDY + j] * (double)y[b * LDY + j];
	return s;
}

static void backward(int relu)
{
	mc_real dk[IN * OUT] = { 0 }, db[OUT] = { 0 }, dx[ROWS * LDX] = { 0 }, dy[ROWS * LDY];
	const struct mc_dense g = { dk, db, IN, OUT, 0 };

	(void)scalar(&relu);
	memcpy(dy, weight, sizeof dy);
	mc_dense_backward(dx, LDX, &g, dy, LDY, y, LDY, x, LDX, &layer, ROWS, relu);
	if (sizeof(mc_real) == 8) {
		is_near(gradient_error(scalar, &relu, kernel, dk, IN * OUT), 0, 1e-8, "d kernel");
		is_near(gradient_error(scalar, &relu, bias, db, OUT), 0, 1e-8, "d bias");
		is_near(gradient_error(scalar, &relu, x, dx, ROWS * LDX), 0, 1e-8, "dx");
	}
	mc_real twice[IN * OUT], again[ROWS * LDX];
	double worst = 0;

	memcpy(twice, dk, sizeof dk);
	memcpy(again, dx, sizeof dx);
	(void)scalar(&relu);
	memcpy(dy, weight, sizeof dy);
	mc_dense_backward(dx, LDX, &g, dy, LDY, y, LDY, x, LDX, &layer, ROWS, relu);
	for (size_t k = 0; k < IN * OUT; k++)
		worst = fmax(worst, fabs((double)(dk[k] - 2 * twice[k])));
	is_near(worst, 0, 1e-4, "parameter gradients are added to");
	ok(memcmp(again, dx, sizeof dx) == 0, "dx is overwritten");
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	draw(kernel, IN * OUT, 1);
	draw(bias, OUT, 2);
	draw(x, ROWS * LDX, 3);
	draw(weight, ROWS * LDY, 4);
	for (int relu = 0; relu < 2; relu++) {
		forward(relu);
		backward(relu);
	}
	return tap_done();
}
