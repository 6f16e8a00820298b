#include "mc_particle.h"

#include <string.h>

#include "mc_math.h"
#include "mc_rng.h"

double mc_draw(struct mc_draws *d)
{
	if (d->next % 4 == 0)
		mc_rng_block(d->word, d->seed, d->next / 4, MC_RNG_RESET, d->env, d->episode);
	return (double)(d->word[d->next++ % 4] >> 8) * 0x1p-24;
}

void mc_draw_point(struct mc_draws *d, double H, double point[2])
{
	point[0] = H * (2 * mc_draw(d) - 1);
	point[1] = H * (2 * mc_draw(d) - 1);
}

void mc_relative(const struct mc_block *b, int i, int j, struct mc_lane *o)
{
	mc_real *restrict dx = o[0].v, *restrict dy = o[1].v;
	const mc_real *restrict xi = b->px[i].v, *restrict yi = b->py[i].v;
	const mc_real *restrict xj = b->px[j].v, *restrict yj = b->py[j].v;

	for (int k = 0; k < MC_LANES; k++) {
		dx[k] = xj[k] - xi[k];
		dy[k] = yj[k] - yi[k];
	}
}

#define INLINE static inline __attribute__((always_inline))

INLINE void exchange(mc_part *a, mc_part *b, const mc_part_mask *m)
{
	const mc_part_mask change = ((mc_part_mask)*a ^ (mc_part_mask)*b) & *m;

	*a = (mc_part)((mc_part_mask)*a ^ change);
	*b = (mc_part)((mc_part_mask)*b ^ change);
}

/* Puts the nearer of two neighbours in the list first; equal ones stay as they are. */
INLINE void order(struct mc_found *a, struct mc_found *b)
{
	const mc_part_mask swap = b->d2 < a->d2;

	exchange(&a->d2, &b->d2, &swap);
	exchange(&a->x, &b->x, &swap);
	exchange(&a->y, &b->y, &swap);
}

/* Entity j as seen from i, in the lanes from `from` on. */
INLINE void look(struct mc_found *f, const struct mc_block *b, int i, int j, int from)
{
	mc_part xi, yi;

	memcpy(&xi, b->px[i].v + from, sizeof xi);
	memcpy(&yi, b->py[i].v + from, sizeof yi);
	memcpy(&f->x, b->px[j].v + from, sizeof f->x);
	memcpy(&f->y, b->py[j].v + from, sizeof f->y);
	f->x -= xi;
	f->y -= yi;
	f->d2 = f->x * f->x + f->y * f->y;
}

/*
 * Of the lanes from `from` on. Pass p brings the nearest of the rest to place p, past neighbours
 * only: a stable order.
 */
INLINE void near_part(struct mc_found *list, const struct mc_block *b, int i, int first, int count, int c, int from,
    struct mc_lane *o)
{
#pragma GCC unroll 8
	for (int j = 0; j < count; j++)
		look(&list[j], b, i, first + j, from);
#pragma GCC unroll 8
	for (int p = 0; p < c; p++) {
#pragma GCC unroll 8
		for (int j = count - 1; j > p; j--)
			order(&list[j - 1], &list[j]);
		memcpy(o[2 * p].v + from, &list[p].x, sizeof list[p].x);
		memcpy(o[2 * p + 1].v + from, &list[p].y, sizeof list[p].y);
	}
}

void mc_near(const struct mc_scene *s, const struct mc_block *b, int i, int first, int count, int c,
    struct mc_lane *o)
{
	struct mc_found few[6];    /* in registers, where the count is known to the compiler */

	for (int from = 0; from < MC_LANES; from += MC_PART)
		if (count == 3 && c == 3)
			near_part(few, b, i, first, 3, 3, from, o);
		else if (count == 6 && c == 6)
			near_part(few, b, i, first, 6, 6, from, o);
		else
			near_part(s->sort, b, i, first, count, c, from, o);
}

/*
 * c places of 2 numbers become 3: a position within `view` and 1, or zeros. From the last to the first, so that
 * one of 3 numbers covers none of 2 that is still to come.
 */
static void limit(struct mc_lane *o, int c, mc_real view)
{
	for (int p = c - 1; p >= 0; p--)
		for (int k = 0; k < MC_LANES; k++) {
			const mc_real x = o[2 * p].v[k], y = o[2 * p + 1].v[k];
			const int seen = MC_M(sqrt)(x * x + y * y) <= view;

			o[3 * p].v[k] = seen ? x : 0;
			o[3 * p + 1].v[k] = seen ? y : 0;
			o[3 * p + 2].v[k] = seen ? 1 : 0;
		}
}

struct mc_lane *mc_list(const struct mc_scene *s, const struct mc_block *b, int i, int first, int count, int c,
    struct mc_lane *o)
{
	if (s->task.indexed)
		for (int j = 0; j < c; j++)
			mc_relative(b, i, first + j, o + 2 * j);
	else
		mc_near(s, b, i, first, count, c, o);
	if (s->task.view)
		limit(o, c, (mc_real)(s->task.view / 100.0));
	return o + (s->task.view ? 3 : 2) * c;
}

void mc_unit_to_nearest(const struct mc_block *b, int i, int first, int count,
    struct mc_lane *ex, struct mc_lane *ey)
{
	mc_real *restrict x = ex->v, *restrict y = ey->v;
	const mc_real *restrict xi = b->px[i].v, *restrict yi = b->py[i].v;
	struct mc_lane best;

