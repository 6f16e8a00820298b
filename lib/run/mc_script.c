#include "mc_script.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mc_particle.h"
#include "mc_reference.h"
#include "mc_right.h"
#include "mc_rng.h"
#include "mc_sight.h"
#include "mc_strategy.h"

enum level { NOTHING, ALONE, TOLD, SIGHT };

/* Of one name, and a kind of task: kind -1 = any. Of those that fit a task the first is meant. */
static const struct entry {
	const char *name;
	int kind;
	enum level level;
	mc_strategy *act;
} entries[] = {
	{ "still", -1, NOTHING, mc_strategy_still },
	{ "random", -1, NOTHING, NULL },
	{ "alone", MC_NAVIGATION, ALONE, mc_strategy_cover },
	{ "alone", MC_PREDATOR_PREY, ALONE, mc_strategy_hunt },
	{ "alone", MC_PUSH, ALONE, mc_strategy_push },
	{ "alone", MC_EVADE, ALONE, mc_strategy_flee },
	{ "alone", MC_REFERENCE, ALONE, mc_strategy_goal },
	{ "told", MC_NAVIGATION, TOLD, mc_strategy_cover },
	{ "told", MC_PREDATOR_PREY, TOLD, mc_strategy_hunt },
	{ "told", MC_PUSH, TOLD, mc_strategy_push },
	{ "told", MC_EVADE, TOLD, mc_strategy_flee },
	{ "told", MC_REFERENCE, TOLD, mc_strategy_goal },
	{ "nearest", MC_NAVIGATION, SIGHT, mc_strategy_nearest },
	{ "assign", MC_NAVIGATION, SIGHT, mc_strategy_cover },
	{ "pursue", MC_PREDATOR_PREY, SIGHT, mc_strategy_pursue },
	{ "hunt", MC_PREDATOR_PREY, SIGHT, mc_strategy_hunt },
	{ "push", MC_PUSH, SIGHT, mc_strategy_push },
	{ "flee", MC_EVADE, SIGHT, mc_strategy_flee },
};

enum { ENTRIES = sizeof entries / sizeof *entries };

struct mc_script {
	const struct entry *is;
	struct mc_task task;
	struct mc_strategist *with;
	struct mc_known known;
	uint8_t *by, *last;       /* [N] whose observations are known, now and in what was worked out last */
	mc_real *pos, *vel;       /* [E, 2] */
	mc_real *draw;            /* [2 N] */
};

/* ---- names ---- */

static const struct entry *find(const char *name, const struct mc_task *t)
{
	if (strcmp(name, "floor") == 0)
		name = mc_script_floor(t);
	else if (strcmp(name, "ceiling") == 0)
		name = mc_script_ceiling(t);
	for (size_t i = 0; i < ENTRIES; i++)
		if (strcmp(entries[i].name, name) == 0 && (entries[i].kind < 0 || entries[i].kind == (int)t->kind))
			return &entries[i];
	return NULL;
}

const char *mc_script_name(int i)
{
	const char *last = "";

	for (size_t k = 0; i >= 0 && k < ENTRIES; k++) {
		if (strcmp(entries[k].name, last) == 0)
			continue;
		last = entries[k].name;
		if (i-- == 0)
			return last;
	}
	return NULL;
}

int mc_script_fits(const char *name, const struct mc_task *t)
{
	return find(name, t) != NULL;
}

const char *mc_script_floor(const struct mc_task *t)
{
	(void)t;
	return "still";
}

const char *mc_script_alone(const struct mc_task *t)
{
	(void)t;
	return "alone";
}

const char *mc_script_ceiling(const struct mc_task *t)
{
	switch (t->kind) {
	case MC_NAVIGATION: return "assign";
	case MC_PREDATOR_PREY: return "hunt";
	case MC_PUSH: return "push";
	case MC_EVADE: return "flee";
	case MC_REFERENCE: return "told";
	}
	return NULL;
}

static int refuse(const char *name, const struct mc_task *t, struct mc_err *e)
{
	char names[200] = "";
	const char *other;

	for (int i = 0; (other = mc_script_name(i)) != NULL; i++)
		if (find(other, t)) {
			const size_t n = strlen(names);

			snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "there are ", other);
		}
	return mc_err_set(e, MC_USAGE, "--script", -1, names, "%s has no script \"%.40s\"", t->name, name);
}

