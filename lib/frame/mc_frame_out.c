/* Building frames in memory and writing them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <msgpack.h>
#include <zlib.h>

#include "mc_frame.h"
#include "mc_grow.h"
#include "mc_io.h"
#include "mc_scan.h"

enum { OUT_BUFFER = 1 << 20 };

/* ---- building ---- */

struct mc_fb {
	unsigned char *p;
	size_t len, room;
	struct open_map {
		size_t at;          /* of its type byte */
		uint32_t count;     /* entries so far */
	} open[MC_FRAME_DEPTH];
	int depth;                  /* maps open, the frame itself among them */
	int header;                 /* the frame's type is "header" */
	struct mc_err failed;       /* the first failure since begin; code 0 = none */
	msgpack_packer packer;
};

/* Room for n more bytes, or NULL. */
static unsigned char *reserve(struct mc_fb *b, size_t n)
{
	const size_t want = n < SIZE_MAX - b->len ? b->len + n : SIZE_MAX;
	unsigned char *p;

	if (b->failed.code)
		return NULL;
	p = mc_grow(b->p, want, &b->room, 1, "a frame", &b->failed);
	if (!p)
		return NULL;
	b->p = p;
	return b->p + b->len;
}

static int put(void *to, const char *bytes, size_t n)
{
	struct mc_fb *b = to;
	unsigned char *p = reserve(b, n);

	if (!p)
		return -1;
	if (n > 0)
		memcpy(p, bytes, n);
	b->len += n;
	return 0;
}

static void misuse(struct mc_fb *b, const char *what)
{
	if (!b->failed.code)
		(void)mc_err_set(&b->failed, MC_BUG, NULL, -1, "please report this",
		    "building a frame: %s", what);
}

struct mc_fb *mc_fb_new(struct mc_err *e)
{
	struct mc_fb *b = calloc(1, sizeof *b);

	if (!b)
		(void)mc_err_nomem(e, "a frame", sizeof *b);
	else
		msgpack_packer_init(&b->packer, b, put);
	return b;
}

void mc_fb_free(struct mc_fb *b)
{
	if (b)
		free(b->p);
	free(b);
}

static void text(struct mc_fb *b, const char *s, size_t n)
{
	(void)msgpack_pack_str_with_body(&b->packer, s, n);
}

/* Starts an entry of the innermost open map. */
static void key_of(struct mc_fb *b, const char *key, size_t n)
{
	if (b->depth == 0)
		misuse(b, "an entry outside a map");
	else
		b->open[b->depth - 1].count++;
	text(b, key, n);
}

static void begin_entry(struct mc_fb *b, const char *key)
{
	key_of(b, key, strlen(key));
}

/* Opens a map whose count is known only when it is closed: one byte is kept free for it. */
static void open_map(struct mc_fb *b)
{
	if (b->depth == MC_FRAME_DEPTH) {
		misuse(b, "maps are nested too deep");
		return;
	}
	b->open[b->depth++] = (struct open_map){ .at = b->len };
	(void)put(b, "\x80", 1);
}

/* The msgpack head of a map of n entries into h[5]; its length. */
static size_t map_head(unsigned char *h, uint32_t n)
{
	if (n < 16) {
		h[0] = (unsigned char)(0x80 | n);
		return 1;
	}
	if (n < 65536) {
		h[0] = 0xde;
		h[1] = (unsigned char)(n >> 8);
		h[2] = (unsigned char)n;
		return 3;
	}
	h[0] = 0xdf;
	for (int k = 0; k < 4; k++)
		h[1 + k] = (unsigned char)(n >> (24 - 8 * k));
	return 5;
}

/* Writes the count into its place; what follows moves when it needs more than the one byte. */
static void close_map(struct mc_fb *b)
{
	unsigned char head[5];

	if (b->failed.code)
		return;

	const struct open_map *m = &b->open[--b->depth];
	const size_t n = map_head(head, m->count);

	if (!reserve(b, n - 1))
		return;
	if (n > 1)
		memmove(b->p + m->at + n, b->p + m->at + 1, b->len - m->at - 1);
	memcpy(b->p + m->at, head, n);
	b->len += n - 1;
}

