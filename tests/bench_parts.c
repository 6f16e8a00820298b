/*
 * The rate of the products, and every part of an update alone. The learner is included, so that
 * its steps can be timed one by one.
 */
#include "mc_learner_cpu.c"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "mc_blas.h"
#include "mc_env.h"
#include "mc_frame.h"
#include "mc_io.h"
#include "mc_memory.h"
#include "mc_meta.h"
#include "mc_rollout.h"
#include "mc_policy.h"
#include "mc_ring.h"

/* ---- products ---- */

enum { SIDE = 512, ROUNDS = 4 };

struct shape {
	size_t m, n, k;
	enum mc_op ta, tb;
};

/* Those of a block of 128 rows of an agent of navigation_N6_l6, half of the messages requested. */
static const struct shape shapes[] = {
	{ 320, 512, 26, MC_N, MC_N },  /* messages x kernel_x */
	{ 104, 512, 128, MC_N, MC_N }, /* h x kernel_h */
	{ 104, 128, 512, MC_N, MC_T }, /* its backward pass */
	{ 128, 512, 196, MC_T, MC_N }, /* kernel_h's gradient */
	{ 26, 512, 320, MC_T, MC_N },  /* kernel_x's */
	{ 128, 128, 128, MC_N, MC_N }, /* dense layers, both ways */
	{ 128, 128, 128, MC_T, MC_N },
	{ 128, 128, 128, MC_N, MC_T },
};

struct products {
	const struct shape *s;
	int ours, times;
	mc_real *memory;              /* [threads][3][SIDE*SIDE] */
};

static void products_piece(void *ctx, size_t piece, int worker)
{
	const struct products *p = ctx;
	const struct shape *s = p->s;
	mc_real *a = p->memory + piece * 3 * SIDE * SIDE, *b = a + SIDE * SIDE, *c = b + SIDE * SIDE;

	(void)worker;
	for (int i = 0; i < p->times; i++)
		(p->ours ? mc_gemm : mc_blas_gemm)(s->ta, s->tb, s->m, s->n, s->k, 1, a, s->ta == MC_T ? s->m : s->k,
		    b, s->tb == MC_T ? s->k : s->n, 0, c, s->n);
}

/* GFLOP/s of one shape on all threads of the pool, each with matrices of its own. */
static double product_rate(struct products *p, struct mc_pool *pool)
{
	const struct shape *s = p->s;
	const double flop = 2 * (double)s->m * (double)s->n * (double)s->k;
	const size_t threads = (size_t)mc_pool_threads(pool);

	p->times = (int)(2e8 / flop) + 1;
	const double start = bench_now();

	mc_pool_run(pool, products_piece, p, threads);
	return 1e-9 * flop * p->times * (double)threads / (bench_now() - start);
}

void bench_products(struct bench_ceiling *c)
{
	struct mc_arena arena = { 0 };
	struct mc_err e;

	c->threads = mc_pool_cpus();
	struct mc_pool *pool[2] = { mc_pool_new(1, &e), mc_pool_new(c->threads, &e) };
	const size_t n = (size_t)c->threads * 3 * SIDE * SIDE;
	struct products p = { .memory = mc_arena_alloc(&arena, n, sizeof(mc_real), "matrices", &e) };

	if (!pool[0] || !pool[1] || !p.memory)
		bench_die(&e);
	mc_rng_uniform(p.memory, 0, n, 1, MC_RNG_INIT, 0, 0);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
			for (int all = 0; all < 2; all++) {
				p.s = &shapes[i];
				p.ours = 0;
				c->blas[all] = fmax(c->blas[all], product_rate(&p, pool[all]));
				p.ours = 1;
				c->ours[all] = fmax(c->ours[all], product_rate(&p, pool[all]));
			}
	mc_pool_free(pool[0]);
	mc_pool_free(pool[1]);
	mc_arena_free(&arena);
}

/* ---- one team with everything that an update needs ---- */

enum { K = 10, EPISODES = 100 };

enum part { ACTING, SAMPLING, TARGETS, CRITIC, DECIDING, FORWARD, THROUGH_Q, BACKWARD, OPTIMISERS, COMM, META,
	FRAMES, INSIDE, UPDATE, PARTS };

