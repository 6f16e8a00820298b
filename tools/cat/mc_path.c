#include "mc_path.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mc_scan.h"

const unsigned char *mc_path_find(const unsigned char *map, const char *path)
{
	const size_t n = strlen(path);
	struct mc_item it;
	const unsigned char *p = map;

	(void)mc_item_read(p, SIZE_MAX, &it);
	if (it.kind != MC_ITEM_MAP)
		return NULL;
	p += it.head;
	for (uint64_t k = 0; k < it.count / 2; k++) {
		struct mc_item key;
		const unsigned char *value, *found = NULL;

		(void)mc_item_read(p, SIZE_MAX, &key);
		value = p + key.head + key.size;
		if (key.size <= n && memcmp(p + key.head, path, key.size) == 0) {
			if (key.size == n)
				found = value;
			else if (path[key.size] == '.')
				found = mc_path_find(value, path + key.size + 1);
		}
		if (found)
			return found;
		p = value + mc_item_extent(value);
	}
	return NULL;
}

static void walk(const unsigned char *map, const char *above, void (*leaf)(void *ctx, const char *path,
    const unsigned char *value), void *ctx)
{
	struct mc_item it, key, value;
	const unsigned char *p = map;
	char path[MC_PATH_SIZE];

	(void)mc_item_read(p, SIZE_MAX, &it);
	p += it.head;
	for (uint64_t k = 0; k < it.count / 2; k++) {
		(void)mc_item_read(p, SIZE_MAX, &key);
		(void)snprintf(path, sizeof path, "%s%s%.*s", above, *above ? "." : "",
		    key.size < sizeof path ? (int)key.size : (int)sizeof path, (const char *)p + key.head);
		p += key.head + key.size;
		(void)mc_item_read(p, SIZE_MAX, &value);
		if (value.kind == MC_ITEM_MAP)
			walk(p, path, leaf, ctx);
		else
			leaf(ctx, path, p);
		p += mc_item_extent(p);
	}
}

void mc_path_walk(const unsigned char *map, void (*leaf)(void *ctx, const char *path,
    const unsigned char *value), void *ctx)
{
	walk(map, "", leaf, ctx);
}

int mc_path_copy(char out[MC_PATH_SIZE], const char *text, size_t n, const char *option, struct mc_err *e)
{
	if (n == 0 || n >= MC_PATH_SIZE)
		return mc_usage(e, option, "keys are joined by dots, like values.entropy", n == 0 ?
		    "a key is missing" : "the key \"%.*s...\" is too long", 20, text);
	memcpy(out, text, n);
	out[n] = '\0';
	if (out[0] == '.' || out[n - 1] == '.' || strstr(out, ".."))
		return mc_usage(e, option, "keys are joined by dots, like values.entropy",
		    "\"%s\" has an empty part", out);
	return 0;
}
