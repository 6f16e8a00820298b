#include "mc_frame_diff.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_scan.h"

struct diff {
	char path[200];
	char *text;
	size_t size;
	struct mc_err *e;
};

/* ---- texts ---- */

__attribute__((format(printf, 2, 3)))
static int report(struct diff *d, const char *fmt, ...)
{
	const int n = snprintf(d->text, d->size, "%s: ", d->path);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < d->size)
		(void)vsnprintf(d->text + n, d->size - (size_t)n, fmt, ap);
	va_end(ap);
	return 1;
}

static void array_text(char *out, size_t size, const struct mc_scan_array *a)
{
	size_t n = (size_t)snprintf(out, size, "%.*s[", (int)a->name_len, (const char *)a->name);

	for (int k = 0; k < a->ndim && n < size; k++)
		n += (size_t)snprintf(out + n, size - n, "%s%zu", k ? "," : "", a->shape[k]);
	if (n < size)
		(void)snprintf(out + n, size - n, "]");
}

static void item_text(char *out, size_t size, const unsigned char *p, const struct mc_item *it)
{
	struct mc_scan_array a;
	const char *what;
	size_t bad;

	p += it->head;
	switch (it->kind) {
	case MC_ITEM_INT:
		(void)snprintf(out, size, it->negative ? "%" PRId64 : "%" PRIu64, it->value);
		break;
	case MC_ITEM_NIL:
		(void)snprintf(out, size, "nil");
		break;
	case MC_ITEM_BOOL:
		(void)snprintf(out, size, it->value ? "true" : "false");
		break;
	case MC_ITEM_FLOAT:
		(void)snprintf(out, size, it->size == 4 ? "%.9g" : "%.17g", mc_scan_real(p, it->size));
		break;
	case MC_ITEM_STR:
		(void)snprintf(out, size, "\"%.*s\"", it->size < 100 ? (int)it->size : 100, (const char *)p);
		break;
	case MC_ITEM_BIN:
		(void)snprintf(out, size, "bin[%zu]", it->size);
		break;
	case MC_ITEM_EXT:
		(void)mc_scan_array(p, it->size, &a, &bad, &what);
		array_text(out, size, &a);
		break;
	case MC_ITEM_LIST:
		(void)snprintf(out, size, "list[%" PRIu64 "]", it->count);
		break;
	case MC_ITEM_MAP:
		(void)snprintf(out, size, "map[%" PRIu64 "]", it->count / 2);
		break;
	}
}

/* ---- arrays ---- */

static void element_text(char *out, size_t size, const struct mc_scan_array *a, size_t k)
{
	const unsigned char *p = a->data + k * a->size;
	int64_t i64 = 0;
	int32_t i32;
	double d;
	float f;

	if (a->name[0] == 'f' && a->size == 4) {
		memcpy(&f, p, 4);
		(void)snprintf(out, size, "%.9g", (double)f);
	} else if (a->name[0] == 'f') {
		memcpy(&d, p, 8);
		(void)snprintf(out, size, "%.17g", d);
	} else {
		memcpy(&i64, p, a->size);
		if (a->name[0] == 'i' && a->size == 4) {
			memcpy(&i32, p, 4);
			i64 = i32;
		}
		(void)snprintf(out, size, "%" PRId64, i64);
	}
}

/* "[2,5]" for element k of the shape. */
static void index_text(char *out, size_t size, const struct mc_scan_array *a, size_t k)
{
	size_t block = a->count, n = (size_t)snprintf(out, size, "[");

	for (int j = 0; j < a->ndim && n < size; j++) {
		block /= a->shape[j];
		n += (size_t)snprintf(out + n, size - n, "%s%zu", j ? "," : "", k / block);
		k %= block;
	}
	if (n < size)
		(void)snprintf(out + n, size - n, "]");
}

static int diff_array(struct diff *d, const unsigned char *pa, size_t na,
    const unsigned char *pb, size_t nb)
{
	char ta[120], tb[120], index[120];
	struct mc_scan_array a, b;
	const char *what;
	size_t bad, k = 0;

	(void)mc_scan_array(pa, na, &a, &bad, &what);
	(void)mc_scan_array(pb, nb, &b, &bad, &what);
	if (a.name_len != b.name_len || memcmp(a.name, b.name, a.name_len) != 0 || a.ndim != b.ndim ||
	    memcmp(a.shape, b.shape, sizeof a.shape) != 0) {
		array_text(ta, sizeof ta, &a);
		array_text(tb, sizeof tb, &b);
		return report(d, "%s and %s", ta, tb);
	}
	if (memcmp(a.data, b.data, a.bytes) == 0)
		return 0;
	while (memcmp(a.data + k * a.size, b.data + k * a.size, a.size) == 0)
		k++;
	index_text(index, sizeof index, &a, k);
	element_text(ta, sizeof ta, &a, k);
	element_text(tb, sizeof tb, &b, k);
	(void)snprintf(d->path + strlen(d->path), sizeof d->path - strlen(d->path), "%s", index);
	return report(d, "%s and %s", ta, tb);
}

