/*
 * The one growing array.
 */
#ifndef MC_GROW_H
#define MC_GROW_H

#include <stddef.h>

#include "mc_err.h"

/*
 * Room for at least `want` elements of `size` bytes: the array, moved if it had to grow, and *room what
 * it holds now. It grows at least twofold, from 4 KiB: adding one at a time costs little. It begins as
 * NULL with *room 0, and belongs to the caller, who frees it.
 * NULL where memory is short (MC_OSERR, "out of memory: WHAT ..."; `e` may be NULL): the array is as it was.
 */
void *mc_grow(void *array, size_t want, size_t *room, size_t size, const char *what, struct mc_err *e);

#endif
