#include "mc_arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, CHUNK = 1 << 20 };

struct mc_arena_chunk {
	struct mc_arena_chunk *older;
	size_t used, size;            /* of the bytes behind this head */
};

static size_t round_up(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static unsigned char *bytes_of(struct mc_arena_chunk *c)
{
	return (unsigned char *)c + round_up(sizeof *c);
}

static struct mc_arena_chunk *grow(struct mc_arena *a, size_t need)
{
	const size_t size = need > CHUNK ? need : CHUNK;
	struct mc_arena_chunk *c = aligned_alloc(ALIGN, round_up(sizeof *c) + size);

	if (!c)
		return NULL;
	c->older = a->chunk;
	c->used = 0;
	c->size = size;
	a->chunk = c;
	return c;
}

void *mc_arena_alloc(struct mc_arena *a, size_t n, size_t size, const char *what,
    struct mc_err *e)
{
	struct mc_arena_chunk *c = a->chunk;

	if (size && n > (SIZE_MAX / 2 - ALIGN) / size) {
		(void)mc_err_nomem(e, what, SIZE_MAX);
		return NULL;
	}
	const size_t need = round_up(n && size ? n * size : 1);

	if (!c || c->size - c->used < need)
		c = grow(a, need);
	if (!c) {
		(void)mc_err_nomem(e, what, n * size);
		return NULL;
	}
	void *p = bytes_of(c) + c->used;

	c->used += need;
	a->total += need;
	return memset(p, 0, need);
}

struct mc_arena_mark mc_arena_mark(const struct mc_arena *a)
{
	struct mc_arena_mark m = { a->chunk, a->chunk ? a->chunk->used : 0 };

	return m;
}

void mc_arena_reset(struct mc_arena *a, struct mc_arena_mark mark)
{
	while (a->chunk != mark.chunk) {
		struct mc_arena_chunk *older = a->chunk->older;

		free(a->chunk);
		a->chunk = older;
	}
	if (a->chunk)
		a->chunk->used = mark.used;
}

void mc_arena_free(struct mc_arena *a)
{
	const struct mc_arena_mark start = { NULL, 0 };

	mc_arena_reset(a, start);
}
