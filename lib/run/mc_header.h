/*
 * The header of a run: what determines its numbers, stated once, completed by every
 * program it passes (design: only values, never paths, thread counts or lengths).
 *
 *   task, agents, obs_dim, act_dim, steps, seed, gamma, hidden, share, range (or nil),
 *   edge_cost, explore_carry, lag (or nil),
 *   comm "learned" | "none" | "full", prey "none" | "flee" | "mlp", prey_params (tree, mlp only),
 *   explore {start, end, episodes, share or nil},
 *   planned: the -e that the run began with (nil unless some schedule is a share of it)  by mc-rollout
 *   method, owns {comm, policy: program}, meta_k (K, where tau(K) exists)  by the owners
 *   from: the program that passed it on last
 *   mc-metalearn {...}, mc-critic {...}: each program's own options         by that program
 */
#ifndef MC_HEADER_H
#define MC_HEADER_H

#include <stdint.h>

#include "mc_dims.h"
#include "mc_frame.h"
#include "mc_params.h"
#include "mc_ramp.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mc_header {
	char task[64];
	uint64_t seed;
	struct mc_dims dims;      /* R, and the rule's form, are 0 unless mc-metalearn's entry states them; invariant by mc-critic's */
	double gamma;
	double range;             /* negative = everybody, always */
	double edge_cost;         /* what all edges of a step would cost; 0 = talking is free */
	enum mc_decide comm;
	char prey[8];             /* "none", "flee", "mlp" */
	struct mc_ramp explore;   /* sigma */
	double explore_carry;     /* what each step keeps of the noise, in [0, 1) */
	int lag;                  /* by how many episodes acting is behind learning, 0 or 1 (tools/rollout/mc_train.h) */
	int64_t planned;          /* episodes; negative = the header does not say */
	char method[16];          /* "" until an owner has said it; "none", "full" by mc-rollout */
	char owns_comm[24], owns_policy[24]; /* "" = nobody yet */
	int64_t meta_k;           /* 0 = no tau(K) */
	double warmup_share;      /* of the planned episodes, for which theta_c waits; 0 = not given as a share */
	char from[24];            /* "" when it came from nobody that says so */
};

/*
 * --rule-input, which stands in mc-metalearn's entry as rule_input: "paper", or a list with commas of
 * I, advantage, normal, in this order when it is written. -1 for anything else; sets nothing
 * but these three. `size` of at least MC_RULE_INPUT has room for every name.
 */
enum { MC_RULE_INPUT = 32 };
int mc_rule_input_parse(const char *list, struct mc_rule_form *f);
void mc_rule_input_name(const struct mc_rule_form *f, char *to, size_t size);

/* Reads and checks a header (a frame's map, or a checkpoint's `header`). MC_DATA. */
int mc_header_read(const struct mc_map *m, struct mc_header *h, struct mc_err *e);

/* Writes mc-rollout's entries into a frame begun by the caller; `prey` are the weights under "mlp", the method a script's if h has one. */
void mc_header_write(struct mc_fb *b, const struct mc_header *h, const struct mc_params *prey);

/*
 * The header as `program` passes it on: all entries of `m` but planned, method, owns, meta_k and from, which
 * are written from `h`, the caller's additions made. The caller may add entries behind.
 */
void mc_header_pass(struct mc_fb *b, const struct mc_map *m, const struct mc_header *h, const char *program);

/*
 * The prey weights that a header carries, from the arena; p->v stays NULL unless prey is "mlp".
 * `observes` is the prey's observation width (struct mc_task).
 */
int mc_header_prey(const struct mc_map *m, const struct mc_header *h, size_t observes,
    struct mc_params *p, struct mc_arena *arena, struct mc_err *e);

/* The first entry that differs ("mc-critic.tau"), and both values as text; "" = it is absent there. */
struct mc_header_difference {
	char key[160], was[96], is[96];
};

/* Compares two headers entry by entry (nested maps too; mc, type, crc32 aside). 0 = the same run, 1 = not. */
int mc_header_differ(const struct mc_map *old, const struct mc_map *now, struct mc_header_difference *d);

/* The same of a run and the options that are to continue it: MC_USAGE naming the entry and both values. */
int mc_header_same(const struct mc_map *old, const struct mc_map *now, struct mc_err *e);

/*
 * Who owns what, once the header has passed the last program: MC_USAGE when nobody owns the
 * policy, nobody owns comm under `learned`, or comm is owned under `none` or `full`.
 */
int mc_header_check_owners(const struct mc_header *h, struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
