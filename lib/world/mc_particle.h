/*
 * Particles: the physics that all tasks share (metacomm(7), "The particle world"), for a
 * block of MC_LANES environments at a time.
 *
 * Everything is kept as a structure of arrays with the environment innermost: one number of
 * the 16 environments of a block is a struct mc_lane, and every loop over it has the same
 * constant length. A single environment takes one lane of one block and so runs the very
 * code that a batch runs; nothing is computed across lanes. That is why the numbers of an
 * environment depend neither on the size of the batch nor on its place in it.
 *
 * Entities are in the order of the task: those that move come first, and so do those that
 * collide.
 */
#ifndef MC_PARTICLE_H
#define MC_PARTICLE_H

#include <stdint.h>

#include "mc_params.h"
#include "mc_real.h"
#include "mc_task.h"

/* A fused multiply-add would tell |(a,b)|^2 from |(b,a)|^2 and so break ties of distance. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

enum { MC_LANES = 16 };

struct mc_lane {
	mc_real v[MC_LANES];
} __attribute__((aligned(64)));

/* The state of a block: [entities] each. Only the first `live` lanes are environments; the
 * rest is padding, computed along and never looked at. */
struct mc_block {
	struct mc_lane *px, *py, *vx, *vy;
	struct mc_lane *hidden;   /* [task.hidden], whole numbers */
	int live;
};

#define MC_DT 0.1
#define MC_DAMPING 0.25
#define MC_CONTACT_FORCE 100.0
#define MC_CONTACT_MARGIN 0.001

struct mc_entity {
	double size, mass;
	double accel;             /* force of u = 1; 0 for the ball and for what does not move */
	double speed;             /* largest speed; 0 = none */
};

/*
 * A half of the lanes as one vector, for sorting: written as loops over lanes, its exchanges become
 * masked stores, which take several times as long.
 */
enum { MC_PART = 8 };
typedef mc_real mc_part __attribute__((vector_size(MC_PART * sizeof(mc_real))));
typedef __typeof__((mc_part){ 0 } < (mc_part){ 0 }) mc_part_mask;

/* Squared distance and relative position of an entity. */
struct mc_found {
	mc_part d2, x, y;
};

/* What a world knows of its task, given to the rules of its kind. */
struct mc_scene {
	struct mc_task task;
	const struct mc_rules *rules;
	int moving;               /* entities 0 ... moving-1 move */
	int colliding;            /* entities 0 ... colliding-1 collide */
	int first_agent;          /* entity of agent 0; the others follow */
	int first_scripted;       /* entity of the first scripted one */
	struct mc_entity *entity; /* [entities] */
	const mc_real *prey[6];   /* w1 b1 w2 b2 w3 b3 of the prey policy; NULL: the flee rule */
	struct mc_found *sort;    /* scratch of mc_near: [entities] */
	struct mc_lane *input;    /* scratch: an observation, [the widest] */
};

/* The draws of one reset, in order: u in [0, 1), (w >> 8) 2^-24 of its words w. */
struct mc_draws {
	uint64_t seed;
	uint32_t env, episode;
	uint32_t next;
	uint32_t word[4];
};

double mc_draw(struct mc_draws *d);

/* A point of the square [-H, H) x [-H, H): two draws, x then y, mapped in double. */
void mc_draw_point(struct mc_draws *d, double H, double point[2]);

/* What a kind of task is made of. Functions over a block compute all lanes of it. */
struct mc_rules {
	/* Fills moving ... entity[] of a scene whose task is set. */
	void (*entities)(struct mc_scene *s);
	/* Initial positions, before the rounding to float32. */
	void (*reset)(const struct mc_task *t, struct mc_draws *d, double (*pos)[2]);
	/* The rest of a new state, by the draws after those of the positions: hidden[task.hidden]. NULL: there is none. */
	void (*hide)(const struct mc_task *t, struct mc_draws *d, int32_t *hidden);
	/* u of the scripted entities from the state: entity e's at u[2e], u[2e+1]. NULL: there are none. */
	void (*scripted)(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *u);
	/* Reward and count C of the state. */
	void (*reward)(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *r,
	    int32_t contacts[MC_LANES]);
	/* Observation of one agent: o[obs_dim]. */
	void (*observe)(const struct mc_scene *s, const struct mc_block *b, int agent, struct mc_lane *o);
};

/* Squared distance of entities i and j. */
static inline void mc_distance2(struct mc_lane *restrict d2, const struct mc_block *b, int i, int j)
{
	const mc_real *restrict xi = b->px[i].v, *restrict yi = b->py[i].v;
	const mc_real *restrict xj = b->px[j].v, *restrict yj = b->py[j].v;

	for (int k = 0; k < MC_LANES; k++) {
		const mc_real dx = xj[k] - xi[k], dy = yj[k] - yi[k];

		d2->v[k] = dx * dx + dy * dy;
	}
}

/* The square of the distance below which i and j are in contact, |p_i - p_j| < size_i + size_j. */
static inline mc_real mc_touch2(const struct mc_scene *s, int i, int j)
{
	const mc_real sum = (mc_real)(s->entity[i].size + s->entity[j].size);

	return sum * sum;
}

/* p_j - p_i into o[0], o[1]. */
void mc_relative(const struct mc_block *b, int i, int j, struct mc_lane *o);

/*
 * near(S, c): the positions relative to entity i of the c nearest of the `count` entities from
 * `first`, nearest first, at the same distance the lower index first; o[2c]. c <= count.
 */
void mc_near(const struct mc_scene *s, const struct mc_block *b, int i, int first, int count, int c,
    struct mc_lane *o);

/*
 * The list of c of `count` entities that the task asks for: near(S, c), or with task.indexed the first c,
 * in index order. With task.view an entity takes 3 numbers, o[3c]: its relative position and 1 if it is
 * within the view, the distance itself included, and zeros if it is not. Returns the place after it.
 */
struct mc_lane *mc_list(const struct mc_scene *s, const struct mc_block *b, int i, int first, int count, int c,
    struct mc_lane *o);

/*
 * The nearest of `count` entities from `first` to entity i, the lower index on a tie: its position
 * relative to i in dx, dy, divided by the distance; (0, 0) where that is zero.
 */
void mc_unit_to_nearest(const struct mc_block *b, int i, int first, int count,
    struct mc_lane *ex, struct mc_lane *ey);

/*
 * One step of a block: forces from u[2 * moving] (clipped already) and from contacts, all from
 * the positions before the step; then velocities, then positions. f: scratch [2 * moving].
 */
void mc_particle_step(const struct mc_scene *s, struct mc_block *b, const struct mc_lane *u,
    struct mc_lane *f);

#endif
