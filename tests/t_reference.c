/*
 * The ring of programs against a plain loop in one process: Algorithm 1 written out, on the
 * library's pieces, must give the same bytes as the programs that talk through pipes, with one
 * thread and with two.
 *
 * What this proves is the wiring: that frames, queues and barriers of three processes give each
 * piece what it needs, in Algorithm 1's order. Both sides are the same library, so an error in a
 * piece is in both: that the pieces are right is for t_fixtures, which holds them to values of an
 * independent implementation, and for the gradient checks in double precision.
 */
#include <stdlib.h>
#include <unistd.h>

#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_env.h"
#include "mc_header.h"
#include "mc_learner_cpu.h"
#include "mc_meta.h"
#include "mc_rollout.h"
#include "mc_ramp.h"
#include "tap.h"

enum { ITERATIONS = 50, K = 10, SEED = 7 };

/* Noise and the critic's discount move while the runs last. */
#define EXPLORE "1:0.2:40"
#define CRITIC_GAMMA "0.6:0.95:30"

struct loop {
	struct mc_arena arena;
	struct mc_dims dims;
	struct mc_task task;
	enum mc_method method;
	struct mc_pool *pool;
	struct mc_env *env;
	struct mc_rollout *rollout;
	struct mc_learner *learner;
	struct mc_meta *meta;        /* NULL under none, full, stgs */
	struct mc_traj traj;
	struct mc_ramp explore, gamma;
	struct mc_learner_opts rates;
	int64_t iteration, episode;
};

static enum mc_decide decide(enum mc_method m)
{
	return m == MC_METHOD_NONE ? MC_NONE : m == MC_METHOD_FULL ? MC_FULL : MC_LEARNED;
}

static int start(struct loop *x, const char *task, enum mc_method method, struct mc_err *e)
{
	struct mc_learner_opts lo;
	struct mc_meta_opts mo;

	*x = (struct loop){ .method = method };
	if (mc_task_parse(&x->task, task, e) < 0 || mc_ramp_parse(&x->explore, EXPLORE, 0, 10, "", "", e) < 0 ||
	    mc_ramp_parse(&x->gamma, CRITIC_GAMMA, 0, 1, "", "", e) < 0)
		return -1;
	x->dims.env = mc_task_dims(&x->task);
	x->dims.H = 32;
	x->dims.R = 16;
	mc_learner_defaults(&lo);
	lo.seed = SEED;
	lo.gamma = x->gamma.start;
	x->rates = lo;
	lo.decide = decide(method);
	lo.stgs = method == MC_METHOD_STGS;
	mc_meta_defaults(&mo);
	mo.method = method;
	mo.K = K;
	x->pool = mc_pool_new(1, e);
	x->env = mc_env_world(&x->task, 1, NULL, -1, SEED, 1, e);
	x->rollout = mc_rollout_new(&x->dims, 1, 1, &x->arena, e);
	x->learner = mc_learner_cpu_new(&x->dims, &lo, x->pool, e);
	if (method == MC_METHOD_REINFORCE || method == MC_METHOD_META)
		x->meta = mc_meta_new(&x->dims, &mo, &x->arena, e);
	if (!x->env || !x->rollout || !x->learner || mc_traj_new(&x->traj, &x->dims, &x->arena, e) < 0)
		return -1;
	mc_learner_init(x->learner);
	if (x->meta) {
		mc_meta_init(x->meta, SEED);
		mc_learner_take_comm(x->learner, mc_meta_params(x->meta, MC_NET_COMM)->v, 0);
	}
	return 0;
}

static void stop(struct loop *x)
{
	mc_learner_free(x->learner);
	mc_env_free(x->env);
	mc_pool_free(x->pool);
	mc_arena_free(&x->arena);
}

/* tau under the current nets */
static int act(struct loop *x, int last, struct mc_err *e)
{
	const struct mc_rollout_opts o = { .how = decide(x->method), .sigma = mc_ramp_at(&x->explore, x->episode), .seed = SEED, .env = 1 };
	const struct mc_params *comm = x->meta ? mc_meta_params(x->meta, MC_NET_COMM) :
	    mc_learner_params(x->learner, MC_NET_COMM, 0);
	struct mc_episodes to = mc_episodes_traj(&x->traj);

	x->traj.iteration = x->iteration;
	x->traj.episode = x->episode;
	x->traj.last = last;
	return mc_rollout_run(x->rollout, x->env, &o, comm, mc_learner_params(x->learner, MC_NET_POLICY, 0),
	    (uint32_t)x->episode++, 1, &to, x->pool, e);
}

