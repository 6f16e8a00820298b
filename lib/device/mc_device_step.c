#include "mc_device_step.h"

#include <string.h>

#include "mc_lstm.h"
#include "mc_mlp.h"
#include "mc_rng.h"

enum { LANES = MC_DEVICE_LANES, GRADIENT_LANES = 256, METRICS = 6, HEAD = 64 };

/* ---- memory ---- */

/* Memory of the device, until the first failure. */
struct taker {
	struct mc_device *dev;
	struct mc_err *e;
	int failed;
};

static void *take(struct taker *t, size_t n, size_t size, const char *what)
{
	void *p = t->failed ? NULL : mc_device_alloc(t->dev, n, size, what, t->e);

	t->failed |= !p;
	return p;
}

static mc_real *reals(struct taker *t, size_t n)
{
	return take(t, n, sizeof(mc_real), "learner");
}

/* What Adam, or RMSprop, keeps, and the gradient. */
static void take_trained(struct taker *t, struct mc_device_net *net, double clip)
{
	if (net->p.net == MC_NET_COMM) {
		net->nu = reals(t, net->p.size);
	} else {
		net->m = reals(t, net->p.size);
		net->v = reals(t, net->p.size);
	}
	net->grad = reals(t, net->p.size);
	net->clip = clip;
	net->lane = take(t, net->p.P * GRADIENT_LANES, sizeof *net->lane, "learner");
	net->sumsq = take(t, net->p.P, sizeof *net->sumsq, "learner");
	net->scale = reals(t, net->p.P);
}

static void take_nets(struct mc_device_step *s, struct taker *t)
{
	struct mc_device_net *critic = &s->net[MC_DEVICE_CRITIC], *policy = &s->net[MC_DEVICE_POLICY];
	struct mc_device_net *comm = &s->net[MC_DEVICE_COMM];
	const size_t R = sizeof(mc_real);

	mc_params_layout(&critic->p, MC_NET_CRITIC, &s->dims);
	mc_params_layout(&policy->p, MC_NET_POLICY, &s->dims);
	mc_params_layout(&comm->p, MC_NET_COMM, &s->dims);
	critic->target = critic->p;
	policy->target = policy->p;
	comm->target = comm->p;

	s->home_bytes = HEAD + (policy->p.size + (s->o.stgs ? comm->p.size : 0)) * R;
	unsigned char *home = take(t, s->home_bytes, 1, "learner");

	if (!home)
		return;
	s->metric = (double *)(void *)home;
	s->bad = (int *)(void *)(home + METRICS * sizeof(double));
	policy->p.v = (mc_real *)(void *)(home + HEAD);
	critic->p.v = reals(t, critic->p.size);
	policy->target.v = reals(t, policy->p.size);
	critic->target.v = reals(t, critic->p.size);
	if (s->o.decide == MC_LEARNED) {
		comm->p.v = s->o.stgs ? policy->p.v + policy->p.size : reals(t, comm->p.size);
		comm->target.v = reals(t, comm->p.size);
	}
	take_trained(t, critic, s->o.clip_critic);
	take_trained(t, policy, s->o.clip_policy);
	if (s->o.stgs)
		take_trained(t, comm, 0);
}

static void take_batch(struct mc_device_step *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, d = s->x.d, O = s->x.O;

	s->now = take(t, 1, sizeof *s->now, "learner");
	s->slot = take(t, B, sizeof *s->slot, "learner");
	s->step = take(t, B, sizeof *s->step, "learner");
	s->o_batch = reals(t, B * N * O);
	s->o_next = reals(t, B * N * O);
	s->a = reals(t, B * N * s->x.A);
	s->r = reals(t, B);
	s->m = take(t, B * N * d, 1, "learner");
	s->m_next = take(t, B * N * d, 1, "learner");
	s->I = take(t, B * N * d, 1, "learner");
	s->I_next = take(t, B * N * d, 1, "learner");
	s->here = (struct mc_device_seen){ s->o_batch, reals(t, N * B * O), reals(t, N * d * B * O) };
	s->next = (struct mc_device_seen){ s->o_next, reals(t, N * B * O), reals(t, N * d * B * O) };
	s->z = reals(t, B * N * d);
	s->soft = reals(t, B * N * d);
}