	mc_distance2(&best, b, i, first);
	for (int k = 0; k < MC_LANES; k++) {
		x[k] = b->px[first].v[k] - xi[k];
		y[k] = b->py[first].v[k] - yi[k];
	}
	for (int j = first + 1; j < first + count; j++) {
		const mc_real *restrict xj = b->px[j].v, *restrict yj = b->py[j].v;

		for (int k = 0; k < MC_LANES; k++) {
			const mc_real dx = xj[k] - xi[k], dy = yj[k] - yi[k];
			const mc_real d2 = dx * dx + dy * dy;
			const int nearer = d2 < best.v[k];

			best.v[k] = nearer ? d2 : best.v[k];
			x[k] = nearer ? dx : x[k];
			y[k] = nearer ? dy : y[k];
		}
	}
	for (int k = 0; k < MC_LANES; k++) {
		const mc_real r = MC_M(sqrt)(best.v[k]);

		x[k] = r > 0 ? x[k] / r : 0;
		y[k] = r > 0 ? y[k] / r : 0;
	}
}

/* Forces between i and j in environment k, d2 = r^2; none at one point. */
static void contact(const struct mc_scene *s, const struct mc_block *b, int i, int j, int k,
    mc_real d2, mc_real r_min, struct mc_lane *f)
{
	const mc_real margin = (mc_real)MC_CONTACT_MARGIN;

	if (!(d2 > 0))
		return;
	const mc_real r = MC_M(sqrt)(d2);
	const mc_real pen = margin * mc_softplus((r_min - r) / margin);
	const mc_real size = (mc_real)MC_CONTACT_FORCE * pen / r;
	const mc_real fx = size * (b->px[i].v[k] - b->px[j].v[k]);
	const mc_real fy = size * (b->py[i].v[k] - b->py[j].v[k]);

	if (i < s->moving) {
		f[2 * i].v[k] += fx;
		f[2 * i + 1].v[k] += fy;
	}
	if (j < s->moving) {
		f[2 * j].v[k] -= fx;
		f[2 * j + 1].v[k] -= fy;
	}
}

/*
 * Squared distances of i and j, and the environments, as bits, in which they are below `limit`.
 * Not inlined: inside the loop over pairs gcc 12 takes the loops apart before it looks for vectors.
 */
static __attribute__((noinline)) unsigned find_near(struct mc_lane *d2, const struct mc_block *b,
    int i, int j, mc_real limit)
{
	unsigned hit[MC_LANES], bits = 0;

	mc_distance2(d2, b, i, j);
	for (unsigned k = 0; k < MC_LANES; k++)
		hit[k] = d2->v[k] < limit ? 1u << k : 0;
	for (int k = 0; k < MC_LANES; k++)
		bits |= hit[k];
	return bits;
}

/*
 * Contacts are rare: squared distances of all lanes are tested against 30 margins beyond the
 * minimum (there the force is 1e-14 of F_c), and only what is nearer is looked at alone. Pairs go
 * in lexicographic order, so that every entity adds its contacts by the other's ascending index.
 */
static void add_contacts(const struct mc_scene *s, const struct mc_block *b, struct mc_lane *f)
{
	const unsigned live = (1u << b->live) - 1;

	for (int i = 0; i < s->moving && i < s->colliding; i++)
		for (int j = i + 1; j < s->colliding; j++) {
			const mc_real r_min = (mc_real)(s->entity[i].size + s->entity[j].size);
			const mc_real far = r_min + 30 * (mc_real)MC_CONTACT_MARGIN;
			struct mc_lane d2;
			unsigned hit = find_near(&d2, b, i, j, far * far) & live;

			for (; hit; hit &= hit - 1) {
				const int k = __builtin_ctz(hit);

				contact(s, b, i, j, k, d2.v[k], r_min, f);
			}
		}
}

/* v <- 0.75 v + (f / mass) dt; the speed limit; p <- p + v dt with the new v. */
static void integrate(const struct mc_entity *entity, mc_real *restrict px, mc_real *restrict py,
    mc_real *restrict vx, mc_real *restrict vy, const mc_real *restrict fx, const mc_real *restrict fy)
{
	const mc_real keep = (mc_real)(1 - MC_DAMPING), dt = (mc_real)MC_DT;
	const mc_real gain = (mc_real)(MC_DT / entity->mass);

	for (int k = 0; k < MC_LANES; k++) {
		vx[k] = keep * vx[k] + fx[k] * gain;
		vy[k] = keep * vy[k] + fy[k] * gain;
	}
	if (entity->speed > 0) {
		const mc_real most = (mc_real)entity->speed;

		for (int k = 0; k < MC_LANES; k++) {
			const mc_real speed = MC_M(sqrt)(vx[k] * vx[k] + vy[k] * vy[k]);
			const mc_real scale = speed > most ? most / speed : 1;

			vx[k] *= scale;
			vy[k] *= scale;
		}
	}
	for (int k = 0; k < MC_LANES; k++) {
		px[k] += vx[k] * dt;
		py[k] += vy[k] * dt;
	}
}

void mc_particle_step(const struct mc_scene *s, struct mc_block *b, const struct mc_lane *u,
    struct mc_lane *f)
{
	for (int i = 0; i < s->moving; i++) {
		const mc_real accel = (mc_real)s->entity[i].accel;

		for (int c = 2 * i; c < 2 * i + 2; c++)
			for (int k = 0; k < MC_LANES; k++)
				f[c].v[k] = accel * u[c].v[k];
	}
	add_contacts(s, b, f);
	for (int i = 0; i < s->moving; i++)
		integrate(&s->entity[i], b->px[i].v, b->py[i].v, b->vx[i].v, b->vy[i].v,
		    f[2 * i].v, f[2 * i + 1].v);
}
