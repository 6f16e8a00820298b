/* n-step returns against the sum written out. */
#include "mc_return.h"
#include "tap.h"

enum { T = 6 };

static const mc_real r[T] = { 1, -2, (mc_real)0.5, 3, 0, -1 };
static const mc_real V[T + 1] = { 10, 20, -30, 40, 5, -6, 7 };

static double written_out(int t, double gamma, int n)
{
	double sum = 0, g = 1;
	int q = 0;

	for (; q < n && t + q < T; q++, g *= gamma)
		sum += g * (double)r[t + q];
	return sum + g * (double)V[t + q];
}

int main(void)
{
	static const int steps[] = { 1, 2, 5, 6, 1000 };
	static const double gammas[] = { 0, 0.95, 1 };
	mc_real G[T + 1] = { [T] = 77 };

	for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
		for (size_t g = 0; g < sizeof gammas / sizeof *gammas; g++) {
			double bad = 0;

			mc_return_n_step(G, r, V, T, gammas[g], steps[s]);
			for (int t = 0; t < T; t++)
				bad = fmax(bad, fabs((double)G[t] - written_out(t, gammas[g], steps[s])));
			is_near(bad, 0, 1e-5, "return");
			diag("n = %d, gamma = %g", steps[s], gammas[g]);
		}
	ok(G[T] == 77, "T returns are written and no more");
	return tap_done();
}
