#!/usr/bin/env python3
"""Makes the n-th system call of a program of the ring fail, or kills it there, for every n.

A run with a checkpoint is continued over two more checkpoints, one program of its ring under
strace, which injects one fault. Afterwards the checkpoint on the disk must load, be the one
before or a later one, and continue to the bytes of the run that met no fault. Besides

    SIGKILL   nothing else is asked
    ENOSPC, EIO   exit 74 (73 where a file could not be created) and one line with the cause, no
              temporary file left, and no fsync after one that failed
    EINTR     no effect on reads, writes, opens; elsewhere like EIO
    a short write or read   no effect (of the system's doing: see tests/shorten.c)

The output is TAP, a line for each program, fault and system call.
"""
import argparse
import concurrent.futures
import os
import shutil
import signal
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
train = os.path.join(here, "..", "pipelines", "train")
bin_dir = os.path.abspath(os.environ.get("MC_BIN", os.path.join(here, "..", "bin")))
cat = os.path.join(bin_dir, "mc-cat")
PROGRAMS = ["mc-rollout", "mc-metalearn", "mc-critic"]
CAUSE = {"ENOSPC": "No space left on device", "EIO": "Input/output error",
         "EINTR": "Interrupted system call"}
# What each fault is injected into. Calls that the loader makes fail in its way (127), and a
# library that cannot be opened is 69 or 71.
CALLS = {
    "KILL": ["write", "fsync", "rename", "openat", "ftruncate", "close", "unlink"],
    "ENOSPC": ["write", "openat", "ftruncate"],
    "EIO": ["write", "fsync", "rename", "ftruncate", "unlink", "read"],
    "EINTR": ["write", "fsync", "rename", "read"],
}
SMALL = {"KILL": ["write", "fsync", "rename", "openat"], "ENOSPC": ["write"], "EIO": ["fsync", "rename"],
         "EINTR": ["write", "rename"]}


def command(directory, method, episodes):
    return [train, "-t", "navigation_N2_l2", "-m", method, "-e", str(episodes), "-o", directory,
            "-R", "--hidden 4 -C 2", "-M", "-K 2 --rule-hidden 4" if method == "meta" else "",
            "-Q", "--batch 32 --threads 1 --keep-replay"]


