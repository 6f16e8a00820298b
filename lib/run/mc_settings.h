/*
 * What a header says of a run, as text: a line "path=value" for each of its entries, in their
 * order, those of maps under dotted paths ("mc-metalearn.beta=0.01"). Weights and lists have a
 * checksum as their value, under the name of the map that holds them ("prey_params=3f9a01c2").
 */
#ifndef MC_SETTINGS_H
#define MC_SETTINGS_H

#include <stddef.h>

#include "mc_err.h"
#include "mc_frame.h"

/* Of a header's map but for mc, type and crc32, to be freed. NULL: MC_OSERR. */
char *mc_settings_of(const struct mc_map *header, struct mc_err *e);

/* The value at a path: 1, or 0 and "" where there is none. */
int mc_settings_find(const char *settings, const char *path, char *value, size_t size);

/* The next line: its path and value, cut at these sizes. Where to go on, or NULL behind the last. */
const char *mc_settings_next(const char *settings, char *path, size_t paths, char *value, size_t values);

#endif
