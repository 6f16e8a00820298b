#!/usr/bin/python3
"""Short reads and writes, EINTR, and allocations that fail, by the library tests/fault.c.

Reads and writes of every program of a ring transfer less than was asked, or nothing: the run's
bytes must not change. Then one program's n-th allocation fails, for n = 1, 2, ... until it makes
no n-th: exit 71 and one line, and no other end; or, where the C library knows another way, what
comes out without a failure. A ring continues afterwards to the bytes of the run that met none.
In make check every seventh n (outside a ring every second), in make torture all. The output is TAP.
"""
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

import shortring as sr

library = os.path.join(sr.build_dir, "tests", "libfault.so")


def short_io(scratch, base, want, seeds):
    """Runs with all of their reads and writes cut short: [what was wrong]"""
    bad = []
    for seed in seeds:
        work = tempfile.mkdtemp(dir=scratch)
        directory = os.path.join(work, "d")
        shutil.copytree(base, directory)
        env = {"LD_PRELOAD": library, "MC_FAULT_SEED": str(seed),
               "MC_FAULT_SHORT": str(seed * 37 % 101), "MC_FAULT_EINTR": str(seed * 23 % 80)}
        status, lines = sr.run(directory, "meta", 12, env=env)
        if status != 0 or lines:
            bad.append("seed %d: status %s, %s" % (seed, status, lines))
        elif sr.differs(directory, want):
            bad.append("seed %d: %s" % (seed, sr.differs(directory, want)))
        shutil.rmtree(work)
    return bad


def failing(program, n, report):
    return {"LD_PRELOAD": library, "MC_FAULT_PROGRAM": program, "MC_FAULT_ALLOC": str(n),
            "MC_FAULT_REPORT": report}


def judge(status, lines, out_same):
    """71 and a line; or nothing to be seen of it."""
    if status == 71 and len(lines) == 1 and ("memory" in lines[0] or "allocate" in lines[0]):
        return ""
    if status == 0 and not lines and out_same:
        return ""
    return "status %s, %s%s" % (status, lines, "" if out_same else ", other output")


def ring_attempt(scratch, base, want, program, n):
    """(reached, what is wrong): the n-th allocation of one program of a ring."""
    work = tempfile.mkdtemp(dir=scratch)
    directory, report = os.path.join(work, "d"), os.path.join(work, "report")
    shutil.copytree(base, directory)
    status, lines = sr.run(directory, "meta", 12, env=failing(program, n, report))
    reached, wrong = os.path.exists(report), ""
    if reached:
        wrong = judge(status, lines, status != 0 or not sr.differs(directory, want))
        wrong = wrong or sr.loads(directory) or sr.continued(directory, "meta", 12, want)
    shutil.rmtree(work)
    return reached, wrong


def alone_attempt(directory, args, want, n):
    """The same for a program outside a ring."""
    work = tempfile.mkdtemp(dir=directory)
    report = os.path.join(work, "report")
    env = dict(os.environ, MC_QUIET="1", **failing(args[0], n, report))
    try:
        p = subprocess.run([os.path.join(sr.bin_dir, args[0])] + args[1:], env=env, cwd=directory, timeout=sr.HANG,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wrong = judge(p.returncode, p.stderr.decode().splitlines(), p.stdout == want)
    except subprocess.TimeoutExpired:
        wrong = "hang"
    reached = os.path.exists(report)
    shutil.rmtree(work)
    return reached, wrong if reached else ""


def all_n(attempt, stride, *args):
    """(tried, [what was wrong])"""
    bad, tried, n = [], 0, 1
    while len(bad) < 6:
        reached, wrong = attempt(*args, n)
        if not reached:
            break
        tried += 1
        if wrong:
            bad.append("allocation %d: %s" % (n, wrong))
        n += stride
    return tried, bad


def alone(base):
    """Command lines of the programs that work outside a ring."""
    ckpt, log = os.path.join(base, "run.ckpt"), os.path.join(base, "run.log")
    return [
        ["mc-cat", log],
        ["mc-cat", "--full", ckpt],
        ["mc-cat", "--count", log, ckpt],
        ["mc-cat", "--diff", ckpt, ckpt],
        ["mc-eval", "-n", "2", ckpt],
        ["mc-eval", "-n", "2", "--json", ckpt],
        ["mc-plot", "curves", log],
        ["mc-plot", "curves", "-o", "out.svg", log],
        ["mc-rollout", "--load", ckpt, "-n", "2"],
        ["mc-envsim", "-t", "navigation_N2_l2", "-n", "1"],
    ]


def expected(directory, args):
    p = subprocess.run([os.path.join(sr.bin_dir, args[0])] + args[1:], cwd=directory, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, MC_QUIET="1"))
    if p.returncode != 0:
        sys.exit("preload.py: %s failed: %s" % (" ".join(args), p.stderr.decode()))
    return p.stdout


def main():
    if sr.sanitized() or not os.path.exists(library):
        print("1..0 # SKIP sanitizers have an allocator of their own")
        return 0
    directory = tempfile.mkdtemp(prefix="mc-preload.")
    base, want = sr.prepare(directory, "meta", 6, 12)
    seeds = range(1, 1001 if sr.torture() else 21)
    stride, stride_alone = (1, 1) if sr.torture() else (7, 2)
    tap, total = sr.Tap(), 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        halves = [pool.submit(short_io, directory, base, want, seeds[k::2]) for k in (0, 1)]
        results = [("%s in a ring" % p, pool.submit(all_n, ring_attempt, stride, directory, base, want, p))
                   for p in sr.PROGRAMS]
        for args in alone(base):
            out = expected(directory, args)
            text = " ".join(os.path.basename(a) for a in args)
            results.append((text, pool.submit(all_n, alone_attempt, stride_alone, directory, args, out)))
        bad = [b for h in halves for b in h.result()]
        tap.ok(not bad, "short reads, short writes and EINTR change no byte (%d runs)" % len(seeds), bad[:10])
        for text, result in results:
            n, bad = result.result()
            total += n
            tap.ok(not bad and n > 0, "%s: an allocation fails (%d)" % (text, n), bad)
    sr.measured("short reads, short writes and EINTR change no byte", "%d runs" % len(seeds))
    sr.measured("an allocation that fails ends a program with 71 and one line, or in nothing", "%d allocations" % total)
    shutil.rmtree(directory)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
