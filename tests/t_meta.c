/*
 * The learner as mc-metalearn drives it: what a meta-step is made of and in which order, the
 * methods, state that continues to the same bytes, order, divergence, memory.
 */
#include <malloc.h>

#include "mc_baseline.h"
#include "mc_meta.h"
#include "mc_optim.h"
#include "mc_reinforce.h"
#include "mc_sweep.h"
#include "tiny.h"

enum { K = 3 };

static struct mc_meta_opts options(enum mc_method method)
{
	struct mc_meta_opts o;

	mc_meta_defaults(&o);
	o.method = method;
	o.K = K;
	o.n = 2;
	return o;
}

static struct mc_meta *learner(const struct mc_meta_opts *o)
{
	struct mc_err e;
	struct mc_meta *x = mc_meta_new(&tiny, o, &tiny_arena, &e);

	if (!x)
		abort();
	mc_meta_init(x, 7);
	return x;
}

static struct mc_meta *learner_of(const struct mc_rule_form *form, const struct mc_meta_opts *o)
{
	struct mc_dims dims = tiny;
	struct mc_err e;

	dims.rule = *form;
	struct mc_meta *x = mc_meta_new(&dims, o, &tiny_arena, &e);

	if (!x)
		abort();
	mc_meta_init(x, 7);
	return x;
}

/* Trajectory number `episode` of a run with K updates a meta-iteration (K = 0: no last ones). */
static struct mc_traj numbered(int episode, int updates)
{
	struct mc_traj t = tiny_traj(&tiny, 1, 100 + (uint64_t)episode);

	t.episode = episode;
	t.iteration = updates ? episode / (updates + 1) * updates + episode % (updates + 1) : episode;
	t.last = updates && episode % (updates + 1) == updates;
	return t;
}

/* Trajectories from ... to-1 of such a run; 0, or -1 at the first failure. */
static int feed(struct mc_meta *x, int from, int to, int updates, struct mc_meta_metrics *fig,
    struct mc_err *e)
{
	for (int k = from; k < to; k++) {
		const struct mc_traj t = numbered(k, updates);

		if (mc_meta_trajectory(x, &t, fig, e) < 0)
			return -1;
	}
	return 0;
}

static int same(const struct mc_params *p, const mc_real *v)
{
	return memcmp(p->v, v, p->size * sizeof *v) == 0;
}

static struct mc_params copy_of(const struct mc_params *p)
{
	struct mc_params q = *p;

	q.v = tiny_zeros(p->size);
	memcpy(q.v, p->v, p->size * sizeof *q.v);
	return q;
}

/*
 * One meta-iteration against its lines done by hand, with the rule's gradient clipped to this norm.
 * A step of RMSProp is the same for a gradient of any size, but for its epsilon.
 */
