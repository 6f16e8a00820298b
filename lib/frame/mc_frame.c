/* Looking into frames. Reading them is in mc_frame_in.c, building and writing in mc_frame_out.c. */
#include "mc_frame.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "mc_scan.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays in frames are little-endian");
_Static_assert((int)MC_FRAME_DEPTH == (int)MC_SCAN_DEPTH && (int)MC_FRAME_DIMS == (int)MC_SCAN_DIMS &&
    (int)MC_FRAME_VALUES == (int)MC_SCAN_VALUES && MC_SCAN_TYPE == sizeof((struct mc_frame *)0)->type,
    "the scan's limits are the frame's");

size_t mc_dtype_size(enum mc_dtype t)
{
	return mc_scan_dtype_size((int)t);
}

const char *mc_dtype_name(enum mc_dtype t)
{
	return mc_scan_dtype((int)t);
}

/* ---- entries ---- */

static const msgpack_object_map *entries(const struct mc_map *m)
{
	return &((const msgpack_object *)m->obj)->via.map;
}

size_t mc_map_count(const struct mc_map *m)
{
	return entries(m)->size;
}

ptrdiff_t mc_map_find(const struct mc_map *m, const char *key)
{
	const msgpack_object_map *map = entries(m);
	const size_t n = strlen(key);

	for (uint32_t i = 0; i < map->size; i++) {
		const msgpack_object_str *k = &map->ptr[i].key.via.str;

		if (k->size == n && memcmp(k->ptr, key, n) == 0)
			return i;
	}
	return -1;
}

/* msgpack-c leaves the text of a key in our buffer, and the value's bytes come right after it. */
void mc_map_entry(const struct mc_map *m, size_t i, const char **key, size_t *key_len,
    const unsigned char **value, size_t *len)
{
	const msgpack_object_str *k = &entries(m)->ptr[i].key.via.str;

	*key = k->ptr;
	*key_len = k->size;
	*value = (const unsigned char *)k->ptr + k->size;
	*len = mc_item_extent(*value);
}

static const msgpack_object *value_of(const struct mc_map *m, const char *key)
{
	const ptrdiff_t i = mc_map_find(m, key);

	return i < 0 ? NULL : &entries(m)->ptr[i].val;
}

int mc_map_has(const struct mc_map *m, const char *key)
{
	return mc_map_find(m, key) >= 0;
}

const char *mc_map_key(const struct mc_map *m, const char *key, const char *before)
{
	return !mc_map_has(m, key) && mc_map_has(m, before) ? before : key;
}

static enum mc_kind kind_of(const msgpack_object *o)
{
	switch (o->type) {
	case MSGPACK_OBJECT_BOOLEAN: return MC_BOOLEAN;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
	case MSGPACK_OBJECT_NEGATIVE_INTEGER: return MC_INT;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64: return MC_REAL;
	case MSGPACK_OBJECT_STR: return MC_STR;
	case MSGPACK_OBJECT_BIN: return MC_BIN;
	case MSGPACK_OBJECT_ARRAY: return MC_LIST;
	case MSGPACK_OBJECT_MAP: return MC_MAP;
	case MSGPACK_OBJECT_EXT: return o->via.ext.type == 1 ? MC_ARRAY : MC_EXT;
	case MSGPACK_OBJECT_NIL:
	default: return MC_NIL;
	}
}

enum mc_kind mc_map_at(const struct mc_map *m, size_t i, char *key, size_t size)
{
	const msgpack_object_kv *kv = &entries(m)->ptr[i];

	(void)snprintf(key, size, "%.*s", (int)kv->key.via.str.size, kv->key.via.str.ptr);
	return kind_of(&kv->val);
}

/* The scan has passed it: cannot fail. */
static struct mc_array array_of(const msgpack_object *o)
{
	struct mc_array a = { .dtype = MC_F32 };
	struct mc_scan_array s;
	const char *what;
	size_t bad;

