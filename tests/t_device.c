/*
 * The learner on a device against the one on the CPU: the same draws, the same nets after many
 * updates as far as the scalar type goes, the same bytes from one run to the next and in whatever
 * order the kernels' elements are computed; metrics, states that pass from one to the other, divergence,
 * and too little memory. On the stand-in of device_host.h; with MC_DEVICE=cuda in a build with CUDA
 * on the GPU, if there is one.
 */
#include <stdlib.h>

#include "device_host.h"
#include "mc_blas.h"
#include "mc_cuda.h"
#include "mc_device_step.h"
#include "mc_learner_cpu.h"
#include "mc_learner_device.h"
#include "mc_replay.h"
#include "mc_rng.h"
#include "tap.h"

static const struct mc_dims three = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 16, .R = 16 };
static const struct mc_dims narrow = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 6, .R = 6 };

enum { IN_DOUBLE = sizeof(mc_real) == sizeof(double), UPDATES = 60 };

static int on_gpu, all_wide;

static struct mc_device *open_device(void)
{
	struct mc_err e = { 0 };
	struct mc_device *dev = on_gpu ? mc_cuda_open(0, &e) : device_host_open(0);

	if (!dev) {
		diag("%s", e.what);
		exit(1);
	}
	return dev;
}

/* A learner of either kind, and the communication nets that it is given. */
struct rig {
	struct mc_learner *l;
	struct mc_device *dev;        /* NULL: on the CPU */
	struct mc_pool *pool;
	struct mc_arena arena;
	struct mc_params comm;
	struct mc_dims x;
	struct mc_learner_opts o;
};

static struct mc_learner_opts options(enum mc_decide decide)
{
	struct mc_learner_opts o;

	mc_learner_defaults(&o);
	o.decide = decide;
	o.seed = 5;
	o.B = 150;
	o.replay = 400;
	return o;
}

static void rig_init(struct rig *r)
{
	struct mc_err e = { 0 };

	r->l = r->dev ? mc_learner_device_new(&r->x, &r->o, r->dev, &e) : mc_learner_cpu_new(&r->x, &r->o, r->pool, &e);
	if (r->l && r->dev && all_wide)
		mc_learner_device_work(r->l)->small = 0;
	if (!r->l || mc_params_new(&r->comm, MC_NET_COMM, &r->x, &r->arena, &e) < 0) {
		diag("%s", e.what);
		exit(1);
	}
	mc_learner_init(r->l);
	mc_params_init(&r->comm, 9, 3);
	if (r->o.decide == MC_LEARNED && !r->o.stgs)
		mc_learner_take_comm(r->l, r->comm.v, 0);
}

static struct rig on_cpu(const struct mc_dims *x, struct mc_learner_opts o)
{
	struct mc_err e;
	struct rig r = { .x = *x, .o = o, .pool = mc_pool_new(1, &e) };

	rig_init(&r);
	return r;
}

static struct rig on_device(const struct mc_dims *x, struct mc_learner_opts o)
{
	struct rig r = { .x = *x, .o = o, .dev = open_device() };

	rig_init(&r);
	return r;
}

static void rig_free(struct rig *r)
{
	mc_learner_free(r->l);
	mc_device_close(r->dev);
	mc_pool_free(r->pool);
	mc_arena_free(&r->arena);
}

/* Trajectory number k: random, about a third of the neighbours away. */
static void trajectory(struct mc_traj *t, uint32_t k)
{
	const struct mc_env_dims *x = &t->dims;
	const size_t pairs = (x->T + 1) * x->N * x->d;
	struct mc_arena arena = { 0 };
	struct mc_err e;
	mc_real *u = mc_arena_alloc(&arena, pairs, sizeof *u, "u", &e);

	mc_rng_normal(t->o, 0, (x->T + 1) * x->N * x->O, 1, MC_RNG_EXPLORE, 0, k);
	mc_rng_uniform(t->a, 0, x->T * x->N * x->A, 1, MC_RNG_RANDOM, 0, k);
	mc_rng_normal(t->r, 0, x->T, 1, MC_RNG_EXPLORE, 1, k);
	mc_rng_uniform(u, 0, pairs, 1, MC_RNG_RANDOM, 1, k);
	for (size_t p = 0; p < pairs; p++)
		t->m[p] = u[p] > (mc_real)0.3;
	mc_arena_free(&arena);
}

