#include "mc_header.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

static int bounded(const struct mc_map *m, const char *key, int64_t min, int64_t max, size_t *to, struct mc_err *e)
{
	int64_t v;

	if (mc_map_int(m, key, &v, e) < 0)
		return -1;
	if (v < min || v > max)
		return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL,
		    "header: %s is %lld, want %lld to %lld", key, (long long)v, (long long)min, (long long)max);
	*to = (size_t)v;
	return 0;
}

/* What may be absent, which leaves it as it is; else at least `min` and less than `below`. */
static int read_in(const struct mc_map *m, const char *key, double min, double below, double *to, struct mc_err *e)
{
	if (!mc_map_has(m, key))
		return 0;
	if (mc_map_real(m, key, to, e) < 0)
		return -1;
	if (*to < min || *to >= below)
		return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL,
		    "header: %s is %g, want at least %g and less than %g", key, *to, min, below);
	return 0;
}

/* ---- the rule's form ---- */

/* The parts of --rule-input beyond the paper's x, in the order in which they are written. */
static const struct { const char *name; size_t at; } parts[] = {
	{ "I", offsetof(struct mc_rule_form, decisions) },
	{ "advantage", offsetof(struct mc_rule_form, advantage) },
	{ "normal", offsetof(struct mc_rule_form, normal) },
};
enum { PARTS = sizeof parts / sizeof *parts };

static int *part_of(struct mc_rule_form *f, int i)
{
	return (int *)(void *)((char *)f + parts[i].at);
}

int mc_rule_input_parse(const char *list, struct mc_rule_form *f)
{
	f->decisions = f->advantage = f->normal = 0;
	if (strcmp(list, "paper") == 0)
		return 0;
	for (;;) {
		const size_t n = strcspn(list, ",");
		int i = 0;

		while (i < PARTS && (strlen(parts[i].name) != n || strncmp(parts[i].name, list, n) != 0))
			i++;
		if (i == PARTS)
			return -1;
		*part_of(f, i) = 1;
		if (!list[n])
			return 0;
		list += n + 1;
	}
}

void mc_rule_input_name(const struct mc_rule_form *f, char *to, size_t size)
{
	struct mc_rule_form copy = *f;
	size_t n = 0;

	(void)snprintf(to, size, "paper");
	for (int i = 0; i < PARTS && n < size; i++)
		if (*part_of(&copy, i))
			n += (size_t)snprintf(to + n, size - n, "%s%s", n ? "," : "", parts[i].name);
}

/* What is not there is as in the paper. */
static int read_rule(const struct mc_map *own, struct mc_rule_form *f, struct mc_err *e)
{
	char kind[8] = "joint", input[MC_RULE_INPUT] = "paper";

	memset(f, 0, sizeof *f);
	if ((mc_map_has(own, "rule") && mc_map_str(own, "rule", kind, sizeof kind, e) < 0) ||
	    (mc_map_has(own, "rule_input") && mc_map_str(own, "rule_input", input, sizeof input, e) < 0))
		return -1;
	if (mc_map_has(own, "residual") && mc_map_bool(own, "residual", &f->residual, e) < 0)
		return -1;
	f->edge = strcmp(kind, "edge") == 0;
	if ((!f->edge && strcmp(kind, "joint") != 0) || mc_rule_input_parse(input, f) < 0)
		return mc_err_set(e, MC_DATA, own->frame->place, own->frame->offset, NULL,
		    "header: there is no rule \"%s\" with the input \"%s\"", kind, input);
	return 0;
}

/* ---- sizes ---- */

/* A critic of which nothing is said is the paper's. */
static int read_critic(const struct mc_map *m, int *invariant, struct mc_err *e)
{
	char kind[16] = "mlp";
	struct mc_map own;

	*invariant = 0;
	if (!mc_map_has(m, "mc-critic"))
		return 0;
	if (mc_map_map(m, "mc-critic", &own, e) < 0 ||
	    (mc_map_has(&own, "critic") && mc_map_str(&own, "critic", kind, sizeof kind, e) < 0))
		return -1;
	*invariant = mc_critic_parse(kind);
	if (*invariant < 0)
		return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL,
		    "header: there is no critic \"%s\"", kind);
	return 0;
}

