#include "mc_picture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mc_file.h"
#include "mc_text.h"

static int write_stdout(const char *bytes, size_t len, struct mc_err *e)
{
	if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout) != 0)
		return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	return 0;
}

/* `path` with another ending, freed by the caller. */
static char *sibling(const char *path, const char *ending)
{
	const size_t stem = strlen(path) - 4;
	char *name = malloc(stem + strlen(ending) + 1);

	if (name) {
		memcpy(name, path, stem);
		strcpy(name + stem, ending);
	}
	return name;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Replaces `path` by what `put` prints. */
struct text {
	const struct mc_figure *figure;
	const struct mc_canvas *canvas;
	const char *output, *data;
};

static int put_script(FILE *to, const struct text *t, struct mc_err *e)
{
	fprintf(to, "# Draws %s from %s: gnuplot %.*s.gp\n", t->output, t->data,
	    (int)(strlen(t->output) - 4), t->output);
	return mc_plot_script(to, t->figure, t->canvas, t->output, t->data, e);
}

static int put_data(FILE *to, const struct text *t, struct mc_err *e)
{
	(void)e;
	mc_plot_data(to, t->figure);
	return 0;
}

static int commit_text(const char *path, int put(FILE *to, const struct text *t, struct mc_err *e),
    const struct text *t, struct mc_err *e)
{
	struct mc_err ignored;
	struct mc_text text;
	char *bytes;
	size_t len;

	if (mc_text_open(&text, e) < 0)
		return -1;
	const int written = put(text.to, t, e);

	if (mc_text_take(&text, &bytes, &len, written < 0 ? &ignored : e) < 0)
		return -1;
	const int r = written < 0 ? -1 : mc_file_commit(path, bytes, len, e);

	free(bytes);
	return r;
}

/* The script and its data beside the picture; they name each other without a folder. */
static int leave_script(const char *picture, const struct mc_figure *f, const struct mc_canvas *c, struct mc_err *e)
{
	char *script = sibling(picture, ".gp"), *data = sibling(picture, ".dat");
	int r;

	if (script == NULL || data == NULL) {
		r = mc_err_nomem(e, "file names", strlen(picture));
	} else {
		const struct text t = { f, c, base_name(picture), base_name(data) };

		r = commit_text(data, put_data, &t, e);
		r = r < 0 ? r : commit_text(script, put_script, &t, e);
	}
	free(script);
	free(data);
	return r;
}

int mc_picture_put(const struct mc_figure *f, const struct mc_picture *p, struct mc_err *e)
{
	struct mc_canvas canvas = { 0 };
	char *bytes;
	size_t len;
	int r;

	if (p->output == NULL)
		mc_canvas_terminal(&canvas, STDOUT_FILENO);
	else if (mc_format_of(p->output, &canvas.format, e) < 0)
		return -1;
	if (mc_plot_render(f, &canvas, &bytes, &len, e) < 0)
		return -1;
	r = p->output ? mc_file_commit(p->output, bytes, len, e) : write_stdout(bytes, len, e);
	free(bytes);
	if (r == 0 && p->emit)
		r = leave_script(p->output, f, &canvas, e);
	return r;
}
