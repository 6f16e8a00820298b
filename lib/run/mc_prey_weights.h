/*
 * Prey that were trained on the evade tasks, against predators that pursue. mc_prey_weights.c is
 * made by `make prey-weights` from the prey files of pipelines/prey.mk.
 */
#ifndef MC_PREY_WEIGHTS_H
#define MC_PREY_WEIGHTS_H

struct mc_prey_weights {
	const char *task;     /* "evade_N3": fits tasks with its predators, prey and landmarks */
	const float *v;       /* the tensors of net MC_NET_PREY, one after the other */
};

extern const struct mc_prey_weights mc_prey_trained[];
extern const int mc_prey_trained_count;

#endif
