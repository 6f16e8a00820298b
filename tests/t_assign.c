/* Optimal assignment: against all permutations. */
#include "mc_assign.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

enum { MOST = 7 };

static double uniform(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return (double)(*s >> 8) * 0x1p-24;
}

/* The least cost of rows from `row` on, of columns not taken yet. */
static double least(const double *cost, size_t rows, size_t columns, size_t row, unsigned taken)
{
	double best = row == rows ? 0 : (double)INFINITY;

	for (size_t j = 0; row < rows && j < columns; j++)
		if (!(taken & 1u << j))
			best = fmin(best, cost[row * columns + j] + least(cost, rows, columns, row + 1, taken | 1u << j));
	return best;
}

static double total(const double *cost, size_t rows, size_t columns, const size_t *to)
{
	unsigned taken = 0;
	double sum = 0;

	for (size_t i = 0; i < rows; i++) {
		if (to[i] >= columns || taken & 1u << to[i])
			return (double)INFINITY;
		taken |= 1u << to[i];
		sum += cost[i * columns + to[i]];
	}
	return sum;
}

static void random_costs(struct mc_assign *x, size_t rows, size_t columns)
{
	double cost[MOST * MOST], worst = 0;
	size_t to[MOST];
	uint32_t s = (uint32_t)(rows * 10 + columns);

	for (int n = 0; n < 200; n++) {
		for (size_t k = 0; k < rows * columns; k++)
			cost[k] = n % 2 ? uniform(&s) - 0.5 : floor(4 * uniform(&s)); /* the second with ties */
		mc_assign(x, rows, columns, cost, to);
		worst = fmax(worst, fabs(total(cost, rows, columns, to) - least(cost, rows, columns, 0, 0)));
	}
	ok(worst < 1e-12, "%zu rows, %zu columns: the least sum", rows, columns);
}

int main(void)
{
	struct mc_arena arena = { 0 };
	struct mc_assign *x = mc_assign_new(256, &arena, NULL);
	const double crossed[9] = { 1, 2, 9, 2, 4, 9, 9, 9, 9 };
	static double large[256 * 256];
	size_t to[256] = { 9, 9, 9 };
	int found = 1;

	if (!x)
		return 1;
	mc_assign(x, 3, 3, crossed, to);
	ok(to[0] == 1 && to[1] == 0 && to[2] == 2, "not each row's own least: 2 + 2 + 9 rather than 1 + 4 + 9");
	mc_assign(x, 0, 3, crossed, to);
	ok(to[0] == 1, "no row, nothing to do");
	for (size_t rows = 1; rows <= 6; rows++)
		for (size_t columns = rows; columns <= MOST; columns += 2)
			random_costs(x, rows, columns);
	for (size_t k = 0; k < 256 * 256; k++)
		large[k] = k / 256 == (k * 77 + 3) % 256 ? 0 : 1 + (double)(k % 7);
	mc_assign(x, 256, 256, large, to);
	for (size_t i = 0; i < 256; i++)
		found &= large[i * 256 + to[i]] <= 0;
	ok(found, "256 rows: the permutation that costs nothing");
	mc_arena_free(&arena);
	return tap_done();
}
