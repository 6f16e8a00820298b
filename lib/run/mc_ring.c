#include "mc_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mc_io.h"
#include "mc_provenance.h"

/* ---- pipes and signals ---- */

int mc_ring_refuse_terminal(struct mc_err *e)
{
	if (!isatty(1))
		return 0;
	return mc_err_set(e, MC_USAGE, "<stdout>", -1, "pipe it on, to mc-cat for example",
	    "frames are binary, and this is a terminal");
}

int mc_filter_refuse_terminal(struct mc_err *e)
{
	if (!isatty(0))
		return 0;
	return mc_err_set(e, MC_USAGE, "<stdin>", -1, "make a ring (see the page's EXAMPLES), or use mc-train",
	    "frames are binary, and this is a terminal");
}

/* The one place with process-wide state: a signal has no other address. */
static volatile sig_atomic_t stop_signal, checkpoint_signal;

static void on_stop(int sig)
{
	stop_signal = sig;
}

static void on_checkpoint(int sig)
{
	(void)sig;
	checkpoint_signal = 1;
}

static void handle(int sig, void (*handler)(int))
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_handler = handler;
	a.sa_flags = SA_RESTART;
	sigemptyset(&a.sa_mask);
	(void)sigaction(sig, &a, NULL);
}

static void refused(const char *program, const struct mc_err *e)
{
	struct mc_err ignored;
	char text[600];

	if (isatty(1))
		return;
	handle(SIGPIPE, SIG_IGN);
	struct mc_fb *b = mc_fb_new(&ignored);
	struct mc_out *out = b ? mc_out_fd(1, "<stdout>", &ignored) : NULL;

	mc_err_line(e, program, text, sizeof text);
	if (out && mc_out_end(out, b, program, text, &ignored) == 0)
		(void)mc_out_flush(out, &ignored);
	if (out)
		(void)mc_out_close(out, &ignored);
	mc_fb_free(b);
}

int mc_ring_program(const char *name, int argc, char **argv,
    int (*body)(int argc, char **argv, int *streaming, struct mc_err *e), struct mc_err *e)
{
	int streaming = 0;
	const int r = body(argc, argv, &streaming, e);

	if (r < 0 && !streaming)
		refused(name, e);
	return r;
}

void mc_signals_catch(void)
{
	handle(SIGINT, on_stop);
	handle(SIGTERM, on_stop);
	handle(SIGHUP, on_stop);
	handle(SIGUSR1, on_checkpoint);
	handle(SIGPIPE, SIG_IGN);
}

int mc_signal_stop(void)
{
	return stop_signal;
}

int mc_signal_checkpoint(void)
{
	if (!checkpoint_signal)
		return 0;
	checkpoint_signal = 0;
	return 1;
}

int mc_ring_broken(const struct mc_in *in, const char *upstream, struct mc_err *e)
{
	(void)mc_err_set(e, MC_TEMPFAIL, "<stdin>", mc_in_offset(in), "run it again to continue from the last checkpoint",
	    "%s ended without a message, after %llu complete frames", upstream[0] ? upstream : "the program before this one",
	    (unsigned long long)mc_in_frames(in));
	e->quiet = getenv("MC_SUPERVISED") != NULL;
	return -1;
}

/* ---- files ---- */

static void put_files(struct mc_fb *b, const char *key, const struct mc_file_use *use, size_t n, int writes)
{
	char identity[4600];

	mc_fb_map(b, key);
	for (size_t i = 0; i < n; i++)
		if (use[i].writes == writes && mc_file_identity(use[i].path, identity, sizeof identity) == 0)
			mc_fb_str(b, use[i].name, identity);
	mc_fb_close(b);
}

void mc_ring_files_build(struct mc_fb *b, const char *program, const struct mc_file_use *use, size_t n)
{
	mc_fb_begin(b, "files");
	mc_fb_str(b, "program", program);
	put_files(b, "reads", use, n, 0);
	put_files(b, "writes", use, n, 1);
}

static int clashes(const struct mc_ring_files *s, size_t i, struct mc_err *e)
{
	for (size_t j = 0; j < i; j++)
		if ((s->at[i].writes || s->at[j].writes) && strcmp(s->at[i].identity, s->at[j].identity) == 0) {
			const size_t out = s->at[i].writes ? i : j, other = i + j - out;

			return mc_err_set(e, MC_USAGE, "the ring", -1, "name another file", "%s of %s would write the file that %s of %s %s",
			    s->at[out].name, s->at[out].program, s->at[other].name, s->at[other].program,
			    s->at[other].writes ? "writes, too" : "reads");
		}
	return 0;
}

