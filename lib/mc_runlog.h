/*
 * A run's log and provenance files. The log is the completed header, then `episode` and
 * `metric` frames as they came round, then `end`: the same bytes for the same run, however
 * often it was stopped. What differs from start to start goes to <ckpt>.provenance.
 */
#ifndef MC_RUNLOG_H
#define MC_RUNLOG_H

#include <stdint.h>

#include "mc_frame.h"

struct mc_runlog;

/* A new log (an old file is emptied) that begins with the header. MC_CANTCREAT, MC_IOERR. */
struct mc_runlog *mc_runlog_new(const char *path, const struct mc_frame *header, struct mc_err *e);

/* An existing log, cut back to the length and number of frames that a checkpoint records. */
struct mc_runlog *mc_runlog_continue(const char *path, int64_t bytes, uint64_t frames, struct mc_err *e);

int mc_runlog_add(struct mc_runlog *l, const struct mc_frame *f, struct mc_err *e);

/* Everything to the disk; then *bytes, *frames are what a checkpoint may record. */
int mc_runlog_sync(struct mc_runlog *l, int64_t *bytes, uint64_t *frames, struct mc_err *e);

/* Closes it; with `done`, after an `end` frame. */
int mc_runlog_close(struct mc_runlog *l, struct mc_fb *b, int done, struct mc_err *e);

/* Appends one small stream (header, the provenance frames in `bytes`, end) to `path`. */
int mc_provenance_append(const char *path, const struct mc_frame *header, const void *bytes, size_t len,
    struct mc_fb *b, struct mc_err *e);

/* BLAS core that `program` stated in the last record of `path`; "" when there is none. */
void mc_provenance_core(const char *path, const char *program, char *core, size_t size);

#endif
