/*
 * The learner as a whole: same bytes for any number of threads and after a stop, shared nets,
 * one agent, targets, metrics, divergence.
 */
#include <stdlib.h>

#include "mc_blas.h"
#include "mc_learner_cpu.h"
#include "mc_optim.h"
#include "mc_rng.h"
#include "tap.h"

static const struct mc_dims three = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 16, .R = 16 };

/* A learner with what it needs, and the communication nets that it is given. */
struct rig {
	struct mc_arena arena;
	struct mc_pool *pool;
	struct mc_learner *l;
	struct mc_params comm;
	struct mc_learner_opts o;
};

static struct mc_learner_opts options(enum mc_decide decide)
{
	struct mc_learner_opts o;

	mc_learner_defaults(&o);
	o.decide = decide;
	o.seed = 5;
	o.B = 150;                    /* two blocks of rows, one of them not full */
	o.replay = 400;
	return o;
}

static struct rig rig_new(const struct mc_dims *x, struct mc_learner_opts o, int threads)
{
	struct rig r = { .o = o };
	struct mc_err e = { 0 };

	r.pool = mc_pool_new(threads, &e);
	r.l = mc_learner_cpu_new(x, &o, r.pool, &e);
	if (!r.l || mc_params_new(&r.comm, MC_NET_COMM, x, &r.arena, &e) < 0) {
		diag("%s", e.what);
		exit(1);
	}
	mc_learner_init(r.l);
	mc_params_init(&r.comm, 9, 3);
	if (o.decide == MC_LEARNED && !o.stgs)
		mc_learner_take_comm(r.l, r.comm.v, 0);
	return r;
}

static void rig_free(struct rig *r)
{
	mc_learner_free(r->l);
	mc_pool_free(r->pool);
	mc_arena_free(&r->arena);
}

/* Trajectory number k: random, about a third of the neighbours away. */
static void append(struct rig *r, const struct mc_dims *x, uint32_t k)
{
	struct mc_err e = { 0 };
	struct mc_traj t;
	const size_t pairs = (x->T + 1) * x->N * x->d;
	struct mc_arena arena = { 0 };

	(void)mc_traj_new(&t, x, &arena, &e);
	mc_real *u = mc_arena_alloc(&arena, pairs, sizeof *u, "u", &e);

	mc_rng_normal(t.o, 0, (x->T + 1) * x->N * x->O, 1, MC_RNG_EXPLORE, 0, k);
	mc_rng_uniform(t.a, 0, x->T * x->N * x->A, 1, MC_RNG_RANDOM, 0, k);
	mc_rng_normal(t.r, 0, x->T, 1, MC_RNG_EXPLORE, 1, k);
	mc_rng_uniform(u, 0, pairs, 1, MC_RNG_RANDOM, 1, k);
	for (size_t p = 0; p < pairs; p++)
		t.m[p] = u[p] > (mc_real)0.3;
	if (mc_learner_append(r->l, &t, &e) < 0)
		diag("%s", e.what);
	mc_arena_free(&arena);
}

/* Iterations from ... to: a trajectory, an update, and another program's step of theta_c. */
static int iterate(struct rig *r, const struct mc_dims *x, uint32_t from, uint32_t to,
    struct mc_learner_metrics *fig)
{
	struct mc_err e = { 0 };

	for (uint32_t k = from; k <= to; k++) {
		append(r, x, 1000 + k);
		if (mc_learner_update(r->l, k, fig, &e) < 0) {
			diag("iteration %u: %s: %s", (unsigned)k, e.place, e.what);
			return -1;
		}
		if (r->o.stgs || r->o.decide != MC_LEARNED)
			continue;
		for (size_t p = 0; p < r->comm.size; p++)
			r->comm.v[p] *= (mc_real)1.001;
		mc_learner_take_comm(r->l, r->comm.v, 1);
	}
	return 0;
}

static void warm_up(struct rig *r, const struct mc_dims *x)
{
	for (uint32_t k = 0; k < r->o.B / x->T; k++)
		append(r, x, k);
}

