#include "mc_policy.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_kernel.h"
#include "mc_math.h"

enum { ROWS = 128, MESSAGES = 1024, LEAST_ROWS = 8, WORTH_PACKING = 16 };

/*
 * "Sorted" arrays have row p for the p-th row in the order of the number of messages.
 * Arrays of messages are step after step: message s of sorted row p is row first[s] + p,
 * p < count[s].
 */
struct mc_policy_work {
	size_t H;
	size_t n;             /* rows of the last forward */
	size_t steps;         /* most messages of a row */
	size_t *count;        /* [d+1] rows with more than s messages; count[steps] = 0 */
	size_t *first;        /* [d+1] first message of step s; first[steps] = messages in all */
	size_t *order;        /* [rows] sorted position -> row */
	size_t *messages;     /* [rows] of a row, before sorting */
	uint16_t *slot;       /* [rows*d] slot of each message */
	uint8_t *open;        /* [rows*d] its decision; the gated pass only */
	mc_real *x;           /* [rows*d,O] messages */
	mc_real *gates;       /* [rows*d,4H] */
	mc_real *c, *tc;      /* [rows*d,H] */
	mc_real *h0;          /* [rows*d,H] state before message first[1] + k is row k */
	mc_real *h;           /* [rows,H] sorted, the last hidden states of count[0] rows */
	mc_real *own;         /* [rows,O] sorted, o^i */
	struct mc_policy_head head;
	mc_real penalty;      /* dz -= penalty z */
	mc_real *dh, *dc;     /* [rows,H] sorted adjoints */
	mc_real *dh0;         /* [rows,H] of the state before a gated step */
	mc_real *packed;      /* [(O+H),4H] the LSTM's kernels as mc_kernel wants them */
	mc_real *packed_back; /* [4H,H] kernel_h for the backward pass, likewise */
};

size_t mc_policy_rows(const struct mc_dims *dims)
{
	const size_t fit = dims->d ? MESSAGES / dims->d : ROWS;

	return fit > ROWS ? ROWS : fit < LEAST_ROWS ? LEAST_ROWS : fit;
}

/* n reals of the arena at *p; 0 if there is no memory. */
static int take(mc_real **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "policy work space", e);
	return *p != NULL;
}

static int take_indices(size_t **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "policy work space", e);
	return *p != NULL;
}

struct mc_policy_work *mc_policy_work_new(const struct mc_dims *dims, size_t rows,
    struct mc_arena *arena, struct mc_err *e)
{
	const size_t d = dims->d, O = dims->O, H = dims->H, M = rows * d;
	struct mc_policy_work *w = mc_arena_alloc(arena, 1, sizeof *w, "policy work space", e);

	if (!w || !take_indices(&w->count, d + 1, arena, e) || !take_indices(&w->first, d + 1, arena, e) ||
	    !take_indices(&w->order, rows, arena, e) || !take_indices(&w->messages, rows, arena, e) ||
	    !(w->slot = mc_arena_alloc(arena, M, sizeof *w->slot, "policy work space", e)) ||
	    !(w->open = mc_arena_alloc(arena, M, sizeof *w->open, "policy work space", e)) ||
	    !take(&w->x, M * O, arena, e) || !take(&w->gates, M * 4 * H, arena, e) ||
	    !take(&w->c, M * H, arena, e) || !take(&w->tc, M * H, arena, e) ||
	    !take(&w->h0, M * H, arena, e) || !take(&w->h, rows * H, arena, e) ||
	    !take(&w->own, rows * O, arena, e) || !mc_policy_head_new(&w->head, dims, rows, arena, e) ||
	    !take(&w->dh, rows * H, arena, e) || !take(&w->dc, rows * H, arena, e) || !take(&w->dh0, rows * H, arena, e) ||
	    !take(&w->packed, (O + H) * 4 * H, arena, e) ||
	    !take(&w->packed_back, mc_kernel_packed(H, 4 * H), arena, e))
		return NULL;
	w->H = H;
	return w;
}

/* ---- messages ---- */

/*
 * Sorts the rows by their number of slots with take = 1, most first, equal ones in their
 * order, and lays out the steps. take: [n,N,d], agent i's entries.
 */
