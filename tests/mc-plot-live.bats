# mc-plot(1) live: what is drawn while a log grows, and how that ends.
bats_require_minimum_version 1.5.0

setup() {
	PATH=$MC_BIN:$PATH
	unset LC_ALL
	export LC_CTYPE=C.UTF-8 TERM=xterm NO_COLOR=1
	cd "$BATS_TEST_TMPDIR"
	"$BATS_TEST_DIRNAME/make-logs.py" whole.log
	head -c 3000 whole.log >run.log
	: >typescript
}

# What a terminal of 24 rows and $2 columns gets from a command, into `typescript`, which is followed by "status N".
on_terminal() {
	command -v script >/dev/null || skip "no script(1)"
	timeout 60 script -qfc "stty rows 24 cols ${2-80}; $1; echo status \$?; stty -a" typescript >/dev/null
}

# Until `typescript` has this so many times.
until_seen() {
	for _ in {1..600}; do
		[ "$(grep -c "$1" typescript)" -lt "$2" ] || return 0
		sleep 0.05
	done
	return 1
}

@test "a log that grows is drawn again, and at its end left on the screen" {
	{
		until_seen 'running, ' 1
		cp run.log seen
		cat whole.log >run.log
	} &
	on_terminal 'mc-plot live run.log </dev/null'
	wait
	grep -q 'status 0' typescript
	grep -q 'running, [12][0-9] episodes; q ends this' typescript
	# the alternate screen is left, and the cursor shown, before the last picture
	sed -n '/1049l/,/status 0/p' typescript | sed 's/.*1049l//' >left
	grep -q 'push_N3, episodic return' left
	grep -q '0 *200 *400 *600 *800 *1000' left
	run ! grep -q $'\033' left
	run ! grep -q 'still running, or cut' typescript
}

@test "q ends it, a signal too; the terminal is as it was" {
	(until_seen 'running, ' 1; printf q) | on_terminal 'mc-plot live run.log'
	grep -q 'status 0' typescript
	grep -q ' icanon' typescript
	grep -q ' echo ' typescript
	: >typescript
	on_terminal 'mc-plot live run.log </dev/null & pid=$!; until [ -e drawn ]; do sleep 0.05; done; kill -TERM $pid; wait $pid' </dev/null &
	until_seen 'running, ' 1
	touch drawn
	wait
	grep -q 'status 143' typescript
	grep -q 1049l typescript
	grep -q ' icanon' typescript
}

@test "it fits terminals of 40, 80 and 200 columns, also while it waits" {
	for columns in 40 80 200; do
		head -c 3000 whole.log >run.log
		for seen in 'running, ' 'waiting for the first'; do
			: >typescript
			(until_seen "$seen" 1; printf q) | on_terminal 'mc-plot live run.log' $columns
			tr -d '\r' <typescript | sed '1d; s/\x1b\[[0-9;?]*[a-zA-Z]/\n/g' | sed '/^status 0/,$d' >screen
			awk -v c=$columns '{ if (length > w) w = length } END { exit !(w <= c && w > (c < 80 ? c : 80) / 2) }' screen
			# what is drawn at once has no more lines than the terminal: nothing scrolls away
			[ "$(sed -n '/\x1b\[H/,/q ends\|waiting/p' typescript | wc -l)" -le 24 ]
			"$BATS_TEST_DIRNAME/make-logs.py" run.log episodes=0 end=0
		done
	done
}

@test "Ctrl-C ends it like q, as the signal does; the terminal is as it was" {
	(until_seen 'running, ' 1; printf '\003') | on_terminal "trap : INT; mc-plot live run.log"
	grep -q 'status 130' typescript
	grep -q 1049l typescript
	grep -q '?25h' typescript
	grep -q ' icanon' typescript
	grep -q ' echo ' typescript
}

@test "a reader that leaves early is not an error, of any picture" {
	"$BATS_TEST_DIRNAME/make-episodes.py" a.mc
	for picture in "live whole.log" "bars whole.log" "comm whole.log" "topology a.mc" "graph a.mc" "episode a.mc"; do
		mc-plot $picture 2>err | head -n 1 >first
		[ -s first ]
		[ ! -s err ]
	done
}

@test "waiting for the first episode" {
	"$BATS_TEST_DIRNAME/make-logs.py" run.log episodes=0 end=0
	(until_seen 'waiting for the first episode' 1; printf q) | on_terminal 'mc-plot live run.log'
	grep -q 'waiting for the first episode, 0 episodes; q ends this' typescript
	grep -q 'status 0' typescript
}

@test "a log that is still empty, or emptied by a run that begins anew, is waited for" {
	for begin in 0 20; do # bytes
		head -c $begin whole.log >run.log
		: >typescript
		{
			until_seen 'waiting for the first episode' 1
			cat whole.log >run.log
		} &
		on_terminal 'mc-plot live run.log </dev/null'
		wait
		grep -q 'waiting for the first episode, 0 episodes; q ends this' typescript
		grep -q 'status 0' typescript
	done
	: >run.log
	run -65 mc-plot curves run.log
	[ "$output" = "mc-plot: run.log:0: is empty, a stream starts with a header" ]
	echo "no log" >run.log
	run -65 mc-plot live run.log
	[[ "$output" == *"a frame must start with a msgpack map"* ]]
}

@test "without a terminal: the picture at the end, or a file that follows" {
	{ sleep 0.3; cat whole.log >run.log; } &
	mc-plot live run.log >out 2>errors </dev/null
	wait
	mc-plot curves whole.log | diff - out
	[ ! -s errors ]
	head -c 3000 whole.log >run.log
	{ while [ ! -e fig.svg ]; do sleep 0.05; done; cp fig.svg first.svg; cat whole.log >run.log; } &
	mc-plot live run.log -o fig.svg </dev/null
	wait
	run ! cmp -s first.svg fig.svg
	mc-plot curves whole.log -o want.svg
	cmp fig.svg want.svg
}

@test "a gnuplot that fails is said once, and nothing breaks" {
	mkdir fake
	printf '#!/bin/sh\necho "no such terminal" >&2; exit 1\n' >fake/gnuplot
	chmod +x fake/gnuplot
	PATH=$PWD/fake:$PATH run mc-plot live whole.log
	[ "$status" -eq 74 ]
	[ "$output" = "mc-plot: gnuplot: failed: no such terminal" ]
}

@test "options of curves; what cannot be watched" {
	mc-plot live whole.log -y requests -w 5 >out
	mc-plot curves whole.log -y requests -w 5 | diff - out
	mc-plot live --named x=whole.log | grep -q '   x &&&&&'
	run -64 mc-plot live -
	run -64 mc-plot live
	[ "$output" = "mc-plot: no log given; live reads logs again and again: name them" ]
	run -64 mc-plot live .
	run -66 mc-plot live nothing
	[ "${#lines[@]}" -eq 1 ]
	echo hello >text
	run -65 mc-plot live text
	run -64 mc-plot live whole.log --last 3
}
