#include "mc_sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mc_axis.h"

enum { PATHS, THINGS, REQUESTS, AGENTS, GOALS, KNOWS };
#define SMALLEST 0.014        /* of `reach`: no thing is drawn smaller, */
#define SMALLEST_AGENT 0.05   /* and no agent, whose number is to be read */
#define APART 0.03            /* of `reach`: how far each of two arrows, there and back, keeps from the middle */
#define REQUEST_RGB 0xB0488Bu
#define PATH_RGB 0xA9CBE6u
#define GOAL_RGB 0x009E73u
#define KNOWS_RGB 0xF5C88Eu     /* wide, so that a request that is made can be seen on it */

/* How a role is drawn: none has a colour of a method. */
static const struct look {
	unsigned rgb, faint;
	enum mc_sample sample;
	char mark;
} look[MC_ROLES] = {
	[MC_ROLE_AGENT] = { 0x0072B2, 0, MC_SAMPLE_DISC, '0' },
	[MC_ROLE_LANDMARK] = { 0x8C8C8C, 0xD2D2D2, MC_SAMPLE_DISC, 'x' },
	[MC_ROLE_PREY] = { 0xF0E442, 0, MC_SAMPLE_DISC, 'p' },
	[MC_ROLE_PREDATOR] = { 0xCC79A7, 0, MC_SAMPLE_DISC, 'P' },
	[MC_ROLE_BALL] = { 0xF0E442, 0, MC_SAMPLE_DISC, 'o' },
	[MC_ROLE_TARGET] = { 0x404040, 0, MC_SAMPLE_RING, '+' },
};

/* Of each frame. Goals are hidden in all of them or in none. */
static size_t blocks(const struct mc_sketch *k)
{
	return k->frame[0].goal ? KNOWS + 1 : AGENTS + 1;
}

static double radius_of(const struct mc_sketch *k, enum mc_role role)
{
	return fmax(k->size[role], (role == MC_ROLE_AGENT ? SMALLEST_AGENT : SMALLEST) * k->reach);
}

/* Do the discs of these agents cover each other? */
static int are_close(const struct mc_sketch *k, const struct mc_sketch_frame *f, size_t i, size_t j)
{
	const struct mc_seen *a = &f->now.seen[i], *b = &f->now.seen[j];

	return hypot(b->x - a->x, b->y - a->y) < 2.2 * radius_of(k, MC_ROLE_AGENT);
}

/* Tail and head of the arrow from agent i to agent j: from rim to rim, to the left where one comes back. */
static void find_arrow(const struct mc_sketch *k, const struct mc_sketch_frame *f, size_t i, size_t j, double tail[2], double head[2])
{
	const struct mc_seen *a = &f->now.seen[i], *b = &f->now.seen[j];
	const double dx = b->x - a->x, dy = b->y - a->y, d = hypot(dx, dy), ux = d > 0 ? dx / d : 1, uy = d > 0 ? dy / d : 0;
	const double r = are_close(k, f, i, j) ? 0.3 * d : radius_of(k, MC_ROLE_AGENT);
	const double side = f->asks[j * k->N + i] ? fmin(APART * k->reach, 0.8 * r) : 0, along = sqrt(r * r - side * side);

	tail[0] = a->x + along * ux - side * uy;
	tail[1] = a->y + along * uy + side * ux;
	head[0] = b->x - along * ux - side * uy;
	head[1] = b->y - along * uy + side * ux;
}

/* ---- the numbers ---- */

static void put_things(FILE *to, const struct mc_sketch *k, const struct mc_sight *s, int faint)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct mc_seen *x = &s->seen[i];

		if (x->role != MC_ROLE_AGENT)
			fprintf(to, "%.7g %.7g %.7g %u %s\n", x->x, x->y, radius_of(k, x->role), faint ? look[x->role].faint : look[x->role].rgb,
			    mc_role_name(x->role));
	}
}