static void take_layers(struct mc_device_step *s, struct taker *t)
{
	const size_t B = s->x.B, N = s->x.N, d = s->x.d, NBA = N * B * s->x.A, BH = B * s->x.H, NBH = N * BH;
	mc_real **const of_rows[] = { &s->c0, &s->c1, &s->h, &s->y0, &s->y1, &s->p0, &s->p1, &s->d0, &s->d1,
		&s->dh, &s->dc, &s->dh0, &s->gate };
	mc_real **const of_messages[] = { &s->h_before, &s->c_before, &s->tc };
	mc_real **const of_actions[] = { &s->za, &s->a_next, &s->a_pi, &s->da, &s->dza };
	mc_real **const of_pairs[] = { &s->z0, &s->dI, &s->dz0 };
	mc_real **const of_batch[] = { &s->q, &s->q_next, &s->y, &s->error, &s->dq };

	for (size_t k = 0; k < sizeof of_rows / sizeof *of_rows; k++)
		*of_rows[k] = reals(t, NBH);
	for (size_t k = 0; k < sizeof of_messages / sizeof *of_messages; k++)
		*of_messages[k] = reals(t, d * NBH);
	for (size_t k = 0; k < sizeof of_actions / sizeof *of_actions; k++)
		*of_actions[k] = reals(t, NBA);
	for (size_t k = 0; k < sizeof of_pairs / sizeof *of_pairs; k++)
		*of_pairs[k] = reals(t, N * B * d);
	for (size_t k = 0; k < sizeof of_batch / sizeof *of_batch; k++)
		*of_batch[k] = reals(t, B);
	s->gates = reals(t, 4 * d * NBH);
	s->k0 = reals(t, BH);
	s->k1 = reals(t, BH);
	s->z1 = reals(t, BH);
	s->q_pi = reals(t, N * B);
	s->loss = take(t, LANES, sizeof *s->loss, "learner");
	s->q_sum = take(t, LANES, sizeof *s->q_sum, "learner");
	s->objective = take(t, N * LANES, sizeof *s->objective, "learner");
}

static void take_ones(struct mc_device_step *s, struct taker *t)
{
	enum { CHUNK = 4096 };
	const size_t n = s->x.N * s->x.B * (s->x.d ? s->x.d : 1);
	mc_real one[CHUNK];

	s->ones = reals(t, n);
	for (size_t k = 0; k < CHUNK; k++)
		one[k] = 1;
	for (size_t k = 0; k < n && s->ones; k += CHUNK)
		mc_device_put(s->dev, s->ones + k, one, (n - k < CHUNK ? n - k : CHUNK) * sizeof *one);
}

static void take_replay(struct mc_device_step *s, struct taker *t)
{
	const size_t T = s->dims.T, N = s->x.N, R = sizeof(mc_real), LINE = 64;
	struct mc_device_replay *D = &s->D;

	D->o_at = 0;
	D->a_at = D->o_at + (T + 1) * N * s->x.O * R;
	D->r_at = D->a_at + T * N * s->x.A * R;
	D->m_at = D->r_at + T * R;
	D->slot_bytes = (D->m_at + (T + 1) * N * s->x.d + LINE - 1) / LINE * LINE;
	D->slots = s->o.replay / T + 2;       /* the oldest trajectory may be partly out */
	D->memory = take(t, D->slots, D->slot_bytes, "replay buffer");
}

