# Figure 4: ablations (left) and the advantages of one episode (right, with figure 5's).

FIG4_TASKS := $(or $(TASKS),navigation_N6_l6 predator_prey_N6_l1)

# meta itself is K = 10, with entropy and intermediate terms.
METALEARN_no-entropy := --beta 0
METALEARN_last-only := --last-only
METALEARN_K1 := -K 1
METALEARN_K5 := -K 5
METALEARN_K20 := -K 20

runs_fig4 := $(call runs,$(FIG4_TASKS),meta no-entropy last-only K1 K5 K20)
logs_fig4 := --named $(call named,$(FIG4_TASKS),meta,meta) \
	$(call named,$(FIG4_TASKS),no-entropy,no entropy) $(call named,$(FIG4_TASKS),last-only,last term only) \
	$(call named,$(FIG4_TASKS),K1,K 1) $(call named,$(FIG4_TASKS),K5,K 5) $(call named,$(FIG4_TASKS),K20,K 20)
drawn_fig4 := $(addprefix $(OUT)/fig4,-left.svg -left.png -right.svg -right.png .md)

$(drawn_fig4): title = Figure 4: ablations
$(drawn_fig4): notes = $(runs-in-words) of each. meta: K 10, with entropy and intermediate terms. `mc-figures fig5` gives the picture on the right in numbers.
$(OUT)/fig4-left.svg $(OUT)/fig4-left.png: $(runs_fig4) $(OUT)/fig4.runs
	@mc-plot curves -o $@ --normalise $(if $(word 2,$(FIG4_TASKS)),--pool) $(logs_fig4)
$(OUT)/fig4.md: $(runs_fig4) $(OUT)/fig4.runs
	$(call table,fig4-left.svg fig4-right.svg,--aggregate $(call claims,fig4) $(logs_fig4))
