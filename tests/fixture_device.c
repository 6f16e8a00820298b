/*
 * The same golden values through the learner on a device: on what stands in for one, or with
 * MC_DEVICE=cuda on a GPU.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device_host.h"
#include "fixture_device.h"
#include "mc_cuda.h"
#include "mc_device_critic.h"
#include "mc_device_policy.h"
#include "mc_device_step.h"

/* A device with the nets and the batch of one case. */
struct rig {
	struct mc_device *dev;
	struct mc_device_work s;
	struct mc_dims x;
	size_t B;
};

static struct mc_device *open_device(struct fixture *f)
{
	const char *want = getenv("MC_DEVICE");
	struct mc_device *dev = want && strcmp(want, "cuda") == 0 ? mc_cuda_open(0, &f->err) : device_host_open(0);

	if (!dev)
		fixture_failed(f);
	return dev;
}

static void rig_free(struct rig *r)
{
	mc_device_close(r->dev);
}

static int rig_init(struct fixture *f, struct rig *r, const struct mc_dims *x, size_t B, enum mc_decide how, double temp)
{
	struct mc_learner_opts o;

	mc_learner_defaults(&o);
	o.decide = how;
	o.B = o.replay = B;
	o.stgs = temp > 0;
	o.temp = temp > 0 ? temp : o.temp;
	*r = (struct rig){ .dev = open_device(f), .x = *x, .B = B };
	if (!r->dev)
		return 0;
	if (mc_device_work_init(&r->s, r->dev, x, &o, &f->err) == 0)
		return 1;
	fixture_failed(f);
	rig_free(r);
	return 0;
}

static void put_net(struct fixture *f, struct rig *r, const struct mc_map *in, const char *key, const struct mc_params *to)
{
	const struct mc_params p = fixture_params(f, in, key, to->net, &r->x);

	for (int k = 0; k < p.tensors; k++)
		mc_device_put(r->dev, to->v + to->tensor[k].offset, p.v + p.tensor[k].offset, p.tensor[k].count * sizeof *p.v);
}

static void put_reals(struct fixture *f, struct rig *r, const struct mc_map *in, const char *key, size_t n, mc_real *to)
{
	mc_device_put(r->dev, to, fixture_reals(f, in, key, SHAPE(r->B, r->x.N, n)), r->B * r->x.N * n * sizeof *to);
}

/* Observations, and actions unless their key is NULL, where the nets of a half read them. */
static void put_seen(struct fixture *f, struct rig *r, const struct mc_map *in, int half, const char *o_key, const char *a_key)
{
	const size_t B = r->B, N = r->x.N, O = r->x.O, A = r->x.A, d = r->x.d, W = N * (O + A);
	const mc_real *o = fixture_reals(f, in, o_key, SHAPE(B, N, O));
	const mc_real *a = a_key ? fixture_reals(f, in, a_key, SHAPE(B, N, A)) : NULL;
	mc_real *oa = fixture_new(f, B * W), *own = fixture_new(f, N * B * O), *message = fixture_new(f, N * d * B * O);

	for (size_t b = 0; b < B; b++) {
		memcpy(oa + b * W, o + b * N * O, N * O * sizeof *o);
		if (a)
			memcpy(oa + b * W + N * O, a + b * N * A, N * A * sizeof *a);
		for (size_t p = 0; p < N; p++) {
			memcpy(own + (p * B + b) * O, o + (b * N + p) * O, O * sizeof *o);
			for (size_t j = 0; j < d; j++)
				memcpy(message + ((p * d + j) * B + b) * O, o + (b * N + mc_slot_agent(p, j)) * O, O * sizeof *o);
		}
	}
	mc_device_put(r->dev, r->s.oa + (size_t)half * B * W, oa, B * W * sizeof *oa);
	mc_device_put(r->dev, r->s.own + (size_t)half * N * B * O, own, N * B * O * sizeof *own);
	if (r->s.message)
		mc_device_put(r->dev, r->s.message + (size_t)half * N * d * B * O, message, N * d * B * O * sizeof *message);
}

/* Actions at the next step, [B,N,A]. */
static mc_real *get_next(struct fixture *f, struct rig *r)
{
	const size_t B = r->B, N = r->x.N, O = r->x.O, A = r->x.A, W = N * (O + A);
	mc_real *to = fixture_new(f, B * N * A);

	for (size_t b = 0; b < B; b++)
		mc_device_get(r->dev, to + b * N * A, r->s.oa + (B + b) * W + N * O, N * A * sizeof *to);
	if (mc_device_wait(r->dev, &f->err) < 0)
		fixture_failed(f);
	return to;
}

static void put_bytes(struct fixture *f, struct rig *r, const struct mc_map *in, const char *key, int half)
{
	const size_t n = r->B * r->x.N * r->x.d;

	mc_device_put(r->dev, r->s.m + (size_t)half * n, fixture_bytes(f, in, key, SHAPE(r->B, r->x.N, r->x.d)), n);
}

