/*
 * Golden values of what mc-metalearn computes: optimisers, baseline, REINFORCE, the update by
 * the learned rule, and the meta-gradient.
 */
#include <string.h>

#include "fixtures.h"
#include "mc_baseline.h"
#include "mc_comm.h"
#include "mc_meta.h"
#include "mc_optim.h"
#include "mc_reinforce.h"
#include "mc_sweep.h"

/* ---- adam_rmsprop_polyak ---- */

/* Any net of three dense layers will do: the tree is read as a baseline's with N = 1. */
static struct mc_params dense_tree(struct fixture *f, const struct mc_map *in, const char *key)
{
	const struct mc_dims dims = { .N = 1, .T = 1,
		.O = fixture_tree_dim(f, in, key, "dense_0", "kernel", 0),
		.H = fixture_tree_dim(f, in, key, "dense_0", "kernel", 1) };

	return fixture_params(f, in, key, MC_NET_BASELINE, &dims);
}

static void check_adam(struct fixture *f, const struct mc_map *in, const struct mc_map *out,
    const char *key, const char *grads, int ascend)
{
	const struct mc_params p = dense_tree(f, in, "params");
	const size_t S = fixture_tree_dim(f, in, grads, "dense_0", "bias", 0);
	const struct mc_map want = fixture_map(f, out, key);
	mc_real *after = fixture_new(f, S * p.size);
	struct mc_adam a = { .lr = fixture_real(f, in, "lr"), .b1 = fixture_real(f, in, "b1"),
		.b2 = fixture_real(f, in, "b2"), .eps = fixture_real(f, in, "adam_eps"),
		.m = fixture_new(f, p.size), .v = fixture_new(f, p.size) };

	for (size_t s = 0; s < S; s++) {
		mc_adam_step(&a, p.v, fixture_tree_slice(f, in, grads, &p, S, s), p.size, ascend);
		memcpy(after + s * p.size, p.v, p.size * sizeof *p.v);
	}
	fixture_is_stack(f, &want, "params", &p, S, after, 5e-6);
	fixture_is_tree(f, &want, "m", &p, a.m, 5e-6);
	fixture_is_tree(f, &want, "v", &p, a.v, 5e-6);
	fixture_is_real(f, &want, "step", (double)a.step, 5e-6);
}

static void check_rmsprop(struct fixture *f, const struct mc_map *in, const struct mc_map *out,
    const char *key, const char *grads)
{
	const struct mc_params p = dense_tree(f, in, "params");
	const size_t S = fixture_tree_dim(f, in, grads, "dense_0", "bias", 0);
	const struct mc_map want = fixture_map(f, out, key);
	mc_real *after = fixture_new(f, S * p.size), *nu = fixture_new(f, p.size);

	for (size_t s = 0; s < S; s++) {
		mc_rmsprop_step(p.v, nu, fixture_tree_slice(f, in, grads, &p, S, s), p.size,
		    fixture_real(f, in, "lr"), fixture_real(f, in, "rho"), fixture_real(f, in, "eps"));
		memcpy(after + s * p.size, p.v, p.size * sizeof *p.v);
	}
	fixture_is_stack(f, &want, "params", &p, S, after, 5e-6);
	fixture_is_tree(f, &want, "nu", &p, nu, 5e-6);
}

static void check_clip(struct fixture *f, const struct mc_map *in, const struct mc_map *out,
    const char *key, const char *grads)
{
	const struct mc_params p = dense_tree(f, in, "params");
	const size_t S = fixture_tree_dim(f, in, grads, "dense_0", "bias", 0);
	const struct mc_map want = fixture_map(f, out, key);
	mc_real *g = fixture_tree_slice(f, in, grads, &p, S, 0);

	fixture_is_real(f, &want, "norm", mc_clip_norm(g, p.size, fixture_real(f, in, "max_norm")), 5e-6);
	fixture_is_tree(f, &want, "grads", &p, g, 5e-6);
}

static void check_optim(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	const struct mc_params p = dense_tree(f, in, "params");
	const struct mc_map want = fixture_map(f, out, "polyak");

	check_adam(f, in, out, "adam_descend", "grads", 0);
	check_adam(f, in, out, "adam_ascend_small", "small_grads", 1);
	check_adam(f, in, out, "adam_descend_tiny", "tiny_grads", 0);
	check_rmsprop(f, in, out, "rmsprop", "grads");
	check_rmsprop(f, in, out, "rmsprop_tiny", "tiny_grads");
	check_clip(f, in, out, "clip", "grads");
	check_clip(f, in, out, "clip_inactive", "tiny_grads");
	mc_real *target = fixture_tree(f, in, "other", &p);

	mc_polyak(target, p.v, p.size, fixture_real(f, in, "tau"));
	fixture_is_tree(f, &want, "params", &p, target, 5e-6);
}

