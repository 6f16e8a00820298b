/* Frames: the bytes that are built, what is read back, what is refused and where. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include "mc_frame.h"
#include "tap.h"

/* ---- helpers ---- */

struct bytes {
	unsigned char p[1 << 16];
	size_t n;
};

static struct bytes scratch;

static void add(struct bytes *b, const void *p, size_t n)
{
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void add_built(struct bytes *to, struct mc_fb *b, int crc)
{
	const unsigned char *p;
	size_t n;

	if (mc_fb_end(b, crc, &p, &n, NULL) == 0)
		add(to, p, n);
}

static void add_frame(struct bytes *to, struct mc_fb *b, const char *type, int crc)
{
	mc_fb_begin(b, type);
	add_built(to, b, crc);
}

static void add_end(struct bytes *to, struct mc_fb *b, uint64_t frames, int crc)
{
	mc_fb_begin(b, "end");
	mc_fb_uint(b, "frames", frames);
	add_built(to, b, crc);
}

/* What a stream came to: complete frames, error (code 0 = read to its end), and whether it was cut. */
struct outcome {
	uint64_t frames;
	int64_t offset;
	int cut;
	struct mc_err e;
};

static struct outcome drain(struct mc_in *in)
{
	struct outcome o = { 0 };
	struct mc_frame f;
	enum mc_read r;

	while ((r = mc_in_frame(in, &f, &o.e)) == MC_READ_FRAME)
		;
	if (r == MC_READ_FAIL && o.e.code == 0)
		o.e.code = -1;
	o.frames = mc_in_frames(in);
	o.offset = mc_in_offset(in);
	o.cut = mc_in_cut(in);
	mc_in_close(in);
	return o;
}

static struct outcome from_memory(const void *p, size_t n, int flags)
{
	return drain(mc_in_memory(p, n, "s", flags, MC_FRAME_MAX, NULL));
}

/* Through a pipe, in pieces of so many bytes. */
static struct outcome from_pipe(const void *p, size_t n, int flags, size_t piece)
{
	int fd[2];
	struct outcome o;
	pid_t pid;

	if (pipe(fd) < 0)
		return (struct outcome){ .e = { .code = -2 } };
	pid = fork();
	if (pid == 0) {
		(void)close(fd[0]);
		for (size_t k = 0; k < n; k += piece)
			if (write(fd[1], (const char *)p + k, n - k < piece ? n - k : piece) < 0)
				break;
		_exit(0);
	}
	(void)close(fd[1]);
	o = drain(mc_in_fd(fd[0], "s", flags, MC_FRAME_MAX, NULL));
	(void)waitpid(pid, NULL, 0);
	return o;
}

static FILE *file_of(const void *p, size_t n)
{
	FILE *f = tmpfile();

	if (f && (fwrite(p, 1, n, f) != n || fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0)) {
		(void)fclose(f);
		return NULL;
	}
	return f;
}

static struct outcome from_file(const void *p, size_t n, int flags)
{
	FILE *f = file_of(p, n);
	struct outcome o = { .e = { .code = -2 } };

	if (f) {
		o = drain(mc_in_fd(dup(fileno(f)), "s", flags, MC_FRAME_MAX, NULL));
		(void)fclose(f);
	}
	return o;
}

/* ---- building ---- */

/* Ends the frame; its last n bytes are those. */
static void ends_with(struct mc_fb *b, const void *want, size_t n, const char *name)
{
	const unsigned char *p = NULL;
	size_t len = 0;
	const int r = mc_fb_end(b, 0, &p, &len, NULL);

	ok(r == 0 && len >= n && memcmp(p + len - n, want, n) == 0, "%s", name);
}

static void test_flax_bytes(struct mc_fb *b)
{
	static const float six[] = { 0, 1, 2, 3, 4, 5 }, one[] = { 1.5f };
	static const unsigned char zero_d[] = "\xa1" "x\xd8\x01\x93\x90\xa7" "float32\xc4\x04\x00\x00\xc0\x3f";
	static const unsigned char empty[] = "\xa1" "x\xc7\x0e\x01\x93\x92\x00\x04\xa7" "float32\xc4\x00";
	unsigned char want[64] = "\xa1" "x\xc7\x26\x01\x93\x92\x02\x03\xa7" "float32\xc4\x18";
	const mc_real reals[] = { 0, 1, 2, 3, 4, 5 };

	memcpy(want + 19, six, 24);
	mc_fb_begin(b, "t");
	mc_fb_array(b, "x", MC_F32, 2, (size_t[]){ 2, 3 }, six);
	ends_with(b, want, 19 + 24, "float32 [2,3] as Flax writes it");
	mc_fb_begin(b, "t");
	mc_fb_reals(b, "x", 2, (size_t[]){ 2, 3 }, reals);
	ends_with(b, want, 19 + 24, "the same from mc_real");
	mc_fb_begin(b, "t");
	mc_fb_array(b, "x", MC_F32, 0, NULL, one);
	ends_with(b, zero_d, sizeof zero_d - 1, "a 0-d float32");
	mc_fb_begin(b, "t");
	mc_fb_array(b, "x", MC_F32, 2, (size_t[]){ 0, 4 }, NULL);
	ends_with(b, empty, sizeof empty - 1, "an empty float32 [0,4]");
}

static void test_integers(struct mc_fb *b)
{
	static const struct {
		int64_t v;
		const char *bytes;
		size_t n;
	} t[] = {
		{ 0, "\x00", 1 }, { 127, "\x7f", 1 }, { 128, "\xcc\x80", 2 }, { 255, "\xcc\xff", 2 },
		{ 256, "\xcd\x01\x00", 3 }, { 65535, "\xcd\xff\xff", 3 },
		{ 65536, "\xce\x00\x01\x00\x00", 5 }, { 4294967295, "\xce\xff\xff\xff\xff", 5 },
		{ 4294967296, "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9 },
		{ INT64_MAX, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9 },
		{ -1, "\xff", 1 }, { -32, "\xe0", 1 }, { -33, "\xd0\xdf", 2 }, { -128, "\xd0\x80", 2 },
		{ -129, "\xd1\xff\x7f", 3 }, { -32768, "\xd1\x80\x00", 3 },
		{ -32769, "\xd2\xff\xff\x7f\xff", 5 }, { INT32_MIN, "\xd2\x80\x00\x00\x00", 5 },
		{ (int64_t)INT32_MIN - 1, "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff", 9 },
		{ INT64_MIN, "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9 },
	};
	char name[60];

	for (size_t k = 0; k < sizeof t / sizeof t[0]; k++) {
		unsigned char want[16] = "\xa1" "x";

		memcpy(want + 2, t[k].bytes, t[k].n);
		mc_fb_begin(b, "t");
		mc_fb_int(b, "x", t[k].v);
		(void)snprintf(name, sizeof name, "the integer %lld, minimal", (long long)t[k].v);
		ends_with(b, want, t[k].n + 2, name);
	}
}

static void build_everything(struct mc_fb *b)
{
	static const double f64[] = { 1.25, -2 };
	static const int32_t i32[] = { -1, 1 };
	static const int64_t i64[] = { INT64_MIN };
	static const uint32_t u32[] = { 4000000000u };
	static const uint8_t u8[] = { 0, 1, 255 }, yes[] = { 1, 0 };
	const mc_real reals[] = { 1, 2, (mc_real)0.5 };
	char key[16];

	mc_fb_begin(b, "header");
	mc_fb_int(b, "int", -5);
	mc_fb_uint(b, "uint", UINT64_MAX);
	mc_fb_real(b, "real", 0.1);
	mc_fb_bool(b, "bool", 1);
	mc_fb_nil(b, "nil");
	mc_fb_str(b, "str", "push_N3");
	mc_fb_array(b, "f64", MC_F64, 1, (size_t[]){ 2 }, f64);
	mc_fb_array(b, "i32", MC_I32, 1, (size_t[]){ 2 }, i32);
	mc_fb_array(b, "i64", MC_I64, 2, (size_t[]){ 1, 1 }, i64);
	mc_fb_array(b, "u32", MC_U32, 1, (size_t[]){ 1 }, u32);
	mc_fb_array(b, "u8", MC_U8, 2, (size_t[]){ 1, 3 }, u8);
	mc_fb_array(b, "yes", MC_BOOL, 1, (size_t[]){ 2 }, yes);
	mc_fb_reals(b, "reals", 2, (size_t[]){ 3, 1 }, reals);
	mc_fb_map(b, "tree");
	mc_fb_map(b, "empty");
	mc_fb_close(b);
	mc_fb_map(b, "many");
	for (int k = 0; k < 70000; k++) {
		(void)snprintf(key, sizeof key, "k%d", k);
		mc_fb_int(b, key, k);
	}
	mc_fb_close(b);
	mc_fb_map(b, "some");
	for (int k = 0; k < 17; k++) {
		(void)snprintf(key, sizeof key, "k%d", k);
		mc_fb_int(b, key, k);
	}
	mc_fb_close(b);
	mc_fb_close(b);
	mc_fb_str(b, "after", "the maps");
}

static void look_at_scalars(const struct mc_map *m)
{
	char text[40];
	int64_t i = 0;
	uint64_t u = 0;
	double d = 0;
	int flag = 0;

	ok(mc_map_int(m, "int", &i, NULL) == 0 && i == -5, "an integer comes back");
	ok(mc_map_uint(m, "uint", &u, NULL) == 0 && u == UINT64_MAX, "2^64-1 comes back");
	ok(mc_map_int(m, "uint", &i, NULL) < 0, "but is not an int64");
	ok(mc_map_uint(m, "int", &u, NULL) < 0, "-5 is not a uint64");
	ok(mc_map_real(m, "real", &d, NULL) == 0 && d == 0.1, "a real comes back");
	ok(mc_map_real(m, "int", &d, NULL) == 0 && d == -5, "an integer is a real as well");
	ok(mc_map_bool(m, "bool", &flag, NULL) == 0 && flag == 1, "true comes back");
	ok(mc_map_str(m, "str", text, sizeof text, NULL) == 0 && !strcmp(text, "push_N3"), "a string too");
	ok(mc_map_str(m, "str", text, 7, NULL) < 0, "which does not fit into 7 bytes");
	ok(mc_map_str(m, "str", text, 8, NULL) == 0, "but into 8");
	ok(mc_map_has(m, "nil") && !mc_map_has(m, "ni"), "keys are compared whole");
	mc_map_text(m, "reals", text, sizeof text);
	is_str(text, "float32[3,1]", "an array as text");
	mc_map_text(m, "real", text, sizeof text);
	is_str(text, "0.1", "a real as text");
	mc_map_text(m, "no", text, sizeof text);
	is_str(text, "(absent)", "nothing as text");
}

static void look_at_arrays(const struct mc_map *m)
{
	static const enum mc_dtype types[] = { MC_F64, MC_I32, MC_I64, MC_U32, MC_U8, MC_BOOL };
	static const char *const names[] = { "f64", "i32", "i64", "u32", "u8", "yes" };
	struct mc_array a = { 0 };
	mc_real r[3] = { 0 };
	uint8_t u[3] = { 0 };
	int64_t i = 0;

	for (int k = 0; k < 6; k++)
		ok(mc_map_array(m, names[k], &a, NULL) == 0 && a.dtype == types[k], "dtype of %s", names[k]);
	ok(mc_map_array(m, "i64", &a, NULL) == 0 && a.ndim == 2 && a.count == 1, "shape of i64");
	memcpy(&i, a.data, 8);
	ok(i == INT64_MIN, "value of i64");
	ok(mc_map_reals(m, "reals", 2, (size_t[]){ 3, 1 }, r, NULL) == 0 && r[2] == (mc_real)0.5, "reals");
	ok(mc_map_reals(m, "f64", 1, (size_t[]){ 2 }, r, NULL) == 0 && r[0] == (mc_real)1.25, "float64 as reals");
	ok(mc_map_reals(m, "reals", 1, (size_t[]){ 3 }, r, NULL) < 0, "of one shape only");
	ok(mc_map_reals(m, "i32", 1, (size_t[]){ 2 }, r, NULL) < 0, "integers are not reals");
	ok(mc_map_bytes(m, "u8", 2, (size_t[]){ 1, 3 }, u, NULL) == 0 && u[2] == 255, "uint8 as bytes");
	ok(mc_map_bytes(m, "yes", 1, (size_t[]){ 2 }, u, NULL) == 0 && u[0] == 1, "bool as bytes");
}

static void look_at_maps(const struct mc_map *m)
{
	struct mc_map tree, many, some, empty;
	struct mc_err e = { 0 };
	char key[8];
	int64_t v = 0;

	ok(mc_map_map(m, "tree", &tree, NULL) == 0 && mc_map_count(&tree) == 3, "a map of maps");
	ok(mc_map_map(&tree, "empty", &empty, NULL) == 0 && mc_map_count(&empty) == 0, "an empty map");
	ok(mc_map_map(&tree, "some", &some, NULL) == 0 && mc_map_count(&some) == 17, "a map16");
	ok(mc_map_map(&tree, "many", &many, NULL) == 0 && mc_map_count(&many) == 70000, "a map32");
	ok(mc_map_int(&many, "k69999", &v, NULL) == 0 && v == 69999, "and its last entry");
	is_int(mc_map_at(&tree, 1, key, sizeof key), MC_MAP, "entry 1 is a map");
	is_str(key, "many", "of this name");
	is_int(mc_map_at(m, 3, key, 3), MC_INT, "entry 3 is an integer");
	is_str(key, "ui", "its name cut at 2 bytes");
	ok(mc_map_int(&some, "k17", &v, &e) < 0, "a missing key");
	is_str(e.what, "header frame: tree.some.k17 is missing", "is named with its path");
	ok(e.code == MC_DATA && e.offset == 0 && !strcmp(e.place, "s"), "and its frame");
	ok(mc_map_same(m, "tree", m, "tree") && !mc_map_same(&tree, "some", &tree, "many"), "equal maps");
	ok(mc_map_same(m, "no", m, "nor") && !mc_map_same(m, "no", m, "int"), "absence equals absence");
}

static void test_round_trip(struct mc_fb *b)
{
	const unsigned char *p = NULL;
	struct mc_fb *copy = mc_fb_new(NULL);
	const unsigned char *q = NULL;
	struct mc_frame f;
	struct mc_in *in;
	size_t n = 0, len = 0;

	build_everything(b);
	is_int(mc_fb_end(b, 1, &p, &n, NULL), 0, "a frame with everything in it");
	in = mc_in_memory(p, n, "s", MC_IN_BARE, MC_FRAME_MAX, NULL);
	is_int(mc_in_frame(in, &f, NULL), MC_READ_FRAME, "is read");
	ok(f.has_crc && f.len == n && f.bytes[0] == p[0] && f.index == 0, "whole");
	look_at_scalars(&f.map);
	look_at_arrays(&f.map);
	look_at_maps(&f.map);

	mc_fb_begin(copy, "header");
	mc_fb_copy_all(copy, &f.map);
	ok(mc_fb_end(copy, 1, &q, &len, NULL) == 0 && len == n && memcmp(p, q, n) == 0,
	    "all entries copied: the same bytes");
	mc_fb_begin(copy, "header");
	mc_fb_copy(copy, "other", &f.map, "tree");
	ok(mc_fb_end(copy, 0, &q, &len, NULL) == 0, "one entry copied under another name");
	mc_in_close(in);
	mc_fb_free(copy);
}

static void test_misuse(struct mc_fb *b)
{
	const unsigned char *p;
	struct mc_err e = { 0 };
	size_t n;

	mc_fb_begin(b, "t");
	mc_fb_map(b, "m");
	is_int(mc_fb_end(b, 1, &p, &n, &e), -1, "a map left open is found");
	is_int(e.code, MC_BUG, "70");
	mc_fb_begin(b, "t");
	mc_fb_close(b);
	is_int(mc_fb_end(b, 1, &p, &n, &e), -1, "a map closed twice as well");
	mc_fb_begin(b, "t");
	for (int k = 0; k < 16; k++)
		mc_fb_map(b, "m");
	for (int k = 0; k < 16; k++)
		mc_fb_close(b);
	is_int(mc_fb_end(b, 1, &p, &n, &e), -1, "and 17 levels");
	mc_fb_begin(b, "t");
	is_int(mc_fb_end(b, 1, &p, &n, &e), 0, "the next frame is fine");
}

/* ---- streams ---- */

/* header, episode, a map with an array, end */
static void small_stream(struct bytes *s, struct mc_fb *b, int crc)
{
	static const float v[] = { 1, 2, 3, 4 };

	s->n = 0;
	mc_fb_begin(b, "header");
	mc_fb_str(b, "task", "push_N3");
	add_built(s, b, crc);
	mc_fb_begin(b, "episode");
	mc_fb_int(b, "episode", 300);
	mc_fb_real(b, "return", -1.5);
	add_built(s, b, crc);
	mc_fb_begin(b, "params");
	mc_fb_map(b, "params");
	mc_fb_array(b, "x", MC_F32, 2, (size_t[]){ 2, 2 }, v);
	mc_fb_close(b);
	add_built(s, b, crc);
	add_end(s, b, 3, crc);
}

static void test_cuts(struct mc_fb *b)
{
	struct bytes *s = &scratch;
	size_t bad = 0, bad_file = 0;

	small_stream(s, b, 1);
	is_int(from_memory(s->p, s->n, 0).e.code, 0, "a good stream");
	is_int(from_file(s->p, s->n, 0).e.code, 0, "the same in a file");
	is_int((long long)from_memory(s->p, s->n, 0).frames, 4, "has 4 frames");
	is_int(from_memory(s->p, s->n, 0).offset, (long long)s->n, "and all the bytes");
	for (size_t k = 0; k < s->n; k++) {
		struct outcome o = from_memory(s->p, k, 0);

		bad += !(o.e.code == MC_DATA && o.cut && o.e.offset == (int64_t)k && o.offset <= (int64_t)k);
		o = from_file(s->p, k, 0);
		bad_file += !(o.e.code == MC_DATA && o.cut && o.e.offset == (int64_t)k);
	}
	is_int((long long)bad, 0, "cut at any byte: refused there, as cut");
	is_int((long long)bad_file, 0, "in a file as well");
	for (size_t k = 0, n = s->n; k < n; k += 7) {
		const struct outcome o = from_pipe(s->p, k, 0, 1);

		bad += !(o.e.code == MC_DATA && o.cut && o.e.offset == (int64_t)k);
	}
	is_int((long long)bad, 0, "through a pipe in 1-byte pieces too");
	is_int(from_pipe(s->p, s->n, 0, 1).e.code, 0, "which is fine when whole");
	ok(strstr(from_memory(s->p, s->n - 1, 0).e.what, "after 3 complete frames") != NULL,
	    "the message counts the complete frames");
}

static void test_flips(struct mc_fb *b)
{
	struct bytes *s = &scratch;
	FILE *f;
	size_t passed = 0, far = 0;

	small_stream(s, b, 1);
	f = file_of(s->p, s->n);
	for (size_t k = 0; f && k < 8 * s->n; k++) {
		const unsigned char was = s->p[k / 8], now = was ^ (unsigned char)(1 << k % 8);
		struct outcome o;

		(void)!pwrite(fileno(f), &now, 1, (off_t)(k / 8));
		(void)lseek(fileno(f), 0, SEEK_SET);
		o = drain(mc_in_fd(dup(fileno(f)), "s", 0, MC_FRAME_MAX, NULL));
		(void)!pwrite(fileno(f), &was, 1, (off_t)(k / 8));
		passed += o.e.code != MC_DATA;
		far += o.e.offset < o.offset;
	}
	ok(f != NULL && passed == 0, "every bit of a file matters");
	is_int((long long)far, 0, "the offset is never in a frame that was given out");
	if (f)
		(void)fclose(f);
}

/* ---- refused ---- */

static void refused_by(struct outcome o, int64_t offset, const char *text, const char *how, const char *name)
{
	const int good = o.e.code == MC_DATA && o.e.offset == offset && strstr(o.e.what, text) != NULL;

	if (!ok(good, "%s, %s", name, how))
		diag("got %d at %lld: %s; want 65 at %lld: %s", o.e.code, (long long)o.e.offset, o.e.what,
		    (long long)offset, text);
}

static void refused(const void *p, size_t n, int64_t offset, const char *text, const char *name)
{
	refused_by(from_memory(p, n, 0), offset, text, "at once", name);
	refused_by(from_pipe(p, n, 0, 1), offset, text, "byte by byte", name);
}

#define HEAD "\x82\xa2mc\x01\xa4type\xa6header"                /* 17 bytes; a complete frame */
#define HEAD3 "\x83\xa2mc\x01\xa4type\xa6header\xa1x"          /* 19 bytes, then x's value */
#define ARRAY_BAD "shape does not agree"

static void test_hostile(void)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
		int64_t offset;
		const char *text;
	} t[] = {
#define CASE(name, bytes, offset, text) { name, bytes, sizeof bytes - 1, offset, text }
		/* claims */
		CASE("array32 of 4 G as a frame", "\xdd\xff\xff\xff\xff", 0, "must start with a msgpack map"),
		CASE("map32 of 4 G", "\xdf\xff\xff\xff\xff", 0, "more than 1048576 values"),
		CASE("array32 of 4 G inside", HEAD3 "\xdd\xff\xff\xff\xff", 19, "more than 1048576 values"),
		CASE("array32 of 256 M inside", HEAD3 "\xdd\x10\x00\x00\x00", 19, "more than 1048576 values"),
		CASE("map32 of 4 G inside", HEAD3 "\xdf\xff\xff\xff\xff", 19, "more than 1048576 values"),
		CASE("str32 of 4 G", HEAD3 "\xdb\xff\xff\xff\xff", 19, "declares more than the 268435456 bytes"),
		CASE("bin32 of 4 G", HEAD3 "\xc6\xff\xff\xff\xff", 19, "declares more than the 268435456 bytes"),
		CASE("ext32 of 4 G", HEAD3 "\xc9\xff\xff\xff\xff\x01", 19, "declares more than the 268435456 bytes"),
		CASE("a key of 4 G", "\x83\xa2mc\x01\xa4type\xa6header\xdb\xff\xff\xff\xff", 17, "declares more"),
		CASE("array32 of a million", HEAD3 "\xdd\x00\x10\x00\x00", 19, "more than 1048576 values"),
		/* kinds and keys */
		CASE("byte c1", HEAD3 "\xc1", 19, "byte c1"),
		CASE("text", "hello, world\n", 0, "must start with a msgpack map"),
		CASE("a key that is a number", "\x83\xa2mc\x01\xa4type\xa6header\x05\x05", 17, "map key"),
		CASE("an empty key", "\x83\xa2mc\x01\xa4type\xa6header\xa0\x05", 17, "map key"),
		CASE("a key that is a map", "\x83\xa2mc\x01\xa4type\xa6header\x80\x05", 17, "map key"),
		CASE("a key twice", "\x84\xa2mc\x01\xa4type\xa6header\xa1x\x05\xa1x\x05", 21, "same key twice"),
		CASE("a key twice, spelt otherwise", "\x84\xa2mc\x01\xa4type\xa6header\xa1x\x05\xd9\x01x\x05", 22, "same key twice"),
		CASE("a key twice inside", HEAD3 "\x82\xa1y\x01\xa1y\x02", 24, "same key twice"),
		CASE("mc twice", "\x83\xa2mc\x01\xa4type\xa6header\xa2mc\x01", 18, "same key twice"),
		/* the first two entries */
		CASE("no mc", "\x82\xa2md\x01\xa4type\xa6header", 1, "first key must be \"mc\""),
		CASE("type before mc", "\x82\xa4type\xa6header\xa2mc\x01", 1, "first key must be \"mc\""),
		CASE("version 2", "\x82\xa2mc\x02\xa4type\xa6header", 4, "has version 2, this program reads version 1"),
		CASE("version 2^32", "\x82\xa2mc\xcf\0\0\0\1\0\0\0\0\xa4type\xa6header", 4, "has version 4294967296,"),
		CASE("version 0", "\x82\xa2mc\x00\xa4type\xa6header", 4, "must be a version number"),
		CASE("version -1", "\x82\xa2mc\xff\xa4type\xa6header", 4, "must be a version number"),
		CASE("version 1.0", "\x82\xa2mc\xca\x3f\x80\0\0\xa4type\xa6header", 4, "must be a version number"),
		CASE("no type", "\x82\xa2mc\x01\xa4task\xa6header", 5, "second key must be \"type\""),
		CASE("only mc", "\x81\xa2mc\x01", 5, "ends before its type"),
		CASE("an empty map", "\x80", 1, "ends before its type"),
		CASE("a type that is a number", "\x82\xa2mc\x01\xa4type\x05", 10, "\"type\" must be a string"),
		CASE("a type of 24 bytes", "\x82\xa2mc\x01\xa4type\xb8" "abcdefghijklmnopqrstuvwx", 10, "1 to 23 bytes"),
		CASE("a type with a NUL", "\x82\xa2mc\x01\xa4type\xa3" "a\0b", 10, "\"type\" must be a string"),
		/* arrays */
		CASE("ext type 2", HEAD3 "\xd4\x02\x00", 19, "ext type 2"),
		CASE("ext type -1", HEAD3 "\xd6\xff\0\0\0\0", 19, "ext type -1"),
		CASE("ext that is not a list", HEAD3 "\xd4\x01\x05", 21, "not a list [shape, dtype, data]"),
		CASE("ext of nothing", HEAD3 "\xc7\x00\x01", 22, "not a list [shape, dtype, data]"),
		CASE("ext inside ext", HEAD3 "\xd7\x01\x93\xd4\x01\x93\x00\x00\x00\x00", 22, "not a list of at most 8"),
		CASE("array of 2 parts", HEAD3 "\xd5\x01\x92\x90", 21, "not a list [shape, dtype, data]"),
		CASE("9 dimensions", HEAD3 "\xc7\x14\x01\x93\x99\1\1\1\1\1\1\1\1\1\xa5uint8\xc4\x01z", 23, "at most 8"),
		CASE("a size of -1", HEAD3 "\xc7\x0b\x01\x93\x91\xff\xa5uint8\xc4\x00", 24, "at most 8 sizes"),
		CASE("a size of 2.0", HEAD3 "\xc7\x0f\x01\x93\x91\xca\x40\0\0\0\xa5uint8\xc4\x00", 24, "at most 8 sizes"),
		CASE("dtype float16", HEAD3 "\xc7\x0d\x01\x93\x91\x00\xa7" "float16\xc4\x00", 26, "dtype is none of"),
		CASE("dtype a number", HEAD3 "\xc7\x06\x01\x93\x91\x00\x05\xc4\x00", 25, "dtype is none of"),
		CASE("data too short", HEAD3 "\xc7\x0c\x01\x93\x91\x02\xa5uint8\xc4\x01z", 23, ARRAY_BAD),
		CASE("data too long", HEAD3 "\xc7\x0d\x01\x93\x91\x01\xa5uint8\xc4\x02zz", 23, ARRAY_BAD),
		CASE("data of 3 bytes for float32", HEAD3 "\xc7\x10\x01\x93\x91\x00\xa7" "float32\xc4\x03zzz", 23, ARRAY_BAD),
		CASE("data beyond the ext", HEAD3 "\xc7\x0c\x01\x93\x91\x01\xa5uint8\xc4\x02z", 31, "not a bin that fills"),
		CASE("bytes after the data", HEAD3 "\xc7\x0d\x01\x93\x91\x01\xa5uint8\xc4\x01zz", 34, "not a bin that fills"),
		CASE("data that is a str", HEAD3 "\xc7\x0b\x01\x93\x91\x01\xa5uint8\xa1z", 31, "not a bin that fills"),
		CASE("a product that overflows", HEAD3 "\xc7\x1c\x01\x93\x92\xcf\x80\0\0\0\0\0\0\0\x02\xa5uint8\xc4\x00"
		    "\0\0\0\0\0\0\0\0", 42, "not a bin that fills"),
		CASE("2^63 times 2 is not 0", HEAD3 "\xc7\x14\x01\x93\x92\xcf\x80\0\0\0\0\0\0\0\x02\xa5uint8\xc4\x00", 23, ARRAY_BAD),
		CASE("empty shape, no data", HEAD3 "\xc7\x0a\x01\x93\x90\xa5uint8\xc4\x00", 23, ARRAY_BAD),
		/* crc32 */
		CASE("crc32 wrong", "\x83\xa2mc\x01\xa4type\xa6header\xa5" "crc32\xce\0\0\0\0", 24, "crc32 is 00000000, the frame's bytes give"),
		CASE("crc32 in another form", "\x83\xa2mc\x01\xa4type\xa6header\xa5" "crc32\x05", 23, "5-byte form"),
		CASE("crc32 a string", "\x83\xa2mc\x01\xa4type\xa6header\xa5" "crc32\xa1x", 23, "5-byte form"),
		/* order */
		CASE("no header", "\x82\xa2mc\x01\xa4type\xa7" "episode", 0, "must start with a header, not with episode"),
		CASE("two headers", HEAD HEAD, 17, "before the end frame stands another header"),
		CASE("a checkpoint in a stream", HEAD "\x82\xa2mc\x01\xa4type\xaa" "checkpoint", 17, "cannot hold a checkpoint"),
		CASE("something after a checkpoint", "\x82\xa2mc\x01\xa4type\xaa" "checkpoint\xc0", 21, "bytes follow the only frame"),
		CASE("end without a count", HEAD "\x82\xa2mc\x01\xa4type\xa3" "end", 17, "frames is missing"),
		CASE("end with a wrong count", HEAD "\x83\xa2mc\x01\xa4type\xa3" "end\xa6" "frames\x02", 17,
		    "end counts 2 frames before it, there are 1"),
		CASE("end with too small a count", HEAD "\x83\xa2mc\x01\xa4type\xa3" "end\xa6" "frames\x00", 17,
		    "end counts 0 frames before it, there are 1"),
		CASE("a frame after end", HEAD "\x83\xa2mc\x01\xa4type\xa3" "end\xa6" "frames\x01"
		    "\x82\xa2mc\x01\xa4type\xa7" "episode", 39, "after end only a header may follow, not episode"),
#undef CASE
	};

	for (size_t k = 0; k < sizeof t / sizeof t[0]; k++)
		refused(t[k].bytes, t[k].n, t[k].offset, t[k].text, t[k].name);
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SMALL_MEMORY_IMPOSSIBLE
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SMALL_MEMORY_IMPOSSIBLE
#endif

/* The corpus of claims again, in a process that may not have much memory. */
static void test_little_memory(void)
{
#ifdef SMALL_MEMORY_IMPOSSIBLE
	tap_skip("claims do not become memory", "the sanitizer needs its address space");
#else
	static const char *const claims[] = {
		"\xdd\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xc9\xff\xff\xff\xff\x01",
		"\xdf\xff\xff\xff\xff", "\xdb\x0f\xff\xff\x00", "\xc6\x0f\xff\xff\x00", "\xdd\x00\x0f\xff\x00",
	};
	const struct rlimit little = { 64 << 20, 64 << 20 };
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		int bad = setrlimit(RLIMIT_AS, &little) != 0;

		for (size_t k = 0; k < sizeof claims / sizeof claims[0]; k++) {
			unsigned char p[32] = HEAD3;

			memcpy(p + 19, claims[k], 6);
			bad += from_pipe(p, 25, 0, 25).e.code != MC_DATA;
		}
		_exit(bad);
	}
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "claims do not become memory");
#endif
}

