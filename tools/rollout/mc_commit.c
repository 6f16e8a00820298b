#include "mc_commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_file.h"

/* ---- keeping ---- */

int mc_kept_add(struct mc_kept *k, const struct mc_frame *f, struct mc_err *e)
{
	const int is_state = strcmp(f->type, "state") == 0;
	char name[32];
	int i;

	if (mc_map_str(&f->map, is_state ? "program" : "net", name, sizeof name, e) < 0)
		return -1;
	for (i = 0; i < k->n; i++)
		if (k->at[i].is_state == is_state && strcmp(k->at[i].name, name) == 0)
			break;
	if (i == MC_KEPT)
		return mc_err_set(e, MC_DATA, f->place, f->offset, NULL, "more than %d nets and states", MC_KEPT);
	if (f->len > k->at[i].room || i == k->n) {
		unsigned char *bytes = realloc(k->at[i].bytes, f->len);

		if (!bytes)
			return mc_err_nomem(e, "checkpoint", f->len);
		k->at[i].bytes = bytes;
		k->at[i].room = f->len;
	}
	if (i == k->n)
		k->n++;
	memcpy(k->at[i].bytes, f->bytes, f->len);
	memcpy(k->at[i].name, name, sizeof name);
	k->at[i].len = f->len;
	k->at[i].is_state = is_state;
	return 0;
}

void mc_kept_free(struct mc_kept *k)
{
	for (int i = 0; i < k->n; i++)
		free(k->at[i].bytes);
	memset(k, 0, sizeof *k);
}

/* ---- committing ---- */

static const char *const net_order[] = { "policy", "comm", "critic", "baseline", "rule" };
static const char *const target_order[] = { "target.policy", "target.comm", "target.critic" };

/* The entry `key` of a kept frame under the name `as`. Nothing when it is not kept. */
static int put(struct mc_fb *b, const struct mc_kept *k, int is_state, const char *name, const char *key,
    const char *as, struct mc_err *e)
{
	struct mc_frame f;

	for (int i = 0; i < k->n; i++) {
		if (k->at[i].is_state != is_state || strcmp(k->at[i].name, name) != 0)
			continue;
		struct mc_in *in = mc_in_memory(k->at[i].bytes, k->at[i].len, name, MC_IN_BARE, k->at[i].len, e);
		const enum mc_read got = in ? mc_in_frame(in, &f, e) : MC_READ_FAIL;

		if (got == MC_READ_FRAME)
			mc_fb_copy(b, as, &f.map, key);
		mc_in_close(in);
		return got == MC_READ_FRAME ? 0 : got == MC_READ_FAIL ? -1 :
		    mc_err_set(e, MC_BUG, name, -1, NULL, "a kept frame is empty");
	}
	return 0;
}

static int put_params(struct mc_fb *b, const struct mc_kept *k, struct mc_err *e)
{
	mc_fb_map(b, "params");
	for (size_t i = 0; i < sizeof net_order / sizeof *net_order; i++) {
		if (i == 3) {            /* after the learner's nets, their targets */
			mc_fb_map(b, "target");
			for (size_t j = 0; j < sizeof target_order / sizeof *target_order; j++)
				if (put(b, k, 0, target_order[j], "params", target_order[j] + 7, e) < 0)
					return -1;
			mc_fb_close(b);
		}
		if (put(b, k, 0, net_order[i], "params", net_order[i], e) < 0)
			return -1;
	}
	mc_fb_close(b);
	return 0;
}

static int put_states(struct mc_fb *b, const struct mc_kept *k, const struct mc_acted *own, struct mc_err *e)
{
	mc_fb_map(b, "state");
	mc_fb_map(b, "mc-rollout");
	mc_journal_at_pack(b, "log", &own->log);
	mc_fb_real(b, "sum_return", own->sum_return);
	mc_fb_real(b, "sum_requests", own->sum_requests);
	mc_fb_int(b, "episodes_summed", own->episodes);
	if (own->ahead) {
		mc_fb_map(b, "ahead");
		mc_traj_put(b, own->ahead);
		mc_fb_close(b);
	}
	mc_fb_close(b);
	for (int i = 0; i < k->n; i++)
		if (k->at[i].is_state && put(b, k, 1, k->at[i].name, "state", k->at[i].name, e) < 0)
			return -1;
	mc_fb_close(b);
	return 0;
}

