#include "mc_page.h"

#include <math.h>
#include <string.h>

enum {
	LEFT = 80, RIGHT = 22, ROW_NAME = 22, ROW_NAME_AT = 48,
	XLABEL = 64, NO_XLABEL = 16, XLABEL_AT = 45, YLABEL_AT = 64, LINE = 20, CAPTION_LINE = 16, EDGE = 10,
	SAMPLE = 26, SAMPLE_GAP = 6, ENTRY_GAP = 24, SHADES = 160, SHADE_STEPS = 40, DISC = 6,
};
#define CHARACTER 7.4          /* mean width at the size of the legend, and of the caption: */
#define CAPTION_CHARACTER 6.3

/* ---- layout ---- */

static double entry_width(const struct mc_entry *n)
{
	return SAMPLE + SAMPLE_GAP + (double)mc_text_width(n->name) * CHARACTER;
}

/* The entries from `first` that fit into a row, and the row's width. */
static size_t legend_row(const struct mc_legend *l, size_t first, double w, double *width)
{
	size_t i = first + 1;

	*width = entry_width(&l->entry[first]);
	while (i < l->n && *width + ENTRY_GAP + entry_width(&l->entry[i]) <= w)
		*width += ENTRY_GAP + entry_width(&l->entry[i++]);
	return i;
}

static size_t columns_of(const struct mc_page *p)
{
	const size_t n = p->panels;

	if (p->columns)
		return p->columns;
	return n <= 3 ? n : n == 4 ? 2 : n <= 6 ? 3 : n <= 8 ? 4 : (size_t)ceil(sqrt((double)n));
}

static void size_panels(struct mc_layout *y, const struct mc_page *p)
{
	const int one = p->panels == 1;

	y->panel_w = one ? 540 : 280;
	y->panel_h = one ? 330 : 190;
	y->gap_x = 60 + p->left;
	y->gap_y = 40;
	y->panel_title = 32;
	if (p->grid && !one) {
		y->panel_w = p->own_y ? 190 : y->columns > 3 ? 150 : 220;
		y->panel_h = p->own_y || y->columns <= 3 ? 130 : 104;
		y->gap_x = p->own_y ? 58 : 12;
		y->gap_y = 8;
		y->panel_title = 24;
	}
}

static double height_of(const struct mc_page *p, const struct mc_layout *y, size_t row)
{
	return p->height ? p->height[row] : y->panel_h;
}

/* Of the panels and what is between them. */
static double panels_height(const struct mc_page *p, const struct mc_layout *y)
{
	double h = (double)(y->rows - 1) * (y->gap_y + y->panel_title);

	for (size_t row = 0; row < y->rows; row++)
		h += height_of(p, y, row);
	return h;
}

double mc_page_width(const struct mc_page *p, const struct mc_layout *y, size_t panel)
{
	return p->width ? p->width[panel % y->columns] : y->panel_w;
}

static struct mc_sizes sizes_of(enum mc_format format)
{
	if (format == MC_FORMAT_SVG)
		return (struct mc_sizes){ 16, 13, 11 }; /* pixels; the others' are points */
	return (struct mc_sizes){ 12, 10, 8 };
}

void mc_page_lay_out(struct mc_layout *y, const struct mc_page *p, const struct mc_legend *l, enum mc_format format)
{
	double width;

	y->columns = columns_of(p);
	y->rows = (p->panels + y->columns - 1) / y->columns;
	y->left = LEFT + p->left + (p->row ? ROW_NAME : 0);
	size_panels(y, p);
	y->w = y->left + (double)(y->columns - 1) * y->gap_x + RIGHT;
	for (size_t i = 0; i < y->columns; i++)
		y->w += mc_page_width(p, y, i);
	y->legend_rows = p->shades != NULL;
	for (size_t i = 0; i < l->n; i = legend_row(l, i, y->w - 2 * EDGE, &width))
		y->legend_rows++;
	y->caption_lines = mc_text_lines(p->caption, (size_t)((y->w - 2 * EDGE) / CAPTION_CHARACTER));
	y->legend_y = EDGE + (p->title ? 30 : 0);
	y->panels_y = y->legend_y + (double)y->legend_rows * LINE + y->panel_title;
	y->h = y->panels_y + panels_height(p, y) + (p->names || *p->xlabel ? XLABEL : NO_XLABEL) + (double)y->caption_lines * CAPTION_LINE + EDGE;
	y->size = sizes_of(format);
}

