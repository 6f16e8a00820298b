/*
 * Interventions on what a trained team says: which requests are made, which of them get a message,
 * and by whom. Acting with one (mc_rollout.h) leaves every draw of the initial states, of the decisions
 * and of the exploration where it was, so that the team can be compared with itself, untouched.
 */
#ifndef MC_INTERVENE_H
#define MC_INTERVENE_H

#include <stdint.h>

#include "mc_act.h"
#include "mc_err.h"
#include "mc_params.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MC_CUTS = 256 };

/* Whose observation a message is. */
enum mc_message {
	MC_MESSAGE_ASKED,     /* that of the agent who was asked */
	MC_MESSAGE_OTHER,     /* of another than it and the asker, drawn; needs three agents */
	MC_MESSAGE_OWN,       /* the asker's own */
};

struct mc_intervention {
	int how;             /* enum mc_decide in place of the run's, or -1 */
	double drop;         /* a request's message is lost with this probability; negative = not asked for */
	enum mc_message message;
	long max_edges;      /* most requests of an agent in a step; 0 = no limit */
	size_t cuts;
	uint8_t cut[MC_CUTS][2]; /* i, j: i gets no message from j */
	size_t mutes;
	uint8_t mute[MC_CUTS];   /* nobody gets a message from j */
};

/* Nothing is changed. */
extern const struct mc_intervention mc_intervention_none;

/*
 * From the arguments of options (MC_USAGE at the option):
 *   comm   items with commas: learned, none or full; drop=P; shuffle or self
 *   cut    i,j, several with colons
 *   mute   j, several with commas
 * Agents count from 0.
 */
int mc_intervention_comm(struct mc_intervention *x, const char *text, struct mc_err *e);
int mc_intervention_cut(struct mc_intervention *x, const char *text, struct mc_err *e);
int mc_intervention_mute(struct mc_intervention *x, const char *text, struct mc_err *e);

/* Does it change anything of a team that decides by `how`? */
int mc_intervention_touches(const struct mc_intervention *x, enum mc_decide how);

/* Can it be made in a team of N that decides by `how`? 0, or MC_USAGE at the option that it came from. */
int mc_intervention_check(const struct mc_intervention *x, size_t N, enum mc_decide how, struct mc_err *e);

/* ---- one step of n episodes; arrays are [n,N,d] ---- */

static inline int mc_intervene_limits(const struct mc_intervention *x) { return x->max_edges > 0; }
static inline int mc_intervene_drops(const struct mc_intervention *x) { return x->drop > 0; }
static inline int mc_intervene_shuffles(const struct mc_intervention *x) { return x->message == MC_MESSAGE_OTHER; }

/*
 * Keeps the x->max_edges requests of each agent that have the highest c; of equal ones those of the
 * lower slots. I is changed in place.
 */
void mc_intervene_limit(const struct mc_intervention *x, const struct mc_dims *s, size_t n, const mc_real *c, uint8_t *I);

/* heard = I where the message is neither cut nor lost: u >= x->drop (u is read with mc_intervene_drops only). */
void mc_intervene_hear(const struct mc_intervention *x, const struct mc_dims *s, size_t n, const uint8_t *I,
    const mc_real *u, uint8_t *heard);

/* Whose observation each pair's message is; u chooses (read with mc_intervene_shuffles only). */
void mc_intervene_source(const struct mc_intervention *x, const struct mc_dims *s, size_t n, const mc_real *u,
    uint8_t *src);

#ifdef __cplusplus
}
#endif

#endif
