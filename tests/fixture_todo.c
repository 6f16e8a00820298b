/* Kinds of fixtures whose checkers do not exist yet; weak, so that theirs take over. */
#include "fixtures.h"

#define TODO(checker) \
	__attribute__((weak)) int checker(const struct mc_map *root, const char *name, char *why, size_t size) \
	{ \
		(void)root, (void)name, (void)why, (void)size; \
		return -1; \
	}

TODO(fixture_env)
TODO(fixture_comm_forward)
TODO(fixture_policy_forward)
TODO(fixture_critic_loss)
TODO(fixture_policy_gradient)
TODO(fixture_stgs)
