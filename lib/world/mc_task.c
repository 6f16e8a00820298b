#include "mc_task.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
	"navigation_N3_l3", "navigation_N6_l1", "navigation_N6_l6",
	"predator_prey_N3_l3", "predator_prey_N6_l1", "predator_prey_N6_l6",
	"push_N3", "push_N6",
	"evade_N3", "evade_N6",
	"reference_N3", "reference_N3_s1", "reference_N6",
	"navigation_N6_l6_v100", "predator_prey_N6_l6_v75",
	"navigation_N6_l6_i",
};

const char *mc_task_name(int i)
{
	return i >= 0 && i < (int)(sizeof names / sizeof *names) ? names[i] : NULL;
}

/* `text` is moved past `prefix` and a number 1 ... most without sign or leading zero; 0 if it has none. */
static int number_to(const char **text, const char *prefix, int most, int *out)
{
	const size_t n = strlen(prefix);
	const char *s = *text + n;
	int v = 0;

	if (strncmp(*text, prefix, n) != 0 || *s < '1' || *s > '9')
		return 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (*s - '0');
		if (v > most)
			return 0;
	}
	*text = s;
	*out = v;
	return 1;
}

static int number(const char **text, const char *prefix, int *out)
{
	return number_to(text, prefix, 256, out);
}

/* The end of a name that may have a limited view: nothing, or _v{h}. */
static int ends(struct mc_task *t, const char *s)
{
	return !*s || (number_to(&s, "_v", 999, &t->view) && !*s);
}

/* navigation_N{n}_l{l}[_i], past its N. */
static int parse_navigation(struct mc_task *t, const char *s)
{
	t->kind = MC_NAVIGATION;
	t->L = t->N;
	if (!number(&s, "_l", &t->l) || t->l > t->N)
		return 0;
	t->indexed = strncmp(s, "_i", 2) == 0;
	return ends(t, s + (t->indexed ? 2 : 0));
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* reference_N{n}[_s{k}], n >= 2, k < n, past its N. */
static int parse_reference(struct mc_task *t, const char *s)
{
	t->kind = MC_REFERENCE;
	t->L = 3;
	if (t->N < 2 || (*s && !number(&s, "_s", &t->shift)))
		return 0;
	return !*s && t->shift < t->N;
}

/* Kind and N, M, L, l, view, indexed, shift from the name; 0 if it is none. */
static int parse_name(struct mc_task *t, const char *s)
{
	if (number(&s, "navigation_N", &t->N))
		return parse_navigation(t, s);
	if (number(&s, "push_N", &t->N)) {
		t->kind = MC_PUSH;
		return !*s;
	}
	if (number(&s, "reference_N", &t->N))
		return parse_reference(t, s);
	if (number(&s, "predator_prey_N", &t->N))
		t->kind = MC_PREDATOR_PREY;
	else if (number(&s, "evade_N", &t->N))
		t->kind = MC_EVADE;
	else
		return 0;
	if (number(&s, "_M", &t->M)) {
		if (!number(&s, "_L", &t->L))
			return 0;
	} else {
		if (t->N % 3)
			return 0;
		t->M = t->N / 3;
		t->L = t->M + 1;
	}
	if (t->kind == MC_EVADE)
		return !*s;
	return number(&s, "_l", &t->l) && ends(t, s);
}

static void derive(struct mc_task *t)
{
	const int N = t->N, M = t->M, L = t->L;
	const int own = 4, others = 2 * (N - 1);
	const int seen = t->view ? 3 : 2;       /* numbers of an entity that may be out of view */

	switch (t->kind) {
	case MC_NAVIGATION:
		t->agents = N;
		t->entities = 2 * N;
		t->obs_dim = own + seen * t->l + others;
		t->arena = N == 3 ? 3.0 : 1.5 * sqrt(N / 6.0);
		return;
	case MC_PUSH:
		t->agents = N;
		t->entities = N + 2;
		t->obs_dim = own + 4 + others;
		t->arena = 1.0;
		return;
	case MC_REFERENCE:
		t->agents = N;
		t->entities = N + L;
		t->obs_dim = own + 2 * L + (N - 1) + L;
		t->hidden = N + 1;
		t->arena = 1.0;
		return;
	case MC_PREDATOR_PREY:
	case MC_EVADE:
		break;
	}
	t->entities = N + M + L;
	t->prey_obs_dim = own + 2 * L + 2 * N + 4 * (M - 1);
	t->arena = 0.5 * sqrt(5.0 * N / 3.0 - 1.0);
	if (t->kind == MC_EVADE) {
		t->agents = M;
		t->scripted = N;
		t->obs_dim = t->prey_obs_dim;
	} else {
		t->agents = N;
		t->scripted = M;
		t->obs_dim = own + 2 * least(t->l, L) + seen * least(t->l, M) + others;
	}
}

int mc_task_parse(struct mc_task *t, const char *name, struct mc_err *e)
{
	memset(t, 0, sizeof *t);
	if (strlen(name) >= sizeof t->name || !parse_name(t, name))
		return mc_err_set(e, MC_USAGE, NULL, -1,
		    "the forms are navigation_N{n}_l{l}, navigation_N{n}_l{n}_i, predator_prey_N{n}_l{l}, predator_prey_N{n}_M{m}_L{L}_l{l}, "
		    "these also with _v{h}, push_N{n}, evade_N{n}, evade_N{n}_M{m}_L{L}, reference_N{n}[_s{k}]; mc-envsim --list explains",
		    "unknown task \"%.80s\"", name);
	if (t->indexed && t->l < t->L)
		return mc_err_set(e, MC_USAGE, NULL, -1, "the nearest of them have no order but that of distance",
		    "task \"%.80s\": _i is for l = n, where all %d landmarks are observed, here %d", name, t->L, t->l);
	memcpy(t->name, name, strlen(name) + 1);
	derive(t);
	return 0;
}

int mc_task_same(const struct mc_task *a, const struct mc_task *b)
{
	return a->kind == b->kind && a->N == b->N && a->M == b->M && a->L == b->L && a->l == b->l &&
	    a->view == b->view && a->indexed == b->indexed && a->shift == b->shift;
}

struct mc_env_dims mc_task_dims(const struct mc_task *t)
{
	return (struct mc_env_dims){ .N = (size_t)t->agents, .d = (size_t)t->agents - 1, .T = MC_EPISODE,
		.O = (size_t)t->obs_dim, .A = 2 };
}
