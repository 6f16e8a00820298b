#!/usr/bin/python3
"""Computes again, in double precision and by the equations, what mc-metalearn --analyse adds.

usage: check-advantages.py CKPT [CKPT0] < stream

Reads a stream with trajectory and advantage frames and prints "N advantages" if the raw and the
normalised series of every one of them agree.
"""
import sys
import warnings

import msgpack
import numpy as np


def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)


def load(path):
    with open(path, "rb") as f:
        return msgpack.unpackb(f.read(), ext_hook=hook, strict_map_key=False)


def dense(layer, x):
    return x @ layer["kernel"].astype(float) + layer["bias"]


def mlp(net, x):
    for name in ("dense_0", "dense_1"):
        x = np.maximum(dense(net[name], x), 0)
    return dense(net["dense_2"], x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def probabilities(comm, o):
    """c [T,N,d] of the nets of every agent; one net serves all where they are shared."""
    nets = comm["dense_0"]["kernel"].shape[0]
    pick = lambda i: {n: {k: v[i % nets] for k, v in t.items()} for n, t in comm.items()}
    return sigmoid(np.stack([mlp(pick(i), o[:-1, i]) for i in range(o.shape[1])], axis=1))


def rule(eta, r, c, m, gamma):
    T, N, d = m.shape
    h = cell = np.zeros(eta["lstm"]["kernel_h"].shape[0])
    A = np.zeros((T, N * d))
    for t in reversed(range(T)):
        x = np.concatenate([[r[t], t == T - 1, gamma], (m * c)[t].ravel()])
        gates = x @ eta["lstm"]["kernel_x"].astype(float) + h @ eta["lstm"]["kernel_h"].astype(float) + eta["lstm"]["bias"]
        i, f, g, out = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        h = sigmoid(out) * np.tanh(cell)
        A[t] = dense(eta["dense_1"], np.maximum(dense(eta["dense_0"], h), 0))
    return A.reshape(T, N, d)


def reinforce(phi, o, r, gamma, n):
    V = mlp(phi, o.reshape(len(o), -1).astype(float))[:, 0]
    T = len(r)
    q = [min(n, T - t) for t in range(T)]
    G = [sum(gamma**k * r[t + k] for k in range(q[t])) + gamma ** q[t] * V[t + q[t]] for t in range(T)]
    return np.array(G) - V[:-1]


def normal(x, live):
    x = np.where(live, x, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a pair that is never live has no mean
        return np.nan_to_num((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0))


def near(got, want, name):
    error = np.abs(got - want).max() / max(np.abs(want).max(), 1e-9)
    if error > 2e-4:
        sys.exit(f"{name}: off by {error:.2g} of its largest value")


def main():
    ckpt = load(sys.argv[1])
    initial = load(sys.argv[2])["params"]["rule"] if len(sys.argv) > 2 else None
    params, header = ckpt["params"], ckpt["header"]
    gamma, count, traj = header["gamma"], 0, None
    unpacker = msgpack.Unpacker(sys.stdin.buffer, ext_hook=hook, max_buffer_size=1 << 30)
    for f in unpacker:
        if f["type"] == "trajectory":
            traj = f
        if f["type"] != "advantage":
            continue
        count += 1
        o, r, m = traj["o"].astype(float), traj["r"].astype(float), traj["m"][:-1]
        c = probabilities(params["comm"], o)
        assert (f["iteration"], f["episode"]) == (traj["iteration"], traj["episode"])
        assert (f["m"] == m).all()
        want = {"A_hat": rule(params["rule"], r, c, m, gamma)}
        if initial:
            want["A_hat_initial"] = rule(initial, r, c, m, gamma)
        if "baseline" in params:
            want["reinforce"] = reinforce(params["baseline"], o, r, gamma, header["mc-metalearn"]["n_step"])
        assert {k for k in f if k.endswith("_raw")} == {k + "_raw" for k in want}
        for name, x in want.items():
            near(f[name + "_raw"], x, name + "_raw")
            near(f[name], normal(f[name + "_raw"].astype(float), m if x.ndim == 3 else np.ones_like(r)), name)
    print(f"{count} advantages")


main()
