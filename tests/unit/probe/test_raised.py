from __future__ import annotations

import msgspec
import pytest

from harness.history.parts import Raised
from harness.probe.raised import raised


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise OSError


def test_an_exception_is_known_by_its_full_class_name_and_its_text() -> None:
    about = raised(UnicodeError("no"))
    assert (about["type"], about["message"]) == ("builtins.UnicodeError", "no")


def test_a_nested_class_is_named_with_what_it_is_in() -> None:
    class InnerError(Exception):
        pass

    assert raised(InnerError())["type"].endswith("<locals>.InnerError")


def test_an_exception_that_cannot_be_printed_says_so() -> None:
    assert raised(UnprintableError())["message"] == "<its text raised OSError>"


def test_a_traceback_shows_where_it_was_raised_and_from_what() -> None:
    try:
        try:
            raise KeyError("cause")  # noqa: TRY301 - it is what this is about
        except KeyError as cause:
            raise ValueError("effect") from cause
    except ValueError as error:
        traceback = raised(error)["traceback"]
    assert "test_raised.py" in traceback
    assert "KeyError: 'cause'" in traceback
    assert traceback.strip().endswith("ValueError: effect")


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3), ExceptionGroup("g", [OSError()])]
)
def test_what_is_said_of_an_exception_is_what_the_vocabulary_knows(error: BaseException) -> None:
    assert msgspec.convert(raised(error), Raised).type


@pytest.mark.parametrize("message", ["\udcff", "x" * 200_000])
def test_a_text_that_no_line_can_hold_is_made_one_that_can(message: str) -> None:
    about = raised(ValueError(message))
    assert len(about["message"].encode()) + len(about["traceback"].encode()) < 64 * 1024


class OwnError(LookupError):
    pass


def test_an_exception_is_known_by_all_that_it_inherits_from() -> None:
    assert raised(OwnError())["bases"] == [
        f"{__name__}.OwnError",
        *(f"builtins.{base.__name__}" for base in (LookupError, Exception, BaseException)),
    ]


def test_the_frames_of_the_harness_are_left_out_wherever_they_are() -> None:
    from harness.behaviour import returns  # noqa: PLC0415 - whatever of ours raises

    def raise_from_us() -> None:
        try:
            returns(object())
        except Exception as error:
            message = "effect"
            raise ExceptionGroup(message, [error, OwnError("other")]) from error

    with pytest.raises(ExceptionGroup) as caught:
        raise_from_us()
    told = raised(caught.value)["traceback"]
    assert "in raise_from_us" in told
    assert "a value that JSON can hold" in told
    assert "OwnError: other" in told
    assert "harness/behaviour.py" not in told


def test_exceptions_that_are_each_others_context_are_told_all_the_same() -> None:
    first, second = ValueError("first"), OSError("second")
    first.__context__, second.__context__ = second, first
    told = raised(first)["traceback"]
    assert "ValueError: first" in told
    assert "OSError: second" in told
