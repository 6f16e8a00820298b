#!/usr/bin/python3
"""Gives the files of tests/data/hostile to every reader of every program.

A reader is a way to have a program read a file. Which there are, the programs say themselves:
every picture of mc-plot is one, and every option that --help lists stands in HOW below, with
how it makes its program read, or it is missing, which is an error.

mc-cat --verify refuses what is malformed (form-) or makes no sense (sense-) with 65, one line, and
an offset. The readers that a kind of file is for refuse what is malformed in the same way; of the
rest they need not use everything, but end in order, as everybody does with a file of another kind:
with a status of the manual, and one line where that is not 0. Nobody takes more than a second, or
more memory than 64 MiB and twice the file. In make torture all files meet all readers, here some.
The output is TAP.
"""
import collections
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zlib

import shortring as sr

STORED = os.path.join(sr.here, "data", "hostile")
tiny = os.path.join(sr.here, "data", "tiny")
RING = ["-t", "navigation_N2_l2", "--hidden", "1", "-e", "3"]
IN_ORDER = {0, 64, 65, 66, 69, 75}
SECONDS, MEMORY = 1.0, 64 << 20
PATIENCE = 1.0    # seconds that a reader may wait for more, where that is its work


def good(name):
    return os.path.join(tiny, name)


class Reader:
    """How a program is made to read {}: as an operand, an option, or on standard input."""

    def __init__(self, kinds, *args, stdin=None, strict=True, waits=False, status=()):
        self.kinds, self.args, self.waits = kinds.split(), list(args), waits
        self.stdin = stdin if stdin or any("{}" in a for a in args) else "{}"
        self.strict = strict          # refuses all that is malformed
        self.status = IN_ORDER | set(status)
        self.name = " ".join(os.path.basename(a) for a in args)
        self.first = False            # meets all of its files, always


