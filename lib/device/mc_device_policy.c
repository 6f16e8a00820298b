#include "mc_device_policy.h"

#include "mc_device_critic.h"
#include "mc_device_layer.h"
#include "mc_rng.h"

/* ---- decisions ---- */

void mc_device_decide(struct mc_device_work *s)
{
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_COMM]);
	const struct mc_device_rows both = mc_device_rows_of(s, 2, s->x.B);

	if (s->o.decide != MC_LEARNED || !s->heard)
		return;
	mc_device_layer_forward(s, s->c0, s->own, &w.l[0], 0, s->x.O, both, 0);
	mc_device_layer_forward(s, s->c1, s->c0, &w.l[1], 0, s->x.H, both, 0);
	MC_LAUNCH(s->dev, decide, 2 * (size_t)s->x.N * s->x.B * s->x.d, .x = s->x, .now = s->now, .c1 = s->c1,
	    .kernel = w.l[2].w.kernel, .bias = w.l[2].w.bias, .kernel_stride = w.l[2].stride, .bias_stride = w.l[2].bias,
	    .m = s->m, .u = { s->u[0], s->u[1] }, .seed = s->o.seed,
	    .stream = { s->o.stgs ? MC_RNG_LOGISTIC : MC_RNG_ASK_POLICY, MC_RNG_ASK_TARGET },
	    .temp = s->o.stgs ? (mc_real)s->o.temp : 0, .z = s->z, .soft = s->soft, .I = s->I);
}

/* What was decided: under full everybody who is there is asked. */
static const uint8_t *asked(const struct mc_device_work *s)
{
	return s->o.decide == MC_FULL ? s->m : s->I;
}

static void comm_gradient(struct mc_device_work *s)
{
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_COMM]);
	const struct mc_device_rows r = mc_device_rows_of(s, 1, s->x.B);
	const size_t H = s->x.H;

	MC_LAUNCH(s->dev, gate_backward, (size_t)s->x.N * s->x.B * s->x.d, .x = s->x, .gate = s->tc, .soft = s->soft, .m = s->m,
	    .temp = (mc_real)s->o.temp, .dI = s->dI, .dz = s->dz0);
	mc_device_layer_gradient(s, s->dz0, s->c1, &w.l[2], 0, H, r);
	mc_device_layer_to_input(s, s->d1, s->dz0, &w.l[2], H, r, s->c1);
	mc_device_layer_gradient(s, s->d1, s->c0, &w.l[1], 0, H, r);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.l[1], H, r, s->c0);
	mc_device_layer_gradient(s, s->d0, s->own, &w.l[0], 0, s->x.O, r);
	mc_device_layer_gradients(s);
}

/* ---- policies ---- */

/* What all messages come to, were they requested: beside the decisions. */
static void receive_messages(struct mc_device_work *s)
{
	const struct mc_device_lstm l = mc_device_lstm_at(&s->net[MC_DEVICE_POLICY]);

	mc_device_branch(s->dev, MC_DEVICE_BESIDE);
	mc_device_layer_product(s, s->gates, s->message, &l.x, 0, s->x.O, mc_device_rows_of(s, 2, (size_t)s->x.d * s->x.B));
	mc_device_branch(s->dev, 0);
}

static void read_messages(struct mc_device_work *s)
{
	const size_t d = s->x.d, H = s->x.H;
	const struct mc_device_lstm l = mc_device_lstm_at(&s->net[MC_DEVICE_POLICY]);
	const struct mc_device_rows slot = mc_device_rows_of(s, 2, s->x.B);

	mc_device_join(s->dev, MC_DEVICE_BESIDE);
	for (size_t t = 0; t < d; t++) {
		if (t > 0)
			MC_PRODUCT(s->dev, .m = slot.n, .n = 4 * H, .k = H, .a = s->h_before + t * slot.n * H, .lda = H,
			    .sa = d * slot.n * H, .b = l.h.w.kernel, .ldb = 4 * H, .sb = l.h.stride, .beta = 1,
			    .c = s->gates + t * slot.n * 4 * H, .ldc = 4 * H, .sc = d * slot.n * 4 * H, .batch = slot.nets);
		MC_LAUNCH(s->dev, cell, 2 * (size_t)s->x.N * s->x.B * H, .x = s->x, .s = (uint32_t)t, .gates = s->gates,
		    .bias = l.x.w.bias, .stride = l.x.bias, .h_before = s->h_before, .c_before = s->c_before, .tc = s->tc,
		    .h_last = s->h, .I = asked(s));
	}
}

