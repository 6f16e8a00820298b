# mc-cat(1): what it shows, selects, counts, verifies and compares.

setup() {
	cat="$MC_BIN/mc-cat"
	cd "$BATS_TEST_TMPDIR"
	# header {task}, episode {return}, trajectory-like frame with an array, end; crc32 nowhere
	printf '\x83\xa2mc\x01\xa4type\xa6header\xa4task\xa7push_N3' >head
	printf '\x84\xa2mc\x01\xa4type\xa7episode\xa7episode\x05\xa6return\xcb\xc0\x04\x00\x00\x00\x00\x00\x00' >episode
	printf '\x83\xa2mc\x01\xa4type\xa5thing\xa1o\xc7\x26\x01\x93\x92\x02\x03\xa7float32\xc4\x18' >thing
	printf '\0\0\0\0\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xc0\x7f' >>thing
	printf '\x83\xa2mc\x01\xa4type\xa3end\xa6frames\x03' >end
	cat head episode thing end >stream
	# a whole file with crc32: that of {"mc":1,"type":"header"} and {"mc":1,"type":"end","frames":1}
	/usr/bin/python3 - <<-'PY'
	import zlib
	def crc(b): return b + zlib.crc32(b).to_bytes(4, 'big')
	h = crc(b'\x83\xa2mc\x01\xa4type\xa6header\xa5crc32\xce')
	e = crc(b'\x84\xa2mc\x01\xa4type\xa3end\xa6frames\x01\xa5crc32\xce')
	open('whole', 'wb').write(h + e)
	c = crc(b'\x84\xa2mc\x01\xa4type\xaacheckpoint\xa9iteration\x07\xa5crc32\xce')
	open('ckpt', 'wb').write(c)
	open('ckpt8', 'wb').write(crc(c[:-11].replace(b'\x07', b'\x08') + b'\xa5crc32\xce'))
	open('two', 'wb').write(c + c)
	PY
}

@test "a stream is shown as one line of JSON for each frame" {
	run bash -c "cat stream | '$cat'"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 4 ]
	[ "${lines[0]}" = '{"mc":1,"type":"header","task":"push_N3"}' ]
	[ "${lines[1]}" = '{"mc":1,"type":"episode","episode":5,"return":-2.5}' ]
	[ "${lines[3]}" = '{"mc":1,"type":"end","frames":3}' ]
}

@test "an array is summed up over its finite values" {
	run bash -c "cat stream | '$cat' -t thing | jq -c .o"
	[ "$output" = '{"shape":[2,3],"dtype":"float32","min":0,"max":4,"mean":2,"nonfinite":1}' ]
}

@test "--full gives the values, NaN as null" {
	run bash -c "cat stream | '$cat' --full -t thing | jq -c .o"
	[ "$output" = '[[0,1,2],[3,4,null]]' ]
}

