# The suite itself: no test that cannot fail, and golden values that are all there.
load there

setup() {
	cd "$BATS_TEST_TMPDIR"
	root=$BATS_TEST_DIRNAME/..
}

@test "no bats file has a line that cannot fail" {
	"$root/tests/patterns" "$root"/tests/*.bats
}

@test "such lines are found" {
	while IFS= read -r line; do
		printf '@test "x" {\n\t%s\n\ttrue\n}\n' "$line" >x.bats
		run "$root/tests/patterns" x.bats
		[ "$status" -eq 1 ]
		[[ "$output" == "x.bats:2: "* ]]
	done <<-'EOF'
		! cmp -s a b
		! grep -q x out
		! mc-eval a.ckpt | grep -q difference
		! cmp -s a b || false
		[ -s a ] && [ -s b ]
		[[ "$a" == b ]] && [ -s b ]
		[ "$(mc-cat a | jq -c .params.comm)" = "$(mc-cat b | jq -c .params.comm)" ]
		[ "$(jq .return_mean none)" = "$(jq .return_mean alone)" ]
		[ "$(evaluate --prey auto a)" != "$(evaluate a)" ]
		cmp a <(mc-cat --full b | jq .params)
		! cmp a <(mc-cat --full b | jq .params)
	EOF
	while IFS= read -r line; do
		printf '@test "x" {\n\t%s\n\ttrue\n}\n' "$line" >x.bats
		"$root/tests/patterns" x.bats
	done <<-'EOF'
		run -1 cmp -s a b
		[ -s a ] || [ -s b ]
		[ -s shown ] && break
		[ "$(mc-cat a | there jq -c .params.comm)" = "$(mc-cat b | there jq -c .params.comm)" ]
		[ "$(jq .episode a)" = 40 ]
		cmp a b
		# ! cmp -s a b
	EOF
}

@test "words that were replaced have not come back" {
	"$root/tests/words"
}

@test "such words are found, whatever they are part of" {
	mkdir lib
	while IFS= read -r line; do
		echo "$line" >lib/x
		run "$root/tests/words" .
		[ "$status" -eq 1 ]
		[[ "$output" == "lib/x:1:$line   <- "* ]]
	done <<-'EOF'
		int mc_play(struct mc_rollout *x);
		/* Playing episodes */
		gate_reverse
		double figure[4];
		not on the card
		mc_pool_processors
		these preys
		make_folder
		no answer came
		a question
		links_share
		"is no regular file"
		Whole frames
		a neighboring agent
		a thread and his share
	EOF
	echo 'replay displays there is no end; an LSTM cell and its adjoint' >lib/x
	"$root/tests/words" .
}

@test "there: what is not there is equal to nothing" {
	[ "$(there echo 1)" = 1 ]
	[ "$(there echo '[null,1]')" = '[null,1]' ]
	for command in 'echo null' 'echo [null,null]' 'echo []' true 'false' 'cat nothing' 'jq -n .a'; do
		run there $command
		[ "$status" -eq 1 ]
		first=$output
		run there $command
		[ "$first" != "$output" ]
	done
	echo a >a
	echo b >b
	differ a b
	run differ a a
	[ "$status" -eq 1 ]
	run differ a nothing
	[ "$status" -eq 1 ]
}

@test "golden values: a kind of which there is none is a failure" {
	mkdir -p tests
	cp -r "$root/tests/fixtures" tests/
	program=$root/$MC_BUILD/tests/t_fixtures
	[ "${MC_BUILD#/}" = "$MC_BUILD" ] || program=$MC_BUILD/tests/t_fixtures
	rm tests/fixtures/learn/stgs.msgpack tests/fixtures/env/[!r]*
	MC_FIXTURES=$PWD/tests/fixtures run "$program"
	[ "$status" -eq 1 ]
	[ "$(grep '^not ok' <<<"$output" | sed 's/not ok [0-9]* - //')" = "there are fixtures of the kind stgs" ]
	rm -r tests/fixtures/learn
	MC_FIXTURES=$PWD/tests/fixtures run "$program"
	[ "$status" -eq 1 ]
	grep -q '^not ok .* there are fixtures in .*/learn$' <<<"$output"
	rm -r tests/fixtures/env
	MC_FIXTURES=$PWD/tests/fixtures run "$program"
	[ "$status" -eq 1 ]
	grep -q '^not ok .* there are fixtures in .*/env$' <<<"$output"
}
