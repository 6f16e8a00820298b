#include "mc_train.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_commit.h"
#include "mc_file.h"
#include "mc_io.h"
#include "mc_memory.h"
#include "mc_rollout.h"
#include "mc_provenance.h"
#include "mc_ring.h"
#include "mc_journal.h"

static const char self[] = "mc-rollout";

struct train {
	const struct mc_train_opts *o;
	struct mc_header h;           /* completed by the ring */
	struct mc_env *env;
	struct mc_pool *pool;
	struct mc_arena arena;
	struct mc_in *in;
	struct mc_queue *out;
	struct mc_fb *fb;
	struct mc_file_lock lock;
	struct mc_saved header;       /* as it came back */
	struct mc_ring_files files;   /* of all programs */
	struct mc_memory *memory;     /* offered to them; NULL = none */
	int is_held;                  /* a frame was read that is not dealt with yet: `held` */
	struct mc_frame held;
	/* provenance frames of this start, one after the other */
	unsigned char *prov;
	size_t prov_len;
	/* acting */
	struct mc_rollout *rollout;
	struct mc_params policy, comm; /* their v: what is below, or in that memory */
	mc_real *policy_v, *comm_v;
	struct mc_traj traj;
	int ahead;                    /* traj is acted, and not yet sent (mc_train.h: lag) */
	struct mc_task task;          /* where its right requests are known */
	int right;                    /* 1 = they are */
	int64_t has_policy, has_comm; /* iteration of the nets in hand; -1 = none */
	int64_t iteration, episode;
	struct mc_acted own;          /* what mc-rollout keeps in a checkpoint */
	/* checkpoints */
	struct mc_journal *log;
	struct mc_kept kept;
	int keeping;                  /* between a barrier's start and its return */
	int barrier_back, mark_back;
	char *keep_name[MC_KEEP_MAX], *keep_option[MC_KEEP_MAX]; /* "run-10.ckpt", "--keep 10"; from the arena */
	int64_t committed;            /* iteration of the last commit */
	int next_keep;
	/* ending */
	int ended;                    /* `end` was sent */
	int peer_failed;              /* an `end` with error came round: */
	char failed_program[32], failed_text[600];
	int bad_net;                  /* what failed here is a net that came round */
	struct mc_progress progress;
};

/* ---- opening ---- */

static int send_built(void *ctx, struct mc_fb *b, struct mc_err *e)
{
	return mc_queue_send(((struct train *)ctx)->out, b, e);
}

/* Another program's `end`: its error is passed on, for those that it has not met yet. */
static int peer_failed(struct train *t, const struct mc_frame *end, struct mc_err *e)
{
	struct mc_map error;

	t->peer_failed = 1;
	if (!mc_map_has(&end->map, "error") || mc_map_map(&end->map, "error", &error, NULL) < 0 ||
	    mc_map_str(&error, "program", t->failed_program, sizeof t->failed_program, NULL) < 0 ||
	    mc_map_str(&error, "text", t->failed_text, sizeof t->failed_text, NULL) < 0) {
		(void)snprintf(t->failed_program, sizeof t->failed_program, "%s", self);
		(void)snprintf(t->failed_text, sizeof t->failed_text, "an end that it did not send came round");
	}
	(void)mc_err_set(e, MC_TEMPFAIL, NULL, -1, NULL, "another program of the ring failed");
	e->quiet = 1;
	return -1;
}

/* The next frame; `end` and end of file are failures here: only mc-rollout ends a ring. */
static int next(struct train *t, struct mc_frame *f, struct mc_err *e)
{
	if (t->is_held) {
		t->is_held = 0;
		*f = t->held;
		return 0;
	}
	const enum mc_read got = mc_in_frame(t->in, f, e);

	if (got == MC_READ_FRAME)
		return strcmp(f->type, "end") == 0 ? peer_failed(t, f, e) : 0;
	if (got == MC_READ_FAIL && !mc_in_cut(t->in))
		return -1;
	return mc_ring_broken(t->in, t->h.from, e);
}

/* ---- files ---- */

