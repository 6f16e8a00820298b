#include "mc_verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_ckpt.h"
#include "mc_header.h"
#include "mc_traj.h"

struct mc_verify {
	int has_dims;             /* a run's header has come: shapes are known */
	struct mc_header header;
	struct mc_traj traj;      /* work space, made for the first trajectory after a header */
	struct mc_arena arena;
};

struct mc_verify *mc_verify_new(struct mc_err *e)
{
	struct mc_verify *v = calloc(1, sizeof *v);

	if (!v)
		(void)mc_err_nomem(e, "a check", sizeof *v);
	return v;
}

void mc_verify_free(struct mc_verify *v)
{
	if (v)
		mc_arena_free(&v->arena);
	free(v);
}

/* ---- parts ---- */

static int wrong(const struct mc_map *m, struct mc_err *e, const char *what, const char *key)
{
	return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL, "%s frame: %s%s%s %s",
	    m->frame->type, m->path, m->path[0] ? "." : "", key, what);
}

/* Counts, which are never negative. */
static int counts(const struct mc_map *m, struct mc_err *e, const char *const *keys)
{
	int64_t n;

	for (; *keys; keys++) {
		if (mc_map_int(m, *keys, &n, e) < 0)
			return -1;
		if (n < 0)
			return wrong(m, e, "is negative", *keys);
	}
	return 0;
}

/* Floats anywhere in `m` are finite, and arrays of them. */
static int all_finite(const struct mc_map *m, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		char key[64];
		struct mc_map in;
		struct mc_array a;
		double x;

		switch (mc_map_at(m, i, key, sizeof key)) {
		case MC_MAP:
			if (mc_map_map(m, key, &in, e) < 0 || all_finite(&in, e) < 0)
				return -1;
			break;
		case MC_REAL:
			if (mc_map_real(m, key, &x, e) < 0)
				return -1;
			break;
		case MC_ARRAY:
			if (mc_map_array(m, key, &a, e) < 0)
				return -1;
			if ((a.dtype == MC_F32 || a.dtype == MC_F64) &&
			    mc_map_reals(m, key, a.ndim, a.shape, NULL, e) < 0)
				return -1;
			break;
		default:
			break;
		}
	}
	return 0;
}

/* The tree `key` of the net `name`, whose target may be meant. */
static int net(const struct mc_map *m, const char *key, const char *name, const struct mc_dims *dims,
    struct mc_err *e)
{
	struct mc_params p;
	const int target = strncmp(name, "target.", 7) == 0;

	for (int i = MC_NET_COMM; i <= MC_NET_RULE; i++) {
		if (strcmp(name + 7 * target, mc_net_name((enum mc_net)i)) != 0)
			continue;
		mc_params_layout(&p, (enum mc_net)i, dims);
		return mc_params_unpack(m, key, &p, NULL, e);
	}
	return wrong(m, e, "is not a net that is known", name);
}

/* ---- a checkpoint ---- */

