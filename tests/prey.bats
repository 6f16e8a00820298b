# Prey: trained ones by default, files, the prey of another run, and where they come from.
load there
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	pipelines=$BATS_TEST_DIRNAME/../pipelines
}

# The header's word for the prey of a task. $1: task, then options of mc-envsim.
word() {
	mc-envsim -t "$1" --still 1 "${@:2}" | mc-cat --type header | jq -r .prey
}

# $1: task, $2: method, $3: episodes, $4: directory, then further options of mc-rollout
small() {
	"$train" -t "$1" -m "$2" -e "$3" -o "$4" -R "--hidden 8 -C 7 --explore 0.2 ${*:5}" -Q "--batch 32 --critic-gamma same --keep-replay --threads 1"
}

# An evade run whose policy can be exported. $1: task, $2: directory
evade() {
	"$train" -t "$1" -m none -e 30 -o "$2" -R '--share --hidden 64' -Q '--batch 32 --threads 1'
}

# Episode frames of a checkpoint's team, without exploration.
rollouts() {
	mc-rollout --load "$1" --explore 0 -n 10 | mc-cat --type episode
}

@test "auto: trained prey where there are some for the task, else flee, else none" {
	for t in predator_prey_N3_l3 predator_prey_N3_l1 predator_prey_N3_M1_L2_l2 predator_prey_N6_l1 predator_prey_N6_l6; do
		[ "$(word $t)" = mlp ]
		[ "$(word $t --prey auto)" = mlp ]
		[ "$(word $t --prey flee)" = flee ]
	done
	for t in predator_prey_N9_l2 predator_prey_N3_M1_L3_l3 predator_prey_N6_M1_L3_l6; do
		[ "$(word $t)" = flee ]
	done
	for t in navigation_N3_l3 push_N3 evade_N3 evade_N6; do
		[ "$(word $t)" = none ]
		[ "$(word $t --prey flee)" = none ]
	done
}

@test "the weights are in the header, whole: a stream with them is a prey file" {
	for t in predator_prey_N3_l3 predator_prey_N6_l1; do
		mc-envsim -t $t --random 20 >auto.mc
		mc-envsim -t $t --random 20 --prey auto.mc >again.mc
		mc-envsim -t $t --random 20 --prey flee >flee.mc
		mc-cat --diff --type header,episode auto.mc again.mc
		run -1 mc-cat --diff --type episode auto.mc flee.mc
	done
}

@test "a run's header and checkpoint have the prey, and mc-eval and --load take them" {
	small predator_prey_N3_l3 none 20 auto
	small predator_prey_N3_l3 none 20 flee --prey flee
	[ "$(mc-cat auto/run.ckpt | jq -r .header.prey)" = mlp ]
	[ "$(mc-cat --type header auto/run.log | jq -c .prey_params.dense_0.kernel.shape)" = '[14,64]' ]
	[ "$(mc-cat flee/run.ckpt | jq -r .header.prey)" = flee ]
	[ "$(mc-cat flee/run.ckpt | jq .header.prey_params)" = null ]
	run -1 mc-cat --diff --type episode auto/run.log flee/run.log
	for d in auto flee; do
		rollouts $d/run.ckpt | jq -s 'map(.return) | add / 10' >by-rollout
		mc-eval -n 10 --json $d/run.ckpt | jq .return_mean >by-eval
		[ "$(jq -n --slurpfile a by-rollout --slurpfile b by-eval '$a[0] - $b[0] | fabs < 1e-3')" = true ]
	done
}

@test "a run with prey, stopped and continued: the same bytes" {
	small predator_prey_N6_l6 full 30 a
	small predator_prey_N6_l6 full 20 b
	small predator_prey_N6_l6 full 30 b --prey a/run.ckpt
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
	run small predator_prey_N6_l6 full 40 b --prey flee
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"prey = mlp"*"say flee"* ]]
}

