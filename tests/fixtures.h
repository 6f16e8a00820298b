/*
 * Golden values: the checkers, one for each kind of file, and what they share.
 *
 * A file of learning fixtures is {case: {"in": {...}, "out": {...}}}. A checker reads the
 * dimensions off the arrays in `in`, computes, and compares with `out`:
 *
 *     static void one(struct fixture *f, const struct mc_map *in, const struct mc_map *out) ...
 *
 *     int fixture_baseline(const struct mc_map *root, const char *name, char *why, size_t size)
 *     {
 *             return fixture_cases(root, name, one, why, size);
 *     }
 *
 * What cannot be read is remembered as a failure of the file and stands as zeros, so that a
 * checker has no errors to handle.
 */
#ifndef FIXTURES_H
#define FIXTURES_H

#include <stddef.h>
#include <stdint.h>

#include "mc_arena.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_real.h"

/*
 * Checks one file: root is its map, name its name for messages. 1 = pass, 0 = fail.
 * `why` says what was wrong, or what the worst error was.
 */
typedef int fixture_checker(const struct mc_map *root, const char *name, char *why, size_t size);

fixture_checker fixture_env;          /* env/ files and resets.msgpack */
fixture_checker fixture_comm_forward;
fixture_checker fixture_policy_forward;
fixture_checker fixture_critic_loss;
fixture_checker fixture_policy_gradient;
fixture_checker fixture_stgs;
fixture_checker fixture_baseline;
fixture_checker fixture_reinforce;
fixture_checker fixture_comm_update_meta;
fixture_checker fixture_meta_gradient;
fixture_checker fixture_optim;

/* ---- for checkers ---- */

/* One file under check: memory for its arrays, and the worst error so far. */
struct fixture {
	struct mc_arena arena;
	struct mc_err err;       /* for calls that want one; see fixture_failed */
	int failed;
	double ratio;            /* the largest error / tolerance */
	char worst[256];         /* what it was */
	char first[512];         /* the first failure */
};

/* Calls one(f, in, out) for every case of the file; writes `why`, returns 1 or 0. */
int fixture_cases(const struct mc_map *root, const char *name,
    void one(struct fixture *f, const struct mc_map *in, const struct mc_map *out),
    char *why, size_t size);

/* A failure in words. */
void fixture_fail(struct fixture *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* f->err as a failure, where a library call said so. */
void fixture_failed(struct fixture *f);

/* The arguments `ndim, shape` of the calls below. */
#define SHAPE(...) \
	(int)(sizeof (size_t []){ __VA_ARGS__ } / sizeof(size_t)), (const size_t []){ __VA_ARGS__ }

/* Zeroed memory that lives as long as the file is under check. */
void *fixture_alloc(struct fixture *f, size_t n, size_t size);
#define fixture_new(f, n) ((mc_real *)fixture_alloc(f, n, sizeof(mc_real)))

/* Inputs: the size of one axis of array `key`; arrays of a shape; scalars; nets and their like. */
size_t fixture_dim(struct fixture *f, const struct mc_map *m, const char *key, int axis);
mc_real *fixture_reals(struct fixture *f, const struct mc_map *m, const char *key, int ndim,
    const size_t *shape);
uint8_t *fixture_bytes(struct fixture *f, const struct mc_map *m, const char *key, int ndim,
    const size_t *shape);
double fixture_real(struct fixture *f, const struct mc_map *m, const char *key);
int fixture_int(struct fixture *f, const struct mc_map *m, const char *key);
struct mc_map fixture_map(struct fixture *f, const struct mc_map *m, const char *key);

/* The size of one axis of "layer.name" in the tree `key`. */
size_t fixture_tree_dim(struct fixture *f, const struct mc_map *m, const char *key,
    const char *layer, const char *name, int axis);
/* A net with its layout; a moment or gradient laid out like `p`. */
struct mc_params fixture_params(struct fixture *f, const struct mc_map *m, const char *key,
    enum mc_net net, const struct mc_dims *dims);
mc_real *fixture_tree(struct fixture *f, const struct mc_map *m, const char *key,
    const struct mc_params *p);
/* Element `at` of a tree whose arrays all have a further leading axis of S. */
mc_real *fixture_tree_slice(struct fixture *f, const struct mc_map *m, const char *key,
    const struct mc_params *p, size_t S, size_t at);

/*
 * Comparisons with `key` of `out`: max |x - ref| / max |ref| <= tol (plainly max |x| where ref is
 * zero everywhere). `tol` is that of float; in double it is 1e-9 throughout.
 *   _stack  v holds S blocks of p->size, compared with arrays that have a leading axis of S
 */
void fixture_is_reals(struct fixture *f, const struct mc_map *out, const char *key, int ndim,
    const size_t *shape, const mc_real *x, double tol);
void fixture_is_bytes(struct fixture *f, const struct mc_map *out, const char *key, int ndim,
    const size_t *shape, const uint8_t *x);
void fixture_is_real(struct fixture *f, const struct mc_map *out, const char *key, double x,
    double tol);
void fixture_is_tree(struct fixture *f, const struct mc_map *out, const char *key,
    const struct mc_params *p, const mc_real *v, double tol);
void fixture_is_stack(struct fixture *f, const struct mc_map *out, const char *key,
    const struct mc_params *p, size_t S, const mc_real *v, double tol);

#endif
