/*
 * Checkpoints: a whole run's state in one frame, alone in its file (mc-frame(5)).
 */
#ifndef MC_CKPT_H
#define MC_CKPT_H

#include <stdint.h>

#include "mc_frame.h"
#include "mc_header.h"
#include "mc_params.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_ckpt {
	struct mc_in *in;          /* private; holds the bytes that everything below points into */
	struct mc_frame frame;
	struct mc_map header_map, params, state;
	struct mc_header header;
	int64_t iteration, episode;
};

/*
 * Opens and checks a checkpoint: MC_NOINPUT when it cannot be opened, MC_DATA when it is none (a
 * log or another stream is named as such), is cut or damaged. Nets are checked as they are read.
 */
int mc_ckpt_open(struct mc_ckpt *c, const char *path, size_t max_frame, struct mc_err *e);
/* The same of a frame that was read otherwise and outlives `c`; nothing to close. */
int mc_ckpt_read(struct mc_ckpt *c, const struct mc_frame *f, struct mc_err *e);
void mc_ckpt_close(struct mc_ckpt *c);

/* "policy", "comm", "critic", "baseline", "rule", "target.policy", ... */
int mc_ckpt_has(const struct mc_ckpt *c, const char *net);

/*
 * A net's parameters, from the arena. MC_USAGE when the run has no such net ("run.ckpt has no
 * comm net (method none)"), MC_DATA when shapes do not fit its own header or a value is not finite.
 */
int mc_ckpt_params(const struct mc_ckpt *c, const char *net, struct mc_params *p,
    struct mc_arena *arena, struct mc_err *e);

/* The same into a block of the same layout: MC_DATA, too, where the layouts differ. */
int mc_ckpt_into(const struct mc_ckpt *c, const char *net, struct mc_params *p, struct mc_err *e);

/*
 * Bytes that a checkpoint of such a run will have, within a few per cent, from its header: so that
 * a run too large for --max-frame is refused before it starts.
 */
size_t mc_ckpt_estimate(const struct mc_header *h);

#ifdef __cplusplus
}
#endif

#endif
