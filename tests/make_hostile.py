#!/usr/bin/python3
"""Makes tests/data/hostile from tests/data/tiny (see tests/data/README.md).

Frames are taken apart and put together again with Python's msgpack; what msgpack would not
write is written byte by byte. The same files come out every time.
"""
import copy
import os
import random
import struct
import sys
import zlib

import msgpack

here = os.path.dirname(os.path.abspath(__file__))
tiny = os.path.join(here, "data", "tiny")
out = os.path.join(here, "data", "hostile")
made = set()


def load(name):
    """The frames of a file; arrays stay ExtType."""
    with open(os.path.join(tiny, name), "rb") as f:
        return list(msgpack.Unpacker(f, strict_map_key=False))


def pack(value):
    return msgpack.packb(value)


def frame(entries, crc=True):
    """A dict, or a list of (key bytes, value bytes), as a frame; with its checksum if it has none."""
    if isinstance(entries, dict):
        entries = [(pack(k), pack(v)) for k, v in entries.items() if k != "crc32"]
    n = len(entries) + bool(crc)
    head = struct.pack("B", 0x80 | n) if n < 16 else struct.pack(">BH", 0xde, n)
    body = head + b"".join(k + v for k, v in entries)
    return body if not crc else summed(body)


def summed(body):
    body += pack("crc32") + b"\xce"
    return body + struct.pack(">I", zlib.crc32(body))


def array(shape, dtype, data, code=1):
    return msgpack.ExtType(code, pack([shape, dtype, data]))


def floats(values, shape=None):
    return array(shape or [len(values)], "float32", struct.pack("<%df" % len(values), *values))


def parts(ext):
    """[shape, dtype, data] of an array."""
    return msgpack.unpackb(ext.data)


def put(name, data):
    if name in made:
        sys.exit("two files are called " + name)
    made.add(name)
    with open(os.path.join(out, name), "wb") as f:
        f.write(data)


CKPT, LOG, ACTED, DECIDED, BACK, WORLD = (load(n) for n in ("run.ckpt", "run.log", "acted", "decided", "back", "world"))
C = CKPT[0]
HEADER = LOG[0]


def trimmed(frames, types):
    """The first frame of each of these types."""
    first = {}
    for f in frames:
        first.setdefault(f["type"], f)
    return [first[t] for t in types]


def stream(frames, end=True, crc=True):
    frames = [f for f in frames if f["type"] != "end"]
    data = b"".join(frame(f, crc) for f in frames)
    return data + (frame({"mc": 1, "type": "end", "frames": len(frames)}, crc) if end else b"")


# What a program of a ring sees, in short: header, who, a barrier, one trajectory.
SHORT = {"acted": trimmed(ACTED, ["header", "provenance", "barrier", "trajectory", "episode"]),
         "decided": trimmed(DECIDED, ["header", "provenance", "barrier", "params", "trajectory", "episode"]),
         "back": trimmed(BACK, ["header", "provenance", "params", "state"]),
         "log": [LOG[0]] + trimmed(LOG, ["episode", "metric"])}


def with_frame(kind, raw):
    """A stream with `raw` behind its header (the end's count is never reached)."""
    return frame(SHORT[kind][0], kind == "log") + raw


def in_frame(value):
    """A frame of an unknown type whose entry x is these raw bytes."""
    return b"\x83" + pack("mc") + b"\x01" + pack("type") + pack("odd") + pack("x") + value


def everywhere(name, raw):
    """The raw bytes as a value in a stream, as one of a checkpoint, and in a ring."""
    put("form-%s.log" % name, with_frame("log", in_frame(raw)))
    put("form-%s.ckpt" % name, b"\x87" + pack("mc") + b"\x01" + pack("type") + pack("checkpoint") + pack("header") + raw)
    put("form-%s.decided" % name, with_frame("decided", in_frame(raw)))


# ---- bytes ----

