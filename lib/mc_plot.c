#include "mc_plot.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mc_text.h"

extern char **environ;

/* ---- colours ---- */

/*
 * The palette of Okabe and Ito, which colour-blind readers can tell apart. The methods keep
 * their colour (and, on a terminal, gnuplot's line type, that is the character) in every figure.
 */
struct style {
	const char *name;
	unsigned rgb;
	int type;
	int dash;                 /* 1 = solid */
};

static const struct style known[] = {
	{ "none", 0x000000, 1, 1 },      /* * */
	{ "full", 0xE69F00, 2, 1 },      /* # */
	{ "reinforce", 0x56B4E9, 3, 1 }, /* $ */
	{ "stgs", 0x009E73, 4, 1 },      /* % */
	{ "meta", 0xD55E00, 5, 1 },      /* @ */
	{ NULL, 0x0072B2, 6, 1 },        /* & */
	{ NULL, 0xCC79A7, 7, 1 },        /* = */
	{ NULL, 0x7F7F7F, 8, 1 },        /* * */
	{ "meta, initial rule", 0x404040, 8, 2 },
};
enum { KNOWN = sizeof known / sizeof *known };
static const char type_mark[] = "?*#$%@&=*";

struct entry {
	const char *name;
	struct style style;
	int dash;                 /* 1 until the palette is used up */
};

struct legend {
	struct entry *entry;
	size_t n;
};

/* Shorter than gnuplot's own, which in a small panel are as long as what they should show. */
static const char *dash_type(int dash)
{
	static const char *const type[] = { "1", "(5,3)", "(2,2)", "(8,3,2,3)" };

	return type[(dash - 1) % (int)(sizeof type / sizeof *type)];
}

static int known_style(const char *name)
{
	for (int i = 0; i < KNOWN; i++)
		if (known[i].name && strcmp(known[i].name, name) == 0)
			return i;
	return -1;
}

static const struct entry *find_entry(const struct legend *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->entry[i].name, name) == 0)
			return &l->entry[i];
	return NULL;
}

/*
 * Known names in the palette's order, then the others as they come, on the colours that are left:
 * first those that are no method's, so that a variant is not taken for one.
 */
static int make_legend(struct legend *l, const struct mc_figure *f)
{
	static const int order[] = { 5, 6, 7, 0, 1, 2, 3, 4 }; /* the last style is its own name's alone */
	const int free_styles = sizeof order / sizeof *order;
	unsigned taken = 0;
	int next = 0, dash = 1;

	l->n = 0;
	l->entry = calloc(f->lines + 1, sizeof *l->entry);
	if (l->entry == NULL)
		return -1;
	for (int k = 0; k < KNOWN; k++)
		for (size_t i = 0; i < f->lines; i++)
			if (known_style(f->line[i].name) == k && !find_entry(l, f->line[i].name)) {
				l->entry[l->n++] = (struct entry){ f->line[i].name, known[k], known[k].dash };
				taken |= 1u << k;
			}
	for (size_t i = 0; i < f->lines; i++) {
		if (find_entry(l, f->line[i].name))
			continue;
		while (dash == 1 && next < free_styles && taken >> order[next] & 1)
			next++;
		if (next == free_styles) {
			next = 0;
			dash++;
		}
		l->entry[l->n++] = (struct entry){ f->line[i].name, known[order[next++]], dash };
	}
	return 0;
}

/* ---- text ---- */