static int same_block(struct rig *a, struct rig *b, enum mc_net net, int target)
{
	const struct mc_params *p = mc_learner_params(a->l, net, target);
	const struct mc_params *q = mc_learner_params(b->l, net, target);

	if (!p || !q)
		return p == q;
	return p->size == q->size && memcmp(p->v, q->v, p->size * sizeof *p->v) == 0;
}

static int same_nets(struct rig *a, struct rig *b)
{
	int same = 1;

	for (int target = 0; target < 2; target++)
		same &= same_block(a, b, MC_NET_POLICY, target) & same_block(a, b, MC_NET_CRITIC, target) &
		    same_block(a, b, MC_NET_COMM, target);
	return same;
}

static void threads(struct mc_learner_opts o, const struct mc_dims *x, const char *name)
{
	struct rig r[3];
	struct mc_learner_metrics fig[3];

	for (int i = 0; i < 3; i++) {
		r[i] = rig_new(x, o, i + 1);
		warm_up(&r[i], x);
		ok(iterate(&r[i], x, 1, 20, &fig[i]) == 0, "%s, %d threads: 20 updates", name, i + 1);
	}
	for (int i = 1; i < 3; i++)
		ok(same_nets(&r[0], &r[i]) && memcmp(&fig[0], &fig[i], sizeof fig[0]) == 0,
		    "%s: the same bytes from %d threads as from one", name, i + 1);
	for (int i = 0; i < 3; i++)
		rig_free(&r[i]);
}

/* State and parameters of `from` into `to`, through a frame. */
static int hand_over(struct rig *from, struct rig *to, struct mc_err *e)
{
	static const enum mc_net nets[] = { MC_NET_POLICY, MC_NET_CRITIC, MC_NET_COMM };
	struct mc_fb *b = mc_fb_new(e);
	const unsigned char *bytes;
	struct mc_in *in = NULL;
	struct mc_frame f;
	size_t len;
	int status = -1;

	mc_fb_begin(b, "state");
	mc_learner_state_pack(b, from->l);
	if (mc_fb_end(b, 1, &bytes, &len, e) == 0 &&
	    (in = mc_in_memory(bytes, len, "state", MC_IN_BARE, MC_FRAME_MAX, e)) &&
	    mc_in_frame(in, &f, e) == MC_READ_FRAME)
		status = mc_learner_state_unpack(&f.map, to->l, e);
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
		for (int target = 0; target < 2; target++) {
			const struct mc_params *p = mc_learner_params(from->l, nets[i], target);
			struct mc_params *q = mc_learner_params(to->l, nets[i], target);

			if (p && q)
				memcpy(q->v, p->v, p->size * sizeof *p->v);
		}
	mc_learner_changed(to->l);
	if (to->o.decide == MC_LEARNED)
		memcpy(to->comm.v, from->comm.v, from->comm.size * sizeof *from->comm.v);
	mc_in_close(in);
	mc_fb_free(b);
	return status;
}

/* D falls over its capacity on the way; the resumed learner is given only what D still holds. */
static void resume(struct mc_learner_opts o, const char *name)
{
	struct mc_learner_metrics fig;
	struct mc_err e = { 0 };
	struct rig a = rig_new(&three, o, 2), b = rig_new(&three, o, 1);

	warm_up(&a, &three);
	(void)iterate(&a, &three, 1, 90, &fig);
	for (uint32_t k = 11; k <= 90; k++)
		append(&b, &three, 1000 + k);
	ok(hand_over(&a, &b, &e) == 0, "%s: state and parameters handed over", name);
	(void)iterate(&a, &three, 91, 100, &fig);
	(void)iterate(&b, &three, 91, 100, &fig);
	ok(same_nets(&a, &b), "%s: a stop and a resume give the same bytes", name);
	rig_free(&a);
	rig_free(&b);
}

