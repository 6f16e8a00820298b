/*
 * Neighbourhoods that change: slots without a neighbour are never asked, whoever decides, and what
 * is learned from steps without neighbours is what is learned without communication.
 */
#include <math.h>
#include <stdlib.h>

#include "mc_blas.h"
#include "mc_learner_cpu.h"
#include "mc_meta.h"
#include "mc_rollout.h"
#include "mc_rng.h"
#include "tap.h"

enum { EPISODES = 40 };

static struct mc_arena arena;
static struct mc_pool *pool;

static void *need(void *p, const struct mc_err *e)
{
	if (p)
		return p;
	diag("%s", e->what);
	exit(1);
}

static struct mc_dims dims_of(const struct mc_task *task)
{
	struct mc_dims x = { .H = 16, .R = 8 };

	x.env = mc_task_dims(task);
	return x;
}

static struct mc_params net_of(enum mc_net net, const struct mc_dims *x)
{
	struct mc_err e = { 0 };
	struct mc_params p;

	if (mc_params_new(&p, net, x, &arena, &e) < 0)
		(void)need(NULL, &e);
	mc_params_init(&p, 3, 1);
	return p;
}

/* ---- acting ---- */

static struct mc_episodes episodes(const struct mc_task *task, double range, struct mc_rollout_opts o)
{
	const struct mc_dims x = dims_of(task);
	const struct mc_params comm = net_of(MC_NET_COMM, &x), policy = net_of(MC_NET_POLICY, &x);
	struct mc_err e = { 0 };
	struct mc_env *env = need(mc_env_world(task, EPISODES, NULL, range, 5, 1, &e), &e);
	struct mc_rollout *rollout = need(mc_rollout_new(&x, EPISODES, 1, &arena, &e), &e);
	struct mc_episodes p;

	if (mc_episodes_new(&p, &x, EPISODES, 0, &arena, &e) < 0 ||
	    mc_rollout_run(rollout, env, &o, &comm, &policy, 0, EPISODES, &p, pool, &e) < 0)
		(void)need(NULL, &e);
	mc_env_free(env);
	return p;
}

/* How often m = 1 and I = 1, and whether I = 1 anywhere without m = 1. */
struct count { long edges, requests, outside; };

static struct count count(const struct mc_episodes *p, const struct mc_dims *x)
{
	struct count c = { 0, 0, 0 };

	for (size_t k = 0; k < x->T * EPISODES * x->N * x->d; k++) {
		c.edges += p->m[k];
		c.requests += p->I[k];
		c.outside += p->I[k] && !p->m[k];
	}
	return c;
}

static void acting(const char *name)
{
	static const char *const word[] = { "learned", "none", "full", "greedy" };
	struct mc_err e = { 0 };
	struct mc_task task;

	if (mc_task_parse(&task, name, &e) < 0)
		(void)need(NULL, &e);
	const struct mc_dims x = dims_of(&task);
	const long all = (long)(x.T * EPISODES * x.N * x.d);

	for (int how = 0; how < 4; how++) {
		const struct mc_rollout_opts o = { .how = how == 3 ? MC_LEARNED : (enum mc_decide)how,
			.greedy = how == 3, .sigma = 0.2, .seed = 5, .env = 1 };
		const struct mc_episodes near = episodes(&task, 0.8, o), far = episodes(&task, 1e6, o), every = episodes(&task, -1, o);
		const struct count c = count(&near, &x);

		ok(c.edges > all / 50 && c.edges < all / 2, "%s, %s: a range leaves some edges", name, word[how]);
		is_int(c.outside, 0, "... and no slot without a neighbour is asked");
		ok(how == MC_NONE ? c.requests == 0 : how == MC_FULL ? c.requests == c.edges :
		    c.requests > 0 && c.requests < c.edges, "... those with one as ever");
		ok(memcmp(far.m, every.m, (size_t)all) == 0 && memcmp(far.I, every.I, (size_t)all) == 0 &&
		    memcmp(far.o, every.o, (x.T + 1) * EPISODES * x.N * x.O * sizeof *far.o) == 0 &&
		    memcmp(far.a, every.a, x.T * EPISODES * x.N * x.A * sizeof *far.a) == 0,
		    "... and a range beyond all distances is none");
	}
}

/* ---- learning ---- */

/* Trajectory k of a team without neighbours. */
static struct mc_traj alone(const struct mc_dims *x, uint32_t k)
{
	struct mc_err e = { 0 };
	struct mc_traj t;

