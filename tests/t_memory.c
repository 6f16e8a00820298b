/* Memory that a ring shares: who can open it, when a ring is closed, parameters in their places. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "mc_memory.h"
#include "tap.h"

static const struct mc_dims dims = { .N = 2, .d = 1, .T = 1, .O = 3, .A = 2, .H = 4, .R = 4 };
static struct mc_fb *fb;
static struct mc_in *in;
static struct mc_frame frame;

/* The frame on fb, read. */
static const struct mc_frame *read_back(void)
{
	const unsigned char *bytes;
	size_t len;

	mc_in_close(in);
	(void)mc_fb_end(fb, 0, &bytes, &len, NULL);
	in = mc_in_memory(bytes, len, "t", MC_IN_BARE, MC_FRAME_MAX, NULL);
	return mc_in_frame(in, &frame, NULL) == MC_READ_FRAME ? &frame : NULL;
}

/* An offer of memory that this process has as `fd`, but for what is given in place of -1 and NULL. */
static struct mc_memory *join(int64_t pid, int64_t fd, const char *token, int64_t policy)
{
	struct mc_arena arena = { 0 };
	struct mc_params p;
	struct mc_memory *m;

	mc_params_layout(&p, MC_NET_POLICY, &dims);
	mc_fb_begin(fb, "memory");
	mc_fb_str(fb, "program", "t");
	mc_fb_int(fb, "pid", pid < 0 ? getpid() : pid);
	mc_fb_int(fb, "fd", fd);
	mc_fb_str(fb, "token", token);
	mc_fb_int(fb, "places", 2);
	mc_fb_map(fb, "elements");
	mc_fb_int(fb, "policy", policy < 0 ? (int64_t)p.size : policy);
	mc_fb_int(fb, "comm", 0);
	mc_fb_close(fb);
	m = mc_memory_join(read_back());
	mc_arena_free(&arena);
	return m;
}

static int cannot(int64_t pid, int64_t fd, const char *token, int64_t policy)
{
	struct mc_memory *m = join(pid, fd, token, policy);

	mc_memory_free(m);
	return m == NULL;
}

static void joining(void)
{
	struct mc_memory *m = mc_memory_new(&dims, 0, 2), *joined;
	char token[64], wrong[64];
	int64_t fd = -1;

	mc_memory_build_offer(fb, "t", m);
	const struct mc_frame *offer = read_back();

	ok(mc_memory_kind(offer) == MC_MEMORY_OFFER, "an offer");
	(void)mc_map_int(&offer->map, "fd", &fd, NULL);
	(void)mc_map_str(&offer->map, "token", token, sizeof token, NULL);
	joined = mc_memory_join(offer);
	ok(joined != NULL, "who can open it joins");
	mc_memory_free(joined);

	memcpy(wrong, token, sizeof wrong);
	wrong[0] = wrong[0] == '0' ? '1' : '0';
	joined = join(-1, fd, token, -1);
	ok(joined != NULL, "by what the offer says");
	mc_memory_free(joined);
	ok(cannot(-1, fd, wrong, -1), "not with another token: a process of that number elsewhere");
	ok(cannot(-1, fd, token, 7), "not with other sizes");
	ok(cannot(1 << 22, fd, token, -1), "not of a process that is not there");
	const int other = open("/dev/null", O_RDWR | O_CLOEXEC);

	ok(cannot(-1, other, token, -1), "nothing but such memory is opened");
	close(other);
	mc_memory_free(m);
	ok(cannot(-1, fd, token, -1), "and it is gone with its last process");
}

/* A reply of a program with these as standard input and output. */
static void reply(struct mc_memory *m, int from, int to)
{
	dup2(from, 0);
	dup2(to, 1);
	mc_memory_build_reply(fb, "t");
	mc_memory_note(m, read_back());
}

/*
 * Rings of three, with pipes a, b and c: what is it that stands between? The program's own output goes to
 * where it was at the end.
 */
static int closed(int skip, int tee)
{
	const int in0 = dup(0), out1 = dup(1);
	int a[2], b[2], c[2], d[2];

	if (pipe(a) < 0 || pipe(b) < 0 || pipe(c) < 0 || pipe(d) < 0)
		return -1;
	dup2(c[0], 0);
	dup2(a[1], 1);
	struct mc_memory *m = mc_memory_new(&dims, 1, 2);

	reply(m, a[0], b[1]);
	if (!skip)
		reply(m, tee ? d[0] : b[0], c[1]);
	dup2(c[0], 0);
	dup2(a[1], 1);
	const int is = mc_memory_closed(m);

	dup2(in0, 0);
	dup2(out1, 1);
	for (int i = 0; i < 2; i++)
		close(a[i]), close(b[i]), close(c[i]), close(d[i]);
	close(in0);
	close(out1);
	mc_memory_free(m);
	return is;
}

