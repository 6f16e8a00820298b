#include "mc_strata.h"

#include <stdlib.h>
#include <string.h>

#include "mc_stat.h"

const char *mc_strata_metric_name(enum mc_strata_metric which)
{
	static const char *const name[] = { "mean", "median", "iqm", "gap" };

	return name[which];
}

double mc_profile_at(size_t k)
{
	return (double)k / (MC_PROFILE - 1);
}

/* ---- metrics ---- */

static double mean_below(const struct mc_stratum *s, double best)
{
	double sum = 0;

	for (size_t k = 0; k < s->n; k++)
		sum += s->x[k] < best ? best - s->x[k] : 0;
	return sum / (double)s->n;
}

void mc_strata_metrics(double out[MC_METRIC_COUNT], const struct mc_stratum *s, size_t strata, double best,
    double *scratch)
{
	size_t n = 0;

	out[MC_METRIC_GAP] = 0;
	for (size_t i = 0; i < strata; i++) {
		scratch[i] = mc_stat_mean(s[i].x, s[i].n);
		out[MC_METRIC_GAP] += mean_below(&s[i], best) / (double)strata;
	}
	out[MC_METRIC_MEAN] = mc_stat_mean(scratch, strata);
	mc_stat_sort(scratch, strata);
	out[MC_METRIC_MEDIAN] = strata == 1 ? mc_stat_quantile(s->x, s->n, 0.5) : mc_stat_quantile(scratch, strata, 0.5);
	for (size_t i = 0; i < strata; n += s[i++].n)
		memcpy(scratch + n, s[i].x, s[i].n * sizeof *scratch);
	if (strata > 1)
		mc_stat_sort(scratch, n);
	out[MC_METRIC_IQM] = mc_stat_iqm(scratch, n);
}

void mc_strata_profile(double out[MC_PROFILE], const struct mc_stratum *s, size_t strata)
{
	for (size_t k = 0; k < MC_PROFILE; k++) {
		size_t above = 0, n = 0;

		for (size_t i = 0; i < strata; n += s[i++].n)
			for (size_t r = s[i].n; r > 0 && s[i].x[r - 1] > mc_profile_at(k); r--)
				above++;
		out[k] = (double)above / (double)n;
	}
}

double mc_strata_improvement(const struct mc_stratum *s, size_t tasks)
{
	double sum = 0;

	for (size_t i = 0; i < tasks; i++) {
		const struct mc_stratum *x = &s[i], *y = &s[tasks + i];
		size_t halves = 0;

		for (size_t k = 0; k < x->n; k++)
			for (size_t r = 0; r < y->n; r++)
				halves += (x->x[k] > y->x[r]) + (x->x[k] >= y->x[r]);
		sum += (double)halves / 2 / (double)(x->n * y->n);
	}
	return sum / (double)tasks;
}

/* ---- intervals ---- */

/* Which metrics, and what they need besides the strata. */
enum what { METRICS, PROFILE, IMPROVEMENT };

static size_t count(enum what what)
{
	return what == METRICS ? MC_METRIC_COUNT : what == PROFILE ? MC_PROFILE : 1;
}

static void take(double *out, enum what what, const struct mc_stratum *s, size_t strata, double best, double *scratch)
{
	switch (what) {
	case METRICS:
		mc_strata_metrics(out, s, strata, best, scratch);
		break;
	case PROFILE:
		mc_strata_profile(out, s, strata);
		break;
	case IMPROVEMENT:
		out[0] = mc_strata_improvement(s, strata / 2);
		break;
	}
}

/* Draws s[i] anew into to[i], ascending. */
static void draw(double *to, const struct mc_stratum *s, uint32_t b, uint32_t i, uint32_t *words, uint32_t *times)
{
	size_t n = 0;

	mc_stat_draw(times, words, s->n, 1, b, i);
	for (size_t k = 0; k < s->n; k++)
		for (uint32_t t = 0; t < times[k]; t++)
			to[n++] = s->x[k];
}

static int bootstrap(double (*ci)[2], enum what what, const struct mc_stratum *s, size_t strata, double best,
    size_t resamples, struct mc_err *e)
{
	const size_t metrics = count(what);
	size_t n = strata; /* scores; as many words and counts serve any stratum */
	struct mc_stratum *drawn = calloc(strata, sizeof *drawn);
	double *x = NULL, *scratch = NULL, *metric = NULL, one[MC_PROFILE];
	uint32_t *words = NULL;
	int r = -1;

	for (size_t i = 0; i < strata; i++)
		n += s[i].n;
	if (drawn == NULL || !(x = calloc(n, sizeof *x)) || !(scratch = calloc(n, sizeof *scratch)) ||
	    !(words = calloc(2 * n, sizeof *words)) || !(metric = calloc(metrics * resamples, sizeof *metric))) {
		mc_err_nomem(e, "bootstrap", metrics * resamples * sizeof *metric + 3 * n * sizeof *x);
		goto done;
	}
	for (size_t i = 0, at = 0; i < strata; at += s[i++].n)
		drawn[i] = (struct mc_stratum){ x + at, s[i].n };
	for (size_t b = 0; b < resamples; b++) {
		for (size_t i = 0, at = 0; i < strata; at += s[i++].n)
			draw(x + at, &s[i], (uint32_t)b, (uint32_t)i, words, words + n);
		take(one, what, drawn, strata, best, scratch);
		for (size_t k = 0; k < metrics; k++)
			metric[k * resamples + b] = one[k];
	}
	for (size_t k = 0; k < metrics; k++)
		mc_stat_interval(ci[k], metric + k * resamples, resamples);
	r = 0;
done:
	free(drawn);
	free(x);
	free(scratch);
	free(words);
	free(metric);
	return r;
}

int mc_strata_metrics_ci(double (*ci)[2], const struct mc_stratum *s, size_t strata, double best,
    size_t resamples, struct mc_err *e)
{
	return bootstrap(ci, METRICS, s, strata, best, resamples, e);
}

int mc_strata_profile_ci(double (*ci)[2], const struct mc_stratum *s, size_t strata, size_t resamples,
    struct mc_err *e)
{
	return bootstrap(ci, PROFILE, s, strata, 1, resamples, e);
}

int mc_strata_improvement_ci(double ci[2], const struct mc_stratum *s, size_t tasks, size_t resamples,
    struct mc_err *e)
{
	return bootstrap((double (*)[2])ci, IMPROVEMENT, s, 2 * tasks, 1, resamples, e);
}
