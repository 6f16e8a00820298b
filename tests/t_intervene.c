/* Interventions: what is asked, what is heard, of whom; and a team acting under them. */
#include <stdlib.h>

#include "mc_blas.h"
#include "mc_critic.h"
#include "mc_influence.h"
#include "mc_intervene.h"
#include "mc_rollout.h"
#include "mc_rng.h"
#include "mc_task.h"
#include "tap.h"

enum { N = 4, D = 3, n = 500, PAIRS = n * N * D, EPISODES = 6 };

static const struct mc_dims dims = { .N = N, .d = D, .T = 1, .O = 5, .A = 2, .H = 8 };
static struct mc_arena arena;
static struct mc_pool *pool;
static mc_real u[PAIRS], c[PAIRS];
static uint8_t I[PAIRS], heard[PAIRS], src[PAIRS];

static struct mc_intervention with(const char *comm, const char *cut, const char *mute)
{
	struct mc_intervention x = mc_intervention_none;
	struct mc_err e = { 0 };

	if ((comm && mc_intervention_comm(&x, comm, &e) < 0) || (cut && mc_intervention_cut(&x, cut, &e) < 0) ||
	    (mute && mc_intervention_mute(&x, mute, &e) < 0))
		ok(0, "%s", e.what);
	return x;
}

/* ---- one step ---- */

static void draw(void)
{
	mc_rng_uniform(c, 0, PAIRS, 1, MC_RNG_RANDOM, 0, 0);
	mc_rng_uniform(u, 0, PAIRS, 1, MC_RNG_ASK, 0, 0);
	for (size_t k = 0; k < PAIRS; k++)
		I[k] = u[k] < c[k];
	mc_rng_uniform(u, 0, PAIRS, 1, MC_RNG_DROP, 0, 0);
}

static void limits(void)
{
	struct mc_intervention x = mc_intervention_none;
	uint8_t left[PAIRS];
	int few = 1, best = 1, same;
	const mc_real equal[N * D] = { 0 };
	uint8_t all[N * D];

	for (x.max_edges = 1; x.max_edges <= 2; x.max_edges++) {
		memcpy(left, I, sizeof I);
		mc_intervene_limit(&x, &dims, n, c, left);
		for (size_t row = 0; row < n * N; row++) {
			long asked = 0, wanted = 0;

			for (size_t j = row * D; j < (row + 1) * D; j++) {
				asked += left[j];
				wanted += I[j];
				for (size_t k = row * D; k < (row + 1) * D; k++) /* nobody kept below one dropped */
					best &= !(left[j] && I[k] && !left[k] && c[k] > c[j]);
				best &= left[j] <= I[j];
			}
			few &= asked == (wanted < x.max_edges ? wanted : x.max_edges);
		}
	}
	ok(few, "max_edges: that many requests are left, or all");
	ok(best, "and they are the most probable of those decided");
	x.max_edges = D;
	memcpy(left, I, sizeof I);
	mc_intervene_limit(&x, &dims, n, c, left);
	ok(memcmp(left, I, sizeof I) == 0, "a limit of all slots changes nothing");
	memset(all, 1, sizeof all);
	x.max_edges = 2;
	mc_intervene_limit(&x, &dims, 1, equal, all);
	same = all[0] && all[1] && !all[2];
	ok(same, "of equal ones the lower slots stay");
}

static double share(const uint8_t *of, const uint8_t *in)
{
	double a = 0, b = 0;

	for (size_t k = 0; k < PAIRS; k++) {
		a += of[k];
		b += in[k];
	}
	return a / b;
}

