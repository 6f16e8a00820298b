#include "mc_quota.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first line of a file, without its end; "" if there is none. */
static void read_line(const char *root, const char *group, const char *file, char *line, int size)
{
	char path[PATH_MAX];
	FILE *f;

	line[0] = '\0';
	if (snprintf(path, sizeof path, "%s%s/%s", root, group, file) >= (int)sizeof path || (f = fopen(path, "re")) == NULL)
		return;
	if (fgets(line, size, f) == NULL)
		line[0] = '\0';
	fclose(f);
}

/* "200000" over "100000": 2. "max", -1, or what is not a number: no quota. */
static double ratio(const char *quota, const char *period)
{
	char *end;
	const double q = strtod(quota, &end), p = end > quota ? strtod(period, &end) : 0;

	return q > 0 && p > 0 && isfinite(q / p) ? q / p : HUGE_VAL;
}

/* Of one group, in either version. */
static double quota_of(const char *root, const char *group)
{
	char line[128], period[128];
	double cpus;

	read_line(root, group, "cpu.max", line, sizeof line);
	cpus = ratio(line, line + strcspn(line, " "));
	read_line(root, group, "cpu.cfs_quota_us", line, sizeof line);
	read_line(root, group, "cpu.cfs_period_us", period, sizeof period);
	return fmin(cpus, ratio(line, period));
}

/* Of a group and all that it is in, up to where they are mounted. Where a container does not show them, they are not there. */
static double quota_up(const char *root, const char *mount, const char *path)
{
	char group[PATH_MAX];
	const size_t above = strlen(mount);
	double cpus = HUGE_VAL;

	if (snprintf(group, sizeof group, "%s%s", mount, path) >= (int)sizeof group)
		group[above] = '\0';
	for (;;) {
		char *slash = strrchr(group, '/');

		cpus = fmin(cpus, quota_of(root, group));
		if (strlen(group) <= above || slash == NULL)
			return cpus;
		*slash = '\0';
	}
}

/* Is `name` in the list "cpu,cpuacct"? */
static int lists(const char *names, const char *name)
{
	const size_t n = strlen(name);

	for (const char *at = names; at; at = (at = strchr(at, ',')) ? at + 1 : NULL)
		if (strncmp(at, name, n) == 0 && (at[n] == '\0' || at[n] == ','))
			return 1;
	return 0;
}

/* A line of /proc/self/cgroup: "0::/path", or "4:cpu,cpuacct:/path". */
static double quota_in(const char *root, char *line)
{
	static const char *const v2[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	static const char *const v1[] = { "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpuacct,cpu" };
	char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
	double cpus = HUGE_VAL;

	if (path == NULL)
		return HUGE_VAL;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	controllers++;
	for (size_t i = 0; !*controllers && i < sizeof v2 / sizeof *v2; i++)
		cpus = fmin(cpus, quota_up(root, v2[i], path));
	for (size_t i = 0; lists(controllers, "cpu") && i < sizeof v1 / sizeof *v1; i++)
		cpus = fmin(cpus, quota_up(root, v1[i], path));
	return cpus;
}

double mc_quota_cpus(const char *root)
{
	char path[PATH_MAX], *line = NULL;
	double cpus = HUGE_VAL;
	size_t room = 0;
	FILE *f;

	if (snprintf(path, sizeof path, "%s/proc/self/cgroup", root) >= (int)sizeof path || (f = fopen(path, "re")) == NULL)
		return HUGE_VAL;
	while (getline(&line, &room, f) > 0)
		cpus = fmin(cpus, quota_in(root, line));
	free(line);
	fclose(f);
	return cpus;
}