@test "--type takes several types" {
	run bash -c "cat stream | '$cat' --type end,header | jq -r .type"
	[ "$output" = "header
end" ]
}

@test "a type must match whole" {
	run bash -c "cat stream | '$cat' -t epi"
	[ "$status" -eq 64 ]
	[[ "$output" == 'mc-cat: --type: no frame is of type "epi"; '* ]]
}

@test "-n stops after N frames, over all files" {
	run "$cat" -n 3 whole whole whole
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
}

@test "-n does not wait for what it does not show" {
	mkfifo slow
	exec 8<>slow
	cat head episode >&8
	run timeout 10 "$cat" -n 2 slow 8>&-
	exec 8>&-
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "a frame from a pipe is shown when it is complete" {
	mkfifo slow
	"$cat" slow >shown &
	pid=$!
	exec 8>slow
	cat head >&8
	for k in $(seq 100); do
		[ -s shown ] && break
		sleep 0.1
	done
	run cat shown
	exec 8>&-
	wait $pid
	[ "$output" = '{"mc":1,"type":"header","task":"push_N3"}' ]
}

@test "--count counts by type" {
	run bash -c "cat head episode episode thing | '$cat' --count 2>err"
	[ "$status" -eq 0 ]
	[ "$output" = "header	1
episode	2
thing	1" ]
	[ "$(cat err)" = "mc-cat: <stdin>: still running, or cut, at 175" ]
}

@test "a stream that stops is shown, with a line on stderr and status 0" {
	run bash -c "head -c 50 stream | '$cat' 2>err"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[ "$(cat err)" = "mc-cat: <stdin>: still running, or cut, at 30" ]
}

@test "--verify of a good stream says nothing" {
	run bash -c "cat stream | '$cat' --verify"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "--verify refuses a cut stream at the length read" {
	run bash -c "head -c 50 stream | '$cat' --verify"
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "${lines[0]}" == "mc-cat: <stdin>:50: the stream stops inside a frame after 1 complete frame; "* ]]
}

@test "--verify refuses a stream without end" {
	run bash -c "cat head episode | '$cat' --verify"
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: <stdin>:73: "* ]]
}

@test "--verify looks at what stands in the frames" {
	data=$BATS_TEST_DIRNAME/data
	for f in run.ckpt run.log run.replay run.ckpt.provenance; do
		run "$cat" --verify "$data/tiny/$f"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
	for f in acted decided back world; do
		run bash -c "cat '$data/tiny/$f' | '$cat' --verify"
		[ "$status" -eq 0 ]
	done
	run "$cat" --verify "$data/hostile/sense-nan-target-critic.ckpt"
	[ "$status" -eq 65 ]
	[[ "$output" == *":0: checkpoint frame: params.target.critic.dense_0.bias has the value nan at element 0, want finite numbers" ]]
	run bash -c "cat '$data/hostile/sense-tau-o-shape.decided' | '$cat' --verify"
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: <stdin>:"*": trajectory frame: o is float32[26,10,2], want float32[26,2,10]" ]]
}

@test "bad bytes are refused with the offset, after what was good" {
	run bash -c "{ cat head; printf '\xc1'; } | '$cat'"
	[ "$status" -eq 65 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ "${lines[1]}" == "mc-cat: <stdin>:30: byte c1 is not msgpack" ]]
}

@test "a file whose frames have no crc32 is refused" {
	run "$cat" stream
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: stream:0: the frame has no crc32"* ]]
}

@test "a file with crc32 is verified" {
	run "$cat" --verify whole
	[ "$status" -eq 0 ]
}

@test "one damaged byte in a file is found" {
	printf 'x' | dd of=whole bs=1 seek=10 conv=notrunc 2>/dev/null
	run "$cat" --verify whole
	[ "$status" -eq 65 ]
}

@test "a checkpoint is one frame" {
	run "$cat" ckpt
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | jq .iteration)" = 7 ]
}

@test "two checkpoints in a file are refused" {
	run "$cat" --verify two
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: two:"*"checkpoint"* ]]
}

@test "streams one after the other are fine" {
	run bash -c "cat whole whole | '$cat' --verify"
	[ "$status" -eq 0 ]
}

