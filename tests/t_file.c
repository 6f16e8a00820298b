/* Atomic commit and the lock. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mc_file.h"
#include "tap.h"

static char dir[] = "/tmp/t_file.XXXXXX";

static const char *in_dir(char *out, const char *name)
{
	(void)snprintf(out, 200, "%s/%s", dir, name);
	return out;
}

static void spill(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		(void)fputs(text, f);
		(void)fclose(f);
	}
}

/* The file's text, "" if there is none. */
static const char *slurp(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");

	out[0] = '\0';
	if (f) {
		out[fread(out, 1, size - 1, f)] = '\0';
		(void)fclose(f);
	}
	return out;
}

static int exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Files in the directory whose names contain `part`. */
static int count(const char *part)
{
	const struct dirent *d;
	DIR *in = opendir(dir);
	int n = 0;

	while (in && (d = readdir(in)))
		n += strstr(d->d_name, part) != NULL;
	if (in)
		(void)closedir(in);
	return n;
}

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static void test_commit(void)
{
	char path[200], tmp[200], link[200], text[100];
	struct mc_err e = { 0 };

	in_dir(path, "x.ckpt");
	in_dir(tmp, "x.ckpt.tmp");
	is_int(mc_file_check_target(path, &e), 0, "a target that does not exist");
	spill(tmp, "the user's own");
	(void)umask(022);
	is_int(mc_file_commit(path, "first", 5, &e), 0, "a commit");
	is_str(slurp(path, text, sizeof text), "first", "holds the bytes");
	is_int(mode_of(path), 0644, "in the usual mode");
	is_str(slurp(tmp, text, sizeof text), "the user's own", "and leaves a file NAME.tmp alone");
	is_int(count(".tmp"), 1, "with no other beside it");
	is_int(mc_file_check_target(path, &e), 1, "a target that exists");
	ok(chmod(path, 0600) == 0, "for its owner alone");
	is_int(mc_file_commit(path, "second", 6, &e), 0, "a second commit");
	is_str(slurp(path, text, sizeof text), "second", "replaces the first");
	is_int(mode_of(path), 0600, "and keeps its mode");
	in_dir(link, "link.ckpt");
	ok(symlink("x.ckpt", link) == 0 && mc_file_commit(link, "third", 5, &e) == 0,
	    "a commit through a symbolic link");
	is_str(slurp(path, text, sizeof text), "third", "writes what the link names");
	is_int(mc_file_commit(in_dir(path, "empty"), "", 0, &e), 0, "no bytes are a file as well");
}

/* A link to what is not there yet, by way of another link and directory. */
static void test_dangling(void)
{
	char sub[200], first[200], second[200], path[200], text[100], real[PATH_MAX];
	struct mc_err e = { 0 };
	struct stat st;

	ok(mkdir(in_dir(sub, "sub"), 0777) == 0 && symlink("sub/second", in_dir(first, "first")) == 0 &&
	    symlink("../new", in_dir(second, "sub/second")) == 0, "links");
	is_int(mc_file_real(first, real, &e), 0, "what a dangling link stands for");
	ok(strcmp(strrchr(real, '/'), "/new") == 0 && !strstr(real, "sub"), "is the file that it will be");
	is_int(mc_file_commit(first, "made", 4, &e), 0, "a commit through it");
	is_str(slurp(in_dir(path, "new"), text, sizeof text), "made", "makes that file");
	ok(lstat(first, &st) == 0 && S_ISLNK(st.st_mode), "and the link is one still");
	ok(symlink("loop", in_dir(path, "loop")) == 0 && mc_file_commit(path, "x", 1, &e) < 0, "a link to itself");
	is_int(e.code, MC_CANTCREAT, "is 73");
	ok(symlink("no/such", in_dir(path, "lost")) == 0 && mc_file_check_target(path, &e) < 0, "a link into a missing directory");
	is_int(e.code, MC_CANTCREAT, "is 73, before anything is written");
}

