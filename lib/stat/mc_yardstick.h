/*
 * Scores: where a return lies between the floor of its task and its ceiling, the returns of its
 * scripts still and assign, hunt, push, flee or told (mc_script.h).
 *
 *   score = (return - floor) / (ceiling - floor)
 *
 * 0 is a team that does nothing, 1 the best script that there is; learned teams may lie beyond both.
 */
#ifndef MC_YARDSTICK_H
#define MC_YARDSTICK_H

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_task.h"
#include "mc_yardstick_table.h"

/*
 * That of a task by its name, or another name of the same task, against prey: "none", "flee" or "trained"; in
 * whichever order landmarks are listed (_i), as scripts see the same. NULL where none was measured.
 */
const struct mc_yardstick *mc_yardstick_find(const char *task, const char *prey);

double mc_yardstick_score(const struct mc_yardstick *y, double ret);

/*
 * The word for prey in mc_yardstick_find: `how` is the header's ("none", "flee", "mlp"), p the weights of "mlp".
 * "other" for weights that are not those compiled in. Scratch memory is from the arena.
 */
const char *mc_yardstick_prey(const char *how, const struct mc_params *p, const struct mc_task *task, struct mc_arena *arena);

/* The same of a run's header; "other" too where it says nothing of this. */
const char *mc_yardstick_header_prey(const struct mc_map *header);

#endif
