/*
 * Golden values of the environments: trajectories of a task, checked one step at a time and
 * freely, and resets with the generator behind them. Task, shapes and tolerances are read
 * from the file.
 */
#include "fixtures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mc_rng.h"
#include "mc_task.h"
#include "mc_world.h"

/* One file of trajectories: Ep episodes, T steps, A agents, D = obs_dim, E entities, S scripted. */
struct golden {
	struct fixture f;
	struct mc_task task;
	struct mc_params prey;
	int has_prey;
	size_t Ep, T, A, D, E, S;
	mc_real *init_pos, *init_vel, *actions, *obs, *reward, *pos, *vel, *scripted;
	int64_t *contacts, *reset, *free_steps;
	int64_t *goal, *shift;    /* [Ep, N], [Ep]; of tasks that hide them, else NULL */
	double tol_step, tol_free;
	double worst_step, worst_free;
};

/* What a batch of n environments looks like after a step. */
struct seen {
	mc_real *pos, *vel, *obs, *reward, *scripted;
	int32_t *contacts;
};

/* ---- reading ---- */

/* An array of integers of any type and of this shape. */
static int64_t *integers(struct fixture *f, const struct mc_map *m, const char *key, int ndim,
    const size_t *shape)
{
	struct mc_array a = { 0 };
	size_t count = 1;

	for (int i = 0; i < ndim; i++)
		count *= shape[i];
	int64_t *out = fixture_alloc(f, count, sizeof *out);

	if (mc_map_array(m, key, &a, &f->err) < 0) {
		fixture_failed(f);
		return out;
	}
	if (a.ndim != ndim || memcmp(a.shape, shape, (size_t)ndim * sizeof *shape) != 0) {
		fixture_fail(f, "%s has another shape than the other arrays say", key);
		return out;
	}
	for (size_t i = 0; i < count; i++) {
		int32_t i32;
		uint32_t u32;

		if (a.dtype == MC_I64) {
			memcpy(&out[i], a.data + i * 8, 8);
		} else if (a.dtype == MC_I32) {
			memcpy(&i32, a.data + i * 4, 4);
			out[i] = i32;
		} else if (a.dtype == MC_U32) {
			memcpy(&u32, a.data + i * 4, 4);
			out[i] = u32;
		} else {
			fixture_fail(f, "%s is %s, want integers", key, mc_dtype_name(a.dtype));
			return out;
		}
	}
	return out;
}

static void is_dim(struct golden *g, const char *what, size_t got, int want)
{
	if (got != (size_t)want)
		fixture_fail(&g->f, "%s is %zu, %s says %d", what, got, g->task.name, want);
}

/* w1 b1 w2 b2 w3 b3 as a net. */
static void read_prey(struct golden *g, const struct mc_map *root)
{
	static const char *const key[6] = { "w1", "b1", "w2", "b2", "w3", "b3" };
	static const char *const layer[3] = { "dense_0", "dense_1", "dense_2" };
	const struct mc_dims dims = { .O = (size_t)g->task.prey_obs_dim };
	struct mc_params *p = &g->prey;

	g->has_prey = 1;
	if (mc_params_new(p, MC_NET_PREY, &dims, &g->f.arena, &g->f.err) < 0) {
		fixture_failed(&g->f);
		return;
	}
	for (int i = 0; i < 6; i++) {
		mc_real *to = mc_params_at(p, layer[i / 2], i % 2 ? "bias" : "kernel", 0);
		size_t shape[2] = { 0 };

		for (int t = 0; t < p->tensors; t++)
			if (p->v + p->tensor[t].offset == to)
				memcpy(shape, p->tensor[t].shape, sizeof shape);
		if (mc_map_reals(root, key[i], i % 2 ? 1 : 2, shape, to, &g->f.err) < 0)
			fixture_failed(&g->f);
	}
}

