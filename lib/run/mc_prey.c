#include "mc_prey.h"

#include <stdio.h>
#include <string.h>

#include "mc_frame.h"
#include "mc_prey_weights.h"

static int same_world(const struct mc_task *a, const struct mc_task *b)
{
	return a->N == b->N && a->M == b->M && a->L == b->L;
}

int mc_prey_new(struct mc_params *p, const struct mc_task *task, struct mc_arena *arena, struct mc_err *e)
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
	if (mc_prey_new(p, task, arena, e) < 0)
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
	const int automatic = strcmp(which, "auto") == 0, has_prey = task->kind == MC_PREDATOR_PREY;
	const struct mc_prey_weights *w = automatic && has_prey ? trained_for(task) : NULL;

	memset(x, 0, sizeof *x);
	if ((automatic && !w) || strcmp(which, "flee") == 0) {
		(void)snprintf(x->how, sizeof x->how, "%s", has_prey ? "flee" : "none");
		return 0;
	}
	(void)snprintf(x->how, sizeof x->how, "mlp");
	if (!automatic)
		return mc_prey_load(which, task, &x->p, arena, e);
	if (mc_prey_new(&x->p, task, arena, e) < 0)
		return -1;
	for (size_t i = 0; i < x->p.size; i++)
		x->p.v[i] = (mc_real)w->v[i];
	return 0;
}
