# mc-figures report: what came out of runs that are done, each measured once.

bats_require_minimum_version 1.5.0

setup() {
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	figures=$root/pipelines/figures
	export MC_BIN MC_QUIET=1 PATH="$MC_BIN:$PATH" FIGURE_EPISODES=40
	cd "$BATS_TEST_TMPDIR"
	small=(ROLLOUT='--hidden 8 -C 5' CRITIC='--batch 32' EPISODES=22)
	runs=out/runs-22/reference_N3_s1
}

# train METHODS SEEDS: small runs of a reference task.
train() {
	"$figures" grid "${small[@]}" TASKS=reference_N3_s1 METHODS="$1" SEEDS="$2" >made
}
report() {
	"$figures" report EPISODES=22 "$@"
}
# What is there, and when it was written.
written() {
	find "$@" -type f ! -name '*.lock' -exec ls -l --time-style=full-iso {} +
}
# evaluated METHOD SEED FILTER [OPTION ...]: what mc-eval itself says of a team.
evaluated() {
	mc-eval --json -n 40 "${@:4}" "$runs/$1/$2/run.ckpt" | jq -e "$3"
}
# cells TITLE METHOD: the cells of the row of a method, in the table of this section.
cells() {
	awk -v title="## $1" '/^## / { inside = $0 == title } inside' out/report.md | sed -n "s/^| reference_N3_s1 | $2 | [^|]* | \(.*\) |\$/\1/p"
}
# mean DIGITS: of the numbers on standard input.
mean() {
	datamash mean 1 | LC_ALL=C awk -v digits="$1" '{ printf "%." digits "f\n", $1 }'
}

@test "what came out of a grid: tables as mc-eval gives them, pictures, commands that make the same runs" {
	train 'none full reinforce' 2
	for seed in 1 2; do # how long these took
		sed -i "2s/.*/$((60 * seed)) s/" $runs/full/$seed/run.done
	done
	sed -i '2s/.*/7 s since it was last started/' $runs/none/1/run.done
	report >made
	[ "$(tr '\n' ' ' <made)" = "out/report.svg out/report.png out/report.md " ]
	(cd out/report && ls) >there
	diff there - <<-END
	evaluations.jsonl
	greedy.jsonl
	interventions.jsonl
	$(for method in full none reinforce; do for seed in 1 2; do echo "reference_N3_s1-$method-$seed.log"; done; done)
	runs.tsv
	topology-reference_N3_s1-reinforce-1.svg
	topology-reference_N3_s1-reinforce-2.svg
	END
	mc-cat --verify out/report/*.log
	[ "$(mc-cat -n 1 out/report/reference_N3_s1-full-2.log | jq -c '[.method, .seed]')" = '["full",2]' ]
	for picture in out/report.svg out/report/topology-*.svg; do
		grep -q '</svg>' "$picture"
	done
	grep -q '>reinforce<' out/report.svg

	# each is in the files as often as it should be
	for file in evaluations greedy interventions; do
		jq -r .file out/report/$file.jsonl | sort | uniq -c | awk '{ print $2, $1 }' >$file
	done
	for method in full none reinforce; do for seed in 1 2; do echo "reference_N3_s1-$method-$seed.ckpt 1"; done; done | diff evaluations -
	grep reinforce evaluations | diff greedy -
	grep -v none evaluations | sed 's/1$/2/' | diff interventions -
	[ "$(jq -s 'all(.greedy and .episodes == 40)' out/report/greedy.jsonl)" = true ]

	# the tables, worked out of what mc-eval says
	for method in full none reinforce; do
		for seed in 1 2; do evaluated $method $seed .return_mean; done >returns
		for seed in 1 2; do evaluated $method $seed .requests_per_step; done >requests
		[[ "$(cells Teams $method)" == "2 | $(mean 1 <returns) | "*" | $(mean 1 <requests) | "* ]]
	done
	for seed in 1 2; do evaluated reinforce $seed .precision; done | sort -g | LC_ALL=C awk 'NR == 1 { printf "%.2f\n", $1 }' >lowest
	for seed in 1 2; do evaluated reinforce $seed .recall --greedy; done | sort -g | LC_ALL=C awk 'NR == 1 { printf "%.2f\n", $1 }' >greedy
	[[ "$(cells Topologies reinforce)" == "2 | 0 | $(cat lowest) | "*" | $(cat greedy) | "* ]]
	[ -z "$(cells Topologies full)" ]
	for seed in 1 2; do evaluated full $seed .difference --comm none; done | mean 1 | sed 's/^-0.0$/0.0/' >silent
	for seed in 1 2; do evaluated full $seed .difference --comm drop=0.5; done | mean 1 | sed 's/^-0.0$/0.0/' >dropped
	[[ "$(cells 'What messages are worth' full)" == "2 | "*" | $(cat silent) | "*" | $(cat dropped) | "* ]]
	for seed in 1 2; do evaluated full $seed '[.influence_action[][] | values] | add / length' --influence; done | mean 2 >action
	[[ "$(cells 'What messages are worth' full)" == *" | $(cat action) | "* ]]
	[ -z "$(cells 'What messages are worth' none)" ]
	[ "$(cells Time full)" = "2 | 22 | 1.5 | 1.0, 2.0 | 0.2" ]
	[[ "$(cells Time none)" == '1 | 22 | '* ]] # how long the other one took is not known

	# whatever the page names is there
	sed -n 's/.*(\([^)]*\)).*/\1/p' out/report.md | grep report >named
	[ "$(wc -l <named)" -eq 4 ]
	while read -r file; do
		[ -e "out/$file" ]
	done <named

	# the commands are those of the runs
	[ "$(head -n 1 out/report/runs.tsv)" = "run	version	machine	seconds	command" ]
	[ "$(awk -F '\t' '$1 == "reference_N3_s1-full-2" { print $2 "|" $3 "|" $4 }' out/report/runs.tsv)" = \
		"$(mc-rollout -V | sed -n '1s/mc-rollout //p')|$("$root/pipelines/machine")|120" ]
	command=$(awk -F '\t' '$1 == "reference_N3_s1-reinforce-2" { print $5 }' out/report/runs.tsv)
	[ "$command" = "mc-train -t reference_N3_s1 -m reinforce -s 2 -e 22 -R '--hidden 8 -C 5' -Q '--batch 32'" ]
	eval "$root/pipelines/${command#mc-} -o again"
	cmp again/run.log $runs/reinforce/2/run.log
}