static void put_frame_data(FILE *to, const struct mc_sketch *k, const struct mc_sketch_frame *f)
{
	size_t requests = 0;

	fprintf(to, "# %s, paths: x y\n", f->heading);
	for (size_t i = 0; i < k->N; i++) {
		for (size_t t = 0; t < f->steps; t++)
			fprintf(to, "%.7g %.7g\n", f->path[2 * (t * k->N + i)], f->path[2 * (t * k->N + i) + 1]);
		fputs(i + 1 < k->N ? "\n" : "", to);
	}
	fprintf(to, "\n\n# %s, things: x y radius rgb role\n", f->heading);
	if (f->now.n == k->N && f->known.n == 0)
		fputs("NaN NaN NaN 0 none\n", to);
	put_things(to, k, &f->known, 1);
	put_things(to, k, &f->now, 0);
	fprintf(to, "\n\n# %s, requests: x y dx dy asker asked close\n", f->heading);
	for (size_t i = 0; i < k->N; i++)
		for (size_t j = 0; j < k->N && f->asks; j++) {
			double tail[2], head[2];

			if (!f->asks[i * k->N + j])
				continue;
			find_arrow(k, f, i, j, tail, head);
			fprintf(to, "%.7g %.7g %.7g %.7g %zu %zu %d\n", tail[0], tail[1], head[0] - tail[0], head[1] - tail[1], i, j,
			    are_close(k, f, i, j));
			requests++;
		}
	fputs(requests ? "" : "NaN NaN NaN NaN 0 0 0\n", to);
	fprintf(to, "\n\n# %s, agents: x y radius number\n", f->heading);
	for (size_t i = 0; i < k->N; i++)
		fprintf(to, "%.7g %.7g %.7g %zu\n", f->now.seen[i].x, f->now.seen[i].y, radius_of(k, MC_ROLE_AGENT), i);
}

/* From each agent to its goal, and to who knows it. */
static void put_goal_data(FILE *to, const struct mc_sketch *k, const struct mc_sketch_frame *f)
{
	fprintf(to, "\n\n# %s, goals: x y dx dy agent landmark\n", f->heading);
	for (size_t i = 0; i < k->N; i++)
		fprintf(to, "%.7g %.7g %.7g %.7g %zu %d\n", f->now.seen[i].x, f->now.seen[i].y, f->goal[i].x - f->now.seen[i].x,
		    f->goal[i].y - f->now.seen[i].y, i, f->goal[i].landmark);
	fprintf(to, "\n\n# %s, knows: x y dx dy agent knower\n", f->heading);
	for (size_t i = 0; i < k->N; i++) {
		const struct mc_seen *a = &f->now.seen[i], *b = &f->now.seen[f->goal[i].knower];

		fprintf(to, "%.7g %.7g %.7g %.7g %zu %zu\n", a->x, a->y, b->x - a->x, b->y - a->y, i, f->goal[i].knower);
	}
}

static void put_data(FILE *to, const void *of)
{
	const struct mc_sketch *k = of;

	for (size_t i = 0; i < k->frames; i++) {
		fputs(i ? "\n\n" : "", to);
		put_frame_data(to, k, &k->frame[i]);
		if (k->frame[i].goal)
			put_goal_data(to, k, &k->frame[i]);
	}
}

/* ---- a script ---- */

enum { ENTRIES = MC_ROLES + 4 };

/* The roles that there are, then requests and paths. */
static struct mc_legend make_legend(const struct mc_sketch *k, struct mc_entry entry[ENTRIES])
{
	struct mc_legend l = { entry, 0 };

	for (int role = 0; role < MC_ROLES; role++)
		if (k->size[role] > 0)
			entry[l.n++] = (struct mc_entry){ .name = mc_role_name(role), .rgb = look[role].rgb, .mark = look[role].mark, .dash = 1,
				.sample = look[role].sample };
	entry[l.n++] = (struct mc_entry){ .name = "asks", .rgb = REQUEST_RGB, .mark = '.', .dash = 1, .sample = MC_SAMPLE_ARROW };
	entry[l.n++] = (struct mc_entry){ .name = "came from", .rgb = PATH_RGB, .dash = 1, .sample = MC_SAMPLE_LINE };
	if (k->frame[0].goal) {
		entry[l.n++] = (struct mc_entry){ .name = "its goal", .rgb = GOAL_RGB, .dash = 2, .sample = MC_SAMPLE_LINE };
		entry[l.n++] = (struct mc_entry){ .name = "who knows it", .rgb = KNOWS_RGB, .dash = 1, .sample = MC_SAMPLE_LINE };
	}
	return l;
}

