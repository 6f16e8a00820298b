/*
 * The particle world: a batch of n independent environments of one task, stepped
 * together: physics, scripted entities, rewards, observations and resets, as `mc-envsim
 * --describe` tells them. Each kind of task has its own module (mc_navigation, mc_predprey,
 * mc_push, mc_reference) for reward, observation and reset.
 *
 * The numbers of an environment depend neither on n nor on its place in the batch.
 */
#ifndef MC_WORLD_H
#define MC_WORLD_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_params.h"
#include "mc_real.h"
#include "mc_task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_world;

/*
 * n environments of `task`. `prey`: weights of net MC_NET_PREY with dims O = prey_obs_dim
 * (shapes are checked, MC_DATA), or NULL for the flee rule; they must outlive the world.
 * `range`: j is a neighbour of i while |p_j - p_i| <= range; negative or infinite = always.
 */
struct mc_world *mc_world_new(const struct mc_task *task, size_t n, const struct mc_params *prey,
    double range, struct mc_err *e);
void mc_world_free(struct mc_world *w);
const struct mc_task *mc_world_task(const struct mc_world *w);

/* Entities and their constants (mc_particle.h), to describe them. */
struct mc_scene;
const struct mc_scene *mc_world_scene(const struct mc_world *w);

/* Environment k starts the episode (seed, env, episode): equal bit for bit everywhere. */
void mc_world_reset(struct mc_world *w, size_t k, uint64_t seed, uint32_t env, uint32_t episode);

/* State of environment k: pos, vel [entities, 2]. set starts an episode (step 0) and refuses non-finite values (MC_DATA). */
int mc_world_set(struct mc_world *w, size_t k, const mc_real *pos, const mc_real *vel, struct mc_err *e);
void mc_world_get(const struct mc_world *w, size_t k, mc_real *pos, mc_real *vel);

/*
 * The rest of the state of environment k, [task.hidden]: in reference tasks the goals of agents
 * 0 ... N-1 (0, 1, 2), then the shift (1 ... N-1). A reset draws it and mc_world_set leaves it as it
 * is. hide sets it at any time and refuses other values, and a shift that is not the task's (MC_DATA).
 */
int mc_world_hide(struct mc_world *w, size_t k, const int32_t *hidden, struct mc_err *e);
void mc_world_hidden(const struct mc_world *w, size_t k, int32_t *hidden);

/*
 * One step of all environments.
 *   a         in  [n, agents, 2]     clipped to [-1, 1] by component
 *   r         out [n]                team reward
 *   contacts  out [n] or NULL        the count C of the reward
 * A NaN or an infinity in `a` is refused (MC_DATA, naming environment, agent, component) and
 * changes nothing; so is a step after the 25th without a reset (MC_BUG).
 */
int mc_world_step(struct mc_world *w, const mc_real *a, mc_real *r, int32_t *contacts, struct mc_err *e);

int mc_world_time(const struct mc_world *w, size_t k);     /* steps since the reset, 0 ... 25 */

void mc_world_observe(const struct mc_world *w, mc_real *o);   /* [n, agents, obs_dim] */
void mc_world_mask(const struct mc_world *w, uint8_t *m);      /* [n, agents, agents-1] */

/* u of the scripted entities in the last step, [n, scripted, 2]. */
void mc_world_scripted(const struct mc_world *w, mc_real *u);

#ifdef __cplusplus
}
#endif

#endif
