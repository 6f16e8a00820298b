#include "mc_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_math.h"
#include "mc_navigation.h"
#include "mc_particle.h"
#include "mc_predprey.h"
#include "mc_push.h"
#include "mc_reference.h"

struct mc_world {
	struct mc_scene scene;
	struct mc_arena arena;
	size_t n, blocks;
	struct mc_block *block;  /* [blocks] */
	struct mc_lane *u;       /* [blocks, moving, 2] of the last step */
	struct mc_lane *force;   /* scratch [moving, 2] */
	double (*start)[2];      /* scratch [entities] */
	int32_t *hidden;         /* scratch [task.hidden] */
	uint8_t *time;           /* [n] */
	mc_real range;           /* infinite = no limit */
};

static const struct mc_rules *rules_of(enum mc_task_kind kind)
{
	switch (kind) {
	case MC_NAVIGATION: return &mc_navigation;
	case MC_PREDATOR_PREY: return &mc_predator_prey;
	case MC_PUSH: return &mc_push;
	case MC_EVADE: return &mc_evade;
	case MC_REFERENCE: return &mc_reference;
	}
	return NULL;
}

/* ---- prey weights ---- */

static const struct mc_tensor *find(const struct mc_params *p, const char *layer, const char *name)
{
	for (int i = 0; i < p->tensors; i++)
		if (strcmp(p->tensor[i].layer, layer) == 0 && strcmp(p->tensor[i].name, name) == 0)
			return &p->tensor[i];
	return NULL;
}

/* W1 [prey_obs_dim, 64], b1 [64], W2 [64, 64], b2 [64], W3 [64, 2], b3 [2], all finite. */
static int take_prey(struct mc_scene *s, const struct mc_params *p, struct mc_err *e)
{
	static const char *const layer[3] = { "dense_0", "dense_1", "dense_2" };
	const size_t width[4] = { (size_t)s->task.prey_obs_dim, MC_PREY_HIDDEN, MC_PREY_HIDDEN, 2 };

	if (s->task.kind != MC_PREDATOR_PREY)
		return mc_err_set(e, MC_USAGE, NULL, -1, "only predator_prey tasks have them",
		    "%s has no scripted prey to give weights to", s->task.name);
	for (int i = 0; i < 6; i++) {
		const char *name = i % 2 ? "bias" : "kernel";
		const size_t want = i % 2 ? width[i / 2 + 1] : width[i / 2] * width[i / 2 + 1];
		const struct mc_tensor *t = find(p, layer[i / 2], name);

		if (!t || t->count != want || (i % 2 == 0 && t->fan_in != width[i / 2]))
			return mc_err_set(e, MC_DATA, NULL, -1, "was it trained for another task?",
			    "prey.%s.%s does not fit %s: want %zu values, got %zu", layer[i / 2], name,
			    s->task.name, want, t ? t->count : 0);
		if (!mc_all_finite(p->v + t->offset, t->count))
			return mc_err_set(e, MC_DATA, NULL, -1, NULL, "prey.%s.%s is not finite",
			    layer[i / 2], name);
		s->prey[i] = p->v + t->offset;
	}
	return 0;
}

/* ---- making ---- */

