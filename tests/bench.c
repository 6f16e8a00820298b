/*
 *     make bench                                    the table, left in build/bench.txt and .json
 *     build/release/tests/bench [option ...]
 *
 *   --json      JSON on standard output in place of the table
 *   --quick     no 48 agents, fewer repetitions: for a look in between
 *   --only S    one part: parts3, parts6, ring, share, lag, many, eval, checkpoint, growth, replay, worlds
 *   --bin DIR   the programs (build/release/bin)
 *   --out DIR   leave bench.txt and bench.json there (build)
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mc_blas.h"
#include "mc_cuda.h"
#include "mc_device.h"
#include "mc_kernel.h"

struct line {
	char name[64], unit[24];
	double value, best, low, high; /* median, least or most, quartiles; NaN: none */
	double mflop, rate, share;    /* NaN where nothing is counted */
};

struct section {
	char title[96], note[400];
	struct line line[64];
	int lines;
};

/* The report; one for the program's life. */
static struct section section[16];
static int sections;

double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

_Noreturn void bench_die(const struct mc_err *e)
{
	char text[1400];

	mc_err_line(e, "bench", text, sizeof text);
	fprintf(stderr, "%s\n", text);
	exit(1);
}

/* ---- samples ---- */

void bench_add(struct bench_samples *s, double v)
{
	if (s->n < BENCH_SAMPLES)
		s->v[s->n++] = v;
}

