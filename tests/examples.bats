# The programs in examples/ work, and do what they say.
load there

setup() {
	cd "$BATS_TEST_TMPDIR"
	examples="$BATS_TEST_DIRNAME/../examples"
	mkdir path
	ln -s "$(realpath "$BATS_TEST_DIRNAME/../pipelines/train")" path/mc-train
	export MC_BIN PATH="$MC_BIN:$PWD/path:$PATH"
}

@test "every example has a test" {
	for example in "$examples"/*; do
		[ ! -d "$example" ] || continue # tests of their own
		grep -q "examples/$(basename "$example")" "$BATS_TEST_FILENAME" "$BATS_TEST_DIRNAME"/{engines,bridges}.bats
	done
}

@test "every example without arguments, or with -h, prints its usage" {
	for example in "$examples"/*; do
		[ -f "$example" ] && [ -x "$example" ] || continue
		run "$example"
		[ "$status" -eq 64 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "usage: "*"$(basename "$example")"* ]]
		said=$output
		run "$example" -h
		[ "$status" -eq 0 ]
		[ "$output" = "$said" ]
	done
	[ "$(ls -A)" = path ] # and has made nothing
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

# ctrl_c "FILE ..." COMMAND [ARGUMENT ...]: presses it once each FILE has something in it; the command's status.
ctrl_c() {
	timeout 120 /usr/bin/python3 - "$@" <<-'PY'
	import os, signal, subprocess, sys, time, glob
	p = subprocess.Popen(sys.argv[2:], start_new_session=True)
	while p.poll() is None and not all(any(map(os.path.getsize, glob.glob(f))) for f in sys.argv[1].split()):
	    time.sleep(0.01)
	os.killpg(p.pid, signal.SIGINT)
	sys.exit(p.wait() % 256)
	PY
}

@test "examples: Ctrl-C leaves a checkpoint to go on from, and nothing besides" {
	mkdir tmp
	export TMPDIR=$PWD/tmp
	run ctrl_c bare.log "$examples/bare-ring" push_N3 4000
	[ "$status" -eq 75 ]
	mc-cat --verify bare.ckpt
	JOBS=2 run ctrl_c 'few/none-1/run.log few/none-2/run.log' "$examples/seeds" push_N3 100000 few none
	[ "$status" -eq 75 ]
	for seed in 1 2; do
		flock -n few/none-$seed/run.ckpt.lock true
		mc-cat --verify few/none-$seed/run.ckpt
	done
	run ctrl_c 'tmp/tmp.*' "$examples/gif" few/none-1/run.ckpt it.gif 1000000
	[ "$status" -eq 75 ]
	[ -z "$(ls tmp)" ]
}

@test "examples/seeds takes a method of one's own" {
	ln -s /usr/bin/python3 path/python3 # the one with numpy
	SEEDS=1 run "$examples/seeds" push_N3 20 own "$examples/python/gate.py" none
	[ "$status" -eq 0 ]
	[ "$(ls own | xargs)" = "curves.svg gate.py-1 none-1" ]
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
	asks() { /usr/bin/python3 "$examples/who-asks-whom.py" "$1"; }
	mc-rollout --load nav/run.ckpt -n 3 >three
	run bash -c "exec 2>err; /usr/bin/python3 '$examples/who-asks-whom.py' nav/run.ckpt <three | true"
	[ ! -s err ]
	mc-train -t navigation_N3_l3 -m none -e 5 -o none
	run asks none/run.ckpt <three
	[ "$output" = "who-asks-whom.py: this run has no comm net (method none)" ]
	run asks nav/run.ckpt </dev/null
	[ "$output" = "who-asks-whom.py: <stdin>: no episodes; mc-rollout --load CHECKPOINT makes some" ]
	run asks nowhere <three
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "examples/hints.py is an environment in which a ring trains, and a team is measured and drawn" {
	hints="/usr/bin/python3 $examples/hints.py {seed} {env}"
	mc-train --env "$hints" -s 3 -m full -e 120 -o h -R '--hidden 8' -Q '--threads 1'
	mc-cat --verify h/run.ckpt h/run.log
	[ "$(mc-cat h/run.ckpt | jq -c '[.header.task, .header.agents, .header.obs_dim, .episode]')" = '["hints",3,4,120]' ]
	# who sits still, is on average 1.04 away (the mean distance of two points of the square)
	run bash -c "mc-cat -t episode h/run.log | jq -s 'map(.return) | add / length | . < -15 and . > -40'"
	[ "$output" = true ]
	mc-eval --env "$hints" -n 20 --comm none --json h/run.ckpt | jq -e '.task == "hints" and .difference != 0'
}

@test "examples/hints.py: the same episodes whatever came before, others in another environment" {
	cat >compare.py <<-'PY'
	import subprocess, sys
	import numpy as np
	import metacomm as mc
	def run(index, *episodes):
	    send = b''.join(mc.pack('reset', crc=False, episode=j) + b''.join(
	        mc.pack('action', crc=False, a=np.full((3, 2), 0.05 * t - 1, np.float32)) for t in range(25)) for j in episodes)
	    got = subprocess.run([sys.executable, sys.argv[1], '5', index], input=send, stdout=subprocess.PIPE, check=True).stdout
	    open('got', 'wb').write(got)
	    frames = list(mc.frames('got'))
	    assert frames[0]['type'] == 'header' and frames[-1] == dict(mc=1, type='end', frames=len(frames) - 1)
	    return [(f['step'], f['o'].tobytes(), f['r']) for f in frames[1:-1] if f['episode'] == 7]
	a, b, c = run('1', 7), run('1', 2, 3, 7), run('0', 7)
	assert len(a) == 26 and a == b and len({o for _, o, _ in a}) > 9 and a[0] != c[0]
	PY
	PYTHONPATH=$examples/python /usr/bin/python3 compare.py "$examples/hints.py"
}

@test "examples/act.c gives the actions that the team takes" {
	case $MC_BUILD in build/release* | build/portable*) ;; *) skip "a library with a sanitizer or coverage" ;; esac
	mkdir -p include/metacomm
	cp "$BATS_TEST_DIRNAME"/../lib/*/*.h include/metacomm
	cc -Wall -Wextra -Werror -Iinclude -o act "$examples/act.c" "$BATS_TEST_DIRNAME/../$MC_BUILD/libmc.a" \
		-lmsgpackc -lz -lm -lpthread -ldl
	for method in full meta; do
		mc-train -t navigation_N3_l3 -m $method -e 33 -o $method -R '--hidden 8'
		mc-rollout --load $method/run.ckpt -n 3 --explore 0 | mc-cat --full -t trajectory >episodes
		jq -r '.o[:-1][] | flatten | @tsv' episodes | ./act $method/run.ckpt >acted
		[ "$(wc -l <acted)" -eq 75 ]
	done
	# under full everybody is asked, and the actions are those that were taken
	jq -r '.o[:-1][] | flatten | @tsv' <(mc-rollout --load full/run.ckpt -n 3 --explore 0 | mc-cat --full -t trajectory) |
		./act full/run.ckpt >acted
	mc-rollout --load full/run.ckpt -n 3 --explore 0 | mc-cat --full -t trajectory | jq -r '.a[] | flatten | @tsv' >taken
	run bash -c "cut -d ' ' -f 1-6 acted | paste - taken | awk '{ for (i = 1; i <= 6; i++) {
		d = \$i - \$(i + 6); if (d > 1e-6 || d < -1e-6) bad++ } } END { print NR, bad + 0 }'"
	[ "$output" = "75 0" ]
	[ "$(head -n 1 acted | sed 's/.*  //')" = "0<-1 0<-2 1<-0 1<-2 2<-0 2<-1" ]
	run ./act full/run.log
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "examples/listened-to counts as numpy does" {
	mc-train -t push_N3 -e 22 -o push -R '--hidden 8'
	"$examples/listened-to" push/run.ckpt 20 >table
	mc-rollout --load push/run.ckpt -n 20 --explore 0 >episodes
	cat >count.py <<-'PY'
	import sys, msgpack, numpy as np
	def hook(code, data):
	    shape, dtype, raw = msgpack.unpackb(data)
	    return np.frombuffer(raw, dtype).reshape(shape)
	full = []
	for f in msgpack.Unpacker(open('episodes', 'rb'), ext_hook=hook):
	    if f['type'] == 'trajectory':
	        square = np.zeros((25, 3, 3))
	        square[:, ~np.eye(3, dtype=bool)] = f['I'].reshape(25, 6)
	        full.append(square.sum(1).mean(0))
	print('agent  asked by  deviation')
	for j, (m, s) in enumerate(zip(np.mean(full, 0), np.std(full, 0))):
	    print('%5d  %8.3f  %9.3f' % (j, m, s))
	PY
	/usr/bin/python3 count.py | diff - table
}

