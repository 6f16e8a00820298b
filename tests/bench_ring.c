/*
 * The programs themselves: whole updates of a training ring, and what grows with a run.
 *
 * An update's time is the difference between a long run and a short one, divided by the
 * iterations between them: what both do once (starting, the last checkpoint) falls out. Long
 * and short runs of all tasks take turns.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mc_frame.h"
#include "mc_pool.h"
#include "mc_replay.h"

extern char **environ;

enum { PROGRAMS = 3, K = 10, WARM = 4 };

static const char *const program[PROGRAMS] = { "mc-rollout", "mc-metalearn", "mc-critic" };

struct run {
	const char *bin, *dir, *task;
	int K;                        /* updates for each meta-update */
	long episodes, every;         /* -e, -C */
	long replay;
	const char *option;           /* a further one of mc-rollout, a space before it, or "" */
	int threads;                  /* of each program that has some; 0: its default */
	int cuda;                     /* mc-critic --device cuda */
	pid_t pid[PROGRAMS];
	double seconds;               /* out: wall */
	double cpu[PROGRAMS];         /* out: seconds */
	long rss[PROGRAMS];           /* out: largest, KiB */
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* ---- one ring ---- */

/* `command` as words, standard input from in, output to out. */
static pid_t start(char *command, int in, int out)
{
	char *argv[64] = { NULL }, *save = NULL;
	posix_spawn_file_actions_t acts;
	pid_t pid;
	int n = 0;

	for (char *w = strtok_r(command, " ", &save); w && n < 63; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in, 0);
	posix_spawn_file_actions_adddup2(&acts, out, 1);
	if (posix_spawn(&pid, argv[0], &acts, NULL, argv, environ) != 0)
		fail("cannot start a program; is --bin right?");
	posix_spawn_file_actions_destroy(&acts);
	return pid;
}

