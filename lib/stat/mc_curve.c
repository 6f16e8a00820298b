#include "mc_curve.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mc_frame.h"
#include "mc_grow.h"
#include "mc_settings.h"
#include "mc_stat.h"

/* ---- reading logs ---- */

void mc_series_parse(struct mc_series *s, const char *text)
{
	static const char *const name[] = { "return", "requests", "edge-share", "precision", "recall" };
	const char *colon = strchr(text, ':');

	memset(s, 0, sizeof *s);
	for (int k = MC_SERIES_RETURN; k < MC_SERIES_METRIC; k++)
		if (strcmp(text, name[k]) == 0) {
			s->kind = k;
			return;
		}
	if (strcmp(text, "links-share") == 0) { /* as it was called before */
		s->kind = MC_SERIES_EDGE_SHARE;
		return;
	}
	s->kind = MC_SERIES_METRIC;
	snprintf(s->metric, sizeof s->metric, "%s", colon ? colon + 1 : text);
	if (colon)
		snprintf(s->program, sizeof s->program, "%.*s", (int)(colon - text), text);
}

/* The method that learns whom to talk to; where nobody does, the decisions that are forced. */
static int read_label(const struct mc_map *header, char *label, size_t size, struct mc_err *e)
{
	if (mc_map_has(header, "method"))
		return mc_map_str(header, "method", label, size, e);
	return mc_map_str(header, "comm", label, size, e);
}

/* How a file is read: `how`, and the label that its runs have in place of the method, or NULL. */
struct file {
	const struct mc_reading *how;
	const char *label;
};

static struct mc_run *start_run(struct mc_runs *rs, const struct mc_map *header, const struct file *file,
    struct mc_err *e)
{
	struct mc_run *grown = mc_grow(rs->run, rs->n + 1, &rs->room, sizeof *rs->run, "learning curves", e), *run;

	if (grown == NULL)
		return NULL;
	rs->run = grown;
	run = &rs->run[rs->n];
	memset(run, 0, sizeof *run);
	run->cut = -1;
	run->settings = mc_settings_of(header, e);
	if (run->settings == NULL)
		return NULL;
	rs->n++; /* to be released, whatever is wrong with it */
	if (mc_map_str(header, "task", run->task, sizeof run->task, e) < 0 ||
	    (!file->label && read_label(header, run->label, sizeof run->label, e) < 0) ||
	    mc_map_uint(header, "seed", &run->seed, e) < 0)
		return NULL;
	run->prey = mc_yardstick_header_prey(header);
	if (file->label)
		snprintf(run->label, sizeof run->label, "%s", file->label);
	return run;
}

static int add_point(struct mc_run *run, int64_t episode, double num, double den, struct mc_err *e)
{
	struct mc_point *grown = mc_grow(run->point, run->n + 1, &run->room, sizeof *run->point, "learning curves", e);

	if (grown == NULL)
		return -1;
	run->point = grown;
	run->point[run->n++] = (struct mc_point){ run->steps, num, den, episode };
	return 0;
}

/* Precision or recall of an episode's requests; nothing where the right ones are not known. */
static int add_right(struct mc_run *run, const struct mc_map *m, enum mc_series_kind kind, int64_t episode,
    struct mc_err *e)
{
	uint64_t right, of;

	if (!mc_map_has(m, "right"))
		return 0;
	if (mc_map_uint(m, "right", &right, e) < 0 ||
	    mc_map_uint(m, kind == MC_SERIES_PRECISION ? "requests" : mc_map_key(m, "right_edges", "right_links"), &of, e) < 0)
		return -1;
	return add_point(run, episode, (double)right, (double)of, e);
}

static int add_episode(struct mc_run *run, const struct mc_map *m, enum mc_series_kind kind,
    struct mc_err *e)
{
	uint64_t requests, edges, steps;
	int64_t episode, episodes = 1; /* more in a condensed log, whose return is their mean */
	double ret;

