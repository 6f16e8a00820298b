/*
 * Golden values of what acts and what mc-critic computes: communication nets, policies, the
 * critic's loss (eq. 1), the policies' gradient through the critic (eq. 3), and the pass that
 * gives the communication nets' as well (stgs). All of it on the CPU, and on a device.
 */
#include <string.h>

#include "fixture_device.h"
#include "fixtures.h"
#include "mc_act.h"
#include "mc_critic.h"
#include "mc_math.h"
#include "mc_policy.h"
#include "mc_policy_step.h"
#include "mc_stgs.h"

/* Dimensions of a batch, from o [B,N,O], a and the hidden width of a net. */
static struct mc_dims dims_of(struct fixture *f, const struct mc_map *in, const char *net,
    const char *layer, size_t *B)
{
	struct mc_dims x = { .T = 1, .A = 2 };

	*B = fixture_dim(f, in, "o", 0);
	x.N = fixture_dim(f, in, "o", 1);
	x.d = x.N - 1;
	x.O = fixture_dim(f, in, "o", 2);
	x.H = fixture_tree_dim(f, in, net, layer, "bias", 1);
	return x;
}

static struct mc_actor *actor(struct fixture *f, const struct mc_dims *x, size_t B)
{
	struct mc_actor *p = mc_actor_new(x, B, 1, &f->arena, &f->err);

	if (!p)
		fixture_failed(f);
	return p;
}

static struct mc_pool *one_thread(struct fixture *f)
{
	struct mc_pool *p = mc_pool_new(1, &f->err);

	if (!p)
		fixture_failed(f);
	return p;
}

/* The sum of the parts of a gradient, in their order. */
static void add_parts(mc_real *sum, const mc_real *part, size_t parts, size_t size)
{
	memset(sum, 0, size * sizeof *sum);
	for (size_t p = 0; p < parts; p++)
		for (size_t k = 0; k < size; k++)
			sum[k] += part[p * size + k];
}

/* ---- comm_forward ---- */

static void check_comm_forward(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	size_t B;
	const struct mc_dims x = dims_of(f, in, "comm", "dense_0", &B);
	const size_t n = B * x.N * x.d;
	const struct mc_params comm = fixture_params(f, in, "comm", MC_NET_COMM, &x);
	const mc_real *o = fixture_reals(f, in, "o", SHAPE(B, x.N, x.O));
	const mc_real *u = fixture_reals(f, in, "u", SHAPE(B, x.N, x.d));
	const uint8_t *m = fixture_bytes(f, in, "m", SHAPE(B, x.N, x.d));
	mc_real *z = fixture_new(f, n), *c = fixture_new(f, n), *log_c = fixture_new(f, n);
	mc_real *entropy = fixture_new(f, n);
	uint8_t *I = fixture_alloc(f, n, 1);
	const struct mc_act_batch b = { .n = B, .o = o, .m = m, .u = u, .c = c, .z = z, .I = I };
	struct mc_actor *who = actor(f, &x, B);
	struct mc_pool *pool = one_thread(f);

	if (!who || !pool)
		return;
	mc_actor_decide(who, MC_LEARNED, &comm, &b, pool);
	for (size_t k = 0; k < n; k++) {
		log_c[k] = m[k] ? -mc_softplus(I[k] ? -z[k] : z[k]) : 0;
		entropy[k] = m[k] ? mc_softplus(z[k]) - z[k] * c[k] : 0;
	}
	fixture_is_reals(f, out, "z", SHAPE(B, x.N, x.d), z, 5e-6);
	fixture_is_reals(f, out, "c", SHAPE(B, x.N, x.d), c, 5e-6);
	fixture_is_bytes(f, out, "I", SHAPE(B, x.N, x.d), I);
	fixture_is_reals(f, out, "log_c", SHAPE(B, x.N, x.d), log_c, 5e-6);
	fixture_is_reals(f, out, "entropy", SHAPE(B, x.N, x.d), entropy, 5e-6);
	device_comm_forward(f, in, out, &x, B);
	mc_pool_free(pool);
}

int fixture_comm_forward(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_comm_forward, why, size);
}

/* ---- policy_forward ---- */

