/*
 * How the scripted prey of a predator-prey task act, and prey files: a stream with one `params`
 * frame of the net "prey" (dense_0, dense_1, dense_2).
 */
#ifndef MC_PREY_H
#define MC_PREY_H

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_params.h"
#include "mc_task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_prey {
	char how[8];          /* the header's word: "none" (the task has no scripted prey), "flee", "mlp" */
	struct mc_params p;   /* the weights of "mlp", in the arena; else v = NULL */
};

/*
 * What `which` comes to for `task`:
 *   "auto"   the trained weights of mc_prey_weights.h where there are some for these numbers of
 *            predators, prey and landmarks; else flee
 *   "flee"   the flee rule; both words are fine for a task without prey
 *   others   a file, by mc_prey_load
 */
int mc_prey_choose(struct mc_prey *x, const char *which, const struct mc_task *task,
    struct mc_arena *arena, struct mc_err *e);

/*
 * Reads the weights for `task` into p, its block from the arena: from a prey file, or, where the
 * stream has no such net, those that the header of a stream or checkpoint carries (the prey of
 * another run). MC_USAGE when the task has no scripted prey, MC_NOINPUT, or MC_DATA when the
 * stream is bad, has no such weights, they were made for other numbers of predators, prey or
 * landmarks, or their shapes do not fit.
 */
int mc_prey_load(const char *path, const struct mc_task *task, struct mc_params *p,
    struct mc_arena *arena, struct mc_err *e);

/* A block for the weights of `task`'s prey, zeroed, from the arena. */
int mc_prey_new(struct mc_params *p, const struct mc_task *task, struct mc_arena *arena, struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