static void append(struct rig *r, uint32_t k)
{
	struct mc_arena arena = { 0 };
	struct mc_err e = { 0 };
	struct mc_traj t;

	(void)mc_traj_new(&t, &r->x, &arena, &e);
	trajectory(&t, k);
	if (mc_learner_append(r->l, &t, &e) < 0)
		diag("%s", e.what);
	mc_arena_free(&arena);
}

static void warm_up(struct rig *r)
{
	for (uint32_t k = 0; k < r->o.B / r->x.T; k++)
		append(r, k);
}

/* Iterations from ... to: a trajectory, an update, and another program's step of theta_c. */
static int iterate(struct rig *r, uint32_t from, uint32_t to, struct mc_learner_metrics *fig)
{
	struct mc_err e = { 0 };

	for (uint32_t k = from; k <= to; k++) {
		append(r, 1000 + k);
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
	if (mc_learner_fetch(r->l, &e) < 0)
		diag("%s", e.what);
	return 0;
}

static const enum mc_net nets[] = { MC_NET_POLICY, MC_NET_CRITIC, MC_NET_COMM };

/* The largest difference of two blocks, as a share of how far the first went from `start`. */
static double apart(const struct mc_params *a, const struct mc_params *b, const struct mc_params *start)
{
	double worst = 0, went = 0;

	for (size_t k = 0; k < a->size; k++) {
		worst = fmax(worst, fabs((double)a->v[k] - (double)b->v[k]));
		went = fmax(went, fabs((double)a->v[k] - (double)start->v[k]));
	}
	return went > 0 ? worst / went : worst;
}

/* All nets and targets of two learners; start: one that made no update. */
static double nets_apart(const struct rig *a, const struct rig *b, const struct rig *start)
{
	double worst = 0;

	for (size_t i = 0; i < 3; i++)
		for (int target = 0; target < 2; target++) {
			const struct mc_params *p = mc_learner_params(a->l, nets[i], target);

			if (p)
				worst = fmax(worst, apart(p, mc_learner_params(b->l, nets[i], target),
				    mc_learner_params(start->l, nets[i], target)));
		}
	return worst;
}

static int same_nets(const struct rig *a, const struct rig *b)
{
	for (size_t i = 0; i < 3; i++)
		for (int target = 0; target < 2; target++) {
			const struct mc_params *p = mc_learner_params(a->l, nets[i], target);
			const struct mc_params *q = mc_learner_params(b->l, nets[i], target);

			if (p && memcmp(p->v, q->v, p->size * sizeof *p->v) != 0)
				return 0;
		}
	return 1;
}

static double metrics_apart(const struct mc_learner_metrics *a, const struct mc_learner_metrics *b)
{
	const double pair[][2] = { { a->critic_loss, b->critic_loss }, { a->q_mean, b->q_mean },
		{ a->objective, b->objective }, { a->policy_norm, b->policy_norm },
		{ a->critic_norm, b->critic_norm }, { a->comm_norm, b->comm_norm } };
	double worst = 0;

	for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
		if (isnan(pair[i][0]) != isnan(pair[i][1]))
			return INFINITY;
		if (!isnan(pair[i][0]))
			worst = fmax(worst, fabs(pair[i][0] - pair[i][1]) / (fabs(pair[i][0]) + 1e-3));
	}
	return worst;
}

/*
 * Float: a gradient near zero is known to few digits, and Adam makes a whole step of it; so the bound
 * is a share of the way gone, and wide: a draw that falls between two roundings of c moves a message.
 * In double the two agree to the rounding.
 */
