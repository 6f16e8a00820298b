#include "mc_rollout.h"

#include <math.h>
#include <string.h>

#include "mc_math.h"
#include "mc_rng.h"

struct mc_rollout {
	struct mc_dims dims;
	struct mc_actor *actor;
	mc_real *u;         /* [max, N, d] */
	mc_real *eps, *noise; /* [max, N, A] */
};

struct mc_rollout *mc_rollout_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_rollout *p = mc_arena_alloc(arena, 1, sizeof *p, "rollout", e);

	if (!p)
		return NULL;
	p->dims = *dims;
	p->actor = dims->H ? mc_actor_new(dims, max, workers, arena, e) : NULL;
	p->u = mc_arena_alloc(arena, max * dims->N * dims->d, sizeof *p->u, "draws", e);
	p->eps = mc_arena_alloc(arena, max * dims->N * dims->A, sizeof *p->eps, "draws", e);
	p->noise = mc_arena_alloc(arena, max * dims->N * dims->A, sizeof *p->noise, "draws", e);
	return (p->actor || !dims->H) && p->u && p->eps && p->noise ? p : NULL;
}

int mc_episodes_new(struct mc_episodes *p, const struct mc_dims *dims, size_t n, int with_c,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t agents = n * dims->N, T = dims->T;

	p->o = mc_arena_alloc(arena, (T + 1) * agents * dims->O, sizeof *p->o, "episodes", e);
	p->m = mc_arena_alloc(arena, (T + 1) * agents * dims->d, sizeof *p->m, "episodes", e);
	p->I = mc_arena_alloc(arena, T * agents * dims->d, sizeof *p->I, "episodes", e);
	p->a = mc_arena_alloc(arena, T * agents * dims->A, sizeof *p->a, "episodes", e);
	p->r = mc_arena_alloc(arena, T * n, sizeof *p->r, "episodes", e);
	p->c = NULL;
	p->heard = p->src = NULL;
	p->pos = NULL;
	if (with_c)
		p->c = mc_arena_alloc(arena, T * agents * dims->d, sizeof *p->c, "episodes", e);
	return p->o && p->m && p->I && p->a && p->r && (p->c || !with_c) ? 0 : -1;
}

int mc_episodes_add_messages(struct mc_episodes *p, const struct mc_dims *dims, size_t n,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t pairs = dims->T * n * dims->N * dims->d;

	p->heard = mc_arena_alloc(arena, pairs, sizeof *p->heard, "messages", e);
	p->src = mc_arena_alloc(arena, pairs, sizeof *p->src, "messages", e);
	return p->heard && p->src ? 0 : -1;
}

struct mc_episodes mc_episodes_traj(const struct mc_traj *t)
{
	const struct mc_episodes p = { .o = t->o, .m = t->m, .I = t->I, .a = t->a, .r = t->r };

	return p;
}

static void draw_u(struct mc_rollout *p, const struct mc_rollout_opts *o, uint32_t first, size_t n, size_t t)
{
	const size_t each = p->dims.N * p->dims.d;

	if (o->how != MC_LEARNED)
		return;
	for (size_t k = 0; k < n && !o->greedy; k++)
		mc_rng_uniform(p->u + k * each, t * each, each, o->seed, MC_RNG_ASK, o->env, first + (uint32_t)k);
	for (size_t k = 0; k < n * each && o->greedy; k++)
		p->u[k] = (mc_real)0.5;
}

/*
 * What becomes of step t's decisions I [n,N,d]: fewer, perhaps, and messages. The draws of the
 * decisions are made and used: their place serves again.
 */
static void intervene(struct mc_rollout *p, const struct mc_rollout_opts *o, uint32_t first, size_t n, size_t t,
    struct mc_episodes *out)
{
	const size_t each = p->dims.N * p->dims.d, at = t * n * each;

	if (mc_intervene_limits(o->change))
		mc_intervene_limit(o->change, &p->dims, n, out->c + at, out->I + at);
	for (size_t k = 0; k < n && mc_intervene_drops(o->change); k++)
		mc_rng_uniform(p->u + k * each, t * each, each, o->seed, MC_RNG_DROP, o->env, first + (uint32_t)k);
	mc_intervene_hear(o->change, &p->dims, n, out->I + at, p->u, out->heard + at);
	for (size_t k = 0; k < n && mc_intervene_shuffles(o->change); k++)
		mc_rng_uniform(p->u + k * each, t * each, each, o->seed, MC_RNG_SHUFFLE, o->env, first + (uint32_t)k);
	mc_intervene_source(o->change, &p->dims, n, p->u, out->src + at);
}