static void hearing(void)
{
	struct mc_intervention x = with("drop=0.3", NULL, NULL);
	int right = 1, only = 1;

	mc_intervene_hear(&x, &dims, n, I, u, heard);
	for (size_t k = 0; k < PAIRS; k++)
		only &= heard[k] <= I[k];
	is_near(share(heard, I), 0.7, 0.03, "drop=0.3 loses about three messages in ten");
	ok(only, "and none comes unasked");
	x = with("drop=0", NULL, NULL);
	mc_intervene_hear(&x, &dims, n, I, u, heard);
	ok(memcmp(heard, I, sizeof I) == 0, "drop=0 loses none");
	x = with("drop=1", NULL, NULL);
	mc_intervene_hear(&x, &dims, n, I, u, heard);
	ok(share(heard, I) == 0, "drop=1 loses all");
	x = with(NULL, "0,2:3,1", "0");
	mc_intervene_hear(&x, &dims, n, I, NULL, heard);
	for (size_t k = 0; k < PAIRS; k++) {
		const size_t i = k / D % N, j = mc_slot_agent(i, k % D);
		const int silent = j == 0 || (i == 0 && j == 2) || (i == 3 && j == 1);

		right &= heard[k] == (I[k] && !silent);
	}
	ok(right, "cut and muted messages are silent, all others come");
}

static void sources(void)
{
	struct mc_intervention x = with("shuffle", NULL, NULL);
	int other = 1, own = 1, asked = 1;
	double first = 0;

	mc_intervene_source(&x, &dims, n, u, src);
	for (size_t k = 0; k < PAIRS; k++) {
		const size_t i = k / D % N, j = mc_slot_agent(i, k % D), low = i != 0 && j != 0 ? 0 : i != 1 && j != 1 ? 1 : 2;

		other &= src[k] < N && src[k] != i && src[k] != j;
		first += src[k] == low;
	}
	ok(other, "shuffle: neither the asker nor the asked");
	is_near(first / PAIRS, 0.5, 0.02, "each of the two others as often");
	x = with("self", NULL, NULL);
	mc_intervene_source(&x, &dims, n, NULL, src);
	for (size_t k = 0; k < PAIRS; k++)
		own &= src[k] == k / D % N;
	ok(own, "self: the asker");
	x = mc_intervention_none;
	mc_intervene_source(&x, &dims, n, NULL, src);
	for (size_t k = 0; k < PAIRS; k++)
		asked &= src[k] == mc_slot_agent(k / D % N, k % D);
	ok(asked, "otherwise: the asked");
}

/* ---- acting ---- */

struct team {
	struct mc_task task;
	struct mc_dims dims;
	struct mc_params comm, policy, critic;
};

static struct mc_params net(enum mc_net which, const struct mc_dims *x)
{
	struct mc_params p;

	(void)mc_params_new(&p, which, x, &arena, NULL);
	mc_params_init(&p, 3, (uint32_t)which);
	return p;
}

static struct mc_episodes episodes(const struct team *x, const struct mc_intervention *change)
{
	const struct mc_rollout_opts o = { .how = change && change->how >= 0 ? (enum mc_decide)change->how : MC_LEARNED,
		.seed = 4, .change = change };
	struct mc_err e = { 0 };
	struct mc_env *env = mc_env_world(&x->task, EPISODES, NULL, -1, 4, 0, &e);
	struct mc_rollout *rollout = mc_rollout_new(&x->dims, EPISODES, 1, &arena, &e);
	struct mc_episodes p = { 0 };

	if (!env || !rollout || mc_episodes_new(&p, &x->dims, EPISODES, 1, &arena, &e) < 0 ||
	    (change && mc_episodes_add_messages(&p, &x->dims, EPISODES, &arena, &e) < 0) ||
	    mc_rollout_run(rollout, env, &o, &x->comm, &x->policy, 0, EPISODES, &p, pool, &e) < 0) {
		ok(0, "%s", e.what);
		exit(tap_done());
	}
	mc_env_free(env);
	return p;
}

static int same_actions(const struct team *x, const struct mc_episodes *a, const struct mc_episodes *b)
{
	return memcmp(a->a, b->a, x->dims.T * EPISODES * x->dims.N * x->dims.A * sizeof *a->a) == 0;
}