int mc_device_step_init(struct mc_device_step *s, struct mc_device *dev, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e)
{
	struct taker t = { dev, e, 0 };
	/* the widest array: kernels count in 32 bits */
	const double widest = (double)dims->N * (double)o->B * ((double)dims->d + 1) * 4 * (double)(dims->H + dims->O);

	*s = (struct mc_device_step){ .dev = dev, .dims = *dims, .o = *o,
		.heard = o->decide != MC_NONE && dims->d > 0,
		.x = { (uint32_t)dims->N, (uint32_t)dims->d, (uint32_t)o->B, (uint32_t)dims->O, (uint32_t)dims->A,
			(uint32_t)dims->H } };
	if (widest > UINT32_MAX)
		return mc_err_set(e, MC_USAGE, "--batch", -1, NULL, "%zu is too large for a device at this width", o->B);
	take_replay(s, &t);
	take_nets(s, &t);
	take_batch(s, &t);
	take_layers(s, &t);
	take_ones(s, &t);
	return t.failed ? -1 : 0;
}

/* ---- layers ---- */

/* Rows as a net meets them: `nets` nets, the rows of each side by side. */
struct rows {
	size_t nets, n;
};

/* N agents with `per` rows each: a net for each of them, or one for all. */
static struct rows rows_of(const struct mc_device_step *s, const struct mc_params *p, size_t per)
{
	return (struct rows){ p->P, s->x.N / p->P * per };
}

/* A dense layer: agent 0's, and how far the next agent's is away. */
struct layer {
	struct mc_dense w, g;     /* values, gradient */
	size_t kernel, bias;      /* strides */
};

/* All dense layers of a net, in their order. */
struct mlp {
	struct layer l[MC_MLP_LAYERS];
};

static struct mlp mlp_at(const struct mc_params *p, mc_real *grad)
{
	const struct mc_mlp w = mc_mlp_at(p, p->v, 0), g = mc_mlp_at(p, grad ? grad : p->v, 0);
	const size_t many = p->P > 1;
	struct mlp net;

	for (int i = 0; i < MC_MLP_LAYERS; i++)
		net.l[i] = (struct layer){ .w = w.l[i], .g = g.l[i], .kernel = many * w.l[i].in * w.l[i].out,
			.bias = many * w.l[i].out };
	return net;
}

static void activate(struct mc_device_step *s, mc_real *y, const struct layer *l, struct rows r, int relu)
{
	MC_LAUNCH(s->dev, activate, r.nets * r.n * l->w.out, .rows = (uint32_t)r.n, .width = (uint32_t)l->w.out,
	    .y = y, .bias = l->w.bias, .stride = l->bias, .relu = relu);
}

/* y = x kernel, without bias; of a kernel's `in` rows from row `from`. Added to y with add. */
static void product(struct mc_device_step *s, mc_real *y, const mc_real *x, const struct layer *l, size_t from,
    size_t in, struct rows r, int add)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .m = r.n, .n = out, .k = in, .a = x, .lda = in, .sa = r.n * in,
	    .b = l->w.kernel + from * out, .ldb = out, .sb = l->kernel, .beta = (mc_real)add,
	    .c = y, .ldc = out, .sc = r.n * out, .batch = r.nets);
}

static void forward(struct mc_device_step *s, mc_real *y, const mc_real *x, const struct layer *l, struct rows r)
{
	product(s, y, x, l, 0, l->w.in, r, 0);
	activate(s, y, l, r, 1);
}

/* Of a kernel's rows from `from`: x^T dy. */
static void kernel_gradient(struct mc_device_step *s, const mc_real *dy, const mc_real *x, const struct layer *l,
    size_t from, size_t in, struct rows r)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .ta = 1, .m = in, .n = out, .k = r.n, .a = x, .lda = in, .sa = r.n * in,
	    .b = dy, .ldb = out, .sb = r.n * out, .c = l->g.kernel + from * out, .ldc = out, .sc = l->kernel,
	    .batch = r.nets);
}

/* Column sums of dy. */
static void bias_gradient(struct mc_device_step *s, const mc_real *dy, const struct layer *l, struct rows r)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .m = 1, .n = out, .k = r.n, .a = s->ones, .lda = r.n, .b = dy, .ldb = out, .sb = r.n * out,
	    .c = l->g.bias, .ldc = out, .sc = l->bias, .batch = r.nets);
}

static void gradient(struct mc_device_step *s, const mc_real *dy, const mc_real *x, const struct layer *l, struct rows r)
{
	kernel_gradient(s, dy, x, l, 0, l->w.in, r);
	bias_gradient(s, dy, l, r);
}

