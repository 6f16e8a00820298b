/*
 * mc-eval --aggregate: the returns of many runs, from their logs or by evaluating their checkpoints,
 * as tables, in Markdown or with tabs, or as JSON, beside claims about them.
 */
#ifndef MC_EVAL_AGGREGATE_H
#define MC_EVAL_AGGREGATE_H

#include <stddef.h>

#include "mc_err.h"
#include "mc_measure.h"

struct mc_eval_aggregate_opts {
	const char *by;       /* header entries that tell runs apart too, or NULL */
	const char *claims;   /* a file of claims (mc_claims.h), or NULL */
	double last;          /* per cent of a log's episodes that make the final return */
	const char *scale;    /* mc_scores.h, or NULL */
	const char *marl_eval; /* a file to write for marl-eval, or NULL */
	long resamples;       /* of every interval */
	int named;            /* 1 = operands are NAME=FILE */
	int json, tsv;
	size_t max_frame;
	const struct mc_measuring *how; /* to evaluate checkpoints */
	const char *evaluating;  /* an option of `how` that was given, or NULL */
	long threads;
};

/*
 * To standard output; a file "-" is standard input. Files are all logs or all checkpoints (MC_USAGE,
 * as are `evaluating` for logs and `last` for checkpoints). A log that is cut or still being written is
 * refused (MC_DATA): its end is what is measured.
 */
int mc_eval_aggregate(const struct mc_eval_aggregate_opts *o, int files, char **file, struct mc_err *e);

#endif