/* Where panel number `panel` has its upper left corner. */
static void panel_at(const struct mc_page *p, const struct mc_layout *y, size_t panel, double *x0, double *y0)
{
	*x0 = y->left;
	for (size_t i = 0; i < panel % y->columns; i++)
		*x0 += mc_page_width(p, y, i) + y->gap_x;
	*y0 = y->panels_y;
	for (size_t row = 0; row < panel / y->columns; row++)
		*y0 += height_of(p, y, row) + y->gap_y + y->panel_title;
}

/* Is it the last of its column? */
static int is_lowest(const struct mc_page *p, const struct mc_layout *y, size_t panel)
{
	const size_t below = panel + y->columns;

	return below >= p->panels || p->panel[below] == NULL;
}

/* ---- a script ---- */

void mc_page_open(FILE *to, const struct mc_page *p, const struct mc_layout *y, enum mc_format format, const char *output)
{
	switch (format) {
	case MC_FORMAT_SVG:
		fprintf(to, "set terminal svg size %.0f,%.0f noenhanced font 'sans-serif,%d' background rgb 'white'\n",
		    y->w, y->h, y->size.plain);
		break;
	case MC_FORMAT_PNG: /* twice the size: sharp in print and on dense screens */
		fprintf(to, "set terminal pngcairo size %.0f,%.0f noenhanced font 'sans-serif,%d' "
		    "fontscale 2 linewidth 2 pointscale 2 background rgb 'white'\n", 2 * y->w, 2 * y->h, y->size.plain);
		break;
	case MC_FORMAT_PDF: /* whose characters would be smaller than those of the others */
		fprintf(to, "set terminal pdfcairo size %.4fin,%.4fin noenhanced font 'sans-serif,%d' fontscale 0.72 linewidth 1.5\n",
		    y->w / 96, y->h / 96, y->size.plain);
		break;
	case MC_FORMAT_GIF:
		fprintf(to, "set terminal gif animate delay %d loop 0 optimize size %.0f,%.0f noenhanced font 'sans-serif,%d' "
		    "background rgb 'white'\n", p->delay, y->w, y->h, y->size.plain);
		break;
	}
	fputs("set encoding utf8\n", to);
	if (output) {
		fputs("set output ", to);
		mc_put_quoted(to, output, 1);
		fputc('\n', to);
	}
}

void mc_page_begin(FILE *to)
{
	fputs("set multiplot\n"
	    "unset key\n"
	    "set border 3 lw 0.8 lc rgb '#404040'\n"
	    "set tics nomirror out scale 0.6 textcolor rgb '#202020'\n"
	    "set grid lt 1 lw 0.6 lc rgb '#E4E4E4'\n"
	    "set style fill transparent solid 0.18 noborder\n", to);
}

void mc_page_panel(FILE *to, const struct mc_page *p, const struct mc_layout *y, size_t panel)
{
	double x0, y0;

	panel_at(p, y, panel, &x0, &y0);
	fprintf(to, "\nset lmargin at screen %.5f; set rmargin at screen %.5f\n",
	    x0 / y->w, (x0 + mc_page_width(p, y, panel)) / y->w);
	fprintf(to, "set tmargin at screen %.5f; set bmargin at screen %.5f\n",
	    1 - y0 / y->h, 1 - (y0 + height_of(p, y, panel / y->columns)) / y->h);
	if (p->grid) {
		fprintf(to, "set format x %s\n", is_lowest(p, y, panel) ? "'% h'" : "''");
		fprintf(to, "set format y %s\n", p->own_y || panel % y->columns == 0 ? "'% h'" : "''");
	}
}

static void put_label(FILE *to, const struct mc_layout *y, const char *text, double x, double at_y, const char *how)
{
	if (*text == '\0')
		return;
	fputs("set label ", to);
	mc_put_quoted(to, text, 1);
	fprintf(to, " at screen %.5f,%.5f %s\n", x / y->w, 1 - at_y / y->h, how);
}

/* A rectangle of the page. */
static void put_box(FILE *to, const struct mc_layout *y, double x, double at_y, double w, double h, const char *fill)
{
	fprintf(to, "set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f fs solid noborder fc %s\n",
	    x / y->w, 1 - (at_y + h / 2) / y->h, (x + w) / y->w, 1 - (at_y - h / 2) / y->h, fill);
}

