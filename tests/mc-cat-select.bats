# mc-cat(1): conditions, fields, tables, following, nets and their conversion.

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	"$root/pipelines/train" -t push_N3 -e 30 -o run -R '--hidden 4' -M '--rule-hidden 8'
	/usr/bin/python3 "$root/tests/make-ckpt.py" zero.ckpt
	# what is in a checkpoint, as Python reads it: name and values of every tensor
	cat >tensors.py <<-'PY'
	import msgpack, numpy as np
	def hook(code, data):
	    shape, dtype, raw = msgpack.unpackb(data)
	    return np.frombuffer(raw, dtype).reshape(shape)
	def walk(tree, above=()):
	    for k, v in tree.items():
	        yield from walk(v, above + (k,)) if isinstance(v, dict) else [(above + (k,), v)]
	def tensors(path):
	    return list(walk(msgpack.unpackb(open(path, 'rb').read(), ext_hook=hook)['params']))
	PY
}

setup() {
	cat="$MC_BIN/mc-cat"
	cd "$BATS_FILE_TMPDIR"
}

py() {
	PYTHONPATH=. /usr/bin/python3 "$@"
}

@test "--where selects by a number" {
	run bash -c "'$cat' -w 'iteration>=20 && type==metric' run/run.log | jq -c .iteration | sort -u"
	[ "$output" = "20
30" ]
}

@test "--where reaches into maps" {
	run bash -c "'$cat' --where 'values.entropy>0' run/run.log | jq -r .program | sort -u"
	[ "$output" = "mc-metalearn" ]
}

@test "--where goes together with --type, -n and --count" {
	run "$cat" -t episode -w 'episode<7' -n 5 --count run/run.log
	[ "$output" = "episode	5" ]
}

@test "--diff compares what --where selects" {
	"$cat" --diff -w 'episode<3' run/run.log run/run.log
	run "$cat" --diff -w 'type==header' zero.ckpt run/run.log
	[ "$status" -eq 1 ]
	run "$cat" --diff -w 'episode>99' zero.ckpt run/run.log
	[ "$status" -eq 1 ]
	run "$cat" --diff -w 'seed==99' zero.ckpt run/run.log
	[ "$status" -eq 0 ]
}

@test "a condition that cannot be read is 64 and says where" {
	run "$cat" --where 'iteration=3' run/run.log
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == 'mc-cat: --where: one of == != < <= > >= is wanted at "=3"; '* ]]
}

@test "--fields keeps the named entries, null where one is missing" {
	run bash -c "'$cat' -w 'program==mc-metalearn' --fields iteration,values.saturated,nothing run/run.log 2>err | head -n 1"
	[ "$output" = '{"iteration":10,"values.saturated":0,"nothing":null}' ]
}

@test "--fields passes over frames that have none of them" {
	run bash -c "'$cat' --fields values.entropy run/run.log | wc -l"
	[ "$output" -eq 3 ]
}

@test "--tsv is a line of names and a row for each frame" {
	"$cat" --tsv -t episode run/run.log >table
	run head -n 1 table
	[ "$output" = "iteration	episode	return	requests	edges	steps" ]
	[ "$(wc -l <table)" -eq 34 ]
	[ "$(awk -F'\t' 'NF != 6' table | wc -l)" -eq 0 ]
	[ "$(tail -n 1 table | cut -f 2)" -eq 32 ]
}

@test "--tsv agrees with JSON" {
	"$cat" --tsv -t episode --fields episode,return run/run.log | tail -n +2 >table
	"$cat" -t episode run/run.log | jq -r '[.episode, .return] | @tsv' >other
	run awk 'NR == FNR { e[FNR] = $1; r[FNR] = $2; next }
		e[FNR] != $1 || (r[FNR] - $2) ^ 2 > 1e-24 { print "differs", FNR } END { print FNR }' table other
	[ "$output" = 33 ]
}

@test "--tsv leaves the cell of what is missing empty" {
	run bash -c "'$cat' --tsv --fields program,values.entropy -w 'type==metric && iteration==10' run/run.log | sort | cut -c 1-14"
	[ "${lines[0]}" = "mc-critic	" ]
	[ "${lines[1]}" = "mc-metalearn	0" ]
	[ "${lines[2]}" = "mc-rollout	" ]
	[ "${lines[3]}" = "program	values" ]
}

@test "--tsv: text cannot break the table" {
	printf '\x83\xa2mc\x01\xa4type\xa6header\xa1s\xa5a\tb\n\\' >odd
	run bash -c "cat odd | '$cat' --tsv -t header 2>/dev/null"
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[1]}" = 'a\tb\n\\' ]
}

@test "--tsv: numbers that are not finite are spelled out" {
	printf '\x86\xa2mc\x01\xa4type\xa6header\xa1a\xcb\x7f\xf0\0\0\0\0\0\0\xa1b\xca\xff\x80\0\0\xa1c\xcb\x7f\xf8\0\0\0\0\0\0\xa1d\xc0' >odd
	run bash -c "cat odd | '$cat' --tsv -t header 2>/dev/null"
	[ "${lines[1]}" = "inf	-inf	nan	" ]
}

@test "--tsv over several types wants to know the columns" {
	run "$cat" --tsv run/run.log
	[ "$status" -eq 64 ]
	[ "$output" = "mc-cat: --tsv: no columns are chosen; name them with --fields, or choose one type with -t" ]
}

@test "--tsv tells once of values that have no column" {
	run bash -c "'$cat' --tsv -t metric run/run.log 2>&1 >/dev/null"
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "mc-cat: run/run.log:"*" is in no column, the first metric had none; choose columns with --fields" ]]
}

@test "a table passes through head, jq and datamash without a word" {
	"$cat" --tsv -t episode run/run.log 2>err | head -n 2 >/dev/null
	"$cat" --fields episode,return -t episode run/run.log 2>>err | head -n 1 | jq -e .return >/dev/null
	"$cat" -t episode run/run.log 2>>err | jq -e .return >/dev/null
	[ ! -s err ]

	run bash -c "'$cat' --tsv --fields episode,return -t episode run/run.log | datamash -H count episode max episode"
	[ "${lines[1]}" = "33	32" ]
}

@test "--net of a checkpoint is its tree" {
	run bash -c "'$cat' --net target.comm run/run.ckpt | jq -c '[.type, .net, .iteration, (.params | keys)]'"
	[ "$output" = '["params","target.comm",30,["dense_0","dense_1","dense_2"]]' ]
}

@test "--net of a stream is the params frames of the net" {
	cat >stream.py <<-'PY'
	import msgpack, sys
	for f in [dict(mc=1, type='header', task='x'), dict(mc=1, type='params', net='prey', params={'a': 1}),
	          dict(mc=1, type='params', net='comm', params={'a': 2}), dict(mc=1, type='end', frames=3)]:
	    sys.stdout.buffer.write(msgpack.packb(f))
	PY
	run bash -c "/usr/bin/python3 stream.py | '$cat' --net comm"
	[ "$output" = '{"mc":1,"type":"params","net":"comm","params":{"a":2}}' ]
}

@test "a net that a checkpoint lacks is named, with those it has" {
	run "$cat" --net comm.x run/run.ckpt
	[ "$status" -eq 64 ]
	[ "$output" = 'mc-cat: run/run.ckpt: there is no net "comm.x"; it has policy, comm, critic, target, baseline, rule' ]
}

@test "--npz: NumPy reads the same tensors" {
	"$cat" --npz nets.npz run/run.ckpt
	run py - <<-'PY'
	import numpy as np
	from tensors import tensors
	z = np.load('nets.npz')
	want = {'/'.join(k): v for k, v in tensors('run/run.ckpt')}
	assert set(z.files) == set(want) and len(want) > 40, set(z.files) ^ set(want)
	for k, v in want.items():
	    assert z[k].dtype == v.dtype and z[k].shape == v.shape and z[k].tobytes() == v.tobytes(), k
	assert z['policy/lstm/kernel_x'].shape == (3, 12, 16)
	PY
	[ "$status" -eq 0 ]
}

@test "--npz is a zip whose checksums are right" {
	"$cat" --npz nets.npz run/run.ckpt
	run py -c "import zipfile; z = zipfile.ZipFile('nets.npz'); print(z.testzip(), {i.compress_type for i in z.infolist()})"
	[ "$output" = "None {0}" ]
}

@test "--npz gives the same bytes for the same nets" {
	"$cat" --npz one.npz run/run.ckpt
	"$cat" --npz two.npz - <run/run.ckpt
	cmp one.npz two.npz
	"$cat" --npz - run/run.ckpt | cmp - one.npz
	[ ! -e ./- ]
	run script -qec "'$cat' --npz - run/run.ckpt" /dev/null
	[ "$status" -eq 64 ]
	[[ "$output" == "mc-cat: <stdout>: nets are binary, and this is a terminal"* ]]
	run bash -c "'$cat' --safetensors - run/run.ckpt >/dev/full"
	[ "$status" -eq 74 ]
}

@test "--npz --net writes one net" {
	"$cat" --npz target.npz --net target.policy run/run.ckpt
	run py -c "import numpy as np; print(*sorted(np.load('target.npz').files)[:2])"
	[ "$output" = "target/policy/dense_0/bias target/policy/dense_0/kernel" ]
}