static void acting(const struct team *x)
{
	const struct mc_intervention none = with("none", NULL, NULL), drop0 = with("drop=0", NULL, NULL),
		drop1 = with("drop=1", NULL, NULL), mute = with("full", NULL, "0,1,2"), self = with("self", NULL, NULL),
		shuffle = with("shuffle", NULL, NULL);
	const struct mc_episodes own = episodes(x, NULL), silent = episodes(x, &none), zero = episodes(x, &drop0), one = episodes(x, &drop1),
		muted = episodes(x, &mute), echo = episodes(x, &self), mixed = episodes(x, &shuffle);
	const size_t pairs = x->dims.T * EPISODES * x->dims.N * x->dims.d;
	size_t heard_one = 0, heard_muted = 0, asked_muted = 0;

	for (size_t k = 0; k < pairs; k++) {
		heard_one += one.heard[k];
		heard_muted += muted.heard[k];
		asked_muted += muted.I[k];
	}
	ok(same_actions(x, &own, &zero) && memcmp(own.I, zero.heard, pairs) == 0, "drop=0 acts as the untouched team, bit for bit");
	ok(same_actions(x, &silent, &one) && heard_one == 0, "drop=1 acts as none");
	ok(same_actions(x, &silent, &muted) && heard_muted == 0 && asked_muted == pairs, "all mute act as none, though they ask");
	ok(!same_actions(x, &own, &silent), "which is another team than the untouched one");
	ok(!same_actions(x, &own, &echo) && !same_actions(x, &own, &mixed) && !same_actions(x, &echo, &mixed),
	    "what a message holds matters");
	ok(memcmp(own.I, mixed.I, EPISODES * x->dims.N * x->dims.d) == 0, "the first step's decisions are the same draws");
}

/* ---- influence ---- */

/* For the pair (i, j) anew, by acting without the message, step by step. */
static struct mc_influence_of slow(const struct team *x, const struct mc_episodes *p, size_t i, size_t slot)
{
	const struct mc_dims *s = &x->dims;
	const struct mc_critic_net net = mc_critic_at(&x->critic, x->critic.v, s);
	struct mc_actor *actor = mc_actor_new(s, EPISODES, 1, &arena, NULL);
	struct mc_critic_work *w = mc_critic_work_new(s, EPISODES, &arena, NULL);
	const size_t wide = EPISODES * s->N * s->d, acts = EPISODES * s->N * s->A;
	struct mc_influence_of of = { 0, 0, 0 };
	uint8_t rest[64 * EPISODES];
	mc_real a[64 * EPISODES], joint[64 * EPISODES], q[EPISODES], q0[EPISODES];
	double count = 0;

	for (size_t t = 0; t < s->T; t++) {
		const mc_real *o = p->o + t * EPISODES * s->N * s->O, *done = p->a + t * acts;

		memcpy(rest, p->I + t * wide, wide);
		for (size_t b = 0; b < EPISODES; b++)
			rest[(b * s->N + i) * s->d + slot] = 0;
		const struct mc_act_batch batch = { .n = EPISODES, .o = o, .I = rest, .a = a };

		mc_actor_act(actor, &x->policy, &batch, pool);
		memcpy(joint, done, acts * sizeof *a);
		for (size_t b = 0; b < EPISODES; b++)
			memcpy(joint + (b * s->N + i) * s->A, a + (b * s->N + i) * s->A, s->A * sizeof *a);
		mc_critic_forward(w, &net, EPISODES, o, joint, q);
		mc_critic_forward(w, &net, EPISODES, o, done, q0);
		for (size_t b = 0; b < EPISODES; b++) {
			const size_t at = (b * s->N + i) * s->A;

			if (!p->I[t * wide + (b * s->N + i) * s->d + slot])
				continue;
			count++;
			of.action += hypot((double)(a[at] - done[at]), (double)(a[at + 1] - done[at + 1]));
			of.q += (double)q[b] - (double)q0[b];
		}
	}
	return (struct mc_influence_of){ count / (double)(s->T * EPISODES), of.action / count, of.q / count };
}