	if (mc_traj_new(&t, x, &arena, &e) < 0)
		(void)need(NULL, &e);
	mc_rng_normal(t.o, 0, (x->T + 1) * x->N * x->O, 1, MC_RNG_EXPLORE, 0, k);
	mc_rng_uniform(t.a, 0, x->T * x->N * x->A, 1, MC_RNG_RANDOM, 0, k);
	mc_rng_normal(t.r, 0, x->T, 1, MC_RNG_EXPLORE, 1, k);
	t.iteration = k;
	return t;
}

static struct mc_learner *learn(const struct mc_dims *x, enum mc_decide how, int stgs)
{
	const struct mc_params comm = net_of(MC_NET_COMM, x);
	struct mc_learner_opts o;
	struct mc_learner_metrics fig;
	struct mc_err e = { 0 };

	mc_learner_defaults(&o);
	o.decide = how;
	o.stgs = stgs;
	o.B = 60;
	struct mc_learner *l = need(mc_learner_cpu_new(x, &o, pool, &e), &e);

	mc_learner_init(l);
	if (how == MC_LEARNED && !stgs)
		mc_learner_take_comm(l, comm.v, 0);
	for (uint32_t k = 0; k < 30; k++) {
		const struct mc_traj t = alone(x, k);

		if (mc_learner_append(l, &t, &e) < 0 || mc_learner_update(l, k + 1, &fig, &e) < 0)
			(void)need(NULL, &e);
	}
	return l;
}

/* Largest distance of their parameters. */
static double apart(struct mc_learner *a, struct mc_learner *b, enum mc_net net)
{
	double most = 0;

	for (int target = 0; target < 2; target++) {
		const struct mc_params *p = mc_learner_params(a, net, target), *q = mc_learner_params(b, net, target);

		for (size_t k = 0; k < p->size; k++)
			most = fmax(most, fabs((double)p->v[k] - (double)q->v[k]));
	}
	return most;
}

static void learning(int share)
{
	const struct mc_dims x = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 16, .R = 16, .share = share };
	static const char *const word[] = { "full", "learned", "stgs" };
	struct mc_learner *none = learn(&x, MC_NONE, 0);

	for (int i = 0; i < 3; i++) {
		struct mc_learner *l = learn(&x, i == 0 ? MC_FULL : MC_LEARNED, i == 2);

		/* stgs adds up what agents that share a net have learned in another order */
		const double rounding = i == 2 && share ? 1e-6 : 0;
		const double most = fmax(apart(l, none, MC_NET_POLICY), apart(l, none, MC_NET_CRITIC));

		ok(most <= rounding, "without neighbours %s learns what none learns%s", word[i], share ? ", shared" : "");
		if (most > rounding)
			printf("# apart by %g\n", most);
		mc_learner_free(l);
	}
	mc_learner_free(none);
}

/* g = 0: theta_c stays where it is, and eta has nothing to learn from. */
static void deciding(enum mc_method method)
{
	const struct mc_dims x = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 16, .R = 16 };
	struct mc_meta_opts o;
	struct mc_meta_metrics fig = { 0 };
	struct mc_err e = { 0 };

	mc_meta_defaults(&o);
	o.method = method;
	o.K = 3;
	struct mc_meta *meta = need(mc_meta_new(&x, &o, &arena, &e), &e);

	mc_meta_init(meta, 1);
	const struct mc_params *comm = mc_meta_params(meta, MC_NET_COMM), *rule = mc_meta_params(meta, MC_NET_RULE);
	struct mc_meta *still = need(mc_meta_new(&x, &o, &arena, &e), &e);

	mc_meta_init(still, 1);
	for (uint32_t k = 0; k <= 3; k++) {
		struct mc_traj t = alone(&x, k);

		t.last = method == MC_METHOD_META && k == 3;
		if (mc_meta_trajectory(meta, &t, &fig, &e) < 0)
			(void)need(NULL, &e);
	}
	is_near(fig.g_norm, 0, 0, "without neighbours g = 0");
	ok(memcmp(comm->v, mc_meta_params(still, MC_NET_COMM)->v, comm->size * sizeof *comm->v) == 0,
	    "... and theta_c stays");
	if (method != MC_METHOD_META)
		return;
	is_near(fig.J, 0, 0, "... J = 0");
	ok(memcmp(rule->v, mc_meta_params(still, MC_NET_RULE)->v, rule->size * sizeof *rule->v) == 0,
	    "... and eta stays");
}

int main(void)
{
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "%s", e.what);
		return tap_done();
	}
	pool = need(mc_pool_new(1, &e), &e);
	acting("navigation_N6_l1");
	acting("predator_prey_N3_l3");
	learning(0);
	learning(1);
	deciding(MC_METHOD_REINFORCE);
	deciding(MC_METHOD_META);
	mc_pool_free(pool);
	mc_arena_free(&arena);
	return tap_done();
}
