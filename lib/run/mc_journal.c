#include "mc_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "mc_file.h"
#include "mc_header.h"

static const char put_back[] = "put the file back, or start anew with --fresh";

struct mc_journal {
	char *path;
	enum mc_journal_kind kind;
	int ended;               /* behind what was proved stands `end`, and no more */
	int fd;                  /* -1: the file is not there; else locked. `out` owns it once it is open */
	struct mc_journal_at at; /* where it is to be cut, or was */
	struct mc_out *out;      /* NULL before it is begun, or cut */
};

/* ---- claiming ---- */

static int is_of_kind(const struct mc_frame *f, enum mc_journal_kind kind)
{
	return strcmp(f->type, "end") == 0 || (kind == MC_JOURNAL_REPLAY ? strcmp(f->type, "trajectory") == 0 :
	    strcmp(f->type, "episode") == 0 || strcmp(f->type, "metric") == 0);
}

/* A reader of its first bytes, from the start. */
static struct mc_in *reader(struct mc_journal *l, struct mc_err *e)
{
	const int fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
	struct mc_in *in = NULL;

	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		(void)mc_err_errno(e, MC_NOINPUT, l->path, NULL, "cannot read");
	else
		in = mc_in_fd(fd, l->path, 0, MC_FRAME_MAX, e);
	if (!in && fd >= 0)
		(void)close(fd);
	return in;
}

/* Its first two frames, as far as they are there, tell what it is. A byte that begins no map is not ours. */
static int check_kind(struct mc_journal *l, struct mc_err *e)
{
	struct mc_err why = { 0 };
	struct mc_frame f;
	unsigned char first;
	const ssize_t n = pread(l->fd, &first, 1, 0);

	if (n == 0)
		return 0;
	struct mc_in *in = reader(l, e);

	if (!in)
		return -1;
	int ours = n == 1 && ((first & 0xf0) == 0x80 || first == 0xde || first == 0xdf);

	if (ours && mc_in_frame(in, &f, &why) == MC_READ_FRAME) {
		ours = strcmp(f.type, "header") == 0;
		ours = ours && (mc_in_frame(in, &f, &why) == MC_READ_FRAME ? is_of_kind(&f, l->kind) : mc_in_cut(in));
	} else {
		ours = ours && mc_in_cut(in);    /* killed while it wrote the header */
	}
	mc_in_close(in);
	if (ours)
		return 0;
	if (why.code == MC_OSERR) {
		if (e)
			*e = why;
		return -1;
	}
	return mc_err_set(e, MC_CANTCREAT, l->path, -1, "name another file, or move this one away",
	    "exists and is not a %s", l->kind == MC_JOURNAL_LOG ? "run's log" : "replay file");
}

struct mc_journal *mc_journal_claim(const char *path, enum mc_journal_kind kind, struct mc_err *e)
{
	struct mc_err ignored;
	const int there = mc_file_check_target(path, e);
	struct mc_journal *l = there < 0 ? NULL : calloc(1, sizeof *l);

	if (l)
		l->path = strdup(path);
	if (!l || !l->path) {
		if (there >= 0)
			(void)mc_err_nomem(e, "file", sizeof *l);
		free(l);
		return NULL;
	}
	l->kind = kind;
	l->fd = there ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (there && l->fd < 0)
		(void)mc_err_errno(e, MC_CANTCREAT, path, NULL, "cannot open");
	else if (!there || (mc_file_hold(l->fd, path, e) == 0 && check_kind(l, e) == 0))
		return l;
	(void)mc_journal_close(l, NULL, 0, &ignored);
	return NULL;
}

int mc_journal_is_absent(const struct mc_journal *l)
{
	return l->fd < 0;
}

/* ---- beginning ---- */

static int open_out(struct mc_journal *l, struct mc_err *e)
{
	l->out = mc_out_fd(l->fd, l->path, e);
	if (!l->out)
		return -1;
	mc_out_sum(l->out, (uint32_t)l->at.crc);
	mc_out_set_frames(l->out, l->at.frames);
	return 0;
}

static int make(struct mc_journal *l, struct mc_err *e)
{
	l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (l->fd < 0)
		return mc_err_errno(e, MC_CANTCREAT, l->path, NULL, "cannot create");
	return mc_file_hold(l->fd, l->path, e);
}

int mc_journal_begin(struct mc_journal *l, struct mc_fb *b, struct mc_err *e)
{
	if (l->fd < 0 && make(l, e) < 0)
		return -1;
	if (ftruncate(l->fd, 0) < 0 || lseek(l->fd, 0, SEEK_SET) < 0)
		return mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot empty it");
	l->at = (struct mc_journal_at){ .bytes = 0 };
	return open_out(l, e) < 0 ? -1 : mc_out_built(l->out, b, e);
}

/* ---- continuing ---- */

static int is_another(const struct mc_journal *l, const char *how, struct mc_err *e)
{
	return mc_err_set(e, MC_DATA, l->path, -1, put_back, "does not match the checkpoint: %s", how);
}

/* The file's own header says which run it is of. */
static int same_run(const struct mc_journal *l, const struct mc_frame *f, const struct mc_map *header, struct mc_err *e)
{
	struct mc_header_difference d;
	char how[400];

	if (!mc_header_differ(header, &f->map, &d))
		return 0;
	(void)snprintf(how, sizeof how, "it is of another run, %s is %s there, not %s", d.key, d.is[0] ? d.is : "absent",
	    d.was[0] ? d.was : "absent");
	return is_another(l, how, e);
}

