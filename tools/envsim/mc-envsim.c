#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "main.h"
#include "mc_arena.h"
#include "mc_describe.h"
#include "mc_frame.h"
#include "mc_math.h"
#include "mc_opts.h"
#include "mc_params.h"
#include "mc_prey.h"
#include "mc_provenance.h"
#include "mc_rng.h"
#include "mc_task.h"
#include "mc_world.h"

enum { BATCH = 256 };  /* episodes at a time by --random and --still */

struct options {
	const char *task, *prey, *describe;
	uint64_t seed;
	long env, episode, n, random, still;
	double range;
	int list;
};

struct sim {
	const struct options *o;
	struct mc_task task;
	struct mc_env_dims dims;
	struct mc_arena arena;
	struct mc_prey prey;
	struct mc_world *world;
	struct mc_in *in;
	struct mc_out *out;
	struct mc_fb *fb;
	uint32_t episode;         /* the number of the one that goes on */
	long whole;               /* episodes that came to their end */
	mc_real *a;               /* [N, 2] */
	mc_real *obs;             /* [N, O] */
	uint8_t *m;               /* [N, d] */
	mc_real *pos, *vel;       /* [E, 2] */
	int32_t *hidden;          /* [task.hidden] */
	uint8_t *goal;            /* [N] */
};

/* ---- what comes out ---- */

static int put_header(struct sim *s, int argc, char **argv, struct mc_err *e)
{
	const struct options *o = s->o;

	mc_fb_begin(s->fb, "header");
	mc_fb_str(s->fb, "task", s->task.name);
	mc_fb_uint(s->fb, "seed", o->seed);
	mc_fb_int(s->fb, "env", o->env);
	mc_fb_int(s->fb, "agents", s->task.agents);
	mc_fb_int(s->fb, "entities", s->task.entities);
	mc_fb_int(s->fb, "obs_dim", s->task.obs_dim);
	mc_fb_uint(s->fb, "act_dim", s->dims.A);
	mc_fb_uint(s->fb, "steps", s->dims.T);
	mc_fb_str(s->fb, "prey", s->prey.how);
	if (s->prey.p.v)
		mc_params_pack(s->fb, "prey_params", &s->prey.p, s->prey.p.v);
	if (isfinite(o->range))
		mc_fb_real(s->fb, "range", o->range);
	if (mc_out_built(s->out, s->fb, e) < 0)
		return -1;
	mc_provenance_build(s->fb, "mc-envsim", argc, argv, 1);
	return mc_out_built(s->out, s->fb, e);
}

/* The state as an observation; r and contacts are 0 at step 0. */
static int put_observation(struct sim *s, mc_real r, int32_t contacts, struct mc_err *e)
{
	const size_t so[2] = { s->dims.N, s->dims.O }, sm[2] = { s->dims.N, s->dims.d };
	const int step = mc_world_time(s->world, 0);

	mc_world_observe(s->world, s->obs);
	mc_world_mask(s->world, s->m);
	/* only a given state of absurd size comes here */
	if (!isfinite(r) || !mc_all_finite(s->obs, s->dims.N * s->dims.O))
		return mc_err_set(e, MC_DATA, NULL, -1, "the state that was given is too large",
		    "environment %ld, episode %" PRIu32 ", step %d: numbers overflow", s->o->env, s->episode, step);
	mc_fb_begin(s->fb, "observation");
	mc_fb_uint(s->fb, "episode", s->episode);
	mc_fb_int(s->fb, "step", step);
	mc_fb_reals(s->fb, "o", 2, so, s->obs);
	mc_fb_array(s->fb, "m", MC_U8, 2, sm, s->m);
	mc_fb_real(s->fb, "r", (double)r);
	mc_fb_int(s->fb, "contacts", contacts);
	mc_fb_bool(s->fb, "last", step == MC_EPISODE);
	return mc_out_built(s->out, s->fb, e);
}

/* ---- what comes in ---- */

static int start_episode(struct sim *s, uint32_t episode, struct mc_err *e)
{
	s->episode = episode;
	mc_world_reset(s->world, 0, s->o->seed, (uint32_t)s->o->env, episode);
	return put_observation(s, 0, 0, e);
}

