/*
 * The nets that a frame holds: a params frame has one, a checkpoint those of its run
 * ("policy", "target.comm"; mc-frame(5)).
 */
#ifndef MC_NETS_H
#define MC_NETS_H

#include <stdio.h>

#include "mc_err.h"
#include "mc_frame.h"

int mc_nets_has(const struct mc_frame *f, const char *net);

/* 0, or MC_USAGE when the frame is a checkpoint that lacks the net: its name and those that are there. */
int mc_nets_check(const struct mc_frame *f, const char *net, struct mc_err *e);

/* The tree of arrays of a frame that has the net. NULL: of the one, or of all of a checkpoint. */
int mc_nets_tree(const struct mc_frame *f, const char *net, struct mc_map *tree, struct mc_err *e);

/* A line of JSON: the params frame, or what it would be for this net of the checkpoint. */
void mc_nets_json(FILE *to, const struct mc_frame *f, const char *net, int full);

#endif
