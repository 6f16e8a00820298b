# Figure 5, and figure 4 on the right: the advantages that the rule gives in an episode, before and after it has
# learned, and REINFORCE's. Episodes are of the first seed's team.

FIG5_TASK := $(or $(lastword $(TASKS)),predator_prey_N6_l1)
FIG5_EPISODES := 20
FIG5_DRAWN := 4

runs_fig5 := $(RUNS)/$(FIG5_TASK)/meta/$(firstword $(SEEDS))/run.done
runs_fig4 += $(runs_fig5)
drawn_fig5 := $(addprefix $(OUT)/fig5,.svg .png -all.svg -all.png .md)

# Two steps instead of a pipe, so that each has its own status.
team := $(patsubst %/run.done,%,$(runs_fig5))
$(team)/advantages: $(runs_fig5)
	@mc-rollout --load $(team)/run.ckpt $(call environment,$(FIG5_TASK)) -n $(FIG5_EPISODES) >$@.episodes
	@mc-metalearn --analyse $(team)/run.ckpt --initial $(team)/run-0.ckpt <$@.episodes >$@.tmp
	@rm $@.episodes && mv $@.tmp $@

$(OUT)/fig4-right.svg $(OUT)/fig4-right.png: $(team)/advantages $(OUT)/fig4.runs
	@mc-plot advantages -o $@ -i 0 -n 1 $<
$(OUT)/fig5.svg $(OUT)/fig5.png: $(team)/advantages $(OUT)/fig5.runs
	@mc-plot advantages -o $@ -i 0 -n $(FIG5_DRAWN) $<
$(OUT)/fig5-all.svg $(OUT)/fig5-all.png: $(team)/advantages $(OUT)/fig5.runs
	@mc-plot advantages -o $@ -i all -n 1 $<

$(OUT)/fig5.md: title = Figure 5: advantages
$(OUT)/fig5.md: notes = $(FIG5_TASK), the team of seed $(firstword $(SEEDS)) after $(EPISODES) episodes (the paper: 50000). Pictures: agent 0 in \
	the first $(FIG5_DRAWN) episodes, and everybody in the first.
$(OUT)/fig5.md: $(team)/advantages $(OUT)/fig5.runs
	$(call table,fig5.svg fig5-all.svg,--advantages $(call claims,fig5) $<)
