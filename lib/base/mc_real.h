/*
 * The scalar type of all numerical code: float for use, double (-DMC_DOUBLE)
 * for the gradient checks and the float64 run of the fixtures.
 */
#ifndef MC_REAL_H
#define MC_REAL_H

#ifdef MC_DOUBLE
typedef double mc_real;
#else
typedef float mc_real;
#endif

/* Before a small function that code for a device calls too. */
#ifdef __CUDACC__
#define MC_BOTH __host__ __device__
#else
#define MC_BOTH
#endif

#endif