static void put_text(unsigned char *p, size_t *n, const char *bytes, size_t len)
{
	memcpy(p + *n, bytes, len);
	*n += len;
}

static void test_depth(void)
{
	unsigned char *p = malloc(300000);
	size_t n = 0;

	put_text(p, &n, HEAD3, 19);
	memset(p + n, 0x91, 100000);
	refused_by(from_memory(p, n + 100000, 0), 34, "deeper than 16", "at once", "10^5 lists in each other");
	for (int k = 0; k < 60000; k++)
		put_text(p, &n, "\x81\xa1y", 3);
	refused_by(from_memory(p, n, 0), 19 + 45, "deeper than 16", "at once", "maps in each other");
	n = 19;
	memset(p + n, 0x91, 14);
	p[33] = 0x90;
	is_int((long long)from_memory(p, 34, 0).frames, 1, "16 levels are fine");
	memset(p + n, 0x91, 15);
	p[34] = 0x90;
	refused_by(from_memory(p, 35, 0), 34, "deeper than 16", "at once", "17 are not");
	free(p);
}

/* A map of n keys "k0000000"..., the last one spelt as key number `as`. */
static size_t big_map(unsigned char *p, size_t n, size_t as)
{
	size_t at = 0;
	char key[16];

	put_text(p, &at, HEAD3 "\xdf", 20);
	for (int k = 3; k >= 0; k--)
		p[at++] = (unsigned char)(n >> 8 * k);
	for (size_t k = 0; k < n; k++) {
		(void)snprintf(key, sizeof key, "\xa8k%07zu", (k == n - 1 ? as : k * 7919 % n) % 10000000);
		put_text(p, &at, key, 9);
		p[at++] = 0xc0;
	}
	return at;
}

