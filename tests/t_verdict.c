/* Final returns, ranks and verdicts on runs made by hand, whose answers are plain to see. */
#include <stdlib.h>
#include <string.h>

#include "mc_aggregate.h"
#include "mc_stat.h"
#include "mc_verdict.h"
#include "tap.h"

/* ---- runs by hand ---- */

enum { EPISODES = 40 };

static struct mc_runs runs;
static struct mc_run store[64];
static struct mc_point points[64][EPISODES];

/* A run that returns `level` in its last 4 episodes and -1000 before. */
static void add_run(const char *task, const char *label, uint64_t seed, double level)
{
	struct mc_run *r = &store[runs.n];

	*r = (struct mc_run){ .seed = seed, .n = EPISODES, .point = points[runs.n], .cut = -1 };
	snprintf(r->task, sizeof r->task, "%s", task);
	snprintf(r->label, sizeof r->label, "%s", label);
	for (size_t i = 0; i < EPISODES; i++)
		r->point[i] = (struct mc_point){ 25.0 * (double)(i + 1), i < 36 ? -1000 : level, 1, (int64_t)i };
	runs.run = store;
	runs.n++;
}

/* Three seeds of a method. */
static void add_three(const char *label, double a, double b, double c)
{
	add_run("t", label, 1, a);
	add_run("t", label, 2, b);
	add_run("t", label, 3, c);
}

static struct mc_scores scores;
static const struct mc_scoring scoring = { .last = 0.1, .resamples = MC_STAT_RESAMPLES };

static void score(void)
{
	struct mc_err e = { 0 };

	mc_scores_release(&scores);
	if (mc_scores_make(&scores, &runs, &scoring, &e) < 0)
		diag("%s", e.what);
}

static void clear(void)
{
	mc_scores_release(&scores);
	memset(&runs, 0, sizeof runs);
}

/* The verdict on one claim of the runs so far. */
static struct mc_judgement judge(const char *who, enum mc_relation is, const char *whom)
{
	char task[] = "t", name[64], other[64], words[] = "";
	const struct mc_claim c = { task, name, other, words, is };
	struct mc_judgement j;
	struct mc_err e = { 0 };

	snprintf(name, sizeof name, "%s", who);
	snprintf(other, sizeof other, "%s", whom);
	if (mc_judge(&j, &c, &scores, &e) < 0)
		diag("%s", e.what);
	return j;
}

static void verdict_is(const char *who, enum mc_relation is, const char *whom, enum mc_verdict want, const char *name)
{
	const struct mc_judgement j = judge(who, is, whom);

	if (!ok(j.verdict == want, "%s", name))
		diag("got %s, want %s", mc_verdict_name(j.verdict), mc_verdict_name(want));
}

/* ---- final returns ---- */

static void final_returns(void)
{
	struct mc_difference d;
	struct mc_err e = { 0 };
	const struct mc_score *a, *b;

	clear();
	add_run("t", "a", 3, 5);
	add_run("t", "a", 1, 1);
	add_run("t", "b", 1, 2);
	add_run("u", "a", 1, 9);
	add_run("t", "a", 2, 3);
	add_run("t", "b", 3, 8);
	score();
	is_int((long long)scores.n, 3, "three of task and method");
	a = mc_scores_find(&scores, "t", "a");
	b = mc_scores_find(&scores, "t", "b");
	ok(a == &scores.score[0] && b == &scores.score[1] && strcmp(scores.score[2].task, "u") == 0,
	    "by task, then method, in the order of their first runs");
	ok(a->n == 3 && a->seed[0] == 1 && a->seed[1] == 2 && a->seed[2] == 3, "seeds in order");
	ok(a->final[0] == 1 && a->final[1] == 3 && a->final[2] == 5, "the last tenth of the episodes alone");
	is_near(a->figure[MC_FIGURE_MEAN], 3, 1e-12, "mean over seeds");
	is_near(a->figure[MC_FIGURE_IQM], 3, 1e-12, "IQM of three is their mean");
	ok(a->ci[MC_FIGURE_IQM][0] < 1.7 && a->ci[MC_FIGURE_IQM][0] >= 1 && a->ci[MC_FIGURE_IQM][1] > 4.3 && a->ci[MC_FIGURE_IQM][1] <= 5, "its interval");
	ok(isnan(scores.score[2].ci[MC_FIGURE_IQM][0]), "one run has no interval");
	ok(a->rank == 2 && b->rank == 1 && scores.score[2].rank == 1, "ranks within the task");
	is_near(mc_scores_mean_rank(&scores, "a"), 1.5, 0, "mean rank over tasks");
	ok(isnan(mc_scores_mean_rank(&scores, "b")), "none for a method that a task has not");

	is_int(mc_scores_compare(&d, a, b, MC_STAT_RESAMPLES, &e), 0, "compare");
	is_int((long long)d.pairs, 2, "paired by seed");
	is_near(d.mean, -2, 1e-12, "mean of 1 - 2 and 5 - 8");
	ok(d.ci[0] == -3 && d.ci[1] == -1, "interval of two differences");
	mc_scores_compare(&d, a, &scores.score[2], MC_STAT_RESAMPLES, &e);
	is_int((long long)d.pairs, 1, "one common seed");
	ok(d.mean == -8 && isnan(d.ci[0]), "a difference without an interval");
}

