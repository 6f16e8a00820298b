/* Reading frames: bytes as they arrive, the scan, then msgpack-c, then the order of a stream. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <msgpack.h>

#include "mc_frame.h"
#include "mc_scan.h"

enum { FIRST_BUFFER = 64 << 10, PAGE = 4096 };

enum place_in_stream {
	AT_START,   /* nothing was read yet */
	INSIDE,     /* after a header */
	AFTER_END,
	ALONE,      /* after a checkpoint, or a fixture: nothing may follow */
};

struct mc_in {
	int fd;                    /* -1 for bytes in memory */
	char name[256];
	int flags;
	int need_crc;
	size_t max;
	unsigned char *buffer;     /* owned; NULL for bytes in memory */
	const unsigned char *bytes; /* buffer, or the memory */
	size_t room, begin, end;   /* bytes[begin, end) have arrived and were not given out */
	int64_t offset;            /* in the stream, of bytes[begin] */
	uint64_t frames;           /* given out, over all streams */
	uint64_t index;            /* given out of the present stream */
	enum place_in_stream at;
	int cut;
	double patience;           /* seconds; 0 = for ever */
	int late;                  /* it was longer than that */
	int (*wait)(void *ctx, struct mc_err *e); /* NULL: the file is as long as it will be */
	void *wait_ctx;
	struct mc_scan scan;
	msgpack_zone *zone;
	msgpack_object object;
	struct mc_frame frame;     /* the one that was given out; maps point here */
	struct mc_err failed;      /* code 0 = not failed */
};

/* ---- opening ---- */

static struct mc_in *in_new(const char *name, int flags, size_t max, struct mc_err *e)
{
	struct mc_in *in = calloc(1, sizeof *in);
	msgpack_zone *zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);

	if (!in || !zone) {
		free(in);
		if (zone)
			msgpack_zone_free(zone);
		(void)mc_err_nomem(e, "a stream", sizeof *in + MSGPACK_ZONE_CHUNK_SIZE);
		return NULL;
	}
	in->fd = -1;
	in->zone = zone;
	(void)snprintf(in->name, sizeof in->name, "%s", name);
	in->flags = flags;
	in->need_crc = (flags & MC_IN_CRC) != 0;
	in->max = max;
	return in;
}

struct mc_in *mc_in_fd(int fd, const char *name, int flags, size_t max_frame, struct mc_err *e)
{
	struct stat st;
	struct mc_in *in = in_new(name, flags, max_frame, e);

	if (!in)
		return NULL;
	if (fstat(fd, &st) < 0) {
		(void)mc_err_errno(e, MC_NOINPUT, name, NULL, "cannot read");
		mc_in_close(in);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		(void)mc_err_set(e, MC_NOINPUT, name, -1, "name a file", "is a directory");
		mc_in_close(in);
		return NULL;
	}
	in->need_crc |= S_ISREG(st.st_mode) && !(flags & (MC_IN_NO_CRC | MC_IN_FIXTURE));
	in->room = FIRST_BUFFER;
	in->buffer = aligned_alloc(PAGE, in->room);
	in->bytes = in->buffer;
	if (!in->buffer) {
		(void)mc_err_nomem(e, "a stream's buffer", in->room);
		mc_in_close(in);
		return NULL;
	}
	in->fd = fd;
	return in;
}

struct mc_in *mc_in_open(const char *path, int flags, size_t max_frame, struct mc_err *e)
{
	struct mc_in *in;
	int fd;

	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO)) {
		(void)mc_err_set(e, MC_USAGE, "<stdin>", -1, "name a file, or pipe a stream in", "is a terminal");
		return NULL;
	}
	if (strcmp(path, "-") == 0)
		return mc_in_fd(STDIN_FILENO, "<stdin>", flags, max_frame, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		(void)mc_err_errno(e, MC_NOINPUT, path, NULL, "cannot open");
		return NULL;
	}
	in = mc_in_fd(fd, path, flags, max_frame, e);
	if (!in)
		(void)close(fd);
	return in;
}