@test "each run is measured once, whatever is asked for; what was made anew is measured anew" {
	train 'none full' 2
	report
	written out >before
	report
	written out | diff before -
	# a copy is not a seed
	cp -r $runs/none/2 $runs/none/2.old
	report
	[ "$(ls out/report/*.log | wc -l)" -eq 4 ]
	rm -r $runs/none/2.old
	# one more
	train 'none full' '1 2 4'
	written $runs/*/[12]/report >before
	report
	written $runs/*/[12]/report | diff before -
	[ -e $runs/full/4/report/done ]
	[ -e out/report/reference_N3_s1-none-4.log ]
	[[ "$(cells Teams full)" == '3 | '* ]]
	# some of them, and all again
	written $runs/*/*/report >before
	report METHODS=none SEEDS='1 4'
	[ "$(echo out/report/*.log)" = "out/report/reference_N3_s1-none-1.log out/report/reference_N3_s1-none-4.log" ]
	[[ "$(cells Teams none)" == '2 | '* ]]
	[ -z "$(cells Teams full)" ]
	[ "$(grep -c 'What messages are worth' out/report.md)" -eq 0 ]
	report
	[ "$(ls out/report/*.log | wc -l)" -eq 6 ]
	written $runs/*/*/report | diff before -
	# what another version measured, without what one message does
	cp out/report.md page
	for method in none full; do
		jq -c 'with_entries(select(.key | startswith("influence") | not))' $runs/$method/1/report/evaluation >less
		mv less $runs/$method/1/report/evaluation
		touch $runs/$method/1/report/done
	done
	written $runs/*/*/report >before
	report
	cmp page out/report.md
	[ "$(jq -s 'all(has("influence_action"))' out/report/evaluations.jsonl)" = true ]
	grep -v "/1/report/\(evaluation\|done\)" before >others
	written $runs/*/*/report | grep -v "/1/report/\(evaluation\|done\)" | diff others -
	# another run in its place
	written $runs/*/*/report >before
	touch $runs/full/2/run.done
	report
	[ $runs/full/2/report/evaluation -nt $runs/full/2/run.done ]
	[ $runs/full/2/report/run.log -nt $runs/full/2/run.done ]
	grep -v "$runs/full/2/report/" before >others
	written $runs/*/*/report | grep -v "$runs/full/2/report/" | diff others -
}

