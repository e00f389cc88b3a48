from __future__ import annotations

import pytest

from harness.errors import HarnessError, InterruptedRunError, TroubleError, UsageError


def test_an_error_says_what_was_expected_what_was_found_and_what_to_do() -> None:
    assert str(UsageError("a number", "seven", "write 7")) == (
        "expected: a number\n   found: 'seven'\n   to do: write 7"
    )


def test_several_lines_of_what_was_found_are_shown_as_they_are() -> None:
    assert "   found: one\ntwo\n" in str(HarnessError("silence", "one\ntwo", "listen"))


@pytest.mark.parametrize("found", [None, "", 0, ["a\nb"]])
def test_what_was_found_is_visible_even_if_it_is_next_to_nothing(found: object) -> None:
    assert f"found: {found!r}\n" in str(HarnessError("something", found, "look again"))


def test_what_an_app_says_gives_no_orders_to_the_terminal_in_which_it_is_read() -> None:
    error = UsageError("the app \x1b[2J to be imported", "\x1b]0;owned\x07\nNameError: \x9b31m", "mend \r it\t")
    assert str(error) == (
        "expected: the app \\x1b[2J to be imported\n"
        "   found: \\x1b]0;owned\\x07\nNameError: \\x9b31m\n"
        "   to do: mend \\r it\t"
    )
    assert error.found == "\x1b]0;owned\x07\nNameError: \x9b31m"


def test_the_three_parts_can_be_had_one_by_one() -> None:
    error = HarnessError("a", 1, "c")
    assert (error.expected, error.found, error.remedy) == ("a", 1, "c")


def test_the_authors_errors_and_ours_are_never_confused() -> None:
    assert not issubclass(UsageError, HarnessError)
    assert not issubclass(HarnessError, UsageError)
    assert issubclass(UsageError, TroubleError)
    assert issubclass(HarnessError, TroubleError)


def test_an_interruption_is_the_harness_that_could_not_go_on_and_says_so() -> None:
    error = InterruptedRunError()
    assert isinstance(error, HarnessError)
    assert "interrupted" in str(error)
