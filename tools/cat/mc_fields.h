/*
 * Some entries of each frame, as JSON or as a table (mc-cat --fields, --tsv).
 */
#ifndef MC_FIELDS_H
#define MC_FIELDS_H

#include <stdio.h>

#include "mc_err.h"
#include "mc_frame.h"
#include "mc_path.h"

enum { MC_FIELDS_MAX = 128 };

struct mc_fields {
	int n;                                /* 0 = not decided yet (a table takes the first frame's) */
	int chosen;                           /* by the user */
	int begun;                            /* the table's header line was written */
	char path[MC_FIELDS_MAX][MC_PATH_SIZE];
};

/* "episode,values.entropy". MC_USAGE at --fields. */
int mc_fields_parse(struct mc_fields *s, const char *text, struct mc_err *e);

/* Has the frame any of the fields? (Nothing is written for one that has not.) 1 where none were chosen. */
int mc_fields_any(const struct mc_fields *s, const struct mc_frame *f);

/* {"episode":5,"values.entropy":0.6}, the names as they were asked for, null for one that is missing. */
void mc_fields_json(FILE *to, const struct mc_fields *s, const struct mc_frame *f, int full);

/*
 * One row, cells parted by tabs; before the first row a line with the names. Where no fields were
 * chosen they are the scalars of this first frame, maps inside it included, without mc, type
 * and crc32. A value that is missing or nil is an empty cell; text has \t, \n, \r and \\ for what
 * would break the table; numbers that are not finite are nan, inf, -inf; arrays, lists and maps
 * are JSON. MC_DATA when the first frame has more than MC_FIELDS_MAX scalars.
 */
int mc_fields_row(FILE *to, struct mc_fields *s, const struct mc_frame *f, int full, struct mc_err *e);

/* A scalar of the frame that no column shows, where the columns were not chosen: 1, its path in out. */
int mc_fields_missed(const struct mc_fields *s, const struct mc_frame *f, char out[MC_PATH_SIZE]);

/* Is `name` one of a list of names with commas between them? */
int mc_fields_listed(const char *list, const char *name);

#endif
