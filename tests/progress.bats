# What a run tells on standard error while it lasts: mc-rollout --progress; and what else takes long.
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	train="$BATS_TEST_DIRNAME/../pipelines/train"
	small=(-t push_N3 -m none -o d)
	export MC_BIN
	unset MC_QUIET
}

# A command whose standard error is a terminal; what the terminal got goes to standard output.
on_terminal() {
	/usr/bin/python3 - "$@" <<-'PY'
	import os, pty, subprocess, sys
	ours, theirs = pty.openpty()
	p = subprocess.Popen(sys.argv[1:], stderr=theirs, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
	os.close(theirs)
	got = b''
	while True:
	    try:
	        part = os.read(ours, 4096)
	    except OSError:
	        break
	    if not part:
	        break
	    got += part
	sys.stdout.buffer.write(got)
	sys.exit(p.wait())
	PY
}

@test "without a terminal there is no progress" {
	"$train" "${small[@]}" -e 100 -R '--hidden 4' 2>err
	[ ! -s err ]
	"$train" "${small[@]}" -e 100 -R '--hidden 4 --fresh --progress auto' 2>err
	[ ! -s err ]
}

@test "json: objects with numbers, the last one of the run's end" {
	"$train" "${small[@]}" -e 200 -R '--hidden 4 --progress=json' 2>err
	run jq -cs 'map(keys_unsorted) | unique' err
	[ "$output" = '[["episodes","goal","return","requests_per_step","episodes_per_second","seconds_left"]]' ]
	run jq -cs '.[-1] | [.episodes, .goal, .requests_per_step, .seconds_left]' err
	[ "$output" = '[200,200,0,0]' ]
	run jq -es '.[-1] | .return < 0 and .episodes_per_second > 0' err
	[ "$status" -eq 0 ]
}

@test "json: a line every second while the run lasts" {
	"$train" "${small[@]}" -e 100000000 -R '--hidden 4 --progress=json' 2>err &
	pid=$!
	for k in $(seq 200); do
		[ "$(wc -l <err)" -lt 2 ] || break
		sleep 0.1
	done
	kill -TERM $pid
	wait $pid || [ $? -eq 75 ]
	run jq -es 'length >= 3 and (map(.episodes) | . == sort) and .[0].seconds_left > 0 and .[0].goal == 100000000' err
	[ "$status" -eq 0 ]
}

@test "json: a run that is finished says so in the same way" {
	"$train" "${small[@]}" -e 20 -R '--hidden 4'
	"$train" "${small[@]}" -e 20 -R '--hidden 4 --progress=json' 2>err
	[ "$(cat err)" = '{"episodes":20,"goal":20,"return":null,"requests_per_step":null,"episodes_per_second":null,"seconds_left":0}' ]
}

@test "always: a line without a terminal, nothing redrawn, also under MC_QUIET" {
	MC_QUIET=1 "$train" "${small[@]}" -e 100 -R '--hidden 4 --progress=always' 2>err
	[ "$(wc -l <err)" -eq 1 ]
	grep -q '^100/100 episodes  return -[0-9.]*  0.00 requests/step  [0-9]* episodes/s  0m00s left$' err
	[ "$(grep -c "$(printf '[\r\033]')" err)" -eq 0 ]
}

@test "never: nothing, on a terminal either" {
	run on_terminal "$train" "${small[@]}" -e 300 -R '--hidden 4 --progress never'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "auto: on a terminal a line that is redrawn, unless MC_QUIET is set" {
	command -v timeout >/dev/null
	run on_terminal "$train" "${small[@]}" -m meta -e 1500 -R '--hidden 32' -M '--rule-hidden 8'
	[ "$status" -eq 0 ]
	[[ "$output" == *$'\r\033[K'*' requests/step '*'/1500 episodes '* ]]
	run env MC_QUIET=1 "$BASH" -c "$(declare -f on_terminal); on_terminal '$train' -t push_N3 -m none -o q -e 300 -R '--hidden 4'"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "a dumb terminal gets lines, and no escape sequence" {
	export TERM=dumb
	run on_terminal "$train" "${small[@]}" -e 300 -R '--hidden 4'
	[ "$status" -eq 0 ]
	[[ "$output" == "300/300 episodes "* ]]
	[[ "$output" != *$'\033'* ]]
}

@test "progress changes no byte" {
	"$train" "${small[@]}" -e 100 -R '--hidden 4 --progress=json' 2>err
	"$train" -t push_N3 -m none -o b -e 100 -R '--hidden 4 --progress=never'
	cmp d/run.ckpt b/run.ckpt
	cmp d/run.log b/run.log
}

@test "another word is refused" {
	"$MC_BIN/mc-rollout" -t push_N3 --progress=sometimes </dev/null 2>err >out || [ $? -eq 64 ]
	[ "$(cat err)" = 'mc-rollout: --progress: "sometimes" is not auto, always, never or json' ]
}

@test "frames are refused to a terminal by every program that writes them" {
	"$train" "${small[@]}" -e 20 -R '--hidden 4'
	cat >refused.py <<-'PY'
	import os, pty, subprocess, sys
	for command in sys.stdin.read().strip().split('\n'):
	    ours, theirs = pty.openpty()
	    p = subprocess.run(command.split(), stdout=theirs, stderr=subprocess.PIPE, input=b'')
	    os.set_blocking(ours, False)
	    try:
	        got = os.read(ours, 100)
	    except (BlockingIOError, OSError):
	        got = b''
	    err = p.stderr.decode()
	    assert p.returncode == 64 and got == b'' and 'terminal' in err and err.count('\n') == 1, (command, p, got)
	    print(err, end='')
	PY
	run /usr/bin/python3 refused.py <<-END
	$MC_BIN/mc-rollout -t push_N3
	$MC_BIN/mc-rollout --load d/run.ckpt
	$MC_BIN/mc-metalearn
	$MC_BIN/mc-metalearn --analyse d/run.ckpt
	$MC_BIN/mc-critic
	$MC_BIN/mc-envsim -t push_N3
	$MC_BIN/mc-envsim -t push_N3 --random 2
	END
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 7 ]
}

@test "frames from a terminal are refused by every program that reads them" {
	cat >refused.py <<-'PY'
	import pty, subprocess, sys
	for command in sys.stdin.read().strip().split('\n'):
	    ours, theirs = pty.openpty()
	    p = subprocess.run(command.split(), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
	    err = p.stderr.decode()
	    assert p.returncode == 64 and 'terminal' in err or 'pipe' in err, (command, p)
	    assert err.count('\n') == 1, (command, p)
	PY
	/usr/bin/python3 refused.py <<-END
	$MC_BIN/mc-rollout -t push_N3
	$MC_BIN/mc-metalearn
	$MC_BIN/mc-critic
	$MC_BIN/mc-envsim -t push_N3
	$MC_BIN/mc-eval -
	$MC_BIN/mc-cat
	$MC_BIN/mc-plot curves -
	END
}

@test "a grid moves on the terminal while no run ends, and says nothing without one" {
	args=(sh -c 'echo $$ >pid; exec "$0" "$@"' "$BATS_TEST_DIRNAME/../pipelines/figures" fig2 TASKS=push_N3 METHODS=none SEEDS=1 EPISODES=100000 JOBS=1 "ROLLOUT=--hidden 64" "OUT=$PWD/out")
	{
		sleep 6
		kill -TERM "$(cat pid)"
	} &
	on_terminal "${args[@]}" >got || [ $? -eq 75 ]
	wait
	tr '\r' '\n' <got >lines
	[ "$(grep -c '^fig2: [0-9]*:[0-9][0-9] $' lines)" -ge 2 ]
	grep -q 'fig2: stopped; the same command continues' lines
	{
		sleep 3
		kill -TERM "$(cat pid)"
	} &
	"${args[@]}" 2>err || [ $? -eq 75 ]
	wait
	run ! grep -q '[0-9]:[0-9][0-9]' err
}

@test "moving: words and time on a terminal; what a command says where it fails" {
	moving="$BATS_TEST_DIRNAME/../packaging/moving"
	on_terminal "$moving" "a long sleep" sh -c 'echo noise; sleep 3.5' >got
	tr '\r' '\n' <got >lines
	[ "$(grep -c '^a long sleep 0:0[1-4] $' lines)" -ge 2 ]
	run ! grep -q noise got
	run "$moving" words sh -c 'echo reason >&2; exit 7'
	[ "$status" -eq 7 ]
	[ "$output" = "words
reason" ]
}
