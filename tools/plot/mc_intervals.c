#include "mc_intervals.h"

#include <math.h>
#include <string.h>

#include "mc_axis.h"
#include "mc_gnuplot.h"

static int make_legend(struct mc_legend *l, const struct mc_intervals *v, struct mc_err *e)
{
	if (mc_legend_make(l, v->of, sizeof *v->of, v->n, e) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		l->entry[i].sample = MC_SAMPLE_DISC;
	return 0;
}

/* The place of a point in its panel: so many stand before it. */
static size_t place_of(const struct mc_intervals *v, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < i; k++)
		n += v->of[k].panel == v->of[i].panel;
	return n;
}

/* ---- the numbers ---- */

static void put_number(FILE *to, double v)
{
	if (isnan(v))
		fputs(" NaN", to);
	else
		fprintf(to, " %.7g", v);
}

static void put_data(FILE *to, const void *of)
{
	const struct mc_intervals *v = of;

	for (size_t i = 0; i < v->n; i++) {
		const struct mc_interval *x = &v->of[i];
		const size_t at = place_of(v, i);

		fprintf(to, "%s# ", i ? "\n\n" : "");
		mc_put_text(to, v->page.panel[x->panel], 1, 0);
		fputs(", ", to);
		mc_put_text(to, x->name, 1, 0);
		fprintf(to, ": x value low high\n%zu", at);
		put_number(to, x->value);
		put_number(to, x->lo);
		put_number(to, x->hi);
		fputs("\n\n\n# single values: x value\n", to);
		for (size_t k = 0; k < x->n; k++)
			fprintf(to, "%zu %.7g\n", at, x->each[k]);
	}
}

/* Of all that is in a panel. */
static void find_range(const struct mc_intervals *v, size_t panel, double *lowest, double *highest)
{
	double min = HUGE_VAL, max = -HUGE_VAL;

	for (size_t i = 0; i < v->n; i++) {
		const struct mc_interval *x = &v->of[i];

		if (x->panel != panel)
			continue;
		min = fmin(min, fmin(x->value, x->lo)); /* fmin and fmax pass over NaN */
		max = fmax(max, fmax(x->value, x->hi));
		for (size_t k = 0; k < x->n; k++) {
			min = fmin(min, x->each[k]);
			max = fmax(max, x->each[k]);
		}
	}
	*lowest = min;
	*highest = max;
}

static struct mc_axis axis_of(const struct mc_intervals *v, size_t panel)
{
	double min, max;

	find_range(v, panel, &min, &max);
	return mc_axis_fit(min, max);
}

/* ---- a script ---- */

static int put_panel(FILE *to, const void *of, size_t panel, const struct mc_legend *l, const struct mc_layout *y,
    const struct mc_render *r, struct mc_err *e)
{
	enum { EACH, INTERVAL, POINT, LAYERS };
	const struct mc_intervals *v = of;
	const struct mc_axis axis = axis_of(v, panel);
	const char *comma = "plot ";
	size_t n = 0;

	(void)y;
	(void)e;
	for (size_t i = 0; i < v->n; i++)
		n += v->of[i].panel == panel;
	fprintf(to, "set xrange [-0.6:%.1f]\nset yrange [%.10g:%.10g]\nset ytics %.10g\n", (double)n - 0.4, axis.min, axis.max, axis.step);
	for (int layer = 0; layer < LAYERS; layer++)
		for (size_t i = 0; i < v->n; i++) {
			const struct mc_interval *x = &v->of[i];

			if (x->panel != panel || (layer == INTERVAL && isnan(x->lo)) || (layer == EACH && x->n < 2))
				continue;
			fprintf(to, "%s%s index %zu using ", comma, r->source, 2 * i + (layer == EACH));
			if (layer == EACH) /* beside the interval */
				fputs("($1+0.22):2 with points pt 6 ps 0.6 lw 1.2", to);
			else if (layer == INTERVAL)
				fputs("1:3:(0):($4-$3) with vectors heads size graph 0.016,90 lw 2.2", to);
			else
				fputs("1:2 with points pt 7 ps 1.1", to);
			fprintf(to, " lc rgb '#%06X' title ", mc_legend_find(l, x->name)->rgb);
			mc_put_quoted(to, x->name, 1);
			comma = ", \\\n     ";
		}
	fputc('\n', to);
	return 0;
}

