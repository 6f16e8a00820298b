# The user's own experiment: every method, in every setting, on every task.

runs_grid := $(call runs,$(TASKS),$(GRID_LABELS))
named_grid := $(foreach l,$(GRID_LABELS),$(call named,$(TASKS),$l,$l))
drawn_grid := $(addprefix $(OUT)/grid.,svg png md tsv tex)

$(drawn_grid): title = Experiment
$(drawn_grid): notes = $(EPISODES) episodes, $(words $(SEEDS)) $(if $(word 2,$(SEEDS)),runs,run) of each cell; the settings are in experiment.
$(OUT)/grid.svg $(OUT)/grid.png: $(runs_grid) $(OUT)/grid.runs
	@mc-plot curves -o $@ --named $(named_grid)
$(OUT)/grid.md: $(runs_grid) $(OUT)/grid.runs
	$(call table,grid.svg,--aggregate --named $(named_grid))
$(OUT)/grid.tsv $(OUT)/grid.tex: $(OUT)/grid.md
	@"$(HERE)/table-as" $(subst .,,$(suffix $@)) <$< >$@.tmp && mv $@.tmp $@
