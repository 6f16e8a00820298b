#include "mc_draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mc_curve.h"
#include "mc_frame.h"
#include "mc_plot.h"

enum {
	POINTS = 300,  /* of a curve: about one a pixel */
	MOST = 10000,  /* of whatever a header counts */
};

static int parse_band(const char *text, const struct mc_runs *rs, enum mc_band *band, struct mc_err *e)
{
	size_t fewest = 0;

	if (strcmp(text, "none") == 0)
		*band = MC_BAND_NONE;
	else if (strcmp(text, "range") == 0)
		*band = MC_BAND_RANGE;
	else if (strcmp(text, "bootstrap") == 0)
		*band = MC_BAND_BOOTSTRAP;
	else if (strcmp(text, "auto") != 0)
		return mc_usage(e, "--band", NULL, "\"%s\" is not auto, none, range or bootstrap", text);
	if (strcmp(text, "auto") != 0 || rs == NULL)
		return 0;
	for (size_t i = 0; i < rs->n; i++) { /* fewer than five runs tell too little for a bootstrap */
		size_t same = 0;

		for (size_t k = 0; k < rs->n; k++)
			same += strcmp(rs->run[i].task, rs->run[k].task) == 0 &&
			    strcmp(rs->run[i].label, rs->run[k].label) == 0;
		if (same > 1 && (fewest == 0 || same < fewest))
			fewest = same;
	}
	*band = fewest < 5 ? MC_BAND_RANGE : MC_BAND_BOOTSTRAP;
	return 0;
}

/* "3 runs", "3 to 5 runs" */
static void write_runs(char *out, size_t size, size_t fewest, size_t most)
{
	if (fewest == most)
		snprintf(out, size, "%zu runs", most);
	else
		snprintf(out, size, "%zu to %zu runs", fewest, most);
}

/* "moving average over 500 episodes; line: mean of 3 runs, band: minimum to maximum" */
static void write_caption(char *out, size_t size, const struct mc_curves *cs, enum mc_band band)
{
	size_t fewest = cs->curve[0].runs, most = fewest;
	int64_t shortest = cs->curve[0].window, longest = shortest;
	char runs[64];
	int n;

	for (size_t i = 1; i < cs->n; i++) {
		const struct mc_curve *c = &cs->curve[i];

		fewest = c->runs < fewest ? c->runs : fewest;
		most = c->runs > most ? c->runs : most;
		shortest = c->window < shortest ? c->window : shortest;
		longest = c->window > longest ? c->window : longest;
	}
	if (longest == 1)
		n = snprintf(out, size, "single episodes; ");
	else if (shortest == longest)
		n = snprintf(out, size, "moving average over %" PRId64 " episodes; ", longest);
	else
		n = snprintf(out, size, "moving average over %" PRId64 " to %" PRId64 " episodes; ", shortest, longest);
	if (most == 1) {
		snprintf(out + n, size - (size_t)n, cs->n > 1 ? "one run each" : "one run");
		return;
	}
	write_runs(runs, sizeof runs, fewest, most);
	snprintf(out + n, size - (size_t)n, "line: mean of %s%s", runs,
	    band == MC_BAND_NONE ? "" : band == MC_BAND_RANGE ? ", band: minimum to maximum"
	    : ", band: 95 % bootstrap interval of the mean");
}

static const char *y_label(const struct mc_series *s)
{
	switch (s->kind) {
	case MC_SERIES_RETURN:
		return "episodic return";
	case MC_SERIES_REQUESTS:
		return "requests per environment step";
	case MC_SERIES_EDGE_SHARE:
		return "share of edges used";
	case MC_SERIES_PRECISION:
		return "share of the requests made that are right";
	case MC_SERIES_RECALL:
		return "share of the right requests that are made";
	case MC_SERIES_METRIC:
		break;
	}
	return s->metric;
}

