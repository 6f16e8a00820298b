#include "mc_eval_aggregate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_scores.h"
#include "mc_blas.h"
#include "mc_curve.h"
#include "mc_json.h"
#include "mc_marl_eval.h"
#include "mc_across.h"
#include "mc_pool.h"
#include "mc_table.h"
#include "mc_claims.h"

/* Two decimals of it, and no minus before nothing. */
static double shown(double v)
{
	return fabs(v) < 0.005 ? 0 : v;
}

/* "[1.20, 3.40]", or "-" where there is none. */
static void interval(char *out, size_t size, const double ci[2])
{
	if (isfinite(ci[0]) && isfinite(ci[1]))
		snprintf(out, size, "[%.2f, %.2f]", shown(ci[0]), shown(ci[1]));
	else
		snprintf(out, size, "-");
}

/* ---- what is printed ---- */

struct summary {
	struct mc_runs runs;
	struct mc_scores scores;
	struct mc_across overall;
	struct mc_claims claims;
	struct mc_judgement *judgement; /* [claims.n] */
	const struct mc_eval_aggregate_opts *opts;
	struct mc_pool *pool;           /* NULL until a checkpoint is evaluated */
};

static int has_task(const struct mc_scores *ss, const char *task)
{
	for (size_t i = 0; i < ss->n; i++)
		if (strcmp(ss->score[i].task, task) == 0)
			return 1;
	return 0;
}

/* What is claimed of one method and how it came out, both in the same order. */
static void claims_of(const struct summary *s, const struct mc_score *score, char *words, char *verdicts, size_t size)
{
	size_t w = 0, v = 0;

	words[0] = verdicts[0] = '\0';
	for (size_t i = 0; i < s->claims.n; i++) {
		const struct mc_claim *c = &s->claims.claim[i];

		if (strcmp(c->task, score->task) != 0 || !mc_claim_names(c, score->label))
			continue;
		snprintf(words + w, size - w, "%s%s", w ? "; " : "", c->words);
		snprintf(verdicts + v, size - v, "%s%s", v ? "; " : "", mc_verdict_name(s->judgement[i].verdict));
		w = strlen(words);
		v = strlen(verdicts);
	}
}

static void put_cell(struct mc_table *t, double v)
{
	mc_table_put(t, isfinite(v) ? "%.2f" : "-", shown(v));
}

static int print_scores(const struct summary *s, struct mc_err *e)
{
	static const char *const heading[] = { "task", "method", "runs", "mean", "median", "IQM", "95 %% interval", "gap", "rank",
		"claimed", "found" };
	const int claims = s->claims.n > 0;
	struct mc_table t = { .align = claims ? "llrrrrrrrll" : "llrrrrrrr", .tsv = s->opts->tsv };
	char ci[64], words[512], verdicts[512];

	for (size_t k = 0; k < strlen(t.align); k++)
		mc_table_put(&t, heading[k], 0);
	for (size_t i = 0; i < s->scores.n; i++) {
		const struct mc_score *x = &s->scores.score[i];

		interval(ci, sizeof ci, x->ci[MC_METRIC_IQM]);
		mc_table_put(&t, "%s", x->task);
		mc_table_put(&t, "%s", x->label);
		mc_table_put(&t, "%zu", x->n);
		for (int k = MC_METRIC_MEAN; k <= MC_METRIC_IQM; k++)
			put_cell(&t, x->metric[k]);
		mc_table_put(&t, "%s", ci);
		put_cell(&t, x->metric[MC_METRIC_GAP]);
		mc_table_put(&t, "%zu", x->rank);
		if (claims) {
			claims_of(s, x, words, verdicts, sizeof words);
			mc_table_put(&t, "%s", words);
			mc_table_put(&t, "%s", verdicts);
		}
	}
	return mc_table_print(&t, stdout, e);
}

static int print_after_blank(struct mc_table *t, size_t rows, struct mc_err *e)
{
	if (rows > 0)
		printf("\n");
	return mc_table_print(t, stdout, e);
}

