/*
 * Frames: one msgpack map each, and streams of them (mc-frame(5)).
 *
 *   reading   struct mc_in gives whole, checked frames, one after the other
 *   looking   struct mc_map and mc_map_*() give typed values, with errors that name
 *             the file, the offset and the key
 *   building  struct mc_fb makes a frame in memory
 *   writing   struct mc_out writes frames and counts them for `end`
 *
 * A frame that comes out of mc_in_frame has passed our own scan: nesting <= 16,
 * lengths within the bytes that are there, at most MC_FRAME_VALUES values, map keys
 * strings (not empty) and unique, every ext of type 1 a well-formed array whose shape's product
 * is its data's length, crc32 right where present. msgpack-c sees it only after that.
 */
#ifndef MC_FRAME_H
#define MC_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "mc_err.h"
#include "mc_real.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	MC_FRAME_VERSION = 1,
	MC_FRAME_DEPTH = 16,
	MC_FRAME_VALUES = 1 << 20, /* msgpack values in one frame; arrays' data not counted */
	MC_FRAME_DIMS = 8,
};
#define MC_FRAME_MAX ((size_t)256 << 20) /* bytes, default of --max-frame */

/* ---- values ---- */

enum mc_dtype { MC_F32, MC_F64, MC_U8, MC_I32, MC_I64, MC_U32, MC_BOOL };

size_t mc_dtype_size(enum mc_dtype t);
const char *mc_dtype_name(enum mc_dtype t); /* numpy's name */

/* An array inside a frame. `data` points into the frame: little-endian, C order, not aligned. */
struct mc_array {
	enum mc_dtype dtype;
	int ndim;
	size_t shape[MC_FRAME_DIMS];
	size_t count;              /* elements */
	const unsigned char *data;
};

enum mc_kind { MC_NIL, MC_BOOLEAN, MC_INT, MC_REAL, MC_STR, MC_BIN, MC_LIST, MC_MAP, MC_ARRAY, MC_EXT };

/* A map inside a frame (or the frame itself). Valid as long as the frame is. */
struct mc_map {
	const void *obj;           /* msgpack-c's object; private */
	const struct mc_frame *frame;
	char path[96];             /* "params.comm.dense_0", for messages */
};

struct mc_frame {
	char type[24];
	const unsigned char *bytes; /* the frame as it was read */
	size_t len;
	int has_crc;
	int64_t offset;            /* of its first byte in the stream */
	uint64_t index;            /* number of frames before it in its stream (the header is 0) */
	const char *place;         /* name of the stream, for messages */
	struct mc_map map;
};

size_t mc_map_count(const struct mc_map *m);
int mc_map_has(const struct mc_map *m, const char *key);
/* `key`, or, where the map has only that, the name that it had before. */
const char *mc_map_key(const struct mc_map *m, const char *key, const char *before);

/* Entry i: *key (terminated copy in `key`, cut at `size`) and its kind. */
enum mc_kind mc_map_at(const struct mc_map *m, size_t i, char *key, size_t size);

/*
 * The value of `key` as a type. -1 and code MC_DATA when it is missing, of another
 * type, or out of range; the message names stream, offset of the frame, path and key.
 * mc_map_real takes integers too, and refuses NaN and infinities (mc_map_real_any does not).
 * mc_map_str copies into out[size] and refuses a longer text or one with a NUL inside.
 */
int mc_map_int(const struct mc_map *m, const char *key, int64_t *out, struct mc_err *e);
int mc_map_uint(const struct mc_map *m, const char *key, uint64_t *out, struct mc_err *e);
int mc_map_real(const struct mc_map *m, const char *key, double *out, struct mc_err *e);
int mc_map_real_any(const struct mc_map *m, const char *key, double *out, struct mc_err *e);
int mc_map_bool(const struct mc_map *m, const char *key, int *out, struct mc_err *e);
int mc_map_str(const struct mc_map *m, const char *key, char *out, size_t size, struct mc_err *e);
int mc_map_map(const struct mc_map *m, const char *key, struct mc_map *out, struct mc_err *e);
int mc_map_array(const struct mc_map *m, const char *key, struct mc_array *out, struct mc_err *e);

