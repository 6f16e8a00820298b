/* Final returns, ranks and verdicts on runs made by hand, whose results are plain to see. */
#include <stdlib.h>
#include <string.h>

#include "mc_scores.h"
#include "mc_rng.h"
#include "mc_stat.h"
#include "mc_claims.h"
#include "tap.h"

/* ---- runs by hand ---- */

enum { EPISODES = 40 };

static struct mc_runs runs;
enum { MOST = 128 };
static struct mc_run store[MOST];
static struct mc_point points[MOST][EPISODES];

/* A run that returns `level` in its last 4 episodes and -1000 before. */
static void add_run(const char *task, const char *label, uint64_t seed, double level)
{
	struct mc_run *r = &store[runs.n];

	*r = (struct mc_run){ .seed = seed, .n = EPISODES, .episodes = EPISODES, .point = points[runs.n], .cut = -1 };
	snprintf(r->task, sizeof r->task, "%s", task);
	snprintf(r->label, sizeof r->label, "%s", label);
	for (size_t i = 0; i < EPISODES; i++)
		r->point[i] = (struct mc_point){ 25.0 * (double)(i + 1), i < 36 ? -1000 : level, 1, (int64_t)i };
	runs.run = store;
	runs.n++;
}

/* Seeds 1 ... n of a method, each a little higher than the one before. */
static void add_seeds(const char *label, size_t n, double level)
{
	for (size_t k = 0; k < n; k++)
		add_run("t", label, k + 1, level + 0.1 * (double)k);
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
	const struct mc_claim c = { task, name, other, words, is, 0 };
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
	static const double weight[] = { 1, -1 };
	const struct mc_score *a, *b;
	double d[3];

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
	is_near(a->metric[MC_METRIC_MEAN], 3, 1e-12, "mean over seeds");
	is_near(a->metric[MC_METRIC_IQM], 3, 1e-12, "IQM of three is their mean");
	ok(a->ci[MC_METRIC_IQM][0] < 1.7 && a->ci[MC_METRIC_IQM][0] >= 1 && a->ci[MC_METRIC_IQM][1] > 4.3 && a->ci[MC_METRIC_IQM][1] <= 5, "its interval");
	ok(isnan(scores.score[2].ci[MC_METRIC_IQM][0]), "one run has no interval");
	ok(a->rank == 2 && b->rank == 1 && scores.score[2].rank == 1, "ranks within the task");
	is_near(mc_scores_mean_rank(&scores, "a"), 1.5, 0, "mean rank over tasks");
	ok(isnan(mc_scores_mean_rank(&scores, "b")), "none for a method that a task has not");

	is_int((long long)mc_scores_contrast(d, (const struct mc_score *[]){ a, b }, weight, 2), 2, "paired by seed");
	ok(d[0] == -1 && d[1] == -3, "1 - 2 and 5 - 8");
	is_int((long long)mc_scores_contrast(d, (const struct mc_score *[]){ a, &scores.score[2] }, weight, 2), 1, "one common seed");
	ok(d[0] == -8, "1 - 9");
	is_int(a->episodes, EPISODES, "episodes of the shortest run");
}

