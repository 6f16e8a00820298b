# The prey of the predator-prey tasks: trained on evade_N3 and evade_N6, where predators pursue them,
# with one policy for all prey.
#
#     make -f pipelines/prey.mk [EPISODES=n] [SEED=n] [OUT=prey]
#
# leaves OUT/evade_N3.prey and OUT/evade_N6.prey, prey files for mc-rollout --prey and mc-envsim
# --prey; the same command continues a stopped run. The target `weights` also writes
# OUT/mc_prey_weights.c, from which the prey of --prey auto are built into the programs.
#
# Long runs, much noise and a short horizon make the prey robust: with the defaults of
# mc-rollout they learn to evade predators that pursue, but run into those that stand still, and a
# team soon learns to catch them. On evade_N6, teams trained against other prey scored less and
# less against these with every 50,000 episodes of training, up to 700,000.
OUT ?= prey
episodes_evade_N3 := 100000
episodes_evade_N6 := 700000
seed_evade_N3 := 1
seed_evade_N6 := 2
OPTIONS := --share --hidden 64 --explore 0.5 --gamma 0.8

HERE := $(dir $(lastword $(MAKEFILE_LIST)))
MC_BIN ?= $(HERE)../bin
BIN := $(if $(wildcard $(MC_BIN)/mc-rollout),$(MC_BIN)/)
TASKS := evade_N3 evade_N6

.DELETE_ON_ERROR:

all: $(TASKS:%=$(OUT)/%.prey)

# A run knows itself whether it is finished.
$(OUT)/%.prey: FORCE
	$(HERE)train -t $* -m none -s $(or $(SEED),$(seed_$*)) -e $(or $(EPISODES),$(episodes_$*)) \
	    -o $(OUT)/$* -R '$(OPTIONS)' -Q '--critic-gamma same'
	$(BIN)mc-rollout --load $(OUT)/$*/run.ckpt --export-prey >$@.tmp
	mv $@.tmp $@

weights: $(OUT)/mc_prey_weights.c

# The tensors one after the other, as decimal numbers that give back every float.
values := .params | .dense_0, .dense_1, .dense_2 | .kernel, .bias | flatten | .[]

define array
	@echo '$1 <- $2'
	@printf '\n/* %s, seed %d, %d episodes */\nstatic const float $1[] = {' \
	    $$($(BIN)mc-cat $2 | jq -r 'select(.type == "header") | .task, .seed'; \
	       $(BIN)mc-cat $2 | jq 'select(.type == "params") | .episode') >>$3
	@$(BIN)mc-cat --full -t params $2 | jq -r '$(values)' | awk '{ \
	    if ($$0 !~ /[.e]/) $$0 = $$0 ".0"; \
	    printf "%s%sf,", (NR - 1) % 8 ? " " : "\n\t", $$0 } END { print "\n};" }' >>$3
endef

$(OUT)/mc_prey_weights.c: $(TASKS:%=$(OUT)/%.prey)
	@printf '/* Made by make prey-weights: do not edit. */\n#include "mc_prey_weights.h"\n' >$@.tmp
	$(call array,evade_N3,$(OUT)/evade_N3.prey,$@.tmp)
	$(call array,evade_N6,$(OUT)/evade_N6.prey,$@.tmp)
	@printf '\nconst struct mc_prey_weights mc_prey_trained[] = {\n' >>$@.tmp
	@printf '\t{ "%s", %s },\n' $(foreach t,$(TASKS),$t $t) >>$@.tmp
	@printf '};\nconst int mc_prey_trained_count = sizeof mc_prey_trained / sizeof *mc_prey_trained;\n' >>$@.tmp
	mv $@.tmp $@

FORCE:
.PHONY: all weights FORCE
.SECONDARY:
