#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main.h"
#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_env.h"
#include "mc_header.h"
#include "mc_opts.h"
#include "mc_rollout.h"
#include "mc_prey.h"
#include "mc_prey_export.h"
#include "mc_provenance.h"
#include "mc_ring.h"
#include "mc_script.h"
#include "mc_task.h"
#include "mc_train.h"

/* Wide, then narrow: what makes teams find out what pays (metacomm-results(7)). */
#define EXPLORE "1:0.2:80%"

struct options {
	const char *task, *comm, *explore, *keep, *prey, *env, *load, *script, *progress;
	uint64_t seed;
	double gamma, range, edge_cost, carry, patience;
	long hidden, lag, episodes, every, n, threads, max_frame;
	int share, export_prey;
	struct mc_train_opts train;
};

/* ---- options ---- */

static int parse_explore(const char *text, struct mc_header *h, struct mc_err *e)
{
	return mc_ramp_parse(&h->explore, text, 0, 10, "--explore", "0.2, 1:0.2:80%, or 1:0.2:40000", e);
}

static int parse_keep(const char *text, struct mc_train_opts *t, struct mc_err *e)
{
	while (text && *text) {
		char *end;
		errno = 0;
		const long long v = strtoll(text, &end, 10);

		if (errno || end == text || (*end && *end != ',') || v < 0 || (t->nkeep && v <= t->keep[t->nkeep - 1]))
			return mc_usage(e, "--keep", NULL, "\"%s\" is not an ascending list of episode counts like 0,10000", text);
		if (t->nkeep == MC_KEEP_MAX)
			return mc_usage(e, "--keep", NULL, "more than %d checkpoints to keep", MC_KEEP_MAX);
		t->keep[t->nkeep++] = v;
		text = *end ? end + 1 : end;
	}
	return 0;
}

static int check_options(const struct options *o, struct mc_header *h, struct mc_train_opts *t, struct mc_err *e)
{
	const int how = mc_decide_parse(o->comm), progress = mc_progress_parse(o->progress);

	if (how < 0)
		return mc_usage(e, "--comm", NULL, "\"%s\" is not learned, none or full", o->comm);
	h->comm = (enum mc_decide)how;
	if (progress < 0)
		return mc_usage(e, "--progress", NULL, "\"%s\" is not auto, always, never or json", o->progress);
	t->progress = (enum mc_progress_mode)progress;
	if (parse_explore(o->explore ? o->explore : EXPLORE, h, e) < 0 || parse_keep(o->keep, t, e) < 0)
		return -1;
	if (t->nkeep && !t->ckpt)
		return mc_usage(e, "--keep", "give -c FILE as well", "there is no checkpoint to keep");
	if (o->load && (o->task || t->ckpt || t->log))
		return mc_usage(e, "--load", NULL, "with --load there is no ring: -t, -c and -l have no meaning");
	if (o->load && (o->prey || o->share || isfinite(o->range) || o->edge_cost > 0 || o->carry > 0))
		return mc_usage(e, "--load", NULL, "prey, range, nets, costs and noise are those of the checkpoint: --prey, --range, --share, "
		    "--edge-cost and --explore-carry have no meaning");
	if (o->script && (o->load || o->env || t->ckpt || t->log))
		return mc_usage(e, "--script", NULL, "a script acts alone in the built-in world: --load, --env, -c and -l have no meaning");
	if (o->lag && (o->load || o->script))
		return mc_usage(e, "--lag", "leave it out", "without a ring nothing can be rolled out ahead");
	if (o->export_prey && !o->load)
		return mc_usage(e, "--export-prey", "give --load CKPT as well", "which checkpoint's policy?");
	if (t->fresh && !t->ckpt)
		return mc_usage(e, "--fresh", "give -c FILE as well", "there is no checkpoint to replace");
	return 0;
}

/* ---- a plain source: trajectories of a checkpoint's team, or of a script ---- */

struct source {
	struct mc_ckpt ckpt;        /* of a script the header alone */
	struct mc_arena arena;
	struct mc_task task;
	struct mc_script *script;   /* NULL = the checkpoint's nets act */
	struct mc_params policy, comm, prey;
	struct mc_env *env;
	struct mc_env_says says;
	struct mc_rollout *rollout;
	struct mc_traj traj;
	mc_real *c;                 /* [T, N, d], where nets decide */
	mc_real *pos;               /* [T+1, E, 2], where the environment tells positions */
	struct mc_out *out;
	struct mc_fb *fb;
};