CKPT = good("run.ckpt")
NOTHING = None    # an option that changes nothing about how a file is read
# By program and option: the readers that it makes. "" is the program without any.
HOW = {
    "mc-cat": {
        "": [Reader("ckpt log", "mc-cat", "{}"), Reader("ckpt log", "mc-cat", "-", stdin="{}", strict=False)],
        "--type": [Reader("ckpt log", "mc-cat", "-t", "episode", "{}")],
        "--where": [Reader("log", "mc-cat", "-w", "return > 0", "{}")],
        "--net": [Reader("ckpt", "mc-cat", "--full", "--net", "policy", "{}", strict=False)],
        "--number": [Reader("log", "mc-cat", "-n", "1", "{}", strict=False)],
        "--condense": [Reader("log", "mc-cat", "--condense", "out.log", "{}")],
        "--points": [Reader("log", "mc-cat", "--condense", "out.log", "--points", "2", "{}")],
        "--metrics": [Reader("log", "mc-cat", "--condense", "out.log", "--metrics", "critic_loss", "{}")],
        "--follow": [Reader("log", "mc-cat", "-f", "{}", strict=False, waits=True)],
        "--full": [Reader("ckpt log", "mc-cat", "--full", "{}")],
        "--fields": [Reader("log", "mc-cat", "--fields", "episode,values.loss", "{}")],
        "--tsv": [Reader("log", "mc-cat", "--tsv", "-t", "episode", "{}")],
        "--count": [Reader("ckpt log", "mc-cat", "--count", "{}")],
        "--verify": [Reader("ckpt log", "mc-cat", "--verify", "{}"),
                     Reader("acted decided back", "mc-cat", "--verify", stdin="{}")], # where checksums are not asked for
        "--diff": [Reader("ckpt", "mc-cat", "--diff", "{}", CKPT, strict=False, status=[1]),
                   Reader("log", "mc-cat", "--diff", good("run.log"), "{}", strict=False, status=[1])],
        "--npz": [Reader("ckpt", "mc-cat", "--npz", "out.npz", "{}")],
        "--safetensors": [Reader("ckpt", "mc-cat", "--safetensors", "out.st", "{}")],
        "--max-frame": [Reader("log", "mc-cat", "--max-frame", "300", "{}", strict=False)],
    },
    "mc-eval": {
        "": [Reader("ckpt", "mc-eval", "-n", "1", "{}")],
        "--episodes": NOTHING, "--number": NOTHING, "--wide": NOTHING, "--seed": NOTHING, "--env-timeout": NOTHING, "--envs": NOTHING, "--last": NOTHING, "--resamples": NOTHING,
        "--threads": NOTHING, "--max-frame": NOTHING, "--task": NOTHING,
        "--comm": [Reader("ckpt", "mc-eval", "-n", "1", "--comm", how, "{}") for how in ("full", "drop=0.5", "shuffle", "self")],
        "--cut": [Reader("ckpt", "mc-eval", "-n", "1", "--cut", "0,1", "{}")],
        "--mute": [Reader("ckpt", "mc-eval", "-n", "1", "--mute", "0", "{}")],
        "--max-edges": [Reader("ckpt", "mc-eval", "-n", "1", "--max-edges", "1", "{}")],
        "--prey": [Reader("prey", "mc-eval", "-n", "1", "--prey", "{}", CKPT, strict=False)],
        "--env": NOTHING,              # of its file the shell makes a command
        "--tsv": [Reader("ckpt", "mc-eval", "-n", "1", "--tsv", "{}"), Reader("log", "mc-eval", "--aggregate", "--tsv", "{}", strict=False)],
        "--latex": [Reader("ckpt", "mc-eval", "-n", "1", "--latex", "{}"), Reader("log", "mc-eval", "--aggregate", "--latex", "{}", strict=False)],
        "--greedy": [Reader("ckpt", "mc-eval", "-n", "1", "--greedy", "{}")],
        "--pairs": [Reader("ckpt", "mc-eval", "-n", "1", "--pairs", "{}")],
        "--influence": [Reader("ckpt", "mc-eval", "-n", "1", "--influence", "--json", "{}")],
        "--script": [Reader("ckpt", "mc-eval", "-n", "1", "--script", "random", "{}", strict=False)],
        "--aggregate": [Reader("log", "mc-eval", "--aggregate", "{}"), Reader("ckpt", "mc-eval", "-n", "1", "--aggregate", "{}")],
        "--by": [Reader("log", "mc-eval", "--aggregate", "--by", "mc-metalearn.beta,seed", "{}")],
        "--named": [Reader("log", "mc-eval", "--aggregate", "--named", "x={}")],
        "--scale": [Reader("log", "mc-eval", "--aggregate", "--scale", "navigation_N2_l2=-90,0", "{}")],
        "--marl-eval": [Reader("log", "mc-eval", "--aggregate", "--marl-eval", "out.json", "{}")],
        "--advantages": [Reader("advantages", "mc-eval", "--advantages", "{}", strict=False)],
        "--claims": [Reader("claims", "mc-eval", "--aggregate", "--claims", "{}", good("run.log"), strict=False)],
        "--json": [Reader("log", "mc-eval", "--aggregate", "--json", "{}"), Reader("ckpt", "mc-eval", "-n", "1", "--json", "{}")],
    },
    "mc-plot": {
        "--output": NOTHING, "--title": NOTHING, "--width": NOTHING, "--height": NOTHING, "--font": NOTHING, "--window": NOTHING, "--band": NOTHING,
        "--last": NOTHING, "--scale": NOTHING, "--resamples": NOTHING, "--agent": NOTHING, "--episodes": NOTHING, "--number": NOTHING, "--fps": NOTHING,
        "--emit": [Reader("log", "mc-plot", "comm", "{}", "-o", "fig.svg", "--emit")],
        "--y": [Reader("log", "mc-plot", "curves", "-y", what, "{}") for what in ("requests", "links-share", "precision", "loss")],
        "--by": [Reader("log", "mc-plot", "curves", "--by", "mc-metalearn.beta,seed", "{}")],
        "--named": [Reader("log", "mc-plot", "bars", "--named", "x={}")],
        "--normalise": [Reader("log", "mc-plot", "curves", "--normalise", "{}")],
        "--pool": [Reader("log", "mc-plot", "curves", "--pool", "{}", "-o", "fig.svg")],
        "--episode": [Reader("acted", "mc-plot", "topology", "--episode", "0", "{}")],
        "--step": [Reader("acted", "mc-plot", "graph", "--step", "0,3", "{}", "-o", "fig.svg")],
    },
    "mc-rollout": {
        "": [Reader("back", "mc-rollout", *RING)],
        "--load": [Reader("ckpt", "mc-rollout", "--load", "{}", "-n", "1")],
        "--export-prey": [Reader("ckpt", "mc-rollout", "--load", "{}", "--export-prey", strict=False)],
        "--checkpoint": [Reader("ckpt", "mc-rollout", *RING, "-c", "{copy}", stdin=good("back"), strict=False, status={73})],
        "--log": [Reader("log", "mc-rollout", *RING, "-l", "{copy}", stdin=good("back"), strict=False, status={73})],
        "--prey": [Reader("prey", "mc-rollout", "-t", "predator_prey_N3_l3", "--hidden", "1", "-e", "3", "--prey", "{}", stdin=os.devnull, strict=False)],
    },
    "mc-metalearn": {
        "": [Reader("acted", "mc-metalearn", "-K", "2", "--rule-hidden", "1")],
        "--eta": [Reader("ckpt", "mc-metalearn", "-K", "2", "--rule-hidden", "1", "--eta", "{}", stdin=good("acted"), strict=False)],
        "--analyse": [Reader("ckpt", "mc-metalearn", "--analyse", "{}", stdin=good("acted"), strict=False),
                      Reader("acted", "mc-metalearn", "--analyse", CKPT, strict=False)],
        "--initial": [Reader("ckpt", "mc-metalearn", "--analyse", CKPT, "--initial", "{}", stdin=good("acted"), strict=False)],
    },
    "mc-critic": {
        "": [Reader("decided", "mc-critic", "--batch", "16", "--threads", "1")],
        "--method": [Reader("acted", "mc-critic", "-m", "stgs", "--batch", "16", "--threads", "1")],
        "--replay-file": [Reader("replay", "mc-critic", "--batch", "16", "--threads", "1", "-D", "{copy}", stdin=good("decided"), strict=False, status={73})],
        "--freeze-policy": [Reader("ckpt", "mc-critic", "--batch", "16", "--threads", "1", "--freeze-policy", "{}", stdin=good("decided"), strict=False)],
    },
    "mc-envsim": {
        "": [Reader("env", "mc-envsim", "-t", "navigation_N2_l2", "-n", "1")],
        "--prey": [Reader("prey", "mc-envsim", "-t", "predator_prey_N3_l3", "-n", "1", "--prey", "{}", stdin=os.devnull, strict=False)],
    },
}
# What a picture is drawn of; one that is not here is of logs.
PICTURES = {"advantages": "advantages", "pareto": "json", "topology": "log acted", "graph": "acted", "episode": "acted"}
# Options of the programs of a ring that set a number, or name what is written.
LEARNING = re.compile(r"--(task|seed|comm|env-timeout|gamma|explore|explore-carry|lag|hidden|share|separate|range|edge-cost|episodes|every|keep|fresh|script|number|"
                      r"progress|threads|max-frame|method|lr-\w+|warmup\S*|rho|eps|scale-\w+|n-step|b1|b2|adam-eps|rule\S*|residual|meta-batch|eps-rule|"
                      r"clip-\w+|beta|last-only|freeze|keep-replay|keep-below|updates|joint|penalty|batch|replay|critic|critic-gamma|tau|device|tf32|temp|env|episode|random|still|list|describe)$|-K$")