	if ((mc_map_has(m, "episodes") && mc_map_int(m, "episodes", &episodes, e) < 0) ||
	    mc_map_int(m, "episode", &episode, e) < 0 || mc_map_real(m, "return", &ret, e) < 0 ||
	    mc_map_uint(m, "requests", &requests, e) < 0 || mc_map_uint(m, mc_map_key(m, "edges", "links"), &edges, e) < 0 ||
	    mc_map_uint(m, "steps", &steps, e) < 0)
		return -1;
	run->steps += (double)steps;
	run->episodes += episodes;
	run->print = (uint32_t)crc32(run->print, (const unsigned char *)&ret, sizeof ret);
	run->print = (uint32_t)crc32(run->print, (const unsigned char *)&requests, sizeof requests);
	switch (kind) {
	case MC_SERIES_RETURN:
		return add_point(run, episode, ret * (double)episodes, (double)episodes, e);
	case MC_SERIES_REQUESTS:
		return add_point(run, episode, (double)requests, (double)steps, e);
	case MC_SERIES_EDGE_SHARE:
		return add_point(run, episode, (double)requests, (double)edges, e);
	case MC_SERIES_PRECISION:
	case MC_SERIES_RECALL:
		return add_right(run, m, kind, episode, e);
	case MC_SERIES_METRIC:
		break;
	}
	return 0;
}

/* Remembers what there is, for who asks for something that there is not. */
static void note_metrics(struct mc_runs *rs, const char *program, const struct mc_map *values)
{
	const size_t count = mc_map_count(values);
	char key[64], name[sizeof rs->metric[0]];

	for (size_t i = 0, k; i < count && rs->metrics < MC_METRICS; i++) {
		mc_map_at(values, i, key, sizeof key);
		snprintf(name, sizeof name, "%.30s:%s", program, key);
		for (k = 0; k < rs->metrics && strcmp(rs->metric[k], name) != 0; k++)
			;
		if (k == rs->metrics)
			memcpy(rs->metric[rs->metrics++], name, sizeof name);
	}
}

/* A frame of another program, or without the number (or with NaN, before learning starts), gives nothing. */
static int add_metric(struct mc_runs *rs, struct mc_run *run, const struct mc_map *m,
    const struct mc_series *what, struct mc_err *e)
{
	struct mc_map values;
	char program[32];
	int64_t episode;
	double v;

	if (mc_map_str(m, "program", program, sizeof program, e) < 0 ||
	    mc_map_int(m, "episode", &episode, e) < 0 ||
	    mc_map_map(m, "values", &values, e) < 0)
		return -1;
	note_metrics(rs, program, &values);
	if ((what->program[0] && strcmp(program, what->program) != 0) ||
	    !mc_map_has(&values, what->metric))
		return 0;
	if (mc_map_real_any(&values, what->metric, &v, e) < 0)
		return -1;
	return isfinite(v) ? add_point(run, episode, v, 1, e) : 0;
}

/* A run with one point, after all that it was trained on. */
static int take_checkpoint(struct mc_runs *rs, const struct mc_frame *f, const struct file *file, struct mc_err *e)
{
	struct mc_evaluated x;
	struct mc_run *run;

	if (file->how->evaluate == NULL)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "mc-eval measures checkpoints",
		    "is a checkpoint, not a run's log");
	if (file->how->evaluate(&x, f, file->how->with, e) < 0 || (run = start_run(rs, &x.header, file, e)) == NULL)
		return -1;
	run->evaluated = 1;
	run->episodes = x.episodes;
	run->steps = x.steps;
	run->print = (uint32_t)crc32(0, (const unsigned char *)&x.ret, sizeof x.ret);
	return add_point(run, x.episodes, x.ret, 1, e);
}

/* The run that the stream at hand has given so far; NULL before its header. */
static struct mc_run *current(const struct mc_runs *rs, size_t before)
{
	return rs->n > before ? &rs->run[rs->n - 1] : NULL;
}