static void hidden_states(struct fixture *f, const struct mc_dims *x, const struct mc_params *policy,
    size_t B, const mc_real *o, const uint8_t *I, mc_real *h)
{
	struct mc_policy_work *w = mc_policy_work_new(x, B, &f->arena, &f->err);
	mc_real *a = fixture_new(f, B * x->A);

	if (!w) {
		fixture_failed(f);
		return;
	}
	for (size_t i = 0; i < x->N; i++) {
		const struct mc_policy_net net = mc_policy_at(policy, policy->v, x, i);

		mc_policy_forward(w, &net, B, o, I, a, x->A);
		mc_policy_hidden(w, h + i * x->H, x->N * x->H);
	}
}

static void check_policy_forward(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	size_t B;
	const struct mc_dims x = dims_of(f, in, "policy", "dense_0", &B);
	const size_t n = B * x.N * x.A;
	const struct mc_params policy = fixture_params(f, in, "policy", MC_NET_POLICY, &x);
	const mc_real *o = fixture_reals(f, in, "o", SHAPE(B, x.N, x.O));
	const uint8_t *I = fixture_bytes(f, in, "I", SHAPE(B, x.N, x.d));
	const mc_real *eps = fixture_reals(f, in, "eps", SHAPE(B, x.N, x.A));
	const mc_real sigma = (mc_real)fixture_real(f, in, "sigma");
	mc_real *a = fixture_new(f, n), *executed = fixture_new(f, n);
	mc_real *h = fixture_new(f, B * x.N * x.H);
	uint8_t *asked = fixture_alloc(f, B * x.N * x.d, 1);
	const struct mc_act_batch batch = { .n = B, .o = o, .I = asked, .a = a };
	struct mc_actor *who = actor(f, &x, B);
	struct mc_pool *pool = one_thread(f);

	if (!who || !pool)
		return;
	memcpy(asked, I, B * x.N * x.d);
	mc_actor_act(who, &policy, &batch, pool);
	hidden_states(f, &x, &policy, B, o, I, h);
	for (size_t k = 0; k < n; k++) {
		const mc_real noisy = a[k] + sigma * eps[k];

		executed[k] = noisy < -1 ? -1 : noisy > 1 ? 1 : noisy;
	}
	fixture_is_reals(f, out, "h", SHAPE(B, x.N, x.H), h, 5e-6);
	fixture_is_reals(f, out, "a", SHAPE(B, x.N, x.A), a, 5e-6);
	fixture_is_reals(f, out, "executed", SHAPE(B, x.N, x.A), executed, 5e-6);
	device_policy_forward(f, in, out, &x, B);
	mc_pool_free(pool);
}

int fixture_policy_forward(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_policy_forward, why, size);
}

/* ---- critic_loss ---- */

static void check_critic_loss(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	size_t B;
	const struct mc_dims x = dims_of(f, in, "target_policy", "dense_0", &B);
	const size_t n = B * x.N * x.d, parts = mc_critic_parts(B);
	const struct mc_params critic = fixture_params(f, in, "critic", MC_NET_CRITIC, &x);
	const struct mc_params target = fixture_params(f, in, "target_critic", MC_NET_CRITIC, &x);
	const struct mc_params comm = fixture_params(f, in, "target_comm", MC_NET_COMM, &x);
	const struct mc_params policy = fixture_params(f, in, "target_policy", MC_NET_POLICY, &x);
	const uint8_t *m = fixture_bytes(f, in, "m_next", SHAPE(B, x.N, x.d));
	const mc_real *u = fixture_reals(f, in, "u", SHAPE(B, x.N, x.d));
	mc_real *z = fixture_new(f, n), *a_next = fixture_new(f, B * x.N * x.A);
	mc_real *part = fixture_new(f, parts * critic.size), *grad = fixture_new(f, critic.size);
	uint8_t *I = fixture_alloc(f, n, 1);
	struct mc_critic_batch b = { .B = B, .gamma = fixture_real(f, in, "gamma"),
		.o = fixture_reals(f, in, "o", SHAPE(B, x.N, x.O)),
		.a = fixture_reals(f, in, "a", SHAPE(B, x.N, x.A)), .r = fixture_reals(f, in, "r", SHAPE(B)),
		.o_next = fixture_reals(f, in, "o_next", SHAPE(B, x.N, x.O)), .a_next = a_next,
		.q_next = fixture_new(f, B), .y = fixture_new(f, B), .q = fixture_new(f, B) };
	const struct mc_act_batch next = { .n = B, .o = b.o_next, .m = m, .u = u, .z = z, .I = I, .a = a_next };
	struct mc_actor *who = actor(f, &x, B);
	struct mc_critic_step *step = mc_critic_step_new(&x, B, 1, &f->arena, &f->err);
	struct mc_pool *pool = one_thread(f);

	if (!who || !step || !pool)
		return;
	mc_actor_decide(who, MC_LEARNED, &comm, &next, pool);
	mc_actor_act(who, &policy, &next, pool);
	const double loss = mc_critic_gradient(step, &critic, &target, &b, part, NULL, pool);

	add_parts(grad, part, parts, critic.size);
	fixture_is_reals(f, out, "z_next", SHAPE(B, x.N, x.d), z, 5e-6);
	fixture_is_bytes(f, out, "I_next", SHAPE(B, x.N, x.d), I);
	fixture_is_reals(f, out, "a_next", SHAPE(B, x.N, x.A), a_next, 5e-6);
	fixture_is_reals(f, out, "q_next", SHAPE(B), b.q_next, 5e-6);
	fixture_is_reals(f, out, "y", SHAPE(B), b.y, 5e-6);
	fixture_is_reals(f, out, "q", SHAPE(B), b.q, 5e-6);
	fixture_is_real(f, out, "loss", loss, 5e-6);
	fixture_is_tree(f, out, "grad", &critic, grad, 5e-6);
	device_critic_loss(f, in, out, &x, B);
	mc_pool_free(pool);
}