static void test_many(void)
{
	const size_t n = 500000;
	unsigned char *p = malloc(10 * n + 100);
	const size_t len = big_map(p, n, n);
	struct outcome o;

	o = from_memory(p, len, 0);
	is_int((long long)o.frames, 1, "a map of half a million keys");
	(void)big_map(p, n, 1234);
	refused_by(from_memory(p, len, 0), (int64_t)(len - 9), "same key twice", "at once",
	    "one of them twice");
	(void)big_map(p, 17, 4);
	refused_by(from_memory(p, 24 + 170, 0), 24 + 161, "same key twice", "at once", "one of 17 twice");
	put_text(p, &(size_t){ 0 }, HEAD3 "\xdd\x00\x0f\xff\xf9", 24);
	memset(p + 24, 0x01, 0xffffa);
	is_int((long long)from_memory(p, 24 + 0xffff9, 0).frames, 1, "2^20 values");
	p[23] = 0xfa;
	refused_by(from_memory(p, 24 + 0xffffa, 0), 19, "more than 1048576 values", "at once", "one more");
	free(p);
}

/* The checksum of p[0..n) behind it. */
static void put_crc(unsigned char *p, size_t n)
{
	const uLong sum = crc32(0, p, (uInt)n);

	for (int k = 0; k < 4; k++)
		p[n + (size_t)k] = (unsigned char)(sum >> (24 - 8 * k));
}

