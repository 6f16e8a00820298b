/*
 * The progress line of a run, on a terminal: episodes, return, requests per step,
 * episodes per second, time left. Never part of any result.
 */
#ifndef MC_PROGRESS_H
#define MC_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

struct mc_progress {
	FILE *to;                /* NULL = silent */
	int64_t first, goal;     /* episodes at the start, and to reach */
	double started, shown;   /* seconds */
	double mean_return, mean_requests; /* exponential means over about 100 episodes */
	double weight;
	int open;                /* a line stands on the terminal */
};

/* Does the user want no chatter? MC_QUIET is set and not empty. */
int mc_quiet(void);

/* Shows nothing unless `to` is a terminal and MC_QUIET is unset. */
void mc_progress_start(struct mc_progress *p, FILE *to, int64_t episodes, int64_t goal);
/* After each episode: its return and its requests per step. Redraws at most five times a second. */
void mc_progress_episode(struct mc_progress *p, int64_t episodes, double ret, double requests);
/* Draws the line a last time and ends it. */
void mc_progress_end(struct mc_progress *p, int64_t episodes);

#endif
