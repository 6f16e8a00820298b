#include "mc_draw_topology.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_arena.h"
#include "mc_grow.h"
#include "mc_heat.h"
#include "mc_params.h"
#include "mc_right.h"
#include "mc_traj.h"

enum { BINS = 60, AGENTS = 16, RUNS = 64 }; /* beyond so many agents nobody could read the pairs */

/* Requests, and the right ones (mc_right.h): of an episode of a log, or of several. */
struct counted {
	double steps;              /* when it ended */
	double made, right, right_edges;
};

/* Shares of one metric frame: of requests, for each pair; NaN where there was no edge. */
struct moment {
	double steps;
	double *share;             /* [N, d] */
};

/* A run: its log, or episodes of its team. */
struct team {
	char task[64], label[64];
	uint64_t seed;
	size_t N, d;
	/* of episodes */
	size_t T, episodes;
	int64_t first;             /* number of the first one */
	double *asked, *live;      /* [T, N, d] */
	double *right, *hit;       /* [T, N, d] of the live ones and of the asked ones, where it is known */
	struct mc_task rights;     /* the task, if its right requests are known */
	int right_known;
	/* of a log */
	struct moment *moment;
	size_t n, room;
	double max;                /* environment steps */
	struct counted *count;     /* of each episode, where right requests are known */
	size_t counts, count_room;
};

struct topology {
	struct team *team;         /* [RUNS] */
	size_t n;
	struct team *now;          /* whose stream is being read */
	struct mc_dims dims;       /* of it */
	double steps;              /* of it so far */
	int64_t seen_first, seen_last; /* episodes that were not asked for */
	size_t seen;
	struct mc_arena arena, scratch;
};

/* ---- reading ---- */

static int is_empty(const struct team *t)
{
	return t->episodes == 0 && t->n == 0;
}

/* Room for a run; that of one that turned out to have nothing to draw is taken again. */
static struct team *new_team(struct topology *x, const struct mc_frame *f, struct mc_err *e)
{
	if (x->now && is_empty(x->now))
		free(x->now->count);
	else if (x->n == RUNS)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "draw fewer at once", "more than %d runs", RUNS), NULL;
	else
		x->now = &x->team[x->n++];
	return x->now;
}

static int start_stream(struct topology *x, const struct mc_frame *f, struct mc_err *e)
{
	struct team t = { .first = 0 };
	struct mc_team header;

	if (mc_draw_whose(f, &header, e) < 0)
		return -1;
	if (header.dims.N < 2 || header.dims.N > AGENTS)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "teams of 2 to 16 can be drawn", "who asks whom of %zu agents cannot be drawn",
		    header.dims.N);
	if (new_team(x, f, e) == NULL)
		return -1;
	snprintf(t.task, sizeof t.task, "%s", header.task);
	snprintf(t.label, sizeof t.label, "%s", header.method);
	t.seed = header.seed;
	t.N = header.dims.N;
	t.d = header.dims.d;
	t.T = header.dims.T;
	t.right_known = mc_right_task(&t.rights, t.task, &header.dims);
	x->dims = header.dims;
	x->steps = 0;
	*x->now = t;
	return 0;
}

static int is_same_run(const struct team *a, const struct team *b)
{
	return strcmp(a->task, b->task) == 0 && strcmp(a->label, b->label) == 0 && a->seed == b->seed;
}

/* At the first episode of a stream: its run may have had others before, in another stream. */
static int join_run(struct topology *x, const struct mc_frame *f, struct mc_err *e)
{
	struct team *t = x->now;
	const size_t cells = t->T * t->N * t->d;

	for (size_t i = 0; i + 1 < x->n; i++)
		if (x->team[i].episodes > 0 && is_same_run(&x->team[i], t)) {
			if (x->team[i].N != t->N || x->team[i].T != t->T)
				return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "another number of agents or steps than before");
			free(t->count);
			x->n--;
			x->now = &x->team[i];
			return 0;
		}
	t->asked = mc_arena_alloc(&x->arena, 4 * cells, sizeof *t->asked, "requests", e);
	if (t->asked == NULL)
		return -1;
	t->live = t->asked + cells;
	t->right = t->live + cells;
	t->hit = t->right + cells;
	return 0;
}

