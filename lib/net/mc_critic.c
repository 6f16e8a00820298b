#include "mc_critic.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_math.h"

/* Rows of a piece of eq. (1): small enough that a batch of 256 keeps four CPUs busy. */
enum { PART = 64 };

struct mc_critic_work {
	struct mc_invariant_work *invariant; /* if it is that critic, and then nothing else but delta */
	struct mc_mlp_hidden hidden; /* [rows,H] */
	mc_real *dq;                 /* [rows] */
	mc_real *delta;              /* [rows,A] a_pi - a^i */
};

struct mc_critic_net mc_critic_at(const struct mc_params *p, mc_real *v, const struct mc_dims *dims)
{
	struct mc_critic_net net = {
		.N = dims->N, .O = dims->O, .A = dims->A, .H = dims->H,
		.mlp = mc_mlp_at(p, v, 0),
	};

	if (dims->invariant)
		net.invariant = mc_invariant_at(p, v, dims);
	return net;
}

struct mc_critic_work *mc_critic_work_new(const struct mc_dims *dims, size_t rows,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t R = sizeof(mc_real), n = rows * dims->H;
	struct mc_critic_work *w = mc_arena_alloc(arena, 1, sizeof *w, "critic", e);

	if (!w || !(w->dq = mc_arena_alloc(arena, rows, R, "critic", e)) ||
	    !(w->delta = mc_arena_alloc(arena, rows * dims->A, R, "critic", e)))
		return NULL;
	if (dims->invariant)
		return (w->invariant = mc_invariant_work_new(dims, rows, arena, e)) ? w : NULL;
	if (!(w->hidden.h[0] = mc_arena_alloc(arena, n, R, "critic", e)) ||
	    !(w->hidden.h[1] = mc_arena_alloc(arena, n, R, "critic", e)) ||
	    !(w->hidden.dh[0] = mc_arena_alloc(arena, n, R, "critic", e)) ||
	    !(w->hidden.dh[1] = mc_arena_alloc(arena, n, R, "critic", e)))
		return NULL;
	return w;
}

/* The rows of kernel_0 that belong to the observations, and to the actions from agent i on. */
static mc_real *rows_of_o(const struct mc_critic_net *net)
{
	return net->mlp.l[0].kernel;
}

static mc_real *rows_of_a(const struct mc_critic_net *net, size_t i)
{
	return net->mlp.l[0].kernel + (net->N * net->O + i * net->A) * net->H;
}

static void first_products(const struct mc_critic_net *net, size_t n, const mc_real *o,
    const mc_real *a, mc_real *z1)
{
	const size_t NO = net->N * net->O, NA = net->N * net->A, H = net->H;

	mc_gemm(MC_N, MC_N, n, H, NO, 1, o, NO, rows_of_o(net), H, 0, z1, H);
	mc_gemm(MC_N, MC_N, n, H, NA, 1, a, NA, rows_of_a(net, 0), H, 1, z1, H);
}

size_t mc_critic_first_size(const struct mc_dims *dims)
{
	return dims->invariant ? mc_invariant_first_size(dims) : dims->H;
}

void mc_critic_first(struct mc_critic_work *w, const struct mc_critic_net *net, size_t n, const mc_real *o,
    const mc_real *a, mc_real *z1)
{
	if (w->invariant) {
		mc_invariant_first(w->invariant, &net->invariant, n, o, a, z1);
		return;
	}
	first_products(net, n, o, a, z1);
	mc_dense_finish(z1, net->H, &net->mlp.l[0], n, 0);
}

void mc_critic_forward(struct mc_critic_work *w, const struct mc_critic_net *net, size_t n,
    const mc_real *o, const mc_real *a, mc_real *q)
{
	mc_real *h = w->hidden.h[0];

	if (w->invariant) {
		mc_invariant_forward(w->invariant, &net->invariant, n, o, a, q);
		return;
	}
	first_products(net, n, o, a, h);
	mc_dense_finish(h, net->H, &net->mlp.l[0], n, 1);
	mc_mlp_forward_above(&net->mlp, n, &w->hidden, q, 1);
}

void mc_critic_backward(struct mc_critic_work *w, const struct mc_critic_net *net,
    const struct mc_critic_net *g, size_t n, const mc_real *o, const mc_real *a, const mc_real *dq)
{
	const size_t NO = net->N * net->O, NA = net->N * net->A, H = net->H;
	struct mc_dense w_o = net->mlp.l[0], g_o = g->mlp.l[0];
	mc_real *dh = w->hidden.dh[0];

	memcpy(w->dq, dq, n * sizeof *dq);
	if (w->invariant) {
		mc_invariant_backward(w->invariant, &net->invariant, &g->invariant, n, w->dq);
		return;
	}
	mc_mlp_backward_above(&net->mlp, &g->mlp, n, &w->hidden, w->dq, 1);
	w_o.in = g_o.in = NO;         /* with the ReLU and the bias; then the rows of a */
	mc_dense_backward(NULL, 0, &g_o, dh, H, w->hidden.h[0], H, o, NO, &w_o, n, 1);
	mc_gemm(MC_T, MC_N, NA, H, n, 1, a, NA, dh, H, 1, rows_of_a(g, 0), H);
}