static int take_frame(struct mc_runs *rs, size_t before, const struct mc_frame *f, const struct file *file,
    struct mc_err *e)
{
	const struct mc_series *what = &file->how->what;
	struct mc_run *run = current(rs, before);

	if (strcmp(f->type, "checkpoint") == 0)
		return take_checkpoint(rs, f, file, e);
	if (strcmp(f->type, "header") == 0)
		return start_run(rs, &f->map, file, e) == NULL ? -1 : 0;
	if (run == NULL)
		return 0;
	if (strcmp(f->type, "episode") == 0)
		return add_episode(run, &f->map, what->kind, e);
	if (strcmp(f->type, "metric") == 0 && what->kind == MC_SERIES_METRIC)
		return add_metric(rs, run, &f->map, what, e);
	return 0;
}

/* NAME=FILE: the name goes to `label`, the file is returned; NULL when it has no such form. */
static const char *split_operand(const char *operand, char *label, size_t size, struct mc_err *e)
{
	const char *equals = strchr(operand, '=');

	if (equals == NULL || equals == operand || (size_t)(equals - operand) >= size) {
		(void)mc_err_set(e, MC_USAGE, "--named", -1, NULL, "\"%s\" is not NAME=FILE, NAME of 1 to %zu bytes",
		    operand, size - 1);
		return NULL;
	}
	snprintf(label, size, "%.*s", (int)(equals - operand), operand);
	return equals + 1;
}

int mc_runs_read_each(struct mc_runs *rs, const struct mc_reading *how, size_t n, const char *operand,
    struct mc_err *e)
{
	char label[sizeof rs->run->label];
	const char *path = how->named ? split_operand(operand, label, sizeof label, e) : operand;
	struct mc_in *in = path ? mc_in_open(path, 0, how->max_frame, e) : NULL;
	const size_t before = rs->n;
	struct mc_frame f;
	enum mc_read got;
	int r = -1;

	if (in == NULL)
		return -1;
	while ((got = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
		for (size_t i = 0; i < n; i++)
			if (take_frame(&rs[i], before, &f, &(struct file){ &how[i], how->named ? label : NULL }, e) < 0)
				goto done;
	if (got == MC_READ_END) {
		r = 0;
	} else if (mc_in_cut(in) && (current(rs, before) != NULL || how->growing)) {
		for (size_t i = 0; i < n; i++) {
			if (current(&rs[i], before) != NULL)
				current(&rs[i], before)->cut = mc_in_offset(in);
			else
				rs[i].waiting++;
		}
		memset(e, 0, sizeof *e);
		r = 0;
	}
done:
	mc_in_close(in);
	return r;
}

int mc_runs_read(struct mc_runs *rs, const char *operand, const struct mc_reading *how, struct mc_err *e)
{
	return mc_runs_read_each(rs, how, 1, operand, e);
}

static void release_run(struct mc_run *run)
{
	free(run->point);
	free(run->settings);
}

void mc_runs_release(struct mc_runs *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		release_run(&rs->run[i]);
	free(rs->run);
	memset(rs, 0, sizeof *rs);
}

int64_t mc_runs_window(const struct mc_runs *rs)
{
	int64_t longest = 0;

	for (size_t i = 0; i < rs->n; i++)
		if (rs->run[i].episodes > longest)
			longest = rs->run[i].episodes;
	return longest < 1000 ? 50 : (longest + 10) / 20;
}

/* Those that count again, left out. */
static void drop(struct mc_runs *rs, const unsigned char *again)
{
	size_t kept = 0;

	for (size_t i = 0; i < rs->n; i++) {
		if (again[i])
			release_run(&rs->run[i]);
		else
			rs->run[kept++] = rs->run[i];
	}
	rs->n = kept;
}

int mc_runs_settle(struct mc_runs *rs, size_t n, const struct mc_reading *how, char note[MC_LIKENESS_NOTE], struct mc_err *e)
{
	const size_t runs = rs->n;
	struct mc_subject *s = calloc(runs + 1, sizeof *s + 1);
	unsigned char *again = (unsigned char *)(s + runs);
	int r;

	if (s == NULL)
		return mc_err_nomem(e, "runs", runs * sizeof *s);
	for (size_t i = 0; i < runs; i++) {
		const struct mc_run *run = &rs->run[i];

		s[i] = (struct mc_subject){ run->task, run->label, run->seed, run->settings, run->cut < 0 ? run->episodes : -1, run->print };
		for (size_t k = 0; k < n; k++)
			mc_likeness_label(rs[k].run[i].label, sizeof run->label, &s[i], how->by);
	}
	r = mc_likeness_check(s, runs, how->by, how->named, again, note, e);
	for (size_t k = 0; k < n && r == 0; k++)
		drop(&rs[k], again);
	free(s);
	return r;
}

/* ---- combining runs ---- */

/* The average over the last `window` episodes up to point i; NaN where nothing can be divided by. */
static double average(const struct mc_run *run, size_t i, int64_t window)
{
	const int64_t before = run->point[i].episode - window;
	double num = 0, den = 0;

	for (size_t k = i + 1; k-- > 0 && run->point[k].episode > before;) {
		num += run->point[k].num;
		den += run->point[k].den;
	}
	return den > 0 ? num / den : (double)NAN;
}

/* The first point with a whole window behind it; the last one of a run that is shorter. */
static size_t first_whole(const struct mc_run *run, int64_t window)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->point[i].episode + 1 >= window)
			return i;
	return run->n - 1;
}

