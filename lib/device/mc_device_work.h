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
enum { MC_DEVICE_METRICS = 6 };   /* of struct mc_learner_metrics */

/* A net on the device: its values, and under training moments and gradient, laid out alike. */
struct mc_device_net {
	struct mc_params p, target;
	mc_real *m, *v;           /* Adam: critic, policies */
	mc_real *nu;              /* RMSprop: comm under stgs; NULL = Adam, or another program's */
	mc_real *grad;
	double clip;              /* bound of each owner's norm; 0 = none */
	double *lane, *sumsq;     /* [P,lanes], [P] of the gradient's squares */
	mc_real *scale;           /* [P] */
};

/* Observations as the nets take them. */
struct mc_device_seen {
	const mc_real *o;         /* [B,N,O] */
	mc_real *own, *message;   /* [N,B,O], [N,d,B,O] */
};

/* The ring of trajectories, as mc_k_gather reads it. */
struct mc_device_replay {
	unsigned char *memory;
	size_t slots, slot_bytes, o_at, a_at, r_at, m_at;
};

struct mc_device_work {
	struct mc_device *dev;
	struct mc_dims dims;
	struct mc_learner_opts o;
	struct mc_k_shape x;
	int heard;                /* are there messages? Not under none, nor with one agent */
	struct mc_device_net net[MC_DEVICE_NETS];
	struct mc_device_replay D;

	/* what comes back after every update, side by side */
	double *metric;           /* [6] struct mc_learner_metrics; then bad, the policies, comm under stgs */
	int *bad;                 /* [3] of each net: is a number not finite? */
	size_t home_bytes;

	struct mc_k_now *now;
	uint32_t *slot, *step;    /* [B] the batch's places in D */
	mc_real *o_batch, *o_next, *a, *r; /* [B,N,O], [B,N,O], [B,N,A], [B] */
	uint8_t *m, *m_next;      /* [B,N,d] */
	struct mc_device_seen here, next;
	const mc_real *u, *u_next; /* [B,N,d] draws; NULL = made where they are used */
	mc_real *z, *soft;        /* [B,N,d] logits; straight-through decisions before rounding */
	uint8_t *I, *I_next;      /* [B,N,d] */
	mc_real *c0, *c1, *z0;    /* [N,B,H], [N,B,H], [N,B,d] the communication nets' layers */

	mc_real *gates, *h_before, *c_before, *tc; /* [N,d,B,4H], [N,d,B,H] ... */
	mc_real *h, *y0, *y1, *za; /* [N,B,H] last hidden states and dense layers, [N,B,A] before tanh */
	mc_real *a_next, *a_pi;   /* [B,N,A], [N,B,A] */
	mc_real *k0, *k1, *q, *q_next, *y, *error, *dq; /* [B,H], [B,H], [B] ... of eq. 1 */
	mc_real *z1, *p0, *p1, *q_pi; /* [B,H], [N,B,H], [N,B,H], [N,B] of eq. 3 */
	/* of the invariant critic, whose k0, k1 and z1 are [B,N,H] */
	mc_real *mean_h, *mean_e, *team; /* [B,H] means over agents; (mean h) kernel_team */
	mc_real *moved, *felt;    /* [N,B,H], [2,N,B,H] change of h^i, and what it does to e^i and to every e */
	mc_real *d0, *d1;         /* [N,B,H] adjoints of layers at work */
	mc_real *da, *dza;        /* [N,B,A] */
	mc_real *dh, *dc, *dh0, *gate; /* [N,B,H] */
	mc_real *dI, *dz0;        /* [N,B,d]: not masked; of the logits */
	mc_real *ones;            /* [N max(d,1) B] */
	double *loss, *q_sum, *objective; /* [lanes], [lanes], [N,lanes] of errors squared, q, q_pi */
};

/* Takes all memory from the device and lays out the nets, whose values are zero. */
int mc_device_work_init(struct mc_device_work *s, struct mc_device *dev, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e);

#endif