static void meta_iteration(double clip, double eps)
{
	struct mc_meta_opts o = options(MC_METHOD_META);

	o.clip_rule = clip;
	o.eps_rule = eps;
	const struct mc_sweep_opts so = { .K = K, .gamma = o.gamma, .beta = o.beta, .alpha = o.lr_comm,
		.rho = o.rho, .eps = o.eps };
	struct mc_meta *x = learner(&o);
	struct mc_params theta = copy_of(mc_meta_params(x, MC_NET_COMM));
	struct mc_params phi = copy_of(mc_meta_params(x, MC_NET_BASELINE));
	struct mc_params eta = copy_of(mc_meta_params(x, MC_NET_RULE));
	mc_real *nu = tiny_zeros(theta.size), *nu_eta = tiny_zeros(eta.size), *grad = tiny_zeros(eta.size);
	mc_real *grad_phi = tiny_zeros(phi.size), *advantage = tiny_zeros(K * tiny.T);
	struct mc_adam adam = { o.lr_baseline, o.b1, o.b2, o.adam_eps, tiny_zeros(phi.size),
		tiny_zeros(phi.size), 0 };
	struct mc_meta_metrics fig;
	struct mc_sweep s;
	struct mc_baseline b;
	struct mc_traj tau[K + 1];
	struct mc_err e;
	double loss = 0;

	if (mc_sweep_init(&s, &tiny, &so, &tiny_arena, &e) < 0 ||
	    mc_baseline_init(&b, &tiny, &tiny_arena, &e) < 0)
		abort();
	for (int k = 0; k <= K; k++)
		tau[k] = numbered(k, K);
	for (int k = 0; k < K; k++)
		mc_sweep_update(&s, &tau[k], NULL, &theta, nu, &eta);
	mc_sweep_last(&s, &tau[K]);
	for (int k = 1; k <= K; k++) {
		mc_baseline_advantage(&b, &phi, tau[k].o, tau[k].r, o.gamma, o.n);
		memcpy(advantage + (size_t)(k - 1) * tiny.T, b.advantage, tiny.T * sizeof *advantage);
	}
	double J = mc_sweep_start(&s, &theta, advantage);

	for (int k = K; k >= 1; k--)
		J += mc_sweep_step(&s, k, &eta, advantage, grad);
	for (int k = 1; k <= K; k++) {
		mc_baseline_advantage(&b, &phi, tau[k].o, tau[k].r, o.gamma, o.n);
		loss = mc_baseline_gradient(&b, &phi, tau[k].o, grad_phi);
		mc_adam_step(&adam, phi.v, grad_phi, phi.size, 0);
	}
	const double norm = mc_clip_norm(grad, eta.size, o.clip_rule);

	mc_rmsprop_step(eta.v, nu_eta, grad, eta.size, o.lr_rule, o.rho, o.eps_rule);
	ok(clip > 0.1 || norm > 2 * clip, "the gradient's norm of %g is clipped to %g", norm, clip);

	ok(feed(x, 0, K, K, &fig, &e) == 0, "K updates");
	ok(same(mc_meta_params(x, MC_NET_COMM), theta.v), "theta_c(K) is what K updates make");
	ok(!same(mc_meta_params(x, MC_NET_BASELINE), phi.v) && isnan(fig.J), "phi and J wait for tau(K)");
	ok(isfinite(fig.g_norm) && fig.advantage_norm > 0 && fig.c_mean > 0 && fig.c_mean < 1 &&
	    fig.entropy > 0 && fig.saturated == 0, "an update has its metrics");
	ok(feed(x, K, K + 1, K, &fig, &e) == 0, "the meta-step");
	ok(same(mc_meta_params(x, MC_NET_COMM), theta.v), "leaves theta_c(K)");
	ok(same(mc_meta_params(x, MC_NET_BASELINE), phi.v), "takes line 12's steps of phi in order");
	ok(same(mc_meta_params(x, MC_NET_RULE), eta.v), "takes line 13 with the advantages of the old phi");
	is_near(fig.J, J, 0, "J");
	is_near(fig.meta_norm, norm, 0, "norm of its gradient");
	is_near(fig.baseline_loss, loss, 0, "loss of the baseline on tau(K)");
	ok(feed(x, K + 1, 3 * (K + 1), K, &fig, &e) == 0, "two more meta-iterations");
	ok(!same(mc_meta_params(x, MC_NET_COMM), theta.v), "move theta_c on");
}

/* REINFORCE: theta_c by the phi that was found, then phi. */
static void reinforce(void)
{
	const struct mc_meta_opts o = options(MC_METHOD_REINFORCE);
	struct mc_meta *x = learner(&o);
	struct mc_params theta = copy_of(mc_meta_params(x, MC_NET_COMM));
	struct mc_params phi = copy_of(mc_meta_params(x, MC_NET_BASELINE));
	const size_t pairs = tiny.N * tiny.d;
	mc_real *nu = tiny_zeros(theta.size), *dz = tiny_zeros(tiny.T * pairs), *adv = tiny_zeros(tiny.T);
	mc_real *grad_phi = tiny_zeros(phi.size);
	struct mc_adam adam = { o.lr_baseline, o.b1, o.b2, o.adam_eps, tiny_zeros(phi.size),
		tiny_zeros(phi.size), 0 };
	struct mc_meta_metrics fig;
	struct mc_comm c;
	struct mc_baseline b;
	struct mc_err e;

	if (mc_comm_init(&c, &tiny, &tiny_arena, &e) < 0 || mc_baseline_init(&b, &tiny, &tiny_arena, &e) < 0)
		abort();
	for (int k = 0; k < 2; k++) {
		const struct mc_traj t = numbered(k, 0);
		mc_real *g = tiny_zeros(theta.size);

		mc_reinforce_advantage(&tiny, &phi, &t, o.gamma, o.n, adv, &tiny_arena, &e);
		mc_comm_forward(&c, &theta, t.o);
		mc_comm_score_team(dz, c.c, t.I, t.m, adv, tiny.T, pairs);
		mc_comm_backward(&c, &theta, t.o, dz, g);
		mc_rmsprop_step(theta.v, nu, g, theta.size, o.lr_comm, o.rho, o.eps);
		mc_baseline_advantage(&b, &phi, t.o, t.r, o.gamma, o.n);
		mc_baseline_gradient(&b, &phi, t.o, grad_phi);
		mc_adam_step(&adam, phi.v, grad_phi, phi.size, 0);
	}
	ok(feed(x, 0, 2, 0, &fig, &e) == 0, "reinforce: two trajectories");
	ok(same(mc_meta_params(x, MC_NET_COMM), theta.v), "reinforce: theta_c");
	ok(same(mc_meta_params(x, MC_NET_BASELINE), phi.v), "reinforce: phi");
	ok(!mc_meta_params(x, MC_NET_RULE), "reinforce has no rule");
	ok(isnan(fig.J) && isnan(fig.meta_norm) && fig.baseline_loss > 0, "reinforce: metrics");
	ok(feed(x, 2, 30, 0, &fig, &e) == 0, "reinforce goes on beyond K");
}

