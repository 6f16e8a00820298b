/*
 * The n-th allocation of a loader fails, for every n until it makes no n-th: it reports that memory
 * ran out, and gives back everything. malloc and its kin are wrapped by the linker (see the
 * Makefile), so that this works under sanitizers, too.
 */
#include <stdlib.h>

#include "mc_ckpt.h"
#include "mc_commit.h"
#include "mc_frame.h"
#include "mc_text.h"
#include "mc_verify.h"
#include "tap.h"

static long allocations, fail_at, live;

static int fails(void)
{
	return ++allocations == fail_at;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
void __wrap_free(void *p);

static void *counted(void *p)
{
	live += p != NULL;
	return p;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	live -= p != NULL;
	return counted(__real_realloc(p, n));
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
	return fails() ? NULL : counted(__real_aligned_alloc(align, n));
}

void __wrap_free(void *p)
{
	live -= p != NULL;
	__real_free(p);
}

static const char *data(const char *name, char path[4096])
{
	const char *fixtures = getenv("MC_FIXTURES"); /* tests/fixtures; the data are beside them */

	(void)snprintf(path, 4096, "%s/../data/%s", fixtures ? fixtures : "tests/fixtures", name);
	return path;
}

/* ---- what is tried: 0, or -1 with *e ---- */

static int checkpoint(struct mc_err *e)
{
	static const char *const nets[] = { "policy", "comm", "critic", "baseline", "rule", "target.policy" };
	struct mc_arena arena = { 0 };
	struct mc_params p;
	struct mc_ckpt c;
	char path[4096];
	int r = mc_ckpt_open(&c, data("tiny/run.ckpt", path), MC_FRAME_MAX, e);

	if (r < 0)
		return -1;
	for (size_t i = 0; r == 0 && i < sizeof nets / sizeof *nets; i++)
		r = mc_ckpt_params(&c, nets[i], &p, &arena, e);
	mc_arena_free(&arena);
	mc_ckpt_close(&c);
	return r;
}

static int read_all(const char *name, struct mc_err *e)
{
	char path[4096];
	struct mc_frame f;
	enum mc_read got = MC_READ_FAIL;
	struct mc_in *in = mc_in_open(data(name, path), MC_IN_NO_CRC, MC_FRAME_MAX, e);
	struct mc_verify *v = in ? mc_verify_new(e) : NULL;
	int r = v ? 0 : -1;

	while (r == 0 && (got = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
		r = mc_verify_frame(v, &f, e);
	mc_verify_free(v);
	mc_in_close(in);
	return r < 0 || got == MC_READ_FAIL ? -1 : 0;
}

static int streams(struct mc_err *e)
{
	return read_all("tiny/run.log", e) < 0 || read_all("tiny/decided", e) < 0 || read_all("tiny/back", e) < 0 ? -1 : 0;
}

/* The frames of `back` kept and committed. */
static int commit(struct mc_err *e)
{
	char path[4096], target[64] = "/tmp/t_alloc.XXXXXX";
	const char *const targets[] = { target };
	const struct mc_acted own = { 0 };
	struct mc_kept kept = { 0 };
	struct mc_frame f, header = { 0 };
	enum mc_read got = MC_READ_FAIL;
	struct mc_in *in = mc_in_open(data("tiny/back", path), MC_IN_NO_CRC, MC_FRAME_MAX, e);
	struct mc_fb *b = in ? mc_fb_new(e) : NULL;
	int r = b ? 0 : -1;

	while (r == 0 && (got = mc_in_frame(in, &f, e)) == MC_READ_FRAME) {
		if (strcmp(f.type, "params") == 0 || strcmp(f.type, "state") == 0)
			r = mc_kept_add(&kept, &f, e);
		else
			header = f;
	}
	if (got == MC_READ_FAIL)
		r = -1;
	const int fd = r == 0 ? mkstemp(target) : -1;

	/* the last frame, `end`, is not a header, but a map that is there */
	if (fd >= 0) {
		FILE *made = fdopen(fd, "w");

		(void)fclose(made);
		r = mc_commit(&kept, &header.map, 1, 1, &own, b, targets, 1, e);
		(void)remove(target);
	}
	mc_kept_free(&kept);
	mc_fb_free(b);
	mc_in_close(in);
	return r;
}

static int text(struct mc_err *e)
{
	struct mc_text t;
	char *bytes;
	size_t len;

	if (mc_text_open(&t, e) < 0)
		return -1;
	for (int i = 0; i < 5000; i++)
		(void)fprintf(t.to, "%d ", i);
	if (mc_text_take(&t, &bytes, &len, e) < 0)
		return -1;
	free(bytes);
	return 0;
}

static void until_success(const char *name, int try(struct mc_err *e))
{
	struct mc_err e;
	long n, wrong = 0, leaked = 0;
	int r;

	for (n = 1; n < 100000; n++) {
		const long before = live;

		memset(&e, 0, sizeof e);
		allocations = 0;
		fail_at = n;
		r = try(&e);
		fail_at = 0;
		leaked += live != before;
		if (r == 0 && allocations < n)
			break;
		if (r != -1 || e.code != MC_OSERR) {
			diag("%s, allocation %ld: %d, code %d, %s", name, n, r, e.code, e.what);
			wrong++;
		}
	}
	is_int(wrong, 0, name);
	is_int(leaked, 0, "and nothing is lost");
	ok(n > 1, "%ld allocations", n - 1);
}

int main(void)
{
	struct mc_err e;

	ok(checkpoint(&e) == 0 && streams(&e) == 0 && commit(&e) == 0, "all of it works when memory suffices");
	until_success("a checkpoint is loaded", checkpoint);
	until_success("streams are read", streams);
	until_success("a checkpoint is kept and committed", commit);
	until_success("text", text);
	return tap_done();
}