static int allocate(struct mc_world *w, struct mc_err *e)
{
	struct mc_scene *s = &w->scene;
	const struct mc_task *t = &s->task;
	const size_t E = (size_t)t->entities, hidden = (size_t)t->hidden;
	const size_t width = (size_t)(t->obs_dim > t->prey_obs_dim ? t->obs_dim : t->prey_obs_dim);
	struct mc_lane *state, *rest;

	if (!(s->entity = mc_arena_alloc(&w->arena, E, sizeof *s->entity, "entities", e)))
		return -1;
	s->rules->entities(s);
	const size_t moving = (size_t)s->moving;

	if (!(s->sort = mc_arena_alloc(&w->arena, E, sizeof *s->sort, "world", e)) ||
	    !(s->input = mc_arena_alloc(&w->arena, width, sizeof *s->input, "world", e)) ||
	    !(w->force = mc_arena_alloc(&w->arena, 2 * moving, sizeof *w->force, "world", e)) ||
	    !(w->start = mc_arena_alloc(&w->arena, E, sizeof *w->start, "world", e)) ||
	    !(w->hidden = mc_arena_alloc(&w->arena, hidden, sizeof *w->hidden, "world", e)) ||
	    !(rest = mc_arena_alloc(&w->arena, w->blocks * hidden, sizeof *rest, "world", e)) ||
	    !(w->time = mc_arena_alloc(&w->arena, w->n, sizeof *w->time, "world", e)) ||
	    !(w->u = mc_arena_alloc(&w->arena, w->blocks * 2 * moving, sizeof *w->u, "world", e)) ||
	    !(w->block = mc_arena_alloc(&w->arena, w->blocks, sizeof *w->block, "world", e)) ||
	    !(state = mc_arena_alloc(&w->arena, w->blocks * 4 * E, sizeof *state, "world", e)))
		return -1;
	for (size_t i = 0; i < w->blocks; i++, state += 4 * E) {
		const size_t left = w->n - i * MC_LANES;

		w->block[i] = (struct mc_block){ state, state + E, state + 2 * E, state + 3 * E, rest + i * hidden,
			left < MC_LANES ? (int)left : MC_LANES };
	}
	return 0;
}

struct mc_world *mc_world_new(const struct mc_task *task, size_t n, const struct mc_params *prey,
    double range, struct mc_err *e)
{
	struct mc_world *w;

	if (n == 0 || n > SIZE_MAX / 2 || isnan(range)) {
		(void)mc_err_set(e, MC_BUG, NULL, -1, NULL, "a world of %zu environments, range %g", n, range);
		return NULL;
	}
	if (!(w = calloc(1, sizeof *w))) {
		(void)mc_err_nomem(e, "world", sizeof *w);
		return NULL;
	}
	w->scene.task = *task;
	w->scene.rules = rules_of(task->kind);
	w->n = n;
	w->blocks = (n + MC_LANES - 1) / MC_LANES;
	w->range = range < 0 ? (mc_real)INFINITY : (mc_real)range;
	if (allocate(w, e) < 0 || (prey && take_prey(&w->scene, prey, e) < 0)) {
		mc_world_free(w);
		return NULL;
	}
	return w;
}

void mc_world_free(struct mc_world *w)
{
	if (!w)
		return;
	mc_arena_free(&w->arena);
	free(w);
}

const struct mc_task *mc_world_task(const struct mc_world *w)
{
	return &w->scene.task;
}

const struct mc_scene *mc_world_scene(const struct mc_world *w)
{
	return &w->scene;
}

/* ---- state ---- */

static void put_hidden(struct mc_world *w, size_t k, const int32_t *hidden)
{
	for (int i = 0; i < w->scene.task.hidden; i++)
		w->block[k / MC_LANES].hidden[i].v[k % MC_LANES] = (mc_real)hidden[i];
}

int mc_world_hide(struct mc_world *w, size_t k, const int32_t *hidden, struct mc_err *e)
{
	const struct mc_task *t = &w->scene.task;
	const int32_t shift = t->hidden ? hidden[t->N] : 0;

	for (int i = 0; i < t->hidden - 1; i++)
		if (hidden[i] < 0 || hidden[i] >= t->L)
			return mc_err_set(e, MC_DATA, NULL, -1, NULL, "the goal of agent %d is %d, want 0 to %d", i,
			    (int)hidden[i], t->L - 1);
	if (t->hidden && (t->shift ? shift != t->shift : shift < 1 || shift >= t->N))
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "the shift is %d, want %d to %d", (int)shift,
		    t->shift ? t->shift : 1, t->shift ? t->shift : t->N - 1);
	put_hidden(w, k, hidden);
	return 0;
}

