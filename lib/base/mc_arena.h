/*
 * Allocate many, free once. One arena a run, passed down; temporaries are taken
 * back to a mark. Nothing is allocated inside a training loop.
 */
#ifndef MC_ARENA_H
#define MC_ARENA_H

#include <stddef.h>

#include "mc_err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_arena_chunk;

/* Zero-initialise before use: struct mc_arena a = {0}; */
struct mc_arena {
	struct mc_arena_chunk *chunk; /* newest first; private */
	size_t total;                 /* bytes handed out since the start; never falls */
};

struct mc_arena_mark {
	struct mc_arena_chunk *chunk;
	size_t used;
};

/*
 * `n` elements of `size` bytes, zeroed, aligned to 64 bytes, owned by the arena.
 * n * size = 0 gives a valid pointer. NULL with `e` filled (MC_OSERR) when there is
 * no memory or n * size overflows; `what` names the thing in that message.
 */
void *mc_arena_alloc(struct mc_arena *a, size_t n, size_t size, const char *what,
    struct mc_err *e);

struct mc_arena_mark mc_arena_mark(const struct mc_arena *a);

/* Takes back everything that was handed out since the mark. */
void mc_arena_reset(struct mc_arena *a, struct mc_arena_mark mark);

void mc_arena_free(struct mc_arena *a);

#ifdef __cplusplus
}
#endif

#endif
