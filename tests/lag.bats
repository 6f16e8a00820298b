# mc-rollout --lag 1: which nets act, that this never depends on who is fast, and that a stopped run is the run
# that was not. (resume.bats and kill.py have the same without a lag, kill.py also with one.)
load there
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	export PATH=$MC_BIN:/usr/bin:$PATH
	mkfifo loop
	told=$BATS_TEST_DIRNAME/told_nets.py
}

# acted LAG EPISODES [mc-rollout's options] -- [told_nets.py's]: a line for each trajectory, in told
acted() {
	local lag=$1 episodes=$2 options=()
	shift 2
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	timeout 60 mc-rollout -t navigation_N3_l3 --hidden 8 --explore 0 --lag $lag -e $episodes "${options[@]}" <loop |
		timeout 60 "$told" told "$@" >loop
}

# Episodes 0 to $2 - 1 in one iteration each, acted with nets older by $1.
plain() { for k in $(seq 0 $(($2 - 1))); do v=$((k > 0 ? k - $1 : 0)); echo "$k $k 0 $v ${3:-$v}"; done; }

@test "every episode is acted with the nets of the one before; with a lag with those of the last but one" {
	for seconds in 0 -0.03 0.01; do              # learning is faster than acting, now and then slower, slower
		for lag in 0 1; do
			rm -f told
			acted $lag 20 --comm none -- $seconds
			diff <(plain $lag 20 -) told
			rm told
			acted $lag 20 -- $seconds
			diff <(plain $lag 20) told
		done
	done
	rm told
	acted 1 4 --share -- 0                       # of two edges two bits
	diff <(plain 1 4) told
}

@test "under method meta tau(0) is acted with theta(K), which tau(K) was not" {
	acted 0 12 -- -0.03 3
	[ "$(cut -d' ' -f3-5 told | paste -sd,)" = '0 0 0,0 1 1,0 2 2,1 3 3,0 3 3,0 4 4,0 5 5,1 6 6,0 6 6,0 7 7,0 8 8,1 9 9' ]
	rm told
	acted 1 12 -- -0.03 3
	[ "$(cut -d' ' -f3-5 told | paste -sd,)" = '0 0 0,0 0 0,0 1 1,1 2 2,0 3 3,0 3 3,0 4 4,1 5 5,0 6 6,0 6 6,0 7 7,1 8 8' ]
	[ "$(cut -d' ' -f1,2 told | paste -sd,)" = '0 0,1 1,2 2,3 3,4 3,5 4,6 5,7 6,8 6,9 7,10 8,11 9' ]
}

@test "continued from a checkpoint: the next episode is the one that was acted before it" {
	acted 1 7 -c run.ckpt -C 3 -- 0
	acted 1 13 -c run.ckpt -C 3 -- 0
	diff <(plain 1 13) told
}

@test "nets that come behind those of the next iteration: refused, for which ones acted would be chance" {
	set -o pipefail
	run -65 acted 1 9 -- 0 0 late
	[ "$output" = "mc-rollout: the ring: nets of iteration 1 came when those of the next were there; leave --lag out, or send nets before the next trajectory is passed on" ]
}

# of DIR METHOD EPISODES [mc-rollout's options]: the arguments of a run
of() {
	args=(-t navigation_N3_l3 -m "$2" -e "$3" -o "$1" -R "--hidden 8 --lag 1 --explore 0.5:0.2:20 ${*:4}"
		-Q '--batch 64 --threads 1 --keep-replay --critic-gamma 0.6:0.9:25')
	[ "$2" != meta ] || args+=(-M '--rule-hidden 4 -K 5')
}

ring() {
	of "$@"
	"$train" "${args[@]}"
}

same() {
	cmp "$1/run.ckpt" "$2/run.ckpt"
	cmp "$1/run.log" "$2/run.log"
	cmp "$1/run.replay" "$2/run.replay"
}