static int add_provenance(struct train *t, const struct mc_frame *f, struct mc_err *e)
{
	unsigned char *p = realloc(t->prov, t->prov_len + f->len);

	if (!p)
		return mc_err_nomem(e, "provenance", t->prov_len + f->len);
	memcpy(p + t->prov_len, f->bytes, f->len);
	t->prov = p;
	t->prov_len += f->len;
	return 0;
}

/* What this program writes and reads. Returns how many. */
static size_t uses(struct train *t, struct mc_file_use *u, char provenance[PATH_MAX])
{
	size_t n = 0;

	u[n++] = (struct mc_file_use){ "-c", t->o->ckpt, 1 };
	u[n++] = (struct mc_file_use){ "-l", t->o->log, 1 };
	u[n++] = (struct mc_file_use){ "--prey", t->o->prey, 0 };
	if (t->o->ckpt && mc_file_name(provenance, t->o->ckpt, ".provenance", NULL) == 0)
		u[n++] = (struct mc_file_use){ "the provenance beside -c", provenance, 1 };
	for (int k = 0; k < t->o->nkeep; k++)
		u[n++] = (struct mc_file_use){ t->keep_option[k], t->keep_name[k], 1 };
	return n;
}

/* What is to be replaced by a checkpoint must be one, if only a damaged one, or empty. */
static int check_replaced(const char *path, struct mc_err *e)
{
	static const char mark[] = "\xa4" "type" "\xaa" "checkpoint";
	char begin[64];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, begin, sizeof begin);

	if (fd >= 0)
		(void)close(fd);
	if (n == 0 || (n > 0 && memmem(begin, (size_t)n, mark, sizeof mark - 1)))
		return 0;
	return mc_err_set(e, MC_CANTCREAT, path, -1, "name another file, or move this one away",
	    "exists and is not a checkpoint");
}

/* run.ckpt and 10000 give run-10000.ckpt. */
static int name_kept(struct train *t, struct mc_err *e)
{
	const char *ckpt = t->o->ckpt;
	const size_t n = ckpt ? strlen(ckpt) : 0, stem = n > 5 && strcmp(ckpt + n - 5, ".ckpt") == 0 ? n - 5 : n;

	for (int k = 0; k < t->o->nkeep; k++) {
		t->keep_name[k] = mc_arena_alloc(&t->arena, n + 32, 1, "a name", e);
		t->keep_option[k] = mc_arena_alloc(&t->arena, 32, 1, "a name", e);
		if (!t->keep_name[k] || !t->keep_option[k])
			return -1;
		(void)snprintf(t->keep_option[k], 32, "--keep %lld", (long long)t->o->keep[k]);
		(void)snprintf(t->keep_name[k], n + 32, "%.*s-%lld.ckpt", (int)stem, ckpt, (long long)t->o->keep[k]);
		if (mc_file_check_target(t->keep_name[k], e) < 0 || check_replaced(t->keep_name[k], e) < 0)
			return -1;
	}
	return 0;
}

static int send_files(struct train *t, struct mc_err *e)
{
	struct mc_file_use u[MC_KEEP_MAX + 4];
	char provenance[PATH_MAX];
	const size_t n = uses(t, u, provenance);

	mc_ring_files_build(t->fb, self, u, n);
	return send_built(t, t->fb, e);
}

/*
 * Files of all programs are known when this one's come round, and who replied to the memory. Whatever
 * else comes (a recorded ring) is for later.
 */
static int compare_files(struct train *t, struct mc_err *e)
{
	struct mc_frame f;
	char program[24] = "";

	while (strcmp(program, self) != 0) {
		if (next(t, &f, e) < 0)
			return -1;
		if (strcmp(f.type, "files") == 0) {
			if (mc_ring_files_add(&t->files, &f, program, e) < 0)
				return -1;
		} else if (strcmp(f.type, "provenance") == 0) {
			if (add_provenance(t, &f, e) < 0)
				return -1;
		} else if (strcmp(f.type, "memory") == 0) {
			if (t->memory && mc_memory_kind(&f) == MC_MEMORY_REPLY)
				mc_memory_note(t->memory, &f);
		} else {
			t->held = f;
			t->is_held = 1;
			return 0;
		}
	}
	return 0;
}

