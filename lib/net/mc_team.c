#include "mc_team.h"

#include <string.h>

#include "mc_blas.h"
#include "mc_kernel.h"
#include "mc_lstm.h"
#include "mc_math.h"

/* A block: so many rows, and messages, that what is kept of them stays in a core's cache. */
enum { ROWS = 384, MESSAGES = 1024, LARGEST = 4096, WORTH_PACKING = 16 };

static const uint32_t nowhere = UINT32_MAX;

/*
 * Nodes are numbered level after level; a level's are in the order of their joint observations. Rows are
 * "sorted" where they are sorted by whether there was a message: those first, in their order.
 */
struct mc_team_work {
	struct mc_dims dims;
	struct mc_policy_net net;
	size_t most;                  /* joint observations of a block */
	size_t n, rows, heard;        /* of the last forward: joint observations, rows, rows with messages */
	size_t levels;
	size_t *first;                /* [d+1] first node of a level; first[levels] = nodes in all */
	uint32_t *parent;             /* [nodes] of the level above, nowhere at the first */
	uint8_t *from;                /* [nodes] whose message it is */
	uint32_t *at;                 /* [rows] the row's node so far */
	uint16_t *next;               /* [rows] the row's next slot */
	size_t *order;                /* [rows] sorted -> row */
	uint32_t *end;                /* [heard] sorted -> node */
	mc_real *x;                   /* [nodes,O] messages */
	mc_real *gates;               /* [nodes,4H] */
	mc_real *h, *c, *tc;          /* [nodes,H] */
	mc_real *h0, *c0;             /* [nodes,H] of the parent, from the second level on */
	mc_real *dh, *dc;             /* [nodes,H] */
	mc_real *dh0;                 /* [rows,H] of one level's parents, node by node */
	const mc_real *own;           /* [rows,O] sorted */
	mc_real *own_sorted;
	mc_real *last;                /* [rows,H] sorted, the last hidden state of those with messages */
	mc_real *dlast;               /* its adjoint */
	struct mc_policy_head head;
	int packed, packed_back;      /* are they there for the net in use? */
	mc_real *kernels;             /* [(O+H),4H] the LSTM's as mc_kernel wants them */
	mc_real *kernel_back;         /* [4H,H] kernel_h for the backward pass, likewise */
};

