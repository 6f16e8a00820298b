#include "mc_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mc_file.h"

struct mc_journal {
	int fd;
	char path[4096];
	int64_t before;          /* bytes that were there when it was opened */
	struct mc_out *out;
};

static struct mc_journal *open_file(const char *path, int flags, struct mc_err *e)
{
	struct mc_journal *l = calloc(1, sizeof *l);

	if (!l) {
		(void)mc_err_nomem(e, "file", sizeof *l);
		return NULL;
	}
	(void)snprintf(l->path, sizeof l->path, "%s", path);
	l->fd = mc_file_check_target(path, e) < 0 ? -2 : open(path, flags | O_WRONLY | O_CLOEXEC, 0666);
	if (l->fd == -1)
		(void)mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot open");
	l->out = l->fd >= 0 ? mc_out_fd(l->fd, l->path, e) : NULL;
	if (l->out)
		return l;
	free(l);
	return NULL;
}

struct mc_journal *mc_journal_new(const char *path, struct mc_fb *b, struct mc_err *e)
{
	struct mc_err ignored;
	struct mc_journal *l = open_file(path, O_CREAT | O_TRUNC, e);

	if (l && mc_out_built(l->out, b, e) < 0) {
		(void)mc_journal_close(l, NULL, 0, &ignored);
		return NULL;
	}
	return l;
}

/* Shows the frames of the first `bytes` bytes to `look`; they must end at a frame's end. */
static int look_through(const char *path, int64_t bytes,
    int (*look)(void *ctx, const struct mc_frame *f, struct mc_err *e), void *ctx, struct mc_err *e)
{
	struct mc_frame f;
	enum mc_read got = MC_READ_FRAME;
	struct mc_in *in = mc_in_open(path, 0, MC_FRAME_MAX, e);
	int r = in ? 0 : -1;

	while (r == 0 && mc_in_offset(in) < bytes && (got = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
		r = look(ctx, &f, e);
	if (r == 0 && got == MC_READ_FAIL)
		r = -1;
	if (r == 0 && mc_in_offset(in) != bytes)
		r = mc_err_set(e, MC_DATA, path, bytes, "put the file back, or start anew with --fresh",
		    "no frame ends where the checkpoint says");
	mc_in_close(in);
	return r;
}

static int check_length(const char *path, int64_t bytes, struct mc_err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return mc_err_errno(e, MC_NOINPUT, path, "put the file back, or start anew with --fresh", "cannot continue it");
	if (st.st_size < bytes)
		return mc_err_set(e, MC_DATA, path, st.st_size, "put the file back, or start anew with --fresh",
		    "it is shorter than the %lld bytes that the checkpoint records", (long long)bytes);
	return 0;
}

struct mc_journal *mc_journal_continue(const char *path, int64_t bytes, uint64_t frames,
    int (*look)(void *ctx, const struct mc_frame *f, struct mc_err *e), void *ctx, struct mc_err *e)
{
	struct mc_err ignored;

	if (check_length(path, bytes, e) < 0 || (look && look_through(path, bytes, look, ctx, e) < 0))
		return NULL;
	struct mc_journal *l = open_file(path, 0, e);

	if (!l)
		return NULL;
	if (ftruncate(l->fd, bytes) < 0 || lseek(l->fd, bytes, SEEK_SET) < 0) {
		(void)mc_err_errno(e, MC_IOERR, path, NULL, "cannot cut it back");
		(void)mc_journal_close(l, NULL, 0, &ignored);
		return NULL;
	}
	l->before = bytes;
	mc_out_set_frames(l->out, frames);
	return l;
}

int mc_journal_add(struct mc_journal *l, const struct mc_frame *f, struct mc_err *e)
{
	return mc_out_forward(l->out, f, e);
}

int mc_journal_flush(struct mc_journal *l, struct mc_err *e)
{
	return mc_out_flush(l->out, e);
}

int mc_journal_sync(struct mc_journal *l, int64_t *bytes, uint64_t *frames, struct mc_err *e)
{
	if (mc_out_flush(l->out, e) < 0)
		return -1;
	if (fsync(l->fd) < 0)
		return mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot bring it to the disk");
	*bytes = l->before + mc_out_bytes(l->out);
	*frames = mc_out_frames(l->out);
	return 0;
}

int mc_journal_close(struct mc_journal *l, struct mc_fb *b, int done, struct mc_err *e)
{
	struct mc_err ignored;
	int r = 0;

	if (!l)
		return 0;
	if (done && (mc_out_end(l->out, b, NULL, NULL, e) < 0 || mc_out_flush(l->out, e) < 0))
		r = -1;
	if (r == 0 && done && fsync(l->fd) < 0)
		r = mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot bring it to the disk");
	if (mc_out_close(l->out, r < 0 ? &ignored : e) < 0)
		r = -1;
	free(l);
	return r;
}
