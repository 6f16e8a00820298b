# The paper's figures by one command each, at a size that takes a second.
load there

bats_require_minimum_version 1.5.0

setup() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	PATH=$MC_BIN:$PATH
	figures=$BATS_TEST_DIRNAME/../pipelines/figures
	export MC_BIN MC_QUIET=1
	cd "$BATS_TEST_TMPDIR"
	small=(ROLLOUT='--hidden 8 -C 5' CRITIC='--batch 32' EPISODES=33 SEEDS=1)
	tiny=("${small[@]}" TASKS=push_N3 METHODS='none full')
	long=(ROLLOUT='--hidden 8 -C 20' CRITIC='--batch 32' EPISODES=700 SEEDS=1 TASKS=push_N3)
}

# Waits until $1 holds so many bytes.
await_size() {
	for _ in $(seq 500); do
		[ ! -e "$1" ] || [ "$(stat -c %s "$1")" -lt "$2" ] || return 0
		sleep 0.02
	done
	return 1
}

@test "fig2: two tasks, five methods: pictures and a table; again, nothing is done" {
	"$figures" fig2 "${small[@]}" TASKS='push_N3 navigation_N3_l3' >out.txt
	[ "$(tr '\n' ' ' <out.txt)" = "out/fig2.svg out/fig2.png out/fig2.md " ]
	[ "$(find out -name run.done | wc -l)" -eq 10 ]
	[ -z "$(find out -name '*.tmp' -o -name 'run.replay' -o -name run.failed)" ]
	grep -q '>navigation_N3_l3<' out/fig2.svg
	grep -q '>reinforce<' out/fig2.svg
	[ "$(head -c 4 out/fig2.png | od -An -tx1)" = " 89 50 4e 47" ]
	[ "$(grep -cE '^\| (push_N3|navigation_N3_l3) +\| (none|full|reinforce|stgs|meta) +\| +1 \|' out/fig2.md)" -eq 10 ]
	grep -qE '^\| push_N3 +\| none .*\| among the worst +\| cannot tell +\|$' out/fig2.md
	grep -q '!\[.*\](fig2.svg)' out/fig2.md

	find out -type f ! -name '*.lock' -exec ls -l --time-style=full-iso {} + >before
	"$figures" fig2 "${small[@]}" TASKS='push_N3 navigation_N3_l3'
	find out -type f ! -name '*.lock' -exec ls -l --time-style=full-iso {} + >after
	cmp before after

	# one task fewer: no run is made, another picture is
	"$figures" fig2 "${small[@]}" TASKS=push_N3
	[ "$(find out -name run.done | wc -l)" -eq 10 ]
	[ "$(grep -c navigation_N3_l3 out/fig2.svg)" -eq 0 ]
}

@test "paper: fixed rules are those of their runs, every picture is there" {
	"$figures" paper "${small[@]}" TASKS='push_N3 navigation_N3_l3' METHODS='none meta' >out.txt
	[ "$(wc -l <out.txt)" -eq 16 ]
	while read -r file; do
		[ -s "$file" ]
	done <out.txt
	rule() { mc-cat --full "$1" | there jq -c .params.rule; }
	runs=out/runs-33
	[ "$(rule $runs/push_N3/early-navigation_N3_l3/1/run.ckpt)" = "$(rule $runs/navigation_N3_l3/meta/1/run-6.ckpt)" ]
	[ "$(rule $runs/push_N3/late-push_N3/1/run.ckpt)" = "$(rule $runs/push_N3/meta/1/run.ckpt)" ]
	[ "$(rule $runs/push_N3/random/1/run.ckpt)" = "$(rule $runs/push_N3/meta/1/run-0.ckpt)" ]
	header() { mc-cat -t header "$runs/push_N3/$1/1/run.log" | jq -c "$2"; }
	[ "$(header no-entropy '.["mc-metalearn"].beta')" = 0 ]
	[ "$(header last-only '.["mc-metalearn"].last_only')" = true ]
	[ "$(header K5 .meta_k)" = 5 ]
	[ "$(header meta '[.meta_k,.["mc-metalearn"].beta,.["mc-metalearn"].last_only]')" = '[10,0.01,false]' ]
	for name in random 'same early' 'same late' 'other early' 'other late' meta; do
		grep -q ">$name<" out/fig3.svg
	done
	for name in meta 'no entropy' 'last term only' 'K 1' 'K 5' 'K 20' 'all tasks'; do
		grep -q ">$name<" out/fig4-left.svg
	done
	grep -q 'agent 0 asks 2' out/fig4-right.svg
}

