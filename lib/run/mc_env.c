#include "mc_env.h"

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

#include "mc_frame.h"
#include "mc_world.h"

extern char **environ;

struct mc_env {
	struct mc_dims dims;
	uint64_t seed;
	uint32_t env;
	size_t n;              /* episodes in play */
	uint32_t episode;      /* of a process: in play, and the step that was last asked for */
	int64_t step;
	/* built in */
	struct mc_world *world;
	size_t max;
	mc_real *r;            /* [max]: a world steps all of its environments */
	mc_real *a, *o;
	uint8_t *m;
	/* process */
	const char *command;
	pid_t pid;             /* -1: none, or it has ended and its status was taken */
	int failed;            /* that was not 0 */
	struct mc_in *in;
	struct mc_out *out;
	struct mc_fb *fb;
};

static void *take(size_t n, size_t size, struct mc_err *e)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		(void)mc_err_nomem(e, "environment", n * size);
	return p;
}

/* ---- the built-in world ---- */

struct mc_env *mc_env_world(const struct mc_task *task, size_t max, const struct mc_params *prey,
    double range, uint64_t seed, uint32_t env, struct mc_err *e)
{
	struct mc_env *v = take(1, sizeof *v, e);

	if (!v)
		return NULL;
	mc_task_dims(task, &v->dims);
	v->seed = seed;
	v->env = env;
	v->max = max;
	v->pid = -1;
	v->world = mc_world_new(task, max, prey, range, e);
	if (v->world && (v->r = take(max, sizeof *v->r, e)) &&
	    (v->a = take(max * v->dims.N * v->dims.A, sizeof *v->a, e)) &&
	    (v->o = take(max * v->dims.N * v->dims.O, sizeof *v->o, e)) &&
	    (v->m = take(max * v->dims.N * v->dims.d, sizeof *v->m, e)))
		return v;
	mc_env_free(v);
	return NULL;
}

/* The world always holds `max` environments; those beyond n play along and are not looked at. */
static void world_look(struct mc_env *v, mc_real *o, uint8_t *m)
{
	const size_t wide_o = v->dims.N * v->dims.O, wide_d = v->dims.N * v->dims.d;

	mc_world_observe(v->world, v->n == v->max ? o : v->o);
	mc_world_mask(v->world, v->n == v->max ? m : v->m);
	if (v->n == v->max)
		return;
	memcpy(o, v->o, v->n * wide_o * sizeof *o);
	memcpy(m, v->m, v->n * wide_d);
}

static int world_begin(struct mc_env *v, uint32_t first, mc_real *o, uint8_t *m)
{
	for (size_t k = 0; k < v->max; k++)
		mc_world_reset(v->world, k, v->seed, v->env, first + (uint32_t)(k < v->n ? k : 0));
	world_look(v, o, m);
	return 0;
}

static int world_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	memcpy(v->a, a, v->n * v->dims.N * v->dims.A * sizeof *a);
	if (mc_world_step(v->world, v->a, v->r, NULL, e) < 0)
		return -1;
	memcpy(r, v->r, v->n * sizeof *r);
	world_look(v, o, m);
	return 0;
}

/* ---- a process ---- */

enum { LAST_WORD = 2000 };     /* milliseconds: how long it may take to end once its output has */

/* Its status once its output has ended: 1, or 0 when it goes on all the same. */
static int status_of(struct mc_env *v, int *status)
{
	const struct timespec look_again = { .tv_nsec = 10 * 1000 * 1000 };
	pid_t got = 0;

	for (int waited = 0; v->pid > 0 && waited <= LAST_WORD; waited += 10) {
		got = waitpid(v->pid, status, WNOHANG);
		if (got != 0 && !(got < 0 && errno == EINTR))
			break;
		(void)nanosleep(&look_again, NULL);
	}
	if (got <= 0)
		return 0;
	v->pid = -1;
	return 1;
}

