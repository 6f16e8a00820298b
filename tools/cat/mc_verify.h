/*
 * What a frame must hold beyond being well-formed (mc-frame(5)): the reader sees to bytes, order
 * and checksums, this to what stands in frames of the types that the programs themselves write.
 * A frame of another type passes.
 */
#ifndef MC_VERIFY_H
#define MC_VERIFY_H

#include "mc_frame.h"

struct mc_verify;

struct mc_verify *mc_verify_new(struct mc_err *e);
void mc_verify_free(struct mc_verify *v);

/*
 * The next frame of a file or stream. -1 (MC_DATA, or MC_OSERR): entries that are missing or of
 * another type, shapes that do not fit the stream's header (a checkpoint's its own), nets that
 * nobody knows, numbers that are not finite. Memory is taken only for arrays that are there.
 */
int mc_verify_frame(struct mc_verify *v, const struct mc_frame *f, struct mc_err *e);

#endif
