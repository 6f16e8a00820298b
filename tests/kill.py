#!/usr/bin/python3
"""Kills programs of a training ring at random moments and compares bytes.

Short runs are started, disturbed and started again until they are finished; checkpoint and log
must then equal those of a run that was never stopped. Events:

    KILL   of mc-rollout, mc-metalearn, mc-critic, all three, or those and the launcher
    TERM, INT, HUP   to the launcher alone, or to all of its programs together
    USR1   to the launcher: a checkpoint, and the run goes on

In make torture each of the paper's tasks is trained, too, as wide as they are: a second run of the
same checkpoint is refused within a second, and SIGTERM ends the first within a meta-iteration.

Of the kills a half wait until a checkpoint is being written, and a tenth hit a program of which
the launcher has only just forked. Threads and -C change at every start.
The output is TAP: a line for each thing that is promised, measurements as comments.
"""
import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import shortring as sr

METHODS = ["none", "full", "reinforce", "stgs", "meta", "none+lag", "meta+lag"]   # +lag: mc-rollout --lag 1
HANG = 120.0      # seconds: on an idle machine nothing in these runs takes a hundredth of that
# Seconds that are promised on a machine with nothing else to do; how much slower a busy one may be. How
# soon programs end when one has died is not a matter of computing: in make torture it counts as promised.
TEARDOWN, STOP, REFUSAL, PATIENCE = 2.0, 5.0, 1.0, 20
PAPER = ["navigation_N3_l3", "navigation_N6_l1", "navigation_N6_l6", "predator_prey_N3_l3", "predator_prey_N6_l1",
         "predator_prey_N6_l6", "push_N3", "push_N6"]
FILES = ["run.ckpt", "run.log"]
lock = threading.Lock()


class Tally:
    """What happened, over all workers."""

    def __init__(self):
        self.kills = collections.Counter()     # by victim
        self.signals = collections.Counter()   # by signal and whom it went to
        self.in_commit = 0                     # kills while a checkpoint was being written
        self.early = 0                         # kills before the first checkpoint
        self.forked = 0                        # kills of a program that had just been forked
        self.runs = self.starts = 0
        self.wrong = collections.defaultdict(list)
        self.teardown = []                     # seconds from a kill to the end of the last program
        self.paper = []                        # the same, on the paper's tasks
        self.refusal = []                      # seconds until a second run of the same checkpoint ends
        self.stop = []                         # seconds from a signal to the end

    def count(self, counter, key):
        with lock:
            counter[key] += 1

    def note(self, what, text):
        with lock:
            self.wrong[what].append(text)


def command(directory, method, args, rng=None):
    """train's arguments. What changes no byte is drawn anew for every start."""
    pick = rng.choice if rng else (lambda choice: choice[0])
    R = "--hidden 4 -C %d --threads %d" % (pick([5, 3, 1]), pick([1, 2]))
    Q = "--batch 32 --threads %d" % pick([1, 2])
    if pick([True, False]):
        Q += " --keep-replay"
    name, _, lag = method.partition("+")
    return [sr.train, "-t", args.task, "-m", name, "-e", str(args.episodes), "-o", directory,
            "-R", R + (" --lag 1" if lag else ""), "-Q", Q] + (["-M", "--rule-hidden 4"] if has_filter(method) else [])


def has_filter(method):
    """Is mc-metalearn in the ring?"""
    return method.partition("+")[0] in ("reinforce", "meta")


def environment(directory):
    # a sanitizer that looks for leaks at a program's end has something to say when another kills it
    leaks = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))
    return dict(os.environ, MC_QUIET="1", MC_BIN=sr.bin_dir, TMPDIR=directory, ASAN_OPTIONS=leaks)


def launch(args, directory):
    with open(os.path.join(directory, "stderr"), "w") as err:
        return subprocess.Popen(args, stderr=err, stdout=err, stdin=subprocess.DEVNULL, env=environment(directory),
                                start_new_session=True)


