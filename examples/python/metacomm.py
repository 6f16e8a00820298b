"""metacomm from Python: streams, checkpoints, environments and methods, with numpy and msgpack alone.

    import metacomm as mc

    for f in mc.frames(open("run.log", "rb")):      # any stream, frame by frame
        ...
    log = mc.table("run.log", "episode")            # {"episode": [E], "return": [E], ...}, for pandas.DataFrame
    x = mc.trajectories("episodes.mp")                # {"o": [E,T+1,N,O], "I": [E,T,N,d], ...}
    team = mc.Checkpoint("run.ckpt")
    a = team.policy.act(o)                          # the same actions as in mc-eval

    mc.serve(parallel_env, seed, index)             # a PettingZoo environment behind --env
    class Mine(mc.Filter): ...                      # a method, for mc-train -m ./mine.py

Sizes have the letters of mc-frame(5): N agents, d = N - 1 slots (slot j of agent i is the j-th of the other
agents, in ascending order), T steps, O and A the width of an observation and of an action, H hidden units, E
episodes. All reals are float32 unless stated otherwise; actions are in [-1, 1]. For the formats see
mc-frame(5), for what a method must do metacomm-extending(7).
"""
import os
import sys
import zlib

import msgpack
import numpy as np

__all__ = ["frames", "pack", "write", "Writer", "table", "trajectories", "Checkpoint", "Filter", "serve", "slots"]


# ---- frames ----

def _unpack_array(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)


def _pack_array(x):
    x = np.asarray(x)                                  # a numpy scalar is an array without dimensions
    return msgpack.ExtType(1, msgpack.packb((x.shape, x.dtype.name, x.tobytes())))


def frames(file):
    """Yields the frames of a stream as they arrive, as dicts, with arrays as read-only numpy arrays.

    file: a path, or a binary file (sys.stdin.buffer, a pipe). Frames of all types are included, from the header to
    `end`; a stream that stops without `end` is of a run that is not done, or was cut. ValueError where bytes are
    damaged, or are not frames.
    """
    if isinstance(file, (str, os.PathLike)):
        with open(file, "rb") as f:
            yield from frames(f)
        return
    unpacker = msgpack.Unpacker(ext_hook=_unpack_array, max_buffer_size=2**31 - 1)
    read = getattr(file, "read1", None) or file.read
    name, raw, at = getattr(file, "name", "stream"), bytearray(), 0
    while data := read(1 << 16):                     # as much as is available
        unpacker.feed(data)
        raw += data
        for frame in unpacker:
            if not isinstance(frame, dict) or frame.get("mc") != 1:
                raise ValueError(f"{name}: not a frame of version 1")
            size = unpacker.tell() - at
            if "crc32" in frame and zlib.crc32(raw[:size - 4]) != frame["crc32"]:
                raise ValueError(f"{name}: the frame at byte {at} was damaged: its crc32 is another")
            del raw[:size]
            at += size
            yield frame


def pack(type, /, crc=True, **entries):
    """Returns the bytes of one frame. crc: with a checksum, required in a file and optional in a pipe."""
    frame = dict(mc=1, type=type, **{k: v for k, v in entries.items() if k not in ("mc", "type", "crc32")})
    if not crc:
        return msgpack.packb(frame, default=_pack_array)
    b = msgpack.packb(dict(frame, crc32=2**32 - 1), default=_pack_array)[:-4]
    return b + zlib.crc32(b).to_bytes(4, "big")


class Writer:
    """Writes a stream, counting its frames for `end`. file: a binary file."""

    def __init__(self, file, crc=True):
        self.file, self.crc, self.sent = file, crc, 0

    def write(self, type, /, **entries):
        self.file.write(pack(type, crc=self.crc, **entries))
        self.file.flush()
        self.sent += 1

    def end(self, **entries):
        self.write("end", frames=self.sent, **entries)


def write(file, header, rest):
    """Writes a complete stream: header and each item of `rest` are dicts; `end` is added. file: a path or a binary file."""
    if isinstance(file, (str, os.PathLike)):
        with open(file, "wb") as f:
            return write(f, header, rest)
    w = Writer(file)
    w.write("header", **header)
    for frame in rest:
        if frame["type"] not in ("header", "end"):
            w.write(frame["type"], **frame)
    w.end()


