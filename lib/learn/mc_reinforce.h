/*
 * Eq. 4: the communication nets learn by REINFORCE, one advantage for all pairs of a step.
 *
 *     g = sum_t (G_t - V(o_t)) sum_{i,j} grad log c(I; theta_c)
 */
#ifndef MC_REINFORCE_H
#define MC_REINFORCE_H

#include "mc_arena.h"
#include "mc_comm.h"
#include "mc_params.h"
#include "mc_traj.h"

/* Work space; results of the last gradient. Arrays belong to the arena. */
struct mc_reinforce {
	struct mc_comm comm;     /* the nets on the trajectory */
	mc_real *g;              /* [theta's size] */
	mc_real *dz;             /* [T,N,d] */
};

int mc_reinforce_init(struct mc_reinforce *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e);

/* g at theta, on a trajectory sampled there; advantage in [T]. */
void mc_reinforce_gradient(struct mc_reinforce *x, const struct mc_params *theta, const struct mc_traj *t,
    const mc_real *advantage);

/* The advantage G_t - V(o_t) [T] under phi (analysis): G the n-step return. */
int mc_reinforce_advantage(const struct mc_dims *dims, const struct mc_params *baseline,
    const struct mc_traj *t, double gamma, int n, mc_real *advantage,
    struct mc_arena *scratch, struct mc_err *e);

#endif
