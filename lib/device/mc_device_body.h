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

/* Before a loop over rows: a GPU then has several loads on the way. */
#ifdef __CUDA_ARCH__
#define MC_UNROLL _Pragma("unroll 8")
#else
#define MC_UNROLL
#endif

/* ---- the batch ---- */

/* Draw number n of a stream at iteration k. */
static inline MC_BOTH uint32_t draw_word(uint64_t seed, uint32_t stream, uint32_t k, uint32_t n)
{
	uint32_t block[4];

	mc_rng_block(block, seed, n / 4, (enum mc_stream)stream, k, 0);
	return block[n % 4];
}

/* Which net is that of agent q, 0 ... 2N - 1, the agents of half 1 after those of half 0? */
static inline MC_BOTH size_t net_of(const struct mc_k_shape *x, size_t q)
{
	return x->P == 1 ? q / x->N : q;
}

/* Where row b of agent q stands among the messages of slot s: [2P,d,n]. */
static inline MC_BOTH size_t message_row(const struct mc_k_shape *x, uint32_t q, uint32_t s, uint32_t b)
{
	const size_t n = (size_t)x->N / x->P * x->B;

	return (net_of(x, q) * x->d + s) * n + (x->P == 1 ? q % x->N * x->B : 0) + b;
}

/* The q rewards from step t on, and what Q' counts for after them. */
static inline MC_BOTH void returned(const struct mc_k_sample *k, const mc_real *r, size_t q, size_t row)
{
	double sum = 0, weight = 1;

	for (size_t l = 0; l < q; l++, weight *= k->now->gamma)
		sum += weight * (double)r[l];
	k->r[row] = (mc_real)sum;
	if (k->discount)
		k->discount[row] = (mc_real)weight;
}

MC_BODY sample(const struct mc_k_sample *k, uint32_t i)
{
	const uint32_t N = k->x.N, d = k->x.d, B = k->x.B, O = k->x.O, A = k->x.A, W = k->x.W;
	const uint32_t width = 2 * N * O + N * A + 1 + 2 * N * d, b = i / width;
	const uint64_t word = draw_word(k->seed, MC_RNG_BATCH, k->now->k, b);
	const uint64_t number = k->now->gone + (word * k->now->count >> 32);
	const unsigned char *slot = k->D + number / k->T % k->slots * k->slot_bytes;
	const size_t t = number % k->T, left = k->T - t, ahead = k->steps < left ? k->steps : left, row = b;
	uint32_t c = i % width;

	if (i == 0)
		k->bad[0] = k->bad[1] = k->bad[2] = 0;
	if (c < 2 * N * O) {
		const uint32_t half = c / (N * O), p = c / O % N, at = c % O;
		const mc_real *o = (const mc_real *)(const void *)(slot + k->o_at);
		const mc_real v = o[(t + half * ahead) * N * O + c % (N * O)];

		k->oa[((size_t)half * B + row) * W + p * k->x.o_agent + at] = v;
		if (k->oa_pi && half == 0)
			k->oa_pi[row * W + p * k->x.o_agent + at] = v;
		k->own[(((size_t)half * N + p) * B + row) * O + at] = v;
		for (uint32_t q = 0; q < N && k->message; q++)
			if (q != p)
				k->message[message_row(&k->x, half * N + q, p < q ? p : p - 1, b) * O + at] = v;
	} else if ((c -= 2 * N * O) < N * A) {
		const mc_real *a = (const mc_real *)(const void *)(slot + k->a_at);

		k->oa[row * W + k->x.a_at + c / A * k->x.a_agent + c % A] = a[t * N * A + c];
	} else if ((c -= N * A) == 0) {
		returned(k, (const mc_real *)(const void *)(slot + k->r_at) + t, ahead, row);
	} else {
		const uint32_t half = --c / (N * d), at = c % (N * d);

		k->m[((size_t)half * B + row) * N * d + at] = slot[k->m_at + (t + half * ahead) * N * d + at];
	}
}

/* The action of agent p in row b of oa (half 0). */
static inline MC_BOTH const mc_real *action_at(const struct mc_k_shape *x, const mc_real *oa, size_t b, size_t p)
{
	return oa + b * x->W + x->a_at + p * x->a_agent;
}

