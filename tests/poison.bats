# Numbers that diverge, or are none: who says so, and what stands afterwards.
load programs

setup() {
	programs
	small=(-t navigation_N3_l3 -m full -e 60)
	options='--hidden 8 -C 10 --explore 0.2'
	critic='--batch 32 --threads 1 --critic-gamma same --keep-replay'
	"$train" "${small[@]}" -R "$options" -Q "$critic" -o good
}

# An environment whose reward is $2 from episode $1 on, in a run; the outcome in $status, $output.
poisoned() {
	cat >env <<-EOT
	#!/bin/sh
	exec '$BATS_TEST_DIRNAME/poisoned_env.py' $1 $2 mc-envsim -t navigation_N3_l3 --env 1
	EOT
	chmod +x env
	run "$train" "${small[@]}" -R "$options --env ./env" -Q "$critic" -o bad
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
}

# The checkpoint before the fault stands, and the run goes on from it in a sound environment.
stands() {
	mc-cat --verify bad/run.ckpt
	[ "$(mc-cat bad/run.ckpt | jq .episode)" -eq "$1" ]
	"$train" "${small[@]}" -R "$options" -Q "$critic" -o bad
	cmp good/run.ckpt bad/run.ckpt
	cmp good/run.log bad/run.log
	cmp good/run.replay bad/run.replay
}

@test "a reward that makes Q diverge: net, iteration, and the checkpoint that stands" {
	poisoned 25 1e30
	[[ "$output" =~ ^mc-critic:\ critic:\ .*\ at\ iteration\ [0-9]+\;\ the\ checkpoint\ of\ iteration\ 20\ stands\; ]]
	stands 20
}

@test "a reward that is not a number is refused where it comes in" {
	poisoned 31 nan
	[[ "$output" == 'mc-rollout: --env: "./env", in episode 31, after 0 steps, '*": observation frame: r is nan"* ]]
	stands 30
}

@test "a reward that no float can hold is refused where it comes in" {
	poisoned 12 -1e300
	[[ "$output" == 'mc-rollout: --env: "./env", in episode 12, after 0 steps, '*": observation frame: r is -1e+300, more than a float can hold;"* ]]
	stands 10
}

@test "a net that is handed poison says so, and the others are silent" {
	# an environment that is poisoned before the first checkpoint leaves none
	poisoned 3 inf
	[[ "$output" == 'mc-rollout: --env: "./env", in episode 3, after 0 steps, '*": r is inf, "* ]]
	[ ! -e bad/run.ckpt ]
	[ ! -e bad/run.ckpt.tmp ]
}

@test "a reward that makes whom to talk to diverge: no checkpoint takes it over" {
	critic="$critic --warmup 100000"      # mc-critic learns nothing, so it cannot diverge first
	for method in reinforce meta; do
		rm -rf bad good
		small=(-t navigation_N3_l3 -m $method -e 80)
		episodes=20
		[ $method = reinforce ] || small+=(-M '--rule-hidden 4') episodes=22
		"$train" "${small[@]}" -R "$options" -Q "$critic" -o good
		poisoned 25 1e30
		[[ "$output" =~ ^mc-metalearn:\ (comm|baseline):\ .*\ at\ iteration\ [0-9]+\;\ the\ checkpoint\ of\ iteration\ 20\ stands\; ]]
		stands $episodes
	done
}

@test "numbers that diverge before there is a checkpoint: that is said" {
	run "$train" -t navigation_N3_l3 -m full -e 100 -R '--hidden 128' -Q '--lr-critic 1000 --lr-policy 100' -o early
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-critic: critic: "*"; there is no checkpoint yet; "* ]]
	[ ! -e early/run.ckpt ]
}

@test "a run that was continued and diverges names the checkpoint that it came from" {
	"$train" "${small[@]}" -e 20 -R "$options" -Q "$critic" -o bad
	poisoned 23 1e30
	[[ "$output" == "mc-critic: critic: "*"; the checkpoint of iteration 20 stands; "* ]]
	stands 20
}