/* dx = dy kernel^T, for the kernel's first `in` rows; and 0 where the layer below, y, is 0. */
static void to_input(struct mc_device_step *s, mc_real *dx, const mc_real *dy, const struct layer *l, size_t in,
    struct rows r, const mc_real *y)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .tb = 1, .m = r.n, .n = in, .k = out, .a = dy, .lda = out, .sa = r.n * out,
	    .b = l->w.kernel, .ldb = out, .sb = l->kernel, .c = dx, .ldc = in, .sc = r.n * in, .batch = r.nets);
	if (y)
		MC_LAUNCH(s->dev, relu_backward, r.nets * r.n * in, .y = y, .dy = dx);
}

/* ---- the batch ---- */

void mc_device_sample(struct mc_device_step *s)
{
	const size_t N = s->x.N;
	const struct mc_device_replay *D = &s->D;

	MC_LAUNCH(s->dev, draw, s->x.B, .now = s->now, .seed = s->o.seed, .slots = D->slots, .T = (uint32_t)s->dims.T,
	    .slot = s->slot, .step = s->step, .bad = s->bad);
	MC_LAUNCH(s->dev, gather, s->x.B * (2 * N * s->x.O + N * s->x.A + 1 + 2 * N * s->x.d), .x = s->x, .D = D->memory,
	    .slot_bytes = D->slot_bytes, .o_at = D->o_at, .a_at = D->a_at, .r_at = D->r_at, .m_at = D->m_at,
	    .slot = s->slot, .step = s->step, .o = s->o_batch, .o_next = s->o_next, .a = s->a, .r = s->r,
	    .m = s->m, .m_next = s->m_next);
}

static void see(struct mc_device_step *s, const struct mc_device_seen *seen)
{
	MC_LAUNCH(s->dev, spread, (size_t)s->x.N * (s->x.d + 1) * s->x.B * s->x.O, .x = s->x, .o = seen->o,
	    .own = seen->own, .message = seen->message);
}

void mc_device_see(struct mc_device_step *s)
{
	see(s, &s->here);
	see(s, &s->next);
}

/* ---- decisions ---- */

/* I at what was seen; z and soft may be NULL where temp = 0. */
static void decide(struct mc_device_step *s, const struct mc_params *comm, const struct mc_device_seen *seen,
    const uint8_t *m, const mc_real *u, enum mc_stream stream, double temp, mc_real *z, mc_real *soft, uint8_t *I)
{
	const struct rows r = rows_of(s, comm, s->x.B);
	const struct mlp w = mlp_at(comm, NULL);

	forward(s, s->c0, seen->own, &w.l[0], r);
	forward(s, s->c1, s->c0, &w.l[1], r);
	product(s, s->z0, s->c1, &w.l[2], 0, s->x.H, r, 0);
	MC_LAUNCH(s->dev, decide, (size_t)s->x.N * s->x.B * s->x.d, .x = s->x, .now = s->now, .z0 = s->z0,
	    .bias = w.l[2].w.bias, .stride = w.l[2].bias, .m = m, .u = u, .seed = s->o.seed, .stream = (uint32_t)stream,
	    .temp = (mc_real)temp, .z = z, .soft = soft, .I = I);
}

void mc_device_decide(struct mc_device_step *s)
{
	const struct mc_params *comm = &s->net[MC_DEVICE_COMM].p;

	if (s->o.decide != MC_LEARNED || !s->heard)
		return;
	if (s->o.stgs)
		decide(s, comm, &s->here, s->m, s->u, MC_RNG_LOGISTIC, s->o.temp, s->z, s->soft, s->I);
	else
		decide(s, comm, &s->here, s->m, s->u, MC_RNG_ASK_POLICY, 0, s->z, NULL, s->I);
}

/* What was decided: under full everybody who is there is asked. */
static const uint8_t *asked(const struct mc_device_step *s, const uint8_t *I, const uint8_t *m)
{
	return s->o.decide == MC_FULL ? m : I;
}

