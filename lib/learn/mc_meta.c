#include "mc_meta.h"

#include <math.h>
#include <string.h>

#include "mc_baseline.h"
#include "mc_comm.h"
#include "mc_lab.h"
#include "mc_math.h"
#include "mc_optim.h"
#include "mc_reinforce.h"
#include "mc_rule.h"

struct mc_meta {
	struct mc_dims dims;
	struct mc_meta_opts opts;
	struct mc_params comm, baseline, rule;  /* v = NULL where the method has no such net */
	mc_real *nu, *nu_rule;                  /* RMSprop of theta_c and eta */
	struct mc_adam adam;                    /* of phi */
	struct mc_reinforce reinforce;          /* under reinforce; else */
	struct mc_sweep sweep;                  /* the rule, and its tape */
	struct mc_baseline fit;
	mc_real *advantage;                     /* [K,T]: on tau(1) ... tau(K), or [T] */
	struct mc_past past;                    /* the last trajectories before tau(0), for a J over more than tau(k) */
	mc_real *past_advantage;                /* [batch-1,T] on them */
	mc_real *log_c;                         /* [K+1,T]  log-likelihoods of the decisions of tau(0) ... tau(K) */
	mc_real *grad_rule, *grad_baseline;
	mc_real *last_rule;                     /* the last meta-gradient, before clipping; zeros: none yet */
	struct mc_moments moments;              /* of the rewards */
	int held;                               /* this meta-iteration, or update, moves no theta_c */
	mc_real *z;                             /* [T,N,d] work space */
	int64_t next;                           /* iteration of the next trajectory; -1 = any */
	struct mc_meta_metrics fig;
	struct mc_meta_pairs pairs;             /* of the last trajectory */
};

const char *mc_method_name(enum mc_method m)
{
	switch (m) {
	case MC_METHOD_NONE: return "none";
	case MC_METHOD_FULL: return "full";
	case MC_METHOD_REINFORCE: return "reinforce";
	case MC_METHOD_STGS: return "stgs";
	case MC_METHOD_META: return "meta";
	}
	return "unknown";
}

void mc_meta_defaults(struct mc_meta_opts *o)
{
	*o = (struct mc_meta_opts){
		.method = MC_METHOD_META, .K = 10, .batch = 1, .gamma = 0.95, .n = 5,
		.lr_comm = 1e-3, .rho = 0.9, .eps = 1e-8, .lr_rule = 5e-5, .eps_rule = 1e-8, .clip_rule = 1, .beta = 0.01,
		.lr_baseline = 1e-3, .b1 = 0.9, .b2 = 0.999, .adam_eps = 1e-8,
		.scale_comm = 0.1, .scale_rule = 1,
	};
}

/* ---- making ---- */

static int has_rule(const struct mc_meta *x)
{
	return x->opts.method == MC_METHOD_META;
}

/* A rule that is given G - V needs a baseline that is fitted, even if the rule is fixed. */
static int needs_advantage(const struct mc_meta *x)
{
	return has_rule(x) && mc_rule_needs_advantage(&x->dims.rule);
}

static int has_baseline(const struct mc_meta *x)
{
	return x->opts.method == MC_METHOD_REINFORCE || !x->opts.freeze || needs_advantage(x);
}

/* Only a rule that learns needs more than the present trajectory. */
static int has_tape(const struct mc_meta *x)
{
	return has_rule(x) && !x->opts.freeze;
}

/* Is J taken over more trajectories than tau(1) ... tau(K)? */
static int has_past(const struct mc_meta *x)
{
	return has_tape(x) && x->opts.batch > 1;
}

static mc_real *block(struct mc_arena *arena, size_t n, const char *what, struct mc_err *e)
{
	return mc_arena_alloc(arena, n, sizeof(mc_real), what, e);
}