/* Ahead of the files, so that it is back before them. */
static int offer_memory(struct train *t, const struct mc_header *h, struct mc_err *e)
{
	if (!(t->memory = mc_memory_new(&h->dims, h->comm == MC_LEARNED, 2 + h->lag)))
		return 0;
	mc_memory_build_offer(t->fb, self, t->memory);
	return send_built(t, t->fb, e);
}

/* For all programs, or for none. */
static int agree_on_memory(struct train *t, struct mc_err *e)
{
	if (!t->memory || !mc_memory_closed(t->memory))
		return 0;
	mc_memory_build_agreed(t->fb, self);
	return send_built(t, t->fb, e);
}

/* The header, once round the ring. */
static int open_ring(struct train *t, const struct mc_header *h, const struct mc_params *prey, struct mc_err *e)
{
	struct mc_frame f;

	mc_fb_begin(t->fb, "header");
	mc_header_write(t->fb, h, prey);
	if (t->o->environment)
		mc_outside_describe(t->fb, t->o->environment);
	if (send_built(t, t->fb, e) < 0)
		return -1;
	mc_provenance_build(t->fb, self, t->o->argc, t->o->argv, t->o->threads);
	if (send_built(t, t->fb, e) < 0 || offer_memory(t, h, e) < 0 || send_files(t, e) < 0 || next(t, &f, e) < 0)
		return -1;
	if (mc_saved_take(&t->header, &f, e) < 0 || mc_header_read(&f.map, &t->h, e) < 0 ||
	    mc_header_check_owners(&t->h, e) < 0)
		return -1;
	const size_t size = mc_ckpt_estimate(&t->h);

	if (t->o->ckpt && size > t->o->max_frame)
		return mc_err_set(e, MC_USAGE, "--max-frame", -1, "give every program of the ring a larger --max-frame",
		    "a checkpoint of this run has about %zu bytes, frames may have %zu", size, t->o->max_frame);
	return compare_files(t, e) < 0 ? -1 : agree_on_memory(t, e);
}

static int make_room(struct train *t, struct mc_err *e)
{
	const struct mc_dims *s = &t->h.dims;

	t->rollout = mc_rollout_new(s, 1, mc_pool_threads(t->pool), &t->arena, e);
	t->right = mc_right_task(&t->task, t->h.task, s);
	if (!t->rollout || mc_traj_new(&t->traj, s, &t->arena, e) < 0 ||
	    mc_params_new(&t->policy, MC_NET_POLICY, s, &t->arena, e) < 0 ||
	    (t->h.comm == MC_LEARNED && mc_params_new(&t->comm, MC_NET_COMM, s, &t->arena, e) < 0))
		return -1;
	t->policy_v = t->policy.v;
	t->comm_v = t->comm.v;
	return 0;
}

/* ---- what comes round ---- */

/* p is read where it lies in memory; `own` is its place here, for what comes in frames. */
static int take_net(struct train *t, const struct mc_frame *f, struct mc_params *p, mc_real *own, struct mc_err *e)
{
	p->v = mc_memory_is_place(f) ? mc_memory_at(t->memory, f, p, e) : own;
	const int r = !p->v || (p->v == own && mc_params_unpack(&f->map, "params", p, own, e) < 0) ? -1 : 0;

	t->bad_net = r < 0;
	return r;
}

static int take_params(struct train *t, const struct mc_frame *f, struct mc_err *e)
{
	char net[32];
	int64_t iteration;

	if (mc_map_str(&f->map, "net", net, sizeof net, e) < 0 || mc_map_int(&f->map, "iteration", &iteration, e) < 0)
		return -1;
	if (t->keeping && mc_kept_add(&t->kept, f, e) < 0)
		return -1;
	if (strcmp(net, "policy") == 0) {
		t->has_policy = iteration;
		return take_net(t, f, &t->policy, t->policy_v, e);
	}
	if (strcmp(net, "comm") == 0 && t->h.comm == MC_LEARNED) {
		t->has_comm = iteration;
		return take_net(t, f, &t->comm, t->comm_v, e);
	}
	return 0;
}