/* ---- metrics, by hand ---- */

/*
 * Nets whose kernels are zero give their last biases, so that all can be worked out: agent 0's
 * c is 1/2, agent 1's sigmoid(6) = 0.9975; V = 2 everywhere; A_hat is 3 for agent 0, -1 for agent 1.
 */
static void set_biases(struct mc_meta *x)
{
	struct mc_params *comm = mc_meta_params(x, MC_NET_COMM), *phi = mc_meta_params(x, MC_NET_BASELINE);
	struct mc_params *eta = mc_meta_params(x, MC_NET_RULE);

	memset(comm->v, 0, comm->size * sizeof *comm->v);
	*mc_params_at(comm, "dense_2", "bias", 1) = 6;
	memset(phi->v, 0, phi->size * sizeof *phi->v);
	*mc_params_at(phi, "dense_2", "bias", 0) = 2;
	if (eta) {
		memset(eta->v, 0, eta->size * sizeof *eta->v);
		mc_params_at(eta, "dense_1", "bias", 0)[0] = 3;
		mc_params_at(eta, "dense_1", "bias", 0)[1] = -1;
	}
}

/* Three steps; agent 0 asks at the first of two at which it can, agent 1 at two of three. */
static struct mc_traj by_hand(void)
{
	static const uint8_t m[] = { 1, 1, 0, 1, 1, 1, 1, 1 }, I[] = { 1, 1, 0, 0, 0, 1 };
	struct mc_traj t = numbered(0, K);

	memcpy(t.m, m, sizeof m);
	memcpy(t.I, I, sizeof I);
	t.r[0] = 1;
	t.r[1] = 5;
	t.r[2] = -2;
	return t;
}

static void check_decisions(const struct mc_meta *x, const struct mc_meta_metrics *fig, const char *method)
{
	const double c = 1 / (1 + exp(-6.)), H = -c * log(c) - (1 - c) * log(1 - c);
	const struct mc_meta_pairs *p = mc_meta_pairs(x);
	const mc_real *c_pair = p->c, *asked = p->asked;

	is_near(fig->c_mean, (2 * 0.5 + 3 * c) / 5, 1e-6, method);
	is_near(fig->entropy, (2 * log(2) + 3 * H) / 5, 1e-6, "entropy, in nats");
	is_near(fig->saturated, 3 / 5., 1e-12, "saturated share");
	is_near((double)c_pair[0], 0.5, 1e-6, "c of the first pair");
	is_near((double)c_pair[1], c, 1e-6, "c of the second");
	is_near((double)asked[0], 1 / 2., 1e-6, "share of its edges that the first asked for");
	is_near((double)asked[1], 2 / 3., 1e-6, "and the second");
}

