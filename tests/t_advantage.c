/*
 * mc_advantage: normalised series by hand, and the frame both ways.
 */
#include <stdlib.h>
#include <string.h>

#include "mc_advantage.h"
#include "tap.h"

static struct mc_arena arena;
static const struct mc_dims dims = { .N = 2, .d = 1, .T = 4 };

static void check(const mc_real *got, const double *want, size_t n, double tol, const char *name)
{
	double worst = 0;

	for (size_t k = 0; k < n; k++)
		worst = fmax(worst, fabs((double)got[k] - want[k]));
	is_near(worst, 0, tol, name);
}

static void test_normalise(void)
{
	const mc_real x[] = { 1, 3, 5, 7 }, masked[] = { 100, 2, -100, 4 };
	const mc_real flat[] = { 3, 3, 3, 3 }, zero[] = { 0, 0, 0, 0 };
	const mc_real noise[] = { 1, 1 + (mc_real)1.2e-7, 1, 1 }, small[] = { 1, 1 + (mc_real)1e-5, 1, 1 };
	const uint8_t live[] = { 0, 1, 0, 1 }, one[] = { 0, 0, 1, 0 }, none[] = { 0, 0, 0, 0 };
	const double s = sqrt(5), nothing[] = { 0, 0, 0, 0 };
	mc_real out[8];

	mc_advantage_normalise(out, x, NULL, 4, 1);
	check(out, (double[]){ -3 / s, -1 / s, 1 / s, 3 / s }, 4, 1e-6, "zero mean, unit deviation");
	mc_advantage_normalise(out, masked, live, 4, 1);
	check(out, (double[]){ 0, -1, 0, 1 }, 4, 1e-6, "steps that are not live neither count nor show");
	mc_advantage_normalise(out, flat, NULL, 4, 1);
	check(out, nothing, 4, 0, "a constant series gives zeros");
	mc_advantage_normalise(out, zero, NULL, 4, 1);
	check(out, nothing, 4, 0, "so does a series of zeros");
	mc_advantage_normalise(out, noise, NULL, 4, 1);
	check(out, nothing, 4, 0, "one that only rounding tells from a constant gives zeros");
	mc_advantage_normalise(out, small, NULL, 4, 1);
	is_near((double)out[1], sqrt(3), 0.05, "a small deviation is still one");
	mc_advantage_normalise(out, x, one, 4, 1);
	check(out, nothing, 4, 0, "a single live step gives zeros");
	mc_advantage_normalise(out, x, none, 4, 1);
	check(out, nothing, 4, 0, "no live step gives zeros");

	const mc_real two[] = { 1, 10, 3, 10, 5, 10, 7, 20 };

	memset(out, 0, sizeof out);
	mc_advantage_normalise(out + 1, two + 1, NULL, 4, 2);
	check(out, (double[]){ 0, -1 / sqrt(3), 0, -1 / sqrt(3), 0, -1 / sqrt(3), 0, sqrt(3) }, 8, 1e-6,
	    "a stride leaves the series between alone");
}

/* N = 2, so that a step has two pairs: that of the first and that of the second agent. */
static struct mc_advantage example(int reinforce, int initial)
{
	struct mc_advantage a;
	struct mc_err e;

	if (mc_advantage_new(&a, &dims, reinforce, initial, &arena, &e) < 0)
		abort();
	a.iteration = 40;
	a.episode = 3;
	for (size_t k = 0; k < 8; k++) {
		a.m[k] = k != 2;
		a.learned.raw[k] = (mc_real)(k % 2 ? k * k : 5);
		if (initial)
			a.initial.raw[k] = (mc_real)k;
	}
	for (size_t t = 0; reinforce && t < 4; t++)
		a.reinforce.raw[t] = (mc_real)(t < 2 ? -8 : 8);
	mc_advantage_finish(&a);
	return a;
}

static void test_finish(void)
{
	const struct mc_advantage a = example(1, 1);
	double mean = 0, square = 0;

	check(a.reinforce.normal, (double[]){ -1, -1, 1, 1 }, 4, 1e-6, "the team's series is normalised as one");
	for (size_t t = 0; t < 4; t++) {
		mean += (double)a.learned.normal[2 * t + 1] / 4;
		square += (double)a.learned.normal[2 * t + 1] * (double)a.learned.normal[2 * t + 1] / 4;
	}
	is_near(mean, 0, 1e-6, "A_hat of a pair has zero mean");
	is_near(square, 1, 1e-6, "and unit deviation");
	ok(a.learned.normal[0] == 0 && a.learned.normal[4] == 0 && a.learned.normal[6] == 0,
	    "the other pair's constant A_hat is zero, whatever the first does");
	is_near((double)a.initial.normal[0], -10 / 3. / sqrt(56. / 9), 1e-5, "over its live steps: 0, 4, 6");
	ok(a.initial.normal[2] == 0, "and zero where it is not");
}

