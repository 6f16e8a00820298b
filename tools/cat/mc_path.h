/*
 * Values inside a frame by a dotted path: "return", "values.entropy", "mc-metalearn.beta".
 */
#ifndef MC_PATH_H
#define MC_PATH_H

#include <stddef.h>

#include "mc_err.h"

enum { MC_PATH_SIZE = 96 }; /* room for a path, with its end */

/*
 * The value at `path` in the map that starts at `map`, bytes that have passed the scan; NULL if
 * there is none. A key with dots of its own is found as well: at each map a key that is the
 * whole rest of the path is tried along with those that begin it.
 */
const unsigned char *mc_path_find(const unsigned char *map, const char *path);

/* Calls `leaf` with every value that is not a map, in order, under its path (cut where it is too long). */
void mc_path_walk(const unsigned char *map, void (*leaf)(void *ctx, const char *path,
    const unsigned char *value), void *ctx);

/* Copies text[0..n) as a path. MC_USAGE at `option` when it is empty, too long, or has an empty part. */
int mc_path_copy(char out[MC_PATH_SIZE], const char *text, size_t n, const char *option, struct mc_err *e);

#endif
