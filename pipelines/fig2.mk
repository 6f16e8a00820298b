# Figure 2: learning curves of every method on every task.

FIG2_TASKS := $(or $(TASKS),navigation_N3_l3 navigation_N6_l1 navigation_N6_l6 predator_prey_N3_l3 \
	predator_prey_N6_l1 predator_prey_N6_l6 push_N3 push_N6)
FIG2_METHODS := $(or $(METHODS),none full reinforce stgs meta)

runs_fig2 := $(call runs,$(FIG2_TASKS),$(FIG2_METHODS))
logs_fig2 := $(call logs,$(FIG2_TASKS),$(FIG2_METHODS))
drawn_fig2 := $(addprefix $(OUT)/fig2.,svg png md)

$(drawn_fig2): title = Figure 2: learning curves
$(drawn_fig2): notes = $(runs-in-words) of each method on each task.
$(OUT)/fig2.svg $(OUT)/fig2.png: $(runs_fig2) $(OUT)/fig2.runs
	@mc-plot curves -o $@ $(logs_fig2)
$(OUT)/fig2.md: $(runs_fig2) $(OUT)/fig2.runs
	$(call table,fig2.svg,--aggregate $(call claims,fig2) $(logs_fig2))
