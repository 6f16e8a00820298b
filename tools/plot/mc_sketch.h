/*
 * Sketches of a team: where everything is at one step, and arrows from who asks to who is asked.
 * Several are panels of one page, or the frames of a moving picture, each a page. As text, a
 * field of characters with the requests in words below.
 */
#ifndef MC_SKETCH_H
#define MC_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "mc_page.h"
#include "mc_picture.h"
#include "mc_sight.h"

/* The goal of an agent: a landmark, its number and where it is, and who knows it. */
struct mc_sketch_goal {
	int landmark;
	double x, y;
	size_t knower;
};

struct mc_sketch_frame {
	const char *heading;
	struct mc_sight now;      /* what is in sight, agents first */
	struct mc_sight known;    /* what is somewhere else in the episode only, and does not move: drawn faint */
	const uint8_t *asks;      /* [N, N] 1 = row asks column; NULL where nothing is decided any more */
	const struct mc_sketch_goal *goal; /* [N] of hidden goals; NULL where there are none */
	const double *path;       /* [steps, N, 2] where the agents were until now */
	size_t steps;
};

struct mc_sketch {
	struct mc_page page;      /* its panels are the frames, unless it moves */
	int moves;
	size_t N;
	double size[MC_ROLES];    /* radii */
	double x, y, reach;       /* the middle of what is shown, and how far it goes from there */
	const struct mc_sketch_frame *frame;
	size_t frames;
};

/*
 * Draws it and puts it there. Its data have four blocks for each frame, two empty lines between
 * blocks: paths (x y), things (x y radius rgb role), requests (x y dx dy asker asked, and 1 where the
 * discs of the two cover each other), agents (x y
 * radius number); and two more where goals are hidden: goals (x y dx dy agent landmark), knows (x y dx dy agent knower).
 * A line of NaN stands where there is none.
 */
int mc_sketch_put(const struct mc_sketch *k, const struct mc_picture *p, struct mc_err *e);

/* Frame number i as text, in no more rows than the terminal has. */
void mc_sketch_text(FILE *to, const struct mc_sketch *k, size_t i, const struct mc_canvas *c);

/* Legend and caption as text. */
void mc_sketch_text_end(FILE *to, const struct mc_sketch *k, const struct mc_canvas *c);

#endif
