# mc-envsim(1): the protocol, resets, refusals, and what its help says.

py() {
	FIXTURES="$BATS_TEST_DIRNAME/fixtures" PYTHONPATH="$BATS_TEST_DIRNAME" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c "from envsim_client import *
$1"
}

@test "u = 0 gives the documented returns of all tasks, to the digit" {
	run py '
want = """navigation_N3_l3 -140.816 0.0000
navigation_N6_l1 -99.318 0.2850
navigation_N6_l6 -99.318 0.2850
predator_prey_N3_l3 -10.513 0.0000
predator_prey_N6_l1 -18.032 0.0675
predator_prey_N6_l6 -18.032 0.0675
push_N3 -57.880 0.0175
push_N6 -57.636 0.0125
evade_N3 -185.394 16.4650
evade_N6 -411.573 30.0250"""
for line in want.split("\n"):
    task = line.split()[0]
    f, status, err = run("-t", task, "--prey", "flee", "--still", "400")
    assert status == 0, err
    e = [x for x in f if x["type"] == "episode"]
    assert [x["episode"] for x in e] == list(range(400))
    got = "%s %.3f %.4f" % (task, np.mean([x["return"] for x in e]), np.mean([x["contacts"] for x in e]))
    assert got == line, got
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "random actions give the documented returns, within four standard errors of the difference" {
	run py '
want = {"navigation_N3_l3": (-142.1, 2.4), "navigation_N6_l1": (-104.5, 1.2), "predator_prey_N3_l3": (-10.7, .13),
    "predator_prey_N6_l6": (-18.2, .3), "push_N3": (-58.0, .6), "push_N6": (-57.6, .6),
    "evade_N3": (-111.8, 2.4), "evade_N6": (-277.0, 4.5)}
for task, (mean, se) in want.items():
    f, status, err = run("-t", task, "--prey", "flee", "--random", "400")
    got = np.mean([x["return"] for x in f if x["type"] == "episode"])
    assert abs(got - mean) < 4 * 1.42 * se, (task, got)
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "the header says what the numbers depend on" {
	run py '
f, status, err = run("-t", "predator_prey_N6_l1", "-s", "18446744073709551615", "--env", "7", "--range", "0.5", "--prey", "flee")
h = f[0]
assert {k: h[k] for k in h} == {"mc": 1, "type": "header", "task": "predator_prey_N6_l1",
    "seed": 18446744073709551615, "env": 7, "agents": 6, "entities": 11, "obs_dim": 18, "act_dim": 2,
    "steps": 25, "prey": "flee", "range": 0.5}, h
assert f[1]["type"] == "provenance" and f[1]["program"] == "mc-envsim" and "--env 7" in f[1]["arguments"]
assert "range" not in run("-t", "push_N3")[0][0]
assert run("-t", "push_N3")[0][0]["prey"] == "none"
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "every action gets its observation at once; after an episode comes the next one's first observation" {
	run py '
s = Sim("-t", "push_N3")
o = s.read()
assert (o["episode"], o["step"], o["last"], o["contacts"], o["r"]) == (0, 0, False, 0, 0), o
assert o["o"].shape == (3, 12) and o["o"].dtype == np.float32
assert o["m"].shape == (3, 2) and o["m"].dtype == np.uint8 and o["m"].all()
for t in range(1, 26):
    o = s.act()
    assert (o["episode"], o["step"], o["last"]) == (0, t, t == 25), o
o = s.read()
assert (o["episode"], o["step"]) == (1, 0), o
rest, status, err = s.done()
assert [f["type"] for f in rest] == ["end"] and rest[0]["frames"] == 29, rest
assert "error" not in rest[0] and status == 0 and err == "", err
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "acted from outside, episodes are those of --still" {
	run py '
alone = [x for x in run("-t", "navigation_N6_l1", "-s", "5", "--env", "3", "--still", "3")[0] if x["type"] == "episode"]
s = Sim("-t", "navigation_N6_l1", "-s", "5", "--env", "3", "-n", "3")
for k in range(3):
    assert s.read()["episode"] == k
    o = [s.act() for t in range(25)]
    assert sum(x["r"] for x in o) == alone[k]["return"], k
    assert sum(x["contacts"] for x in o) == alone[k]["contacts"], k
assert s.read()["type"] == "end" and s.p.wait() == 0
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "-n ends the stream after so many whole episodes, whatever follows in the input" {
	run py '
a = frame("action", a=np.zeros((3, 2), np.float32))
f, status, err = run("-t", "push_N3", "-n", "2", data=a * 60)
assert status == 0, err
assert len(f) == 2 + 2 * 26 + 1 and f[-1]["type"] == "end" and f[-2]["last"] and f[-2]["episode"] == 1
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "the input may have a header, other frames, and an end of its own" {
	run py '
a = frame("action", a=np.zeros((3, 2), np.float32))
f, status, err = run("-t", "push_N3", data=frame("header") + frame("thing") + a * 3 + frame("end", frames=5))
assert status == 0 and f[-1]["type"] == "end" and f[-2]["step"] == 3, err
f, status, err = run("-t", "push_N3", data=frame("header") + a * 3 + frame("end", frames=9))
assert status == 65 and "9" in err, err
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "input that stops inside an episode is 65; after a whole one, or none, it is 0" {
	run py '
a = frame("action", a=np.zeros((3, 2), np.float32))
for n, want in (0, 0), (1, 65), (24, 65), (25, 0), (26, 65), (50, 0):
    f, status, err = run("-t", "push_N3", data=a * n)
    assert status == want, (n, status, err)
    assert f[-1]["type"] == "end" and ("error" in f[-1]) == (want != 0)
assert "episode 1, after step 1 of 25" in run("-t", "push_N3", data=a * 26)[2]
f, status, err = run("-t", "push_N3", data=(a * 3)[:-5])
assert status == 65 and f[-2]["step"] == 2 and len(err.splitlines()) == 1, err
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "float64 and float32 actions of the same values do the same; both are clipped" {
	run py '
rng = np.random.default_rng(1)
a = rng.uniform(-2, 2, (25, 3, 2)).astype(np.float32)
def run(a, dtype):
    s = Sim("-t", "push_N3", "-n", "1")
    s.read()
    return b"".join(s.act(x, dtype)["o"].tobytes() for x in a)
assert run(a, np.float32) == run(a, np.float64) == run(a.clip(-1, 1), np.float32)
assert run(a, np.float32) != run(a / 2, np.float32)
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "reset with pos and vel starts an episode from that state" {
	run py '
import os
g = msgpack.unpackb(open(os.environ["FIXTURES"] + "/env/push_N6.msgpack", "rb").read(), ext_hook=hook)
s = Sim("-t", "push_N6")
s.read()
s.act()
for ep in range(4):
    for dtype in np.float32, np.float64:
        s.send("reset", pos=g["init_pos"][ep].astype(dtype), vel=g["init_vel"][ep].astype(dtype))
        o = s.read()
        assert (o["episode"], o["step"]) == (0, 0), o
        assert abs(o["o"] - g["obs"][ep, 0]).max() < 1e-6
        for t in range(g["free_steps"][ep]):
            o = s.act(g["actions"][ep, t])
            assert abs(o["o"] - g["obs"][ep, t + 1]).max() < 1e-4
            assert abs(o["r"] - g["reward"][ep, t]) < 1e-4 and o["contacts"] == g["contacts"][ep, t]
        if o["last"]:
            assert s.read()["episode"] == 1
            s.send("reset", episode=0)
            s.read()
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "reset with a number starts that episode, the next follows it" {
	run py '
first = [f for f in run("-t", "push_N3", "--episode", "41")[0] if f["type"] == "observation"][0]
assert first["episode"] == 41
s = Sim("-t", "push_N3")
s.read()
s.act()
s.send("reset", episode=41)
o = s.read()
assert (o["episode"], o["step"]) == (41, 0) and (o["o"] == first["o"]).all()
for t in range(25):
    s.act()
assert s.read()["episode"] == 42
s.send("reset", episode=2**32)
rest, status, err = s.done()
assert status == 65 and "2^32" in err, err
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "an action that is not finite is refused with environment, agent and component" {
	run py '
for dtype in np.float32, np.float64:
    for v in np.nan, np.inf, -np.inf:
        a = np.zeros((3, 2), dtype)
        a[1, 1] = v
        f, status, err = run("-t", "push_N3", "--env", "4", data=frame("action", a=a))
        assert status == 65 and len(err.splitlines()) == 1, err
        assert "environment 4, agent 1: component y" in err and err.startswith("mc-envsim: <stdin>:0: "), err
        assert f[-1]["type"] == "end" and f[-1]["error"]["program"] == "mc-envsim"
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "actions of another shape or type, and bad states, are refused" {
	run py '
def refused(data, words):
    f, status, err = run("-t", "push_N3", data=data)
    assert status == 65 and words in err and len(err.splitlines()) == 1, err
refused(frame("action", a=np.zeros((2, 2), np.float32)), "[2,2]")
refused(frame("action", a=np.zeros((3, 2, 1), np.float32)), "a is")
refused(frame("action", a=np.zeros((3, 2), np.int32)), "a is")
refused(frame("action", b=1), "a is missing")
p = np.zeros((5, 2))
refused(frame("reset", pos=p), "vel is missing")
refused(frame("reset"), "pos is missing")
refused(frame("reset", pos=p[1:], vel=p), "[4,2]")
p[2, 1] = np.nan
refused(frame("reset", pos=p, vel=p), "pos")
refused(b"\xc1", "<stdin>:0")
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "a state so large that numbers overflow ends the stream with an error" {
	run py '
p = np.zeros((5, 2), np.float32)
p[0] = 3e38
p[1] = -3e38
f, status, err = run("-t", "push_N3", data=frame("reset", pos=p, vel=0 * p))
assert status == 65 and "overflow" in err and len(err.splitlines()) == 1, err
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "--range masks neighbours that are farther" {
	run py '
p = np.array([[0, 0], [.5, 0], [1.01, 0], [3, 3], [4, 4]], np.float32)
s = Sim("-t", "push_N3", "--range", "0.5")
s.read()
s.send("reset", pos=p, vel=0 * p)
assert s.read()["m"].tolist() == [[1, 0], [1, 0], [0, 0]]
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "--prey FILE: prey act by the network in it" {
	run py '
import os, tempfile
g = msgpack.unpackb(open(os.environ["FIXTURES"] + "/env/preymlp_predator_prey_N3_l3.msgpack", "rb").read(), ext_hook=hook)
def tree(g):
    return {"dense_%d" % i: {"kernel": array(g["w%d" % (i + 1)].astype(np.float32)),
        "bias": array(g["b%d" % (i + 1)].astype(np.float32))} for i in range(3)}
def crc(b):
    import zlib
    b = bytes([b[0] + 1]) + b[1:] + b"\xa5crc32\xce"
    return b + zlib.crc32(b).to_bytes(4, "big")
with tempfile.TemporaryDirectory() as d:
    name = d + "/prey"
    def write(g):
        open(name, "wb").write(crc(frame("header")) + crc(frame("params", net="prey", params=tree(g))) + crc(frame("end", frames=2)))
    write(g)
    s = Sim("-t", "predator_prey_N3_l3", "--prey", name)
    assert s.header["prey"] == "mlp" and (s.header["prey_params"]["dense_1"]["kernel"] == g["w2"].astype(np.float32)).all()
    s.read()
    s.send("reset", pos=g["init_pos"][0], vel=g["init_vel"][0])
    s.read()
    for t in range(25):
        assert abs(s.act(g["actions"][0, t])["o"] - g["obs"][0, t + 1]).max() < 1e-4, t
    f, status, err = run("-t", "predator_prey_N6_l1", "--prey", name)
    assert status == 65 and "dense_0" in err, err
    f, status, err = run("-t", "push_N3", "--prey", name)
    assert status == 64 and "prey" in err, err
    g["b1"] = g["b1"] * np.nan
    write(g)
    f, status, err = run("-t", "predator_prey_N3_l3", "--prey", name)
    assert status == 65, err
    f, status, err = run("-t", "predator_prey_N3_l3", "--prey", d + "/none")
    assert status == 66, err
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "an unknown task is 64 with the forms that exist" {
	run "$MC_BIN/mc-envsim" -t push_N0 </dev/null
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == 'mc-envsim: unknown task "push_N0"; '*'push_N{n}'*'evade_N{n}_M{m}_L{L}'* ]]
}

@test "options that contradict each other are 64" {
	run "$MC_BIN/mc-envsim" -t push_N3 --random 3 --still 2
	[ "$status" -eq 64 ]
	run "$MC_BIN/mc-envsim" -t push_N3 --random 3 -n 2
	[ "$status" -eq 64 ]
	run "$MC_BIN/mc-envsim" -t push_N3 --random 0
	[ "$status" -eq 64 ]
	run "$MC_BIN/mc-envsim" -t push_N3 --episode 4294967295 --random 2
	[ "$status" -eq 64 ]
	run "$MC_BIN/mc-envsim" -t push_N3 operand
	[ "$status" -eq 64 ]
	run "$MC_BIN/mc-envsim"
	[ "$status" -eq 64 ]
}

@test "a terminal is refused, with a hint, as input and as output" {
	run py '
import pty
m, t = pty.openpty()
r = subprocess.run([PROGRAM, "-t", "push_N3"], stdin=t, capture_output=True)
assert r.returncode == 64 and b"terminal" in r.stderr and b"--random" in r.stderr, r
r = subprocess.run([PROGRAM, "-t", "push_N3", "--still", "1"], stdout=t, stderr=subprocess.PIPE)
assert r.returncode == 64 and b"mc-cat" in r.stderr, r
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "a full disk is 74" {
	run bash -c "'$MC_BIN/mc-envsim' -t push_N3 --still 10 2>&1 >/dev/full"
	[ "$status" -eq 74 ]
	[ "${#lines[@]}" -eq 1 ]
	run bash -c "'$MC_BIN/mc-envsim' --list 2>&1 >/dev/full"
	[ "$status" -eq 74 ]
}

@test "--list shows the tasks with their dimensions" {
	run "$MC_BIN/mc-envsim" --list
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^(navigation|predator_prey|push|evade|reference)_N[36]' <<<"$output")" -eq 16 ]
	[[ "$output" =~ predator_prey_N6_l1\ +6\ +11\ +2\ +18\ +2\  ]]
}

@test "--describe gives entities, observation, reward and reset of any task" {
	run "$MC_BIN/mc-envsim" --describe predator_prey_N6_l6
	[ "$status" -eq 0 ]
	[[ "$output" == *"agents 6, entities 11, scripted 2, obs_dim 24"* ]]
	[[ "$output" =~ 10-13\ +nearest\ prey ]]
	[[ "$output" =~ 14-23\ +other\ predators ]]
	[[ "$output" == *"+ 10 C"* ]]
	run "$MC_BIN/mc-envsim" --describe push_N1
	[ "$status" -eq 0 ]
	[[ "$output" != *"other agents"* ]]
	run "$MC_BIN/mc-envsim" --describe push
	[ "$status" -eq 64 ]
}

@test "--describe tells of hidden goals: what is seen of them, the reward, how they are drawn" {
	run "$MC_BIN/mc-envsim" --describe reference_N6
	[ "$status" -eq 0 ]
	[[ "$output" == *"agents 6, entities 9, scripted 0, obs_dim 18"* ]]
	[[ "$output" =~ 4-9\ +landmarks,\ in\ index\ order ]]
	[[ "$output" =~ 10-14\ +who\ knows\ my\ goal ]]
	[[ "$output" =~ 15-17\ +the\ goal\ that\ I\ know ]]
	[[ "$output" == *"r = -(1/6) sum over agents of |p_i - p_(6 + g_i)|"* ]]
	[[ "$output" == *"shift s: each of 1 ... 5"* ]]
	run "$MC_BIN/mc-envsim" --describe reference_N3_s2
	[[ "$output" == *"shift s: always 2"* ]]
	run "$MC_BIN/mc-envsim" --describe reference_N2
	[[ "$output" == *"shift s: always 1"* ]]
}

@test "--describe tells what a limited view leaves" {
	run "$MC_BIN/mc-envsim" --describe navigation_N6_l6_v100
	[[ "$output" == *"obs_dim 32"* ]]
	[[ "$output" =~ 4-21\ +nearest\ landmarks\ within\ 1,.*\(6\ of\ 3\ numbers\) ]]
	run "$MC_BIN/mc-envsim" --describe predator_prey_N6_l6_v75
	[[ "$output" =~ 4-9\ +nearest\ landmarks,\ nearest\ first\ \(3\ of\ 2 ]]
	[[ "$output" =~ 10-15\ +nearest\ prey\ within\ 0.75,.*\(2\ of\ 3\ numbers\) ]]
}

@test "--describe tells that landmarks are in index order; _i is for all of them" {
	run "$MC_BIN/mc-envsim" --describe navigation_N6_l6_i
	[[ "$output" == *"obs_dim 26"* ]]
	[[ "$output" =~ 4-15\ +landmarks,\ in\ index\ order\ \(6\ of\ 2\ numbers\) ]]
	[[ "$output" =~ -21.87\ \+- ]]
	run "$MC_BIN/mc-envsim" --describe navigation_N6_l6_i_v100
	[[ "$output" =~ 4-21\ +landmarks,\ in\ index\ order,\ each\ with\ 1\ within\ 1,\ 0\ 0\ 0\ beyond\ \(6\ of\ 3\ numbers\) ]]
	run "$MC_BIN/mc-envsim" --list
	[[ "$output" == *"navigation_N{n}_l{n}_i "* ]]
	run "$MC_BIN/mc-envsim" -t navigation_N6_l1_i --still 1
	[ "$status" -eq 64 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *'"navigation_N6_l1_i": _i is for l = n, where all 6 landmarks are observed, here 1'* ]]
}

@test "--describe names the scripts that a task is measured by, and what they return" {
	run "$MC_BIN/mc-envsim" --describe push_N3
	[[ "$output" =~ still\ +alone\ +push ]]
	[[ "$output" =~ -57.65\ \+-\ 0.19\ +-38.60\ \+-\ 0.20\ +-38.60\ \+-\ 0.20 ]]
	[[ "$output" == *"of 4000 episodes"* ]]
	run "$MC_BIN/mc-envsim" --describe predator_prey_N6_l6
	[[ "$output" =~ -18.14\ \+-\ 0.09\ .*prey:\ flee ]]
	[[ "$output" =~ -17.83\ \+-\ 0.09\ .*prey:\ trained ]]
	run "$MC_BIN/mc-envsim" --describe push_N5
	[[ "$output" == *"not measured: returns of this task have no score"* ]]
}

@test "reference: standing still and random actions return what the task's page says" {
	run py '
for task, still, random in ("reference_N3", -25.9, -28.1), ("reference_N6", -26.2, -28.3):
    def mean(how):
        return np.mean([x["return"] for x in run("-t", task, how, "200")[0] if x["type"] == "episode"])
    assert abs(mean("--still") - still) < 0.051, (task, mean("--still"))
    assert abs(mean("--random") - random) < 1, (task, mean("--random"))
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "reset with pos and vel keeps the hidden goals, or takes those that are given" {
	run py '
p = np.array([[1, 0], [0, 1], [0, 0], [3, 0], [0, 3], [4, 4]], np.float32)
s = Sim("-t", "reference_N3")
first = s.read()["o"]
s.send("reset", pos=p, vel=0 * p)
assert (s.read()["o"][:, 10:] == first[:, 10:]).all()
s.send("reset", pos=p, vel=0 * p, goal=np.array([1, 0, 2], np.uint8), shift=2)
o = s.read()["o"]
assert o[:, 10:12].tolist() == [[0, 1], [1, 0], [0, 1]], o
assert o[:, 12:].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]], o
r = s.act(np.zeros((3, 2), np.float32))["r"]
assert abs(r + (10 ** .5 + 10 ** .5 + 32 ** .5) / 3) < 1e-6, r
def refused(words, task="reference_N3", **k):
    f, status, err = run("-t", task, data=frame("reset", pos=p, vel=0 * p, **k))
    assert status == 65 and words in err and len(err.splitlines()) == 1, err
refused("goal of agent 1 is 3", goal=np.array([1, 3, 2], np.uint8))
refused("[2]", goal=np.array([1, 2], np.uint8))
for shift in 0, 3, -1, 2**32 + 1:
    refused("want 1 to 2", shift=shift)
refused("want 1 to 1", task="reference_N3_s1", shift=2)
'
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "reference: the world as a process gives the bytes of the built-in one" {
	cd "$BATS_TEST_TMPDIR"
	mkfifo ring
	train() {
		"$MC_BIN/mc-rollout" -t reference_N3 -e 30 -s 3 -c "$1.ckpt" -l "$1.log" "${@:2}" <ring |
			"$MC_BIN/mc-metalearn" -m reinforce | "$MC_BIN/mc-critic" --batch 64 >ring
	}
	train a
	train b --env "$MC_BIN/mc-envsim -t reference_N3 -s 3 --env 1"
	cmp a.ckpt b.ckpt
	cmp a.log b.log
}
