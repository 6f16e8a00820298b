#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main.h"
#include "mc_analyse.h"
#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_header.h"
#include "mc_meta.h"
#include "mc_opts.h"
#include "mc_ring.h"
#include "mc_rule.h"
#include "mc_rule_weights.h"

static const char self[] = "mc-metalearn";

/* Its nets, in the order in which they are emitted. */
static const enum mc_net nets[] = { MC_NET_COMM, MC_NET_BASELINE, MC_NET_RULE };
enum { NETS = sizeof nets / sizeof *nets };

enum { RULE_HIDDEN = 128 }; /* --rule-hidden unless said */

struct metalearn {
	struct mc_filter filter;
	struct mc_meta_opts opts;
	size_t R;                    /* --rule-hidden */
	struct mc_rule_form form;    /* --rule, --rule-input, --residual */
	double warmup_share;         /* --warmup-comm in per cent of the run, as a share; 0: in episodes */
	const char *eta;             /* --eta: a checkpoint whose rule is taken, or "auto" */
	int shipped;                 /* it is that of mc_rule_weights.h */
	struct mc_file_use use;      /* it, for mc-rollout to compare with its own files */
	struct mc_header h;
	struct mc_meta *meta;
	struct mc_arena arena;
	struct mc_traj traj;
	int begun;                   /* nets have their initial values, or those of a checkpoint */
	int started;                 /* the first trajectory has come */
	int64_t iteration, episode;
	struct mc_meta_metrics fig;
	pthread_t step;              /* the meta-step that runs, on traj */
	int stepping;
	int step_failed;             /* set by it, with its error */
	struct mc_err step_error;
};

static int is_meta(const struct metalearn *x)
{
	return x->opts.method == MC_METHOD_META;
}

/* ---- the header ---- */

static int fits_baseline(const struct metalearn *x)
{
	return !x->opts.freeze || mc_rule_needs_advantage(&x->form);
}

/* What is as in the paper is not said: so a run of before these options were there goes on. */
static void build_form(const struct metalearn *x, struct mc_fb *b)
{
	const struct mc_rule_form *f = &x->form;
	char input[MC_RULE_INPUT];

	if (f->edge)
		mc_fb_str(b, "rule", "edge");
	if (f->decisions || f->advantage || f->normal) {
		mc_rule_input_name(f, input, sizeof input);
		mc_fb_str(b, "rule_input", input);
	}
	if (f->residual)
		mc_fb_bool(b, "residual", 1);
}

static void build_header(const struct metalearn *x, const struct mc_map *m, struct mc_fb *b)
{
	const struct mc_meta_opts *o = &x->opts;

	mc_header_pass(b, m, &x->h, self);
	mc_fb_map(b, self);
	mc_fb_real(b, "lr_comm", o->lr_comm);
	mc_fb_real(b, "rho", o->rho);
	mc_fb_real(b, "eps", o->eps);
	mc_fb_real(b, "scale_comm", o->scale_comm);
	if (o->warmup)
		mc_fb_int(b, "warmup_comm", o->warmup);
	if (x->warmup_share > 0)
		mc_fb_real(b, "warmup_share", x->warmup_share);
	if (fits_baseline(x)) {
		mc_fb_int(b, "n_step", o->n);
		mc_fb_real(b, "lr_baseline", o->lr_baseline);
		mc_fb_real(b, "b1", o->b1);
		mc_fb_real(b, "b2", o->b2);
		mc_fb_real(b, "adam_eps", o->adam_eps);
	}
	if (is_meta(x)) {
		mc_fb_uint(b, "rule_hidden", x->R);
		mc_fb_real(b, "scale_rule", o->scale_rule);
		if (o->begin_return)
			mc_fb_str(b, "rule_init", "reinforce");
		mc_fb_bool(b, "freeze", o->freeze);
		mc_fb_bool(b, "eta_given", x->eta != NULL);
		if (x->shipped)
			mc_fb_str(b, "eta", "auto");
		build_form(x, b);
	}
	if (is_meta(x) && !o->freeze) {
		mc_fb_real(b, "lr_rule", o->lr_rule);
		if (o->eps_rule != o->eps)
			mc_fb_real(b, "eps_rule", o->eps_rule);
		mc_fb_real(b, "clip_rule", o->clip_rule);
		mc_fb_real(b, "beta", o->beta);
		mc_fb_bool(b, "last_only", o->last_only);
		if (o->batch > 1)
			mc_fb_int(b, "meta_batch", o->batch);
	}
	mc_fb_close(b);
}

