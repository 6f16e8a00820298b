#include "mc_scores.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_scales.h"
#include "mc_stat.h"

static int same(const struct mc_run *a, const struct mc_run *b)
{
	return strcmp(a->task, b->task) == 0 && strcmp(a->label, b->label) == 0;
}

/* The mean return over the last part of a run's episodes. */
static double final_return(const struct mc_run *run, double last)
{
	const double want = ceil(last * (double)run->n - 1e-9);
	size_t n = want < 1 ? 1 : (size_t)want;
	double sum = 0, episodes = 0;

	n = n > run->n ? run->n : n;
	for (size_t i = run->n - n; i < run->n; i++) {
		sum += run->point[i].num;
		episodes += run->point[i].den;
	}
	return sum / episodes;
}

/* A run into its place among the seeds so far. */
static int insert(struct mc_score *s, const struct mc_run *run, double last, struct mc_err *e)
{
	size_t at = s->n;

	if (run->n == 0)
		return mc_err_set(e, MC_DATA, NULL, -1, "has it just begun?", "%s, %s, seed %" PRIu64 ": no episode in its log",
		    run->task, run->label, run->seed);
	while (at > 0 && s->seed[at - 1] > run->seed)
		at--;
	if (at > 0 && s->seed[at - 1] == run->seed)
		return mc_err_set(e, MC_DATA, NULL, -1, "tell them apart by --by or --named",
		    "%s, %s: two runs of seed %" PRIu64, run->task, run->label, run->seed);
	memmove(s->seed + at + 1, s->seed + at, (s->n - at) * sizeof *s->seed);
	memmove(s->final + at + 1, s->final + at, (s->n - at) * sizeof *s->final);
	s->seed[at] = run->seed;
	s->final[at] = final_return(run, last);
	s->episodes = s->n == 0 || run->episodes < s->episodes ? run->episodes : s->episodes;
	s->n++;
	return 0;
}

/* ---- scales ---- */

const char *mc_scaled_by_name(enum mc_scaled_by by)
{
	return by == MC_BY_SCALE ? "scale" : by == MC_BY_YARDSTICK ? "yardstick" : "runs";
}

/* What the task of score number `first` is scaled by, into all scores of it, which follow. */
static void set_scale(struct mc_scores *ss, size_t first, const struct mc_runs *rs, const struct mc_scales *scales)
{
	const struct mc_task_scale *given = mc_scales_find(scales, ss->score[first].task);
	const struct mc_yardstick *y = given ? NULL : mc_runs_yardstick(rs, ss->score[first].task);
	double low = (double)INFINITY, high = -(double)INFINITY;
	size_t end = first;

	for (; end < ss->n && strcmp(ss->score[end].task, ss->score[first].task) == 0; end++)
		for (size_t k = 0; k < ss->score[end].n; k++) {
			low = fmin(low, ss->score[end].final[k]);
			high = fmax(high, ss->score[end].final[k]);
		}
	for (size_t i = first; i < end; i++) {
		ss->score[i].low = given ? given->low : y ? y->floor.mean : low;
		ss->score[i].high = given ? given->high : y ? y->ceiling.mean : high;
		ss->score[i].by = given ? MC_BY_SCALE : y ? MC_BY_YARDSTICK : MC_BY_RUNS;
	}
}

/* ---- metrics ---- */

/* Those over its runs; `scratch` has room for all of them and one more. */
static int summarise(struct mc_score *s, double *scratch, size_t resamples, struct mc_err *e)
{
	const double range = s->high - s->low;
	const struct mc_stratum stratum = { s->scaled, s->n };
	int r = 0;

	memcpy(s->scaled, s->final, s->n * sizeof *s->scaled);
	mc_stat_sort(s->scaled, s->n);
	mc_strata_metrics(s->metric, &stratum, 1, s->high, scratch);
	for (int k = 0; k < MC_METRIC_COUNT; k++)
		s->ci[k][0] = s->ci[k][1] = (double)NAN;
	if (s->n > 1)
		r = mc_strata_metrics_ci(s->ci, &stratum, 1, s->high, resamples, e);
	s->metric[MC_METRIC_GAP] /= range > 0 ? range : (double)NAN;
	for (int side = 0; side < 2; side++)
		s->ci[MC_METRIC_GAP][side] /= range > 0 ? range : (double)NAN;
	for (size_t k = 0; k < s->n; k++)
		s->scaled[k] = range > 0 ? (s->scaled[k] - s->low) / range : 0;
	return r;
}

static void set_ranks(struct mc_scores *ss)
{
	for (size_t i = 0; i < ss->n; i++) {
		ss->score[i].rank = 1;
		for (size_t k = 0; k < ss->n; k++)
			ss->score[i].rank += strcmp(ss->score[i].task, ss->score[k].task) == 0 &&
			    ss->score[k].metric[MC_METRIC_MEAN] > ss->score[i].metric[MC_METRIC_MEAN];
	}
}