struct mc_script *mc_script_new(const char *name, const struct mc_task *t, struct mc_arena *arena, struct mc_err *e)
{
	const struct entry *is = find(name, t);
	struct mc_script *x;
	const size_t N = (size_t)t->agents, E = (size_t)t->entities;

	if (!is) {
		(void)refuse(name, t, e);
		return NULL;
	}
	if (!(x = mc_arena_alloc(arena, 1, sizeof *x, "script", e)))
		return NULL;
	x->is = is;
	x->task = *t;
	x->with = mc_strategist_new(&x->known, &x->task, arena, e);
	x->by = mc_arena_alloc(arena, N, 1, "script", e);
	x->last = mc_arena_alloc(arena, N, 1, "script", e);
	x->pos = mc_arena_alloc(arena, 2 * E, sizeof *x->pos, "script", e);
	x->vel = mc_arena_alloc(arena, 2 * E, sizeof *x->vel, "script", e);
	x->draw = mc_arena_alloc(arena, 2 * N, sizeof *x->draw, "script", e);
	return x->with && x->by && x->last && x->pos && x->vel && x->draw ? x : NULL;
}

const char *mc_script_called(const struct mc_script *x)
{
	return x->is->name;
}

int mc_script_sees(const struct mc_script *x)
{
	return x->is->level == SIGHT;
}

/* ---- requests ---- */

/* Does it ask only who knows, where that is known? */
static int asks_right(const struct mc_script *x)
{
	return x->is->level == TOLD && mc_right_known(&x->task);
}

const char *mc_script_comm(const struct mc_script *x)
{
	return x->is->level != TOLD ? "none" : asks_right(x) ? "right" : "full";
}

void mc_script_decide(const struct mc_script *x, size_t n, const mc_real *o, const uint8_t *m, mc_real *c, uint8_t *I)
{
	const size_t N = (size_t)x->task.agents, d = N - 1, O = (size_t)x->task.obs_dim;

	for (size_t k = 0; k < n * N * d; k++) {
		const int asks = x->is->level == TOLD && (!asks_right(x) || mc_right_request(&x->task, o + k / d * O, k % d));

		I[k] = asks && m[k];
		if (c)
			c[k] = asks ? 1 : 0;
	}
}

/* ---- what is known ---- */

/* Of the state: everything. */
static void know_state(struct mc_script *x, const struct mc_world *w, size_t at)
{
	const struct mc_scene *s = mc_world_scene(w);
	struct mc_known *k = &x->known;
	const size_t first = (size_t)s->first_agent;

	mc_world_get(w, at, x->pos, x->vel);
	k->sight.n = k->discs = 0;
	for (size_t i = 0; i < k->N; i++)
		for (size_t c = 0; c < 2; c++) {
			k->p[i][c] = (double)x->pos[2 * (first + i) + c];
			k->v[i][c] = (double)x->vel[2 * (first + i) + c];
		}
	for (size_t n = 0; n < (size_t)x->task.entities; n++) {
		if (n >= first && n < first + k->N)
			continue;
		for (size_t c = 0; c < 2; c++)
			k->moves[k->sight.n][c] = (double)x->vel[2 * n + c];
		k->sight.seen[k->sight.n++] = (struct mc_seen){ mc_role_of(&x->task, (int)n), (double)x->pos[2 * n], (double)x->pos[2 * n + 1] };
	}
	/* everywhere */
	k->looked[k->discs++] = (struct mc_looked){ 0, 0, (double)INFINITY };
}

/* Of the observations of those with by[i]: o [N,O]. All know where all are, but in reference tasks, where nobody needs to. */
static void know_told(struct mc_script *x, const mc_real *o)
{
	struct mc_known *k = &x->known;
	const size_t O = (size_t)x->task.obs_dim;

	for (size_t i = 0; i < k->N; i++)
		for (size_t c = 0; c < 2; c++) {
			k->v[i][c] = (double)o[i * O + c];
			k->p[i][c] = (double)o[i * O + 2 + c];
		}
	(void)mc_sight_read_by(&k->sight, &x->task, o, x->by);
	memset(k->moves, 0, k->sight.n * sizeof *k->moves);
	k->discs = 0;
	for (size_t i = 0; i < k->N; i++)
		if (x->by[i])
			k->looked[k->discs++] = (struct mc_looked){ k->p[i][0], k->p[i][1], mc_sight_reach(&x->task, o + i * O) };
}

