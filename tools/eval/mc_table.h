/*
 * Tables in Markdown, with their columns aligned, so that they read as plain text too; or with tabs.
 */
#ifndef MC_TABLE_H
#define MC_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "mc_err.h"

enum { MC_TABLE_COLUMNS = 12 };

struct mc_table {
	const char *align;    /* 'l' or 'r' for each column; its length is their number */
	int tsv;              /* 1 = tabs between the columns, and nothing else */
	size_t n, room;
	char **cell;          /* [n] row by row, the heading first */
	int failed;           /* out of memory: mc_table_print says so */
};

/* Adds the next cell, in the order of reading. Control characters and '|' become '?'. */
void mc_table_put(struct mc_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints it, unless it has only a heading, and releases the cells. 0, or -1: MC_OSERR. Errors of `to` are left to ferror(). */
int mc_table_print(struct mc_table *t, FILE *to, struct mc_err *e);

#endif
