# Parameters in memory that a ring shares: where, where not, and always the same bytes.
load there

bats_require_minimum_version 1.5.0

setup() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	PATH=$MC_BIN:$PATH
	export MC_QUIET=1
	cd "$BATS_TEST_TMPDIR"
	mkfifo loop
}

rollout() { mc-rollout -t navigation_N3_l3 --hidden 8 -C 7 -e "$1" -c "$2.ckpt" -l "$2.log" --threads 1; }
metalearn() { mc-metalearn -m meta --rule-hidden 8 -K 3; }
critic() { mc-critic --batch 32 --threads 1 ${1:+-D $1}; }
# Frames of parameters on standard input, of which $1 alone are in memory: their number.
places() { mc-cat --type params - | jq -s "map(select($1)) | length"; }

@test "in a closed ring parameters are in memory, but at barriers; the same bytes as with cat between" {
	rollout 24 a <loop | metalearn | critic >loop
	rollout 24 b <loop | metalearn | cat | critic >loop
	rollout 24 c <loop | metalearn | critic | cat >loop
	rollout 24 d <loop | cat | metalearn | critic >loop
	for x in b c d; do
		cmp a.ckpt $x.ckpt
		cmp a.log $x.log
	done
}

@test "a tee is not a neighbour: what it records is complete" {
	rollout 24 a <loop | metalearn | critic | tee rec >loop
	[ "$(cat rec | places .memory)" -eq 0 ]
	[ "$(cat rec | places '.net == "policy" and .iteration == 5')" -ge 1 ]
}

# The programs of the ring in this directory that have the memory.
sharing() {
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/cwd")" = "$PWD" ] || continue
		[ ! -e "$p/maps" ] || ! grep -q /memfd:metacomm "$p/maps" 2>/dev/null || cat "$p/comm"
	done | sort | tr '\n' ' '
}

@test "all programs have the memory; killed, they leave none of it" {
	set +m
	(rollout 100000 a <loop | metalearn | critic >loop) 3>&- &
	for _ in $(seq 200); do
		[ "$(sharing)" != "mc-critic mc-metalearn mc-rollout " ] || break
		sleep 0.05
	done
	[ "$(sharing)" = "mc-critic mc-metalearn mc-rollout " ]
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/cwd")" = "$PWD" ] || continue
		case "$(cat "$p/comm")" in
		mc-rollout | mc-metalearn | mc-critic) kill -9 "${p#/proc/}" || true ;; # it may just have ended with its ring
		esac
	done
	wait
	[ -z "$(sharing)" ]
	[ -z "$(find /dev/shm -name '*metacomm*' 2>/dev/null)" ]
}

@test "a stopped ring goes on in memory as in frames" {
	rollout 24 a <loop | metalearn | critic a.replay >loop
	rollout 12 b <loop | metalearn | critic b.replay >loop
	rollout 24 b <loop | metalearn | critic b.replay >loop
	rollout 12 c <loop | metalearn | critic c.replay >loop
	rollout 24 c <loop | metalearn | cat | critic c.replay >loop
	cmp b.ckpt c.ckpt
	cmp b.log c.log
}
