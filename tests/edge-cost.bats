# --edge-cost: what is learned from pays for the edges that are used; what is reported does not.
load there
load programs

bats_require_minimum_version 1.5.0

# $1: method, $2: episodes, $3: directory, then further options of mc-rollout
priced() {
	local rule=()
	[ "$1" != meta ] || rule=(-M '--rule-hidden 8 -K 5')
	"$train" -t push_N3 -m "$1" -e "$2" -o "$3" -R "--hidden 8 -C 7 --explore 0.2 ${*:4}" -Q "--batch 100 --critic-gamma same --keep-replay" "${rule[@]}"
}

episodes() {
	mc-cat --type episode "$1/run.log"
}

@test "a cost of 0 is not an option at all, byte for byte" {
	priced meta 24 without
	priced meta 24 with --edge-cost 0
	cmp without/run.ckpt with/run.ckpt
	cmp without/run.log with/run.log
	[ "$(mc-cat with/run.ckpt | jq '.header | has("edge_cost")')" = false ]
	[ "$(episodes with | jq -s 'map(has("edge_cost")) | any')" = false ]
}

@test "the cost is logged apart, the return is the task's" {
	priced meta 12 free
	priced meta 12 paid --edge-cost 2
	[ "$(mc-cat paid/run.ckpt | jq .header.edge_cost)" = 2 ]
	[ "$(mc-cat paid/run.log | head -n 1 | jq .edge_cost)" = 2 ]
	# all edges are there at any time: the mean over steps of the share is the share of the sum
	episodes paid | jq -es 'length == 12 and all(.[]; (.edge_cost - 2 * .steps * .requests / .edges | fabs) < 1e-9 and .edge_cost > 1)'
	# before anything is learned both are one team
	[ "$(episodes free | head -n 1 | there jq -c '[.return,.requests]')" = "$(episodes paid | head -n 1 | there jq -c '[.return,.requests]')" ]
	free=$(episodes free | tail -n 1 | there jq .return)
	paid=$(episodes paid | tail -n 1 | there jq .return)
	[ "$free" != "$paid" ]
}

@test "none pays nothing, full pays for all" {
	priced none 6 none --edge-cost 0.5
	priced full 6 full --edge-cost 0.5
	[ "$(episodes none | jq .edge_cost | sort -u)" = 0 ]
	[ "$(episodes full | jq .edge_cost | sort -u)" = 12.5 ]
	priced none 6 free
	[ "$(episodes none | there jq .return)" = "$(episodes free | there jq .return)" ]
}

@test "only the edges in reach count" {
	"$train" -t navigation_N6_l1 -m full -e 6 -o near -R "--hidden 8 --range 0.5 --edge-cost 1" -Q "--batch 100"
	episodes near | jq -es 'all(.[]; .edge_cost <= .steps and .edge_cost == (.edge_cost | floor)) and any(.[]; .edge_cost < .steps)'
}

@test "a stopped run goes on as the one that was not" {
	priced meta 12 once --edge-cost 1.5
	priced meta 24 once --edge-cost 1.5
	priced meta 24 whole --edge-cost 1.5
	cmp once/run.ckpt whole/run.ckpt
	cmp once/run.log whole/run.log
	cmp once/run.replay whole/run.replay
}

@test "another cost is another run" {
	priced none 6 a --edge-cost 1
	run priced none 12 a --edge-cost 2
	[ "$status" -eq 64 ]
	[[ "$output" == *"edge_cost = 1, the options say 2"* ]]
	run priced none 12 a
	[ "$status" -eq 64 ]
}

@test "trajectories of a checkpoint are those that were learned from" {
	priced full 6 a --edge-cost 2
	mc-rollout --load a/run.ckpt -n 3 >some
	mc-cat --full --type trajectory some | jq -c '.r | add' >charged
	mc-cat --type episode some | jq -c '[.return, .edge_cost]' >metrics
	paste charged metrics | jq -s -e '[range(0; length; 2) as $k | .[$k] + .[$k + 1][1] - .[$k + 1][0] | fabs < 1e-3] | length == 3 and all'
	run mc-rollout --load a/run.ckpt --edge-cost 1
	[ "$status" -eq 64 ]
}

@test "what is evaluated is the task, and for how much it was trained is said" {
	priced full 6 a --edge-cost 2
	priced full 6 b
	mc-eval --json -n 10 a/run.ckpt b/run.ckpt >out
	[ "$(jq -c .edge_cost out | tr '\n' ' ')" = '2 null ' ]
	[ "$(jq .return_mean out | sort -u | wc -l)" -le 2 ]
	jq -es '.[0].return_mean - .[1].return_mean | fabs < 25' out
}

@test "misuse" {
	for x in -1 nan much; do
		run mc-rollout -t push_N3 --edge-cost $x
		[ "$status" -eq 64 ]
	done
}
