#include "mc_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_scan.h"

/* ---- numbers ---- */

void mc_json_double(FILE *to, double v)
{
	char s[32];

	if (!isfinite(v)) {
		(void)fputs("null", to);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(s, sizeof s, "%.*g", digits, v);
		if (strtod(s, NULL) == v)
			break;
	}
	(void)fputs(s, to);
}

void mc_json_float(FILE *to, float v)
{
	char s[32];

	if (!isfinite(v)) {
		(void)fputs("null", to);
		return;
	}
	for (int digits = 6; digits <= 9; digits++) {
		(void)snprintf(s, sizeof s, "%.*g", digits, (double)v);
		if (strtof(s, NULL) == v)
			break;
	}
	(void)fputs(s, to);
}

static void json_int(FILE *to, const struct mc_item *it)
{
	if (it->negative)
		(void)fprintf(to, "%" PRId64, (int64_t)it->value);
	else
		(void)fprintf(to, "%" PRIu64, it->value);
}

/* A msgpack float32 or float64: big-endian. */
static void json_real(FILE *to, const unsigned char *p, size_t size)
{
	const double v = mc_scan_real(p, size);

	if (size == 4)
		mc_json_float(to, (float)v);
	else
		mc_json_double(to, v);
}

/* ---- strings ---- */

/* Length of the well-formed UTF-8 sequence at p, 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t c = p[0] & (0xffu >> (len + 1));

	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	for (size_t k = 1; k < len; k++) {
		if ((p[k] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[k] & 0x3f);
	}
	return c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : len;
}

static void json_text(FILE *to, const unsigned char *p, size_t n)
{
	(void)fputc('"', to);
	while (n > 0) {
		const size_t len = utf8_length(p, n);

		if (len == 0)
			(void)fputs("\xef\xbf\xbd", to);
		else if (*p == '"' || *p == '\\')
			(void)fprintf(to, "\\%c", *p);
		else if (*p == '\n' || *p == '\t')
			(void)fputs(*p == '\n' ? "\\n" : "\\t", to);
		else if (*p < 0x20 || *p == 0x7f)
			(void)fprintf(to, "\\u%04x", *p);
		else
			(void)fwrite(p, 1, len, to);
		p += len ? len : 1;
		n -= len ? len : 1;
	}
	(void)fputc('"', to);
}

void mc_json_string(FILE *to, const char *s)
{
	json_text(to, (const unsigned char *)s, strlen(s));
}

/* ---- arrays ---- */

static enum mc_dtype dtype_of(const struct mc_scan_array *a)
{
	for (int t = 0; mc_scan_dtype(t); t++)
		if (strlen(mc_scan_dtype(t)) == a->name_len &&
		    memcmp(mc_scan_dtype(t), a->name, a->name_len) == 0)
			return (enum mc_dtype)t;
	return MC_F32;
}

static int is_float(enum mc_dtype t)
{
	return t == MC_F32 || t == MC_F64;
}

static double real_at(const unsigned char *data, enum mc_dtype t, size_t k)
{
	double d;
	float f;

	if (t == MC_F64) {
		memcpy(&d, data + 8 * k, 8);
		return d;
	}
	memcpy(&f, data + 4 * k, 4);
	return (double)f;
}

static int64_t int_at(const unsigned char *data, enum mc_dtype t, size_t k)
{
	int64_t i64;
	uint32_t u32;
	int32_t i32;

	switch (t) {
	case MC_I64:
		memcpy(&i64, data + 8 * k, 8);
		return i64;
	case MC_I32:
		memcpy(&i32, data + 4 * k, 4);
		return i32;
	case MC_U32:
		memcpy(&u32, data + 4 * k, 4);
		return u32;
	case MC_U8:
	case MC_BOOL:
	case MC_F32:
	case MC_F64:
	default:
		return data[k];
	}
}

static void json_as(FILE *to, enum mc_dtype t, double v)
{
	if (t == MC_F32)
		mc_json_float(to, (float)v);
	else
		mc_json_double(to, v);
}

static void json_element(FILE *to, const unsigned char *data, enum mc_dtype t, size_t k)
{
	if (is_float(t))
		json_as(to, t, real_at(data, t, k));
	else if (t == MC_BOOL)
		(void)fputs(data[k] ? "true" : "false", to);
	else
		(void)fprintf(to, "%" PRId64, int_at(data, t, k));
}