static int order(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(struct bench_samples *s, double q)
{
	return s->n ? s->v[(size_t)(q * (double)(s->n - 1) + 0.5)] : NAN;
}

double bench_median(struct bench_samples *s)
{
	qsort(s->v, s->n, sizeof *s->v, order);
	return bench_quantile(s, 0.5);
}

/* ---- the report ---- */

void bench_section(const char *title, const char *note)
{
	struct section *s = &section[sections++];

	snprintf(s->title, sizeof s->title, "%s", title);
	snprintf(s->note, sizeof s->note, "%s", note ? note : "");
	fprintf(stderr, "bench: %s\n", title);
}

static struct line *new_line(const char *name, const char *unit)
{
	struct section *s = &section[sections - 1];
	struct line *l = &s->line[s->lines++];

	*l = (struct line){ .value = NAN, .best = NAN, .low = NAN, .high = NAN, .mflop = NAN, .rate = NAN, .share = NAN };
	snprintf(l->name, sizeof l->name, "%s", name);
	snprintf(l->unit, sizeof l->unit, "%s", unit);
	return l;
}

void bench_row(const char *name, const char *unit, struct bench_samples *s, double mflop, double ceiling)
{
	struct line *l = new_line(name, unit);

	l->value = bench_median(s);
	l->best = bench_quantile(s, strstr(unit, "/s") ? 1 : 0);
	l->low = bench_quantile(s, 0.25);
	l->high = bench_quantile(s, 0.75);
	if (!(mflop > 0))
		return;
	l->mflop = mflop;
	l->rate = mflop / l->value;
	l->share = l->rate / ceiling;
}

void bench_value(const char *name, const char *unit, double v)
{
	new_line(name, unit)->value = v;
}

/* Four digits, no exponent. */
static void put_number(FILE *f, int width, double v)
{
	const double a = fabs(v);

	if (isnan(v))
		fprintf(f, "%*s", width, "");
	else
		fprintf(f, "%*.*f", width, a >= 1000 ? 0 : a >= 100 ? 1 : a >= 10 ? 2 : 3, v);
}

static void put_line(FILE *f, const struct line *l)
{
	fprintf(f, "  %-34s", l->name);
	put_number(f, 9, l->value);
	fprintf(f, " %-11s", l->unit);
	put_number(f, 9, l->best);
	put_number(f, 9, l->low);
	put_number(f, 9, l->high);
	put_number(f, 9, l->mflop);
	put_number(f, 9, l->rate);
	if (!isnan(l->share))
		fprintf(f, "%8.0f %%", 100 * l->share);
	fprintf(f, "\n");
}

static void put_text(FILE *f)
{
	for (int i = 0; i < sections; i++) {
		const struct section *s = &section[i];
		int ranges = 0, counted = 0;

		for (int k = 0; k < s->lines; k++) {
			ranges |= !isnan(s->line[k].low);
			counted |= !isnan(s->line[k].mflop);
		}
		fprintf(f, "%s%s\n", i ? "\n" : "", s->title);
		fprintf(f, "  %-34s%9s %-11s%9s%18s%9s%9s%10s\n", "", ranges ? "median" : "", "", ranges ? "best" : "",
		    ranges ? "quartiles" : "",
		    counted ? "MFLOP" : "", counted ? "GFLOP/s" : "", counted ? "ceiling" : "");
		for (int k = 0; k < s->lines; k++)
			put_line(f, &s->line[k]);
		if (s->note[0])
			fprintf(f, "  %s\n", s->note);
	}
}

static void put_json_number(FILE *f, const char *key, double v)
{
	if (!isnan(v))
		fprintf(f, ",\"%s\":%.6g", key, v);
}

/* Titles, names and units are ours: nothing in them needs escaping. */
static void put_json(FILE *f)
{
	fprintf(f, "[");
	for (int i = 0; i < sections; i++)
		for (int k = 0; k < section[i].lines; k++) {
			const struct line *l = &section[i].line[k];

			fprintf(f, "%s\n{\"section\":\"%s\",\"name\":\"%s\",\"unit\":\"%s\"", i || k ? "," : "",
			    section[i].title, l->name, l->unit);
			put_json_number(f, "value", l->value);
			put_json_number(f, "best", l->best);
			put_json_number(f, "low", l->low);
			put_json_number(f, "high", l->high);
			put_json_number(f, "mflop", l->mflop);
			put_json_number(f, "gflops", l->rate);
			put_json_number(f, "share", l->share);
			fprintf(f, "}");
		}
	fprintf(f, "\n]\n");
}

static void leave(const char *dir, const char *name, void (*put)(FILE *))
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (f)
		put(f);
	if (!f || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* ---- main ---- */

void bench_ceiling_rows(const struct bench_ceiling *c)
{
	char name[96];

	snprintf(name, sizeof name, "sgemm of %s, one thread", mc_blas_core());
	bench_value(name, "GFLOP/s", c->blas[0]);
	snprintf(name, sizeof name, "same, %d threads: the ceiling", c->threads);
	bench_value(name, "GFLOP/s", c->blas[1]);
	snprintf(name, sizeof name, "our kernels (%s), one thread", mc_kernel_name());
	bench_value(name, "GFLOP/s", c->ours[0]);
	snprintf(name, sizeof name, "same, %d threads", c->threads);
	bench_value(name, "GFLOP/s", c->ours[1]);
}

static int wanted(const char *only, const char *name)
{
	return !only || strcmp(only, name) == 0;
}

/* Is there one, and are the programs made for it? */
static int has_gpu(void)
{
	struct mc_err e;
	struct mc_device *device = mc_cuda_open(0, &e);

	mc_device_close(device);
	return device != NULL;
}

int main(int argc, char **argv)
{
	const char *bin = "build/release/bin", *out = "build", *only = NULL;
	double frames[2] = { NAN, NAN };
	struct mc_err e;
	int json = 0, quick = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = 1;
		else if (strcmp(argv[i], "--quick") == 0)
			quick = 1;
		else if (i + 1 < argc && strcmp(argv[i], "--only") == 0)
			only = argv[++i];
		else if (i + 1 < argc && strcmp(argv[i], "--bin") == 0)
			bin = argv[++i];
		else if (i + 1 < argc && strcmp(argv[i], "--out") == 0)
			out = argv[++i];
		else {
			fprintf(stderr, "usage: bench [--json] [--quick] [--only parts3|parts6|ring|share|lag|many|eval|checkpoint|growth|replay|worlds] "
			    "[--bin DIR] [--out DIR]\n");
			return 64;
		}
	}
	if (mc_blas_init(&e) < 0)
		bench_die(&e);
	if (wanted(only, "parts3"))
		frames[0] = bench_parts("navigation_N3_l3");
	if (wanted(only, "parts6"))
		frames[1] = bench_parts("navigation_N6_l6");
	if (wanted(only, "ring"))
		bench_rings(bin, frames, quick);
	if (wanted(only, "share"))
		bench_share(bin, quick);
	if (wanted(only, "lag"))
		bench_lag(bin, quick);
	if (wanted(only, "many"))
		bench_many(bin, has_gpu(), quick);
	if (wanted(only, "eval"))
		bench_evaluation(bin);
	if (wanted(only, "checkpoint"))
		bench_checkpoints(bin, quick);
	if (wanted(only, "growth"))
		bench_growth(bin, quick);
	if (wanted(only, "replay"))
		bench_replay();
	if (wanted(only, "worlds"))
		bench_worlds();
	leave(out, "bench.txt", put_text);
	leave(out, "bench.json", put_json);
	if (json)
		put_json(stdout);
	else
		put_text(stdout);
	return 0;
}
