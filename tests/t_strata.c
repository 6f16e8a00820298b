/*
 * Metrics over tasks: against numbers that the rliable package computed (tests/data/rliable, made
 * by tests/make-rliable.py), and small cases by hand.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mc_stat.h"
#include "mc_strata.h"
#include "tap.h"

enum { METHODS = 3, TASKS = 5, RUNS = 8, RESAMPLES = 20000 };

static const char *const method[] = { "alpha", "beta", "gamma" };
static double score[METHODS][TASKS][RUNS];
static struct mc_stratum strata[METHODS][TASKS];

static FILE *data(const char *name)
{
	const char *fixtures = getenv("MC_FIXTURES"); /* tests/fixtures; the data are beside them */
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/../data/rliable/%s", fixtures ? fixtures : "tests/fixtures", name);
	return fopen(path, "r");
}

static int find(const char *name)
{
	for (int k = 0; k < METHODS; k++)
		if (strcmp(name, method[k]) == 0)
			return k;
	return -1;
}

static int read_scores(void)
{
	FILE *from = data("scores.tsv");
	char name[32];
	int task, run, n = 0;
	double v;

	if (from == NULL)
		return 0;
	while (fscanf(from, "%31s task%d %d %lf", name, &task, &run, &v) == 4) {
		score[find(name)][task][run - 1] = v;
		n++;
	}
	fclose(from);
	for (int k = 0; k < METHODS; k++)
		for (int t = 0; t < TASKS; t++) {
			mc_stat_sort(score[k][t], RUNS);
			strata[k][t] = (struct mc_stratum){ score[k][t], RUNS };
		}
	return n;
}

/* What this build says: the value and the interval of one line of metrics.tsv. 0 = no such line. */
static int measure(double out[3], const char *what, const char *who)
{
	static struct mc_stratum both[2 * TASKS];
	static double scratch[TASKS * RUNS + 1], all[MC_PROFILE], ci[MC_PROFILE][2];
	const struct mc_stratum *s = strchr(who, '>') ? NULL : strata[find(who)];
	struct mc_err e = { 0 };
	char first[32];
	int k = 0;

	if (strcmp(what, "improvement") == 0) {
		(void)snprintf(first, sizeof first, "%.*s", (int)strcspn(who, ">"), who);
		memcpy(both, strata[find(first)], sizeof both / 2);
		memcpy(both + TASKS, strata[find(strchr(who, '>') + 1)], sizeof both / 2);
		all[0] = mc_strata_improvement(both, TASKS);
		(void)mc_strata_improvement_ci(ci[0], both, TASKS, RESAMPLES, &e);
	} else if (sscanf(what, "profile%d", &k) == 1) {
		mc_strata_profile(all, s, TASKS);
		if (k == 0)
			(void)mc_strata_profile_ci(ci, s, TASKS, RESAMPLES, &e);
	} else {
		for (k = 0; k < MC_METRIC_COUNT && strcmp(what, mc_strata_metric_name((enum mc_strata_metric)k)) != 0; k++)
			;
		if (k == MC_METRIC_COUNT)
			return 0;
		mc_strata_metrics(all, s, TASKS, 1, scratch);
		(void)mc_strata_metrics_ci(ci, s, TASKS, 1, RESAMPLES, &e);
	}
	out[0] = all[k];
	out[1] = ci[k][0];
	out[2] = ci[k][1];
	return 1;
}

/* Values to the digits that are stored; ends of intervals to what 2,000 resamples leave open. */
static void against_rliable(void)
{
	FILE *from;
	char what[32], who[64];
	double want[3], got[3] = { 0, 0, 0 };
	int lines = 0;

	is_int(read_scores(), METHODS * TASKS * RUNS, "scores that rliable has seen");
	from = data("metrics.tsv");
	while (from && fscanf(from, "%31s %63s %lf %lf %lf", what, who, &want[0], &want[1], &want[2]) == 5) {
		const double loose = strcmp(what, "improvement") == 0 || strncmp(what, "profile", 7) == 0 ? 0.026 : 0.004;

		lines++;
		if (!ok(measure(got, what, who) && fabs(got[0] - want[0]) < 1e-7 && fabs(got[1] - want[1]) < loose &&
		    fabs(got[2] - want[2]) < loose, "%s of %s", what, who))
			diag("%g [%g, %g], rliable says %g [%g, %g]", got[0], got[1], got[2], want[0], want[1], want[2]);
	}
	if (from)
		fclose(from);
	is_int(lines, METHODS * (MC_METRIC_COUNT + MC_PROFILE) + 3, "all of its metrics");
}

static void by_hand(void)
{
	static const double a[] = { 0, 1, 2, 9 }, b[] = { 1, 1 }, one[] = { 0.5 };
	const struct mc_stratum s[] = { { a, 4 }, { b, 2 } };
	double out[MC_METRIC_COUNT], scratch[8], ci[MC_METRIC_COUNT][2], want[2], profile[MC_PROFILE];
	struct mc_err e = { 0 };

	mc_strata_metrics(out, s, 1, 1, scratch);
	ok(out[MC_METRIC_MEAN] == 3 && out[MC_METRIC_MEDIAN] == 1.5 && out[MC_METRIC_IQM] == 1.5 &&
	    out[MC_METRIC_GAP] == 0.25, "one task: mean, median and IQM of its runs; one run is below 1");
	mc_strata_metrics(out, s, 2, 1, scratch);
	ok(out[MC_METRIC_MEAN] == 2 && out[MC_METRIC_MEDIAN] == 2 && out[MC_METRIC_IQM] == 1.25 &&
	    out[MC_METRIC_GAP] == 0.125, "tasks of 4 and 2 runs count alike, but for the IQM");
	mc_strata_profile(profile, s, 2);
	ok(fabs(profile[0] - 5.0 / 6) < 1e-15 && fabs(profile[20] - 2.0 / 6) < 1e-15, "a profile counts what is above");
	is_near(mc_strata_improvement(s, 1), 0.625, 0, "2 and 9 beat 1, 0 does not, a tie is half");
	is_int(mc_strata_metrics_ci(ci, s, 1, 1, 500, &e), 0, "intervals");
	mc_stat_bootstrap(want, MC_STAT_IQM, a, 4, 500, 1, &e);
	ok(ci[MC_METRIC_IQM][0] == want[0] && ci[MC_METRIC_IQM][1] == want[1], "of one task, those of mc_stat_bootstrap");
	is_int(mc_strata_metrics_ci(ci, &(struct mc_stratum){ one, 1 }, 1, 1, 100, &e), 0, "one run");
	ok(ci[MC_METRIC_MEAN][0] == 0.5 && ci[MC_METRIC_GAP][1] == 0.5, "is all there is to draw");
}

int main(void)
{
	by_hand();
	against_rliable();
	return tap_done();
}