/* Length of the UTF-8 sequence that starts at s, 0 if there is none. */
static size_t sequence(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	const size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/*
 * Text that may come from a hostile file: control characters and what is no UTF-8 become
 * '?', and so does all beyond ASCII where the reader cannot show it.
 */
static void put_text(FILE *to, const char *s, int utf8, int quoted)
{
	while (*s) {
		const size_t n = sequence(s);

		if ((n == 1 && (*s < 0x20 || *s == 0x7f)) || n == 0 || (n > 1 && !utf8))
			fputc('?', to);
		else if (*s == '\'' && quoted)
			fputs("''", to);
		else
			fwrite(s, 1, n, to);
		s += n ? n : 1;
	}
}

/* In single quotes gnuplot substitutes nothing. */
static void put_quoted(FILE *to, const char *s, int utf8)
{
	fputc('\'', to);
	put_text(to, s, utf8, 1);
	fputc('\'', to);
}

static size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* How many bytes of s fit into `width` characters, broken at a space where there is one. */
static size_t line_length(const char *s, size_t width)
{
	size_t at = 0, chars = 0, space = 0;

	while (s[at] && chars < width) {
		const size_t n = sequence(s + at);

		if (s[at] == ' ')
			space = at;
		at += n ? n : 1;
		chars++;
	}
	return s[at] == '\0' || s[at] == ' ' || space == 0 ? at : space;
}

static size_t count_lines(const char *s, size_t width)
{
	size_t lines = 0;

	for (; *s; lines++) {
		s += line_length(s, width);
		while (*s == ' ')
			s++;
	}
	return lines;
}

/* ---- the numbers ---- */

void mc_plot_data(FILE *to, const struct mc_figure *f)
{
	for (size_t i = 0; i < f->lines; i++) {
		const struct mc_line *l = &f->line[i];

		fprintf(to, "%s# ", i ? "\n\n" : "");
		if (f->row) {
			put_text(to, f->row[l->panel / f->columns], 1, 0);
			fputs(", ", to);
		}
		put_text(to, f->panel[l->panel], 1, 0);
		fputs(", ", to);
		put_text(to, l->name, 1, 0);
		fputs(f->points ? ": x y low high left right label\n" : l->lo ? ": x y low high\n" : ": x y\n", to);
		for (size_t k = 0; k < l->n; k++) {
			if (isnan(l->y[k])) /* whatever its sign */
				fprintf(to, "%.10g NaN", l->x[k]);
			else
				fprintf(to, "%.10g %.7g", l->x[k], l->y[k]);
			if (l->lo)
				fprintf(to, " %.7g %.7g", l->lo[k], l->hi[k]);
			if (f->points) {
				fprintf(to, " %.7g %.7g \"", f->points[i].xlo[k], f->points[i].xhi[k]);
				put_text(to, f->points[i].label[k], 1, 0);
				fputc('"', to);
			}
			fputc('\n', to);
		}
	}
}

static void put_inline_data(FILE *to, const struct mc_figure *f)
{
	fputs("$data << END_OF_DATA\n", to);
	mc_plot_data(to, f);
	fputs("END_OF_DATA\n", to);
}

static void put_source(FILE *to, const char *data, size_t index)
{
	if (data)
		put_quoted(to, data, 1);
	else
		fputs("$data", to);
	fprintf(to, " index %zu using ", index);
}

/* ---- layout of a picture, in pixels of 1/96 inch from the upper left corner ---- */

enum {
	LEFT = 80, RIGHT = 22, ROW_NAME = 22, ROW_NAME_AT = 48,
	XLABEL = 64, XLABEL_AT = 45, YLABEL_AT = 64, LINE = 20, CAPTION_LINE = 16, EDGE = 10,
	SAMPLE = 26, SAMPLE_GAP = 6, ENTRY_GAP = 24,
};
#define CHARACTER 7.4          /* mean width at the size of the legend, and of the caption: */
#define CAPTION_CHARACTER 6.3

struct layout {
	size_t columns, rows;
	double left;               /* of the first column */
	double panel_w, panel_h, panel_title;
	double gap_x, gap_y;
	double w, h;
	double legend_y, panels_y;
	size_t legend_rows, caption_lines;
};

static double entry_width(const struct entry *n)
{
	return SAMPLE + SAMPLE_GAP + (double)text_width(n->name) * CHARACTER;
}

/* The entries from `first` that fit into a row, and the row's width. */
static size_t legend_row(const struct legend *l, size_t first, double w, double *width)
{
	size_t i = first + 1;

	*width = entry_width(&l->entry[first]);
	while (i < l->n && *width + ENTRY_GAP + entry_width(&l->entry[i]) <= w)
		*width += ENTRY_GAP + entry_width(&l->entry[i++]);
	return i;
}

static size_t columns_of(const struct mc_figure *f)
{
	const size_t n = f->panels;

	if (f->columns)
		return f->columns;
	return n <= 3 ? n : n == 4 ? 2 : n <= 6 ? 3 : n <= 8 ? 4 : (size_t)ceil(sqrt((double)n));
}

static void size_panels(struct layout *y, const struct mc_figure *f)
{
	const int one = f->panels == 1;

	y->panel_w = one ? 540 : 280;
	y->panel_h = one ? 330 : 190;
	y->gap_x = 60;
	y->gap_y = 40;
	y->panel_title = 32;
	if (!f->grid || one)
		return;
	y->panel_w = f->scale ? 190 : y->columns > 3 ? 150 : 220;
	y->panel_h = f->scale || y->columns <= 3 ? 130 : 104;
	y->gap_x = f->scale ? 58 : 12;
	y->gap_y = 8;
	y->panel_title = 24;
}

static void lay_out(struct layout *y, const struct mc_figure *f, const struct legend *l)
{
	double width;

	y->columns = columns_of(f);
	y->rows = (f->panels + y->columns - 1) / y->columns;
	y->left = LEFT + (f->row ? ROW_NAME : 0);
	size_panels(y, f);
	y->w = y->left + (double)y->columns * y->panel_w + (double)(y->columns - 1) * y->gap_x + RIGHT;
	y->legend_rows = 0;
	for (size_t i = 0; i < l->n; i = legend_row(l, i, y->w - 2 * EDGE, &width))
		y->legend_rows++;
	y->caption_lines = count_lines(f->caption, (size_t)((y->w - 2 * EDGE) / CAPTION_CHARACTER));
	y->legend_y = EDGE + (f->title ? 30 : 0);
	y->panels_y = y->legend_y + (double)y->legend_rows * LINE + y->panel_title;
	y->h = y->panels_y + (double)y->rows * y->panel_h + (double)(y->rows - 1) * (y->gap_y + y->panel_title) + XLABEL +
	    (double)y->caption_lines * CAPTION_LINE + EDGE;
}

/* Font sizes of the three kinds of text: titles, everything else, caption. */
struct sizes {
	int title, plain, small;
};

static struct sizes put_terminal(FILE *to, const struct layout *y, enum mc_format format)
{
	const struct sizes pixels = { 16, 13, 11 }, points = { 12, 10, 8 };

	if (format == MC_FORMAT_SVG) {
		fprintf(to, "set terminal svg size %.0f,%.0f noenhanced font 'sans-serif,%d' background rgb 'white'\n",
		    y->w, y->h, pixels.plain);
		return pixels;
	}
	if (format == MC_FORMAT_PNG) /* twice the size: sharp in print and on dense screens */
		fprintf(to, "set terminal pngcairo size %.0f,%.0f noenhanced font 'sans-serif,%d' "
		    "fontscale 2 linewidth 2 background rgb 'white'\n", 2 * y->w, 2 * y->h, points.plain);
	else /* whose characters would be smaller than those of the others */
		fprintf(to, "set terminal pdfcairo size %.4fin,%.4fin noenhanced font 'sans-serif,%d' fontscale 0.72 linewidth 1.5\n",
		    y->w / 96, y->h / 96, points.plain);
	return points;
}

/* Where panel number `panel` has its upper left corner. */
static void panel_at(const struct layout *y, size_t panel, double *x0, double *y0)
{
	*x0 = y->left + (double)(panel % y->columns) * (y->panel_w + y->gap_x);
	*y0 = y->panels_y + (double)(panel / y->columns) * (y->panel_h + y->gap_y + y->panel_title);
}

/* Is it the last of its column? */
static int is_lowest(const struct mc_figure *f, const struct layout *y, size_t panel)
{
	const size_t below = panel + y->columns;

	return below >= f->panels || f->panel[below] == NULL;
}

static void put_yrange(FILE *to, double min, double max)
{
	fputs("set yrange [", to);
	if (isfinite(min))
		fprintf(to, "%g", min);
	else
		fputc('*', to);
	fputc(':', to);
	if (isfinite(max))
		fprintf(to, "%g", max);
	else
		fputc('*', to);
	fputs("]\n", to);
}

/* 1, 2 or 5 times a power of ten: at most five steps in the range. */
static double tic_step(double range)
{
	const double power = pow(10, floor(log10(range / 5)));
	const double want = range / 5 / power; /* in [1, 10) */

	return (want <= 1 ? 1 : want <= 2 ? 2 : want <= 5 ? 5 : 10) * power;
}

/* Smallest and largest value of a panel, bands and all; *min > *max if there is none. */
static void find_range(const struct mc_figure *f, size_t panel, double *min, double *max)
{
	*min = HUGE_VAL;
	*max = -HUGE_VAL;
	for (size_t i = 0; i < f->lines; i++) {
		const struct mc_line *l = &f->line[i];

		for (size_t k = 0; l->panel == panel && k < l->n; k++) { /* fmin and fmax pass over NaN */
			*min = fmin(*min, l->lo ? fmin(l->y[k], l->lo[k]) : l->y[k]);
			*max = fmax(*max, l->hi ? fmax(l->y[k], l->hi[k]) : l->y[k]);
		}
	}
}

/*
 * A panel's own scale. gnuplot's would have a tic every few pixels of a small panel, and none at
 * the ends; powers of ten it does well.
 */
static void put_scale(FILE *to, const struct mc_figure *f, size_t panel)
{
	const struct mc_scale *s = &f->scale[panel];
	double min, max, step;

	fputs(s->log ? "set logscale y\n" : "unset logscale y\n", to);
	if (s->log) {
		fputs("set ytics autofreq\n", to);
		put_yrange(to, s->min, s->max);
		return;
	}
	find_range(f, panel, &min, &max);
	min = isfinite(s->min) ? s->min : min;
	max = isfinite(s->max) ? s->max : max;
	if (!(max - min > 0)) { /* one value, or none at all */
		min = isfinite(min) ? min : 0;
		max = min + (min != 0 ? fabs(min) : 1);
	}
	step = tic_step(max - min);
	put_yrange(to, isfinite(s->min) ? min : step * floor(min / step), isfinite(s->max) ? max : step * ceil(max / step));
	fprintf(to, "set ytics %g\n", step);
}

static void put_panel(FILE *to, const struct mc_figure *f, const struct layout *y, size_t panel)
{
	double x0, y0;

	panel_at(y, panel, &x0, &y0);
	fprintf(to, "\nset lmargin at screen %.5f; set rmargin at screen %.5f\n",
	    x0 / y->w, (x0 + y->panel_w) / y->w);
	fprintf(to, "set tmargin at screen %.5f; set bmargin at screen %.5f\n",
	    1 - y0 / y->h, 1 - (y0 + y->panel_h) / y->h);
	if (f->scale)
		put_scale(to, f, panel);
	if (f->grid) {
		fprintf(to, "set format x %s\n", is_lowest(f, y, panel) ? "'% h'" : "''");
		fprintf(to, "set format y %s\n", f->scale || panel % y->columns == 0 ? "'% h'" : "''");
	}
}

static void put_label(FILE *to, const struct layout *y, const char *text, double x, double at_y, const char *how)
{
	if (*text == '\0')
		return;
	fputs("set label ", to);
	put_quoted(to, text, 1);
	fprintf(to, " at screen %.5f,%.5f %s\n", x / y->w, 1 - at_y / y->h, how);
}

static void put_legend(FILE *to, const struct layout *y, const struct legend *l)
{
	size_t row = 0;
	double width;

	for (size_t i = 0, next; i < l->n; i = next, row++) {
		const double at_y = y->legend_y + ((double)row + 0.5) * LINE;

		next = legend_row(l, i, y->w - 2 * EDGE, &width);
		for (double x = (y->w - width) / 2; i < next; i++) {
			const struct entry *n = &l->entry[i];

			fprintf(to, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead lw 3 lc rgb '#%06X' dt %s\n",
			    x / y->w, 1 - at_y / y->h, (x + SAMPLE) / y->w, 1 - at_y / y->h, n->style.rgb, dash_type(n->dash));
			put_label(to, y, n->name, x + SAMPLE + SAMPLE_GAP, at_y, "left");
			x += entry_width(n) + ENTRY_GAP;
		}
	}
}

/*
 * Titles and the names of the axes: at the left of a row, below the last panel of a column.
 * gnuplot's own would stand elsewhere in each kind of picture.
 */
static void put_panel_labels(FILE *to, const struct mc_figure *f, const struct layout *y)
{
	const double height = (double)y->rows * (y->panel_h + y->gap_y + y->panel_title) - y->gap_y - y->panel_title;

	for (size_t p = 0; p < f->panels; p++) {
		double x0, y0;

		if (f->panel[p] == NULL)
			continue;
		panel_at(y, p, &x0, &y0);
		put_label(to, y, f->panel[p], x0 + y->panel_w / 2, y0 - y->panel_title * 0.45, "center");
		if (is_lowest(f, y, p))
			put_label(to, y, f->xlabel, x0 + y->panel_w / 2, y0 + y->panel_h + XLABEL_AT, "center");
		if (p % y->columns == 0 && f->row)
			put_label(to, y, f->row[p / y->columns], x0 - (*f->ylabel ? ROW_NAME_AT : YLABEL_AT), y0 + y->panel_h / 2, "center rotate by 90");
		else if (p % y->columns == 0 && !f->grid)
			put_label(to, y, f->ylabel, x0 - YLABEL_AT, y0 + y->panel_h / 2, "center rotate by 90");
	}
	if (f->grid) /* one for all */
		put_label(to, y, f->ylabel, y->left - YLABEL_AT - (f->row ? ROW_NAME / 2 : 0), y->panels_y + height / 2,
		    "center rotate by 90");
}

/* Everything around the panels, on a plot of nothing that fills the page. */
static void put_frame(FILE *to, const struct mc_figure *f, const struct layout *y, const struct legend *l,
    struct sizes size)
{
	const size_t width = (size_t)((y->w - 2 * EDGE) / CAPTION_CHARACTER);
	double at_y = y->h - EDGE - ((double)y->caption_lines - 0.5) * CAPTION_LINE;
	char how[64];

	fputs("\n# title, legend, caption\n"
	    "unset border; unset tics; unset grid; unset xzeroaxis; unset logscale y\n"
	    "set lmargin at screen 0; set rmargin at screen 1; set bmargin at screen 0; set tmargin at screen 1\n", to);
	if (f->title) {
		snprintf(how, sizeof how, "center font ',%d'", size.title);
		put_label(to, y, f->title, y->w / 2, EDGE + 10, how);
	}
	put_legend(to, y, l);
	put_panel_labels(to, f, y);
	snprintf(how, sizeof how, "center font ',%d' textcolor rgb '#505050'", size.small);
	for (const char *s = f->caption; *s; at_y += CAPTION_LINE) {
		char part[2048]; /* a character takes four bytes at most */
		const size_t n = line_length(s, width < sizeof part / 4 ? width : sizeof part / 4 - 1);

		snprintf(part, sizeof part, "%.*s", (int)n, s);
		put_label(to, y, part, y->w / 2, at_y, how);
		for (s += n; *s == ' '; s++)
			;
	}
	fputs("plot [0:1] [0:1] NaN notitle\nunset multiplot\n", to);
}

/* x from 0 to the last x of all panels, so that they can be compared. */
static void put_xrange(FILE *to, const struct mc_figure *f)
{
	double max = 0;

	for (size_t i = 0; i < f->lines; i++)
		for (size_t k = f->points || !f->line[i].n ? 0 : f->line[i].n - 1; k < f->line[i].n; k++)
			max = fmax(max, f->points ? f->points[i].xhi[k] : f->line[i].x[k]);
	max = max > 0 ? max / f->xunit : 1;
	if (f->points) /* room for what stands at the ends */
		fprintf(to, "set xrange [%.10g:%.10g]\nset xtics 0,%g\n", -0.04 * max, 1.1 * max, tic_step(max));
	else
		fprintf(to, "set xrange [0:%.10g]\nset xtics %g\n", max, tic_step(max));
}

/* The lines of one panel over their bands; in the legend's order, as gnuplot paints later ones on top. */
static void put_plot(FILE *to, const struct mc_figure *f, size_t panel, const struct legend *l, const char *data)
{
	const char *comma = "plot ";

	for (int bands = 1; bands >= 0; bands--)
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; i < f->lines; i++) {
				const struct entry *n = &l->entry[k];

				if (f->line[i].panel != panel || strcmp(f->line[i].name, n->name) != 0 ||
				    f->line[i].n == 0 || (bands && f->line[i].lo == NULL))
					continue;
				fputs(comma, to);
				put_source(to, data, i);
				if (bands)
					fprintf(to, "($1/%g):3:4 with filledcurves lc rgb '#%06X' title ", f->xunit, n->style.rgb);
				else
					fprintf(to, "($1/%g):2 with lines lw 1.8 lc rgb '#%06X' dt %s title ",
					    f->xunit, n->style.rgb, dash_type(n->dash));
				put_quoted(to, n->name, 1); /* an SVG keeps it, though it shows no key */
				comma = ", \\\n     ";
			}
	fputs(strcmp(comma, "plot ") == 0 ? "plot NaN\n" : "\n", to);
}