int fixture_optim(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_optim, why, size);
}

/* ---- baseline ---- */

static void check_baseline(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	const struct mc_dims dims = { .T = fixture_dim(f, in, "r", 0), .N = fixture_dim(f, in, "o", 1),
		.O = fixture_dim(f, in, "o", 2),
		.H = fixture_tree_dim(f, in, "baseline", "dense_0", "kernel", 1) };
	const size_t T = dims.T;
	const struct mc_params phi = fixture_params(f, in, "baseline", MC_NET_BASELINE, &dims);
	const mc_real *o = fixture_reals(f, in, "o", SHAPE(T + 1, dims.N, dims.O));
	const mc_real *r = fixture_reals(f, in, "r", SHAPE(T));
	mc_real *grad = fixture_new(f, phi.size);
	struct mc_baseline x;

	if (mc_baseline_init(&x, &dims, &f->arena, &f->err) < 0) {
		fixture_failed(f);
		return;
	}
	mc_baseline_advantage(&x, &phi, o, r, fixture_real(f, in, "gamma"), fixture_int(f, in, "n"));
	fixture_is_reals(f, out, "V", SHAPE(T + 1), x.V, 1e-5);
	fixture_is_reals(f, out, "G", SHAPE(T), x.G, 1e-5);
	fixture_is_reals(f, out, "advantage", SHAPE(T), x.advantage, 1e-5);
	fixture_is_real(f, out, "loss", mc_baseline_gradient(&x, &phi, o, grad), 1e-5);
	fixture_is_tree(f, out, "grad", &phi, grad, 1e-5);
}

int fixture_baseline(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_baseline, why, size);
}

/* ---- trajectories of the comm files ---- */

static struct mc_dims comm_dims(struct fixture *f, const struct mc_map *in)
{
	const int r_axis = mc_map_has(in, "hyper"); /* meta_gradient: a leading axis of K+1 */
	struct mc_dims dims = { .A = 2, .T = fixture_dim(f, in, "r", r_axis),
		.N = fixture_dim(f, in, "o", r_axis + 1), .O = fixture_dim(f, in, "o", r_axis + 2),
		.H = fixture_tree_dim(f, in, "comm", "dense_0", "kernel", 2) };

	dims.d = dims.N - 1;
	dims.share = dims.N > 1 && fixture_tree_dim(f, in, "comm", "dense_0", "kernel", 0) == 1;
	if (mc_map_has(in, "rule"))
		dims.R = fixture_tree_dim(f, in, "rule", "lstm", "kernel_h", 0);
	return dims;
}

/* `count` trajectories, one after the other in the file's arrays. */
static struct mc_traj *trajectories(struct fixture *f, const struct mc_map *in,
    const struct mc_dims *dims, size_t count, int leading)
{
	const size_t T = dims->T, N = dims->N, O = dims->O, pairs = N * dims->d;
	const int from = !leading;
	struct mc_traj *t = fixture_alloc(f, count, sizeof *t);
	const size_t o_shape[] = { count, T + 1, N, O }, r_shape[] = { count, T };
	const size_t m_shape[] = { count, T, N, dims->d };
	const mc_real *o = fixture_reals(f, in, "o", 4 - from, o_shape + from);
	const mc_real *r = fixture_reals(f, in, "r", 2 - from, r_shape + from);
	const uint8_t *m = fixture_bytes(f, in, "m", 4 - from, m_shape + from);
	const uint8_t *I = fixture_bytes(f, in, "I", 4 - from, m_shape + from);

	for (size_t k = 0; k < count; k++) {
		if (mc_traj_new(&t[k], dims, &f->arena, &f->err) < 0)
			fixture_failed(f);
		t[k].iteration = (int64_t)k;
		memcpy(t[k].o, o + k * (T + 1) * N * O, (T + 1) * N * O * sizeof *o);
		memcpy(t[k].r, r + k * T, T * sizeof *r);
		memcpy(t[k].m, m + k * T * pairs, T * pairs);
		memcpy(t[k].I, I + k * T * pairs, T * pairs);
	}
	return t;
}

/* ---- reinforce: eq. 4 step by step ---- */

