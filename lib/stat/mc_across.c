#include "mc_across.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Is this score the first of a task that counts? */
static int begins_task(const struct mc_scores *ss, size_t i, const char *task)
{
	return mc_scores_begins_task(ss, i) && (task == NULL || strcmp(ss->score[i].task, task) == 0);
}

/* A method's runs in every task, in the order of the tasks: 1, or 0 if one has none, or no scale. */
static int gather(struct mc_stratum *s, const struct mc_scores *ss, const char *task, const char *label, size_t *runs)
{
	size_t n = 0;

	*runs = 0;
	for (size_t i = 0; i < ss->n; i++) {
		const struct mc_score *x;

		if (!begins_task(ss, i, task))
			continue;
		x = mc_scores_find(ss, ss->score[i].task, label);
		if (x == NULL || !(x->high > x->low))
			return 0;
		s[n++] = (struct mc_stratum){ x->scaled, x->n };
		*runs += x->n;
	}
	return 1;
}

static void no_interval(double (*ci)[2], size_t n)
{
	for (size_t k = 0; k < n; k++)
		ci[k][0] = ci[k][1] = (double)NAN;
}

static int measure(struct mc_across_of *x, const struct mc_stratum *s, size_t tasks, size_t resamples,
    double *scratch, struct mc_err *e)
{
	mc_strata_metrics(x->metric, s, tasks, 1, scratch);
	mc_strata_profile(x->profile, s, tasks);
	no_interval(x->ci, MC_METRIC_COUNT);
	no_interval(x->profile_ci, MC_PROFILE);
	if (x->runs == tasks)
		return 0;
	return mc_strata_metrics_ci(x->ci, s, tasks, 1, resamples, e) < 0 ||
	    mc_strata_profile_ci(x->profile_ci, s, tasks, resamples, e) < 0 ? -1 : 0;
}

/* s: strata of both. */
static int compare(struct mc_improvement *x, const struct mc_across_of *a, const struct mc_across_of *b,
    const struct mc_stratum *s, size_t tasks, size_t resamples, struct mc_err *e)
{
	x->label = a->label;
	x->than = b->label;
	x->p = mc_strata_improvement(s, tasks);
	no_interval(&x->ci, 1);
	return a->runs + b->runs == 2 * tasks ? 0 : mc_strata_improvement_ci(x->ci, s, tasks, resamples, e);
}

static int measure_all(struct mc_across *o, const struct mc_scores *ss, const char *task, struct mc_stratum *s,
    double *scratch, struct mc_err *e)
{
	size_t runs;

	for (size_t i = 0; i < ss->n; i++) { /* the methods of the first task */
		struct mc_across_of *x = &o->of[o->n];

		if ((task && strcmp(ss->score[i].task, task) != 0) || (!task && strcmp(ss->score[i].task, ss->score[0].task) != 0) ||
		    !gather(s, ss, task, ss->score[i].label, &runs))
			continue;
		*x = (struct mc_across_of){ .label = ss->score[i].label, .runs = runs };
		if (measure(x, s, o->tasks, ss->resamples, scratch, e) < 0)
			return -1;
		o->n++;
	}
	for (size_t i = 0; i < o->n; i++)
		for (size_t k = i + 1; k < o->n; k++) {
			(void)gather(s, ss, task, o->of[i].label, &runs);
			(void)gather(s + o->tasks, ss, task, o->of[k].label, &runs);
			if (compare(&o->pair[o->pairs++], &o->of[i], &o->of[k], s, o->tasks, ss->resamples, e) < 0)
				return -1;
		}
	return 0;
}

int mc_across_make(struct mc_across *o, const struct mc_scores *ss, const char *task, struct mc_err *e)
{
	const size_t pairs = ss->n * ss->n / 2;
	const size_t bytes = ss->n * sizeof *o->of + pairs * sizeof *o->pair;
	size_t room = 1;
	struct mc_stratum *s;
	double *scratch;
	int r = -1;

	memset(o, 0, sizeof *o);
	for (size_t i = 0; i < ss->n; i++) {
		room += ss->score[i].n;
		o->tasks += begins_task(ss, i, task) != 0;
	}
	o->block = calloc(1, bytes + 1);
	s = calloc(2 * ss->n + 1, sizeof *s);
	scratch = calloc(room, sizeof *scratch);
	if (o->block == NULL || s == NULL || scratch == NULL) {
		mc_err_nomem(e, "scores", bytes + room * sizeof *scratch);
	} else {
		o->of = o->block;
		o->pair = (struct mc_improvement *)(o->of + ss->n);
		r = measure_all(o, ss, task, s, scratch, e);
	}
	free(s);
	free(scratch);
	return r;
}

void mc_across_release(struct mc_across *o)
{
	free(o->block);
	memset(o, 0, sizeof *o);
}