/* Points over the lines that join them, labels over all. */
static void put_points(FILE *to, const struct mc_figure *f, size_t panel, const struct legend *l, const char *data, int small)
{
	enum { JOIN, POINT, LABEL, LAYERS };
	const char *comma = "plot ";

	for (int layer = 0; layer < LAYERS; layer++)
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; i < f->lines; i++) {
				const struct entry *n = &l->entry[k];

				if (f->line[i].panel != panel || strcmp(f->line[i].name, n->name) != 0)
					continue;
				fputs(comma, to);
				put_source(to, data, i);
				if (layer == JOIN)
					fprintf(to, "($1/%g):2 with lines lw 0.8", f->xunit);
				else if (layer == POINT)
					fprintf(to, "($1/%g):2:($5/%g):($6/%g):3:4 with xyerrorbars pt 7 ps 0.8 lw 1.2", f->xunit, f->xunit, f->xunit);
				else /* on the side where a line that rises to the right is not */
					fprintf(to, "($1/%g):2:7 with labels right offset -0.5,0.5 font ',%d'", f->xunit, small);
				fprintf(to, layer == LABEL ? " textcolor rgb '#%06X' title " : " lc rgb '#%06X' title ", n->style.rgb);
				put_quoted(to, n->name, 1);
				comma = ", \\\n     ";
			}
	fputc('\n', to);
}

