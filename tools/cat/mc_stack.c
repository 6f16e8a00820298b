#include "mc_stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_grow.h"

enum { NAME = 128, COLUMNS = 512 };

/* One entry of all frames. */
struct column {
	char name[NAME];
	struct mc_array like;   /* of an array: its type and shape in every frame */
	int number, real;       /* not an array; not all of them are integers */
	unsigned char *p;       /* the data; numbers as double if `real`, else as int64 */
	size_t len, room;
	size_t frames;
};

struct mc_stack {
	struct column column[COLUMNS];
	size_t columns, frames;
	char type[24];
};

struct mc_stack *mc_stack_new(struct mc_err *e)
{
	struct mc_stack *s = calloc(1, sizeof *s);

	if (!s)
		(void)mc_err_nomem(e, "arrays of frames", sizeof *s);
	return s;
}

void mc_stack_free(struct mc_stack *s)
{
	for (size_t k = 0; s && k < s->columns; k++)
		free(s->column[k].p);
	free(s);
}

static int put(struct column *c, const void *p, size_t n, struct mc_err *e)
{
	unsigned char *grown = mc_grow(c->p, c->len + n, &c->room, 1, "arrays of frames", e);

	if (!grown)
		return -1;
	c->p = grown;
	if (n > 0)
		memcpy(c->p + c->len, p, n);
	c->len += n;
	c->frames++;
	return 0;
}

/* The integers so far become double. */
static void make_real(struct column *c)
{
	for (size_t k = 0; k < c->frames && !c->real; k++) {
		int64_t n;
		double v;

		memcpy(&n, c->p + k * sizeof n, sizeof n);
		v = (double)n;
		memcpy(c->p + k * sizeof v, &v, sizeof v);
	}
	c->real = 1;
}

/* A number that some frames have not is NaN there. */
static int pad(struct column *c, size_t frames, struct mc_err *e)
{
	const double nan = (double)NAN;

	while (c->frames < frames) {
		make_real(c);
		if (put(c, &nan, sizeof nan, e) < 0)
			return -1;
	}
	return 0;
}

/* That of this name, or a new one. NULL: `e` filled. */
static struct column *column_of(struct mc_stack *s, const char *name, const struct mc_frame *f, struct mc_err *e)
{
	for (size_t k = 0; k < s->columns; k++)
		if (strcmp(s->column[k].name, name) == 0)
			return &s->column[k];
	if (s->columns == COLUMNS) {
		(void)mc_err_set(e, MC_DATA, f->place, f->offset, "choose frames that are alike with --where",
		    "%s is one entry more than the %d that fit", name, COLUMNS);
		return NULL;
	}
	(void)snprintf(s->column[s->columns].name, NAME, "%s", name);
	return &s->column[s->columns++];
}

static int add_array(struct mc_stack *s, const char *name, const struct mc_array *a, const struct mc_frame *f, struct mc_err *e)
{
	struct column *c = column_of(s, name, f, e);

	if (!c)
		return -1;
	if (c->frames == 0 && !c->number)
		c->like = *a;
	if (c->frames != s->frames)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "choose frames that are alike with --where",
		    "%s is not in every %s frame", name, s->type);
	if (c->number || c->like.dtype != a->dtype || c->like.ndim != a->ndim ||
	    memcmp(c->like.shape, a->shape, (size_t)a->ndim * sizeof *a->shape) != 0)
		return mc_err_set(e, MC_DATA, f->place, f->offset, "choose frames that are alike with --where",
		    "%s has another shape or type than in the first %s frame", name, s->type);
	return put(c, a->data, a->count * mc_dtype_size(a->dtype), e);
}

