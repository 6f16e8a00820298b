#include "mc_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mc_grow.h"

static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f || *s == '|')
			*s = '?';
}

void mc_table_put(struct mc_table *t, const char *fmt, ...)
{
	char **grown = mc_grow(t->cell, t->n + 1, &t->room, sizeof *grown, "table", NULL);
	va_list ap;

	if (grown == NULL) {
		t->failed = 1;
		return;
	}
	t->cell = grown;
	va_start(ap, fmt);
	if (vasprintf(&t->cell[t->n], fmt, ap) < 0)
		t->failed = 1;
	else
		clean(t->cell[t->n++]);
	va_end(ap);
}

/* Characters, not bytes. */
static size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void fill(FILE *to, char c, size_t n)
{
	while (n-- > 0)
		fputc(c, to);
}

static void print_row(const struct mc_table *t, FILE *to, size_t row, const size_t *width, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		const char *s = t->cell[row * columns + c];
		const size_t pad = width[c] - text_width(s);

		fputs("| ", to);
		fill(to, ' ', t->align[c] == 'r' ? pad : 0);
		fputs(s, to);
		fill(to, ' ', t->align[c] == 'r' ? 1 : pad + 1);
	}
	fputs("|\n", to);
}

static void print_rule(const struct mc_table *t, FILE *to, const size_t *width, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		fputs(t->align[c] == 'r' ? "| " : "|:", to);
		fill(to, '-', width[c]);
		fputc(t->align[c] == 'r' ? ':' : ' ', to);
	}
	fputs("|\n", to);
}

static void print_tsv(const struct mc_table *t, FILE *to)
{
	const size_t columns = strlen(t->align);

	for (size_t i = 0; i < t->n; i++)
		fprintf(to, "%s%c", t->cell[i], (i + 1) % columns ? '\t' : '\n');
}

static void print(const struct mc_table *t, FILE *to)
{
	const size_t columns = strlen(t->align);
	size_t width[MC_TABLE_COLUMNS] = { 0 };

	for (size_t i = 0; i < t->n; i++)
		if (text_width(t->cell[i]) > width[i % columns])
			width[i % columns] = text_width(t->cell[i]);
	for (size_t row = 0; row < t->n / columns; row++) {
		print_row(t, to, row, width, columns);
		if (row == 0)
			print_rule(t, to, width, columns);
	}
}

int mc_table_print(struct mc_table *t, FILE *to, struct mc_err *e)
{
	const int failed = t->failed;
	const size_t bytes = t->room * sizeof *t->cell;

	if (!failed && t->n > strlen(t->align))
		(t->tsv ? print_tsv : print)(t, to);
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	t->cell = NULL;
	t->n = t->room = 0;
	return failed ? mc_err_nomem(e, "a table", bytes) : 0;
}