static int new_baseline(struct mc_meta *x, struct mc_arena *arena, struct mc_err *e)
{
	const size_t rows = has_tape(x) ? (size_t)x->opts.K : 1;

	if (mc_params_new(&x->baseline, MC_NET_BASELINE, &x->dims, arena, e) < 0 ||
	    mc_baseline_init(&x->fit, &x->dims, arena, e) < 0)
		return -1;
	x->adam = (struct mc_adam){ .lr = x->opts.lr_baseline, .b1 = x->opts.b1, .b2 = x->opts.b2,
		.eps = x->opts.adam_eps };
	x->adam.m = block(arena, x->baseline.size, "baseline", e);
	x->adam.v = block(arena, x->baseline.size, "baseline", e);
	x->grad_baseline = block(arena, x->baseline.size, "baseline", e);
	x->advantage = block(arena, rows * x->dims.T, "advantages", e);
	return x->adam.m && x->adam.v && x->grad_baseline && x->advantage ? 0 : -1;
}

static int new_rule(struct mc_meta *x, struct mc_arena *arena, struct mc_err *e)
{
	if (mc_params_new(&x->rule, MC_NET_RULE, &x->dims, arena, e) < 0)
		return -1;
	if (x->opts.freeze)
		return 0;
	x->nu_rule = block(arena, x->rule.size, "rule", e);
	x->grad_rule = block(arena, x->rule.size, "rule", e);
	x->last_rule = block(arena, x->rule.size, "rule", e);
	return x->nu_rule && x->grad_rule && x->last_rule ? 0 : -1;
}

static int new_past(struct mc_meta *x, struct mc_arena *arena, struct mc_err *e)
{
	const size_t room = (size_t)x->opts.batch - 1, T = x->dims.T;

	x->past_advantage = block(arena, room * T, "advantages", e);
	x->log_c = block(arena, ((size_t)x->opts.K + 1) * T, "likelihoods", e);
	if (!x->past_advantage || !x->log_c || mc_past_init(&x->past, &x->dims, room, arena, e) < 0)
		return -1;
	mc_sweep_recall(&x->sweep, &x->past, x->past_advantage);
	return 0;
}

/* What an update of theta_c needs. */
static int new_update(struct mc_meta *x, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_meta_opts *o = &x->opts;
	const struct mc_sweep_opts s = { .K = has_tape(x) ? o->K : 1, .last_only = o->last_only,
		.gamma = o->gamma, .beta = o->beta, .alpha = o->lr_comm, .rho = o->rho, .eps = o->eps };

	return has_rule(x) ? mc_sweep_init(&x->sweep, &x->dims, &s, arena, e) :
	    mc_reinforce_init(&x->reinforce, &x->dims, arena, e);
}

static int check_opts(const struct mc_dims *dims, const struct mc_meta_opts *o, struct mc_err *e)
{
	if (o->method != MC_METHOD_REINFORCE && o->method != MC_METHOD_META)
		return mc_err_set(e, MC_USAGE, NULL, -1, "use reinforce or meta",
		    "method %s does not learn from trajectories", mc_method_name(o->method));
	if (dims->d < 1)
		return mc_err_set(e, MC_USAGE, NULL, -1, "use --comm none or full",
		    "one agent alone has nobody to talk to");
	if (o->K < 1 || o->n < 1 || o->batch < 1)
		return mc_err_set(e, MC_USAGE, NULL, -1, NULL, "K, n and batch must be at least 1");
	return 0;
}

static int new_metrics(struct mc_meta *x, struct mc_arena *arena, struct mc_err *e)
{
	const size_t pairs = x->dims.N * x->dims.d;

	x->pairs.c = block(arena, pairs, "metrics", e);
	x->pairs.logit = block(arena, pairs, "metrics", e);
	x->pairs.asked = block(arena, pairs, "metrics", e);
	x->z = block(arena, x->dims.T * pairs, "metrics", e);
	return x->pairs.c && x->pairs.logit && x->pairs.asked && x->z ? 0 : -1;
}

static void no_metrics(struct mc_meta_metrics *f)
{
	f->g_norm = f->advantage_norm = f->c_mean = f->entropy = f->saturated = NAN;
	f->baseline_loss = f->J = f->meta_norm = f->logit_step = f->common = NAN;
	f->agreement = f->meta_cosine = f->saturated_gradient = NAN;
}

