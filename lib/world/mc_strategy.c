#include "mc_strategy.h"

#include <math.h>
#include <string.h>

#include "mc_particle.h"
#include "mc_world.h"

enum { GRID = 25 };           /* points along the square in which something is looked for */

struct mc_strategist {
	struct mc_assign *assign;
	double *cost;             /* [landmarks, N] */
	size_t *to;               /* [landmarks] */
	uint8_t *busy;            /* [N] has something to go to */
	double (*sum)[3];         /* [N] x, y, number of the points to look at */
	double agent, ball;       /* sizes of push */
};

struct mc_strategist *mc_strategist_new(struct mc_known *k, const struct mc_task *t, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_strategist *x = mc_arena_alloc(arena, 1, sizeof *x, "script", e);
	const size_t N = (size_t)t->agents, E = (size_t)t->entities;
	double size[MC_ROLES];

	if (!x || mc_role_sizes(size, t, e) < 0)
		return NULL;
	*k = (struct mc_known){ .task = t, .N = N };
	x->agent = size[MC_ROLE_AGENT];
	x->ball = size[MC_ROLE_BALL];
	k->p = mc_arena_alloc(arena, N, sizeof *k->p, "script", e);
	k->v = mc_arena_alloc(arena, N, sizeof *k->v, "script", e);
	k->u = mc_arena_alloc(arena, N, sizeof *k->u, "script", e);
	k->goal = mc_arena_alloc(arena, N, sizeof *k->goal, "script", e);
	k->looked = mc_arena_alloc(arena, N, sizeof *k->looked, "script", e);
	k->sight.seen = mc_arena_alloc(arena, E, sizeof *k->sight.seen, "script", e);
	k->moves = mc_arena_alloc(arena, E, sizeof *k->moves, "script", e);
	x->assign = mc_assign_new(N, arena, e);
	x->cost = mc_arena_alloc(arena, N * E, sizeof *x->cost, "script", e);
	x->to = mc_arena_alloc(arena, E, sizeof *x->to, "script", e);
	x->busy = mc_arena_alloc(arena, N, 1, "script", e);
	x->sum = mc_arena_alloc(arena, N, sizeof *x->sum, "script", e);
	return k->p && k->v && k->u && k->goal && k->looked && k->sight.seen && k->moves && x->assign && x->cost && x->to &&
	    x->busy && x->sum ? x : NULL;
}

/* ---- moving ---- */

/* u = clip(8 (g - p) - 0.8 v): to a point, and to rest there. */
static void go(const struct mc_known *k, size_t i, double gx, double gy)
{
	k->u[i][0] = 8 * (gx - k->p[i][0]) - 0.8 * k->v[i][0];
	k->u[i][1] = 8 * (gy - k->p[i][1]) - 0.8 * k->v[i][1];
}

static double away(const double p[2], double x, double y)
{
	return hypot(x - p[0], y - p[1]);
}

/* The nearest thing of a role to agent i, lower index on a tie; NULL if none is known. */
static const struct mc_seen *nearest(const struct mc_known *k, size_t i, enum mc_role role)
{
	const struct mc_seen *best = NULL;
	double least = (double)INFINITY;

	for (size_t n = 0; n < k->sight.n; n++) {
		const struct mc_seen *s = &k->sight.seen[n];

		if (s->role != role)
			continue;
		const double d = away(k->p[i], s->x, s->y);

		if (d < least) {
			least = d;
			best = s;
		}
	}
	return best;
}

/* ---- looking for what is out of sight ---- */

/* hypot is most of the time here. */
static double square(double x, double y)
{
	return x * x + y * y;
}

static int looked_at(const struct mc_known *k, double x, double y)
{
	for (size_t n = 0; n < k->discs; n++)
		if (square(k->looked[n].x - x, k->looked[n].y - y) <= k->looked[n].r * k->looked[n].r)
			return 1;
	return 0;
}