static int on_header(void *ctx, const struct mc_frame *f, struct mc_fb *b, struct mc_err *e)
{
	struct metalearn *x = ctx;
	struct mc_header *h = &x->h;

	if (mc_header_read(&f->map, h, e) < 0)
		return -1;
	if (h->comm != MC_LEARNED)
		return mc_usage(e, "--comm", "leave mc-metalearn out, or give mc-rollout --comm learned",
		    "there is nothing to learn under --comm %s", mc_decide_name(h->comm));
	if (h->owns_comm[0])
		return mc_usage(e, "the ring", "leave one out", "%s learns whom to talk to already", h->owns_comm);
	(void)snprintf(h->owns_comm, sizeof h->owns_comm, "%s", self);
	(void)snprintf(h->method, sizeof h->method, "%s", mc_method_name(x->opts.method));
	h->meta_k = is_meta(x) && !x->opts.freeze ? x->opts.K : 0;
	h->dims.R = is_meta(x) ? x->R : 0;
	h->dims.rule = x->form;
	x->opts.gamma = h->gamma;
	if (x->warmup_share > 0)
		x->opts.warmup = llround(x->warmup_share * (double)(h->planned > 0 ? h->planned : 0));
	h->warmup_share = x->warmup_share;
	x->meta = mc_meta_new(&h->dims, &x->opts, &x->arena, e);
	if (!x->meta || mc_traj_new(&x->traj, &h->dims, &x->arena, e) < 0)
		return -1;
	build_header(x, &f->map, b);
	return 0;
}

/* ---- emitting ---- */

/* inside: at a barrier. */
static int emit_params(struct metalearn *x, enum mc_net net, int inside, struct mc_err *e)
{
	const struct mc_params *p = mc_meta_params(x->meta, net);

	return p ? mc_filter_params(&x->filter, p, 0, x->iteration, inside, e) : 0;
}

static int emit_all(struct metalearn *x, struct mc_err *e)
{
	struct mc_fb *b = x->filter.fb;

	for (int i = 0; i < NETS; i++)
		if (emit_params(x, nets[i], 1, e) < 0)
			return -1;
	mc_fb_begin(b, "state");
	mc_fb_str(b, "program", self);
	mc_fb_int(b, "iteration", x->iteration);
	mc_fb_map(b, "state");
	mc_meta_state_pack(b, x->meta);
	mc_fb_close(b);
	return mc_filter_send(&x->filter, e);
}

static void put(struct mc_fb *b, const char *key, double v)
{
	if (!isnan(v))
		mc_fb_real(b, key, v);
}

static int emit_metric(struct metalearn *x, struct mc_err *e)
{
	const struct mc_meta_metrics *f = &x->fig;
	const size_t pairs[] = { x->h.dims.N, x->h.dims.d };
	const struct mc_meta_pairs *p = mc_meta_pairs(x->meta);
	struct mc_fb *b = x->filter.fb;

	mc_fb_begin(b, "metric");
	mc_fb_str(b, "program", self);
	mc_fb_int(b, "iteration", x->iteration);
	mc_fb_int(b, "episode", x->episode);
	mc_fb_map(b, "values");
	put(b, "g_norm", f->g_norm);
	put(b, "advantage_norm", f->advantage_norm);
	put(b, "c_mean", f->c_mean);
	put(b, "entropy", f->entropy);
	put(b, "saturated", f->saturated);
	put(b, "baseline_loss", f->baseline_loss);
	put(b, "J", f->J);
	put(b, "meta_norm", f->meta_norm);
	put(b, "logit_step", f->logit_step);
	put(b, "common", f->common);
	put(b, "agreement", f->agreement);
	put(b, "meta_cosine", f->meta_cosine);
	put(b, "saturated_gradient", f->saturated_gradient);
	mc_fb_close(b);
	mc_fb_reals(b, "c_pair", 2, pairs, p->c);
	mc_fb_reals(b, "asked_pair", 2, pairs, p->asked);
	mc_fb_reals(b, "logit_pair", 2, pairs, p->logit);
	return mc_filter_send(&x->filter, e);
}

