/*
 * The arguments of the kernels of mc_device.h. A kernel computes one output (or a few of one place)
 * for each i in 0 ... n-1, and no two write the same place: the order in which they run does not
 * matter. Sums over many elements are taken in lanes, each its own i, and the lanes added in their
 * order by a later kernel.
 *
 * Arrays of decisions are [B,N,d] and of actions and observations [B,N,.], as in a trajectory; what
 * goes through an agent's net is [N,B,.], and over messages [N,d,B,.]: then an agent's rows lie side
 * by side, and with shared nets those of all agents do. Slot j is step j of the LSTM; where I = 0 a
 * step leaves the state as it was. Every array has room for all slots: sizes do not depend on data.
 *
 * Parameters come as those of agent 0 and how far the next agent's are away (0 when shared).
 */
#ifndef MC_DEVICE_KERNEL_H
#define MC_DEVICE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "mc_real.h"

struct mc_k_shape { uint32_t N, d, B, O, A, H; };

/* What differs between two updates. */
struct mc_k_now {
	uint64_t count, gone;     /* transitions in D; those that fell out */
	uint32_t k;               /* iteration: the x of its draws */
	mc_real gamma;            /* of the targets y */
	mc_real lr[2], scale[2];  /* Adam's factors of critic and policies at this step */
};

/* Where the tensors of a net lie: element e of owner p in tensor t is offset[t] + p one[t] + e. */
struct mc_k_layout {
	uint32_t tensors, P;
	size_t offset[12], one[12];
};

/* n = B: which transition is row b of the batch. Also zeroes bad[3]. */
struct mc_k_draw {
	const struct mc_k_now *now;
	uint64_t seed, slots;
	uint32_t T;
	uint32_t *slot, *step;    /* [B] */
	int *bad;
};

/* n = B (2NO + NA + 1 + 2Nd): the batch from D, whose slots hold o [T+1,N,O], a, r, m at these bytes. */
struct mc_k_gather {
	struct mc_k_shape x;
	const unsigned char *D;
	size_t slot_bytes, o_at, a_at, r_at, m_at;
	const uint32_t *slot, *step;
	mc_real *o, *o_next, *a, *r;
	uint8_t *m, *m_next;
};

/* n = N (d+1) B O: every agent's own rows [N,B,O] and messages [N,d,B,O] from o [B,N,O]. */
struct mc_k_spread {
	struct mc_k_shape x;
	const mc_real *o;
	mc_real *own, *message;
};

/*
 * n = N B d: decisions from logits without bias z0 [N,B,d]. Plain (temp = 0): I = m [u < c]. Straight
 * through: soft = sigmoid((z + L) / temp), I = m [soft > 1/2].
 *   u  [B,N,d] draws (of L); NULL = made here, from `stream` at iteration now->k
 *   z, soft  out [B,N,d]; z may be NULL, soft is for temp > 0
 */
struct mc_k_decide {
	struct mc_k_shape x;
	const struct mc_k_now *now;
	const mc_real *z0, *bias;
	size_t stride;
	const uint8_t *m;
	const mc_real *u;
	uint64_t seed;
	uint32_t stream;
	mc_real temp;
	mc_real *z, *soft;
	uint8_t *I;
};

/*
 * n = N B H: step s of the LSTM. gates [N,d,B,4H] holds x kernel_x + h kernel_h, and on return the
 * gates. The state after is written where step s + 1 reads it, the last h to h_last [N,B,H].
 */
struct mc_k_cell {
	struct mc_k_shape x;
	uint32_t s;
	mc_real *gates;
	const mc_real *bias;
	size_t stride;
	mc_real *h_before, *c_before; /* [N,d,B,H]; zero at step 0 */
	mc_real *tc;                  /* [N,d,B,H] tanh of the new cell state */
	mc_real *h_last;
	const uint8_t *I;
};

/*
 * n = N B H: its backward pass; gates become their adjoints, 0 where I = 0. dh is the adjoint of h after the
 * step: of the last one at s = d - 1; below, that of step s + 1, which is dh0 = its adjoints kernel_h^T
 * where that step was open. dc is set by the first call and kept from then on.
 *   gate  out [N,B,H] or NULL: what the derivative by I at s is the sum of
 */
struct mc_k_cell_backward {
	struct mc_k_shape x;
	uint32_t s;
	mc_real *gates;
	const mc_real *h_before, *c_before, *tc, *dh0;
	mc_real *dh, *dc, *gate;
	const uint8_t *I;
};

/* n = N rows width: y += bias, and max(., 0) with relu. */
struct mc_k_activate {
	uint32_t rows, width;
	mc_real *y;
	const mc_real *bias;
	size_t stride;
	int relu;
};