/* Methods that all tasks have, scaled. */
static int print_overall(const struct summary *s, struct mc_err *e)
{
	const struct mc_across *o = &s->overall;
	struct mc_table t = { .align = "lrrrrr", .tsv = s->opts->tsv };
	char ci[64];

	mc_table_put(&t, "all tasks, scaled");
	for (int k = 0; k < MC_METRIC_COUNT; k++)
		mc_table_put(&t, k == MC_METRIC_IQM ? "IQM" : "%s", mc_strata_metric_name(k));
	mc_table_put(&t, "mean rank");
	for (size_t i = 0; i < o->n; i++) {
		mc_table_put(&t, "%s", o->of[i].label);
		for (int k = 0; k < MC_METRIC_COUNT; k++) {
			interval(ci, sizeof ci, o->of[i].ci[k]);
			mc_table_put(&t, "%.2f %s", shown(o->of[i].metric[k]), ci);
		}
		put_cell(&t, mc_scores_mean_rank(&s->scores, o->of[i].label));
	}
	return print_after_blank(&t, o->n, e);
}

static int print_profiles(const struct summary *s, struct mc_err *e)
{
	const struct mc_across *o = &s->overall;
	struct mc_table t = { .align = "lrrrrr", .tsv = s->opts->tsv };
	const size_t each = (MC_PROFILE - 1) / 5;

	mc_table_put(&t, "runs above");
	for (size_t k = 0; k < 5; k++)
		mc_table_put(&t, "%.1f", mc_profile_at(k * each));
	for (size_t i = 0; i < o->n; i++) {
		mc_table_put(&t, "%s", o->of[i].label);
		for (size_t k = 0; k < 5; k++)
			put_cell(&t, o->of[i].profile[k * each]);
	}
	return print_after_blank(&t, o->n, e);
}

static int print_improvements(const struct summary *s, struct mc_err *e)
{
	const struct mc_across *o = &s->overall;
	struct mc_table t = { .align = "llrr", .tsv = s->opts->tsv };
	char ci[64];

	mc_table_put(&t, "method");
	mc_table_put(&t, "better than");
	mc_table_put(&t, "probability");
	mc_table_put(&t, "95 %% interval");
	for (size_t i = 0; i < o->pairs; i++) {
		interval(ci, sizeof ci, o->pair[i].ci);
		mc_table_put(&t, "%s", o->pair[i].label);
		mc_table_put(&t, "%s", o->pair[i].than);
		put_cell(&t, o->pair[i].p);
		mc_table_put(&t, "%s", ci);
	}
	return print_after_blank(&t, o->pairs, e);
}

/* What decides each claim. */
static int print_claims(const struct summary *s, struct mc_err *e)
{
	struct mc_table t = { .align = "llllrrrl", .tsv = s->opts->tsv };
	char ci[64];
	size_t rows = 0;

	mc_table_put(&t, "task");
	mc_table_put(&t, "method");
	mc_table_put(&t, "claimed");
	mc_table_put(&t, "what decides");
	mc_table_put(&t, "difference");
	mc_table_put(&t, "interval");
	mc_table_put(&t, "p");
	mc_table_put(&t, "found");
	for (size_t i = 0; i < s->claims.n; i++) {
		const struct mc_claim *c = &s->claims.claim[i];
		const struct mc_judgement *j = &s->judgement[i];

		if (!has_task(&s->scores, c->task))
			continue;
		mc_table_put(&t, "%s", c->task);
		mc_table_put(&t, "%s", c->who);
		mc_table_put(&t, "%s", c->words);
		if (j->pairs > 0) {
			interval(ci, sizeof ci, j->ci);
			mc_table_put(&t, "%s - %s", j->higher, j->lower);
			mc_table_put(&t, "%.2f", shown(j->mean));
			mc_table_put(&t, "%s", ci);
			mc_table_put(&t, "%.3f", j->p);
		} else {
			for (int k = 0; k < 4; k++)
				mc_table_put(&t, "-");
		}
		mc_table_put(&t, "%s%s%s", mc_verdict_name(j->verdict), j->why[0] ? ": " : "", j->why);
		rows++;
	}
	if (rows > 0)
		printf("\n");
	return mc_table_print(&t, stdout, e);
}