/* n, or where it is not an integer v. */
static int add_number(struct mc_stack *s, const char *name, int64_t n, double v, int real, const struct mc_frame *f, struct mc_err *e)
{
	struct column *c = column_of(s, name, f, e);

	if (!c)
		return -1;
	c->number |= c->frames == 0;
	if (!c->number)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "%s is a number here, an array in the first %s frame", name, s->type);
	if (real)
		make_real(c);
	if (pad(c, s->frames, e) < 0)
		return -1;
	if (!real)
		v = (double)n;
	return c->real ? put(c, &v, sizeof v, e) : put(c, &n, sizeof n, e);
}

/* What int64 does not hold counts as a real. */
static int add_integer(struct mc_stack *s, const char *name, const struct mc_map *m, const char *key, const struct mc_frame *f,
    struct mc_err *e)
{
	uint64_t large;
	int64_t n;

	if (mc_map_int(m, key, &n, NULL) == 0)
		return add_number(s, name, n, 0, 0, f, e);
	return mc_map_uint(m, key, &large, e) < 0 ? -1 : add_number(s, name, 0, (double)large, 1, f, e);
}

/* All entries of a map, below `before` ("values."). */
static int add_map(struct mc_stack *s, const struct mc_map *m, const char *before, const struct mc_frame *f, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		char key[64], name[NAME];
		const enum mc_kind kind = mc_map_at(m, i, key, sizeof key);
		struct mc_map below;
		struct mc_array a;
		double v = 0;
		int yes, r = 0;

		if (!*before && (strcmp(key, "mc") == 0 || strcmp(key, "type") == 0 || strcmp(key, "crc32") == 0))
			continue;
		(void)snprintf(name, sizeof name, "%s%s%s", before, key, kind == MC_MAP ? "." : "");
		if (kind == MC_MAP)
			r = mc_map_map(m, key, &below, e) < 0 ? -1 : add_map(s, &below, name, f, e);
		else if (kind == MC_ARRAY)
			r = mc_map_array(m, key, &a, e) < 0 ? -1 : add_array(s, name, &a, f, e);
		else if (kind == MC_INT)
			r = add_integer(s, name, m, key, f, e);
		else if (kind == MC_REAL)
			r = mc_map_real_any(m, key, &v, e) < 0 ? -1 : add_number(s, name, 0, v, 1, f, e);
		else if (kind == MC_BOOLEAN)
			r = mc_map_bool(m, key, &yes, e) < 0 ? -1 : add_number(s, name, yes, 0, 0, f, e);
		if (r < 0)
			return -1;
	}
	return 0;
}

int mc_stack_add(struct mc_stack *s, const struct mc_frame *f, struct mc_err *e)
{
	if (s->frames == 0)
		(void)snprintf(s->type, sizeof s->type, "%s", f->type);
	if (add_map(s, &f->map, "", f, e) < 0)
		return -1;
	s->frames++;
	for (size_t k = 0; k < s->columns; k++)
		if (!s->column[k].number && s->column[k].frames != s->frames)
			return mc_err_set(e, MC_DATA, f->place, f->offset, "choose frames that are alike with --where",
			    "%s is not in every %s frame", s->column[k].name, s->type);
	return 0;
}

int mc_stack_export(struct mc_stack *s, struct mc_export *x, struct mc_err *e)
{
	for (size_t k = 0; k < s->columns; k++) {
		struct column *c = &s->column[k];
		size_t shape[MC_FRAME_DIMS + 1] = { s->frames };

		if (c->number) {
			if (pad(c, s->frames, e) < 0 ||
			    mc_export_array(x, c->name, c->real ? MC_F64 : MC_I64, 1, shape, c->p, e) < 0)
				return -1;
			continue;
		}
		if (c->like.ndim == MC_FRAME_DIMS)
			return mc_err_set(e, MC_DATA, c->name, -1, NULL, "has %d dimensions, one more is too many", MC_FRAME_DIMS);
		memcpy(shape + 1, c->like.shape, (size_t)c->like.ndim * sizeof *shape);
		if (mc_export_array(x, c->name, c->like.dtype, c->like.ndim + 1, shape, c->p, e) < 0)
			return -1;
	}
	return 0;
}
