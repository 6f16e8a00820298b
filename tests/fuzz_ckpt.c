/* The checkpoint loader: header, nets, the states from which programs continue, and the way back into the ring. */
#include "fuzz.h"

#include "mc_blas.h"
#include "mc_ckpt.h"
#include "mc_commit.h"
#include "mc_learner_cpu.h"
#include "mc_meta.h"
#include "mc_nets.h"
#include "mc_pool.h"
#include "mc_verify.h"

/* Programs of a ring with the nets of tests/data/tiny. */
static struct mc_learner *learner;
static struct mc_meta *meta;

static void begin(void)
{
	static struct mc_arena arena;
	const struct mc_dims dims = { .N = 2, .d = 1, .T = 25, .O = 10, .A = 2, .H = 1, .R = 1 };
	struct mc_learner_opts o;
	struct mc_meta_opts m;
	struct mc_err e;

	mc_learner_defaults(&o);
	mc_meta_defaults(&m);
	o.B = 16;
	o.replay = 1000;
	m.K = 2;
	struct mc_pool *pool = mc_blas_init(&e) < 0 ? NULL : mc_pool_new(1, &e);

	learner = pool ? mc_learner_cpu_new(&dims, &o, pool, &e) : NULL;
	meta = mc_meta_new(&dims, &m, &arena, &e);
	if (!learner || !meta)
		abort();
}

static int sent(void *ctx, struct mc_fb *b, struct mc_err *e)
{
	const unsigned char *bytes;
	size_t len;

	(void)ctx;
	return mc_fb_end(b, 0, &bytes, &len, e);
}

static void use(const struct mc_frame *f)
{
	static const char *const nets[] = { "policy", "comm", "critic", "baseline", "rule", "prey", "target.policy", "target.comm" };
	struct mc_err e = { 0 };
	struct mc_arena arena = { 0 };
	struct mc_params p;
	struct mc_acted own;
	struct mc_map state;
	struct mc_ckpt c;

	if (mc_ckpt_read(&c, f, &e) < 0)
		return;
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
		if (mc_ckpt_has(&c, nets[i]) && i != 5)
			(void)mc_ckpt_params(&c, nets[i], &p, &arena, &e);
		mc_nets_json(nowhere(), f, nets[i], 0); /* the complete frame where there is no such net */
	}
	(void)mc_ckpt_estimate(&c.header);
	(void)mc_acted_read(&c, &own, &e);
	(void)mc_header_same(&c.header_map, &c.header_map, &e);
	if (mc_map_has(&c.state, "mc-critic") && mc_map_map(&c.state, "mc-critic", &state, &e) == 0)
		(void)mc_learner_state_unpack(&state, learner, &e);
	if (mc_map_has(&c.state, "mc-metalearn") && mc_map_map(&c.state, "mc-metalearn", &state, &e) == 0)
		(void)mc_meta_state_unpack(&state, meta, &e);
	struct mc_fb *b = mc_fb_new(&e);

	if (b)
		(void)mc_ckpt_frames(&c, b, sent, NULL, &e);
	mc_fb_free(b);
	mc_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mc_err e = { 0 };
	struct mc_frame f;
	char line[1400];

	if (!learner)
		begin();
	struct mc_in *in = mc_in_memory(data, size, "fuzz", size % 2 ? MC_IN_CRC : 0, 1 << 20, &e);
	struct mc_verify *v = mc_verify_new(&e);
	const enum mc_read got = mc_in_frame(in, &f, &e);

	if (got == MC_READ_FRAME) {
		(void)mc_verify_frame(v, &f, &e);
		use(&f);
	}
	mc_err_line(&e, "fuzz", line, sizeof line);
	mc_verify_free(v);
	mc_in_close(in);
	return 0;
}