static void not_ready(void)
{
	struct rig r = rig_new(&three, options(MC_LEARNED), 1), fresh = rig_new(&three, options(MC_LEARNED), 1);
	struct mc_learner_metrics fig;
	struct mc_err e = { 0 };

	for (uint32_t k = 0; k < 29; k++)
		append(&r, &three, k);
	is_int((long long)mc_learner_transitions(r.l), 145, "D counts transitions");
	ok(!mc_learner_ready(r.l), "145 are not yet a batch of 150");
	is_int(mc_learner_update(r.l, 1, &fig, &e), 0, "an update before that is not a failure");
	ok(isnan(fig.critic_loss) && isnan(fig.objective) && isnan(fig.policy_norm), "its metrics are NaN");
	ok(same_nets(&r, &fresh), "and nothing moved");
	append(&r, &three, 29);
	ok(mc_learner_ready(r.l), "150 are");
	is_int(mc_learner_update(r.l, 1, &fig, &e), 0, "the first update");
	ok(fig.critic_loss > 0 && fig.policy_norm > 0 && fig.critic_norm > 0 && isfinite(fig.q_mean),
	    "has metrics");
	ok(isnan(fig.comm_norm), "comm_norm is NaN where comm is another program's");
	ok(!same_block(&r, &fresh, MC_NET_CRITIC, 0) && !same_block(&r, &fresh, MC_NET_POLICY, 0) &&
	    !same_block(&r, &fresh, MC_NET_CRITIC, 1) && !same_block(&r, &fresh, MC_NET_POLICY, 1),
	    "critic, policies and their targets moved");
	ok(same_block(&r, &fresh, MC_NET_COMM, 0) && same_block(&r, &fresh, MC_NET_COMM, 1),
	    "comm and its target did not");
	rig_free(&r);
	rig_free(&fresh);
}

/* Polyak: a target is tau of the way from where it was to the parameters. */
static void targets(void)
{
	struct rig r = rig_new(&three, options(MC_LEARNED), 1), before = rig_new(&three, options(MC_LEARNED), 1);
	struct mc_learner_metrics fig;
	struct mc_params *p = mc_learner_params(r.l, MC_NET_POLICY, 0);
	struct mc_params *t = mc_learner_params(r.l, MC_NET_POLICY, 1);
	const struct mc_params *old = mc_learner_params(before.l, MC_NET_POLICY, 1);
	double worst = 0;

	warm_up(&r, &three);
	(void)iterate(&r, &three, 1, 1, &fig);
	for (size_t k = 0; k < p->size; k++)
		worst = fmax(worst, fabs((double)t->v[k] - 0.99 * (double)old->v[k] - 0.01 * (double)p->v[k]));
	is_near(worst, 0, 1e-7, "policy targets move by tau");

	const struct mc_params *c = mc_learner_params(r.l, MC_NET_COMM, 0);
	const struct mc_params *ct = mc_learner_params(r.l, MC_NET_COMM, 1);
	mc_real *theta = mc_arena_alloc(&r.arena, c->size, sizeof *theta, "theta", NULL);
	mc_real *was = mc_arena_alloc(&r.arena, c->size, sizeof *theta, "was", NULL);

	memcpy(was, ct->v, c->size * sizeof *was);
	for (size_t k = 0; k < c->size; k++)
		theta[k] = 2;
	mc_learner_take_comm(r.l, theta, 0);
	ok(memcmp(c->v, theta, c->size * sizeof *was) == 0 && memcmp(ct->v, was, c->size * sizeof *was) == 0,
	    "comm is taken without moving its target");
	mc_learner_take_comm(r.l, theta, 1);
	mc_polyak(was, theta, c->size, 0.01);
	ok(memcmp(ct->v, was, c->size * sizeof *was) == 0, "or with");
	mc_learner_init(r.l);
	mc_learner_take_comm(r.l, theta, 1);
	ok(memcmp(ct->v, theta, c->size * sizeof *was) == 0, "after init the target starts as a copy");
	rig_free(&r);
	rig_free(&before);
}