@test "--safetensors: header and data are those of the checkpoint" {
	"$cat" --safetensors nets.safetensors run/run.ckpt
	run py - <<-'PY'
	import json, numpy as np
	from tensors import tensors
	b = open('nets.safetensors', 'rb').read()
	n = int.from_bytes(b[:8], 'little')
	assert n % 8 == 0 and b[8:9] == b'{'
	head, data = json.loads(b[8:8 + n]), b[8 + n:]
	meta = head.pop('__metadata__')
	assert meta['task'] == 'push_N3' and meta['iteration'] == '30' and all(type(v) is str for v in meta.values())
	want = {'.'.join(k): v for k, v in tensors('run/run.ckpt')}
	assert set(head) == set(want)
	at = 0
	for k, h in head.items():      # in order, without holes
	    begin, end = h['data_offsets']
	    assert begin == at and h['dtype'] == 'F32' and h['shape'] == list(want[k].shape), k
	    assert data[begin:end] == want[k].tobytes(), k
	    at = end
	assert at == len(data)
	PY
	[ "$status" -eq 0 ]
}

@test "a log has no nets to convert" {
	run "$cat" --npz none.npz run/run.log
	[ "$status" -eq 65 ]
	[ "$output" = "mc-cat: run/run.log: there are no nets to export, and no episodes; name a checkpoint, a stream of episodes, or a type with -t" ]
	[ ! -e none.npz ]
	run "$cat" --safetensors none run/run.log
	[ "$output" = "mc-cat: run/run.log: there are no nets to export; name a checkpoint" ]
}

@test "--npz of a stream: its episodes as arrays, or the frames of a type as columns; --where chooses" {
	"$MC_BIN/mc-rollout" --load run/run.ckpt -n 4 >episodes
	"$cat" --npz episodes.npz episodes
	"$cat" --npz - -w 'episode>1' <episodes >some.npz
	"$cat" --npz log.npz -t episode run/run.log
	"$cat" --npz metric.npz -t metric -w 'program==mc-critic' run/run.log
	run py - <<-'PY'
	import numpy as np, msgpack
	def hook(code, data):
	    shape, dtype, raw = msgpack.unpackb(data)
	    return np.frombuffer(raw, dtype).reshape(shape)
	f = [x for x in msgpack.Unpacker(open('episodes', 'rb'), ext_hook=hook, max_buffer_size=2**30) if x['type'] == 'trajectory']
	z = np.load('episodes.npz')
	assert set('oaIrm') < set(z.files) and len(z['o']) == 4, z.files
	for k in z.files:
	    assert (z[k] == np.array([x[k] for x in f])).all() and z[k].dtype == (f[0][k].dtype if isinstance(f[0][k], np.ndarray) else np.int64), k
	assert z['episode'].tolist() == [0, 1, 2, 3]
	some = np.load('some.npz')
	assert some['episode'].tolist() == [2, 3] and (some['o'] == z['o'][2:]).all()
	log, metric = np.load('log.npz'), np.load('metric.npz')
	frames = list(msgpack.Unpacker(open('run/run.log', 'rb'), ext_hook=hook, max_buffer_size=2**30))
	assert log['return'].tolist() == [x['return'] for x in frames if x['type'] == 'episode'] and log['return'].dtype == np.float64
	m = [x for x in frames if x['type'] == 'metric' and x['program'] == 'mc-critic']
	for name in {name for x in m for name in x['values']}:
	    assert np.array_equal(metric['values.' + name], [x['values'].get(name, np.nan) for x in m], equal_nan=True), name
	assert metric['iteration'].dtype == np.int64
	PY
	echo "$output"
	[ "$status" -eq 0 ]
	run "$cat" --npz x.npz -t episode,metric run/run.log
	[ "$status" -eq 64 ]
	[ "$output" = "mc-cat: --type: --npz writes frames of one type; name one" ]
	run "$cat" --npz x.npz -t metric run/run.log      # arrays only some of them have
	[ "$status" -eq 65 ]
	[[ "$output" == *"choose frames that are alike with --where" ]]
	[ ! -e x.npz ]
}

