#!/usr/bin/python3
"""Short runs of every program under a checker, which has nothing to report.

    watched.py thread     programs that were built with -fsanitize=thread, several threads in each
    watched.py valgrind   programs without instructions that valgrind does not know

tests/control does what the checker must see: else it says nothing because it does not look.
The output is TAP.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import shortring as sr

VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]
SLOW = 600        # seconds for one run: a hang, not a slow machine
TASK = "navigation_N2_l2"


class Watch:
    """How a program is started, and what tells that something was seen."""

    def __init__(self, how, directory):
        self.directory, self.before = directory, VALGRIND if how == "valgrind" else []
        self.env = dict(os.environ, MC_QUIET="1", TSAN_OPTIONS="halt_on_error=1:exitcode=99")
        self.programs = sr.bin_dir
        if self.before:
            self.programs = os.path.join(directory, "bin")
            os.mkdir(self.programs)
            for name in os.listdir(sr.bin_dir):
                path = os.path.join(self.programs, name)
                with open(path, "w") as f:
                    f.write("#!/bin/sh\nexec %s '%s' \"$@\"\n" % (" ".join(self.before), os.path.join(sr.bin_dir, name)))
                os.chmod(path, 0o755)
        self.env["PATH"] = self.programs + ":" + self.env["PATH"]
        self.env["MC_BIN"] = self.programs

    def run(self, args):
        """(status, stdout, stderr)"""
        try:
            p = subprocess.run(args, cwd=self.directory, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, timeout=SLOW)
        except subprocess.TimeoutExpired:
            return "hang", b"", ""
        return p.returncode, p.stdout, p.stderr.decode(errors="replace")

    def sees(self, what):
        status, _, err = self.run(self.before + [os.path.join(sr.build_dir, "tests", "control"), what])
        return status == 99 and err


def ring(method, directory, threads, more=""):
    return [sr.train, "-t", TASK, "-m", method, "-e", "22", "-o", directory,
            "-R", "--hidden 8 -C 8 --threads %d %s" % (threads, more),
            "-M", "--rule-hidden 4" + (" -K 4" if method == "meta" else ""),
            "-Q", "--batch 64 --threads %d --keep-replay" % threads]


# One short run of each program outside a ring; in a shell, since some of them read a pipe.
ALONE = [
    "mc-envsim -t %s --random 2" % TASK,
    "mc-envsim -t %s </dev/null" % TASK,
    "mc-rollout --load meta/run.ckpt -n 3 --threads 3 >acted",
    "mc-metalearn --analyse meta/run.ckpt <acted >analysed",
    "mc-eval -n 3 meta/run.ckpt none/run.ckpt",
    "mc-eval -n 3 --json meta/run.ckpt",
    "mc-plot curves meta/run.log",
    "mc-plot curves -o curves.svg meta/run.log",
    "mc-cat --verify meta/run.ckpt meta/run.log meta/run.replay meta/run.ckpt.provenance",
    "mc-cat --diff meta/run.log meta/run.log",
    "mc-cat --npz nets.npz meta/run.ckpt",
    "mc-cat --full meta/run.ckpt",
]


def main():
    how = sys.argv[1]
    directory = tempfile.mkdtemp(prefix="mc-watched.")
    w, tap = Watch(how, directory), sr.Tap()
    with open(os.path.join(directory, "world"), "w") as f:
        f.write("#!/bin/sh\nexec mc-envsim -t %s --env 1\n" % TASK)
    os.chmod(f.name, 0o755)
    for what in ["race"] if how == "thread" else ["leak", "unset"]:
        tap.ok(w.sees(what), "%s: a %s is seen" % (how, what))
    todo = [(m + ", to be compared", ring(m, m, 1)) for m in ("none", "meta")]
    if how == "thread":
        pool = os.path.join(sr.build_dir, "tests", "t_pool")
        todo += [("t_pool", [pool]), ("none", ring("none", "n3", 3)), ("full", ring("full", "f3", 3)),
                 ("reinforce", ring("reinforce", "r3", 3)), ("stgs", ring("stgs", "s3", 3)),
                 ("meta", ring("meta", "m3", 3)),
                 ("meta, its environment in another process", ring("meta", "e3", 2, "--env ./world")),
                 ("wide nets, which two threads act with", ring("full", "wide", 2, "--hidden 160"))]
    todo += [(c, ["sh", "-c", c]) for c in ALONE]
    count = 0
    for text, args in todo:
        status, _, err = w.run(args)
        count += 1
        tap.ok(status == 0 and not err, "%s: %s" % (how, text), ["status %s" % status] + err.splitlines()[:30] if status or err else [])
    if how == "thread":
        tap.ok(not sr.differs(os.path.join(directory, "m3"), os.path.join(directory, "meta")), "3 threads: the bytes of 1")
    sr.measured("no report of %s" % ("ThreadSanitizer" if how == "thread" else "valgrind"), "%d runs" % count)
    if not tap.failed:
        shutil.rmtree(directory)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