static void one_agent(void)
{
	const struct mc_dims one = { .N = 1, .d = 0, .T = 5, .O = 4, .A = 2, .H = 8, .R = 8 };
	static const enum mc_decide how[] = { MC_NONE, MC_FULL };
	struct mc_learner_metrics fig;

	for (int i = 0; i < 2; i++) {
		struct rig r = rig_new(&one, options(how[i]), 2);

		warm_up(&r, &one);
		ok(iterate(&r, &one, 1, 5, &fig) == 0 && fig.policy_norm > 0, "one agent, %s", i ? "full" : "none");
		ok(!mc_learner_params(r.l, MC_NET_COMM, 0) && !mc_learner_params(r.l, MC_NET_COMM, 1),
		    "... has no communication nets");
		rig_free(&r);
	}
}

/* Many neighbours make the blocks smaller: batches of several, and agents that are one piece. */
static void many_agents(void)
{
	const struct mc_dims many = { .N = 15, .d = 14, .T = 5, .O = 6, .A = 2, .H = 8, .R = 8 };

	threads(options(MC_FULL), &many, "15 agents, full");
}

static void shared(void)
{
	struct mc_dims x = three;
	struct rig r;
	struct mc_learner_metrics fig;

	x.share = 1;
	threads(options(MC_LEARNED), &x, "shared nets");
	r = rig_new(&x, options(MC_LEARNED), 1);
	is_int((long long)mc_learner_params(r.l, MC_NET_POLICY, 0)->P, 1, "one set of policy parameters");
	warm_up(&r, &x);
	ok(iterate(&r, &x, 1, 3, &fig) == 0, "updates");
	rig_free(&r);
}

/* What stgs decided on the last batch: by the nets before that update, near c = 1/2 as they begin. */
static void decided(struct rig *r)
{
	enum { PAIRS = 6 };
	mc_real c[PAIRS], asked[PAIRS];
	struct mc_comm_stats s;
	double low = 1, high = 0, share = 0;

	mc_learner_comm_stats(r->l, &s, c, asked);
	for (int k = 0; k < PAIRS; k++) {
		low = fmin(low, (double)c[k]);
		high = fmax(high, (double)c[k]);
		share += (double)asked[k] / PAIRS;
	}
	ok(low > 0.4 && low < s.c_mean && s.c_mean < high && high < 0.6 && s.saturated == 0 && s.entropy > 0.6 && s.entropy <= log(2) + 1e-6,
	    "stgs: c is near 1/2 at the beginning");
	ok(share > 0.2 && share < 0.8, "stgs: and about half of the edges are asked for");
}

/* stgs owns comm: it and its target move, and follow the same rules. */
static void straight_through(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_dims x = three;
	struct mc_learner_metrics fig;

	o.stgs = 1;
	threads(o, &three, "stgs");
	resume(o, "stgs");
	struct rig r = rig_new(&three, o, 1), fresh = rig_new(&three, o, 1);

	ok(same_block(&r, &fresh, MC_NET_COMM, 0), "stgs: comm starts from the seed");
	warm_up(&r, &three);
	ok(iterate(&r, &three, 1, 3, &fig) == 0 && fig.comm_norm > 0, "stgs: comm has a gradient");
	ok(!same_block(&r, &fresh, MC_NET_COMM, 0) && !same_block(&r, &fresh, MC_NET_COMM, 1),
	    "stgs: comm and its target move");
	decided(&r);
	rig_free(&r);
	rig_free(&fresh);
	x.share = 1;
	threads(o, &x, "stgs, shared nets");
}

static void clipping(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_learner_metrics fig;

	o.clip_policy = 1e-3;
	o.clip_critic = 1e-2;
	threads(o, &three, "clipped");
	/* a bound that never acts changes nothing */
	struct rig a = rig_new(&three, options(MC_LEARNED), 1);
	o.clip_policy = o.clip_critic = 1e9;
	struct rig b = rig_new(&three, o, 1);
	warm_up(&a, &three);
	warm_up(&b, &three);
	(void)iterate(&a, &three, 1, 3, &fig);
	(void)iterate(&b, &three, 1, 3, &fig);
	ok(same_nets(&a, &b), "a bound that does not act changes no bit");
	rig_free(&a);
	rig_free(&b);
}

