#include "mc_push.h"

#include "mc_math.h"

static void entities(struct mc_scene *s)
{
	const int N = s->task.N;

	s->moving = s->colliding = N + 1;
	for (int i = 0; i < N; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.36 / (N + 3), .mass = 1, .accel = 5 };
	s->entity[N] = (struct mc_entity){ .size = 0.1, .mass = 2.0 * N / 3.0 };
	s->entity[N + 1] = (struct mc_entity){ .size = 0.05 };
}

/* The target is drawn again while it is nearer than 0.8 to the ball. */
static void reset(const struct mc_task *t, struct mc_draws *d, double (*pos)[2])
{
	const double *ball = pos[t->N];
	double *target = pos[t->N + 1];
	double dx, dy;

	for (int i = 0; i < t->N; i++)
		mc_draw_point(d, t->arena, pos[i]);
	mc_draw_point(d, t->arena - 0.2, pos[t->N]);
	do {
		mc_draw_point(d, t->arena - 0.2, target);
		dx = target[0] - ball[0];
		dy = target[1] - ball[1];
	} while (!(dx * dx + dy * dy >= 0.64));
}

static void reward(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *r,
    int32_t contacts[MC_LANES])
{
	const int N = s->task.N, ball = N, target = N + 1;
	const mc_real touch2 = mc_touch2(s, 0, ball);
	const mc_real tenth = (mc_real)0.1;
	struct mc_lane best, d2, goal;
	int32_t C[MC_LANES];

	mc_distance2(&best, b, 0, ball);
	for (int k = 0; k < MC_LANES; k++)
		C[k] = best.v[k] < touch2;
	for (int i = 1; i < N; i++) {
		mc_distance2(&d2, b, i, ball);
		for (int k = 0; k < MC_LANES; k++) {
			best.v[k] = d2.v[k] < best.v[k] ? d2.v[k] : best.v[k];
			C[k] += d2.v[k] < touch2;
		}
	}
	mc_distance2(&goal, b, ball, target);
	for (int k = 0; k < MC_LANES; k++) {
		r->v[k] = -2 * MC_M(sqrt)(goal.v[k]) - tenth * MC_M(sqrt)(best.v[k]) + tenth * (mc_real)C[k];
		contacts[k] = C[k];
	}
}

static void observe(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const int N = s->task.N;

	o[0] = b->vx[i];
	o[1] = b->vy[i];
	o[2] = b->px[i];
	o[3] = b->py[i];
	mc_relative(b, i, N, o + 4);
	mc_relative(b, i, N + 1, o + 6);
	o += 8;
	for (int j = 0; j < N; j++)
		if (j != i) {
			mc_relative(b, i, j, o);
			o += 2;
		}
}

const struct mc_rules mc_push = { entities, reset, NULL, NULL, reward, observe };