def claims():
    big = b"\xff\xff\xff\xff"
    for name, head in [("array32", b"\xdd"), ("map32", b"\xdf"), ("str32", b"\xdb"), ("bin32", b"\xc6")]:
        everywhere("claims-%s" % name, head + big)
    everywhere("claims-ext32", b"\xc9" + big + b"\x01")
    everywhere("claims-256M", b"\xc6\x10\x00\x00\x00" + b"x" * 64)
    everywhere("claims-array-1M", b"\xdd\x00\x10\x00\x00" + b"\xc0" * 64)
    everywhere("claims-map16", b"\xde\xff\xff" + pack("k") + b"\xc0")
    for name, raw in [("array32", b"\xdd" + big), ("map32", b"\xdf" + big), ("map32-1", b"\xdf\x10\x00\x00\x00")]:
        put("form-top-%s.log" % name, raw)
        put("form-top-%s.ckpt" % name, raw)
    # many small promises, each of which is kept a little
    put("form-promises.log", with_frame("log", in_frame(b"".join(b"\xdd\x00\x00\xff\xff" for _ in range(15)) + b"\xc0" * 100)))


def depth():
    everywhere("deep-17", b"\x91" * 17 + b"\xc0")
    everywhere("deep-maps-17", (b"\x81" + pack("a")) * 17 + b"\xc0")
    put("form-deep-100000.log", with_frame("log", in_frame(b"\x91" * 100000)))
    put("form-deep-100000.ckpt", in_frame(b"\x91" * 100000))
    put("form-deep-maps-20000.decided", with_frame("decided", in_frame((b"\x81" + pack("a")) * 20000)))


def odd_bytes():
    everywhere("c1", b"\xc1")
    for k, byte in enumerate([0x00, 0x7f, 0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xc7, 0xca, 0xd4, 0xdc, 0xff]):
        put("form-byte-%02x.%s" % (byte, ["log", "ckpt", "decided"][k % 3]), bytes([byte]))
    texts = {"hello": b"hello, world\n", "json": b'{"mc": 1, "type": "header"}\n', "gzip": b"\x1f\x8b\x08\x00" + bytes(60),
             "elf": b"\x7fELF\x02\x01\x01" + bytes(57), "zip": b"PK\x03\x04" + bytes(60), "zeros": bytes(1024),
             "ones": b"\xff" * 1024, "newlines": b"\n" * 100, "npy": b"\x93NUMPY\x01\x00" + bytes(64)}
    for name, data in texts.items():
        put("form-%s.log" % name, data)
        put("form-%s.ckpt" % name, data)
    for k in range(8):
        data = bytes(random.Random(k).randrange(256) for _ in range(300))
        put("form-random-%d.%s" % (k, ["log", "ckpt"][k % 2]), data)
        put("form-random-map-%d.%s" % (k, ["decided", "ckpt"][k % 2]), b"\x8f" + data)


def keys():
    for name, key in [("int", b"\x05"), ("nil", b"\xc0"), ("bin", b"\xc4\x01k"), ("float", b"\xca\x00\x00\x00\x00"),
                      ("list", b"\x90"), ("map", b"\x80"), ("bool", b"\xc3"), ("empty", b"\xa0"),
                      ("ext", b"\xd4\x01\x00")]:
        put("form-key-%s.log" % name, with_frame("log", b"\x83" + pack("mc") + b"\x01" + pack("type") + pack("odd") + key + b"\x01"))
        put("form-key-%s-inside.ckpt" % name, frame([(pack("mc"), b"\x01"), (pack("type"), pack("checkpoint")),
                                                     (pack("header"), b"\x81" + key + b"\x01")]))


def duplicates():
    entries = [(pack(k), pack(v)) for k, v in C.items() if k != "crc32"]
    for k, (key, value) in enumerate(entries):
        put("form-twice-%d.ckpt" % k, frame(entries + [(key, value)]))
    put("form-twice-crc32.log", with_frame("log", summed(summed(b"\x84" + pack("mc") + b"\x01" + pack("type") + pack("odd")))))
    put("form-twice-many.log", with_frame("log", frame([(pack("mc"), b"\x01"), (pack("type"), pack("odd"))] +
                                                       [(pack("k%d" % i), b"\x01") for i in range(40)] + [(pack("k7"), b"\x01")])))
    net = b"\x82" + pack("kernel") + b"\x01" + pack("kernel") + b"\x01"
    put("form-twice-inside.decided", with_frame("decided", in_frame(b"\x81" + pack("dense_0") + net)))


