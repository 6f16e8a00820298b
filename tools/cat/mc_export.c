#include "mc_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "mc_file.h"
#include "mc_grow.h"
#include "mc_nets.h"

enum { NAME = 128 };

/* A growing buffer. */
struct buffer {
	unsigned char *p;
	size_t len, room;
};

struct tensor {
	char name[NAME];
	enum mc_dtype dtype;
	int ndim;
	size_t shape[MC_FRAME_DIMS];
	size_t at, bytes;          /* in `data` */
};

struct note {
	char *key, *text;
};

struct mc_export {
	enum mc_export_format format;
	struct buffer data;        /* the arrays, one after the other */
	struct tensor *tensor;
	int tensors;
	size_t tensor_room;
	struct note note[16];
	int notes;
};

/* ---- a buffer ---- */

static int put(struct buffer *b, const void *p, size_t n, struct mc_err *e)
{
	unsigned char *grown = mc_grow(b->p, b->len + n, &b->room, 1, "nets to export", e);

	if (!grown)
		return -1;
	b->p = grown;             /* never NULL, not even for nothing */
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	return 0;
}

/* A little-endian number of `size` bytes. */
static int put_le(struct buffer *b, uint64_t v, size_t size, struct mc_err *e)
{
	unsigned char p[8];

	for (size_t k = 0; k < 8; k++)
		p[k] = (unsigned char)(v >> (8 * k));
	return put(b, p, size, e);
}

static int put_text(struct buffer *b, const char *s, struct mc_err *e)
{
	return put(b, s, strlen(s), e);
}

/* A JSON string. Names and notes are plain text but for what a hostile file holds. */
static int put_json(struct buffer *b, const char *s, struct mc_err *e)
{
	int r = put_text(b, "\"", e);

	for (; *s && r == 0; s++) {
		char escape[8];

		if ((unsigned char)*s < 0x20 || *s == '"' || *s == '\\' || (unsigned char)*s >= 0x7f)
			(void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned char)*s);
		else
			(void)snprintf(escape, sizeof escape, "%c", *s);
		r = put_text(b, escape, e);
	}
	return r < 0 ? r : put_text(b, "\"", e);
}

/* ---- collecting ---- */

struct mc_export *mc_export_new(enum mc_export_format format, struct mc_err *e)
{
	struct mc_export *x = calloc(1, sizeof *x);

	if (x)
		x->format = format;
	else
		(void)mc_err_nomem(e, "an export", sizeof *x);
	return x;
}

void mc_export_free(struct mc_export *x)
{
	if (!x)
		return;
	for (int k = 0; k < x->notes; k++) {
		free(x->note[k].key);
		free(x->note[k].text);
	}
	free(x->tensor);
	free(x->data.p);
	free(x);
}

int mc_export_tensors(const struct mc_export *x)
{
	return x->tensors;
}

static int add_tensor(struct mc_export *x, const char *name, const struct mc_array *a, struct mc_err *e)
{
	const size_t bytes = a->count * mc_dtype_size(a->dtype);
	struct tensor *t;

	for (int k = 0; k < x->tensors; k++)
		if (strcmp(x->tensor[k].name, name) == 0)
			return mc_err_set(e, MC_DATA, name, -1, "choose one frame with --where",
			    "the net is there more than once");
	t = mc_grow(x->tensor, (size_t)x->tensors + 1, &x->tensor_room, sizeof *t, "nets to export", e);
	if (!t)
		return -1;
	x->tensor = t;
	t += x->tensors;
	*t = (struct tensor){ .dtype = a->dtype, .ndim = a->ndim, .at = x->data.len, .bytes = bytes };
	(void)snprintf(t->name, sizeof t->name, "%s", name);
	memcpy(t->shape, a->shape, sizeof t->shape);
	if (put(&x->data, a->data, bytes, e) < 0)
		return -1;
	x->tensors++;
	return 0;
}

int mc_export_array(struct mc_export *x, const char *name, enum mc_dtype dtype, int ndim, const size_t *shape,
    const void *data, struct mc_err *e)
{
	struct mc_array a = { .dtype = dtype, .ndim = ndim, .count = 1, .data = data };

	for (int k = 0; k < ndim; k++)
		a.count *= a.shape[k] = shape[k];
	return add_tensor(x, name, &a, e);
}

int mc_export_tree(struct mc_export *x, const char *name, const struct mc_map *m, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		char key[48], path[NAME];
		const enum mc_kind kind = mc_map_at(m, i, key, sizeof key);
		struct mc_array a;
		struct mc_map below;

		if (kind != MC_MAP && kind != MC_ARRAY)
			continue;
		if (snprintf(path, sizeof path, "%s%s%s", name, *name ? "/" : "", key) >= (int)sizeof path)
			return mc_err_set(e, MC_DATA, name, -1, NULL, "the name of a tensor is too long");
		if (kind == MC_MAP && (mc_map_map(m, key, &below, e) < 0 || mc_export_tree(x, path, &below, e) < 0))
			return -1;
		if (kind == MC_ARRAY && (mc_map_array(m, key, &a, e) < 0 || add_tensor(x, path, &a, e) < 0))
			return -1;
	}
	return 0;
}

