/*
 * Dense layers on a device: their products, forward and backward, for the nets of all agents at once.
 *
 * A net meets its rows side by side: with a net for each agent its own B rows, with shared nets those of
 * all agents. Nets lie so far apart as the layer's strides say. Arrays are the device's; y [n,out],
 * x [n,in] of each net.
 */
#ifndef MC_DEVICE_LAYER_H
#define MC_DEVICE_LAYER_H

#include "mc_device_work.h"
#include "mc_lstm.h"
#include "mc_mlp.h"

/* `nets` nets with n rows each. */
struct mc_device_rows { size_t nets, n; };

/* N agents with `per` rows each: a net for each of them, or one for all. */
struct mc_device_rows mc_device_rows_of(const struct mc_device_work *s, const struct mc_params *p, size_t per);

/* A dense layer: agent 0's, and how far the next agent's is away. */
struct mc_device_layer {
	struct mc_dense w, g;     /* values, gradient */
	size_t kernel, bias;      /* strides */
};

/* All dense layers of a net, in their order; grad = NULL: no gradient is wanted. */
struct mc_device_mlp { struct mc_device_layer l[MC_MLP_LAYERS]; };

struct mc_device_mlp mc_device_mlp_at(const struct mc_params *p, mc_real *grad);

/* The LSTM's layers as dense ones: kernel_x and the bias; kernel_h. */
struct mc_device_lstm { struct mc_device_layer x, h; };

struct mc_device_lstm mc_device_lstm_at(const struct mc_params *p, mc_real *grad);

/* y += bias, and max(., 0) with relu. */
void mc_device_layer_activate(struct mc_device_work *s, mc_real *y, const struct mc_device_layer *l,
    struct mc_device_rows r, int relu);

/* y = x kernel, without bias; of a kernel's `in` rows from row `from`. Added to y with add. */
void mc_device_layer_product(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r, int add);

/* y = relu(x kernel + bias) */
void mc_device_layer_forward(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    struct mc_device_rows r);

/* Gradients are overwritten: x^T dy for a kernel's `in` rows from `from`, column sums of dy for a bias, or both in full. */
void mc_device_layer_kernel_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x,
    const struct mc_device_layer *l, size_t from, size_t in, struct mc_device_rows r);
void mc_device_layer_bias_gradient(struct mc_device_work *s, const mc_real *dy, const struct mc_device_layer *l,
    struct mc_device_rows r);
void mc_device_layer_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x,
    const struct mc_device_layer *l, struct mc_device_rows r);

/* dx = dy kernel^T, for the kernel's first `in` rows; and 0 where the layer below, y, is 0 (NULL: nowhere). */
void mc_device_layer_to_input(struct mc_device_work *s, mc_real *dx, const mc_real *dy, const struct mc_device_layer *l,
    size_t in, struct mc_device_rows r, const mc_real *y);

#endif
