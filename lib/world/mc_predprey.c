#include "mc_predprey.h"

#include "mc_math.h"

static void entities(struct mc_scene *s)
{
	const struct mc_task *t = &s->task;
	const int N = t->N, M = t->M;
	const int evade = t->kind == MC_EVADE;

	s->moving = N + M;
	s->colliding = t->entities;
	s->first_agent = evade ? N : 0;
	s->first_scripted = evade ? 0 : N;
	for (int i = 0; i < N; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.075, .mass = 1, .accel = 3, .speed = 1.0 };
	for (int i = N; i < N + M; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.05, .mass = 1, .accel = 4, .speed = 1.3 };
	for (int i = N + M; i < t->entities; i++)
		s->entity[i] = (struct mc_entity){ .size = 0.2 };
}

static void reset(const struct mc_task *t, struct mc_draws *d, double (*pos)[2])
{
	for (int i = 0; i < t->entities; i++)
		mc_draw_point(d, i < t->N + t->M ? t->arena : t->arena - 0.1, pos[i]);
}

/* ---- scripted entities ---- */

/* Predators in evade: u = unit towards the nearest prey. */
static void pursue(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *u)
{
	for (int i = 0; i < s->task.N; i++)
		mc_unit_to_nearest(b, i, s->task.N, s->task.M, &u[2 * i], &u[2 * i + 1]);
}

/* u_c = clip(e_c - 10 max(|p_c| - 0.9, 0) sign(p_c), -1, 1), with -e given in u. */
static void flee_component(mc_real *restrict u, const mc_real *restrict p)
{
	const mc_real bound = (mc_real)0.9;

	for (int k = 0; k < MC_LANES; k++) {
		const mc_real beyond = p[k] > bound ? p[k] - bound : p[k] < -bound ? p[k] + bound : 0;
		const mc_real v = -u[k] - 10 * beyond;
		const mc_real low = v < -1 ? -1 : v;

		u[k] = low > 1 ? 1 : low;
	}
}

static void flee(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *u)
{
	const int N = s->task.N;

	for (int i = N; i < N + s->task.M; i++) {
		mc_unit_to_nearest(b, i, 0, N, &u[2 * i], &u[2 * i + 1]);
		flee_component(u[2 * i].v, b->px[i].v);
		flee_component(u[2 * i + 1].v, b->py[i].v);
	}
}

/* Observation of prey i, an entity. */
static void observe_prey(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const struct mc_task *t = &s->task;
	const int N = t->N, M = t->M;

	o[0] = b->vx[i];
	o[1] = b->vy[i];
	o[2] = b->px[i];
	o[3] = b->py[i];
	o += 4;
	for (int j = N + M; j < t->entities; j++, o += 2)
		mc_relative(b, i, j, o);
	for (int j = 0; j < N; j++, o += 2)
		mc_relative(b, i, j, o);
	for (int j = N; j < N + M; j++)
		if (j != i) {
			mc_relative(b, i, j, o);
			o += 2;
		}
	for (int j = N; j < N + M; j++)
		if (j != i) {
			o[0] = b->vx[j];
			o[1] = b->vy[j];
			o += 2;
		}
}

/*
 * y = x W + b for a block; W [in, out] row by row. Outputs go by fours, and by two in the last
 * layer: so many sums are under way at once, in registers, that none is waited for.
 */
static __attribute__((noinline)) void dense_by_4(const mc_real *W, const mc_real *bias, int in, int out,
    const struct mc_lane *restrict x, struct mc_lane *restrict y)
{
	for (int j = 0; j < out; j += 4) {
		struct mc_lane a, b, c, d;

		for (int k = 0; k < MC_LANES; k++) {
			a.v[k] = bias[j];
			b.v[k] = bias[j + 1];
			c.v[k] = bias[j + 2];
			d.v[k] = bias[j + 3];
		}
		for (int i = 0; i < in; i++) {
			const mc_real *w = W + i * out + j;

			for (int k = 0; k < MC_LANES; k++) {
				const mc_real v = x[i].v[k];

				a.v[k] += w[0] * v;
				b.v[k] += w[1] * v;
				c.v[k] += w[2] * v;
				d.v[k] += w[3] * v;
			}
		}
		y[j] = a;
		y[j + 1] = b;
		y[j + 2] = c;
		y[j + 3] = d;
	}
}

static void dense_by_2(const mc_real *W, const mc_real *bias, int in,
    const struct mc_lane *restrict x, struct mc_lane *restrict y)
{
	struct mc_lane a, b;

	for (int k = 0; k < MC_LANES; k++) {
		a.v[k] = bias[0];
		b.v[k] = bias[1];
	}
	for (int i = 0; i < in; i++)
		for (int k = 0; k < MC_LANES; k++) {
			const mc_real v = x[i].v[k];

			a.v[k] += W[2 * i] * v;
			b.v[k] += W[2 * i + 1] * v;
		}
	y[0] = a;
	y[1] = b;
}