/* x [n] times a column of a kernel, whose elements are `step` apart. */
static inline MC_BOTH mc_real dot(const mc_real *x, const mc_real *column, size_t n, size_t step)
{
	mc_real s = 0;

	MC_UNROLL
	for (size_t c = 0; c < n; c++)
		s += x[c] * column[c * step];
	return s;
}

/* ---- decisions ---- */

static inline MC_BOTH mc_real logistic(uint32_t word)
{
	const double u = (double)mc_rng_u_open(word);

	return (mc_real)(log(u) - log(1.0 - u));
}

MC_BODY decide(const struct mc_k_decide *k, uint32_t i)
{
	const uint32_t N = k->x.N, d = k->x.d, B = k->x.B, H = k->x.H;
	const uint32_t j = i % d, b = i / d % B, q = i / (d * B), half = q / N, here = (b * N + q % N) * d + j;
	const size_t net = net_of(&k->x, q), at = (size_t)half * B * N * d + here;
	const mc_real z = dot(k->c1 + (size_t)(i / d) * H, k->kernel + net * k->kernel_stride + j, H, d) +
	    k->bias[net * k->bias_stride + j];
	const mc_real *u = k->u[half];
	const uint32_t word = u ? 0 : draw_word(k->seed, k->stream[half], k->now->k, here);

	if (half == 0 && k->temp > 0) {
		const mc_real L = u ? u[here] : logistic(word), soft = mc_sigmoid((z + L) / k->temp);

		k->soft[here] = soft;
		k->I[at] = k->m[at] && soft > (mc_real)0.5;
	} else {
		k->I[at] = k->m[at] && (u ? u[here] : mc_rng_u(word)) < mc_sigmoid(z);
	}
	if (half == 0)
		k->z[here] = z;
}

MC_BODY gate_backward(const struct mc_k_gate_backward *k, uint32_t i)
{
	const uint32_t N = k->x.N, d = k->x.d, B = k->x.B, H = k->x.H;
	const uint32_t j = i % d, b = i / d % B, p = i / (d * B), at = (b * N + p) * d + j;
	const mc_real soft = k->soft[at], *gate = k->gate + message_row(&k->x, p, j, b) * H;
	mc_real dI = 0;

	MC_UNROLL
	for (uint32_t h = 0; h < H; h++)
		dI += gate[h];
	k->dI[i] = dI;
	k->dz[i] = k->m[at] ? dI * soft * (1 - soft) / k->temp : 0;
}

/* ---- the LSTM ---- */

/* Where unit h of row b of agent p, 0 ... 2N - 1, stands in arrays of one step and of all, and its decision at s. */
struct place { size_t one, all, gates, next; uint32_t ask; };

static inline MC_BOTH struct place place_of(const struct mc_k_shape *x, uint32_t s, uint32_t i)
{
	const uint32_t h = i % x->H, b = i / x->H % x->B, p = i / (x->H * x->B);
	const size_t row = message_row(x, p, s, b);
	struct place at;

	at.one = i;
	at.all = row * x->H + h;
	at.gates = row * 4 * x->H + h;
	at.next = at.all + (size_t)x->N / x->P * x->B * x->H;
	at.ask = ((p / x->N * x->B + b) * x->N + p % x->N) * x->d + s;
	return at;
}

MC_BODY cell(const struct mc_k_cell *k, uint32_t n)
{
	const size_t H = k->x.H;
	const struct place at = place_of(&k->x, k->s, n);
	mc_real *gate = k->gates + at.gates;
	const mc_real *bias = k->bias + net_of(&k->x, n / (H * k->x.B)) * k->stride + n % H;
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
		k->gate[at.all] = dh * (o * tc - k->h_before[at.all]) + dc * (i * g + (f - 1) * c0);
	gate[0] = open ? s * g * i * (1 - i) : 0;
	gate[H] = open ? s * c0 * f * (1 - f) : 0;
	gate[2 * H] = open ? s * i * (1 - g * g) : 0;
	gate[3 * H] = open ? dh * tc * o * (1 - o) : 0;
	k->dh[at.one] = dh;
	k->dc[at.one] = open ? s * f : dc;
}

/* ---- layers ---- */

