/* Every piece once, for any number of threads. */
#include <stdatomic.h>

#include "mc_pool.h"
#include "tap.h"

static _Atomic int hits[1000];

static void hit(void *ctx, size_t piece, int worker)
{
	(void)ctx;
	(void)worker;
	atomic_fetch_add(&hits[piece], 1);
}

int main(void)
{
	for (int threads = 1; threads <= 4; threads++) {
		struct mc_err e = { 0 };
		struct mc_pool *p = mc_pool_new(threads, &e);
		int rounds = 0, good = p != NULL;

		for (size_t n = 1; good && n <= 1000; n += 37)
			for (int again = 0; again < 40; again++, rounds++) {
				mc_pool_run(p, hit, NULL, n);
				for (size_t i = 0; i < n; i++)
					good &= atomic_exchange(&hits[i], 0) == 1;
			}
		ok(good && rounds > 1000, "%d threads: every piece exactly once, %d jobs", threads, rounds);
		mc_pool_free(p);
	}
	ok(mc_pool_cpus() >= 1, "at least one CPU");
	return tap_done();
}
