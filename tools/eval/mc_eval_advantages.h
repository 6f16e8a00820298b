/*
 * mc-eval --advantages: how much the advantages of a stream resemble each other (mc_correlation.h), as a
 * table, in Markdown or with tabs, or as JSON, beside claims about them.
 */
#ifndef MC_EVAL_ADVANTAGES_H
#define MC_EVAL_ADVANTAGES_H

#include <stddef.h>

#include "mc_err.h"

struct mc_eval_advantages_opts {
	const char *claims;   /* a file of claims (mc_claims.h), or NULL */
	int json, tsv;
	size_t max_frame;
};

/*
 * To standard output; a file "-" is standard input. MC_DATA for a stream without an advantage, or
 * cut; MC_TEMPFAIL for one that ends with another program's error.
 */
int mc_eval_advantages(const struct mc_eval_advantages_opts *o, int files, char **file, struct mc_err *e);

#endif
