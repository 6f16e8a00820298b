/*
 * Learning curves: what runs' logs say, smoothed and combined over runs.
 *
 * A log is a stream of `header`, `episode` and `metric` frames (mc-frame(5)). Each gives
 * one run; the runs of one task and one label (the method) give one curve.
 */
#ifndef MC_CURVE_H
#define MC_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"
#include "mc_frame.h"
#include "mc_likeness.h"
#include "mc_scales.h"
#include "mc_yardstick.h"

/* What is drawn against environment steps. */
enum mc_series_kind {
	MC_SERIES_RETURN,      /* episodic return */
	MC_SERIES_REQUESTS,    /* requests in an environment step, whole team */
	MC_SERIES_EDGE_SHARE, /* requests / edges: share of the possible edges that are used */
	MC_SERIES_PRECISION,   /* of requests, where the right ones are known (mc_right.h) */
	MC_SERIES_RECALL,
	MC_SERIES_METRIC,      /* a number of the `metric` frames */
};

struct mc_series {
	enum mc_series_kind kind;
	char metric[64];       /* its name */
	char program[32];      /* the program that gives it; empty = any */
};

/* "return", "requests", "edge-share", "precision", "recall", "NAME" or "PROGRAM:NAME" of a metric. */
void mc_series_parse(struct mc_series *s, const char *text);

/* The run of a checkpoint: its header, and one return after all that it was trained on. */
struct mc_evaluated {
	struct mc_map header;
	int64_t episodes;
	double steps;          /* environment steps of all of them */
	double ret;
};

struct mc_reading {
	struct mc_series what;
	const char *by;        /* header entries that also tell curves apart ("meta_k,mc-metalearn.beta"), or "episodes"; or NULL */
	int named;             /* 1 = operands are NAME=FILE, and NAME is the label in place of the method */
	int growing;           /* 1 = a file that stops before its first header is that of a run which has just begun */
	size_t max_frame;
	/* what stands for a checkpoint's run in place of a log; NULL: checkpoints are refused */
	int (*evaluate)(struct mc_evaluated *to, const struct mc_frame *checkpoint, void *with, struct mc_err *e);
	void *with;
};

/* A point is a fraction num / den, so that an average over a window is a ratio of sums. */
struct mc_point {
	double steps;          /* environment steps up to and with this episode */
	double num, den;
	int64_t episode;
};

struct mc_run {
	char task[64], label[192]; /* label: the method, or a given name; " meta_k=5" where curves are told apart by it */
	uint64_t seed;
	const char *prey;       /* mc_yardstick_header_prey */
	size_t n, room;
	struct mc_point *point; /* in the order of the log: steps never fall */
	double steps;           /* of all its episodes so far */
	int64_t episodes;       /* seen in the log */
	int evaluated;          /* 1 = a checkpoint's: its one point is what `evaluate` gave */
	int64_t cut;            /* offset where the log stops; negative = it is complete */
	char *settings;         /* all that its header says (mc_settings.h), or NULL */
	uint32_t print;         /* a checksum of its episodes */
};

enum { MC_METRICS = 32 };

struct mc_runs {
	size_t n, room;
	struct mc_run *run;
	size_t waiting;         /* files that have no header yet (mc_reading.growing) */
	char metric[MC_METRICS][96]; /* "PROGRAM:NAME" of what the logs' metric frames hold, as seen */
	size_t metrics;
};

/*
 * Adds the runs of one file ("-": standard input); streams may be concatenated. A log that
 * stops before its `end` is used as far as its complete frames go: `cut` says so. MC_NOINPUT,
 * MC_DATA (no stream, a checkpoint where logs alone are read, no header), MC_USAGE (`named`, and no
 * NAME=), MC_IOERR, MC_OSERR, and what `evaluate` fails with.
 */
int mc_runs_read(struct mc_runs *rs, const char *operand, const struct mc_reading *how, struct mc_err *e);

/*
 * The same for n series in one pass: how[i] into rs[i], which hold the same runs in the same order.
 * how[0].named, growing and max_frame hold for all.
 */
int mc_runs_read_each(struct mc_runs *rs, const struct mc_reading *how, size_t n, const char *operand,
    struct mc_err *e);
void mc_runs_release(struct mc_runs *rs);

/*
 * Once all files are read: labels are completed by what `by` names, runs that were given twice are
 * left out, and mc_likeness_check has looked at the rest. The n series hold the
 * same runs in the same order. What it notes, and its errors.
 */
int mc_runs_settle(struct mc_runs *rs, size_t n, const struct mc_reading *how, char note[MC_LIKENESS_NOTE], struct mc_err *e);

/*
 * The window of every picture, unless another is asked for: 5 % of the longest run's episodes, at
 * least 50. A curve whose shortest run has not twice as many takes half of them (mc_curves_make).
 */
int64_t mc_runs_window(const struct mc_runs *rs);

/* Around the mean of several runs. */
enum mc_band {
	MC_BAND_NONE,
	MC_BAND_RANGE,         /* minimum to maximum */
	MC_BAND_BOOTSTRAP,     /* 95 % percentile bootstrap of the mean (mc_stat.h), seed 1 */
};

struct mc_curve {
	char task[64], label[192];
	size_t runs;
	int64_t window;        /* episodes that each value is an average over: no more than its shortest run has */
	size_t n;
	double *x, *y;         /* [n] environment steps; mean over the runs */
	double *lo, *hi;       /* [n] band; equal to y for one run and for MC_BAND_NONE */
};

struct mc_curves {
	size_t n, room;
	struct mc_curve *curve; /* by task, then label, each in the order of its first run */
};

/*
 * Every run's value at x is the average over its last `window` episodes up to x; 0: as
 * mc_runs_window says, but no more than half of the curve's shortest run, so that a line is left. A curve
 * starts where all its runs have a whole window (or, where one is shorter than that, at that
 * run's end) and stops where its shortest run does. At most `points` points, evenly spread over those of
 * its shortest run. Runs without a single point are left out, and so are those without an episode,
 * of which no step is known. 0, or -1 and MC_OSERR.
 */
int mc_curves_make(struct mc_curves *cs, const struct mc_runs *rs, int64_t window,
    enum mc_band band, size_t points, struct mc_err *e);
void mc_curves_release(struct mc_curves *cs);

/*
 * The yardstick of a task, if there is one for the prey of all of its runs; NULL else. Of returns only.
 */
const struct mc_yardstick *mc_runs_yardstick(const struct mc_runs *rs, const char *task);

/* Is each scale of a task of these runs, or of one that this build knows? MC_USAGE. */
int mc_runs_check_scales(const struct mc_runs *rs, const struct mc_scales *scales, struct mc_err *e);

/*
 * Scales the runs of each task to 0 and 1: by `scales` where that names the task; else, `returns` being what was
 * read, by its yardstick (mc_yardstick.h); else so that the lowest value of its curves becomes 0 and the highest
 * 1, and a task whose curves have one value alone is moved to 0.
 */
void mc_runs_scale(struct mc_runs *rs, const struct mc_curves *cs, const struct mc_scales *scales, int returns);

/* Adds a copy of every run, as one of the task `task`: all tasks in one. 0, or -1 and MC_OSERR. */
int mc_runs_pool(struct mc_runs *rs, const char *task, struct mc_err *e);

#endif
