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

#endif