@test "what is refused, and leaves nothing" {
	run -66 report
	[ "$output" = "figures: no run is done in out/runs-22" ]
	[ ! -e out ]
	train none 1
	find out | sort >before
	run -66 "$figures" report
	[ "$output" = "figures: no run (EPISODES=22 has some) is done in out/runs-50000" ]
	run -66 report TASKS='reference_N3_s1 push_N3'
	[ "$output" = "figures: TASKS: no run of push_N3 is done in out/runs-22" ]
	run -66 report METHODS=full
	[ "$output" = "figures: METHODS: no run of full is done in out/runs-22" ]
	run -66 report SEEDS=2
	[ "$output" = "figures: SEEDS: no run of 2 is done in out/runs-22" ]
	for variable in LAMBDAS=0 ENGINE=slurm DEVICE=cpu ROLLOUT=--share METALEARN=x CRITIC=x HOSTS=a SBATCH_EXTRA=x SWEEP=a=1 ENV_x=y; do
		run -64 report "$variable"
		[ "$output" = "figures: ${variable%%=*}: report makes no runs; it has TASKS, METHODS, SEEDS, EPISODES, JOBS and OUT" ]
	done
	run -64 report file
	mkdir path
	ln -s /usr/bin/* path/
	rm path/jq
	PATH=$MC_BIN:$PWD/path run -69 report
	[ "$output" = "figures: jq is not in PATH; install the package jq" ]
	find out | sort | diff before -
}

@test "stopped, it goes on with what is missing" {
	train 'none full' 1
	cp -r out whole
	export FIGURE_EPISODES=12000
	report JOBS=1 OUT=whole >made
	"$figures" report EPISODES=22 JOBS=1 &
	process=$!
	for _ in $(seq 1000); do
		[ "$(ls out/runs-22/*/*/1/report/evaluation 2>/dev/null | wc -l)" -eq 0 ] || break
		sleep 0.02
	done
	kill -TERM $process
	status=0
	wait $process || status=$?
	[ "$status" -eq 75 ]
	[ ! -e out/report.md ]
	[ "$(ls $runs/*/1/report/done | wc -l)" -lt 2 ]
	flock -n out/report.lock true # nobody is left
	written $runs/*/1/report/evaluation >before
	[ "$(wc -l <before)" -eq 1 ]
	report JOBS=1 >made
	written $runs/*/1/report/evaluation | grep -xFf before
	[ -z "$(find out -name '*.tmp' -o -name '*.mc')" ]
	diff -r whole/report out/report
	cmp whole/report.md out/report.md
}

@test "waiting for another report, it stops at once" {
	train none 1
	flock out/report.lock sleep 6 &
	"$figures" report EPISODES=22 &
	process=$!
	sleep 1
	kill -TERM $process
	status=0
	wait $process || status=$?
	[ "$status" -eq 75 ]
	run -1 flock -n out/report.lock true # the other one is still there
}

@test "pictures of other runs of that name go" {
	train reinforce 1
	report >made
	[ -e out/report/topology-reference_N3_s1-reinforce-1.svg ]
	rm $runs/reinforce/1/report/topology.svg
	touch $runs/reinforce/1/report/done
	report >made
	[ ! -e out/report/topology-reference_N3_s1-reinforce-1.svg ]
	[ "$(grep -c topology out/report.md)" -eq 0 ]
}

