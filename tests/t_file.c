/* Atomic commit and the lock. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
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

static void test_commit(void)
{
	char path[200], tmp[200], link[200], text[100];
	struct mc_err e = { 0 };

	in_dir(path, "x.ckpt");
	in_dir(tmp, "x.ckpt.tmp");
	is_int(mc_file_check_target(path, &e), 0, "a target that does not exist");
	spill(tmp, "a stale file, longer than what is written over it");
	is_int(mc_file_commit(path, "first", 5, &e), 0, "a commit over a stale .tmp");
	is_str(slurp(path, text, sizeof text), "first", "holds the bytes");
	ok(!exists(tmp), "and leaves no .tmp");
	is_int(mc_file_check_target(path, &e), 1, "a target that exists");
	is_int(mc_file_commit(path, "second", 6, &e), 0, "a second commit");
	is_str(slurp(path, text, sizeof text), "second", "replaces the first");
	in_dir(link, "link.ckpt");
	ok(symlink("x.ckpt", link) == 0 && mc_file_commit(link, "third", 5, &e) == 0,
	    "a commit through a symbolic link");
	is_str(slurp(path, text, sizeof text), "third", "writes what the link names");
	is_int(mc_file_commit(in_dir(path, "empty"), "", 0, &e), 0, "no bytes are a file as well");
}

static void test_relative(void)
{
	char path[200], text[100], back[1000];
	struct mc_err e = { 0 };

	if (!getcwd(back, sizeof back) || chdir(dir) < 0)
		return;
	is_int(mc_file_commit("plain", "here", 4, &e), 0, "a name without a folder");
	is_str(slurp(in_dir(path, "plain"), text, sizeof text), "here", "is in the current one");
	ok(chdir(back) == 0, "back again");
}

static void test_refusals(void)
{
	char path[200], tmp[200], text[100];
	struct rlimit small = { .rlim_cur = 10, .rlim_max = RLIM_INFINITY }, before;
	struct mc_err e = { 0 };

	is_int(mc_file_commit("/dev/null", "x", 1, &e), -1, "a device is no target");
	is_int(e.code, MC_CANTCREAT, "73");
	is_int(mc_file_commit(dir, "x", 1, &e), -1, "nor is a folder");
	is_int(e.code, MC_CANTCREAT, "73 too");
	is_int(mc_file_commit(in_dir(path, "no/such/folder"), "x", 1, &e), -1, "a missing folder");
	is_int(e.code, MC_CANTCREAT, "73 as well");

	in_dir(path, "y.ckpt");
	in_dir(tmp, "y.ckpt.tmp");
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
	ok(!exists(tmp), "the .tmp is gone");
}

/* Exit status of a child that tries to take the lock. */
static int child_locks(const char *path)
{
	const pid_t pid = fork();
	struct mc_err e = { 0 };
	int status = 0;

	if (pid == 0)
		_exit(mc_file_lock(path, &e) >= 0 ? 0 : e.code);
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_lock(void)
{
	char path[200];
	struct mc_err e = { 0 };
	int fd;

	in_dir(path, "run.ckpt");
	fd = mc_file_lock(path, &e);
	ok(fd >= 0, "the lock is free");
	is_int(child_locks(path), MC_TEMPFAIL, "another process gets 75");
	mc_file_unlock(fd);
	is_int(child_locks(path), 0, "until it is released");
	ok(!exists(path), "the lock does not make the file itself");
	is_int(mc_file_lock("/no/such/folder/x", &e), -1, "a lock in a missing folder");
	is_int(e.code, MC_CANTCREAT, "is 73");
}

int main(void)
{
	char command[100];

	if (!mkdtemp(dir))
		return 1;
	test_commit();
	test_relative();
	test_refusals();
	test_lock();
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	ok(system(command) == 0, "cleaned up");
	return tap_done();
}
