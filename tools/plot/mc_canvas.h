/*
 * Text for a terminal, and for whoever reads it there: how large the terminal is, what it shows,
 * and writing that suits it.
 */
#ifndef MC_CANVAS_H
#define MC_CANVAS_H

#include <stddef.h>
#include <stdio.h>

struct mc_canvas {
	size_t columns, rows;
	int colour, utf8;         /* what it understands */
};

/* What the terminal on `fd` is like; 80 by 24, without colour, if it is none. */
void mc_canvas_terminal(struct mc_canvas *c, int fd);

/*
 * Text that may come from a hostile file: control characters and what is not UTF-8 become
 * '?', and so does all beyond ASCII where the reader cannot show it (`utf8` is 0). `doubled`: an
 * apostrophe is written twice.
 */
void mc_put_text(FILE *to, const char *s, int utf8, int doubled);

/* Characters of it. */
size_t mc_text_width(const char *s);

/* How many bytes of s fit into `width` characters, broken at a space where there is one, but not at that of "95 %". */
size_t mc_text_line(const char *s, size_t width);

/* Lines of so many characters that s takes. */
size_t mc_text_lines(const char *s, size_t width);

/* What stands in the middle of a line, and over as many lines as it takes. */
void mc_put_centred(FILE *to, const char *s, const struct mc_canvas *c);
void mc_put_wrapped(FILE *to, const char *s, const struct mc_canvas *c);

/*
 * From here on in this colour (0xRRGGBB) of the 6 x 6 x 6 that terminals have; nothing where the
 * terminal has none. Black would vanish on a dark terminal: 0 is what the terminal writes in.
 */
void mc_put_colour(FILE *to, unsigned rgb, const struct mc_canvas *c);

#endif
