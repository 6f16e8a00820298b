/*
 * Append-only stream files that a checkpoint counts on: a run's log, and the replay file. The
 * checkpoint records their length and checksum; after a stop they are proved by those and cut back
 * to that length, so that they hold the same bytes for the same run, however often it was stopped.
 *
 * Nothing changes before a run is known to go on. A journal is
 *
 *   claimed    the file, if it is there, is one of its kind, and locked for this process
 *   proved     (continuing) its first bytes are those that the checkpoint counts on
 *   begun      emptied, or made, with a header; or cut back
 */
#ifndef MC_JOURNAL_H
#define MC_JOURNAL_H

#include <stdint.h>

#include "mc_frame.h"

struct mc_journal;

enum mc_journal_kind { MC_JOURNAL_LOG, MC_JOURNAL_REPLAY };

/* What a checkpoint records of it. */
struct mc_journal_at {
	int64_t bytes;
	uint64_t frames;
	int64_t crc;           /* crc32 of those bytes, in one chain; -1 = an older checkpoint that has none */
};

/*
 * Claims the file; it need not be there. MC_CANTCREAT where it could not be written, or holds something
 * else: it does not begin with a run's header, or goes on with other frames than its kind; MC_TEMPFAIL
 * when another run has it. Changes nothing.
 */
struct mc_journal *mc_journal_claim(const char *path, enum mc_journal_kind kind, struct mc_err *e);

/* The file is not there. */
int mc_journal_is_absent(const struct mc_journal *l);

/* Empties the file, or makes it, and writes the header built on `b`. MC_CANTCREAT, MC_IOERR. */
int mc_journal_begin(struct mc_journal *l, struct mc_fb *b, struct mc_err *e);

/*
 * Are its first bytes those that `at` counts on, under this header (mc, type and crc32 aside)? They are
 * when length, number of frames and checksum are. `look`, if not NULL, sees these frames, in order
 * (the header too). MC_NOINPUT when the file is not there, MC_DATA when it is another; changes nothing.
 */
int mc_journal_prove(struct mc_journal *l, const struct mc_journal_at *at, const struct mc_map *header,
    int (*look)(void *ctx, const struct mc_frame *f, struct mc_err *e), void *ctx, struct mc_err *e);

/* Is there nothing behind what was proved but a stream's `end`: is the file that of a finished run? */
int mc_journal_is_ended(const struct mc_journal *l);

/* Cuts a file that was proved back to that length; it goes on from there. */
int mc_journal_cut(struct mc_journal *l, struct mc_err *e);

/* Is it begun or cut, so that frames may be added? */
int mc_journal_is_open(const struct mc_journal *l);

int mc_journal_add(struct mc_journal *l, const struct mc_frame *f, struct mc_err *e);

/* What was added is in the file, for those who follow it. Not yet on the disk. */
int mc_journal_flush(struct mc_journal *l, struct mc_err *e);

/* Everything to the disk; then *at is what a checkpoint may record. */
int mc_journal_sync(struct mc_journal *l, struct mc_journal_at *at, struct mc_err *e);

/* Closes it, and lets go of the lock; with `done`, after an `end` frame built on `b`. l may be NULL. */
int mc_journal_close(struct mc_journal *l, struct mc_fb *b, int done, struct mc_err *e);

/* `at` as the entries PREFIX_bytes, PREFIX_frames, PREFIX_crc32 of the map at hand, and back. */
void mc_journal_at_pack(struct mc_fb *b, const char *prefix, const struct mc_journal_at *at);
int mc_journal_at_read(const struct mc_map *m, const char *prefix, struct mc_journal_at *at, struct mc_err *e);

#endif
