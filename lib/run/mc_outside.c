#include "mc_outside.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mc_io.h"
#include "mc_ring.h"
#include "mc_task.h"

extern char **environ;

enum {
	COMMAND = 8192,        /* bytes of a command */
	LAST_WORD = 2000,      /* milliseconds: how long it may take to end once it should */
	LOOK_AGAIN = 10,
	GRACE = 200,           /* milliseconds for whom the command started itself, once it has ended */
	POSITIONS = 4096,      /* things */
	NAME = 64,             /* of an entry of its header, and its end */
};

static const char by_hand[] = "try the command by hand";
static const char protocol[] = "ENVIRONMENTS in mc-frame(5) tells what it must send";

struct mc_outside {
	char *command;         /* as it was started */
	double patience;
	struct mc_env_dims dims;
	struct mc_positions positions;
	struct mc_saved header;
	pid_t pid;             /* -1: none, or it has ended and its status was taken */
	pid_t group;           /* its own, of all that it starts; 0 = not started */
	int failed;            /* that was not 0 */
	struct mc_in *in;
	struct mc_out *out;
	struct mc_fb *fb;
	uint32_t episode;      /* that goes on */
	int64_t step;          /* that was last asked for */
	int by_number;         /* this episode was asked for by its number, not just awaited */
};

/* ---- how it ends ---- */

/* Its status within LAST_WORD: 1, or 0 when it goes on all the same. */
static int status_of(struct mc_outside *x, int *status)
{
	const struct timespec look_again = { .tv_nsec = LOOK_AGAIN * 1000 * 1000 };
	pid_t got = 0;

	for (int waited = 0; x->pid > 0 && waited <= LAST_WORD; waited += LOOK_AGAIN) {
		got = waitpid(x->pid, status, WNOHANG);
		if (got != 0 && !(got < 0 && errno == EINTR))
			break;
		(void)nanosleep(&look_again, NULL);
	}
	if (got <= 0)
		return 0;
	x->pid = -1;
	return 1;
}

/* Where it is: "before it sent a header", "in episode 3, after 4 steps". */
static const char *when(const struct mc_outside *x, char text[64])
{
	if (!x->header.bytes)
		return "before it sent a header";
	if (x->dims.T == 0)
		return "in its header";
	const long long steps = x->step > 0 ? x->step - 1 : 0;

	(void)snprintf(text, 64, "in episode %lu, after %lld step%s", (unsigned long)x->episode, steps, steps == 1 ? "" : "s");
	return text;
}

/* It has gone: which command, and with which status. */
static int gone(struct mc_outside *x, struct mc_err *e)
{
	char text[64], signal[64] = "";
	int status;

	if (!status_of(x, &status))
		return mc_err_set(e, MC_DATA, "--env", -1, by_hand, "\"%.300s\" closed its output %s, but keeps running", x->command,
		    when(x, text));
	x->failed = status != 0;
	if (WIFSIGNALED(status))
		return mc_err_set(e, MC_DATA, "--env", -1, by_hand, "\"%.300s\" was killed by signal %d (%s) %s", x->command,
		    WTERMSIG(status), strsignal(WTERMSIG(status)), when(x, text));
	if (WEXITSTATUS(status) > 128)         /* the shell's word for it */
		(void)snprintf(signal, sizeof signal, " (signal %d, %s)", WEXITSTATUS(status) - 128, strsignal(WEXITSTATUS(status) - 128));
	return mc_err_set(e, MC_DATA, "--env", -1, by_hand, "\"%.300s\" ended with status %d%s %s", x->command,
	    WEXITSTATUS(status), signal, when(x, text));
}

/* An `end` came: if it failed after that, this is what matters. */
static int no_more(struct mc_outside *x, struct mc_err *e)
{
	return gone(x, e) < 0 && x->failed ? -1 : mc_err_set(e, MC_DATA, "--env", -1,
	    "it must serve any number of them", "\"%.300s\" has no more episodes", x->command);
}

/* It sent what cannot be: `e` says what, and where in its output. Which command, and what to do. */
static int nonsense(const struct mc_outside *x, const char *hint, struct mc_err *e)
{
	const struct mc_err was = *e;
	char text[64];

	if (was.code != MC_DATA)
		return -1;
	return mc_err_set(e, was.code, "--env", -1, hint, "\"%.200s\", %s, byte %lld of its output: %.250s",
	    x->command, when(x, text), (long long)(was.offset >= 0 ? was.offset : mc_in_offset(x->in)), was.what);
}

