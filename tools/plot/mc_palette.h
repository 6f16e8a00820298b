/*
 * Colours that colour-blind readers can tell apart, and who has which: the palette of Okabe and Ito,
 * but that full has violet, for its orange is hard to tell from the red of meta at a glance. The methods keep their colour, and on a terminal their character, in every figure.
 */
#ifndef MC_PALETTE_H
#define MC_PALETTE_H

#include <stddef.h>

#include "mc_err.h"

/* How an entry is shown in a legend. */
enum mc_sample { MC_SAMPLE_LINE, MC_SAMPLE_DISC, MC_SAMPLE_RING, MC_SAMPLE_ARROW };

struct mc_entry {
	const char *name;
	unsigned rgb;
	int type;                 /* gnuplot's line type, which decides the character in its text */
	char mark;                /* that character */
	int dash;                 /* mc_dash_type; 1 until the palette is used up */
	enum mc_sample sample;
};

struct mc_legend {
	struct mc_entry *entry;
	size_t n;
};

/*
 * An entry for each of the names that n things of `each` bytes begin with (const char *), however
 * often they stand there: known ones in the palette's
 * order, then the others as they come, on the colours that are left: first those that are no
 * method's, so that a variant is not taken for one. The names stay the caller's. 0, or -1 and
 * MC_OSERR.
 */
int mc_legend_make(struct mc_legend *l, const void *of, size_t each, size_t n, struct mc_err *e);
void mc_legend_release(struct mc_legend *l);

const struct mc_entry *mc_legend_find(const struct mc_legend *l, const char *name);

/* gnuplot's name of a dash; 1 is solid. */
const char *mc_dash_type(int dash);

#endif
