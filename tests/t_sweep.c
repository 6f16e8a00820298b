/*
 * The exact meta-gradient: the whole inner loop, written out again in plain terms of the lower
 * modules, against central differences in double over every parameter of the rule.
 */
#include "mc_math.h"
#include "mc_optim.h"
#include "mc_sweep.h"
#include "tiny.h"

enum { K = 2, PAST = 3 };

struct problem {
	struct mc_dims dims;
	struct mc_sweep_opts o;
	struct mc_sweep x;
	struct mc_params theta, eta;  /* theta(0) */
	mc_real *nu;                  /* nu(0) */
	struct mc_traj tau[K + 1];
	mc_real *advantage;           /* [K,T] */
	struct mc_sweep_told told[K]; /* what a rule beyond the paper's is told on tau(0) ... */
	struct mc_past past;          /* what J is taken over besides; none unless remember() */
	mc_real *past_advantage;      /* [PAST,T] */
	double *weight;               /* [K,PAST,T]  of its steps; NAN until J has been worked out once */
};

static void make_form(struct problem *p, int share, int masked, int fresh, int last_only, double beta,
    const struct mc_rule_form *form)
{
	struct mc_err e;

	p->dims = tiny;
	p->dims.N = form->edge ? 3 : tiny.N; /* with one slot an agent's mean c would be c */
	p->dims.d = p->dims.N - 1;
	p->dims.rule = *form;
	for (int k = 0; k < K; k++)
		p->told[k] = (struct mc_sweep_told){ .mean = form->normal ? 0.25 : 0,
			.scale = form->normal ? 1 + 0.5 * k : 1, .advantage = tiny_random(tiny.T, 1, 60 + (uint64_t)k) };
	p->dims.share = share;
	/* a nu of 0 makes the update nearly alpha sign(g): a larger eps keeps differences meaningful */
	p->o = (struct mc_sweep_opts){ .K = K, .last_only = last_only, .gamma = 0.95, .beta = beta,
		.alpha = 0.05, .rho = 0.9, .eps = fresh ? 1e-2 : 1e-8 };
	p->theta = tiny_net(MC_NET_COMM, &p->dims, 31);
	p->eta = tiny_net(MC_NET_RULE, &p->dims, 32);
	p->nu = fresh ? tiny_zeros(p->theta.size) : tiny_random(p->theta.size, 0.5, 33);
	for (size_t i = 0; i < p->theta.size; i++)
		p->nu[i] = fresh ? 0 : p->nu[i] + (mc_real)0.6;
	for (int k = 0; k <= K; k++)
		p->tau[k] = tiny_traj(&p->dims, masked, 40 + (uint64_t)k);
	p->advantage = tiny_random(K * p->dims.T, 1, 50);
	p->past = (struct mc_past){ 0 };
	if (mc_sweep_init(&p->x, &p->dims, &p->o, &tiny_arena, &e) < 0)
		abort();
}

static void make(struct problem *p, int share, int masked, int fresh, int last_only, double beta)
{
	make_form(p, share, masked, fresh, last_only, beta, &(struct mc_rule_form){ 0 });
}

/* Trajectories of before, sampled at nets that were a little elsewhere. */
static void remember(struct problem *p)
{
	const size_t T = p->dims.T, pairs = p->dims.N * p->dims.d;
	struct mc_params then = p->theta;
	mc_real *step = tiny_random(then.size, 0.1, 70), *log_c = tiny_zeros(T);
	struct mc_err e;

	then.v = tiny_zeros(then.size);
	for (size_t i = 0; i < then.size; i++)
		then.v[i] = p->theta.v[i] + step[i];
	if (mc_past_init(&p->past, &p->dims, PAST, &tiny_arena, &e) < 0)
		abort();
	for (int i = 0; i < PAST; i++) {
		const struct mc_traj t = tiny_traj(&p->dims, 1, 80 + (uint64_t)i);

		mc_comm_forward(&p->x.comm, &then, t.o);
		mc_past_log_c(log_c, p->x.comm.z, t.I, t.m, T, pairs);
		mc_past_add(&p->past, &t, log_c);
	}
	p->past_advantage = tiny_random(PAST * T, 1, 90);
	p->weight = calloc((size_t)K * PAST * T, sizeof *p->weight);
	for (size_t i = 0; i < (size_t)K * PAST * T; i++)
		p->weight[i] = NAN;
	mc_sweep_recall(&p->x, &p->past, p->past_advantage);
}

