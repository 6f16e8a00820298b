/* The update rule: its input by hand, its direction in time, its reverse against differences. */
#include "mc_rule.h"
#include "tiny.h"

struct problem {
	struct mc_rule x;
	struct mc_params eta;
	struct mc_traj t;
	mc_real *c, *w;   /* probabilities; weights of A_hat */
	size_t pairs, n;
};

static void forward(struct problem *p)
{
	mc_rule_forward(&p->x, &p->eta, p->t.r, p->c, p->t.m, 0.95);
}

static double weighted(void *ctx)
{
	struct problem *p = ctx;
	double sum = 0;

	forward(p);
	for (size_t i = 0; i < p->n; i++)
		sum += (double)p->w[i] * (double)p->x.A_hat[i];
	return sum;
}

static void make(struct problem *p)
{
	struct mc_err e;

	p->pairs = tiny.N * tiny.d;
	p->n = tiny.T * p->pairs;
	p->eta = tiny_net(MC_NET_RULE, &tiny, 21);
	p->t = tiny_traj(&tiny, 1, 22);
	p->t.m[1] = 0;   /* at least one slot is masked */
	p->c = tiny_random(p->n, 0.5, 23);
	p->w = tiny_random(p->n, 1, 24);
	for (size_t i = 0; i < p->n; i++)
		p->c[i] += (mc_real)0.5;
	if (mc_rule_init(&p->x, &tiny, &tiny_arena, &e) < 0)
		abort();
}

static void input(struct problem *p)
{
	const size_t X = 3 + p->pairs;
	int good = 1;

	forward(p);
	is_int((long long)p->x.X, (long long)X, "width of x");
	for (size_t t = 0; t < tiny.T; t++) {
		const mc_real *row = p->x.x + t * X;

		good = good && row[0] == p->t.r[t] && row[1] == (t == tiny.T - 1) && row[2] == (mc_real)0.95;
		for (size_t i = 0; i < p->pairs; i++) {
			const size_t at = t * p->pairs + i;

			good = good && row[3 + i] == (p->t.m[at] ? p->c[at] : 0);
		}
	}
	ok(good, "x is [r, d, gamma, m c]");
}

/* A_hat at t depends on what comes at t and later, and on nothing before. */
static void direction(struct problem *p)
{
	mc_real *before = tiny_zeros(p->n);

	forward(p);
	memcpy(before, p->x.A_hat, p->n * sizeof *before);
	p->t.r[1] += 1;
	forward(p);
	ok(p->x.A_hat[0] != before[0], "a reward moves the advantages before it");
	ok(p->x.A_hat[p->pairs] != before[p->pairs], "and those at its step");
	ok(memcmp(p->x.A_hat + 2 * p->pairs, before + 2 * p->pairs,
	    (tiny.T - 2) * p->pairs * sizeof *before) == 0, "but none after it");
	p->t.r[1] -= 1;
}

static void gradients(struct problem *p)
{
	mc_real *g = tiny_zeros(p->eta.size), *again = tiny_zeros(p->eta.size), *dc = tiny_zeros(p->n);

	forward(p);
	mc_rule_backward(&p->x, &p->eta, p->w, g, 1);
	for (size_t i = 0; i < p->n; i++)
		dc[i] = p->t.m[i] ? p->x.dc[i] : 0;
	is_near(tiny_error(weighted, p, p->eta.v, g, p->eta.size, 1e-6), 0, 1e-8, "gradient of eta");
	is_near(tiny_error(weighted, p, p->c, dc, p->n, 1e-6), 0, 1e-8, "adjoint of the c's inside x");
	forward(p);
	mc_rule_backward(&p->x, &p->eta, p->w, again, 0);
	ok(memcmp(g, again, p->eta.size * sizeof *g) == 0, "the gradient is the same without dc");
}

int main(void)
{
	struct problem p;

	tiny_start();
	make(&p);
	input(&p);
	direction(&p);
	if (IN_DOUBLE)
		gradients(&p);
	return tiny_done();
}