MC_BODY dense(const struct mc_k_dense *k, uint32_t i)
{
	const size_t o = i % k->out, row = i / k->out, net = row / k->rows;
	const mc_real xk = k->in ? dot(k->x + row * k->in, k->kernel + net * k->kernel_stride + o, k->in, k->out) : 0;
	const mc_real y = xk + (k->add ? k->y[i] : 0) + k->bias[net * k->bias_stride + o];

	k->y[i] = y > 0 ? y : 0;
}

MC_BODY act(const struct mc_k_act *k, uint32_t i)
{
	const size_t A = k->x.A, B = k->x.B, N = k->x.N, c = i % A, b = i / A % B, q = i / (A * B);
	const size_t net = net_of(&k->x, q), H = k->x.H;
	const mc_real z = dot(k->y1 + i / A * H, k->kernel + net * k->kernel_stride + c, H, A) +
	    k->bias[net * k->bias_stride + c];
	const mc_real a = MC_M(tanh)(z);

	if (q < N && k->z)
		k->z[i] = z;
	if (q < N && k->oa_pi)
		k->oa_pi[b * k->x.W + k->x.a_at + q * k->x.a_agent + c] = a;
	if (q < N)
		k->a_pi[i] = a;
	else
		k->oa[(B + b) * k->x.W + k->x.a_at + (q - N) * k->x.a_agent + c] = a;
}

MC_BODY first(const struct mc_k_first *k, uint32_t i)
{
	const size_t H = k->x.H, A = k->x.A, h = i % H, b = i / H;
	const mc_real *of_actions = k->kernel + k->x.a_at * H + h;
	const mc_real z1 = (k->z1 ? k->z1[i] : dot(k->oa + b * k->x.W, k->kernel + h, k->x.W, H)) + k->bias[h];

	for (size_t p = 0; p < k->x.N; p++) {
		const mc_real *stored = action_at(&k->x, k->oa, b, p), *a_pi = k->a_pi + (p * k->x.B + b) * A;
		mc_real z = z1;

		for (size_t c = 0; c < A; c++)
			z += (a_pi[c] - stored[c]) * of_actions[(p * A + c) * H];
		k->y[(p * k->x.B + b) * H + h] = z > 0 ? z : 0;
	}
}

MC_BODY top(const struct mc_k_top *k, uint32_t i)
{
	const mc_real y = k->y[i] + k->bias[i % k->H];

	k->y[i] = y > 0 ? y : 0;
	k->dy[i] = y > 0 ? k->scale * k->w[i % k->H] : 0;
}

MC_BODY value(const struct mc_k_value *k, uint32_t i)
{
	k->q[i] = dot(k->y + (size_t)i * k->H, k->w, k->H, 1) + *k->bias;
}

MC_BODY action(const struct mc_k_action *k, uint32_t i)
{
	const size_t H = k->x.H, A = k->x.A, c = i % A, row = i / A, p = row / k->x.B;
	const mc_real *y = k->y + row * H, *dy = k->dy + row * H, *kernel = k->kernel + p * k->stride + c * H;
	mc_real da = 0;

	MC_UNROLL
	for (size_t h = 0; h < H; h++)
		da += (y[h] > 0 ? dy[h] : 0) * kernel[h];
	k->da[i] = da;
	k->dz[i] = da * (1 - k->a_pi[i] * k->a_pi[i]) - (k->z ? k->penalty * k->z[i] : 0);
}

MC_BODY back(const struct mc_k_back *k, uint32_t i)
{
	const size_t h = i % k->in, row = i / k->in, net = row / k->rows;

	k->dx[i] = k->y[i] > 0 ? dot(k->dy + row * k->out, k->kernel + net * k->stride + h * k->out, k->out, 1) : 0;
}

MC_BODY relu_backward(const struct mc_k_relu_backward *k, uint32_t i)
{
	k->dy[i] = k->y[i] > 0 ? k->dy[i] : 0;
}

MC_BODY top_backward(const struct mc_k_top_backward *k, uint32_t i)
{
	k->dy[i] = k->y[i] > 0 ? k->dq[i / k->H] * k->w[i % k->H] : 0;
}