static void put_picture(FILE *to, const struct mc_figure *f, const struct legend *l, enum mc_format format,
    const char *output, const char *data)
{
	struct layout y;
	struct sizes size;

	lay_out(&y, f, l);
	size = put_terminal(to, &y, format);
	fputs("set encoding utf8\n", to);
	if (output) {
		fputs("set output ", to);
		put_quoted(to, output, 1);
		fputc('\n', to);
	}
	if (data == NULL)
		put_inline_data(to, f);
	fputs("set multiplot\n"
	    "unset key\n"
	    "set border 3 lw 0.8 lc rgb '#404040'\n"
	    "set tics nomirror out scale 0.6 textcolor rgb '#202020'\n"
	    "set grid lt 1 lw 0.6 lc rgb '#E4E4E4'\n"
	    "set style fill transparent solid 0.18 noborder\n", to);
	put_xrange(to, f);
	put_yrange(to, f->ymin, f->ymax);
	if (f->grid && !f->scale && isfinite(f->ymin) && isfinite(f->ymax))
		fprintf(to, "set ytics %g\n", tic_step(f->ymax - f->ymin));
	if (f->zero)
		fputs("set xzeroaxis lt 1 lw 0.8 lc rgb '#A0A0A0'\n", to);
	for (size_t p = 0; p < f->panels; p++) {
		if (f->panel[p] == NULL)
			continue;
		put_panel(to, f, &y, p);
		if (f->points)
			put_points(to, f, p, l, data, size.small);
		else
			put_plot(to, f, p, l, data);
	}
	put_frame(to, f, &y, l, size);
	fputs("unset output\n", to);
}

