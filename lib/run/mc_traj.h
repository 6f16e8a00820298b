/*
 * One episode's trajectory and its frame (type `trajectory`).
 */
#ifndef MC_TRAJ_H
#define MC_TRAJ_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_frame.h"
#include "mc_params.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_traj {
	struct mc_env_dims dims;
	int64_t iteration;  /* updates made before it is learned from: theta(iteration) acted, but with a lag (mc_header.h) */
	int64_t episode;    /* counts all trajectories of the run, from 0 */
	int last;           /* tau(K): only for the meta-step */
	mc_real *o;         /* [T+1, N, O] */
	uint8_t *m;         /* [T+1, N, d]  1 = slot j is a neighbour of i */
	uint8_t *I;         /* [T, N, d]    decisions; 0 wherever m is 0 */
	mc_real *a;         /* [T, N, A]    executed actions, in [-1, 1] */
	mc_real *r;         /* [T]          team reward */
};

/* Allocates the arrays for dims from the arena. */
int mc_traj_new(struct mc_traj *t, const struct mc_dims *dims, struct mc_arena *arena, struct mc_err *e);

/* Builds the frame (mc_fb_begin to the last entry); the caller ends and writes it. */
void mc_traj_pack(struct mc_fb *b, const struct mc_traj *t);
/* The same entries into the map at hand: a trajectory in another frame. */
void mc_traj_put(struct mc_fb *b, const struct mc_traj *t);

/*
 * A `trajectory` frame, or such entries of a map, into t, whose dims it must fit; where t has no arrays (all NULL), shapes
 * and finiteness are checked and nothing else. Refused (MC_DATA): wrong shapes or
 * dtypes, non-finite numbers, m or I other than 0 and 1, I = 1 where m = 0, actions beyond
 * [-1, 1], negative iteration or episode.
 */
int mc_traj_unpack(const struct mc_frame *f, struct mc_traj *t, struct mc_err *e);
int mc_traj_get(const struct mc_map *m, struct mc_traj *t, struct mc_err *e);

/* Copies all arrays and numbers; dims must be equal. */
void mc_traj_copy(struct mc_traj *to, const struct mc_traj *from);

#ifdef __cplusplus
}
#endif

#endif
