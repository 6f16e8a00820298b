#!/usr/bin/env bats
# mc-critic --device, where no GPU computes: what is refused, and how. What a GPU computes is
# tests/gpu.sh's; what it would, on the CPU, t_device's.
load programs

setup() {
	programs
	export MC_CUDA="$BATS_TEST_DIRNAME/../$MC_BUILD/cuda/mc-critic"
}

# One line, status 69, and no checkpoint or replay file of a run that never was.
is_refused() {
	[ "$status" -eq 69 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "${lines[0]}" == "mc-critic: --device: "* ]]
	[ ! -e run.ckpt ]
	[ ! -e run.replay ]
}

@test "a build without CUDA that is asked for a GPU says so in one line, 69" {
	case $MC_BUILD in *cuda*) skip "a build with CUDA" ;; esac
	run "$train" -t push_N3 -e 20 -Q '--device cuda'
	is_refused
	[[ "${lines[0]}" == *"without CUDA"*"make CUDA=1"* ]]
}

@test "a build with CUDA where there is no GPU says so in one line, 69" {
	[ -x "$MC_CUDA" ] || skip "no nvcc"
	command -v nvidia-smi >/dev/null && nvidia-smi -L | grep -q . && skip "there is a GPU"
	mkdir bin
	cp "$MC_BIN"/mc-rollout "$MC_BIN"/mc-metalearn "$MC_CUDA" bin
	run env MC_BIN="$PWD/bin" "$train" -t push_N3 -e 20 -Q '--device cuda'
	is_refused
}

@test "the learner of a build with CUDA still computes on the CPU, the same bytes" {
	[ -x "$MC_CUDA" ] || skip "no nvcc"
	mkdir bin
	cp "$MC_BIN"/mc-rollout "$MC_BIN"/mc-metalearn "$MC_CUDA" bin
	"$train" -t push_N3 -m none -e 12 -o one -R '--hidden 16' -Q '--batch 64'
	MC_BIN="$PWD/bin" "$train" -t push_N3 -m none -e 12 -o two -R '--hidden 16' -Q '--batch 64'
	cmp one/run.ckpt two/run.ckpt
}

# A ring whose mc-critic computes on the stand-in for a GPU.
stand_in() {
	mkdir -p bin
	cp "$MC_BIN"/mc-rollout "$MC_BIN"/mc-metalearn bin
	cp "$BATS_TEST_DIRNAME/../$MC_BUILD/stand-in/mc-critic" bin
	MC_BIN="$PWD/bin" "$train" "$@" -Q '--device cuda'
}

# The critic's losses of a run, a number a line.
losses() { mc-cat -t metric "$1/run.log" | jq -r '.values.critic_loss // empty'; }

# Trained on a device the losses are the CPU's, and a run moves from one to the other and back.
moves() { # OPTIONS OF mc-critic
	run=(-t navigation_N3_l3 -p tuned -m full -s 3 -R '--hidden 16 --explore 0.2' -Q "--batch 64 --critic-gamma same --keep-replay $1")
	"$train" "${run[@]}" -e 30 -o cpu
	stand_in "${run[@]}" -e 30 -o device
	losses cpu >a
	losses device >b
	paste a b | awk '{ d = $1 - $2; bad += NF != 2 || !(d * d < 1e-8 * $1 * $1) } END { exit bad || NR != 3 }'
	"$train" "${run[@]}" -e 40 -o device
	stand_in "${run[@]}" -e 50 -o device
	"$train" "${run[@]}" -e 50 -o cpu
	losses cpu | tail -n 1 >a
	losses device | tail -n 1 >b
	paste a b | awk '{ d = $1 - $2; exit NF != 2 || !(d * d < 1e-8 * $1 * $1) }'
}

@test "-p tuned on a device: the losses are the CPU's, and a run moves from one to the other and back" {
	moves ''
	[ "$(mc-cat device/run.ckpt | jq -c '.header | [.share, .["mc-critic"].critic]')" = '[true,"invariant"]' ]
}

@test "--n-step, --penalty and --joint on a device: the losses are the CPU's, and a run moves from one to the other and back" {
	moves '--n-step 3 --penalty 0.01 --joint'
	[ "$(mc-cat device/run.ckpt | jq -c '.header["mc-critic"] | [.n_step, .penalty, .joint]')" = '[3,0.01,true]' ]
}

