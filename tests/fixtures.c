#include "fixtures.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fixture_fail(struct fixture *f, const char *fmt, ...)
{
	va_list ap;

	if (f->failed++)
		return;
	va_start(ap, fmt);
	vsnprintf(f->first, sizeof f->first, fmt, ap);
	va_end(ap);
}

void fixture_failed(struct fixture *f)
{
	fixture_fail(f, "%s", f->err.what);
}

int fixture_cases(const struct mc_map *root, const char *name,
    void one(struct fixture *f, const struct mc_map *in, const struct mc_map *out),
    char *why, size_t size)
{
	struct fixture f = { 0 };
	const size_t cases = mc_map_count(root);

	for (size_t i = 0; i < cases; i++) {
		char key[64];
		struct mc_map map, in, out;

		mc_map_at(root, i, key, sizeof key);
		if (mc_map_map(root, key, &map, &f.err) < 0 || mc_map_map(&map, "in", &in, &f.err) < 0 ||
		    mc_map_map(&map, "out", &out, &f.err) < 0)
			fixture_failed(&f);
		else
			one(&f, &in, &out);
	}
	if (!cases)
		fixture_fail(&f, "%s has no cases", name);
	else if (!f.failed && !f.worst[0])
		fixture_fail(&f, "nothing in %s was compared", name);
	snprintf(why, size, "%s", f.failed ? f.first : f.worst);
	mc_arena_free(&f.arena);
	return !f.failed;
}

/* ---- inputs ---- */

void *fixture_alloc(struct fixture *f, size_t n, size_t size)
{
	void *p = mc_arena_alloc(&f->arena, n, size, "fixture", &f->err);

	if (!p)
		abort();
	return p;
}

size_t fixture_dim(struct fixture *f, const struct mc_map *m, const char *key, int axis)
{
	struct mc_array a;

	if (mc_map_array(m, key, &a, &f->err) < 0) {
		fixture_failed(f);
		return 1;
	}
	if (axis >= a.ndim) {
		fixture_fail(f, "%s.%s has %d axes", m->path, key, a.ndim);
		return 1;
	}
	return a.shape[axis];
}

static size_t product(int ndim, const size_t *shape)
{
	size_t n = 1;

	for (int i = 0; i < ndim; i++)
		n *= shape[i];
	return n;
}

mc_real *fixture_reals(struct fixture *f, const struct mc_map *m, const char *key, int ndim,
    const size_t *shape)
{
	mc_real *x = fixture_new(f, product(ndim, shape));

	if (mc_map_reals(m, key, ndim, shape, x, &f->err) < 0)
		fixture_failed(f);
	return x;
}

uint8_t *fixture_bytes(struct fixture *f, const struct mc_map *m, const char *key, int ndim,
    const size_t *shape)
{
	uint8_t *x = fixture_alloc(f, product(ndim, shape), 1);

	if (mc_map_bytes(m, key, ndim, shape, x, &f->err) < 0)
		fixture_failed(f);
	return x;
}

double fixture_real(struct fixture *f, const struct mc_map *m, const char *key)
{
	double x = 0;

	if (mc_map_real(m, key, &x, &f->err) < 0)
		fixture_failed(f);
	return x;
}

int fixture_int(struct fixture *f, const struct mc_map *m, const char *key)
{
	int64_t x = 1;

	if (mc_map_int(m, key, &x, &f->err) < 0)
		fixture_failed(f);
	return (int)x;
}

struct mc_map fixture_map(struct fixture *f, const struct mc_map *m, const char *key)
{
	struct mc_map map = *m;

	if (mc_map_map(m, key, &map, &f->err) < 0)
		fixture_failed(f);
	return map;
}

size_t fixture_tree_dim(struct fixture *f, const struct mc_map *m, const char *key,
    const char *layer, const char *name, int axis)
{
	const struct mc_map tree = fixture_map(f, m, key), map = fixture_map(f, &tree, layer);

	return fixture_dim(f, &map, name, axis);
}

mc_real *fixture_tree(struct fixture *f, const struct mc_map *m, const char *key,
    const struct mc_params *p)
{
	mc_real *v = fixture_new(f, p->size);

	if (mc_params_unpack(m, key, p, v, &f->err) < 0)
		fixture_failed(f);
	return v;
}

struct mc_params fixture_params(struct fixture *f, const struct mc_map *m, const char *key,
    enum mc_net net, const struct mc_dims *dims)
{
	struct mc_params p;

	mc_params_layout(&p, net, dims);
	p.v = fixture_tree(f, m, key, &p);
	return p;
}

mc_real *fixture_tree_slice(struct fixture *f, const struct mc_map *m, const char *key,
    const struct mc_params *p, size_t S, size_t at)
{
	const struct mc_map tree = fixture_map(f, m, key);
	mc_real *v = fixture_new(f, p->size);

	for (int t = 0; t < p->tensors; t++) {
		const struct mc_tensor *x = &p->tensor[t];
		const struct mc_map layer = fixture_map(f, &tree, x->layer);
		size_t shape[4] = { S };

		memcpy(shape + 1, x->shape, (size_t)x->ndim * sizeof *shape);
		const mc_real *all = fixture_reals(f, &layer, x->name, x->ndim + 1, shape);

		memcpy(v + x->offset, all + at * x->count, x->count * sizeof *v);
	}
	return v;
}

