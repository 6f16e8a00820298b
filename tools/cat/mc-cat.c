#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main.h"
#include "mc_condense.h"
#include "mc_frame_diff.h"
#include "mc_export.h"
#include "mc_fields.h"
#include "mc_file.h"
#include "mc_frame.h"
#include "mc_json.h"
#include "mc_nets.h"
#include "mc_stack.h"
#include "mc_opts.h"
#include "mc_verify.h"
#include "mc_where.h"

enum {
	TYPES = 64,
	LOOK_AGAIN = 200,    /* milliseconds, under --follow */
};

struct cat {
	const char *types;   /* "episode,metric"; NULL = all */
	long limit;          /* frames to show; 0 = all */
	long max_frame;
	int full, verify, count, diff, tsv, follow;
	const char *net;     /* "policy", "target.comm"; NULL = all */
	const char *where_text, *fields_text, *npz, *safetensors, *condense, *metrics;
	long points;
	struct mc_where where;
	struct mc_fields fields;
	struct mc_export *export;
	struct mc_stack *stack;  /* of --npz: trajectories, or what -t says */
	struct mc_verify *check;
	uint64_t shown;
	int live;            /* the input is not a regular file: what is shown goes out at once */
	uint64_t considered; /* frames of the chosen types that meet --where */
	char found[MC_FIELDS_MAX];  /* which --fields one of them had */
	int strange;         /* names under --type that mc-frame(5) does not have, and */
	struct {
		char type[24];
		int seen;
	} stranger[8];
	struct {             /* under --follow: the file that was opened, and how it begins */
		const char *path;
		struct stat st;
		unsigned char *head;
		size_t len;
	} followed;
	int missed;          /* a value that the table has no column for was told of */
	int tally;           /* types in seen[]; what does not fit is counted as "(other)" */
	struct {
		char type[24];
		uint64_t n;
	} seen[TYPES];
};

/* ---- options ---- */