static void check_reinforce(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	const struct mc_dims dims = comm_dims(f, in);
	const size_t T = dims.T, N = dims.N, d = dims.d, pairs = N * d;
	const struct mc_params theta = fixture_params(f, in, "comm", MC_NET_COMM, &dims);
	const struct mc_params phi = fixture_params(f, in, "baseline", MC_NET_BASELINE, &dims);
	const struct mc_traj *t = trajectories(f, in, &dims, 1, 0);
	mc_real *nu = fixture_tree(f, in, "nu", &theta), *g = fixture_new(f, theta.size);
	mc_real *advantage = fixture_new(f, T), *dz = fixture_new(f, T * pairs);
	mc_real *log_c = fixture_new(f, T * pairs);
	struct mc_comm x;

	if (mc_comm_init(&x, &dims, &f->arena, &f->err) < 0 ||
	    mc_reinforce_advantage(&dims, &phi, t, fixture_real(f, in, "gamma"),
	    fixture_int(f, in, "n"), advantage, &f->arena, &f->err) < 0) {
		fixture_failed(f);
		return;
	}
	mc_comm_forward(&x, &theta, t->o);
	mc_comm_log_c(log_c, x.z, t->I, t->m, T * pairs);
	mc_comm_score_team(dz, x.c, t->I, t->m, advantage, T, pairs);
	mc_comm_backward(&x, &theta, t->o, dz, g);
	mc_rmsprop_step(theta.v, nu, g, theta.size, fixture_real(f, in, "lr"),
	    fixture_real(f, in, "rho"), fixture_real(f, in, "eps"));
	fixture_is_reals(f, out, "z", SHAPE(T, N, d), x.z, 5e-6);
	fixture_is_reals(f, out, "log_c", SHAPE(T, N, d), log_c, 5e-6);
	fixture_is_reals(f, out, "advantage", SHAPE(T), advantage, 5e-6);
	fixture_is_tree(f, out, "grad", &theta, g, 5e-6);
	fixture_is_tree(f, out, "nu_after", &theta, nu, 5e-6);
	fixture_is_tree(f, out, "comm_after", &theta, theta.v, 5e-6);
}

int fixture_reinforce(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_reinforce, why, size);
}

/* ---- comm_update_meta ---- */

static void check_update(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	const struct mc_dims dims = comm_dims(f, in);
	const size_t T = dims.T, N = dims.N, d = dims.d, pairs = N * d;
	const struct mc_sweep_opts o = { .K = 1, .gamma = fixture_real(f, in, "gamma"),
		.alpha = fixture_real(f, in, "alpha"), .rho = fixture_real(f, in, "rho"),
		.eps = fixture_real(f, in, "eps") };
	struct mc_params theta = fixture_params(f, in, "comm", MC_NET_COMM, &dims);
	const struct mc_params eta = fixture_params(f, in, "rule", MC_NET_RULE, &dims);
	const struct mc_traj *t = trajectories(f, in, &dims, 1, 0);
	mc_real *nu = fixture_tree(f, in, "nu", &theta), *c = fixture_new(f, T * pairs);
	mc_real *A_hat = fixture_new(f, T * pairs), *rows = fixture_new(f, T * (3 + pairs));
	struct mc_sweep x;

	if (mc_meta_advantage(&dims, &theta, &eta, t, NULL, o.gamma, A_hat, rows, &f->arena, &f->err) < 0 ||
	    mc_sweep_init(&x, &dims, &o, &f->arena, &f->err) < 0) {
		fixture_failed(f);
		return;
	}
	fixture_is_reals(f, out, "x", SHAPE(T, 3 + pairs), rows, 5e-6);
	fixture_is_reals(f, out, "A_hat", SHAPE(T, N, d), A_hat, 5e-6);
	mc_sweep_update(&x, t, NULL, &theta, nu, &eta);
	for (size_t i = 0; i < T * pairs; i++)
		c[i] = t->m[i] ? x.comm.c[i] : 0;
	fixture_is_reals(f, out, "c", SHAPE(T, N, d), c, 5e-6);
	fixture_is_reals(f, out, "A_hat", SHAPE(T, N, d), x.rule.A_hat, 5e-6);
	fixture_is_tree(f, out, "grad", &theta, x.g, 5e-6);
	fixture_is_tree(f, out, "nu_after", &theta, nu, 5e-6);
	fixture_is_tree(f, out, "comm_after", &theta, theta.v, 5e-6);
}

int fixture_comm_update_meta(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_update, why, size);
}

/* ---- meta_gradient ---- */

enum { FORWARD, GRADIENT };