	(void)mc_scan_array((const unsigned char *)o->via.ext.ptr, o->via.ext.size, &s, &bad, &what);
	for (int t = 0; mc_scan_dtype(t); t++)
		if (s.name_len == strlen(mc_scan_dtype(t)) &&
		    memcmp(s.name, mc_scan_dtype(t), s.name_len) == 0)
			a.dtype = (enum mc_dtype)t;
	a.ndim = s.ndim;
	memcpy(a.shape, s.shape, sizeof a.shape);
	a.count = s.count;
	a.data = s.data;
	return a;
}

/* ---- texts ---- */

__attribute__((format(printf, 3, 4)))
static void append(char *out, size_t size, const char *fmt, ...)
{
	const size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out + n, size - n, fmt, ap);
	va_end(ap);
}

static void shape_text(char *out, size_t size, int ndim, const size_t *shape)
{
	append(out, size, "[");
	for (int k = 0; k < ndim; k++)
		append(out, size, "%s%zu", k ? "," : "", shape[k]);
	append(out, size, "]");
}

static void real_text(char *out, size_t size, double v)
{
	(void)snprintf(out, size, "%.15g", v);
	if (strtod(out, NULL) != v)
		(void)snprintf(out, size, "%.17g", v);
}

static void object_text(const msgpack_object *o, char *out, size_t size)
{
	out[0] = '\0';
	switch (o->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		append(out, size, "%s", o->via.boolean ? "true" : "false");
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		append(out, size, "%" PRIu64, o->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		append(out, size, "%" PRId64, o->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
		append(out, size, "%.9g", o->via.f64);
		break;
	case MSGPACK_OBJECT_FLOAT64:
		real_text(out, size, o->via.f64);
		break;
	case MSGPACK_OBJECT_STR:
		append(out, size, "%.*s", (int)o->via.str.size, o->via.str.ptr);
		break;
	case MSGPACK_OBJECT_BIN:
		append(out, size, "bin[%" PRIu32 "]", o->via.bin.size);
		break;
	case MSGPACK_OBJECT_ARRAY:
		append(out, size, "list[%" PRIu32 "]", o->via.array.size);
		break;
	case MSGPACK_OBJECT_MAP:
		append(out, size, "map[%" PRIu32 "]", o->via.map.size);
		break;
	case MSGPACK_OBJECT_EXT: {
		const struct mc_array a = array_of(o);

		append(out, size, "%s", mc_dtype_name(a.dtype));
		shape_text(out, size, a.ndim, a.shape);
		break;
	}
	case MSGPACK_OBJECT_NIL:
	default:
		append(out, size, "nil");
	}
}

void mc_map_text(const struct mc_map *m, const char *key, char *out, size_t size)
{
	const msgpack_object *o = value_of(m, key);

	if (o)
		object_text(o, out, size);
	else
		(void)snprintf(out, size, "(absent)");
}

/* "episode frame: values.loss " + text, at the frame. */
__attribute__((format(printf, 4, 5)))
static int wrong(const struct mc_map *m, const char *key, struct mc_err *e, const char *fmt, ...)
{
	const struct mc_frame *f = m->frame;
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "%s%s%s%s%s %s", f->type,
	    f->type[0] ? " frame: " : "", m->path, m->path[0] ? "." : "", key, text);
}

static int not_a(const struct mc_map *m, const char *key, const msgpack_object *o,
    const char *want, struct mc_err *e)
{
	char is[160];

	if (!o)
		return wrong(m, key, e, "is missing");
	object_text(o, is, sizeof is);
	return wrong(m, key, e, "is %s, want %s", is, want);
}

/* ---- scalars ---- */

int mc_map_int(const struct mc_map *m, const char *key, int64_t *out, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);

	if (!o || kind_of(o) != MC_INT ||
	    (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 > INT64_MAX))
		return not_a(m, key, o, "an integer", e);
	*out = o->via.i64;
	return 0;
}

int mc_map_uint(const struct mc_map *m, const char *key, uint64_t *out, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);

	if (!o || o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return not_a(m, key, o, "an integer from 0", e);
	*out = o->via.u64;
	return 0;
}