@test "--diff of equal files says nothing" {
	run "$cat" --diff ckpt ckpt
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "--diff names frame, key and both values" {
	run "$cat" --diff ckpt ckpt8
	[ "$status" -eq 1 ]
	[ "$output" = "frame 0, checkpoint: iteration: 7 and 8" ]
}

@test "--diff names the index in an array" {
	cp stream other
	printf '\x41' | dd of=other bs=1 seek=123 conv=notrunc 2>/dev/null
	mkfifo a
	cat stream >a &
	run bash -c "cat other | '$cat' --diff a -"
	[ "$status" -eq 1 ]
	[ "$output" = "frame 2, thing: o[1,0]: 3 and 12" ]
}

@test "--diff says which goes on" {
	mkfifo a
	{ cat head; printf '\x83\xa2mc\x01\xa4type\xa3end\xa6frames\x01'; cat head end; } >a &
	run bash -c "{ cat head; printf '\x83\xa2mc\x01\xa4type\xa3end\xa6frames\x01'; } | '$cat' --diff a -"
	[ "$status" -eq 1 ]
	[ "$output" = "a goes on with frame 0, header; the other ends" ]
}

@test "--diff can be limited to types" {
	run "$cat" --diff -t end ckpt ckpt8
	[ "$status" -eq 0 ]
}

@test "--diff wants two files" {
	run "$cat" --diff ckpt
	[ "$status" -eq 64 ]
}

@test "--full, --count, --verify, --diff exclude each other" {
	run "$cat" --full --count ckpt
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a missing file is 66" {
	run "$cat" nothing
	[ "$status" -eq 66 ]
	[ "$output" = "mc-cat: nothing: cannot open: No such file or directory" ]
}

@test "a directory is 66" {
	run "$cat" .
	[ "$status" -eq 66 ]
}

@test "an unknown option is 64" {
	run "$cat" --fulll
	[ "$status" -eq 64 ]
	[[ "$output" == *"did you mean --full?"* ]]
}

@test "a full disk is 74" {
	run bash -c "'$cat' whole >/dev/full"
	[ "$status" -eq 74 ]
	[[ "$output" == "mc-cat: <stdout>: cannot write: No space left on device" ]]
}

@test "a closed stdout is 74" {
	run bash -c "'$cat' whole >&-"
	[ "$status" -eq 74 ]
}

@test "a reader who leaves makes no noise" {
	/usr/bin/python3 -c "open('many', 'wb').write(open('head', 'rb').read() + 9999 * open('episode', 'rb').read())"
	run bash -c "cat many | '$cat' 2>err | head -1"
	[ "${#lines[@]}" -eq 1 ]
	[ ! -s err ]
}

@test "--max-frame refuses what is larger" {
	run bash -c "cat stream | '$cat' --max-frame 40"
	[ "$status" -eq 65 ]
	[[ "$output" == *"mc-cat: <stdin>:"*"40 bytes"*"--max-frame"* ]]
}

@test "garbage is refused at its first byte" {
	run bash -c "echo hello | '$cat'"
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: <stdin>:0: a frame must start with a msgpack map; is this a stream of frames?" ]]
}

@test "a newer version is refused by number" {
	run bash -c "printf '\x83\xa2mc\x02\xa4type\xa6header\xa4task\xa1x' | '$cat'"
	[ "$status" -eq 65 ]
	[[ "$output" == "mc-cat: <stdin>:4: the frame has version 2, this program reads version 1;"* ]]
}

@test "no bytes at all: nothing is shown" {
	run bash -c ": | '$cat' --verify"
	[ "$status" -eq 65 ]
}

@test "--help goes to stdout" {
	run bash -c "'$cat' --help 2>/dev/null"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "usage: mc-cat "* ]]
}

@test "strings are escaped, and what is not UTF-8 is replaced" {
	run bash -c "printf '\x83\xa2mc\x01\xa4type\xa6header\xa1s\xaa\xc3\xa4\xff\xc3\"\\\\\n\x01\xed\xa0' | '$cat' 2>/dev/null | jq -c '.s | explode'"
	[ "$output" = "[228,65533,65533,34,92,10,1,65533,65533]" ]
}

@test "numbers are given with as few digits as give them back" {
	run bash -c "printf '\x86\xa2mc\x01\xa4type\xa6header\xa1a\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a\xa1b\xca\x3d\xcc\xcc\xcd\xa1c\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa1d\xcb\x7f\xf0\0\0\0\0\0\0' | '$cat' 2>/dev/null"
	[ "$output" = '{"mc":1,"type":"header","a":0.1,"b":0.1,"c":18446744073709551615,"d":null}' ]
}

@test "--diff names a key that only one has" {
	mkfifo a
	printf '\x82\xa2mc\x01\xa4type\xa6header\x83\xa2mc\x01\xa4type\xa3end\xa6frames\x01' >a &
	run bash -c "{ cat head; printf '\x83\xa2mc\x01\xa4type\xa3end\xa6frames\x01'; } | '$cat' --diff - a"
	[ "$status" -eq 1 ]
	[ "$output" = "frame 0, header: task: only in the first" ]
}

@test "a terminal as input is refused" {
	command -v script >/dev/null || skip "no script(1)"
	run script -qec "'$cat'" /dev/null
	[ "$status" -eq 64 ]
	[[ "$output" == *"<stdin>: is a terminal; name a file, or pipe a stream in"* ]]
}
