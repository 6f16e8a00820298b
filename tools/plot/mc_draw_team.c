#include "mc_draw_team.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mc_arena.h"
#include "mc_outside.h"
#include "mc_right.h"
#include "mc_sight.h"
#include "mc_sketch.h"
#include "mc_traj.h"

enum { PANELS = 25 };

struct team {
	struct mc_task task;
	struct mc_dims dims;
	char name[160];            /* "push_N3, meta, seed 1" */
	int known;                 /* 1 = a header has been read, of a task that can be drawn */
	struct mc_positions places; /* of a task that is a program of its own; E = 0: of one of ours */
	enum mc_role *role;        /* [E] */
	mc_real *pos;              /* [T+1, E, 2] */
	struct mc_traj traj;       /* of the episode to draw */
	int found;
	int64_t first, last;       /* the episodes that there are */
	size_t seen;
	struct mc_arena arena;
	/* the picture's */
	double *path;              /* [T+1, N, 2] */
	struct mc_sight still;     /* landmarks that anybody saw at any step */
	struct mc_sketch_frame *frame;
	const char **heading;
};

/* ---- reading ---- */

/* The roles that a header's positions name, one for each thing; the team comes first. */
static int read_roles(struct team *x, const struct mc_frame *f, struct mc_err *e)
{
	const struct mc_positions *p = &x->places;
	size_t n = 0;

	if (strcmp(p->role[0].name, mc_role_name(MC_ROLE_AGENT)) != 0 || p->role[0].count != x->dims.N)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "positions do not begin with the %zu agents", x->dims.N);
	x->role = mc_arena_alloc(&x->arena, p->E, sizeof *x->role, "positions", e);
	x->pos = mc_arena_alloc(&x->arena, (x->dims.T + 1) * p->E * 2, sizeof *x->pos, "positions", e);
	if (!x->role || !x->pos)
		return -1;
	for (int i = 0; i < p->roles; i++) {
		int role = 0;

		while (role < MC_ROLES && strcmp(p->role[i].name, mc_role_name((enum mc_role)role)) != 0)
			role++;
		if (role == MC_ROLES)
			return mc_err_set(e, MC_DATA, f->place, f->offset, "they are agent, landmark, prey, predator, ball and target",
			    "positions of a \"%s\", which is not a role", p->role[i].name);
		for (size_t k = 0; k < p->role[i].count; k++)
			x->role[n++] = (enum mc_role)role;
	}
	return 0;
}

static int start_stream(struct team *x, const struct mc_frame *f, struct mc_err *e)
{
	struct mc_team t;
	struct mc_err unknown;

	if (x->found)
		return 0;
	if (mc_draw_whose(f, &t, e) < 0)
		return -1;
	x->dims = t.dims;
	if (mc_positions_read(&x->places, &f->map, e) < 0 || (x->places.E && read_roles(x, f, e) < 0))
		return -1;
	if (x->places.E)
		x->task = (struct mc_task){ .entities = (int)x->places.E, .N = (int)t.dims.N };
	else if (mc_task_parse(&x->task, t.task, &unknown) < 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "its program must report positions; mc-frame(5), ENVIRONMENTS",
		    "task \"%s\": the positions of its agents are unknown", t.task);
	else if (t.dims.N != (size_t)x->task.agents || t.dims.O != (size_t)x->task.obs_dim)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "is it another environment under the same name?",
		    "%zu agents with observations of %zu are not those of %s", t.dims.N, t.dims.O, t.task);
	snprintf(x->name, sizeof x->name, "%s, %s, seed %" PRIu64, t.task, t.method, t.seed);
	x->known = 1;
	return 0;
}

static int take(void *ctx, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct team *x = ctx;
	int64_t episode;

	if (strcmp(f->type, "header") == 0)
		return start_stream(x, f, e);
	if (strcmp(f->type, "checkpoint") == 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "mc-rollout --load makes its episodes", "is a checkpoint, not a stream of episodes");
	if (strcmp(f->type, "trajectory") != 0 || !x->known)
		return 0;
	if (mc_map_int(&f->map, "episode", &episode, e) < 0)
		return -1;
	x->first = x->seen++ ? x->first : episode;
	x->last = episode;
	if (x->found || (o->episode >= 0 && episode != o->episode))
		return 0;
	x->found = 1;
	const size_t shape[3] = { x->dims.T + 1, x->places.E, 2 };

	if (x->places.E && mc_map_reals(&f->map, "pos", 3, shape, x->pos, e) < 0)
		return -1;
	return mc_traj_new(&x->traj, &x->dims, &x->arena, e) < 0 ? -1 : mc_traj_unpack(f, &x->traj, e);
}