def _flat(frame, before=""):
    for key, value in frame.items():
        if isinstance(value, dict):
            yield from _flat(value, before + key + ".")
        elif key not in ("mc", "type", "crc32"):
            yield before + key, value


def table(file, type="episode", **where):
    """Returns the frames of one type as columns, for pandas.DataFrame: {"episode": [rows], "return": [rows], ...}.

    where: entries that frames must have, as in table("run.log", "metric", program="mc-critic"). Entries of maps
    have dots in their names, such as values.critic_loss. A missing entry is nan. Arrays become columns of arrays.
    """
    rows = [dict(_flat(f)) for f in frames(file)
            if f["type"] == type and all(f.get(k) == v for k, v in where.items())]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name, np.nan) for row in rows]
        if any(isinstance(v, np.ndarray) for v in values):
            columns[name] = np.empty(len(values), object)
            columns[name][:] = values
        else:
            columns[name] = np.array(values)
    return columns


def trajectories(file):
    """Returns the episodes of a stream (mc-rollout --load, a replay file) as arrays whose first axis is the episode.

    o [E,T+1,N,O], m uint8 [E,T+1,N,d], I uint8 [E,T,N,d], a [E,T,N,A], r [E,T]; iteration, episode int64 [E];
    from mc-rollout --load also c [E,T,N,d] if nets decide, and pos [E,T+1,things,2] if positions are known; and
    header, a dict.
    """
    header, found = None, []
    for f in frames(file):
        if f["type"] == "header" and header is None:
            header = f
        elif f["type"] == "trajectory":
            found.append(f)
    if not found:
        raise ValueError(f"{getattr(file, 'name', file)}: no episodes; mc-rollout --load CHECKPOINT makes some")
    x = {k: np.stack([f[k] for f in found]) for k in ("o", "m", "I", "a", "r", "c", "pos") if k in found[0]}
    return dict(x, iteration=np.array([f["iteration"] for f in found]), episode=np.array([f["episode"] for f in found]),
                header=header)


def slots(n):
    """[N, N-1] int: slots(N)[i, j] is the agent in slot j of agent i."""
    return np.array([[k for k in range(n) if k != i] for i in range(n)], int).reshape(n, n - 1)


# ---- nets ----

def _sigmoid(x):
    return np.float32(1) / (np.float32(1) + np.exp(-x))


def _dense(tree, i, x, layers=("dense_0", "dense_1", "dense_2")):
    """Three layers of agent i's net, with ReLU in between; [1, ...] if all agents share it."""
    for name in layers:
        kernel, bias = tree[name]["kernel"], tree[name]["bias"]
        x = x @ kernel[i % len(kernel)] + bias[i % len(bias)]
        if name != layers[-1]:
            x = np.maximum(x, 0)
    return x


class Policy:
    """The policies of a team, read from a checkpoint's tree."""

    def __init__(self, team):
        self.team, self.tree = team, team.params["policy"]

    def _hear(self, i, heard):
        """h [H]: the LSTM of agent i over the messages heard [n,O], 0 if there is none."""
        lstm = self.tree["lstm"]
        x, h, b = (lstm[k][i % len(lstm[k])] for k in ("kernel_x", "kernel_h", "bias"))
        state = cell = np.zeros(len(h), np.float32)
        for message in heard:
            gate_i, gate_f, g, gate_o = np.split(message @ x + state @ h + b, 4)
            cell = _sigmoid(gate_f) * cell + _sigmoid(gate_i) * np.tanh(g)
            state = _sigmoid(gate_o) * np.tanh(cell)
        return state

    def act(self, o, I=None):
        """Actions a [..., N, A] in [-1, 1], without exploration.

        o: observations [..., N, O]; I: who asks whom, 0 or 1 [..., N, d]. Without I the team decides:
        nobody or everybody asks under `none` and `full`, else agents ask where .comm(o) > 1/2.
        """
        o = np.asarray(o, np.float32)
        I = self.team.decide(o) if I is None else np.asarray(I)
        if o.ndim > 2:
            return np.stack([self.act(x, i) for x, i in zip(o, I)])
        who = slots(len(o))
        return np.stack([np.tanh(_dense(self.tree, i, np.concatenate([self._hear(i, o[who[i][I[i] > 0]]), o[i]])))
                         for i in range(len(o))])


