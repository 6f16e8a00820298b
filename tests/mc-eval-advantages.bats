# mc-eval(1) --advantages: how much advantages resemble each other.
load programs

bats_require_minimum_version 1.5.0

stream() {
	"$BATS_TEST_DIRNAME/make-advantages.py" "$@"
}

@test "a row for each comparison, with pairs, correlations and the share that is alike" {
	stream a.mc episodes=6
	mc-eval --advantages a.mc >out
	grep -qE '^\| itself, by the initial rule \| +36 \| +-1\.00 \| +-1\.00 \| +-1\.00 \| +0\.00 \| +\[0\.00, 0\.00\] \|$' out
	grep -qE "^\| that of another neighbour +\| +18 \| +1\.00 \| +1\.00 \| +1\.00 \| +1\.00 \| +\[1\.00, 1\.00\] \|$" out
	grep -qE "^\| REINFORCE's +\| +36 \| +1\.00 .*\| +1\.00 \|" out
	grep -q 'of each of 6 episodes of$' out
	mc-eval --advantages --tsv a.mc >tsv
	# the same cells, and nothing below them
	grep '^|' out | sed '2d; s/^| *//; s/ *|$//; s/ *| */\t/g' | cmp - tsv
	run -64 mc-eval --advantages --wide a.mc
	[ "$output" = "mc-eval: --wide: this is about the table of checkpoints; leave it out, or use --tsv or --json" ]
}

@test "claims stand beside what was found" {
	stream a.mc episodes=6
	cat >claims <<-'EOF'
		push_N3 | meta | unlike | initial | differs from what it was
		push_N3 | meta | unlike | neighbours | differs between neighbours
		push_N3 | meta | sometimes like | reinforce | resembles REINFORCE at times
		push_N6 | meta | unlike | initial | another task
		push_N3 | meta | best | | no claim about advantages
	EOF
	mc-eval --advantages --claims claims a.mc >out
	grep -qE '^\| itself, .*\| differs from what it was +\| agree +\|$' out
	grep -qE '^\| that of .*\| differs between neighbours +\| disagree +\|$' out
	grep -qE '^\| REINFORCE.*\| resembles REINFORCE at times +\| disagree +\|$' out
	[ "$(grep -c 'another task\|no claim' out)" -eq 0 ]
	[ "$(mc-eval --advantages --json --claims claims a.mc | jq -r .verdict | tr '\n' ' ')" = "agree disagree disagree " ]
	stream b.mc episodes=5
	mc-eval --advantages --claims claims b.mc | grep -q '| cannot tell: too few episodes |$'
	sed -i '1i episodes = 50000' claims # the team was trained on 7
	mc-eval --advantages --claims claims a.mc | grep -q '| differs from what it was .*| cannot tell: 7 of 50000 episodes |$'
}

@test "JSON: one object a line, under stable names" {
	stream a.mc
	[ "$(mc-eval --advantages --json a.mc | jq -r .with | tr '\n' ' ')" = "initial neighbours reinforce " ]
	[ "$(mc-eval --advantages --json a.mc | head -n 1 | jq -c keys_unsorted)" = '["task","with","episodes","pairs","r_mean","r_lowest","r_highest","alike","alike_ci"]' ]
}

@test "what a stream has not is not compared" {
	stream a.mc reinforce=0 initial=0
	[ "$(mc-eval --advantages --json a.mc | jq -c .pairs | tr '\n' ' ')" = "0 3 0 " ]
	mc-eval --advantages a.mc | grep -qE "^\| REINFORCE's +\| +0 \| +- \|"
}

@test "several streams, and standard input, are one sample" {
	stream a.mc
	stream b.mc first=1
	[ "$(mc-eval --advantages --json a.mc - <b.mc | jq .episodes | tr '\n' ' ')" = "2 2 2 " ]
}

@test "an episode that is given twice counts once; one of the same number by another -s is another" {
	stream a.mc episodes=6
	stream b.mc episodes=6 draw=1
	run --separate-stderr mc-eval --advantages a.mc b.mc
	[ "$stderr" = "" ]
	[[ "$output" == *"each of 12 episodes of"* ]]
	run --separate-stderr mc-eval --advantages a.mc b.mc a.mc
	[ "$stderr" = "mc-eval: 6 episodes given more than once, which count once" ]
	[[ "$output" == *"each of 12 episodes of"* ]]
}

@test "what is refused" {
	stream a.mc
	run -64 mc-eval --advantages
	run -64 mc-eval --advantages --aggregate a.mc
	run -64 mc-eval --advantages --last 5 a.mc
	[ "$output" = "mc-eval: --last: this is about runs; add --aggregate" ]
	run -66 mc-eval --advantages nothing.mc
	"$BATS_TEST_DIRNAME/make-logs.py" run.log
	run -65 mc-eval --advantages run.log
	[ "$output" = "mc-eval: run.log: no advantage in this stream; mc-metalearn --analyse adds them" ]
	stream cut.mc end=0
	run -65 mc-eval --advantages cut.mc
	stream bad.mc error=1
	run -75 mc-eval --advantages bad.mc
}
