#include "mc_summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_aggregate.h"
#include "mc_curve.h"
#include "mc_json.h"
#include "mc_stat.h"
#include "mc_table.h"
#include "mc_verdict.h"

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
	struct mc_claims claims;
	struct mc_judgement *judgement; /* [claims.n] */
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

static int print_scores(const struct summary *s, struct mc_err *e)
{
	const int claims = s->claims.n > 0;
	struct mc_table t = { .align = claims ? "llrrrrrll" : "llrrrrr" };
	char ci[64], words[512], verdicts[512];

	mc_table_put(&t, "task");
	mc_table_put(&t, "method");
	mc_table_put(&t, "runs");
	mc_table_put(&t, "mean");
	mc_table_put(&t, "IQM");
	mc_table_put(&t, "95 %% interval");
	mc_table_put(&t, "rank");
	if (claims) {
		mc_table_put(&t, "claimed");
		mc_table_put(&t, "found");
	}
	for (size_t i = 0; i < s->scores.n; i++) {
		const struct mc_score *x = &s->scores.score[i];

		interval(ci, sizeof ci, x->ci);
		mc_table_put(&t, "%s", x->task);
		mc_table_put(&t, "%s", x->label);
		mc_table_put(&t, "%zu", x->n);
		mc_table_put(&t, "%.2f", shown(x->mean));
		mc_table_put(&t, "%.2f", shown(x->iqm));
		mc_table_put(&t, "%s", ci);
		mc_table_put(&t, "%zu", x->rank);
		if (claims) {
			claims_of(s, x, words, verdicts, sizeof words);
			mc_table_put(&t, "%s", words);
			mc_table_put(&t, "%s", verdicts);
		}
	}
	return mc_table_print(&t, stdout, e);
}

/* The labels of all tasks, each with its mean rank: only where there are several tasks. */
static int print_mean_ranks(const struct summary *s, struct mc_err *e)
{
	struct mc_table t = { .align = "lr" };
	const char *task = s->scores.score[0].task;
	size_t rows = 0;

	if (strcmp(s->scores.score[s->scores.n - 1].task, task) == 0)
		return 0;
	mc_table_put(&t, "method");
	mc_table_put(&t, "mean rank");
	for (size_t i = 0; i < s->scores.n && strcmp(s->scores.score[i].task, task) == 0; i++) {
		const double rank = mc_scores_mean_rank(&s->scores, s->scores.score[i].label);

		if (!isfinite(rank))
			continue;
		mc_table_put(&t, "%s", s->scores.score[i].label);
		mc_table_put(&t, "%.2f", rank);
		rows++;
	}
	if (rows > 0)
		printf("\n");
	return mc_table_print(&t, stdout, e);
}

/* What decides each claim. */
static int print_claims(const struct summary *s, struct mc_err *e)
{
	struct mc_table t = { .align = "llllrrl" };
	char ci[64];
	size_t rows = 0;

	mc_table_put(&t, "task");
	mc_table_put(&t, "method");
	mc_table_put(&t, "claimed");
	mc_table_put(&t, "what decides");
	mc_table_put(&t, "difference");
	mc_table_put(&t, "95 %% interval");
	mc_table_put(&t, "found");
	for (size_t i = 0; i < s->claims.n; i++) {
		const struct mc_claim *c = &s->claims.claim[i];
		const struct mc_judgement *j = &s->judgement[i];

		if (!has_task(&s->scores, c->task))
			continue;
		mc_table_put(&t, "%s", c->task);
		mc_table_put(&t, "%s", c->who);
		mc_table_put(&t, "%s", c->words);
		if (j->higher && j->diff.pairs > 0) {
			interval(ci, sizeof ci, j->diff.ci);
			mc_table_put(&t, "%s - %s", j->higher->label, j->lower->label);
			mc_table_put(&t, "%.2f", shown(j->diff.mean));
			mc_table_put(&t, "%s", ci);
		} else {
			for (int k = 0; k < 3; k++)
				mc_table_put(&t, "-");
		}
		mc_table_put(&t, "%s%s%s", mc_verdict_name(j->verdict), j->why ? ": " : "", j->why ? j->why : "");
		rows++;
	}
	if (rows > 0)
		printf("\n");
	return mc_table_print(&t, stdout, e);
}