struct rig {
	struct mc_dims dims;
	struct mc_arena arena;
	struct mc_pool *pool;
	struct cpu *l;
	struct mc_meta *meta;
	struct mc_rollout *rollout;
	struct mc_env *env;
	struct mc_traj traj;
	uint32_t episode;
	struct worker *worker;        /* for the three parts of the policies' gradient */
	struct seconds { _Alignas(64) double v[3]; } *spent; /* [threads] */
	struct mc_params one;         /* layout of one agent's gradient */
	struct bench_samples ms[PARTS];
};

/* What one thread needs for a block of eq. (3). */
struct worker {
	struct mc_policy_work *policy;
	struct mc_critic_work *critic;
	mc_real *a, *q, *da, *z1;
};

static void *need(void *p, const struct mc_err *e)
{
	if (!p)
		bench_die(e);
	return p;
}

static mc_real *reals(struct rig *x, size_t n)
{
	struct mc_err e;

	return need(mc_arena_alloc(&x->arena, n, sizeof(mc_real), "bench", &e), &e);
}

static void new_workers(struct rig *x)
{
	const struct mc_dims *d = &x->dims;
	const size_t rows = mc_policy_rows(d), threads = (size_t)mc_pool_threads(x->pool);
	struct mc_err e;

	x->worker = need(mc_arena_alloc(&x->arena, threads, sizeof *x->worker, "bench", &e), &e);
	x->spent = need(mc_arena_alloc(&x->arena, threads, sizeof *x->spent, "bench", &e), &e);
	for (size_t i = 0; i < threads; i++) {
		struct worker *w = &x->worker[i];

		w->policy = need(mc_policy_work_new(d, rows, &x->arena, &e), &e);
		w->critic = need(mc_critic_work_new(d, rows, &x->arena, &e), &e);
		w->a = reals(x, rows * d->A);
		w->da = reals(x, rows * d->A);
		w->q = reals(x, rows);
		w->z1 = reals(x, rows * mc_critic_first_size(d));
	}
	struct mc_dims one = *d;
	one.share = 1;
	mc_params_layout(&x->one, MC_NET_POLICY, &one);
}

/* One trajectory of the nets as they are: into x->traj. */
static void act(struct rig *x)
{
	const struct mc_rollout_opts o = { .how = MC_LEARNED, .sigma = 0.2, .seed = 1, .env = 1 };
	struct mc_episodes to = mc_episodes_traj(&x->traj);
	struct mc_err e;

	if (mc_rollout_run(x->rollout, x->env, &o, mc_meta_params(x->meta, MC_NET_COMM), &x->l->base.policy.p, x->episode, 1, &to,
	    x->pool, &e) < 0)
		bench_die(&e);
	x->traj.episode = x->episode++;
}

static void open_rig(struct rig *x, const char *name, int threads)
{
	struct mc_learner_opts lo;
	struct mc_meta_opts mo;
	struct mc_task task;
	struct mc_err e;

	memset(x, 0, sizeof *x);
	x->dims = bench_dims(name);
	x->pool = need(mc_pool_new(threads, &e), &e);
	mc_learner_defaults(&lo);
	mc_meta_defaults(&mo);
	lo.clip_policy = lo.clip_critic = 0;
	mo.lr_comm = 0;               /* c stays near 1/2 */
	x->l = need(mc_learner_cpu_new(&x->dims, &lo, x->pool, &e), &e);
	x->meta = need(mc_meta_new(&x->dims, &mo, &x->arena, &e), &e);
	x->rollout = need(mc_rollout_new(&x->dims, 1, threads, &x->arena, &e), &e);
	if (mc_task_parse(&task, name, &e) < 0 || mc_traj_new(&x->traj, &x->dims, &x->arena, &e) < 0)
		bench_die(&e);
	x->env = need(mc_env_world(&task, 1, NULL, INFINITY, 1, 1, &e), &e);
	mc_learner_init(&x->l->base);
	mc_meta_init(x->meta, 1);
	mc_learner_take_comm(&x->l->base, mc_meta_params(x->meta, MC_NET_COMM)->v, 0);
	new_workers(x);
	for (int i = 0; i < EPISODES; i++) {
		act(x);
		if (mc_learner_append(&x->l->base, &x->traj, &e) < 0)
			bench_die(&e);
	}
}

static void close_rig(struct rig *x)
{
	mc_env_free(x->env);
	mc_learner_free(&x->l->base);
	mc_pool_free(x->pool);
	mc_arena_free(&x->arena);
}

struct mc_dims bench_dims(const char *name)
{
	struct mc_task task;
	struct mc_dims d;
	struct mc_err e;