static void metrics_by_hand(void)
{
	struct mc_meta_opts o = options(MC_METHOD_REINFORCE);
	const struct mc_traj t = by_hand();
	const double c = 1 / (1 + exp(-6.));
	struct mc_meta_metrics fig;
	struct mc_err e;

	o.gamma = 0.5;
	o.n = 1;

	/* G_t = r_t + 1: advantages 0, 4, -3. g of the biases: (I - c) advantage, summed */
	struct mc_meta *x = learner(&o);

	set_biases(x);
	ok(mc_meta_trajectory(x, &t, &fig, &e) == 0, "metrics by hand: reinforce");
	check_decisions(x, &fig, "mean c over the decisions there were, reinforce");
	is_near(fig.advantage_norm, sqrt(25 / 3.), 1e-6, "rms of G - V");
	is_near(fig.baseline_loss, 25 / 6., 1e-6, "loss of the baseline");
	is_near(fig.g_norm, hypot(-0.5 * -3, -c * 4 + (1 - c) * -3), 1e-5, "|g| of eq. 4");

	/* A_hat 3 at agent 0's two live decisions, -1 at agent 1's three */
	o.method = MC_METHOD_META;
	x = learner(&o);
	set_biases(x);
	ok(mc_meta_trajectory(x, &t, &fig, &e) == 0, "metrics by hand: meta");
	check_decisions(x, &fig, "mean c over the decisions there were, meta");
	is_near(fig.advantage_norm, sqrt((2 * 9 + 3) / 5.), 1e-6, "rms of A_hat over live pairs");
	is_near(fig.g_norm, hypot((0.5 - 0.5) * 3, -(2 * (1 - c) - c)), 1e-5, "|g| of eq. 5");
}

static void fixed_rule(void)
{
	struct mc_meta_opts o = options(MC_METHOD_META), learning = o;

	o.freeze = 1;
	struct mc_meta *x = learner(&o), *y = learner(&learning);
	const struct mc_params eta = copy_of(mc_meta_params(x, MC_NET_RULE));
	struct mc_meta_metrics fig;
	struct mc_err e;

	ok(!mc_meta_params(x, MC_NET_BASELINE), "a fixed rule needs no baseline");
	ok(feed(x, 0, K, 0, &fig, &e) == 0 && feed(y, 0, K, K, NULL, &e) == 0, "a fixed rule, K updates");
	ok(same(mc_meta_params(x, MC_NET_COMM), mc_meta_params(y, MC_NET_COMM)->v),
	    "are those of the rule that learns");
	ok(feed(x, K, 5 * K, 0, &fig, &e) == 0, "and it goes on with every trajectory");
	ok(same(mc_meta_params(x, MC_NET_RULE), eta.v), "the rule stays");
	ok(isnan(fig.J) && isnan(fig.baseline_loss) && fig.g_norm > 0, "metrics of a fixed rule");
	is_int(mc_meta_trajectory(x, &(struct mc_traj){ .dims = tiny.env, .last = 1, .iteration = 5 * K },
	    NULL, &e), -1, "a last trajectory is refused");
}

/* ---- state ---- */

/* The net's values and the state, through frames, from one learner into another. */
static void hand_over(struct mc_meta *from, struct mc_meta *to)
{
	static const enum mc_net nets[] = { MC_NET_COMM, MC_NET_BASELINE, MC_NET_RULE };
	struct mc_err e = { 0 };
	struct mc_fb *b = mc_fb_new(&e);
	struct mc_frame f;
	struct mc_map state;

	mc_fb_begin(b, "header");
	for (int i = 0; i < 3; i++)
		if (mc_meta_params(from, nets[i]))
			mc_params_pack(b, mc_net_name(nets[i]), mc_meta_params(from, nets[i]),
			    mc_meta_params(from, nets[i])->v);
	mc_fb_map(b, "state");
	mc_meta_state_pack(b, from);
	mc_fb_close(b);
	struct mc_in *in = tiny_read_back(b, &f, &e);

	if (!ok(in != NULL, "state in a frame"))
		abort();
	int good = mc_map_map(&f.map, "state", &state, &e) == 0 && mc_meta_state_unpack(&state, to, &e) == 0;

	for (int i = 0; i < 3; i++)
		if (mc_meta_params(to, nets[i]))
			good = good && mc_params_unpack(&f.map, mc_net_name(nets[i]),
			    mc_meta_params(to, nets[i]), mc_meta_params(to, nets[i])->v, &e) == 0;
	if (!ok(good, "and out of it"))
		diag("%s", e.what);
	mc_in_close(in);
	mc_fb_free(b);
}