/* No frame came. */
static int no_frame(struct mc_outside *x, struct mc_err *e)
{
	char text[64];

	if (mc_in_late(x->in))
		return mc_err_set(e, MC_DATA, "--env", -1, "--env-timeout says how long it may take", "\"%.300s\" sent nothing for %g seconds %s",
		    x->command, x->patience, when(x, text));
	if (mc_in_cut(x->in))
		return gone(x, e);
	return nonsense(x, "its standard output is for frames alone: messages go to standard error", e);
}

/* ---- how it begins ---- */

/* What stands in the file, without the line's end. */
static int read_command(const char *file, char *to, struct mc_err *e)
{
	FILE *f = fopen(file, "re");
	size_t n;

	if (!f)
		return mc_err_errno(e, MC_NOINPUT, file, NULL, "cannot open the command of --env");
	n = fread(to, 1, COMMAND - 1, f);
	const int bad = ferror(f) || !feof(f) || memchr(to, 0, n) != NULL;

	(void)fclose(f);
	if (bad)
		return mc_err_set(e, MC_NOINPUT, file, -1, NULL, "is not a command of less than %d bytes", COMMAND);
	while (n > 0 && strchr(" \t\r\n", to[n - 1]))
		n--;
	to[n] = '\0';
	return 0;
}

/* The command with {seed} and {env} put in, to be freed; NULL: `e` filled. */
static char *fill_in(const char *command, uint64_t seed, uint32_t env, struct mc_err *e)
{
	char *text = malloc(2 * COMMAND), number[24];
	char *out = text ? text + COMMAND : NULL;
	size_t n = 0;

	if (!text) {
		(void)mc_err_nomem(e, "a command", 2 * COMMAND);
		return NULL;
	}
	(void)snprintf(text, COMMAND, "%s", command);
	if (command[0] == '@' && read_command(command + 1, text, e) < 0)
		goto fail;
	if (!text[strspn(text, " \t\n")]) {
		(void)mc_err_set(e, MC_USAGE, "--env", -1, "name a program, or @FILE with a command in it", "there is no command in \"%s\"", command);
		goto fail;
	}
	for (const char *p = text; *p; ) {
		const int is_seed = strncmp(p, "{seed}", 6) == 0, is_env = strncmp(p, "{env}", 5) == 0;

		(void)snprintf(number, sizeof number, "%llu", is_seed ? (unsigned long long)seed : (unsigned long long)env);
		if (!is_seed && !is_env)
			(void)snprintf(number, 2, "%c", *p);
		const size_t len = strlen(number);

		if (n + len >= COMMAND) {
			(void)mc_err_set(e, MC_USAGE, "--env", -1, "put it into a script", "a command of more than %d bytes", COMMAND);
			goto fail;
		}
		memcpy(out + n, number, len);
		n += len;
		p += is_seed ? 6 : is_env ? 5 : 1;
	}
	memmove(text, out, n);
	text[n] = '\0';
	return text;
fail:
	free(text);
	return NULL;
}

/* Its signals as they are by default, and a group of its own: Ctrl-C is for the ring, which ends it. */
static int spawn(struct mc_outside *x, int in, int out)
{
	char *argv[] = { (char *)"sh", (char *)"-c", x->command, NULL };
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t dfl;

	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in, 0);
	posix_spawn_file_actions_adddup2(&acts, out, 1);
	posix_spawnattr_init(&attr);
	sigemptyset(&dfl);
	sigaddset(&dfl, SIGPIPE);
	sigaddset(&dfl, SIGXFSZ);
	posix_spawnattr_setsigdefault(&attr, &dfl);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	const int bad = posix_spawn(&x->pid, "/bin/sh", &acts, &attr, argv, environ);

	posix_spawn_file_actions_destroy(&acts);
	posix_spawnattr_destroy(&attr);
	return bad;
}

static int start(struct mc_outside *x, int *in, int *out, struct mc_err *e)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return mc_err_errno(e, MC_OSERR, "--env", NULL, "cannot make a pipe");
	if (pipe2(from, O_CLOEXEC) < 0) {
		close(to[0]), close(to[1]);
		return mc_err_errno(e, MC_OSERR, "--env", NULL, "cannot make a pipe");
	}
	mc_io_widen(to[1]);          /* an action of any size goes in, even where nobody reads yet */
	mc_io_widen(from[0]);
	const int bad = spawn(x, to[0], from[1]);

	close(to[0]);
	close(from[1]);
	*in = from[0];
	*out = to[1];
	if (!bad) {
		x->group = x->pid;
		return 0;
	}
	x->pid = -1;
	close(*in), close(*out);
	errno = bad;
	return mc_err_errno(e, MC_OSERR, "--env", NULL, "cannot start \"%.300s\"", x->command);
}

