/*
 * The inner loop of K updates by the learned rule, kept on a tape, and the exact derivative
 * of the meta-objective through all of it (eq. 5-9; metacomm(7)).
 *
 * For k = 1 ... K, with tau(k-1) sampled at theta(k-1):
 *
 *     A_hat = rule_eta(x(tau(k-1); theta(k-1)))
 *     g_k = sum_{t,i,j} A_hat grad log c(I; theta(k-1))
 *     nu_k = rho nu_{k-1} + (1-rho) g_k^2
 *     theta(k) = theta(k-1) + alpha g_k / sqrt(nu_k + eps)
 *
 * The tape holds theta(0) ... theta(K-1), nu_1 ... nu_K, g_1 ... g_K, what the rule was told
 * besides the trajectory, and the trajectories tau(0) ... tau(K); activations are computed again.
 */
#ifndef MC_SWEEP_H
#define MC_SWEEP_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_comm.h"
#include "mc_params.h"
#include "mc_past.h"
#include "mc_real.h"
#include "mc_rule.h"
#include "mc_traj.h"

struct mc_sweep_opts {
	int K;
	int last_only;          /* 1 = the objective keeps only the term k = K, without 1/K */
	double gamma, beta;     /* discount (an input of the rule), entropy coefficient */
	double alpha, rho, eps; /* RMSprop of theta_c */
};

/* What the rule is told besides the trajectory; constants of the derivative. */
struct mc_sweep_told {
	double mean, scale;        /* of the rewards (struct mc_rule_input); 0, 1 = as they are */
	const mc_real *advantage;  /* [T]  G_t - V(o_t) on tau(k-1), for forms that need it; else NULL */
};

struct mc_sweep {
	struct mc_dims dims;
	struct mc_sweep_opts opts;
	struct mc_comm comm;     /* work space; results of the last passes over the nets */
	struct mc_rule rule;     /* and over the rule */
	size_t size;             /* of theta */
	int k;                   /* updates on the tape */
	struct mc_traj *tau;     /* [K+1] */
	mc_real *theta;          /* [K,size]  theta(0) ... theta(K-1) */
	mc_real *nu, *g;         /* [K,size]  nu_1 ..., g_1 ... */
	struct mc_sweep_told *told; /* [K]  their advantages lie in `advantage` */
	mc_real *advantage;      /* [K,T] */
	double *Jk;              /* [K]  after a sweep: eq. 8's bracket for k = 1 ..., the mean over trajectories, without 1/K */
	mc_real *lambda, *mu;    /* [size]  dJ/dtheta(k) and dJ/dnu_k, as far as the sweep has come */
	mc_real *v;              /* [size]  dJ/dg_k */
	mc_real *Dv;             /* [T,N,d]  D_v log c on tau(k-1) */
	mc_real *dz, *dz_dot;    /* [T,N,d]  adjoints */
	const struct mc_past *past; /* trajectories over which J is taken, too; NULL: none */
	const mc_real *past_advantage; /* [past->n,T]  G_t - V(o_t) on them */
	mc_real *weighed;        /* [T]  the same of one, times its weights */
};

int mc_sweep_init(struct mc_sweep *x, const struct mc_dims *dims, const struct mc_sweep_opts *o,
    struct mc_arena *arena, struct mc_err *e);

/* Empties the tape. */
void mc_sweep_rewind(struct mc_sweep *x);

/*
 * Algorithm 1, line 9: one update on tau(k-1) = t, put on the tape, which must hold fewer
 * than K. Leaves g_k at x->g + (k-1) size, A_hat in x->rule and z, c in x->comm.
 *   theta  in/out  theta(k-1) -> theta(k)
 *   nu     in/out [theta->size]
 *   told   NULL = nothing: for the paper's form of the rule
 */
void mc_sweep_update(struct mc_sweep *x, const struct mc_traj *t, const struct mc_sweep_told *told,
    struct mc_params *theta, mc_real *nu, const struct mc_params *eta);

/* Puts tau(k-1) on the tape and makes no update: z, c in x->comm. No sweep over such a tape. */
void mc_sweep_hold(struct mc_sweep *x, const struct mc_traj *t, const struct mc_params *theta);

/* Puts tau(K) on the tape, which must hold K updates. */
void mc_sweep_last(struct mc_sweep *x, const struct mc_traj *t);

/*
 * From now on each J_k is the mean of eq. 8's bracket over tau(k) and these trajectories, in which
 * w_t (G_t - V(o_t)) takes the place of G_t - V(o_t). The derivative holds the weights constant:
 * w grad log c = grad w where w is below 1, so that it is that of the weighted advantages' sum.
 *   past       NULL = tau(k) alone; n may be 0. It, and the advantages, must live as long as the sweep
 *   advantage  in  [past->n,T]
 */
void mc_sweep_recall(struct mc_sweep *x, const struct mc_past *past, const mc_real *advantage);

/*
 * The backward sweep, after mc_sweep_last: J is the sum of what these return,
 *
 *     J = mc_sweep_start(x, theta, advantage);
 *     for (int k = x->opts.K; k >= 1; k--)
 *             J += mc_sweep_step(x, k, eta, advantage, grad);
 *
 * and then grad holds its exact derivative, through every path.
 *
 *   theta      in  theta(K)
 *   advantage  in  [K,T]  G_t - V(o_t) on tau(1) ... tau(K)
 *   grad       in/out [eta->size]  added to
 *
 * _start leaves lambda and mu of k = K, and in x->comm the nets at theta(K) on tau(K); step k
 * uses lambda and mu of k, leaves v and Dv of k, and lambda and mu of k-1 (not at k = 1).
 */
double mc_sweep_start(struct mc_sweep *x, const struct mc_params *theta, const mc_real *advantage);
double mc_sweep_step(struct mc_sweep *x, int k, const struct mc_params *eta,
    const mc_real *advantage, mc_real *grad);

#endif
