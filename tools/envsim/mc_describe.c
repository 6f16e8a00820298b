#include "mc_describe.h"

#include <string.h>

#include "mc_particle.h"
#include "mc_script.h"
#include "mc_world.h"
#include "mc_yardstick.h"

/* ---- what the kinds are called ---- */

static const char *about(enum mc_task_kind kind)
{
	switch (kind) {
	case MC_NAVIGATION: return "Cooperative navigation: the agents cover the landmarks.";
	case MC_PREDATOR_PREY: return "Predator-prey: the predators are the team; the prey are scripted.";
	case MC_PUSH: return "Cooperative push: the agents push a ball onto a target.";
	case MC_EVADE: return "Evade: the prey are the team; the predators are scripted. It trains prey for predator_prey.";
	case MC_REFERENCE: return "Hidden goals: each agent has to be at a landmark that only another agent knows.";
	}
	return "";
}

/* Name of entity i. */
static const char *role(const struct mc_task *t, int i)
{
	switch (t->kind) {
	case MC_NAVIGATION:
	case MC_REFERENCE: return i < t->N ? "agent" : "landmark";
	case MC_PUSH: return i < t->N ? "agent" : i == t->N ? "ball" : "target";
	case MC_PREDATOR_PREY:
	case MC_EVADE: return i < t->N ? "predator" : i < t->N + t->M ? "prey" : "landmark";
	}
	return "";
}

/* ---- entities ---- */

static void range_text(char *out, size_t size, int first, int n)
{
	if (n == 1)
		(void)snprintf(out, size, "%d", first);
	else
		(void)snprintf(out, size, "%d-%d", first, first + n - 1);
}

static void number_text(char *out, size_t size, double v)
{
	if (v > 0)
		(void)snprintf(out, size, "%.4g", v);
	else
		(void)snprintf(out, size, "-");
}

static void entity_line(const struct mc_scene *s, int first, int n, FILE *to)
{
	const struct mc_entity *x = &s->entity[first];
	char index[24], mass[16], accel[16], speed[16];

	range_text(index, sizeof index, first, n);
	number_text(mass, sizeof mass, x->mass);
	number_text(accel, sizeof accel, x->accel);
	number_text(speed, sizeof speed, x->speed);
	fprintf(to, "  %-8s %-9s %-7.4g %-6s %-6s %-9s %-6s %s\n", index, role(&s->task, first), x->size, mass,
	    first < s->moving ? "yes" : "no", first < s->colliding ? "yes" : "no", accel, speed);
}

static void entities(const struct mc_scene *s, FILE *to)
{
	const int E = s->task.entities;

	fprintf(to, "\nEntities\n  %-8s %-9s %-7s %-6s %-6s %-9s %-6s %s\n",
	    "index", "role", "size", "mass", "moves", "collides", "accel", "max speed");
	for (int first = 0, i = 0; i < E; first = i) {
		while (i < E && role(&s->task, i) == role(&s->task, first))
			i++;
		entity_line(s, first, i - first, to);
	}
}

/* ---- observation ---- */

