#include "mc_bars.h"

#include <math.h>
#include <string.h>

static int make_legend(struct mc_legend *l, const struct mc_bars *b, struct mc_err *e)
{
	if (mc_legend_make(l, b->bar, sizeof *b->bar, b->bars, e) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		l->entry[i].sample = MC_SAMPLE_BOX;
	return 0;
}

/* The place of a bar in its panel: so many stand before it. */
static size_t place_of(const struct mc_bars *b, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < i; k++)
		n += b->bar[k].panel == b->bar[i].panel;
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
	const struct mc_bars *b = of;

	for (size_t i = 0; i < b->bars; i++) {
		const struct mc_bar *x = &b->bar[i];
		const size_t at = place_of(b, i);

		fprintf(to, "%s# ", i ? "\n\n" : "");
		mc_put_text(to, b->page.panel[x->panel], 1, 0);
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

/* ---- a script ---- */

/* From zero to all there is, with some room where something ends. */
static void find_range(const struct mc_bars *b, size_t panel, double *min, double *max)
{
	double room;

	*min = *max = 0;
	for (size_t i = 0; i < b->bars; i++) {
		const struct mc_bar *x = &b->bar[i];

		if (x->panel != panel)
			continue;
		*min = fmin(*min, fmin(x->value, x->lo)); /* fmin and fmax pass over NaN */
		*max = fmax(*max, fmax(x->value, x->hi));
		for (size_t k = 0; k < x->n; k++) {
			*min = fmin(*min, x->each[k]);
			*max = fmax(*max, x->each[k]);
		}
	}
	room = *max > *min ? 0.05 * (*max - *min) : 1;
	*max += *max > 0 || !(*min < 0) ? room : 0;
	*min -= *min < 0 ? room : 0;
}

/* Half way to white: what stands on a bar is dark, and so may its colour be. */
static unsigned paler(unsigned rgb)
{
	return (rgb >> 1 & 0x7F7F7F) + 0x808080;
}

static void put_panel(FILE *to, const struct mc_bars *b, size_t panel, const struct mc_legend *l, const char *source)
{
	enum { BAR, INTERVAL, EACH, LAYERS };
	const char *comma = "plot ";
	size_t bars = 0;
	double min, max;

	for (size_t i = 0; i < b->bars; i++)
		bars += b->bar[i].panel == panel;
	find_range(b, panel, &min, &max);
	fprintf(to, "set xrange [-0.7:%.1f]\nset yrange [%.7g:%.7g]\n", (double)bars - 0.3, min, max);
	for (int layer = 0; layer < LAYERS; layer++)
		for (size_t i = 0; i < b->bars; i++) {
			const struct mc_bar *x = &b->bar[i];

			if (x->panel != panel || (layer == INTERVAL && isnan(x->lo)) || (layer == EACH && x->n < 2))
				continue;
			fprintf(to, "%s%s index %zu using ", comma, source, 2 * i + (layer == EACH));
			if (layer == BAR)
				fprintf(to, "1:2 with boxes fs solid border rgb '#%06X' lc rgb '#%06X'", mc_legend_find(l, x->name)->rgb,
				    paler(mc_legend_find(l, x->name)->rgb));
			else if (layer == INTERVAL)
				fputs("1:3:(0):($4-$3) with vectors heads size graph 0.016,90 lw 1.6 lc rgb '#202020'", to);
			else /* beside the interval */
				fputs("($1+0.2):2 with points pt 6 ps 0.5 lw 1.2 lc rgb '#202020'", to);
			fputs(" title ", to);
			mc_put_quoted(to, x->name, 1);
			comma = ", \\\n     ";
		}
	fputc('\n', to);
}

static int put_script(FILE *to, const void *of, const struct mc_render *r, struct mc_err *e)
{
	const struct mc_bars *b = of;
	struct mc_legend l;
	struct mc_layout y;

	if (make_legend(&l, b, e) < 0)
		return -1;
	mc_page_lay_out(&y, &b->page, &l, r->format);
	mc_page_open(to, &b->page, &y, r->format, r->output);
	mc_page_begin(to);
	fputs("set border 2\nunset xtics\nset boxwidth 0.7\nset xzeroaxis lt 1 lw 0.8 lc rgb '#404040'\n", to);
	for (size_t p = 0; p < b->page.panels; p++) {
		mc_page_panel(to, &b->page, &y, p);
		put_panel(to, b, p, &l, r->source);
	}
	mc_page_end(to, &b->page, &y, &l);
	fputs("unset output\n", to);
	mc_legend_release(&l);
	return 0;
}

/* ---- text ---- */

/* "meta  ######------   -85.31 [-89.72, -85.10]": how long a bar is, is its distance from zero. */
static void put_bar_text(FILE *to, const struct mc_bar *x, const struct mc_legend *l, const struct mc_canvas *c, size_t names,
    double longest)
{
	const char mark = mc_legend_find(l, x->name)->mark;
	const size_t taken = names + 2 + 11 + 23, room = c->columns > taken + 10 ? c->columns - taken : 10;
	const size_t n = longest > 0 ? (size_t)lround(fabs(x->value) / longest * (double)room) : 0;

	fprintf(to, "%*s", (int)(names - mc_text_width(x->name)), "");
	mc_put_text(to, x->name, c->utf8, 0);
	fputs("  ", to);
	for (size_t k = 0; k < room; k++)
		mc_put_marks(to, k < n ? &mark : " ", 1, l, c);
	fprintf(to, " %10.2f", x->value);
	if (!isnan(x->lo))
		fprintf(to, " [%.2f, %.2f]", x->lo, x->hi);
	fputc('\n', to);
}

static int put_text(FILE *to, const void *of, const struct mc_canvas *c, struct mc_err *e)
{
	const struct mc_bars *b = of;
	struct mc_legend l;
	size_t names = 0;

	if (make_legend(&l, b, e) < 0)
		return -1;
	for (size_t i = 0; i < b->bars; i++)
		names = mc_text_width(b->bar[i].name) > names ? mc_text_width(b->bar[i].name) : names;
	mc_page_text_begin(to, &b->page, c);
	for (size_t p = 0; p < b->page.panels; p++) {
		double longest = 0;

		mc_page_text_panel(to, &b->page, p, c);
		for (size_t i = 0; i < b->bars; i++)
			longest = b->bar[i].panel == p ? fmax(longest, fabs(b->bar[i].value)) : longest;
		for (size_t i = 0; i < b->bars; i++)
			if (b->bar[i].panel == p)
				put_bar_text(to, &b->bar[i], &l, c, names, longest);
	}
	mc_page_text_end(to, &b->page, NULL, c);
	mc_legend_release(&l);
	return 0;
}

int mc_bars_put(const struct mc_bars *b, const struct mc_picture *p, struct mc_err *e)
{
	return mc_picture_put(&(struct mc_drawing){ b, 1, put_script, put_data, put_text }, p, e);
}