void mc_device_act(struct mc_device_work *s)
{
	const size_t H = s->x.H;
	const struct mc_device_rows both = mc_device_rows_of(s, 2, s->x.B);
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_POLICY]);

	if (s->heard)
		receive_messages(s);
	mc_device_decide(s);
	if (s->heard) {
		read_messages(s);
		mc_device_layer_product(s, s->y0, s->h, &w.l[0], 0, H, both);
	}
	mc_device_layer_forward(s, s->y0, s->own, &w.l[0], H, s->x.O, both, s->heard);
	mc_device_layer_forward(s, s->y1, s->y0, &w.l[1], 0, H, both, 0);
	MC_LAUNCH(s->dev, act, 2 * (size_t)s->x.N * s->x.B * s->x.A, .x = s->x, .y1 = s->y1, .kernel = w.l[2].w.kernel,
	    .bias = w.l[2].w.bias, .kernel_stride = w.l[2].stride, .bias_stride = w.l[2].bias, .a_pi = s->a_pi, .z = s->z_pi,
	    .oa = s->oa, .oa_pi = s->o.joint ? s->oa_pi : NULL);
}

/* From dh, the adjoint of the last hidden states. */
static void read_messages_backward(struct mc_device_work *s)
{
	const size_t d = s->x.d, H = s->x.H;
	const struct mc_device_lstm l = mc_device_lstm_at(&s->net[MC_DEVICE_POLICY]);
	const struct mc_device_rows slot = mc_device_rows_of(s, 1, s->x.B), all = mc_device_rows_of(s, 1, d * s->x.B);

	for (size_t t = d; t-- > 0;) {
		MC_LAUNCH(s->dev, cell_backward, (size_t)s->x.N * s->x.B * H, .x = s->x, .s = (uint32_t)t, .gates = s->gates,
		    .h_before = s->h_before, .c_before = s->c_before, .tc = s->tc, .dh0 = s->dh0, .dh = s->dh, .dc = s->dc,
		    .gate = s->o.stgs ? s->tc : NULL, .I = asked(s));
		if (t > 0)
			MC_PRODUCT(s->dev, .tb = 1, .m = slot.n, .n = H, .k = 4 * H, .a = s->gates + t * slot.n * 4 * H, .lda = 4 * H,
			    .sa = d * slot.n * 4 * H, .b = l.h.w.kernel, .ldb = 4 * H, .sb = l.h.stride,
			    .c = s->dh0, .ldc = H, .sc = slot.n * H, .batch = slot.nets);
	}
	mc_device_layer_gradient(s, s->gates, s->message, &l.x, 0, s->x.O, all);
	mc_device_layer_kernel_gradient(s, s->gates, s->h_before, &l.h, 0, H, all);
}

/* From dza, the adjoint of the actions before tanh. */
static void act_backward(struct mc_device_work *s)
{
	const size_t H = s->x.H;
	const struct mc_device_rows r = mc_device_rows_of(s, 1, s->x.B);
	const struct mc_device_mlp w = mc_device_mlp_at(&s->net[MC_DEVICE_POLICY]);

	mc_device_layer_gradient(s, s->dza, s->y1, &w.l[2], 0, H, r);
	mc_device_layer_to_input(s, s->d1, s->dza, &w.l[2], H, r, s->y1);
	mc_device_layer_gradient(s, s->d1, s->y0, &w.l[1], 0, H, r);
	mc_device_layer_to_input(s, s->d0, s->d1, &w.l[1], H, r, s->y0);
	mc_device_layer_gradient(s, s->d0, s->own, &w.l[0], H, s->x.O, r);
	if (s->heard) {
		mc_device_layer_kernel_gradient(s, s->d0, s->h, &w.l[0], 0, H, r);
		mc_device_layer_to_input(s, s->dh, s->d0, &w.l[0], H, r, NULL);
		read_messages_backward(s);
	}
	mc_device_layer_gradients(s);
}

void mc_device_policy_gradient(struct mc_device_work *s)
{
	mc_device_critic_objectives(s);
	act_backward(s);
	if (s->o.stgs)
		comm_gradient(s);
}
