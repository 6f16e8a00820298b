/*
 * Writing checkpoints: the params and state frames that came round at a barrier are kept
 * and committed as one file; and the way back, a checkpoint as frames.
 */
#ifndef MC_COMMIT_H
#define MC_COMMIT_H

#include <stdint.h>

#include "mc_ckpt.h"
#include "mc_frame.h"
#include "mc_journal.h"
#include "mc_traj.h"

enum { MC_KEPT = 24 };

/* The newest params frame of each net and state frame of each program. Zero-initialise. */
struct mc_kept {
	int n;
	struct {
		char name[32];          /* net, or program */
		int is_state;
		unsigned char *bytes;
		size_t len, room;
	} at[MC_KEPT];
};

/* Keeps a copy of a `params` or `state` frame in place of an older one of that name. */
int mc_kept_add(struct mc_kept *k, const struct mc_frame *f, struct mc_err *e);
void mc_kept_free(struct mc_kept *k);

/*
 * mc-rollout's own state: what it counts on of the log, what has been added up since the last metric
 * (over `episodes` episodes), and with a lag the next episode (mc_train.h).
 */
struct mc_acted {
	struct mc_journal_at log;
	double sum_return, sum_requests;
	int64_t episodes;
	const struct mc_traj *ahead; /* acted, and not yet sent; NULL = none is */
};

/*
 * Commits a checkpoint of what is kept to `path` (and to each further path): header, counts,
 * nets in a fixed order, states, and mc-rollout's own.
 */
int mc_commit(const struct mc_kept *k, const struct mc_map *header, int64_t iteration, int64_t episode,
    const struct mc_acted *own, struct mc_fb *b, const char *const *paths, int npaths, struct mc_err *e);

/* The way back: mc-rollout's own state of a checkpoint, but for `ahead`. */
int mc_acted_read(const struct mc_ckpt *c, struct mc_acted *own, struct mc_err *e);

/* That episode into `to`, made for the run: 1, or 0 where none is acted ahead. MC_DATA, too, where it is not the next. */
int mc_ahead_read(const struct mc_ckpt *c, struct mc_traj *to, struct mc_err *e);

/*
 * The checkpoint's nets and states as `params` and `state` frames, in its order: `send` is called
 * with each frame built on `b`.
 */
int mc_ckpt_frames(const struct mc_ckpt *c, struct mc_fb *b,
    int (*send)(void *ctx, struct mc_fb *b, struct mc_err *e), void *ctx, struct mc_err *e);

#endif
