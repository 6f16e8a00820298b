#include "mc_baseline.h"

#include <string.h>

#include "mc_mlp.h"
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

static struct mc_mlp_hidden hidden_of(const struct mc_baseline *x)
{
	return (struct mc_mlp_hidden){ .h = { x->h0, x->h1 }, .dh = { x->dh + x->dims.T * x->dims.H, x->dh } };
}

static void values(struct mc_baseline *x, const struct mc_params *phi, const mc_real *o)
{
	const struct mc_mlp w = mc_mlp_at(phi, phi->v, 0);
	const struct mc_mlp_hidden r = hidden_of(x);

	mc_mlp_forward(&w, x->dims.T + 1, o, x->dims.N * x->dims.O, &r, x->V, 1);
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
	const size_t T = x->dims.T;
	const struct mc_mlp w = mc_mlp_at(phi, phi->v, 0), g = mc_mlp_at(phi, grad, 0);
	const struct mc_mlp_hidden r = hidden_of(x);
	double sum = 0;

	for (size_t t = 0; t < T; t++) {
		sum += (double)x->advantage[t] * (double)x->advantage[t];
		x->dV[t] = -x->advantage[t] / (mc_real)T;
	}
	memset(grad, 0, phi->size * sizeof *grad);
	mc_mlp_backward(&w, &g, T, o, x->dims.N * x->dims.O, &r, x->dV, 1, NULL, 0);
	return sum / (2 * (double)T);
}
