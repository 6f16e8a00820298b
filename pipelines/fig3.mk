# Figure 3: is a rule that was learned once as good as one that keeps learning? Runs with a fixed
# rule: random, or that of a run of meta on the same or on another task, early (after a fifth
# of its episodes) or late (at its end); and meta itself, whose rule is learned online.

FIG3_TASKS := $(or $(TASKS),navigation_N6_l6 predator_prey_N6_l1)
# $(call other,TASK): where its other rules come from; nothing if it is the only task
other = $(firstword $(filter-out $1,$(FIG3_TASKS)))

METALEARN_random := --freeze

# $(call fixed,TASK,LABEL,FROM,FILE): runs on TASK with the rule of meta on FROM, each seed its own.
define fixed
NEEDS_$2 = $$(RUNS)/$3/meta/$$(seed)/$4
METALEARN_$2 = --eta $$(NEEDS_$2) --freeze
$(foreach s,$(SEEDS),
$(RUNS)/$1/$2/$s/run.done: | $(RUNS)/$3/meta/$s/run.done)
runs_fig3 += $(call runs,$1,$2)
endef
# Both moments of a rule from FROM.
define moments
$(call fixed,$1,early-$2,$2,run-$(FIFTH).ckpt)
$(call fixed,$1,late-$2,$2,run.ckpt)
endef

runs_fig3 := $(call runs,$(FIG3_TASKS),random meta)
$(foreach t,$(FIG3_TASKS),$(foreach from,$t $(call other,$t),$(eval $(call moments,$t,$(from)))))

logs_fig3 = --named $(foreach t,$(FIG3_TASKS),$(call named,$t,random,random) \
	$(call named,$t,early-$t,same early) $(call named,$t,late-$t,same late) \
	$(foreach o,$(call other,$t),$(call named,$t,early-$o,other early) $(call named,$t,late-$o,other late)) \
	$(call named,$t,meta,meta))
drawn_fig3 := $(addprefix $(OUT)/fig3.,svg png md)

$(drawn_fig3): title = Figure 3: fixed rules
$(drawn_fig3): notes = $(runs-in-words) of each. The rule is random, learned on the same \
	or the other task for $(FIFTH) (early) or $(EPISODES) episodes (late) and then fixed; under meta it is learned online.
$(OUT)/fig3.svg $(OUT)/fig3.png: $(runs_fig3) $(OUT)/fig3.runs
	@mc-plot curves -o $@ $(logs_fig3)
$(OUT)/fig3.md: $(runs_fig3) $(OUT)/fig3.runs
	$(call table,fig3.svg,--aggregate $(call claims,fig3) $(logs_fig3))