/* The K updates from theta(0), nu(0); theta ends as theta(K). */
static struct mc_params run(struct problem *p)
{
	struct mc_params theta = p->theta;
	mc_real *nu = tiny_zeros(theta.size);

	theta.v = tiny_zeros(theta.size);
	memcpy(theta.v, p->theta.v, theta.size * sizeof *nu);
	memcpy(nu, p->nu, theta.size * sizeof *nu);
	mc_sweep_rewind(&p->x);
	for (int k = 0; k < K; k++)
		mc_sweep_update(&p->x, &p->tau[k], &p->told[k], &theta, nu, &p->eta);
	mc_sweep_last(&p->x, &p->tau[K]);
	return theta;
}

static double sweep(struct problem *p, const struct mc_params *theta, mc_real *grad)
{
	double J = mc_sweep_start(&p->x, theta, p->advantage);

	for (int k = K; k >= 1; k--)
		J += mc_sweep_step(&p->x, k, &p->eta, p->advantage, grad);
	return J;
}

/* ---- J again, from eq. 5, 7 and 8 ---- */

static double bracket_of(const struct problem *p, const mc_real *z, const uint8_t *I, const uint8_t *m,
    const mc_real *advantage, const double *weight)
{
	const size_t pairs = p->dims.N * p->dims.d;
	double sum = 0;

	for (size_t i = 0; i < p->dims.T * pairs; i++) {
		const double c = 1 / (1 + exp(-(double)z[i]));
		const double adv = (double)advantage[i / pairs] * (weight ? weight[i / pairs] : 1);

		if (m[i])
			sum += log(I[i] ? c : 1 - c) * adv
			    - p->o.beta * (c * log(c) + (1 - c) * log(1 - c));
	}
	return sum;
}

/* min(1, likelihood of a step's decisions over that of then), as a plain product. */
static double weight_of(const struct problem *p, const mc_real *z, const struct mc_past_one *one, size_t t)
{
	const size_t pairs = p->dims.N * p->dims.d;
	double now = 1;

	for (size_t i = t * pairs; i < (t + 1) * pairs; i++)
		if (one->m[i])
			now *= 1 / (1 + exp(one->I[i] ? -(double)z[i] : (double)z[i]));
	return fmin(1, now / exp((double)one->log_c[t]));
}

/* J_k at theta: the mean over tau(k) and what was remembered, whose weights stay as they were first. */
static double bracket(struct problem *p, const struct mc_params *theta, int k)
{
	const size_t T = p->dims.T;

	mc_comm_forward(&p->x.comm, theta, p->tau[k].o);
	double sum = bracket_of(p, p->x.comm.z, p->tau[k].I, p->tau[k].m, p->advantage + (size_t)(k - 1) * T, NULL);

	for (size_t i = 0; i < p->past.n; i++) {
		const struct mc_past_one one = mc_past_at(&p->past, i);
		double *w = p->weight + ((size_t)(k - 1) * PAST + i) * T;

		mc_comm_forward(&p->x.comm, theta, one.o);
		for (size_t t = 0; t < T; t++)
			if (isnan(w[t]))
				w[t] = weight_of(p, p->x.comm.z, &one, t);
		sum += bracket_of(p, p->x.comm.z, one.I, one.m, p->past_advantage + i * T, w);
	}
	return sum / (1 + (double)p->past.n);
}

