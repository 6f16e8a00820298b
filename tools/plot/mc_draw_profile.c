#include "mc_draw_profile.h"

#include <math.h>
#include <stdlib.h>

#include "mc_scores.h"
#include "mc_across.h"
#include "mc_plot.h"
#include "mc_text.h"

struct profiles {
	struct mc_across *of;    /* [panels] what is drawn in each */
	const char **panel;
	size_t panels;
	struct mc_line *line;
	size_t lines;
	double x[MC_PROFILE];
	double (*band)[2][MC_PROFILE]; /* [lines] low, high */
};

/* ---- what is drawn ---- */

/* The methods of one task, or those of all (NULL). */
static int measure(struct profiles *p, const struct mc_scores *ss, const char *task, struct mc_err *e)
{
	struct mc_across *o = &p->of[p->panels];

	p->panel[p->panels++] = task ? task : "all tasks";
	if (mc_across_make(o, ss, task, e) < 0)
		return -1;
	p->lines += o->n;
	return 0;
}

static int measure_all(struct profiles *p, const struct mc_scores *ss, struct mc_err *e)
{
	p->of = calloc(ss->n + 1, sizeof *p->of);
	p->panel = calloc(ss->n + 1, sizeof *p->panel);
	if (p->of == NULL || p->panel == NULL)
		return mc_err_nomem(e, "figure", (ss->n + 1) * sizeof *p->of);
	for (size_t i = 0; i < ss->n; i++) {
		if (!mc_scores_begins_task(ss, i))
			continue;
		if (!(ss->score[i].high > ss->score[i].low))
			return mc_err_set(e, MC_DATA, NULL, -1, "give one by --scale, or leave the task out",
			    "%s: all final returns are the same: there is no scale", ss->score[i].task);
		if (measure(p, ss, ss->score[i].task, e) < 0)
			return -1;
	}
	if (p->panels > 1 && measure(p, ss, NULL, e) < 0)
		return -1;
	p->panels -= p->of[p->panels - 1].n == 0; /* no method is in all tasks */
	return 0;
}

static void add_line(struct profiles *p, size_t panel, const struct mc_across_of *of)
{
	struct mc_line *l = &p->line[p->lines];
	double (*band)[MC_PROFILE] = p->band[p->lines++];

	*l = (struct mc_line){ .name = of->label, .panel = panel, .n = MC_PROFILE, .x = p->x, .y = of->profile };
	if (isnan(of->profile_ci[0][0]))
		return;
	for (size_t k = 0; k < MC_PROFILE; k++) {
		band[0][k] = of->profile_ci[k][0];
		band[1][k] = of->profile_ci[k][1];
	}
	l->lo = band[0];
	l->hi = band[1];
}

static int make_lines(struct profiles *p, struct mc_err *e)
{
	p->line = calloc(p->lines, sizeof *p->line);
	p->band = calloc(p->lines, sizeof *p->band);
	if (p->line == NULL || p->band == NULL)
		return mc_err_nomem(e, "figure", p->lines * sizeof *p->band);
	for (size_t k = 0; k < MC_PROFILE; k++)
		p->x[k] = mc_profile_at(k);
	p->lines = 0;
	for (size_t i = 0; i < p->panels; i++)
		for (size_t k = 0; k < p->of[i].n; k++)
			add_line(p, i, &p->of[i].of[k]);
	return 0;
}

/* ---- in words ---- */

static int any_by(const struct mc_scores *ss, enum mc_scaled_by by)
{
	for (size_t i = 0; i < ss->n; i++)
		if (ss->score[i].by == by)
			return 1;
	return 0;
}

static void write_caption(FILE *to, const struct mc_scores *ss, const struct mc_draw_opts *o, int several)
{
	char runs[64];
	const size_t most = mc_draw_write_runs(runs, sizeof runs, ss);
	const char *before = "";

	fprintf(to, "final return: mean over the last %g %% of a run's episodes; scaled: 0 and 1 are ", o->last);
	for (size_t i = 0; i < ss->n; i++) {
		if (!mc_scores_begins_task(ss, i))
			continue;
		fprintf(to, "%s%.6g and %.6g in %s", before, ss->score[i].low, ss->score[i].high, ss->score[i].task);
		before = ", ";
	}
	fputs(o->scale ? "; " : any_by(ss, MC_BY_YARDSTICK) ? any_by(ss, MC_BY_RUNS) ? ", floor and ceiling, or where these are not known "
	    "the lowest and highest of its runs; " : ", floor and ceiling; " : ", the lowest and highest of its runs; ", to);
	if (most == 1)
		fputs("one run each", to);
	else
		fprintf(to, "line: share of %s%s, band: its 95 %% stratified bootstrap interval (%ld resamples)", runs,
		    several ? " in each task" : "", o->resamples);
}

static int draw(const struct mc_scores *ss, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct profiles p = { 0 };
	struct mc_text caption;
	char *words = NULL;
	size_t len;
	int r = measure_all(&p, ss, e);

	r = r < 0 ? r : make_lines(&p, e);
	r = r < 0 ? r : mc_text_open(&caption, e);
	if (r == 0) {
		write_caption(caption.to, ss, o, p.panels > 1);
		r = mc_text_take(&caption, &words, &len, e);
	}
	if (r == 0) {
		const struct mc_figure f = { .page = { .title = o->title, .caption = words, .xlabel = "scaled final return",
			.ylabel = "share of runs above it", .panel = p.panel, .panels = p.panels }, .xunit = 1,
			.ymin = -0.02, .ymax = 1.02, /* so that a line at 0 or 1 is whole */
			.edges = 1, .line = p.line, .lines = p.lines };

		r = mc_figure_put(&f, &o->picture, e);
	}
	for (size_t i = 0; p.of && i <= ss->n; i++)
		mc_across_release(&p.of[i]);
	free(words);
	free(p.of);
	free(p.panel);
	free(p.line);
	free(p.band);
	return r;
}

int mc_draw_profile(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	return mc_draw_finals(o, files, file, draw, e);
}
