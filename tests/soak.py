#!/usr/bin/python3
"""A long run with kills inside: does anything grow?

    soak.py HOURS

A ring trains until the time is over; now and then one of its programs is killed and the run
continued. Every so often a line says how far it is, and the resident memory (MiB) and open
descriptors of each program. Afterwards the files are verified. Status 1 when a program's memory
grew by more than 1 MiB in an hour (in short runs: by 2 MiB) while nothing was restarted, or its
descriptors by any.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import shortring as sr

KILLS = 10             # in all
SAMPLES = 120
TASK = ["-t", "navigation_N3_l3", "-m", "meta", "-e", "2000000000"]
# D is small, so that it is soon full: what grows afterwards is a leak.
OPTIONS = ["-R", "--hidden 32 -C 200", "-M", "--rule-hidden 16", "-Q", "--batch 128 --replay 20000 --threads 1"]


def start(directory):
    env = dict(os.environ, MC_QUIET="1", MC_BIN=sr.bin_dir)
    with open(os.path.join(directory, "stderr"), "a") as err:
        return subprocess.Popen([sr.train, "-o", directory] + TASK + OPTIONS, stderr=err, env=env,
                                stdin=subprocess.DEVNULL, start_new_session=True)


def programs(launcher):
    """{name: pid}"""
    with open("/proc/%d/task/%d/children" % (launcher.pid, launcher.pid)) as f:
        pids = f.read().split()
    found = {}
    for pid in pids:
        with open("/proc/%s/comm" % pid) as f:
            found[f.read().strip()] = int(pid)
    return found


def measure(pid):
    """(resident MiB, descriptors)"""
    with open("/proc/%d/status" % pid) as f:
        rss = [line for line in f if line.startswith("VmRSS")][0]
    return int(rss.split()[1]) / 1024, len(os.listdir("/proc/%d/fd" % pid))


def episodes(directory):
    """Bytes of the log, which is what can be seen without reading it all."""
    try:
        return os.path.getsize(os.path.join(directory, "run.log"))
    except OSError:
        return 0


def growth(samples):
    """(MiB an hour, MiB, descriptors) over the second half of a stretch without restart."""
    half = samples[len(samples) // 2:]
    if len(half) < 3:
        return 0.0, 0.0, 0
    t = [s[0] for s in half]
    y = [s[1] for s in half]
    mt, my = sum(t) / len(t), sum(y) / len(y)
    over = sum((a - mt) ** 2 for a in t)
    slope = sum((a - mt) * (b - my) for a, b in zip(t, y)) / over
    return slope * 3600, slope * (t[-1] - t[0]), half[-1][2] - half[0][2]


def main():
    hours = float(sys.argv[1])
    rng = random.Random(1)
    directory = tempfile.mkdtemp(prefix="mc-soak.")
    begin = time.monotonic()
    end = begin + 3600 * hours
    kills = sorted(begin + 3600 * hours * rng.uniform(0.1, 0.95) for _ in range(KILLS))
    launcher, killed, bad = start(directory), 0, []
    stretches, samples = [], {}
    print("# %10s %12s  %s" % ("seconds", "log bytes", "program: MiB, descriptors"))
    while time.monotonic() < end:
        time.sleep(max(0.5, min(3600 * hours / SAMPLES, end - time.monotonic())))
        now = time.monotonic() - begin
        try:
            seen = {name: measure(pid) for name, pid in programs(launcher).items()}
        except (OSError, IndexError):
            seen = {}
        for name, (rss, fds) in seen.items():
            samples.setdefault(name, []).append((now, rss, fds))
        print("# %10.0f %12d  %s" % (now, episodes(directory), "; ".join("%s: %.1f, %d" % (n, *v) for n, v in sorted(seen.items()))))
        sys.stdout.flush()
        if launcher.poll() is not None:
            bad.append("the ring ended with %d" % launcher.returncode)
            break
        if kills and time.monotonic() > kills[0] and seen:
            kills.pop(0)
            victim = rng.choice(sorted(seen))
            os.kill(programs(launcher)[victim], signal.SIGKILL)
            launcher.wait(60)
            killed += 1
            if launcher.returncode != 137:
                bad.append("status %d after a kill of %s" % (launcher.returncode, victim))
            stretches.append(samples)
            samples = {}
            launcher = start(directory)
    if launcher.poll() is None:
        os.kill(launcher.pid, signal.SIGTERM)
        launcher.wait(60)
        if launcher.returncode != 75:
            bad.append("status %d after SIGTERM" % launcher.returncode)
    stretches.append(samples)
    tap = sr.Tap()
    tap.ok(not bad, "the run went on through %d kills for %.0f s" % (killed, time.monotonic() - begin), bad)
    for name in sr.PROGRAMS:
        # the longest stretch tells most: the first seconds of each are not growth but a beginning
        longest = max((s[name] for s in stretches if name in s), key=lambda x: x[-1][0] - x[0][0], default=[])
        worst = growth(longest)
        fds = max((growth(s[name])[2] for s in stretches if name in s), default=0)
        tap.ok((worst[0] <= 1 or worst[1] <= 2) and fds <= 0, "%s: %+.2f MiB an hour, descriptors %+d" % (name, worst[0], fds))
    left = sr.loads(directory)
    verify = subprocess.run([os.path.join(sr.bin_dir, "mc-cat"), "--verify", os.path.join(directory, "run.ckpt.provenance")])
    tap.ok(not left and verify.returncode == 0, "checkpoint and provenance are whole", [left] if left else [])
    shutil.rmtree(directory)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
