#include "mc_page.h"

#include <math.h>
#include <string.h>

#include "mc_gnuplot.h"
#include "mc_opts.h"

/* At the size that characters have unless another is asked for; mc_layout.scale says how much more. */
enum {
	LEFT = 80, RIGHT = 22, ROW_NAME = 22, ROW_NAME_AT = 48,
	XLABEL = 64, NO_XLABEL = 16, XLABEL_AT = 45, YLABEL_AT = 64, LINE = 20, CAPTION_LINE = 16, EDGE = 10,
	SAMPLE = 26, SAMPLE_GAP = 6, ENTRY_GAP = 24, SHADES = 160, SHADE_STEPS = 40, DISC = 6,
	PLAIN = 13, SMALL = 11, TITLE = 16,
};
#define CAPTION_CHARACTER 6.3  /* mean width of the caption's */
enum { LEAST_WIDTH = 48, LEAST_HEIGHT = 36 }; /* of a panel */
#define MOST 32000.0           /* pixels that a bitmap can be high */

/* ---- layout ---- */

double mc_page_text_width(const char *s, double size)
{
	static const struct { const char *characters; double width; } known[] = {
		{ "ijlI'|.,:;!", 0.29 }, { " ", 0.32 }, { "frt()[]-/\\\"*", 0.39 }, { "mwMWQ%@=+<>", 0.86 },
	};
	double width = 0;

	for (; *s; s++) {
		double w = *s >= 'A' && *s <= 'Z' ? 0.68 : 0.61;

		if (((unsigned char)*s & 0xc0) == 0x80) /* not the first byte of its character */
			continue;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (strchr(known[i].characters, *s))
				w = known[i].width;
		width += w;
	}
	return width * size;
}

static double entry_width(const struct mc_layout *y, const struct mc_entry *n)
{
	return y->scale * (SAMPLE + SAMPLE_GAP + mc_page_text_width(n->name, PLAIN));
}

/* The entries from `first` that fit into a row of the page, and the row's width. */
static size_t legend_row(const struct mc_legend *l, const struct mc_layout *y, size_t first, double *width)
{
	const double room = y->w - 2 * EDGE * y->scale, gap = ENTRY_GAP * y->scale;
	size_t i = first + 1;

	*width = entry_width(y, &l->entry[first]);
	while (i < l->n && *width + gap + entry_width(y, &l->entry[i]) <= room)
		*width += gap + entry_width(y, &l->entry[i++]);
	return i;
}

static size_t columns_of(const struct mc_page *p)
{
	const size_t n = p->panels;

	if (p->columns)
		return p->columns;
	return n <= 3 ? n : n == 4 ? 2 : n <= 6 ? 3 : n <= 8 ? 4 : (size_t)ceil(sqrt((double)n));
}

/* As large as they would be, and the gaps between them. */
static void size_panels(struct mc_layout *y, const struct mc_page *p)
{
	const int one = p->panels == 1;

	y->panel_w = one ? 540 : 280;
	y->panel_h = one ? 330 : 190;
	y->gap_x = 60 + p->left;
	y->gap_y = 40;
	y->panel_title = 32;
	if (p->grid && !one) {
		y->panel_w = p->own_y ? 200 : y->columns > 3 ? 150 : 220;
		y->panel_h = p->own_y || y->columns <= 3 ? 130 : 104;
		y->gap_x = p->own_y ? 58 : 22;
		y->gap_y = 8;
		y->panel_title = 24;
	}
	y->gap_x *= y->scale;
	y->gap_y *= y->scale;
	y->panel_title *= y->scale;
}

static int is_rigid(const struct mc_page *p, const struct mc_layout *y, size_t column)
{
	return column + p->rigid >= y->columns;
}

double mc_page_width(const struct mc_page *p, const struct mc_layout *y, size_t panel)
{
	const size_t column = panel % y->columns;

	return (is_rigid(p, y, column) ? y->scale : y->fx) * (p->width ? p->width[column] : y->panel_w);
}

