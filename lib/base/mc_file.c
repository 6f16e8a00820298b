#include "mc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int too_long(const char *path, struct mc_err *e)
{
	return mc_err_set(e, MC_CANTCREAT, path, -1, NULL, "the name is too long");
}

static int with_suffix(char *out, const char *path, const char *suffix, struct mc_err *e)
{
	const int n = snprintf(out, PATH_MAX, "%s%s", path, suffix);

	return n < 0 || n >= PATH_MAX ? too_long(path, e) : 0;
}

int mc_file_check_target(const char *path, struct mc_err *e)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
	}
	if (!S_ISREG(st.st_mode))
		return mc_err_set(e, MC_CANTCREAT, path, -1, "name another file",
		    "exists and is no regular file");
	return 1;
}

/* The name behind symbolic links, so that a link is not replaced by the file. */
static int resolve(const char *path, char *real, struct mc_err *e)
{
	if (realpath(path, real))
		return 0;
	if (errno != ENOENT)
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
	return with_suffix(real, path, "", e);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* The bytes in a new file, on the disk. */
static int write_synced(const char *path, const void *bytes, size_t len, struct mc_err *e)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	int r = 0;

	if (fd < 0)
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot create");
	if (write_all(fd, bytes, len) < 0)
		r = mc_err_errno(e, MC_IOERR, path, NULL, "cannot write");
	else if (fsync(fd) < 0)
		r = mc_err_errno(e, MC_IOERR, path, NULL, "cannot bring it to the disk");
	if (close(fd) < 0 && r == 0)
		r = mc_err_errno(e, MC_IOERR, path, NULL, "cannot close");
	return r;
}

/* The rename on the disk. A file system that cannot sync a directory (EINVAL) is taken as it is. */
static int sync_directory(const char *path, struct mc_err *e)
{
	char dir[PATH_MAX];
	char *slash;
	int fd, r = 0;

	if (with_suffix(dir, path, "", e) < 0)
		return -1;
	slash = strrchr(dir, '/');
	if (!slash)
		strcpy(dir, ".");
	else
		slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return mc_err_errno(e, MC_IOERR, dir, NULL, "cannot open the directory to sync it");
	if (fsync(fd) < 0 && errno != EINVAL)
		r = mc_err_errno(e, MC_IOERR, dir, NULL, "cannot bring the directory to the disk");
	(void)close(fd);
	return r;
}

int mc_file_commit(const char *path, const void *bytes, size_t len, struct mc_err *e)
{
	char target[PATH_MAX], tmp[PATH_MAX];

	if (mc_file_check_target(path, e) < 0 || resolve(path, target, e) < 0 ||
	    with_suffix(tmp, target, ".tmp", e) < 0)
		return -1;
	if (write_synced(tmp, bytes, len, e) < 0) {
		(void)unlink(tmp);
		return -1;
	}
	if (rename(tmp, target) < 0) {
		(void)mc_err_errno(e, MC_IOERR, target, NULL, "cannot rename %s to it", tmp);
		(void)unlink(tmp);
		return -1;
	}
	return sync_directory(target, e);
}

int mc_file_lock(const char *path, struct mc_err *e)
{
	char name[PATH_MAX];
	int fd;

	if (with_suffix(name, path, ".lock", e) < 0)
		return -1;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return mc_err_errno(e, MC_CANTCREAT, name, NULL, "cannot create");
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			(void)mc_err_set(e, MC_TEMPFAIL, path, -1, "wait for it, or name another file",
			    "another run is using it");
		else
			(void)mc_err_errno(e, MC_OSERR, name, NULL, "cannot lock");
		(void)close(fd);
		return -1;
	}
	return fd;
}

void mc_file_unlock(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

int mc_file_stdout(const void *bytes, size_t len, struct mc_err *e)
{
	if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout) != 0)
		return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	return 0;
}