static int unpack(struct mc_fb *b, struct mc_advantage *a, struct mc_err *e)
{
	const unsigned char *bytes;
	struct mc_frame f;
	size_t len;

	if (mc_fb_end(b, 0, &bytes, &len, e) < 0)
		return -1;
	struct mc_in *in = mc_in_memory(bytes, len, "test", MC_IN_BARE, MC_FRAME_MAX, e);
	const int r = in && mc_in_frame(in, &f, e) == MC_READ_FRAME ? mc_advantage_unpack(&f, a, &arena, e) : -1;

	mc_in_close(in);
	return r;
}

static int same(const mc_real *a, const mc_real *b, size_t n)
{
	return memcmp(a, b, n * sizeof *a) == 0;
}

static void test_frame(void)
{
	struct mc_err e = { 0 };
	struct mc_fb *b = mc_fb_new(&e);

	for (int kinds = 0; kinds < 4; kinds++) {
		const struct mc_advantage a = example(kinds & 1, kinds >> 1);
		struct mc_advantage back;

		mc_advantage_pack(b, &a);
		if (!ok(unpack(b, &back, &e) == 0, "a frame with%s reinforce, with%s initial: read back", kinds & 1 ? "" : "out",
		    kinds & 2 ? "" : "out")) {
			diag("%s", e.what);
			continue;
		}
		ok(back.T == 4 && back.N == 2 && back.d == 1 && back.iteration == 40 && back.episode == 3 &&
		    memcmp(back.m, a.m, 8) == 0, "numbers and mask");
		ok(same(back.learned.raw, a.learned.raw, 8) && (back.initial.raw != NULL) == (kinds >> 1) &&
		    (back.reinforce.raw != NULL) == (kinds & 1), "and what it holds");
		ok(!(kinds & 1) || same(back.reinforce.raw, a.reinforce.raw, 4), "reinforce");
		ok(!(kinds & 2) || same(back.initial.raw, a.initial.raw, 8), "initial");
	}
	mc_fb_free(b);
}

static void refused(struct mc_fb *b, const char *name)
{
	struct mc_advantage a;
	struct mc_err e = { 0 };

	if (!ok(unpack(b, &a, &e) < 0 && e.code == MC_DATA, "refused: %s", name))
		diag("%d %s", e.code, e.what);
}

static void test_refused(void)
{
	struct mc_err e;
	struct mc_fb *b = mc_fb_new(&e);
	const mc_real x[12] = { 0 };
	const uint8_t m[12] = { 0 };

	mc_fb_begin(b, "advantage");
	mc_fb_int(b, "iteration", 0);
	refused(b, "no A_hat");

	mc_fb_begin(b, "advantage");
	mc_fb_reals(b, "A_hat", 3, (size_t[]){ 2, 2, 3 }, x);
	refused(b, "slots that are not the other agents");

	mc_fb_begin(b, "advantage");
	mc_fb_reals(b, "A_hat", 3, (size_t[]){ 0, 2, 1 }, x);
	refused(b, "no step");

	mc_fb_begin(b, "advantage");
	mc_fb_int(b, "iteration", 0);
	mc_fb_int(b, "episode", 0);
	mc_fb_reals(b, "A_hat", 3, (size_t[]){ 4, 2, 1 }, x);
	mc_fb_reals(b, "A_hat_raw", 3, (size_t[]){ 4, 2, 1 }, x);
	mc_fb_array(b, "m", MC_U8, 3, (size_t[]){ 5, 2, 1 }, m);
	refused(b, "a mask of another shape");

	mc_fb_begin(b, "advantage");
	mc_fb_int(b, "iteration", 0);
	mc_fb_int(b, "episode", 0);
	mc_fb_reals(b, "A_hat", 3, (size_t[]){ 4, 2, 1 }, x);
	mc_fb_reals(b, "A_hat_raw", 3, (size_t[]){ 4, 2, 1 }, x);
	mc_fb_array(b, "m", MC_U8, 3, (size_t[]){ 4, 2, 1 }, m);
	mc_fb_reals(b, "reinforce", 1, (size_t[]){ 4 }, x);
	refused(b, "a normalised series without the raw one");
	mc_fb_free(b);
}

int main(void)
{
	test_normalise();
	test_finish();
	test_frame();
	test_refused();
	mc_arena_free(&arena);
	return tap_done();
}
