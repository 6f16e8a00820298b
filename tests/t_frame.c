/* Frames: the bytes that are built, what is read back, and what is refused where. */
#include <stdlib.h>

#include "mc_frame.h"
#include "tap.h"

/* ---- helpers ---- */

struct bytes {
	unsigned char p[1 << 16];
	size_t n;
};

static void add(struct bytes *b, const void *p, size_t n)
{
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void add_built(struct bytes *to, struct mc_fb *b, int crc)
{
	const unsigned char *p;
	size_t n;

	if (mc_fb_end(b, crc, &p, &n, NULL) == 0)
		add(to, p, n);
}

static void add_end(struct bytes *to, struct mc_fb *b, uint64_t frames, int crc)
{
	mc_fb_begin(b, "end");
	mc_fb_uint(b, "frames", frames);
	add_built(to, b, crc);
}

/* Reads all; the number of whole frames, *e.code = 0 when the stream was good. */
static uint64_t drain(struct mc_in *in, struct mc_err *e)
{
	struct mc_frame f;
	enum mc_read r;
	uint64_t n;

	*e = (struct mc_err){ 0 };
	while ((r = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
		;
	if (r == MC_READ_FAIL && e->code == 0)
		e->code = -1;
	n = mc_in_frames(in);
	mc_in_close(in);
	return n;
}

static uint64_t drain_memory(const void *p, size_t n, int flags, struct mc_err *e)
{
	return drain(mc_in_memory(p, n, "mem", flags, MC_FRAME_MAX, NULL), e);
}

/* ---- building ---- */

static void is_value(struct mc_fb *b, const void *want, size_t n, const char *name)
{
	const unsigned char *p;
	size_t len;

	if (mc_fb_end(b, 0, &p, &len, NULL) < 0 || len < n) {
		ok(0, "%s", name);
		return;
	}
	ok(memcmp(p + len - n, want, n) == 0, "%s", name);
}

static void test_flax_bytes(struct mc_fb *b)
{
	static const float six[] = { 0, 1, 2, 3, 4, 5 }, one[] = { 1.5f };
	static const unsigned char zero_d[] = "\xa1" "x\xd8\x01\x93\x90\xa7" "float32\xc4\x04\x00\x00\xc0\x3f";
	static const unsigned char empty[] = "\xa1" "x\xc7\x0e\x01\x93\x92\x00\x04\xa7" "float32\xc4\x00";
	unsigned char want[64] = "\xa1" "x\xc7\x26\x01\x93\x92\x02\x03\xa7" "float32\xc4\x18";

	memcpy(want + 19, six, 24);
	mc_fb_begin(b, "t");
	mc_fb_array(b, "x", MC_F32, 2, (size_t[]){ 2, 3 }, six);
	is_value(b, want, 19 + 24, "float32 [2,3] as Flax writes it");
	mc_fb_begin(b, "t");
	mc_fb_array(b, "x", MC_F32, 0, NULL, one);
	is_value(b, zero_d, sizeof zero_d - 1, "a 0-d float32");
	mc_fb_begin(b, "t");
	mc_fb_array(b, "x", MC_F32, 2, (size_t[]){ 0, 4 }, NULL);
	is_value(b, empty, sizeof empty - 1, "an empty float32 [0,4]");
}

int main(void)
{
	struct mc_fb *b = mc_fb_new(NULL);
	struct bytes *s = calloc(1, sizeof *s);
	struct mc_err e;

	test_flax_bytes(b);
	mc_fb_begin(b, "header");
	mc_fb_str(b, "task", "push_N3");
	add_built(s, b, 1);
	add_end(s, b, 1, 1);
	is_int((long long)drain_memory(s->p, s->n, 0, &e), 2, "a header and an end");
	is_int(e.code, 0, "are a good stream");
	for (size_t k = 0; k < s->n; k++) {
		drain_memory(s->p, k, 0, &e);
		if (e.code != MC_DATA || e.offset != (int64_t)k)
			break;
		if (k == s->n - 1)
			ok(1, "cut anywhere: refused at the length read");
	}
	free(s);
	mc_fb_free(b);
	return tap_done();
}
