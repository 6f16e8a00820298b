/*
 * Text that is written with fprintf and kept in memory. Unlike open_memstream's, a stream of
 * these remembers that memory ran out.
 */
#ifndef MC_TEXT_H
#define MC_TEXT_H

#include <stdio.h>

#include "mc_err.h"

struct mc_text {
	FILE *to;             /* write here */
	char *bytes;          /* private until mc_text_take */
	size_t len, room;
};

/* 0, or -1 (MC_OSERR); then there is nothing to take. */
int mc_text_open(struct mc_text *t, struct mc_err *e);

/*
 * Closes the stream. *bytes are the caller's to free; a NUL stands behind them. -1 (MC_OSERR),
 * and nothing to free, if any of it could not be kept.
 */
int mc_text_take(struct mc_text *t, char **bytes, size_t *len, struct mc_err *e);

#endif
