#include "mc_traj.h"

#include <string.h>

static size_t count_o(const struct mc_env_dims *d) { return (d->T + 1) * d->N * d->O; }
static size_t count_m(const struct mc_env_dims *d) { return (d->T + 1) * d->N * d->d; }
static size_t count_I(const struct mc_env_dims *d) { return d->T * d->N * d->d; }
static size_t count_a(const struct mc_env_dims *d) { return d->T * d->N * d->A; }

int mc_traj_new(struct mc_traj *t, const struct mc_dims *dims, struct mc_arena *arena, struct mc_err *e)
{
	*t = (struct mc_traj){ .dims = dims->env };
	t->o = mc_arena_alloc(arena, count_o(&t->dims), sizeof *t->o, "observations of an episode", e);
	t->m = mc_arena_alloc(arena, count_m(&t->dims), sizeof *t->m, "neighbours of an episode", e);
	t->I = mc_arena_alloc(arena, count_I(&t->dims), sizeof *t->I, "decisions of an episode", e);
	t->a = mc_arena_alloc(arena, count_a(&t->dims), sizeof *t->a, "actions of an episode", e);
	t->r = mc_arena_alloc(arena, dims->T, sizeof *t->r, "rewards of an episode", e);
	return t->o && t->m && t->I && t->a && t->r ? 0 : -1;
}

void mc_traj_put(struct mc_fb *b, const struct mc_traj *t)
{
	const size_t T = t->dims.T, N = t->dims.N, d = t->dims.d, O = t->dims.O, A = t->dims.A;

	mc_fb_int(b, "iteration", t->iteration);
	mc_fb_int(b, "episode", t->episode);
	mc_fb_bool(b, "last", t->last);
	mc_fb_reals(b, "o", 3, (size_t[]){ T + 1, N, O }, t->o);
	mc_fb_array(b, "m", MC_U8, 3, (size_t[]){ T + 1, N, d }, t->m);
	mc_fb_array(b, "I", MC_U8, 3, (size_t[]){ T, N, d }, t->I);
	mc_fb_reals(b, "a", 3, (size_t[]){ T, N, A }, t->a);
	mc_fb_reals(b, "r", 1, (size_t[]){ T }, t->r);
}

void mc_traj_pack(struct mc_fb *b, const struct mc_traj *t)
{
	mc_fb_begin(b, "trajectory");
	mc_traj_put(b, t);
}

static int wrong(const struct mc_frame *f, struct mc_err *e, const char *what, size_t k)
{
	return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "trajectory frame: %s at element %zu",
	    what, k);
}

static int check_values(const struct mc_frame *f, const struct mc_traj *t, struct mc_err *e)
{
	for (size_t k = 0; k < count_m(&t->dims); k++)
		if (t->m[k] > 1)
			return wrong(f, e, "m is neither 0 nor 1", k);
	for (size_t k = 0; k < count_I(&t->dims); k++) {
		if (t->I[k] > 1)
			return wrong(f, e, "I is neither 0 nor 1", k);
		if (t->I[k] > t->m[k])
			return wrong(f, e, "I asks a neighbour that m does not have", k);
	}
	for (size_t k = 0; k < count_a(&t->dims); k++)
		if (!(t->a[k] >= -1 && t->a[k] <= 1))
			return wrong(f, e, "a is beyond [-1, 1]", k);
	if (t->iteration < 0 || t->episode < 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL,
		    "trajectory frame: iteration or episode is negative");
	return 0;
}

int mc_traj_get(const struct mc_map *m, struct mc_traj *t, struct mc_err *e)
{
	const size_t T = t->dims.T, N = t->dims.N, d = t->dims.d, O = t->dims.O, A = t->dims.A;

	if (mc_map_int(m, "iteration", &t->iteration, e) < 0 ||
	    mc_map_int(m, "episode", &t->episode, e) < 0 ||
	    mc_map_bool(m, "last", &t->last, e) < 0 ||
	    mc_map_reals(m, "o", 3, (size_t[]){ T + 1, N, O }, t->o, e) < 0 ||
	    mc_map_bytes(m, "m", 3, (size_t[]){ T + 1, N, d }, t->m, e) < 0 ||
	    mc_map_bytes(m, "I", 3, (size_t[]){ T, N, d }, t->I, e) < 0 ||
	    mc_map_reals(m, "a", 3, (size_t[]){ T, N, A }, t->a, e) < 0 ||
	    mc_map_reals(m, "r", 1, (size_t[]){ T }, t->r, e) < 0)
		return -1;
	return t->o ? check_values(m->frame, t, e) : 0;
}

int mc_traj_unpack(const struct mc_frame *f, struct mc_traj *t, struct mc_err *e)
{
	return mc_traj_get(&f->map, t, e);
}

void mc_traj_copy(struct mc_traj *to, const struct mc_traj *from)
{
	const struct mc_env_dims *d = &from->dims;

	to->iteration = from->iteration;
	to->episode = from->episode;
	to->last = from->last;
	memcpy(to->o, from->o, count_o(d) * sizeof *to->o);
	memcpy(to->m, from->m, count_m(d));
	memcpy(to->I, from->I, count_I(d));
	memcpy(to->a, from->a, count_a(d) * sizeof *to->a);
	memcpy(to->r, from->r, d->T * sizeof *to->r);
}