/*
 * Array `key` with exactly this shape into out[], converted:
 *   _reals    float32 or float64 -> mc_real; every value must be finite
 *   _bytes    uint8 or bool -> uint8
 * With out = NULL they only check. The shape is part of the message when it differs ("is [3,9,128], want [3,14,128]").
 */
int mc_map_reals(const struct mc_map *m, const char *key, int ndim, const size_t *shape,
    mc_real *out, struct mc_err *e);
int mc_map_bytes(const struct mc_map *m, const char *key, int ndim, const size_t *shape,
    uint8_t *out, struct mc_err *e);

/*
 * Entry i as it stands in the frame: its key (not terminated), and the bytes of its value.
 * mc_map_find gives the index of a key, or -1.
 */
void mc_map_entry(const struct mc_map *m, size_t i, const char **key, size_t *key_len,
    const unsigned char **value, size_t *len);
ptrdiff_t mc_map_find(const struct mc_map *m, const char *key);

/*
 * Are two values (maps, lists, scalars, arrays) equal, of the same types? Keys in any order.
 * Absent from both is the same, absent from one is not.
 */
int mc_map_same(const struct mc_map *a, const char *key_a, const struct mc_map *b, const char *key_b);

/* Value of `key` as short text ("0.2", "push_N3", "float32[3,4]") for messages; "(absent)". */
void mc_map_text(const struct mc_map *m, const char *key, char *out, size_t size);

/* ---- reading ---- */

enum mc_read { MC_READ_FAIL = -1, MC_READ_END = 0, MC_READ_FRAME = 1 };

enum {
	MC_IN_BARE = 1,      /* the stream may omit its header (mc-envsim's input) */
	MC_IN_NO_CRC = 2,    /* do not ask for crc32 even in a regular file */
	MC_IN_FIXTURE = 4,   /* one bare map: not a frame, no mc, no type (tests) */
	MC_IN_CRC = 8,       /* ask for crc32 even where this is not a regular file */
};

struct mc_in;

/* Opens `path`; "-" is standard input, named "<stdin>", a terminal refused. NULL: `e` filled
   (MC_NOINPUT, MC_OSERR, MC_USAGE). */
struct mc_in *mc_in_open(const char *path, int flags, size_t max_frame, struct mc_err *e);
/* Takes over `fd` (closed by mc_in_close). Bytes that end up in memory are a stream as well. */
struct mc_in *mc_in_fd(int fd, const char *name, int flags, size_t max_frame, struct mc_err *e);
struct mc_in *mc_in_memory(const void *bytes, size_t len, const char *name, int flags,
    size_t max_frame, struct mc_err *e);
void mc_in_close(struct mc_in *in);

/*
 * The next frame, `header` and `end` among them. Three outcomes:
 *   MC_READ_FRAME  *f is filled; it and all that points into it live until the next call
 *   MC_READ_END    end of file where a stream may end: after `end` (or after the one
 *                  frame of a checkpoint file, or between any two frames under MC_IN_BARE)
 *   MC_READ_FAIL   `e` filled: MC_DATA for bad bytes (offset = the first wrong byte; for a
 *                  cut stream the length read, with "after N complete frames"), MC_IOERR
 * A frame that is complete is given out before more is read: latency is one read.
 * After `end` a new `header` may start the next stream. `end`'s count is checked.
 * In a regular file every frame must have its crc32. A checkpoint is given out only when the
 * file has ended after it.
 */
enum mc_read mc_in_frame(struct mc_in *in, struct mc_frame *f, struct mc_err *e);

/*
 * Refuses an existing file that begins as a frame does (MC_CANTCREAT): a run's log, checkpoint or replay
 * file, whose place no output of another kind may take.
 */
int mc_in_spare(const char *path, struct mc_err *e);

/* Another name for messages to come, with `who` sends the stream: "<stdin> from gate". */
void mc_in_from(struct mc_in *in, const char *who);

/*
 * Follows a file that is being written. Where it ends before its stream does, `wait` is called:
 * 1 = look again, 0 = take the end for the end (the stream is then cut), -1 with `e` = fail.
 */
void mc_in_follow(struct mc_in *in, int (*wait)(void *ctx, struct mc_err *e), void *ctx);

/*
 * How long, in seconds, the other side of a pipe may say nothing; 0 = for ever. After MC_READ_FAIL
 * mc_in_late tells whether that was it (MC_DATA).
 */
