#include "mc_picture.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mc_file.h"
#include "mc_opts.h"
#include "mc_text.h"

/* ---- names ---- */

/* Where "%d" or "%03d" stands in a name, and its length; NULL unless there is exactly that. */
static const char *find_number(const char *name, size_t *len)
{
	const char *at = strchr(name, '%');
	size_t n = 1;

	if (at == NULL || strchr(at + 1, '%'))
		return NULL;
	while (isdigit((unsigned char)at[n]))
		n++;
	*len = n + 1;
	return at[n] == 'd' && n < 4 ? at : NULL;
}

int mc_picture_check(const char *output, int moves, enum mc_format *format, int *each, struct mc_err *e)
{
	static const struct { const char *ending; enum mc_format format; } known[] = {
		{ ".svg", MC_FORMAT_SVG }, { ".png", MC_FORMAT_PNG }, { ".pdf", MC_FORMAT_PDF }, { ".gif", MC_FORMAT_GIF },
	};
	const size_t len = strlen(output);
	size_t number;

	*each = moves && strchr(output, '%') != NULL;
	if (*each && find_number(output, &number) == NULL)
		return mc_err_set(e, MC_USAGE, output, -1, "frames have a name like f%03d.png", "one number is needed in it, as %%d");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (len > 4 && strcmp(output + len - 4, known[i].ending) == 0 &&
		    (known[i].format == MC_FORMAT_GIF) == (moves && !*each)) {
			*format = known[i].format;
			return 0;
		}
	if (moves)
		return mc_err_set(e, MC_USAGE, output, -1, "f.gif moves; f%03d.png (.svg, .pdf) are its frames", "unknown kind of picture");
	return mc_err_set(e, MC_USAGE, output, -1, "end its name in .svg, .png or .pdf", "unknown kind of picture");
}

/*
 * `path` with another ending and, if it is a name for each frame, this in place of its number;
 * freed by the caller.
 */
static char *variant(const char *path, int each, const char *number, const char *ending, struct mc_err *e)
{
	const size_t stem = strlen(path) - 4, size = strlen(path) + strlen(number) + strlen(ending) + 1;
	char *name = malloc(size);
	size_t len = 0;
	const char *at = each ? find_number(path, &len) : NULL;
	const size_t before = at ? (size_t)(at - path) : stem;

	if (name == NULL)
		mc_err_nomem(e, "file name", size);
	else
		snprintf(name, size, "%.*s%s%.*s%s", (int)before, path, at ? number : "", (int)(stem - before - len),
		    path + before + len, ending);
	return name;
}

/* The name of one frame; numbers are counted from 0 and as wide as the pattern says. */
static char *frame_name(const char *path, int each, size_t frame, struct mc_err *e)
{
	size_t len = 0;
	const char *at = each ? find_number(path, &len) : NULL;
	const int width = at ? atoi(at + 1) : 0;
	char number[32];

	if (at && at[1] == '0')
		snprintf(number, sizeof number, "%0*zu", width, frame);
	else
		snprintf(number, sizeof number, "%*zu", width, frame);
	return variant(path, each, number, path + strlen(path) - 4, e);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- looks ---- */

int mc_look_font(struct mc_look *look, const char *text, char *name, size_t size, struct mc_err *e)
{
	const char *comma = strchr(text, ',');
	const size_t n = comma ? (size_t)(comma - text) : strlen(text);
	char *end;

	if (n >= size || (n == 0 && comma == NULL))
		return mc_usage(e, "--font", NULL, "\"%s\" is not NAME, NAME,SIZE or ,SIZE", text);
	snprintf(name, size, "%.*s", (int)n, text);
	look->font = n > 0 ? name : NULL;
	if (comma == NULL)
		return 0;
	look->size = strtod(comma + 1, &end);
	if (*end || end == comma + 1 || !(look->size >= 4 && look->size <= 72))
		return mc_usage(e, "--font", NULL, "\"%s\" is not a size from 4 to 72", comma + 1);
	return 0;
}

/* ---- drawing ---- */

void mc_put_data_block(FILE *to, const struct mc_drawing *d)
{
	fputs("$data << END_OF_DATA\n", to);
	d->data(to, d->of);
	fputs("END_OF_DATA\n", to);
}

/* The bytes of a picture: of so many frames, from this one. */
static int render(const struct mc_drawing *d, const struct mc_render *how, char **bytes, size_t *len, struct mc_err *e)
{
	FILE *script = tmpfile();
	int r;

	if (script == NULL)
		return mc_err_errno(e, MC_CANTCREAT, "temporary file", NULL, "cannot create");
	mc_put_data_block(script, d);
	r = d->script(script, d->of, how, e);
	r = r < 0 ? r : mc_gnuplot_run(script, bytes, len, e);
	fclose(script);
	return r;
}

static int draw_text(const struct mc_drawing *d, const struct mc_canvas *c, char **bytes, size_t *len, struct mc_err *e)
{
	struct mc_text text;
	struct mc_err ignored;
	int drawn;

	if (mc_text_open(&text, e) < 0)
		return -1;
	drawn = d->text(text.to, d->of, c, e);
	if (mc_text_take(&text, bytes, len, drawn < 0 ? &ignored : e) < 0)
		return -1;
	if (drawn < 0) {
		free(*bytes);
		*bytes = NULL;
	}
	return drawn;
}

/* One file. */
static int put_file(const struct mc_drawing *d, const char *path, const struct mc_render *how, struct mc_err *e)
{
	char *bytes;
	size_t len;
	int r;

	if (render(d, how, &bytes, &len, e) < 0)
		return -1;
	r = mc_file_commit(path, bytes, len, e);
	free(bytes);
	return r;
}

static int put_frames(const struct mc_drawing *d, const char *pattern, const struct mc_render *all, struct mc_err *e)
{
	struct mc_render how = *all;
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->frames; i++) {
		char *name = frame_name(pattern, 1, i, e);

		how.frame = i;
		how.frames = 1;
		r = name ? put_file(d, name, &how, e) : -1;
		free(name);
	}
	return r;
}