/* Algorithm 1, lines 4-13 */
static int meta_iteration(struct loop *x, struct mc_err *e)
{
	struct mc_learner_metrics lf;
	struct mc_meta_metrics mf;

	for (int k = 1; k <= K; k++) {
		if (act(x, 0, e) < 0 || mc_learner_append(x->learner, &x->traj, e) < 0)
			return -1;
		const int ready = mc_learner_ready(x->learner);

		mc_learner_rates(x->learner, mc_ramp_at(&x->gamma, x->traj.episode), x->rates.lr_critic, x->rates.lr_policy);
		if (mc_learner_update(x->learner, (uint32_t)++x->iteration, &lf, e) < 0)
			return -1;
		if (!x->meta)
			continue;
		if (mc_meta_trajectory(x->meta, &x->traj, &mf, e) < 0)
			return -1;
		mc_learner_take_comm(x->learner, mc_meta_params(x->meta, MC_NET_COMM)->v, ready);
	}
	if (x->method != MC_METHOD_META)
		return 0;
	return act(x, 1, e) < 0 ? -1 : mc_meta_trajectory(x->meta, &x->traj, &mf, e);
}

/* One net of the checkpoint against the loop's: the same bytes? */
static int same(const struct mc_ckpt *c, const char *name, const struct mc_params *p, struct mc_arena *arena)
{
	struct mc_params q;
	struct mc_err e = { 0 };

	if (!p)
		return !mc_ckpt_has(c, name);
	if (mc_ckpt_params(c, name, &q, arena, &e) < 0) {
		diag("%s: %s", name, e.what);
		return 0;
	}
	if (memcmp(p->v, q.v, p->size * sizeof *p->v) == 0)
		return 1;
	diag("%s differs", name);
	return 0;
}

static int all_same(struct loop *x, const char *path)
{
	struct mc_arena arena = { 0 };
	struct mc_err e = { 0 };
	struct mc_ckpt c;
	int good = 1;

	if (mc_ckpt_open(&c, path, MC_FRAME_MAX, &e) < 0) {
		diag("%s: %s", path, e.what);
		return 0;
	}
	for (int net = MC_NET_COMM; net <= MC_NET_CRITIC; net++) {
		char target[32];
		const struct mc_params *own = mc_learner_params(x->learner, (enum mc_net)net, 0);

		(void)snprintf(target, sizeof target, "target.%s", mc_net_name((enum mc_net)net));
		good &= same(&c, mc_net_name((enum mc_net)net), own, &arena);
		good &= same(&c, target, mc_learner_params(x->learner, (enum mc_net)net, 1), &arena);
	}
	for (int net = MC_NET_BASELINE; net <= MC_NET_RULE; net++)
		good &= same(&c, mc_net_name((enum mc_net)net),
		    x->meta ? mc_meta_params(x->meta, (enum mc_net)net) : NULL, &arena);
	good &= c.iteration == x->iteration && c.episode == x->episode;
	mc_ckpt_close(&c);
	mc_arena_free(&arena);
	return good;
}

/* pipelines/train with the same settings; its exit status. */
static int ring(const char *dir, const char *task, enum mc_method method, int threads, int64_t episodes)
{
	char command[1024];

	(void)snprintf(command, sizeof command,
	    "pipelines/train -t %s -m %s -s %d -e %lld -o %s/%s-%d -R '--hidden 32 %s --explore " EXPLORE " --threads %d' %s "
	    "-Q '--critic-gamma " CRITIC_GAMMA " --threads %d'", task, mc_method_name(method), SEED, (long long)episodes, dir,
	    mc_method_name(method), threads, strstr(task, "prey") ? "--prey flee" : "", threads,
	    method == MC_METHOD_META ? "-M '--rule-hidden 16'" : "", threads);
	return system(command);
}

static void compare(const char *dir, const char *task, enum mc_method method)
{
	struct mc_err e = { 0 };
	struct loop x;
	char path[512];
	int r = start(&x, task, method, &e);

	while (r == 0 && x.iteration < ITERATIONS)
		r = meta_iteration(&x, &e);
	ok(r == 0 && x.iteration == ITERATIONS, "%s: %d iterations in one process", mc_method_name(method), ITERATIONS);
	if (r < 0)
		diag("%s", e.what);
	for (int threads = 1; r == 0 && threads <= 2; threads++) {
		const int status = ring(dir, task, method, threads, x.episode);

		(void)snprintf(path, sizeof path, "%s/%s-%d/run.ckpt", dir, mc_method_name(method), threads);
		ok(status == 0 && all_same(&x, path), "%s: the ring, %d thread(s), has the same nets to the bit",
		    mc_method_name(method), threads);
	}
	stop(&x);
}

int main(void)
{
	char dir[] = "/tmp/mc-reference.XXXXXX", command[64];
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0 || !mkdtemp(dir)) {
		ok(0, "set up: %s", e.what);
		return tap_done();
	}
	compare(dir, "navigation_N3_l3", MC_METHOD_NONE);
	compare(dir, "push_N3", MC_METHOD_FULL);
	compare(dir, "predator_prey_N3_l3", MC_METHOD_REINFORCE);
	compare(dir, "navigation_N3_l3", MC_METHOD_META);
	compare(dir, "navigation_N3_l3", MC_METHOD_STGS);
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	if (system(command) != 0)
		diag("cannot remove %s", dir);
	return tap_done();
}
