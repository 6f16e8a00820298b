#include "mc_assign.h"

#include <float.h>

/* Columns are counted from 1: column 0 stands for the row that is being placed. */
struct mc_assign {
	double *row_price;        /* [columns + 1], of the row of each column */
	double *price;            /* of columns */
	double *slack;            /* of columns: the least reduced cost from the rows reached */
	size_t *row;              /* row (from 1) that has the column; 0 = none */
	size_t *from;             /* the column before, on the way to this one */
	unsigned char *reached;
};

struct mc_assign *mc_assign_new(size_t max_columns, struct mc_arena *arena, struct mc_err *e)
{
	struct mc_assign *x = mc_arena_alloc(arena, 1, sizeof *x, "assignment", e);
	const size_t n = max_columns + 1;

	if (!x)
		return NULL;
	x->row_price = mc_arena_alloc(arena, n, sizeof *x->row_price, "assignment", e);
	x->price = mc_arena_alloc(arena, n, sizeof *x->price, "assignment", e);
	x->slack = mc_arena_alloc(arena, n, sizeof *x->slack, "assignment", e);
	x->row = mc_arena_alloc(arena, n, sizeof *x->row, "assignment", e);
	x->from = mc_arena_alloc(arena, n, sizeof *x->from, "assignment", e);
	x->reached = mc_arena_alloc(arena, n, 1, "assignment", e);
	return x->row_price && x->price && x->slack && x->row && x->from && x->reached ? x : NULL;
}

/* From column `at`, whose row is reached: lowers the slacks, returns the nearest column not reached. */
static size_t nearest(struct mc_assign *x, size_t columns, const double *cost, size_t at)
{
	const size_t row = x->row[at];
	size_t best = 0;

	for (size_t j = 1; j <= columns; j++) {
		if (x->reached[j])
			continue;
		const double reduced = cost[(row - 1) * columns + j - 1] - x->row_price[row] - x->price[j];

		if (reduced < x->slack[j]) {
			x->slack[j] = reduced;
			x->from[j] = at;
		}
		if (best == 0 || x->slack[j] < x->slack[best])
			best = j;
	}
	return best;
}

/* Places row `row` along the shortest way to a free column. */
static void place(struct mc_assign *x, size_t row, size_t columns, const double *cost)
{
	size_t at = 0;

	x->row[0] = row;
	for (size_t j = 0; j <= columns; j++) {
		x->slack[j] = DBL_MAX;
		x->reached[j] = 0;
	}
	do {
		x->reached[at] = 1;
		const size_t next = nearest(x, columns, cost, at);
		const double step = x->slack[next];

		for (size_t j = 0; j <= columns; j++)
			if (x->reached[j]) {
				x->row_price[x->row[j]] += step;
				x->price[j] -= step;
			} else {
				x->slack[j] -= step;
			}
		at = next;
	} while (x->row[at] != 0);
	for (; at != 0; at = x->from[at])
		x->row[at] = x->row[x->from[at]];
}

void mc_assign(struct mc_assign *x, size_t rows, size_t columns, const double *cost, size_t *to)
{
	for (size_t j = 0; j <= columns; j++) {
		x->row[j] = 0;
		x->price[j] = x->row_price[j] = 0;
	}
	for (size_t i = 1; i <= rows; i++)
		place(x, i, columns, cost);
	for (size_t j = 1; j <= columns; j++)
		if (x->row[j])
			to[x->row[j] - 1] = j - 1;
}