/* An episode is in the file at once: people and mc-cat --follow look on. */
static int take_log(struct train *t, const struct mc_frame *f, struct mc_err *e)
{
	if (!t->log || !mc_journal_is_open(t->log))
		return 0;
	if (mc_journal_add(t->log, f, e) < 0)
		return -1;
	return strcmp(f->type, "episode") == 0 ? mc_journal_flush(t->log, e) : 0;
}

static int take(struct train *t, const struct mc_frame *f, struct mc_err *e)
{
	if (strcmp(f->type, "params") == 0)
		return take_params(t, f, e);
	if (strcmp(f->type, "state") == 0)
		return t->keeping ? mc_kept_add(&t->kept, f, e) : 0;
	if (strcmp(f->type, "episode") == 0 || strcmp(f->type, "metric") == 0)
		return take_log(t, f, e);
	if (strcmp(f->type, "provenance") == 0)
		return add_provenance(t, f, e);
	if (strcmp(f->type, "barrier") == 0)
		t->barrier_back = 1;
	if (strcmp(f->type, "mark") == 0)
		t->mark_back = 1;
	return 0;                     /* its own trajectories, and what it does not know */
}

/* Reads until the nets of `iteration` of every owner have come round. */
static int wait_nets(struct train *t, int64_t iteration, struct mc_err *e)
{
	struct mc_frame f;

	while (t->has_policy < iteration || (t->h.comm == MC_LEARNED && t->has_comm < iteration))
		if (next(t, &f, e) < 0 || take(t, &f, e) < 0)
			return -1;
	return 0;
}

/*
 * Sends a barrier and reads until it is back: then the nets and states of every owner are kept.
 * The last one of a run says so: what the programs write beside the checkpoint is then complete.
 */
static int barrier(struct train *t, int is_last, struct mc_err *e)
{
	struct mc_frame f;

	mc_fb_begin(t->fb, "barrier");
	mc_fb_int(t->fb, "iteration", t->iteration);
	mc_fb_int(t->fb, "episode", t->episode);
	if (is_last)
		mc_fb_bool(t->fb, "last", 1);
	t->barrier_back = 0;
	t->keeping = 1;
	if (send_built(t, t->fb, e) < 0)
		return -1;
	while (!t->barrier_back)
		if (next(t, &f, e) < 0 || take(t, &f, e) < 0)
			return -1;
	t->keeping = 0;
	return 0;
}

/* ---- checkpoints ---- */

/*
 * A barrier, and what came with it on the disk: the log first, then the checkpoint that counts on it.
 * The last one is preceded by the log's `end`, which the checkpoint does not count: so the log is
 * complete once the checkpoint says that the run is, and can still be cut back if -e is raised.
 */
static int commit(struct train *t, int is_last, struct mc_err *e)
{
	const char *paths[MC_KEEP_MAX + 1];
	int n = 0;

	if (barrier(t, is_last, e) < 0)
		return -1;
	if (t->log && mc_journal_sync(t->log, &t->own.log, e) < 0)
		return -1;
	if (t->log && is_last) {
		struct mc_journal *log = t->log;

		t->log = NULL;
		if (mc_journal_close(log, t->fb, 1, e) < 0)
			return -1;
	}
	for (; t->next_keep < t->o->nkeep && t->o->keep[t->next_keep] <= t->episode; t->next_keep++)
		paths[n++] = t->keep_name[t->next_keep];
	paths[n++] = t->o->ckpt;
	t->committed = t->iteration;
	t->own.ahead = t->ahead ? &t->traj : NULL;
	return mc_commit(&t->kept, &t->header.frame.map, t->iteration, t->episode, &t->own, t->fb, paths, n, e);
}

/* ---- the two ways to begin ---- */

/* The log is emptied last: until the first barrier is back any program may still refuse. */
static int begin_fresh(struct train *t, struct mc_err *e)
{
	if (barrier(t, 0, e) < 0 || wait_nets(t, 0, e) < 0)
		return -1;
	if (!t->log)
		return 0;
	mc_fb_begin(t->fb, "header");
	mc_fb_copy_all(t->fb, &t->header.frame.map);
	return mc_journal_begin(t->log, t->fb, e);
}