static int read_dims(const struct mc_map *m, struct mc_dims *s, struct mc_err *e)
{
	struct mc_map own;

	if (bounded(m, "agents", 1, 256, &s->N, e) < 0 || bounded(m, "obs_dim", 1, 1 << 16, &s->O, e) < 0 ||
	    bounded(m, "act_dim", 1, 256, &s->A, e) < 0 || bounded(m, "steps", 1, 1 << 16, &s->T, e) < 0 ||
	    bounded(m, "hidden", 1, 1 << 14, &s->H, e) < 0 || mc_map_bool(m, "share", &s->share, e) < 0)
		return -1;
	if ((s->T + 1) * s->N > MC_FRAME_MAX / sizeof(float) / s->O) /* memory is taken before the first comes */
		return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL,
		    "header: a trajectory of %zu steps, %zu agents and observations of %zu is larger than a frame can be", s->T, s->N, s->O);
	s->d = s->N - 1;
	s->R = 0;
	memset(&s->rule, 0, sizeof s->rule);
	if (read_critic(m, &s->invariant, e) < 0)
		return -1;
	if (!mc_map_has(m, "mc-metalearn"))
		return 0;
	if (mc_map_map(m, "mc-metalearn", &own, e) < 0)
		return -1;
	if (!mc_map_has(&own, "rule_hidden"))
		return 0;
	return bounded(&own, "rule_hidden", 1, 1 << 14, &s->R, e) < 0 || read_rule(&own, &s->rule, e) < 0 ? -1 : 0;
}

static int read_comm(const struct mc_map *m, struct mc_header *h, struct mc_err *e)
{
	char name[16];

	if (mc_map_str(m, "comm", name, sizeof name, e) < 0)
		return -1;
	const int how = mc_decide_parse(name);
	if (how < 0)
		return mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL,
		    "header: comm is \"%s\", want learned, none or full", name);
	h->comm = (enum mc_decide)how;
	if (h->comm == MC_LEARNED && h->dims.N == 1)
		return mc_err_set(e, MC_USAGE, "--comm", -1, "use --comm none", "%s has one agent: nobody to talk to", h->task);
	return 0;
}

static int read_warmup(const struct mc_map *m, struct mc_header *h, struct mc_err *e)
{
	struct mc_map own;

	if (!mc_map_has(m, "mc-metalearn"))
		return 0;
	if (mc_map_map(m, "mc-metalearn", &own, e) < 0)
		return -1;
	return mc_map_has(&own, "warmup_share") ? mc_map_real(&own, "warmup_share", &h->warmup_share, e) : 0;
}

static int read_owners(const struct mc_map *m, struct mc_header *h, struct mc_err *e)
{
	struct mc_map owns;

	if (mc_map_has(m, "method") && mc_map_str(m, "method", h->method, sizeof h->method, e) < 0)
		return -1;
	if (mc_map_has(m, "meta_k") && (mc_map_int(m, "meta_k", &h->meta_k, e) < 0 || h->meta_k < 1))
		return e->code ? -1 : mc_err_set(e, MC_DATA, m->frame->place, m->frame->offset, NULL,
		    "header: meta_k is %lld, want at least 1", (long long)h->meta_k);
	if (mc_map_has(m, "from") && mc_map_str(m, "from", h->from, sizeof h->from, e) < 0)
		return -1;
	if (!mc_map_has(m, "owns"))
		return 0;
	if (mc_map_map(m, "owns", &owns, e) < 0)
		return -1;
	if (mc_map_has(&owns, "comm") && mc_map_str(&owns, "comm", h->owns_comm, sizeof h->owns_comm, e) < 0)
		return -1;
	if (mc_map_has(&owns, "policy") && mc_map_str(&owns, "policy", h->owns_policy, sizeof h->owns_policy, e) < 0)
		return -1;
	return 0;
}

