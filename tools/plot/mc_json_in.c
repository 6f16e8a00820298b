#include "mc_json_in.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 16 };

struct scan {
	const char *s;
	size_t n, at;
};

static int peek(struct scan *x)
{
	while (x->at < x->n && strchr(" \t\r\n", x->s[x->at]) && x->s[x->at])
		x->at++;
	return x->at < x->n ? (unsigned char)x->s[x->at] : -1;
}

static int accept(struct scan *x, int c)
{
	if (peek(x) != c)
		return 0;
	x->at++;
	return 1;
}

struct text {
	char *to;                 /* [MC_JSON_TEXT] */
	size_t n;
};

static void put(struct text *t, unsigned char c)
{
	if (t->to && t->n + 1 < MC_JSON_TEXT)
		t->to[t->n++] = (char)c;
}

static void put_utf8(struct text *t, unsigned v)
{
	if (v < 0x80) {
		put(t, (unsigned char)v);
		return;
	}
	if (v < 0x800)
		put(t, (unsigned char)(0xc0 | v >> 6));
	else {
		put(t, (unsigned char)(0xe0 | v >> 12));
		put(t, (unsigned char)(0x80 | (v >> 6 & 63)));
	}
	put(t, (unsigned char)(0x80 | (v & 63)));
}

/* What follows a backslash. Surrogates, which we never write, become '?'. */
static int escape(struct scan *x, struct text *t)
{
	static const char name[] = "\"\\/bfnrt", value[] = "\"\\/\b\f\n\r\t";
	const char c = x->at < x->n ? x->s[x->at] : '\0';
	const char *known = c ? strchr(name, c) : NULL;
	unsigned v = 0;

	if (known) {
		put(t, (unsigned char)value[known - name]);
		x->at++;
		return 1;
	}
	if (c != 'u')
		return 0;
	x->at++;
	for (int k = 0; k < 4; k++, x->at++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *d = x->at < x->n && x->s[x->at] ? strchr(digits, x->s[x->at]) : NULL;

		if (d == NULL)
			return 0;
		v = v << 4 | ((unsigned)(d - digits) & 15);
	}
	put_utf8(t, (v >= 0xd800 && v < 0xe000) || v == 0 ? '?' : v);
	return 1;
}

/* A string into to[MC_JSON_TEXT], or nowhere. */
static int string(struct scan *x, char *to)
{
	struct text t = { to, 0 };

	if (!accept(x, '"'))
		return 0;
	while (x->at < x->n && x->s[x->at] != '"') {
		const unsigned char c = (unsigned char)x->s[x->at];

		if (c < 0x20)
			return 0;
		x->at++;
		if (c != '\\')
			put(&t, c);
		else if (!escape(x, &t))
			return 0;
	}
	if (x->at == x->n)
		return 0;
	x->at++;
	if (to)
		to[t.n] = '\0';
	return 1;
}

static int word(struct scan *x, const char *w)
{
	const size_t n = strlen(w);

	if (x->n - x->at < n || memcmp(x->s + x->at, w, n) != 0)
		return 0;
	x->at += n;
	return 1;
}

static int number(struct scan *x, double *v)
{
	char digits[64], *end;
	size_t n = 0;

	while (x->at + n < x->n && n + 1 < sizeof digits && x->s[x->at + n] && strchr("+-.0123456789eE", x->s[x->at + n]))
		n++;
	memcpy(digits, x->s + x->at, n);
	digits[n] = '\0';
	*v = strtod(digits, &end);
	if (n == 0 || *end || digits[0] == '+' || digits[0] == '.')
		return 0;
	x->at += n;
	return 1;
}

static int value(struct scan *x, char *to, double *v, int depth);

/* An array or an object within the one that is read. */
static int nested(struct scan *x, int close, int depth)
{
	double v;

	x->at++;
	if (depth == DEPTH)
		return 0;
	if (accept(x, close))
		return 1;
	do {
		if (close == '}' && (!string(x, NULL) || !accept(x, ':')))
			return 0;
		if (!value(x, NULL, &v, depth + 1))
			return 0;
	} while (accept(x, ','));
	return accept(x, close);
}

static int value(struct scan *x, char *to, double *v, int depth)
{
	const int c = peek(x);

	*v = (double)NAN;
	switch (c) {
	case '"':
		return string(x, to);
	case '{':
		return nested(x, '}', depth);
	case '[':
		return nested(x, ']', depth);
	case 'n':
		return word(x, "null");
	case 't':
		return word(x, "true");
	case 'f':
		return word(x, "false");
	default:
		return number(x, v);
	}
}

long mc_json_members(const char *s, size_t n, mc_json_take *take, void *ctx)
{
	struct scan x = { s, n, 0 };
	char key[MC_JSON_TEXT], text[MC_JSON_TEXT];
	double v;

	if (!accept(&x, '{'))
		return (long)x.at;
	if (accept(&x, '}'))
		return peek(&x) < 0 ? -1 : (long)x.at;
	do {
		if (!string(&x, key) || !accept(&x, ':'))
			return (long)x.at;
		const int is_string = peek(&x) == '"';

		if (!value(&x, text, &v, 1))
			return (long)x.at;
		take(ctx, key, is_string ? text : NULL, v);
	} while (accept(&x, ','));
	return accept(&x, '}') && peek(&x) < 0 ? -1 : (long)x.at;
}
