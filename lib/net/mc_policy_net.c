#include "mc_policy_net.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_math.h"

struct mc_policy_net mc_policy_at(const struct mc_params *p, mc_real *v, const struct mc_dims *dims,
    size_t i)
{
	const struct mc_policy_net net = {
		.agent = i, .N = dims->N, .d = dims->d, .O = dims->O, .A = dims->A, .H = dims->H,
		.lstm = mc_lstm_at(p, v, i),
		.mlp = mc_mlp_at(p, v, i),
	};

	return net;
}

void mc_policy_no_messages(const struct mc_policy_net *g)
{
	const size_t H = g->H, R = sizeof(mc_real);

	memset(g->lstm.kernel_x, 0, g->O * 4 * H * R);
	memset(g->lstm.kernel_h, 0, H * 4 * H * R);
	memset(g->lstm.bias, 0, 4 * H * R);
}

void mc_policy_lstm_gradient(const struct mc_policy_net *net, const struct mc_policy_net *g, size_t all, size_t first,
    const mc_real *x, mc_real *gates, const mc_real *h0)
{
	const size_t H = net->H, O = net->O;
	const struct mc_dense in = { .kernel = net->lstm.kernel_x, .bias = net->lstm.bias, .in = O, .out = 4 * H };
	const struct mc_dense g_in = { .kernel = g->lstm.kernel_x, .bias = g->lstm.bias, .in = O, .out = 4 * H,
		.fresh = g->fresh };

	mc_dense_backward(NULL, 0, &g_in, gates, 4 * H, NULL, 0, x, O, &in, all, 0);
	mc_gemm(MC_T, MC_N, H, 4 * H, all - first, 1, h0, H, gates + first * 4 * H, 4 * H, g->fresh ? 0 : 1,
	    g->lstm.kernel_h, 4 * H);
}

/* ---- dense layers ---- */

static int take(mc_real **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "policy work space", e);
	return *p != NULL;
}

int mc_policy_head_new(struct mc_policy_head *w, const struct mc_dims *dims, size_t rows, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t A = dims->A, H = dims->H;

	return take(&w->hidden.h[0], rows * H, arena, e) && take(&w->hidden.h[1], rows * H, arena, e) &&
	    take(&w->hidden.dh[0], rows * H, arena, e) && take(&w->hidden.dh[1], rows * H, arena, e) &&
	    take(&w->a, rows * A, arena, e) && take(&w->z, rows * A, arena, e) && take(&w->dz, rows * A, arena, e);
}

/* dense_0's rows for o^i; those for h come first and are used for rows with messages only. */
static struct mc_dense rows_of_own(const struct mc_policy_net *net)
{
	const struct mc_dense own = {
		.kernel = net->mlp.l[0].kernel + net->H * net->H, .bias = net->mlp.l[0].bias,
		.in = net->O, .out = net->H, .fresh = net->mlp.l[0].fresh,
	};

	return own;
}

void mc_policy_head_forward(struct mc_policy_head *w, const struct mc_policy_net *net, const struct mc_policy_block *in,
    mc_real *a, size_t lda)
{
	const size_t H = net->H, A = net->A;
	const struct mc_dense own = rows_of_own(net);
	mc_real *y = w->hidden.h[0];

	mc_dense_forward(y, H, in->own, net->O, &own, in->rows, 0);
	mc_gemm(MC_N, MC_N, in->heard, H, H, 1, in->last, H, net->mlp.l[0].kernel, H, 1, y, H);
	mc_vec_relu(y, in->rows * H);
	mc_mlp_forward_above(&net->mlp, in->rows, &w->hidden, w->z, A);
	mc_vec_tanh(w->a, w->z, in->rows * A);
	for (size_t p = 0; p < in->rows; p++)
		memcpy(a + in->order[p] * lda, w->a + p * A, A * sizeof *a);
}

void mc_policy_head_backward(struct mc_policy_head *w, const struct mc_policy_net *net, const struct mc_policy_net *g,
    const struct mc_policy_block *in, const mc_real *da, mc_real penalty, mc_real *dlast)
{
	const size_t H = net->H, A = net->A;
	const struct mc_dense own = rows_of_own(net), g_own = rows_of_own(g);
	mc_real *dy = w->hidden.dh[0];

	for (size_t p = 0; p < in->rows; p++)
		for (size_t k = 0; k < A; k++) {
			const mc_real a = w->a[p * A + k];

			w->dz[p * A + k] = da[in->order[p] * A + k] * (1 - a * a) - penalty * w->z[p * A + k];
		}
	mc_mlp_backward_above(&net->mlp, &g->mlp, in->rows, &w->hidden, w->dz, A);
	mc_dense_backward(NULL, 0, &g_own, dy, H, w->hidden.h[0], H, in->own, net->O, &own, in->rows, 1);
	mc_gemm(MC_T, MC_N, H, H, in->heard, 1, in->last, H, dy, H, g->mlp.l[0].fresh ? 0 : 1, g->mlp.l[0].kernel, H);
	mc_gemm(MC_N, MC_T, in->heard, H, H, 1, dy, H, net->mlp.l[0].kernel, H, 0, dlast, H);
}
