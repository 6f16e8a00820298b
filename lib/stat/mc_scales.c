#include "mc_scales.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_task.h"

/* A number that ends just where `end` says. */
static int parse_number(const char *text, const char *end, double *v)
{
	char *stop;

	*v = strtod(text, &stop);
	return stop > text && stop == end && isfinite(*v);
}

/* "TASK=LOW,HIGH", n bytes. */
static int parse_one(struct mc_task_scale *x, const char *text, size_t n, struct mc_err *e)
{
	const char *end = text + n, *equals = memchr(text, '=', n), *comma;

	comma = equals ? memchr(equals, ',', (size_t)(end - equals)) : NULL;
	if (!comma || equals == text || (size_t)(equals - text) >= sizeof x->task ||
	    !parse_number(equals + 1, comma, &x->low) || !parse_number(comma + 1, end, &x->high) || !(x->high > x->low))
		return mc_usage(e, "--scale", "push_N3=-60,-20, several with colons", "\"%.*s\" is not TASK=LOW,HIGH", (int)n, text);
	snprintf(x->task, sizeof x->task, "%.*s", (int)(equals - text), text);
	return 0;
}

int mc_scales_parse(struct mc_scales *s, const char *text, struct mc_err *e)
{
	size_t room = 1;

	*s = (struct mc_scales){ 0 };
	if (text == NULL)
		return 0;
	for (const char *c = text; *c; c++)
		room += *c == ':';
	s->scale = calloc(room, sizeof *s->scale);
	if (s->scale == NULL)
		return mc_err_nomem(e, "scales", room * sizeof *s->scale);
	for (size_t n; s->n < room; text += n + (text[n] == ':')) {
		struct mc_task_scale x;

		n = strcspn(text, ":");
		if (parse_one(&x, text, n, e) < 0)
			return -1;
		if (mc_scales_find(s, x.task))
			return mc_usage(e, "--scale", "leave one of them out", "%s is given twice", x.task);
		s->scale[s->n++] = x;
	}
	return 0;
}

void mc_scales_release(struct mc_scales *s)
{
	free(s->scale);
	*s = (struct mc_scales){ 0 };
}

const struct mc_task_scale *mc_scales_find(const struct mc_scales *s, const char *task)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->scale[i].task, task) == 0)
			return &s->scale[i];
	return NULL;
}

/* "these runs are of push_N3, push_N6" */
static void list(char *out, size_t size, const char *const *task, size_t n)
{
	size_t used = (size_t)snprintf(out, size, "these runs are of ");

	for (size_t i = 0; i < n && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", task[i]);
}

int mc_scales_check(const struct mc_scales *s, const char *const *task, size_t n, struct mc_err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct mc_err unknown = { 0 };
		struct mc_task known;
		char hint[sizeof e->hint];
		size_t k = 0;

		while (k < n && strcmp(task[k], s->scale[i].task) != 0)
			k++;
		if (k < n || mc_task_parse(&known, s->scale[i].task, &unknown) == 0)
			continue;
		list(hint, sizeof hint, task, n);
		return mc_usage(e, "--scale", hint, "there is no task \"%s\"", s->scale[i].task);
	}
	return 0;
}
