/*
 * The policies of agents that share one net (eq. 2, mc_policy.h): all of them in one product. Two
 * agents that have heard the same messages of a joint observation are in the same state of the LSTM,
 * so what was heard makes a tree: each of its nodes is computed once, and the adjoints of all that
 * went through it are added up there. Where everybody asks everybody, N (N - 1) steps become
 * N (N - 1) / 2 + N - 1: agent N-1 hears 0 ... N-2, and agent i leaves its path after i messages.
 *
 * Rows of a block are b N + i, joint observation b and agent i; actions are those of mc_policy_forward
 * within rounding.
 */
#ifndef MC_TEAM_H
#define MC_TEAM_H

#include <stddef.h>
#include <stdint.h>

#include "mc_arena.h"
#include "mc_policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 = the agents share a net, and a joint observation of them is not too large for a block (N <= 64). */
int mc_team_fits(const struct mc_dims *dims);

/* Most joint observations of a block. A function of dims alone. */
size_t mc_team_most(const struct mc_dims *dims);

/* Work space of one worker; holds what the backward pass needs of the last forward. */
struct mc_team_work;

/* For blocks of at most `most` joint observations, and of mc_team_most. */
struct mc_team_work *mc_team_work_new(const struct mc_dims *dims, size_t most, struct mc_arena *arena,
    struct mc_err *e);

/*
 * Of the n joint observations that begin at I [n,N,d] (n >= 1), how many the next block takes: as many as
 * their messages and agents leave room for, at least 1. A function of the numbers of messages alone.
 */
size_t mc_team_rows(const struct mc_team_work *w, const uint8_t *I, size_t n);

/* The net of the passes that follow; once for many, as its kernels are put into order once. */
void mc_team_use(struct mc_team_work *w, const struct mc_policy_net *net);

/*
 * n joint observations, as mc_team_rows has it.
 *   o     in  [n,N,O]
 *   I     in  [n,N,d]
 *   src   in  [n,N,d]  as in mc_policy_act; NULL = of the agent of the slot
 *   keep  1 = a backward pass may follow
 *   a     out [n,N,A]  after tanh
 */
void mc_team_forward(struct mc_team_work *w, size_t n, const mc_real *o, const uint8_t *I,
    const uint8_t *src, int keep, mc_real *a);

/*
 * Backward from the last forward (once), whose o is still there: adds to the gradient g (fresh: makes
 * it) of all agents' objectives from the adjoint da [n,N,A] of a. penalty: as in mc_policy_penalise.
 * Returns 1 if there was a message; else the LSTM's part of g is not touched.
 */
int mc_team_backward(struct mc_team_work *w, const struct mc_policy_net *g, const mc_real *da, mc_real penalty);

#ifdef __cplusplus
}
#endif

#endif