static int put_script(FILE *to, const void *of, const struct mc_render *r, struct mc_err *e)
{
	const struct mc_intervals *v = of;
	struct mc_legend l;
	int put;

	if (make_legend(&l, v, e) < 0)
		return -1;
	put = mc_page_put(to, &v->page, &l, &(struct mc_panels){ v, "set border 2\nunset xtics\n", put_panel }, r, e);
	mc_legend_release(&l);
	return put;
}

/* ---- text ---- */

/* Names on the left, numbers on the right, between them the axis of a panel. */
struct field {
	size_t names, width;
	struct mc_axis axis;
};

static size_t column_of(const struct field *f, double v)
{
	const double at = (v - f->axis.min) / (f->axis.max - f->axis.min) * (double)(f->width - 1);

	return (size_t)lround(fmin(fmax(at, 0), (double)(f->width - 1)));
}

/* "meta |      [---@--]      |   -30.31 [-31.20, -29.64]" */
static void put_line(FILE *to, const struct mc_interval *x, const struct mc_legend *l, const struct mc_canvas *c, const struct field *f)
{
	const size_t at = column_of(f, x->value), lo = column_of(f, x->lo), hi = column_of(f, x->hi);
	const int has = !isnan(x->lo);

	fprintf(to, "%*s", (int)(f->names - mc_text_width(x->name)), "");
	mc_put_text(to, x->name, c->utf8, 0);
	fputs(" |", to);
	for (size_t k = 0; k < f->width; k++) {
		const char mark = k == at ? mc_legend_find(l, x->name)->mark : !has || k < lo || k > hi ? ' ' : k == lo ? '[' : k == hi ? ']' : '-';

		mc_put_marks(to, &mark, 1, l, c);
	}
	fprintf(to, "| %8.2f", x->value);
	if (has)
		fprintf(to, " [%.2f, %.2f]", x->lo, x->hi);
	fputc('\n', to);
}

/* The ends of the axis, below it. */
static void put_ends(FILE *to, const struct field *f)
{
	char low[32], high[32];

	snprintf(low, sizeof low, "%.6g", f->axis.min);
	snprintf(high, sizeof high, "%.6g", f->axis.max);
	fprintf(to, "%*s%s%*s\n", (int)f->names + 2, "", low, (int)(f->width > strlen(low) ? f->width - strlen(low) : 1), high);
}

static int put_text(FILE *to, const void *of, const struct mc_canvas *c, struct mc_err *e)
{
	enum { NUMBERS = 9 + 22, LEAST = 12 };
	const struct mc_intervals *v = of;
	struct field f = { .names = 0 };
	struct mc_legend l;

	if (make_legend(&l, v, e) < 0)
		return -1;
	for (size_t i = 0; i < v->n; i++)
		f.names = mc_text_width(v->of[i].name) > f.names ? mc_text_width(v->of[i].name) : f.names;
	f.width = c->columns > f.names + 4 + NUMBERS + LEAST ? c->columns - f.names - 4 - NUMBERS : LEAST;
	mc_page_text_begin(to, &v->page, c);
	for (size_t p = 0; p < v->page.panels; p++) {
		mc_page_text_panel(to, &v->page, p, c);
		f.axis = axis_of(v, p);
		for (size_t i = 0; i < v->n; i++)
			if (v->of[i].panel == p)
				put_line(to, &v->of[i], &l, c, &f);
		put_ends(to, &f);
	}
	mc_page_text_end(to, &v->page, NULL, c);
	mc_legend_release(&l);
	return 0;
}

int mc_intervals_put(const struct mc_intervals *v, const struct mc_picture *p, struct mc_err *e)
{
	for (size_t panel = 0; panel < v->page.panels; panel++) {
		double min, max;

		find_range(v, panel, &min, &max);
		if (mc_axis_check(min, max, e) < 0)
			return -1;
	}
	return mc_picture_put(&(struct mc_drawing){ v, 1, put_script, put_data, put_text }, p, e);
}
