#include "mc_draw_pareto.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "mc_grow.h"
#include "mc_json_in.h"
#include "mc_likeness.h"
#include "mc_plot.h"
#include "mc_settings.h"
#include "mc_stat.h"

enum { LINE_MAX_BYTES = 1 << 20, ENOUGH = 5 };

enum { SETTINGS = 4096 };

/* A line of mc-eval --json: one team, measured as it was trained or under an intervention. */
struct measured {
	char task[64];
	char method[192];      /* and what was changed: "meta, comm none" */
	char row[224];         /* that and the cost: those of one row are one point */
	double cost, ret, se, requests, episodes;
	double seed, trained, eval_seed; /* NaN: it does not say */
	char *settings;        /* mc_settings.h; what mc-eval evaluated in belongs to it */
};

/* What is read of a line before it is one. */
struct reading {
	struct measured m;
	char comm[16], prey[16], changes[128], settings[SETTINGS];
	int script;            /* a script's: its own requests change nothing */
	int touched;           /* mc-eval measured it untouched as well */
	size_t used;           /* of settings */
};

/* The teams of one task, method and cost. */
struct point {
	const struct measured *first;
	size_t runs;
	double x, y, xlo, xhi, lo, hi;
};

struct pareto {
	const char *by;           /* settings that tell lines apart too, or NULL */
	struct measured *m;
	size_t n, room;
	struct point *point;      /* [points <= n] by task and method, in the order of their first, then by cost */
	size_t points;
	/* the figure's */
	double *x, *y, *lo, *hi, *xlo, *xhi; /* [points] */
	char (*label)[32];        /* [points] */
	const char **labels;      /* [points] */
	struct mc_line *line;     /* [points] */
	struct mc_points *of;     /* [points] */
	const char **panel;       /* [points] */
};

/* ---- reading ---- */

static void set_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%.*s", (int)size - 1, text);
}

/* "path=value" */
static void add_setting(struct reading *x, const char *path, const char *text, double number)
{
	const size_t left = sizeof x->settings - x->used;
	const int n = text ? snprintf(x->settings + x->used, left, "%s=%s\n", path, text)
	    : snprintf(x->settings + x->used, left, "%s=%.9g\n", path, number);

	if (n > 0 && (size_t)n < left)
		x->used += (size_t)n;
	else
		x->settings[x->used] = '\0';
}

/* ", drop 0.5" */
static void add_change(struct reading *x, const char *name, const char *text, double number)
{
	const size_t used = strlen(x->changes), left = sizeof x->changes - used;

	if (text)
		snprintf(x->changes + used, left, ", %s %.40s", name, text);
	else
		snprintf(x->changes + used, left, ", %s %g", name, number);
}

static void take(void *ctx, const char *key, const char *text, double number)
{
	static const char *const change[] = { "drop", "message", "answer", "cut", "mute", "max_edges" };
	struct reading *x = ctx;
	struct measured *m = &x->m;
	const struct { const char *key; double *to; } known[] = {
		{ "edge_cost", &m->cost }, { "return_mean", &m->ret }, { "return_se", &m->se },
		{ "requests_per_step", &m->requests }, { "episodes", &m->episodes }, { "seed", &m->seed },
		{ "trained_episodes", &m->trained }, { "eval_seed", &m->eval_seed },
	};

	if (strncmp(key, "settings.", 9) == 0)
		add_setting(x, key + 9, text, number);
	else if (text && strcmp(key, "task") == 0)
		set_text(m->task, sizeof m->task, text);
	else if (text && strcmp(key, "method") == 0)
		set_text(m->method, 64, text);
	else if (text && strcmp(key, "comm") == 0)
		set_text(x->comm, sizeof x->comm, text);
	else if (text && strcmp(key, "prey") == 0)
		set_text(x->prey, sizeof x->prey, text);
	else if (text && strcmp(key, "greedy") == 0 && strcmp(text, "true") == 0)
		add_change(x, "greedy", "decisions", 0);
	else if (text && strcmp(key, "script") == 0)
		x->script = strcmp(text, "true") == 0;
	else if (strcmp(key, "untouched_return_mean") == 0)
		x->touched = 1;
	for (size_t i = 0; i < sizeof change / sizeof *change; i++)
		if (strcmp(key, change[i]) == 0)
			add_change(x, key, text, number);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(key, known[i].key) == 0)
			*known[i].to = number;
}

/* Were other requests made than the team's own? */
static int is_other_comm(const struct reading *x)
{
	const char *method = x->m.method, *own = strcmp(method, "none") == 0 || strcmp(method, "full") == 0 ? method : "learned";

	if (x->script)
		return x->touched && strcmp(x->comm, "scripted") != 0;
	return x->comm[0] && strcmp(x->comm, own) != 0;
}

