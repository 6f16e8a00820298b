/*
 * Frames as JSON (RFC 8259, UTF-8), for people and for jq. One line a frame; non-finite
 * numbers become null, bytes that are not UTF-8 become U+FFFD, bin becomes {"bytes": n}.
 */
#ifndef MC_JSON_H
#define MC_JSON_H

#include <stdio.h>

#include "mc_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Writes the frame and a newline. Arrays: with `full` their values as nested lists (a 0-d
 * array as one number, an empty one as []); else {"shape", "dtype", "min", "max", "mean"}
 * over the finite values, with "nonfinite": how many are not if there are any. Errors of `to`
 * are left to ferror().
 */
void mc_json_frame(FILE *to, const struct mc_frame *f, int full);

/* The value at p, inside a frame that has passed the scan; the place behind it. */
const unsigned char *mc_json_value(FILE *to, const unsigned char *p, int full);

/* One number, with as few digits as give it back; null unless finite. */
void mc_json_double(FILE *to, double v);
void mc_json_float(FILE *to, float v);

/* A string with its quotes. */
void mc_json_string(FILE *to, const char *s);

#ifdef __cplusplus
}
#endif

#endif