int mc_map_real_any(const struct mc_map *m, const char *key, double *out, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);

	if (o && kind_of(o) == MC_REAL)
		*out = o->via.f64;
	else if (o && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		*out = (double)o->via.u64;
	else if (o && o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		*out = (double)o->via.i64;
	else
		return not_a(m, key, o, "a number", e);
	return 0;
}

int mc_map_real(const struct mc_map *m, const char *key, double *out, struct mc_err *e)
{
	double v = 0.0;

	if (mc_map_real_any(m, key, &v, e) < 0)
		return -1;
	if (!isfinite(v))
		return not_a(m, key, value_of(m, key), "a finite number", e);
	*out = v;
	return 0;
}

int mc_map_bool(const struct mc_map *m, const char *key, int *out, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);

	if (!o || o->type != MSGPACK_OBJECT_BOOLEAN)
		return not_a(m, key, o, "true or false", e);
	*out = o->via.boolean;
	return 0;
}

int mc_map_str(const struct mc_map *m, const char *key, char *out, size_t size, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);

	if (!o || o->type != MSGPACK_OBJECT_STR)
		return not_a(m, key, o, "a string", e);
	if (o->via.str.size >= size)
		return wrong(m, key, e, "is %" PRIu32 " bytes long, want less than %zu",
		    o->via.str.size, size);
	if (o->via.str.size > 0 && memchr(o->via.str.ptr, 0, o->via.str.size))
		return wrong(m, key, e, "has a NUL byte inside");
	if (o->via.str.size > 0)
		memcpy(out, o->via.str.ptr, o->via.str.size);
	out[o->via.str.size] = '\0';
	return 0;
}

int mc_map_map(const struct mc_map *m, const char *key, struct mc_map *out, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);
	char path[sizeof m->path];

	if (!o || o->type != MSGPACK_OBJECT_MAP)
		return not_a(m, key, o, "a map", e);
	path[0] = '\0';
	append(path, sizeof path, "%s", m->path);
	append(path, sizeof path, "%s%s", path[0] ? "." : "", key);
	out->frame = m->frame;
	out->obj = o;
	memcpy(out->path, path, sizeof path);
	return 0;
}

/* ---- arrays ---- */

int mc_map_array(const struct mc_map *m, const char *key, struct mc_array *out, struct mc_err *e)
{
	const msgpack_object *o = value_of(m, key);

	if (!o || kind_of(o) != MC_ARRAY)
		return not_a(m, key, o, "an array", e);
	*out = array_of(o);
	return 0;
}

/* The array `key` if it is of dtype `one` or `other`, and of this shape. */
static int shaped_array(const struct mc_map *m, const char *key, enum mc_dtype one,
    enum mc_dtype other, int ndim, const size_t *shape, struct mc_array *a, struct mc_err *e)
{
	char want[200];

	if (mc_map_array(m, key, a, e) < 0)
		return -1;
	if ((a->dtype == one || a->dtype == other) && a->ndim == ndim &&
	    (ndim == 0 || memcmp(a->shape, shape, (size_t)ndim * sizeof *shape) == 0))
		return 0;
	(void)snprintf(want, sizeof want, "%s", mc_dtype_name(one));
	shape_text(want, sizeof want, ndim, shape);
	return not_a(m, key, value_of(m, key), want, e);
}

static double element(const struct mc_array *a, size_t k)
{
	float f;
	double d;

	if (a->dtype == MC_F64) {
		memcpy(&d, a->data + 8 * k, 8);
		return d;
	}
	memcpy(&f, a->data + 4 * k, 4);
	return (double)f;
}

#ifndef MC_DOUBLE
/* Numbers as they stand in the frame; 1 if all are finite. Exponents are integers: vector code. */
static int copy_finite(float *out, const struct mc_array *a)
{
	const uint32_t exponent = (uint32_t)0xff << 23;
	uint32_t bad = 0;

	for (size_t k = 0; k < a->count; k++) {
		uint32_t bits;

		memcpy(&bits, a->data + k * sizeof bits, sizeof bits);
		memcpy(out + k, &bits, sizeof bits);
		bad |= (bits & exponent) == exponent;
	}
	return !bad;
}
#endif