/* crc32 right, content wrong: a duplicate key. */
static void test_crc_over_bad(void)
{
	unsigned char p[64] = "\x85\xa2mc\x01\xa4type\xa6header\xa1x\x01\xa1x\x02\xa5" "crc32\xce";

	put_crc(p, 30);
	refused(p, 34, 21, "same key twice", "a right crc32 over bad content");
	memcpy(p, "\x84\xa2mc\x01\xa4type\xa6header\xa5" "crc32\xce", 24);
	put_crc(p, 24);
	memcpy(p + 28, "\xa1x\x05", 3);
	refused(p, 31, 28, "an entry follows crc32", "crc32 that is not last");
}

/* ---- order, flags, limits ---- */

static void test_flags(struct mc_fb *b)
{
	struct bytes *s = &scratch;
	struct mc_frame f;
	struct mc_in *in;
	size_t first;

	s->n = 0;
	add_frame(s, b, "action", 0);
	add_frame(s, b, "action", 0);
	ok(from_memory(s->p, s->n, MC_IN_BARE).e.code == 0, "a bare stream may lack header and end");
	ok(from_memory(s->p, 0, MC_IN_BARE).e.code == 0, "and everything else");
	ok(from_memory(s->p, s->n - 1, MC_IN_BARE).cut, "but may not stop inside a frame");
	add_end(s, b, 2, 0);
	ok(from_memory(s->p, s->n, MC_IN_BARE).e.code == 0, "it may have an end");

	small_stream(s, b, 0);
	refused_by(from_file(s->p, s->n, 0), 0, "has no crc32", "in a file", "a frame without crc32");
	ok(from_file(s->p, s->n, MC_IN_NO_CRC).e.code == 0, "unless nobody asks for it");
	first = s->n;
	memcpy(s->p + first, s->p, first);
	s->n *= 2;
	is_int((long long)from_memory(s->p, s->n, 0).frames, 8, "two streams, one after the other");
	in = mc_in_memory(s->p, s->n, "s", 0, MC_FRAME_MAX, NULL);
	for (int k = 0; k < 5; k++)
		(void)mc_in_frame(in, &f, NULL);
	ok(f.index == 0 && f.offset == (int64_t)first && !strcmp(f.type, "header"), "the second counts anew");
	mc_in_close(in);

	s->n = 0;
	add_frame(s, b, "checkpoint", 1);
	ok(from_file(s->p, s->n, 0).e.code == 0, "a checkpoint alone");
	add(s, "\0", 1);
	is_int((long long)from_file(s->p, s->n, 0).frames, 0, "which is not given out when a byte follows it");
	ok(from_memory("\x81\xa1x\x05", 4, MC_IN_FIXTURE).e.code == 0, "a fixture is a bare map");
	refused_by(from_memory("\x81\xa1x\x05\x05", 5, MC_IN_FIXTURE), 4, "bytes follow the only map", "at once",
	    "two values are not a fixture");
	ok(!mc_in_open("/no/such/file", 0, MC_FRAME_MAX, NULL), "a missing file");
}

