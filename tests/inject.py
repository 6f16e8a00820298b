#!/usr/bin/python3
"""Makes the n-th system call of a program of the ring fail, or kills it there, for every n.

A run with a checkpoint is continued over two more checkpoints, one program of its ring under
strace, which injects one fault. Afterwards the checkpoint on the disk must load and continue to
the bytes of the run that met no fault. Besides

    SIGKILL            one line names who was killed, and 137
    ENOSPC, EIO        one line with the cause, exit 74 (66, 73 where a file could not be opened or
                       created), no temporary file left, and no fsync after one that failed
    EINTR              nothing is seen of it in read and write; elsewhere it is like EIO
    EFBIG              the same, also by a limit on the size of files, of so many bytes

A few calls are made by the dynamic loader and by BLAS, where a fault has other ends (127, 71,
or none): those of read and openat may have them. The output is TAP.
"""
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

import shortring as sr

CAUSE = {"ENOSPC": "No space left on device", "EIO": "Input/output error",
         "EINTR": "Interrupted system call", "EFBIG": "File too large"}
# What each fault is injected into: in make torture, and of that what is in make check.
CALLS = {
    "KILL": ["write", "fsync", "rename", "openat", "ftruncate", "close"],
    "ENOSPC": ["write", "fsync", "rename", "openat", "ftruncate"],
    "EFBIG": ["write", "fsync", "rename"],
    "EIO": ["write", "fsync", "rename", "ftruncate", "read"],
    "EINTR": ["write", "fsync", "rename", "read"],
}
SMALL = [("KILL", "write"), ("KILL", "fsync"), ("KILL", "rename"), ("ENOSPC", "write"),
         ("EIO", "fsync"), ("EIO", "rename"), ("EINTR", "write")]
LOADER = {"openat", "read"}


class Setting:
    """A run to continue, and the run that it must become."""

    def __init__(self, directory, method, start, end):
        self.directory, self.method, self.end = directory, method, end
        self.name = "%s %s" % (method, "from the start" if start is None else "continued")
        self.base, self.want = sr.prepare(directory, method, start, end)

    def copy(self):
        work = tempfile.mkdtemp(dir=self.directory)
        shutil.copytree(self.base, os.path.join(work, "d"))
        return work, os.path.join(work, "d")


def wrap(directory, victim, call, fault, n, trace):
    """A directory of programs in which `victim` runs under strace."""
    os.mkdir(directory)
    how = "signal=KILL" if fault == "KILL" else "error=" + fault
    for name in sr.PROGRAMS:
        path, real = os.path.join(directory, name), os.path.join(sr.bin_dir, name)
        if name != victim:
            os.symlink(real, path)
            continue
        with open(path, "w") as f:
            # leaks cannot be looked for under strace
            f.write("#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec strace -f -qq -o '%s' -e trace=%s,fsync -e 'inject=%s:%s:when=%d' '%s' \"$@\"\n" %
                    (trace, call, call, how, n, real))
        os.chmod(path, 0o755)
    return directory


def look(trace):
    """(was there a fault?, fsyncs after one that failed, was it in what went to stderr?)"""
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


def judge(directory, victim, call, fault, status, lines, mute=False):
    """What is wrong with the end of the ring, "" if nothing."""
    seen = "status %s, %s" % (status, " | ".join(lines))
    if status == "hang":
        return "hang"
    if fault == "KILL":
        return "" if status == 137 and len(lines) == 1 and victim in lines[0] else seen
    if fault == "EINTR" and call == "write":
        return "" if status == 0 and not lines else seen
    if call in LOADER and (status == 0 and not lines or status in (71, 127) and len(lines) == 1):
        return ""
    ends = (66, 73, 74) if call == "openat" else (73, 74)
    if status not in ends or not (mute or len(lines) == 1 and CAUSE[fault] in lines[0]):
        return seen
    left = [n for n in os.listdir(directory) if n.endswith(".tmp")]
    return "%s is left" % left if left else ""


def attempt(s, victim, call, fault, n):
    """(met, "" or what is wrong): `met` is false when there was no n-th call."""
    work, directory = s.copy()
    trace = os.path.join(work, "trace")
    programs = wrap(os.path.join(work, "bin"), victim, call, fault, n, trace)
    status, lines = sr.run(directory, s.method, s.end, programs)
    met, again, mute = look(trace)
    wrong = ""
    if met:
        wrong = judge(directory, victim, call, fault, status, lines, mute) or sr.loads(directory)
        if again:
            wrong = "fsync was called %d times after it had failed" % again
        wrong = wrong or sr.continued(directory, s.method, s.end, s.want)
    shutil.rmtree(work)
    return met, wrong


def all_n(s, victim, call, fault):
    """(number of faults, [what was wrong])"""
    bad, n = [], 0
    while len(bad) < 6 and n < 2000:
        met, wrong = attempt(s, victim, call, fault, n + 1)
        if not met:
            break
        n += 1
        if wrong:
            bad.append("%s %d: %s" % (call, n, wrong))
    return n, bad


def file_sizes(s, step):
    """A limit on the size of files, from nothing to what the run needs."""
    need = max(os.path.getsize(os.path.join(s.want, f)) for f in sr.FILES)
    bad, n = [], 0
    for size in list(range(0, 1500, step // 9)) + list(range(1500, need, step)) + [need - 1]:
        work, directory = s.copy()
        status, lines = sr.run(directory, s.method, s.end, file_size=size)
        n += 1
        wrong = judge(directory, "", "write", "EFBIG", status, lines) or sr.loads(directory) or \
            sr.continued(directory, s.method, s.end, s.want)
        if wrong:
            bad.append("%d bytes: %s" % (size, wrong))
        shutil.rmtree(work)
    return n, bad


def strace_works():
    try:
        return subprocess.run(["strace", "-qq", "-e", "inject=write:error=EIO:when=1", "echo"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 1
    except OSError:
        return False


def main():
    if not strace_works():
        print("1..0 # SKIP strace cannot trace here")
        return 0
    directory = tempfile.mkdtemp(prefix="mc-inject.")
    tap, total = sr.Tap(), 0
    if sr.torture():
        settings = [Setting(directory, "meta", 6, 12), Setting(directory, "reinforce", None, 4)]
        todo = [(s, v, c, f) for s in settings for v in sr.PROGRAMS for f in CALLS for c in CALLS[f]]
    else:
        settings = [Setting(directory, "reinforce", 4, 6)]
        todo = [(settings[0], "mc-rollout", c, f) for f, c in SMALL]
        todo += [(settings[0], "mc-critic", "fsync", "EIO")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = [("%s, %s: %s at every %s" % (s.name, v, f, c), pool.submit(all_n, s, v, c, f))
                   for s, v, c, f in todo]
        results += [("%s: EFBIG" % s.name, pool.submit(file_sizes, s, 999 if sr.torture() else 9999))
                    for s in settings]
        for text, result in results:
            n, bad = result.result()
            total += n
            if n:                              # not all programs make all calls
                tap.ok(not bad, "%s (%d)" % (text, n), bad)
    sr.measured("a failing or killing system call leaves a checkpoint that loads and continues",
              "%d faults at every n-th call of %d kinds" % (total, len({(c, f) for _, _, c, f in todo})))
    shutil.rmtree(directory)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
