#include "mc_analyse.h"

#include <string.h>
#include <unistd.h>

#include "mc_advantage.h"
#include "mc_ckpt.h"
#include "mc_header.h"
#include "mc_meta.h"
#include "mc_reinforce.h"
#include "mc_ring.h"
#include "mc_rule.h"
#include "mc_traj.h"

struct analyse {
	struct mc_filter filter;
	const struct mc_analyse_opts *opts;
	struct mc_ckpt ckpt;
	struct mc_dims initial_dims;        /* dims with the other rule's hidden width */
	struct mc_params comm, rule, initial, baseline; /* v = NULL: there is none */
	struct mc_moments moments, initial_moments; /* of the rewards; the other rule sees the first where there are any */
	int64_t n_step;
	struct mc_traj traj;
	struct mc_advantage advantage;
	struct mc_arena arena, scratch;
};

/* ---- the checkpoints ---- */

/* The n of the n-step return that the baseline was fitted to. */
static int read_baseline(struct analyse *x, struct mc_err *e)
{
	struct mc_map own;

	if (!mc_ckpt_has(&x->ckpt, "baseline"))
		return 0;
	if (mc_ckpt_params(&x->ckpt, "baseline", &x->baseline, &x->arena, e) < 0 ||
	    mc_map_map(&x->ckpt.header_map, "mc-metalearn", &own, e) < 0 ||
	    mc_map_int(&own, "n_step", &x->n_step, e) < 0)
		return -1;
	if (x->n_step < 1 || x->n_step > 1 << 20)
		return mc_err_set(e, MC_DATA, x->opts->ckpt, -1, NULL, "header: n_step is %lld, want 1 to %d",
		    (long long)x->n_step, 1 << 20);
	return 0;
}

/* The rewards' moments with which its rule was learned; all 0 where it has seen none. */
static int read_moments(const struct mc_ckpt *c, struct mc_moments *m, struct mc_err *e)
{
	struct mc_map own;

	if (!mc_map_has(&c->state, "mc-metalearn"))
		return 0;
	return mc_map_map(&c->state, "mc-metalearn", &own, e) < 0 || mc_moments_unpack(&own, m, e) < 0 ? -1 : 0;
}

/* Another checkpoint's rule: of another task if need be, but for as many agents. */
static int read_initial(struct analyse *x, struct mc_err *e)
{
	struct mc_ckpt c;

	if (!x->opts->initial)
		return 0;
	if (mc_ckpt_open(&c, x->opts->initial, x->opts->max_frame, e) < 0)
		return -1;
	int r = mc_ckpt_params(&c, "rule", &x->initial, &x->arena, e);

	x->initial_dims = x->ckpt.header.dims;
	x->initial_dims.R = c.header.dims.R;
	x->initial_dims.rule = c.header.dims.rule;
	const size_t width = mc_rule_width(&c.header.dims), want = mc_rule_width(&x->initial_dims);

	if (r == 0 && width != want)
		r = mc_usage(e, "--initial", "take one that was learned with as many agents",
		    "%s has a rule of width %zu (%s), %s one of %zu (%s)", x->opts->initial, width, c.header.task,
		    x->opts->ckpt, want, x->ckpt.header.task);
	if (r == 0 && mc_rule_needs_advantage(&x->initial_dims.rule) && !x->baseline.v)
		r = mc_usage(e, "--initial", NULL, "%s has a rule that is given G - V, but %s has no baseline",
		    x->opts->initial, x->opts->ckpt);
	if (r == 0 && x->initial_dims.rule.normal)
		r = read_moments(&c, &x->initial_moments, e);
	mc_ckpt_close(&c);
	return r;
}

static int read_checkpoints(struct analyse *x, struct mc_err *e)
{
	if (mc_ckpt_open(&x->ckpt, x->opts->ckpt, x->opts->max_frame, e) < 0 ||
	    mc_ckpt_params(&x->ckpt, "rule", &x->rule, &x->arena, e) < 0 ||
	    mc_ckpt_params(&x->ckpt, "comm", &x->comm, &x->arena, e) < 0 ||
	    (x->ckpt.header.dims.rule.normal && read_moments(&x->ckpt, &x->moments, e) < 0) ||
	    read_baseline(x, e) < 0 || read_initial(x, e) < 0)
		return -1;
	return mc_traj_new(&x->traj, &x->ckpt.header.dims, &x->arena, e) < 0 ? -1 :
	    mc_advantage_new(&x->advantage, &x->ckpt.header.dims, x->baseline.v != NULL, x->initial.v != NULL,
	    &x->arena, e);
}

