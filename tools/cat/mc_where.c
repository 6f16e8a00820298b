#include "mc_where.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mc_scan.h"

/* ---- parsing ---- */

/* What ends a bare key or value. */
#define STOPS " \t\n=!<>&|()'\""

static const char *skip_blank(const char *p)
{
	return p + strspn(p, " \t\n");
}

static int not_understood(struct mc_err *e, const char *want, const char *at)
{
	return mc_usage(e, "--where", "like 'iteration>=100 && program==mc-critic'", *at ?
	    "%s is wanted at \"%.40s\"" : "%s is wanted at the end%.0s", want, at);
}

static int parse_op(struct mc_where_term *t, const char **p, struct mc_err *e)
{
	static const char *const ops[] = { "==", "!=", "<=", ">=", "<", ">" };

	*p = skip_blank(*p);
	for (int k = 0; k < 6; k++)
		if (strncmp(*p, ops[k], strlen(ops[k])) == 0) {
			t->op = (enum mc_where_op)k;
			*p += strlen(ops[k]);
			return 0;
		}
	return not_understood(e, "one of == != < <= > >=", *p);
}

static int is_number(struct mc_where_term *t)
{
	char *end;

	if (t->text[strspn(t->text, "+-.0123456789eE")])    /* no hex, inf or nan */
		return 0;
	t->number = strtold(t->text, &end);
	t->real = strtod(t->text, NULL);
	return end != t->text && !*end && isfinite(t->real);
}

static void classify(struct mc_where_term *t)
{
	t->kind = MC_WHERE_TEXT;
	if (t->quoted)
		return;
	if (is_number(t)) {
		t->kind = MC_WHERE_NUMBER;
	} else if (strcmp(t->text, "true") == 0 || strcmp(t->text, "false") == 0) {
		t->kind = MC_WHERE_BOOL;
		t->number = t->real = t->text[0] == 't';
	} else if (strcmp(t->text, "null") == 0) {
		t->kind = MC_WHERE_NULL;
	}
}

static int parse_value(struct mc_where_term *t, const char **p, struct mc_err *e)
{
	const char *from = skip_blank(*p);
	const char quote = *from == '"' || *from == '\'' ? *from : '\0';
	size_t n;

	if (quote) {
		const char *end = strchr(++from, quote);

		if (!end)
			return not_understood(e, "a closing quote", from - 1);
		n = (size_t)(end - from);
		*p = end + 1;
	} else {
		n = strcspn(from, STOPS);
		if (n == 0)
			return not_understood(e, "a number or a word", from);
		*p = from + n;
	}
	if (n >= sizeof t->text)
		return mc_usage(e, "--where", NULL, "the value \"%.20s...\" is too long", from);
	memcpy(t->text, from, n);
	t->text[n] = '\0';
	t->quoted = quote != '\0';
	classify(t);
	return 0;
}

static int parse_term(struct mc_where_term *t, const char **p, struct mc_err *e)
{
	const char *key = skip_blank(*p);
	const size_t n = strcspn(key, STOPS);

	if (n == 0)
		return not_understood(e, "a key", key);
	*p = key + n;
	if (mc_path_copy(t->path, key, n, "--where", e) < 0 || parse_op(t, p, e) < 0 || parse_value(t, p, e) < 0)
		return -1;
	return 0;
}

int mc_where_parse(struct mc_where *w, const char *text, struct mc_err *e)
{
	const char *p = text;

	w->terms = 0;
	for (;;) {
		if (w->terms == MC_WHERE_TERMS)
			return mc_usage(e, "--where", "pipe it through a second mc-cat", "more than %d comparisons",
			    MC_WHERE_TERMS);
		if (parse_term(&w->term[w->terms], &p, e) < 0)
			return -1;
		w->terms++;
		p = skip_blank(p);
		if (!*p)
			return 0;
		if (strncmp(p, "&&", 2) != 0)
			return not_understood(e, "&& or the end", p);
		p += 2;
	}
}

/* ---- comparing ---- */

static int holds(enum mc_where_op op, int sign)
{
	switch (op) {
	case MC_WHERE_EQ: return sign == 0;
	case MC_WHERE_NE: return sign != 0;
	case MC_WHERE_LE: return sign <= 0;
	case MC_WHERE_GE: return sign >= 0;
	case MC_WHERE_LT: return sign < 0;
	case MC_WHERE_GT: return sign > 0;
	}
	return 0;
}

/* Values of different kinds, or not a number: unequal, and in no order. */
static int unlike(enum mc_where_op op)
{
	return op == MC_WHERE_NE;
}

static int compare_number(const struct mc_where_term *t, long double v, long double want)
{
	if (isnan(v) || (t->kind != MC_WHERE_NUMBER && t->kind != MC_WHERE_BOOL))
		return unlike(t->op);
	return holds(t->op, (v > want) - (v < want));
}

/* A msgpack float32 or float64, big-endian. A float32 is compared as such: 0.1 is what shows as 0.1. */
static int compare_real(const struct mc_where_term *t, const unsigned char *p, size_t size)
{
	return compare_number(t, (long double)mc_scan_real(p, size),
	    size == 4 ? (long double)(float)t->real : (long double)t->real);
}

static int compare_text(const struct mc_where_term *t, const unsigned char *p, size_t n)
{
	const size_t m = strlen(t->text);
	const int r = memcmp(p, t->text, n < m ? n : m);

	return holds(t->op, r ? r : (n > m) - (n < m));
}

static int compare(const struct mc_where_term *t, const unsigned char *value)
{
	struct mc_item it;

	(void)mc_item_read(value, SIZE_MAX, &it);
	value += it.head;
	switch (it.kind) {
	case MC_ITEM_INT:
		return compare_number(t, it.negative ? (long double)(int64_t)it.value : (long double)it.value, t->number);
	case MC_ITEM_BOOL:
		return compare_number(t, (long double)it.value, t->number);
	case MC_ITEM_FLOAT:
		return compare_real(t, value, it.size);
	case MC_ITEM_STR:
		return compare_text(t, value, it.size);
	case MC_ITEM_NIL:
		return t->kind == MC_WHERE_NULL ? holds(t->op, 0) : unlike(t->op);
	case MC_ITEM_BIN:
	case MC_ITEM_EXT:
	case MC_ITEM_LIST:
	case MC_ITEM_MAP:
		break;
	}
	return unlike(t->op);
}

int mc_where_match(const struct mc_where *w, const struct mc_frame *f)
{
	for (int k = 0; k < w->terms; k++) {
		const unsigned char *value = mc_path_find(f->bytes, w->term[k].path);

		if (!value || !compare(&w->term[k], value))
			return 0;
	}
	return 1;
}
