#include "mc_progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mc_io.h"

int mc_progress_parse(const char *text)
{
	static const char *const names[] = { "auto", "always", "never", "json" };

	for (int k = 0; k < 4; k++)
		if (strcmp(text, names[k]) == 0)
			return k;
	return -1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A terminal on which the cursor can be moved. */
static int is_screen(FILE *to)
{
	const char *term = getenv("TERM");

	return mc_io_is_terminal(to) && !(term && strcmp(term, "dumb") == 0);
}

static int wanted(enum mc_progress_mode mode, FILE *to)
{
	switch (mode) {
	case MC_PROGRESS_AUTO: return !mc_quiet() && mc_io_is_terminal(to);
	case MC_PROGRESS_ALWAYS: return 1;
	case MC_PROGRESS_NEVER: return 0;
	case MC_PROGRESS_JSON: return 1;
	}
	return 0;
}

void mc_progress_start(struct mc_progress *p, enum mc_progress_mode mode, FILE *to, int64_t episodes, int64_t goal)
{
	memset(p, 0, sizeof *p);
	p->to = wanted(mode, to) ? to : NULL;
	p->mode = mode;
	p->redraw = mode != MC_PROGRESS_JSON && is_screen(to);
	p->pause = p->redraw ? 0.2 : mode == MC_PROGRESS_JSON ? 1 : 5;
	p->first = episodes;
	p->goal = goal;
	p->started = p->shown = now();
}

/* ---- showing ---- */

/* Episodes per second since the start. */
static double rate_of(const struct mc_progress *p, int64_t episodes, double t)
{
	return (double)(episodes - p->first) / (t > p->started ? t - p->started : 1);
}

/* Seconds to go; infinite while nobody can tell. */
static double left_of(const struct mc_progress *p, int64_t episodes, double rate)
{
	if (episodes >= p->goal)
		return 0;
	return rate > 0 ? (double)(p->goal - episodes) / rate : (double)INFINITY;
}

static void clock_text(double seconds, char *out, size_t size)
{
	if (!isfinite(seconds)) {
		(void)snprintf(out, size, "?");
		return;
	}

	const long s = (long)(seconds + 0.5);

	if (s >= 3600)
		(void)snprintf(out, size, "%ldh%02ldm", s / 3600, s / 60 % 60);
	else
		(void)snprintf(out, size, "%ldm%02lds", s / 60, s % 60);
}

static void draw(const struct mc_progress *p, int64_t episodes, double rate)
{
	char left[32];

	clock_text(left_of(p, episodes, rate), left, sizeof left);
	fprintf(p->to, "%s%lld/%lld episodes  return %.1f  %.2f requests/step  %.0f episodes/s  %s left%s",
	    p->redraw ? "\r\033[K" : "", (long long)episodes, (long long)p->goal, p->mean_return, p->mean_requests,
	    rate, left, p->redraw ? "" : "\n");
}

static void json_number(FILE *to, const char *name, double v, int known)
{
	if (known && isfinite(v))
		fprintf(to, ",\"%s\":%.6g", name, v);
	else
		fprintf(to, ",\"%s\":null", name);
}

static void json(const struct mc_progress *p, int64_t episodes, double rate)
{
	fprintf(p->to, "{\"episodes\":%lld,\"goal\":%lld", (long long)episodes, (long long)p->goal);
	json_number(p->to, "return", p->mean_return, p->weight > 0);
	json_number(p->to, "requests_per_step", p->mean_requests, p->weight > 0);
	json_number(p->to, "episodes_per_second", rate, p->weight > 0);
	json_number(p->to, "seconds_left", left_of(p, episodes, rate), 1);
	fprintf(p->to, "}\n");
}

static void show(struct mc_progress *p, int64_t episodes, double t)
{
	const double rate = rate_of(p, episodes, t);

	if (p->mode == MC_PROGRESS_JSON)
		json(p, episodes, rate);
	else
		draw(p, episodes, rate);
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

	if (t - p->shown > p->pause)
		show(p, episodes, t);
}

void mc_progress_end(struct mc_progress *p, int64_t episodes)
{
	if (!p->to)
		return;
	/* a run too short for a line on the terminal leaves none */
	if (p->open || !p->redraw)
		show(p, episodes, now());
	if (p->redraw && p->open) {
		fputc('\n', p->to);
		fflush(p->to);
	}
	p->to = NULL;
}
