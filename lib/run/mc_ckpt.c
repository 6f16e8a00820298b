#include "mc_ckpt.h"

#include <stdio.h>
#include <string.h>

/* ---- opening ---- */

static int net_of(const char *name, enum mc_net *net);

/* A net that nothing here knows would be passed over in silence. */
static int check_nets(const struct mc_map *params, int targets, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(params); i++) {
		char key[48];
		enum mc_net net;
		struct mc_map target;
		const enum mc_kind kind = mc_map_at(params, i, key, sizeof key);

		if (kind == MC_MAP && !targets && strcmp(key, "target") == 0) {
			if (mc_map_map(params, key, &target, e) < 0 || check_nets(&target, 1, e) < 0)
				return -1;
		} else if (!net_of(key, &net)) {
			return mc_err_set(e, MC_DATA, params->frame->place, params->frame->offset, "is it of a later version?",
			    "%s holds a net \"%s\", which is unknown here", params->path, key);
		}
	}
	return 0;
}

int mc_ckpt_read(struct mc_ckpt *c, const struct mc_frame *f, struct mc_err *e)
{
	const struct mc_map *m = &f->map;

	memset(c, 0, sizeof *c);
	c->frame = *f;
	if (strcmp(f->type, "checkpoint") != 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "a run leaves it as run.ckpt, next to its log",
		    "this is a stream that begins with a %s, not a checkpoint", f->type);
	if (mc_map_map(m, "header", &c->header_map, e) < 0 || mc_header_read(&c->header_map, &c->header, e) < 0 ||
	    mc_map_int(m, "iteration", &c->iteration, e) < 0 || mc_map_int(m, "episode", &c->episode, e) < 0 ||
	    mc_map_map(m, "params", &c->params, e) < 0 || mc_map_map(m, "state", &c->state, e) < 0)
		return -1;
	if (check_nets(&c->params, 0, e) < 0)
		return -1;
	if (c->iteration < 0 || c->episode < 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "a negative count of iterations or episodes");
	return 0;
}

int mc_ckpt_open(struct mc_ckpt *c, const char *path, size_t max_frame, struct mc_err *e)
{
	struct mc_frame f;
	struct mc_in *in = mc_in_open(path, 0, max_frame, e);
	const enum mc_read got = in ? mc_in_frame(in, &f, e) : MC_READ_FAIL;

	memset(c, 0, sizeof *c);
	if (got == MC_READ_FRAME && mc_ckpt_read(c, &f, e) == 0) {
		c->in = in;
		return 0;
	}
	if (got == MC_READ_END)
		(void)mc_err_set(e, MC_DATA, path, 0, NULL, "the file is empty, not a checkpoint");
	mc_in_close(in);
	memset(c, 0, sizeof *c);
	return -1;
}

void mc_ckpt_close(struct mc_ckpt *c)
{
	if (c->in)
		mc_in_close(c->in);
	memset(c, 0, sizeof *c);
}

/* ---- nets ---- */

/* The map that holds `net` and its name there ("target.comm" is `comm` in the map `target`). */
static int locate(const struct mc_ckpt *c, const char *net, struct mc_map *in, const char **name)
{
	struct mc_err ignored;

	*in = c->params;
	*name = net;
	if (strncmp(net, "target.", 7) == 0) {
		if (!mc_map_has(&c->params, "target") || mc_map_map(&c->params, "target", in, &ignored) < 0)
			return 0;
		*name = net + 7;
	}
	return mc_map_has(in, *name);
}

int mc_ckpt_has(const struct mc_ckpt *c, const char *net)
{
	struct mc_map in;
	const char *name;

	return locate(c, net, &in, &name);
}

static int net_of(const char *name, enum mc_net *net)
{
	for (int i = MC_NET_COMM; i <= MC_NET_RULE; i++)
		if (strcmp(name, mc_net_name((enum mc_net)i)) == 0) {
			*net = (enum mc_net)i;
			return 1;
		}
	return 0;
}

int mc_ckpt_params(const struct mc_ckpt *c, const char *net, struct mc_params *p,
    struct mc_arena *arena, struct mc_err *e)
{
	struct mc_map in;
	const char *name;
	enum mc_net kind;

	if (!locate(c, net, &in, &name))
		return mc_err_set(e, MC_USAGE, c->frame.place, -1, NULL, "this run has no %s net (method %s)",
		    net, c->header.method[0] ? c->header.method : "unknown");
	if (!net_of(name, &kind))
		return mc_err_set(e, MC_BUG, net, -1, NULL, "no such kind of net");
	/* what the header declares must be there before there is room made for it */
	mc_params_layout(p, kind, &c->header.dims);
	if (mc_params_unpack(&in, name, p, NULL, e) < 0 || mc_params_new(p, kind, &c->header.dims, arena, e) < 0)
		return -1;
	return mc_params_unpack(&in, name, p, p->v, e);
}

int mc_ckpt_into(const struct mc_ckpt *c, const char *net, struct mc_params *p, struct mc_err *e)
{
	struct mc_map in;
	const char *name;

	if (!locate(c, net, &in, &name))
		return mc_err_set(e, MC_USAGE, c->frame.place, -1, NULL, "this run has no %s net (method %s)",
		    net, c->header.method[0] ? c->header.method : "unknown");
	return mc_params_unpack(&in, name, p, p->v, e);
}

size_t mc_ckpt_estimate(const struct mc_header *h)
{
	struct mc_params p;
	size_t values = 0;

	mc_params_layout(&p, MC_NET_POLICY, &h->dims);
	values += 4 * p.size;             /* parameters, target, two moments */
	mc_params_layout(&p, MC_NET_CRITIC, &h->dims);
	values += 4 * p.size;
	if (h->comm == MC_LEARNED) {
		mc_params_layout(&p, MC_NET_COMM, &h->dims);
		values += 3 * p.size;     /* parameters, target, nu */
		mc_params_layout(&p, MC_NET_BASELINE, &h->dims);
		values += 3 * p.size;
	}
	if (h->dims.R) {
		mc_params_layout(&p, MC_NET_RULE, &h->dims);
		values += 2 * p.size;
	}
	if (h->lag)                       /* the episode acted ahead; its small parts are in what is added */
		values += (h->dims.T + 1) * h->dims.N * (h->dims.O + h->dims.A + h->dims.d / 2);
	return values * 4 + 65536;
}