/* Names the first component of an action that is not a number; other faults are mc_map_reals'. */
static int refuse_action(const struct sim *s, const struct mc_frame *f, struct mc_err *e)
{
	struct mc_array a;

	if (mc_map_array(&f->map, "a", &a, e) < 0)
		return -1;
	for (size_t i = 0; i < a.count && i < 2 * s->dims.N; i++) {
		double v = 0;

		if (a.dtype == MC_F64) {
			memcpy(&v, a.data + i * sizeof v, sizeof v);
		} else if (a.dtype == MC_F32) {
			float x;

			memcpy(&x, a.data + i * sizeof x, sizeof x);
			v = (double)x;
		}
		if (!isfinite(v))
			return mc_err_set(e, MC_DATA, f->place, f->offset, "actions are finite numbers",
			    "environment %ld, agent %zu: component %c of the action is %g", s->o->env, i / 2,
			    i % 2 ? 'y' : 'x', v);
	}
	return 0;
}

static int take_action(struct sim *s, const struct mc_frame *f, struct mc_err *e)
{
	const size_t shape[2] = { s->dims.N, s->dims.A };
	int32_t contacts;
	mc_real r;

	if (refuse_action(s, f, e) < 0 || mc_map_reals(&f->map, "a", 2, shape, s->a, e) < 0 ||
	    mc_world_step(s->world, s->a, &r, &contacts, e) < 0 || put_observation(s, r, contacts, e) < 0)
		return -1;
	if (mc_world_time(s->world, 0) < MC_EPISODE)
		return 0;
	s->whole++;
	if (s->o->n && s->whole == s->o->n)
		return 0;
	if (s->episode == UINT32_MAX)
		return mc_err_set(e, MC_DATA, NULL, -1, "choose another --env", "episode numbers end at 2^32 - 1");
	return start_episode(s, s->episode + 1, e);
}

/* goal uint8 [N] and shift, of a task that hides them; what is not given stays as it is. */
static int take_hidden(struct sim *s, const struct mc_map *m, struct mc_err *e)
{
	const size_t N = s->dims.N;
	int64_t shift;

	if (s->task.hidden == 0)
		return 0;
	mc_world_hidden(s->world, 0, s->hidden);
	if (mc_map_has(m, "goal") && mc_map_bytes(m, "goal", 1, &N, s->goal, e) < 0)
		return -1;
	for (size_t i = 0; i < N && mc_map_has(m, "goal"); i++)
		s->hidden[i] = s->goal[i];
	if (mc_map_has(m, "shift")) {
		if (mc_map_int(m, "shift", &shift, e) < 0)
			return -1;
		s->hidden[N] = shift < 0 || shift > INT32_MAX ? -1 : (int32_t)shift;
	}
	return mc_world_hide(s->world, 0, s->hidden, e);
}

/* {episode: K}, {pos, vel}, or both: then episode K is that of this state. */
static int take_reset(struct sim *s, const struct mc_frame *f, struct mc_err *e)
{
	const size_t shape[2] = { (size_t)s->task.entities, 2 };
	uint64_t episode = s->episode;
	const int numbered = mc_map_has(&f->map, "episode");

	if (numbered && mc_map_uint(&f->map, "episode", &episode, e) < 0)
		return -1;
	if (episode > UINT32_MAX)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "episode is %" PRIu64
		    ", numbers end at 2^32 - 1", episode);
	if (numbered && !mc_map_has(&f->map, "pos") && !mc_map_has(&f->map, "vel"))
		return start_episode(s, (uint32_t)episode, e);
	if (mc_map_reals(&f->map, "pos", 2, shape, s->pos, e) < 0 ||
	    mc_map_reals(&f->map, "vel", 2, shape, s->vel, e) < 0 ||
	    mc_world_set(s->world, 0, s->pos, s->vel, e) < 0 || take_hidden(s, &f->map, e) < 0)
		return -1;
	s->episode = (uint32_t)episode;
	return put_observation(s, 0, 0, e);
}

