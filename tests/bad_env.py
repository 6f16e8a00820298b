#!/usr/bin/python3
"""An environment that goes wrong, for tests of --env:

    bad_env.py HOW SEED ENV

has two agents that see three numbers each, four steps, and from episode 3 on does HOW.
"""
import os
import sys
import time

import msgpack
import numpy as np

how, seed, env = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
agents, wide, steps = 2, 3, 4
sent = 0


def array(x):
    return msgpack.ExtType(1, msgpack.packb((x.shape, x.dtype.name, x.tobytes())))


def send(type, **entries):
    global sent
    sys.stdout.buffer.write(msgpack.packb(dict(mc=1, type=type, **entries), default=array))
    sys.stdout.buffer.flush()
    sent += 1


def observe(episode, step, r=0.0):
    bad = episode >= 3 and step == 2
    draw = np.random.default_rng((seed, episode, step))
    o = draw.uniform(-1, 1, (agents, wide)).astype(np.float32)
    m = np.ones((agents, agents - 1), np.uint8)
    if bad and how == "wider":
        o = np.zeros((agents, wide + 1), np.float32)
    if bad and how == "nan":
        o[1, 2] = np.nan
    if bad and how == "nan-reward":
        r = float("nan")
    if bad and how == "mask":
        m[0, 0] = 7
    if bad and how == "prints":
        print("hello from episode", episode, flush=True)
    if bad and how == "dies":
        sys.exit(9)
    if bad and how == "raises":
        raise RuntimeError("a bug in it")
    if bad and how == "killed":
        os.kill(os.getpid(), 11)
    if bad and how == "hangs":
        time.sleep(1000)
    if bad and how == "ends":
        send("end", frames=sent)
        sys.exit(0)
    entries = dict(episode=episode, step=step, r=r, contacts=0, o=o, m=m, last=step == steps)
    if how == "says":
        entries["pos"] = np.array([[k, step] for k in range(agents + 1)], np.float32)
    send("observation", **entries)
    if bad and how == "twice":
        send("observation", **entries)


if how == "silent":
    time.sleep(1000)
if how == "shell":
    os.execvp("sh", ["sh", "-c", "no-such-program"])
header = dict(task="bad", seed=seed, env=env, agents=agents, obs_dim=wide, act_dim=2, steps=steps)
if how == "other-seed":
    header["seed"] += 1
if how == "other-env":
    header["env"] = 5
if how == "no-agents":
    header["agents"] = 0
if how == "no-steps":
    del header["steps"]
if how == "long-name":
    header["l" * 64] = 1
if how == "other-task":
    header["task"] = "worse"
if how == "other-size":
    header["obs_dim"] = wide = 4
if how == "says":
    header.update(version=int(os.environ["VERSION"]), positions=dict(agent=agents, landmark=1))
send("header", **header)
episode = step = 0
observe(0, 0)
unpacker = msgpack.Unpacker()
while data := sys.stdin.buffer.read1(65536):
    unpacker.feed(data)
    for frame in unpacker:
        if frame["type"] == "reset":
            episode, step = frame["episode"], 0
            observe(episode, 0)
        elif frame["type"] == "action":
            step += 1
            observe(episode, step, -1.0)
            if step == steps:
                episode, step = episode + 1, 0
                observe(episode, 0)
send("end", frames=sent)
