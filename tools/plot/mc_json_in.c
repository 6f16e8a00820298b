#include "mc_json_in.h"

#include <math.h>
#include <stdio.h>
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

/* Who takes members, and the name of the object that they are in. */
struct taker {
	mc_json_take *take;
	void *ctx;
	const char *within;
};

static int value(struct scan *x, char *to, double *v, int depth, const struct taker *taker);

/* Hands a member on; an object hands on its own. */
static int member(struct scan *x, int depth, const struct taker *t)
{
	char key[MC_JSON_TEXT], text[MC_JSON_TEXT], name[2 * MC_JSON_TEXT];
	const struct taker inner = { t->take, t->ctx, name };
	double v;
	int kind;

	if (!string(x, key) || !accept(x, ':'))
		return 0;
	snprintf(name, sizeof name, "%s%s%s", t->within, *t->within ? "." : "", key);
	name[MC_JSON_TEXT - 1] = '\0';
	kind = peek(x);
	if (!value(x, text, &v, depth, kind == '{' ? &inner : NULL))
		return 0;
	if (kind != '{')
		t->take(t->ctx, name, kind == '"' || kind == 't' || kind == 'f' || kind == '[' ? text : NULL, v);
	return 1;
}

/* An array or an object within the one that is read, whose members nobody takes if `taker` is NULL. */
static int nested(struct scan *x, int close, int depth, const struct taker *taker)
{
	double v;

	x->at++;
	if (depth == DEPTH)
		return 0;
	if (accept(x, close))
		return 1;
	do {
		if (taker) {
			if (!member(x, depth + 1, taker))
				return 0;
			continue;
		}
		if (close == '}' && (!string(x, NULL) || !accept(x, ':')))
			return 0;
		if (!value(x, NULL, &v, depth + 1, NULL))
			return 0;
	} while (accept(x, ','));
	return accept(x, close);
}

/* What stands there from `from` on, as text. */
static void keep(const struct scan *x, size_t from, char *to)
{
	const size_t n = x->at - from < MC_JSON_TEXT ? x->at - from : MC_JSON_TEXT - 1;

	if (to == NULL)
		return;
	memcpy(to, x->s + from, n);
	to[n] = '\0';
}

static int value(struct scan *x, char *to, double *v, int depth, const struct taker *taker)
{
	const int c = peek(x);
	const size_t from = x->at;
	int r;

	*v = (double)NAN;
	switch (c) {
	case '"':
		return string(x, to);
	case '{':
		return nested(x, '}', depth, taker);
	case '[':
		r = nested(x, ']', depth, NULL);
		break;
	case 'n':
		return word(x, "null");
	case 't':
		r = word(x, "true");
		break;
	case 'f':
		r = word(x, "false");
		break;
	default:
		return number(x, v);
	}
	keep(x, from, to);
	return r;
}

long mc_json_members(const char *s, size_t n, mc_json_take *take, void *ctx)
{
	struct scan x = { s, n, 0 };
	const struct taker taker = { take, ctx, "" };

	if (!accept(&x, '{'))
		return (long)x.at;
	if (accept(&x, '}'))
		return peek(&x) < 0 ? -1 : (long)x.at;
	do
		if (!member(&x, 1, &taker))
			return (long)x.at;
	while (accept(&x, ','));
	return accept(&x, '}') && peek(&x) < 0 ? -1 : (long)x.at;
}