def options(program):
    """The options that --help lists, by their long names where they have one."""
    text = subprocess.run([os.path.join(sr.bin_dir, program), "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    found = re.findall(r"^  (?:(-\w)(?:, | )|    )(--[a-z0-9-]+)?", text, re.M)
    return [long or short for short, long in found if (long or short) not in ("--help", "--version", "")]


def pictures():
    """Those of mc-plot, which names them when none is."""
    said = subprocess.run([os.path.join(sr.bin_dir, "mc-plot")], stderr=subprocess.PIPE).stderr.decode()
    return re.search(r"there are: (.*)", said).group(1).split()


def readers():
    """([every reader], [options that are not known here])"""
    found, unknown = [], []
    for program, how in HOW.items():
        start = len(found)
        found += how.get("", []) + (how.get("--verify") or []) + (how.get("--aggregate") or [])
        for reader in found[start:]:
            reader.first = True
        for option in options(program):
            if option in how:
                found += how[option] or [] if option not in ("--verify", "--aggregate") else []
            elif program in ("mc-cat", "mc-eval", "mc-plot") or not LEARNING.match(option):
                unknown.append("%s %s: how does it make the program read?" % (program, option))
    for name in pictures():
        kinds = PICTURES.get(name, "log")
        strict = kinds != "advantages" and kinds != "json"
        found.append(Reader(kinds, "mc-plot", name, "{}", strict=strict and name != "live", waits=name == "live"))
        found[-1].first = True
        if name not in ("episode", "live"):
            found.append(Reader(kinds, "mc-plot", name, "{}", "-o", "fig.svg", strict=strict))
    return found, unknown


# ---- files that are made here: of kinds whose whole files are large, or text ----

def spoil(name, kind, data):
    """{name: bytes}: cut, flipped, longer."""
    n = len(data)
    files = {"form-empty.": b"", "form-hello.": b"hello, world\n", "form-behind.": data + b"\0", "form-twice.": data + data}
    files.update({"cut-%s-%d." % (name, k): data[:k] for k in {1, 30, n // 3, n // 2, n - 20, n - 1}})
    files.update({"form-flipped-%s-%d." % (name, k): data[:k] + bytes([data[k] ^ 0x10]) + data[k + 1:] for k in range(7, n, max(n // 12, 1))})
    return {k + kind: v for k, v in files.items()}


def texts():
    line = b'{"task":"push_N3","method":"meta","return_mean":%s,"requests_per_step":%s,"edge_cost":%s}\n'
    words = b"navigation_N2_l2 | meta | above | none | are better\n"
    json = {"json-numbers": line % (b"1e999", b"1", b"0"), "json-nan": line % (b"NaN", b"1", b"0"), "json-huge": line % (b"1.7e308", b"1.7e308", b"1.7e308") +
            line % (b"-1.7e308", b"0", b"0"), "json-negative": line % (b"-1", b"-7", b"-7"), "json-deep": b'{"a":' + b"[" * 100000, "json-list": b"[1, 2]\n",
            "json-text": line % (b'"1"', b"null", b"true"), "json-long": b'{"task":"' + b"x" * 10000 + b'","method":"m","return_mean":1,"requests_per_step":1}\n',
            "json-longer": b" " * (3 << 20), "json-nul": b"\0" * 1000, "json-blank": b"\n" * 1000, "json-many": b"".join(
                line.replace(b"push_N3", b"t%d" % k) % (b"%d" % k, b"1", b"0") for k in range(200)), "json-key": b'{"task' + b"\xff" * 50 + b'":1}\n'}
    claims = {"claims-empty": b"", "claims-nul": b"\0" * 100, "claims-bars": b"|" * 300 + b"\n", "claims-few": b"a | b\n", "claims-episodes": b"episodes = -3\n" + words,
              "claims-much": b"episodes = 99999999999999999999\n" + words, "claims-long": b"x" * (1 << 20) + b"\n", "claims-bytes": bytes(range(256)),
              "claims-many": words * 5000, "claims-format": b"%s%n | %d | above | %s | %n\n", "claims-crlf": words.replace(b"\n", b"\r\n"), "claims-mark": b"\xef\xbb\xbf" + words}
    return {**{"odd-%s.json" % k: v for k, v in json.items()}, **{"odd-%s.claims" % k: v for k, v in claims.items()}}


def output(*args, **how):
    return subprocess.run([os.path.join(sr.bin_dir, args[0])] + list(args[1:]), stdout=subprocess.PIPE, check=True, env=dict(os.environ, MC_QUIET="1"), **how).stdout


def made(where):
    """The paths of the files that are made here."""
    run = os.path.join(where, "evade")
    subprocess.run([sr.train, "-t", "evade_N3", "-m", "none", "-e", "1", "-o", run, "-R", "--hidden 64", "-Q", "--batch 16 --threads 1"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=dict(os.environ, MC_QUIET="1", MC_BIN=sr.bin_dir))
    files = spoil("prey", "prey", output("mc-rollout", "--load", os.path.join(run, "run.ckpt"), "--export-prey"))
    with open(good("run.replay"), "rb") as f:
        files.update(spoil("replay", "replay", f.read()))
    with open(good("acted"), "rb") as f:
        files.update(spoil("advantages", "advantages", output("mc-metalearn", "--analyse", CKPT, input=f.read())))
    files.update(texts())
    for name, data in files.items():
        with open(os.path.join(where, name), "wb") as f:
            f.write(data)
    return [os.path.join(where, name) for name in files]


# ---- meeting them ----

def feed(pipe, data):
    try:
        pipe.write(data)
        pipe.close()
    except OSError:
        pass


def run(reader, path, where):
    """(status, lines on stderr, seconds of CPU time, bytes of memory)"""
    work = tempfile.mkdtemp(dir=where)
    copy = os.path.join(work, os.path.basename(path))
    if any("{copy}" in a for a in reader.args):
        shutil.copy(path, copy)
    args = [a.replace("{}", path).replace("{copy}", copy) for a in reader.args]
    with open((reader.stdin or os.devnull).replace("{}", path), "rb") as f:
        data = f.read()
    # A file, not a pipe, for stderr: nobody has to read it while the program runs.
    with tempfile.TemporaryFile() as err:
        p = subprocess.Popen([os.path.join(sr.bin_dir, args[0])] + args[1:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=err,
                             cwd=work, env=dict(os.environ, MC_QUIET="1"))
        writer = threading.Thread(target=feed, args=(p.stdin, data))
        writer.start()
        timer = threading.Timer(PATIENCE if reader.waits else 20, lambda: os.kill(p.pid, signal.SIGTERM if reader.waits else signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(p.pid, 0)
        timer.cancel()
        p.returncode = os.waitstatus_to_exitcode(status)
        writer.join()
        err.seek(0)
        lines = err.read().decode(errors="replace").splitlines()
    shutil.rmtree(work)
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


def judge(name, reader, status, lines):
    """What is wrong with how the file was met, "" if nothing."""
    text = " | ".join(lines)
    seen = "status %d, %s" % (status, text)
    start, kind = name.split("-")[0], name.rsplit(".", 1)[1]
    own, program, verify = kind in reader.kinds, reader.args[0], "--verify" in reader.args
    if reader.waits and status == -signal.SIGTERM:
        return ""
    if "still running, or cut" in text and program in ("mc-cat", "mc-plot") and len(lines) <= 2 and not verify:
        return "" if status in (0, 64, 65) or status in reader.status and status < 64 else seen
    if "ended without a message" in text and status == 75 and len(lines) == 1:
        return ""
    if own and verify and start not in ("kind", "odd") or own and reader.strict and start == "form":
        if status != 65 or len(lines) != 1:
            return seen
        if verify and not re.match(r"mc-cat: [^:]+:\d+: ", lines[0]):
            return "no offset: " + text
        return ""
    if status not in reader.status or len(lines) > 1 or (status not in (0, 1, 75) and not lines):
        return seen
    return ""


def judge_world(status, lines):
    if status == 75 and len(lines) == 1 and "ended without a message" in lines[0]:
        return ""
    return "" if status in (64, 65) and len(lines) == 1 else "status %d, %s" % (status, " | ".join(lines))


def chosen(reader, name):
    """All in make torture; else its own files, of a mode among many some of them, and a few of other kinds."""
    own = name.rsplit(".", 1)[1] in reader.kinds
    return sr.torture() or zlib.crc32((reader.name + name).encode()) % ((1 if reader.first else 4) if own else 16) == 0


def meet(path, everybody, where):
    """[(what is wrong)] and the worst time and memory of one file."""
    name = os.path.basename(path)
    slow = 10 if sr.sanitized() else 1
    bad, met = [], []
    if name.endswith(".world"):
        status, lines, seconds, memory = run_world(path, where)
        wrong = judge_world(status, lines)
        return (["%s: %s" % (name, wrong)] if wrong else []), [(seconds, memory)]
    for reader in everybody:
        if not chosen(reader, name):
            continue
        status, lines, seconds, memory = run(reader, path, where)
        met.append((seconds, memory))
        wrong = judge(name, reader, status, lines)
        if not wrong and seconds > SECONDS * slow:
            wrong = "%.2f s" % seconds
        if not wrong and memory > MEMORY * slow + 2 * os.path.getsize(path):
            wrong = "%d bytes of memory" % memory
        if wrong:
            bad.append("%s, %s: %s" % (name, reader.name, wrong))
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
        wrong = judge("cut-" + name, Reader("", "mc-cat", "--verify", "{}"), p.returncode, lines)
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
    sr.measured("a file that is cut is refused, at every offset", "%d cuts of %d kinds of file" % (
        sum(n for n, _ in results), len(kinds)))


def main():
    tap = sr.Tap()
    everybody, unknown = readers()
    tap.ok(not unknown, "every option that a program lists is known here", unknown)
    with tempfile.TemporaryDirectory(prefix="mc-hostile.") as where, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        paths = sorted([os.path.join(STORED, n) for n in os.listdir(STORED) if "." in n] + made(where))
        kinds = {p.rsplit(".", 1)[1] for p in paths} - {"world"}
        known = {k for r in everybody for k in r.kinds}
        tap.ok(kinds == known, "every kind of file has its readers, and the other way round", sorted(kinds ^ known))
        results = dict(zip(paths, pool.map(lambda p: meet(p, everybody, where), paths)))
    by = collections.Counter(os.path.basename(p).split("-")[0] for p in paths)
    for start in sorted(by):
        bad = [b for p in paths if os.path.basename(p).startswith(start) for b in results[p][0]]
        tap.ok(not bad, "%d files %s-*" % (by[start], start), bad)
    tap.ok(len(paths) >= 600, "at least 600 files")
    met = [m for r in results.values() for m in r[1]]
    sr.measured("hostile files are refused with 65, one line and an offset, within 1 s and 64 MiB + twice the file",
              "%d files, %d readers, met %d times, at worst %.2f s and %.1f MiB" %
              (len(paths), len(everybody), len(met), max(m[0] for m in met), max(m[1] for m in met) / 2 ** 20))
    if sr.torture():
        cut_everywhere(tap)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
