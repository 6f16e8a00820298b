#include "mc_run_eval.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_compare.h"
#include "mc_decided.h"
#include "mc_env.h"
#include "mc_influence.h"
#include "mc_intervene.h"
#include "mc_json.h"
#include "mc_opts.h"
#include "mc_play.h"
#include "mc_pool.h"
#include "mc_prey.h"
#include "mc_stat.h"
#include "mc_summary.h"
#include "mc_task.h"

/*
 * Episodes in a batch, whole batches always: what an episode gives is then the same bytes for
 * any number of episodes and threads. From 10 to 250 the time differs by less than a fifth
 * (six agents, one core): 50 are enough for two threads to halve it.
 */
enum { BATCH = 50 };

struct options {
	long episodes, threads, max_frame;
	uint64_t seed;
	const char *comm, *cut, *mute, *prey; /* as given, or NULL */
	struct mc_intervention change; /* what they say */
	int greedy, json, pairs, influence;
};

/* What one checkpoint came to. */
struct figures {
	char task[64], method[16];
	char prey[8];             /* the header's word for how they act */
	uint64_t seed;
	int64_t trained;          /* episodes */
	enum mc_decide how;
	double edge_cost;         /* of its training; 0 = none */
	double mean, se, iqm, ci[2];
	double requests;          /* in a step, the whole team */
	double answers;           /* in a step: requests, unless some are lost */
	double bytes;             /* in a step: an answer is one observation of float32 */
	struct mc_decided decided;
	struct mc_influence *influence; /* NULL = not measured */
	struct mc_arena arena;    /* theirs */
	int touched;              /* there is an intervention, and the following are set */
	double untouched, difference, difference_ci[2]; /* mean return without it; of the pairs */
};

/* ---- playing ---- */

struct sums {
	double *ret;              /* [episodes] */
	struct mc_decided *decided;
	struct mc_influence *influence; /* NULL = not measured */
	uint64_t answers;
};

/* The first n episodes of a batch that was played. */
static void add_batch(struct sums *to, double *ret, const struct mc_played *p, const struct mc_dims *s, size_t n)
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
		for (size_t k = at; k < at + n * each; k++)
			to->answers += heard[k];
	}
}

struct nets {
	struct mc_params policy, comm, critic, prey;
};

/* The team of a checkpoint, and where it plays. */
struct team {
	const struct mc_header *h;
	struct mc_task task;
	struct nets nets;
};

/* With this intervention, or with none (NULL). */
static int play(struct sums *to, const struct team *x, const struct mc_intervention *change, const struct options *o,
    struct mc_arena *arena, struct mc_pool *pool, struct mc_err *e)
{
	const struct mc_header *h = x->h;
	const struct nets *nets = &x->nets;
	const struct mc_play_opts po = { .how = change && change->how >= 0 ? (enum mc_decide)change->how : h->comm,
		.greedy = o->greedy, .seed = o->seed, .env = 0, .change = change };
	const size_t n = (size_t)o->episodes;
	struct mc_env *env = mc_env_world(&x->task, BATCH, nets->prey.v ? &nets->prey : NULL, h->range, o->seed, 0, e);
	struct mc_player *player = mc_player_new(&h->dims, BATCH, mc_pool_threads(pool), arena, e);
	struct mc_played played;
	int r = -1;

	if (env == NULL || player == NULL ||
	    mc_played_new(&played, &h->dims, BATCH, po.how == MC_LEARNED, arena, e) < 0 ||
	    (change && mc_played_add_answers(&played, &h->dims, BATCH, arena, e) < 0))
		goto done;
	for (size_t first = 0; first < n; first += BATCH) {
		const size_t count = n - first < BATCH ? n - first : BATCH;

		if (mc_play(player, env, &po, &nets->comm, &nets->policy, (uint32_t)first, BATCH, &played, pool, e) < 0)
			goto done;
		add_batch(to, to->ret + first, &played, &h->dims, count);
		if (to->influence)
			mc_influence_add(to->influence, &nets->policy, &nets->critic, &played, BATCH, count, pool);
	}
	r = 0;
done:
	mc_env_free(env);
	return r;
}

/* ---- one checkpoint ---- */

