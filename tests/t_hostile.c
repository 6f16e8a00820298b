/*
 * Every cut and every single flipped bit of a small checkpoint and of a small stream is refused,
 * and so is the corpus of tests/data/hostile, in one process, where a sanitizer sees it.
 */
#include <dirent.h>
#include <stdlib.h>

#include "mc_frame.h"
#include "mc_verify.h"
#include "tap.h"

struct file {
	unsigned char *bytes;
	size_t len;
};

static struct file load(const char *name)
{
	const char *fixtures = getenv("MC_FIXTURES"); /* tests/fixtures; the data are beside them */
	char path[4096];
	struct file f = { NULL, 0 };

	(void)snprintf(path, sizeof path, "%s/../data/%s", fixtures ? fixtures : "tests/fixtures", name);
	FILE *from = fopen(path, "rb");

	if (!from)
		return f;
	f.bytes = malloc(1 << 20);
	f.len = f.bytes ? fread(f.bytes, 1, 1 << 20, from) : 0;
	(void)fclose(from);
	return f;
}

/*
 * Reads it as a file is read, with every check there is: 0, or the code of the error. A copy of
 * just this length lets a sanitizer see a read beyond the end.
 */
static int verify(const unsigned char *bytes, size_t len, int flags, struct mc_err *e)
{
	unsigned char *copy = malloc(len ? len : 1);
	struct mc_verify *v = mc_verify_new(e);
	struct mc_in *in = mc_in_memory(memcpy(copy, bytes, len), len, "file", flags, MC_FRAME_MAX, e);
	struct mc_frame f;
	enum mc_read got;
	int r = 0;

	e->code = 0;
	while ((got = mc_in_frame(in, &f, e)) == MC_READ_FRAME && r == 0)
		r = mc_verify_frame(v, &f, e);
	mc_in_close(in);
	mc_verify_free(v);
	free(copy);
	return r < 0 || got == MC_READ_FAIL ? e->code : 0;
}

/* Of all cuts: how many are taken for whole, or refused in another way than by MC_DATA with an offset. */
static long cuts(const struct file *f, int flags)
{
	struct mc_err e;
	long bad = 0;

	for (size_t n = 0; n < f->len; n++)
		if (verify(f->bytes, n, flags, &e) != MC_DATA || e.offset < 0 || e.offset > (int64_t)n) {
			if (bad++ < 5)
				diag("cut at %zu: %d %s", n, e.code, e.code ? e.what : "taken");
		}
	return bad;
}

static long flips(const struct file *f)
{
	struct mc_err e;
	long bad = 0;

	for (size_t k = 0; k < 8 * f->len; k++) {
		f->bytes[k / 8] ^= (unsigned char)(1 << k % 8);
		if (verify(f->bytes, f->len, MC_IN_CRC, &e) != MC_DATA || e.offset < 0) {
			if (bad++ < 5)
				diag("bit %zu of byte %zu: %d %s", k % 8, k / 8, e.code, e.code ? e.what : "taken");
		}
		f->bytes[k / 8] ^= (unsigned char)(1 << k % 8);
	}
	return bad;
}

static void whole_file(const char *name, int with_crc)
{
	struct file f = load(name);
	struct mc_err e;

	ok(f.len > 0 && verify(f.bytes, f.len, with_crc ? MC_IN_CRC : 0, &e) == 0, "%s is right", name);
	is_int(cuts(&f, with_crc ? MC_IN_CRC : 0), 0, "no cut of it is taken");
	if (with_crc)
		is_int(flips(&f), 0, "nor any flipped bit");
	diag("%zu bytes", f.len);
	free(f.bytes);
}

static int ends_in(const char *name, const char *end)
{
	return strlen(name) > strlen(end) && strcmp(name + strlen(name) - strlen(end), end) == 0;
}

/* Files of another kind, and odd ones, are right in themselves; a world's nonsense is for its reader to see. */
static int is_for_verify(const char *name)
{
	return name[0] != '.' && strncmp(name, "kind-", 5) != 0 && strncmp(name, "odd-", 4) != 0 && !ends_in(name, ".env") && !ends_in(name, ".world");
}

static void corpus(void)
{
	const char *fixtures = getenv("MC_FIXTURES");
	char path[4096];
	struct mc_err e;
	struct dirent *d;
	int n = 0, bad = 0;

	(void)snprintf(path, sizeof path, "%s/../data/hostile", fixtures ? fixtures : "tests/fixtures");
	DIR *dir = opendir(path);

	while (dir && (d = readdir(dir))) {
		char name[512];

		if (!is_for_verify(d->d_name))
			continue;
		(void)snprintf(name, sizeof name, "hostile/%s", d->d_name);
		struct file f = load(name);
		const int is_file = ends_in(name, ".ckpt") || ends_in(name, ".log");
		const int code = verify(f.bytes, f.len, is_file ? MC_IN_CRC : 0, &e);

		n++;
		if (!(code == MC_DATA || code == MC_USAGE)) {
			diag("%s: %d", name, code);
			bad++;
		}
		free(f.bytes);
	}
	if (dir)
		(void)closedir(dir);
	is_int(bad, 0, "the hostile files are refused");
	ok(n >= 200, "all %d of them", n);
}

int main(void)
{
	whole_file("tiny/run.ckpt", 1);
	whole_file("tiny/run.log", 1);
	whole_file("tiny/run.replay", 1);
	whole_file("tiny/acted", 0);
	whole_file("tiny/decided", 0);
	whole_file("tiny/back", 0);
	whole_file("tiny/world", 0);
	corpus();
	return tap_done();
}