/* Step t of those of n episodes from number k on, `each` of them. */
static struct mc_act_batch batch_of(const struct mc_rollout *p, const struct mc_episodes *out, size_t n, size_t t, size_t k, size_t each)
{
	const struct mc_dims *s = &p->dims;
	const size_t row = t * n + k, at = row * s->N * s->d;

	return (struct mc_act_batch){ .n = each, .o = out->o + row * s->N * s->O, .m = out->m + at, .u = p->u + k * s->N * s->d,
		.c = out->c ? out->c + at : NULL, .I = out->I + at, .a = out->a + row * s->N * s->A };
}

/* mc_actor_step with an intervention between decisions and actions. `each` episodes at a time. */
static void act_otherwise(struct mc_rollout *p, const struct mc_rollout_opts *o, const struct mc_params *comm,
    const struct mc_params *policy, uint32_t first, size_t n, size_t each, size_t t, struct mc_episodes *out, struct mc_pool *pool)
{
	const size_t pairs = p->dims.N * p->dims.d;

	for (size_t k = 0; k < n; k += each) {
		const struct mc_act_batch b = batch_of(p, out, n, t, k, each);

		mc_actor_decide(p->actor, o->how, comm, &b, pool);
	}
	intervene(p, o, first, n, t, out);
	for (size_t k = 0; k < n; k += each) {
		struct mc_act_batch b = batch_of(p, out, n, t, k, each);

		b.I = out->heard + (t * n + k) * pairs;
		b.src = out->src + (t * n + k) * pairs;
		mc_actor_act(p->actor, policy, &b, pool);
	}
}

static void act(struct mc_rollout *p, const struct mc_rollout_opts *o, const struct mc_params *comm, const struct mc_params *policy,
    size_t n, size_t each, size_t t, struct mc_episodes *out, struct mc_pool *pool)
{
	for (size_t k = 0; k < n; k += each) {
		const struct mc_act_batch b = batch_of(p, out, n, t, k, each);

		mc_actor_step(p->actor, o->how, comm, policy, &b, pool);
	}
}

/* The same by a script. */
static void act_scripted(struct mc_rollout *p, const struct mc_rollout_opts *o, const struct mc_env *env, uint32_t first, size_t n,
    size_t t, struct mc_episodes *out)
{
	const struct mc_act_batch b = batch_of(p, out, n, t, 0, n);
	const struct mc_script_place at = { o->seed, o->env, first, n, t };
	const size_t pairs = n * p->dims.N * p->dims.d;

	if (o->how == MC_LEARNED)
		mc_script_decide(o->script, n, b.o, b.m, b.c, b.I);
	else if (o->how == MC_FULL)
		memcpy(b.I, b.m, pairs);
	else
		memset(b.I, 0, pairs);
	if (o->change)
		intervene(p, o, first, n, t, out);
	mc_script_act(o->script, &at, mc_env_built_in(env), b.o, o->change ? out->heard + t * pairs : b.I,
	    o->change ? out->src + t * pairs : NULL, b.a);
}

/* x_t of the noise, from x_{t-1} */
static void draw_noise(struct mc_rollout *p, const struct mc_rollout_opts *o, uint32_t first, size_t n, size_t t)
{
	const size_t each = p->dims.N * p->dims.A;
	const mc_real keep = t > 0 ? (mc_real)o->carry : 0, fresh = (mc_real)sqrt(1 - (double)keep * (double)keep);

	for (size_t k = 0; k < n; k++)
		mc_rng_normal(p->eps + k * each, t * each, each, o->seed, MC_RNG_EXPLORE, o->env, first + (uint32_t)k);
	for (size_t k = 0; k < n * each; k++)
		p->noise[k] = keep > 0 ? keep * p->noise[k] + fresh * p->eps[k] : p->eps[k];
}

/* a <- clip(a + sigma x, -1, 1) */
static void explore(struct mc_rollout *p, const struct mc_rollout_opts *o, uint32_t first, size_t n,
    size_t t, mc_real *a)
{
	const size_t each = p->dims.N * p->dims.A;
	const mc_real sigma = (mc_real)o->sigma;

	if (!(o->sigma > 0))
		return;
	draw_noise(p, o, first, n, t);
	for (size_t k = 0; k < n * each; k++) {
		const mc_real x = a[k] + sigma * p->noise[k];

		a[k] = x > 1 ? 1 : x < -1 ? -1 : x;
	}
}

/*
 * Whether a step is worth sharing out: with several episodes always; with one only where the nets,
 * which every step reads whole, are larger than a CPU's own cache, for each of two then reads
 * a half that fits (measured: a third of the time with 3.3 MB, no gain with 1.5 MB).
 */
static int worth_sharing(const struct mc_params *comm, const struct mc_params *policy, enum mc_decide how, size_t n)
{
	const size_t size = policy->size + (how == MC_LEARNED ? comm->size : 0);

	return n > 1 || size * sizeof(mc_real) > (size_t)2 << 20;
}

