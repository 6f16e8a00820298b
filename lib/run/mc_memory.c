#include "mc_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the order of the memory. */
static const enum mc_net nets[] = { MC_NET_POLICY, MC_NET_COMM };
enum { NETS = sizeof nets / sizeof *nets, TOKEN = 16, ALIGN = 64 };

static const char name[] = "metacomm";

/* What the memory begins with; then, ALIGN bytes further, each net's places. */
struct head {
	unsigned char token[TOKEN];     /* proves that a process sees the memory that was offered */
	int64_t iteration[NETS][MC_MEMORY_PLACES]; /* whose parameters are in a place */
};

struct mc_memory {
	int fd;                         /* mc-rollout's; -1 = a filter's */
	size_t elements[NETS];          /* of a net's place; 0 = it has none */
	int64_t places;                 /* of a net, 2 or 3 */
	size_t bytes;
	struct head *head;
	char end[48];                   /* mc-rollout: the output of the last program that replied; "" = broken */
};

/* ---- pipes ---- */

/* Which pipe it is; "" for anything else. */
static void pipe_of(int fd, char id[48])
{
	struct stat st;

	id[0] = 0;
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
		(void)snprintf(id, 48, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
}

/* ---- the memory ---- */

static size_t up(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t size_of(const struct mc_memory *m)
{
	size_t bytes = up(sizeof(struct head));

	for (int i = 0; i < NETS; i++)
		bytes += (size_t)m->places * up(m->elements[i] * sizeof(mc_real));
	return bytes;
}

/* Which of a net's places. */
static size_t turn(const struct mc_memory *m, int64_t iteration)
{
	return (size_t)((uint64_t)iteration % (uint64_t)m->places);
}

static mc_real *place(const struct mc_memory *m, int net, int64_t iteration)
{
	unsigned char *p = (unsigned char *)m->head + up(sizeof(struct head));

	for (int i = 0; i < net; i++)
		p += (size_t)m->places * up(m->elements[i] * sizeof(mc_real));
	return (mc_real *)(void *)(p + turn(m, iteration) * up(m->elements[net] * sizeof(mc_real)));
}

static int map(struct mc_memory *m, int fd)
{
	void *p = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	m->head = p == MAP_FAILED ? NULL : p;
	return m->head ? 0 : -1;
}

void mc_memory_free(struct mc_memory *m)
{
	if (!m)
		return;
	if (m->head)
		(void)munmap(m->head, m->bytes);
	if (m->fd >= 0)
		(void)close(m->fd);
	free(m);
}

/* Of a fixed size, all there, so that nobody who has it can meet a hole. */
static int make(struct mc_memory *m)
{
	m->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->fd < 0 || posix_fallocate(m->fd, 0, (off_t)m->bytes) != 0 ||
	    fcntl(m->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 || map(m, m->fd) < 0)
		return -1;
	for (int i = 0; i < NETS; i++)
		for (int k = 0; k < MC_MEMORY_PLACES; k++)
			m->head->iteration[i][k] = -1;
	return getrandom(m->head->token, TOKEN, GRND_NONBLOCK) == TOKEN ? 0 : -1;
}

struct mc_memory *mc_memory_new(const struct mc_dims *dims, int comm, int places)
{
	struct mc_memory *m = calloc(1, sizeof *m);
	struct mc_params p;

	if (!m)
		return NULL;
	m->fd = -1;
	for (int i = 0; i < NETS; i++) {
		mc_params_layout(&p, nets[i], dims);
		m->elements[i] = nets[i] != MC_NET_COMM || comm ? p.size : 0;
	}
	m->places = places;
	m->bytes = size_of(m);
	pipe_of(1, m->end);
	if (make(m) == 0)
		return m;
	mc_memory_free(m);
	return NULL;
}

/* ---- joining it ---- */

static void hex(const unsigned char *token, char to[2 * TOKEN + 1])
{
	for (int i = 0; i < TOKEN; i++)
		(void)snprintf(to + 2 * i, 3, "%02x", token[i]);
}

/* The descriptor of a process is memory of ours, of a fixed size: only then is it opened. */
static int open_at(int64_t pid, int64_t fd)
{
	static const char kind[] = "/memfd:metacomm";
	char path[64], target[64] = "";
	struct stat st;

	(void)snprintf(path, sizeof path, "/proc/%lld/fd/%lld", (long long)pid, (long long)fd);
	if (readlink(path, target, sizeof target - 1) < 0 || strncmp(target, kind, sizeof kind - 1) != 0 ||
	    stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -1;
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Everything that is mapped stays there, and has room for what the offer says. */
static int is_whole(const struct mc_memory *m, int fd)
{
	const int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & F_SEAL_SHRINK) && fstat(fd, &st) == 0 && st.st_size >= 0 &&
	    (size_t)st.st_size == m->bytes;
}

static int read_offer(struct mc_memory *m, const struct mc_frame *f, int64_t *pid, int64_t *fd, char *token, size_t size)
{
	struct mc_map sizes;

	if (mc_map_int(&f->map, "pid", pid, NULL) < 0 || mc_map_int(&f->map, "fd", fd, NULL) < 0 ||
	    mc_map_str(&f->map, "token", token, size, NULL) < 0 || mc_map_map(&f->map, "elements", &sizes, NULL) < 0 ||
	    mc_map_int(&f->map, "places", &m->places, NULL) < 0 || m->places < 2 || m->places > MC_MEMORY_PLACES)
		return -1;
	for (int i = 0; i < NETS; i++) {
		int64_t n = 0;

		if (mc_map_int(&sizes, mc_net_name(nets[i]), &n, NULL) < 0 || n < 0 || n > INT32_MAX)
			return -1;
		m->elements[i] = (size_t)n;
	}
	m->bytes = size_of(m);
	return 0;
}

struct mc_memory *mc_memory_join(const struct mc_frame *offer)
{
	struct mc_memory *m = calloc(1, sizeof *m);
	char token[2 * TOKEN + 1], seen[2 * TOKEN + 1] = "";
	int64_t pid, at;
	int fd = -1;

	if (!m)
		return NULL;
	m->fd = -1;
	if (read_offer(m, offer, &pid, &at, token, sizeof token) == 0 && (fd = open_at(pid, at)) >= 0 &&
	    is_whole(m, fd) && map(m, fd) == 0)
		hex(m->head->token, seen);
	if (fd >= 0)
		(void)close(fd);
	if (m->head && strcmp(seen, token) == 0)
		return m;
	mc_memory_free(m);
	return NULL;
}

/* ---- the frames ---- */

static void begin(struct mc_fb *b, const char *program)
{
	mc_fb_begin(b, "memory");
	mc_fb_str(b, "program", program);
}

void mc_memory_build_offer(struct mc_fb *b, const char *program, const struct mc_memory *m)
{
	char token[2 * TOKEN + 1];

	hex(m->head->token, token);
	begin(b, program);
	mc_fb_int(b, "pid", getpid());
	mc_fb_int(b, "fd", m->fd);
	mc_fb_str(b, "token", token);
	mc_fb_int(b, "places", m->places);
	mc_fb_map(b, "elements");
	for (int i = 0; i < NETS; i++)
		mc_fb_uint(b, mc_net_name(nets[i]), m->elements[i]);
	mc_fb_close(b);
}

void mc_memory_build_reply(struct mc_fb *b, const char *program)
{
	char in[48], out[48];

	pipe_of(0, in);
	pipe_of(1, out);
	begin(b, program);
	mc_fb_str(b, "in", in);
	mc_fb_str(b, "out", out);
}

void mc_memory_build_agreed(struct mc_fb *b, const char *program)
{
	begin(b, program);
	mc_fb_bool(b, "agreed", 1);
}

enum mc_memory_frame mc_memory_kind(const struct mc_frame *f)
{
	return mc_map_has(&f->map, "agreed") ? MC_MEMORY_AGREED : mc_map_has(&f->map, "pid") ? MC_MEMORY_OFFER : MC_MEMORY_REPLY;
}

void mc_memory_note(struct mc_memory *m, const struct mc_frame *reply)
{
	char in[sizeof m->end], out[sizeof m->end];

	if (!m->end[0])
		return;
	if (mc_map_str(&reply->map, "in", in, sizeof in, NULL) < 0 || strcmp(in, m->end) != 0 ||
	    mc_map_str(&reply->map, "out", out, sizeof out, NULL) < 0)
		out[0] = 0;
	memcpy(m->end, out, sizeof out);
}

int mc_memory_closed(const struct mc_memory *m)
{
	char in[sizeof m->end];

	pipe_of(0, in);
	return in[0] && strcmp(in, m->end) == 0;
}

/* ---- parameters ---- */

/* Which of the nets p is; -1 if there is no room for it. */
static int index_of(const struct mc_memory *m, const struct mc_params *p)
{
	for (int i = 0; m && i < NETS; i++)
		if (nets[i] == p->net && m->elements[i] == p->size)
			return i;
	return -1;
}

int mc_memory_put(struct mc_memory *m, struct mc_fb *b, const struct mc_params *p, int64_t iteration)
{
	const int i = index_of(m, p);

	if (i < 0)
		return 0;
	memcpy(place(m, i, iteration), p->v, p->size * sizeof *p->v);
	m->head->iteration[i][turn(m, iteration)] = iteration;
	mc_fb_bool(b, "memory", 1);
	return 1;
}

int mc_memory_is_place(const struct mc_frame *f)
{
	return mc_map_has(&f->map, "memory");
}

mc_real *mc_memory_at(const struct mc_memory *m, const struct mc_frame *f, const struct mc_params *p, struct mc_err *e)
{
	const int i = index_of(m, p);
	int64_t iteration = -1;

	if (mc_map_int(&f->map, "iteration", &iteration, e) < 0)
		return NULL;
	if (i >= 0 && m->head->iteration[i][turn(m, iteration)] == iteration)
		return place(m, i, iteration);
	(void)mc_err_set(e, MC_DATA, f->place, f->offset, "was it recorded in a ring?",
	    "parameters of %s are in memory that is not there", mc_net_name(p->net));
	return NULL;
}