int mc_commit(const struct mc_kept *k, const struct mc_map *header, int64_t iteration, int64_t episode,
    const struct mc_acted *own, struct mc_fb *b, const char *const *paths, int npaths, struct mc_err *e)
{
	const unsigned char *bytes;
	size_t len;

	mc_fb_begin(b, "checkpoint");
	mc_fb_map(b, "header");
	mc_fb_copy_all(b, header);
	mc_fb_close(b);
	mc_fb_int(b, "iteration", iteration);
	mc_fb_int(b, "episode", episode);
	if (put_params(b, k, e) < 0 || put_states(b, k, own, e) < 0 ||
	    mc_fb_end(b, 1, &bytes, &len, e) < 0)
		return -1;
	for (int i = 0; i < npaths; i++)
		if (mc_file_commit(paths[i], bytes, len, e) < 0)
			return -1;
	return 0;
}

/* ---- the way back ---- */

int mc_acted_read(const struct mc_ckpt *c, struct mc_acted *own, struct mc_err *e)
{
	struct mc_map m;

	if (mc_map_map(&c->state, "mc-rollout", &m, e) < 0 || mc_journal_at_read(&m, "log", &own->log, e) < 0 ||
	    mc_map_real(&m, "sum_return", &own->sum_return, e) < 0 ||
	    mc_map_real(&m, "sum_requests", &own->sum_requests, e) < 0 ||
	    mc_map_int(&m, "episodes_summed", &own->episodes, e) < 0)
		return -1;
	if (own->episodes < 0)
		return mc_err_set(e, MC_DATA, c->frame.place, c->frame.offset, NULL, "a negative number of episodes");
	return 0;
}

int mc_ahead_read(const struct mc_ckpt *c, struct mc_traj *to, struct mc_err *e)
{
	struct mc_map m, ahead;
	int there;

	if (mc_map_map(&c->state, "mc-rollout", &m, e) < 0)
		return -1;
	there = mc_map_has(&m, "ahead");
	if (there != (c->header.lag && c->iteration > 0))
		return mc_err_set(e, MC_DATA, c->frame.place, c->frame.offset, NULL, there ?
		    "an episode was rolled out ahead in a run without --lag" : "a run with --lag, but no episode was rolled out ahead");
	if (!there)
		return 0;
	if (mc_map_map(&m, "ahead", &ahead, e) < 0 || mc_traj_get(&ahead, to, e) < 0)
		return -1;
	if (to->iteration != c->iteration || to->episode != c->episode || to->last)
		return mc_err_set(e, MC_DATA, c->frame.place, c->frame.offset, NULL, "the episode that was rolled out ahead is not the next");
	return 1;
}

static int send_params(const struct mc_ckpt *c, const struct mc_map *in, const char *prefix, struct mc_fb *b,
    int (*send)(void *ctx, struct mc_fb *b, struct mc_err *e), void *ctx, struct mc_err *e)
{
	for (size_t i = 0; i < mc_map_count(in); i++) {
		char key[32], net[48];
		struct mc_map target;

		if (mc_map_at(in, i, key, sizeof key) != MC_MAP)
			continue;
		if (!prefix[0] && strcmp(key, "target") == 0) {
			if (mc_map_map(in, key, &target, e) < 0 ||
			    send_params(c, &target, "target.", b, send, ctx, e) < 0)
				return -1;
			continue;
		}
		(void)snprintf(net, sizeof net, "%s%s", prefix, key);
		mc_fb_begin(b, "params");
		mc_fb_str(b, "net", net);
		mc_fb_int(b, "iteration", c->iteration);
		mc_fb_copy(b, "params", in, key);
		if (send(ctx, b, e) < 0)
			return -1;
	}
	return 0;
}

int mc_ckpt_frames(const struct mc_ckpt *c, struct mc_fb *b,
    int (*send)(void *ctx, struct mc_fb *b, struct mc_err *e), void *ctx, struct mc_err *e)
{
	if (send_params(c, &c->params, "", b, send, ctx, e) < 0)
		return -1;
	for (size_t i = 0; i < mc_map_count(&c->state); i++) {
		char program[32];

		if (mc_map_at(&c->state, i, program, sizeof program) != MC_MAP || strcmp(program, "mc-rollout") == 0)
			continue;
		mc_fb_begin(b, "state");
		mc_fb_str(b, "program", program);
		mc_fb_int(b, "iteration", c->iteration);
		mc_fb_copy(b, "state", &c->state, program);
		if (send(ctx, b, e) < 0)
			return -1;
	}
	return 0;
}
