/*
 * The update rule in each of its forms: its input by hand, its direction in time, its backward pass
 * against differences.
 */
#include "mc_rule.h"
#include "tiny.h"

enum { N = 3, D = 2, PAIRS = N * D };

struct problem {
	struct mc_dims dims;
	struct mc_rule x;
	struct mc_params eta;
	struct mc_traj t;
	mc_real *c, *w;       /* probabilities; weights of A_hat */
	mc_real *advantage;
	double mean, scale;
	size_t n;
};

static void forward(struct problem *p)
{
	const struct mc_rule_input in = { .r = p->t.r, .c = p->c, .I = p->t.I, .m = p->t.m, .gamma = 0.95,
		.mean = p->mean, .scale = p->scale, .advantage = p->advantage };

	mc_rule_forward(&p->x, &p->eta, &in);
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

static void make(struct problem *p, const struct mc_rule_form *form)
{
	struct mc_err e;

	memset(p, 0, sizeof *p);
	p->dims = tiny;
	p->dims.N = N;
	p->dims.d = D;
	p->dims.rule = *form;
	p->n = tiny.T * PAIRS;
	p->eta = tiny_net(MC_NET_RULE, &p->dims, 21);
	p->t = tiny_traj(&p->dims, 1, 22);
	p->t.m[1] = p->t.I[1] = 0;   /* at least one slot is masked, and one agent hears nobody */
	p->t.m[PAIRS + 4] = p->t.m[PAIRS + 5] = p->t.I[PAIRS + 4] = p->t.I[PAIRS + 5] = 0;
	p->c = tiny_random(p->n, 0.5, 23);
	p->w = tiny_random(p->n, 1, 24);
	for (size_t i = 0; i < p->n; i++)
		p->c[i] += (mc_real)0.5;
	p->advantage = tiny_random(tiny.T, 2, 25);
	p->mean = form->normal ? 0.25 : 0;
	p->scale = form->normal ? 0.5 : 1;
	if (mc_rule_init(&p->x, &p->dims, &tiny_arena, &e) < 0)
		abort();
}

/* ---- the input ---- */

static int begins_well(const struct problem *p, const mc_real *row, size_t t)
{
	return row[0] == (p->t.r[t] - (mc_real)p->mean) * (mc_real)p->scale && row[1] == (t == tiny.T - 1) &&
	    row[2] == (mc_real)0.95;
}

static void joint_input(const struct mc_rule_form *form, const char *name)
{
	struct problem p;
	int good = 1;

	make(&p, form);
	forward(&p);
	const size_t X = 3 + PAIRS + (form->decisions ? PAIRS : 0) + (form->advantage ? 1 : 0);

	is_int((long long)p.x.X, (long long)X, name);
	for (size_t t = 0; t < tiny.T; t++) {
		const mc_real *row = p.x.x + t * X;

		good = good && begins_well(&p, row, t);
		for (size_t i = 0; i < PAIRS; i++) {
			const size_t at = t * PAIRS + i;

			good = good && row[3 + i] == (p.t.m[at] ? p.c[at] : 0) &&
			    (!form->decisions || row[3 + PAIRS + i] == p.t.I[at]);
		}
		good = good && (!form->advantage || row[X - 1] == p.advantage[t] * (mc_real)p.scale);
	}
	ok(good, "%s", name);
}

/* Of agent 1 at t = 0 and of agent 2, who hears nobody at t = 1, worked out here. */
static void edge_input(void)
{
	const struct mc_rule_form form = { .edge = 1, .advantage = 1 };
	static const uint8_t m[PAIRS] = { 1, 0, 1, 1, 0, 0 }, I[PAIRS] = { 1, 0, 0, 1, 0, 0 };
	static const mc_real c[PAIRS] = { 0.5, 0.25, 0.75, 0.25, 1, 1 };
	struct problem p;
	int good = 1;

	make(&p, &form);
	memcpy(p.t.m, m, sizeof m);
	memcpy(p.t.I, I, sizeof I);
	memcpy(p.c, c, sizeof c);
	forward(&p);
	is_int((long long)p.x.X, 8, "width of an edge rule's x");
	is_int((long long)p.x.S, PAIRS, "rows of a step");
	for (size_t t = 0; t < tiny.T; t++)
		for (size_t k = 0; k < PAIRS; k++)
			good = good && begins_well(&p, p.x.x + (t * PAIRS + k) * 8, t) &&
			    p.x.x[(t * PAIRS + k) * 8 + 7] == p.advantage[t];
	ok(good, "every row has r, d, gamma and G - V");
	/* pairs of agent 0: one live slot; of agent 1: both; of agent 2: none; 2 of 3 live pairs are used */
	static const mc_real want[PAIRS][4] = {
		{ 0.5, 0.5, 1, 0 }, { 0, 0.5, 0, 0 }, { 0.75, 0.5, 0, 0 }, { 0.25, 0.5, 1, 0 }, { 0 }, { 0 },
	};
	for (size_t k = 0; k < PAIRS; k++) {
		const mc_real *row = p.x.x + k * 8;

		ok(row[3] == want[k][0] && row[4] == want[k][1] && row[5] == want[k][2], "c, mean c, I of pair %zu", k);
		is_near((double)row[6], 2 / 3., 1e-6, "share of requests");
	}
}

/* A_hat at t depends on what comes at t and later, and on nothing before. */
static void direction(const struct mc_rule_form *form)
{
	struct problem p;

	make(&p, form);
	mc_real *before = tiny_zeros(p.n);

	forward(&p);
	memcpy(before, p.x.A_hat, p.n * sizeof *before);
	p.t.r[1] += 1;
	forward(&p);
	ok(p.x.A_hat[0] != before[0], "a reward moves the advantages before it");
	ok(p.x.A_hat[PAIRS] != before[PAIRS], "and those at its step");
	ok(memcmp(p.x.A_hat + 2 * PAIRS, before + 2 * PAIRS, (tiny.T - 2) * PAIRS * sizeof *before) == 0,
	    "but none after it");
}

static void residual(void)
{
	const struct mc_rule_form plain = { .decisions = 1, .normal = 1 };
	struct mc_rule_form added = plain;
	struct problem p, q;
	double worst = 0;

	added.residual = 1;
	make(&p, &plain);
	make(&q, &added);
	forward(&p);
	forward(&q);
	for (size_t i = 0; i < p.n; i++)
		worst = fmax(worst, fabs((double)(q.x.A_hat[i] - p.x.A_hat[i]) - 0.5 * (double)p.advantage[i / PAIRS]));
	is_near(worst, 0, 1e-6, "a residual rule adds (G - V) scale");
	ok(mc_rule_needs_advantage(&added) && !mc_rule_needs_advantage(&plain), "and needs it");
}

/* The weights of an edge rule do not see which pair they serve: agents that are renamed, are treated alike. */
static void alike(void)
{
	const struct mc_rule_form form = { .edge = 1 };
	struct problem p;
	int same = 1;

	make(&p, &form);
	for (size_t t = 0; t < tiny.T; t++)
		for (size_t k = 0; k < PAIRS; k++) {
			p.t.m[t * PAIRS + k] = 1;
			p.t.I[t * PAIRS + k] = k % D == 0;
			p.c[t * PAIRS + k] = k % D ? (mc_real)0.25 : (mc_real)0.75;
		}
	forward(&p);
	for (size_t i = 0; i < p.n; i++)
		same = same && p.x.A_hat[i] == p.x.A_hat[i - i % PAIRS + i % D];
	ok(same, "pairs that see the same get the same from an edge rule");
	ok(p.x.A_hat[0] != p.x.A_hat[1], "and others another");
}

/* ---- the backward pass ---- */

static void gradients(const struct mc_rule_form *form, const char *name)
{
	struct problem p;

	make(&p, form);
	mc_real *g = tiny_zeros(p.eta.size), *again = tiny_zeros(p.eta.size), *dc = tiny_zeros(p.n);

	forward(&p);
	mc_rule_backward(&p.x, &p.eta, p.t.m, p.w, g, 1);
	for (size_t i = 0; i < p.n; i++)
		dc[i] = p.t.m[i] ? p.x.dc[i] : 0;
	is_near(tiny_error(weighted, &p, p.eta.v, g, p.eta.size, 1e-6), 0, 1e-8, name);
	is_near(tiny_error(weighted, &p, p.c, dc, p.n, 1e-6), 0, 1e-8, "adjoint of the c's inside x");
	forward(&p);
	mc_rule_backward(&p.x, &p.eta, p.t.m, p.w, again, 0);
	ok(memcmp(g, again, p.eta.size * sizeof *g) == 0, "the gradient is the same without dc");
}

/* A rule that begins as the return-to-go, of each form that may: against the sum, worked out backward. */
static void begins_as_return(const struct mc_rule_form *form, double gamma, double most, const char *name)
{
	struct problem p;
	double G = 0, worst = 0;

	make(&p, form);
	mc_params_init(&p.eta, 3, 1);
	const mc_real other = mc_params_at(&p.eta, "lstm", "kernel_x", 0)[1];

	mc_rule_begin_return(&p.eta, gamma);
	p.t.r[0] = (mc_real)(p.mean + 1 / p.scale);
	p.t.r[1] = (mc_real)(p.mean - 2.5 / p.scale);
	p.t.r[2] = (mc_real)(p.mean + 2 / p.scale);
	forward(&p);
	for (size_t t = tiny.T; t-- > 0; ) {
		G = ((double)p.t.r[t] - p.mean) * p.scale + gamma * G;
		for (size_t i = 0; i < PAIRS; i++)
			worst = fmax(worst, fabs((double)p.x.A_hat[t * PAIRS + i] - G));
	}
	if (!ok(worst < most, "%s: A_hat is the return-to-go", name))
		diag("off by up to %g", worst);
	ok(mc_params_at(&p.eta, "lstm", "kernel_x", 0)[1] == other && other != 0, "%s: the other units stay", name);
}

int main(void)
{
	static const struct { struct mc_rule_form form; const char *name; } forms[] = {
		{ { 0 }, "the paper's" },
		{ { .decisions = 1 }, "with I" },
		{ { .advantage = 1, .normal = 1 }, "with G - V, in the rewards' units" },
		{ { .decisions = 1, .advantage = 1, .normal = 1, .residual = 1 }, "with everything" },
		{ { .edge = 1 }, "edge" },
		{ { .edge = 1, .advantage = 1, .normal = 1, .residual = 1 }, "edge, with everything" },
	};

	tiny_start();
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (!forms[i].form.edge)
			joint_input(&forms[i].form, forms[i].name);
		direction(&forms[i].form);
		if (IN_DOUBLE)
			gradients(&forms[i].form, forms[i].name);
	}
	edge_input();
	residual();
	alike();
	begins_as_return(&(struct mc_rule_form){ .normal = 1 }, 0.95, 0.02, "joint");
	begins_as_return(&(struct mc_rule_form){ .normal = 1, .decisions = 1 }, 0.6, 0.02, "joint, I");
	begins_as_return(&(struct mc_rule_form){ .normal = 1, .edge = 1 }, 1, 0.02, "edge, no discount");
	begins_as_return(&(struct mc_rule_form){ .normal = 1 }, 0, 0.03, "the reward alone");
	return tiny_done();
}