int mc_export_note(struct mc_export *x, const char *key, const char *text, struct mc_err *e)
{
	struct note *n = &x->note[x->notes];

	if (x->notes == (int)(sizeof x->note / sizeof *x->note))
		return 0;
	n->key = strdup(key);
	n->text = strdup(text);
	x->notes++;
	return n->key && n->text ? 0 : mc_err_nomem(e, "an export", strlen(key) + strlen(text));
}

/* Where the nets come from. */
static int notes(struct mc_export *x, const struct mc_frame *f, struct mc_err *e)
{
	static const char *const header[] = { "task", "method", "seed" }, *const frame[] = { "iteration", "episode" };
	struct mc_map h;
	char text[64];

	if (mc_map_map(&f->map, "header", &h, e) < 0)
		return -1;
	for (size_t k = 0; k < sizeof header / sizeof *header; k++) {
		mc_map_text(&h, header[k], text, sizeof text);
		if (mc_map_has(&h, header[k]) && mc_export_note(x, header[k], text, e) < 0)
			return -1;
	}
	for (size_t k = 0; k < sizeof frame / sizeof *frame; k++) {
		mc_map_text(&f->map, frame[k], text, sizeof text);
		if (mc_export_note(x, frame[k], text, e) < 0)
			return -1;
	}
	return 0;
}

int mc_export_frame(struct mc_export *x, const struct mc_frame *f, const char *net, struct mc_err *e)
{
	const int whole = strcmp(f->type, "checkpoint") == 0;
	char name[NAME] = "";
	struct mc_map tree;

	if (!whole && strcmp(f->type, "params") != 0)
		return 0;
	if (whole && notes(x, f, e) < 0)
		return -1;
	if (net)
		(void)snprintf(name, sizeof name, "%s", net);
	else if (!whole && mc_map_str(&f->map, "net", name, sizeof name, e) < 0)
		return -1;
	for (char *p = name; *p; p++)
		if (*p == '.')
			*p = '/';
	return mc_nets_tree(f, net, &tree, e) < 0 ? -1 : mc_export_tree(x, name, &tree, e);
}

/* ---- npz: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, zip's APPNOTE ---- */

enum { ZIP_LOCAL = 30, ZIP_CENTRAL = 46, NPY_ALIGN = 64 };

static const char *numpy_descr(enum mc_dtype t)
{
	switch (t) {
	case MC_F32: return "<f4";
	case MC_F64: return "<f8";
	case MC_U8: return "|u1";
	case MC_I32: return "<i4";
	case MC_I64: return "<i8";
	case MC_U32: return "<u4";
	case MC_BOOL: return "|b1";
	}
	return "";
}

/* The head of a .npy file, padded so that the data begins at a multiple of 64. */
static size_t npy_head(const struct tensor *t, char out[512])
{
	char text[400];
	int n = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", numpy_descr(t->dtype));
	size_t total;

	for (int k = 0; k < t->ndim; k++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%zu%s", t->shape[k],
		    t->ndim == 1 ? "," : k + 1 < t->ndim ? ", " : "");
	n += snprintf(text + n, sizeof text - (size_t)n, "), }");
	total = (10 + (size_t)n + 1 + NPY_ALIGN - 1) / NPY_ALIGN * NPY_ALIGN;
	memcpy(out, "\x93NUMPY\x01\x00", 8);
	out[8] = (char)((total - 10) & 255);
	out[9] = (char)((total - 10) >> 8);
	memset(out + 10, ' ', total - 11);
	memcpy(out + 10, text, (size_t)n);
	out[total - 1] = '\n';
	return total;
}

/* What the local and the central header of a member have in common, from "version needed" on. */
static int zip_common(struct buffer *b, uint32_t crc, size_t size, size_t name, struct mc_err *e)
{
	const struct { uint64_t v; size_t size; } field[] = {
		{ 20, 2 }, { 0, 2 }, { 0, 2 },            /* version needed, flags, stored */
		{ 0, 2 }, { 0x21, 2 },                    /* 00:00, 1 January 1980 */
		{ crc, 4 }, { size, 4 }, { size, 4 }, { name, 2 }, { 0, 2 },
	};

	for (size_t k = 0; k < sizeof field / sizeof *field; k++)
		if (put_le(b, field[k].v, field[k].size, e) < 0)
			return -1;
	return 0;
}

static int zip_member(struct mc_export *x, const struct tensor *t, struct buffer *out, struct buffer *central,
    struct mc_err *e)
{
	char head[512], name[NAME + 8];
	const size_t n = npy_head(t, head), size = n + t->bytes, at = out->len;
	const size_t len = (size_t)snprintf(name, sizeof name, "%s.npy", t->name);
	uLong crc = crc32_z(crc32_z(0, NULL, 0), (const Bytef *)head, n);