static size_t panel_of(const char **panel, size_t *panels, const char *task)
{
	size_t i;

	for (i = 0; i < *panels; i++)
		if (strcmp(panel[i], task) == 0)
			return i;
	panel[(*panels)++] = task;
	return i;
}

const char *mc_draw_steps_unit(double max, double *unit)
{
	*unit = max >= 1e6 ? 1e6 : max >= 2e3 ? 1e3 : 1;
	return max >= 1e6 ? "environment steps (millions)" : max >= 2e3 ? "environment steps (thousands)" : "environment steps";
}

static void choose_unit(struct mc_figure *f)
{
	double max = 0;

	for (size_t i = 0; i < f->lines; i++)
		if (f->line[i].n && f->line[i].x[f->line[i].n - 1] > max)
			max = f->line[i].x[f->line[i].n - 1];
	f->page.xlabel = mc_draw_steps_unit(max, &f->xunit);
}

static int draw_curves_of(const struct mc_curves *cs, const struct mc_series *what, const char *caption,
    const struct mc_draw_opts *o, struct mc_err *e)
{
	struct mc_line *line = calloc(cs->n, sizeof *line);
	const char **panel = calloc(cs->n, sizeof *panel);
	char label[sizeof what->metric + 16];
	struct mc_figure f = { .page = { .title = o->title, .caption = caption, .ylabel = label },
		.ymin = (double)NAN, .ymax = (double)NAN };
	int r = -1;

	snprintf(label, sizeof label, "%s%s", y_label(what), o->normalise ? ", normalised" : "");
	if (line == NULL || panel == NULL) {
		mc_err_nomem(e, "figure", cs->n * sizeof *line);
		goto done;
	}
	if (what->kind != MC_SERIES_RETURN && what->kind != MC_SERIES_METRIC && !o->normalise) {
		f.ymin = 0;
		f.ymax = what->kind == MC_SERIES_REQUESTS ? (double)NAN : 1;
	}
	for (size_t i = 0; i < cs->n; i++) {
		const struct mc_curve *c = &cs->curve[i];
		const int banded = c->runs > 1 && strcmp(o->band, "none") != 0;

		line[i] = (struct mc_line){ c->label, panel_of(panel, &f.page.panels, c->task), c->n, c->x, c->y,
			banded ? c->lo : NULL, banded ? c->hi : NULL };
	}
	f.line = line;
	f.lines = cs->n;
	f.page.panel = panel;
	choose_unit(&f);
	r = mc_figure_put(&f, &o->picture, e);
done:
	free(line);
	free(panel);
	return r;
}

static size_t count_points(const struct mc_curves *cs)
{
	size_t points = 0;

	for (size_t i = 0; i < cs->n; i++)
		points += cs->curve[i].n;
	return points;
}

static int no_episode(struct mc_err *e)
{
	return mc_err_set(e, MC_DATA, NULL, -1, "has the run just begun?", "no episode in these logs");
}

/* Why there is nothing to draw. */
static int nothing(const struct mc_runs *rs, const struct mc_series *what, struct mc_err *e)
{
	char there[sizeof e->hint - 8] = "there are return, requests, edge-share, precision, recall";
	int64_t episodes = 0;

	for (size_t i = 0; i < rs->n; i++)
		episodes += rs->run[i].episodes;
	if (episodes == 0)
		return no_episode(e);
	if (what->kind != MC_SERIES_METRIC)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL,
		    what->kind == MC_SERIES_EDGE_SHARE ? "no episode with an edge in these logs"
		    : what->kind == MC_SERIES_PRECISION || what->kind == MC_SERIES_RECALL ? "no episode whose right requests are known in these logs"
		    : "no number to draw in these logs");
	for (size_t i = 0; i < rs->metrics; i++) {
		const char *name = strchr(rs->metric[i], ':') + 1;
		const size_t used = strlen(there);

		if (used + 2 + strlen(name) + 5 >= sizeof there) {
			strcpy(there + used, ", ...");
			break;
		}
		snprintf(there + used, sizeof there - used, ", %s", name);
	}
	return mc_err_set(e, MC_USAGE, "--y", -1, there,
	    "no metric %s%s%s in these logs", what->program, what->program[0] ? ":" : "", what->metric);
}

