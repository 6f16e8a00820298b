#include "mc_meta.h"

#include <math.h>
#include <string.h>

#include "mc_baseline.h"
#include "mc_comm.h"
#include "mc_math.h"
#include "mc_optim.h"
#include "mc_reinforce.h"
#include "mc_rule.h"
#include "mc_sweep.h"

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
	mc_real *grad_rule, *grad_baseline;
	int64_t next;                           /* iteration of the next trajectory; -1 = any */
	struct mc_meta_figures fig;
	mc_real *c_pair, *asked_pair;           /* [N,d] of the last trajectory */
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
		.method = MC_METHOD_META, .K = 10, .gamma = 0.95, .n = 5,
		.lr_comm = 1e-3, .rho = 0.9, .eps = 1e-8, .lr_rule = 5e-5, .clip_rule = 1, .beta = 0.01,
		.lr_baseline = 1e-3, .b1 = 0.9, .b2 = 0.999, .adam_eps = 1e-8,
		.scale_comm = 0.1, .scale_rule = 1,
	};
}

/* ---- making ---- */

static int has_rule(const struct mc_meta *x)
{
	return x->opts.method == MC_METHOD_META;
}

static int has_baseline(const struct mc_meta *x)
{
	return x->opts.method == MC_METHOD_REINFORCE || !x->opts.freeze;
}

/* Only a rule that learns needs more than the present trajectory. */
static int has_tape(const struct mc_meta *x)
{
	return has_rule(x) && !x->opts.freeze;
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
	return x->nu_rule && x->grad_rule ? 0 : -1;
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
	if (o->K < 1 || o->n < 1)
		return mc_err_set(e, MC_USAGE, NULL, -1, NULL, "K and n must be at least 1");
	return 0;
}

