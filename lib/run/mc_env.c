#include "mc_env.h"

#include <stdlib.h>
#include <string.h>

#include "mc_header.h"
#include "mc_world.h"

struct mc_env {
	struct mc_env_dims dims;
	uint64_t seed;
	uint32_t env;
	size_t n;              /* episodes that go on */
	/* built in */
	struct mc_world *world;
	size_t max;
	mc_real *r;            /* [max]: a world steps all of its environments; [copies]: what programs say at step 0 */
	mc_real *a, *o;
	uint8_t *m;
	/* programs */
	struct mc_outside **outside; /* [copies], NULL = built in */
	size_t copies, E;
	mc_real *pos;          /* [E, 2] of the first episode */
};

static void *take(size_t n, size_t size, struct mc_err *e)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		(void)mc_err_nomem(e, "environment", n * size);
	return p;
}

/* ---- the built-in world ---- */

struct mc_env *mc_env_world(const struct mc_task *task, size_t max, const struct mc_params *prey,
    double range, uint64_t seed, uint32_t env, struct mc_err *e)
{
	struct mc_env *v = take(1, sizeof *v, e);

	if (!v)
		return NULL;
	v->dims = mc_task_dims(task);
	v->seed = seed;
	v->env = env;
	v->max = max;
	v->world = mc_world_new(task, max, prey, range, e);
	if (v->world && (v->r = take(max, sizeof *v->r, e)) &&
	    (v->a = take(max * v->dims.N * v->dims.A, sizeof *v->a, e)) &&
	    (v->o = take(max * v->dims.N * v->dims.O, sizeof *v->o, e)) &&
	    (v->m = take(max * v->dims.N * v->dims.d, sizeof *v->m, e)))
		return v;
	mc_env_free(v);
	return NULL;
}

/* The world always holds `max` environments; those beyond n are stepped, too, and not looked at. */
static void world_look(struct mc_env *v, mc_real *o, uint8_t *m)
{
	const size_t wide_o = v->dims.N * v->dims.O, wide_d = v->dims.N * v->dims.d;

	mc_world_observe(v->world, v->n == v->max ? o : v->o);
	mc_world_mask(v->world, v->n == v->max ? m : v->m);
	if (v->n == v->max)
		return;
	memcpy(o, v->o, v->n * wide_o * sizeof *o);
	memcpy(m, v->m, v->n * wide_d);
}

static int world_begin(struct mc_env *v, uint32_t first, mc_real *o, uint8_t *m)
{
	for (size_t k = 0; k < v->max; k++)
		mc_world_reset(v->world, k, v->seed, v->env, first + (uint32_t)(k < v->n ? k : 0));
	world_look(v, o, m);
	return 0;
}

static int world_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	memcpy(v->a, a, v->n * v->dims.N * v->dims.A * sizeof *a);
	if (mc_world_step(v->world, v->a, v->r, NULL, e) < 0)
		return -1;
	memcpy(r, v->r, v->n * sizeof *r);
	world_look(v, o, m);
	return 0;
}

/* ---- programs ---- */

static int start_copies(struct mc_env *v, const struct mc_outside_opts *o, struct mc_env_says *says, struct mc_arena *arena,
    struct mc_err *e)
{
	for (size_t k = 0; k < v->copies; k++) {
		struct mc_env_says again;
		struct mc_env_dims dims;

		v->outside[k] = mc_outside_start(o, v->seed, v->env, k ? &again : says, k ? &dims : &v->dims, arena, e);
		if (!v->outside[k])
			return -1;
		if (k && !mc_env_dims_same(&dims, &v->dims))
			return mc_err_set(e, MC_DATA, "--env", -1, "try the command by hand", "\"%.300s\" has other sizes when started as copy %zu",
			    o->command, k + 1);
	}
	v->E = says->positions.E;
	return v->E && !(v->pos = take(2 * v->E, sizeof *v->pos, e)) ? -1 : 0;
}

