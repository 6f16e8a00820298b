/*
 * Dense layers on a device, forward and backward, for the nets of all agents at once, of the present nets or of both
 * the present and the target nets.
 *
 * A net meets its rows side by side: with a net for each agent its own B rows, with shared nets those of
 * all agents. Nets lie so far apart as the layer's strides say. Arrays are the device's; y [nets,n,out],
 * x [nets,n,in].
 *
 * What is small costs a GPU a launch and little else: small layers are one kernel with bias and ReLU, small
 * gradients wait and are launched together. Choice: small is up to 2^23 multiply-adds, 2^17 sums in lanes of 128 rows;
 * reckoned from what an H200 can load, not yet timed.
 */
#ifndef MC_DEVICE_LAYER_H
#define MC_DEVICE_LAYER_H

#include "mc_device_work.h"
#include "mc_lstm.h"
#include "mc_mlp.h"

/* `nets` nets with n rows each. */
struct mc_device_rows { size_t nets, n; };

/* N agents with `per` rows each: a net for each of them, or one for all; of so many halves, 1 or 2. */
struct mc_device_rows mc_device_rows_of(const struct mc_device_work *s, size_t halves, size_t per);

/* Is a product of rows with a kernel [in,out] small? */
int mc_device_layer_small(const struct mc_device_work *s, struct mc_device_rows r, size_t in, size_t out);

/* A dense layer: agent 0's, and how far the next agent's is away. */
struct mc_device_layer {
	struct mc_dense w, g;     /* values, gradient */
	size_t stride, bias;      /* of kernels, of biases: from net to net */
};

/* All dense layers of a net, in their order. */
struct mc_device_mlp { struct mc_device_layer l[MC_MLP_LAYERS]; };

struct mc_device_mlp mc_device_mlp_at(const struct mc_device_net *net);

/* The LSTM's layers as dense ones: kernel_x and the bias; kernel_h. */
struct mc_device_lstm { struct mc_device_layer x, h; };

struct mc_device_lstm mc_device_lstm_at(const struct mc_device_net *net);

/* y = x kernel, without bias, of a kernel's `in` rows from row `from`. */
void mc_device_layer_product(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r);

/* y = relu(x kernel + bias), of these rows; with add, y holds what the others made, which is added. */
void mc_device_layer_forward(struct mc_device_work *s, mc_real *y, const mc_real *x, const struct mc_device_layer *l,
    size_t from, size_t in, struct mc_device_rows r, int add);

/* The kernel's gradient, x^T dy for its `in` rows from `from`: there after mc_device_layer_gradients, and until then dy and x stay. */
void mc_device_layer_kernel_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x,
    const struct mc_device_layer *l, size_t from, size_t in, struct mc_device_rows r);

/* The same, and the bias's: column sums of dy. */
void mc_device_layer_gradient(struct mc_device_work *s, const mc_real *dy, const mc_real *x,
    const struct mc_device_layer *l, size_t from, size_t in, struct mc_device_rows r);

/* All gradients that were asked for are there: before a step of an optimiser. */
void mc_device_layer_gradients(struct mc_device_work *s);

/* dx = dy kernel^T, for the kernel's first `in` rows; and 0 where the layer below, y, is 0 (NULL: nowhere). */
void mc_device_layer_to_input(struct mc_device_work *s, mc_real *dx, const mc_real *dy, const struct mc_device_layer *l,
    size_t in, struct mc_device_rows r, const mc_real *y);

#endif
