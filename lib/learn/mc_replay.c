#include "mc_replay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A ring of slots of one trajectory each, with one slot more than the capacity fills: the
 * oldest trajectory may be partly out. One slot: o [T+1,N,O], a [T,N,A], r [T], m [T+1,N,d].
 */
struct mc_replay {
	struct mc_dims dims;
	size_t capacity, slots, slot_bytes, bytes;
	size_t o, a, r, m;      /* offsets in a slot */
	uint64_t trajectories;  /* appended since the start or mc_replay_clear */
	unsigned char *memory;
};

static void lay_out(struct mc_replay *D)
{
	const size_t T = D->dims.T, N = D->dims.N, R = sizeof(mc_real), LINE = 64;

	D->o = 0;
	D->a = D->o + (T + 1) * N * D->dims.O * R;
	D->r = D->a + T * N * D->dims.A * R;
	D->m = D->r + T * R;
	D->slot_bytes = (D->m + (T + 1) * N * D->dims.d + LINE - 1) / LINE * LINE;
}

struct mc_replay *mc_replay_new(const struct mc_dims *dims, size_t capacity, struct mc_err *e)
{
	struct mc_replay *D = calloc(1, sizeof *D);

	if (!D) {
		(void)mc_err_nomem(e, "replay buffer", sizeof *D);
		return NULL;
	}
	D->dims = *dims;
	D->capacity = capacity;
	lay_out(D);
	D->slots = capacity / dims->T + 2;
	if (D->slots > SIZE_MAX / 2 / D->slot_bytes) {
		free(D);
		(void)mc_err_nomem(e, "replay buffer", SIZE_MAX);
		return NULL;
	}
	D->bytes = D->slots * D->slot_bytes;
	D->memory = mmap(NULL, D->bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (D->memory == MAP_FAILED) {
		(void)mc_err_nomem(e, "replay buffer", D->bytes);
		free(D);
		return NULL;
	}
	return D;
}

void mc_replay_free(struct mc_replay *D)
{
	if (!D)
		return;
	(void)munmap(D->memory, D->bytes);
	free(D);
}

static unsigned char *slot_of(const struct mc_replay *D, uint64_t trajectory)
{
	return D->memory + (size_t)(trajectory % D->slots) * D->slot_bytes;
}

void mc_replay_append(struct mc_replay *D, const struct mc_traj *t)
{
	const size_t T = D->dims.T, N = D->dims.N, R = sizeof(mc_real);
	unsigned char *slot = slot_of(D, D->trajectories++);

	memcpy(slot + D->o, t->o, (T + 1) * N * D->dims.O * R);
	memcpy(slot + D->a, t->a, T * N * D->dims.A * R);
	memcpy(slot + D->r, t->r, T * R);
	memcpy(slot + D->m, t->m, (T + 1) * N * D->dims.d);
}

size_t mc_replay_bytes(const struct mc_replay *D)
{
	return D->bytes;
}

size_t mc_replay_count(const struct mc_replay *D)
{
	const uint64_t all = D->trajectories * D->dims.T;

	return all < D->capacity ? (size_t)all : D->capacity;
}

void mc_replay_clear(struct mc_replay *D)
{
	D->trajectories = 0;
}

/* Transition number (word * count) >> 32, counted from the oldest: its trajectory's slot, and its step there. */
static const unsigned char *drawn(const struct mc_replay *D, uint32_t word, size_t *t)
{
	const uint64_t count = mc_replay_count(D), gone = D->trajectories * D->dims.T - count;
	const uint64_t number = gone + ((uint64_t)word * count >> 32);

	*t = (size_t)(number % D->dims.T);
	return slot_of(D, number / D->dims.T);
}

void mc_replay_sample(const struct mc_replay *D, const uint32_t *word, size_t from, size_t n,
    struct mc_batch *batch)
{
	const struct mc_dims *x = &D->dims;
	const size_t NO = x->N * x->O, NA = x->N * x->A, Nd = x->N * x->d, R = sizeof(mc_real);

	for (size_t b = from; b < from + n; b++) {
		size_t t;
		const unsigned char *slot = drawn(D, word[b], &t);

		memcpy(batch->o + b * NO, slot + D->o + t * NO * R, NO * R);
		memcpy(batch->o_next + b * NO, slot + D->o + (t + 1) * NO * R, NO * R);
		memcpy(batch->a + b * NA, slot + D->a + t * NA * R, NA * R);
		memcpy(batch->r + b, slot + D->r + t * R, R);
		memcpy(batch->m + b * Nd, slot + D->m + t * Nd, Nd);
		memcpy(batch->m_next + b * Nd, slot + D->m + (t + 1) * Nd, Nd);
	}
}

void mc_replay_ahead(const struct mc_replay *D, const uint32_t *word, size_t from, size_t n, size_t steps,
    double gamma, struct mc_batch *batch, mc_real *discount)
{
	const struct mc_dims *x = &D->dims;
	const size_t NO = x->N * x->O, Nd = x->N * x->d, R = sizeof(mc_real);

	for (size_t b = from; b < from + n; b++) {
		size_t t;
		const unsigned char *slot = drawn(D, word[b], &t);
		const size_t q = steps < x->T - t ? steps : x->T - t;
		double sum = 0, weight = 1;

		for (size_t l = 0; l < q; l++, weight *= gamma) {
			mc_real r;

			memcpy(&r, slot + D->r + (t + l) * R, R);
			sum += weight * (double)r;
		}
		batch->r[b] = (mc_real)sum;
		discount[b] = (mc_real)weight;
		memcpy(batch->o_next + b * NO, slot + D->o + (t + q) * NO * R, NO * R);
		memcpy(batch->m_next + b * Nd, slot + D->m + (t + q) * Nd, Nd);
	}
}
