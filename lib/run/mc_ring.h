/*
 * What the programs of a ring share: the filter loop (forward every frame at once and
 * unchanged, handle it, add frames of one's own), the queue through which mc-rollout
 * writes, pipe sizes and signals.
 */
#ifndef MC_RING_H
#define MC_RING_H

#include "mc_err.h"
#include "mc_file.h"
#include "mc_frame.h"
#include "mc_memory.h"
#include "mc_params.h"

/*
 * Where there are no meta-iterations, every program of the ring emits a metric with each iteration
 * that is a multiple of this: a rule that needs no memory, so a stop cannot shift it.
 */
enum { MC_METRIC_EVERY = 10 };

/* ---- a filter: standard input to standard output ---- */

struct mc_filter {
	const char *name;          /* "mc-critic" */
	int argc;                  /* for its provenance frame */
	char **argv;
	int threads;
	size_t max_frame;
	const struct mc_file_use *files; /* what it reads and writes, for mc-rollout to compare (mc_ring_files) */
	size_t nfiles;
	int plain;                 /* 1 = no ring: see mc_filter_run */
	void *ctx;
	/* The header: check it, and build the outgoing one on `b`, already begun (mc_header_pass). */
	int (*header)(void *ctx, const struct mc_frame *header, struct mc_fb *b, struct mc_err *e);
	/*
	 * Frames of the types that it handles, after they were forwarded (a barrier: before), never ahead of
	 * the header. NULL = not handled. Each may call mc_filter_send.
	 */
	int (*trajectory)(void *ctx, const struct mc_frame *f, struct mc_err *e);
	int (*params)(void *ctx, const struct mc_frame *f, struct mc_err *e);
	int (*state)(void *ctx, const struct mc_frame *f, struct mc_err *e);
	int (*barrier)(void *ctx, const struct mc_frame *f, struct mc_err *e);
	/* `end` without error: the run is done. */
	int (*end)(void *ctx, struct mc_err *e);
	/* set by mc_filter_run */
	char upstream[24];         /* the program before this one, as the header says */
	int has_header;
	int begun;                 /* the barrier that begins a new run has passed */
	int64_t passing;           /* iteration of the checkpoint that is under way, and */
	int64_t committed;         /* of the one that is on the disk; -1 = none */
	struct mc_memory *memory;  /* shared with the ring, and */
	int agreed;                /* 1 = for use; NULL, 0: parameters are in their frames */
	struct mc_in *in;
	struct mc_out *out;
	struct mc_fb *fb;
};

/*
 * Runs the filter to the end of its input. Returns the exit status: 0, or 75 when another
 * program failed; -1 with `e` filled when this one did (an `end` with the error has then been
 * passed on); when numbers diverged, `e` says which checkpoint stands. SIGPIPE, SIGINT, SIGTERM, SIGHUP and SIGUSR1 are ignored: a ring ends with its stream.
 *
 * A plain filter leaves the signals as they are, takes streams that follow each other, and
 * refuses one that stops without `end` as bad data (MC_DATA).
 */
int mc_filter_run(struct mc_filter *f, struct mc_err *e);

/* Builds on f->fb (begun and filled by the caller) and sends it, buffered until the frame at hand is done. */
int mc_filter_send(struct mc_filter *f, struct mc_err *e);
/* Sends what is buffered now, so that the next program can go on while this one computes. */
int mc_filter_flush(struct mc_filter *f, struct mc_err *e);

/*
 * A params frame of a net (target: of its target's): its parameters in shared memory where that is agreed
 * on, else and in any case if `inside` in the frame, as they must be at a barrier.
 */
int mc_filter_params(struct mc_filter *f, const struct mc_params *p, int target, int64_t iteration, int inside,
    struct mc_err *e);
/* The parameters of a params frame of p's net, wherever they are, to v [p->size]. */
int mc_filter_take(const struct mc_filter *f, const struct mc_frame *frame, const struct mc_params *p, mc_real *v,
    struct mc_err *e);

/* ---- mc-rollout's end of the ring ---- */

struct mc_queue;           /* frames on their way to a writer thread */

/* Takes over `fd`. Frames are written in order by a thread, so that no send ever blocks. */
struct mc_queue *mc_queue_new(int fd, struct mc_err *e);
/* A copy of the built frame is queued; its number in the stream is counted for `end`. */
int mc_queue_send(struct mc_queue *q, struct mc_fb *b, struct mc_err *e);
uint64_t mc_queue_frames(const struct mc_queue *q);
/* Waits until all is written, or the reader is gone (which is not an error here: it shows upstream), and closes. */
int mc_queue_close(struct mc_queue *q, struct mc_err *e);

/* ---- what the programs of a ring read and write ---- */

/*
 * Each program tells of its files in a `files` frame behind its provenance: name on the command line ->
 * mc_file_identity, of those that it reads and of those that it writes. mc-rollout has them all when
 * its own has come round, and refuses a ring in which one file would be written twice, or written and
 * read, before it lets anything begin.
 */
void mc_ring_files_build(struct mc_fb *b, const char *program, const struct mc_file_use *use, size_t n);

enum { MC_RING_FILES = 160 };

/* Zero-initialise. */
struct mc_ring_files {
	size_t n;
	struct {
		char program[24], name[64], identity[4600];
		int writes;
	} *at;
};

/* Notes a `files` frame; MC_USAGE when a file of it clashes with one noted before. `program` out [24]: whose it is. */
int mc_ring_files_add(struct mc_ring_files *s, const struct mc_frame *f, char program[24], struct mc_err *e);
void mc_ring_files_free(struct mc_ring_files *s);

/* ---- a frame that outlives its stream ---- */

/* Zero-initialise. `frame` and all that points into it live until mc_saved_free. */
struct mc_saved {
	unsigned char *bytes;      /* private, as is `in` */
	struct mc_in *in;
	struct mc_frame frame;
};

int mc_saved_take(struct mc_saved *s, const struct mc_frame *f, struct mc_err *e);
void mc_saved_free(struct mc_saved *s);

/* ---- pipes and signals ---- */

/*
 * Runs the body of a program of a ring. If it fails before it has set *streaming (a wrong option), an
 * `end` with the error goes to standard output, unless that is a terminal, so that the ring ends in order.
 */
int mc_ring_program(const char *name, int argc, char **argv,
    int (*body)(int argc, char **argv, int *streaming, struct mc_err *e), struct mc_err *e);

/* Frames to a terminal are refused with a hint (MC_USAGE). */
int mc_ring_refuse_terminal(struct mc_err *e);

/* A filter of a ring reads frames, too: a terminal as standard input is refused likewise. */
int mc_filter_refuse_terminal(struct mc_err *e);

/* Signals that ask a run to stop (INT, TERM, HUP) or to make a checkpoint (USR1). */
void mc_signals_catch(void);
int mc_signal_stop(void);        /* the signal's number, or 0 */
int mc_signal_checkpoint(void);  /* 1 once after each USR1 */

/*
 * The error of a stream that stops without `end`. Under pipelines/train (MC_SUPERVISED set) it
 * prints nothing, since the launcher names the program that died. MC_TEMPFAIL. Returns -1.
 */
int mc_ring_broken(const struct mc_in *in, const char *upstream, struct mc_err *e);

#endif
