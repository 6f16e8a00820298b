/*
 * Learning whom to talk to: the communication nets' update by REINFORCE (eq. 4) or by the
 * learned rule (eq. 5), the baseline, and the exact meta-gradient of the rule (eq. 6-9).
 * This is all that mc-metalearn computes; it knows nothing of streams.
 *
 * Layers: mc_return, mc_baseline, mc_comm (scores, entropy), mc_reinforce (eq. 4), mc_rule (both ways),
 * mc_sweep (line 9 on a tape, and the backward sweep that gives the exact meta-gradient),
 * mc_lab (numbers for the log), and here the methods, lines 12 and 13, options, state and metrics.
 */
#ifndef MC_META_H
#define MC_META_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_pool.h"
#include "mc_sweep.h"
#include "mc_traj.h"

enum mc_method { MC_METHOD_NONE, MC_METHOD_FULL, MC_METHOD_REINFORCE, MC_METHOD_STGS, MC_METHOD_META };

const char *mc_method_name(enum mc_method m);

struct mc_meta_opts {
	enum mc_method method;   /* MC_METHOD_REINFORCE or MC_METHOD_META */
	int K;                   /* updates for each meta-update */
	int freeze;              /* 1 = the rule is fixed: no J, no tau(K), no baseline */
	int last_only;           /* 1 = J keeps only the term k = K, without 1/K */
	int batch;               /* trajectories for each J_k: tau(k), and the last batch - 1 of before tau(0) */
	double gamma;
	int n;                   /* steps of the n-step return */
	int64_t warmup;          /* theta_c and eta wait until so many episodes have been; phi does not */
	double lr_comm, rho, eps; /* RMSprop of theta_c (alpha, rho, epsilon) */
	double lr_rule, eps_rule, clip_rule; /* RMSprop of eta; its gradient's norm bound (0 = none) */
	double beta;             /* entropy coefficient */
	double lr_baseline, b1, b2, adam_eps; /* Adam of phi */
	double scale_comm, scale_rule; /* factors of the last kernels' initial values (0.1, 1) */
	int begin_return;        /* 1 = the rule begins as the return-to-go (mc_rule_begin_return) */
};

/*
 * Running moments of the rewards of all trajectories that updates were made on; a rule of a form
 * with `normal` sees r in these units: scale = (variance + 1e-8)^(-1/2).
 */
struct mc_moments {
	double n, mean, m2; /* m2: sum of squared differences from the mean */
};
void mc_moments_add(struct mc_moments *x, const mc_real *r, size_t n);
double mc_moments_scale(const struct mc_moments *x);

/* `reward_n`, `reward_mean` and `reward_m2` of a state map; MC_DATA. */
int mc_moments_unpack(const struct mc_map *state, struct mc_moments *x, struct mc_err *e);

/* The spec's defaults, method meta. */
void mc_meta_defaults(struct mc_meta_opts *o);

/*
 * What an update was like, for the log; NaN where it does not apply. Means are over live pairs.
 * Of the rule's own, the trajectories are those of the last meta-iteration.
 */
struct mc_meta_metrics {
	double g_norm;          /* |g| of the last update of theta_c */
	double advantage_norm;  /* root mean square of A_hat, or of G - V under reinforce */
	double c_mean, entropy; /* mean c and mean H(c) in nats, per live decision */
	double saturated;       /* share of live c below 0.01 or above 0.99 */
	double baseline_loss;   /* mean of 1/2 (G - V)^2 over the last trajectory */
	double J, meta_norm;    /* objective and its gradient's norm before clipping (last meta-step) */
	double logit_step;      /* root mean square of what the last update added to z, on its trajectory */
	double common;          /* share of sum A_hat^2 that all pairs of a step have in common */
	double agreement;       /* correlation of A_hat and G - V, on tau(1) ... tau(K-1) */
	double meta_cosine;     /* of this meta-gradient and the last one, before clipping */
	double saturated_gradient; /* share of |dJ_K/dz| at saturated c */
};

struct mc_meta;

struct mc_meta *mc_meta_new(const struct mc_dims *dims, const struct mc_meta_opts *o,
    struct mc_arena *arena, struct mc_err *e);

/* Initial values of all its nets from the seed (Adam, RMSprop states zero). */
void mc_meta_init(struct mc_meta *x, uint64_t seed);

/* Parameters of MC_NET_COMM, MC_NET_BASELINE, MC_NET_RULE; NULL if the method has no such net. May be written to. */
struct mc_params *mc_meta_params(struct mc_meta *x, enum mc_net net);

/*
 * A trajectory in order. Not `last`: one update of theta_c, theta_c(k-1) -> theta_c(k) (and
 * under reinforce one step of phi after it). `last`: the meta-step, lines 12 and 13, on the
 * K trajectories after tau(0). MC_DATA when numbers diverge (net and iteration named), or
 * when a trajectory comes out of order (last before K updates, a K+1st without last, or an
 * iteration that is not the one after the last update): then nothing has changed.
 * `fig` may be NULL; a metric keeps its value until what it tells of happens again.
 */
int mc_meta_trajectory(struct mc_meta *x, const struct mc_traj *t, struct mc_meta_metrics *fig,
    struct mc_err *e);

/*
 * Of each ordered pair [N,d] over the last trajectory: mean c and its mean logit, share of
 * requests; NaN where i never had j as its neighbour. They belong to x.
 */
struct mc_meta_pairs {
	mc_real *c, *logit, *asked;
};
const struct mc_meta_pairs *mc_meta_pairs(const struct mc_meta *x);

/*
 * Everything besides parameters that is needed to continue, between meta-iterations:
 * entries of the `state` map (nu, nu_rule, adam moments, steps, the rewards' running moments,
 * the last meta-gradient, with which the next one is compared, and the trajectories that the next J
 * is taken over).
 */
void mc_meta_state_pack(struct mc_fb *b, struct mc_meta *x);
int mc_meta_state_unpack(const struct mc_map *state, struct mc_meta *x, struct mc_err *e);

/*
 * The rule's A_hat [T,N,d] on a trajectory under theta_c and eta (analysis). `x` is x_t of every
 * step, [T, rows, width], or NULL; `told` as for mc_sweep_update.
 */
int mc_meta_advantage(const struct mc_dims *dims, const struct mc_params *comm,
    const struct mc_params *rule, const struct mc_traj *t, const struct mc_sweep_told *told,
    double gamma, mc_real *A_hat, mc_real *x, struct mc_arena *scratch, struct mc_err *e);

#endif