/* A run that stops between meta-iterations and one that does not end with the same bytes. */
static void continues_with(const struct mc_meta_opts *opts, const struct mc_rule_form *form, const char *name)
{
	const struct mc_meta_opts o = *opts;
	const int updates = o.method == MC_METHOD_META && !o.freeze ? K : 0;
	struct mc_err e;

	struct mc_meta *whole = learner_of(form, &o), *first = learner_of(form, &o), *second = learner_of(form, &o);
	struct mc_meta_metrics a, b;

	mc_meta_init(second, 99);
	feed(whole, 0, 4 * (K + 1), updates, &a, &e);
	feed(first, 0, 2 * (K + 1), updates, NULL, &e);
	hand_over(first, second);
	feed(second, 2 * (K + 1), 4 * (K + 1), updates, &b, &e);
	for (enum mc_net net = MC_NET_COMM; net <= MC_NET_RULE; net++)
		if (mc_meta_params(whole, net))
			ok(same(mc_meta_params(whole, net), mc_meta_params(second, net)->v),
			    "%s continues to the same bytes: %s", name, mc_net_name(net));
	ok(memcmp(&a, &b, sizeof a) == 0, "%s continues to the same metrics", name);
}

static void continues_as(enum mc_method method, int freeze, const struct mc_rule_form *form, int64_t warmup,
    const char *name)
{
	struct mc_meta_opts o = options(method);

	o.freeze = freeze;
	o.warmup = warmup;
	continues_with(&o, form, name);
}

static void continues(enum mc_method method, int freeze, const char *name)
{
	continues_as(method, freeze, &(struct mc_rule_form){ 0 }, 0, name);
}

/* ---- what goes beyond the paper ---- */

/* J over trajectories of before: after the wait of one meta-iteration, too, and more than one iteration has. */
static void past_continues(int batch, int64_t warmup, const char *name)
{
	struct mc_meta_opts o = options(MC_METHOD_META);

	o.batch = batch;
	o.warmup = warmup;
	continues_with(&o, &(struct mc_rule_form){ 0 }, name);
}

/*
 * The second meta-iteration's J is over tau(K) and the two last trajectories of the first, whose decisions
 * were made by theta(K-1) and theta(K), with the advantages of the phi that the iteration starts with.
 */
static void past_of(int64_t warmup, const char *name)
{
	struct mc_meta_opts o = options(MC_METHOD_META);

	o.batch = 3;
	o.last_only = 1;
	o.warmup = warmup;
	const struct mc_sweep_opts so = { .K = K, .last_only = 1, .gamma = o.gamma, .beta = o.beta };
	const struct mc_traj last = numbered(2 * K + 1, K);
	const size_t T = tiny.T;
	struct mc_meta *x = learner(&o);
	mc_real *log_c = tiny_zeros(T), *before = tiny_zeros(2 * T), *advantage = tiny_zeros(K * T);
	struct mc_meta_metrics fig;
	struct mc_past past;
	struct mc_sweep s;
	struct mc_err e;

	if (mc_past_init(&past, &tiny, 2, &tiny_arena, &e) < 0 || mc_sweep_init(&s, &tiny, &so, &tiny_arena, &e) < 0)
		abort();
	for (int k = 0; k <= K; k++) {
		const struct mc_traj t = numbered(k, K);

		mc_comm_forward(&s.comm, mc_meta_params(x, MC_NET_COMM), t.o);
		mc_past_log_c(log_c, s.comm.z, t.I, t.m, T, tiny.N * tiny.d);
		mc_past_add(&past, &t, log_c);
		feed(x, k, k + 1, K, &fig, &e);
	}
	const struct mc_params phi = copy_of(mc_meta_params(x, MC_NET_BASELINE));

	for (int i = 0; i < 2; i++) {
		const struct mc_traj t = numbered(K - 1 + i, K);

		mc_reinforce_advantage(&tiny, &phi, &t, o.gamma, o.n, before + (size_t)i * T, &tiny_arena, &e);
	}
	mc_reinforce_advantage(&tiny, &phi, &last, o.gamma, o.n, advantage + (K - 1) * T, &tiny_arena, &e);
	feed(x, K + 1, 2 * K + 1, K, &fig, &e);
	for (int k = 0; k < K; k++)
		mc_sweep_hold(&s, &last, mc_meta_params(x, MC_NET_COMM));
	mc_sweep_last(&s, &last);
	mc_sweep_recall(&s, &past, before);
	const double J = mc_sweep_start(&s, mc_meta_params(x, MC_NET_COMM), advantage);

	feed(x, 2 * K + 1, 2 * K + 2, K, &fig, &e);
	is_near(fig.J, J, 1e-9, name);
}