@test "pareto: every cost has its runs, and they pay it" {
	"$figures" pareto "${small[@]}" TASKS=push_N3 METHODS='none stgs meta' LAMBDAS='0 0.5' >out.txt
	[ "$(tr '\n' ' ' <out.txt)" = "out/pareto.svg out/pareto.png out/pareto.json " ]
	[ "$(ls out/runs-33/push_N3 | tr '\n' ' ')" = "meta meta-cost-0.5 none stgs stgs-cost-0.5 " ]
	[ "$(jq -c '[.method, .edge_cost]' out/pareto.json | tr '\n' ' ')" = '["none",null] ["stgs",null] ["meta",null] ["stgs",0.5] ["meta",0.5] ' ]
	grep -q '>0.5<' out/pareto.svg
	for bad in x 1-2 1.2.3 -1; do
		run "$figures" pareto "${small[@]}" LAMBDAS="$bad"
		[ "$status" -eq 64 ]
	done
}

@test "a run that fails is listed, the others are made; mended, the rest is" {
	mkdir -p out/runs-33/push_N3/full/1
	echo junk >out/runs-33/push_N3/full/1/run.ckpt
	run --separate-stderr "$figures" fig2 "${tiny[@]}"
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "fig2: 1 of 2 runs are missing; the same command tries them again:" ]
	[[ "${stderr_lines[1]}" == "  out/runs-33/push_N3/full/1: mc-rollout: "*"run.ckpt"*" (exit 65)" ]]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[ -e out/runs-33/push_N3/none/1/run.done ]
	[ ! -e out/fig2.svg ]
	rm out/runs-33/push_N3/full/1/run.ckpt
	"$figures" fig2 "${tiny[@]}"
	[ -s out/fig2.svg ]
	[ -z "$(find out -name run.failed)" ]
}

@test "what needs a run that failed says so" {
	mkdir -p out/runs-33/push_N3/meta/1
	echo junk >out/runs-33/push_N3/meta/1/run.ckpt
	run --separate-stderr "$figures" fig3 "${tiny[@]}"
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"out/runs-33/push_N3/late-push_N3/1: needs out/runs-33/push_N3/meta/1/run.ckpt, of a run that is not done (exit 66)"* ]]
	[ -e out/runs-33/push_N3/random/1/run.done ]
}

@test "stopped by SIGTERM or killed, it continues to the same bytes" {
	"$figures" fig2 "${long[@]}" METHODS=meta OUT=whole
	"$figures" fig2 "${long[@]}" METHODS=meta &
	make=$!
	dir=out/runs-700/push_N3/meta/1
	await_size $dir/run.log 20000
	kill -TERM $make
	status=0
	wait $make || status=$?
	[ "$status" -eq 75 ]
	[ ! -e $dir/run.done ]
	[ ! -e $dir/run.failed ]
	[ "$(mc-cat $dir/run.ckpt | jq .episode)" -lt 700 ]
	[[ "$(cat $dir/run.seconds)" =~ ^[0-9]+$ ]]
	flock -n $dir/run.lock true # nobody is left

	size=$(stat -c %s $dir/run.log)
	run -137 --separate-stderr killed_in_the_middle
	[[ "$stderr" == *"was killed by signal 9"* ]]
	[ ! -e $dir/run.done ]
	[ -e $dir/run.ckpt ]
	[ -s $dir/run.seconds ]

	# without its cell the ring turns on; it is waited for
	size=$(stat -c %s $dir/run.log)
	"$figures" fig2 "${long[@]}" METHODS=meta &
	make=$!
	await_size $dir/run.log $((size + 4000))
	kill -9 "$(pgrep -f "pipelines/cell push_N3 meta 1 $dir ")"
	wait $make
	[[ "$(sed -n 2p $dir/run.done)" == *' s since it was last started' ]]
	cmp $dir/run.ckpt whole/runs-700/push_N3/meta/1/run.ckpt
	cmp $dir/run.log whole/runs-700/push_N3/meta/1/run.log
	cmp out/fig2.svg whole/fig2.svg
}