double mc_page_height(const struct mc_page *p, const struct mc_layout *y, size_t panel)
{
	return y->fy * (p->height ? p->height[panel / y->columns] : y->panel_h);
}

/* Of those that are rigid, or of those that are not. */
static double panels_width(const struct mc_page *p, const struct mc_layout *y, int rigid)
{
	double w = 0;

	for (size_t i = 0; i < y->columns; i++)
		w += is_rigid(p, y, i) == rigid ? mc_page_width(p, y, i) : 0;
	return w;
}

static double panels_height(const struct mc_page *p, const struct mc_layout *y)
{
	double h = 0;

	for (size_t row = 0; row < y->rows; row++)
		h += mc_page_height(p, y, row * y->columns);
	return h;
}

/* What stands beside the panels, with those that keep their width; above, between and below them, once it is known how wide the page is. */
static double around_width(const struct mc_page *p, const struct mc_layout *y)
{
	return y->left + (double)(y->columns - 1) * y->gap_x + RIGHT * y->scale + panels_width(p, y, 1);
}

static double between_height(const struct mc_layout *y)
{
	return (double)(y->rows - 1) * (y->gap_y + y->panel_title);
}

/* Characters of a line of the caption: no more lines than it needs, and those alike. */
static size_t caption_width(const struct mc_layout *y, const char *caption)
{
	size_t width = (size_t)fmax((y->w / y->scale - 2 * EDGE) / CAPTION_CHARACTER, 1);
	const size_t lines = mc_text_lines(caption, width);

	while (width > 1 && mc_text_lines(caption, width - 1) == lines)
		width--;
	return width;
}

/* All but the panels. */
static double stack(struct mc_layout *y, const struct mc_page *p, const struct mc_legend *l)
{
	double width;

	y->legend_rows = p->shades != NULL;
	for (size_t i = 0; i < l->n; i = legend_row(l, y, i, &width))
		y->legend_rows++;
	y->caption_lines = mc_text_lines(p->caption, caption_width(y, p->caption));
	y->legend_y = (EDGE + (p->title ? 30 : 0)) * y->scale;
	y->panels_y = y->legend_y + (double)y->legend_rows * LINE * y->scale + y->panel_title;
	y->below = ((p->names || *p->xlabel ? XLABEL : NO_XLABEL) + (double)y->caption_lines * CAPTION_LINE + EDGE) * y->scale;
	return y->panels_y + between_height(y) + y->below;
}

/* The panels take what the rest leaves; where only the width is asked for, they keep their form. */
static void fit(struct mc_layout *y, const struct mc_page *p, const struct mc_legend *l, double width, double height)
{
	y->w = width > 0 ? width : around_width(p, y) + panels_width(p, y, 0);
	if (width > 0)
		y->fx = (width - around_width(p, y)) / panels_width(p, y, 0);
	if (height > 0)
		y->fy *= (height - stack(y, p, l)) / panels_height(p, y);
	else if (width > 0 && !p->height)
		y->fy = fmax(fmin(y->fx, 1.5), 0.6);
	if (p->square) {
		const double had = panels_width(p, y, 0);

		y->fx = y->fy = height > 0 ? fmin(y->fx, y->fy) : y->fx;
		y->left += (had - panels_width(p, y, 0)) / 2;
	}
	y->h = height > 0 ? height : stack(y, p, l) + panels_height(p, y);
}

/* A PNG is drawn at twice the size, sharp in print and on dense screens, unless it is to have fewer pixels. */
static double density_of(const struct mc_layout *y, const struct mc_render *r)
{
	const double across = r->look->width > 0 ? (double)r->look->width / y->w : 2, down = r->look->height > 0 ? (double)r->look->height / y->h : 2;

	return r->format != MC_FORMAT_PNG ? 1 : fmax(1, fmin(2, fmin(MOST / y->h, fmin(across, down))));
}

/* Does what stands above or below a panel fit beside that of its neighbours? */
static int has_room_for(const struct mc_layout *y, const char *text, double panel)
{
	return mc_page_text_width(text, PLAIN) * y->scale <= panel + fmin(y->columns > 1 ? y->gap_x : HUGE_VAL, 2 * RIGHT * y->scale);
}

