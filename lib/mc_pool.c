#include "mc_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * One job at a time. `ticket` is the number of the job in its upper half and the
 * next piece in its lower half, so that a late worker cannot take a piece of a job
 * that it has not seen. Workers spin for a moment before they sleep: a training
 * step hands out a dozen jobs within milliseconds.
 */
struct mc_pool {
	int threads;
	pthread_t *thread;
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	mc_piece *fn;
	void *ctx;
	size_t n;
	_Atomic uint64_t ticket;
	_Atomic size_t left;          /* pieces not yet finished */
	_Atomic unsigned job;         /* counts jobs; changes under the lock */
	_Atomic int inside;           /* workers that may still look at the job */
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

static void do_pieces(struct mc_pool *p, uint32_t job, int worker)
{
	uint64_t t = atomic_load(&p->ticket);

	while ((uint32_t)(t >> 32) == job && (uint32_t)t < p->n) {
		if (!atomic_compare_exchange_weak(&p->ticket, &t, t + 1))
			continue;
		p->fn(p->ctx, (size_t)(uint32_t)t, worker);
		if (atomic_fetch_sub(&p->left, 1) == 1) {
			pthread_mutex_lock(&p->lock);
			pthread_cond_broadcast(&p->idle);
			pthread_mutex_unlock(&p->lock);
		}
		t = atomic_load(&p->ticket);
	}
}

static void *work(void *arg)
{
	struct start s = *(struct start *)arg;
	struct mc_pool *p = s.pool;
	unsigned seen = 0;

	free(arg);
	for (;;) {
		for (int i = 0; i < SPIN && atomic_load(&p->job) == seen; i++)
			pause_a_moment();
		pthread_mutex_lock(&p->lock);
		while (atomic_load(&p->job) == seen && !atomic_load(&p->quit))
			pthread_cond_wait(&p->wake, &p->lock);
		seen = atomic_load(&p->job);
		if (atomic_load(&p->quit)) {
			pthread_mutex_unlock(&p->lock);
			return NULL;
		}
		atomic_fetch_add(&p->inside, 1);
		pthread_mutex_unlock(&p->lock);
		do_pieces(p, (uint32_t)seen, s.worker);
		atomic_fetch_sub(&p->inside, 1);
	}
}

static int start_worker(struct mc_pool *p, int worker)
{
	struct start *s = malloc(sizeof *s);

	if (!s)
		return -1;
	s->pool = p;
	s->worker = worker;
	if (pthread_create(&p->thread[worker - 1], NULL, work, s) == 0)
		return 0;
	free(s);
	return -1;
}

struct mc_pool *mc_pool_new(int threads, struct mc_err *e)
{
	struct mc_pool *p = calloc(1, sizeof *p);
	sigset_t all, old;

	if (p)
		p->thread = calloc((size_t)(threads > 1 ? threads - 1 : 1), sizeof *p->thread);
	if (!p || !p->thread) {
		free(p);
		(void)mc_err_nomem(e, "thread pool", sizeof *p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	pthread_cond_init(&p->idle, NULL);
	p->threads = 1;
	sigfillset(&all);             /* signals belong to the main thread */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p->threads < threads && start_worker(p, p->threads) == 0)
		p->threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (p->threads < threads) {
		mc_pool_free(p);
		(void)mc_err_set(e, MC_OSERR, NULL, -1, "lower --threads", "cannot start %d threads", threads);
		return NULL;
	}
	return p;
}

void mc_pool_free(struct mc_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->quit, 1);
	atomic_fetch_add(&p->job, 1);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (int i = 1; i < p->threads; i++)
		pthread_join(p->thread[i - 1], NULL);
	pthread_cond_destroy(&p->wake);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p->thread);
	free(p);
}

int mc_pool_threads(const struct mc_pool *p)
{
	return p->threads;
}

void mc_pool_run(struct mc_pool *p, mc_piece *fn, void *ctx, size_t n)
{
	if (p->threads == 1 || n < 2) {
		for (size_t i = 0; i < n; i++)
			fn(ctx, i, 0);
		return;
	}
	pthread_mutex_lock(&p->lock);
	while (atomic_load(&p->inside) > 0) {   /* a late worker still looks at the last job */
		pthread_mutex_unlock(&p->lock);
		pause_a_moment();
		pthread_mutex_lock(&p->lock);
	}
	const unsigned job = atomic_load(&p->job) + 1;
	p->fn = fn;
	p->ctx = ctx;
	p->n = n;
	atomic_store(&p->left, n);
	atomic_store(&p->ticket, (uint64_t)job << 32);
	atomic_store(&p->job, job);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);

	do_pieces(p, job, 0);
	for (int i = 0; i < SPIN && atomic_load(&p->left) > 0; i++)
		pause_a_moment();
	pthread_mutex_lock(&p->lock);
	while (atomic_load(&p->left) > 0)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

int mc_pool_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	const int n = CPU_COUNT(&set);

	return n > 0 ? n : 1;
}
