/*
 * A trained team in your own program: reads the team's observations, one line of N * O
 * numbers for each step, and writes N * A actions, then whom each agent asked.
 *
 *     cc -o act act.c $(pkg-config --cflags --libs metacomm)
 *     ./act run.ckpt < observations
 *
 * Agent i asks j if its net gives this a probability above 1/2. The messages are observations: the
 * library passes agent i those of the agents that it asked.
 */
#include <stdio.h>
#include <stdlib.h>

#include <metacomm/mc_act.h>
#include <metacomm/mc_blas.h>
#include <metacomm/mc_ckpt.h>

static int failed(const struct mc_err *e)
{
	char line[1400];

	mc_err_line(e, "act", line, sizeof line);
	fprintf(stderr, "%s\n", line);
	return e->code;
}

int main(int argc, char **argv)
{
	struct mc_err e = { 0 };
	struct mc_arena arena = { 0 };            /* all memory; freed at once */
	struct mc_params policy, comm = { 0 };
	struct mc_ckpt ckpt;
	float o[4096], a[512];
	unsigned char m[4096], I[4096];
	float half[4096];                         /* the draws; 1/2 is the decision without chance */

	if (argc != 2)
		return fprintf(stderr, "usage: act CHECKPOINT < observations\n"), 64;
	if (mc_blas_init(&e) < 0 || mc_ckpt_open(&ckpt, argv[1], MC_FRAME_MAX, &e) < 0 ||
	    mc_ckpt_params(&ckpt, "policy", &policy, &arena, &e) < 0)
		return failed(&e);
	const struct mc_dims *s = &ckpt.header.dims;
	const enum mc_decide how = ckpt.header.comm;
	const size_t edges = s->N * s->d;

	if (how == MC_LEARNED && mc_ckpt_params(&ckpt, "comm", &comm, &arena, &e) < 0)
		return failed(&e);
	if (s->N * s->O > 4096 || edges > 4096 || s->N * s->A > 512)
		return fprintf(stderr, "act: a team too large for this example\n"), 64;
	struct mc_pool *pool = mc_pool_new(1, &e);
	struct mc_actor *actor = mc_actor_new(s, 1, 1, &arena, &e);

	const struct mc_act_batch batch = { .n = 1, .o = o, .m = m, .u = half, .I = I, .a = a };

	if (!pool || !actor)
		return failed(&e);
	for (size_t k = 0; k < edges; k++)
		half[k] = 0.5f, m[k] = 1;         /* everybody can be asked */
	for (size_t k = 0; scanf("%f", &o[k]) == 1; k = (k + 1) % (s->N * s->O)) {
		if (k + 1 < s->N * s->O)
			continue;
		mc_actor_step(actor, how, &comm, &policy, &batch, pool);
		for (size_t i = 0; i < s->N * s->A; i++)
			printf("%.9g ", (double)a[i]);
		for (size_t i = 0; i < s->N; i++)
			for (size_t j = 0; j < s->d; j++)
				if (I[i * s->d + j])
					printf(" %zu<-%zu", i, mc_slot_agent(i, j));
		printf("\n");
	}
	mc_pool_free(pool);
	mc_ckpt_close(&ckpt);
	mc_arena_free(&arena);
	return 0;
}