/* The log that the checkpoint counts on is the one that is there; nothing changes yet. */
static int prove_log(struct train *t, const struct mc_ckpt *c, struct mc_err *e)
{
	if (mc_acted_read(c, &t->own, e) < 0)
		return -1;
	const int64_t bytes = t->own.log.bytes;

	if (!t->o->log != !bytes)
		return mc_err_set(e, MC_USAGE, "-l", -1, NULL, "the run %s a log: continue it %s -l",
		    bytes ? "has" : "has not", bytes ? "with" : "without");
	return t->log ? mc_journal_prove(t->log, &t->own.log, &c->header_map, NULL, NULL, e) : 0;
}

/*
 * Sends the checkpoint round, and a mark behind it: once that is back every program has taken what is
 * its own, and found its files in order. Only then does anything change.
 */
static int offer(struct train *t, const struct mc_ckpt *c, struct mc_err *e)
{
	struct mc_frame f;

	if (mc_ckpt_frames(c, t->fb, send_built, t, e) < 0)
		return -1;
	mc_fb_begin(t->fb, "mark");
	mc_fb_int(t->fb, "iteration", c->iteration);
	if (send_built(t, t->fb, e) < 0)
		return -1;
	while (!t->mark_back)
		if (next(t, &f, e) < 0 || take(t, &f, e) < 0)
			return -1;
	return wait_nets(t, c->iteration, e);
}

static int begin_again(struct train *t, const struct mc_ckpt *c, struct mc_err *e)
{
	if (mc_header_same(&c->header_map, &t->header.frame.map, e) < 0 || prove_log(t, c, e) < 0)
		return -1;
	t->iteration = t->committed = c->iteration;
	t->episode = c->episode;
	if ((t->ahead = mc_ahead_read(c, &t->traj, e)) < 0)
		return -1;
	while (t->next_keep < t->o->nkeep && t->o->keep[t->next_keep] <= t->episode)
		t->next_keep++;
	if (offer(t, c, e) < 0)
		return -1;
	return t->log ? mc_journal_cut(t->log, e) : 0;
}

/* One record for this start; a warning when the BLAS computes with other kernels than last time. */
static int record_provenance(struct train *t, struct mc_err *e)
{
	char path[PATH_MAX], core[32];

	if (!t->o->ckpt)
		return 0;
	if (mc_file_name(path, t->o->ckpt, ".provenance", e) < 0)
		return -1;
	mc_provenance_core(path, self, core, sizeof core);
	if (t->iteration > 0 && core[0] && strcmp(core, mc_blas_core()) != 0)
		fprintf(stderr, "%s: warning: this run was computed with the BLAS core %s, now it is %s; "
		    "the bytes will differ from those of an uninterrupted run\n", self, core, mc_blas_core());
	return mc_provenance_append(path, &t->header.frame, t->prov, t->prov_len, t->fb, e);
}

/* ---- iterations ---- */

/* Sends tau and its metrics. */
static int send_episode(struct train *t, int last, struct mc_err *e)
{
	struct mc_episode_metrics f;

	t->traj.last = last;
	mc_episode_metrics(&t->traj, t->right ? &t->task : NULL, &f);
	if (t->h.edge_cost > 0)
		mc_episode_charge(&t->traj, t->h.edge_cost, &f);
	mc_traj_pack(t->fb, &t->traj);
	if (send_built(t, t->fb, e) < 0)
		return -1;
	mc_episode_pack(t->fb, &t->traj, &f);
	t->episode++;
	const double requests = (double)f.requests / (double)t->h.dims.T;

	t->own.sum_return += f.ret;
	t->own.sum_requests += requests;
	t->own.episodes++;
	mc_progress_episode(&t->progress, t->episode, f.ret, requests);
	return send_built(t, t->fb, e);
}

/* The next episode, with the nets in hand. */
static int act(struct train *t, struct mc_err *e)
{
	const struct mc_rollout_opts p = {
		.how = t->h.comm, .sigma = mc_ramp_at(&t->h.explore, t->episode), .carry = t->h.explore_carry, .seed = t->h.seed, .env = 1,
	};
	struct mc_episodes to = mc_episodes_traj(&t->traj);

	t->traj.iteration = t->iteration;
	t->traj.episode = t->episode;
	t->traj.last = 0;
	return mc_rollout_run(t->rollout, t->env, &p, &t->comm, &t->policy, (uint32_t)t->episode, 1, &to, t->pool, e);
}

