# pipelines/demo, which `make demo` calls: short, and a second time.

setup() {
	cd "$BATS_TEST_TMPDIR"
	demo="$BATS_TEST_DIRNAME/../pipelines/demo"
	export MC_BIN DEMO_DIR=made DEMO_EPISODES=30
}

@test "the demo trains, measures, draws, and says what it made" {
	run "$demo"
	[ "$status" -eq 0 ]
	mc_cat="$MC_BIN/mc-cat"
	"$mc_cat" --verify made/run.ckpt made/run-0.ckpt made/run.log
	[ "$("$mc_cat" made/run-0.ckpt | jq .episode)" -eq 0 ]
	[ "$("$mc_cat" made/run.ckpt | jq .episode)" -eq 30 ]
	head -c 300 made/learning-curve.svg | grep -q '<svg'
	head -c 300 made/who-asks-whom.svg | grep -q '<svg'
	[ "$(grep -c '^made/run.*ckpt ' <<<"$output")" -eq 3 ]
	grep -q 'environment steps' <<<"$output"
	grep -q '^ *0 asks 1\*' <<<"$output"
	grep -q 'no exploration, --comm none' <<<"$output"
	for file in $(sed -n 's/^  \(run-0.ckpt\), \(run.ckpt\) .*/\1 \2/p; s/^  \([a-z.-]*\)   .*/\1/p' <<<"$output"); do
		[ -s "made/$file" ]
	done
}

@test "the second time it leaves the run as it is" {
	"$demo" >/dev/null
	cp made/run.ckpt first.ckpt
	run "$demo"
	[ "$status" -eq 0 ]
	cmp made/run.ckpt first.ckpt
}

@test "the directory may have any name" {
	DEMO_DIR='of my own' run "$demo"
	[ "$status" -eq 0 ]
	[ -s 'of my own/learning-curve.svg' ]
	DEMO_DIR="it's mine" run "$demo"
	[ "$status" -eq 0 ]
	[ -s "it's mine/learning-curve.svg" ]
}

@test "what it proposes works" {
	"$demo" >out
	PATH="$MC_BIN:$PATH"
	mc-train() { "$BATS_TEST_DIRNAME/../pipelines/train" "$@"; }
	sed -n '/^  PATH/d; s/^  \(mc-.*\|for .*\)/\1/p' out >commands
	[ "$(wc -l <commands)" -eq 3 ]
	while read -r line; do
		eval "$line" </dev/null
	done <commands
}

@test "a run that fails is not passed over" {
	mkdir -p made/run.ckpt
	run "$demo"
	[ "$status" -ne 0 ]
	[ "$(grep -c 'Made in' <<<"$output")" -eq 0 ]
}