	if (mc_task_parse(&task, name, &e) < 0)
		bench_die(&e);
	d.env = mc_task_dims(&task);
	d.H = d.R = 128;
	d.share = 0;
	return d;
}

/* ---- the policies' gradient in its three parts ---- */

static void block_piece(void *ctx, size_t piece, int worker)
{
	struct rig *x = ctx;
	struct cpu *l = x->l;
	const struct mc_dims *d = &x->dims;
	const struct worker *w = &x->worker[worker];
	const size_t rows = mc_policy_rows(d), blocks = (l->base.o.B + rows - 1) / rows;
	const size_t i = piece / blocks, from = piece % blocks * rows, n = l->base.o.B - from < rows ? l->base.o.B - from : rows;
	const mc_real *o = l->batch.o + from * d->N * d->O, *a = l->batch.a + from * d->N * d->A;
	const struct mc_policy_net net = mc_policy_at(&l->base.policy.p, l->base.policy.p.v, d, i);
	const struct mc_critic_net critic = mc_critic_at(&l->base.critic.p, l->base.critic.p.v, d);
	mc_real *grad = l->policy.part + piece * x->one.size;
	struct mc_policy_net g = mc_policy_at(&x->one, grad, d, 0);
	double *spent = x->spent[worker].v;

	g.agent = i;
	const double t0 = bench_now();

	mc_policy_forward(w->policy, &net, n, o, l->I + from * d->N * d->d, w->a, d->A);
	const double t1 = bench_now();

	if (i == 0)
		mc_critic_first(w->critic, &critic, n, o, a, w->z1);
	mc_critic_action(w->critic, &critic, i, n, w->z1, a, w->a, 1 / (mc_real)l->base.o.B, w->q, w->da);
	const double t2 = bench_now();

	memset(grad, 0, x->one.size * sizeof *grad);
	mc_policy_backward(w->policy, &net, &g, w->da);
	spent[0] += t1 - t0;
	spent[1] += t2 - t1;
	spent[2] += bench_now() - t2;
}

/* Threads' times in a part add up to its own, spread over them. */
static void time_policies(struct rig *x)
{
	const int threads = mc_pool_threads(x->pool);
	const size_t rows = mc_policy_rows(&x->dims), blocks = (x->l->base.o.B + rows - 1) / rows;
	double sum[3] = { 0 };

	memset(x->spent, 0, (size_t)threads * sizeof *x->spent);
	mc_pool_run(x->pool, block_piece, x, x->dims.N * blocks);
	for (int i = 0; i < threads; i++)
		for (int k = 0; k < 3; k++)
			sum[k] += x->spent[i].v[k];
	for (int k = 0; k < 3; k++)
		bench_add(&x->ms[FORWARD + k], 1e3 * sum[k] / threads);
}

/* ---- frames and pipes: a ring that computes nothing ---- */

/* What a program does with the frames of an iteration, on threads in place of processes. */
struct hop {
	struct rig *x;
	struct mc_memory *memory;     /* NULL: parameters are in the frames */
	int in, out, is_critic;
	pthread_t thread;
};

static void params_frame(struct mc_fb *b, const struct mc_params *p, struct mc_memory *memory)
{
	mc_fb_begin(b, "params");
	mc_fb_str(b, "net", mc_net_name(p->net));
	mc_fb_int(b, "iteration", 1);
	if (!mc_memory_put(memory, b, p, 1))
		mc_params_pack(b, "params", p, p->v);
}

/* Copied out of a frame, or of memory unless it can be read there. */
static void take_params(const struct mc_frame *f, const struct mc_params *p, const struct mc_memory *memory, int copy)
{
	const mc_real *from = NULL;
	struct mc_err e;

	if (mc_memory_is_place(f) ? !(from = mc_memory_at(memory, f, p, &e)) : mc_params_unpack(&f->map, "params", p, p->v, &e) < 0)
		bench_die(&e);
	if (from && copy)
		memcpy(p->v, from, p->size * sizeof *from);
}

/* Forwards, unpacks trajectories and adds this program's nets. */
static void *hop(void *arg)
{
	struct hop *h = arg;
	struct mc_arena arena = { 0 };
	struct mc_err e;
	struct mc_in *in = need(mc_in_fd(h->in, "pipe", MC_IN_BARE, MC_FRAME_MAX, &e), &e);
	struct mc_out *out = need(mc_out_fd(h->out, "pipe", &e), &e);
	struct mc_fb *b = need(mc_fb_new(&e), &e);
	const struct mc_params *net = h->is_critic ? &h->x->l->base.policy.p : mc_meta_params(h->x->meta, MC_NET_COMM);
	struct mc_params comm;
	struct mc_traj t;
	struct mc_frame f;

	if (mc_traj_new(&t, &h->x->dims, &arena, &e) < 0 || mc_params_new(&comm, MC_NET_COMM, &h->x->dims, &arena, &e) < 0)
		bench_die(&e);
	while (mc_in_frame(in, &f, &e) == MC_READ_FRAME) {
		if (mc_out_forward(out, &f, &e) < 0 || mc_out_flush(out, &e) < 0)
			bench_die(&e);
		if (strcmp(f.type, "params") == 0)
			take_params(&f, &comm, h->memory, 1);
		if (strcmp(f.type, "trajectory") != 0)
			continue;
		if (mc_traj_unpack(&f, &t, &e) < 0)
			bench_die(&e);
		params_frame(b, net, h->memory);
		if (mc_out_built(out, b, &e) < 0 || mc_out_flush(out, &e) < 0)
			bench_die(&e);
	}
	mc_in_close(in);
	if (mc_out_close(out, &e) < 0)
		bench_die(&e);
	mc_fb_free(b);
	mc_arena_free(&arena);
	return NULL;
}

struct circle {
	struct hop hop[2];
	struct mc_queue *out;
	struct mc_in *in;
	struct mc_fb *b;
	struct mc_params policy, comm;
	struct mc_memory *memory;
};

static void open_circle(struct circle *c, struct rig *x, int with_memory)
{
	int fd[3][2];
	struct mc_err e;

	c->memory = with_memory ? mc_memory_new(&x->dims, 1, 2) : NULL;

	for (int i = 0; i < 3; i++) {
		if (pipe(fd[i]) < 0)
			exit(71);
		mc_io_widen(fd[i][1]);
	}
	for (int i = 0; i < 2; i++) {
		c->hop[i] = (struct hop){ .x = x, .memory = c->memory, .in = fd[i][0], .out = fd[i + 1][1], .is_critic = i };
		if (pthread_create(&c->hop[i].thread, NULL, hop, &c->hop[i]) != 0)
			exit(71);
	}
	c->out = need(mc_queue_new(fd[0][1], &e), &e);
	c->in = need(mc_in_fd(fd[2][0], "pipe", MC_IN_BARE, MC_FRAME_MAX, &e), &e);
	c->b = need(mc_fb_new(&e), &e);
	if (mc_params_new(&c->policy, MC_NET_POLICY, &x->dims, &x->arena, &e) < 0 ||
	    mc_params_new(&c->comm, MC_NET_COMM, &x->dims, &x->arena, &e) < 0)
		bench_die(&e);
}

static void close_circle(struct circle *c)
{
	struct mc_err e;

	if (mc_queue_close(c->out, &e) < 0)
		bench_die(&e);
	for (int i = 0; i < 2; i++)
		pthread_join(c->hop[i].thread, NULL);
	mc_in_close(c->in);
	mc_fb_free(c->b);
	mc_memory_free(c->memory);
}

/* A trajectory goes round, and the nets of both owners come back. */
static void go_round(struct circle *c, struct rig *x)
{
	struct mc_frame f;
	struct mc_err e;
	char net[16];
	int nets = 0;

	mc_traj_pack(c->b, &x->traj);
	if (mc_queue_send(c->out, c->b, &e) < 0)
		bench_die(&e);
	while (nets < 2) {
		if (mc_in_frame(c->in, &f, &e) != MC_READ_FRAME)
			bench_die(&e);
		if (strcmp(f.type, "params") != 0)
			continue;
		if (mc_map_str(&f.map, "net", net, sizeof net, &e) < 0)
			bench_die(&e);
		take_params(&f, strcmp(net, "comm") == 0 ? &c->comm : &c->policy, c->memory, 0);
		nets++;
	}
}

/* ---- an update, part by part ---- */

static double lap(struct rig *x, enum part part, double since)
{
	const double now = bench_now();

	bench_add(&x->ms[part], 1e3 * (now - since));
	return bench_now();
}

