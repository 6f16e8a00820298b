#!/usr/bin/python3
"""An environment that goes wrong: mc-envsim, whose reward from an episode on is another.

    poisoned_env.py EPISODE REWARD mc-envsim ...
"""
import subprocess
import sys

import msgpack

episode, reward = int(sys.argv[1]), float(sys.argv[2])
world = subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE)   # reads the actions itself
frames = msgpack.Unpacker(raw=False, max_buffer_size=1 << 24)
while True:
    data = world.stdout.read1(1 << 16)
    if not data:
        break
    frames.feed(data)
    for f in frames:
        if f["type"] == "observation" and f["step"] > 0 and f["episode"] >= episode:
            f["r"] = reward
        sys.stdout.buffer.write(msgpack.packb(f))
        sys.stdout.buffer.flush()
