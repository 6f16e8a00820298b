#include "mc_err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
	clean(to);
}

static void fill(struct mc_err *e, int code, const char *place, int64_t offset,
    const char *hint, const char *fmt, va_list ap)
{
	e->code = code;
	e->quiet = e->diverged = 0;
	e->offset = offset;
	copy(e->place, sizeof e->place, place);
	copy(e->hint, sizeof e->hint, hint);
	(void)vsnprintf(e->what, sizeof e->what, fmt, ap);
	clean(e->what);
}

int mc_err_set(struct mc_err *e, int code, const char *place, int64_t offset,
    const char *hint, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, fmt);
		fill(e, code, place, offset, hint, fmt, ap);
		va_end(ap);
	}
	return -1;
}

int mc_err_errno(struct mc_err *e, int code, const char *place,
    const char *hint, const char *fmt, ...)
{
	const int saved = errno;
	va_list ap;

	if (saved == ENOMEM || saved == EMFILE || saved == ENFILE) /* whatever it was for */
		code = MC_OSERR;
	if (saved == ENOSPC || saved == EDQUOT || saved == EIO)
		code = MC_IOERR;

	if (e) {
		va_start(ap, fmt);
		fill(e, code, place, -1, hint, fmt, ap);
		va_end(ap);
		const size_t n = strlen(e->what);
		(void)snprintf(e->what + n, sizeof e->what - n, ": %s", strerror(saved));
	}
	return -1;
}

int mc_usage(struct mc_err *e, const char *option, const char *hint, const char *fmt, ...)
{
	char text[sizeof e->what];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return mc_err_set(e, MC_USAGE, option, -1, hint, "%s", text);
}

int mc_err_diverged(struct mc_err *e, const char *net, const char *what, int64_t iteration)
{
	(void)mc_err_set(e, MC_DATA, net, -1, "try a lower learning rate", "%s is not finite at iteration %lld", what,
	    (long long)iteration);
	if (e)
		e->diverged = 1;
	return -1;
}

int mc_err_nomem(struct mc_err *e, const char *what, size_t bytes)
{
	return mc_err_set(e, MC_OSERR, NULL, -1, NULL,
	    "out of memory: %s needs %zu bytes", what, bytes);
}

void mc_err_line(const struct mc_err *e, const char *prog, char *line, size_t size)
{
	char place[300] = "";

	if (e->place[0] && e->offset >= 0)
		(void)snprintf(place, sizeof place, "%s:%lld: ", e->place, (long long)e->offset);
	else if (e->place[0])
		(void)snprintf(place, sizeof place, "%s: ", e->place);
	(void)snprintf(line, size, "%s: %s%s%s%s", prog, place, e->what,
	    e->hint[0] ? "; " : "", e->hint);
}
