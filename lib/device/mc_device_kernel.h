/*
 * The arguments of the kernels of mc_device.h. A kernel computes one output (or a few of one place)
 * for each i in 0 ... n-1, and no two write the same place: the order in which they run does not
 * matter. Sums over many elements are taken in lanes, each its own i, and the lanes added in their
 * order by a later kernel.
 *
 * Present nets at o and target nets at o' are computed side by side: arrays over a batch begin with 2 where
 * they hold both, half 0 the present nets', half 1 the targets'. Arrays of decisions are [2,B,N,d], as in
 * a trajectory; what goes through an agent's net is [2,N,B,.]: then an agent's rows lie side by side, and with
 * shared nets those of all agents do. Over messages it is [2P,d,n,.], n = N B / P rows that a net meets in
 * each slot. Slot j is step j of the LSTM; where I = 0 a step leaves the state as it was. Every
 * array has room for all slots: sizes do not depend on data.
 *
 * What the critic reads is oa [2,B,W]: o and a of a transition in the order of its first kernel's rows. The
 * N nets of half 0 stand before those of half 1, each so far from the next as `stride` says (with shared nets
 * one of each half).
 */
#ifndef MC_DEVICE_KERNEL_H
#define MC_DEVICE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "mc_real.h"

/*
 * P: policies, N or 1. In a row of oa, W wide, agent p's observation stands at p o_agent, its action at
 * a_at + p a_agent.
 */
struct mc_k_shape { uint32_t N, d, B, O, A, H, P, W, o_agent, a_at, a_agent; };

/* What differs between two updates. */
struct mc_k_now {
	uint64_t count, gone;     /* transitions in D; those that fell out */
	uint32_t k;               /* iteration: the x of its draws */
	double gamma;             /* of the targets y */
	mc_real lr[2], scale[2];  /* Adam's factors of critic and policies at this step */
};

/* Where the tensors of a net lie: element e of owner p in tensor t is offset[t] + p one[t] + e. */
struct mc_k_layout {
	uint32_t tensors, P;
	size_t offset[12], one[12];
};

/*
 * n = B (2NO + NA + 1 + 2Nd): the batch from D, whose slots hold o [T+1,N,O], a, r, m at these bytes: its o and a
 * to oa (half 1: o alone), every agent's own rows [2,N,B,O], and its messages [2P,d,n,O] unless they
 * are NULL. Half 1 is q = min(steps, T - t) steps ahead, r the sum of q rewards and discount what Q' counts for there
 * (mc_replay_ahead). o of half 0 goes to oa_pi [B,W] as well. Also zeroes bad[3].
 */
struct mc_k_sample {
	struct mc_k_shape x;
	const struct mc_k_now *now;
	uint64_t seed, slots;
	uint32_t T, steps;
	const unsigned char *D;
	size_t slot_bytes, o_at, a_at, r_at, m_at;
	mc_real *oa, *own, *message, *r;
	mc_real *oa_pi, *discount; /* [B,W], [B]; NULL: not wanted */
	uint8_t *m;               /* [2,B,N,d] */
	int *bad;
};

/*
 * n = nets rows out: y = relu(x kernel + bias), x [nets,rows,in]. add: y holds another product, that is added; in = 0:
 * there is no other.
 */
struct mc_k_dense {
	uint32_t rows, in, out;
	const mc_real *x, *kernel, *bias;
	size_t kernel_stride, bias_stride;
	int add;
	mc_real *y;
};

/*
 * n = 2 N B d: decisions, from the last hidden layer c1 [2,N,B,H] of the communication nets: z = c1 kernel + bias.
 * I = m [u < sigmoid(z)]; in half 0 with temp > 0 straight through: soft = sigmoid((z + L) / temp),
 * I = m [soft > 1/2].
 *   u  [B,N,d] draws (of L) of each half; NULL = made here, from its stream at iteration now->k
 *   z, soft  out [B,N,d] of half 0; soft is for temp > 0
 */
struct mc_k_decide {
	struct mc_k_shape x;
	const struct mc_k_now *now;
	const mc_real *c1, *kernel, *bias;
	size_t kernel_stride, bias_stride;
	const uint8_t *m;         /* [2,B,N,d] */
	const mc_real *u[2];
	uint64_t seed;
	uint32_t stream[2];
	mc_real temp;
	mc_real *z, *soft;
	uint8_t *I;
};

/*
 * n = 2 N B H: step s of the LSTM. gates [2P,d,n,4H] holds x kernel_x + h kernel_h, and on return the
 * gates. The state after is written where step s + 1 reads it, the last h to h_last [2,N,B,H].
 */
struct mc_k_cell {
	struct mc_k_shape x;
	uint32_t s;
	mc_real *gates;
	const mc_real *bias;
	size_t stride;
	mc_real *h_before, *c_before; /* [2P,d,n,H]; zero at step 0 */
	mc_real *tc;                  /* [2P,d,n,H] tanh of the new cell state */
	mc_real *h_last;
	const uint8_t *I;
};