/* The steps of mc_learner_update one by one, on draws of their own. */
static void time_learner(struct rig *x, uint32_t k)
{
	struct cpu *l = x->l;
	const struct mc_batch *b = &l->batch;
	struct mc_learner_metrics fig;
	struct mc_critic_batch cb = { .B = l->base.o.B, .o = b->o, .a = b->a, .r = b->r, .o_next = b->o_next,
		.a_next = l->a_next, .gamma = l->base.o.gamma, .q_next = l->q_next, .y = l->y, .q = l->q };
	struct mc_err e;
	double norm, t = bench_now();

	l->k = k;
	sample(l);
	t = lap(x, SAMPLING, t);
	target_actions(l);
	t = lap(x, TARGETS, t);
	(void)mc_critic_gradient(l->critic_step, &l->base.critic.p, &l->base.critic.target, &cb, l->critic.part, NULL, l->pool);
	t = lap(x, CRITIC, t);
	decide(l);
	(void)lap(x, DECIDING, t);
	time_policies(x);
	t = bench_now();
	if (optimise(l, &l->critic, &norm, &e) < 0 || optimise(l, &l->policy, &norm, &e) < 0)
		bench_die(&e);
	t = lap(x, OPTIMISERS, t);
	if (mc_learner_update(&l->base, k, &fig, &e) < 0)
		bench_die(&e);
	(void)lap(x, UPDATE, t);
}

static void time_meta(struct rig *x, int k)
{
	const double start = bench_now();
	struct mc_err e;

	x->traj.last = k % (K + 1) == K;
	x->traj.iteration = k / (K + 1) * K + k % (K + 1);
	if (mc_meta_trajectory(x->meta, &x->traj, NULL, &e) < 0)
		bench_die(&e);
	bench_add(&x->ms[x->traj.last ? META : COMM], 1e3 * (bench_now() - start) / (x->traj.last ? K : 1));
}

/* The parts take turns, and now and then the products with them. */
static void time_all(struct rig *x, struct bench_ceiling *ceiling, int repetitions)
{
	struct circle c, inside;

	open_circle(&c, x, 1);
	open_circle(&inside, x, 0);
	for (int k = 0; k < repetitions; k++) {
		if (k % 33 == 0)
			bench_products(ceiling);
		double t = bench_now();

		act(x);
		bench_add(&x->ms[ACTING], 1e3 * (bench_now() - t) * (K + 1) / K);
		time_meta(x, k);
		time_learner(x, (uint32_t)k + 1);
		t = bench_now();
		go_round(&c, x);
		t = lap(x, FRAMES, t);
		go_round(&inside, x);
		(void)lap(x, INSIDE, t);
	}
	close_circle(&c);
	close_circle(&inside);
}

double bench_parts(const char *task)
{
	struct bench_ceiling c = { .threads = 0 };
	struct rig x;
	char title[96];

	bench_products(&c);
	snprintf(title, sizeof title, "Parts of an update, %s, %d threads", task, c.threads);
	bench_section(title, "Each alone. Acting is (K+1)/K trajectories, the meta sweep 1/K of a meta-step; frames and pipes: "
	    "a ring that computes nothing.");
	open_rig(&x, task, c.threads);
	time_all(&x, &c, x.dims.N < 5 ? 165 : 99);
	bench_ceiling_rows(&c);
	const struct bench_flops f = bench_flops(&x.dims, x.l->base.o.B, K, 0.5);
	const struct { const char *name; double mflop; } part[PARTS] = {
		[ACTING] = { "acting", f.acting },
		[SAMPLING] = { "replay batch and draws", 0 },
		[TARGETS] = { "targets: c', pi'", f.targets },
		[CRITIC] = { "critic, both ways", f.critic },
		[DECIDING] = { "decisions C^i", f.decide },
		[FORWARD] = { "policies forward", f.forward },
		[THROUGH_Q] = { "policies through Q", f.through_q },
		[BACKWARD] = { "policies backward", f.backward },
		[OPTIMISERS] = { "optimisers and targets' steps", 0 },
		[COMM] = { "communication update (one core)", f.comm_update },
		[META] = { "meta sweep (one core)", f.meta },
		[FRAMES] = { "frames and pipes", 0 },
		[INSIDE] = { "the same, parameters in the frames", 0 },
		[UPDATE] = { "learner, whole", f.targets + f.critic + f.decide + f.forward + f.through_q + f.backward },
	};

	for (int i = 0; i < PARTS; i++)
		bench_row(part[i].name, "ms", &x.ms[i], part[i].mflop,
		    i == COMM || i == META ? c.blas[0] : c.blas[1]);
	close_rig(&x);
	return bench_median(&x.ms[FRAMES]);
}