def start(directory, method, args, rng=None):
    return launch(command(directory, method, args, rng), directory)


def stat_of(pid):
    """(name, parent, session) of a process that has not ended, else None."""
    try:
        with open("/proc/%s/stat" % pid) as f:
            text = f.read()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    rest = text[text.rindex(")") + 2:].split()
    return None if rest[0] in "ZX" else (name, int(rest[1]), int(rest[3]))


def members(session, but=None):
    """{pid: name} of the session's processes."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        s = stat_of(pid)
        if s and s[2] == session and int(pid) != but:
            found[int(pid)] = s[0]
    return found


def children(pid):
    """[(pid, name)] of the launcher's programs, in the order in which it started them."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            pids = f.read().split()
    except OSError:
        return []
    named = [(int(p), stat_of(p)) for p in pids]
    return [(p, s[0]) for p, s in named if s and s[0].startswith("mc-")]


def kill(pid, sig):
    try:
        os.kill(pid, sig)
        return True
    except ProcessLookupError:
        return False


def wait_gone(launcher, what, tally):
    """Waits for the launcher and everything it started; False on a hang."""
    end = time.monotonic() + HANG
    while time.monotonic() < end and (launcher.poll() is None or members(launcher.pid)):
        time.sleep(0.001)
    left = members(launcher.pid)
    if not left and launcher.returncode is not None:
        return True
    tally.note("hang", "%s: %s left" % (what, sorted(left.values())))
    for pid in left:
        kill(pid, signal.SIGKILL)
    launcher.wait()
    return False


def await_moment(launcher, directory, after, in_commit):
    """Sleeps; then, if asked, on until a checkpoint is being written. True if it is."""
    end = time.monotonic() + after
    while time.monotonic() < end and launcher.poll() is None:
        time.sleep(min(0.002, max(0, end - time.monotonic())))
    end = time.monotonic() + 0.3
    while in_commit and launcher.poll() is None and time.monotonic() < end:
        if any(n.startswith(".run.ckpt.") for n in os.listdir(directory)):
            return True
    return False


def lines_of(directory):
    with open(os.path.join(directory, "stderr"), errors="replace") as f:
        return f.read().splitlines()


def await_fork(launcher, directory, k):
    """The process that the launcher forks as its k-th program, as early as it can be seen."""
    end, made = time.monotonic() + 5, False
    while time.monotonic() < end and launcher.poll() is None:
        there = any(n.startswith("mc-train.") for n in os.listdir(directory))
        made |= there
        if not made or there:                  # the pipes' names go just before the first fork
            continue
        try:
            with open("/proc/%d/task/%d/children" % (launcher.pid, launcher.pid)) as f:
                pids = [int(p) for p in f.read().split()]
        except OSError:
            return None
        if len(pids) > k:
            return pids[k]
    return None


def disturb_fork(launcher, directory, method, rng, tally):
    ring = ["mc-rollout", "mc-metalearn", "mc-critic"]
    if not has_filter(method):
        ring.remove("mc-metalearn")
    k = rng.randrange(len(ring))
    pid = await_fork(launcher, directory, k)
    time.sleep(rng.choice([0, rng.uniform(0, 0.003)]))
    if pid is None or not kill(pid, signal.SIGKILL):
        return
    end_of_kill(launcher, directory, method, ring[k], tally, forked=1)


def strike(launcher, directory, method, victim, tally):
    """SIGKILL. True if it hit somebody."""
    programs = children(launcher.pid)
    if victim == "everything":
        kill(launcher.pid, signal.SIGSTOP)     # so that it starts nothing meanwhile
        for pid in members(launcher.pid):
            kill(pid, signal.SIGKILL)
        return True
    hit = [p for p, name in programs if victim in ("all programs", name)]
    for pid in hit:
        kill(pid, signal.SIGKILL)
    return bool(hit)


