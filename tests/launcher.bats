# mc-train's own command line: long options, options of others, names of files.
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	small=(--task push_N3 --hidden 8 --batch=32)
}

header() {
	mc-cat "$1/run.ckpt" | jq -c ".header | $2"
}

refused() {
	run "$train" "${small[@]}" "$@"
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "long options are the letters" {
	"$train" -t push_N3 -m full -s 3 -e 12 -o a -R '--hidden 8' -Q '--batch 32'
	"$train" --episodes=12 --seed 3 --method full --task=push_N3 --output b --hidden 8 --batch 32
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
}

@test "an option of another program goes to it; one of two, to the one in the ring" {
	"$train" "${small[@]}" -m meta -e 11 -o m --lr-policy 0.01 --keep 0 --share --rule-hidden 4 --lr-comm 0.02
	[ "$(header m '[.hidden, .share, ."mc-critic".lr_policy, ."mc-critic".batch, ."mc-metalearn".lr_comm]')" = '[8,true,0.01,32,0.02]' ]
	[ -s m/run-0.ckpt ]
	"$train" "${small[@]}" -m stgs -e 11 -o s --lr-comm 0.02 --b1 0.8
	[ "$(header s '[."mc-critic".lr_comm, ."mc-critic".b1]')" = '[0.02,0.8]' ]
	"$train" "${small[@]}" -m none -e 11 -o n --b1 0.8 -Q '--tau 0.5'
	[ "$(header n '[."mc-critic".b1, ."mc-critic".tau]')" = '[0.8,0.5]' ]
}

@test "what goes to nobody, or to more than one, is refused with a line" {
	refused -m meta --b1 0.8
	[ "$output" = "train: --b1: more than one program has it; choose with -M '--b1=0.8' or -Q '--b1=0.8'" ]
	refused -m none --lr-rule 0.1
	[ "$output" = "train: --lr-rule: it belongs to mc-metalearn, and has no meaning with -m none" ]
	refused --nosuch 3
	[[ "$output" == "train: --nosuch: unknown option; "* ]]
	refused --lr-policy
	[[ "$output" == "train: --lr-policy: this option needs an argument; "* ]]
	refused --keep-replay=yes
	[ "$output" = "train: --keep-replay: this option takes no argument" ]
	refused --log x
	[[ "$output" == "train: --log: train names the files itself; "* ]]
	refused -m none -M '--rule-hidden 4'
	[ "$output" = "train: -M: with -m none there is no mc-metalearn" ]
	refused -m stgs -M '-K 3'
	[ "$output" = "train: -M: with -m stgs there is no mc-metalearn" ]
	[ -z "$(ls)" ]
}

@test "words of -R, -M and -Q are words, whatever files there are" {
	touch -- --share
	run "$train" -t push_N3 -m none -e 22 -R '--hidden 8 --sh*' -o x
	[ "$status" -eq 64 ]
	[[ "$output" == "mc-rollout: --sh*: "* ]]
}

@test "names of directories: -dash, one that cannot be made, TMPDIR" {
	"$train" "${small[@]}" -m none -e 3 -o -dash
	[ -s ./-dash/run.ckpt ]
	: >file
	run "$train" "${small[@]}" -m none -e 3 -o file/under
	[ "$status" -eq 73 ]
	[ "$output" = "train: -o: cannot make the directory file/under" ]
	TMPDIR=/no/such/directory run "$train" "${small[@]}" -m none -e 3 -o d
	[ "$status" -eq 73 ]
	[ "$output" = "train: TMPDIR: cannot make named pipes in /no/such/directory" ]
}

@test "a signal that comes as something is made in TMPDIR leaves nothing there" {
	mkdir path tmp
	printf '#!/bin/sh\n/usr/bin/mktemp "$@"\nkill -TERM $PPID\n' >path/mktemp
	chmod +x path/mktemp
	export TMPDIR=$PWD/tmp PATH=$PWD/path:$PATH
	run -75 "$train" "${small[@]}" -m none -e 3 -o d
	run -75 "${train%train}figures" fig2 TASKS=push_N3 EPISODES=3
	run -75 "${train%train}disk" . 3 1 '' </dev/null
	[ -z "$(ls tmp)" ]
}

@test "CDPATH leads no script astray" {
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	mkdir -p else/out out/runs-3/push_N3/none/1
	touch out/runs-3/push_N3/none/1/run.done
	export CDPATH=$PWD/else
	run -66 "$root/pipelines/figures" report
	[ "$output" = "figures: no run (EPISODES=3 has some) is done in out/runs-50000" ]
	cd "$root" # found by ., it is printed too
	export CDPATH=.
	DEMO_DIR=$BATS_TEST_TMPDIR/demo DEMO_EPISODES=30 pipelines/demo >"$BATS_TEST_TMPDIR/said"
	pipelines/table-time examples/results/learn | grep -q push_N3
	examples/results/overview | grep -q push_N3
}

@test "the launcher through a symbolic link finds its programs" {
	ln -s "$(readlink -f "$train")" linked
	mkdir -p tree/pipelines tree/bin
	cp "$train" tree/pipelines/train
	for p in "$MC_BIN"/mc-*; do ln -s "$(readlink -f "$p")" tree/bin/; done
	ln -s tree/pipelines/train elsewhere
	unset MC_BIN
	PATH=/usr/bin:/bin run ./elsewhere --task push_N3 --hidden 8 --batch 32 -m none -e 3 -o d
	[ "$status" -eq 0 ]
	[ -s d/run.ckpt ]
}