/* Where it acts: the program of --env, else the built-in world of its task. */
static int stage(struct source *s, const struct options *o, struct mc_err *e)
{
	const struct mc_outside_opts how = { o->env, o->patience };
	struct mc_header *h = &s->ckpt.header;
	struct mc_err unknown;

	if (o->env) {
		s->env = mc_env_process(&how, 1, o->seed, 0, &s->says, &s->arena, e);
		if (!s->env || mc_env_fits(s->env, &s->says, h, e) < 0)
			return -1;
		s->pos = mc_arena_alloc(&s->arena, 2 * (h->dims.T + 1) * s->says.positions.E, sizeof *s->pos, "positions", e);
		return s->pos ? 0 : -1;
	}
	if (mc_task_parse(&s->task, h->task, &unknown) < 0)
		return mc_env_unknown(h->task, o->load, e);
	if (mc_header_prey(&s->ckpt.header_map, h, (size_t)s->task.prey_obs_dim, &s->prey, &s->arena, e) < 0)
		return -1;
	s->env = mc_env_world(&s->task, 1, s->prey.v ? &s->prey : NULL, h->range, o->seed, 0, e);
	return s->env ? 0 : -1;
}

static int open_source(struct source *s, const struct options *o, struct mc_pool *pool, struct mc_err *e)
{
	struct mc_header *h = &s->ckpt.header;

	if (mc_ckpt_open(&s->ckpt, o->load, (size_t)o->max_frame, e) < 0 ||
	    mc_ckpt_params(&s->ckpt, "policy", &s->policy, &s->arena, e) < 0)
		return -1;
	if (h->comm == MC_LEARNED && mc_ckpt_params(&s->ckpt, "comm", &s->comm, &s->arena, e) < 0)
		return -1;
	if (h->comm == MC_LEARNED &&
	    !(s->c = mc_arena_alloc(&s->arena, h->dims.T * h->dims.N * h->dims.d, sizeof *s->c, "probabilities", e)))
		return -1;
	if (mc_traj_new(&s->traj, &h->dims, &s->arena, e) < 0 || stage(s, o, e) < 0)
		return -1;
	s->rollout = mc_rollout_new(&h->dims, 1, mc_pool_threads(pool), &s->arena, e);
	s->fb = mc_fb_new(e);
	s->out = mc_out_fd(1, "<stdout>", e);
	return s->rollout && s->fb && s->out ? 0 : -1;
}

/* What a script acts in, and the header that says so: of the nets' widths what options say, since others may read it. */
static int open_script(struct source *s, const struct options *o, struct mc_err *e)
{
	struct mc_header *h = &s->ckpt.header;
	const struct mc_ramp explore = h->explore;
	const char *comm;
	struct mc_prey prey;

	if (!o->task)
		return mc_usage(e, "-t", "mc-envsim --list shows the tasks", "which task?");
	if (mc_task_parse(&s->task, o->task, e) < 0 || !(s->script = mc_script_new(o->script, &s->task, &s->arena, e)) ||
	    mc_prey_choose(&prey, o->prey ? o->prey : "auto", &s->task, &s->arena, e) < 0)
		return -1;
	comm = mc_script_comm(s->script);
	*h = (struct mc_header){ .seed = o->seed, .gamma = o->gamma, .range = isfinite(o->range) ? o->range : -1, .planned = -1,
		.edge_cost = o->edge_cost, .explore = explore, .explore_carry = o->carry,
		.comm = strcmp(comm, "none") == 0 ? MC_NONE : strcmp(comm, "full") == 0 ? MC_FULL : MC_LEARNED };
	h->dims.env = mc_task_dims(&s->task);
	snprintf(h->task, sizeof h->task, "%s", o->task);
	snprintf(h->method, sizeof h->method, "%s", mc_script_called(s->script));
	memcpy(h->prey, prey.how, sizeof h->prey);
	s->prey = prey.p;
	s->env = mc_env_world(&s->task, 1, prey.p.v ? &s->prey : NULL, h->range, o->seed, 0, e);
	s->rollout = mc_rollout_new(&h->dims, 1, 1, &s->arena, e);
	s->fb = mc_fb_new(e);
	s->out = mc_out_fd(1, "<stdout>", e);
	if (!s->env || !s->rollout || !s->fb || !s->out || mc_traj_new(&s->traj, &h->dims, &s->arena, e) < 0)
		return -1;
	h->dims.H = (size_t)o->hidden;
	h->dims.share = o->share;
	return 0;
}

