#include "mc_measure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mc_opts.h"
#include "mc_rollout.h"
#include "mc_prey.h"
#include "mc_script.h"
#include "mc_stat.h"
#include "mc_task.h"

/*
 * Episodes in a batch, whole batches always: what an episode gives is then the same bytes for
 * any number of episodes and threads. From 10 to 250 the time differs by less than a fifth
 * (six agents, one core): 50 are enough for two threads to halve it.
 */
enum { BATCH = 50 };

void mc_stage_release(struct mc_stage *s)
{
	mc_env_free(s->env);
	mc_arena_free(&s->arena);
	memset(s, 0, sizeof *s);
}

/* ---- how ---- */

int mc_measuring_parse(struct mc_measuring *o, struct mc_err *e)
{
	const long max_edges = o->change.max_edges;

	o->change = mc_intervention_none;
	o->change.max_edges = max_edges;
	return (o->comm && mc_intervention_comm(&o->change, o->comm, e) < 0) ||
	    (o->cut && mc_intervention_cut(&o->change, o->cut, e) < 0) ||
	    (o->mute && mc_intervention_mute(&o->change, o->mute, e) < 0) ? -1 : 0;
}

static void put_given(FILE *to, const char *option, const char *text)
{
	if (text)
		fprintf(to, ", %s %s", option, text);
}

void mc_measuring_print(const struct mc_measuring *o, FILE *to)
{
	fprintf(to, "episodes 0 to %ld of environment 0, seed %" PRIu64 ", no exploration", o->episodes - 1, o->seed);
	put_given(to, "--comm", o->comm);
	put_given(to, "--cut", o->cut);
	put_given(to, "--mute", o->mute);
	put_given(to, "--prey", o->prey);
	put_given(to, "--env", o->env);
	if (o->change.max_edges)
		fprintf(to, ", --max-edges %ld", o->change.max_edges);
	if (o->greedy)
		fprintf(to, ", greedy decisions");
}

/* ---- rollouts ---- */

struct sums {
	double *ret;              /* [episodes] */
	struct mc_decided *decided;
	const struct mc_task *right;    /* the task, if its right requests are known */
	struct mc_influence *influence; /* NULL = not measured */
	uint64_t messages;
};

/* The first n episodes of a batch. */
static void add_batch(struct sums *to, double *ret, const struct mc_episodes *p, const struct mc_dims *s, size_t n)
{
	const size_t each = s->N * s->d;
	const uint8_t *heard = p->heard ? p->heard : p->I;

	memset(ret, 0, n * sizeof *ret);
	for (size_t t = 0; t < s->T; t++) {
		for (size_t k = 0; k < n; k++)
			ret[k] += (double)p->r[t * BATCH + k];
		const size_t at = t * BATCH * each;

		if (to->decided)
			mc_decided_add(to->decided, p->c ? p->c + at : NULL, p->I + at, p->m + at, n);
		if (to->decided && to->right)
			mc_decided_add_right(to->decided, to->right, p->o + t * BATCH * s->N * s->O, p->I + at, p->m + at, n);
		for (size_t k = at; k < at + n * each; k++)
			to->messages += heard[k];
	}
}

struct nets {
	struct mc_params policy, comm, critic, prey;
};

/* The team of a checkpoint, or a script, and where it acts. */
struct team {
	const struct mc_header *h;
	struct mc_task task;
	struct nets nets;
	struct mc_script *script;       /* NULL = nets */
};

/* Where a batch is run, and into what. */
struct scene {
	const struct team *team;
	const struct mc_rollout_opts *how;
	struct mc_env *env;
	struct mc_rollout *rollout;
	struct mc_episodes all;  /* [.., BATCH, ..] */
	struct mc_episodes part;    /* from programs: [.., copies, ..] */
	size_t copies;            /* 0 = the built-in world, whole batches */
};

