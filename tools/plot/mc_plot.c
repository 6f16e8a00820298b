#include "mc_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_axis.h"
#include "mc_gnuplot.h"
#include "mc_page.h"
#include "mc_palette.h"
#include "mc_text.h"

/* ---- the numbers ---- */

/* A block for each line that has points, for gnuplot counts no others. */
static void put_data(FILE *to, const void *of)
{
	const struct mc_figure *f = of;
	const char *before = "# ";

	for (size_t i = 0; i < f->lines; i++) {
		const struct mc_line *l = &f->line[i];

		if (l->n == 0)
			continue;
		fputs(before, to);
		before = "\n\n# ";
		if (f->page.row) {
			mc_put_text(to, f->page.row[l->panel / f->page.columns], 1, 0);
			fputs(", ", to);
		}
		mc_put_text(to, f->page.panel[l->panel], 1, 0);
		fputs(", ", to);
		mc_put_text(to, l->name, 1, 0);
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
				mc_put_text(to, f->points[i].label[k], 1, 0);
				fputc('"', to);
			}
			fputc('\n', to);
		}
	}
}

/* The block of this line. */
static void put_source(FILE *to, const struct mc_figure *f, const char *source, size_t line)
{
	size_t index = 0;

	for (size_t i = 0; i < line; i++)
		index += f->line[i].n > 0;
	fprintf(to, "%s index %zu using ", source, index);
}

/* ---- axes ---- */

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

/* A panel's own y: all that is in it, to the next tics where the figure does not set an end. */
static struct mc_axis own_range(const struct mc_figure *f, size_t panel)
{
	const struct mc_scale for_all = { f->ymin, f->ymax, 0 }, *s = f->scale ? &f->scale[panel] : &for_all;
	struct mc_axis r;

	find_range(f, panel, &r.min, &r.max);
	r = mc_axis_fit(isfinite(s->min) ? s->min : r.min, isfinite(s->max) ? s->max : r.max);
	r.min = isfinite(s->min) ? s->min : r.min;
	r.max = isfinite(s->max) && s->max > r.min ? s->max : r.max;
	return r;
}

/*
 * The same, said. gnuplot's own would have a tic every few pixels of a small panel, and none at the
 * ends; powers of ten it does well.
 */
static void put_scale(FILE *to, const struct mc_figure *f, size_t panel)
{
	const struct mc_scale *s = f->scale ? &f->scale[panel] : NULL;
	struct mc_axis r;

	fputs(s && s->log ? "set logscale y\n" : "unset logscale y\n", to);
	if (s && s->log) {
		fputs("set ytics autofreq\n", to);
		put_yrange(to, s->min, s->max);
		return;
	}
	r = own_range(f, panel);
	put_yrange(to, r.min, r.max);
	fprintf(to, "set ytics %g\n", r.step);
}

/* x from 0 to the last x of all panels, so that they can be compared. */
static struct mc_axis x_range(const struct mc_figure *f)
{
	double max = 0;

	for (size_t i = 0; i < f->lines; i++)
		for (size_t k = f->points || !f->line[i].n ? 0 : f->line[i].n - 1; k < f->line[i].n; k++)
			max = fmax(max, f->points ? f->points[i].xhi[k] : f->line[i].x[k]);
	max = max > 0 ? max / f->xunit : 1;
	if (f->points) /* room for what stands at the ends */
		return (struct mc_axis){ -0.04 * max, 1.1 * max, mc_axis_step(max) };
	return (struct mc_axis){ 0, max, mc_axis_step(max) };
}

static void put_xrange(FILE *to, const struct mc_figure *f)
{
	const struct mc_axis x = x_range(f);

	fprintf(to, "set xrange [%.10g:%.10g]\nset xtics %s%g\n", x.min, x.max, f->points ? "0," : "", x.step);
}

/* No two of its points are joined: a line through them would show nothing. */
static int is_dotted(const struct mc_line *l)
{
	for (size_t k = 1; k < l->n; k++)
		if (!isnan(l->y[k - 1]) && !isnan(l->y[k]))
			return 0;
	return 1;
}