/* ---- script and data ---- */

/* They name each other, and the picture, without a directory. */
struct beside {
	const struct mc_drawing *d;
	const char *picture;
	const char *script, *data;
	const struct mc_render *how;
	int each;
};

static int put_script(FILE *to, const struct beside *b, struct mc_err *e)
{
	const size_t pictures = b->each ? b->d->frames : 1;
	struct mc_text source;
	char *quoted;
	size_t len;
	int r = 0;

	if (mc_text_open(&source, e) < 0)
		return -1;
	mc_put_quoted(source.to, base_name(b->data), 1);
	if (mc_text_take(&source, &quoted, &len, e) < 0)
		return -1;
	fprintf(to, "# Draws %s from %s: gnuplot %s\n", base_name(b->picture), base_name(b->data), base_name(b->script));
	for (size_t i = 0; r == 0 && i < pictures; i++) {
		char *name = frame_name(b->picture, b->each, i, e);

		if (i > 0)
			fputs("reset\n", to);
		r = name ? b->d->script(to, b->d->of, &(struct mc_render){ b->how->format, base_name(name), quoted, i,
		    b->each ? 1 : b->d->frames, b->how->look }, e) : -1;
		free(name);
	}
	free(quoted);
	return r;
}

static int put_data(FILE *to, const struct beside *b, struct mc_err *e)
{
	(void)e;
	b->d->data(to, b->d->of);
	return 0;
}

/* Replaces `path` by what `put` prints. */
static int commit_text(const char *path, int put(FILE *to, const struct beside *b, struct mc_err *e),
    const struct beside *b, struct mc_err *e)
{
	struct mc_err ignored;
	struct mc_text text;
	char *bytes;
	size_t len;

	if (mc_text_open(&text, e) < 0)
		return -1;
	const int written = put(text.to, b, e);

	if (mc_text_take(&text, &bytes, &len, written < 0 ? &ignored : e) < 0)
		return -1;
	const int r = written < 0 ? -1 : mc_file_commit(path, bytes, len, e);

	free(bytes);
	return r;
}

static int leave_script(const struct mc_drawing *d, const char *picture, const struct mc_render *how, int each, struct mc_err *e)
{
	char *script = variant(picture, each, "all", ".gp", e);
	char *data = script ? variant(picture, each, "all", ".dat", e) : NULL;
	int r = -1;

	if (data) {
		const struct beside b = { d, picture, script, data, how, each };

		r = commit_text(data, put_data, &b, e);
		r = r < 0 ? r : commit_text(script, put_script, &b, e);
	}
	free(script);
	free(data);
	return r;
}

int mc_picture_put(const struct mc_drawing *d, const struct mc_picture *p, struct mc_err *e)
{
	struct mc_render how = { .source = "$data", .frames = d->frames, .look = &p->look };
	int each, r;

	if (p->output == NULL && p->kept)
		return draw_text(d, &p->kept->canvas, &p->kept->bytes, &p->kept->len, e);
	if (p->output == NULL) {
		struct mc_canvas canvas;
		char *bytes;
		size_t len;

		mc_canvas_terminal(&canvas, STDOUT_FILENO);
		if (draw_text(d, &canvas, &bytes, &len, e) < 0)
			return -1;
		r = mc_file_stdout(bytes, len, e);
		free(bytes);
		return r;
	}
	if (mc_picture_check(p->output, d->frames > 1, &how.format, &each, e) < 0)
		return -1;
	r = each ? put_frames(d, p->output, &how, e) : put_file(d, p->output, &how, e);
	return r == 0 && p->emit ? leave_script(d, p->output, &how, each, e) : r;
}
