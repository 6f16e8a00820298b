/* A number that moves while a run goes on: its three forms, its values, its entry in a frame. */
#include "mc_ramp.h"
#include "tap.h"

static struct mc_ramp ramp;

static int parse(const char *text, struct mc_err *e)
{
	*e = (struct mc_err){ 0 };
	return mc_ramp_parse(&ramp, text, 0, 10, "--explore", "0.2", e);
}

static void refused(const char *text)
{
	struct mc_err e;

	ok(parse(text, &e) < 0 && e.code == MC_USAGE, "refused: \"%s\"", text);
	is_str(e.place, "--explore", "  the option is named");
}

static void test_forms(void)
{
	struct mc_err e;

	ok(parse("0.25", &e) == 0, "a constant");
	is_near(mc_ramp_at(&ramp, 0), 0.25, 0, "  at the beginning");
	is_near(mc_ramp_at(&ramp, 1000000), 0.25, 0, "  and later");
	ok(parse("1:0.2:40", &e) == 0, "over episodes");
	mc_ramp_plan(&ramp, 1000);
	is_int(ramp.episodes, 40, "  which no plan changes");
	is_near(mc_ramp_at(&ramp, 0), 1, 0, "  the start");
	is_near(mc_ramp_at(&ramp, 10), 0.8, 1e-15, "  a quarter of the way");
	is_near(mc_ramp_at(&ramp, 40), 0.2, 0, "  the end");
	is_near(mc_ramp_at(&ramp, 41), 0.2, 0, "  which stays");
	ok(parse("1:0.2:12.5%", &e) == 0, "over a share of the run");
	mc_ramp_plan(&ramp, 1000);
	is_int(ramp.episodes, 125, "  of 1000 episodes");
	mc_ramp_plan(&ramp, 100);
	is_int(ramp.episodes, 13, "  of 100, to the nearest");
	mc_ramp_plan(&ramp, 0);
	is_int(ramp.episodes, 1, "  of none: at its end after one");
}

static void test_refused(void)
{
	static const char *const bad[] = { "", "x", "0.2x", "nan", "-1", "11", "1:", "1:2", "1:2:", "1:2:x", "1:2:0", "1:2:-3",
		"1:2:1.5", "1:2:0%", "1:2:101%", "1:2:nan%", "1:2:5%x", "1:11:5", ":1:5", "1::5" };

	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
		refused(bad[k]);
}

/* Packed and unpacked again. */
static struct mc_ramp carried(const struct mc_ramp *r)
{
	struct mc_err e = { 0 };
	struct mc_ramp back = { 0 };
	struct mc_frame f;
	const unsigned char *bytes;
	struct mc_in *in = NULL;
	size_t n;
	struct mc_fb *b = mc_fb_new(&e);

	mc_fb_begin(b, "header");
	mc_ramp_pack(b, "x", r);
	ok(mc_fb_end(b, 1, &bytes, &n, &e) == 0 &&
	    (in = mc_in_memory(bytes, n, "test", MC_IN_BARE, MC_FRAME_MAX, &e)) &&
	    mc_in_frame(in, &f, &e) == MC_READ_FRAME && mc_ramp_unpack(&f.map, "x", &back, &e) == 0, "carried by a frame");
	mc_in_close(in);
	mc_fb_free(b);
	return back;
}

static void test_frame(void)
{
	const struct mc_ramp a = { 1, 0.25, 80, 0.5 }, b = { 2, 3, 7, 0 };
	const struct mc_ramp x = carried(&a), y = carried(&b);

	ok(memcmp(&x, &a, sizeof a) == 0, "  with its share");
	ok(memcmp(&y, &b, sizeof b) == 0, "  without one");
}

int main(void)
{
	test_forms();
	test_refused();
	test_frame();
	return tap_done();
}
