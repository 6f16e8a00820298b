/*
 * Frames of one type as arrays, one for each entry, with the frames in front: what episodes and logs
 * become for NumPy. o [T+1,N,O] of E trajectories is o [E,T+1,N,O]; a number is [E], int64 where all of
 * them are integers that it can hold, else float64, NaN in frames that do not have it; entries of maps have dots in their
 * names. Texts are left out.
 */
#ifndef MC_STACK_H
#define MC_STACK_H

#include "mc_err.h"
#include "mc_export.h"
#include "mc_frame.h"

struct mc_stack;

struct mc_stack *mc_stack_new(struct mc_err *e);
void mc_stack_free(struct mc_stack *s);

/* MC_DATA where its arrays are not those of the first, in name and shape. */
int mc_stack_add(struct mc_stack *s, const struct mc_frame *f, struct mc_err *e);

/* Hands everything over. */
int mc_stack_export(struct mc_stack *s, struct mc_export *x, struct mc_err *e);

#endif
