# What is taken together is alike: mc-eval --aggregate and mc-plot say what makes runs different,
# refuse other worlds and names that no header has, and count a run once.
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	readers=("mc-eval --aggregate" "mc-plot curves" "mc-plot bars" "mc-plot profile" "mc-plot comm")
}

log() {
	"$BATS_TEST_DIRNAME/make-logs.py" "$@"
}

@test "what makes the runs of a row different is said in one line, with the --by that separates them" {
	log a.log
	while read -r entry values by; do
		log b.log seed=2 "$entry"
		for reader in "${readers[@]}"; do
			run --separate-stderr $reader a.log b.log
			[ "$status" -eq 0 ]
			[ "$stderr" = "${reader% *}: push_N3, meta: runs taken together differ: ${values//\~/ }; tell them apart by --by $by" ]
			run --separate-stderr $reader --by "$by" a.log b.log
			[ "$status" -eq 0 ]
			[ "$stderr" = "" ]
			[[ "$output" != *"mean of 2 runs"* ]]
		done
		mc-eval --aggregate --by "$by" --json a.log b.log | head -n 2 | jq -s -e 'map(.seeds) == [[1], [2]]'
	done <<-'EOF'
		header.hidden=16 hidden~128~or~16 hidden
		header.gamma=0.9 gamma~0.95~or~0.9 gamma
		header.share=true share~false~or~true share
		header.edge_cost=0.5 edge_cost~none~or~0.5 edge_cost
		K=5 meta_k~10~or~5 meta_k
		header.mc-metalearn={"beta":0.1} mc-metalearn.beta~0.01~or~0.1 mc-metalearn.beta
		header.mc-metalearn={"beta":0.01,"freeze":true} mc-metalearn.freeze~none~or~true mc-metalearn.freeze
		header.mc-critic={"batch":8} mc-critic.batch~none~or~8 mc-critic.batch
		header.explore={"start":1,"end":0.2,"episodes":0} explore.start~0.2~or~1 explore.start
		episodes=20 episodes~40~or~20 episodes
	EOF
}

@test "a condensed log is a run's log like any other, and no second run" {
	log a.log
	log b.log seed=2
	mc-cat --condense c.log --points 10 b.log
	for reader in "${readers[@]}"; do
		run --separate-stderr $reader a.log c.log
		[ "$status" -eq 0 ]
		[ "$stderr" = "" ]
		run -65 $reader b.log c.log
		[ "$output" = "${reader% *}: push_N3, meta: two runs of seed 2; leave one out: they are one log, condensed or not" ]
	done
}

@test "several differences are one line, of several rows too" {
	log a.log
	log b.log seed=2 header.hidden=16 header.gamma=0.9
	log c.log method=full
	log d.log method=full seed=2 header.gamma=0.9
	for reader in "${readers[@]}"; do
		run --separate-stderr $reader a.log b.log c.log d.log
		[ "$status" -eq 0 ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ "$stderr" == *"meta, and others: runs taken together differ: gamma 0.95 or 0.9, hidden 128 or 16; tell them apart by --by gamma,hidden" ]]
	done
}