/* ---- a terminal ---- */

void mc_canvas_terminal(struct mc_canvas *c, int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	struct winsize w;

	*c = (struct mc_canvas){ MC_FORMAT_TEXT, 80, 24, 0, 0 };
	if (locale != (locale_t)0) {
		c->utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
		freelocale(locale);
	}
	if (!isatty(fd))
		return;
	c->colour = (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0;
	if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20 && w.ws_row >= 10) {
		c->columns = w.ws_col;
		c->rows = w.ws_row;
	}
}

/*
 * Text in which runs of a line's character get its colour, of the 6 x 6 x 6 that terminals
 * have. Black would vanish on a dark terminal: it stays what the terminal writes in.
 */
static void put_marks(FILE *to, const char *s, size_t n, const struct legend *l, const struct mc_canvas *c)
{
	unsigned now = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned rgb = 0;

		for (size_t k = 0; c->colour && k < l->n; k++)
			if (type_mark[l->entry[k].style.type] == s[i])
				rgb = l->entry[k].style.rgb;
		if (rgb != now && rgb != 0)
			fprintf(to, "\033[38;5;%um", 16 + 36 * (((rgb >> 16) * 5 + 127) / 255) +
			    6 * (((rgb >> 8 & 255) * 5 + 127) / 255) + ((rgb & 255) * 5 + 127) / 255);
		else if (rgb != now)
			fputs("\033[0m", to);
		now = rgb;
		fputc(s[i], to);
	}
	if (now)
		fputs("\033[0m", to);
}

