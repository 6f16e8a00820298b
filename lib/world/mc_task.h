/*
 * Tasks: a name gives a description (dimensions and constants of spec tables).
 * Its world is mc_world.h.
 */
#ifndef MC_TASK_H
#define MC_TASK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mc_dims.h"
#include "mc_err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mc_task_kind { MC_NAVIGATION, MC_PREDATOR_PREY, MC_PUSH, MC_EVADE, MC_REFERENCE };

enum { MC_EPISODE = 25 }; /* steps of an episode */

struct mc_task {
	char name[64];            /* as given by the user (a long form keeps its long name) */
	enum mc_task_kind kind;
	int N, M, L, l;           /* as in the name; 0 where the kind has none */
	int view;                 /* v{h}: entities are seen up to the distance h / 100; 0 = at any */
	int indexed;              /* _i: all landmarks are observed, in index order; 0 = nearest first */
	int shift;                /* reference: agent (i + shift) mod N knows i's goal; 0 = drawn at each reset */
	int agents, entities, scripted;
	int obs_dim, prey_obs_dim; /* prey_obs_dim 0 where there are no prey */
	int hidden;               /* numbers of a state beside positions and velocities (mc_world_hidden) */
	double arena;             /* radius R, used by resets only */
};

/* The named tasks, in the order of the documentation; NULL after the last. */
const char *mc_task_name(int i);

/* Any valid name, parametric ones too. MC_USAGE for anything else, with the forms that exist. */
int mc_task_parse(struct mc_task *t, const char *name, struct mc_err *e);

/* 1 if two descriptions are the same task (predator_prey_N3_l3 and its long form are). */
int mc_task_same(const struct mc_task *a, const struct mc_task *b);

struct mc_env_dims mc_task_dims(const struct mc_task *t);

#ifdef __cplusplus
}
#endif

#endif
