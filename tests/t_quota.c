/* The CPUs that control groups allow, in a directory that stands for the file system. */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "mc_pool.h"
#include "mc_quota.h"
#include "tap.h"

static char root[64];

/* Writes root/path, and the directories that it is in. */
static void put(const char *path, const char *text)
{
	char name[512];
	FILE *f;

	(void)snprintf(name, sizeof name, "%s%s", root, path);
	for (char *at = name + strlen(root) + 1; (at = strchr(at, '/')) != NULL; *at++ = '/') {
		*at = '\0';
		(void)mkdir(name, 0777);
	}
	f = fopen(name, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		diag("cannot write %s", name);
}

static void begin(void)
{
	(void)snprintf(root, sizeof root, "/tmp/t_quota.XXXXXX");
	if (mkdtemp(root) == NULL)
		diag("no directory");
}

static void end(void)
{
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf %s", root);
	if (system(command) != 0)
		diag("%s is left", root);
}

static void is_quota(double want, int cpus, const char *what)
{
	const double got = mc_quota_cpus(root);

	ok(!(got < want) && !(got > want), "%s: %g CPUs, want %g", what, got, want);
	is_int(mc_pool_cpus_of(root, 64), cpus, "of 64 CPUs");
}

static void version_2(void)
{
	begin();
	is_quota(HUGE_VAL, 64, "no control groups");
	put("/proc/self/cgroup", "0::/\n");
	is_quota(HUGE_VAL, 64, "no quota");
	put("/sys/fs/cgroup/cpu.max", "max 100000\n");
	is_quota(HUGE_VAL, 64, "max is none");
	put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
	is_quota(2, 2, "a container");
	put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
	is_quota(0.5, 1, "half of one");
	put("/sys/fs/cgroup/cpu.max", "250000 100000\n");
	is_quota(2.5, 3, "two and a half");
	put("/sys/fs/cgroup/cpu.max", "99999999 1\n");
	is_quota(99999999, 64, "more than there are");
	for (int i = 0; i < 5; i++) {
		const char *const odd[] = { "", "garbage\n", "-1 100000\n", "100000 0\n", "nan nan\n" };

		put("/sys/fs/cgroup/cpu.max", odd[i]);
		is_quota(HUGE_VAL, 64, "what is not a quota");
	}
	put("/proc/self/cgroup", "0::/a.slice/b.service/c\n");
	put("/sys/fs/cgroup/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/a.slice/cpu.max", "400000 100000\n");
	put("/sys/fs/cgroup/a.slice/b.service/cpu.max", "600000 100000\n");
	put("/sys/fs/cgroup/a.slice/b.service/c/cpu.max", "max 100000\n");
	is_quota(4, 4, "the smallest of those above");
	put("/sys/fs/cgroup/a.slice/b.service/cpu.max", "300000 100000\n");
	is_quota(3, 3, "wherever it stands");
	put("/proc/self/cgroup", "0::/of/the/host\n");
	put("/sys/fs/cgroup/cpu.max", "150000 50000\n");
	is_quota(3, 3, "a group that a container does not show");
	end();
}

static void version_1(void)
{
	begin();
	put("/proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/docker/x\n3:cpuset:/s\n0::/\n");
	put("/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
	is_quota(HUGE_VAL, 64, "-1 is none");
	put("/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "200000\n");
	is_quota(2, 2, "version 1");
	put("/sys/fs/cgroup/cpu/docker/cpu.cfs_quota_us", "100000\n");
	put("/sys/fs/cgroup/cpu/docker/cpu.cfs_period_us", "100000\n");
	is_quota(1, 1, "and above");
	put("/proc/self/cgroup", "4:cpuset:/docker/x\n");
	is_quota(HUGE_VAL, 64, "a line of another controller");
	put("/proc/self/cgroup", "7:cpuacct,cpu:/\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "350000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	is_quota(3.5, 4, "mounted under both names");
	put("/proc/self/cgroup", "no colons\n::\n:\n\n4:cpu\n");
	is_quota(HUGE_VAL, 64, "lines that are none");
	end();
}

int main(void)
{
	version_2();
	version_1();
	ok(mc_pool_cpus() >= 1, "here there is one at least");
	return tap_done();
}
