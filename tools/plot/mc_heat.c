#include "mc_heat.h"

#include <math.h>
#include <string.h>

#include "mc_gnuplot.h"

#define MC_MARK_RGB "#D55E00"

enum { FEW_COLUMNS = 40 }; /* so few have gaps between them */

static double column_x(const struct mc_heat_panel *p, size_t column)
{
	return p->x0 + (double)column * p->dx;
}

/* ---- the numbers ---- */

static void put_data(FILE *to, const void *of)
{
	const struct mc_heat *h = of;

	for (size_t i = 0; i < h->page.panels; i++) {
		const struct mc_heat_panel *p = &h->panel[i];

		fprintf(to, "%s# ", i ? "\n\n" : "");
		if (h->page.row) {
			mc_put_text(to, h->page.row[i / h->page.columns], 1, 0);
			fputs(", ", to);
		}
		mc_put_text(to, h->page.panel[i], 1, 0);
		fputs(": x row share name\n", to);
		for (size_t r = 0; r < p->rows; r++)
			for (size_t k = 0; k < p->columns; k++) {
				const double v = p->value[r * p->columns + k];

				fprintf(to, isnan(v) ? "%.10g %zu NaN \"" : "%.10g %zu %.7g \"", column_x(p, k), r, v);
				mc_put_text(to, p->row_name[r], 1, 0);
				fputs("\"\n", to);
			}
	}
}

/* ---- a script ---- */

static void put_axes(FILE *to, const struct mc_heat_panel *p)
{
	const char *comma = "";

	fprintf(to, "set xrange [%.10g:%.10g]\nset yrange [%.1f:-0.5]\n", column_x(p, 0) - p->dx / 2,
	    column_x(p, p->columns - 1) + p->dx / 2, (double)p->rows - 0.5);
	fprintf(to, p->numbers ? "set xtics 1\n" : "set xtics autofreq\n");
	fputs("set ytics (", to);
	for (size_t r = 0; r < p->rows; r++) {
		fputs(comma, to);
		mc_put_quoted(to, p->row_name[r], 1);
		fprintf(to, " %zu", r);
		comma = ", ";
	}
	fputs(")\n", to);
}

static void put_cells(FILE *to, const struct mc_heat_panel *p, size_t index, const char *source, const struct mc_layout *y)
{
	const double half = p->columns <= FEW_COLUMNS ? 0.46 * p->dx : 0.53 * p->dx; /* many touch: no seams */

	fprintf(to, "plot %s index %zu using 1:(valid(3)?$2:NaN):($1-%.10g):($1+%.10g):($2-0.46):($2+0.46):3 with boxxyerror fs solid noborder "
	    "lc palette notitle", source, index, half, half);
	if (p->numbers)
		fprintf(to, ", \\\n     '' index %zu using 1:(valid(3)?$2:NaN):(sprintf('%%.2f',$3)):($3>0.65?0xFFFFFF:0x202020) with labels "
		    "font ',%g' tc rgb variable notitle", index, y->size.small);
	fputc('\n', to);
}

/* A frame around each run of marked cells in a row. Returns the number of the last one; `first` and up are theirs. */
static int put_marks(FILE *to, const struct mc_heat_panel *p, int first)
{
	for (size_t r = 0; p->mark && r < p->rows; r++)
		for (size_t k = 0, end; k < p->columns; k = end + 1) {
			for (end = k; end < p->columns && p->mark[r * p->columns + end]; end++)
				;
			if (end > k)
				fprintf(to, "set object %d rectangle from first %.10g,%.2f to first %.10g,%.2f front fs empty border lc rgb '" MC_MARK_RGB
				    "' lw 2\n", first++, column_x(p, k) - p->dx / 2, (double)r - 0.48, column_x(p, end - 1) + p->dx / 2,
				    (double)r + 0.48);
		}
	return first - 1;
}

static int put_panel(FILE *to, const void *of, size_t panel, const struct mc_legend *l, const struct mc_layout *y,
    const struct mc_render *r, struct mc_err *e)
{
	const struct mc_heat *h = of;
	int last;

	(void)l;
	(void)e;
	fputs("set object 1 rectangle from graph 0,0 to graph 1,1 behind fs solid noborder fc rgb '" MC_SHADE_ABSENT "'\n", to);
	put_axes(to, &h->panel[panel]);
	last = put_marks(to, &h->panel[panel], 2);
	put_cells(to, &h->panel[panel], panel, r->source, y);
	for (int k = 1; k <= last; k++)
		fprintf(to, "unset object %d\n", k);
	return 0;
}

