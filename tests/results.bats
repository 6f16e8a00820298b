# What metacomm-results(7) tells stands in logs that can be drawn again.
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	rule=$BATS_TEST_DIRNAME/../examples/results/rule
}

@test "the rule: every kind of runs has pictures of precision, recall and return" {
	"$rule/draw" out
	for kind in "$rule"/*/; do
		for series in precision recall return; do
			grep -q "</svg>" "out/rule-$(basename "$kind")-$series.svg"
		done
	done
	[ "$(ls out | wc -l)" -eq "$((3 * $(ls -d "$rule"/*/ | wc -l)))" ]
}

@test "the rule: the logs are those of complete runs of reference tasks" {
	mc-cat --verify "$rule"/*/*.log
	for log in "$rule"/*/*.log; do
		[[ "$(mc-cat -n 1 "$log" | jq -r .task)" == reference_N* ]]
		[ "$(mc-cat -n 1 "$log" | jq .seed)" = "$(basename "$log" .log | sed 's/.*-//')" ]
	done
}

@test "make results: every kind of runs has its picture and table, of the data that are there" {
	"$rule/../draw" out
	for kind in learn horizon reference; do
		grep -q "</svg>" out/$kind.svg
		for log in "$rule/../$kind"/*.log; do
			grep -qE "^\| $(mc-cat -n 1 "$log" | jq -r .task) +\| $(mc-cat -n 1 "$log" | jq -r .method) " out/$kind.md
		done
	done
	grep -q "</svg>" out/who-asks-whom.svg
}

@test "the runs of full length: logs, commands and evaluations are of the same runs" {
	for kind in learn horizon; do
		runs=$rule/../$kind
		tail -n +2 "$runs/runs.tsv" | cut -f 1 | sort >named
		(cd "$runs" && ls -- *.log) | sed 's/\.log$//' | sort | diff named -
		jq -r '.file | rtrimstr(".ckpt")' "$runs/evaluations.jsonl" | sort | diff named -
		while IFS="	" read -r run _ _ command; do
			header=$(mc-cat -n 1 "$runs/$run.log")
			[[ "$command " == *"-t $(jq -r .task <<<"$header") -m $(jq -r .method <<<"$header") -s $(jq .seed <<<"$header") -e $(jq .planned <<<"$header") "* ]]
			evaluation=$(jq -c --arg file "$run.ckpt" 'select(.file == $file)' "$runs/evaluations.jsonl")
			[ "$(jq .trained_episodes <<<"$evaluation")" -eq "$(mc-cat -t episode "$runs/$run.log" | jq .episodes | datamash sum 1)" ]
			[ "$(jq .episodes <<<"$evaluation")" -eq 1000 ]
		done < <(tail -n +2 "$runs/runs.tsv")
	done
}

@test "the README has every row of the table of finished runs, as the data give it" {
	"$rule/../table" >table
	[ "$(wc -l <table)" -gt 3 ]
	run -1 grep -vxFf "$BATS_TEST_DIRNAME/../README.md" table
}
