#include "mc_text.h"

#include <stdlib.h>
#include <string.h>

#include "mc_grow.h"

/* Keeps n bytes and a NUL behind them. 0 tells stdio that this has failed. */
static ssize_t keep(void *cookie, const char *bytes, size_t n)
{
	struct mc_text *t = cookie;
	char *more = mc_grow(t->bytes, t->len + n + 1, &t->room, 1, "text", NULL);

	if (more == NULL)
		return 0;
	t->bytes = more;
	memcpy(t->bytes + t->len, bytes, n);
	t->len += n;
	t->bytes[t->len] = '\0';
	return (ssize_t)n;
}

int mc_text_open(struct mc_text *t, struct mc_err *e)
{
	const cookie_io_functions_t io = { .write = keep };

	memset(t, 0, sizeof *t);
	(void)keep(t, "", 0);         /* so that no text at all is a string, too */
	if (t->bytes == NULL)
		return mc_err_nomem(e, "text", 4096);
	t->to = fopencookie(t, "w", io);
	if (t->to)
		return 0;
	free(t->bytes);
	return mc_err_nomem(e, "text", sizeof *t);
}

int mc_text_take(struct mc_text *t, char **bytes, size_t *len, struct mc_err *e)
{
	int failed = ferror(t->to);

	failed |= fclose(t->to) != 0;
	if (failed) {
		free(t->bytes);
		return mc_err_nomem(e, "text", t->room);
	}
	*bytes = t->bytes;
	*len = t->len;
	return 0;
}
