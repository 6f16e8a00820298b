# Scripted teams: mc-eval --script and mc-rollout --script, against the returns that are known of them.
load there
load programs
bats_require_minimum_version 1.5.0

setup() {
	programs
	export MC_QUIET=1
}

# is SCRIPT TASK EPISODES LOW HIGH [OPTION ...]: the mean return is between the two
is() {
	local got
	got=$(mc-eval --json --script "$1" -t "$2" -n "$3" --prey flee "${@:6}" | jq .return_mean)
	jq -en "$got >= $4 and $got <= $5" >/dev/null || { echo "$1 in $2: $got, want $4 to $5"; return 1; }
}

@test "standing still returns what is documented, to the digit" {
	while read -r task want; do
		[ "$(mc-eval --json --script still -t "$task" -n 400 --prey flee | jq '.return_mean * 1000 | round / 1000')" = "$want" ]
	done <<-'!'
		navigation_N3_l3 -140.816
		navigation_N6_l1 -99.318
		predator_prey_N3_l3 -10.513
		predator_prey_N6_l6 -18.032
		push_N3 -57.88
		push_N6 -57.636
		evade_N3 -185.394
		evade_N6 -411.573
	!
	is still reference_N3 200 -25.9 -25.8
	is still reference_N6 200 -26.3 -26.15
}

@test "random is that of mc-envsim" {
	for task in navigation_N6_l6_v100 reference_N6 evade_N6; do
		mc-envsim -t $task --prey flee --random 60 | mc-cat -t episode | jq -s 'map(.return) | add / 60 * 1e6 | round' >world
		mc-eval --json --script random -t $task -n 60 --prey flee | jq '.return_mean * 1e6 | round' >eval
		cmp world eval
	done
}

@test "the other scripts return what is documented of them, within its error, or more" {
	is alone reference_N3 200 -16.5 -15.5
	is told reference_N3 200 -4.65 -4.35
	is alone reference_N6 200 -16.4 -15.6
	is told reference_N6 200 -4.8 -4.5
	is nearest navigation_N3_l3 100 -91 -90.8
	is assign navigation_N3_l3 100 -50.6 -50.4
	is nearest navigation_N6_l6 100 -75 -74.8
	is assign navigation_N6_l6 100 -20.9 -20.7
	is assign navigation_N6_l6_v100 100 -20.9 -20.7
	is alone navigation_N6_l6_v100 100 -40 -31       # a plainer script: -64.9
	is told navigation_N6_l6_v100 100 -30 -22        # -37.2
	is pursue predator_prey_N3_l3 200 16.7 18.1
	is pursue predator_prey_N6_l6 200 41 44
	is pursue predator_prey_N6_l6_v75 150 39 42
	is alone predator_prey_N6_l6_v75 150 40 64       # 20.3
	is told predator_prey_N6_l6_v75 150 63 90        # 27.1
	is hunt predator_prey_N6_l6 200 122 150
	is push push_N3 200 -42 -36                      # about -41
	is push push_N6 200 -40 -33
	is flee evade_N3 200 -40.2 -36.4
	is flee evade_N6 200 -83 -77
}

@test "landmarks in index order are the same to a script, and to its score" {
	for how in nearest:navigation_N6_l6: assign:navigation_N6_l6: told:navigation_N6_l6:_v100; do
		IFS=: read -r script task view <<<"$how"
		mc-eval --json --script "$script" -t "$task$view" -n 40 | jq '.return_mean * 1e6, .score * 1e6 | round' >plain
		mc-eval --json --script "$script" -t "${task}_i$view" -n 40 | jq '.return_mean * 1e6, .score * 1e6 | round' >indexed
		[ "$(wc -l <plain)" -eq 2 ]
		cmp plain indexed
	done
}

@test "what a task can be had for: nothing, alone, the ceiling, in this order" {
	for task in navigation_N6_l1 navigation_N6_l6_v100 predator_prey_N6_l6_v75 reference_N3_s1 push_N6; do
		mc-eval --json --script all -t $task -n 100 >out
		jq -es 'map({(.method): .return_mean}) | add | .still < .alone and .alone <= .told + 2 and
			.told <= ([.assign, .hunt, .push, .told] | max)' out
	done
}