/* How a claim is told, and the seeds that these would take. */
static void print_needs(const struct summary *s)
{
	size_t fewest = 0, most = 0;

	for (size_t i = 0; i < s->claims.n; i++) {
		const size_t needs = s->judgement[i].needs;

		fewest = needs && (fewest == 0 || needs < fewest) ? needs : fewest;
		most = needs > most ? needs : most;
	}
	printf("A claim is told where p is at most %g: an exact sign-flip test of the difference that decides, over runs\n"
	    "paired by seed, with the choice of that difference in it; the interval is at the same level (mc-eval(1)).\n",
	    MC_VERDICT_ALPHA);
	if (fewest > 0 && fewest < most)
		printf("These claims need at least %zu to %zu seeds.\n", fewest, most);
	else if (fewest > 0)
		printf("These claims need at least %zu seeds.\n", fewest);
}

/* What 0 and 1 are in each task, but where --scale says it. */
static void print_scales(const struct summary *s)
{
	for (size_t i = 0; i < s->scores.n; i++) {
		const struct mc_score *x = &s->scores.score[i];

		if (!mc_scores_begins_task(&s->scores, i) || x->by == MC_BY_SCALE)
			continue;
		printf("scale of %s: 0 is %.2f and 1 is %.2f, %s.\n", x->task, shown(x->low), shown(x->high), x->by == MC_BY_YARDSTICK ?
		    "its floor and its ceiling (mc-envsim --describe)" : "the lowest and the highest return");
	}
}

static void print_caption(const struct summary *s, const struct mc_eval_aggregate_opts *o)
{
	if (s->runs.run[0].evaluated) {
		printf("\nReturn of a run: mean over ");
		mc_measuring_print(o->how, stdout);
		printf(".\n");
	} else {
		printf("\nFinal return: mean over the last %g %% of a run's episodes, with exploration.\n", o->last);
	}
	printf("mean, median, IQM (interquartile mean) and its 95 %% percentile-bootstrap interval (%ld resamples) are over\n"
	    "runs; rank by the mean. gap: optimality gap, on the task's scale of 0 to 1%s", o->resamples,
	    o->scale ? ", which --scale gives.\n" : ".\n");
	print_scales(s);
	if (s->overall.n > 0)
		printf("runs above: share of the runs above a scaled return (performance profile); probability that a run of the\n"
		    "method is better than one of the other. Intervals draw runs within each task (stratified bootstrap).\n");
	if (s->claims.n > 0)
		print_needs(s);
}

/* ---- JSON ---- */

static void put_string(const char *key, const char *value)
{
	printf("\"%s\":", key);
	mc_json_string(stdout, value);
	printf(",");
}

static void put_pair(const char *key, const double v[2])
{
	printf("\"%s\":[", key);
	mc_json_double(stdout, v[0]);
	printf(",");
	mc_json_double(stdout, v[1]);
	printf("]");
}

static void put_number(const char *key, double v)
{
	printf(",\"%s\":", key);
	mc_json_double(stdout, v);
}

/* A metric and its interval, NAME and NAME_ci. */
static void put_metric(const char *name, double v, const double ci[2])
{
	char key[32];

	put_number(name, v);
	snprintf(key, sizeof key, "%s_ci", name);
	printf(",");
	put_pair(key, ci);
}

static void put_metrics(const double metric[MC_METRIC_COUNT], double (*ci)[2])
{
	for (int k = 0; k < MC_METRIC_COUNT; k++)
		put_metric(mc_strata_metric_name(k), metric[k], ci[k]);
}

static void put_score(struct mc_score *x, const struct mc_measuring *how)
{
	printf("{");
	put_string("task", x->task);
	put_string("method", x->label);
	printf("\"seeds\":[");
	for (size_t k = 0; k < x->n; k++)
		printf("%s%" PRIu64, k ? "," : "", x->seed[k]);
	printf("],\"final\":[");
	for (size_t k = 0; k < x->n; k++) {
		printf("%s", k ? "," : "");
		mc_json_double(stdout, x->final[k]);
	}
	printf("]");
	put_metrics(x->metric, x->ci);
	printf(",");
	put_pair("scale", (const double[]){ x->low, x->high });
	printf(",\"scaled_by\":\"%s\"", mc_scaled_by_name(x->by));
	printf(",\"rank\":%zu", x->rank);
	if (how)
		printf(",\"episodes\":%ld,\"eval_seed\":%" PRIu64, how->episodes, how->seed);
	printf("}\n");
}

