#!/usr/bin/python3
"""A method that goes wrong, for tests of mc-train -m: bad_filter.py HOW, from iteration 5 on."""
import os
import sys

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../examples/python"))
import metacomm

how = sys.argv[1]


class Bad(metacomm.Filter):
    name, method = "bad-filter", "bad"

    def begin(self, header):
        n, wide = header["agents"], [header["obs_dim"], header["hidden"], header["hidden"], header["agents"] - 1]
        self.comm = {f"dense_{k}": {"kernel": np.zeros((n, i, o), np.float32), "bias": np.zeros((n, o), np.float32)}
                     for k, (i, o) in enumerate(zip(wide, wide[1:]))}

    def learn(self, f):
        if f["iteration"] < 5 or os.path.exists("well"):
            return
        if how == "shape":
            self.comm["dense_1"]["kernel"] = np.zeros((3, 8, 9), np.float32)
        if how == "nan":
            self.comm["dense_1"]["bias"] = np.full((3, 8), np.nan, np.float32)
        if how == "raises":
            raise RuntimeError("a bug in it")
        if how == "dies":
            os._exit(3)
        if how == "killed":
            os.kill(os.getpid(), 9)
        if how == "prints":
            sys.stdout.buffer.write(b"hello\n")
        if how == "closed":                            # nobody reads any more: as if the next program were gone
            r, w = os.pipe()
            os.close(r)
            os.dup2(w, 1)


class Count(metacomm.Writer):
    def end(self, **entries):
        self.write("end", frames=7, **entries)


if how == "count":
    metacomm.Writer = Count
if how == "nobody":
    os.execvp("sh", ["sh", "-c", "cat 2>/dev/null; exit 75"])
Bad().run()
