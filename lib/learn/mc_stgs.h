/*
 * Straight-through Gumbel-softmax: decisions that are sampled forwards and have a derivative
 * backwards (algorithm of the baseline of the same name).
 *
 *     soft = sigmoid((z + L) / temp), L logistic noise; I = m [soft > 1/2]
 *     backwards dI/dz is taken as m dsoft/dz = m soft (1 - soft) / temp
 *
 * Between the two stand the policies and the critic: mc_policy_gradient with dI.
 */
#ifndef MC_STGS_H
#define MC_STGS_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_pool.h"

struct mc_stgs; /* work space for batches of up to B */

struct mc_stgs *mc_stgs_new(const struct mc_dims *dims, size_t B, int workers,
    struct mc_arena *arena, struct mc_err *e);

/*
 * Decisions for n <= B joint observations.
 *   I     out [n,N,d]
 *   soft  out [n,N,d]
 *   z     out [n,N,d]  logits; NULL = not wanted
 *   o     in  [n,N,O]
 *   m     in  [n,N,d]
 *   L     in  [n,N,d]  logistic noise
 */
void mc_stgs_decide(struct mc_stgs *s, const struct mc_params *comm, size_t n, const mc_real *o,
    const uint8_t *m, const mc_real *L, double temp, uint8_t *I, mc_real *soft, mc_real *z,
    struct mc_pool *pool);

/*
 * The gradient from dI [n,N,d] (0 where m = 0), for the n, o, temp and soft of the last
 * mc_stgs_decide. It comes in the pieces of mc_policy.h: agent i's part p is block
 * i * mc_policy_parts + p of grad, each of comm->size / P elements.
 */
void mc_stgs_gradient(struct mc_stgs *s, const struct mc_params *comm, const mc_real *dI,
    mc_real *grad, struct mc_pool *pool);

#endif