static int rollout_one(struct train *t, int last, struct mc_err *e)
{
	if (!t->ahead && act(t, e) < 0)
		return -1;
	t->ahead = 0;
	return send_episode(t, last, e);
}

/* With these nets and no later ones. A program that sends its own only after it passed on the next trajectory is too late. */
static int act_ahead(struct train *t, int64_t iteration, struct mc_err *e)
{
	if (wait_nets(t, iteration, e) < 0)
		return -1;
	if (t->has_policy > iteration || (t->h.comm == MC_LEARNED && t->has_comm > iteration))
		return mc_err_set(e, MC_DATA, "the ring", -1, "leave --lag out, or send nets before the next trajectory is passed on",
		    "nets of iteration %lld came when those of the next were there", (long long)iteration);
	t->ahead = 1;
	return act(t, e);
}

/* After an episode was sent, that makes `updates` iterations (1, or 0 for tau(K)). */
static int go_on(struct train *t, int updates, struct mc_err *e)
{
	t->iteration += updates;
	return t->h.lag ? act_ahead(t, t->iteration - updates, e) : wait_nets(t, t->iteration, e);
}

/* Means since the last one: after each meta-iteration, or every 10 iterations where there are none. */
static int send_metric(struct train *t, struct mc_err *e)
{
	if (!t->h.meta_k && t->iteration % MC_METRIC_EVERY != 0)
		return 0;
	mc_fb_begin(t->fb, "metric");
	mc_fb_str(t->fb, "program", self);
	mc_fb_int(t->fb, "iteration", t->iteration);
	mc_fb_int(t->fb, "episode", t->episode - 1);
	mc_fb_map(t->fb, "values");
	mc_fb_real(t->fb, "return", t->own.sum_return / (double)t->own.episodes);
	mc_fb_real(t->fb, "requests_per_step", t->own.sum_requests / (double)t->own.episodes);
	mc_fb_real(t->fb, "explore", mc_ramp_at(&t->h.explore, t->episode - 1));
	mc_fb_close(t->fb);
	t->own.sum_return = t->own.sum_requests = 0;
	t->own.episodes = 0;
	return send_built(t, t->fb, e);
}

/* Algorithm 1, lines 4-11: K iterations and tau(K); one iteration where there is no tau(K). */
static int meta_iteration(struct train *t, struct mc_err *e)
{
	const int64_t K = t->h.meta_k ? t->h.meta_k : 1;

	for (int64_t k = 1; k <= K; k++) {
		if (rollout_one(t, 0, e) < 0 || go_on(t, 1, e) < 0)
			return -1;
	}
	if (t->h.meta_k && (rollout_one(t, 1, e) < 0 || go_on(t, 0, e) < 0))
		return -1;
	return send_metric(t, e);
}

static int is_due(const struct train *t)
{
	return t->iteration - t->committed >= t->o->every ||
	    (t->next_keep < t->o->nkeep && t->o->keep[t->next_keep] <= t->episode);
}

/* To the goal, or to a signal. *stopped is its number. */
static int run(struct train *t, int *stopped, struct mc_err *e)
{
	*stopped = 0;
	if (t->o->ckpt && t->iteration == 0 && is_due(t) && commit(t, 0, e) < 0)
		return -1;
	while (t->episode < t->o->episodes && !(*stopped = mc_signal_stop())) {
		if (meta_iteration(t, e) < 0)
			return -1;
		if (t->o->ckpt && (mc_signal_checkpoint() || is_due(t)) && t->episode < t->o->episodes &&
		    commit(t, 0, e) < 0)
			return -1;
	}
	if (!t->o->ckpt)
		return barrier(t, !*stopped, e);
	return commit(t, !*stopped, e);
}

/* ---- ending ---- */

static int send_end(struct train *t, const char *program, const char *error, struct mc_err *e)
{
	const uint64_t frames = mc_queue_frames(t->out);

	if (t->ended)
		return 0;
	t->ended = 1;
	mc_fb_begin(t->fb, "end");
	mc_fb_uint(t->fb, "frames", frames);
	if (error) {
		mc_fb_map(t->fb, "error");
		mc_fb_str(t->fb, "program", program);
		mc_fb_str(t->fb, "text", error);
		mc_fb_close(t->fb);
	}
	return send_built(t, t->fb, e);
}