def versions():
    rest = [(pack(k), pack(v)) for k, v in HEADER.items() if k not in ("mc", "type", "crc32")]
    kind = (pack("type"), pack("header"))
    for name, value in [("0", b"\x00"), ("2", b"\x02"), ("255", b"\xcc\xff"), ("negative", b"\xff"), ("huge", b"\xcf" + b"\xff" * 8),
                        ("text", pack("1")), ("float", pack(1.0)), ("nil", b"\xc0"), ("true", b"\xc3"), ("list", b"\x91\x01")]:
        put("form-version-%s.log" % name, frame([(pack("mc"), value), kind] + rest))
    put("form-version-missing.log", frame([kind] + rest))
    put("form-version-second.log", frame([kind, (pack("mc"), b"\x01")] + rest))
    for name, value in [("missing", None), ("empty", pack("")), ("long", pack("h" * 24)), ("int", b"\x05"),
                        ("nul", pack("head\0er")), ("list", b"\x90")]:
        put("form-type-%s.log" % name, frame([(pack("mc"), b"\x01")] + ([(pack("type"), value)] if value else []) + rest))


def checksums():
    good = frame(C)
    entries = [(pack(k), pack(v)) for k, v in C.items() if k != "crc32"]
    put("form-crc-missing.ckpt", frame(C, crc=False))
    put("form-crc-missing.log", stream(SHORT["log"], crc=False))
    put("form-crc-wrong.ckpt", good[:-1] + bytes([good[-1] ^ 1]))
    put("form-crc-zero.ckpt", good[:-4] + bytes(4))
    put("form-crc-text.ckpt", frame(entries + [(pack("crc32"), pack("abcd"))], crc=False))
    put("form-crc-8-bytes.ckpt", frame(entries + [(pack("crc32"), b"\xcf" + bytes(8))], crc=False))
    put("form-crc-small.ckpt", frame(entries + [(pack("crc32"), b"\x07")], crc=False))
    put("form-crc-first.ckpt", frame([(pack("mc"), b"\x01"), (pack("type"), pack("checkpoint")),
                                      (pack("crc32"), b"\xce" + bytes(4))] + entries[2:], crc=False))
    for k in (20, 200, 2000, 5000):
        put("form-flipped-%d.ckpt" % k, good[:k] + bytes([good[k] ^ 0x10]) + good[k + 1:])
    log = stream(SHORT["log"])
    for k in (3, 100, 500, len(log) - 10):
        put("form-flipped-%d.log" % k, log[:k] + bytes([log[k] ^ 0x10]) + log[k + 1:])


def ext(payload, code=1, head=None):
    if head is not None:
        return head + payload
    return msgpack.packb(msgpack.ExtType(code, payload)) if code >= 0 else \
        struct.pack(">BBb", 0xc7, len(payload), code) + payload


def arrays():
    data = bytes(24)
    bad = {
        "code-0": ext(pack([[2, 3], "float32", data]), 0), "code-2": ext(pack([[2, 3], "float32", data]), 2),
        "code-127": ext(pack([[2, 3], "float32", data]), 127), "timestamp": ext(bytes(4), -1),
        "empty": ext(b""), "no-list": ext(pack("float32")), "two": ext(pack([[2, 3], "float32"])),
        "four": ext(pack([[2, 3], "float32", data, 0])), "trailing": ext(pack([[2, 3], "float32", data]) + b"\0"),
        "shape-int": ext(pack([6, "float32", data])), "shape-negative": ext(pack([[-2, -3], "float32", data])),
        "shape-float": ext(pack([[2.0, 3.0], "float32", data])), "shape-huge": ext(pack([[2 ** 63, 2], "float32", data])),
        "shape-overflow": ext(pack([[2 ** 32, 2 ** 32], "float32", b""])), "shape-product": ext(pack([[2, 4], "float32", data])),
        "shape-wraps": ext(pack([[2 ** 62 + 6], "float32", data])), "shape-zero": ext(pack([[0, 3], "float32", data])),
        "shape-9": ext(pack([[1] * 9, "float32", bytes(4)])), "shape-nested": ext(pack([[[2], [3]], "float32", data])),
        "dtype-float16": ext(pack([[12], "float16", data])), "dtype-order": ext(pack([[6], ">f4", data])),
        "dtype-object": ext(pack([[3], "object", data])), "dtype-nul": ext(pack([[6], "float32\0", data])),
        "dtype-empty": ext(pack([[6], "", data])), "dtype-int": ext(pack([[6], 4, data])),
        "data-text": ext(pack([[6], "float32", "x" * 24])), "data-list": ext(pack([[6], "float32", [0.0] * 6])),
        "data-short": ext(pack([[6], "float32", data[:20]])), "data-odd": ext(pack([[6], "float32", data[:23]])),
        "data-long": ext(b"\x93\x91\x06" + pack("float32") + b"\xc6\xff\xff\xff\xff"),
        "in-shape": ext(pack([[array([1], "uint8", b"\1")], "float32", data])),
        "in-dtype": ext(pack([[6], array([1], "uint8", b"\1"), data])),
        "in-data": ext(pack([[6], "float32", array([6], "float32", data)])),
        "in-ext": ext(pack(array([6], "float32", data))),
    }
    for k, (name, raw) in enumerate(bad.items()):
        if k % 2:
            put("form-array-%s.log" % name, with_frame("log", frame([(pack("mc"), b"\x01"), (pack("type"), pack("odd")), (pack("x"), raw)])))
        else:
            put("form-array-%s.decided" % name, with_frame("decided", in_frame(raw)))
        put("form-array-%s.ckpt" % name, frame([(pack("mc"), b"\x01"), (pack("type"), pack("checkpoint")),
                                                (pack("header"), pack(C["header"])), (pack("params"), b"\x81" + pack("policy") + raw)]))


