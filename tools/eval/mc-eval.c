#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main.h"
#include "mc_scores.h"
#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_eval_advantages.h"
#include "mc_influence.h"
#include "mc_intervene.h"
#include "mc_json.h"
#include "mc_measure.h"
#include "mc_file.h"
#include "mc_frame.h"
#include "mc_opts.h"
#include "mc_pool.h"
#include "mc_script.h"
#include "mc_settings.h"
#include "mc_stat.h"
#include "mc_eval_aggregate.h"

enum { EPISODES = 1000, SEED = 1 }; /* unless others are given */

/* Tables: in 80 columns, with all columns, for programs, for papers. */
enum form { NARROW, WIDE, TSV, LATEX };

struct options {
	struct mc_measuring how;
	const char *script, *task; /* as given: names with commas, or NULL */
	long threads, max_frame;
	int json, pairs;
	int wide, tsv, latex;      /* as given */
	enum form form;            /* of the table */
};

/* ---- printing ---- */

static void put_number(const char *key, double v)
{
	printf(",\"%s\":", key);
	mc_json_double(stdout, v);
}

static void put_interval(const char *key, const double ci[2])
{
	printf(",\"%s\":[", key);
	mc_json_double(stdout, ci[0]);
	printf(",");
	mc_json_double(stdout, ci[1]);
	printf("]");
}

/* 0 at the task's floor, 1 at its ceiling; NaN where they are not known. */
static double score(const struct mc_measured *f)
{
	return f->yardstick ? mc_yardstick_score(f->yardstick, f->mean) : (double)NAN;
}

/* What was changed, and what came of it. */
static void put_change(const struct mc_measured *f, const struct mc_intervention *x)
{
	if (x->drop >= 0)
		put_number("drop", x->drop);
	if (x->message != MC_MESSAGE_ASKED)
		printf(",\"message\":\"%s\"", x->message == MC_MESSAGE_OTHER ? "shuffle" : "self");
	for (size_t k = 0; k < x->cuts; k++)
		printf("%s[%u,%u]%s", k ? "," : ",\"cut\":[", x->cut[k][0], x->cut[k][1], k + 1 < x->cuts ? "" : "]");
	for (size_t k = 0; k < x->mutes; k++)
		printf("%s%u%s", k ? "," : ",\"mute\":[", x->mute[k], k + 1 < x->mutes ? "" : "]");
	if (x->max_edges)
		printf(",\"max_edges\":%ld", x->max_edges);
	put_number("messages_per_step", f->messages);
	put_number("untouched_return_mean", f->untouched);
	put_number("difference", f->difference);
	put_interval("difference_ci", f->difference_ci);
}

/* A row for each agent that asks, a column for each that it can ask. */
static void put_matrix(const char *key, const struct mc_decided *x,
    double pair(const struct mc_decided *x, size_t i, size_t other))
{
	printf(",\"%s\":[", key);
	for (size_t i = 0; i < x->N; i++) {
		printf("%s[", i ? "," : "");
		for (size_t k = 0; k < x->N; k++) {
			printf("%s", k ? "," : "");
			mc_json_double(stdout, pair(x, i, k));
		}
		printf("]");
	}
	printf("]");
}

/* The same of what a message does: how often it comes, what it moves, what that is worth. */
static void put_influence(const char *key, const struct mc_measured *f, int member)
{
	const size_t N = f->decided.N;

	printf(",\"%s\":[", key);
	for (size_t i = 0; i < N; i++) {
		printf("%s[", i ? "," : "");
		for (size_t j = 0; j < N; j++) {
			struct mc_influence_of of = { (double)NAN, (double)NAN, (double)NAN };

			if (i != j)
				of = mc_influence_get(f->influence, i, j);
			printf("%s", j ? "," : "");
			mc_json_double(stdout, member == 0 ? of.given : member == 1 ? of.action : of.q);
		}
		printf("]");
	}
	printf("]");
}

static const char *skip_digits(const char *s)
{
	return s + strspn(s, "0123456789");
}

/* Is this text a number in JSON too? "0042" and "1." are none. */
static int is_number(const char *text)
{
	const char *digits = text + (*text == '-'), *s = skip_digits(digits);

	if (s == digits || (*digits == '0' && s > digits + 1))
		return 0;
	if (*s == '.')
		s = skip_digits(s + 1) > s + 1 ? skip_digits(s + 1) : text;
	if (*s == 'e' || *s == 'E') {
		const char *power = s + 1 + (s[1] == '-' || s[1] == '+');

		s = skip_digits(power) > power ? skip_digits(power) : text;
	}
	return *s == '\0' && isfinite(strtod(text, NULL));
}

