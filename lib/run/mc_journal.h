/*
 * Append-only stream files whose length a checkpoint records: a run's log, and the replay
 * file. After a stop they are cut back to that length, so that they hold the same bytes for
 * the same run, however often it was stopped.
 */
#ifndef MC_JOURNAL_H
#define MC_JOURNAL_H

#include <stdint.h>

#include "mc_frame.h"

struct mc_journal;

/* A new file (an old one is emptied) that begins with the header built on `b`. MC_CANTCREAT, MC_IOERR. */
struct mc_journal *mc_journal_new(const char *path, struct mc_fb *b, struct mc_err *e);

/*
 * An existing file, cut back to the length and number of frames that a checkpoint records. `look`,
 * if not NULL, sees every frame that stays, in order (the header too).
 */
struct mc_journal *mc_journal_continue(const char *path, int64_t bytes, uint64_t frames,
    int (*look)(void *ctx, const struct mc_frame *f, struct mc_err *e), void *ctx, struct mc_err *e);

int mc_journal_add(struct mc_journal *l, const struct mc_frame *f, struct mc_err *e);

/* What was added is in the file, for those who follow it. Not yet on the disk. */
int mc_journal_flush(struct mc_journal *l, struct mc_err *e);

/* Everything to the disk; then *bytes, *frames are what a checkpoint may record. */
int mc_journal_sync(struct mc_journal *l, int64_t *bytes, uint64_t *frames, struct mc_err *e);

/* Closes it; with `done`, after an `end` frame built on `b`. l may be NULL. */
int mc_journal_close(struct mc_journal *l, struct mc_fb *b, int done, struct mc_err *e);

#endif
