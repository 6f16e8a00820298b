/*
 * Golden values: every file of $MC_FIXTURES/env and $MC_FIXTURES/learn, one test each. Which
 * checker a file of learning fixtures goes to is seen from what its first case holds, so that
 * files of other names, shapes and seeds run too. A directory without a file is a failure, and of
 * the project's own a kind of which there is none.
 */
#include <dirent.h>
#include <stdlib.h>

#include "fixtures.h"
#include "mc_blas.h"
#include "tap.h"

/* The kinds of learning fixtures: the keys that tell them, in the order in which they are tried. */
static const struct kind {
	const char *name;
	fixture_checker *check;
	const char *has[3];    /* all of these are in `in` */
} kinds[] = {
	{ "meta_gradient", fixture_meta_gradient, { "rule", "hyper" } },
	{ "comm_update_meta", fixture_comm_update_meta, { "rule", "comm", "nu" } },
	{ "reinforce", fixture_reinforce, { "baseline", "comm", "nu" } },
	{ "baseline", fixture_baseline, { "baseline", "r" } },
	{ "optim", fixture_optim, { "params", "grads" } },
	{ "critic_loss", fixture_critic_loss, { "target_critic", "target_comm" } },
	{ "stgs", fixture_stgs, { "policy", "critic", "L" } },
	{ "policy_gradient", fixture_policy_gradient, { "policy", "critic", "u" } },
	{ "policy_forward", fixture_policy_forward, { "policy", "I" } },
	{ "comm_forward", fixture_comm_forward, { "comm", "u" } },
};

enum { KINDS = sizeof kinds / sizeof *kinds };
static int seen[KINDS];    /* files of each */

static int has_all(const struct mc_map *in, const char *const has[3])
{
	for (int i = 0; i < 3 && has[i]; i++)
		if (!mc_map_has(in, has[i]))
			return 0;
	return 1;
}

static int check_learn(const struct mc_map *root, const char *name, char *why, size_t size)
{
	char first[64] = "";
	struct mc_map map, in;
	struct mc_err e;

	if (mc_map_count(root))
		mc_map_at(root, 0, first, sizeof first);
	if (mc_map_map(root, first, &map, &e) == 0 && mc_map_map(&map, "in", &in, &e) == 0)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (has_all(&in, kinds[k].has)) {
				seen[k]++;
				return kinds[k].check(root, name, why, size);
			}
	snprintf(why, size, "no known kind of fixture");
	return 0;
}

static void check_file(const char *path, const char *name, fixture_checker *check)
{
	char why[1024] = "";
	struct mc_err e = { 0 };
	struct mc_frame frame;
	struct mc_in *in = mc_in_open(path, MC_IN_FIXTURE | MC_IN_NO_CRC, MC_FRAME_MAX, &e);

	if (!in || mc_in_frame(in, &frame, &e) != MC_READ_FRAME) {
		mc_err_line(&e, "t_fixtures", why, sizeof why);
		ok(0, "%s: unreadable", name);
		diag("%s", e.code ? why : "empty");
	} else {
		const int r = check(&frame.map, name, why, sizeof why);

		if (!ok(r, "%s (%s)", name, why))
			diag("%s", why);
	}
	mc_in_close(in);
}

static int is_fixture(const struct dirent *d)
{
	const char *end = strrchr(d->d_name, '.');

	return d->d_name[0] != '.' && end && strcmp(end, ".msgpack") == 0;
}

/* All files of one directory, sorted by name; returns how many there were. */
static int check_directory(const char *top, const char *directory, fixture_checker *check)
{
	char dir[4000], path[4400], name[300];
	struct dirent **list;

	snprintf(dir, sizeof dir, "%s/%s", top, directory);
	const int n = scandir(dir, &list, is_fixture, alphasort);

	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
		snprintf(name, sizeof name, "%s/%s", directory, list[i]->d_name);
		check_file(path, name, check);
		free(list[i]);
	}
	free(list);
	return n;
}

/* Are these the project's, which have every kind? Others may have some. */
static int is_own(const char *top)
{
	static const char end[] = "tests/fixtures";
	const size_t n = strlen(top);

	return n >= strlen(end) && strcmp(top + n - strlen(end), end) == 0;
}

int main(void)
{
	const char *top = getenv("MC_FIXTURES");
	struct mc_err e;

	if (!top || !*top)
		top = "tests/fixtures";
	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	ok(check_directory(top, "env", fixture_env) > 0, "there are fixtures in %s/env", top);
	ok(check_directory(top, "learn", check_learn) > 0, "there are fixtures in %s/learn", top);
	if (is_own(top))
		for (size_t k = 0; k < KINDS; k++)
			ok(seen[k] > 0, "there are fixtures of the kind %s", kinds[k].name);
	return tap_done();
}
