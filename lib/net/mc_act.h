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

enum mc_decide { MC_LEARNED, MC_NONE, MC_FULL };

struct mc_actor; /* work space for batches of up to `max` observations */

/* `workers`: threads of the largest pool that it will be used with; each has its own scratch memory. */
struct mc_actor *mc_actor_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e);

/*
 * Decisions of metacomm-learning(7), sections 2 and 3, for n <= max joint observations.
 *   c    out [n,N,d] or NULL  sigmoid(z), not masked (MC_LEARNED only; untouched otherwise)
 *   z    out [n,N,d] or NULL  logits (MC_LEARNED only)
 *   I    out [n,N,d]  MC_LEARNED: [u < c] m; MC_NONE: 0; MC_FULL: m
 *   o    in  [n,N,O]
 *   m    in  [n,N,d]
 *   u    in  [n,N,d]  uniform draws (MC_LEARNED only; all 1/2 is the greedy decision c > 1/2)
 * comm may be NULL unless MC_LEARNED.
 */
void mc_actor_decide(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm, size_t n,
    const mc_real *o, const uint8_t *m, const mc_real *u,
    mc_real *c, mc_real *z, uint8_t *I, struct mc_pool *pool);

/*
 * a[n,N,A] = policies' actions after tanh, before exploration, given I [n,N,d]; agent i's
 * LSTM reads o^j for the slots with I = 1, in slot order. Work is proportional to the
 * number of messages.
 */
void mc_actor_act(struct mc_actor *x, const struct mc_params *policy, size_t n,
    const mc_real *o, const uint8_t *I, mc_real *a, struct mc_pool *pool);

/*
 * The same where the messages are others' than those that were asked: the one of slot j is the
 * observation of agent src[n,N,d], read where I = 1. With the slots' own agents, or NULL, the same bytes.
 */
void mc_actor_act_from(struct mc_actor *x, const struct mc_params *policy, size_t n,
    const mc_real *o, const uint8_t *I, const uint8_t *src, mc_real *a, struct mc_pool *pool);

/* mc_actor_decide and mc_actor_act at once: the same results, and the threads meet once instead of twice. */
void mc_actor_step(struct mc_actor *x, enum mc_decide how, const struct mc_params *comm,
    const struct mc_params *policy, size_t n, const mc_real *o, const uint8_t *m, const mc_real *u,
    mc_real *c, uint8_t *I, mc_real *a, struct mc_pool *pool);

#endif
