/*
 * A rule that was learned, for mc-metalearn --eta auto. Its form is an edge rule's, so that its weights fit any
 * number of agents. mc_rule_weights.c is made by `make rule-weights` from the run of pipelines/eta.mk.
 */
#ifndef MC_RULE_WEIGHTS_H
#define MC_RULE_WEIGHTS_H

#include <stddef.h>

#include "mc_dims.h"

struct mc_rule_weights {
	struct mc_rule_form form;
	size_t R;             /* hidden width */
	const float *v;       /* the tensors of net MC_NET_RULE, one after the other */
	size_t size;          /* elements */
};

extern const struct mc_rule_weights mc_rule_trained;

#endif