void mc_fb_begin(struct mc_fb *b, const char *type)
{
	b->len = 0;
	b->depth = 0;
	b->failed.code = 0;
	b->header = strcmp(type, "header") == 0;
	open_map(b);
	mc_fb_int(b, "mc", MC_FRAME_VERSION);
	mc_fb_str(b, "type", type);
}

void mc_fb_int(struct mc_fb *b, const char *key, int64_t v)
{
	begin_entry(b, key);
	(void)msgpack_pack_int64(&b->packer, v);
}

void mc_fb_uint(struct mc_fb *b, const char *key, uint64_t v)
{
	begin_entry(b, key);
	(void)msgpack_pack_uint64(&b->packer, v);
}

void mc_fb_real(struct mc_fb *b, const char *key, double v)
{
	begin_entry(b, key);
	(void)msgpack_pack_double(&b->packer, v);
}

void mc_fb_bool(struct mc_fb *b, const char *key, int v)
{
	begin_entry(b, key);
	(void)(v ? msgpack_pack_true(&b->packer) : msgpack_pack_false(&b->packer));
}

void mc_fb_nil(struct mc_fb *b, const char *key)
{
	begin_entry(b, key);
	(void)msgpack_pack_nil(&b->packer);
}

void mc_fb_str(struct mc_fb *b, const char *key, const char *v)
{
	begin_entry(b, key);
	text(b, v, strlen(v));
}

/* Bytes that the msgpack head of a bin, or of a small integer, takes. */
static size_t bin_head(size_t n)
{
	return n < 256 ? 2 : n < 65536 ? 3 : 5;
}

static size_t uint_size(uint64_t v)
{
	return v < 128 ? 1 : v < 256 ? 2 : v < 65536 ? 3 : v <= UINT32_MAX ? 5 : 9;
}

/* An array up to its data, which the caller puts next: *bytes of them. -1: it was too large. */
static int array_head(struct mc_fb *b, const char *key, enum mc_dtype t, int ndim,
    const size_t *shape, size_t *bytes)
{
	const char *name = mc_dtype_name(t);
	size_t n = mc_dtype_size(t), inner = 1 + 1 + 1 + strlen(name);

	if (ndim < 0 || ndim > MC_FRAME_DIMS) {
		misuse(b, "an array has too many dimensions");
		return -1;
	}
	for (int k = 0; k < ndim; k++) {
		inner += uint_size(shape[k]);
		if (__builtin_mul_overflow(n, shape[k], &n) || n > UINT32_MAX - 256) {
			misuse(b, "an array has 4 GiB or more");
			return -1;
		}
	}
	begin_entry(b, key);
	(void)msgpack_pack_ext(&b->packer, inner + bin_head(n) + n, 1);
	(void)msgpack_pack_array(&b->packer, 3);
	(void)msgpack_pack_array(&b->packer, (size_t)ndim);
	for (int k = 0; k < ndim; k++)
		(void)msgpack_pack_uint64(&b->packer, shape[k]);
	text(b, name, strlen(name));
	(void)msgpack_pack_bin(&b->packer, n);
	*bytes = n;
	return 0;
}

void mc_fb_array(struct mc_fb *b, const char *key, enum mc_dtype t, int ndim,
    const size_t *shape, const void *data)
{
	size_t n;

	if (array_head(b, key, t, ndim, shape, &n) == 0)
		(void)put(b, data, n);
}

void mc_fb_reals(struct mc_fb *b, const char *key, int ndim, const size_t *shape, const mc_real *v)
{
#ifdef MC_DOUBLE
	unsigned char *p;
	size_t n;

	if (array_head(b, key, MC_F32, ndim, shape, &n) < 0 || !(p = reserve(b, n)))
		return;
	for (size_t k = 0; k < n / sizeof(float); k++) {
		const float f = (float)v[k];

		memcpy(p + k * sizeof f, &f, sizeof f);
	}
	b->len += n;
#else
	mc_fb_array(b, key, MC_F32, ndim, shape, v);
#endif
}

void mc_fb_map(struct mc_fb *b, const char *key)
{
	begin_entry(b, key);
	open_map(b);
}

