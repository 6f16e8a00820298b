# What talking is worth: return against requests, for none, full, and the methods that choose whom to ask, trained
# with every cost of LAMBDAS (mc-rollout --edge-cost).

PARETO_TASKS := $(or $(TASKS),push_N3 navigation_N6_l6)
PARETO_METHODS := $(or $(METHODS),none full reinforce stgs meta)

# A cost of 0 is the method's own run, which other figures share; METHOD-cost-X is one that pays.
paid := $(filter reinforce stgs meta,$(PARETO_METHODS))
free := $(if $(filter 0,$(LAMBDAS)),$(PARETO_METHODS),$(filter none full,$(PARETO_METHODS)))
costs := $(filter-out 0,$(LAMBDAS))
$(foreach c,$(costs),$(foreach m,$(paid),$(eval METHOD_$m-cost-$c := $m)$(eval ROLLOUT_$m-cost-$c := --edge-cost $c)))

runs_pareto := $(call runs,$(PARETO_TASKS),$(free) $(foreach c,$(costs),$(paid:%=%-cost-$c)))
drawn_pareto := $(addprefix $(OUT)/pareto,.svg .png .json)

$(OUT)/pareto.json: $(runs_pareto) $(OUT)/pareto.runs
	@{ $(foreach t,$(PARETO_TASKS),mc-eval --json --threads $(THREADS) $(call evaluated-in,$t) \
		$(patsubst %/run.done,%/run.ckpt,$(filter $(RUNS)/$t/%,$(runs_pareto))) &&) :; } >$@.tmp && mv $@.tmp $@
$(OUT)/pareto.svg $(OUT)/pareto.png: $(OUT)/pareto.json
	@mc-plot pareto -o $@ $<
