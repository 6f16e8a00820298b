# examples/to-tensorboard and examples/to-wandb, where pip can install what they need.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	"$root/pipelines/train" -t push_N3 -m meta -e 33 -o push -R '--hidden 8' -Q '--batch 32 --threads 1' -M '--rule-hidden 8'
}

# ctrl_c FILES COMMAND ...: gives it a log that goes on, `some`, and presses it once one of FILES has something in it; the
# command's status.
ctrl_c() {
	/usr/bin/python3 - "$@" <<-'PY'
	import glob, os, signal, subprocess, sys, time
	p = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE)
	p.stdin.write(open("some", "rb").read())
	p.stdin.flush()
	while not any(map(os.path.getsize, glob.glob(sys.argv[1]))): time.sleep(0.01)
	p.send_signal(signal.SIGINT)
	sys.exit(p.wait())
	PY
}

# A Python with the package $1, in build/, as $python; else the test is skipped.
need() {
	local venv=$root/build/python-$1
	python=$venv/bin/python
	[ ! -e "$venv/done" ] || return 0
	rm -rf "$venv"
	{ python3 -m venv "$venv" && timeout 300 "$venv/bin/pip" install -q "$1"; } >pip 2>&1 || skip "pip cannot install $1: $(tail -n 1 pip)"
	touch "$venv/done"
}

@test "examples/to-tensorboard: what TensorBoard reads are the log's numbers" {
	need tensorboard
	"$MC_BIN/mc-cat" --follow push/run.log | "$python" "$root/examples/to-tensorboard" board
	"$MC_BIN/mc-cat" -t episode push/run.log | jq -c .return >want
	"$python" - <<-'PY'
	from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
	a = EventAccumulator("board", size_guidance={"scalars": 0})
	a.Reload()
	got = a.Scalars("episode/return")
	want = [float(x) for x in open("want")]
	assert [x.step for x in got] == list(range(33)), got
	assert all(abs(x.value - y) < 1e-5 * abs(y) for x, y in zip(got, want))
	assert any(t.startswith("mc-metalearn/") for t in a.Tags()["scalars"])
	PY
	"$MC_BIN/mc-cat" -t header,episode push/run.log >some
	run ctrl_c 'stopped/*' "$python" "$root/examples/to-tensorboard" stopped
	[ "$status" -eq 130 ]
	[ -z "$output" ]
}

@test "examples/to-wandb: what it tells wandb is the log" {
	mkdir stand-in
	cat >stand-in/wandb.py <<-'PY'
	import json
	out = open("told", "w", buffering=1)
	class Run:
	    def log(self, values, step): print(json.dumps([step, values]), file=out)
	    def finish(self): print("finished", file=out)
	def init(**options):
	    print(json.dumps(options), file=out)
	    return Run()
	PY
	"$MC_BIN/mc-cat" --follow push/run.log | PYTHONPATH=stand-in python3 "$root/examples/to-wandb" tried
	[ "$(sed -n '1p' told | jq -c '[.project, .mode, .config.task, .config.method]')" = '["tried","offline","push_N3","meta"]' ]
	[ "$(tail -n 1 told)" = finished ]
	sed '1d;$d' told | jq -c 'select(.[1] | has("episode/return")) | [.[0], .[1]["episode/return"]]' >returns
	"$MC_BIN/mc-cat" -t episode push/run.log | jq -c '[.episode, .return]' | diff - returns
	sed '1d;$d' told | jq -c '.[1] | to_entries[] | select(.key | startswith("mc-")) | .value' >metrics
	"$MC_BIN/mc-cat" -t metric push/run.log | jq -c '.values[] | numbers' | diff - metrics
	[ -s metrics ]
	PYTHONPATH=stand-in run python3 "$root/examples/to-wandb" tried </dev/null
	[ "$status" -eq 1 ]
	[ "$output" = 'to-wandb: <stdin>: there is no header; mc-cat --follow LOG shows one' ]
	"$MC_BIN/mc-cat" -t header,episode push/run.log >some
	rm told
	PYTHONPATH=stand-in run ctrl_c told python3 "$root/examples/to-wandb" tried
	[ "$status" -eq 130 ]
	[ -z "$output" ]
	[ "$(tail -n 1 told)" = finished ]
}

@test "examples/to-wandb: an offline run" {
	need wandb
	"$MC_BIN/mc-cat" --follow push/run.log | WANDB_SILENT=true WANDB_ERROR_REPORTING=false WANDB_DIR=$PWD HOME=$PWD \
		timeout 120 "$python" "$root/examples/to-wandb" tried && status=0 || status=$?
	[ "$status" -ne 124 ] || skip "wandb did not end within two minutes"
	[ "$status" -eq 0 ]
	file=$(ls wandb/offline-run-*/run-*.wandb)
	[ "$(stat -c %s $file)" -gt 1000 ]
	grep -aq episode/return $file
	grep -aq push_N3 $file
}
