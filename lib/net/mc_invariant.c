#include "mc_invariant.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_math.h"

struct mc_invariant_work {
	mc_real *x;                  /* [rows,N,O+A] */
	mc_real *h, *e, *dh, *de;    /* [rows,N,H] */
	mc_real *mean_h, *mean_e;    /* [rows,H] */
	mc_real *one, *moved;        /* [rows,H] h^i with the new action, and its change */
	mc_real *own, *team, *d;     /* [rows,H] scratch: what e^i, and every e, gets; an adjoint */
	mc_real *d1;                 /* [H] */
};

struct mc_invariant_net mc_invariant_at(const struct mc_params *p, mc_real *v, const struct mc_dims *dims)
{
	struct mc_invariant_net net = {
		.N = dims->N, .O = dims->O, .A = dims->A, .H = dims->H,
		.mlp = mc_mlp_at(p, v, 0),
	};

	for (int i = 0; i < p->tensors; i++)
		if (strcmp(p->tensor[i].layer, "team") == 0)
			net.team = v + p->tensor[i].offset;
	return net;
}

static int take(mc_real **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "critic", e);
	return *p != NULL;
}

struct mc_invariant_work *mc_invariant_work_new(const struct mc_dims *dims, size_t rows,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t n = rows * dims->H, all = n * dims->N;
	struct mc_invariant_work *w = mc_arena_alloc(arena, 1, sizeof *w, "critic", e);

	if (!w || !take(&w->x, rows * dims->N * (dims->O + dims->A), arena, e) ||
	    !take(&w->h, all, arena, e) || !take(&w->e, all, arena, e) ||
	    !take(&w->dh, all, arena, e) || !take(&w->de, all, arena, e) ||
	    !take(&w->mean_h, n, arena, e) || !take(&w->mean_e, n, arena, e) || !take(&w->d, n, arena, e) ||
	    !take(&w->own, n, arena, e) || !take(&w->team, n, arena, e) ||
	    !take(&w->one, n, arena, e) || !take(&w->moved, n, arena, e) ||
	    !take(&w->d1, dims->H, arena, e))
		return NULL;
	return w;
}

/* ---- over the agents of each row: arrays [n,N,H] and [n,H] ---- */

/* to = scale times the sum over agents */
static void sum_agents(const struct mc_invariant_net *net, size_t n, const mc_real *restrict from, mc_real scale,
    mc_real *restrict to)
{
	const size_t N = net->N, H = net->H;

	for (size_t b = 0; b < n; b++, to += H) {
		memcpy(to, from, H * sizeof *to);
		from += H;
		for (size_t i = 1; i < N; i++, from += H)
			mc_vec_add(to, from, H);
		for (size_t k = 0; k < H; k++)
			to[k] *= scale;
	}
}

/* to = keep to + scale row, for every agent of the row; keep is 0 or 1 */
static void give_agents(const struct mc_invariant_net *net, size_t n, const mc_real *restrict row, mc_real scale,
    int keep, mc_real *restrict to)
{
	const size_t N = net->N, H = net->H;

	for (size_t b = 0; b < n; b++, row += H)
		for (size_t i = 0; i < N; i++, to += H)
			for (size_t k = 0; k < H; k++)
				to[k] = (keep ? to[k] : 0) + scale * row[k];
}

/* ---- eq. (1): all actions as stored ---- */

static void join(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n, const mc_real *o, const mc_real *a)
{
	const size_t O = net->O, A = net->A;
	mc_real *x = w->x;

	for (size_t row = 0; row < n * net->N; row++, x += O + A) {
		memcpy(x, o + row * O, O * sizeof *x);
		memcpy(x + O, a + row * A, A * sizeof *x);
	}
}

/* w->e, before ReLU, from w->h; leaves g in w->mean_h. */
static void second_layer(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n)
{
	const size_t H = net->H;

	sum_agents(net, n, w->h, 1 / (mc_real)net->N, w->mean_h);
	mc_gemm(MC_N, MC_N, n, H, H, 1, w->mean_h, H, net->team, H, 0, w->team, H);
	mc_dense_forward(w->e, H, w->h, H, &net->mlp.l[1], n * net->N, 0);
	give_agents(net, n, w->team, 1, 1, w->e);
}

void mc_invariant_forward(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *q)
{
	const size_t H = net->H, X = net->O + net->A, rows = n * net->N;

	join(w, net, n, o, a);
	mc_dense_forward(w->h, H, w->x, X, &net->mlp.l[0], rows, 1);
	second_layer(w, net, n);
	mc_vec_relu(w->e, rows * H);
	sum_agents(net, n, w->e, 1 / (mc_real)net->N, w->mean_e);
	mc_dense_forward(q, 1, w->mean_e, H, &net->mlp.l[2], n, 0);
}