static void read_golden(struct golden *g, const struct mc_map *root)
{
	struct fixture *f = &g->f;
	char name[64] = "", policy[8] = "";

	if (mc_map_str(root, "task", name, sizeof name, &f->err) < 0 ||
	    mc_task_parse(&g->task, name, &f->err) < 0 ||
	    mc_map_str(root, "policy", policy, sizeof policy, &f->err) < 0) {
		fixture_failed(f);
		return;
	}
	const size_t Ep = g->Ep = fixture_dim(f, root, "actions", 0);
	const size_t T = g->T = (size_t)fixture_int(f, root, "steps");
	const size_t A = g->A = (size_t)fixture_int(f, root, "n_agents");
	const size_t E = g->E = (size_t)fixture_int(f, root, "n_entities");
	const size_t D = g->D = (size_t)fixture_int(f, root, "obs_dim");
	const size_t S = g->S = fixture_dim(f, root, "scripted_u", 2);

	is_dim(g, "steps", T, MC_EPISODE);
	is_dim(g, "n_agents", A, g->task.agents);
	is_dim(g, "n_entities", E, g->task.entities);
	is_dim(g, "obs_dim", D, g->task.obs_dim);
	is_dim(g, "the number of scripted entities", S, g->task.scripted);
	if (f->failed)
		return;
	g->init_pos = fixture_reals(f, root, "init_pos", SHAPE(Ep, E, 2));
	g->init_vel = fixture_reals(f, root, "init_vel", SHAPE(Ep, E, 2));
	g->actions = fixture_reals(f, root, "actions", SHAPE(Ep, T, A, 2));
	g->obs = fixture_reals(f, root, "obs", SHAPE(Ep, T + 1, A, D));
	g->reward = fixture_reals(f, root, "reward", SHAPE(Ep, T));
	g->pos = fixture_reals(f, root, "state_pos", SHAPE(Ep, T + 1, E, 2));
	g->vel = fixture_reals(f, root, "state_vel", SHAPE(Ep, T + 1, E, 2));
	g->scripted = fixture_reals(f, root, "scripted_u", SHAPE(Ep, T, S, 2));
	g->contacts = integers(f, root, "contacts", SHAPE(Ep, T));
	g->reset = integers(f, root, "reset", SHAPE(Ep, 3));
	g->free_steps = integers(f, root, "free_steps", SHAPE(Ep));
	g->tol_step = fixture_real(f, root, "tol_step");
	g->tol_free = fixture_real(f, root, "tol_free");
	if (g->task.hidden) {
		g->goal = integers(f, root, "goal", SHAPE(Ep, A));
		g->shift = integers(f, root, "shift", SHAPE(Ep));
	}
	if (strcmp(policy, "mlp") == 0)
		read_prey(g, root);
}

/* ---- comparing ---- */

/* The largest |x - want|; a NaN counts as infinite. */
static double distance(const mc_real *x, const mc_real *want, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++) {
		const double d = fabs((double)x[i] - (double)want[i]);

		if (isnan(d))
			return INFINITY;
		worst = d > worst ? d : worst;
	}
	return worst;
}

static void within(struct golden *g, const char *what, const char *how, size_t ep, size_t s,
    const mc_real *x, const mc_real *want, size_t n, double tol, double *worst)
{
	const double d = distance(x, want, n);

	*worst = d > *worst ? d : *worst;
	if (d > tol)
		fixture_fail(&g->f, "%s, episode %zu, step %zu: %s is off by %.2g, tolerance %g", how, ep, s,
		    what, d, tol);
}

/* Environment k of a batch, after step s of episode ep. */
static void compare(struct golden *g, const struct seen *v, size_t k, size_t ep, size_t s,
    const char *how, double tol, double *worst)
{
	const size_t A = g->A, D = g->D, E = g->E, S = g->S, T = g->T;
	const size_t before = ep * T + s, after = ep * (T + 1) + s + 1;

	within(g, "scripted u", how, ep, s, v->scripted + k * S * 2, g->scripted + before * S * 2, S * 2, tol, worst);
	within(g, "position", how, ep, s, v->pos + k * E * 2, g->pos + after * E * 2, E * 2, tol, worst);
	within(g, "velocity", how, ep, s, v->vel + k * E * 2, g->vel + after * E * 2, E * 2, tol, worst);
	within(g, "observation", how, ep, s, v->obs + k * A * D, g->obs + after * A * D, A * D, tol, worst);
	within(g, "reward", how, ep, s, v->reward + k, g->reward + before, 1, tol, worst);
	if (v->contacts[k] != g->contacts[before])
		fixture_fail(&g->f, "%s, episode %zu, step %zu: %d contacts, want %lld", how, ep, s,
		    v->contacts[k], (long long)g->contacts[before]);
}

/* ---- episodes ---- */

static struct mc_world *world(struct golden *g, size_t n)
{
	struct mc_world *w = mc_world_new(&g->task, n, g->has_prey ? &g->prey : NULL, -1, &g->f.err);

	if (!w)
		fixture_failed(&g->f);
	return w;
}

static struct seen seen_new(struct golden *g, size_t n)
{
	return (struct seen){
		fixture_new(&g->f, n * g->E * 2), fixture_new(&g->f, n * g->E * 2),
		fixture_new(&g->f, n * g->A * g->D), fixture_new(&g->f, n),
		fixture_new(&g->f, n * g->S * 2), fixture_alloc(&g->f, n, sizeof(int32_t)),
	};
}

