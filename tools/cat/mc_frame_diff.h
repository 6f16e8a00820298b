/*
 * The first difference between two frames, for people.
 */
#ifndef MC_FRAME_DIFF_H
#define MC_FRAME_DIFF_H

#include <stddef.h>

#include "mc_frame.h"

/*
 * 0 if the frames hold the same; 1 with "params.comm.dense_0.kernel[2,5]: 0.5 and 0.25" in
 * text; -1 with `e` (memory). Keys in any order, crc32 aside, integers by value whatever
 * their width, floats and arrays by their bits (so NaN equals itself and 0 is not -0).
 */
int mc_diff_frames(const struct mc_frame *a, const struct mc_frame *b, char *text, size_t size,
    struct mc_err *e);

#endif