@test "mc-eval --prey: a team among other prey than its own" {
	evaluate() { mc-eval -n 60 --json "$@" | jq -c '[.prey, .return_mean]'; }
	small predator_prey_N3_l3 none 20 auto
	small predator_prey_N3_l3 none 20 flee --prey flee
	[ "$(evaluate --prey auto auto/run.ckpt)" = "$(evaluate auto/run.ckpt)" ]
	run -65 mc-eval --prey flee/run.ckpt auto/run.ckpt # it carries no weights
	[[ "$(evaluate --prey flee auto/run.ckpt)" == '["flee",'* ]]
	[ "$(evaluate --prey auto/run.ckpt flee/run.ckpt)" = "$(evaluate --prey auto flee/run.ckpt)" ]
	auto=$(there evaluate --prey auto flee/run.ckpt)
	flee=$(there evaluate flee/run.ckpt)
	[ "$auto" != "$flee" ]
	[[ "$(mc-eval -n 10 --prey flee auto/run.ckpt)" == *", --prey flee."* ]]
	run -66 mc-eval --prey missing auto/run.ckpt
	[ "${#lines[@]}" -eq 1 ]
	run -64 mc-eval --aggregate --prey flee auto/run.log
	small push_N3 none 0 push
	[ "$(evaluate --prey flee push/run.ckpt)" = "$(evaluate push/run.ckpt)" ]
	run -64 mc-eval --prey auto/run.ckpt push/run.ckpt
	[[ "$output" == *"push_N3 has no scripted prey"* ]]
}

# A ring whose environment is a process. $1: directory, $2: options of mc-envsim, then options of mc-rollout
co() {
	mkdir "$1"
	mkfifo "$1/ring"
	(mc-rollout -t predator_prey_N3_l3 --comm none --env "mc-envsim -t predator_prey_N3_l3 --env 1 $2" -e 20 --hidden 8 -C 7 --explore 0.2 \
	    "${@:3}" -c "$1/run.ckpt" -l "$1/run.log" <"$1/ring" | mc-critic --batch 32 --threads 1 --critic-gamma same -D "$1/run.replay" --keep-replay >"$1/ring")
}

@test "an environment in another process says which prey and range it has" {
	small predator_prey_N3_l3 none 20 auto
	small predator_prey_N3_l3 none 20 flee --prey flee
	small predator_prey_N3_l3 none 20 near --range 0.5
	co auto-co ''
	co flee-co '--prey flee'
	co near-co '--range 0.5'
	co same-co '--prey flee --range 0.5' --prey flee --range 0.5
	for d in auto flee near; do
		cmp $d/run.ckpt $d-co/run.ckpt
		cmp $d/run.log $d-co/run.log
	done
	[ "$(mc-cat same-co/run.ckpt | jq -c '[.header.prey, .header.range]')" = '["flee",0.5]' ]
	run bash -c 'mc-rollout -t predator_prey_N3_l3 --env "mc-envsim -t predator_prey_N3_l3 --env 1" --prey flee 2>&1 >/dev/null < <(sleep 1)'
	[ "$status" -eq 64 ]
	[[ "$output" == "mc-rollout: --prey: the environment has other prey"* ]]
	run bash -c 'mc-rollout -t predator_prey_N3_l3 --env "mc-envsim -t predator_prey_N3_l3 --env 1" --range 1 2>&1 >/dev/null < <(sleep 1)'
	[ "$status" -eq 64 ]
	[[ "$output" == "mc-rollout: --range: "* ]]
}

@test "--export-prey: the policy of an evade run, exactly" {
	for t in evade_N3 evade_N6; do
		evade $t $t
		mc-rollout --load $t/run.ckpt --export-prey >$t.prey
		mc-cat --verify $t.prey
		[ "$(mc-cat $t.prey | jq -r .type | xargs)" = "header provenance params end" ]
		mc-cat --full --type params $t.prey | jq -c '[.params[] | .bias]' >there
		mc-cat --full $t/run.ckpt | jq -c '[.params.policy | .dense_0, .dense_1, .dense_2 | .bias[0]]' >here
		cmp here there
		mc-cat --full --type params $t.prey | jq -c '[.params[] | .kernel]' >there
		mc-cat --full $t/run.ckpt | jq -c '[.params.policy | .dense_0.kernel[0][64:], .dense_1.kernel[0], .dense_2.kernel[0]]' >here
		cmp here there
		(cat $t.prey && mc-rollout --load $t/run.ckpt --explore 0 -n 3) | /usr/bin/python3 -c '
import msgpack, numpy as np, sys
def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)
n = 0
for f in msgpack.Unpacker(sys.stdin.buffer, ext_hook=hook, strict_map_key=False, max_buffer_size=0):
    if f["type"] == "params":
        assert f["net"] == "prey" and f["episode"] == 30
        w = [f["params"]["dense_%d" % i] for i in range(3)]
    if f["type"] == "trajectory":
        h = f["o"][:-1].astype(float)
        for i in range(3):
            h = h @ w[i]["kernel"] + w[i]["bias"]
            h = np.maximum(h, 0) if i < 2 else np.tanh(h)
        assert abs(h - f["a"]).max() < 1e-5
        n += 1