/* A part of the episodes that is not whole takes one more, and equal means have the same rank. */
static void parts_and_ties(void)
{
	const struct mc_scoring part = { .last = 0.11, .resamples = 100 }, whole = { .last = 0.075, .resamples = 100 };
	struct mc_err e = { 0 };

	clear();
	add_run("t", "a", 1, 5);
	add_run("t", "b", 1, 5);
	add_run("t", "c", 1, 1);
	is_int(mc_scores_make(&scores, &runs, &part, &e), 0, "the last 11 % of 40 episodes");
	is_near(scores.score[0].final[0], (4 * 5 - 1000) / 5.0, 1e-9, "are the last five");
	ok(scores.score[0].rank == 1 && scores.score[1].rank == 1 && scores.score[2].rank == 3, "two that are level, then the third");
	mc_scores_release(&scores);
	store[0].point[36].num = 9;
	is_int(mc_scores_make(&scores, &runs, &whole, &e), 0, "7.5 %");
	is_near(scores.score[0].final[0], 5, 0, "are three");
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

/* high > upper > lower > low in every one of n seeds. */
static void add_ladder(size_t n)
{
	clear();
	add_seeds("low", n, 1);
	add_seeds("lower", n, 5);
	add_seeds("upper", n, 20);
	add_seeds("high", n, 24);
	score();
}

static void told(void)
{
	struct mc_judgement j;

	add_ladder(8);
	verdict_is("high", MC_IS_ABOVE, "low", MC_AGREE, "above: it is");
	verdict_is("low", MC_IS_ABOVE, "high", MC_DISAGREE, "above: it is below");
	verdict_is("low, high", MC_IS_ABOVE, "upper", MC_AGREE, "of several one is above");
	verdict_is("low, lower", MC_IS_ABOVE, "upper", MC_DISAGREE, "of several none is");
	verdict_is("high", MC_IS_BEST, "", MC_AGREE, "best: it is");
	verdict_is("upper", MC_IS_BEST, "", MC_DISAGREE, "best: it is not");
	verdict_is("lower, high", MC_IS_BEST, "", MC_AGREE, "best: one of two is");
	verdict_is("upper", MC_IS_BELOW_BEST, "", MC_AGREE, "below best: it is");
	verdict_is("high", MC_IS_BELOW_BEST, "", MC_DISAGREE, "below best: it is the best");
	verdict_is("low", MC_IS_WORST, "", MC_AGREE, "worst: it is the lowest");
	verdict_is("lower", MC_IS_WORST, "", MC_AGREE, "worst: it is nearer the lowest than the best");
	verdict_is("upper", MC_IS_WORST, "", MC_DISAGREE, "worst: it is nearer the best");
	verdict_is("high", MC_IS_WORST, "", MC_DISAGREE, "worst: it is the best");
	verdict_is("upper", MC_IS_NOT_WORST, "", MC_AGREE, "not worst: it is not");
	verdict_is("lower", MC_IS_NOT_WORST, "", MC_DISAGREE, "not worst: it is");
	verdict_is("high", MC_IS_TOP_TWO, "", MC_AGREE, "top two: the first is");
	verdict_is("upper", MC_IS_TOP_TWO, "", MC_AGREE, "top two: the second is");
	verdict_is("lower", MC_IS_TOP_TWO, "", MC_DISAGREE, "top two: the third is not");
	j = judge("upper", MC_IS_BELOW_BEST, "");
	ok(strcmp(j.higher, "high") == 0 && strcmp(j.lower, "upper") == 0, "which difference decides");
	is_near(j.mean, 4, 1e-12, "and what it is");
	is_int((long long)j.choices, 3, "one of three");
	is_near(j.p, 2 * 3.0 / 256, 1e-15, "p has the choice in it");
	is_int((long long)j.needs, 7, "so seven seeds would do");
	ok(j.why[0] == '\0', "no excuse where it is told");
	j = judge("lower", MC_IS_WORST, "");
	is_str(j.higher, "middle of high and low", "among the worst: by the middle of best and lowest");
	is_near(j.mean, 12.5 - 5, 1e-9, "as far below it");
}

/* A middle that is as far from the best as from the lowest belongs to neither. */
static void not_told(void)
{
	struct mc_judgement j;

	clear();
	for (size_t k = 0; k < 8; k++) { /* each seed another order */
		add_run("t", "a", k + 1, (double)(k * 3 % 8));
		add_run("t", "b", k + 1, (double)(k * 5 % 8));
		add_run("t", "c", k + 1, (double)(k * 7 % 8));
	}
	score();
	for (int is = MC_IS_ABOVE; is <= MC_IS_NOT_WORST; is++) {
		j = judge("a", (enum mc_relation)is, is == MC_IS_ABOVE ? "b" : "");
		ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "interval contains 0") == 0 && j.ci[0] < 0 && j.ci[1] > 0,
		    "noise: relation %d cannot be told", is);
	}
	add_ladder(8);
	for (size_t k = 0; k < 8; k++)
		add_run("t", "centre", k + 1, 12.5 + 0.1 * (double)k + (k % 2 ? 1 : -1));
	score();
	verdict_is("centre", MC_IS_WORST, "", MC_CANNOT_TELL, "half way is not among the worst");
	verdict_is("centre", MC_IS_NOT_WORST, "", MC_CANNOT_TELL, "nor is it not");
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
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "1 seed") == 0, "one seed tells nothing");
	j = judge("b", MC_IS_ABOVE, "c");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "no common seed") == 0, "nor do different seeds");
	j = judge("b", MC_IS_ABOVE, "d");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "nothing to compare with") == 0 && j.pairs == 0, "nor a method without runs");
	j = judge("d", MC_IS_BEST, "");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "nothing to compare with") == 0, "of whatever side");
	add_ladder(3);
	j = judge("high", MC_IS_ABOVE, "low");
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "3 seeds") == 0, "three tell nothing, however large the difference");
	is_near(j.p, 2.0 / 8, 1e-15, "for p is 2/8");
	is_int((long long)j.needs, 6, "six would do");
	ok(isnan(j.ci[0]), "and there is no interval");
	add_ladder(5);
	ok(judge("high", MC_IS_ABOVE, "low").verdict == MC_CANNOT_TELL, "nor do five");
	add_ladder(6);
	verdict_is("high", MC_IS_ABOVE, "low", MC_AGREE, "six tell one difference");
	verdict_is("high", MC_IS_BEST, "", MC_AGREE, "and several that must all be so");
	verdict_is("lower", MC_IS_TOP_TWO, "", MC_CANNOT_TELL, "not one of several");
	add_ladder(7);
	verdict_is("lower", MC_IS_TOP_TWO, "", MC_DISAGREE, "seven do");
	clear();
	add_seeds("a", 6, 1);
	add_seeds("b", 6, 2);
	score();
	verdict_is("b", MC_IS_TOP_TWO, "", MC_CANNOT_TELL, "of two methods both are among the top two");
	verdict_is("a", MC_IS_WORST, "", MC_AGREE, "and the lower one is the worst");
}

