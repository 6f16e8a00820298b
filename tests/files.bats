# Files and descriptors: what a command may write, and that nobody else does.

bats_require_minimum_version 1.5.0

setup() {
	: "${MC_BIN:=$BATS_TEST_DIRNAME/../bin}"
	PATH=$MC_BIN:$PATH
	train=$BATS_TEST_DIRNAME/../pipelines/train
	cd "$BATS_TEST_TMPDIR"
	small=(-t push_N3 -m none -R '--hidden 8 -C 7' -Q '--batch 32 --threads 1 --keep-replay')
}

# ---- descriptors that do not wait ----

# unwaiting DIR EPISODES: a bare ring all of whose pipes are non-blocking. Prints the statuses.
unwaiting() {
	/usr/bin/python3 - "$@" <<-'PY' 3>&-
	import os, subprocess, sys
	d, episodes = sys.argv[1:3]
	programs = [["mc-rollout", "-t", "push_N3", "--explore", "0.2", "-e", episodes, "--comm", "none", "-c", d + "/run.ckpt", "-l", d + "/run.log"],
	            ["mc-critic", "--batch", "32", "--critic-gamma", "0.9", "--threads", "1", "-D", d + "/run.replay", "--keep-replay"]]
	pipes = [os.pipe() for _ in programs]
	for end in sum(pipes, ()):
	    os.set_blocking(end, False)
	ring = [subprocess.Popen(args, stdin=pipes[k - 1][0], stdout=pipes[k][1]) for k, args in enumerate(programs)]
	for end in sum(pipes, ()):
	    os.close(end)
	print(*[p.wait(300) for p in ring])
	PY
}

@test "a ring on pipes that do not wait: begun and continued, the same bytes" {
	mkdir a b
	"$train" -t push_N3 -m none -e 30 -o a -R '--explore 0.2' -Q '--batch 32 --threads 1 --critic-gamma 0.9 --keep-replay'
	[ "$(unwaiting b 10)" = "0 0" ]
	[ "$(stat -c %s b/run.ckpt)" -gt 2000000 ]   # more than a pipe holds
	[ "$(unwaiting b 30)" = "0 0" ]
	cmp a/run.ckpt b/run.ckpt
	cmp a/run.log b/run.log
	cmp a/run.replay b/run.replay
}

# lazily COMMAND ...: its output and messages through one pipe that does not wait, read slowly
lazily() {
	/usr/bin/python3 - "$@" <<-'PY' 3>&-
	import os, subprocess, sys, time
	r, w = os.pipe()
	os.set_blocking(w, False)
	p = subprocess.Popen(sys.argv[1:], stdout=w, stderr=w)
	os.close(w)
	while True:
	    time.sleep(0.002)
	    text = os.read(r, 8000)
	    if not text:
	        break
	    sys.stdout.buffer.write(text)
	sys.exit(p.wait())
	PY
}

@test "text goes whole through a pipe that does not wait" {
	"$train" "${small[@]}" -e 40 -o d
	mc-cat --full d/run.ckpt d/run.log >want
	[ "$(stat -c %s want)" -gt 100000 ]
	lazily mc-cat --full d/run.ckpt d/run.log >got
	cmp want got
	mc-envsim --describe push_N3 >want
	lazily mc-envsim --describe push_N3 >got
	cmp want got
}

# ---- names, modes, locks ----

@test "a checkpoint replaces a file in its mode, through a dangling link, and leaves NAME.tmp alone" {
	mkdir d elsewhere
	ln -s ../elsewhere/real.ckpt d/run.ckpt
	echo mine >d/run.ckpt.tmp
	"$train" "${small[@]}" -e 10 -o d
	[ -L d/run.ckpt ]
	[ "$(cat d/run.ckpt.tmp)" = mine ]
	[ -z "$(find d elsewhere -name '*.lock')" ]
	chmod 640 elsewhere/real.ckpt
	"$train" "${small[@]}" -e 20 -o d
	[ "$(stat -c %a elsewhere/real.ckpt)" = 640 ]
	[ "$(mc-cat d/run.ckpt | jq .episode)" -eq 20 ]
	[ -z "$(find . -name '.*.tmp')" ]
}

@test "the lock is that of the file, whatever it is called" {
	mkdir d e
	ln -s ../d/run.ckpt e/run.ckpt
	"$train" -t push_N3 -m none -e 1000000 -o d -R '--hidden 8' -Q '--batch 32 --threads 1' 3>&- &
	pid=$!
	for _ in $(seq 500); do [ -s d/run.log ] && break; sleep 0.02; done
	run "$train" "${small[@]}" -e 10 -o e
	[ "$status" -eq 75 ]
	[[ "$output" == "mc-rollout: e/run.ckpt: another run is using it"* ]]
	[ "${#lines[@]}" -eq 1 ]
	[ "$(ls e)" = run.ckpt ]
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 75 ]
	[ ! -e d/run.ckpt.lock ]
}

@test "-c that cannot be one is refused, and nothing is left beside it" {
	mkdir d sub
	for c in sub /dev/null nowhere/run.ckpt; do
		mkfifo ring
		{ (mc-rollout -t push_N3 --comm none -e 10 --hidden 8 -c $c <ring 2>err; echo $? >status) | mc-critic --batch 32 >ring; } || true
		[ "$(cat status)" -eq 73 ]
		[ "$(wc -l <err)" -eq 1 ]
		rm ring
	done
	[ ! -e sub.lock ]
	[ ! -e /dev/null.lock ]
}
