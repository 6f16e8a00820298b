/* Trajectories to frames and back; what is refused. */
#include <stdlib.h>

#include "mc_traj.h"
#include "tap.h"

static const struct mc_dims dims = { .N = 3, .d = 2, .T = 4, .O = 5, .A = 2 };

static void fill(struct mc_traj *t)
{
	t->iteration = 7;
	t->episode = 300;
	t->last = 1;
	for (size_t k = 0; k < 5 * 3 * 5; k++)
		t->o[k] = (mc_real)(int)k / 8 - 3;
	for (size_t k = 0; k < 5 * 3 * 2; k++)
		t->m[k] = k % 3 != 0;
	for (size_t k = 0; k < 4 * 3 * 2; k++)
		t->I[k] = t->m[k] && k % 2;
	for (size_t k = 0; k < 4 * 3 * 2; k++)
		t->a[k] = (mc_real)(int)k / 32 - (mc_real)0.25;
	for (size_t k = 0; k < 4; k++)
		t->r[k] = -(mc_real)(int)k;
}

/* Packs t, reads the frame, unpacks into u. 0, -1 with e. */
static int there_and_back(const struct mc_traj *t, struct mc_traj *u, struct mc_err *e)
{
	struct mc_fb *b = mc_fb_new(NULL);
	const unsigned char *p;
	struct mc_frame f;
	struct mc_in *in;
	size_t n;
	int r = -1;

	mc_traj_pack(b, t);
	if (mc_fb_end(b, 1, &p, &n, e) == 0) {
		in = mc_in_memory(p, n, "t", MC_IN_BARE, MC_FRAME_MAX, NULL);
		if (mc_in_frame(in, &f, e) == MC_READ_FRAME)
			r = mc_traj_unpack(&f, u, e);
		mc_in_close(in);
	}
	mc_fb_free(b);
	return r;
}

static int same(const struct mc_traj *t, const struct mc_traj *u)
{
	return t->iteration == u->iteration && t->episode == u->episode && t->last == u->last &&
	    memcmp(t->o, u->o, 75 * sizeof *t->o) == 0 && memcmp(t->m, u->m, 30) == 0 &&
	    memcmp(t->I, u->I, 24) == 0 && memcmp(t->a, u->a, 24 * sizeof *t->a) == 0 &&
	    memcmp(t->r, u->r, 4 * sizeof *t->r) == 0;
}

static void refused(const struct mc_traj *t, struct mc_traj *u, const char *text, const char *name)
{
	struct mc_err e = { 0 };

	is_int(there_and_back(t, u, &e), -1, name);
	if (!ok(e.code == MC_DATA && strstr(e.what, text), "... as \"%s\"", text))
		diag("got %d, \"%s\"", e.code, e.what);
}

int main(void)
{
	struct mc_arena arena = { 0 };
	struct mc_dims other = dims;
	struct mc_traj t, u, v;
	struct mc_err e = { 0 };

	is_int(mc_traj_new(&t, &dims, &arena, &e), 0, "new");
	(void)mc_traj_new(&u, &dims, &arena, &e);
	other.O = 6;
	(void)mc_traj_new(&v, &other, &arena, &e);
	fill(&t);
	is_int(there_and_back(&t, &u, &e), 0, "packed and unpacked");
	ok(same(&t, &u), "is the same");
	(void)mc_traj_new(&u, &dims, &arena, &e);
	mc_traj_copy(&u, &t);
	ok(same(&t, &u), "a copy is the same");

	refused(&t, &v, "o is float32[5,3,5], want float32[5,3,6]", "other dimensions");
	t.o[11] = (mc_real)NAN;
	refused(&t, &u, "o has the value nan at element 11", "NaN in o");
	fill(&t);
	t.r[2] = (mc_real)INFINITY;
	refused(&t, &u, "r has the value inf at element 2", "infinity in r");
	fill(&t);
	t.m[29] = 2;
	refused(&t, &u, "m is neither 0 nor 1 at element 29", "m = 2");
	fill(&t);
	t.I[1] = 255;
	refused(&t, &u, "I is neither 0 nor 1 at element 1", "I = 255");
	fill(&t);
	t.I[3] = 1;
	refused(&t, &u, "I asks a neighbour that m does not have at element 3", "I where m is 0");
	fill(&t);
	t.a[5] = (mc_real)1.5;
	refused(&t, &u, "a is beyond [-1, 1] at element 5", "an action of 1.5");
	fill(&t);
	t.episode = -1;
	refused(&t, &u, "negative", "episode -1");
	mc_arena_free(&arena);
	return tap_done();
}
