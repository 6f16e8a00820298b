#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main.h"
#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_cuda.h"
#include "mc_file.h"
#include "mc_header.h"
#include "mc_io.h"
#include "mc_journal.h"
#include "mc_learner_cpu.h"
#include "mc_learner_device.h"
#include "mc_opts.h"
#include "mc_ring.h"
#include "mc_task.h"

static const char self[] = "mc-critic";

struct critic {
	struct mc_filter filter;
	struct mc_learner_opts opts;
	struct {
		const char *gamma, *lr_critic, *lr_policy;
	} text;                      /* as they were given */
	struct mc_ramp gamma, lr_critic, lr_policy;
	long updates;                /* for each trajectory */
	const char *method;          /* "stgs" or NULL */
	const char *kind;            /* --critic */
	const char *path;            /* -D */
	int keep_replay;
	const char *freeze;          /* --freeze-policy: a checkpoint whose nets act, and stay; NULL: they learn */
	long keep_below;             /* megabytes */
	struct mc_file_use use[2];   /* for mc-rollout to compare with its own files */
	struct mc_header h;
	struct mc_device *device;    /* NULL: the CPU computes */
	struct mc_pool *pool;
	struct mc_learner *learner;
	struct mc_saved header;      /* as it came in */
	struct mc_journal *file;     /* the replay file; NULL without -D, or once it has ended */
	int64_t file_bytes;          /* its size when it ended */
	int ended;                   /* that file has its `end` */
	struct mc_arena arena;
	struct mc_traj traj;
	mc_real *c_pair, *asked_pair; /* [N,d] work space for the metrics of stgs */
	mc_real *theta_c;            /* work space for another owner's theta_c; NULL if there is none */
	int begun;                   /* nets have their initial values, or those of a checkpoint */
	int started;                 /* the first trajectory has come: params from now on are updates */
	int64_t iteration, episode;  /* of the last update */
	int moved;                   /* that update was not skipped for warm-up */
	int64_t comm_iteration;      /* of the theta_c in hand */
	struct mc_learner_metrics sum;
	int64_t summed;              /* updates in it, since the last metric */
};

/* ---- the header ---- */

static void build_header(const struct critic *x, struct mc_fb *b)
{
	const struct mc_learner_opts *o = &x->opts;

	mc_header_pass(b, &x->header.frame.map, &x->h, self);
	mc_fb_map(b, self);
	if (x->h.dims.invariant)
		mc_fb_str(b, "critic", x->kind);
	mc_fb_uint(b, "batch", o->B);
	mc_fb_uint(b, "replay", o->replay);
	mc_fb_uint(b, "warmup", o->warmup);
	if (x->updates > 1)
		mc_fb_int(b, "updates", x->updates);
	if (o->joint)
		mc_fb_bool(b, "joint", 1);
	if (o->penalty > 0)
		mc_fb_real(b, "penalty", o->penalty);
	mc_fb_real(b, "tau", o->tau);
	if (o->n_step > 1)
		mc_fb_uint(b, "n_step", o->n_step);
	if (x->gamma.episodes > 0 || x->gamma.start != x->h.gamma)
		mc_ramp_tell(b, "gamma", &x->gamma);
	mc_ramp_tell(b, "lr_critic", &x->lr_critic);
	mc_ramp_tell(b, "lr_policy", &x->lr_policy);
	mc_fb_real(b, "b1", o->b1);
	mc_fb_real(b, "b2", o->b2);
	mc_fb_real(b, "adam_eps", o->adam_eps);
	mc_fb_real(b, "clip_critic", o->clip_critic);
	mc_fb_real(b, "clip_policy", o->clip_policy);
	mc_fb_real(b, "scale_policy", o->scale_policy);
	if (x->freeze)
		mc_fb_bool(b, "freeze_policy", 1);
	if (o->stgs) {
		mc_fb_real(b, "lr_comm", o->lr_comm);
		mc_fb_real(b, "rho", o->rho);
		mc_fb_real(b, "eps", o->eps);
		mc_fb_real(b, "temp", o->temp);
		mc_fb_real(b, "scale_comm", o->scale_comm);
	}
	mc_fb_close(b);
}

/*
 * The discount with which teams were found to learn a task (metacomm-results(7)): short where a reward
 * shows what was done just before, long where prey must first be caught; in the others, and in a task
 * that is not ours, short first and then long.
 */