static int set_scene(struct scene *x, const struct mc_measuring *o, struct mc_arena *arena, struct mc_pool *pool, struct mc_err *e)
{
	const struct mc_header *h = x->team->h;
	const struct nets *nets = &x->team->nets;
	const int c = x->how->how == MC_LEARNED, messages = x->how->change != NULL;

	x->copies = o->env ? (size_t)o->envs : 0;
	x->env = o->env ? o->stage->env :
	    mc_env_world(&x->team->task, BATCH, nets->prey.v ? &nets->prey : NULL, h->range, o->seed, 0, e);
	if (!x->env || !(x->rollout = mc_rollout_new(&h->dims, BATCH, mc_pool_threads(pool), arena, e)) ||
	    mc_episodes_new(&x->all, &h->dims, BATCH, c, arena, e) < 0 ||
	    (messages && mc_episodes_add_messages(&x->all, &h->dims, BATCH, arena, e) < 0))
		return -1;
	return x->copies == 0 ? 0 : mc_episodes_new(&x->part, &h->dims, x->copies, c, arena, e) < 0 ||
	    (messages && mc_episodes_add_messages(&x->part, &h->dims, x->copies, arena, e) < 0) ? -1 : 0;
}

/* Rows of `bytes` each: the first n of every step from `part` to the batch, there from row `at` on. */
static void put_rows(const struct scene *x, void *to, const void *from, size_t steps, size_t at, size_t n, size_t bytes)
{
	for (size_t t = 0; to && t < steps; t++)
		memcpy((char *)to + (t * BATCH + at) * bytes, (const char *)from + t * x->copies * bytes, n * bytes);
}

static void put_part(struct scene *x, size_t at, size_t n)
{
	const struct mc_dims *s = &x->team->h->dims;
	const size_t T = s->T, pairs = s->N * s->d, real = sizeof(mc_real);
	struct mc_episodes *to = &x->all, *from = &x->part;

	put_rows(x, to->o, from->o, T + 1, at, n, s->N * s->O * real);
	put_rows(x, to->m, from->m, T + 1, at, n, pairs);
	put_rows(x, to->I, from->I, T, at, n, pairs);
	put_rows(x, to->c, from->c, T, at, n, pairs * real);
	put_rows(x, to->a, from->a, T, at, n, s->N * s->A * real);
	put_rows(x, to->r, from->r, T, at, n, real);
	put_rows(x, to->heard, from->heard, T, at, n, pairs);
	put_rows(x, to->src, from->src, T, at, n, pairs);
}

/* The episodes first ... first + count - 1, at least, of a batch. */
static int run_batch(struct scene *x, size_t first, size_t count, struct mc_pool *pool, struct mc_err *e)
{
	const struct nets *nets = &x->team->nets;

	if (x->copies == 0)
		return mc_rollout_run(x->rollout, x->env, x->how, &nets->comm, &nets->policy, (uint32_t)first, BATCH, &x->all, pool, e);
	for (size_t at = 0; at < count; at += x->copies) {
		const size_t n = count - at < x->copies ? count - at : x->copies;

		if (mc_rollout_run(x->rollout, x->env, x->how, &nets->comm, &nets->policy, (uint32_t)(first + at), x->copies, &x->part, pool, e) < 0)
			return -1;
		put_part(x, at, n);
	}
	return 0;
}

/* With this intervention, or with none (NULL). */
static int evaluate(struct sums *to, const struct team *x, const struct mc_intervention *change, const struct mc_measuring *o,
    struct mc_arena *arena, struct mc_pool *pool, struct mc_err *e)
{
	const struct mc_header *h = x->h;
	const struct mc_rollout_opts po = { .how = change && change->how >= 0 ? (enum mc_decide)change->how : h->comm,
		.greedy = o->greedy, .seed = o->seed, .env = 0, .alone = o->env != NULL, .change = change, .script = x->script };
	const size_t n = (size_t)o->episodes;
	struct scene s = { .team = x, .how = &po };
	int r = set_scene(&s, o, arena, pool, e);