/* n rigs that have learned for three iterations, each with its options. */
static void learn_some(struct rig *r, const struct mc_learner_opts *o, int n)
{
	struct mc_learner_metrics fig;

	for (int k = 0; k < n; k++) {
		r[k] = rig_new(&three, o[k], 1);
		warm_up(&r[k], &three);
		(void)iterate(&r[k], &three, 1, 3, &fig);
	}
}

/* Present actions of all, and a penalty: the same bytes for any threads, and not those without. */
static void objectives(void)
{
	struct mc_learner_opts o[3] = { options(MC_LEARNED), options(MC_LEARNED), options(MC_LEARNED) };
	struct rig r[3];

	o[1].joint = 1;
	o[2].penalty = 0.5;
	learn_some(r, o, 3);
	ok(!same_nets(&r[0], &r[1]), "joint actions change what is learned");
	ok(!same_nets(&r[0], &r[2]), "a penalty does");
	for (int k = 0; k < 3; k++)
		rig_free(&r[k]);
	o[1].penalty = 0.5;
	threads(o[1], &three, "joint, penalised");
}

/* Several rewards before Q': other nets than with one, and the same bytes for any threads. */
static void steps_ahead(void)
{
	struct mc_learner_opts o[2] = { options(MC_LEARNED), options(MC_LEARNED) };
	struct rig r[2];

	o[1].n_step = 3;
	learn_some(r, o, 2);
	ok(!same_nets(&r[0], &r[1]), "three rewards before Q' change what is learned");
	for (int k = 0; k < 2; k++)
		rig_free(&r[k]);
	threads(o[1], &three, "three rewards before Q'");
}

/* The critic that does not see the agents' order: alone, with shared nets, with all options at once. */
static void invariant(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_dims x = three;

	x.invariant = 1;
	threads(o, &x, "invariant critic");
	x.share = 1;
	threads(o, &x, "invariant critic, shared nets");
	o.stgs = o.joint = 1;
	threads(o, &x, "invariant critic, stgs, joint");
}

/* The discount and the rates that are set count from then on. */
static void rates(void)
{
	struct rig a = rig_new(&three, options(MC_NONE), 1), b = rig_new(&three, options(MC_NONE), 1);
	struct mc_learner_metrics fig;

	warm_up(&a, &three);
	warm_up(&b, &three);
	mc_learner_rates(b.l, 0.95, 1e-3, 1e-3);
	(void)iterate(&a, &three, 1, 2, &fig);
	(void)iterate(&b, &three, 1, 2, &fig);
	ok(same_nets(&a, &b), "those of the options change no bit");
	mc_learner_rates(a.l, 0.95, 0, 0);
	mc_learner_rates(b.l, 0.5, 0, 0);
	(void)iterate(&a, &three, 3, 3, &fig);
	const double loss = fig.critic_loss;

	(void)iterate(&b, &three, 3, 3, &fig);
	ok(same_nets(&a, &b), "a rate of 0 leaves the nets");
	ok(fabs(loss - fig.critic_loss) > 1e-9, "another discount gives another loss");
	rig_free(&a);
	rig_free(&b);
}

/* Makes the first moment of one of the LSTM's parameters x, and 0 again with 0. */
static void set_moment(struct rig *r, mc_real x)
{
	r->l->policy.adam.m[mc_learner_params(r->l, MC_NET_POLICY, 0)->tensor[0].offset] = x;
	mc_learner_changed(r->l);
}

/*
 * Teams that never ask: the LSTM's steps change nothing and are left out once that is so, and made again
 * as soon as they matter.
 */
