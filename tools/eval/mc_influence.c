#include "mc_influence.h"

#include <math.h>
#include <string.h>

#include "mc_critic.h"

struct sums {
	uint64_t given;
	double action, q;
};

/* Scratch memory of one worker. */
struct scratch {
	mc_real *a, *da;          /* [max,A] */
	mc_real *q;               /* [max] */
	struct mc_critic_work *critic;
};

struct mc_influence {
	struct mc_dims dims;
	struct mc_actor *actor;
	struct scratch *scratch;
	uint64_t steps;           /* of all episodes */
	struct sums *sum;         /* [N,d] */
	uint8_t *heard;           /* [max,N,d] without one slot */
	mc_real *without;         /* [max,N,A] actions */
	mc_real *z1;              /* what mc_critic_first leaves */
	mc_real *q;               /* [max] of what was done */
};

/* One step of n episodes, the first `count` of which are added. Its pieces are agents. */
struct job {
	struct mc_influence *x;
	size_t n, count, slot;    /* slot: the one that is taken away */
	struct mc_critic_net net;
	const mc_real *o, *a;     /* [n,N,O], [n,N,A] as executed */
	const uint8_t *given;     /* [n,N,d] */
	const uint8_t *src;       /* [n,N,d] or NULL */
};

static int scratch_new(struct scratch *s, const struct mc_dims *x, size_t max, struct mc_arena *arena, struct mc_err *e)
{
	const size_t R = sizeof(mc_real);

	return (s->a = mc_arena_alloc(arena, max * x->A, R, "influence", e)) &&
	    (s->da = mc_arena_alloc(arena, max * x->A, R, "influence", e)) &&
	    (s->q = mc_arena_alloc(arena, max, R, "influence", e)) &&
	    (s->critic = mc_critic_work_new(x, max, arena, e)) ? 0 : -1;
}

struct mc_influence *mc_influence_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t R = sizeof(mc_real);
	struct mc_influence *x = mc_arena_alloc(arena, 1, sizeof *x, "influence", e);

	if (!x)
		return NULL;
	*x = (struct mc_influence){ .dims = *dims };
	if (!(x->actor = mc_actor_new(dims, max, workers, arena, e)) ||
	    !(x->scratch = mc_arena_alloc(arena, (size_t)workers, sizeof *x->scratch, "influence", e)) ||
	    !(x->sum = mc_arena_alloc(arena, dims->N * dims->d, sizeof *x->sum, "influence", e)) ||
	    !(x->heard = mc_arena_alloc(arena, max * dims->N * dims->d, 1, "influence", e)) ||
	    !(x->without = mc_arena_alloc(arena, max * dims->N * dims->A, R, "influence", e)) ||
	    !(x->z1 = mc_arena_alloc(arena, max * mc_critic_first_size(dims), R, "influence", e)) ||
	    !(x->q = mc_arena_alloc(arena, max, R, "influence", e)))
		return NULL;
	memset(x->sum, 0, dims->N * dims->d * sizeof *x->sum);
	for (int i = 0; i < workers; i++)
		if (scratch_new(&x->scratch[i], dims, max, arena, e) < 0)
			return NULL;
	return x;
}

/* q [n] = Q(o, a) with agent i's action from `of` [n,N,A]. */
static void value(const struct job *j, struct scratch *s, size_t i, const mc_real *of, mc_real *q)
{
	const size_t N = j->x->dims.N, A = j->x->dims.A;

	for (size_t b = 0; b < j->n; b++)
		memcpy(s->a + b * A, of + (b * N + i) * A, A * sizeof *of);
	mc_critic_action(s->critic, &j->net, i, j->n, j->x->z1, j->a, s->a, 1, q, s->da);
}

/* Agent i, without what it heard in the slot. */
static void agent_piece(void *ctx, size_t i, int worker)
{
	const struct job *j = ctx;
	const struct mc_influence *x = j->x;
	struct scratch *s = &x->scratch[worker];
	const size_t N = x->dims.N, d = x->dims.d, A = x->dims.A;
	struct sums *sum = &x->sum[i * d + j->slot];

	value(j, s, i, x->without, s->q);
	for (size_t b = 0; b < j->count; b++) {
		const mc_real *a = j->a + (b * N + i) * A, *without = x->without + (b * N + i) * A;
		double sq = 0;

		if (!j->given[(b * N + i) * d + j->slot])
			continue;
		for (size_t k = 0; k < A; k++)
			sq += (double)(without[k] - a[k]) * (double)(without[k] - a[k]);
		sum->given++;
		sum->action += sqrt(sq);
		sum->q += (double)s->q[b] - (double)x->q[b];
	}
}

/* Each slot in turn is taken from everybody at once, as an action depends on the agent's own alone. */
static void add_step(struct job *j, const struct mc_params *policy, struct mc_pool *pool)
{
	struct mc_influence *x = j->x;
	const size_t N = x->dims.N, d = x->dims.d;
	const struct mc_act_batch b = { .n = j->n, .o = j->o, .I = x->heard, .src = j->src, .a = x->without };

	mc_critic_first(x->scratch[0].critic, &j->net, j->n, j->o, j->a, x->z1);
	value(j, &x->scratch[0], 0, j->a, x->q);
	for (j->slot = 0; j->slot < d; j->slot++) {
		memcpy(x->heard, j->given, j->n * N * d);
		for (size_t row = 0; row < j->n * N; row++)
			x->heard[row * d + j->slot] = 0;
		mc_actor_act(x->actor, policy, &b, pool);
		mc_pool_run(pool, agent_piece, j, N);
	}
}

void mc_influence_add(struct mc_influence *x, const struct mc_params *policy, const struct mc_params *critic,
    const struct mc_episodes *p, size_t n, size_t count, struct mc_pool *pool)
{
	const struct mc_dims *s = &x->dims;
	const size_t pairs = n * s->N * s->d;
	struct job j = { .x = x, .n = n, .count = count, .net = mc_critic_at(critic, critic->v, s) };

	for (size_t t = 0; t < s->T; t++) {
		j.o = p->o + t * n * s->N * s->O;
		j.a = p->a + t * n * s->N * s->A;
		j.given = (p->heard ? p->heard : p->I) + t * pairs;
		j.src = p->src ? p->src + t * pairs : NULL;
		add_step(&j, policy, pool);
	}
	x->steps += count * s->T;
}

struct mc_influence_of mc_influence_get(const struct mc_influence *x, size_t i, size_t j)
{
	const struct sums *sum = &x->sum[i * x->dims.d + (j < i ? j : j - 1)];
	const double n = sum->given ? (double)sum->given : (double)NAN;

	return (struct mc_influence_of){ (double)sum->given / (double)x->steps, sum->action / n, sum->q / n };
}
