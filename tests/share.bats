# --share: one communication net and one policy serve all agents.
load programs

bats_require_minimum_version 1.5.0

# $1: method, $2: episodes, $3: directory, $4: threads
shared() {
	local rule=()
	[ "$1" != meta ] || rule=(-M '--rule-hidden 8 -K 5')
	"$train" -t navigation_N6_l1 -m "$1" -e "$2" -o "$3" -R "--share --hidden 8 -C 7 --explore 0.2 --threads $4" \
	    -Q "--batch 300 --critic-gamma same --keep-replay --threads $4" "${rule[@]}"
}

# Shape of an array of a checkpoint.
shape() {
	mc-cat "$1" | jq -c "$2.shape"
}

@test "shared nets have a leading axis of 1, under every method" {
	for m in none full reinforce stgs meta; do
		shared $m 12 $m 1
		[ "$(mc-cat $m/run.ckpt | jq .header.share)" = true ]
		[ "$(shape $m/run.ckpt .params.policy.lstm.kernel_x)" = '[1,16,32]' ]
		[ "$(shape $m/run.ckpt .params.target.policy.dense_0.kernel)" = '[1,24,8]' ]
		[ "$(shape $m/run.ckpt .params.critic.dense_0.kernel)" = '[108,8]' ]
	done
	for m in reinforce stgs meta; do
		[ "$(shape $m/run.ckpt .params.comm.dense_2.kernel)" = '[1,8,5]' ]
		[ "$(shape $m/run.ckpt .params.target.comm.dense_2.bias)" = '[1,5]' ]
	done
}

@test "shared nets learn, and one set serves all: every agent's gradient is in it" {
	for m in none full reinforce stgs meta; do
		shared $m 40 $m 1
		shared $m 0 $m-0 1
		nets='[.params.policy, .params.critic, .params.comm]'
		changed=$(jq -n --argjson a "$(mc-cat --full $m/run.ckpt | jq -c "$nets")" \
		    --argjson b "$(mc-cat --full $m-0/run.ckpt | jq -c "$nets")" '[range(3) | select($a[.] != $b[.])]' | jq -c .)
		case $m in
		none | full) [ "$changed" = '[0,1]' ] ;;
		*) [ "$changed" = '[0,1,2]' ] ;;
		esac
	done
}

@test "shared nets, stopped and continued, by other threads: the same bytes" {
	for m in none full reinforce stgs meta; do
		shared $m 54 a-$m 1
		shared $m 30 b-$m 2
		shared $m 54 b-$m 3
		cmp a-$m/run.ckpt b-$m/run.ckpt
		cmp a-$m/run.log b-$m/run.log
		cmp a-$m/run.replay b-$m/run.replay
	done
}

@test "a run is continued as it was: shared or not" {
	shared none 12 a 1
	run "$train" -t navigation_N6_l1 -m none -e 30 -o a -R '--hidden 8' -Q '--batch 300 --keep-replay'
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"share = true"*"say false"* ]]
}

@test "mc-eval and mc-rollout --load take shared nets" {
	shared meta 12 a 1
	[ "$(mc-eval -n 50 --json a/run.ckpt | jq '.return_mean < 0 and .edge_rate > 0.4 and .edge_rate < 0.6')" = true ]
	mc-rollout --load a/run.ckpt -n 2 >t.mc
	mc-cat --verify t.mc
}
