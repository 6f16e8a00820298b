#include "mc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mc_io.h"

enum { LINKS = 40, MARK = 6, TRIES = 100 };

/* ---- names ---- */

int mc_file_name(char out[PATH_MAX], const char *path, const char *suffix, struct mc_err *e)
{
	const int n = snprintf(out, PATH_MAX, "%s%s", path, suffix);

	return n < 0 || n >= PATH_MAX ? mc_err_set(e, MC_CANTCREAT, path, -1, NULL, "the name is too long") : 0;
}

/* The directory of `path`, by its real name, then the last part of it. */
static int real_parent(const char *path, char real[PATH_MAX], struct mc_err *e)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;

	(void)snprintf(dir, sizeof dir, "%.*s", n ? (int)n : 1, n ? path : ".");
	if (!realpath(dir, real))
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
	const size_t used = strlen(real);

	if (used + 1 + strlen(name) >= PATH_MAX)
		return mc_err_set(e, MC_CANTCREAT, path, -1, NULL, "the name is too long");
	(void)snprintf(real + used, PATH_MAX - used, "%s%s", used > 1 ? "/" : "", name);
	return 0;
}

/* The link's target, seen from where the link is. 1, or 0 where `real` is not a link. */
static int follow(const char *real, char to[PATH_MAX])
{
	char target[PATH_MAX];
	const ssize_t n = readlink(real, target, sizeof target - 1);

	if (n < 0)
		return 0;
	target[n] = '\0';
	const int dir = target[0] == '/' ? 0 : (int)(strrchr(real, '/') - real) + 1;

	return snprintf(to, PATH_MAX, "%.*s%s", dir, real, target) < PATH_MAX;
}

int mc_file_real(const char *path, char real[PATH_MAX], struct mc_err *e)
{
	char at[PATH_MAX];

	if (realpath(path, real))
		return 0;
	if (errno != ENOENT)
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
	if (mc_file_name(at, path, "", e) < 0)
		return -1;
	for (int k = 0; k < LINKS; k++) {
		if (real_parent(at, real, e) < 0)
			return -1;
		if (!follow(real, at))
			return 0;
	}
	errno = ELOOP;
	return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
}

int mc_file_check_target(const char *path, struct mc_err *e)
{
	struct stat st;
	char real[PATH_MAX];

	if (stat(path, &st) < 0) {
		if (errno == ENOENT)
			return mc_file_real(path, real, e);
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
	}
	if (!S_ISREG(st.st_mode))
		return mc_err_set(e, MC_CANTCREAT, path, -1, "name another file",
		    "exists and is not a regular file");
	if (access(path, W_OK) < 0)
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot write there");
	return 1;
}

/* ---- what a command uses ---- */

struct identity {
	int known;             /* 0: nothing to be compared */
	int exists;
	dev_t dev;
	ino_t ino;
	char real[PATH_MAX];   /* of one that does not exist yet */
};

static void identify(const struct mc_file_use *u, struct identity *id)
{
	struct stat st;
	const int standard = u->path && strcmp(u->path, "-") == 0;

	memset(id, 0, sizeof *id);
	if (!u->path)
		return;
	if ((standard ? fstat(u->writes ? STDOUT_FILENO : STDIN_FILENO, &st) : stat(u->path, &st)) == 0) {
		id->known = S_ISREG(st.st_mode);
		id->exists = 1;
		id->dev = st.st_dev;
		id->ino = st.st_ino;
	} else {
		id->known = !standard && mc_file_real(u->path, id->real, NULL) == 0;
	}
}

static int is_same(const struct identity *a, const struct identity *b)
{
	if (!a->known || !b->known || a->exists != b->exists)
		return 0;
	return a->exists ? a->dev == b->dev && a->ino == b->ino : strcmp(a->real, b->real) == 0;
}

static int clash(const struct mc_file_use *a, const struct mc_file_use *b, struct mc_err *e)
{
	const struct mc_file_use *out = b->writes ? b : a, *other = b->writes ? a : b;

	if (out->writes && other->writes)
		return mc_err_set(e, MC_USAGE, out->name, -1, "name another file", "%s would be written by %s, too", out->path,
		    other->name);
	return mc_err_set(e, MC_USAGE, out->name, -1, "name another file", "%s would be overwritten, and is read%s%s",
	    out->path, strcmp(other->name, other->path) == 0 ? "" : " by ", strcmp(other->name, other->path) == 0 ? "" : other->name);
}

