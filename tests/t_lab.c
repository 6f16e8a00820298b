/* Numbers for the log, each worked out by hand. */
#include "mc_lab.h"
#include "tiny.h"

static const uint8_t m[6] = { 1, 1, 0, 1, 1, 1 };

static void sizes(void)
{
	static const mc_real A[6] = { 3, -1, 99, 2, 0, 4 }, to[6] = { 5, -1, -99, 3, 2, 4 };
	static const uint8_t none[6] = { 0 };

	is_near(mc_lab_rms(A, m, 6), sqrt(30 / 5.), 1e-12, "root mean square over live pairs");
	is_near(mc_lab_moved(to, A, m, 6), sqrt((4 + 0 + 1 + 4 + 0) / 5.), 1e-12, "of the difference");
	ok(isnan(mc_lab_rms(A, none, 6)), "nothing live: not a number");
}

static void common(void)
{
	static const mc_real A[6] = { 3, -1, 99, 2, 0, 4 }, one[6] = { 2, 2, 7, -5, -5, -5 };
	static const mc_real opposed[6] = { 1, -1, 7, 3, -3, 0 };

	/* steps of 3 pairs: means 1 (2 live) and 2 (3 live) */
	is_near(mc_lab_common(A, m, 2, 3), (2 * 1 + 3 * 4) / 30., 1e-12, "share that is common");
	is_near(mc_lab_common(one, m, 2, 3), 1, 1e-12, "all of it, as under REINFORCE");
	is_near(mc_lab_common(opposed, m, 2, 3), 0, 1e-12, "nothing of it");
}

static void saturated(void)
{
	static const mc_real dz[6] = { 1, -2, 50, 3, -4, 0 };
	static const mc_real c[6] = { (mc_real)0.005, (mc_real)0.5, (mc_real)0.001, (mc_real)0.999, (mc_real)0.02, 1 };

	is_near(mc_lab_saturated(dz, c, m, 6), (1 + 3) / 10., 1e-12, "share at saturated c");
}

static void angles(void)
{
	static const mc_real a[3] = { 3, 4, 0 }, b[3] = { 4, 3, 0 }, zero[3] = { 0 };
	static const mc_real A[6] = { 1, 2, 99, 4, 4, 1 }, up[2] = { 1, 3 };
	struct mc_lab_pearson p = { 0 };

	is_near(mc_lab_cosine(a, b, 3), 24 / 25., 1e-12, "cosine");
	ok(isnan(mc_lab_cosine(a, zero, 3)), "there is no angle with 0");
	/* live: x = 1 2 4 4 1, y = 1 1 3 3 3; in two calls it is the same */
	mc_lab_pearson_add(&p, A, up, m, 1, 3);
	mc_lab_pearson_add(&p, A + 3, up + 1, m + 3, 1, 3);
	const double xx = 38 - 144 / 5., yy = 29 - 121 / 5., xy = 30 - 12 * 11 / 5.;

	is_near(mc_lab_pearson(&p), xy / sqrt(xx * yy), 1e-12, "correlation with one number for each step");
}

static void means(void)
{
	static const uint8_t live[6] = { 1, 1, 0, 1, 0, 0 };
	static const mc_real z[6] = { 1, -2, 9, 3, 9, 9 };
	mc_real mean[3];

	mc_lab_pair_mean(mean, z, live, 2, 3);
	ok(mean[0] == 2 && mean[1] == -2 && isnan((double)mean[2]), "mean of each pair over its live steps");
}

int main(void)
{
	tiny_start();
	sizes();
	common();
	saturated();
	angles();
	means();
	return tiny_done();
}