static const double bound = IN_DOUBLE ? 1e-10 : 3e-2, first_bound = IN_DOUBLE ? 1e-12 : 1e-4;

static void compare(const char *name, const struct mc_dims *x, struct mc_learner_opts o)
{
	struct rig cpu = on_cpu(x, o), dev = on_device(x, o), again = on_device(x, o), start = on_cpu(x, o);
	struct mc_learner_metrics a, b, c;

	if (!on_gpu)
		device_host_reverse(again.dev);
	warm_up(&cpu);
	warm_up(&dev);
	warm_up(&again);
	ok(iterate(&cpu, 1, 1, &a) == 0 && iterate(&dev, 1, 1, &b) == 0 && iterate(&again, 1, 1, &c) == 0,
	    "%s: an update", name);
	if (!ok(metrics_apart(&a, &b) < first_bound, "%s: its metrics", name))
		diag("apart: %g", metrics_apart(&a, &b));
	ok(iterate(&cpu, 2, UPDATES, &a) == 0 && iterate(&dev, 2, UPDATES, &b) == 0 && iterate(&again, 2, UPDATES, &c) == 0,
	    "%s: %d updates", name, (int)UPDATES);
	const double worst = nets_apart(&cpu, &dev, &start);

	if (!ok(worst < bound, "%s: they end where the CPU's end", name))
		diag("apart: %g of the way", worst);
	ok(same_nets(&dev, &again) && memcmp(&b, &c, sizeof b) == 0, "%s: the same bytes again", name);
	ok(nets_apart(&start, &dev, &start) > 0, "%s: the nets did move", name);
	diag("%s: %g of the way apart, metrics %g", name, worst, metrics_apart(&a, &b));
	rig_free(&cpu);
	rig_free(&dev);
	rig_free(&again);
	rig_free(&start);
}

/* A discount and rates that are set on the way count on a device, too, also once its sequence is recorded. */
static void rates(void)
{
	const struct mc_learner_opts o = options(MC_NONE);
	struct rig cpu = on_cpu(&three, o), dev = on_device(&three, o), constant = on_device(&three, o);
	struct rig start = on_cpu(&three, o), *all[] = { &cpu, &dev, &constant };
	struct mc_learner_metrics fig[3];

	for (int k = 0; k < 3; k++) {
		warm_up(all[k]);
		(void)iterate(all[k], 1, 4, &fig[k]);
		if (k < 2)
			mc_learner_rates(all[k]->l, 0.3, 2e-4, 3e-3);
		(void)iterate(all[k], 5, 5, &fig[k]);
	}
	ok(metrics_apart(&fig[0], &fig[1]) < first_bound, "rates that are set: the metrics are the CPU's");
	ok(metrics_apart(&fig[0], &fig[2]) > 10 * first_bound, "and not those of the rates before");
	for (int k = 0; k < 3; k++)
		(void)iterate(all[k], 6, UPDATES, &fig[k]);
	ok(nets_apart(&cpu, &dev, &start) < bound, "the nets end where the CPU's end");
	ok(nets_apart(&cpu, &constant, &start) > 2 * bound, "and not where they would have ended");
	for (int k = 0; k < 3; k++)
		rig_free(all[k]);
	rig_free(&start);
}

/* How many rows of the batch on the device differ from o [B,N,O] and, unless it is NULL, a [B,N,A]. */
static int same_rows(const struct rig *dev, int half, const mc_real *o, const mc_real *a)
{
	const size_t B = dev->o.B, NO = dev->x.N * dev->x.O, NA = dev->x.N * dev->x.A;
	const mc_real *from = mc_learner_device_work(dev->l)->oa + (size_t)half * B * (NO + NA);
	mc_real row[64];
	struct mc_err e;
	int differ = 0;

	for (size_t b = 0; b < B; b++) {
		mc_device_get(dev->dev, row, from + b * (NO + NA), (NO + NA) * sizeof *row);
		differ += mc_device_wait(dev->dev, &e) < 0 || memcmp(row, o + b * NO, NO * sizeof *o) != 0 ||
		    (a && memcmp(row + NO, a + b * NA, NA * sizeof *a) != 0);
	}
	return differ;
}