static int has_room(const struct mc_page *p, const struct mc_layout *y)
{
	for (size_t i = 0; i < p->panels; i++) {
		const double w = mc_page_width(p, y, i), h = mc_page_height(p, y, i);

		if (!(w >= LEAST_WIDTH * y->scale && h >= LEAST_HEIGHT * y->scale) || (p->panel[i] && !has_room_for(y, p->panel[i], w)))
			return 0;
	}
	return p->height == NULL || p->square || y->fy >= 0.8 * y->scale;
}

int mc_page_lay_out(struct mc_layout *y, const struct mc_page *p, const struct mc_legend *l, const struct mc_render *r,
    struct mc_err *e)
{
	const struct mc_look *look = r->look;
	const double point = r->format == MC_FORMAT_SVG ? 1 : 0.75; /* an SVG counts pixels, the others points */

	*y = (struct mc_layout){ .scale = look->size > 0 ? look->size / PLAIN : 1, .fx = 1, .fy = 1, .font = look->font ? look->font : "sans-serif" };
	y->columns = columns_of(p);
	y->rows = (p->panels + y->columns - 1) / y->columns;
	y->left = (LEFT + p->left + (p->row ? ROW_NAME : 0)) * y->scale;
	y->size = (struct mc_sizes){ round(TITLE * y->scale * point), round(PLAIN * y->scale * point), round(SMALL * y->scale * point) };
	y->fy = p->height && !p->square ? y->scale : 1; /* rows have names */
	size_panels(y, p);
	fit(y, p, l, 0, 0);
	y->density = density_of(y, r);
	if (y->h > MOST && (r->format == MC_FORMAT_PNG || r->format == MC_FORMAT_GIF))
		return mc_usage(e, NULL, "draw fewer at once, or an .svg", "%.0f pixels are higher than such a picture can be", y->h);
	if (!(look->width > 0 || look->height > 0 || look->size > 0))
		return 0;
	fit(y, p, l, (double)look->width / y->density, (double)look->height / y->density);
	if (!has_room(p, y))
		return mc_usage(e, look->height > 0 ? look->width > 0 ? "--width, --height" : "--height" : look->width > 0 ? "--width" : "--font",
		    "try a larger picture, or a smaller --font", "this leaves no room for %zu panel%s", p->panels, p->panels > 1 ? "s" : "");
	return 0;
}

/* Where panel number `panel` has its upper left corner. */
static void panel_at(const struct mc_page *p, const struct mc_layout *y, size_t panel, double *x0, double *y0)
{
	*x0 = y->left;
	for (size_t i = 0; i < panel % y->columns; i++)
		*x0 += mc_page_width(p, y, i) + y->gap_x;
	*y0 = y->panels_y;
	for (size_t row = 0; row < panel / y->columns; row++)
		*y0 += mc_page_height(p, y, row * y->columns) + y->gap_y + y->panel_title;
}

/* Is it the last of its column? */
static int is_lowest(const struct mc_page *p, const struct mc_layout *y, size_t panel)
{
	const size_t below = panel + y->columns;

	return below >= p->panels || p->panel[below] == NULL;
}

/* ---- a script ---- */

/* "NAME,SIZE" in quotes. */
static void put_font(FILE *to, const struct mc_layout *y)
{
	char font[256];

	snprintf(font, sizeof font, "%s,%g", y->font, y->size.plain);
	fputs(" font ", to);
	mc_put_quoted(to, font, 1);
	fputc(' ', to);
}

