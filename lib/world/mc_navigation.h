/*
 * Cooperative navigation: N agents cover N landmarks.
 *
 *   r = - sum over landmarks of (distance of the nearest agent) - C / N
 *
 * C counts ordered pairs of agents in contact. Observation: own velocity, own position,
 * near(landmarks, l), other agents. With a limited view (_v{h}) landmarks count while they are
 * within it. With _i landmarks stand in index order: one that is out of view leaves zeros in its
 * place.
 */
#ifndef MC_NAVIGATION_H
#define MC_NAVIGATION_H

#include "mc_particle.h"

extern const struct mc_rules mc_navigation;

#endif
