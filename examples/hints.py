#!/usr/bin/env python3
"""A task of your own, unknown to the programs: three agents, each of which sees the place
where its neighbour has to go. An agent that does not ask gropes in the dark.

    mc-train --env './hints.py {seed} {env}' -e 3000 -o meta
    mc-eval --env './hints.py {seed} {env}' --comm none meta/run.ckpt

It implements the part of PettingZoo's parallel API that metacomm.serve uses, without PettingZoo: numpy
is enough. Its arguments are the seed and the index of the environment, which --env fills in.
(Debian: python3-msgpack, python3-numpy; metacomm.py is in the directory python next to this file.)
"""
import os
import sys

if len(sys.argv) != 3:
    print("usage: mc-train --env './hints.py {seed} {env}' ...", file=sys.stdout if sys.argv[1:] == ["-h"] else sys.stderr)
    sys.exit(0 if sys.argv[1:] == ["-h"] else 64)

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "python"))
import metacomm


class Box:
    low, high, dtype = -1, 1, np.float32

    def __init__(self, n):
        self.shape = (n,)


class Hints:
    possible_agents, max_cycles = ["red", "green", "blue"], 25

    def observation_space(self, agent):
        return Box(4)

    def action_space(self, agent):
        return Box(2)

    def reset(self, seed):
        draw = np.random.default_rng(seed)
        self.agents, self.step_number = list(self.possible_agents), 0
        self.at, self.goal = draw.uniform(-1, 1, (2, 3, 2))
        return self.observe(), {}

    def step(self, actions):
        a = np.array([actions[x] for x in self.agents])
        self.at = np.minimum(np.maximum(self.at + 0.1 * a, -1), 1)
        self.step_number += 1
        reward = -np.linalg.norm(self.at - self.goal, axis=1).mean()
        over = dict.fromkeys(self.agents, self.step_number == self.max_cycles)
        return self.observe(), dict.fromkeys(self.agents, reward), over, over, {}

    def observe(self):
        theirs = self.goal[[2, 0, 1]]                   # agent i sees the goal of agent i - 1
        return dict(zip(self.possible_agents, np.concatenate([self.at, theirs], 1)))


if __name__ == "__main__":
    task = Hints()
    metacomm.serve(task, int(sys.argv[1]), int(sys.argv[2]), task="hints",
                   positions=({"agent": 3, "target": 3}, lambda: np.vstack([task.at, task.goal])))
