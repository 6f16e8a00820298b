/*
 * A number that moves linearly while a run goes on: "0.2", "1:0.2:40000" (over so many episodes), or
 * "1:0.2:80%" (over that share of the episodes for which the run was planned when it began).
 */
#ifndef MC_RAMP_H
#define MC_RAMP_H

#include <stdint.h>

#include "mc_err.h"
#include "mc_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_ramp {
	double start, end;
	int64_t episodes;  /* from start to end over so many; 0 = constant, end = start */
	double share;      /* of the run, in (0, 1], which mc_ramp_plan turns into episodes; 0 = none was given */
};

/* Constant. */
struct mc_ramp mc_ramp_of(double value);

/* Both values in [min, max]. MC_USAGE at `option`, naming the three forms, `hint` being an example. */
int mc_ramp_parse(struct mc_ramp *r, const char *text, double min, double max, const char *option,
    const char *hint, struct mc_err *e);

/* A share becomes episodes of `planned`, to the nearest, at least 1. */
void mc_ramp_plan(struct mc_ramp *r, int64_t planned);

/* The value at episode number `episode`, from 0. */
double mc_ramp_at(const struct mc_ramp *r, int64_t episode);

/* An entry {start, end, episodes, and share where one was given} of a frame; and back (MC_DATA). */
void mc_ramp_pack(struct mc_fb *b, const char *key, const struct mc_ramp *r);
int mc_ramp_unpack(const struct mc_map *m, const char *key, struct mc_ramp *r, struct mc_err *e);

/* The same, or the number alone where it is constant. For people: nothing reads it. */
void mc_ramp_tell(struct mc_fb *b, const char *key, const struct mc_ramp *r);

#ifdef __cplusplus
}
#endif

#endif