/* ---- its header ---- */

static int size_of(const struct mc_map *h, const char *key, size_t max, size_t *to, struct mc_err *e)
{
	int64_t v;

	if (mc_map_int(h, key, &v, e) < 0)
		return -1;
	if (v < 1 || (uint64_t)v > max)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "its header's %s is %lld, want 1 to %zu", key, (long long)v, max);
	*to = (size_t)v;
	return 0;
}

/* Its range and prey, which it may leave out. */
static int read_limits(const struct mc_map *h, struct mc_env_says *says, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_prey *prey = &says->prey;
	struct mc_task task;

	says->range = -1;
	if (mc_map_has(h, "range") && mc_map_real(h, "range", &says->range, e) < 0)
		return -1;
	if (mc_task_parse(&task, says->task, NULL) < 0 || task.kind != MC_PREDATOR_PREY || !mc_map_has(h, "prey"))
		return 0;
	if (mc_map_str(h, "prey", prey->how, sizeof prey->how, e) < 0)
		return -1;
	if (strcmp(prey->how, "flee") != 0 && strcmp(prey->how, "mlp") != 0)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "its header's prey is \"%s\", want flee or mlp", prey->how);
	const struct mc_dims dims = { .O = (size_t)task.prey_obs_dim };

	if (strcmp(prey->how, "flee") == 0)
		return 0;
	return mc_params_new(&prey->p, MC_NET_PREY, &dims, arena, e) < 0 ||
	    mc_params_unpack(h, "prey_params", &prey->p, prey->p.v, e) < 0 ? -1 : 0;
}

int mc_positions_read(struct mc_positions *p, const struct mc_map *header, struct mc_err *e)
{
	struct mc_map m;

	memset(p, 0, sizeof *p);
	if (!mc_map_has(header, "positions"))
		return 0;
	if (mc_map_map(header, "positions", &m, e) < 0)
		return -1;
	if (mc_map_count(&m) > MC_ROLES_MAX)
		return mc_err_set(e, MC_DATA, NULL, -1, NULL, "its header's positions have more than %d roles", MC_ROLES_MAX);
	for (size_t i = 0; i < mc_map_count(&m); i++) {
		char key[2 * MC_ROLE_WORD];

		(void)mc_map_at(&m, i, key, sizeof key);
		if (strlen(key) >= MC_ROLE_WORD)
			return mc_err_set(e, MC_DATA, NULL, -1, NULL, "its header's positions name a role of more than %d letters", MC_ROLE_WORD - 1);
		memcpy(p->role[p->roles].name, key, strlen(key) + 1);
		if (size_of(&m, key, POSITIONS, &p->role[p->roles].count, e) < 0)
			return -1;
		p->E += p->role[p->roles++].count;
	}
	return 0;
}

/* Names must fit where the programs keep them. */
static int check_names(const struct mc_map *h, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(h); i++) {
		const unsigned char *value;
		const char *key;
		size_t n, len;

		mc_map_entry(h, i, &key, &n, &value, &len);
		if (n >= NAME)
			return mc_err_set(e, MC_DATA, NULL, (const unsigned char *)key - h->frame->bytes, NULL,
			    "an entry of its header has a name of more than %d bytes, \"%.20s...\"", NAME - 1, key);
	}
	return 0;
}

static int check_identity(const struct mc_outside *x, const struct mc_map *h, uint64_t seed, uint32_t env, struct mc_err *e)
{
	uint64_t its_seed, its_env;

	if (mc_map_uint(h, "seed", &its_seed, e) < 0 || mc_map_uint(h, "env", &its_env, e) < 0)
		return nonsense(x, protocol, e);
	if (its_seed != seed)
		return mc_err_set(e, MC_USAGE, "--env", -1, "put {seed} where it takes its seed", "\"%.300s\" has seed %llu, want %llu",
		    x->command, (unsigned long long)its_seed, (unsigned long long)seed);
	if (its_env != env)
		return mc_err_set(e, MC_USAGE, "--env", -1, "put {env} where it takes its index: 1 is for training, 0 for evaluation",
		    "\"%.300s\" has environment %llu, want index %u", x->command, (unsigned long long)its_env, env);
	return 0;
}

static int read_header(struct mc_outside *x, uint64_t seed, uint32_t env, struct mc_env_says *says, struct mc_arena *arena,
    struct mc_err *e)
{
	struct mc_env_dims *s = &x->dims;
	const struct mc_map *h = &x->header.frame.map;
	struct mc_frame f;
	const enum mc_read got = mc_in_frame(x->in, &f, e);

