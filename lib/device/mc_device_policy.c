#include "mc_device_policy.h"

#include "mc_device_critic.h"
#include "mc_device_layer.h"
#include "mc_rng.h"

/* ---- decisions ---- */

/* I at what was seen; z and soft may be NULL where temp = 0. */
static void decide(struct mc_device_work *s, const struct mc_params *comm, const struct mc_device_seen *seen,
    const uint8_t *m, const mc_real *u, enum mc_stream stream, double temp, mc_real *z, mc_real *soft, uint8_t *I)
{
	const struct mc_device_rows r = mc_device_rows_of(s, comm, s->x.B);
	const struct mc_device_mlp w = mc_device_mlp_at(comm, NULL);

	mc_device_layer_forward(s, s->c0, seen->own, &w.l[0], r);
	mc_device_layer_forward(s, s->c1, s->c0, &w.l[1], r);
	mc_device_layer_product(s, s->z0, s->c1, &w.l[2], 0, s->x.H, r, 0);
	MC_LAUNCH(s->dev, decide, (size_t)s->x.N * s->x.B * s->x.d, .x = s->x, .now = s->now, .z0 = s->z0,
	    .bias = w.l[2].w.bias, .stride = w.l[2].bias, .m = m, .u = u, .seed = s->o.seed, .stream = (uint32_t)stream,
	    .temp = (mc_real)temp, .z = z, .soft = soft, .I = I);
}

void mc_device_decide(struct mc_device_work *s)
{
	const struct mc_params *comm = &s->net[MC_DEVICE_COMM].p;

	if (s->o.decide != MC_LEARNED || !s->heard)
		return;
	if (s->o.stgs)
		decide(s, comm, &s->here, s->m, s->u, MC_RNG_LOGISTIC, s->o.temp, s->z, s->soft, s->I);
	else
		decide(s, comm, &s->here, s->m, s->u, MC_RNG_ASK_POLICY, 0, s->z, NULL, s->I);
}

/* What was decided: under full everybody who is there is asked. */
static const uint8_t *asked(const struct mc_device_work *s, const uint8_t *I, const uint8_t *m)
{
	return s->o.decide == MC_FULL ? m : I;
}

static void comm_gradient(struct mc_device_work *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_COMM];
	const struct mc_device_rows r = mc_device_rows_of(s, &net->p, s->x.B);
	const struct mc_device_mlp w = mc_device_mlp_at(&net->p, net->grad);

	MC_LAUNCH(s->dev, gate_backward, (size_t)s->x.N * s->x.B * s->x.d, .x = s->x, .dI = s->dI, .soft = s->soft, .m = s->m,
	    .temp = (mc_real)s->o.temp, .dz = s->dz0);
	mc_device_layer_gradient(s, s->dz0, s->c1, &w.l[2], r);
	mc_device_layer_to_input(s, s->d1, s->dz0, &w.l[2], s->x.H, r, s->c1);
	mc_device_layer_gradient(s, s->d1, s->c0, &w.l[1], r);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.l[1], s->x.H, r, s->c0);
	mc_device_layer_gradient(s, s->d0, s->here.own, &w.l[0], r);
}

/* ---- policies ---- */

static void read_messages(struct mc_device_work *s, const struct mc_params *policy, const mc_real *message,
    const uint8_t *I)
{
	const size_t N = s->x.N, d = s->x.d, B = s->x.B, H = s->x.H;
	const struct mc_device_lstm l = mc_device_lstm_at(policy, NULL);

	mc_device_layer_product(s, s->gates, message, &l.x, 0, s->x.O, mc_device_rows_of(s, policy, d * B), 0);
	for (size_t t = 0; t < d; t++) {
		if (t > 0)
			MC_PRODUCT(s->dev, .m = B, .n = 4 * H, .k = H, .a = s->h_before + t * B * H, .lda = H, .sa = d * B * H,
			    .b = l.h.w.kernel, .ldb = 4 * H, .sb = l.h.kernel, .beta = 1,
			    .c = s->gates + t * B * 4 * H, .ldc = 4 * H, .sc = d * B * 4 * H, .batch = N);
		MC_LAUNCH(s->dev, cell, N * B * H, .x = s->x, .s = (uint32_t)t, .gates = s->gates, .bias = l.x.w.bias,
		    .stride = l.x.bias, .h_before = s->h_before, .c_before = s->c_before, .tc = s->tc, .h_last = s->h, .I = I);
	}
}

