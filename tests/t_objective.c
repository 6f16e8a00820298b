/*
 * Does the meta-gradient raise what it is meant to raise? The return that a team can expect after K
 * updates, as a function of eta, on a small world in which that expectation is a sum over all
 * decisions: its central difference along a direction, against the mean of the meta-gradient (the last
 * term of eq. 8, beta = 0) over as many sampled meta-iterations.
 *
 * K = 1: tau(0) does not depend on eta, and both must agree. K = 2: tau(1) does, through theta(1) under
 * which it was sampled, and eq. 6 leaves that path out; what it leaves out is printed, not tested.
 *
 *     r_t = I^01 - 0.7 I^10 + o_t I^01 I^10,   gamma = 1, V = 0
 */
#include "mc_sweep.h"
#include "tiny.h"

enum { MOST = 2 };

struct world {
	struct mc_sweep x;
	struct mc_sweep_opts o;
	struct mc_params theta, eta; /* where every meta-iteration starts */
	mc_real *nu, *direction;     /* unit length, of eta's size */
	struct mc_traj tau[MOST + 1];
	mc_real *u;                  /* [MOST+1,T,2]  a pair asks where u < c */
};

static double reward(const struct mc_traj *t, size_t step, int first, int second)
{
	const double o = (double)t->o[step * tiny.N * tiny.O];

	return first - 0.7 * second + o * first * second;
}

static void make(struct world *w, int K)
{
	struct mc_err e;
	double norm = 0;

	w->o = (struct mc_sweep_opts){ .K = K, .last_only = 1, .gamma = 1, .beta = 0, .alpha = 0.3, .rho = 0.9, .eps = 1 };
	if (mc_sweep_init(&w->x, &tiny, &w->o, &tiny_arena, &e) < 0)
		abort();
	w->theta = tiny_net(MC_NET_COMM, &tiny, 71);
	w->eta = tiny_net(MC_NET_RULE, &tiny, 72);
	w->nu = tiny_random(w->theta.size, 0.1, 73);
	for (size_t i = 0; i < w->theta.size; i++)
		w->nu[i] += (mc_real)0.1;
	w->direction = tiny_random(w->eta.size, 1, 74);
	for (size_t i = 0; i < w->eta.size; i++)
		norm += (double)w->direction[i] * (double)w->direction[i];
	for (size_t i = 0; i < w->eta.size; i++)
		w->direction[i] /= (mc_real)sqrt(norm);
	for (int k = 0; k <= K; k++)
		w->tau[k] = tiny_traj(&tiny, 0, 80);
	w->u = tiny_zeros((MOST + 1) * tiny.T * 2);
}

/* Observations and draws of a meta-iteration. */
static void draw(struct world *w, uint64_t seed)
{
	const size_t n = (tiny.T + 1) * tiny.N * tiny.O;

	for (int k = 0; k <= w->o.K; k++) {
		mc_rng_uniform(w->tau[k].o, 0, n, seed, MC_RNG_RANDOM, 1, (uint32_t)k);
		for (size_t i = 0; i < n; i++)
			w->tau[k].o[i] = 3 * w->tau[k].o[i] - (mc_real)1.5;
	}
	mc_rng_uniform(w->u, 0, (MOST + 1) * tiny.T * 2, seed, MC_RNG_RANDOM, 2, 0);
}

/* Decides and rewards on tau(k) at theta. */
static void act(struct world *w, int k, const struct mc_params *theta)
{
	struct mc_traj *t = &w->tau[k];

	mc_comm_forward(&w->x.comm, theta, t->o);
	for (size_t i = 0; i < tiny.T * 2; i++)
		t->I[i] = w->u[(size_t)k * tiny.T * 2 + i] < w->x.comm.c[i];
	for (size_t step = 0; step < tiny.T; step++)
		t->r[step] = (mc_real)reward(t, step, t->I[2 * step], t->I[2 * step + 1]);
}

