/*
 * mc-rollout's end of a training ring: it opens the ring, acts, waits for the nets of every
 * iteration to come round, logs, and makes checkpoints at barriers (metacomm(7), "the ring").
 *
 * With a lag of 1 (header) it acts the next episode while the others learn from the one just sent, with the
 * nets that the episodes before that one led to: with theta(k-1) where it would be theta(k), and from the first
 * episode of a meta-iteration on theta(K) twice. Which nets those are never depends on who is fast. A checkpoint
 * then holds the episode that is acted and not yet sent: its nets are no longer anybody's.
 */
#ifndef MC_TRAIN_H
#define MC_TRAIN_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_env.h"
#include "mc_err.h"
#include "mc_header.h"
#include "mc_pool.h"
#include "mc_progress.h"

enum { MC_KEEP_MAX = 64 };

struct mc_train_opts {
	const char *ckpt;          /* NULL = no checkpoint */
	const char *log;           /* NULL = no log */
	const char *prey;          /* a file that was read, or NULL */
	int64_t episodes;          /* -e: the run ends at the first meta-iteration with at least so many */
	int64_t every;             /* -C: iterations from checkpoint to checkpoint */
	int64_t keep[MC_KEEP_MAX]; /* ascending; checkpoints left at the first meta-iteration at or after each */
	int nkeep;
	int fresh;                 /* 1 = an existing checkpoint is not continued */
	size_t max_frame;
	int argc;                  /* for the provenance record */
	char **argv;
	int threads;
	enum mc_progress_mode progress;
	const struct mc_map *environment; /* the header of a program that is acted in, of a task of its own; else NULL */
};

/*
 * Trains on standard input and output. `h` is what mc-rollout states, `env` where it acts, `prey`
 * the weights that the header carries (NULL unless "mlp"). Returns the exit status, or -1.
 */
int mc_train(const struct mc_train_opts *o, const struct mc_header *h, const struct mc_params *prey,
    struct mc_env *env, struct mc_pool *pool, struct mc_err *e);

#endif