/* The last point at or before x, searched upwards from `from`. */
static size_t point_at(const struct mc_run *run, size_t from, double x)
{
	while (from + 1 < run->n && run->point[from + 1].steps <= x)
		from++;
	return from;
}

struct group {
	const struct mc_run **run; /* [n] of one task and label */
	size_t *at;                /* [n] the point of each run at x */
	double *value;             /* [n] */
	size_t n;
};

static int set_band(struct mc_curve *c, size_t k, const struct group *g, enum mc_band band,
    struct mc_err *e)
{
	double ci[2];

	c->y[k] = c->lo[k] = c->hi[k] = mc_stat_mean(g->value, g->n);
	if (band == MC_BAND_NONE || g->n < 2)
		return 0;
	mc_stat_sort(g->value, g->n);
	if (band == MC_BAND_RANGE) {
		c->lo[k] = g->value[0];
		c->hi[k] = g->value[g->n - 1];
		return 0;
	}
	if (mc_stat_bootstrap(ci, MC_STAT_MEAN, g->value, g->n, MC_STAT_RESAMPLES, 1, e) < 0)
		return -1;
	c->lo[k] = ci[0];
	c->hi[k] = ci[1];
	return 0;
}

static int allocate_curve(struct mc_curve *c, size_t points, struct mc_err *e)
{
	double *block = calloc(points, 4 * sizeof *block);

	if (block == NULL)
		return mc_err_nomem(e, "learning curves", points * 4 * sizeof *block);
	c->x = block;
	c->y = block + points;
	c->lo = block + 2 * points;
	c->hi = block + 3 * points;
	return 0;
}

/* Episodes of the group's shortest run. */
static int64_t shortest_of(const struct group *g)
{
	int64_t n = g->run[0]->episodes;

	for (size_t i = 1; i < g->n; i++)
		n = g->run[i]->episodes < n ? g->run[i]->episodes : n;
	return n;
}

/* The default for one curve, given that of all. */
static int64_t fitting_window(const struct group *g, int64_t window)
{
	const int64_t half = shortest_of(g) / 2;

	return half >= window ? window : half > 1 ? half : 1;
}