/* Is this the first run of its task (and label)? */
static int is_first(const struct mc_runs *rs, size_t i, int label)
{
	for (size_t k = 0; k < i; k++)
		if (label ? same(&rs->run[k], &rs->run[i]) : strcmp(rs->run[k].task, rs->run[i].task) == 0)
			return 0;
	return 1;
}

/* The score of runs like number `first`; its arrays begin at *used of the block's. */
static int add_score(struct mc_scores *ss, const struct mc_runs *rs, size_t first, double last, uint64_t *seeds,
    double *finals, size_t *used, struct mc_err *e)
{
	struct mc_score *s = &ss->score[ss->n++];

	*s = (struct mc_score){ .task = rs->run[first].task, .label = rs->run[first].label,
		.seed = seeds + *used, .final = finals + *used, .scaled = finals + rs->n + *used };
	for (size_t i = first; i < rs->n; i++)
		if (same(&rs->run[i], &rs->run[first]) && insert(s, &rs->run[i], last, e) < 0)
			return -1;
	*used += s->n;
	return 0;
}

static int make(struct mc_scores *ss, const struct mc_runs *rs, const struct mc_scoring *how, const struct mc_scales *scales,
    struct mc_err *e)
{
	const size_t n = rs->n, each = sizeof *ss->score + sizeof(uint64_t) + 3 * sizeof(double);
	uint64_t *seeds;
	double *finals;
	size_t used = 0;

	*ss = (struct mc_scores){ .resamples = how->resamples, .block = calloc(n + 1, each) };
	if (ss->block == NULL)
		return mc_err_nomem(e, "scores", (n + 1) * each);
	ss->score = ss->block;
	seeds = (uint64_t *)(ss->score + n);
	finals = (double *)(seeds + n); /* then as many scaled, and n + 1 to work with */
	for (size_t t = 0; t < n; t++) {
		const size_t first = ss->n;

		if (!is_first(rs, t, 0))
			continue;
		for (size_t i = t; i < n; i++)
			if (strcmp(rs->run[i].task, rs->run[t].task) == 0 && is_first(rs, i, 1) &&
			    add_score(ss, rs, i, how->last, seeds, finals, &used, e) < 0)
				return -1;
		set_scale(ss, first, rs, scales);
	}
	if (mc_runs_check_scales(rs, scales, e) < 0)
		return -1;
	for (size_t i = 0; i < ss->n; i++)
		if (summarise(&ss->score[i], finals + 2 * n, ss->resamples, e) < 0)
			return -1;
	set_ranks(ss);
	return 0;
}

int mc_scores_make(struct mc_scores *ss, const struct mc_runs *rs, const struct mc_scoring *how, struct mc_err *e)
{
	struct mc_scales scales;
	int r;

	*ss = (struct mc_scores){ 0 };
	r = mc_scales_parse(&scales, how->scale, e);
	r = r < 0 ? r : make(ss, rs, how, &scales, e);
	mc_scales_release(&scales);
	return r;
}

void mc_scores_release(struct mc_scores *ss)
{
	free(ss->block);
	memset(ss, 0, sizeof *ss);
}

int mc_scores_begins_task(const struct mc_scores *ss, size_t i)
{
	return i == 0 || strcmp(ss->score[i].task, ss->score[i - 1].task) != 0;
}

const struct mc_score *mc_scores_find(const struct mc_scores *ss, const char *task, const char *label)
{
	for (size_t i = 0; i < ss->n; i++)
		if (strcmp(ss->score[i].task, task) == 0 && strcmp(ss->score[i].label, label) == 0)
			return &ss->score[i];
	return NULL;
}

/* The final return of a seed: 1, or 0 if there is none. */
static int find_final(double *final, const struct mc_score *s, uint64_t seed)
{
	for (size_t k = 0; k < s->n; k++)
		if (s->seed[k] == seed) {
			*final = s->final[k];
			return 1;
		}
	return 0;
}

size_t mc_scores_contrast(double *d, const struct mc_score *const *s, const double *weight, size_t n)
{
	size_t pairs = 0;

	for (size_t k = 0; k < s[0]->n; k++) {
		double sum = weight[0] * s[0]->final[k], final;
		size_t i = 1;

		for (; i < n && find_final(&final, s[i], s[0]->seed[k]); i++)
			sum += weight[i] * final;
		if (i == n)
			d[pairs++] = sum;
	}
	return pairs;
}

double mc_scores_mean_rank(const struct mc_scores *ss, const char *label)
{
	double sum = 0;
	size_t tasks = 0;

	for (size_t i = 0; i < ss->n; i++) {
		const struct mc_score *s;

		if (!mc_scores_begins_task(ss, i))
			continue;
		s = mc_scores_find(ss, ss->score[i].task, label);
		if (s == NULL)
			return (double)NAN;
		sum += (double)s->rank;
		tasks++;
	}
	return sum / (double)tasks;
}