/* Draws that are given. */
static const mc_real *draws(struct fixture *f, struct rig *r, const struct mc_map *in, const char *key)
{
	mc_real *u = mc_device_alloc(r->dev, r->B * r->x.N * r->x.d, sizeof *u, "draws", &f->err);

	if (u)
		put_reals(f, r, in, key, r->x.d, u);
	return u;
}

static void *get(struct fixture *f, struct rig *r, const void *from, size_t n, size_t size)
{
	void *to = fixture_alloc(f, n, size);

	mc_device_get(r->dev, to, from, n * size);
	if (mc_device_wait(r->dev, &f->err) < 0)
		fixture_failed(f);
	return to;
}

/* [N,B,n] as [B,N,n] */
static mc_real *get_turned(struct fixture *f, struct rig *r, const mc_real *from, size_t n)
{
	const size_t B = r->B, N = r->x.N;
	const mc_real *v = get(f, r, from, N * B * n, sizeof *v);
	mc_real *to = fixture_new(f, N * B * n);

	for (size_t p = 0; p < N; p++)
		for (size_t b = 0; b < B; b++)
			memcpy(to + (b * N + p) * n, v + (p * B + b) * n, n * sizeof *v);
	return to;
}

static void is_reals(struct fixture *f, struct rig *r, const struct mc_map *out, const char *key, const mc_real *v, size_t n,
    double tol)
{
	fixture_is_reals(f, out, key, SHAPE(r->B, r->x.N, n), get(f, r, v, r->B * r->x.N * n, sizeof *v), tol);
}

static void is_turned(struct fixture *f, struct rig *r, const struct mc_map *out, const char *key, const mc_real *v, size_t n,
    double tol)
{
	fixture_is_reals(f, out, key, SHAPE(r->B, r->x.N, n), get_turned(f, r, v, n), tol);
}

static void is_decided(struct fixture *f, struct rig *r, const struct mc_map *out, const char *key, const uint8_t *I)
{
	fixture_is_bytes(f, out, key, SHAPE(r->B, r->x.N, r->x.d), get(f, r, I, r->B * r->x.N * r->x.d, 1));
}

static void is_row(struct fixture *f, struct rig *r, const struct mc_map *out, const char *key, const mc_real *v, double tol)
{
	fixture_is_reals(f, out, key, SHAPE(r->B), get(f, r, v, r->B, sizeof *v), tol);
}

static void is_gradient(struct fixture *f, struct rig *r, const struct mc_map *out, const char *key, int net, double tol)
{
	const struct mc_device_net *n = &r->s.net[net];

	fixture_is_tree(f, out, key, &n->grad, get(f, r, n->grad.v, n->grad.size, sizeof *n->grad.v), tol);
}

/* The sum of n lanes of sums that belong together, over B. */
static double mean(struct fixture *f, struct rig *r, const double *lanes, size_t n)
{
	const double *v = get(f, r, lanes, n, sizeof *v);
	double s = 0;

	for (size_t k = 0; k < n; k++)
		s += v[k];
	return s / (double)r->B;
}

void device_comm_forward(struct fixture *f, const struct mc_map *in, const struct mc_map *out, const struct mc_dims *x,
    size_t B)
{
	struct rig r;

	if (!rig_init(f, &r, x, B, MC_LEARNED, 0))
		return;
	put_net(f, &r, in, "comm", &r.s.net[MC_DEVICE_COMM].p);
	put_seen(f, &r, in, 0, "o", NULL);
	put_bytes(f, &r, in, "m", 0);
	r.s.u[0] = draws(f, &r, in, "u");
	mc_device_decide(&r.s);
	is_reals(f, &r, out, "z", r.s.z, x->d, 5e-6);
	is_decided(f, &r, out, "I", r.s.I);
	rig_free(&r);
}

/* With decisions that are given: those that full would take, were they the mask. */
void device_policy_forward(struct fixture *f, const struct mc_map *in, const struct mc_map *out, const struct mc_dims *x,
    size_t B)
{
	struct rig r;

	if (!rig_init(f, &r, x, B, MC_FULL, 0))
		return;
	put_net(f, &r, in, "policy", &r.s.net[MC_DEVICE_POLICY].target);
	put_seen(f, &r, in, 1, "o", NULL);
	put_bytes(f, &r, in, "I", 1);
	mc_device_act(&r.s);
	is_turned(f, &r, out, "h", r.s.h + x->N * B * x->H, x->H, 5e-6);
	fixture_is_reals(f, out, "a", SHAPE(B, x->N, x->A), get_next(f, &r), 5e-6);
	rig_free(&r);
}

