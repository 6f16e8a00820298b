/*
 * Where everything is, as far as a team can tell: positions from its observations, whose layout the
 * task decides (mc-envsim --describe TASK).
 *
 * Every agent knows where it and the others are. Of landmarks and prey it may see the nearest few
 * alone; what no agent sees is not there.
 */
#ifndef MC_SIGHT_H
#define MC_SIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"
#include "mc_real.h"
#include "mc_task.h"

enum mc_role { MC_ROLE_AGENT, MC_ROLE_LANDMARK, MC_ROLE_PREY, MC_ROLE_PREDATOR, MC_ROLE_BALL, MC_ROLE_TARGET, MC_ROLES };

/* "agent"; "landmarks" for a number of them. */
const char *mc_role_name(enum mc_role role);

/* How many of a role a task has; agents are the learning team, whatever they are called there. */
size_t mc_role_count(const struct mc_task *t, enum mc_role role);

/* Of entity i, in the order of the task: evade's predators are MC_ROLE_PREDATOR, predator-prey's agents. */
enum mc_role mc_role_of(const struct mc_task *t, int i);

/* The radius of each role, 0 where the task has none. 0, or -1 and MC_OSERR. */
int mc_role_sizes(double size[MC_ROLES], const struct mc_task *t, struct mc_err *e);

struct mc_seen {
	enum mc_role role;
	double x, y;
};

struct mc_sight {
	struct mc_seen *seen;   /* room for every entity of the task; agents first, in their order */
	size_t n;
};

/*
 * What the team sees: o [agents, obs_dim]. What two agents see in one place is one thing. 0, or -1:
 * there is more than the task has, so that these are not observations of it.
 */
int mc_sight_read(struct mc_sight *s, const struct mc_task *t, const mc_real *o);

/* The same of landmarks, prey, ball and target by the observations of those agents alone whose by[i] is 1. */
int mc_sight_read_by(struct mc_sight *s, const struct mc_task *t, const mc_real *o, const uint8_t *by);

/*
 * How far agent i's observation shows everything of the role that may be out of sight: to the last of a
 * full list that is in order of distance, to the end of its view; infinite where nothing is ever out of sight.
 */
double mc_sight_reach(const struct mc_task *t, const mc_real *own);

/* Adds one more thing unless it is there already: 1 added, 0 known, -1 more than the task has. */
int mc_sight_add(struct mc_sight *s, const struct mc_task *t, enum mc_role role, double x, double y);

/* The number of things of a role in it. */
size_t mc_sight_count(const struct mc_sight *s, enum mc_role role);

#endif
