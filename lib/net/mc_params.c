#include "mc_params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mc_math.h"
#include "mc_rng.h"

enum { PREY_H = 64, PREY_A = 2 };

const char *mc_net_name(enum mc_net net)
{
	switch (net) {
	case MC_NET_COMM: return "comm";
	case MC_NET_POLICY: return "policy";
	case MC_NET_CRITIC: return "critic";
	case MC_NET_BASELINE: return "baseline";
	case MC_NET_RULE: return "rule";
	case MC_NET_PREY: return "prey";
	}
	return "unknown";
}

/* A tensor [rows, cols], or [cols] where rows = 0; `leading`: [P, ...]. */
static void add(struct mc_params *p, const char *layer, const char *name, int leading,
    size_t rows, size_t cols)
{
	struct mc_tensor *t = &p->tensor[p->tensors++];
	const size_t one = (rows ? rows : 1) * cols;

	(void)snprintf(t->layer, sizeof t->layer, "%s", layer);
	(void)snprintf(t->name, sizeof t->name, "%s", name);
	t->ndim = 0;
	if (leading)
		t->shape[t->ndim++] = p->P;
	if (rows)
		t->shape[t->ndim++] = rows;
	t->shape[t->ndim++] = cols;
	t->offset = p->size;
	t->count = p->P * one;
	t->stride = p->P > 1 ? one : 0;
	t->fan_in = rows;
	p->size += t->count;
}

static void add_dense(struct mc_params *p, const char *layer, int leading, size_t in, size_t out)
{
	add(p, layer, "kernel", leading, in, out);
	add(p, layer, "bias", leading, 0, out);
}

static void add_lstm(struct mc_params *p, int leading, size_t in, size_t H)
{
	add(p, "lstm", "kernel_x", leading, in, 4 * H);
	add(p, "lstm", "kernel_h", leading, H, 4 * H);
	add(p, "lstm", "bias", leading, 0, 4 * H);
}

void mc_params_layout(struct mc_params *p, enum mc_net net, const struct mc_dims *x)
{
	const size_t H = x->H, NO = x->N * x->O;
	const int own = net == MC_NET_COMM || net == MC_NET_POLICY;

	memset(p, 0, sizeof *p);
	p->net = net;
	p->P = own && !x->share ? x->N : 1;
	switch (net) {
	case MC_NET_COMM:
		add_dense(p, "dense_0", 1, x->O, H);
		add_dense(p, "dense_1", 1, H, H);
		add_dense(p, "dense_2", 1, H, x->d);
		break;
	case MC_NET_POLICY:
		add_lstm(p, 1, x->O, H);
		add_dense(p, "dense_0", 1, H + x->O, H);
		add_dense(p, "dense_1", 1, H, H);
		add_dense(p, "dense_2", 1, H, x->A);
		break;
	case MC_NET_CRITIC:
		add_dense(p, "dense_0", 0, x->invariant ? x->O + x->A : NO + x->N * x->A, H);
		add_dense(p, "dense_1", 0, H, H);
		if (x->invariant)
			add(p, "team", "kernel", 0, H, H);
		add_dense(p, "dense_2", 0, H, 1);
		break;
	case MC_NET_BASELINE:
		add_dense(p, "dense_0", 0, NO, H);
		add_dense(p, "dense_1", 0, H, H);
		add_dense(p, "dense_2", 0, H, 1);
		break;
	case MC_NET_RULE:
		add_lstm(p, 0, mc_rule_width(x), x->R);
		add_dense(p, "dense_0", 0, x->R, x->R);
		add_dense(p, "dense_1", 0, x->R, mc_rule_outputs(x));
		break;
	case MC_NET_PREY:
		add_dense(p, "dense_0", 0, x->O, PREY_H);
		add_dense(p, "dense_1", 0, PREY_H, PREY_H);
		add_dense(p, "dense_2", 0, PREY_H, PREY_A);
		break;
	}
}

