#include "mc_right.h"

#include "mc_reference.h"

int mc_right_known(const struct mc_task *t)
{
	return t->kind == MC_REFERENCE;
}

int mc_right_task(struct mc_task *t, const char *name, const struct mc_dims *dims)
{
	return mc_task_parse(t, name, NULL) == 0 && mc_right_known(t) && dims->N == (size_t)t->agents &&
	    dims->O == (size_t)t->obs_dim;
}

int mc_right_request(const struct mc_task *t, const mc_real *own, size_t slot)
{
	return own[MC_REFERENCE_WHO + slot] > (mc_real)0.5 && slot + 1 < (size_t)t->agents;
}

int mc_right_goal(const struct mc_task *t, const mc_real *o, size_t i)
{
	const size_t N = (size_t)t->agents, O = (size_t)t->obs_dim;

	for (size_t slot = 0; slot + 1 < N; slot++) {
		const mc_real *known = o + mc_slot_agent(i, slot) * O + O - MC_REFERENCE_LANDMARKS;

		for (int g = 0; g < MC_REFERENCE_LANDMARKS && mc_right_request(t, o + i * O, slot); g++)
			if (known[g] > (mc_real)0.5)
				return g;
	}
	return -1;
}

void mc_right_count(int64_t *made, int64_t *edges, const struct mc_task *t, const mc_real *o, const uint8_t *I,
    const uint8_t *m, size_t steps)
{
	const size_t N = (size_t)t->agents, d = N - 1, O = (size_t)t->obs_dim;

	for (size_t row = 0; row < steps * N; row++)
		for (size_t slot = 0; slot < d; slot++) {
			const size_t k = row * d + slot;

			if (!m[k] || !mc_right_request(t, o + row * O, slot))
				continue;
			*edges += 1;
			*made += I[k];
		}
}