/* ---- the beginning ---- */

/* --eta: the rule of another run, which must have this width. */
static int take_rule(struct metalearn *x, struct mc_err *e)
{
	struct mc_params *rule = mc_meta_params(x->meta, MC_NET_RULE);
	struct mc_params other;
	struct mc_arena scratch = { 0 };
	struct mc_ckpt c;

	if (mc_ckpt_open(&c, x->eta, x->filter.max_frame, e) < 0)
		return -1;
	int r = mc_ckpt_params(&c, "rule", &other, &scratch, e);
	const size_t here = mc_rule_width(&x->h.dims), there = mc_rule_width(&c.header.dims);

	if (r == 0 && memcmp(&x->form, &c.header.dims.rule, sizeof x->form) != 0)
		r = mc_usage(e, "--eta", "give --rule, --rule-input and --residual as that run had them",
		    "%s has a rule of another form", x->eta);
	if (r == 0 && (here != there || c.header.dims.R != x->R))
		r = mc_usage(e, "--eta", "take one that was learned with as many agents",
		    "%s has a rule of width %zu, hidden %zu; %s wants width %zu, hidden %zu",
		    x->eta, there, c.header.dims.R, x->h.task, here, x->R);
	if (r == 0)
		memcpy(rule->v, other.v, rule->size * sizeof *rule->v);
	mc_ckpt_close(&c);
	mc_arena_free(&scratch);
	return r;
}

/* --eta auto */
static void take_shipped(struct metalearn *x)
{
	struct mc_params *rule = mc_meta_params(x->meta, MC_NET_RULE);

	assert(rule->size == mc_rule_trained.size);
	for (size_t i = 0; i < rule->size; i++)
		rule->v[i] = (mc_real)mc_rule_trained.v[i];
}

static int begin(struct metalearn *x, struct mc_err *e)
{
	mc_meta_init(x->meta, x->h.seed);
	x->begun = 1;
	if (x->shipped)
		take_shipped(x);
	return x->eta && !x->shipped ? take_rule(x, e) : 0;
}

/* On continuing: its own nets and state come from the checkpoint. */
static int on_params(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct metalearn *x = ctx;
	char net[32];

	if (mc_map_str(&f->map, "net", net, sizeof net, e) < 0)
		return -1;
	for (int i = 0; i < NETS; i++) {
		struct mc_params *p = mc_meta_params(x->meta, nets[i]);

		if (!p || strcmp(net, mc_net_name(nets[i])) != 0)
			continue;
		if (x->started)
			return mc_err_set(e, MC_DATA, "<stdin>", f->offset, NULL,
			    "another program emits the %s net, which is %s's", net, self);
		return mc_filter_take(&x->filter, f, p, p->v, e);
	}
	return 0;
}

static int on_state(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct metalearn *x = ctx;
	char program[32];
	struct mc_map state;

	if (mc_map_str(&f->map, "program", program, sizeof program, e) < 0)
		return -1;
	if (strcmp(program, self) != 0 || x->started)
		return 0;
	x->begun = 1;
	return mc_map_int(&f->map, "iteration", &x->iteration, e) < 0 || mc_map_map(&f->map, "state", &state, e) < 0 ||
	    mc_meta_state_unpack(&state, x->meta, e) < 0 ? -1 : 0;
}

/* ---- learning ---- */

static void *meta_step(void *ctx)
{
	struct metalearn *x = ctx;

	x->step_failed = mc_meta_trajectory(x->meta, &x->traj, &x->fig, &x->step_error) < 0;
	return NULL;
}