static void test_max_frame(struct mc_fb *b)
{
	struct bytes *s = &scratch;
	struct outcome o;

	s->n = 0;
	add_frame(s, b, "header", 0);
	o = drain(mc_in_memory(s->p, s->n, "s", 0, s->n, NULL));
	is_int((long long)o.frames, 1, "a frame of the largest size");
	o = drain(mc_in_memory(s->p, s->n, "s", 0, s->n - 1, NULL));
	refused_by(o, 10, "declares more than the 16 bytes", "at once", "one byte more");
	o = drain(mc_in_memory("\x83\xa2mc\x01\xa4type\xa6header\xa1x\xc5\x04\x00", 22, "s", 0, 1023, NULL));
	ok(strstr(o.e.hint, "--max-frame") != NULL, "the limit's option is named");
}

static void test_values(struct mc_fb *b)
{
	static const double bad[] = { 1, NAN };
	struct bytes *s = &scratch;
	mc_real out[2];
	struct mc_err e = { 0 };
	struct mc_frame f;
	struct mc_in *in;
	double d = 0;
	char text[8];

	s->n = 0;
	mc_fb_begin(b, "header");
	mc_fb_real(b, "inf", (double)INFINITY);
	mc_fb_array(b, "nan", MC_F64, 1, (size_t[]){ 2 }, bad);
	mc_fb_str(b, "str", "x");
	add_built(s, b, 0);
	memcpy(s->p + s->n - 1, "\0", 1);
	in = mc_in_memory(s->p, s->n, "s", MC_IN_BARE, MC_FRAME_MAX, NULL);
	(void)mc_in_frame(in, &f, NULL);
	is_int(mc_map_real(&f.map, "inf", &d, &e), -1, "an infinity where numbers are finite");
	is_str(e.what, "header frame: inf is inf, want a finite number", "is named");
	is_int(mc_map_real_any(&f.map, "inf", &d, &e), 0, "where any will do it passes");
	is_int(mc_map_reals(&f.map, "nan", 1, (size_t[]){ 2 }, out, &e), -1, "a NaN in an array");
	is_str(e.what, "header frame: nan has the value nan at element 1, want finite numbers", "is named");
	is_int(mc_map_reals(&f.map, "nan", 2, (size_t[]){ 2, 3 }, out, &e), -1, "another shape");
	is_str(e.what, "header frame: nan is float64[2], want float32[2,3]", "is named with both");
	is_int(mc_map_str(&f.map, "str", text, sizeof text, &e), -1, "a NUL in a string");
	is_int(mc_map_str(&f.map, "inf", text, sizeof text, &e), -1, "a number for a string");
	is_str(e.what, "header frame: inf is inf, want a string", "is named");
	mc_in_close(in);
}

