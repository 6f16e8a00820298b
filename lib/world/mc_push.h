/*
 * Cooperative push: N agents push a ball onto a target.
 *
 *   r = -2 |p_ball - p_target| - 0.1 min over agents of |p_i - p_ball| + 0.1 C
 *
 * C counts agents in contact with the ball. Observation: own velocity, own position, ball,
 * target, other agents.
 */
#ifndef MC_PUSH_H
#define MC_PUSH_H

#include "mc_particle.h"

extern const struct mc_rules mc_push;

#endif
