# mc-eval(1) --aggregate: what runs came to, from their logs or by evaluating their checkpoints.
load there
load programs

bats_require_minimum_version 1.5.0

ckpt() {
	"$BATS_TEST_DIRNAME/make-ckpt.py" "$@"
}

log() {
	"$BATS_TEST_DIRNAME/make-logs.py" "$@"
}

# Three seeds of each method, or so many, whose names say how good they are.
three() {
	for s in $(seq "${1:-3}"); do
		log "full-$s.log" method=full seed=$s level=0
		log "none-$s.log" method=none seed=$s level=5
		log "meta-$s.log" method=meta seed=$s level=9
	done
}

@test "a row for each task and method, with runs, mean, interval and rank" {
	three
	log other.log task=push_N6
	mc-eval --aggregate full-*.log none-*.log meta-*.log other.log >out
	# episodes 36 to 39 of seed s return level + 37.5 + s / 10
	grep -qE '^\| push_N3 +\| full +\| +3 \| +37\.70 \| +37\.70 \| +37\.70 \| \[37\.60, 37\.80\] \| +0\.99 \| +3 \|$' out
	grep -qE '^\| push_N3 +\| none +\| +3 \| +42\.70 \|.*\| +2 \|$' out
	grep -qE '^\| push_N3 +\| meta +\| +3 \| +46\.70 \|.*\| +1 \|$' out
	grep -qE '^\| push_N6 +\| meta +\| +1 \| +37\.60 \| +37\.60 \| +37\.60 \| +- \| +- \| +1 \|$' out
	[ "$(grep -c '^| all tasks' out)" -eq 0 ] # one run of a task has no scale
}

@test "every row of a table is as wide as its heading" {
	three
	mc-eval --aggregate *.log | awk '!/^\|/ { w = 0; next } w && length != w { bad = 1 } { w = length; rows++ } END { exit bad || rows < 10 }'
}

@test "--last takes another part of the episodes" {
	log a.log
	[ "$(mc-eval --aggregate --json a.log | jq .mean)" = 37.6 ]
	[ "$(mc-eval --aggregate --json --last 100 a.log | jq ".mean * 10 | round")" = 196 ]
	[ "$(mc-eval --aggregate --json --last 0.001 a.log | jq .mean)" = 39.1 ]
}

@test "--named gives runs another name than their method" {
	log a.log
	log b.log
	[ "$(mc-eval --aggregate --json --named five=a.log ten=b.log | jq -r .method | tr '\n' ';')" = "five;ten;" ]
	run mc-eval --aggregate --named a.log
	[ "$status" -eq 64 ]
	[[ "$output" == 'mc-eval: --named: "a.log" is not NAME=FILE'* ]]
}

@test "--by tells runs apart by their headers" {
	log a.log K=5
	log b.log K=10
	[ "$(mc-eval --aggregate --json --by meta_k a.log b.log | jq -r .method | tr '\n' ';')" = "meta meta_k=5;meta meta_k=10;" ]
}

