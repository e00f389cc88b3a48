"""One way to wait, and what it must do under the clock. Every tested Python runs this: nothing newer than 3.10."""

import os
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Callable, Dict, Mapping, Optional

CASES: Dict[str, "Case"] = {}


@dataclass(frozen=True)
class Case:
    run: Callable[[], Any]
    virtual_s: Optional[float]  # how long it must take, None = whatever
    early_s: float  # how much sooner than that it may be over
    expects: Callable[[Any], bool]
    most_wakeups: Optional[int]  # timed waits may look again this often in all: proves that nothing waits in slices
    environment: Mapping[str, str]  # of its process, beside what all have


def anything(_result):
    return True


def case(virtual_s=None, result=anything, *, most_wakeups=None, early_s=0.005, environment=MappingProxyType({})):
    expects = result if callable(result) else lambda got: got == result

    def register(function):
        CASES[function.__name__] = Case(function, virtual_s, early_s, expects, most_wakeups, environment)
        return function

    return register


def real_s():
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)


def both_clocks():
    """Virtual and real time of one moment: who loses the CPU between two readings reads again."""
    while True:
        real, virtual = real_s(), time.monotonic()
        if real_s() - real < 0.001:
            return virtual, real


def name_of_exception(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except Exception as error:  # noqa: BLE001 - the name of whatever is raised is the result
        return type(error).__name__


def page():
    from pathlib import Path

    from harness.clock.page import Page

    return Page(Path(os.environ["HARNESS_CLOCK_DIRECTORY"]) / "page")


def own_wakeups():
    return sum(slot.wakeups for slot in page().slots() if slot.pid == os.getpid())


class Skew:
    """By how much virtual time ran ahead of real time inside a block."""

    def __enter__(self):
        virtual, real = both_clocks()
        self._start = virtual - real
        return self

    def __exit__(self, *_error):
        virtual, real = both_clocks()
        self.seconds = abs(virtual - real - self._start)