def disturb_kill(launcher, directory, method, rng, span, tally):
    victims = ["mc-rollout", "mc-critic", "all programs", "everything"]
    if has_filter(method):
        victims.append("mc-metalearn")
    victim = rng.choice(victims)
    in_commit = await_moment(launcher, directory, rng.uniform(0, span), rng.random() < 0.5)
    if launcher.poll() is not None:
        return
    early = not os.path.exists(os.path.join(directory, "run.ckpt"))
    if strike(launcher, directory, method, victim, tally):
        end_of_kill(launcher, directory, method, victim, tally, in_commit=in_commit, early=early)


def end_of_kill(launcher, directory, method, victim, tally, in_commit=0, early=0, forked=0):
    """What must come of it: everything ends soon, one line, the culprit's status."""
    begin = time.monotonic()
    what = "%s %s" % (method, victim)
    ended = wait_gone(launcher, what, tally)
    took = time.monotonic() - begin
    status, lines = launcher.returncode, lines_of(directory)
    if status == 0:                            # it had just finished: nobody was hit
        return
    with lock:
        tally.kills[victim] += 1
        tally.in_commit += in_commit
        tally.early += early
        tally.forked += forked
        tally.teardown.append(took)
    if not ended or victim == "everything":
        return
    if status != 137:
        tally.note("status", "%s: launcher's status %d, want 137: %s" % (what, status, lines))
    named = [n for n in lines if "was killed by signal 9" in n]
    if victim == "all programs":               # some may have ended of themselves in between
        if not 1 <= len(named) == len(lines):
            tally.note("lines", "%s: %s" % (what, lines))
    elif len(lines) != 1 or victim not in lines[0] or not named:
        tally.note("lines", "%s: %s" % (what, lines))