/* Rows that the legend takes, an entry being "name *****" and three spaces. */
static size_t text_legend(FILE *to, const struct legend *l, const struct mc_canvas *c)
{
	size_t rows = 1, column = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct style *s = &l->entry[i].style;
		const size_t width = text_width(l->entry[i].name) + 9;
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
		memset(mark, type_mark[s->type], sizeof mark - 1);
		put_text(to, l->entry[i].name, c->utf8, 0);
		fputc(' ', to);
		put_marks(to, mark, 5, l, c);
	}
	if (to)
		fputc('\n', to);
	return rows;
}

enum { GRID_ROWS = 14 }; /* of a small panel */

/* A page for each panel, axes and lines only: the text around them is put_pages'. */
static void put_text_script(FILE *to, const struct mc_figure *f, const struct legend *l,
    const struct mc_canvas *c, const char *data)
{
	const size_t around = 2 + (f->title != NULL) + text_legend(NULL, l, c) + count_lines(f->caption, c->columns);
	const size_t whole = c->rows > around + 8 ? c->rows - around : 8;
	const size_t rows = f->grid && whole > GRID_ROWS ? GRID_ROWS : whole;

	fprintf(to, "set terminal dumb size %zu,%zu noenhanced mono\n", c->columns, rows);
	if (c->utf8)
		fputs("set encoding utf8\n", to);
	if (data == NULL)
		put_inline_data(to, f);
	fputs("unset key\nset border 3\nset tics nomirror scale 0.5\nset tmargin 0\nset bmargin 3\nset xlabel offset 0,0.5\nset xlabel ", to);
	put_quoted(to, f->xlabel, c->utf8);
	fputc('\n', to);
	put_xrange(to, f);
	put_yrange(to, f->ymin, f->ymax);
	for (size_t p = 0; p < f->panels; p++) {
		const char *comma = "plot ";

		if (f->panel[p] == NULL)
			continue;
		if (f->scale)
			put_scale(to, f, p);
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; i < f->lines; i++)
				if (f->line[i].panel == p && f->line[i].n > 0 && strcmp(f->line[i].name, l->entry[k].name) == 0) {
					fputs(comma, to);
					put_source(to, data, i);
					if (f->points)
						fprintf(to, "($1/%g):2:3:4 with yerrorbars pt 0 lt %d", f->xunit, l->entry[k].style.type);
					else
						fprintf(to, "($1/%g):2 with lines lt %d", f->xunit, l->entry[k].style.type);
					if (f->points) {
						fputs(", ", to);
						put_source(to, data, i);
						fprintf(to, "($1/%g):2:7 with labels left offset 2,0", f->xunit);
					}
					comma = ", \\\n     ";
				}
		fputs(strcmp(comma, "plot ") == 0 ? "plot NaN\n" : "\n", to);
	}
}

