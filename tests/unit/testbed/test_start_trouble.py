from __future__ import annotations

import pytest

from harness.errors import HarnessError, UsageError
from harness.testbed.start_trouble import start_trouble, tells_less_than_the_sender
from harness.testbed.supervisor import Death

TRACEBACK = "Traceback (most recent call last):\n  File \"/shop/app.py\", line 1, in <module>\n    go()\nKeyError: 'a'"


def death(role: str, *, signal: int | None = None) -> Death:
    code = 1 if signal is None else None
    return Death(name=f"{role}-1", role=role, exit_code=code, signal=signal, expected=False)


@pytest.mark.parametrize(
    ("role", "log"),
    [("sender", TRACEBACK), ("worker", f"Error: \nUnable to load celery application.\nWhile ...:\n{TRACEBACK}")],
)
def test_an_app_that_cannot_be_imported_is_its_authors_trouble_whoever_found_out(role: str, log: str) -> None:
    trouble = start_trouble("shop.app:app", death(role), log)
    assert isinstance(trouble, UsageError)
    assert trouble.expected == "the app shop.app:app to be imported"
    assert str(trouble.found).startswith("KeyError: 'a'\n")
    assert "import shop.app" in trouble.remedy


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("shop", "to be there"), ("shop.app", "to be there"), ("requests_oauth", "to be imported")],
)
def test_a_missing_module_is_the_apps_own_or_one_that_it_needs(missing: str, expected: str) -> None:
    log = f"Traceback (most recent call last):\nModuleNotFoundError: No module named '{missing}'"
    assert start_trouble("shop.app:app", death("sender"), log).expected.endswith(expected)


@pytest.mark.parametrize("attribute", ["set_current", "user_options"])
def test_what_is_no_app_is_found_out_by_sender_or_worker_in_the_same_words(attribute: str) -> None:
    log = f"Traceback (most recent call last):\nAttributeError: 'int' object has no attribute '{attribute}'"
    troubles = {str(start_trouble("shop:x", death(role), log)) for role in ("sender", "worker")}
    assert len(troubles) == 1
    assert "expected: shop:x to be a Celery app" in troubles.pop()


def test_a_worker_that_ends_for_a_reason_of_its_own_has_the_last_word() -> None:
    trouble = start_trouble("shop:app", death("worker"), "no licence\n")
    assert isinstance(trouble, HarnessError)
    assert trouble.found == "worker-1 ended with exit code 1; its last words:\nno licence"


@pytest.mark.parametrize("signal", [None, 9])
def test_who_ends_without_a_word_is_told_by_how_it_ended(signal: int | None) -> None:
    trouble = start_trouble("shop:app", death("worker", signal=signal), "")
    assert str(trouble.found).endswith("; it printed nothing")
    assert ("who ended it" in trouble.remedy) is (signal is not None)


def test_a_sender_that_was_killed_says_nothing_about_the_app() -> None:
    assert isinstance(start_trouble("shop:app", death("sender", signal=9), TRACEBACK), HarnessError)


def test_only_of_a_worker_that_cannot_load_its_app_the_sender_knows_more() -> None:
    assert tells_less_than_the_sender(death("worker"), "Unable to load celery application.")
    assert not tells_less_than_the_sender(death("worker"), "no licence")
    assert not tells_less_than_the_sender(death("sender"), "Unable to load celery application.")