static int put_script(FILE *to, const void *of, const struct mc_render *r, struct mc_err *e)
{
	static const char before[] = "set palette " MC_SHADES "\nset cbrange [0:1]\nunset colorbox\nunset grid\nset border 0\n";
	const struct mc_heat *h = of;

	return mc_page_put(to, &h->page, &(struct mc_legend){ NULL, 0 }, &(struct mc_panels){ h, before, put_panel }, r, e);
}

/* ---- text ---- */

/* Tenths; "." for what is less than half of one, "#" for all. */
static char digit(double v)
{
	const int tenths = (int)lround(10 * v);

	return isnan(v) ? ' ' : tenths <= 0 ? (v > 0 ? '0' : '.') : tenths >= 10 ? (v < 1 ? '9' : '#') : (char)('0' + tenths);
}

static int any_mark(const struct mc_heat_panel *p, size_t row)
{
	return p->mark && memchr(p->mark + row * p->columns, 1, p->columns) != NULL;
}

static void put_cells_text(FILE *to, const struct mc_heat_panel *p, const struct mc_canvas *c)
{
	size_t width = 0, left;

	for (size_t r = 0; r < p->rows; r++)
		width = mc_text_width(p->row_name[r]) > width ? mc_text_width(p->row_name[r]) : width;
	left = width + 2 + p->columns < c->columns ? (c->columns - width - 2 - p->columns) / 2 : 0;
	for (size_t r = 0; r < p->rows; r++) {
		fprintf(to, "%*s", (int)(left + width - mc_text_width(p->row_name[r])), "");
		mc_put_text(to, p->row_name[r], c->utf8, 0);
		fputs(any_mark(p, r) ? "* " : "  ", to);
		for (size_t k = 0; k < p->columns; k++)
			fputc(digit(p->value[r * p->columns + k]), to);
		fputc('\n', to);
	}
}

static void put_table(FILE *to, const struct mc_heat_panel *p, const struct mc_canvas *c)
{
	const size_t width = 6 * (p->columns + 1);
	const int left = width < c->columns ? (int)((c->columns - width) / 2) : 0;

	fprintf(to, "%*s", left + 6, "");
	for (size_t k = 0; k < p->columns; k++)
		fprintf(to, "%6g", column_x(p, k));
	fputc('\n', to);
	for (size_t r = 0; r < p->rows; r++) {
		fprintf(to, "%*s", left, "");
		fprintf(to, "%6s", p->row_name[r]);
		for (size_t k = 0; k < p->columns; k++) {
			const double v = p->value[r * p->columns + k];

			if (isnan(v))
				fprintf(to, "%6s", "-");
			else
				fprintf(to, p->mark && p->mark[r * p->columns + k] ? "%5.2f*" : "%6.2f", v);
		}
		fputc('\n', to);
	}
}

static int put_text(FILE *to, const void *of, const struct mc_canvas *c, struct mc_err *e)
{
	const struct mc_heat *h = of;

	(void)e;
	mc_page_text_begin(to, &h->page, c);
	for (size_t i = 0; i < h->page.panels; i++) {
		const struct mc_heat_panel *p = &h->panel[i];
		const char *x = h->page.names ? h->page.names[2 * (i % h->page.columns)] : h->page.xlabel;
		char axis[160];

		mc_page_text_panel(to, &h->page, i, c);
		if (p->numbers)
			put_table(to, p, c);
		else
			put_cells_text(to, p, c);
		snprintf(axis, sizeof axis, p->numbers ? "%s" : "%s, from %.10g to %.10g", x, column_x(p, 0) - p->dx / 2 + (p->dx <= 1) * p->dx / 2,
		    column_x(p, p->columns - 1) + p->dx / 2 - (p->dx <= 1) * p->dx / 2);
		mc_put_centred(to, axis, c);
	}
	if (h->page.shades) {
		char shades[256];

		snprintf(shades, sizeof shades, "%s: . none, digits tenths of it, # all", h->page.shades);
		mc_put_wrapped(to, shades, c);
	}
	mc_page_text_end(to, &h->page, NULL, c);
	return 0;
}

int mc_heat_put(const struct mc_heat *h, const struct mc_picture *p, struct mc_err *e)
{
	return mc_picture_put(&(struct mc_drawing){ h, 1, put_script, put_data, put_text }, p, e);
}