/* Above the discs what would be hidden below them, and numbers above all. */
static void put_panel(FILE *to, const struct mc_sketch *k, size_t frame, const char *source, const struct mc_layout *y, double width)
{
	static const char arrows[] = "     %s index %zu using ($7==%d?$1:NaN):2:3:4 with vectors head filled size graph 0.028,20 fixed lw 1.6 lc rgb '#%06X' "
	    "notitle, \\\n";
	const size_t block = frame * blocks(k);
	const double radius = radius_of(k, MC_ROLE_AGENT) / k->reach * width / 2;
	const int inside = radius >= (k->N > 10 ? 9 : 7) * y->scale; /* pixels: there is room for a number */

	fprintf(to, "plot %s index %zu using 1:2 with lines lw 1.6 lc rgb '#%06X' notitle, \\\n", source, block + PATHS, PATH_RGB);
	if (k->frame[0].goal) {
		fprintf(to, "     %s index %zu using 1:2:3:4 with vectors nohead lw 7 lc rgb '#%06X' notitle, \\\n", source, block + KNOWS, KNOWS_RGB);
		fprintf(to, "     %s index %zu using 1:2:3:4 with vectors nohead lw 1.6 dt 2 lc rgb '#%06X' notitle, \\\n", source, block + GOALS,
		    GOAL_RGB);
	}
	fprintf(to, "     %s index %zu using (strcol(5) eq 'target' ? NaN : $1):2:3:4 with circles fs solid border rgb '#707070' lc rgb variable notitle, \\\n",
	    source, block + THINGS);
	fprintf(to, "     %s index %zu using (strcol(5) eq 'target' ? $1 : NaN):2:3:4 with circles fs empty border lw 2 lc rgb variable "
	    "notitle, \\\n", source, block + THINGS);
	fprintf(to, arrows, source, block + REQUESTS, 0, REQUEST_RGB);
	fprintf(to, "     %s index %zu using 1:2:3 with circles fs solid border rgb 'white' lw 1.2 lc rgb '#%06X' notitle, \\\n", source,
	    block + AGENTS, look[MC_ROLE_AGENT].rgb);
	fprintf(to, arrows, source, block + REQUESTS, 1, REQUEST_RGB);
	fprintf(to, "     %s index %zu using 1:2:(sprintf('%%d',$4)) with labels font ',%g' %s notitle\n", source, block + AGENTS,
	    radius > 11 * y->scale ? y->size.plain : y->size.small, inside ? "tc rgb 'white'" : "boxed offset 0.9,0.7 tc rgb '#003A5C'");
}

static int put_script(FILE *to, const void *of, const struct mc_render *r, struct mc_err *e)
{
	const struct mc_sketch *k = of;
	struct mc_entry entry[ENTRIES];
	const struct mc_legend l = make_legend(k, entry);
	const size_t behind = k->moves ? r->frame + r->frames : k->frames;
	struct mc_page page = k->page;
	struct mc_layout y;

	if (mc_page_lay_out(&y, &page, &l, r, e) < 0)
		return -1;
	mc_page_open(to, &page, &y, r);
	for (size_t i = r->frame; i < behind; i++) {
		if (k->moves || i == 0) {
			mc_page_begin(to);
			fprintf(to, "set border 15 lw 0.8 lc rgb '#A0A0A0'\nset style textbox opaque noborder margins 0.3,0.3\nset xrange [%.7g:%.7g]\nset yrange [%.7g:%.7g]\nset tics %g\n", k->x - k->reach,
			    k->x + k->reach, k->y - k->reach, k->y + k->reach, mc_axis_step(2 * k->reach));
		}
		if (k->moves)
			page.panel = &k->frame[i].heading;
		mc_page_panel(to, &page, &y, k->moves ? 0 : i);
		put_panel(to, k, i, r->source, &y, mc_page_width(&page, &y, i % y.columns));
		if (k->moves || i + 1 == k->frames) {
			mc_page_end(to, &page, &y, &l);
			fputs("unset label; unset arrow; unset object\n", to);
		}
	}
	fputs("unset output\n", to);
	return 0;
}