@test "every method: again, and in parts with other threads and more checkpoints, the same bytes; without a lag others" {
	for m in none full reinforce stgs meta; do
		ring $m-one $m 66 --threads 1
		ring $m-two $m 66 --threads 2 -C 7 --keep 0,20,50
		same $m-one $m-two
		ring $m-parts $m 1 --threads 2
		ring $m-parts $m 23 --threads 1 -C 1
		ring $m-parts $m 66 --threads 3 -C 9
		same $m-one $m-parts
		mc-cat --verify $m-one/run.ckpt $m-two/run-20.ckpt
		ring $m-without $m 66 --lag 0
		differ $m-one/run.log $m-without/run.log
		[ "$(mc-cat $m-one/run.ckpt | jq -c '[.header.lag, (.state["mc-rollout"].ahead | .iteration, .episode, .last)]')" = \
			"[1,$([ $m = meta ] && echo 55 || echo 66),66,false]" ]
		[ "$(mc-cat $m-without/run.ckpt | jq -c '[.header.lag, .state["mc-rollout"].ahead]')" = '[null,null]' ]
	done
	[ "$(mc-cat none-two/run-0.ckpt | jq -c '.state["mc-rollout"].ahead')" = null ]
}

@test "from any checkpoint of a run: the bytes of the run" {
	ring whole reinforce 40 -C 1
	for k in 1 2 9 10 17; do
		ring part reinforce $k -C 100
		ring part reinforce 40 -C 100
		same whole part
		rm -r part
	done
}

@test "shared nets, prey, a limited range, a price: again and in parts the same bytes" {
	options='--share --range 1.5 --edge-cost 0.2 --explore-carry 0.3'
	run_of() { "$train" -t predator_prey_N3_l3 -m reinforce -e $2 -o $1 -R "--hidden 8 --lag 1 $options" -Q '--batch 64 --threads 1 --keep-replay --critic-gamma same' --explore 0.5; }
	run_of one 30
	run_of two 11
	run_of two 30
	same one two
}

@test "an environment in another process: the same bytes" {
	mkdir in out
	for d in in out; do
		env=(-t push_N3)
		[ $d = in ] || env=(--env 'mc-envsim -t push_N3 -s {seed} --env {env}')
		for e in 13 30; do
			mc-rollout "${env[@]}" --lag 1 --explore 0.2 -e $e --hidden 8 -c $d/run.ckpt -l $d/run.log <loop |
				mc-metalearn -m meta -K 4 --rule-hidden 4 | mc-critic --batch 32 --threads 1 --critic-gamma same -D $d/run.replay >loop
		done
	done
	same in out
}

@test "parameters in shared memory, or in frames where cat or tee stands between: the same bytes" {
	learn() { mc-metalearn -m reinforce; }
	critic() { mc-critic --batch 32 --threads 1 -D $1.replay; }
	rollout() { mc-rollout -t push_N3 --lag 1 --explore 0.2 -e 60 -C 7 --hidden 8 -c $1.ckpt -l $1.log <loop; }
	rollout a | learn | critic a >loop
	rollout b | cat | learn | critic b >loop
	rollout c | learn | tee between | critic c >loop
	rollout d | learn | critic d | cat >loop
	for x in b c d; do
		cmp a.ckpt $x.ckpt
		cmp a.log $x.log
	done
}

@test "another lag than the run's is refused, and no byte changes; so are other lags, and lags without a ring" {
	ring a none 12
	sum=$(cat a/run.* | cksum)
	run -64 ring a none 24 --lag 0
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *'the run has lag = 1, the options give none'* ]]
	[ "$(cat a/run.* | cksum)" = "$sum" ]
	for bad in 2 -1 0.5 x; do
		run -64 bash -c "mc-rollout -t push_N3 --lag $bad </dev/null | cat >/dev/null; exit \${PIPESTATUS[0]}"
		[[ "$output" == *"--lag"*"$bad"* ]]
	done
	run -64 bash -c 'mc-rollout --load a/run.ckpt --lag 1 | cat >/dev/null; exit ${PIPESTATUS[0]}'
	[ "$output" = 'mc-rollout: --lag: without a ring nothing can be rolled out ahead; leave it out' ]
	run -64 bash -c 'mc-rollout -t push_N3 --script still --lag 1 | cat >/dev/null; exit ${PIPESTATUS[0]}'
	[ "$output" = 'mc-rollout: --lag: without a ring nothing can be rolled out ahead; leave it out' ]
	mc-rollout --load a/run.ckpt -n 3 | mc-cat --verify
}

