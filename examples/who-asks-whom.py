#!/usr/bin/env python3
"""Who asks whom? Reads a checkpoint, and episodes from standard input:

    mc-rollout --load run.ckpt -n 100 --explore 0 | who-asks-whom.py run.ckpt

For each pair of agents it prints the probability that i asks j according to the communication
nets, computed here, and how often i did ask. (Debian: python3-msgpack, python3-numpy;
metacomm.py is in the directory python next to this file.)
"""
import os
import signal
import sys

if len(sys.argv) != 2 or sys.argv[1] == "-h":
    print("usage: mc-rollout --load CHECKPOINT -n 100 --explore 0 | who-asks-whom.py CHECKPOINT",
          file=sys.stdout if sys.argv[1:] == ["-h"] else sys.stderr)
    sys.exit(0 if sys.argv[1:] == ["-h"] else 64)

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "python"))
import metacomm


def square(x):
    """[N, N-1] -> [N, N]: slot j of agent i is the j-th of the others."""
    full = np.full((len(x), len(x)), np.nan)
    np.put_along_axis(full, metacomm.slots(len(x)), x, 1)
    return full


signal.signal(signal.SIGPIPE, signal.SIG_DFL)          # head may have seen enough
try:
    team = metacomm.Checkpoint(sys.argv[1])
    episodes = metacomm.trajectories(sys.stdin.buffer)
    said = team.comm(episodes["o"][:, :-1]).mean((0, 1))
except (OSError, ValueError) as e:
    sys.exit(f"who-asks-whom.py: {e}")
done = episodes["I"].mean((0, 1))
for title, x in ("probability that i asks j", said), ("share of steps in which i asked j", done):
    print(f"{title} ({len(episodes['o'])} episodes; i down, j across)")
    for row in square(x):
        print("  " + "  ".join("    -" if np.isnan(c) else f"{c:.3f}" for c in row))
