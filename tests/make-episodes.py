#!/usr/bin/python3
"""Writes a stream of made-up episodes, for the tests of what draws them.

usage: make-episodes.py FILE [task=navigation_N3_l3] [agents=3] [method=meta] [seed=5] [episodes=1] [first=0] [steps=25]
       [ask=EXPRESSION] [mask=EXPRESSION] [x=EXPRESSION] [y=EXPRESSION] [shift=EXPRESSION] [end=1] [error=0]

`ask` and `mask` are Python expressions of e, t, i, j (episode, step, who asks, who is asked): is the
request made (default j < i), is j in range (default 1). Agent i is at (x, y), expressions of e, t, i
(default i and t / 10). The reward of step t is -t. Observations are those of the task: navigation has
landmark k at (k, -1), predator_prey landmark k at (-1, k) and prey k at (1, k + t / 100), push the
ball at (0.5, t / 100) and the target at (-0.5, 0.25), reference landmark k at (k, -1), agent i the goal
i % 3, and `shift` (of e, default 1). error=1: the stream ends with another program's error.
"""
import math
import re
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


def near(p, points, count):
    """The nearest `count` of the points, relative to p."""
    order = sorted(range(len(points)), key=lambda k: (math.dist(p, points[k]), k))
    return [points[k][c] - p[c] for k in order[:count] for c in (0, 1)]


def one_hot(n, at):
    return [float(k == at) for k in range(n)]


def observe(task, at, i, t, shift):
    """What agent i sees where the agents are at `at`."""
    n, p, l = len(at), at[i], re.search(r"_l(\d+)$", task)
    l = int(l[1]) if l else 0
    o = [0, 0, *p]
    if task.startswith("navigation"):
        o += near(p, [(k, -1) for k in range(n)], l)
    elif task.startswith("predator_prey"):
        prey = n // 3
        o += near(p, [(-1, k) for k in range(prey + 1)], l)
        o += near(p, [(1, k + t / 100) for k in range(prey)], l)
    elif task.startswith("reference"):
        knows, whose = (i + shift) % n, (i - shift) % n
        return (o + [c for k in range(3) for c in (k - p[0], -1 - p[1])] + one_hot(n - 1, knows - (knows > i)) +
                one_hot(3, whose % 3))
    else:
        o += [0.5 - p[0], t / 100 - p[1], -0.5 - p[0], 0.25 - p[1]]
    return o + [at[j][c] - p[c] for j in range(n) if j != i for c in (0, 1)]


def main():
    opts = {"task": "navigation_N3_l3", "agents": "3", "method": "meta", "episodes": "1", "first": "0", "steps": "25",
            "ask": "j < i", "mask": "1", "x": "i", "seed": "5", "y": "t / 10", "shift": "1", "end": "1", "error": "0"}
    opts.update(a.split("=", 1) for a in sys.argv[2:])
    n, T, task = int(opts["agents"]), int(opts["steps"]), opts["task"]
    ask, mask, x, y, shift = (compile(opts[k], k, "eval") for k in ("ask", "mask", "x", "y", "shift"))
    d, first = n - 1, int(opts["first"])
    others = [[j for j in range(n) if j != i] for i in range(n)]
    out = []
    for e in range(first, first + int(opts["episodes"])):
        o, m, asked = [], [], []
        for t in range(T + 1):
            at = [(eval(x, dict(e=e, t=t, i=i)), eval(y, dict(e=e, t=t, i=i))) for i in range(n)]
            for i in range(n):
                o += observe(task, at, i, t, eval(shift, dict(e=e)))
                live = [int(bool(eval(mask, dict(e=e, t=t, i=i, j=j)))) for j in others[i]]
                m += live
                if t < T:
                    asked += [int(k and bool(eval(ask, dict(e=e, t=t, i=i, j=j)))) for k, j in zip(live, others[i])]
        width = len(o) // ((T + 1) * n)
        if not out:
            out.append(frame("header", task=task, agents=n, obs_dim=width, act_dim=2, steps=T, seed=int(opts["seed"]), method=opts["method"],
                             comm="learned"))
        out.append(frame("trajectory", iteration=7, episode=e, last=False, o=array("float32", [T + 1, n, width], o),
                         m=array("uint8", [T + 1, n, d], m), I=array("uint8", [T, n, d], asked),
                         a=array("float32", [T, n, 2], [0.0] * (T * n * 2)), r=array("float32", [T], [-t for t in range(T)])))
    if not out:
        out.append(frame("header", task=task, agents=n, obs_dim=14, act_dim=2, steps=T, seed=int(opts["seed"]), method=opts["method"], comm="learned"))
    if int(opts["error"]):
        out.append(frame("end", frames=len(out), error={"program": "mc-rollout", "text": "mc-rollout: it broke"}))
    elif int(opts["end"]):
        out.append(frame("end", frames=len(out)))
    with open(sys.argv[1], "wb") as f:
        f.write(b"".join(out))


main()
