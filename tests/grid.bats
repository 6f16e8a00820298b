# mc-figures grid: an experiment of one's own, with tasks and methods of one's own.

bats_require_minimum_version 1.5.0

setup() {
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	figures=$root/pipelines/figures
	mkdir "$BATS_TEST_TMPDIR/python"
	ln -s /usr/bin/python3 "$BATS_TEST_TMPDIR/python/python3" # the one with numpy
	export MC_BIN MC_QUIET=1 PATH="$BATS_TEST_TMPDIR/python:$MC_BIN:$PATH" PYTHONPATH="$root/examples/python" PYTHONDONTWRITEBYTECODE=1
	cd "$BATS_TEST_TMPDIR"
	cp "$root/examples/hints.py" "$root/examples/python/gate.py" .
	small=(ROLLOUT='--hidden 8 -C 5' CRITIC='--batch 32' EPISODES=22 SEEDS=1)
}

# What the header of a run's log says: RUN FILTER
header() {
	mc-cat -n 1 "out/runs-22/$1/1/run.log" | jq -c "$2"
}

@test "tasks, methods and settings crossed: runs, tables in three forms, pictures, and the experiment beside them" {
	cat >mine <<-'END'
	# what is tried
	TASKS="push_N3 hints"
	METHODS='none meta ./gate.py'
	SWEEP="beta=0.02,0.1,0.02 share=0,1"
	ENV_hints=python3 './hints.py' "{seed}" {env}
	EPISODES=99
	END
	"$figures" grid mine "${small[@]}" >made
	[ "$(tr '\n' ' ' <made)" = "out/grid.svg out/grid.png out/grid.md out/grid.tsv out/grid.tex " ]
	[ "$(find out -name run.done | wc -l)" -eq 16 ]
	[ "$(ls out/runs-22/hints | xargs)" = "gate_share_0 gate_share_1 meta_beta_0.02_share_0 meta_beta_0.02_share_1 meta_beta_0.1_share_0 meta_beta_0.1_share_1 none_share_0 none_share_1" ]
	[ "$(header push_N3/meta_beta_0.1_share_1 '[.method, .share, .["mc-metalearn"].beta, .hidden]')" = '["meta",true,0.1,8]' ]
	[ "$(header hints/gate_share_0 '[.task, .method, .share, .hidden]')" = '["hints","gate",false,8]' ]
	[ "$(grep -c '^| hints ' out/grid.md)" -eq 8 ]
	grep -q '^| push_N3 *| meta_beta_0.02_share_0 *| *1 |' out/grid.md
	[ "$(grep -ci claim out/grid.md)" -eq 0 ]
	grep -q 'gate_share_1' out/grid.svg
	# the same numbers in every form
	awk -F '\t' '$1 == "push_N3" && $2 == "none_share_0" { print $4 }' out/grid.tsv >tsv
	awk -F ' *[|] *' '$2 == "push_N3" && $3 == "none_share_0" { print $5 }' out/grid.md | cmp - tsv
	[ -s tsv ]
	grep -q "^push\\\\_N3 & none\\\\_share\\\\_0 & 1 & $(cat tsv) & .* \\\\\\\\$" out/grid.tex
	[ "$(grep -c 'begin{tabular}' out/grid.tex)" -eq "$(grep -c '^|[ :|-]*|$' out/grid.md)" ]
	[ "$(grep -c 'end{tabular}' out/grid.tex)" -eq "$(grep -c 'begin{tabular}' out/grid.tex)" ]
	# the experiment is kept, and says all: given again, nothing is made
	grep -qxF "ENV_hints=\"python3 './hints.py' \"{seed}\" {env}\"" out/experiment
	grep -qx 'EPISODES="22"' out/experiment
	find out -type f ! -name '*.lock' ! -name experiment -exec ls -l --time-style=full-iso {} + >before
	"$figures" grid out/experiment
	find out -type f ! -name '*.lock' ! -name experiment -exec ls -l --time-style=full-iso {} + >after
	cmp before after
}

