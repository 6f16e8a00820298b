# examples/python/metacomm.py: streams, checkpoints, environments, from Python; against the programs, and against
# the real MPE2 where pip can install it.

bats_require_minimum_version 1.5.0

setup_file() {
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	export MC_BIN PATH="$MC_BIN:$PATH" PYTHONPATH="$root/examples/python" PYTHONDONTWRITEBYTECODE=1
	cd "$BATS_FILE_TMPDIR"
	for method in none full meta; do
		"$root/pipelines/train" -t navigation_N3_l3 -m $method -e 33 -o $method -R '--hidden 8' -Q '--threads 1'
	done
	"$root/pipelines/train" -t navigation_N3_l3 -m reinforce -e 33 -o shared -R '--hidden 8 --share' -Q '--threads 1'
	mpe2
}

# A Python with MPE2, in build/; its path in $mpe2, which stays empty where there is none.
mpe2() {
	local venv=$root/build/mpe2
	export mpe2=$venv/bin/python
	[ ! -e "$venv/done" ] || return 0
	mpe2=
	rm -rf "$venv"
	{ python3 -m venv "$venv" && timeout 300 "$venv/bin/pip" install -q mpe2 msgpack; } >"$BATS_FILE_TMPDIR/pip" 2>&1 || return 0
	touch "$venv/done"
	mpe2=$venv/bin/python
}

need_mpe2() {
	[ -n "$mpe2" ] || skip "pip cannot install mpe2: $(tail -n 1 "$BATS_FILE_TMPDIR/pip")"
}

setup() {
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	cd "$BATS_FILE_TMPDIR"
}

py() {
	/usr/bin/python3 "$@"
}

@test "policy.act and comm are mc-rollout's, to float precision" {
	for run in none full meta shared; do
		mc-rollout --load $run/run.ckpt -n 20 --explore 0 >$run/episodes
		py - $run <<-'PY'
		import sys, numpy as np, metacomm as mc
		team = mc.Checkpoint(sys.argv[1] + "/run.ckpt")
		x = mc.trajectories(sys.argv[1] + "/episodes")
		assert x["o"].shape == (20, 26, 3, 14) and x["I"].shape == (20, 25, 3, 2) and x["r"].shape == (20, 25)
		assert x["episode"].tolist() == list(range(20)) and x["header"]["task"] == "navigation_N3_l3"
		a = team.policy.act(x["o"][:, :-1], x["I"])
		assert a.dtype == np.float32 and np.abs(a - x["a"]).max() < 2e-6, np.abs(a - x["a"]).max()
		if sys.argv[1] in ("none", "full"):            # no need to be told what these ask
		    assert (team.policy.act(x["o"][0, :-1]) == a[0]).all()
		else:
		    c = team.comm(x["o"][:, :-1])
		    assert c.shape == (20, 25, 3, 2) and np.abs(c - x["c"]).max() < 1e-6
		    print(*c.mean((0, 1)).ravel())
		PY
	done >means
	# mc-eval prints the mean of c for each pair
	for run in meta shared; do
		mc-eval -n 20 --json $run/run.ckpt | jq -r '[.c_pair[][] | select(. != null)] | join(" ")'
	done | paste -d ' ' - means | awk '{ for (k = 1; k <= 6; k++) { d = $k - $(k + 6); if (d > 1e-5 || d < -1e-5) exit 1 } } END { exit NR != 2 }'
}

