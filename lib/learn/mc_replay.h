/*
 * The replay buffer D: the last `capacity` transitions (o, m, a, r, o', m'), kept as
 * trajectories, since o' is the next step's o. Memory is reserved at once and touched only
 * as it fills.
 */
#ifndef MC_REPLAY_H
#define MC_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "mc_params.h"
#include "mc_traj.h"

struct mc_replay;

/* capacity >= 1, in transitions. NULL with `e` filled: MC_OSERR. */
struct mc_replay *mc_replay_new(const struct mc_dims *dims, size_t capacity, struct mc_err *e);
void mc_replay_free(struct mc_replay *D);

/* Appends the T transitions of t, whose dims are D's; the oldest fall out one by one. */
void mc_replay_append(struct mc_replay *D, const struct mc_traj *t);

/* Memory reserved. */
size_t mc_replay_bytes(const struct mc_replay *D);

/* Transitions in D. */
size_t mc_replay_count(const struct mc_replay *D);
void mc_replay_clear(struct mc_replay *D);

/* A batch; arrays belong to the caller. */
struct mc_batch {
	mc_real *o, *o_next;     /* [B,N,O] */
	uint8_t *m, *m_next;     /* [B,N,d] */
	mc_real *a;              /* [B,N,A] */
	mc_real *r;              /* [B] */
};

/*
 * Rows from ... from+n-1 of the batch: row b is transition number (word[b] * count) >> 32 of
 * D, counted from the oldest. word: the whole batch's draws.
 */
void mc_replay_sample(const struct mc_replay *D, const uint32_t *word, size_t from, size_t n,
    struct mc_batch *batch);

/*
 * The same rows, sampled before, q = min(steps, T - t) steps ahead, t being the row's step in its episode:
 *   r         sum over l < q of gamma^l r_{t+l}
 *   o_next    o_{t+q}; m_next likewise
 *   discount  out [B], these rows: gamma^q
 * steps >= 1; with 1 nothing but discount changes. o, a and m stay.
 */
void mc_replay_ahead(const struct mc_replay *D, const uint32_t *word, size_t from, size_t n, size_t steps,
    double gamma, struct mc_batch *batch, mc_real *discount);

#endif
