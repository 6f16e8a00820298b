/* Growing arrays: contents kept, room at least doubled, impossible wishes refused. */
#include <stdint.h>
#include <stdlib.h>

#include "mc_grow.h"
#include "tap.h"

int main(void)
{
	struct mc_err e = { 0 };
	size_t room = 0, moves = 0, kept = 0;
	int *v = NULL;

	for (int i = 0; i < 100000; i++) {
		const size_t before = room;
		int *grown = mc_grow(v, (size_t)i + 1, &room, sizeof *v, "numbers", &e);

		if (!grown)
			break;
		moves += room != before;
		kept += room == before || before == 0 || room >= 2 * before;
		v = grown;
		v[i] = i;
	}
	is_int((long long)kept, 100000, "one at a time: never less than twice the room");
	ok(moves < 10 && room >= 100000, "100000 elements in %zu moves", moves);
	ok(v && v[0] == 0 && v[99999] == 99999 && v[1024] == 1024, "contents are kept");
	const size_t had = room;

	ok(mc_grow(v, had, &room, sizeof *v, "numbers", &e) == v && room == had, "what is there already costs nothing");
	ok(!mc_grow(v, SIZE_MAX / 2, &room, sizeof *v, "numbers", &e) && room == had && v[99999] == 99999,
	    "more than memory can be: refused, and the array is as it was");
	ok(e.code == MC_OSERR && strstr(e.what, "out of memory: numbers needs"), "... with an error that says of what");
	ok(!mc_grow(v, SIZE_MAX, &room, sizeof *v, "numbers", NULL), "... or without one");
	free(v);

	char *bytes = NULL;

	room = 0;
	bytes = mc_grow(bytes, 0, &room, 1, "bytes", &e);
	ok(bytes && room == 4096, "room for nothing is room");
	bytes = mc_grow(bytes, 100000, &room, 1, "bytes", &e);
	ok(bytes && room >= 100000, "a long leap");
	free(bytes);
	return tap_done();
}