/* ---- writing ---- */

static off_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_size : -1;
}

/* Writes the small stream, read from memory without crc32, into the file. */
static int forward_all(const struct bytes *s, struct mc_out *o)
{
	struct mc_in *in = mc_in_memory(s->p, s->n, "s", 0, MC_FRAME_MAX, NULL);
	struct mc_frame f;
	int r = 0;

	while (r == 0 && mc_in_frame(in, &f, NULL) == MC_READ_FRAME)
		r = mc_out_forward(o, &f, NULL);
	mc_in_close(in);
	return r;
}

static void test_forward(struct mc_fb *b)
{
	struct bytes *s = &scratch;
	struct bytes *with = calloc(1, sizeof *with);
	FILE *f = tmpfile();
	struct mc_out *o = mc_out_fd(dup(fileno(f)), "f", NULL);
	unsigned char *got = malloc(sizeof with->p);
	int fd[2];

	small_stream(with, b, 1);
	small_stream(s, b, 0);
	is_int(forward_all(s, o), 0, "frames without crc32 forwarded to a file");
	is_int((long long)mc_out_frames(o), 4, "are counted");
	is_int(mc_out_bytes(o), (long long)with->n, "in bytes too");
	is_int(mc_out_close(o, NULL), 0, "closed");
	ok(size_of(fileno(f)) == (off_t)with->n && pread(fileno(f), got, with->n, 0) == (ssize_t)with->n &&
	    memcmp(got, with->p, with->n) == 0, "have got one: the bytes of frames built with it");
	(void)fclose(f);
	if (pipe(fd) == 0) {
		o = mc_out_fd(fd[1], "p", NULL);
		ok(forward_all(s, o) == 0 && mc_out_flush(o, NULL) == 0 &&
		    read(fd[0], got, sizeof with->p) == (ssize_t)s->n && memcmp(got, s->p, s->n) == 0,
		    "into a pipe they go unchanged");
		(void)mc_out_close(o, NULL);
		(void)close(fd[0]);
	}
	free(got);
	free(with);
}