static double cpu_of(const struct rusage *u)
{
	return (double)u->ru_utime.tv_sec + (double)u->ru_stime.tv_sec +
	    1e-6 * (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static void commands(const struct run *r, char c[PROGRAMS][2048])
{
	char threads[32] = "";

	if (r->threads)
		snprintf(threads, sizeof threads, " --threads %d", r->threads);
	snprintf(c[0], 2048, "%s/mc-rollout -t %s -e %ld -C %ld -c %s/run.ckpt -l %s/run.log --fresh%s%s", r->bin, r->task,
	    r->episodes, r->every, r->dir, r->dir, r->option, threads);
	/* the rule learns, theta_c stays: c near 1/2 all along */
	snprintf(c[1], 2048, "%s/mc-metalearn -m meta -K %d --lr-comm 0", r->bin, r->K);
	snprintf(c[2], 2048, "%s/mc-critic -D %s/run.replay --replay %ld%s", r->bin, r->dir, r->replay,
	    r->cuda ? " --device cuda" : threads);
}

static void begin(struct run *r)
{
	char command[PROGRAMS][2048];
	int fd[PROGRAMS][2];

	commands(r, command);
	for (int i = 0; i < PROGRAMS; i++)
		if (pipe2(fd[i], O_CLOEXEC) < 0)
			fail("cannot make pipes");
	for (int i = 0; i < PROGRAMS; i++)
		r->pid[i] = start(command[i], fd[(i + PROGRAMS - 1) % PROGRAMS][0], fd[i][1]);
	for (int i = 0; i < PROGRAMS; i++)
		close(fd[i][0]), close(fd[i][1]);
}

static void end(struct run *r)
{
	for (int i = 0; i < PROGRAMS; i++) {
		struct rusage u;
		int status;

		if (wait4(r->pid[i], &status, 0, &u) < 0 || status != 0)
			fail("a program of the ring failed");
		r->cpu[i] = cpu_of(&u);
		r->rss[i] = u.ru_maxrss;
	}
}

static void run(struct run *r)
{
	const double from = bench_now();

	begin(r);
	end(r);
	r->seconds = bench_now() - from;
}

static struct run of(const char *bin, const char *dir, const char *task)
{
	const struct run r = { .bin = bin, .dir = dir, .task = task, .K = K, .every = 1000000, .replay = 1000000, .option = "" };

	return r;
}

/* ---- differences of runs ---- */

struct pair {
	struct run few, many;
	struct bench_samples ms, cpu[PROGRAMS];
};

static long updates_of(const struct run *r)
{
	return r->episodes / (r->K + 1) * r->K;
}

/* From `warm` meta-iterations to `warm + n`. */
static struct pair pair_of(struct run r, long warm, long n)
{
	struct pair p = { .few = r, .many = r };

	p.few.episodes = warm * (r.K + 1);
	p.many.episodes = (warm + n) * (r.K + 1);
	return p;
}

static void measure(struct pair *p)
{
	const double n = (double)(updates_of(&p->many) - updates_of(&p->few));

	run(&p->few);
	run(&p->many);
	bench_add(&p->ms, 1e3 * (p->many.seconds - p->few.seconds) / n);
	for (int i = 0; i < PROGRAMS; i++)
		bench_add(&p->cpu[i], 1e3 * (p->many.cpu[i] - p->few.cpu[i]) / n);
}

/* Mean c of a run: requests over edges, from its log. */
static double mean_c(const struct run *r)
{
	char path[2048];
	struct mc_frame f;
	struct mc_err e;
	int64_t requests, edges;
	double asked = 0, all = 0;

	snprintf(path, sizeof path, "%s/run.log", r->dir);
	struct mc_in *in = mc_in_open(path, 0, MC_FRAME_MAX, &e);

	if (!in)
		bench_die(&e);
	while (mc_in_frame(in, &f, &e) == MC_READ_FRAME)
		if (strcmp(f.type, "episode") == 0) {
			if (mc_map_int(&f.map, "requests", &requests, &e) < 0 || mc_map_int(&f.map, "edges", &edges, &e) < 0)
				bench_die(&e);
			asked += (double)requests;
			all += (double)edges;
		}
	mc_in_close(in);
	return asked / all;
}

/* ---- the sections ---- */

/* frames: milliseconds of frames and pipes alone */
static void report_pair(struct pair *p, const struct bench_ceiling *c, double frames)
{
	const struct mc_dims x = bench_dims(p->many.task);
	const struct bench_flops f = bench_flops(&x, 256, p->many.K, 0.5);
	char name[128];
	double cpu = 0;
	long rss = 0;

	bench_row(p->many.task, "ms", &p->ms, bench_flops_total(&f), c->blas[1]);
	const double ms = bench_median(&p->ms), floor = bench_flops_total(&f) / c->blas[1];

	bench_value("  floor: counted operations / ceiling", "ms", floor);
	bench_value("  times the floor", "", ms / floor);
	if (!isnan(frames))
		bench_value("  share of frames and pipes, alone", "%", 100 * frames / ms);
	for (int i = 0; i < PROGRAMS; i++) {
		snprintf(name, sizeof name, "  CPU time of %s", program[i]);
		bench_row(name, "ms", &p->cpu[i], 0, 0);
		cpu += bench_median(&p->cpu[i]);
		rss += p->many.rss[i];
	}
	bench_value("  share of all CPUs in use", "%", 100 * cpu / ms / c->threads);
	for (int i = 0; i < PROGRAMS; i++) {
		snprintf(name, sizeof name, "  peak memory of %s", program[i]);
		bench_value(name, "MiB", (double)p->many.rss[i] / 1024);
	}
	bench_value("  peak memory, all", "MiB", (double)rss / 1024);
	bench_value("  50,000 episodes", "minutes", ms * 50000 * K / (K + 1) / 60e3);
}

static void make_directory(char *dir)
{
	if (!mkdtemp(dir) || setenv("MC_QUIET", "1", 1) < 0)
		fail("cannot make a directory");
}

static void remove_directory(const char *dir)
{
	char remove[64];

	snprintf(remove, sizeof remove, "rm -rf %s", dir);
	if (system(remove) != 0)
		fail("cannot remove its directory");
}

void bench_rings(const char *bin, const double frames[2], int quick)
{
	char dir[] = "/tmp/mc-bench.XXXXXX";
	struct pair three = pair_of(of(bin, dir, "navigation_N3_l3"), WARM, 50);
	struct pair six = pair_of(of(bin, dir, "navigation_N6_l6"), WARM, 16);
	struct bench_ceiling c = { .threads = 0 };
	double ask = 0;

	make_directory(dir);
	bench_section("An update of the whole ring, method meta", "Rings and products take turns.");
	for (int i = 0; i < (quick ? 2 : 5); i++) {
		bench_products(&c);
		measure(&three);
		measure(&six);
		ask = mean_c(&six.many);
	}
	bench_ceiling_rows(&c);
	report_pair(&three, &c, frames[0]);
	report_pair(&six, &c, frames[1]);
	bench_value("c (mean of navigation_N6_l6)", "", ask);
	remove_directory(dir);
}

/*
 * A commit's time: the same run with one at every meta-iteration, and with none but the last. K = 1,
 * so that as little as possible lies between them.
 */
void bench_checkpoints(const char *bin, int quick)
{
	char dir[] = "/tmp/mc-bench.XXXXXX";
	const long iterations = 60, every = 500;
	struct bench_samples ms = { 0 }, share = { 0 };

	make_directory(dir);
	bench_section("A checkpoint, navigation_N6_l6", "");
	for (int i = 0; i < (quick ? 5 : 11); i++) {
		struct run rare = of(bin, dir, "navigation_N6_l6"), often;

		rare.K = 1;
		rare.episodes = iterations * (rare.K + 1);
		often = rare;
		often.every = 1;
		run(&rare);
		run(&often);
		const double one = (often.seconds - rare.seconds) / (double)(iterations - 1);

		bench_add(&ms, 1e3 * one);
		bench_add(&share, 100 * one / ((double)every * rare.seconds / (double)updates_of(&rare)));
	}
	bench_row("barrier and commit", "ms", &ms, 0, 0);
	bench_row("share of a run, one in 500 iterations", "%", &share, 0, 0);
	remove_directory(dir);
}

void bench_evaluation(const char *bin)
{
	char dir[] = "/tmp/mc-bench.XXXXXX";
	struct bench_samples rate = { 0 }, seconds = { 0 };
	char command[4096];

	make_directory(dir);
	struct run untrained = of(bin, dir, "navigation_N6_l6"); /* c near 1/2 */

	run(&untrained);
	bench_section("Evaluation, navigation_N6_l6, mc-eval -n 1000, one core", "");
	for (int i = 0; i < 5; i++) {
		char words[4096];
		int status;
		const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		snprintf(command, sizeof command, "%s/mc-eval -n 1000 %s/run.ckpt", bin, dir);
		memcpy(words, command, sizeof words);
		const double from = bench_now();
		const pid_t pid = start(words, null, null);

		if (waitpid(pid, &status, 0) < 0 || status != 0)
			fail("mc-eval failed");
		const double took = bench_now() - from;

		bench_add(&seconds, took);
		bench_add(&rate, 1000 / took);
		close(null);
	}
	bench_row("1000 episodes", "s", &seconds, 0, 0);
	bench_row("episodes", "episodes/s", &rate, 0, 0);
	remove_directory(dir);
}

void bench_growth(const char *bin, int quick)
{
	char dir[] = "/tmp/mc-bench.XXXXXX";
	static const struct { const char *task; int K; long warm, n; } size[] = {
		{ "navigation_N3_l3", 10, 2, 20 }, { "navigation_N6_l6", 10, 2, 8 }, { "navigation_N12_l12", 10, 2, 2 },
		{ "navigation_N24_l24", 5, 3, 1 }, { "navigation_N48_l48", 2, 6, 1 },
	};
	struct bench_ceiling c = { .threads = 0 };
	double ms = 0, mflop = 0;     /* of the size before */

	make_directory(dir);
	bench_section("Growth with the number of agents, c = 1/2, D of 20,000",
	    "The meta-step is taken in the last of K = 10, 10, 10, 5, 2 updates.");
	bench_products(&c);
	bench_ceiling_rows(&c);
	for (size_t i = 0; i < sizeof size / sizeof *size - (quick ? 1 : 0); i++) {
		struct run r = of(bin, dir, size[i].task);

		r.K = size[i].K;
		r.replay = 20000;
		struct pair p = pair_of(r, size[i].warm, size[i].n);
		const struct mc_dims x = bench_dims(r.task);
		const struct bench_flops f = bench_flops(&x, 256, r.K, 0.5);

		measure(&p);
		bench_row(r.task, "ms", &p.ms, bench_flops_total(&f), c.blas[1]);
		if (i > 0) {
			bench_value("  times the size before: time", "", bench_median(&p.ms) / ms);
			bench_value("  times the size before: operations", "", bench_flops_total(&f) / mflop);
		}
		ms = bench_median(&p.ms);
		mflop = bench_flops_total(&f);
		bench_value("  peak memory of mc-critic", "MiB", (double)p.many.rss[2] / 1024);
	}
	remove_directory(dir);
}

/* ---- options of mc-rollout ---- */

/* Rings of some sizes without an option of mc-rollout and with it, in turn; the last size not if `quick`. */
static void without_and_with(const char *bin, int quick, const char *option, const char *title)
{
	char dir[] = "/tmp/mc-bench.XXXXXX", name[64];
	static const struct { const char *task; int K; long warm, n; } size[] = {
		{ "navigation_N3_l3", 10, 2, 20 }, { "navigation_N6_l6", 10, 2, 8 }, { "navigation_N12_l12", 10, 2, 2 },
		{ "navigation_N24_l24", 5, 3, 1 },
	};

	make_directory(dir);
	bench_section(title, "They take turns.");
	for (size_t i = 0; i < sizeof size / sizeof *size - (quick ? 1 : 0); i++) {
		struct pair p[2];

		for (int with = 0; with < 2; with++) {
			struct run r = of(bin, dir, size[i].task);

			r.K = size[i].K;
			r.replay = 20000;
			r.option = with ? option : "";
			p[with] = pair_of(r, size[i].warm, size[i].n);
		}
		for (int k = 0; k < (quick ? 2 : 3); k++)
			for (int with = 0; with < 2; with++)
				measure(&p[with]);
		bench_row(size[i].task, "ms", &p[0].ms, 0, 0);
		snprintf(name, sizeof name, "  with%s", option);
		bench_row(name, "ms", &p[1].ms, 0, 0);
		bench_value("  share of the time", "%", 100 * bench_median(&p[1].ms) / bench_median(&p[0].ms));
	}
	remove_directory(dir);
}

void bench_share(const char *bin, int quick)
{
	without_and_with(bin, quick, " --share", "An update with nets of their own and with --share, method meta, c = 1/2");
}

void bench_lag(const char *bin, int quick)
{
	without_and_with(bin, quick, " --lag 1", "An update without a lag and with --lag 1, method meta, c = 1/2");
}

/* ---- many rings at once ---- */

enum { MOST_RINGS = 64 };

/* Seconds of J such rings at once, from the first one's start to the last one's end. */
static double together(const struct run *like, int J, const char *dir)
{
	static struct run ring[MOST_RINGS];
	static char dirs[MOST_RINGS][64];
	const double from = bench_now();

	for (int j = 0; j < J; j++) {
		snprintf(dirs[j], sizeof dirs[j], "%s/%d", dir, j);
		if (mkdir(dirs[j], 0777) < 0 && errno != EEXIST)
			fail("cannot make a directory");
		ring[j] = *like;
		ring[j].dir = dirs[j];
		begin(&ring[j]);
	}
	for (int j = 0; j < J; j++)
		end(&ring[j]);
	return bench_now() - from;
}

/* Episodes a second of J rings, of the difference of a long and a short run. */
static void rate_of(struct run r, int J, long warm, long n, const char *dir, struct bench_samples *s)
{
	r.episodes = warm * (r.K + 1);
	const double few = together(&r, J, dir);

	r.episodes = (warm + n) * (r.K + 1);
	bench_add(s, (double)J * (double)(n * (r.K + 1)) / (together(&r, J, dir) - few));
}

static void rows_of_rings(const char *bin, const char *dir, const char *task, int cuda, long n, int rounds)
{
	const int cpus = mc_pool_cpus(), two = 2 * cpus < MOST_RINGS ? 2 * cpus : MOST_RINGS;
	const struct { int J, threads; } row[] = { { 1, cpus }, { 1, 1 }, { cpus < two ? cpus : two, 1 }, { two, 1 } };
	struct bench_samples rate[4] = { { 0 } };
	char name[64];

	for (int k = 0; k < rounds; k++)
		for (int i = 0; i < 4; i++) {
			struct run r = of(bin, dir, task);

			r.replay = 20000;
			r.threads = row[i].threads;
			r.cuda = cuda;
			rate_of(r, row[i].J, WARM, n, dir, &rate[i]);
		}
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "%s%s: %d of %d thread%s", task, cuda ? ", GPU" : "", row[i].J, row[i].threads,
		    row[i].threads > 1 ? "s" : "");
		bench_row(name, "episodes/s", &rate[i], 0, 0);
	}
}

