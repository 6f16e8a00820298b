/*
 * `make bench`: how fast everything is, beside what the arithmetic allows. Never part of
 * `make check`. One program of these parts:
 *
 *   bench.c        the table, the JSON, main
 *   bench_flops.c  floating-point operations of each part, counted
 *   bench_parts.c  the products' rate; each part of an update alone
 *   bench_ring.c   the programs themselves: whole updates, growth, checkpoints, evaluation
 *   bench_world.c  environment steps
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

#include "mc_err.h"
#include "mc_params.h"
#include "mc_task.h"

/* ---- results ---- */

/* Repetitions of one thing; room for BENCH_SAMPLES. */
enum { BENCH_SAMPLES = 512 };
struct bench_samples {
	size_t n;
	double v[BENCH_SAMPLES];
};

void bench_add(struct bench_samples *s, double v);
double bench_median(struct bench_samples *s);           /* sorts */
double bench_quantile(struct bench_samples *s, double q); /* after bench_median */

/* The rate of the products in GFLOP/s, [0] on one thread, [1] on all: the ceiling, by the BLAS. */
struct bench_ceiling {
	double blas[2];  /* the BLAS's sgemm, the best of the shapes */
	double ours[2];  /* the same with our own kernels */
	int threads;     /* "all" */
};

/* A section of the table. `columns` are set by what is put into it. */
void bench_section(const char *title, const char *note);

/*
 * A row: the median of the samples with its quartiles. mflop > 0: the operations of one
 * repetition, of which a rate and the share of `ceiling` (GFLOP/s) follow; samples are then in ms.
 */
void bench_row(const char *name, const char *unit, struct bench_samples *s, double mflop, double ceiling);
/* A single number. */
void bench_value(const char *name, const char *unit, double v);

_Noreturn void bench_die(const struct mc_err *e);
double bench_now(void);                                 /* seconds */

/* ---- operations, in MFLOP for one update; messages that are requested with probability c ---- */

struct bench_flops {
	double acting;                       /* (K+1)/K trajectories */
	double targets, critic;
	double decide, forward, through_q, backward;
	double comm_update, meta;            /* one update; 1/K of a meta-step */
};

struct bench_flops bench_flops(const struct mc_dims *x, size_t B, int K, double c);
double bench_flops_total(const struct bench_flops *f);

/* ---- the parts ---- */

struct mc_dims bench_dims(const char *task);
/* Measures the products and keeps the best rates so far; c is zeroed before the first call. */
void bench_products(struct bench_ceiling *c);
/* The ceiling as it stands, in the section at work. */
void bench_ceiling_rows(const struct bench_ceiling *c);
/* Returns the milliseconds that frames and pipes take, by themselves, of an update. */
double bench_parts(const char *task);
/* frames: what bench_parts returned for three and six agents; NaN where it was not asked. */
void bench_rings(const char *bin, const double frames[2], int quick);
void bench_evaluation(const char *bin);
void bench_checkpoints(const char *bin, int quick);
void bench_growth(const char *bin, int quick);
void bench_share(const char *bin, int quick);
void bench_lag(const char *bin, int quick);
/* cuda: also on the GPU. */
void bench_many(const char *bin, int cuda, int quick);
void bench_replay(void);
void bench_worlds(void);

#endif
