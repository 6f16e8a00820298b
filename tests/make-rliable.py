#!/usr/bin/env python3
"""Writes tests/data/rliable/: made-up scores, and what the rliable package says about them.

usage: make-rliable.py DIR      (needs rliable; made with rliable 1.2.0, arch 7.2.0, numpy 2.4.6, scipy 1.17.1, pandas 2.3.3)

scores.tsv has method, task, run, score. metrics.tsv has what is measured, of which method (or
"one>other"), its value, and the ends of the 95 % interval: over 20,000 resamples, those of profiles and improvements over 2,000.
"""
import os
import sys

import numpy as np
from rliable import library, metrics

RUNS, TASKS, METHODS = 8, 5, ("alpha", "beta", "gamma")


def made_up():
    rng = np.random.default_rng(20)
    scores = {}
    for k, method in enumerate(METHODS):
        x = rng.normal(0.35 + 0.15 * k, 0.2, (RUNS, TASKS)) * np.linspace(0.7, 1.5, TASKS)
        x[:, 3] = np.round(x[:, 3], 1)  # ties
        scores[method] = np.round(x, 4)
    return scores


def metrics(x):
    return np.array([metrics.aggregate_mean(x), metrics.aggregate_median(x), metrics.aggregate_iqm(x),
                     metrics.aggregate_optimality_gap(x)])


def main():
    np.random.seed(1)
    scores = made_up()
    with open(os.path.join(sys.argv[1], "scores.tsv"), "w") as f:
        for method in METHODS:
            for (run, task), v in np.ndenumerate(scores[method]):
                print(method, "task%d" % task, run + 1, "%.4f" % v, sep="\t", file=f)
    with open(os.path.join(sys.argv[1], "metrics.tsv"), "w") as f:
        def put(what, who, value, ci):
            print(what, who, *("%.8f" % v for v in (value, *ci)), sep="\t", file=f)

        values, cis = library.get_interval_estimates(scores, metrics, reps=20000)
        for method in METHODS:
            for k, name in enumerate(("mean", "median", "iqm", "gap")):
                put(name, method, values[method][k], cis[method][:, k])
        taus = np.linspace(0, 1, 21)
        values, cis = library.create_performance_profile(scores, taus, reps=2000)
        for method in METHODS:
            for k in range(21):
                put("profile%d" % k, method, values[method][k], cis[method][:, k])
        pairs = {"%s>%s" % (a, b): (scores[a], scores[b]) for a in METHODS for b in METHODS if a < b}
        values, cis = library.get_interval_estimates(pairs, metrics.probability_of_improvement, reps=2000)
        for pair in pairs:
            put("improvement", pair, values[pair], cis[pair][:, 0])


main()
