#include "mc_decided.h"

#include <math.h>

int mc_decided_new(struct mc_decided *x, const struct mc_dims *dims, int learned, struct mc_arena *arena,
    struct mc_err *e)
{
	const size_t pairs = dims->N * dims->d;

	*x = (struct mc_decided){ .N = dims->N, .d = dims->d, .learned = learned };
	x->live = mc_arena_alloc(arena, pairs, sizeof *x->live, "decisions", e);
	x->asked = mc_arena_alloc(arena, pairs, sizeof *x->asked, "decisions", e);
	x->c = mc_arena_alloc(arena, pairs, sizeof *x->c, "decisions", e);
	return x->live && x->asked && x->c ? 0 : -1;
}

/* From c, as that is what acting keeps: what is lost where c rounds to 0 or 1 is below 1e-6. */
static double entropy(double c)
{
	return c > 0 && c < 1 ? -c * log(c) - (1 - c) * log1p(-c) : 0;
}

void mc_decided_add(struct mc_decided *x, const mc_real *c, const uint8_t *I, const uint8_t *m, size_t steps)
{
	const size_t pairs = x->N * x->d;

	for (size_t i = 0, k = 0; i < steps * pairs; i++, k = k + 1 < pairs ? k + 1 : 0) {
		if (!m[i])
			continue;
		x->live[k]++;
		x->asked[k] += I[i];
		if (!x->learned)
			continue;
		x->c[k] += (double)c[i];
		x->entropy += entropy((double)c[i]);
		x->saturated += c[i] < (mc_real)0.01 || c[i] > (mc_real)0.99;
	}
}

void mc_decided_add_right(struct mc_decided *x, const struct mc_task *task, const mc_real *o, const uint8_t *I, const uint8_t *m,
    size_t steps)
{
	x->right_known = 1;
	mc_right_count(&x->right, &x->right_edges, task, o, I, m, steps);
}

static uint64_t total(const struct mc_decided *x, const uint64_t *of)
{
	uint64_t sum = 0;

	for (size_t k = 0; k < x->N * x->d; k++)
		sum += of[k];
	return sum;
}

uint64_t mc_decided_requests(const struct mc_decided *x)
{
	return total(x, x->asked);
}

uint64_t mc_decided_edges(const struct mc_decided *x)
{
	return total(x, x->live);
}

/* NaN where there was nothing to decide, or, of c's, nets did not. */
static double mean(double sum, uint64_t n, int known)
{
	return n && known ? sum / (double)n : (double)NAN;
}

double mc_decided_rate(const struct mc_decided *x)
{
	return mean((double)mc_decided_requests(x), mc_decided_edges(x), 1);
}

double mc_decided_c(const struct mc_decided *x)
{
	double sum = 0;

	for (size_t k = 0; k < x->N * x->d; k++)
		sum += x->c[k];
	return mean(sum, mc_decided_edges(x), x->learned);
}

double mc_decided_entropy(const struct mc_decided *x)
{
	return mean(x->entropy, mc_decided_edges(x), x->learned);
}

double mc_decided_saturated(const struct mc_decided *x)
{
	return mean((double)x->saturated, mc_decided_edges(x), x->learned);
}

double mc_decided_precision(const struct mc_decided *x)
{
	return mean((double)x->right, mc_decided_requests(x), x->right_known);
}

double mc_decided_recall(const struct mc_decided *x)
{
	return mean((double)x->right, (uint64_t)x->right_edges, x->right_known);
}

/* Agent i's slot for another agent; the inverse of mc_slot_agent. */
static size_t pair(const struct mc_decided *x, size_t i, size_t other)
{
	return i * x->d + (other < i ? other : other - 1);
}

double mc_decided_pair_rate(const struct mc_decided *x, size_t i, size_t other)
{
	const size_t k = pair(x, i, other);

	return i == other ? (double)NAN : mean((double)x->asked[k], x->live[k], 1);
}

double mc_decided_pair_c(const struct mc_decided *x, size_t i, size_t other)
{
	const size_t k = pair(x, i, other);

	return i == other ? (double)NAN : mean(x->c[k], x->live[k], x->learned);
}