int mc_map_reals(const struct mc_map *m, const char *key, int ndim, const size_t *shape,
    mc_real *out, struct mc_err *e)
{
	struct mc_array a;

	if (shaped_array(m, key, MC_F32, MC_F64, ndim, shape, &a, e) < 0)
		return -1;
#ifndef MC_DOUBLE
	if (out && a.dtype == MC_F32 && copy_finite(out, &a))
		return 0;
#endif
	for (size_t k = 0; k < a.count; k++) {
		const mc_real value = (mc_real)element(&a, k);

		if (out)
			out[k] = value;
		if (!isfinite(value))
			return wrong(m, key, e, "has the value %g at element %zu, want finite numbers",
			    element(&a, k), k);
	}
	return 0;
}

int mc_map_bytes(const struct mc_map *m, const char *key, int ndim, const size_t *shape,
    uint8_t *out, struct mc_err *e)
{
	struct mc_array a;

	if (shaped_array(m, key, MC_U8, MC_BOOL, ndim, shape, &a, e) < 0)
		return -1;
	if (out && a.count > 0)
		memcpy(out, a.data, a.count);
	return 0;
}

/* ---- comparing ---- */

static int same(const msgpack_object *a, const msgpack_object *b);

static int same_key(const msgpack_object_kv *a, const msgpack_object_kv *b)
{
	return a->key.via.str.size == b->key.via.str.size &&
	    memcmp(a->key.via.str.ptr, b->key.via.str.ptr, a->key.via.str.size) == 0;
}

/* Looks for each key from the same place on: in one pass where the orders agree. */
static int same_map(const msgpack_object_map *a, const msgpack_object_map *b)
{
	if (a->size != b->size)
		return 0;
	for (uint32_t i = 0; i < a->size; i++) {
		uint32_t j = i, tried = 0;

		while (tried < b->size && !same_key(&a->ptr[i], &b->ptr[j])) {
			j = j + 1 < b->size ? j + 1 : 0;
			tried++;
		}
		if (tried == b->size || !same(&a->ptr[i].val, &b->ptr[j].val))
			return 0;
	}
	return 1;
}

static int same_array(const msgpack_object *oa, const msgpack_object *ob)
{
	const struct mc_array a = array_of(oa), b = array_of(ob);

	return a.dtype == b.dtype && a.ndim == b.ndim &&
	    memcmp(a.shape, b.shape, sizeof a.shape) == 0 &&
	    memcmp(a.data, b.data, a.count * mc_dtype_size(a.dtype)) == 0;
}

static int same(const msgpack_object *a, const msgpack_object *b)
{
	if (a->type != b->type)
		return 0;
	switch (a->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return a->via.boolean == b->via.boolean;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return a->via.u64 == b->via.u64;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:              /* by bits: NaN equals itself, 0 is not -0 */
		return memcmp(&a->via.f64, &b->via.f64, sizeof a->via.f64) == 0;
	case MSGPACK_OBJECT_STR:
	case MSGPACK_OBJECT_BIN:
		return a->via.str.size == b->via.str.size &&
		    (a->via.str.size == 0 || memcmp(a->via.str.ptr, b->via.str.ptr, a->via.str.size) == 0);
	case MSGPACK_OBJECT_ARRAY:
		if (a->via.array.size != b->via.array.size)
			return 0;
		for (uint32_t i = 0; i < a->via.array.size; i++)
			if (!same(&a->via.array.ptr[i], &b->via.array.ptr[i]))
				return 0;
		return 1;
	case MSGPACK_OBJECT_MAP:
		return same_map(&a->via.map, &b->via.map);
	case MSGPACK_OBJECT_EXT:
		return same_array(a, b);
	case MSGPACK_OBJECT_NIL:
	default:
		return 1;
	}
}

int mc_map_same(const struct mc_map *a, const char *key_a, const struct mc_map *b, const char *key_b)
{
	const msgpack_object *oa = value_of(a, key_a), *ob = value_of(b, key_b);

	return oa && ob ? same(oa, ob) : oa == ob;
}