int mc_file_distinct(const struct mc_file_use *use, size_t n, struct mc_err *e)
{
	struct identity *id = calloc(n ? n : 1, sizeof *id);
	int r = 0;

	if (!id)
		return mc_err_nomem(e, "names", n * sizeof *id);
	for (size_t i = 0; i < n && r == 0; i++) {
		identify(&use[i], &id[i]);
		for (size_t j = 0; j < i && r == 0; j++)
			if ((use[i].writes || use[j].writes) && is_same(&id[i], &id[j]))
				r = clash(&use[j], &use[i], e);
	}
	free(id);
	return r;
}

int mc_file_apart(const struct mc_file_use *use, size_t n, int operands, char *const *operand, struct mc_err *e)
{
	const size_t all = n + (operands > 0 ? (size_t)operands : 1);
	struct mc_file_use *u = calloc(all, sizeof *u);
	struct stat st;

	if (!u)
		return mc_err_nomem(e, "names", all * sizeof *u);
	memcpy(u, use, n * sizeof *u);
	u[n] = (struct mc_file_use){ "-", "-", 0 };
	for (int i = 0; i < operands; i++) {
		const char *equals = strchr(operand[i], '='), *file = equals && stat(operand[i], &st) < 0 ? equals + 1 : operand[i];

		u[n + (size_t)i] = (struct mc_file_use){ file, file, 0 };
	}
	const int r = mc_file_distinct(u, all, e);

	free(u);
	return r;
}

/* A name that no other machine has, and this one only until it starts again. */
static void machine(char *out, size_t size)
{
	char boot[64] = "", host[256] = "";
	const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		const ssize_t n = read(fd, boot, sizeof boot - 1);

		boot[n > 0 ? strcspn(boot, "\n") : 0] = '\0';
		(void)close(fd);
	}
	(void)gethostname(host, sizeof host - 1);
	(void)snprintf(out, size, "%s %s", host, boot);
}

