#include "mc_claims.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mc_flip.h"
#include "mc_grow.h"
#include "mc_stat.h"

/* ---- reading ---- */

enum { LARGEST = 1 << 20, COLUMNS = 5 };

/* What some editors put before the first line, and, a carriage return, at the end of each. */
static const char byte_order_mark[] = "\xEF\xBB\xBF";
static const char blanks[] = " \t\r";

static const char *const relations[] = { "above", "best", "below best", "top two", "worst", "not worst",
	"unlike", "sometimes like" };

/* The whole file as a string. */
static int slurp(char **text, const char *path, struct mc_err *e)
{
	FILE *from = fopen(path, "r");
	size_t n;

	if (from == NULL)
		return mc_err_errno(e, MC_NOINPUT, path, NULL, "cannot open");
	*text = calloc(1, LARGEST + 1);
	if (*text == NULL) {
		fclose(from);
		return mc_err_nomem(e, path, LARGEST + 1);
	}
	n = fread(*text, 1, LARGEST, from);
	if (ferror(from)) {
		fclose(from);
		return mc_err_errno(e, MC_IOERR, path, NULL, "cannot read");
	}
	fclose(from);
	if (n == LARGEST || memchr(*text, '\0', n))
		return mc_err_set(e, MC_DATA, path, -1, NULL, "is not a file of claims");
	return 0;
}

