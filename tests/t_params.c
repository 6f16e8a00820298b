/* The table of parameters, initial values, and trees in frames. */
#include "mc_params.h"
#include "tap.h"

static const struct mc_dims dims = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 8, .R = 6 };

/* Elements of one agent's dense layer. */
static size_t dense(size_t in, size_t out)
{
	return in * out + out;
}

static size_t lstm(size_t in, size_t H)
{
	return in * 4 * H + H * 4 * H + 4 * H;
}

static void layouts(void)
{
	struct mc_params p;

	mc_params_layout(&p, MC_NET_COMM, &dims);
	is_int((long long)p.size, (long long)(3 * (dense(7, 8) + dense(8, 8) + dense(8, 2))), "comm");
	mc_params_layout(&p, MC_NET_POLICY, &dims);
	is_int((long long)p.size, (long long)(3 * (lstm(7, 8) + dense(15, 8) + dense(8, 8) + dense(8, 2))), "policy");
	mc_params_layout(&p, MC_NET_CRITIC, &dims);
	is_int((long long)p.size, (long long)(dense(27, 8) + dense(8, 8) + dense(8, 1)), "critic");
	mc_params_layout(&p, MC_NET_BASELINE, &dims);
	is_int((long long)p.size, (long long)(dense(21, 8) + dense(8, 8) + dense(8, 1)), "baseline");
	mc_params_layout(&p, MC_NET_RULE, &dims);
	is_int((long long)p.size, (long long)(lstm(9, 6) + dense(6, 6) + dense(6, 6)), "rule");
	mc_params_layout(&p, MC_NET_PREY, &dims);
	is_int((long long)p.size, (long long)(dense(7, 64) + dense(64, 64) + dense(64, 2)), "prey");
}

/* Every element belongs to exactly one tensor and agent. */
static void partition(int share)
{
	struct mc_dims x = dims;
	struct mc_arena arena = { 0 };
	struct mc_params p;
	int once = 1;

	x.share = share;
	(void)mc_params_new(&p, MC_NET_POLICY, &x, &arena, NULL);
	for (int t = 0; t < p.tensors; t++)
		for (size_t i = 0; i < p.P; i++) {
			mc_real *v = mc_params_at(&p, p.tensor[t].layer, p.tensor[t].name, i);

			for (size_t k = 0; k < p.tensor[t].count / p.P; k++)
				v[k] += 1;
		}
	for (size_t k = 0; k < p.size; k++)
		once &= p.v[k] == 1;
	ok(once, "share %d: agents' tensors cover the block once", share);
	ok((mc_params_at(&p, "lstm", "bias", 2) == mc_params_at(&p, "lstm", "bias", 0)) == share,
	    "share %d: agent 2's net is %s", share, share ? "agent 0's" : "its own");
	ok(!mc_params_at(&p, "dense_7", "kernel", 0), "no such tensor");
	mc_arena_free(&arena);
}

