"""A client of mc-envsim for its tests: frames in and out, with msgpack and numpy alone."""
import os
import struct
import subprocess
import sys

import msgpack
import numpy as np


def hook(code, data):
    shape, dtype, raw = msgpack.unpackb(data)
    return np.frombuffer(raw, dtype).reshape(shape)


def array(a):
    a = np.ascontiguousarray(a)
    return msgpack.ExtType(1, msgpack.packb([list(a.shape), str(a.dtype), a.tobytes()]))


def frame(type, **entries):
    entries = {k: array(v) if isinstance(v, np.ndarray) else v for k, v in entries.items()}
    return msgpack.packb({'mc': 1, 'type': type, **entries})


def frames(data):
    u = msgpack.Unpacker(ext_hook=hook, strict_map_key=False)
    u.feed(data)
    return list(u)


PROGRAM = os.path.join(os.environ['MC_BIN'], 'mc-envsim')


class Sim:
    """mc-envsim on two pipes."""

    def __init__(self, *args):
        self.p = subprocess.Popen([PROGRAM, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, bufsize=0)
        self.u = msgpack.Unpacker(ext_hook=hook, strict_map_key=False)
        self.header = self.read()
        assert self.header['type'] == 'header', self.header
        assert self.read()['type'] == 'provenance'
        self.shape = (self.header['agents'], self.header['act_dim'])

    def read(self):
        """The next frame; it must come without anything more being sent."""
        while True:
            for f in self.u:
                return f
            data = self.p.stdout.read(1 << 16)
            if not data:
                return None
            self.u.feed(data)

    def send(self, type, **entries):
        self.p.stdin.write(frame(type, **entries))

    def act(self, a=None, dtype=np.float32):
        self.send('action', a=np.zeros(self.shape, dtype) if a is None else np.asarray(a, dtype))
        return self.read()

    def done(self):
        """Closes the input: (frames that still came, exit status, stderr)."""
        self.p.stdin.close()
        rest = []
        while (f := self.read()) is not None:
            rest.append(f)
        return rest, self.p.wait(), self.p.stderr.read().decode()


def run(*args, data=b''):
    """Runs to the end on given input: (frames, exit status, stderr)."""
    r = subprocess.run([PROGRAM, *args], input=data, capture_output=True)
    return frames(r.stdout), r.returncode, r.stderr.decode()