struct mc_env *mc_env_process(const struct mc_outside_opts *o, size_t copies, uint64_t seed, uint32_t env,
    struct mc_env_says *says, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_env *v = take(1, sizeof *v, e);

	memset(says, 0, sizeof *says);
	if (!v)
		return NULL;
	v->seed = seed;
	v->env = env;
	v->copies = copies;
	v->outside = take(copies, sizeof *v->outside, e);
	v->r = take(copies, sizeof *v->r, e);
	if (v->outside && v->r && start_copies(v, o, says, arena, e) == 0)
		return v;
	mc_env_free(v);
	return NULL;
}

int mc_env_fits(const struct mc_env *v, const struct mc_env_says *says, const struct mc_header *h, struct mc_err *e)
{
	const struct mc_env_dims *is = &v->dims, *want = &h->dims.env;
	static const char hint[] = "name the program that it was trained in, with {seed} and {env}";

	if (strcmp(says->task, h->task) != 0)
		return mc_err_set(e, MC_USAGE, "--env", -1, hint, "its task is %s, the team was trained on %s", says->task, h->task);
	if (!mc_env_dims_same(is, want))
		return mc_err_set(e, MC_USAGE, "--env", -1, hint, "it has %zu agents, observations of %zu, actions of %zu and %zu steps, "
		    "the team was trained with %zu, %zu, %zu and %zu", is->N, is->O, is->A, is->T, want->N, want->O, want->A, want->T);
	if (!(says->range < 0 && h->range < 0) && says->range != h->range)
		return mc_err_set(e, MC_USAGE, "--env", -1, hint, "its range is %g, that of the team %g (below 0: none)", says->range, h->range);
	if (says->prey.how[0] && strcmp(says->prey.how, h->prey) != 0)
		return mc_err_set(e, MC_USAGE, "--env", -1, hint, "it has %s prey, the team was trained with %s", says->prey.how, h->prey);
	return 0;
}

int mc_env_unknown(const char *task, const char *place, struct mc_err *e)
{
	return mc_err_set(e, MC_USAGE, place, -1, "give its program, as in training: --env 'COMMAND {seed} {env}'",
	    "trained on \"%s\", which is not a built-in task", task);
}

static int look(struct mc_env *v, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	const size_t wide_o = v->dims.N * v->dims.O, wide_d = v->dims.N * v->dims.d;

	for (size_t k = 0; k < v->n; k++)
		if (mc_outside_look(v->outside[k], r + k, o + k * wide_o, m + k * wide_d, k ? NULL : v->pos, e) < 0)
			return -1;
	return 0;
}

static int process_begin(struct mc_env *v, uint32_t first, mc_real *o, uint8_t *m, struct mc_err *e)
{
	for (size_t k = 0; k < v->n; k++)
		if (mc_outside_begin(v->outside[k], first + (uint32_t)k, e) < 0)
			return -1;
	return look(v, v->r, o, m, e);
}

static int process_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	for (size_t k = 0; k < v->n; k++)
		if (mc_outside_act(v->outside[k], a + k * v->dims.N * v->dims.A, e) < 0)
			return -1;
	return look(v, r, o, m, e);
}

/* ---- either ---- */

int mc_env_begin(struct mc_env *v, uint32_t first, size_t n, mc_real *o, uint8_t *m, struct mc_err *e)
{
	v->n = n;
	return v->world ? world_begin(v, first, o, m) : process_begin(v, first, o, m, e);
}

int mc_env_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	return v->world ? world_step(v, a, r, o, m, e) : process_step(v, a, r, o, m, e);
}

const struct mc_world *mc_env_built_in(const struct mc_env *v)
{
	return v->world;
}

struct mc_env_dims mc_env_dims(const struct mc_env *v)
{
	return v->dims;
}

const mc_real *mc_env_positions(const struct mc_env *v, size_t *E)
{
	*E = v->E;
	return v->pos;
}

void mc_env_free(struct mc_env *v)
{
	if (!v)
		return;
	mc_world_free(v->world);
	free(v->r);
	free(v->a);
	free(v->o);
	free(v->m);
	free(v->pos);
	for (size_t k = 0; v->outside && k < v->copies; k++)
		mc_outside_free(v->outside[k]);
	free(v->outside);
	free(v);
}