static int check(const struct team *x, const struct mc_draw_opts *o, struct mc_err *e)
{
	if (x->found)
		return 0;
	if (x->seen)
		return mc_usage(e, "--episode", NULL, "no episode %ld here; there are %zu, from %" PRId64 " to %" PRId64, o->episode, x->seen,
		    x->first, x->last);
	return mc_err_set(e, MC_DATA, NULL, -1, "mc-rollout --load CKPT -n 1 makes one", "no episode in these streams");
}

/* ---- what is at each step ---- */

static int new_sight(struct mc_sight *s, struct team *x, struct mc_err *e)
{
	s->n = 0;
	s->seen = mc_arena_alloc(&x->arena, (size_t)x->task.entities, sizeof *s->seen, "positions", e);
	return s->seen ? 0 : -1;
}

/* What is in sight at step t: what the agents observe, or, where the task is a program's, all that it tells. -1: more than there is. */
static int see(struct mc_sight *s, const struct team *x, size_t t)
{
	const size_t E = x->places.E;

	if (E == 0)
		return mc_sight_read(s, &x->task, x->traj.o + t * x->dims.N * x->dims.O);
	for (s->n = 0; s->n < E; s->n++) {
		const mc_real *at = x->pos + 2 * (t * E + s->n);

		s->seen[s->n] = (struct mc_seen){ x->role[s->n], (double)at[0], (double)at[1] };
	}
	return 0;
}

/* Radii: those of the task; of a program's things, which have none, a share of how far apart they are. */
static int sizes(double size[MC_ROLES], const struct team *x, struct mc_err *e)
{
	double most = 0;

	if (x->places.E == 0)
		return mc_role_sizes(size, &x->task, e);
	for (size_t k = 0; k < 2 * (x->dims.T + 1) * x->places.E; k++)
		most = fmax(most, fabs((double)x->pos[k]));
	memset(size, 0, MC_ROLES * sizeof *size);
	for (size_t k = 0; k < x->places.E; k++)
		size[x->role[k]] = (x->role[k] == MC_ROLE_AGENT ? 0.05 : 0.04) * fmax(most, 1e-6);
	return 0;
}

/* Everything that does not move and was in sight at some step. */
static int find_still(struct team *x, struct mc_err *e)
{
	struct mc_sight now;

	if (new_sight(&x->still, x, e) < 0 || new_sight(&now, x, e) < 0)
		return -1;
	for (size_t t = 0; t <= x->dims.T; t++) {
		int strange = see(&now, x, t) < 0;

		for (size_t i = 0; i < now.n && !strange; i++)
			strange = now.seen[i].role == MC_ROLE_LANDMARK && x->places.E == 0 &&
			    mc_sight_add(&x->still, &x->task, MC_ROLE_LANDMARK, now.seen[i].x, now.seen[i].y) < 0;
		if (strange)
			return mc_err_set(e, MC_DATA, NULL, -1, "is it another environment under the same name?",
			    "episode %" PRId64 ", step %zu: more is seen than there is in %s", x->traj.episode, t, x->task.name);
		for (size_t i = 0; i < x->dims.N; i++) {
			x->path[2 * (t * x->dims.N + i)] = now.seen[i].x;
			x->path[2 * (t * x->dims.N + i) + 1] = now.seen[i].y;
		}
	}
	return 0;
}

/* The return until step t: what the steps before it gave. */
static double return_until(const struct mc_traj *traj, size_t t)
{
	double sum = 0;

	for (size_t k = 0; k < t; k++)
		sum += (double)traj->r[k];
	return sum;
}

/* Whose goal is where, and who knows it, at step t; nothing where goals are not hidden. */
static int fill_goals(struct team *x, struct mc_sketch_frame *f, size_t t, struct mc_err *e)
{
	const size_t N = x->dims.N, O = x->dims.O;
	const mc_real *o = x->traj.o + t * N * O;
	struct mc_sketch_goal *goal;

	if (x->places.E || !mc_right_known(&x->task))
		return 0;
	if (!(goal = mc_arena_alloc(&x->arena, N, sizeof *goal, "goals", e)))
		return -1;
	for (size_t i = 0; i < N; i++) {
		const mc_real *own = o + i * O;
		const int landmark = mc_right_goal(&x->task, o, i);

		if (landmark < 0)
			return mc_err_set(e, MC_DATA, NULL, -1, "is it another environment under the same name?",
			    "episode %" PRId64 ", step %zu: nobody knows the goal of agent %zu", x->traj.episode, t, i);
		goal[i] = (struct mc_sketch_goal){ landmark, (double)own[2] + (double)own[4 + 2 * landmark],
			(double)own[3] + (double)own[5 + 2 * landmark], 0 };
		for (size_t slot = 0; slot < x->dims.d; slot++)
			if (mc_right_request(&x->task, own, slot))
				goal[i].knower = mc_slot_agent(i, slot);
	}
	f->goal = goal;
	return 0;
}