@test "a device that does not exist, and --tf32 without a GPU, are usage errors" {
	run mc-critic --device gpu </dev/null
	[ "$status" -eq 64 ]
	[[ "$output" == *'--device: "gpu" is neither cpu nor cuda'* ]]
	run mc-critic --tf32 </dev/null
	[ "$status" -eq 64 ]
	[[ "$output" == *"--device cuda"* ]]
}

@test "a figure on a GPU is refused where there is none, and a device that nobody knows" {
	case $MC_BUILD in *cuda*) skip "a build with CUDA" ;; esac
	run "$BATS_TEST_DIRNAME/../pipelines/figures" fig2 DEVICE=gpu
	[ "$status" -eq 64 ]
	[[ "$output" == *'DEVICE: "gpu" is neither cpu nor cuda'* ]]
	run "$BATS_TEST_DIRNAME/../pipelines/figures" fig2 TASKS=push_N3 METHODS=none SEEDS=1 EPISODES=10 JOBS=1 DEVICE=cuda OUT=out
	[ "$status" -ne 0 ]
	[[ "$output" == *"mc-critic: --device: this build is without CUDA"* ]]
	printf '%s\n' TASKS=push_N3 METHODS=none SEEDS=1 EPISODES=10 DEVICE=cuda >small
	run "$BATS_TEST_DIRNAME/../pipelines/figures" grid small JOBS=1 OUT=grid
	[ "$status" -ne 0 ]
	[[ "$output" == *"mc-critic: --device: this build is without CUDA"* ]]
}

@test "share-gpu runs a command, with MPS where it is there, and passes its status on" {
	share=$BATS_TEST_DIRNAME/../pipelines/share-gpu
	run "$share" sh -c 'exit 3'
	[ "$status" -eq 3 ]
	mkdir bin
	cat >bin/nvidia-cuda-mps-control <<-'EOF'
		#!/bin/sh
		if [ "$1" = -d ]; then echo started >>log; else cat >>log; fi
	EOF
	chmod +x bin/nvidia-cuda-mps-control
	run env PATH="$PWD/bin:$PATH" TMPDIR="$PWD" "$share" sh -c 'ls -d "$CUDA_MPS_PIPE_DIRECTORY" >&2; exit 4'
	[ "$status" -eq 4 ]
	[[ "$output" == *mc-mps.* ]]
	[ "$(paste -s log)" = "started	quit" ]
	run ls -d mc-mps.*
	[ "$status" -ne 0 ]
}

@test "gpu.sh says SKIP where there is no GPU" {
	command -v nvidia-smi >/dev/null && nvidia-smi -L | grep -q . && skip "there is a GPU"
	run "$BATS_TEST_DIRNAME/gpu.sh" out
	[ "$status" -eq 0 ]
	[ "$output" = "SKIP there is no GPU" ]
}

@test "gpu.sh refuses parts that it does not have" {
	run "$BATS_TEST_DIRNAME/gpu.sh" -p sped
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *'no part "sped"'* ]]
}

@test "the band that gpu.sh checks is left by runs elsewhere, by NaN, and by runs that are missing" {
	band=$BATS_TEST_DIRNAME/in-band
	printf -- '-60.1\t-58\t-57\t-56\n-61\t-59\t-58\t-55\n-62\t-57.5\t-56\t-5.5e1\n' >cpu
	cp cpu gpu
	run "$band" cpu gpu
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "quarter 1: CPU -62.0 ... -60.1, GPU -61.0" ]
	sed 's/-60.1/-20/; s/-61/-20/' cpu >far
	sed 's/-60.1/-nan/' cpu >nan
	sed 's/-60.1/nan/' cpu >nan2
	head -n 2 cpu >short
	cut -f 1-3 cpu >narrow
	: >empty
	run "$band" cpu far
	[ "$status" -eq 1 ]
	for other in nan nan2 short narrow empty; do
		run "$band" cpu $other
		[ "$status" -eq 1 ]
		run "$band" $other gpu
		[ "$status" -eq 1 ]
	done
}