@test "messages are what told has over alone: an intervention takes it away" {
	mc-eval --json --script told -t reference_N3 -n 50 --comm none >none
	mc-eval --json --script alone -t reference_N3 -n 50 >alone
	[ "$(there jq .return_mean none)" = "$(there jq .return_mean alone)" ]
	jq -e '.difference < -8 and .comm == "none"' none
	mc-eval --json --script told -t reference_N3_s1 -n 50 --cut 0,1 | jq -e '.difference < -2 and .recall == 1'
	mc-eval --json --script told -t reference_N3 -n 50 --comm shuffle | jq -e '.difference < -8'
	mc-eval --json --script told -t navigation_N6_l6_v100 -n 50 --mute 0,1,2,3,4,5 --comm learned >mute
	[ "$(there jq .return_mean mute)" = "$(mc-eval --json --script alone -t navigation_N6_l6_v100 -n 50 | there jq .return_mean)" ]
	mc-eval --json --script alone -t reference_N3 -n 20 --comm full | jq -e '.return_mean > -6 and .requests_per_step == 6'
}

@test "a row in the table, several at once, checkpoints below" {
	"$BATS_TEST_DIRNAME/make-ckpt.py" run.ckpt
	mc-eval --wide --script still,push -t push_N3,push_N6 -n 4 run.ckpt >out
	[ "$(grep -c '^- *push_N[36] *\(still\|push\)  *-  *-' out)" -eq 4 ]
	[ "$(grep -c '^run.ckpt' out)" -eq 1 ]
	mc-eval --script all -t push_N3 -n 4 | grep -c '^- ' | grep -qx 5
	mc-eval --json --script told -t push_N3 -n 4 | jq -e '.file == null and .script and .seed == null and .trained_episodes == null and
		.comm == "scripted" and .edge_rate == 1 and .c_mean == null'
}

@test "the same bytes for any number of episodes and threads" {
	mc-eval --json --script hunt -t predator_prey_N6_l6 -n 120 >one
	mc-eval --json --script hunt -t predator_prey_N6_l6 -n 120 --threads 2 >two
	cmp one two
}

@test "mc-rollout --script writes a script's trajectories, those that mc-eval measures" {
	for task in reference_N3 navigation_N6_l6_v100; do
		mc-rollout --script told -t $task -n 5 >told.mc
		mc-cat --verify told.mc
		mc-cat -t episode told.mc | jq -s 'map(.return) | add / 5 * 1e9 | round' >a
		mc-eval --json --script told -t $task -n 5 | jq '.return_mean * 1e9 | round' >b
		cmp a b
	done
	mc-rollout --script told -t reference_N3 -n 5 | mc-cat -t episode | jq -es 'all(.right == 75 and .right_edges == 75 and .requests == 75)'
	mc-rollout --script told -t reference_N3 -n 1 | mc-cat -t header | jq -e '.script == "told" and .method == "told" and .comm == "learned"'
	mc-rollout --script assign -t navigation_N6_l6 -n 1 | mc-cat -t header | jq -e '.method == "assign" and .comm == "none"'
	mc-rollout --script assign -t navigation_N6_l6 -n 1 | mc-plot episode >out
	grep -q 'navigation_N6_l6, assign, seed 1' out
}

@test "noise on a script's actions, another seed, other prey" {
	mc-rollout --script push -t push_N3 -n 3 --explore 0 | mc-cat -t episode >quiet
	mc-rollout --script push -t push_N3 -n 3 | mc-cat -t episode | cmp - quiet
	mc-rollout --script push -t push_N3 -n 3 --explore 0.5 | mc-cat -t episode >noisy
	run ! cmp -s noisy quiet
	mc-rollout --script push -t push_N3 -n 3 -s 2 | mc-cat -t episode >other
	run ! cmp -s other quiet
	mc-rollout --script hunt -t predator_prey_N3_l3 -n 1 --prey flee | mc-cat -t header | jq -e '.prey == "flee"'
	mc-rollout --script hunt -t predator_prey_N3_l3 -n 1 | mc-cat -t header | jq -e '.prey == "mlp"'
}

