#include "mc_likeness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mc_opts.h"
#include "mc_settings.h"

enum { PATH = 160, VALUE = 96 };

/* ---- entries ---- */

/* What a run is and how its log is kept, not how it was made; `label` has the method and the decisions in it, or stands for them. */
static int is_identity(const char *path)
{
	static const char *const name[] = { "task", "seed", "from", "condensed" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (strcmp(path, name[i]) == 0)
			return 1;
	return 0;
}

/* Entries that say in which world a team acts. */
static int is_world(const char *path)
{
	static const char *const name[] = { "agents", "obs_dim", "act_dim", "steps", "range", "prey", "prey_params" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (strcmp(path, name[i]) == 0)
			return 1;
	return 0;
}

/* Is this path among those that --by names? */
static int is_named_by(const char *by, const char *path)
{
	const size_t len = strlen(path);

	for (size_t n; by && *by; by += n + (by[n] == ',')) {
		n = strcspn(by, ",");
		if (n == len && memcmp(by, path, n) == 0)
			return 1;
	}
	return 0;
}

int mc_likeness_value(const struct mc_subject *s, const char *path, char *value, size_t size)
{
	if (s->settings && mc_settings_find(s->settings, path, value, size))
		return 1;
	value[0] = '\0';
	if (strcmp(path, "episodes") != 0 || s->episodes < 0)
		return 0;
	snprintf(value, size, "%" PRId64, s->episodes);
	return 1;
}

void mc_likeness_label(char *label, size_t size, const struct mc_subject *s, const char *by)
{
	char path[PATH], value[VALUE];

	for (size_t n; by && *by; by += n + (by[n] == ',')) {
		const size_t used = strlen(label);
		const char *dot;

		n = strcspn(by, ",");
		snprintf(path, sizeof path, "%.*s", (int)n, by);
		dot = strrchr(path, '.');
		if (mc_likeness_value(s, path, value, sizeof value))
			snprintf(label + used, size - used, " %s=%s", dot ? dot + 1 : path, value);
	}
}

/* ---- differences ---- */

static int as_long(const struct mc_subject *a, const struct mc_subject *b)
{
	const int64_t most = a->episodes > b->episodes ? a->episodes : b->episodes;
	const int64_t apart = 2 * most - a->episodes - b->episodes;

	return a->episodes < 0 || b->episodes < 0 || apart * 100 <= most;
}

/* Do they have the same value there, or both none? */
static int agree(const struct mc_subject *a, const struct mc_subject *b, const char *path)
{
	char x[VALUE], y[VALUE];

	if (strcmp(path, "episodes") == 0)
		return as_long(a, b);
	return a->settings == NULL || b->settings == NULL ||
	    (mc_likeness_value(a, path, x, sizeof x) == mc_likeness_value(b, path, y, sizeof y) && strcmp(x, y) == 0);
}

static int same_row(const struct mc_subject *a, const struct mc_subject *b)
{
	return strcmp(a->task, b->task) == 0 && strcmp(a->label, b->label) == 0;
}

static int same_task(const struct mc_subject *a, const struct mc_subject *b)
{
	return strcmp(a->task, b->task) == 0;
}

/*
 * The next path at which a and b differ, from *at on: in a's entries, then b's, then their length.
 * 1, or 0 when there is no other. Of a world, or of all.
 */
struct search {
	const struct mc_subject *a, *b;
	const char *at;
	int part;            /* 0: a's entries, 1: b's, 2: the length, 3: over */
};

static int next_difference(struct search *x, char path[PATH], int world)
{
	for (; x->part < 2; x->part++, x->at = NULL) {
		const struct mc_subject *of = x->part ? x->b : x->a;
		char value[VALUE];

		if (of->settings == NULL)
			continue;
		x->at = x->at ? x->at : of->settings;
		while ((x->at = mc_settings_next(x->at, path, PATH, value, sizeof value)) != NULL)
			if (!is_identity(path) && (!world || is_world(path)) && !agree(x->a, x->b, path) &&
			    !(x->part && mc_settings_find(x->a->settings, path, value, sizeof value)))
				return 1;
	}
	snprintf(path, PATH, "episodes");
	return !world && x->part++ == 2 && !as_long(x->a, x->b);
}

/* "16", or "none" where it has no such entry. */
static const char *shown(const struct mc_subject *s, const char *path, char *value)
{
	return mc_likeness_value(s, path, value, VALUE) ? value : "none";
}

/* ---- what is refused ---- */

/* The entries that there are, as far as they fit. */
static void list_known(char *out, size_t size, const struct mc_subject *s, size_t n)
{
	size_t used = (size_t)snprintf(out, size, "known are seed, episodes");

	for (size_t i = 0; i < n; i++) {
		char path[PATH], value[VALUE];

		for (const char *at = s[i].settings; at && (at = mc_settings_next(at, path, sizeof path, value, sizeof value)) != NULL;) {
			size_t k = 0;

			while (k < i && !(s[k].settings && mc_settings_find(s[k].settings, path, value, sizeof value)))
				k++;
			if (k < i || is_identity(path))
				continue;
			if (used + strlen(path) + 8 > size) {
				snprintf(out + used, size - used, ", ...");
				return;
			}
			used += (size_t)snprintf(out + used, size - used, ", %s", path);
		}
	}
}

/* Every name of --by stands in some header. */
static int check_by(const struct mc_subject *s, size_t n, const char *by, struct mc_err *e)
{
	for (size_t len; by && n > 0 && *by; by += len + (by[len] == ',')) {
		char path[PATH], value[VALUE], known[sizeof e->hint];
		size_t i = 0;

		len = strcspn(by, ",");
		snprintf(path, sizeof path, "%.*s", (int)len, by);
		while (i < n && !mc_likeness_value(&s[i], path, value, sizeof value) && strcmp(path, "episodes") != 0)
			i++;
		if (i < n)
			continue;
		list_known(known, sizeof known, s, n);
		return mc_usage(e, "--by", known, "no run has an entry \"%s\"", path);
	}
	return 0;
}

static int refuse_worlds(const struct mc_subject *a, const struct mc_subject *b, const char *path, struct mc_err *e)
{
	char x[VALUE], y[VALUE], hint[256];

	snprintf(hint, sizeof hint, "leave one out, or tell them apart by --by %s", path);
	return mc_err_set(e, MC_DATA, NULL, -1, hint, "%s: runs in other worlds: %s is %s in one, %s in another", a->task, path,
	    shown(a, path, x), shown(b, path, y));
}

/* Of two runs in one task: 0, or they act in other worlds. */
static int check_worlds(const struct mc_subject *a, const struct mc_subject *b, const char *by, int named, struct mc_err *e)
{
	struct search x = { a, b, NULL, 0 };
	char path[PATH];

	while (next_difference(&x, path, 1)) {
		/* scripted prey have no weights: who names the prey has named these */
		const char *name = strcmp(path, "prey_params") == 0 && !agree(a, b, "prey") ? "prey" : path;

		if (same_row(a, b) || !(named || is_named_by(by, name)))
			return refuse_worlds(a, b, name, e);
	}
	return 0;
}

/* Two runs of a row with the same seed that are not the same run. */
static int refuse_seed(const struct mc_subject *a, const struct mc_subject *b, struct mc_err *e)
{
	struct search x = { a, b, NULL, 0 };
	char path[PATH], hint[PATH + 64] = "tell them apart by --named";

	if (next_difference(&x, path, 0))
		snprintf(hint, sizeof hint, "tell them apart by --by %s", path);
	else if (!agree(a, b, "condensed"))
		snprintf(hint, sizeof hint, "leave one out: they are one log, condensed or not");
	return mc_err_set(e, MC_DATA, NULL, -1, hint, "%s, %s: two runs of seed %" PRIu64, a->task, a->label, a->seed);
}

static int is_same_run(const struct mc_subject *a, const struct mc_subject *b)
{
	return a->seed == b->seed && a->episodes == b->episodes && a->print == b->print &&
	    (a->settings == b->settings || (a->settings && b->settings && strcmp(a->settings, b->settings) == 0));
}

/* ---- what is said ---- */

/* All that differs within rows, as "hidden 16 or 128, gamma 0.9 or 0.95", and the paths with commas. */
struct differences {
	char text[MC_LIKENESS_NOTE / 2], paths[MC_LIKENESS_NOTE / 4];
	size_t rows;             /* in which something does */
	const struct mc_subject *first; /* one of the first such row */
};

static void add(struct differences *d, const char *path, const struct mc_subject *a, const struct mc_subject *b)
{
	const size_t text = strlen(d->text), paths = strlen(d->paths);
	char x[VALUE], y[VALUE];

	if (is_named_by(d->paths, path) || paths + strlen(path) + 2 > sizeof d->paths)
		return;
	snprintf(d->paths + paths, sizeof d->paths - paths, "%s%s", paths ? "," : "", path);
	snprintf(d->text + text, sizeof d->text - text, "%s%s %s or %s", text ? ", " : "", path, shown(a, path, x), shown(b, path, y));
}

static void compare(struct differences *d, const struct mc_subject *a, const struct mc_subject *b)
{
	struct search x = { a, b, NULL, 0 };
	char path[PATH];

	while (next_difference(&x, path, 0)) {
		if (d->first == NULL || !same_row(d->first, a))
			d->rows++;
		d->first = d->first ? d->first : a;
		add(d, path, a, b);
	}
}

static void write_note(char *note, const struct differences *d, size_t twice)
{
	size_t n = 0;

	if (d->rows > 0)
		n = (size_t)snprintf(note, MC_LIKENESS_NOTE, "%s, %s%s: runs taken together differ: %s; tell them apart by --by %s",
		    d->first->task, d->first->label, d->rows > 1 ? ", and others" : "", d->text, d->paths);
	if (twice > 0 && n < MC_LIKENESS_NOTE)
		snprintf(note + n, MC_LIKENESS_NOTE - n, "%s%zu run%s given more than once, which count%s once", n ? "; " : "", twice,
		    twice > 1 ? "s" : "", twice > 1 ? "" : "s");
}

/* ---- the whole ---- */

/* The first of a row stands for it: all others are compared with it. */
static int check_one(const struct mc_subject *s, size_t i, const char *by, int named, unsigned char *again,
    struct differences *d, size_t *twice, struct mc_err *e)
{
	int compared = 0, in_task = 0;

	for (size_t k = 0; k < i; k++) {
		if (!same_task(&s[k], &s[i]))
			continue;
		if (!in_task++ && check_worlds(&s[k], &s[i], by, named, e) < 0)
			return -1;
		if (!same_row(&s[k], &s[i]) || again[k])
			continue;
		if (is_same_run(&s[k], &s[i])) {
			again[i] = 1;
			(*twice)++;
			return 0;
		}
		if (s[k].seed == s[i].seed)
			return refuse_seed(&s[k], &s[i], e);
		if (compared++)
			continue;
		if (check_worlds(&s[k], &s[i], by, named, e) < 0)
			return -1;
		compare(d, &s[k], &s[i]);
	}
	return 0;
}

int mc_likeness_check(const struct mc_subject *s, size_t n, const char *by, int named, unsigned char *again,
    char note[MC_LIKENESS_NOTE], struct mc_err *e)
{
	struct differences d = { .rows = 0 };
	size_t twice = 0;

	memset(again, 0, n);
	note[0] = '\0';
	if (check_by(s, n, by, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (check_one(s, i, by, named, again, &d, &twice, e) < 0)
			return -1;
	write_note(note, &d, twice);
	return 0;
}