static int add_episode(struct topology *x, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e)
{
	const struct mc_arena_mark mark = mc_arena_mark(&x->scratch);
	struct mc_traj traj;
	struct team *t;
	int64_t episode;

	if (mc_map_int(&f->map, "episode", &episode, e) < 0)
		return -1;
	x->seen_first = x->seen++ ? x->seen_first : episode;
	x->seen_last = episode;
	if (o->episode >= 0 && episode != o->episode)
		return 0;
	if (mc_traj_new(&traj, &x->dims, &x->scratch, e) < 0 || mc_traj_unpack(f, &traj, e) < 0 ||
	    (x->now->episodes == 0 && join_run(x, f, e) < 0))
		return -1;
	t = x->now;
	for (size_t k = 0; k < t->T * t->N * t->d; k++) {
		t->asked[k] += traj.I[k];
		t->live[k] += traj.m[k];
		if (t->right_known && traj.m[k] && mc_right_request(&t->rights, traj.o + k / t->d * x->dims.O, k % t->d)) {
			t->right[k]++;
			t->hit[k] += traj.I[k];
		}
	}
	t->first = t->episodes++ ? t->first : episode;
	mc_arena_reset(&x->scratch, mark);
	return 0;
}

static int add_moment(struct topology *x, const struct mc_frame *f, struct mc_err *e)
{
	struct team *t = x->now;
	const size_t pairs = t->N * t->d, shape[] = { t->N, t->d };
	struct moment *grown;
	struct mc_array a;
	double *share;

	if (mc_map_array(&f->map, "asked_pair", &a, e) < 0)
		return -1;
	if (a.dtype != MC_F32 || a.ndim != 2 || a.shape[0] != shape[0] || a.shape[1] != shape[1])
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "asked_pair is not a float32[%zu,%zu]", t->N, t->d);
	grown = mc_grow(t->moment, t->n + 1, &t->room, sizeof *grown, "requests", e);
	if (grown == NULL)
		return -1;
	t->moment = grown;
	share = mc_arena_alloc(&x->arena, pairs, sizeof *share, "requests", e);
	if (share == NULL)
		return -1;
	for (size_t k = 0; k < pairs; k++) {
		float v;

		memcpy(&v, a.data + k * sizeof v, sizeof v);
		share[k] = (double)v;
		if (!isnan(v) && (v < 0 || v > 1))
			return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "asked_pair has %g, which is not a share", (double)v);
	}
	t->moment[t->n++] = (struct moment){ x->steps, share };
	t->max = fmax(t->max, x->steps);
	return 0;
}

/* One more of the episodes whose right requests are counted. */
static int add_count(struct team *t, const struct counted *c, struct mc_err *e)
{
	struct counted *grown = mc_grow(t->count, t->counts + 1, &t->count_room, sizeof *grown, "requests", e);

	if (grown == NULL)
		return -1;
	t->count = grown;
	t->count[t->counts++] = *c;
	return 0;
}

static int add_steps(struct topology *x, const struct mc_frame *f, struct mc_err *e)
{
	uint64_t steps, requests, right, edges;

	if (mc_map_uint(&f->map, "steps", &steps, e) < 0)
		return -1;
	x->steps += (double)steps;
	if (!x->now->right_known || !mc_map_has(&f->map, "right"))
		return 0;
	if (mc_map_uint(&f->map, "requests", &requests, e) < 0 || mc_map_uint(&f->map, "right", &right, e) < 0 ||
	    mc_map_uint(&f->map, mc_map_key(&f->map, "right_edges", "right_links"), &edges, e) < 0)
		return -1;
	return add_count(x->now, &(struct counted){ x->steps, (double)requests, (double)right, (double)edges }, e);
}

static int take(void *ctx, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct topology *x = ctx;

	if (strcmp(f->type, "header") == 0)
		return start_stream(x, f, e);
	if (strcmp(f->type, "checkpoint") == 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "mc-rollout --load makes its episodes, mc-eval --pairs counts its requests",
		    "is a checkpoint, neither a log nor episodes");
	if (x->now == NULL)
		return 0;
	if (strcmp(f->type, "trajectory") == 0)
		return add_episode(x, f, o, e);
	if (strcmp(f->type, "episode") == 0)
		return add_steps(x, f, e);
	return strcmp(f->type, "metric") == 0 && mc_map_has(&f->map, "asked_pair") ? add_moment(x, f, e) : 0;
}