def order():
    log, end = SHORT["log"], {"mc": 1, "type": "end", "frames": 3}
    whole = stream(log)
    put("form-order-no-header.log", stream(log[1:]))
    put("form-order-two-headers.log", stream([log[0], log[0]] + log[1:]))
    put("form-order-end-first.log", frame(end) + whole)
    put("form-order-behind-end.log", whole + frame(log[1]))
    put("form-order-bytes-behind-end.log", whole + b"\0\0\0")
    for name, n in [("less", 2), ("more", 4), ("huge", 2 ** 63), ("negative", -3), ("text", "3"), ("float", 3.0)]:
        put("form-order-end-%s.log" % name, stream(log, end=False) + frame(dict(end, frames=n)))
    put("form-order-end-without-count.log", stream(log, end=False) + frame({"mc": 1, "type": "end"}))
    put("form-order-checkpoint-inside.log", frame(log[0]) + frame(C))
    put("form-order-two-checkpoints.ckpt", frame(C) + frame(C))
    put("form-order-byte-behind.ckpt", frame(C) + b"\0")
    put("form-order-end-behind.ckpt", frame(C) + frame(dict(end, frames=1)))
    put("kind-log.ckpt", whole)
    put("form-order-header-as.ckpt", frame(C["header"] | {"mc": 1, "type": "header"}))
    for kind in ("acted", "decided", "back"):
        short = SHORT[kind]
        put("form-order-no-header.%s" % kind, stream(short[1:], crc=False))
        put("form-order-two-headers.%s" % kind, stream([short[0]] + short, crc=False))
        put("kind-checkpoint.%s" % kind, frame(C))
        put("form-order-checkpoint-inside.%s" % kind, with_frame(kind, frame(C)))
        put("form-order-count.%s" % kind, stream(short, False, False) + frame(dict(end, frames=77), False))
        put("form-garbage-behind-header.%s" % kind, with_frame(kind, b"hello"))
        put("form-version-2.%s" % kind, with_frame(kind, b"\x82" + pack("mc") + b"\x02" + pack("type") + pack("barrier")))
    put("form-empty.log", b"")
    put("form-empty.ckpt", b"")


