/*
 * Options: one table for each program gives the parser and --help.
 */
#ifndef MC_OPTS_H
#define MC_OPTS_H

#include <stdint.h>
#include <stdio.h>

#include "mc_err.h"

enum mc_opt_type {
	MC_OPT_FLAG,    /* int: 1 when given; 0 where max is negative, for an option that takes another back */
	MC_OPT_INT,     /* long, within [min, max] */
	MC_OPT_U64,     /* uint64_t */
	MC_OPT_REAL,    /* double, within [min, max], finite */
	MC_OPT_STR,     /* const char *: the argument itself */
	MC_OPT_GROUP,   /* a heading in the help; no option */
};

struct mc_opt {
	enum mc_opt_type type;
	int letter;          /* 0 = long form only */
	const char *name;    /* long name without dashes; NULL = letter only */
	const char *arg;     /* name of its argument in the help; NULL for a flag. "learned|none|full"
	                        is all it may be (drop=P, and more), TASK a task, FILE, CKPT, LOG,
	                        STREAM a file: shells complete these */
	void *to;            /* where the value goes; set to the default beforehand */
	double min, max;     /* MC_OPT_INT, MC_OPT_REAL; both 0 = any */
	const char *help;    /* one or two sentences; "default" is added from *to */
};

struct mc_prog {
	const char *name;      /* "mc-cat" */
	const char *synopsis;  /* "[-hV] [--full] [FILE ...]"; a small word that begins a line is what
	                          the program must be told first ("curves [-o FILE]") */
	const char *about;     /* a short paragraph */
	const struct mc_opt *opts; /* ended by an entry whose name and letter are both 0 and type FLAG */
};

enum mc_parsed { MC_PARSED_FAIL = -1, MC_PARSED_RUN = 0, MC_PARSED_DONE = 1 };

/*
 * Parses argv (GNU style: options and operands in any order, -- ends options) into the table's
 * targets. *operands is the index of the first operand in argv, which is permuted. -h, --help,
 * -V and --version are understood by every program and print to stdout: MC_PARSED_DONE.
 * An unknown or malformed option gives MC_USAGE with the nearest name as a hint.
 */
enum mc_parsed mc_opts_parse(const struct mc_prog *p, int argc, char **argv, int *operands,
    struct mc_err *e);

/*
 * From the same table, for who builds a package: completions (PROG --help-completion SHELL) and
 * the page's list of options (PROG --help-mdoc); neither is listed in the help. SHELL is bash,
 * zsh or fish: MC_USAGE if it is another.
 */
int mc_opts_completion(const struct mc_prog *p, const char *shell, FILE *to, struct mc_err *e);
void mc_opts_mdoc(const struct mc_prog *p, FILE *to);

/* -h and -V, which every program has; ended like a table. */
const struct mc_opt *mc_opts_common(void);

/* Is this the entry that ends a table? */
int mc_opts_last(const struct mc_opt *o);

/* "(default 5)" without its brackets, empty for options that have none to show. */
void mc_opts_default(const struct mc_opt *o, char *out, size_t size);

void mc_opts_help(const struct mc_prog *p, FILE *to);

/* "mc-cat 0.1.0", and the BLAS with the core in use. */
void mc_opts_version(const struct mc_prog *p, FILE *to);

/* The version of the toolkit, "0.1.0". */
const char *mc_version(void);

#endif