static void moments(void)
{
	static const mc_real r[] = { 1, 2, 3, 6 };
	struct mc_moments m = { 0 };

	mc_moments_add(&m, r, 3);
	mc_moments_add(&m, r + 3, 1);
	is_near(m.mean, 3, 1e-12, "running mean of the rewards");
	is_near(mc_moments_scale(&m), 1 / sqrt(14 / 4. + 1e-8), 1e-12, "and one over their deviation");
}

/* Two updates by a rule that is told everything, against the tape fed by hand. */
static void told(void)
{
	static const struct mc_rule_form form = { .edge = 1, .advantage = 1, .normal = 1, .residual = 1 };
	const struct mc_meta_opts o = options(MC_METHOD_META);
	const struct mc_sweep_opts so = { .K = K, .gamma = o.gamma, .beta = o.beta, .alpha = o.lr_comm,
		.rho = o.rho, .eps = o.eps };
	struct mc_meta *x = learner_of(&form, &o);
	struct mc_dims dims = tiny;
	struct mc_params theta = copy_of(mc_meta_params(x, MC_NET_COMM));
	mc_real *nu = tiny_zeros(theta.size), *advantage = tiny_zeros(tiny.T);
	struct mc_moments m = { 0 };
	struct mc_sweep s;
	struct mc_err e;

	dims.rule = form;
	if (mc_sweep_init(&s, &dims, &so, &tiny_arena, &e) < 0)
		abort();
	for (int k = 0; k < 2; k++) {
		const struct mc_traj t = numbered(k, K);

		mc_reinforce_advantage(&tiny, mc_meta_params(x, MC_NET_BASELINE), &t, o.gamma, o.n, advantage,
		    &tiny_arena, &e);
		mc_moments_add(&m, t.r, tiny.T);
		const struct mc_sweep_told by = { m.mean, mc_moments_scale(&m), advantage };

		mc_sweep_update(&s, &t, &by, &theta, nu, mc_meta_params(x, MC_NET_RULE));
	}
	ok(feed(x, 0, 2, K, NULL, &e) == 0 && same(mc_meta_params(x, MC_NET_COMM), theta.v),
	    "a rule is told the rewards' moments and the advantages under phi");
}

/* A residual rule that says 0 is REINFORCE, in the updates of theta_c; phi learns though the rule is fixed. */
static void silent_residual(void)
{
	static const struct mc_rule_form form = { .residual = 1 };
	struct mc_meta_opts o = options(MC_METHOD_META), plain = options(MC_METHOD_REINFORCE);
	struct mc_err e;
	double off = 0;

	o.freeze = 1;
	o.scale_rule = 0;
	struct mc_meta *x = learner_of(&form, &o), *y = learner(&plain);

	ok(feed(x, 0, 4, 0, NULL, &e) == 0 && feed(y, 0, 4, 0, NULL, &e) == 0, "a silent residual rule");
	for (size_t i = 0; i < mc_meta_params(x, MC_NET_COMM)->size; i++)
		off = fmax(off, fabs((double)(mc_meta_params(x, MC_NET_COMM)->v[i] - mc_meta_params(y, MC_NET_COMM)->v[i])));
	is_near(off, 0, 1e-6, "moves theta_c as REINFORCE does");
	ok(same(mc_meta_params(x, MC_NET_BASELINE), mc_meta_params(y, MC_NET_BASELINE)->v), "and phi");
}

/* The first two meta-iterations, of K + 1 episodes each, hold theta_c and eta; reinforce counts episodes. */
static void warmup(void)
{
	struct mc_meta_opts o = options(MC_METHOD_META);
	struct mc_meta_metrics fig;
	struct mc_err e;

	o.warmup = K + 2;
	struct mc_meta *x = learner(&o);
	const struct mc_params theta = copy_of(mc_meta_params(x, MC_NET_COMM));
	const struct mc_params eta = copy_of(mc_meta_params(x, MC_NET_RULE)), phi = copy_of(mc_meta_params(x, MC_NET_BASELINE));

	ok(feed(x, 0, 2 * (K + 1), K, &fig, &e) == 0, "two meta-iterations that begin before the end of the wait");
	ok(same(mc_meta_params(x, MC_NET_COMM), theta.v) && same(mc_meta_params(x, MC_NET_RULE), eta.v), "move nothing");
	ok(!same(mc_meta_params(x, MC_NET_BASELINE), phi.v), "but phi");
	ok(isnan(fig.J) && isnan(fig.g_norm) && fig.c_mean > 0, "and tell of c alone");
	ok(feed(x, 2 * (K + 1), 3 * (K + 1), K, &fig, &e) == 0 && isfinite(fig.J), "the third");
	ok(!same(mc_meta_params(x, MC_NET_COMM), theta.v) && !same(mc_meta_params(x, MC_NET_RULE), eta.v), "moves both");

	o = options(MC_METHOD_REINFORCE);
	o.warmup = 2;
	x = learner(&o);
	feed(x, 0, 2, 0, &fig, &e);
	ok(same(mc_meta_params(x, MC_NET_COMM), theta.v) && !same(mc_meta_params(x, MC_NET_BASELINE), phi.v) &&
	    isnan(fig.logit_step), "reinforce waits, too");
	feed(x, 2, 3, 0, &fig, &e);
	ok(!same(mc_meta_params(x, MC_NET_COMM), theta.v) && fig.logit_step > 0, "and begins at its time");
}