int mc_team_fits(const struct mc_dims *dims)
{
	return dims->share && dims->N * dims->d <= LARGEST;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t mc_team_most(const struct mc_dims *dims)
{
	return larger(1, ROWS / dims->N);
}

static int take(mc_real **p, size_t n, struct mc_arena *arena, struct mc_err *e)
{
	*p = mc_arena_alloc(arena, n, sizeof **p, "team work space", e);
	return *p != NULL;
}

static int indices(struct mc_team_work *w, size_t rows, size_t nodes, struct mc_arena *arena, struct mc_err *e)
{
	return (w->first = mc_arena_alloc(arena, w->dims.d + 1, sizeof *w->first, "team work space", e)) &&
	    (w->parent = mc_arena_alloc(arena, nodes, sizeof *w->parent, "team work space", e)) &&
	    (w->from = mc_arena_alloc(arena, nodes, sizeof *w->from, "team work space", e)) &&
	    (w->at = mc_arena_alloc(arena, rows, sizeof *w->at, "team work space", e)) &&
	    (w->next = mc_arena_alloc(arena, rows, sizeof *w->next, "team work space", e)) &&
	    (w->order = mc_arena_alloc(arena, rows, sizeof *w->order, "team work space", e)) &&
	    (w->end = mc_arena_alloc(arena, rows, sizeof *w->end, "team work space", e));
}

struct mc_team_work *mc_team_work_new(const struct mc_dims *dims, size_t most, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t N = dims->N, O = dims->O, H = dims->H;
	const size_t n = smaller(most, mc_team_most(dims)), rows = n * N;
	const size_t nodes = smaller(rows * dims->d, larger(MESSAGES, N * dims->d));
	struct mc_team_work *w = mc_arena_alloc(arena, 1, sizeof *w, "team work space", e);

	if (!w)
		return NULL;
	w->dims = *dims;
	w->most = n;
	return indices(w, rows, nodes, arena, e) &&
	    take(&w->x, nodes * O, arena, e) && take(&w->gates, nodes * 4 * H, arena, e) &&
	    take(&w->h, nodes * H, arena, e) && take(&w->c, nodes * H, arena, e) && take(&w->tc, nodes * H, arena, e) &&
	    take(&w->h0, nodes * H, arena, e) && take(&w->c0, nodes * H, arena, e) &&
	    take(&w->dh, nodes * H, arena, e) && take(&w->dc, nodes * H, arena, e) &&
	    take(&w->dh0, rows * H, arena, e) && take(&w->own_sorted, rows * O, arena, e) &&
	    take(&w->last, rows * H, arena, e) && take(&w->dlast, rows * H, arena, e) &&
	    mc_policy_head_new(&w->head, dims, rows, arena, e) &&
	    take(&w->kernels, (O + H) * 4 * H, arena, e) &&
	    take(&w->kernel_back, mc_kernel_packed(H, 4 * H), arena, e) ? w : NULL;
}

size_t mc_team_rows(const struct mc_team_work *w, const uint8_t *I, size_t n)
{
	const size_t pairs = w->dims.N * w->dims.d;
	size_t rows = 0, messages = 0;

	for (; rows < n && rows < w->most; rows++) {
		for (size_t k = 0; k < pairs; k++)
			messages += I[rows * pairs + k];
		if (messages > MESSAGES && rows)
			break;
	}
	return rows;
}

void mc_team_use(struct mc_team_work *w, const struct mc_policy_net *net)
{
	w->net = *net;
	w->packed = w->packed_back = 0;
}

/* ---- what was heard ---- */

/* The node of this message after node `above`, among those of the level from `begin` on; made if there is none. */
static uint32_t node_of(struct mc_team_work *w, size_t begin, size_t *nodes, uint32_t above, uint8_t from)
{
	size_t k = begin;

	while (k < *nodes && (w->parent[k] != above || w->from[k] != from))
		k++;
	if (k == *nodes) {
		w->parent[k] = above;
		w->from[k] = from;
		++*nodes;
	}
	return (uint32_t)k;
}

/* One more message of each agent of joint observation b that has one. Returns how many had. */
static size_t one_more(struct mc_team_work *w, size_t b, const uint8_t *I, const uint8_t *src, size_t *nodes)
{
	const size_t N = w->dims.N, d = w->dims.d, begin = *nodes;
	size_t had = 0;

	for (size_t i = 0; i < N; i++) {
		const size_t row = b * N + i;
		size_t j = w->next[row];

		while (j < d && !I[row * d + j])
			j++;
		if (j < d) {
			w->at[row] = node_of(w, begin, nodes, w->at[row], src ? src[row * d + j] : (uint8_t)mc_slot_agent(i, j));
			had++;
			j++;
		}
		w->next[row] = (uint16_t)j;
	}
	return had;
}

/* Copies the messages of nodes begin ... end-1 of joint observation b. */
static void gather(struct mc_team_work *w, size_t b, size_t begin, size_t end, const mc_real *o)
{
	const size_t N = w->dims.N, O = w->dims.O;

	for (size_t k = begin; k < end; k++)
		memcpy(w->x + k * O, o + (b * N + w->from[k]) * O, O * sizeof *o);
}

/* The tree, level by level, with its messages; afterwards at has every row's last node. */
static void grow(struct mc_team_work *w, const mc_real *o, const uint8_t *I, const uint8_t *src)
{
	size_t nodes = 0, had;

	for (size_t row = 0; row < w->rows; row++) {
		w->at[row] = nowhere;
		w->next[row] = 0;
	}
	w->levels = 0;
	do {
		w->first[w->levels] = nodes;
		had = 0;
		for (size_t b = 0; w->levels < w->dims.d && b < w->n; b++) {
			const size_t begin = nodes;

			had += one_more(w, b, I, src, &nodes);
			gather(w, b, begin, nodes, o);
		}
		w->levels += had > 0;
	} while (had);
}

/* Rows with messages first. */
static void sort_rows(struct mc_team_work *w, const mc_real *o)
{
	const size_t O = w->dims.O;
	size_t p = 0;

	for (int heard = 1; heard >= 0; heard--) {
		for (size_t row = 0; row < w->rows; row++)
			if ((w->at[row] != nowhere) == heard) {
				w->end[p] = w->at[row];
				w->order[p++] = row;
			}
		if (heard)
			w->heard = p;
	}
	w->own = o;
	if (w->heard == 0 || w->heard == w->rows)
		return;
	w->own = w->own_sorted;
	for (p = 0; p < w->rows; p++)
		memcpy(w->own_sorted + p * O, o + w->order[p] * O, O * sizeof *o);
}

/* ---- the LSTM ---- */

/* The states before the nodes of level s, side by side. */
static void states_before(struct mc_team_work *w, size_t s)
{
	const size_t H = w->dims.H, row = H * sizeof(mc_real);

	for (size_t k = w->first[s]; k < w->first[s + 1]; k++) {
		memcpy(w->h0 + k * H, w->h + w->parent[k] * H, row);
		memcpy(w->c0 + k * H, w->c + w->parent[k] * H, row);
	}
}

static void plain_level(struct mc_team_work *w, size_t from, size_t n, const mc_real *h0, const mc_real *c0)
{
	const size_t H = w->dims.H, O = w->dims.O;

	mc_lstm_forward(w->gates + from * 4 * H, w->c + from * H, w->tc + from * H, w->h + from * H, H, w->x + from * O, O,
	    h0, c0, &w->net.lstm, n);
}

static void read_messages(struct mc_team_work *w, int keep)
{
	const size_t H = w->dims.H, O = w->dims.O, all = w->levels ? w->first[w->levels] : 0;
	const struct mc_lstm *l = &w->net.lstm;

	if (!w->packed && all >= WORTH_PACKING)
		w->packed = mc_kernel_lstm_pack(w->kernels, l->kernel_x, O, l->kernel_h, H);
	for (size_t s = 0; s < w->levels; s++) {
		const size_t from = w->first[s], n = w->first[s + 1] - from;
		const mc_real *h0 = s ? w->h0 + from * H : NULL, *c0 = s ? w->c0 + from * H : NULL;

		if (s)
			states_before(w, s);
		if (w->packed && all >= WORTH_PACKING)
			mc_kernel_lstm_step(keep ? w->gates + from * 4 * H : NULL, w->c + from * H,
			    keep ? w->tc + from * H : NULL, w->h + from * H, H, w->x + from * O, O, O, h0, H, c0, w->kernels,
			    l->bias, H, n);
		else
			plain_level(w, from, n, h0, c0);
	}
}

/* ---- both ways ---- */

static struct mc_policy_block block_of(const struct mc_team_work *w)
{
	return (struct mc_policy_block){ .rows = w->rows, .heard = w->heard, .order = w->order, .own = w->own,
		.last = w->last };
}

void mc_team_forward(struct mc_team_work *w, size_t n, const mc_real *o, const uint8_t *I,
    const uint8_t *src, int keep, mc_real *a)
{
	const size_t H = w->dims.H;

	w->n = n;
	w->rows = n * w->dims.N;
	grow(w, o, I, src);
	sort_rows(w, o);
	read_messages(w, keep);
	for (size_t p = 0; p < w->heard; p++)
		memcpy(w->last + p * H, w->h + w->end[p] * H, H * sizeof *a);
	const struct mc_policy_block in = block_of(w);

	mc_policy_head_forward(&w->head, &w->net, &in, a, w->dims.A);
}

/* Level s: its gates become their adjoints; those of the states before it are added to the parents'. */
static void level_backward(struct mc_team_work *w, size_t s)
{
	const size_t H = w->dims.H, from = w->first[s], n = w->first[s + 1] - from;
	mc_real *gates = w->gates + from * 4 * H;

	mc_lstm_backward(gates, w->dc + from * H, w->dh + from * H, H, gates, w->tc + from * H, s ? w->c0 + from * H : NULL, H, n);
	if (!s)
		return;
	if (w->packed_back)
		mc_kernel_gemm_packed(n, H, 4 * H, gates, 4 * H, w->kernel_back, w->dh0, H);
	else
		mc_gemm(MC_N, MC_T, n, H, 4 * H, 1, gates, 4 * H, w->net.lstm.kernel_h, 4 * H, 0, w->dh0, H);
	for (size_t k = 0; k < n; k++) {
		mc_vec_add(w->dh + w->parent[from + k] * H, w->dh0 + k * H, H);
		mc_vec_add(w->dc + w->parent[from + k] * H, w->dc + (from + k) * H, H);
	}
}

int mc_team_backward(struct mc_team_work *w, const struct mc_policy_net *g, const mc_real *da, mc_real penalty)
{
	const size_t H = w->dims.H, all = w->levels ? w->first[w->levels] : 0;
	const struct mc_policy_block in = block_of(w);

	mc_policy_head_backward(&w->head, &w->net, g, &in, da, penalty, w->dlast);
	if (!all)
		return 0;
	if (!w->packed_back && all - w->first[1] >= WORTH_PACKING)
		w->packed_back = mc_kernel_pack(1, H, 4 * H, w->net.lstm.kernel_h, 4 * H, w->kernel_back);
	memset(w->dh, 0, all * H * sizeof *w->dh);
	memset(w->dc, 0, all * H * sizeof *w->dc);
	for (size_t p = 0; p < w->heard; p++)
		mc_vec_add(w->dh + w->end[p] * H, w->dlast + p * H, H);
	for (size_t s = w->levels; s-- > 0;)
		level_backward(w, s);
	mc_policy_lstm_gradient(&w->net, g, all, w->first[1], w->x, w->gates, w->h0 + w->first[1] * H);
	return 1;
}