static void refusals(void)
{
	struct mc_err e = { 0 };

	clear();
	add_run("t", "a", 1, 5);
	add_run("t", "a", 1, 6);
	is_int(mc_scores_make(&scores, &runs, &scoring, &e), -1, "two runs of a seed are refused");
	is_int(e.code, 65, "as bad data");
	clear();
	add_run("t", "a", 1, 5);
	store[0].n = 0;
	is_int(mc_scores_make(&scores, &runs, &scoring, &e), -1, "a run without an episode is refused");
	clear();
	add_run("t", "a", 1, 5);
	store[0].n = 3;
	store[0].point[2].num = 7;
	is_int(mc_scores_make(&scores, &runs, &scoring, &e), 0, "a run of three episodes");
	is_near(scores.score[0].final[0], 7, 0, "its last episode is the last tenth");
}

/* ---- verdicts ---- */

/* high > middle > low in every seed; noisy is as often above as below all of them. */
static void add_ladder(void)
{
	clear();
	add_three("low", 1, 1.1, 1.2);
	add_three("middle", 5, 5.1, 5.2);
	add_three("high", 9, 9.1, 9.2);
	score();
}

static void separable(void)
{
	struct mc_judgement j;

	add_ladder();
	verdict_is("high", MC_IS_ABOVE, "low", MC_AGREE, "above: it is");
	verdict_is("low", MC_IS_ABOVE, "high", MC_DISAGREE, "above: it is below");
	verdict_is("low, high", MC_IS_ABOVE, "middle", MC_AGREE, "of several the highest stands for all");
	verdict_is("high", MC_IS_BEST, "", MC_AGREE, "best: it is");
	verdict_is("middle", MC_IS_BEST, "", MC_DISAGREE, "best: it is not");
	verdict_is("middle", MC_IS_BELOW_BEST, "", MC_AGREE, "below best: it is");
	verdict_is("high", MC_IS_BELOW_BEST, "", MC_DISAGREE, "below best: it is the best");
	verdict_is("low", MC_IS_WORST, "", MC_AGREE, "worst: it is");
	verdict_is("middle", MC_IS_WORST, "", MC_DISAGREE, "worst: it is above the lowest");
	verdict_is("middle", MC_IS_NOT_WORST, "", MC_AGREE, "not worst: it is not");
	verdict_is("low", MC_IS_NOT_WORST, "", MC_DISAGREE, "not worst: it is");
	verdict_is("high", MC_IS_TOP_TWO, "", MC_AGREE, "top two: the first is");
	verdict_is("middle", MC_IS_TOP_TWO, "", MC_AGREE, "top two: the second is");
	verdict_is("low", MC_IS_TOP_TWO, "", MC_DISAGREE, "top two: the third is not");
	j = judge("middle", MC_IS_BELOW_BEST, "");
	ok(strcmp(j.higher->label, "high") == 0 && strcmp(j.lower->label, "middle") == 0, "which difference decides");
	is_near(j.diff.mean, 4, 1e-12, "and what it is");
	ok(j.why == NULL, "no excuse where it is told");
}

static void not_separable(void)
{
	struct mc_judgement j;

	clear();
	add_three("a", 1, 5, 9);
	add_three("b", 9, 1, 5.1);
	add_three("c", 5, 9, 1.1);
	score();
	for (int is = MC_IS_ABOVE; is <= MC_IS_NOT_WORST; is++) {
		j = judge("a", (enum mc_relation)is, is == MC_IS_ABOVE ? "b" : "");
		ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "interval contains 0") == 0, "noise: relation %d cannot be told", is);
	}

	/* x cannot be told from the lowest, but both from the best */
	clear();
	add_three("low", 1, 5, 3);
	add_three("x", 5, 1, 3.3);
	add_three("high", 19, 19, 19);
	score();
	verdict_is("x", MC_IS_WORST, "", MC_AGREE, "among the worst: not separable from the lowest, and below the best");
	verdict_is("low", MC_IS_WORST, "", MC_AGREE, "and so is the lowest");
	verdict_is("x", MC_IS_NOT_WORST, "", MC_DISAGREE, "and the opposite is not so");
	verdict_is("x", MC_IS_TOP_TWO, "", MC_CANNOT_TELL, "it is second, but might be third");

	/* and the mirror image at the top */
	clear();
	add_three("low", -19, -19, -19);
	add_three("bottom", -29, -29, -29);
	add_three("x", 1, 5, 3);
	add_three("y", 5, 1, 3.3);
	add_three("z", 3.2, 3, 3.4);
	score();
	verdict_is("x", MC_IS_TOP_TWO, "", MC_AGREE, "among the top two: third by its mean, not separable from the second");
	verdict_is("low", MC_IS_TOP_TWO, "", MC_DISAGREE, "below two of them separably");
}

