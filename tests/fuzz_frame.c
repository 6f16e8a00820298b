/* The frame reader, with every check there is behind it, and what shows and compares frames. */
#include "fuzz.h"

#include "mc_frame_diff.h"
#include "mc_frame.h"
#include "mc_json.h"
#include "mc_verify.h"

static int is_bare(size_t size)
{
	return size % 3 == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mc_err e = { 0 };
	struct mc_in *in = mc_in_memory(data, size, "fuzz", is_bare(size) ? MC_IN_BARE : 0, 1 << 20, &e);
	struct mc_verify *v = mc_verify_new(&e);
	struct mc_fb *b = mc_fb_new(&e);
	struct mc_frame f;
	enum mc_read got;
	char text[600], line[1400];

	while ((got = mc_in_frame(in, &f, &e)) == MC_READ_FRAME) {
		const unsigned char *bytes;
		size_t len;

		(void)mc_verify_frame(v, &f, &e);
		mc_json_frame(nowhere(), &f, size % 2);
		if (mc_diff_frames(&f, &f, text, sizeof text, &e) != 0)
			abort();
		mc_fb_begin(b, "header");
		mc_fb_copy_all(b, &f.map);
		if (mc_fb_end(b, 1, &bytes, &len, &e) < 0)
			abort();
	}
	if (got == MC_READ_FAIL && (e.code == 0 || e.offset < 0))
		abort();
	mc_err_line(&e, "fuzz", line, sizeof line);
	mc_fb_free(b);
	mc_verify_free(v);
	mc_in_close(in);
	return 0;
}