assert n == 3
'
	done
	small predator_prey_N3_l3 none 10 team --prey evade_N3.prey
	[ "$(mc-cat --full team/run.ckpt | there jq -c .header.prey_params)" = "$(mc-cat --full --type params evade_N3.prey | there jq -c .params)" ]
	run small predator_prey_N6_l1 none 10 other --prey evade_N3.prey
	[ "$status" -eq 65 ]
	[[ "$output" == *"evade_N3.prey: these are prey of evade_N3; they do not know predator_prey_N6_l1"* ]]
}

@test "--export-prey refuses what is not prey, and says why" {
	refused() {
		run -64 bash -c 'mc-rollout --load "$1" --export-prey 2>&1 >/dev/null' - "$1"
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"$2"* ]]
	}
	"$train" -t evade_N6 -m none -e 0 -o own -R '--hidden 64'
	refused own/run.ckpt "a policy of its own"
	"$train" -t evade_N6 -m none -e 0 -o wide -R '--share --hidden 65'
	refused wide/run.ckpt "width 65"
	"$train" -t evade_N6 -m full -e 0 -o talk -R '--share --hidden 64'
	refused talk/run.ckpt "talk to each other"
	"$train" -t navigation_N3_l3 -m none -e 0 -o team -R '--share --hidden 64'
	refused team/run.ckpt "a run of navigation_N3_l3"
	run -66 mc-rollout --load missing --export-prey
	run -64 mc-rollout --export-prey
}

@test "what is not a prey file is refused" {
	small push_N3 none 0 d
	run bash -c 'mc-envsim -t predator_prey_N3_l3 --still 1 --prey d/run.log 2>&1 >/dev/null'
	[ "$status" -eq 65 ]
	[[ "$output" == *'d/run.log'*'no params frame of a net "prey"'*'--export-prey'* ]]
	run bash -c 'mc-envsim -t predator_prey_N3_l3 --still 1 --prey missing 2>&1 >/dev/null'
	[ "$status" -eq 66 ]
	run bash -c 'mc-envsim -t push_N3 --still 1 --prey d/run.ckpt 2>&1 >/dev/null'
	[ "$status" -eq 64 ]
	evade evade_N3 e
	mc-rollout --load e/run.ckpt --export-prey >e.prey
	head -c 9000 e.prey >cut.prey
	run bash -c 'mc-envsim -t predator_prey_N3_l3 --still 1 --prey cut.prey 2>&1 >/dev/null'
	[ "$status" -eq 65 ]
	[[ "$output" == *"cut.prey:9000"* ]]
}

@test "prey.mk trains, exports, and makes the weights that are compiled in" {
	run make -f "$pipelines/prey.mk" EPISODES=12 SEED=5 OUT=o weights
	[ "$status" -eq 0 ]
	for t in evade_N3 evade_N6; do
		mc-cat --verify o/$t.prey
		[ "$(mc-cat --type header o/$t.prey | jq -c '[.task,.seed,.share,.hidden]')" = "[\"$t\",5,true,64]" ]
		[ "$(mc-cat --type params o/$t.prey | jq .episode)" -eq 12 ]
	done
	mc-envsim -t predator_prey_N6_l6 --prey o/evade_N6.prey --still 1 | mc-cat >/dev/null
	/usr/bin/python3 -c '
import msgpack, numpy as np, re
def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)
text = open("o/mc_prey_weights.c").read()
for t in "evade_N3", "evade_N6":
    got = re.search(r"float %s\[\] = \{(.*?)\};" % t, text, re.S).group(1).replace("f,", " ").split()
    for f in msgpack.Unpacker(open("o/" + t + ".prey", "rb"), ext_hook=hook, strict_map_key=False):
        if f["type"] == "params":
            want = [f["params"]["dense_%d" % i][k].ravel() for i in range(3) for k in ("kernel", "bias")]
    assert (np.array(got, np.float64).astype(np.float32) == np.concatenate(want)).all()
'
	cksum o/*.prey >before
	make -s -f "$pipelines/prey.mk" EPISODES=12 SEED=5 OUT=o
	cksum o/*.prey | cmp before -
}