/* ---- shares ---- */

struct store {
	struct mc_heat_panel *panel; /* [2 * runs] */
	const char **title;
	double *height;              /* [runs] */
	char (*text)[192];
	const char *pair[AGENTS * AGENTS];
	char pair_text[AGENTS * AGENTS][24];
	const char *agent[AGENTS];
	int marked;                  /* a right request is framed */
	struct mc_arena arena;
};

/* Shares of one run's row: [pairs, columns] over time, [N, N] of the whole; NaN where there was no edge. */
static void share_of_episodes(const struct team *t, double *over, double *whole)
{
	const size_t pairs = t->N * t->d;

	for (size_t k = 0; k < pairs; k++) {
		double asked = 0, live = 0;

		for (size_t step = 0; step < t->T; step++) {
			const double a = t->asked[step * pairs + k], m = t->live[step * pairs + k];

			over[k * t->T + step] = m > 0 ? a / m : (double)NAN;
			asked += a;
			live += m;
		}
		whole[k / t->d * t->N + mc_slot_agent(k / t->d, k % t->d)] = live > 0 ? asked / live : (double)NAN;
	}
}

/* Columns of a log: so many that each holds a moment, where these are evenly apart. */
static size_t columns_of(const struct team *t)
{
	return t->n < BINS ? t->n : BINS;
}

static void share_of_log(const struct team *t, double *over, double *whole)
{
	const size_t pairs = t->N * t->d, bins = columns_of(t);
	const double width = t->max / (double)bins;

	for (size_t k = 0; k < pairs; k++) {
		double sum[BINS + 1] = { 0 }, count[BINS + 1] = { 0 };

		for (size_t i = 0; i < t->n; i++) {
			const double v = t->moment[i].share[k], place = ceil(t->moment[i].steps / width - 1e-9) - 1;
			const size_t bin = place <= 0 ? 0 : place >= (double)bins ? bins - 1 : (size_t)place;

			if (isnan(v))
				continue;
			sum[bin] += v;
			count[bin]++;
			if (t->moment[i].steps > 0.9 * t->max) {
				sum[BINS] += v;
				count[BINS]++;
			}
		}
		for (size_t b = 0; b < bins; b++)
			over[k * bins + b] = sum[b] / count[b]; /* NaN where there is none */
		whole[k / t->d * t->N + mc_slot_agent(k / t->d, k % t->d)] = sum[BINS] / count[BINS];
	}
}

/* ---- what is right ---- */

/* Over the episodes, or the last tenth of training. */
static struct counted count_right(const struct team *t)
{
	struct counted c = { 0, 0, 0, 0 };
	double max = 0;

	for (size_t k = 0; t->episodes && k < t->T * t->N * t->d; k++) {
		c.made += t->asked[k];
		c.right += t->hit[k];
		c.right_edges += t->right[k];
	}
	for (size_t i = 0; i < t->counts; i++)
		max = fmax(max, t->count[i].steps);
	for (size_t i = 0; !t->episodes && i < t->counts; i++)
		if (t->count[i].steps > 0.9 * max) {
			c.made += t->count[i].made;
			c.right += t->count[i].right;
			c.right_edges += t->count[i].right_edges;
		}
	return c;
}

/* Was pair k right in all episodes at this step? In a log: is it, in all of them? */
static int is_right(const struct team *t, size_t k, size_t step)
{
	const size_t i = k / t->d, at = step * t->N * t->d + k;

	if (!t->right_known)
		return 0;
	if (t->episodes)
		return t->right[at] > 0 && t->right[at] >= t->live[at];
	return t->rights.shift && mc_slot_agent(i, k % t->d) == (i + (size_t)t->rights.shift) % t->N;
}

