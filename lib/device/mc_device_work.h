/*
 * The memory of a learner on a device: its nets, D, and every array of one update. The files that
 * compute parts of an update (mc_device_policy, mc_device_critic, mc_device_step) share it.
 *
 * All arrays are the device's.
 */
#ifndef MC_DEVICE_WORK_H
#define MC_DEVICE_WORK_H

#include <stdint.h>

#include "mc_device.h"
#include "mc_device_kernel.h"
#include "mc_learner.h"
#include "mc_params.h"

enum { MC_DEVICE_CRITIC, MC_DEVICE_POLICY, MC_DEVICE_COMM, MC_DEVICE_NETS };
enum { MC_DEVICE_LANES = 64, MC_DEVICE_GRADIENT_LANES = 256 }; /* of a sum over the batch; of one over a gradient */
enum { MC_DEVICE_METRICS = 6, MC_DEVICE_HEAD = 64 }; /* of struct mc_learner_metrics; bytes of these and of bad */
enum { MC_DEVICE_SMALL = 1 << 23, MC_DEVICE_LANE_ROOM = 1 << 17 }; /* the latter: reals in all lanes of a small gradient */

/* Branches of an update: gradients of kernels; what a layer reads beside another; metrics. */
enum { MC_DEVICE_GRADIENTS = 1, MC_DEVICE_BESIDE, MC_DEVICE_TOLD };

/*
 * A net on the device. Its values and its target's are one block, tensor after tensor, the net's before the
 * target's: so both take part in one product. p and target are tables of it. Moments and gradient are laid out as
 * a net alone.
 */
struct mc_device_net {
	struct mc_params p, target, grad; /* grad.v: NULL where another program learns it */
	mc_real *m, *v;           /* Adam: critic, policies */
	mc_real *nu;              /* RMSprop: comm under stgs; NULL = Adam, or another program's */
	mc_real *home;            /* a copy of its values, for the way home; NULL = none */
	double clip;              /* bound of each owner's norm; 0 = none */
	double *lane, *sumsq;     /* [P,lanes], [P] of the gradient's squares */
	mc_real *scale;           /* [P] */
};

/* The ring of trajectories, as mc_k_sample reads it. */
struct mc_device_replay {
	unsigned char *memory;
	size_t slots, slot_bytes, o_at, a_at, r_at, m_at;
};

/* Arrays that begin with 2 hold what the present nets make of the batch, then what the targets make of its next step. */
struct mc_device_work {
	struct mc_device *dev;
	struct mc_dims dims;
	struct mc_learner_opts o;
	struct mc_k_shape x;
	double small;             /* multiply-adds up to which a product is small (mc_device_layer.h): MC_DEVICE_SMALL */
	int heard;                /* are there messages? Not under none, nor with one agent */
	struct mc_device_net net[MC_DEVICE_NETS];
	struct mc_device_replay D;

	/* what comes back after every update, side by side */
	double *metric;           /* [6] struct mc_learner_metrics; then bad, the policies, comm under stgs */
	int *bad;                 /* [3] of each net: is a number not finite? */
	size_t home_bytes;

	/* this program's, of mc_device_host_alloc: what an update is told and what it tells; NULL: neither */
	const struct mc_k_now *here_now;
	unsigned char *here;      /* home_bytes, laid out as metric and what follows it */

	struct mc_k_now *now;
	mc_real *oa, *r;          /* [2,B,W] o and a as the critic reads them, half 1 with a_next; [B] */
	mc_real *oa_pi;           /* [B,W] half 0 as eq. 3 reads it: of joint's own with a_pi, else oa */
	mc_real *discount;        /* [B] of Q' with n_step > 1, else NULL */
	mc_real *own, *message;   /* [2,N,B,O], [2P,d,n,O] */
	uint8_t *m, *I;           /* [2,B,N,d] */
	const mc_real *u[2];      /* [B,N,d] draws; NULL = made where they are used */
	mc_real *z, *soft;        /* [B,N,d] logits; straight-through decisions before rounding */
	mc_real *c0, *c1;         /* [2,N,B,H] the communication nets' layers */

	mc_real *gates, *h_before, *c_before, *tc; /* [2P,d,n,4H], [2P,d,n,H] ... */
	mc_real *h, *y0, *y1;     /* [2,N,B,H] last hidden states and dense layers */
	mc_real *a_pi;            /* [N,B,A] */
	mc_real *z_pi;            /* [N,B,A] a_pi before tanh, with a penalty, else NULL */
	mc_real *k0, *k1;         /* [2,B,H] the critic's layers; of the invariant one [2,B,N,H] */
	mc_real *q, *y, *error, *dq; /* [2,B], [B], [B], [B] of eq. 1 */
	mc_real *z1, *p0, *p1, *q_pi; /* [B,H], [N,B,H], [N,B,H], [N,B] of eq. 3 */
	/* of the invariant critic */
	mc_real *mean_h, *mean_e, *team; /* [2,B,H] means over agents; (mean h) kernel_team */
	mc_real *changed;         /* [2N+1,B,H]: h of the stored actions, what moved of h^i, mean h */
	mc_real *felt, *felt_team; /* [2N,B,H], [N+1,B,H] products of the first and of the last 2N and N+1 of these */
	mc_real *d0, *d1;         /* [N,B,H] adjoints of layers at work */
	mc_real *da, *dza;        /* [N,B,A] */
	mc_real *dh, *dc, *dh0;   /* [N,B,H] */
	mc_real *dI, *dz0;        /* [N,B,d]: not masked; of the logits */
	mc_real *ones;            /* [N max(d,1) B] */
	mc_real *lanes;           /* of gradients that wait, MC_K_JOBS MC_DEVICE_LANE_ROOM */
	struct mc_k_gradients waiting; /* for their launch */
	double *loss, *q_sum, *objective; /* [lanes], [lanes], [N,lanes] of errors squared, q, q_pi */
};

/* Takes all memory from the device and lays out the nets, whose values are zero. */
int mc_device_work_init(struct mc_device_work *s, struct mc_device *dev, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e);

#endif
