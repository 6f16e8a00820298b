/*
 * The page that every picture is: panels in rows, a legend above them, titles and the names of
 * the axes around them, a caption below. What stands in a panel is the picture's own.
 *
 * Lengths are pixels of 1/96 inch, from the upper left corner.
 */
#ifndef MC_PAGE_H
#define MC_PAGE_H

#include <stddef.h>
#include <stdio.h>

#include "mc_canvas.h"
#include "mc_err.h"
#include "mc_palette.h"
#include "mc_picture.h"

struct mc_page {
	const char *title;        /* NULL = none */
	const char *caption;
	const char *xlabel, *ylabel; /* may be empty */
	const char *const *panel; /* [panels] titles, row by row; NULL leaves a place empty */
	size_t panels;
	size_t columns;           /* 0 = as looks best */
	int grid;                 /* 1 = small panels close together: x (and one y for all) at the edges only */
	int own_y;                /* 1 = in a grid, every panel has a y axis of its own */
	const char *const *row;   /* [rows] names at the left of the rows, or NULL; needs `columns` */
	int square;               /* 1 = panels keep their form */
	const double *width;      /* [columns] of the panels, or NULL */
	size_t rigid;             /* so many of the last columns keep their width */
	const char *const *names; /* [2 * columns] x and y of each column's panels in place of xlabel and ylabel, or NULL */
	const double *height;     /* [rows] of the panels, or NULL */
	double left;              /* more room for what stands at the left of each panel */
	int delay;                /* between the pages of an animation, in 1/100 s */
	const char *shades;       /* in the legend's place, what the colours from 0 to 1 say; or NULL */
};

/* From 0 to 1, light to dark; what is neither is `absent`. As gnuplot's palette, and one of them. */
#define MC_SHADES "defined (0 '#F3F6FA', 0.25 '#BDD0E6', 0.5 '#6FA3CC', 0.75 '#2B6CA8', 1 '#08306B')"
#define MC_SHADE_ABSENT "#D9D4CC"

struct mc_layout {
	double scale;              /* of all that goes with the size of characters */
	double fx, fy;             /* of the panels, so that the page has the size that was asked for */
	double density;            /* pixels of the picture in one of ours */
	size_t columns, rows;
	double left;               /* of the first column */
	double panel_w, panel_h, panel_title;
	double gap_x, gap_y;
	double w, h;
	double legend_y, panels_y, below; /* below: what stands under the panels */
	size_t legend_rows, caption_lines;
	const char *font;
	struct mc_sizes {
		double title, plain, small; /* as gnuplot wants them for this format */
	} size;                    /* of characters */
};

/*
 * How large everything is, for a picture of the size and in the font that `r` asks for. MC_USAGE
 * where that leaves the panels no room.
 */
int mc_page_lay_out(struct mc_layout *y, const struct mc_page *p, const struct mc_legend *l, const struct mc_render *r,
    struct mc_err *e);

/*
 * The script of a page from its first line to its last. `before` is said ahead of the panels;
 * `panel` puts each that is not empty: 0, or -1 with `e` filled.
 */
struct mc_panels {
	const void *of;
	const char *before;
	int (*panel)(FILE *to, const void *of, size_t panel, const struct mc_legend *l, const struct mc_layout *y,
	    const struct mc_render *r, struct mc_err *e);
};

int mc_page_put(FILE *to, const struct mc_page *p, const struct mc_legend *l, const struct mc_panels *panels,
    const struct mc_render *r, struct mc_err *e);

/*
 * Its parts, for a picture of several pages. What begins a script: the kind of picture, and the file
 * that it is written to; then what begins a page, places a panel, and ends the page: all around the panels.
 */
void mc_page_open(FILE *to, const struct mc_page *p, const struct mc_layout *y, const struct mc_render *r);
void mc_page_begin(FILE *to);
void mc_page_panel(FILE *to, const struct mc_page *p, const struct mc_layout *y, size_t panel);
void mc_page_end(FILE *to, const struct mc_page *p, const struct mc_layout *y, const struct mc_legend *l);

/* Width of the panels in this column, and height of those in this row. */
double mc_page_width(const struct mc_page *p, const struct mc_layout *y, size_t panel);
double mc_page_height(const struct mc_page *p, const struct mc_layout *y, size_t panel);

/* About how wide a text is, in an ordinary font of `size`. */
double mc_page_text_width(const char *s, double size);

/* ---- the same as text ---- */

/* The rows that title, legend and caption take. */
size_t mc_page_text_rows(const struct mc_page *p, const struct mc_legend *l, const struct mc_canvas *c);

/* Title; heading of a panel; legend and caption. */
void mc_page_text_begin(FILE *to, const struct mc_page *p, const struct mc_canvas *c);
void mc_page_text_panel(FILE *to, const struct mc_page *p, size_t panel, const struct mc_canvas *c);
void mc_page_text_end(FILE *to, const struct mc_page *p, const struct mc_legend *l, const struct mc_canvas *c);

/* Text in which runs of an entry's character get its colour. */
void mc_put_marks(FILE *to, const char *s, size_t n, const struct mc_legend *l, const struct mc_canvas *c);

#endif