/* Marks of the cells of a row of panels: over[pairs, columns], whole[N, N], all zero. Returns whether there is one. */
static int mark_right(const struct team *t, size_t columns, uint8_t *over, uint8_t *whole)
{
	const size_t pairs = t->N * t->d;
	int any = 0;

	for (size_t k = 0; k < pairs; k++) {
		size_t right = 0;

		for (size_t step = 0; step < columns; step++)
			right += over[k * columns + step] = (uint8_t)is_right(t, k, step);
		whole[k / t->d * t->N + mc_slot_agent(k / t->d, k % t->d)] = right == columns;
		any |= right > 0;
	}
	return any;
}

/* Adds "; reference_N3, meta, seed 1: precision 0.98, recall 1.00" to a caption, of every run where it is known. */
static void write_right(char *out, size_t size, const struct topology *x)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct team *t = &x->team[i];
		const struct counted c = count_right(t);
		const size_t n = strlen(out);

		if (!t->right_known || is_empty(t) || !(c.right_edges > 0))
			continue;
		snprintf(out + n, size - n, "; %s, %s, seed %" PRIu64 ": precision %.2f, recall %.2f", t->task, t->label, t->seed, c.made > 0 ? c.right / c.made : 0.0,
		    c.right / c.right_edges);
	}
}

/* ---- the picture ---- */

/* "push_N3, meta, seed 1, mean of 20 episodes" */
static void write_title(char *out, size_t size, const struct team *t)
{
	const int n = snprintf(out, size, "%s, %s, seed %" PRIu64, t->task, t->label, t->seed);

	if (t->episodes == 1)
		snprintf(out + n, size - (size_t)n, ", episode %" PRId64, t->first);
	else if (t->episodes)
		snprintf(out + n, size - (size_t)n, ", mean of %zu episodes", t->episodes);
}

static int add_row(struct store *s, struct mc_heat *h, const struct team *t, double unit, struct mc_err *e)
{
	const size_t pairs = t->N * t->d, at = h->page.panels;
	const size_t bins = t->episodes ? t->T : columns_of(t);
	const double width = t->episodes ? 1 : t->max / (double)bins / unit;
	double *over = mc_arena_alloc(&s->arena, pairs * bins, sizeof *over, "shares", e);
	double *whole = mc_arena_alloc(&s->arena, t->N * t->N, sizeof *whole, "shares", e);
	const char **names = mc_arena_alloc(&s->arena, pairs, sizeof *names, "names", e);
	uint8_t *right = mc_arena_alloc(&s->arena, pairs * bins + t->N * t->N, 1, "marks", e);

	if (right == NULL || over == NULL || whole == NULL || names == NULL)
		return -1;
	for (size_t i = 0; i < t->N * t->N; i++)
		whole[i] = (double)NAN;
	for (size_t k = 0; k < pairs; k++)
		names[k] = s->pair[k / t->d * AGENTS + mc_slot_agent(k / t->d, k % t->d)];
	if (t->episodes)
		share_of_episodes(t, over, whole);
	else
		share_of_log(t, over, whole);
	if (mark_right(t, bins, right, right + pairs * bins))
		s->marked = 1;
	s->panel[at] = (struct mc_heat_panel){ pairs, bins, over, names, width, t->episodes ? 0 : width / 2, right, 0 };
	s->panel[at + 1] = (struct mc_heat_panel){ t->N, t->N, whole, s->agent, 1, 0, right + pairs * bins, 1 };
	write_title(s->text[at / 2], sizeof *s->text, t);
	s->title[at] = s->text[at / 2];
	s->title[at + 1] = t->episodes ? "all steps" : "last tenth of training";
	s->height[at / 2] = fmax(44 * (double)t->N, 15 * (double)pairs);
	h->page.panels += 2;
	return 0;
}

static int make_store(struct store *s, size_t runs, struct mc_err *e)
{
	s->panel = mc_arena_alloc(&s->arena, 2 * runs, sizeof *s->panel, "figure", e);
	s->title = mc_arena_alloc(&s->arena, 2 * runs, sizeof *s->title, "figure", e);
	s->height = mc_arena_alloc(&s->arena, runs, sizeof *s->height, "figure", e);
	s->text = mc_arena_alloc(&s->arena, runs, sizeof *s->text, "figure", e);
	if (!s->panel || !s->title || !s->height || !s->text)
		return -1;
	for (size_t i = 0; i < AGENTS; i++)
		for (size_t j = 0; j < AGENTS; j++) {
			snprintf(s->pair_text[i * AGENTS + j], sizeof *s->pair_text, "%zu asks %zu", i, j);
			s->pair[i * AGENTS + j] = s->pair_text[i * AGENTS + j];
		}
	for (size_t i = 0; i < AGENTS; i++) /* "12": the end of "0 asks 12" */
		s->agent[i] = s->pair_text[i] + strlen("0 asks ");
	return 0;
}

