#include "mc_fields.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "mc_json.h"
#include "mc_scan.h"

int mc_fields_parse(struct mc_fields *s, const char *text, struct mc_err *e)
{
	s->n = 0;
	s->chosen = 1;
	for (;;) {
		const size_t n = strcspn(text, ",");

		if (s->n == MC_FIELDS_MAX)
			return mc_usage(e, "--fields", NULL, "more than %d fields", MC_FIELDS_MAX);
		if (mc_path_copy(s->path[s->n], text, n, "--fields", e) < 0)
			return -1;
		s->n++;
		if (!text[n])
			return 0;
		text += n + 1;
	}
}

int mc_fields_any(const struct mc_fields *s, const struct mc_frame *f)
{
	for (int k = 0; s->chosen && k < s->n; k++)
		if (mc_path_find(f->bytes, s->path[k]))
			return 1;
	return !s->chosen;
}

void mc_fields_json(FILE *to, const struct mc_fields *s, const struct mc_frame *f, int full)
{
	for (int k = 0; k < s->n; k++) {
		const unsigned char *value = mc_path_find(f->bytes, s->path[k]);

		(void)fputc(k ? ',' : '{', to);
		mc_json_string(to, s->path[k]);
		(void)fputc(':', to);
		if (value)
			(void)mc_json_value(to, value, full);
		else
			(void)fputs("null", to);
	}
	(void)fputs("}\n", to);
}

/* ---- the columns of a table ---- */

struct columns {
	const struct mc_fields *known;
	struct mc_fields *add;      /* where they go, or */
	char *missed;               /* where the first unknown one goes */
	int over;
};

static int known(const struct mc_fields *s, const char *path)
{
	for (int k = 0; k < s->n; k++)
		if (strcmp(s->path[k], path) == 0)
			return 1;
	return 0;
}

static void column(void *ctx, const char *path, const unsigned char *value)
{
	struct columns *c = ctx;
	struct mc_item it;

	(void)mc_item_read(value, SIZE_MAX, &it);
	if (it.kind == MC_ITEM_BIN || it.kind == MC_ITEM_EXT || it.kind == MC_ITEM_LIST ||
	    strcmp(path, "mc") == 0 || strcmp(path, "type") == 0 || strcmp(path, "crc32") == 0 ||
	    known(c->known, path))
		return;
	if (c->missed && !c->missed[0])
		(void)snprintf(c->missed, MC_PATH_SIZE, "%s", path);
	else if (c->add && c->add->n == MC_FIELDS_MAX)
		c->over = 1;
	else if (c->add)
		(void)snprintf(c->add->path[c->add->n++], MC_PATH_SIZE, "%s", path);
}

static int decide(struct mc_fields *s, const struct mc_frame *f, struct mc_err *e)
{
	struct columns c = { .known = s, .add = s };

	mc_path_walk(f->bytes, column, &c);
	if (c.over)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "choose some with --fields",
		    "a frame of type %s has more than %d columns", f->type, MC_FIELDS_MAX);
	return 0;
}

int mc_fields_missed(const struct mc_fields *s, const struct mc_frame *f, char out[MC_PATH_SIZE])
{
	struct columns c = { .known = s, .missed = out };

	out[0] = '\0';
	if (!s->chosen)
		mc_path_walk(f->bytes, column, &c);
	return out[0] != '\0';
}

/* ---- cells ---- */

static void cell_text(FILE *to, const unsigned char *p, size_t n)
{
	static const char special[] = "\t\n\r\\", name[] = "tnr\\";

	for (size_t k = 0; k < n; k++) {
		const char *at = p[k] ? strchr(special, p[k]) : NULL;

		if (at)
			(void)fprintf(to, "\\%c", name[at - special]);
		else
			(void)fputc(p[k], to);
	}
}

/* Numbers that JSON has no word for. */
static int cell_nonfinite(FILE *to, const unsigned char *p, size_t size)
{
	const int wide = size == 8;
	const unsigned exponent = wide ? (unsigned)(p[0] & 0x7f) << 4 | p[1] >> 4 : (unsigned)(p[0] & 0x7f) << 1 | p[1] >> 7;
	int fraction = wide ? p[1] & 0x0f : p[1] & 0x7f;

	if (exponent != (wide ? 0x7ffu : 0xffu))
		return 0;
	for (size_t k = 2; k < size; k++)
		fraction |= p[k];
	(void)fputs(fraction ? "nan" : p[0] & 0x80 ? "-inf" : "inf", to);
	return 1;
}

static void cell(FILE *to, const unsigned char *value, int full)
{
	struct mc_item it;

	(void)mc_item_read(value, SIZE_MAX, &it);
	if (it.kind == MC_ITEM_STR)
		cell_text(to, value + it.head, it.size);
	else if (it.kind != MC_ITEM_NIL && !(it.kind == MC_ITEM_FLOAT && cell_nonfinite(to, value + it.head, it.size)))
		(void)mc_json_value(to, value, full);
}

int mc_fields_row(FILE *to, struct mc_fields *s, const struct mc_frame *f, int full, struct mc_err *e)
{
	if (!s->begun && !s->chosen && decide(s, f, e) < 0)
		return -1;
	for (int k = 0; k < s->n && !s->begun; k++) {
		cell_text(to, (const unsigned char *)s->path[k], strlen(s->path[k]));
		(void)fputc(k + 1 < s->n ? '\t' : '\n', to);
	}
	s->begun = 1;
	for (int k = 0; k < s->n; k++) {
		const unsigned char *value = mc_path_find(f->bytes, s->path[k]);

		if (value)
			cell(to, value, full);
		(void)fputc(k + 1 < s->n ? '\t' : '\n', to);
	}
	return 0;
}

int mc_fields_listed(const char *list, const char *name)
{
	const size_t n = strlen(name);

	for (const char *p = list; *p;) {
		const size_t len = strcspn(p, ",");

		if (len == n && memcmp(p, name, n) == 0)
			return 1;
		p += len + (p[len] == ',');
	}
	return 0;
}