int mc_header_read(const struct mc_map *m, struct mc_header *h, struct mc_err *e)
{
	memset(h, 0, sizeof *h);
	h->range = -1;
	h->planned = -1;
	if (mc_map_str(m, "task", h->task, sizeof h->task, e) < 0 || mc_map_uint(m, "seed", &h->seed, e) < 0 ||
	    read_dims(m, &h->dims, e) < 0 || mc_map_real(m, "gamma", &h->gamma, e) < 0 ||
	    mc_map_str(m, "prey", h->prey, sizeof h->prey, e) < 0)
		return -1;
	if (read_in(m, "range", 0, HUGE_VAL, &h->range, e) < 0 || read_in(m, "edge_cost", 0, HUGE_VAL, &h->edge_cost, e) < 0 ||
	    read_in(m, "explore_carry", 0, 1, &h->explore_carry, e) < 0)
		return -1;
	size_t lag = 0;

	if (mc_map_has(m, "lag") && bounded(m, "lag", 0, 1, &lag, e) < 0)
		return -1;
	h->lag = (int)lag;
	if (mc_map_has(m, "planned") && mc_map_int(m, "planned", &h->planned, e) < 0)
		return -1;
	return read_comm(m, h, e) < 0 || mc_ramp_unpack(m, "explore", &h->explore, e) < 0 ||
	    read_warmup(m, h, e) < 0 || read_owners(m, h, e) < 0 ? -1 : 0;
}

int mc_header_prey(const struct mc_map *m, const struct mc_header *h, size_t observes,
    struct mc_params *p, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_dims dims = { .O = observes };

	if (strcmp(h->prey, "mlp") != 0) {
		mc_params_layout(p, MC_NET_PREY, &dims);
		return 0;
	}
	if (mc_params_new(p, MC_NET_PREY, &dims, arena, e) < 0)
		return -1;
	return mc_params_unpack(m, "prey_params", p, p->v, e);
}

/* ---- writing ---- */

static int is_frame_key(const char *key)
{
	return strcmp(key, "mc") == 0 || strcmp(key, "type") == 0 || strcmp(key, "crc32") == 0;
}

void mc_header_write(struct mc_fb *b, const struct mc_header *h, const struct mc_params *prey)
{
	mc_fb_str(b, "task", h->task);
	mc_fb_uint(b, "seed", h->seed);
	mc_fb_uint(b, "agents", h->dims.N);
	mc_fb_uint(b, "obs_dim", h->dims.O);
	mc_fb_uint(b, "act_dim", h->dims.A);
	mc_fb_uint(b, "steps", h->dims.T);
	mc_fb_uint(b, "hidden", h->dims.H);
	mc_fb_bool(b, "share", h->dims.share);
	if (h->range >= 0)
		mc_fb_real(b, "range", h->range);
	if (h->edge_cost > 0)
		mc_fb_real(b, "edge_cost", h->edge_cost);
	mc_fb_real(b, "gamma", h->gamma);
	mc_ramp_pack(b, "explore", &h->explore);
	if (h->explore_carry > 0)
		mc_fb_real(b, "explore_carry", h->explore_carry);
	if (h->lag)
		mc_fb_int(b, "lag", h->lag);
	if (h->planned >= 0)
		mc_fb_int(b, "planned", h->planned);
	mc_fb_str(b, "prey", h->prey);
	if (prey)
		mc_params_pack(b, "prey_params", prey, prey->v);
	mc_fb_str(b, "comm", mc_decide_name(h->comm));
	if (h->method[0] || h->comm != MC_LEARNED)
		mc_fb_str(b, "method", h->method[0] ? h->method : mc_decide_name(h->comm));
	mc_fb_str(b, "from", "mc-rollout");
}

static int is_owners_key(const char *key)
{
	return strcmp(key, "planned") == 0 || strcmp(key, "method") == 0 || strcmp(key, "owns") == 0 || strcmp(key, "meta_k") == 0 ||
	    strcmp(key, "from") == 0;
}

