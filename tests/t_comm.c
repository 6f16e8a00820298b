/*
 * The communication nets on a trajectory: scores, objective, tangents and their backward pass,
 * against central differences in double; masks; extreme logits.
 */
#include "mc_comm.h"
#include "tiny.h"

struct problem {
	struct mc_dims dims;
	size_t pairs, n;           /* of a step, of the trajectory */
	struct mc_comm x;
	struct mc_params theta;
	struct mc_traj t;
	mc_real *advantage;        /* [T] */
	mc_real *v;                /* a direction of theta */
	mc_real *a, *b;            /* weights of z and z_dot */
};

static void make(struct problem *p, int share, int masked)
{
	struct mc_err e;

	p->dims = tiny;
	p->dims.N = 3;
	p->dims.d = 2;
	p->dims.share = share;
	p->pairs = p->dims.N * p->dims.d;
	p->n = p->dims.T * p->pairs;
	p->theta = tiny_net(MC_NET_COMM, &p->dims, 11);
	p->t = tiny_traj(&p->dims, masked, 12);
	p->advantage = tiny_random(p->dims.T, 2, 13);
	p->v = tiny_random(p->theta.size, 1, 14);
	p->a = tiny_random(p->n, 1, 15);
	p->b = tiny_random(p->n, 1, 16);
	if (mc_comm_init(&p->x, &p->dims, &tiny_arena, &e) < 0)
		abort();
}

/* sum log c(I) advantage over live pairs, as eq. 4 has it */
static double team_objective(void *ctx)
{
	struct problem *p = ctx;
	double sum = 0;

	mc_comm_forward(&p->x, &p->theta, p->t.o);
	for (size_t i = 0; i < p->n; i++) {
		const double c = 1 / (1 + exp(-(double)p->x.z[i]));

		if (p->t.m[i])
			sum += log(p->t.I[i] ? c : 1 - c) * (double)p->advantage[i / p->pairs];
	}
	return sum;
}

/* eq. 8's bracket */
static double bracket(void *ctx)
{
	struct problem *p = ctx;
	double sum = team_objective(p);

	for (size_t i = 0; i < p->n; i++) {
		const double c = 1 / (1 + exp(-(double)p->x.z[i]));

		if (p->t.m[i])
			sum += 0.3 * -(c * log(c) + (1 - c) * log(1 - c));
	}
	return sum;
}

static double z_sum(void *ctx)
{
	struct problem *p = ctx;
	double sum = 0;

	mc_comm_forward(&p->x, &p->theta, p->t.o);
	for (size_t i = 0; i < p->n; i++)
		sum += (double)p->a[i] * (double)p->x.z[i];
	return sum;
}

static double z_and_tangent_sum(void *ctx)
{
	struct problem *p = ctx;
	double sum = z_sum(p);

	mc_comm_tangent(&p->x, &p->theta, p->v, p->t.o);
	for (size_t i = 0; i < p->n; i++)
		sum += (double)p->b[i] * (double)p->x.z_dot[i];
	return sum;
}

/* D_v of sum a z by differences along v, and by the tangents. */
static void tangents(struct problem *p)
{
	const double h = 1e-6;
	mc_real *kept = tiny_zeros(p->theta.size);
	double side[2], exact = 0;

	memcpy(kept, p->theta.v, p->theta.size * sizeof *kept);
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < p->theta.size; i++)
			p->theta.v[i] = kept[i] + (mc_real)(s ? -h : h) * p->v[i];
		side[s] = z_sum(p);
	}
	memcpy(p->theta.v, kept, p->theta.size * sizeof *kept);
	mc_comm_forward(&p->x, &p->theta, p->t.o);
	mc_comm_tangent(&p->x, &p->theta, p->v, p->t.o);
	for (size_t i = 0; i < p->n; i++)
		exact += (double)p->a[i] * (double)p->x.z_dot[i];
	is_near((side[0] - side[1]) / (2 * h), exact, 1e-8 * fabs(exact), "tangents of the logits");
}

