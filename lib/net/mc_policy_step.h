/*
 * The policies' gradient through the critic: eq. 3 on a batch.
 */
#ifndef MC_POLICY_STEP_H
#define MC_POLICY_STEP_H

#include <stddef.h>
#include <stdint.h>

#include "mc_arena.h"
#include "mc_params.h"
#include "mc_pool.h"
#include "mc_real.h"

/*
 * Eq. (3) on a batch of B: for each agent i ascend mean_b Q(o, a^i, a^-i) with a^i the
 * policy's, the others' as stored. The N objectives share z1 of the critic's first layer. With the
 * present policies' actions in place of the stored ones it is the gradient of mean_b Q(o, pi(o)).
 * A penalty lambda takes lambda mean_{b,k} (z^i_k)^2 from each objective's gradient, z before tanh;
 * objectives and q are told without it.
 *
 * Gradients come in parts, mc_policy_parts of them for each net: part p of net i (0 under share) is a
 * block of the layout that the policy has with share = 1 (size / P elements), number i * parts + p of
 * grad; the net's gradient is their sum in that order. Under share a part is some joint observations
 * with all agents in one product (mc_team.h); in the gated pass, and with very many agents, it is one
 * agent's.
 */
struct mc_policy_batch {
	size_t B;
	const mc_real *o, *a;        /* [B,N,O], [B,N,A] as stored */
	const uint8_t *I;            /* [B,N,d] C^i */
	const uint8_t *m;            /* [B,N,d], read with dI only */
	double penalty;              /* lambda */
	mc_real *dI;                 /* out [B,N,d]: the gated pass; NULL = the plain one */
	mc_real *a_pi;               /* out [B,N,A]; NULL = not wanted, as all below */
	mc_real *q;                  /* out [N,B] */
	mc_real *da;                 /* out [B,N,A] d objective^i / d a^i */
	double *objective;           /* out [N] mean_b q */
	uint8_t *silent;             /* out [P*parts] 1 = no message in this part: the LSTM's gradient is 0, and is
	                              * not written; NULL: it is */
};

/* gated: of the pass with dI. */
size_t mc_policy_parts(const struct mc_dims *dims, size_t B, int gated);

struct mc_policy_step; /* work space for eq. (3) */

/* gated: for batches with dI, and for no others. */
struct mc_policy_step *mc_policy_step_new(const struct mc_dims *dims, size_t B, int gated, int workers,
    struct mc_arena *arena, struct mc_err *e);

/* The mean over agents of their objectives. */
double mc_policy_gradient(struct mc_policy_step *s, const struct mc_params *policy,
    const struct mc_params *critic, const struct mc_policy_batch *b, mc_real *grad,
    struct mc_pool *pool);

#endif
