/*
 * TAP for the unit tests: ok(), comparisons that say what differed, and a plan at the end.
 * Every test program is one main that calls its tests and returns tap_done().
 */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused))
static int ok(int good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	tap_failed += !good;
	return good;
}

__attribute__((format(printf, 1, 2), unused))
static void diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

__attribute__((unused))
static int is_int(long long got, long long want, const char *name)
{
	if (!ok(got == want, "%s", name)) {
		diag("got %lld, want %lld", got, want);
		return 0;
	}
	return 1;
}

__attribute__((unused))
static int is_str(const char *got, const char *want, const char *name)
{
	if (!ok(strcmp(got, want) == 0, "%s", name)) {
		diag("got \"%s\", want \"%s\"", got, want);
		return 0;
	}
	return 1;
}

/* |got - want| <= tol; NaN is never near. */
__attribute__((unused))
static int is_near(double got, double want, double tol, const char *name)
{
	if (!ok(fabs(got - want) <= tol, "%s", name)) {
		diag("got %.17g, want %.17g within %g", got, want, tol);
		return 0;
	}
	return 1;
}

__attribute__((unused))
static int tap_skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
	return 1;
}

__attribute__((unused))
static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