def disturb_signal(launcher, directory, method, rng, span, tally):
    sig = rng.choice([signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
    together = sig != signal.SIGUSR1 and rng.random() < 0.5
    await_moment(launcher, directory, rng.uniform(0, span), False)
    if launcher.poll() is not None or not children(launcher.pid):
        return                                 # it ended, or has not begun
    begin = time.monotonic()
    try:
        (os.killpg if together else os.kill)(launcher.pid, sig)
    except ProcessLookupError:
        return
    what = "%s %s%s" % (method, sig.name, " to all together" if together else "")
    if sig == signal.SIGUSR1:
        tally.count(tally.signals, what.split(" ", 1)[1])
        return
    wait_gone(launcher, what, tally)
    took = time.monotonic() - begin
    status, lines = launcher.returncode, lines_of(directory)
    if status == 0:                            # it had just finished
        return
    tally.count(tally.signals, what.split(" ", 1)[1])
    with lock:
        tally.stop.append(took)
    if status != 75 or lines:
        tally.note("stop", "%s: status %d, %s" % (what, status, lines))


def compare(directory, reference, what, tally):
    for name in FILES + ["run.replay"]:
        path, want = os.path.join(directory, name), os.path.join(reference, name)
        if name == "run.replay" and not os.path.exists(path):
            continue                           # this start did not keep it
        try:
            with open(path, "rb") as a, open(want, "rb") as b:
                same = a.read() == b.read()
        except OSError as e:
            same = False
            what += " (%s)" % e
        if not same:
            tally.note("bytes", "%s: %s differs, kept in %s" % (what, name, directory))
            return False
    for name in os.listdir(directory):
        if name.endswith(".tmp"):
            tally.note("left", "%s: %s" % (what, name))
    verify = subprocess.run([os.path.join(sr.bin_dir, "mc-cat"), "--verify"] +
                            [os.path.join(directory, n) for n in FILES + ["run.ckpt.provenance"]],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if verify.returncode != 0:
        tally.note("verify", "%s: %s" % (what, verify.stdout.decode()))
    return True


def one_run(number, method, reference, took, args, tally, left):
    """From the first start to the finished run. `left` counts the kills that are still wanted."""
    rng = random.Random("%d %d" % (args.seed, number))
    directory = tempfile.mkdtemp(prefix="%s-" % method, dir=args.directory)
    what = "run %d, %s" % (number, method)
    last_starts = 0
    while True:
        with lock:
            tally.starts += 1
            disturb = left[0] > 0 and last_starts < 40
        launcher = start(directory, method, args, rng)
        if disturb:
            if rng.random() < args.signals:
                disturb_signal(launcher, directory, method, rng, took * 0.6, tally)
            elif rng.random() < 0.1:
                disturb_fork(launcher, directory, method, rng, tally)
            else:
                disturb_kill(launcher, directory, method, rng, took * 0.6, tally)
            with lock:
                left[0] = args.kills - sum(tally.kills.values())
        if not wait_gone(launcher, what, tally):
            break
        last_starts += 1
        if launcher.returncode == 0:
            break
        if not disturb:
            tally.note("resume", "%s: status %d: %s" % (what, launcher.returncode, lines_of(directory)))
            break
        if launcher.returncode not in (-9, 75, 137):
            tally.note("resume", "%s: status %d: %s" % (what, launcher.returncode, lines_of(directory)))
            break
    with lock:
        tally.runs += 1
    if launcher.returncode == 0 and compare(directory, reference, what, tally):
        shutil.rmtree(directory)


def reference_run(method, args):
    directory = os.path.join(args.directory, "reference-" + method)
    os.mkdir(directory)
    begin = time.monotonic()
    launcher = start(directory, method, args)
    if launcher.wait(HANG) != 0:
        sys.exit("kill.py: the reference run of %s failed: %s" % (method, lines_of(directory)))
    return directory, time.monotonic() - begin


def worker(methods, references, args, tally, left, counter):
    while True:
        with lock:
            if left[0] <= 0 or len(tally.wrong) > 20:
                return
            number = counter[0]
            counter[0] += 1
        method = methods[number % len(methods)]
        one_run(number, method, *references[method], args, tally, left)


def episodes(directory):
    p = subprocess.run([os.path.join(sr.bin_dir, "mc-cat"), "--count", os.path.join(directory, "run.log")],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return int(dict(line.split("\t") for line in p.stdout.decode().splitlines()).get("episode", 0))


def paper_task(task, args, tally):
    """Trains one of the paper's tasks until mc-critic learns; then a second run, and SIGTERM."""
    directory = tempfile.mkdtemp(prefix=task + "-", dir=args.directory)
    run = [sr.train, "-t", task, "-m", "meta", "-o", directory]
    first = launch(run, directory)
    while first.poll() is None and episodes(directory) < 33:
        time.sleep(0.1)
    begin = time.monotonic()
    second = subprocess.run(run, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=HANG,
                            env=environment(directory))
    tally.refusal.append(time.monotonic() - begin)
    said = second.stdout.decode().splitlines()
    if second.returncode != 75 or len(said) != 1:
        tally.note("second", "%s: status %d, %s" % (task, second.returncode, said))
    before, begin = episodes(directory), time.monotonic()
    kill(first.pid, signal.SIGTERM)
    wait_gone(first, task, tally)
    tally.paper.append(time.monotonic() - begin)
    if episodes(directory) > before + 2 * 11:  # what was in hand then, and what began meanwhile
        tally.note("stop", "%s: %d episodes after SIGTERM" % (task, episodes(directory) - before))
    if first.returncode != 75 or lines_of(directory):
        tally.note("stop", "%s: status %d, %s" % (task, first.returncode, lines_of(directory)))
    if sr.loads(directory):
        tally.note("verify", sr.loads(directory))


def times(took, limit):
    """Of seconds, those in the middle and at the end."""
    took = sorted(took)
    return "none" if not took else "%.0f ms in the middle, %.0f ms at worst, %d of %d late" % (
        1e3 * took[len(took) // 2], 1e3 * took[-1], sum(s > limit for s in took), len(took))


def report(args, tally):
    """TAP; the exit status."""
    kills, signals = sum(tally.kills.values()), sum(tally.signals.values())
    checks = [
        ("bytes", "the bytes of the run that was never stopped: %d runs of %s" %
         (tally.runs, ", ".join(args.methods))),
        ("hang", "no hang in %d starts" % tally.starts),
        ("resume", "every start continued, none was refused"),
        ("lines", "one line names who was killed"),
        ("status", "the launcher's status is the culprit's"),
        ("stop", "a signal ends the run with 75 and without a word"),
        ("second", "a second run of a checkpoint is refused with 75 and one line (%d)" % len(tally.refusal)),
        ("left", "no temporary file is left"),
        ("verify", "mc-cat --verify takes every file"),
    ]
    status = 0
    for k, (key, text) in enumerate(checks, 1):
        bad = tally.wrong[key]
        print("%sok %d - %s" % ("not " if bad else "", k, text))
        for line in bad[:10]:
            print("# " + line)
        status |= bool(bad)
    slow = [("programs end after a kill", tally.teardown, TEARDOWN), ("a run ends after a signal", tally.stop, STOP),
            ("a run of one of the paper's tasks does", tally.paper, STOP),
            ("a second run ends", tally.refusal, REFUSAL)]
    for k, (text, took, limit) in enumerate(slow, len(checks) + 1):
        worst, late = max(took, default=0), sum(seconds > limit for seconds in took)
        good = worst <= limit * (1 if sr.torture() and limit == TEARDOWN else PATIENCE)
        print("%sok %d - %s (%.0f ms at worst, %d of %d after more than %.0f s)" %
              ("" if good else "not ", k, text, 1e3 * worst, late, len(took), limit))
        status |= not good
    print("# %d kills: %s" % (kills, ", ".join("%s %d" % x for x in sorted(tally.kills.items()))))
    print("# of them %d while a checkpoint was being written, %d before the first one, %d just forked" %
          (tally.in_commit, tally.early, tally.forked))
    print("# %d signals: %s" % (signals, ", ".join("%s %d" % x for x in sorted(tally.signals.items()))))
    for promise, value in [
            ("a run that was killed or stopped, and continued, has the bytes of one that was not",
             "%d kills, %d signals, %d runs" % (kills, signals, tally.runs)),
            ("the others end within 2 s of a kill", times(tally.teardown, TEARDOWN)),
            ("a signal ends a run with a checkpoint and 75", times(tally.stop, STOP)),
            ("a run of one of the paper's tasks, within a meta-iteration, 5 s", times(tally.paper, STOP)),
            ("a second run of the same checkpoint ends within 1 s, with 75", times(tally.refusal, REFUSAL))]:
        sr.measured(promise, value)
    print("1..%d" % (len(checks) + len(slow)))
    return status


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kills", type=int, default=2000 if sr.torture() else 50)
    p.add_argument("--signals", type=float, default=0.2, help="share of other signals")
    p.add_argument("--methods", default=",".join(METHODS))
    p.add_argument("--task", default="navigation_N2_l2")
    p.add_argument("--episodes", type=int, default=330)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=2)
    args = p.parse_args()
    args.methods = args.methods.split(",")
    args.directory = tempfile.mkdtemp(prefix="mc-kill.")
    tally, counter, left = Tally(), [0], [args.kills]
    references = {m: reference_run(m, args) for m in args.methods}
    for task in PAPER if sr.torture() else []:
        paper_task(task, args, tally)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        try:
            for f in [pool.submit(worker, args.methods, references, args, tally, left, counter)
                      for _ in range(args.jobs)]:
                f.result()
        except KeyboardInterrupt:              # a report of what there is
            args.kills = left[0] = 0
    status = report(args, tally)
    if status == 0:
        shutil.rmtree(args.directory)
    return status


if __name__ == "__main__":
    sys.exit(main())