/* ---- text ---- */

enum { FIELD_COLUMNS = 64, FIELD_ROWS = 28, FEWEST_ROWS = 9 };

struct field {
	char at[FIELD_ROWS][FIELD_COLUMNS];
	int columns, rows;
};

/* Where a point is in the field. */
static void place(const struct mc_sketch *k, const struct field *f, double x, double y, int *column, int *row)
{
	*column = (int)floor((x - k->x + k->reach) / (2 * k->reach) * f->columns);
	*row = (int)floor((k->y + k->reach - y) / (2 * k->reach) * f->rows);
	*column = *column < 0 ? 0 : *column >= f->columns ? f->columns - 1 : *column;
	*row = *row < 0 ? 0 : *row >= f->rows ? f->rows - 1 : *row;
}

static char agent_mark(size_t i)
{
	return i < 10 ? (char)('0' + i) : i < 36 ? (char)('a' + i - 10) : '?';
}

/* Of hidden goals, landmarks have names. */
static char landmark_mark(size_t i)
{
	return (char)('A' + i);
}

/* Dots from one agent towards another; what is next to it says where they lead. */
static void put_dots(struct field *f, const int from[2], const int to[2])
{
	const int dx = to[0] - from[0], dy = to[1] - from[1], n = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
	const char head = abs(dx) >= 2 * abs(dy) ? (dx > 0 ? '>' : '<') : dy > 0 ? 'v' : '^';

	for (int i = 1; i < n; i++) {
		char *at = &f->at[from[1] + (int)lround((double)i * dy / n)][from[0] + (int)lround((double)i * dx / n)];

		if (*at == ' ' || (i == n - 1 && *at == '.'))
			*at = i == n - 1 ? head : '.';
	}
}

static void fill(struct field *f, const struct mc_sketch *k, const struct mc_sketch_frame *x)
{
	int from[2], to[2];

	memset(f->at, ' ', sizeof f->at);
	for (size_t i = k->N; i < x->now.n; i++) {
		const struct mc_seen *s = &x->now.seen[i];

		place(k, f, s->x, s->y, &from[0], &from[1]);
		f->at[from[1]][from[0]] = x->goal ? landmark_mark(i - k->N) : look[s->role].mark;
	}
	for (size_t i = 0; i < k->N; i++) {
		place(k, f, x->now.seen[i].x, x->now.seen[i].y, &from[0], &from[1]);
		f->at[from[1]][from[0]] = agent_mark(i);
	}
	for (size_t i = 0; i < k->N; i++)
		for (size_t j = 0; j < k->N && x->asks; j++)
			if (x->asks[i * k->N + j]) {
				place(k, f, x->now.seen[i].x, x->now.seen[i].y, &from[0], &from[1]);
				place(k, f, x->now.seen[j].x, x->now.seen[j].y, &to[0], &to[1]);
				put_dots(f, from, to);
			}
}

static unsigned mark_rgb(char mark)
{
	if (mark == ' ')
		return 0;
	for (int role = MC_ROLE_LANDMARK; role < MC_ROLES; role++)
		if (look[role].mark == mark)
			return look[role].rgb;
	if (mark >= 'A' && mark <= 'C')
		return look[MC_ROLE_LANDMARK].rgb;
	return strchr(".<>^v", mark) ? REQUEST_RGB : look[MC_ROLE_AGENT].rgb;
}

