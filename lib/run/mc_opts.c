#include "mc_opts.h"

#include "mc_blas.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_kernel.h"

enum { MAX_OPTS = 96, LONG_BASE = 1000, OPT_HELP = 900, OPT_VERSION, OPT_COMPLETION, OPT_MDOC };

const char *mc_version(void)
{
	return MC_VERSION;
}

int mc_opts_last(const struct mc_opt *o)
{
	return o->type == MC_OPT_FLAG && !o->name && !o->letter;
}

/* ---- one value ---- */

static void spell(const struct mc_opt *o, char *out, size_t size)
{
	if (o->name)
		(void)snprintf(out, size, "--%s", o->name);
	else
		(void)snprintf(out, size, "-%c", o->letter);
}

static int out_of_range(const struct mc_opt *o, double v)
{
	return (o->min != 0 || o->max != 0) && !(v >= o->min && v <= o->max);
}

/* A bound as it would be typed. */
static const char *bound(const struct mc_opt *o, double v, char out[32])
{
	(void)snprintf(out, 32, o->type == MC_OPT_INT && fabs(v) < 1e15 ? "%.0f" : "%g", v);
	return out;
}

static int bad_value(const struct mc_opt *o, const char *arg, const char *kind, struct mc_err *e)
{
	char name[64], min[32], max[32];

	spell(o, name, sizeof name);
	if (o->min == 0 && o->max == 0)
		return mc_usage(e, name, "see --help", "\"%s\" is not %s", arg, kind);
	if (isinf(o->max))
		return mc_usage(e, name, "see --help", "\"%s\" is not %s of at least %s", arg, kind, bound(o, o->min, min));
	return mc_usage(e, name, "see --help", "\"%s\" is not %s from %s to %s", arg, kind, bound(o, o->min, min),
	    bound(o, o->max, max));
}

static int set_int(const struct mc_opt *o, const char *arg, struct mc_err *e)
{
	char *end;

	errno = 0;
	const long v = strtol(arg, &end, 10);
	if (errno || end == arg || *end || out_of_range(o, (double)v))
		return bad_value(o, arg, "an integer", e);
	*(long *)o->to = v;
	return 0;
}

static int set_u64(const struct mc_opt *o, const char *arg, struct mc_err *e)
{
	char *end;

	errno = 0;
	const unsigned long long v = strtoull(arg, &end, 10);
	if (errno || end == arg || *end || strchr(arg, '-'))
		return bad_value(o, arg, "an integer from 0 to 2^64-1", e);
	*(uint64_t *)o->to = v;
	return 0;
}

static int set_real(const struct mc_opt *o, const char *arg, struct mc_err *e)
{
	char *end;

	errno = 0;
	const double v = strtod(arg, &end);
	if (end == arg || *end || !isfinite(v) || out_of_range(o, v))
		return bad_value(o, arg, "a number", e);
	*(double *)o->to = v;
	return 0;
}

static int set_value(const struct mc_opt *o, const char *arg, struct mc_err *e)
{
	switch (o->type) {
	case MC_OPT_FLAG:
		*(int *)o->to = o->max < 0 ? 0 : 1;
		return 0;
	case MC_OPT_INT:
		return set_int(o, arg, e);
	case MC_OPT_U64:
		return set_u64(o, arg, e);
	case MC_OPT_REAL:
		return set_real(o, arg, e);
	case MC_OPT_STR:
		*(const char **)o->to = arg;
		return 0;
	case MC_OPT_GROUP:
		break;
	}
	return mc_err_set(e, MC_BUG, o->name, -1, NULL, "an option without a type");
}

/* ---- the nearest name, for a typing error ---- */

