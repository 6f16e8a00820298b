/* Right requests: against what the world hides. */
#include "mc_right.h"

#include <stdlib.h>
#include <string.h>

#include "mc_world.h"
#include "tap.h"

enum { N = 5, D = N - 1, O = N + 12, EPISODES = 60 };

static struct mc_task task_of(const char *name)
{
	struct mc_task t;

	if (mc_task_parse(&t, name, NULL) < 0)
		abort();
	return t;
}

static void known(void)
{
	struct mc_dims dims = { .N = N, .d = D, .O = O };
	struct mc_task t = task_of("reference_N5");

	ok(mc_right_known(&t), "of hidden goals they are known");
	t = task_of("navigation_N6_l6_v100");
	ok(!mc_right_known(&t), "of limited views they are not");
	ok(mc_right_task(&t, "reference_N5_s3", &dims) && t.shift == 3, "a task by its name");
	ok(!mc_right_task(&t, "reference_N6", &dims), "not with another number of agents");
	dims.O = O + 1;
	ok(!mc_right_task(&t, "reference_N5", &dims), "nor with other observations, of somebody else's task");
	dims.N = 3, dims.O = 12;
	ok(!mc_right_task(&t, "push_N3", &dims), "nor a task where they are not known");
	ok(!mc_right_task(&t, "juggling_N3", &dims), "nor one that is not");
}

/* Of every episode: agent i's right request is to agent (i + s) mod N, alone. */
static void world(const char *name)
{
	const struct mc_task t = task_of(name);
	struct mc_world *w = mc_world_new(&t, 1, NULL, -1, NULL);
	mc_real o[N * O];
	int32_t hidden[N + 1];
	int good = w != NULL;

	for (uint32_t k = 0; w && k < EPISODES; k++) {
		mc_world_reset(w, 0, 3, 0, k);
		mc_world_hidden(w, 0, hidden);
		mc_world_observe(w, o);
		for (size_t i = 0; i < N; i++)
			for (size_t slot = 0; slot < D; slot++)
				good &= mc_right_request(&t, o + i * O, slot) ==
				    (mc_slot_agent(i, slot) == (i + (size_t)hidden[N]) % N);
		for (size_t i = 0; i < N; i++)
			good &= mc_right_goal(&t, o, i) == hidden[i];
	}
	ok(good, "%s: to the agent that knows, which says the goal, in %d episodes", name, EPISODES);
	mc_world_free(w);
}

static void counts(void)
{
	const struct mc_task t = task_of("reference_N5_s2");
	struct mc_world *w = mc_world_new(&t, 1, NULL, -1, NULL);
	mc_real o[2 * N * O];
	uint8_t I[2][N][D], m[2][N][D];
	int64_t made = 0, edges = 0;

	if (!w)
		abort();
	mc_world_reset(w, 0, 3, 0, 0);
	mc_world_observe(w, o);
	mc_world_observe(w, o + N * O);
	mc_world_free(w);
	memset(I, 1, sizeof I);
	memset(m, 1, sizeof m);
	mc_right_count(&made, &edges, &t, o, I[0][0], m[0][0], 2);
	ok(made == 10 && edges == 10, "who asks everybody asks the right one: 5 agents, 2 steps");
	memset(I, 0, sizeof I);
	I[0][0][1] = 1;                 /* 0 asks 2: right */
	I[0][0][2] = 1;                 /* 0 asks 3 */
	I[1][3][0] = 1;                 /* 3 asks 0: right */
	I[1][4][0] = 1;                 /* 4 asks 0 */
	mc_right_count(&made, &edges, &t, o, I[0][0], m[0][0], 2);
	ok(made == 12 && edges == 20, "two of four requests are right, and added to those before");
	m[0][1][2] = 0;                 /* 1 cannot ask 3 */
	m[1][3][1] = 0;                 /* nor 3 agent 1, which would not help it */
	mc_right_count(&made, &edges, &t, o, I[0][0], m[0][0], 2);
	ok(made == 14 && edges == 29, "what is out of range could not be made");
}

int main(void)
{
	known();
	world("reference_N5");
	world("reference_N5_s1");
	world("reference_N5_s4");
	counts();
	return tap_done();
}