void device_critic_loss(struct fixture *f, const struct mc_map *in, const struct mc_map *out, const struct mc_dims *x,
    size_t B)
{
	struct rig r;

	if (!rig_init(f, &r, x, B, MC_LEARNED, 0))
		return;
	const struct mc_k_now now = { .gamma = fixture_real(f, in, "gamma") };

	mc_device_put(r.dev, r.s.now, &now, sizeof now);
	put_net(f, &r, in, "critic", &r.s.net[MC_DEVICE_CRITIC].p);
	put_net(f, &r, in, "target_critic", &r.s.net[MC_DEVICE_CRITIC].target);
	put_net(f, &r, in, "target_comm", &r.s.net[MC_DEVICE_COMM].target);
	put_net(f, &r, in, "target_policy", &r.s.net[MC_DEVICE_POLICY].target);
	put_seen(f, &r, in, 0, "o", "a");
	put_seen(f, &r, in, 1, "o_next", NULL);
	put_bytes(f, &r, in, "m_next", 1);
	mc_device_put(r.dev, r.s.r, fixture_reals(f, in, "r", SHAPE(B)), B * sizeof(mc_real));
	r.s.u[1] = draws(f, &r, in, "u");
	mc_device_act(&r.s);
	mc_device_critic_gradient(&r.s);
	is_decided(f, &r, out, "I_next", r.s.I + B * x->N * x->d);
	fixture_is_reals(f, out, "a_next", SHAPE(B, x->N, x->A), get_next(f, &r), 5e-6);
	is_row(f, &r, out, "q_next", r.s.q + B, 5e-6);
	is_row(f, &r, out, "y", r.s.y, 5e-6);
	is_row(f, &r, out, "q", r.s.q, 5e-6);
	mc_device_metrics(&r.s);
	mc_device_join(r.dev, MC_DEVICE_TOLD);
	fixture_is_real(f, out, "loss", mean(f, &r, r.s.loss, MC_DEVICE_LANES), 5e-6);
	is_gradient(f, &r, out, "grad", MC_DEVICE_CRITIC, 5e-6);
	rig_free(&r);
}

/* What policy_gradient and stgs have in common. */
static void is_policy_gradient(struct fixture *f, struct rig *r, const struct mc_map *in, const struct mc_map *out,
    const char *gradient, double tol)
{
	const size_t N = r->x.N, B = r->B;
	mc_real *objective = fixture_new(f, N);

	put_net(f, r, in, "comm", &r->s.net[MC_DEVICE_COMM].p);
	put_net(f, r, in, "policy", &r->s.net[MC_DEVICE_POLICY].p);
	put_net(f, r, in, "critic", &r->s.net[MC_DEVICE_CRITIC].p);
	put_seen(f, r, in, 0, "o", "a");
	put_bytes(f, r, in, "m", 0);
	mc_device_act(&r->s);
	mc_device_policy_gradient(&r->s);
	mc_device_metrics(&r->s);
	mc_device_join(r->dev, MC_DEVICE_TOLD);
	for (size_t i = 0; i < N; i++)
		objective[i] = (mc_real)mean(f, r, r->s.objective + i * MC_DEVICE_LANES, MC_DEVICE_LANES);
	is_decided(f, r, out, "I", r->s.I);
	is_turned(f, r, out, "a_pi", r->s.a_pi, r->x.A, tol);
	fixture_is_reals(f, out, "q", SHAPE(N, B), get(f, r, r->s.q_pi, N * B, sizeof(mc_real)), tol);
	fixture_is_reals(f, out, "objective", SHAPE(N), objective, tol);
	is_gradient(f, r, out, gradient, MC_DEVICE_POLICY, tol);
}

void device_policy_gradient(struct fixture *f, const struct mc_map *in, const struct mc_map *out, const struct mc_dims *x,
    size_t B)
{
	struct rig r;

	if (!rig_init(f, &r, x, B, MC_LEARNED, 0))
		return;
	r.s.u[0] = draws(f, &r, in, "u");
	is_policy_gradient(f, &r, in, out, "grad", 5e-6);
	is_turned(f, &r, out, "da", r.s.da, x->A, 5e-6);
	rig_free(&r);
}

void device_stgs(struct fixture *f, const struct mc_map *in, const struct mc_map *out, const struct mc_dims *x, size_t B)
{
	const uint8_t *m = fixture_bytes(f, in, "m", SHAPE(B, x->N, x->d));
	struct rig r;

	if (!rig_init(f, &r, x, B, MC_LEARNED, fixture_real(f, in, "temp")))
		return;
	r.s.u[0] = draws(f, &r, in, "L");
	is_policy_gradient(f, &r, in, out, "grad_policy", 1e-5);
	is_reals(f, &r, out, "z", r.s.z, x->d, 1e-5);
	is_reals(f, &r, out, "soft", r.s.soft, x->d, 1e-5);
	is_gradient(f, &r, out, "grad_comm", MC_DEVICE_COMM, 1e-5);
	mc_real *dI = get_turned(f, &r, r.s.dI, x->d);

	for (size_t k = 0; k < B * x->N * x->d; k++)
		dI[k] = m[k] ? dI[k] : 0;
	fixture_is_reals(f, out, "dI", SHAPE(B, x->N, x->d), dI, 1e-5);
	rig_free(&r);
}
