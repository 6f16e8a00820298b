# Files and descriptors: what a command may write, and that nobody else does.
load programs

bats_require_minimum_version 1.5.0

setup() {
	programs
	small=(-t push_N3 -m none -R '--hidden 8 -C 7 --explore 0.5:0.2:20' -Q '--batch 32 --threads 1 --critic-gamma same --keep-replay')
}

# ---- descriptors that do not wait ----

# unwaiting DIR EPISODES: a bare ring all of whose pipes are non-blocking. Prints the statuses.
unwaiting() {
	/usr/bin/python3 - "$@" <<-'PY' 3>&-
	import os, subprocess, sys
	d, episodes = sys.argv[1:3]
	programs = [["mc-rollout", "-t", "push_N3", "--explore", "0.5:0.2:20", "-e", episodes, "--comm", "none", "-c", d + "/run.ckpt", "-l", d + "/run.log"],
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
	"$train" -t push_N3 -m none -e 30 -o a -R '--explore 0.5:0.2:20' -Q '--batch 32 --threads 1 --critic-gamma 0.9 --keep-replay'
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
	time.sleep(0.3)                              # the pipe is full by then
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
		{ (mc-rollout -t push_N3 --comm none -e 10 --hidden 8 -c $c 2>err <ring; echo $? >status) | mc-critic --batch 32 >ring; } || true
		[ "$(cat status)" -eq 73 ]
		[ "$(wc -l <err)" -eq 1 ]
		rm ring
	done
	[ ! -e sub.lock ]
	[ ! -e /dev/null.lock ]
}

# ---- continuing: nothing changes before it is known to go on ----

# What every file of a directory holds.
sums() { (cd "$1" && find . -type f ! -name '*.provenance' -exec cksum {} + | sort -k 3); }

# refused STATUS DIR TEXT: the last `run` ended so, with one line, and changed no byte of DIR
refused() {
	[ "$status" -eq "$1" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"$3"* ]]
	[ "$(sums "$2")" = "$before" ]
}

@test "a refused \"train longer\" changes no byte: no replay file, in no method" {
	for m in none meta; do
		"$train" "${small[@]}" -m $m -e 22 -o $m
		rm $m/run.replay
		before=$(sums $m)
		run "$train" "${small[@]}" -m $m -e 44 -o $m
		refused 66 $m 'run.replay: the replay file is missing'
		mc-cat --verify $m/run.log
		[ "$(mc-cat -t end $m/run.log | wc -l)" -eq 1 ]
	done
}

@test "nor where a bare ring's critic has no -D, or another method's programs stand in it" {
	"$train" "${small[@]}" -e 20 -o d
	before=$(sums d)
	again() {
		mkfifo ring
		{ mc-rollout -t push_N3 --comm none --hidden 8 --explore 0.5:0.2:20 -e 40 -c d/run.ckpt -l d/run.log 2>err <ring | mc-critic --batch 32 --critic-gamma same "$@" 2>>err >ring; } || true
		rm ring
		[ "$(wc -l <err)" -eq 1 ]
		[ "$(sums d)" = "$before" ]
	}
	again
	grep -q '^mc-critic: -D: to continue the run its replay file is needed$' err
	again -D missing.replay
	grep -q 'the replay file is missing' err
	[ ! -e missing.replay ]
	again -D d/run.replay --tau 0.5
	grep -q 'tau = 0.01' err
}

@test "the log of a finished run gets its lost end back; what is not its log is refused" {
	"$train" "${small[@]}" -e 20 -o d
	"$train" "${small[@]}" -e 20 -s 2 -o e
	cp d/run.log whole
	bytes=$(mc-cat d/run.ckpt | jq '.state["mc-rollout"].log_bytes')
	for n in $bytes $((bytes + 10)); do
		head -c $n whole >d/run.log
		"$train" "${small[@]}" -e 20 -o d
		cmp whole d/run.log
	done
	cp e/run.log d/run.log
	before=$(sums d)
	run "$train" "${small[@]}" -e 20 -o d
	refused 65 d 'run.log: does not match the checkpoint: it is of another run, seed is 2 there, not 1'
}

