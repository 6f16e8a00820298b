/*
 * Who computed it: program, version, arguments, BLAS, threads. Differs from start to start, so it
 * is in no checkpoint and no log, but in streams, and beside a checkpoint in <ckpt>.provenance.
 */
#ifndef MC_PROVENANCE_H
#define MC_PROVENANCE_H

#include <stddef.h>

#include "mc_frame.h"

/* The provenance frame of this process: built on `b`, not ended. */
void mc_provenance_build(struct mc_fb *b, const char *program, int argc, char **argv, int threads);

/* Appends one small stream (header, the provenance frames in `bytes`, end) to `path`. */
int mc_provenance_append(const char *path, const struct mc_frame *header, const void *bytes, size_t len,
    struct mc_fb *b, struct mc_err *e);

/* BLAS core that `program` stated in the last record of `path`; "" when there is none. */
void mc_provenance_core(const char *path, const char *program, char *core, size_t size);

#endif
