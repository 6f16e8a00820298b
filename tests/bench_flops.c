/*
 * Operations of the products, a multiply-add counted as two; elementwise work is not counted.
 * An LSTM's first message meets h = 0, so kernel_h has no part in it, nor in its backward pass.
 */
#include <math.h>

#include "bench.h"

/* For one row of one agent, in operations. */
struct row {
	double more;        /* messages after the first */
	double any;         /* probability of a message */
	double messages;
	double comm;        /* the communication net */
	double policy;      /* forward */
	double policy_back;
};

static struct row row_of(const struct mc_dims *x, double c)
{
	const double d = (double)x->d, O = (double)x->O, A = (double)x->A, H = (double)x->H;
	struct row r;

	r.messages = d * c;
	r.any = 1 - pow(1 - c, d);
	r.more = r.messages - r.any;
	r.comm = 2 * O * H + 2 * H * H + 2 * H * d;
	const double lstm = r.messages * 8 * H * O + r.more * 8 * H * H;
	const double head = 2 * O * H + r.any * 2 * H * H + 2 * H * H + 2 * H * A;

	r.policy = lstm + head;
	/* gradients cost what the forward pass does; adjoints as well, but o and messages need none */
	r.policy_back = r.policy + r.more * 8 * H * H + r.any * 2 * H * H + 2 * H * H + 2 * H * A;
	return r;
}

static double rule_forward(const struct mc_dims *x)
{
	const double T = (double)x->T, R = (double)x->R, Nd = (double)(x->N * x->d);

	return T * (8 * R * (3 + Nd) + 2 * R * R + 2 * R * Nd) + (T - 1) * 8 * R * R;
}

/* Line 9: nets, rule, backward pass of the nets. */
static double comm_update(const struct mc_dims *x, const struct row *r)
{
	const double H = (double)x->H, d = (double)x->d, rows = (double)(x->T * x->N);

	return rows * (2 * r->comm + 2 * H * H + 2 * H * d) + rule_forward(x);
}

/* Of one of the K steps of the sweep: nets, tangent, rule both ways, backward pass of nets and tangent. */
static double sweep_step(const struct mc_dims *x, const struct row *r)
{
	const double H = (double)x->H, d = (double)x->d, O = (double)x->O, R = (double)x->R;
	const double T = (double)x->T, Nd = (double)(x->N * x->d), rows = T * (double)x->N;
	const double upper = 2 * H * H + 2 * H * d;     /* the layers above the first */
	const double tangent = 2 * O * H + 2 * upper;
	const double back = r->comm + upper, back_tangent = 3 * upper - 2 * H * H;
	const double rule_back = rule_forward(x) + (T - 1) * 8 * R * R + T * (2 * R * R + 2 * R * Nd + 8 * R * Nd);
	const double baseline = 2 * T * (2 * (double)x->N * O * H + 2 * H * H) +
	    T * (2 * (double)x->N * O * H + 4 * H * H);

	return rows * (r->comm + tangent + back + back_tangent) + rule_forward(x) + rule_back + baseline;
}

struct bench_flops bench_flops(const struct mc_dims *x, size_t B, int K, double c)
{
	const struct row r = row_of(x, c);
	const double N = (double)x->N, H = (double)x->H, A = (double)x->A, rows = (double)B * N;
	const double first = 2 * N * (double)(x->O + x->A) * H, upper = 2 * H * H + 2 * H;
	const double M = 1e-6;

	return (struct bench_flops){
		.acting = M * (K + 1) / K * (double)x->T * N * (r.comm + r.policy),
		.targets = M * rows * (r.comm + r.policy),
		.critic = M * (double)B * (3 * first + 4 * upper),
		.decide = M * rows * r.comm,
		.forward = M * rows * r.policy,
		.through_q = M * (rows * (2 * upper + 4 * A * H) + (double)B * first),
		.backward = M * rows * r.policy_back,
		.comm_update = M * comm_update(x, &r),
		.meta = M * sweep_step(x, &r),
	};
}

double bench_flops_total(const struct bench_flops *f)
{
	return f->acting + f->targets + f->critic + f->decide + f->forward + f->through_q + f->backward +
	    f->comm_update + f->meta;
}
