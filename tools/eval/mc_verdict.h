/*
 * Claims about methods, and what runs say to them.
 *
 * A file of claims has one on each line, five columns separated by '|', blanks around them
 * left out; a line that is empty or begins with '#' is none:
 *
 *     task | who | is | than whom | in words
 *
 * `who` are labels of runs, separated by commas; of several, the one with the highest mean
 * stands for all. `is` is one of the relations below. `than whom` is filled for `above`,
 * `unlike` and `sometimes like` alone.
 */
#ifndef MC_VERDICT_H
#define MC_VERDICT_H

#include <stddef.h>

#include "mc_aggregate.h"
#include "mc_err.h"

enum mc_relation {
	MC_IS_ABOVE,           /* "above": than the method that the fourth column names */
	MC_IS_BEST,            /* "best" */
	MC_IS_BELOW_BEST,      /* "below best" */
	MC_IS_TOP_TWO,         /* "top two" */
	MC_IS_WORST,           /* "worst": among the worst */
	MC_IS_NOT_WORST,       /* "not worst" */
	MC_IS_UNLIKE,          /* "unlike": of advantages (mc_alike.h), the fourth column says which */
	MC_IS_SOMETIMES_LIKE,  /* "sometimes like": the same */
	MC_RELATIONS,
};

struct mc_claim {
	char *task, *who, *whom, *words; /* as in the file */
	enum mc_relation is;
};

struct mc_claims {
	size_t n, room;
	struct mc_claim *claim; /* in the order of the file */
	char *text;             /* what they point into */
};

/* Reads a file of claims. MC_NOINPUT, MC_DATA (place and line), MC_IOERR, MC_OSERR. */
int mc_claims_read(struct mc_claims *cs, const char *path, struct mc_err *e);
void mc_claims_release(struct mc_claims *cs);

enum mc_verdict { MC_CANNOT_TELL, MC_AGREE, MC_DISAGREE };

/* "cannot tell", "agree", "disagree" */
const char *mc_verdict_name(enum mc_verdict v);

enum { MC_VERDICT_SEEDS = 3 }; /* with fewer nothing is told */

struct mc_judgement {
	enum mc_verdict verdict;
	const struct mc_score *who;             /* NULL: no runs of it */
	const struct mc_score *higher, *lower;  /* of the difference that decides; NULL where nothing can be compared */
	struct mc_difference diff;              /* higher - lower, in the words of the claim: it may be negative */
	const char *why;                        /* of MC_CANNOT_TELL, else NULL */
};

/*
 * Two methods are separable when the 95 % bootstrap interval of the mean difference, paired by
 * seed, does not contain 0; with fewer than MC_VERDICT_SEEDS common seeds they are never.
 *
 * Choice: what decides, X the method and "best", "lowest" those of the others by their mean:
 *
 *   above       X - whom
 *   best        X - best
 *   below best  best - X
 *   worst       X - lowest: separably positive, disagree. Else X belongs to the worst, and
 *               best - X says whether that means anything: separably positive, agree
 *   not worst   the same, answers exchanged
 *   top two     second best - X: separably positive, disagree. Else X - lowest separably
 *               positive, agree
 *
 * In the first three positive is agree and negative disagree; all else is cannot tell, and so are
 * claims about advantages. 0, or -1 and MC_OSERR.
 */
int mc_judge(struct mc_judgement *j, const struct mc_claim *c, const struct mc_scores *ss, struct mc_err *e);

/* Does `who` of a claim name this label? */
int mc_claim_names(const struct mc_claim *c, const char *label);

#endif