void mc_fb_close(struct mc_fb *b)
{
	if (b->depth <= 1)
		misuse(b, "a map is closed that was not opened");
	close_map(b);
}

void mc_fb_copy(struct mc_fb *b, const char *key, const struct mc_map *from, const char *from_key)
{
	const ptrdiff_t i = mc_map_find(from, from_key);
	const unsigned char *value;
	const char *name;
	size_t name_len, len;

	if (i < 0) {
		misuse(b, "an entry to copy is not there");
		return;
	}
	mc_map_entry(from, (size_t)i, &name, &name_len, &value, &len);
	begin_entry(b, key);
	(void)put(b, (const char *)value, len);
}

static int is_key(const char *key, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(key, name, n) == 0;
}

void mc_fb_copy_all(struct mc_fb *b, const struct mc_map *from)
{
	for (size_t i = 0; i < mc_map_count(from); i++) {
		const unsigned char *value;
		const char *key;
		size_t n, len;

		mc_map_entry(from, i, &key, &n, &value, &len);
		if (is_key(key, n, "mc") || is_key(key, n, "type") || is_key(key, n, "crc32"))
			continue;
		key_of(b, key, n);
		(void)put(b, (const char *)value, len);
	}
}

static void put_u32(unsigned char *p, uint32_t v)
{
	for (int k = 0; k < 4; k++)
		p[k] = (unsigned char)(v >> (24 - 8 * k));
}

static const char crc_key[] = "\xa5" "crc32\xce"; /* the entry but for its 4 bytes */

int mc_fb_end(struct mc_fb *b, int with_crc, const unsigned char **bytes, size_t *len,
    struct mc_err *e)
{
	if (b->depth != 1)
		misuse(b, "maps are left open");
	else
		b->open[0].count += with_crc != 0;
	close_map(b);
	if (with_crc) {
		unsigned char sum[4];

		(void)put(b, crc_key, sizeof crc_key - 1);
		put_u32(sum, b->failed.code ? 0 : (uint32_t)crc32_z(0, b->p, b->len));
		(void)put(b, (const char *)sum, 4);
	}
	if (b->failed.code) {
		if (e)
			*e = b->failed;
		return -1;
	}
	*bytes = b->p;
	*len = b->len;
	return 0;
}

/* ---- writing ---- */

struct mc_out {
	int fd;
	char name[256];
	int regular;               /* crc32 is added */
	unsigned char *buffer;     /* OUT_BUFFER bytes */
	size_t used;
	int64_t bytes;             /* accepted */
	int summing;
	uint32_t crc;              /* of those, if so */
	uint64_t frames;
	struct mc_err failed;      /* code 0 = not failed; afterwards nothing is written */
};

struct mc_out *mc_out_fd(int fd, const char *name, struct mc_err *e)
{
	struct mc_out *o = calloc(1, sizeof *o);
	struct stat st;

	if (o)
		o->buffer = malloc(OUT_BUFFER);
	if (!o || !o->buffer) {
		free(o);
		(void)mc_err_nomem(e, "a stream's buffer", OUT_BUFFER);
		return NULL;
	}
	if (fstat(fd, &st) < 0) {
		(void)mc_err_errno(e, MC_IOERR, name, NULL, "cannot write");
		free(o->buffer);
		free(o);
		return NULL;
	}
	o->fd = fd;
	o->regular = S_ISREG(st.st_mode);
	(void)snprintf(o->name, sizeof o->name, "%s", name);
	mc_io_widen(fd);           /* half the time a hop */
	return o;
}

static int out_failed(const struct mc_out *o, struct mc_err *e)
{
	if (e)
		*e = o->failed;
	return -1;
}

static int write_error(struct mc_out *o, struct mc_err *e)
{
	if (errno == EPIPE) {
		(void)mc_err_set(&o->failed, MC_TEMPFAIL, o->name, -1, NULL, "the reader has gone");
		o->failed.quiet = 1;
	} else {
		(void)mc_err_errno(&o->failed, MC_IOERR, o->name, NULL, "cannot write");
	}
	return out_failed(o, e);
}

static int write_all(struct mc_out *o, const unsigned char *p, size_t n, struct mc_err *e)
{
	return mc_io_write(o->fd, p, n) < 0 ? write_error(o, e) : 0;
}