/* No difference, but for a rounding where a GPU multiplies and adds at once. */
static int as_close(const mc_real *a, const mc_real *b, size_t n)
{
	const double most = on_gpu ? 1e-6 : 0;
	int differ = 0;

	for (size_t k = 0; k < n; k++)
		differ += !(fabs((double)a[k] - (double)b[k]) <= most);
	return differ == 0;
}

/* The transitions that make up the batch, so many steps ahead, and what was decided on them. */
static void same_draws(size_t steps)
{
	enum { B = 150, N = 3, D = 2, O = 7 };
	struct mc_learner_opts o = options(MC_LEARNED);

	o.n_step = steps;
	struct rig dev = on_device(&three, o);
	struct mc_device_work *s = mc_learner_device_work(dev.l);
	struct mc_replay *replay;
	struct mc_learner_metrics fig;
	struct mc_err e;
	struct mc_arena arena = { 0 };
	uint32_t word[B];
	static mc_real want[B * N * O], want_next[B * N * O], a[B * N * 2], r[B], discount[B], seen[B], u[B * N * D];
	static uint8_t m[B * N * D], m_next[B * N * D], I[B * N * D], m_seen[B * N * D];
	struct mc_batch batch = { want, want_next, m, m_next, a, r };
	struct mc_traj t;

	/* D is over its capacity: 150 + 60 * 5 transitions, 400 kept */
	warm_up(&dev);
	(void)iterate(&dev, 1, UPDATES, &fig);
	replay = mc_replay_new(&three, o.replay, &e);
	(void)mc_traj_new(&t, &three, &arena, &e);
	for (uint32_t k = 0; k < o.B / three.T; k++) {
		trajectory(&t, k);
		mc_replay_append(replay, &t);
	}
	for (uint32_t k = 1; k <= UPDATES; k++) {
		trajectory(&t, 1000 + k);
		mc_replay_append(replay, &t);
	}
	mc_rng_word(word, 0, B, o.seed, MC_RNG_BATCH, UPDATES, 0);
	mc_replay_sample(replay, word, 0, B, &batch);
	mc_replay_ahead(replay, word, 0, B, steps, o.gamma, &batch, discount);
	ok(same_rows(&dev, 0, want, a) == 0, "%zu steps: the same transitions are drawn", steps);
	ok(same_rows(&dev, 1, want_next, NULL) == 0, "... and what follows them");
	mc_device_get(dev.dev, seen, s->r, sizeof seen);
	ok(mc_device_wait(dev.dev, &e) == 0 && as_close(seen, r, B), "... with their rewards");
	if (steps > 1) {
		mc_device_get(dev.dev, seen, s->discount, sizeof seen);
		ok(mc_device_wait(dev.dev, &e) == 0 && as_close(seen, discount, B), "... and what Q' counts for");
	}
	mc_device_get(dev.dev, m_seen, s->m + B * N * D, sizeof m_seen);
	ok(mc_device_wait(dev.dev, &e) == 0 && memcmp(m_seen, m_next, sizeof m_next) == 0, "... and masks");

	/* C^i of the last update, by the nets that it was made with */
	struct mc_actor *actor = mc_actor_new(&three, B, 1, &arena, &e);
	const struct mc_act_batch act = { .n = B, .o = want, .m = m, .u = u, .I = I };

	for (size_t p = 0; p < dev.comm.size; p++)
		dev.comm.v[p] /= (mc_real)1.001;
	mc_rng_uniform(u, 0, B * N * D, o.seed, MC_RNG_ASK_POLICY, UPDATES, 0);
	mc_actor_decide(actor, MC_LEARNED, &dev.comm, &act, NULL);
	mc_device_get(dev.dev, m_seen, s->I, sizeof m_seen);
	ok(mc_device_wait(dev.dev, &e) == 0 && memcmp(m_seen, I, sizeof I) == 0, "and the same decisions are taken");
	mc_replay_free(replay);
	mc_arena_free(&arena);
	rig_free(&dev);
}