static size_t distance(const char *a, const char *b)
{
	size_t row[64];
	const size_t n = strlen(b);

	if (n >= 64)
		return 64;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			const size_t above = row[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[n];
}

/* Options of which `name` is the beginning, "--lr-comm or --lr-rule"; "" if there is none, or if there are many. */
static void begun(const struct mc_prog *p, const char *name, char *out, size_t size)
{
	const size_t n = strlen(name);
	size_t at = 0, found = 0;

	out[0] = '\0';
	for (const struct mc_opt *o = p->opts; n > 1 && !mc_opts_last(o); o++)
		if (o->type != MC_OPT_GROUP && o->name && strncmp(o->name, name, n) == 0 && at < size) {
			at += (size_t)snprintf(out + at, size - at, "%s--%s", found ? " or " : "", o->name);
			found++;
		}
	if (found > 4 || at >= size)
		out[0] = '\0';
}

/* The option whose name is most like it: two letters may be wrong, in a short name one. */
static const char *nearest(const struct mc_prog *p, const char *name)
{
	const char *found = NULL;
	size_t best = strlen(name) < 4 ? 2 : 3;

	for (const struct mc_opt *o = p->opts; name[0] && !mc_opts_last(o); o++)
		if (o->type != MC_OPT_GROUP && o->name && distance(name, o->name) < best) {
			best = distance(name, o->name);
			found = o->name;
		}
	return found;
}

static int unknown(const struct mc_prog *p, const char *word, struct mc_err *e)
{
	char name[64], options[160], hint[200];

	(void)snprintf(name, sizeof name, "%s", word[0] == '-' && word[1] == '-' ? word + 2 : "");
	name[strcspn(name, "=")] = '\0';
	begun(p, name, options, sizeof options);
	if (options[0])
		(void)snprintf(hint, sizeof hint, "did you mean %s?", options);
	else if (nearest(p, name))
		(void)snprintf(hint, sizeof hint, "did you mean --%s?", nearest(p, name));
	else
		(void)snprintf(hint, sizeof hint, "see %s --help", p->name);
	return mc_usage(e, word, hint, "unknown option");
}

/* ---- parsing ---- */

struct table {
	char letters[2 * MAX_OPTS + 4];
	struct option longs[MAX_OPTS + 5];
};

static void build(const struct mc_prog *p, struct table *t)
{
	size_t n = 0, at = 0;
	int index = 0;

	memset(t, 0, sizeof *t);
	t->letters[at++] = ':';
	t->letters[at++] = 'h';
	t->letters[at++] = 'V';
	t->longs[n++] = (struct option){ "help", no_argument, NULL, OPT_HELP };
	t->longs[n++] = (struct option){ "version", no_argument, NULL, OPT_VERSION };
	t->longs[n++] = (struct option){ "help-completion", required_argument, NULL, OPT_COMPLETION };
	t->longs[n++] = (struct option){ "help-mdoc", no_argument, NULL, OPT_MDOC };
	for (const struct mc_opt *o = p->opts; !mc_opts_last(o) && index < MAX_OPTS; o++, index++) {
		if (o->type == MC_OPT_GROUP)
			continue;
		if (o->letter) {
			t->letters[at++] = (char)o->letter;
			if (o->type != MC_OPT_FLAG)
				t->letters[at++] = ':';
		}
		if (o->name)
			t->longs[n++] = (struct option){ o->name,
				o->type == MC_OPT_FLAG ? no_argument : required_argument, NULL, LONG_BASE + index };
	}
}

static const struct mc_opt *chosen(const struct mc_prog *p, int c)
{
	if (c >= LONG_BASE)
		return &p->opts[c - LONG_BASE];
	for (const struct mc_opt *o = p->opts; !mc_opts_last(o); o++)
		if (o->type != MC_OPT_GROUP && o->letter == c)
			return o;
	return NULL;
}

static int complain(const struct mc_prog *p, int c, char **argv, struct mc_err *e)
{
	char name[64];

	if (c == ':') {
		if (optopt == OPT_COMPLETION)
			(void)snprintf(name, sizeof name, "--help-completion");
		else if (optopt >= LONG_BASE)
			spell(&p->opts[optopt - LONG_BASE], name, sizeof name);
		else
			(void)snprintf(name, sizeof name, "-%c", optopt);
		return mc_usage(e, name, "see --help", "this option needs an argument");
	}
	if (optopt >= LONG_BASE)
		return mc_usage(e, argv[optind - 1], NULL, "this option takes no argument");
	if (optopt) {
		(void)snprintf(name, sizeof name, "-%c", optopt);
		return unknown(p, name, e);
	}
	return unknown(p, argv[optind - 1], e);
}

/* The options that print what the table says: 1 if c is one of them, -1. */
static int asked(const struct mc_prog *p, int c, struct mc_err *e)
{
	switch (c) {
	case 'h':
	case OPT_HELP:
		mc_opts_help(p, stdout);
		break;
	case 'V':
	case OPT_VERSION:
		mc_opts_version(p, stdout);
		break;
	case OPT_COMPLETION:
		if (mc_opts_completion(p, optarg, stdout, e) < 0)
			return -1;
		break;
	case OPT_MDOC:
		mc_opts_mdoc(p, stdout);
		break;
	default:
		return 0;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 1;
	const int gone = errno == EPIPE;      /* a reader who has seen enough */

	(void)mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	if (e)
		e->quiet = gone;
	return -1;
}

enum mc_parsed mc_opts_parse(const struct mc_prog *p, int argc, char **argv, int *operands,
    struct mc_err *e)
{
	struct table t;
	int c;

	build(p, &t);
	optind = 0;           /* glibc: start over, also after an earlier parse in this process */
	opterr = 0;
	while ((c = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		const int printed = asked(p, c, e);

		if (printed != 0)
			return printed < 0 ? MC_PARSED_FAIL : MC_PARSED_DONE;
		if (c == '?' || c == ':') {
			(void)complain(p, c, argv, e);
			return MC_PARSED_FAIL;
		}
		if (set_value(chosen(p, c), optarg, e) < 0)
			return MC_PARSED_FAIL;
	}
	*operands = optind;
	return MC_PARSED_RUN;
}

/* ---- help ---- */

/* Text from column `indent`, wrapped at 79; the cursor stands at `column`. */
static void wrap(FILE *to, const char *text, int column, int indent)
{
	int first = 1;

	while (*text) {
		const size_t word = strcspn(text, " ");

		if (!first && column + 1 + (int)word > 79) {
			fprintf(to, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', to);
			column++;
		}
		fprintf(to, "%.*s", (int)word, text);
		column += (int)word;
		first = 0;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', to);
}

void mc_opts_default(const struct mc_opt *o, char *out, size_t size)
{
	out[0] = '\0';
	switch (o->type) {
	case MC_OPT_INT: /* what could not be given stands for none */
		if ((double)*(long *)o->to >= o->min || !(o->max > o->min))
			(void)snprintf(out, size, "default %ld", *(long *)o->to);
		break;
	case MC_OPT_U64:
		(void)snprintf(out, size, "default %llu", (unsigned long long)*(uint64_t *)o->to);
		break;
	case MC_OPT_REAL:
		(void)snprintf(out, size, "default %.6g", *(double *)o->to);
		break;
	case MC_OPT_STR:
		if (*(const char **)o->to)
			(void)snprintf(out, size, "default %s", *(const char **)o->to);
		break;
	case MC_OPT_FLAG:
	case MC_OPT_GROUP:
		break;
	}
}

static void help_line(FILE *to, const struct mc_opt *o, int first)
{
	char left[80], text[640], dflt[96] = "";
	int n = 0;

	if (o->type == MC_OPT_GROUP) {
		fprintf(to, "%s%s:\n", first ? "" : "\n", o->help);
		return;
	}
	if (o->letter)
		n = snprintf(left, sizeof left, "  -%c%s", o->letter, o->name ? ", " : "");
	else
		n = snprintf(left, sizeof left, "      ");
	n += snprintf(left + n, sizeof left - (size_t)n, "%s%s%s%s", o->name ? "--" : "",
	    o->name ? o->name : "", o->arg ? " " : "", o->arg ? o->arg : "");
	if (o->to)
		mc_opts_default(o, dflt, sizeof dflt);
	(void)snprintf(text, sizeof text, "%s%s%s%s", o->help, *dflt ? " (" : "", dflt, *dflt ? ")" : "");
	if (n < 26)
		fprintf(to, "%-26s", left);
	else
		fprintf(to, "%s\n%26s", left, "");
	wrap(to, text, 26, 26);
}

const struct mc_opt *mc_opts_common(void)
{
	static const struct mc_opt common[] = {
		{ MC_OPT_FLAG, 'h', "help", NULL, NULL, 0, 0, "print this and exit" },
		{ MC_OPT_FLAG, 'V', "version", NULL, NULL, 0, 0, "print version, BLAS and kernels, and exit" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};

	return common;
}

void mc_opts_help(const struct mc_prog *p, FILE *to)
{
	fprintf(to, "usage: %s %s\n\n", p->name, p->synopsis);
	wrap(to, p->about, 0, 0);
	fputc('\n', to);
	for (const struct mc_opt *o = p->opts; !mc_opts_last(o); o++)
		help_line(to, o, o == p->opts);
	for (const struct mc_opt *o = mc_opts_common(); !mc_opts_last(o); o++)
		help_line(to, o, 0);
	fprintf(to, "\nThe manual: man %s; the concepts: man metacomm.\n", p->name);
}

void mc_opts_version(const struct mc_prog *p, FILE *to)
{
	struct mc_err e = { 0 };

	fprintf(to, "%s %s\n", p->name, mc_version());
	if (mc_blas_init(&e) == 0)
		fprintf(to, "BLAS: %s, core %s; kernels: %s\n", mc_blas_version(), mc_blas_core(), mc_kernel_name());
	else
		fprintf(to, "BLAS: %s\n", e.what);
}