void mc_page_open(FILE *to, const struct mc_page *p, const struct mc_layout *y, const struct mc_render *r)
{
	const double d = y->density;

	switch (r->format) {
	case MC_FORMAT_SVG:
		fprintf(to, "set terminal svg size %.0f,%.0f noenhanced", y->w, y->h);
		put_font(to, y);
		fputs("background rgb 'white'\n", to);
		break;
	case MC_FORMAT_PNG:
		fprintf(to, "set terminal pngcairo size %.0f,%.0f noenhanced", d * y->w, d * y->h);
		put_font(to, y);
		fprintf(to, "fontscale %.4g linewidth %.4g pointscale %.4g background rgb 'white'\n", d, d, d);
		break;
	case MC_FORMAT_PDF: /* whose characters would be smaller than those of the others */
		fprintf(to, "set terminal pdfcairo size %.4fin,%.4fin noenhanced", y->w / 96, y->h / 96);
		put_font(to, y);
		fputs("fontscale 0.72 linewidth 1.5\n", to);
		break;
	case MC_FORMAT_GIF:
		fprintf(to, "set terminal gif animate delay %d loop 0 optimize size %.0f,%.0f noenhanced", p->delay, y->w, y->h);
		put_font(to, y);
		fputs("background rgb 'white'\n", to);
		break;
	}
	fputs("set encoding utf8\n", to);
	if (r->output) {
		fputs("set output ", to);
		mc_put_quoted(to, r->output, 1);
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
	    1 - y0 / y->h, 1 - (y0 + mc_page_height(p, y, panel)) / y->h);
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
	const double width = SAMPLE * y->scale, disc = DISC * y->scale;
	char fill[24];

	snprintf(fill, sizeof fill, "rgb '#%06X'", n->rgb);
	switch (n->sample) {
	case MC_SAMPLE_DISC:
	case MC_SAMPLE_RING:
		fprintf(to, "set object circle at screen %.5f,%.5f size screen %.5f fc %s fs %s\n", (x + width - disc) / y->w,
		    1 - at_y / y->h, disc / y->w, fill, n->sample == MC_SAMPLE_DISC ? "solid noborder" : "empty border");
		break;
	case MC_SAMPLE_LINE:
	case MC_SAMPLE_ARROW:
		fprintf(to, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f %s lc %s dt %s\n", x / y->w, 1 - at_y / y->h,
		    (x + width) / y->w, 1 - at_y / y->h, n->sample == MC_SAMPLE_LINE ? "nohead lw 3" : "head filled lw 1.5", fill,
		    mc_dash_type(n->dash));
		break;
	}
}

static void put_legend(FILE *to, const struct mc_layout *y, const struct mc_legend *l)
{
	size_t row = 0;
	double width;

	for (size_t i = 0, next; i < l->n; i = next, row++) {
		const double at_y = y->legend_y + ((double)row + 0.5) * LINE * y->scale;

		next = legend_row(l, y, i, &width);
		for (double x = (y->w - width) / 2; i < next; i++) {
			const struct mc_entry *n = &l->entry[i];

			put_sample(to, y, n, x, at_y);
			put_label(to, y, n->name, x + (SAMPLE + SAMPLE_GAP) * y->scale, at_y, "left");
			x += entry_width(y, n) + ENTRY_GAP * y->scale;
		}
	}
}