static void print_caption(const struct summary *s, const struct mc_summary_opts *o)
{
	printf("\nFinal return: mean over the last %g %% of a run's episodes. mean, IQM (interquartile mean) and its\n"
	    "95 %% percentile-bootstrap interval (%d resamples) are over runs; rank by the mean.\n", o->last, MC_STAT_RESAMPLES);
	if (s->claims.n > 0)
		printf("A claim is settled where the 95 %% bootstrap interval of the mean difference that decides, over at least\n"
		    "%d runs paired by seed, does not contain 0 (mc-eval(1)).\n", MC_VERDICT_SEEDS);
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

static void put_score(const struct mc_score *x)
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
	printf("],\"mean\":");
	mc_json_double(stdout, x->mean);
	printf(",\"iqm\":");
	mc_json_double(stdout, x->iqm);
	printf(",");
	put_pair("iqm_ci", x->ci);
	printf(",\"rank\":%zu}\n", x->rank);
}

static void put_judgement(const struct mc_claim *c, const struct mc_judgement *j)
{
	printf("{");
	put_string("task", c->task);
	put_string("who", c->who);
	put_string("claim", c->words);
	if (j->higher) {
		put_string("higher", j->higher->label);
		put_string("lower", j->lower->label);
		printf("\"pairs\":%zu,\"difference\":", j->diff.pairs);
		mc_json_double(stdout, j->diff.mean);
		printf(",");
		put_pair("difference_ci", j->diff.ci);
		printf(",");
	}
	if (j->why)
		put_string("why", j->why);
	printf("\"verdict\":\"%s\"}\n", mc_verdict_name(j->verdict));
}

static void print_json(const struct summary *s)
{
	for (size_t i = 0; i < s->scores.n; i++)
		put_score(&s->scores.score[i]);
	for (size_t i = 0; i < s->claims.n; i++)
		if (has_task(&s->scores, s->claims.claim[i].task))
			put_judgement(&s->claims.claim[i], &s->judgement[i]);
}

/* ---- the whole ---- */

static int read_logs(struct summary *s, const struct mc_summary_opts *o, int files, char **file, struct mc_err *e)
{
	const struct mc_reading how = { .what = { .kind = MC_SERIES_RETURN }, .by = o->by, .named = o->named,
		.max_frame = o->max_frame };

	for (int i = 0; i < files; i++) {
		const size_t before = s->runs.n;

		if (mc_runs_read(&s->runs, file[i], &how, e) < 0)
			return -1;
		for (size_t k = before; k < s->runs.n; k++)
			if (s->runs.run[k].cut >= 0)
				return mc_err_set(e, MC_DATA, file[i], s->runs.run[k].cut, "finish the run first",
				    "still running, or cut");
	}
	return s->runs.n > 0 ? 0 : mc_err_set(e, MC_DATA, NULL, -1, NULL, "no run in these logs");
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

static int print_tables(const struct summary *s, const struct mc_summary_opts *o, struct mc_err *e)
{
	if (print_scores(s, e) < 0 || print_mean_ranks(s, e) < 0 || print_claims(s, e) < 0)
		return -1;
	print_caption(s, o);
	return 0;
}

int mc_summary(const struct mc_summary_opts *o, int files, char **file, struct mc_err *e)
{
	struct summary s = { 0 };
	int r = -1;

	if (read_logs(&s, o, files, file, e) == 0 &&
	    mc_scores_make(&s.scores, &s.runs, o->last / 100, e) == 0 &&
	    (o->claims == NULL || mc_claims_read(&s.claims, o->claims, e) == 0) &&
	    judge_all(&s, e) == 0) {
		if (o->json)
			print_json(&s);
		r = o->json ? 0 : print_tables(&s, o, e);
	}
	free(s.judgement);
	mc_claims_release(&s.claims);
	mc_scores_release(&s.scores);
	mc_runs_release(&s.runs);
	return r;
}