static int fill_frame(struct team *x, struct mc_sketch_frame *f, size_t t, struct mc_err *e)
{
	const size_t N = x->dims.N, d = x->dims.d, size = 96;
	char *heading = mc_arena_alloc(&x->arena, size, 1, "headings", e);
	uint8_t *asks = mc_arena_alloc(&x->arena, N * N, 1, "requests", e);

	if (heading == NULL || asks == NULL || new_sight(&f->now, x, e) < 0 || new_sight(&f->known, x, e) < 0)
		return -1;
	(void)see(&f->now, x, t);
	for (size_t i = 0; i < x->still.n; i++) { /* what is in sight now, stands in `now` */
		struct mc_sight both = f->now;
		struct mc_seen *s = &x->still.seen[i];

		if (mc_sight_add(&both, &x->task, s->role, s->x, s->y) == 1)
			mc_sight_add(&f->known, &x->task, s->role, s->x, s->y);
	}
	for (size_t k = 0; t < x->dims.T && k < N * d; k++)
		asks[k / d * N + mc_slot_agent(k / d, k % d)] = x->traj.I[t * N * d + k];
	snprintf(heading, size, "step %zu of %zu, return so far %.2f", t, x->dims.T, return_until(&x->traj, t) + 0.0);
	f->heading = heading;
	f->asks = t < x->dims.T ? asks : NULL;
	f->path = x->path;
	f->steps = t + 1;
	return fill_goals(x, f, t, e);
}

/* ---- the picture ---- */

/* The square in which all of these frames lie, with something around it. */
static void frame_square(struct mc_sketch *k)
{
	double lo[2] = { HUGE_VAL, HUGE_VAL }, hi[2] = { -HUGE_VAL, -HUGE_VAL };

	for (size_t i = 0; i < k->frames; i++) {
		const struct mc_sketch_frame *f = &k->frame[i];
		const struct mc_sight *sight[] = { &f->now, &f->known };

		for (size_t which = 0; which < 2; which++)
			for (size_t n = 0; n < sight[which]->n; n++) {
				const struct mc_seen *s = &sight[which]->seen[n];
				const double r = k->size[s->role];

				lo[0] = fmin(lo[0], s->x - r);
				lo[1] = fmin(lo[1], s->y - r);
				hi[0] = fmax(hi[0], s->x + r);
				hi[1] = fmax(hi[1], s->y + r);
			}
		for (size_t n = 0; n < 2 * f->steps * k->N; n++) {
			lo[n % 2] = fmin(lo[n % 2], f->path[n]);
			hi[n % 2] = fmax(hi[n % 2], f->path[n]);
		}
	}
	k->x = (lo[0] + hi[0]) / 2;
	k->y = (lo[1] + hi[1]) / 2;
	k->reach = fmax(fmax(hi[0] - lo[0], hi[1] - lo[1]) / 2 * 1.1, 0.1);
}

static void write_caption(char *out, size_t size, const struct team *x)
{
	const size_t there = mc_role_count(&x->task, MC_ROLE_LANDMARK), seen = x->still.n;
	const int partial = x->task.l > 0 && (seen < there || x->task.l < x->task.N || x->task.view);
	int n = snprintf(out, size, "%s, iteration %" PRId64 ", episode %" PRId64 "; positions are those that the %s", x->name,
	    x->traj.iteration, x->traj.episode, x->places.E ? "environment tells" : "agents observe");

	if (partial)
		n += snprintf(out + n, size - (size_t)n, ": %zu of %zu landmarks in some step%s", seen, there,
		    there ? ", pale where no agent sees them now" : "");
	if (partial && mc_role_count(&x->task, MC_ROLE_PREY))
		snprintf(out + n, size - (size_t)n, "; prey while an agent sees them");
}

/* "0,8,16": the steps of a graph. -1: `e` filled. */
static int parse_steps(const char *text, size_t T, size_t *step, size_t *n, struct mc_err *e)
{
	const char *at = text;

	for (*n = 0; *n < PANELS; at++) {
		char *end;
		const unsigned long t = strtoul(at, &end, 10);

		if (end == at || *at < '0' || *at > '9' || t > T)
			break;
		step[(*n)++] = t;
		if (*end == '\0')
			return 0;
		if (*end != ',')
			break;
		at = end;
	}
	return mc_usage(e, "--step", NULL, "\"%s\" is not up to %d steps from 0 to %zu, with commas", text, PANELS, T);
}

