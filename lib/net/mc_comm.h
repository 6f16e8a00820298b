/*
 * The communication nets on a trajectory: logits, log-probabilities and entropies of the
 * decisions, the score functions of eq. 4 and 5, and the backward pass of both the nets and of
 * their directional derivative (for the meta-gradient).
 *
 * The nets give logits z; c = sigmoid(z). Everything is computed from z: log c loses its
 * digits once c rounds to 0 or 1.
 *
 *     log c(1) = -softplus(-z), log c(0) = -softplus(z), d/dz log c(I) = I - c
 *     H(c) = softplus(z) - z c, d/dz H = -z c (1 - c)
 *
 * Arrays over pairs are [T,N,d]; m = 0 marks a slot that holds no neighbour: it contributes
 * nothing to any sum and its adjoint is 0.
 */
#ifndef MC_COMM_H
#define MC_COMM_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Work space; results of the last passes. Arrays belong to the arena. */
struct mc_comm {
	struct mc_dims dims;
	size_t P, rows;      /* nets, and rows of observations for each: T, or T*N when shared */
	mc_real *z, *c;      /* [T,N,d]  logits, sigmoid(z) (not masked) */
	mc_real *z_dot;      /* [T,N,d]  D_v z */
	mc_real *h0, *h1;    /* [P,rows,H]  hidden layers */
	mc_real *h0_dot, *h1_dot; /* [P,rows,H]  their derivatives along v */
	mc_real *a;          /* [3,rows,H]  adjoints */
};

int mc_comm_init(struct mc_comm *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e);

/* z and c at theta for the first T joint observations of o [T+1,N,O]. */
void mc_comm_forward(struct mc_comm *x, const struct mc_params *theta, const mc_real *o);

/* After mc_comm_forward: z_dot, the derivative of z along v [theta->size]. */
void mc_comm_tangent(struct mc_comm *x, const struct mc_params *theta, mc_real *v, const mc_real *o);

/*
 * After mc_comm_forward: grad += (dz/dtheta)^T dz.
 *   dz    in [T,N,d]
 *   grad  added to, [theta->size]; shared nets: the sum over agents
 */
void mc_comm_backward(struct mc_comm *x, const struct mc_params *theta, const mc_real *o,
    mc_real *dz, mc_real *grad);

/*
 * After mc_comm_tangent: grad += (dz/dtheta)^T dz + (dz_dot/dtheta)^T dz_dot, v held constant.
 */
void mc_comm_backward_tangent(struct mc_comm *x, const struct mc_params *theta, mc_real *v,
    const mc_real *o, mc_real *dz, mc_real *dz_dot, mc_real *grad);

/* log_c = m log c(I), elementwise over n pairs. */
void mc_comm_log_c(mc_real *log_c, const mc_real *z, const uint8_t *I, const uint8_t *m, size_t n);

/* Eq. 5's score: dz = m (I - c) A, elementwise over n pairs. */
void mc_comm_score(mc_real *dz, const mc_real *c, const uint8_t *I, const uint8_t *m,
    const mc_real *A, size_t n);

/* Eq. 4's: the same with one advantage [T] for the `pairs` of a step. */
void mc_comm_score_team(mc_real *dz, const mc_real *c, const uint8_t *I, const uint8_t *m,
    const mc_real *advantage, size_t T, size_t pairs);

/*
 * The bracket of the meta-objective (eq. 8) on one trajectory,
 *     sum m [log c(I) (G_t - V(o_t)) + beta H(c)],
 * and its derivative times `scale`.
 *   dz  out [T,pairs]  overwritten: scale m [(I - c) advantage_t - beta z c (1 - c)]
 */
double mc_comm_objective(mc_real *dz, const mc_real *z, const mc_real *c, const uint8_t *I,
    const uint8_t *m, const mc_real *advantage, size_t T, size_t pairs, double beta, double scale);

/* What the decisions of a trajectory were like: means over live pairs (NaN if there is none). */
struct mc_comm_stats {
	double c_mean, entropy;  /* c; H(c) in nats */
	double saturated;        /* share of c below 0.01 or above 0.99 */
};
void mc_comm_stats(struct mc_comm_stats *s, const mc_real *z, const mc_real *c, const uint8_t *m,
    size_t n);

/*
 * The same for each ordered pair: mean c and share of requests over the steps at which it is live,
 * NaN where it never is.
 *   c_pair, asked_pair  out [pairs]
 *   c, I, m             in [steps,pairs]
 */
void mc_comm_pairs(mc_real *c_pair, mc_real *asked_pair, const mc_real *c, const uint8_t *I,
    const uint8_t *m, size_t steps, size_t pairs);

#ifdef __cplusplus
}
#endif

#endif