	if (got == MC_READ_FAIL)
		return no_frame(x, e);
	if (got == MC_READ_END || strcmp(f.type, "header") != 0)
		return mc_err_set(e, MC_DATA, "--env", -1, protocol, "\"%.300s\" sent no header", x->command);
	if (mc_saved_take(&x->header, &f, e) < 0)
		return -1;
	if (check_names(h, e) < 0 || mc_map_str(h, "task", says->task, sizeof says->task, e) < 0 ||
	    size_of(h, "agents", 256, &s->N, e) < 0 ||
	    size_of(h, "obs_dim", 1 << 16, &s->O, e) < 0 || size_of(h, "act_dim", 256, &s->A, e) < 0 ||
	    size_of(h, "steps", 1 << 16, &s->T, e) < 0 || read_limits(h, says, arena, e) < 0 ||
	    mc_positions_read(&x->positions, h, e) < 0)
		return nonsense(x, protocol, e);
	s->d = s->N - 1;
	says->positions = x->positions;
	says->header = h;
	return check_identity(x, h, seed, env, e);
}

struct mc_outside *mc_outside_start(const struct mc_outside_opts *o, uint64_t seed, uint32_t env,
    struct mc_env_says *says, struct mc_env_dims *dims, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_outside *x = calloc(1, sizeof *x);
	int in = -1, out = -1;

	memset(says, 0, sizeof *says);
	if (!x) {
		(void)mc_err_nomem(e, "an environment", sizeof *x);
		return NULL;
	}
	x->pid = -1;
	x->patience = o->patience;
	x->command = fill_in(o->command, seed, env, e);
	if (!x->command || start(x, &in, &out, e) < 0)
		goto fail;
	x->in = mc_in_fd(in, "<environment>", 0, MC_FRAME_MAX, e);
	x->out = mc_out_fd(out, "<environment>", e);
	x->fb = mc_fb_new(e);
	if (x->in)
		mc_in_patience(x->in, o->patience);
	if (!x->in || !x->out || !x->fb || read_header(x, seed, env, says, arena, e) < 0)
		goto fail;
	*dims = x->dims;
	return x;
fail:
	mc_outside_free(x);
	return NULL;
}

/* Whoever is left of the command's group. */
static void end_group(pid_t group)
{
	const struct timespec look_again = { .tv_nsec = LOOK_AGAIN * 1000 * 1000 };

	if (group <= 0 || kill(-group, SIGTERM) < 0)
		return;
	for (int waited = 0; waited < GRACE && kill(-group, 0) == 0; waited += LOOK_AGAIN)
		(void)nanosleep(&look_again, NULL);
	(void)kill(-group, SIGKILL);
}