static void no_figures(struct mc_meta_figures *f)
{
	f->g_norm = f->advantage_norm = f->c_mean = f->entropy = f->saturated = NAN;
	f->baseline_loss = f->J = f->meta_norm = NAN;
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
	no_figures(&x->fig);
	if (mc_params_new(&x->comm, MC_NET_COMM, dims, arena, e) < 0 ||
	    !(x->nu = block(arena, x->comm.size, "nu", e)) ||
	    !(x->c_pair = block(arena, dims->N * dims->d, "figures", e)) ||
	    !(x->asked_pair = block(arena, dims->N * dims->d, "figures", e)) || new_update(x, arena, e) < 0 ||
	    (has_baseline(x) && new_baseline(x, arena, e) < 0) ||
	    (has_rule(x) && new_rule(x, arena, e) < 0))
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
	clear(x->nu_rule, x->rule.size);
	mc_sweep_rewind(&x->sweep);
	x->next = -1;
	no_figures(&x->fig);
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

/* ---- figures ---- */

static void comm_figures(struct mc_meta *x, const struct mc_traj *t)
{
	const struct mc_comm *c = has_rule(x) ? &x->sweep.comm : &x->reinforce.comm;
	struct mc_comm_stats s;

	mc_comm_stats(&s, c->z, c->c, t->m, x->dims.T * x->dims.N * x->dims.d);
	x->fig.c_mean = s.c_mean;
	x->fig.entropy = s.entropy;
	x->fig.saturated = s.saturated;
	mc_comm_pairs(x->c_pair, x->asked_pair, c->c, t->I, t->m, x->dims.T, x->dims.N * x->dims.d);
}

void mc_meta_pairs(const struct mc_meta *x, const mc_real **c_pair, const mc_real **asked_pair)
{
	*c_pair = x->c_pair;
	*asked_pair = x->asked_pair;
}

static double rms_live(const mc_real *A, const uint8_t *m, size_t n)
{
	double sum = 0, live = 0;

	for (size_t i = 0; i < n; i++) {
		sum += m[i] ? (double)A[i] * (double)A[i] : 0;
		live += m[i];
	}
	return sqrt(sum / live);
}

/* ---- one trajectory ---- */

static int check_order(const struct mc_meta *x, const struct mc_traj *t, struct mc_err *e)
{
	if (memcmp(&t->dims, &x->dims, offsetof(struct mc_dims, H)) != 0)
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
	mc_rmsprop_step(x->comm.v, x->nu, g, x->comm.size, x->opts.lr_comm, x->opts.rho, x->opts.eps);
	step_baseline(x, t);

	x->fig.g_norm = sqrt(mc_sumsq(g, x->comm.size));
	x->fig.advantage_norm = sqrt(mc_sumsq(x->fit.advantage, T) / (double)T);
	comm_figures(x, t);
	return diverged(&x->comm, x->nu, t->iteration + 1, e) < 0 ||
	    diverged(&x->baseline, x->adam.v, t->iteration + 1, e) < 0 ? -1 : 0;
}

/* Algorithm 1, line 9. */
static int update_rule(struct mc_meta *x, const struct mc_traj *t, struct mc_err *e)
{
	struct mc_sweep *s = &x->sweep;

	if (!has_tape(x))
		mc_sweep_rewind(s);
	mc_sweep_update(s, t, &x->comm, x->nu, &x->rule);
	x->fig.g_norm = sqrt(mc_sumsq(s->g + (size_t)(s->k - 1) * s->size, s->size));
	x->fig.advantage_norm = rms_live(s->rule.A_hat, t->m, x->dims.T * x->dims.N * x->dims.d);
	comm_figures(x, t);
	return diverged(&x->comm, x->nu, t->iteration + 1, e);
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
	clear(x->grad_rule, x->rule.size);
	x->fig.J = mc_sweep_start(s, &x->comm, x->advantage);
	comm_figures(x, t);
	for (int k = o->K; k >= 1; k--)
		x->fig.J += mc_sweep_step(s, k, &x->rule, x->advantage, x->grad_rule);
	for (int k = 1; k <= o->K; k++) {
		find_advantage(x, &s->tau[k]);
		step_baseline(x, &s->tau[k]);
	}
	x->fig.meta_norm = mc_clip_norm(x->grad_rule, x->rule.size, o->clip_rule);
	mc_rmsprop_step(x->rule.v, x->nu_rule, x->grad_rule, x->rule.size, o->lr_rule, o->rho, o->eps);
	mc_sweep_rewind(s);
	if (!isfinite(x->fig.J))
		return mc_err_diverged(e, "rule", "the meta-objective", t->iteration);
	return diverged(&x->baseline, x->adam.v, t->iteration, e) < 0 ||
	    diverged(&x->rule, x->nu_rule, t->iteration, e) < 0 ? -1 : 0;
}

int mc_meta_trajectory(struct mc_meta *x, const struct mc_traj *t, struct mc_meta_figures *fig,
    struct mc_err *e)
{
	int r;

	if (check_order(x, t, e) < 0)
		return -1;
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
	if (x->nu_rule)
		mc_params_pack(b, "nu_rule", &x->rule, x->nu_rule);
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
	if (x->nu_rule && mc_params_unpack(state, "nu_rule", &x->rule, x->nu_rule, e) < 0)
		return -1;
	mc_sweep_rewind(&x->sweep);
	x->next = -1;
	return 0;
}

/* ---- analysis ---- */

int mc_meta_advantage(const struct mc_dims *dims, const struct mc_params *comm,
    const struct mc_params *rule, const struct mc_traj *t, double gamma,
    mc_real *A_hat, mc_real *x, struct mc_arena *scratch, struct mc_err *e)
{
	const struct mc_arena_mark mark = mc_arena_mark(scratch);
	const size_t T = dims->T, pairs = T * dims->N * dims->d;
	struct mc_comm c;
	struct mc_rule r;
	const int bad = mc_comm_init(&c, dims, scratch, e) < 0 || mc_rule_init(&r, dims, scratch, e) < 0;

	if (!bad) {
		mc_comm_forward(&c, comm, t->o);
		mc_rule_forward(&r, rule, t->r, c.c, t->m, gamma);
		memcpy(A_hat, r.A_hat, pairs * sizeof *A_hat);
		if (x)
			memcpy(x, r.x, T * r.X * sizeof *x);
	}
	mc_arena_reset(scratch, mark);
	return bad ? -1 : 0;
}
