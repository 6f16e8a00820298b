/*
 * Parameters of one net: named tensors in one block, with a table of name, shape and
 * offset that the optimiser, the checkpoint and the gradient check use alike. A
 * gradient or an optimiser moment has the layout of its parameters.
 *
 * Kernels are [in, out], row-major; per-agent nets carry a leading axis P = N
 * (P = 1 when shared). Tensor after tensor, each whole:
 *
 *   comm      dense_0 O->H, dense_1 H->H, dense_2 H->d                     P
 *   policy    lstm O->H, dense_0 (H+O)->H (h first), dense_1, dense_2 H->A P
 *   critic    dense_0 N(O+A)->H (all o, then all a), dense_1, dense_2 H->1
 *             invariant: dense_0 (O+A)->H (o first), dense_1, team H->H (a kernel alone), dense_2 H->1
 *   baseline  dense_0 N*O->H, dense_1, dense_2 H->1
 *   rule      lstm mc_rule_width->R, dense_0 R->R, dense_1 R->mc_rule_outputs
 *             (the paper's: 3+N*d, N*d)
 *   prey      dense_0 ->64, dense_1 64->64, dense_2 64->2 (a prey file; no leading axis)
 */
#ifndef MC_PARAMS_H
#define MC_PARAMS_H

#include <stddef.h>
#include <stdint.h>

#include "mc_arena.h"
#include "mc_dims.h"
#include "mc_err.h"
#include "mc_frame.h"
#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Also the x of the initial-value draws: never renumber. */
enum mc_net { MC_NET_COMM, MC_NET_POLICY, MC_NET_CRITIC, MC_NET_BASELINE, MC_NET_RULE, MC_NET_PREY };

const char *mc_net_name(enum mc_net net);

struct mc_tensor {
	char layer[12];   /* "lstm", "dense_0" ... */
	char name[12];    /* "kernel", "bias", "kernel_x", "kernel_h" */
	int ndim;         /* with the leading axis where there is one */
	size_t shape[3];
	size_t offset;    /* in the block */
	size_t count;     /* elements, all agents */
	size_t stride;    /* elements of one agent: count / P, 0 if P = 1 (so agent * stride is right for both) */
	size_t fan_in;    /* rows of the kernel; 0 for a bias */
};

enum { MC_TENSORS = 12 };

struct mc_params {
	enum mc_net net;
	int tensors;
	struct mc_tensor tensor[MC_TENSORS];
	size_t P;         /* leading axis; 1 if none */
	size_t size;      /* elements of the block */
	mc_real *v;       /* the block; not owned */
};

/* The table for `net`; p->v = NULL. For MC_NET_PREY, dims->O is the prey's observation width. */
void mc_params_layout(struct mc_params *p, enum mc_net net, const struct mc_dims *dims);

/* Layout and a zeroed block from the arena. */
int mc_params_new(struct mc_params *p, enum mc_net net, const struct mc_dims *dims,
    struct mc_arena *arena, struct mc_err *e);

/* The values of "layer.name" for one agent (0 when shared); NULL if there is no such tensor. */
mc_real *mc_params_at(const struct mc_params *p, const char *layer, const char *name, size_t agent);

/*
 * Initial values from the seed: kernels uniform in +-1/sqrt(fan_in), biases 0, except the
 * f-gate block of an LSTM's bias, 1; the last layer's kernel times last_scale. Draws: stream
 * MC_RNG_INIT, x = net, y = tensor, draw = element: no net depends on another's existence.
 * Choice: metacomm-learning(7), section 2.
 */
void mc_params_init(struct mc_params *p, uint64_t seed, double last_scale);

/* 1 if all values are finite; else 0, and if `where` is not NULL the tensor's "layer.name". */
int mc_params_finite(const struct mc_params *p, char *where, size_t size);

/* The tree {layer: {name: float32 array}} under `key`. Also for moments and gradients of that layout. */
void mc_params_pack(struct mc_fb *b, const char *key, const struct mc_params *p, const mc_real *v);

/*
 * The tree under `key` of `m` into v[p->size]. MC_DATA when a tensor is missing, of another
 * shape, not float, or not finite; the message names the tensor and both shapes. v = NULL only checks.
 */
int mc_params_unpack(const struct mc_map *m, const char *key, const struct mc_params *p,
    mc_real *v, struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
