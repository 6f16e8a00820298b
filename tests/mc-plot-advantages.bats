# mc-plot(1) advantages: what is drawn, from what, and what is refused.
load plot

stream() {
	"$BATS_TEST_DIRNAME/make-advantages.py" "$@"
}

# a block of the data: its heading, then its numbers on one line
blocks() {
	sed 's/^# \(.*\): x y$/@\1|/' "$1" | tr '\n' ' ' | tr '@' '\n' | sed 's/ *$//' | sed 1d
}

@test "one agent against those whom it can ask, a row for each episode" {
	stream a.mc episodes=2
	mc-plot advantages a.mc -o fig.svg --emit
	blocks fig.dat | cut -d '|' -f 1 >names
	cat >want <<-END
		episode 0, agent 0 asks 1, reinforce
		episode 0, agent 0 asks 1, meta, initial rule
		episode 0, agent 0 asks 1, meta
		episode 0, agent 0 asks 2, reinforce
		episode 0, agent 0 asks 2, meta, initial rule
		episode 0, agent 0 asks 2, meta
		episode 1, agent 0 asks 1, reinforce
		episode 1, agent 0 asks 1, meta, initial rule
		episode 1, agent 0 asks 1, meta
		episode 1, agent 0 asks 2, reinforce
		episode 1, agent 0 asks 2, meta, initial rule
		episode 1, agent 0 asks 2, meta
	END
	diff want names
	blocks fig.dat >all
	[ "$(sed -n 1p all)" = "episode 0, agent 0 asks 1, reinforce| 0 0 1 0.1 2 0.2 3 0.3" ]
	[ "$(sed -n 6p all)" = "episode 0, agent 0 asks 2, meta| 0 0.1 1 0.11 2 0.12 3 0.13" ]
	[ "$(sed -n 7p all)" = "episode 1, agent 0 asks 1, reinforce| 0 1 1 1.1 2 1.2 3 1.3" ]
	[ "$(sed -n 11p all)" = "episode 1, agent 0 asks 2, meta, initial rule| 0 -0.1 1 -0.11 2 -0.12 3 -0.13" ]
}

@test "another agent, slots being the other agents" {
	stream a.mc
	mc-plot advantages a.mc -i 1 -o fig.svg --emit
	blocks fig.dat >all
	[ "$(sed -n 3p all)" = "agent 1 asks 0, meta| 0 1 1 1.01 2 1.02 3 1.03" ]
	[ "$(sed -n 6p all)" = "agent 1 asks 2, meta| 0 1.1 1 1.11 2 1.12 3 1.13" ]
	[ "$(grep -c . all)" -eq 6 ]
}

@test "every agent" {
	stream a.mc agents=6
	mc-plot advantages a.mc -i all -o fig.svg --emit
	[ "$(blocks fig.dat | grep -c ', meta|')" -eq 30 ]
	[ "$(grep -c '>agent 5 asks 4<' fig.svg)" -eq 1 ]
}

@test "a step at which there is no neighbour is a gap" {
	stream a.mc mask=1
	mc-plot advantages a.mc -o fig.svg --emit
	blocks fig.dat >all
	[ "$(sed -n 1p all)" = "agent 0 asks 1, reinforce| 0 0 1 0.1 2 0.2 3 0.3" ]
	[ "$(sed -n 2p all)" = "agent 0 asks 1, meta, initial rule| 0 -0 1 NaN 2 -0.02 3 -0.03" ]
	[ "$(sed -n 3p all)" = "agent 0 asks 1, meta| 0 0 1 NaN 2 0.02 3 0.03" ]
}

@test "what is not there is not drawn" {
	stream a.mc reinforce=0 initial=0
	mc-plot advantages a.mc -o fig.svg --emit
	[ "$(blocks fig.dat | cut -d '|' -f 1 | tr '\n' ';')" = "agent 0 asks 1, meta;agent 0 asks 2, meta;" ]
	run ! grep -q reinforce fig.svg
	run ! grep -q 'initial rule' fig.svg
}

@test "colours are those of the methods" {
	stream a.mc
	mc-plot advantages a.mc -o fig.svg --emit
	grep -q "#56B4E9' dt 1 title 'reinforce'" fig.gp
	grep -q "#D55E00' dt 1 title 'meta'" fig.gp
	grep -q "dt (5,3) title 'meta, initial rule'" fig.gp
}

@test "the caption says what run, which episodes, what the lines are" {
	stream a.mc episodes=6 first=3
	mc-plot advantages a.mc -n 2 | tr -s ' \n' '  ' >out
	grep -q 'push_N3, meta, seed 5, iteration 7, the first 2 of 6 episodes; reinforce: G - V, the same for all; meta: ' out
	grep -q 'all with zero mean and unit deviation over an episode' out
	mc-plot advantages a.mc -n 1 | tr -s ' \n' '  ' | grep -q 'iteration 7, episode 3, the first of 6; '
}

