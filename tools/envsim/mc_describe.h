/*
 * A task in words and numbers: dimensions, entities, observation, reward, reset. The constants
 * are those of the world at hand.
 */
#ifndef MC_DESCRIBE_H
#define MC_DESCRIBE_H

#include <stdio.h>

#include "mc_err.h"
#include "mc_task.h"

int mc_describe(const struct mc_task *t, FILE *to, struct mc_err *e);

/* The named tasks with their dimensions, one a line. */
int mc_describe_list(FILE *to, struct mc_err *e);

#endif
