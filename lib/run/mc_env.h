/*
 * Where episodes happen: the built-in world (a batch of environments), or programs
 * on pipes that speak mc-envsim's protocol. What acts in it (mc_rollout) does not know which.
 */
#ifndef MC_ENV_H
#define MC_ENV_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_outside.h"
#include "mc_params.h"
#include "mc_prey.h"
#include "mc_task.h"
#include "mc_world.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_env;

/* Up to `max` episodes at once of the built-in task; `prey`, `range` as in mc_world_new. */
struct mc_env *mc_env_world(const struct mc_task *task, size_t max, const struct mc_params *prey,
    double range, uint64_t seed, uint32_t env, struct mc_err *e);

/*
 * Programs (mc_outside.h): `copies` of them run as many episodes at once, all started with this seed
 * and index; their sizes must be alike.
 */
struct mc_env *mc_env_process(const struct mc_outside_opts *o, size_t copies, uint64_t seed, uint32_t env,
    struct mc_env_says *says, struct mc_arena *arena, struct mc_err *e);

struct mc_header;

/*
 * Does it suit a team that was trained under this header? MC_USAGE unless the task's name, the
 * dimensions, the range and the kind of prey are the same.
 */
int mc_env_fits(const struct mc_env *v, const struct mc_env_says *says, const struct mc_header *h, struct mc_err *e);

/* MC_USAGE: the team of the checkpoint `place` was trained on a task that is not built in. -1. */
int mc_env_unknown(const char *task, const char *place, struct mc_err *e);

/* Ends the processes, if there are any, and waits for them. */
void mc_env_free(struct mc_env *v);

struct mc_env_dims mc_env_dims(const struct mc_env *v);

/* The built-in world of its episodes, or NULL. */
const struct mc_world *mc_env_built_in(const struct mc_env *v);

/*
 * Starts episodes first ... first+n-1 and gives their observations at step 0.
 *   o  out [n,N,O]    m  out [n,N,d]
 * From programs, also episodes that do not follow each other.
 */
int mc_env_begin(struct mc_env *v, uint32_t first, size_t n, mc_real *o, uint8_t *m, struct mc_err *e);

/*
 * Where things are, by what a program tells (mc_env_says): [E,2] of the first episode that goes on, as of the
 * last observation. NULL where it tells nothing.
 */
const mc_real *mc_env_positions(const struct mc_env *v, size_t *E);

/* One step of the n episodes: a [n,N,A] -> r [n], o [n,N,O], m [n,N,d]. */
int mc_env_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
