#include "mc_comm.h"

#include "mc_blas.h"
#include "mc_math.h"
#include "mc_mlp.h"

int mc_comm_init(struct mc_comm *x, const struct mc_dims *dims, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t rows = dims->share ? dims->T * dims->N : dims->T;
	const size_t pairs = dims->T * dims->N * dims->d, hidden = dims->T * dims->N * dims->H;
	mc_real *p = mc_arena_alloc(arena, 4 * hidden + 3 * rows * dims->H + 3 * pairs, sizeof *p,
	    "communication nets", e);

	if (!p)
		return -1;
	x->dims = *dims;
	x->P = dims->share ? 1 : dims->N;
	x->rows = rows;
	x->h0 = p;
	x->h1 = x->h0 + hidden;
	x->h0_dot = x->h1 + hidden;
	x->h1_dot = x->h0_dot + hidden;
	x->a = x->h1_dot + hidden;
	x->z = x->a + 3 * rows * dims->H;
	x->c = x->z + pairs;
	x->z_dot = x->c + pairs;
	return 0;
}

/* ---- passes over the nets ---- */

/* Net p's hidden layers. Its rows of observations start at o + p O, of logits at z + p d. */
static struct mc_mlp_hidden hidden_of(const struct mc_comm *x, size_t p)
{
	const size_t at = p * x->rows * x->dims.H;

	return (struct mc_mlp_hidden){ .h = { x->h0 + at, x->h1 + at }, .dh = { x->a + x->rows * x->dims.H, x->a } };
}

void mc_comm_forward(struct mc_comm *x, const struct mc_params *theta, const mc_real *o)
{
	const size_t O = x->dims.O, d = x->dims.d, P = x->P;

	for (size_t p = 0; p < P; p++) {
		const struct mc_mlp w = mc_mlp_at(theta, theta->v, p);
		const struct mc_mlp_hidden r = hidden_of(x, p);

		mc_mlp_forward(&w, x->rows, o + p * O, P * O, &r, x->z + p * d, P * d);
	}
	mc_vec_sigmoid(x->c, x->z, x->dims.T * x->dims.N * d);
}

/* Of y = x kernel + bias: y_dot = x V_kernel + V_bias + x_dot kernel. */
static void tangent_layer(mc_real *y_dot, size_t ldy, const mc_real *x, const mc_real *x_dot,
    const struct mc_dense *w, const struct mc_dense *v, size_t n)
{
	mc_dense_forward(y_dot, ldy, x, w->in, v, n, 0);
	mc_gemm(MC_N, MC_N, n, w->out, w->in, 1, x_dot, w->in, w->kernel, w->out, 1, y_dot, ldy);
}

void mc_comm_tangent(struct mc_comm *x, const struct mc_params *theta, mc_real *v, const mc_real *o)
{
	const size_t H = x->dims.H, O = x->dims.O, d = x->dims.d, P = x->P, n = x->rows;

	for (size_t p = 0; p < P; p++) {
		const struct mc_mlp w = mc_mlp_at(theta, theta->v, p), dir = mc_mlp_at(theta, v, p);
		const size_t at = p * n * H;

		mc_dense_forward(x->h0_dot + at, H, o + p * O, P * O, &dir.l[0], n, 0);
		mc_vec_relu_mask(x->h0_dot + at, x->h0 + at, n * H);
		tangent_layer(x->h1_dot + at, H, x->h0 + at, x->h0_dot + at, &w.l[1], &dir.l[1], n);
		mc_vec_relu_mask(x->h1_dot + at, x->h1 + at, n * H);
		tangent_layer(x->z_dot + p * d, P * d, x->h1 + at, x->h1_dot + at, &w.l[2], &dir.l[2], n);
	}
}

void mc_comm_backward(struct mc_comm *x, const struct mc_params *theta, const mc_real *o,
    mc_real *dz, mc_real *grad)
{
	const size_t O = x->dims.O, d = x->dims.d, P = x->P;

	for (size_t p = 0; p < P; p++) {
		const struct mc_mlp w = mc_mlp_at(theta, theta->v, p), g = mc_mlp_at(theta, grad, p);
		const struct mc_mlp_hidden r = hidden_of(x, p);

		mc_mlp_backward(&w, &g, x->rows, o + p * O, P * O, &r, dz + p * d, P * d, NULL, 0);
	}
}

/* grad.kernel += x_dot^T dy_dot and dx += dy_dot V^T: what a tangent's layer adds to its value's. */
static void backward_tangent_layer(mc_real *dx, const mc_real *x_dot, const mc_real *dy_dot,
    size_t ldy, const struct mc_dense *g, const struct mc_dense *v, size_t n)
{
	mc_gemm(MC_T, MC_N, g->in, g->out, n, 1, x_dot, g->in, dy_dot, ldy, 1, g->kernel, g->out);
	mc_gemm(MC_N, MC_T, n, g->in, g->out, 1, dy_dot, ldy, v->kernel, v->out, 1, dx, g->in);
}