/* eps_rule is eta's alone. */
static void two_epsilons(void)
{
	struct mc_meta_opts o = options(MC_METHOD_META), wide = o;
	struct mc_err e;

	wide.eps_rule = 1;
	struct mc_meta *x = learner(&o), *y = learner(&wide);

	feed(x, 0, K + 1, K, NULL, &e);
	feed(y, 0, K + 1, K, NULL, &e);
	ok(same(mc_meta_params(x, MC_NET_COMM), mc_meta_params(y, MC_NET_COMM)->v), "another epsilon of the rule: the same theta_c");
	ok(!same(mc_meta_params(x, MC_NET_RULE), mc_meta_params(y, MC_NET_RULE)->v), "and another eta");
}

static void foreign_state(void)
{
	const struct mc_meta_opts o = options(MC_METHOD_META);
	struct mc_err e = { 0 };
	struct mc_fb *b = mc_fb_new(&e);
	struct mc_frame f;

	mc_fb_begin(b, "header");
	mc_fb_int(b, "baseline_step", 3);
	struct mc_in *in = tiny_read_back(b, &f, &e);

	ok(in != NULL, "a frame without the state's entries");
	is_int(mc_meta_state_unpack(&f.map, learner(&o), &e), -1, "is refused");
	is_int(e.code, MC_DATA, "as bad data");
	mc_in_close(in);
	mc_fb_free(b);
}

/* ---- refusals ---- */

static void refused(struct mc_meta *x, const struct mc_traj *t, const char *name)
{
	const struct mc_params before = copy_of(mc_meta_params(x, MC_NET_COMM));
	struct mc_err e = { 0 };

	ok(mc_meta_trajectory(x, t, NULL, &e) < 0 && e.code == MC_DATA, "%s is refused", name);
	ok(same(&before, mc_meta_params(x, MC_NET_COMM)->v), "and changes nothing");
}

static void order(void)
{
	const struct mc_meta_opts o = options(MC_METHOD_META);
	struct mc_meta *x = learner(&o);
	struct mc_traj t;
	struct mc_err e;

	feed(x, 0, 1, K, NULL, &e);
	t = numbered(1, K);
	t.last = 1;
	refused(x, &t, "a last trajectory before K updates");
	t = numbered(2, K);
	refused(x, &t, "a trajectory that comes too early");
	t = numbered(0, K);
	refused(x, &t, "a trajectory that comes again");
	feed(x, 1, K, K, NULL, &e);
	t = numbered(K, K);
	t.last = 0;
	refused(x, &t, "trajectory K that is not last");
	t = numbered(K, K);
	t.dims.T++;
	refused(x, &t, "a trajectory of another length");
	ok(feed(x, K, 2 * K + 2, K, NULL, &e) == 0, "the right one is taken after all that");
}

static void divergence(void)
{
	struct mc_meta_opts o = options(MC_METHOD_META);
	struct mc_meta *x = learner(&o);
	struct mc_err e = { 0 };

	feed(x, 0, 1, K, NULL, &e);
	mc_meta_params(x, MC_NET_COMM)->v[0] = (mc_real)NAN;
	is_int(feed(x, 1, 2, K, NULL, &e), -1, "a theta_c that is not a number is refused");
	is_int(e.code, MC_DATA, "as bad data");
	is_str(e.place, "comm", "with the net");
	ok(strstr(e.what, "iteration 2") != NULL, "and the iteration: %s", e.what);

	mc_meta_init(x, 7);
	feed(x, 0, K, K, NULL, &e);
	mc_meta_params(x, MC_NET_BASELINE)->v[0] = (mc_real)INFINITY;
	is_int(feed(x, K, K + 1, K, NULL, &e), -1, "so is a phi");
	ok(strstr(e.what, "iteration 3") != NULL, "with its iteration: %s", e.what);

	mc_meta_init(x, 7);
	ok(feed(x, 0, K + 1, K, NULL, &e) == 0, "after mc_meta_init all is well again");
}

