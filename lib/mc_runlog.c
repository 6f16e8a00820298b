#include "mc_runlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mc_file.h"

struct mc_runlog {
	int fd;
	char path[4096];
	int64_t before;          /* bytes that were there when it was opened */
	struct mc_out *out;
};

static struct mc_runlog *open_log(const char *path, int flags, struct mc_err *e)
{
	struct mc_runlog *l = calloc(1, sizeof *l);

	if (!l) {
		(void)mc_err_nomem(e, "log", sizeof *l);
		return NULL;
	}
	(void)snprintf(l->path, sizeof l->path, "%s", path);
	l->fd = mc_file_check_target(path, e) < 0 ? -2 : open(path, flags | O_WRONLY | O_CLOEXEC, 0666);
	if (l->fd == -1)
		(void)mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot open the log");
	l->out = l->fd >= 0 ? mc_out_fd(l->fd, l->path, e) : NULL;
	if (l->out)
		return l;
	free(l);
	return NULL;
}

struct mc_runlog *mc_runlog_new(const char *path, const struct mc_frame *header, struct mc_err *e)
{
	struct mc_err ignored;
	struct mc_runlog *l = open_log(path, O_CREAT | O_TRUNC, e);

	if (l && mc_out_forward(l->out, header, e) < 0) {
		(void)mc_runlog_close(l, NULL, 0, &ignored);
		return NULL;
	}
	return l;
}

struct mc_runlog *mc_runlog_continue(const char *path, int64_t bytes, uint64_t frames, struct mc_err *e)
{
	struct mc_err ignored;
	struct stat st;

	if (stat(path, &st) < 0) {
		(void)mc_err_errno(e, MC_NOINPUT, path, "put the log back, or start anew with --fresh", "cannot continue the log");
		return NULL;
	}
	if (st.st_size < bytes) {
		(void)mc_err_set(e, MC_DATA, path, st.st_size, "put the log back, or start anew with --fresh",
		    "the log is shorter than the %lld bytes that the checkpoint records", (long long)bytes);
		return NULL;
	}
	struct mc_runlog *l = open_log(path, 0, e);

	if (!l)
		return NULL;
	if (ftruncate(l->fd, bytes) < 0 || lseek(l->fd, bytes, SEEK_SET) < 0) {
		(void)mc_err_errno(e, MC_IOERR, path, NULL, "cannot cut the log back");
		(void)mc_runlog_close(l, NULL, 0, &ignored);
		return NULL;
	}
	l->before = bytes;
	mc_out_set_frames(l->out, frames);
	return l;
}

int mc_runlog_add(struct mc_runlog *l, const struct mc_frame *f, struct mc_err *e)
{
	return mc_out_forward(l->out, f, e);
}

int mc_runlog_sync(struct mc_runlog *l, int64_t *bytes, uint64_t *frames, struct mc_err *e)
{
	if (mc_out_flush(l->out, e) < 0)
		return -1;
	if (fsync(l->fd) < 0)
		return mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot bring the log to the disk");
	*bytes = l->before + mc_out_bytes(l->out);
	*frames = mc_out_frames(l->out);
	return 0;
}

int mc_runlog_close(struct mc_runlog *l, struct mc_fb *b, int done, struct mc_err *e)
{
	int r = 0;

	if (!l)
		return 0;
	if (done)
		r = mc_out_end(l->out, b, NULL, NULL, e);
	if (mc_out_close(l->out, r < 0 ? NULL : e) < 0)
		r = -1;
	free(l);
	return r;
}

/* ---- provenance ---- */

static int append_frames(struct mc_out *out, const struct mc_frame *header, const void *bytes, size_t len,
    struct mc_fb *b, struct mc_err *e)
{
	struct mc_frame f;
	enum mc_read got;
	struct mc_in *in = mc_in_memory(bytes, len, "<provenance>", MC_IN_BARE, MC_FRAME_MAX, e);

	if (!in)
		return -1;
	int r = mc_out_forward(out, header, e);

	while (r == 0 && (got = mc_in_frame(in, &f, e)) != MC_READ_END)
		r = got == MC_READ_FAIL ? -1 : mc_out_forward(out, &f, e);
	mc_in_close(in);
	return r < 0 ? -1 : mc_out_end(out, b, NULL, NULL, e);
}

int mc_provenance_append(const char *path, const struct mc_frame *header, const void *bytes, size_t len,
    struct mc_fb *b, struct mc_err *e)
{
	const int fd = mc_file_check_target(path, e) < 0 ? -2 :
	    open(path, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0666);

	if (fd == -2)
		return -1;
	if (fd < 0)
		return mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot open");
	struct mc_out *out = mc_out_fd(fd, path, e);

	if (!out)
		return -1;
	const int r = append_frames(out, header, bytes, len, b, e);

	return mc_out_close(out, r < 0 ? NULL : e) < 0 ? -1 : r;
}

void mc_provenance_core(const char *path, const char *program, char *core, size_t size)
{
	struct mc_err ignored;
	struct mc_frame f;
	char who[32];
	struct mc_in *in = mc_in_open(path, 0, MC_FRAME_MAX, &ignored);

	core[0] = '\0';
	while (in && mc_in_frame(in, &f, &ignored) == MC_READ_FRAME)
		if (strcmp(f.type, "provenance") == 0 &&
		    mc_map_str(&f.map, "program", who, sizeof who, &ignored) == 0 && strcmp(who, program) == 0)
			(void)mc_map_str(&f.map, "core", core, size, &ignored);
	mc_in_close(in);
}
