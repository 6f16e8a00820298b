/*
 * Where a picture goes: to the terminal, into a file, or, if it moves, into a file for each of its
 * frames; with its script and data beside it.
 */
#ifndef MC_PICTURE_H
#define MC_PICTURE_H

#include <stddef.h>
#include <stdio.h>

#include "mc_canvas.h"
#include "mc_err.h"
#include "mc_gnuplot.h"

/* How a picture is to look, beyond what it shows. */
struct mc_look {
	long width, height;  /* pixels, of 1/96 inch unless the picture has pixels of its own; 0 = as it needs */
	const char *font;    /* NULL = the system's sans-serif */
	double size;         /* of its characters, in 1/96 inch; 0 = 13 */
};

/* "NAME", "NAME,SIZE" or ",SIZE", cut into `name` and `look`; SIZE is from 4 to 72. MC_USAGE. */
int mc_look_font(struct mc_look *look, const char *text, char *name, size_t size, struct mc_err *e);

/* How a script is to be written. */
struct mc_render {
	enum mc_format format;
	const char *output;  /* the file that it writes, NULL = gnuplot's standard output */
	const char *source;  /* what gnuplot reads the numbers from, as it stands in the script */
	size_t frame, frames; /* so many, from this one */
	const struct mc_look *look;
};

/* What can be drawn. Functions get `of`; they return 0, or -1 with `e` filled. */
struct mc_drawing {
	const void *of;
	size_t frames;       /* 1, or more if it moves */
	int (*script)(FILE *to, const void *of, const struct mc_render *r, struct mc_err *e);
	void (*data)(FILE *to, const void *of); /* the numbers, of all frames */
	int (*text)(FILE *to, const void *of, const struct mc_canvas *c, struct mc_err *e);
};

/* A picture as text, for whoever puts it somewhere himself. */
struct mc_kept {
	struct mc_canvas canvas; /* what it is for */
	char *bytes;             /* to be freed; NULL = nothing yet. A NUL stands behind them */
	size_t len;
};

struct mc_picture {
	const char *output;  /* NULL = the terminal, or what standard output is */
	struct mc_kept *kept; /* without an output: where it goes instead, or NULL */
	int emit;            /* 1 = leave .gp and .dat beside it; then there is an output */
	struct mc_look look; /* of what is written to a file */
};

/*
 * What the name of an output says: its format, and whether it is one for each frame ("f%03d.png").
 * `moves` = 0: such names, and .gif, are misuse, like everything that is not a picture's (MC_USAGE).
 */
int mc_picture_check(const char *output, int moves, enum mc_format *format, int *each, struct mc_err *e);

/* Draws it and puts it there; a file is replaced once the picture is complete. */
int mc_picture_put(const struct mc_drawing *d, const struct mc_picture *p, struct mc_err *e);

/* The numbers as the block $data of a script. */
void mc_put_data_block(FILE *to, const struct mc_drawing *d);

#endif
