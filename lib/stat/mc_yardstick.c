#include "mc_yardstick.h"

#include <string.h>

#include "mc_prey.h"

const struct mc_yardstick *mc_yardstick_find(const char *task, const char *prey)
{
	struct mc_task want, have;

	if (mc_task_parse(&want, task, NULL) < 0)
		return NULL;
	want.indexed = 0;
	for (size_t i = 0; i < mc_yardstick_count; i++) {
		const struct mc_yardstick *y = &mc_yardsticks[i];

		if (strcmp(y->prey, prey) == 0 && mc_task_parse(&have, y->task, NULL) == 0 && mc_task_same(&want, &have))
			return y;
	}
	return NULL;
}

double mc_yardstick_score(const struct mc_yardstick *y, double ret)
{
	return (ret - y->floor.mean) / (y->ceiling.mean - y->floor.mean);
}

const char *mc_yardstick_prey(const char *how, const struct mc_params *p, const struct mc_task *task, struct mc_arena *arena)
{
	static const char *const words[] = { "none", "flee" };
	struct mc_prey own;
	struct mc_err e;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(how, words[i]) == 0)
			return words[i];
	if (strcmp(how, "mlp") != 0 || !p->v || mc_prey_choose(&own, "auto", task, arena, &e) < 0 || !own.p.v ||
	    own.p.size != p->size || memcmp(own.p.v, p->v, p->size * sizeof *p->v) != 0)
		return "other";
	return "trained";
}

/* The weights that a header carries; v stays NULL where they are not of this task. */
static void weights(struct mc_params *p, const struct mc_map *header, const struct mc_task *task, struct mc_arena *arena)
{
	const struct mc_dims dims = { .O = (size_t)task->prey_obs_dim };
	struct mc_err e;

	memset(p, 0, sizeof *p);
	if (!task->prey_obs_dim || !mc_map_has(header, "prey_params"))
		return;
	if (mc_params_new(p, MC_NET_PREY, &dims, arena, &e) < 0 || mc_params_unpack(header, "prey_params", p, p->v, &e) < 0)
		p->v = NULL;
}

const char *mc_yardstick_header_prey(const struct mc_map *header)
{
	char name[64], how[8];
	const char *word = "other";
	struct mc_arena arena = { 0 };
	struct mc_params p;
	struct mc_task task;
	struct mc_err e;

	if (!mc_map_has(header, "task") || mc_map_str(header, "task", name, sizeof name, &e) < 0 || !mc_map_has(header, "prey") ||
	    mc_map_str(header, "prey", how, sizeof how, &e) < 0 || mc_task_parse(&task, name, &e) < 0)
		return word;
	weights(&p, header, &task, &arena);
	word = mc_yardstick_prey(how, &p, &task, &arena);
	mc_arena_free(&arena);
	return word;
}