/* The task, known to this build and of the dimensions that the nets were made for. */
static int find_task(struct mc_task *task, const struct mc_header *h, const char *place, struct mc_err *e)
{
	struct mc_dims want = h->dims;
	struct mc_err unknown = { 0 };

	if (mc_task_parse(task, h->task, &unknown) < 0)
		return mc_err_set(e, MC_DATA, place, -1, "mc-envsim --list shows those that it knows",
		    "trained on task \"%s\", which this build does not know", h->task);
	mc_task_dims(task, &want);
	if (want.N != h->dims.N || want.O != h->dims.O || want.A != h->dims.A || want.T != h->dims.T)
		return mc_err_set(e, MC_DATA, place, -1, NULL,
		    "made for %zu agents with %zu observations and %zu actions, %zu steps; %s has %zu, %zu, %zu, %zu",
		    h->dims.N, h->dims.O, h->dims.A, h->dims.T, h->task, want.N, want.O, want.A, want.T);
	return 0;
}

/* Those of --prey, else those that the team was trained with; `how` is the header's word for them. */
static int load_preys(struct mc_params *preys, char how[8], const struct mc_ckpt *c, const struct mc_task *task,
    const struct options *o, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_prey other;

	if (!o->prey) {
		memcpy(how, c->header.prey, sizeof c->header.prey);
		return mc_header_prey(&c->header_map, &c->header, (size_t)task->prey_obs_dim, preys, arena, e);
	}
	if (mc_prey_choose(&other, o->prey, task, arena, e) < 0)
		return -1;
	memcpy(how, other.how, sizeof other.how);
	*preys = other.p;
	return 0;
}

