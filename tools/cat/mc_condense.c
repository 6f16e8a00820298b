#include "mc_condense.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_fields.h"
#include "mc_file.h"
#include "mc_frame.h"
#include "mc_grow.h"

enum { PROGRAMS = 8, NUMBERS = 16, CELLS = 4096, SUMS = 8 };

/* A number, or an array of `count` of them, summed over frames. */
struct number {
	char name[64];
	int ndim;             /* 0: a number */
	size_t shape[MC_FRAME_DIMS], count;
	double *sum;          /* [count] */
	uint64_t n;
};

struct program {
	char name[32];
	int64_t iteration, episode;
	int any;
	size_t numbers;
	struct number number[NUMBERS];
};

struct part {
	int64_t iteration, episode, episodes;
	double ret;
	char name[SUMS][32];  /* entries of `episode` that are counts, in the order of the log */
	uint64_t sum[SUMS];
	size_t sums;
};

struct condense {
	const char *metrics;
	size_t points;
	int64_t total, seen;  /* episodes */
	uint64_t frames;      /* written */
	struct part part;
	size_t programs;
	struct program program[PROGRAMS];
	struct mc_fb *fb;
	unsigned char *bytes;
	size_t n, room;
};

/* ---- writing ---- */

static int append(struct condense *x, struct mc_err *e)
{
	const unsigned char *bytes;
	size_t len;

	if (mc_fb_end(x->fb, 1, &bytes, &len, e) < 0)
		return -1;
	unsigned char *grown = mc_grow(x->bytes, x->n + len, &x->room, 1, "a condensed log", e);

	if (!grown)
		return -1;
	x->bytes = grown;
	memcpy(x->bytes + x->n, bytes, len);
	x->n += len;
	x->frames++;
	return 0;
}

static int write_header(struct condense *x, const struct mc_frame *f, struct mc_err *e)
{
	if (mc_map_has(&f->map, "condensed"))
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "is condensed already");
	mc_fb_begin(x->fb, "header");
	mc_fb_copy_all(x->fb, &f->map);
	mc_fb_int(x->fb, "condensed", x->total < (int64_t)x->points ? x->total : (int64_t)x->points);
	return append(x, e);
}

static int write_episodes(struct condense *x, struct mc_err *e)
{
	const struct part *p = &x->part;

	mc_fb_begin(x->fb, "episode");
	mc_fb_int(x->fb, "iteration", p->iteration);
	mc_fb_int(x->fb, "episode", p->episode);
	mc_fb_int(x->fb, "episodes", p->episodes);
	mc_fb_real(x->fb, "return", p->ret / (double)p->episodes);
	for (size_t k = 0; k < p->sums; k++)
		mc_fb_uint(x->fb, p->name[k], p->sum[k]);
	return append(x, e);
}

static void put_array(struct mc_fb *fb, struct number *v)
{
	float cell[CELLS];

	for (size_t i = 0; i < v->count; i++)
		cell[i] = (float)(v->sum[i] / (double)v->n);
	mc_fb_array(fb, v->name, MC_F32, v->ndim, v->shape, cell);
}

static int write_metrics(struct condense *x, struct program *p, struct mc_err *e)
{
	mc_fb_begin(x->fb, "metric");
	mc_fb_str(x->fb, "program", p->name);
	mc_fb_int(x->fb, "iteration", p->iteration);
	mc_fb_int(x->fb, "episode", p->episode);
	mc_fb_map(x->fb, "values");
	for (size_t k = 0; k < p->numbers; k++)
		if (p->number[k].n > 0 && p->number[k].ndim == 0)
			mc_fb_real(x->fb, p->number[k].name, p->number[k].sum[0] / (double)p->number[k].n);
	mc_fb_close(x->fb);
	for (size_t k = 0; k < p->numbers; k++)
		if (p->number[k].n > 0 && p->number[k].ndim > 0)
			put_array(x->fb, &p->number[k]);
	for (size_t k = 0; k < p->numbers; k++) {
		memset(p->number[k].sum, 0, p->number[k].count * sizeof(double));
		p->number[k].n = 0;
	}
	p->any = 0;
	return append(x, e);
}

/* The part that is full: its episodes, then what each program measured meanwhile. */
static int write_part(struct condense *x, struct mc_err *e)
{
	if (write_episodes(x, e) < 0)
		return -1;
	for (size_t k = 0; k < x->programs; k++)
		if (x->program[k].any && write_metrics(x, &x->program[k], e) < 0)
			return -1;
	memset(&x->part, 0, sizeof x->part);
	return 0;
}

