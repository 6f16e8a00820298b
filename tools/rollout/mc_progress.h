/*
 * What a run tells while it lasts: episodes, return, requests per step, episodes per second,
 * time left. Never part of any result.
 */
#ifndef MC_PROGRESS_H
#define MC_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

enum mc_progress_mode {
	MC_PROGRESS_AUTO,        /* a line that is redrawn, on a terminal; else nothing. MC_QUIET: nothing */
	MC_PROGRESS_ALWAYS,      /* the line also under MC_QUIET; without a terminal a new one every 5 s */
	MC_PROGRESS_NEVER,
	MC_PROGRESS_JSON,        /* an object on a line of its own, every second */
};

struct mc_progress {
	FILE *to;                /* NULL = silent */
	enum mc_progress_mode mode;
	int redraw;              /* over the line before; else a new one */
	double pause;            /* seconds between two */
	int64_t first, goal;     /* episodes at the start, and to reach */
	double started, shown;   /* seconds */
	double mean_return, mean_requests; /* exponential means over about 100 episodes */
	double weight;           /* 0 = no episode so far */
	int open;                /* a line stands on the terminal */
};

/* "auto", "always", "never" or "json": its mode, else -1. */
int mc_progress_parse(const char *text);

void mc_progress_start(struct mc_progress *p, enum mc_progress_mode mode, FILE *to, int64_t episodes, int64_t goal);
/* After each episode: its return and its requests per step. Shows what is due. */
void mc_progress_episode(struct mc_progress *p, int64_t episodes, double ret, double requests);
/* Shows it a last time. What comes after that is silent. */
void mc_progress_end(struct mc_progress *p, int64_t episodes);

#endif
