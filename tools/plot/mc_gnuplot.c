#include "mc_gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mc_canvas.h"
#include "mc_text.h"

extern char **environ;

enum { KEPT = 64 };            /* variables at most */

void mc_put_quoted(FILE *to, const char *s, int utf8)
{
	const int first = (int)strspn(s, "'"); /* ''' would begin with an empty string */

	if (first > 0)
		fprintf(to, "\"%.*s\".", first, s);
	s += first;
	fputc('\'', to);
	mc_put_text(to, s, utf8, 1);
	fputc('\'', to);
}

static int read_back(FILE *from, char **bytes, size_t *len, struct mc_err *e)
{
	const long size = fseek(from, 0, SEEK_END) == 0 ? ftell(from) : -1;

	if (size < 0 || fseek(from, 0, SEEK_SET) != 0)
		return mc_err_errno(e, MC_IOERR, "temporary file", NULL, "cannot read gnuplot's output");
	*bytes = malloc((size_t)size + 1);
	if (*bytes == NULL)
		return mc_err_nomem(e, "picture", (size_t)size + 1);
	*len = fread(*bytes, 1, (size_t)size, from);
	(*bytes)[*len] = '\0';
	if (!ferror(from) && *len == (size_t)size)
		return 0;
	free(*bytes);
	return mc_err_errno(e, MC_IOERR, "temporary file", NULL, "cannot read gnuplot's output");
}

/* Its last line says what is wrong. */
static int gnuplot_failed(FILE *messages, int status, struct mc_err *e)
{
	char *text, *line;
	size_t len;

	if (read_back(messages, &text, &len, e) < 0)
		return -1;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	line += strspn(line, " ");
	if (WIFSIGNALED(status))
		mc_err_set(e, MC_IOERR, "gnuplot", -1, NULL, "killed by signal %d", WTERMSIG(status));
	else
		mc_err_set(e, MC_IOERR, "gnuplot", -1, NULL, "failed: %s",
		    *line ? line : "it gave no picture and no message; is the temporary directory full?");
	free(text);
	return -1;
}

/* Does gnuplot get this variable? What finds the program, its libraries and the system's fonts. */
static int is_kept(const char *variable)
{
	static const char *const name[] = { "PATH=", "HOME=", "TMPDIR=", "LD_", "FONTCONFIG_", "XDG_CACHE_HOME=", "SOURCE_DATE_EPOCH=" };

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (strncmp(variable, name[i], strlen(name[i])) == 0)
			return 1;
	return 0;
}

/*
 * Of what the user has set for gnuplot (GNUTERM, GNUPLOT_LIB, GDFONTPATH, a display, a locale)
 * nothing may matter: everybody gets the same picture. It asks for its terminal before it reads
 * a script, and some of them crash where there is no display.
 */
static void choose_environment(char *kept[KEPT + 3])
{
	static char terminal[] = "GNUTERM=dumb", locale[] = "LC_ALL=C";
	size_t n = 0;

	kept[n++] = terminal;
	kept[n++] = locale;
	for (char **v = environ; *v && n < KEPT + 2; v++)
		if (is_kept(*v))
			kept[n++] = *v;
	kept[n] = NULL;
}

static int spawn(pid_t *pid, FILE *in, FILE *out, FILE *err)
{
	/* -d: no settings files either */
	char *kept[KEPT + 3];
	char name[] = "gnuplot", settings[] = "-d", standard_input[] = "-";
	char *const argv[] = { name, settings, standard_input, NULL };
	posix_spawn_file_actions_t acts;
	int r = posix_spawn_file_actions_init(&acts);

	if (r != 0)
		return r;
	choose_environment(kept);
	r = posix_spawn_file_actions_adddup2(&acts, fileno(in), 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&acts, fileno(out), 1);
	r = r ? r : posix_spawn_file_actions_adddup2(&acts, fileno(err), 2);
	r = r ? r : posix_spawnp(pid, "gnuplot", &acts, NULL, argv, kept);
	posix_spawn_file_actions_destroy(&acts);
	return r;
}

int mc_gnuplot_run(FILE *script, char **bytes, size_t *len, struct mc_err *e)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int r = -1, status = 0, spawned;
	pid_t pid;

	if (out == NULL || err == NULL) {
		mc_err_errno(e, MC_CANTCREAT, "temporary file", NULL, "cannot create");
		goto done;
	}
	if (fflush(script) != 0 || ferror(script) || lseek(fileno(script), 0, SEEK_SET) != 0) {
		mc_err_errno(e, MC_IOERR, "temporary file", NULL, "cannot write the script for gnuplot");
		goto done;
	}
	spawned = spawn(&pid, script, out, err);
	if (spawned == ENOENT || spawned == EACCES) {
		mc_err_set(e, MC_UNAVAILABLE, "gnuplot", -1, "install gnuplot-nox", "not found");
		goto done;
	}
	if (spawned != 0) {
		errno = spawned;
		mc_err_errno(e, MC_OSERR, "gnuplot", NULL, "cannot start");
		goto done;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			mc_err_errno(e, MC_OSERR, "gnuplot", NULL, "cannot wait for it");
			goto done;
		}
	if (status != 0)
		gnuplot_failed(err, status, e);
	else if ((r = read_back(out, bytes, len, e)) == 0 && *len == 0) {
		free(*bytes);
		r = gnuplot_failed(err, status, e);
	}
done:
	if (out)
		fclose(out);
	if (err)
		fclose(err);
	return r;
}
