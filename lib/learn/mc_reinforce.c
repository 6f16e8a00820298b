#include "mc_reinforce.h"

#include <string.h>

#include "mc_baseline.h"

int mc_reinforce_init(struct mc_reinforce *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e)
{
	struct mc_params theta;

	mc_params_layout(&theta, MC_NET_COMM, dims);
	x->g = mc_arena_alloc(arena, theta.size, sizeof *x->g, "REINFORCE", e);
	x->dz = mc_arena_alloc(arena, dims->T * dims->N * dims->d, sizeof *x->dz, "REINFORCE", e);
	return x->g && x->dz ? mc_comm_init(&x->comm, dims, arena, e) : -1;
}

void mc_reinforce_gradient(struct mc_reinforce *x, const struct mc_params *theta, const struct mc_traj *t,
    const mc_real *advantage)
{
	const size_t pairs = t->dims.N * t->dims.d;

	mc_comm_forward(&x->comm, theta, t->o);
	mc_comm_score_team(x->dz, x->comm.c, t->I, t->m, advantage, t->dims.T, pairs);
	memset(x->g, 0, theta->size * sizeof *x->g);
	mc_comm_backward(&x->comm, theta, t->o, x->dz, x->g);
}

int mc_reinforce_advantage(const struct mc_dims *dims, const struct mc_params *baseline,
    const struct mc_traj *t, double gamma, int n, mc_real *advantage,
    struct mc_arena *scratch, struct mc_err *e)
{
	const struct mc_arena_mark mark = mc_arena_mark(scratch);
	struct mc_baseline b;
	const int bad = mc_baseline_init(&b, dims, scratch, e) < 0;

	if (!bad) {
		mc_baseline_advantage(&b, baseline, t->o, t->r, gamma, n);
		memcpy(advantage, b.advantage, dims->T * sizeof *advantage);
	}
	mc_arena_reset(scratch, mark);
	return bad ? -1 : 0;
}