void mc_world_hidden(const struct mc_world *w, size_t k, int32_t *hidden)
{
	for (int i = 0; i < w->scene.task.hidden; i++)
		hidden[i] = (int32_t)w->block[k / MC_LANES].hidden[i].v[k % MC_LANES];
}

void mc_world_reset(struct mc_world *w, size_t k, uint64_t seed, uint32_t env, uint32_t episode)
{
	struct mc_draws d = { .seed = seed, .env = env, .episode = episode };
	struct mc_block *b = &w->block[k / MC_LANES];
	const size_t at = k % MC_LANES;

	w->scene.rules->reset(&w->scene.task, &d, w->start);
	for (int i = 0; i < w->scene.task.entities; i++) {
		b->px[i].v[at] = (mc_real)(float)w->start[i][0];
		b->py[i].v[at] = (mc_real)(float)w->start[i][1];
		b->vx[i].v[at] = b->vy[i].v[at] = 0;
	}
	if (w->scene.rules->hide) {
		w->scene.rules->hide(&w->scene.task, &d, w->hidden);
		put_hidden(w, k, w->hidden);
	}
	w->time[k] = 0;
}

static int refuse_state(const struct mc_world *w, const char *what, const mc_real *x, struct mc_err *e)
{
	for (int i = 0; i < 2 * w->scene.task.entities; i++)
		if (!isfinite(x[i]))
			return mc_err_set(e, MC_DATA, NULL, -1, "give a finite state", "%s of entity %d: %s is %g",
			    what, i / 2, i % 2 ? "y" : "x", (double)x[i]);
	return 0;
}

int mc_world_set(struct mc_world *w, size_t k, const mc_real *pos, const mc_real *vel, struct mc_err *e)
{
	struct mc_block *b = &w->block[k / MC_LANES];
	const size_t at = k % MC_LANES;

	if (refuse_state(w, "position", pos, e) < 0 || refuse_state(w, "velocity", vel, e) < 0)
		return -1;
	for (int i = 0; i < w->scene.task.entities; i++) {
		b->px[i].v[at] = pos[2 * i];
		b->py[i].v[at] = pos[2 * i + 1];
		b->vx[i].v[at] = vel[2 * i];
		b->vy[i].v[at] = vel[2 * i + 1];
	}
	w->time[k] = 0;
	return 0;
}

void mc_world_get(const struct mc_world *w, size_t k, mc_real *pos, mc_real *vel)
{
	const struct mc_block *b = &w->block[k / MC_LANES];
	const size_t at = k % MC_LANES;

	for (int i = 0; i < w->scene.task.entities; i++) {
		pos[2 * i] = b->px[i].v[at];
		pos[2 * i + 1] = b->py[i].v[at];
		vel[2 * i] = b->vx[i].v[at];
		vel[2 * i + 1] = b->vy[i].v[at];
	}
}

int mc_world_time(const struct mc_world *w, size_t k)
{
	return w->time[k];
}

/* ---- a step ---- */

static int refuse_step(const struct mc_world *w, const mc_real *a, struct mc_err *e)
{
	const size_t wide = 2 * (size_t)w->scene.task.agents;

	for (size_t k = 0; k < w->n; k++)
		if (w->time[k] >= MC_EPISODE)
			return mc_err_set(e, MC_BUG, NULL, -1, "reset it first",
			    "environment %zu: a step after the %dth", k, MC_EPISODE);
	if (mc_all_finite(a, w->n * wide))
		return 0;
	for (size_t i = 0; i < w->n * wide; i++)
		if (!isfinite(a[i]))
			return mc_err_set(e, MC_DATA, NULL, -1, "actions are finite numbers",
			    "environment %zu, agent %zu: component %c of the action is %g", i / wide,
			    i % wide / 2, i % 2 ? 'y' : 'x', (double)a[i]);
	return 0;
}