struct mc_meta *mc_meta_new(const struct mc_dims *dims, const struct mc_meta_opts *o,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_meta *x;

	if (check_opts(dims, o, e) < 0)
		return NULL;
	x = mc_arena_alloc(arena, 1, sizeof *x, "meta-learner", e);
	if (!x)
		return NULL;
	x->dims = *dims;
	x->opts = *o;
	x->next = -1;
	no_metrics(&x->fig);
	if (mc_params_new(&x->comm, MC_NET_COMM, dims, arena, e) < 0 ||
	    !(x->nu = block(arena, x->comm.size, "nu", e)) ||
	    new_metrics(x, arena, e) < 0 || new_update(x, arena, e) < 0 ||
	    (has_baseline(x) && new_baseline(x, arena, e) < 0) ||
	    (has_rule(x) && new_rule(x, arena, e) < 0) || (has_past(x) && new_past(x, arena, e) < 0))
		return NULL;
	return x;
}

static void clear(mc_real *v, size_t n)
{
	if (v)
		memset(v, 0, n * sizeof *v);
}

void mc_meta_init(struct mc_meta *x, uint64_t seed)
{
	mc_params_init(&x->comm, seed, x->opts.scale_comm);
	clear(x->nu, x->comm.size);
	if (x->baseline.v)
		mc_params_init(&x->baseline, seed, 1);
	clear(x->adam.m, x->baseline.size);
	clear(x->adam.v, x->baseline.size);
	x->adam.step = 0;
	if (x->rule.v)
		mc_params_init(&x->rule, seed, x->opts.scale_rule);
	if (x->rule.v && x->opts.begin_return)
		mc_rule_begin_return(&x->rule, x->opts.gamma);
	clear(x->nu_rule, x->rule.size);
	clear(x->last_rule, x->rule.size);
	x->moments = (struct mc_moments){ 0 };
	x->past.n = 0;
	mc_sweep_rewind(&x->sweep);
	x->next = -1;
	no_metrics(&x->fig);
}

struct mc_params *mc_meta_params(struct mc_meta *x, enum mc_net net)
{
	switch (net) {
	case MC_NET_COMM: return &x->comm;
	case MC_NET_BASELINE: return x->baseline.v ? &x->baseline : NULL;
	case MC_NET_RULE: return x->rule.v ? &x->rule : NULL;
	default: return NULL;
	}
}

/* ---- metrics ---- */

/* The nets on the trajectory of the last pass. */
static struct mc_comm *nets_of(struct mc_meta *x)
{
	return has_rule(x) ? &x->sweep.comm : &x->reinforce.comm;
}

static void comm_metrics(struct mc_meta *x, const struct mc_traj *t)
{
	const struct mc_comm *c = nets_of(x);
	struct mc_comm_stats s;

	mc_comm_stats(&s, c->z, c->c, t->m, x->dims.T * x->dims.N * x->dims.d);
	x->fig.c_mean = s.c_mean;
	x->fig.entropy = s.entropy;
	x->fig.saturated = s.saturated;
	mc_comm_pairs(x->pairs.c, x->pairs.asked, c->c, t->I, t->m, x->dims.T, x->dims.N * x->dims.d);
	mc_lab_pair_mean(x->pairs.logit, c->z, t->m, x->dims.T, x->dims.N * x->dims.d);
}

const struct mc_meta_pairs *mc_meta_pairs(const struct mc_meta *x)
{
	return &x->pairs;
}

static size_t decisions_of(const struct mc_meta *x)
{
	return x->dims.T * x->dims.N * x->dims.d;
}

/* After a pass over the nets at the old theta_c: what the update adds to z on the same trajectory. */
static void step_metric(struct mc_meta *x, const struct mc_traj *t)
{
	struct mc_comm *c = nets_of(x);

	memcpy(x->z, c->z, decisions_of(x) * sizeof *x->z);
	mc_comm_forward(c, &x->comm, t->o);
	x->fig.logit_step = mc_lab_moved(c->z, x->z, t->m, decisions_of(x));
}

