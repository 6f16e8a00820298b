/*
 * A trained policy of evade as the weights of scripted prey.
 */
#ifndef MC_PREY_EXPORT_H
#define MC_PREY_EXPORT_H

#include "mc_arena.h"
#include "mc_ckpt.h"
#include "mc_err.h"
#include "mc_params.h"

/*
 * The prey network that the policy of a run of evade is: where nobody is asked, h = 0, and of
 * dense_0's kernel only the rows of o count. MC_USAGE, saying why not, unless the run is of evade,
 * with one policy for all prey, a hidden width of 64 and no communication.
 */
int mc_prey_export(const struct mc_ckpt *c, struct mc_params *p, struct mc_arena *arena, struct mc_err *e);

#endif