def run(directory, method, episodes, programs):
    """(status, lines on stderr)"""
    env = dict(os.environ, MC_QUIET="1", MC_BIN=programs, TMPDIR=directory)
    try:
        p = subprocess.run(command(directory, method, episodes), env=env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    except subprocess.TimeoutExpired:
        return "hang", []
    return p.returncode, p.stderr.decode(errors="replace").splitlines()


def wrap(folder, victim, call, fault, n, trace):
    """A folder of programs in which `victim` runs under strace."""
    os.mkdir(folder)
    how = "signal=KILL" if fault == "KILL" else "error=" + fault
    for name in PROGRAMS:
        path, real = os.path.join(folder, name), os.path.join(bin_dir, name)
        if name != victim:
            os.symlink(real, path)
            continue
        with open(path, "w") as f:
            f.write("#!/bin/sh\nexec strace -f -qq -o '%s' -e trace=%s,fsync -e 'inject=%s:%s:when=%d' '%s' \"$@\"\n" %
                    (trace, call, call, how, n, real))
        os.chmod(path, 0o755)
    return folder


def injected(trace):
    """(was there a fault?, fsyncs after one of them failed, was it in what goes to stderr?)"""
    try:
        with open(trace, errors="replace") as f:
            lines = f.read().splitlines()
    except OSError:
        return False, 0, False
    at = [k for k, line in enumerate(lines) if "(INJECTED)" in line]
    killed = any("killed by SIGKILL" in line for line in lines)
    failed = [k for k in at if "fsync(" in lines[k]]
    again = sum("fsync(" in line for line in lines[failed[0] + 1:]) if failed else 0
    return bool(at) or killed, again, any("write(2," in lines[k] for k in at)


def same(a, b):
    with open(a, "rb") as f, open(b, "rb") as g:
        return f.read() == g.read()


def judge(directory, base, victim, call, fault, status, lines, again, mute):
    """What is wrong with the outcome of one fault, "" if nothing."""
    text = " | ".join(lines)
    transparent = fault == "EINTR" and call in ("write", "read", "openat")
    tmp = [n for n in os.listdir(directory) if n.endswith(".tmp")]
    if status == "hang":
        return "hang"
    if transparent:
        if status != 0 or lines:
            return "status %s, %s" % (status, text)
    elif fault == "KILL":
        if status != 137 or len(lines) != 1 or victim not in text:
            return "status %s, %s" % (status, text)
    else:
        want = {73, 74}
        if call == "openat":                   # a library, an input
            want |= {66, 69, 71, 127}
        if call == "read":                     # the loader
            want |= {127}
        named = len(lines) == 1 and (CAUSE[fault] in text or status in (69, 127))
        if status not in want or not (named or mute):
            return "status %s, %s" % (status, text)
        if tmp:
            return "%s is left" % tmp
    if again:
        return "fsync was called %d times after it had failed" % again
    if os.path.exists(os.path.join(base, "run.ckpt")):
        verify = subprocess.run([cat, "--verify", os.path.join(directory, "run.ckpt")],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if verify.returncode != 0:
            return "the checkpoint: " + verify.stdout.decode()
    return ""


def attempt(setting, victim, call, fault, n):
    """(met, "" or what is wrong): `met` is false when there was no n-th call."""
    method, base, want, episodes, folder = setting
    work = tempfile.mkdtemp(dir=folder)
    directory = os.path.join(work, "d")
    shutil.copytree(base, directory)
    trace = os.path.join(work, "trace")
    programs = wrap(os.path.join(work, "bin"), victim, call, fault, n, trace)
    status, lines = run(directory, method, episodes, programs)
    met, again, mute = injected(trace)
    wrong = judge(directory, base, victim, call, fault, status, lines, again, mute) if met else ""
    if met and not wrong:
        status, lines = run(directory, method, episodes, bin_dir)
        if status != 0 or lines:
            wrong = "continued: status %s, %s" % (status, lines)
        else:
            wrong = "".join("%s differs " % f for f in ("run.ckpt", "run.log", "run.replay")
                            if not same(os.path.join(directory, f), os.path.join(want, f)))
    shutil.rmtree(work)
    return met, wrong


def all_n(setting, victim, call, fault):
    """(number of faults, [what was wrong])"""
    bad, n = [], 0
    while True:
        met, wrong = attempt(setting, victim, call, fault, n + 1)
        if not met:
            return n, bad
        n += 1
        if wrong:
            bad.append("%s: %s number %d: %s" % (setting[0], call, n, wrong))
        if len(bad) > 5 or n > 2000:
            return n, bad


def prepare(folder, method, start, end):
    """Runs up to the fault and beyond it, undisturbed. With start None there is nothing before."""
    base, want = os.path.join(folder, "%s-%s" % (method, start)), os.path.join(folder, method)
    os.mkdir(base)
    for directory, episodes in ((base, start), (want, end)):
        if directory == want and not os.path.exists(want):
            os.mkdir(want)
        if episodes is not None:
            status, lines = run(directory, method, episodes, bin_dir)
            if status != 0:
                sys.exit("inject.py: an undisturbed run failed: %s %s" % (status, lines))
    return method, base, want, end, folder


def strace_works():
    try:
        return subprocess.run(["strace", "-qq", "-e", "inject=write:error=EIO:when=1", "echo"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 1
    except OSError:
        return False


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--all", action="store_true", help="every program, call and fault, new runs too")
    p.add_argument("--jobs", type=int, default=2)
    args = p.parse_args()
    if not strace_works():
        print("1..0 # SKIP strace cannot trace here")
        return 0
    folder = tempfile.mkdtemp(prefix="mc-inject.")
    if args.all:
        settings = [prepare(folder, "meta", 6, 12), prepare(folder, "reinforce", None, 4)]
        todo = [(s, v, c, f) for s in settings for v in PROGRAMS for f in CALLS for c in CALLS[f]]
    else:
        setting = prepare(folder, "reinforce", 4, 6)
        todo = [(setting, "mc-rollout", c, f) for f in SMALL for c in SMALL[f]]
        todo += [(setting, "mc-critic", "write", "ENOSPC"), (setting, "mc-critic", "fsync", "EIO")]
    print("1..%d" % len(todo))
    status = total = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = [pool.submit(all_n, *t) for t in todo]
        for k, (t, r) in enumerate(zip(todo, results), 1):
            n, bad = r.result()
            total += n
            fresh = "new run" if t[0][1].endswith("None") else "continued run"
            print("%sok %d - %s, %s: %s at %s 1 to %d" % ("not " if bad else "", k, t[1], fresh, t[3], t[2], n))
            for line in bad:
                print("# " + line)
            sys.stdout.flush()
            status |= bool(bad)
    print("# %d faults" % total)
    shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
