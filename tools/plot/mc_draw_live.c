#include "mc_draw_live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "mc_file.h"

enum { LOOK = 500 }; /* milliseconds between two looks at the logs */

struct live {
	const struct mc_draw_opts *o;
	int files;
	char **file;
	struct stat *seen;         /* [files] as they were when they were drawn */
	struct mc_watch watch;
	struct mc_kept kept;       /* the picture as text */
	int screen;                /* 1 = standard output is a terminal that can be drawn on */
	int keys;                  /* 1 = so is standard input, and `before` was its state */
	struct termios before;
	sigset_t signals;
	int signal_fd;
};

/* ---- the terminal ---- */

static void enter_screen(struct live *x)
{
	struct termios raw = x->before;

	if (!x->screen)
		return;
	fputs("\033[?1049h\033[?25l\033[2J", stdout);
	fflush(stdout);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (x->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void leave_screen(struct live *x)
{
	if (!x->screen)
		return;
	if (x->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &x->before);
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
}

/* From the upper left corner, over what stood there. */
static void show(const struct live *x)
{
	const char *at = x->kept.bytes ? x->kept.bytes : "";
	char status[160];

	fputs("\033[H", stdout);
	while (*at) {
		const size_t n = strcspn(at, "\n");

		fputs("\033[K", stdout); /* before: behind a full line it would erase its last character */
		fwrite(at, 1, n, stdout);
		fputc('\n', stdout);
		at += n + (at[n] == '\n');
	}
	snprintf(status, sizeof status, "%s, %lld episodes; q ends this", x->watch.empty ? "waiting for the first episode" : "running",
	    (long long)x->watch.episodes);
	printf("\033[J%.*s", (int)x->kept.canvas.columns - 1, status); /* a line more would scroll the first one away */
	if (x->watch.note[0])
		printf("\033[K\n%s", x->watch.note);
	fflush(stdout);
}

/* ---- the logs ---- */

static int look(struct live *x, struct stat *now, struct mc_err *e)
{
	for (int i = 0; i < x->files; i++) {
		const char *name = x->o->named && strchr(x->file[i], '=') ? strchr(x->file[i], '=') + 1 : x->file[i];

		now[i].st_mode = 0;
		if (strcmp(name, "-") != 0 && stat(name, &now[i]) < 0)
			return mc_err_errno(e, MC_NOINPUT, name, NULL, "cannot open");
		if (!S_ISREG(now[i].st_mode))
			return mc_err_set(e, MC_USAGE, name, -1, "live reads logs again and again", "is not a regular file");
	}
	return 0;
}

static int has_changed(const struct live *x, const struct stat *now)
{
	for (int i = 0; i < x->files; i++)
		if (now[i].st_size != x->seen[i].st_size || now[i].st_mtim.tv_sec != x->seen[i].st_mtim.tv_sec ||
		    now[i].st_mtim.tv_nsec != x->seen[i].st_mtim.tv_nsec)
			return 1;
	return 0;
}

/* What there is so far. Nothing yet is not a failure while a run goes on. */
static int draw(struct live *x, struct mc_err *e)
{
	struct mc_draw_opts o = *x->o;
	int r;

	o.watch = &x->watch;
	if (o.picture.output == NULL) {
		free(x->kept.bytes);
		x->kept.bytes = NULL;
		mc_canvas_terminal(&x->kept.canvas, STDOUT_FILENO);
		x->kept.canvas.rows -= x->screen; /* the last one says how things stand */
		o.picture.kept = &x->kept;
	}
	x->watch = (struct mc_watch){ 0 };
	r = mc_draw_curves(&o, x->files, x->file, e);
	if (r < 0 && x->watch.empty && x->watch.running) {
		memset(e, 0, sizeof *e);
		r = 0;
	}
	return r;
}

/* ---- watching ---- */

enum event { NOTHING, QUIT, REDRAW, SIGNAL };

/* Waits for a key or a signal, not for long. */
static enum event wait_a_little(const struct live *x, int *number)
{
	struct pollfd fd[] = { { x->signal_fd, POLLIN, 0 }, { x->keys ? STDIN_FILENO : -1, POLLIN, 0 } };
	struct signalfd_siginfo got;
	char key;

	if (poll(fd, 2, LOOK) <= 0)
		return NOTHING;
	if (fd[0].revents & POLLIN && read(x->signal_fd, &got, sizeof got) == (ssize_t)sizeof got) {
		*number = (int)got.ssi_signo;
		return *number == SIGWINCH ? REDRAW : SIGNAL;
	}
	return fd[1].revents && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q') ? QUIT : NOTHING;
}

/* The signal does what it does without us; after a stop all is drawn again. */
static void pass_on(struct live *x, int number)
{
	leave_screen(x);
	sigprocmask(SIG_UNBLOCK, &x->signals, NULL);
	raise(number);
	sigprocmask(SIG_BLOCK, &x->signals, NULL);
	enter_screen(x);
}

static int watch(struct live *x, struct stat *now, struct mc_err *e)
{
	enum event event = REDRAW;
	int number = 0;

	for (;;) {
		if (look(x, now, e) < 0)
			return -1;
		if (event == REDRAW || has_changed(x, now)) {
			memcpy(x->seen, now, (size_t)x->files * sizeof *now);
			if (draw(x, e) < 0)
				return -1;
			if (!x->watch.running)
				return 0;
			if (x->screen)
				show(x);
		}
		event = wait_a_little(x, &number);
		if (event == QUIT)
			return 0;
		if (event == SIGNAL) {
			pass_on(x, number);
			event = REDRAW;
		}
	}
}

static void open_terminal(struct live *x)
{
	static const int stopping[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH };
	const char *term = getenv("TERM");

	x->screen = x->o->picture.output == NULL && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
	x->keys = x->screen && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &x->before) == 0;
	sigemptyset(&x->signals);
	for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
		sigaddset(&x->signals, stopping[i]);
}

int mc_draw_live(const struct mc_draw_opts *o, int files, char **file, struct mc_err *e)
{
	struct live x = { .o = o, .files = files, .file = file };
	struct stat *now = calloc(2 * (size_t)files + 1, sizeof *now);
	int r = -1;

	if (now == NULL)
		return mc_err_nomem(e, "logs", 2 * (size_t)files * sizeof *now);
	x.seen = now + files;
	open_terminal(&x);
	x.signal_fd = signalfd(-1, &x.signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (files == 0)
		mc_usage(e, NULL, "live reads logs again and again: name them", "no log given");
	else if (x.signal_fd < 0)
		mc_err_errno(e, MC_OSERR, NULL, NULL, "cannot wait for signals");
	else if (look(&x, now, e) == 0) {
		sigprocmask(SIG_BLOCK, &x.signals, NULL);
		enter_screen(&x);
		r = watch(&x, now, e);
		leave_screen(&x);
		sigprocmask(SIG_UNBLOCK, &x.signals, NULL);
		if (x.watch.note[0])
			fprintf(stderr, "mc-plot: %s\n", x.watch.note);
		if (r == 0 && x.kept.bytes)
			r = mc_file_stdout(x.kept.bytes, x.kept.len, e);
	}
	if (x.signal_fd >= 0)
		close(x.signal_fd);
	free(x.kept.bytes);
	free(now);
	return r;
}