/* Without the blanks around it. */
static char *trim(char *s)
{
	size_t n;

	s += strspn(s, blanks);
	for (n = strlen(s); n > 0 && strchr(blanks, s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

/* Cuts a line into its columns; how many there are. */
static int split(char *line, char *column[COLUMNS])
{
	int n = 1;

	column[0] = line;
	for (char *s = line; *s; s++) {
		if (*s != '|')
			continue;
		*s = '\0';
		if (n < COLUMNS)
			column[n] = s + 1;
		n++;
	}
	for (int i = 0; i < n && i < COLUMNS; i++)
		column[i] = trim(column[i]);
	return n;
}

/* `place` is the file and the line. */
static int parse_line(struct mc_claim *c, char *line, const char *place, struct mc_err *e)
{
	char *column[COLUMNS];
	const int columns = split(line, column);
	int is = 0;

	if (columns != COLUMNS)
		return mc_err_set(e, MC_DATA, place, -1, "task | who | is | than whom | in words",
		    "has %d columns, want %d", columns, COLUMNS);
	while (is < MC_RELATIONS && strcmp(column[2], relations[is]) != 0)
		is++;
	if (is == MC_RELATIONS)
		return mc_err_set(e, MC_DATA, place, -1,
		    "above, best, below best, top two, worst, not worst, unlike or sometimes like",
		    "unknown relation \"%s\"", column[2]);
	*c = (struct mc_claim){ column[0], column[1], column[3], column[4], (enum mc_relation)is, 0 };
	if ((is == MC_IS_ABOVE || is >= MC_IS_UNLIKE) != (c->whom[0] != '\0'))
		return mc_err_set(e, MC_DATA, place, -1, NULL, "\"%s\" %s a column \"than whom\"", column[2],
		    c->whom[0] ? "has not" : "needs");
	return 0;
}

/* "episodes = 50000": 1 if the line is of this form, 0 if it is not, or -1. */
static int parse_episodes(int64_t *episodes, const char *line, const char *place, struct mc_err *e)
{
	const size_t n = strcspn(line, "=| \t");
	char *end = NULL;
	long long v;

	if (n != strlen("episodes") || memcmp(line, "episodes", n) != 0 || strchr(line, '|'))
		return 0;
	line += n + strspn(line + n, blanks);
	errno = 0;
	v = *line == '=' ? strtoll(line + 1, &end, 10) : 0;
	if (v < 1 || errno || *end != '\0')
		return mc_err_set(e, MC_DATA, place, -1, "episodes = 50000", "does not say how many episodes");
	*episodes = v;
	return 1;
}

static struct mc_claim *room_for_one(struct mc_claims *cs, struct mc_err *e)
{
	struct mc_claim *grown = mc_grow(cs->claim, cs->n + 1, &cs->room, sizeof *grown, "claims", e);

	if (grown == NULL)
		return NULL;
	cs->claim = grown;
	return &cs->claim[cs->n];
}

int mc_claims_read(struct mc_claims *cs, const char *path, struct mc_err *e)
{
	char place[sizeof e->place];
	int64_t episodes = 0;
	int number = 1, r;

	memset(cs, 0, sizeof *cs);
	if (slurp(&cs->text, path, e) < 0)
		return -1;
	for (char *line = cs->text + (strncmp(cs->text, byte_order_mark, 3) == 0 ? 3 : 0), *next; line; line = next, number++) {
		struct mc_claim *c;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		if (*line == '\0' || *line == '#')
			continue;
		snprintf(place, sizeof place, "%.200s: line %d", path, number);
		r = parse_episodes(&episodes, line, place, e);
		if (r > 0)
			continue;
		c = r < 0 ? NULL : room_for_one(cs, e);
		if (c == NULL || parse_line(c, line, place, e) < 0)
			return -1;
		c->episodes = episodes;
		cs->n++;
	}
	return 0;
}

void mc_claims_release(struct mc_claims *cs)
{
	free(cs->claim);
	free(cs->text);
	memset(cs, 0, sizeof *cs);
}

/* ---- judging ---- */

const char *mc_verdict_name(enum mc_verdict v)
{
	return v == MC_AGREE ? "agree" : v == MC_DISAGREE ? "disagree" : "cannot tell";
}

int mc_claim_names(const struct mc_claim *c, const char *label)
{
	const size_t n = strlen(label);

	for (const char *s = c->who, *end; *s; s = end + (*end == ',')) {
		size_t len;

		end = s + strcspn(s, ",");
		s += strspn(s, " \t");
		for (len = s < end ? (size_t)(end - s) : 0; len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'); len--)
			;
		if (len == n && n > 0 && memcmp(s, label, n) == 0)
			return 1;
	}
	return 0;
}

/* A difference of weighted scores, at most a middle less a third. */
struct contrast {
	const struct mc_score *of[3];
	double weight[3];
	size_t n;
};

/* How sure it is that a difference, or what is made of several, is positive. */
struct told {
	double p;              /* one-sided, the choice in it */
	double mean;           /* of the difference that decides */
	size_t choices;
	struct contrast by;    /* the difference that decides */
};

static struct contrast above(const struct mc_score *x, const struct mc_score *y)
{
	return (struct contrast){ { x, y }, { 1, -1 }, 2 };
}

/* The middle of k and l less x, times `side`. */
static struct contrast from_middle(const struct mc_score *k, const struct mc_score *l, const struct mc_score *x, double side)
{
	if (k == l)
		return side > 0 ? above(k, x) : above(x, k);
	return (struct contrast){ { x, k, l }, { -side, side / 2, side / 2 }, 3 };
}

static int flip(struct mc_flip *f, double *d, const struct contrast *c, struct mc_err *e)
{
	return mc_flip_make(f, d, mc_scores_contrast(d, c->of, c->weight, c->n), e);
}

/* The surest first, and of those that are equally sure the largest difference. */
static int by_p(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	return x->p < y->p || x->p > y->p ? (x->p > y->p) - (x->p < y->p) : (x->mean < y->mean) - (x->mean > y->mean);
}

/* u of n must be positive. */
static struct told at_least(size_t u, struct told *list, size_t n)
{
	struct told t;

	qsort(list, n, sizeof *list, by_p);
	t = list[u - 1];
	t.choices *= n - u + 1;
	t.p *= (double)(n - u + 1);
	return t;
}

/* What a claim is about: X, one or several, and the others. */
struct sides {
	const struct mc_score **x, **other;
	size_t xs, others;
	struct told *list[3];  /* [scores] each, for lists within lists */
	double *d;             /* room for a difference of each seed */
	int failed;            /* out of memory */
	struct mc_err *e;
};

static struct told test(struct sides *s, struct contrast by)
{
	struct told t = { 1, 0, 1, by };
	struct mc_flip f;

	s->failed |= flip(&f, s->d, &by, s->e) < 0;
	if (!s->failed) {
		t.p = mc_flip_p(&f, 1);
		t.mean = f.n ? mc_stat_mean(s->d, f.n) : 0;
	}
	mc_flip_release(&f);
	return t;
}

/* An X is above u of the others. */
static struct told x_above(struct sides *s, size_t u)
{
	for (size_t i = 0; i < s->xs; i++) {
		for (size_t k = 0; k < s->others; k++)
			s->list[1][k] = test(s, above(s->x[i], s->other[k]));
		s->list[0][i] = at_least(u, s->list[1], s->others);
	}
	return at_least(1, s->list[0], s->xs);
}

/* u of the others are above every X. */
static struct told others_above(struct sides *s, size_t u)
{
	for (size_t k = 0; k < s->others; k++) {
		for (size_t i = 0; i < s->xs; i++)
			s->list[1][i] = test(s, above(s->other[k], s->x[i]));
		s->list[0][k] = at_least(s->xs, s->list[1], s->xs);
	}
	return at_least(u, s->list[0], s->others);
}

/* Of x and one other, k: x lies below (side 1) or above (-1) the middle of it and each other. */
static struct told beyond_middles(struct sides *s, const struct mc_score *x, size_t k, double side)
{
	for (size_t l = 0; l < s->others; l++)
		s->list[2][l] = test(s, from_middle(s->other[k], s->other[l], x, side));
	return at_least(s->others, s->list[2], s->others);
}

/* Every X lies nearer the lowest than the best: there is one other from which all do. */
static struct told x_low(struct sides *s)
{
	for (size_t k = 0; k < s->others; k++) {
		for (size_t i = 0; i < s->xs; i++)
			s->list[1][i] = beyond_middles(s, s->x[i], k, 1);
		s->list[0][k] = at_least(s->xs, s->list[1], s->xs);
	}
	return at_least(1, s->list[0], s->others);
}

/* Some X lies nearer the best than the lowest. */
static struct told x_high(struct sides *s)
{
	for (size_t i = 0; i < s->xs; i++) {
		for (size_t k = 0; k < s->others; k++)
			s->list[1][k] = beyond_middles(s, s->x[i], k, -1);
		s->list[0][i] = at_least(1, s->list[1], s->others);
	}
	return at_least(1, s->list[0], s->xs);
}

static int uses(const struct mc_claim *c, const struct mc_score *s)
{
	return strcmp(s->task, c->task) == 0 && (c->is != MC_IS_ABOVE || strcmp(s->label, c->whom) == 0);
}

/* Who is X, who the others; the fewest episodes of theirs. */
static int64_t find_sides(struct sides *s, const struct mc_claim *c, const struct mc_scores *ss)
{
	int64_t fewest = INT64_MAX;

	for (size_t i = 0; i < ss->n; i++) {
		const struct mc_score *x = &ss->score[i];

		if (uses(c, x) && !(mc_claim_names(c, x->label) && c->is != MC_IS_ABOVE))
			s->other[s->others++] = x;
		else if (strcmp(x->task, c->task) == 0 && mc_claim_names(c, x->label))
			s->x[s->xs++] = x;
		else
			continue;
		fewest = x->episodes < fewest ? x->episodes : fewest;
	}
	return fewest;
}

/* Both sides of a claim. */
static void weigh(struct told *agree, struct told *disagree, enum mc_relation is, struct sides *s)
{
	const int opposite = is == MC_IS_BELOW_BEST || is == MC_IS_WORST;
	struct told high, low;

	if (is == MC_IS_WORST || is == MC_IS_NOT_WORST) {
		high = x_high(s);
		low = x_low(s);
	} else if (is == MC_IS_TOP_TWO) {
		high = x_above(s, s->others - 1);
		low = others_above(s, 2);
	} else {
		high = x_above(s, s->others);
		low = others_above(s, 1);
	}
	*agree = opposite ? low : high;
	*disagree = opposite ? high : low;
}

/* The names of one side of a difference: those of this sign. */
static void name_side(char *out, size_t size, const struct contrast *c, double sign)
{
	const char *name[2] = { "", "" };
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->weight[i] * sign > 0)
			name[n++] = c->of[i]->label;
	snprintf(out, size, n == 2 ? "middle of %s and %s" : "%s", name[0], name[1]);
}

static int describe(struct mc_judgement *j, const struct told *t, struct sides *s)
{
	const double alpha = MC_VERDICT_ALPHA / (double)t->choices;
	struct mc_flip f;
	int r;

	name_side(j->higher, sizeof j->higher, &t->by, 1);
	name_side(j->lower, sizeof j->lower, &t->by, -1);
	j->choices = t->choices;
	j->needs = mc_flip_needs(alpha);
	j->p = fmin(1, 2 * t->p);
	r = flip(&f, s->d, &t->by, s->e);
	if (r == 0) {
		j->pairs = f.n;
		j->mean = mc_stat_mean(s->d, f.n);
		mc_flip_interval(j->ci, &f, alpha);
	}
	mc_flip_release(&f);
	return r;
}

static void excuse(struct mc_judgement *j)
{
	if (j->pairs == 0)
		snprintf(j->why, sizeof j->why, "no common seed");
	else if (j->pairs < j->needs)
		snprintf(j->why, sizeof j->why, "%zu seed%s", j->pairs, j->pairs == 1 ? "" : "s");
	else
		snprintf(j->why, sizeof j->why, "interval contains 0");
}

int mc_claim_is_short(const struct mc_claim *c, int64_t episodes, char *why, size_t size)
{
	if (episodes >= c->episodes - c->episodes / 2)
		return 0;
	snprintf(why, size, "%lld of %lld episodes", (long long)episodes, (long long)c->episodes);
	return 1;
}

static int decide(struct mc_judgement *j, const struct mc_claim *c, struct sides *s, int64_t fewest)
{
	const double level = MC_VERDICT_ALPHA / 2 * (1 + 1e-9);
	struct told agree, disagree;

	weigh(&agree, &disagree, c->is, s);
	if (s->failed || describe(j, agree.p <= disagree.p ? &agree : &disagree, s) < 0)
		return -1;
	if (mc_claim_is_short(c, fewest, j->why, sizeof j->why))
		return 0;
	if ((agree.p <= level) == (disagree.p <= level))
		excuse(j);
	else
		j->verdict = agree.p <= level ? MC_AGREE : MC_DISAGREE;
	return 0;
}

static int allocate(struct sides *s, const struct mc_scores *ss, struct mc_err *e)
{
	const size_t n = ss->n + 1;
	size_t seeds = 1;

	for (size_t i = 0; i < ss->n; i++)
		seeds = ss->score[i].n > seeds ? ss->score[i].n : seeds;
	*s = (struct sides){ .x = calloc(n, sizeof *s->x), .other = calloc(n, sizeof *s->other),
		.list = { calloc(3 * n, sizeof **s->list) }, .d = calloc(seeds, sizeof *s->d), .e = e };
	if (!s->x || !s->other || !s->list[0] || !s->d)
		return mc_err_nomem(e, "claims", 3 * n * sizeof **s->list);
	s->list[1] = s->list[0] + n;
	s->list[2] = s->list[1] + n;
	return 0;
}

static void release(struct sides *s)
{
	free(s->x);
	free(s->other);
	free(s->list[0]);
	free(s->d);
}

int mc_judge(struct mc_judgement *j, const struct mc_claim *c, const struct mc_scores *ss, struct mc_err *e)
{
	const char *why = c->is >= MC_IS_UNLIKE ? "is about advantages" : NULL;
	struct sides s;
	int64_t fewest;
	int r = allocate(&s, ss, e);

	*j = (struct mc_judgement){ .mean = (double)NAN, .ci = { (double)NAN, (double)NAN }, .p = 1 };
	if (r == 0 && why == NULL) {
		fewest = find_sides(&s, c, ss);
		if (s.xs == 0 || s.others == 0)
			why = "nothing to compare with";
		else if (c->is == MC_IS_TOP_TWO && s.others < 2)
			why = "there are only two";
		else
			r = decide(j, c, &s, fewest);
	}
	if (why)
		snprintf(j->why, sizeof j->why, "%s", why);
	release(&s);
	return r;
}