/* The K updates with eta moved by `by` along the direction; theta becomes theta(K), in `at`. */
static void update(struct world *w, double by, struct mc_params *at, mc_real *nu)
{
	struct mc_params eta = w->eta;

	eta.v = tiny_zeros(eta.size);
	for (size_t i = 0; i < eta.size; i++)
		eta.v[i] = w->eta.v[i] + (mc_real)by * w->direction[i];
	memcpy(at->v, w->theta.v, at->size * sizeof *at->v);
	memcpy(nu, w->nu, at->size * sizeof *nu);
	mc_sweep_rewind(&w->x);
	for (int k = 0; k < w->o.K; k++) {
		act(w, k, at);
		mc_sweep_update(&w->x, &w->tau[k], NULL, at, nu, &eta);
	}
}

/* What to expect at theta(K), over all decisions on tau(K)'s observations. */
static double expected(struct world *w, const struct mc_params *at)
{
	const struct mc_traj *t = &w->tau[w->o.K];
	double sum = 0;

	mc_comm_forward(&w->x.comm, at, t->o);
	for (size_t step = 0; step < tiny.T; step++)
		for (int i = 0; i < 4; i++) {
			const double a = (double)w->x.comm.c[2 * step], b = (double)w->x.comm.c[2 * step + 1];

			sum += (i & 1 ? a : 1 - a) * (i >> 1 ? b : 1 - b) * reward(t, step, i & 1, i >> 1);
		}
	return sum;
}

static double difference(struct world *w, double h, struct mc_params *at, mc_real *nu)
{
	update(w, h, at, nu);
	const double up = expected(w, at);

	update(w, -h, at, nu);
	return (up - expected(w, at)) / (2 * h);
}

/* The meta-gradient's part along the direction, on tau(K) sampled at theta(K). */
static double estimate(struct world *w, struct mc_params *at, mc_real *nu, mc_real *grad, mc_real *advantage)
{
	const int K = w->o.K;
	double along = 0, G = 0;

	update(w, 0, at, nu);
	act(w, K, at);
	mc_sweep_last(&w->x, &w->tau[K]);
	for (size_t step = tiny.T; step-- > 0; ) {
		G += (double)w->tau[K].r[step];
		advantage[(size_t)(K - 1) * tiny.T + step] = (mc_real)G;
	}
	memset(grad, 0, w->eta.size * sizeof *grad);
	(void)mc_sweep_start(&w->x, at, advantage);
	for (int k = K; k >= 1; k--)
		(void)mc_sweep_step(&w->x, k, &w->eta, advantage, grad);
	for (size_t i = 0; i < w->eta.size; i++)
		along += (double)grad[i] * (double)w->direction[i];
	return along;
}

/* Means over n meta-iterations: of both, and the standard error of their difference. */
static void compare(int K, int n, double h, double *by_hand, double *by_gradient, double *error)
{
	struct world w;
	double sum = 0, square = 0;

	*by_hand = *by_gradient = 0;
	make(&w, K);
	struct mc_params at = w.theta;
	mc_real *nu = tiny_zeros(w.theta.size), *grad = tiny_zeros(w.eta.size), *advantage = tiny_zeros(MOST * tiny.T);

	at.v = tiny_zeros(at.size);
	for (int i = 0; i < n; i++) {
		const struct mc_arena_mark mark = mc_arena_mark(&tiny_arena);

		draw(&w, 1000 + (uint64_t)i);
		const double a = difference(&w, h, &at, nu), b = estimate(&w, &at, nu, grad, advantage);

		*by_hand += a / n;
		*by_gradient += b / n;
		sum += a - b;
		square += (a - b) * (a - b);
		mc_arena_reset(&tiny_arena, mark);
	}
	*error = sqrt((square - sum * sum / n) / n / n);
}

int main(void)
{
	double a, b, error;

	tiny_start();
	compare(1, 40000, IN_DOUBLE ? 1e-3 : 3e-2, &a, &b, &error);
	diag("K = 1: the expected return's derivative %.5f, the meta-gradient's mean %.5f, standard error %.5f", a, b, error);
	ok(error < fabs(a) / 5, "there is something to compare");
	ok(fabs(a - b) < 4 * error, "K = 1: the meta-gradient is the derivative of the return to expect");
	compare(2, 40000, 0.1, &a, &b, &error);
	diag("K = 2: the expected return's derivative %.5f, the meta-gradient's mean %.5f, standard error %.5f", a, b, error);
	ok(isfinite(a) && a * b > 0, "K = 2: they have one sign");
	return tiny_done();
}