int mc_ring_files_add(struct mc_ring_files *s, const struct mc_frame *f, char program[24], struct mc_err *e)
{
	static const char *const keys[] = { "reads", "writes" };
	struct mc_map m;

	if (!s->at && !(s->at = calloc(MC_RING_FILES, sizeof *s->at)))
		return mc_err_nomem(e, "files of the ring", MC_RING_FILES * sizeof *s->at);
	if (mc_map_str(&f->map, "program", program, 24, e) < 0)
		return -1;
	for (int writes = 0; writes < 2; writes++) {
		if (mc_map_map(&f->map, keys[writes], &m, e) < 0)
			return -1;
		for (size_t i = 0; i < mc_map_count(&m) && s->n < MC_RING_FILES; i++) {
			(void)mc_map_at(&m, i, s->at[s->n].name, sizeof s->at->name);
			(void)snprintf(s->at[s->n].program, sizeof s->at->program, "%s", program);
			s->at[s->n].writes = writes;
			if (mc_map_str(&m, s->at[s->n].name, s->at[s->n].identity, sizeof s->at->identity, e) < 0 ||
			    clashes(s, s->n++, e) < 0)
				return -1;
		}
	}
	return 0;
}

void mc_ring_files_free(struct mc_ring_files *s)
{
	free(s->at);
	memset(s, 0, sizeof *s);
}

/* ---- a frame that outlives its stream ---- */

int mc_saved_take(struct mc_saved *s, const struct mc_frame *f, struct mc_err *e)
{
	mc_saved_free(s);
	s->bytes = malloc(f->len);
	if (!s->bytes)
		return mc_err_nomem(e, f->type, f->len);
	memcpy(s->bytes, f->bytes, f->len);
	s->in = mc_in_memory(s->bytes, f->len, f->place, MC_IN_BARE, f->len, e);
	return s->in && mc_in_frame(s->in, &s->frame, e) == MC_READ_FRAME ? 0 : -1;
}

void mc_saved_free(struct mc_saved *s)
{
	mc_in_close(s->in);
	free(s->bytes);
	memset(s, 0, sizeof *s);
}

/* ---- the filter loop ---- */

int mc_filter_send(struct mc_filter *f, struct mc_err *e)
{
	return mc_out_built(f->out, f->fb, e);
}

int mc_filter_flush(struct mc_filter *f, struct mc_err *e)
{
	return mc_out_flush(f->out, e);
}

int mc_filter_params(struct mc_filter *f, const struct mc_params *p, int target, int64_t iteration, int inside,
    struct mc_err *e)
{
	char net[32];

	(void)snprintf(net, sizeof net, "%s%s", target ? "target." : "", mc_net_name(p->net));
	mc_fb_begin(f->fb, "params");
	mc_fb_str(f->fb, "net", net);
	mc_fb_int(f->fb, "iteration", iteration);
	if (inside || target || !f->agreed || !mc_memory_put(f->memory, f->fb, p, iteration))
		mc_params_pack(f->fb, "params", p, p->v);
	return mc_filter_send(f, e);
}

int mc_filter_take(const struct mc_filter *f, const struct mc_frame *frame, const struct mc_params *p, mc_real *v,
    struct mc_err *e)
{
	if (!mc_memory_is_place(frame))
		return mc_params_unpack(&frame->map, "params", p, v, e);
	const mc_real *from = mc_memory_at(f->memory, frame, p, e);

	if (!from)
		return -1;
	memcpy(v, from, p->size * sizeof *v);
	return 0;
}

/* mc-rollout offers memory, or says that all can use it. */
static int note_memory(struct mc_filter *f, const struct mc_frame *in, struct mc_err *e)
{
	const enum mc_memory_frame kind = mc_memory_kind(in);

	f->agreed |= kind == MC_MEMORY_AGREED && f->memory;
	if (kind != MC_MEMORY_OFFER || f->memory || !(f->memory = mc_memory_join(in)))
		return 0;
	mc_memory_build_reply(f->fb, f->name);
	return mc_filter_send(f, e);
}

static int pass_header(struct mc_filter *f, const struct mc_frame *in, struct mc_err *e)
{
	if (f->has_header && !f->plain)
		return mc_err_set(e, MC_DATA, "<stdin>", in->offset, NULL, "a second header: a ring has one");
	f->has_header = 1;
	if (mc_map_has(&in->map, "from") &&
	    mc_map_str(&in->map, "from", f->upstream, sizeof f->upstream, e) < 0)
		return -1;
	if (f->upstream[0] && strncmp(f->upstream, "mc-", 3) != 0)
		mc_in_from(f->in, f->upstream);    /* a program of the user's: what is wrong is its doing */
	mc_fb_begin(f->fb, "header");
	if (f->header(f->ctx, in, f->fb, e) < 0 || mc_filter_send(f, e) < 0)
		return -1;
	mc_provenance_build(f->fb, f->name, f->argc, f->argv, f->threads);
	if (mc_filter_send(f, e) < 0)
		return -1;
	if (f->plain)
		return 0;
	mc_ring_files_build(f->fb, f->name, f->files, f->nfiles);
	return mc_filter_send(f, e);
}