/* What was changed of the team is another line; how it was measured belongs to what must be alike. */
static int complete(struct reading *x, const char *by, struct mc_err *e)
{
	struct measured *m = &x->m;
	char value[96];
	size_t used;

	if (is_other_comm(x))
		add_change(x, "comm", x->comm, 0);
	if (x->prey[0] && mc_settings_find(x->settings, "prey", value, sizeof value) && strcmp(x->prey, value) != 0)
		add_change(x, "prey", x->prey, 0);
	if (isfinite(m->episodes))
		add_setting(x, "eval_episodes", NULL, m->episodes);
	if (isfinite(m->eval_seed))
		add_setting(x, "eval_seed", NULL, m->eval_seed);
	m->settings = strdup(x->settings);
	if (m->settings == NULL)
		return mc_err_nomem(e, "settings", x->used);
	used = strlen(m->method);
	snprintf(m->method + used, sizeof m->method - used, "%s", x->changes);
	mc_likeness_label(m->method, sizeof m->method, &(struct mc_subject){ .settings = m->settings, .episodes = (int64_t)m->trained }, by);
	snprintf(m->row, sizeof m->row, "%s, cost %g", m->method, m->cost);
	return 0;
}

static int add(struct pareto *x, const char *line, size_t n, const char *place, long number, struct mc_err *e)
{
	struct reading r = { .m = { .cost = 0, .ret = (double)NAN, .se = (double)NAN, .requests = (double)NAN, .episodes = (double)NAN,
		.seed = (double)NAN, .trained = (double)NAN, .eval_seed = (double)NAN } };
	const long wrong = mc_json_members(line, n, take, &r);
	const struct measured *m = &r.m;
	struct measured *grown;

	if (wrong >= 0)
		return mc_err_set(e, MC_DATA, place, -1, "mc-eval --json writes what this reads", "line %ld is not a JSON object: byte %ld",
		    number, wrong);
	if (!m->task[0] || !m->method[0] || !isfinite(m->ret) || !isfinite(m->requests) || !isfinite(m->cost))
		return mc_err_set(e, MC_DATA, place, -1, "mc-eval --json writes what this reads",
		    "line %ld has no task, method, return_mean and requests_per_step", number);
	grown = mc_grow(x->m, x->n + 1, &x->room, sizeof *grown, "measurements", e);
	if (grown == NULL)
		return -1;
	x->m = grown;
	if (complete(&r, x->by, e) < 0)
		return -1;
	x->m[x->n++] = r.m;
	return 0;
}

static int read_lines(struct pareto *x, FILE *from, const char *place, struct mc_err *e)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = 0;

	for (long number = 1; r == 0 && (n = getline(&line, &room, from)) > 0; number++) {
		if (n > LINE_MAX_BYTES)
			r = mc_err_set(e, MC_DATA, place, -1, NULL, "line %ld has more than %d bytes", number, LINE_MAX_BYTES);
		else if (line[strspn(line, " \t\r\n")])
			r = add(x, line, (size_t)n, place, number, e);
	}
	if (r == 0 && ferror(from))
		r = mc_err_errno(e, MC_IOERR, place, NULL, "cannot read");
	free(line);
	return r;
}

static int read_file(struct pareto *x, const char *file, struct mc_err *e)
{
	if (strcmp(file, "-") == 0)
		return read_lines(x, stdin, "<stdin>", e);
	FILE *from = fopen(file, "re");

	if (from == NULL)
		return mc_err_errno(e, MC_NOINPUT, file, NULL, "cannot open");
	const int r = read_lines(x, from, file, e);

	fclose(from);
	return r;
}

static int read_all(struct pareto *x, int files, char **file, struct mc_err *e)
{
	if (files == 0 && isatty(STDIN_FILENO))
		return mc_usage(e, NULL, "see mc-plot --help", "no file given");
	if (files == 0)
		return read_file(x, "-", e);
	for (int i = 0; i < files; i++)
		if (read_file(x, file[i], e) < 0)
			return -1;
	return 0;
}

/* ---- what counts ---- */

static uint32_t print_of(const struct measured *m)
{
	const double v[] = { m->ret, m->requests };

	return (uint32_t)crc32(0, (const unsigned char *)v, sizeof v);
}

