/*
 * The learned update rule A_hat = rule_eta(x): an LSTM that runs backwards over the steps of
 * a trajectory, a hidden layer, and one advantage for each pair and step.
 *
 * The joint rule (the paper's) reads all pairs at once and says N*d numbers:
 *
 *     x_t = [r_t, d_t, gamma, m c in (i, j) order], width X = 3 + N*d; d_t = 1 at t = T-1
 *
 * and behind the c's, where its form asks for them (struct mc_rule_form), I in the same order
 * and G_t - V(o_t). The edge rule reads one pair at a time, each in a row of its own, and says
 * one number; its weights are the same for all pairs:
 *
 *     x_t^ij = [r_t, d_t, gamma, m c^ij, mean c of i, I^ij, share of requests]
 *
 * and G_t - V(o_t) behind. The mean is over the live slots of agent i, the share is that of the
 * live pairs of all agents that were used at t; both are 0 where nothing is live.
 */
#ifndef MC_RULE_H
#define MC_RULE_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_real.h"

/* Work space; results of the last passes. Arrays belong to the arena. S: rows of a step. */
struct mc_rule {
	struct mc_dims dims;
	size_t S, X;         /* rows of a step (1, or N*d of an edge rule), width of x_t */
	mc_real *x;          /* [T,S,X] */
	mc_real *A_hat;      /* [T,N,d] */
	mc_real *dc;         /* [T,N,d]  adjoint of the c's inside x, before the mask */
	mc_real *dx;         /* [T,S,2]  of an edge rule: adjoints of c^ij and of the mean c */
	mc_real *gates;      /* [T,S,4R] */
	mc_real *cell, *tc, *h; /* [T,S,R] */
	mc_real *y;          /* [T,S,R]  hidden layer */
	mc_real *dgates;     /* [T,S,4R] */
	mc_real *dh, *dy;    /* [T,S,R] */
	mc_real *dcell;      /* [S,R] */
};

/* What the rule is told of a trajectory. */
struct mc_rule_input {
	const mc_real *r;         /* [T] */
	const mc_real *c;         /* [T,N,d]  probabilities, not masked */
	const uint8_t *I, *m;     /* [T,N,d] */
	double gamma;
	double mean, scale;       /* (r - mean) scale and (G - V) scale are what it sees; 0, 1 = as they are */
	const mc_real *advantage; /* [T]  G_t - V(o_t); looked at only by forms that need it */
};

int mc_rule_init(struct mc_rule *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e);

/* Does a rule of this form need G_t - V(o_t)? */
int mc_rule_needs_advantage(const struct mc_rule_form *f);

/*
 * From eta's initial values, a rule that says the return-to-go,
 *
 *     A_hat_t = sum_{l >= 0} gamma^l r~_{t+l}, for all pairs, r~ what the rule sees of r,
 *
 * which is REINFORCE's advantage without a baseline, as the rewards of a form with `normal` have mean 0.
 * One unit of the LSTM is made to sum: its gates are constants (f is gamma), its input a small multiple
 * of r~, so that both tanh are nearly straight; two units of the hidden layer, one for each sign,
 * read it, and they alone reach the outputs. All other values stay. A_hat is less than the sum
 * where that is large: by 1 % at 4, 7 % at 10.
 * R must be at least 2.
 */
void mc_rule_begin_return(struct mc_params *eta, double gamma);

/* x and A_hat under eta. */
void mc_rule_forward(struct mc_rule *x, const struct mc_params *eta, const struct mc_rule_input *in);

/*
 * After mc_rule_forward, of the same m: grad += (dA_hat/deta)^T dA. All of the input but c is
 * constant, G_t - V(o_t) too.
 *   dA       in/out [T,N,d]  adjoint of A_hat
 *   want_dc  1 = also x->dc, the entries of (dA_hat/dx)^T dA that belong to the c's
 */
void mc_rule_backward(struct mc_rule *x, const struct mc_params *eta, const uint8_t *m, mc_real *dA,
    mc_real *grad, int want_dc);

#endif