static struct mc_ramp critic_gamma_of(const char *name)
{
	const struct mc_ramp moving = { .start = 0.6, .end = 0.95, .share = 0.8 };
	struct mc_task task;

	if (mc_task_parse(&task, name, NULL) < 0)
		return moving;
	switch (task.kind) {
	case MC_REFERENCE: return mc_ramp_of(0.6);
	case MC_PREDATOR_PREY:
	case MC_EVADE: return mc_ramp_of(0.95);
	case MC_NAVIGATION:
	case MC_PUSH: break;
	}
	return moving;
}

/* Shares of the run become episodes. The header goes on saying what they are of if somebody must know. */
static void plan(struct critic *x)
{
	struct mc_ramp *ramps[] = { &x->gamma, &x->lr_critic, &x->lr_policy };
	int shares = x->h.explore.share > 0 || x->h.warmup_share > 0;

	if (strcmp(x->text.gamma, "same") == 0)
		x->gamma = mc_ramp_of(x->h.gamma);
	if (strcmp(x->text.gamma, "task") == 0)
		x->gamma = critic_gamma_of(x->h.task);
	for (int i = 0; i < 3; i++) {
		shares |= ramps[i]->share > 0;
		mc_ramp_plan(ramps[i], x->h.planned);
	}
	if (!shares)
		x->h.planned = -1;
}

static int on_header(void *ctx, const struct mc_frame *f, struct mc_fb *b, struct mc_err *e)
{
	struct critic *x = ctx;
	struct mc_header *h = &x->h;
	struct mc_learner_opts *o = &x->opts;

	if (mc_saved_take(&x->header, f, e) < 0 || mc_header_read(&f->map, h, e) < 0)
		return -1;
	h->dims.invariant = mc_critic_parse(x->kind);
	if (h->owns_policy[0])
		return mc_usage(e, "the ring", "leave one out", "%s learns the policy already", h->owns_policy);
	if (x->method && h->owns_comm[0])
		return mc_usage(e, "-m", "leave one out", "%s learns whom to talk to already", h->owns_comm);
	(void)snprintf(h->owns_policy, sizeof h->owns_policy, "%s", self);
	if (x->method) {
		(void)snprintf(h->owns_comm, sizeof h->owns_comm, "%s", self);
		(void)snprintf(h->method, sizeof h->method, "%s", x->method);
	}
	if (mc_header_check_owners(h, e) < 0)
		return -1;
	plan(x);
	if (x->path && !x->freeze && !(x->file = mc_journal_claim(x->path, MC_JOURNAL_REPLAY, e)))
		return -1;
	o->decide = h->comm;
	o->stgs = x->method != NULL;
	o->seed = h->seed;
	o->gamma = x->gamma.start;
	o->lr_critic = x->lr_critic.start;
	o->lr_policy = x->lr_policy.start;
	x->learner = x->device ? mc_learner_device_new(&h->dims, o, x->device, e) :
	    mc_learner_cpu_new(&h->dims, o, x->pool, e);
	if (!x->learner || mc_traj_new(&x->traj, &h->dims, &x->arena, e) < 0)
		return -1;
	const struct mc_params *comm = mc_learner_params(x->learner, MC_NET_COMM, 0);

	mc_learner_init(x->learner);
	if (comm && !(x->theta_c = mc_arena_alloc(&x->arena, comm->size, sizeof *x->theta_c, "theta_c", e)))
		return -1;
	if (o->stgs && (!(x->c_pair = mc_arena_alloc(&x->arena, h->dims.N * h->dims.d, sizeof *x->c_pair, "metrics", e)) ||
	    !(x->asked_pair = mc_arena_alloc(&x->arena, h->dims.N * h->dims.d, sizeof *x->asked_pair, "metrics", e))))
		return -1;
	build_header(x, b);
	return 0;
}

/* ---- emitting ---- */

/* inside: at a barrier. */
static int emit_params(struct critic *x, enum mc_net net, int target, int inside, struct mc_err *e)
{
	const struct mc_params *p = mc_learner_params(x->learner, net, target);

	return p ? mc_filter_params(&x->filter, p, target, x->iteration, inside, e) : 0;
}