/*
 * The meta-step on tau(K), beside the loop: the next tau(0) does not depend on it, nor do the
 * programs that work on that one, so it must not wait here. What follows for the stream, follows
 * when tau(0) is handled, or a barrier, whenever the step is done: the order of frames is as fixed
 * as ever.
 */
static void begin_step(struct metalearn *x)
{
	x->stepping = pthread_create(&x->step, NULL, meta_step, x) == 0;
	if (!x->stepping)
		(void)meta_step(x);
}

static int end_step(struct metalearn *x, struct mc_err *e)
{
	if (!x->traj.last)
		return 0;
	if (x->stepping)
		(void)pthread_join(x->step, NULL);
	x->stepping = 0;
	x->traj.last = 0;
	if (!x->step_failed)
		return emit_metric(x, e);
	*e = x->step_error;
	return -1;
}

static int on_trajectory(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct metalearn *x = ctx;

	if (!x->begun)
		return mc_err_set(e, MC_DATA, "<stdin>", f->offset, NULL, "a trajectory before the first barrier");
	if (end_step(x, e) < 0 || mc_traj_unpack(f, &x->traj, e) < 0)
		return -1;
	x->started = 1;
	x->episode = x->traj.episode;
	if (x->traj.last) {
		begin_step(x);
		return 0;
	}
	if (mc_meta_trajectory(x->meta, &x->traj, &x->fig, e) < 0)
		return -1;
	x->iteration = x->traj.iteration + 1;
	if (emit_params(x, MC_NET_COMM, 0, e) < 0)
		return -1;
	return !x->h.meta_k && x->iteration % MC_METRIC_EVERY == 0 ? emit_metric(x, e) : 0;
}

static int on_barrier(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct metalearn *x = ctx;

	(void)f;
	if (end_step(x, e) < 0)
		return -1;
	return !x->begun && begin(x, e) < 0 ? -1 : emit_all(x, e);
}

static int on_end(void *ctx, struct mc_err *e)
{
	return end_step(ctx, e);
}

/* ---- the program ---- */

static int read_form(struct metalearn *x, const char *rule, const char *input, struct mc_err *e)
{
	x->form.edge = strcmp(rule, "edge") == 0;
	if (!x->form.edge && strcmp(rule, "joint") != 0)
		return mc_usage(e, "--rule", NULL, "unknown rule \"%s\": joint or edge", rule);
	if (mc_rule_input_parse(input, &x->form) < 0)
		return mc_usage(e, "--rule-input", NULL, "\"%s\" is neither paper nor a list of I, advantage, normal with commas",
		    input);
	if (x->form.edge && x->form.decisions)
		return mc_usage(e, "--rule-input", "leave I out", "an edge rule sees I anyway");
	return 0;
}

/* --eta auto brings its rule's form and width; others, where they are asked for, are not that rule's. */
static int read_eta(struct metalearn *x, struct mc_err *e)
{
	const struct mc_rule_weights *w = &mc_rule_trained;
	static const struct mc_rule_form unsaid;

	x->shipped = x->eta && strcmp(x->eta, "auto") == 0;
	if (!x->shipped)
		return 0;
	if ((memcmp(&x->form, &unsaid, sizeof unsaid) != 0 && memcmp(&x->form, &w->form, sizeof w->form) != 0) ||
	    (x->R != RULE_HIDDEN && x->R != w->R))
		return mc_usage(e, "--eta", "leave --rule, --rule-input, --residual and --rule-hidden out",
		    "the rule of auto has its own form and width");
	x->form = w->form;
	x->R = w->R;
	return 0;
}

static int read_init(struct metalearn *x, const char *init, struct mc_err *e)
{
	x->opts.begin_return = strcmp(init, "reinforce") == 0;
	if (!x->opts.begin_return && strcmp(init, "random") != 0)
		return mc_usage(e, "--rule-init", NULL, "unknown beginning \"%s\": random or reinforce", init);
	return 0;
}

