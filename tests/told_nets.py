#!/usr/bin/python3
"""All that learns in a ring, for tests of which nets acted: told_nets.py FILE [seconds] [K] [late].

The nets of an iteration tell its number: policies do atanh(a) = iteration/64 whatever they see, communication nets
request, of N (N - 1) edges, those whose bit of the iteration is 1. FILE gets a line for each trajectory: episode,
iteration, last, and the iterations whose policies and communication nets acted. seconds: what an update takes, 0.05
for instance, or of every third one -0.05. K: as under mc-metalearn -m meta. late: communication nets are sent
behind the policies of the next iteration.
"""
import os
import sys
import time

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../examples/python"))
import metacomm

told, seconds, K, late = open(sys.argv[1], "a"), *(float(x) for x in (sys.argv[2:4] + ["0", "0"])[:2]), "late" in sys.argv
out = metacomm.Writer(sys.stdout.buffer, crc=False)


def tree(shapes, bias):
    x = {layer: {name: np.zeros(s, np.float32) for name, s in arrays.items()} for layer, arrays in shapes.items()}
    x["dense_2"]["bias"] += bias.astype(np.float32)
    return x


def dense(n, *wide):
    return {f"dense_{k}": {"kernel": (n, i, o), "bias": (n, o)} for k, (i, o) in enumerate(zip(wide, wide[1:]))}


def nets(h, iteration):
    N, O, A, H = (h[k] for k in ("agents", "obs_dim", "act_dim", "hidden"))
    n = 1 if h["share"] else N
    lstm = {"lstm": {"kernel_x": (n, O, 4 * H), "kernel_h": (n, H, 4 * H), "bias": (n, 4 * H)}}
    yield "policy", tree({**lstm, **dense(n, H + O, H, H, A)}, np.array(iteration / 64))
    if h["comm"] == "learned":
        bits = iteration >> np.arange(n * (N - 1)).reshape(n, N - 1) & 1
        yield "comm", tree(dense(n, O, H, H, N - 1), 60 * bits - 30)


def send(h, iteration, wanted=("policy", "comm")):
    for name, params in nets(h, iteration):
        if name in wanted:
            out.write("params", net=name, iteration=iteration, params=params)


def acted(h, f):
    """The iterations that a trajectory tells of."""
    policy = np.unique(np.round(64 * np.arctanh(f["a"].astype(float)), 3))
    bits = np.unique(f["I"], axis=0)[0].ravel()[:f["I"][0].size // (h["agents"] if h["share"] else 1)]
    assert len(policy) == 1 and (f["I"] == f["I"][0]).all()
    return f"{policy[0]:g} {bits @ (1 << np.arange(len(bits))) if h['comm'] == 'learned' else '-'}"


def learn():
    h, iteration = None, 0
    for f in metacomm.frames(sys.stdin.buffer):
        kind = f["type"]
        if kind == "header":
            h = dict(f, method="told", owns=dict(policy="told", **({"comm": "told"} if f["comm"] == "learned" else {})),
                     **{"from": "told", **({"meta_k": int(K)} if K else {})})
            out.write(kind, **h)
            continue
        if kind == "end":
            out.end(**{k: v for k, v in f.items() if k == "error"})
            break
        if kind == "barrier":
            send(h, iteration)
        out.write(kind, **f)
        if kind == "params":
            iteration = f["iteration"]
        if kind == "trajectory":
            print(f["episode"], f["iteration"], int(f["last"]), acted(h, f), file=told, flush=True)
            if f["last"]:
                continue
            iteration = f["iteration"] + 1
            time.sleep(seconds if seconds > 0 else -seconds * (iteration % 3 == 0))
            send(h, iteration, ["policy"] if late else ["policy", "comm"])
            if late:
                send(h, iteration - 1, ["comm"])


try:
    learn()
except BrokenPipeError:
    os._exit(0)  # mc-rollout has ended, and says why
