#include "mc_sweep.h"

#include <assert.h>
#include <string.h>

#include "mc_math.h"
#include "mc_optim.h"

static int new_tape(struct mc_sweep *x, struct mc_arena *arena, struct mc_err *e)
{
	const size_t K = (size_t)x->opts.K, n = x->size;
	const size_t pairs = x->dims.T * x->dims.N * x->dims.d;
	const size_t T = x->dims.T;
	mc_real *p = mc_arena_alloc(arena, 3 * (K + 1) * n + 3 * pairs + (K + 1) * T, sizeof *p, "tape", e);

	x->Jk = mc_arena_alloc(arena, K, sizeof *x->Jk, "tape", e);
	x->told = mc_arena_alloc(arena, K, sizeof *x->told, "tape", e);
	x->tau = mc_arena_alloc(arena, K + 1, sizeof *x->tau, "tape", e);
	if (!p || !x->Jk || !x->told || !x->tau)
		return -1;
	x->theta = p;
	x->nu = x->theta + K * n;
	x->g = x->nu + K * n;
	x->lambda = x->g + K * n;
	x->mu = x->lambda + n;
	x->v = x->mu + n;
	x->dz = x->v + n;
	x->dz_dot = x->dz + pairs;
	x->Dv = x->dz_dot + pairs;
	x->advantage = x->Dv + pairs;
	x->weighed = x->advantage + K * T;
	for (size_t k = 0; k <= K; k++)
		if (mc_traj_new(&x->tau[k], &x->dims, arena, e) < 0)
			return -1;
	return 0;
}

int mc_sweep_init(struct mc_sweep *x, const struct mc_dims *dims, const struct mc_sweep_opts *o,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_params theta;

	memset(x, 0, sizeof *x);
	mc_params_layout(&theta, MC_NET_COMM, dims);
	x->dims = *dims;
	x->opts = *o;
	x->size = theta.size;
	if (mc_comm_init(&x->comm, dims, arena, e) < 0 || mc_rule_init(&x->rule, dims, arena, e) < 0)
		return -1;
	return new_tape(x, arena, e);
}

void mc_sweep_rewind(struct mc_sweep *x)
{
	x->k = 0;
}

static size_t pairs_of(const struct mc_sweep *x)
{
	return x->dims.N * x->dims.d;
}

/* A_hat on tau(k), k < K, of the c's in x->comm. */
static void run_rule(struct mc_sweep *x, int k, const struct mc_params *eta)
{
	const struct mc_traj *tau = &x->tau[k];
	const struct mc_sweep_told *told = &x->told[k];
	const struct mc_rule_input in = { .r = tau->r, .c = x->comm.c, .I = tau->I, .m = tau->m,
		.gamma = x->opts.gamma, .mean = told->mean, .scale = told->scale, .advantage = told->advantage };

	mc_rule_forward(&x->rule, eta, &in);
}

/* Eq. 5: A_hat of tau(k), and g += sum A_hat grad log c. */
static void rule_gradient(struct mc_sweep *x, int k, const struct mc_params *theta,
    const struct mc_params *eta, mc_real *g)
{
	const struct mc_traj *tau = &x->tau[k];

	mc_comm_forward(&x->comm, theta, tau->o);
	run_rule(x, k, eta);
	mc_comm_score(x->dz, x->comm.c, tau->I, tau->m, x->rule.A_hat, x->dims.T * pairs_of(x));
	mc_comm_backward(&x->comm, theta, tau->o, x->dz, g);
}

static void note_told(struct mc_sweep *x, const struct mc_sweep_told *told)
{
	const size_t T = x->dims.T;
	mc_real *copy = x->advantage + (size_t)x->k * T;

	x->told[x->k] = told ? *told : (struct mc_sweep_told){ .scale = 1 };
	if (told && told->advantage) {
		memcpy(copy, told->advantage, T * sizeof *copy);
		x->told[x->k].advantage = copy;
	}
}