void mc_critic_action(struct mc_critic_work *w, const struct mc_critic_net *net, size_t i, size_t n,
    const mc_real *z1, const mc_real *a, const mc_real *a_pi, mc_real scale, mc_real *q, mc_real *da)
{
	const size_t A = net->A, H = net->H;
	mc_real *h = w->hidden.h[0], *dh = w->hidden.dh[0];

	for (size_t b = 0; b < n; b++)
		for (size_t k = 0; k < A; k++)
			w->delta[b * A + k] = a_pi[b * A + k] - a[(b * net->N + i) * A + k];
	if (w->invariant) {
		mc_invariant_action(w->invariant, &net->invariant, i, n, z1, w->delta, scale, q, da);
		return;
	}
	mc_gemm_onto(MC_N, MC_N, n, H, A, w->delta, A, rows_of_a(net, i), H, z1, H, 1, h, H);
	mc_mlp_forward_above(&net->mlp, n, &w->hidden, q, 1);

	for (size_t b = 0; b < n; b++)
		w->dq[b] = scale;
	mc_mlp_backward_above(&net->mlp, NULL, n, &w->hidden, w->dq, 1);
	mc_vec_relu_mask(dh, h, n * H);
	mc_gemm(MC_N, MC_T, n, A, H, 1, dh, H, rows_of_a(net, i), H, 0, da, A);
}

/* ---- eq. (1) on a batch ---- */

struct mc_critic_step {
	struct mc_dims dims;
	struct mc_critic_work **work; /* one for each worker */
	mc_real *dq;                  /* [B] */
	double *loss, *q;             /* [parts] sums */
};

/* One call; its pieces are the parts. */
struct job {
	const struct mc_critic_step *s;
	const struct mc_params *critic;
	struct mc_critic_net net, target;
	const struct mc_critic_batch *b;
	mc_real *grad;
};

size_t mc_critic_parts(size_t B)
{
	return (B + PART - 1) / PART;
}

struct mc_critic_step *mc_critic_step_new(const struct mc_dims *dims, size_t B, int workers,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t parts = mc_critic_parts(B);
	struct mc_critic_step *s = mc_arena_alloc(arena, 1, sizeof *s, "critic step", e);

	if (!s || !(s->work = mc_arena_alloc(arena, (size_t)workers, sizeof *s->work, "critic step", e)) ||
	    !(s->dq = mc_arena_alloc(arena, B, sizeof *s->dq, "critic step", e)) ||
	    !(s->loss = mc_arena_alloc(arena, parts, sizeof *s->loss, "critic step", e)) ||
	    !(s->q = mc_arena_alloc(arena, parts, sizeof *s->q, "critic step", e)))
		return NULL;
	s->dims = *dims;
	for (int i = 0; i < workers; i++)
		if (!(s->work[i] = mc_critic_work_new(dims, PART, arena, e)))
			return NULL;
	return s;
}

/* Targets, errors and their sums for rows from ... from+n-1. */
static void temporal_difference(const struct job *j, size_t part, size_t from, size_t n)
{
	const struct mc_critic_step *s = j->s;
	const struct mc_critic_batch *b = j->b;
	const mc_real gamma = (mc_real)b->gamma, scale = 2 / (mc_real)b->B;

	s->loss[part] = s->q[part] = 0;
	for (size_t k = from; k < from + n; k++) {
		b->y[k] = b->r[k] + (b->discount ? b->discount[k] : gamma) * b->q_next[k];
		const mc_real error = b->q[k] - b->y[k];

		s->dq[k] = scale * error;
		s->loss[part] += (double)error * (double)error;
		s->q[part] += (double)b->q[k];
	}
}

static void critic_piece(void *ctx, size_t part, int worker)
{
	const struct job *j = ctx;
	const struct mc_critic_batch *b = j->b;
	const struct mc_dims *x = &j->s->dims;
	struct mc_critic_work *w = j->s->work[worker];
	const size_t from = part * PART, n = b->B - from < PART ? b->B - from : PART;
	const size_t o = from * x->N * x->O, a = from * x->N * x->A;
	mc_real *grad = j->grad + part * j->critic->size;
	const struct mc_critic_net g = mc_critic_at(j->critic, grad, x);

	memset(grad, 0, j->critic->size * sizeof *grad);
	mc_critic_forward(w, &j->target, n, b->o_next + o, b->a_next + a, b->q_next + from);
	mc_critic_forward(w, &j->net, n, b->o + o, b->a + a, b->q + from);
	temporal_difference(j, part, from, n);
	mc_critic_backward(w, &j->net, &g, n, b->o + o, b->a + a, j->s->dq + from);
}

double mc_critic_gradient(struct mc_critic_step *s, const struct mc_params *critic,
    const struct mc_params *target, const struct mc_critic_batch *b, mc_real *grad,
    double *q_mean, struct mc_pool *pool)
{
	const size_t parts = mc_critic_parts(b->B);
	struct job j = { .s = s, .critic = critic, .net = mc_critic_at(critic, critic->v, &s->dims),
		.target = mc_critic_at(target, target->v, &s->dims), .b = b, .grad = grad };
	double loss = 0, q = 0;

	mc_pool_run(pool, critic_piece, &j, parts);
	for (size_t i = 0; i < parts; i++) {
		loss += s->loss[i];
		q += s->q[i];
	}
	if (q_mean)
		*q_mean = q / (double)b->B;
	return loss / (double)b->B;
}
