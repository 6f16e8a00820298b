/*
 * The learner on the CPU: OpenBLAS, and threads over pieces that the shapes alone fix. The
 * same bytes for any number of threads.
 */
#ifndef MC_LEARNER_CPU_H
#define MC_LEARNER_CPU_H

#include "mc_learner.h"
#include "mc_pool.h"

/* NULL with `e` filled: MC_OSERR. `pool` must outlive it. D's memory is touched only as it fills. */
struct mc_learner *mc_learner_cpu_new(const struct mc_dims *dims, const struct mc_learner_opts *o,
    struct mc_pool *pool, struct mc_err *e);

#endif
