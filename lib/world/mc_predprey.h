/*
 * Predator-prey and evade: one world, two teams.
 *
 *   predator-prey   r = -0.1 sum over predators of (distance of the nearest prey) + 10 C
 *   evade           r = -10 C - sum over preys of (bound(|p_x|) + bound(|p_y|))
 *
 * C counts predator-prey pairs in contact. In predator-prey the predators learn and the preys
 * act by the flee rule or by a given network; in evade the preys learn and the predators pursue.
 * A predator observes own velocity, own position, near(landmarks, l), near(preys, l), other
 * predators; a prey own velocity, own position, landmarks, predators, other preys and their
 * velocities, all in index order. With a limited view (_v{h}) a predator sees preys within it only.
 */
#ifndef MC_PREDPREY_H
#define MC_PREDPREY_H

#include "mc_particle.h"

enum { MC_PREY_HIDDEN = 64 };

extern const struct mc_rules mc_predator_prey;
extern const struct mc_rules mc_evade;

#endif