/* What stgs tells of its decisions. */
static void comm_stats(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_learner_metrics fig;
	struct mc_comm_stats a, b;
	mc_real c[2][6], asked[2][6];
	double worst = 0;

	o.stgs = 1;
	struct rig cpu = on_cpu(&three, o), dev = on_device(&three, o);

	warm_up(&cpu);
	warm_up(&dev);
	(void)iterate(&cpu, 1, 3, &fig);
	(void)iterate(&dev, 1, 3, &fig);
	mc_learner_comm_stats(cpu.l, &a, c[0], asked[0]);
	mc_learner_comm_stats(dev.l, &b, c[1], asked[1]);
	for (int k = 0; k < 6; k++)
		worst = fmax(worst, fabs((double)c[0][k] - (double)c[1][k]));
	ok(worst < 1e-5 && fabs(a.c_mean - b.c_mean) < 1e-5 && fabs(a.entropy - b.entropy) < 1e-5,
	    "stgs: the metrics of the decisions");
	ok(memcmp(asked[0], asked[1], sizeof asked[0]) == 0, "stgs: and who was asked");
	rig_free(&cpu);
	rig_free(&dev);
}

/* State and parameters of `from` into `to`, through a frame, and what D holds. */
static void hand_over(struct rig *from, struct rig *to, uint32_t updates)
{
	struct mc_err e = { 0 };
	struct mc_fb *b = mc_fb_new(&e);
	const unsigned char *bytes;
	struct mc_in *in = NULL;
	struct mc_frame f;
	size_t len;

	warm_up(to);
	for (uint32_t k = 1; k <= updates; k++)
		append(to, 1000 + k);
	mc_fb_begin(b, "state");
	(void)mc_learner_fetch(from->l, &e);
	mc_learner_state_pack(b, from->l);
	ok(mc_fb_end(b, 1, &bytes, &len, &e) == 0 &&
	    (in = mc_in_memory(bytes, len, "state", MC_IN_BARE, MC_FRAME_MAX, &e)) &&
	    mc_in_frame(in, &f, &e) == MC_READ_FRAME && mc_learner_state_unpack(&f.map, to->l, &e) == 0,
	    "state handed over");
	for (size_t i = 0; i < 3; i++)
		for (int target = 0; target < 2; target++) {
			const struct mc_params *p = mc_learner_params(from->l, nets[i], target);
			struct mc_params *q = mc_learner_params(to->l, nets[i], target);

			if (p)
				memcpy(q->v, p->v, p->size * sizeof *p->v);
		}
	mc_learner_changed(to->l);
	memcpy(to->comm.v, from->comm.v, from->comm.size * sizeof *from->comm.v);
	mc_in_close(in);
	mc_fb_free(b);
}

/* A run goes on elsewhere: like to like with the same bytes, else as near as the two are. */
static void resume(const struct mc_dims *x, struct mc_learner_opts o, const char *name)
{
	struct mc_learner_metrics fig;
	struct rig cpu = on_cpu(x, o), dev = on_device(x, o), start = on_cpu(x, o);
	struct rig dev_of_cpu = on_device(x, o), cpu_of_dev = on_cpu(x, o), dev_of_dev = on_device(x, o);
	struct rig *all[] = { &cpu, &dev, &dev_of_cpu, &cpu_of_dev, &dev_of_dev };

	warm_up(&cpu);
	warm_up(&dev);
	(void)iterate(&cpu, 1, 20, &fig);
	(void)iterate(&dev, 1, 20, &fig);
	hand_over(&cpu, &dev_of_cpu, 20);
	hand_over(&dev, &cpu_of_dev, 20);
	hand_over(&dev, &dev_of_dev, 20);
	for (size_t k = 0; k < 5; k++)
		(void)iterate(all[k], 21, 30, &fig);
	ok(same_nets(&dev, &dev_of_dev), "%s: a stop and a resume on the device give the same bytes", name);
	ok(nets_apart(&cpu, &dev_of_cpu, &start) < bound, "%s: from the CPU to the device", name);
	ok(nets_apart(&cpu, &cpu_of_dev, &start) < bound, "%s: from the device to the CPU", name);
	for (size_t k = 0; k < 5; k++)
		rig_free(all[k]);
	rig_free(&start);
}