struct meta {
	struct mc_dims dims;
	struct mc_sweep_opts o;
	size_t K;
	int n;
	double clip, lr_eta;
	int fresh;                    /* nu(0) = 0: gradients lose digits in float, by their nature */
	struct mc_traj *tau;          /* [K+1] */
	struct mc_params theta, eta;  /* theta: theta(K) once the updates are made */
	mc_real *nu_rule;
	mc_real *advantage;           /* [K,T] on tau(1) ... tau(K) */
	struct mc_sweep x;
};

/* The README's tolerances in float. */
static double meta_tol(const struct meta *c, int what)
{
	return what == FORWARD ? 2e-5 : c->fresh ? 5e-3 : 1e-5;
}

static int read_meta(struct fixture *f, struct meta *c, const struct mc_map *in)
{
	const struct mc_map hyper = fixture_map(f, in, "hyper");

	c->dims = comm_dims(f, in);
	c->K = (size_t)fixture_int(f, &hyper, "K");
	c->n = fixture_int(f, &hyper, "n");
	c->clip = fixture_real(f, &hyper, "clip");
	c->lr_eta = fixture_real(f, &hyper, "lr_eta");
	c->o = (struct mc_sweep_opts){ .K = (int)c->K, .gamma = fixture_real(f, &hyper, "gamma"),
		.alpha = fixture_real(f, &hyper, "alpha"), .rho = fixture_real(f, &hyper, "rho"),
		.eps = fixture_real(f, &hyper, "eps") };
	c->theta = fixture_params(f, in, "comm", MC_NET_COMM, &c->dims);
	c->eta = fixture_params(f, in, "rule", MC_NET_RULE, &c->dims);
	c->nu_rule = fixture_tree(f, in, "nu_rule", &c->eta);
	c->tau = trajectories(f, in, &c->dims, c->K + 1, 1);
	if (mc_sweep_init(&c->x, &c->dims, &c->o, &f->arena, &f->err) < 0) {
		fixture_failed(f);
		return -1;
	}
	return 0;
}

/* V and G of every trajectory under phi, and the advantages that J uses. */
static void check_values(struct fixture *f, struct meta *c, const struct mc_map *in,
    const struct mc_map *forward)
{
	const size_t T = c->dims.T, n = c->K + 1;
	const struct mc_params phi = fixture_params(f, in, "baseline", MC_NET_BASELINE, &c->dims);
	mc_real *V = fixture_new(f, n * (T + 1)), *G = fixture_new(f, n * T);
	struct mc_baseline b;

	c->advantage = fixture_new(f, c->K * T);
	if (mc_baseline_init(&b, &c->dims, &f->arena, &f->err) < 0) {
		fixture_failed(f);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		mc_baseline_advantage(&b, &phi, c->tau[k].o, c->tau[k].r, c->o.gamma, c->n);
		memcpy(V + k * (T + 1), b.V, (T + 1) * sizeof *V);
		memcpy(G + k * T, b.G, T * sizeof *G);
		if (k)
			memcpy(c->advantage + (k - 1) * T, b.advantage, T * sizeof *G);
	}
	fixture_is_reals(f, forward, "V", SHAPE(n, T + 1), V, meta_tol(c, FORWARD));
	fixture_is_reals(f, forward, "G", SHAPE(n, T), G, meta_tol(c, FORWARD));
}

/* The K updates: what they leave on the tape, x and A_hat of each. */
static void check_updates(struct fixture *f, struct meta *c, const struct mc_map *in,
    const struct mc_map *forward)
{
	const size_t K = c->K, T = c->dims.T, N = c->dims.N, d = c->dims.d, X = 3 + N * d;
	const double tol = meta_tol(c, FORWARD);
	mc_real *nu = fixture_tree(f, in, "nu", &c->theta);
	mc_real *rows = fixture_new(f, K * T * X), *A_hat = fixture_new(f, K * T * N * d);
	mc_real *theta = fixture_new(f, K * c->theta.size);

	c->fresh = 1;
	for (size_t i = 0; i < c->theta.size; i++)
		c->fresh = c->fresh && nu[i] == 0;
	for (size_t k = 0; k < K; k++) {
		mc_sweep_update(&c->x, &c->tau[k], NULL, &c->theta, nu, &c->eta);
		memcpy(rows + k * T * X, c->x.rule.x, T * X * sizeof *rows);
		memcpy(A_hat + k * T * N * d, c->x.rule.A_hat, T * N * d * sizeof *A_hat);
		memcpy(theta + k * c->theta.size, c->theta.v, c->theta.size * sizeof *theta);
	}
	mc_sweep_last(&c->x, &c->tau[K]);
	fixture_is_reals(f, forward, "x", SHAPE(K, T, X), rows, tol);
	fixture_is_reals(f, forward, "A_hat", SHAPE(K, T, N, d), A_hat, tol);
	fixture_is_stack(f, forward, "g", &c->theta, K, c->x.g, tol);
	fixture_is_stack(f, forward, "nu", &c->theta, K, c->x.nu, tol);
	fixture_is_stack(f, forward, "comm", &c->theta, K, theta, tol);
}

