#!/usr/bin/env python3
"""simple_speaker_listener of MPE2 as a task: only the speaker sees which landmark is the goal, and only
the listener can go there. The listener has to ask the speaker.

    pip install mpe2
    mc-train --env './speaker_listener.py {seed} {env}' -e 10000 -o listen

Any environment with PettingZoo's parallel API can be served in the same way (metacomm.py is next to this file; if
the package is installed, Python finds it by itself).
"""
import os
import sys

sys.path.append(os.path.dirname(os.path.realpath(__file__)))
import metacomm
import mpe2
from mpe2 import simple_speaker_listener_v4

env = simple_speaker_listener_v4.parallel_env(max_cycles=25, continuous_actions=True)
metacomm.serve(env, int(sys.argv[1]), int(sys.argv[2]), task="speaker_listener", version=mpe2.__version__)