static void rings(void)
{
	const int whole = closed(0, 0), less = closed(1, 0), tee = closed(0, 1);

	ok(whole == 1, "every output is the next one's input: closed");
	ok(less == 0, "a program that did not reply: not closed");
	ok(tee == 0, "another pipe between two: not closed");
}

static const struct mc_frame *params_frame(struct mc_memory *m, const struct mc_params *p, int64_t iteration, int *put)
{
	mc_fb_begin(fb, "params");
	mc_fb_str(fb, "net", mc_net_name(p->net));
	mc_fb_int(fb, "iteration", iteration);
	*put = mc_memory_put(m, fb, p, iteration);
	return read_back();
}

static void places(void)
{
	struct mc_memory *m = mc_memory_new(&dims, 1, 2), *other;
	struct mc_arena arena = { 0 };
	struct mc_params p, comm, critic;
	struct mc_err e = { 0 };
	int put;

	mc_memory_build_offer(fb, "t", m);
	other = mc_memory_join(read_back());
	(void)mc_params_new(&p, MC_NET_POLICY, &dims, &arena, NULL);
	(void)mc_params_new(&comm, MC_NET_COMM, &dims, &arena, NULL);
	(void)mc_params_new(&critic, MC_NET_CRITIC, &dims, &arena, NULL);
	mc_params_init(&p, 1, 1);
	mc_params_init(&comm, 2, 1);
	const struct mc_frame *f = params_frame(other, &p, 7, &put);
	const mc_real *seven = mc_memory_at(m, f, &p, &e);

	ok(put && mc_memory_is_place(f), "a frame that says where they are");
	ok(seven && memcmp(seven, p.v, p.size * sizeof *p.v) == 0, "and there they are, for the other one");
	const mc_real was = seven[0];

	f = params_frame(other, &comm, 7, &put);
	const mc_real *c = mc_memory_at(m, f, &comm, &e);

	ok(put && c && memcmp(c, comm.v, comm.size * sizeof *c) == 0 && seven[0] == was, "each net has a place of its own");
	p.v[0] += 1;
	f = params_frame(other, &p, 8, &put);
	const mc_real *eight = mc_memory_at(m, f, &p, &e);

	ok(eight && eight != seven && eight[0] == was + 1 && seven[0] == was, "the next iteration leaves the last one's");
	f = params_frame(NULL, &p, 9, &put);
	ok(!put && !mc_memory_is_place(f), "without memory they are for the frame");
	(void)params_frame(m, &critic, 9, &put);
	ok(!put, "and so is a net that has no place");
	mc_fb_begin(fb, "params");
	mc_fb_int(fb, "iteration", 9);
	mc_fb_bool(fb, "memory", 1);
	f = read_back();
	ok(!mc_memory_at(m, f, &p, &e) && e.code == MC_DATA, "an iteration that is not there is bad data");
	ok(!mc_memory_at(NULL, f, &p, &e) && e.code == MC_DATA, "and so is a frame of a ring that is no more");
	mc_memory_free(other);
	mc_memory_free(m);
	mc_arena_free(&arena);
}

/* Three places: that of an iteration is there until the next but two. */
static void lagging(void)
{
	struct mc_memory *m = mc_memory_new(&dims, 1, 3), *other;
	struct mc_arena arena = { 0 };
	struct mc_params p;
	const mc_real *at[4] = { NULL };
	int put = 1, all = 1;

	mc_memory_build_offer(fb, "t", m);
	other = mc_memory_join(read_back());
	(void)mc_params_new(&p, MC_NET_POLICY, &dims, &arena, NULL);
	for (int k = 0; k < 3; k++) {
		p.v[0] = (mc_real)k;
		const struct mc_frame *f = params_frame(other, &p, 7 + k, &put);

		at[k] = mc_memory_at(m, f, &p, NULL);
		all &= put && at[k];
	}
	ok(all && at[0][0] == 0 && at[1][0] == 1 && at[2][0] == 2, "with three places three iterations are there");
	p.v[0] = 3;
	at[3] = mc_memory_at(m, params_frame(other, &p, 10, &put), &p, NULL);
	ok(at[3] == at[0] && at[0][0] == 3 && at[1][0] == 1 && at[2][0] == 2, "the fourth takes the first one's");
	mc_memory_free(other);
	mc_memory_free(m);
	mc_arena_free(&arena);
}

int main(void)
{
	fb = mc_fb_new(NULL);
	joining();
	rings();
	places();
	lagging();
	mc_in_close(in);
	mc_fb_free(fb);
	return tap_done();
}