/* A map of 15 entries gets a 16th: its head grows. */
static void test_forward_head(struct mc_fb *b)
{
	struct bytes *s = &scratch;
	FILE *f = tmpfile();
	struct mc_out *o = mc_out_fd(dup(fileno(f)), "f", NULL);
	char key[16];

	s->n = 0;
	mc_fb_begin(b, "header");
	for (int k = 0; k < 13; k++) {
		(void)snprintf(key, sizeof key, "k%d", k);
		mc_fb_int(b, key, k);
	}
	add_built(s, b, 0);
	ok(s->p[0] == 0x8f && forward_all(s, o) == 0 && mc_out_end(o, b, "mc-x", "broke", NULL) == 0 &&
	    mc_out_close(o, NULL) == 0, "a frame of 15 entries into a file, and an end");
	(void)lseek(fileno(f), 0, SEEK_SET);
	is_int((long long)drain(mc_in_fd(dup(fileno(f)), "f", 0, MC_FRAME_MAX, NULL)).frames, 2, "are read back");
	(void)fclose(f);
}

/* Frames beyond every buffer, through a pipe with a slow reader. */
static void test_large(struct mc_fb *b)
{
	const size_t n = 3000000;
	float *v = malloc(n * sizeof *v);
	struct mc_array a = { 0 };
	struct mc_frame f;
	struct mc_in *in;
	int fd[2], good = 0;
	pid_t pid;

	for (size_t k = 0; k < n; k++)
		v[k] = (float)k;
	if (pipe(fd) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		struct mc_out *o = mc_out_fd(fd[1], "p", NULL);
		int r = 0;

		(void)close(fd[0]);
		mc_fb_begin(b, "header");
		r |= mc_out_built(o, b, NULL);
		for (int k = 0; k < 3; k++) {
			mc_fb_begin(b, "params");
			mc_fb_array(b, "v", MC_F32, 1, &n, v);
			mc_fb_int(b, "after", k);
			r |= mc_out_built(o, b, NULL);
		}
		r |= mc_out_end(o, b, NULL, NULL, NULL);
		_exit(r | mc_out_close(o, NULL));
	}
	(void)close(fd[1]);
	in = mc_in_fd(fd[0], "p", 0, MC_FRAME_MAX, NULL);
	while (mc_in_frame(in, &f, NULL) == MC_READ_FRAME)
		if (!strcmp(f.type, "params"))
			good += mc_map_array(&f.map, "v", &a, NULL) == 0 && a.count == n &&
			    memcmp(a.data, v, n * sizeof *v) == 0;
	is_int(good, 3, "frames of 12 MB through a pipe");
	is_int((long long)mc_in_frames(in), 5, "with all around them");
	mc_in_close(in);
	(void)waitpid(pid, &fd[0], 0);
	is_int(fd[0], 0, "the writer was content");
	free(v);
}

