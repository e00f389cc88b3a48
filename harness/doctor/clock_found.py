"""Whether time can be virtual here. Asked, and then tried: a process that sleeps for a minute must wake at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from harness.clock.availability import Unavailable, availability, why_not_clockable
from harness.clock.virtual_clock import VirtualClock
from harness.doctor.findings import Finding
from harness.doctor.redis_found import SERVER_VARIABLE
from harness.doctor.remedies import install
from harness.errors import TroubleError
from harness.testbed.premises import Premises
from harness.testbed.redis_server import find_program
from harness.testbed.timekeeping import page_directory

CLOCK = "Virtual time"
_SLEEP_S, _PATIENCE_S = 60, 5.0
_SLEEPER = f"import time; time.sleep({_SLEEP_S})"


def find_clock() -> Finding:
    """Say whether time can be virtual, or why not and what can be done about it."""
    match availability():
        case Unavailable(lacking):
            return Finding(name=CLOCK, state="limited", found=lacking, remedies=_remedies(lacking))
        case _:
            pass
    reason = _why_not_this_redis() or _try()
    if reason is not None:
        return Finding(name=CLOCK, state="limited", found=reason)
    return Finding(name=CLOCK, state="ok", found=f"tried: {_SLEEP_S} s of sleep passed at once")


def _remedies(reason: str) -> tuple[str, ...]:
    if "compiler" not in reason:
        return ()
    return install("compiler"), "pip install --force-reinstall --no-deps canvas-harness"


def _why_not_this_redis() -> str | None:
    """Say why the Redis that a run would take cannot be under the clock."""
    try:
        return why_not_clockable(Path(find_program(os.environ.get(SERVER_VARIABLE))))
    except (TroubleError, OSError):  # another finding says that there is none
        return None


def _try() -> str | None:
    """Have a process sleep for a minute of virtual time, and say why that did not pass at once."""
    try:
        premises = Premises.create()
    except TroubleError as error:
        return f"it could not be tried: {error.found}"
    page = page_directory(premises.directory)
    premises.others.append(page)
    try:
        clock = VirtualClock.create(page)
        try:
            return _sleep_through(clock)
        finally:
            clock.close()
    except TroubleError as error:
        return str(error.found).splitlines()[0]
    except OSError as error:
        return f"it could not be tried: {error}"
    finally:
        premises.close()


def _sleep_through(clock: VirtualClock) -> str | None:
    began = time.monotonic()
    loop = subprocess.Popen(clock.autojump_command(os.getpid()), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        clock.await_autojump()
        sleeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SLEEPER], env=os.environ | clock.environment(os.environ)
        )
        try:
            clock.release()
            sleeper.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            return f"time did not jump within {time.monotonic() - began:.0f} s: {clock.why_not_jumping()}"
        finally:
            clock.hold()
            sleeper.kill()
            sleeper.wait()
    finally:
        loop.kill()
        loop.wait()
    return None