int mc_file_identity(const char *path, char *out, size_t size)
{
	char where[400], real[PATH_MAX];
	struct stat st;
	int n;

	if (!path)
		return -1;
	machine(where, sizeof where);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		n = snprintf(out, size, "%s %ju %ju", where, (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	else if (mc_file_real(path, real, NULL) == 0)
		n = snprintf(out, size, "%s %s", where, real);
	else
		return -1;
	return n >= 0 && (size_t)n < size ? 0 : -1;
}

/* ---- a new file beside the old one ---- */

/* Where real's directory ends and its name begins. */
static size_t name_at(const char *real)
{
	return (size_t)(strrchr(real, '/') + 1 - real);
}

/* ".NAME." as a temporary file's name begins; a very long NAME is cut, for the rest to have room. */
static void begin_name(const char *real, char out[NAME_MAX + 1])
{
	(void)snprintf(out, NAME_MAX + 1, ".%.*s.", NAME_MAX - MARK - 6, real + name_at(real));
}

static int invent_name(const char *real, char tmp[PATH_MAX], struct mc_err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	char begin[NAME_MAX + 1], mark[MARK + 1] = "";
	unsigned char random[MARK];

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return mc_err_errno(e, MC_OSERR, real, NULL, "no random numbers");
	for (int k = 0; k < MARK; k++)
		mark[k] = letters[random[k] % 32];
	begin_name(real, begin);
	if (snprintf(tmp, PATH_MAX, "%.*s%s%s.tmp", (int)name_at(real), real, begin, mark) >= PATH_MAX)
		return mc_err_set(e, MC_CANTCREAT, real, -1, NULL, "the name is too long");
	return 0;
}

/*
 * A new file, locked as long as it is being written: so who removes those that are left over can tell
 * them apart. Between its making and its lock it may be taken for one of them; then it has no name left.
 */
static int create_beside(const char *path, const char *real, char tmp[PATH_MAX], struct mc_err *e)
{
	struct stat st;

	for (int k = 0; k < TRIES; k++) {
		if (invent_name(real, tmp, e) < 0)
			return -1;
		const int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

		if (fd < 0 && errno != EEXIST)
			return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot create a file next to it");
		if (fd >= 0 && (flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0 || st.st_nlink > 0))
			return fd;
		if (fd >= 0)
			(void)close(fd);
	}
	return mc_err_set(e, MC_CANTCREAT, path, -1, NULL, "cannot create a file next to it: every name is taken");
}

static int is_left_over(const char *name, const char *begin, size_t n)
{
	return strlen(name) == n + MARK + 4 && strncmp(name, begin, n) == 0 && strcmp(name + n + MARK, ".tmp") == 0 &&
	    strspn(name + n, "abcdefghijklmnopqrstuvwxyz012345") == MARK;
}

/* Removes what writers of this file that were killed have left: those are locked no longer. */
static void sweep(const char *real)
{
	char begin[NAME_MAX + 1], dir[PATH_MAX];
	const struct dirent *d;

	begin_name(real, begin);
	(void)snprintf(dir, sizeof dir, "%.*s", (int)name_at(real), real);
	DIR *in = opendir(dir);

	while (in && (d = readdir(in))) {
		if (!is_left_over(d->d_name, begin, strlen(begin)))
			continue;
		const int fd = openat(dirfd(in), d->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)unlinkat(dirfd(in), d->d_name, 0);
		if (fd >= 0)
			(void)close(fd);
	}
	if (in)
		(void)closedir(in);
}

/* The mode and, where that is allowed, the owner of the file that is to be replaced. */
static void keep_mode(const char *real, int fd)
{
	struct stat old, new;

	if (stat(real, &old) < 0 || fstat(fd, &new) < 0)
		return;
	if (old.st_uid != new.st_uid || old.st_gid != new.st_gid)
		(void)!fchown(fd, old.st_uid, old.st_gid);
	(void)fchmod(fd, old.st_mode & 07777);
}

/* ---- the commit ---- */

static int write_synced(int fd, const char *path, const void *bytes, size_t len, struct mc_err *e)
{
	if (mc_io_write(fd, bytes, len) < 0)
		return mc_err_errno(e, MC_IOERR, path, NULL, "cannot write");
	if (fsync(fd) < 0)
		return mc_err_errno(e, MC_IOERR, path, NULL, "cannot flush it to disk");
	return 0;
}

/* The rename on the disk. A directory that cannot be read, or synced (EINVAL), is taken as it is. */
static int sync_directory(const char *path, const char *real, struct mc_err *e)
{
	char dir[PATH_MAX];
	int fd, r = 0;

	(void)snprintf(dir, sizeof dir, "%.*s", (int)name_at(real), real);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? 0 : mc_err_errno(e, MC_IOERR, path, NULL, "cannot open its directory to sync it");
	if (fsync(fd) < 0 && errno != EINVAL)
		r = mc_err_errno(e, MC_IOERR, path, NULL, "cannot flush its directory to disk");
	(void)close(fd);
	return r;
}

int mc_file_commit(const char *path, const void *bytes, size_t len, struct mc_err *e)
{
	char real[PATH_MAX], tmp[PATH_MAX];

	if (mc_file_check_target(path, e) < 0 || mc_file_real(path, real, e) < 0)
		return -1;
	sweep(real);
	const int fd = create_beside(path, real, tmp, e);

	if (fd < 0)
		return -1;
	keep_mode(real, fd);
	int r = write_synced(fd, path, bytes, len, e);

	if (r == 0 && rename(tmp, real) < 0)
		r = mc_err_errno(e, MC_IOERR, path, NULL, "cannot move the new file into place");
	if (r < 0)
		(void)unlink(tmp);
	if (close(fd) < 0 && r == 0)
		r = mc_err_errno(e, MC_IOERR, path, NULL, "cannot close");
	return r < 0 ? -1 : sync_directory(path, real, e);
}

int mc_file_stdout(const void *bytes, size_t len, struct mc_err *e)
{
	if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout) != 0)
		return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	return 0;
}

/* ---- locks ---- */

int mc_file_hold(int fd, const char *path, struct mc_err *e)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			return mc_err_set(e, MC_TEMPFAIL, path, -1, "wait for it, or name another file",
			    "another run is using it");
		return mc_err_errno(e, MC_OSERR, path, NULL, "cannot lock");
	}
	return 0;
}

/* Does the name still stand for the open file? Who had the lock before may have removed it. */
static int is_named(int fd, const char *name)
{
	struct stat open, named;

	return fstat(fd, &open) == 0 && stat(name, &named) == 0 && open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

int mc_file_lock(struct mc_file_lock *l, const char *path, struct mc_err *e)
{
	char real[PATH_MAX];

	l->fd = -1;
	if (mc_file_real(path, real, e) < 0 || mc_file_name(l->name, real, ".lock", e) < 0)
		return -1;
	do {
		if (l->fd >= 0)
			(void)close(l->fd);
		l->fd = open(l->name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (l->fd < 0)
			return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot create its lock, %s", l->name);
		if (mc_file_hold(l->fd, path, e) < 0) {
			(void)close(l->fd);
			l->fd = -1;
			return -1;
		}
	} while (!is_named(l->fd, l->name));
	return 0;
}

void mc_file_unlock(struct mc_file_lock *l)
{
	if (l->fd < 0)
		return;
	(void)unlink(l->name);        /* while it is held: who waits for it looks again */
	(void)close(l->fd);
	l->fd = -1;
}
