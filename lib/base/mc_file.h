/*
 * Files that must never be half-written, overwritten by mistake, or written by two at once: what a
 * name stands for, the atomic commit of a checkpoint, locks, and the comparison of what a command
 * reads with what it writes.
 */
#ifndef MC_FILE_H
#define MC_FILE_H

#include <limits.h>
#include <stddef.h>

#include "mc_err.h"

/* ---- names ---- */

/*
 * The file that `path` stands for: symbolic links are followed, also one to a file that is not there
 * yet. Its directory must exist. MC_CANTCREAT otherwise, or where the name is too long.
 */
int mc_file_real(const char *path, char real[PATH_MAX], struct mc_err *e);

/* `path` and `suffix` together; MC_CANTCREAT where that is too long. */
int mc_file_name(char out[PATH_MAX], const char *path, const char *suffix, struct mc_err *e);

/*
 * Refuses an existing path that is not a regular file, or may not be written, and one that could not be
 * made because its directory is not there (MC_CANTCREAT). 1 = exists, 0 = does not, -1 = refused.
 */
int mc_file_check_target(const char *path, struct mc_err *e);

/*
 * A file that a command uses. "-" is standard input or output, compared only where that is a regular
 * file; a path of NULL is not a file.
 */
struct mc_file_use {
	const char *name;      /* how the command line calls it: "-c", "--npz", or the path itself */
	const char *path;
	int writes;            /* 1 = is written, 0 = is read */
};

/*
 * Refuses a command that would write a file that it reads, or one file twice, whatever they are
 * called: the same device and inode, or the same name in the same directory. MC_USAGE; to be called
 * before anything is opened for writing.
 */
int mc_file_distinct(const struct mc_file_use *use, size_t n, struct mc_err *e);

/*
 * The same of `use`, and of a command's operands, which are read: files, or LABEL=FILE. No operand
 * is standard input.
 */
int mc_file_apart(const struct mc_file_use *use, size_t n, int operands, char *const *operand, struct mc_err *e);

/*
 * What `path` stands for as text, by which the programs of a ring compare theirs: the machine, and the
 * file's real name. 0, or -1 where it stands for nothing.
 */
int mc_file_identity(const char *path, char *out, size_t size);

/* ---- writing ---- */

/*
 * Replaces the file by these bytes: writes a new one beside it, .NAME.XXXXXX.tmp with a name that nobody
 * has, fsync, rename, fsync of the directory. A symbolic link stays one, and a file that is replaced
 * leaves its mode and, where that is allowed, its owner. On failure the old file stands, the new
 * one is removed, and `e` says why, by `path`: MC_CANTCREAT when it cannot be created or
 * mc_file_check_target refuses it, MC_IOERR when writing, fsync or rename fails. A failed fsync is never
 * retried. What a writer that was killed left behind is removed by the next one; several at once do
 * not meet: the last to be done stays.
 */
int mc_file_commit(const char *path, const void *bytes, size_t len, struct mc_err *e);

/* Writes these bytes to standard output, now. 0, or -1 and MC_IOERR. */
int mc_file_stdout(const void *bytes, size_t len, struct mc_err *e);

/* ---- locks ---- */

struct mc_file_lock {
	int fd;                /* -1 = none */
	char name[PATH_MAX];
};

/*
 * Takes the lock of a file that is replaced as a whole: REAL.lock, where REAL is the file that `path`
 * stands for (flock, exclusive, not waiting). It lasts until the process ends or mc_file_unlock,
 * which removes REAL.lock. 0, or -1: MC_TEMPFAIL when another run has it.
 */
int mc_file_lock(struct mc_file_lock *l, const char *path, struct mc_err *e);
void mc_file_unlock(struct mc_file_lock *l);

/* The same for a file that stays and is open: the lock is its own, and ends with `fd`. */
int mc_file_hold(int fd, const char *path, struct mc_err *e);

#endif
