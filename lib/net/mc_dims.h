/*
 * Sizes of a run, and how its agents decide whom to ask: what every net and every array is made from.
 */
#ifndef MC_DIMS_H
#define MC_DIMS_H

#include <stddef.h>

#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the environment says. */
struct mc_env_dims {
	size_t N;     /* learning agents */
	size_t d;     /* neighbour slots, N - 1 */
	size_t T;     /* steps of an episode */
	size_t O, A;  /* observation and action width of one agent */
};

/*
 * What the update rule reads and says. All 0 is the paper's rule: eq. 5's A_hat of all pairs at
 * once from x_t = [r_t, d_t, gamma, c of all pairs]. Each 1 is one step beyond it
 * (metacomm-learning(7), "5. Meta-gradient").
 */
struct mc_rule_form {
	int edge;       /* one pair at a time, by one LSTM for all: the weights do not depend on N */
	int decisions;  /* x holds I, too (an edge rule's always does) */
	int advantage;  /* x holds G_t - V(o_t), too */
	int normal;     /* r, and G - V, in units of the rewards' running deviation, r from their mean */
	int residual;   /* A_hat is G_t - V(o_t) plus what the net says */
};

/* And what the nets add. The environment's are dims.env, and in C each of them dims.N, dims.d ... as well. */
struct mc_dims {
#ifdef __cplusplus
	struct mc_env_dims env;
#else
	union {
		struct mc_env_dims env;
		struct {
			size_t N, d, T, O, A;
		};
	};
#endif
	size_t H;     /* hidden width of comm, policy, critic, baseline */
	size_t R;     /* hidden width of the update rule */
	int share;    /* 1 = one comm and one policy net serve all agents */
	int invariant; /* 1 = the critic's value does not depend on the order of the agents (mc_invariant.h) */
	struct mc_rule_form rule;
};

static inline int mc_env_dims_same(const struct mc_env_dims *x, const struct mc_env_dims *y)
{
	return x->N == y->N && x->d == y->d && x->T == y->T && x->O == y->O && x->A == y->A;
}

/* Rows of x_t, their width, and outputs for each: N*d outputs in all, whatever the form. */
static inline size_t mc_rule_rows(const struct mc_dims *x)
{
	return x->rule.edge ? x->env.N * x->env.d : 1;
}

static inline size_t mc_rule_width(const struct mc_dims *x)
{
	const size_t pairs = x->env.N * x->env.d, advantage = x->rule.advantage ? 1 : 0;

	return x->rule.edge ? 7 + advantage : 3 + pairs + (x->rule.decisions ? pairs : 0) + advantage;
}

static inline size_t mc_rule_outputs(const struct mc_dims *x)
{
	return x->rule.edge ? 1 : x->env.N * x->env.d;
}

/* Slot j of agent i is the j-th other agent in increasing index. */
static inline MC_BOTH size_t mc_slot_agent(size_t i, size_t j)
{
	return j < i ? j : j + 1;
}

/* How communication is decided: by learned nets, never, or always. */
enum mc_decide { MC_LEARNED, MC_NONE, MC_FULL };

/* "learned", "none", "full"; and back (-1 for anything else). */
const char *mc_decide_name(enum mc_decide how);
int mc_decide_parse(const char *name);

/* The kinds of critic, as `invariant` says them: 0 = "mlp", 1 = "invariant", -1 for anything else. */
int mc_critic_parse(const char *name);

#ifdef __cplusplus
}
#endif

#endif
