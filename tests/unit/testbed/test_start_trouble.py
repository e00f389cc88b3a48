from __future__ import annotations

import json

import pytest
from celery.platforms import ROOT_DISALLOWED

from harness.errors import HarnessError, UsageError
from harness.journal import TROUBLE, UNUSABLE
from harness.testbed.start_trouble import start_trouble
from harness.testbed.supervisor import Death

TRACEBACK = "Traceback (most recent call last):\n  File \"/shop/app.py\", line 1, in <module>\n    go()\nKeyError: 'a'"


def death(role: str, *, code: int = 1, signal: int | None = None) -> Death:
    return Death(name=f"{role}-1", role=role, exit_code=code if signal is None else None, signal=signal, expected=False)


@pytest.mark.parametrize("role", ["sender", "worker"])
def test_an_app_that_cannot_be_imported_is_its_authors_trouble_whoever_found_out(role: str) -> None:
    trouble = start_trouble("shop.app:app", death(role, code=UNUSABLE), TRACEBACK)
    assert isinstance(trouble, UsageError)
    assert trouble.expected == "the app shop.app:app to be imported"
    assert str(trouble.found).startswith("KeyError: 'a'\n")
    assert "import shop.app" in trouble.remedy


def test_a_process_that_says_what_its_user_shall_be_told_is_taken_at_its_word() -> None:
    said = {"expected": "a", "found": "b", "remedy": "c"}
    trouble = start_trouble("shop:app", death("worker", code=UNUSABLE), f"a line\n{TROUBLE}{json.dumps(said)}\n")
    assert isinstance(trouble, UsageError)
    assert (trouble.expected, trouble.found, trouble.remedy) == ("a", "b", "c")


def told(expected: str = "a", found: object = "b", remedy: str = "c") -> str:
    return f"{TROUBLE}{json.dumps({'expected': expected, 'found': found, 'remedy': remedy})}\n"


@pytest.mark.parametrize("code", [0, 1, 3])
def test_who_ends_otherwise_is_not_taken_at_a_word_that_only_looks_like_ours(code: int) -> None:
    trouble = start_trouble("shop:app", death("worker", code=code), told() + "no licence\n")
    assert isinstance(trouble, HarnessError)
    assert str(trouble.found).endswith("\nno licence")


@pytest.mark.parametrize(
    "line",
    [f"{TROUBLE}shooting: see the manual\n", f'{TROUBLE}{{"expected": "a"}}\n', f"{TROUBLE}[1]\n", told(found=1)],
)
def test_what_an_app_prints_may_begin_like_a_word_of_ours(line: str) -> None:
    trouble = start_trouble("shop:app", death("worker", code=UNUSABLE), line + TRACEBACK)
    assert trouble.expected == "the app shop:app to be imported"
    assert "KeyError: 'a'" in str(trouble.found)


def test_the_last_of_several_words_is_ours() -> None:
    log = told("an app's") + told("ours") + f"{TROUBLE}shooting\nan app's farewell\n"
    assert start_trouble("shop:app", death("worker", code=UNUSABLE), log).expected == "ours"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("shop", "to be there"), ("shop.app", "to be there"), ("requests_oauth", "to be imported")],
)
def test_a_missing_module_is_the_apps_own_or_one_that_it_needs(missing: str, expected: str) -> None:
    log = f"Traceback (most recent call last):\nModuleNotFoundError: No module named '{missing}'"
    assert start_trouble("shop.app:app", death("sender", code=UNUSABLE), log).expected.endswith(expected)


def test_a_worker_that_ends_for_a_reason_of_its_own_has_the_last_word() -> None:
    trouble = start_trouble("shop:app", death("worker"), "no licence\n")
    assert isinstance(trouble, HarnessError)
    assert trouble.found == "worker-1 ended with exit code 1; its last words:\nno licence"


def test_an_app_that_takes_pickle_and_is_run_by_root_is_told_the_ways_out() -> None:
    trouble = start_trouble("shop:app", death("worker", code=0), f"a line\n{ROOT_DISALLOWED}")
    assert isinstance(trouble, UsageError)
    assert "shop:app" in trouble.expected
    assert "environment={'C_FORCE_ROOT': '1'}" in trouble.remedy
    assert isinstance(start_trouble("shop:app", death("sender", code=0), ROOT_DISALLOWED), HarnessError)


@pytest.mark.parametrize("signal", [None, 9])
def test_who_ends_without_a_word_is_told_by_how_it_ended(signal: int | None) -> None:
    trouble = start_trouble("shop:app", death("worker", signal=signal), "")
    assert str(trouble.found).endswith("; it printed nothing")
    assert ("who ended it" in trouble.remedy) is (signal is not None)


def test_a_sender_that_was_killed_says_nothing_about_the_app() -> None:
    assert isinstance(start_trouble("shop:app", death("sender", signal=9), TRACEBACK), HarnessError)


def test_an_app_that_only_its_image_cannot_import_is_told_what_a_container_lacks() -> None:
    log = "Traceback (most recent call last):\nImportError: libpq.so.5: cannot open shared object file"
    trouble = start_trouble("shop:app", death("worker", code=UNUSABLE), log, "python of the image mine:1")
    assert isinstance(trouble, UsageError)
    assert "in its container" in trouble.expected
    assert str(trouble.found).startswith(
        "ImportError: libpq.so.5: cannot open shared object file, by python of the image"
    )
    assert "environment={...}" in trouble.remedy
    assert "--python-image" in trouble.remedy
