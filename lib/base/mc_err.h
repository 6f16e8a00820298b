/*
 * The error record. The first function that fails fills it; all callers pass it
 * up unchanged; only a program's main prints it, as one line:
 *
 *     prog: place:offset: what; what to do about it
 *
 * Functions that can fail take a `struct mc_err *` last and return 0, or -1 with
 * the record filled, unless their header says otherwise. Nothing in the library
 * prints, exits or aborts on bad input.
 */
#ifndef MC_ERR_H
#define MC_ERR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Exit codes of every program; the numbers are those of sysexits.h. */
enum mc_code {
	MC_OK = 0,
	MC_NO = 1,           /* no: a difference was found */
	MC_USAGE = 64,       /* unknown or contradictory option, task or method */
	MC_DATA = 65,        /* malformed, truncated, non-finite, wrong shapes */
	MC_NOINPUT = 66,     /* cannot open input */
	MC_UNAVAILABLE = 69, /* a device that was asked for is not there */
	MC_BUG = 70,         /* a bug here */
	MC_OSERR = 71,       /* out of memory, or another failure of the system */
	MC_CANTCREAT = 73,   /* cannot create output */
	MC_IOERR = 74,       /* I/O error, disk full */
	MC_TEMPFAIL = 75,    /* not done, can be continued */
};

struct mc_err {
	int code;         /* enum mc_code; 0 = no error */
	int quiet;        /* 1 = exit with `code` but print nothing */
	int diverged;     /* 1 = numbers that were computed here are no longer finite */
	char place[256];  /* file, option or net; empty = none */
	int64_t offset;   /* byte offset in `place`; negative = none */
	char what[512];   /* what is wrong */
	char hint[256];   /* what to do about it; empty = none */
};

/*
 * Fills `e` and returns -1. `place`, `hint` may be NULL, `offset` negative: each is
 * then left out of the line. Control characters in the texts are replaced by '?'
 * (they may come from hostile input). `e` may be NULL: then only -1 is returned.
 */
int mc_err_set(struct mc_err *e, int code, const char *place, int64_t offset,
    const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Like mc_err_set, with ": <strerror(errno)>" appended to the text. Whatever `code`: no memory, or no
   more descriptors, is MC_OSERR; a full disk or quota and EIO are MC_IOERR. */
int mc_err_errno(struct mc_err *e, int code, const char *place,
    const char *hint, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* MC_USAGE at an option's name ("--hidden: is 0 ..."). Returns -1. */
int mc_usage(struct mc_err *e, const char *option, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Numbers diverged: `what` of the net `net`, at an iteration of Algorithm 1. MC_DATA, `diverged`. Returns -1. */
int mc_err_diverged(struct mc_err *e, const char *net, const char *what, int64_t iteration);

/* Out of memory while `what` was being allocated: code MC_OSERR. Returns -1. */
int mc_err_nomem(struct mc_err *e, const char *what, size_t bytes);

/* Writes the line "prog: place:offset: what; hint" without newline into `line`. */
void mc_err_line(const struct mc_err *e, const char *prog, char *line, size_t size);

#ifdef __cplusplus
}
#endif

#endif