static void put_sample(FILE *to, const struct mc_layout *y, const struct mc_entry *n, double x, double at_y)
{
	char fill[24];

	snprintf(fill, sizeof fill, "rgb '#%06X'", n->rgb);
	switch (n->sample) {
	case MC_SAMPLE_BOX:
		put_box(to, y, x, at_y, SAMPLE, 11, fill);
		break;
	case MC_SAMPLE_DISC:
	case MC_SAMPLE_RING:
		fprintf(to, "set object circle at screen %.5f,%.5f size screen %.5f fc %s fs %s\n", (x + SAMPLE - DISC) / y->w,
		    1 - at_y / y->h, DISC / y->w, fill, n->sample == MC_SAMPLE_DISC ? "solid noborder" : "empty border");
		break;
	case MC_SAMPLE_LINE:
	case MC_SAMPLE_ARROW:
		fprintf(to, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f %s lc %s dt %s\n", x / y->w, 1 - at_y / y->h,
		    (x + SAMPLE) / y->w, 1 - at_y / y->h, n->sample == MC_SAMPLE_LINE ? "nohead lw 3" : "head filled lw 1.5", fill,
		    mc_dash_type(n->dash));
		break;
	}
}

static void put_legend(FILE *to, const struct mc_layout *y, const struct mc_legend *l)
{
	size_t row = 0;
	double width;

	for (size_t i = 0, next; i < l->n; i = next, row++) {
		const double at_y = y->legend_y + ((double)row + 0.5) * LINE;

		next = legend_row(l, i, y->w - 2 * EDGE, &width);
		for (double x = (y->w - width) / 2; i < next; i++) {
			const struct mc_entry *n = &l->entry[i];

			put_sample(to, y, n, x, at_y);
			put_label(to, y, n->name, x + SAMPLE + SAMPLE_GAP, at_y, "left");
			x += entry_width(n) + ENTRY_GAP;
		}
	}
}

/* "0 [light to dark] 1   share of requests" */
static void put_shades(FILE *to, const struct mc_layout *y, const char *text)
{
	const double width = SHADES + 3 * ENTRY_GAP + (double)mc_text_width(text) * CHARACTER, step = (double)SHADES / SHADE_STEPS;
	const double x = (y->w - width) / 2 + ENTRY_GAP / 2, at_y = y->legend_y + ((double)y->legend_rows - 0.5) * LINE;
	char fill[32];

	put_label(to, y, "0", x - 6, at_y, "right");
	for (int i = 0; i < SHADE_STEPS; i++) {
		snprintf(fill, sizeof fill, "palette frac %.4f", (i + 0.5) / SHADE_STEPS);
		put_box(to, y, x + i * step, at_y, SHADES - i * step, 11, fill); /* to the end: no seams */
	}
	put_label(to, y, "1", x + SHADES + 6, at_y, "left");
	put_label(to, y, text, x + SHADES + 1.5 * ENTRY_GAP, at_y, "left");
}

static const char *label_of(const struct mc_page *p, const struct mc_layout *y, size_t panel, int axis)
{
	return p->names ? p->names[2 * (panel % y->columns) + (size_t)axis] : axis == 0 ? p->xlabel : p->ylabel;
}

/*
 * Titles and the names of the axes: at the left of a row, below the last panel of a column.
 * gnuplot's own would stand elsewhere in each kind of picture.
 */
static void put_panel_labels(FILE *to, const struct mc_page *p, const struct mc_layout *y)
{
	for (size_t i = 0; i < p->panels; i++) {
		const double middle = mc_page_width(p, y, i) / 2, height = height_of(p, y, i / y->columns);
		double x0, y0;

		if (p->panel[i] == NULL)
			continue;
		panel_at(p, y, i, &x0, &y0);
		put_label(to, y, p->panel[i], x0 + middle, y0 - y->panel_title * 0.45, "center");
		if (is_lowest(p, y, i))
			put_label(to, y, label_of(p, y, i, 0), x0 + middle, y0 + height + XLABEL_AT, "center");
		if (i % y->columns == 0 && p->row)
			put_label(to, y, p->row[i / y->columns], x0 - p->left - (*p->ylabel ? ROW_NAME_AT : YLABEL_AT),
			    y0 + height / 2, "center rotate by 90");
		else if (i % y->columns == 0 && !p->grid && !p->names)
			put_label(to, y, p->ylabel, x0 - p->left - YLABEL_AT, y0 + height / 2, "center rotate by 90");
		if (p->names)
			put_label(to, y, label_of(p, y, i, 1), x0 - ROW_NAME_AT, y0 + height / 2, "center rotate by 90");
	}
	if (p->grid) /* one for all */
		put_label(to, y, p->ylabel, y->left - YLABEL_AT - (p->row ? ROW_NAME / 2 : 0), y->panels_y + panels_height(p, y) / 2,
		    "center rotate by 90");
}

