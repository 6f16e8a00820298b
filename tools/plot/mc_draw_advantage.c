#include "mc_draw_advantage.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_advantage.h"
#include "mc_params.h"
#include "mc_plot.h"

enum { COLUMNS = 6, PANELS = 256, SERIES = 3 };

/* What was read. */
struct episodes {
	struct mc_advantage *a;    /* [n] */
	size_t n, seen;            /* kept, and all that there were */
	char run[160];             /* "push_N3, meta, seed 1": the first stream's */
	struct mc_arena arena;
};

/* ---- reading ---- */

static int note_run(struct episodes *x, const struct mc_map *header, struct mc_err *e)
{
	char task[64], method[16] = "";
	uint64_t seed;

	if (x->run[0])
		return 0;
	if (mc_map_str(header, "task", task, sizeof task, e) < 0 || mc_map_uint(header, "seed", &seed, e) < 0 ||
	    (mc_map_has(header, "method") && mc_map_str(header, "method", method, sizeof method, e) < 0))
		return -1;
	snprintf(x->run, sizeof x->run, "%s, %s%sseed %" PRIu64, task, method, method[0] ? ", " : "", seed);
	return 0;
}

static int keep(struct episodes *x, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct mc_advantage *a = &x->a[x->n];

	x->seen++;
	if (x->n == (size_t)o->episodes)
		return 0;
	if (mc_advantage_unpack(f, a, &x->arena, e) < 0)
		return -1;
	if (a->N != x->a[0].N)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "draw one after the other",
		    "episodes of %zu and of %zu agents", x->a[0].N, a->N);
	x->n++;
	return 0;
}

static int take(void *ctx, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct episodes *x = ctx;

	if (strcmp(f->type, "header") == 0)
		return note_run(x, &f->map, e);
	return strcmp(f->type, "advantage") == 0 ? keep(x, f, o, e) : 0;
}

/* ---- the figure ---- */

struct grid {
	size_t first, agents;      /* those who ask */
	size_t columns, rows;      /* rows for each of them: more than one where there are many to ask */
};

static int parse_agent(struct grid *g, const struct mc_draw_opts *o, size_t N, struct mc_err *e)
{
	char *end;
	const unsigned long i = strtoul(o->agent, &end, 10);

	g->first = 0;
	g->agents = N;
	if (strcmp(o->agent, "all") == 0)
		return 0;
	if (*end || end == o->agent || o->agent[0] == '-' || i >= N)
		return mc_usage(e, "--agent", NULL, "\"%s\" is neither all nor an agent from 0 to %zu", o->agent, N - 1);
	g->first = i;
	g->agents = 1;
	return 0;
}

static int lay_out(struct grid *g, const struct episodes *x, const struct mc_draw_opts *o, struct mc_err *e)
{
	const size_t d = x->a[0].d;

	if (parse_agent(g, o, x->a[0].N, e) < 0)
		return -1;
	g->rows = (d + COLUMNS - 1) / COLUMNS;
	g->columns = (d + g->rows - 1) / g->rows;
	if (x->n * g->agents * g->rows * g->columns > PANELS)
		return mc_usage(e, o->agent[0] == 'a' ? "--agent" : "--number", "draw one agent, or fewer episodes",
		    "that would be %zu panels, more than %d", x->n * g->agents * d, PANELS);
	return 0;
}

/* All that a figure points to. */
struct store {
	struct mc_line *line;
	double *x, *y;             /* y: [lines, T] */
	const char **panel, **row;
	char (*text)[48];
	size_t texts;
};

static char *put_name(struct store *s)
{
	return s->text[s->texts++];
}

static void add_line(struct mc_figure *f, struct store *s, const char *name, size_t panel, const struct mc_advantage *a,
    const mc_real *values, size_t stride, const uint8_t *live)
{
	double *y = s->y;

	if (values == NULL)
		return;
	for (size_t t = 0; t < a->T; t++)
		y[t] = live && !live[t * stride] ? (double)NAN : (double)values[t * stride];
	s->line[f->lines++] = (struct mc_line){ name, panel, a->T, s->x, y, NULL, NULL };
	s->y += a->T;
}

