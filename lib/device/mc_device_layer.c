#include "mc_device_layer.h"

enum { CHUNK = 128, FEW = 32 };

struct mc_device_rows mc_device_rows_of(const struct mc_device_work *s, size_t halves, size_t per)
{
	return (struct mc_device_rows){ halves * s->x.P, s->x.N / s->x.P * per };
}

int mc_device_layer_small(const struct mc_device_work *s, struct mc_device_rows r, size_t in, size_t out)
{
	return (double)r.nets * (double)r.n * (double)in * (double)out <= s->small;
}

struct mc_device_mlp mc_device_mlp_at(const struct mc_device_net *net)
{
	const struct mc_params *p = &net->p, *g = net->grad.v ? &net->grad : p;
	const struct mc_mlp w = mc_mlp_at(p, p->v, 0), dw = mc_mlp_at(g, g->v, 0);
	struct mc_device_mlp to;

	for (int i = 0; i < MC_MLP_LAYERS; i++)
		to.l[i] = (struct mc_device_layer){ .w = w.l[i], .g = dw.l[i], .stride = w.l[i].in * w.l[i].out, .bias = w.l[i].out };
	return to;
}

struct mc_device_lstm mc_device_lstm_at(const struct mc_device_net *net)
{
	const struct mc_params *p = &net->p, *g = net->grad.v ? &net->grad : p;
	const struct mc_lstm w = mc_lstm_at(p, p->v, 0), dw = mc_lstm_at(g, g->v, 0);
	const size_t H = w.H;
	const struct mc_device_lstm l = {
		.x = { .w = { .kernel = w.kernel_x, .bias = w.bias, .in = w.in, .out = 4 * H },
			.g = { .kernel = dw.kernel_x, .bias = dw.bias }, .stride = w.in * 4 * H, .bias = 4 * H },
		.h = { .w = { .kernel = w.kernel_h, .in = H, .out = 4 * H }, .g = { .kernel = dw.kernel_h }, .stride = H * 4 * H },
	};

	return l;
}

/* ---- forward ---- */

/* y = add y + x kernel. */
static void product(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r, int add)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .m = r.n, .n = out, .k = in, .a = x, .lda = in, .sa = r.n * in,
	    .b = l->w.kernel + from * out, .ldb = out, .sb = l->stride, .beta = (mc_real)add,
	    .c = y, .ldc = out, .sc = r.n * out, .batch = r.nets);
}

void mc_device_layer_product(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r)
{
	product(s, y, x, l, from, in, r, 0);
}

void mc_device_layer_forward(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r, int add)
{
	const size_t out = l->w.out;
	const int small = mc_device_layer_small(s, r, in, out);

	if (!small)
		product(s, y, x, l, from, in, r, add);
	MC_LAUNCH(s->dev, dense, r.nets * r.n * out, .rows = (uint32_t)r.n, .in = small ? (uint32_t)in : 0, .out = (uint32_t)out,
	    .x = x, .kernel = l->w.kernel + from * out, .bias = l->w.bias, .kernel_stride = l->stride,
	    .bias_stride = l->bias, .add = !small || add, .y = y);
}

/* ---- gradients ---- */

/* to = x^T dy, beside what else the backward pass does. */
static void gradient_product(struct mc_device_work *s, const mc_real *dy, const mc_real *x, size_t sx, size_t in, size_t out,
    struct mc_device_rows r, mc_real *to, size_t stride)
{
	mc_device_branch(s->dev, MC_DEVICE_GRADIENTS);
	MC_PRODUCT(s->dev, .ta = 1, .m = in, .n = out, .k = r.n, .a = x, .lda = in, .sa = sx,
	    .b = dy, .ldb = out, .sb = r.n * out, .c = to, .ldc = out, .sc = stride, .batch = r.nets);
	mc_device_branch(s->dev, 0);
}

/* Waits for the others; 0 if it is not small enough for that. x NULL: ones. */
static int wait_small(struct mc_device_work *s, const mc_real *dy, const mc_real *x, struct mc_device_rows r, size_t in,
    size_t out, mc_real *to, size_t stride)
{
	struct mc_k_gradients *k = &s->waiting;
	const size_t lanes = (r.n + CHUNK - 1) / CHUNK;

	if (!mc_device_layer_small(s, r, in, out) || lanes * r.nets * in * out > MC_DEVICE_LANE_ROOM || k->jobs == MC_K_JOBS)
		return 0;
	k->job[k->jobs] = (struct mc_k_gradient){ .x = x, .dy = dy, .nets = (uint32_t)r.nets, .rows = (uint32_t)r.n,
		.in = (uint32_t)in, .out = (uint32_t)out, .lanes = (uint32_t)lanes, .chunk = CHUNK, .stride = stride, .to = to,
		.lane = s->lanes + (size_t)k->jobs * MC_DEVICE_LANE_ROOM };
	k->jobs++;
	return 1;
}

void mc_device_layer_kernel_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x,
    const struct mc_device_layer *l, size_t from, size_t in, struct mc_device_rows r)
{
	const size_t out = l->w.out;
	mc_real *to = l->g.kernel + from * out;

	if (!wait_small(s, dy, x, r, in, out, to, l->stride))
		gradient_product(s, dy, x, r.n * in, in, out, r, to, l->stride);
}

void mc_device_layer_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x,
    const struct mc_device_layer *l, size_t from, size_t in, struct mc_device_rows r)
{
	const size_t out = l->w.out;

	mc_device_layer_kernel_gradient(s, dy, x, l, from, in, r);
	if (!wait_small(s, dy, NULL, r, 1, out, l->g.bias, l->bias))
		gradient_product(s, dy, s->ones, 0, 1, out, r, l->g.bias, l->bias);
}

void mc_device_layer_gradients(struct mc_device_work *s)
{
	size_t n = 0, lanes = 0;
	struct mc_k_fold fold = { .jobs = s->waiting.jobs };

	for (uint32_t k = 0; k < s->waiting.jobs; k++) {
		const struct mc_k_gradient *g = &s->waiting.job[k];
		const size_t one = (size_t)g->nets * g->in * g->out;

		fold.job[k] = *g;
		n += g->lanes * one;
		lanes += g->lanes > 1 ? one : 0;
	}
	mc_device_launch(s->dev, MC_K_gradients, n, &s->waiting, sizeof s->waiting);
	mc_device_launch(s->dev, MC_K_fold, lanes, &fold, sizeof fold);
	mc_device_join(s->dev, MC_DEVICE_GRADIENTS);
	s->waiting.jobs = 0;
}

/* ---- adjoints ---- */

void mc_device_layer_to_input(struct mc_device_work *s, mc_real *dx, const mc_real *dy, const struct mc_device_layer *l,
    size_t in, struct mc_device_rows r, const mc_real *y)
{
	const size_t out = l->w.out;

	if (y && out <= FEW) {
		MC_LAUNCH(s->dev, back, r.nets * r.n * in, .rows = (uint32_t)r.n, .in = (uint32_t)in, .out = (uint32_t)out, .dy = dy,
		    .kernel = l->w.kernel, .y = y, .stride = l->stride, .dx = dx);
		return;
	}
	MC_PRODUCT(s->dev, .tb = 1, .m = r.n, .n = in, .k = out, .a = dy, .lda = out, .sa = r.n * out,
	    .b = l->w.kernel, .ldb = out, .sb = l->stride, .c = dx, .ldc = in, .sc = r.n * in, .batch = r.nets);
	if (y)
		MC_LAUNCH(s->dev, relu_backward, r.nets * r.n * in, .y = y, .dy = dx);
}