/* The run's header, as the checkpoint has it, or a script's, then who wrote this stream. */
static int source_header(struct source *s, int argc, char **argv, int threads, struct mc_err *e)
{
	mc_fb_begin(s->fb, "header");
	if (s->script) {
		mc_header_write(s->fb, &s->ckpt.header, s->prey.v ? &s->prey : NULL);
		mc_fb_str(s->fb, "script", mc_script_called(s->script));
	} else {
		mc_fb_copy_all(s->fb, &s->ckpt.header_map);
	}
	if (s->says.positions.E)
		mc_fb_copy(s->fb, "positions", s->says.header, "positions");
	if (mc_out_built(s->out, s->fb, e) < 0)
		return -1;
	mc_provenance_build(s->fb, "mc-rollout", argc, argv, threads);
	return mc_out_built(s->out, s->fb, e);
}

/* Episode k of environment 0, explored as in training, with the nets of the checkpoint. */
static int source_episode(struct source *s, const struct options *o, struct mc_pool *pool, long k, struct mc_err *e)
{
	const struct mc_header *h = &s->ckpt.header;
	const double sigma = o->explore ? h->explore.start : mc_ramp_at(&h->explore, s->ckpt.episode);
	const struct mc_rollout_opts p = { .how = h->comm, .sigma = sigma, .carry = h->explore_carry, .seed = o->seed, .env = 0, .script = s->script };
	struct mc_task rights;
	struct mc_episodes to = mc_episodes_traj(&s->traj);
	const size_t shape[3] = { h->dims.T + 1, s->says.positions.E, 2 };
	const size_t pairs[3] = { h->dims.T, h->dims.N, h->dims.d };
	struct mc_episode_metrics f;

	to.c = s->c;
	to.pos = s->pos;
	if (mc_rollout_run(s->rollout, s->env, &p, &s->comm, &s->policy, (uint32_t)k, 1, &to, pool, e) < 0)
		return -1;
	s->traj.iteration = s->ckpt.iteration;
	s->traj.episode = k;
	mc_episode_metrics(&s->traj, mc_right_task(&rights, h->task, &h->dims) ? &rights : NULL, &f);
	if (h->edge_cost > 0)
		mc_episode_charge(&s->traj, h->edge_cost, &f);
	mc_traj_pack(s->fb, &s->traj);
	if (s->c)
		mc_fb_reals(s->fb, "c", 3, pairs, s->c);
	if (s->says.positions.E)
		mc_fb_reals(s->fb, "pos", 3, shape, s->pos);
	if (mc_out_built(s->out, s->fb, e) < 0)
		return -1;
	mc_episode_pack(s->fb, &s->traj, &f);
	return mc_out_built(s->out, s->fb, e) < 0 || mc_out_flush(s->out, e) < 0 ? -1 : 0;
}

static int source(const struct options *o, int argc, char **argv, struct mc_pool *pool, int *streaming,
    struct mc_err *e)
{
	struct source s = { 0 };
	struct mc_err ignored;
	int r = o->script ? 0 : open_source(&s, o, pool, e);

	if (r == 0 && o->explore)
		r = parse_explore(o->explore, &s.ckpt.header, e);
	if (r == 0 && o->script)
		r = open_script(&s, o, e);
	if (r == 0)
		r = source_header(&s, argc, argv, mc_pool_threads(pool), e);
	for (long k = 0; r == 0 && k < o->n; k++)
		r = source_episode(&s, o, pool, k, e);
	if (r == 0)
		r = mc_out_end(s.out, s.fb, NULL, NULL, e);
	*streaming = s.out != NULL;
	if (s.out && mc_out_close(s.out, r < 0 ? &ignored : e) < 0)
		r = -1;
	mc_fb_free(s.fb);
	mc_env_free(s.env);
	mc_ckpt_close(&s.ckpt);
	mc_arena_free(&s.arena);
	return r;
}

/* ---- a prey file ---- */