void mc_invariant_backward(struct mc_invariant_work *w, const struct mc_invariant_net *net,
    const struct mc_invariant_net *g, size_t n, mc_real *dq)
{
	const size_t H = net->H, X = net->O + net->A, rows = n * net->N;
	const mc_real each = 1 / (mc_real)net->N;

	mc_dense_backward(w->d, H, &g->mlp.l[2], dq, 1, NULL, 0, w->mean_e, H, &net->mlp.l[2], n, 0);
	give_agents(net, n, w->d, each, 0, w->de);
	mc_dense_backward(w->dh, H, &g->mlp.l[1], w->de, H, w->e, H, w->h, H, &net->mlp.l[1], rows, 1);
	sum_agents(net, n, w->de, 1, w->d);                              /* of g kernel_team */
	mc_gemm(MC_T, MC_N, H, H, n, 1, w->mean_h, H, w->d, H, 1, g->team, H);
	mc_gemm(MC_N, MC_T, n, H, H, each, w->d, H, net->team, H, 0, w->team, H);
	give_agents(net, n, w->team, 1, 1, w->dh);
	mc_dense_backward(NULL, 0, &g->mlp.l[0], w->dh, H, w->h, H, w->x, X, &net->mlp.l[0], rows, 1);
}

/* ---- eq. (3): one agent's action is another ---- */

void mc_invariant_first(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *z)
{
	const size_t H = net->H, X = net->O + net->A, rows = n * net->N;

	join(w, net, n, o, a);
	mc_dense_forward(w->h, H, w->x, X, &net->mlp.l[0], rows, 0);
	for (size_t row = 0; row < rows; row++)
		memcpy(z + 2 * row * H, w->h + row * H, H * sizeof *z);
	mc_vec_relu(w->h, rows * H);
	second_layer(w, net, n);
	for (size_t row = 0; row < rows; row++)
		memcpy(z + (2 * row + 1) * H, w->e + row * H, H * sizeof *z);
}

/* h^i with the new action to w->one, its change to w->moved. */
static void move(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n,
    const mc_real *z, const mc_real *delta)
{
	const size_t H = net->H, A = net->A;

	for (size_t b = 0; b < n; b++)
		memcpy(w->one + b * H, z + 2 * (b * net->N + i) * H, H * sizeof *z);
	memcpy(w->moved, w->one, n * H * sizeof *z);
	mc_vec_relu(w->moved, n * H);
	mc_gemm(MC_N, MC_N, n, H, A, 1, delta, A, net->mlp.l[0].kernel + net->O * H, H, 1, w->one, H);
	mc_vec_relu(w->one, n * H);
	for (size_t k = 0; k < n * H; k++)
		w->moved[k] = w->one[k] - w->moved[k];
}

/* e = relu(z + by) is added to sum, and its adjoint, d where e is not 0, to dsum. */
static void add_e(size_t H, const mc_real *restrict z, const mc_real *restrict by, const mc_real *restrict d,
    mc_real *restrict sum, mc_real *restrict dsum)
{
	for (size_t k = 0; k < H; k++) {
		const mc_real e = z[k] + by[k];

		sum[k] += e > 0 ? e : 0;
		dsum[k] += e > 0 ? d[k] : 0;
	}
}

/*
 * The sum over agents of e to w->mean_e, and with each e's adjoint w->d1: to w->moved that of e^i's
 * z, to w->d the sum of all.
 */
static void all_e(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n, const mc_real *z)
{
	const size_t N = net->N, H = net->H;

	memset(w->mean_e, 0, n * H * sizeof *w->mean_e);
	memset(w->moved, 0, n * H * sizeof *w->moved);
	for (size_t b = 0; b < n; b++) {
		const size_t at = b * H;

		add_e(H, z + (2 * (b * N + i) + 1) * H, w->own + at, w->d1, w->mean_e + at, w->moved + at);
		memcpy(w->d + at, w->moved + at, H * sizeof *w->d);
		for (size_t j = 0; j < N; j++)
			if (j != i)
				add_e(H, z + (2 * (b * N + j) + 1) * H, w->team + at, w->d1, w->mean_e + at, w->d + at);
	}
}

void mc_invariant_action(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n,
    const mc_real *z, const mc_real *delta, mc_real scale, mc_real *q, mc_real *da)
{
	const size_t H = net->H;
	const mc_real each = 1 / (mc_real)net->N;
	const struct mc_dense *dense = net->mlp.l;

	move(w, net, i, n, z, delta);
	mc_gemm(MC_N, MC_N, n, H, H, each, w->moved, H, net->team, H, 0, w->team, H);
	memcpy(w->own, w->team, n * H * sizeof *w->own);
	mc_gemm(MC_N, MC_N, n, H, H, 1, w->moved, H, dense[1].kernel, H, 1, w->own, H);
	for (size_t k = 0; k < H; k++)
		w->d1[k] = scale * each * dense[2].kernel[k];
	all_e(w, net, i, n, z);
	for (size_t k = 0; k < n * H; k++)
		w->mean_e[k] *= each;
	mc_dense_forward(q, 1, w->mean_e, H, &dense[2], n, 0);

	mc_gemm(MC_N, MC_T, n, H, H, 1, w->moved, H, dense[1].kernel, H, 0, w->own, H);
	mc_gemm(MC_N, MC_T, n, H, H, each, w->d, H, net->team, H, 1, w->own, H);
	mc_vec_relu_mask(w->own, w->one, n * H);
	mc_gemm(MC_N, MC_T, n, net->A, H, 1, w->own, H, dense[0].kernel + net->O * H, H, 0, da, net->A);
}