static void sort_rows(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const uint8_t *take_slot)
{
	const size_t d = net->d, ld = net->N * d;

	memset(w->count, 0, (d + 1) * sizeof *w->count);
	w->steps = 0;
	for (size_t b = 0; b < n; b++) {
		const uint8_t *asked = take_slot + b * ld + net->agent * d;
		size_t k = 0;

		for (size_t j = 0; j < d; j++)
			k += asked[j];
		w->messages[b] = k;
		if (k > w->steps)
			w->steps = k;
		for (size_t s = 0; s < k; s++)
			w->count[s]++;
	}
	w->first[0] = 0;
	for (size_t s = 0; s < w->steps; s++)
		w->first[s + 1] = w->first[s] + w->count[s];

	size_t p = 0;
	for (size_t k = w->steps + 1; k-- > 0;)
		for (size_t b = 0; b < n && p < n; b++)
			if (w->messages[b] == k)
				w->order[p++] = b;
}

/* Copies the messages of every sorted row to their places, and its own observation. */
static void gather(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *take_slot, const uint8_t *I, const uint8_t *src)
{
	const size_t i = net->agent, N = net->N, d = net->d, O = net->O;

	for (size_t p = 0; p < n; p++) {
		const size_t b = w->order[p];
		const size_t at = (b * N + i) * d;

		memcpy(w->own + p * O, o + (b * N + i) * O, O * sizeof *o);
		for (size_t j = 0, s = 0; j < d; j++) {
			if (!take_slot[at + j])
				continue;
			const size_t k = w->first[s++] + p, from = src ? src[at + j] : mc_slot_agent(i, j);

			memcpy(w->x + k * O, o + (b * N + from) * O, O * sizeof *o);
			w->slot[k] = (uint16_t)j;
			w->open[k] = I[at + j];
		}
	}
}

/* Where I = 0 the state stays what it was before step s. */
static void close_gates(struct mc_policy_work *w, size_t s, size_t H, const mc_real *h0,
    const mc_real *c0, mc_real *h)
{
	const size_t row = H * sizeof(mc_real);

	for (size_t p = 0; p < w->count[s]; p++) {
		mc_real *c = w->c + (w->first[s] + p) * H;

		if (w->open[w->first[s] + p])
			continue;
		if (s == 0) {
			memset(c, 0, row);
			memset(h + p * H, 0, row);
		} else {
			memcpy(c, c0 + p * H, row);
			memcpy(h + p * H, h0 + p * H, row);
		}
	}
}

/* Where step s reads its state before, and writes the hidden one: where step s + 1 reads it. */
static const mc_real *h_before(const struct mc_policy_work *w, size_t s)
{
	return s ? w->h0 + (w->first[s] - w->first[1]) * w->H : NULL;
}

static const mc_real *c_before(const struct mc_policy_work *w, size_t s)
{
	return s ? w->c + w->first[s - 1] * w->H : NULL;
}

static mc_real *h_after(const struct mc_policy_work *w, size_t s)
{
	return w->h0 + (w->first[s + 1] - w->first[1]) * w->H;
}

/* What is done with a forward pass: no backward pass follows, one does, one with closed gates. */
enum mode { ACT, LEARN, GATED };

/* Step s in plain products; w->gates holds x kernel_x. */
static void plain_step(struct mc_policy_work *w, const struct mc_policy_net *net, size_t s)
{
	const size_t H = net->H, n = w->count[s], at = w->first[s];
	mc_real *gates = w->gates + at * 4 * H;

	if (s)
		mc_gemm(MC_N, MC_N, n, 4 * H, H, 1, h_before(w, s), H, net->lstm.kernel_h, 4 * H, 1, gates, 4 * H);
	mc_lstm_cell(gates, w->c + at * H, w->tc + at * H, h_after(w, s), H, c_before(w, s), net->lstm.bias, H, n);
}

static void kernel_step(struct mc_policy_work *w, const struct mc_policy_net *net, size_t s, int keep)
{
	const size_t H = net->H, O = net->O, at = w->first[s];

	mc_kernel_lstm_step(keep ? w->gates + at * 4 * H : NULL, w->c + at * H, keep ? w->tc + at * H : NULL,
	    h_after(w, s), H, w->x + at * O, O, O, h_before(w, s), H, c_before(w, s), w->packed, net->lstm.bias, H,
	    w->count[s]);
}

/*
 * The LSTM over all messages. The hidden states of rows that have no further message are moved
 * to w->h, and their place is overwritten. Messages of step 0 meet h = 0: kernel_h has no part
 * in it.
 */