/* ---- the rewards' moments ---- */

void mc_moments_add(struct mc_moments *x, const mc_real *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const double by = (double)r[i] - x->mean;

		x->n++;
		x->mean += by / x->n;
		x->m2 += by * ((double)r[i] - x->mean);
	}
}

double mc_moments_scale(const struct mc_moments *x)
{
	return 1 / sqrt(x->m2 / x->n + 1e-8);
}

/* What the rule is told on a trajectory; its advantage must have been found. */
static struct mc_sweep_told told_of(struct mc_meta *x, const struct mc_traj *t)
{
	struct mc_sweep_told told = { .scale = 1, .advantage = needs_advantage(x) ? x->fit.advantage : NULL };

	if (!x->dims.rule.normal)
		return told;
	mc_moments_add(&x->moments, t->r, x->dims.T);
	told.mean = x->moments.mean;
	told.scale = mc_moments_scale(&x->moments);
	return told;
}

/* ---- one trajectory ---- */

static int check_order(const struct mc_meta *x, const struct mc_traj *t, struct mc_err *e)
{
	if (!mc_env_dims_same(&t->dims, &x->dims.env))
		return mc_err_set(e, MC_DATA, NULL, -1, "was it made for another task?",
		    "trajectory %lld has other dimensions than the header", (long long)t->episode);
	if (x->next >= 0 && t->iteration != x->next)
		return mc_err_set(e, MC_DATA, NULL, -1, "were frames lost or reordered?",
		    "trajectory of iteration %lld, want %lld", (long long)t->iteration, (long long)x->next);
	if (t->last && !has_tape(x))
		return mc_err_set(e, MC_DATA, NULL, -1, "do the programs agree on the method?",
		    "a last trajectory, but there is no meta-step to take on it");
	if (has_tape(x) && t->last != (x->sweep.k == x->opts.K))
		return mc_err_set(e, MC_DATA, NULL, -1, "do the programs agree on K?",
		    "%s trajectory after %d of %d updates", t->last ? "the last" : "another", x->sweep.k,
		    x->opts.K);
	return 0;
}

/* A net, and the second moment of its gradient: one that is infinite would stop all learning, unseen. */
static int diverged(const struct mc_params *p, const mc_real *moment, int64_t iteration, struct mc_err *e)
{
	char where[64] = "the gradient's second moment";

	if (mc_all_finite(p->v, p->size) && mc_all_finite(moment, p->size))
		return 0;
	(void)mc_params_finite(p, where, sizeof where);
	return mc_err_diverged(e, mc_net_name(p->net), where, iteration);
}

/* One step of phi on the trajectory that mc_baseline_advantage saw last. */
static void step_baseline(struct mc_meta *x, const struct mc_traj *t)
{
	x->fig.baseline_loss = mc_baseline_gradient(&x->fit, &x->baseline, t->o, x->grad_baseline);
	mc_adam_step(&x->adam, x->baseline.v, x->grad_baseline, x->baseline.size, 0);
}

static void find_advantage(struct mc_meta *x, const struct mc_traj *t)
{
	mc_baseline_advantage(&x->fit, &x->baseline, t->o, t->r, x->opts.gamma, x->opts.n);
}

/* Eq. 4, then phi's step on the same advantages. */
static int update_reinforce(struct mc_meta *x, const struct mc_traj *t, struct mc_err *e)
{
	const size_t T = x->dims.T;
	const mc_real *g = x->reinforce.g;

	find_advantage(x, t);
	mc_reinforce_gradient(&x->reinforce, &x->comm, t, x->fit.advantage);
	comm_metrics(x, t);
	if (!x->held) {
		mc_rmsprop_step(x->comm.v, x->nu, g, x->comm.size, x->opts.lr_comm, x->opts.rho, x->opts.eps);
		step_metric(x, t);
	}
	step_baseline(x, t);

	x->fig.g_norm = sqrt(mc_sumsq(g, x->comm.size));
	x->fig.advantage_norm = sqrt(mc_sumsq(x->fit.advantage, T) / (double)T);
	return diverged(&x->comm, x->nu, t->iteration + 1, e) < 0 ||
	    diverged(&x->baseline, x->adam.v, t->iteration + 1, e) < 0 ? -1 : 0;
}

