/*
 * mc-metalearn --analyse: a filter of a plain stream that adds to every trajectory the
 * advantages that a checkpoint's nets give it (mc_advantage.h).
 */
#ifndef MC_ANALYSE_H
#define MC_ANALYSE_H

#include <stddef.h>

#include "mc_err.h"

struct mc_analyse_opts {
	const char *ckpt;     /* its comm, rule and, where it has one, baseline; gamma and n of its header */
	const char *initial;  /* a checkpoint whose rule is compared with that; or NULL */
	size_t max_frame;
	int argc;             /* for the provenance frame */
	char **argv;
};

/*
 * Standard input to standard output, until the end of the input: streams may follow each other.
 * Returns the exit status, or -1: MC_USAGE for a checkpoint without a net that it needs, and for
 * trajectories or a second rule of other widths (both are named). *streaming is set once the
 * stream has begun, so that its end is this function's.
 */
int mc_analyse(const struct mc_analyse_opts *o, int *streaming, struct mc_err *e);

#endif