class Checkpoint:
    """A checkpoint.

    header (a dict), iteration, episode, params: {"policy": tree, "comm": tree, ...}, where a tree is
    {"dense_0": {"kernel": [N, in, out], "bias": [N, out]}, ...}, with 1 for N if the run shares nets; state.
    policy.act(o) gives actions, comm(o) probabilities.
    """

    def __init__(self, path):
        x = next(frames(path), None)
        if x is None:
            raise ValueError(f"{path} is empty, or was cut")
        if x["type"] != "checkpoint":
            raise ValueError(f"{path} is a stream that begins with a {x['type']}, not a checkpoint")
        self.header, self.iteration, self.episode = x["header"], x["iteration"], x["episode"]
        self.params, self.state = x["params"], x["state"]
        self.policy = Policy(self)

    def comm(self, o):
        """c [..., N, d]: the probability that agent i asks the agent in slot j. o: [..., N, O]."""
        if "comm" not in self.params:
            raise ValueError(f"this run has no comm net (method {self.header.get('method')})")
        o = np.asarray(o, np.float32)
        return np.stack([_sigmoid(_dense(self.params["comm"], i, o[..., i, :])) for i in range(o.shape[-2])], -2)

    def decide(self, o):
        """I uint8 [..., N, d], deterministic: 0, 1, or whether comm(o) > 1/2."""
        o = np.asarray(o)
        n = o.shape[-2]
        if self.header["comm"] == "learned":
            return (self.comm(o) > 0.5).astype(np.uint8)
        return np.full(o.shape[:-2] + (n, n - 1), self.header["comm"] == "full", np.uint8)


# ---- a method: a filter in the place of mc-metalearn ----

def _pairs(comm, f):
    """For each pair in one episode: the mean c and the share of requests over the steps at which it is live; [N,d]."""
    o, m = f["o"][:-1], f["m"][:-1]
    c = np.stack([_sigmoid(_dense(comm, i, o[:, i])) for i in range(o.shape[1])], 1)
    with np.errstate(invalid="ignore"):
        return {name: ((x * m).sum(0) / m.sum(0)).astype(np.float32) for name, x in (("c_pair", c), ("asked_pair", f["I"]))}