	if (t->bytes > 0)
		crc = crc32_z(crc, x->data.p + t->at, t->bytes);
	if (put_le(out, 0x04034b50, 4, e) < 0 || zip_common(out, (uint32_t)crc, size, len, e) < 0 ||
	    put(out, name, len, e) < 0 || put(out, head, n, e) < 0 || put(out, x->data.p + t->at, t->bytes, e) < 0)
		return -1;
	/* made by: Unix, version 2.0; no comment, disk 0, attributes of a plain file rw-r--r-- */
	if (put_le(central, 0x02014b50, 4, e) < 0 || put_le(central, 3 << 8 | 20, 2, e) < 0 ||
	    zip_common(central, (uint32_t)crc, size, len, e) < 0 || put_le(central, 0, 6, e) < 0 ||
	    put_le(central, (uint64_t)0100644 << 16, 4, e) < 0 || put_le(central, at, 4, e) < 0)
		return -1;
	return put(central, name, len, e);
}

static int npz(struct mc_export *x, struct buffer *out, struct mc_err *e)
{
	struct buffer central = { 0 };
	int r = 0;

	for (int k = 0; k < x->tensors && r == 0; k++)
		r = zip_member(x, &x->tensor[k], out, &central, e);

	const size_t at = out->len;

	if (r == 0 && (put(out, central.p, central.len, e) < 0 || put_le(out, 0x06054b50, 4, e) < 0 ||
	    put_le(out, 0, 4, e) < 0 || put_le(out, (uint64_t)x->tensors, 2, e) < 0 ||
	    put_le(out, (uint64_t)x->tensors, 2, e) < 0 || put_le(out, central.len, 4, e) < 0 ||
	    put_le(out, at, 4, e) < 0 || put_le(out, 0, 2, e) < 0))
		r = -1;
	free(central.p);
	return r;
}

/* ---- safetensors: https://github.com/huggingface/safetensors, "Format" ---- */

static const char *safe_dtype(enum mc_dtype t)
{
	switch (t) {
	case MC_F32: return "F32";
	case MC_F64: return "F64";
	case MC_U8: return "U8";
	case MC_I32: return "I32";
	case MC_I64: return "I64";
	case MC_U32: return "U32";
	case MC_BOOL: return "BOOL";
	}
	return "";
}

static int safe_notes(const struct mc_export *x, struct buffer *head, struct mc_err *e)
{
	if (put_text(head, "{\"__metadata__\":{\"format\":\"metacomm\"", e) < 0)
		return -1;
	for (int k = 0; k < x->notes; k++)
		if (put_text(head, ",", e) < 0 || put_json(head, x->note[k].key, e) < 0 ||
		    put_text(head, ":", e) < 0 || put_json(head, x->note[k].text, e) < 0)
			return -1;
	return put_text(head, "}", e);
}

static int safe_entry(struct buffer *head, const struct tensor *t, size_t at, struct mc_err *e)
{
	char text[160], name[NAME];

	(void)snprintf(name, sizeof name, "%s", t->name);
	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '.';
	(void)snprintf(text, sizeof text, ":{\"dtype\":\"%s\",\"shape\":[", safe_dtype(t->dtype));
	if (put_text(head, ",", e) < 0 || put_json(head, name, e) < 0 || put_text(head, text, e) < 0)
		return -1;
	for (int k = 0; k < t->ndim; k++) {
		(void)snprintf(text, sizeof text, "%s%zu", k ? "," : "", t->shape[k]);
		if (put_text(head, text, e) < 0)
			return -1;
	}
	(void)snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", at, at + t->bytes);
	return put_text(head, text, e);
}

static int safetensors(struct mc_export *x, struct buffer *out, struct mc_err *e)
{
	struct buffer head = { 0 };
	int r = safe_notes(x, &head, e);

	for (int k = 0; k < x->tensors && r == 0; k++)
		r = safe_entry(&head, &x->tensor[k], x->tensor[k].at, e);
	if (r == 0)
		r = put_text(&head, "}", e);
	while (r == 0 && head.len % 8 != 0)       /* the data shall begin at a multiple of 8 */
		r = put_text(&head, " ", e);
	if (r == 0 && (put_le(out, head.len, 8, e) < 0 || put(out, head.p, head.len, e) < 0 ||
	    put(out, x->data.p, x->data.len, e) < 0))
		r = -1;
	free(head.p);
	return r;
}

static int put_stdout(const struct buffer *out, struct mc_err *e)
{
	if (isatty(STDOUT_FILENO))
		return mc_err_set(e, MC_USAGE, "<stdout>", -1, "redirect it to a file or a pipe", "nets are binary, and this is a terminal");
	return mc_file_stdout(out->p, out->len, e);
}

int mc_export_commit(struct mc_export *x, const char *path, struct mc_err *e)
{
	struct buffer out = { 0 };
	int r;

	/* zip has numbers of 32 and 16 bits; names and heads come on top of the data */
	if (x->data.len > UINT32_MAX - ((size_t)1 << 26) || x->tensors >= UINT16_MAX)
		return mc_err_set(e, MC_DATA, path, -1, "export one net with --net", "4 GiB or more");
	r = x->format == MC_EXPORT_NPZ ? npz(x, &out, e) : safetensors(x, &out, e);
	if (r == 0)
		r = strcmp(path, "-") == 0 ? put_stdout(&out, e) : mc_file_commit(path, out.p, out.len, e);
	free(out.p);
	return r;
}