/* ---- comparisons ---- */

static double tolerance(double tol)
{
	return sizeof(mc_real) == sizeof(double) ? 1e-9 : tol;
}

/* One error against its tolerance; a path starts with the case. */
static void note(struct fixture *f, const char *path, const char *key, double error, double tol)
{
	const double ratio = error / tolerance(tol);

	if (!(ratio <= 1))
		fixture_fail(f, "%s.%s: error %.3g, at most %.3g", path, key, error, tolerance(tol));
	if (!f->worst[0] || ratio > f->ratio) {
		f->ratio = ratio;
		snprintf(f->worst, sizeof f->worst, "worst error %.2g of %.2g: %s.%s", error, tolerance(tol),
		    path, key);
	}
}

static double golden(const struct mc_array *a, size_t i)
{
	float single;
	double x;

	if (a->dtype == MC_F64) {
		memcpy(&x, a->data + i * sizeof x, sizeof x);
		return x;
	}
	memcpy(&single, a->data + i * sizeof single, sizeof single);
	return (double)single;
}

/* The array `key`, of this shape: 1, or 0 and a failure. */
static int find(struct fixture *f, const struct mc_map *out, const char *key, int ndim,
    const size_t *shape, struct mc_array *a)
{
	if (mc_map_array(out, key, a, &f->err) < 0) {
		fixture_failed(f);
		return 0;
	}
	if (a->ndim != ndim || memcmp(a->shape, shape, (size_t)ndim * sizeof *shape) != 0) {
		fixture_fail(f, "%s.%s has another shape", out->path, key);
		return 0;
	}
	return 1;
}

/* Blocks of `run` elements, `stride` apart in x, contiguous in the file. */
static void compare(struct fixture *f, const struct mc_map *out, const char *key, int ndim,
    const size_t *shape, const mc_real *x, size_t run, size_t stride, double tol)
{
	struct mc_array a;
	double error = 0, largest = 0;

	if (!find(f, out, key, ndim, shape, &a))
		return;
	if (a.dtype != MC_F32 && a.dtype != MC_F64) {
		fixture_fail(f, "%s.%s is not float", out->path, key);
		return;
	}
	for (size_t i = 0; i < a.count; i++) {
		const double want = golden(&a, i);
		const double off = fabs((double)x[i / run * stride + i % run] - want);

		largest = fmax(largest, fabs(want));
		if (!(off <= error)) /* keeps a NaN, once there */
			error = off;
	}
	note(f, out->path, key, largest > 0 ? error / largest : error, tol);
}

void fixture_is_reals(struct fixture *f, const struct mc_map *out, const char *key, int ndim,
    const size_t *shape, const mc_real *x, double tol)
{
	compare(f, out, key, ndim, shape, x, SIZE_MAX, 0, tol);
}

void fixture_is_bytes(struct fixture *f, const struct mc_map *out, const char *key, int ndim,
    const size_t *shape, const uint8_t *x)
{
	struct mc_array a;

	if (!find(f, out, key, ndim, shape, &a))
		return;
	if (a.dtype != MC_U8 && a.dtype != MC_BOOL)
		fixture_fail(f, "%s.%s is not uint8", out->path, key);
	else if (memcmp(a.data, x, a.count) != 0)
		fixture_fail(f, "%s.%s differs", out->path, key);
	else
		note(f, out->path, key, 0, tolerance(1));
}

void fixture_is_real(struct fixture *f, const struct mc_map *out, const char *key, double x,
    double tol)
{
	const double want = fixture_real(f, out, key);

	note(f, out->path, key, fabs(x - want) / (want != 0 ? fabs(want) : 1), tol);
}

static void compare_tree(struct fixture *f, const struct mc_map *out, const char *key,
    const struct mc_params *p, int lead, size_t S, const mc_real *v, double tol)
{
	const struct mc_map tree = fixture_map(f, out, key);

	for (int t = 0; t < p->tensors; t++) {
		const struct mc_tensor *x = &p->tensor[t];
		const struct mc_map layer = fixture_map(f, &tree, x->layer);
		size_t shape[4] = { S };

		memcpy(shape + lead, x->shape, (size_t)x->ndim * sizeof *shape);
		compare(f, &layer, x->name, x->ndim + lead, shape, v + x->offset, x->count, p->size, tol);
	}
}

void fixture_is_tree(struct fixture *f, const struct mc_map *out, const char *key,
    const struct mc_params *p, const mc_real *v, double tol)
{
	compare_tree(f, out, key, p, 0, 1, v, tol);
}

void fixture_is_stack(struct fixture *f, const struct mc_map *out, const char *key,
    const struct mc_params *p, size_t S, const mc_real *v, double tol)
{
	compare_tree(f, out, key, p, 1, S, v, tol);
}
