#include "mc_lab.h"

#include <math.h>

#include "mc_math.h"

double mc_lab_rms(const mc_real *A, const uint8_t *m, size_t n)
{
	double sum = 0, live = 0;

	for (size_t i = 0; i < n; i++) {
		sum += m[i] ? (double)A[i] * (double)A[i] : 0;
		live += m[i];
	}
	return sqrt(sum / live);
}

double mc_lab_moved(const mc_real *to, const mc_real *z, const uint8_t *m, size_t n)
{
	double sum = 0, live = 0;

	for (size_t i = 0; i < n; i++) {
		const double by = (double)to[i] - (double)z[i];

		sum += m[i] ? by * by : 0;
		live += m[i];
	}
	return sqrt(sum / live);
}

double mc_lab_common(const mc_real *A, const uint8_t *m, size_t T, size_t pairs)
{
	double common = 0, all = 0;

	for (size_t t = 0; t < T; t++) {
		double sum = 0, live = 0;

		for (size_t i = t * pairs; i < (t + 1) * pairs; i++) {
			sum += m[i] ? (double)A[i] : 0;
			all += m[i] ? (double)A[i] * (double)A[i] : 0;
			live += m[i];
		}
		common += live > 0 ? sum * sum / live : 0;
	}
	return common / all;
}

double mc_lab_saturated(const mc_real *dz, const mc_real *c, const uint8_t *m, size_t n)
{
	double saturated = 0, all = 0;

	for (size_t i = 0; i < n; i++) {
		const double size = m[i] ? fabs((double)dz[i]) : 0;

		all += size;
		saturated += c[i] < (mc_real)0.01 || c[i] > (mc_real)0.99 ? size : 0;
	}
	return saturated / all;
}

double mc_lab_cosine(const mc_real *a, const mc_real *b, size_t n)
{
	double dot = 0;

	for (size_t i = 0; i < n; i++)
		dot += (double)a[i] * (double)b[i];
	return dot / sqrt(mc_sumsq(a, n) * mc_sumsq(b, n));
}

void mc_lab_pearson_add(struct mc_lab_pearson *p, const mc_real *A, const mc_real *advantage,
    const uint8_t *m, size_t T, size_t pairs)
{
	for (size_t i = 0; i < T * pairs; i++) {
		const double x = (double)A[i], y = (double)advantage[i / pairs];

		if (!m[i])
			continue;
		p->n++;
		p->x += x;
		p->y += y;
		p->xx += x * x;
		p->xy += x * y;
		p->yy += y * y;
	}
}

double mc_lab_pearson(const struct mc_lab_pearson *p)
{
	const double xx = p->xx - p->x * p->x / p->n, yy = p->yy - p->y * p->y / p->n;

	return (p->xy - p->x * p->y / p->n) / sqrt(xx * yy);
}

void mc_lab_pair_mean(mc_real *mean, const mc_real *z, const uint8_t *m, size_t T, size_t pairs)
{
	for (size_t k = 0; k < pairs; k++) {
		double sum = 0, live = 0;

		for (size_t i = k; i < T * pairs; i += pairs) {
			sum += m[i] ? (double)z[i] : 0;
			live += m[i];
		}
		mean[k] = (mc_real)(sum / live);
	}
}