/* Actions of a block, clipped, into the lanes of their entities; 0 in the padding. */
static void take_actions(const struct mc_scene *s, const mc_real *a, int live, struct mc_lane *u)
{
	const int wide = 2 * s->task.agents;

	u += 2 * s->first_agent;
	for (int c = 0; c < wide; c++) {
		for (int k = 0; k < live; k++) {
			const mc_real v = a[k * wide + c];
			const mc_real low = v < -1 ? -1 : v;

			u[c].v[k] = low > 1 ? 1 : low;
		}
	}
}

int mc_world_step(struct mc_world *w, const mc_real *a, mc_real *r, int32_t *contacts, struct mc_err *e)
{
	const struct mc_scene *s = &w->scene;
	const size_t wide = 2 * (size_t)s->task.agents;

	if (refuse_step(w, a, e) < 0)
		return -1;
	for (size_t i = 0; i < w->blocks; i++) {
		struct mc_block *b = &w->block[i];
		struct mc_lane *u = w->u + i * 2 * (size_t)s->moving;
		struct mc_lane sum;
		int32_t C[MC_LANES];

		take_actions(s, a + i * MC_LANES * wide, b->live, u);
		if (s->rules->scripted)
			s->rules->scripted(s, b, u);
		mc_particle_step(s, b, u, w->force);
		s->rules->reward(s, b, &sum, C);
		memcpy(r + i * MC_LANES, sum.v, (size_t)b->live * sizeof *r);
		if (contacts)
			memcpy(contacts + i * MC_LANES, C, (size_t)b->live * sizeof *C);
	}
	for (size_t k = 0; k < w->n; k++)
		w->time[k]++;
	return 0;
}

/* ---- looking ---- */

void mc_world_observe(const struct mc_world *w, mc_real *o)
{
	const struct mc_scene *s = &w->scene;
	const int O = s->task.obs_dim;

	for (size_t i = 0; i < w->blocks; i++) {
		const struct mc_block *b = &w->block[i];

		for (int agent = 0; agent < s->task.agents; agent++) {
			s->rules->observe(s, b, agent, s->input);
			for (int k = 0; k < b->live; k++) {
				mc_real *row = o + ((i * MC_LANES + (size_t)k) * (size_t)s->task.agents +
				    (size_t)agent) * (size_t)O;

				for (int c = 0; c < O; c++)
					row[c] = s->input[c].v[k];
			}
		}
	}
}

/* m[n, agents, agents-1]: 1 where the slot's agent is within range. */
void mc_world_mask(const struct mc_world *w, uint8_t *m)
{
	const struct mc_scene *s = &w->scene;
	const size_t N = (size_t)s->task.agents, d = N - 1;

	if (isinf(w->range)) {
		memset(m, 1, w->n * N * d);
		return;
	}
	for (size_t i = 0; i < w->blocks; i++)
		for (size_t p = 0; p < N; p++)
			for (size_t q = 0; q < d; q++) {
				const struct mc_block *b = &w->block[i];
				struct mc_lane d2;

				mc_distance2(&d2, b, s->first_agent + (int)p,
				    s->first_agent + (int)mc_slot_agent(p, q));
				for (int k = 0; k < b->live; k++)
					m[((i * MC_LANES + (size_t)k) * N + p) * d + q] =
					    MC_M(sqrt)(d2.v[k]) <= w->range;
			}
}

void mc_world_scripted(const struct mc_world *w, mc_real *u)
{
	const struct mc_scene *s = &w->scene;
	const size_t wide = 2 * (size_t)s->task.scripted;

	for (size_t k = 0; k < w->n; k++) {
		const struct mc_lane *from = w->u + k / MC_LANES * 2 * (size_t)s->moving +
		    2 * (size_t)s->first_scripted;

		for (size_t c = 0; c < wide; c++)
			u[k * wide + c] = from[c].v[k % MC_LANES];
	}
}
