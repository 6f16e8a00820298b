/* The baseline's advantage by hand; its gradient against central differences. */
#include "mc_baseline.h"
#include "mc_return.h"
#include "tiny.h"

struct fit {
	struct mc_baseline x, held;   /* held: G stays what it was */
	struct mc_params phi;
	struct mc_traj t;
};

/* mean_t 1/2 (G_t - V(o_t))^2 with G held constant */
static double loss(void *ctx)
{
	struct fit *f = ctx;
	double sum = 0;

	mc_baseline_advantage(&f->x, &f->phi, f->t.o, f->t.r, 0.9, 2);
	for (size_t t = 0; t < tiny.T; t++) {
		const double off = (double)f->held.G[t] - (double)f->x.V[t];

		sum += off * off / 2;
	}
	return sum / (double)tiny.T;
}

int main(void)
{
	struct fit f;
	struct mc_err e;
	double bad = 0;

	tiny_start();
	f.phi = tiny_net(MC_NET_BASELINE, &tiny, 1);
	f.t = tiny_traj(&tiny, 0, 2);
	if (mc_baseline_init(&f.x, &tiny, &tiny_arena, &e) < 0 ||
	    mc_baseline_init(&f.held, &tiny, &tiny_arena, &e) < 0)
		abort();
	mc_baseline_advantage(&f.held, &f.phi, f.t.o, f.t.r, 0.9, 2);

	mc_real *G = tiny_zeros(tiny.T), *grad = tiny_random(f.phi.size, 1, 3);

	mc_return_n_step(G, f.t.r, f.held.V, tiny.T, 0.9, 2);
	for (size_t t = 0; t < tiny.T; t++)
		bad = fmax(bad, fabs((double)(G[t] - f.held.V[t] - f.held.advantage[t])));
	is_near(bad, 0, 1e-6, "advantage is G - V");
	is_near(mc_baseline_gradient(&f.held, &f.phi, f.t.o, grad), loss(&f), 1e-6, "loss");
	if (IN_DOUBLE)
		is_near(tiny_error(loss, &f, f.phi.v, grad, f.phi.size, 1e-6), 0, 1e-8,
		    "gradient against differences (overwrites what was there)");
	return tiny_done();
}
