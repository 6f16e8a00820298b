/*
 * What the kernels of mc_device_kernel.h do, for one i each. Included once by every implementation
 * of mc_device.h, in C and in CUDA's C++.
 */
#ifndef MC_DEVICE_BODY_H
#define MC_DEVICE_BODY_H

#include "mc_device_kernel.h"
#include "mc_math.h"
#include "mc_params.h"
#include "mc_rng.h"

#define MC_BODY static inline MC_BOTH void

/* ---- the batch ---- */

/* Draw number n of a stream at iteration k. */
static inline MC_BOTH uint32_t draw_word(uint64_t seed, uint32_t stream, uint32_t k, uint32_t n)
{
	uint32_t block[4];

	mc_rng_block(block, seed, n / 4, (enum mc_stream)stream, k, 0);
	return block[n % 4];
}

MC_BODY draw(const struct mc_k_draw *k, uint32_t b)
{
	const uint64_t word = draw_word(k->seed, MC_RNG_BATCH, k->now->k, b);
	const uint64_t number = k->now->gone + (word * k->now->count >> 32);

	k->slot[b] = (uint32_t)(number / k->T % k->slots);
	k->step[b] = (uint32_t)(number % k->T);
	if (b == 0)
		k->bad[0] = k->bad[1] = k->bad[2] = 0;
}

MC_BODY gather(const struct mc_k_gather *k, uint32_t i)
{
	const uint32_t NO = k->x.N * k->x.O, NA = k->x.N * k->x.A, Nd = k->x.N * k->x.d;
	const uint32_t width = 2 * NO + NA + 1 + 2 * Nd, b = i / width;
	uint32_t c = i % width;
	const unsigned char *slot = k->D + k->slot[b] * k->slot_bytes;
	const mc_real *o = (const mc_real *)(const void *)(slot + k->o_at);
	const mc_real *a = (const mc_real *)(const void *)(slot + k->a_at);
	const mc_real *r = (const mc_real *)(const void *)(slot + k->r_at);
	const size_t t = k->step[b], row = b;

	if (c < NO) {
		k->o[row * NO + c] = o[t * NO + c];
	} else if ((c -= NO) < NO) {
		k->o_next[row * NO + c] = o[(t + 1) * NO + c];
	} else if ((c -= NO) < NA) {
		k->a[row * NA + c] = a[t * NA + c];
	} else if ((c -= NA) == 0) {
		k->r[row] = r[t];
	} else if ((c -= 1) < Nd) {
		k->m[row * Nd + c] = slot[k->m_at + t * Nd + c];
	} else {
		c -= Nd;
		k->m_next[row * Nd + c] = slot[k->m_at + (t + 1) * Nd + c];
	}
}

MC_BODY spread(const struct mc_k_spread *k, uint32_t i)
{
	const size_t N = k->x.N, d = k->x.d, B = k->x.B, O = k->x.O;
	const size_t c = i % O, b = i / O % B, s = i / (O * B) % (d + 1), p = i / (O * B * (d + 1));
	const size_t from = s == d ? p : mc_slot_agent(p, s);
	const mc_real v = k->o[(b * N + from) * O + c];

	if (s == d)
		k->own[(p * B + b) * O + c] = v;
	else
		k->message[((p * d + s) * B + b) * O + c] = v;
}

/* ---- decisions ---- */

static inline MC_BOTH mc_real logistic(uint32_t word)
{
	const double u = (double)mc_rng_u_open(word);

	return (mc_real)(log(u) - log(1.0 - u));
}

MC_BODY decide(const struct mc_k_decide *k, uint32_t i)
{
	const uint32_t N = k->x.N, d = k->x.d, B = k->x.B;
	const uint32_t j = i % d, b = i / d % B, p = i / (d * B), at = (b * N + p) * d + j;
	const mc_real z = k->z0[i] + k->bias[p * k->stride + j];
	const uint32_t word = k->u ? 0 : draw_word(k->seed, k->stream, k->now->k, at);

	if (k->temp > 0) {
		const mc_real L = k->u ? k->u[at] : logistic(word), soft = mc_sigmoid((z + L) / k->temp);

		k->soft[at] = soft;
		k->I[at] = k->m[at] && soft > (mc_real)0.5;
	} else {
		k->I[at] = k->m[at] && (k->u ? k->u[at] : mc_rng_u(word)) < mc_sigmoid(z);
	}
	if (k->z)
		k->z[at] = z;
}