/* gnuplot's pages (a form feed before each), stripped of blanks at line ends and empty lines around. */
static void put_page(FILE *to, const char *page, size_t len, const struct legend *l, const struct mc_canvas *c)
{
	size_t blank = 0;
	int started = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(page + at, '\n', len - at);
		const size_t whole = end ? (size_t)(end - page) - at : len - at;
		size_t n = whole;

		while (n > 0 && page[at + n - 1] == ' ')
			n--;
		if (n > 0) {
			for (; started && blank > 0; blank--)
				fputc('\n', to);
			blank = 0;
			started = 1;
			put_marks(to, page + at, n, l, c);
			fputc('\n', to);
		} else {
			blank++;
		}
		at += whole + 1;
	}
}

static void put_centred(FILE *to, const char *s, const struct mc_canvas *c)
{
	const size_t width = text_width(s);

	fprintf(to, "%*s", (int)(width < c->columns ? (c->columns - width) / 2 : 0), "");
	put_text(to, s, c->utf8, 0);
	fputc('\n', to);
}

static void put_pages(FILE *to, const struct mc_figure *f, const struct legend *l,
    const struct mc_canvas *c, const char *pages, size_t len)
{
	const char *end = pages + len;

	if (f->title)
		put_centred(to, f->title, c);
	for (size_t p = 0; p < f->panels && pages < end; p++) {
		const char *page = memchr(pages, '\f', (size_t)(end - pages)), *next;
		const char *row = f->row ? f->row[p / f->columns] : "";
		char heading[240];

		if (f->panel[p] == NULL)
			continue;
		page = page ? page + 1 : pages;
		next = memchr(page, '\f', (size_t)(end - page));
		snprintf(heading, sizeof heading, "%s%s%s%s%s", f->panel[p], *row ? ", " : "", row, *f->ylabel ? ", " : "", f->ylabel);
		put_centred(to, heading, c);
		put_page(to, page, (size_t)((next ? next : end) - page), l, c);
		pages = next ? next : end;
	}
	text_legend(to, l, c);
	for (const char *s = f->caption; *s;) {
		const size_t n = line_length(s, c->columns);
		char part[512];

		snprintf(part, sizeof part, "%.*s", (int)n, s);
		put_centred(to, part, c);
		for (s += n; *s == ' '; s++)
			;
	}
}

/* ---- running gnuplot ---- */

int mc_plot_script(FILE *to, const struct mc_figure *f, const struct mc_canvas *c,
    const char *output, const char *data, struct mc_err *e)
{
	struct legend l;

	if (make_legend(&l, f) < 0)
		return mc_err_nomem(e, "picture", (f->lines + 1) * sizeof *l.entry);
	if (c->format == MC_FORMAT_TEXT)
		put_text_script(to, f, &l, c, data);
	else
		put_picture(to, f, &l, c->format, output, data);
	free(l.entry);
	return 0;
}

static int read_back(FILE *from, char **bytes, size_t *len, struct mc_err *e)
{
	const long size = fseek(from, 0, SEEK_END) == 0 ? ftell(from) : -1;

	if (size < 0 || fseek(from, 0, SEEK_SET) != 0)
		return mc_err_errno(e, MC_IOERR, "temporary file", NULL, "cannot read gnuplot's output");
	*bytes = malloc((size_t)size + 1);
	if (*bytes == NULL)
		return mc_err_nomem(e, "picture", (size_t)size + 1);
	*len = fread(*bytes, 1, (size_t)size, from);
	(*bytes)[*len] = '\0';
	return 0;
}

