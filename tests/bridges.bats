# examples/to-tensorboard and examples/to-wandb, where pip can install what they need.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	"$root/pipelines/train" -t push_N3 -m meta -e 33 -o push -R '--hidden 8' -Q '--batch 32 --threads 1' -M '--rule-hidden 8'
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
}

@test "examples/to-wandb: an offline run" {
	need wandb
	"$MC_BIN/mc-cat" --follow push/run.log | WANDB_SILENT=true WANDB_DIR=$PWD HOME=$PWD timeout 120 "$python" "$root/examples/to-wandb" tried
	file=$(ls wandb/offline-run-*/run-*.wandb)
	[ "$(stat -c %s $file)" -gt 1000 ]
	grep -aq episode/return $file
	grep -aq push_N3 $file
}
