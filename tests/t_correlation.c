/* How much advantages resemble each other: series whose correlations are plain to see. */
#include <string.h>

#include "mc_correlation.h"
#include "tap.h"

enum { T = 4, N = 3, D = 2, PAIRS = N * D };

static mc_real rule[T * PAIRS], initial[T * PAIRS], reinforce[T];
static uint8_t live[T * PAIRS];
static struct mc_advantage episode = { .T = T, .N = N, .d = D, .m = live,
	.reinforce = { reinforce, reinforce }, .learned = { rule, rule }, .initial = { initial, initial } };

/* Two series without a trend in common: r = 0. */
static const double up[T] = { 0, 1, 2, 3 }, wave[T] = { 1, -1, -1, 1 };

static void set(mc_real *to, size_t pair, const double *x, double factor, double level)
{
	for (size_t t = 0; t < T; t++)
		to[t * PAIRS + pair] = (mc_real)(level + factor * x[t]);
}

/* Everything goes up, and everybody is everybody's neighbour. */
static void reset(void)
{
	memset(live, 1, sizeof live);
	for (size_t p = 0; p < PAIRS; p++) {
		set(rule, p, up, 1, 0);
		set(initial, p, up, 1, 0);
	}
	for (size_t t = 0; t < T; t++)
		reinforce[t] = (mc_real)up[t];
}

static struct mc_correlation alike[MC_CORRELATIONS];

static void measure(int episodes)
{
	struct mc_err e = { 0 };

	mc_correlation_release(alike);
	for (int k = 0; k < episodes; k++)
		mc_correlation_add(alike, &episode, &e);
	mc_correlation_finish(alike, &e);
}

static void correlations(void)
{
	const struct mc_correlation *a = &alike[MC_CORRELATION_INITIAL];

	reset();
	measure(1);
	is_int((long long)a->pairs, 6, "each ordered pair");
	is_int((long long)alike[MC_CORRELATION_NEIGHBOURS].pairs, 3, "two neighbours of an agent, once");
	is_int((long long)alike[MC_CORRELATION_REINFORCE].pairs, 6, "each pair with REINFORCE");
	is_near(a->mean, 1, 1e-12, "the same series: r = 1");
	is_near(a->share, 1, 0, "all alike");
	ok(isnan(a->ci[0]), "one episode has no interval");

	set(initial, 0, up, -3, 7);
	set(initial, 1, wave, 2, 1);
	measure(2);
	is_int((long long)a->pairs, 12, "over two episodes");
	is_near(a->lowest, -1, 1e-12, "a falling series: r = -1, whatever its scale");
	is_near(a->highest, 1, 1e-12, "the highest");
	is_near(a->mean, (4 - 1 + 0) / 6.0, 1e-12, "mean of -1, 0 and four times 1");
	is_near(a->share, 4 / 6.0, 1e-12, "four of six alike");
	ok(isnan(a->ci[0]), "nor have two");
	is_near(alike[MC_CORRELATION_NEIGHBOURS].mean, 1, 1e-12, "the rule's neighbours are as they were");

	measure(6);
	ok(a->ci[0] == a->share && a->ci[1] == a->share, "six equal episodes: an interval without width");

	set(rule, 1, wave, 1, 0);
	measure(1);
	is_near(alike[MC_CORRELATION_NEIGHBOURS].mean, 2 / 3.0, 1e-12, "agent 0's neighbours now differ");
	is_near(alike[MC_CORRELATION_REINFORCE].mean, 5 / 6.0, 1e-12, "and one pair is unlike REINFORCE");
}

static void left_out(void)
{
	const struct mc_correlation *a = &alike[MC_CORRELATION_INITIAL];

	reset();
	set(rule, 2, wave, 0, 3);
	measure(1);
	is_int((long long)a->pairs, 5, "a constant series is not compared");
	reset();
	initial[3 * PAIRS] = -50; /* up to there pair 0 is the same */
	live[3 * PAIRS] = 0;
	measure(1);
	is_near(a->lowest, 1, 1e-12, "a step at which a pair is none does not count");
	reset();
	episode.initial.normal = NULL;
	measure(1);
	is_int((long long)a->pairs, 0, "a stream without the initial rule");
	ok(isnan(a->mean) && isnan(a->share), "nothing to tell");
	episode.initial.normal = initial;
}

static void verdict(const struct mc_correlation *a, enum mc_relation is, enum mc_verdict want, const char *name)
{
	const char *why;
	const enum mc_verdict v = mc_correlation_judge(a, is, &why);

	ok(v == want && (why != NULL) == (want == MC_CANNOT_TELL), "%s: %s", name, mc_verdict_name(v));
}

static void verdicts(void)
{
	const struct mc_correlation some = { .pairs = 9, .episodes = 6, .highest = 0.9, .share = 0.2, .ci = { 0.1, 0.4 } };
	const struct mc_correlation none = { .pairs = 9, .episodes = 6, .highest = 0.6, .share = 0, .ci = { 0, 0 } };
	const struct mc_correlation most = { .pairs = 9, .episodes = 6, .highest = 0.9, .share = 0.8, .ci = { 0.6, 1 } };
	const struct mc_correlation half = { .pairs = 9, .episodes = 6, .highest = 0.9, .share = 0.5, .ci = { 0.4, 0.6 } };
	const struct mc_correlation few = { .pairs = 9, .episodes = 5, .highest = 0.9, .share = 0.2, .ci = { (double)NAN, (double)NAN } };

	verdict(&some, MC_IS_UNLIKE, MC_AGREE, "some alike: unlike");
	verdict(&some, MC_IS_SOMETIMES_LIKE, MC_AGREE, "some alike: sometimes like");
	verdict(&none, MC_IS_UNLIKE, MC_AGREE, "none alike: unlike");
	verdict(&none, MC_IS_SOMETIMES_LIKE, MC_DISAGREE, "none alike: not even sometimes");
	verdict(&most, MC_IS_UNLIKE, MC_DISAGREE, "most alike: not unlike");
	verdict(&most, MC_IS_SOMETIMES_LIKE, MC_DISAGREE, "most alike: more than sometimes");
	verdict(&half, MC_IS_UNLIKE, MC_CANNOT_TELL, "about half: cannot tell");
	verdict(&half, MC_IS_SOMETIMES_LIKE, MC_CANNOT_TELL, "of sometimes either");
	verdict(&few, MC_IS_UNLIKE, MC_CANNOT_TELL, "five episodes: cannot tell");
}

int main(void)
{
	correlations();
	left_out();
	verdicts();
	mc_correlation_release(alike);
	return tap_done();
}