void mc_sweep_update(struct mc_sweep *x, const struct mc_traj *t, const struct mc_sweep_told *told,
    struct mc_params *theta, mc_real *nu, const struct mc_params *eta)
{
	const struct mc_sweep_opts *o = &x->opts;
	const size_t at = (size_t)x->k * x->size, bytes = x->size * sizeof *nu;

	assert(x->k < o->K);
	mc_traj_copy(&x->tau[x->k], t);
	note_told(x, told);
	memcpy(x->theta + at, theta->v, bytes);
	memset(x->g + at, 0, bytes);
	rule_gradient(x, x->k, theta, eta, x->g + at);
	mc_rmsprop_step(theta->v, nu, x->g + at, x->size, o->alpha, o->rho, o->eps);
	memcpy(x->nu + at, nu, bytes);
	x->k++;
}

void mc_sweep_hold(struct mc_sweep *x, const struct mc_traj *t, const struct mc_params *theta)
{
	assert(x->k < x->opts.K);
	mc_traj_copy(&x->tau[x->k], t);
	mc_comm_forward(&x->comm, theta, t->o);
	x->k++;
}

void mc_sweep_last(struct mc_sweep *x, const struct mc_traj *t)
{
	assert(x->k == x->opts.K);
	mc_traj_copy(&x->tau[x->k], t);
}

/* ---- the backward sweep ---- */

/*
 * Through the optimiser, element by element: with s = (nu_k + eps)^(-1/2),
 *     w = mu - 1/2 alpha lambda g s^3,  v = alpha lambda s + 2 (1-rho) w g,  mu' = rho w
 */
static void through_rmsprop(mc_real *restrict v, mc_real *restrict mu,
    const mc_real *restrict lambda, const mc_real *restrict g, const mc_real *restrict nu, size_t n,
    const struct mc_sweep_opts *o)
{
	const mc_real alpha = (mc_real)o->alpha, rho = (mc_real)o->rho, eps = (mc_real)o->eps;
	const mc_real half_alpha = alpha / 2, twice_rest = (mc_real)(2 * (1 - o->rho));

	for (size_t i = 0; i < n; i++) {
		const mc_real s2 = 1 / (nu[i] + eps), s = MC_M(sqrt)(s2);
		const mc_real w = mu[i] - half_alpha * lambda[i] * g[i] * s2 * s;

		v[i] = alpha * lambda[i] * s + twice_rest * w * g[i];
		mu[i] = rho * w;
	}
}

void mc_sweep_recall(struct mc_sweep *x, const struct mc_past *past, const mc_real *advantage)
{
	x->past = past;
	x->past_advantage = advantage;
}

/* Trajectories over which J_k is the mean. */
static double trajectories(const struct mc_sweep *x)
{
	return x->past ? 1 + (double)x->past->n : 1;
}

/* The weight in J of one trajectory of J_k. */
static double weight(const struct mc_sweep *x, int k)
{
	if (x->opts.last_only)
		return k == x->opts.K ? 1 / trajectories(x) : 0;
	return 1 / (trajectories(x) * (double)x->opts.K);
}

/* Eq. 8 on tau(k) at the forward pass in x->comm: x->dz = its part of dJ_k/dz; returns its part of J. */
static double objective(struct mc_sweep *x, int k, const mc_real *advantage)
{
	const struct mc_traj *tau = &x->tau[k];
	const size_t T = x->dims.T;
	const double sum = mc_comm_objective(x->dz, x->comm.z, x->comm.c, tau->I, tau->m,
	    advantage + (size_t)(k - 1) * T, T, pairs_of(x), x->opts.beta, weight(x, k));

	x->Jk[k - 1] += sum / trajectories(x);
	return weight(x, k) * sum;
}