static void initial_values(void)
{
	struct mc_arena arena = { 0 };
	struct mc_params p, q;
	struct mc_dims more = dims;
	int within = 1, biases = 1;
	double largest = 0, last = 0, mean = 0;

	(void)mc_params_new(&p, MC_NET_POLICY, &dims, &arena, NULL);
	mc_params_init(&p, 4, 0.1);
	for (int t = 0; t < p.tensors; t++) {
		const struct mc_tensor *x = &p.tensor[t];
		const int is_last = strcmp(x->layer, "dense_2") == 0;

		for (size_t k = 0; k < x->count; k++) {
			const double v = (double)p.v[x->offset + k];

			if (!x->fan_in)
				biases &= v == (strcmp(x->layer, "lstm") == 0 && k % 32 >= 8 && k % 32 < 16);
			else if (is_last)
				last = fmax(last, fabs(v) * sqrt((double)x->fan_in));
			else
				largest = fmax(largest, fabs(v) * sqrt((double)x->fan_in));
			within &= !x->fan_in || fabs(v) * sqrt((double)x->fan_in) < 1.0001;
			mean += x->fan_in ? v : 0;
		}
	}
	ok(within && largest > 0.99, "kernels fill +-1/sqrt(fan_in)");
	ok(last <= 0.10001 && last > 0.09, "the last one a tenth of that");
	ok(biases, "biases are 0, the LSTM's f-gate's 1");
	is_near(mean / (double)p.size, 0, 0.01, "kernels have mean 0");
	(void)mc_params_new(&q, MC_NET_POLICY, &dims, &arena, NULL);
	mc_params_init(&q, 4, 0.1);
	ok(memcmp(p.v, q.v, p.size * sizeof *p.v) == 0, "the same seed gives the same values");
	mc_params_init(&q, 5, 0.1);
	ok(memcmp(p.v, q.v, p.size * sizeof *p.v) != 0, "another seed others");
	more.N = 1;
	more.d = 0;
	(void)mc_params_new(&q, MC_NET_POLICY, &more, &arena, NULL);
	mc_params_init(&q, 4, 0.1);
	ok(memcmp(p.v, q.v, q.tensor[0].count * sizeof *p.v) == 0, "more agents leave the first one's values alone");
	mc_arena_free(&arena);
}

/* v of layout p to a frame and back into out. */
static int there_and_back(const struct mc_params *p, const struct mc_params *want, mc_real *out,
    struct mc_err *e)
{
	struct mc_fb *b = mc_fb_new(NULL);
	const unsigned char *bytes;
	struct mc_in *in = NULL;
	struct mc_frame f;
	size_t len;
	int status = -1;

	mc_fb_begin(b, "params");
	mc_params_pack(b, "tree", p, p->v);
	if (mc_fb_end(b, 1, &bytes, &len, e) == 0 &&
	    (in = mc_in_memory(bytes, len, "here", MC_IN_BARE, MC_FRAME_MAX, e)) &&
	    mc_in_frame(in, &f, e) == MC_READ_FRAME)
		status = mc_params_unpack(&f.map, "tree", want, out, e);
	mc_in_close(in);
	mc_fb_free(b);
	return status;
}

static void trees(void)
{
	static const enum mc_net all[] = { MC_NET_COMM, MC_NET_POLICY, MC_NET_CRITIC, MC_NET_BASELINE,
		MC_NET_RULE, MC_NET_PREY };
	struct mc_arena arena = { 0 };
	struct mc_dims wide = dims;
	struct mc_params p, q;
	struct mc_err e = { 0 };
	char where[64] = "";

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		(void)mc_params_new(&p, all[i], &dims, &arena, &e);
		mc_params_init(&p, 3, 1);
		(void)mc_params_new(&q, all[i], &dims, &arena, &e);
		ok(there_and_back(&p, &q, q.v, &e) == 0 && memcmp(p.v, q.v, p.size * sizeof *p.v) == 0,
		    "%s through a frame", mc_net_name(all[i]));
	}
	wide.O = 9;
	(void)mc_params_new(&p, MC_NET_COMM, &dims, &arena, &e);
	(void)mc_params_new(&q, MC_NET_COMM, &wide, &arena, &e);
	is_int(there_and_back(&p, &q, q.v, &e), -1, "another task's net is refused");
	ok(e.code == MC_DATA && strstr(e.what, "dense_0") && strstr(e.what, "kernel") &&
	    strstr(e.what, "3,7,8") && strstr(e.what, "3,9,8"), "... naming tensor and shapes: %s", e.what);
	ok(mc_params_finite(&p, where, sizeof where), "zeros are finite");
	*mc_params_at(&p, "dense_1", "bias", 1) = (mc_real)NAN;
	ok(!mc_params_finite(&p, where, sizeof where), "a NaN is not");
	is_str(where, "dense_1.bias", "... and is found");
	is_int(there_and_back(&p, &p, p.v, &e), -1, "nor does it come out of a frame");
	mc_arena_free(&arena);
}

int main(void)
{
	layouts();
	partition(0);
	partition(1);
	initial_values();
	trees();
	return tap_done();
}
