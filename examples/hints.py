#!/usr/bin/env python3
"""A task of one's own, which no program here knows: three agents, each of which sees the place
where its neighbour has to go. Who does not ask, gropes in the dark. Train it in a ring:

    mkfifo ring
    mc-rollout --env './hints.py 1' -s 1 --comm full -e 5000 -c hints.ckpt -l hints.log < ring |
        mc-critic > ring

(or with mc-metalearn in it and without --comm, as in bare-ring, to learn whom to ask).
The protocol is in mc-frame(5): a header, then an observation for every action. Its argument is
the seed, which has to be that of the run. (Debian: python3-msgpack, python3-numpy.)
"""
import signal
import sys
import msgpack
import numpy as np

AGENTS, STEPS, SEED = 3, 25, int(sys.argv[1]) if len(sys.argv) > 1 else 1


def array(x):
    return msgpack.ExtType(1, msgpack.packb((x.shape, x.dtype.name, x.tobytes())))


def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)


def incoming():
    unpacker = msgpack.Unpacker(ext_hook=hook)
    while data := sys.stdin.buffer.read1(65536):        # whatever is there
        unpacker.feed(data)
        yield from unpacker


def send(type, **entries):
    global sent
    sys.stdout.buffer.write(msgpack.packb(dict(mc=1, type=type, **entries), default=array))
    sys.stdout.buffer.flush()
    sent += 1


class Hints:
    def reset(self, episode):
        """Of the seed and the number alone: a run that is continued plays the same episodes."""
        draw = np.random.default_rng((SEED, episode))
        self.episode, self.step = episode, 0
        self.at, self.goal = draw.uniform(-1, 1, (2, AGENTS, 2))
        self.observe(0.0)

    def act(self, a):
        self.at = np.clip(self.at + 0.1 * np.clip(a, -1, 1), -1, 1)
        self.step += 1
        self.observe(-np.linalg.norm(self.at - self.goal, axis=1).mean())

    def observe(self, reward):
        theirs = np.roll(self.goal, 1, axis=0)          # agent i sees the goal of agent i - 1
        send("observation", episode=self.episode, step=self.step, r=float(reward), contacts=0,
             o=np.hstack([self.at, theirs]).astype(np.float32),
             m=np.ones((AGENTS, AGENTS - 1), np.uint8), last=self.step == STEPS)


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
sent, task = 0, Hints()
send("header", task="hints", seed=SEED, env=1, agents=AGENTS, obs_dim=4, act_dim=2, steps=STEPS)
task.reset(0)
for frame in incoming():
    if frame["type"] == "action":
        task.act(frame["a"])
    elif frame["type"] == "reset":
        task.reset(frame["episode"])
    elif frame["type"] == "end":
        break
    if task.step == STEPS:
        task.reset(task.episode + 1)
send("end", frames=sent)
