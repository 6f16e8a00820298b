/*
 * The last trajectories of a run: which of them are kept, what their steps count, and their state.
 */
#include "mc_past.h"
#include "tiny.h"

enum { ROOM = 3, T = 3, PAIRS = 2 };

static struct mc_past new_past(size_t room)
{
	struct mc_past x;
	struct mc_err e;

	if (mc_past_init(&x, &tiny, room, &tiny_arena, &e) < 0)
		abort();
	return x;
}

static void add(struct mc_past *x, int number)
{
	const struct mc_traj t = tiny_traj(&tiny, 1, (uint64_t)number);
	const mc_real log_c[T] = { (mc_real)-number, (mc_real)-number - 1, (mc_real)-number - 2 };

	mc_past_add(x, &t, log_c);
}

/* Is trajectory i the one that add() made of this number? */
static int is(const struct mc_past *x, size_t i, int number)
{
	const struct mc_traj t = tiny_traj(&tiny, 1, (uint64_t)number);
	const struct mc_past_one p = mc_past_at(x, i);

	return memcmp(p.o, t.o, (T + 1) * 2 * 3 * sizeof *t.o) == 0 && memcmp(p.r, t.r, T * sizeof *t.r) == 0 &&
	    memcmp(p.m, t.m, T * PAIRS) == 0 && memcmp(p.I, t.I, T * PAIRS) == 0 && p.log_c[1] == (mc_real)-number - 1;
}

static void keeps_the_last(void)
{
	struct mc_past x = new_past(ROOM), one = new_past(1);

	ok(x.n == 0, "nothing is in it at first");
	add(&x, 1);
	add(&x, 2);
	ok(x.n == 2 && is(&x, 0, 1) && is(&x, 1, 2), "in order");
	for (int i = 3; i <= 5; i++)
		add(&x, i);
	ok(x.n == ROOM && is(&x, 0, 3) && is(&x, 1, 4) && is(&x, 2, 5), "the oldest go where there is no room");
	add(&one, 1);
	add(&one, 2);
	ok(one.n == 1 && is(&one, 0, 2), "room for one");
}

/* c = 1/2 and 3/4 now; step 0 decided (1, 0), step 1 has a dead slot, step 2 decided (1, 1). */
static void weighs(void)
{
	const mc_real log3 = (mc_real)log(3), half = (mc_real)log(0.5), z[T * PAIRS] = { 0, log3, 0, log3, 0, log3 };
	const uint8_t I[] = { 1, 0, 0, 0, 1, 1 }, m[] = { 1, 1, 0, 1, 1, 1 };
	const mc_real then[T] = { half, half, 3 * half };
	const mc_real advantage[T] = { 8, -8, 5 };
	const struct mc_past_one p = { .log_c = then, .I = I, .m = m };
	mc_real log_c[T], adv[T];

	mc_past_log_c(log_c, z, I, m, T, PAIRS);
	is_near((double)log_c[0], log(0.5 * 0.25), 1e-6, "likelihood of a step: the product over its pairs");
	is_near((double)log_c[1], log(0.25), 1e-6, "but not over slots that hold nobody");
	mc_past_weigh(adv, advantage, &p, z, T, PAIRS);
	is_near((double)adv[0], 8 * 0.25, 1e-5, "less likely now: it counts by the ratio");
	is_near((double)adv[1], -8 * 0.5, 1e-5, "bad ones, too");
	is_near((double)adv[2], 5, 0, "three times as likely: it counts as one");
}

/* What goes into a state and out of it; r: -1 where it must be refused. */
static void through_a_frame(struct mc_past *from, struct mc_past *to, int r, const char *what)
{
	struct mc_err e = { 0 };
	struct mc_fb *b = mc_fb_new(&e);
	struct mc_frame f;

	mc_fb_begin(b, "header");
	mc_past_pack(b, from);
	struct mc_in *in = tiny_read_back(b, &f, &e);

	if (!in)
		abort();
	const int got = mc_past_unpack(&f.map, to, &e);

	is_int(got, r, what);
	ok(got == 0 || (e.code == MC_DATA && strstr(e.what, "past_")), "and says why: %s", got ? e.what : "it need not");
	mc_in_close(in);
	mc_fb_free(b);
}

static void state(void)
{
	struct mc_past x = new_past(ROOM), y = new_past(ROOM), small = new_past(1), empty = new_past(ROOM);

	for (int i = 0; i < 4; i++)
		add(&x, i);
	add(&y, 9);
	through_a_frame(&x, &y, 0, "a state is taken");
	ok(y.n == ROOM && is(&y, 0, 1) && is(&y, 2, 3), "and is what was there");
	through_a_frame(&empty, &y, 0, "an empty one, too");
	ok(y.n == 0, "and then nothing is there");
	through_a_frame(&x, &small, -1, "more than there is room for is refused");
	x.I[0] = 2;
	through_a_frame(&x, &y, -1, "and decisions that are none");
}

int main(void)
{
	tiny_start();
	keeps_the_last();
	weighs();
	state();
	return tiny_done();
}