/* Those that the team plays with; the comm net only if it decides, here or untouched. */
static int load_nets(struct nets *nets, const struct mc_ckpt *c, const struct options *o, struct mc_arena *arena,
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

/* The mean difference to the untouched team, whose returns become the differences, episode by episode. */
static int compare(struct figures *f, const double *ret, double *untouched, size_t n, uint64_t seed, struct mc_err *e)
{
	f->untouched = mc_stat_mean(untouched, n);
	for (size_t k = 0; k < n; k++)
		untouched[k] = ret[k] - untouched[k];
	f->difference = mc_stat_mean(untouched, n);
	mc_stat_sort(untouched, n);
	return mc_stat_bootstrap(f->difference_ci, MC_STAT_MEAN, untouched, n, MC_STAT_RESAMPLES, seed, e);
}

static int summarise(struct figures *f, struct sums *s, const struct mc_dims *dims, const struct options *o,
    struct mc_err *e)
{
	const size_t n = (size_t)o->episodes;
	const double steps = (double)n * (double)dims->T;

	f->mean = mc_stat_mean(s->ret, n);
	f->se = mc_stat_se(s->ret, n);
	f->requests = (double)mc_decided_requests(&f->decided) / steps;
	f->answers = (double)s->answers / steps;
	f->bytes = f->answers * 4 * (double)dims->O;
	mc_stat_sort(s->ret, n);
	f->iqm = mc_stat_iqm(s->ret, n);
	return mc_stat_bootstrap(f->ci, MC_STAT_IQM, s->ret, n, MC_STAT_RESAMPLES, o->seed, e);
}

/* The team as the options would have it, then, if that is another, untouched on the same episodes. */
static int play_both(struct figures *f, const struct team *x, const struct options *o, struct mc_arena *arena,
    struct mc_pool *pool, struct mc_err *e)
{
	const struct mc_dims *dims = &x->h->dims;
	const size_t n = (size_t)o->episodes;
	struct sums sums = { .decided = &f->decided }, untouched = { 0 };

	if (!(sums.ret = mc_arena_alloc(arena, n, sizeof *sums.ret, "returns", e)) ||
	    !(untouched.ret = mc_arena_alloc(arena, n, sizeof *untouched.ret, "returns", e)) ||
	    mc_decided_new(&f->decided, dims, f->how == MC_LEARNED, &f->arena, e) < 0)
		return -1;
	if (o->influence && !(f->influence = mc_influence_new(dims, BATCH, mc_pool_threads(pool), &f->arena, e)))
		return -1;
	sums.influence = f->influence;
	if (play(&sums, x, f->touched ? &o->change : NULL, o, arena, pool, e) < 0)
		return -1;
	if (f->touched && (play(&untouched, x, NULL, o, arena, pool, e) < 0 ||
	    compare(f, sums.ret, untouched.ret, n, o->seed, e) < 0))
		return -1;
	return summarise(f, &sums, dims, o, e);
}

static int measure(struct figures *f, const struct mc_ckpt *c, const struct options *o, struct mc_pool *pool,
    struct mc_err *e)
{
	const struct mc_header *h = &c->header;
	struct mc_arena arena = { 0 };
	struct team x = { .h = h };
	int r = -1;

	memset(f, 0, sizeof *f); /* its arena is empty */
	memcpy(f->task, h->task, sizeof f->task);
	memcpy(f->method, h->method, sizeof f->method);
	f->seed = h->seed;
	f->trained = c->episode;
	f->edge_cost = h->edge_cost;
	f->how = o->change.how >= 0 ? (enum mc_decide)o->change.how : h->comm;
	f->touched = mc_intervention_touches(&o->change, h->comm);
	if (find_task(&x.task, h, c->frame.place, e) == 0 &&
	    load_preys(&x.nets.prey, f->prey, c, &x.task, o, &arena, e) == 0 && load_nets(&x.nets, c, o, &arena, e) == 0 &&
	    mc_intervention_check(&o->change, h->dims.N, h->comm, e) == 0)
		r = play_both(f, &x, o, &arena, pool, e);
	mc_arena_free(&arena);
	return r;
}

/* ---- printing ---- */

static void put_number(const char *key, double v)
{
	printf(",\"%s\":", key);
	mc_json_double(stdout, v);
}

static void put_interval(const char *key, const double ci[2])
{
	printf(",\"%s\":[", key);
	mc_json_double(stdout, ci[0]);
	printf(",");
	mc_json_double(stdout, ci[1]);
	printf("]");
}

/* What was changed, and what came of it. */
static void put_change(const struct figures *f, const struct mc_intervention *x)
{
	if (x->drop >= 0)
		put_number("drop", x->drop);
	if (x->answer != MC_ANSWER_ASKED)
		printf(",\"answer\":\"%s\"", x->answer == MC_ANSWER_OTHER ? "shuffle" : "self");
	for (size_t k = 0; k < x->cuts; k++)
		printf("%s[%u,%u]%s", k ? "," : ",\"cut\":[", x->cut[k][0], x->cut[k][1], k + 1 < x->cuts ? "" : "]");
	for (size_t k = 0; k < x->mutes; k++)
		printf("%s%u%s", k ? "," : ",\"mute\":[", x->mute[k], k + 1 < x->mutes ? "" : "]");
	if (x->max_edges)
		printf(",\"max_edges\":%ld", x->max_edges);
	put_number("answers_per_step", f->answers);
	put_number("untouched_return_mean", f->untouched);
	put_number("difference", f->difference);
	put_interval("difference_ci", f->difference_ci);
}

/* A row for each agent that asks, a column for each that it can ask. */
static void put_matrix(const char *key, const struct mc_decided *x,
    double pair(const struct mc_decided *x, size_t i, size_t other))
{
	printf(",\"%s\":[", key);
	for (size_t i = 0; i < x->N; i++) {
		printf("%s[", i ? "," : "");
		for (size_t k = 0; k < x->N; k++) {
			printf("%s", k ? "," : "");
			mc_json_double(stdout, pair(x, i, k));
		}
		printf("]");
	}
	printf("]");
}

/* The same of what an answer does: how often it comes, what it moves, what that is worth. */
static void put_influence(const char *key, const struct figures *f, int member)
{
	const size_t N = f->decided.N;

	printf(",\"%s\":[", key);
	for (size_t i = 0; i < N; i++) {
		printf("%s[", i ? "," : "");
		for (size_t j = 0; j < N; j++) {
			struct mc_influence_of of = { (double)NAN, (double)NAN, (double)NAN };

			if (i != j)
				of = mc_influence_get(f->influence, i, j);
			printf("%s", j ? "," : "");
			mc_json_double(stdout, member == 0 ? of.given : member == 1 ? of.action : of.q);
		}
		printf("]");
	}
	printf("]");
}

static void put_json(const char *file, const struct figures *f, const struct options *o)
{
	printf("{\"file\":");
	mc_json_string(stdout, file);
	printf(",\"task\":");
	mc_json_string(stdout, f->task);
	printf(",\"method\":");
	mc_json_string(stdout, f->method);
	printf(",\"seed\":%" PRIu64 ",\"trained_episodes\":%" PRId64, f->seed, f->trained);
	printf(",\"eval_seed\":%" PRIu64 ",\"episodes\":%ld", o->seed, o->episodes);
	printf(",\"comm\":\"%s\",\"greedy\":%s,\"prey\":\"%s\"", mc_decide_name(f->how), o->greedy ? "true" : "false",
	    f->prey);
	put_number("return_mean", f->mean);
	put_number("return_se", f->se);
	put_number("return_iqm", f->iqm);
	put_interval("return_iqm_ci", f->ci);
	put_number("requests_per_step", f->requests);
	put_number("edge_rate", mc_decided_rate(&f->decided));
	put_number("bytes_per_step", f->bytes);
	put_number("c_mean", mc_decided_c(&f->decided));
	put_number("entropy", mc_decided_entropy(&f->decided));
	put_number("saturated", mc_decided_saturated(&f->decided));
	put_matrix("c_pair", &f->decided, mc_decided_pair_c);
	put_matrix("edge_rate_pair", &f->decided, mc_decided_pair_rate);
	if (f->edge_cost > 0)
		put_number("edge_cost", f->edge_cost);
	if (f->touched)
		put_change(f, &o->change);
	if (f->influence) {
		put_influence("influence_answers_per_step", f, 0);
		put_influence("influence_action", f, 1);
		put_influence("influence_q", f, 2);
	}
	printf("}\n");
}

/* Control characters of a name would spoil the table, or the terminal. */
static void put_name(const char *s, int width)
{
	for (; *s; s++, width--)
		putchar((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
	printf("%*s", width > 0 ? width : 0, "");
}

/* Would a team that decides for itself be changed? Then the table has columns for what comes of it. */
static int is_change(const struct options *o)
{
	return o->comm || o->cut || o->mute || o->change.max_edges;
}

static void put_heading(int width, const struct options *o)
{
	/* in parts: glibc allocates memory for a format of more than a dozen conversions, and may fail */
	printf("%-*s  %-19s  %-9s  %4s  %7s", width, "checkpoint", "task", "method", "seed", "trained");
	printf("  %9s  %6s  %9s  %20s", "return", "se", "IQM", "95 % interval");
	printf("  %8s  %6s  %7s  %5s  %7s  %6s", "requests", "links", "bytes", "c", "entropy", "satur.");
	if (is_change(o))
		printf("  %10s  %20s", "difference", "95 % interval");
	printf("\n");
}

/* "  " and the number in so many characters and digits; - where there is none. */
static void put_cell(double v, int width, int digits)
{
	if (isfinite(v))
		printf("  %*.*f", width, digits, v);
	else
		printf("  %*s", width, "-");
}

static void put_difference(const struct figures *f)
{
	char interval[64] = "-";

	if (f->touched)
		snprintf(interval, sizeof interval, "[%.2f, %.2f]", f->difference_ci[0], f->difference_ci[1]);
	put_cell(f->touched ? f->difference : (double)NAN, 10, 2);
	printf("  %20s", interval);
}

static void put_row(const char *file, int width, const struct figures *f, const struct options *o)
{
	char interval[64];

	snprintf(interval, sizeof interval, "[%.2f, %.2f]", f->ci[0], f->ci[1]);
	put_name(file, width);
	printf("  ");
	put_name(f->task, 19);
	printf("  ");
	put_name(f->method, 9);
	printf("  %4" PRIu64 "  %7" PRId64, f->seed, f->trained);
	put_cell(f->mean, 9, 2);
	put_cell(f->se, 6, 2);
	put_cell(f->iqm, 9, 2);
	printf("  %20s", interval);
	put_cell(f->requests, 8, 2);
	put_cell(mc_decided_rate(&f->decided), 6, 3);
	put_cell(f->bytes, 7, 1);
	put_cell(mc_decided_c(&f->decided), 5, 3);
	put_cell(mc_decided_entropy(&f->decided), 7, 3);
	put_cell(mc_decided_saturated(&f->decided), 6, 3);
	if (is_change(o))
		put_difference(f);
	printf("\n");
}

/* One line for each agent that asks; beside what it did, where nets decided, the mean of its c's. */
static void put_pairs(const struct mc_decided *x)
{
	for (int row = -1; row < (int)x->N; row++) {
		for (int part = 0; part < 1 + x->learned; part++) {
			if (row < 0)
				printf("    %-7s", part ? "c" : "links");
			else
				printf("    %7d", row);
			for (size_t k = 0; k < x->N; k++)
				if (row < 0)
					printf("  %5zu", k);
				else
					put_cell(part ? mc_decided_pair_c(x, (size_t)row, k) : mc_decided_pair_rate(x, (size_t)row, k), 5, 3);
		}
		printf("\n");
	}
}

/* The same of influence: distance of actions, change of value. */
static void put_influences(const struct figures *f)
{
	const size_t N = f->decided.N;

	printf("    without");
	for (size_t j = 0; j < N; j++)
		printf("  %16zu", j);
	printf("\n");
	for (size_t i = 0; i < N; i++) {
		printf("    %7zu", i);
		for (size_t j = 0; j < N; j++) {
			struct mc_influence_of of = { 0, 0, 0 };

			if (i != j)
				of = mc_influence_get(f->influence, i, j);
			if (of.given > 0)
				printf("  %6.4f %+9.4f", of.action, of.q);
			else
				printf("  %16s", "-");
		}
		printf("\n");
	}
}

static void put_given(const char *option, const char *text)
{
	if (text)
		printf(", %s %s", option, text);
}

static void put_caption(const struct options *o)
{
	printf("\nOver episodes 0 to %ld of environment 0, seed %" PRIu64 ", no exploration", o->episodes - 1, o->seed);
	put_given("--comm", o->comm);
	put_given("--cut", o->cut);
	put_given("--mute", o->mute);
	put_given("--prey", o->prey);
	if (o->change.max_edges)
		printf(", --max-edges %ld", o->change.max_edges);
	printf("%s.\n", o->greedy ? ", greedy decisions" : "");
	printf("trained: episodes; se: standard error of the mean return; IQM: interquartile mean, with its\n"
	    "95 %% percentile-bootstrap interval (%d resamples); requests, bytes: in a step, the whole team;\n"
	    "links: share of the possible ones that is used; c: mean probability of a request; entropy: of c,\n"
	    "in nats; satur.: share of c below 0.01 or above 0.99.%s\n", MC_STAT_RESAMPLES,
	    o->pairs ? " The row's agent asks the column's." : "");
	if (is_change(o))
		printf("difference: mean return less that of the untouched team on the same episodes, with its\n"
		    "95 %% paired-bootstrap interval; bytes: of the answers that come.\n");
	if (o->influence)
		printf("without: over the steps in which the row's agent got the column's answer, how far its action would\n"
		    "move without it, and what the critic's value would gain (below 0: the answer is worth something).\n");
}

/* ---- the program ---- */

static int flush(struct mc_err *e)
{
	return fflush(stdout) != 0 || ferror(stdout) ? mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write") : 0;
}

static void put(const char *file, int width, const struct figures *f, const struct options *o, int first)
{
	if (o->json) {
		put_json(file, f, o);
		return;
	}
	if (first)
		put_heading(width, o);
	put_row(file, width, f, o);
	if (o->pairs)
		put_pairs(&f->decided);
	if (f->influence)
		put_influences(f);
}

static int evaluate(const struct options *o, int files, char **file, struct mc_pool *pool, struct mc_err *e)
{
	int width = 10;

	for (int i = 0; i < files; i++)
		if ((int)strlen(file[i]) > width)
			width = (int)strlen(file[i]);
	for (int i = 0; i < files; i++) {
		struct mc_ckpt c;
		struct figures f = { .arena = { 0 } };
		int r;

		if (mc_ckpt_open(&c, file[i], (size_t)o->max_frame, e) < 0)
			return -1;
		r = measure(&f, &c, o, pool, e);
		mc_ckpt_close(&c);
		if (r == 0)
			put(file[i], width, &f, o, i == 0);
		mc_arena_free(&f.arena);
		if (r < 0)
			return -1;
		if (flush(e) < 0)
			return -1;
	}
	if (!o->json)
		put_caption(o);
	return flush(e);
}

static int parse_change(struct options *o, struct mc_err *e)
{
	const long max_edges = o->change.max_edges;

	o->change = mc_intervention_none;
	o->change.max_edges = max_edges;
	return (o->comm && mc_intervention_comm(&o->change, o->comm, e) < 0) ||
	    (o->cut && mc_intervention_cut(&o->change, o->cut, e) < 0) ||
	    (o->mute && mc_intervention_mute(&o->change, o->mute, e) < 0) ? -1 : 0;
}

/* What is measured. */
enum subject { CHECKPOINTS, LOGS, ADVANTAGES };

static int check_subject(enum subject what, const struct mc_summary_opts *s, const struct options *o, struct mc_err *e)
{
	const char *option = s->by ? "--by" : s->named ? "--named" : s->last != 10 ? "--last"
	    : s->scale ? "--scale" : s->marl_eval ? "--marl-eval" : s->resamples != MC_STAT_RESAMPLES ? "--resamples" : NULL;
	const char *play = o->comm ? "--comm" : o->cut ? "--cut" : o->mute ? "--mute" : o->change.max_edges ? "--max-edges"
	    : o->influence ? "--influence" : o->prey ? "--prey" : NULL;

	if (what != CHECKPOINTS && play)
		return mc_usage(e, play, "leave it out", "this is about checkpoints");
	if (what != LOGS && option)
		return mc_usage(e, option, "add --aggregate", "this is about runs' logs");
	if (what == CHECKPOINTS && s->claims)
		return mc_usage(e, "--claims", "add --aggregate or --advantages", "there are no claims about checkpoints");
	return 0;
}

int mc_run_eval(int argc, char **argv, struct mc_err *e)
{
	struct mc_summary_opts summary = { .last = 10, .resamples = MC_STAT_RESAMPLES };
	int aggregate = 0, advantages = 0;
	enum subject what;
	struct options o = { .episodes = 1000, .seed = 1, .threads = 1, .max_frame = (long)MC_FRAME_MAX };
	const struct mc_opt table[] = {
		{ MC_OPT_INT, 'n', "episodes", "N", &o.episodes, 1, 1e7, "episodes for each checkpoint" },
		{ MC_OPT_U64, 's', "seed", "SEED", &o.seed, 0, 0,
		  "of initial states and decisions; the same for every checkpoint, whatever its run's seed was" },
		{ MC_OPT_STR, 0, "comm", "HOW", &o.comm, 0, 0,
		  "learned, none or full decisions in place of those that the run was trained with; drop=P loses each answer "
		  "with probability P; shuffle: another agent answers, self: oneself; several with commas" },
		{ MC_OPT_STR, 0, "cut", "I,J", &o.cut, 0, 0, "agent J does not answer agent I; several as 0,1:2,1" },
		{ MC_OPT_STR, 0, "mute", "J", &o.mute, 0, 0, "agent J answers nobody; several with commas" },
		{ MC_OPT_INT, 0, "max-edges", "K", &o.change.max_edges, 1, 255,
		  "make the K most probable requests of each agent, of those that are decided" },
		{ MC_OPT_STR, 0, "prey", "WHICH", &o.prey, 0, 0,
		  "play against other preys than those of the run: auto, flee, or a FILE of weights" },
		{ MC_OPT_FLAG, 0, "greedy", NULL, &o.greedy, 0, 0,
		  "learned decisions ask wherever the probability exceeds 1/2, instead of drawing" },
		{ MC_OPT_FLAG, 0, "pairs", NULL, &o.pairs, 0, 0,
		  "below each row, who asks whom: links and c of every ordered pair (always in --json)" },
		{ MC_OPT_FLAG, 0, "influence", NULL, &o.influence, 0, 0,
		  "below each row, what an agent would do without another's answer, and what that is worth" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Runs, by their logs" },
		{ MC_OPT_FLAG, 0, "aggregate", NULL, &aggregate, 0, 0,
		  "the final returns of runs, combined over seeds, as tables in Markdown; operands are logs" },
		{ MC_OPT_REAL, 0, "last", "PERCENT", &summary.last, 1e-6, 100,
		  "the last so many per cent of a run's episodes are its final return" },
		{ MC_OPT_STR, 0, "by", "ENTRY", &summary.by, 0, 0,
		  "tell runs apart by entries of the header too: meta_k, mc-metalearn.beta; several with commas" },
		{ MC_OPT_FLAG, 0, "named", NULL, &summary.named, 0, 0, "operands are NAME=LOG: NAME in place of the method" },
		{ MC_OPT_STR, 0, "scale", "TASK=LOW,HIGH", &summary.scale, 0, 0,
		  "final returns that count as 0 and 1 in a task, in place of the lowest and the highest; several with colons" },
		{ MC_OPT_INT, 0, "resamples", "N", &summary.resamples, 100, 1e6, "resamples of every bootstrap interval" },
		{ MC_OPT_STR, 0, "marl-eval", "FILE", &summary.marl_eval, 0, 0,
		  "also write the runs as the JSON that the Python package marl-eval reads" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Rules, by their advantages" },
		{ MC_OPT_FLAG, 0, "advantages", NULL, &advantages, 0, 0,
		  "how much the advantages that mc-metalearn --analyse adds resemble each other; operands are its streams" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "The rest" },
		{ MC_OPT_STR, 0, "claims", "FILE", &summary.claims, 0, 0,
		  "set what is claimed about runs or rules in this file beside what was found" },
		{ MC_OPT_FLAG, 0, "json", NULL, &o.json, 0, 0,
		  "one JSON object for each checkpoint, or task and method, a line each" },
		{ MC_OPT_INT, 0, "threads", "N", &o.threads, 1, 1024, "threads; never changes a result" },
		{ MC_OPT_INT, 0, "max-frame", "BYTES", &o.max_frame, 65536, 1e15, "largest checkpoint that is accepted" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { "mc-eval", "[-n N] [-s SEED] [--comm HOW] [--cut I,J] [--mute J] [--max-edges K] [--influence] ... CHECKPOINT ...\n"
		"       mc-eval --aggregate [--claims FILE] [--json] LOG ...\n"
		"       mc-eval --advantages [--claims FILE] [--json] STREAM ...",
		"Measures checkpoints: return, requests and links over numbered episodes that no run was trained on, "
		"the same for every checkpoint, without exploration. Or says what runs came to, from their logs.", table };
	struct mc_pool *pool;
	int first, r;

	switch (mc_opts_parse(&prog, argc, argv, &first, e)) {
	case MC_PARSED_FAIL:
		return -1;
	case MC_PARSED_DONE:
		return 0;
	case MC_PARSED_RUN:
		break;
	}
	if (parse_change(&o, e) < 0)
		return -1;
	if (aggregate && advantages)
		return mc_usage(e, "--advantages", "choose one", "logs and advantages are measured apart");
	what = aggregate ? LOGS : advantages ? ADVANTAGES : CHECKPOINTS;
	if (check_subject(what, &summary, &o, e) < 0)
		return -1;
	if (first == argc)
		return mc_usage(e, NULL, "see mc-eval --help", "no %s given",
		    what == LOGS ? "log" : what == ADVANTAGES ? "stream" : "checkpoint");
	if (what == LOGS) {
		summary.json = o.json;
		summary.max_frame = (size_t)o.max_frame;
		return mc_summary(&summary, argc - first, argv + first, e) < 0 ? -1 : flush(e);
	}
	if (what == ADVANTAGES) {
		const struct mc_compare_opts compare = { summary.claims, o.json, (size_t)o.max_frame };

		return mc_compare(&compare, argc - first, argv + first, e) < 0 ? -1 : flush(e);
	}
	if (mc_blas_init(e) < 0)
		return -1;
	pool = mc_pool_new((int)o.threads, e);
	if (pool == NULL)
		return -1;
	r = evaluate(&o, argc - first, argv + first, pool, e);
	mc_pool_free(pool);
	return r;
}