/* After a pass over the nets on tau(k) at theta_c(k), which sampled it. */
static void note_likelihood(struct mc_meta *x, int k)
{
	const struct mc_traj *tau = &x->sweep.tau[k];

	if (has_past(x))
		mc_past_log_c(x->log_c + (size_t)k * x->dims.T, x->sweep.comm.z, tau->I, tau->m, x->dims.T,
		    x->dims.N * x->dims.d);
}

/* Algorithm 1, line 9. */
static int update_rule(struct mc_meta *x, const struct mc_traj *t, struct mc_err *e)
{
	struct mc_sweep *s = &x->sweep;

	if (!has_tape(x))
		mc_sweep_rewind(s);
	if (needs_advantage(x))
		find_advantage(x, t);
	const struct mc_sweep_told told = told_of(x, t);

	if (x->held) {
		mc_sweep_hold(s, t, &x->comm);
		comm_metrics(x, t);
	} else {
		mc_sweep_update(s, t, &told, &x->comm, x->nu, &x->rule);
		comm_metrics(x, t);
		x->fig.g_norm = sqrt(mc_sumsq(s->g + (size_t)(s->k - 1) * s->size, s->size));
		x->fig.advantage_norm = mc_lab_rms(s->rule.A_hat, t->m, decisions_of(x));
		x->fig.common = mc_lab_common(s->rule.A_hat, t->m, x->dims.T, x->dims.N * x->dims.d);
	}
	note_likelihood(x, s->k - 1);
	if (!has_tape(x) && !x->held)
		step_metric(x, t);
	if (!has_tape(x) && needs_advantage(x))
		step_baseline(x, t);
	return diverged(&x->comm, x->nu, t->iteration + 1, e) < 0 ||
	    (!has_tape(x) && needs_advantage(x) && diverged(&x->baseline, x->adam.v, t->iteration + 1, e) < 0) ? -1 : 0;
}

/* What update K added to z on tau(K-1). */
static void last_step_metric(struct mc_meta *x)
{
	struct mc_sweep *s = &x->sweep;
	const int K = x->opts.K;
	struct mc_params before = x->comm;

	before.v = s->theta + (size_t)(K - 1) * s->size;
	mc_comm_forward(&s->comm, &before, s->tau[K - 1].o);
	step_metric(x, &s->tau[K - 1]);
}

/* Line 13's gradient; the advantages [K,T] are those of the phi that line 12 starts from. */
static void meta_gradient(struct mc_meta *x, const struct mc_traj *t)
{
	struct mc_sweep *s = &x->sweep;
	const size_t T = x->dims.T, pairs = x->dims.N * x->dims.d;
	struct mc_lab_pearson agreement = { 0 };

	clear(x->grad_rule, x->rule.size);
	last_step_metric(x);
	x->fig.J = mc_sweep_start(s, &x->comm, x->advantage);
	note_likelihood(x, x->opts.K);
	comm_metrics(x, t);
	x->fig.saturated_gradient = mc_lab_saturated(s->dz, s->comm.c, t->m, T * pairs);
	for (int k = x->opts.K; k >= 1; k--) {
		x->fig.J += mc_sweep_step(s, k, &x->rule, x->advantage, x->grad_rule);
		if (k > 1)
			mc_lab_pearson_add(&agreement, s->rule.A_hat, x->advantage + (size_t)(k - 2) * T,
			    s->tau[k - 1].m, T, pairs);
	}
	x->fig.agreement = mc_lab_pearson(&agreement);
}