@test "lengths that differ by a rounding are alike, and a run that goes on has none" {
	log a.log episodes=200
	log b.log seed=2 episodes=201
	for reader in "${readers[@]}"; do
		run --separate-stderr $reader a.log b.log
		[ "$status" -eq 0 ]
		[ "$stderr" = "" ]
	done
	log c.log seed=3 episodes=40 end=0
	run --separate-stderr mc-plot curves a.log c.log
	[ "$status" -eq 0 ]
	[[ "$stderr" == "mc-plot: c.log: still running, or cut, at "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	# mc-plot live has a screen: it says so when it ends
	log d.log seed=4 episodes=40 header.hidden=16
	run --separate-stderr mc-plot live a.log d.log
	[ "$status" -eq 0 ]
	[[ "$stderr" == "mc-plot: push_N3, meta: runs taken together differ: hidden 128 or 16, episodes 200 or 40; "* ]]
}

@test "other worlds are refused, in a row and in a task" {
	log a.log
	while read -r entry name values; do
		for other in meta full; do
			log b.log seed=2 "method=$other" "$entry"
			for reader in "${readers[@]}"; do
				run -65 $reader a.log b.log
				[ "$output" = "${reader% *}: push_N3: runs in other worlds: $name is $values; leave one out, or tell them apart by --by $name" ]
				run --separate-stderr -0 $reader --by "$name" a.log b.log
				[ "$stderr" = "" ]
			done
		done
		# names may be given to them, but not the same one
		run --separate-stderr -0 mc-eval --aggregate --named x=a.log y=b.log
		run -65 mc-eval --aggregate --named x=a.log x=b.log
	done <<-'EOF'
		header.prey="flee" prey mlp in one, flee in another
		header.range=0.5 range nil in one, 0.5 in another
		header.steps=50 steps 25 in one, 50 in another
	EOF
}

@test "prey of other weights are another world" {
	weights='{"dense_0":{"kernel":[1,2]}}'
	log a.log header.prey='"mlp"' "header.prey_params=$weights"
	log b.log seed=2 header.prey='"mlp"' "header.prey_params=$weights"
	log c.log seed=3 header.prey='"mlp"' "header.prey_params=${weights/2/3}"
	log d.log seed=4 header.prey='"flee"'
	run --separate-stderr -0 mc-eval --aggregate a.log b.log
	[ "$stderr" = "" ]
	run -65 mc-eval --aggregate a.log c.log
	[[ "$output" == "mc-eval: push_N3: runs in other worlds: prey_params is "*"--by prey_params" ]]
	run --separate-stderr -0 mc-eval --aggregate --by prey a.log d.log
	[ "$stderr" = "" ]
}

@test "--by: a name that no header has is refused, with those that there are" {
	log a.log
	log b.log seed=2 header.hidden=16
	for reader in "${readers[@]}" "mc-plot live"; do
		for by in hiden hidden,hiden beta mc-metalearn.betta ''{,hidden,}; do
			[ -n "$by" ] || continue
			run --separate-stderr $reader --by "$by" a.log b.log
			if [ "$by" = hidden ]; then
				[ "$status" -eq 0 ]
				continue
			fi
			[ "$status" -eq 64 ]
			[[ "$stderr" == "${reader% *}: --by: no run has an entry \""*"\"; known are seed, episodes, agents, "*"hidden, "* ]]
		done
	done
	run --separate-stderr -0 mc-eval --aggregate --by seed,episodes,method,comm,mc-metalearn.beta a.log
	[[ "$output" == *"| meta seed=1 episodes=40 method=meta comm=learned beta=0.01 |"* ]]
}

@test "long labels do not make two rows one" {
	by=hidden,gamma,share,agents,obs_dim,act_dim,steps,explore.start,mc-metalearn.beta,meta_k
	log a.log
	log b.log seed=2 K=5
	[ "$(mc-eval --aggregate --json --by $by a.log b.log | jq -s 'map(select(.seeds)) | length')" -eq 2 ]
	mc-plot curves --by $by a.log b.log | grep -q 'one run each'
}

@test "one run counts once" {
	log a.log
	log b.log seed=2
	cp a.log copy.log
	for reader in "${readers[@]/profile/profile --scale push_N3=0,100}"; do
		run --separate-stderr -0 $reader a.log a.log a.log a.log a.log
		[ "$stderr" = "${reader%% *}: 4 runs given more than once, which count once" ]
		[[ "$output" != *"mean of"* ]]
		run --separate-stderr -0 $reader a.log b.log copy.log
		[ "$stderr" = "${reader%% *}: 1 run given more than once, which counts once" ]
		printf '%s\n' "$output" >twice
		$reader a.log b.log >once
		printf '%s\n' "$(cat once)" | cmp - twice
	done
	[ "$(mc-eval --aggregate --json a.log a.log b.log 2>said | head -n 1 | jq -c .seeds)" = "[1,2]" ]
	# a seed twice, with something else in it, is not one run, nor two
	log c.log level=3
	for reader in "${readers[@]}"; do
		run -65 $reader a.log c.log
		[ "$output" = "${reader% *}: push_N3, meta: two runs of seed 1; tell them apart by --named" ]
	done
	log c.log episodes=30
	run -65 mc-plot curves a.log c.log
	[ "$output" = "mc-plot: push_N3, meta: two runs of seed 1; tell them apart by --by episodes" ]
}

@test "checkpoints: the same holds" {
	"$BATS_TEST_DIRNAME/make-ckpt.py" a.ckpt random=1
	"$BATS_TEST_DIRNAME/make-ckpt.py" b.ckpt random=2 seed=9
	run --separate-stderr -0 mc-eval --aggregate -n 5 a.ckpt a.ckpt b.ckpt
	[ "$stderr" = "mc-eval: 1 run given more than once, which counts once" ]
	run -64 mc-eval --aggregate -n 5 --by nothing a.ckpt
	[[ "$output" == 'mc-eval: --by: no run has an entry "nothing"; known are '* ]]
}

@test "pareto: measurements of one team are one run, interventions are told apart" {
	"$BATS_TEST_DIRNAME/make-ckpt.py" a.ckpt random=1
	"$BATS_TEST_DIRNAME/make-ckpt.py" b.ckpt random=2 seed=9
	for how in learned none full drop=0.5 shuffle; do
		mc-eval --json -n 5 --comm $how a.ckpt
	done >measured.json
	mc-eval --json -n 5 --greedy --mute 1 --max-edges 1 a.ckpt >>measured.json
	run --separate-stderr -0 mc-plot pareto measured.json measured.json
	[ "$stderr" = "mc-plot: 6 runs given more than once, which count once" ]
	[[ "$output" == *"point: one run, bars"* ]]
	mc-plot pareto measured.json -o fig.svg --emit
	[ "$(grep '^#' fig.dat | sed 's/^# push_N3, \(.*\): .*/\1/' | tr '\n' ';')" = \
		"meta;meta, comm none;meta, comm full;meta, drop 0.5;meta, message shuffle;meta, greedy decisions, mute [1], max_edges 1;" ]
	# what differs, other worlds, the same team measured twice
	{ cat measured.json; mc-eval --json -n 5 b.ckpt; } | jq -c 'if .seed == 9 then .settings.gamma = 0.9 else . end' >two.json
	run --separate-stderr -0 mc-plot pareto two.json
	[ "$stderr" = "mc-plot: push_N3, meta, cost 0: runs taken together differ: gamma 0.95 or 0.9; tell them apart by --by gamma" ]
	run --separate-stderr -0 mc-plot pareto --by gamma two.json -o fig.svg --emit
	grep -q '^# push_N3, meta gamma=0.9: ' fig.dat
	jq -c 'if .seed == 9 then .settings.range = 0.5 else . end' two.json >world.json
	run -65 mc-plot pareto world.json
	[[ "$output" == "mc-plot: push_N3: runs in other worlds: range is "*", 0.5 in another; leave one out, or tell them apart by --by range" ]]
	mc-eval --json -n 6 a.ckpt >again.json
	run -65 mc-plot pareto measured.json again.json
	[ "$output" = "mc-plot: push_N3, meta, cost 0: two runs of seed 7; tell them apart by --by eval_episodes" ]
}

@test "advantages: streams of another task are refused, and an episode counts once" {
	"$BATS_TEST_DIRNAME/make-advantages.py" a.mc episodes=2
	"$BATS_TEST_DIRNAME/make-advantages.py" b.mc first=2
	"$BATS_TEST_DIRNAME/make-advantages.py" other.mc agents=4
	run -65 mc-eval --advantages a.mc other.mc
	[ "$output" = "mc-eval: other.mc: of push_N4, the streams before are of push_N3; leave one out" ]
	run --separate-stderr -0 mc-eval --advantages --json a.mc b.mc a.mc
	[ "$stderr" = "mc-eval: 2 episodes given more than once, which count once" ]
	[ "$(jq .episodes <<<"${lines[0]}")" -eq 3 ]
}

@test "where nothing is drawn the error is the one line, also of a run that is given twice" {
	log a.log without=episode
	for picture in curves "bars --named"; do
		name=
		[ "$picture" = curves ] || name=x=
		run -65 mc-plot $picture "${name}a.log" "${name}a.log"
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"no episode in "* ]]
	done
}
