#!/usr/bin/python3
"""Writes a stream with made-up advantage frames, for the tests of what draws them.

usage: make-advantages.py FILE [agents=3] [episodes=1] [steps=4] [reinforce=1] [initial=1] [end=1]
       [mask=0] [first=0] [error=0] [draw=0]

In episode e REINFORCE's normalised advantage at step t is t / 10 + e, agent i's A_hat for slot j is
i + j / 10 + t / 100 and under the initial rule minus that. mask=1: nobody is anybody's neighbour
at step 1. error=1: the stream ends with another program's error. draw=1 and up: other episodes of the
same numbers, REINFORCE's advantage higher by 10 each.
"""
import struct
import sys
import zlib

import msgpack


def frame(kind, **entries):
    raw = msgpack.packb({"mc": 1, "type": kind, **entries, "crc32": 0xFFFFFFFF})[:-4]
    return raw + struct.pack(">I", zlib.crc32(raw))


def array(dtype, shape, values):
    code = {"uint8": "B", "float32": "f"}[dtype]
    return msgpack.ExtType(1, msgpack.packb([shape, dtype, struct.pack(f"<{len(values)}{code}", *values)]))


def main():
    opts = {"agents": 3, "episodes": 1, "steps": 4, "reinforce": 1, "initial": 1, "end": 1, "mask": 0, "first": 0,
            "error": 0, "draw": 0}
    for a in sys.argv[2:]:
        key, value = a.split("=", 1)
        opts[key] = int(value)
    n, T = opts["agents"], opts["steps"]
    d, shape = n - 1, [opts["steps"], n, n - 1]
    out = [frame("header", task=f"push_N{n}", seed=5, method="meta")]
    for e in range(opts["first"], opts["first"] + opts["episodes"]):
        series = {}
        every = [(t, i, j) for t in range(T) for i in range(n) for j in range(d)]
        if opts["reinforce"]:
            series["reinforce"] = array("float32", [T], [t / 10 + e + 10 * opts["draw"] for t in range(T)])
        A = [i + j / 10 + t / 100 for t, i, j in every]
        series["A_hat"] = array("float32", shape, A)
        if opts["initial"]:
            series["A_hat_initial"] = array("float32", shape, [-a for a in A])
        raw = {name + "_raw": value for name, value in series.items()}
        m = array("uint8", shape, [int(not (opts["mask"] and t == 1)) for t, i, j in every])
        out.append(frame("trajectory", iteration=7, episode=e))
        out.append(frame("advantage", iteration=7, episode=e, m=m, **series, **raw))
    if opts["error"]:
        out.append(frame("end", frames=len(out), error={"program": "mc-rollout", "text": "mc-rollout: it broke"}))
    elif opts["end"]:
        out.append(frame("end", frames=len(out)))
    with open(sys.argv[1], "wb") as f:
        f.write(b"".join(out))


main()
