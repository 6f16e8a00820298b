#include "mc_draw_bars.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_scores.h"
#include "mc_intervals.h"

static void write_caption(char *out, size_t size, const struct mc_scores *ss, double percent)
{
	char runs[64];
	int n = snprintf(out, size, "final return: mean over the last %g %% of a run's episodes; ", percent);

	if (mc_draw_write_runs(runs, sizeof runs, ss) == 1)
		snprintf(out + n, size - (size_t)n, "one run each");
	else
		snprintf(out + n, size - (size_t)n, "point: interquartile mean of %s, bar: its 95 %% bootstrap interval, "
		    "circles: runs", runs);
}

/* Of each panel the points in the legend's order, like the colours. */
static int arrange(struct mc_intervals *b, struct mc_interval *bar, struct mc_err *e)
{
	struct mc_interval *given = calloc(b->n, sizeof *given);
	struct mc_legend l = { NULL, 0 };
	size_t n = 0;
	int r = given ? mc_legend_make(&l, bar, sizeof *bar, b->n, e) : mc_err_nomem(e, "figure", b->n * sizeof *given);

	for (size_t i = 0; r == 0 && i < b->n; i++)
		given[i] = bar[i];
	for (size_t p = 0; r == 0 && p < b->page.panels; p++)
		for (size_t k = 0; k < l.n; k++)
			for (size_t i = 0; i < b->n; i++)
				if (given[i].panel == p && strcmp(given[i].name, l.entry[k].name) == 0)
					bar[n++] = given[i];
	mc_legend_release(&l);
	free(given);
	return r;
}

static int draw(const struct mc_scores *ss, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct mc_interval *bar = calloc(ss->n, sizeof *bar);
	const char **task = calloc(ss->n, sizeof *task);
	struct mc_intervals b = { .page = { .title = o->title, .xlabel = "", .ylabel = "final return", .panel = task }, .of = bar,
		.n = ss->n };
	char caption[256];
	int r;

	if (bar == NULL || task == NULL) {
		r = mc_err_nomem(e, "figure", ss->n * sizeof *bar);
	} else {
		for (size_t i = 0; i < ss->n; i++) { /* those of a task follow each other */
			const struct mc_score *s = &ss->score[i];

			if (mc_scores_begins_task(ss, i))
				task[b.page.panels++] = s->task;
			bar[i] = (struct mc_interval){ s->label, b.page.panels - 1, s->metric[MC_METRIC_IQM],
				s->ci[MC_METRIC_IQM][0], s->ci[MC_METRIC_IQM][1], s->final, s->n };
		}
		write_caption(caption, sizeof caption, ss, o->last);
		b.page.caption = caption;
		r = arrange(&b, bar, e);
		r = r < 0 ? r : mc_intervals_put(&b, &o->picture, e);
	}
	free(bar);
	free(task);
	return r;
}

int mc_draw_bars(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	return mc_draw_finals(o, files, file, draw, e);
}
