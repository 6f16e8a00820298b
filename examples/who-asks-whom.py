#!/usr/bin/env python3
"""Who asks whom? Reads a checkpoint with msgpack and numpy alone, and episodes from standard input:

    mc-rollout --load run.ckpt -n 100 --explore 0 | who-asks-whom.py run.ckpt

For each pair of agents it prints the probability that i asks j according to the communication
nets, computed here, and how often it was done. (Debian: python3-msgpack, python3-numpy.)
"""
import sys
import msgpack
import numpy as np


def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)


def probabilities(comm, o):
    """c[t, i, slot] for o[t, i, :]: two hidden layers with ReLU, then sigmoid."""
    x = np.swapaxes(o, 0, 1)                      # agents first, as in the nets
    for name in "dense_0", "dense_1", "dense_2":
        layer = comm[name]
        x = x @ layer["kernel"] + layer["bias"][:, None]
        if name != "dense_2":
            x = np.maximum(x, 0)
    return np.swapaxes(1 / (1 + np.exp(-x)), 0, 1)


def square(slots):
    """[N, N-1] -> [N, N]: slot j of agent i is the j-th of the others."""
    n = len(slots)
    full = np.full((n, n), np.nan)
    full[~np.eye(n, dtype=bool)] = slots.ravel()
    return full


checkpoint = msgpack.unpackb(open(sys.argv[1], "rb").read(), ext_hook=hook)
comm = checkpoint["params"]["comm"]
said, done = [], []
for frame in msgpack.Unpacker(sys.stdin.buffer, ext_hook=hook, max_buffer_size=2**31 - 1):
    if frame["type"] == "trajectory":
        said.append(probabilities(comm, frame["o"][:-1]).mean(0))
        done.append(frame["I"].mean(0))
if not said:
    sys.exit("who-asks-whom.py: standard input: no episodes; pipe mc-rollout --load into it")
for title, slots in ("probability that i asks j", said), ("share of steps in which i asked j", done):
    print(f"{title} ({len(slots)} episodes; i down, j across)")
    for row in square(np.mean(slots, 0)):
        print("  " + "  ".join("    -" if np.isnan(c) else f"{c:.3f}" for c in row))
