#include "mc_grow.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST = 4096 };  /* bytes */

void *mc_grow(void *array, size_t want, size_t *room, size_t size, const char *what, struct mc_err *e)
{
	size_t n = *room ? *room : size < FIRST ? FIRST / size : 1;
	void *grown;

	if (array && want <= *room)
		return array;
	while (n < want && n <= SIZE_MAX / 2 / size)
		n *= 2;
	grown = n < want ? NULL : realloc(array, n * size);
	if (!grown) {
		(void)mc_err_nomem(e, what, n * size);
		return NULL;
	}
	*room = n;
	return grown;
}
