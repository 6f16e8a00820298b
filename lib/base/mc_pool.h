/*
 * A pool of threads for work that is cut into pieces. The pieces are fixed by the
 * shapes alone, any thread may do any piece, and whoever adds up partial results
 * does so in piece order: results are the same bytes for any number of threads.
 */
#ifndef MC_POOL_H
#define MC_POOL_H

#include <stddef.h>

#include "mc_err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_pool;

/* `worker` is 0 ... threads-1: an index for scratch memory, never for results. */
typedef void mc_piece(void *ctx, size_t piece, int worker);

/* threads >= 1, the caller counted in: 1 starts no thread. NULL with `e` filled on failure. */
struct mc_pool *mc_pool_new(int threads, struct mc_err *e);
void mc_pool_free(struct mc_pool *p);
int mc_pool_threads(const struct mc_pool *p);

/*
 * Calls fn(ctx, i, worker) once for each i in 0 ... n-1 and returns when all are done. A worker
 * begins with its own n / threads pieces, in order: the same in every job of n pieces. p = NULL:
 * the caller alone.
 */
void mc_pool_run(struct mc_pool *p, mc_piece *fn, void *ctx, size_t n);

/*
 * The CPUs that this process may use, at least 1: those of its affinity mask, but no more than
 * the quota of its control groups (mc_quota.h), rounded up.
 */
int mc_pool_cpus(void);

/* The same of a mask of so many, where `root` stands for the file system. */
int mc_pool_cpus_of(const char *root, int mask);

#ifdef __cplusplus
}
#endif

#endif