/* Teams that say who they are: each counts once, and what makes those of a point different is said. */
static int settle(struct pareto *x, struct mc_err *e)
{
	struct mc_subject *s = calloc(x->n + 1, sizeof *s + 1);
	unsigned char *again = (unsigned char *)(s + x->n);
	char note[MC_LIKENESS_NOTE];
	size_t known = 0, kept = 0;
	int r;

	if (s == NULL)
		return mc_err_nomem(e, "measurements", x->n * sizeof *s);
	for (size_t i = 0; i < x->n; i++)
		if (isfinite(x->m[i].seed))
			s[known++] = (struct mc_subject){ x->m[i].task, x->m[i].row, (uint64_t)x->m[i].seed, x->m[i].settings,
				isfinite(x->m[i].trained) ? (int64_t)x->m[i].trained : -1, print_of(&x->m[i]) };
	r = mc_likeness_check(s, known, x->by, 0, again, note, e);
	for (size_t i = 0, k = 0; r == 0 && i < x->n; i++) {
		if (isfinite(x->m[i].seed) && again[k++])
			free(x->m[i].settings);
		else
			x->m[kept++] = x->m[i];
	}
	x->n = r == 0 ? kept : x->n;
	if (r == 0 && note[0])
		fprintf(stderr, "mc-plot: %s\n", note);
	free(s);
	return r;
}

/* ---- points ---- */

static int same_line(const struct measured *a, const struct measured *b)
{
	return strcmp(a->task, b->task) == 0 && strcmp(a->method, b->method) == 0;
}

static int is_same(const struct measured *a, const struct measured *b)
{
	return same_line(a, b) && !(a->cost < b->cost) && !(a->cost > b->cost);
}

/* Mean of v[n] and its bar: of one team what its episodes leave open, else of the runs. */
static int combine(double *v, size_t n, double open, double *mean, double *lo, double *hi, struct mc_err *e)
{
	double ci[2];

	*mean = mc_stat_mean(v, n);
	mc_stat_sort(v, n);
	*lo = n > 1 ? v[0] : *mean - open;
	*hi = n > 1 ? v[n - 1] : *mean + open;
	if (n < ENOUGH)
		return 0;
	if (mc_stat_bootstrap(ci, MC_STAT_MEAN, v, n, MC_STAT_RESAMPLES, 1, e) < 0)
		return -1;
	*lo = ci[0];
	*hi = ci[1];
	return 0;
}

/* The point that measurement number `first` begins. */
static int make_point(const struct pareto *x, size_t first, struct point *p, struct mc_err *e)
{
	const double se = x->m[first].se;
	double *v = calloc(2 * x->n, sizeof *v);
	int r;

	if (v == NULL)
		return mc_err_nomem(e, "points", 2 * x->n * sizeof *v);
	*p = (struct point){ .first = &x->m[first] };
	for (size_t i = first; i < x->n; i++)
		if (is_same(&x->m[first], &x->m[i])) {
			v[p->runs] = x->m[i].requests;
			v[x->n + p->runs++] = x->m[i].ret;
		}
	r = combine(v, p->runs, 0, &p->x, &p->xlo, &p->xhi, e);
	r = r < 0 ? r : combine(v + x->n, p->runs, isfinite(se) ? 1.96 * se : 0, &p->y, &p->lo, &p->hi, e);
	free(v);
	return r;
}

static int is_first(const struct pareto *x, size_t i, int same(const struct measured *a, const struct measured *b))
{
	for (size_t k = 0; k < i; k++)
		if (same(&x->m[k], &x->m[i]))
			return 0;
	return 1;
}

static int by_cost(const void *a, const void *b)
{
	const double x = ((const struct point *)a)->first->cost, y = ((const struct point *)b)->first->cost;

	return (x > y) - (x < y);
}

static int make_points(struct pareto *x, struct mc_err *e)
{
	x->point = calloc(x->n, sizeof *x->point);
	if (x->point == NULL)
		return mc_err_nomem(e, "points", x->n * sizeof *x->point);
	for (size_t i = 0; i < x->n; i++) {
		const size_t from = x->points;

		if (!is_first(x, i, same_line))
			continue;
		for (size_t k = i; k < x->n; k++)
			if (same_line(&x->m[i], &x->m[k]) && is_first(x, k, is_same) &&
			    make_point(x, k, &x->point[x->points++], e) < 0)
				return -1;
		qsort(x->point + from, x->points - from, sizeof *x->point, by_cost);
	}
	return 0;
}

/* ---- the picture ---- */