static int parse(struct cat *c, int argc, char **argv, int *operands, struct mc_err *e)
{
	const struct mc_opt opts[] = {
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Which frames" },
		{ MC_OPT_STR, 't', "type", "T[,T...]", &c->types, 0, 0, "only frames of these types" },
		{ MC_OPT_STR, 'w', "where", "COND", &c->where_text, 0, 0,
		    "only frames for which 'KEY OP VALUE [&& ...]' holds; OP is one of == != < <= > >=" },
		{ MC_OPT_STR, 0, "net", "NAME", &c->net, 0, 0,
		    "only the parameters of this net; from a checkpoint, only its tree" },
		{ MC_OPT_INT, 'n', "number", "N", &c->limit, 0, INFINITY, "stop after N frames; 0 = all of them" },
		{ MC_OPT_FLAG, 'f', "follow", NULL, &c->follow, 0, 0,
		    "wait for more to be written to a log, until the end frame" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "How frames are shown" },
		{ MC_OPT_FLAG, 0, "full", NULL, &c->full, 0, 0,
		    "the values of arrays as nested lists, not a summary" },
		{ MC_OPT_STR, 0, "fields", "KEY,...", &c->fields_text, 0, 0,
		    "only these entries; values.entropy is an entry of a map inside" },
		{ MC_OPT_FLAG, 0, "tsv", NULL, &c->tsv, 0, 0,
		    "a table: a line of names, then a row for each frame" },
		{ MC_OPT_FLAG, 0, "count", NULL, &c->count, 0, 0, "only the number of frames of each type" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Other uses" },
		{ MC_OPT_FLAG, 0, "verify", NULL, &c->verify, 0, 0,
		    "read everything, show nothing; status 65 unless everything is complete and valid" },
		{ MC_OPT_FLAG, 0, "diff", NULL, &c->diff, 0, 0,
		    "show the first difference between two files; status 1 if there is one" },
		{ MC_OPT_STR, 0, "npz", "FILE", &c->npz, 0, 0, "write nets, or the episodes of a stream, or frames of the type -t, to FILE for NumPy; - is standard output" },
		{ MC_OPT_STR, 0, "safetensors", "FILE", &c->safetensors, 0, 0,
		    "write the nets to FILE in safetensors' format" },
		{ MC_OPT_STR, 0, "condense", "FILE", &c->condense, 0, 0,
		    "write a run's log to FILE in parts: means over many episodes" },
		{ MC_OPT_INT, 0, "points", "N", &c->points, 1, 1000000, "number of parts" },
		{ MC_OPT_STR, 0, "metrics", "NAME,...", &c->metrics, 0, 0, "the metrics that are kept" },
		{ MC_OPT_INT, 0, "max-frame", "BYTES", &c->max_frame, 1, INFINITY, "refuse larger frames" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = {
		"mc-cat", "[-hV] [-t T[,T...]] [-w COND] [-n N] [-f] [--full] [--fields KEY,...] [--tsv] [FILE ...]\n"
		    "       mc-cat --count | --verify [FILE ...]\n"
		    "       mc-cat --diff [-t T[,T...]] [-w COND] FILE1 FILE2\n"
		    "       mc-cat --npz FILE | --safetensors FILE [--net NAME] CHECKPOINT\n"
		    "       mc-cat --npz FILE [-t T] [-w COND] [STREAM ...]\n"
		    "       mc-cat --condense FILE [--points N] [--metrics NAME,...] LOG",
		"Shows streams and checkpoints, one line of JSON for each frame. Without FILE, or when "
		    "FILE is -, it reads standard input.", opts,
	};

	return (int)mc_opts_parse(&prog, argc, argv, operands, e);
}

/* The options that say what is to be done; at most one of them makes sense. */
static int check_action(const struct cat *c, struct mc_err *e)
{
	const struct { int given; const char *name; } action[] = {
		{ c->full, "--full" }, { c->count, "--count" }, { c->verify, "--verify" }, { c->diff, "--diff" },
		{ c->npz != NULL, "--npz" }, { c->safetensors != NULL, "--safetensors" },
		{ c->condense != NULL, "--condense" },
	};
	const char *first = NULL;

	for (size_t k = 0; k < sizeof action / sizeof *action; k++) {
		if (!action[k].given)
			continue;
		if (first)
			return mc_usage(e, action[k].name, "choose one", "it does not go together with %s", first);
		if (k > 0 && (c->tsv || c->fields_text))
			return mc_usage(e, c->tsv ? "--tsv" : "--fields", "choose one", "it does not go together with %s",
			    action[k].name);
		first = action[k].name;
	}
	return 0;
}

static int one_type(const struct cat *c)
{
	return c->types && *c->types && !strchr(c->types, ',');
}

static int twice_standard(int files, char **operands)
{
	int n = 0;

	for (int i = 0; i < files; i++)
		n += strcmp(operands[i], "-") == 0;
	return n > 1;
}

static int check(const struct cat *c, int files, char **operands, struct mc_err *e)
{
	if (check_action(c, e) < 0)
		return -1;
	if (c->limit > 0 && (c->verify || c->diff))
		return mc_usage(e, "-n", "leave it out", "--verify and --diff read everything");
	if (c->verify && (c->types || c->where_text || c->net))
		return mc_usage(e, c->types ? "--type" : c->where_text ? "--where" : "--net", "leave it out",
		    "--verify reads everything");
	if (c->tsv && !c->fields_text && !one_type(c))
		return mc_usage(e, "--tsv", "name them with --fields, or choose one type with -t", "no columns are chosen");
	if (c->net && (c->diff || c->fields_text || c->tsv || c->count))
		return mc_usage(e, "--net", "leave it out", "it selects trees of arrays, to show or to export");
	if (c->diff && files != 2)
		return mc_usage(e, "--diff", "name two files, one of them may be -",
		    "needs two files, got %d", files);
	if (c->condense && (c->types || c->where_text || c->net || c->limit > 0 || c->follow))
		return mc_usage(e, "--condense", "give it a log and nothing else", "it takes all of a log");
	if (c->condense && (files != 1 || strcmp(operands[0], "-") == 0))
		return mc_usage(e, "--condense", "name one log", "reads one file, twice");
	if (twice_standard(files, operands))
		return mc_usage(e, "-", "name it once", "standard input is read once");
	if (c->npz && c->types && !one_type(c))
		return mc_usage(e, "--type", "name one", "--npz writes frames of one type");
	if (c->follow && (c->diff || files > 1))
		return mc_usage(e, "--follow", NULL, "follows one file");
	return 0;
}

/* Types that streams of our programs do not have: another program's, or a typing error. */
static void note_strange(struct cat *c)
{
	static const char *const known[] = { "header", "provenance", "files", "memory", "trajectory", "episode", "params", "state", "metric",
		"barrier", "mark", "observation", "action", "reset", "advantage", "eval", "checkpoint", "end" };
	const char *p = c->types;

	while (p && *p && c->strange < (int)(sizeof c->stranger / sizeof *c->stranger)) {
		const size_t n = strcspn(p, ",");
		size_t k = 0;

		while (k < sizeof known / sizeof *known && !(strlen(known[k]) == n && memcmp(known[k], p, n) == 0))
			k++;
		if (k == sizeof known / sizeof *known && n < sizeof c->stranger->type)
			(void)snprintf(c->stranger[c->strange++].type, sizeof c->stranger->type, "%.*s", (int)n, p);
		p += n + (p[n] == ',');
	}
}

/* What was given as text, and the file to write. */
static int prepare(struct cat *c, int files, char **operands, struct mc_err *e)
{
	const struct mc_file_use out[] = { { "--npz", c->npz, 1 }, { "--safetensors", c->safetensors, 1 } };
	const char *target = c->npz ? c->npz : c->safetensors;

	if (c->where_text && mc_where_parse(&c->where, c->where_text, e) < 0)
		return -1;
	note_strange(c);
	if (c->fields_text && mc_fields_parse(&c->fields, c->fields_text, e) < 0)
		return -1;
	if (c->verify && !(c->check = mc_verify_new(e)))
		return -1;
	if (!target)
		return 0;
	if (mc_file_apart(out, 2, files, operands, e) < 0 ||
	    (strcmp(target, "-") != 0 && (mc_file_check_target(target, e) < 0 || mc_in_spare(target, e) < 0)))
		return -1;
	c->export = mc_export_new(c->npz ? MC_EXPORT_NPZ : MC_EXPORT_SAFETENSORS, e);
	c->stack = mc_stack_new(e);
	return c->export && c->stack ? 0 : -1;
}

/* ---- output ---- */

/* What stdio could not write. A reader who has gone is not news. */
static int output_failed(struct mc_err *e)
{
	const int gone = errno == EPIPE;

	(void)mc_err_errno(e, gone ? MC_TEMPFAIL : MC_IOERR, "<stdout>", NULL, "cannot write");
	if (e)
		e->quiet = gone;
	return -1;
}

static int flush_output(struct mc_err *e)
{
	return fflush(stdout) != 0 || ferror(stdout) ? output_failed(e) : 0;
}

/* ---- streams ---- */

/*
 * Is the file that is followed another one by now? A run that was begun anew empties its log; one that goes
 * on after a stop cuts it back, and adds the same bytes again.
 */
static int is_replaced(const struct cat *c)
{
	unsigned char now[4096];
	struct stat st;
	const int fd = open(c->followed.path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;             /* moved away; what was opened may grow still */
	const size_t n = c->followed.len < sizeof now ? c->followed.len : sizeof now;
	const int other = fstat(fd, &st) == 0 && (st.st_dev != c->followed.st.st_dev || st.st_ino != c->followed.st.st_ino);
	const ssize_t got = other || !n ? 0 : pread(fd, now, n, 0);

	(void)close(fd);
	return other || (got == (ssize_t)n && n && memcmp(now, c->followed.head, n) != 0);
}

/* Under --follow, at the end of the file: what there is goes out, and a reader who has gone ends it. */
static int wait_for_more(void *ctx, struct mc_err *e)
{
	const struct cat *c = ctx;
	struct pollfd out = { .fd = STDOUT_FILENO };

	if (flush_output(e) < 0)
		return -1;
	if (poll(&out, 1, LOOK_AGAIN) > 0 && out.revents & (POLLERR | POLLHUP)) {
		errno = EPIPE;
		return output_failed(e);
	}
	return is_replaced(c) ? mc_err_set(e, MC_DATA, c->followed.path, -1, "follow it again",
	    "was replaced: another run's log has its name now") : 1;
}

static struct mc_in *open_stream(struct cat *c, const char *path, struct mc_err *e)
{
	struct mc_in *in;
	struct stat st;

	in = mc_in_open(path, 0, (size_t)c->max_frame, e);
	c->live = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode) :
	    stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	if (in && c->follow && !c->live) {    /* the end of a pipe is the end */
		c->followed.path = path;
		(void)stat(path, &c->followed.st);
		mc_in_follow(in, wait_for_more, c);
	}
	return in;
}

static int of_type(const struct cat *c, const char *type)
{
	return !c->types || mc_fields_listed(c->types, type);
}

static int selected(const struct cat *c, const struct mc_frame *f)
{
	return of_type(c, f->type) && mc_where_match(&c->where, f) &&
	    (!c->net || mc_nets_has(f, c->net)) && mc_fields_any(&c->fields, f);
}

/* What is there of what was asked for by name. */
static void note_names(struct cat *c, const struct mc_frame *f)
{
	for (int k = 0; k < c->strange; k++)
		c->stranger[k].seen |= strcmp(c->stranger[k].type, f->type) == 0;
	if (!c->fields.chosen || !of_type(c, f->type) || !mc_where_match(&c->where, f))
		return;
	c->considered++;
	for (int k = 0; k < c->fields.n; k++)
		if (!c->found[k])
			c->found[k] = mc_path_find(f->bytes, c->fields.path[k]) != NULL;
}

/* Names that nothing had: a typing error is not an empty result. */
static int check_names(const struct cat *c, struct mc_err *e)
{
	int missing = 0, first = -1;

	for (int k = 0; k < c->strange; k++)
		if (!c->stranger[k].seen)
			return mc_usage(e, "--type", "mc-cat --count shows the types that there are", "no frame is of type \"%s\"",
			    c->stranger[k].type);
	for (int k = 0; c->considered && k < c->fields.n; k++)
		if (!c->found[k]) {
			first = missing++ ? first : k;
		}
	if (missing && missing == c->fields.n)
		return mc_usage(e, "--fields", "leave it out to see the names", "no frame has \"%s\"", c->fields.path[first]);
	if (missing)
		(void)fprintf(stderr, "mc-cat: --fields: no frame has \"%s\"\n", c->fields.path[first]);
	return 0;
}

/* ---- showing and counting ---- */

static void count(struct cat *c, const char *type)
{
	int k = 0;

	while (k < c->tally && strcmp(c->seen[k].type, type) != 0)
		k++;
	if (k == c->tally && k < TYPES) {
		(void)snprintf(c->seen[k].type, sizeof c->seen[k].type, "%s",
		    k == TYPES - 1 ? "(other)" : type);
		c->tally++;
	}
	c->seen[k < TYPES ? k : TYPES - 1].n++;
}

/* Tells once of a value that a table with columns from its first frame leaves out. */
static void tell_missed(struct cat *c, const struct mc_frame *f)
{
	char path[MC_PATH_SIZE];

	if (c->missed || !mc_fields_missed(&c->fields, f, path))
		return;
	c->missed = 1;
	(void)fprintf(stderr, "mc-cat: %s:%" PRId64 ": %s is in no column, the first %s had none; "
	    "choose columns with --fields\n", f->place, f->offset, path, f->type);
}

static int show(struct cat *c, const struct mc_frame *f, struct mc_err *e)
{
	if (c->verify)
		return mc_verify_frame(c->check, f, e);
	note_names(c, f);
	if (!selected(c, f))
		return c->net ? mc_nets_check(f, c->net, e) : 0;
	c->shown++;
	if (c->count) {
		count(c, f->type);
		return 0;
	}
	if (c->npz && strcmp(f->type, c->types ? c->types : "trajectory") == 0 && strcmp(f->type, "params") != 0 && strcmp(f->type, "checkpoint") != 0)
		return mc_stack_add(c->stack, f, e);
	if (c->export)
		return mc_export_frame(c->export, f, c->net, e);
	if (c->tsv) {
		if (mc_fields_row(stdout, &c->fields, f, c->full, e) < 0)
			return -1;
		tell_missed(c, f);
	} else if (c->fields.chosen) {
		mc_fields_json(stdout, &c->fields, f, c->full);
	} else if (c->net) {
		mc_nets_json(stdout, f, c->net, c->full);
	} else {
		mc_json_frame(stdout, f, c->full);
	}
	if (ferror(stdout))
		return output_failed(e);
	return c->live ? flush_output(e) : 0;
}

static int enough(const struct cat *c)
{
	return c->limit > 0 && c->shown >= (uint64_t)c->limit;
}

/* A stream that merely stops is not an error here: a log may still be growing. */
static int stopped(const struct cat *c, const struct mc_in *in, const char *path,
    const struct mc_err *why, struct mc_err *e)
{
	if (c->verify || c->export || !mc_in_cut(in)) {
		*e = *why;
		return -1;
	}
	if (flush_output(e) < 0)
		return -1;
	if (mc_in_offset(in) == 0 && why->offset == 0) {
		(void)fprintf(stderr, "mc-cat: %s: is empty: still running, or cut, at 0\n", strcmp(path, "-") == 0 ? "<stdin>" : path);
		return 0;
	}
	(void)fprintf(stderr, "mc-cat: %s: still running, or cut, at %" PRId64 "\n",
	    strcmp(path, "-") == 0 ? "<stdin>" : path, mc_in_offset(in));
	return 0;
}

/* How the file that is followed begins. */
static int keep_head(struct cat *c, const struct mc_frame *f, struct mc_err *e)
{
	if (c->followed.head || f->offset != 0)
		return 0;
	c->followed.head = malloc(f->len);
	if (!c->followed.head)
		return mc_err_nomem(e, "a header", f->len);
	memcpy(c->followed.head, f->bytes, f->len);
	c->followed.len = f->len;
	return 0;
}

static int cat_stream(struct cat *c, const char *path, struct mc_err *e)
{
	struct mc_in *in = open_stream(c, path, e);
	struct mc_err why = { 0 };
	struct mc_frame f;
	enum mc_read r = MC_READ_END;
	int status = 0;

	if (!in)
		return -1;
	while (status == 0 && !enough(c) && (r = mc_in_frame(in, &f, &why)) == MC_READ_FRAME) {
		if (c->followed.path && f.index == 0 && keep_head(c, &f, e) < 0)
			status = -1;
		else
			status = show(c, &f, e);
	}
	if (status == 0 && r == MC_READ_FAIL)
		status = stopped(c, in, path, &why, e);
	mc_in_close(in);
	return status;
}

static int export_end(const struct cat *c, const char *from, struct mc_err *e)
{
	if (mc_stack_export(c->stack, c->export, e) < 0)
		return -1;
	if (mc_export_tensors(c->export) == 0)
		return mc_err_set(e, MC_DATA, strcmp(from, "-") == 0 ? "<stdin>" : from, -1,
		    c->npz ? "name a checkpoint, a stream of episodes, or a type with -t" : "name a checkpoint",
		    "there are no nets to export%s", c->npz ? ", and no episodes" : "");
	return mc_export_commit(c->export, c->npz ? c->npz : c->safetensors, e);
}

static int cat_all(struct cat *c, int n, char **paths, struct mc_err *e)
{
	char *standard[] = { (char[]){ "-" } };
	int status = 0;

	if (n == 0) {
		paths = standard;
		n = 1;
	}
	for (int k = 0; k < n && status == 0 && !enough(c); k++)
		status = cat_stream(c, paths[k], e);
	if (c->export && status == 0)
		status = export_end(c, paths[0], e);
	if (status == 0 && !enough(c))
		status = check_names(c, e);
	for (int k = 0; k < c->tally && status == 0; k++)
		(void)printf("%s\t%" PRIu64 "\n", c->seen[k].type, c->seen[k].n);
	if (status < 0)
		(void)fflush(stdout);
	return status < 0 ? -1 : flush_output(e);
}

/* ---- comparing ---- */

/* The next selected frame. */
static enum mc_read next(const struct cat *c, struct mc_in *in, struct mc_frame *f, struct mc_err *e)
{
	enum mc_read r;

	while ((r = mc_in_frame(in, f, e)) == MC_READ_FRAME && !selected(c, f))
		;
	return r;
}

/* 0 the same, 1 not, -1. */
static int diff_frames(const struct mc_frame *a, const struct mc_frame *b, struct mc_err *e)
{
	char text[600];
	int r;

	if (strcmp(a->type, b->type) != 0) {
		(void)printf("frame %" PRIu64 ": %s and %s\n", a->index, a->type, b->type);
		return 1;
	}
	r = mc_diff_frames(a, b, text, sizeof text, e);
	if (r > 0)
		(void)printf("frame %" PRIu64 ", %s: %s\n", a->index, a->type, text);
	return r;
}

static int diff_streams(const struct cat *c, struct mc_in *a, struct mc_in *b, struct mc_err *e)
{
	for (;;) {
		struct mc_frame fa, fb;
		const enum mc_read ra = next(c, a, &fa, e);
		const enum mc_read rb = ra == MC_READ_FAIL ? ra : next(c, b, &fb, e);
		int r;

		if (ra == MC_READ_FAIL || rb == MC_READ_FAIL)
			return -1;
		if (ra != rb) {
			(void)printf("%s goes on with frame %" PRIu64 ", %s; the other ends\n",
			    ra == MC_READ_FRAME ? fa.place : fb.place,
			    ra == MC_READ_FRAME ? fa.index : fb.index,
			    ra == MC_READ_FRAME ? fa.type : fb.type);
			return MC_NO;
		}
		if (ra == MC_READ_END)
			return 0;
		r = diff_frames(&fa, &fb, e);
		if (r != 0)
			return r < 0 ? -1 : MC_NO;
	}
}

static int diff(struct cat *c, char **paths, struct mc_err *e)
{
	struct mc_in *a = open_stream(c, paths[0], e);
	struct mc_in *b = a ? open_stream(c, paths[1], e) : NULL;
	const int status = a && b ? diff_streams(c, a, b, e) : -1;

	mc_in_close(a);
	mc_in_close(b);
	return status < 0 || flush_output(e) < 0 ? -1 : status;
}

static int body(int argc, char **argv, struct mc_err *e)
{
	struct cat c = { .max_frame = (long)MC_FRAME_MAX, .points = 500, .metrics = "c_mean,entropy,saturated,asked_pair" };
	int first = 0, status;
	const int parsed = parse(&c, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? flush_output(e) : -1;
	if (check(&c, argc - first, argv + first, e) < 0 || prepare(&c, argc - first, argv + first, e) < 0)
		return -1;
	status = c.condense ?
	    mc_condense(argv[first], c.condense, (size_t)c.points, c.metrics, (size_t)c.max_frame, e) :
	    c.diff ? diff(&c, argv + first, e) : cat_all(&c, argc - first, argv + first, e);
	mc_export_free(c.export);
	mc_stack_free(c.stack);
	mc_verify_free(c.check);
	free(c.followed.head);
	return status;
}

int main(int argc, char **argv)
{
	return tool_main("mc-cat", body, argc, argv);
}