/* ---- the stream ---- */

/* The header is passed on as it came: it states the run, and nothing here changes that. */
static int on_header(void *ctx, const struct mc_frame *f, struct mc_fb *b, struct mc_err *e)
{
	const struct analyse *x = ctx;
	const struct mc_dims *want = &x->ckpt.header.dims;
	struct mc_header h;

	if (mc_header_read(&f->map, &h, e) < 0)
		return -1;
	const struct mc_dims *is = &h.dims;

	if (is->N != want->N || is->T != want->T || is->O != want->O || is->A != want->A)
		return mc_usage(e, "--analyse", "give the checkpoint of the run that acts",
		    "%s has nets for %zu agents, %zu observations, %zu actions, %zu steps (%s); the stream has "
		    "%zu, %zu, %zu, %zu (%s)", x->opts->ckpt, want->N, want->O, want->A, want->T, x->ckpt.header.task,
		    is->N, is->O, is->A, is->T, h.task);
	mc_fb_copy_all(b, &f->map);
	return 0;
}

static struct mc_sweep_told told(const struct mc_moments *m, const struct mc_advantage *a)
{
	return (struct mc_sweep_told){ .mean = m->mean, .scale = m->n > 0 ? mc_moments_scale(m) : 1,
		.advantage = a->reinforce.raw };
}

/* The raw advantages of the trajectory at hand. A rule may be given REINFORCE's, which so come first. */
static int find_advantages(struct analyse *x, struct mc_err *e)
{
	const struct mc_header *h = &x->ckpt.header;
	struct mc_advantage *a = &x->advantage;
	const struct mc_sweep_told own = told(&x->moments, a);
	const struct mc_sweep_told other = x->moments.n > 0 ? own : told(&x->initial_moments, a);

	if (x->baseline.v && mc_reinforce_advantage(&h->dims, &x->baseline, &x->traj, h->gamma, (int)x->n_step,
	    a->reinforce.raw, &x->scratch, e) < 0)
		return -1;
	if (mc_meta_advantage(&h->dims, &x->comm, &x->rule, &x->traj, &own, h->gamma, a->learned.raw, NULL,
	    &x->scratch, e) < 0)
		return -1;
	return !x->initial.v ? 0 : mc_meta_advantage(&x->initial_dims, &x->comm, &x->initial, &x->traj, &other,
	    h->gamma, a->initial.raw, NULL, &x->scratch, e);
}

static int on_trajectory(void *ctx, const struct mc_frame *f, struct mc_err *e)
{
	struct analyse *x = ctx;
	struct mc_advantage *a = &x->advantage;

	if (mc_traj_unpack(f, &x->traj, e) < 0 || find_advantages(x, e) < 0)
		return -1;
	a->iteration = x->traj.iteration;
	a->episode = x->traj.episode;
	memcpy(a->m, x->traj.m, a->T * a->N * a->d);
	mc_advantage_finish(a);
	mc_advantage_pack(x->filter.fb, a);
	return mc_filter_send(&x->filter, e);
}

int mc_analyse(const struct mc_analyse_opts *o, int *streaming, struct mc_err *e)
{
	struct analyse x = { .opts = o };
	int r = -1;

	if (isatty(0)) {
		(void)mc_usage(e, "<stdin>", "mc-rollout --load CKPT | mc-metalearn --analyse CKPT", "is a terminal");
		return -1;
	}
	if (read_checkpoints(&x, e) == 0) {
		x.filter = (struct mc_filter){ .name = "mc-metalearn", .argc = o->argc, .argv = o->argv, .threads = 1,
			.max_frame = o->max_frame, .plain = 1, .ctx = &x, .header = on_header, .trajectory = on_trajectory };
		*streaming = 1;
		r = mc_filter_run(&x.filter, e);
	}
	mc_ckpt_close(&x.ckpt);
	mc_arena_free(&x.arena);
	mc_arena_free(&x.scratch);
	return r;
}