/* All that the header says, under the names that --by has. */
static void put_settings(const char *settings)
{
	char path[160], value[96];
	const char *comma = "";

	printf(",\"settings\":{");
	for (const char *s = settings; (s = mc_settings_next(s, path, sizeof path, value, sizeof value)) != NULL; comma = ",") {
		printf("%s", comma);
		mc_json_string(stdout, path);
		printf(":");
		if (is_number(value) || strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
			printf("%s", value);
		else
			mc_json_string(stdout, value);
	}
	printf("}");
}

static void put_json(const char *file, const struct mc_measured *f, const char *settings, const struct options *o)
{
	printf("{\"file\":");
	if (file)
		mc_json_string(stdout, file);
	else
		printf("null");
	printf(",\"task\":");
	mc_json_string(stdout, f->task);
	printf(",\"method\":");
	mc_json_string(stdout, f->method);
	if (f->scripted)
		printf(",\"script\":true,\"seed\":null,\"trained_episodes\":null");
	else
		printf(",\"seed\":%" PRIu64 ",\"trained_episodes\":%" PRId64, f->seed, f->trained);
	printf(",\"eval_seed\":%" PRIu64 ",\"episodes\":%ld", o->how.seed, o->how.episodes);
	printf(",\"comm\":\"%s\",\"greedy\":%s,\"prey\":\"%s\"", f->scripted && f->how == MC_LEARNED ? "scripted" : mc_decide_name(f->how), o->how.greedy ? "true" : "false",
	    f->prey);
	put_number("return_mean", f->mean);
	put_number("return_se", f->se);
	put_number("return_iqm", f->iqm);
	put_interval("return_iqm_ci", f->ci);
	put_number("score", score(f));
	put_number("requests_per_step", f->requests);
	put_number("edge_rate", mc_decided_rate(&f->decided));
	put_number("bytes_per_step", f->bytes);
	put_number("c_mean", mc_decided_c(&f->decided));
	put_number("entropy", mc_decided_entropy(&f->decided));
	put_number("saturated", mc_decided_saturated(&f->decided));
	if (f->decided.right_known) {
		put_number("precision", mc_decided_precision(&f->decided));
		put_number("recall", mc_decided_recall(&f->decided));
	}
	put_matrix("c_pair", &f->decided, mc_decided_pair_c);
	put_matrix("edge_rate_pair", &f->decided, mc_decided_pair_rate);
	if (f->edge_cost > 0)
		put_number("edge_cost", f->edge_cost);
	if (f->touched)
		put_change(f, &o->how.change);
	if (f->influence) {
		put_influence("influence_messages_per_step", f, 0);
		put_influence("influence_action", f, 1);
		put_influence("influence_q", f, 2);
	}
	if (settings)
		put_settings(settings);
	printf("}\n");
}

/* ---- the table ---- */

/* Would a team that decides for itself be changed? Then the table has columns for what comes of it. */
static int is_change(const struct options *o)
{
	return o->how.comm || o->how.cut || o->how.mute || o->how.change.max_edges;
}

enum column { NAME, TASK, METHOD, RUN, TRAINED, RETURN, SE, IQM, INTERVAL, SCORE, REQUESTS, EDGES, BYTES, C, ENTROPY, SATURATED,
	PRECISION, RECALL, DIFFERENCE, DIFFERENCE_INTERVAL, COLUMNS };

/* A name's column is as wide as the table leaves it room for; those of text stand to the left. */
static const struct {
	const char *heading;
	int width, text;
} columns[COLUMNS] = {
	[NAME] = { "checkpoint", 10, 1 }, [TASK] = { "task", 19, 1 }, [METHOD] = { "method", 9, 1 }, [RUN] = { "seed", 4, 0 },
	[TRAINED] = { "trained", 7, 0 }, [RETURN] = { "return", 8, 0 }, [SE] = { "se", 6, 0 }, [IQM] = { "IQM", 8, 0 },
	[INTERVAL] = { "95 % interval", 20, 0 }, [SCORE] = { "score", 5, 0 }, [REQUESTS] = { "requests", 8, 0 },
	[EDGES] = { "edges", 6, 0 }, [BYTES] = { "bytes", 7, 0 }, [C] = { "c", 5, 0 }, [ENTROPY] = { "entropy", 7, 0 },
	[SATURATED] = { "satur.", 6, 0 }, [PRECISION] = { "prec.", 5, 0 }, [RECALL] = { "recall", 6, 0 },
	[DIFFERENCE] = { "difference", 10, 0 }, [DIFFERENCE_INTERVAL] = { "95 % interval", 20, 0 },
};

/* Does a column stand in the table? A narrow one has what fits beside a name, in 80 columns. */
static int is_shown(enum column c, const struct options *o, int right)
{
	const int change = is_change(o);

	if (c == PRECISION || c == RECALL)
		return right && (o->form != NARROW || !change);
	if (c == DIFFERENCE || c == DIFFERENCE_INTERVAL)
		return change;
	if (o->form != NARROW)
		return 1;
	return c == NAME || c == METHOD || c == RETURN || (c == TASK && !change) || ((c == SCORE || c == EDGES) && !change && !right);
}

/* Control characters would spoil the table, or the terminal; in LaTeX others have a meaning. */
static void put_text(const char *s, enum form form)
{
	for (; *s; s++) {
		if (form == LATEX && strchr("_%&#$", *s))
			putchar('\\');
		putchar((unsigned char)*s < 0x20 || *s == 0x7f || (form == LATEX && strchr("\\{}~^", *s)) ? '?' : *s);
	}
}

/* One cell: before it what stands between two, and blanks where columns are aligned. A narrow table cuts a name's beginning. */
static void put_cell(enum column c, const char *text, const struct options *o, int name, int first)
{
	const int width = c == NAME ? name : columns[c].width, n = (int)strlen(text);
	const int cut = o->form == NARROW && columns[c].text && n > width ? n - width : 0;
	const int pad = o->form == NARROW || o->form == WIDE ? width - (n - cut) : 0;

	if (!first)
		fputs(o->form == TSV ? "\t" : o->form == LATEX ? " & " : "  ", stdout);
	printf("%*s", !columns[c].text && pad > 0 ? pad : 0, "");
	if (cut > 0) {
		fputs("...", stdout);
		text += cut + 3 < n ? cut + 3 : n;
	}
	put_text(text, o->form);
	printf("%*s", columns[c].text && pad > 0 ? pad : 0, "");
}

static void end_row(const struct options *o)
{
	puts(o->form == LATEX ? " \\\\" : "");
}

static void put_heading(int width, const struct options *o, int right)
{
	int first = 1;

	if (o->form == LATEX) {
		fputs("\\begin{tabular}{", stdout);
		for (int c = 0; c < COLUMNS; c++)
			fputs(!is_shown(c, o, right) ? "" : columns[c].text ? "l" : "r", stdout);
		puts("}");
	}
	for (int c = 0; c < COLUMNS; c++)
		if (is_shown(c, o, right)) {
			put_cell(c, columns[c].heading, o, width, first);
			first = 0;
		}
	end_row(o);
	if (o->form == LATEX)
		puts("\\hline");
}

/* "-" where there is none. */
static void write_number(char *to, size_t size, double v, int digits)
{
	if (isfinite(v))
		snprintf(to, size, "%.*f", digits, v);
	else
		snprintf(to, size, "-");
}

static void write_interval(char *to, size_t size, const double ci[2])
{
	if (isfinite(ci[0]))
		snprintf(to, size, "[%.2f, %.2f]", ci[0], ci[1]);
	else
		snprintf(to, size, "-");
}

/* What a column says of a team. */
static void write_cell(char *to, size_t size, enum column c, const char *file, const struct mc_measured *f)
{
	static const double none[2] = { (double)NAN, (double)NAN };
	const struct mc_decided *d = &f->decided;

	switch (c) {
	case NAME:
		snprintf(to, size, "%s", file ? file : "-");
		break;
	case TASK:
		snprintf(to, size, "%s", f->task);
		break;
	case METHOD:
		snprintf(to, size, "%s", f->method);
		break;
	case RUN:
		snprintf(to, size, f->scripted ? "-" : "%" PRIu64, f->seed);
		break;
	case TRAINED:
		snprintf(to, size, f->scripted ? "-" : "%" PRId64, f->trained);
		break;
	case RETURN:
		write_number(to, size, f->mean, 2);
		break;
	case SE:
		write_number(to, size, f->se, 2);
		break;
	case IQM:
		write_number(to, size, f->iqm, 2);
		break;
	case INTERVAL:
		write_interval(to, size, f->ci);
		break;
	case SCORE:
		write_number(to, size, score(f), 2);
		break;
	case REQUESTS:
		write_number(to, size, f->requests, 2);
		break;
	case EDGES:
		write_number(to, size, mc_decided_rate(d), 3);
		break;
	case BYTES:
		write_number(to, size, f->bytes, 1);
		break;
	case C:
		write_number(to, size, mc_decided_c(d), 3);
		break;
	case ENTROPY:
		write_number(to, size, mc_decided_entropy(d), 3);
		break;
	case SATURATED:
		write_number(to, size, mc_decided_saturated(d), 3);
		break;
	case PRECISION:
		write_number(to, size, mc_decided_precision(d), 3);
		break;
	case RECALL:
		write_number(to, size, mc_decided_recall(d), 3);
		break;
	case DIFFERENCE:
		write_number(to, size, f->touched ? f->difference : (double)NAN, 2);
		break;
	case DIFFERENCE_INTERVAL:
		write_interval(to, size, f->touched ? f->difference_ci : none);
		break;
	case COLUMNS:
		break;
	}
}

static void put_row(const char *file, int width, const struct mc_measured *f, const struct options *o)
{
	char cell[4096];
	int first = 1;

	for (int c = 0; c < COLUMNS; c++)
		if (is_shown(c, o, f->decided.right_known)) {
			write_cell(cell, sizeof cell, c, file, f);
			put_cell(c, cell, o, width, first);
			first = 0;
		}
	end_row(o);
}

/* The width of names: that of the longest, in a narrow table what its other columns leave. */
static int name_width(const struct options *o, int files, char **file)
{
	int most = columns[NAME].width;

	for (int i = 0; i < files; i++)
		most = (int)strlen(file[i]) > most ? (int)strlen(file[i]) : most;
	return o->form == NARROW && most > 23 ? 23 : most;
}

/* "  " and the number in so many characters and digits; - where there is none. */
static void put_share(double v, int width, int digits)
{
	if (isfinite(v))
		printf("  %*.*f", width, digits, v);
	else
		printf("  %*s", width, "-");
}

/* One line for each agent that asks; beside what it did, where nets decided, the mean of its c's. */
static void put_pairs(const struct mc_decided *x)
{
	for (int row = -1; row < (int)x->N; row++) {
		for (int part = 0; part < 1 + x->learned; part++) {
			if (row < 0)
				printf("    %-7s", part ? "c" : "edges");
			else
				printf("    %7d", row);
			for (size_t k = 0; k < x->N; k++)
				if (row < 0)
					printf("  %5zu", k);
				else
					put_share(part ? mc_decided_pair_c(x, (size_t)row, k) : mc_decided_pair_rate(x, (size_t)row, k), 5, 3);
		}
		printf("\n");
	}
}

/* The same of influence: distance of actions, change of value. */
static void put_influences(const struct mc_measured *f)
{
	const size_t N = f->decided.N;

	printf("    without");
	for (size_t j = 0; j < N; j++)
		printf("  %16zu", j);
	printf("\n");
	for (size_t i = 0; i < N; i++) {
		printf("    %7zu", i);
		for (size_t j = 0; j < N; j++) {
			struct mc_influence_of of = { 0, 0, 0 };

			if (i != j)
				of = mc_influence_get(f->influence, i, j);
			if (of.given > 0)
				printf("  %6.4f %+9.4f", of.action, of.q);
			else
				printf("  %16s", "-");
		}
		printf("\n");
	}
}

/* `right`: there was a task whose right requests are known. */
static void put_caption(const struct options *o, int right)
{
	if (o->form == LATEX)
		puts("\\end{tabular}");
	if (o->form == TSV || o->form == LATEX)
		return;
	printf("\nOver ");
	mc_measuring_print(&o->how, stdout);
	printf(".\n");
	if (!isatty(STDOUT_FILENO)) /* who reads a file knows the columns, or the page */
		return;
	printf("score: of the return, 0 at the task's floor, 1 at its ceiling (mc-envsim --describe); edges: share of\n"
	    "the possible ones that is used.%s\n", o->pairs ? " The row's agent asks the column's." : "");
	if (o->form == WIDE)
		printf("trained: episodes; se: standard error of the mean return; IQM: interquartile mean, with its\n"
		    "95 %% percentile-bootstrap interval (%d resamples); requests, bytes: in a step, the whole team;\n"
		    "c: mean probability of a request; entropy: of c, in nats; satur.: share of c below 0.01 or above 0.99.\n",
		    MC_STAT_RESAMPLES);
	if (right)
		printf("prec.: share of the requests made that are right; recall: share of the right requests that are made.\n");
	if (is_change(o))
		printf("difference: mean return less that of the untouched team on the same episodes, with its\n"
		    "95 %% paired-bootstrap interval; bytes: of the messages that come.\n");
	if (o->how.influence)
		printf("without: over the steps in which the row's agent got the column's message, how far its action would\n"
		    "move without it, and what the critic's value would gain (below 0: the message is worth something).\n");
}

/* ---- the program ---- */

static int flush(struct mc_err *e)
{
	return fflush(stdout) != 0 || ferror(stdout) ? mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write") : 0;
}

/* A heading stands over the first row, and where the columns become others: *right is -1, or those above. */
static void put(const char *file, int width, const struct mc_measured *f, const char *settings, const struct options *o, int *right)
{
	if (o->json) {
		put_json(file, f, settings, o);
		return;
	}
	if (*right != f->decided.right_known) {
		if (*right >= 0)
			puts(o->form == LATEX ? "\\end{tabular}\n" : "");
		put_heading(width, o, f->decided.right_known);
	}
	*right = f->decided.right_known;
	put_row(file, width, f, o);
	if (o->pairs)
		put_pairs(&f->decided);
	if (f->influence)
		put_influences(f);
}

/* The columns of the table so far. */
struct table {
	int width;                /* of names */
	int right;                /* those of right requests stand in the last heading; -1: there is none */
	int any_right;
};

/* One row, of a file and its run's settings, or of a script (NULL). */
static int add(struct table *t, const char *file, const struct mc_measured *f, const char *settings, const struct options *o,
    struct mc_err *e)
{
	put(file, t->width, f, settings, o, &t->right);
	t->any_right |= f->decided.right_known;
	return flush(e);
}

/* The part of a list with commas that begins at *at, which moves past it; NULL at its end. */
static const char *part(const char **at, char *out, size_t size)
{
	const size_t n = strcspn(*at, ",");

	if (**at == '\0')
		return NULL;
	snprintf(out, size, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == ',');
	return out;
}

static int evaluate_script(struct table *t, const char *script, const char *task, const struct options *o, struct mc_pool *pool,
    struct mc_err *e)
{
	struct mc_measured f;
	int r = mc_measure_script(&f, script, task, &o->how, pool, e);

	if (r == 0)
		r = add(t, NULL, &f, NULL, o, e);
	mc_measured_release(&f);
	return r;
}

/* Each script in each task; of "all", those that there are for it. */
static int evaluate_scripts(struct table *t, const struct options *o, struct mc_pool *pool, struct mc_err *e)
{
	char task[80], name[80];
	struct mc_task known;

	for (const char *tasks = o->task; part(&tasks, task, sizeof task);) {
		if (mc_task_parse(&known, task, e) < 0)
			return -1;
		for (const char *names = o->script; part(&names, name, sizeof name);) {
			const char *of_all;

			if (strcmp(name, "all") != 0 && evaluate_script(t, name, task, o, pool, e) < 0)
				return -1;
			for (int i = 0; strcmp(name, "all") == 0 && (of_all = mc_script_name(i)) != NULL; i++)
				if (mc_script_fits(of_all, &known) && evaluate_script(t, of_all, task, o, pool, e) < 0)
					return -1;
		}
	}
	return 0;
}

static int evaluate(const struct options *o, int files, char **file, struct mc_pool *pool, struct mc_err *e)
{
	struct table t = { name_width(o, files, file), -1, 0 };

	if (o->script && evaluate_scripts(&t, o, pool, e) < 0)
		return -1;
	for (int i = 0; i < files; i++) {
		struct mc_ckpt c;
		struct mc_measured f;
		char *settings;
		int r;

		if (mc_ckpt_open(&c, file[i], (size_t)o->max_frame, e) < 0)
			return -1;
		r = mc_measure(&f, &c, &o->how, pool, e);
		settings = r == 0 ? mc_settings_of(&c.header_map, e) : NULL;
		mc_ckpt_close(&c);
		r = settings ? add(&t, file[i], &f, settings, o, e) : -1;
		free(settings);
		mc_measured_release(&f);
		if (r < 0)
			return -1;
	}
	if (!o->json)
		put_caption(o, t.any_right);
	return flush(e);
}

/* What is measured. */
enum subject { CHECKPOINTS, RUNS, ADVANTAGES };

/* The first option that was given and says how checkpoints are evaluated, or NULL. */
static const char *about_evaluating(const struct mc_measuring *how)
{
	return how->comm ? "--comm" : how->cut ? "--cut" : how->mute ? "--mute" : how->change.max_edges ? "--max-edges"
	    : how->prey ? "--prey" : how->env ? "--env" : how->greedy ? "--greedy" : how->episodes != EPISODES ? "--number"
	    : how->seed != SEED ? "--seed" : NULL;
}

static int check_subject(enum subject what, const struct mc_eval_aggregate_opts *s, const struct options *o, struct mc_err *e)
{
	const char *runs = s->by ? "--by" : s->named ? "--named" : s->last != MC_SCORES_LAST ? "--last"
	    : s->scale ? "--scale" : s->marl_eval ? "--marl-eval" : s->resamples != MC_STAT_RESAMPLES ? "--resamples" : NULL;
	const char *one = o->script ? "--script" : o->task ? "--task" : o->how.influence ? "--influence" : o->pairs ? "--pairs" : NULL;
	const char *given = about_evaluating(&o->how);

	if (what != CHECKPOINTS && one)
		return mc_usage(e, one, "leave it out", "this is about single checkpoints");
	if (what == ADVANTAGES && given)
		return mc_usage(e, given, "leave it out", "this is about checkpoints");
	if (what != RUNS && runs)
		return mc_usage(e, runs, "add --aggregate", "this is about runs");
	if (!o->script != !o->task)
		return mc_usage(e, o->script ? "-t" : "--script", NULL, o->script ? "in which task?" : "which script? A checkpoint says its own task");
	if (o->wide + o->tsv + o->latex + o->json > 1)
		return mc_usage(e, o->json ? "--json" : o->latex ? "--latex" : "--tsv", "leave the others out", "a table has one form");
	if (what != CHECKPOINTS && (o->wide || o->latex))
		return mc_usage(e, o->wide ? "--wide" : "--latex", "leave it out, or use --tsv or --json",
		    "this is about the table of checkpoints");
	if ((o->tsv || o->latex) && (o->pairs || o->how.influence))
		return mc_usage(e, o->pairs ? "--pairs" : "--influence", "leave it out, or use --json", "this table has no rows between its rows");
	if (s->marl_eval && strcmp(s->marl_eval, "-") == 0)
		return mc_usage(e, "--marl-eval", "./- is a file of that name", "standard output is where the tables go");
	if (what == CHECKPOINTS && s->claims)
		return mc_usage(e, "--claims", "add --aggregate or --advantages", "there are no claims about checkpoints");
	return 0;
}

static int summarise(struct mc_eval_aggregate_opts *s, const struct options *o, int files, char **file, struct mc_err *e)
{
	s->json = o->json;
	s->tsv = o->tsv;
	s->max_frame = (size_t)o->max_frame;
	s->how = &o->how;
	s->evaluating = about_evaluating(&o->how);
	s->threads = o->threads;
	return mc_eval_aggregate(s, files, file, e) < 0 ? -1 : flush(e);
}

static int compare(const struct mc_eval_aggregate_opts *s, const struct options *o, int files, char **file, struct mc_err *e)
{
	const struct mc_eval_advantages_opts how = { s->claims, o->json, o->tsv, (size_t)o->max_frame };

	return mc_eval_advantages(&how, files, file, e) < 0 ? -1 : flush(e);
}

static int evaluate_all(const struct options *o, int files, char **file, struct mc_err *e)
{
	struct mc_pool *pool = mc_blas_init(e) < 0 ? NULL : mc_pool_new((int)o->threads, e);

	if (pool == NULL)
		return -1;
	const int r = evaluate(o, files, file, pool, e);

	mc_pool_free(pool);
	return r;
}

static int copies_at_a_time(void)
{
	const int n = mc_pool_cpus();

	return n < 50 ? n : 50;
}

static int body(int argc, char **argv, struct mc_err *e)
{
	struct mc_eval_aggregate_opts summary = { .last = MC_SCORES_LAST, .resamples = MC_STAT_RESAMPLES };
	int aggregate = 0, advantages = 0;
	enum subject what;
	struct options o = { .how = { .episodes = EPISODES, .seed = SEED, .envs = copies_at_a_time(), .patience = 60 }, .threads = 1, .max_frame = (long)MC_FRAME_MAX };
	const struct mc_opt table[] = {
		{ MC_OPT_INT, 'n', "number", "N", &o.how.episodes, 1, 1e7, "episodes for each checkpoint" },
		{ MC_OPT_INT, 0, "episodes", "N", &o.how.episodes, 1, 1e7, "the same, under its old name" },
		{ MC_OPT_U64, 's', "seed", "SEED", &o.how.seed, 0, 0,
		  "of initial states and decisions; the same for every checkpoint, whatever its run's seed was" },
		{ MC_OPT_STR, 0, "comm", "learned|none|full|drop=P|shuffle|self", &o.how.comm, 0, 0,
		  "learned, none or full decisions in place of those that the run was trained with; drop=P loses each message "
		  "with probability P; shuffle: it is another agent's observation, self: one's own; several with commas" },
		{ MC_OPT_STR, 0, "cut", "I,J", &o.how.cut, 0, 0, "agent I gets no message from agent J; several as 0,1:2,1" },
		{ MC_OPT_STR, 0, "mute", "J", &o.how.mute, 0, 0, "nobody gets a message from agent J; several with commas" },
		{ MC_OPT_INT, 0, "max-edges", "K", &o.how.change.max_edges, 1, 255,
		  "of each agent's requests, make only the K most probable" },
		{ MC_OPT_STR, 0, "prey", "WHICH", &o.how.prey, 0, 0,
		  "evaluate against other prey than those of the run: auto, flee, or a FILE of weights" },
		{ MC_OPT_STR, 0, "env", "COMMAND", &o.how.env, 0, 0,
		  "evaluate in this program, or that of @FILE, instead of the built-in world; {seed} and {env} in it are replaced" },
		{ MC_OPT_INT, 0, "envs", "N", &o.how.envs, 1, 50, "this many copies of it at a time; never changes a result" },
		{ MC_OPT_REAL, 0, "env-timeout", "SECONDS", &o.how.patience, 0, 1e9,
		  "the most time that it may take for a step or its header; 0 = no limit" },
		{ MC_OPT_FLAG, 0, "greedy", NULL, &o.how.greedy, 0, 0,
		  "learned decisions ask wherever the probability exceeds 1/2, instead of drawing" },
		{ MC_OPT_FLAG, 0, "pairs", NULL, &o.pairs, 0, 0,
		  "below each row, who asks whom: edges and c of every ordered pair (always in --json)" },
		{ MC_OPT_FLAG, 0, "influence", NULL, &o.how.influence, 0, 0,
		  "below each row, what an agent would do without another's message, and what that is worth" },
		{ MC_OPT_STR, 0, "script", "NAME", &o.script, 0, 0,
		  "measure this scripted team: still, random, alone, told, or another script of the task; several with commas, or all" },
		{ MC_OPT_STR, 't', "task", "TASK", &o.task, 0, 0, "the task of --script; several with commas" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Runs, by their logs or checkpoints" },
		{ MC_OPT_FLAG, 0, "aggregate", NULL, &aggregate, 0, 0,
		  "the returns of runs, combined over seeds, as tables in Markdown; operands are logs, or checkpoints to evaluate" },
		{ MC_OPT_REAL, 0, "last", "PERCENT", &summary.last, 1e-6, 100,
		  "a log's final return is the mean of the last PERCENT % of its episodes" },
		{ MC_OPT_STR, 0, "by", "ENTRY", &summary.by, 0, 0,
		  "also separate runs by entries of the header: meta_k, mc-metalearn.beta, or by episodes, their length; several with commas" },
		{ MC_OPT_FLAG, 0, "named", NULL, &summary.named, 0, 0, "operands are NAME=FILE, and NAME replaces the method" },
		{ MC_OPT_STR, 0, "scale", "TASK=LOW,HIGH", &summary.scale, 0, 0,
		  "returns that count as 0 and 1 in a task, instead of the task's floor and ceiling; several with colons" },
		{ MC_OPT_INT, 0, "resamples", "N", &summary.resamples, 100, 1e6, "resamples of every bootstrap interval" },
		{ MC_OPT_STR, 0, "marl-eval", "FILE", &summary.marl_eval, 0, 0,
		  "also write the runs as the JSON that the Python package marl-eval reads" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Rules, by their advantages" },
		{ MC_OPT_FLAG, 0, "advantages", NULL, &advantages, 0, 0,
		  "how much the advantages that mc-metalearn --analyse adds resemble each other; operands are its streams" },
		{ MC_OPT_GROUP, 0, NULL, NULL, NULL, 0, 0, "Other options" },
		{ MC_OPT_STR, 0, "claims", "FILE", &summary.claims, 0, 0,
		  "compare the results with the claims of this file about runs or rules" },
		{ MC_OPT_FLAG, 0, "wide", NULL, &o.wide, 0, 0, "all columns of the table, which otherwise fits 80 characters" },
		{ MC_OPT_FLAG, 0, "tsv", NULL, &o.tsv, 0, 0, "the table with tabs and all columns; also the tables of --aggregate and --advantages" },
		{ MC_OPT_FLAG, 0, "latex", NULL, &o.latex, 0, 0, "the table for LaTeX, with all columns" },
		{ MC_OPT_FLAG, 0, "json", NULL, &o.json, 0, 0,
		  "one JSON object for each checkpoint, or task and method, a line each" },
		{ MC_OPT_INT, 0, "threads", "N", &o.threads, 1, 1024, "threads; never changes a result" },
		{ MC_OPT_INT, 0, "max-frame", "BYTES", &o.max_frame, 65536, 1e15, "largest checkpoint that is accepted" },
		{ MC_OPT_FLAG, 0, NULL, NULL, NULL, 0, 0, NULL },
	};
	const struct mc_prog prog = { "mc-eval", "[-n N] [-s SEED] [--comm HOW] [--cut I,J] [--mute J] [--max-edges K] [--influence] ... CHECKPOINT ...\n"
		"       mc-eval --script NAME -t TASK [-n N] [-s SEED] ... [CHECKPOINT ...]\n"
		"       mc-eval --aggregate [--claims FILE] [--json] LOG ...|CHECKPOINT ...\n"
		"       mc-eval --advantages [--claims FILE] [--json] STREAM ...",
		"Measures checkpoints: return, requests and edges over numbered episodes that no run was trained on, "
		"the same for every checkpoint, without exploration. Or sums up runs, seed by seed.", table };
	struct mc_stage stage = { 0 };
	int first, r;
	const enum mc_parsed parsed = mc_opts_parse(&prog, argc, argv, &first, e);

	if (parsed != MC_PARSED_RUN)
		return parsed == MC_PARSED_DONE ? 0 : -1;
	if (mc_measuring_parse(&o.how, e) < 0)
		return -1;
	if (o.how.env && o.how.prey)
		return mc_usage(e, "--prey", "give it to the environment's command", "the program of --env decides what its prey are");
	if (aggregate && advantages)
		return mc_usage(e, "--advantages", "choose one", "runs and advantages are measured apart");
	what = aggregate ? RUNS : advantages ? ADVANTAGES : CHECKPOINTS;
	if (check_subject(what, &summary, &o, e) < 0)
		return -1;
	if (first == argc && !o.script)
		return mc_usage(e, NULL, "see mc-eval --help", "no %s given",
		    what == RUNS ? "log or checkpoint" : what == ADVANTAGES ? "stream" : "checkpoint");
	const struct mc_file_use use[] = { { "--marl-eval", summary.marl_eval, 1 }, { "--claims", summary.claims, 0 } };

	if (summary.marl_eval &&
	    (mc_file_apart(use, 2, argc - first, argv + first, e) < 0 || mc_in_spare(summary.marl_eval, e) < 0))
		return -1;
	o.form = o.wide ? WIDE : o.tsv ? TSV : o.latex ? LATEX : NARROW;
	o.how.stage = &stage;
	r = what == RUNS ? summarise(&summary, &o, argc - first, argv + first, e) :
	    what == ADVANTAGES ? compare(&summary, &o, argc - first, argv + first, e) : evaluate_all(&o, argc - first, argv + first, e);
	mc_stage_release(&stage);
	return r;
}

int main(int argc, char **argv)
{
	return tool_main("mc-eval", body, argc, argv);
}
