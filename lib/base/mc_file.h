/*
 * Files that must never be half-written: the atomic commit of a checkpoint, and the
 * lock that keeps two runs apart.
 */
#ifndef MC_FILE_H
#define MC_FILE_H

#include <stddef.h>

#include "mc_err.h"

/*
 * Replaces `path` by these bytes: writes <path>.tmp (a stale one is overwritten), fsync,
 * rename, fsync of the directory. On failure the old file stands, the .tmp is removed, and
 * `e` says why: MC_CANTCREAT when it cannot be created or `path` is no regular file,
 * MC_IOERR when writing, fsync or rename fails. A failed fsync is never retried.
 */
int mc_file_commit(const char *path, const void *bytes, size_t len, struct mc_err *e);

/* Writes these bytes to standard output, now. 0, or -1 and MC_IOERR. */
int mc_file_stdout(const void *bytes, size_t len, struct mc_err *e);

/* Refuses an existing path that is no regular file (MC_CANTCREAT). 1 = exists, 0 = does not, -1 = refused. */
int mc_file_check_target(const char *path, struct mc_err *e);

/*
 * Takes the lock <path>.lock (flock, exclusive, not waiting); it lasts until the process
 * ends or mc_file_unlock. Returns its fd, or -1: MC_TEMPFAIL when another run has it.
 */
int mc_file_lock(const char *path, struct mc_err *e);
void mc_file_unlock(int fd);

#endif
