from __future__ import annotations

import fcntl
import os
import resource
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from harness.testbed.readiness import await_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEYOND_SELECT = 1024


@pytest.fixture
def pipe() -> Iterator[Callable[[], tuple[int, int]]]:
    """Return what makes pipes of which both ends have numbers that `select` refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * BEYOND_SELECT)), hard))
    with ExitStack() as ends:

        def pipe() -> tuple[int, int]:
            low = os.pipe()
            high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, BEYOND_SELECT) for end in low]
            for end in low:
                os.close(end)
            for end in high:
                ends.callback(os.close, end)
            return high[0], high[1]

        yield pipe
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_files_of_any_number_are_waited_for(pipe: Callable[[], tuple[int, int]]) -> None:
    (out, into), (other, _) = pipe(), pipe()
    assert await_ready([out, other], 0) == set()
    os.write(into, b"x")
    assert await_ready([out, other], 60) == {out}


def test_what_takes_something_is_told_from_what_is_full(pipe: Callable[[], tuple[int, int]]) -> None:
    out, into = pipe()
    assert await_ready([out], 60, [into]) == {into}
    os.set_blocking(into, False)
    while await_ready([], 0, [into]):
        os.write(into, b"x" * 4096)
    assert await_ready([out], 60, [into]) == {out}
    assert await_ready([], 0, [into]) == set()


def test_less_than_no_time_is_none() -> None:
    assert await_ready([], -1) == set()