/* All values; a bracket opens and closes wherever an index starts and ends. */
static void json_values(FILE *to, const struct mc_scan_array *a)
{
	const enum mc_dtype t = dtype_of(a);

	if (a->count == 0)
		(void)fputs("[]", to);
	for (size_t k = 0; k < a->count; k++) {
		size_t block = 1;
		int open = 0, shut = 0;

		for (int j = a->ndim - 1; j >= 0; j--) {
			block *= a->shape[j];
			open += k % block == 0;
			shut += (k + 1) % block == 0;
		}
		if (k > 0)
			(void)fputc(',', to);
		while (open-- > 0)
			(void)fputc('[', to);
		json_element(to, a->data, t, k);
		while (shut-- > 0)
			(void)fputc(']', to);
	}
}

static void summary_real(FILE *to, const struct mc_scan_array *a, enum mc_dtype t)
{
	double min = INFINITY, max = -INFINITY, sum = 0;
	size_t n = 0;

	for (size_t k = 0; k < a->count; k++) {
		const double v = real_at(a->data, t, k);

		if (!isfinite(v))
			continue;
		min = fmin(min, v);
		max = fmax(max, v);
		sum += v;
		n++;
	}
	(void)fputs(",\"min\":", to);
	json_as(to, t, min);
	(void)fputs(",\"max\":", to);
	json_as(to, t, max);
	(void)fputs(",\"mean\":", to);
	mc_json_float(to, (float)(sum / (double)n));
	if (n < a->count)
		(void)fprintf(to, ",\"nonfinite\":%zu", a->count - n);
}

static void summary_int(FILE *to, const struct mc_scan_array *a, enum mc_dtype t)
{
	int64_t min = INT64_MAX, max = INT64_MIN;
	double sum = 0;

	for (size_t k = 0; k < a->count; k++) {
		const int64_t v = int_at(a->data, t, k);

		min = v < min ? v : min;
		max = v > max ? v : max;
		sum += (double)v;
	}
	if (a->count == 0)
		(void)fputs(",\"min\":null,\"max\":null,\"mean\":null", to);
	else
		(void)fprintf(to, ",\"min\":%" PRId64 ",\"max\":%" PRId64 ",\"mean\":%.9g", min, max,
		    sum / (double)a->count);
}

static void json_summary(FILE *to, const struct mc_scan_array *a)
{
	const enum mc_dtype t = dtype_of(a);

	(void)fputs("{\"shape\":[", to);
	for (int k = 0; k < a->ndim; k++)
		(void)fprintf(to, "%s%zu", k ? "," : "", a->shape[k]);
	(void)fprintf(to, "],\"dtype\":\"%s\"", mc_dtype_name(t));
	if (is_float(t))
		summary_real(to, a, t);
	else
		summary_int(to, a, t);
	(void)fputc('}', to);
}

/* ---- values ---- */

const unsigned char *mc_json_value(FILE *to, const unsigned char *p, int full)
{
	struct mc_scan_array a;
	struct mc_item it;
	const char *what;
	size_t bad;

	(void)mc_item_read(p, SIZE_MAX, &it);
	p += it.head;
	switch (it.kind) {
	case MC_ITEM_INT:
		json_int(to, &it);
		break;
	case MC_ITEM_NIL:
		(void)fputs("null", to);
		break;
	case MC_ITEM_BOOL:
		(void)fputs(it.value ? "true" : "false", to);
		break;
	case MC_ITEM_FLOAT:
		json_real(to, p, it.size);
		break;
	case MC_ITEM_STR:
		json_text(to, p, it.size);
		break;
	case MC_ITEM_BIN:
		(void)fprintf(to, "{\"bytes\":%zu}", it.size);
		break;
	case MC_ITEM_EXT:
		(void)mc_scan_array(p, it.size, &a, &bad, &what);
		if (full)
			json_values(to, &a);
		else
			json_summary(to, &a);
		break;
	case MC_ITEM_LIST:
		(void)fputc('[', to);
		for (uint64_t k = 0; k < it.count; k++) {
			(void)fputs(k ? "," : "", to);
			p = mc_json_value(to, p, full);
		}
		(void)fputc(']', to);
		break;
	case MC_ITEM_MAP:
		(void)fputc('{', to);
		for (uint64_t k = 0; k < it.count; k++) {
			(void)fputs(k == 0 ? "" : k % 2 ? ":" : ",", to);
			p = mc_json_value(to, p, full);
		}
		(void)fputc('}', to);
		break;
	}
	return p + it.size;
}

void mc_json_frame(FILE *to, const struct mc_frame *f, int full)
{
	(void)mc_json_value(to, f->bytes, full);
	(void)fputc('\n', to);
}