/* Sums that wait for the next metric: a stop between two must not lose them. */
static const struct {
	const char *name;
	size_t at;
} sums[] = {
	{ "critic_loss", offsetof(struct mc_learner_metrics, critic_loss) },
	{ "q_mean", offsetof(struct mc_learner_metrics, q_mean) },
	{ "objective", offsetof(struct mc_learner_metrics, objective) },
	{ "critic_norm", offsetof(struct mc_learner_metrics, critic_norm) },
	{ "policy_norm", offsetof(struct mc_learner_metrics, policy_norm) },
	{ "comm_norm", offsetof(struct mc_learner_metrics, comm_norm) }, /* stgs alone */
};

static int sums_of(const struct critic *x)
{
	return (int)(sizeof sums / sizeof *sums) - !x->opts.stgs;
}

static double *sum_of(struct mc_learner_metrics *f, int i)
{
	return (double *)(void *)((char *)f + sums[i].at);
}

static void pack_sums(struct mc_fb *b, struct critic *x)
{
	mc_fb_int(b, "updates_summed", x->summed);
	mc_fb_map(b, "sums");
	for (int i = 0; x->summed && i < sums_of(x); i++)
		mc_fb_real(b, sums[i].name, *sum_of(&x->sum, i));
	mc_fb_close(b);
}

static int unpack_sums(const struct mc_map *state, struct critic *x, struct mc_err *e)
{
	struct mc_map m;

	if (mc_map_int(state, "updates_summed", &x->summed, e) < 0 || mc_map_map(state, "sums", &m, e) < 0)
		return -1;
	if (x->summed < 0)
		return mc_err_set(e, MC_DATA, state->frame->place, state->frame->offset, NULL,
		    "a negative number of updates");
	for (int i = 0; x->summed && i < sums_of(x); i++)
		if (mc_map_real(&m, sums[i].name, sum_of(&x->sum, i), e) < 0)
			return -1;
	return 0;
}

static void add_metrics(struct critic *x, struct mc_learner_metrics *f)
{
	for (int i = 0; i < sums_of(x); i++)
		*sum_of(&x->sum, i) += *sum_of(f, i);
	x->summed++;
}

/*
 * Before the last checkpoint, which does not count it: so the file is whole once the checkpoint
 * says that the run is finished, and can still be cut back if -e is raised.
 */
static int end_file(struct critic *x, struct mc_err *e)
{
	struct mc_journal *file = x->file;
	struct stat st;

	x->file = NULL;
	x->ended = 1;
	if (mc_journal_close(file, x->filter.fb, 1, e) < 0)
		return -1;
	x->file_bytes = stat(x->path, &st) == 0 ? (int64_t)st.st_size : 0;
	return 0;
}

/* What this program owns: policy, critic and the targets; the nets of others are theirs to emit. */
static int emit_all(struct critic *x, int is_last, struct mc_err *e)
{
	struct mc_fb *b = x->filter.fb;
	struct mc_journal_at at;
	const int has_file = x->file != NULL;

	if (mc_learner_fetch(x->learner, e) < 0 ||
	    emit_params(x, MC_NET_POLICY, 0, 1, e) < 0 || emit_params(x, MC_NET_CRITIC, 0, 1, e) < 0 ||
	    (x->opts.stgs && emit_params(x, MC_NET_COMM, 0, 1, e) < 0) || emit_params(x, MC_NET_POLICY, 1, 1, e) < 0 ||
	    emit_params(x, MC_NET_CRITIC, 1, 1, e) < 0 || emit_params(x, MC_NET_COMM, 1, 1, e) < 0)
		return -1;
	if (x->file && mc_journal_sync(x->file, &at, e) < 0)
		return -1;
	if (x->file && is_last && end_file(x, e) < 0)
		return -1;
	mc_fb_begin(b, "state");
	mc_fb_str(b, "program", self);
	mc_fb_int(b, "iteration", x->iteration);
	mc_fb_map(b, "state");
	mc_learner_state_pack(b, x->learner);
	pack_sums(b, x);
	if (has_file)
		mc_journal_at_pack(b, "replay", &at);
	mc_fb_close(b);
	return mc_filter_send(&x->filter, e);
}