@test "--npz keeps large integers as they are, also beside frames that have them not" {
	for seed in 9007199254740993 9007199254740995 18446744073709551615; do
		"$MC_BIN/mc-envsim" -t push_N3 -s $seed --random 1 >seed-$seed
	done
	cat seed-900* | "$cat" -t header --npz large.npz
	cat seed-* | "$cat" -t header --npz largest.npz
	/usr/bin/python3 -c "
import msgpack, sys
header = msgpack.Unpacker(open('seed-9007199254740993', 'rb'), max_buffer_size=2**30)
header.skip()
sys.stdout.buffer.write(open('seed-9007199254740993', 'rb').read()[:header.tell()])
for n in ({'n': 2**53 + 1}, {}, {'n': 5}): sys.stdout.buffer.write(msgpack.packb({'mc': 1, 'type': 'x', 'a': 1} | n))
sys.stdout.buffer.write(msgpack.packb({'mc': 1, 'type': 'end', 'frames': 4}))" |
		"$cat" -t x --npz gaps.npz
	run py - <<-'PY'
	import numpy as np
	large, largest, gaps = (np.load(f'{f}.npz') for f in ('large', 'largest', 'gaps'))
	assert large['seed'].dtype == np.int64 and large['seed'].tolist() == [2**53 + 1, 2**53 + 3], large['seed']
	assert largest['seed'].dtype == np.float64 and sorted(largest['seed'])[-1] == 2**64, largest['seed']
	assert gaps['a'].dtype == np.int64 and np.array_equal(gaps['n'], [float(2**53), np.nan, 5], equal_nan=True), gaps['n']
	PY
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the same net twice is refused" {
	run bash -c "{ /usr/bin/python3 - <<'PY'
import msgpack, sys
a = msgpack.ExtType(1, msgpack.packb([[1], 'float32', b'1234']))
for f in [dict(mc=1, type='header', task='x')] + 2 * [dict(mc=1, type='params', net='comm', params={'a': a})]:
    sys.stdout.buffer.write(msgpack.packb(f))
PY
	} | '$cat' --npz none.npz"
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: comm/a: the net is there more than once; "* ]]
	[ ! -e none.npz ]
}

@test "a place that cannot be written is 73, and nothing is left there" {
	run "$cat" --npz nowhere/nets.npz run/run.ckpt
	[ "$status" -eq 73 ]
	[ "${#lines[@]}" -eq 1 ]
	run "$cat" --safetensors . run/run.ckpt
	[ "$status" -eq 73 ]
}

@test "--follow shows what is there, what comes, and ends at end" {
	n=$(wc -c <run/run.log)
	head -c 3000 run/run.log >grow.log
	"$cat" --follow --fields type,episode grow.log >shown 2>err &
	pid=$!
	for k in $(seq 100); do
		[ "$(wc -l <shown)" -lt 3 ] || break
		sleep 0.1
	done
	[ "$(wc -l <shown)" -ge 3 ]
	kill -0 $pid
	tail -c +3001 run/run.log >>grow.log
	wait $pid
	"$cat" --fields type,episode run/run.log >whole
	cmp shown whole
	[ ! -s err ]
}

@test "--follow waits for a log that is still empty" {
	: >grow.log
	timeout 60 "$cat" -f -t end grow.log >shown &
	pid=$!
	sleep 0.3
	cat run/run.log >>grow.log
	wait $pid
	[ "$(wc -l <shown)" -eq 1 ]
}

@test "--follow ends when its reader has gone" {
	head -c 3000 run/run.log >grow.log
	timeout 60 bash -c "'$cat' --follow grow.log 2>err | head -n 1 >/dev/null"
	[ ! -s err ]
}

@test "Ctrl-C ends --follow without a word, after whole lines" {
	head -c 3000 run/run.log >grow.log
	run py - "$cat" <<-'PY'
	import signal, subprocess, sys, time
	p = subprocess.Popen([sys.argv[1], '--follow', 'grow.log'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
	    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
	first = p.stdout.readline()
	time.sleep(0.3)
	p.send_signal(signal.SIGINT)
	out, err = p.communicate(timeout=30)
	assert p.returncode == -signal.SIGINT and err == b'' and out.endswith(b'}\n'), (p.returncode, err, out[-9:])
	PY
	[ "$status" -eq 0 ]
}

@test "--follow of a pipe ends with the pipe" {
	run timeout 30 bash -c "cat run/run.log | '$cat' --follow -t end --count"
	[ "$output" = "end	1" ]
}

@test "--follow of a checkpoint does not wait" {
	run timeout 30 "$cat" --follow --fields iteration run/run.ckpt
	[ "$output" = '{"iteration":30}' ]
}

@test "a run is followed while it goes on" {
	mkdir live
	"$BATS_TEST_DIRNAME/../pipelines/train" -t push_N3 -m none -e 300 -o live -R '--hidden 4 -C 100000' &
	pid=$!
	while [ ! -e live/run.log ]; do sleep 0.05; done
	timeout 60 "$cat" -f -t episode live/run.log >shown
	wait $pid
	[ "$(wc -l <shown)" -eq 300 ]
}

@test "options that do not go together are refused" {
	for options in "--npz x --tsv" "--npz x --safetensors y" "--count --fields a" "--verify --where a==1" \
		"--net a --tsv -t params" "--verify --net a" "--follow --diff a b" "--follow a b" "--npz x --full"; do
		run "$cat" $options
		echo "$options: $output"
		[ "$status" -eq 64 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	[ ! -e x ]
}
