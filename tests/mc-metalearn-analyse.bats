# mc-metalearn(1) --analyse: advantages added to a plain stream, and what is refused.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	train() {
		"$BATS_TEST_DIRNAME/../pipelines/train" -e 44 "$@"
	}
	export MC_BIN MC_QUIET=1
	train -t push_N3 -o meta -R '--hidden 16 --keep 0' -M '--rule-hidden 12 --n-step 3'
	train -t push_N3 -o other -s 2 -e 0 -R '--hidden 16' -M '--rule-hidden 20'
	train -t push_N3 -o fixed -R '--hidden 16' -M "--rule-hidden 12 --eta meta/run.ckpt --freeze"
	train -t push_N3 -o shared -R '--hidden 16 --share --range 1' -M '--rule-hidden 12'
	train -t push_N3 -m reinforce -o reinforce -R '--hidden 16'
	train -t push_N3 -m full -o full -R '--hidden 16'
	train -t push_N6 -o six -R '--hidden 16' -M '--rule-hidden 12'
}

setup() {
	PATH=$MC_BIN:$PATH
	cd "$BATS_FILE_TMPDIR"
	T=$BATS_TEST_TMPDIR
}

episodes() {
	mc-rollout --load "$1" -n "${2-2}" "${@:3}"
}

analyse() {
	mc-metalearn --analyse "$@"
}

check() {
	"$BATS_TEST_DIRNAME/check-advantages.py" "$@"
}

@test "every trajectory is followed by its advantages" {
	episodes meta/run.ckpt 3 >"$T/in"
	analyse meta/run.ckpt <"$T/in" >"$T/out"
	mc-cat --verify "$T/out"
	[ "$(mc-cat "$T/out" | jq -r .type | tr '\n' ' ')" = "header provenance provenance trajectory advantage episode trajectory advantage episode trajectory advantage episode end " ]
	mc-cat --full -t header,trajectory,episode "$T/in" | jq -c 'del(.crc32)' >"$T/before"
	mc-cat --full -t header,trajectory,episode "$T/out" | jq -c 'del(.crc32)' >"$T/after"
	cmp "$T/before" "$T/after"
}

@test "they are those of the equations, computed another way" {
	episodes meta/run.ckpt | analyse meta/run.ckpt >"$T/out"
	[ "$(check meta/run.ckpt <"$T/out")" = "2 advantages" ]
}

@test "--initial adds those of another rule, of another width if need be" {
	episodes meta/run.ckpt | analyse meta/run.ckpt --initial meta/run-0.ckpt >"$T/out"
	[ "$(check meta/run.ckpt meta/run-0.ckpt <"$T/out")" = "2 advantages" ]
	episodes meta/run.ckpt | analyse meta/run.ckpt --initial other/run.ckpt >"$T/out"
	[ "$(check meta/run.ckpt other/run.ckpt <"$T/out")" = "2 advantages" ]
}

@test "six agents; shared nets, limited range" {
	episodes shared/run.ckpt | analyse shared/run.ckpt >"$T/out"
	[ "$(check shared/run.ckpt <"$T/out")" = "2 advantages" ]
	mc-cat -t advantage "$T/out" | jq -es '[.[].m.mean] | max > 0 and min < 1'
	episodes six/run.ckpt | analyse six/run.ckpt >"$T/out"
	[ "$(check six/run.ckpt <"$T/out")" = "2 advantages" ]
}

@test "a fixed rule has no baseline: no REINFORCE advantage" {
	episodes fixed/run.ckpt 1 | analyse fixed/run.ckpt >"$T/out"
	[ "$(check fixed/run.ckpt <"$T/out")" = "1 advantages" ]
	[ "$(mc-cat -t advantage "$T/out" | jq -c keys_unsorted)" = '["mc","type","iteration","episode","m","A_hat","A_hat_raw","crc32"]' ]
}

@test "streams that follow each other" {
	{ episodes meta/run.ckpt 1; episodes meta/run.ckpt 2 -s 9; } | analyse meta/run.ckpt >"$T/out"
	[ "$(mc-cat --count "$T/out" | grep -P '^(header|end|advantage)\t' | tr '\t\n' '= ')" = "header=2 advantage=3 end=2 " ]
	[ "$(check meta/run.ckpt <"$T/out")" = "3 advantages" ]
}

