# The rule of mc-metalearn --eta auto: an edge rule, learned on reference_N3 with a price on requests,
# as a residual on REINFORCE's advantage.
#
#     make -f pipelines/eta.mk [EPISODES=n] [SEED=n] [OUT=eta]
#
# leaves OUT/run.ckpt, for mc-metalearn --eta with the options of RULE below; the same command continues a
# stopped run. The target `weights` also writes OUT/mc_rule_weights.c, from which the rule is built into
# the programs. For its results elsewhere see mc-metalearn(1), "The rule of --eta auto".
OUT ?= eta
TASK := reference_N3
EPISODES ?= 15000
SEED ?= 1
HIDDEN := 32
FORM := .edge = 1, .normal = 1, .residual = 1
RULE := --rule edge --residual --rule-input normal --rule-hidden $(HIDDEN)
LEARNING := --scale-rule 0 --lr-rule 1e-3 --eps 1e-2

HERE := $(dir $(lastword $(MAKEFILE_LIST)))
MC_BIN ?= $(HERE)../bin
BIN := $(if $(wildcard $(MC_BIN)/mc-rollout),$(MC_BIN)/)

.DELETE_ON_ERROR:

# A run knows itself whether it is finished.
$(OUT)/run.ckpt: FORCE
	$(HERE)train -t $(TASK) -m meta -s $(SEED) -e $(EPISODES) -o $(OUT) -R '--share --edge-cost 0.12' -M '$(RULE) $(LEARNING)'

weights: $(OUT)/mc_rule_weights.c

# The tensors one after the other, as decimal numbers that give back every float.
values := .params.rule | (.lstm | .kernel_x, .kernel_h, .bias), (.dense_0, .dense_1 | .kernel, .bias) | flatten | .[]

$(OUT)/mc_rule_weights.c: $(OUT)/run.ckpt
	@echo '$@ <- $<'
	@printf '/* Made by make rule-weights: do not edit. */\n#include "mc_rule_weights.h"\n' >$@.tmp
	@printf '\n/* %s, seed %d, %d episodes */\nstatic const float eta[] = {' $$($(BIN)mc-cat $< | \
	    jq -r '.header.task, .header.seed, .episode') >>$@.tmp
	@$(BIN)mc-cat --full $< | jq -r '$(values)' | awk '{ \
	    if ($$0 !~ /[.e]/) $$0 = $$0 ".0"; \
	    printf "%s%sf,", (NR - 1) % 8 ? " " : "\n\t", $$0 } END { print "\n};" }' >>$@.tmp
	@printf '\nconst struct mc_rule_weights mc_rule_trained = {\n\t.form = { %s },\n\t.R = %d,\n\t.v = eta,\n' \
	    '$(FORM)' $(HIDDEN) >>$@.tmp
	@printf '\t.size = sizeof eta / sizeof *eta,\n};\n' >>$@.tmp
	mv $@.tmp $@

FORCE:
.PHONY: weights FORCE
