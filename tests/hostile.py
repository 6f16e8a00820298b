#!/usr/bin/python3
"""Gives the files of tests/data/hostile to every program that reads such files.

mc-cat --verify refuses all of them with 65, one line, and an offset. The programs that use such a
file refuse what is malformed (form-) in the same way; of what makes no sense (sense-) they need
not use everything, but end in order. Nobody takes more than a second, or more memory than 64 MiB
and twice the file. The output is TAP.
"""
import collections
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

import shortring as sr

directory = os.path.join(sr.here, "data", "hostile")
RING = ["-t", "navigation_N2_l2", "--hidden", "1", "-e", "3"]
# By what a file claims to be: who reads it; {} is its name, otherwise it comes on standard input.
READERS = {
    "ckpt": [["mc-cat", "{}"], ["mc-eval", "-n", "1", "{}"], ["mc-rollout", "--load", "{}", "-n", "1"],
             ["mc-cat", "--npz", "{}.npz", "{}"]],
    "log": [["mc-cat", "{}"], ["mc-plot", "curves", "{}"], ["mc-cat", "--tsv", "-t", "episode", "{}"]],
    "acted": [["mc-metalearn", "-K", "2", "--rule-hidden", "1"], ["mc-critic", "-m", "stgs", "--batch", "16", "--threads", "1"]],
    "decided": [["mc-critic", "--batch", "16", "--threads", "1"]],
    "back": [["mc-rollout"] + RING],
    "world": [["mc-rollout"]],                 # in a ring: see run_world
    "env": [["mc-envsim", "-t", "navigation_N2_l2", "-n", "1"]],
}
IN_ORDER = {0, 64, 65, 66, 69, 75}
SECONDS, MEMORY = 1.0, 64 << 20


def feed(pipe, data):
    try:
        pipe.write(data)
        pipe.close()
    except OSError:
        pass


def run(args, path, where):
    """(status, lines on stderr, seconds of processor time, bytes of memory)"""
    on_stdin = not any("{}" in a for a in args)
    args = [os.path.join(sr.bin_dir, args[0])] + [a.replace("{}", os.path.basename(path) if a == "{}.npz" else path)
                                                  for a in args[1:]]
    # A file, not a pipe, for stderr: nobody has to read it while the program runs.
    with tempfile.TemporaryFile() as err:
        p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=err, cwd=where,
                             env=dict(os.environ, MC_QUIET="1"))
        with open(path, "rb") as f:
            writer = threading.Thread(target=feed, args=(p.stdin, f.read() if on_stdin else b""))
        writer.start()
        timer = threading.Timer(20, lambda: os.kill(p.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(p.pid, 0)
        timer.cancel()
        p.returncode = os.waitstatus_to_exitcode(status)
        writer.join()
        err.seek(0)
        lines = err.read().decode(errors="replace").splitlines()
    return p.returncode, lines, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def run_world(path, where):
    """A ring whose environment sends what is in the file: mc-rollout's (status, lines, ...)."""
    with tempfile.TemporaryDirectory(dir=where) as ring:
        script = ("mkfifo ring; (mc-rollout %s --comm none --env 'exec cat %s' <ring; echo $? >status) | "
                  "mc-critic --batch 16 --threads 1 >ring" % (" ".join(RING), path))
        p = subprocess.run(["sh", "-c", script], cwd=ring, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=20,
                           env=dict(os.environ, MC_QUIET="1", PATH=sr.bin_dir + ":" + os.environ["PATH"]))
        with open(os.path.join(ring, "status")) as f:
            return int(f.read()), p.stderr.decode(errors="replace").splitlines(), 0, 0


def judge(name, args, status, lines):
    """What is wrong with how the file was met, "" if nothing."""
    text = " | ".join(lines)
    verify = "--verify" in args
    if "still running, or cut" in text and args[0] in ("mc-cat", "mc-plot") and len(lines) <= 2 and not verify:
        return "" if status in (0, 65) else "status %d, %s" % (status, text)
    if name.startswith("kind-") and args[0] == "mc-cat":
        return "" if status == 0 or "--npz" in args and status == 65 else "status %d, %s" % (status, text)
    if "ended without a word" in text and status == 75 and len(lines) == 1:
        return ""
    if name.endswith(".world"):
        return "" if status in (64, 65) and len(lines) == 1 else "status %d, %s" % (status, text)
    if verify or name[:5] in ("form-", "kind-"):
        if status != 65 or len(lines) != 1:
            return "status %d, %s" % (status, text)
        if verify and not re.match(r"mc-cat: [^:]+:\d+: ", lines[0]):
            return "no offset: " + text
        return ""
    if status not in IN_ORDER or len(lines) > 1 or (status not in (0, 75) and not lines):
        return "status %d, %s" % (status, text)
    return ""


def meet(name, where):
    """[(what is wrong)] and the worst time and memory of one file."""
    path = os.path.join(directory, name)
    kind = name.rsplit(".", 1)[1]
    verify = ["mc-cat", "--verify"] + (["{}"] if kind in ("ckpt", "log") else [])
    slow = 10 if sr.sanitized() else 1
    bad, met = [], []
    for args in ([] if kind in ("env", "world") else [verify]) + READERS[kind]:
        status, lines, seconds, memory = run_world(path, where) if kind == "world" else run(args, path, where)
        met.append((seconds, memory))
        wrong = judge(name, args, status, lines)
        if not wrong and seconds > SECONDS * slow:
            wrong = "%.2f s" % seconds
        if not wrong and memory > MEMORY * slow + 2 * os.path.getsize(path):
            wrong = "%d bytes of memory" % memory
        if wrong:
            bad.append("%s, %s: %s" % (name, " ".join(args[:2]), wrong))
    return bad, met


def cuts(name, where):
    """Cuts of one whole file, at every offset: (how many, [what was wrong])"""
    path, bad = os.path.join(where, name), []
    with open(os.path.join(sr.here, "data", "tiny", name), "rb") as f:
        whole = f.read()
    for n in range(len(whole)):
        with open(path, "wb") as f:
            f.write(whole[:n])
        p = subprocess.run([os.path.join(sr.bin_dir, "mc-cat"), "--verify", path], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE)
        lines = p.stderr.decode(errors="replace").splitlines()
        wrong = judge(name, ["mc-cat", "--verify"], p.returncode, lines)
        if wrong:
            bad.append("%s cut at %d: %s" % (name, n, wrong))
    return len(whole), bad[:6]


def cut_everywhere(tap):
    """t_hostile does this in one process, and flips every bit besides; here the program does it."""
    kinds = ["run.ckpt", "run.log", "run.replay", "run.ckpt.provenance"]
    with tempfile.TemporaryDirectory(prefix="mc-cuts.") as where, concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: cuts(name, where), kinds))
    for name, (n, bad) in zip(kinds, results):
        tap.ok(not bad, "%s cut at every offset (%d)" % (name, n), bad)
    sr.figure("a file that is cut is refused, at every offset", "%d cuts of %d kinds of file" % (
        sum(n for n, _ in results), len(kinds)))


def main():
    tap = sr.Tap()
    names = sorted(n for n in os.listdir(directory) if "." in n)
    by = collections.Counter(n.split("-")[0] for n in names)
    results = {}
    with tempfile.TemporaryDirectory(prefix="mc-hostile.") as where, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, result in zip(names, pool.map(lambda n: meet(n, where), names)):
            results[name] = result
    for start in sorted(by):
        bad = [b for n in names if n.split("-")[0] == start for b in results[n][0]]
        tap.ok(not bad, "%d files %s-*" % (by[start], start), bad)
    tap.ok(len(names) >= 200, "at least 200 files")
    met = [m for r in results.values() for m in r[1]]
    sr.figure("hostile files are refused with 65, one line and an offset, within 1 s and 64 MiB + twice the file",
              "%d files, met %d times, at worst %.2f s and %.1f MiB" %
              (len(names), len(met), max(m[0] for m in met), max(m[1] for m in met) / 2 ** 20))
    if sr.torture():
        cut_everywhere(tap)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