static void comm_gradient(struct mc_device_step *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_COMM];
	const struct rows r = rows_of(s, &net->p, s->x.B);
	const struct mlp w = mlp_at(&net->p, net->grad);

	MC_LAUNCH(s->dev, gate_backward, (size_t)s->x.N * s->x.B * s->x.d, .x = s->x, .dI = s->dI, .soft = s->soft, .m = s->m,
	    .temp = (mc_real)s->o.temp, .dz = s->dz0);
	gradient(s, s->dz0, s->c1, &w.l[2], r);
	to_input(s, s->d1, s->dz0, &w.l[2], s->x.H, r, s->c1);
	gradient(s, s->d1, s->c0, &w.l[1], r);
	to_input(s, s->d0, s->d1, &w.l[1], s->x.H, r, s->c0);
	gradient(s, s->d0, s->here.own, &w.l[0], r);
}

/* ---- policies ---- */

/* The LSTM's layers as dense ones, so that products with them are written alike. */
struct lstm {
	struct layer x, h;        /* kernel_x and the bias; kernel_h */
};

static struct lstm lstm_at(const struct mc_params *p, mc_real *grad)
{
	const struct mc_lstm w = mc_lstm_at(p, p->v, 0), g = mc_lstm_at(p, grad ? grad : p->v, 0);
	const size_t H = w.H, many = p->P > 1;
	const struct lstm l = {
		.x = { .w = { .kernel = w.kernel_x, .bias = w.bias, .in = w.in, .out = 4 * H },
			.g = { .kernel = g.kernel_x, .bias = g.bias }, .kernel = many * w.in * 4 * H, .bias = many * 4 * H },
		.h = { .w = { .kernel = w.kernel_h, .in = H, .out = 4 * H }, .g = { .kernel = g.kernel_h },
			.kernel = many * H * 4 * H },
	};

	return l;
}

static void read_messages(struct mc_device_step *s, const struct mc_params *policy, const mc_real *message,
    const uint8_t *I)
{
	const size_t N = s->x.N, d = s->x.d, B = s->x.B, H = s->x.H;
	const struct lstm l = lstm_at(policy, NULL);

	product(s, s->gates, message, &l.x, 0, s->x.O, rows_of(s, policy, d * B), 0);
	for (size_t t = 0; t < d; t++) {
		if (t > 0)
			MC_PRODUCT(s->dev, .m = B, .n = 4 * H, .k = H, .a = s->h_before + t * B * H, .lda = H, .sa = d * B * H,
			    .b = l.h.w.kernel, .ldb = 4 * H, .sb = l.h.kernel, .beta = 1,
			    .c = s->gates + t * B * 4 * H, .ldc = 4 * H, .sc = d * B * 4 * H, .batch = N);
		MC_LAUNCH(s->dev, cell, N * B * H, .x = s->x, .s = (uint32_t)t, .gates = s->gates, .bias = l.x.w.bias,
		    .stride = l.x.bias, .h_before = s->h_before, .c_before = s->c_before, .tc = s->tc, .h_last = s->h, .I = I);
	}
}

/* Actions of all agents at what they saw, to a: its rows and agents so far apart. */
static void act(struct mc_device_step *s, const struct mc_params *policy, const struct mc_device_seen *seen,
    const uint8_t *I, mc_real *a, size_t row, size_t agent)
{
	const size_t H = s->x.H;
	const struct rows r = rows_of(s, policy, s->x.B);
	const struct mlp w = mlp_at(policy, NULL);

	product(s, s->y0, seen->own, &w.l[0], H, s->x.O, r, 0);
	if (s->heard) {
		read_messages(s, policy, seen->message, I);
		product(s, s->y0, s->h, &w.l[0], 0, H, r, 1);
	}
	activate(s, s->y0, &w.l[0], r, 1);
	forward(s, s->y1, s->y0, &w.l[1], r);
	product(s, s->za, s->y1, &w.l[2], 0, H, r, 0);
	MC_LAUNCH(s->dev, act, (size_t)s->x.N * s->x.B * s->x.A, .x = s->x, .z = s->za, .bias = w.l[2].w.bias, .stride = w.l[2].bias,
	    .a = a, .row = row, .agent = agent);
}