class Filter:
    """A program of the ring that learns whom to talk to. Subclass it, and call run().

    name     name of the program, in logs and messages
    method   name of the method, in tables and pictures (15 letters)
    options  a dict of numbers and strings that determine its results; it goes into the header
    begin(header)    starts a new run: sets self.comm, the tree of the communication nets, from header["seed"] alone
    learn(f)         takes a trajectory (mc-frame(5)), with o [T+1,N,O], m, I [T,N,d], r [T], and changes self.comm
    state()          returns a dict of whatever it needs besides self.comm to continue; restore(dict) takes it back
    metric           a dict of numbers that learn() may set; that of every tenth iteration goes into the log, with who
                     asked whom in this episode, which mc-plot topology draws

    A run that is stopped and continued gives the same bytes as an uninterrupted one if begin, learn, state and
    restore are right: draw from np.random.default_rng((seed, iteration)), not from a generator that keeps its state.
    """
    name, method, options, metric = "filter", "filter", {}, {}

    def begin(self, header):
        raise NotImplementedError

    def learn(self, trajectory):
        raise NotImplementedError

    def state(self):
        return {}

    def restore(self, state):
        pass

    def run(self):
        """Forwards every frame, in order, and adds its own; exits like the other programs of the ring (metacomm(7))."""
        import signal
        for s in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1:
            signal.signal(s, signal.SIG_IGN)           # a ring ends with its stream
        self.out, status, why = Writer(sys.stdout.buffer, crc=False), 75, None
        try:
            for frame in frames(sys.stdin.buffer):
                if frame["type"] == "end":
                    status = 75 if "error" in frame else 0
                    self.out.end(**{k: v for k, v in frame.items() if k == "error"})
                    break
                self._handle(frame)
            else:
                why = "the program before it ended without a message"
        except BrokenPipeError:
            status = 75
        except Exception as e:                         # pass the reason on, so that the ring ends in order
            import traceback
            traceback.print_exc()
            status, why = 70, f"{type(e).__name__}: {e}"
        try:
            if why:
                if status == 75 and not os.environ.get("MC_SUPERVISED"):
                    print(f"{self.name}: {why}; run it again to continue", file=sys.stderr)
                self.out.end(error=dict(program=self.name, text=f"{self.name}: {why}"))
        except BrokenPipeError:
            pass
        sys.stderr.flush()
        os._exit(status)                               # no second complaint about a broken pipe

    def _send(self, type, /, **entries):
        self.out.write(type, **entries)

    def _send_comm(self):
        self._send("params", net="comm", iteration=self.iteration, params=self.comm)

    def _handle(self, f):
        kind = f["type"]
        if kind == "header":
            if f["comm"] != "learned":
                raise ValueError(f"--comm {f['comm']} leaves {self.name} nothing to learn")
            self.header, self.iteration, self.begun = f, 0, False
            self._send("header", **dict(f, method=self.method,
                              owns=dict(f.get("owns", {}), comm=self.name), **{"from": self.name, self.name: self.options}))
            return
        if kind == "barrier":                          # before it: everything that a checkpoint needs
            if not self.begun:
                self.begin(self.header)
                self.begun = True
            self._send_comm()
            self._send("state", program=self.name, iteration=self.iteration, state=self.state())
        self._send(kind, **f)
        if kind == "params" and f["net"] == "comm":    # from the checkpoint of a continued run
            self.comm, self.iteration, self.begun = f["params"], f["iteration"], True
        if kind == "state" and f["program"] == self.name:
            self.restore(f["state"])
        if kind == "trajectory":
            acted = self.comm
            self.learn(f)
            self.iteration += 1
            self._send_comm()
            if self.iteration % 10 == 0:
                self._send("metric", program=self.name, iteration=self.iteration, episode=f["episode"],
                           values=self.metric or {}, **_pairs(acted, f))


# ---- an environment ----

def _width(space, what):
    if hasattr(space, "n"):
        return int(np.prod(space.n))
    if getattr(space, "shape", None) is not None and not hasattr(space, "spaces"):
        return int(np.prod(space.shape))
    raise TypeError(f"{what}: {space} is neither Box nor Discrete; wrap the environment so that it is")


def _see(space, x, width):
    """An observation as float32 [width]: flattened, or one-hot if Discrete, padded with zeros."""
    o = np.zeros(width, np.float32)
    if hasattr(space, "n") and np.ndim(x) == 0:
        o[int(x) - int(getattr(space, "start", 0))] = 1
    else:
        x = np.asarray(x, np.float32).ravel()
        if len(x) != (n := _width(space, "observations")):
            raise ValueError(f"an observation has {len(x)} numbers, and its space {n}")
        o[:n] = x
    return o


def _doer(space):
    """A function that turns a [A] in [-1, 1] into an action for the environment: scaled to the bounds of a Box, or the
    index of the largest number for a Discrete."""
    if hasattr(space, "n"):
        n, start = int(space.n), int(getattr(space, "start", 0))
        return lambda a: int(a[:n].argmax()) + start
    n, dtype = int(np.prod(space.shape)), space.dtype
    low, high = (np.broadcast_to(np.asarray(x, float), space.shape).ravel() for x in (space.low, space.high))
    bounded = np.isfinite(low) & np.isfinite(high)
    middle, half = np.where(bounded, (low + high) / 2, 0), np.where(bounded, (high - low) / 2, 1)
    return lambda a: (middle + half * a[:n]).astype(dtype).reshape(space.shape)


def _positions(env):
    """Where things are in an MPE world: ({"agent": N, "landmark": L}, function giving [E,2]), or (None, None)."""
    world = getattr(getattr(env, "unwrapped", env), "world", None)
    if not hasattr(world, "agents") or not hasattr(world, "landmarks"):
        return None, None
    roles = {role: len(of) for role, of in (("agent", world.agents), ("landmark", world.landmarks)) if of}
    return roles, lambda: [x.state.p_pos for x in [*world.agents, *world.landmarks]]