void bench_many(const char *bin, int cuda, int quick)
{
	char dir[] = "/tmp/mc-bench.XXXXXX";

	make_directory(dir);
	bench_section("Episodes a second of rings at once, method meta, c = 1/2",
	    "Threads are those of mc-rollout and mc-critic each. mc-figures runs as many rings as there are CPUs, of one thread.");
	for (int gpu = 0; gpu <= cuda; gpu++) {
		rows_of_rings(bin, dir, "navigation_N3_l3", gpu, quick ? 10 : 30, quick ? 1 : 3);
		rows_of_rings(bin, dir, "navigation_N6_l6", gpu, quick ? 4 : 10, quick ? 1 : 3);
	}
	remove_directory(dir);
}

void bench_replay(void)
{
	const struct mc_dims x = bench_dims("navigation_N6_l6");
	const double agents = (double)x.N, once = 1e6 * (4 * agents * (double)(x.O + x.A) + agents * (double)x.d + 4);
	struct mc_err e;
	struct mc_replay *D = mc_replay_new(&x, 1000000, &e);

	if (!D)
		bench_die(&e);
	bench_section("D of 10^6 transitions, N = 6", "Touched only as it fills.");
	bench_value("reserved", "MB", 1e-6 * (double)mc_replay_bytes(D));
	bench_value("times the bytes of (o, m, a, r) once", "", (double)mc_replay_bytes(D) / once);
	mc_replay_free(D);
}