static void write_caption(char *out, size_t size, const struct pareto *x, int priced)
{
	size_t fewest = x->point[0].runs, most = fewest;
	char point[128];

	for (size_t i = 1; i < x->points; i++) {
		fewest = x->point[i].runs < fewest ? x->point[i].runs : fewest;
		most = x->point[i].runs > most ? x->point[i].runs : most;
	}
	if (most == 1)
		snprintf(point, sizeof point, "point: one run, bars: 95 %% interval over %.0f episodes", x->m[0].episodes);
	else if (fewest == most)
		snprintf(point, sizeof point, "point: mean of %zu runs, bars: %s", most,
		    most < ENOUGH ? "minimum to maximum" : "95 % bootstrap interval of the mean");
	else
		snprintf(point, sizeof point, "point: mean of %zu to %zu runs, bars: minimum to maximum, from %d runs 95 %% "
		    "bootstrap interval of the mean", fewest, most, ENOUGH);
	snprintf(out, size, "%s%s", point, priced ? "; number: cost of all edges in a step" : "");
}

static int allocate(struct pareto *x, struct mc_err *e)
{
	const size_t n = x->points;

	x->x = calloc(6 * n, sizeof *x->x);
	x->label = calloc(n, sizeof *x->label);
	x->labels = calloc(n, sizeof *x->labels);
	x->line = calloc(n, sizeof *x->line);
	x->of = calloc(n, sizeof *x->of);
	x->panel = calloc(n, sizeof *x->panel);
	if (!x->x || !x->label || !x->labels || !x->line || !x->of || !x->panel)
		return mc_err_nomem(e, "figure", n * sizeof *x->line);
	x->y = x->x + n;
	x->lo = x->y + n;
	x->hi = x->lo + n;
	x->xlo = x->hi + n;
	x->xhi = x->xlo + n;
	return 0;
}

static size_t panel_of(struct pareto *x, size_t *panels, const char *task)
{
	size_t i;

	for (i = 0; i < *panels; i++)
		if (strcmp(x->panel[i], task) == 0)
			return i;
	x->panel[(*panels)++] = task;
	return i;
}

/* One line for each task and method; the number beside a point is its cost, where learning had one. */
static int fill(struct pareto *x, struct mc_figure *f)
{
	int priced = 0;

	for (size_t i = 0; i < x->points; i++) {
		const struct point *p = &x->point[i];
		const struct measured *m = p->first;
		const int more = i > 0 && same_line(x->point[i - 1].first, m);
		const int chooses = strncmp(m->method, "none", 4) != 0 && strncmp(m->method, "full", 4) != 0;

		x->x[i] = p->x;
		x->y[i] = p->y;
		x->lo[i] = p->lo;
		x->hi[i] = p->hi;
		x->xlo[i] = p->xlo;
		x->xhi[i] = p->xhi;
		x->labels[i] = x->label[i];
		if (chooses && (m->cost > 0 || (i + 1 < x->points && same_line(m, x->point[i + 1].first)))) {
			snprintf(x->label[i], sizeof *x->label, "%g", m->cost);
			priced = 1;
		}
		if (!more) {
			x->line[f->lines] = (struct mc_line){ .name = m->method, .panel = panel_of(x, &f->page.panels, m->task),
				.x = x->x + i, .y = x->y + i, .lo = x->lo + i, .hi = x->hi + i };
			x->of[f->lines++] = (struct mc_points){ x->xlo + i, x->xhi + i, x->labels + i };
		}
		x->line[f->lines - 1].n++;
	}
	return priced;
}

static int draw(struct pareto *x, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct mc_figure f = { .page = { .title = o->title, .xlabel = "requests per environment step",
		.ylabel = "episodic return" }, .xunit = 1, .ymin = (double)NAN, .ymax = (double)NAN };
	char caption[256];

	if (allocate(x, e) < 0)
		return -1;
	write_caption(caption, sizeof caption, x, fill(x, &f));
	f.page.caption = caption;
	f.line = x->line;
	f.points = x->of;
	f.page.panel = x->panel;
	return mc_figure_put(&f, &o->picture, e);
}

int mc_draw_pareto(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	struct pareto x = { .by = o->by };
	int r = read_all(&x, files, file, e);

	if (r == 0 && x.n == 0)
		r = mc_err_set(e, MC_DATA, NULL, -1, "mc-eval --json writes what this reads", "nothing was measured in these files");
	r = r < 0 ? r : settle(&x, e);
	if (r == 0)
		r = make_points(&x, e);
	if (r == 0)
		r = draw(&x, o, e);
	for (size_t i = 0; i < x.n; i++)
		free(x.m[i].settings);
	free(x.m);
	free(x.point);
	free(x.x);
	free(x.label);
	free(x.labels);
	free(x.line);
	free(x.of);
	free(x.panel);
	return r;
}