/*
 * n = N B H: its backward pass, of half 0; gates become their adjoints, 0 where I = 0. dh is the adjoint of h after the
 * step: of the last one at s = d - 1; below, that of step s + 1, which is dh0 = its adjoints kernel_h^T
 * where that step was open. dc is set by the first call and kept from then on.
 *   gate  out [P,d,n,H] or NULL: what the derivative by I at s is the sum of over H; may be tc
 */
struct mc_k_cell_backward {
	struct mc_k_shape x;
	uint32_t s;
	mc_real *gates;
	const mc_real *h_before, *c_before, *dh0;
	mc_real *tc, *dh, *dc, *gate;
	const uint8_t *I;
};

/*
 * n = 2 N B A: a = tanh(y1 kernel + bias), y1 [2,N,B,H]: half 0 to a_pi [N,B,A], half 1 to the actions of a row of oa.
 * z [N,B,A]: half 0 before tanh; oa_pi [B,W]: half 0's actions in rows; NULL: not wanted.
 */
struct mc_k_act {
	struct mc_k_shape x;
	const mc_real *y1, *kernel, *bias;
	size_t kernel_stride, bias_stride;
	mc_real *a_pi, *z, *oa, *oa_pi;
};

/*
 * n = B H: the critic's first layer with each agent's action in place of that in oa [B,W],
 * y [N,B,H] = relu(z1 + bias + (a_pi - a^i) kernel[rows of a^i]).
 *   z1 [B,H] without bias; NULL: made here, of oa
 */
struct mc_k_first {
	struct mc_k_shape x;
	const mc_real *z1, *oa, *kernel, *bias, *a_pi;
	mc_real *y;
};

/* n = rows H: y, a product, becomes relu(y + bias), and dy its adjoint: scale w [H] where y > 0, else 0. */
struct mc_k_top {
	uint32_t H;
	const mc_real *bias, *w;
	mc_real scale;
	mc_real *y, *dy;
};

/* n = rows: q = y w + bias; y [rows,H]. */
struct mc_k_value {
	uint32_t H;
	const mc_real *y, *w, *bias;
	mc_real *q;
};

/*
 * n = N B A: da = dy kernel^T where y > 0 [N,B,H], and dz = da (1 - a_pi^2) - penalty z. kernel: the rows of agent 0's
 * action, the next agent's so far away. z [N,B,A] is what a_pi is tanh of; NULL: there is no penalty.
 */
struct mc_k_action {
	struct mc_k_shape x;
	const mc_real *y, *dy, *kernel, *a_pi, *z;
	mc_real penalty;
	size_t stride;
	mc_real *da, *dz;
};

/* n = nets rows in: dx = dy kernel^T where y > 0, else 0; dy [nets,rows,out], y [nets,rows,in]. */
struct mc_k_back {
	uint32_t rows, in, out;
	const mc_real *dy, *kernel, *y;
	size_t stride;
	mc_real *dx;
};

/* n = elements: dy = 0 where y = 0 */
struct mc_k_relu_backward {
	const mc_real *y;
	mc_real *dy;
};

/* n = B H: dy = dq w^T where y > 0, else 0; w [H]. */
struct mc_k_top_backward {
	uint32_t H;
	const mc_real *dq, *w, *y;
	mc_real *dy;
};

/*
 * n = B: q = y w + bias of both halves, y [2,B,H]; target r + discount q', error and the loss's derivative by q.
 * discount [B]; NULL: gamma.
 */
struct mc_k_error {
	uint32_t B, H;
	const struct mc_k_now *now;
	const mc_real *y1, *w, *bias, *r, *discount;
	size_t w_stride;          /* bias: 1 */
	mc_real scale;            /* 2 / B */
	mc_real *q, *y, *error, *dq; /* [2,B], [B] ... */
};

/*
 * n = N B d: dI [N,B,d], the sums over H of gate [P,d,n,H], and dz [N,B,d] = m dI soft (1 - soft) / temp; m and
 * soft [B,N,d].
 */
struct mc_k_gate_backward {
	struct mc_k_shape x;
	const mc_real *gate, *soft;
	const uint8_t *m;
	mc_real temp;
	mc_real *dI, *dz;
};

/*
 * The invariant critic (mc_invariant.h); arrays of stored actions [B,N,.], of eq. 3 [N,B,.].
 * n = 2 B H: y [2,B,N,H] = relu(z + bias + team), and its mean over agents [2,B,H]. team [2,B,H] or NULL. z may be y; NULL:
 * made here, of oa.
 */
struct mc_k_pool {
	struct mc_k_shape x;
	const mc_real *z, *oa, *kernel, *bias, *team;
	size_t kernel_stride, bias_stride;
	mc_real *y, *mean;
};

/* n = B H: adjoints of e [B,N,H] from dq [B], dy = dq w^T / N where y > 0, else 0; and their sum over agents. */
struct mc_k_pool_top {
	struct mc_k_shape x;
	const mc_real *dq, *w, *y;
	mc_real *dy, *sum;
};