/* "tasks":["a","b"], : that one, or all. */
static void put_tasks(const struct mc_scores *ss, const char *task)
{
	const char *comma = "";

	printf("{\"tasks\":[");
	for (size_t i = 0; i < ss->n; i++) {
		if (!mc_scores_begins_task(ss, i) || (task && strcmp(ss->score[i].task, task) != 0))
			continue;
		printf("%s", comma);
		mc_json_string(stdout, ss->score[i].task);
		comma = ",";
	}
	printf("],");
}

static void put_overall(const struct mc_scores *ss, struct mc_across *o, const char *task)
{
	for (size_t i = 0; i < o->n; i++) {
		struct mc_across_of *x = &o->of[i];

		put_tasks(ss, task);
		put_string("method", x->label);
		printf("\"runs\":%zu", x->runs);
		put_metrics(x->metric, x->ci);
		for (int part = 0; part < 3; part++) {
			printf(",\"%s\":[", part == 0 ? "above" : part == 1 ? "profile" : "profile_ci");
			for (size_t k = 0; k < MC_PROFILE; k++) {
				printf("%s", k ? "," : "");
				if (part < 2) {
					mc_json_double(stdout, part == 0 ? mc_profile_at(k) : x->profile[k]);
					continue;
				}
				printf("[");
				mc_json_double(stdout, x->profile_ci[k][0]);
				printf(",");
				mc_json_double(stdout, x->profile_ci[k][1]);
				printf("]");
			}
			printf("]");
		}
		printf("}\n");
	}
	for (size_t i = 0; i < o->pairs; i++) {
		put_tasks(ss, task);
		put_string("method", o->pair[i].label);
		printf("\"than\":");
		mc_json_string(stdout, o->pair[i].than);
		put_metric("improvement", o->pair[i].p, o->pair[i].ci);
		printf("}\n");
	}
}

static void put_judgement(const struct mc_claim *c, const struct mc_judgement *j)
{
	printf("{");
	put_string("task", c->task);
	put_string("who", c->who);
	put_string("claim", c->words);
	if (j->higher[0]) {
		put_string("higher", j->higher);
		put_string("lower", j->lower);
		printf("\"pairs\":%zu,\"difference\":", j->pairs);
		mc_json_double(stdout, j->mean);
		printf(",");
		put_pair("difference_ci", j->ci);
		printf(",\"choices\":%zu,\"needs\":%zu,\"p\":", j->choices, j->needs);
		mc_json_double(stdout, j->p);
		printf(",");
	}
	if (j->why[0])
		put_string("why", j->why);
	printf("\"verdict\":\"%s\"}\n", mc_verdict_name(j->verdict));
}

/* Tasks one by one, then, where there are several, all together. */
static int print_json(struct summary *s, const struct mc_eval_aggregate_opts *o, struct mc_err *e)
{
	struct mc_scores *ss = &s->scores;

	for (size_t i = 0; i < ss->n; i++)
		put_score(&ss->score[i], s->runs.run[0].evaluated ? o->how : NULL);
	for (size_t i = 0; i < ss->n && s->overall.tasks > 1; i++) {
		struct mc_across one;
		int r;

		if (!mc_scores_begins_task(ss, i))
			continue;
		r = mc_across_make(&one, ss, ss->score[i].task, e);
		if (r == 0)
			put_overall(ss, &one, ss->score[i].task);
		mc_across_release(&one);
		if (r < 0)
			return -1;
	}
	put_overall(ss, &s->overall, NULL);
	for (size_t i = 0; i < s->claims.n; i++)
		if (has_task(ss, s->claims.claim[i].task))
			put_judgement(&s->claims.claim[i], &s->judgement[i]);
	return 0;
}

/* ---- the whole ---- */

/* Measures a checkpoint; before the first, what that needs is started. */
static int evaluate(struct mc_evaluated *to, const struct mc_frame *f, void *with, struct mc_err *e)
{
	struct summary *s = with;
	struct mc_ckpt c;

	if (mc_ckpt_read(&c, f, e) < 0)
		return -1;
	if (s->pool == NULL && (mc_blas_init(e) < 0 || !(s->pool = mc_pool_new((int)s->opts->threads, e))))
		return -1;
	if (mc_measure_return(&to->ret, &c, s->opts->how, s->pool, e) < 0)
		return -1;
	to->header = c.header_map;
	to->episodes = c.episode;
	to->steps = (double)c.episode * (double)c.header.dims.T;
	return 0;
}

