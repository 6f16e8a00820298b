#include "mc_reference.h"

#include "mc_math.h"

static void entities(struct mc_scene *s)
{
	const int N = s->task.N;

	s->moving = N;
	s->colliding = 0;
	for (int i = 0; i < N; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.05, .mass = 1, .accel = 5 };
	for (int i = N; i < s->task.entities; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.05 };
}

static void reset(const struct mc_task *t, struct mc_draws *d, double (*pos)[2])
{
	for (int i = 0; i < t->entities; i++)
		mc_draw_point(d, t->arena, pos[i]);
}

static void hide(const struct mc_task *t, struct mc_draws *d, int32_t *hidden)
{
	for (int i = 0; i < t->N; i++)
		hidden[i] = (int32_t)(MC_REFERENCE_LANDMARKS * mc_draw(d));
	hidden[t->N] = 1 + (int32_t)((t->N - 1) * mc_draw(d)); /* also where it is not used: the same draws in both */
	if (t->shift)
		hidden[t->N] = t->shift;
}

static void reward(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *r,
    int32_t contacts[MC_LANES])
{
	const int N = s->task.N;
	struct mc_lane sum = { { 0 } };

	for (int i = 0; i < N; i++)
		for (int k = 0; k < MC_LANES; k++) {
			const int goal = N + (int)b->hidden[i].v[k];
			const mc_real dx = b->px[goal].v[k] - b->px[i].v[k];
			const mc_real dy = b->py[goal].v[k] - b->py[i].v[k];

			sum.v[k] += MC_M(sqrt)(dx * dx + dy * dy);
		}
	for (int k = 0; k < MC_LANES; k++) {
		r->v[k] = -sum.v[k] / (mc_real)N;
		contacts[k] = 0;
	}
}

/* o[N-1]: 1 in the slot of agent (i + s) mod N. */
static void who_knows(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const int N = s->task.N;

	for (int slot = 0; slot < N - 1; slot++) {
		const int ahead = ((int)mc_slot_agent((size_t)i, (size_t)slot) - i + N) % N;

		for (int k = 0; k < MC_LANES; k++)
			o[slot].v[k] = (int)b->hidden[N].v[k] == ahead;
	}
}

/* o[3]: 1 at the goal of agent (i - s) mod N. */
static void known_goal(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const int N = s->task.N;

	for (int k = 0; k < MC_LANES; k++) {
		const int whose = (i - (int)b->hidden[N].v[k] + N) % N;

		for (int g = 0; g < MC_REFERENCE_LANDMARKS; g++)
			o[g].v[k] = (int)b->hidden[whose].v[k] == g;
	}
}

static void observe(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const int N = s->task.N;

	o[0] = b->vx[i];
	o[1] = b->vy[i];
	o[2] = b->px[i];
	o[3] = b->py[i];
	for (int g = 0; g < MC_REFERENCE_LANDMARKS; g++)
		mc_relative(b, i, N + g, o + 4 + 2 * g);
	who_knows(s, b, i, o + MC_REFERENCE_WHO);
	known_goal(s, b, i, o + MC_REFERENCE_WHO + N - 1);
}

const struct mc_rules mc_reference = { entities, reset, hide, NULL, reward, observe };