/* What a killed writer left is removed, what one at work has, or somebody else made, is not. */
static void test_left_over(void)
{
	char left[200], busy[200], other[200], path[200];
	struct mc_err e = { 0 };

	spill(in_dir(left, ".z.abc012.tmp"), "left");
	spill(in_dir(busy, ".z.abc013.tmp"), "busy");
	spill(in_dir(other, ".z.Abc012.tmp"), "another's");
	const int fd = open(busy, O_RDONLY);

	ok(flock(fd, LOCK_EX) == 0 && mc_file_commit(in_dir(path, "z"), "x", 1, &e) == 0, "a commit beside leftovers");
	ok(!exists(left), "removes one that nobody holds");
	ok(exists(busy), "leaves one that is held");
	ok(exists(other), "and one of another name");
	(void)close(fd);
	(void)unlink(busy);
	(void)unlink(other);
}

/* Commits of one name from several processes at once: each reads what one of them wrote, whole. */
static void test_at_once(void)
{
	enum { WRITERS = 4, ROUNDS = 40, SIZE = 100000 };
	char path[200], *got = malloc(SIZE + 2), *bytes = malloc(SIZE);
	int bad = 0, status;
	struct mc_err e = { 0 };

	in_dir(path, "shared");
	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0) {
			memset(bytes, 'a' + w, SIZE);
			for (int k = 0; k < ROUNDS; k++)
				if (mc_file_commit(path, bytes, SIZE, &e) < 0)
					_exit(1);
			_exit(0);
		}
	for (int w = 0; w < WRITERS; w++)
		bad |= wait(&status) < 0 || status != 0;
	is_int(bad, 0, "writers of one name do not meet");
	slurp(path, got, SIZE + 2);
	ok(strlen(got) == SIZE && strspn(got, (char[]){ got[0], '\0' }) == SIZE, "the file is one of theirs, whole");
	is_int(count("shared."), 0, "nothing is left beside it");
	free(got);
	free(bytes);
}

static int distinct(const char *a, int writes_a, const char *b, int writes_b, struct mc_err *e)
{
	const struct mc_file_use use[] = { { "-a", a, writes_a }, { "-b", b, writes_b } };

	return mc_file_distinct(use, 2, e);
}

static void test_distinct(void)
{
	char path[200], soft[200], dotted[200], hard[200], fresh[200], other[200];
	struct mc_err e = { 0 };

	spill(in_dir(path, "one"), "1");
	ok(symlink("one", in_dir(soft, "one-link")) == 0 && link(path, in_dir(hard, "one-hard")) == 0, "links");
	in_dir(dotted, "./sub/../one");
	is_int(distinct(path, 1, path, 0, &e), -1, "a file that is read and written");
	is_int(e.code, MC_USAGE, "is 64");
	is_str(e.place, "-a", "at what would write it");
	is_int(distinct(path, 0, path, 0, &e), 0, "one that is read twice is none");
	is_int(distinct(path, 1, soft, 1, &e), -1, "a symbolic link to it");
	is_int(distinct(path, 1, dotted, 1, &e), -1, "another way to write its name");
	is_int(distinct(path, 1, hard, 0, &e), -1, "a hard link");
	is_int(distinct(in_dir(fresh, "not-yet"), 1, in_dir(other, "sub/../not-yet"), 1, &e), -1, "a file that does not exist yet");
	is_int(distinct(fresh, 1, in_dir(other, "not-yet-either"), 1, &e), 0, "two of them");
	is_int(distinct(fresh, 1, NULL, 1, &e), 0, "a name that was not given");
	is_int(distinct("/dev/null", 1, "/dev/null", 1, &e), 0, "what is not a file may be used twice");
}

static void test_relative(void)
{
	char path[200], text[100], back[1000];
	struct mc_err e = { 0 };

	if (!getcwd(back, sizeof back) || chdir(dir) < 0)
		return;
	is_int(mc_file_commit("plain", "here", 4, &e), 0, "a name without a directory");
	is_str(slurp(in_dir(path, "plain"), text, sizeof text), "here", "is in the current one");
	ok(chdir(back) == 0, "back again");
}

