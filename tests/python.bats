# Streams and Python: what we write, Python's msgpack reads; what it writes, we read.
# The Python programs are those of mc-frame(5).

setup() {
	cd "$BATS_TEST_TMPDIR"
	writer="$BATS_TEST_DIRNAME/../$MC_BUILD/tests/t_frame"
	for name in mc returns net episode; do
		sed -n "/^\.\\\\\" $name.py/,/^\.Ed/p" "$BATS_TEST_DIRNAME/../man/mc-frame.5" | sed '1,2d;$d' >"$name.py"
	done
}

py() {
	PYTHONPATH=. /usr/bin/python3 "$@"
}

@test "Python reads a stream with every kind of value" {
	"$writer" write >s
	run py - <<-'PY'
	from mc import *
	h, e = frames(open('s', 'rb'))
	assert h['mc'] == 1 and h['type'] == 'header' and e['type'] == 'end' and e['frames'] == 1
	assert h['int'] == -5 and h['uint'] == 2**64 - 1 and h['real'] == 0.1 and h['bool'] is True
	assert h['nil'] is None and h['str'] == 'push_N3'
	assert h['f64'].dtype == np.float64 and h['f64'].tolist() == [1.25, -2]
	assert h['i32'].dtype == np.int32 and h['i32'].tolist() == [-1, 1]
	assert h['i64'].shape == (1, 1) and h['i64'][0, 0] == -2**63
	assert h['u32'].tolist() == [4000000000] and h['u8'].tolist() == [[0, 1, 255]]
	assert h['yes'].dtype == bool and h['yes'].tolist() == [True, False]
	assert h['reals'].dtype == np.float32 and h['reals'].tolist() == [[1], [2], [0.5]]
	assert len(h['tree']['many']) == 70000 and h['tree']['empty'] == {} and h['after'] == 'the maps'
	PY
	[ "$status" -eq 0 ]
}

@test "crc32 is zlib's over all that stands before its four bytes" {
	"$writer" write >s
	run py - <<-'PY'
	from mc import *
	s = open('s', 'rb').read()
	u = msgpack.Unpacker(ext_hook=hook, max_buffer_size=2**31 - 1)
	u.feed(s)
	at = 0
	for f in u:
	    end = u.tell()
	    assert s[end - 5] == 0xce and list(f)[-1] == 'crc32'
	    assert zlib.crc32(s[at:end - 4]) == f['crc32'] == int.from_bytes(s[end - 4:end], 'big')
	    at = end
	assert at == len(s)
	PY
	[ "$status" -eq 0 ]
}

@test "our bytes are those that Python and Flax's encoding give" {
	"$writer" write | cat >s
	run py - <<-'PY'
	from mc import *
	h, e = frames(open('s', 'rb'))
	assert 'crc32' not in h
	assert pack(**h) + pack(**e) == open('s', 'rb').read()
	PY
	[ "$status" -eq 0 ]
}

@test "a stream from Python is accepted through a pipe without crc32" {
	run bash -c "PYTHONPATH=. /usr/bin/python3 - <<-'PY' | '$MC_BIN/mc-cat' --full
	from mc import *
	import sys
	w = sys.stdout.buffer.write
	w(pack(mc=1, type='header', task='x', seed=7))
	w(pack(mc=1, type='own', a=np.array([[1, 2], [3, 4.5]]), n=None, l=[1, 'two', {}]))
	w(pack(mc=1, type='end', frames=2))
	PY"
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = '{"mc":1,"type":"own","a":[[1,2],[3,4.5]],"n":null,"l":[1,"two",{}]}' ]
}

@test "a file from Python needs crc32" {
	py - <<-'PY'
	from mc import *
	for name, crc in ('without', False), ('with', True):
	    with open(name, 'wb') as f:
	        f.write(pack(crc, mc=1, type='header', task='x') + pack(crc, mc=1, type='end', frames=1))
	PY
	run "$MC_BIN/mc-cat" --verify with
	[ "$status" -eq 0 ]
	run "$MC_BIN/mc-cat" --verify without
	[ "$status" -eq 65 ]
}

@test "a checkpoint is read as mc-frame(5) shows it" {
	py - <<-'PY'
	from mc import *
	k = np.arange(6, dtype=np.float32).reshape(2, 3)
	open('run.ckpt', 'wb').write(pack(True, mc=1, type='checkpoint', header={}, iteration=1, episode=1,
	    params={'policy': {'dense_0': {'kernel': k}}}, state={}))
	PY
	run "$MC_BIN/mc-cat" run.ckpt
	[ "$status" -eq 0 ]
	run py net.py
	[ "$output" = "(2, 3) float32" ]
}

@test "a Python program acts in an episode with mc-envsim" {
	run timeout 60 env PYTHONPATH=. /usr/bin/python3 - "$MC_BIN/mc-envsim" <<-'PY'
	from mc import *
	import subprocess, sys
	p = subprocess.Popen([sys.argv[1], '-t', 'push_N3', '-n', '2'], stdin=subprocess.PIPE,
	    stdout=subprocess.PIPE)
	seen = []
	for f in frames(p.stdout):
	    seen.append(f['type'])
	    if f['type'] == 'header':
	        n = f['agents']
	    if f['type'] == 'observation':
	        assert f['o'].shape == (n, 12) and f['m'].shape == (n, n - 1)
	        if not f['last']:
	            p.stdin.write(pack(mc=1, type='action', a=np.zeros((n, 2), np.float32)))
	            p.stdin.flush()
	assert seen.count('observation') == 52 and seen[-1] == 'end', seen
	assert p.wait() == 0
	PY
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the example of mc-frame(5) that acts in an episode" {
	PATH="$MC_BIN:$PATH" run timeout 60 env PYTHONPATH=. /usr/bin/python3 episode.py
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 26 ]
	[[ "${lines[25]}" == "25 -"* ]]
}

@test "the example of mc-frame(5) that prints returns" {
	py - <<-'PY'
	from mc import *
	with open('run.log', 'wb') as f:
	    f.write(pack(True, mc=1, type='header') + pack(True, **{'mc': 1, 'type': 'episode', 'episode': 3,
	        'return': -2.5}))
	PY
	run py returns.py
	[ "$output" = "3 -2.5" ]
}
