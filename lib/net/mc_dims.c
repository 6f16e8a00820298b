#include "mc_dims.h"

#include <string.h>

static const char *const decide_names[] = { "learned", "none", "full" };

const char *mc_decide_name(enum mc_decide how)
{
	return decide_names[how];
}

int mc_decide_parse(const char *name)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(name, decide_names[i]) == 0)
			return i;
	return -1;
}

int mc_critic_parse(const char *name)
{
	return strcmp(name, "invariant") == 0 ? 1 : strcmp(name, "mlp") == 0 ? 0 : -1;
}

/* An environment's sizes under their short names are the same memory. */
_Static_assert(offsetof(struct mc_dims, N) == offsetof(struct mc_dims, env.N), "N");
_Static_assert(offsetof(struct mc_dims, d) == offsetof(struct mc_dims, env.d), "d");
_Static_assert(offsetof(struct mc_dims, T) == offsetof(struct mc_dims, env.T), "T");
_Static_assert(offsetof(struct mc_dims, O) == offsetof(struct mc_dims, env.O), "O");
_Static_assert(offsetof(struct mc_dims, A) == offsetof(struct mc_dims, env.A), "A");
