#include "mc_particle.h"

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

/* Puts the nearer of two neighbours in the list first; equal ones stay as they are. */
static void order(struct mc_lane *restrict a, struct mc_lane *restrict b)
{
	for (int k = 0; k < MC_LANES; k++) {
		/* loaded first, whatever is chosen: only then does this become vector code */
		const mc_real da = a[0].v[k], xa = a[1].v[k], ya = a[2].v[k];
		const mc_real db = b[0].v[k], xb = b[1].v[k], yb = b[2].v[k];
		const int swap = db < da;

		a[0].v[k] = swap ? db : da;
		a[1].v[k] = swap ? xb : xa;
		a[2].v[k] = swap ? yb : ya;
		b[0].v[k] = swap ? da : db;
		b[1].v[k] = swap ? xa : xb;
		b[2].v[k] = swap ? ya : yb;
	}
}

void mc_near(const struct mc_scene *s, const struct mc_block *b, int i, int first, int count, int c,
    struct mc_lane *o)
{
	struct mc_lane *list = s->sort; /* of d^2, dx, dy */

	for (int j = 0; j < count; j++) {
		mc_distance2(&list[3 * j], b, i, first + j);
		mc_relative(b, i, first + j, &list[3 * j + 1]);
	}
	/* Pass p brings the nearest of the rest to place p, past neighbours only: a stable order. */
	for (int p = 0; p < c; p++) {
		for (int j = count - 1; j > p; j--)
			order(&list[3 * (j - 1)], &list[3 * j]);
		o[2 * p] = list[3 * p + 1];
		o[2 * p + 1] = list[3 * p + 2];
	}
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
