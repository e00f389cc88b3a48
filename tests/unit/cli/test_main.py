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

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield exit_code
    for number, handler in before.items():
        signal.signal(number, handler)


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
        (RuntimeError("a defect"), 3),
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


def test_a_defect_of_the_harness_is_told_with_its_traceback(
    exit_code: Callable[[object], int], capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code(RuntimeError("a defect"))
    said = capsys.readouterr().err
    assert said.startswith("harness: this is a defect of the harness, please report it\nTraceback")
    assert said.rstrip().endswith("RuntimeError: a defect")


def test_being_asked_to_end_again_changes_nothing(
    exit_code: Callable[[object], int], capfd: pytest.CaptureFixture[str]
) -> None:
    exit_code(0)
    handler = signal.getsignal(signal.SIGINT)
    assert callable(handler)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGINT, None)
    handler(signal.SIGINT, None)
    assert "once more to leave that to the supervisor" in capfd.readouterr().err


def test_being_asked_to_end_ends_what_goes_on_as_an_interruption_does(exit_code: Callable[[object], int]) -> None:
    exit_code(0)
    handler = signal.getsignal(signal.SIGTERM)
    assert callable(handler)
    with pytest.raises(SystemExit) as caught:
        handler(signal.SIGTERM, None)
    assert caught.value.code == 143