/* The agent without anything to do that is nearest to a point. */
static size_t searcher(const struct mc_strategist *x, const struct mc_known *k, double px, double py)
{
	size_t best = k->N;
	double least = (double)INFINITY;

	for (size_t i = 0; i < k->N; i++) {
		const double d = x->busy[i] ? (double)INFINITY : square(k->p[i][0] - px, k->p[i][1] - py);

		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}

/*
 * Who is not busy goes to the middle of those points of the square [-H, H]^2, not looked at, that are
 * nearer to it than to the others that are not busy; where there is none, it stays.
 */
static void look(struct mc_strategist *x, struct mc_known *k, double H)
{
	size_t idle = 0;

	for (size_t i = 0; i < k->N; i++)
		idle += !x->busy[i];
	if (idle == 0)
		return;
	memset(x->sum, 0, k->N * sizeof *x->sum);
	for (int a = 0; a < GRID; a++)
		for (int b = 0; b < GRID; b++) {
			const double px = H * (2.0 * a / (GRID - 1) - 1), py = H * (2.0 * b / (GRID - 1) - 1);

			if (looked_at(k, px, py))
				continue;
			const size_t i = searcher(x, k, px, py);

			x->sum[i][0] += px;
			x->sum[i][1] += py;
			x->sum[i][2] += 1;
		}
	for (size_t i = 0; i < k->N; i++) {
		const double n = x->sum[i][2];

		if (!x->busy[i])
			go(k, i, n > 0 ? x->sum[i][0] / n : k->p[i][0], n > 0 ? x->sum[i][1] / n : k->p[i][1]);
	}
}

/* ---- strategies ---- */

void mc_strategy_still(struct mc_strategist *x, struct mc_known *k)
{
	(void)x;
	memset(k->u, 0, k->N * sizeof *k->u);
}

void mc_strategy_nearest(struct mc_strategist *x, struct mc_known *k)
{
	(void)x;
	for (size_t i = 0; i < k->N; i++) {
		const struct mc_seen *s = nearest(k, i, MC_ROLE_LANDMARK);

		go(k, i, s ? s->x : k->p[i][0], s ? s->y : k->p[i][1]);
	}
}

void mc_strategy_cover(struct mc_strategist *x, struct mc_known *k)
{
	const size_t L = k->sight.n;

	for (size_t n = 0; n < L; n++)
		for (size_t i = 0; i < k->N; i++)
			x->cost[n * k->N + i] = away(k->p[i], k->sight.seen[n].x, k->sight.seen[n].y);
	mc_assign(x->assign, L, k->N, x->cost, x->to);
	memset(x->busy, 0, k->N);
	for (size_t n = 0; n < L; n++) {
		x->busy[x->to[n]] = 1;
		go(k, x->to[n], k->sight.seen[n].x, k->sight.seen[n].y);
	}
	look(x, k, k->task->arena);
}

static void unit(double u[2], double x, double y)
{
	const double d = hypot(x, y);

	u[0] = d > 0 ? x / d : 0;
	u[1] = d > 0 ? y / d : 0;
}

void mc_strategy_pursue(struct mc_strategist *x, struct mc_known *k)
{
	(void)x;
	for (size_t i = 0; i < k->N; i++) {
		const struct mc_seen *s = nearest(k, i, MC_ROLE_PREY);

		unit(k->u[i], s ? s->x - k->p[i][0] : 0, s ? s->y - k->p[i][1] : 0);
	}
}

/*
 * At a point 0.4 ahead of the prey, braking: u = 20 (p_j + 0.4 v_j - p_i - 0.3 v_i). A predator is slower than
 * prey and cannot turn at once; so it stays on the prey that stops at the edge of the field.
 */
void mc_strategy_hunt(struct mc_strategist *x, struct mc_known *k)
{
	for (size_t i = 0; i < k->N; i++) {
		const struct mc_seen *s = nearest(k, i, MC_ROLE_PREY);
		const double *moves = s ? k->moves[s - k->sight.seen] : NULL;

		x->busy[i] = s != NULL;
		if (!s)
			continue;
		k->u[i][0] = 20 * (s->x + 0.4 * moves[0] - k->p[i][0] - 0.3 * k->v[i][0]);
		k->u[i][1] = 20 * (s->y + 0.4 * moves[1] - k->p[i][1] - 0.3 * k->v[i][1]);
	}
	look(x, k, fmin(k->task->arena, 1));
}

/* e = unit away from the nearest predator, pulled back beyond 0.9: the rule of scripted prey. */
void mc_strategy_flee(struct mc_strategist *x, struct mc_known *k)
{
	(void)x;
	for (size_t i = 0; i < k->N; i++) {
		const struct mc_seen *s = nearest(k, i, MC_ROLE_PREDATOR);

		unit(k->u[i], s ? k->p[i][0] - s->x : 0, s ? k->p[i][1] - s->y : 0);
		for (int c = 0; c < 2; c++)
			k->u[i][c] -= copysign(10 * fmax(fabs(k->p[i][c]) - 0.9, 0), k->p[i][c]);
	}
}

/* The point whose mean distance to three others is least: one of them, or by Weiszfeld's iteration. */
static void middle_of(const struct mc_seen *s, size_t n, double m[2])
{
	for (size_t a = 0; a < n; a++) {
		double pull[2] = { 0, 0 }, u[2];

		for (size_t b = 0; b < n; b++) {
			unit(u, s[b].x - s[a].x, s[b].y - s[a].y);
			pull[0] += u[0];
			pull[1] += u[1];
		}
		m[0] = s[a].x;
		m[1] = s[a].y;
		if (hypot(pull[0], pull[1]) <= 1)
			return;
	}
	m[0] = m[1] = 0;
	for (size_t a = 0; a < n; a++) {
		m[0] += s[a].x / (double)n;
		m[1] += s[a].y / (double)n;
	}
	for (int step = 0; step < 60; step++) {
		double sum[3] = { 0, 0, 0 };

		for (size_t a = 0; a < n; a++) {
			const double w = 1 / fmax(away(m, s[a].x, s[a].y), 1e-9);

			sum[0] += w * s[a].x;
			sum[1] += w * s[a].y;
			sum[2] += w;
		}
		m[0] = sum[0] / sum[2];
		m[1] = sum[1] / sum[2];
	}
}

void mc_strategy_goal(struct mc_strategist *x, struct mc_known *k)
{
	double m[2] = { 0, 0 };

	(void)x;
	middle_of(k->sight.seen, k->sight.n, m);
	for (size_t i = 0; i < k->N; i++) {
		const struct mc_seen *s = k->goal[i] >= 0 && (size_t)k->goal[i] < k->sight.n ? &k->sight.seen[k->goal[i]] : NULL;

		go(k, i, s ? s->x : m[0], s ? s->y : m[1]);
	}
}

/* ---- push ---- */

/* The ball, the way from it to the target, and how far that is. Lengths are in sizes of agent and ball together. */
struct shot {
	double x, y, way[2], far, r;
};

/*
 * Where an agent goes that is at (along, across) from the ball, along the way and to its left: from before
 * the ball back past its side, from beside it to a place behind it, from there through it.
 */
static void aim(const struct shot *s, double along, double across, double *to_along, double *to_across)
{
	const int front = along >= 0.5 * s->r, beside = along > -0.3 * s->r;

	*to_along = front ? along - 2 * s->r : beside ? -0.67 * s->r : s->far > 0.09 ? 0 : -s->r;
	*to_across = beside ? copysign(0.83 * s->r, across) : 0;
}

void mc_strategy_push(struct mc_strategist *x, struct mc_known *k)
{
	const struct mc_seen *ball = nearest(k, 0, MC_ROLE_BALL), *target = nearest(k, 0, MC_ROLE_TARGET);
	struct shot s;

	mc_strategy_still(x, k);
	if (!ball || !target)
		return;
	s = (struct shot){ .x = ball->x, .y = ball->y, .far = hypot(target->x - ball->x, target->y - ball->y), .r = x->agent + x->ball };
	unit(s.way, target->x - ball->x, target->y - ball->y);
	for (size_t i = 0; i < k->N; i++) {
		const double rx = k->p[i][0] - s.x, ry = k->p[i][1] - s.y;
		double along, across;

		aim(&s, rx * s.way[0] + ry * s.way[1], ry * s.way[0] - rx * s.way[1], &along, &across);
		go(k, i, s.x + along * s.way[0] - across * s.way[1], s.y + along * s.way[1] + across * s.way[0]);
	}
}