/* No file is standard input. */
static int name_input(int *files, char ***file, char **standard_input, struct mc_err *e)
{
	if (*files > 0)
		return 0;
	if (isatty(STDIN_FILENO))
		return mc_usage(e, NULL, "see mc-plot --help", "no log given");
	*files = 1;
	*file = standard_input;
	return 0;
}

static void say_cut(const char *file, int64_t at)
{
	fprintf(stderr, "mc-plot: %s: still running, or cut, at %lld\n", strcmp(file, "-") == 0 ? "<stdin>" : file,
	    (long long)at);
}

/* Is there an episode in any of them? Without one nothing is drawn, and the error says so. */
static int any_episode(const struct mc_runs *rs)
{
	size_t i = 0;

	while (i < rs->n && rs->run[i].episodes == 0)
		i++;
	return i < rs->n;
}

/* Runs that are not alike are not taken together in silence. */
static int settle(struct mc_runs *rs, const struct mc_reading *how, size_t n, const struct mc_draw_opts *o, struct mc_err *e)
{
	char note[MC_LIKENESS_NOTE];

	if (mc_runs_settle(rs, n, how, note, e) < 0)
		return -1;
	if (o->watch)
		memcpy(o->watch->note, note, sizeof note);
	else if (note[0] && any_episode(rs))
		fprintf(stderr, "mc-plot: %s\n", note);
	return 0;
}

int mc_draw_read_runs(struct mc_runs *rs, const struct mc_reading *how, size_t n, const struct mc_draw_opts *o, int files,
    char **file, struct mc_err *e)
{
	char name[] = "-", *standard_input[] = { name };

	if (how->named && files == 0)
		return mc_usage(e, "--named", NULL, "which logs? NAME=LOG, or NAME=- for standard input");
	if (name_input(&files, &file, standard_input, e) < 0)
		return -1;
	for (int i = 0; i < files; i++) {
		const size_t before = rs->n;

		if (mc_runs_read_each(rs, how, n, file[i], e) < 0)
			return -1;
		for (size_t k = before; k < rs->n; k++) {
			if (o->watch) {
				o->watch->running |= rs->run[k].cut >= 0;
				o->watch->episodes += rs->run[k].episodes;
			} else if (rs->run[k].cut >= 0) {
				say_cut(file[i], rs->run[k].cut);
			}
		}
	}
	if (o->watch)
		o->watch->running |= rs->waiting > 0;
	return settle(rs, how, n, o, e);
}

int mc_draw_finals(const struct mc_draw_opts *o, int files, char **file,
    int (*draw)(const struct mc_scores *ss, const struct mc_draw_opts *o, struct mc_err *e), struct mc_err *e)
{
	struct mc_reading how = { .by = o->by, .named = o->named, .max_frame = MC_FRAME_MAX };
	const struct mc_scoring scoring = { .last = o->last / 100, .scale = o->scale, .resamples = (size_t)o->resamples };
	struct mc_runs runs = { 0 };
	struct mc_scores scores = { 0 };
	int r;

	mc_series_parse(&how.what, "return");
	r = mc_draw_read_runs(&runs, &how, 1, o, files, file, e);
	if (r == 0 && runs.n == 0)
		r = mc_err_set(e, MC_DATA, NULL, -1, NULL, "no run in these files");
	r = r < 0 ? r : mc_scores_make(&scores, &runs, &scoring, e);
	r = r < 0 ? r : draw(&scores, o, e);
	mc_scores_release(&scores);
	mc_runs_release(&runs);
	return r;
}

size_t mc_draw_write_runs(char *out, size_t size, const struct mc_scores *ss)
{
	size_t fewest = ss->score[0].n, most = fewest;

	for (size_t i = 1; i < ss->n; i++) {
		fewest = ss->score[i].n < fewest ? ss->score[i].n : fewest;
		most = ss->score[i].n > most ? ss->score[i].n : most;
	}
	write_runs(out, size, fewest, most);
	return most;
}

