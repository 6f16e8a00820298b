#include "mc_intervene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_header.h"

const struct mc_intervention mc_intervention_none = { .how = -1, .drop = -1 };

/* ---- from options ---- */

static int parse_drop(struct mc_intervention *x, const char *text, struct mc_err *e)
{
	char *end;

	x->drop = strtod(text, &end);
	if (end == text || *end || !(x->drop >= 0 && x->drop <= 1))
		return mc_usage(e, "--comm", NULL, "drop=%s is not a probability from 0 to 1", text);
	return 0;
}

static int parse_item(struct mc_intervention *x, const char *item, struct mc_err *e)
{
	const int how = mc_decide_parse(item);
	const int shuffle = strcmp(item, "shuffle") == 0, own = strcmp(item, "self") == 0;

	if (strncmp(item, "drop=", 5) == 0)
		return parse_drop(x, item + 5, e);
	if (how < 0 && !shuffle && !own)
		return mc_usage(e, "--comm", NULL, "\"%s\" is not learned, none, full, drop=P, shuffle or self", item);
	if (how >= 0 ? x->how >= 0 : x->message != MC_MESSAGE_ASKED)
		return mc_usage(e, "--comm", NULL, "\"%s\" excludes another one that is given", item);
	if (how >= 0)
		x->how = how;
	else
		x->message = shuffle ? MC_MESSAGE_OTHER : MC_MESSAGE_OWN;
	return 0;
}

int mc_intervention_comm(struct mc_intervention *x, const char *text, struct mc_err *e)
{
	for (const char *s = text;; s++) {
		const size_t n = strcspn(s, ",");
		char item[32];

		snprintf(item, sizeof item, "%.*s", n < sizeof item ? (int)n : (int)sizeof item - 1, s);
		if (parse_item(x, item, e) < 0)
			return -1;
		s += n;
		if (!*s)
			break;
	}
	if (x->how == MC_NONE && (x->drop >= 0 || x->message != MC_MESSAGE_ASKED))
		return mc_usage(e, "--comm", NULL, "under none there are no messages to change");
	return 0;
}

/* An agent's number, up to `stop`; the rest of the text, or NULL. */
static const char *parse_agent(const char *text, char stop, uint8_t *agent)
{
	char *end;
	const long v = strtol(text, &end, 10);

	if (end == text || *text < '0' || *text > '9' || v > 255 || (*end && (*end != stop || !end[1])))
		return NULL;
	*agent = (uint8_t)v;
	return *end ? end + 1 : end;
}

int mc_intervention_cut(struct mc_intervention *x, const char *text, struct mc_err *e)
{
	const char *s = text;

	do {
		uint8_t *cut = x->cut[x->cuts];
		const char *second = x->cuts < MC_CUTS ? parse_agent(s, ',', &cut[0]) : NULL;

		s = second ? parse_agent(second, ':', &cut[1]) : NULL;
		if (s == NULL || cut[0] == cut[1])
			return mc_usage(e, "--cut", "i,j: agent i gets no message from agent j; several as 0,1:2,1",
			    "\"%s\" is not a pair of different agents", text);
		x->cuts++;
	} while (*s);
	return 0;
}

int mc_intervention_mute(struct mc_intervention *x, const char *text, struct mc_err *e)
{
	const char *s = text;

	do {
		s = x->mutes < MC_CUTS ? parse_agent(s, ',', &x->mute[x->mutes]) : NULL;
		if (s == NULL)
			return mc_usage(e, "--mute", "j: agent nobody gets a message from j; several as 0,1", "\"%s\" is not an agent's number", text);
		x->mutes++;
	} while (*s);
	return 0;
}

int mc_intervention_touches(const struct mc_intervention *x, enum mc_decide how)
{
	return (x->how >= 0 && x->how != (int)how) || x->drop >= 0 || x->message != MC_MESSAGE_ASKED || x->max_edges ||
	    x->cuts || x->mutes;
}

