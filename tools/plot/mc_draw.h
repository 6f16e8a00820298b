/*
 * What mc-plot draws from runs' logs, and what its pictures have in common.
 */
#ifndef MC_DRAW_H
#define MC_DRAW_H

#include "mc_scores.h"
#include "mc_curve.h"
#include "mc_err.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_picture.h"

/* What a look at logs has found: noted here for whoever watches them, not said. */
struct mc_watch {
	int running;         /* a log is still being written */
	int empty;           /* there is no episode to draw yet */
	int64_t episodes;    /* of all runs */
	char note[MC_LIKENESS_NOTE]; /* what makes runs different that are drawn as one (mc_likeness.h) */
};

struct mc_draw_opts {
	struct mc_picture picture;
	const char *title;   /* NULL = none */
	const char *y;       /* the series (mc_curve.h) */
	const char *by;      /* header entries that tell curves apart too, or NULL */
	const char *band;    /* "auto", "none", "range", "bootstrap" */
	long window;         /* episodes; 0 = mc_runs_window */
	int named;           /* 1 = operands are NAME=LOG */
	int normalise;       /* 1 = each task from 0 to 1 */
	int pool;            /* 1 = a further panel, all tasks in one */
	const char *agent;   /* "all", or the number of the agent whose advantages are drawn */
	long episodes;       /* at most so many are drawn */
	long episode;        /* the number of the one to draw; negative = any */
	struct mc_watch *watch; /* NULL = nobody watches */
	double last;         /* per cent of a run's episodes that its final return is the mean of */
	const char *scale;   /* of tasks (mc_scores.h), or NULL */
	long resamples;      /* of the intervals of final returns */
	const char *step;    /* of a graph: numbers with commas */
	long fps;            /* steps that a moving picture shows in a second */
};

/*
 * Gives every frame of these files (none, or "-": standard input) to `take`. A stream that stops
 * before its `end` is used as far as it goes, which is said on standard error; one that ends with
 * another program's error is that program's failure: MC_TEMPFAIL, and nothing to say if it came
 * through a pipe.
 */
int mc_draw_read(const struct mc_draw_opts *o, int files, char **file,
    int (*take)(void *ctx, const struct mc_frame *f, const struct mc_draw_opts *o, struct mc_err *e), void *ctx,
    struct mc_err *e);

/* Whose stream it is: what a header says of a team. */
struct mc_team {
	char task[64], method[64]; /* where nobody learns whom to ask, "none" or "full" */
	uint64_t seed;
	struct mc_dims dims;       /* N, d, T, O, A; at least one agent and one step */
};

int mc_draw_whose(const struct mc_frame *header, struct mc_team *t, struct mc_err *e);

/*
 * The runs of these logs (none, or "-": standard input), n series of each (mc_runs_read_each), settled
 * (mc_runs_settle). One that is still being written is read as far as it goes. That, and what makes
 * runs different that are drawn as one, is said on standard error unless somebody watches.
 */
int mc_draw_read_runs(struct mc_runs *rs, const struct mc_reading *how, size_t n, const struct mc_draw_opts *o, int files,
    char **file, struct mc_err *e);

/* Gives the final returns of these logs' runs (none, or "-": standard input), combined, to `draw`. */
int mc_draw_finals(const struct mc_draw_opts *o, int files, char **file,
    int (*draw)(const struct mc_scores *ss, const struct mc_draw_opts *o, struct mc_err *e), struct mc_err *e);

/* "3 runs", or "3 to 5 runs": how many a task and method has. Returns the most. */
size_t mc_draw_write_runs(char *out, size_t size, const struct mc_scores *ss);

/* Steps in millions, thousands or ones, whichever reads best for so many: the axis' name, and what to divide by. */
const char *mc_draw_steps_unit(double max, double *unit);

/* Learning curves: a panel for each task, a line for each method. No file: standard input. */
int mc_draw_curves(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

/*
 * What whoever learns whom to talk to makes of the communication nets, over the run: a page of
 * small panels, one for each metric.
 */
int mc_draw_comm(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e);

#endif
