/*
 * What scripted teams do with what they know (mc_script.h): a strategy for each kind of task, from
 * positions to actions u, for the whole team at once. What is known may be a part of what there is.
 */
#ifndef MC_STRATEGY_H
#define MC_STRATEGY_H

#include <stddef.h>
#include <stdint.h>

#include "mc_arena.h"
#include "mc_assign.h"
#include "mc_err.h"
#include "mc_sight.h"
#include "mc_task.h"

/* A disc in which whatever may be out of sight is known. */
struct mc_looked {
	double x, y, r;
};

struct mc_known {
	const struct mc_task *task;
	size_t N;                 /* agents */
	double (*p)[2], (*v)[2];  /* [N] theirs; v 0 where it is not known */
	struct mc_sight sight;    /* landmarks, prey, predators, ball, target; no agents */
	struct mc_looked *looked; /* [discs] */
	size_t discs;
	double (*moves)[2];       /* [sight.n] velocities of what is in sight; 0 where not known */
	int *goal;                /* [N] of reference tasks: which landmark; negative = not known */
	double (*u)[2];           /* [N] out */
};

struct mc_strategist; /* work space */

/* Room for a task, also for the arrays of *k. */
struct mc_strategist *mc_strategist_new(struct mc_known *k, const struct mc_task *t, struct mc_arena *arena, struct mc_err *e);

/* Fills k->u. Not clipped: the world does that. */
typedef void mc_strategy(struct mc_strategist *x, struct mc_known *k);

mc_strategy mc_strategy_still, mc_strategy_nearest, mc_strategy_cover, mc_strategy_pursue, mc_strategy_hunt,
    mc_strategy_push, mc_strategy_flee, mc_strategy_goal;

#endif