@test "a reader that has enough is not an error, and nothing is said" {
	run --separate-stderr bash -c 'mc-rollout --load meta/run.ckpt -n 500 | mc-metalearn --analyse meta/run.ckpt | mc-cat -n 1 | wc -l'
	[ "$status" -eq 0 ]
	[ "$output" = 1 ]
	[ -z "$stderr" ]
}

@test "a checkpoint without a rule names the net that is absent" {
	run --separate-stderr bash -c 'mc-rollout --load reinforce/run.ckpt -n 1 | mc-metalearn --analyse reinforce/run.ckpt >/dev/null; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 64 ]
	[ "$stderr" = "mc-metalearn: reinforce/run.ckpt: this run has no rule net (method reinforce)" ]
	run --separate-stderr bash -c 'mc-rollout --load meta/run.ckpt -n 1 | mc-metalearn --analyse meta/run.ckpt --initial full/run.ckpt >/dev/null; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 64 ]
	[ "$stderr" = "mc-metalearn: full/run.ckpt: this run has no rule net (method full)" ]
}

@test "a rule of another width is refused, both widths named" {
	run --separate-stderr bash -c 'mc-rollout --load meta/run.ckpt -n 1 | mc-metalearn --analyse meta/run.ckpt --initial six/run.ckpt >/dev/null; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 64 ]
	[[ "$stderr" == "mc-metalearn: --initial: six/run.ckpt has a rule of width 33 (push_N6), meta/run.ckpt one of 9 (push_N3); "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "trajectories of another task are refused, both named" {
	run --separate-stderr bash -c 'mc-rollout --load six/run.ckpt -n 1 | mc-metalearn --analyse meta/run.ckpt >'"$T"'/out; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 64 ]
	[[ "$stderr" == *"3 agents, 12 observations, 2 actions, 25 steps (push_N3); the stream has 6, 18, 2, 25 (push_N6)"* ]]
	[ "$(mc-cat -t end "$T/out" | jq -r .error.program)" = mc-metalearn ]
}

@test "a foreign stream is refused" {
	run --separate-stderr bash -c 'echo hello | mc-metalearn --analyse meta/run.ckpt >/dev/null'
	[ "$status" -eq 65 ]
	[[ "$stderr" == "mc-metalearn: <stdin>:0: "* ]]
	run --separate-stderr bash -c 'mc-envsim -t push_N3 </dev/null | mc-metalearn --analyse meta/run.ckpt >/dev/null; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 65 ]
	run --separate-stderr bash -c 'mc-metalearn --analyse meta/run.ckpt <meta/run.ckpt >/dev/null'
	[ "$status" -eq 65 ]
	run --separate-stderr bash -c 'mc-metalearn --analyse meta/run.log <meta/run.ckpt >/dev/null'
	[ "$status" -eq 65 ]
}

@test "a stream that is cut is refused, where it stops" {
	episodes meta/run.ckpt >"$T/in"
	run --separate-stderr bash -c 'head -c 8000 '"$T/in"' | mc-metalearn --analyse meta/run.ckpt >'"$T/out"
	[ "$status" -eq 65 ]
	[[ "$stderr" == "mc-metalearn: <stdin>:8000: the stream stops inside a frame after "* ]]
	[ "$(mc-cat -t end "$T/out" | jq -r .error.program)" = mc-metalearn ]
}

@test "a source that failed: its error is passed on, nothing is said twice" {
	run --separate-stderr bash -c 'mc-rollout --load no.ckpt | mc-metalearn --analyse meta/run.ckpt | mc-cat -t end | jq -r .error.program; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 75 ]
	[ "$output" = mc-rollout ]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "options of learning have no meaning here, --initial none alone" {
	for option in '-m reinforce' '-K 5' '--lr-rule 1' '--freeze' '--rule-hidden 12' '--eta meta/run.ckpt'; do
		run --separate-stderr bash -c "mc-metalearn --analyse meta/run.ckpt $option </dev/null >/dev/null"
		[ "$status" -eq 64 ]
		[[ "$stderr" == "mc-metalearn: --analyse: with it nothing is learned; "* ]]
	done
	run --separate-stderr bash -c 'mc-metalearn --initial meta/run.ckpt </dev/null >/dev/null'
	[ "$status" -eq 64 ]
	[[ "$stderr" == "mc-metalearn: --initial: "* ]]
}