/* Agent i's row of episode a: a panel for each whom it can ask. */
static void add_row(struct mc_figure *f, struct store *s, const struct grid *g, const struct mc_advantage *a, size_t i)
{
	char *row = put_name(s);

	snprintf(row, sizeof *s->text, "episode %" PRId64, a->episode);
	for (size_t j = 0; j < g->rows * g->columns; j++) {
		const size_t panel = f->page.panels++, k = i * a->d + j, pairs = a->N * a->d;
		char *name = put_name(s);

		if (j % g->columns == 0)
			s->row[panel / g->columns] = row;
		if (j >= a->d)
			continue;
		snprintf(name, sizeof *s->text, "agent %zu asks %zu", i, mc_slot_agent(i, j));
		s->panel[panel] = name;
		add_line(f, s, "reinforce", panel, a, a->reinforce.normal, 1, NULL);
		if (a->initial.raw)
			add_line(f, s, "meta, initial rule", panel, a, a->initial.normal + k, pairs, a->m + k);
		add_line(f, s, "meta", panel, a, a->learned.normal + k, pairs, a->m + k);
	}
}

/* One scale for all panels: whole numbers around every value. */
static void set_range(struct mc_figure *f)
{
	f->ymin = -2;
	f->ymax = 2;
	for (size_t i = 0; i < f->lines; i++)
		for (size_t t = 0; t < f->line[i].n; t++)
			if (isfinite(f->line[i].y[t])) {
				f->ymin = fmin(f->ymin, floor(f->line[i].y[t]));
				f->ymax = fmax(f->ymax, ceil(f->line[i].y[t]));
			}
}

static void write_caption(char *out, size_t size, const struct episodes *x)
{
	const struct mc_advantage *a = &x->a[0];
	int n = snprintf(out, size, "%s, iteration %" PRId64, x->run, a->iteration);

	if (x->n == 1)
		n += snprintf(out + n, size - (size_t)n, ", episode %" PRId64, a->episode);
	if (x->seen > x->n && x->n == 1)
		n += snprintf(out + n, size - (size_t)n, ", the first of %zu", x->seen);
	else if (x->seen > x->n)
		n += snprintf(out + n, size - (size_t)n, ", the first %zu of %zu episodes", x->n, x->seen);
	snprintf(out + n, size - (size_t)n, "; %smeta: the learned rule's advantage of each request%s; all with zero "
	    "mean and unit deviation over an episode", a->reinforce.raw ? "reinforce: G - V, the same for all; " : "",
	    a->initial.raw ? ", as it is and as it began" : "");
}

static int make_store(struct store *s, const struct episodes *x, size_t panels, struct mc_err *e)
{
	size_t longest = 0;

	for (size_t k = 0; k < x->n; k++)
		longest = x->a[k].T > longest ? x->a[k].T : longest;
	s->line = calloc(panels * SERIES, sizeof *s->line);
	s->x = calloc(longest, sizeof *s->x);
	s->y = calloc(panels * SERIES, longest * sizeof *s->y);
	s->panel = calloc(panels, sizeof *s->panel);
	s->row = calloc(panels, sizeof *s->row);
	s->text = calloc(2 * panels, sizeof *s->text);
	if (!s->line || !s->x || !s->y || !s->panel || !s->row || !s->text)
		return mc_err_nomem(e, "figure", panels * SERIES * longest * sizeof *s->y);
	for (size_t t = 0; t < longest; t++)
		s->x[t] = (double)t;
	return 0;
}

static int draw(const struct episodes *x, const struct grid *g, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct store s = { 0 };
	char caption[512];
	struct mc_figure f = { .page = { .title = o->title, .caption = caption, .xlabel = "step",
		.ylabel = "normalised advantage", .columns = g->columns, .grid = 1 }, .xunit = 1, .zero = 1 };
	int r = make_store(&s, x, x->n * g->agents * g->rows * g->columns, e);
	double *y = s.y;

	if (r == 0) {
		f.line = s.line;
		f.page.panel = s.panel;
		f.page.row = x->n > 1 ? s.row : NULL;
		for (size_t k = 0; k < x->n; k++)
			for (size_t i = g->first; i < g->first + g->agents; i++)
				add_row(&f, &s, g, &x->a[k], i);
		set_range(&f);
		write_caption(caption, sizeof caption, x);
		r = mc_figure_put(&f, &o->picture, e);
	}
	free(s.line);
	free(s.x);
	free(y);
	free(s.panel);
	free(s.row);
	free(s.text);
	return r;
}

int mc_draw_advantages(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	struct episodes x = { .a = calloc((size_t)o->episodes, sizeof *x.a) };
	struct grid g;
	int r = -1;

	if (x.a == NULL)
		mc_err_nomem(e, "episodes", (size_t)o->episodes * sizeof *x.a);
	else if (mc_draw_read(o, files, file, take, &x, e) == 0) {
		if (x.n == 0)
			mc_err_set(e, MC_DATA, NULL, -1, "pipe it through mc-metalearn --analyse CKPT",
			    "there is no advantage in this stream");
		else if (lay_out(&g, &x, o, e) == 0)
			r = draw(&x, &g, o, e);
	}
	mc_arena_free(&x.arena);
	free(x.a);
	return r;
}