static double J_again(void *ctx)
{
	struct problem *p = ctx;
	const struct mc_arena_mark mark = mc_arena_mark(&tiny_arena);
	const size_t n = p->theta.size, pairs = p->dims.N * p->dims.d;
	struct mc_params theta = p->theta;
	struct mc_comm *comm = &p->x.comm;
	struct mc_rule *rule = &p->x.rule;
	mc_real *nu = tiny_zeros(n), *dz = tiny_zeros(p->dims.T * pairs);
	double J = 0;

	theta.v = tiny_zeros(n);
	memcpy(theta.v, p->theta.v, n * sizeof *nu);
	memcpy(nu, p->nu, n * sizeof *nu);
	for (int k = 1; k <= K; k++) {
		const struct mc_traj *t = &p->tau[k - 1];
		mc_real *g = tiny_zeros(n);

		mc_comm_forward(comm, &theta, t->o);
		const struct mc_rule_input in = { .r = t->r, .c = comm->c, .I = t->I, .m = t->m,
			.gamma = p->o.gamma, .mean = p->told[k - 1].mean, .scale = p->told[k - 1].scale,
			.advantage = p->told[k - 1].advantage };

		mc_rule_forward(rule, &p->eta, &in);
		for (size_t i = 0; i < p->dims.T * pairs; i++)
			dz[i] = t->m[i] ? (t->I[i] - comm->c[i]) * rule->A_hat[i] : 0;
		mc_comm_backward(comm, &theta, t->o, dz, g);
		for (size_t i = 0; i < n; i++) {
			nu[i] = (mc_real)p->o.rho * nu[i] + (mc_real)(1 - p->o.rho) * g[i] * g[i];
			theta.v[i] += (mc_real)p->o.alpha * g[i] / MC_M(sqrt)(nu[i] + (mc_real)p->o.eps);
		}
		if (!p->o.last_only)
			J += bracket(p, &theta, k) / K;
		else if (k == K)
			J += bracket(p, &theta, k);
	}
	mc_arena_reset(&tiny_arena, mark);
	return J;
}

static void check_gradient(struct problem *q, const char *name)
{
	struct problem p = *q;
	const struct mc_params theta = run(&p);
	mc_real *grad = tiny_zeros(p.eta.size);
	const double J = sweep(&p, &theta, grad);
	double J_of_terms = 0;

	double value = fabs(J - J_again(&p));

	for (int k = 1; k <= K && !p.o.last_only; k++)
		J_of_terms += p.x.Jk[k - 1] / K;
	value = fmax(value, p.o.last_only ? 0 : fabs(J - J_of_terms));
	const double error = tiny_error(J_again, &p, p.eta.v, grad,
	    p.eta.size, 1e-5);

	if (!ok(value <= 1e-12 && error <= 1e-6, "meta-gradient: %s", name))
		diag("J is off by %g, its gradient by %g", value, error);
}

static void gradient(int share, int masked, int fresh, int last_only, double beta)
{
	struct problem p;
	char name[128];

	make(&p, share, masked, fresh, last_only, beta);
	snprintf(name, sizeof name, "%s nets, %s, nu(0) %s 0, %s, beta = %g", share ? "shared" : "own",
	    masked ? "masked" : "all live", fresh ? "=" : ">", last_only ? "k = K alone" : "all k", beta);
	check_gradient(&p, name);
}

/* J over trajectories of before, too: some of their steps count less, and not all of them do. */
static void remembering(int share, int last_only, const struct mc_rule_form *form, const char *name)
{
	struct problem p;
	int below = 0, whole = 0;

	make_form(&p, share, 1, 0, last_only, 0.3, form);
	remember(&p);
	check_gradient(&p, name);
	for (size_t i = (K - 1) * PAST * p.dims.T; i < (size_t)K * PAST * p.dims.T; i++) {
		below += p.weight[i] < 0.98;
		whole += p.weight[i] == 1;
	}
	ok(below > 0 && whole > 0, "%d steps count less, %d count whole", below, whole);
	free(p.weight);
}

/* Every form of the rule but the paper's, which has been. */
static void forms(void)
{
	for (int i = 1; i < 32; i++) {
		const struct mc_rule_form form = { .edge = i & 1, .decisions = i >> 1 & 1, .advantage = i >> 2 & 1,
			.normal = i >> 3 & 1, .residual = i >> 4 & 1 };
		struct problem p;
		char name[128];

		if (form.edge && form.decisions)
			continue; /* is the same as without */
		make_form(&p, 0, 1, 0, 0, 0.3, &form);
		snprintf(name, sizeof name, "%s rule%s%s%s%s", form.edge ? "edge" : "joint", form.decisions ? ", I" : "",
		    form.advantage ? ", G - V" : "", form.normal ? ", normal" : "", form.residual ? ", residual" : "");
		check_gradient(&p, name);
	}
}

/* ---- in either scalar type ---- */