/* The lines of one panel over their bands; in the legend's order, as gnuplot paints later ones on top. */
static void put_plot(FILE *to, const struct mc_figure *f, size_t panel, const struct mc_legend *l, const char *source)
{
	enum { BAND, LOW, HIGH, LINE, LAYERS };
	const char *comma = "plot ";

	for (int layer = 0; layer < LAYERS; layer++)
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; i < f->lines; i++) {
				const struct mc_entry *n = &l->entry[k];

				if (f->line[i].panel != panel || strcmp(f->line[i].name, n->name) != 0 ||
				    f->line[i].n == 0 || (layer != LINE && f->line[i].lo == NULL) ||
				    ((layer == LOW || layer == HIGH) && !f->edges))
					continue;
				fputs(comma, to);
				put_source(to, f, source, i);
				if (layer == BAND)
					fprintf(to, "($1/%g):3:4 with filledcurves%s lc rgb '#%06X' title ", f->xunit,
					    f->edges ? " fs transparent solid 0.1" : "", n->rgb);
				else if (layer != LINE)
					fprintf(to, "($1/%g):%d with lines lw 0.7 lc rgb '#80%06X' title ", f->xunit,
					    layer == LOW ? 3 : 4, n->rgb);
				else if (is_dotted(&f->line[i]))
					fprintf(to, "($1/%g):2 with points pt 7 ps 0.6 lc rgb '#%06X' title ", f->xunit, n->rgb);
				else
					fprintf(to, "($1/%g):2 with lines lw 1.8 lc rgb '#%06X' dt %s title ",
					    f->xunit, n->rgb, mc_dash_type(n->dash));
				mc_put_quoted(to, n->name, 1); /* an SVG keeps it, though it shows no key */
				comma = ", \\\n     ";
			}
	fputs(strcmp(comma, "plot ") == 0 ? "plot NaN\n" : "\n", to);
}

/* ---- labels of points ---- */

struct box {
	double left, right, low, high; /* pixels from the panel's lower left corner */
};

/* How many lines of text this box must rise to be clear of the others. */
static int clear_by(const struct box *b, double line, const struct box *other, size_t others)
{
	int rise = 0;

	for (size_t i = 0; i < others; i++)
		if (b->left < other[i].right && other[i].left < b->right && b->low + rise * line < other[i].high &&
		    other[i].low < b->high + rise * line) {
			rise++;
			i = (size_t)-1; /* again, from there */
		}
	return rise;
}

static void put_point_label(FILE *to, const char *text, double x, double y, unsigned rgb, double size)
{
	fputs("set label ", to);
	mc_put_quoted(to, text, 1);
	fprintf(to, " at %.10g,%.10g right offset -0.5,0.5 front font ',%g' textcolor rgb '#%06X'\n", x, y, size, rgb);
}

/*
 * Beside each point on the side where a line that rises to the right is not; one above the other
 * where points are so close that they would cover each other.
 */
static int put_point_labels(FILE *to, const struct mc_figure *f, size_t panel, const struct mc_legend *l,
    const struct mc_layout *at, struct mc_err *e)
{
	const struct mc_axis x = x_range(f), y = own_range(f, panel);
	const double width = mc_page_width(&f->page, at, panel), height = mc_page_height(&f->page, at, panel);
	const double line = 13 * at->scale, character = 7 * at->scale;
	struct box *box;
	size_t n = 0, boxes = 0;

	for (size_t i = 0; i < f->lines; i++)
		n += f->line[i].n;
	box = calloc(n + 1, sizeof *box);
	if (box == NULL)
		return mc_err_nomem(e, "labels", n * sizeof *box);
	for (size_t k = 0; k < l->n; k++)
		for (size_t i = 0; i < f->lines; i++) {
			const struct mc_line *on = &f->line[i];

			if (on->panel != panel || strcmp(on->name, l->entry[k].name) != 0)
				continue;
			for (size_t p = 0; p < on->n; p++) {
				const char *text = f->points[i].label[p];
				const double right = (on->x[p] / f->xunit - x.min) / (x.max - x.min) * width;
				const double low = (on->y[p] - y.min) / (y.max - y.min) * height;
				const struct box b = { right - character * ((double)mc_text_width(text) + 0.5), right, low, low + line };
				int rise;

				if (!*text || !isfinite(on->y[p]))
					continue;
				rise = clear_by(&b, line, box, boxes);
				box[boxes++] = (struct box){ b.left, b.right, b.low + rise * line, b.high + rise * line };
				put_point_label(to, text, on->x[p] / f->xunit, on->y[p] + rise * line / height * (y.max - y.min),
				    l->entry[k].rgb, at->size.small);
			}
		}
	free(box);
	return 0;
}

