#include "mc_prey.h"

#include <stdio.h>
#include <string.h>

#include "mc_frame.h"
#include "mc_prey_weights.h"

static int same_world(const struct mc_task *a, const struct mc_task *b)
{
	return a->N == b->N && a->M == b->M && a->L == b->L;
}

static int new_net(struct mc_params *p, const struct mc_task *task, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_dims dims = { .O = (size_t)task->prey_obs_dim };

	return mc_params_new(p, MC_NET_PREY, &dims, arena, e);
}

/* ---- files ---- */

enum { NOTHING, IN_HEADER, AS_NET };  /* where weights were found; the later counts */

struct search {
	const struct mc_task *task;
	struct mc_params *p;
	int found;
};

/* A header tells what the weights were made for, and may carry some itself. */
static int look_at_header(struct search *s, const struct mc_map *header, struct mc_err *e)
{
	struct mc_task made;
	char text[64];

	if (mc_map_has(header, "task")) {
		if (mc_map_str(header, "task", text, sizeof text, e) < 0)
			return -1;
		if (mc_task_parse(&made, text, NULL) == 0 && made.prey_obs_dim && !same_world(&made, s->task))
			return mc_err_set(e, MC_DATA, header->frame->place, -1, NULL,
			    "these are prey of %s; they do not know %s", text, s->task->name);
	}
	if (!mc_map_has(header, "prey_params"))
		return 0;
	s->found = IN_HEADER;
	return mc_params_unpack(header, "prey_params", s->p, s->p->v, e);
}

static int look_at_net(struct search *s, const struct mc_map *m, struct mc_err *e)
{
	char net[32];

	if (mc_map_str(m, "net", net, sizeof net, e) < 0)
		return -1;
	if (strcmp(net, mc_net_name(MC_NET_PREY)) != 0)
		return 0;
	s->found = AS_NET;
	return mc_params_unpack(m, "params", s->p, s->p->v, e);
}

static int look(struct search *s, const struct mc_frame *f, struct mc_err *e)
{
	struct mc_map header;

	if (strcmp(f->type, "header") == 0)
		return look_at_header(s, &f->map, e);
	if (strcmp(f->type, "params") == 0)
		return look_at_net(s, &f->map, e);
	if (strcmp(f->type, "checkpoint") == 0)
		return mc_map_map(&f->map, "header", &header, e) < 0 ? -1 : look_at_header(s, &header, e);
	return 0;
}

int mc_prey_load(const char *path, const struct mc_task *task, struct mc_params *p,
    struct mc_arena *arena, struct mc_err *e)
{
	struct search s = { .task = task, .p = p };
	struct mc_frame f;
	enum mc_read got;
	int r = 0;

	if (task->kind != MC_PREDATOR_PREY)
		return mc_err_set(e, MC_USAGE, "--prey", -1, NULL, "%s has no scripted prey", task->name);
	struct mc_in *in = mc_in_open(path, 0, MC_FRAME_MAX, e);

	if (!in)
		return -1;
	if (new_net(p, task, arena, e) < 0)
		r = -1;
	while (r == 0 && (got = mc_in_frame(in, &f, e)) != MC_READ_END)
		r = got == MC_READ_FAIL ? -1 : look(&s, &f, e);
	mc_in_close(in);
	if (r == 0 && s.found == NOTHING)
		return mc_err_set(e, MC_DATA, path, -1, "mc-rollout --load CKPT --export-prey makes a prey file",
		    "this stream has no params frame of a net \"prey\"");
	return r;
}

/* ---- choosing ---- */

static const struct mc_prey_weights *trained_for(const struct mc_task *task)
{
	for (int i = 0; i < mc_prey_trained_count; i++) {
		struct mc_task made;

		if (mc_task_parse(&made, mc_prey_trained[i].task, NULL) == 0 && same_world(&made, task))
			return &mc_prey_trained[i];
	}
	return NULL;
}

int mc_prey_choose(struct mc_prey *x, const char *which, const struct mc_task *task,
    struct mc_arena *arena, struct mc_err *e)
{
	const int automatic = strcmp(which, "auto") == 0, has_preys = task->kind == MC_PREDATOR_PREY;
	const struct mc_prey_weights *w = automatic && has_preys ? trained_for(task) : NULL;

	memset(x, 0, sizeof *x);
	if ((automatic && !w) || strcmp(which, "flee") == 0) {
		(void)snprintf(x->how, sizeof x->how, "%s", has_preys ? "flee" : "none");
		return 0;
	}
	(void)snprintf(x->how, sizeof x->how, "mlp");
	if (!automatic)
		return mc_prey_load(which, task, &x->p, arena, e);
	if (new_net(&x->p, task, arena, e) < 0)
		return -1;
	for (size_t i = 0; i < x->p.size; i++)
		x->p.v[i] = (mc_real)w->v[i];
	return 0;
}

/* ---- from a policy ---- */

static int refuse_export(const struct mc_ckpt *c, const struct mc_task *task, struct mc_err *e)
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

	if (mc_task_parse(&task, h->task, e) < 0 || refuse_export(c, &task, e) < 0 ||
	    mc_ckpt_params(c, "policy", &policy, arena, e) < 0 || new_net(p, &task, arena, e) < 0)
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
