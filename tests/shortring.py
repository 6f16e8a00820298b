"""Short training runs for the tests of faults, and TAP for what they report."""
import os
import resource
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
train = os.path.join(here, "..", "pipelines", "train")
bin_dir = os.path.abspath(os.environ.get("MC_BIN", os.path.join(here, "..", "bin")))
build_dir = os.path.abspath(os.path.join(here, "..", os.environ.get("MC_BUILD", "build/release")))
PROGRAMS = ["mc-rollout", "mc-metalearn", "mc-critic"]
FILES = ["run.ckpt", "run.log", "run.replay"]
HANG = 120        # seconds; on an idle machine a run takes about a fifth of one


def torture():
    """Is this `make torture`?"""
    return os.environ.get("MC_TORTURE", "") not in ("", "0")


def sanitized():
    """Sanitizers bring their own allocator, which knows nothing of ours."""
    return "/san-" in bin_dir


def run(directory, method, episodes, programs=bin_dir, env=None, file_size=None):
    """One start of the ring: (status or "hang", lines on stderr)."""
    args = [train, "-t", "navigation_N2_l2", "-m", method, "-e", str(episodes), "-o", directory,
            "-R", "--hidden 4 -C 2 --explore 0.2"]
    if method in ("meta", "reinforce"):
        args += ["-M", "--rule-hidden 4" + (" -K 2" if method == "meta" else "")]
    args += ["-Q", "--batch 32 --threads 1 --keep-replay --critic-gamma same"]
    env = dict(os.environ, MC_QUIET="1", MC_BIN=programs, TMPDIR=directory, **(env or {}))

    def limit():
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    try:
        p = subprocess.run(args, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, timeout=HANG, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return "hang", []
    return p.returncode, p.stderr.decode(errors="replace").splitlines()


def prepare(directory, method, start, end):
    """A directory with a run of `start` episodes (empty when None), and one with the whole run of `end`."""
    base, want = os.path.join(directory, "%s-%s" % (method, start)), os.path.join(directory, method)
    for directory, episodes in ((base, start), (want, end)):
        if os.path.exists(directory):
            continue
        os.mkdir(directory)
        if episodes is not None:
            status, lines = run(directory, method, episodes)
            if status != 0:
                sys.exit("an undisturbed run failed: %s %s" % (status, lines))
    return base, want


def same(a, b):
    with open(a, "rb") as f, open(b, "rb") as g:
        return f.read() == g.read()


def loads(directory):
    """What mc-cat --verify says of checkpoint and provenance; "" when they are whole, or there are none."""
    paths = [os.path.join(directory, name) for name in ("run.ckpt", "run.ckpt.provenance")]
    paths = [p for p in paths if os.path.exists(p) and (p == paths[0] or os.path.getsize(p) > 0)]
    if not paths:
        return ""
    p = subprocess.run([os.path.join(bin_dir, "mc-cat"), "--verify"] + paths,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.stdout.decode() if p.returncode else ""


def continued(directory, method, episodes, want):
    """Continues undisturbed: "" when the result has the bytes of `want`."""
    status, lines = run(directory, method, episodes)
    if status != 0 or lines:
        return "continued: status %s, %s" % (status, lines)
    return differs(directory, want)


def differs(directory, want):
    return "".join("%s differs " % f for f in FILES
                   if not same(os.path.join(directory, f), os.path.join(want, f)))


def measured(promise, value):
    """A row of the table with which `make torture` ends."""
    print("# measured: %s: %s" % (promise, value))


class Tap:
    """ok lines, and a plan at the end."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, text, comments=()):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, text))
        for line in comments:
            print("# %s" % line)
        sys.stdout.flush()

    def done(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0