/* Points over the lines that join them. */
static void put_points(FILE *to, const struct mc_figure *f, size_t panel, const struct mc_legend *l, const char *source)
{
	enum { JOIN, POINT, LAYERS };
	const char *comma = "plot ";

	for (int layer = 0; layer < LAYERS; layer++)
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; i < f->lines; i++) {
				const struct mc_entry *n = &l->entry[k];

				if (f->line[i].panel != panel || strcmp(f->line[i].name, n->name) != 0)
					continue;
				fputs(comma, to);
				put_source(to, f, source, i);
				if (layer == JOIN)
					fprintf(to, "($1/%g):2 with lines lw 0.8", f->xunit);
				else
					fprintf(to, "($1/%g):2:($5/%g):($6/%g):3:4 with xyerrorbars pt 7 ps 0.8 lw 1.2", f->xunit, f->xunit, f->xunit);
				fprintf(to, " lc rgb '#%06X' title ", n->rgb);
				mc_put_quoted(to, n->name, 1);
				comma = ", \\\n     ";
			}
	fputs("\nunset label\n", to);
}

/* Room that the longest number beside a panel's own scale needs and the page does not have. */
static double more_left(const struct mc_figure *f)
{
	enum { FITS = 6 };        /* characters */
	size_t widest = FITS;

	for (size_t p = 0; p < f->page.panels; p++) {
		const struct mc_axis y = own_range(f, p);

		for (double at = y.min; at < y.max + y.step / 2; at += y.step) {
			const size_t width = (size_t)snprintf(NULL, 0, "%g", at);

			widest = width > widest ? width : widest;
		}
	}
	return 9.0 * (double)(widest - FITS);
}

static int put_panel(FILE *to, const void *of, size_t panel, const struct mc_legend *l, const struct mc_layout *y,
    const struct mc_render *r, struct mc_err *e)
{
	const struct mc_figure *f = of;

	put_xrange(to, f);
	put_scale(to, f, panel);
	if (!f->points) {
		put_plot(to, f, panel, l, r->source);
		return 0;
	}
	if (put_point_labels(to, f, panel, l, y, e) < 0)
		return -1;
	put_points(to, f, panel, l, r->source);
	return 0;
}

static int put_script(FILE *to, const void *of, const struct mc_render *r, struct mc_err *e)
{
	struct mc_figure f = *(const struct mc_figure *)of;
	const struct mc_panels panels = { &f, f.zero ? "set xzeroaxis lt 1 lw 0.8 lc rgb '#A0A0A0'\n" : "", put_panel };
	struct mc_legend l;
	int put;

	if (mc_legend_make(&l, f.line, sizeof *f.line, f.lines, e) < 0)
		return -1;
	f.page.left += f.points ? more_left(&f) : 0;
	put = mc_page_put(to, &f.page, &l, &panels, r, e);
	mc_legend_release(&l);
	return put;
}

/* ---- text ---- */

enum { GRID_ROWS = 14 }; /* of a small panel */

