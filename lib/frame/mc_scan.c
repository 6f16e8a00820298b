#include "mc_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mc_grow.h"

/* ---- one value ---- */

static uint64_t big_endian(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static void item_int(struct mc_item *it, const unsigned char *p, size_t width, int is_signed)
{
	const uint64_t v = big_endian(p, width);
	const uint64_t sign = (uint64_t)1 << (8 * width - 1);

	it->negative = is_signed && (v & sign) != 0;
	it->value = it->negative && width < 8 ? v | ~(uint64_t)0 << 8 * width : v;
}

/* Types c4-c9, d9-df: a length field of 1, 2 or 4 bytes after the type byte. */
static size_t length_width(unsigned char b)
{
	if (b >= 0xdc)
		return b & 1 ? 4 : 2;                     /* dc dd, de df */
	if (b >= 0xd9)
		return (size_t)1 << (b - 0xd9);           /* d9 da db */
	return (size_t)1 << (b >= 0xc7 ? b - 0xc7 : b - 0xc4);
}

static int item_long(const unsigned char *p, size_t n, struct mc_item *it)
{
	const unsigned char b = p[0];
	const size_t width = length_width(b);
	uint64_t length;

	it->kind = b >= 0xde ? MC_ITEM_MAP : b >= 0xdc ? MC_ITEM_LIST : b >= 0xd9 ? MC_ITEM_STR :
	    b >= 0xc7 ? MC_ITEM_EXT : MC_ITEM_BIN;
	it->head = 1 + width + (it->kind == MC_ITEM_EXT);
	if (n < it->head)
		return 0;
	length = big_endian(p + 1, width);
	if (it->kind == MC_ITEM_MAP)
		it->count = 2 * length;
	else if (it->kind == MC_ITEM_LIST)
		it->count = length;
	else
		it->size = (size_t)length;
	if (it->kind == MC_ITEM_EXT)
		it->ext = (signed char)p[1 + width];
	return 1;
}

/* Bytes c0-df but for those of item_long and c1. */
static int item_short(const unsigned char *p, size_t n, struct mc_item *it)
{
	const unsigned char b = p[0];
	size_t width;

	if (b == 0xc0) {
		it->kind = MC_ITEM_NIL;
	} else if (b <= 0xc3) {
		it->kind = MC_ITEM_BOOL;
		it->value = b & 1;
	} else if (b <= 0xcb) {
		it->kind = MC_ITEM_FLOAT;
		it->size = b == 0xca ? 4 : 8;
	} else if (b <= 0xd3) {
		width = (size_t)1 << (b & 3);             /* cc..cf unsigned, d0..d3 signed */
		it->head = 1 + width;
		if (n < it->head)
			return 0;
		item_int(it, p + 1, width, b >= 0xd0);
	} else {
		it->kind = MC_ITEM_EXT;                   /* d4..d8: 1, 2, 4, 8, 16 bytes */
		it->head = 2;
		if (n < it->head)
			return 0;
		it->size = (size_t)1 << (b - 0xd4);
		it->ext = (signed char)p[1];
	}
	return 1;
}

int mc_item_read(const unsigned char *p, size_t n, struct mc_item *it)
{
	*it = (struct mc_item){ .kind = MC_ITEM_INT, .head = 1 };
	if (n == 0)
		return 0;

	const unsigned char b = p[0];

	if (b <= 0x7f) {
		it->value = b;
	} else if (b >= 0xe0) {
		item_int(it, p, 1, 1);
	} else if (b <= 0x8f) {
		it->kind = MC_ITEM_MAP;
		it->count = 2 * (uint64_t)(b & 15);
	} else if (b <= 0x9f) {
		it->kind = MC_ITEM_LIST;
		it->count = b & 15;
	} else if (b <= 0xbf) {
		it->kind = MC_ITEM_STR;
		it->size = b & 31;
	} else if (b == 0xc1) {
		return -1;
	} else if ((b >= 0xc4 && b <= 0xc9) || b >= 0xd9) {
		return item_long(p, n, it);
	} else {
		return item_short(p, n, it);
	}
	return 1;
}

size_t mc_item_extent(const unsigned char *p)
{
	const unsigned char *q = p;
	struct mc_item it;

	for (uint64_t owed = 1; owed > 0; owed += it.count, owed--) {
		(void)mc_item_read(q, SIZE_MAX, &it);
		q += it.head + it.size;
	}
	return (size_t)(q - p);
}

/* ---- arrays ---- */

static const struct {
	const char *name;
	size_t size;
} dtypes[] = {
	{ "float32", 4 }, { "float64", 8 }, { "uint8", 1 }, { "int32", 4 },
	{ "int64", 8 }, { "uint32", 4 }, { "bool", 1 },
};

enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

const char *mc_scan_dtype(int i)
{
	return i >= 0 && i < DTYPES ? dtypes[i].name : NULL;
}

size_t mc_scan_dtype_size(int i)
{
	return i >= 0 && i < DTYPES ? dtypes[i].size : 0;
}

/* Reads the value at *at, of `kind`, which must lie within n bytes with its payload. */
static int expect(const unsigned char *p, size_t n, size_t *at, enum mc_item_kind kind,
    struct mc_item *it)
{
	if (mc_item_read(p + *at, n - *at, it) != 1 || it->kind != kind ||
	    it->size > n - *at - it->head)
		return -1;
	*at += it->head;
	return 0;
}

static int array_shape(const unsigned char *p, size_t n, size_t *at, struct mc_scan_array *a,
    const char **what)
{
	struct mc_item it;

	*what = "an array's shape is not a list of at most 8 sizes";
	if (expect(p, n, at, MC_ITEM_LIST, &it) < 0)
		return -1;
	if (it.count > MC_SCAN_DIMS) {
		*at -= it.head;
		return -1;
	}
	a->ndim = (int)it.count;
	for (int k = 0; k < a->ndim; k++) {
		const size_t here = *at;

		if (expect(p, n, at, MC_ITEM_INT, &it) < 0)
			return -1;
		if (it.negative || it.value > SIZE_MAX) {
			*at = here;
			return -1;
		}
		a->shape[k] = (size_t)it.value;
	}
	return 0;
}

static int array_dtype(const unsigned char *p, size_t n, size_t *at, struct mc_scan_array *a,
    const char **what)
{
	struct mc_item it;

	*what = "an array's dtype is none of float32, float64, uint8, int32, int64, uint32, bool";
	if (expect(p, n, at, MC_ITEM_STR, &it) < 0)
		return -1;
	for (int k = 0; k < DTYPES; k++)
		if (it.size == strlen(dtypes[k].name) && memcmp(p + *at, dtypes[k].name, it.size) == 0)
			a->size = dtypes[k].size;
	if (a->size == 0)
		return -1;
	a->name = p + *at;
	a->name_len = it.size;
	*at += it.size;
	return 0;
}

/* count = product of the shape = bytes / size, without overflow; a size 0 anywhere makes it 0. */
static int array_product(struct mc_scan_array *a)
{
	const size_t count = a->bytes / a->size;
	size_t product = 1;

	a->count = count;
	if (a->bytes % a->size != 0)
		return -1;
	for (int k = 0; k < a->ndim; k++)
		if (a->shape[k] == 0)
			return count == 0 ? 0 : -1;
	for (int k = 0; k < a->ndim; k++) {
		if (a->shape[k] > count / product)
			return -1;
		product *= a->shape[k];
	}
	return product == count ? 0 : -1;
}

int mc_scan_array(const unsigned char *p, size_t n, struct mc_scan_array *a,
    size_t *bad, const char **what)
{
	size_t at = 0, shape_at;
	struct mc_item it;

	*a = (struct mc_scan_array){ 0 };
	*what = "an array is not a list [shape, dtype, data]";
	if (expect(p, n, &at, MC_ITEM_LIST, &it) < 0 || it.count != 3) {
		*bad = 0;
		return -1;
	}
	shape_at = at;
	if (array_shape(p, n, &at, a, what) < 0 || array_dtype(p, n, &at, a, what) < 0) {
		*bad = at;
		return -1;
	}
	*what = "an array's data is not a bin that fills the rest of the ext";
	if (expect(p, n, &at, MC_ITEM_BIN, &it) < 0) {
		*bad = at;
		return -1;
	}
	if (at + it.size != n) {
		*bad = at + it.size;
		return -1;
	}
	a->data = p + at;
	a->bytes = it.size;
	*what = "an array's shape does not agree with the length of its data";
	*bad = shape_at;
	return array_product(a);
}

/* ---- the scan ---- */

void mc_scan_begin(struct mc_scan *s, size_t max, int fixture)
{
	s->max = max;
	s->fixture = fixture;
	s->at = 0;
	s->values = 0;
	s->owed = 1;
	s->depth = 0;
	s->nkeys = 0;
	s->type[0] = '\0';
	s->crc = 0;
	s->nomem = 0;
	s->hint = NULL;
}

void mc_scan_release(struct mc_scan *s)
{
	free(s->keys);
	s->keys = NULL;
	s->nkeys = s->room = 0;
}

__attribute__((format(printf, 4, 5)))
static int bad(struct mc_scan *s, size_t at, const char *hint, const char *fmt, ...)
{
	va_list ap;

	s->bad = at;
	s->hint = hint;
	va_start(ap, fmt);
	(void)vsnprintf(s->what, sizeof s->what, fmt, ap);
	va_end(ap);
	return -1;
}

static int equals(const unsigned char *p, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(p, text, n) == 0;
}

/* Keys in an order that brings equal ones together, the earlier first. */
static int key_order(const void *va, const void *vb)
{
	const struct mc_scan_key *a = va, *b = vb;
	int order;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	order = memcmp(a->p, b->p, a->len);
	return order ? order : a->at < b->at ? -1 : 1;
}

static int key_same(const struct mc_scan_key *a, const struct mc_scan_key *b,
    const unsigned char *p)
{
	return a->hash == b->hash && a->len == b->len && memcmp(p + a->at, p + b->at, a->len) == 0;
}

/* Offset of the first key that repeats an earlier one, SIZE_MAX if there is none. */
static size_t first_duplicate(struct mc_scan_key *k, size_t n, const unsigned char *p)
{
	size_t first = SIZE_MAX;

	if (n <= 16) {                                    /* nearly all maps: in place */
		for (size_t j = 1; j < n; j++)
			for (size_t i = 0; i < j; i++)
				if (key_same(&k[i], &k[j], p))
					return k[j].at;
		return first;
	}
	for (size_t i = 0; i < n; i++)
		k[i].p = p + k[i].at;
	qsort(k, n, sizeof *k, key_order);
	for (size_t i = 1; i < n; i++)
		if (key_same(&k[i - 1], &k[i], p) && k[i].at < first)
			first = k[i].at;
	return first;
}

static int key_keep(struct mc_scan *s, const unsigned char *text, size_t at, size_t len)
{
	struct mc_scan_key *keys = mc_grow(s->keys, s->nkeys + 1, &s->room, sizeof *keys, "keys of a frame", NULL);

	if (!keys) {
		s->nomem = 1;
		return bad(s, at, NULL, "out of memory: keys of a frame need more than %zu bytes", s->room * sizeof *keys);
	}
	s->keys = keys;
	s->keys[s->nkeys++] = (struct mc_scan_key){
		.at = at, .len = (uint32_t)len, .hash = (uint32_t)crc32(0, text, (uInt)len),
	};
	return 0;
}

/* Closes the containers that are complete. */
static int close_levels(struct mc_scan *s, const unsigned char *p)
{
	while (s->depth > 0 && s->level[s->depth - 1].left == 0) {
		const struct mc_scan_level *l = &s->level[--s->depth];

		if (!l->map)
			continue;

		const size_t at = first_duplicate(s->keys + l->key, s->nkeys - l->key, p);

		s->nkeys = l->key;
		if (at != SIZE_MAX)
			return bad(s, at, NULL, "a map has the same key twice");
	}
	return 0;
}

/* What must hold for any value before its payload has come: kinds, lengths, counts, depth. */
static int check_bounds(struct mc_scan *s, const struct mc_item *it, int is_key)
{
	const uint64_t owed = s->owed - 1 + it->count;

	if (s->values == 0 && it->kind != MC_ITEM_MAP)
		return bad(s, s->at, "is this a stream of frames?", "a frame must start with a msgpack map");
	if (is_key && (it->kind != MC_ITEM_STR || it->size == 0))
		return bad(s, s->at, NULL, "a map key is not a string, or empty");
	if (it->kind == MC_ITEM_EXT && it->ext != 1)
		return bad(s, s->at, NULL, "ext type %d is unknown; arrays have type 1", it->ext);
	if ((it->kind == MC_ITEM_LIST || it->kind == MC_ITEM_MAP) && s->depth == MC_SCAN_DEPTH)
		return bad(s, s->at, NULL, "nesting is deeper than %d", MC_SCAN_DEPTH);
	if (s->values + 1 + owed > MC_SCAN_VALUES)
		return bad(s, s->at, NULL, "a frame has more than %d values", MC_SCAN_VALUES);
	/* each value that is still owed takes at least one byte */
	if ((uint64_t)s->at + it->head + it->size + owed > s->max)
		return bad(s, s->at, "--max-frame raises the limit",
		    "a frame declares more than the %zu bytes that are allowed", s->max);
	return 0;
}

/* Values 1 to 4 of a frame: "mc", version, "type", its name. */
static int check_start(struct mc_scan *s, const struct mc_item *it, const unsigned char *text)
{
	static const char foreign[] = "is this a stream of frames?";

	switch (s->values) {
	case 1:
		if (!equals(text, it->size, "mc"))
			return bad(s, s->at, foreign, "a frame's first key must be \"mc\"");
		break;
	case 2:
		if (it->kind != MC_ITEM_INT || it->negative || it->value == 0)
			return bad(s, s->at, foreign, "\"mc\" must be a version number");
		if (it->value != 1)
			return bad(s, s->at, "use a newer metacomm",
			    "the frame has version %llu, this program reads version 1",
			    (unsigned long long)it->value);
		break;
	case 3:
		if (!equals(text, it->size, "type"))
			return bad(s, s->at, foreign, "a frame's second key must be \"type\"");
		break;
	case 4:
		if (it->kind != MC_ITEM_STR || it->size == 0 || it->size >= sizeof s->type ||
		    memchr(text, 0, it->size))
			return bad(s, s->at, NULL, "\"type\" must be a string of 1 to %zu bytes",
			    sizeof s->type - 1);
		memcpy(s->type, text, it->size);
		s->type[it->size] = '\0';
		break;
	default:
		break;
	}
	return 0;
}

static int check_crc(struct mc_scan *s, const struct mc_item *it, const unsigned char *p)
{
	uLong sum;

	if (p[s->at] != 0xce)
		return bad(s, s->at, NULL, "crc32 must be a msgpack uint32 in its 5-byte form");
	sum = crc32_z(0, p, s->at + 1);
	if (it->value != sum)
		return bad(s, s->at + 1, "the bytes were damaged",
		    "crc32 is %08llx, the frame's bytes give %08lx",
		    (unsigned long long)it->value, sum);
	s->crc = 2;
	return 0;
}

/* What needs the payload. `text` is p + s->at + it->head. */
static int check_payload(struct mc_scan *s, const struct mc_item *it, int is_key,
    const unsigned char *p)
{
	const size_t text_at = s->at + it->head;
	const unsigned char *text = p + text_at;
	struct mc_scan_array array;
	const char *what;
	size_t wrong;

	if (it->kind == MC_ITEM_EXT && mc_scan_array(text, it->size, &array, &wrong, &what) < 0)
		return bad(s, text_at + wrong, NULL, "%s", what);
	if (is_key && key_keep(s, text, text_at, it->size) < 0)
		return -1;
	if (s->fixture)
		return 0;
	if (s->values <= 4)
		return check_start(s, it, text);
	if (s->depth == 1 && is_key && s->crc == 2)
		return bad(s, s->at, NULL, "an entry follows crc32, which must be the last");
	if (s->depth == 1 && is_key && equals(text, it->size, "crc32"))
		s->crc = 1;
	else if (s->depth == 1 && s->crc == 1)
		return check_crc(s, it, p);
	return 0;
}

/* Takes the value into account and goes behind it. */
static void pass_item(struct mc_scan *s, const struct mc_item *it)
{
	if (s->depth > 0)
		s->level[s->depth - 1].left--;
	s->values++;
	s->owed += it->count;
	s->owed--;
	s->at += it->head + it->size;
	if (it->count > 0)
		s->level[s->depth++] = (struct mc_scan_level){
			.left = it->count, .map = it->kind == MC_ITEM_MAP, .key = s->nkeys,
		};
}

enum mc_scan_result mc_scan_run(struct mc_scan *s, const unsigned char *p, size_t n)
{
	while (s->owed > 0) {
		const struct mc_scan_level *l = s->depth > 0 ? &s->level[s->depth - 1] : NULL;
		const int is_key = l && l->map && l->left % 2 == 0;
		struct mc_item it;
		int got;

		if (s->at >= n)
			return MC_SCAN_MORE;
		got = mc_item_read(p + s->at, n - s->at, &it);
		if (got == 0)
			return MC_SCAN_MORE;
		if (got < 0) {
			(void)bad(s, s->at, NULL, "byte c1 is not msgpack");
			return MC_SCAN_BAD;
		}
		if (check_bounds(s, &it, is_key) < 0)
			return MC_SCAN_BAD;
		if (is_key || it.kind == MC_ITEM_EXT || s->values <= 4 || s->crc == 1) {
			if (n - s->at < it.head + it.size)
				return MC_SCAN_MORE;
			if (check_payload(s, &it, is_key, p) < 0)
				return MC_SCAN_BAD;
		}
		pass_item(s, &it);
		if (close_levels(s, p) < 0)
			return MC_SCAN_BAD;
	}
	if (s->at > n)
		return MC_SCAN_MORE;
	if (!s->fixture && s->values <= 4) {
		(void)bad(s, s->at, NULL, "a frame ends before its type");
		return MC_SCAN_BAD;
	}
	return MC_SCAN_DONE;
}

double mc_scan_real(const unsigned char *p, size_t size)
{
	uint64_t bits = 0;
	uint32_t half;
	double v;
	float f;

	for (size_t k = 0; k < size; k++)
		bits = bits << 8 | p[k];
	if (size == 8) {
		memcpy(&v, &bits, sizeof v);
		return v;
	}
	half = (uint32_t)bits;
	memcpy(&f, &half, sizeof f);
	return (double)f;
}
