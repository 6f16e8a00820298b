#include "device_host.h"

#include <stdlib.h>
#include <string.h>

#include "mc_blas.h"
#include "mc_device_body.h"

enum { ARGS = 1024 };

/* A call that was recorded: a kernel, a product, a copy, or a join. */
struct call {
	enum { KERNEL, GEMM, COPY, JOIN } is;
	int branch;               /* 0: outside */
	enum mc_kernel_id kernel;
	uint32_t n;
	struct mc_device_gemm gemm;
	void *to;                 /* of a copy */
	const void *from;
	size_t bytes;
	_Alignas(16) unsigned char args[ARGS];
};

struct list {
	struct call *call;
	size_t calls, capacity;
};

struct host {
	struct mc_device base;
	void **block;             /* each of its own, so that sanitizers see its ends */
	size_t blocks;
	size_t room, used;
	int recording, reverse;
	int branch;               /* that calls are of */
	struct list recorded, waiting; /* waiting: of branches, until they are joined */
	double clock;
};

static struct host *of(struct mc_device *dev)
{
	return (struct host *)(void *)dev;
}

static void host_close(struct mc_device *dev)
{
	struct host *h = of(dev);

	while (h->blocks > 0)
		free(h->block[--h->blocks]);
	free(h->block);
	free(h->recorded.call);
	free(h->waiting.call);
	free(dev);
}

static void *host_alloc(struct mc_device *dev, size_t bytes, const char *what, struct mc_err *e)
{
	struct host *h = of(dev);

	if (h->room && bytes > h->room - h->used) {
		(void)mc_err_set(e, MC_UNAVAILABLE, dev->name, -1, NULL, "%s needs %zu bytes, %zu are free", what, bytes, h->room - h->used);
		return NULL;
	}
	h->used += h->room ? bytes : 0;
	h->block = realloc(h->block, (h->blocks + 1) * sizeof *h->block);
	void *p = calloc(1, bytes);

	if (!h->block || !p)
		abort();
	return h->block[h->blocks++] = p;
}

/* ---- kernels ---- */

#define RUN(name) \
	static void run_##name(const void *args, uint32_t n, int reverse) \
	{ \
		for (uint32_t i = 0; i < n; i++) \
			name(args, reverse ? n - 1 - i : i); \
	}
MC_KERNELS(RUN)

static void run(struct host *h, const struct call *c)
{
	static void (*const kernel[])(const void *args, uint32_t n, int reverse) = {
#define ENTRY(name) run_##name,
		MC_KERNELS(ENTRY)
	};
	const struct mc_device_gemm *g = &c->gemm;

	if (c->is == COPY)
		memcpy(c->to, c->from, c->bytes);
	if (c->is == KERNEL)
		kernel[c->kernel](c->args, c->n, h->reverse);
	for (size_t i = 0; c->is == GEMM && i < g->batch; i++)
		mc_gemm(g->ta ? MC_T : MC_N, g->tb ? MC_T : MC_N, g->m, g->n, g->k, 1, g->a + i * g->sa, g->lda,
		    g->b + i * g->sb, g->ldb, g->beta, g->c + i * g->sc, g->ldc);
}

static void add(struct list *l, const struct call *c)
{
	if (l->calls == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : 64;
		l->call = realloc(l->call, l->capacity * sizeof *l->call);
		if (!l->call)
			abort();
	}
	l->call[l->calls++] = *c;
}

/* What waits of a branch is done, and no more in the list. */
static void join(struct host *h, int branch)
{
	struct list *l = &h->waiting;
	size_t left = 0;

	for (size_t k = 0; k < l->calls; k++)
		if (l->call[k].branch == branch)
			run(h, &l->call[k]);
		else
			l->call[left++] = l->call[k];
	l->calls = left;
}

/* In order as they come; the other way round, a branch as late as may be. */
static void next(struct host *h, const struct call *c)
{
	if (c->is == JOIN)
		join(h, c->branch);
	else if (c->branch && h->reverse)
		add(&h->waiting, c);
	else
		run(h, c);
}

/* Does it, or notes it. */
static void call(struct host *h, const struct call *c)
{
	if (h->recording)
		add(&h->recorded, c);
	else
		next(h, c);
}

static void host_copy(struct mc_device *dev, void *to, const void *from, size_t bytes)
{
	const struct call c = { .is = COPY, .branch = of(dev)->branch, .to = to, .from = from, .bytes = bytes };

	call(of(dev), &c);
}

static void host_launch(struct mc_device *dev, enum mc_kernel_id kernel, uint32_t n, const void *args, size_t size)
{
	struct call c = { .kernel = kernel, .branch = of(dev)->branch, .n = n };

	if (size > ARGS)
		abort();
	memcpy(c.args, args, size);
	call(of(dev), &c);
}

static void host_gemm(struct mc_device *dev, const struct mc_device_gemm *g)
{
	const struct call c = { .is = GEMM, .branch = of(dev)->branch, .gemm = *g };

	call(of(dev), &c);
}

static void host_branch(struct mc_device *dev, int k)
{
	of(dev)->branch = k;
}

static void host_join(struct mc_device *dev, int k)
{
	const struct call c = { .is = JOIN, .branch = k };

	call(of(dev), &c);
}

/* A branch that is not joined when it has to be would be a race on a GPU. */
static void nothing_waits(struct host *h)
{
	if (h->waiting.calls > 0 || h->branch)
		(void)mc_err_set(&h->base.err, MC_BUG, h->base.name, -1, NULL, "a branch that was not joined");
}

static void host_record(struct mc_device *dev, int on)
{
	struct host *h = of(dev);

	h->recording = on;
	if (on)
		h->recorded.calls = 0;
}

static void host_replay(struct mc_device *dev)
{
	struct host *h = of(dev);

	for (size_t k = 0; k < h->recorded.calls; k++)
		next(h, &h->recorded.call[k]);
	nothing_waits(h);
}

static double host_clock(struct mc_device *dev)
{
	return of(dev)->clock++;
}

static void host_wait(struct mc_device *dev)
{
	nothing_waits(of(dev));
}

struct mc_device *device_host_open(size_t room)
{
	static const struct mc_device_ops ops = { .close = host_close, .alloc = host_alloc, .host_alloc = host_alloc,
		.put = host_copy, .get = host_copy, .launch = host_launch, .gemm = host_gemm, .branch = host_branch, .join = host_join, .record = host_record,
		.replay = host_replay, .clock = host_clock, .wait = host_wait };
	struct host *h = calloc(1, sizeof *h);

	if (!h)
		abort();
	h->base.ops = &ops;
	h->room = room;
	memcpy(h->base.name, "stand-in", sizeof "stand-in");
	return &h->base;
}

void device_host_reverse(struct mc_device *dev)
{
	of(dev)->reverse = 1;
}

struct device_host_calls device_host_recorded(const struct mc_device *dev)
{
	const struct host *h = (const struct host *)(const void *)dev;
	struct device_host_calls n = { 0, 0 };

	for (size_t k = 0; k < h->recorded.calls; k++) {
		n.kernels += h->recorded.call[k].is == KERNEL;
		n.products += h->recorded.call[k].is == GEMM;
	}
	return n;
}