/* One curve from the runs of a group. Its x are points of the run that stops first. */
static int combine(struct mc_curve *c, struct group *g, int64_t window, enum mc_band band,
    size_t points, struct mc_err *e)
{
	const struct mc_run *shortest = g->run[0];
	size_t first, last, count;
	double start = -DBL_MAX;

	for (size_t i = 0; i < g->n; i++) {
		const struct mc_run *run = g->run[i];
		const double x = run->point[first_whole(run, window)].steps;

		if (run->point[run->n - 1].steps < shortest->point[shortest->n - 1].steps)
			shortest = run;
		if (x > start)
			start = x;
		g->at[i] = 0;
	}
	last = shortest->n - 1;
	for (first = 0; first < last && shortest->point[first].steps < start; first++)
		;
	count = last - first + 1;
	if (points > count)
		points = count;
	if (allocate_curve(c, points, e) < 0)
		return -1;
	for (size_t k = 0; k < points; k++) {
		/* the last point of the run is always among those that are kept */
		const size_t p = points > 1 ? first + (size_t)((uint64_t)k * (count - 1) / (points - 1)) : last;
		const double x = shortest->point[p].steps;
		int whole = 1;

		for (size_t i = 0; i < g->n; i++) {
			g->at[i] = point_at(g->run[i], g->at[i], x);
			g->value[i] = average(g->run[i], g->at[i], window);
			whole &= isfinite(g->value[i]) != 0;
		}
		if (!whole)
			continue;
		c->x[c->n] = x;
		if (set_band(c, c->n, g, band, e) < 0)
			return -1;
		c->n++;
	}
	return 0;
}

static int same_curve(const struct mc_run *a, const struct mc_run *b)
{
	return strcmp(a->task, b->task) == 0 && strcmp(a->label, b->label) == 0;
}

static int has_curve(const struct mc_run *run)
{
	return run->n > 0 && run->episodes > 0;
}

/* The runs that belong with run number `first`: none if an earlier one stands for them, or it has no curve. */
static void gather(struct group *g, const struct mc_runs *rs, size_t first)
{
	g->n = 0;
	for (size_t i = 0; has_curve(&rs->run[first]) && i < rs->n; i++) {
		if (!has_curve(&rs->run[i]) || !same_curve(&rs->run[i], &rs->run[first]))
			continue;
		if (i < first) {
			g->n = 0;
			return;
		}
		g->run[g->n++] = &rs->run[i];
	}
}

static int add_curve(struct mc_curves *cs, struct group *g, int64_t window, enum mc_band band,
    size_t points, struct mc_err *e)
{
	struct mc_curve *grown = mc_grow(cs->curve, cs->n + 1, &cs->room, sizeof *cs->curve, "learning curves", e), *c;

	if (grown == NULL)
		return -1;
	cs->curve = grown;
	c = &cs->curve[cs->n++];
	memset(c, 0, sizeof *c);
	memcpy(c->task, g->run[0]->task, sizeof c->task);
	memcpy(c->label, g->run[0]->label, sizeof c->label);
	c->runs = g->n;
	c->window = shortest_of(g) < window ? shortest_of(g) : window;
	return combine(c, g, window, band, points, e);
}

int mc_curves_make(struct mc_curves *cs, const struct mc_runs *rs, int64_t window,
    enum mc_band band, size_t points, struct mc_err *e)
{
	struct group g = { 0 };
	int r = -1;

	g.run = calloc(rs->n + 1, sizeof *g.run);
	g.at = calloc(rs->n + 1, sizeof *g.at);
	g.value = calloc(rs->n + 1, sizeof *g.value);
	if (g.run == NULL || g.at == NULL || g.value == NULL) {
		mc_err_nomem(e, "learning curves", (rs->n + 1) * 3 * sizeof(double));
		goto done;
	}
	for (size_t i = 0; i < rs->n; i++) {
		gather(&g, rs, i);
		if (g.n > 0 && add_curve(cs, &g, window ? window : fitting_window(&g, mc_runs_window(rs)), band, points, e) < 0)
			goto done;
	}
	r = 0;
done:
	free(g.run);
	free(g.at);
	free(g.value);
	return r;
}