int mc_params_new(struct mc_params *p, enum mc_net net, const struct mc_dims *dims,
    struct mc_arena *arena, struct mc_err *e)
{
	mc_params_layout(p, net, dims);
	p->v = mc_arena_alloc(arena, p->size, sizeof *p->v, mc_net_name(net), e);
	return p->v ? 0 : -1;
}

mc_real *mc_params_at(const struct mc_params *p, const char *layer, const char *name, size_t agent)
{
	for (int i = 0; i < p->tensors; i++) {
		const struct mc_tensor *t = &p->tensor[i];

		if (strcmp(t->layer, layer) == 0 && strcmp(t->name, name) == 0)
			return p->v + t->offset + agent * t->stride;
	}
	return NULL;
}

static void init_kernel(struct mc_params *p, int i, uint64_t seed, double scale)
{
	const struct mc_tensor *t = &p->tensor[i];
	const mc_real bound = (mc_real)(scale / sqrt((double)t->fan_in));
	mc_real *v = p->v + t->offset;

	mc_rng_uniform(v, 0, t->count, seed, MC_RNG_INIT, (uint32_t)p->net, (uint32_t)i);
	for (size_t k = 0; k < t->count; k++)
		v[k] = (2 * v[k] - 1) * bound;
}

static void init_bias(struct mc_params *p, const struct mc_tensor *t)
{
	const size_t len = t->shape[t->ndim - 1], H = len / 4;
	const int lstm = strcmp(t->layer, "lstm") == 0;
	mc_real *v = p->v + t->offset;

	for (size_t k = 0; k < t->count; k++) {
		const int forget = lstm && k % len >= H && k % len < 2 * H;

		v[k] = forget ? 1 : 0;
	}
}

void mc_params_init(struct mc_params *p, uint64_t seed, double last_scale)
{
	const char *last = p->tensor[p->tensors - 1].layer;

	for (int i = 0; i < p->tensors; i++) {
		const struct mc_tensor *t = &p->tensor[i];

		if (t->fan_in)
			init_kernel(p, i, seed, strcmp(t->layer, last) == 0 ? last_scale : 1);
		else
			init_bias(p, t);
	}
}

int mc_params_finite(const struct mc_params *p, char *where, size_t size)
{
	for (int i = 0; i < p->tensors; i++) {
		const struct mc_tensor *t = &p->tensor[i];

		if (mc_all_finite(p->v + t->offset, t->count))
			continue;
		if (where)
			(void)snprintf(where, size, "%s.%s", t->layer, t->name);
		return 0;
	}
	return 1;
}

/* Is tensor i the first of its layer? The table holds a layer's tensors side by side. */
static int opens_layer(const struct mc_params *p, int i)
{
	return i == 0 || strcmp(p->tensor[i].layer, p->tensor[i - 1].layer) != 0;
}

void mc_params_pack(struct mc_fb *b, const char *key, const struct mc_params *p, const mc_real *v)
{
	mc_fb_map(b, key);
	for (int i = 0; i < p->tensors; i++) {
		const struct mc_tensor *t = &p->tensor[i];

		if (opens_layer(p, i))
			mc_fb_map(b, t->layer);
		mc_fb_reals(b, t->name, t->ndim, t->shape, v + t->offset);
		if (i + 1 == p->tensors || opens_layer(p, i + 1))
			mc_fb_close(b);
	}
	mc_fb_close(b);
}

int mc_params_unpack(const struct mc_map *m, const char *key, const struct mc_params *p,
    mc_real *v, struct mc_err *e)
{
	struct mc_map net, layer;

	if (mc_map_map(m, key, &net, e) < 0)
		return -1;
	for (int i = 0; i < p->tensors; i++) {
		const struct mc_tensor *t = &p->tensor[i];

		if (opens_layer(p, i) && mc_map_map(&net, t->layer, &layer, e) < 0)
			return -1;
		if (mc_map_reals(&layer, t->name, t->ndim, t->shape, v ? v + t->offset : NULL, e) < 0)
			return -1;
	}
	return 0;
}
