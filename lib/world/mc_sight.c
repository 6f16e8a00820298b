#include "mc_sight.h"

#include <math.h>

#include "mc_particle.h"
#include "mc_world.h"

/* Two views of one thing differ by rounding: positions are some units, in single precision. */
#define SAME_PLACE 1e-4

const char *mc_role_name(enum mc_role role)
{
	static const char *const name[MC_ROLES] = { "agent", "landmark", "prey", "predator", "ball", "target" };

	return name[role];
}

size_t mc_role_count(const struct mc_task *t, enum mc_role role)
{
	const int push = t->kind == MC_PUSH, chase = t->kind == MC_PREDATOR_PREY, evade = t->kind == MC_EVADE;

	switch (role) {
	case MC_ROLE_AGENT:
		return (size_t)t->agents;
	case MC_ROLE_LANDMARK:
		return (size_t)t->L;
	case MC_ROLE_PREY:
		return chase ? (size_t)t->M : 0;
	case MC_ROLE_PREDATOR:
		return evade ? (size_t)t->N : 0;
	case MC_ROLE_BALL:
	case MC_ROLE_TARGET:
		return push;
	case MC_ROLES:
		break;
	}
	return 0;
}

enum mc_role mc_role_of(const struct mc_task *t, int i)
{
	if (t->kind == MC_PUSH)
		return i < t->N ? MC_ROLE_AGENT : i == t->N ? MC_ROLE_BALL : MC_ROLE_TARGET;
	if (i >= t->N + t->M)
		return MC_ROLE_LANDMARK;
	if (t->kind == MC_EVADE)
		return i < t->N ? MC_ROLE_PREDATOR : MC_ROLE_AGENT;
	return i < t->N ? MC_ROLE_AGENT : MC_ROLE_PREY;
}

int mc_role_sizes(double size[MC_ROLES], const struct mc_task *t, struct mc_err *e)
{
	struct mc_world *w = mc_world_new(t, 1, NULL, -1, e);
	const struct mc_scene *s = w ? mc_world_scene(w) : NULL;
	const int last = t->entities - 1;

	if (w == NULL)
		return -1;
	for (int role = 0; role < MC_ROLES; role++) { /* scripted ones stand where the other team does not */
		const int at = role == MC_ROLE_AGENT ? s->first_agent : role == MC_ROLE_PREY || role == MC_ROLE_PREDATOR ? s->first_scripted
		    : role == MC_ROLE_BALL ? last - 1 : last;

		size[role] = mc_role_count(t, role) ? s->entity[at].size : 0;
	}
	mc_world_free(w);
	return 0;
}

size_t mc_sight_count(const struct mc_sight *s, enum mc_role role)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->seen[i].role == role;
	return n;
}

int mc_sight_add(struct mc_sight *s, const struct mc_task *t, enum mc_role role, double x, double y)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->seen[i].role == role && role != MC_ROLE_AGENT && hypot(s->seen[i].x - x, s->seen[i].y - y) < SAME_PLACE)
			return 0;
	if (mc_sight_count(s, role) == mc_role_count(t, role))
		return -1;
	s->seen[s->n++] = (struct mc_seen){ role, x, y };
	return 1;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* What stands behind velocity and position in an observation: so many positions of each role, in this order. */
static int listed(const struct mc_task *t, enum mc_role role)
{
	switch (t->kind) {
	case MC_NAVIGATION:
		return role == MC_ROLE_LANDMARK ? t->l : 0;
	case MC_PREDATOR_PREY:
		return role == MC_ROLE_LANDMARK ? least(t->l, t->L) : role == MC_ROLE_PREY ? least(t->l, t->M) : 0;
	case MC_EVADE:
		return role == MC_ROLE_LANDMARK ? t->L : role == MC_ROLE_PREDATOR ? t->N : 0;
	case MC_PUSH:
		return role == MC_ROLE_BALL || role == MC_ROLE_TARGET;
	case MC_REFERENCE:
		return role == MC_ROLE_LANDMARK ? t->L : 0;
	}
	return 0;
}

/* Numbers of each: its relative position and, where it may be out of view, 1 if it is not. */
static int wide(const struct mc_task *t, enum mc_role role)
{
	return t->view && role == (t->kind == MC_NAVIGATION ? MC_ROLE_LANDMARK : MC_ROLE_PREY) ? 3 : 2;
}

enum { POSITION = 2, LISTS = 4 };

/* What one agent sees beside the team. */
static int read_one(struct mc_sight *s, const struct mc_task *t, const mc_real *own)
{
	const mc_real *p = own + LISTS;

	for (int role = MC_ROLE_LANDMARK; role < MC_ROLES; role++)
		for (int k = 0; k < listed(t, role); k++, p += wide(t, role))
			if ((wide(t, role) == 2 || p[2] > 0) && mc_sight_add(s, t, role,
			    (double)own[POSITION] + (double)p[0], (double)own[POSITION + 1] + (double)p[1]) < 0)
				return -1;
	return 0;
}

int mc_sight_read_by(struct mc_sight *s, const struct mc_task *t, const mc_real *o, const uint8_t *by)
{
	s->n = 0;
	for (int i = 0; i < t->agents; i++)
		if (by[i] && read_one(s, t, o + (size_t)i * (size_t)t->obs_dim) < 0)
			return -1;
	return 0;
}

int mc_sight_read(struct mc_sight *s, const struct mc_task *t, const mc_real *o)
{
	s->n = 0;
	for (int i = 0; i < t->agents; i++) {
		const mc_real *own = o + (size_t)i * (size_t)t->obs_dim;

		mc_sight_add(s, t, MC_ROLE_AGENT, (double)own[POSITION], (double)own[POSITION + 1]);
	}
	for (int i = 0; i < t->agents; i++)
		if (read_one(s, t, o + (size_t)i * (size_t)t->obs_dim) < 0)
			return -1;
	return 0;
}

/* Landmarks of navigation and prey of predator-prey may be out of sight. */
double mc_sight_reach(const struct mc_task *t, const mc_real *own)
{
	const enum mc_role role = t->kind == MC_NAVIGATION ? MC_ROLE_LANDMARK : MC_ROLE_PREY;
	const int each = wide(t, role), count = listed(t, role);
	const int before = role == MC_ROLE_PREY ? 2 * listed(t, MC_ROLE_LANDMARK) : 0;
	const mc_real *last = own + LISTS + before + each * (count - 1);
	const int full = count > 0 && !t->indexed && (each == 2 || last[2] > 0);

	if ((t->kind != MC_NAVIGATION && t->kind != MC_PREDATOR_PREY) || (each == 2 && (size_t)count == mc_role_count(t, role)))
		return (double)INFINITY;
	return full ? hypot((double)last[0], (double)last[1]) : t->view / 100.0;
}