/* A tape of trajectories without updates: what the nets say is there, nothing has moved. */
static void held(void)
{
	struct problem p;

	make(&p, 0, 1, 0, 0, 0.01);
	mc_real *before = tiny_zeros(p.theta.size), *z = tiny_zeros(tiny.T * 2);

	memcpy(before, p.theta.v, p.theta.size * sizeof *before);
	for (int k = 0; k < K; k++)
		mc_sweep_hold(&p.x, &p.tau[k], &p.theta);
	memcpy(z, p.x.comm.z, tiny.T * 2 * sizeof *z);
	ok(memcmp(before, p.theta.v, p.theta.size * sizeof *before) == 0, "held trajectories move no theta");
	ok(p.x.k == K && memcmp(p.x.tau[1].o, p.tau[1].o, sizeof *before * 4 * 2 * 3) == 0, "but are on the tape");
	mc_comm_forward(&p.x.comm, &p.theta, p.tau[K - 1].o);
	ok(memcmp(z, p.x.comm.z, tiny.T * 2 * sizeof *z) == 0, "with the last one's logits");
}

/* An agent that hears nobody learns nothing, and its part of every sweep is zero. */
static void masked_agent(void)
{
	struct problem p;
	int g_zero = 1, v_zero = 1;

	make(&p, 0, 0, 0, 0, 0.01);
	for (int k = 0; k <= K; k++)
		for (size_t t = 0; t < p.dims.T; t++)
			p.tau[k].m[t * 2] = p.tau[k].I[t * 2] = 0;
	const struct mc_params theta = run(&p);

	sweep(&p, &theta, tiny_zeros(p.eta.size));
	for (int i = 0; i < theta.tensors; i++)
		for (size_t a = 0; a < theta.tensor[i].stride; a++) {
			const size_t at = theta.tensor[i].offset + a;

			g_zero = g_zero && p.x.g[at] == 0 && p.x.g[p.x.size + at] == 0;
			v_zero = v_zero && p.x.lambda[at] == 0 && p.x.v[at] == 0;
		}
	ok(g_zero, "an agent without neighbours: g = 0");
	ok(v_zero, "and lambda = v = 0");
}

/* What stands in I, c or A_hat of masked slots is never looked at. */
static void masked_slots(void)
{
	struct problem p;

	make(&p, 0, 1, 0, 0, 0.01);
	struct mc_params theta = run(&p);
	mc_real *one = tiny_zeros(p.eta.size), *two = tiny_zeros(p.eta.size);
	const double J = sweep(&p, &theta, one);

	for (int k = 0; k <= K; k++)
		for (size_t i = 0; i < p.dims.T * 2; i++)
			p.tau[k].I[i] = p.tau[k].m[i] ? p.tau[k].I[i] : 1;
	theta = run(&p);
	ok(J == sweep(&p, &theta, two), "masked slots: J does not see their I");
	ok(memcmp(one, two, p.eta.size * sizeof *one) == 0, "nor does its gradient");
}

/* The tape can be used again, and a sweep does not change it. */
static void again(void)
{
	struct problem p;

	make(&p, 0, 1, 0, 0, 0.01);
	mc_real *one = tiny_zeros(p.eta.size), *two = tiny_zeros(p.eta.size), *three = tiny_zeros(p.eta.size);
	struct mc_params theta = run(&p);

	sweep(&p, &theta, one);
	sweep(&p, &theta, two);
	ok(memcmp(one, two, p.eta.size * sizeof *one) == 0, "a second sweep over the tape gives the same bytes");
	theta = run(&p);
	sweep(&p, &theta, three);
	ok(memcmp(one, three, p.eta.size * sizeof *one) == 0, "and so does a second tape");
}

int main(void)
{
	tiny_start();
	if (IN_DOUBLE)
		for (int i = 0; i < 32; i++)
			gradient(i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3 & 1, i >> 4 & 1 ? 0.3 : 0);
	if (IN_DOUBLE)
		forms();
	if (IN_DOUBLE) {
		remembering(0, 0, &(struct mc_rule_form){ 0 }, "own nets, J over four trajectories");
		remembering(1, 0, &(struct mc_rule_form){ .decisions = 1, .normal = 1 }, "shared nets, I, J over four trajectories");
		remembering(0, 1, &(struct mc_rule_form){ .edge = 1, .residual = 1 }, "edge, k = K alone, J over four trajectories");
	}
	held();
	masked_agent();
	masked_slots();
	again();
	return tiny_done();
}
