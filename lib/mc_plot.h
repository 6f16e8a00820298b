/*
 * Pictures of lines over a common x, by gnuplot: panels side by side, one legend, bands
 * around lines, a caption. What is drawn comes from above; how it looks is decided here.
 */
#ifndef MC_PLOT_H
#define MC_PLOT_H

#include <stddef.h>
#include <stdio.h>

#include "mc_err.h"

struct mc_line {
	const char *name;         /* lines of one name share colour and legend entry */
	size_t panel;
	size_t n;
	const double *x, *y;      /* [n]; NaN in y is a gap */
	const double *lo, *hi;    /* [n] band, or NULL */
};

/* A line that is points with bars, lo and hi up and down, joined by a thin line. */
struct mc_points {
	const double *xlo, *xhi;  /* [n] bars to the left and to the right */
	const char *const *label; /* [n] text beside each, may be empty */
};

/* The y of one panel. */
struct mc_scale {
	double min, max;          /* NaN = as the lines need */
	int log;
};

struct mc_figure {
	const char *title;        /* NULL = none */
	const char *caption;
	const char *xlabel, *ylabel;
	double xunit;             /* x is divided by this */
	double ymin, ymax;        /* NaN = as the lines need */
	const char *const *panel; /* [panels] titles, row by row; NULL leaves a place empty */
	size_t panels;
	size_t columns;           /* 0 = as looks best */
	int grid;                 /* 1 = small panels close together: x (and one y for all) at the edges only */
	const char *const *row;   /* [rows] names at the left of the rows, or NULL; needs `columns` */
	const struct mc_scale *scale; /* [panels] each panel's own y, or NULL */
	int zero;                 /* 1 = a line at y = 0 */
	const struct mc_line *line;
	size_t lines;
	const struct mc_points *points; /* [lines] all lines are points, with lo and hi; or NULL */
};

enum mc_format { MC_FORMAT_TEXT, MC_FORMAT_SVG, MC_FORMAT_PNG, MC_FORMAT_PDF };

/* By the name's ending; MC_USAGE for one that is not .svg, .png or .pdf. */
int mc_format_of(const char *path, enum mc_format *format, struct mc_err *e);

struct mc_canvas {
	enum mc_format format;
	size_t columns, rows;     /* MC_FORMAT_TEXT: size of the terminal */
	int colour, utf8;         /* MC_FORMAT_TEXT: what it understands */
};

/* What the terminal on `fd` is like; 80 by 24, without colour, if it is none. */
void mc_canvas_terminal(struct mc_canvas *c, int fd);

/*
 * The gnuplot script of a figure. `output`: the file that it writes, NULL = its standard
 * output. `data`: the file that it reads (mc_plot_data), NULL = the numbers stand in the script.
 * -1 when memory runs out (MC_OSERR).
 */
int mc_plot_script(FILE *to, const struct mc_figure *f, const struct mc_canvas *c,
    const char *output, const char *data, struct mc_err *e);

/* The numbers: a block for each line (columns x, y, lo, hi), two empty lines between blocks. */
void mc_plot_data(FILE *to, const struct mc_figure *f);

/*
 * The picture's bytes, *bytes to be freed by the caller. MC_UNAVAILABLE when there is no
 * gnuplot, MC_IOERR with its message when it fails, MC_OSERR.
 */
int mc_plot_render(const struct mc_figure *f, const struct mc_canvas *c, char **bytes, size_t *len,
    struct mc_err *e);

#endif