/* n = N B A: a = tanh(z + bias), z [N,B,A]; a's rows and agents so far apart. */
struct mc_k_act {
	struct mc_k_shape x;
	const mc_real *z, *bias;
	size_t stride;
	mc_real *a;
	size_t row, agent;
};

/* n = elements: dz = da (1 - a^2) */
struct mc_k_act_backward {
	const mc_real *a, *da;
	mc_real *dz;
};

/*
 * n = N B H: the critic's first layer with agent i's action in place of the stored one,
 * y [N,B,H] = relu(z1 + bias + (a_pi - a^i) kernel[rows of a^i]).
 *   z1 [B,H] without bias; kernel: the rows of all actions [N A,H]; a [B,N,A]; a_pi [N,B,A]
 */
struct mc_k_first {
	struct mc_k_shape x;
	const mc_real *z1, *bias, *kernel, *a, *a_pi;
	mc_real *y;
};

/* n = elements: dy = 0 where y = 0 */
struct mc_k_relu_backward {
	const mc_real *y;
	mc_real *dy;
};

/* n = rows H: dy = dq w^T where y > 0, else 0; w [H]. dq = NULL: `scale` for all. */
struct mc_k_top_backward {
	uint32_t H;
	const mc_real *dq, *w, *y;
	mc_real scale;
	mc_real *dy;
};

/* n = B: biases to q and q_next; target, error and the loss's derivative by q. */
struct mc_k_error {
	const struct mc_k_now *now;
	const mc_real *r, *bias, *bias_next;
	mc_real scale;            /* 2 / B */
	mc_real *q, *q_next, *y, *error, *dq;
};

/* n = N B d: dz [N,B,d] = m dI soft (1 - soft) / temp; dI [N,B,d], m and soft [B,N,d]. */
struct mc_k_gate_backward {
	struct mc_k_shape x;
	const mc_real *dI, *soft;
	const uint8_t *m;
	mc_real temp;
	mc_real *dz;
};

/*
 * The invariant critic (mc_invariant.h); arrays of stored actions [B,N,.], of eq. 3 [N,B,.].
 * n = B H: y [B,N,H] = relu(z + bias + team), and its mean over agents. team [B,H] or NULL; y may be z.
 */
struct mc_k_pool {
	struct mc_k_shape x;
	const mc_real *z, *bias, *team;
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

/* n = N B H: y = h^i where agent i's action is a_pi [N,B,A], and what moved; z [B,N,H] of the stored a [B,N,A], without bias. */
struct mc_k_move {
	struct mc_k_shape x;
	const mc_real *z, *bias, *kernel, *a, *a_pi;
	mc_real *y, *moved;
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

/* n = groups lanes: lane l of a group is the sum of rows l, l + lanes, ... of x [groups,rows]. */
struct mc_k_sum {
	const mc_real *x;
	uint32_t rows, lanes;
	int square;
	double *sum;              /* [groups,lanes] */
};

/* n = P lanes: the same of the squares of each owner's gradient. */
struct mc_k_sum_squares {
	struct mc_k_layout layout;
	const mc_real *grad;
	uint32_t lanes;
	double *sum;              /* [P,lanes] */
};

/* n = P: each owner's sum of squares, and the factor that keeps its norm below `most` (0 = 1). */
struct mc_k_clip {
	const double *lane;
	uint32_t lanes;
	double most;
	double *sumsq;            /* [P] */
	mc_real *scale;           /* [P] */
};

/* n = 6: struct mc_learner_metrics, in its order. comm's sumsq may be NULL: its metric is left. */
struct mc_k_metrics {
	uint32_t B, N, lanes;
	const double *loss, *q, *objective;   /* [lanes], [lanes], [N,lanes] */
	const double *policy, *critic, *comm; /* [P], [1], [P] sums of squares */
	uint32_t policies;                    /* P */
	double *metric;
};

/* n = size: a step of Adam and of the target; *bad = 1 if a number is not finite after it. */
struct mc_k_adam {
	struct mc_k_layout layout;
	const struct mc_k_now *now;
	uint32_t which;           /* in now */
	mc_real b1, rest1, b2, rest2, eps, keep, take;
	const mc_real *grad;
	const mc_real *scale;     /* [P]; NULL = nothing is clipped */
	mc_real *theta, *m, *v, *target;
	int *bad;
};

/* n = size: the same with RMSprop, ascending. */
struct mc_k_rmsprop {
	mc_real lr, rho, rest, eps, keep, take;
	const mc_real *grad;
	mc_real *theta, *nu, *target;
	int *bad;
};

#endif
