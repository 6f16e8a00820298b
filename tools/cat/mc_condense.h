/*
 * A run's log, condensed: the episodes in a few hundred parts of equal size, each part one frame,
 * so that a run of 50,000 episodes is a file that can be published. What reads logs reads it.
 *
 * An `episode` frame stands for `episodes` of them, the last being `episode`: `return` is their mean,
 * requests, edges, steps and the like are sums. A `metric` frame has the means of the numbers that were
 * asked for, and of arrays of that name, over the part's metric frames of one program. `header`
 * gains `condensed`, the number of parts.
 */
#ifndef MC_CONDENSE_H
#define MC_CONDENSE_H

#include <stddef.h>

#include "mc_err.h"

/*
 * Reads the log `from`, a regular file that is complete, and writes `to` whole or not at all.
 * `metrics` lists names, "c_mean,entropy". MC_USAGE for standard input, MC_DATA where the log stops
 * early, holds two runs, is condensed already, or has no episode; and as mc_in_frame and mc_file_commit.
 */
int mc_condense(const char *from, const char *to, size_t points, const char *metrics, size_t max_frame,
    struct mc_err *e);

#endif