static int check_length(const struct mc_journal *l, const struct mc_journal_at *at, struct mc_err *e)
{
	struct stat st;

	if (l->fd < 0)
		return mc_err_set(e, MC_NOINPUT, l->path, -1, put_back, "the checkpoint needs it, and it does not exist");
	if (fstat(l->fd, &st) < 0)
		return mc_err_errno(e, MC_NOINPUT, l->path, NULL, "cannot read");
	if (st.st_size < at->bytes)
		return mc_err_set(e, MC_DATA, l->path, st.st_size, put_back,
		    "it is shorter than the %lld bytes that the checkpoint records", (long long)at->bytes);
	return 0;
}

int mc_journal_prove(struct mc_journal *l, const struct mc_journal_at *at, const struct mc_map *header,
    int (*look)(void *ctx, const struct mc_frame *f, struct mc_err *e), void *ctx, struct mc_err *e)
{
	struct mc_journal_at seen = { 0 };
	struct mc_frame f;
	enum mc_read got = MC_READ_FRAME;
	struct mc_in *in = check_length(l, at, e) < 0 ? NULL : reader(l, e);
	uLong crc = crc32_z(0, NULL, 0);
	int r = in ? 0 : -1;

	while (r == 0 && mc_in_offset(in) < at->bytes && (got = mc_in_frame(in, &f, e)) == MC_READ_FRAME) {
		crc = crc32_z(crc, f.bytes, f.len);
		if (seen.frames++ == 0)
			r = same_run(l, &f, header, e);
		if (r == 0 && look)
			r = look(ctx, &f, e);
	}
	seen.crc = (int64_t)crc;
	seen.bytes = r == 0 ? mc_in_offset(in) : 0;
	l->ended = r == 0 && seen.bytes == at->bytes && mc_in_frame(in, &f, NULL) == MC_READ_FRAME &&
	    strcmp(f.type, "end") == 0 && mc_in_frame(in, &f, NULL) == MC_READ_END;
	mc_in_close(in);
	if (r < 0 || got == MC_READ_FAIL)
		return -1;
	if (seen.bytes != at->bytes)
		return is_another(l, "no frame ends there", e);
	if (seen.frames != at->frames)
		return is_another(l, "its frames are more or fewer", e);
	if (at->crc >= 0 && seen.crc != at->crc)
		return is_another(l, "its checksum differs", e);
	l->at = seen;
	return 0;
}

int mc_journal_is_ended(const struct mc_journal *l)
{
	return l->ended;
}

int mc_journal_cut(struct mc_journal *l, struct mc_err *e)
{
	if (ftruncate(l->fd, l->at.bytes) < 0 || lseek(l->fd, l->at.bytes, SEEK_SET) < 0)
		return mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot truncate it");
	return open_out(l, e);
}

int mc_journal_is_open(const struct mc_journal *l)
{
	return l->out != NULL;
}

/* ---- going on ---- */

int mc_journal_add(struct mc_journal *l, const struct mc_frame *f, struct mc_err *e)
{
	return mc_out_forward(l->out, f, e);
}

int mc_journal_flush(struct mc_journal *l, struct mc_err *e)
{
	return mc_out_flush(l->out, e);
}

int mc_journal_sync(struct mc_journal *l, struct mc_journal_at *at, struct mc_err *e)
{
	if (mc_out_flush(l->out, e) < 0)
		return -1;
	if (fsync(l->fd) < 0)
		return mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot flush it to disk");
	at->bytes = l->at.bytes + mc_out_bytes(l->out);
	at->frames = mc_out_frames(l->out);
	at->crc = mc_out_crc(l->out);
	return 0;
}

static int finish(struct mc_journal *l, struct mc_fb *b, struct mc_err *e)
{
	if (mc_out_end(l->out, b, NULL, NULL, e) < 0 || mc_out_flush(l->out, e) < 0)
		return -1;
	return fsync(l->fd) < 0 ? mc_err_errno(e, MC_IOERR, l->path, NULL, "cannot flush it to disk") : 0;
}

int mc_journal_close(struct mc_journal *l, struct mc_fb *b, int done, struct mc_err *e)
{
	struct mc_err ignored;
	int r = 0;

	if (!l)
		return 0;
	if (l->out) {
		r = done ? finish(l, b, e) : 0;
		if (mc_out_close(l->out, r < 0 ? &ignored : e) < 0)
			r = -1;
	} else if (l->fd >= 0) {
		(void)close(l->fd);
	}
	free(l->path);
	free(l);
	return r;
}

/* ---- in a checkpoint ---- */

static const char *key(char out[48], const char *prefix, const char *what)
{
	(void)snprintf(out, 48, "%s_%s", prefix, what);
	return out;
}

void mc_journal_at_pack(struct mc_fb *b, const char *prefix, const struct mc_journal_at *at)
{
	char k[48];

	mc_fb_int(b, key(k, prefix, "bytes"), at->bytes);
	mc_fb_uint(b, key(k, prefix, "frames"), at->frames);
	mc_fb_int(b, key(k, prefix, "crc32"), at->crc);
}

int mc_journal_at_read(const struct mc_map *m, const char *prefix, struct mc_journal_at *at, struct mc_err *e)
{
	char k[48];

	if (mc_map_int(m, key(k, prefix, "bytes"), &at->bytes, e) < 0 ||
	    mc_map_uint(m, key(k, prefix, "frames"), &at->frames, e) < 0)
		return -1;
	const int has = mc_map_has(m, key(k, prefix, "crc32"));

	at->crc = -1;
	if (has && mc_map_int(m, k, &at->crc, e) < 0)
		return -1;
	if (at->bytes < 0 || (has && (at->crc < 0 || at->crc > UINT32_MAX)))
		return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL, "%s_%s is out of range", prefix,
		    at->bytes < 0 ? "bytes" : "crc32");
	return 0;
}
