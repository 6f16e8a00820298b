# The runs of the paper's figures, and their pictures and tables, as targets. pipelines/figures calls
# this with every variable checked and set; each figure has a file of its own.
#
#     list-FIGURE   prints the run.done of every run that FIGURE needs, some more than once; no shell limits their number
#     runs-FIGURE   makes these runs
#     draw-FIGURE   makes pictures and tables once all runs are done
#     drawn-FIGURE  prints the names of these files
#
# report draws existing runs: see report.mk.
#
# A run's directory is RUNS/TASK/LABEL/SEED. The label is a method, or another name for a run of
# METHOD_label (default meta) with the options METALEARN_label, ROLLOUT_label and CRITIC_label. If a run begins with a
# file of another run, NEEDS_label names that file.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

RUNS := $(OUT)/runs-$(EPISODES)

# $(call runs,TASKS,LABELS): the run.done of every seed
runs = $(foreach t,$1,$(foreach l,$2,$(SEEDS:%=$(RUNS)/$t/$l/%/run.done)))
# $(call logs,TASKS,LABELS): the logs of these runs
logs = $(patsubst %/run.done,%/run.log,$(call runs,$1,$2))
# $(call named,TASKS,LABEL,NAME): the same as operands of --named
named = $(patsubst %,'$3=%',$(call logs,$1,$2))

# ---- one run ----

# Of the run whose directory ends in $*.
task = $(word 1,$(subst /, ,$*))
label = $(word 2,$(subst /, ,$*))
seed = $(word 3,$(subst /, ,$*))

# Figures 3 to 5 need a run of meta untrained, after a fifth of its episodes, and at its end.
FIFTH := $(shell expr $(EPISODES) / 5)
comma := ,
ROLLOUT_meta := --keep 0$(if $(filter-out 0,$(FIFTH)),$(comma)$(FIFTH))

# The labels of a grid; or the runs of report.
include $(LABELS)

# $(call environment,TASK): the option that a task of your own needs.
environment = $(if $(wildcard $(OUT)/env/$1),--env '@$(OUT)/env/$1')
# $(call evaluated-in,TASK): the same for mc-eval, which runs as many copies of it as it has threads.
evaluated-in = $(if $(call environment,$1),--envs $(THREADS) $(call environment,$1))

# METALEARN is for all runs that have an mc-metalearn.
method = $(or $(METHOD_$(label)),$(filter none full reinforce stgs,$(label)),meta)

# A finished run is kept even if make is stopped just then.
.PRECIOUS: $(RUNS)/%/run.done
ifndef DONE
$(RUNS)/%/run.done:
	@exec "$(HERE)/cell" '$(task) $(label) $(seed)' '$(@D)' '$(NEEDS_$(label))' \
		-t '$(task)' $(call environment,$(task)) -m '$(method)' -s '$(seed)' -e '$(EPISODES)' \
		-R '$(strip $(ROLLOUT_$(label)) $(ROLLOUT))' -Q '$(strip $(CRITIC_$(label)) $(CRITIC))' \
		-M '$(strip $(METALEARN_$(label)) $(if $(filter none full stgs,$(method)),,$(METALEARN)))'
endif

# ---- what is drawn ----

# Recipe of a table: a heading, pictures, notes, and mc-eval's tables.
# $(call table,PICTURES,ARGUMENTS OF mc-eval); $(title) and $(notes) are the target's.
hash := \#
define table
@{ printf '$(hash) %s\n\n' '$(title)' && printf '![%s](%s)\n\n' $(foreach p,$1,'$(title)' $p) && \
	printf '%s\n' '$(notes)' '' && mc-eval $2; } >$@.tmp && mv $@.tmp $@
endef
# $(call claims,FIGURE)
claims = --claims "$(HERE)/$1.claims"
runs-in-words = $(EPISODES) episodes (the paper: 50000), $(words $(SEEDS)) $(if $(word 2,$(SEEDS)),runs,run)

FIGURES := fig2 fig3 fig4 fig5
include fig2.mk fig3.mk fig4.mk fig5.mk pareto.mk grid.mk report.mk

runs_paper := $(foreach f,$(FIGURES),$(runs_$f))
drawn_paper := $(foreach f,$(FIGURES),$(drawn_$f))

define targets
list-$1: ; $$(foreach r,$$(runs_$1),$$(info $$r))@:
runs-$1: $(runs_$1)
draw-$1: $(drawn_$1)
drawn-$1: ; @printf '%s\n' $(drawn_$1)
.PHONY: list-$1 runs-$1 draw-$1 drawn-$1
endef
$(foreach f,$(FIGURES) paper pareto grid report,$(eval $(call targets,$f)))
