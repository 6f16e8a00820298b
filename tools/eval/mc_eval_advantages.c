#include "mc_eval_advantages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mc_correlation.h"
#include "mc_arena.h"
#include "mc_frame.h"
#include "mc_grow.h"
#include "mc_json.h"
#include "mc_settings.h"
#include "mc_table.h"

/* Which episode it was. Its number does not say: mc-rollout's -s, which no header has, chooses the episodes. */
struct episode {
	uint32_t run;         /* a checksum of what its stream's header says */
	uint32_t print;       /* and of its advantages */
	int64_t iteration, episode;
};

struct comparison {
	struct mc_correlation alike[MC_CORRELATIONS];
	char task[64];        /* the first stream's */
	size_t episodes;
	int64_t trained;      /* what the team had been trained on, in iterations: the fewest */
	uint32_t run;         /* of the stream at hand */
	struct episode *seen; /* [episodes] */
	size_t room, twice;   /* twice: episodes that were given again, and are left out */
	struct mc_claims claims;
};

/* ---- reading ---- */

/* Another stream: of the same task as those before. */
static int take_header(struct comparison *c, const struct mc_frame *f, struct mc_err *e)
{
	char task[sizeof c->task];
	char *settings;

	if (mc_map_str(&f->map, "task", task, sizeof task, e) < 0 || (settings = mc_settings_of(&f->map, e)) == NULL)
		return -1;
	c->run = (uint32_t)crc32(0, (const unsigned char *)settings, (uInt)strlen(settings));
	free(settings);
	if (c->task[0] && strcmp(c->task, task) != 0)
		return mc_err_set(e, MC_DATA, f->place, -1, "leave one out", "of %s, the streams before are of %s", task, c->task);
	memcpy(c->task, task, sizeof task);
	return 0;
}

static uint32_t add_print(uint32_t print, const void *p, size_t bytes)
{
	return p ? (uint32_t)crc32_z(print, p, bytes) : print;
}

static struct episode identify(const struct comparison *c, const struct mc_advantage *a)
{
	const size_t cells = a->T * a->N * a->d;
	struct episode x = { .run = c->run, .iteration = a->iteration, .episode = a->episode };

	x.print = add_print(add_print(0, a->m, cells), a->learned.raw, cells * sizeof *a->learned.raw);
	x.print = add_print(x.print, a->reinforce.raw, a->T * sizeof *a->reinforce.raw);
	return x;
}

/* Was this episode given before? Then 1, else it is noted and 0, or -1. */
static int is_known(struct comparison *c, const struct episode *x, struct mc_err *e)
{
	struct episode *grown;

	for (size_t i = 0; i < c->episodes; i++)
		if (c->seen[i].run == x->run && c->seen[i].print == x->print && c->seen[i].iteration == x->iteration &&
		    c->seen[i].episode == x->episode)
			return 1;
	grown = mc_grow(c->seen, c->episodes + 1, &c->room, sizeof *grown, "episodes", e);
	if (grown == NULL)
		return -1;
	c->seen = grown;
	c->seen[c->episodes] = *x;
	return 0;
}

static int add(struct comparison *c, const struct mc_advantage *a, struct mc_err *e)
{
	const struct episode x = identify(c, a);
	const int known = is_known(c, &x, e);

	c->twice += known > 0;
	if (known)
		return known < 0 ? -1 : 0;
	c->trained = c->episodes == 0 || a->iteration < c->trained ? a->iteration : c->trained;
	c->episodes++;
	return mc_correlation_add(c->alike, a, e);
}

static int take_advantage(struct comparison *c, const struct mc_frame *f, struct mc_arena *arena, struct mc_err *e)
{
	const struct mc_arena_mark mark = mc_arena_mark(arena);
	struct mc_advantage a;
	const int r = mc_advantage_unpack(f, &a, arena, e) < 0 ? -1 : add(c, &a, e);

	mc_arena_reset(arena, mark);
	return r;
}

static int take(struct comparison *c, const struct mc_frame *f, struct mc_arena *arena, struct mc_err *e)
{
	if (strcmp(f->type, "header") == 0)
		return take_header(c, f, e);
	if (strcmp(f->type, "end") == 0 && mc_map_has(&f->map, "error"))
		return mc_err_set(e, MC_TEMPFAIL, f->place, f->offset, NULL, "the stream ends with another program's error");
	return strcmp(f->type, "advantage") == 0 ? take_advantage(c, f, arena, e) : 0;
}

static int read_stream(struct comparison *c, const char *path, size_t max_frame, struct mc_err *e)
{
	struct mc_in *in = mc_in_open(path, 0, max_frame, e);
	struct mc_arena arena = { 0 };
	struct mc_frame f;
	enum mc_read got = MC_READ_FAIL;
	int r = in ? 0 : -1;

	while (r == 0 && (got = mc_in_frame(in, &f, e)) == MC_READ_FRAME)
		r = take(c, &f, &arena, e);
	mc_in_close(in);
	mc_arena_free(&arena);
	return r == 0 && got == MC_READ_END ? 0 : -1;
}

/* ---- printing ---- */

static const char *const words[] = { "itself, by the initial rule", "that of another neighbour", "REINFORCE's" };

/* The claim about a kind, or NULL. */
static const struct mc_claim *claim_about(const struct comparison *c, int kind)
{
	for (size_t i = 0; i < c->claims.n; i++) {
		const struct mc_claim *x = &c->claims.claim[i];

		if ((x->is == MC_IS_UNLIKE || x->is == MC_IS_SOMETIMES_LIKE) && strcmp(x->task, c->task) == 0 &&
		    strcmp(x->whom, mc_correlation_name((enum mc_correlation_kind)kind)) == 0)
			return x;
	}
	return NULL;
}