	for (size_t first = 0; r == 0 && first < n; first += BATCH) {
		const size_t count = n - first < BATCH ? n - first : BATCH;

		r = run_batch(&s, first, count, pool, e);
		if (r < 0)
			break;
		add_batch(to, to->ret + first, &s.all, &h->dims, count);
		if (to->influence)
			mc_influence_add(to->influence, &x->nets.policy, &x->nets.critic, &s.all, BATCH, count, pool);
	}
	if (!o->env)
		mc_env_free(s.env);
	return r;
}

/* ---- one checkpoint ---- */

/* The task, known to this build and of the dimensions that the nets were made for. */
static int find_task(struct mc_task *task, const struct mc_header *h, const char *place, struct mc_err *e)
{
	struct mc_env_dims want;
	struct mc_err unknown = { 0 };

	if (mc_task_parse(task, h->task, &unknown) < 0)
		return mc_env_unknown(h->task, place, e);
	want = mc_task_dims(task);
	if (!mc_env_dims_same(&want, &h->dims.env))
		return mc_err_set(e, MC_DATA, place, -1, NULL,
		    "made for %zu agents with %zu observations and %zu actions, %zu steps; %s has %zu, %zu, %zu, %zu",
		    h->dims.N, h->dims.O, h->dims.A, h->dims.T, h->task, want.N, want.O, want.A, want.T);
	return 0;
}

/* Those of --prey, else those that the team was trained with; `how` is the header's word for them. */
static int load_prey(struct mc_params *prey, char how[8], const struct mc_ckpt *c, const struct mc_task *task,
    const struct mc_measuring *o, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_prey other;

	if (!o->prey) {
		memcpy(how, c->header.prey, sizeof c->header.prey);
		return mc_header_prey(&c->header_map, &c->header, (size_t)task->prey_obs_dim, prey, arena, e);
	}
	if (mc_prey_choose(&other, o->prey, task, arena, e) < 0)
		return -1;
	memcpy(how, other.how, sizeof other.how);
	*prey = other.p;
	return 0;
}

/* Those that the team acts with; the comm net only if it decides, here or untouched. */
static int load_nets(struct nets *nets, const struct mc_ckpt *c, const struct mc_measuring *o, struct mc_arena *arena,
    struct mc_err *e)
{
	const int learned = o->change.how == MC_LEARNED || c->header.comm == MC_LEARNED;

	if (mc_ckpt_params(c, "policy", &nets->policy, arena, e) < 0 ||
	    (o->influence && mc_ckpt_params(c, "critic", &nets->critic, arena, e) < 0))
		return -1;
	if (!learned || mc_ckpt_params(c, "comm", &nets->comm, arena, e) == 0)
		return 0;
	if (e->code == MC_USAGE)
		snprintf(e->hint, sizeof e->hint, "leave --comm out for the decisions that it was trained with");
	return -1;
}

/* Sorts x; one episode says nothing of others: it has no interval. */
static int interval(double ci[2], enum mc_stat_kind kind, double *x, size_t n, uint64_t seed, struct mc_err *e)
{
	mc_stat_sort(x, n);
	ci[0] = ci[1] = (double)NAN;
	return n < 2 ? 0 : mc_stat_bootstrap(ci, kind, x, n, MC_STAT_RESAMPLES, seed, e);
}

/* The mean difference to the untouched team, whose returns become the differences, episode by episode. */
static int compare(struct mc_measured *f, const double *ret, double *untouched, size_t n, uint64_t seed, struct mc_err *e)
{
	f->untouched = mc_stat_mean(untouched, n);
	for (size_t k = 0; k < n; k++)
		untouched[k] = ret[k] - untouched[k];
	f->difference = mc_stat_mean(untouched, n);
	return interval(f->difference_ci, MC_STAT_MEAN, untouched, n, seed, e);
}

