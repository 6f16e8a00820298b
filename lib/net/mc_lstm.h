/*
 * LSTM step, both ways. Gates in the order i, f, g, o:
 *
 *     [i f g o] = x kernel_x + h kernel_h + bias
 *     c' = sigmoid(f) c + sigmoid(i) tanh(g),   h' = sigmoid(o) tanh(c')
 *
 * Sequences are built of steps by their users (mc_policy: over requested messages;
 * mc_meta's rule: over time, backwards).
 */
#ifndef MC_LSTM_H
#define MC_LSTM_H

#include <stddef.h>

#include "mc_params.h"
#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_lstm {
	mc_real *kernel_x;  /* [in, 4H] */
	mc_real *kernel_h;  /* [H, 4H] */
	mc_real *bias;      /* [4H] */
	size_t in, H;
};

/* Layer "lstm" of `p` for one agent, its values at v (p->v, or a gradient block). */
struct mc_lstm mc_lstm_at(const struct mc_params *p, mc_real *v, size_t agent);

/*
 * One step for n rows.
 *   gates  out [n,4H]   after their sigmoid and tanh: kept for the backward pass
 *   c, tc  out [n,H]    new cell state and its tanh
 *   h      out [n,H]    new hidden state, rows ldh apart
 *   x      in  [n,in]   rows ldx apart
 *   h0,c0  in  [n,H]    state before, rows ldh apart and contiguous; both NULL at the start of a
 *                       sequence: then kernel_h is not touched. c may be c0.
 */
void mc_lstm_forward(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *x, size_t ldx, const mc_real *h0, const mc_real *c0,
    const struct mc_lstm *w, size_t n);

/*
 * The elementwise part of that step alone, for users who make the products of many steps at
 * once: `gates` holds x kernel_x + h0 kernel_h on entry, the gates on return.
 */
void mc_lstm_cell(mc_real *gates, mc_real *c, mc_real *tc, mc_real *h, size_t ldh,
    const mc_real *c0, const mc_real *bias, size_t H, size_t n);

/*
 * The backward pass of the elementwise part of one step, for n rows.
 *   dgates out [n,4H]  adjoint of the gates before sigmoid and tanh; may be `gates` itself
 *   dc     in/out [n,H] adjoint of c in, of c0 out
 *   dh     in [n,H]    adjoint of h, rows lddh apart
 *   c0     as in the forward step (NULL = zeros)
 * The products are the caller's, over as many steps at once as it has:
 *   kernel_x += x^T dgates, kernel_h += h0^T dgates, bias += column sums of dgates,
 *   dh0 = dgates kernel_h^T, dx = dgates kernel_x^T.
 */
void mc_lstm_backward(mc_real *dgates, mc_real *dc, const mc_real *dh, size_t lddh,
    const mc_real *gates, const mc_real *tc, const mc_real *c0, size_t H, size_t n);

#ifdef __cplusplus
}
#endif

#endif