static int input_ended(const struct sim *s, struct mc_err *e)
{
	const int step = mc_world_time(s->world, 0);

	if (step == 0)
		return 0;
	return mc_err_set(e, MC_DATA, "<stdin>", mc_in_offset(s->in), "send all actions of an episode, or end",
	    "the stream stops inside episode %" PRIu32 ", after step %d of %d", s->episode, step, MC_EPISODE);
}

/* Replies until the input ends or -n episodes are whole. */
static int serve(struct sim *s, struct mc_err *e)
{
	struct mc_frame f;
	enum mc_read got;

	if (start_episode(s, (uint32_t)s->o->episode, e) < 0 || mc_out_flush(s->out, e) < 0)
		return -1;
	while ((got = mc_in_frame(s->in, &f, e)) == MC_READ_FRAME) {
		int r = 0;

		if (strcmp(f.type, "action") == 0)
			r = take_action(s, &f, e);
		else if (strcmp(f.type, "reset") == 0)
			r = take_reset(s, &f, e);
		else if (strcmp(f.type, "end") == 0)
			return 0;
		if (r < 0 || mc_out_flush(s->out, e) < 0)
			return -1;
		if (s->o->n && s->whole == s->o->n)
			return 0;
	}
	return got == MC_READ_FAIL ? -1 : input_ended(s, e);
}

/* ---- episodes without input ---- */

struct batch {
	size_t n;                 /* episodes in it */
	mc_real *a;               /* [n, N, 2] */
	mc_real *u;               /* draws of an episode [T, N, 2], n times */
	mc_real *r;
	int32_t *C;
	double ret[BATCH];
	int64_t contacts[BATCH];
};

/* u = 2 w - 1, w uniform: component c of agent i at step t is draw (t N + i) 2 + c. */
static void draw_actions(struct sim *s, struct batch *b, uint32_t first)
{
	const size_t wide = s->dims.T * s->dims.N * 2;

	for (size_t k = 0; k < b->n; k++) {
		mc_rng_uniform(b->u + k * wide, 0, wide, s->o->seed, MC_RNG_RANDOM, (uint32_t)s->o->env,
		    first + (uint32_t)k);
		for (size_t i = k * wide; i < (k + 1) * wide; i++)
			b->u[i] = 2 * b->u[i] - 1;
	}
}

/* The b->n episodes from `first` on, all at once; those of the world beyond them are stepped, too. */
static int run_batch(struct sim *s, struct batch *b, uint32_t first, int random, struct mc_err *e)
{
	const size_t wide = s->dims.N * 2;

	for (size_t k = 0; k < BATCH; k++)
		mc_world_reset(s->world, k, s->o->seed, (uint32_t)s->o->env, first + (uint32_t)(k < b->n ? k : 0));
	if (random)
		draw_actions(s, b, first);
	memset(b->ret, 0, sizeof b->ret);
	memset(b->contacts, 0, sizeof b->contacts);
	for (size_t t = 0; t < s->dims.T; t++) {
		for (size_t k = 0; random && k < b->n; k++)
			memcpy(b->a + k * wide, b->u + (k * s->dims.T + t) * wide, wide * sizeof *b->a);
		if (mc_world_step(s->world, b->a, b->r, b->C, e) < 0)
			return -1;
		for (size_t k = 0; k < b->n; k++) {
			b->ret[k] += (double)b->r[k];
			b->contacts[k] += b->C[k];
		}
	}
	return 0;
}

static int put_batch(struct sim *s, const struct batch *b, uint32_t first, struct mc_err *e)
{
	for (size_t k = 0; k < b->n; k++) {
		mc_fb_begin(s->fb, "episode");
		mc_fb_uint(s->fb, "episode", first + (uint32_t)k);
		mc_fb_real(s->fb, "return", b->ret[k]);
		mc_fb_int(s->fb, "contacts", b->contacts[k]);
		mc_fb_uint(s->fb, "steps", s->dims.T);
		if (mc_out_built(s->out, s->fb, e) < 0)
			return -1;
	}
	return 0;
}