/* Reads to the returned `end`, so that whoever fails at the end is noticed. */
static int drain(struct train *t, struct mc_err *e)
{
	struct mc_frame f;
	enum mc_read got;

	while ((got = mc_in_frame(t->in, &f, e)) == MC_READ_FRAME)
		if (strcmp(f.type, "end") == 0) {
			if (mc_map_has(&f.map, "error"))
				(void)peer_failed(t, &f, e);
			return mc_map_has(&f.map, "error") ? 1 : 0;
		}
	return got == MC_READ_FAIL && !mc_in_cut(t->in) ? -1 : mc_ring_broken(t->in, t->h.from, e);
}

/*
 * A bad net went by the other programs on its way here: if one ended over it, that one has said so, and its end
 * comes before what is sent after it. Called when nothing more is written: all others end now, too.
 */
static int is_said(struct train *t)
{
	struct mc_err ignored;
	struct mc_frame f;
	struct mc_map error;
	char program[sizeof t->failed_program];

	while (mc_in_frame(t->in, &f, &ignored) == MC_READ_FRAME)
		if (strcmp(f.type, "end") == 0)
			return mc_map_has(&f.map, "error") && mc_map_map(&f.map, "error", &error, NULL) == 0 &&
			    mc_map_str(&error, "program", program, sizeof program, NULL) == 0 && strcmp(program, self) != 0;
	return 0;
}

static int finish(struct train *t, int stopped, struct mc_err *e)
{
	char text[64];

	mc_progress_end(&t->progress, t->episode);
	struct mc_journal *log = t->log;

	t->log = NULL;                /* still there after a signal, or where there is no checkpoint */
	if (mc_journal_close(log, t->fb, !stopped, e) < 0)
		return -1;
	(void)snprintf(text, sizeof text, "stopped by signal %d", stopped);
	if (send_end(t, self, stopped ? text : NULL, e) < 0)
		return -1;
	const int other = drain(t, e);

	if (other < 0)
		return -1;
	if (stopped)
		return MC_TEMPFAIL;
	return other ? -1 : 0;
}

/* ---- the whole ---- */

/* The log of a finished run gets back the `end` that it may have lost; another run's log is refused. */
static int mend_log(struct train *t, const struct mc_ckpt *c, struct mc_err *e)
{
	struct mc_journal *log = t->log;

	if (!log || mc_journal_is_absent(log))
		return 0;
	if (prove_log(t, c, e) < 0)
		return -1;
	if (mc_journal_is_ended(log))
		return 0;
	t->log = NULL;
	if (mc_journal_cut(log, e) == 0)
		return mc_journal_close(log, t->fb, 1, e);
	(void)mc_journal_close(log, t->fb, 0, NULL);
	return -1;
}

static int is_finished(struct train *t, const struct mc_ckpt *c, struct mc_err *e)
{
	if (c->episode < t->o->episodes)
		return 0;
	if (mc_header_same(&c->header_map, &t->header.frame.map, e) < 0 || mend_log(t, c, e) < 0)
		return -1;
	if (t->o->progress == MC_PROGRESS_JSON) {
		mc_progress_start(&t->progress, t->o->progress, stderr, c->episode, t->o->episodes);
		mc_progress_end(&t->progress, c->episode);
	} else if (!mc_quiet())
		fprintf(stderr, "%s: %s is finished: %lld episodes; a larger -e extends it if its replay file still exists\n", self, t->o->ckpt,
		    (long long)c->episode);
	if (send_end(t, self, NULL, e) < 0 || drain(t, e) != 0)
		return -1;
	return 1;
}

