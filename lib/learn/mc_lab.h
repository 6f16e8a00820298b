/*
 * Numbers that tell how the learning of whom to talk to goes, for the log: none of them enters
 * what is computed. Arrays over pairs are [T,pairs]; m = 0 marks slots that hold no neighbour, which
 * count for nothing. NaN where there is nothing to take a number of.
 */
#ifndef MC_LAB_H
#define MC_LAB_H

#include <stddef.h>
#include <stdint.h>

#include "mc_real.h"

/* Root mean square over live pairs. */
double mc_lab_rms(const mc_real *A, const uint8_t *m, size_t n);

/* The same of the difference: by how much z moved to `to`. */
double mc_lab_moved(const mc_real *to, const mc_real *z, const uint8_t *m, size_t n);

/*
 * The share of sum A^2 that is common to all pairs of a step: with A_t the mean over the n_t live
 * pairs, sum_t n_t A_t^2 / sum A^2. 1 if all pairs get the same advantage, as under eq. 4.
 */
double mc_lab_common(const mc_real *A, const uint8_t *m, size_t T, size_t pairs);

/* Share of sum |dz| that enters at c below 0.01 or above 0.99. */
double mc_lab_saturated(const mc_real *dz, const mc_real *c, const uint8_t *m, size_t n);

/* Cosine of the angle between two vectors. */
double mc_lab_cosine(const mc_real *a, const mc_real *b, size_t n);

/* Correlation of an advantage of each pair with one of each step, over any number of trajectories. */
struct mc_lab_pearson {
	double n, x, y, xx, xy, yy; /* sums; begin with zeros */
};
void mc_lab_pearson_add(struct mc_lab_pearson *p, const mc_real *A, const mc_real *advantage,
    const uint8_t *m, size_t T, size_t pairs);
double mc_lab_pearson(const struct mc_lab_pearson *p);

/* Mean of z over the steps at which the pair is live, [pairs]. */
void mc_lab_pair_mean(mc_real *mean, const mc_real *z, const uint8_t *m, size_t T, size_t pairs);

#endif