static int run_alone(struct sim *s, long n, int random, struct mc_err *e)
{
	const size_t wide = s->dims.N * 2;
	struct batch b = { 0 };

	if (!(b.a = mc_arena_alloc(&s->arena, BATCH * wide, sizeof *b.a, "actions", e)) ||
	    !(b.u = mc_arena_alloc(&s->arena, BATCH * wide * s->dims.T, sizeof *b.u, "actions", e)) ||
	    !(b.r = mc_arena_alloc(&s->arena, BATCH, sizeof *b.r, "rewards", e)) ||
	    !(b.C = mc_arena_alloc(&s->arena, BATCH, sizeof *b.C, "contacts", e)))
		return -1;
	for (long done = 0; done < n; done += (long)b.n) {
		const uint32_t first = (uint32_t)(s->o->episode + done);

		b.n = n - done < BATCH ? (size_t)(n - done) : BATCH;
		if (run_batch(s, &b, first, random, e) < 0 || put_batch(s, &b, first, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- opening and closing ---- */

static int open_sim(struct sim *s, size_t n, struct mc_err *e)
{
	const struct options *o = s->o;
	const size_t E = (size_t)s->task.entities;

	s->dims = mc_task_dims(&s->task);
	if (mc_prey_choose(&s->prey, o->prey, &s->task, &s->arena, e) < 0)
		return -1;
	if (!(s->world = mc_world_new(&s->task, n, s->prey.p.v ? &s->prey.p : NULL, o->range, e)) ||
	    !(s->a = mc_arena_alloc(&s->arena, s->dims.N * s->dims.A, sizeof *s->a, "actions", e)) ||
	    !(s->obs = mc_arena_alloc(&s->arena, s->dims.N * s->dims.O, sizeof *s->obs, "observations", e)) ||
	    !(s->m = mc_arena_alloc(&s->arena, s->dims.N * s->dims.d, 1, "masks", e)) ||
	    !(s->pos = mc_arena_alloc(&s->arena, 2 * E, sizeof *s->pos, "state", e)) ||
	    !(s->vel = mc_arena_alloc(&s->arena, 2 * E, sizeof *s->vel, "state", e)) ||
	    !(s->hidden = mc_arena_alloc(&s->arena, (size_t)s->task.hidden, sizeof *s->hidden, "state", e)) ||
	    !(s->goal = mc_arena_alloc(&s->arena, s->dims.N, 1, "state", e)))
		return -1;
	if (!(s->fb = mc_fb_new(e)) || !(s->out = mc_out_fd(STDOUT_FILENO, "<stdout>", e)))
		return -1;
	if (n > 1)
		return 0;
	s->in = mc_in_fd(STDIN_FILENO, "<stdin>", MC_IN_BARE | MC_IN_NO_CRC, MC_FRAME_MAX, e);
	return s->in ? 0 : -1;
}

/* The end frame, which tells of a failure but for one to write; then all is let go. */
static int close_sim(struct sim *s, int r, int begun, struct mc_err *e)
{
	struct mc_err other = { 0 };

	if (begun && (r == 0 || (e->code != MC_IOERR && e->code != MC_TEMPFAIL)) &&
	    mc_out_end(s->out, s->fb, r < 0 ? "mc-envsim" : NULL, e->what, r < 0 ? &other : e) < 0)
		r = -1;
	if (mc_out_close(s->out, r < 0 ? &other : e) < 0)
		r = -1;
	mc_in_close(s->in);
	mc_fb_free(s->fb);
	mc_world_free(s->world);
	mc_arena_free(&s->arena);
	return r;
}

static int simulate(const struct options *o, int argc, char **argv, struct mc_err *e)
{
	struct sim s = { .o = o };
	const int alone = o->random > 0 || o->still > 0;
	int begun = 0, r = mc_task_parse(&s.task, o->task, e);

	if (r == 0)
		r = open_sim(&s, alone ? BATCH : 1, e);
	if (r == 0) {
		begun = 1;
		r = put_header(&s, argc, argv, e);
	}
	if (r == 0 && alone)
		r = run_alone(&s, o->random > 0 ? o->random : o->still, o->random > 0, e);
	else if (r == 0)
		r = serve(&s, e);
	return close_sim(&s, r, begun, e);
}

/* ---- text ---- */

static int print(const struct options *o, struct mc_err *e)
{
	struct mc_task t;
	int r;

	if (o->list)
		r = mc_describe_list(stdout, e);
	else
		r = mc_task_parse(&t, o->describe, e) < 0 ? -1 : mc_describe(&t, stdout, e);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	return r;
}

/* ---- options ---- */

static int check(const struct options *o, struct mc_err *e)
{
	const int modes = o->list + (o->describe != NULL) + (o->random > 0) + (o->still > 0);

	if (modes > 1)
		return mc_usage(e, NULL, NULL, "only one of --list, --describe, --random and --still can be given");
	if (o->list || o->describe)
		return 0;
	if (!o->task)
		return mc_usage(e, "-t", "mc-envsim --list shows the tasks", "which task?");
	if (o->episode + o->random + o->still > (long)UINT32_MAX + 1)
		return mc_usage(e, "--episode", NULL, "episode numbers end at 2^32 - 1");
	if (o->n && modes)
		return mc_usage(e, "-n", NULL, "--random and --still have their own number of episodes");
	if (isatty(STDOUT_FILENO))
		return mc_usage(e, "<stdout>", "pipe it on: mc-envsim ... | mc-cat",
		    "frames are binary, and this is a terminal");
	if (!modes && isatty(STDIN_FILENO))
		return mc_usage(e, "<stdin>", "pipe action frames in, or run alone with --random N",
		    "frames are binary, and this is a terminal");
	return 0;
}

static int body(int argc, char **argv, struct mc_err *e)
{
	struct options o = { .prey = "auto", .seed = 1, .range = INFINITY };
	const struct mc_opt table[] = {
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "The environment" },
		{ MC_OPT_STR, 't', "task", "TASK", &o.task, 0, 0, "the task; --list shows the names" },
		{ MC_OPT_U64, 's', "seed", "SEED", &o.seed, 0, 0, "seed of the resets" },
		{ MC_OPT_INT, 0, "env", "INDEX", &o.env, 0, UINT32_MAX, "index of the environment; evaluation uses 0, training 1" },
		{ MC_OPT_INT, 0, "episode", "K", &o.episode, 0, UINT32_MAX, "number of the first episode" },
		{ MC_OPT_INT, 'n', "number", "N", &o.n, 0, 2e9, "end after this many episodes; 0 = when the input ends" },
		{ MC_OPT_REAL, 0, "range", "R", &o.range, 0, INFINITY, "agents are neighbours up to this distance" },
		{ MC_OPT_STR, 0, "prey", "WHICH", &o.prey, 0, 0, "scripted prey: auto (trained ones if there are any for the task, else flee), flee, or a FILE of weights" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Running alone: a stream of episode frames; no input is read" },
		{ MC_OPT_INT, 0, "random", "N", &o.random, 1, 2e9, "N episodes of actions uniform in [-1, 1]" },
		{ MC_OPT_INT, 0, "still", "N", &o.still, 1, 2e9, "N episodes of actions 0" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Information" },
		{ MC_OPT_FLAG, 0, "list", NULL, &o.list, 0, 0, "the tasks and their dimensions" },
		{ MC_OPT_STR, 0, "describe", "TASK", &o.describe, 0, 0, "entities, observation, reward and reset of a task" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { "mc-envsim",
		"-t TASK [-s SEED] [-n N] [--env INDEX] ... < actions > observations\n"
		"       mc-envsim -t TASK --random N | --still N\n"
		"       mc-envsim --list | --describe TASK",
		"The particle world as a process: action frames in, observation frames out.", table };
	int first;
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? 0 : -1;
	if (first < argc)
		return mc_usage(e, argv[first], "see mc-envsim --help", "mc-envsim takes no operand");
	if (check(&o, e) < 0)
		return -1;
	if (o.list || o.describe)
		return print(&o, e);
	return simulate(&o, argc, argv, e);
}

int main(int argc, char **argv)
{
	return tool_main("mc-envsim", body, argc, argv);
}