@test "examples/watch and examples/listened-to fail with what they read" {
	run "$examples/watch" nowhere.log
	[ "$status" -eq 66 ]
	[[ "$output" == "mc-cat: nowhere.log: cannot open: "* ]]
	run "$examples/listened-to" nowhere.ckpt
	[ "$status" -ne 0 ]
	[[ "$output" == "mc-rollout: nowhere.ckpt: cannot open: "* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "examples/watch tells what a run does, and ends with it" {
	mc-train -t push_N3 -m none -e 300 -o push -R '--hidden 4 -C 100000' &
	while [ ! -e push/run.log ]; do sleep 0.05; done
	timeout 60 "$examples/watch" push/run.log 100 >watched
	wait
	run awk 'NR > 1 { print $1, $3 }' watched
	[ "$output" = "100 0.0%
200 0.0%
300 0.0%" ]
	mean=$(mc-cat -t episode -w 'episode<100' push/run.log | jq -s 'map(.return) | add / length')
	[ "$(printf %.2f "$mean")" = "$(awk 'NR == 2 { print $2 }' watched)" ]
	cat push/run.log | "$examples/watch" - 100 | cmp - watched
}

@test "examples/transfer trains with a rule that was learned elsewhere" {
	run "$examples/transfer" navigation_N3_l3 push_N3 22 'over there'
	[ "$status" -eq 0 ]
	mv 'over there' there
	[ "$(grep -c 'run.ckpt  *push_N3  *meta ' <<<"$output")" -eq 2 ]
	[ "$(mc-cat there/with-run/run.ckpt | jq -c '[.header.task, .header."mc-metalearn".freeze]')" = '["push_N3",true]' ]
	mc-cat --full --net rule there/source/run.ckpt | jq -c .params.lstm.kernel_x >learned
	mc-cat --full --net rule there/source/run-0.ckpt | jq -c .params.lstm.kernel_x >random
	[ "$(wc -c <learned)" -gt 1000 ]
	differ learned random
	differ there/with-run/run.ckpt there/with-run-0/run.ckpt
}

@test "examples/gif draws the episode whose return is the median" {
	mc-train -t push_N3 -m full -e 20 -o push -R '--hidden 8'
	run "$examples/gif" push/run.ckpt push.gif 5
	[ "$status" -eq 0 ]
	[ "$(head -c 6 push.gif)" = GIF89a ]
	want=$(mc-rollout --load push/run.ckpt -n 5 --explore 0 | mc-cat -t episode | jq -s -r 'sort_by(.return)[2] | [.episode, .return] | @tsv')
	[[ "$output" == "push.gif: episode ${want%	*} of 5, with a return of "* ]]
	[ "$(printf %.6f "${output##* }")" = "$(printf %.6f "${want#*	}")" ]
	[ "$(ls | sort | xargs)" = "path push push.gif" ]
}
