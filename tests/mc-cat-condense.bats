# mc-cat --condense: a log in parts, which every reader of logs takes for the run.
load programs

setup_file() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	cd "$BATS_FILE_TMPDIR"
	PATH=$MC_BIN:$PATH "$BATS_TEST_DIRNAME/../pipelines/train" -t reference_N3_s1 -m meta -s 1 -e 100 -o run \
		-R '--hidden 8' -M '--rule-hidden 8' -Q '--batch 32 --threads 1'
}

setup() {
	programs
	log=$BATS_FILE_TMPDIR/run/run.log
}

# Column $2 of the episode frames of log $1.
column() {
	mc-cat -t episode --tsv --fields "$2" "$1" | tail -n +2
}

@test "the parts cover all episodes: means of returns, sums of counts, the right metrics" {
	mc-cat --condense small.log --points 7 --metrics entropy,asked_pair "$log"
	mc-cat --verify small.log
	[ "$(column small.log episodes | wc -l)" -eq 7 ]
	[ "$(column "$log" return | wc -l)" -eq 110 ]
	[ "$(column small.log episodes | datamash sum 1)" -eq 110 ]
	[ "$(column small.log episode | tail -n 1)" -eq 109 ]
	[ "$(column small.log requests | datamash sum 1)" -eq "$(column "$log" requests | datamash sum 1)" ]
	[ "$(column small.log right | datamash sum 1)" -eq "$(column "$log" right | datamash sum 1)" ]
	first=$(column small.log episodes | head -n 1)
	[ "$first" -ge 15 ]
	[ "$first" -le 16 ]
	want=$(column "$log" return | head -n "$first" | datamash mean 1)
	awk -v a="$(column small.log return | head -n 1)" -v b="$want" 'BEGIN { exit !(a - b < 1e-9 && b - a < 1e-9) }'
	# what is kept: one number of mc-metalearn and its requests of each pair
	[ "$(mc-cat -t metric small.log | jq -r '.values | keys[]' | sort -u)" = entropy ]
	[ "$(mc-cat -t metric small.log | jq -c 'select(.asked_pair) | .asked_pair.shape' | sort -u)" = '[3,2]' ]
	want=$(mc-cat -t metric -w program==mc-metalearn "$log" | jq .values.entropy | head -n 2 | datamash mean 1)
	got=$(mc-cat -t metric -w program==mc-metalearn small.log | jq .values.entropy | head -n 2 | datamash mean 1)
	awk -v a="$got" -v b="$want" 'BEGIN { exit !(a > 0 && a - b < 1e-3 && b - a < 1e-3) }'
}

@test "tables and pictures take a condensed log for the run: the same final return" {
	mc-cat --condense small.log --points 10 "$log"
	mc-eval --aggregate --last 50 --json small.log >small
	mc-eval --aggregate --last 50 --json "$log" >large
	awk -v a="$(jq -s ".[0].mean" small)" -v b="$(jq -s ".[0].mean" large)" \
		'BEGIN { exit !(a < 0 && (a - b) ^ 2 < 1e-18) }'
	mc-eval --aggregate --marl-eval small.json small.log >table
	want=$(column "$log" return | datamash mean 1)
	jq -e --argjson want "$want" '[.metacomm.reference_N3_s1.meta.seed_1 | to_entries[] | select(.key | startswith("step_")) | .value.return[0]] |
		length == 10 and (add / 10 - $want | fabs) < 1e-6' small.json
	mc-plot curves small.log | grep -q reference_N3_s1
	mc-plot topology small.log | grep -q '0 asks 1'
}

@test "more parts than episodes: one each, the log's own numbers" {
	mc-cat --condense small.log --points 1000 "$log"
	column small.log return >a
	column "$log" return >b
	cmp a b
}

@test "what is not a complete log of one run is refused, and the output is left alone" {
	echo precious >small.log
	head -c -20 "$log" >cut.log
	run mc-cat --condense small.log cut.log
	[ "$status" -eq 65 ]
	cat "$log" "$log" >two.log
	run mc-cat --condense small.log two.log
	[ "$status" -eq 65 ]
	[[ "$output" == *"a second run begins here"* ]]
	run mc-cat --condense small.log "$BATS_FILE_TMPDIR/run/run.ckpt"
	[ "$status" -eq 65 ]
	[[ "$output" == *"checkpoint"* ]]
	run mc-cat --condense small.log -
	[ "$status" -eq 64 ]
	run mc-cat --condense small.log -t episode "$log"
	[ "$status" -eq 64 ]
	[ "$(cat small.log)" = precious ]
	mc-cat --condense once.log "$log"
	run mc-cat --condense twice.log once.log
	[ "$status" -eq 65 ]
	[[ "$output" == *"condensed already"* ]]
	cp "$log" same.log
	run mc-cat --condense ./same.log same.log
	[ "$status" -eq 64 ]
	cmp same.log "$log"
}