/* One block of `count` entries of `wide` numbers from index *at; nothing if there is none. */
static void block(FILE *to, int *at, int count, int wide, const char *what)
{
	char index[24];

	if (count <= 0)
		return;
	range_text(index, sizeof index, *at, wide * count);
	fprintf(to, "  %-9s %s", index, what);
	if (count > 1 && wide > 1)
		fprintf(to, " (%d of %d numbers)", count, wide);
	fprintf(to, "\n");
	*at += wide * count;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void prey_blocks(const struct mc_task *t, FILE *to)
{
	int at = 0;

	block(to, &at, 1, 2, "own velocity");
	block(to, &at, 1, 2, "own position");
	block(to, &at, t->L, 2, "landmarks, in index order");
	block(to, &at, t->N, 2, "predators, in index order");
	block(to, &at, t->M - 1, 2, "other prey, in index order");
	block(to, &at, t->M - 1, 2, "velocities of the other prey, in index order");
}

static void reference_blocks(const struct mc_task *t, FILE *to)
{
	int at = 0;

	block(to, &at, 1, 2, "own velocity");
	block(to, &at, 1, 2, "own position");
	block(to, &at, t->L, 2, "landmarks, in index order");
	block(to, &at, t->N - 1, 1, "who knows my goal: 1 for it, 0 for the other others, in index order");
	block(to, &at, t->L, 1, "the goal that I know, agent (i - s) mod N's: 1 for its landmark, 0 for the others");
}

/* What a list of things that may be out of view holds. */
static void list_text(char *out, size_t size, const struct mc_task *t)
{
	const char *what = t->kind == MC_NAVIGATION ? "landmarks" : "prey";

	if (t->indexed && t->view)
		(void)snprintf(out, size, "%s, in index order, each with 1 within %g, 0 0 0 beyond", what, t->view / 100.0);
	else if (t->indexed)
		(void)snprintf(out, size, "%s, in index order", what);
	else if (t->view)
		(void)snprintf(out, size, "nearest %s within %g, nearest first, each with 1; 0 0 0 for none", what, t->view / 100.0);
	else
		(void)snprintf(out, size, "nearest %s, nearest first", what);
}

static void observation(const struct mc_task *t, FILE *to)
{
	int at = 0;

	fprintf(to, "\nObservation of an agent: %d numbers; positions of others are relative to it\n", t->obs_dim);
	if (t->kind == MC_EVADE) {
		prey_blocks(t, to);
		return;
	}
	if (t->kind == MC_REFERENCE) {
		reference_blocks(t, to);
		return;
	}
	const int wide = t->view ? 3 : 2;
	char near[96];

	list_text(near, sizeof near, t);
	block(to, &at, 1, 2, "own velocity");
	block(to, &at, 1, 2, "own position");
	switch (t->kind) {
	case MC_NAVIGATION:
		block(to, &at, t->l, wide, near);
		break;
	case MC_PREDATOR_PREY:
		block(to, &at, least(t->l, t->L), 2, "nearest landmarks, nearest first");
		block(to, &at, least(t->l, t->M), wide, near);
		break;
	case MC_PUSH:
		block(to, &at, 1, 2, "ball");
		block(to, &at, 1, 2, "target");
		break;
	case MC_EVADE:
	case MC_REFERENCE:
		break;
	}
	block(to, &at, t->N - 1, 2, t->kind == MC_PREDATOR_PREY ? "other predators, in index order" :
	    "other agents, in index order");
	if (t->kind == MC_PREDATOR_PREY) {
		fprintf(to, "\nInput of a prey's network: %d numbers\n", t->prey_obs_dim);
		prey_blocks(t, to);
	}
}

/* ---- reward and reset ---- */

static void reward(const struct mc_task *t, FILE *to)
{
	fprintf(to, "\nReward of a step, one number for the team (contact: |p_i - p_j| < size_i + size_j)\n");
	switch (t->kind) {
	case MC_NAVIGATION:
		fprintf(to,
		    "  Every landmark costs the distance of its nearest agent; collisions cost.\n"
		    "      r = - sum over landmarks of (distance of the nearest agent) - C / %d\n"
		    "  C: ordered pairs of agents in contact. MPE's simple_spread shares R = %d (r - 1):\n"
		    "  a return here of x is %d (x - 25) there.\n", t->N, t->N, t->N);
		return;
	case MC_PREDATOR_PREY:
		fprintf(to,
		    "  Every predator pays for the distance of its nearest prey; touching prey pays 10.\n"
		    "      r = -0.1 sum over predators of (distance of the nearest prey) + 10 C\n"
		    "  C: predator-prey pairs in contact. In PIC's simple_tag every predator gets this r.\n");
		return;
	case MC_PUSH:
		fprintf(to,
		    "  The ball shall be at the target, an agent at the ball.\n"
		    "      r = -2 |p_ball - p_target| - 0.1 min over agents of |p_i - p_ball| + 0.1 C\n"
		    "  C: agents in contact with the ball. PIC's simple_coop_push shares this r; MPE has no such task.\n");
		return;
	case MC_EVADE:
		fprintf(to,
		    "  Being touched costs 10; so does leaving the field, more and more.\n"
		    "      r = -10 C - sum over prey of (bound(|p_x|) + bound(|p_y|))\n"
		    "      bound(x) = 0 below 0.9, 10 (x - 0.9) below 1, then min(exp(2x - 2), 10)\n"
		    "  C: predator-prey pairs in contact. The sum of the prey's rewards of PIC's simple_tag.\n");
		return;
	case MC_REFERENCE:
		fprintf(to,
		    "  Every agent i has a goal g_i, one of the landmarks, and pays for its distance from it.\n"
		    "      r = -(1/%d) sum over agents of |p_i - p_(%d + g_i)|\n"
		    "  C is 0. Agent (i + s) mod %d knows g_i, and i does not. A relative of MPE's simple_reference.\n", t->N, t->N, t->N);
		return;
	}
}

static void reset(const struct mc_task *t, FILE *to)
{
	const double R = t->arena;

	fprintf(to, "\nReset: velocities 0, positions uniform in [-H, H)^2\n");
	switch (t->kind) {
	case MC_NAVIGATION:
		fprintf(to, "  agents, landmarks: H = %.4g\n", R);
		return;
	case MC_PUSH:
		fprintf(to, "  agents: H = %.4g; ball, target: H = %.4g, the target at least 0.8 from the ball\n", R, R - 0.2);
		return;
	case MC_REFERENCE:
		fprintf(to, "  agents, landmarks: H = %.4g\n  goals: each of 0 ... %d, for every agent\n  shift s: ", R, t->L - 1);
		fprintf(to, t->shift || t->N == 2 ? "always %d\n" : "each of 1 ... %d\n", t->shift ? t->shift : t->N - 1);
		return;
	case MC_PREDATOR_PREY:
	case MC_EVADE:
		fprintf(to, "  predators, prey: H = %.4g; landmarks: H = %.4g\n", R, R - 0.1);
		return;
	}
}

static void scripted(const struct mc_task *t, FILE *to)
{
	if (t->kind == MC_EVADE)
		fprintf(to, "\nPredators pursue: u = (p_j - p_i) / |p_j - p_i|, j the nearest prey\n");
	if (t->kind == MC_PREDATOR_PREY)
		fprintf(to,
		    "\nPrey act by a network (--prey auto, FILE), or flee (--prey flee) from the nearest predator j and\n"
		    "are pulled back beyond 0.9\n"
		    "      e = (p_i - p_j) / |p_i - p_j|\n"
		    "      u_c = clip(e_c - 10 max(|p_ic| - 0.9, 0) sign(p_ic), -1, 1)\n");
}

/* ---- yardsticks ---- */

static void measured(FILE *to, const struct mc_yardstick *y)
{
	const struct mc_measured_script *all[] = { &y->floor, &y->alone, &y->ceiling };

	for (size_t i = 0; i < 3; i++)
		fprintf(to, "  %8.2f +- %-5.2f", all[i]->mean, all[i]->se);
	if (strcmp(y->prey, "none") != 0)
		fprintf(to, "  prey: %s", y->prey);
	fputc('\n', to);
}

/* The scripts that a task is measured by, and what they return where that was measured. */
static void yardsticks(const struct mc_task *t, FILE *to)
{
	static const char *const prey[] = { "none", "flee", "trained" };
	int known = 0;

	fprintf(to, "\nScripts (mc-eval --script NAME -t %s): floor, what can be had without a message, ceiling\n", t->name);
	fprintf(to, "  %-17s  %-17s  %-17s\n", mc_script_floor(t), mc_script_alone(t), mc_script_ceiling(t));
	for (size_t i = 0; i < 3; i++) {
		const struct mc_yardstick *y = mc_yardstick_find(t->name, prey[i]);

		known |= y != NULL;
		if (y)
			measured(to, y);
	}
	if (known)
		fprintf(to, "  mean return of %ld episodes and its standard error; as scores, the floor is 0, the ceiling 1\n", mc_yardstick_episodes);
	else
		fprintf(to, "  not measured: returns of this task have no score\n");
}

int mc_describe(const struct mc_task *t, FILE *to, struct mc_err *e)
{
	struct mc_world *w = mc_world_new(t, 1, NULL, -1, e);

	if (!w)
		return -1;
	fprintf(to, "%s\n%s\n\n  agents %d, entities %d, scripted %d, obs_dim %d, act_dim 2, steps %d\n",
	    t->name, about(t->kind), t->agents, t->entities, t->scripted, t->obs_dim, MC_EPISODE);
	entities(mc_world_scene(w), to);
	fprintf(to,
	    "\nA step of dt = %g: force = accel u + contacts, u clipped to [-1, 1] by component\n"
	    "      v <- %g v + force / mass dt, cut to the maximum speed;  p <- p + v dt\n"
	    "      contact of a and b, d = p_a - p_b, x = (size_a + size_b - |d|) / %g:\n"
	    "      force on a = %g * %g log(1 + exp(x)) d / |d|, on b the opposite\n",
	    MC_DT, 1 - MC_DAMPING, MC_CONTACT_MARGIN, MC_CONTACT_FORCE, MC_CONTACT_MARGIN);
	scripted(t, to);
	observation(t, to);
	reward(t, to);
	reset(t, to);
	yardsticks(t, to);
	mc_world_free(w);
	return 0;
}

int mc_describe_list(FILE *to, struct mc_err *e)
{
	fprintf(to, "%-22s %6s %8s %8s %7s %7s  %s\n", "task", "agents", "entities", "scripted", "obs_dim", "act_dim",
	    "about");
	for (int i = 0; mc_task_name(i); i++) {
		struct mc_task t;

		if (mc_task_parse(&t, mc_task_name(i), e) < 0)
			return -1;
		const char *text = about(t.kind);
		int n = 0;

		while (text[n] && text[n] != ':')
			n++;
		fprintf(to, "%-22s %6d %8d %8d %7d %7d  %.*s\n", t.name, t.agents, t.entities, t.scripted, t.obs_dim,
		    2, n, text);
	}
	fprintf(to, "\nOther sizes, numbers from 1 to 256:\n"
	    "  navigation_N{n}_l{l}            n agents, n landmarks, l <= n of them observed\n"
	    "  navigation_N{n}_l{n}_i          all landmarks observed, in index order, not nearest first\n"
	    "  predator_prey_N{n}_l{l}         n predators, n/3 prey, n/3 + 1 landmarks; 3 divides n\n"
	    "  predator_prey_N{n}_M{m}_L{L}_l{l}  n predators, m prey, L landmarks\n"
	    "  ..._v{h}                        any of these; landmarks of navigation, prey of predator_prey\n"
	    "                                  are seen up to the distance h/100, h from 1 to 999\n"
	    "  push_N{n}                       n agents\n"
	    "  evade_N{n}                      n predators, n/3 prey, n/3 + 1 landmarks; 3 divides n\n"
	    "  evade_N{n}_M{m}_L{L}            n predators, m prey, L landmarks\n"
	    "  reference_N{n}                  n agents, n >= 2, 3 landmarks, a shift for each episode\n"
	    "  reference_N{n}_s{k}             the shift is k < n, always\n");
	return 0;
}
