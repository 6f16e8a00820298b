/*
 * How fast the learner is on a GPU, for tests/gpu.sh; numbers on standard output, a row each.
 *
 *   gpu_bench ceilings         what the GPU reaches: one large product, one large pass over memory
 *   gpu_bench update TASK [tuned]  an update of the default method, medians by the device's own clock; tuned:
 *                                  shared nets and the invariant critic
 *   gpu_bench small TASK [tuned]   the same with other bounds on what is a small product (mc_device_layer.h)
 *   gpu_bench rate TASK S [tuned]  updates in S seconds, as one of several programs that share a GPU
 *
 * MC_DEVICE=host runs it on what stands in for a GPU, to test it; its numbers mean nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device_host.h"
#include "mc_blas.h"
#include "mc_cuda.h"
#include "mc_learner_device.h"
#include "mc_rng.h"
#include "mc_task.h"

enum { EPISODES = 40, REPETITIONS = 301, SIDE = 4096, PASS = 1 << 26, FEW = 11 };

static int on_gpu;

static _Noreturn void die(const struct mc_err *e)
{
	fprintf(stderr, "gpu_bench: %s%s%s\n", e->place, e->place[0] ? ": " : "", e->what);
	exit(e->code ? e->code : 70);
}

static struct mc_device *open_device(int tf32)
{
	struct mc_err e = { 0 };
	struct mc_device *dev = on_gpu ? mc_cuda_open(tf32, &e) : device_host_open(0);

	if (!dev)
		die(&e);
	return dev;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of milliseconds. */
static double median(double *ms, size_t n)
{
	qsort(ms, n, sizeof *ms, compare);
	return ms[n / 2];
}

/* ---- ceilings ---- */

static void ceilings(void)
{
	const size_t side = on_gpu ? SIDE : 64, pass = on_gpu ? PASS : 4096;
	struct mc_err e = { 0 };
	double ms[FEW];

	for (int tf32 = 0; tf32 < 2; tf32++) {
		struct mc_device *dev = open_device(tf32);
		mc_real *a = mc_device_alloc(dev, 3 * side * side, sizeof *a, "matrices", &e);

		if (!a)
			die(&e);
		for (int k = 0; k < FEW; k++) {
			const double t = mc_device_clock(dev);

			MC_PRODUCT(dev, .m = side, .n = side, .k = side, .a = a, .lda = side, .b = a + side * side, .ldb = side,
			    .c = a + 2 * side * side, .ldc = side, .batch = 1);
			ms[k] = mc_device_clock(dev) - t;
		}
		printf("ceiling %s GFLOP/s %.0f\n", tf32 ? "tf32" : "float",
		    2e-6 * (double)(side * side * side) / median(ms, FEW));
		if (mc_device_wait(dev, &e) < 0)
			die(&e);
		mc_device_close(dev);
	}
	struct mc_device *dev = open_device(0);
	mc_real *y = mc_device_alloc(dev, 2 * pass, sizeof *y, "an array", &e);

	if (!y)
		die(&e);
	for (int k = 0; k < FEW; k++) {
		const double t = mc_device_clock(dev);

		MC_LAUNCH(dev, relu_backward, pass, .y = y, .dy = y + pass);
		ms[k] = mc_device_clock(dev) - t;
	}
	/* two read, one written */
	printf("ceiling memory GB/s %.0f\n", 1e-6 * 3 * (double)(pass * sizeof *y) / median(ms, FEW));
	if (mc_device_wait(dev, &e) < 0)
		die(&e);
	mc_device_close(dev);
}

/* ---- updates ---- */

struct rig {
	struct mc_device *dev;
	struct mc_learner *l;
	struct mc_arena arena;
	struct mc_params comm;
	struct mc_traj t;
};

static void random_trajectory(struct mc_traj *t, uint32_t k)
{
	const struct mc_env_dims *x = &t->dims;

	mc_rng_normal(t->o, 0, (x->T + 1) * x->N * x->O, 1, MC_RNG_EXPLORE, 0, k);
	mc_rng_uniform(t->a, 0, x->T * x->N * x->A, 1, MC_RNG_RANDOM, 0, k);
	mc_rng_normal(t->r, 0, x->T, 1, MC_RNG_EXPLORE, 1, k);
	memset(t->m, 1, (x->T + 1) * x->N * x->d);
}

static void append(struct rig *r, uint32_t k)
{
	struct mc_err e;

	random_trajectory(&r->t, k);
	if (mc_learner_append(r->l, &r->t, &e) < 0)
		die(&e);
}