static void influence(const struct team *x)
{
	const struct mc_intervention drop1 = with("drop=1", NULL, NULL);
	const struct mc_episodes own = episodes(x, NULL), silent = episodes(x, &drop1);
	struct mc_influence *got = mc_influence_new(&x->dims, EPISODES, 1, &arena, NULL);
	struct mc_influence *nothing = mc_influence_new(&x->dims, EPISODES, 1, &arena, NULL);
	double worst = 0, least = 1;
	int unheard = 1;

	mc_influence_add(got, &x->policy, &x->critic, &own, EPISODES, EPISODES, pool);
	mc_influence_add(nothing, &x->policy, &x->critic, &silent, EPISODES, EPISODES, pool);
	for (size_t i = 0; i < x->dims.N; i++)
		for (size_t slot = 0; slot < x->dims.d; slot++) {
			const struct mc_influence_of a = mc_influence_get(got, i, mc_slot_agent(i, slot)), b = slow(x, &own, i, slot),
				none = mc_influence_get(nothing, i, mc_slot_agent(i, slot));

			worst = fmax(worst, fmax(fabs(a.given - b.given), fmax(fabs(a.action - b.action), fabs(a.q - b.q))));
			least = fmin(least, a.action);
			unheard &= !(none.given > 0) && isnan(none.action) && isnan(none.q);
		}
	is_near(worst, 0, 1e-6, "influence: as acting without each message gives it");
	ok(least > 0, "every message moves who heard it");
	ok(unheard, "where no message comes there is none");
}

/* ---- options ---- */

static int refused(int (*parse)(struct mc_intervention *, const char *, struct mc_err *), const char *text)
{
	struct mc_intervention x = mc_intervention_none;
	struct mc_err e = { 0 };

	return parse(&x, text, &e) < 0 && e.code == MC_USAGE;
}

static void options(void)
{
	static const char *const comm[] = { "", "some", "drop", "drop=", "drop=2", "drop=-1", "drop=nan", "none,full",
		"self,shuffle", "none,drop=0.5", "self,", ",self", "none,self" };
	static const char *const cut[] = { "", "0", "0,0", "0,", ",1", "0,1,2", "0,1:", "a,1", "0,256", "-1,0" };
	static const char *const mute[] = { "", "a", "0,", "1:2", "256" };
	const struct mc_intervention x = with("full,drop=0.5,self", "0,1:2,1", "3,0"), shuffle = with("shuffle", NULL, NULL);
	struct mc_err e = { 0 };
	int all = 1;

	for (size_t k = 0; k < sizeof comm / sizeof *comm; k++)
		all &= refused(mc_intervention_comm, comm[k]);
	for (size_t k = 0; k < sizeof cut / sizeof *cut; k++)
		all &= refused(mc_intervention_cut, cut[k]);
	for (size_t k = 0; k < sizeof mute / sizeof *mute; k++)
		all &= refused(mc_intervention_mute, mute[k]);
	ok(all, "what is not an intervention is refused");
	ok(x.how == MC_FULL && x.drop > 0.4 && x.message == MC_MESSAGE_OWN && x.cuts == 2 && x.cut[1][0] == 2 && x.cut[1][1] == 1 &&
	    x.mutes == 2 && x.mute[0] == 3 && x.mute[1] == 0, "several at once");
	ok(mc_intervention_check(&x, 4, MC_LEARNED, &e) == 0 && mc_intervention_check(&x, 3, MC_LEARNED, &e) < 0,
	    "an agent that the team does not have is refused");
	ok(mc_intervention_check(&shuffle, 3, MC_LEARNED, &e) == 0 && mc_intervention_check(&shuffle, 2, MC_LEARNED, &e) < 0,
	    "shuffle needs three");
	ok(!mc_intervention_touches(&mc_intervention_none, MC_LEARNED), "nothing is not an intervention");
}

int main(void)
{
	struct mc_err e = { 0 };
	struct team x = { .dims = { .H = 8 } };

	pool = mc_pool_new(1, &e);
	if (!pool || mc_blas_init(&e) < 0 || mc_task_parse(&x.task, "push_N3", &e) < 0) {
		ok(0, "%s", e.what);
		return tap_done();
	}
	x.dims.env = mc_task_dims(&x.task);
	x.comm = net(MC_NET_COMM, &x.dims);
	x.policy = net(MC_NET_POLICY, &x.dims);
	x.critic = net(MC_NET_CRITIC, &x.dims);
	draw();
	limits();
	hearing();
	sources();
	acting(&x);
	influence(&x);
	options();
	mc_pool_free(pool);
	mc_arena_free(&arena);
	return tap_done();
}