void mc_in_patience(struct mc_in *in, double seconds);
int mc_in_late(const struct mc_in *in);

/* After MC_READ_FAIL: 1 if the only thing wrong is that the stream stops (still being written, or cut). */
int mc_in_cut(const struct mc_in *in);
int64_t mc_in_offset(const struct mc_in *in);    /* bytes given out as complete frames */
uint64_t mc_in_frames(const struct mc_in *in);   /* complete frames given out, over all streams */

/* ---- building ---- */

struct mc_fb; /* frame builder: one growing buffer, used again for frame after frame */

struct mc_fb *mc_fb_new(struct mc_err *e);
void mc_fb_free(struct mc_fb *b);

/*
 * mc_fb_begin starts a frame with "mc" and "type"; the calls after it add entries in
 * order; mc_fb_map opens a nested map that mc_fb_close closes. Failures (memory) are
 * remembered and come out of mc_fb_end. Minimal msgpack forms throughout.
 */
void mc_fb_begin(struct mc_fb *b, const char *type);
void mc_fb_int(struct mc_fb *b, const char *key, int64_t v);
void mc_fb_uint(struct mc_fb *b, const char *key, uint64_t v);
void mc_fb_real(struct mc_fb *b, const char *key, double v);   /* msgpack float64 */
void mc_fb_bool(struct mc_fb *b, const char *key, int v);
void mc_fb_nil(struct mc_fb *b, const char *key);
void mc_fb_str(struct mc_fb *b, const char *key, const char *v);
void mc_fb_array(struct mc_fb *b, const char *key, enum mc_dtype t, int ndim,
    const size_t *shape, const void *data);
/* mc_real values as float32 (the format of frames, whatever the scalar type). */
void mc_fb_reals(struct mc_fb *b, const char *key, int ndim, const size_t *shape, const mc_real *v);
void mc_fb_map(struct mc_fb *b, const char *key);
void mc_fb_close(struct mc_fb *b);
/* Entry `from_key` of `from` under the name `key`, bytes unchanged. */
void mc_fb_copy(struct mc_fb *b, const char *key, const struct mc_map *from, const char *from_key);
/* All entries of `from` but mc, type, crc32 (to rewrite a header). */
void mc_fb_copy_all(struct mc_fb *b, const struct mc_map *from);

/* Ends the frame, with crc32 if asked. Bytes belong to `b` until the next begin. 0 or -1 (MC_OSERR). */
int mc_fb_end(struct mc_fb *b, int with_crc, const unsigned char **bytes, size_t *len,
    struct mc_err *e);

/* ---- writing ---- */

/*
 * Writes to an fd through a buffer. crc32 is added to every frame (built or forwarded
 * without one) when the fd is a regular file.
 */
struct mc_out;

/* Takes over `fd`. */
struct mc_out *mc_out_fd(int fd, const char *name, struct mc_err *e);
/* The frame that `b` holds, begun and filled but not ended: ends it with what the fd needs, and writes. */
int mc_out_built(struct mc_out *o, struct mc_fb *b, struct mc_err *e);
/* A frame that was read: forwarded unchanged. */
int mc_out_forward(struct mc_out *o, const struct mc_frame *f, struct mc_err *e);
/* `end` {frames}, with `error` {program, text} unless error_program is NULL. */
int mc_out_end(struct mc_out *o, struct mc_fb *b, const char *error_program,
    const char *error_text, struct mc_err *e);
int mc_out_flush(struct mc_out *o, struct mc_err *e);
uint64_t mc_out_frames(const struct mc_out *o); /* frames since the last header, that included */
void mc_out_set_frames(struct mc_out *o, uint64_t n); /* an appended file: frames already there */
int64_t mc_out_bytes(const struct mc_out *o);   /* bytes accepted since opening */
/* From now on the crc32 of all bytes accepted is kept, in a chain that begins with that of earlier ones. */
void mc_out_sum(struct mc_out *o, uint32_t crc);
uint32_t mc_out_crc(const struct mc_out *o);
/* Flush and close. A failed close is a failed run: check it. EPIPE gives MC_TEMPFAIL, quiet. */
int mc_out_close(struct mc_out *o, struct mc_err *e);

#ifdef __cplusplus
}
#endif

#endif
