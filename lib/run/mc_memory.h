/*
 * Parameters in memory that the programs of a ring share, where all of them run on one machine and each
 * writes to the next: a params frame then says only where they are. Of an update's frames the
 * parameters are nearly all bytes.
 *
 * mc-rollout makes the memory (memfd_create: it has no name in a file system, and goes with the last
 * process that has it) and offers it in a `memory` frame that goes round ahead of the first barrier. A
 * filter that can open it replies with one of its own, ahead of the offer, which says what its standard
 * input and output are. When the offer is back and every output is the next one's input, so that no
 * other program, tee or network lies between any two, mc-rollout agrees, in a third one. From then on
 * owners write parameters there between two barriers; at barriers, and so in checkpoints, they are in
 * the frames as ever.
 *
 * Each net has two places, for even and odd iterations: a program that still reads those of one iteration is not
 * disturbed by its owner's next, and the next but one comes after an episode that waited for all. Where acting is
 * behind learning (mc_header.h: lag) that episode waited for one iteration less, and there are three.
 */
#ifndef MC_MEMORY_H
#define MC_MEMORY_H

#include <stdint.h>

#include "mc_dims.h"
#include "mc_frame.h"
#include "mc_params.h"

struct mc_memory;

enum { MC_MEMORY_PLACES = 3 };

/* mc-rollout's, for the policy, and comm if it is learned, each with 2 or 3 places. NULL where the system gives none. */
struct mc_memory *mc_memory_new(const struct mc_dims *dims, int comm, int places);
/* A filter's, from the offer. NULL where it cannot be had. */
struct mc_memory *mc_memory_join(const struct mc_frame *offer);
void mc_memory_free(struct mc_memory *m);

/* The three frames, begun and filled: the offer, a filter's reply, the agreement. */
void mc_memory_build_offer(struct mc_fb *b, const char *program, const struct mc_memory *m);
void mc_memory_build_reply(struct mc_fb *b, const char *program);
void mc_memory_build_agreed(struct mc_fb *b, const char *program);
enum mc_memory_frame { MC_MEMORY_OFFER, MC_MEMORY_REPLY, MC_MEMORY_AGREED };
enum mc_memory_frame mc_memory_kind(const struct mc_frame *f);

/* mc-rollout: a reply, in the order of the ring; then whether the ring is closed. Malformed ones break it. */
void mc_memory_note(struct mc_memory *m, const struct mc_frame *reply);
int mc_memory_closed(const struct mc_memory *m);

/*
 * Writes a net's parameters of an iteration there, and their place into the params frame at hand; 0, and
 * nothing done, where there is no room for this net (or m is NULL).
 */
int mc_memory_put(struct mc_memory *m, struct mc_fb *b, const struct mc_params *p, int64_t iteration);

/* Does a params frame only say where they are? */
int mc_memory_is_place(const struct mc_frame *f);
/* The parameters [p->size] of such a frame, where they lie, until their owner has come round all places. NULL: MC_DATA. */
mc_real *mc_memory_at(const struct mc_memory *m, const struct mc_frame *f, const struct mc_params *p, struct mc_err *e);

#endif
