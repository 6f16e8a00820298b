#include "mc_prey_export.h"

#include <string.h>

#include "mc_prey.h"
#include "mc_task.h"

static int refuse(const struct mc_ckpt *c, const struct mc_task *task, struct mc_err *e)
{
	const struct mc_header *h = &c->header;
	const char *place = c->frame.place;

	if (task->kind != MC_EVADE)
		return mc_err_set(e, MC_USAGE, place, -1, "train on evade_N3 or evade_N6",
		    "a run of %s: its team is not of prey", h->task);
	if (h->dims.N > 1 && !h->dims.share)
		return mc_err_set(e, MC_USAGE, place, -1, "train with mc-rollout --share",
		    "each prey has a policy of its own, and a prey file holds one for all");
	if (h->dims.H != 64)
		return mc_err_set(e, MC_USAGE, place, -1, "train with mc-rollout --hidden 64",
		    "its nets have hidden width %zu, prey have 64", h->dims.H);
	if (h->comm != MC_NONE)
		return mc_err_set(e, MC_USAGE, place, -1, "train with mc-rollout --comm none",
		    "its prey talk to each other (--comm %s), scripted prey cannot", mc_decide_name(h->comm));
	if (h->dims.O != (size_t)task->prey_obs_dim || h->dims.A != 2)
		return mc_err_set(e, MC_DATA, place, -1, NULL, "its prey see %zu numbers and act by %zu; %s has %d and 2",
		    h->dims.O, h->dims.A, h->task, task->prey_obs_dim);
	return 0;
}

int mc_prey_export(const struct mc_ckpt *c, struct mc_params *p, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_header *h = &c->header;
	struct mc_params policy;
	struct mc_task task;

	if (mc_task_parse(&task, h->task, e) < 0 || refuse(c, &task, e) < 0 ||
	    mc_ckpt_params(c, "policy", &policy, arena, e) < 0 || mc_prey_new(p, &task, arena, e) < 0)
		return -1;
	for (int i = 0; i < p->tensors; i++) {
		const struct mc_tensor *t = &p->tensor[i];
		const mc_real *from = mc_params_at(&policy, t->layer, t->name, 0);

		if (strcmp(t->layer, "dense_0") == 0 && t->fan_in)
			from += h->dims.H * 64;   /* past the rows of h */
		memcpy(p->v + t->offset, from, t->count * sizeof *from);
	}
	return 0;
}