/* Line 13's step. */
static void step_rule(struct mc_meta *x)
{
	const struct mc_meta_opts *o = &x->opts;

	x->fig.meta_cosine = mc_lab_cosine(x->grad_rule, x->last_rule, x->rule.size);
	memcpy(x->last_rule, x->grad_rule, x->rule.size * sizeof *x->last_rule);
	x->fig.meta_norm = mc_clip_norm(x->grad_rule, x->rule.size, o->clip_rule);
	mc_rmsprop_step(x->rule.v, x->nu_rule, x->grad_rule, x->rule.size, o->lr_rule, o->rho, o->eps_rule);
}

static void find_past_advantages(struct mc_meta *x)
{
	const size_t T = x->dims.T;

	for (size_t i = 0; i < x->past.n; i++) {
		const struct mc_past_one p = mc_past_at(&x->past, i);

		mc_baseline_advantage(&x->fit, &x->baseline, p.o, p.r, x->opts.gamma, x->opts.n);
		memcpy(x->past_advantage + i * T, x->fit.advantage, T * sizeof *x->past_advantage);
	}
}

/* tau(0) ... tau(K) are of the past for the next meta-iteration. */
static void remember(struct mc_meta *x)
{
	for (int k = 0; has_past(x) && k <= x->opts.K; k++)
		mc_past_add(&x->past, &x->sweep.tau[k], x->log_c + (size_t)k * x->dims.T);
}

/* Where theta_c waits nothing else passes over the nets on tau(K), whose likelihood the past is to have. */
static void hold_last(struct mc_meta *x, const struct mc_traj *t)
{
	if (!has_past(x))
		return;
	mc_comm_forward(&x->sweep.comm, &x->comm, t->o);
	note_likelihood(x, x->opts.K);
}

/* Lines 12 and 13. The advantages come first: all are of the phi that line 12 starts from. */
static int meta_step(struct mc_meta *x, const struct mc_traj *t, struct mc_err *e)
{
	const struct mc_meta_opts *o = &x->opts;
	struct mc_sweep *s = &x->sweep;
	const size_t T = x->dims.T;

	mc_sweep_last(s, t);
	for (int k = 1; k <= o->K; k++) {
		find_advantage(x, &s->tau[k]);
		memcpy(x->advantage + (size_t)(k - 1) * T, x->fit.advantage, T * sizeof *x->advantage);
	}
	find_past_advantages(x);
	if (x->held)
		hold_last(x, t);
	else
		meta_gradient(x, t);
	for (int k = 1; k <= o->K; k++) {
		find_advantage(x, &s->tau[k]);
		step_baseline(x, &s->tau[k]);
	}
	if (!x->held)
		step_rule(x);
	remember(x);
	mc_sweep_rewind(s);
	if (!x->held && !isfinite(x->fig.J))
		return mc_err_diverged(e, "rule", "the meta-objective", t->iteration);
	return diverged(&x->baseline, x->adam.v, t->iteration, e) < 0 ||
	    diverged(&x->rule, x->nu_rule, t->iteration, e) < 0 ? -1 : 0;
}

int mc_meta_trajectory(struct mc_meta *x, const struct mc_traj *t, struct mc_meta_metrics *fig,
    struct mc_err *e)
{
	int r;

	if (check_order(x, t, e) < 0)
		return -1;
	if (!has_tape(x) || x->sweep.k == 0)
		x->held = t->episode < x->opts.warmup;
	if (x->opts.method == MC_METHOD_REINFORCE)
		r = update_reinforce(x, t, e);
	else
		r = t->last ? meta_step(x, t, e) : update_rule(x, t, e);
	x->next = t->last ? t->iteration : t->iteration + 1;
	if (fig)
		*fig = x->fig;
	return r;
}

/* ---- state ---- */