/* ---- maps, lists, values ---- */

struct entry {
	const unsigned char *key, *value;
	size_t len;
};

static struct entry *entries(const unsigned char *p, const struct mc_item *map, struct mc_err *e)
{
	const size_t n = map->count / 2;
	struct entry *out = calloc(n + 1, sizeof *out);
	struct mc_item it;

	if (!out) {
		(void)mc_err_nomem(e, "a map", (n + 1) * sizeof *out);
		return NULL;
	}
	p += map->head;
	for (size_t k = 0; k < n; k++) {
		(void)mc_item_read(p, SIZE_MAX, &it);
		out[k].key = p + it.head;
		out[k].len = it.size;
		out[k].value = p + it.head + it.size;
		p = out[k].value + mc_item_extent(out[k].value);
	}
	return out;
}

/* The entry of b[n] with this key; looks from `from` on, so that equal orders take one pass. */
static const struct entry *find(const struct entry *b, size_t n, const struct entry *key, size_t from)
{
	for (size_t k = 0; k < n; k++) {
		const struct entry *c = &b[(from + k) % n];

		if (c->len == key->len && memcmp(c->key, key->key, key->len) == 0)
			return c;
	}
	return NULL;
}

static int is_crc(const struct diff *d, const struct entry *k)
{
	return !d->path[0] && k->len == 5 && memcmp(k->key, "crc32", 5) == 0;
}

static size_t enter(struct diff *d, const struct entry *k)
{
	const size_t n = strlen(d->path);

	(void)snprintf(d->path + n, sizeof d->path - n, "%s%.*s", n ? "." : "",
	    k->len < 100 ? (int)k->len : 100, (const char *)k->key);
	return n;
}

static int diff_value(struct diff *d, const unsigned char *a, const unsigned char *b);

static int diff_entries(struct diff *d, const struct entry *a, size_t na, const struct entry *b, size_t nb)
{
	for (size_t k = 0; k < na; k++) {
		const struct entry *other;
		size_t outside;
		int r;

		if (is_crc(d, &a[k]))
			continue;
		other = find(b, nb, &a[k], k);
		outside = enter(d, &a[k]);
		r = other ? diff_value(d, a[k].value, other->value) : report(d, "only in the first");
		if (r != 0)
			return r;
		d->path[outside] = '\0';
	}
	for (size_t k = 0; k < nb; k++)
		if (!is_crc(d, &b[k]) && !find(a, na, &b[k], k)) {
			(void)enter(d, &b[k]);
			return report(d, "only in the second");
		}
	return 0;
}

static int diff_maps(struct diff *d, const unsigned char *pa, const struct mc_item *ia,
    const unsigned char *pb, const struct mc_item *ib)
{
	struct entry *a = entries(pa, ia, d->e), *b = entries(pb, ib, d->e);
	const int r = a && b ? diff_entries(d, a, ia->count / 2, b, ib->count / 2) : -1;

	free(a);
	free(b);
	return r;
}

static int diff_lists(struct diff *d, const unsigned char *a, const unsigned char *b, uint64_t count)
{
	const size_t n = strlen(d->path);

	for (uint64_t k = 0; k < count; k++) {
		(void)snprintf(d->path + n, sizeof d->path - n, "[%" PRIu64 "]", k);

		const int r = diff_value(d, a, b);

		if (r != 0)
			return r;
		a += mc_item_extent(a);
		b += mc_item_extent(b);
	}
	d->path[n] = '\0';
	return 0;
}

static int diff_value(struct diff *d, const unsigned char *a, const unsigned char *b)
{
	char ta[160], tb[160];
	struct mc_item ia, ib;
	int equal;

	(void)mc_item_read(a, SIZE_MAX, &ia);
	(void)mc_item_read(b, SIZE_MAX, &ib);
	if (ia.kind == MC_ITEM_MAP && ib.kind == MC_ITEM_MAP)
		return diff_maps(d, a, &ia, b, &ib);
	if (ia.kind == MC_ITEM_LIST && ib.kind == MC_ITEM_LIST && ia.count == ib.count)
		return diff_lists(d, a + ia.head, b + ib.head, ia.count);
	if (ia.kind == MC_ITEM_EXT && ib.kind == MC_ITEM_EXT)
		return diff_array(d, a + ia.head, ia.size, b + ib.head, ib.size);
	equal = ia.kind == ib.kind && ia.size == ib.size && ia.value == ib.value &&
	    ia.negative == ib.negative && ia.count == ib.count &&
	    memcmp(a + ia.head, b + ib.head, ia.size) == 0;
	if (equal)
		return 0;
	item_text(ta, sizeof ta, a, &ia);
	item_text(tb, sizeof tb, b, &ib);
	return report(d, "%s and %s", ta, tb);
}

int mc_diff_frames(const struct mc_frame *a, const struct mc_frame *b, char *text, size_t size,
    struct mc_err *e)
{
	struct diff d = { .text = text, .size = size, .e = e };

	return diff_value(&d, a->bytes, b->bytes);
}