static void gradients(int share, int masked)
{
	struct problem p;

	make(&p, share, masked);
	diag("%s nets, %s", share ? "shared" : "own", masked ? "masked" : "all live");

	mc_real *dz = tiny_zeros(p.n), *g = tiny_zeros(p.theta.size);

	team_objective(&p);
	mc_comm_score_team(dz, p.x.c, p.t.I, p.t.m, p.advantage, p.dims.T, p.pairs);
	mc_comm_backward(&p.x, &p.theta, p.t.o, dz, g);
	is_near(tiny_error(team_objective, &p, p.theta.v, g, p.theta.size, 1e-6), 0, 1e-8, "eq. 4");

	g = tiny_zeros(p.theta.size);
	const double value = bracket(&p);

	is_near(mc_comm_objective(dz, p.x.z, p.x.c, p.t.I, p.t.m, p.advantage, p.dims.T, p.pairs, 0.3, 1),
	    value, 1e-12, "eq. 8, value");
	mc_comm_backward(&p.x, &p.theta, p.t.o, dz, g);
	is_near(tiny_error(bracket, &p, p.theta.v, g, p.theta.size, 1e-6), 0, 1e-8, "eq. 8, gradient");

	tangents(&p);
	g = tiny_zeros(p.theta.size);
	z_and_tangent_sum(&p);
	mc_comm_backward_tangent(&p.x, &p.theta, p.v, p.t.o, p.a, p.b, g);
	is_near(tiny_error(z_and_tangent_sum, &p, p.theta.v, g, p.theta.size, 1e-6), 0, 1e-7,
	    "backward pass of net and tangent");
}

/* One net for all is the sum of what each agent's own copy would get. */
static void shared_is_a_sum(void)
{
	struct problem one, own;
	double bad = 0;

	make(&one, 1, 1);
	make(&own, 0, 1);
	for (int i = 0; i < one.theta.tensors; i++)
		for (size_t a = 0; a < own.dims.N; a++)
			memcpy(own.theta.v + own.theta.tensor[i].offset + a * own.theta.tensor[i].stride,
			    one.theta.v + one.theta.tensor[i].offset,
			    one.theta.tensor[i].count * sizeof *one.theta.v);
	mc_comm_forward(&one.x, &one.theta, one.t.o);
	mc_comm_forward(&own.x, &own.theta, own.t.o);
	for (size_t i = 0; i < one.n; i++)
		bad = fmax(bad, fabs((double)(one.x.z[i] - own.x.z[i])));
	is_near(bad, 0, 1e-6, "shared nets give every agent the same logits as copies do");

	mc_real *g1 = tiny_zeros(one.theta.size), *g = tiny_zeros(own.theta.size);

	mc_comm_backward(&one.x, &one.theta, one.t.o, one.a, g1);
	mc_comm_backward(&own.x, &own.theta, own.t.o, own.a, g);
	bad = 0;
	for (int i = 0; i < one.theta.tensors; i++)
		for (size_t k = 0; k < one.theta.tensor[i].count; k++) {
			double sum = 0;

			for (size_t a = 0; a < own.dims.N; a++)
				sum += (double)g[own.theta.tensor[i].offset + a * own.theta.tensor[i].stride + k];
			bad = fmax(bad, fabs(sum - (double)g1[one.theta.tensor[i].offset + k]));
		}
	is_near(bad, 0, 1e-5, "and the sum of their gradients");
}

/* A slot without a neighbour has no adjoint, whatever stands in I. */
static void masks(void)
{
	struct problem p;
	int zero = 1, same = 1;

	make(&p, 0, 1);
	mc_real *A = tiny_random(p.n, 1, 17), *dz = tiny_zeros(p.n), *again = tiny_zeros(p.n);

	mc_comm_forward(&p.x, &p.theta, p.t.o);
	const double J = mc_comm_objective(dz, p.x.z, p.x.c, p.t.I, p.t.m, p.advantage, p.dims.T,
	    p.pairs, 0.3, 1);

	for (size_t i = 0; i < p.n; i++) {
		zero = zero && (p.t.m[i] || dz[i] == 0);
		p.t.I[i] = p.t.m[i] ? p.t.I[i] : 1;
	}
	ok(zero, "masked slots: no adjoint from eq. 8");
	ok(J == mc_comm_objective(again, p.x.z, p.x.c, p.t.I, p.t.m, p.advantage, p.dims.T, p.pairs,
	    0.3, 1), "masked slots: no part in its value");
	mc_comm_score(dz, p.x.c, p.t.I, p.t.m, A, p.n);
	mc_comm_score_team(again, p.x.c, p.t.I, p.t.m, p.advantage, p.dims.T, p.pairs);
	for (size_t i = 0; i < p.n; i++)
		same = same && (p.t.m[i] || (dz[i] == 0 && again[i] == 0));
	ok(same, "masked slots: no adjoint from eq. 4 and 5");
}

