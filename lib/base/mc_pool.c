#include "mc_pool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mc_quota.h"

/*
 * One job at a time. Each thread has a share of its pieces, which it takes in order; one that has
 * done its share helps the next. So a thread meets the same pieces job after job, and with
 * them what its cache holds, while nobody waits as long as there is work.
 *
 * A share's `ticket` is the number of the job in its upper half and the pieces that are left
 * in its lower half. Whoever takes one by compare-and-swap has the job that it saw: it cannot
 * end before its piece is done, so the fields that describe it are safe to read then, and only
 * then. Threads spin for a moment before they sleep: a training step hands out a dozen jobs
 * within milliseconds.
 */
struct share {
	_Alignas(64) _Atomic uint64_t ticket;
	size_t end;                   /* one behind its last piece */
};

struct mc_pool {
	int threads;
	pthread_t *thread;
	pthread_mutex_t lock;         /* for sleeping alone */
	pthread_cond_t wake, idle;
	mc_piece *fn;
	void *ctx;
	struct share *share;          /* [threads] */
	_Alignas(64) _Atomic uint32_t job; /* counts jobs */
	_Atomic size_t left;          /* pieces not yet finished */
	_Atomic int sleepers;         /* workers that sleep, or are about to */
	_Atomic int waiting;          /* so does the caller */
	_Atomic int quit;
};

struct start {
	struct mc_pool *pool;
	int worker;
};

enum { SPIN = 4000 };

static void pause_a_moment(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	sched_yield();
#endif
}

static void broadcast(struct mc_pool *p, pthread_cond_t *c)
{
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(c);
	pthread_mutex_unlock(&p->lock);
}

/* Pieces of one share, as long as it has any. */
static void do_share(struct mc_pool *p, struct share *s, uint32_t job, int worker)
{
	uint64_t t = atomic_load(&s->ticket);

	while ((uint32_t)(t >> 32) == job && (uint32_t)t > 0) {
		if (!atomic_compare_exchange_weak(&s->ticket, &t, t - 1))
			continue;
		p->fn(p->ctx, s->end - (uint32_t)t, worker);
		if (atomic_fetch_sub(&p->left, 1) == 1 && atomic_load(&p->waiting))
			broadcast(p, &p->idle);
		t = atomic_load(&s->ticket);
	}
}

static void do_pieces(struct mc_pool *p, uint32_t job, int worker)
{
	for (int k = 0; k < p->threads; k++)
		do_share(p, &p->share[(worker + k) % p->threads], job, worker);
}

static void sleep_until_wanted(struct mc_pool *p, uint32_t seen)
{
	pthread_mutex_lock(&p->lock);
	atomic_fetch_add(&p->sleepers, 1);
	while (atomic_load(&p->job) == seen && !atomic_load(&p->quit))
		pthread_cond_wait(&p->wake, &p->lock);
	atomic_fetch_sub(&p->sleepers, 1);
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
	struct start s = *(struct start *)arg;
	struct mc_pool *p = s.pool;
	uint32_t seen = 0;

	free(arg);
	for (;;) {
		for (int i = 0; i < SPIN && atomic_load(&p->job) == seen; i++)
			pause_a_moment();
		if (atomic_load(&p->job) == seen)
			sleep_until_wanted(p, seen);
		if (atomic_load(&p->quit))
			return NULL;
		seen = atomic_load(&p->job);
		do_pieces(p, seen, s.worker);
	}
}

/* 0, or the error's number. */
static int start_worker(struct mc_pool *p, int worker)
{
	struct start *s = malloc(sizeof *s);

	if (!s)
		return ENOMEM;
	s->pool = p;
	s->worker = worker;
	const int failed = pthread_create(&p->thread[worker - 1], NULL, work, s);

	if (failed)
		free(s);
	return failed;
}

/* Zeroed, its workers not yet started; NULL without memory. */
static struct mc_pool *room(int threads)
{
	const size_t n = (size_t)threads;
	struct mc_pool *p = aligned_alloc(_Alignof(struct mc_pool), sizeof *p);

	if (!p)
		return NULL;
	memset(p, 0, sizeof *p);
	p->thread = calloc(n, sizeof *p->thread);
	p->share = aligned_alloc(_Alignof(struct share), n * sizeof *p->share);
	if (!p->thread || !p->share) {
		free(p->thread);
		free(p->share);
		free(p);
		return NULL;
	}
	memset(p->share, 0, n * sizeof *p->share);
	p->threads = threads;
	return p;
}

struct mc_pool *mc_pool_new(int threads, struct mc_err *e)
{
	struct mc_pool *p = room(threads);
	sigset_t all, old;

	if (!p) {
		(void)mc_err_nomem(e, "thread pool", sizeof *p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	pthread_cond_init(&p->idle, NULL);
	sigfillset(&all);             /* signals belong to the main thread */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int started = 1, failed = 0;
	while (started < threads && (failed = start_worker(p, started)) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (started < threads) {
		p->threads = started;
		mc_pool_free(p);
		errno = failed;
		(void)mc_err_errno(e, MC_OSERR, NULL, "lower --threads", "cannot start %d threads", threads);
		return NULL;
	}
	return p;
}

void mc_pool_free(struct mc_pool *p)
{
	if (!p)
		return;
	atomic_store(&p->quit, 1);
	atomic_fetch_add(&p->job, 1);
	broadcast(p, &p->wake);
	for (int i = 1; i < p->threads; i++)
		pthread_join(p->thread[i - 1], NULL);
	pthread_cond_destroy(&p->wake);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p->thread);
	free(p->share);
	free(p);
}

int mc_pool_threads(const struct mc_pool *p)
{
	return p->threads;
}

static void wait_for_all(struct mc_pool *p)
{
	for (int i = 0; i < SPIN && atomic_load(&p->left) > 0; i++)
		pause_a_moment();
	if (atomic_load(&p->left) == 0)
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->waiting, 1);
	while (atomic_load(&p->left) > 0)
		pthread_cond_wait(&p->idle, &p->lock);
	atomic_store(&p->waiting, 0);
	pthread_mutex_unlock(&p->lock);
}

void mc_pool_run(struct mc_pool *p, mc_piece *fn, void *ctx, size_t n)
{
	if (!p || p->threads == 1 || n < 2) {
		for (size_t i = 0; i < n; i++)
			fn(ctx, i, 0);
		return;
	}
	const uint32_t job = atomic_load(&p->job) + 1;
	const size_t threads = (size_t)p->threads;

	assert(n <= UINT32_MAX);
	p->fn = fn;
	p->ctx = ctx;
	atomic_store(&p->left, n);
	for (size_t w = 0; w < threads; w++) {
		p->share[w].end = (w + 1) * n / threads;
		atomic_store(&p->share[w].ticket, (uint64_t)job << 32 | (p->share[w].end - w * n / threads));
	}
	atomic_store(&p->job, job);
	if (atomic_load(&p->sleepers) > 0)
		broadcast(p, &p->wake);
	do_pieces(p, job, 0);
	wait_for_all(p);
}

int mc_pool_cpus_of(const char *root, int mask)
{
	const double quota = ceil(mc_quota_cpus(root));
	const int n = quota < (double)mask ? (int)quota : mask;

	return n > 0 ? n : 1;
}

int mc_pool_cpus(void)
{
	cpu_set_t set;
	long n = sysconf(_SC_NPROCESSORS_ONLN); /* where there are more than a set can hold */

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	return mc_pool_cpus_of("", n > 0 && n < INT_MAX ? (int)n : 1);
}