static void test_write_errors(struct mc_fb *b)
{
	struct mc_err e = { 0 };
	struct mc_out *o;
	int fd[2];

	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe(fd) == 0) {
		(void)close(fd[0]);
		o = mc_out_fd(fd[1], "p", NULL);
		mc_fb_begin(b, "header");
		is_int(mc_out_built(o, b, &e), 0, "a frame waits in the buffer");
		is_int(mc_out_flush(o, &e), -1, "until it meets a reader who has gone");
		ok(e.code == MC_TEMPFAIL && e.quiet, "75, without a word");
		e.code = 0;
		mc_fb_begin(b, "x");
		is_int(mc_out_built(o, b, &e), -1, "nothing is written after that");
		is_int(mc_out_close(o, &e), -1, "and close says so");
		is_int(e.code, MC_TEMPFAIL, "again 75");
	}
	fd[0] = open("/dev/full", O_WRONLY);
	if (fd[0] >= 0) {
		o = mc_out_fd(fd[0], "full", NULL);
		mc_fb_begin(b, "header");
		(void)mc_out_built(o, b, &e);
		is_int(mc_out_close(o, &e), -1, "a full disk");
		ok(e.code == MC_IOERR && strstr(e.what, "No space left"), "is 74, with the reason");
	}
}

static void test_counting(struct mc_fb *b)
{
	struct mc_out *o = mc_out_fd(open("/dev/null", O_WRONLY), "n", NULL);

	mc_out_set_frames(o, 41);
	mc_fb_begin(b, "x");
	(void)mc_out_built(o, b, NULL);
	is_int((long long)mc_out_frames(o), 42, "an appended file counts on");
	mc_fb_begin(b, "header");
	(void)mc_out_built(o, b, NULL);
	is_int((long long)mc_out_frames(o), 1, "a header counts anew");
	(void)mc_out_close(o, NULL);
}

/* "t_frame write" gives tests/python.bats a stream with every builder call in it. */
static int write_stream(struct mc_fb *b)
{
	struct mc_out *o = mc_out_fd(STDOUT_FILENO, "<stdout>", NULL);
	int r;

	build_everything(b);
	r = mc_out_built(o, b, NULL);
	r |= mc_out_end(o, b, NULL, NULL, NULL);
	r |= mc_out_close(o, NULL);
	mc_fb_free(b);
	return r != 0;
}

int main(int argc, char **argv)
{
	struct mc_fb *b = mc_fb_new(NULL);

	if (argc > 1 && !strcmp(argv[1], "write"))
		return write_stream(b);

	test_flax_bytes(b);
	test_integers(b);
	test_round_trip(b);
	test_misuse(b);
	test_cuts(b);
	test_flips(b);
	test_hostile();
	test_little_memory();
	test_depth();
	test_many();
	test_crc_over_bad();
	test_flags(b);
	test_max_frame(b);
	test_values(b);
	test_forward(b);
	test_forward_head(b);
	test_large(b);
	test_write_errors(b);
	test_counting(b);
	mc_fb_free(b);
	return tap_done();
}
