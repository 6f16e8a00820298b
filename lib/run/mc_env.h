/*
 * Where episodes happen: the built-in world (a batch of environments), or a program
 * on two pipes that speaks mc-envsim's protocol (one environment). What plays in it
 * (mc_play) does not know which.
 */
#ifndef MC_ENV_H
#define MC_ENV_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_params.h"
#include "mc_prey.h"
#include "mc_task.h"

struct mc_env;

/* Up to `max` episodes at once of the built-in task; `prey`, `range` as in mc_world_new. */
struct mc_env *mc_env_world(const struct mc_task *task, size_t max, const struct mc_params *prey,
    double range, uint64_t seed, uint32_t env, struct mc_err *e);

/* What a process says of itself, beyond dimensions. */
struct mc_env_says {
	char task[64];         /* need not be one of ours */
	double range;          /* negative = it states none */
	struct mc_prey prey;   /* read where the task is one of ours that has preys; how "" = it does not say */
};

/*
 * Starts `command` by sh -c and reads its header, which must say task, agents, obs_dim, steps
 * and the same seed and environment index (MC_USAGE otherwise, with both values). Prey weights
 * are from the arena. `command` must live as long as the environment. When the process ends before
 * its time, here or in an episode, MC_DATA names the command and its exit status, or the signal.
 */
struct mc_env *mc_env_process(const char *command, uint64_t seed, uint32_t env,
    struct mc_env_says *says, struct mc_arena *arena, struct mc_err *e);

/* Ends the process, if there is one, and waits for it. */
void mc_env_free(struct mc_env *v);

/* N, d, T, O, A of the environment. */
void mc_env_dims(const struct mc_env *v, struct mc_dims *dims);

/*
 * Starts episodes first ... first+n-1 and gives their observations at step 0.
 *   o  out [n,N,O]    m  out [n,N,d]
 * A process plays one at a time (n = 1); episodes that do not follow each other are asked
 * for by number.
 */
int mc_env_begin(struct mc_env *v, uint32_t first, size_t n, mc_real *o, uint8_t *m, struct mc_err *e);

/* One step of the n episodes: a [n,N,A] -> r [n], o [n,N,O], m [n,N,d]. */
int mc_env_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e);

#endif