@test "JSON: one object a line, under stable names" {
	three
	mc-eval --aggregate --json *.log >out
	[ "$(wc -l <out)" -eq 9 ] # methods, methods scaled, pairs
	[ "$(head -n 1 out | jq -c keys_unsorted | tr -d '"')" = '[task,method,seeds,final,mean,mean_ci,median,median_ci,iqm,iqm_ci,gap,gap_ci,scale,scaled_by,rank]' ]
	[ "$(sed -n 4p out | jq -c '[.tasks, .method, .runs, (.profile | length)]')" = '[["push_N3"],"full",3,21]' ]
	[ "$(tail -n 1 out | jq -c .)" = '{"tasks":["push_N3"],"method":"meta","than":"none","improvement":1,"improvement_ci":[1,1]}' ]
	[ "$(head -n 1 out | jq -c '[.method,.seeds,.final,.rank]')" = '["full",[1,2,3],[37.6,37.7,37.8],3]' ]
}

@test "claims stand beside what was found" {
	three 7
	cat >claims <<-'EOF'
		# task | who | is | than whom | in words
		push_N3 | meta | top two | | among the top two
		push_N3 | none | worst | | among the worst
		push_N3 | full | above | none | beats silence
		push_N6 | meta | best | | of a task that is not there
	EOF
	mc-eval --aggregate --claims claims *.log >out
	grep -qE '^\| push_N3 \| meta .*\| among the top two +\| agree +\|$' out
	grep -qE '^\| push_N3 \| none .*\| among the worst +\| disagree +\|$' out
	grep -qE '^\| push_N3 \| full .*\| beats silence +\| disagree +\|$' out
	# seven differences of 5, in two directions: 2 / 2^7
	grep -qE '^\| push_N3 \| full +\| beats silence +\| none - full +\| +5\.00 \| +\[5\.00, 5\.00\] \| 0\.016 \| disagree +\|$' out
	grep -qx 'These claims need at least 6 to 7 seeds.' out
	[ "$(grep -c push_N6 out)" -eq 0 ]
	mc-eval --aggregate --claims claims --json *.log | jq -s -e '
		map(select(.verdict)) | map(.verdict) == ["agree", "disagree", "disagree"]'
	[ "$(mc-eval --aggregate --claims claims --json *.log | tail -n 1 | jq -c del\(.words\))" = \
		'{"task":"push_N3","who":"full","claim":"beats silence","higher":"none","lower":"full","pairs":7,"difference":5,"difference_ci":[5,5],"choices":1,"needs":6,"p":0.015625,"verdict":"disagree"}' ]
}

@test "with fewer seeds than a claim needs nothing can be told" {
	three 8
	echo 'push_N3 | meta | best | | the best' >claims
	mc-eval --aggregate --claims claims full-1.log meta-1.log | grep -q '| cannot tell: 1 seed |$'
	mc-eval --aggregate --claims claims full-[123].log meta-[123].log >out
	grep -q '| cannot tell: 3 seeds |$' out
	grep -qx 'These claims need at least 6 seeds.' out
	mc-eval --aggregate --claims claims full-[1-5].log meta-[1-5].log | grep -q '| cannot tell: 5 seeds |$'
	mc-eval --aggregate --claims claims full-[1-5].log meta-[678].log | grep -q '| cannot tell: no common seed |$'
	mc-eval --aggregate --claims claims full-[1-5].log meta-[2-8].log | grep -q '| cannot tell: 4 seeds |$'
	mc-eval --aggregate --claims claims full-[1-6].log meta-[1-8].log | grep -q '| agree |$'
	# that one of two others is better, one seed more
	echo 'push_N3 | none | best | | the best' >claims
	mc-eval --aggregate --claims claims *-[1-6].log | grep -q '| cannot tell: 6 seeds |$'
	mc-eval --aggregate --claims claims *-[1-7].log | grep -q '| disagree |$'
}

@test "runs much shorter than those that a claim is about tell nothing of it" {
	three 6
	printf 'episodes = 80\npush_N3 | meta | above | full | better\n' >claims
	mc-eval --aggregate --claims claims *.log | grep -q '| agree |$' # 40 episodes: half of them
	sed -i 's/80/81/' claims
	mc-eval --aggregate --claims claims *.log | grep -q '| cannot tell: 40 of 81 episodes |$'
	echo 'episodes = some' >claims
	run -65 mc-eval --aggregate --claims claims *.log
	[ "$output" = "mc-eval: claims: line 1: does not say how many episodes; episodes = 50000" ]
	# what comes with the metrics says so
	for f in fig2 fig3 fig4 fig5; do
		grep -qx 'episodes = 50000' "$BATS_TEST_DIRNAME/../pipelines/$f.claims"
	done
	mc-eval --aggregate --json --claims "$BATS_TEST_DIRNAME/../pipelines/fig2.claims" *.log |
		jq -s -e '[.[] | select(.verdict) | .why] | . == ["40 of 50000 episodes", "40 of 50000 episodes", "40 of 50000 episodes", "nothing to compare with", "nothing to compare with"]'
}

@test "a file of claims may have been edited on another system" {
	three 6
	printf '\xEF\xBB\xBFpush_N3 | meta | above | full | better\r\n\r\n# more\r\npush_N3 | none | above | full | too\r\n' >claims
	mc-eval --aggregate --claims claims *.log >out
	[ "$(grep -c '| agree |$' out)" -eq 4 ] # both claims, in both tables
	[ "$(grep -c '?' out)" -eq 0 ]
}

@test "verdicts keep their level: of experiments in which nothing differs at most 5 % are told" {
	"$BATS_TEST_DIRNAME/experiments.py" 40 3 0 >three
	"$BATS_TEST_DIRNAME/experiments.py" 100 7 0 >seven
	# 100 experiments: 5 and three standard deviations
	awk '$2 + $3 > 0 { bad = 1 } END { exit bad || NR != 6 }' three
	awk '$2 + $3 > 5 + 6.5 { bad = 1 } END { exit bad || NR != 6 }' seven
	# and where methods are three standard deviations apart, the truth is found
	"$BATS_TEST_DIRNAME/experiments.py" 20 8 15 >apart
	awk '{ n = /^(below-best|worst) / ? $3 : $2; wrong = $2 + $3 - n } n < 18 || wrong { bad = 1 } END { exit bad || NR != 6 }' apart
}

@test "over several tasks: scaled metrics, profile, who is probably better" {
	three
	for s in 1 2 3; do
		log "N6-full-$s.log" task=push_N6 method=full seed=$s level=100
		log "N6-none-$s.log" task=push_N6 method=none seed=$s level=$((80 + 30 * (s == 3)))
	done
	scale=push_N3=37.5,47.5:push_N6=100,200
	mc-eval --aggregate --scale $scale *.log >out
	# push_N3 -0.01, 0.02, 0.03; push_N6 0.376, 0.377, 0.378
	grep -qE '^\| full +\| 0\.20 \[.*\] \| 0\.20 .*\| 0\.80 .*\| +2\.00 \|$' out
	[ "$(grep -c '^| meta ' out)" -eq 0 ] # it is not in every task
	grep -qE '^\| full +\| +1\.00 \| +0\.50 \| +0\.00 \|' out
	# push_N3: never; push_N6: two of three are below
	grep -qE '^\| full +\| none +\| +0\.33 \| +\[0\.00, 0\.50\] \|$' out
	# with tabs: the same cells in the same tables, an empty line between two, and no captions
	mc-eval --aggregate --tsv --scale $scale *.log >tsv
	sed -n '/^|[: -]*-/d; s/^| *\(.*[^ ]\) *|$/\1/p; /^$/p' out | sed 's/ *| */\t/g; $d' | cmp - tsv
	[ "$(awk -F '\t' '!NF { n++ } END { print n }' tsv)" -eq 3 ]
	mc-eval --aggregate --json --scale $scale *.log | jq -s -e '
		map(select(.than == "none" and .method == "full") | .improvement | . * 1000 | round) == [667, 0, 333]'
}

@test "--resamples makes the interval of as many" {
	three
	for s in 4 5 6 7 8; do # of fewer runs, the ends of an interval are the same for any number
		log meta-$s.log seed=$s level=$((s * s))
	done
	mc-eval --aggregate --json meta-*.log >a
	mc-eval --aggregate --json --resamples 2000 meta-*.log | cmp - a
	mc-eval --aggregate --json --resamples 50000 meta-*.log >b
	differ a b
	mc-eval --aggregate --resamples 50000 meta-*.log | grep -q '50000 resamples'
}

@test "--marl-eval writes environment, task, method, run" {
	three
	mc-eval --aggregate --marl-eval out.json *.log >tables
	[ "$(jq -c '.metacomm.push_N3 | keys' out.json)" = '["full","meta","none"]' ]
	[ "$(jq -c '.metacomm.push_N3.meta | keys' out.json)" = '["seed_1","seed_2","seed_3"]' ]
	[ "$(jq -c '.metacomm.push_N3.meta.seed_2 | [length, .absolute_metrics, .step_0, .step_19]' out.json)" = \
		'[21,{"return":[46.7]},{"step_count":50,"return":[9.7]},{"step_count":1000,"return":[47.7]}]' ]
	run -73 mc-eval --aggregate --marl-eval /nowhere/out.json *.log
	run -64 mc-eval --aggregate --marl-eval - *.log
	[ "$output" = "mc-eval: --marl-eval: standard output is where the tables go; ./- is a file of that name" ]
	[ ! -e ./- ]
	run -64 mc-eval --marl-eval out.json a.ckpt
	[[ "$output" == "mc-eval: --marl-eval: this is about runs; add --aggregate" ]]
	run -64 mc-eval --aggregate --scale push_N3=2,1 *.log
	[[ "$output" == 'mc-eval: --scale: "push_N3=2,1" is not TASK=LOW,HIGH; '* ]]
}

@test "--scale: what is not a scale, or of no task, is refused" {
	three
	log own.log task=mine_N3
	for wrong in push_N3 push_N3= push_N3=-80 push_N3=-80, push_N3=,1 push_N3=-80,inf push_N3=-inf,3 push_N3=nan,1 push_N3=0,nan \
		push_N3=1,1 =1,2 push_N3=1,2,3 push_N3=1,2x push_N3=x1,2 push_N3=0,1: :push_N3=0,1 push_N3=0,1::push_N6=0,1 ''; do
		for command in "mc-eval --aggregate" "mc-plot profile"; do
			run -64 $command --scale "$wrong" *.log
			[[ "$output" == "${command% *}: --scale: "*" is not TASK=LOW,HIGH; push_N3=-60,-20, several with colons" ]]
		done
	done
	run -64 mc-eval --aggregate --scale push_n3=-80,-20 full-1.log own.log
	[ "$output" = 'mc-eval: --scale: there is no task "push_n3"; these runs are of push_N3, mine_N3' ]
	run -64 mc-plot profile --scale push_N3=0,100:push_n3=-80,-20 *.log
	[[ "$output" == 'mc-plot: --scale: there is no task "push_n3"; these runs are of '* ]]
	run -64 mc-eval --aggregate --scale push_N3=0,100:push_N6=0,1:push_N3=-80,-20 *.log
	[ "$output" = "mc-eval: --scale: push_N3 is given twice; leave one of them out" ]
	# tasks that the runs are not of, or that only they know, are fine
	[ "$(mc-eval --aggregate --json --scale push_N3=0,100:push_N6=0,1:mine_N3=0,50 *.log | jq -c 'select(.scale) | .scale')" = \
		"$(printf '[0,100]\n[0,100]\n[0,100]\n[0,50]')" ]
}

@test "a name from a log cannot break the table" {
	log a.log 'method=a|b'
	mc-eval --aggregate a.log | grep -q '| a?b '
}

@test "checkpoints: a run's return is the mean that mc-eval gives for it alone" {
	for s in 1 2 3; do
		ckpt "meta-$s.ckpt" seed=$s random=$s
		ckpt "full-$s.ckpt" seed=$s random=$((s + 10)) method=full
	done
	mc-eval --aggregate --json -n 30 -s 5 *.ckpt >out
	mc-eval --json -n 30 -s 5 *.ckpt | jq -s -c '[.[] | .return_mean]' >alone
	[ "$(there jq -s -c '[.[0:2][] | .final[]]' out)" = "$(cat alone)" ]
	[ "$(head -n 1 out | jq -c '[.method,.seeds,.episodes,.eval_seed]')" = '["full",[1,2,3],30,5]' ]
	mc-eval --aggregate --json -n 30 -s 5 --threads 2 *.ckpt | cmp - out
	mc-eval --aggregate -n 30 -s 5 *.ckpt | grep -qx 'Return of a run: mean over episodes 0 to 29 of environment 0, seed 5, no exploration.'
	echo 'push_N3 | meta | above | full | better' >claims
	mc-eval --aggregate --claims claims -n 30 *.ckpt | grep -qE '^\| push_N3 +\| meta +\| +3 \|.*\| cannot tell +\|$'
}

@test "checkpoints under an intervention, against other prey, and greedy" {
	for s in 1 2; do
		ckpt "$s.ckpt" seed=$s random=$s task=predator_prey_N6_l6
	done
	for change in '--comm none' '--mute 0' '--cut 0,1' '--max-edges 1' '--prey flee --comm drop=0.5' '--greedy'; do
		mc-eval --aggregate --json -n 5 $change *.ckpt | head -n 1 | jq -c .final >out
		mc-eval --json -n 5 $change *.ckpt | jq -s -c '[.[] | .return_mean]' | cmp - out
		mc-eval --aggregate -n 5 $change *.ckpt | grep -q "no exploration, .*${change##*--}"
	done
	run -64 mc-eval --aggregate --mute 9 *.ckpt
	[[ "$output" == "mc-eval: --mute: "* ]]
}

@test "checkpoints: --named, --by, --marl-eval, standard input" {
	ckpt a.ckpt
	[ "$(mc-eval --aggregate --json -n 5 --named x=a.ckpt y=a.ckpt | jq -r 'select(.task).method' | tr '\n' ' ')" = "x y " ]
	[ "$(mc-eval --aggregate --json -n 5 --by seed - <a.ckpt | jq -r 'select(.task).method')" = "meta seed=7" ]
	mc-eval --aggregate -n 5 --marl-eval out.json a.ckpt >table
	want=$(mc-eval --json -n 5 a.ckpt | jq .return_mean) # 400 episodes of 25 steps
	[ "$(jq -c .metacomm.push_N3.meta.seed_7 out.json)" = \
		"{\"step_0\":{\"step_count\":10000,\"return\":[$want]},\"absolute_metrics\":{\"return\":[$want]}}" ]
}

@test "logs and checkpoints are told apart, and so are their options" {
	log a.log
	ckpt a.ckpt
	run -64 mc-eval --aggregate a.log a.ckpt
	[ "$output" = "mc-eval: a.ckpt: a checkpoint among logs: their returns cannot be compared; give one or the other" ]
	run -64 mc-eval --aggregate a.ckpt a.log
	[ "$output" = "mc-eval: a.log: a log among checkpoints: their returns cannot be compared; give one or the other" ]
	run -64 mc-eval --aggregate --last 5 a.ckpt
	[ "$output" = "mc-eval: --last: this is about logs, and a.ckpt is a checkpoint; leave it out" ]
	for option in '--number 5' '--seed 5' '--comm none' '--mute 1' '--greedy' '--prey flee' '--max-edges 1'; do
		run -64 mc-eval --aggregate $option a.log
		[ "$output" = "mc-eval: ${option% *}: this is about checkpoints, and a.log is a log; leave it out" ]
	done
	for option in --pairs --influence; do
		run -64 mc-eval --aggregate $option a.ckpt
		[ "$output" = "mc-eval: $option: this is about single checkpoints; leave it out" ]
	done
	ckpt other.ckpt task=juggling_N3
	run -64 mc-eval --aggregate other.ckpt
	[[ "$output" == 'mc-eval: other.ckpt: trained on "juggling_N3", which is not a built-in task; give its program'* ]]
	head -c 3000 a.ckpt >cut.ckpt
	run -65 mc-eval --aggregate cut.ckpt
}

@test "what is refused" {
	log a.log
	run -64 mc-eval --aggregate
	run -64 mc-eval --claims x a.log
	[[ "$output" == "mc-eval: --claims: there are no claims about checkpoints; add --aggregate or --advantages" ]]
	run -64 mc-eval --named a.log
	[[ "$output" == "mc-eval: --named: this is about runs; add --aggregate" ]]
	run -66 mc-eval --aggregate nothing.log
	run -66 mc-eval --aggregate --claims nothing a.log
	log cut.log seed=2 end=0
	run -65 mc-eval --aggregate a.log cut.log
	[[ "$output" == "mc-eval: cut.log:"*"still running, or cut; finish the run first" ]]
	echo 'push_N3 | a | wurst | | b' >claims
	run -65 mc-eval --aggregate --claims claims a.log
	[[ "$output" == "mc-eval: claims: line 1: unknown relation \"wurst\""* ]]
}

@test "standard input is a log named -" {
	log a.log
	[ "$(mc-eval --aggregate --json - <a.log)" = "$(mc-eval --aggregate --json a.log)" ]
}

@test "scores: tasks with yardsticks go from floor to ceiling, others by their runs, --scale before both" {
	for s in 1 2; do
		log a-$s.log prey=none seed=$s level=-90
		log b-$s.log prey=none seed=$s level=-100 method=none
		log c-$s.log seed=$s task=push_N6
		log d-$s.log seed=$s task=push_N6 level=2 method=none
	done
	mc-eval --aggregate --json *.log | jq -c 'select(.task) | [.task, .scale, .scaled_by]' | sort -u >out
	[ "$(cat out)" = "$(printf '%s\n' '["push_N3",[-57.653,-38.597],"yardstick"]' '["push_N6",[37.6,39.7],"runs"]')" ]
	# a: -90 + 37.5 + s / 10, of a range of 19.056
	mc-eval --aggregate --json a-*.log | jq -es '.[0].gap as $gap | (-38.597 + 52.35) / 19.056 - $gap | fabs < 1e-9'
	mc-eval --aggregate a-*.log c-*.log >out
	grep -q '^scale of push_N3: 0 is -57.65 and 1 is -38.60, its floor and its ceiling (mc-envsim --describe)\.$' out
	grep -q '^scale of push_N6: 0 is 37.60 and 1 is 37.70, the lowest and the highest return\.$' out
	mc-eval --aggregate --json --scale push_N3=-60,-20 *.log |
		jq -es 'map(select(.task == "push_N3")) | length == 2 and all(.scale == [-60, -20] and .scaled_by == "scale")'
	# runs against different prey share no yardstick
	log e-1.log prey=flee seed=1 level=-80 method=full
	mc-eval --aggregate --json a-*.log e-1.log | jq -es 'map(select(.task)) | all(.scaled_by == "runs")'
}