/* The first layer's tangent o V_0 + u_0 does not depend on theta: nothing goes down to it. */
void mc_comm_backward_tangent(struct mc_comm *x, const struct mc_params *theta, mc_real *v,
    const mc_real *o, mc_real *dz, mc_real *dz_dot, mc_real *grad)
{
	const size_t H = x->dims.H, O = x->dims.O, d = x->dims.d, P = x->P, n = x->rows;
	mc_real *a1 = x->a, *a0 = a1 + n * H, *a1_dot = a0 + n * H;

	for (size_t p = 0; p < P; p++) {
		const struct mc_mlp w = mc_mlp_at(theta, theta->v, p), g = mc_mlp_at(theta, grad, p);
		const struct mc_mlp dir = mc_mlp_at(theta, v, p);
		const mc_real *h0 = x->h0 + p * n * H, *h1 = x->h1 + p * n * H;
		const mc_real *y_dot = dz_dot + p * d;

		mc_dense_backward(a1, H, &g.l[2], dz + p * d, P * d, NULL, 0, h1, H, &w.l[2], n, 0);
		backward_tangent_layer(a1, x->h1_dot + p * n * H, y_dot, P * d, &g.l[2], &dir.l[2], n);
		mc_gemm(MC_N, MC_T, n, H, d, 1, y_dot, P * d, w.l[2].kernel, d, 0, a1_dot, H);
		mc_vec_relu_mask(a1_dot, h1, n * H);

		mc_dense_backward(a0, H, &g.l[1], a1, H, h1, H, h0, H, &w.l[1], n, 1);
		backward_tangent_layer(a0, x->h0_dot + p * n * H, a1_dot, H, &g.l[1], &dir.l[1], n);
		mc_dense_backward(NULL, 0, &g.l[0], a0, H, h0, H, o + p * O, P * O, &w.l[0], n, 1);
	}
}

/* ---- decisions ---- */

/* log1p(e^-|z|), of which both log-probabilities and the entropy are made. */
static mc_real soft_part(mc_real z)
{
	return MC_M(log1p)(MC_M(exp)(-MC_M(fabs)(z)));
}

static double log_probability(mc_real z, int asked, mc_real soft)
{
	const mc_real against = asked ? -z : z;

	return -((double)(against > 0 ? against : 0) + (double)soft);
}

void mc_comm_log_c(mc_real *log_c, const mc_real *z, const uint8_t *I, const uint8_t *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		log_c[i] = m[i] ? (mc_real)log_probability(z[i], I[i], soft_part(z[i])) : 0;
}

void mc_comm_score(mc_real *dz, const mc_real *c, const uint8_t *I, const uint8_t *m,
    const mc_real *A, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dz[i] = m[i] ? ((mc_real)I[i] - c[i]) * A[i] : 0;
}

void mc_comm_score_team(mc_real *dz, const mc_real *c, const uint8_t *I, const uint8_t *m,
    const mc_real *advantage, size_t T, size_t pairs)
{
	for (size_t t = 0; t < T; t++)
		for (size_t i = t * pairs; i < (t + 1) * pairs; i++)
			dz[i] = m[i] ? ((mc_real)I[i] - c[i]) * advantage[t] : 0;
}

static double entropy(mc_real z, mc_real c, mc_real soft)
{
	return (double)(z > 0 ? z * (1 - c) : -z * c) + (double)soft;
}

double mc_comm_objective(mc_real *dz, const mc_real *z, const mc_real *c, const uint8_t *I,
    const uint8_t *m, const mc_real *advantage, size_t T, size_t pairs, double beta, double scale)
{
	const mc_real b = (mc_real)beta, s = (mc_real)scale;
	double sum = 0;

	for (size_t t = 0; t < T; t++)
		for (size_t i = t * pairs; i < (t + 1) * pairs; i++) {
			const mc_real soft = m[i] ? soft_part(z[i]) : 0;

			dz[i] = !m[i] ? 0 : s * (((mc_real)I[i] - c[i]) * advantage[t]
			    - b * z[i] * c[i] * (1 - c[i]));
			sum += !m[i] ? 0 : log_probability(z[i], I[i], soft) * (double)advantage[t]
			    + beta * entropy(z[i], c[i], soft);
		}
	return sum;
}

void mc_comm_stats(struct mc_comm_stats *s, const mc_real *z, const mc_real *c, const uint8_t *m,
    size_t n)
{
	double live = 0, sum = 0, H = 0, saturated = 0;

	for (size_t i = 0; i < n; i++) {
		if (!m[i])
			continue;
		live++;
		sum += (double)c[i];
		H += entropy(z[i], c[i], soft_part(z[i]));
		saturated += c[i] < (mc_real)0.01 || c[i] > (mc_real)0.99;
	}
	s->c_mean = sum / live;
	s->entropy = H / live;
	s->saturated = saturated / live;
}

void mc_comm_pairs(mc_real *c_pair, mc_real *asked_pair, const mc_real *c, const uint8_t *I,
    const uint8_t *m, size_t steps, size_t pairs)
{
	for (size_t k = 0; k < pairs; k++) {
		double live = 0, sum = 0, asked = 0;

		for (size_t i = k; i < steps * pairs; i += pairs) {
			live += m[i];
			sum += m[i] ? (double)c[i] : 0;
			asked += m[i] ? I[i] : 0;
		}
		c_pair[k] = (mc_real)(sum / live);
		asked_pair[k] = (mc_real)(asked / live);
	}
}
