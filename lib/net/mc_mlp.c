#include "mc_mlp.h"

#include <string.h>

struct mc_mlp mc_mlp_at(const struct mc_params *p, mc_real *v, size_t agent)
{
	struct mc_mlp w = { 0 };

	for (int i = 0; i + 1 < p->tensors; i++) {
		const struct mc_tensor *kernel = &p->tensor[i], *bias = kernel + 1;

		if (strncmp(kernel->layer, "dense_", 6) == 0 && kernel->fan_in)
			w.l[w.layers++] = (struct mc_dense){
				.kernel = v + kernel->offset + agent * kernel->stride,
				.bias = v + bias->offset + agent * bias->stride,
				.in = kernel->fan_in, .out = kernel->shape[kernel->ndim - 1],
			};
	}
	return w;
}

void mc_mlp_fresh(struct mc_mlp *g, int fresh)
{
	for (int i = 0; i < g->layers; i++)
		g->l[i].fresh = fresh;
}

void mc_mlp_forward_above(const struct mc_mlp *w, size_t n, const struct mc_mlp_hidden *r, mc_real *y, size_t ldy)
{
	const int last = w->layers - 1;

	for (int i = 1; i < last; i++)
		mc_dense_forward(r->h[i], w->l[i].out, r->h[i - 1], w->l[i].in, &w->l[i], n, 1);
	mc_dense_forward(y, ldy, r->h[last - 1], w->l[last].in, &w->l[last], n, 0);
}

void mc_mlp_backward_above(const struct mc_mlp *w, const struct mc_mlp *g, size_t n,
    const struct mc_mlp_hidden *r, mc_real *dy, size_t lddy)
{
	const int last = w->layers - 1;

	mc_dense_backward(r->dh[last - 1], w->l[last].in, g ? &g->l[last] : NULL, dy, lddy, NULL, 0,
	    r->h[last - 1], w->l[last].in, &w->l[last], n, 0);
	for (int i = last - 1; i > 0; i--)
		mc_dense_backward(r->dh[i - 1], w->l[i].in, g ? &g->l[i] : NULL, r->dh[i], w->l[i].out,
		    r->h[i], w->l[i].out, r->h[i - 1], w->l[i].in, &w->l[i], n, 1);
}

void mc_mlp_forward(const struct mc_mlp *w, size_t n, const mc_real *x, size_t ldx,
    const struct mc_mlp_hidden *r, mc_real *y, size_t ldy)
{
	mc_dense_forward(r->h[0], w->l[0].out, x, ldx, &w->l[0], n, 1);
	mc_mlp_forward_above(w, n, r, y, ldy);
}

void mc_mlp_backward(const struct mc_mlp *w, const struct mc_mlp *g, size_t n, const mc_real *x, size_t ldx,
    const struct mc_mlp_hidden *r, mc_real *dy, size_t lddy, mc_real *dx, size_t lddx)
{
	mc_mlp_backward_above(w, g, n, r, dy, lddy);
	mc_dense_backward(dx, lddx, g ? &g->l[0] : NULL, r->dh[0], w->l[0].out, r->h[0], w->l[0].out, x, ldx,
	    &w->l[0], n, 1);
}