static int train_with(struct train *t, const struct mc_ckpt *old, const struct mc_header *h,
    const struct mc_params *prey, struct mc_err *e)
{
	struct mc_header mine = *h;
	int stopped = 0;

	/* a run that goes on longer than it was planned for moves along the same schedules */
	mine.planned = old && old->header.planned >= 0 ? old->header.planned : t->o->episodes;
	mc_ramp_plan(&mine.explore, mine.planned);
	if (open_ring(t, &mine, prey, e) < 0)
		return -1;
	if (old) {
		const int done = is_finished(t, old, e);

		if (done)
			return done < 0 ? -1 : 0;
	}
	if (make_room(t, e) < 0 || (old ? begin_again(t, old, e) : begin_fresh(t, e)) < 0 ||
	    record_provenance(t, e) < 0)
		return -1;
	mc_progress_start(&t->progress, t->o->progress, stderr, t->episode, t->o->episodes);
	if (run(t, &stopped, e) < 0)
		return -1;
	return finish(t, stopped, e);
}

static void release(struct train *t)
{
	struct mc_err ignored;

	mc_progress_end(&t->progress, t->episode);
	(void)mc_journal_close(t->log, t->fb, 0, &ignored);
	mc_kept_free(&t->kept);
	mc_saved_free(&t->header);
	mc_ring_files_free(&t->files);
	mc_memory_free(t->memory);
	mc_in_close(t->in);
	mc_fb_free(t->fb);
	mc_arena_free(&t->arena);
	free(t->prov);
	mc_file_unlock(&t->lock);
}

static int claim_checkpoint(struct train *t, struct mc_ckpt *old, int *exists, struct mc_err *e)
{
	if (mc_file_check_target(t->o->ckpt, e) < 0 || mc_file_lock(&t->lock, t->o->ckpt, e) < 0)
		return -1;
	const int there = mc_file_check_target(t->o->ckpt, e); /* once more: another may just have made it */

	if (there < 0)
		return -1;
	*exists = there && !t->o->fresh;
	return *exists ? mc_ckpt_open(old, t->o->ckpt, t->o->max_frame, e) :
	    there ? check_replaced(t->o->ckpt, e) : 0;
}

/* Compare, lock, then look whether there is a run to continue: nothing is sent or touched before. */
static int claim(struct train *t, struct mc_ckpt *old, int *exists, struct mc_err *e)
{
	struct mc_file_use u[MC_KEEP_MAX + 4];
	char provenance[PATH_MAX];

	*exists = 0;
	if (name_kept(t, e) < 0 || mc_file_distinct(u, uses(t, u, provenance), e) < 0)
		return -1;
	if (t->o->ckpt && claim_checkpoint(t, old, exists, e) < 0)
		return -1;
	if (t->o->log && !(t->log = mc_journal_claim(t->o->log, MC_JOURNAL_LOG, e)))
		return -1;
	return 0;
}

int mc_train(const struct mc_train_opts *o, const struct mc_header *h, const struct mc_params *prey,
    struct mc_env *env, struct mc_pool *pool, struct mc_err *e)
{
	struct train t = { .o = o, .env = env, .pool = pool, .lock = { .fd = -1 }, .has_policy = -1, .has_comm = -1 };
	struct mc_err later = { 0 }, writing = { 0 };
	struct mc_ckpt old = { 0 };
	char text[1400];
	int exists = 0;

	mc_signals_catch();
	mc_io_widen(0);
	mc_io_widen(1);
	t.in = mc_in_fd(0, "<stdin>", 0, o->max_frame, e);
	t.fb = mc_fb_new(e);
	t.out = t.in && t.fb ? mc_queue_new(1, e) : NULL;
	int r = t.out && claim(&t, &old, &exists, e) == 0 ? train_with(&t, exists ? &old : NULL, h, prey, e) : -1;

	if (r < 0 && t.out && t.peer_failed) {
		(void)send_end(&t, t.failed_program, t.failed_text, &later);
	} else if (r < 0 && t.out) {
		mc_err_line(e, self, text, sizeof text);
		(void)send_end(&t, self, text, &later);
	}
	/* a write that failed is the cause, if all that was seen here is that the ring broke */
	if (mc_queue_close(t.out, &writing) < 0) {
		if (r >= 0 || e->code == MC_TEMPFAIL)
			*e = writing;
		r = -1;
	}
	if (r < 0 && t.bad_net && is_said(&t))
		e->quiet = 1;
	mc_ckpt_close(&old);
	release(&t);
	return r;
}
