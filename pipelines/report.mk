# The report on finished runs, whatever made them: DONE lists them, as TASK/LABEL/SEED. Each is measured once.

runs_report := $(DONE:%=$(RUNS)/%/run.done)
measured_report := $(DONE:%=$(RUNS)/%/report/done)
drawn_report := $(addprefix $(OUT)/report.,svg png md)
report-name = $(subst /,-,$1)

$(RUNS)/%/report/done: $(RUNS)/%/run.done
	@exec "$(HERE)/report-run" '$(call report-name,$*)' '$(RUNS)/$*' $(call evaluated-in,$(task))

measured-report: $(measured_report)
.PHONY: measured-report

$(OUT)/report/runs.tsv: $(measured_report) $(OUT)/report.runs
	@sed 's|^$(RUNS)/||; s|/run.done$$||' $(OUT)/report.runs | "$(HERE)/report-collect" '$(@D)' '$(RUNS)'
$(OUT)/report.svg $(OUT)/report.png: $(OUT)/report/runs.tsv
	@mc-plot curves -o $@ --named $(foreach d,$(DONE),'$(word 2,$(subst /, ,$d))=$(@D)/report/$(call report-name,$d).log')
$(OUT)/report.md: $(OUT)/report/runs.tsv
	@"$(HERE)/report-page" '$(OUT)/report' >$@.tmp && mv $@.tmp $@