MC_BODY gate_backward(const struct mc_k_gate_backward *k, uint32_t i)
{
	const uint32_t N = k->x.N, d = k->x.d, B = k->x.B;
	const uint32_t j = i % d, b = i / d % B, p = i / (d * B), at = (b * N + p) * d + j;
	const mc_real soft = k->soft[at];

	k->dz[i] = k->m[at] ? k->dI[i] * soft * (1 - soft) / k->temp : 0;
}

/* ---- the LSTM ---- */

/* Where unit h of row b of agent p stands in arrays of one step and of all, and its decision at s. */
struct place { size_t one, all, gates, next; uint32_t ask; };

static inline MC_BOTH struct place place_of(const struct mc_k_shape *x, uint32_t s, uint32_t i)
{
	const uint32_t h = i % x->H, b = i / x->H % x->B, p = i / (x->H * x->B);
	const size_t row = ((size_t)p * x->d + s) * x->B + b;
	struct place at;

	at.one = i;
	at.all = row * x->H + h;
	at.gates = row * 4 * x->H + h;
	at.next = at.all + (size_t)x->B * x->H;
	at.ask = (b * x->N + p) * x->d + s;
	return at;
}

MC_BODY cell(const struct mc_k_cell *k, uint32_t n)
{
	const size_t H = k->x.H;
	const struct place at = place_of(&k->x, k->s, n);
	mc_real *gate = k->gates + at.gates;
	const mc_real *bias = k->bias + n / (H * k->x.B) * k->stride + n % H;
	const mc_real i = mc_sigmoid(gate[0] + bias[0]), f = mc_sigmoid(gate[H] + bias[H]);
	const mc_real g = MC_M(tanh)(gate[2 * H] + bias[2 * H]), o = mc_sigmoid(gate[3 * H] + bias[3 * H]);
	const mc_real c0 = k->c_before[at.all], c = f * c0 + i * g, tc = MC_M(tanh)(c);
	const int open = k->I[at.ask];
	const mc_real h = open ? o * tc : k->h_before[at.all];

	gate[0] = i;
	gate[H] = f;
	gate[2 * H] = g;
	gate[3 * H] = o;
	k->tc[at.all] = tc;
	if (k->s + 1 < k->x.d) {
		k->h_before[at.next] = h;
		k->c_before[at.next] = open ? c : c0;
	} else {
		k->h_last[at.one] = h;
	}
}

MC_BODY cell_backward(const struct mc_k_cell_backward *k, uint32_t n)
{
	const size_t H = k->x.H;
	const struct place at = place_of(&k->x, k->s, n);
	const int last = k->s + 1 == k->x.d, open = k->I[at.ask];
	mc_real *gate = k->gates + at.gates;
	const mc_real i = gate[0], f = gate[H], g = gate[2 * H], o = gate[3 * H];
	const mc_real tc = k->tc[at.all], c0 = k->c_before[at.all];
	const mc_real dh = !last && k->I[at.ask + 1] ? k->dh0[at.one] : k->dh[at.one];
	const mc_real dc = last ? 0 : k->dc[at.one];
	const mc_real s = dc + dh * o * (1 - tc * tc);

	/* <dh, h~ - h0> + <dc, c~ - c0> with the candidate c~ = f c0 + i g, h~ = o tanh(c~) */
	if (k->gate)
		k->gate[at.one] = dh * (o * tc - k->h_before[at.all]) + dc * (i * g + (f - 1) * c0);
	gate[0] = open ? s * g * i * (1 - i) : 0;
	gate[H] = open ? s * c0 * f * (1 - f) : 0;
	gate[2 * H] = open ? s * i * (1 - g * g) : 0;
	gate[3 * H] = open ? dh * tc * o * (1 - o) : 0;
	k->dh[at.one] = dh;
	k->dc[at.one] = open ? s * f : dc;
}

/* ---- layers ---- */

MC_BODY activate(const struct mc_k_activate *k, uint32_t i)
{
	const size_t p = i / k->width / k->rows;
	const mc_real y = k->y[i] + k->bias[p * k->stride + i % k->width];

	k->y[i] = k->relu && !(y > 0) ? 0 : y;
}

