#include "mc_past.h"

#include <math.h>
#include <string.h>

#include "mc_comm.h"
#include "mc_math.h"

static size_t count_o(const struct mc_past *x) { return (x->dims.T + 1) * x->dims.N * x->dims.O; }
static size_t count_I(const struct mc_past *x) { return x->dims.T * x->dims.N * x->dims.d; }

int mc_past_init(struct mc_past *x, const struct mc_dims *dims, size_t room, struct mc_arena *arena,
    struct mc_err *e)
{
	const char what[] = "trajectories for the meta-gradient";

	*x = (struct mc_past){ .dims = *dims, .room = room };
	x->o = mc_arena_alloc(arena, room * count_o(x), sizeof *x->o, what, e);
	x->m = mc_arena_alloc(arena, room * count_I(x), sizeof *x->m, what, e);
	x->I = mc_arena_alloc(arena, room * count_I(x), sizeof *x->I, what, e);
	x->r = mc_arena_alloc(arena, room * dims->T, sizeof *x->r, what, e);
	x->log_c = mc_arena_alloc(arena, room * dims->T, sizeof *x->log_c, what, e);
	return x->o && x->m && x->I && x->r && x->log_c ? 0 : -1;
}

/* ---- in and out ---- */

/* Element n of an array of elements; where it is full, that of `room`, the first going. */
static void *behind(void *array, size_t n, size_t room, size_t bytes)
{
	unsigned char *p = array;

	if (n < room)
		return p + n * bytes;
	memmove(p, p + bytes, (room - 1) * bytes);
	return p + (room - 1) * bytes;
}

void mc_past_add(struct mc_past *x, const struct mc_traj *t, const mc_real *log_c)
{
	const size_t o = count_o(x) * sizeof *x->o, I = count_I(x), T = x->dims.T * sizeof *x->r;

	memcpy(behind(x->o, x->n, x->room, o), t->o, o);
	memcpy(behind(x->m, x->n, x->room, I), t->m, I);
	memcpy(behind(x->I, x->n, x->room, I), t->I, I);
	memcpy(behind(x->r, x->n, x->room, T), t->r, T);
	memcpy(behind(x->log_c, x->n, x->room, T), log_c, T);
	x->n += x->n < x->room;
}

struct mc_past_one mc_past_at(const struct mc_past *x, size_t i)
{
	return (struct mc_past_one){ .o = x->o + i * count_o(x), .r = x->r + i * x->dims.T,
		.log_c = x->log_c + i * x->dims.T, .m = x->m + i * count_I(x), .I = x->I + i * count_I(x) };
}

/* ---- weights ---- */

static mc_real log_c_of_step(const mc_real *z, const uint8_t *I, const uint8_t *m, size_t pairs)
{
	double sum = 0;

	for (size_t i = 0; i < pairs; i++) {
		mc_real one;

		mc_comm_log_c(&one, z + i, I + i, m + i, 1);
		sum += (double)one;
	}
	return (mc_real)sum;
}

void mc_past_log_c(mc_real *log_c, const mc_real *z, const uint8_t *I, const uint8_t *m, size_t T, size_t pairs)
{
	for (size_t t = 0; t < T; t++)
		log_c[t] = log_c_of_step(z + t * pairs, I + t * pairs, m + t * pairs, pairs);
}

void mc_past_weigh(mc_real *adv, const mc_real *advantage, const struct mc_past_one *p, const mc_real *z,
    size_t T, size_t pairs)
{
	mc_past_log_c(adv, z, p->I, p->m, T, pairs);
	for (size_t t = 0; t < T; t++) {
		const mc_real more = adv[t] - p->log_c[t];

		adv[t] = (more < 0 ? MC_M(exp)(more) : 1) * advantage[t];
	}
}

/* ---- state ---- */

void mc_past_pack(struct mc_fb *b, const struct mc_past *x)
{
	const size_t n = x->n, T = x->dims.T, N = x->dims.N, d = x->dims.d, O = x->dims.O;

	mc_fb_uint(b, "past_n", n);
	mc_fb_reals(b, "past_o", 4, (size_t[]){ n, T + 1, N, O }, x->o);
	mc_fb_array(b, "past_m", MC_U8, 4, (size_t[]){ n, T, N, d }, x->m);
	mc_fb_array(b, "past_I", MC_U8, 4, (size_t[]){ n, T, N, d }, x->I);
	mc_fb_reals(b, "past_r", 2, (size_t[]){ n, T }, x->r);
	mc_fb_reals(b, "past_log_c", 2, (size_t[]){ n, T }, x->log_c);
}

static int decisions_are_0_or_1(const struct mc_past *x, struct mc_err *e)
{
	for (size_t i = 0; i < x->n * count_I(x); i++)
		if (x->m[i] > 1 || x->I[i] > x->m[i])
			return mc_err_set(e, MC_DATA, NULL, -1, NULL, "past_m or past_I at element %zu is not a decision", i);
	return 0;
}

int mc_past_unpack(const struct mc_map *state, struct mc_past *x, struct mc_err *e)
{
	const size_t T = x->dims.T, N = x->dims.N, d = x->dims.d, O = x->dims.O;
	uint64_t n;

	x->n = 0;
	if (mc_map_uint(state, "past_n", &n, e) < 0)
		return -1;
	if (n > x->room)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "past_n is %llu, want at most %zu", (unsigned long long)n, x->room);
	if (mc_map_reals(state, "past_o", 4, (size_t[]){ n, T + 1, N, O }, x->o, e) < 0 ||
	    mc_map_bytes(state, "past_m", 4, (size_t[]){ n, T, N, d }, x->m, e) < 0 ||
	    mc_map_bytes(state, "past_I", 4, (size_t[]){ n, T, N, d }, x->I, e) < 0 ||
	    mc_map_reals(state, "past_r", 2, (size_t[]){ n, T }, x->r, e) < 0 ||
	    mc_map_reals(state, "past_log_c", 2, (size_t[]){ n, T }, x->log_c, e) < 0)
		return -1;
	x->n = (size_t)n;
	return decisions_are_0_or_1(x, e);
}