static void read_messages(struct mc_policy_work *w, const struct mc_policy_net *net, enum mode mode)
{
	const size_t H = net->H, O = net->O, all = w->steps ? w->first[w->steps] : 0;
	const struct mc_lstm *l = &net->lstm;
	const int packed = all >= WORTH_PACKING && mc_kernel_lstm_pack(w->packed, l->kernel_x, O, l->kernel_h, H);

	if (!packed)
		mc_gemm(MC_N, MC_N, all, 4 * H, O, 1, w->x, O, l->kernel_x, 4 * H, 0, w->gates, 4 * H);
	for (size_t s = 0; s < w->steps; s++) {
		const size_t n = w->count[s], stay = w->count[s + 1];
		mc_real *h = h_after(w, s);

		if (packed)
			kernel_step(w, net, s, mode != ACT);
		else
			plain_step(w, net, s);
		if (mode == GATED)
			close_gates(w, s, H, h_before(w, s), c_before(w, s), h);
		memcpy(w->h + stay * H, h + stay * H, (n - stay) * H * sizeof *h);
	}
}

/* ---- the LSTM's backward pass ---- */

static mc_real dot(const mc_real *a, const mc_real *b, size_t n)
{
	mc_real s = 0;

	for (size_t j = 0; j < n; j++)
		s += a[j] * b[j];
	return s;
}

/*
 * dI of one gated message: <dh, h~ - h0> + <dc, c~ - c0> with the candidate state
 * c~ = f c0 + i g, h~ = o tanh(c~).
 */
static mc_real gate_adjoint(const mc_real *gates, const mc_real *tc, const mc_real *h0,
    const mc_real *c0, const mc_real *dh, const mc_real *dc, size_t H)
{
	const mc_real *i = gates, *f = gates + H, *g = gates + 2 * H, *o = gates + 3 * H;
	mc_real s = 0;

	for (size_t j = 0; j < H; j++)
		s += dh[j] * o[j] * tc[j] + dc[j] * i[j] * g[j];
	if (c0)
		for (size_t j = 0; j < H; j++)
			s += dc[j] * (f[j] - 1) * c0[j];
	return h0 ? s - dot(dh, h0, H) : s;
}

/*
 * Before the backward pass of gated step s: dI of its messages. A closed gate passes dh and dc on
 * untouched: its candidate gets no adjoint, and both are kept aside.
 */
static void gates_backward(struct mc_policy_work *w, const struct mc_policy_net *net, size_t s,
    const mc_real *h0, const mc_real *c0, mc_real *dI)
{
	const size_t H = net->H, d = net->d;

	for (size_t p = 0; p < w->count[s]; p++) {
		const size_t k = w->first[s] + p;
		mc_real *to = dI + (w->order[p] * net->N + net->agent) * d + w->slot[k];

		*to = gate_adjoint(w->gates + k * 4 * H, w->tc + k * H, h0 ? h0 + p * H : NULL,
		    c0 ? c0 + p * H : NULL, w->dh + p * H, w->dc + p * H, H);
	}
}

/* dh [n,H] = dgates kernel_h^T */
static void to_hidden(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *dgates, mc_real *dh, int packed)
{
	const size_t H = net->H;

	if (packed)
		mc_kernel_gemm_packed(n, H, 4 * H, dgates, 4 * H, w->packed_back, dh, H);
	else
		mc_gemm(MC_N, MC_T, n, H, 4 * H, 1, dgates, 4 * H, net->lstm.kernel_h, 4 * H, 0, dh, H);
}

/* One plain step back: gates become their adjoints, dc that of c before, dh (s > 0) that of h before. */
static void step_backward(struct mc_policy_work *w, const struct mc_policy_net *net, size_t s, int packed)
{
	const size_t H = net->H, n = w->count[s], at = w->first[s];
	mc_real *gates = w->gates + at * 4 * H;

	mc_lstm_backward(gates, w->dc, w->dh, H, gates, w->tc + at * H, c_before(w, s), H, n);
	if (s)
		to_hidden(w, net, n, gates, w->dh, packed);
}