int fixture_critic_loss(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_critic_loss, why, size);
}

/* ---- policy_gradient ---- */

/* The pieces of all agents as one gradient of the policy's own layout. */
static void whole_gradient(const struct mc_params *p, const mc_real *part,
    size_t parts, struct fixture *f, mc_real *grad)
{
	const size_t size = p->size / p->P;
	mc_real *sum = fixture_new(f, size);

	for (size_t i = 0; i < p->P; i++) {
		add_parts(sum, part + i * parts * size, parts, size);
		for (int t = 0; t < p->tensors; t++) {
			const struct mc_tensor *a = &p->tensor[t];

			memcpy(grad + a->offset + i * a->stride, sum + a->offset / p->P,
			    a->count / p->P * sizeof *sum);
		}
	}
}

static void check_policy_gradient(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	size_t B;
	const struct mc_dims x = dims_of(f, in, "policy", "dense_0", &B);
	const size_t n = B * x.N * x.A, parts = mc_policy_parts(&x, B, 0);
	const struct mc_params comm = fixture_params(f, in, "comm", MC_NET_COMM, &x);
	const struct mc_params policy = fixture_params(f, in, "policy", MC_NET_POLICY, &x);
	const struct mc_params critic = fixture_params(f, in, "critic", MC_NET_CRITIC, &x);
	const uint8_t *m = fixture_bytes(f, in, "m", SHAPE(B, x.N, x.d));
	const mc_real *u = fixture_reals(f, in, "u", SHAPE(B, x.N, x.d));
	mc_real *part = fixture_new(f, parts * policy.size), *grad = fixture_new(f, policy.size);
	mc_real *objective = fixture_new(f, x.N);
	double *sums = fixture_alloc(f, x.N, sizeof *sums);
	uint8_t *I = fixture_alloc(f, B * x.N * x.d, 1);
	const struct mc_policy_batch b = { .B = B, .I = I,
		.o = fixture_reals(f, in, "o", SHAPE(B, x.N, x.O)),
		.a = fixture_reals(f, in, "a", SHAPE(B, x.N, x.A)), .a_pi = fixture_new(f, n),
		.q = fixture_new(f, x.N * B), .da = fixture_new(f, n), .objective = sums };
	const struct mc_act_batch now = { .n = B, .o = b.o, .m = m, .u = u, .I = I };
	struct mc_actor *who = actor(f, &x, B);
	struct mc_policy_step *step = mc_policy_step_new(&x, B, 0, 1, &f->arena, &f->err);
	struct mc_pool *pool = one_thread(f);

	if (!who || !step || !pool)
		return;
	mc_actor_decide(who, MC_LEARNED, &comm, &now, pool);
	(void)mc_policy_gradient(step, &policy, &critic, &b, part, pool);
	whole_gradient(&policy, part, parts, f, grad);
	for (size_t i = 0; i < x.N; i++)
		objective[i] = (mc_real)sums[i];
	fixture_is_bytes(f, out, "I", SHAPE(B, x.N, x.d), I);
	fixture_is_reals(f, out, "a_pi", SHAPE(B, x.N, x.A), b.a_pi, 5e-6);
	fixture_is_reals(f, out, "q", SHAPE(x.N, B), b.q, 5e-6);
	fixture_is_reals(f, out, "objective", SHAPE(x.N), objective, 5e-6);
	fixture_is_reals(f, out, "da", SHAPE(B, x.N, x.A), b.da, 5e-6);
	fixture_is_tree(f, out, "grad", &policy, grad, 5e-6);
	device_policy_gradient(f, in, out, &x, B);
	mc_pool_free(pool);
}

