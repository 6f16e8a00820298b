/*
 * JSON read back: the members of one object (RFC 8259), as our programs' --json gives them, one on
 * a line.
 */
#ifndef MC_JSON_IN_H
#define MC_JSON_IN_H

#include <stddef.h>

enum { MC_JSON_TEXT = 256 }; /* longer names and strings are cut */

/*
 * A member: number of a number, else NaN; text of a string, of true and false, or of a list as it
 * stands there, else NULL. Members of an object within have its name before theirs ("settings.hidden").
 */
typedef void mc_json_take(void *ctx, const char *key, const char *text, double number);

/*
 * Gives the members of the object in s[n] to `take`, in their order. -1, or the offset of the first
 * byte at which this is not a JSON object.
 */
long mc_json_members(const char *s, size_t n, mc_json_take *take, void *ctx);

#endif