static void look(const struct mc_world *w, const struct golden *g, size_t n, struct seen *v)
{
	for (size_t k = 0; k < n; k++)
		mc_world_get(w, k, v->pos + k * g->E * 2, v->vel + k * g->E * 2);
	mc_world_observe(w, v->obs);
	mc_world_scripted(w, v->scripted);
}

/* Goals and shift as a world has them: hidden[N + 1]. */
static void hidden_of(int32_t *hidden, const int64_t *goal, int64_t shift, size_t N)
{
	for (size_t i = 0; i < N; i++)
		hidden[i] = (int32_t)goal[i];
	hidden[N] = (int32_t)shift;
}

/* Environment k starts in a state of episode ep. */
static void set(struct golden *g, struct mc_world *w, size_t k, size_t ep, const mc_real *pos, const mc_real *vel)
{
	int32_t hidden[257];

	if (mc_world_set(w, k, pos, vel, &g->f.err) < 0)
		fixture_failed(&g->f);
	if (!g->task.hidden)
		return;
	hidden_of(hidden, g->goal + ep * g->A, g->shift[ep], g->A);
	if (mc_world_hide(w, k, hidden, &g->f.err) < 0)
		fixture_failed(&g->f);
}

static void step(struct golden *g, struct mc_world *w, size_t n, const mc_real *a, struct seen *v)
{
	if (mc_world_step(w, a, v->reward, v->contacts, &g->f.err) < 0)
		fixture_failed(&g->f);
	look(w, g, n, v);
}

/* Every step of every episode from its given state: one batch of Ep T environments. */
static void one_step(struct golden *g)
{
	const size_t n = g->Ep * g->T, wide = g->E * 2;
	struct mc_world *w = world(g, n);
	struct seen v = seen_new(g, n);

	if (!w)
		return;
	for (size_t k = 0; k < n; k++) {
		const size_t at = k / g->T * (g->T + 1) + k % g->T;

		set(g, w, k, k / g->T, g->pos + at * wide, g->vel + at * wide);
	}
	step(g, w, n, g->actions, &v);
	for (size_t k = 0; k < n; k++)
		compare(g, &v, k, k / g->T, k % g->T, "one step", g->tol_step, &g->worst_step);
	mc_world_free(w);
}

/* Does environment k hide these? */
static int hides(const struct mc_world *w, size_t k, const int64_t *goal, int64_t shift)
{
	const size_t N = (size_t)mc_world_task(w)->N;
	int32_t got[257], want[257];

	mc_world_hidden(w, k, got);
	hidden_of(want, goal, shift, N);
	return memcmp(got, want, (N + 1) * sizeof *got) == 0;
}

/* The state before the first step: given, and where it is a reset's, equal to that bit for bit. */
static void start(struct golden *g, struct mc_world *w, struct seen *v)
{
	const size_t wide = g->E * 2, obs = g->A * g->D;

	for (size_t ep = 0; ep < g->Ep; ep++) {
		const int64_t *r = g->reset + 3 * ep;
		mc_real *pos = v->pos + ep * wide, *vel = v->vel + ep * wide;

		if (r[0] >= 0) {
			mc_world_reset(w, ep, (uint64_t)r[0], (uint32_t)r[1], (uint32_t)r[2]);
			mc_world_get(w, ep, pos, vel);
			if (distance(pos, g->init_pos + ep * wide, wide) != 0 ||
			    distance(vel, g->init_vel + ep * wide, wide) != 0)
				fixture_fail(&g->f, "episode %zu: its reset differs", ep);
			if (g->task.hidden && !hides(w, ep, g->goal + ep * g->A, g->shift[ep]))
				fixture_fail(&g->f, "episode %zu: its reset hides something else", ep);
		}
		set(g, w, ep, ep, g->init_pos + ep * wide, g->init_vel + ep * wide);
	}
	look(w, g, g->Ep, v);
	for (size_t ep = 0; ep < g->Ep; ep++)
		within(g, "observation", "start", ep, 0, v->obs + ep * obs, g->obs + ep * (g->T + 1) * obs, obs,
		    g->tol_step, &g->worst_step);
}

/* All episodes side by side for T steps, each compared over the steps it says. */
static void free_run(struct golden *g)
{
	struct mc_world *w = world(g, g->Ep);
	struct seen v = seen_new(g, g->Ep);
	const size_t wide = g->A * 2;
	mc_real *a = fixture_new(&g->f, g->Ep * wide);

	if (!w)
		return;
	start(g, w, &v);
	for (size_t s = 0; s < g->T; s++) {
		for (size_t ep = 0; ep < g->Ep; ep++)
			memcpy(a + ep * wide, g->actions + (ep * g->T + s) * wide, wide * sizeof *a);
		step(g, w, g->Ep, a, &v);
		for (size_t ep = 0; ep < g->Ep; ep++)
			if ((int64_t)s < g->free_steps[ep])
				compare(g, &v, ep, ep, s, "free run", g->tol_free, &g->worst_free);
	}
	mc_world_free(w);
}