void mc_meta_state_pack(struct mc_fb *b, struct mc_meta *x)
{
	mc_params_pack(b, "nu", &x->comm, x->nu);
	if (x->baseline.v) {
		mc_params_pack(b, "baseline_m", &x->baseline, x->adam.m);
		mc_params_pack(b, "baseline_v", &x->baseline, x->adam.v);
		mc_fb_int(b, "baseline_step", x->adam.step);
	}
	if (x->nu_rule) {
		mc_params_pack(b, "nu_rule", &x->rule, x->nu_rule);
		mc_params_pack(b, "meta_gradient", &x->rule, x->last_rule);
	}
	if (x->rule.v && x->dims.rule.normal) {
		mc_fb_real(b, "reward_n", x->moments.n);
		mc_fb_real(b, "reward_mean", x->moments.mean);
		mc_fb_real(b, "reward_m2", x->moments.m2);
	}
	if (has_past(x))
		mc_past_pack(b, &x->past);
}

int mc_moments_unpack(const struct mc_map *state, struct mc_moments *x, struct mc_err *e)
{
	if (mc_map_real(state, "reward_n", &x->n, e) < 0 || mc_map_real(state, "reward_mean", &x->mean, e) < 0 ||
	    mc_map_real(state, "reward_m2", &x->m2, e) < 0)
		return -1;
	if (x->n < 0 || x->m2 < 0)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "reward_n or reward_m2 is negative");
	return 0;
}

/* Runs of earlier versions have no last meta-gradient: then there is none to compare the next with. */
static int unpack_rule_state(const struct mc_map *state, struct mc_meta *x, struct mc_err *e)
{
	clear(x->last_rule, x->rule.size);
	if (x->nu_rule && mc_params_unpack(state, "nu_rule", &x->rule, x->nu_rule, e) < 0)
		return -1;
	if (x->last_rule && mc_map_has(state, "meta_gradient") &&
	    mc_params_unpack(state, "meta_gradient", &x->rule, x->last_rule, e) < 0)
		return -1;
	return x->rule.v && x->dims.rule.normal ? mc_moments_unpack(state, &x->moments, e) : 0;
}

int mc_meta_state_unpack(const struct mc_map *state, struct mc_meta *x, struct mc_err *e)
{
	if (mc_params_unpack(state, "nu", &x->comm, x->nu, e) < 0)
		return -1;
	if (x->baseline.v &&
	    (mc_params_unpack(state, "baseline_m", &x->baseline, x->adam.m, e) < 0 ||
	     mc_params_unpack(state, "baseline_v", &x->baseline, x->adam.v, e) < 0 ||
	     mc_map_int(state, "baseline_step", &x->adam.step, e) < 0))
		return -1;
	if (x->adam.step < 0)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "baseline_step is negative");
	if (unpack_rule_state(state, x, e) < 0 || (has_past(x) && mc_past_unpack(state, &x->past, e) < 0))
		return -1;
	mc_sweep_rewind(&x->sweep);
	x->next = -1;
	return 0;
}

/* ---- analysis ---- */

int mc_meta_advantage(const struct mc_dims *dims, const struct mc_params *comm,
    const struct mc_params *rule, const struct mc_traj *t, const struct mc_sweep_told *told,
    double gamma, mc_real *A_hat, mc_real *x, struct mc_arena *scratch, struct mc_err *e)
{
	const struct mc_arena_mark mark = mc_arena_mark(scratch);
	const size_t T = dims->T, pairs = T * dims->N * dims->d;
	struct mc_comm c;
	struct mc_rule r;
	const int bad = mc_comm_init(&c, dims, scratch, e) < 0 || mc_rule_init(&r, dims, scratch, e) < 0;

	if (!bad) {
		const struct mc_rule_input in = { .r = t->r, .c = c.c, .I = t->I, .m = t->m, .gamma = gamma,
			.mean = told ? told->mean : 0, .scale = told ? told->scale : 1,
			.advantage = told ? told->advantage : NULL };

		mc_comm_forward(&c, comm, t->o);
		mc_rule_forward(&r, rule, &in);
		memcpy(A_hat, r.A_hat, pairs * sizeof *A_hat);
		if (x)
			memcpy(x, r.x, T * r.S * r.X * sizeof *x);
	}
	mc_arena_reset(scratch, mark);
	return bad ? -1 : 0;
}
