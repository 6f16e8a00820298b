/*
 * Do they listen? For every ordered pair (i, j): how i's action, and the critic's value of the joint
 * action, change when the message of j is taken from what i heard, all else being the same, over the
 * steps where it was given.
 */
#ifndef MC_INFLUENCE_H
#define MC_INFLUENCE_H

#include "mc_rollout.h"

struct mc_influence;    /* sums, and work space */

/* For batches of up to `max` episodes; `workers` as in mc_actor_new. From the arena. */
struct mc_influence *mc_influence_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e);

/*
 * Adds the first `count` of n episodes that were run without exploration. The critic is the
 * run's: of Q(o, a), with a^i replaced by what i would have done. Cannot fail.
 */
void mc_influence_add(struct mc_influence *x, const struct mc_params *policy, const struct mc_params *critic,
    const struct mc_episodes *p, size_t n, size_t count, struct mc_pool *pool);

/* Of one pair; NaN where no message was given. */
struct mc_influence_of {
	double given;       /* messages in a step */
	double action;      /* mean |a^i without - a^i| */
	double q;           /* mean Q without - Q: negative where the message is worth something */
};

struct mc_influence_of mc_influence_get(const struct mc_influence *x, size_t i, size_t j);

#endif