/* The run's header, then the policy as the net "prey". */
static int write_prey(const struct mc_ckpt *c, const struct mc_params *prey, struct mc_out *out, struct mc_fb *b,
    int argc, char **argv, int threads, struct mc_err *e)
{
	mc_fb_begin(b, "header");
	mc_fb_copy_all(b, &c->header_map);
	if (mc_out_built(out, b, e) < 0)
		return -1;
	mc_provenance_build(b, "mc-rollout", argc, argv, threads);
	if (mc_out_built(out, b, e) < 0)
		return -1;
	mc_fb_begin(b, "params");
	mc_fb_str(b, "net", mc_net_name(MC_NET_PREY));
	mc_fb_int(b, "iteration", c->iteration);
	mc_fb_int(b, "episode", c->episode);
	mc_params_pack(b, "params", prey, prey->v);
	return mc_out_built(out, b, e) < 0 ? -1 : mc_out_end(out, b, NULL, NULL, e);
}

static int export_prey(const struct options *o, int argc, char **argv, int *streaming, struct mc_err *e)
{
	struct mc_arena arena = { 0 };
	struct mc_ckpt c = { 0 };
	struct mc_params prey;
	struct mc_err ignored;
	struct mc_fb *b = NULL;
	struct mc_out *out = NULL;
	int r = mc_ckpt_open(&c, o->load, (size_t)o->max_frame, e);

	if (r == 0)
		r = mc_prey_export(&c, &prey, &arena, e);
	if (r == 0 && (!(b = mc_fb_new(e)) || !(out = mc_out_fd(1, "<stdout>", e))))
		r = -1;
	if (r == 0)
		r = write_prey(&c, &prey, out, b, argc, argv, (int)o->threads, e);
	*streaming = out != NULL;
	if (out && mc_out_close(out, r < 0 ? &ignored : e) < 0)
		r = -1;
	mc_fb_free(b);
	mc_ckpt_close(&c);
	mc_arena_free(&arena);
	return r;
}

/* ---- the ring ---- */

static int refuse_no_ring(struct mc_err *e)
{
	struct stat st;

	if (isatty(0) || (fstat(0, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode))))
		return mc_usage(e, "<stdin>", "make the ring with mkfifo (see the page's EXAMPLES), or give --load CKPT",
		    "this is not a pipe: the end of the ring must come in here");
	return 0;
}

/* The built-in world. */
static int open_world(struct options *o, struct mc_header *h, struct mc_prey *prey, struct mc_arena *arena,
    struct mc_env **env, struct mc_err *e)
{
	struct mc_task task;

	if (!o->task)
		return mc_usage(e, "-t", "mc-envsim --list shows the tasks", "which task?");
	if (mc_task_parse(&task, o->task, e) < 0)
		return -1;
	if (o->prey && strcmp(o->prey, "flee") == 0 && task.kind != MC_PREDATOR_PREY)
		return mc_usage(e, "--prey", "leave it out", "there is no prey in %s", o->task);
	if (mc_prey_choose(prey, o->prey ? o->prey : "auto", &task, arena, e) < 0)
		return -1;
	(void)snprintf(h->task, sizeof h->task, "%s", o->task);
	*env = mc_env_world(&task, 1, prey->p.v ? &prey->p : NULL, h->range, h->seed, 1, e);
	return *env ? 0 : -1;
}

static int same_prey(const struct mc_prey *a, const struct mc_prey *b)
{
	return strcmp(a->how, b->how) == 0 &&
	    (!a->p.v || (a->p.size == b->p.size && memcmp(a->p.v, b->p.v, a->p.size * sizeof *a->p.v) == 0));
}

/* Prey of a process: as it says; else it is taken to be those of --prey. */
static int prey_of_process(const struct options *o, const struct mc_env_says *says, struct mc_prey *prey,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_task task;

	*prey = says->prey;
	if (mc_task_parse(&task, says->task, NULL) < 0) {
		(void)snprintf(prey->how, sizeof prey->how, "none");
		return 0;
	}
	if (!prey->how[0])
		return mc_prey_choose(prey, o->prey ? o->prey : "auto", &task, arena, e);
	struct mc_prey own;

	if (!o->prey || mc_prey_choose(&own, o->prey, &task, arena, e) < 0)
		return o->prey ? -1 : 0;
	return same_prey(prey, &own) ? 0 : mc_usage(e, "--prey", "give it to the environment's command",
	    "the environment has %s prey, not these", strcmp(prey->how, "mlp") == 0 ? "other" : prey->how);
}

/* A program, whose header says which task it is; options that say otherwise are refused. */
static int open_process(struct options *o, struct mc_header *h, struct mc_prey *prey, struct mc_arena *arena,
    struct mc_env **env, struct mc_err *e)
{
	const struct mc_outside_opts how = { o->env, o->patience };
	struct mc_env_says says;
	struct mc_task known;