/* A file whose runs, from number `first` on, do not go with those before or with the options. */
static int check_file(const struct summary *s, size_t first, const struct mc_eval_aggregate_opts *o, const char *file,
    struct mc_err *e)
{
	for (size_t k = first; k < s->runs.n; k++) {
		const struct mc_run *run = &s->runs.run[k];

		if (run->evaluated != s->runs.run[0].evaluated)
			return mc_usage(e, file, "give one or the other", "a %s among %s: their returns cannot be compared",
			    run->evaluated ? "checkpoint" : "log", run->evaluated ? "logs" : "checkpoints");
		if (run->evaluated && o->last != MC_SCORES_LAST)
			return mc_usage(e, "--last", "leave it out", "this is about logs, and %s is a checkpoint", file);
		if (!run->evaluated && o->evaluating)
			return mc_usage(e, o->evaluating, "leave it out", "this is about checkpoints, and %s is a log", file);
		if (run->cut >= 0)
			return mc_err_set(e, MC_DATA, file, run->cut, "finish the run first", "still running, or cut");
	}
	return 0;
}

static int read_runs(struct summary *s, const struct mc_eval_aggregate_opts *o, int files, char **file, struct mc_err *e)
{
	const struct mc_reading how = { .what = { .kind = MC_SERIES_RETURN }, .by = o->by, .named = o->named,
		.max_frame = o->max_frame, .evaluate = evaluate, .with = s };
	char note[MC_LIKENESS_NOTE];

	for (int i = 0; i < files; i++) {
		const size_t before = s->runs.n;

		if (mc_runs_read(&s->runs, file[i], &how, e) < 0 || check_file(s, before, o, file[i], e) < 0)
			return -1;
	}
	if (s->runs.n == 0)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "no run in these files");
	if (mc_runs_settle(&s->runs, 1, &how, note, e) < 0)
		return -1;
	if (note[0])
		fprintf(stderr, "mc-eval: %s\n", note);
	return 0;
}

static int judge_all(struct summary *s, struct mc_err *e)
{
	s->judgement = calloc(s->claims.n + 1, sizeof *s->judgement);
	if (s->judgement == NULL)
		return mc_err_nomem(e, "claims", (s->claims.n + 1) * sizeof *s->judgement);
	for (size_t i = 0; i < s->claims.n; i++)
		if (mc_judge(&s->judgement[i], &s->claims.claim[i], &s->scores, e) < 0)
			return -1;
	return 0;
}

static int print_tables(const struct summary *s, const struct mc_eval_aggregate_opts *o, struct mc_err *e)
{
	if (print_scores(s, e) < 0 || (s->overall.tasks > 1 && print_overall(s, e) < 0) || print_profiles(s, e) < 0 ||
	    print_improvements(s, e) < 0 || print_claims(s, e) < 0)
		return -1;
	if (!o->tsv)
		print_caption(s, o);
	return 0;
}

int mc_eval_aggregate(const struct mc_eval_aggregate_opts *o, int files, char **file, struct mc_err *e)
{
	const struct mc_scoring how = { o->last / 100, o->scale, (size_t)o->resamples };
	struct summary s = { .opts = o };
	int r = -1;

	if (read_runs(&s, o, files, file, e) == 0 &&
	    mc_scores_make(&s.scores, &s.runs, &how, e) == 0 && mc_across_make(&s.overall, &s.scores, NULL, e) == 0 &&
	    (o->claims == NULL || mc_claims_read(&s.claims, o->claims, e) == 0) &&
	    judge_all(&s, e) == 0 &&
	    (o->marl_eval == NULL || mc_marl_eval_write(o->marl_eval, &s.runs, &s.scores, e) == 0))
		r = o->json ? print_json(&s, o, e) : print_tables(&s, o, e);
	free(s.judgement);
	mc_claims_release(&s.claims);
	mc_across_release(&s.overall);
	mc_scores_release(&s.scores);
	mc_runs_release(&s.runs);
	if (s.pool)
		mc_pool_free(s.pool);
	return r;
}