static void not_ready(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_learner_metrics fig;
	struct mc_err e = { 0 };

	o.warmup = 200;
	struct rig r = on_device(&three, o), fresh = on_device(&three, o);

	warm_up(&r);
	is_int((long long)mc_learner_transitions(r.l), 150, "D counts transitions");
	is_int(mc_learner_update(r.l, 1, &fig, &e), 0, "an update before the warm-up is over is not a failure");
	ok(mc_learner_fetch(r.l, &e) == 0 && isnan(fig.critic_loss) && isnan(fig.objective) && same_nets(&r, &fresh),
	    "its metrics are NaN, and nothing moved");
	warm_up(&r);
	is_int(mc_learner_update(r.l, 1, &fig, &e), 0, "the first update after it");
	ok(fig.critic_loss > 0 && fig.policy_norm > 0 && isnan(fig.comm_norm), "has metrics");
	rig_free(&r);
	rig_free(&fresh);
}

static void divergence(void)
{
	struct mc_learner_metrics fig;
	struct mc_err e = { 0 };
	struct rig r = on_device(&three, options(MC_LEARNED));

	warm_up(&r);
	*mc_params_at(mc_learner_params(r.l, MC_NET_CRITIC, 0), "dense_2", "bias", 0) = (mc_real)NAN;
	mc_learner_changed(r.l);
	is_int(mc_learner_update(r.l, 37, &fig, &e), -1, "a NaN in the critic stops the run");
	is_str(e.place, "critic", "... naming the net");
	ok(e.code == MC_DATA && strstr(e.what, "the loss is not finite at iteration 37"), "... and the iteration");
	rig_free(&r);

	r = on_device(&three, options(MC_LEARNED));
	warm_up(&r);
	*mc_params_at(mc_learner_params(r.l, MC_NET_POLICY, 0), "dense_2", "bias", 1) = (mc_real)NAN;
	mc_learner_changed(r.l);
	is_int(mc_learner_update(r.l, 38, &fig, &e), -1, "in a policy as well");
	is_str(e.place, "policy", "... naming the net");
	rig_free(&r);

	struct mc_learner_opts o = options(MC_LEARNED);

	o.lr_critic = INFINITY;
	r = on_device(&three, o);
	warm_up(&r);
	is_int(mc_learner_update(r.l, 39, &fig, &e), -1, "parameters that overflow as well");
	is_str(e.place, "critic", "... naming the net");
	rig_free(&r);
}

/* A GPU with too little memory: what was needed and what there is. */
static void no_room(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_err e = { 0 };
	struct mc_device *dev = device_host_open(100000);

	ok(!mc_learner_device_new(&three, &o, dev, &e) && e.code == MC_UNAVAILABLE, "too little memory for a learner is 69");
	o.replay = 1000000;
	ok(!mc_learner_device_new(&three, &o, dev, &e) && strstr(e.what, "replay buffer needs"), "... and for D");
	mc_device_close(dev);
	dev = device_host_open(0);
	o.B = 1 << 24;
	ok(!mc_learner_device_new(&three, &o, dev, &e) && e.code == MC_USAGE, "a batch that kernels cannot count is refused");
	mc_device_close(dev);
}

static void one_agent(void)
{
	const struct mc_dims one = { .N = 1, .d = 0, .T = 5, .O = 4, .A = 2, .H = 8, .R = 8 };

	compare("one agent, none", &one, options(MC_NONE));
	compare("one agent, full", &one, options(MC_FULL));
}

