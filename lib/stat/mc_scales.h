/*
 * Which returns count as 0 and as 1 in a task, as --scale gives them: "TASK=LOW,HIGH", several with
 * colons.
 */
#ifndef MC_SCALES_H
#define MC_SCALES_H

#include <stddef.h>

#include "mc_err.h"

struct mc_task_scale {
	char task[64];
	double low, high;      /* finite, low < high */
};

struct mc_scales {
	size_t n;
	struct mc_task_scale *scale;
};

/* NULL stands for no scale. MC_USAGE for another form, and for a task that is given twice; MC_OSERR. */
int mc_scales_parse(struct mc_scales *s, const char *text, struct mc_err *e);
void mc_scales_release(struct mc_scales *s);

/* That of a task, or NULL. */
const struct mc_task_scale *mc_scales_find(const struct mc_scales *s, const char *task);

/* Is each about one of these n tasks, or about a task that this build knows? MC_USAGE. */
int mc_scales_check(const struct mc_scales *s, const char *const *task, size_t n, struct mc_err *e);

#endif