@test "scripts that are none, and options that say nothing of them, are refused" {
	run -64 mc-eval --script juggle -t push_N3
	[ "$output" = 'mc-eval: --script: push_N3 has no script "juggle"; there are still, random, alone, told, push' ]
	run -64 mc-eval --script assign -t push_N3
	run -64 mc-eval --script still -t push_N0
	run -64 mc-eval --script still
	[[ "$output" == "mc-eval: -t: in which task?"* ]]
	run -64 mc-eval -t push_N3 run.ckpt
	run -64 mc-eval --script still -t push_N3 --influence
	run -64 mc-eval --script still -t push_N3 --env 'mc-envsim -t push_N3'
	run -64 mc-eval --script still -t push_N3 --aggregate
	run -64 mc-rollout --script still </dev/null
	run -64 bash -c 'mc-rollout --script still -t push_N3 --load x | cat >/dev/null; exit ${PIPESTATUS[0]}'
	run -64 bash -c 'mc-rollout --script hunt -t push_N3 | cat >/dev/null; exit ${PIPESTATUS[0]}'
}

@test "any size: two agents and two hundred and fifty-six" {
	mc-eval --json --script told -t reference_N256 -n 2 | jq -e '.precision == 1 and .recall == 1 and .requests_per_step == 256 and .return_mean > -7'
	mc-eval --json --script told -t reference_N2 -n 20 | jq -e '.precision == 1 and .return_mean > -7'
	mc-eval --json --script alone -t navigation_N1_l1 -n 20 | jq -e '.edge_rate == null and .return_mean > -20'
}

@test "the yardsticks that are stored are those that the scripts return" {
	local root=$BATS_TEST_DIRNAME/..
	# without contacts, to the digit
	"$root/pipelines/yardsticks" reference_N3 | grep reference_N3 >again
	grep '"reference_N3", ' "$root/lib/stat/mc_yardstick_table.c" | cmp - again
	# all others within four standard errors of the difference
	sed -n 's/[^"]*"\([^"]*\)", "\([^"]*\)", {\(.*\)},$/\1 \2 \3/p' "$root/lib/stat/mc_yardstick_table.c" | tr -d '{},' >rows
	[ "$(wc -l <rows)" -ge 20 ]
	while read -r task prey floor floor_se alone alone_se ceiling ceiling_se; do
		mc-eval --json --script floor,alone,ceiling -t "$task" --prey "$([ "$prey" = trained ] && echo auto || echo flee)" -n 100 >got
		jq -es --argjson want "[[$floor, $floor_se], [$alone, $alone_se], [$ceiling, $ceiling_se]]" '
			[range(3) as $k | (.[$k].return_mean - $want[$k][0] | fabs) <
				4 * (($want[$k][1] | . * .) + (.[$k].return_se | . * .) | sqrt)] | all' got || { echo "$task, $prey"; cat got; return 1; }
	done <rows
}

@test "noise that is carried from step to step is made of the same draws, as its equation says" {
	for carry in 0 0.8; do
		mc-rollout -t push_N3 --script still -n 3 --explore 0.1 --explore-carry $carry -s 5 |
			mc-cat --full -t trajectory | jq -c .a >noise.$carry
	done
	jq -e -n --slurpfile eps noise.0 --slurpfile x noise.0.8 '
		[range(3) as $k | range(25) as $t | range(3) as $i | range(2) as $d | {k: $k, t: $t, i: $i, d: $d}]
		| map(. as $at | def of(a; t): a[$at.k][t][$at.i][$at.d];
			(of($x; .t) - (if .t == 0 then of($eps; 0) else 0.8 * of($x; .t - 1) + 0.6 * of($eps; .t) end)) | fabs)
		| length == 450 and max < 1e-6'
	jq -e -s 'flatten | map(. * .) | add / length | . > 0.006 and . < 0.014' noise.0.8
}