void mc_header_pass(struct mc_fb *b, const struct mc_map *m, const struct mc_header *h, const char *program)
{
	for (size_t i = 0; i < mc_map_count(m); i++) {
		char key[64];

		(void)mc_map_at(m, i, key, sizeof key);
		if (!is_frame_key(key) && !is_owners_key(key))
			mc_fb_copy(b, key, m, key);
	}
	if (h->planned >= 0)
		mc_fb_int(b, "planned", h->planned);
	if (h->method[0])
		mc_fb_str(b, "method", h->method);
	if (h->meta_k)
		mc_fb_int(b, "meta_k", h->meta_k);
	mc_fb_map(b, "owns");
	if (h->owns_comm[0])
		mc_fb_str(b, "comm", h->owns_comm);
	if (h->owns_policy[0])
		mc_fb_str(b, "policy", h->owns_policy);
	mc_fb_close(b);
	mc_fb_str(b, "from", program);
}

/* ---- comparing ---- */

static int differ(const struct mc_map *old, const struct mc_map *now, const char *key, struct mc_header_difference *d)
{
	const char *path = strncmp(old->path, "header", 6) == 0 ? old->path + 6 + (old->path[6] == '.') : old->path;

	(void)snprintf(d->key, sizeof d->key, "%s%s%s", path, path[0] ? "." : "", key);
	d->was[0] = d->is[0] = '\0';
	if (mc_map_has(old, key))
		mc_map_text(old, key, d->was, sizeof d->was);
	if (mc_map_has(now, key))
		mc_map_text(now, key, d->is, sizeof d->is);
	return 1;
}

/* Every entry of `a` has its like in `b`; `swap` when a is the new header. 1 = one has not. */
static int uncovered(const struct mc_map *a, const struct mc_map *b, int swap, struct mc_header_difference *d)
{
	for (size_t i = 0; i < mc_map_count(a); i++) {
		char key[64];
		struct mc_map x, y;
		const enum mc_kind kind = mc_map_at(a, i, key, sizeof key);

		if (is_frame_key(key) || (mc_map_has(b, key) && mc_map_same(a, key, b, key)))
			continue;
		if (kind == MC_MAP && mc_map_has(b, key) && mc_map_map(a, key, &x, NULL) == 0 &&
		    mc_map_map(b, key, &y, NULL) == 0 && (uncovered(&x, &y, swap, d) || uncovered(&y, &x, !swap, d)))
			return 1;
		return swap ? differ(b, a, key, d) : differ(a, b, key, d);
	}
	return 0;
}

int mc_header_differ(const struct mc_map *old, const struct mc_map *now, struct mc_header_difference *d)
{
	/* another method has other options, too: it is what to name first */
	if (mc_map_has(old, "method") && mc_map_has(now, "method") && !mc_map_same(old, "method", now, "method"))
		return differ(old, now, "method", d);
	return uncovered(old, now, 0, d) || uncovered(now, old, 1, d);
}

int mc_header_same(const struct mc_map *old, const struct mc_map *now, struct mc_err *e)
{
	static const char hint[] = "give the option as it was, or start anew with --fresh";
	struct mc_header_difference d;
	const char *place = old->frame->place;

	if (!mc_header_differ(old, now, &d))
		return 0;
	if (!d.was[0])
		return mc_err_set(e, MC_USAGE, place, -1, hint, "the run has no %s, the options say %s", d.key, d.is);
	if (!d.is[0])
		return mc_err_set(e, MC_USAGE, place, -1, hint, "the run has %s = %s, the options give none", d.key, d.was);
	return mc_err_set(e, MC_USAGE, place, -1, hint, "the run has %s = %s, the options say %s", d.key, d.was, d.is);
}

int mc_header_check_owners(const struct mc_header *h, struct mc_err *e)
{
	if (!h->owns_policy[0])
		return mc_err_set(e, MC_USAGE, "the ring", -1, "add mc-critic to it", "nobody learns the policy");
	if (h->comm == MC_LEARNED && !h->owns_comm[0])
		return mc_err_set(e, MC_USAGE, "the ring", -1, "add mc-metalearn or mc-critic -m stgs, or give mc-rollout --comm none or full",
		    "nobody learns whom to talk to");
	if (h->comm != MC_LEARNED && h->owns_comm[0])
		return mc_err_set(e, MC_USAGE, "the ring", -1, "leave it out, or give mc-rollout --comm learned",
		    "%s learns whom to talk to, but --comm %s fixes it", h->owns_comm, mc_decide_name(h->comm));
	return 0;
}