def cuts():
    for kind, data in [("ckpt", frame(C)), ("log", stream(LOG))] + [(k, stream(SHORT[k], crc=False)) for k in ("acted", "decided", "back")]:
        for name, n in [("1", 1), ("30", 30), ("half", len(data) // 2), ("last", len(data) - 1)]:
            put("cut-%s.%s" % (name, kind), data[:n])
    put("cut-end.log", stream(LOG, end=False))


# ---- contents ----

def changed(tree, path, value):
    """A copy of the tree in which the entry at "a/b/c" has this value, or is missing (None)."""
    tree = copy.deepcopy(tree)
    at, names = tree, path.split("/")
    for name in names[:-1]:
        at = at[name]
    if value is None:
        del at[names[-1]]
    else:
        at[names[-1]] = value
    return tree


def poisoned(ext_value, value, k=0):
    shape, dtype, data = parts(ext_value)
    return array(shape, dtype, data[:4 * k] + struct.pack("<f", value) + data[4 * k + 4:])


def bad_headers():
    for key in ("task", "seed", "agents", "obs_dim", "act_dim", "steps", "hidden", "share", "gamma", "explore", "prey", "comm"):
        yield "no-" + key, key, None
    for key, values in {"agents": [0, -1, 257, 2 ** 40, "2", 2.0], "obs_dim": [0, 10 ** 9, "10"], "act_dim": [0, 10 ** 6],
                        "steps": [0, 10 ** 9, -25], "hidden": [0, 10 ** 9, [1]], "gamma": [float("nan"), float("inf"), "0.95"],
                        "seed": [-1, "1", 2 ** 63 + 0.5], "share": [1, "no"], "comm": ["psychic", 3, ""],
                        "task": [5, "t" * 1000, "a\0b"], "prey": [7], "explore": ["0.2", {}, {"start": float("nan"), "end": 0.0, "episodes": 0}],
                        "meta_k": [0, -5, "ten"], "owns": [[1, 2], "mc-critic"], "method": [5], "range": [float("nan"), "far"]}.items():
        for k, value in enumerate(values):
            yield "%s-%d" % (key, k), key, value


def headers():
    for name, key, value in bad_headers():
        put("sense-header-%s.ckpt" % name, frame(changed(C, "header/" + key, value)))
    for name, key, value in list(bad_headers())[::5]:
        put("sense-header-%s.acted" % name, stream([changed(SHORT["acted"][0], key, value)] + SHORT["acted"][1:], crc=False))
    for key, value in [("agents", 3), ("obs_dim", 11), ("act_dim", 3), ("hidden", 2), ("share", True)]:
        put("sense-header-other-%s.ckpt" % key, frame(changed(C, "header/" + key, value)))
    for name, value in [("critic-kind", "order"), ("critic-number", 3), ("other-critic", "invariant")]:
        put("sense-header-%s.ckpt" % name, frame(changed(C, "header/mc-critic/critic", value)))
    put("sense-header-large.ckpt", frame(C | {"header": C["header"] | {"agents": 256, "obs_dim": 65536, "hidden": 16384}}))
    put("sense-header-list.ckpt", frame(changed(C, "header", [1, 2])))
    put("sense-header-empty.ckpt", frame(changed(C, "header", {})))


def nets():
    P = C["params"]
    for net in ("policy", "comm", "critic", "baseline", "rule", "target/policy", "target/comm", "target/critic"):
        at = P
        for name in net.split("/"):
            at = at[name]
        short = net.replace("/", "-")
        bias = at["dense_0"]["bias"]
        put("sense-nan-%s.ckpt" % short, frame(changed(C, "params/%s/dense_0/bias" % net, poisoned(bias, float("nan")))))
        put("sense-inf-%s.ckpt" % short, frame(changed(C, "params/%s/dense_1/bias" % net, poisoned(at["dense_1"]["bias"], float("-inf")))))
        put("sense-no-layer-%s.ckpt" % short, frame(changed(C, "params/%s/dense_1" % net, None)))
    policy = "params/policy/"
    kernel = P["policy"]["dense_0"]["kernel"]
    shape, dtype, data = parts(kernel)
    for name, value in [("transposed", array(shape[::-1], dtype, data)), ("flat", array([len(data) // 4], dtype, data)),
                        ("scalar", array([], dtype, data[:4])), ("int32", array(shape, "int32", data)),
                        ("bytes", array([len(data)], "uint8", data)), ("list", [1.0, 2.0]), ("nil", b""), ("text", "kernel"),
                        ("huge-double", array(shape, "float64", struct.pack("<d", 1e300) * (len(data) // 4)))]:
        put("sense-kernel-%s.ckpt" % name, frame(changed(C, policy + "dense_0/kernel", value)))
    put("sense-no-kernel.ckpt", frame(changed(C, policy + "dense_0/kernel", None)))
    put("sense-no-policy.ckpt", frame(changed(C, "params/policy", None)))
    put("sense-no-comm.ckpt", frame(changed(C, "params/comm", None)))
    put("sense-no-target.ckpt", frame(changed(C, "params/target", None)))
    put("sense-net-unknown.ckpt", frame(changed(C, "params/oracle", P["policy"])))
    put("sense-layer-list.ckpt", frame(changed(C, policy + "dense_0", [1])))
    for key in ("params", "state", "iteration", "episode"):
        put("sense-no-%s.ckpt" % key, frame(changed(C, key, None)))
        put("sense-%s-list.ckpt" % key, frame(changed(C, key, [])))
    put("sense-iteration-negative.ckpt", frame(changed(C, "iteration", -4)))
    put("sense-episode-negative.ckpt", frame(changed(C, "episode", -1)))
    put("sense-episode-float.ckpt", frame(changed(C, "episode", 3.5)))
    put("sense-state-nan.ckpt", frame(changed(C, "state/mc-rollout/sum_return", float("nan"))))


def trajectories():
    for kind in ("acted", "decided"):
        short = SHORT[kind]
        at = [f["type"] for f in short].index("trajectory")
        tau = short[at]
        o, m, asked, a, r = (parts(tau[k]) for k in ("o", "m", "I", "a", "r"))
        bad = {
            "no-o": ("o", None), "no-last": ("last", None), "no-r": ("r", None), "iteration-text": ("iteration", "0"),
            "iteration-negative": ("iteration", -1), "last-int": ("last", 1),
            "o-shape": ("o", array([o[0][0], o[0][2], o[0][1]], o[1], o[2])), "o-nan": ("o", poisoned(tau["o"], float("nan"), 7)),
            "r-inf": ("r", poisoned(tau["r"], float("inf"), 3)), "r-long": ("r", floats([0.0] * 26)),
            "a-beyond": ("a", poisoned(tau["a"], 1.5)), "a-nan": ("a", poisoned(tau["a"], float("nan"))),
            "m-2": ("m", array(m[0], m[1], b"\2" + m[2][1:])), "m-float": ("m", floats([1.0] * len(m[2]), m[0])),
            "I-255": ("I", array(asked[0], asked[1], b"\xff" + asked[2][1:])),
            "I-without-m": None, "empty": None,
        }
        for name, change in bad.items():
            frames = copy.deepcopy(short)
            if name == "I-without-m":
                frames[at]["m"] = array(m[0], m[1], bytes(len(m[2])))
                frames[at]["I"] = array(asked[0], asked[1], b"\1" * len(asked[2]))
            elif name == "empty":
                frames[at] = {"mc": 1, "type": "trajectory"}
            else:
                frames[at] = changed(tau, *change)
            put("sense-tau-%s.%s" % (name, kind), stream(frames, crc=False))
        frames = [f for f in copy.deepcopy(short) if f["type"] != "barrier"]
        frames.append(changed(short[2], "iteration", None))
        put("sense-barrier-without-iteration.%s" % kind, stream(frames, crc=False))
        put("sense-end-error-list.%s" % kind, stream(short, False, False) +
            frame({"mc": 1, "type": "end", "frames": len(short), "error": [1]}, False))


def others():
    log = SHORT["log"]
    for name, k, key, value in [("return-nan", 1, "return", float("nan")), ("return-text", 1, "return", "high"), ("no-return", 1, "return", None),
                                ("requests-negative", 1, "requests", -5), ("steps-float", 1, "steps", 25.5), ("no-values", 2, "values", None),
                                ("values-list", 2, "values", [1]), ("values-text", 2, "values", {"x": "y"}), ("values-inf", 2, "values", {"x": float("inf")}),
                                ("no-program", 2, "program", None)]:
        frames = copy.deepcopy(log)
        frames[k] = changed(log[k], key, value)
        put("sense-%s.log" % name, stream(frames))
    back = SHORT["back"]
    at = [f["type"] for f in back].index("params")
    for name, key, value in [("no-net", "net", None), ("net-unknown", "net", "oracle"), ("net-int", "net", 3), ("no-params", "params", None),
                             ("params-list", "params", []), ("iteration-negative", "iteration", -7)]:
        frames = copy.deepcopy(back)
        frames[at] = changed(back[at], key, value)
        put("sense-params-%s.back" % name, stream(frames, crc=False))
    frames = copy.deepcopy(back)
    frames[at + 1] = changed(back[at + 1], "state", [1])
    put("sense-state-list.back", stream(frames, crc=False))
    good = {"mc": 1, "type": "action", "a": array([2, 2], "float32", bytes(16))}
    for name, action in [("no-a", changed(good, "a", None)), ("shape", changed(good, "a", floats([0.0] * 4))),
                         ("nan", changed(good, "a", floats([float("nan")] * 4, [2, 2]))), ("text", changed(good, "a", "left")),
                         ("three", changed(good, "a", floats([0.0] * 6, [3, 2]))), ("ints", changed(good, "a", array([2, 2], "int32", bytes(16)))),
                         ("reset-pos", {"mc": 1, "type": "reset", "pos": floats([0.0] * 4), "vel": floats([0.0] * 4)}),
                         ("reset-nan", {"mc": 1, "type": "reset", "pos": floats([float("nan")] * 8, [4, 2]), "vel": floats([0.0] * 8, [4, 2])})]:
        put("sense-action-%s.env" % name, frame(action, False))
    everything = {"hello": b"hello", "claims": in_frame(b"\xdd\xff\xff\xff\xff"), "c1": b"\xc1",
                  "version-2": b"\x82" + pack("mc") + b"\x02" + pack("type") + pack("action")}
    for name, raw in everything.items():
        put("form-action-%s.env" % name, raw)


def logs():
    """Runs of which there is less, or more, than anybody can draw or compare."""
    head, episode, metric = SHORT["log"][0], *[f for f in SHORT["log"] if f["type"] in ("episode", "metric")][:2]
    share = floats([0.25, 0.75], [2, 1])
    pairs = dict(metric, program="mc-metalearn", asked_pair=share)

    def numbered(n, **entries):
        return [dict(episode, episode=k, iteration=k, **{key: v[k % len(v)] for key, v in entries.items()}) for k in range(n)]

    whole = {
        "metrics-alone": [head, metric, metric], "pairs-alone": [head, pairs, pairs], "header-alone": [head],
        "two-headers-alone": [head, metric, head, metric],
        "episode-one": [head, episode], "episode-one-with-pairs": [head, episode, pairs],
        "pairs-before-episodes": [head, pairs] + numbered(3), "returns-alike": [head] + numbered(5, **{"return": [-3.0]}),
        "returns-zero": [head] + numbered(4, **{"return": [0.0, -0.0]}),
        "returns-huge": [head] + numbered(6, **{"return": [1.7e308, -1.7e308]}), "returns-one-huge": [head] + numbered(6, **{"return": [1e300, 1.0]}),
        "returns-tiny": [head] + numbered(6, **{"return": [5e-324, 0.0]}),
        "links-zero": [head] + numbered(3, links=[0], requests=[0]), "requests-more-than-links": [head] + numbered(3, links=[1], requests=[2 ** 40]),
        "steps-zero": [head] + numbered(3, steps=[0]) + [pairs], "steps-huge": [head] + numbered(3, steps=[2 ** 64 - 1]) + [pairs],
        "episodes-backwards": [head] + numbered(5)[::-1], "episodes-all-0": [head] + [episode] * 5,
        "episodes-far": [head, dict(episode, episode=2 ** 63 - 1), dict(episode, episode=2 ** 62)],
        "values-huge": [head] + numbered(3) + [dict(metric, values={"loss": 1.7e308, "q_mean": -1.7e308, "c_mean": 9e99, "g_norm": 1e-300})],
        "values-nan": [head] + numbered(3) + [dict(metric, values={"loss": float("nan"), "g_norm": float("-inf"), "c_mean": float("nan")})],
        "values-many": [head] + numbered(3) + [dict(metric, values={"k%d" % k: float(k) for k in range(200)})],
        "values-none": [head] + numbered(3) + [dict(metric, values={})],
    }
    for name, frames in whole.items():
        put("odd-%s.log" % name, stream(frames))
    put("cut-header-alone.log", stream([head], end=False))
    put("cut-pairs-alone.log", stream([head, pairs], end=False))
    put("cut-episode-one.log", stream([head, episode], end=False))
    wrong = [("return", "inf", float("inf")), ("return", "minus-inf", float("-inf")), ("return", "list", [1.0]), ("return", "nil", None),
             ("episode", "negative", -1), ("episode", "least", -2 ** 63), ("episode", "text", "0"), ("episode", "float", 0.5), ("episode", "huge", 2 ** 64 - 1),
             ("links", "negative", -1), ("links", "text", "six"), ("links", "nan", float("nan")), ("steps", "negative", -25), ("steps", "text", "25"),
             ("requests", "float", 1.5), ("requests", "text", "")]
    for key, name, value in wrong:
        put("sense-%s-%s-in-log.log" % (key, name), stream([head] + numbered(2) + [changed(dict(episode, episode=2), key, value)] + numbered(1)))
    for name, value in [("nan", floats([float("nan")] * 2, [2, 1])), ("inf", floats([float("inf"), 0.5], [2, 1])), ("2", floats([2.0, 0.5], [2, 1])),
                        ("negative", floats([-0.5, 0.5], [2, 1])), ("shape", floats([0.5] * 4, [2, 2])), ("flat", floats([0.5] * 2)),
                        ("ints", array([2, 1], "int32", bytes(8))), ("text", "0 asks 1"), ("list", [0.5, 0.5])]:
        put("odd-pairs-%s.log" % name, stream([head] + numbered(3) + [dict(pairs, asked_pair=value)]))
    for name, key, value in [("program-int", "program", 7), ("episode-text", "episode", "2"), ("episode-negative", "episode", -2),
                             ("values-nested", "values", {"loss": {"loss": 1.0}}), ("values-bool", "values", {"loss": True}), ("values-nil", "values", {"loss": None})]:
        put("sense-metric-%s.log" % name, stream([head] + numbered(2) + [changed(metric, key, value)]))
    for name, key, value in bad_headers():
        if key in ("task", "seed", "agents", "obs_dim", "act_dim", "steps", "comm", "method", "meta_k"):
            put("sense-header-%s.log" % name, stream([changed(head, key, value)] + numbered(2) + [pairs]))
    big = dict(head, agents=16, obs_dim=9999, steps=9999)
    put("odd-header-large.log", stream([big] + numbered(2)))
    put("odd-header-large.acted", stream([dict(SHORT["acted"][0], agents=16, obs_dim=9999, steps=9999)] + SHORT["acted"][1:], crc=False))
    put("odd-header-text.log", stream([dict(head, task="'; system('true') #\n%s\033[2J", method="%n%s\xe2\x80\xae")] + numbered(2)))


def worlds():
    head, first, second = WORLD[0], *[f for f in WORLD if f["type"] == "observation"][:2]
    o, m = parts(first["o"]), parts(first["m"])
    bad = {"o-nan": ("o", poisoned(first["o"], float("nan"))), "o-shape": ("o", array(o[0][::-1], o[1], o[2])), "no-o": ("o", None),
           "m-2": ("m", array(m[0], m[1], b"\2" + m[2][1:])), "m-long": ("m", array([9], "uint8", bytes(9))), "no-step": ("step", None),
           "step-text": ("step", "0"), "episode-other": ("episode", 7)}
    for name, change in bad.items():
        put("sense-%s.world" % name, stream([head, changed(first, *change), second], end=False, crc=False))
    for name, change in {"r-nan": ("r", float("nan")), "r-inf": ("r", float("-inf")), "r-text": ("r", "much"), "no-r": ("r", None),
                         "step-5": ("step", 5)}.items():
        put("sense-%s.world" % name, stream([head, first, changed(second, *change)], end=False, crc=False))
    for key, values in {"agents": [0, 257, "2"], "obs_dim": [0, 10 ** 9], "steps": [0, 10 ** 9], "act_dim": [0, 300], "seed": [2, -1], "env": [0, "1"],
                        "task": [5, "pull_N3"]}.items():
        for k, value in enumerate(values):
            put("sense-header-%s-%d.world" % (key, k), stream([changed(head, key, value), first, second], end=False, crc=False))
        put("sense-header-no-%s.world" % key, stream([changed(head, key, None), first, second], end=False, crc=False))
    put("form-end-first.world", stream([head], crc=False))
    put("form-hello.world", b"hello, world\n")
    put("form-claims.world", frame(head, False) + in_frame(b"\xdd\xff\xff\xff\xff"))
    put("form-empty.world", b"")
    put("cut-header.world", frame(head, False)[:50])
    put("cut-observation.world", frame(head, False) + frame(first, False)[:50])
    put("cut-after-header.world", frame(head, False))


def main():
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(out):
        if not name.startswith("fuzz-"):
            os.remove(os.path.join(out, name))
    for make in (claims, depth, odd_bytes, keys, duplicates, versions, checksums, arrays, order, cuts, headers, nets, trajectories, others, logs, worlds):
        make()
    size = sum(os.path.getsize(os.path.join(out, n)) for n in made)
    print("%d files, %d bytes" % (len(made), size))


if __name__ == "__main__":
    main()