/* It has gone, in the midst of `when` ("before its header"): which command, and with which status. */
static int gone(struct mc_env *v, const char *when, struct mc_err *e)
{
	static const char hint[] = "try the command by hand";
	int status;

	if (!status_of(v, &status))
		return mc_err_set(e, MC_DATA, "--env", -1, hint, "\"%.300s\" closed its output %s, and goes on", v->command, when);
	v->failed = status != 0;
	if (WIFSIGNALED(status))
		return mc_err_set(e, MC_DATA, "--env", -1, hint, "\"%.300s\" was killed by signal %d (%s) %s", v->command,
		    WTERMSIG(status), strsignal(WTERMSIG(status)), when);
	return mc_err_set(e, MC_DATA, "--env", -1, hint, "\"%.300s\" ended with status %d %s", v->command,
	    WEXITSTATUS(status), when);
}

static int start(struct mc_env *v, const char *command, int *in, int *out, struct mc_err *e)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)(uintptr_t)command, NULL };
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t dfl;
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return mc_err_errno(e, MC_OSERR, "--env", NULL, "cannot make a pipe");
	if (pipe2(from, O_CLOEXEC) < 0) {
		close(to[0]), close(to[1]);
		return mc_err_errno(e, MC_OSERR, "--env", NULL, "cannot make a pipe");
	}
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, to[0], 0);
	posix_spawn_file_actions_adddup2(&acts, from[1], 1);
	posix_spawnattr_init(&attr);
	sigemptyset(&dfl);
	sigaddset(&dfl, SIGPIPE);
	sigaddset(&dfl, SIGXFSZ);
	posix_spawnattr_setsigdefault(&attr, &dfl);
	/* A group of its own: Ctrl-C is for the ring, which ends the environment itself. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	const int bad = posix_spawn(&v->pid, "/bin/sh", &acts, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	posix_spawnattr_destroy(&attr);
	close(to[0]);
	close(from[1]);
	*in = from[0];
	*out = to[1];
	if (!bad)
		return 0;
	v->pid = -1;
	close(*in), close(*out);
	errno = bad;
	return mc_err_errno(e, MC_OSERR, "--env", NULL, "cannot start \"%s\"", command);
}

static int size_of(const struct mc_map *h, const char *key, size_t max, size_t *to, struct mc_err *e)
{
	int64_t v;

	if (mc_map_int(h, key, &v, e) < 0)
		return -1;
	if (v < 1 || (uint64_t)v > max)
		return mc_err_set(e, MC_DATA, "--env", -1, NULL, "its header's %s is %lld, want 1 to %zu",
		    key, (long long)v, max);
	*to = (size_t)v;
	return 0;
}

/* Its range and preys, which it may leave out. */
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
		return mc_err_set(e, MC_DATA, "--env", -1, NULL, "its header's prey is \"%s\", want flee or mlp", prey->how);
	const struct mc_dims dims = { .O = (size_t)task.prey_obs_dim };

	if (strcmp(prey->how, "flee") == 0)
		return 0;
	return mc_params_new(&prey->p, MC_NET_PREY, &dims, arena, e) < 0 ||
	    mc_params_unpack(h, "prey_params", &prey->p, prey->p.v, e) < 0 ? -1 : 0;
}