/* --warmup-comm 4000, or 40%. */
static int read_warmup(struct metalearn *x, const char *text, struct mc_err *e)
{
	char *end;
	const double value = strtod(text, &end);
	const int share = *end == '%';

	if (end == text || end[share] || !(value >= 0 && value <= (share ? 100 : 1e15)) ||
	    (!share && value != floor(value)))
		return mc_usage(e, "--warmup-comm", "4000, or 40%", "\"%s\" is neither a number of episodes nor a share of the run",
		    text);
	x->warmup_share = share ? value / 100 : 0;
	x->opts.warmup = share ? 0 : (int64_t)value;
	return 0;
}

/* --rule-init reinforce: only where it means something, and once. */
static int check_init(const struct metalearn *x, struct mc_err *e)
{
	const struct mc_rule_form *f = &x->form;

	if (!x->opts.begin_return)
		return 0;
	if (x->eta)
		return mc_usage(e, "--rule-init", NULL, "with --eta the rule begins as that run's");
	if (!f->normal)
		return mc_usage(e, "--rule-init", "give --rule-input normal as well",
		    "the return less its mean is computed from rewards less theirs");
	if (mc_rule_needs_advantage(f))
		return mc_usage(e, "--rule-init", "give --scale-rule 0",
		    "a rule that is given REINFORCE's advantage need not begin as the return");
	if (x->R < 2)
		return mc_usage(e, "--rule-hidden", NULL, "a rule that begins as the return has at least 2 hidden units");
	return 0;
}

static int check_options(struct metalearn *x, const char *method, struct mc_err *e)
{
	struct mc_meta_opts *o = &x->opts;

	if (strcmp(method, "meta") == 0)
		o->method = MC_METHOD_META;
	else if (strcmp(method, "reinforce") == 0)
		o->method = MC_METHOD_REINFORCE;
	else if (strcmp(method, "stgs") == 0)
		return mc_usage(e, "-m", "mc-rollout ... | mc-critic -m stgs", "stgs is mc-critic's: leave mc-metalearn out");
	else if (strcmp(method, "none") == 0 || strcmp(method, "full") == 0)
		return mc_usage(e, "-m", NULL, "nothing is learned under %s: leave mc-metalearn out and give mc-rollout --comm %s",
		    method, method);
	else
		return mc_usage(e, "-m", NULL, "unknown method \"%s\": meta or reinforce", method);
	const char *only_meta = o->freeze ? "--freeze" : x->eta ? "--eta" : o->last_only ? "--last-only" :
	    o->batch > 1 ? "--meta-batch" : o->begin_return ? "--rule-init" :
	    x->form.edge ? "--rule" : x->form.residual ? "--residual" :
	    x->form.decisions || x->form.advantage || x->form.normal ? "--rule-input" : NULL;

	if (!is_meta(x) && only_meta)
		return mc_usage(e, only_meta, "give -m meta", "reinforce has no learned rule");
	if (check_init(x, e) < 0)
		return -1;
	if (o->freeze && (o->last_only || o->batch > 1))
		return mc_usage(e, o->last_only ? "--last-only" : "--meta-batch", NULL, "a frozen rule is not learned");
	return 0;
}

/* Was any option of learning given another value than its default? */
static int learning_asked(const struct metalearn *x)
{
	const struct mc_meta_opts *o = &x->opts;
	struct mc_meta_opts d;

	mc_meta_defaults(&d);
	return x->eta || o->method != d.method || o->K != d.K || o->batch != d.batch || o->freeze || o->last_only || o->begin_return || o->n != d.n ||
	    o->lr_comm != d.lr_comm || o->rho != d.rho || o->eps != d.eps || o->scale_comm != d.scale_comm ||
	    o->lr_baseline != d.lr_baseline || o->b1 != d.b1 || o->b2 != d.b2 || o->adam_eps != d.adam_eps ||
	    x->R != RULE_HIDDEN || o->warmup != d.warmup || x->warmup_share > 0 || o->eps_rule != d.eps_rule || x->form.edge ||
	    x->form.decisions || x->form.advantage || x->form.normal || x->form.residual || o->lr_rule != d.lr_rule || o->clip_rule != d.clip_rule || o->beta != d.beta ||
	    o->scale_rule != d.scale_rule;
}