/* Actions of all agents at what they saw, to a: its rows and agents so far apart. */
static void act(struct mc_device_work *s, const struct mc_params *policy, const struct mc_device_seen *seen,
    const uint8_t *I, mc_real *a, size_t row, size_t agent)
{
	const size_t H = s->x.H;
	const struct mc_device_rows r = mc_device_rows_of(s, policy, s->x.B);
	const struct mc_device_mlp w = mc_device_mlp_at(policy, NULL);

	mc_device_layer_product(s, s->y0, seen->own, &w.l[0], H, s->x.O, r, 0);
	if (s->heard) {
		read_messages(s, policy, seen->message, I);
		mc_device_layer_product(s, s->y0, s->h, &w.l[0], 0, H, r, 1);
	}
	mc_device_layer_activate(s, s->y0, &w.l[0], r, 1);
	mc_device_layer_forward(s, s->y1, s->y0, &w.l[1], r);
	mc_device_layer_product(s, s->za, s->y1, &w.l[2], 0, H, r, 0);
	MC_LAUNCH(s->dev, act, (size_t)s->x.N * s->x.B * s->x.A, .x = s->x, .z = s->za, .bias = w.l[2].w.bias, .stride = w.l[2].bias,
	    .a = a, .row = row, .agent = agent);
}

/* From dh, the adjoint of the last hidden states. */
static void read_messages_backward(struct mc_device_work *s, const struct mc_device_net *net, const uint8_t *I)
{
	const size_t N = s->x.N, d = s->x.d, B = s->x.B, H = s->x.H;
	const struct mc_device_lstm l = mc_device_lstm_at(&net->p, net->grad);
	const struct mc_device_rows all = mc_device_rows_of(s, &net->p, d * B);

	for (size_t t = d; t-- > 0;) {
		MC_LAUNCH(s->dev, cell_backward, N * B * H, .x = s->x, .s = (uint32_t)t, .gates = s->gates, .h_before = s->h_before,
		    .c_before = s->c_before, .tc = s->tc, .dh0 = s->dh0, .dh = s->dh, .dc = s->dc,
		    .gate = s->o.stgs ? s->gate : NULL, .I = I);
		if (s->o.stgs)            /* row sums of gate, to column t of dI */
			MC_PRODUCT(s->dev, .m = N * B, .n = 1, .k = H, .a = s->gate, .lda = H, .b = s->ones, .ldb = 1,
			    .c = s->dI + t, .ldc = d, .batch = 1);
		if (t > 0)
			MC_PRODUCT(s->dev, .tb = 1, .m = B, .n = H, .k = 4 * H, .a = s->gates + t * B * 4 * H, .lda = 4 * H,
			    .sa = d * B * 4 * H, .b = l.h.w.kernel, .ldb = 4 * H, .sb = l.h.kernel,
			    .c = s->dh0, .ldc = H, .sc = B * H, .batch = N);
	}
	mc_device_layer_gradient(s, s->gates, s->here.message, &l.x, all);
	mc_device_layer_kernel_gradient(s, s->gates, s->h_before, &l.h, 0, H, all);
}

/* From da, the adjoint of the actions a_pi. */
static void act_backward(struct mc_device_work *s, const struct mc_device_net *net, const uint8_t *I)
{
	const size_t H = s->x.H;
	const struct mc_device_rows r = mc_device_rows_of(s, &net->p, s->x.B);
	const struct mc_device_mlp w = mc_device_mlp_at(&net->p, net->grad);

	MC_LAUNCH(s->dev, act_backward, (size_t)s->x.N * s->x.B * s->x.A, .a = s->a_pi, .da = s->da, .dz = s->dza);
	mc_device_layer_gradient(s, s->dza, s->y1, &w.l[2], r);
	mc_device_layer_to_input(s, s->d1, s->dza, &w.l[2], H, r, s->y1);
	mc_device_layer_gradient(s, s->d1, s->y0, &w.l[1], r);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.l[1], H, r, s->y0);
	mc_device_layer_kernel_gradient(s, s->d0, s->here.own, &w.l[0], H, s->x.O, r);
	mc_device_layer_bias_gradient(s, s->d0, &w.l[0], r);
	if (!s->heard)
		return;
	mc_device_layer_kernel_gradient(s, s->d0, s->h, &w.l[0], 0, H, r);
	mc_device_layer_to_input(s, s->dh, s->d0, &w.l[0], H, r, NULL);
	read_messages_backward(s, net, I);
}

void mc_device_targets(struct mc_device_work *s)
{
	if (s->o.decide == MC_LEARNED && s->heard)
		decide(s, &s->net[MC_DEVICE_COMM].target, &s->next, s->m_next, s->u_next, MC_RNG_ASK_TARGET, 0, NULL, NULL,
		    s->I_next);
	act(s, &s->net[MC_DEVICE_POLICY].target, &s->next, asked(s, s->I_next, s->m_next), s->a_next, s->x.N * s->x.A, s->x.A);
}

void mc_device_policy_gradient(struct mc_device_work *s)
{
	const struct mc_device_net *net = &s->net[MC_DEVICE_POLICY];
	const uint8_t *I = asked(s, s->I, s->m);

	act(s, &net->p, &s->here, I, s->a_pi, s->x.A, (size_t)s->x.B * s->x.A);
	mc_device_critic_objectives(s);
	act_backward(s, net, I);
	if (s->o.stgs)
		comm_gradient(s);
}