/* The program that failed has said why, unless this is what it left behind. */
static int failed_source(const struct mc_frame *end, int through_pipe, struct mc_err *e)
{
	struct mc_map error;
	char text[400];

	if (mc_map_map(&end->map, "error", &error, e) < 0 || mc_map_str(&error, "text", text, sizeof text, e) < 0)
		return -1;
	mc_err_set(e, MC_TEMPFAIL, end->place, end->offset, NULL, "the stream ends with an error: %s", text);
	e->quiet = through_pipe;
	return -1;
}

static int is_pipe(const char *file)
{
	struct stat st;

	return strcmp(file, "-") == 0 && fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
}

int mc_draw_read(const struct mc_draw_opts *o, int files, char **file,
    int (*take)(void *ctx, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e), void *ctx,
    struct mc_err *e)
{
	char name[] = "-", *standard_input[] = { name };
	int r = name_input(&files, &file, standard_input, e);

	for (int i = 0; r == 0 && i < files; i++) {
		struct mc_in *in = mc_in_open(file[i], 0, MC_FRAME_MAX, e);
		enum mc_read got = MC_READ_FAIL;
		struct mc_frame f;

		r = in ? 0 : -1;
		while (r == 0 && (got = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
			r = strcmp(f.type, "end") == 0 && mc_map_has(&f.map, "error") ? failed_source(&f, is_pipe(file[i]), e)
			    : take(ctx, &f, o, e);
		if (r == 0 && got == MC_READ_FAIL) {
			r = mc_in_cut(in) && mc_in_frames(in) > 0 ? 0 : -1;
			if (r == 0)
				say_cut(file[i], mc_in_offset(in));
		}
		mc_in_close(in);
	}
	return r;
}

int mc_draw_whose(const struct mc_frame *header, struct mc_team *t, struct mc_err *e)
{
	const struct mc_map *m = &header->map;
	uint64_t N, T, O, A;

	if (mc_map_str(m, "task", t->task, sizeof t->task, e) < 0 || mc_map_uint(m, "seed", &t->seed, e) < 0 ||
	    mc_map_str(m, mc_map_has(m, "method") ? "method" : "comm", t->method, sizeof t->method, e) < 0 ||
	    mc_map_uint(m, "agents", &N, e) < 0 || mc_map_uint(m, "steps", &T, e) < 0 || mc_map_uint(m, "obs_dim", &O, e) < 0 ||
	    mc_map_uint(m, "act_dim", &A, e) < 0)
		return -1;
	if (N < 1 || N > MOST || T < 1 || T > MOST || O > MOST || A > MOST || (T + 1) * N * O > MC_FRAME_MAX / sizeof(float))
		return mc_err_set(e, MC_DATA, header->place, header->offset, NULL, "%" PRIu64 " agents, %" PRIu64 " steps, observations of %" PRIu64
		    ", actions of %" PRIu64 ": these are not sizes to draw", N, T, O, A);
	t->dims = (struct mc_dims){ .N = N, .d = N - 1, .T = T, .O = O, .A = A };
	return 0;
}

/* What rounding leaves beside 0 and 1 would be given room on the axis. */
static void snap(double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = fabs(v[i]) < 1e-9 ? 0 : fabs(v[i] - 1) < 1e-9 ? 1 : v[i];
}

static void snap_curves(struct mc_curves *cs)
{
	for (size_t i = 0; i < cs->n; i++) {
		snap(cs->curve[i].y, cs->curve[i].n);
		snap(cs->curve[i].lo, cs->curve[i].n);
		snap(cs->curve[i].hi, cs->curve[i].n);
	}
}

/*
 * A window that no run has would leave nothing to see. Runs that go on may come to have it: until
 * then they are drawn as the default would have them.
 */
static int choose_window(long *window, const struct mc_runs *rs, const struct mc_draw_opts *o, struct mc_err *e)
{
	int64_t longest = 0;

	*window = o->window;
	for (size_t i = 0; i < rs->n; i++)
		longest = rs->run[i].episodes > longest ? rs->run[i].episodes : longest;
	if (*window <= longest || longest == 0)
		return 0;
	if (o->watch && o->watch->running)
		*window = 0;
	else
		return mc_usage(e, "--window", NULL, "%ld episodes are more than any run here has: the longest has %" PRId64, o->window, longest);
	return 0;
}

static int scale(struct mc_runs *rs, const struct mc_curves *cs, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct mc_scales scales;
	int r = mc_scales_parse(&scales, o->scale, e);

	r = r < 0 ? r : mc_runs_check_scales(rs, &scales, e);
	if (r == 0)
		mc_runs_scale(rs, cs, &scales, strcmp(o->y, "return") == 0);
	mc_scales_release(&scales);
	return r;
}

/* What 0 and 1 are, of tasks that were scaled: one after the other, or in words where nothing is known of a task. */
static void write_scales(char *out, size_t size, const struct mc_runs *rs, const struct mc_draw_opts *o)
{
	int known = 0, unknown = 0;

	for (size_t i = 0; i < rs->n; i++)
		*(strcmp(o->y, "return") == 0 && mc_runs_yardstick(rs, rs->run[i].task) ? &known : &unknown) = 1;
	if (o->scale)
		snprintf(out, size, "; 0 and 1 as --scale says%s", known || unknown ? ", else" : "");
	if (known)
		snprintf(out + strlen(out), size - strlen(out), "%s 0 is standing still, 1 the best script",
		    o->scale ? "" : ";");
	if (unknown)
		snprintf(out + strlen(out), size - strlen(out), "%s each task from 0, the lowest point of its lines, to 1, the highest",
		    known ? "; of others" : o->scale ? "" : ";");
}

/* The curves again, of runs that are scaled, or joined by a task of all of them. */
static int compare_tasks(struct mc_curves *cs, struct mc_runs *rs, const struct mc_draw_opts *o, long window,
    enum mc_band band, struct mc_err *e)
{
	if (!o->normalise && !o->pool)
		return 0;
	if (o->normalise && scale(rs, cs, o, e) < 0)
		return -1;
	if (o->pool && mc_runs_pool(rs, "all tasks", e) < 0)
		return -1;
	mc_curves_release(cs);
	if (mc_curves_make(cs, rs, window, band, POINTS, e) < 0)
		return -1;
	if (o->normalise)
		snap_curves(cs);
	return 0;
}

int mc_draw_curves(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	struct mc_reading how = { .by = o->by, .named = o->named, .growing = o->watch != NULL, .max_frame = MC_FRAME_MAX };
	struct mc_runs runs = { 0 };
	struct mc_curves curves = { 0 };
	enum mc_band band = MC_BAND_NONE;
	char caption[640], scales[320] = "";
	long window;
	int r = -1;

	mc_series_parse(&how.what, o->y);
	if (parse_band(o->band, NULL, &band, e) < 0 || mc_draw_read_runs(&runs, &how, 1, o, files, file, e) < 0)
		goto done;
	write_scales(scales, sizeof scales, &runs, o); /* before runs are joined */
	if (choose_window(&window, &runs, o, e) < 0 || parse_band(o->band, &runs, &band, e) < 0 ||
	    mc_curves_make(&curves, &runs, window, band, POINTS, e) < 0 ||
	    compare_tasks(&curves, &runs, o, window, band, e) < 0)
		goto done;
	if (count_points(&curves) == 0) {
		if (o->watch)
			o->watch->empty = 1;
		nothing(&runs, &how.what, e);
		goto done;
	}
	write_caption(caption, 256, &curves, band);
	if (o->normalise)
		strcat(caption, scales);
	r = draw_curves_of(&curves, &how.what, caption, o, e);
done:
	mc_runs_release(&runs);
	mc_curves_release(&curves);
	return r;
}

/* ---- comm ---- */

enum { COMM_COLUMNS = 4 };

/* The page, panel by panel. A maximum of 0 is none. */
static const struct metric {
	const char *title, *series;
	double min, max;
	int norm;            /* may span orders of magnitude */
} page[] = {
	{ "episodic return", "return", (double)NAN, 0, 0 },
	{ "requests per step", "requests", 0, 0, 0 },
	{ "mean c", "c_mean", 0, 1, 0 },
	{ "saturated share of c", "saturated", 0, 1, 0 },
	{ "entropy of c (nats)", "entropy", 0, 0.7, 0 },
	{ "|g|", "g_norm", 0, 0, 1 },
	{ "|meta-gradient|", "meta_norm", 0, 0, 1 },
	{ "advantage, rms", "advantage_norm", 0, 0, 1 },
	{ "step of a logit, rms", "logit_step", 0, 0, 1 },
	{ "advantage common to all pairs", "common", 0, 1, 0 },
	{ "agreement with REINFORCE", "agreement", -1, 1, 0 },
	{ "meta-gradients' cosine", "meta_cosine", (double)NAN, 0, 0 },
	{ "meta-gradient at saturated c", "saturated_gradient", 0, 1, 0 },
	{ "precision of requests", "precision", 0, 1, 0 },
	{ "recall of requests", "recall", 0, 1, 0 },
};
enum { PAGE = sizeof page / sizeof *page, SATURATED = 3, ROWS = (PAGE + COMM_COLUMNS - 1) / COMM_COLUMNS };

struct comm {
	struct mc_runs runs[PAGE];
	struct mc_curves curves[PAGE];
	const char **task;
	size_t tasks;
	size_t kind[PAGE];         /* of the page, those that a log holds */
	size_t kinds, columns;
	size_t lines;
	/* the figure's */
	struct mc_line *line;
	const char **panel, **row;
	struct mc_scale *scale;
};

static int read_comm(struct comm *x, const struct mc_draw_opts *o, int files, char **file, enum mc_band *band,
    long *window, struct mc_err *e)
{
	struct mc_reading how[PAGE];

	for (size_t i = 0; i < PAGE; i++) {
		how[i] = (struct mc_reading){ .by = o->by, .named = o->named, .max_frame = MC_FRAME_MAX };
		mc_series_parse(&how[i].what, page[i].series);
	}
	if (parse_band(o->band, NULL, band, e) < 0 || mc_draw_read_runs(x->runs, how, PAGE, o, files, file, e) < 0)
		return -1;
	if (choose_window(window, x->runs, o, e) < 0 || parse_band(o->band, x->runs, band, e) < 0)
		return -1;
	for (size_t i = 0; i < PAGE; i++) {
		if (mc_curves_make(&x->curves[i], &x->runs[i], *window, *band, POINTS, e) < 0)
			return -1;
		x->lines += x->curves[i].n;
		if (count_points(&x->curves[i]) > 0)
			x->kind[x->kinds++] = i;
	}
	x->columns = x->kinds < COMM_COLUMNS ? x->kinds : COMM_COLUMNS;
	return x->kinds > 0 ? 0 : no_episode(e);
}

/* Norms that span two orders of magnitude are read on a logarithmic scale, if all are positive. */
static int is_wide(const struct mc_curves *cs, const char *task)
{
	double min = HUGE_VAL, max = 0;

	for (size_t i = 0; i < cs->n; i++)
		for (size_t k = 0; strcmp(cs->curve[i].task, task) == 0 && k < cs->curve[i].n; k++) {
			min = fmin(min, fmin(cs->curve[i].y[k], cs->curve[i].lo[k]));
			max = fmax(max, fmax(cs->curve[i].y[k], cs->curve[i].hi[k]));
		}
	return min > 0 && max > 100 * min;
}

static void add_panel(struct mc_figure *f, struct comm *x, const struct mc_draw_opts *o, size_t task, size_t kind)
{
	const struct metric *g = &page[kind];
	const struct mc_curves *cs = &x->curves[kind];
	const size_t panel = f->page.panels++;
	const int log = g->norm && is_wide(cs, x->task[task]);

	x->row[panel / x->columns] = x->task[task];
	x->scale[panel] = (struct mc_scale){ log ? (double)NAN : g->min, g->max > 0 ? g->max : (double)NAN, log };
	for (size_t i = 0; i < cs->n; i++) {
		const struct mc_curve *c = &cs->curve[i];
		const int banded = c->runs > 1 && strcmp(o->band, "none") != 0;

		if (strcmp(c->task, x->task[task]) != 0 || c->n == 0)
			continue;
		x->panel[panel] = g->title;
		x->line[f->lines++] = (struct mc_line){ c->label, panel, c->n, c->x, c->y, banded ? c->lo : NULL,
			banded ? c->hi : NULL };
	}
}

static int allocate_comm(struct comm *x, struct mc_err *e)
{
	const size_t runs = x->runs[0].n; /* no more tasks; a task's last row may have empty places */

	x->task = calloc(runs, sizeof *x->task);
	x->line = calloc(x->lines, sizeof *x->line);
	x->panel = calloc(runs * ROWS * COMM_COLUMNS, sizeof *x->panel);
	x->row = calloc(runs * ROWS * COMM_COLUMNS, sizeof *x->row);
	x->scale = calloc(runs * ROWS * COMM_COLUMNS, sizeof *x->scale);
	return x->task && x->line && x->panel && x->row && x->scale ? 0 : mc_err_nomem(e, "figure", runs * ROWS * COMM_COLUMNS * sizeof *x->scale);
}

/* The next task begins a row; one that would be empty is left out. */
static void end_task(struct mc_figure *f, const struct comm *x)
{
	int empty = 1;

	while (empty && f->page.panels > 0) {
		while (f->page.panels % x->columns)
			f->page.panels++;
		for (size_t i = 1; i <= x->columns; i++)
			empty &= x->panel[f->page.panels - i] == NULL;
		f->page.panels -= empty ? x->columns : 0;
	}
}

static int draw_page(struct comm *x, const struct mc_draw_opts *o, const char *caption, struct mc_err *e)
{
	struct mc_figure f = { .page = { .title = o->title, .caption = caption, .ylabel = "", .columns = x->columns, .grid = 1,
		.own_y = 1 }, .ymin = (double)NAN, .ymax = (double)NAN };

	for (size_t i = 0; i < x->runs[0].n; i++)
		panel_of(x->task, &x->tasks, x->runs[0].run[i].task);
	for (size_t t = 0; t < x->tasks; t++) {
		for (size_t i = 0; i < x->kinds; i++)
			add_panel(&f, x, o, t, x->kind[i]);
		end_task(&f, x);
	}
	f.line = x->line;
	f.page.panel = x->panel;
	f.page.row = x->tasks > 1 ? x->row : NULL;
	f.scale = x->scale;
	choose_unit(&f);
	return mc_figure_put(&f, &o->picture, e);
}

int mc_draw_comm(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	struct comm x = { 0 };
	enum mc_band band = MC_BAND_NONE;
	char caption[512];
	long window = 0;
	int r = -1;

	if (read_comm(&x, o, files, file, &band, &window, e) == 0 && allocate_comm(&x, e) == 0) {
		write_caption(caption, sizeof caption, &x.curves[0], band);
		if (x.curves[SATURATED].n > 0)
			strcat(caption, "; saturated: below 0.01 or above 0.99");
		r = draw_page(&x, o, caption, e);
	}
	for (size_t i = 0; i < PAGE; i++) {
		mc_runs_release(&x.runs[i]);
		mc_curves_release(&x.curves[i]);
	}
	free(x.task);
	free(x.line);
	free(x.panel);
	free(x.row);
	free(x.scale);
	return r;
}
