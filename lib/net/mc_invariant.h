/*
 * A critic for agents that are alike: Q(o, a) stays the same when agents, each with its observation
 * and its action, change places. With x^i = [o^i, a^i]:
 *
 *     h^i = relu(x^i kernel_0 + bias_0)
 *     e^i = relu(h^i kernel_1 + bias_1 + g kernel_team)        g = mean over all agents of h^i
 *     Q   = (mean over all agents of e^i) kernel_2 + bias_2
 *
 * One net sees N agents in every transition, where dense layers over all o and all a would have to
 * learn the same for each of them. mc_critic.h calls it; its functions say what these compute.
 * Arrays of a batch: o [n,N,O], a [n,N,A].
 */
#ifndef MC_INVARIANT_H
#define MC_INVARIANT_H

#include <stddef.h>

#include "mc_arena.h"
#include "mc_dims.h"
#include "mc_mlp.h"
#include "mc_params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The net's layers in a block of values: parameters, or a gradient of the same layout. */
struct mc_invariant_net {
	size_t N, O, A, H;
	struct mc_mlp mlp;    /* dense_0, dense_1, dense_2 */
	mc_real *team;        /* [H,H] */
};

struct mc_invariant_net mc_invariant_at(const struct mc_params *p, mc_real *v, const struct mc_dims *dims);

/* Work space of one worker for up to `rows` transitions; holds what the backward pass needs of the last forward. */
struct mc_invariant_work;

struct mc_invariant_work *mc_invariant_work_new(const struct mc_dims *dims, size_t rows,
    struct mc_arena *arena, struct mc_err *e);

/* q [n] = Q(o, a) */
void mc_invariant_forward(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *q);

/* The backward pass of the last forward: adds to the gradient g from the adjoint dq [n], which it overwrites. */
void mc_invariant_backward(struct mc_invariant_work *w, const struct mc_invariant_net *net,
    const struct mc_invariant_net *g, size_t n, mc_real *dq);

/* Of the stored actions, before ReLU: z [n,N,2,H], that of h and that of e. */
static inline size_t mc_invariant_first_size(const struct mc_dims *dims)
{
	return 2 * dims->env.N * dims->H;
}

void mc_invariant_first(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *z);

/*
 * Eq. (3): agent i's action changes by delta. Only h^i changes, and through g every e^j:
 *     z_h^i + delta kernel_0[rows of a],  z_e^j + (dh kernel_team) / N,  z_e^i + dh kernel_1 as well
 *   z      in  [n,N,2,H]    mc_invariant_first's
 *   delta  in  [n,A]
 *   q      out [n]          Q with it
 *   da     out [n,A]        scale dQ / d a^i
 */
void mc_invariant_action(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n,
    const mc_real *z, const mc_real *delta, mc_real scale, mc_real *q, mc_real *da);

#ifdef __cplusplus
}
#endif

#endif
