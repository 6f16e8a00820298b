#include "mc_palette.h"

#include <stdlib.h>
#include <string.h>

static const struct mc_entry known[] = {
	{ "none", 0x000000, 1, '*', 1, MC_SAMPLE_LINE },
	{ "full", 0x5E3C99, 2, '#', 1, MC_SAMPLE_LINE },
	{ "reinforce", 0x56B4E9, 3, '$', 1, MC_SAMPLE_LINE },
	{ "stgs", 0x009E73, 4, '%', 1, MC_SAMPLE_LINE },
	{ "meta", 0xD55E00, 5, '@', 1, MC_SAMPLE_LINE },
	{ NULL, 0x0072B2, 6, '&', 1, MC_SAMPLE_LINE },
	{ NULL, 0xCC79A7, 7, '=', 1, MC_SAMPLE_LINE },
	{ NULL, 0x7F7F7F, 8, '*', 1, MC_SAMPLE_LINE },
	{ "meta, initial rule", 0x404040, 8, '*', 2, MC_SAMPLE_LINE },
};
enum { KNOWN = sizeof known / sizeof *known };

/* Shorter than gnuplot's own, which in a small panel are as long as what they should show. */
const char *mc_dash_type(int dash)
{
	static const char *const type[] = { "1", "(5,3)", "(2,2)", "(8,3,2,3)" };

	return type[(dash - 1) % (int)(sizeof type / sizeof *type)];
}

static int known_entry(const char *name)
{
	for (int i = 0; i < KNOWN; i++)
		if (known[i].name && strcmp(known[i].name, name) == 0)
			return i;
	return -1;
}

const struct mc_entry *mc_legend_find(const struct mc_legend *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->entry[i].name, name) == 0)
			return &l->entry[i];
	return NULL;
}

static void add(struct mc_legend *l, const char *name, int k, int dash)
{
	struct mc_entry *n = &l->entry[l->n++];

	*n = known[k];
	n->name = name;
	n->dash = dash;
}

static const char *name_of(const void *of, size_t each, size_t i)
{
	const char *name;

	memcpy(&name, (const char *)of + i * each, sizeof name);
	return name;
}

int mc_legend_make(struct mc_legend *l, const void *of, size_t each, size_t n, struct mc_err *e)
{
	static const int order[] = { 5, 6, 7, 0, 1, 2, 3, 4 }; /* the last is its own name's alone */
	const int free_entries = sizeof order / sizeof *order;
	unsigned taken = 0;
	int next = 0, dash = 1;

	l->n = 0;
	l->entry = calloc(n + 1, sizeof *l->entry);
	if (l->entry == NULL)
		return mc_err_nomem(e, "legend", (n + 1) * sizeof *l->entry);
	for (int k = 0; k < KNOWN; k++)
		for (size_t i = 0; i < n; i++) {
			const char *name = name_of(of, each, i);

			if (known_entry(name) == k && !mc_legend_find(l, name)) {
				add(l, name, k, known[k].dash);
				taken |= 1u << k;
			}
		}
	for (size_t i = 0; i < n; i++) {
		const char *name = name_of(of, each, i);

		if (mc_legend_find(l, name))
			continue;
		while (dash == 1 && next < free_entries && taken >> order[next] & 1)
			next++;
		if (next == free_entries) {
			next = 0;
			dash++;
		}
		add(l, name, order[next++], dash);
	}
	return 0;
}

void mc_legend_release(struct mc_legend *l)
{
	free(l->entry);
	*l = (struct mc_legend){ NULL, 0 };
}