/* The verdict on a claim about a kind, and why there is none. */
static enum mc_verdict judge(const struct comparison *c, int kind, const struct mc_claim *claim, char *why, size_t size)
{
	const char *excuse;
	const enum mc_verdict v = mc_correlation_judge(&c->alike[kind], claim->is, &excuse);

	snprintf(why, size, "%s", excuse ? excuse : "");
	if (!mc_claim_is_short(claim, c->trained, why, size))
		return v;
	return MC_CANNOT_TELL;
}

static void put_number(struct mc_table *t, double v)
{
	if (isfinite(v))
		mc_table_put(t, "%.2f", fabs(v) < 0.005 ? 0 : v);
	else
		mc_table_put(t, "-");
}

static void put_row(struct mc_table *t, const struct comparison *c, int kind)
{
	const struct mc_correlation *a = &c->alike[kind];
	const struct mc_claim *claim = claim_about(c, kind);
	char why[64];

	mc_table_put(t, "%s", words[kind]);
	mc_table_put(t, "%zu", a->pairs);
	put_number(t, a->mean);
	put_number(t, a->lowest);
	put_number(t, a->highest);
	put_number(t, a->share);
	if (isfinite(a->ci[0]))
		mc_table_put(t, "[%.2f, %.2f]", a->ci[0], a->ci[1]);
	else
		mc_table_put(t, "-");
	if (c->claims.n == 0)
		return;
	mc_table_put(t, "%s", claim ? claim->words : "");
	if (claim) {
		const enum mc_verdict v = judge(c, kind, claim, why, sizeof why);

		mc_table_put(t, "%s%s%s", mc_verdict_name(v), why[0] ? ": " : "", why);
	} else {
		mc_table_put(t, "%s", "");
	}
}

static int print_table(const struct comparison *c, int tsv, struct mc_err *e)
{
	struct mc_table t = { .align = c->claims.n ? "lrrrrrrll" : "lrrrrrr", .tsv = tsv };

	mc_table_put(&t, "compared with");
	mc_table_put(&t, "pairs");
	mc_table_put(&t, "mean r");
	mc_table_put(&t, "lowest");
	mc_table_put(&t, "highest");
	mc_table_put(&t, "alike");
	mc_table_put(&t, "95 %% interval");
	if (c->claims.n) {
		mc_table_put(&t, "claimed");
		mc_table_put(&t, "found");
	}
	for (int kind = 0; kind < MC_CORRELATIONS; kind++)
		put_row(&t, c, kind);
	if (mc_table_print(&t, stdout, e) < 0)
		return -1;
	if (tsv)
		return 0;
	printf("\nThe rule's advantage of each ordered pair of agents, compared over the steps of each of %zu episodes of\n"
	    "%s. r: correlation; alike: share of the pairs with r of at least %g, mean over episodes, with its\n"
	    "95 %% sign-flip interval over episodes.\n",
	    c->episodes, c->task, MC_CORRELATION_R);
	return 0;
}

static void put_json_number(const char *key, double v)
{
	printf(",\"%s\":", key);
	mc_json_double(stdout, v);
}

static void print_json(const struct comparison *c)
{
	for (int kind = 0; kind < MC_CORRELATIONS; kind++) {
		const struct mc_correlation *a = &c->alike[kind];
		const struct mc_claim *claim = claim_about(c, kind);
		char why[64];

		printf("{\"task\":");
		mc_json_string(stdout, c->task);
		printf(",\"with\":\"%s\",\"episodes\":%zu,\"pairs\":%zu", mc_correlation_name((enum mc_correlation_kind)kind),
		    a->episodes, a->pairs);
		put_json_number("r_mean", a->mean);
		put_json_number("r_lowest", a->lowest);
		put_json_number("r_highest", a->highest);
		put_json_number("alike", a->share);
		printf(",\"alike_ci\":[");
		mc_json_double(stdout, a->ci[0]);
		printf(",");
		mc_json_double(stdout, a->ci[1]);
		printf("]");
		if (claim) {
			printf(",\"claim\":");
			mc_json_string(stdout, claim->words);
			printf(",\"verdict\":\"%s\"", mc_verdict_name(judge(c, kind, claim, why, sizeof why)));
		}
		printf("}\n");
	}
}

int mc_eval_advantages(const struct mc_eval_advantages_opts *o, int files, char **file, struct mc_err *e)
{
	struct comparison c = { 0 };
	int r = o->claims ? mc_claims_read(&c.claims, o->claims, e) : 0;

	for (int i = 0; r == 0 && i < files; i++)
		r = read_stream(&c, file[i], o->max_frame, e);
	if (r == 0 && c.episodes == 0)
		r = mc_err_set(e, MC_DATA, file[0], -1, "mc-metalearn --analyse adds them", "no advantage in this stream");
	if (r == 0 && c.twice > 0)
		fprintf(stderr, "mc-eval: %zu episode%s given more than once, which count%s once\n", c.twice, c.twice > 1 ? "s" : "",
		    c.twice > 1 ? "" : "s");
	if (r == 0 && (r = mc_correlation_finish(c.alike, e)) == 0) {
		if (o->json)
			print_json(&c);
		else
			r = print_table(&c, o->tsv, e);
	}
	free(c.seen);
	mc_correlation_release(c.alike);
	mc_claims_release(&c.claims);
	return r;
}