static int make_frames(struct team *x, struct mc_sketch *k, const size_t *step, size_t n, struct mc_err *e)
{
	x->frame = mc_arena_alloc(&x->arena, n, sizeof *x->frame, "frames", e);
	x->heading = mc_arena_alloc(&x->arena, n, sizeof *x->heading, "frames", e);
	x->path = mc_arena_alloc(&x->arena, (x->dims.T + 1) * x->dims.N * 2, sizeof *x->path, "paths", e);
	if (x->frame == NULL || x->heading == NULL || x->path == NULL || sizes(k->size, x, e) < 0 || find_still(x, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (fill_frame(x, &x->frame[i], step[i], e) < 0)
			return -1;
		x->heading[i] = x->frame[i].heading;
	}
	k->N = x->dims.N;
	k->frame = x->frame;
	k->frames = n;
	k->page.panel = x->heading;
	frame_square(k);
	return 0;
}

/* On a terminal that can: one frame over the other, at the speed that was asked for. */
static int animate(const struct mc_sketch *k, const struct mc_canvas *c, long fps, struct mc_err *e)
{
	const struct timespec pause = { fps > 1 ? 0 : 1, fps > 1 ? 1000000000 / fps : 0 };

	mc_page_text_begin(stdout, &k->page, c);
	for (size_t i = 0; i < k->frames; i++) {
		if (i > 0) {
			nanosleep(&pause, NULL);
			fputs("\0338\033[J", stdout);
		} else { /* room for it below, then back: here every frame begins */
			for (size_t row = 1; row < c->rows; row++)
				fputc('\n', stdout);
			printf("\033[%zuA\0337", c->rows - 1);
		}
		mc_sketch_text(stdout, k, i, c);
		if (fflush(stdout) != 0)
			return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	}
	mc_sketch_text_end(stdout, k, c);
	return fflush(stdout) == 0 ? 0 : mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
}

static int put(const struct mc_sketch *k, const struct mc_draw_opts *o, struct mc_err *e)
{
	struct mc_canvas c;

	mc_canvas_terminal(&c, STDOUT_FILENO);
	if (k->moves && o->picture.output == NULL && isatty(STDOUT_FILENO) && getenv("TERM") && strcmp(getenv("TERM"), "dumb") != 0)
		return animate(k, &c, o->fps, e);
	return mc_sketch_put(k, &o->picture, e);
}

static int draw(struct team *x, const struct mc_draw_opts *o, int moves, struct mc_err *e)
{
	const double side = 420, sides[] = { 300, 300, 300, 300, 300 };
	struct mc_sketch k = { .page = { .title = o->title, .xlabel = "x", .ylabel = "y", .panels = 1, .columns = 1, .square = 1, .width = &side,
		.height = &side, .delay = (int)lround(100.0 / (double)o->fps) }, .moves = moves };
	size_t step[PANELS + 1], *steps = step, n = 0;
	char caption[400];
	int r = 0;

	if (moves) {
		n = x->dims.T + 1;
		steps = mc_arena_alloc(&x->arena, n, sizeof *steps, "frames", e);
		for (size_t t = 0; steps && t < n; t++)
			steps[t] = t;
	} else {
		r = parse_steps(o->step, x->dims.T, step, &n, e);
	}
	if (steps == NULL || r < 0 || make_frames(x, &k, steps, n, e) < 0)
		return -1;
	if (!moves && n > 1) {
		k.page.panels = n;
		k.page.columns = n <= 4 ? n : n % 3 == 0 && n <= 9 ? 3 : n <= 8 ? 4 : 5;
		k.page.width = k.page.height = sides;
	}
	write_caption(caption, sizeof caption, x);
	k.page.caption = caption;
	return put(&k, o, e);
}

static int read_and_draw(const struct mc_draw_opts *o, int files, char **file, int moves, struct mc_err *e)
{
	struct team x = { .known = 0 };
	int r = mc_draw_read(o, files, file, take, &x, e);

	r = r < 0 ? r : check(&x, o, e);
	r = r < 0 ? r : draw(&x, o, moves, e);
	mc_arena_free(&x.arena);
	return r;
}

int mc_draw_graph(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	return read_and_draw(o, files, file, 0, e);
}

int mc_draw_episode(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	return read_and_draw(o, files, file, 1, e);
}
