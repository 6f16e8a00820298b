#include "mc_baseline.h"

#include <string.h>

#include "mc_dense.h"
#include "mc_return.h"

int mc_baseline_init(struct mc_baseline *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t T = dims->T, hidden = (T + 1) * dims->H;
	mc_real *p = mc_arena_alloc(arena, 4 * T + 1 + 4 * hidden, sizeof *p, "baseline", e);

	if (!p)
		return -1;
	x->dims = *dims;
	x->h0 = p;
	x->h1 = x->h0 + hidden;
	x->dh = x->h1 + hidden;
	x->V = x->dh + 2 * hidden;
	x->G = x->V + T + 1;
	x->advantage = x->G + T;
	x->dV = x->advantage + T;
	return 0;
}

static void values(struct mc_baseline *x, const struct mc_params *phi, const mc_real *o)
{
	const size_t H = x->dims.H, NO = x->dims.N * x->dims.O, n = x->dims.T + 1;
	const struct mc_dense w0 = mc_dense_at(phi, phi->v, "dense_0", 0);
	const struct mc_dense w1 = mc_dense_at(phi, phi->v, "dense_1", 0);
	const struct mc_dense w2 = mc_dense_at(phi, phi->v, "dense_2", 0);

	mc_dense_forward(x->h0, H, o, NO, &w0, n, 1);
	mc_dense_forward(x->h1, H, x->h0, H, &w1, n, 1);
	mc_dense_forward(x->V, 1, x->h1, H, &w2, n, 0);
}

void mc_baseline_advantage(struct mc_baseline *x, const struct mc_params *phi, const mc_real *o,
    const mc_real *r, double gamma, int n)
{
	const size_t T = x->dims.T;

	values(x, phi, o);
	mc_return_n_step(x->G, r, x->V, T, gamma, n);
	for (size_t t = 0; t < T; t++)
		x->advantage[t] = x->G[t] - x->V[t];
}

double mc_baseline_gradient(struct mc_baseline *x, const struct mc_params *phi, const mc_real *o,
    mc_real *grad)
{
	const size_t T = x->dims.T, H = x->dims.H, NO = x->dims.N * x->dims.O;
	const struct mc_dense w1 = mc_dense_at(phi, phi->v, "dense_1", 0);
	const struct mc_dense w2 = mc_dense_at(phi, phi->v, "dense_2", 0);
	const struct mc_dense w0 = mc_dense_at(phi, phi->v, "dense_0", 0);
	const struct mc_dense g0 = mc_dense_at(phi, grad, "dense_0", 0);
	const struct mc_dense g1 = mc_dense_at(phi, grad, "dense_1", 0);
	const struct mc_dense g2 = mc_dense_at(phi, grad, "dense_2", 0);
	mc_real *dh1 = x->dh, *dh0 = x->dh + T * H;
	double sum = 0;

	for (size_t t = 0; t < T; t++) {
		sum += (double)x->advantage[t] * (double)x->advantage[t];
		x->dV[t] = -x->advantage[t] / (mc_real)T;
	}
	memset(grad, 0, phi->size * sizeof *grad);
	mc_dense_backward(dh1, H, &g2, x->dV, 1, NULL, 0, x->h1, H, &w2, T, 0);
	mc_dense_backward(dh0, H, &g1, dh1, H, x->h1, H, x->h0, H, &w1, T, 1);
	mc_dense_backward(NULL, 0, &g0, dh0, H, x->h0, H, o, NO, &w0, T, 1);
	return sum / (2 * (double)T);
}
