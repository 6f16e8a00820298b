/*
 * The learner on a device against the one on the processor: the same draws, the same nets after many
 * updates as far as the scalar type goes, the same bytes from one run to the next and in whatever
 * order the kernels' elements are computed; figures, states that pass from one to the other, divergence,
 * and too little memory. On the stand-in of device_host.h; with MC_DEVICE=cuda in a build with CUDA
 * on the card, if there is one.
 */
#include <stdlib.h>

#include "device_host.h"
#include "mc_blas.h"
#include "mc_cuda.h"
#include "mc_learner_cpu.h"
#include "mc_learner_device.h"
#include "mc_rng.h"
#include "tap.h"

static const struct mc_dims three = { .N = 3, .d = 2, .T = 5, .O = 7, .A = 2, .H = 16, .R = 16 };

enum { IN_DOUBLE = sizeof(mc_real) == sizeof(double), UPDATES = 60 };

static int on_card;

static struct mc_device *open_device(void)
{
	struct mc_err e = { 0 };
	struct mc_device *dev = on_card ? mc_cuda_open(0, &e) : device_host_open(0);

	if (!dev) {
		diag("%s", e.what);
		exit(1);
	}
	return dev;
}

/* A learner of either kind, and the communication nets that it is given. */
struct rig {
	struct mc_learner *l;
	struct mc_device *dev;        /* NULL: on the processor */
	struct mc_pool *pool;
	struct mc_arena arena;
	struct mc_params comm;
	struct mc_dims x;
	struct mc_learner_opts o;
};

static struct mc_learner_opts options(enum mc_decide decide)
{
	struct mc_learner_opts o;

	mc_learner_defaults(&o);
	o.decide = decide;
	o.seed = 5;
	o.B = 150;
	o.replay = 400;
	return o;
}

static void rig_init(struct rig *r)
{
	struct mc_err e = { 0 };

	r->l = r->dev ? mc_learner_device_new(&r->x, &r->o, r->dev, &e) : mc_learner_cpu_new(&r->x, &r->o, r->pool, &e);
	if (!r->l || mc_params_new(&r->comm, MC_NET_COMM, &r->x, &r->arena, &e) < 0) {
		diag("%s", e.what);
		exit(1);
	}
	mc_learner_init(r->l);
	mc_params_init(&r->comm, 9, 3);
	if (r->o.decide == MC_LEARNED && !r->o.stgs)
		mc_learner_take_comm(r->l, r->comm.v, 0);
}

static struct rig on_processor(const struct mc_dims *x, struct mc_learner_opts o)
{
	struct mc_err e;
	struct rig r = { .x = *x, .o = o, .pool = mc_pool_new(1, &e) };

	rig_init(&r);
	return r;
}

static struct rig on_device(const struct mc_dims *x, struct mc_learner_opts o)
{
	struct rig r = { .x = *x, .o = o, .dev = open_device() };

	rig_init(&r);
	return r;
}

static void rig_free(struct rig *r)
{
	mc_learner_free(r->l);
	mc_device_close(r->dev);
	mc_pool_free(r->pool);
	mc_arena_free(&r->arena);
}

/* Trajectory number k: random, about a third of the neighbours away. */
static void append(struct rig *r, uint32_t k)
{
	const struct mc_dims *x = &r->x;
	const size_t pairs = (x->T + 1) * x->N * x->d;
	struct mc_arena arena = { 0 };
	struct mc_err e = { 0 };
	struct mc_traj t;

	(void)mc_traj_new(&t, x, &arena, &e);
	mc_real *u = mc_arena_alloc(&arena, pairs, sizeof *u, "u", &e);

	mc_rng_normal(t.o, 0, (x->T + 1) * x->N * x->O, 1, MC_RNG_EXPLORE, 0, k);
	mc_rng_uniform(t.a, 0, x->T * x->N * x->A, 1, MC_RNG_PLAY, 0, k);
	mc_rng_normal(t.r, 0, x->T, 1, MC_RNG_EXPLORE, 1, k);
	mc_rng_uniform(u, 0, pairs, 1, MC_RNG_PLAY, 1, k);
	for (size_t p = 0; p < pairs; p++)
		t.m[p] = u[p] > (mc_real)0.3;
	if (mc_learner_append(r->l, &t, &e) < 0)
		diag("%s", e.what);
	mc_arena_free(&arena);
}

static void warm_up(struct rig *r)
{
	for (uint32_t k = 0; k < r->o.B / r->x.T; k++)
		append(r, k);
}

/* Iterations from ... to: a trajectory, an update, and another program's step of theta_c. */
static int iterate(struct rig *r, uint32_t from, uint32_t to, struct mc_learner_figures *fig)
{
	struct mc_err e = { 0 };

	for (uint32_t k = from; k <= to; k++) {
		append(r, 1000 + k);
		if (mc_learner_update(r->l, k, fig, &e) < 0) {
			diag("iteration %u: %s: %s", (unsigned)k, e.place, e.what);
			return -1;
		}
		if (r->o.stgs || r->o.decide != MC_LEARNED)
			continue;
		for (size_t p = 0; p < r->comm.size; p++)
			r->comm.v[p] *= (mc_real)1.001;
		mc_learner_take_comm(r->l, r->comm.v, 1);
	}
	if (mc_learner_fetch(r->l, &e) < 0)
		diag("%s", e.what);
	return 0;
}