static int nets(const struct mc_map *m, const struct mc_dims *dims, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		char name[32];
		struct mc_map target;

		(void)mc_map_at(m, i, name, sizeof name);
		if (strcmp(name, "target") == 0) {
			if (mc_map_map(m, name, &target, e) < 0 || nets(&target, dims, e) < 0)
				return -1;
		} else if (net(m, name, name, dims, e) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Every run has these; others depend on its method. */
static int needs(const struct mc_ckpt *c, struct mc_err *e)
{
	static const char *const always[] = { "policy", "critic", "target.policy", "target.critic" };

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (!mc_ckpt_has(c, always[i]))
			return wrong(&c->params, e, "is missing", always[i]);
	if (c->header.comm == MC_LEARNED && !mc_ckpt_has(c, "comm"))
		return wrong(&c->params, e, "is missing", "comm");
	return 0;
}

/* The episode that a run with a lag acted ahead: shapes. */
static int ahead(const struct mc_ckpt *c, struct mc_err *e)
{
	struct mc_traj shapes = { .dims = c->header.dims.env };
	struct mc_map m, in;

	if (!mc_map_has(&c->state, "mc-rollout"))
		return 0;
	if (mc_map_map(&c->state, "mc-rollout", &m, e) < 0 || !mc_map_has(&m, "ahead"))
		return e->code ? -1 : 0;
	return mc_map_map(&m, "ahead", &in, e) < 0 ? -1 : mc_traj_get(&in, &shapes, e);
}

static int checkpoint(const struct mc_frame *f, struct mc_err *e)
{
	struct mc_ckpt c;

	return mc_ckpt_read(&c, f, e) < 0 || nets(&c.params, &c.header.dims, e) < 0 || needs(&c, e) < 0 ||
	    all_finite(&c.state, e) < 0 || ahead(&c, e) < 0 ? -1 : 0;
}

/* ---- frames of streams ---- */

/* A run's header, or mc-envsim's, which says nothing of nets. */
static int header(struct mc_verify *v, const struct mc_frame *f, struct mc_err *e)
{
	mc_arena_free(&v->arena);
	v->traj.o = NULL;
	v->has_dims = mc_map_has(&f->map, "hidden");
	return v->has_dims ? mc_header_read(&f->map, &v->header, e) : all_finite(&f->map, e);
}

static int trajectory(struct mc_verify *v, const struct mc_frame *f, struct mc_err *e)
{
	struct mc_traj shapes = { .dims = v->header.dims.env };

	if (!v->has_dims)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "a trajectory, but no run's header before it");
	/* its arrays have come, so that there is reason to make room for as many */
	if (!v->traj.o && (mc_traj_unpack(f, &shapes, e) < 0 ||
	    mc_traj_new(&v->traj, &v->header.dims, &v->arena, e) < 0))
		return -1;
	return mc_traj_unpack(f, &v->traj, e);
}

static int params(const struct mc_verify *v, const struct mc_frame *f, struct mc_err *e)
{
	static const char *const numbers[] = { "iteration", NULL };
	char name[32];

	if (mc_map_str(&f->map, "net", name, sizeof name, e) < 0)
		return -1;
	if (!v->has_dims || strcmp(name, mc_net_name(MC_NET_PREY)) == 0) /* their reader knows the width */
		return all_finite(&f->map, e);
	return counts(&f->map, e, numbers) < 0 || net(&f->map, "params", name, &v->header.dims, e) < 0 ? -1 : 0;
}

static int state(const struct mc_frame *f, struct mc_err *e)
{
	static const char *const numbers[] = { "iteration", NULL };
	struct mc_map m;
	char program[32];

	return mc_map_str(&f->map, "program", program, sizeof program, e) < 0 || counts(&f->map, e, numbers) < 0 ||
	    mc_map_map(&f->map, "state", &m, e) < 0 || all_finite(&m, e) < 0 ? -1 : 0;
}

static int episode(const struct mc_verify *v, const struct mc_frame *f, struct mc_err *e)
{
	const char *const run[] = { "iteration", "episode", "requests", mc_map_key(&f->map, "edges", "links"), "steps", NULL };
	static const char *const world[] = { "episode", NULL };
	const char *const right[] = { "right", mc_map_key(&f->map, "right_edges", "right_links"), NULL };
	double ret;

	if (mc_map_real(&f->map, "return", &ret, e) < 0 || (mc_map_has(&f->map, "right") && counts(&f->map, e, right) < 0))
		return -1;
	return counts(&f->map, e, v->has_dims ? run : world);
}

/* Numbers, and arrays of them, under names. */
static int metric(const struct mc_frame *f, struct mc_err *e)
{
	static const char *const numbers[] = { "iteration", "episode", NULL };
	struct mc_map m;
	char program[32], key[64];

	if (mc_map_str(&f->map, "program", program, sizeof program, e) < 0 || counts(&f->map, e, numbers) < 0 ||
	    mc_map_map(&f->map, "values", &m, e) < 0)
		return -1;
	for (size_t i = 0; i < mc_map_count(&m); i++) {
		const enum mc_kind kind = mc_map_at(&m, i, key, sizeof key);

		if (kind != MC_INT && kind != MC_REAL && kind != MC_ARRAY)
			return wrong(&m, e, "is not a number", key);
	}
	return all_finite(&m, e);
}

static int barrier(const struct mc_frame *f, struct mc_err *e)
{
	static const char *const numbers[] = { "iteration", "episode", NULL };

	return counts(&f->map, e, numbers);
}

static int observation(const struct mc_frame *f, struct mc_err *e)
{
	static const char *const numbers[] = { "episode", "step", NULL };
	struct mc_array o, m;

	return counts(&f->map, e, numbers) < 0 || mc_map_array(&f->map, "o", &o, e) < 0 ||
	    mc_map_array(&f->map, "m", &m, e) < 0 || all_finite(&f->map, e) < 0 ? -1 : 0;
}

/* Who wrote this: texts, as far as they are there. */
static int provenance(const struct mc_frame *f, struct mc_err *e)
{
	static const char *const texts[] = { "program", "version", "arguments", "blas", "core" };
	static const char *const numbers[] = { "threads", NULL };
	char text[8192];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (mc_map_has(&f->map, texts[i]) && mc_map_str(&f->map, texts[i], text, sizeof text, e) < 0)
			return -1;
	return mc_map_has(&f->map, "threads") ? counts(&f->map, e, numbers) : 0;
}

static int ending(const struct mc_frame *f, struct mc_err *e)
{
	struct mc_map error;
	char text[1400];

	if (!mc_map_has(&f->map, "error"))
		return 0;
	return mc_map_map(&f->map, "error", &error, e) < 0 || mc_map_str(&error, "program", text, 64, e) < 0 ||
	    mc_map_str(&error, "text", text, sizeof text, e) < 0 ? -1 : 0;
}

int mc_verify_frame(struct mc_verify *v, const struct mc_frame *f, struct mc_err *e)
{
	const char *type = f->type;

	if (strcmp(type, "checkpoint") == 0)
		return checkpoint(f, e);
	if (strcmp(type, "header") == 0)
		return header(v, f, e);
	if (strcmp(type, "trajectory") == 0)
		return trajectory(v, f, e);
	if (strcmp(type, "params") == 0)
		return params(v, f, e);
	if (strcmp(type, "state") == 0)
		return state(f, e);
	if (strcmp(type, "episode") == 0)
		return episode(v, f, e);
	if (strcmp(type, "metric") == 0)
		return metric(f, e);
	if (strcmp(type, "barrier") == 0)
		return barrier(f, e);
	if (strcmp(type, "observation") == 0)
		return observation(f, e);
	if (strcmp(type, "provenance") == 0)
		return provenance(f, e);
	if (strcmp(type, "end") == 0)
		return ending(f, e);
	return strcmp(type, "advantage") == 0 || strcmp(type, "action") == 0 || strcmp(type, "reset") == 0 ?
	    all_finite(&f->map, e) : 0;
}
