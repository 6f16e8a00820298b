# The programs in examples/ work, and do what they say.

setup() {
	cd "$BATS_TEST_TMPDIR"
	examples="$BATS_TEST_DIRNAME/../examples"
	mkdir path
	ln -s "$(realpath "$BATS_TEST_DIRNAME/../pipelines/train")" path/mc-train
	export MC_BIN PATH="$MC_BIN:$PWD/path:$PATH"
}

@test "every example has a test" {
	for example in "$examples"/*; do
		grep -q "examples/$(basename "$example")" "$BATS_TEST_FILENAME"
	done
}

@test "examples/bare-ring trains, and the tee in it sees the frames" {
	run "$examples/bare-ring" navigation_N3_l3 33
	[ "$status" -eq 0 ]
	mc-cat --verify bare.ckpt bare.log
	grep -q $'^trajectory\t33$' <<<"$output"
	grep -q '^bare.ckpt ' <<<"$output"
}

@test "examples/seeds trains, tabulates and draws; a second time nothing is trained" {
	JOBS=2 SEEDS='1 2' run "$examples/seeds" push_N3 20 runs none full
	[ "$status" -eq 0 ]
	[ "$(grep -c '^runs/.*/run.ckpt ' <<<"$output")" -eq 4 ]
	[ -s runs/curves.svg ]
	[ "$(mc-cat runs/full-2/run.ckpt | jq -c '[.header.seed, .header.comm, .episode]')" = '[2,"full",20]' ]
	cp runs/full-2/run.ckpt before
	JOBS=2 SEEDS='1 2' run "$examples/seeds" push_N3 20 runs none full
	[ "$status" -eq 0 ]
	cmp before runs/full-2/run.ckpt
}

@test "examples/who-asks-whom.py computes what the team does" {
	mc-train -t navigation_N3_l3 -e 55 -o nav
	mc-rollout --load nav/run.ckpt -n 80 | /usr/bin/python3 "$examples/who-asks-whom.py" nav/run.ckpt >out
	[ "$(grep -c '80 episodes' out)" -eq 2 ]
	# 2,000 decisions for each pair: four deviations of the mean are 0.045
	run awk '/^ /{ for (i = 1; i <= 3; i++) v[n++] = $i } END {
		for (i = 0; i < 9; i++) if (v[i] != "-") { pairs++; d = v[i] - v[i + 9]; if (d < -0.045 || d > 0.045) exit 1 }
		print pairs, n }' out
	[ "$status" -eq 0 ]
	[ "$output" = "6 18" ]
}
