/*
 * Heat maps: panels of cells whose shade is a share from 0 to 1, on a page (mc_page.h). As text, a
 * digit stands for each cell.
 */
#ifndef MC_HEAT_H
#define MC_HEAT_H

#include <stddef.h>
#include <stdint.h>

#include "mc_page.h"
#include "mc_picture.h"

struct mc_heat_panel {
	size_t rows, columns;
	const double *value;          /* [rows, columns], the first row on top; NaN = there is none */
	const char *const *row_name;  /* [rows] */
	double dx;                    /* width of a column on the x axis */
	double x0;                    /* x of the first one's middle */
	const uint8_t *mark;          /* [rows, columns] 1 = framed, in text a star; NULL = none */
	int numbers;                  /* 1 = a small table: the values stand in the cells, every column has its tic */
};

struct mc_heat {
	struct mc_page page;                /* no place is empty */
	const struct mc_heat_panel *panel;  /* [page.panels] */
};

/*
 * Draws it and puts it there. Its data have a block for each panel, two empty lines between blocks:
 * columns x, row, value, name of the row.
 */
int mc_heat_put(const struct mc_heat *h, const struct mc_picture *p, struct mc_err *e);

#endif
