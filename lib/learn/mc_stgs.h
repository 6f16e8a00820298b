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

/* A batch of n <= B joint observations: what is decided, and what goes back through it. */
struct mc_stgs_batch {
	size_t n;
	const mc_real *o;     /* [n,N,O] */
	const uint8_t *m;     /* [n,N,d] */
	const mc_real *L;     /* [n,N,d] logistic noise */
	double temp;
	uint8_t *I;           /* out [n,N,d] */
	mc_real *soft;        /* out [n,N,d]; the gradient reads it */
	mc_real *z;           /* out [n,N,d] logits; NULL = not wanted */
	const mc_real *dI;    /* [n,N,d] for the gradient; 0 where m = 0 */
};

/* I, soft and z. */
void mc_stgs_decide(struct mc_stgs *s, const struct mc_params *comm, const struct mc_stgs_batch *b,
    struct mc_pool *pool);

/*
 * The gradient from dI, after mc_stgs_decide on the same batch. It comes in parts like the policies'
 * (mc_policy_step.h), mc_policy_parts of the gated pass for each net, each of comm->size / P elements.
 */
void mc_stgs_gradient(struct mc_stgs *s, const struct mc_params *comm, const struct mc_stgs_batch *b,
    mc_real *grad, struct mc_pool *pool);

#endif