@test "what cannot be written is said in one line" {
	train 'none full' 1
	mkdir path
	printf '#!/bin/sh\nexit 2\n' >path/jq
	chmod +x path/jq
	PATH=$PWD/path:$PATH run -73 report METHODS=none
	[ "$output" = "report: cannot write to $runs/none/1" ]
	# where the log cannot be put in its place, and where an evaluation cannot
	printf '#!/bin/sh\ncase $2 in */$BROKEN) exit 1 ;; esac\nexec /bin/mv "$@"\n' >path/mv
	chmod +x path/mv
	rm -r path/jq $runs/none/1/report
	for file in run.log evaluation; do
		BROKEN=$file PATH=$PWD/path:$PATH run -73 report METHODS=none
		[ "$output" = "report: cannot write to $runs/none/1" ]
	done
	mkdir $runs/none/1/report/evaluation.mc
	run -73 report METHODS=none
	[ "$output" = "report: cannot write to $runs/none/1" ]
	rmdir $runs/none/1/report/evaluation.mc
	report >made
	# what is somebody else's
	mv out/report.lock lock
	mkdir out/report.lock
	run -73 report
	[ "$output" = "figures: OUT: cannot write to out" ]
	rmdir out/report.lock
	mkdir out/report/greedy.jsonl.tmp
	touch $runs/none/1/report/done
	run -73 report
	[ "$output" = "report: cannot write to out/report" ]
	rmdir out/report/greedy.jsonl.tmp
	report >made
	sed -i 's/ s$/ s since it was last started/' $runs/*/1/run.done
	report >made
	[ "$(grep -c '^## Time' out/report.md)" -eq 0 ]
	run -73 bash -c 'trap "" XFSZ; ulimit -f 1; "$1" out/report >page' page "$root/pipelines/report-page"
	[ "$output" = "report: cannot write the page" ]
}

@test "a damaged log or checkpoint ends in one line, and with its status; the others are measured" {
	train 'none full reinforce' 1
	cp $runs/full/1/run.log good
	printf 'nonsense' >$runs/full/1/run.log
	run -65 report
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-cat: $runs/full/1/run.log:"* ]]
	[ -e $runs/none/1/report/done ]
	[ -e $runs/reinforce/1/report/done ]
	[ ! -e out/report.md ]
	cp good $runs/full/1/run.log
	printf 'nonsense' >$runs/full/1/run.ckpt
	run -65 report
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-eval: $runs/full/1/run.ckpt:"* ]]
	rm $runs/full/1/run.ckpt
	run -66 report
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-eval: $runs/full/1/run.ckpt:"* ]]
	report METHODS='none reinforce' >made
	[ -s out/report.md ]
	: >$runs/none/1/run.done
	run -65 report METHODS='none reinforce'
	[ "$output" = "report: $runs/none/1/run.done: it has no command; remove it, and make the run again" ]
	rm $runs/none/1/run.done
	train 'none reinforce' 1
	report METHODS='none reinforce' >made
}

@test "a task and a method of one's own" {
	mkdir python
	ln -s /usr/bin/python3 python/python3 # the one with numpy
	export PATH="$PWD/python:$PATH" PYTHONPATH="$root/examples/python" PYTHONDONTWRITEBYTECODE=1 FIGURE_EPISODES=4
	cp "$root/examples/hints.py" "$root/examples/python/gate.py" .
	"$figures" grid "${small[@]}" EPISODES=11 TASKS=hints METHODS=./gate.py SEEDS=1 ENV_hints='python3 ./hints.py {seed} {env}'
	"$figures" report EPISODES=11
	grep -q "^hints-gate-1	.*	mc-train -t hints -m ./gate.py -s 1 -e 11 -E '@out/env/hints' -R '--hidden 8 -C 5' -Q '--batch 32'\$" out/report/runs.tsv
	[ "$(jq -c '[.file, .greedy]' out/report/evaluations.jsonl out/report/greedy.jsonl | xargs)" = '[hints-gate-1.ckpt,false] [hints-gate-1.ckpt,true]' ]
	[ "$(jq .return_mean out/report/evaluations.jsonl)" = \
		"$(mc-eval --json -n 4 --env 'python3 ./hints.py {seed} {env}' out/runs-11/hints/gate/1/run.ckpt | jq -e .return_mean)" ]
	grep -q '^- \[hints-gate-1\](report/topology-hints-gate-1.svg)' out/report.md
	[ "$(grep -c '^## Topologies' out/report.md)" -eq 0 ]
}

@test "runs too short to say who asks whom have no picture of it, and all the rest" {
	"$figures" grid ROLLOUT='--hidden 8' EPISODES=11 TASKS=push_N3 METHODS=stgs SEEDS=1 >made
	"$figures" report EPISODES=11 >made
	[ "$(mc-cat out/runs-11/push_N3/stgs/1/run.log | jq -s 'any(has("asked_pair"))')" = false ]
	[ "$(jq -c '[.file, .greedy]' out/report/evaluations.jsonl out/report/greedy.jsonl | xargs)" = '[push_N3-stgs-1.ckpt,false] [push_N3-stgs-1.ckpt,true]' ]
	[ "$(grep -c topology out/report.md)" -eq 0 ]
	[ ! -e out/report/topology-push_N3-stgs-1.svg ]
}

@test "through make" {
	train none 1
	run env -u MAKEFLAGS -u MFLAGS make -s -C "$root" report -o all EPISODES=22 OUT="$PWD/out"
	[ "$status" -eq 0 ]
	[ "$output" = "$PWD/out/report.svg
$PWD/out/report.png
$PWD/out/report.md" ]
}
