/*
 * Are runs alike that would be taken together? One row, curve or point stands for the runs of one
 * task and label; seeds make them different, nothing else should, and no run counts twice.
 */
#ifndef MC_LIKENESS_H
#define MC_LIKENESS_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"

struct mc_subject {
	const char *task, *label; /* which row it goes to */
	uint64_t seed;
	const char *settings;  /* mc_settings.h, or NULL: nothing is known of it */
	int64_t episodes;      /* of training; negative = it is not over */
	uint32_t print;        /* a checksum of what it returned: two of the same settings and print are one run */
};

enum { MC_LIKENESS_NOTE = 512 };

/*
 * `again` [n] becomes 1 for a subject that is the same run as an earlier one of its row, else 0.
 * `note` says in one line what else makes the runs of a row different, and which --by tells them
 * apart; empty where nothing does. Lengths are different when they differ by more than 1 %.
 * `by` is --by's text or NULL; `named`: labels were given for each run.
 *
 * MC_USAGE: --by names an entry that no header has ("episodes", the length, always is).
 * MC_DATA: runs of other worlds (their returns cannot be compared), in a row, or, unless they are
 * `named` or told apart by `by`, in a task; two runs of a row with the same seed.
 * MC_OSERR.
 */
int mc_likeness_check(const struct mc_subject *s, size_t n, const char *by, int named, unsigned char *again,
    char note[MC_LIKENESS_NOTE], struct mc_err *e);

/* Adds " beta=0.01" to a label for each name of `by` that this subject has a value of, the last part of the name. */
void mc_likeness_label(char *label, size_t size, const struct mc_subject *s, const char *by);

/* The value of an entry as --by takes it: 1, or 0 where this subject has none. */
int mc_likeness_value(const struct mc_subject *s, const char *path, char *value, size_t size);

#endif