# Rewrites a/run.ckpt by a line of Python, in which c is the checkpoint, x mc-rollout's state.
change() {
	cp good.ckpt a/run.ckpt
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/../examples/python python3 - "$1" <<-'PY'
	import sys, numpy as np, metacomm
	c = next(metacomm.frames("a/run.ckpt"))
	x = c["state"]["mc-rollout"]
	exec(sys.argv[1])
	open("a/run.ckpt", "wb").write(metacomm.pack("checkpoint", **c))
	PY
}

@test "a checkpoint whose episode ahead is missing, not the next, or damaged is refused, and no other byte changes" {
	ring a none 12
	cp a/run.ckpt good.ckpt
	sum=$(cat a/run.log a/run.replay | cksum)
	while IFS='|' read -r how want; do
		change "${how#*:}"
		run -${how%%:*} ring a none 24
		echo "$output"
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"$want"* ]]
		[ "$(cat a/run.log a/run.replay | cksum)" = "$sum" ]
	done <<-'END'
	65:del x["ahead"]|a run with --lag, but no episode was rolled out ahead
	65:x["ahead"]["episode"] += 1|the episode that was rolled out ahead is not the next
	65:x["ahead"]["iteration"] -= 1|the episode that was rolled out ahead is not the next
	65:x["ahead"]["last"] = True|the episode that was rolled out ahead is not the next
	65:x["ahead"]["a"] = x["ahead"]["a"] + 3|a is beyond [-1, 1]
	65:x["ahead"]["r"] = x["ahead"]["r"] * np.float32("nan")|nan
	65:x["ahead"]["o"] = x["ahead"]["o"][1:]|ahead.o is float32
	65:c["header"]["lag"] = 7|lag is 7, want 0 to 1
	64:del c["header"]["lag"]|the run has no lag, the options say 1
	END
	change 'x["ahead"]["o"] = x["ahead"]["o"][1:]'
	run -65 mc-cat --verify a/run.ckpt
	[[ "$output" == *'ahead.o is float32[25,3,14], want float32[26,3,14]'* ]]
	change 'pass'
	ring a none 24
	ring b none 24
	same a b
}

@test "stopped by a signal, killed, or its ring broken: one line, and continued the bytes of the whole run" {
	set +m
	ring whole meta 1500
	stop=0
	for how in TERM:mc-rollout KILL:mc-rollout KILL:mc-metalearn KILL:mc-critic INT:mc-rollout; do
		bytes=$(($(stat -c %s d/run.log 2>/dev/null || echo 0) + 9000))
		of d meta 1500 -C 5
		"$train" "${args[@]}" 2>err 3>&- &
		pid=$!
		for _ in $(seq 1000); do
			[ "$(stat -c %s d/run.log 2>/dev/null || echo 0)" -lt $bytes ] || break
			sleep 0.01
		done
		pkill -${how%:*} -P $pid -x ${how#*:} || true   # unless it was quicker and is done
		status=0
		wait $pid || status=$?
		[ "$status" -eq 75 ] || [ "$status" -eq 137 ] || [ "$status" -eq 0 ]
		[ "$(wc -l <err)" -le 1 ]
		[ "$status" -eq 0 ] || stop=$((stop + 1))
	done
	[ "$stop" -gt 0 ]
	ring d meta 1500
	same whole d
}

@test "a reader that leaves: 75 within a moment, as without" {
	status=0
	timeout 60 mc-rollout -t push_N3 --comm none --lag 1 --hidden 8 -e 100000 -c a.ckpt <loop 2>err | mc-critic --batch 32 2>>err | stdbuf -o0 head -c 300000 >loop || status=$?
	[ "$status" -ne 124 ]
	[ "$(wc -l <err)" -le 2 ]
	grep -q 'mc-rollout: ' err
}