MC_BODY act(const struct mc_k_act *k, uint32_t i)
{
	const size_t A = k->x.A, c = i % A, b = i / A % k->x.B, p = i / (A * k->x.B);

	k->a[b * k->row + p * k->agent + c] = MC_M(tanh)(k->z[i] + k->bias[p * k->stride + c]);
}

MC_BODY act_backward(const struct mc_k_act_backward *k, uint32_t i)
{
	k->dz[i] = k->da[i] * (1 - k->a[i] * k->a[i]);
}

MC_BODY first(const struct mc_k_first *k, uint32_t i)
{
	const size_t H = k->x.H, A = k->x.A, N = k->x.N, h = i % H, b = i / H % k->x.B, p = i / (H * k->x.B);
	mc_real z = k->z1[b * H + h] + k->bias[h];

	for (size_t c = 0; c < A; c++)
		z += (k->a_pi[(p * k->x.B + b) * A + c] - k->a[(b * N + p) * A + c]) * k->kernel[(p * A + c) * H + h];
	k->y[i] = z > 0 ? z : 0;
}

MC_BODY relu_backward(const struct mc_k_relu_backward *k, uint32_t i)
{
	k->dy[i] = k->y[i] > 0 ? k->dy[i] : 0;
}

MC_BODY top_backward(const struct mc_k_top_backward *k, uint32_t i)
{
	k->dy[i] = k->y[i] > 0 ? (k->dq ? k->dq[i / k->H] : k->scale) * k->w[i % k->H] : 0;
}

MC_BODY error(const struct mc_k_error *k, uint32_t b)
{
	const mc_real q = k->q[b] + *k->bias, q_next = k->q_next[b] + *k->bias_next;
	const mc_real y = k->r[b] + k->now->gamma * q_next;

	k->q[b] = q;
	k->q_next[b] = q_next;
	k->y[b] = y;
	k->error[b] = q - y;
	k->dq[b] = k->scale * (q - y);
}

/* ---- the invariant critic ---- */

MC_BODY pool(const struct mc_k_pool *k, uint32_t i)
{
	const size_t H = k->x.H, N = k->x.N, h = i % H, b = i / H;
	const mc_real by = k->bias[h] + (k->team ? k->team[i] : 0);
	mc_real sum = 0;

	for (size_t j = 0; j < N; j++) {
		const size_t at = (b * N + j) * H + h;
		const mc_real z = k->z[at] + by, y = z > 0 ? z : 0;

		k->y[at] = y;
		sum += y;
	}
	k->mean[i] = sum / (mc_real)N;
}

MC_BODY pool_top(const struct mc_k_pool_top *k, uint32_t i)
{
	const size_t H = k->x.H, N = k->x.N, h = i % H, b = i / H;
	const mc_real d = k->dq[b] * k->w[h] / (mc_real)N;
	mc_real sum = 0;

	for (size_t j = 0; j < N; j++) {
		const size_t at = (b * N + j) * H + h;
		const mc_real dy = k->y[at] > 0 ? d : 0;

		k->dy[at] = dy;
		sum += dy;
	}
	k->sum[i] = sum;
}

MC_BODY pool_backward(const struct mc_k_pool_backward *k, uint32_t i)
{
	const size_t H = k->x.H, N = k->x.N, b = i / H / N;

	k->dy[i] = k->y[i] > 0 ? k->dy[i] + k->dmean[b * H + i % H] / (mc_real)N : 0;
}

MC_BODY move(const struct mc_k_move *k, uint32_t i)
{
	const size_t H = k->x.H, A = k->x.A, N = k->x.N, h = i % H, b = i / H % k->x.B, p = i / (H * k->x.B);
	const mc_real stored = k->z[(b * N + p) * H + h] + k->bias[h];
	mc_real z = stored;

	for (size_t c = 0; c < A; c++)
		z += (k->a_pi[(p * k->x.B + b) * A + c] - k->a[(b * N + p) * A + c]) * k->kernel[c * H + h];
	const mc_real y = z > 0 ? z : 0;

	k->y[i] = y;
	k->moved[i] = y - (stored > 0 ? stored : 0);
}