struct mc_in *mc_in_memory(const void *bytes, size_t len, const char *name, int flags,
    size_t max_frame, struct mc_err *e)
{
	struct mc_in *in = in_new(name, flags, max_frame, e);

	if (in) {
		in->bytes = bytes;
		in->end = len;
	}
	return in;
}

void mc_in_close(struct mc_in *in)
{
	if (!in)
		return;
	if (in->fd >= 0)
		(void)close(in->fd);
	msgpack_zone_free(in->zone);
	mc_scan_release(&in->scan);
	free(in->buffer);
	free(in);
}

void mc_in_from(struct mc_in *in, const char *who)
{
	const size_t n = strlen(in->name);

	(void)snprintf(in->name + n, sizeof in->name - n, " from %s", who);
}

void mc_in_follow(struct mc_in *in, int (*wait)(void *ctx, struct mc_err *e), void *ctx)
{
	in->wait = wait;
	in->wait_ctx = ctx;
}

void mc_in_patience(struct mc_in *in, double seconds)
{
	in->patience = seconds;
}

int mc_in_late(const struct mc_in *in)
{
	return in->late;
}

int mc_in_cut(const struct mc_in *in)
{
	return in->cut;
}

int64_t mc_in_offset(const struct mc_in *in)
{
	return in->offset + (int64_t)in->frame.len;
}

uint64_t mc_in_frames(const struct mc_in *in)
{
	return in->frames;
}

/* ---- bytes ---- */

/*
 * Room for at least one more byte: by moving what is there to the front, else twice the buffer. The
 * buffer starts a page, as the bytes in a pipe do: a kernel that copies by `rep movsb` takes twice the
 * time where the target lies 1 to 31 bytes further into its page than the source (AMD Zen 3), and
 * large blocks of malloc lie 16 into theirs.
 */
static int make_room(struct mc_in *in, struct mc_err *e)
{
	unsigned char *buffer;

	if (in->end < in->room)
		return 0;
	if (in->begin > 0) {
		memmove(in->buffer, in->buffer + in->begin, in->end - in->begin);
		in->end -= in->begin;
		in->begin = 0;
		return 0;
	}
	buffer = aligned_alloc(PAGE, 2 * in->room);
	if (!buffer)
		return mc_err_nomem(e, "a frame", 2 * in->room);
	memcpy(buffer, in->buffer, in->end);
	free(in->buffer);
	in->buffer = buffer;
	in->bytes = buffer;
	in->room *= 2;
	return 0;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Until there is something to read, or the patience is over: 0, -1. */
static int await(struct mc_in *in, struct mc_err *e)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };
	const double until = in->patience > 0 ? now() + in->patience : 0;

	for (double left = in->patience; left > 0; left = until - now()) {
		const int got = poll(&p, 1, left < 1e6 ? (int)(1000 * left) + 1 : -1);

		if (got > 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return 0;      /* what is wrong, read will say */
	}
	if (!(in->patience > 0))
		return 0;
	in->late = 1;
	return mc_err_set(e, MC_DATA, in->name, -1, NULL, "nothing came for %g seconds", in->patience);
}

