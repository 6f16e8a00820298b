/*
 * Acting: decisions and actions of the whole team for a batch of observations.
 * Used for training episodes (a batch of one), evaluation, and target actions.
 */
#ifndef MC_ACT_H
#define MC_ACT_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_actor; /* work space for batches of up to `max` observations */

/* `workers`: threads of the largest pool that it will be used with; each has its own scratch memory. */
struct mc_actor *mc_actor_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e);

/*
 * A batch. What a call does not read or write may be NULL.
 *
 *   Decisions                                          Actions
 *   o    in  [n,N,O]                                   o    in  [n,N,O]
 *   m    in  [n,N,d]  who is a neighbour               I    in  [n,N,d]  who is asked
 *   u    in  [n,N,d]  uniform draws (MC_LEARNED;       src  in  [n,N,d]  whose observation is the
 *            all 1/2 is the greedy c > 1/2)                 message of slot j, read where I = 1;
 *   c    out [n,N,d]  sigmoid(z), not masked, and           NULL: that of the slot's own agent
 *   z    out [n,N,d]  logits: either may be NULL       a    out [n,N,A]  after tanh, before exploration
 *            (MC_LEARNED; else untouched)
 *   I    out [n,N,d]  MC_LEARNED: [u < c] m; MC_NONE: 0; MC_FULL: m
 */
struct mc_act_batch {
	size_t n;             /* joint observations, at most the actor's max */
	const mc_real *o;
	const uint8_t *m;
	const mc_real *u;
	mc_real *c, *z;
	uint8_t *I;
	const uint8_t *src;
	mc_real *a;
};

/* Decisions of metacomm-learning(7), sections 2 and 3. comm may be NULL unless MC_LEARNED. */
void mc_actor_decide(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm,
    const struct mc_act_batch *b, struct mc_pool *pool);

/* Actions, given I. Work is proportional to the number of messages. */
void mc_actor_act(struct mc_actor *x, const struct mc_params *policy, const struct mc_act_batch *b,
    struct mc_pool *pool);

/* Both at once: the same results, and the threads meet once instead of twice. */
void mc_actor_step(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm,
    const struct mc_params *policy, const struct mc_act_batch *b, struct mc_pool *pool);

/*
 * Until it is called with NULL, `policy` is that of all calls and its values stay as they are, so that
 * what was made ready for one call serves the next. The results are the same.
 */
void mc_actor_hold(struct mc_actor *x, const struct mc_params *policy);

#ifdef __cplusplus
}
#endif

#endif
