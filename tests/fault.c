/*
 * A library for LD_PRELOAD that makes calls of our programs fail (of others, the shell and
 * gnuplot among them, it leaves every call alone):
 *
 *   MC_FAULT_SHORT=PERCENT  reads and writes transfer fewer bytes than asked, of so many calls
 *   MC_FAULT_EINTR=PERCENT  they fail with EINTR
 *   MC_FAULT_SEED=N         which ones
 *   MC_FAULT_ALLOC=N        the N-th allocation fails: malloc, calloc, realloc, aligned_alloc,
 *                           posix_memalign, counted over all threads, but for those that BLAS
 *                           and the dynamic loader make for themselves
 *   MC_FAULT_PROGRAM=NAME   in this program alone
 *   MC_FAULT_REPORT=FILE    "reached" is appended when the N-th allocation was asked for
 *
 * Standard error is never touched. Built for the tests, never installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What stands behind the names in glibc. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

enum { SPARED = 32 };

static unsigned short_percent, eintr_percent;
static uint64_t seed;
static long fail_at;                       /* 0 = none */
static atomic_long allocations;
static atomic_ulong draws;
static const char *report;
static struct range {
	uintptr_t from, to;
} spared[SPARED];
static int nspared;

static unsigned number(const char *name)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static int wants(const char *program)
{
	const char *only = getenv("MC_FAULT_PROGRAM");

	return strncmp(program, "mc-", 3) == 0 && (!only || strcmp(only, program) == 0);
}

__attribute__((constructor))
static void begin(void)
{
	if (!wants(program_invocation_short_name))
		return;
	short_percent = number("MC_FAULT_SHORT");
	eintr_percent = number("MC_FAULT_EINTR");
	seed = number("MC_FAULT_SEED") * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)getpid();
	report = getenv("MC_FAULT_REPORT");
	fail_at = (long)number("MC_FAULT_ALLOC");
}

/* ---- reads and writes ---- */

/* splitmix64: a number for each call, whichever thread makes it */
static uint64_t draw(void)
{
	uint64_t z = seed + atomic_fetch_add(&draws, 1) * UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* How many of n bytes; -1: EINTR. */
static ssize_t allow(int fd, size_t n)
{
	if (fd == STDERR_FILENO || n == 0 || !(short_percent | eintr_percent))
		return (ssize_t)n;
	if (draw() % 100 < eintr_percent) {
		errno = EINTR;
		return -1;
	}
	return draw() % 100 < short_percent ? (ssize_t)(1 + draw() % n) : (ssize_t)n;
}

ssize_t read(int fd, void *to, size_t n)
{
	const ssize_t allowed = allow(fd, n);

	return allowed < 0 ? -1 : syscall(SYS_read, fd, to, (size_t)allowed);
}

ssize_t write(int fd, const void *from, size_t n)
{
	const ssize_t allowed = allow(fd, n);

	return allowed < 0 ? -1 : syscall(SYS_write, fd, from, (size_t)allowed);
}

/* ---- allocations ---- */

static int spare_module(struct dl_phdr_info *info, size_t size, void *unused)
{
	static const char *const names[] = { "openblas", "gfortran", "quadmath", "ld-linux", "libgcc" };

	(void)size;
	(void)unused;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		for (int p = 0; strstr(info->dlpi_name, names[k]) && p < info->dlpi_phnum; p++)
			if (info->dlpi_phdr[p].p_type == PT_LOAD && nspared < SPARED) {
				const uintptr_t from = info->dlpi_addr + info->dlpi_phdr[p].p_vaddr;

				spared[nspared++] = (struct range){ from, from + info->dlpi_phdr[p].p_memsz };
			}
	return 0;
}

/* BLAS and what it needs are loaded some time after the start: the modules are looked up anew. */
static int is_spared(const void *caller)
{
	static atomic_flag looking = ATOMIC_FLAG_INIT;
	const uintptr_t at = (uintptr_t)caller;

	if (!atomic_flag_test_and_set(&looking)) {
		nspared = 0;
		(void)dl_iterate_phdr(spare_module, NULL);
		atomic_flag_clear(&looking);
	}
	for (int k = 0; k < nspared; k++)
		if (at >= spared[k].from && at < spared[k].to)
			return 1;
	return 0;
}

static int fails(const void *caller)
{
	if (fail_at == 0 || allocations >= fail_at || is_spared(caller) || atomic_fetch_add(&allocations, 1) + 1 != fail_at)
		return 0;
	if (report) {
		const int fd = open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

		if (fd >= 0) {
			(void)!syscall(SYS_write, fd, "reached\n", 8);
			(void)close(fd);
		}
	}
	errno = ENOMEM;
	return 1;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t n)
{
	return fails(CALLER) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(CALLER) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(CALLER) ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
	return fails(CALLER) ? NULL : __libc_memalign(align, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	*p = fails(CALLER) ? NULL : __libc_memalign(align, n);
	return *p ? 0 : ENOMEM;
}
