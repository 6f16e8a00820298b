#include "mc_learner.h"

#include <math.h>
#include <string.h>

#include "mc_math.h"

void mc_learner_defaults(struct mc_learner_opts *o)
{
	*o = (struct mc_learner_opts){
		.decide = MC_LEARNED, .seed = 1, .B = 256, .replay = 1000000,
		.gamma = 0.95, .tau = 0.01, .n_step = 1,
		.lr_critic = 1e-3, .lr_policy = 1e-3, .b1 = 0.9, .b2 = 0.999, .adam_eps = 1e-8,
		.lr_comm = 1e-3, .rho = 0.9, .eps = 1e-8, .temp = 1,
		.scale_policy = 0.1, .scale_comm = 0.1,
	};
}

int mc_learner_has_comm(const struct mc_learner *l)
{
	return l->o.decide == MC_LEARNED;
}

/* ---- making one ---- */

static int net_new(struct mc_learner *l, struct mc_learner_net *t, enum mc_net net, struct mc_err *e)
{
	if (mc_params_new(&t->p, net, &l->dims, &l->arena, e) < 0)
		return -1;
	return mc_params_new(&t->target, net, &l->dims, &l->arena, e);
}

static int adam_new(struct mc_learner *l, struct mc_learner_net *t, double lr, struct mc_err *e)
{
	const struct mc_learner_opts *o = &l->o;

	t->adam = (struct mc_adam){ .lr = lr, .b1 = o->b1, .b2 = o->b2, .eps = o->adam_eps,
		.m = mc_arena_alloc(&l->arena, t->p.size, sizeof(mc_real), "learner", e),
		.v = mc_arena_alloc(&l->arena, t->p.size, sizeof(mc_real), "learner", e) };
	return t->adam.m && t->adam.v ? 0 : -1;
}

/* Communication nets of another program, or under stgs our own. */
static int comm_new(struct mc_learner *l, struct mc_err *e)
{
	const size_t pairs = l->o.B * l->dims.N * l->dims.d, R = sizeof(mc_real);

	if (net_new(l, &l->comm, MC_NET_COMM, e) < 0)
		return -1;
	return !l->o.stgs || ((l->comm.nu = mc_arena_alloc(&l->arena, l->comm.p.size, R, "learner", e)) &&
	    (l->c = mc_arena_alloc(&l->arena, pairs, R, "learner", e))) ? 0 : -1;
}

int mc_learner_begin(struct mc_learner *l, const struct mc_learner_ops *ops, const struct mc_dims *dims,
    const struct mc_learner_opts *o, struct mc_err *e)
{
	l->ops = ops;
	l->dims = *dims;
	l->o = *o;
	l->gamma = o->gamma;
	return net_new(l, &l->policy, MC_NET_POLICY, e) < 0 || net_new(l, &l->critic, MC_NET_CRITIC, e) < 0 ||
	    adam_new(l, &l->policy, o->lr_policy, e) < 0 || adam_new(l, &l->critic, o->lr_critic, e) < 0 ||
	    (mc_learner_has_comm(l) && comm_new(l, e) < 0) ? -1 : 0;
}

void mc_learner_free(struct mc_learner *l)
{
	if (l)
		l->ops->free(l);
}

/* ---- parameters ---- */

static void net_init(struct mc_learner_net *t, uint64_t seed, double last_scale)
{
	const size_t bytes = t->p.size * sizeof(mc_real);

	mc_params_init(&t->p, seed, last_scale);
	memcpy(t->target.v, t->p.v, bytes);
	if (t->nu) {
		memset(t->nu, 0, bytes);
	} else {
		memset(t->adam.m, 0, bytes);
		memset(t->adam.v, 0, bytes);
		t->adam.step = 0;
	}
}

static void changed(struct mc_learner *l, int comm_alone)
{
	if (l->ops->changed)
		l->ops->changed(l, comm_alone);
}

void mc_learner_init(struct mc_learner *l)
{
	net_init(&l->policy, l->o.seed, l->o.scale_policy);
	net_init(&l->critic, l->o.seed, 1);
	if (l->o.stgs)
		net_init(&l->comm, l->o.seed, l->o.scale_comm);
	l->comm_known = l->o.stgs;
	changed(l, 0);
}

struct mc_params *mc_learner_params(struct mc_learner *l, enum mc_net net, int target)
{
	if (net == MC_NET_POLICY)
		return target ? &l->policy.target : &l->policy.p;
	if (net == MC_NET_CRITIC)
		return target ? &l->critic.target : &l->critic.p;
	if (net == MC_NET_COMM && mc_learner_has_comm(l))
		return target ? &l->comm.target : &l->comm.p;
	return NULL;
}

void mc_learner_changed(struct mc_learner *l)
{
	l->comm_known = 1;
	changed(l, 0);
}

int mc_learner_fetch(struct mc_learner *l, struct mc_err *e)
{
	return l->ops->fetch ? l->ops->fetch(l, e) : 0;
}