MC_BODY error(const struct mc_k_error *k, uint32_t b)
{
	const size_t H = k->H, next = k->B + b;
	const mc_real q = dot(k->y1 + b * H, k->w, H, 1) + k->bias[0];
	const mc_real q_next = dot(k->y1 + next * H, k->w + k->w_stride, H, 1) + k->bias[1];
	const mc_real y = k->r[b] + (k->discount ? k->discount[b] : (mc_real)k->now->gamma) * q_next;

	k->q[b] = q;
	k->q[next] = q_next;
	k->y[b] = y;
	k->error[b] = q - y;
	k->dq[b] = k->scale * (q - y);
}

/* ---- the invariant critic ---- */

/* Agent j's product with the first kernel, of row b of both halves: z, or made of oa. */
static inline MC_BOTH mc_real first_product(const struct mc_k_shape *x, const mc_real *z, const mc_real *oa,
    const mc_real *kernel, size_t b, size_t j, size_t h)
{
	return z ? z[(b * x->N + j) * x->H + h] : dot(oa + b * x->W + j * x->o_agent, kernel + h, x->o_agent, x->H);
}

MC_BODY pool(const struct mc_k_pool *k, uint32_t i)
{
	const size_t H = k->x.H, N = k->x.N, h = i % H, b = i / H, net = b / k->x.B;
	const mc_real *kernel = k->kernel + net * k->kernel_stride;
	const mc_real by = k->bias[net * k->bias_stride + h] + (k->team ? k->team[i] : 0);
	mc_real sum = 0;

	for (size_t j = 0; j < N; j++) {
		const mc_real z = first_product(&k->x, k->z, k->oa, kernel, b, j, h) + by, y = z > 0 ? z : 0;

		k->y[(b * N + j) * H + h] = y;
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
	const size_t H = k->x.H, A = k->x.A, N = k->x.N, h = i % H, b = i / H;
	const mc_real *of_action = k->kernel + k->x.O * H + h;
	mc_real sum = 0;

	for (size_t p = 0; p < N; p++) {
		const mc_real *stored = action_at(&k->x, k->oa, b, p), *a_pi = k->a_pi + (p * k->x.B + b) * A;
		const size_t at = (p * k->x.B + b) * H + h;
		mc_real z = first_product(&k->x, k->z, k->oa, k->kernel, b, p, h) + k->bias[h];
		const mc_real before = z > 0 ? z : 0;

		for (size_t c = 0; c < A; c++)
			z += (a_pi[c] - stored[c]) * of_action[c * H];
		k->h[(b * N + p) * H + h] = before;
		k->y[at] = z > 0 ? z : 0;
		k->moved[at] = (z > 0 ? z : 0) - before;
		sum += before;
	}
	k->mean[i] = sum / (mc_real)N;
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

MC_BODY gradients(const struct mc_k_gradients *k, uint32_t i)
{
	const struct mc_k_gradient *g = k->job;
	size_t e = i;

	for (size_t n; e >= (n = (size_t)g->lanes * g->nets * g->in * g->out); g++)
		e -= n;
	const size_t one = (size_t)g->in * g->out, lane = e / one / g->nets, net = e / one % g->nets;
	const size_t o = e % g->out, c = e / g->out % g->in, from = lane * g->chunk;
	const size_t n = g->rows - from < g->chunk ? g->rows - from : g->chunk, row = net * g->rows + from;
	const mc_real *dy = g->dy + row * g->out + o, *x = g->x ? g->x + row * g->in + c : NULL;
	mc_real s = 0;

	MC_UNROLL
	for (size_t r = 0; r < n; r++)
		s += x ? x[r * g->in] * dy[r * g->out] : dy[r * g->out];
	if (g->lanes > 1)
		g->lane[e] = s;
	else
		g->to[net * g->stride + e % one] = s;
}

MC_BODY fold(const struct mc_k_fold *k, uint32_t i)
{
	const struct mc_k_gradient *g = k->job;
	size_t e = i;

	for (size_t n; e >= (n = g->lanes > 1 ? (size_t)g->nets * g->in * g->out : 0); g++)
		e -= n;
	const size_t one = (size_t)g->in * g->out, all = g->nets * one;
	mc_real s = 0;

	for (size_t lane = 0; lane < g->lanes; lane++)
		s += g->lane[lane * all + e];
	g->to[e / one * g->stride + e % one] = s;
}

MC_BODY sums(const struct mc_k_sums *k, uint32_t i)
{
	const uint32_t group = i / k->lanes, lane = i % k->lanes;
	const mc_real *x = group == 0 ? k->error : group == 1 ? k->q : k->q_pi + (size_t)(group - 2) * k->rows;
	double s = 0;

	for (uint32_t r = lane; r < k->rows; r += k->lanes)
		s += group == 0 ? (double)x[r] * (double)x[r] : (double)x[r];
	if (group < 2)
		(group ? k->q_sum : k->loss)[lane] = s;
	else
		k->objective[i - 2 * k->lanes] = s;
}

/* Whose gradient is that of owner number *p over all nets, and which of its owners? */
static inline MC_BOTH const struct mc_k_measured *measured(const struct mc_k_measured *net, uint32_t *p)
{
	while (*p >= net->layout.P)
		*p -= net++->layout.P;
	return net;
}

MC_BODY sum_squares(const struct mc_k_sum_squares *k, uint32_t i)
{
	uint32_t owner = i / k->lanes;
	const uint32_t lane = i % k->lanes;
	const struct mc_k_measured *net = measured(k->net, &owner);
	double s = 0;

	for (uint32_t t = 0; t < net->layout.tensors; t++) {
		const mc_real *x = net->grad + net->layout.offset[t] + owner * net->layout.one[t];

		for (size_t e = lane; e < net->layout.one[t]; e += k->lanes)
			s += (double)x[e] * (double)x[e];
	}
	net->lane[(size_t)owner * k->lanes + lane] = s;
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
	const struct mc_k_measured *net = measured(k->net, &owner);
	const double s = total(net->lane + (size_t)owner * k->lanes, k->lanes);

	net->sumsq[owner] = s;
	net->scale[owner] = net->most > 0 && sqrt(s) > net->most ? (mc_real)(net->most / sqrt(s)) : 1;
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

/* In which tensor is element i? */
static inline MC_BOTH uint32_t tensor_of(const struct mc_k_layout *x, uint32_t i)
{
	uint32_t t = x->tensors - 1;

	while (i < x->offset[t])
		t--;
	return t;
}

/* theta's new value to where the net, its target, and what goes home hold it. */
static inline MC_BOTH void store(const struct mc_k_layout *x, uint32_t t, uint32_t i, mc_real value, mc_real *both,
    mc_real keep, mc_real take, mc_real *home)
{
	mc_real *theta = both + x->offset[t] + i, *target = theta + x->P * x->one[t];

	*theta = value;
	*target = keep * *target + take * value;
	if (home)
		home[i] = value;
}

static inline MC_BOTH int not_finite(mc_real x)
{
	return !(x - x == 0);
}

MC_BODY adam(const struct mc_k_adam *k, uint32_t i)
{
	const uint32_t t = tensor_of(&k->layout, i);
	const mc_real scale = k->scale ? k->scale[(i - k->layout.offset[t]) / k->layout.one[t]] : 1;
	const mc_real g = scale < 1 ? scale * k->grad[i] : k->grad[i];
	const mc_real m = k->b1 * k->m[i] + k->rest1 * g, v = k->b2 * k->v[i] + k->rest2 * g * g;
	const mc_real lr = k->now->lr[k->which], bias = k->now->scale[k->which];
	const mc_real theta = k->theta[k->layout.offset[t] + i] + lr * m / (MC_M(sqrt)(v * bias) + k->eps);

	k->m[i] = m;
	k->v[i] = v;
	store(&k->layout, t, i, theta, k->theta, k->keep, k->take, k->home);
	if (not_finite(theta) || not_finite(v))
		*k->bad = 1;
}

MC_BODY rmsprop(const struct mc_k_rmsprop *k, uint32_t i)
{
	const uint32_t t = tensor_of(&k->layout, i);
	const mc_real g = k->grad[i], nu = k->rho * k->nu[i] + k->rest * g * g;
	const mc_real theta = k->theta[k->layout.offset[t] + i] + k->lr * g / MC_M(sqrt)(nu + k->eps);

	k->nu[i] = nu;
	store(&k->layout, t, i, theta, k->theta, k->keep, k->take, k->home);
	if (not_finite(theta) || not_finite(nu))
		*k->bad = 1;
}

#endif
