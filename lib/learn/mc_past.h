/*
 * The last trajectories of a run, so that the meta-objective can be taken over them, too
 * (mc-metalearn --meta-batch; metacomm-learning(7), section 6): what was observed, decided and
 * earned, and how likely the decisions were where they were made.
 *
 * A step of such a trajectory counts by the likelihood of its decisions now over that of then,
 *
 *     w_t = min(1, prod over i,j with m = 1 of c(I_t^ij; theta) / c(I_t^ij; theta then))
 */
#ifndef MC_PAST_H
#define MC_PAST_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_real.h"
#include "mc_traj.h"

/* Arrays belong to the arena; trajectory 0 is the oldest. */
struct mc_past {
	struct mc_dims dims;
	size_t room, n;      /* trajectories: at most, and now */
	mc_real *o;          /* [room,T+1,N,O] */
	uint8_t *m, *I;      /* [room,T,N,d] */
	mc_real *r;          /* [room,T] */
	mc_real *log_c;      /* [room,T]  log-likelihood of all decisions of a step, then */
};

/* One of them: pointers into the arrays. */
struct mc_past_one {
	const mc_real *o, *r, *log_c;
	const uint8_t *m, *I;
};

/* room >= 1. Nothing is in it yet. */
int mc_past_init(struct mc_past *x, const struct mc_dims *dims, size_t room, struct mc_arena *arena,
    struct mc_err *e);

/* Behind the others; where there is no room the oldest goes. log_c in [T]. */
void mc_past_add(struct mc_past *x, const struct mc_traj *t, const mc_real *log_c);

struct mc_past_one mc_past_at(const struct mc_past *x, size_t i);

/* log_c [T]: sums of log c(I) over the live pairs [T,pairs] of a step. */
void mc_past_log_c(mc_real *log_c, const mc_real *z, const uint8_t *I, const uint8_t *m, size_t T, size_t pairs);

/* adv[t] = w_t advantage[t] of one of them, whose decisions have the logits z [T,pairs] now. May not overlap. */
void mc_past_weigh(mc_real *adv, const mc_real *advantage, const struct mc_past_one *p, const mc_real *z,
    size_t T, size_t pairs);

/* Entries past_o, past_m, past_I, past_r, past_log_c of a state map; MC_DATA. */
void mc_past_pack(struct mc_fb *b, const struct mc_past *x);
int mc_past_unpack(const struct mc_map *state, struct mc_past *x, struct mc_err *e);

#endif
