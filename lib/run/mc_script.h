/*
 * Scripted teams: yardsticks for learned ones. A script acts by what an agent knows, at one of three
 * levels:
 *
 *   alone   its own observation, nobody asked
 *   told    its own observation and those of the agents that it asks, as a learned team is told
 *   sight   the state
 *
 * None of them remembers anything, as learned policies do not. What they do with it:
 *
 *   navigation     landmarks that are known are assigned to the agents so that the summed distance is
 *                  least (mc_assign.h); who gets none looks where nobody has looked
 *   predator-prey  to the nearest known prey, ahead of it where its velocity is known; without one, look
 *                  for some
 *   push           around the ball to behind it, then push it to the target
 *   evade          the flee rule
 *   reference      to the goal; if it is not known to the point whose mean distance to the landmarks is least
 *
 *   still     u = 0                                                   any task
 *   random    u uniform in [-1, 1]^2, the draws of mc-envsim --random any task
 *   alone     level alone                                             any task
 *   told      level told; asks who knows in reference tasks, else all any task
 *   nearest   to the nearest landmark                       (sight)   navigation
 *   assign    as above                                      (sight)   navigation
 *   pursue    u = (p_j - p_i) / |p_j - p_i|, j the nearest prey (sight)  predator-prey
 *   hunt      as above                                      (sight)   predator-prey
 *   push      as above                                      (sight)   push
 *   flee      as above                                      (sight)   evade
 *
 *   floor     still                                                   any task
 *   ceiling   the best of these                                       any task
 *
 * Towards a point g an agent takes u = clip(8 (g - p) - 0.8 v, -1, 1).
 */
#ifndef MC_SCRIPT_H
#define MC_SCRIPT_H

#include <stdint.h>
#include <stdio.h>

#include "mc_act.h"
#include "mc_arena.h"
#include "mc_err.h"
#include "mc_real.h"
#include "mc_task.h"
#include "mc_world.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_script;

/* For a task. MC_USAGE for a name that is none, or not of this task, with those that are. */
struct mc_script *mc_script_new(const char *name, const struct mc_task *t, struct mc_arena *arena, struct mc_err *e);

/* The names, NULL after the last; is it one for this task? */
const char *mc_script_name(int i);
int mc_script_fits(const char *name, const struct mc_task *t);

/*
 * What a task is measured by: what it is worth to do nothing that serves it, what can be had without a
 * message, and what the best script here gets.
 */
const char *mc_script_floor(const struct mc_task *t);
const char *mc_script_alone(const struct mc_task *t);
const char *mc_script_ceiling(const struct mc_task *t);

/* What it is called: "floor" and "ceiling" are those of the task. */
const char *mc_script_called(const struct mc_script *x);

/* Does it need the state, which the environment of another program does not show? */
int mc_script_sees(const struct mc_script *x);

/* How its requests are called: "none", "full", or "right" (those of mc_right.h). */
const char *mc_script_comm(const struct mc_script *x);

/* Its requests: I [n,N,d], 0 where m is. c [n,N,d] or NULL: 1 where it would ask, else 0. */
void mc_script_decide(const struct mc_script *x, size_t n, const mc_real *o, const uint8_t *m, mc_real *c, uint8_t *I);

/* Where it acts: step t of episodes first ... first+n-1 of environment `env` under this seed (for random's draws). */
struct mc_script_place {
	uint64_t seed;
	uint32_t env, first;
	size_t n, t;
};

/*
 * Its actions a [n,N,2] by what is known: observations o [n,N,O], those heard [n,N,d] of the agents src
 * [n,N,d] (NULL: of the slots' own), and, for scripts that see, the world [n].
 */
void mc_script_act(struct mc_script *x, const struct mc_script_place *at, const struct mc_world *w, const mc_real *o,
    const uint8_t *heard, const uint8_t *src, mc_real *a);

#ifdef __cplusplus
}
#endif

#endif