/* The same on a trajectory of before. It passes over the nets at theta(k), and adds to lambda. */
static double objective_of(struct mc_sweep *x, int k, const struct mc_params *theta, size_t i)
{
	const struct mc_past_one p = mc_past_at(x->past, i);
	const size_t T = x->dims.T;

	mc_comm_forward(&x->comm, theta, p.o);
	mc_past_weigh(x->weighed, x->past_advantage + i * T, &p, x->comm.z, T, pairs_of(x));
	const double sum = mc_comm_objective(x->dz, x->comm.z, x->comm.c, p.I, p.m, x->weighed, T, pairs_of(x),
	    x->opts.beta, weight(x, k));

	mc_comm_backward(&x->comm, theta, p.o, x->dz, x->lambda);
	x->Jk[k - 1] += sum / trajectories(x);
	return weight(x, k) * sum;
}

static double recalled(struct mc_sweep *x, int k, const struct mc_params *theta)
{
	double J = 0;

	for (size_t i = 0; x->past && weight(x, k) > 0 && i < x->past->n; i++)
		J += objective_of(x, k, theta, i);
	return J;
}

/* D_v log c = m (I - c) z_dot: the adjoint of A_hat. */
static void directional(struct mc_sweep *x, const struct mc_traj *tau)
{
	mc_comm_score(x->Dv, x->comm.c, tau->I, tau->m, x->comm.z_dot, x->dims.T * pairs_of(x));
}

/*
 * What enters the backward pass over the net and its tangent, besides dJ/dz which is in dz:
 *     adjoint of z_dot = m (I - c) A_hat
 *     adjoint of z    += m c (1-c) (x_bar - A_hat z_dot)
 */
static void adjoints(struct mc_sweep *x, const struct mc_traj *tau)
{
	const size_t n = x->dims.T * pairs_of(x);
	const mc_real *c = x->comm.c, *A = x->rule.A_hat;

	mc_comm_score(x->dz_dot, c, tau->I, tau->m, A, n);
	for (size_t i = 0; i < n; i++)
		x->dz[i] += tau->m[i] ? c[i] * (1 - c[i]) * (x->rule.dc[i] - A[i] * x->comm.z_dot[i]) : 0;
}

double mc_sweep_start(struct mc_sweep *x, const struct mc_params *theta, const mc_real *advantage)
{
	const int K = x->opts.K;

	assert(x->k == K);
	memset(x->mu, 0, x->size * sizeof *x->mu);
	memset(x->lambda, 0, x->size * sizeof *x->lambda);
	x->Jk[K - 1] = 0;
	double J = recalled(x, K, theta);

	mc_comm_forward(&x->comm, theta, x->tau[K].o);
	J += objective(x, K, advantage);
	mc_comm_backward(&x->comm, theta, x->tau[K].o, x->dz, x->lambda);
	return J;
}

double mc_sweep_step(struct mc_sweep *x, int k, const struct mc_params *eta,
    const mc_real *advantage, mc_real *grad)
{
	const size_t at = (size_t)(k - 1) * x->size;
	const struct mc_traj *tau = &x->tau[k - 1];
	struct mc_params theta;
	double J = 0;

	mc_params_layout(&theta, MC_NET_COMM, &x->dims);
	theta.v = x->theta + at;
	through_rmsprop(x->v, x->mu, x->lambda, x->g + at, x->nu + at, x->size, &x->opts);
	mc_comm_forward(&x->comm, &theta, tau->o);
	mc_comm_tangent(&x->comm, &theta, x->v, tau->o);
	run_rule(x, k - 1, eta);
	directional(x, tau);
	mc_rule_backward(&x->rule, eta, tau->m, x->Dv, grad, k > 1);
	if (k > 1) {
		x->Jk[k - 2] = 0;
		J = objective(x, k - 1, advantage);
		adjoints(x, tau);
		mc_comm_backward_tangent(&x->comm, &theta, x->v, tau->o, x->dz, x->dz_dot, x->lambda);
		J += recalled(x, k - 1, &theta);
	}
	return J;
}