/* "0 asks 1 2, 1 asks 0" */
static void put_requests(FILE *to, const struct mc_sketch *k, const struct mc_sketch_frame *f, const struct mc_canvas *c)
{
	char text[512] = "";
	size_t len = 0;

	for (size_t i = 0; i < k->N && f->asks; i++)
		for (size_t j = 0, asked = 0; j < k->N && len + 24 < sizeof text; j++)
			if (f->asks[i * k->N + j]) {
				len += (size_t)(asked++ ? snprintf(text + len, sizeof text - len, " %zu", j) :
				    snprintf(text + len, sizeof text - len, "%s%zu asks %zu", len ? ", " : "", i, j));
			}
	mc_put_wrapped(to, !f->asks ? "the end" : len ? text : "nobody asks", c);
}

/* "goals: 0 to B (1 knows), 1 to A (2 knows)" */
static void put_goals(FILE *to, const struct mc_sketch *k, const struct mc_sketch_frame *f, const struct mc_canvas *c)
{
	char text[512] = "goals:";
	size_t len = strlen(text);

	for (size_t i = 0; i < k->N && len + 32 < sizeof text; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s %zu to %c (%zu knows)", i ? "," : "", i,
		    landmark_mark((size_t)f->goal[i].landmark), f->goal[i].knower);
	mc_put_wrapped(to, text, c);
}

void mc_sketch_text(FILE *to, const struct mc_sketch *k, size_t i, const struct mc_canvas *c)
{
	const struct mc_sketch_frame *x = &k->frame[i];
	const int free_rows = (int)c->rows - 9 - 2 * (x->goal != NULL);
	struct field f;

	f.rows = free_rows < FEWEST_ROWS ? FEWEST_ROWS : free_rows > FIELD_ROWS ? FIELD_ROWS : free_rows;
	f.columns = 2 * f.rows + 4 < (int)c->columns ? 2 * f.rows + 4 : (int)c->columns - 4; /* a character is twice as high as wide */
	f.columns = f.columns > FIELD_COLUMNS ? FIELD_COLUMNS : f.columns;
	fill(&f, k, x);
	mc_put_centred(to, x->heading, c);
	for (int row = -1; row <= f.rows; row++) {
		const int edge = row < 0 || row == f.rows;

		fprintf(to, "%*s%c", (int)(c->columns - (size_t)f.columns - 2) / 2, "", edge ? '+' : '|');
		for (int column = 0; column < f.columns; column++) {
			const char mark = edge ? '-' : f.at[row][column];
			const unsigned rgb = edge ? 0 : mark_rgb(mark);

			if (rgb)
				mc_put_colour(to, rgb, c);
			fputc(mark, to);
			if (rgb)
				mc_put_colour(to, 0, c);
		}
		fprintf(to, "%c\n", edge ? '+' : '|');
	}
	put_requests(to, k, x, c);
	if (x->goal)
		put_goals(to, k, x, c);
}

void mc_sketch_text_end(FILE *to, const struct mc_sketch *k, const struct mc_canvas *c)
{
	char text[256] = "digits: agents";
	size_t len = strlen(text);

	for (int role = MC_ROLE_LANDMARK; role < MC_ROLES; role++)
		if (k->size[role] > 0)
			len += (size_t)(k->frame[0].goal ? snprintf(text + len, sizeof text - len, ", A, B, C: %ss", mc_role_name(role)) :
			    snprintf(text + len, sizeof text - len, ", %c: %s", look[role].mark, mc_role_name(role)));
	snprintf(text + len, sizeof text - len, ", dots: a request, towards who is asked");
	mc_put_wrapped(to, text, c);
	mc_put_wrapped(to, k->page.caption, c);
}

static int put_text(FILE *to, const void *of, const struct mc_canvas *c, struct mc_err *e)
{
	const struct mc_sketch *k = of;

	(void)e;
	mc_page_text_begin(to, &k->page, c);
	for (size_t i = 0; i < k->frames; i++)
		mc_sketch_text(to, k, i, c);
	mc_sketch_text_end(to, k, c);
	return 0;
}

int mc_sketch_put(const struct mc_sketch *k, const struct mc_picture *p, struct mc_err *e)
{
	return mc_picture_put(&(struct mc_drawing){ k, k->moves ? k->frames : 1, put_script, put_data, put_text }, p, e);
}