/* From dh, the adjoint of the last hidden states. */
static void read_messages_backward(struct mc_device_step *s, const struct mc_device_net *net, const uint8_t *I)
{
	const size_t N = s->x.N, d = s->x.d, B = s->x.B, H = s->x.H;
	const struct lstm l = lstm_at(&net->p, net->grad);
	const struct rows all = rows_of(s, &net->p, d * B);

	for (size_t t = d; t-- > 0;) {
		MC_LAUNCH(s->dev, cell_backward, N * B * H, .x = s->x, .s = (uint32_t)t, .gates = s->gates, .h_before = s->h_before,
		    .c_before = s->c_before, .tc = s->tc, .dh0 = s->dh0, .dh = s->dh, .dc = s->dc,
		    .gate = s->o.stgs ? s->gate : NULL, .I = I);
		if (s->o.stgs)            /* row sums of gate, to column t of dI */
			MC_PRODUCT(s->dev, .m = N * B, .n = 1, .k = H, .a = s->gate, .lda = H, .b = s->ones, .ldb = 1,
			    .c = s->dI + t, .ldc = d, .batch = 1);
		if (t > 0)
			MC_PRODUCT(s->dev, .tb = 1, .m = B, .n = H, .k = 4 * H, .a = s->gates + t * B * 4 * H, .lda = 4 * H,
			    .sa = d * B * 4 * H, .b = l.h.w.kernel, .ldb = 4 * H, .sb = l.h.kernel,
			    .c = s->dh0, .ldc = H, .sc = B * H, .batch = N);
	}
	gradient(s, s->gates, s->here.message, &l.x, all);
	kernel_gradient(s, s->gates, s->h_before, &l.h, 0, H, all);
}

/* From da, the adjoint of the actions a_pi. */
static void act_backward(struct mc_device_step *s, const struct mc_device_net *net, const uint8_t *I)
{
	const size_t H = s->x.H;
	const struct rows r = rows_of(s, &net->p, s->x.B);
	const struct mlp w = mlp_at(&net->p, net->grad);

	MC_LAUNCH(s->dev, act_backward, (size_t)s->x.N * s->x.B * s->x.A, .a = s->a_pi, .da = s->da, .dz = s->dza);
	gradient(s, s->dza, s->y1, &w.l[2], r);
	to_input(s, s->d1, s->dza, &w.l[2], H, r, s->y1);
	gradient(s, s->d1, s->y0, &w.l[1], r);
	to_input(s, s->d0, s->d1, &w.l[1], H, r, s->y0);
	kernel_gradient(s, s->d0, s->here.own, &w.l[0], H, s->x.O, r);
	bias_gradient(s, s->d0, &w.l[0], r);
	if (!s->heard)
		return;
	kernel_gradient(s, s->d0, s->h, &w.l[0], 0, H, r);
	to_input(s, s->dh, s->d0, &w.l[0], H, r, NULL);
	read_messages_backward(s, net, I);
}

void mc_device_targets(struct mc_device_step *s)
{
	if (s->o.decide == MC_LEARNED && s->heard)
		decide(s, &s->net[MC_DEVICE_COMM].target, &s->next, s->m_next, s->u_next, MC_RNG_ASK_TARGET, 0, NULL, NULL,
		    s->I_next);
	act(s, &s->net[MC_DEVICE_POLICY].target, &s->next, asked(s, s->I_next, s->m_next), s->a_next, s->x.N * s->x.A, s->x.A);
}

/* ---- the critic ---- */

/* z1 [B,H] without bias, of observations and actions [B,N,.] */
static void first_products(struct mc_device_step *s, const struct layer *l0, const mc_real *o, const mc_real *a, mc_real *z1)
{
	const size_t NO = s->x.N * s->x.O, NA = s->x.N * s->x.A;
	const struct rows r = { 1, s->x.B };

	product(s, z1, o, l0, 0, NO, r, 0);
	product(s, z1, a, l0, NO, NA, r, 1);
}

