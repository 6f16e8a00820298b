/*
 * Hidden goals: each of N agents has to be at one of three landmarks, and another agent knows
 * which.
 *
 *   r = -(1/N) sum over agents i of |p_i - p_(N + g_i)|,    C = 0
 *
 * g_i in {0, 1, 2} is the goal of agent i, s in 1 ... N-1 the shift: agent (i + s) mod N knows
 * g_i, and i sees only that it does. Both are hidden (mc_world_hidden): goals 0 ... N-1, then the
 * shift. Nothing collides.
 *
 * Observation: own velocity, own position, landmarks in index order, one-hot over the slots of the
 * others: who knows my goal (N-1), one-hot over the landmarks: the goal of agent (i - s) mod N (3).
 *
 * Reset, after the positions: g_i = floor(3u) for each agent in order, then s = 1 + floor((N-1) u),
 * which is drawn and not used where the task fixes s.
 */
#ifndef MC_REFERENCE_H
#define MC_REFERENCE_H

#include "mc_particle.h"

enum { MC_REFERENCE_LANDMARKS = 3, MC_REFERENCE_WHO = 10 /* where "who knows my goal" begins */ };

extern const struct mc_rules mc_reference;

#endif
