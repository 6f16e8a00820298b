# What metacomm-results(7) tells stands in logs that can be drawn again.

bats_require_minimum_version 1.5.0

setup() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	export MC_BIN
	PATH=$MC_BIN:$PATH
	rule=$BATS_TEST_DIRNAME/../examples/results/rule
	cd "$BATS_TEST_TMPDIR"
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