@test "the paper's figures take tasks of one's own, too" {
	"$figures" fig2 "${small[@]}" TASKS=hints METHODS='none full' ENV_hints='python3 ./hints.py {seed} {env}'
	[ "$(header hints/full '[.task, .method]')" = '["hints","full"]' ]
	grep -q '>hints<' out/fig2.svg
	"$figures" fig5 "${small[@]}" TASKS=hints ENV_hints='python3 ./hints.py {seed} {env}'
	grep -q '^hints, the team of seed 1' out/fig5.md
	mc-cat --verify out/runs-22/hints/meta/1/advantages
	"$figures" pareto "${small[@]}" TASKS='push_N3 hints' METHODS='none full' ENV_hints='python3 ./hints.py {seed} {env}'
	[ "$(jq -r '.task + " " + .method' out/pareto.json | xargs)" = "push_N3 none push_N3 full hints none hints full" ]
	# another command under the same name wants another directory
	run -64 "$figures" fig2 "${small[@]}" TASKS=hints METHODS=none ENV_hints='python3 ./other.py {seed} {env}'
	[ "$output" = "figures: ENV_hints: the runs in out have another command (python3 ./hints.py {seed} {env}); choose another directory" ]
	# unless no run could begin under that one
	run -65 "$figures" fig2 "${small[@]}" OUT=typo TASKS=hints METHODS=none ENV_hints='python3 ./nothing.py {seed} {env}'
	MC_QUIET='' run "$figures" fig2 "${small[@]}" OUT=typo TASKS=hints METHODS=none ENV_hints='python3 ./hints.py {seed} {env}'
	[ "$status" -eq 0 ]
	[[ "$output" == *"disk: about 0 B for the results"* ]] # what is not known
	# make hands the command on
	make -C "$root" -n grid TASKS=hints ENV_hints="./it's {seed} {env}" | grep -F "'ENV_hints=./it'\\''s {seed} {env}'"
}

@test "another program of that name wants another directory" {
	mkdir twin
	sed 's/lr=0.01/lr=0.02/' gate.py >twin/gate.py
	chmod +x twin/gate.py
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=./gate.py >made
	run -64 "$figures" grid "${small[@]}" TASKS=push_N3 METHODS=twin/gate.py
	[ "$output" = "figures: METHODS: the runs of gate in out are of another program, seen from there (../gate.py); choose another directory" ]
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=twin/gate.py OUT=other >made
	mkdir project
	mv out gate.py project # both, and it is the same one
	(cd project/out && "$figures" grid "${small[@]}" TASKS=push_N3 METHODS=../gate.py OUT=../out >../made)
	# unless no run could begin with that one
	printf '#!/bin/sh\nexit 1\n' >gate
	chmod +x gate
	run -1 "$figures" grid "${small[@]}" TASKS=push_N3 METHODS=./gate OUT=typo
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=twin/gate.py OUT=typo >made
}