/* On a plot of nothing that fills the page. */
void mc_page_end(FILE *to, const struct mc_page *p, const struct mc_layout *y, const struct mc_legend *l)
{
	const size_t width = (size_t)((y->w - 2 * EDGE) / CAPTION_CHARACTER);
	double at_y = y->h - EDGE - ((double)y->caption_lines - 0.5) * CAPTION_LINE;
	char how[64];

	fputs("\n# title, legend, caption\n"
	    "unset border; unset tics; unset grid; unset xzeroaxis; unset logscale y\n"
	    "set lmargin at screen 0; set rmargin at screen 1; set bmargin at screen 0; set tmargin at screen 1\n", to);
	if (p->title) {
		snprintf(how, sizeof how, "center font ',%d'", y->size.title);
		put_label(to, y, p->title, y->w / 2, EDGE + 10, how);
	}
	put_legend(to, y, l);
	if (p->shades)
		put_shades(to, y, p->shades);
	put_panel_labels(to, p, y);
	snprintf(how, sizeof how, "center font ',%d' textcolor rgb '#505050'", y->size.small);
	for (const char *s = p->caption; *s; at_y += CAPTION_LINE) {
		char part[2048]; /* a character takes four bytes at most */
		const size_t n = mc_text_line(s, width < sizeof part / 4 ? width : sizeof part / 4 - 1);

		snprintf(part, sizeof part, "%.*s", (int)n, s);
		put_label(to, y, part, y->w / 2, at_y, how);
		for (s += n; *s == ' '; s++)
			;
	}
	fputs("plot [0:1] [0:1] NaN notitle\nunset multiplot\n", to);
}

/* ---- text ---- */

void mc_put_marks(FILE *to, const char *s, size_t n, const struct mc_legend *l, const struct mc_canvas *c)
{
	unsigned now = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned rgb = 0;

		for (size_t k = 0; c->colour && k < l->n; k++)
			if (l->entry[k].mark == s[i])
				rgb = l->entry[k].rgb;
		if (rgb != now)
			mc_put_colour(to, rgb, c);
		now = rgb;
		fputc(s[i], to);
	}
	if (now)
		mc_put_colour(to, 0, c);
}

/* Rows that the legend takes, an entry being "name *****" and three spaces. */
static size_t text_legend(FILE *to, const struct mc_legend *l, const struct mc_canvas *c)
{
	size_t rows = 1, column = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct mc_entry *n = &l->entry[i];
		const size_t width = mc_text_width(n->name) + 9;
		char mark[6] = "";

		if (column + width > c->columns && column > 0) {
			rows++;
			column = 0;
			if (to)
				fputc('\n', to);
		}
		column += width;
		if (to == NULL)
			continue;
		fputs("   ", to);
		memset(mark, n->mark, sizeof mark - 1);
		mc_put_text(to, n->name, c->utf8, 0);
		fputc(' ', to);
		mc_put_marks(to, mark, 5, l, c);
	}
	if (to)
		fputc('\n', to);
	return rows;
}

size_t mc_page_text_rows(const struct mc_page *p, const struct mc_legend *l, const struct mc_canvas *c)
{
	return (p->title != NULL) + (l ? text_legend(NULL, l, c) : 0) + mc_text_lines(p->caption, c->columns);
}

void mc_page_text_begin(FILE *to, const struct mc_page *p, const struct mc_canvas *c)
{
	if (p->title)
		mc_put_centred(to, p->title, c);
}

void mc_page_text_panel(FILE *to, const struct mc_page *p, size_t panel, const struct mc_canvas *c)
{
	const char *row = p->row ? p->row[panel / p->columns] : "";
	char heading[240];

	snprintf(heading, sizeof heading, "%s%s%s%s%s", p->panel[panel], *row ? ", " : "", row, *p->ylabel ? ", " : "", p->ylabel);
	mc_put_centred(to, heading, c);
}

void mc_page_text_end(FILE *to, const struct mc_page *p, const struct mc_legend *l, const struct mc_canvas *c)
{
	if (l)
		text_legend(to, l, c);
	mc_put_wrapped(to, p->caption, c);
}