static void relu(struct mc_lane *x, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = 0; k < MC_LANES; k++)
			x[i].v[k] = x[i].v[k] > 0 ? x[i].v[k] : 0;
}

/* u = tanh(relu(relu(o W1 + b1) W2 + b2) W3 + b3), one set of weights for every prey. */
static void prey_policy(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *u)
{
	const mc_real *const *w = s->prey;
	const int H = MC_PREY_HIDDEN;
	struct mc_lane h1[MC_PREY_HIDDEN], h2[MC_PREY_HIDDEN];

	for (int i = s->task.N; i < s->task.N + s->task.M; i++) {
		observe_prey(s, b, i, s->input);
		dense_by_4(w[0], w[1], s->task.prey_obs_dim, H, s->input, h1);
		relu(h1, H);
		dense_by_4(w[2], w[3], H, H, h1, h2);
		relu(h2, H);
		dense_by_2(w[4], w[5], H, h2, &u[2 * i]);
		for (int c = 2 * i; c < 2 * i + 2; c++)
			mc_vec_tanh(u[c].v, u[c].v, MC_LANES);
	}
}

static void act_prey(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *u)
{
	if (s->prey[0])
		prey_policy(s, b, u);
	else
		flee(s, b, u);
}

/* ---- rewards ---- */

static void reward_predators(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *r,
    int32_t contacts[MC_LANES])
{
	const int N = s->task.N, M = s->task.M;
	const mc_real touch2 = mc_touch2(s, 0, N);
	struct mc_lane sum = { { 0 } };
	int32_t C[MC_LANES] = { 0 };

	for (int i = 0; i < N; i++) {
		struct mc_lane best, d2;

		mc_distance2(&best, b, i, N);
		for (int k = 0; k < MC_LANES; k++)
			C[k] += best.v[k] < touch2;
		for (int j = N + 1; j < N + M; j++) {
			mc_distance2(&d2, b, i, j);
			for (int k = 0; k < MC_LANES; k++) {
				best.v[k] = d2.v[k] < best.v[k] ? d2.v[k] : best.v[k];
				C[k] += d2.v[k] < touch2;
			}
		}
		for (int k = 0; k < MC_LANES; k++)
			sum.v[k] += MC_M(sqrt)(best.v[k]);
	}
	for (int k = 0; k < MC_LANES; k++) {
		r->v[k] = (mc_real)-0.1 * sum.v[k] + 10 * (mc_real)C[k];
		contacts[k] = C[k];
	}
}

/* 0 below 0.9, then 10 (x - 0.9), from 1 on min(exp(2x - 2), 10). */
static mc_real bound(mc_real x)
{
	if (x < (mc_real)0.9)
		return 0;
	if (x < 1)
		return 10 * (x - (mc_real)0.9);
	if (x > 3)          /* exp(4) > 10: no need to ask */
		return 10;
	const mc_real y = MC_M(exp)(2 * x - 2);

	return y < 10 ? y : 10;
}

static void reward_prey(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *r,
    int32_t contacts[MC_LANES])
{
	const int N = s->task.N, M = s->task.M;
	const mc_real touch2 = mc_touch2(s, 0, N);
	struct mc_lane out = { { 0 } };
	int32_t C[MC_LANES] = { 0 };

	for (int i = 0; i < N; i++)
		for (int j = N; j < N + M; j++) {
			struct mc_lane d2;

			mc_distance2(&d2, b, i, j);
			for (int k = 0; k < MC_LANES; k++)
				C[k] += d2.v[k] < touch2;
		}
	for (int j = N; j < N + M; j++)
		for (int k = 0; k < b->live; k++)
			out.v[k] += bound(MC_M(fabs)(b->px[j].v[k])) + bound(MC_M(fabs)(b->py[j].v[k]));
	for (int k = 0; k < MC_LANES; k++) {
		r->v[k] = -10 * (mc_real)C[k] - out.v[k];
		contacts[k] = C[k];
	}
}

/* ---- observations ---- */

static void observe_predators(const struct mc_scene *s, const struct mc_block *b, int i, struct mc_lane *o)
{
	const struct mc_task *t = &s->task;
	const int N = t->N, M = t->M, L = t->L;
	const int landmarks = t->l < L ? t->l : L, prey = t->l < M ? t->l : M;

	o[0] = b->vx[i];
	o[1] = b->vy[i];
	o[2] = b->px[i];
	o[3] = b->py[i];
	o += 4;
	mc_near(s, b, i, N + M, L, landmarks, o);
	o += 2 * landmarks;
	o = mc_list(s, b, i, N, M, prey, o);
	for (int j = 0; j < N; j++)
		if (j != i) {
			mc_relative(b, i, j, o);
			o += 2;
		}
}

static void observe_evaders(const struct mc_scene *s, const struct mc_block *b, int agent, struct mc_lane *o)
{
	observe_prey(s, b, s->task.N + agent, o);
}

const struct mc_rules mc_predator_prey = { entities, reset, NULL, act_prey, reward_predators, observe_predators };
const struct mc_rules mc_evade = { entities, reset, NULL, pursue, reward_prey, observe_evaders };