@test "greedy decisions in Python are mc-eval's: the same returns" {
	cat >greedy.py <<-'PY'
	import subprocess, sys, numpy as np, metacomm as mc
	team = mc.Checkpoint("meta/run.ckpt")
	sim = subprocess.Popen(["mc-envsim", "-t", "navigation_N3_l3", "-n", "10"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
	total = 0
	for f in mc.frames(sim.stdout):
	    if f["type"] == "observation":
	        total += f["r"]
	        if not f["last"]:
	            sim.stdin.write(mc.pack("action", crc=False, a=team.policy.act(f["o"])))
	            sim.stdin.flush()
	print(total / 10)
	PY
	py greedy.py >got
	mc-eval --greedy -n 10 --json meta/run.ckpt | jq .return_mean | paste - got | awk '{ exit $1 - $2 > 1e-3 || $2 - $1 > 1e-3 }'
}

@test "frames and write: what is read and written again is the same stream; table is mc-cat --tsv" {
	py - <<-'PY'
	import metacomm as mc
	f = list(mc.frames("meta/run.log"))
	mc.write("copy.log", f[0], f[1:])
	t = mc.table("meta/run.log", "episode")
	with open("table", "w") as out:
	    print(*t, sep="\t", file=out)
	    for row in zip(*t.values()):
	        print(*(repr(float(x)) if isinstance(x, float) else x for x in row), sep="\t", file=out)
	m = mc.table("meta/run.log", "metric", program="mc-critic")
	assert len(m["iteration"]) == len(m["values.iteration"] if "values.iteration" in m else m["episode"]) > 0
	assert any(name.startswith("values.") for name in m) and set(m["program"]) == {"mc-critic"}
	PY
	mc-cat --verify copy.log
	mc-cat --diff meta/run.log copy.log
		mc-cat --tsv -t episode meta/run.log >want
	py - <<-'PY'
	a, b = ([line.rstrip("\n").split("\t") for line in open(n)] for n in ("table", "want"))
	assert a[0] == b[0] and len(a) == len(b) > 30
	assert all(abs(float(x) - float(y)) <= 1e-9 * abs(float(y)) for p, q in zip(a[1:], b[1:]) for x, y in zip(p, q))
	PY
}

@test "what is not a checkpoint, or has no episodes, is said so" {
	run py -c 'import metacomm; metacomm.Checkpoint("meta/run.log")'
	[[ "$output" == *"ValueError: meta/run.log is a stream that begins with a header, not a checkpoint" ]]
	run py -c 'import metacomm; metacomm.trajectories("meta/run.log")'
	[[ "$output" == *"ValueError: meta/run.log: no episodes; mc-rollout --load CHECKPOINT makes some" ]]
	run py -c 'import metacomm, numpy as np; metacomm.Checkpoint("full/run.ckpt").comm(np.zeros((3, 14)))'
	[[ "$output" == *"ValueError: this run has no comm net (method full)" ]]
}

@test "a stream that was damaged or cut, and one that is not a stream, are refused" {
	py - <<-'PY'
	import metacomm as mc
	whole, header = open("meta/run.ckpt", "rb").read(), mc.pack("header", task="x" * 99)
	turned = lambda b: b[:len(b) // 2] + bytes([b[len(b) // 2] ^ 1]) + b[len(b) // 2 + 1:]
	def says(read, content, want):
	    open("file", "wb").write(content)
	    try:
	        read("file")
	        raise SystemExit(f"nothing was said: {want}")
	    except ValueError as e:
	        assert str(e) == want, e
	says(mc.Checkpoint, turned(whole), "file: the frame at byte 0 was damaged: its crc32 is another")
	says(mc.table, header + turned(header) + header, f"file: the frame at byte {len(header)} was damaged: its crc32 is another")
	says(mc.Checkpoint, whole[:-1], "file is empty, or was cut")
	says(mc.Checkpoint, b"", "file is empty, or was cut")
	says(mc.table, b"a text", "file: not a frame of version 1")
	says(mc.table, mc.pack("x", crc=False).replace(b"mc\1", b"mc\2"), "file: not a frame of version 1")
	PY
}

@test "serve: unequal observations, discrete and bounded actions, agents that leave, shared reward, fixed length" {
	cat >odd.py <<-'PY'
	import sys, numpy as np, metacomm
	class Space:
	    def __init__(self, **of): self.__dict__.update(of)
	class Odd:
	    possible_agents = ["a", "b", "c"]
	    def observation_space(self, x): return dict(a=Space(shape=(2,)), b=Space(n=3, start=4), c=Space(shape=(1, 2)))[x]
	    def action_space(self, x):
	        return dict(a=Space(n=3, start=5), b=Space(shape=(2,), low=np.array([0, -10]), high=np.array([4, 10]), dtype=np.float64),
	                    c=Space(shape=(1,), low=-np.inf, high=np.inf, dtype=np.float32))[x]
	    def see(self): return {x: dict(a=[self.t, 7.0], b=4 + self.t % 3, c=[[-1.0, self.t]])[x] for x in self.agents}
	    def reset(self, seed):
	        self.agents, self.t = ["a", "b", "c"], 0
	        print("seed", seed, flush=True)                # belongs to standard error
	        return self.see(), {}
	    def step(self, actions):
	        print(self.t, {x: (y if x == "a" else y.tolist()) for x, y in actions.items()})
	        self.t += 1
	        rewards = {x: float(k + self.t) for k, x in enumerate(self.agents)}
	        self.agents = [x for x in self.agents if not (x == "c" and self.t >= 2) and self.t < 3]
	        return self.see(), rewards, {}, {}, {}
	metacomm.serve(Odd(), int(sys.argv[1]), int(sys.argv[2]), task="odd", steps=5, reward=sum, colour="blue")
	PY
	cat >client.py <<-'PY'
	import subprocess, sys, numpy as np, metacomm as mc
	act = b"".join(mc.pack("action", crc=False, a=np.array([[-1, .5, .2], [-1, .5, 9], [.25, 0, 0]], np.float32)) for _ in range(5))
	p = subprocess.run([sys.executable, "odd.py", "9", "1"], input=act + mc.pack("reset", crc=False, episode=7) + act, capture_output=True, check=True)
	open("odd.out", "wb").write(p.stdout)
	f = list(mc.frames("odd.out"))
	assert {k: f[0][k] for k in ("task", "seed", "env", "agents", "obs_dim", "act_dim", "steps", "colour")} == dict(task="odd", seed=9, env=1, agents=3, obs_dim=3, act_dim=3, steps=5, colour="blue")
	assert f[-1] == dict(mc=1, type="end", frames=len(f) - 1)
	o = f[1:7]
	assert [x["step"] for x in o] == [0, 1, 2, 3, 4, 5] and [x["last"] for x in o] == [False] * 5 + [True]
	# shared: the sum over who was there; after all have left nothing
	assert [x["r"] for x in o] == [0, 6, 9, 7, 0, 0], [x["r"] for x in o]
	assert o[0]["o"].tolist() == [[0, 7, 0], [1, 0, 0], [-1, 0, 0]] and o[1]["o"].tolist() == [[1, 7, 0], [0, 1, 0], [-1, 1, 0]]
	assert o[5]["o"].tolist() == [[2, 7, 0], [0, 0, 1], [-1, 1, 0]]            # what each saw last
	assert o[1]["m"].tolist() == [[1, 1]] * 3 and o[2]["m"].tolist() == [[1, 0], [1, 0], [0, 0]] and o[4]["m"].tolist() == [[0, 0]] * 3
	err = p.stderr.decode().split("\n")
	assert "0 {'a': 6, 'b': [0.0, 5.0], 'c': [0.25]}" in err, err
	again = [x["episode"] for x in f if x["type"] == "observation" and x["step"] == 0]
	assert again == [0, 1, 7, 8], again
	seeds = [x.split()[1] for x in err if x.startswith("seed")]
	assert len(set(seeds)) == 4
	PY
	py client.py
	run py -c 'import sys; sys.argv = ["", "1", "0"]; exec(open("odd.py").read().replace("steps=5, ", ""))'
	[[ "$output" == *"ValueError: how long is an episode? serve(..., steps=T)" ]]
}

@test "serve: an observation that is not of its space is an error" {
	cat >narrow.py <<-'PY'
	import sys, numpy as np, metacomm
	class Box:
	    def __init__(self, n):
	        self.shape, self.low, self.high, self.dtype = (n,), -1, 1, np.float32
	class Env:
	    possible_agents = agents = ["wide", "narrow"]
	    observation_space = lambda self, x: Box(3 if x == "wide" else 2)
	    action_space = lambda self, x: Box(1)
	    reset = lambda self, seed: ({x: np.zeros(int(sys.argv[3])) for x in self.agents}, {})
	metacomm.serve(Env(), 1, 1, task="narrow", steps=5)
	PY
	for size in 2 3; do
		run -1 py narrow.py 1 1 $size </dev/null
		[[ "$output" == *"ValueError: an observation has $size numbers, and its space $((5 - size))"* ]]
	done
}

@test "MPE2: three tasks train, are measured with interventions, and are the same episodes as PettingZoo's" {
	need_mpe2
	for task in speaker_listener_v4 spread_v3 reference_v3; do
		cat >$task.py <<-PY
		import sys, metacomm
		from mpe2 import simple_$task as it
		metacomm.serve(it.parallel_env(max_cycles=10, continuous_actions=True), int(sys.argv[1]), int(sys.argv[2]))
		PY
		"$root/pipelines/train" -R '--hidden 8 --comm full --explore 0' -m full -e 12 -o $task --env "$mpe2 $PWD/$task.py {seed} {env}" -Q '--threads 1'
		mc-eval --env "$mpe2 $PWD/$task.py {seed} {env}" --envs 2 -n 6 --comm drop=0.5 --influence --json $task/run.ckpt >$task/json
		[ "$(jq -r '[.task, .method, .episodes] | @tsv' $task/json)" = "simple_$task	full	6" ]
		mc-rollout --load $task/run.ckpt --env "$mpe2 $PWD/$task.py {seed} {env}" -n 3 --explore 0 >$task/episodes
		mc-cat --verify $task/episodes
		"$mpe2" - $task <<-'PY'
		import sys, importlib, numpy as np, metacomm as mc
		task = sys.argv[1]
		x = mc.trajectories(task + "/episodes")
		env = importlib.import_module("mpe2.simple_" + task).parallel_env(max_cycles=10, continuous_actions=True)
		for k in range(3):
		    seed = int(np.random.SeedSequence((1, 0, k)).generate_state(1)[0]) % 2**31
		    o, _ = env.reset(seed=seed)
		    for t in range(11):
		        for i, who in enumerate(env.possible_agents):
		            n = len(o[who])
		            assert np.allclose(x["o"][k, t, i, :n], o[who]) and not x["o"][k, t, i, n:].any()
		            assert np.allclose(x["pos"][k, t, i], env.unwrapped.world.agents[i].state.p_pos)
		        assert (x["m"][k, t] == 1).all()
		        if t < 10:
		            a = {w: ((x["a"][k, t, i] + 1) / 2)[:env.action_space(w).shape[0]].astype(np.float32) for i, w in enumerate(env.possible_agents)}
		            o, r, *_ = env.step(a)
		            assert np.isclose(x["r"][k, t], np.mean(list(r.values()))), (x["r"][k, t], r)
		PY
	done
	[ "$(jq .bytes_per_step spread_v3/json | awk '{ print ($1 > 100) }')" = 1 ]
	mc-plot curves spread_v3/run.log -o spread.svg
	mc-plot topology spread_v3/episodes -o topology.svg
	[ -s topology.svg ]
}

@test "examples/python/speaker_listener.py trains" {
	need_mpe2
	"$root/pipelines/train" -m meta -e 12 -o listen --env "$mpe2 $root/examples/python/speaker_listener.py {seed} {env}" -R '--hidden 8' -Q '--threads 1' -M '--rule-hidden 8'
	[ "$(mc-cat listen/run.ckpt | jq -c '[.header.task, .header.environment.positions]')" = '["speaker_listener",{"agent":2,"landmark":3}]' ]
}

@test "the commands of README's section on a task of one's own, and those of the guide" {
	need_mpe2
	mkdir -p path
	ln -sf "$root/pipelines/train" path/mc-train
	for text in "$root/README.md" "$root/man/guide/own-task.md"; do
		rm -rf there && mkdir there
		ln -s "$root/examples" there/examples
		# shorter runs, and Python as it is here
		if [ "${text##*/}" = README.md ]; then sed -n '/^## A task of your own/,/^## Speed/p' "$text"; else cat "$text"; fi |
			sed -n 's/^    //p' | grep -E "^(TASK=|mc-|cp |    mc-)" |
			sed 's/-e [0-9]*000/-e 22/; s/mc-eval /mc-eval -n 8 /; s|\./mine.py|/usr/bin/python3 mine.py|' >there/commands
		[ "$(grep -c '^ *mc-' there/commands)" -ge 7 ]
		(cd there && PATH=$BATS_FILE_TMPDIR/path:$(dirname "$mpe2"):$PATH PYTHONPATH=$root/examples/python bash -e -o pipefail commands >out 2>&1 </dev/null) || { tail -20 there/out; false; }
		[ "$(head -c 6 there/listen.gif)" = GIF89a ]
		[ -s there/who.svg ]
		grep -q '^listen/meta/run.ckpt *speaker_listener *meta' there/out
	done
}