void mc_learner_take_comm(struct mc_learner *l, const mc_real *theta_c, int move)
{
	struct mc_params *p = &l->comm.p, *target = &l->comm.target;

	if (!mc_learner_has_comm(l))
		return;
	memcpy(p->v, theta_c, p->size * sizeof *theta_c);
	if (!l->comm_known)
		memcpy(target->v, theta_c, p->size * sizeof *theta_c);
	else if (move)
		mc_polyak(target->v, p->v, p->size, l->o.tau);
	l->comm_known = 1;
	changed(l, 1);
}

/* ---- the replay buffer ---- */

int mc_learner_append(struct mc_learner *l, const struct mc_traj *t, struct mc_err *e)
{
	if (!mc_env_dims_same(&l->dims.env, &t->dims))
		return mc_err_set(e, MC_BUG, NULL, -1, NULL, "a trajectory of other dimensions for D");
	l->ops->append(l, t);
	return 0;
}

size_t mc_learner_transitions(const struct mc_learner *l)
{
	return l->ops->transitions(l);
}

int mc_learner_ready(const struct mc_learner *l)
{
	const size_t n = mc_learner_transitions(l);

	return n >= l->o.B && n >= l->o.warmup;
}

/* ---- updates ---- */

void mc_learner_rates(struct mc_learner *l, double gamma, double lr_critic, double lr_policy)
{
	l->gamma = gamma;
	l->critic.adam.lr = lr_critic;
	l->policy.adam.lr = lr_policy;
}

int mc_learner_diverged(struct mc_err *e, enum mc_net net, const char *what, uint32_t k)
{
	return mc_err_diverged(e, mc_net_name(net), what, k);
}

int mc_learner_not_finite(struct mc_err *e, const struct mc_learner_net *t, uint32_t k)
{
	char where[40] = "";

	return mc_learner_diverged(e, t->p.net, mc_params_finite(&t->p, where, sizeof where) ?
	    "the gradient's second moment" : where, k);
}

int mc_learner_update(struct mc_learner *l, uint32_t k, struct mc_learner_metrics *fig, struct mc_err *e)
{
	*fig = (struct mc_learner_metrics){ NAN, NAN, NAN, NAN, NAN, NAN };
	if (!mc_learner_ready(l))
		return 0;
	if (mc_learner_has_comm(l) && !l->comm_known)
		return mc_err_set(e, MC_BUG, "comm", -1, NULL, "an update before the first parameters");
	return l->ops->update(l, k, fig, e);
}

void mc_learner_comm_stats(struct mc_learner *l, struct mc_comm_stats *s, mc_real *c_pair,
    mc_real *asked_pair)
{
	const size_t pairs = l->dims.N * l->dims.d;
	const mc_real *z;
	const uint8_t *I, *m;

	l->ops->decided(l, &z, &I, &m);
	mc_vec_sigmoid(l->c, z, l->o.B * pairs);
	mc_comm_stats(s, z, l->c, m, l->o.B * pairs);
	mc_comm_pairs(c_pair, asked_pair, l->c, I, m, l->o.B, pairs);
}

/* ---- state ---- */

static void adam_pack(struct mc_fb *b, const char *key, const struct mc_learner_net *t)
{
	mc_fb_map(b, key);
	mc_fb_int(b, "step", t->adam.step);
	mc_params_pack(b, "m", &t->p, t->adam.m);
	mc_params_pack(b, "v", &t->p, t->adam.v);
	mc_fb_close(b);
}

static int adam_unpack(const struct mc_map *state, const char *key, struct mc_learner_net *t, struct mc_err *e)
{
	struct mc_map map;

	if (mc_map_map(state, key, &map, e) < 0 || mc_map_int(&map, "step", &t->adam.step, e) < 0 ||
	    mc_params_unpack(&map, "m", &t->p, t->adam.m, e) < 0 ||
	    mc_params_unpack(&map, "v", &t->p, t->adam.v, e) < 0)
		return -1;
	if (t->adam.step < 0)
		return mc_err_set(e, MC_DATA, map.path, -1, NULL, "step is negative");
	return 0;
}

void mc_learner_state_pack(struct mc_fb *b, struct mc_learner *l)
{
	adam_pack(b, "policy", &l->policy);
	adam_pack(b, "critic", &l->critic);
	if (l->o.stgs) {
		mc_fb_map(b, "comm");
		mc_params_pack(b, "nu", &l->comm.p, l->comm.nu);
		mc_fb_close(b);
	}
}

int mc_learner_state_unpack(const struct mc_map *state, struct mc_learner *l, struct mc_err *e)
{
	struct mc_map map;

	if (adam_unpack(state, "policy", &l->policy, e) < 0 || adam_unpack(state, "critic", &l->critic, e) < 0 ||
	    (l->o.stgs && (mc_map_map(state, "comm", &map, e) < 0 ||
	    mc_params_unpack(&map, "nu", &l->comm.p, l->comm.nu, e) < 0)))
		return -1;
	changed(l, 0);
	return 0;
}