/* q [B] without the last bias; its layers stay in k0, k1. */
static void values(struct mc_device_step *s, const struct mc_params *critic, const mc_real *o, const mc_real *a, mc_real *q)
{
	const struct rows r = { 1, s->x.B };
	const struct mlp w = mlp_at(critic, NULL);

	first_products(s, &w.l[0], o, a, s->k0);
	activate(s, s->k0, &w.l[0], r, 1);
	forward(s, s->k1, s->k0, &w.l[1], r);
	product(s, q, s->k1, &w.l[2], 0, s->x.H, r, 0);
}

static void sum(struct mc_device_step *s, const mc_real *x, size_t groups, int square, double *to)
{
	MC_LAUNCH(s->dev, sum, groups * LANES, .x = x, .rows = s->x.B, .lanes = LANES, .square = square, .sum = to);
}

void mc_device_critic_gradient(struct mc_device_step *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_CRITIC];
	const size_t B = s->x.B, H = s->x.H, NO = s->x.N * s->x.O, NA = s->x.N * s->x.A;
	const struct rows r = { 1, B };
	const struct mlp w = mlp_at(&net->p, net->grad), next = mlp_at(&net->target, NULL);

	values(s, &net->target, s->o_next, s->a_next, s->q_next);
	values(s, &net->p, s->o_batch, s->a, s->q);
	MC_LAUNCH(s->dev, error, B, .now = s->now, .r = s->r, .bias = w.l[2].w.bias, .bias_next = next.l[2].w.bias,
	    .scale = 2 / (mc_real)B, .q = s->q, .q_next = s->q_next, .y = s->y, .error = s->error, .dq = s->dq);
	sum(s, s->error, 1, 1, s->loss);
	sum(s, s->q, 1, 0, s->q_sum);

	gradient(s, s->dq, s->k1, &w.l[2], r);
	MC_LAUNCH(s->dev, top_backward, B * H, .H = (uint32_t)H, .dq = s->dq, .w = w.l[2].w.kernel, .y = s->k1, .dy = s->d1);
	gradient(s, s->d1, s->k0, &w.l[1], r);
	to_input(s, s->d0, s->d1, &w.l[1], H, r, s->k0);
	kernel_gradient(s, s->d0, s->o_batch, &w.l[0], 0, NO, r);
	kernel_gradient(s, s->d0, s->a, &w.l[0], NO, NA, r);
	bias_gradient(s, s->d0, &w.l[0], r);
}

/* Every agent's objective at a_pi, and its derivative by the agent's own action: da. */
static void objectives(struct mc_device_step *s)
{
	const struct mc_params *critic = &s->net[MC_DEVICE_CRITIC].p;
	const size_t N = s->x.N, B = s->x.B, H = s->x.H, A = s->x.A;
	const struct rows all = { 1, N * B };
	const struct mlp w = mlp_at(critic, NULL);
	const mc_real *of_actions = w.l[0].w.kernel + N * s->x.O * H;

	first_products(s, &w.l[0], s->o_batch, s->a, s->z1);
	MC_LAUNCH(s->dev, first, N * B * H, .x = s->x, .z1 = s->z1, .bias = w.l[0].w.bias, .kernel = of_actions, .a = s->a,
	    .a_pi = s->a_pi, .y = s->p0);
	forward(s, s->p1, s->p0, &w.l[1], all);
	product(s, s->q_pi, s->p1, &w.l[2], 0, H, all, 0);
	activate(s, s->q_pi, &w.l[2], all, 0);
	sum(s, s->q_pi, N, 0, s->objective);

	MC_LAUNCH(s->dev, top_backward, N * B * H, .H = (uint32_t)H, .scale = 1 / (mc_real)B, .w = w.l[2].w.kernel, .y = s->p1,
	    .dy = s->d1);
	to_input(s, s->d0, s->d1, &w.l[1], H, all, s->p0);
	MC_PRODUCT(s->dev, .tb = 1, .m = B, .n = A, .k = H, .a = s->d0, .lda = H, .sa = B * H, .b = of_actions, .ldb = H,
	    .sb = A * H, .c = s->da, .ldc = A, .sc = B * A, .batch = N);
}