/* Means over the updates since the last one. */
static int emit_metric(struct critic *x, struct mc_err *e)
{
	struct mc_fb *b = x->filter.fb;
	const double n = (double)x->summed;
	const size_t pairs[] = { x->h.dims.N, x->h.dims.d };
	struct mc_comm_stats s;

	mc_fb_begin(b, "metric");
	mc_fb_str(b, "program", self);
	mc_fb_int(b, "iteration", x->iteration);
	mc_fb_int(b, "episode", x->episode);
	mc_fb_map(b, "values");
	mc_fb_uint(b, "transitions", mc_learner_transitions(x->learner));
	if (x->summed) {
		mc_fb_real(b, "critic_loss", x->sum.critic_loss / n);
		mc_fb_real(b, "q_mean", x->sum.q_mean / n);
		mc_fb_real(b, "objective", x->sum.objective / n);
		mc_fb_real(b, "critic_norm", x->sum.critic_norm / n);
		mc_fb_real(b, "policy_norm", x->sum.policy_norm / n);
		if (x->opts.stgs)
			mc_fb_real(b, "g_norm", x->sum.comm_norm / n);
	}
	const int decided = x->opts.stgs && x->moved;

	if (decided) {
		mc_learner_comm_stats(x->learner, &s, x->c_pair, x->asked_pair);
		if (!isnan(s.c_mean)) { /* some pair was live */
			mc_fb_real(b, "c_mean", s.c_mean);
			mc_fb_real(b, "entropy", s.entropy);
			mc_fb_real(b, "saturated", s.saturated);
		}
	}
	mc_fb_close(b);
	if (decided) {
		mc_fb_reals(b, "c_pair", 2, pairs, x->c_pair);
		mc_fb_reals(b, "asked_pair", 2, pairs, x->asked_pair);
	}
	x->summed = 0;
	memset(&x->sum, 0, sizeof x->sum);
	return mc_filter_send(&x->filter, e);
}

/* ---- frames ---- */

/* --freeze-policy: policies, critic and their targets as this run left them. */
static int take_frozen(struct critic *x, const struct mc_ckpt *c, struct mc_err *e)
{
	static const struct { const char *name; enum mc_net net; int target; } nets[] = {
		{ "policy", MC_NET_POLICY, 0 }, { "critic", MC_NET_CRITIC, 0 },
		{ "target.policy", MC_NET_POLICY, 1 }, { "target.critic", MC_NET_CRITIC, 1 },
	};
	const struct mc_dims *want = &x->h.dims, *is = &c->header.dims;

	if (is->invariant != want->invariant)
		return mc_usage(e, "--freeze-policy", "give the --critic that it was trained with", "%s has another critic", x->freeze);
	if (is->N != want->N || is->O != want->O || is->A != want->A || is->H != want->H || is->share != want->share)
		return mc_usage(e, "--freeze-policy", "take one with as many agents, and give mc-rollout the --hidden "
		    "and --share that it was trained with", "%s has nets for other agents or of other widths (%s)",
		    x->freeze, c->header.task);
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
		struct mc_params *p = mc_learner_params(x->learner, nets[i].net, nets[i].target);

		if (mc_ckpt_into(c, nets[i].name, p, e) < 0)
			return -1;
	}
	mc_learner_changed(x->learner);
	return 0;
}

static int begin_frozen(struct critic *x, struct mc_err *e)
{
	struct mc_ckpt c;

	if (mc_ckpt_open(&c, x->freeze, x->filter.max_frame, e) < 0)
		return -1;
	const int r = take_frozen(x, &c, e);

	mc_ckpt_close(&c);
	return r;
}

static int begin(struct critic *x, struct mc_err *e)
{
	if (x->freeze)
		return begin_frozen(x, e);
	if (!x->path)
		return 0;
	mc_fb_begin(x->filter.fb, "header");
	build_header(x, x->filter.fb);
	return mc_journal_begin(x->file, x->filter.fb, e);
}

/* The run goes on: the file is cut back to what the checkpoint counts on, unless it was. */
static int cut(struct critic *x, struct mc_err *e)
{
	return x->file && !mc_journal_is_open(x->file) ? mc_journal_cut(x->file, e) : 0;
}

static int on_barrier(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct critic *x = ctx;
	int64_t iteration;
	int is_last = 0;

	if (mc_map_int(&f->map, "iteration", &iteration, e) < 0 ||
	    (mc_map_has(&f->map, "last") && mc_map_bool(&f->map, "last", &is_last, e) < 0))
		return -1;
	if ((x->begun ? cut : begin)(x, e) < 0)
		return -1;
	x->begun = 1;
	return emit_all(x, is_last, e);
}

