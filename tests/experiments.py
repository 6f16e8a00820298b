#!/usr/bin/python3
"""Simulates experiments whose truth is known, and counts what mc-eval --aggregate --claims finds.

usage: experiments.py EXPERIMENTS SEEDS APART

Each has the methods a, b, c, d with SEEDS runs each, of 10 episodes; their returns are noise of
standard deviation 5 around means that are APART from one method to the next, a's the highest.
Prints for every claim a line: the relation, how often it agreed, how often it disagreed.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

import msgpack

CLAIMS = {"above": "b", "best": "", "below best": "", "top two": "", "worst": "", "not worst": ""}


def frame(kind, **entries):
    raw = msgpack.packb({"mc": 1, "type": kind, **entries, "crc32": 0xFFFFFFFF})[:-4]
    return raw + struct.pack(">I", zlib.crc32(raw))


def log(path, method, seed, mean):
    frames = [frame("header", task="push_N3", agents=3, obs_dim=12, act_dim=2, steps=25, seed=seed, gamma=0.95,
                    hidden=8, share=False, comm="learned", prey="none", method=method,
                    explore={"start": 0.2, "end": 0.2, "episodes": 0})]
    frames += [frame("episode", iteration=e, episode=e, **{"return": mean}, requests=0, edges=150, steps=25)
               for e in range(10)]
    frames.append(frame("end", frames=len(frames)))
    with open(path, "wb") as f:
        f.write(b"".join(frames))


def main():
    experiments, seeds, apart = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    noise = random.Random(seeds)
    counts = {relation: {"agree": 0, "disagree": 0, "cannot tell": 0} for relation in CLAIMS}
    with tempfile.TemporaryDirectory() as where:
        claims = os.path.join(where, "claims")
        with open(claims, "w") as f:
            f.writelines(f"push_N3 | a | {relation} | {whom} | {relation}\n" for relation, whom in CLAIMS.items())
        for _ in range(experiments):
            logs = []
            for level, method in enumerate("abcd"):
                for seed in range(1, seeds + 1):
                    logs.append(os.path.join(where, f"{method}-{seed}.log"))
                    log(logs[-1], method, seed, noise.gauss(-apart * level, 5))
            out = subprocess.run(["mc-eval", "--aggregate", "--resamples", "100", "--json", "--claims", claims, *logs],
                                 check=True, capture_output=True).stdout
            for line in map(json.loads, out.splitlines()):
                if "verdict" in line:
                    counts[line["claim"]][line["verdict"]] += 1
    for relation, n in counts.items():
        print(relation.replace(" ", "-"), n["agree"], n["disagree"])


main()
