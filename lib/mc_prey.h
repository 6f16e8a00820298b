/*
 * Prey files: a stream with one `params` frame of the net "prey" (dense_0, dense_1, dense_2).
 */
#ifndef MC_PREY_H
#define MC_PREY_H

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_params.h"
#include "mc_task.h"

/*
 * Reads the weights for `task` into p, its block from the arena. MC_USAGE when the task has no
 * scripted prey, MC_NOINPUT, or MC_DATA when the stream is bad, has no such net, or its shapes do
 * not fit the task.
 */
int mc_prey_load(const char *path, const struct mc_task *task, struct mc_params *p,
    struct mc_arena *arena, struct mc_err *e);

#endif
