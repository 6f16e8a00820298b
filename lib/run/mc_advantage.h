/*
 * The advantages of one episode, for analysis: REINFORCE's G_t - V(o_t) of eq. 4 and the learned
 * rule's A_hat of eq. 5, under the rule as it is and under another (its initial one), raw and
 * normalised over the episode so that they can be drawn over each other; and their frame (type
 * `advantage`).
 */
#ifndef MC_ADVANTAGE_H
#define MC_ADVANTAGE_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_frame.h"
#include "mc_params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A kind of advantage, raw and normalised; both NULL where the episode has none of it. */
struct mc_advantage_pair {
	mc_real *raw, *normal;
};

struct mc_advantage {
	size_t T, N, d;
	int64_t iteration, episode;
	uint8_t *m;                         /* [T,N,d]  1 = slot j is a neighbour of i at t */
	struct mc_advantage_pair reinforce; /* [T]      G_t - V(o_t) */
	struct mc_advantage_pair learned;   /* [T,N,d]  A_hat under the rule */
	struct mc_advantage_pair initial;   /* [T,N,d]  A_hat under the rule that it is compared with */
};

/* Arrays from the arena: m and learned, and the other two if asked for. */
int mc_advantage_new(struct mc_advantage *a, const struct mc_dims *dims, int reinforce, int initial,
    struct mc_arena *arena, struct mc_err *e);

/*
 * One series over an episode's steps, to zero mean and unit deviation (the root of the mean
 * squared difference from the mean) over its live steps:
 *
 *   out   [T], `stride` apart   overwritten; 0 where a step is not live
 *   x     [T], `stride` apart
 *   live  [T], `stride` apart   or NULL: every step is
 *
 * A constant series has no deviation to divide by: it becomes zeros. So does one whose deviation
 * is below 1e-6 of its largest magnitude, which is rounding.
 */
void mc_advantage_normalise(mc_real *out, const mc_real *x, const uint8_t *live, size_t T, size_t stride);

/* Every normalised series from the raw ones: A_hat for each ordered pair by itself. */
void mc_advantage_finish(struct mc_advantage *a);

/* The frame: built, not ended. */
void mc_advantage_pack(struct mc_fb *b, const struct mc_advantage *a);

/* An `advantage` frame, its dimensions and arrays from the arena. MC_DATA when it is not one. */
int mc_advantage_unpack(const struct mc_frame *f, struct mc_advantage *a, struct mc_arena *arena,
    struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
