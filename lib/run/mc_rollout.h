/*
 * Rollouts: episodes with given nets: decide, act, explore, step, T times.
 */
#ifndef MC_ROLLOUT_H
#define MC_ROLLOUT_H

#include <stdint.h>

#include "mc_act.h"
#include "mc_env.h"
#include "mc_intervene.h"
#include "mc_right.h"
#include "mc_script.h"
#include "mc_traj.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_rollout_opts {
	enum mc_decide how;
	int greedy;         /* I = [c > 1/2] instead of sampling */
	double sigma;       /* exploration; 0 = none: no draw is made */
	double carry;       /* Ornstein-Uhlenbeck noise: the share of it that each step keeps, in [0, 1); 0 = independent */
	uint64_t seed;
	uint32_t env;       /* x of the draws MC_RNG_ASK, MC_RNG_EXPLORE, MC_RNG_DROP, MC_RNG_SHUFFLE */
	int alone;          /* nets see each episode by itself: what it gives depends on none that runs beside it */
	const struct mc_intervention *change; /* of requests and messages; NULL = none */
	struct mc_script *script; /* decides (where `how` is MC_LEARNED) and acts in place of nets; NULL = nets do */
};

/*
 * What n episodes were like, step by step: the arrays of struct mc_traj with the episodes
 * as a second axis (so that for n = 1 they are a trajectory's arrays).
 */
struct mc_episodes {
	mc_real *o;         /* [T+1, n, N, O] */
	uint8_t *m;         /* [T+1, n, N, d] */
	uint8_t *I;         /* [T, n, N, d] */
	mc_real *c;         /* [T, n, N, d] or NULL; MC_LEARNED only */
	mc_real *a;         /* [T, n, N, A] as executed */
	mc_real *r;         /* [T, n] */
	mc_real *pos;       /* [T+1, E, 2] of the first of them, where the environment tells (mc_env_positions); NULL = not wanted */
	/* with an intervention only, which needs them; NULL otherwise (mc_episodes_add_messages) */
	uint8_t *heard;     /* [T, n, N, d] 1 = a message came; at most I */
	uint8_t *src;       /* [T, n, N, d] whose observation it was; read where heard = 1 */
};

struct mc_rollout;       /* work space; for scripts alone where dims->H is 0 */

struct mc_rollout *mc_rollout_new(const struct mc_dims *dims, size_t max, int workers,
    struct mc_arena *arena, struct mc_err *e);

/* Arrays for n episodes from the arena. */
int mc_episodes_new(struct mc_episodes *p, const struct mc_dims *dims, size_t n, int with_c,
    struct mc_arena *arena, struct mc_err *e);

/* The further arrays that a rollout with an intervention fills. */
int mc_episodes_add_messages(struct mc_episodes *p, const struct mc_dims *dims, size_t n,
    struct mc_arena *arena, struct mc_err *e);

/* A trajectory's arrays as the place for one episode. */
struct mc_episodes mc_episodes_traj(const struct mc_traj *t);

/*
 * Episodes first ... first+n-1 of `env` into `out`. a = clip(pi(o, o(C)) + sigma x, -1, 1), with x_0 = eps_0 and
 * x_t = carry x_{t-1} + sqrt(1 - carry^2) eps_t, which has standard deviation 1 in every step
 * (metacomm-learning(7), section 3, step 1); with an intervention o(C) is what is heard, and where
 * that limits the requests, `out` has c. Under a script the nets may be NULL; one that sees the state
 * needs the built-in world. MC_DATA when an action is not finite ("policy").
 */
int mc_rollout_run(struct mc_rollout *p, struct mc_env *env, const struct mc_rollout_opts *o,
    const struct mc_params *comm, const struct mc_params *policy, uint32_t first, size_t n,
    struct mc_episodes *out, struct mc_pool *pool, struct mc_err *e);

/* What one episode came to. */
struct mc_episode_metrics {
	double ret;                /* sum of r_t, undiscounted */
	int64_t requests, edges;   /* sum of I, sum of m over steps 0 ... T-1 */
	int64_t right, right_edges; /* of those, the right ones (mc_right.h); negative = not known */
	double edge_cost;          /* taken from the rewards (mc_episode_charge); negative = none is */
};

/* `task`: the trajectory's, where its right requests are known, or NULL. */
void mc_episode_metrics(const struct mc_traj *t, const struct mc_task *task, struct mc_episode_metrics *f);

/*
 * The price of talking: takes price * (edges used / edges) of each step from its reward, nothing where
 * there is no edge. f is of the episode as it was: its return stays the task's.
 */
void mc_episode_charge(struct mc_traj *t, double price, struct mc_episode_metrics *f);

/* The `episode` frame that follows a trajectory: built, not ended. */
void mc_episode_pack(struct mc_fb *b, const struct mc_traj *t, const struct mc_episode_metrics *f);

#ifdef __cplusplus
}
#endif

#endif