/* Open gates go back like plain steps, row by row what closed ones must leave alone is put back. */
static void gated_step_backward(struct mc_policy_work *w, const struct mc_policy_net *net, size_t s,
    int packed, mc_real *dI)
{
	const size_t H = net->H, n = w->count[s], at = w->first[s], row = H * sizeof(mc_real);
	const mc_real *h0 = h_before(w, s), *c0 = c_before(w, s);

	gates_backward(w, net, s, h0, c0, dI);
	for (size_t p = 0; p < n; p++) {
		mc_real *gates = w->gates + (at + p) * 4 * H;

		if (w->open[at + p])
			mc_lstm_backward(gates, w->dc + p * H, w->dh + p * H, H, gates,
			    w->tc + (at + p) * H, c0 ? c0 + p * H : NULL, H, 1);
		else
			memset(gates, 0, 4 * row);
	}
	if (!s)
		return;
	to_hidden(w, net, n, w->gates + at * 4 * H, w->dh0, packed);
	for (size_t p = 0; p < n; p++)
		if (w->open[at + p])
			memcpy(w->dh + p * H, w->dh0 + p * H, row);
}

/*
 * From the last step to the first. dh starts as the adjoint of the last hidden states; a
 * row's stays in place until the step of its last message, as steps work on prefixes.
 */
static int read_messages_backward(struct mc_policy_work *w, const struct mc_policy_net *net,
    const struct mc_policy_net *g, mc_real *dI)
{
	const size_t H = net->H;

	if (w->steps == 0)
		return 0;
	const size_t later = w->first[w->steps] - w->first[1];
	const int packed = later >= WORTH_PACKING &&
	    mc_kernel_pack(1, H, 4 * H, net->lstm.kernel_h, 4 * H, w->packed_back);

	memset(w->dc, 0, w->count[0] * H * sizeof *w->dc);
	for (size_t s = w->steps; s-- > 0;)
		if (dI)
			gated_step_backward(w, net, s, packed, dI);
		else
			step_backward(w, net, s, packed);
	mc_policy_lstm_gradient(net, g, w->first[w->steps], w->first[1], w->x, w->gates, w->h0);
	return 1;
}

/* ---- both ways ---- */

/* The rows with messages stand first, their last hidden states in h. */
static struct mc_policy_block block_of(const struct mc_policy_work *w)
{
	return (struct mc_policy_block){ .rows = w->n, .heard = w->steps ? w->count[0] : 0, .order = w->order,
		.own = w->own, .last = w->h };
}

static void forward(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *take_slot, const uint8_t *I, const uint8_t *src, enum mode mode,
    mc_real *a, size_t lda)
{
	w->n = n;
	sort_rows(w, net, n, take_slot);
	gather(w, net, n, o, take_slot, I, src);
	read_messages(w, net, mode);
	const struct mc_policy_block in = block_of(w);

	mc_policy_head_forward(&w->head, net, &in, a, lda);
}

void mc_policy_forward(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *I, mc_real *a, size_t lda)
{
	forward(w, net, n, o, I, I, NULL, LEARN, a, lda);
}

void mc_policy_act(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *I, const uint8_t *src, mc_real *a, size_t lda)
{
	forward(w, net, n, o, I, I, src, ACT, a, lda);
}

void mc_policy_forward_gated(struct mc_policy_work *w, const struct mc_policy_net *net, size_t n,
    const mc_real *o, const uint8_t *m, const uint8_t *I, mc_real *a, size_t lda)
{
	forward(w, net, n, o, m, I, NULL, GATED, a, lda);
}

void mc_policy_penalise(struct mc_policy_work *w, mc_real weight)
{
	w->penalty = weight;
}

void mc_policy_hidden(const struct mc_policy_work *w, mc_real *h, size_t ldh)
{
	const size_t H = w->H, n0 = w->steps ? w->count[0] : 0;

	for (size_t p = 0; p < w->n; p++)
		for (size_t j = 0; j < H; j++)
			h[w->order[p] * ldh + j] = p < n0 ? w->h[p * H + j] : 0;
}

static int backward(struct mc_policy_work *w, const struct mc_policy_net *net, const struct mc_policy_net *g,
    const mc_real *da, mc_real *dI)
{
	const struct mc_policy_block in = block_of(w);

	mc_policy_head_backward(&w->head, net, g, &in, da, w->penalty, w->dh);
	return read_messages_backward(w, net, g, dI);
}

int mc_policy_backward(struct mc_policy_work *w, const struct mc_policy_net *net,
    const struct mc_policy_net *g, const mc_real *da)
{
	return backward(w, net, g, da, NULL);
}

int mc_policy_backward_gated(struct mc_policy_work *w, const struct mc_policy_net *net,
    const struct mc_policy_net *g, const mc_real *da, mc_real *dI)
{
	for (size_t b = 0; b < w->n; b++)
		memset(dI + (b * net->N + net->agent) * net->d, 0, net->d * sizeof *dI);
	return backward(w, net, g, da, dI);
}