/* "0 [light to dark] 1   share of requests" */
static void put_shades(FILE *to, const struct mc_layout *y, const char *text)
{
	const double gap = 0.5 * ENTRY_GAP * y->scale, said = mc_page_text_width(text, PLAIN) * y->scale;
	const double shades = fmin(SHADES * y->scale, fmax(y->w - said - 6 * gap, 2 * gap)), step = shades / SHADE_STEPS;
	const double x = (y->w - shades - 3 * gap - said) / 2, at_y = y->legend_y + ((double)y->legend_rows - 0.5) * LINE * y->scale;
	char fill[32];

	put_label(to, y, "0", x - 6 * y->scale, at_y, "right");
	for (int i = 0; i < SHADE_STEPS; i++) {
		snprintf(fill, sizeof fill, "palette frac %.4f", (i + 0.5) / SHADE_STEPS);
		put_box(to, y, x + i * step, at_y, shades - i * step, 11 * y->scale, fill); /* to the end: no seams */
	}
	put_label(to, y, "1", x + shades + 6 * y->scale, at_y, "left");
	put_label(to, y, text, x + shades + 3 * gap, at_y, "left");
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
		const double middle = mc_page_width(p, y, i) / 2, height = mc_page_height(p, y, i), left = p->left * y->scale;
		double x0, y0;

		if (p->panel[i] == NULL)
			continue;
		panel_at(p, y, i, &x0, &y0);
		put_label(to, y, p->panel[i], x0 + middle, y0 - y->panel_title * 0.45, "center");
		if (is_lowest(p, y, i) && (p->names || has_room_for(y, p->xlabel, 2 * middle)))
			put_label(to, y, label_of(p, y, i, 0), x0 + middle, y0 + height + XLABEL_AT * y->scale, "center");
		if (i % y->columns == 0 && p->row)
			put_label(to, y, p->row[i / y->columns], x0 - left - (*p->ylabel ? ROW_NAME_AT : YLABEL_AT) * y->scale,
			    y0 + height / 2, "center rotate by 90");
		else if (i % y->columns == 0 && !p->grid && !p->names)
			put_label(to, y, p->ylabel, x0 - left - YLABEL_AT * y->scale, y0 + height / 2, "center rotate by 90");
		if (p->names)
			put_label(to, y, label_of(p, y, i, 1), x0 - ROW_NAME_AT * y->scale, y0 + height / 2, "center rotate by 90");
	}
	if (!p->names && !has_room_for(y, p->xlabel, mc_page_width(p, y, 0))) /* one for all */
		put_label(to, y, p->xlabel, y->w / 2, y->h - y->below + XLABEL_AT * y->scale, "center");
	if (p->grid) /* one for all */
		put_label(to, y, p->ylabel, y->left - (YLABEL_AT + (p->row ? ROW_NAME / 2 : 0)) * y->scale,
		    y->panels_y + (panels_height(p, y) + between_height(y)) / 2,
		    "center rotate by 90");
}

/* On a plot of nothing that fills the page. */
void mc_page_end(FILE *to, const struct mc_page *p, const struct mc_layout *y, const struct mc_legend *l)
{
	const size_t width = caption_width(y, p->caption);
	double at_y = y->h - (EDGE + ((double)y->caption_lines - 0.5) * CAPTION_LINE) * y->scale;
	char how[64];

	fputs("\n# title, legend, caption\n"
	    "unset border; unset tics; unset grid; unset xzeroaxis; unset logscale y\n"
	    "set lmargin at screen 0; set rmargin at screen 1; set bmargin at screen 0; set tmargin at screen 1\n", to);
	if (p->title) {
		snprintf(how, sizeof how, "center font ',%g'", y->size.title);
		put_label(to, y, p->title, y->w / 2, (EDGE + 10) * y->scale, how);
	}
	put_legend(to, y, l);
	if (p->shades)
		put_shades(to, y, p->shades);
	put_panel_labels(to, p, y);
	snprintf(how, sizeof how, "center font ',%g' textcolor rgb '#505050'", y->size.small);
	for (const char *s = p->caption; *s; at_y += CAPTION_LINE * y->scale) {
		char part[2048]; /* a character takes four bytes at most */
		const size_t n = mc_text_line(s, width < sizeof part / 4 ? width : sizeof part / 4 - 1);

		snprintf(part, sizeof part, "%.*s", (int)n, s);
		put_label(to, y, part, y->w / 2, at_y, how);
		for (s += n; *s == ' '; s++)
			;
	}
	fputs("plot [0:1] [0:1] NaN notitle\nunset multiplot\n", to);
}

int mc_page_put(FILE *to, const struct mc_page *p, const struct mc_legend *l, const struct mc_panels *panels,
    const struct mc_render *r, struct mc_err *e)
{
	struct mc_layout y;

	if (mc_page_lay_out(&y, p, l, r, e) < 0)
		return -1;
	mc_page_open(to, p, &y, r);
	mc_page_begin(to);
	fputs(panels->before, to);
	for (size_t i = 0; i < p->panels; i++) {
		if (p->panel[i] == NULL)
			continue;
		mc_page_panel(to, p, &y, i);
		if (panels->panel(to, panels->of, i, l, &y, r, e) < 0)
			return -1;
	}
	mc_page_end(to, p, &y, l);
	fputs("unset output\n", to);
	return 0;
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