@test "names that are shorter than what moves on a terminal stand alone" {
	mkdir path
	printf '#!/bin/sh\nsleep 1.5\nexec %s "$@"\n' "$(command -v gnuplot)" >path/gnuplot # so that it moves
	chmod +x path/gnuplot
	PATH=$PWD/path:$PATH MC_QUIET='' script -qec "'$figures' fig2 $(printf "'%s' " "${tiny[@]}") OUT=o" /dev/null </dev/null >shown
	grep -q 'fig2: 0:[0-9][0-9] ' shown
	grep -q "$(printf '\033')\[Ko/fig2.svg" shown
}

@test "a run that is done as make is stopped stays done, and nothing is left behind" {
	mkdir path tmp
	cat >path/date <<-'END'
	#!/bin/sh
	if [ -e out/runs-33/push_N3/none/1/run.done ]; then
		: >ended
		sleep 1
	fi
	exec /bin/date "$@"
	END
	chmod +x path/date
	TMPDIR=$PWD/tmp PATH=$PWD/path:$PATH "$figures" fig2 "${tiny[@]}" METHODS=none 2>said &
	make=$!
	until [ -e ended ]; do sleep 0.02; done
	kill -TERM $make
	status=0
	wait $make || status=$?
	[ "$status" -eq 75 ]
	[ -e out/runs-33/push_N3/none/1/run.done ]
	[ ! -s said ]
	# and where nobody reads what it says
	run -141 bash -c 'TMPDIR=$PWD/tmp MC_QUIET="" "$@" 2>&1 | true; exit ${PIPESTATUS[0]}' nobody "$figures" fig2 "${tiny[@]}"
	[ -z "$(ls tmp)" ]
}

@test "run.done has the command, version and machine, and the seconds of all attempts where they are known" {
	"$figures" fig2 "${tiny[@]}" METHODS=none
	dir=out/runs-33/push_N3/none/1
	[ "$(wc -l <$dir/run.done)" -eq 4 ]
	[[ "$(sed -n 1p $dir/run.done)" == "train '-R' '--threads "*" '-t' 'push_N3' '-m' 'none' '-s' '1' '-e' '33' "* ]]
	[[ "$(sed -n 2p $dir/run.done)" =~ ^[0-9]+\ s$ ]]
	[ "$(sed -n 3p $dir/run.done)" = "version $(mc-rollout -V | sed -n '1s/mc-rollout //p')" ]
	[ "$(sed -n 4p $dir/run.done)" = "machine $("$BATS_TEST_DIRNAME/../pipelines/machine")" ]
	[[ "$("$BATS_TEST_DIRNAME/../pipelines/machine")" =~ ^[1-9][0-9]*\ CPUs?,\ .+,\ kernels:\ .+$ ]]
	[ ! -e $dir/run.seconds ]
	# stopped after 100 s, and continued
	rm $dir/run.done
	echo 100 >$dir/run.seconds
	"$figures" fig2 "${tiny[@]}" METHODS=none
	[[ "$(sed -n 2p $dir/run.done)" =~ ^1[0-9]{2}\ s$ ]]
	[ ! -e $dir/run.seconds ]
	# killed, and continued
	rm $dir/run.done
	"$figures" fig2 "${tiny[@]}" METHODS=none
	[[ "$(sed -n 2p $dir/run.done)" =~ ^[0-9]+\ s\ since\ it\ was\ last\ started$ ]]
	# one that fails keeps what it took so far
	rm $dir/run.done
	echo 100 >$dir/run.seconds
	echo junk >$dir/run.ckpt
	run -65 "$figures" fig2 "${tiny[@]}" METHODS=none
	[[ "$(cat $dir/run.seconds)" =~ ^1[0-9]{2}$ ]]
}

# Kills the run's mc-critic once the log has grown.
killed_in_the_middle() {
	"$figures" fig2 "${long[@]}" METHODS=meta &
	make=$!
	await_size $dir/run.log $((size + 8000))
	kill -9 "$(pgrep -f "mc-critic -D $dir/")"
	wait $make
}