/* Its last line says what is wrong. */
static int gnuplot_failed(FILE *messages, int status, struct mc_err *e)
{
	char *text, *line;
	size_t len;

	if (read_back(messages, &text, &len, e) < 0)
		return -1;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	line += strspn(line, " ");
	if (WIFSIGNALED(status))
		mc_err_set(e, MC_IOERR, "gnuplot", -1, NULL, "killed by signal %d", WTERMSIG(status));
	else
		mc_err_set(e, MC_IOERR, "gnuplot", -1, NULL, "failed: %s",
		    *line ? line : "it gave no picture and no message; is the temporary folder full?");
	free(text);
	return -1;
}

static int spawn(pid_t *pid, FILE *in, FILE *out, FILE *err)
{
	/* -d: no settings of the user's own, so that everybody gets the same picture */
	char name[] = "gnuplot", settings[] = "-d", standard_input[] = "-";
	char *const argv[] = { name, settings, standard_input, NULL };
	posix_spawn_file_actions_t acts;
	int r = posix_spawn_file_actions_init(&acts);

	if (r != 0)
		return r;
	r = posix_spawn_file_actions_adddup2(&acts, fileno(in), 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&acts, fileno(out), 1);
	r = r ? r : posix_spawn_file_actions_adddup2(&acts, fileno(err), 2);
	r = r ? r : posix_spawnp(pid, "gnuplot", &acts, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	return r;
}

/* The script is in `in`, from its start. */
static int run_gnuplot(FILE *in, char **bytes, size_t *len, struct mc_err *e)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int r = -1, status = 0, spawned;
	pid_t pid;

	if (out == NULL || err == NULL) {
		mc_err_errno(e, MC_CANTCREAT, "temporary file", NULL, "cannot create");
		goto done;
	}
	spawned = spawn(&pid, in, out, err);
	if (spawned == ENOENT || spawned == EACCES) {
		mc_err_set(e, MC_UNAVAILABLE, "gnuplot", -1, "install gnuplot-nox", "not found");
		goto done;
	}
	if (spawned != 0) {
		errno = spawned;
		mc_err_errno(e, MC_OSERR, "gnuplot", NULL, "cannot start");
		goto done;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			mc_err_errno(e, MC_OSERR, "gnuplot", NULL, "cannot wait for it");
			goto done;
		}
	if (status != 0)
		gnuplot_failed(err, status, e);
	else if ((r = read_back(out, bytes, len, e)) == 0 && *len == 0) {
		free(*bytes);
		r = gnuplot_failed(err, status, e);
	}
done:
	if (out)
		fclose(out);
	if (err)
		fclose(err);
	return r;
}

/* What gnuplot drew for a terminal, with the text around it. */
static int dress(const struct mc_figure *f, const struct mc_canvas *c, char **bytes, size_t *len, struct mc_err *e)
{
	char *drawn = *bytes;
	struct mc_text text;
	struct legend l = { NULL, 0 };
	int r = make_legend(&l, f) < 0 ? mc_err_nomem(e, "picture", *len) : mc_text_open(&text, e);

	if (r == 0) {
		put_pages(text.to, f, &l, c, drawn, *len);
		r = mc_text_take(&text, bytes, len, e);
	}
	free(l.entry);
	free(drawn);
	return r;
}

int mc_plot_render(const struct mc_figure *f, const struct mc_canvas *c, char **bytes, size_t *len,
    struct mc_err *e)
{
	FILE *script = tmpfile();
	int r = -1;

	if (script == NULL)
		return mc_err_errno(e, MC_CANTCREAT, "temporary file", NULL, "cannot create");
	if (mc_plot_script(script, f, c, NULL, NULL, e) < 0)
		r = -1;
	else if (fflush(script) != 0 || ferror(script) || lseek(fileno(script), 0, SEEK_SET) != 0)
		mc_err_errno(e, MC_IOERR, "temporary file", NULL, "cannot write the script for gnuplot");
	else
		r = run_gnuplot(script, bytes, len, e);
	fclose(script);
	if (r == 0 && c->format == MC_FORMAT_TEXT)
		r = dress(f, c, bytes, len, e);
	return r;
}

/* ---- formats ---- */

int mc_format_of(const char *path, enum mc_format *format, struct mc_err *e)
{
	static const struct { const char *ending; enum mc_format format; } known_format[] = {
		{ ".svg", MC_FORMAT_SVG }, { ".png", MC_FORMAT_PNG }, { ".pdf", MC_FORMAT_PDF },
	};
	const size_t len = strlen(path);

	for (size_t i = 0; i < sizeof known_format / sizeof *known_format; i++)
		if (len > 4 && strcmp(path + len - 4, known_format[i].ending) == 0) {
			*format = known_format[i].format;
			return 0;
		}
	return mc_err_set(e, MC_USAGE, path, -1, "end its name in .svg, .png or .pdf", "unknown kind of picture");
}