/* Runs that are much shorter than those that a claim is about. */
static void short_runs(void)
{
	char task[] = "t", who[] = "high", whom[] = "low", words[] = "";
	struct mc_claim c = { task, who, whom, words, MC_IS_ABOVE, 2 * EPISODES };
	struct mc_judgement j;
	struct mc_err e = { 0 };

	add_ladder(6);
	is_int(mc_judge(&j, &c, &scores, &e), 0, "runs of half the claim's episodes");
	is_int(j.verdict, MC_AGREE, "tell");
	c.episodes++;
	mc_judge(&j, &c, &scores, &e);
	ok(j.verdict == MC_CANNOT_TELL && strcmp(j.why, "40 of 81 episodes") == 0, "shorter ones do not: %s", j.why);
}

/* ---- the level: simulated experiments ---- */

/* In [0, 1), for experiment x, method m, seed k. */
static double uniform(uint32_t x, uint32_t m, size_t k)
{
	uint32_t w;

	mc_rng_word(&w, k, 1, 7, MC_RNG_BOOTSTRAP, x, m);
	return ((double)w + 0.5) / 4294967296.0;
}

/* Five methods whose returns are apart by `step`, the first the highest, over noise of about 5. */
static void add_experiment(uint32_t x, size_t seeds, double step)
{
	static const char *const label[] = { "a", "b", "c", "d", "e" };

	clear();
	for (uint32_t m = 0; m < 5; m++)
		for (size_t k = 0; k < seeds; k++) {
			/* three outcomes, as where some runs learn and others do not */
			const double u = uniform(x, m, k), learnt = uniform(x, m + 9, k) < 0.6 ? 12 : 0;

			add_run("t", label[m], k + 1, learnt + 8 * u - step * m);
		}
	score();
}

/* How many of `tries` experiments give each claim about method a, b or c a verdict. */
struct counts {
	size_t agree[MC_IS_NOT_WORST + 1], disagree[MC_IS_NOT_WORST + 1];
};

static struct counts simulate(size_t tries, size_t seeds, double step, const char *who)
{
	struct counts n = { { 0 }, { 0 } };

	for (uint32_t x = 0; x < tries; x++) {
		add_experiment(x, seeds, step);
		for (int is = MC_IS_ABOVE; is <= MC_IS_NOT_WORST; is++) {
			const struct mc_judgement j = judge(who, (enum mc_relation)is, is == MC_IS_ABOVE ? "b" : "");

			n.agree[is] += j.verdict == MC_AGREE;
			n.disagree[is] += j.verdict == MC_DISAGREE;
		}
	}
	return n;
}

