#include "mc_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* After a write that failed: 1 = try it again, 0 = it has failed. */
static int again(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };

	if (errno != EAGAIN && errno != EINTR)
		return 0;
	if (errno == EAGAIN)
		(void)poll(&wait, 1, -1);
	return 1;
}

int mc_io_write(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		const ssize_t done = write(fd, p, n);

		if (done < 0 && !again(fd))
			return -1;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

void mc_io_widen(int fd)
{
	enum { WIDE = 1 << 20 };
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fcntl(fd, F_GETPIPE_SZ) < WIDE)
		(void)fcntl(fd, F_SETPIPE_SZ, WIDE);
}

/* ---- standard streams; a cookie is the descriptor's number ---- */

static ssize_t write_stream(void *cookie, const char *from, size_t n)
{
	return mc_io_write((int)(intptr_t)cookie, from, n) < 0 ? 0 : (ssize_t)n;
}

static void replace(FILE **stream, int fd, int buffering)
{
	const cookie_io_functions_t io = { .write = write_stream };
	FILE *f = fopencookie((void *)(intptr_t)fd, "w", io);

	if (!f)
		return;
	(void)setvbuf(f, NULL, buffering, BUFSIZ);
	*stream = f;
}

void mc_io_streams(void)
{
	replace(&stdout, STDOUT_FILENO, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
	replace(&stderr, STDERR_FILENO, _IONBF);
}

int mc_quiet(void)
{
	const char *quiet = getenv("MC_QUIET");

	return quiet && *quiet;
}

int mc_io_is_terminal(FILE *stream)
{
	return isatty(stream == stdout ? STDOUT_FILENO : stream == stderr ? STDERR_FILENO : fileno(stream));
}
