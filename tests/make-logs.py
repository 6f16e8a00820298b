#!/usr/bin/python3
"""Writes a run's log with made-up returns, for the tests of what reads logs.

usage: make-logs.py FILE [task=push_N3] [method=meta] [seed=1] [episodes=40] [edges=1]
       [level=0] [K=10] [end=1] [first=0] [nan=0] [comm=0] [grow=1] [pairs=0] [lab=0] [right=0] [prey=mlp] [old=0] [without=TYPE]

Episode e returns level + e + seed / 10 and has `agents` requests in each of its 25 steps; a
metric frame after every tenth episode holds loss = 1 / (1 + e). comm=1: mc-metalearn's metrics,
too; g_norm is grow^(e / 10). pairs=1: and who asks whom, agent i its neighbour in slot k with share
(i + k + seed) / 20. right=1: 0.6 of the requests are right, 0.9 of the right ones are made. Prey of which
nothing is known but that they are mlp have no yardstick: returns are scaled to those of the runs, but with
prey=none. old=1: edges are called links, as they once were. Frames of the type `without` are left out, as mc-cat -t leaves them out.
"""
import json
import struct
import sys
import zlib

import msgpack


def frame(kind, **entries):
    body = {"mc": 1, "type": kind, **entries, "crc32": 0xFFFFFFFF}
    raw = msgpack.packb(body)[:-4]
    return raw + struct.pack(">I", zlib.crc32(raw))


def shares(agents, seed):
    values = [(i + k + seed) / 20 for i in range(agents) for k in range(agents - 1)]
    return msgpack.ExtType(1, msgpack.packb([[agents, agents - 1], "float32", struct.pack("<%df" % len(values), *values)]))


def main():
    opts = {"task": "push_N3", "method": "meta", "seed": "1", "episodes": "40", "edges": "1",
            "level": "0", "K": "10", "end": "1", "nan": "0", "comm": "0", "grow": "1", "pairs": "0", "lab": "0", "right": "0", "prey": "mlp", "old": "0", "without": ""}
    opts.update(a.split("=", 1) for a in sys.argv[2:])
    seed, episodes, level = int(opts["seed"]), int(opts["episodes"]), float(opts["level"])
    agents = 6 if "N6" in opts["task"] else 3
    method = opts["method"]
    header = dict(task=opts["task"], agents=agents, obs_dim=12, act_dim=2, steps=25, seed=seed, gamma=0.95,
                 hidden=128, share=False, range=None, comm=method if method in ("none", "full") else "learned",
                 prey=opts["prey"], explore={"start": 0.2, "end": 0.2, "episodes": 0}, method=method,
                  meta_k=int(opts["K"]), **{"mc-metalearn": {"beta": 0.01}})
    header.update((name[7:], json.loads(value)) for name, value in opts.items() if name.startswith("header."))
    out = [frame("header", **header)]
    for e in range(episodes):
        edges = 25 * agents * (agents - 1) if int(opts["edges"]) else 0
        out.append(frame("episode", iteration=e, episode=e, **{"return": level + e + seed / 10},
                         requests=25 * agents if edges else 0, steps=25,
                         **{"links" if int(opts["old"]) else "edges": edges},
                         **({"right": 45, "right_links" if int(opts["old"]) else "right_edges": 50} if int(opts["right"]) else {})))
        if e % 10 == 9:
            loss = float("nan") if e < int(opts["nan"]) else 1 / (1 + e)
            out.append(frame("metric", program="mc-critic", iteration=e, episode=e,
                             values={"loss": loss, "q_mean": level}))
        if e % 10 == 9 and int(opts["comm"]):
            values = {"g_norm": float(opts["grow"]) ** (e // 10), "advantage_norm": 0.5, "c_mean": 0.4, "entropy": 0.6,
                      "saturated": 0.25, "baseline_loss": 3.0}
            if method == "meta":
                values.update(J=2.0, meta_norm=7.0)
            if int(opts["lab"]):
                values.update(logit_step=0.1, common=0.75, agreement=-0.5, meta_cosine=0.05, saturated_gradient=0.25)
            pairs = {"asked_pair": shares(agents, seed)} if int(opts["pairs"]) else {}
            out.append(frame("metric", program="mc-metalearn", iteration=e, episode=e, values=values, **pairs))
    out = [f for f in out if not opts["without"] or msgpack.packb(opts["without"]) not in f[:40]]
    if int(opts["end"]):
        out.append(frame("end", frames=len(out)))
    with open(sys.argv[1], "wb") as f:
        f.write(b"".join(out))


main()
