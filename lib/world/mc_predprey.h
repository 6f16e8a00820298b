/*
 * Predator-prey and evade: one world, two teams.
 *
 *   predator-prey   r = -0.1 sum over predators of (distance of the nearest prey) + 10 C
 *   evade           r = -10 C - sum over prey of (bound(|p_x|) + bound(|p_y|))
 *
 * C counts predator-prey pairs in contact. In predator-prey the predators learn and the prey
 * act by the flee rule or by a given network; in evade the prey learn and the predators pursue.
 * A predator observes own velocity, own position, near(landmarks, l), near(prey, l), other
 * predators; a prey own velocity, own position, landmarks, predators, other prey and their
 * velocities, all in index order. With a limited view (_v{h}) a predator sees prey within it only.
 */
#ifndef MC_PREDPREY_H
#define MC_PREDPREY_H

#include "mc_particle.h"

enum { MC_PREY_HIDDEN = 64 };

extern const struct mc_rules mc_predator_prey;
extern const struct mc_rules mc_evade;

#endif