static int check_analysis(const struct metalearn *x, const struct mc_analyse_opts *a, struct mc_err *e)
{
	if (a->initial && !a->ckpt)
		return mc_usage(e, "--initial", "give --analyse CKPT as well", "there is no analysis to add it to");
	if (a->ckpt && learning_asked(x))
		return mc_usage(e, "--analyse", "leave the learning options out", "with it nothing is learned");
	return 0;
}

/* *streaming is set once the stream is this program's to end, with an error if need be. */
static int program(int argc, char **argv, int *streaming, struct mc_err *e)
{
	struct metalearn x = { 0 };
	struct mc_meta_opts *o = &x.opts;
	struct mc_analyse_opts analysis = { 0 };
	const char *method = "meta", *rule = "joint", *input = "paper", *warmup = "0", *init = "random";
	long K, n, batch, R = RULE_HIDDEN, max_frame = (long)MC_FRAME_MAX;

	mc_meta_defaults(o);
	K = o->K, n = o->n, batch = o->batch;
	const struct mc_opt table[] = {
		{ MC_OPT_STR, 'm', "method", "meta|reinforce", &method, 0, 0, "the learned rule, eq. 5-9, or REINFORCE, eq. 4" },
		{ MC_OPT_INT, 'K', NULL, "K", &K, 1, 10000, "updates of the communication nets for each update of the rule" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Communication nets" },
		{ MC_OPT_REAL, 0, "lr-comm", "X", &o->lr_comm, 0, 1e3, "RMSprop's learning rate" },
		{ MC_OPT_STR, 0, "warmup-comm", "EPISODES", &warmup, 0, 0, "keep them, and the rule, unchanged for this many episodes, or PERCENT% of the run" },
		{ MC_OPT_REAL, 0, "rho", "X", &o->rho, 0, 0.999999999, "RMSprop's decay, here and for the rule" },
		{ MC_OPT_REAL, 0, "eps", "X", &o->eps, 1e-30, 1, "RMSprop's epsilon, inside the root" },
		{ MC_OPT_REAL, 0, "scale-comm", "X", &o->scale_comm, 0, 1e3, "factor on their initial last kernels" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Baseline" },
		{ MC_OPT_INT, 0, "n-step", "N", &n, 1, 1 << 20, "steps of the return that the baseline is fitted to" },
		{ MC_OPT_REAL, 0, "lr-baseline", "X", &o->lr_baseline, 0, 1e3, "Adam's learning rate" },
		{ MC_OPT_REAL, 0, "b1", "X", &o->b1, 0, 0.999999, "Adam's beta_1" },
		{ MC_OPT_REAL, 0, "b2", "X", &o->b2, 0, 0.999999999, "Adam's beta_2" },
		{ MC_OPT_REAL, 0, "adam-eps", "X", &o->adam_eps, 1e-30, 1, "Adam's epsilon, outside the root" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "The rule" },
		{ MC_OPT_STR, 0, "rule", "joint|edge", &rule, 0, 0, "joint: one rule for all pairs at once, as in the paper; edge: one rule for single pairs, shared by all" },
		{ MC_OPT_STR, 0, "rule-input", "LIST", &input, 0, 0, "what it reads in addition to the paper's inputs: I, advantage, normal, with commas" },
		{ MC_OPT_FLAG, 0, "residual", NULL, &x.form.residual, 0, 0, "add its output to REINFORCE's advantage" },
		{ MC_OPT_STR, 0, "rule-init", "random|reinforce", &init, 0, 0, "how it begins: a random net (see --scale-rule), or the return-to-go less its mean" },
		{ MC_OPT_INT, 0, "rule-hidden", "R", &R, 1, 4096, "hidden width" },
		{ MC_OPT_REAL, 0, "lr-rule", "X", &o->lr_rule, 0, 1e3, "RMSprop's learning rate" },
		{ MC_OPT_REAL, 0, "eps-rule", "X", &o->eps_rule, 1e-30, 1, "RMSprop's epsilon, inside the root" },
		{ MC_OPT_REAL, 0, "clip-rule", "X", &o->clip_rule, 0, 1e30, "bound on the norm of the meta-gradient; 0 = none" },
		{ MC_OPT_REAL, 0, "beta", "X", &o->beta, 0, 1e3, "entropy coefficient" },
		{ MC_OPT_REAL, 0, "scale-rule", "X", &o->scale_rule, 0, 1e3, "factor on its initial last kernel; 0 begins with \"no update\"" },
		{ MC_OPT_FLAG, 0, "last-only", NULL, &o->last_only, 0, 0, "no intermediate meta-gradients: the objective is that of the last update alone" },
		{ MC_OPT_INT, 0, "meta-batch", "M", &batch, 1, 1024, "trajectories for each term of the objective: the one sampled for it, and the last M - 1 before" },
		{ MC_OPT_STR, 0, "eta", "CKPT", &x.eta, 0, 0, "begin with this run's rule; auto: with one that comes with the programs, and its form" },
		{ MC_OPT_FLAG, 0, "freeze", NULL, &o->freeze, 0, 0, "do not learn the rule" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Analysis, without a ring" },
		{ MC_OPT_STR, 0, "analyse", "CKPT", &analysis.ckpt, 0, 0, "learn nothing: add to every trajectory the advantages that this run's rule and baseline give it" },
		{ MC_OPT_STR, 0, "initial", "CKPT", &analysis.initial, 0, 0, "and those of this checkpoint's rule, such as the one that the run began with" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Other options" },
		{ MC_OPT_INT, 0, "max-frame", "BYTES", &max_frame, 65536, 1e15, "largest frame that is accepted" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { self, "[-m meta|reinforce] [option ...] < trajectories > trajectories and parameters\n"
		"       mc-metalearn --analyse CKPT [--initial CKPT] < trajectories > trajectories and advantages",
		"Learns whom to talk to: the communication nets by a rule that is itself learned with exact "
		"meta-gradients, or by REINFORCE, from trajectories that come through a ring.", table };
	int first;
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? 0 : -1;
	if (first < argc)
		return mc_usage(e, argv[first], "see mc-metalearn --help", "mc-metalearn takes no operand");
	o->K = (int)K, o->n = (int)n, o->batch = (int)batch, x.R = (size_t)R;
	if (read_warmup(&x, warmup, e) < 0 || read_form(&x, rule, input, e) < 0 || read_init(&x, init, e) < 0 || read_eta(&x, e) < 0 || check_options(&x, method, e) < 0 || check_analysis(&x, &analysis, e) < 0 || mc_ring_refuse_terminal(e) < 0 ||
	    (!analysis.ckpt && mc_filter_refuse_terminal(e) < 0) || mc_blas_init(e) < 0)
		return -1;
	if (analysis.ckpt) {
		analysis.max_frame = (size_t)max_frame;
		analysis.argc = argc;
		analysis.argv = argv;
		return mc_analyse(&analysis, streaming, e);
	}
	x.use = (struct mc_file_use){ "--eta", x.shipped ? NULL : x.eta, 0 };
	x.filter = (struct mc_filter){ .name = self, .argc = argc, .argv = argv, .threads = 1,
		.max_frame = (size_t)max_frame, .files = &x.use, .nfiles = 1, .ctx = &x, .header = on_header, .trajectory = on_trajectory,
		.params = on_params, .state = on_state, .barrier = on_barrier, .end = on_end };
	*streaming = 1;
	const int r = mc_filter_run(&x.filter, e);

	if (x.stepping)
		(void)pthread_join(x.step, NULL);
	mc_arena_free(&x.arena);
	return r;
}

static int body(int argc, char **argv, struct mc_err *e)
{
	return mc_ring_program(self, argc, argv, program, e);
}

int main(int argc, char **argv)
{
	return tool_main("mc-metalearn", body, argc, argv);
}