static int read_header(struct mc_env *v, struct mc_env_says *says, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_frame f;
	uint64_t seed, env;
	struct mc_dims *s = &v->dims;
	const enum mc_read got = mc_in_frame(v->in, &f, e);

	if (got == MC_READ_FAIL)
		return mc_in_cut(v->in) ? gone(v, "before it sent a header", e) : -1;
	if (got == MC_READ_END || strcmp(f.type, "header") != 0)
		return mc_err_set(e, MC_DATA, "--env", -1, "try the command by hand", "the environment sent no header");
	if (mc_map_str(&f.map, "task", says->task, sizeof says->task, e) < 0 || mc_map_uint(&f.map, "seed", &seed, e) < 0 ||
	    mc_map_uint(&f.map, "env", &env, e) < 0 || size_of(&f.map, "agents", 256, &s->N, e) < 0 ||
	    size_of(&f.map, "obs_dim", 1 << 16, &s->O, e) < 0 || size_of(&f.map, "act_dim", 256, &s->A, e) < 0 ||
	    size_of(&f.map, "steps", 1 << 16, &s->T, e) < 0)
		return -1;
	s->d = s->N - 1;
	if (seed != v->seed)
		return mc_err_set(e, MC_USAGE, "--env", -1, "give both the same -s",
		    "the environment's seed is %llu, the run's %llu", (unsigned long long)seed,
		    (unsigned long long)v->seed);
	if (env != v->env)
		return mc_err_set(e, MC_USAGE, "--env", -1, "environment 0 is for evaluation; give the environment --env 1",
		    "the environment's index is %llu, want %u", (unsigned long long)env, v->env);
	return read_limits(&f.map, says, arena, e);
}

struct mc_env *mc_env_process(const char *command, uint64_t seed, uint32_t env,
    struct mc_env_says *says, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_env *v = take(1, sizeof *v, e);
	int in, out;

	memset(says, 0, sizeof *says);
	if (!v)
		return NULL;
	v->command = command;
	v->seed = seed;
	v->env = env;
	v->pid = -1;
	if (start(v, command, &in, &out, e) < 0) {
		mc_env_free(v);
		return NULL;
	}
	v->in = mc_in_fd(in, "<environment>", 0, MC_FRAME_MAX, e);
	v->out = mc_out_fd(out, "<environment>", e);
	v->fb = mc_fb_new(e);
	if (v->in && v->out && v->fb && read_header(v, says, arena, e) == 0)
		return v;
	mc_env_free(v);
	return NULL;
}

/* The same, while it played. */
static int gone_in_play(struct mc_env *v, struct mc_err *e)
{
	char when[64];

	(void)snprintf(when, sizeof when, "in episode %lu, after %lld steps", (unsigned long)v->episode,
	    (long long)(v->step > 0 ? v->step - 1 : 0));
	return gone(v, when, e);
}

/* An `end` came: if it failed after that, this is what matters. */
static int no_more(struct mc_env *v, struct mc_err *e)
{
	return gone_in_play(v, e) < 0 && v->failed ? -1 : mc_err_set(e, MC_DATA, "--env", -1, "it must play on, without -n",
	    "the environment has no further episode");
}

/* The next observation; *episode, *step as it says. */
static int observation(struct mc_env *v, mc_real *o, uint8_t *m, double *r, int64_t *episode, int64_t *step,
    struct mc_err *e)
{
	const size_t so[2] = { v->dims.N, v->dims.O }, sm[2] = { v->dims.N, v->dims.d };
	struct mc_frame f;
	enum mc_read got;

	do
		got = mc_in_frame(v->in, &f, e);
	while (got == MC_READ_FRAME && strcmp(f.type, "observation") != 0 && strcmp(f.type, "end") != 0);
	if (got == MC_READ_FAIL && mc_in_cut(v->in))
		return gone_in_play(v, e);
	if (got == MC_READ_FAIL)
		return -1;
	if (got == MC_READ_END || strcmp(f.type, "end") == 0)
		return no_more(v, e);
	if (mc_map_int(&f.map, "episode", episode, e) < 0 || mc_map_int(&f.map, "step", step, e) < 0 ||
	    mc_map_reals(&f.map, "o", 2, so, o, e) < 0 || mc_map_bytes(&f.map, "m", 2, sm, m, e) < 0)
		return -1;
	for (size_t k = 0; k < sm[0] * sm[1]; k++)
		if (m[k] > 1)
			return mc_err_set(e, MC_DATA, f.place, f.offset, NULL, "observation frame: m is neither 0 nor 1 at element %zu", k);
	*r = 0;
	if (*step == 0)
		return 0;
	if (mc_map_real(&f.map, "r", r, e) < 0)
		return -1;
	if (!isfinite((mc_real)*r))
		return mc_err_set(e, MC_DATA, f.place, f.offset, NULL, "observation frame: r is %g, more than a float can hold", *r);
	return 0;
}

