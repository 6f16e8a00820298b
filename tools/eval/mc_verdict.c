#include "mc_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

enum { LARGEST = 1 << 20, COLUMNS = 5 };

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
		return mc_err_set(e, MC_DATA, path, -1, NULL, "is no file of claims");
	return 0;
}

/* Without the blanks around it. */
static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
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
	*c = (struct mc_claim){ column[0], column[1], column[3], column[4], (enum mc_relation)is };
	if ((is == MC_IS_ABOVE || is >= MC_IS_UNLIKE) != (c->whom[0] != '\0'))
		return mc_err_set(e, MC_DATA, place, -1, NULL, "\"%s\" %s a column \"than whom\"", column[2],
		    c->whom[0] ? "has not" : "needs");
	return 0;
}

static struct mc_claim *room_for_one(struct mc_claims *cs, struct mc_err *e)
{
	const size_t want = cs->room ? 2 * cs->room : 16;
	struct mc_claim *grown;

	if (cs->n == cs->room) {
		grown = reallocarray(cs->claim, want, sizeof *grown);
		if (grown == NULL) {
			mc_err_nomem(e, "claims", want * sizeof *grown);
			return NULL;
		}
		cs->claim = grown;
		cs->room = want;
	}
	return &cs->claim[cs->n];
}

int mc_claims_read(struct mc_claims *cs, const char *path, struct mc_err *e)
{
	char place[sizeof e->place];
	int number = 1;

	memset(cs, 0, sizeof *cs);
	if (slurp(&cs->text, path, e) < 0)
		return -1;
	for (char *line = cs->text, *next; line; line = next, number++) {
		struct mc_claim *c;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		if (*line == '\0' || *line == '#')
			continue;
		snprintf(place, sizeof place, "%.200s: line %d", path, number);
		c = room_for_one(cs, e);
		if (c == NULL || parse_line(c, line, place, e) < 0)
			return -1;
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

/* The scores of a claim's task: those that it names, or the others; the highest, second, lowest by mean. */
struct order {
	const struct mc_score *best, *second, *lowest;
	size_t n;
};

static double mean_of(const struct mc_score *s)
{
	return s->figure[MC_FIGURE_MEAN];
}

static void put_in_order(struct order *o, const struct mc_score *s)
{
	if (o->best == NULL || mean_of(s) > mean_of(o->best)) {
		o->second = o->best;
		o->best = s;
	} else if (o->second == NULL || mean_of(s) > mean_of(o->second)) {
		o->second = s;
	}
	if (o->lowest == NULL || mean_of(s) < mean_of(o->lowest))
		o->lowest = s;
	o->n++;
}

/* Who stands for the claim, and all but him in their order. */
static struct order find_others(struct mc_judgement *j, const struct mc_claim *c, const struct mc_scores *ss)
{
	struct order named = { 0 }, others = { 0 };

	for (size_t i = 0; i < ss->n; i++)
		if (strcmp(ss->score[i].task, c->task) == 0 && mc_claim_names(c, ss->score[i].label))
			put_in_order(&named, &ss->score[i]);
	j->who = named.best;
	for (size_t i = 0; i < ss->n; i++)
		if (strcmp(ss->score[i].task, c->task) == 0 && &ss->score[i] != j->who)
			put_in_order(&others, &ss->score[i]);
	return others;
}

/* Takes higher - lower as the difference that decides: 1 separably positive, -1 negative, 0 not separable. */
static int compare(struct mc_judgement *j, const struct mc_score *higher, const struct mc_score *lower, size_t resamples,
    int *sign, struct mc_err *e)
{
	j->higher = higher;
	j->lower = lower;
	*sign = 0;
	if (mc_scores_compare(&j->diff, higher, lower, resamples, e) < 0)
		return -1;
	if (j->diff.pairs < MC_VERDICT_SEEDS)
		j->why = j->diff.pairs == 0 ? "no common seed" : j->diff.pairs == 1 ? "one seed" : "two seeds";
	else if (j->diff.ci[0] > 0)
		*sign = 1;
	else if (j->diff.ci[1] < 0)
		*sign = -1;
	else
		j->why = "interval contains 0";
	return 0;
}

static int decide(struct mc_judgement *j, const struct mc_score *higher, const struct mc_score *lower, size_t resamples,
    struct mc_err *e)
{
	int sign;

	if (compare(j, higher, lower, resamples, &sign, e) < 0)
		return -1;
	j->verdict = sign > 0 ? MC_AGREE : sign < 0 ? MC_DISAGREE : MC_CANNOT_TELL;
	return 0;
}

/*
 * Belonging to one end of the order: `away` positive says that he does not, else `within` positive
 * that he does. Both are higher - lower.
 */
static int decide_end(struct mc_judgement *j, const struct mc_score *away[2], const struct mc_score *within[2],
    enum mc_verdict belongs, enum mc_verdict belongs_not, size_t resamples, struct mc_err *e)
{
	int sign;

	if (compare(j, away[0], away[1], resamples, &sign, e) < 0)
		return -1;
	if (sign > 0) {
		j->verdict = belongs_not;
		return 0;
	}
	if (compare(j, within[0], within[1], resamples, &sign, e) < 0)
		return -1;
	j->verdict = sign > 0 ? belongs : MC_CANNOT_TELL;
	if (sign < 0) /* cannot be below all and yet not away from them, but for ties of the pairs */
		j->why = "interval contains 0";
	return 0;
}

static int cannot_tell(struct mc_judgement *j, const char *why)
{
	j->why = why;
	return 0;
}

int mc_judge(struct mc_judgement *j, const struct mc_claim *c, const struct mc_scores *ss, struct mc_err *e)
{
	const struct mc_score *whom = mc_scores_find(ss, c->task, c->whom), *x;
	struct order others;
	int r = 0;

	memset(j, 0, sizeof *j);
	others = find_others(j, c, ss);
	x = j->who;
	if (x == NULL || others.n == 0 || (c->is == MC_IS_ABOVE && (whom == NULL || whom == x)))
		return cannot_tell(j, "nothing to compare with");
	switch (c->is) {
	case MC_IS_ABOVE:
		r = decide(j, x, whom, ss->resamples, e);
		break;
	case MC_IS_BEST:
		r = decide(j, x, others.best, ss->resamples, e);
		break;
	case MC_IS_BELOW_BEST:
		r = decide(j, others.best, x, ss->resamples, e);
		break;
	case MC_IS_TOP_TWO:
		if (others.n < 2)
			return cannot_tell(j, "there are only two");
		r = decide_end(j, (const struct mc_score *[]){ others.second, x },
		    (const struct mc_score *[]){ x, others.lowest }, MC_AGREE, MC_DISAGREE, ss->resamples, e);
		break;
	case MC_IS_WORST:
	case MC_IS_NOT_WORST:
		r = decide_end(j, (const struct mc_score *[]){ x, others.lowest },
		    (const struct mc_score *[]){ others.best, x },
		    c->is == MC_IS_WORST ? MC_AGREE : MC_DISAGREE, c->is == MC_IS_WORST ? MC_DISAGREE : MC_AGREE,
		    ss->resamples, e);
		break;
	case MC_IS_UNLIKE:
	case MC_IS_SOMETIMES_LIKE:
	case MC_RELATIONS:
		return cannot_tell(j, "is about advantages");
	}
	if (r == 0 && j->verdict != MC_CANNOT_TELL)
		j->why = NULL;
	return r;
}
