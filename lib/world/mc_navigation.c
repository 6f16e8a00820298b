#include "mc_navigation.h"

#include "mc_math.h"

static void entities(struct mc_scene *s)
{
	const int N = s->task.N;

	s->moving = s->colliding = N;
	for (int i = 0; i < N; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.15, .mass = 1, .accel = 5 };
	for (int i = N; i < 2 * N; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.05 };
}

static void reset(const struct mc_task *t, struct mc_draws *d, double (*pos)[2])
{
	for (int i = 0; i < t->entities; i++)
		mc_draw_point(d, t->arena, pos[i]);
}

static void reward(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *r,
    int32_t contacts[MC_LANES])
{
	const int N = s->task.N;
	const mc_real touch2 = mc_touch2(s, 0, 0);
	struct mc_lane sum = { { 0 } };
	int32_t C[MC_LANES] = { 0 };

	for (int j = N; j < 2 * N; j++) {
		struct mc_lane best, d2;

		mc_distance2(&best, b, 0, j);
		for (int i = 1; i < N; i++) {
			mc_distance2(&d2, b, i, j);
			for (int k = 0; k < MC_LANES; k++)
				best.v[k] = d2.v[k] < best.v[k] ? d2.v[k] : best.v[k];
		}
		for (int k = 0; k < MC_LANES; k++)
			sum.v[k] += MC_M(sqrt)(best.v[k]);
	}
	for (int i = 0; i < N; i++)
		for (int j = i + 1; j < N; j++) {
			struct mc_lane d2;

			mc_distance2(&d2, b, i, j);
			for (int k = 0; k < MC_LANES; k++)
				C[k] += 2 * (d2.v[k] < touch2);
		}
	for (int k = 0; k < MC_LANES; k++) {
		r->v[k] = -sum.v[k] - (mc_real)C[k] / (mc_real)N;
		contacts[k] = C[k];
	}
}

static void observe(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const int N = s->task.N, l = s->task.l;

	o[0] = b->vx[i];
	o[1] = b->vy[i];
	o[2] = b->px[i];
	o[3] = b->py[i];
	o += 4;
	o = mc_list(s, b, i, N, N, l, o);
	for (int j = 0; j < N; j++)
		if (j != i) {
			mc_relative(b, i, j, o);
			o += 2;
		}
}

const struct mc_rules mc_navigation = { entities, reset, NULL, NULL, reward, observe };