/* Every observation is asked for: the answer must be to that. */
static int is_asked(const struct mc_env *v, uint32_t first, int64_t want, int64_t episode, int64_t step,
    struct mc_err *e)
{
	if (episode == (int64_t)first && step == want)
		return 0;
	return mc_err_set(e, MC_DATA, "<environment>", mc_in_offset(v->in), NULL,
	    "asked for episode %u, step %lld, the environment answers episode %lld, step %lld", first,
	    (long long)want, (long long)episode, (long long)step);
}

static int send(struct mc_env *v, struct mc_err *e)
{
	if (mc_out_built(v->out, v->fb, e) == 0 && mc_out_flush(v->out, e) == 0)
		return 0;
	return e->code == MC_TEMPFAIL ? gone_in_play(v, e) : -1;
}

/* Reads on to step 0 of episode `first`, asking for it by number if it is not the next one. */
static int process_begin(struct mc_env *v, uint32_t first, mc_real *o, uint8_t *m, struct mc_err *e)
{
	int64_t episode, step;
	double r;

	v->episode = first;
	v->step = 0;
	if (observation(v, o, m, &r, &episode, &step, e) < 0)
		return -1;
	if (episode == (int64_t)first && step == 0)
		return 0;
	mc_fb_begin(v->fb, "reset");
	mc_fb_int(v->fb, "episode", first);
	if (send(v, e) < 0 || observation(v, o, m, &r, &episode, &step, e) < 0)
		return -1;
	return is_asked(v, first, 0, episode, step, e);
}

static int process_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	const size_t shape[2] = { v->dims.N, v->dims.A };
	int64_t episode, step;
	double reward;

	mc_fb_begin(v->fb, "action");
	mc_fb_reals(v->fb, "a", 2, shape, a);
	v->step++;
	if (send(v, e) < 0 || observation(v, o, m, &reward, &episode, &step, e) < 0)
		return -1;
	*r = (mc_real)reward;
	return is_asked(v, v->episode, v->step, episode, step, e);
}

/* ---- either ---- */

int mc_env_begin(struct mc_env *v, uint32_t first, size_t n, mc_real *o, uint8_t *m, struct mc_err *e)
{
	v->n = n;
	return v->world ? world_begin(v, first, o, m) : process_begin(v, first, o, m, e);
}

int mc_env_step(struct mc_env *v, const mc_real *a, mc_real *r, mc_real *o, uint8_t *m, struct mc_err *e)
{
	return v->world ? world_step(v, a, r, o, m, e) : process_step(v, a, r, o, m, e);
}

void mc_env_dims(const struct mc_env *v, struct mc_dims *dims)
{
	dims->N = v->dims.N;
	dims->d = v->dims.d;
	dims->T = v->dims.T;
	dims->O = v->dims.O;
	dims->A = v->dims.A;
}

void mc_env_free(struct mc_env *v)
{
	struct mc_err ignored;

	if (!v)
		return;
	mc_world_free(v->world);
	free(v->r);
	free(v->a);
	free(v->o);
	free(v->m);
	/* in an episode it would complain of the end of file, which is not its fault */
	if (v->pid > 0 && v->step > 0 && (size_t)v->step < v->dims.T)
		kill(-v->pid, SIGTERM);
	if (v->out)
		(void)mc_out_close(v->out, &ignored);   /* end of file: it ends */
	mc_in_close(v->in);
	mc_fb_free(v->fb);
	if (v->pid > 0) {
		kill(-v->pid, SIGTERM);
		while (waitpid(v->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	free(v);
}
