#!/usr/bin/env python3
"""A method of your own: IC3Net's idea in this ring. Each agent has one gate, opened or closed in each step depending on
what the agent sees: it asks all others or none. Learned by REINFORCE, with the mean return from each step as the baseline.

    mc-train -t navigation_N3_l3 -m ./gate.py -o gated       (in examples/python; -M '--lr 0.03' is its option)

Here the asker decides, so the gate is on the asker's side. Requests are drawn separately for each neighbour; with
`mc-eval --greedy` a gate is all or nothing. Its one output is repeated in every column of the last layer.
"""
import argparse
import numpy as np
import metacomm

LAYERS = "dense_0", "dense_1", "dense_2"


class Gate(metacomm.Filter):
    name, method = "gate", "gate"
    options = dict(lr=0.01)

    def begin(self, header):
        n, nets = header["agents"], 1 if header["share"] else header["agents"]
        wide = [header["obs_dim"], header["hidden"], header["hidden"], 1]
        draw = np.random.default_rng(header["seed"])
        self.comm = {name: {"kernel": (draw.uniform(-1, 1, (nets, i, o)) / i**0.5).astype(np.float32),
                            "bias": np.zeros((nets, o), np.float32)} for name, i, o in zip(LAYERS, wide, wide[1:])}
        self.comm["dense_2"] = {k: np.repeat(v, n - 1, -1) for k, v in self.comm["dense_2"].items()}
        self.mean = self.spread = np.zeros(header["steps"])

    def learn(self, f):
        follows = np.cumsum(f["r"][::-1], dtype=float)[::-1]       # the rewards from each step on, [T]
        rate = max(0.01, 1 / f["iteration"]) if f["iteration"] else 1
        self.mean = self.mean + rate * (follows - self.mean)
        self.spread = self.spread + rate * (abs(follows - self.mean) - self.spread)
        A = np.clip((follows - self.mean) / (self.spread + 1e-6), -3, 3)
        x = [np.swapaxes(f["o"][:-1], 0, 1)]                       # what goes into each layer, [N,T,.]
        for name in LAYERS:
            z = x[-1] @ self.comm[name]["kernel"] + self.comm[name]["bias"][:, None]
            x.append(np.maximum(z, 0))
        c = 0.5 + 0.5 * np.tanh(z / 2)                             # [N,T,d]; d log c(I) / dz = I - c
        I, m = np.swapaxes(f["I"], 0, 1), np.swapaxes(f["m"][:-1], 0, 1)
        dz = np.broadcast_to((m * (I - c)).mean(2, keepdims=True) * A[:, None] / len(A), c.shape)
        for k, name in reversed(list(enumerate(LAYERS))):
            old, slope = self.comm[name], {"kernel": np.swapaxes(x[k], 1, 2) @ dz, "bias": dz.sum(1)}
            self.comm[name] = {n: (v + self.options["lr"] * (slope[n] if len(v) > 1 else slope[n].sum(0, keepdims=True))
                                   ).astype(np.float32) for n, v in old.items()}    # one net for all has their sum
            dz = dz @ np.swapaxes(old["kernel"], 1, 2) * (x[k] > 0)
        self.metric = dict(gate=float(c.mean()), follows=float(self.mean[0]))

    state = lambda self: dict(mean=self.mean, spread=self.spread)
    restore = lambda self, state: self.__dict__.update(state)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lr", type=float, default=Gate.options["lr"], help="learning rate (default %(default)s)")
    Gate.options = vars(parser.parse_args())
    Gate().run()
