from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click
import pytest

from harness.cli.main import commands, main
from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def exit_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[object], int]]:
    """Return what gives the exit code of a command that returns or raises this."""

    def exit_code(what: object) -> int:
        @click.command()
        def probe() -> object:
            if isinstance(what, BaseException):
                raise what
            return what

        monkeypatch.setitem(commands.commands, "probe", probe)
        monkeypatch.setattr(sys, "argv", ["harness", "probe"])
        with pytest.raises(SystemExit) as caught:
            main()
        code = caught.value.code
        assert isinstance(code, int)
        return code

    before = signal.getsignal(signal.SIGTERM)
    yield exit_code
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (None, 0),
        (0, 0),
        (1, 1),
        (3, 3),
        (UsageError("a", "b", "c"), 2),
        (click.UsageError("no"), 2),
        (HarnessError("a", "b", "c"), 3),
        (KeyboardInterrupt(), 130),
    ],
    ids=repr,
)
def test_every_end_has_its_exit_code(exit_code: Callable[[object], int], what: object, code: int) -> None:
    assert exit_code(what) == code


@pytest.mark.parametrize(
    "error", [UsageError("a thing", "another", "mend it"), HarnessError("a thing", "b", "mend it")]
)
def test_trouble_is_told_in_three_parts_and_without_a_traceback(
    exit_code: Callable[[object], int], capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    exit_code(error)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"harness: {error}\n"


def test_being_asked_to_end_ends_what_goes_on_as_an_interruption_does(exit_code: Callable[[object], int]) -> None:
    exit_code(0)
    handler = signal.getsignal(signal.SIGTERM)
    assert callable(handler)
    with pytest.raises(SystemExit) as caught:
        handler(signal.SIGTERM, None)
    assert caught.value.code == 143