/* Who is heard by agent i, itself included, into x->by. A team that sees everything knows the same, whoever is heard. */
static void find_heard(struct mc_script *x, size_t i, const uint8_t *heard, const uint8_t *src, const mc_real *o)
{
	const size_t N = x->known.N, d = N - 1;

	memset(x->by, 0, N);
	x->by[i] = 1;
	if (x->task.kind != MC_REFERENCE && isinf(mc_sight_reach(&x->task, o)))
		memset(x->by, 1, N);
	for (size_t slot = 0; slot < d; slot++)
		if (heard[i * d + slot])
			x->by[src ? src[i * d + slot] : mc_slot_agent(i, slot)] = 1;
}

/* The goal that agent i is told: by what comes as the message of the agent that knows it; negative if none does. */
static int told_goal(const struct mc_script *x, size_t i, const uint8_t *heard, const uint8_t *src, const mc_real *o)
{
	const size_t N = x->known.N, d = N - 1, O = (size_t)x->task.obs_dim;

	for (size_t slot = 0; slot < d; slot++) {
		if (!heard[i * d + slot] || !mc_right_request(&x->task, o + i * O, slot))
			continue;
		const mc_real *goal = o + O * (src ? src[i * d + slot] : mc_slot_agent(i, slot)) + O - MC_REFERENCE_LANDMARKS;

		for (int g = 0; g < MC_REFERENCE_LANDMARKS; g++)
			if (goal[g] > (mc_real)0.5)
				return g;
	}
	return -1;
}

/* ---- actions ---- */

static mc_real clipped(double v)
{
	return (mc_real)fmax(-1, fmin(1, v));
}

static void put(const struct mc_script *x, size_t i, mc_real *a)
{
	a[2 * i] = clipped(x->known.u[i][0]);
	a[2 * i + 1] = clipped(x->known.u[i][1]);
}

/* One episode's agents; what was worked out for one serves those that know the same. */
static void act_told(struct mc_script *x, const mc_real *o, const uint8_t *heard, const uint8_t *src, mc_real *a)
{
	const size_t N = x->known.N;

	for (size_t i = 0; i < N; i++) {
		find_heard(x, i, heard, src, o);
		x->known.goal[i] = x->task.kind == MC_REFERENCE ? told_goal(x, i, heard, src, o) : -1;
		if (i == 0 || x->task.kind == MC_REFERENCE || memcmp(x->by, x->last, N) != 0) {
			know_told(x, o);
			x->is->act(x->with, &x->known);
			memcpy(x->last, x->by, N);
		}
		put(x, i, a);
	}
}

static void act_random(struct mc_script *x, const struct mc_script_place *at, mc_real *a)
{
	const size_t wide = 2 * x->known.N;

	for (size_t k = 0; k < at->n; k++) {
		mc_rng_uniform(x->draw, at->t * wide, wide, at->seed, MC_RNG_RANDOM, at->env, at->first + (uint32_t)k);
		for (size_t c = 0; c < wide; c++)
			a[k * wide + c] = 2 * x->draw[c] - 1;
	}
}

void mc_script_act(struct mc_script *x, const struct mc_script_place *at, const struct mc_world *w, const mc_real *o,
    const uint8_t *heard, const uint8_t *src, mc_real *a)
{
	const size_t N = x->known.N, O = (size_t)x->task.obs_dim, pairs = N * (N - 1);

	if (!x->is->act) {
		act_random(x, at, a);
		return;
	}
	for (size_t k = 0; k < at->n; k++) {
		if (x->is->level != SIGHT) {
			act_told(x, o + k * N * O, heard + k * pairs, src ? src + k * pairs : NULL, a + k * 2 * N);
			continue;
		}
		know_state(x, w, k);
		x->is->act(x->with, &x->known);
		for (size_t i = 0; i < N; i++)
			put(x, i, a + k * 2 * N);
	}
}
