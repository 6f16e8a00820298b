#include "mc_prey.h"

#include <string.h>

#include "mc_frame.h"

static int find_net(struct mc_in *in, struct mc_params *p, int *found, struct mc_err *e)
{
	struct mc_frame f;
	enum mc_read got;
	char net[32];

	while ((got = mc_in_frame(in, &f, e)) == MC_READ_FRAME) {
		if (strcmp(f.type, "params") != 0)
			continue;
		if (mc_map_str(&f.map, "net", net, sizeof net, e) < 0)
			return -1;
		if (strcmp(net, mc_net_name(MC_NET_PREY)) != 0)
			continue;
		*found = 1;
		if (mc_params_unpack(&f.map, "params", p, p->v, e) < 0)
			return -1;
	}
	return got == MC_READ_FAIL ? -1 : 0;
}

int mc_prey_load(const char *path, const struct mc_task *task, struct mc_params *p,
    struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_dims dims = { .O = (size_t)task->prey_obs_dim };
	int found = 0;

	if (task->kind != MC_PREDATOR_PREY)
		return mc_err_set(e, MC_USAGE, "--prey", -1, NULL, "%s has no scripted prey", task->name);
	struct mc_in *in = mc_in_open(path, 0, MC_FRAME_MAX, e);

	if (!in)
		return -1;
	const int r = mc_params_new(p, MC_NET_PREY, &dims, arena, e) < 0 ? -1 : find_net(in, p, &found, e);

	mc_in_close(in);
	if (r == 0 && !found)
		return mc_err_set(e, MC_DATA, path, -1, NULL, "this stream has no params frame of a net \"prey\"");
	return r;
}
