#!/usr/bin/python3
"""Writes a checkpoint with nets of zeros, or of random numbers, for the tests of what reads checkpoints.

usage: make-ckpt.py FILE [task=push_N3] [method=meta] [seed=7] [episode=400] [hidden=8]
       [bias=0] [random=0] [range=none] [share=0] [right=0] [header.NAME=JSON ...]

With zeros every action is 0. `bias` is the comm nets' logit; random=S draws all weights from
uniform +-0.5 with seed S. right=1: of a reference task, the comm nets ask whoever knows, and nobody else.
"""
import json
import random
import struct
import sys
import zlib

import msgpack

TASKS = {  # agents, obs_dim, prey
    "push_N3": (3, 12, "none"), "push_N6": (6, 18, "none"), "navigation_N3_l3": (3, 14, "none"),
    "predator_prey_N6_l6": (6, 24, "flee"), "juggling_N3": (3, 12, "none"), "push_N1": (1, 8, "none"), "push_N2": (2, 10, "none"),
    "reference_N3": (3, 15, "none"), "reference_N3_s1": (3, 15, "none"), "reference_N6": (6, 18, "none"),
}


def array(shape, values):
    data = msgpack.packb([shape, "float32", struct.pack(f"<{len(values)}f", *values)])
    return msgpack.ExtType(1, data)


def main():
    opts = {"task": "push_N3", "method": "meta", "seed": "7", "episode": "400", "hidden": "8", "bias": "0",
            "random": "0", "range": "none", "share": "0", "agents": "0", "right": "0"}
    opts.update(a.split("=", 1) for a in sys.argv[2:])
    n, o, prey = TASKS[opts["task"]]
    n = int(opts["agents"]) or n
    h, a, d, method = int(opts["hidden"]), 2, n - 1, opts["method"]
    lead = [1] if int(opts["share"]) else [n]
    draw = random.Random(int(opts["random"]))

    def tensor(*shape, fill=0.0):
        count = 1
        for s in shape:
            count *= s
        if int(opts["random"]):
            return array(list(shape), [draw.uniform(-0.5, 0.5) for _ in range(count)])
        return array(list(shape), [fill] * count)

    def dense(lead, i, o, fill=0.0):
        return {"kernel": tensor(*lead, i, o), "bias": tensor(*lead, o, fill=fill)}

    def mlp(lead, i, o, fill=0.0):
        return {"dense_0": dense(lead, i, h), "dense_1": dense(lead, h, h), "dense_2": dense(lead, h, o, fill)}

    def units(i, o, first=0, gain=1.0):
        """A layer that passes the d inputs from `first` on to its first outputs."""
        one = [gain if k // o == first + k % o and k % o < d else 0.0 for k in range(i * o)]
        return array([*lead, i, o], one * lead[0])

    def asks_right():
        return {"dense_0": {"kernel": units(o, h, 10), "bias": tensor(*lead, h)},
                "dense_1": {"kernel": units(h, h), "bias": tensor(*lead, h)},
                "dense_2": {"kernel": units(h, d, 0, 40.0), "bias": tensor(*lead, d, fill=-20.0)}}

    policy = {"lstm": {"kernel_x": tensor(*lead, o, 4 * h), "kernel_h": tensor(*lead, h, 4 * h),
                       "bias": tensor(*lead, 4 * h)}, **mlp(lead, h + o, a)}
    params = {"policy": policy, "critic": mlp([], n * (o + a), 1)}
    if method not in ("none", "full"):
        params["comm"] = asks_right() if int(opts["right"]) else mlp(lead, o, d, float(opts["bias"]))
    header = {"task": opts["task"], "agents": n, "obs_dim": o, "act_dim": a, "steps": 25, "seed": int(opts["seed"]),
              "gamma": 0.95, "hidden": h, "share": bool(int(opts["share"])),
              "comm": method if method in ("none", "full") else "learned", "prey": prey,
              "explore": {"start": 0.2, "end": 0.2, "episodes": 0}, "method": method}
    if opts["range"] != "none":
        header["range"] = float(opts["range"])
    header.update((name[7:], json.loads(value)) for name, value in opts.items() if name.startswith("header."))
    raw = msgpack.packb({"mc": 1, "type": "checkpoint", "header": header, "iteration": int(opts["episode"]),
                         "episode": int(opts["episode"]), "params": params, "state": {}, "crc32": 0xFFFFFFFF})[:-4]
    with open(sys.argv[1], "wb") as f:
        f.write(raw + struct.pack(">I", zlib.crc32(raw)))


main()