/* n = B N H: the adjoint of h's mean [B,H] comes to that of each h [B,N,H], which is 0 where h is. */
struct mc_k_pool_backward {
	struct mc_k_shape x;
	const mc_real *y, *dmean;
	mc_real *dy;
};

/*
 * n = B H: of the actions in oa [B,W] h [B,N,H] and its mean [B,H]; and where agent i's action is a_pi [N,B,A]
 * instead, h^i to y [N,B,H], and how far it moved. z as in mc_k_pool; it may be h.
 */
struct mc_k_move {
	struct mc_k_shape x;
	const mc_real *z, *oa, *kernel, *bias, *a_pi;
	mc_real *h, *mean, *y, *moved;
};

/*
 * n = N B H: where agent i's action is another, e^j = relu(z^j + bias + team + all / N), e^i with own as well.
 *   z     in  [B,N,H], team [B,H]: of the stored actions
 *   own, all  in  [N,B,H]  moved kernel_1, moved kernel_team
 *   mean  out [N,B,H]  of all e
 *   down  out [N,B,H]  adjoint of own: scale w / N where e^i > 0
 *   dall  out [N,B,H]  adjoint of moved kernel_team
 */
struct mc_k_feel {
	struct mc_k_shape x;
	const mc_real *z, *bias, *team, *own, *all, *w;
	mc_real scale;
	mc_real *mean, *down, *dall;
};

/*
 * Small gradients, several at a time: x^T dy, x [nets,rows,in] (NULL: ones, for a bias) and dy [nets,rows,out],
 * summed over `chunk` rows a lane. n = the sum over jobs of lanes nets in out. With one lane it goes to
 * `to`, nets so far apart as stride says; else to `lane` [lanes,nets,in,out], and a second kernel, n = the sum
 * of nets in out over jobs with more lanes, adds these up.
 */
enum { MC_K_JOBS = 6 };

struct mc_k_gradient {
	const mc_real *x, *dy;
	uint32_t nets, rows, in, out, lanes, chunk;
	size_t stride;
	mc_real *to, *lane;
};

struct mc_k_gradients {
	uint32_t jobs;
	struct mc_k_gradient job[MC_K_JOBS];
};

struct mc_k_fold {
	uint32_t jobs;
	struct mc_k_gradient job[MC_K_JOBS];
};

/*
 * n = (2 + N) lanes: lane l is the sum of rows l, l + lanes, ... : of errors squared, of q [B], of every agent's
 * q_pi [N,B]; loss [lanes], q_sum [lanes], objective [N,lanes].
 */
struct mc_k_sums {
	const mc_real *error, *q, *q_pi;
	uint32_t rows, lanes;
	double *loss, *q_sum, *objective;
};

/* A net's gradient, and the squares of it: lane [P,lanes], sumsq [P], and the factor that keeps its norm below `most` (0 = 1). */
struct mc_k_measured {
	struct mc_k_layout layout;
	const mc_real *grad;
	double most;
	double *lane, *sumsq;
	mc_real *scale;
};

/* n = (P of all nets) lanes: lanes of the squares of each owner's gradient. Then n = P of all nets: what they come to. */
enum { MC_K_NETS = 3 };

struct mc_k_sum_squares {
	uint32_t nets, lanes;
	struct mc_k_measured net[MC_K_NETS];
};

struct mc_k_clip {
	uint32_t nets, lanes;
	struct mc_k_measured net[MC_K_NETS];
};

/* n = 6: struct mc_learner_metrics, in its order. comm's sumsq may be NULL: its metric is left. */
struct mc_k_metrics {
	uint32_t B, N, lanes;
	const double *loss, *q, *objective;   /* [lanes], [lanes], [N,lanes] */
	const double *policy, *critic, *comm; /* [P], [1], [P] sums of squares */
	uint32_t policies;                    /* P */
	double *metric;
};

/*
 * n = size: a step of Adam and of the target; *bad = 1 if a number is not finite after it. Moments and gradient are laid
 * out as the layout says; theta holds, tensor after tensor, the net's and the target's (mc_device_work.h). home, unless
 * NULL: theta as laid out, for the way home.
 */
struct mc_k_adam {
	struct mc_k_layout layout;
	const struct mc_k_now *now;
	uint32_t which;           /* in now */
	mc_real b1, rest1, b2, rest2, eps, keep, take;
	const mc_real *grad;
	const mc_real *scale;     /* [P]; NULL = nothing is clipped */
	mc_real *theta, *m, *v, *home;
	int *bad;
};

/* n = size: the same with RMSprop, ascending. */
struct mc_k_rmsprop {
	struct mc_k_layout layout;
	mc_real lr, rho, rest, eps, keep, take;
	const mc_real *grad;
	mc_real *theta, *nu, *home;
	int *bad;
};

#endif
