/*
 * A policy's layers, and the part of its passes that does not depend on how messages are read: the dense
 * layers over [h, o^i] and tanh (eq. 2, mc_policy.h), both ways, and the LSTM's gradient from its gates.
 * mc_policy reads the messages of one agent, mc_team those of agents that share a net.
 */
#ifndef MC_POLICY_NET_H
#define MC_POLICY_NET_H

#include <stddef.h>

#include "mc_arena.h"
#include "mc_lstm.h"
#include "mc_mlp.h"
#include "mc_params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One agent's layers in a block of values: parameters, or a gradient. */
struct mc_policy_net {
	size_t agent, N, d, O, A, H;
	struct mc_lstm lstm;
	struct mc_mlp mlp;
	int fresh;  /* of a gradient: 1 = nothing is in the LSTM's yet, it is overwritten, not added to; mlp has its own */
};

/* Agent i's net in p's layout, values at v. */
struct mc_policy_net mc_policy_at(const struct mc_params *p, mc_real *v, const struct mc_dims *dims,
    size_t i);

/* Zeroes the LSTM's part of a gradient: what it is when no backward pass returned 1. */
void mc_policy_no_messages(const struct mc_policy_net *g);

/*
 * Gradients of the LSTM from the adjoints of all gates.
 *   x      in [all,O]          messages
 *   gates  in [all,4H]         adjoints before sigmoid and tanh
 *   h0     in [all - first,H]  hidden states before the messages from the first-th on; those ahead of it begin
 */
void mc_policy_lstm_gradient(const struct mc_policy_net *net, const struct mc_policy_net *g, size_t all, size_t first,
    const mc_real *x, mc_real *gates, const mc_real *h0);

/*
 * The dense layers over a block of rows, "sorted": those with messages first. Holds what the backward
 * pass needs of the last forward.
 */
struct mc_policy_head {
	struct mc_mlp_hidden hidden;  /* [rows,H] sorted */
	mc_real *a, *z, *dz;          /* [rows,A] sorted: after tanh, before, adjoint of the latter */
};

/* Room for `rows` rows; 0 if there is no memory. */
int mc_policy_head_new(struct mc_policy_head *w, const struct mc_dims *dims, size_t rows, struct mc_arena *arena,
    struct mc_err *e);

/* A block of rows: what both passes are given. */
struct mc_policy_block {
	size_t rows, heard;           /* rows; of them, with messages */
	const size_t *order;          /* [rows] sorted -> row */
	const mc_real *own;           /* [rows,O] sorted, o^i */
	const mc_real *last;          /* [heard,H] sorted, last hidden states; read again by the backward pass */
};

/* a: out, after tanh, row r at a + r lda */
void mc_policy_head_forward(struct mc_policy_head *w, const struct mc_policy_net *net, const struct mc_policy_block *in,
    mc_real *a, size_t lda);

/*
 * Adds to the gradient g (fresh: makes it) from da [rows,A], the adjoint of a, row by row as they were.
 *   penalty  as in mc_policy_penalise
 *   dlast    out [heard,H]  adjoint of the last hidden states
 */
void mc_policy_head_backward(struct mc_policy_head *w, const struct mc_policy_net *net, const struct mc_policy_net *g,
    const struct mc_policy_block *in, const mc_real *da, mc_real penalty, mc_real *dlast);

#ifdef __cplusplus
}
#endif

#endif
