/*
 * What the scripts of a task return (mc_script.h), measured once: `make yardsticks` makes the table of it.
 */
#ifndef MC_YARDSTICK_TABLE_H
#define MC_YARDSTICK_TABLE_H

#include <stddef.h>

struct mc_measured_script {
	double mean, se;       /* return over episodes 0 ... n-1 of environment 0, seed 1; its standard error */
};

struct mc_yardstick {
	const char *task;
	const char *prey;      /* "none", "flee", or "trained": those that are compiled in */
	struct mc_measured_script floor, alone, ceiling;
};

extern const struct mc_yardstick mc_yardsticks[];
extern const size_t mc_yardstick_count;
extern const long mc_yardstick_episodes;

#endif