/* The sweep under one objective; with `inside`, also lambda, mu, v, Dv at every k. */
static void check_sweep(struct fixture *f, struct meta *c, const struct mc_map *out,
    const char *key, const struct mc_map *inside)
{
	const struct mc_map want = fixture_map(f, out, key);
	const size_t K = c->K, n = c->theta.size, pairs = c->dims.T * c->dims.N * c->dims.d;
	mc_real *lambda = fixture_new(f, K * n), *mu = fixture_new(f, K * n), *v = fixture_new(f, K * n);
	mc_real *Dv = fixture_new(f, K * pairs), *Jk = fixture_new(f, K);
	mc_real *grad = fixture_new(f, c->eta.size);
	const double same = meta_tol(c, FORWARD), tol = meta_tol(c, GRADIENT);
	struct mc_sweep *x = &c->x;

	x->opts.beta = fixture_real(f, &want, "beta");
	x->opts.last_only = !fixture_int(f, &want, "intermediate");
	double J = mc_sweep_start(x, &c->theta, c->advantage);

	for (size_t k = K; k >= 1; k--) {
		memcpy(lambda + (k - 1) * n, x->lambda, n * sizeof *lambda);
		memcpy(mu + (k - 1) * n, x->mu, n * sizeof *mu);
		J += mc_sweep_step(x, (int)k, &c->eta, c->advantage, grad);
		memcpy(v + (k - 1) * n, x->v, n * sizeof *v);
		memcpy(Dv + (k - 1) * pairs, x->Dv, pairs * sizeof *Dv);
		Jk[k - 1] = (mc_real)x->Jk[k - 1];
	}
	fixture_is_real(f, &want, "J", J, same);
	fixture_is_reals(f, &want, "Jk", SHAPE(K), Jk, same);
	if (inside) {
		fixture_is_stack(f, inside, "lambda", &c->theta, K, lambda, same);
		fixture_is_stack(f, inside, "mu", &c->theta, K, mu, same);
		fixture_is_stack(f, inside, "v", &c->theta, K, v, tol);
		fixture_is_reals(f, inside, "Dv", SHAPE(K, c->dims.T, c->dims.N, c->dims.d), Dv, tol);
	}
	if (mc_map_has(&want, "grad"))
		fixture_is_tree(f, &want, "grad", &c->eta, grad, tol);
	fixture_is_real(f, &want, "norm", mc_clip_norm(grad, c->eta.size, c->clip), tol);
	if (!mc_map_has(&want, "rule_after"))
		return;
	fixture_is_tree(f, &want, "clipped", &c->eta, grad, tol);
	mc_real *eta = fixture_new(f, c->eta.size), *nu = fixture_new(f, c->eta.size);

	memcpy(eta, c->eta.v, c->eta.size * sizeof *eta);
	memcpy(nu, c->nu_rule, c->eta.size * sizeof *nu);
	mc_rmsprop_step(eta, nu, grad, c->eta.size, c->lr_eta, c->o.rho, c->o.eps);
	fixture_is_tree(f, &want, "nu_rule_after", &c->eta, nu, tol);
	fixture_is_tree(f, &want, "rule_after", &c->eta, eta, same);
}

static void check_meta(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	static const char *const variants[] = { "entropy_off", "intermediate_off", "both_off" };
	const struct mc_map forward = fixture_map(f, out, "forward");
	struct mc_map inside;
	struct meta c = { 0 };

	if (read_meta(f, &c, in) < 0)
		return;
	check_values(f, &c, in, &forward);
	check_updates(f, &c, in, &forward);
	const int has_inside = mc_map_has(out, "sweep");

	if (has_inside)
		inside = fixture_map(f, out, "sweep");
	check_sweep(f, &c, out, "default", has_inside ? &inside : NULL);
	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
		if (mc_map_has(out, variants[i]))
			check_sweep(f, &c, out, variants[i], NULL);
}

int fixture_meta_gradient(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_meta, why, size);
}