static void options_refused(void)
{
	struct mc_meta_opts o = options(MC_METHOD_STGS);
	struct mc_dims alone = tiny;
	struct mc_err e = { 0 };

	ok(!mc_meta_new(&tiny, &o, &tiny_arena, &e) && e.code == MC_USAGE, "method stgs is not learned here");
	o.method = MC_METHOD_META;
	o.K = 0;
	ok(!mc_meta_new(&tiny, &o, &tiny_arena, &e) && e.code == MC_USAGE, "K = 0 is refused");
	o.K = 1;
	alone.N = 1;
	alone.d = 0;
	ok(!mc_meta_new(&alone, &o, &tiny_arena, &e) && e.code == MC_USAGE, "one agent alone is refused");
}

/* ---- memory ---- */

static void memory(void)
{
	const struct mc_meta_opts o = options(MC_METHOD_META);
	struct mc_arena arena = { 0 };
	struct mc_err e;
	struct mc_meta *x = mc_meta_new(&tiny, &o, &arena, &e);
	struct mc_traj t[K + 1];

	mc_meta_init(x, 7);
	for (int k = 0; k <= K; k++)
		t[k] = numbered(k, K);
	const size_t total = arena.total;
	size_t heap = 0;

	for (int i = 0; i < 50; i++) {
		if (i == 10)
			heap = mallinfo2().uordblks;
		for (int k = 0; k <= K; k++) {
			t[k].iteration = i * K + k;
			if (mc_meta_trajectory(x, &t[k], NULL, &e) < 0)
				abort();
		}
	}
	ok(arena.total == total, "200 trajectories take nothing from the arena");
	ok(mallinfo2().uordblks == heap, "nor from the heap");

	const struct mc_params *comm = mc_meta_params(x, MC_NET_COMM), *rule = mc_meta_params(x, MC_NET_RULE);
	const size_t pairs = tiny.T * tiny.N * tiny.d, before = arena.chunk ? arena.total : 0;
	mc_real *A = tiny_zeros(pairs), *rows = tiny_zeros(tiny.T * (3 + tiny.N * tiny.d));
	const struct mc_arena_mark mark = mc_arena_mark(&arena);

	is_int(mc_meta_advantage(&tiny, comm, rule, &t[0], NULL, 0.95, A, rows, &arena, &e), 0, "A_hat for analysis");
	ok(rows[2] == (mc_real)0.95 && A[0] != 0, "with x");
	ok(mc_arena_mark(&arena).used == mark.used && arena.total > before, "gives its scratch back");
	mc_arena_free(&arena);
}

int main(void)
{
	tiny_start();
	meta_iteration(1, 1e-8);
	meta_iteration(1e-3, 1e-3);
	reinforce();
	metrics_by_hand();
	fixed_rule();
	if (!IN_DOUBLE) {  /* frames hold float32 */
		continues(MC_METHOD_META, 0, "meta");
		continues(MC_METHOD_META, 1, "a fixed rule");
		continues(MC_METHOD_REINFORCE, 0, "reinforce");
		continues_as(MC_METHOD_META, 0, &(struct mc_rule_form){ .edge = 1, .normal = 1, .residual = 1 }, 0,
		    "a residual edge rule");
		continues_as(MC_METHOD_META, 0, &(struct mc_rule_form){ .decisions = 1, .advantage = 1, .normal = 1 }, 3 * K,
		    "a rule that sees all, with a wait");
		continues_as(MC_METHOD_META, 1, &(struct mc_rule_form){ .normal = 1, .residual = 1 }, 0,
		    "a fixed residual rule");
		past_continues(2, 0, "J over two trajectories");
		past_continues(3 * K, K + 1, "J over more than an iteration has, with a wait");
	}
	past_of(0, "J of the second iteration: over the last two of the first as well");
	past_of(1, "and where the first one waited");
	moments();
	told();
	silent_residual();
	warmup();
	two_epsilons();
	foreign_state();
	order();
	divergence();
	options_refused();
	memory();
	return tiny_done();
}
