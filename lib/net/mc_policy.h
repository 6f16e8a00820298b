/*
 * The policies pi^i: an LSTM over the messages that agent i requested, then dense layers
 * over [h, o^i] and tanh (eq. 2); both ways. Their gradient through the critic: mc_policy_step.h.
 *
 *     messages  o^j for the slots j with I = 1, in slot order; h = 0 without any
 *     a^i = tanh(dense_2(relu(dense_1(relu(dense_0([h, o^i]))))))
 *
 * Work is done for a block of rows of one agent. Its rows are sorted by their number of
 * messages, most first: LSTM step s then is one product over a prefix of the rows, and a
 * slot that was not requested costs nothing.
 */
#ifndef MC_POLICY_H
#define MC_POLICY_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_policy_net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Work space of one worker; holds what the backward pass needs of the last forward. */
struct mc_policy_work;

/* Most rows of a block: 128, fewer where an agent has many neighbours. A function of dims alone. */
size_t mc_policy_rows(const struct mc_dims *dims);

struct mc_policy_work *mc_policy_work_new(const struct mc_dims *dims, size_t rows,
    struct mc_arena *arena, struct mc_err *e);

/*
 * Agent net->agent's actions for n <= rows joint observations.
 *   o     in  [n,N,O]
 *   I     in  [n,N,d]  all agents' decisions; only this agent's are read
 *   a     out [n,A]    after tanh, rows lda apart
 */
void mc_policy_forward(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *I, mc_real *a, size_t lda);

/*
 * The same actions where no backward pass follows: what it needs is not kept. Hearing others than those
 * that were asked: a message is o of the agent that src says, src in [n,N,d], read where I = 1;
 * NULL = of the agent of the slot.
 */
void mc_policy_act(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *I, const uint8_t *src, mc_real *a, size_t lda);

/*
 * Of the backward passes that follow: what is ascended has -weight/2 sum of z^2 beside it, z the actions
 * before tanh, so that dz -= weight z. 0, as at first: nothing.
 */
void mc_policy_penalise(struct mc_policy_work *w, mc_real weight);

/* After a forward: h [n,H], the last hidden states, rows ldh apart. */
void mc_policy_hidden(const struct mc_policy_work *w, mc_real *h, size_t ldh);

/*
 * Backward from the last forward (once): adds to the gradient g (fresh: makes it) from the adjoint da
 * [n,A] of a. Returns 1 if there was a message; else the LSTM's part of g is not touched.
 */
int mc_policy_backward(struct mc_policy_work *w, const struct mc_policy_net *net,
    const struct mc_policy_net *g, const mc_real *da);

/*
 * The same with gates that have a derivative (straight-through decisions): all slots with
 * m = 1 are messages, and a message enters by
 *     (h, c) <- I LSTM((h, c), o^j) + (1 - I) (h, c)
 * which for I in {0,1} gives the same a. The backward pass also gives
 *   dI    out [n,N,d]  <d/d(h,c), LSTM(...) - (h, c)> in agent i's entries, 0 where m = 0
 */
void mc_policy_forward_gated(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *m, const uint8_t *I, mc_real *a, size_t lda);
int mc_policy_backward_gated(struct mc_policy_work *w, const struct mc_policy_net *net,
    const struct mc_policy_net *g, const mc_real *da, mc_real *dI);

#ifdef __cplusplus
}
#endif

#endif
