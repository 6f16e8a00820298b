#include "mc_provenance.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mc_blas.h"
#include "mc_file.h"
#include "mc_opts.h"

void mc_provenance_build(struct mc_fb *b, const char *program, int argc, char **argv, int threads)
{
	char line[4096] = "";
	size_t at = 0;

	for (int i = 1; i < argc && at < sizeof line; i++)
		at += (size_t)snprintf(line + at, sizeof line - at, "%s%s", i > 1 ? " " : "", argv[i]);
	mc_fb_begin(b, "provenance");
	mc_fb_str(b, "program", program);
	mc_fb_str(b, "version", mc_version());
	mc_fb_str(b, "arguments", line);
	mc_fb_str(b, "blas", mc_blas_version());
	mc_fb_str(b, "core", mc_blas_core());
	mc_fb_int(b, "threads", threads);
}

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

	if (!out) {
		(void)close(fd);
		return -1;
	}
	struct mc_err ignored;
	const off_t before = lseek(fd, 0, SEEK_END); /* a regular file: mc_file_check_target */
	int r = append_frames(out, header, bytes, len, b, e);

	if (r == 0)
		r = mc_out_flush(out, e);
	if (r < 0) {                  /* a part of a record would spoil all that follow it */
		(void)mc_out_flush(out, &ignored); /* or closing it would write what is in the buffer */
		(void)!ftruncate(fd, before);
	}
	return mc_out_close(out, r < 0 ? &ignored : e) < 0 ? -1 : r;
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
