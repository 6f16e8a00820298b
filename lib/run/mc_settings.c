#include "mc_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mc_text.h"

/* Does a map hold anything but maps and single values? */
static int holds_arrays(const struct mc_map *m)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		struct mc_map inner;
		char key[64];
		const enum mc_kind kind = mc_map_at(m, i, key, sizeof key);

		if (kind == MC_ARRAY || kind == MC_LIST || kind == MC_BIN || kind == MC_EXT)
			return 1;
		if (kind == MC_MAP && mc_map_map(m, key, &inner, NULL) == 0 && holds_arrays(&inner))
			return 1;
	}
	return 0;
}

static void put_line(FILE *to, const char *path, const char *value)
{
	fprintf(to, "%s=", path);
	for (; *value; value++)
		fputc((unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value, to);
	fputc('\n', to);
}

static void put_entries(FILE *to, const struct mc_map *m, const char *within);

static void put_entry(FILE *to, const struct mc_map *m, size_t i, const char *within)
{
	const char *raw_key;
	const unsigned char *raw;
	char key[64], path[160], value[96];
	size_t key_len, len;
	struct mc_map inner;
	const enum mc_kind kind = mc_map_at(m, i, key, sizeof key);

	for (char *c = key; *c; c++)
		*c = (unsigned char)*c < 0x20 || *c == '=' ? '?' : *c;
	snprintf(path, sizeof path, "%s%s%s", within, *within ? "." : "", key);
	mc_map_entry(m, i, &raw_key, &key_len, &raw, &len);
	if (kind == MC_MAP && mc_map_map(m, key, &inner, NULL) == 0 && !holds_arrays(&inner)) {
		put_entries(to, &inner, path);
		return;
	}
	mc_map_text(m, key, value, sizeof value);
	if (kind == MC_MAP || kind == MC_ARRAY || kind == MC_LIST || kind == MC_BIN || kind == MC_EXT)
		snprintf(value, sizeof value, "%08lx", crc32(0, raw, (uInt)len));
	put_line(to, path, value);
}

static void put_entries(FILE *to, const struct mc_map *m, const char *within)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		char key[64];

		(void)mc_map_at(m, i, key, sizeof key);
		if (*within || (strcmp(key, "mc") != 0 && strcmp(key, "type") != 0 && strcmp(key, "crc32") != 0))
			put_entry(to, m, i, within);
	}
}

char *mc_settings_of(const struct mc_map *header, struct mc_err *e)
{
	struct mc_text t;
	char *text;
	size_t len;

	if (mc_text_open(&t, e) < 0)
		return NULL;
	put_entries(t.to, header, "");
	return mc_text_take(&t, &text, &len, e) < 0 ? NULL : text;
}

const char *mc_settings_next(const char *settings, char *path, size_t paths, char *value, size_t values)
{
	const size_t n = strcspn(settings, "=\n");
	const char *is = settings + n + (settings[n] == '=');
	const size_t len = strcspn(is, "\n");

	if (*settings == '\0')
		return NULL;
	snprintf(path, paths, "%.*s", (int)n, settings);
	snprintf(value, values, "%.*s", (int)len, is);
	return is + len + (is[len] == '\n');
}

int mc_settings_find(const char *settings, const char *path, char *value, size_t size)
{
	char at[160];

	for (const char *s = settings; s && (s = mc_settings_next(s, at, sizeof at, value, size)) != NULL;)
		if (strcmp(at, path) == 0)
			return 1;
	value[0] = '\0';
	return 0;
}