static int summarise(struct mc_measured *f, struct sums *s, const struct mc_dims *dims, const struct mc_measuring *o,
    struct mc_err *e)
{
	const size_t n = (size_t)o->episodes;
	const double steps = (double)n * (double)dims->T;

	f->mean = mc_stat_mean(s->ret, n);
	f->se = mc_stat_se(s->ret, n);
	f->requests = (double)mc_decided_requests(&f->decided) / steps;
	f->messages = (double)s->messages / steps;
	f->bytes = f->messages * 4 * (double)dims->O;
	mc_stat_sort(s->ret, n);
	f->iqm = mc_stat_iqm(s->ret, n);
	return interval(f->ci, MC_STAT_IQM, s->ret, n, o->seed, e);
}

/* The team as the options would have it, then, if that is another, untouched on the same episodes. */
static int evaluate_both(struct mc_measured *f, const struct team *x, const struct mc_measuring *o, struct mc_arena *arena,
    struct mc_pool *pool, struct mc_err *e)
{
	const struct mc_dims *dims = &x->h->dims;
	const size_t n = (size_t)o->episodes;
	struct mc_task rights;
	struct sums sums = { .decided = &f->decided, .right = mc_right_task(&rights, x->h->task, dims) ? &rights : NULL };
	struct sums untouched = { 0 };

	if (!(sums.ret = mc_arena_alloc(arena, n, sizeof *sums.ret, "returns", e)) ||
	    !(untouched.ret = mc_arena_alloc(arena, n, sizeof *untouched.ret, "returns", e)) ||
	    mc_decided_new(&f->decided, dims, f->how == MC_LEARNED && !x->script, &f->arena, e) < 0)
		return -1;
	if (o->influence && !(f->influence = mc_influence_new(dims, BATCH, mc_pool_threads(pool), &f->arena, e)))
		return -1;
	sums.influence = f->influence;
	if (evaluate(&sums, x, f->touched ? &o->change : NULL, o, arena, pool, e) < 0)
		return -1;
	if (f->touched && (evaluate(&untouched, x, NULL, o, arena, pool, e) < 0 ||
	    compare(f, sums.ret, untouched.ret, n, o->seed, e) < 0))
		return -1;
	return summarise(f, &sums, dims, o, e);
}

/* The programs: those of the checkpoint before, or new ones; and whether they suit this team. */
static int open_stage(char prey[8], const struct mc_header *h, const struct mc_measuring *o, struct mc_err *e)
{
	const struct mc_outside_opts how = { o->env, o->patience };
	struct mc_stage *s = o->stage;

	if (!s->env)
		s->env = mc_env_process(&how, (size_t)o->envs, o->seed, 0, &s->says, &s->arena, e);
	if (!s->env || mc_env_fits(s->env, &s->says, h, e) < 0)
		return -1;
	memcpy(prey, h->prey, sizeof h->prey);
	return 0;
}

/* The team, from the arena, and the header's word for the prey that it meets. */
static int load_team(struct team *x, char prey[8], const struct mc_ckpt *c, const struct mc_measuring *o,
    struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_header *h = &c->header;

	*x = (struct team){ .h = h };
	if (o->env ? open_stage(prey, h, o, e) < 0 : find_task(&x->task, h, c->frame.place, e) < 0 ||
	    load_prey(&x->nets.prey, prey, c, &x->task, o, arena, e) < 0)
		return -1;
	return load_nets(&x->nets, c, o, arena, e) < 0 || mc_intervention_check(&o->change, h->dims.N, h->comm, e) < 0 ? -1 : 0;
}

static void find_yardstick(struct mc_measured *f, const struct team *x, struct mc_arena *arena)
{
	f->yardstick = mc_yardstick_find(x->h->task, mc_yardstick_prey(f->prey, &x->nets.prey, &x->task, arena));
}

int mc_measure(struct mc_measured *f, const struct mc_ckpt *c, const struct mc_measuring *o, struct mc_pool *pool,
    struct mc_err *e)
{
	const struct mc_header *h = &c->header;
	struct mc_arena arena = { 0 };
	struct team x;
	int r = -1;

