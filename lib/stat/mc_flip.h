/*
 * The sign-flip test: does the centre of differences d[n], one for each pair, lie away from 0?
 * Where nothing differs between the two of a pair, each difference is as likely to have the other
 * sign, so all 2^n patterns of signs are equally likely: the level is exact at any n and for any
 * distribution, and the smallest one-sided p is 2^-n, that of all differences on one side.
 *
 * Flipping the signs of a subset F of the pairs, of differences from a centre m, does not lower
 * their sum just where mean_F(d) <= m. So the means of all subsets but the empty one, ascending,
 * hold the test for every m at once, and its interval is two of them (J. A. Hartigan, Using
 * Subsample Values as Typical Values, 1969).
 *
 * Choice: above MC_FLIP_EXACT pairs as many subsets are drawn at random as that number has, which
 * keeps the level exact. Member k of subset b is bit k % 32 of word k / 32 of the stream
 * (seed 1, MC_RNG_BOOTSTRAP, x = b, y = UINT32_MAX).
 */
#ifndef MC_FLIP_H
#define MC_FLIP_H

#include <stddef.h>

#include "mc_err.h"

enum { MC_FLIP_EXACT = 14 };

struct mc_flip {
	size_t n;              /* pairs */
	size_t sets;           /* patterns of signs, that of no flip among them */
	size_t means;          /* at most sets - 1: of those that flip something */
	double *mean;          /* [means] in ascending order once mc_flip_interval was asked; a drawn subset that is empty has none */
	double tie;            /* rounding: what is nearer to 0 is 0 */
};

/* Of d[n], none of it NaN. To be released. 0, or -1 and MC_OSERR. */
int mc_flip_make(struct mc_flip *f, const double *d, size_t n, struct mc_err *e);
void mc_flip_release(struct mc_flip *f);

/* One-sided p that the centre is above (+1) or below (-1) 0; 1 for n = 0. */
double mc_flip_p(const struct mc_flip *f, int side);

/* The interval that excludes 0 just where one of these p is at most alpha / 2; NaN where n is too small. */
void mc_flip_interval(double ci[2], struct mc_flip *f, double alpha);

/* The smallest n at which a one-sided p can be as low as alpha / 2. */
size_t mc_flip_needs(double alpha);

#endif
