/* D: what is in it before and after it is full, and which transition a draw gives. */
#include <math.h>
#include <stdlib.h>

#include "mc_replay.h"
#include "tap.h"

enum { T = 5, N = 2, D = 1, O = 3, A = 2, MOST = 64 };

static const struct mc_dims dims = { .N = N, .d = D, .T = T, .O = O, .A = A };
static struct mc_traj t;

/* Every number of trajectory k's step s says so: o = 100 k + s (s = T: the last), r likewise. */
static void append(struct mc_replay *x, int k)
{
	for (int s = 0; s <= T; s++) {
		for (int i = 0; i < N * O; i++)
			t.o[s * N * O + i] = (mc_real)(100 * k + s) + (mc_real)i / 16;
		memset(t.m + s * N * D, s % 2, N * D);
		if (s == T)
			break;
		for (int i = 0; i < N * A; i++)
			t.a[s * N * A + i] = (mc_real)(100 * k + s) - (mc_real)i / 16;
		t.r[s] = (mc_real)(100 * k + s);
	}
	mc_replay_append(x, &t);
}

/* The word that picks transition `number` of `count`: the least w with (w count) >> 32 = number. */
static uint32_t word_for(size_t number, size_t count)
{
	return (uint32_t)((((uint64_t)number << 32) + count - 1) / count);
}

/* Is row b of the batch step s of trajectory k in all its parts? */
static int is_step(const struct mc_batch *x, size_t b, int k, int s)
{
	const mc_real v = (mc_real)(100 * k + s);
	int good = x->r[b] == v;

	for (int i = 0; i < N * O; i++)
		good &= x->o[b * N * O + i] == v + (mc_real)i / 16 && x->o_next[b * N * O + i] == v + 1 + (mc_real)i / 16;
	for (int i = 0; i < N * A; i++)
		good &= x->a[b * N * A + i] == v - (mc_real)i / 16;
	for (int i = 0; i < N * D; i++)
		good &= x->m[b * N * D + i] == s % 2 && x->m_next[b * N * D + i] == (s + 1) % 2;
	return good;
}

/* All transitions by number: they must be those from global number `oldest` on. */
static void holds(const struct mc_replay *x, size_t oldest, size_t count, const char *name)
{
	static mc_real o[MOST * N * O], o_next[MOST * N * O], a[MOST * N * A], r[MOST];
	static uint8_t m[MOST * N * D], m_next[MOST * N * D];
	struct mc_batch batch = { .o = o, .o_next = o_next, .a = a, .r = r, .m = m, .m_next = m_next };
	uint32_t word[MOST];
	int good = mc_replay_count(x) == count;

	for (size_t k = 0; k < count; k++)
		word[k] = word_for(k, count);
	mc_replay_sample(x, word, 0, count, &batch);
	for (size_t k = 0; k < count; k++)
		good &= is_step(&batch, k, (int)((oldest + k) / T), (int)((oldest + k) % T));
	ok(good, "%s: transitions %zu to %zu", name, oldest, oldest + count - 1);
}

/*
 * Two trajectories, all transitions with `steps` rewards at a discount of 1/2: the sum in closed form, what follows
 * never past the episode's end, and what comes before the rewards as it was.
 */
static void ahead(const struct mc_replay *x, int steps)
{
	enum { COUNT = 2 * T };
	static mc_real o[COUNT * N * O], o_next[COUNT * N * O], a[COUNT * N * A], r[COUNT], discount[COUNT];
	static uint8_t m[COUNT * N * D], m_next[COUNT * N * D];
	struct mc_batch batch = { .o = o, .o_next = o_next, .a = a, .r = r, .m = m, .m_next = m_next };
	uint32_t word[COUNT];
	int good = 1;

	for (size_t b = 0; b < COUNT; b++)
		word[b] = word_for(b, COUNT);
	mc_replay_sample(x, word, 0, COUNT, &batch);
	mc_replay_ahead(x, word, 0, COUNT, (size_t)steps, 0.5, &batch, discount);
	for (int b = 0; b < COUNT; b++) {
		const int k = b / T, s = b % T, q = steps < T - s ? steps : T - s, first = 100 * k + s;
		double sum = 0;

		for (int l = 0; l < q; l++)
			sum += ldexp(first + l, -l);
		good &= (double)r[b] == sum && (double)discount[b] == ldexp(1, -q) && o[b * N * O] == (mc_real)first &&
		    o_next[b * N * O] == (mc_real)(first + q) && m_next[b * N * D] == (s + q) % 2 && a[b * N * A] == (mc_real)first;
	}
	ok(good, "%d rewards ahead, not past the end", steps);
}

int main(void)
{
	struct mc_arena arena = { 0 };
	struct mc_err e = { 0 };
	struct mc_replay *x = mc_replay_new(&dims, 23, &e);

	(void)mc_traj_new(&t, &dims, &arena, &e);
	is_int((long long)mc_replay_count(x), 0, "empty at the start");
	for (int k = 0; k < 40; k++) {
		const size_t all = (size_t)(k + 1) * T, count = all < 23 ? all : 23;

		append(x, k);
		holds(x, all - count, count, "capacity 23, T = 5");
	}
	mc_replay_clear(x);
	append(x, 7);
	is_int((long long)mc_replay_count(x), 5, "cleared, one trajectory");
	mc_replay_free(x);

	x = mc_replay_new(&dims, 20, &e);
	for (int k = 0; k < 9; k++)
		append(x, k);
	holds(x, 25, 20, "a capacity of whole trajectories");
	mc_replay_free(x);

	x = mc_replay_new(&dims, 1, &e);
	for (int k = 0; k < 3; k++)
		append(x, k);
	holds(x, 14, 1, "a capacity of one");
	mc_replay_free(x);

	/* part of a batch: other rows are left alone */
	mc_real o[2 * N * O] = { 0 }, o_next[2 * N * O], a[2 * N * A], r[2] = { -1, -1 };
	uint8_t m[2 * N * D], m_next[2 * N * D];
	struct mc_batch batch = { .o = o, .o_next = o_next, .a = a, .r = r, .m = m, .m_next = m_next };
	const uint32_t word[2] = { 0, 0xffffffff };

	x = mc_replay_new(&dims, 20, &e);
	append(x, 0);
	append(x, 1);
	ahead(x, 1);
	ahead(x, 3);
	ahead(x, 2 * T);
	mc_replay_sample(x, word, 1, 1, &batch);
	ok(r[0] == -1 && r[1] == 104, "the largest word gives the newest transition, row 1 alone");
	mc_replay_free(x);

	x = mc_replay_new(&dims, (size_t)1 << 62, &e);
	ok(!x && e.code == MC_OSERR, "a capacity beyond memory is refused");
	mc_replay_free(x);
	mc_arena_free(&arena);
	return tap_done();
}