static int draw(const struct topology *x, const struct mc_draw_opts *o, struct mc_err *e)
{
	const char *names[] = { "step of the episode", "", "who is asked", "who asks" };
	double max = 0, unit = 1, widths[] = { 420, 0 };
	size_t agents = 0, episodes = 0;
	struct store s = { .title = NULL };
	char caption[2048];
	struct mc_heat h = { .page = { .title = o->title, .ylabel = "", .columns = 2, .names = names, .width = widths, .rigid = 1, .left = 8,
		.shades = "share of the possible requests that are made" } };
	int r = make_store(&s, x->n, e);

	for (size_t i = 0; i < x->n; i++) {
		const struct team *t = &x->team[i];

		agents = t->N > agents && !is_empty(t) ? t->N : agents;
		max = fmax(max, t->max);
		episodes += t->episodes;
	}
	if (episodes == 0)
		names[0] = mc_draw_steps_unit(max, &unit);
	h.panel = s.panel;
	h.page.panel = s.title;
	h.page.xlabel = names[0];
	h.page.height = s.height;
	widths[1] = 46 * (double)agents;
	snprintf(caption, sizeof caption, episodes ?
	    "over the episodes in which the one asked was in range, at each step and in all; grey: never, or the agent itself"
	    : "over the steps of training in which the one asked was in range; grey: never, or the agent itself");
	h.page.caption = caption;
	for (size_t i = 0; r == 0 && i < x->n; i++)
		if (!is_empty(&x->team[i]))
			r = add_row(&s, &h, &x->team[i], unit, e);
	if (s.marked)
		strcat(caption, "; framed (in text a star): the right request");
	write_right(caption, sizeof caption, x);
	r = r < 0 ? r : mc_heat_put(&h, &o->picture, e);
	mc_arena_free(&s.arena);
	return r;
}

/* Why there is nothing to draw, or no one picture. */
static int check(const struct topology *x, const struct mc_draw_opts *o, struct mc_err *e)
{
	size_t episodes = 0, moments = 0;

	for (size_t i = 0; i < x->n; i++) {
		if (x->team[i].n > 0 && !(x->team[i].max > 0))
			return mc_err_set(e, MC_DATA, NULL, -1, "was it filtered? Keep its episode frames",
			    "a log of %s, %s says who asks whom, but has no episode to say when", x->team[i].task, x->team[i].label);
		episodes += x->team[i].episodes;
		moments += x->team[i].episodes ? 0 : x->team[i].n;
	}
	if (episodes && moments)
		return mc_err_set(e, MC_DATA, NULL, -1, "draw one after the other", "episodes and the logs of runs");
	if (episodes || (moments && x->seen == 0))
		return 0;
	if (x->seen)
		return mc_usage(e, "--episode", NULL, "no episode %ld here; there are %zu, from %" PRId64 " to %" PRId64, o->episode, x->seen,
		    x->seen_first, x->seen_last);
	return mc_err_set(e, MC_DATA, NULL, -1, "a log has them of runs that learn whom to ask, mc-rollout --load CKPT makes episodes",
	    "nothing in these streams says who asks whom");
}

int mc_draw_topology(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	struct topology x = { .team = calloc(RUNS, sizeof *x.team) };
	int r = x.team ? 0 : mc_err_nomem(e, "teams", RUNS * sizeof *x.team);

	r = r < 0 ? r : mc_draw_read(o, files, file, take, &x, e);
	r = r < 0 ? r : check(&x, o, e);
	r = r < 0 ? r : draw(&x, o, e);
	for (size_t i = 0; i < x.n; i++) {
		free(x.team[i].moment);
		free(x.team[i].count);
	}
	free(x.team);
	mc_arena_free(&x.arena);
	mc_arena_free(&x.scratch);
	return r;
}
