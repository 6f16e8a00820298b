/*
 * gnuplot: what it can write, text that it takes for nothing but text, and running it.
 */
#ifndef MC_GNUPLOT_H
#define MC_GNUPLOT_H

#include <stddef.h>
#include <stdio.h>

#include "mc_err.h"

/* A GIF has a page for each frame. */
enum mc_format { MC_FORMAT_SVG, MC_FORMAT_PNG, MC_FORMAT_PDF, MC_FORMAT_GIF };

/* In single quotes, in which gnuplot substitutes nothing; cleaned like mc_put_text. */
void mc_put_quoted(FILE *to, const char *s, int utf8);

/*
 * What gnuplot writes when it is given this script, which is read from its start: *bytes to be
 * freed by the caller. Neither the user's settings of gnuplot nor its environment variables matter. MC_UNAVAILABLE when there is no gnuplot, MC_IOERR with its message when it
 * fails, MC_OSERR.
 */
int mc_gnuplot_run(FILE *script, char **bytes, size_t *len, struct mc_err *e);

#endif