@test "what a grid refuses" {
	touch file
	mkdir twin
	cp gate.py twin
	cp gate.py twin/full.py
	while IFS='|' read -r setting want; do
		run -64 "$figures" grid TASKS=push_N3 METHODS=none "$setting"
		echo "$setting: $output"
		[ "$output" = "figures: $want" ]
	done <<-'END'
	SWEEP=no-such=1,2|SWEEP: no program of the ring has an option --no-such
	SWEEP=share=2|SWEEP: --share takes no value: share=0,1
	SWEEP=threads=1,2|SWEEP: several programs have an option --threads
	SWEEP=share|SWEEP: "share" is not OPTION=VALUE,VALUE
	SWEEP=hidden=,|SWEEP: "hidden=," is not OPTION=VALUE,VALUE
	METHODS=./file|METHODS: ./file is not an executable program
	METHODS=./twin/full.py|METHODS: ./twin/full.py has the name of another method
	METHODS=./gate.py ./twin/gate.py|METHODS: two of them have one name
	ENV_other=x|ENV_other: TASKS has no task of this name
	ENV_a-b=x|ENV_a-b: letters, digits and _ only in the name of a task, please
	SEEDS=20261130|SEEDS: "20261130" are too many; a single number is how many, and 7-7 is only seed 7
	SEEDS=5-20261130|SEEDS: "5-20261130" are too many; a single number is how many, and 7-7 is only seed 7
	SEEDS=5000|5000 runs are too many for one picture; fewer TASKS, METHODS or SEEDS, please
	JOBS=99999999999999999999|JOBS: 99999999999999999999 is too large
	TASKS=|TASKS: which tasks?
	COLOUR=x|COLOUR=x: no such variable; see figures -h
	END
	for file in nowhere twin; do
		run -66 "$figures" grid $file
		[ "$output" = "figures: $file: cannot open it" ]
	done
	run -64 "$figures" grid "${small[@]}" TASKS=hints METHODS=none "ENV_hints=python3 ./hints.py
second"
	[ "$output" = "figures: ENV_hints: one line, please; a longer command can be a script" ]
	run -64 "$figures" fig2 file
	run -64 "$figures" fig2 "${small[@]}" TASKS=push_N3 METHODS=none SWEEP=share=0,1
	[ "$output" = "figures: SWEEP: only grid has settings" ]
	[ ! -e out/runs-50000 ]
}

@test "of two grids at once, the experiment is that of the pictures" {
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=none >made
	mkdir -p out/runs-22/push_N3/full/1
	flock out/runs-22/push_N3/full/1/run.lock sh -c 'until [ -e go ]; do sleep 0.05; done' &
	MC_QUIET='' "$figures" grid "${small[@]}" TASKS=push_N3 METHODS=full 2>said &
	full=$!
	until grep -q 'waiting for another' said; do sleep 0.05; done
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=none >made
	touch go
	wait $full
	grep -q '/full/' out/grid.runs
	grep -qx 'METHODS="full"' out/experiment
}

@test "a file of variables written elsewhere; what is kept of it, and of what is refused" {
	printf 'TASKS="hints"\r\n\r\n # a remark\r\n  METHODS=none \t\r\nENV_hints=KIND="easy" python3 ./hints.py {seed} {env}' >mine
	"$figures" grid mine "${small[@]}" ENV_hints='KIND="easy" python3 ./hints.py {seed} {env}' >made
	[ "$(cat out/env/hints)" = 'KIND="easy" python3 ./hints.py {seed} {env}' ]
	[ -e out/runs-22/hints/none/1/run.done ]
	cp out/experiment before
	[ "$(grep -c ENV_hints before)" -eq 1 ]
	run -64 "$figures" grid out/experiment ROLLOUT=--share
	cmp before out/experiment
	"$figures" grid out/experiment >made
	cmp before out/experiment
}

@test "an experiment on a GPU says so once" {
	MC_GPU_SHARED=1 run "$figures" grid "${small[@]}" TASKS=push_N3 METHODS=none DEVICE=cuda
	grep -qx 'CRITIC="--batch 32"' out/experiment
	grep -qx 'DEVICE="cuda"' out/experiment
	grep -q -- 'critic: --device cuda --batch 32$' out/options
}

@test "values with a slash or = are settings like others" {
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=meta >made
	mkdir rules
	cp out/runs-22/push_N3/meta/1/run.ckpt rules/a=1.ckpt
	"$figures" grid "${small[@]}" TASKS=push_N3 METHODS=meta SWEEP='eta=rules/a=1.ckpt freeze=1' OUT=swept >made
	label=meta_eta_rules-a-1.ckpt_freeze_1
	[ "$(ls swept/runs-22/push_N3)" = $label ]
	rule() { mc-cat --full "$1" | jq -ce .params.rule; }
	rule swept/runs-22/push_N3/$label/1/run.ckpt >fixed
	rule rules/a=1.ckpt | cmp - fixed
}