/* small: what a small product has at most; < 0 = as it is by default. */
static void open_rig(struct rig *r, const char *name, int tuned, int tf32, double small)
{
	struct mc_learner_opts o;
	struct mc_task task;
	struct mc_dims x = { 0 };
	struct mc_err e = { 0 };

	*r = (struct rig){ .dev = open_device(tf32) };
	if (mc_task_parse(&task, name, &e) < 0)
		die(&e);
	x.env = mc_task_dims(&task);
	x.H = x.R = 128;
	x.share = x.invariant = tuned;
	mc_learner_defaults(&o);
	o.replay = 100000;
	if (!(r->l = mc_learner_device_new(&x, &o, r->dev, &e)) || mc_params_new(&r->comm, MC_NET_COMM, &x, &r->arena, &e) < 0 ||
	    mc_traj_new(&r->t, &x, &r->arena, &e) < 0)
		die(&e);
	if (small >= 0)
		mc_learner_device_work(r->l)->small = small;
	mc_learner_init(r->l);
	mc_params_init(&r->comm, 1, 0.1);
	mc_learner_take_comm(r->l, r->comm.v, 0);
	for (uint32_t k = 0; k < EPISODES; k++)
		append(r, k);
}

static void close_rig(struct rig *r)
{
	mc_learner_free(r->l);
	mc_device_close(r->dev);
	mc_arena_free(&r->arena);
}

/* What mc-critic asks for in an iteration, without its frames. */
static void iterate(struct rig *r, uint32_t k)
{
	struct mc_learner_metrics fig;
	struct mc_err e;

	append(r, k);
	if (mc_learner_update(r->l, k, &fig, &e) < 0)
		die(&e);
	mc_learner_take_comm(r->l, r->comm.v, 1);
}

/* Medians of an update: whole, with what comes before and after it, and the recorded sequence alone. */
struct measured { double whole, alone, flops, bytes; };

static struct measured measure(const char *task, int tuned, int tf32, double small)
{
	const size_t n = on_gpu ? REPETITIONS : 3;
	double whole[REPETITIONS], alone[REPETITIONS];
	struct measured m;
	struct rig r;
	struct mc_err e;

	open_rig(&r, task, tuned, tf32, small);
	iterate(&r, 1);
	m.flops = (double)r.dev->flops;
	m.bytes = (double)r.dev->bytes;
	iterate(&r, 2);
	for (size_t k = 0; k < n; k++) {
		double t = mc_device_clock(r.dev);

		iterate(&r, (uint32_t)k + 3);
		whole[k] = mc_device_clock(r.dev) - t;
		t = mc_device_clock(r.dev);
		mc_device_replay(r.dev);
		alone[k] = mc_device_clock(r.dev) - t;
	}
	if (mc_device_wait(r.dev, &e) < 0)
		die(&e);
	m.whole = median(whole, n);
	m.alone = median(alone, n);
	close_rig(&r);
	return m;
}

/* GFLOP and bytes are those of products, small ones not among them. */
static void update(const char *task, int tuned, int tf32)
{
	const struct measured m = measure(task, tuned, tf32, -1);

	printf("update %s%s%s ms_whole %.3f ms_alone %.3f GFLOP %.3f GFLOP/s %.0f GB_of_products %.4f GB/s %.0f\n", task,
	    tuned ? " tuned" : "", tf32 ? " tf32" : "", m.whole, m.alone, 1e-9 * m.flops, 1e-6 * m.flops / m.alone,
	    1e-9 * m.bytes, 1e-6 * m.bytes / m.alone);
}

static void small(const char *task, int tuned)
{
	for (int bits = 18; bits <= 26; bits += bits == 18 ? 3 : 1)
		printf("small %s%s 2^%d ms_alone %.3f\n", task, tuned ? " tuned" : "", bits, measure(task, tuned, 0, 1U << bits).alone);
	printf("small %s%s none ms_alone %.3f\n", task, tuned ? " tuned" : "", measure(task, tuned, 0, 0).alone);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void rate(const char *task, double seconds, int tuned)
{
	struct rig r;
	uint32_t k = 0;

	open_rig(&r, task, tuned, 0, -1);
	for (; k < 20; k++)
		iterate(&r, k + 1);
	const double start = now();

	for (; now() - start < seconds; k++)
		iterate(&r, k + 1);
	printf("rate %s updates/s %.1f%s\n", task, (k - 20) / (now() - start), tuned ? " tuned" : "");
	close_rig(&r);
}

int main(int argc, char **argv)
{
	const char *want = getenv("MC_DEVICE");
	struct mc_err e = { 0 };

	on_gpu = !want || strcmp(want, "host") != 0;
	if (mc_blas_init(&e) < 0)
		die(&e);
	const int tuned = argc > 3 && strcmp(argv[argc - 1], "tuned") == 0;

	if (argc == 2 && strcmp(argv[1], "ceilings") == 0) {
		ceilings();
	} else if (argc == 3 + tuned && strcmp(argv[1], "update") == 0) {
		update(argv[2], tuned, 0);
		update(argv[2], tuned, 1);
	} else if (argc == 3 + tuned && strcmp(argv[1], "small") == 0) {
		small(argv[2], tuned);
	} else if (argc == 4 + tuned && strcmp(argv[1], "rate") == 0) {
		rate(argv[2], atof(argv[3]), tuned);
	} else {
		fprintf(stderr, "usage: gpu_bench ceilings | update TASK [tuned] | small TASK [tuned] | rate TASK SECONDS [tuned]\n");
		return 64;
	}
	return 0;
}
