#include "mc_correlation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_flip.h"
#include "mc_grow.h"
#include "mc_stat.h"

const char *mc_correlation_name(enum mc_correlation_kind kind)
{
	static const char *const name[] = { "initial", "neighbours", "reinforce" };

	return name[kind];
}

/* A series over the steps of an episode, and where it is live (NULL: everywhere). */
struct series {
	const mc_real *x;
	const uint8_t *live;
	size_t stride;
};

/* Pearson's r over the steps at which both are live; NaN where one of them does not vary. */
static double correlation(const struct series *a, const struct series *b, size_t T)
{
	double n = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t t = 0; t < T; t++) {
			const double x = (double)a->x[t * a->stride] - ma, y = (double)b->x[t * b->stride] - mb;

			if ((a->live && !a->live[t * a->stride]) || (b->live && !b->live[t * b->stride]))
				continue;
			if (pass == 0) {
				n++;
				aa += x;
				bb += y;
			} else {
				aa += x * x;
				bb += y * y;
				ab += x * y;
			}
		}
		if (pass == 0) {
			ma = n > 0 ? aa / n : 0;
			mb = n > 0 ? bb / n : 0;
			aa = bb = 0;
		}
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : (double)NAN;
}

/* One episode's comparisons of a kind. */
struct tally {
	size_t pairs, alike;
};

static void compare(struct mc_correlation *a, struct tally *y, const struct series *s, const struct series *other, size_t T)
{
	const double r = correlation(s, other, T);

	if (isnan(r))
		return;
	a->lowest = a->pairs == 0 || r < a->lowest ? r : a->lowest;
	a->highest = a->pairs == 0 || r > a->highest ? r : a->highest;
	a->mean += r; /* a sum until mc_correlation_finish */
	a->pairs++;
	y->pairs++;
	y->alike += r >= MC_CORRELATION_R;
}

static int close_episode(struct mc_correlation *a, const struct tally *y, struct mc_err *e)
{
	double *grown;

	if (y->pairs == 0)
		return 0;
	grown = mc_grow(a->by_episode, a->episodes + 1, &a->room, sizeof *grown, "episodes", e);
	if (grown == NULL)
		return -1;
	a->by_episode = grown;
	a->by_episode[a->episodes++] = (double)y->alike / (double)y->pairs;
	return 0;
}

int mc_correlation_add(struct mc_correlation a[MC_CORRELATIONS], const struct mc_advantage *x, struct mc_err *e)
{
	const size_t pairs = x->N * x->d;
	struct tally tally[MC_CORRELATIONS] = { 0 };
	const struct series reinforce = { x->reinforce.normal, NULL, 1 };

	/* of the normalised series: one that is constant but for rounding is zeros there */
	for (size_t k = 0; k < pairs; k++) {
		const struct series rule = { x->learned.normal + k, x->m + k, pairs };

		if (x->initial.normal) {
			const struct series initial = { x->initial.normal + k, x->m + k, pairs };

			compare(&a[MC_CORRELATION_INITIAL], &tally[MC_CORRELATION_INITIAL], &rule, &initial, x->T);
		}
		for (size_t j = k + 1; j < (k / x->d + 1) * x->d; j++) {
			const struct series neighbour = { x->learned.normal + j, x->m + j, pairs };

			compare(&a[MC_CORRELATION_NEIGHBOURS], &tally[MC_CORRELATION_NEIGHBOURS], &rule, &neighbour, x->T);
		}
		if (x->reinforce.normal)
			compare(&a[MC_CORRELATION_REINFORCE], &tally[MC_CORRELATION_REINFORCE], &rule, &reinforce, x->T);
	}
	for (int i = 0; i < MC_CORRELATIONS; i++)
		if (close_episode(&a[i], &tally[i], e) < 0)
			return -1;
	return 0;
}

static int set_interval(struct mc_correlation *x, struct mc_err *e)
{
	struct mc_flip f;
	const int r = mc_flip_make(&f, x->by_episode, x->episodes, e);

	if (r == 0)
		mc_flip_interval(x->ci, &f, MC_VERDICT_ALPHA);
	mc_flip_release(&f);
	return r;
}

int mc_correlation_finish(struct mc_correlation a[MC_CORRELATIONS], struct mc_err *e)
{
	for (int i = 0; i < MC_CORRELATIONS; i++) {
		struct mc_correlation *x = &a[i];

		x->share = mc_stat_mean(x->by_episode, x->episodes);
		x->ci[0] = x->ci[1] = (double)NAN;
		if (x->pairs == 0) {
			x->mean = x->lowest = x->highest = (double)NAN;
			continue;
		}
		x->mean /= (double)x->pairs;
		if (set_interval(x, e) < 0)
			return -1;
	}
	return 0;
}

void mc_correlation_release(struct mc_correlation a[MC_CORRELATIONS])
{
	for (int i = 0; i < MC_CORRELATIONS; i++)
		free(a[i].by_episode);
	memset(a, 0, MC_CORRELATIONS * sizeof *a);
}

enum mc_verdict mc_correlation_judge(const struct mc_correlation *a, enum mc_relation is, const char **why)
{
	*why = NULL;
	if (!isfinite(a->ci[0])) {
		*why = a->episodes == 0 ? "nothing to compare with" : "too few episodes";
		return MC_CANNOT_TELL;
	}
	if (a->ci[0] > 0.5 || (is == MC_IS_SOMETIMES_LIKE && a->highest < MC_CORRELATION_R))
		return MC_DISAGREE;
	if (a->ci[1] < 0.5)
		return MC_AGREE;
	*why = "interval contains 1/2";
	return MC_CANNOT_TELL;
}