void mc_curves_release(struct mc_curves *cs)
{
	for (size_t i = 0; i < cs->n; i++)
		free(cs->curve[i].x);
	free(cs->curve);
	memset(cs, 0, sizeof *cs);
}

/* ---- tasks compared ---- */

/* The lowest and the highest value of a task's curves; 0 if it has none. */
static int find_extent(const struct mc_curves *cs, const char *task, double *low, double *high)
{
	*low = DBL_MAX;
	*high = -DBL_MAX;
	for (size_t i = 0; i < cs->n; i++) {
		const struct mc_curve *c = &cs->curve[i];

		for (size_t k = 0; k < c->n && strcmp(c->task, task) == 0; k++) {
			*low = c->y[k] < *low ? c->y[k] : *low;
			*high = c->y[k] > *high ? c->y[k] : *high;
		}
	}
	return *low <= *high;
}

const struct mc_yardstick *mc_runs_yardstick(const struct mc_runs *rs, const char *task)
{
	const char *prey = NULL;

	for (size_t i = 0; i < rs->n; i++) {
		if (strcmp(rs->run[i].task, task) != 0)
			continue;
		if (prey && strcmp(prey, rs->run[i].prey) != 0)
			return NULL;
		prey = rs->run[i].prey;
	}
	return prey ? mc_yardstick_find(task, prey) : NULL;
}

int mc_runs_check_scales(const struct mc_runs *rs, const struct mc_scales *scales, struct mc_err *e)
{
	const char **task = calloc(rs->n + 1, sizeof *task);
	size_t n = 0;
	int r;

	if (task == NULL)
		return mc_err_nomem(e, "scales", (rs->n + 1) * sizeof *task);
	for (size_t i = 0; i < rs->n; i++) {
		size_t k = 0;

		while (k < n && strcmp(task[k], rs->run[i].task) != 0)
			k++;
		if (k == n)
			task[n++] = rs->run[i].task;
	}
	r = mc_scales_check(scales, task, n, e);
	free(task);
	return r;
}

void mc_runs_scale(struct mc_runs *rs, const struct mc_curves *cs, const struct mc_scales *scales, int returns)
{
	double low, high;

	for (size_t i = 0; i < rs->n; i++) {
		struct mc_run *run = &rs->run[i];
		const struct mc_task_scale *given = mc_scales_find(scales, run->task);
		const struct mc_yardstick *y = returns && !given ? mc_runs_yardstick(rs, run->task) : NULL;

		if (given || y) {
			low = given ? given->low : y->floor.mean;
			high = given ? given->high : y->ceiling.mean;
		} else if (!find_extent(cs, run->task, &low, &high)) {
			continue;
		}
		for (size_t k = 0; k < run->n; k++) {
			struct mc_point *p = &run->point[k];

			p->num = (p->num - low * p->den) / (high > low ? high - low : 1);
		}
	}
}

int mc_runs_pool(struct mc_runs *rs, const char *task, struct mc_err *e)
{
	const size_t n = rs->n;

	for (size_t i = 0; i < n; i++) {
		struct mc_run *grown = mc_grow(rs->run, rs->n + 1, &rs->room, sizeof *rs->run, "learning curves", e), *copy;

		if (grown == NULL)
			return -1;
		rs->run = grown;
		copy = &rs->run[rs->n];
		*copy = rs->run[i];
		copy->settings = NULL;
		copy->point = calloc(copy->n + 1, sizeof *copy->point);
		if (copy->point == NULL)
			return mc_err_nomem(e, "learning curves", (copy->n + 1) * sizeof *copy->point);
		copy->room = copy->n + 1;
		if (copy->n > 0)
			memcpy(copy->point, rs->run[i].point, copy->n * sizeof *copy->point);
		snprintf(copy->task, sizeof copy->task, "%s", task);
		rs->n++;
	}
	return 0;
}