/* Where things are at step t. */
static void note_positions(const struct mc_env *env, size_t t, struct mc_episodes *out)
{
	size_t E;
	const mc_real *pos = mc_env_positions(env, &E);

	if (out->pos && pos)
		memcpy(out->pos + 2 * E * t, pos, 2 * E * sizeof *pos);
}

/* Steps from the environment's first observations to the end of the episodes. */
static int run_steps(struct mc_rollout *p, struct mc_env *env, const struct mc_rollout_opts *o,
    const struct mc_params *comm, const struct mc_params *policy, uint32_t first, size_t n,
    struct mc_episodes *out, struct mc_pool *pool, struct mc_err *e)
{
	const struct mc_dims *s = &p->dims;
	const size_t wide_o = n * s->N * s->O, wide_d = n * s->N * s->d, wide_a = n * s->N * s->A, each = o->alone ? 1 : n;

	if (o->script || !worth_sharing(comm, policy, o->how, each))
		pool = NULL;
	for (size_t t = 0; t < s->T; t++) {
		mc_real *a = out->a + t * wide_a;

		draw_u(p, o, first, n, t);
		if (o->script)
			act_scripted(p, o, env, first, n, t, out);
		else if (o->change)
			act_otherwise(p, o, comm, policy, first, n, each, t, out, pool);
		else
			act(p, o, comm, policy, n, each, t, out, pool);
		explore(p, o, first, n, t, a);
		if (!mc_all_finite(a, wide_a))
			return mc_err_set(e, MC_DATA, "policy", -1, "lower the learning rates, or clip the gradients",
			    "an action is not finite in episode %u, step %zu", first, t);
		if (mc_env_step(env, a, out->r + t * n, out->o + (t + 1) * wide_o, out->m + (t + 1) * wide_d, e) < 0)
			return -1;
		note_positions(env, t + 1, out);
	}
	return 0;
}

int mc_rollout_run(struct mc_rollout *p, struct mc_env *env, const struct mc_rollout_opts *o,
    const struct mc_params *comm, const struct mc_params *policy, uint32_t first, size_t n,
    struct mc_episodes *out, struct mc_pool *pool, struct mc_err *e)
{
	if (mc_env_begin(env, first, n, out->o, out->m, e) < 0)
		return -1;
	note_positions(env, 0, out);
	if (p->actor && !o->script)
		mc_actor_hold(p->actor, policy);
	const int st = run_steps(p, env, o, comm, policy, first, n, out, pool, e);

	if (p->actor)
		mc_actor_hold(p->actor, NULL);
	return st;
}

void mc_episode_metrics(const struct mc_traj *t, const struct mc_task *task, struct mc_episode_metrics *f)
{
	const struct mc_env_dims *s = &t->dims;

	*f = (struct mc_episode_metrics){ .edge_cost = -1, .right = -1 };
	for (size_t i = 0; i < s->T; i++)
		f->ret += (double)t->r[i];
	for (size_t i = 0; i < s->T * s->N * s->d; i++) {
		f->requests += t->I[i];
		f->edges += t->m[i];
	}
	if (!task)
		return;
	f->right = 0;
	mc_right_count(&f->right, &f->right_edges, task, t->o, t->I, t->m, s->T);
}

void mc_episode_charge(struct mc_traj *t, double price, struct mc_episode_metrics *f)
{
	const size_t pairs = t->dims.N * t->dims.d;

	f->edge_cost = 0;
	for (size_t i = 0; i < t->dims.T; i++) {
		size_t used = 0, edges = 0;

		for (size_t k = i * pairs; k < (i + 1) * pairs; k++) {
			used += t->I[k];
			edges += t->m[k];
		}
		if (edges == 0)
			continue;
		const double cost = price * (double)used / (double)edges;

		t->r[i] = (mc_real)((double)t->r[i] - cost);
		f->edge_cost += cost;
	}
}

void mc_episode_pack(struct mc_fb *b, const struct mc_traj *t, const struct mc_episode_metrics *f)
{
	mc_fb_begin(b, "episode");
	mc_fb_int(b, "iteration", t->iteration);
	mc_fb_int(b, "episode", t->episode);
	mc_fb_real(b, "return", f->ret);
	mc_fb_int(b, "requests", f->requests);
	mc_fb_int(b, "edges", f->edges);
	mc_fb_int(b, "steps", (int64_t)t->dims.T);
	if (f->right >= 0) {
		mc_fb_int(b, "right", f->right);
		mc_fb_int(b, "right_edges", f->right_edges);
	}
	if (f->edge_cost >= 0)
		mc_fb_real(b, "edge_cost", f->edge_cost);
}