/* Logits far out, where c rounds to 0 and 1. */
static void extremes(void)
{
	const mc_real z[4] = { 200, -200, 30, -30 }, c[4] = { 1, 0, 1, 0 }, advantage[1] = { 1 };
	const uint8_t I[4] = { 0, 1, 1, 0 }, m[4] = { 1, 1, 1, 1 };
	mc_real dz[4], log_c[4];
	struct mc_comm_stats s;

	mc_comm_log_c(log_c, z, I, m, 4);
	is_near((double)log_c[0], -200, 0, "log c(0) at z = 200");
	is_near((double)log_c[1], -200, 0, "log c(1) at z = -200");
	ok(log_c[2] < 0 && log_c[2] > -1e-12, "log c(1) at z = 30 keeps its digits");
	is_near(mc_comm_objective(dz, z, c, I, m, advantage, 1, 4, 0.01, 1), -400, 1e-9, "eq. 8 stays finite");
	ok(dz[0] == -1 && dz[1] == 1 && dz[2] == 0 && dz[3] == 0, "and so does its derivative");
	mc_comm_stats(&s, z, c, m, 4);
	is_near(s.c_mean, 0.5, 0, "mean c");
	is_near(s.saturated, 1, 0, "all saturated");
	ok(s.entropy >= 0 && s.entropy < 1e-10, "no entropy left");
}

static void stats(void)
{
	const mc_real z[3] = { 0, 5, 0 };
	const uint8_t m[3] = { 1, 0, 1 };
	const mc_real c[3] = { (mc_real)0.5, (mc_real)0.995, (mc_real)0.5 };
	struct mc_comm_stats s;

	mc_comm_stats(&s, z, c, m, 3);
	is_near(s.c_mean, 0.5, 0, "means are over live pairs: c");
	is_near(s.entropy, log(2), 1e-7, "entropy at c = 1/2 is ln 2");
	is_near(s.saturated, 0, 0, "none saturated");
	const mc_real bounds[6] = { (mc_real)0.985, (mc_real)0.995, (mc_real)0.015, (mc_real)0.005, (mc_real)0.5, (mc_real)0.999 };

	mc_comm_stats(&s, (const mc_real [6]){ 0 }, bounds, (const uint8_t [6]){ 1, 1, 1, 1, 1, 0 }, 6);
	is_near(s.saturated, 2 / 5.0, 1e-12, "saturated: below 0.01 or above 0.99, of those that are live");
	mc_comm_stats(&s, z, c, (const uint8_t [3]){ 0 }, 3);
	ok(isnan(s.c_mean), "no live pair, no mean");
}

/* Three steps of two pairs; the second is live once, then of four, where none is. */
static void pairs(void)
{
	const mc_real c[6] = { (mc_real)0.25, (mc_real)0.5, (mc_real)0.75, 1, (mc_real)0.5, 0 };
	const uint8_t I[6] = { 1, 0, 1, 1, 0, 0 }, m[6] = { 1, 0, 1, 1, 1, 0 };
	mc_real c_pair[2], asked[2];

	mc_comm_pairs(c_pair, asked, c, I, m, 3, 2);
	is_near((double)c_pair[0], 0.5, 0, "mean c of a pair over its steps");
	is_near((double)asked[0], 2 / 3., 1e-7, "share of requests");
	ok(c_pair[1] == 1 && asked[1] == 1, "over live steps only");
	mc_comm_pairs(c_pair, asked, c, I, (const uint8_t [6]){ 1, 0, 1, 0, 1, 0 }, 3, 2);
	ok(!isnan(c_pair[0]) && isnan(c_pair[1]) && isnan(asked[1]), "NaN where a pair is never live");
}

int main(void)
{
	tiny_start();
	if (IN_DOUBLE)
		for (int i = 0; i < 4; i++)
			gradients(i / 2, i % 2);
	shared_is_a_sum();
	masks();
	extremes();
	stats();
	pairs();
	return tiny_done();
}