	*env = mc_env_process(&how, 1, h->seed, 1, &says, arena, e);
	if (!*env)
		return -1;
	if (mc_task_parse(&known, says.task, NULL) < 0)
		o->train.environment = says.header;
	if (o->task && strcmp(says.task, o->task) != 0)
		return mc_usage(e, "--env", NULL, "the environment is %s, -t says %s", says.task, o->task);
	if (h->range >= 0 && h->range != says.range)
		return mc_usage(e, "--range", "give it to the environment's command", "the environment does not limit its range to %g",
		    h->range);
	h->range = says.range;
	memcpy(h->task, says.task, sizeof h->task);
	return prey_of_process(o, &says, prey, arena, e);
}

static int ring(struct options *o, struct mc_header *h, struct mc_pool *pool, int *streaming, struct mc_err *e)
{
	struct mc_arena arena = { 0 };
	struct mc_prey prey = { 0 };
	struct mc_env *env = NULL;
	int r = refuse_no_ring(e);

	if (r == 0)
		r = (o->env ? open_process : open_world)(o, h, &prey, &arena, &env, e);
	if (r == 0) {
		memcpy(h->prey, prey.how, sizeof h->prey);
		h->dims.env = mc_env_dims(env);
		h->dims.H = (size_t)o->hidden;
		h->dims.share = o->share;
		if (h->dims.N == 1 && h->comm == MC_LEARNED)
			r = mc_usage(e, "--comm", "give --comm none", "%s has one agent: nobody to talk to", h->task);
	}
	*streaming = r == 0;
	if (r == 0)
		r = mc_train(&o->train, h, prey.p.v ? &prey.p : NULL, env, pool, e);
	mc_env_free(env);
	mc_arena_free(&arena);
	return r;
}