	memset(f, 0, sizeof *f); /* its arena is empty */
	memcpy(f->task, h->task, sizeof f->task);
	memcpy(f->method, h->method, sizeof f->method);
	f->seed = h->seed;
	f->trained = c->episode;
	f->edge_cost = h->edge_cost;
	f->how = o->change.how >= 0 ? (enum mc_decide)o->change.how : h->comm;
	f->touched = mc_intervention_touches(&o->change, h->comm);
	if (load_team(&x, f->prey, c, o, &arena, e) == 0) {
		find_yardstick(f, &x, &arena);
		r = evaluate_both(f, &x, o, &arena, pool, e);
	}
	mc_arena_free(&arena);
	return r;
}

/* A script's header: what there is of one, h->dims without nets. */
static int script_team(struct team *x, struct mc_header *h, struct mc_measured *f, const char *script, const char *task,
    const struct mc_measuring *o, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_prey prey;

	*h = (struct mc_header){ .range = -1 };
	*x = (struct team){ .h = h };
	if (mc_task_parse(&x->task, task, e) < 0 || !(x->script = mc_script_new(script, &x->task, arena, e)) ||
	    mc_prey_choose(&prey, o->prey ? o->prey : "auto", &x->task, arena, e) < 0)
		return -1;
	if (o->influence || o->env)
		return mc_usage(e, o->influence ? "--influence" : "--env", "leave it out",
		    o->influence ? "a script has no nets" : "scripts act in the built-in world");
	x->nets.prey = prey.p;
	memcpy(f->prey, prey.how, sizeof f->prey);
	snprintf(h->task, sizeof h->task, "%s", x->task.name);
	snprintf(f->task, sizeof f->task, "%s", x->task.name);
	snprintf(f->method, sizeof f->method, "%s", mc_script_called(x->script));
	h->dims.env = mc_task_dims(&x->task);
	h->comm = strcmp(mc_script_comm(x->script), "none") == 0 ? MC_NONE : MC_LEARNED;
	return mc_intervention_check(&o->change, h->dims.N, h->comm, e);
}

int mc_measure_script(struct mc_measured *f, const char *script, const char *task, const struct mc_measuring *o,
    struct mc_pool *pool, struct mc_err *e)
{
	struct mc_arena arena = { 0 };
	struct mc_header h;
	struct team x;
	int r = -1;

	memset(f, 0, sizeof *f);
	f->scripted = 1;
	if (script_team(&x, &h, f, script, task, o, &arena, e) == 0) {
		f->how = o->change.how >= 0 ? (enum mc_decide)o->change.how : h.comm;
		f->touched = mc_intervention_touches(&o->change, h.comm);
		find_yardstick(f, &x, &arena);
		r = evaluate_both(f, &x, o, &arena, pool, e);
	}
	mc_arena_free(&arena);
	return r;
}

void mc_measured_release(struct mc_measured *f)
{
	mc_arena_free(&f->arena);
	memset(f, 0, sizeof *f);
}

int mc_measure_return(double *mean, const struct mc_ckpt *c, const struct mc_measuring *o, struct mc_pool *pool,
    struct mc_err *e)
{
	const int touched = mc_intervention_touches(&o->change, c->header.comm);
	const size_t n = (size_t)o->episodes;
	struct mc_arena arena = { 0 };
	struct sums sums = { 0 };
	struct team x;
	char prey[8];
	int r = -1;

	if (load_team(&x, prey, c, o, &arena, e) == 0 &&
	    (sums.ret = mc_arena_alloc(&arena, n, sizeof *sums.ret, "returns", e)) != NULL)
		r = evaluate(&sums, &x, touched ? &o->change : NULL, o, &arena, pool, e);
	if (r == 0)
		*mean = mc_stat_mean(sums.ret, n);
	mc_arena_free(&arena);
	return r;
}
