/*
 * Claims about methods, and what runs say to them.
 *
 * A file of claims has one on each line, five columns separated by '|', blanks around them
 * left out; a line that is empty or begins with '#' is none:
 *
 *     task | who | is | than whom | in words
 *
 * `who` are labels of runs, separated by commas: of several the claim is that it holds for the
 * highest of them. `is` is one of the relations below. `than whom` is filled for `above`,
 * `unlike` and `sometimes like` alone. A line
 *
 *     episodes = 50000
 *
 * says how long the runs are that the claims below it are about.
 */
#ifndef MC_CLAIMS_H
#define MC_CLAIMS_H

#include <stddef.h>
#include <stdint.h>

#include "mc_scores.h"
#include "mc_err.h"

enum mc_relation {
	MC_IS_ABOVE,           /* "above": than the method that the fourth column names */
	MC_IS_BEST,            /* "best" */
	MC_IS_BELOW_BEST,      /* "below best" */
	MC_IS_TOP_TWO,         /* "top two" */
	MC_IS_WORST,           /* "worst": among the worst */
	MC_IS_NOT_WORST,       /* "not worst" */
	MC_IS_UNLIKE,          /* "unlike": of advantages (mc_correlation.h), the fourth column says which */
	MC_IS_SOMETIMES_LIKE,  /* "sometimes like": the same */
	MC_RELATIONS,
};

struct mc_claim {
	char *task, *who, *whom, *words; /* as in the file */
	enum mc_relation is;
	int64_t episodes;      /* of each run that it is about; 0 = it does not say */
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

/* What may be wrong of the verdicts on one claim, of agree and disagree together, where nothing differs. */
#define MC_VERDICT_ALPHA 0.05

struct mc_judgement {
	enum mc_verdict verdict;
	char higher[160], lower[160]; /* the difference that decides, higher - lower; empty: nothing to compare */
	size_t pairs;          /* seeds that both have */
	double mean;           /* of the difference over them; NaN for none */
	size_t choices;        /* how many differences it was chosen from: its test's alpha is that of the claim over this */
	double ci[2];          /* sign-flip interval at that alpha; NaN where there are too few pairs */
	double p;              /* two-sided, of the claim, the choice in it: at most MC_VERDICT_ALPHA where it is told */
	size_t needs;          /* the fewest seeds with which this difference could be told */
	char why[64];          /* of MC_CANNOT_TELL, else empty */
};

/*
 * What decides are differences, each a sign-flip test over the seeds that all its methods have
 * (mc_flip.h). X is the method that the claim is about, others are all that it does not name:
 *
 *                agree                              disagree
 *   above        X > whom                           whom > X
 *   best         X > each other                     some other > X
 *   below best   some other > X                     X > each other
 *   top two      X > all others but one at most     two others > X
 *   worst        X lies below the middle of some    X lies above the middle of some other and
 *                other and each other               each other
 *   not worst    as worst, exchanged
 *
 * "worst" is among the worst: nearer the lowest than the best. Each side has half of
 * MC_VERDICT_ALPHA. Where all of k differences must be told, each is told at that level (an
 * intersection-union test); where any of k will do, at 1 / k of it; where u of k must, at
 * 1 / (k - u + 1) (a partial conjunction). So the level holds whatever is equal to what, and none
 * is picked by the means that it is then tested on. Of several X some must for agree, each for
 * disagree, where the claim is about X being high (above, best, top two, not worst); for the
 * others the opposite.
 *
 * Cannot tell, too: runs of less than half the claim's episodes, and claims about advantages.
 * 0, or -1 and MC_OSERR.
 */
int mc_judge(struct mc_judgement *j, const struct mc_claim *c, const struct mc_scores *ss, struct mc_err *e);

/* Are runs of so many episodes less than half of what the claim is about? Then `why` says so. */
int mc_claim_is_short(const struct mc_claim *c, int64_t episodes, char *why, size_t size);

/* Does `who` of a claim name this label? */
int mc_claim_names(const struct mc_claim *c, const char *label);

#endif