/* A page for each panel, axes and lines only: the text around them is put_pages'. */
static void put_text_script(FILE *to, const struct mc_figure *f, const struct mc_legend *l,
    const struct mc_canvas *c)
{
	const size_t around = 2 + mc_page_text_rows(&f->page, l, c);
	const size_t whole = c->rows > around + 8 ? c->rows - around : 8;
	const size_t rows = f->page.grid && whole > GRID_ROWS ? GRID_ROWS : whole;

	fprintf(to, "set terminal dumb size %zu,%zu noenhanced mono\n", c->columns, rows);
	if (c->utf8)
		fputs("set encoding utf8\n", to);
	fputs("unset key\nset border 3\nset tics nomirror scale 0.5\nset tmargin 0\nset bmargin 3\nset xlabel offset 0,0.5\nset xlabel ", to);
	mc_put_quoted(to, f->page.xlabel, c->utf8);
	fputc('\n', to);
	put_xrange(to, f);
	for (size_t p = 0; p < f->page.panels; p++) {
		const char *comma = "plot ";

		if (f->page.panel[p] == NULL)
			continue;
		put_scale(to, f, p);
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; i < f->lines; i++)
				if (f->line[i].panel == p && f->line[i].n > 0 && strcmp(f->line[i].name, l->entry[k].name) == 0) {
					fputs(comma, to);
					put_source(to, f, "$data", i);
					if (f->points)
						fprintf(to, "($1/%g):2:3:4 with yerrorbars pt 0 lt %d", f->xunit, l->entry[k].type);
					else if (is_dotted(&f->line[i]))
						fprintf(to, "($1/%g):2:('%c') with labels", f->xunit, l->entry[k].mark);
					else
						fprintf(to, "($1/%g):2 with lines lt %d", f->xunit, l->entry[k].type);
					if (f->points) {
						fputs(", ", to);
						put_source(to, f, "$data", i);
						fprintf(to, "($1/%g):2:7 with labels left offset 2,0", f->xunit);
					}
					comma = ", \\\n     ";
				}
		fputs(strcmp(comma, "plot ") == 0 ? "plot NaN\n" : "\n", to);
	}
}

/* gnuplot's pages (a form feed before each), stripped of blanks at line ends and empty lines around. */
static void put_axes(FILE *to, const char *page, size_t len, const struct mc_legend *l, const struct mc_canvas *c)
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
			mc_put_marks(to, page + at, n, l, c);
			fputc('\n', to);
		} else {
			blank++;
		}
		at += whole + 1;
	}
}

/* What gnuplot drew, with the text around it. */
static void dress(FILE *to, const struct mc_figure *f, const struct mc_legend *l, const struct mc_canvas *c, const char *pages,
    size_t len)
{
	const char *end = pages + len;

	mc_page_text_begin(to, &f->page, c);
	for (size_t p = 0; p < f->page.panels && pages < end; p++) {
		const char *page = memchr(pages, '\f', (size_t)(end - pages)), *next;

		if (f->page.panel[p] == NULL)
			continue;
		page = page ? page + 1 : pages;
		next = memchr(page, '\f', (size_t)(end - page));
		mc_page_text_panel(to, &f->page, p, c);
		put_axes(to, page, (size_t)((next ? next : end) - page), l, c);
		pages = next ? next : end;
	}
	mc_page_text_end(to, &f->page, l, c);
}

static int put_text(FILE *to, const void *of, const struct mc_canvas *c, struct mc_err *e)
{
	const struct mc_figure *f = of;
	const struct mc_drawing d = { .of = f, .data = put_data };
	struct mc_legend l = { NULL, 0 };
	FILE *script = tmpfile();
	char *drawn;
	size_t len;
	int r = -1;

	if (script == NULL)
		return mc_err_errno(e, MC_CANTCREAT, "temporary file", NULL, "cannot create");
	if (mc_legend_make(&l, f->line, sizeof *f->line, f->lines, e) == 0) {
		mc_put_data_block(script, &d);
		put_text_script(script, f, &l, c);
		r = mc_gnuplot_run(script, &drawn, &len, e);
	}
	if (r == 0) {
		dress(to, f, &l, c, drawn, len);
		free(drawn);
	}
	mc_legend_release(&l);
	fclose(script);
	return r;
}

/* Of points, x too, which are not steps. */
static int check_numbers(const struct mc_figure *f, struct mc_err *e)
{
	for (size_t panel = 0; panel < f->page.panels; panel++) {
		double min, max;

		find_range(f, panel, &min, &max);
		if (mc_axis_check(min, max, e) < 0)
			return -1;
	}
	for (size_t i = 0; f->points && i < f->lines; i++)
		for (size_t k = 0; k < f->line[i].n; k++)
			if (mc_axis_check(f->points[i].xlo[k], f->points[i].xhi[k], e) < 0)
				return -1;
	return 0;
}

int mc_figure_put(const struct mc_figure *f, const struct mc_picture *p, struct mc_err *e)
{
	if (check_numbers(f, e) < 0)
		return -1;
	return mc_picture_put(&(struct mc_drawing){ f, 1, put_script, put_data, put_text }, p, e);
}