@test "on the terminal, a heading and axes for each panel" {
	stream a.mc episodes=2
	run mc-plot advantages a.mc
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == *"agent 0 asks 1, episode 0, normalised advantage" ]]
	[ "$(grep -c 'normalised advantage' <<<"$output")" -eq 4 ]
	[ "$(grep -c '^  *reinforce \$\$\$\$\$   meta @@@@@   meta, initial rule \*\*\*\*\*$' <<<"$output")" -eq 1 ]
	[ "$(printf '%s\n' "$output" | awk '{ if (length > w) w = length } END { print w }')" -le 80 ]
}

@test "svg, png and pdf; --emit draws the same again" {
	stream a.mc episodes=2
	for kind in svg png pdf; do
		mc-plot advantages a.mc -o fig.$kind
		[ -s fig.$kind ]
	done
	mc-plot advantages a.mc -o fig.svg --emit
	cp fig.svg first.svg
	gnuplot fig.gp
	cmp fig.svg first.svg
}

@test "standard input, streams that follow each other" {
	stream a.mc
	stream b.mc first=1
	cat a.mc b.mc | mc-plot advantages -o one.svg
	mc-plot advantages a.mc b.mc -o two.svg
	cat a.mc b.mc | mc-plot advantages - -o three.svg
	cmp one.svg two.svg
	cmp one.svg three.svg
}

@test "many whom one could ask take several rows" {
	stream a.mc agents=10
	mc-plot advantages a.mc -o fig.svg --emit
	[ "$(blocks fig.dat | grep -c ', meta|')" -eq 9 ]
	[ "$(sed -n 's/.*viewBox="0 0 \([0-9]*\).*/\1/p' fig.svg | head -n 1)" -lt 1200 ]
}

@test "more panels than anyone could see are refused" {
	stream a.mc agents=20 steps=2
	run mc-plot advantages a.mc -i all
	[ "$status" -eq 64 ]
	[ "$output" = "mc-plot: --agent: that would be 380 panels, more than 256; draw one agent, or fewer episodes" ]
}

@test "an agent that there is not" {
	stream a.mc
	for i in 3 -1 x 1x ''; do
		run mc-plot advantages a.mc "--agent=$i"
		[ "$status" -eq 64 ]
		[ "$output" = "mc-plot: --agent: \"$i\" is neither all nor an agent from 0 to 2" ]
	done
}

@test "a stream without advantages says where they come from" {
	stream a.mc episodes=0
	run mc-plot advantages a.mc
	[ "$status" -eq 65 ]
	[ "$output" = "mc-plot: there is no advantage in this stream; pipe it through mc-metalearn --analyse CKPT" ]
}

@test "episodes of different numbers of agents are not one picture" {
	stream a.mc
	stream b.mc agents=4
	run mc-plot advantages a.mc b.mc
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-plot: b.mc:"*": episodes of 3 and of 4 agents; draw one after the other" ]]
}

@test "a stream that is cut is drawn as far as it goes; a damaged one is not" {
	stream a.mc episodes=3
	head -c $(($(stat -c %s a.mc) - 300)) a.mc >cut.mc
	run --separate-stderr mc-plot advantages cut.mc
	[ "$status" -eq 0 ]
	[[ "$stderr" == "mc-plot: cut.mc: still running, or cut, at "* ]]
	printf '\377' | dd of=a.mc bs=1 seek=700 conv=notrunc 2>/dev/null
	run mc-plot advantages a.mc -o fig.svg
	[ "$status" -eq 65 ]
	[ ! -e fig.svg ]
}

@test "a source that failed has said so itself; a file that tells of it is refused" {
	stream a.mc error=1
	run bash -c 'cat a.mc | mc-plot advantages'
	[ "$status" -eq 75 ]
	[ -z "$output" ]
	run mc-plot advantages a.mc
	[ "$status" -eq 75 ]
	[[ "$output" == "mc-plot: a.mc:"*": the stream ends with an error: mc-rollout: it broke" ]]
}

@test "options of the other pictures are refused" {
	stream a.mc
	for option in '-y requests' '-w 10' '--by seed' '--band none'; do
		run mc-plot advantages a.mc $option
		[ "$status" -eq 64 ]
		[[ "$output" == *"this is not an option of mc-plot advantages; leave it out" ]]
	done
	"$BATS_TEST_DIRNAME/make-logs.py" a.log
	run mc-plot curves a.log -i 1
	[ "$status" -eq 64 ]
	run mc-plot curves a.log -n 1
	[ "$status" -eq 64 ]
}

@test "the whole pipe" {
	MC_QUIET=1 "$BATS_TEST_DIRNAME/../pipelines/train" -t push_N3 -e 22 -R '--hidden 8 --keep 0' -M '--rule-hidden 8'
	mc-rollout --load run.ckpt -n 3 | mc-metalearn --analyse run.ckpt --initial run-0.ckpt | mc-plot advantages -o fig.svg
	grep -q 'push_N3, meta, seed 1, iteration 20; ' fig.svg
	grep -q '>agent 0 asks 2<' fig.svg
}