static const enum mc_net nets[] = { MC_NET_POLICY, MC_NET_CRITIC, MC_NET_COMM };

/* The largest difference of two blocks, as a share of how far the first went from `start`. */
static double apart(const struct mc_params *a, const struct mc_params *b, const struct mc_params *start)
{
	double worst = 0, went = 0;

	for (size_t k = 0; k < a->size; k++) {
		worst = fmax(worst, fabs((double)a->v[k] - (double)b->v[k]));
		went = fmax(went, fabs((double)a->v[k] - (double)start->v[k]));
	}
	return went > 0 ? worst / went : worst;
}

/* All nets and targets of two learners; start: one that made no update. */
static double nets_apart(const struct rig *a, const struct rig *b, const struct rig *start)
{
	double worst = 0;

	for (size_t i = 0; i < 3; i++)
		for (int target = 0; target < 2; target++) {
			const struct mc_params *p = mc_learner_params(a->l, nets[i], target);

			if (p)
				worst = fmax(worst, apart(p, mc_learner_params(b->l, nets[i], target),
				    mc_learner_params(start->l, nets[i], target)));
		}
	return worst;
}

static int same_nets(const struct rig *a, const struct rig *b)
{
	for (size_t i = 0; i < 3; i++)
		for (int target = 0; target < 2; target++) {
			const struct mc_params *p = mc_learner_params(a->l, nets[i], target);
			const struct mc_params *q = mc_learner_params(b->l, nets[i], target);

			if (p && memcmp(p->v, q->v, p->size * sizeof *p->v) != 0)
				return 0;
		}
	return 1;
}

static double figures_apart(const struct mc_learner_figures *a, const struct mc_learner_figures *b)
{
	const double pair[][2] = { { a->critic_loss, b->critic_loss }, { a->q_mean, b->q_mean },
		{ a->objective, b->objective }, { a->policy_norm, b->policy_norm },
		{ a->critic_norm, b->critic_norm }, { a->comm_norm, b->comm_norm } };
	double worst = 0;

	for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
		if (isnan(pair[i][0]) != isnan(pair[i][1]))
			return INFINITY;
		if (!isnan(pair[i][0]))
			worst = fmax(worst, fabs(pair[i][0] - pair[i][1]) / (fabs(pair[i][0]) + 1e-3));
	}
	return worst;
}

/*
 * Float: a gradient near zero is known to few digits, and Adam makes a whole step of it; so the bound
 * is a share of the way gone. In double the two agree to the rounding.
 */
static const double bound = IN_DOUBLE ? 1e-8 : 2e-2, first_bound = IN_DOUBLE ? 1e-10 : 1e-4;

static void compare(const char *name, const struct mc_dims *x, struct mc_learner_opts o)
{
	struct rig cpu = on_processor(x, o), dev = on_device(x, o), again = on_device(x, o), start = on_processor(x, o);
	struct mc_learner_figures a, b, c;

	if (!on_card)
		device_host_reverse(again.dev);
	warm_up(&cpu);
	warm_up(&dev);
	warm_up(&again);
	ok(iterate(&cpu, 1, 1, &a) == 0 && iterate(&dev, 1, 1, &b) == 0 && iterate(&again, 1, 1, &c) == 0,
	    "%s: an update", name);
	if (!ok(figures_apart(&a, &b) < first_bound, "%s: its figures", name))
		diag("apart: %g", figures_apart(&a, &b));
	ok(iterate(&cpu, 2, UPDATES, &a) == 0 && iterate(&dev, 2, UPDATES, &b) == 0 && iterate(&again, 2, UPDATES, &c) == 0,
	    "%s: %d updates", name, (int)UPDATES);
	const double worst = nets_apart(&cpu, &dev, &start);

	if (!ok(worst < bound, "%s: they end where the processor's end", name))
		diag("apart: %g of the way", worst);
	ok(same_nets(&dev, &again) && memcmp(&b, &c, sizeof b) == 0, "%s: the same bytes again", name);
	ok(nets_apart(&start, &dev, &start) > 0, "%s: the nets did move", name);
	diag("%s: %g of the way apart, figures %g", name, worst, figures_apart(&a, &b));
	rig_free(&cpu);
	rig_free(&dev);
	rig_free(&again);
	rig_free(&start);
}

int main(void)
{
	const char *want = getenv("MC_DEVICE");
	struct mc_err e = { 0 };

	if (mc_blas_init(&e) < 0) {
		ok(0, "BLAS: %s", e.what);
		return tap_done();
	}
	on_card = want && strcmp(want, "cuda") == 0;
	struct mc_device *card = on_card ? mc_cuda_open(0, &e) : NULL;

	if (on_card && !card) {
		printf("1..0 # SKIP %s\n", e.what);
		return 0;
	}
	mc_device_close(card);
	struct mc_dims x = three;
	struct mc_learner_opts o = options(MC_LEARNED);

	compare("sampled", &x, o);
	compare("full", &x, options(MC_FULL));
	compare("none", &x, options(MC_NONE));
	o.stgs = 1;
	compare("stgs", &x, o);
	return tap_done();
}