static void level(void)
{
	static const size_t seeds[] = { 3, 5, 6, 10 };
	enum { TRIES = 200, MOST_TOLD = 10 + 9 }; /* 5 % and three standard deviations */

	for (size_t i = 0; i < 4; i++) {
		const struct counts n = simulate(TRIES, seeds[i], 0, "a");
		size_t most = 0;

		for (int is = MC_IS_ABOVE; is <= MC_IS_NOT_WORST; is++) {
			const size_t told = n.agree[is] + n.disagree[is];

			most = told > most ? told : most;
		}
		ok(most <= MOST_TOLD && (seeds[i] >= 6 || most == 0),
		    "nothing differs, %zu seeds: of %d experiments no claim is told in more than %zu", seeds[i], TRIES, most);
	}
}

/* Where methods differ, wrong verdicts are as rare, and right ones are reached. */
static void power(void)
{
	enum { TRIES = 100, MOST_WRONG = 5 + 6 };
	const struct counts high = simulate(TRIES, 10, 12, "a"), low = simulate(TRIES, 10, 12, "d");
	const struct counts third = simulate(TRIES, 10, 4, "c");

	ok(high.agree[MC_IS_ABOVE] >= 75, "10 seeds, 12 apart: above is told %zu times in 100", high.agree[MC_IS_ABOVE]);
	ok(high.agree[MC_IS_BEST] >= 75, "best %zu", high.agree[MC_IS_BEST]);
	ok(high.agree[MC_IS_TOP_TWO] >= 90, "top two %zu", high.agree[MC_IS_TOP_TWO]);
	ok(high.agree[MC_IS_NOT_WORST] >= 90, "not worst %zu", high.agree[MC_IS_NOT_WORST]);
	ok(low.agree[MC_IS_BELOW_BEST] >= 90, "below best, of the fourth, %zu", low.agree[MC_IS_BELOW_BEST]);
	ok(low.agree[MC_IS_WORST] >= 60, "among the worst %zu", low.agree[MC_IS_WORST]);
	ok(low.disagree[MC_IS_TOP_TWO] >= 90, "not among the top two %zu", low.disagree[MC_IS_TOP_TWO]);
	ok(high.disagree[MC_IS_BEST] + low.agree[MC_IS_BEST] + low.disagree[MC_IS_WORST] + low.agree[MC_IS_TOP_TWO] == 0,
	    "and nothing is told that is the other way round");
	ok(third.agree[MC_IS_BEST] + third.agree[MC_IS_ABOVE] + third.agree[MC_IS_TOP_TWO] <= MOST_WRONG,
	    "a third place, 4 apart: a wrong verdict %zu times",
	    third.agree[MC_IS_BEST] + third.agree[MC_IS_ABOVE] + third.agree[MC_IS_TOP_TWO]);
	ok(third.agree[MC_IS_WORST] <= MOST_WRONG && third.disagree[MC_IS_WORST] <= MOST_WRONG,
	    "and in the middle it is among the worst %zu times, not among them %zu", third.agree[MC_IS_WORST],
	    third.disagree[MC_IS_WORST]);
}

/* ---- files of claims ---- */

static int read_text(struct mc_claims *cs, const char *text, struct mc_err *e)
{
	char path[] = "/tmp/t_claims.XXXXXX";
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

	is_int(read_text(&cs, "\xEF\xBB\xBFt | a | best | | words\r\nepisodes = 50000\r\nt | b | above | c | more\r\n", &e), 0,
	    "a byte-order mark, and lines that end with a carriage return");
	is_int((long long)cs.n, 2, "two claims");
	is_str(cs.claim[0].task, "t", "the first is whole");
	is_str(cs.claim[0].words, "words", "and its words");
	is_int(cs.claim[0].episodes, 0, "it does not say how long runs are");
	is_int(cs.claim[1].episodes, 50000, "the second does");
	mc_claims_release(&cs);
	refused("t | a | best | | b\nepisodes = many", "line 2", "episodes that are not a number");
	refused("episodes = 0", "line 1", "none at all");
	refused("episodes", "line 1", "and no length");

	is_int(read_text(&cs, "", &e), 0, "an empty file is not a claim");
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
	parts_and_ties();
	refusals();
	told();
	not_told();
	few();
	short_runs();
	level();
	power();
	files();
	clear();
	return tap_done();
}
