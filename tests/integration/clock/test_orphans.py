"""Unclocked processes whose parents have ended: they fall to the testbed's supervisor, and time stays real for them."""

import json
import subprocess
import sys
from pathlib import Path

from harness.clock.virtual_clock import VirtualClock

HERE = Path(__file__).parent
SUPERVISE = """
import ctypes, json, os, subprocess, sys
loop, worker, environment = map(json.loads, sys.argv[1:])
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
loop = subprocess.Popen([*loop, str(os.getpid())])
input()
subprocess.run(worker, env={**os.environ, **environment}, check=True)
loop.terminate()
loop.wait()
"""
LEAVE_ORPHANS = """
import os, select, subprocess, sys
sys.path.insert(0, sys.argv[1])
from cases.registry import Skew
with Skew() as skew:
    for _ in range(5):
        ended, end = os.pipe()
        subprocess.run(["/bin/sh", "-c", "/bin/sleep .3 &"], env={}, pass_fds=[end], check=True)
        os.close(end)
        while not select.select([ended], [], [], 0.1)[0]:
            pass
print(skew.seconds)
"""


def test_an_orphan_that_falls_to_the_supervisor_keeps_time_real(tmp_path: Path) -> None:
    clock = VirtualClock.create(tmp_path / "clock")
    loop = clock.autojump_command(0, adopts=True)[:-1]
    worker = [sys.executable, "-S", "-c", LEAVE_ORPHANS, str(HERE)]
    arguments = [json.dumps(argument) for argument in (loop, worker, clock.environment())]
    supervisor = subprocess.Popen(
        [sys.executable, "-S", "-c", SUPERVISE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    clock.await_autojump()
    with clock.released():
        skew_s, _ = supervisor.communicate("\n", timeout=60)
    assert supervisor.returncode == 0
    assert float(skew_s) < 0.05
    clock.remove()