static void at_rest(void)
{
	struct rig r = rig_new(&three, options(MC_NONE), 1);
	const struct mc_params *p = mc_learner_params(r.l, MC_NET_POLICY, 0);
	const struct mc_params *target = mc_learner_params(r.l, MC_NET_POLICY, 1);
	const struct mc_adam *adam = &r.l->policy.adam;
	const size_t at = p->tensor[0].offset, head = p->tensor[p->tensors - 2].offset;
	struct mc_learner_metrics fig;

	warm_up(&r, &three);
	const mc_real was = p->v[at], head_was = p->v[head];

	(void)iterate(&r, &three, 1, 100, &fig); /* until the target is where its step leaves it */
	ok(p->v[at] == was && adam->m[at] == 0 && p->v[head] != head_was, "nobody asks: the LSTM stays, what is above it learns");
	set_moment(&r, (mc_real)1e-30);
	(void)iterate(&r, &three, 101, 102, &fig);
	is_near((double)adam->m[at] * 1e30, 0.81, 1e-6, "a moment that moves nothing any more is not rest, either");
	set_moment(&r, (mc_real)1e-8);
	(void)iterate(&r, &three, 103, 104, &fig);
	is_near((double)adam->m[at] * 1e8, 0.81, 1e-6, "a moment from elsewhere decays, step by step");
	ok(p->v[at] != was, "and moves its parameter");
	const mc_real far = target->v[at];

	set_moment(&r, 0);
	(void)iterate(&r, &three, 105, 105, &fig);
	is_near((double)target->v[at], 0.99 * (double)far + 0.01 * (double)p->v[at], 1e-7, "the target follows without a moment");
	rig_free(&r);
}

static void divergence(void)
{
	struct rig r = rig_new(&three, options(MC_LEARNED), 1);
	struct mc_learner_metrics fig;
	struct mc_err e = { 0 };

	warm_up(&r, &three);
	*mc_params_at(mc_learner_params(r.l, MC_NET_CRITIC, 0), "dense_1", "bias", 0) = (mc_real)NAN;
	is_int(mc_learner_update(r.l, 37, &fig, &e), -1, "a NaN in the critic stops the run");
	is_int(e.code, MC_DATA, "... as bad data");
	is_str(e.place, "critic", "... naming the net");
	ok(strstr(e.what, "37") != NULL, "... and the iteration");
	rig_free(&r);

	r = rig_new(&three, options(MC_LEARNED), 1);
	warm_up(&r, &three);
	*mc_params_at(mc_learner_params(r.l, MC_NET_POLICY, 0), "lstm", "kernel_h", 1) = (mc_real)INFINITY;
	is_int(mc_learner_update(r.l, 38, &fig, &e), -1, "an infinity in a policy as well");
	is_str(e.place, "policy", "... naming the net");
	rig_free(&r);

	struct mc_learner_opts o = options(MC_LEARNED);

	o.lr_critic = 1e300;
	r = rig_new(&three, o, 1);
	warm_up(&r, &three);
	is_int(mc_learner_update(r.l, 39, &fig, &e), -1, "parameters that overflow as well");
	is_str(e.place, "critic", "... naming the net");
	rig_free(&r);
}

/* The critic learns a reward that it can see: loss falls, and Q comes near r where gamma = 0. */
static void learns(void)
{
	struct mc_learner_opts o = options(MC_NONE);
	struct mc_learner_metrics first, last;
	struct mc_err e = { 0 };

	o.gamma = 0;
	struct rig r = rig_new(&three, o, 2);
	warm_up(&r, &three);
	(void)mc_learner_update(r.l, 1, &first, &e);
	for (uint32_t k = 2; k <= 600; k++)
		(void)mc_learner_update(r.l, k, &last, &e);
	if (!ok(last.critic_loss < 0.1 * first.critic_loss, "600 updates on 150 transitions: the loss falls"))
		diag("from %g to %g", first.critic_loss, last.critic_loss);
	ok(last.objective > first.objective, "and the policies find higher values");
	rig_free(&r);
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	not_ready();
	targets();
	threads(options(MC_LEARNED), &three, "learned");
	threads(options(MC_FULL), &three, "full");
	threads(options(MC_NONE), &three, "none");
	resume(options(MC_LEARNED), "learned");
	straight_through();
	one_agent();
	many_agents();
	shared();
	clipping();
	objectives();
	steps_ahead();
	invariant();
	rates();
	at_rest();
	divergence();
	learns();
	return tap_done();
}