/* One read. 1, 0 at the end of the file, -1. */
static int more(struct mc_in *in, struct mc_err *e)
{
	ssize_t n;

	if (in->fd < 0)
		return 0;
	if (make_room(in, e) < 0 || await(in, e) < 0)
		return -1;
	while ((n = read(in->fd, in->buffer + in->end, in->room - in->end)) < 0) {
		struct pollfd p = { .fd = in->fd, .events = POLLIN };

		if (errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (errno != EINTR)
			return mc_err_errno(e, MC_IOERR, in->name, NULL, "cannot read");
	}
	in->end += (size_t)n;
	return n > 0;
}

/* One read; at the end of a file that is being followed, as many as it takes. */
static int more_or_wait(struct mc_in *in, struct mc_err *e)
{
	int r = more(in, e);

	while (r == 0 && in->wait && !(in->at == AFTER_END && in->begin == in->end)) {
		r = in->wait(in->wait_ctx, e);
		if (r <= 0)
			return r;
		r = more(in, e);
	}
	return r;
}

/* ---- frames ---- */

static enum mc_read fail(struct mc_in *in, const struct mc_err *why, struct mc_err *e)
{
	in->failed = *why;
	if (e)
		*e = *why;
	return MC_READ_FAIL;
}

static int scan_failed(const struct mc_in *in, struct mc_err *e)
{
	const struct mc_scan *s = &in->scan;

	return mc_err_set(e, s->nomem ? MC_OSERR : MC_DATA, in->name, in->offset + (int64_t)s->bad,
	    s->hint, "%s", s->what);
}

/* The file ended. 0 where it may, else -1. */
static int ended(struct mc_in *in, struct mc_err *e)
{
	const int64_t length = in->offset + (int64_t)(in->end - in->begin);
	const int between = in->end == in->begin;

	if (between && (in->at == AFTER_END || (in->flags & MC_IN_BARE)))
		return 0;
	in->cut = 1;
	if (length == 0)
		return mc_err_set(e, MC_DATA, in->name, 0, NULL, in->flags & MC_IN_FIXTURE ?
		    "is empty" : "is empty, a stream starts with a header");
	return mc_err_set(e, MC_DATA, in->name, length, "it was cut, or is still being written",
	    "the stream stops %s after %" PRIu64 " complete frame%s",
	    between ? "without an end frame" : "inside a frame", in->frames,
	    in->frames == 1 ? "" : "s");
}

/* Bytes of one complete frame that passed the scan: 1, its length in *len. 0 at the end, -1. */
static int gather(struct mc_in *in, size_t *len, struct mc_err *e)
{
	mc_scan_begin(&in->scan, in->max, in->flags & MC_IN_FIXTURE);
	for (;;) {
		const enum mc_scan_result r = mc_scan_run(&in->scan, in->bytes + in->begin,
		    in->end - in->begin);
		int got;

		if (r == MC_SCAN_DONE) {
			*len = in->scan.at;
			return 1;
		}
		if (r == MC_SCAN_BAD)
			return scan_failed(in, e);
		got = more_or_wait(in, e);
		if (got <= 0)
			return got < 0 ? -1 : ended(in, e);
	}
}

/* A checkpoint of len bytes is alone in its file: whoever is given it knows that nothing follows. */
static int check_alone(struct mc_in *in, size_t len, struct mc_err *e)
{
	int got = 1;

	if (in->flags & MC_IN_FIXTURE || in->at != AT_START || strcmp(in->scan.type, "checkpoint") != 0)
		return 0;
	if (in->end - in->begin == len)
		got = more(in, e);
	if (got > 0)
		return mc_err_set(e, MC_DATA, in->name, in->offset + (int64_t)len, "give it a file of its own",
		    "bytes follow the only frame of a checkpoint");
	return got;
}

static int unpack(struct mc_in *in, size_t len, struct mc_err *e)
{
	const msgpack_unpack_return r = msgpack_unpack((const char *)in->bytes + in->begin, len,
	    NULL, in->zone, &in->object);

	if (r == MSGPACK_UNPACK_SUCCESS)
		return 0;
	if (r == MSGPACK_UNPACK_NOMEM_ERROR)
		return mc_err_nomem(e, "the values of a frame", len);
	return mc_err_set(e, MC_BUG, in->name, in->offset, "please report this",
	    "msgpack-c refuses (%d) a frame that passed the scan", (int)r);
}

/* "...what %s" where a frame of this type may not stand. */
static int out_of_order(const struct mc_in *in, struct mc_err *e, const char *what, const char *type)
{
	return mc_err_set(e, MC_DATA, in->name, in->offset, NULL, "%s %s", what, type);
}

static int check_count(const struct mc_in *in, struct mc_err *e)
{
	uint64_t n;

	if (mc_map_uint(&in->frame.map, "frames", &n, e) < 0)
		return -1;
	if (n != in->frame.index)
		return mc_err_set(e, MC_DATA, in->name, in->offset, "frames were lost or added",
		    "end counts %" PRIu64 " frames before it, there are %" PRIu64, n, in->frame.index);
	return 0;
}

/*
 * The order of frames in a stream: header first, end last, a checkpoint alone. A program that failed
 * before it had a header sends nothing but an `end` with the error.
 */
static int check_order(struct mc_in *in, struct mc_err *e)
{
	const char *type = in->frame.type;
	const int header = strcmp(type, "header") == 0, end = strcmp(type, "end") == 0;
	const int bare = (in->flags & MC_IN_BARE) != 0;

	if (in->flags & MC_IN_FIXTURE) {
		in->at = ALONE;
		return 0;
	}
	if (strcmp(type, "checkpoint") == 0) {
		if (in->at != AT_START)
			return out_of_order(in, e, "a stream cannot hold a", type);
		in->at = ALONE;
		return 0;
	}
	if (header) {
		if (in->at == INSIDE)
			return out_of_order(in, e, "before the end frame stands another", type);
		in->index = 0;
		in->frame.index = 0;
	} else if (in->at != INSIDE && !bare && !(end && mc_map_has(&in->frame.map, "error"))) {
		return out_of_order(in, e, in->at == AT_START ?
		    "a stream must start with a header, not with" :
		    "after end only a header may follow, not", type);
	} else if (in->at == AFTER_END) {
		in->index = 0;
		in->frame.index = 0;
	}
	if (end && check_count(in, e) < 0)
		return -1;
	in->at = end ? AFTER_END : INSIDE;
	return 0;
}

static void fill_frame(struct mc_in *in, size_t len)
{
	struct mc_frame *f = &in->frame;

	*f = (struct mc_frame){
		.bytes = in->bytes + in->begin, .len = len, .has_crc = in->scan.crc == 2,
		.offset = in->offset, .index = in->index, .place = in->name,
		.map = { .obj = &in->object, .frame = f },
	};
	memcpy(f->type, in->scan.type, sizeof f->type);
}

/* Lets go of the frame that was given out. */
static void drop_frame(struct mc_in *in)
{
	in->begin += in->frame.len;
	in->offset += (int64_t)in->frame.len;
	in->frame.len = 0;
	if (in->buffer && in->begin == in->end)
		in->begin = in->end = 0;      /* what comes next need not be moved */
	msgpack_zone_clear(in->zone);
}

enum mc_read mc_in_frame(struct mc_in *in, struct mc_frame *f, struct mc_err *e)
{
	struct mc_err why = { 0 };
	size_t len = 0;
	int got;

	if (in->failed.code) {
		why = in->failed;
		return fail(in, &why, e);
	}
	drop_frame(in);
	if (in->at == ALONE) {
		got = in->end > in->begin ? 1 : more(in, &why);
		if (got > 0)
			(void)out_of_order(in, &why, "bytes follow the only", "map");
		return got == 0 ? MC_READ_END : fail(in, &why, e);
	}
	got = gather(in, &len, &why);
	if (got == 0)
		return MC_READ_END;
	if (got < 0)
		return fail(in, &why, e);
	if (in->need_crc && in->scan.crc != 2) {
		(void)mc_err_set(&why, MC_DATA, in->name, in->offset, NULL,
		    "the frame has no crc32, which it must have in a file");
		return fail(in, &why, e);
	}
	if (check_alone(in, len, &why) < 0 || unpack(in, len, &why) < 0)
		return fail(in, &why, e);
	fill_frame(in, len);
	if (check_order(in, &why) < 0) {
		in->frame.len = 0;
		return fail(in, &why, e);
	}
	in->index++;
	in->frames++;
	*f = in->frame;
	return MC_READ_FRAME;
}

int mc_in_spare(const char *path, struct mc_err *e)
{
	static const char mark[] = "\xa2" "mc";
	unsigned char begin[8];
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, begin, sizeof begin);

	if (fd >= 0)
		(void)close(fd);
	if (n <= 0 || !memmem(begin, (size_t)n, mark, sizeof mark - 1) ||
	    ((begin[0] & 0xf0) != 0x80 && begin[0] != 0xde && begin[0] != 0xdf))
		return 0;
	return mc_err_set(e, MC_CANTCREAT, path, -1, "name another file, or move this one away",
	    "exists and is a run's log, checkpoint or replay file");
}
