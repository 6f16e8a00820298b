#include "mc_nets.h"

#include <string.h>

#include "mc_json.h"
#include "mc_path.h"

static int is_checkpoint(const struct mc_frame *f)
{
	return strcmp(f->type, "checkpoint") == 0;
}

/* Where a checkpoint has the tree of a net; NULL if it has none. */
static const unsigned char *tree_of(const struct mc_frame *f, const char *net)
{
	char path[MC_PATH_SIZE];

	(void)snprintf(path, sizeof path, "params.%s", net);
	return mc_path_find(f->bytes, path);
}

int mc_nets_has(const struct mc_frame *f, const char *net)
{
	char name[24];

	if (is_checkpoint(f))
		return tree_of(f, net) != NULL;
	return strcmp(f->type, "params") == 0 && mc_map_str(&f->map, "net", name, sizeof name, NULL) == 0 &&
	    strcmp(name, net) == 0;
}

int mc_nets_check(const struct mc_frame *f, const char *net, struct mc_err *e)
{
	char names[160] = "it has none", key[24];
	struct mc_map params;
	size_t n = 0;

	if (!is_checkpoint(f) || mc_nets_has(f, net))
		return 0;
	if (mc_map_map(&f->map, "params", &params, e) < 0)
		return -1;
	for (size_t i = 0; i < mc_map_count(&params) && n < sizeof names; i++) {
		(void)mc_map_at(&params, i, key, sizeof key);
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "it has ", key);
	}
	return mc_err_set(e, MC_USAGE, f->place, -1, names, "there is no net \"%s\"", net);
}

int mc_nets_tree(const struct mc_frame *f, const char *net, struct mc_map *tree, struct mc_err *e)
{
	if (mc_map_map(&f->map, "params", tree, e) < 0)
		return -1;
	while (net && is_checkpoint(f) && *net) {
		const size_t n = strcspn(net, ".");
		const struct mc_map above = *tree;
		char part[MC_PATH_SIZE];

		(void)snprintf(part, sizeof part, "%.*s", (int)n, net);
		if (mc_map_map(&above, part, tree, e) < 0)
			return -1;
		net += n + (net[n] == '.');
	}
	return 0;
}

void mc_nets_json(FILE *to, const struct mc_frame *f, const char *net, int full)
{
	const unsigned char *iteration = mc_path_find(f->bytes, "iteration"), *tree = tree_of(f, net);

	if (!is_checkpoint(f) || !tree) {
		mc_json_frame(to, f, full);
		return;
	}
	(void)fputs("{\"mc\":1,\"type\":\"params\",\"net\":", to);
	mc_json_string(to, net);
	if (iteration) {
		(void)fputs(",\"iteration\":", to);
		(void)mc_json_value(to, iteration, 0);
	}
	(void)fputs(",\"params\":", to);
	(void)mc_json_value(to, tree, full);
	(void)fputs("}\n", to);
}