int fixture_policy_gradient(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_policy_gradient, why, size);
}

/* ---- stgs ---- */

static void check_stgs(struct fixture *f, const struct mc_map *in, const struct mc_map *out)
{
	size_t B;
	const struct mc_dims x = dims_of(f, in, "policy", "dense_0", &B);
	const size_t n = B * x.N * x.d, parts = mc_policy_parts(&x, B, 1);
	const struct mc_params comm = fixture_params(f, in, "comm", MC_NET_COMM, &x);
	const struct mc_params policy = fixture_params(f, in, "policy", MC_NET_POLICY, &x);
	const struct mc_params critic = fixture_params(f, in, "critic", MC_NET_CRITIC, &x);
	const mc_real *L = fixture_reals(f, in, "L", SHAPE(B, x.N, x.d));
	mc_real *part = fixture_new(f, parts * policy.size), *part_comm = fixture_new(f, parts * comm.size);
	mc_real *grad = fixture_new(f, policy.size), *grad_comm = fixture_new(f, comm.size);
	mc_real *z = fixture_new(f, n), *soft = fixture_new(f, n), *objective = fixture_new(f, x.N);
	double *sums = fixture_alloc(f, x.N, sizeof *sums);
	uint8_t *I = fixture_alloc(f, n, 1);
	const struct mc_policy_batch b = { .B = B, .I = I, .dI = fixture_new(f, n),
		.m = fixture_bytes(f, in, "m", SHAPE(B, x.N, x.d)),
		.o = fixture_reals(f, in, "o", SHAPE(B, x.N, x.O)),
		.a = fixture_reals(f, in, "a", SHAPE(B, x.N, x.A)), .a_pi = fixture_new(f, B * x.N * x.A),
		.q = fixture_new(f, x.N * B), .objective = sums };
	const struct mc_stgs_batch rounded = { .n = B, .o = b.o, .m = b.m, .L = L, .temp = fixture_real(f, in, "temp"),
		.I = I, .soft = soft, .z = z, .dI = b.dI };
	struct mc_stgs *stgs = mc_stgs_new(&x, B, 1, &f->arena, &f->err);
	struct mc_policy_step *step = mc_policy_step_new(&x, B, 1, 1, &f->arena, &f->err);
	struct mc_pool *pool = one_thread(f);

	if (!stgs || !step || !pool) {
		fixture_failed(f);
		return;
	}
	mc_stgs_decide(stgs, &comm, &rounded, pool);
	(void)mc_policy_gradient(step, &policy, &critic, &b, part, pool);
	mc_stgs_gradient(stgs, &comm, &rounded, part_comm, pool);
	whole_gradient(&policy, part, parts, f, grad);
	whole_gradient(&comm, part_comm, parts, f, grad_comm);
	for (size_t i = 0; i < x.N; i++)
		objective[i] = (mc_real)sums[i];
	fixture_is_reals(f, out, "z", SHAPE(B, x.N, x.d), z, 1e-5);
	fixture_is_reals(f, out, "soft", SHAPE(B, x.N, x.d), soft, 1e-5);
	fixture_is_bytes(f, out, "I", SHAPE(B, x.N, x.d), I);
	fixture_is_reals(f, out, "a_pi", SHAPE(B, x.N, x.A), b.a_pi, 1e-5);
	fixture_is_reals(f, out, "q", SHAPE(x.N, B), b.q, 1e-5);
	fixture_is_reals(f, out, "objective", SHAPE(x.N), objective, 1e-5);
	fixture_is_reals(f, out, "dI", SHAPE(B, x.N, x.d), b.dI, 1e-5);
	fixture_is_tree(f, out, "grad_policy", &policy, grad, 1e-5);
	fixture_is_tree(f, out, "grad_comm", &comm, grad_comm, 1e-5);
	device_stgs(f, in, out, &x, B);
	mc_pool_free(pool);
}

int fixture_stgs(const struct mc_map *root, const char *name, char *why, size_t size)
{
	return fixture_cases(root, name, check_stgs, why, size);
}