static void few(void)
{
	struct mc_judgement j;

	clear();
	add_run("t", "a", 1, 1);
	add_run("t", "b", 1, 9);
	add_run("t", "c", 2, 9);
	score();
	j = judge("b", MC_IS_ABOVE, "a");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "one seed") == 0, "one seed tells nothing");
	j = judge("b", MC_IS_ABOVE, "c");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "no common seed") == 0, "nor do different seeds");
	j = judge("b", MC_IS_ABOVE, "d");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "nothing to compare with") == 0, "nor a method without runs");
	j = judge("d", MC_IS_BEST, "");
	ok(j.verdict == MC_CANNOT_TELL && j.who == NULL, "of whatever side");
	add_run("t", "a", 2, 1);
	add_run("t", "b", 2, 9);
	score();
	j = judge("b", MC_IS_ABOVE, "a");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "two seeds") == 0, "two seeds tell nothing");
	add_run("t", "a", 3, 1);
	add_run("t", "b", 3, 9);
	score();
	verdict_is("b", MC_IS_ABOVE, "a", MC_AGREE, "three do");
	clear();
	add_three("a", 1, 1, 1);
	add_three("b", 2, 2, 2);
	score();
	verdict_is("b", MC_IS_TOP_TWO, "", MC_CANNOT_TELL, "of two methods both are among the top two");
}

/* ---- files of claims ---- */

static int read_text(struct mc_claims *cs, const char *text, struct mc_err *e)
{
	char path[] = "/tmp/t_verdict.XXXXXX";
	const int fd = mkstemp(path);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	int r;

	if (to == NULL)
		return -2;
	fputs(text, to);
	fclose(to);
	r = mc_claims_read(cs, path, e);
	remove(path);
	return r;
}

static void refused(const char *text, const char *place, const char *what)
{
	struct mc_claims cs;
	struct mc_err e = { 0 };

	is_int(read_text(&cs, text, &e), -1, what);
	ok(e.code == 65 && strstr(e.place, place), "at %s", place);
	mc_claims_release(&cs);
}

static void files(void)
{
	struct mc_claims cs;
	struct mc_err e = { 0 };

	is_int(read_text(&cs, "# a comment\n\n  push_N3 | a b , c|top two ||the words, all of them  \n"
	    "push_N6|x|above|y|more\n", &e), 0, "a file of claims");
	is_int((long long)cs.n, 2, "two claims");
	is_str(cs.claim[0].task, "push_N3", "task");
	is_str(cs.claim[0].words, "the words, all of them", "words");
	is_int(cs.claim[0].is, MC_IS_TOP_TWO, "relation");
	ok(mc_claim_names(&cs.claim[0], "a b") && mc_claim_names(&cs.claim[0], "c"), "it names two methods");
	ok(!mc_claim_names(&cs.claim[0], "a") && !mc_claim_names(&cs.claim[0], "b") && !mc_claim_names(&cs.claim[0], ""),
	    "and no part of their names");
	is_str(cs.claim[1].whom, "y", "than whom");
	mc_claims_release(&cs);

	is_int(read_text(&cs, "", &e), 0, "an empty file is no claim");
	is_int((long long)cs.n, 0, "none");
	mc_claims_release(&cs);

	refused("\na | b | worst | c\n", "line 2", "four columns");
	refused("a | b | worst | | c | d", "line 1", "six columns");
	refused("a | b | wurst | | c", "line 1", "an unknown relation");
	refused("a | b | worst | c | d", "line 1", "whom without above");
	refused("a | b | above | | d", "line 1", "above without whom");
	refused("a | b | unlike | | d", "line 1", "unlike without whom");
	is_int(mc_claims_read(&cs, "/nowhere/at/all", &e), -1, "a file that is not there");
	is_int(e.code, 66, "cannot be opened");
	mc_claims_release(&cs);
}

int main(void)
{
	final_returns();
	refusals();
	separable();
	not_separable();
	few();
	files();
	clear();
	return tap_done();
}
