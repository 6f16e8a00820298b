/*
 * Measuring a checkpoint: what its team comes to over numbered episodes, as it was trained or
 * under an intervention, without exploration.
 */
#ifndef MC_MEASURE_H
#define MC_MEASURE_H

#include <stdint.h>
#include <stdio.h>

#include "mc_arena.h"
#include "mc_ckpt.h"
#include "mc_decided.h"
#include "mc_env.h"
#include "mc_err.h"
#include "mc_influence.h"
#include "mc_intervene.h"
#include "mc_pool.h"
#include "mc_yardstick.h"

/* Programs in which teams are measured, kept from checkpoint to checkpoint. Zero-initialise. */
struct mc_stage {
	struct mc_env *env;       /* NULL until the first */
	struct mc_env_says says;
	struct mc_arena arena;
};

void mc_stage_release(struct mc_stage *s);

struct mc_measuring {
	long episodes;            /* 0 ... episodes-1 of environment 0 */
	uint64_t seed;            /* of initial states, decisions and resamples, whatever the run's was */
	const char *comm, *cut, *mute; /* as given (mc_intervene.h), or NULL */
	struct mc_intervention change; /* what they say, and max_edges (mc_measuring_parse) */
	const char *prey;         /* other prey than the run's (mc_prey.h), or NULL */
	int greedy;               /* learned decisions ask where c > 1/2, instead of drawing */
	int influence;            /* measure it too */
	const char *env;          /* evaluate in this program (mc_outside.h) instead of the built-in world, or NULL */
	long envs;                /* so many of them at a time; never changes a result */
	double patience;          /* seconds that it may take over a step */
	struct mc_stage *stage;   /* where `env` is given */
};

/* Sets `change` by the texts, but for its max_edges, which stays. 0, or MC_USAGE at the option. */
int mc_measuring_parse(struct mc_measuring *o, struct mc_err *e);

/* "episodes 0 to 999 of environment 0, seed 1, no exploration", and what was given beyond that. */
void mc_measuring_print(const struct mc_measuring *o, FILE *to);

/* What one checkpoint came to. */
struct mc_measured {
	char task[64], method[16]; /* a script's name in place of the method */
	int scripted;             /* a script's: nothing was trained, and seed and trained say nothing */
	char prey[8];             /* the header's word for how they act */
	uint64_t seed;            /* of its run */
	int64_t trained;          /* episodes */
	enum mc_decide how;
	double edge_cost;         /* of its training; 0 = none */
	double mean, se, iqm, ci[2]; /* of the returns; 95 % bootstrap interval of the IQM; NaN for one episode */
	const struct mc_yardstick *yardstick; /* of the task, against these prey; NULL = none is known */
	double requests;          /* in a step, the whole team */
	double messages;           /* in a step: requests, unless some are lost */
	double bytes;             /* in a step: a message is one observation of float32 */
	struct mc_decided decided;
	struct mc_influence *influence; /* NULL = not measured */
	struct mc_arena arena;    /* theirs */
	int touched;              /* there is an intervention, and the following are set */
	double untouched, difference, difference_ci[2]; /* mean return without it; of the pairs */
};

/*
 * Runs the episodes, with an intervention that touches the team also without it: the same initial
 * states and draws. What an episode gives is the same bytes for any number of episodes and threads.
 * To be released, also after a failure: MC_DATA (a task of other dimensions than this build's; a net
 * that does not fit; whatever a program does wrong), MC_USAGE (a task that is not built in, or not that of the program; a net that the run does not have; too small a team
 * for the intervention), MC_NOINPUT (the prey), MC_OSERR.
 */
int mc_measure(struct mc_measured *f, const struct mc_ckpt *c, const struct mc_measuring *o, struct mc_pool *pool,
    struct mc_err *e);
void mc_measured_release(struct mc_measured *f);

/*
 * The same of a script (mc_script.h) in a task, against the prey that `prey` or, without it, "auto"
 * means. MC_USAGE for a task or script that is none, and for `influence`, since a script has no nets.
 */
int mc_measure_script(struct mc_measured *f, const char *script, const char *task, const struct mc_measuring *o,
    struct mc_pool *pool, struct mc_err *e);

/* The mean return alone, under the intervention if there is one; the same errors. */
int mc_measure_return(double *mean, const struct mc_ckpt *c, const struct mc_measuring *o, struct mc_pool *pool,
    struct mc_err *e);

#endif
