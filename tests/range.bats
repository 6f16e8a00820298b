# --range: agents are neighbours up to a distance, which changes from step to step.
load there
load programs

bats_require_minimum_version 1.5.0

# $1: method, $2: episodes, $3: directory, then further options of mc-rollout
ranged() {
	local rule=()
	[ "$1" != meta ] || rule=(-M '--rule-hidden 8 -K 5')
	"$train" -t navigation_N6_l1 -m "$1" -e "$2" -o "$3" -R "--hidden 8 -C 7 --explore 0.2 ${*:4}" \
	    -Q "--batch 100 --critic-gamma same --keep-replay" "${rule[@]}"
}

# All of a run but its headers: nets and states, and the frames of its log.
numbers() {
	mc-cat --full "$1/run.ckpt" | there jq -c '[.iteration, .episode, .params, (.state | del(.["mc-rollout"], .["mc-critic"].replay_bytes, .["mc-critic"].replay_crc32))]'
	mc-cat --type episode,metric "$1/run.log" | there jq -c 'del(.crc32)'
}

# The sum of a metric over the episodes of a log.
total() {
	mc-cat --type episode "$1/run.log" | there jq -s "map(.$2) | add"
}

@test "a range beyond all distances changes no number, under every method" {
	for m in none full reinforce stgs meta; do
		ranged $m 40 without-$m
		ranged $m 40 with-$m --range 1000
		[ "$(mc-cat without-$m/run.ckpt | jq .header.range)" = null ]
		[ "$(mc-cat with-$m/run.ckpt | jq .header.range)" = 1000 ]
		numbers without-$m >a
		numbers with-$m >b
		cmp a b
		[ "$(wc -l <a)" -gt 45 ]
		[ "$(total with-$m edges)" -eq $(($(mc-cat --type episode with-$m/run.log | wc -l) * 25 * 30)) ]
	done
}

@test "a small range leaves fewer edges, and only they are asked" {
	for m in none full reinforce stgs meta; do
		ranged $m 40 $m --range 1
		edges=$(total $m edges)
		requests=$(total $m requests)
		[ "$edges" -gt 0 ]
		[ "$edges" -lt $((40 * 25 * 15)) ]
		case $m in
		none) [ "$requests" -eq 0 ] ;;
		full) [ "$requests" -eq "$edges" ] ;;
		*)
			[ "$requests" -gt $((edges / 4)) ]
			[ "$requests" -lt "$edges" ]
			;;
		esac
	done
	ranged meta 40 other --range 0.7
	[ "$(total other edges)" -lt "$edges" ]
}

@test "range 0 leaves no edges, and trains" {
	ranged meta 18 d --range 0
	[ "$(total d edges)" -eq 0 ]
	[ "$(total d requests)" -eq 0 ]
	ranged meta 0 untrained --range 0
	net() { mc-cat --full "$1/run.ckpt" | there jq -c ".params.$2"; }
	[ "$(net d comm)" = "$(net untrained comm)" ]
	trained=$(net d policy)
	untrained=$(net untrained policy)
	[ "$trained" != "$untrained" ]
}

@test "no trajectory asks where there is no neighbour, and the mask is that of the distances" {
	ranged meta 30 d --range 1
	mc-rollout --load d/run.ckpt -n 20 | /usr/bin/python3 -c '
import msgpack, numpy as np, sys
def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)
n = masked = asked = 0
for f in msgpack.Unpacker(sys.stdin.buffer, ext_hook=hook, strict_map_key=False, max_buffer_size=0):
    if f["type"] != "trajectory":
        continue
    n += 1
    distance = np.hypot(f["o"][:, :, 6::2], f["o"][:, :, 7::2])
    assert distance.shape == f["m"].shape == (26, 6, 5)
    sure = abs(distance - 1) > 1e-6
    assert (f["m"] == (distance <= 1))[sure].all()
    assert (f["m"] == 0)[:-1][f["I"] == 1].sum() == 0
    masked += (f["m"][:-1] == 0).sum()
    asked += f["I"].sum()
assert n == 20 and masked > 0 and asked > 0
'
}

@test "time-varying networks, stopped and continued, by other threads: the same bytes" {
	for m in full meta; do
		ranged $m 54 a-$m --range 1
		ranged $m 30 b-$m --range 1 --threads 2
		ranged $m 54 b-$m --range 1
		cmp a-$m/run.ckpt b-$m/run.ckpt
		cmp a-$m/run.log b-$m/run.log
		cmp a-$m/run.replay b-$m/run.replay
	done
}

@test "a run is continued with its range, or not at all" {
	ranged none 12 d --range 1
	run ranged none 30 d --range 1.5
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"range = 1,"*"say 1.5"* ]]
	run ranged none 30 d
	[ "$status" -eq 64 ]
	[[ "$output" == *"the run has range = 1, the options give none"* ]]
}

@test "mc-eval evaluates with the range of the checkpoint" {
	ranged full 40 d --range 0.8
	mc-rollout --load d/run.ckpt --explore 0 -n 50 | mc-cat --type episode |
	    jq -s '{return: (map(.return) | add / 50), requests: (map(.requests) | add / 50 / 25)}' >episodes
	mc-eval -n 50 --json d/run.ckpt | jq --slurpfile p episodes \
	    '(.return_mean - $p[0].return | fabs) < 1e-3 and (.requests_per_step - $p[0].requests | fabs) < 1e-3' >out
	[ "$(cat out)" = true ]
	[ "$(jq '.requests < 15' episodes)" = true ]
	[ "$(mc-eval -n 50 --json d/run.ckpt | jq .edge_rate)" = 1 ]
}

@test "a range that is none is refused" {
	for r in -1 nan x ''; do
		run -64 bash -c 'mc-rollout -t push_N3 --range "$1" 2>&1 >/dev/null' - "$r"
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "mc-rollout: --range: "* ]]
	done
}
