/*
 * Writing to a descriptor: the one loop of all writers, and standard streams that use it.
 */
#ifndef MC_IO_H
#define MC_IO_H

#include <stddef.h>
#include <stdio.h>

/*
 * All n bytes: goes on after a signal (EINTR) and a short write, and waits where the descriptor does
 * not (EAGAIN: whoever shares it may have made it non-blocking). 0, or -1 and errno.
 */
int mc_io_write(int fd, const void *bytes, size_t n);

/* Room for 1 MiB in the pipe behind fd, if it is one and holds less. A refusal is not an error. */
void mc_io_widen(int fd);

/*
 * From now on stdout and stderr wait, too, where their descriptors do not; stdio alone would fail and
 * lose what it held. Buffered as before, but fileno() no longer knows them. Where memory is short
 * they stay as they are.
 */
void mc_io_streams(void);

/* Does the user want no chatter? MC_QUIET is set and not empty. */
int mc_quiet(void);

/* Does this stream, one of those or another, end at a terminal? */
int mc_io_is_terminal(FILE *stream);

#endif