void mc_device_policy_gradient(struct mc_device_step *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_POLICY];
	const uint8_t *I = asked(s, s->I, s->m);

	act(s, &net->p, &s->here, I, s->a_pi, s->x.A, (size_t)s->x.B * s->x.A);
	objectives(s);
	act_backward(s, net, I);
	if (s->o.stgs)
		comm_gradient(s);
}

/* ---- optimisers ---- */

static struct mc_k_layout layout_of(const struct mc_params *p)
{
	struct mc_k_layout x = { .tensors = (uint32_t)p->tensors, .P = (uint32_t)p->P };

	for (int t = 0; t < p->tensors; t++) {
		x.offset[t] = p->tensor[t].offset;
		x.one[t] = p->tensor[t].count / p->P;
	}
	return x;
}

static void adam(struct mc_device_step *s, const struct mc_device_net *net, int which, const mc_real *scale)
{
	const struct mc_learner_opts *o = &s->o;

	MC_LAUNCH(s->dev, adam, net->p.size, .layout = layout_of(&net->p), .now = s->now, .which = (uint32_t)which,
	    .b1 = (mc_real)o->b1, .rest1 = (mc_real)(1 - o->b1), .b2 = (mc_real)o->b2, .rest2 = (mc_real)(1 - o->b2),
	    .eps = (mc_real)o->adam_eps, .keep = (mc_real)(1 - o->tau), .take = (mc_real)o->tau, .grad = net->grad,
	    .scale = scale, .theta = net->p.v, .m = net->m, .v = net->v, .target = net->target.v, .bad = s->bad + which);
}

static void rmsprop(struct mc_device_step *s, const struct mc_device_net *net, int which)
{
	const struct mc_learner_opts *o = &s->o;

	MC_LAUNCH(s->dev, rmsprop, net->p.size, .lr = (mc_real)o->lr_comm, .rho = (mc_real)o->rho, .rest = (mc_real)(1 - o->rho),
	    .eps = (mc_real)o->eps, .keep = (mc_real)(1 - o->tau), .take = (mc_real)o->tau, .grad = net->grad,
	    .theta = net->p.v, .nu = net->nu, .target = net->target.v, .bad = s->bad + which);
}

void mc_device_optimise(struct mc_device_step *s, int which)
{
	const struct mc_device_net *net = &s->net[which];
	const size_t P = net->p.P;

	MC_LAUNCH(s->dev, sum_squares, P * GRADIENT_LANES, .layout = layout_of(&net->p), .grad = net->grad,
	    .lanes = GRADIENT_LANES, .sum = net->lane);
	MC_LAUNCH(s->dev, clip, P, .lane = net->lane, .lanes = GRADIENT_LANES, .most = net->clip, .sumsq = net->sumsq,
	    .scale = net->scale);
	if (net->nu)
		rmsprop(s, net, which);
	else
		adam(s, net, which, net->clip > 0 ? net->scale : NULL);
}

/* ---- all of it ---- */

void mc_device_update(struct mc_device_step *s)
{
	const struct mc_device_net *net = s->net;

	mc_device_sample(s);
	mc_device_see(s);
	mc_device_targets(s);
	mc_device_critic_gradient(s);
	mc_device_optimise(s, MC_DEVICE_CRITIC);
	mc_device_decide(s);
	mc_device_policy_gradient(s);
	mc_device_optimise(s, MC_DEVICE_POLICY);
	if (s->o.stgs)
		mc_device_optimise(s, MC_DEVICE_COMM);
	MC_LAUNCH(s->dev, metrics, METRICS, .B = s->x.B, .N = s->x.N, .lanes = LANES, .loss = s->loss, .q = s->q_sum,
	    .objective = s->objective, .policy = net[MC_DEVICE_POLICY].sumsq, .critic = net[MC_DEVICE_CRITIC].sumsq,
	    .comm = net[MC_DEVICE_COMM].sumsq, .policies = (uint32_t)net[MC_DEVICE_POLICY].p.P, .metric = s->metric);
}
