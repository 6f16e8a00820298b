/*
 * A condition on frames: comparisons KEY OP VALUE, joined by "&&".
 *
 *   iteration>=100 && program==mc-critic && values.entropy<0.5
 *
 * KEY is a dotted path (mc_path.h), OP one of == != < <= > >=. VALUE is a number, true, false,
 * null, a bare word, or any text in ' or " (nothing is special inside). Numbers compare with
 * numbers, text with text, byte by byte; values of another kind are unequal and have no order.
 * A frame that lacks the key never matches, whatever OP is. There are no brackets, no "or" and
 * nothing that computes: a condition from a stranger can do no harm.
 */
#ifndef MC_WHERE_H
#define MC_WHERE_H

#include "mc_err.h"
#include "mc_frame.h"
#include "mc_path.h"

enum { MC_WHERE_TERMS = 16 };

struct mc_where {
	int terms;                  /* 0 = every frame matches */
	struct mc_where_term {
		char path[MC_PATH_SIZE];
		enum mc_where_op { MC_WHERE_EQ, MC_WHERE_NE, MC_WHERE_LE, MC_WHERE_GE, MC_WHERE_LT, MC_WHERE_GT } op;
		enum mc_where_kind { MC_WHERE_TEXT, MC_WHERE_NUMBER, MC_WHERE_BOOL, MC_WHERE_NULL } kind;
		int quoted;         /* text, whatever it looks like */
		long double number; /* MC_WHERE_NUMBER, exact for all integers; MC_WHERE_BOOL: 0, 1 */
		double real;        /* the same as a double */
		char text[128];     /* the value as it was written */
	} term[MC_WHERE_TERMS];
};

/* MC_USAGE at --where, with the part of the text that was not understood. */
int mc_where_parse(struct mc_where *w, const char *text, struct mc_err *e);

int mc_where_match(const struct mc_where *w, const struct mc_frame *f);

#endif
