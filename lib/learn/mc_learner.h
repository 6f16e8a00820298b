/*
 * The seam for accelerators: the learner of values and policies (metacomm-learning(7), section 3,
 * steps 2-4 and 6, and STGS). Two implementations: mc_learner_cpu, and mc_learner_device on a
 * GPU; what is above them (programs, frames, checkpoints) does not know which. Draws come from
 * Philox counters (mc_rng.h).
 */
#ifndef MC_LEARNER_H
#define MC_LEARNER_H

#include <stdint.h>

#include "mc_act.h"
#include "mc_arena.h"
#include "mc_comm.h"
#include "mc_optim.h"
#include "mc_params.h"
#include "mc_traj.h"

struct mc_learner_opts {
	enum mc_decide decide;  /* how C' and C^i are taken */
	int stgs;               /* 1 = it owns theta_c and learns it by straight-through Gumbel-softmax */
	uint64_t seed;
	size_t B;               /* replay batch */
	size_t replay;          /* capacity of D in transitions */
	size_t warmup;          /* learning begins once D holds so many (never before B) */
	double gamma, tau;      /* the critic's discount; Polyak factor */
	size_t n_step;          /* rewards in y before Q' (mc_replay_ahead); 1 = eq. 1 */
	double lr_critic, lr_policy, b1, b2, adam_eps;
	double penalty;         /* lambda of the policies' actions before tanh (mc_policy_step.h) */
	int joint;              /* 1 = eq. 3 with the other agents' present actions, too, not the stored ones */
	double clip_critic, clip_policy; /* norm bounds; 0 = none. Policies: of each agent's own gradient */
	double lr_comm, rho, eps, temp;  /* stgs: RMSprop of theta_c, temperature */
	double scale_policy, scale_comm; /* factors of the last kernels' initial values (0.1) */
};

void mc_learner_defaults(struct mc_learner_opts *o);

struct mc_learner;

/* Made by mc_learner_cpu_new or mc_learner_device_new. */
void mc_learner_free(struct mc_learner *l);

/* Initial values from the seed: policy, critic (and comm under stgs), targets as copies, moments zero. */
void mc_learner_init(struct mc_learner *l);

/*
 * Parameters of MC_NET_POLICY, _CRITIC, _COMM and, with target = 1, of their targets; NULL if
 * the run has no such net. comm is a copy of the owner's unless stgs: mc_learner_take_comm
 * sets it; the first time (or after mc_learner_init) its target becomes a copy of it.
 * Whoever writes into the blocks (all of the nets that the run has) calls mc_learner_changed
 * afterwards: they are then taken as they stand.
 */
struct mc_params *mc_learner_params(struct mc_learner *l, enum mc_net net, int target);
void mc_learner_changed(struct mc_learner *l);

/*
 * Brings what a checkpoint needs to where mc_learner_params and mc_learner_state_pack read it, until
 * the next update. Without it only the policy's and, under stgs, comm's own parameters are those of
 * the last update. Does nothing where the learner works in the same memory.
 */
int mc_learner_fetch(struct mc_learner *l, struct mc_err *e);

/* Appends the T transitions of one trajectory to D; the oldest fall out at capacity. */
int mc_learner_append(struct mc_learner *l, const struct mc_traj *t, struct mc_err *e);
size_t mc_learner_transitions(const struct mc_learner *l);  /* in D */
int mc_learner_ready(const struct mc_learner *l);           /* D holds at least B and warmup */

/* Until they are set again: the critic's discount and both of Adam's learning rates. At the start those of the options. */
void mc_learner_rates(struct mc_learner *l, double gamma, double lr_critic, double lr_policy);

struct mc_learner_metrics {
	double critic_loss;   /* mean (Q - y)^2 */
	double q_mean;        /* mean Q(o, a) over the batch */
	double objective;     /* mean over agents of mean_b Q(o, a^i, a^-i) */
	double policy_norm, critic_norm; /* gradient norms before clipping; policies: all agents together */
	double comm_norm;     /* stgs; else NaN */
};

/*
 * Steps 3, 4 (and 5 under stgs) of iteration `k` (>= 1; the x of its draws), then Polyak of Q',
 * pi' (and of c' under stgs). MC_DATA naming the net when a number is no longer finite.
 * Does nothing and returns 0 with all metrics NaN while D holds fewer than B transitions.
 */
int mc_learner_update(struct mc_learner *l, uint32_t k, struct mc_learner_metrics *fig, struct mc_err *e);

/*
 * Under stgs, what the nets decided on the batch of the last update that was not skipped: theta_c as
 * it was before that update.
 *   c_pair, asked_pair  out [N,d]  (mc_comm_pairs)
 */
void mc_learner_comm_stats(struct mc_learner *l, struct mc_comm_stats *s, mc_real *c_pair,
    mc_real *asked_pair);

/* Another program's theta_c(k): copied in; then c' moves if `move` (Polyak). */
void mc_learner_take_comm(struct mc_learner *l, const mc_real *theta_c, int move);

/* Optimiser moments and counters: entries of the `state` map. D is not among them. */
void mc_learner_state_pack(struct mc_fb *b, struct mc_learner *l);
int mc_learner_state_unpack(const struct mc_map *state, struct mc_learner *l, struct mc_err *e);

/* ---- for implementations ---- */

/*
 * A net of the learner in this program's memory: parameters, target and what the optimiser keeps.
 * Another program's comm has parameters and target only.
 */
struct mc_learner_net {
	struct mc_params p, target;
	struct mc_adam adam;  /* policies, critic */
	mc_real *nu;          /* [size] RMSprop of comm under stgs; NULL: Adam */
};

struct mc_learner_ops {
	void (*free)(struct mc_learner *l);
	void (*append)(struct mc_learner *l, const struct mc_traj *t); /* its dimensions are right */
	size_t (*transitions)(const struct mc_learner *l);
	/* D is ready, comm known, and all metrics NaN */
	int (*update)(struct mc_learner *l, uint32_t k, struct mc_learner_metrics *fig, struct mc_err *e);
	/* [B,N,d]: logits, decisions and mask of the last update under stgs, for mc_learner_comm_stats */
	void (*decided)(struct mc_learner *l, const mc_real **z, const uint8_t **I, const uint8_t **m);
	/* these may be NULL: mc_learner_fetch; the blocks were written to, all of them or comm's alone */
	int (*fetch)(struct mc_learner *l, struct mc_err *e);
	void (*changed)(struct mc_learner *l, int comm_alone);
};

/* What all implementations begin with; filled by mc_learner_begin. */
struct mc_learner {
	const struct mc_learner_ops *ops;
	struct mc_dims dims;
	struct mc_learner_opts o;
	struct mc_arena arena;
	struct mc_learner_net policy, critic, comm;
	double gamma;         /* at work (mc_learner_rates) */
	int comm_known;       /* comm holds parameters, its target those that follow them */
	mc_real *c;           /* [B,N,d] under stgs: probabilities, for the metrics */
};

/* The blocks of all nets, zeroed. What it took belongs to l->arena, also when it fails. */
int mc_learner_begin(struct mc_learner *l, const struct mc_learner_ops *ops, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e);
int mc_learner_has_comm(const struct mc_learner *l);

/* MC_DATA: `what` of `net` is not finite at iteration k. Returns -1. */
int mc_learner_diverged(struct mc_err *e, enum mc_net net, const char *what, uint32_t k);
/* The same after a step that left parameters or moments of t that are not finite: says which. */
int mc_learner_not_finite(struct mc_err *e, const struct mc_learner_net *t, uint32_t k);

#endif