/* A trajectory of the replay file. */
static int look(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct critic *x = ctx;

	if (strcmp(f->type, "trajectory") != 0)
		return 0;
	return mc_traj_unpack(f, &x->traj, e) < 0 ? -1 : mc_learner_append(x->learner, &x->traj, e);
}

/* The header that the replay file has, as a frame. */
static int file_header(struct critic *x, struct mc_saved *s, struct mc_err *e)
{
	struct mc_frame f = { .type = "header", .place = x->path };

	mc_fb_begin(x->filter.fb, "header");
	build_header(x, x->filter.fb);
	if (mc_fb_end(x->filter.fb, 0, &f.bytes, &f.len, e) < 0)
		return -1;
	return mc_saved_take(s, &f, e);
}

/*
 * This program's state, on continuing: moments, and D from the replay file. Nothing is cut before the
 * first trajectory comes: another program may refuse to go on.
 */
static int on_state(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct critic *x = ctx;
	char program[32];
	struct mc_map state;
	struct mc_saved header = { 0 };
	struct mc_journal_at at;

	if (mc_map_str(&f->map, "program", program, sizeof program, e) < 0)
		return -1;
	if (strcmp(program, self) != 0 || x->started)
		return 0;
	if (x->begun)
		return mc_err_set(e, MC_DATA, "<stdin>", f->offset, NULL, "a state of %s after the run has begun", self);
	if (mc_map_map(&f->map, "state", &state, e) < 0 || mc_learner_state_unpack(&state, x->learner, e) < 0 ||
	    unpack_sums(&state, x, e) < 0 || mc_map_int(&f->map, "iteration", &x->iteration, e) < 0)
		return -1;
	x->begun = 1;
	if (x->freeze)
		return 0;
	if (!mc_map_has(&state, "replay_bytes"))
		return mc_usage(e, "-D", "start anew with --fresh, and give -D FILE", "this run cannot be continued: "
		    "it kept its replay buffer in memory");
	if (!x->path)
		return mc_usage(e, "-D", NULL, "to continue the run its replay file is needed");
	if (mc_journal_at_read(&state, "replay", &at, e) < 0)
		return -1;
	if (mc_journal_is_absent(x->file))
		return mc_err_set(e, MC_NOINPUT, x->path, -1, "a finished run keeps a small one, or any with --keep-replay",
		    "the replay file is missing, and the run cannot continue without it");
	const int r = file_header(x, &header, e) < 0 ? -1 : mc_journal_prove(x->file, &at, &header.frame.map, look, x, e);

	mc_saved_free(&header);
	return r;
}

/* The net of `name`: one that this program holds. */
static struct mc_params *held(struct critic *x, const char *name)
{
	const int target = strncmp(name, "target.", 7) == 0;

	for (int net = MC_NET_COMM; net <= MC_NET_CRITIC; net++)
		if (strcmp(name + 7 * target, mc_net_name((enum mc_net)net)) == 0)
			return mc_learner_params(x->learner, (enum mc_net)net, target);
	return NULL;
}

/*
 * Before the first trajectory nets come to be set: from a checkpoint, or another owner's
 * initial theta_c. Afterwards theta_c(k) is an update, on which c' moves, once.
 */
static int on_params(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct critic *x = ctx;
	char net[32];
	int64_t iteration;

	if (mc_map_str(&f->map, "net", net, sizeof net, e) < 0 || mc_map_int(&f->map, "iteration", &iteration, e) < 0)
		return -1;
	struct mc_params *p = held(x, net);

	if (!p)
		return 0;
	if (strcmp(net, "comm") == 0 && !x->opts.stgs) {
		if (mc_filter_take(&x->filter, f, p, x->theta_c, e) < 0)
			return -1;
		/* at a barrier the same theta_c(k) comes once more: c' has moved */
		mc_learner_take_comm(x->learner, x->theta_c, x->moved && iteration > x->comm_iteration);
		x->comm_iteration = iteration;
		return 0;
	}
	if (x->started)
		return mc_err_set(e, MC_DATA, "<stdin>", f->offset, NULL, "another program emits the %s net, which is %s's", net, self);
	if (mc_filter_take(&x->filter, f, p, p->v, e) < 0)
		return -1;
	mc_learner_changed(x->learner);
	return 0;
}