@test "another run's log or replay file, or one that was changed, is not continued" {
	"$train" "${small[@]}" -e 20 -o d
	"$train" "${small[@]}" -e 40 -s 2 -o e
	"$train" -t push_N3 -m none -R '--hidden 8 --explore 0.5:0.2:20' -Q '--batch 32 --threads 1 --critic-gamma same --keep-replay' -e 40 -o f
	cp -r d good
	again() {
		before=$(sums d)
		run "$train" "${small[@]}" -e 40 -o d
		refused 65 d "$1"
		cp good/* d
	}
	cp e/run.log d; again 'run.log: does not match the checkpoint: it is of another run, seed is 2 there, not 1'
	cp e/run.replay d; again 'run.replay: does not match the checkpoint: it is of another run, seed is 2 there, not 1'
	# under the right header other frames of the same lengths, with right checksums of their own
	/usr/bin/python3 - <<-'PY'
	import msgpack, zlib
	class Raw(bytes):
	    pass
	def frames(data):
	    u = msgpack.Unpacker(strict_map_key=False)
	    u.feed(data)
	    at = 0
	    for f in u:
	        yield f, data[at:u.tell()]
	        at = u.tell()
	def spoil(path):
	    out, done = b"", 0
	    for f, raw in frames(open(path, "rb").read()):
	        if f["type"] in ("episode", "trajectory") and not done:
	            at = raw.index(b"\xa6return\xcb") + 10 if f["type"] == "episode" else len(raw) // 2
	            raw = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1:]
	            raw = raw[:-4] + zlib.crc32(raw[:-4]).to_bytes(4, "big")
	            done = 1
	        out += raw
	    assert done
	    open(path + ".spoilt", "wb").write(out)
	spoil("d/run.log")
	spoil("d/run.replay")
	PY
	mv d/run.log.spoilt spoilt.log
	mv d/run.replay.spoilt spoilt.replay
	mc-cat --verify spoilt.log spoilt.replay
	cp spoilt.log d/run.log; again 'run.log: does not match the checkpoint: its checksum differs'
	cp spoilt.replay d/run.replay; again 'run.replay: does not match the checkpoint: its checksum differs'
	"$train" "${small[@]}" -e 40 -o d
	cmp d/run.ckpt f/run.ckpt
}

@test "a checkpoint without checksums, of an earlier version, is continued by lengths" {
	"$train" "${small[@]}" -e 20 -o d
	"$train" "${small[@]}" -e 40 -o e
	/usr/bin/python3 - <<-'PY'
	import msgpack, zlib
	data = open("d/run.ckpt", "rb").read()
	f = msgpack.unpackb(data)
	del f["crc32"], f["state"]["mc-rollout"]["log_crc32"], f["state"]["mc-critic"]["replay_crc32"]
	out = msgpack.packb(f)
	out = bytes([out[0] + 1]) + out[1:] + b"\xa5crc32\xce"
	open("d/run.ckpt", "wb").write(out + zlib.crc32(out).to_bytes(4, "big"))
	PY
	mc-cat --verify d/run.ckpt
	"$train" "${small[@]}" -e 40 -o d
	cmp d/run.ckpt e/run.ckpt
}

# ---- one file, two uses ----

# clash TEXT: mc-rollout $r in a ring with mc-critic $q, refused with 64 and a line with the text
clash() {
	rm -f ring err
	mkfifo ring
	{ mc-rollout -t push_N3 --comm none --hidden 8 -e 20 $r 2>err <ring; echo $? >status; } | { mc-critic --batch 32 $q 2>>err >ring; echo $? >status.q; } || true
	[ "$(wc -l <err)" -eq 1 ]
	grep -qF -e "$1" err
	[ "$(cat status)" -eq 64 ]
	[ "$(cat status.q)" -eq 75 ]
}

@test "one file for two outputs of a ring is refused, however it is called" {
	mkdir sub
	ln -s y yy
	r='-c x.ckpt' q='-D x.ckpt' clash 'would write the file that'
	r='-c x.ckpt' q='-D ./sub/../x.ckpt' clash '-c of mc-rollout would write the file that -D of mc-critic writes, too'
	r='-l log' q='-D log' clash '-l of mc-rollout would write the file that -D of mc-critic writes, too'
	r='-c y -l y' q='' clash 'mc-rollout: -l: y would be written by -c, too; name another file'
	r='-c y -l yy' q='' clash 'mc-rollout: -l: yy would be written by -c, too; name another file'
	r='-c run.ckpt -l run-10.ckpt --keep 10' q='' clash 'run-10.ckpt would be written by'
	r='-c run.ckpt -l run.ckpt.provenance' q='' clash 'run.ckpt.provenance would be written by'
	r='-c run.ckpt --keep 10' q='-D run-10.ckpt' clash 'would write the file that'
	[ "$(ls)" = "$(printf 'err\nring\nstatus\nstatus.q\nsub\nyy')" ]
}

@test "a rule or prey that are read are not written over" {
	"$train" -t push_N3 -m meta -e 11 -o d -R '--hidden 8' -M '--rule-hidden 4' -Q '--batch 32'
	before=$(sums d)
	mkfifo ring
	{ mc-rollout -t push_N3 --hidden 8 -e 20 -l log 2>err <ring | mc-metalearn --rule-hidden 4 --freeze --eta d/run.ckpt 2>>err | mc-critic -D d/run.ckpt --batch 32 2>>err >ring; } || true
	[ "$(wc -l <err)" -eq 1 ]
	rm ring; mkfifo ring
	{ mc-rollout -t push_N3 --hidden 8 -e 20 -c d/run.ckpt --fresh 2>err <ring | mc-metalearn --rule-hidden 4 --freeze --eta d/run.ckpt 2>>err | mc-critic --batch 32 2>>err >ring; } || true
	grep -qF 'mc-rollout: the ring: -c of mc-rollout would write the file that --eta of mc-metalearn reads' err
	[ "$(wc -l <err)" -eq 1 ]
	[ "$(sums d)" = "$before" ]
	{ mc-rollout -t predator_prey_N3_l3 --comm none --prey d/run.ckpt -l d/run.ckpt 2>err <ring | mc-critic 2>>err >ring; } || true
	[ "$(wc -l <err)" -eq 1 ]
	[ "$(sums d)" = "$before" ]
}

@test "a file that is something else is neither emptied nor deleted: -c, -l, -D, --keep" {
	echo 'years of work' >thesis.txt
	printf '\x81\xa1a\x01' >other.mp
	for f in thesis.txt other.mp; do
		cksum $f >before
		for o in -l "--fresh -c" "--keep 5 -c run.ckpt -l run.log"; do
			[ "$o" != "--keep 5 -c run.ckpt -l run.log" ] || { cp $f run-5.ckpt; }
			case $o in --keep*) file='' target=run-5.ckpt ;; *) file=$f target=$f ;; esac
			mkfifo ring
			{ mc-rollout -t push_N3 --comm none --hidden 8 -e 10 $o $file 2>err <ring; echo $? >status; } | mc-critic --batch 32 2>>err >ring || true
			rm ring
			[ "$(cat status)" -eq 73 ]
			[ "$(wc -l <err)" -eq 1 ]
			grep -q "$target: exists and is not a " err
			cksum $f | cmp before -
		done
		[ ! -e run.ckpt ]
		[ ! -e run.log ]
		mkfifo ring
		{ mc-rollout -t push_N3 --comm none --hidden 8 -e 10 -l r.log 2>err <ring | { mc-critic --batch 32 -D $f 2>>err >ring; echo $? >status; }; } || true
		rm ring
		[ "$(cat status)" -eq 73 ]
		[ "$(wc -l <err)" -eq 1 ]
		grep -q "$f: exists and is not a replay file" err
		[ ! -e r.log ]
		cksum $f | cmp before -
	done
	# a log is not a replay file, and a replay file is not a log
	"$train" "${small[@]}" -e 10 -o d
	mkfifo ring
	{ mc-rollout -t push_N3 --comm none --hidden 8 -e 10 -l d/run.replay 2>err <ring | mc-critic --batch 32 2>>err >ring; } || true
	grep -q "d/run.replay: exists and is not a run's log" err
	{ mc-rollout -t push_N3 --comm none --hidden 8 -e 10 2>err <ring | mc-critic --batch 32 -D d/run.log 2>>err >ring; } || true
	grep -q "d/run.log: exists and is not a replay file" err
}

@test "two runs do not write one log, or one replay file" {
	mkfifo a b
	(mc-rollout -t push_N3 --comm none --hidden 8 -e 1000000 -c "$PWD/one.ckpt" -l the.log <a | mc-critic --batch 32 --threads 1 -D the.replay >a) 2>err.a 3>&- &
	for _ in $(seq 500); do [ -s the.log ] && [ -s the.replay ] && break; sleep 0.02; done
	{ mc-rollout -t push_N3 --comm none --hidden 8 -e 10 -c two.ckpt -l the.log 2>err <b; echo $? >status; } | mc-critic --batch 32 2>>err >b || true
	[ "$(cat status)" -eq 75 ]
	[ "$(cat err)" = "mc-rollout: the.log: another run is using it; wait for it, or name another file" ]
	{ mc-rollout -t push_N3 --comm none --hidden 8 -e 10 -l other.log 2>err <b; echo $? >status; } | mc-critic --batch 32 -D the.replay 2>>err >b || true
	[ "$(cat status)" -eq 75 ]
	[ "$(cat err)" = "mc-critic: the.replay: another run is using it; wait for it, or name another file" ]
	[ ! -e other.log ]
	pkill -TERM -f "$PWD/one.ckpt"
	wait
	mc-cat --verify one.ckpt
	[ ! -s err.a ]
}

@test "--keep writes every checkpoint under its own name, also a long one" {
	dir=$(printf '%0250d/%0250d/%0250d/%0250d' 1 2 3 4)
	mkdir -p "$dir"
	"$train" "${small[@]}" -e 30 -o "$dir" -R '--keep 0,10,20'
	for n in 0 10 20; do
		[ "$(mc-cat "$dir/run-$n.ckpt" | jq .episode)" -eq $n ]
	done
	[ "$(ls -A "$dir" | wc -l)" -eq 7 ]
	run mc-rollout -t push_N3 -c x.ckpt --keep 99999999999999999999
	[ "$status" -eq 64 ]
	[[ "$output" == *'--keep: "99999999999999999999" is not '* ]]
}

# ---- a ring whose end fails ----

@test "a bare ring whose critic fails says so once" {
	for k in 1 2 3; do
		mkfifo ring
		{ mc-rollout -t push_N3 --hidden 8 -e 100 2>err <ring; echo $? >s1; } | { mc-metalearn --rule-hidden 4 2>>err; echo $? >s2; } |
			{ (ulimit -f 60; exec mc-critic --batch 32 -D big.replay 2>>err >ring); echo $? >s3; } || true
		rm ring
		[ "$(wc -l <err)" -eq 1 ]
		grep -q '^mc-critic: ' err
		[ "$(cat s1 s2 s3 | tr '\n' ' ')" = "75 75 74 " ]
	done
	mkfifo ring
	{ mc-rollout -t push_N3 --hidden 8 -e 100 2>err <ring; } | mc-metalearn --rule-hidden 4 2>>err | mc-critic --bogus 2>>err >ring || true
	[ "$(wc -l <err)" -eq 1 ]
}

@test "OPENBLAS_CORETYPE that the library does not have is refused, not passed over" {
	run bash -c 'OPENBLAS_CORETYPE=nonsense mc-rollout -t push_N3 --comm none </dev/null | cat'
	[[ "$output" == *'mc-rollout: OPENBLAS_CORETYPE: OpenBLAS has no core "nonsense" here, and would take '* ]]
	OPENBLAS_CORETYPE= mc-rollout --version
}

# ---- what is read is not written ----

@test "mc-cat, mc-plot and mc-eval do not write over what they read" {
	"$train" "${small[@]}" -e 60 -o d
	cp d/run.log d/run.dat
	cp d/run.log d/run.gp
	cp d/run.log d/run.svg
	ln -s run.ckpt d/link
	ln d/run.ckpt d/hard
	before=$(sums d)
	over() {
		run "$@"
		refused 64 d "would be overwritten, and is read"
	}
	for o in --npz --safetensors; do
		for f in d/run.ckpt d/link d/hard ./d/../d/run.ckpt; do
			over mc-cat $o d/run.ckpt $f
			over mc-cat $o $f d/run.ckpt
		done
		over bash -c "mc-cat $o d/run.ckpt <d/run.ckpt"
		over bash -c "mc-cat $o - d/run.ckpt 1<>d/run.ckpt"
	done
	over mc-eval --aggregate --marl-eval d/run.log d/run.log
	over mc-plot curves -o d/run.svg d/run.svg
	over mc-plot curves --emit -o d/run.svg d/run.dat
	over mc-plot curves --emit -o d/run.svg d/run.log d/run.gp
	over mc-plot curves --named --emit -o d/run.svg one=d/run.dat
	mc-cat --npz d/out.npz d/run.ckpt
	[ -s d/out.npz ]
}

@test "nor over a run's files: a FILE that was forgotten costs no run" {
	"$train" "${small[@]}" -e 60 -o d
	cp d/run.ckpt d/other.ckpt
	for name in log svg gp dat; do
		cp d/run.log d/other.$name
	done
	before=$(sums d)
	over() {
		run "$@"
		refused 73 d "exists and is a run's log, checkpoint or replay file; name another file, or move this one away"
	}
	for o in --npz --safetensors; do
		for f in other.ckpt other.log run.replay; do
			over mc-cat $o d/$f d/run.ckpt
		done
	done
	over mc-cat --condense d/other.log d/run.log
	over mc-cat --condense d/run.ckpt d/run.log
	over mc-eval --aggregate --marl-eval d/other.log d/run.log
	over mc-plot curves -o d/other.svg d/run.log
	rm d/other.svg
	before=$(sums d)
	over mc-plot curves --emit -o d/other.svg d/run.log
	rm d/other.gp
	before=$(sums d)
	over mc-plot curves --emit -o d/other.svg d/run.log
	# what they wrote themselves they replace
	for k in 1 2; do
		mc-cat --npz d/out.npz d/run.ckpt
		mc-cat --condense d/small.log --points $((k * 5)) d/run.log
		mc-eval --aggregate --marl-eval d/out.json d/run.log
	done
	[ "$(mc-cat -t header d/small.log | jq .condensed)" -eq 10 ]
}

# ---- mc-cat: names, and logs that change under it ----

@test "names that nothing has are told of, not passed over in silence" {
	"$train" "${small[@]}" -e 10 -o d
	run mc-cat -t epsiode d/run.log
	[ "$status" -eq 64 ]
	[ "$output" = 'mc-cat: --type: no frame is of type "epsiode"; mc-cat --count shows the types that there are' ]
	run mc-cat -t trajectory d/run.log           # there might be one
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run mc-cat --fields nosuch d/run.log
	[ "$status" -eq 64 ]
	[ "$output" = 'mc-cat: --fields: no frame has "nosuch"; leave it out to see the names' ]
	run --separate-stderr mc-cat -t episode --tsv --fields episode,retrun d/run.log
	[ "$status" -eq 0 ]
	[ "$stderr" = 'mc-cat: --fields: no frame has "retrun"' ]
	[ "${#lines[@]}" -eq 11 ]
	run mc-cat - - <d/run.log
	[ "$status" -eq 64 ]
	[ "$output" = 'mc-cat: -: name it once; standard input is read once' ] || [ "$output" = 'mc-cat: -: standard input is read once; name it once' ]
	: >empty
	run mc-cat empty
	[ "$output" = 'mc-cat: empty: is empty: still running, or cut, at 0' ]
}

@test "mc-cat --follow: a log that was begun anew ends it; one that goes on does not" {
	"$train" "${small[@]}" -e 10 -o d
	"$train" "${small[@]}" -s 2 -e 10 -o e
	bytes=$(mc-cat d/run.ckpt | jq '.state["mc-rollout"].log_bytes')
	for how in same moved; do
		head -c $bytes d/run.log >log                  # without its end
		mc-cat -f -t header,episode log >out 2>err 3>&- &
		pid=$!
		for _ in $(seq 300); do [ "$(wc -l <out)" -ge 11 ] && break; sleep 0.02; done
		if [ $how = same ]; then head -c 900 e/run.log >log; else head -c 900 e/run.log >new && mv new log; fi
		status=0
		wait $pid || status=$?
		[ "$status" -eq 65 ]
		[ "$(cat err)" = "mc-cat: log: was replaced: another run's log has its name now; follow it again" ]
		[ "$(jq -c 'select(.type == "header") | .seed' out)" = 1 ]
	done
	head -c $bytes d/run.log >log
	mc-cat -f -t episode log >out 2>err 3>&- &
	pid=$!
	for _ in $(seq 300); do [ "$(wc -l <out)" -ge 10 ] && break; sleep 0.02; done
	truncate -s 900 log                                    # cut back, as a continued run does
	sleep 0.5
	tail -c +901 d/run.log >>log
	wait $pid
	[ "$(wc -l <out)" -eq 10 ]
	[ ! -s err ]
}

# ---- small ones ----

@test "status, names and bounds are those of the page" {
	run bash -c 'mc-envsim -t push_N3 --random 3 >&-'
	[ "$status" -eq 74 ]
	run bash -c 'mc-critic --threads 4294967296 2>&1 >/dev/null </dev/null'
	[[ "$output" == 'mc-critic: --threads: "4294967296" is not an integer from 1 to 1024; see --help' ]]
	run bash -c 'mc-critic --replay 1e99 2>&1 >/dev/null </dev/null'
	[[ "$output" == 'mc-critic: --replay: "1e99" is not an integer from 1 to 1000000000; see --help' ]]
	run bash -c 'mc-metalearn --lr 0.1 2>&1 >/dev/null </dev/null'
	[[ "$output" == *'did you mean --lr-comm or --lr-baseline or --lr-rule?' ]]
	run bash -c 'mc-metalearn --lr-rul3 0.1 2>&1 >/dev/null </dev/null'
	[[ "$output" == *'did you mean --lr-rule?' ]]
	run bash -c 'sleep 1 | mc-rollout -t push_N3 --prey flee --comm none | cat; exit ${PIPESTATUS[1]}'
	[ "$status" -eq 64 ]
	[[ "$output" == *'mc-rollout: --prey: there is no prey in push_N3; leave it out'* ]]
}

@test "a checkpoint with a net that is not known is refused by every reader" {
	"$train" "${small[@]}" -e 10 -o d
	/usr/bin/python3 - <<-'PY'
	import msgpack, zlib
	f = msgpack.unpackb(open("d/run.ckpt", "rb").read())
	del f["crc32"]
	f["params"]["gossip"] = f["params"]["critic"]
	out = msgpack.packb(f)
	out = bytes([out[0] + 1]) + out[1:] + b"\xa5crc32\xce"
	open("odd.ckpt", "wb").write(out + zlib.crc32(out).to_bytes(4, "big"))
	PY
	for c in "mc-cat --verify" "mc-eval -n 1" "mc-rollout -n 1 --load"; do
		run bash -c "$c odd.ckpt | cat; exit \${PIPESTATUS[0]}"
		[ "$status" -eq 65 ]
	done
}