@test "two at once share the work, and make what one would" {
	"$figures" fig2 "${small[@]}" TASKS=push_N3 JOBS=1 OUT=one >/dev/null
	"$figures" fig2 "${small[@]}" TASKS=push_N3 JOBS=1 >a &
	first=$!
	"$figures" fig2 "${small[@]}" TASKS=push_N3 JOBS=1 >b &
	second=$!
	wait $first
	wait $second
	[ "$(wc -l <a)" -eq 3 ]
	cmp a b
	for method in none full reinforce stgs meta; do
		cmp out/runs-33/push_N3/$method/1/run.ckpt one/runs-33/push_N3/$method/1/run.ckpt
		cmp out/runs-33/push_N3/$method/1/run.log one/runs-33/push_N3/$method/1/run.log
	done
	cmp out/fig2.svg one/fig2.svg
	cmp out/fig2.md one/fig2.md
}

@test "a run that another works on is waited for, and taken over if it gave up" {
	dir=out/runs-33/push_N3/full/1
	mkdir -p $dir
	flock $dir/run.lock sh -c 'until grep -q "waiting for another" err; do sleep 0.05; done' 2>/dev/null &
	MC_QUIET='' "$figures" fig2 "${tiny[@]}" 2>err
	grep -qx 'fig2: push_N3 full 1: another process is making it' err
	grep -qx 'fig2: push_N3 full 1: waiting for another process that is making it' err
	grep -q '^fig2: 2 of 2: push_N3 full 1 ' err
	[ -e $dir/run.done ]
}

@test "SEEDS: a number, a list, a range" {
	seeds() {
		rm -rf out
		"$figures" fig2 "${tiny[@]}" METHODS=none EPISODES=1 SEEDS="$1" >/dev/null
		ls out/runs-1/push_N3/none | tr '\n' ' '
	}
	[ "$(seeds 2)" = "1 2 " ]
	[ "$(seeds '7 4')" = "4 7 " ]
	[ "$(seeds '5-6 8')" = "5 6 8 " ]
	[ "$(seeds 9-9)" = "9 " ]
	[ "$(seeds '08 8')" = "8 " ]
}

# full COMMAND ...: where nothing more can be written to a file.
full() {
	bash -c 'trap "" XFSZ; ulimit -f 0; exec "$@"' full "$@"
}

@test "a disk that is full is named, and leaves nothing that is in the way" {
	run -73 full "$figures" fig2 "${tiny[@]}"
	[ "$output" = "figures: OUT: cannot write to out" ]
	[ "$(ls out)" = figures.lock ]
	"$figures" fig2 "${tiny[@]}" >made
	run -73 full "$figures" fig2 "${tiny[@]}"
	[ "$output" = "figures: TMPDIR: cannot write to ${TMPDIR:-/tmp}" ]
	# of before
	: >out/options
	"$figures" fig2 "${tiny[@]}" >made
	grep -q -- '--hidden 8' out/options
}