static int no_agent(struct mc_err *e, const char *option, unsigned agent, size_t N)
{
	return mc_usage(e, option, "agents count from 0", "there is no agent %u in a team of %zu", agent, N);
}

int mc_intervention_check(const struct mc_intervention *x, size_t N, enum mc_decide how, struct mc_err *e)
{
	const int decide = x->how >= 0 ? x->how : (int)how;

	for (size_t k = 0; k < x->cuts; k++)
		for (int end = 0; end < 2; end++)
			if (x->cut[k][end] >= N)
				return no_agent(e, "--cut", x->cut[k][end], N);
	for (size_t k = 0; k < x->mutes; k++)
		if (x->mute[k] >= N)
			return no_agent(e, "--mute", x->mute[k], N);
	if (x->message == MC_MESSAGE_OTHER && N < 3)
		return mc_usage(e, "--comm", NULL, "shuffle needs three agents, this team has %zu: there is no other to take a message from", N);
	if (x->max_edges && decide == MC_FULL)
		return mc_usage(e, "--max-edges", "only learned decisions have one", "under full no request is more probable than another");
	return 0;
}

/* ---- one step ---- */

/* Of one agent: the k-th request falls if `most` others come before it. */
static void limit(size_t most, size_t d, const mc_real *c, uint8_t *I)
{
	size_t asked = 0;

	for (size_t j = 0; j < d; j++)
		asked += I[j];
	for (; asked > most; asked--) {
		size_t least = d;

		for (size_t j = 0; j < d; j++)
			if (I[j] && (least == d || c[j] <= c[least]))
				least = j;
		I[least] = 0;
	}
}

void mc_intervene_limit(const struct mc_intervention *x, const struct mc_dims *s, size_t n, const mc_real *c, uint8_t *I)
{
	for (size_t row = 0; row < n * s->N; row++)
		limit((size_t)x->max_edges, s->d, c + row * s->d, I + row * s->d);
}

/* Does i never get a message from j? */
static int is_silent(const struct mc_intervention *x, size_t i, size_t j)
{
	for (size_t k = 0; k < x->mutes; k++)
		if (x->mute[k] == j)
			return 1;
	for (size_t k = 0; k < x->cuts; k++)
		if (x->cut[k][0] == i && x->cut[k][1] == j)
			return 1;
	return 0;
}

void mc_intervene_hear(const struct mc_intervention *x, const struct mc_dims *s, size_t n, const uint8_t *I,
    const mc_real *u, uint8_t *heard)
{
	const size_t each = s->N * s->d;

	memcpy(heard, I, n * each);
	for (size_t k = 0; k < n * each && mc_intervene_drops(x); k++)
		heard[k] = heard[k] && (double)u[k] >= x->drop;
	for (size_t i = 0; i < s->N && (x->cuts || x->mutes); i++)
		for (size_t j = 0; j < s->d; j++)
			for (size_t b = 0; b < n && is_silent(x, i, mc_slot_agent(i, j)); b++)
				heard[b * each + i * s->d + j] = 0;
}

/* The k-th agent that is neither i nor j. */
static size_t another(size_t k, size_t i, size_t j)
{
	const size_t low = i < j ? i : j, high = i < j ? j : i;

	k += k >= low;
	return k + (k >= high);
}

void mc_intervene_source(const struct mc_intervention *x, const struct mc_dims *s, size_t n, const mc_real *u,
    uint8_t *src)
{
	const size_t N = s->N, d = s->d;

	for (size_t row = 0; row < n * N; row++)
		for (size_t slot = 0; slot < d; slot++) {
			const size_t at = row * d + slot, i = row % N, j = mc_slot_agent(i, slot);

			if (x->message == MC_MESSAGE_OTHER)
				src[at] = (uint8_t)another((size_t)((double)u[at] * (double)(N - 2)), i, j);
			else
				src[at] = (uint8_t)(x->message == MC_MESSAGE_OWN ? i : j);
		}
}
