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
	mc_real *part;               /* [rows,H] moved / N */
	mc_real *d1, *d1_part;       /* [H] */
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
	    !take(&w->one, n, arena, e) || !take(&w->moved, n, arena, e) || !take(&w->part, n, arena, e) ||
	    !take(&w->d1, dims->H, arena, e) || !take(&w->d1_part, dims->H, arena, e))
		return NULL;
	return w;
}

/* ---- over the agents of each row: arrays [n,N,H] and [n,H] ---- */

/* x *= by */
static void scale_by(mc_real by, mc_real *x, size_t n)
{
	for (size_t k = 0; k < n; k++)
		x[k] *= by;
}

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
		if (scale != 1)
			scale_by(scale, to, H);
	}
}

/* to += row, for every agent of the row; agents ld apart */
static void give_agents(const struct mc_invariant_net *net, size_t n, const mc_real *row, mc_real *to, size_t ld)
{
	for (size_t b = 0; b < n; b++, row += net->H)
		for (size_t i = 0; i < net->N; i++, to += ld)
			mc_vec_add(to, row, net->H);
}

/* to = scale row where e is not 0, for every agent of the row */
static void give_live(const struct mc_invariant_net *net, size_t n, const mc_real *restrict row, mc_real scale,
    const mc_real *restrict e, mc_real *restrict to)
{
	const size_t N = net->N, H = net->H;

	for (size_t b = 0; b < n; b++, row += H)
		for (size_t i = 0; i < N; i++, to += H, e += H)
			for (size_t k = 0; k < H; k++)
				to[k] = e[k] > 0 ? scale * row[k] : 0;
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

/* To e, before ReLU, its rows ld apart, from w->h; leaves g in w->mean_h. */
static void second_layer(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n, mc_real *e, size_t ld)
{
	const size_t H = net->H;

	sum_agents(net, n, w->h, 1 / (mc_real)net->N, w->mean_h);
	mc_gemm(MC_N, MC_N, n, H, H, 1, w->mean_h, H, net->team, H, 0, w->team, H);
	mc_dense_forward(e, ld, w->h, H, &net->mlp.l[1], n * net->N, 0);
	give_agents(net, n, w->team, e, ld);
}

void mc_invariant_forward(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *q)
{
	const size_t H = net->H, X = net->O + net->A, rows = n * net->N;

	join(w, net, n, o, a);
	mc_dense_forward(w->h, H, w->x, X, &net->mlp.l[0], rows, 1);
	second_layer(w, net, n, w->e, H);
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
	give_live(net, n, w->d, each, w->e, w->de);
	mc_dense_backward(w->dh, H, &g->mlp.l[1], w->de, H, NULL, 0, w->h, H, &net->mlp.l[1], rows, 0);
	sum_agents(net, n, w->de, 1, w->d);                              /* of g kernel_team */
	mc_gemm(MC_T, MC_N, H, H, n, 1, w->mean_h, H, w->d, H, 1, g->team, H);
	scale_by(each, w->d, n * H);
	mc_gemm(MC_N, MC_T, n, H, H, 1, w->d, H, net->team, H, 0, w->team, H);
	give_agents(net, n, w->team, w->dh, H);
	mc_dense_backward(NULL, 0, &g->mlp.l[0], w->dh, H, w->h, H, w->x, X, &net->mlp.l[0], rows, 1);
}

/* ---- eq. (3): one agent's action is another ---- */

/* y = relu(x) */
static void live(mc_real *restrict y, const mc_real *restrict x, size_t n)
{
	for (size_t k = 0; k < n; k++)
		y[k] = x[k] > 0 ? x[k] : 0;
}

void mc_invariant_first(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *z)
{
	const size_t H = net->H, X = net->O + net->A, rows = n * net->N;

	join(w, net, n, o, a);
	mc_dense_forward(z, 2 * H, w->x, X, &net->mlp.l[0], rows, 0);
	for (size_t row = 0; row < rows; row++)
		live(w->h + row * H, z + 2 * row * H, H);
	second_layer(w, net, n, z + H, 2 * H);
}

/* h^i with the new action to w->one, its change to w->moved, its share of the mean's to w->part. */
static void move(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n,
    const mc_real *z, const mc_real *delta)
{
	const size_t H = net->H, A = net->A, row = 2 * net->N * H;
	const mc_real each = 1 / (mc_real)net->N;

	z += 2 * i * H;
	mc_gemm_onto(MC_N, MC_N, n, H, A, delta, A, net->mlp.l[0].kernel + net->O * H, H, z, row, 1, w->one, H);
	for (size_t b = 0; b < n; b++)
		for (size_t k = 0; k < H; k++) {
			const mc_real was = z[b * row + k], by = w->one[b * H + k] - (was > 0 ? was : 0);

			w->moved[b * H + k] = by;
			w->part[b * H + k] = each * by;
		}
}

/* e = relu(z + by), and its adjoints, d and d_part where e is not 0. */
static void begin_e(size_t H, const mc_real *restrict z, const mc_real *restrict by, const mc_real *restrict d,
    const mc_real *restrict d_part, mc_real *restrict sum, mc_real *restrict own, mc_real *restrict dsum)
{
	for (size_t k = 0; k < H; k++) {
		const mc_real e = z[k] + by[k];

		sum[k] = e > 0 ? e : 0;
		own[k] = e > 0 ? d[k] : 0;
		dsum[k] = e > 0 ? d_part[k] : 0;
	}
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
 * z, to w->d the sum of all, over N.
 */
static void all_e(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n, const mc_real *z)
{
	const size_t N = net->N, H = net->H;

	for (size_t b = 0; b < n; b++) {
		const size_t at = b * H;

		begin_e(H, z + (2 * (b * N + i) + 1) * H, w->own + at, w->d1, w->d1_part, w->mean_e + at, w->moved + at, w->d + at);
		for (size_t j = 0; j < N; j++)
			if (j != i)
				add_e(H, z + (2 * (b * N + j) + 1) * H, w->team + at, w->d1_part, w->mean_e + at, w->d + at);
	}
}

void mc_invariant_action(struct mc_invariant_work *w, const struct mc_invariant_net *net, size_t i, size_t n,
    const mc_real *z, const mc_real *delta, mc_real scale, mc_real *q, mc_real *da)
{
	const size_t H = net->H;
	const mc_real each = 1 / (mc_real)net->N;
	const struct mc_dense *dense = net->mlp.l;

	move(w, net, i, n, z, delta);
	mc_gemm(MC_N, MC_N, n, H, H, 1, w->part, H, net->team, H, 0, w->team, H);
	mc_gemm_onto(MC_N, MC_N, n, H, H, w->moved, H, dense[1].kernel, H, w->team, H, 0, w->own, H);
	for (size_t k = 0; k < H; k++) {
		w->d1[k] = scale * each * dense[2].kernel[k];
		w->d1_part[k] = each * w->d1[k];
	}
	all_e(w, net, i, n, z);
	scale_by(each, w->mean_e, n * H);
	mc_dense_forward(q, 1, w->mean_e, H, &dense[2], n, 0);

	mc_gemm(MC_N, MC_T, n, H, H, 1, w->moved, H, dense[1].kernel, H, 0, w->own, H);
	mc_gemm(MC_N, MC_T, n, H, H, 1, w->d, H, net->team, H, 1, w->own, H);
	mc_vec_relu_mask(w->own, w->one, n * H);
	mc_gemm(MC_N, MC_T, n, net->A, H, 1, w->own, H, dense[0].kernel + net->O * H, H, 0, da, net->A);
}