/* As with nets so wide that no product is small (mc_device_layer.h), with either critic. */
static void wide(struct mc_learner_opts stgs)
{
	struct mc_dims x = three;

	all_wide = 1;
	compare("wide, sampled", &x, options(MC_LEARNED));
	compare("wide, stgs", &x, stgs);
	x.share = x.invariant = 1;
	compare("wide, shared nets, invariant critic", &x, options(MC_LEARNED));
	all_wide = 0;
}

/* The critic that does not see the agents' order. */
static void invariant(struct mc_learner_opts clipped, struct mc_learner_opts stgs)
{
	struct mc_dims x = three, many = { .N = 7, .d = 6, .T = 5, .O = 6, .A = 2, .H = 8, .R = 8, .invariant = 1 };
	const struct mc_dims one = { .N = 1, .d = 0, .T = 5, .O = 4, .A = 2, .H = 8, .R = 8, .invariant = 1 };

	x.invariant = 1;
	compare("invariant critic, sampled", &x, options(MC_LEARNED));
	compare("invariant critic, clipped", &x, clipped);
	compare("invariant critic, seven agents", &many, options(MC_FULL));
	compare("invariant critic, one agent", &one, options(MC_NONE));
	x.share = 1;
	compare("invariant critic, shared nets", &x, options(MC_LEARNED));
	compare("invariant critic, shared nets, none", &x, options(MC_NONE));
	compare("invariant critic, shared nets, stgs", &x, stgs);
	if (!IN_DOUBLE)
		resume(&x, options(MC_LEARNED), "invariant critic, shared nets");
}

/* With either critic, own nets and shared ones; and a run goes on elsewhere. */
static void everywhere(const char *name, struct mc_learner_opts o)
{
	struct mc_dims x = narrow;

	for (int k = 0; k < 4; k++) {
		char text[80];

		x.invariant = k / 2;
		x.share = k % 2;
		(void)snprintf(text, sizeof text, "%s, %s nets, %s critic", name, x.share ? "shared" : "own", x.invariant ? "invariant" : "mlp");
		compare(text, &x, o);
	}
	if (!IN_DOUBLE)
		resume(&x, o, name);
}

/* Rewards before Q': of up to three steps, and of all that are left of the episode. */
static void ahead(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);

	o.n_step = 3;
	everywhere("three rewards", o);
	o.decide = MC_FULL;
	o.n_step = 1000;
	compare("all rewards", &narrow, o);
}

/* Actions before tanh are held small, in plain passes and in gated ones; they are so large here that tanh saturates. */
static void penalised(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);

	o.penalty = 0.3;
	o.scale_policy = 3;
	everywhere("penalty", o);
	o.stgs = 1;
	compare("penalty, stgs", &narrow, o);
}

/* The others' present actions in eq. 3; also where products are launches of their own. */
static void joint(void)
{
	struct mc_learner_opts o = options(MC_LEARNED);
	struct mc_dims x = narrow;

	o.joint = 1;
	everywhere("joint", o);
	all_wide = 1;
	compare("joint, wide, mlp critic", &narrow, o);
	x.share = x.invariant = 1;
	compare("joint, wide, invariant critic", &x, o);
	all_wide = 0;
	o.stgs = 1;
	o.n_step = 3;
	o.penalty = 0.3;
	o.clip_policy = 1e-3;
	compare("joint, stgs, clipped, with a penalty and three rewards", &narrow, o);
}

/* What a recorded update calls. */
static struct device_host_calls calls_of(const struct mc_dims *x, const struct mc_learner_opts *o)
{
	struct mc_device *dev = device_host_open(0);
	struct mc_device_work s;
	struct mc_err e;

	if (mc_device_work_init(&s, dev, x, o, &e) == 0) {
		mc_device_record(dev);
		mc_device_update(&s);
		mc_device_recorded(dev);
	}
	const struct device_host_calls n = device_host_recorded(dev);

	mc_device_close(dev);
	return n;
}

/*
 * What a GPU launches in an update, for the sizes of the tasks' nets: that is what an update of small teams costs. Held
 * from above, so that nobody adds to it unawares.
 */