/* *done: nothing follows this `end`. */
static int pass_end(struct mc_filter *f, const struct mc_frame *in, int *status, int *done, struct mc_err *e)
{
	struct mc_map error;
	char program[32] = "", text[600] = "";

	*status = 0;
	if (mc_map_has(&in->map, "error")) {
		*status = MC_TEMPFAIL;
		if (mc_map_map(&in->map, "error", &error, e) < 0 ||
		    mc_map_str(&error, "program", program, sizeof program, e) < 0 ||
		    mc_map_str(&error, "text", text, sizeof text, e) < 0)
			return -1;
	} else if (f->end && f->end(f->ctx, e) < 0)
		return -1;
	*done = !f->plain || *status != 0;
	return mc_out_end(f->out, f->fb, program[0] ? program : NULL, text, e);
}

static int handled(struct mc_filter *f, const struct mc_frame *in, struct mc_err *e)
{
	static const char *const types[] = { "trajectory", "params", "state", "barrier" };
	int (*const by[])(void *, const struct mc_frame *, struct mc_err *) =
	    { f->trajectory, f->params, f->state, f->barrier };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (!by[i] || strcmp(in->type, types[i]) != 0)
			continue;
		if (!f->has_header)
			return mc_err_set(e, MC_DATA, "<stdin>", in->offset, NULL, "a %s before the header", in->type);
		return by[i](f->ctx, in, e);
	}
	return 0;
}

/*
 * Which checkpoint is on the disk: the one from which the ring continues, which comes as states, or
 * that of the last barrier; as soon as a trajectory follows. The barrier that begins a new run has none.
 */
static int note_checkpoint(struct mc_filter *f, const struct mc_frame *in, struct mc_err *e)
{
	const int is_barrier = strcmp(in->type, "barrier") == 0;

	if (strcmp(in->type, "trajectory") == 0)
		f->committed = f->passing;
	if (!is_barrier && strcmp(in->type, "state") != 0)
		return 0;
	if (mc_map_int(&in->map, "iteration", &f->passing, e) < 0)
		return -1;
	if (is_barrier && f->passing == 0 && !f->begun) {
		f->begun = 1;
		f->passing = -1;
	}
	return 0;
}

static void name_checkpoint(const struct mc_filter *f, struct mc_err *e)
{
	char advice[sizeof e->hint];

	memcpy(advice, e->hint, sizeof advice);
	if (f->committed < 0)
		(void)snprintf(e->hint, sizeof e->hint, "there is no checkpoint yet; %.180s", advice);
	else
		(void)snprintf(e->hint, sizeof e->hint, "the checkpoint of iteration %lld stands; %.180s",
		    (long long)f->committed, advice);
}

static int pass_frame(struct mc_filter *f, const struct mc_frame *in, struct mc_err *e)
{
	if (strcmp(in->type, "checkpoint") == 0)
		return mc_err_set(e, MC_DATA, in->place, in->offset, "pipe trajectories in: mc-rollout --load CKPT",
		    "is a checkpoint, not a stream");
	if (!f->plain && strcmp(in->type, "memory") == 0 && note_memory(f, in, e) < 0)
		return -1;
	if (strcmp(in->type, "barrier") == 0)    /* nets and state go ahead of it */
		return handled(f, in, e) < 0 || mc_out_forward(f->out, in, e) < 0 ? -1 : note_checkpoint(f, in, e);
	if (!f->plain && note_checkpoint(f, in, e) < 0)
		return -1;
	if (mc_out_forward(f->out, in, e) < 0 || mc_out_flush(f->out, e) < 0)
		return -1;
	return handled(f, in, e);
}

static int filter_loop(struct mc_filter *f, int *status, struct mc_err *e)
{
	struct mc_frame in;
	enum mc_read got = MC_READ_END;
	int done = 0;

	while (!done && (got = mc_in_frame(f->in, &in, e)) == MC_READ_FRAME) {
		int r = 0;

		if (strcmp(in.type, "header") == 0)
			r = pass_header(f, &in, e);
		else if (strcmp(in.type, "end") == 0)
			r = pass_end(f, &in, status, &done, e);
		else
			r = pass_frame(f, &in, e);
		if (r < 0)
			return -1;
		if (mc_out_flush(f->out, e) < 0)
			return -1;
	}
	if (done || (f->plain && got == MC_READ_END))
		return 0;
	if (!f->plain && (got == MC_READ_END || mc_in_cut(f->in)))
		return mc_ring_broken(f->in, f->upstream, e);
	return -1;
}