/* *streaming is set once the stream is somebody's to end, with an error if need be. */
static int program(int argc, char **argv, int *streaming, struct mc_err *e)
{
	struct options o = {
		.comm = "learned", .progress = "auto", .seed = 1, .gamma = 0.95, .range = INFINITY, .hidden = 128, .episodes = 50000,
		.every = 500, .patience = 60, .n = 10, .threads = mc_pool_cpus(), .max_frame = (long)MC_FRAME_MAX,
	};
	struct mc_train_opts *t = &o.train;
	const struct mc_opt table[] = {
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "What is learned" },
		{ MC_OPT_STR, 't', "task", "TASK", &o.task, 0, 0, "the task; mc-envsim --list shows the names" },
		{ MC_OPT_U64, 's', "seed", "SEED", &o.seed, 0, 0, "seed of everything random" },
		{ MC_OPT_STR, 0, "comm", "learned|none|full", &o.comm, 0, 0, "who decides whom to ask; learned: another program of the ring owns the nets" },
		{ MC_OPT_STR, 0, "prey", "WHICH", &o.prey, 0, 0, "scripted prey: auto (trained ones if there are any for the task, else flee), flee, or a FILE of weights (default auto)" },
		{ MC_OPT_STR, 0, "env", "COMMAND", &o.env, 0, 0, "act in this program, or that of @FILE, instead of the built-in world; {seed} and {env} in it are replaced" },
		{ MC_OPT_REAL, 0, "env-timeout", "SECONDS", &o.patience, 0, 1e9, "the most time that it may take for a step or its header; 0 = no limit" },
		{ MC_OPT_REAL, 0, "gamma", "X", &o.gamma, 0, 1, "discount" },
		{ MC_OPT_STR, 0, "explore", "SIGMA", &o.explore, 0, 0, "standard deviation of the noise on actions (default " EXPLORE "); START:END:EPISODES or START:END:PERCENT% (of the run) moves it linearly" },
		{ MC_OPT_REAL, 0, "explore-carry", "X", &o.carry, 0, 0.999, "Ornstein-Uhlenbeck noise: each step keeps the share X of the previous step's noise" },
		{ MC_OPT_INT, 0, "hidden", "H", &o.hidden, 1, 4096, "hidden width of the nets" },
		{ MC_OPT_FLAG, 0, "share", NULL, &o.share, 0, 0, "one communication net and one policy serve all agents" },
		{ MC_OPT_FLAG, 0, "separate", NULL, &o.share, 0, -1, "a communication net and a policy for each agent" },
		{ MC_OPT_REAL, 0, "range", "R", &o.range, 0, INFINITY, "agents are neighbours up to this distance" },
		{ MC_OPT_REAL, 0, "edge-cost", "X", &o.edge_cost, 0, 1e6,
		  "for learning, subtract X times the share of edges used from each reward" },
		{ MC_OPT_INT, 0, "lag", "0|1", &o.lag, 0, 1,
		  "1: roll out each episode while the others learn from the one before, with nets that are one episode older" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Length of the run, and its files" },
		{ MC_OPT_INT, 'e', "episodes", "N", &o.episodes, 0, 2e9, "the run ends at the first meta-iteration with at least this many episodes" },
		{ MC_OPT_STR, 'c', "checkpoint", "FILE", &t->ckpt, 0, 0, "checkpoint; an existing one is continued" },
		{ MC_OPT_STR, 'l', "log", "FILE", &t->log, 0, 0, "log of episodes and metrics" },
		{ MC_OPT_INT, 'C', "every", "N", &o.every, 1, 2e9, "iterations between checkpoints" },
		{ MC_OPT_STR, 0, "keep", "N,N,...", &o.keep, 0, 0, "also keep a checkpoint after each of these numbers of episodes, as run-N.ckpt" },
		{ MC_OPT_FLAG, 0, "fresh", NULL, &t->fresh, 0, 0, "start anew even if the checkpoint exists" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "As a source, without a ring" },
		{ MC_OPT_STR, 0, "load", "CKPT", &o.load, 0, 0, "write trajectories of this checkpoint's team; -s chooses the episodes" },
		{ MC_OPT_STR, 0, "script", "NAME", &o.script, 0, 0,
		  "write trajectories of this scripted team in the task -t: still, random, alone, told, or another script of the task" },
		{ MC_OPT_INT, 'n', "number", "N", &o.n, 0, 2e9, "number of trajectories" },
		{ MC_OPT_FLAG, 0, "export-prey", NULL, &o.export_prey, 0, 0, "write a prey file for --prey instead: the policy of the checkpoint, of an evade task" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Other options" },
		{ MC_OPT_STR, 0, "progress", "auto|always|never|json", &o.progress, 0, 0, "what standard error shows while the run lasts; auto: a line, on a terminal" },
		{ MC_OPT_INT, 0, "threads", "N", &o.threads, 1, 1024, "threads; never changes a result" },
		{ MC_OPT_INT, 0, "max-frame", "BYTES", &o.max_frame, 65536, 1e15, "largest frame that is accepted" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { "mc-rollout",
		"-t TASK [-e N] [-c FILE] [-l FILE] ... < ring | ... > ring\n"
		"       mc-rollout --script NAME -t TASK [-n N]\n"
		"       mc-rollout --load CKPT [-n N] | --export-prey",
		"Acts: nets and environment give trajectories. Start and end of a training ring, or, with --load, "
		"a plain source of trajectories. mc-train makes such a ring.", table };
	struct mc_header h = { 0 };
	int first;
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? 0 : -1;
	if (first < argc)
		return mc_usage(e, argv[first], "see mc-rollout --help", "mc-rollout takes no operand");
	h.seed = o.seed;
	h.gamma = o.gamma;
	h.range = isfinite(o.range) ? o.range : -1;
	h.edge_cost = o.edge_cost;
	h.explore_carry = o.carry;
	h.lag = (int)o.lag;
	t->episodes = o.episodes;
	t->every = o.every;
	t->max_frame = (size_t)o.max_frame;
	t->argc = argc;
	t->argv = argv;
	t->threads = (int)o.threads;
	t->prey = o.prey && strcmp(o.prey, "auto") != 0 && strcmp(o.prey, "flee") != 0 ? o.prey : NULL;
	if (check_options(&o, &h, t, e) < 0 || mc_ring_refuse_terminal(e) < 0 || mc_blas_init(e) < 0)
		return -1;
	struct mc_pool *pool = mc_pool_new((int)o.threads, e);

	if (!pool)
		return -1;
	const int r = !o.load && !o.script ? ring(&o, &h, pool, streaming, e) : o.export_prey ?
	    export_prey(&o, argc, argv, streaming, e) : source(&o, argc, argv, pool, streaming, e);

	mc_pool_free(pool);
	return r;
}

static int body(int argc, char **argv, struct mc_err *e)
{
	return mc_ring_program("mc-rollout", argc, argv, program, e);
}

int main(int argc, char **argv)
{
	return tool_main("mc-rollout", body, argc, argv);
}
