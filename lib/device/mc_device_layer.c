#include "mc_device_layer.h"

struct mc_device_rows mc_device_rows_of(const struct mc_device_work *s, const struct mc_params *p, size_t per)
{
	return (struct mc_device_rows){ p->P, s->x.N / p->P * per };
}

struct mc_device_mlp mc_device_mlp_at(const struct mc_params *p, mc_real *grad)
{
	const struct mc_mlp w = mc_mlp_at(p, p->v, 0), g = mc_mlp_at(p, grad ? grad : p->v, 0);
	const size_t many = p->P > 1;
	struct mc_device_mlp net;

	for (int i = 0; i < MC_MLP_LAYERS; i++)
		net.l[i] = (struct mc_device_layer){ .w = w.l[i], .g = g.l[i], .kernel = many * w.l[i].in * w.l[i].out,
			.bias = many * w.l[i].out };
	return net;
}

struct mc_device_lstm mc_device_lstm_at(const struct mc_params *p, mc_real *grad)
{
	const struct mc_lstm w = mc_lstm_at(p, p->v, 0), g = mc_lstm_at(p, grad ? grad : p->v, 0);
	const size_t H = w.H, many = p->P > 1;
	const struct mc_device_lstm l = {
		.x = { .w = { .kernel = w.kernel_x, .bias = w.bias, .in = w.in, .out = 4 * H },
			.g = { .kernel = g.kernel_x, .bias = g.bias }, .kernel = many * w.in * 4 * H, .bias = many * 4 * H },
		.h = { .w = { .kernel = w.kernel_h, .in = H, .out = 4 * H }, .g = { .kernel = g.kernel_h },
			.kernel = many * H * 4 * H },
	};

	return l;
}

void mc_device_layer_activate(struct mc_device_work *s, mc_real *y, const struct mc_device_layer *l, struct mc_device_rows r, int relu)
{
	MC_LAUNCH(s->dev, activate, r.nets * r.n * l->w.out, .rows = (uint32_t)r.n, .width = (uint32_t)l->w.out,
	    .y = y, .bias = l->w.bias, .stride = l->bias, .relu = relu);
}

void mc_device_layer_product(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l, size_t from,
    size_t in, struct mc_device_rows r, int add)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .m = r.n, .n = out, .k = in, .a = x, .lda = in, .sa = r.n * in,
	    .b = l->w.kernel + from * out, .ldb = out, .sb = l->kernel, .beta = (mc_real)add,
	    .c = y, .ldc = out, .sc = r.n * out, .batch = r.nets);
}

void mc_device_layer_forward(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l, struct mc_device_rows r)
{
	mc_device_layer_product(s, y, x, l, 0, l->w.in, r, 0);
	mc_device_layer_activate(s, y, l, r, 1);
}

void mc_device_layer_kernel_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .ta = 1, .m = in, .n = out, .k = r.n, .a = x, .lda = in, .sa = r.n * in,
	    .b = dy, .ldb = out, .sb = r.n * out, .c = l->g.kernel + from * out, .ldc = out, .sc = l->kernel,
	    .batch = r.nets);
}

void mc_device_layer_bias_gradient(struct mc_device_work *s, const mc_real *dy, const struct mc_device_layer *l, struct mc_device_rows r)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .m = 1, .n = out, .k = r.n, .a = s->ones, .lda = r.n, .b = dy, .ldb = out, .sb = r.n * out,
	    .c = l->g.bias, .ldc = out, .sc = l->bias, .batch = r.nets);
}

void mc_device_layer_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x, const struct mc_device_layer *l, struct mc_device_rows r)
{
	mc_device_layer_kernel_gradient(s, dy, x, l, 0, l->w.in, r);
	mc_device_layer_bias_gradient(s, dy, l, r);
}

void mc_device_layer_to_input(struct mc_device_work *s, mc_real *dx, const mc_real *dy, const struct mc_device_layer *l, size_t in,
    struct mc_device_rows r, const mc_real *y)
{
	const size_t out = l->w.out;

	MC_PRODUCT(s->dev, .tb = 1, .m = r.n, .n = in, .k = out, .a = dy, .lda = out, .sa = r.n * out,
	    .b = l->w.kernel, .ldb = out, .sb = l->kernel, .c = dx, .ldc = in, .sc = r.n * in, .batch = r.nets);
	if (y)
		MC_LAUNCH(s->dev, relu_backward, r.nets * r.n * in, .y = y, .dy = dx);
}