int mc_out_flush(struct mc_out *o, struct mc_err *e)
{
	const size_t n = o->used;

	if (o->failed.code)
		return out_failed(o, e);
	o->used = 0;
	return write_all(o, o->buffer, n, e);
}

/* Small pieces are gathered; what is large goes out from where it lies. */
static int out_put(struct mc_out *o, const void *p, size_t n, struct mc_err *e)
{
	if (o->failed.code)
		return out_failed(o, e);
	if (n > OUT_BUFFER - o->used && mc_out_flush(o, e) < 0)
		return -1;
	o->bytes += (int64_t)n;
	if (o->summing)
		o->crc = (uint32_t)crc32_z(o->crc, p, n);
	if (n > OUT_BUFFER / 4)
		return mc_out_flush(o, e) < 0 ? -1 : write_all(o, p, n, e);
	memcpy(o->buffer + o->used, p, n);
	o->used += n;
	return 0;
}

static void count_frame(struct mc_out *o, int header)
{
	o->frames = header ? 1 : o->frames + 1;
}

int mc_out_built(struct mc_out *o, struct mc_fb *b, struct mc_err *e)
{
	const unsigned char *bytes;
	size_t len;

	if (mc_fb_end(b, o->regular, &bytes, &len, e) < 0 || out_put(o, bytes, len, e) < 0)
		return -1;
	count_frame(o, b->header);
	return 0;
}

/* A frame without crc32 into a file: one entry more in its map's head, and the entry at its end. */
static int forward_with_crc(struct mc_out *o, const struct mc_frame *f, struct mc_err *e)
{
	unsigned char head[5], tail[sizeof crc_key - 1 + 4];
	struct mc_item root;
	uLong sum;

	(void)mc_item_read(f->bytes, f->len, &root);

	const size_t n = map_head(head, (uint32_t)(root.count / 2 + 1));
	const unsigned char *body = f->bytes + root.head;
	const size_t body_len = f->len - root.head;

	memcpy(tail, crc_key, sizeof crc_key - 1);
	sum = crc32_z(0, head, n);
	sum = crc32_z(sum, body, body_len);
	sum = crc32_z(sum, tail, sizeof crc_key - 1);
	put_u32(tail + sizeof crc_key - 1, (uint32_t)sum);
	if (out_put(o, head, n, e) < 0 || out_put(o, body, body_len, e) < 0)
		return -1;
	return out_put(o, tail, sizeof tail, e);
}

int mc_out_forward(struct mc_out *o, const struct mc_frame *f, struct mc_err *e)
{
	const int r = o->regular && !f->has_crc ? forward_with_crc(o, f, e) :
	    out_put(o, f->bytes, f->len, e);

	if (r == 0)
		count_frame(o, strcmp(f->type, "header") == 0);
	return r;
}

int mc_out_end(struct mc_out *o, struct mc_fb *b, const char *error_program,
    const char *error_text, struct mc_err *e)
{
	mc_fb_begin(b, "end");
	mc_fb_uint(b, "frames", o->frames);
	if (error_program) {
		mc_fb_map(b, "error");
		mc_fb_str(b, "program", error_program);
		mc_fb_str(b, "text", error_text ? error_text : "");
		mc_fb_close(b);
	}
	return mc_out_built(o, b, e);
}

uint64_t mc_out_frames(const struct mc_out *o)
{
	return o->frames;
}

void mc_out_set_frames(struct mc_out *o, uint64_t n)
{
	o->frames = n;
}

int64_t mc_out_bytes(const struct mc_out *o)
{
	return o->bytes;
}

void mc_out_sum(struct mc_out *o, uint32_t crc)
{
	o->summing = 1;
	o->crc = crc;
}

uint32_t mc_out_crc(const struct mc_out *o)
{
	return o->crc;
}

int mc_out_close(struct mc_out *o, struct mc_err *e)
{
	int r;

	if (!o)
		return 0;
	r = mc_out_flush(o, e);
	if (close(o->fd) < 0 && r == 0 && errno != EINTR)
		r = write_error(o, e);
	free(o->buffer);
	free(o);
	return r;
}
