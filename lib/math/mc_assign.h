/*
 * Optimal assignment: every row gets a column of its own so that the summed cost is least
 * (Hungarian method with potentials, rows added one after the other: O(rows^2 columns)).
 */
#ifndef MC_ASSIGN_H
#define MC_ASSIGN_H

#include <stddef.h>

#include "mc_arena.h"
#include "mc_err.h"

struct mc_assign; /* work space */

struct mc_assign *mc_assign_new(size_t max_columns, struct mc_arena *arena, struct mc_err *e);

/*
 * cost [rows, columns], finite, rows <= columns <= the work space's; to [rows] out: the column of each
 * row. Among equal assignments the choice is a function of the costs alone.
 */
void mc_assign(struct mc_assign *x, size_t rows, size_t columns, const double *cost, size_t *to);

#endif
