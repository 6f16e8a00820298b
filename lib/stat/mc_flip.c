#include "mc_flip.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mc_rng.h"
#include "mc_stat.h"

/* The mean over the members of a subset, one bit each; 0 if it is empty, else 1. */
static int subset_mean(double *mean, const double *d, size_t n, const uint32_t *members)
{
	double sum = 0;
	size_t in = 0;

	for (size_t k = 0; k < n; k++)
		if (members[k / 32] >> k % 32 & 1) {
			sum += d[k];
			in++;
		}
	*mean = in ? sum / (double)in : 0;
	return in > 0;
}

static void take_all(struct mc_flip *f, const double *d)
{
	for (uint32_t members = 1; members < f->sets; members++)
		f->means += subset_mean(&f->mean[f->means], d, f->n, &members);
}

static int take_drawn(struct mc_flip *f, const double *d, struct mc_err *e)
{
	const size_t words = (f->n + 31) / 32;
	uint32_t *members = calloc(words, sizeof *members);

	if (members == NULL)
		return mc_err_nomem(e, "sign flips", words * sizeof *members);
	for (size_t b = 1; b < f->sets; b++) {
		mc_rng_word(members, 0, words, 1, MC_RNG_BOOTSTRAP, (uint32_t)b, UINT32_MAX);
		f->means += subset_mean(&f->mean[f->means], d, f->n, members);
	}
	free(members);
	return 0;
}

int mc_flip_make(struct mc_flip *f, const double *d, size_t n, struct mc_err *e)
{
	double largest = 0;
	int r = 0;

	*f = (struct mc_flip){ .n = n, .sets = (size_t)1 << (n < MC_FLIP_EXACT ? n : MC_FLIP_EXACT) };
	f->mean = calloc(f->sets, sizeof *f->mean);
	if (f->mean == NULL)
		return mc_err_nomem(e, "sign flips", f->sets * sizeof *f->mean);
	for (size_t k = 0; k < n; k++)
		largest = fmax(largest, fabs(d[k]));
	f->tie = 1e-12 * largest;
	if (n <= MC_FLIP_EXACT)
		take_all(f, d);
	else
		r = take_drawn(f, d, e);
	return r;
}

void mc_flip_release(struct mc_flip *f)
{
	free(f->mean);
	memset(f, 0, sizeof *f);
}

double mc_flip_p(const struct mc_flip *f, int side)
{
	size_t least = f->sets - f->means; /* no flip, and subsets that are empty */

	for (size_t k = 0; k < f->means; k++)
		least += side > 0 ? f->mean[k] <= f->tie : f->mean[k] >= -f->tie;
	return (double)least / (double)f->sets;
}

void mc_flip_interval(double ci[2], struct mc_flip *f, double alpha)
{
	const size_t empty = f->sets - f->means;
	const size_t beyond = (size_t)(alpha / 2 * (double)f->sets + 1e-9);

	ci[0] = ci[1] = (double)NAN;
	if (beyond < empty || beyond - empty >= f->means)
		return;
	mc_stat_sort(f->mean, f->means);
	ci[0] = f->mean[beyond - empty];
	ci[1] = f->mean[f->means - 1 - (beyond - empty)];
}

size_t mc_flip_needs(double alpha)
{
	size_t n = 0;

	for (double p = 1; p > alpha / 2 * (1 + 1e-9) && n < MC_FLIP_EXACT; p /= 2)
		n++;
	return n;
}
