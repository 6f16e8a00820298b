#include "mc_progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int mc_quiet(void)
{
	const char *quiet = getenv("MC_QUIET");

	return quiet && *quiet;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void mc_progress_start(struct mc_progress *p, FILE *to, int64_t episodes, int64_t goal)
{
	memset(p, 0, sizeof *p);
	p->to = mc_quiet() || !isatty(fileno(to)) ? NULL : to;
	p->first = episodes;
	p->goal = goal;
	p->started = p->shown = now();
}

static void clock_text(double seconds, char *out, size_t size)
{
	const long s = (long)(seconds + 0.5);

	if (s >= 3600)
		(void)snprintf(out, size, "%ldh%02ldm", s / 3600, s / 60 % 60);
	else
		(void)snprintf(out, size, "%ldm%02lds", s / 60, s % 60);
}

static void draw(struct mc_progress *p, int64_t episodes, double t)
{
	const double rate = (double)(episodes - p->first) / (t > p->started ? t - p->started : 1);
	char left[32];

	clock_text(rate > 0 && p->goal > episodes ? (double)(p->goal - episodes) / rate : 0, left, sizeof left);
	fprintf(p->to, "\r\033[K%lld/%lld episodes  return %.1f  %.2f requests/step  %.0f episodes/s  %s left",
	    (long long)episodes, (long long)p->goal, p->mean_return, p->mean_requests, rate, left);
	fflush(p->to);
	p->shown = t;
	p->open = 1;
}

void mc_progress_episode(struct mc_progress *p, int64_t episodes, double ret, double requests)
{
	if (!p->to)
		return;
	/* weights 1, 1/2, ... 1/100, then constant: a mean that forgets */
	p->weight = p->weight < 100 ? p->weight + 1 : 100;
	p->mean_return += (ret - p->mean_return) / p->weight;
	p->mean_requests += (requests - p->mean_requests) / p->weight;
	const double t = now();

	if (t - p->shown > 0.2)
		draw(p, episodes, t);
}

void mc_progress_end(struct mc_progress *p, int64_t episodes)
{
	if (!p->to || !p->open)
		return;
	draw(p, episodes, now());
	fputc('\n', p->to);
	p->open = 0;
}
