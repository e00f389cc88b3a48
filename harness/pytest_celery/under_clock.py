"""Begins pytest anew under a virtual clock, where that is possible; else says why time is real.

A test of pytest-celery's sends by itself, waits for results and looks into logs again and again, with time-outs of
its own. So pytest lives under the clock of its nodes, as one more process of the testbed: time jumps when the test
sleeps as well, and a time-out means what it says. A process gets under a clock at its start only: pytest replaces
itself, with the same command line, before it has shown anything.

Owns the clock's page until the session's supervisor takes it over. Refuses where pytest's own command line would not do
the same again: in processes of pytest-xdist, and where it only shows something.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.clock.availability import Unavailable, availability, why_not_clockable
from harness.clock.virtual_clock import VirtualClock
from harness.errors import TroubleError
from harness.testbed.abandoned import PREFIX, own
from harness.testbed.premises import choose_directory
from harness.testbed.redis_server import find_program
from harness.testbed.timekeeping import SHARED_MEMORY, page_directory

if TYPE_CHECKING:
    import pytest

_PAGE, _FOLDER = "CANVAS_HARNESS_PYTEST_PAGE", "CANVAS_HARNESS_PYTEST_FOLDER"
_OWNED = "owned"
_SHOWS_ONLY = ("collectonly", "help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """What time pytest lives in: virtual, by this page, for the testbed with this folder; or real, and why."""

    folder: Path
    page: Path | None = None
    why_real: str | None = None

    def remove_page(self) -> None:
        """Remove the clock's page, if nobody has done so: the processes that live by it have it in their memory."""
        if self.page is not None:
            shutil.rmtree(self.page, ignore_errors=True)


def time_of(config: pytest.Config) -> Time:
    """Return what time this pytest lives in; where it can be virtual and is not, begin it anew and never return."""
    if page := os.environ.pop(_PAGE, None):
        return Time(folder=Path(os.environ.pop(_FOLDER)), page=Path(page))
    asked_for = "it was asked for" if config.getoption("--clock") == "real" else None
    why = asked_for or _obstacle(config) or _why_not_here(config.getoption("--redis-server"))
    if why is None:
        _begin_anew(config)
    return Time(folder=choose_directory(), why_real=why)


def _obstacle(config: pytest.Config) -> str | None:
    """Say why this pytest cannot begin anew."""
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        return "pytest-xdist starts its processes itself"
    if any(getattr(config.option, name, False) for name in _SHOWS_ONLY):
        return "nothing is run"
    if os.environ.get("HARNESS_CLOCK_DIRECTORY"):
        return "this process lives under another virtual clock already"
    return None


def _why_not_here(redis_server: str | None) -> str | None:
    """Say why time cannot be virtual on this machine, or for its Redis."""
    match availability():
        case Unavailable(reason):
            return reason
        case _:
            pass
    try:
        return why_not_clockable(Path(find_program(redis_server)))
    except (TroubleError, OSError):  # that there is no Redis is told by who starts it
        return None


def _begin_anew(config: pytest.Config) -> NoReturn:
    """Replace this process by one with the same command line, under a new clock, which is held."""
    remove_abandoned_pages()
    folder = choose_directory()
    page = page_directory(folder)
    clock = VirtualClock.create(page)
    try:
        # Locked as long as pytest lives, in whichever image: by that the page of one that was killed early is found.
        os.set_inheritable(own(page), True)  # noqa: FBT003
        environment = {**os.environ, **clock.environment(os.environ), _PAGE: str(page), _FOLDER: str(folder)}
        if (capture := config.pluginmanager.getplugin("capturemanager")) is not None:
            capture.stop_global_capturing()  # what pytest has put in the place of its output ends with this image
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - our own command line
    except BaseException:
        clock.remove()
        raise


def without_clock() -> dict[str, str]:
    """Return this process's environment for one that shall not live under its clock."""
    preloaded = [path for path in os.environ.get("LD_PRELOAD", "").split() if Path(path).stem != "_interposer"]
    kept = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "HARNESS_CLOCK_DIRECTORY")}
    return kept | ({"LD_PRELOAD": " ".join(preloaded)} if preloaded else {})


def remove_abandoned_pages(shared: Path = SHARED_MEMORY) -> None:
    """Remove the pages whose pytest was killed before it had a supervisor."""
    with suppress(OSError):
        for page in shared.glob(f"{PREFIX}*"):
            with suppress(OSError):  # its owner lives, or it is none of ours
                lock = os.open(page / _OWNED, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(page, ignore_errors=True)
                finally:
                    os.close(lock)