/* Algorithm 1, lines 6-8, on tau(k-1). */
static int learn(struct critic *x, const struct mc_frame *f, struct mc_err *e)
{
	struct mc_learner_metrics fig;

	if (cut(x, e) < 0 || (x->file && mc_journal_add(x->file, f, e) < 0))
		return -1;
	if (mc_learner_append(x->learner, &x->traj, e) < 0)
		return -1;
	x->moved = mc_learner_ready(x->learner);
	mc_learner_rates(x->learner, mc_ramp_at(&x->gamma, x->episode), mc_ramp_at(&x->lr_critic, x->episode),
	    mc_ramp_at(&x->lr_policy, x->episode));
	for (long u = 1; u <= x->updates; u++) {
		if (mc_learner_update(x->learner, (uint32_t)(x->traj.iteration * x->updates + u), &fig, e) < 0)
			return -1;
		if (x->moved)
			add_metrics(x, &fig);
	}
	return 0;
}

/* tau(K) is not its business. */
static int on_trajectory(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct critic *x = ctx;

	if (!x->begun)
		return mc_err_set(e, MC_DATA, "<stdin>", f->offset, NULL, "a trajectory before the first barrier");
	if (mc_traj_unpack(f, &x->traj, e) < 0)
		return -1;
	x->episode = x->traj.episode;
	if (x->traj.last)
		return emit_metric(x, e);
	x->started = 1;
	if (!x->freeze && learn(x, f, e) < 0)
		return -1;
	x->iteration = x->traj.iteration + 1;
	if (emit_params(x, MC_NET_POLICY, 0, 0, e) < 0 || (x->opts.stgs && emit_params(x, MC_NET_COMM, 0, 0, e) < 0))
		return -1;
	return !x->h.meta_k && x->iteration % MC_METRIC_EVERY == 0 ? emit_metric(x, e) : 0;
}

/* A large replay file goes, and on a terminal it is said what would have kept it. */
static int delete_file(struct critic *x, struct mc_err *e)
{
	char real[PATH_MAX];

	if (mc_file_real(x->path, real, e) < 0)
		return -1;
	if (unlink(real) < 0)
		return mc_err_errno(e, MC_IOERR, x->path, NULL, "cannot delete the replay file");
	if (isatty(STDERR_FILENO) && !mc_quiet())
		fprintf(stderr, "%s: %s (%lld MB) deleted, as the run is done; --keep-replay keeps it, to train longer later\n", self,
		    x->path, (long long)(x->file_bytes / 1000000));
	return 0;
}

/* The run is done: D is needed only if it is to go on after all. */
static int on_end(void *ctx, struct mc_err *e)
{
	struct critic *x = ctx;

	if (x->file && mc_journal_is_open(x->file) && end_file(x, e) < 0)
		return -1;
	if (!x->ended || x->keep_replay || x->file_bytes <= x->keep_below * 1000000)
		return 0;
	return delete_file(x, e);
}

/* ---- the program ---- */

static int run(struct critic *x, struct mc_err *e)
{
	struct mc_err ignored;

	const int r = mc_filter_run(&x->filter, e);

	(void)mc_journal_close(x->file, NULL, 0, &ignored);
	mc_learner_free(x->learner);
	mc_device_close(x->device);
	mc_saved_free(&x->header);
	mc_arena_free(&x->arena);
	mc_pool_free(x->pool);
	return r;
}

static int parse_ramps(struct critic *x, struct mc_err *e)
{
	const int named = strcmp(x->text.gamma, "same") == 0 || strcmp(x->text.gamma, "task") == 0;

	return (!named && mc_ramp_parse(&x->gamma, x->text.gamma, 0, 1, "--critic-gamma", "0.8, 0.6:0.95:80%, same, or task", e) < 0) ||
	    mc_ramp_parse(&x->lr_critic, x->text.lr_critic, 0, 1e3, "--lr-critic", "0.001, or 1e-3:1e-4:100%", e) < 0 ||
	    mc_ramp_parse(&x->lr_policy, x->text.lr_policy, 0, 1e3, "--lr-policy", "0.001, or 1e-3:1e-4:100%", e) < 0 ? -1 : 0;
}