static void launches(void)
{
	static const struct { const char *name; size_t N, O; enum mc_decide decide; int stgs, share, invariant; size_t most; } want[] = {
		{ "push_N3, none", 3, 14, MC_NONE, 0, 0, 0, 31 },
		{ "push_N3, full", 3, 14, MC_FULL, 0, 0, 0, 43 },
		{ "push_N3, learned", 3, 14, MC_LEARNED, 0, 0, 0, 47 },
		{ "push_N6, none", 6, 26, MC_NONE, 0, 0, 0, 33 },
		{ "push_N6, full", 6, 26, MC_FULL, 0, 0, 0, 57 },
		{ "push_N6, learned", 6, 26, MC_LEARNED, 0, 0, 0, 62 },
		{ "push_N6, stgs", 6, 26, MC_LEARNED, 1, 0, 0, 70 },
		{ "push_N3, none, -p tuned", 3, 14, MC_NONE, 0, 1, 1, 37 },
		{ "push_N6, none, -p tuned", 6, 26, MC_NONE, 0, 1, 1, 39 },
		{ "push_N6, full, -p tuned", 6, 26, MC_FULL, 0, 1, 1, 63 },
	};

	for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
		const struct mc_dims x = { .N = want[k].N, .d = want[k].N - 1, .T = 5, .O = want[k].O, .A = 2, .H = 128, .R = 8,
			.share = want[k].share, .invariant = want[k].invariant };
		struct mc_learner_opts o = options(want[k].decide);

		o.stgs = want[k].stgs;
		o.B = 256;
		o.replay = 256;

		const struct device_host_calls n = calls_of(&x, &o);

		o.n_step = 3;
		o.penalty = 0.3;
		o.joint = 1;
		const struct device_host_calls with = calls_of(&x, &o);

		ok(n.kernels > 0 && n.kernels + n.products <= want[k].most, "%s: %zu kernels and %zu products an update, at most %zu",
		    want[k].name, n.kernels, n.products, want[k].most);
		ok(with.kernels == n.kernels && with.products == n.products, "%s: as many with n_step, a penalty and joint", want[k].name);
	}
}

int main(void)
{
	const char *want = getenv("MC_DEVICE");
	const struct mc_dims many = { .N = 7, .d = 6, .T = 5, .O = 6, .A = 2, .H = 8, .R = 8 };
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	on_gpu = want && strcmp(want, "cuda") == 0;
	struct mc_device *gpu = on_gpu ? mc_cuda_open(0, &e) : NULL;

	if (on_gpu && !gpu) {
		printf("1..0 # SKIP %s\n", e.what);
		return 0;
	}
	if (gpu)
		diag("%s", gpu->name);
	mc_device_close(gpu);
	struct mc_dims x = three;
	struct mc_learner_opts o = options(MC_LEARNED), clipped = o, stgs = o;

	stgs.stgs = 1;
	clipped.clip_policy = 1e-3;
	clipped.clip_critic = 1e-2;
	rates();
	compare("sampled", &x, o);
	compare("full", &x, options(MC_FULL));
	compare("none", &x, options(MC_NONE));
	compare("stgs", &x, stgs);
	compare("clipped", &x, clipped);
	compare("seven agents", &many, o);
	one_agent();
	x.share = 1;
	compare("shared nets, sampled", &x, o);
	compare("shared nets, stgs", &x, stgs);
	compare("shared nets, clipped", &x, clipped);
	compare("shared nets, none", &x, options(MC_NONE));
	invariant(clipped, stgs);
	wide(stgs);
	same_draws(1);
	same_draws(3);
	ahead();
	penalised();
	joint();
	comm_stats();
	if (!IN_DOUBLE) {                         /* frames hold single precision */
		resume(&three, o, "sampled");
		resume(&three, stgs, "stgs");
	}
	not_ready();
	divergence();
	if (!on_gpu) {
		no_room();
		launches();
	}
	return tap_done();
}