void mc_outside_free(struct mc_outside *x)
{
	struct mc_err ignored;
	int status;

	if (!x)
		return;
	/* in an episode it would complain of the end of file, which is not its fault */
	if (x->pid > 0 && x->step > 0 && (size_t)x->step < x->dims.T)
		kill(-x->pid, SIGTERM);
	if (x->out)
		(void)mc_out_close(x->out, &ignored);   /* end of file: it ends */
	mc_in_close(x->in);
	mc_fb_free(x->fb);
	mc_saved_free(&x->header);
	if (x->pid > 0 && kill(-x->pid, SIGTERM) == 0 && !status_of(x, &status)) {
		kill(-x->pid, SIGKILL);
		while (waitpid(x->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	end_group(x->group);
	free(x->command);
	free(x);
}

/* ---- episodes ---- */

/* The next frame that matters: an observation. */
static int next(struct mc_outside *x, struct mc_frame *f, struct mc_err *e)
{
	enum mc_read got;

	do
		got = mc_in_frame(x->in, f, e);
	while (got == MC_READ_FRAME && strcmp(f->type, "observation") != 0 && strcmp(f->type, "end") != 0);
	if (got == MC_READ_FAIL)
		return no_frame(x, e);
	return got == MC_READ_END || strcmp(f->type, "end") == 0 ? no_more(x, e) : 0;
}

static int send(struct mc_outside *x, struct mc_err *e)
{
	if (mc_out_built(x->out, x->fb, e) == 0 && mc_out_flush(x->out, e) == 0)
		return 0;
	return e->code == MC_TEMPFAIL ? gone(x, e) : -1;
}

static int reset(struct mc_outside *x, struct mc_err *e)
{
	x->by_number = 1;
	mc_fb_begin(x->fb, "reset");
	mc_fb_int(x->fb, "episode", x->episode);
	return send(x, e);
}

/* Step 0 of the next episode comes unasked; if another is wanted, that one is passed over. */
int mc_outside_begin(struct mc_outside *x, uint32_t episode, struct mc_err *e)
{
	const int follows = x->step == 0 ? episode == 0 : episode == x->episode + 1;
	struct mc_frame f;

	x->episode = episode;
	x->step = 0;
	x->by_number = 0;
	if (follows)
		return 0;
	return next(x, &f, e) < 0 ? -1 : reset(x, e);
}

int mc_outside_act(struct mc_outside *x, const mc_real *a, struct mc_err *e)
{
	const size_t shape[2] = { x->dims.N, x->dims.A };

	mc_fb_begin(x->fb, "action");
	mc_fb_reals(x->fb, "a", 2, shape, a);
	x->step++;
	return send(x, e);
}

/* Every observation is asked for: it must be the one. */
static int is_asked(const struct mc_outside *x, const struct mc_frame *f, struct mc_err *e)
{
	int64_t episode, step;

	if (mc_map_int(&f->map, "episode", &episode, e) < 0 || mc_map_int(&f->map, "step", &step, e) < 0)
		return -1;
	if (episode == (int64_t)x->episode && step == x->step)
		return 0;
	return mc_err_set(e, MC_DATA, NULL, f->offset, NULL, "asked for episode %lu, step %lld, it sends episode %lld, step %lld", (unsigned long)x->episode, (long long)x->step,
	    (long long)episode, (long long)step);
}

static int read_mask(const struct mc_outside *x, const struct mc_frame *f, uint8_t *m, struct mc_err *e)
{
	const size_t shape[2] = { x->dims.N, x->dims.d };

	if (mc_map_bytes(&f->map, "m", 2, shape, m, e) < 0)
		return -1;
	for (size_t k = 0; k < shape[0] * shape[1]; k++)
		if (m[k] > 1)
			return mc_err_set(e, MC_DATA, NULL, f->offset, NULL, "observation frame: m is neither 0 nor 1 at element %zu", k);
	return 0;
}

static int read_reward(const struct mc_frame *f, mc_real *r, struct mc_err *e)
{
	double reward;

	if (mc_map_real(&f->map, "r", &reward, e) < 0)
		return -1;
	*r = (mc_real)reward;
	return isfinite(*r) ? 0 : mc_err_set(e, MC_DATA, NULL, f->offset, NULL,
	    "observation frame: r is %g, more than a float can hold", reward);
}

int mc_outside_look(struct mc_outside *x, mc_real *r, mc_real *o, uint8_t *m, mc_real *pos, struct mc_err *e)
{
	const size_t wide[2] = { x->dims.N, x->dims.O }, where[2] = { x->positions.E, 2 };
	struct mc_frame f;

	if (next(x, &f, e) < 0)
		return -1;
	if (x->step == 0 && !x->by_number && is_asked(x, &f, e) < 0 && (reset(x, e) < 0 || next(x, &f, e) < 0))
		return -1;
	*r = 0;
	if (is_asked(x, &f, e) < 0)
		return nonsense(x, "each action wants one observation, and after the last step step 0 of the next episode", e);
	if (mc_map_reals(&f.map, "o", 2, wide, o, e) < 0 || read_mask(x, &f, m, e) < 0 ||
	    (x->step > 0 && read_reward(&f, r, e) < 0) ||
	    (pos && x->positions.E && mc_map_reals(&f.map, "pos", 2, where, pos, e) < 0))
		return nonsense(x, "sizes must be those of its header, and numbers finite", e);
	return 0;
}

/* ---- what others keep of its header ---- */

void mc_outside_describe(struct mc_fb *b, const struct mc_map *header)
{
	static const char *const known[] = { "mc", "type", "crc32", "task", "seed", "env", "agents", "obs_dim", "act_dim", "steps",
		"range", "prey", "prey_params" };
	int open = 0;

	for (size_t i = 0; i < mc_map_count(header); i++) {
		char key[NAME];
		size_t k = 0;

		(void)mc_map_at(header, i, key, sizeof key);
		while (k < sizeof known / sizeof *known && strcmp(key, known[k]) != 0)
			k++;
		if (k < sizeof known / sizeof *known)
			continue;
		if (!open++)
			mc_fb_map(b, "environment");
		mc_fb_copy(b, key, header, key);
	}
	if (open)
		mc_fb_close(b);
}