int mc_filter_run(struct mc_filter *f, struct mc_err *e)
{
	struct mc_err ignored = { 0 };
	char text[600];
	int status = 0;

	f->passing = f->committed = -1;
	if (!f->plain) {
		handle(SIGINT, SIG_IGN);
		handle(SIGTERM, SIG_IGN);
		handle(SIGHUP, SIG_IGN);
		handle(SIGUSR1, SIG_IGN);
		handle(SIGPIPE, SIG_IGN);
	}
	mc_io_widen(0);
	mc_io_widen(1);
	f->in = mc_in_fd(0, "<stdin>", 0, f->max_frame, e);
	f->out = f->in ? mc_out_fd(1, "<stdout>", e) : NULL;
	f->fb = f->out ? mc_fb_new(e) : NULL;
	int r = f->fb ? filter_loop(f, &status, e) : -1;

	if (r < 0 && e->diverged && !f->plain)
		name_checkpoint(f, e);
	if (r < 0 && f->fb) {
		mc_err_line(e, f->name, text, sizeof text);
		(void)mc_out_end(f->out, f->fb, f->name, text, &ignored);
	}
	if (f->out && mc_out_close(f->out, r < 0 ? &ignored : e) < 0)
		r = -1;
	mc_in_close(f->in);
	mc_fb_free(f->fb);
	mc_memory_free(f->memory);
	return r < 0 ? -1 : status;
}

/* ---- the queue ---- */

struct item {
	struct item *next;
	size_t len;
	unsigned char bytes[];
};

struct mc_queue {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct item *first, **last;
	int closing;
	int broken;            /* errno of a failed write; EPIPE when the reader is gone. fd is closed */
	uint64_t frames;
};

static void *write_queue(void *arg)
{
	struct mc_queue *q = arg;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		while (!q->first && !q->closing)
			pthread_cond_wait(&q->more, &q->lock);
		struct item *x = q->first;

		if (!x)
			break;
		q->first = x->next;
		if (!q->first)
			q->last = &q->first;
		const int skip = q->broken;
		pthread_mutex_unlock(&q->lock);
		const int bad = skip || mc_io_write(q->fd, x->bytes, x->len) == 0 ? 0 : errno;
		free(x);
		pthread_mutex_lock(&q->lock);
		if (bad) {             /* the next program must see it, or the ring would wait for ever */
			q->broken = bad;
			(void)close(q->fd);
		}
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

struct mc_queue *mc_queue_new(int fd, struct mc_err *e)
{
	struct mc_queue *q = calloc(1, sizeof *q);
	sigset_t all, old;

	if (!q) {
		(void)mc_err_nomem(e, "queue", sizeof *q);
		return NULL;
	}
	q->fd = fd;
	q->last = &q->first;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->more, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	const int bad = pthread_create(&q->thread, NULL, write_queue, q);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!bad)
		return q;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->more);
	free(q);
	errno = bad;
	(void)mc_err_errno(e, MC_OSERR, NULL, NULL, "cannot start the writer thread");
	return NULL;
}

int mc_queue_send(struct mc_queue *q, struct mc_fb *b, struct mc_err *e)
{
	const unsigned char *bytes;
	size_t len;

	if (mc_fb_end(b, 0, &bytes, &len, e) < 0)
		return -1;
	struct item *x = malloc(sizeof *x + len);

	if (!x)
		return mc_err_nomem(e, "frame", len);
	x->next = NULL;
	x->len = len;
	memcpy(x->bytes, bytes, len);
	pthread_mutex_lock(&q->lock);
	*q->last = x;
	q->last = &x->next;
	q->frames++;
	const int broken = q->broken;
	pthread_cond_signal(&q->more);
	pthread_mutex_unlock(&q->lock);
	if (broken && broken != EPIPE) {
		errno = broken;
		return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	}
	return 0;
}

uint64_t mc_queue_frames(const struct mc_queue *q)
{
	return q->frames;
}

int mc_queue_close(struct mc_queue *q, struct mc_err *e)
{
	if (!q)
		return 0;
	pthread_mutex_lock(&q->lock);
	q->closing = 1;
	pthread_cond_signal(&q->more);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	const int broken = q->broken;
	const int bad = !broken && close(q->fd) < 0 ? errno : 0;

	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->more);
	free(q);
	if ((broken && broken != EPIPE) || bad) {
		errno = broken ? broken : bad;
		return mc_err_errno(e, MC_IOERR, "<stdout>", NULL, "cannot write");
	}
	return 0;
}