MC_BODY feel(const struct mc_k_feel *k, uint32_t i)
{
	const size_t H = k->x.H, N = k->x.N, h = i % H, b = i / H % k->x.B, p = i / (H * k->x.B);
	const mc_real each = 1 / (mc_real)N, d = k->scale * each * k->w[h];
	const mc_real by = k->bias[h] + k->team[b * H + h] + each * k->all[i];
	mc_real sum = 0, down = 0, dall = 0;

	for (size_t j = 0; j < N; j++) {
		const mc_real e = k->z[(b * N + j) * H + h] + by + (j == p ? k->own[i] : 0), de = e > 0 ? d : 0;

		sum += e > 0 ? e : 0;
		down = j == p ? de : down;
		dall += de;
	}
	k->mean[i] = each * sum;
	k->down[i] = down;
	k->dall[i] = each * dall;
}

/* ---- sums ---- */

MC_BODY sum(const struct mc_k_sum *k, uint32_t i)
{
	const mc_real *x = k->x + (size_t)(i / k->lanes) * k->rows;
	double s = 0;

	for (uint32_t r = i % k->lanes; r < k->rows; r += k->lanes)
		s += k->square ? (double)x[r] * (double)x[r] : (double)x[r];
	k->sum[i] = s;
}

MC_BODY sum_squares(const struct mc_k_sum_squares *k, uint32_t i)
{
	const size_t owner = i / k->lanes;
	double s = 0;

	for (uint32_t t = 0; t < k->layout.tensors; t++) {
		const mc_real *x = k->grad + k->layout.offset[t] + owner * k->layout.one[t];

		for (size_t e = i % k->lanes; e < k->layout.one[t]; e += k->lanes)
			s += (double)x[e] * (double)x[e];
	}
	k->sum[i] = s;
}

static inline MC_BOTH double total(const double *x, uint32_t n)
{
	double s = 0;

	for (uint32_t i = 0; i < n; i++)
		s += x[i];
	return s;
}

MC_BODY clip(const struct mc_k_clip *k, uint32_t owner)
{
	const double s = total(k->lane + (size_t)owner * k->lanes, k->lanes);

	k->sumsq[owner] = s;
	k->scale[owner] = k->most > 0 && sqrt(s) > k->most ? (mc_real)(k->most / sqrt(s)) : 1;
}

MC_BODY metrics(const struct mc_k_metrics *k, uint32_t i)
{
	switch (i) {
	case 0: k->metric[i] = total(k->loss, k->lanes) / k->B; break;
	case 1: k->metric[i] = total(k->q, k->lanes) / k->B; break;
	case 2: k->metric[i] = total(k->objective, k->N * k->lanes) / k->B / k->N; break;
	case 3: k->metric[i] = sqrt(total(k->policy, k->policies)); break;
	case 4: k->metric[i] = sqrt(*k->critic); break;
	default:
		if (k->comm)
			k->metric[i] = sqrt(total(k->comm, k->policies));
	}
}

/* ---- optimisers ---- */

/* Whose is element i? */
static inline MC_BOTH size_t owner_of(const struct mc_k_layout *x, uint32_t i)
{
	uint32_t t = x->tensors - 1;

	while (i < x->offset[t])
		t--;
	return (i - x->offset[t]) / x->one[t];
}

static inline MC_BOTH int not_finite(mc_real x)
{
	return !(x - x == 0);
}

MC_BODY adam(const struct mc_k_adam *k, uint32_t i)
{
	const mc_real scale = k->scale ? k->scale[owner_of(&k->layout, i)] : 1;
	const mc_real g = scale < 1 ? scale * k->grad[i] : k->grad[i];
	const mc_real m = k->b1 * k->m[i] + k->rest1 * g, v = k->b2 * k->v[i] + k->rest2 * g * g;
	const mc_real lr = k->now->lr[k->which], bias = k->now->scale[k->which];
	const mc_real theta = k->theta[i] + lr * m / (MC_M(sqrt)(v * bias) + k->eps);

	k->m[i] = m;
	k->v[i] = v;
	k->theta[i] = theta;
	k->target[i] = k->keep * k->target[i] + k->take * theta;
	if (not_finite(theta) || not_finite(v))
		*k->bad = 1;
}

MC_BODY rmsprop(const struct mc_k_rmsprop *k, uint32_t i)
{
	const mc_real g = k->grad[i], nu = k->rho * k->nu[i] + k->rest * g * g;
	const mc_real theta = k->theta[i] + k->lr * g / MC_M(sqrt)(nu + k->eps);

	k->nu[i] = nu;
	k->theta[i] = theta;
	k->target[i] = k->keep * k->target[i] + k->take * theta;
	if (not_finite(theta) || not_finite(nu))
		*k->bad = 1;
}

#endif