def serve(env, seed, index, task=None, steps=None, reward=np.mean, positions=None, **says):
    """Serves an environment with PettingZoo's parallel API on standard input and output, for --env:

        --env './mine.py {seed} {env}'      in it: metacomm.serve(env, int(sys.argv[1]), int(sys.argv[2]))

    env        .possible_agents, .reset(seed=), .step({agent: action}), .observation_space(agent), .action_space(agent)
    seed       episode k begins with reset(seed=) of a number that depends only on seed, index and k
    index      1 in training, 0 in evaluation
    task       the name in tables and pictures; by default the environment's own
    steps      T, the length of every episode; by default the environment's max_cycles. An episode that ends earlier is
               continued with its last observations, without neighbours and reward
    reward     the team's reward, as a function of the list of the agents' rewards
    positions  (roles, function): {"agent": N, "landmark": L} and a function that returns their positions, [E,2], for
               pictures; found automatically in MPE's worlds
    says       further entries for the header: whatever makes it another task (versions, arguments)

    Observations of unequal width are padded with zeros to the widest (O), and so are actions (A): a Box(n) takes
    the first n numbers, scaled from [-1, 1] to its bounds, a Discrete(n) the index of the largest of the first n. An agent
    that has left is nobody's neighbour, and its last observation is kept. Anything printed goes to standard error.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                                      # standard output is for frames only
    sys.stdout.flush()
    agents = list(env.possible_agents)
    n, inner = len(agents), getattr(env, "unwrapped", env)
    steps = steps or getattr(inner, "max_cycles", None)
    if not steps:
        raise ValueError("how long is an episode? serve(..., steps=T)")
    sees = [env.observation_space(x) for x in agents]
    acts = [env.action_space(x) for x in agents]
    wide, act = (max(_width(s, what) for s in spaces) for spaces, what in ((sees, "observations"), (acts, "actions")))
    does = [_doer(s) for s in acts]
    roles, places = positions or _positions(env)
    if task is None:
        task = str((getattr(inner, "metadata", None) or {}).get("name", type(inner).__name__))
    w, who, everybody = Writer(out, crc=False), slots(n), np.ones((n, n - 1), np.uint8)
    w.write("header", task=task, seed=seed, env=index, agents=n, obs_dim=wide, act_dim=act, steps=int(steps),
            **dict(dict(positions=roles) if roles else {}, **says))

    def show(r, present):
        if len(present) != n:
            here = np.array([x in present for x in agents])
            m = (here[:, None] & here[who]).astype(np.uint8)
        else:
            m = everybody
        for i, x in enumerate(agents):
            if x in seen:
                o[i] = _see(sees[i], seen[x], wide)
        more = dict(pos=np.array(places(), np.float32).reshape(-1, 2)) if roles else {}
        w.write("observation", episode=episode, step=step, r=float(r), contacts=0, o=o, m=m, last=step == steps, **more)

    def begin(number):
        nonlocal episode, step, seen
        episode, step = number, 0
        o[:] = 0
        draw = np.random.SeedSequence((seed, index, number)).generate_state(1)[0]
        seen = env.reset(seed=int(draw) % 2**31)[0]
        show(0, env.agents)

    o, episode, step, seen = np.zeros((n, wide), np.float32), 0, 0, {}
    try:
        begin(0)
        for frame in frames(sys.stdin.buffer):
            if frame["type"] == "action":
                live, r = list(env.agents), 0.0
                if live:
                    a = np.minimum(np.maximum(frame["a"], -1), 1)
                    seen, rewards, *_ = env.step({x: does[i](a[i]) for i, x in enumerate(agents) if x in live})
                    r = reward([rewards.get(x, 0.0) for x in live])
                step += 1
                show(r, live if step == steps else env.agents)     # at the end of an episode no agent has left
                if step == steps:
                    begin(episode + 1)
            elif frame["type"] == "reset":
                begin(frame["episode"])
            elif frame["type"] == "end":
                break
        w.end()
    except BrokenPipeError:
        os._exit(75)