/* *streaming is set once the stream is this program's to end, with an error if need be. */
static int program(int argc, char **argv, int *streaming, struct mc_err *e)
{
	struct critic x = { .keep_below = 256 };
	struct mc_learner_opts *o = &x.opts;
	const char *device = "cpu";
	int tf32 = 0;
	long threads = mc_pool_cpus(), batch, replay, warmup, n_step = 1, max_frame = (long)MC_FRAME_MAX;

	mc_learner_defaults(o);
	x.updates = 1;
	x.kind = "mlp";
	x.text.lr_critic = x.text.lr_policy = "0.001";
	x.text.gamma = "task";
	batch = (long)o->B, replay = (long)o->replay, warmup = (long)o->warmup;
	const struct mc_opt table[] = {
		{ MC_OPT_STR, 'm', "method", "METHOD", &x.method, 0, 0, "stgs: also learn whom to talk to, by straight-through Gumbel-softmax" },
		{ MC_OPT_STR, 'D', "replay-file", "FILE", &x.path, 0, 0, "keep the replay buffer D in this file, so that the run can be continued" },
		{ MC_OPT_FLAG, 0, "keep-replay", NULL, &x.keep_replay, 0, 0, "keep that file when the run is done, so that a larger -e can extend it" },
		{ MC_OPT_INT, 0, "keep-below", "MB", &x.keep_below, 0, 1e6, "keep it in any case if it has at most this many megabytes" },
		{ MC_OPT_STR, 0, "freeze-policy", "CKPT", &x.freeze, 0, 0, "learn nothing: act with this run's policies; only whom to talk to is learned" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Learning" },
		{ MC_OPT_STR, 0, "critic", "mlp|invariant", &x.kind, 0, 0, "the net of Q: dense layers over all agents, or one net for all of them, which ignores their order" },
		{ MC_OPT_INT, 0, "batch", "B", &batch, 1, 1 << 20, "transitions in a batch" },
		{ MC_OPT_INT, 0, "replay", "N", &replay, 1, 1e9, "D holds the last N transitions" },
		{ MC_OPT_INT, 0, "warmup", "N", &warmup, 0, 1e9, "start learning once D holds N transitions, at least a batch" },
		{ MC_OPT_STR, 0, "critic-gamma", "X", &x.text.gamma, 0, 0, "the critic's own discount; START:END:EPISODES or START:END:PERCENT% moves it; same: that of the run; task: one that suits the task" },
		{ MC_OPT_INT, 0, "n-step", "N", &n_step, 1, 1000, "rewards in the critic's target before it bootstraps from its own value" },
		{ MC_OPT_STR, 0, "lr-critic", "X", &x.text.lr_critic, 0, 0, "Adam's learning rate for Q; may move as well" },
		{ MC_OPT_STR, 0, "lr-policy", "X", &x.text.lr_policy, 0, 0, "Adam's learning rate for the policies; may move as well" },
		{ MC_OPT_INT, 0, "updates", "N", &x.updates, 1, 1000, "updates for each trajectory, each on a batch of its own" },
		{ MC_OPT_FLAG, 0, "joint", NULL, &o->joint, 0, 0, "ascend Q with the current actions of all agents, not with the others' stored ones" },
		{ MC_OPT_REAL, 0, "penalty", "X", &o->penalty, 0, 1e3, "subtract X times the mean square of the actions before tanh from what the policies ascend" },
		{ MC_OPT_REAL, 0, "b1", "X", &o->b1, 0, 0.999999, "Adam's beta_1" },
		{ MC_OPT_REAL, 0, "b2", "X", &o->b2, 0, 0.999999999, "Adam's beta_2" },
		{ MC_OPT_REAL, 0, "adam-eps", "X", &o->adam_eps, 1e-30, 1, "Adam's epsilon, outside the root" },
		{ MC_OPT_REAL, 0, "clip-critic", "X", &o->clip_critic, 0, 1e30, "bound on the norm of Q's gradient; 0 = none" },
		{ MC_OPT_REAL, 0, "clip-policy", "X", &o->clip_policy, 0, 1e30, "bound on the norm of each agent's policy gradient; 0 = none" },
		{ MC_OPT_REAL, 0, "tau", "X", &o->tau, 0, 1, "the targets' step towards the nets" },
		{ MC_OPT_REAL, 0, "scale-policy", "X", &o->scale_policy, 0, 1e3, "factor on the policies' initial last kernels" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Communication nets, with -m stgs" },
		{ MC_OPT_REAL, 0, "lr-comm", "X", &o->lr_comm, 0, 1e3, "RMSprop's learning rate" },
		{ MC_OPT_REAL, 0, "rho", "X", &o->rho, 0, 0.999999999, "RMSprop's decay" },
		{ MC_OPT_REAL, 0, "eps", "X", &o->eps, 1e-30, 1, "RMSprop's epsilon, inside the root" },
		{ MC_OPT_REAL, 0, "temp", "X", &o->temp, 1e-6, 1e6, "temperature of the relaxed decisions" },
		{ MC_OPT_REAL, 0, "scale-comm", "X", &o->scale_comm, 0, 1e3, "factor on their initial last kernels" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Other options" },
		{ MC_OPT_STR, 0, "device", "cpu|cuda", &device, 0, 0, "compute on the CPU, or on a GPU with CUDA" },
		{ MC_OPT_FLAG, 0, "tf32", NULL, &tf32, 0, 0, "with --device cuda: faster products with fewer digits" },
		{ MC_OPT_INT, 0, "threads", "N", &threads, 1, 1024, "threads of --device cpu; never changes a result" },
		{ MC_OPT_INT, 0, "max-frame", "BYTES", &max_frame, 65536, 1e15, "largest frame that is accepted" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { self, "[-m stgs] [-D FILE] [option ...] < trajectories > trajectories and parameters",
		"Learns values and, through them, how to act: the critic Q and the agents' policies, from trajectories "
		"that come through a ring.", table };
	int first;
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? 0 : -1;
	if (first < argc)
		return mc_usage(e, argv[first], "see mc-critic --help", "mc-critic takes no operand");
	if (mc_critic_parse(x.kind) < 0)
		return mc_usage(e, "--critic", NULL, "\"%s\" is neither mlp nor invariant", x.kind);
	if (replay < batch)
		return mc_usage(e, "--replay", NULL, "D of %ld transitions never holds a batch of %ld", replay, batch);
	if (x.method && strcmp(x.method, "stgs") != 0)
		return mc_usage(e, "-m", "none, full: mc-rollout --comm; reinforce, meta: mc-metalearn -m",
		    "\"%s\" is not this program's: stgs is", x.method);
	if (x.freeze && (x.method || x.keep_replay))
		return mc_usage(e, x.method ? "-m" : "--keep-replay", NULL, "with --freeze-policy nothing is learned here, and nothing kept");
	if (x.keep_replay && !x.path)
		return mc_usage(e, "--keep-replay", "give -D FILE as well", "there is no replay file to keep");
	if (parse_ramps(&x, e) < 0)
		return -1;
	const int cuda = strcmp(device, "cuda") == 0;

	if (!cuda && strcmp(device, "cpu") != 0)
		return mc_usage(e, "--device", NULL, "\"%s\" is neither cpu nor cuda", device);
	if (tf32 && !cuda)
		return mc_usage(e, "--tf32", "give --device cuda as well", "the CPU computes in full");
	o->n_step = (size_t)n_step;
	o->B = (size_t)batch, o->replay = (size_t)replay;
	o->warmup = (size_t)(warmup > batch ? warmup : batch);
	if (o->warmup > o->replay)
		return mc_usage(e, "--warmup", NULL, "D of %ld transitions never holds %ld", replay, warmup);
	x.use[0] = (struct mc_file_use){ "-D", x.freeze ? NULL : x.path, 1 };
	x.use[1] = (struct mc_file_use){ "--freeze-policy", x.freeze, 0 };
	x.filter = (struct mc_filter){ .name = self, .argc = argc, .argv = argv, .threads = cuda ? 1 : (int)threads,
		.max_frame = (size_t)max_frame, .files = x.use, .nfiles = 2, .ctx = &x, .header = on_header, .trajectory = on_trajectory,
		.params = on_params, .state = on_state, .barrier = on_barrier, .end = on_end };
	if (mc_ring_refuse_terminal(e) < 0 || mc_filter_refuse_terminal(e) < 0 || mc_blas_init(e) < 0)
		return -1;
	if (cuda && !(x.device = mc_cuda_open(tf32, e))) {
		(void)snprintf(e->place, sizeof e->place, "--device");
		return -1;
	}
	x.pool = mc_pool_new(x.filter.threads, e);
	if (!x.pool) {
		mc_device_close(x.device);
		return -1;
	}
	*streaming = 1;
	return run(&x, e);
}

static int body(int argc, char **argv, struct mc_err *e)
{
	return mc_ring_program(self, argc, argv, program, e);
}

int main(int argc, char **argv)
{
	return tool_main("mc-critic", body, argc, argv);
}