/* ---- resets ---- */

static void philox(struct fixture *f, const struct mc_map *root)
{
	const size_t n = fixture_dim(f, root, "philox_counter", 0);
	const int64_t *ctr = integers(f, root, "philox_counter", SHAPE(n, 4));
	const int64_t *key = integers(f, root, "philox_key", SHAPE(n, 2));
	const int64_t *want = integers(f, root, "philox_out", SHAPE(n, 4));

	for (size_t i = 0; i < n; i++) {
		uint32_t c[4], k[2], out[4];

		for (int j = 0; j < 4; j++)
			c[j] = (uint32_t)ctr[4 * i + (size_t)j];
		for (int j = 0; j < 2; j++)
			k[j] = (uint32_t)key[2 * i + (size_t)j];
		mc_philox(out, c, k);
		for (size_t j = 0; j < 4; j++)
			if (out[j] != (uint32_t)want[4 * i + j])
				fixture_fail(f, "philox block %zu: word %zu is %08x, want %08x", i, j, out[j],
				    (unsigned)want[4 * i + j]);
	}
}

/* The n resets of one task: its positions, bit for bit, and what it hides. */
static void resets(struct fixture *f, const struct mc_map *root, const char *name, const int64_t *reset, size_t n)
{
	struct mc_task t;
	struct mc_world *w;

	if (mc_task_parse(&t, name, &f->err) < 0 || !(w = mc_world_new(&t, n, NULL, -1, &f->err))) {
		fixture_failed(f);
		return;
	}
	const size_t E = (size_t)t.entities;
	const mc_real *want = fixture_reals(f, root, name, SHAPE(n, E, 2));
	mc_real *pos = fixture_new(f, E * 2), *vel = fixture_new(f, E * 2);
	const size_t N = (size_t)t.agents;
	char key[80];
	const int64_t *goal = NULL, *shift = NULL;

	if (t.hidden) {
		snprintf(key, sizeof key, "%s.goal", name);
		goal = integers(f, root, key, SHAPE(n, N));
		snprintf(key, sizeof key, "%s.shift", name);
		shift = integers(f, root, key, SHAPE(n));
	}
	for (size_t k = 0; k < n; k++) {
		const int64_t *r = reset + 3 * k;

		mc_world_reset(w, k, (uint64_t)r[0], (uint32_t)r[1], (uint32_t)r[2]);
		mc_world_get(w, k, pos, vel);
		for (size_t i = 0; i < 2 * E; i++)
			if (pos[i] != want[k * E * 2 + i] || vel[i] != 0)
				fixture_fail(f, "%s, reset %zu: entity %zu starts elsewhere", name, k, i / 2);
		if (t.hidden && !hides(w, k, goal + k * N, shift[k]))
			fixture_fail(f, "%s, reset %zu: goals or shift are others", name, k);
	}
	mc_world_free(w);
}

static int check_resets(const struct mc_map *root, char *why, size_t size)
{
	struct fixture f = { 0 };
	const size_t n = fixture_dim(&f, root, "reset", 0);
	const int64_t *reset = integers(&f, root, "reset", SHAPE(n, 3));
	size_t tasks = 0;

	philox(&f, root);
	for (size_t i = 0; i < mc_map_count(root); i++) {
		char key[64];

		mc_map_at(root, i, key, sizeof key);
		if (strcmp(key, "reset") == 0 || strncmp(key, "philox_", 7) == 0 || strchr(key, '.'))
			continue;
		resets(&f, root, key, reset, n);
		tasks++;
	}
	if (f.failed)
		snprintf(why, size, "%s", f.first);
	else
		snprintf(why, size, "%zu resets of %zu tasks, exact", n, tasks);
	mc_arena_free(&f.arena);
	return !f.failed;
}

int fixture_env(const struct mc_map *root, const char *name, char *why, size_t size)
{
	struct golden g = { .has_prey = 0 };

	if (mc_map_has(root, "philox_counter"))
		return check_resets(root, why, size);
	if (!mc_map_has(root, "task")) {
		snprintf(why, size, "%s holds neither trajectories nor resets", name);
		return 0;
	}
	read_golden(&g, root);
	if (!g.f.failed)
		one_step(&g);
	if (!g.f.failed)
		free_run(&g);
	if (g.f.failed)
		snprintf(why, size, "%s", g.f.first);
	else
		snprintf(why, size, "one step %.1e of %g, free %.1e of %g", g.worst_step, g.tol_step, g.worst_free,
		    g.tol_free);
	mc_arena_free(&g.f.arena);
	return !g.f.failed;
}
