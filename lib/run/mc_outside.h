/*
 * An environment that is a program of its own, on two pipes: mc-envsim's protocol (mc-frame(5),
 * ENVIRONMENTS), one episode at a time. mc_env runs several of them at once.
 *
 * Every error that it causes is MC_DATA or MC_USAGE and names the command, and how far it came.
 */
#ifndef MC_OUTSIDE_H
#define MC_OUTSIDE_H

#include <stdint.h>

#include "mc_arena.h"
#include "mc_err.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_prey.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How environments are started. */
struct mc_outside_opts {
	const char *command;   /* for sh -c, with {seed} and {env}; "@FILE": what stands in FILE */
	double patience;       /* seconds that it may take over its header or an observation; 0 = for ever */
};

enum { MC_ROLE_WORD = 16, MC_ROLES_MAX = 8 };

/* What the numbers of `pos` are: so many things of each role, in this order. */
struct mc_positions {
	size_t E;              /* things altogether; 0 = the environment does not tell where they are */
	int roles;
	struct { char name[MC_ROLE_WORD]; size_t count; } role[MC_ROLES_MAX];
};

/* What a process says of itself, beyond dimensions. */
struct mc_env_says {
	char task[64];         /* need not be one of ours */
	double range;          /* negative = it states none */
	struct mc_prey prey;   /* read where the task is one of ours that has prey; how "" = it does not say */
	struct mc_positions positions;
	const struct mc_map *header; /* all of it; lives as long as the environment */
};

struct mc_outside;

/*
 * Starts the command and reads its header, which must say task, agents, obs_dim, act_dim, steps
 * and this seed and index. Its sizes go to `dims`; weights of prey are from the arena.
 */
struct mc_outside *mc_outside_start(const struct mc_outside_opts *o, uint64_t seed, uint32_t env,
    struct mc_env_says *says, struct mc_env_dims *dims, struct mc_arena *arena, struct mc_err *e);

/* End of file; then, one after the other, SIGTERM and SIGKILL to whoever does not end. NULL is nothing. */
void mc_outside_free(struct mc_outside *x);

/*
 * Asking and looking are apart, so that several compute at the same time. After
 * mc_outside_begin and each mc_outside_act comes one mc_outside_look.
 *
 *   begin  episode number `episode`, whatever would have come next
 *   act    a [N,A] for the next step
 *   look   r, o [N,O], m [N,d], and pos [E,2] where it tells positions (NULL = not wanted)
 */
int mc_outside_begin(struct mc_outside *x, uint32_t episode, struct mc_err *e);
int mc_outside_act(struct mc_outside *x, const mc_real *a, struct mc_err *e);
int mc_outside_look(struct mc_outside *x, mc_real *r, mc_real *o, uint8_t *m, mc_real *pos, struct mc_err *e);

/*
 * The entries of an environment's header that only it knows, as the map `environment` of a frame that
 * is being built; nothing where there are none.
 */
void mc_outside_describe(struct mc_fb *b, const struct mc_map *header);

/* `positions` of a header, if it is there: {agent: 3, landmark: 2}. */
int mc_positions_read(struct mc_positions *p, const struct mc_map *header, struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