@test "a run that somebody else's lock keeps out is listed, with that" {
	mkdir -p out/runs-33/push_N3/none/1/run.lock # as one that may not be written
	run -73 --separate-stderr "$figures" fig2 "${tiny[@]}"
	[ "$stderr" = "fig2: 1 of 2 runs are missing; the same command tries them again:
  out/runs-33/push_N3/none/1: cannot write to out/runs-33/push_N3/none/1 (exit 73)" ]
	[ -e out/runs-33/push_N3/full/1/run.done ]
}

@test "a run that cannot say why it failed is not done, and is listed" {
	mkdir -p out/runs-33/push_N3/none/1/run.err out/runs-33/push_N3/full/1
	touch -d tomorrow out/runs-33/push_N3/full/1/run.failed
	run -73 --separate-stderr "$figures" fig2 "${tiny[@]}"
	[ "$stderr" = "fig2: 2 of 2 runs are missing; the same command tries them again:
  out/runs-33/push_N3/none/1: cannot write out/runs-33/push_N3/none/1/run.err (exit 73)
  out/runs-33/push_N3/full/1: failed, and there was no room to say why (exit 73)" ]
	FIGURE_STARTED=$PWD/out/options run -73 "$BATS_TEST_DIRNAME/../pipelines/cell" x out/runs-33/push_N3/full/1 ''
	[ -z "$output" ]
}

@test "the disk that is needed is said before, and is about right" {
	for share in '' ' --share'; do
		MC_QUIET='' run --separate-stderr "$figures" fig2 "${small[@]}" TASKS=push_N6 ROLLOUT="--hidden 8 -C 5$share" OUT="out${share# --}"
		[ "$status" -eq 0 ]
		[[ "${stderr_lines[0]}" == "fig2: 5 of 5 runs to make, of 33 episodes, "* ]]
		said=$(sed -n 's/^fig2: disk: about \(.*\) for the results.*/\1/p' <<<"$stderr" | sed 's/ kB/ 1e3/; s/ MB/ 1e6/' | awk '{ print $1 * $2 }')
		real=$(find "out${share# --}/runs-33" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')
		awk -v said="$said" -v real="$real" 'BEGIN { exit !(said > 0.9 * real && said < 1.1 * real) }'
	done
}

@test "a machine whose shell greets takes part, and one that is left out is told with the reason" {
	mkdir path one two
	cat >path/parallel <<-'END'
	#!/bin/sh
	[ "$2" != --version ] || { echo 'GNU parallel 0'; exit; }
	echo "Welcome to $4"
	[ -z "$AWAY" ] || { echo 'ssh: no route to it' >&2; exit 255; }
	eval "$5 $6 $7 '$9'" # engine-parallel probe DIRECTORY ::: MC_BIN
	END
	chmod +x path/parallel
	export PATH=$PWD/path:$PATH FIGURE=fig2 JOBS='' HOSTS=alpha
	engine=$BATS_TEST_DIRNAME/../pipelines/engine-parallel
	cpus=$("$BATS_TEST_DIRNAME/../pipelines/cpus")
	run -0 "$engine" prepare "$PWD/one"
	[ "$output" = "$cpus
$cpus at a time on 1 machine" ]
	AWAY=1 run -69 "$engine" prepare "$PWD/two"
	[ "${lines[0]}" = 'fig2: alpha is left out: ssh: no route to it' ]
}

@test "through make, jobs of its own, variables handed on" {
	run env -u MAKEFLAGS -u MFLAGS make -s -j2 -C "$BATS_TEST_DIRNAME/.." fig2 -o all "${tiny[@]}" METHODS=none OUT="$PWD/o"
	[ "$status" -eq 0 ]
	[ "$output" = "$PWD/o/fig2.svg
$PWD/o/fig2.png
$PWD/o/fig2.md" ]
	grep -q -- "--hidden 8 -C 5'" o/runs-33/push_N3/none/1/run.done
}

@test "engines that are not there are said before anything is made" {
	mkdir path
	ln -s /usr/bin/* path/
	rm -f path/parallel path/sbatch
	PATH=$MC_BIN:$PWD/path
	run "$figures" fig2 "${tiny[@]}" ENGINE=parallel HOSTS=1/:
	[ "$status" -eq 69 ]
	[ "$output" = 'fig2: ENGINE=parallel: GNU parallel is not in PATH; install it, or use ENGINE=local' ]
	run "$figures" fig2 "${tiny[@]}" ENGINE=slurm
	[ "$status" -eq 69 ]
	[ "$output" = 'fig2: ENGINE=slurm: sbatch is not in PATH; is this a machine of the cluster? Else use ENGINE=local' ]
	[ "$(ls out)" = "figures.lock
options" ]
	# what is done needs no engine
	"$figures" fig2 "${tiny[@]}"
	"$figures" fig2 "${tiny[@]}" ENGINE=slurm
	run -64 "$figures" fig2 ENGINE=cloud
	run -64 "$figures" fig2 ENGINE=parallel
	run -64 "$figures" fig2 HOSTS=4/alpha
	run -64 "$figures" fig2 ENGINE=parallel HOSTS=4/alpha,0/beta
	run -64 "$figures" fig2 ENGINE=slurm HOSTS=4/alpha
	run -64 "$figures" fig2 SBATCH_EXTRA='-c 2'
	run -64 "$figures" fig2 ENGINE=parallel HOSTS='alpha; touch pwned'
}

@test "what is refused" {
	run -64 "$figures"
	run -64 "$figures" fig9
	run -64 "$figures" fig2 EPISODE=3
	run -64 "$figures" fig2 EPISODES=0
	run -64 "$figures" fig2 JOBS=x
	run -64 "$figures" fig2 SEEDS=0
	run -64 "$figures" fig2 SEEDS=a
	run -64 "$figures" fig2 SEEDS=3-1
	for out in 'a b' lr=0.1 a:b; do
		run -64 "$figures" fig2 OUT="$out"
		[ "$output" = "figures: OUT: \"$out\": a directory without blanks, = and :, please" ]
	done
	touch file
	run -73 "$figures" fig2 "${tiny[@]}" OUT=file/out
	[ "$output" = "figures: OUT: cannot write to file/out" ]
	TMPDIR=$PWD/nowhere run -73 "$figures" fig2 "${tiny[@]}" OUT=other
	[ "$output" = "figures: TMPDIR: cannot write to $PWD/nowhere" ]
	run -64 "$figures" fig2 'ROLLOUT=--hidden 8; touch pwned'
	[ ! -e pwned ]
	run -64 "$figures" fig2 METHODS=best
	[ "$output" = 'figures: METHODS: unknown method "best": none, full, reinforce, stgs or meta' ]
	run -64 "$figures" fig2 TASKS=nowhere
	[[ "$output" == mc-envsim:* ]]
	[ ! -e out ]
	"$figures" fig2 "${tiny[@]}"
	run -64 "$figures" fig2 "${tiny[@]}" ROLLOUT='--hidden 9'
	[[ "$output" == "figures: OUT: the runs in out have other options ("*"; choose another directory" ]]
	# options that no run could begin with bind nobody; where one began, they stay
	run -64 "$figures" fig2 "${tiny[@]}" ROLLOUT='--hiden 9' OUT=typo
	"$figures" fig2 "${tiny[@]}" ROLLOUT='--hidden 9' OUT=typo
	mkdir -p typo/runs-7/push_N3/none/1
	touch typo/runs-7/push_N3/none/1/run.failed
	run -64 "$figures" fig2 "${tiny[@]}" ROLLOUT='--hidden 10' OUT=typo
	[[ "$output" == *"have other options (rollout: --hidden 9;"* ]]
	"$figures" --help | grep -q '^usage: figures'
}

@test "OUT may begin with a dash; what is named twice is made once" {
	run "$figures" fig2 "${tiny[@]}" METHODS='none none' TASKS='push_N3 push_N3' OUT=-x
	[ "$status" -eq 0 ]
	[ "$output" = "$PWD/-x/fig2.svg
$PWD/-x/fig2.png
$PWD/-x/fig2.md" ]
	[ "$(wc -l <./-x/fig2.runs)" -eq 1 ]
}

@test "a picture or table that fails ends in one line, and with its status" {
	"$figures" fig2 "${tiny[@]}" METHODS=none >made
	rm out/fig2.*
	printf 'nonsense' >out/runs-*/push_N3/none/1/run.log
	run "$figures" fig2 "${tiny[@]}" METHODS=none
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == mc-plot:*run.log:* ]]
	# and where make itself cannot go on
	mkdir bin
	printf '#!/bin/sh\nexit 1\n' >bin/mc-plot
	chmod +x bin/mc-plot
	for p in mc-rollout mc-critic mc-metalearn mc-eval mc-envsim mc-cat; do
		ln -s "$MC_BIN/$p" bin/
	done
	MC_BIN=$PWD/bin run "$figures" fig2 "${tiny[@]}" METHODS=none
	[ "$status" -eq 73 ]
	[ "$output" = "fig2: a picture or table cannot be made in out" ]
}

@test "make leaves mc-figures beside the programs" {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$BATS_TEST_DIRNAME/.." bin/mc-figures
	run env -u MC_BIN "$BATS_TEST_DIRNAME/../bin/mc-figures" -h
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "usage: mc-figures fig2|"* ]]
}
