/*
 * Golden values of what mc-metalearn computes: optimisers, baseline, REINFORCE, the update by
 * the learned rule, and the meta-gradient.
 */
#include <string.h>

#include "fixtures.h"
#include "mc_baseline.h"
#include "mc_optim.h"

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