static void test_refusals(void)
{
	char path[200], text[100];
	struct rlimit small = { .rlim_cur = 10, .rlim_max = RLIM_INFINITY }, before;
	struct mc_err e = { 0 };

	is_int(mc_file_commit("/dev/null", "x", 1, &e), -1, "a device is not a target");
	is_int(e.code, MC_CANTCREAT, "73");
	is_int(mc_file_commit(dir, "x", 1, &e), -1, "nor is a directory");
	is_int(e.code, MC_CANTCREAT, "73 too");
	is_int(mc_file_commit(in_dir(path, "no/such/directory"), "x", 1, &e), -1, "a missing directory");
	is_int(e.code, MC_CANTCREAT, "73 as well");

	in_dir(path, "y.ckpt");
	spill(path, "old");
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &small);

	const int r = mc_file_commit(path, "more than ten bytes", 19, &e);

	(void)setrlimit(RLIMIT_FSIZE, &before);
	is_int(r, -1, "no room for the bytes");
	is_int(e.code, MC_IOERR, "is 74");
	ok(strstr(e.what, "too large") != NULL, "with the system's reason");
	is_str(slurp(path, text, sizeof text), "old", "the old file stands");
	is_int(count("y.ckpt."), 0, "the new one is gone");
	is_str(e.place, path, "and the user's name is named");
}

/* Exit status of a child that tries to take the lock. */
static int child_locks(const char *path)
{
	const pid_t pid = fork();
	struct mc_err e = { 0 };
	struct mc_file_lock l;
	int status = 0;

	if (pid == 0)
		_exit(mc_file_lock(&l, path, &e) == 0 ? 0 : e.code);
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_lock(void)
{
	char path[200], link[200], lock[200], there[200];
	struct mc_file_lock l, second;
	struct mc_err e = { 0 };

	in_dir(path, "run.ckpt");
	in_dir(lock, "run.ckpt.lock");
	is_int(mc_file_lock(&l, path, &e), 0, "the lock is free");
	is_int(child_locks(path), MC_TEMPFAIL, "another process gets 75");
	ok(symlink("../run.ckpt", in_dir(link, "sub/alias")) == 0, "a link to what is not there yet");
	is_int(child_locks(link), MC_TEMPFAIL, "so does one that names it by a link");
	mc_file_unlock(&l);
	ok(!exists(lock), "released, it leaves no file");
	is_int(child_locks(path), 0, "and is free");
	ok(!exists(path), "the lock does not make the file itself");

	/* who opened it while it was held must not be content with a file that has no name any more */
	is_int(mc_file_lock(&l, path, &e), 0, "taken again");
	(void)unlink(lock);
	is_int(mc_file_lock(&second, path, &e), 0, "a lock that was removed is made anew");
	is_int(child_locks(path), MC_TEMPFAIL, "and holds");
	mc_file_unlock(&second);
	mc_file_unlock(&l);
	is_int(mc_file_lock(&l, "/no/such/directory/x", &e), -1, "a lock in a missing directory");
	is_int(e.code, MC_CANTCREAT, "is 73");

	spill(in_dir(there, "grows"), "");
	const int fd = open(there, O_RDWR), again = open(there, O_RDWR);

	is_int(mc_file_hold(fd, there, &e), 0, "an open file is held");
	is_int(mc_file_hold(again, there, &e), -1, "once");
	is_int(e.code, MC_TEMPFAIL, "else 75");
	(void)close(fd);
	is_int(mc_file_hold(again, there, &e), 0, "until it is closed");
	(void)close(again);
}

int main(void)
{
	char command[100];

	if (!mkdtemp(dir))
		return 1;
	test_commit();
	test_dangling();
	test_left_over();
	test_at_once();
	test_distinct();
	test_relative();
	test_refusals();
	test_lock();
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	ok(system(command) == 0, "cleaned up");
	return tap_done();
}