/* ---- reading ---- */

/* Part k of `points` ends before episode (k + 1) total / points. */
static int part_ends(const struct condense *x)
{
	const int64_t points = (int64_t)x->points < x->total ? (int64_t)x->points : x->total;

	return x->seen == x->total || x->seen * points / x->total != (x->seen - 1) * points / x->total;
}

static int add_count(struct part *p, const struct mc_map *m, const char *key, struct mc_err *e)
{
	uint64_t v;
	size_t k = 0;

	if (mc_map_uint(m, key, &v, e) < 0)
		return -1;
	while (k < p->sums && strcmp(p->name[k], key) != 0)
		k++;
	if (k == SUMS)
		return 0;
	if (k == p->sums) {
		memcpy(p->name[k], key, strlen(key) + 1);
		p->sums++;
	}
	p->sum[k] += v;
	return 0;
}

static int take_episode(struct condense *x, const struct mc_map *m, struct mc_err *e)
{
	struct part *p = &x->part;
	const size_t count = mc_map_count(m);
	double ret;
	char key[32];

	if (mc_map_int(m, "iteration", &p->iteration, e) < 0 || mc_map_int(m, "episode", &p->episode, e) < 0 ||
	    mc_map_real(m, "return", &ret, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (mc_map_at(m, i, key, sizeof key) == MC_INT && strcmp(key, "mc") != 0 && strcmp(key, "iteration") != 0 &&
		    strcmp(key, "episode") != 0 && strcmp(key, "return") != 0 && strcmp(key, "crc32") != 0 &&
		    add_count(p, m, key, e) < 0)
			return -1;
	p->episodes++;
	p->ret += ret;
	x->seen++;
	return part_ends(x) ? write_part(x, e) : 0;
}

static struct program *program_of(struct condense *x, const char *name)
{
	size_t k = 0;

	while (k < x->programs && strcmp(x->program[k].name, name) != 0)
		k++;
	if (k == PROGRAMS)
		return NULL;
	if (k == x->programs)
		memcpy(x->program[x->programs++].name, name, strlen(name) + 1);
	return &x->program[k];
}

/* The place of a name of this shape; NULL without memory, or where it had another shape, or too many names. */
static struct number *number_of(struct program *p, const char *name, int ndim, const size_t *shape, size_t count)
{
	struct number *v = p->number;

	while (v < p->number + p->numbers && strcmp(v->name, name) != 0)
		v++;
	if (v == p->number + NUMBERS)
		return NULL;
	if (v < p->number + p->numbers)
		return v->count == count && v->ndim == ndim ? v : NULL;
	v->sum = calloc(count ? count : 1, sizeof *v->sum);
	if (!v->sum)
		return NULL;
	memcpy(v->name, name, strlen(name) + 1);
	v->ndim = ndim;
	v->count = count;
	for (int d = 0; d < ndim; d++)
		v->shape[d] = shape[d];
	p->numbers++;
	return v;
}

static int add_number(struct program *p, const struct mc_map *values, const char *key, struct mc_err *e)
{
	double v;

	if (mc_map_real_any(values, key, &v, e) < 0)
		return -1;
	if (!isfinite(v))
		return 0;
	struct number *to = number_of(p, key, 0, NULL, 1);

	if (to) {
		to->sum[0] += v;
		to->n++;
	}
	return 0;
}

static int add_array(struct program *p, const struct mc_map *m, const char *key, struct mc_err *e)
{
	struct mc_array a;
	mc_real cell[CELLS];

	if (mc_map_array(m, key, &a, e) < 0)
		return -1;
	if (a.count > CELLS)
		return 0;
	if (mc_map_reals(m, key, a.ndim, a.shape, cell, e) < 0)
		return -1;
	struct number *to = number_of(p, key, a.ndim, a.shape, a.count);

	if (to) {
		for (size_t i = 0; i < a.count; i++)
			to->sum[i] += (double)cell[i];
		to->n++;
	}
	return 0;
}

static int take_metric(struct condense *x, const struct mc_map *m, struct mc_err *e)
{
	struct mc_map values;
	char name[32], key[64];

	if (mc_map_str(m, "program", name, sizeof name, e) < 0 || mc_map_map(m, "values", &values, e) < 0)
		return -1;
	struct program *p = program_of(x, name);

	if (!p)
		return 0;
	if (mc_map_int(m, "iteration", &p->iteration, e) < 0 || mc_map_int(m, "episode", &p->episode, e) < 0)
		return -1;
	for (size_t i = 0; i < mc_map_count(&values); i++) {
		mc_map_at(&values, i, key, sizeof key);
		if (mc_fields_listed(x->metrics, key) && add_number(p, &values, key, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < mc_map_count(m); i++)
		if (mc_map_at(m, i, key, sizeof key) == MC_ARRAY && mc_fields_listed(x->metrics, key) && add_array(p, m, key, e) < 0)
			return -1;
	for (size_t k = 0; k < p->numbers; k++)
		p->any |= p->number[k].n > 0;
	return 0;
}

static int take(struct condense *x, const struct mc_frame *f, struct mc_err *e)
{
	if (strcmp(f->type, "header") == 0)
		return write_header(x, f, e);
	if (strcmp(f->type, "episode") == 0)
		return take_episode(x, &f->map, e);
	return strcmp(f->type, "metric") == 0 ? take_metric(x, &f->map, e) : 0;
}

static int count_frame(struct condense *x, const struct mc_frame *f, struct mc_err *e)
{
	if (strcmp(f->type, "header") == 0 && f->index == 0 && f->offset > 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "condense them one by one", "a second run begins here");
	if (strcmp(f->type, "checkpoint") == 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "is a checkpoint, not a run's log");
	x->total += strcmp(f->type, "episode") == 0;
	return 0;
}

/* Every frame of the log to `each`. */
static int pass(struct condense *x, const char *from, size_t max_frame,
    int (*each)(struct condense *, const struct mc_frame *, struct mc_err *), struct mc_err *e)
{
	struct mc_in *in = mc_in_open(from, 0, max_frame, e);
	struct mc_frame f;
	enum mc_read r = MC_READ_END;
	int status = in ? 0 : -1;

	while (status == 0 && (r = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
		status = each(x, &f, e);
	mc_in_close(in);
	return r == MC_READ_FAIL ? -1 : status;
}

static int write_end(struct condense *x, struct mc_err *e)
{
	const uint64_t before = x->frames;

	mc_fb_begin(x->fb, "end");
	mc_fb_uint(x->fb, "frames", before);
	return append(x, e);
}

static void release(struct condense *x)
{
	for (size_t k = 0; k < x->programs; k++)
		for (size_t i = 0; i < x->program[k].numbers; i++)
			free(x->program[k].number[i].sum);
	mc_fb_free(x->fb);
	free(x->bytes);
	free(x);
}

static int condense(struct condense *x, const char *from, const char *to, size_t max_frame, struct mc_err *e)
{
	if (pass(x, from, max_frame, count_frame, e) < 0)
		return -1;
	if (x->total == 0)
		return mc_err_set(e, MC_DATA, from, -1, "name a run's log", "there is no episode to condense");
	x->fb = mc_fb_new(e);
	if (!x->fb || pass(x, from, max_frame, take, e) < 0)
		return -1;
	if (x->seen != x->total)
		return mc_err_set(e, MC_DATA, from, -1, "wait for the run's end", "the log changed meanwhile");
	for (size_t k = 0; k < x->programs; k++)      /* what came after the last episode */
		if (x->program[k].any && write_metrics(x, &x->program[k], e) < 0)
			return -1;
	return write_end(x, e) < 0 ? -1 : mc_file_commit(to, x->bytes, x->n, e);
}

/* What is replaced may be an earlier log of this kind; a run's own may not. */
static int check_replaced(const char *to, size_t max_frame, struct mc_err *e)
{
	struct mc_in *in = mc_in_open(to, 0, max_frame, NULL);
	struct mc_frame f;
	const int condensed = in && mc_in_frame(in, &f, NULL) == MC_READ_FRAME && mc_map_has(&f.map, "condensed");

	mc_in_close(in);
	return condensed ? 0 : mc_in_spare(to, e);
}

int mc_condense(const char *from, const char *to, size_t points, const char *metrics, size_t max_frame,
    struct mc_err *e)
{
	const struct mc_file_use use[] = { { from, from, 0 }, { "--condense", to, 1 } };
	struct condense *x;

	if (mc_file_distinct(use, 2, e) < 0 || mc_file_check_target(to, e) < 0 || check_replaced(to, max_frame, e) < 0)
		return -1;
	x = calloc(1, sizeof *x);
	if (!x)
		return mc_err_nomem(e, "a condensed log", sizeof *x);
	x->points = points;
	x->metrics = metrics;
	const int r = condense(x, from, to, max_frame, e);

	release(x);
	return r;
}
