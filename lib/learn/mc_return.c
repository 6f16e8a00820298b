#include "mc_return.h"

void mc_return_n_step(mc_real *G, const mc_real *r, const mc_real *V, size_t T, double gamma, int n)
{
	for (size_t t = 0; t < T; t++) {
		const size_t q = (size_t)n < T - t ? (size_t)n : T - t;
		double sum = (double)V[t + q];

		for (size_t l = q; l-- > 0; )
			sum = (double)r[t + l] + gamma * sum;
		G[t] = (mc_real)sum;
	}
}
