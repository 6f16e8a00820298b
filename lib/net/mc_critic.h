/*
 * The critic Q(o, a): one net for the team, its loss (eq. 1), and its derivative by one
 * agent's action, which the policies ascend (eq. 3).
 *
 *     z1 = [o^1 ... o^N, a^1 ... a^N] kernel_0 + bias_0
 *     Q  = dense_2(relu(dense_1(relu(z1))))
 *
 * or, where the sizes say invariant, the net of mc_invariant.h, behind the same functions.
 *
 * Arrays of a batch: o [n,N,O], a [n,N,A]; rows of a work space are those of one block.
 */
#ifndef MC_CRITIC_H
#define MC_CRITIC_H

#include <stddef.h>

#include "mc_arena.h"
#include "mc_invariant.h"
#include "mc_mlp.h"
#include "mc_params.h"
#include "mc_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The net's layers in a block of values: parameters, or a gradient of the same layout. */
struct mc_critic_net {
	size_t N, O, A, H;
	struct mc_mlp mlp;
	struct mc_invariant_net invariant; /* in its place, where dims->invariant says so */
};

struct mc_critic_net mc_critic_at(const struct mc_params *p, mc_real *v, const struct mc_dims *dims);

/* Work space of one worker for up to `rows` rows; holds what the backward pass needs of the last forward. */
struct mc_critic_work;

struct mc_critic_work *mc_critic_work_new(const struct mc_dims *dims, size_t rows,
    struct mc_arena *arena, struct mc_err *e);

/* q [n] = Q(o, a) */
void mc_critic_forward(struct mc_critic_work *w, const struct mc_critic_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *q);

/* The backward pass of the last forward, on the same o, a: adds to the gradient g from the adjoint dq [n]. */
void mc_critic_backward(struct mc_critic_work *w, const struct mc_critic_net *net,
    const struct mc_critic_net *g, size_t n, const mc_real *o, const mc_real *a, const mc_real *dq);

/*
 * What the objectives of all agents share, of the stored actions: z1 [n,H], or z of mc_invariant_first;
 * mc_critic_first_size values a row.
 */
size_t mc_critic_first_size(const struct mc_dims *dims);
void mc_critic_first(struct mc_critic_work *w, const struct mc_critic_net *net, size_t n, const mc_real *o,
    const mc_real *a, mc_real *z1);

/*
 * Eq. (3), one agent's objective: with the stored a in place but agent i's, which is a_pi,
 *     z1_i = z1 + (a_pi - a^i) kernel_0[rows of a^i]
 * and from there on Q.
 *   z1    in  [n,...]      mc_critic_first's
 *   q     out [n]          Q(o, a_pi, a^-i)
 *   da    out [n,A]        scale dQ / d a_pi
 *   a     in  [n,N,A]      stored
 *   a_pi  in  [n,A]        agent i's, rows A apart
 */
void mc_critic_action(struct mc_critic_work *w, const struct mc_critic_net *net, size_t i, size_t n,
    const mc_real *z1, const mc_real *a, const mc_real *a_pi, mc_real scale, mc_real *q, mc_real *da);

/*
 * Eq. (1) on a batch of B: y = r + gamma Q'(o', a'), loss = mean (Q(o, a) - y)^2, and its gradient.
 * Cut into mc_critic_parts(B) pieces of rows; each writes its share of the gradient,
 * grad[parts][net's size], to be added up in that order.
 */
struct mc_critic_batch {
	size_t B;
	const mc_real *o, *a, *r;            /* [B,N,O], [B,N,A], [B] */
	const mc_real *o_next, *a_next;      /* the same, at the next step; a' of the target policies */
	double gamma;
	const mc_real *discount;             /* [B] in the place of gamma, a row's own; NULL: gamma */
	mc_real *q_next, *y, *q;             /* out [B] */
};

size_t mc_critic_parts(size_t B);

struct mc_critic_step; /* work space for eq. (1) */

struct mc_critic_step *mc_critic_step_new(const struct mc_dims *dims, size_t B, int workers,
    struct mc_arena *arena, struct mc_err *e);

/* The loss; *q_mean = mean Q(o, a) unless NULL. */
double mc_critic_gradient(struct mc_critic_step *s, const struct mc_params *critic,
    const struct mc_params *target, const struct mc_critic_batch *b, mc_real *grad,
    double *q_mean, struct mc_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
